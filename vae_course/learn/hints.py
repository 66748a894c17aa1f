"""`hint`: a ladder. Each call goes one rung up; no rung is the answer."""

from __future__ import annotations

from collections import Counter

from vae_course import course
from vae_course.course import CourseError
from vae_course.learn import progress
from vae_course.learn.guide import hints
from vae_course.checks.say import Said

_taken: Counter[str] = Counter()  # rungs taken in this kernel


def hint(exercise: str) -> Said:
    """The next hint for `exercise`; after the last one, all of them."""
    try:
        stage, _ = course.find_exercise(exercise)
        rungs = hints(stage)[exercise]
        if _taken[exercise] >= len(rungs):
            return Said(f"Hints for {exercise}: these are all of them", [f"{i}. {rung}" for i, rung in enumerate(rungs, 1)])
        rung = _taken[exercise]
        _taken[exercise] += 1
        progress.record("hint", stage.id, exercise, rung=rung + 1)
    except CourseError as error:
        return Said(str(error))
    more = "call it again for the next" if rung + 1 < len(rungs) else "the last one"
    return Said(f"Hint {rung + 1} of {len(rungs)} for {exercise} ({more})", [rungs[rung]], "ask")
