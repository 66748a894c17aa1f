"""Drills of stage 00: averages, logs of averages, spread, stopped gradients and Bayes' rule."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def second_moment(rng: random.Random) -> Item:
    """E[z^2] of a Gaussian: m^2 + s^2."""
    m = rng.choice((-1, 1)) * rng.randint(4, 18) / 10
    s = rng.choice((rng.randint(3, 7), rng.randint(14, 30))) / 10
    return Item(
        f"`z` is drawn from a Gaussian with mean `m = {m:g}` and standard deviation `s = {s:g}`. "
        "What is the average of `z^2`, that is, `E[z^2]`?",
        m**2 + s**2,
        working=f"({m:g})^2 + {s:g}^2",
        wrong={
            "spread_forgotten": m**2,
            "mean_forgotten": s**2,
            "square_of_the_sum": (m + s) ** 2,
            "sigma_for_variance": m**2 + s,
        },
    )


@drill
def log_of_a_mean(rng: random.Random) -> Item:
    """The log of the mean of two numbers: log((a + b) / 2)."""
    b = rng.randint(500, 660) / 100
    a = round(b * rng.uniform(0.09, 0.17), 2)
    return Item(
        f"Take the two numbers `a = {a:g}` and `b = {b:g}`. What is the natural logarithm of their mean?",
        math.log((a + b) / 2),
        working=f"log(({a:g} + {b:g}) / 2)",
        wrong={
            "mean_of_logs": (math.log(a) + math.log(b)) / 2,
            "division_forgotten": math.log(a + b),
            "half_outside": math.log(a + b) / 2,
            "base_ten": math.log10((a + b) / 2),
            "smaller_ignored": math.log(b / 2),
        },
    )


@drill
def standard_error(rng: random.Random) -> Item:
    """The standard deviation of an average of K independent draws: s / sqrt(K)."""
    K, s = rng.randint(4, 9), rng.randint(6, 90) / 10
    return Item(
        f"You average `K = {K}` independent draws; the standard deviation of a single draw is `s = {s:g}`. "
        "What is the standard error of the average, that is, the standard deviation of the average itself?",
        s / K**0.5,
        working=f"{s:g} / sqrt({K})",
        wrong={
            "divided_by_k": s / K,
            "spread_for_error": s,
            "squared_error": s**2 / K,
            "variance_over_root_k": s**2 / K**0.5,
            "one_draw_too_few": s / (K - 1) ** 0.5,
        },
    )


@drill
def stopped_gradient(rng: random.Random) -> Item:
    """The derivative of detach(a) a + c a with respect to a: a + c."""
    a, c = rng.randint(15, 60) / 10, rng.randint(2, 50) / 10
    return Item(
        f"`a` is a tensor that asks for a gradient, with the value `a = {a:g}`; `c = {c:g}` is a plain number. "
        "What does `a.grad` hold after `(a.detach() * a + c * a).backward()`?",
        a + c,
        working=f"{a:g} + {c:g}",
        wrong={
            "detach_ignored": 2 * a + c,
            "everything_cut": c,
            "detached_factor_lost": 1 + c,
            "value_for_gradient": a**2 + c * a,
        },
    )


@drill
def urn_posterior(rng: random.Random) -> Item:
    """Bayes' rule for two urns: p a1 / ((1 - p) a0 + p a1)."""
    p = rng.choice((rng.randint(10, 40), rng.randint(60, 90))) / 100
    a0, a1 = rng.sample((rng.randint(5, 25) / 100, rng.randint(40, 68) / 100), 2)
    evidence = (1 - p) * a0 + p * a1
    return Item(
        f"You are given one of two urns: urn 1 with probability `p = {p:g}`, otherwise urn 0. "
        f"A ball from urn 0 is red with probability `a0 = {a0:g}`, a ball from urn 1 with probability `a1 = {a1:g}`. "
        "You draw a single ball, and it is red. What is the probability that your urn is urn 1?",
        p * a1 / evidence,
        working=f"{p:g}*{a1:g} / ((1 - {p:g})*{a0:g} + {p:g}*{a1:g})",
        wrong={
            "prior_ignored": a1 / (a0 + a1),
            "data_ignored": p,
            "not_normalised": p * a1,
            "likelihood_for_posterior": a1,
        },
    )


