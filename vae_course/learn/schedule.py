"""When a drill comes back: FSRS, the free spaced repetition scheduler (Ye et al., 2022; `fsrs` on PyPI).

Nothing is stored beside the progress: the standing of a drill follows from the answers that were recorded, each rated "again"
when the first try was wrong and "good" when it was right. A miss is due ten minutes later; what is right is due after two
days, then after growing delays, each chosen so that it is still known with a chance of nine in ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from fsrs import Card, Rating, Scheduler, State

from vae_course import course
from vae_course.checks.drills import generators
from vae_course.learn.progress import Event

SCHEDULER = Scheduler(
    desired_retention=0.9, learning_steps=(timedelta(minutes=10),), relearning_steps=(timedelta(minutes=10),),
    enable_fuzzing=False,  # the same answers give the same days
)

A_ROUND = 8  # questions of today's round at most

Skill = tuple[str, str]  # a stage's id, a drill's name


def cards(events: Iterable[Event]) -> Mapping[Skill, Card]:
    """The card of every drill of the course that was answered, in practice or at a gate."""
    known = {(stage.id, name) for stage in course.STAGES for name in generators(stage)}
    found: dict[Skill, Card] = {}
    for event in events:
        skill = event.stage, event.name
        if event.kind == "drill" and skill in known:  # an older course may have had others
            card = found.get(skill) or Card(card_id=len(found))
            rating = Rating.Good if event.data["right"] else Rating.Again
            found[skill], _ = SCHEDULER.review_card(card, rating, event.time)
    return found


def due(cards: Mapping[Skill, Card], present: datetime) -> Sequence[Skill]:
    """What is due by the end of today, local time: what was missed last first, then what is most likely forgotten."""
    today = present.astimezone().date()
    late = [skill for skill, card in cards.items() if card.due.astimezone().date() <= today]
    return sorted(late, key=lambda skill: (not missed(cards[skill]), SCHEDULER.get_card_retrievability(cards[skill], present)))


def missed(card: Card) -> bool:
    """Whether the last answer was wrong."""
    return card.state is not State.Review


def next_due(cards: Mapping[Skill, Card], present: datetime) -> tuple[datetime, int] | None:
    """The first day after today on which something is due, and how many drills are due on it."""
    today = present.astimezone().date()
    days = sorted(card.due for card in cards.values() if card.due.astimezone().date() > today)
    return (days[0], sum(day.astimezone().date() == days[0].astimezone().date() for day in days)) if days else None
