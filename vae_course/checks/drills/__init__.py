"""Drills: short questions with typed numbers, drawn afresh each time. One module a stage.

    @drill
    def kl_of_one_dimension(rng) -> Item: ...

    @transfer("kl_of_one_dimension")
    def kl_by_log_sigma(rng) -> Item: ...

A transfer asks for the skill of a drill in another parametrisation, where the drill's formula, used by its letters,
leads to another number. Both are drawn until every two of their answers, right and wrong, lie more than 5 % apart, so
that no misconception can land on the right answer by luck.
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
    clear = _until_clear(draw)
    clear.is_drill = True
    return clear


def transfer(of: str) -> Callable[[Drill], Drill]:
    """Mark a generator as a transfer of the stage's drill called `of` (its `.transfer_of`), redrawn as a drill is."""

    def mark(draw: Drill) -> Drill:
        clear = _until_clear(draw)
        clear.transfer_of = of
        return clear

    return mark


def drills(stage: Stage) -> dict[str, Drill]:
    """The drills of a stage, by name, without its transfers."""
    return {name: value for name, value in vars(_module(stage)).items() if getattr(value, "is_drill", False)}


def transfers(stage: Stage) -> dict[str, Drill]:
    """The transfers of a stage, by name."""
    return {name: value for name, value in vars(_module(stage)).items() if hasattr(value, "transfer_of")}


def generators(stage: Stage) -> dict[str, Drill]:
    """The drills of a stage and its transfers, by name."""
    return drills(stage) | transfers(stage)


def sentence(stage: Stage, misconception: str) -> str:
    """What to say to an answer that a misconception leads to."""
    return _module(stage).MISTAKES[misconception]


def earlier(stage: Stage) -> list[Stage]:
    """The stages before this one."""
    return list(course.STAGES[: course.STAGES.index(stage)])


def _module(stage: Stage):
    return importlib.import_module(f"vae_course.checks.drills.stage_{stage.number}")


def _until_clear(draw: Drill) -> Drill:
    def clear(rng: random.Random) -> Item:
        for _ in range(DRAWS):
            item = draw(rng)
            if item.clear():
                return item
        raise CourseError(f"The drill {draw.__name__} found no numbers that tell its answers apart; widen its range.")

    clear.__name__, clear.__doc__ = draw.__name__, draw.__doc__
    return clear
