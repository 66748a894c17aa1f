"""Drills: short questions with typed numbers, drawn afresh each time. One module a stage.

    @drill
    def kl_of_one_dimension(rng) -> Item: ...

A drill is drawn until every two of its answers, right and wrong, lie more than 5 % apart, so that no misconception can
land on the right answer by luck.
"""

from __future__ import annotations

import importlib
import itertools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vae_course import course
from vae_course.course import CourseError, Stage

APART = 0.05  # of the larger of two answers
SMALLEST = 0.01  # an answer nearer to zero could not be typed with the asked precision
DRAWS = 1000


@dataclass(frozen=True)
class Item:
    """One question.

    text: the question, Markdown with `code` but no formulas that need a renderer. answer: the right number. tol:
    accepted relative error. unit: what the number is in ("nats", "" for a pure number). wrong: for each misconception's
    id the number it leads to. working: the arithmetic that gives the answer, as one could type it.
    """

    text: str
    answer: float
    tol: float = 0.01
    unit: str = ""
    wrong: Mapping[str, float] = field(default_factory=dict)
    working: str = ""

    def judge(self, given: float) -> str | None:
        """None when `given` is right; otherwise the id of the misconception that leads to it, or "" for none known."""
        if self._is(given, self.answer):
            return None
        return next((id for id, value in self.wrong.items() if self._is(given, value)), "")

    def _is(self, given: float, value: float) -> bool:
        return abs(given - value) <= self.tol * abs(value)

    def clear(self) -> bool:
        """Whether all answers are ordinary numbers, no two of them close together."""
        values = [self.answer, *self.wrong.values()]
        return all(math.isfinite(v) and abs(v) >= SMALLEST for v in values) and all(
            abs(a - b) > APART * max(abs(a), abs(b)) for a, b in itertools.combinations(values, 2)
        )


Drill = Callable[[random.Random], Item]


def drill(draw: Drill) -> Drill:
    """Mark a generator as a drill: it is redrawn until its answers are clear of each other."""

    def clear(rng: random.Random) -> Item:
        for _ in range(DRAWS):
            item = draw(rng)
            if item.clear():
                return item
        raise CourseError(f"The drill {draw.__name__} found no numbers that tell its answers apart; widen its range.")

    clear.__name__, clear.__doc__, clear.is_drill, clear.transfer_of = draw.__name__, draw.__doc__, True, None
    return clear


def transfer(of: str) -> Callable[[Drill], Drill]:
    """Mark a generator as a drill that asks the skill of the drill called `of` in another parametrisation."""

    def mark(draw: Drill) -> Drill:
        clear = drill(draw)
        clear.transfer_of = of
        return clear

    return mark


def generators(stage: Stage) -> dict[str, Drill]:
    """The drills of a stage and its transfer drills, by name."""
    return {name: value for name, value in vars(_module(stage)).items() if getattr(value, "is_drill", False)}


def drills(stage: Stage) -> dict[str, Drill]:
    """The drills of a stage, by name."""
    return {name: made for name, made in generators(stage).items() if made.transfer_of is None}


def transfers(stage: Stage) -> dict[str, Drill]:
    """The transfer drills of a stage, by name; each says in `transfer_of` which drill's skill it asks."""
    return {name: made for name, made in generators(stage).items() if made.transfer_of is not None}


def sentence(stage: Stage, misconception: str) -> str:
    """What to say to an answer that a misconception leads to."""
    return _module(stage).MISTAKES[misconception]


def earlier(stage: Stage) -> list[Stage]:
    """The stages before this one."""
    return list(course.STAGES[: course.STAGES.index(stage)])


def _module(stage: Stage):
    return importlib.import_module(f"vae_course.checks.drills.stage_{stage.number}")
