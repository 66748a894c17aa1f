"""A learner over weeks: the clock is set, and answers are given rightly or wrongly as they are asked."""

import random
from datetime import datetime, timedelta

from vae_course.learn import clock, practising
from vae_course.learn.rounds import Round

START = datetime.fromisoformat("2026-03-02T18:00+00:00")  # a Monday


class Weeks:
    """Sets the clock. `knows(stage, drill, day)` says whether the learner answers rightly."""

    def __init__(self, monkeypatch, knows=lambda stage, drill, day: True):
        self.patch, self.knows, self.day, self.rng = monkeypatch, knows, 0, random.Random(0)
        self.set()

    def set(self, days=0, minutes=0):
        """Let time pass."""
        self.day += days
        at = START + timedelta(days=self.day, minutes=minutes)
        self.patch.setenv("VAE_COURSE_NOW", at.isoformat())
        return clock.now()

    def practise(self, **asked):
        """Take today's round, or another; returns it when all is answered, or what was said where nothing was asked."""
        round = practising.start(**asked, rng=self.rng)
        if isinstance(round, Round):
            while (question := round.question) is not None:
                right = self.knows(question.stage.id, question.drill, self.day)
                round.answer(repr(question.item.answer if right else next(iter(question.item.wrong.values()))))
                if not right:
                    round.answer(repr(question.item.answer))
        return round

    def asked(self, **which):
        """The drills of the round that comes now, all of them answered."""
        round = self.practise(**which)
        return [(q.stage.id, q.drill) for q in round.questions] if isinstance(round, Round) else []
