"""Whether a learner is as sure as they are right, over the predictions of the whole course."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vae_course import course
from vae_course.learn.guide import predictions
from vae_course.learn.progress import Event

ENOUGH = 5  # predictions before anything is said about how sure one is
CLOSE = 0.1  # a share of right answers that counts as what was expected


@dataclass(frozen=True)
class Calibration:
    """made, right: how many predictions. expected: how many would be right at the confidence that was given. brier: the mean
    squared difference between that chance and what came, 0 for a seer (Brier, 1950)."""

    made: int
    right: int
    expected: float
    brier: float

    def words(self) -> str:
        """One sentence."""
        told = f"{self.right} of {self.made} right"
        if self.made < ENOUGH:
            return f"{told}; after {ENOUGH} you read here whether you are as sure as you are right."
        told += f", where {self.expected:.1f} would be at the confidence you gave"
        more = (self.expected - self.right) / self.made
        if abs(more) <= CLOSE:
            return f"{told}: you are about as sure as you are right."
        return f"{told}: you are surer than you are right." if more > 0 else f"{told}: you know more than you trust."


def calibration(events: Iterable[Event]) -> Calibration | None:
    """Of the last prediction at each place; None where there is none.

    A confidence c is on the scale that `predict` asks for: 0 % is a guess among the n choices, 100 % is certain. The chance of
    being right that goes with it is 1/n + (1 - 1/n) c.
    """
    choices = {name: len(asked.choices) for stage in course.STAGES for name, asked in predictions(stage).items()}
    last = {event.name: event.data for event in events if event.kind == "prediction" and event.name in choices}
    if not last:
        return None
    chances = {name: 1 / choices[name] + (1 - 1 / choices[name]) * data["confidence"] / 100 for name, data in last.items()}
    right = {name: bool(data["right"]) for name, data in last.items()}
    brier = sum((chances[name] - right[name]) ** 2 for name in last) / len(last)
    return Calibration(len(last), sum(right.values()), sum(chances.values()), brier)
