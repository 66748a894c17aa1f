"""`ready`: eight questions on what the course takes for granted. No mark, nothing locked; a miss opens a refresher."""

from __future__ import annotations

import math

from vae_course import course
from vae_course.checks.drills import Item
from vae_course.checks.say import Said
from vae_course.learn.card import Card
from vae_course.learn.practising import round_card
from vae_course.learn.rounds import Question, Round

_ITEMS = {
    "second_moment": (
        Item("z is drawn from a Gaussian with mean -1.5 and standard deviation 0.5. What is the average of z²?", 2.5),
        "The variance is the average of z² less the square of the average, so the average of z² is mean² + variance. A die with faces 1 "
        "and 3 has mean 2 and variance 1, and indeed (1 + 9) / 2 = 5 = 4 + 1.",
    ),
    "log_of_a_mean": (
        Item("What is the natural logarithm of the mean of 1 and 100?", math.log(50.5)),
        "First the mean, then the log. The other order gives another number: for 1 and 9 the log of the mean is log 5 = 1.609, and "
        "the mean of the logs is log 3 = 1.099.",
    ),
    "bayes": (
        Item(
            "One urn in ten is marked. A marked urn gives red with chance 0.8, any other with chance 0.3. A ball is red: how likely is "
            "it that the urn is marked?", 0.08 / 0.35,
        ),
        "Two things must happen: the urn is marked, and it gives red. Their joint chance is compared with all the ways to get red. If half of "
        "the urns were marked: 0.5 · 0.8 = 0.40, out of 0.40 + 0.5 · 0.3 = 0.55, which is 0.727.",
    ),
    "standard_error": (
        Item("You average 100 independent draws whose standard deviation is 2. What is the standard error of the average?", 0.2),
        "Variances of independent draws add, so a sum of K draws has K times the variance and √K times the spread; dividing by K leaves s / √K. With "
        "25 draws of spread 3 that is 3 / 5 = 0.6.",
    ),
    "height_of_a_density": (
        Item("How high is the density of a Gaussian with mean 0 and standard deviation 0.1 at its peak?", 1 / (0.1 * math.sqrt(2 * math.pi))),
        "A density is a probability per length, so it may exceed 1: only its area is 1. The peak of a Gaussian is 1 / (σ √(2π)): 0.399 for σ = 1, "
        "and 0.798 for σ = ½.",
    ),
    "broadcasting": (
        Item("A tensor of shape (3, 1) is added to one of shape (4,). How many entries has the sum?", 12),
        "Shapes are lined up from the right, and an axis of length 1, or one that is absent, is repeated. (2, 1) and (5,) give (2, 5), ten entries.",
    ),
    "stopped_gradient": (
        Item("a = 3 asks for a gradient, and (a.detach() * a).backward() is called. What is a.grad?", 3),
        "detach() gives the same value with no history: for the gradient it is a constant. For (a.detach() ** 2 * a) at a = 2 the slope is "
        "that constant, 4.",
    ),
    "log_sum_exp": (
        Item("What is the natural log of the mean of exp(-1000) and exp(-1001)? Give two decimals.", math.log((1 + math.exp(-1)) / 2) - 1000, tol=1e-5),
        "Both exponentials are 0 on a computer, so take the largest exponent out first: log((1 + e^-1) / 2) - 1000. For exp(-500) and exp(-502) "
        "that is log((1 + e^-2) / 2) - 500 = -500.566.",
    ),
}


def start() -> Round:
    """The eight questions in order."""
    stage = course.STAGES[0]
    return Round("ready", [Question(stage, name, item, refresher) for name, (item, refresher) in _ITEMS.items()], tries=1)


def ready() -> Card:
    """Ask the eight questions in the notebook."""
    return round_card(start(), _closing)


def _closing(round: Round) -> Said:
    count = len(round.questions)
    if not round.missed:
        return Said(f"All {count} right", ["You have what the course takes for granted."], "good")
    return Said(f"{round.right} of {count} right", [
        "Read the refreshers again tomorrow and run this cell once more. Nothing is locked."
    ], "ask")
