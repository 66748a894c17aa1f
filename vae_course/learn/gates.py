"""Trying the gate of a stage: every check passes on the notebook as saved, and 4 of 5 fresh drill items are right."""

from __future__ import annotations

import hashlib
import json
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
from vae_course.learn import opening, passes, prerequisites, progress, saved, workbook
from vae_course.learn.card import Card
from vae_course.learn.practising import round_card
from vae_course.learn.rounds import Round, draw, draw_earlier

OF_THIS_STAGE, OF_EARLIER = 3, 2
NEEDED = 4
MINUTES_A_QUESTION = 1
_KEPT = "passed, slips"  # what is kept of a saved notebook


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
        passed, slips = known[-1]["passed"], known[-1]["slips"]
    else:
        reports = saved.check(stage.exercises, path)
        passed = {report.exercise: report.passed for report in reports}
        slips = {report.exercise: report.misconception for report in reports if report.misconception}
        if not any(report.failed in UNSETTLED for report in reports):
            progress.record("saved", stage.id, key, passed=passed, slips=slips)
    failed = prerequisites.needed(stage, passed)
    names = {exercise.name for exercise in failed}
    return [Missing(e, prerequisites.comes_first(e, slips.get(e.name), names)) for e in failed]


def _key(stage: Stage, path: Path) -> str:
    """A hash of all that the verdicts on a notebook depend on."""
    import torch

    program = [asdict(block) for block in read_learners_notebook(path, stage)]
    checks = course.PACKAGE / "checks"
    files = [sealed_file(stage), *(checks / room / f"stage_{stage.number}.py" for room in ("judges", "probes"))]
    digest = hashlib.sha256(json.dumps([_KEPT, program, __version__, torch.__version__]).encode())
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
    elsewhere = first not in {exercise.name for exercise in stage.exercises}
    where = f" of stage {course.find_exercise(first)[0].number}" if elsewhere else ""
    return Said(f"The gate of {stage.id} is closed", [
        f"Not passed in the saved notebook: {names}; about {minutes} minutes in all.",
        *_about_branches(stage, absent),
        f"Return to `{first}`{where}{because}. Then save the notebook and try the gate again.",
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
        f"The gate asks for {stage.branches_needed} of the {len(prerequisites.branches(stage))} branches, whichever you like, and "
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
            return Said(f"The gate of {self.stage.id} is open", [f"{self.right} of {count} right. {_onward(self.stage)}"], "good")
        stages = listed([f"vae-course practice {number}" for number in sorted({q.stage.number for q in self.missed})])
        return Said(f"The gate of {self.stage.id} stays closed", [
            f"{self.right} of {count} right, {NEEDED} are needed. {stages} asks the same kind of question, with a second try: about "
            f"{count * MINUTES_A_QUESTION} minutes. Then try the gate again; the numbers will be fresh."
        ], "bad")


def standing(stage: Stage) -> tuple[bool, Said] | None:
    """Whether the gate is open, and what to say, where that is settled before any question: it was opened earlier, the
    notebook is not ready, or a pass is what opens it. Otherwise None."""
    if opening.is_open(stage):
        return True, Said(f"The gate of {stage.id} is open", [
            f"You opened it before. `vae-course reset {stage.number}` starts the stage over: a fresh notebook, yours kept beside it."
        ], "good")
    absent = missing(stage, workbook.find(stage))
    if absent:
        return False, closed_by_checks(stage, absent)
    if opening.mode() == "graded":
        return False, Said(f"The gate of {stage.id} opens with a pass", [
            "Every check passes in the saved notebook: hand it in. When it is marked, your instructor gives you a pass, and "
            f"`vae-course gate {stage.number} --pass FILE` opens the gate with it."
        ], "ask")
    return None


def open_with_pass(stage: Stage, path: Path) -> Said:
    """Open a gate with an instructor's pass. CourseError, with the reason, for a pass that does not hold here."""
    if opening.mode() != "graded":
        raise CourseError(
            f"Gates are {opening.mode()} here and take no pass: `vae-course gate {stage.number}` tries this one; where an instructor's "
            "passes count, VAE_COURSE_GATES is graded."
        )
    student = passes.accept(path, stage)
    return Said(f"The gate of {stage.id} is open", [f"The pass is yours, {student}. {_onward(stage)}"], "good")


def _onward(stage: Stage) -> str:
    after = course.STAGES[course.STAGES.index(stage) + 1 :]
    return f"Next: {after[0].id}." if after else "That was the last stage there is."


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
