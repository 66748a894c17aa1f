"""Checks of a notebook as it was saved: `vae-course check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vae_course import course
from vae_course.checks import Report, run
from vae_course.checks.answer import Written
from vae_course.checks.loader import read_learners_notebook, read_notebook
from vae_course.checks.worker import Worker
from vae_course.course import CourseError, Exercise, Stage
from vae_course.learn import progress, workbook


def find(what: str, notebook: Path | None = None) -> tuple[Stage, Sequence[Exercise], Path]:
    """The stage, the exercises and the file that `what` (a stage, an exercise, a notebook's path) means."""
    if what.endswith(".ipynb"):
        path = Path(what)
        told = read_notebook(path).metadata.get("vae_course") or {}
        if "stage" not in told:
            raise CourseError(f"{path} is not a notebook of this course; get one with `vae-course learn`.")
        stage = course.find_stage(told["stage"])
        return stage, stage.exercises, path
    stage, exercises = course.find_work(what)
    return stage, exercises, notebook or workbook.find(stage)


def check(exercises: Sequence[Exercise], path: Path) -> list[Report]:
    """One report an exercise; the notebook's code runs in a process of its own."""
    stage, _ = course.find_exercise(exercises[0].name)
    answer = Written(read_learners_notebook(path, stage))
    with Worker() as worker:
        reports = [run(exercise.name, answer, isolate=worker) for exercise in exercises]
    for report in reports:
        remember(stage, report)
    return reports


def remember(stage: Stage, report: Report) -> None:
    """Keep what a check found, unless it was not judged."""
    if report.state != "open":
        progress.record(
            "check", stage.id, report.exercise, passed=report.passed, score=report.score, failed=report.failed,
            misconception=report.misconception,
        )


def to_json(stage: Stage, path: Path, reports: Sequence[Report]) -> dict:
    """What `vae-course check --json` prints."""
    return {
        "stage": stage.id,
        "notebook": str(path),
        "passed": all(report.passed for report in reports),
        "score": round(sum(report.score for report in reports), 2),
        "points": sum(report.points for report in reports),
        "exercises": [report.to_json() for report in reports],
    }