@drill
def cell_of_a_square_sum(rng: random.Random) -> Item:
    """Broadcasting of (3, 3) + (3,): entry [r, c] gets the c-th number."""
    t, by = rng.randint(2, 9), rng.sample(range(10, 60), 3)
    row, column = rng.sample((1, 2, 3), 2)
    listed = ", ".join(f"`b{i} = {b}`" for i, b in enumerate(by, 1))
    return Item(
        f"Every entry of a (3, 3) table is `t = {t}`. A tensor of shape (3,) holds {listed}, and the two are added by "
        f"`+`. What stands in `row = {row}`, `column = {column}` of the sum, both counted from 1?",
        t + by[column - 1],
        working=f"{t} + {by[column - 1]}",
        wrong={"row_for_column": t + by[row - 1], "adds_the_sum": t + sum(by), "amount_only": by[column - 1] * 1.0},
    )


@drill
def entries_of_a_sum(rng: random.Random) -> Item:
    """Broadcasting of (a, 1) + (b,): a b entries."""
    a, b = rng.sample(range(3, 30), 2)
    return Item(
        f"A tensor of shape (a, 1) is added to one of shape (b,), with `a = {a}` and `b = {b}`. How many entries has the sum?",
        a * b,
        working=f"{a} * {b}",
        wrong={"column_stays_alone": a, "row_stays_alone": b, "shapes_added": a + b},
    )


@transfer("standard_error")
def standard_error_from_a_variance(rng: random.Random) -> Item:
    """The standard error of an average of K draws of variance v: sqrt(v / K)."""
    K, v = rng.randint(4, 9), rng.randint(14, 90)
    return Item(
        f"You average `K = {K}` independent draws, and the variance of a single draw is `v = {v}`. "
        "What is the standard error of the average?",
        (v / K) ** 0.5,
        working=f"sqrt({v} / {K})",
        wrong={
            "variance_for_spread": v / K**0.5,
            "squared_error": v / K,
            "spread_for_error": v**0.5,
            "divided_by_k": v**0.5 / K,
        },
    )


@transfer("urn_posterior")
def urn_posterior_from_odds(rng: random.Random) -> Item:
    """Bayes' rule from odds: o a1 / (a0 + o a1)."""
    o = rng.choice((rng.randint(22, 38), rng.randint(60, 85))) / 100
    a0, a1 = rng.sample((rng.randint(12, 25) / 100, rng.randint(40, 68) / 100), 2)
    return Item(
        f"You are given one of two urns; the odds of urn 1 against urn 0 are `o = {o:g}` to 1. "
        f"A ball from urn 0 is red with probability `a0 = {a0:g}`, a ball from urn 1 with probability `a1 = {a1:g}`. "
        "You draw a single ball, and it is red. What is the probability that your urn is urn 1?",
        o * a1 / (a0 + o * a1),
        working=f"{o:g}*{a1:g} / ({a0:g} + {o:g}*{a1:g})",
        wrong={
            "odds_read_as_probability": o * a1 / ((1 - o) * a0 + o * a1),
            "odds_for_probability": o * a1 / a0,
            "prior_ignored": a1 / (a0 + a1),
            "data_ignored": o / (1 + o),
        },
    )


