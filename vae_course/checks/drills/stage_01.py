"""Drills of stage 01: joint, evidence and posterior, by hand, on a grid, by blind draws and in closed form."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def joint_in_logs(rng: random.Random) -> Item:
    """log p(x, z) = log p(z) + log p(x|z)."""
    p, a = rng.randint(20, 60) / 100, rng.randint(15, 85) / 100
    return Item(
        f"A speaker `z`, whom you cannot see, was chosen with probability `p = {p:g}`. Such a speaker says what you "
        f"heard, `x`, with probability `a = {a:g}`. "
        "What is the log joint `log p(x, z)` of this speaker and these words?",
        math.log(p) + math.log(a),
        unit="nats",
        working=f"log({p:g}) + log({a:g})",
        wrong={
            "prior_forgotten": math.log(a),
            "likelihood_forgotten": math.log(p),
            "logs_multiplied": math.log(p) * math.log(a),
            "log_forgotten": p * a,
            "divided": math.log(a / p),
        },
    )


@drill
def evidence_of_an_urn(rng: random.Random) -> Item:
    """p(x) = (1 - p) a0 + p a1: the joint summed over both states."""
    p = rng.choice((rng.randint(15, 42), rng.randint(58, 85))) / 100
    a0, a1 = rng.sample((rng.randint(10, 30) / 100, rng.randint(45, 90) / 100), 2)
    return Item(
        f"Somebody picks one of two urns, urn 1 with probability `p = {p:g}` and otherwise urn 0, and does not "
        f"tell you which. A ball from urn 0 is red with probability `a0 = {a0:g}`, a ball from urn 1 with "
        f"probability `a1 = {a1:g}`. One ball is drawn, and it is red. What is its evidence, that is, the "
        "probability of a red ball for somebody who does not know the urn?",
        (1 - p) * a0 + p * a1,
        working=f"(1 - {p:g})*{a0:g} + {p:g}*{a1:g}",
        wrong={
            "prior_ignored": (a0 + a1) / 2,
            "one_state_only": p * a1,
            "likelihood_for_evidence": a1,
            "prior_turned_round": p * a0 + (1 - p) * a1,
            "posterior_for_evidence": p * a1 / ((1 - p) * a0 + p * a1),
        },
    )


@drill
def posterior_of_three(rng: random.Random) -> Item:
    """Bayes' rule for three states: p_k a_k / (p_1 a_1 + p_2 a_2 + p_3 a_3)."""
    hundredths = rng.sample((rng.randint(10, 22), rng.randint(26, 36)), 2)
    prior = [part / 100 for part in (*hundredths, 100 - sum(hundredths))]
    likelihood = rng.sample((rng.randint(4, 7) / 100, rng.randint(11, 15) / 100, rng.randint(24, 36) / 100), 3)
    joint = [p * a for p, a in zip(prior, likelihood)]
    k = rng.choice([i for i, value in enumerate(joint, 1) if value > min(joint)])
    own, evidence = joint[k - 1], sum(joint)
    return Item(
        "A page has one of three topics, with the prior probabilities "
        + ", ".join(f"`p{i} = {p:g}`" for i, p in enumerate(prior, 1))
        + ". Pages of these topics open with a certain word with the probabilities "
        + ", ".join(f"`a{i} = {a:g}`" for i, a in enumerate(likelihood, 1))
        + ", in the same order. Your page opens with it. "
        f"What is the posterior probability of topic `k = {k}`, counted from 1?",
        own / evidence,
        working=f"{prior[k - 1]:g}*{likelihood[k - 1]:g} / ("
        + " + ".join(f"{p:g}*{a:g}" for p, a in zip(prior, likelihood)) + ")",
        wrong={
            "prior_ignored_in_the_posterior": likelihood[k - 1] / sum(likelihood),
            "data_ignored": prior[k - 1],
            "not_normalised": own,
            "likelihood_for_posterior": likelihood[k - 1],
            "odds_for_probability": own / (evidence - own),
        },
    )


