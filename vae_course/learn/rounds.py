"""A round of drills, one question after another, for a notebook's card and for a terminal alike."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vae_course.checks.drills import Item, drills, earlier, generators, sentence
from vae_course.course import CourseError, Stage
from vae_course.learn import progress
from vae_course.learn.numbers import read_number

PRECISION = "three significant digits are enough; arithmetic such as `0.5*log(2)` is fine"


@dataclass(frozen=True)
class Question:
    """A drawn item, and where it comes from. refresher: what to say to every miss, in the place of the slip's sentence."""

    stage: Stage
    drill: str
    item: Item
    refresher: str = ""


def draw(stage: Stage, count: int, rng: random.Random) -> list[Question]:
    """`count` fresh questions of a stage; no drill twice before every drill came once, and no question twice."""
    made = drills(stage)
    names: list[str] = []
    while len(names) < count:
        names += rng.sample(sorted(made), len(made))
    return ask([(stage, name) for name in names[:count]], rng)


def ask(skills: Iterable[tuple[Stage, str]], rng: random.Random) -> list[Question]:
    """A fresh question for each drill, or transfer drill, of a stage; no two with the same numbers."""
    asked: dict[str, Question] = {}
    for stage, name in skills:
        made = generators(stage)[name]
        item = made(rng)
        while item.text in asked:
            item = made(rng)
        asked[item.text] = Question(stage, name, item)
    return [*asked.values()]


def interleaved(questions: Sequence[Question]) -> list[Question]:
    """The same questions so that, where that can be, no two neighbours are of one stage; within a stage the order stays."""
    left: dict[str, list[Question]] = {}
    for question in questions:
        left.setdefault(question.stage.id, []).append(question)
    mixed: list[Question] = []
    while left:
        others = [stage for stage in left if not mixed or stage != mixed[-1].stage.id]
        stage = max(others or left, key=lambda stage: len(left[stage]))
        mixed.append(left[stage].pop(0))
        if not left[stage]:
            del left[stage]
    return mixed


def draw_earlier(stage: Stage, count: int, rng: random.Random) -> list[Question]:
    """`count` fresh questions of the stages before this one, spread over them, the latest first; none before the first."""
    before = earlier(stage)[::-1][:count]
    return [
        question for index, other in enumerate(before)
        for question in draw(other, len(range(index, count, len(before))), rng)
    ]


@dataclass(frozen=True)
class Verdict:
    """What came of one answer. `done`: the next question is up."""

    right: bool
    text: str
    done: bool


class Round:
    """Questions in a row. `tries`: how often one may be answered before its number is told."""

    def __init__(self, kind: str, questions: Sequence[Question], tries: int):
        self.kind, self.questions, self.tries = kind, list(questions), tries
        self.right = 0  # at the first try
        self.missed: list[Question] = []
        self._at = 0
        self._tried = 0
        self._slip: str | None = None  # of the last try at this question

    @property
    def question(self) -> Question | None:
        """The question that is up; None when the round is over."""
        return self.questions[self._at] if self._at < len(self.questions) else None

    @property
    def number(self) -> int:
        """The number of the question that is up, from 1."""
        return self._at + 1

    @property
    def heading(self) -> str:
        return f"Question {self.number} of {len(self.questions)}"

    def answer(self, text: str) -> Verdict:
        """Judge what was typed. CourseError when it is no number; that costs nothing."""
        asked = self.question
        if asked is None:
            raise CourseError("This round is over; start a new one for fresh questions.")
        given = read_number(text)
        wrong = asked.item.judge(given)
        self._tried += 1
        first = self._tried == 1
        if first:
            kind = "ready" if asked.refresher else "drill"
            progress.record(
                kind, asked.stage.id, asked.drill, right=wrong is None, misconception=wrong or None, round=self.kind
            )
            if wrong is not None:
                self.missed.append(asked)
        told = asked.refresher or (sentence(asked.stage, wrong) if wrong else "")
        if wrong and wrong == self._slip:
            told = "That is the same slip once more."
        self._slip = wrong
        if wrong is None:
            self.right += first
            return self._next(True, "Right.")
        if self._tried < self.tries:
            return Verdict(False, told or "That is not it, and it is none of the slips we know. Try once more.", False)
        working = f"`{asked.item.working}` = " if asked.item.working else ""
        return self._next(False, f"{told or 'That is not it.'} The number is {working}{number(asked.item)}.")

    def _next(self, right: bool, text: str) -> Verdict:
        self._at += 1
        self._tried = 0
        self._slip = None
        return Verdict(right, text, True)


def number(item: Item) -> str:
    """The right number of an item as it is told: as many digits as its tolerance asks for, and the unit."""
    digits = 1 + math.ceil(-math.log10(item.tol))
    return f"{item.answer:.{digits}g} {item.unit}".strip()