MISTAKES = {
    # cell_of_a_square_sum
    "row_for_column": "You took the number that belongs to the row: shapes are lined up from the right, so the three "
    "numbers lie along the columns. Which axis of (3, 3) meets the 3 of (3,)?",
    "adds_the_sum": "You added all three numbers to the entry; each entry meets one of them. Which one?",
    "amount_only": "That is the number alone; the entry of the table is still to be added.",
    # entries_of_a_sum
    "column_stays_alone": "That is the size of the first tensor: its axis of length 1 is repeated until it meets the other one. "
    "How often?",
    "row_stays_alone": "That is the size of the second tensor: it is repeated for every row of the first one. How many rows are there?",
    "shapes_added": "You added the lengths; a table with that many rows and that many columns has another number of entries. "
    "How many cells has a table of 2 by 5?",
    # second_moment
    "spread_forgotten": "You squared the mean and forgot the spread: the square of an average is not the average of "
    "the squares. If `z` is 1 or -1 with equal chance, what is the average of `z^2`?",
    "mean_forgotten": "That is `s^2`, the average squared distance from the mean; `z^2` is measured from 0. "
    "What would happen to `E[z^2]` if the mean moved far away?",
    "square_of_the_sum": "You added the mean and the standard deviation first and squared the sum: that is the square "
    "of one single point, one standard deviation above the mean. Is `z` always there?",
    "sigma_for_variance": "The spread went in as it was given: beside a squared mean there must stand a variance, "
    "and `s` is a standard deviation. What turns one into the other?",
    # log_of_a_mean
    "smaller_ignored": "That is the log of half the larger number: the smaller one is part of the mean too.",
    "mean_of_logs": "That is the mean of the logs: the log was taken before the average, and the two do not change "
    "places. For 1 and 100, is the mean 10 or 50.5?",
    "division_forgotten": "That is the log of the sum: between a sum and a mean there is still a division.",
    "half_outside": "The sum should be halved before the log; you halved the log. What does half a log do to the "
    "number inside it?",
    "base_ten": "That is the logarithm to base 10; this course always means the natural one, to base e. Which key of "
    "your calculator undoes `exp`?",
    # standard_error
    "one_draw_too_few": "You divided by the root of one draw fewer: that belongs to estimating the spread of single draws, and here the "
    "spread is given. How many draws are averaged?",
    "divided_by_k": "You divided by `K` itself: the error shrinks more slowly than that, since in a sum of draws "
    "highs and lows cancel only in part. Is it standard deviations of independent draws that add, or variances?",
    "spread_for_error": "That is the spread of one draw; an average of many is steadier than a single one. "
    "What did `K` do in your answer?",
    "squared_error": "That is the variance of the average; a standard error has the unit of the draws themselves. "
    "Which last step is missing?",
    "variance_over_root_k": "You divided the variance `s^2`, where the standard deviation belongs. "
    "If `s` is in metres, in which unit is your answer?",
    # stopped_gradient
    "detach_ignored": "You let both factors of the product move: `detach` keeps the value of the first one and holds "
    "it still. Which of the two would still change if you nudged `a`?",
    "everything_cut": "You let `detach` stop the whole product: it stops only the factor that it is called on, and "
    "the other one still moves with `a`.",
    "detached_factor_lost": "Your number has a 1 where the detached factor should be: its gradient is stopped, but its "
    "value stays and multiplies the other factor.",
    "value_for_gradient": "That is the value of the expression; `a.grad` holds its slope, how fast it changes when "
    "`a` moves.",
    # urn_posterior
    "prior_ignored": "You compared the two urns as if they were equally likely at the start. What was known of them "
    "before the draw?",
    "data_ignored": "That is what you knew before you drew: the red ball has not changed it. Which urn would have "
    "given you red more readily?",
    "not_normalised": "That is the probability that both happen, urn 1 and a red ball; you know already that the ball "
    "is red. By the probability of what must you divide?",
    "likelihood_for_posterior": "That is the probability of red in urn 1; the question runs the other way, from red "
    "to the urn.",
    # standard_error_from_a_variance
    "variance_for_spread": "You put a variance where a standard deviation belongs. If the draws are in metres, in "
    "which unit is `v`, and in which is a standard error?",
    # urn_posterior_from_odds
    "odds_read_as_probability": "You took odds for a probability: at odds of 1 to 1 your urn 0 would have no chance at "
    "all. What is the probability of urn 1 then?",
    "odds_for_probability": "Those are the odds of urn 1 after the draw; they may exceed 1, and a probability may not. "
    "Which share of the whole are odds of 3 to 1?",
}