@drill
def evidence_of_a_line(rng: random.Random) -> Item:
    """log p(x) of x = w z + noise of standard deviation s: log N(x; 0, w^2 + s^2)."""
    w, s = rng.sample((rng.randint(30, 40) / 100, rng.randint(50, 66) / 100), 2)
    x = rng.choice((-1, 1)) * round(math.sqrt(w**2 + s**2) * rng.uniform(1.8, 2.8), 1)
    return Item(
        "A code `z` is drawn from N(0, 1), and `x` is `w` times `z`, plus Gaussian noise: the factor is "
        f"`w = {w:g}`, and the standard deviation of the noise is `s = {s:g}`. (The log-density of a Gaussian with "
        "mean 0 and variance `v` is `-0.5*log(2*pi*v) - x^2/(2*v)`.) "
        f"What is `log p(x)` at `x = {x:g}`, when nobody tells you `z`?",
        _log_normal(x, w**2 + s**2),
        unit="nats",
        working=f"-0.5*log(2*pi*({w:g}^2 + {s:g}^2)) - ({x:g})^2/(2*({w:g}^2 + {s:g}^2))",
        wrong={
            "code_held_still": _log_normal(x, s**2),
            "noise_forgotten": _log_normal(x, w**2),
            "standard_deviations_added": _log_normal(x, (w + s) ** 2),
            "variance_for_sigma": _log_normal(x, (w**2 + s**2) ** 2),
            "noise_not_squared": _log_normal(x, w**2 + s),
        },
    )


@drill
def mean_of_a_posterior(rng: random.Random) -> Item:
    """The posterior mean of z when x = w z + noise of standard deviation s: w x / (w^2 + s^2)."""
    w, s = rng.sample((rng.randint(5, 8) / 10, rng.randint(12, 18) / 10), 2)
    x = rng.choice((-1, 1)) * rng.randint(8, 40) / 10
    variance = w**2 + s**2  # of x
    return Item(
        "A code `z` is drawn from N(0, 1), and `x` is `w` times `z`, plus Gaussian noise: the factor is "
        f"`w = {w:g}`, and the standard deviation of the noise is `s = {s:g}`. You see `x = {x:g}`. "
        "What is the mean of the posterior of `z`?",
        w * x / variance,
        working=f"{w:g}*({x:g}) / ({w:g}^2 + {s:g}^2)",
        wrong={
            "decoder_inverted": x / w,
            "noise_variance_alone": w * x / s**2,
            "not_divided": w * x,
            "noise_not_squared": w * x / (w**2 + s),
            "picture_for_code": w**2 * x / variance,
        },
    )


@drill
def evidence_by_blind_draws(rng: random.Random) -> Item:
    """The log of the mean of p(x|z) over three draws of z from the prior, given their logs."""
    top = -rng.randint(6, 24) / 10
    logs = [top, round(top - rng.randint(9, 13) / 10, 1), round(top - rng.randint(30, 45) / 10, 1)]
    rng.shuffle(logs)
    total = sum(math.exp(log) for log in logs)
    return Item(
        "You draw three codes `z` from the prior. For what you saw, `x`, their values of `log p(x|z)` are "
        + ", ".join(f"`l{i} = {log:g}`" for i, log in enumerate(logs, 1))
        + ". What is the Monte-Carlo estimate of `log p(x)` from these three draws?",
        math.log(total / 3),
        unit="nats",
        working=f"log(({' + '.join(f'exp({log:g})' for log in logs)})/3)",
        wrong={
            "mean_of_logs": sum(logs) / 3,
            "division_missing": math.log(total),
            "best_draw_only": top,
            "others_count_as_nothing": top - math.log(3),
            "estimate_not_logged": total / 3,
        },
    )


@drill
def evidence_on_a_grid(rng: random.Random) -> Item:
    """log of the spacing times the sum of the joint's heights."""
    h = rng.choice((0.1, 0.12, 0.14, 0.25, 0.3))
    heights = [rng.randint(*span) / 100 for span in ((2, 4), (15, 45), (60, 95), (20, 50), (2, 4))]
    total = sum(heights)
    return Item(
        "A code `z` is a single number, and five of its values form a grid. There the joint density `p(x, z)` has "
        "the heights "
        + ", ".join(f"`j{i} = {height:g}`" for i, height in enumerate(heights, 1))
        + f"; outside the grid it is as good as 0. Neighbouring points are `h = {h:g}` apart. "
        "What is the grid's value of `log p(x)`, by the sum over its points?",
        math.log(h * total),
        unit="nats",
        working=f"log({h:g}*({' + '.join(f'{height:g}' for height in heights)}))",
        wrong={
            "spacing_missing": math.log(total),
            "average_for_integral": math.log(total / 5),
            "evidence_not_logged": h * total,
            "tallest_only": math.log(h * max(heights)),
            "spacing_outside_the_log": h * math.log(total),
            "sum_of_logs": sum(math.log(h * height) for height in heights),
        },
    )


