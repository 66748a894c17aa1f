"""The gate of a stage: every check passes on the notebook as saved, and 4 of 5 fresh drill items are right.

Modes, from VAE_COURSE_GATES or else `course.GATES`: "hard" (checks of the next stage wait until the gate is open), "soft"
(they run, and say so), "off" (gates may be tried and nothing waits). With VAE_COURSE_PROGRESS=off nothing is recorded
and nothing waits.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vae_course import __version__, course
from vae_course.checks.loader import read_learners_notebook
from vae_course.checks.report import UNSETTLED
from vae_course.checks.say import Said, listed
from vae_course.checks.seal import sealed_file
from vae_course.course import CourseError, Exercise, Stage
from vae_course.learn import progress, saved, workbook
from vae_course.learn.card import Card
from vae_course.learn.practising import round_card
from vae_course.learn.rounds import Round, draw, draw_earlier

OF_THIS_STAGE, OF_EARLIER = 3, 2
NEEDED = 4
MINUTES_A_QUESTION = 1
MODES = ("hard", "soft", "off")


def mode() -> str:
    """How gates behave. CourseError for a word that is no mode."""
    chosen = os.environ.get("VAE_COURSE_GATES", course.GATES)
    if chosen not in MODES:
        raise CourseError(f"VAE_COURSE_GATES is {chosen!r}; set it to {', '.join(MODES[:-1])} or {MODES[-1]}.")
    return chosen


def waits_for(stage: Stage) -> Stage | None:
    """The stage before this one, when its gate is still closed and gates matter."""
    before = course.STAGES[: course.STAGES.index(stage)]
    if not before or mode() == "off" or not progress.on() or progress.gate_is_open(before[-1]):
        return None
    return before[-1]


# --- first half: the notebook as saved ---


@dataclass(frozen=True)
class Missing:
    """An exercise that does not pass yet, and the one to return to: itself, or what it builds on."""

    exercise: Exercise
    return_to: str


def missing(stage: Stage, path: Path) -> list[Missing]:
    """What does not pass in a saved notebook and has to; its code runs in a process of its own, once for each content.

    Where the learner chooses among branches and too few are complete, the nearest ones are asked for, the nearest first.
    """
    key = _key(stage, path)
    known = [e.data for e in progress.events(stage.id) if e.kind == "saved" and e.name == key]
    if known:
        passed = known[-1]
    else:
        reports = saved.check(stage.exercises, path)
        passed = {report.exercise: report.passed for report in reports}
        if not any(report.failed in UNSETTLED for report in reports):
            progress.record("saved", stage.id, key, **passed)
    failed = [exercise for exercise in stage.exercises if exercise.required and not passed[exercise.name]]
    wanted = ["", *_nearest(stage, failed)]
    failed = sorted((e for e in failed if e.branch in wanted), key=lambda e: wanted.index(e.branch))
    names = {exercise.name for exercise in failed}
    return [
        Missing(exercise, next((name for name in exercise.builds_on if name in names), exercise.name)) for exercise in failed
    ]


def _branches(stage: Stage) -> dict[str, list[Exercise]]:
    """The branches of a stage, each with the exercises that it asks for."""
    found: dict[str, list[Exercise]] = {}
    for exercise in stage.exercises:
        if exercise.branch and exercise.required:
            found.setdefault(exercise.branch, []).append(exercise)
    return found


def _nearest(stage: Stage, failed: Sequence[Exercise]) -> list[str]:
    """As many branches as are still needed: those that lack the least of their minutes, and of equals the first."""
    branches = _branches(stage)
    lack = {name: sum(e.minutes for e in asked if e in failed) / sum(e.minutes for e in asked) for name, asked in branches.items()}
    unfinished = sorted((name for name in lack if lack[name]), key=lack.get)
    return unfinished[: max(0, stage.branches_needed - len(lack) + len(unfinished))]


def _key(stage: Stage, path: Path) -> str:
    """A hash of all that the verdicts on a notebook depend on."""
    import torch

    program = [asdict(block) for block in read_learners_notebook(path, stage)]
    checks = course.PACKAGE / "checks"
    files = [sealed_file(stage), *(checks / room / f"stage_{stage.number}.py" for room in ("judges", "probes"))]
    digest = hashlib.sha256(json.dumps([program, __version__, torch.__version__]).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def closed_by_checks(stage: Stage, absent: Sequence[Missing]) -> Said:
    """What a learner is told when exercises are missing: which, of which branch, how long they should take, where to return to."""
    minutes = sum(m.exercise.minutes for m in absent)
    names = ", ".join(f"`{m.exercise.name}` ({m.exercise.minutes} min)" for m in absent)
    first = absent[0].return_to
    on_it = [m.exercise.name for m in absent if m.return_to == first != m.exercise.name]
    because = f", which {listed(on_it)} build{'s' * (len(on_it) == 1)} on" if on_it else ""
    return Said(f"The gate of {stage.id} is closed", [
        f"Not passed in the saved notebook: {names}; about {minutes} minutes in all.",
        *_about_branches(stage, absent),
        f"Return to `{first}`{because}. Then save the notebook and try the gate again.",
    ], "bad")


def _about_branches(stage: Stage, absent: Sequence[Missing]) -> list[str]:
    """How many branches are needed and complete, and what the nearest ones lack; nothing where no branch is missing."""
    lacking: dict[str, list[str]] = {}
    for m in absent:
        if m.exercise.branch:
            lacking.setdefault(m.exercise.branch, []).append(m.exercise.name)
    if not lacking:
        return []
    told = "; ".join(f"{branch} lacks {listed(names)}" for branch, names in lacking.items())
    done = stage.branches_needed - len(lacking)
    return [
        f"The gate asks for {stage.branches_needed} of the {len(_branches(stage))} branches, whichever you like, and "
        f"{done or 'none'} {'is' if done < 2 else 'are'} complete. Nearest, in this order: {told}."
    ]


# --- second half: five fresh questions ---


class Attempt(Round):
    """Three questions of a stage and two of earlier ones, in a mixed order; each may be answered once."""

    def __init__(self, stage: Stage, rng: random.Random | None = None):
        rng = rng or random.Random()
        asked = draw_earlier(stage, OF_EARLIER, rng)
        asked += draw(stage, OF_THIS_STAGE + OF_EARLIER - len(asked), rng)  # all of the first stage's own
        rng.shuffle(asked)
        super().__init__("gate", asked, tries=1)
        self.stage = stage

    @property
    def opened(self) -> bool:
        return self.right >= NEEDED

    def end(self) -> Said:
        """Record how it went, and say it."""
        count = len(self.questions)
        progress.record("gate", self.stage.id, "", open=self.opened, right=self.right, asked=count)
        if self.opened:
            after = course.STAGES[course.STAGES.index(self.stage) + 1 :]
            onward = f"Next: {after[0].id}." if after else "That was the last stage there is."
            return Said(f"The gate of {self.stage.id} is open", [f"{self.right} of {count} right. {onward}"], "good")
        stages = listed([f"vae-course practice {number}" for number in sorted({q.stage.number for q in self.missed})])
        return Said(f"The gate of {self.stage.id} stays closed", [
            f"{self.right} of {count} right, {NEEDED} are needed. {stages} asks the same kind of question, with a second try: about "
            f"{count * MINUTES_A_QUESTION} minutes. Then try the gate again; the numbers will be fresh."
        ], "bad")


def standing(stage: Stage) -> tuple[bool, Said] | None:
    """Whether the gate is open, and what to say, where that is settled before any question: it was opened earlier, or
    the notebook is not ready. Otherwise None."""
    if progress.gate_is_open(stage):
        return True, Said(f"The gate of {stage.id} is open", [
            f"You opened it before. `vae-course reset {stage.number}` starts the stage over: a fresh notebook, yours kept beside it."
        ], "good")
    absent = missing(stage, workbook.find(stage))
    return (False, closed_by_checks(stage, absent)) if absent else None


def gate(stage: str) -> Card | Said:
    """Try the gate of a stage in the notebook. Save the notebook first: what is saved counts."""
    try:
        found = course.find_stage(stage)
        if not progress.on():
            return Said(f"The gate of {found.id}", [
                f"It opens when every check passes in the saved notebook and {NEEDED} of {OF_THIS_STAGE + OF_EARLIER} fresh questions "
                "are right. Nothing is recorded here.",
            ])
        settled = standing(found)
        return settled[1] if settled else round_card(Attempt(found), Attempt.end)
    except CourseError as error:
        return Said("The gate cannot be tried here", [str(error)])
