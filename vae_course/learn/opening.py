"""Which gates are open, and what waits for one that is closed.

Modes, from VAE_COURSE_GATES or else `course.GATES`: "hard" (checks of the next stage wait until the gate is open), "soft"
(they run, and say so), "off" (gates may be tried and nothing waits), "graded" (as hard, and what opens a gate is not the
learner's own notebook but a pass that the instructor signed: `learn/passes.py`). With VAE_COURSE_PROGRESS=off nothing is
recorded and nothing waits.
"""

from __future__ import annotations

import os

from vae_course import course
from vae_course.course import CourseError, Stage
from vae_course.learn import progress

MODES = ("hard", "soft", "graded", "off")


def mode() -> str:
    """How gates behave. CourseError for a word that is no mode."""
    chosen = os.environ.get("VAE_COURSE_GATES", course.GATES)
    if chosen not in MODES:
        raise CourseError(f"VAE_COURSE_GATES is {chosen!r}; set it to {', '.join(MODES[:-1])} or {MODES[-1]}.")
    return chosen


def holds_back() -> bool:
    """Whether a closed gate holds back what comes after it."""
    return mode() in ("hard", "graded")


def is_open(stage: Stage) -> bool:
    """Whether the gate of a stage was opened since the stage was last reset; where gates are graded, by a pass that still holds."""
    happened = progress.events(stage.id)
    if mode() == "graded":
        from vae_course.learn import passes  # what reads signatures is loaded where it is needed

        return any(passes.holds(event, stage) for event in happened if event.kind == "pass")
    return any(event.kind == "gate" and event.data.get("open") for event in happened)


def waits_for(stage: Stage) -> Stage | None:
    """The stage before this one, when its gate is still closed and gates matter."""
    before = course.STAGES[: course.STAGES.index(stage)]
    if not before or mode() == "off" or not progress.on() or is_open(before[-1]):
        return None
    return before[-1]