@drill
def draws_for_ten_percent(rng: random.Random) -> Item:
    """How many blind draws bring the relative error to 0.1: 100 (r^d - 1)."""
    r, d = rng.randint(14, 26) / 10, rng.randint(3, 9)
    return Item(
        "You estimate `p(x)` by the average of `p(x|z)` over `S` codes, drawn from the prior. For a certain model "
        "with `d` code dimensions, the square of the relative error is `(r^d - 1) / S`, with "
        f"`r = {r:g}` and `d = {d}`. How many draws `S` make the relative error 10 %, that is, 0.1?",
        100 * (r**d - 1),
        working=f"({r:g}^{d} - 1) / 0.1^2",
        wrong={
            "grows_on_a_line": 100 * d * (r - 1),
            "error_not_squared": 10 * (r**d - 1),
            "one_dimension_only": 100 * (r - 1),
            "ten_for_a_tenth": (r**d - 1) / 100,
            "error_forgotten": r**d - 1,
        },
    )


@transfer("evidence_by_blind_draws")
def blind_draws_with_an_offset(rng: random.Random) -> Item:
    """The log of the mean of p(x|z) over three draws, from their logs plus a constant c."""
    top, c = rng.randint(10, 40) / 10, rng.randint(30, 80) / 10
    logs = [top, round(top - rng.randint(8, 13) / 10, 1) + 0.0, round(top - rng.randint(25, 40) / 10, 1) + 0.0]
    rng.shuffle(logs)
    total = sum(math.exp(log) for log in logs)
    return Item(
        "You draw three codes `z` from the prior. So that no exponential comes out as 0, a program adds "
        f"`c = {c:g}` to each value of `log p(x|z)`, and what it prints is "
        + ", ".join(f"`l{i} = {log:g}`" for i, log in enumerate(logs, 1))
        + ". What is the Monte-Carlo estimate of `log p(x)` from these three draws?",
        math.log(total / 3) - c,
        unit="nats",
        working=f"log(({' + '.join(f'exp({log:g})' for log in logs)})/3) - {c:g}",
        wrong={
            "offset_left_in": math.log(total / 3),
            "offset_added_again": math.log(total / 3) + c,
            "offset_shared_out": math.log(total / 3) - c / 3,
            "division_missing": math.log(total) - c,
            "mean_of_logs": sum(logs) / 3 - c,
        },
    )


@transfer("mean_of_a_posterior")
def mean_under_another_prior(rng: random.Random) -> Item:
    """The posterior mean of z ~ N(m, t^2) when x = w z + noise: m + w t^2 (x - w m) / (w^2 t^2 + s^2)."""
    w, s = rng.randint(4, 7) / 10, rng.randint(9, 13) / 10
    t = rng.choice((rng.randint(4, 6), rng.randint(18, 27))) / 10
    m = rng.choice((-1, 1)) * rng.randint(10, 30) / 10
    x = round(w * m + rng.choice((-1, 1)) * rng.randint(12, 40) / 10, 1) + 0.0  # no "-0" in the text
    variance, surprise = w**2 * t**2 + s**2, x - w * m
    return Item(
        f"A code `z` is drawn from a Gaussian with mean `m = {m:g}` and standard deviation `t = {t:g}`, and `x` is `w` "
        f"times `z`, plus Gaussian noise: the factor is `w = {w:g}`, and the standard deviation of the noise is "
        f"`s = {s:g}`. You see `x = {x:g}`. What is the mean of the posterior of `z`?",
        m + w * t**2 * surprise / variance,
        working=f"{m:g} + {w:g}*{t:g}^2*({x:g} - {w:g}*({m:g})) / ({w:g}^2*{t:g}^2 + {s:g}^2)",
        wrong={
            "standard_prior_assumed": w * x / (w**2 + s**2),
            "middle_of_the_prior_forgotten": w * t**2 * x / variance,
            "width_of_the_prior_forgotten": m + w * surprise / (w**2 + s**2),
            "correction_alone": w * t**2 * surprise / variance,
        },
    )


