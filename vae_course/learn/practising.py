"""`practice`: a round of a stage's drills. Typed numbers, a second try, and the name of the slip."""

from __future__ import annotations

import random
from collections.abc import Callable

from vae_course import course
from vae_course.checks.say import Said
from vae_course.course import CourseError, Stage
from vae_course.learn.card import Card, View
from vae_course.learn.rounds import PRECISION, Round, draw

QUESTIONS = 5
TRIES = 2


def start(stage: Stage, rng: random.Random | None = None) -> Round:
    """A fresh round of a stage's drills."""
    return Round("practice", draw(stage, QUESTIONS, rng or random.Random()), TRIES)


def practice(stage: str) -> Card | Said:
    """Practise the drills of a stage in the notebook."""
    try:
        return round_card(start(course.find_stage(stage)), lambda round: closing(round, "Run the cell again for fresh numbers."))
    except CourseError as error:
        return Said(str(error))


def closing(round: Round, onward: str) -> Said:
    """What is said when a round is over."""
    return Said(f"{round.right} of {len(round.questions)} right at the first try", [onward], "good")


def round_card(round: Round, closing: Callable[[Round], Said]) -> Card:
    """A card that walks through a round; `closing` says how it ended."""
    return Card(_view(round), lambda number: _answer(round, number, closing))


def _view(round: Round, feedback: str = "", tone: str = "ask") -> View:
    item = round.question.item
    label = f"Your number{f', in {item.unit}' if item.unit else ''}"
    text = f"{item.text} ({PRECISION})" if round.number == 1 else item.text
    return View(round.heading, text, feedback, tone, fields=[("number", label, "14em")])


def _answer(round: Round, number: str, closing: Callable[[Round], Said]) -> View:
    verdict = round.answer(number)
    if round.question is None:
        end = closing(round)
        return View(end.headline, " ".join(end.lines), verdict.text, end.tone)
    return _view(round, verdict.text, "good" if verdict.right else "bad")
