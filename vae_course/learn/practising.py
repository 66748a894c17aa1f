"""`practice`: rounds of drills. Typed numbers, a second try, and the name of the slip.

Without a stage it is today's round: what was missed and what is due again (`learn/schedule.py`), stages mixed, with a few drills
that were never asked. A transfer round asks what is known already in another parametrisation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from vae_course import course
from vae_course.checks.drills import drills, transfers
from vae_course.checks.say import Said
from vae_course.course import CourseError, Stage
from vae_course.learn import clock, progress, schedule
from vae_course.learn.card import Card, View
from vae_course.learn.progress import Event
from vae_course.learn.rounds import PRECISION, Round, ask, draw, interleaved
from vae_course.learn.schedule import A_ROUND

QUESTIONS = 5
NEW = 3  # questions of today's round that may be new
TRIES = 2
REACHED = ("check", "drill", "gate", "pass")  # events that begin a stage

Drilled = tuple[Stage, str]


def start(stage: Stage | None = None, transfer: bool = False, rng: random.Random | None = None) -> Round | Said:
    """A fresh round: of a stage's drills, or today's; or what to say where there is nothing to ask."""
    rng = rng or random.Random()
    if transfer:
        return _transfer_round(stage, rng)
    if stage is not None:
        return Round("practice", draw(stage, QUESTIONS, rng), TRIES)
    chosen = todays(progress.events())
    return Round("today", interleaved(ask(chosen, rng)), TRIES) if chosen else _nothing_due()


def practice(stage: str | None = None, transfer: bool = False) -> Card | Said:
    """Practise in the notebook: the drills of a stage, or, without one, what is due today. transfer: in another parametrisation."""
    try:
        started = start(course.find_stage(stage) if stage is not None else None, transfer)
        return started if isinstance(started, Said) else round_card(started, closing)
    except CourseError as error:
        return Said(str(error))


# --- what is asked today ---


def todays(events: Sequence[Event]) -> list[Drilled]:
    """What is due today, what was missed before what may be forgotten, then new drills of the stages that were begun."""
    cards = schedule.cards(events)
    stages = {stage.id: stage for stage in course.STAGES}
    late = [(stages[stage], drill) for stage, drill in schedule.due(cards, clock.now())]
    new = [(stage, name) for stage in begun(events) for name in drills(stage) if (stage.id, name) not in cards]
    late = late[:A_ROUND]
    return late + new[: min(NEW, A_ROUND - len(late))]


def begun(events: Sequence[Event]) -> list[Stage]:
    """The stages in which something was checked or answered, the latest first; the first stage before anything was."""
    reached = {event.stage for event in events if event.kind in REACHED}
    return [stage for stage in reversed(course.STAGES) if stage.id in reached] or [course.STAGES[0]]


def _nothing_due() -> Said:
    coming = schedule.next_due(schedule.cards(progress.events()), clock.now())
    when = f"The next {_counted(coming[1])} {clock.day(coming[0], clock.now())}." if coming else "Go on with the next exercise."
    return Said("Nothing is due today", [when, '`practice("03")` asks the drills of a stage whenever you like.'], "good")


def _counted(count: int) -> str:
    return f"{count} questions come" if count != 1 else "question comes"


def _transfer_round(stage: Stage | None, rng: random.Random) -> Round | Said:
    """What is known, in another dress; in a stage that is named all of it, known or not. What was asked longest ago comes first."""
    cards = schedule.cards(progress.events())
    known = {skill for skill, card in cards.items() if not schedule.missed(card)}
    chosen = [
        (of, name) for of in ([stage] if stage else course.STAGES) for name, made in transfers(of).items()
        if stage or (of.id, made.transfer_of) in known
    ]
    if not chosen:
        return Said("A transfer round asks what you can do already, in another parametrisation", [
            '`practice()` or `practice("03")` comes first; what you get right there is asked here in another form.'
        ], "ask")
    rng.shuffle(chosen)
    asked = {skill: card.last_review.timestamp() for skill, card in cards.items()}
    chosen.sort(key=lambda skill: asked.get((skill[0].id, skill[1]), 0.0))
    return Round("transfer", interleaved(ask(chosen[:QUESTIONS], rng)), TRIES)


# --- asking ---


def closing(round: Round) -> Said:
    """What is said when a round is over: how it went, and when its drills come back."""
    lines = []
    if round.missed:
        names = [question.drill.replace("_", " ") for question in round.missed]
        lines.append(f"Missed: {', '.join(names)}. In ten minutes `practice()` asks {'them' if len(names) > 1 else 'it'} again, with fresh numbers.")
    elif not progress.on():
        lines.append("Start another round for fresh numbers.")
    if progress.on():
        coming = schedule.next_due(schedule.cards(progress.events()), clock.now())
        lines += [f"The next {_counted(coming[1])} back {clock.day(coming[0], clock.now())}."] if coming else []
    return Said(f"{round.right} of {len(round.questions)} right at the first try", lines, "good")


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