@transfer("evidence_on_a_grid")
def evidence_on_a_square_grid(rng: random.Random) -> Item:
    """log of the area of a cell times the sum of the joint's heights."""
    h = rng.choice((0.15, 0.16, 0.18, 0.2, 0.24, 0.28, 0.3))
    heights = [rng.randint(*span) / 100 for span in ((15, 30), (40, 70), (90, 150), (45, 75), (12, 32))]
    total = sum(heights)
    return Item(
        "A code `z` has two dimensions, and a square grid covers them: neighbouring points are "
        f"`h = {h:g}` apart in either direction. At five of its points the joint density `p(x, z)` has the heights "
        + ", ".join(f"`j{i} = {height:g}`" for i, height in enumerate(heights, 1))
        + "; at all others it is as good as 0. What is the grid's value of `log p(x)`, by the sum over its points?",
        math.log(h**2 * total),
        unit="nats",
        working=f"log({h:g}^2*({' + '.join(f'{height:g}' for height in heights)}))",
        wrong={
            "one_direction_only": math.log(h * total),
            "spacings_added": math.log(2 * h * total),
            "average_for_integral": math.log(total / 5),
            "evidence_not_logged": h**2 * total,
            "tallest_only": math.log(h**2 * max(heights)),
        },
    )


def _log_normal(x: float, variance: float) -> float:
    return -0.5 * math.log(2 * math.pi * variance) - x**2 / (2 * variance)


