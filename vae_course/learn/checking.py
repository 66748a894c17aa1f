"""`check`: the last cell of every exercise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from vae_course import course
from vae_course.checks import Report, run
from vae_course.checks.judging import JudgeError
from vae_course.checks.seal import visible_seal
from vae_course.course import CourseError, Stage
from vae_course.learn import prerequisites
from vae_course.learn.guide import return_to
from vae_course.learn.opening import holds_back, mode, waits_for
from vae_course.learn.saved import remember


def check(exercise: str | Callable, answer: Callable | None = None) -> Report:
    """Check the answer to `exercise`, as it stands in this notebook, and return a Report.

    exercise: its name, or the function itself. answer: another function to try in its place.
    It never raises and never displays; the notebook shows what it returns.
    """
    name = exercise if isinstance(exercise, str) else getattr(exercise, "__name__", str(exercise))
    names: Mapping[str, object] = sys._getframe(1).f_globals
    if answer is not None or not isinstance(exercise, str):
        names = {**names, name: answer if answer is not None else exercise}
    try:
        stage, _ = course.find_exercise(name)
        before, note = _before(stage)
        if before and holds_back():
            return Report(name, False, 0.0, 0.0, note, failed="gate")
        report = run(name, names, seals=_seals(name))
        if answer is None:
            note = " ".join(filter(None, [_first(report), _remembered(stage, report) or note]))
        return replace(report, note=" ".join(filter(None, [report.note, note])))
    except CourseError as error:
        return Report(name, False, 0.0, 0.0, str(error), failed="missing")
    except JudgeError as error:
        return Report(name, False, 0.0, 0.0, f"The check itself failed, which is our fault: {error}.", failed="crash")


_told: set[str] = set()  # closed gates that were mentioned in this kernel; once is enough


def _before(stage: Stage) -> tuple[Stage | None, str]:
    """The stage whose gate this one waits for, and what to say of it; a progress file that cannot be read only gets said."""
    try:
        before = waits_for(stage)
    except CourseError as error:
        return None, str(error)
    if before is None:
        return None, ""
    if mode() == "soft" and before.id in _told:
        return before, ""
    _told.add(before.id)
    how = f'`gate("{before.number}")` in its notebook opens it'
    if mode() == "graded":
        how = f"`vae-course gate {before.number} --pass FILE` opens it with your instructor's pass"
    return before, f"The gate of {before.id} is still closed; {how}."


def _first(report: Report) -> str:
    """Which earlier exercise a slip sends back to. What the answer builds on and does not pass is told by the report itself."""
    first = return_to(report.exercise, report.misconception)
    return prerequisites.sentence(course.find_exercise(report.exercise)[1], first) if first else ""


def _remembered(stage: Stage, report: Report) -> str:
    """Keep what was found; "" when that went well, otherwise what to say."""
    try:
        remember(stage, report)
    except CourseError as error:
        return str(error)
    return ""


def _seals(name: str) -> list:
    """The visible numbers; where the answers are at hand because a grader set VAE_COURSE_SOLUTIONS, fresh ones too."""
    seals = [visible_seal(name)]
    if os.environ.get("VAE_COURSE_SOLUTIONS"):
        from vae_course.checks.sealing import marking_seal

        course.solutions_folder()
        seals.append(marking_seal(name, int(os.environ.get("VAE_COURSE_SEED", "0"))))
    return seals