MISTAKES = {
    # joint_in_logs
    "prior_forgotten": "That is the log-likelihood of the words once the speaker is there; a joint also asks how "
    "likely this speaker was.",
    "likelihood_forgotten": "That is the log-probability of the speaker alone: nobody has said anything yet.",
    "logs_multiplied": "You multiplied two logs: it is the probabilities that are multiplied, and your number came "
    "out above 0, as if the joint were more than certain. What does a log make of a product?",
    "log_forgotten": "That is the joint probability itself; its logarithm was asked for.",
    "divided": "You subtracted the log of the prior: that divides by it, and the rarer the speaker, the larger your "
    "joint.",
    # evidence_of_an_urn
    "prior_ignored": "That is the plain average of the two urns, as if both were picked equally often. Where does "
    "`p` enter?",
    "one_state_only": "That is one way to get a red ball, from urn 1, and it leaves the other way out. Does a red "
    "ball come from urn 1 only?",
    "likelihood_for_evidence": "That is the likelihood, the probability of red when the urn is known to be urn 1; "
    "the evidence is for somebody who does not know the urn.",
    "prior_turned_round": "You gave urn 0 the probability of urn 1: `p` belongs to urn 1.",
    "posterior_for_evidence": "That is the posterior of urn 1, what to think of the urn after the ball; the "
    "question is how likely the ball was.",
    # posterior_of_three
    "prior_ignored_in_the_posterior": "You weighed the word alone, as if the three topics were equally common "
    "before it. Where do the prior probabilities enter?",
    "data_ignored": "That is the prior, what you knew before you read the word. Which topic makes the word more "
    "likely?",
    "not_normalised": "That is the joint probability of topic and word, and the three of them do not add up to 1. "
    "By the probability of what must it be divided?",
    "likelihood_for_posterior": "That is the probability of the word on a page of this topic; the question runs the "
    "other way, from the word to the topic.",
    "odds_for_probability": "You divided by the joint of the other two topics: that gives the odds of this topic, "
    "which may exceed 1, and a probability may not.",
    # evidence_of_a_line and mean_of_a_posterior
    "code_held_still": "Your variance is that of the noise: it takes `z` for known and equal to 0, and `z` varies "
    "too. What does that do to the spread of `x`?",
    "noise_forgotten": "Your variance is the part that comes from `z`: even with `z` known, `x` would still be "
    "noisy.",
    "standard_deviations_added": "You added two standard deviations: the code and the noise are independent, so the "
    "two often cancel in part. Which measure of spread adds up for independent parts?",
    "variance_for_sigma": "You squared a variance: what the formula calls `v` is the variance already.",
    "decoder_inverted": "You ran the decoder backwards, as if there were no noise: the posterior also knows the "
    "prior, which expects codes near 0. Is all of `x` due to `z`?",
    "noise_variance_alone": "You divided by the variance of the noise alone, so a noise near 0 would send the code "
    "to infinity. What else makes `x` vary?",
    "not_divided": "That is `x` sent back through `w` and not yet measured against anything: with a larger `w` it "
    "would only grow. When one step of `z` moves `x` further, does the same `x` need a larger `z`?",
    "noise_not_squared": "You added a standard deviation to the square of `w`: the two have different units. What "
    "does the noise contribute to the variance of `x`?",
    "picture_for_code": "That is the posterior mean pushed through the decoder again, a value of `x`; the question "
    "asks for the code.",
    # evidence_by_blind_draws
    "mean_of_logs": "That is the mean of the logs: the log was taken before the average, and one bad draw can then "
    "pull it down without end. What is averaged in `p(x)`, the likelihoods or their logs?",
    "division_missing": "That is the log of the sum: with more draws it would grow and grow, and an estimate of the "
    "same number may not.",
    "best_draw_only": "That is the best draw by itself, as if all three had been as good. How good is an "
    "explanation on average?",
    "others_count_as_nothing": "You let two of the draws count as likelihood 0: they explain less than the best "
    "one, and still something.",
    "estimate_not_logged": "That is the estimate of `p(x)`; its logarithm was asked for.",
    # evidence_on_a_grid
    "spacing_missing": "You added heights and forgot how wide a piece of the line each of them stands for: a finer "
    "grid would give a larger sum. What turns a height into an area?",
    "average_for_integral": "That is the log of the average height: an integral is an area, and a wide grid with "
    "many zeros would lower your number.",
    "evidence_not_logged": "That is the grid's value of `p(x)`; its logarithm was asked for.",
    "tallest_only": "You counted the tallest point by itself: it is the best explanation, and the evidence adds up "
    "all of them.",
    "spacing_outside_the_log": "You multiplied the log by the spacing: the spacing belongs to the area, and so it "
    "goes in before the log.",
    "sum_of_logs": "You took the log of each piece and added the logs: that multiplies the pieces, and an area is "
    "their sum.",
    # draws_for_ten_percent
    "grows_on_a_line": "You let the bill grow by the same amount with each dimension: in the formula, each "
    "dimension multiplies it. What happens to `r^d` when `d` grows by 1?",
    "error_not_squared": "You divided by the error as it is, and the formula speaks of its square. To halve an "
    "error, is it enough to draw twice as often?",
    "one_dimension_only": "That is the bill for a single dimension, as if the number of dimensions made no "
    "difference. What did `d` do in your answer?",
    "ten_for_a_tenth": "You let 10 stand for 10 %, and an error of 10 would be ten times `p(x)` itself.",
    "error_forgotten": "That many draws bring the square of the relative error to 1, an error as large as `p(x)` "
    "itself.",
    # blind_draws_with_an_offset
    "offset_left_in": "You took what was printed for `log p(x|z)`: a constant has been added to it. What does that do "
    "to the log of the average?",
    "offset_added_again": "You added the constant once more, and the program had added it already. On which side of "
    "the true value do the printed numbers lie?",
    "offset_shared_out": "You divided the constant among the draws: each of them has all of it. What happens to an "
    "average when every entry is multiplied by one number?",
    # mean_under_another_prior
    "standard_prior_assumed": "You used the prior N(0, 1), and this model has one of its own. Where would the code be "
    "expected if nothing had been seen?",
    "middle_of_the_prior_forgotten": "Your prior has the right width and sits at 0: a picture that is no surprise at "
    "all would still move the code. Which `x` does this model expect on average?",
    "width_of_the_prior_forgotten": "Your prior sits at the right place and has a spread of 1: the less is known in "
    "advance, the more the picture may say. Where does `t` enter?",
    "correction_alone": "That is how far the picture moves the code. From where does it start?",
    # evidence_on_a_square_grid
    "one_direction_only": "You gave each height a width and no depth: your number counts pieces of a line, and these "
    "codes fill a plane. How large is the piece that one point stands for?",
    "spacings_added": "You added the two spacings: the piece that a point stands for has an area, and your factor is "
    "a length.",
}
