"""Drills of stage 10: choose, count and price, with what the whole course taught."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def price_at_the_end(rng: random.Random) -> Item:
    """Pixel mean and a warm-up that stops early: a nat costs D times the last weight."""
    D, w = rng.randint(6, 28) ** 2, rng.randint(2, 12) / 100
    return Item(
        f"A script averages recon over `D = {D}` pixels and adds the KL of a picture up over its latents. Its warm-up ends "
        f"with the weight `w = {w:g}` on the KL. Which price, in nats of recon, does a nat of KL have at the end of training?",
        D * w,
        working=f"{D}*{w:g}",
        wrong={"weight_alone": w, "pixel_mean_alone": D, "full_price_assumed": 1, "divided_by_the_weight": D / w},
    )


@drill
def evidence_of_two_states(rng: random.Random) -> Item:
    """log p(x) of a picture that may come from one of two clear pictures, each pixel flipped by chance."""
    D, a = rng.randint(6, 14), rng.randint(1, 2)
    b, f = a + rng.randint(2, 3), rng.randint(8, 24) / 100
    logs = [flipped * math.log(f) + (D - flipped) * math.log(1 - f) for flipped in (a, b)]
    total = math.log(sum(map(math.exp, logs)))
    return Item(
        f"A picture of `D = {D}` pixels was made from one of two clear pictures, each with probability one half, and each "
        f"pixel was flipped with probability `f = {f:g}`. It differs from the first in `a = {a}` pixels, and from the second in "
        f"`b = {b}`. What is log p(x) of the picture?",
        total - math.log(2),
        unit="nats",
        working=f"log(({f:g}^{a}*(1 - {f:g})^{D - a} + {f:g}^{b}*(1 - {f:g})^{D - b})/2)",
        wrong={
            "states_not_shared": total,
            "mean_of_the_logs": sum(logs) / 2,
            "only_what_was_flipped": math.log((f**a + f**b) / 2),
        },
    )


@drill
def pictures_for_an_alarm(rng: random.Random) -> Item:
    """How many pictures until a mean difference is 4 of its standard errors: (4 s / m)^2."""
    m, s = rng.randint(10, 60) / 100, rng.randint(80, 240) / 100
    return Item(
        f"Over many pictures, a reported bound less the exact log p(x) has the mean `m = {m:g}` and the standard deviation "
        f"`s = {s:g}`. With about how many pictures is this mean 4 of its standard errors above 0?",
        (4 * s / m) ** 2,
        working=f"(4*{s:g}/{m:g})^2",
        wrong={
            "root_forgotten": 4 * s / m, "one_standard_error": (s / m) ** 2, "four_outside_the_square": 4 * (s / m) ** 2,
        },
    )


@drill
def share_of_the_model(rng: random.Random) -> Item:
    """Of what a bound lacks to the truth, the part above the bound of many samples."""
    truth = -rng.randint(120, 180) / 10
    iwae = round(truth - rng.randint(10, 34) / 10, 1)
    elbo = round(iwae - rng.randint(4, 24) / 10, 1)
    return Item(
        f"On the same pictures a model has the ELBO `elbo = {elbo:g}` and, with samples so many that more add nothing, the bound "
        f"`iwae = {iwae:g}`; the exact log p(x) is `truth = {truth:g}`. Which share of what the ELBO lacks is the model's, "
        "and would be left with a perfect encoder?",
        (truth - iwae) / (truth - elbo),
        working=f"({truth:g} - ({iwae:g}))/({truth:g} - ({elbo:g}))",
        wrong={
            "share_of_the_encoder": (iwae - elbo) / (truth - elbo),
            "part_over_part": (truth - iwae) / (iwae - elbo),
            "nats_for_a_share": truth - iwae,
            "relative_to_the_truth": (truth - iwae) / abs(truth),
        },
    )


@drill
def spread_of_two_readings(rng: random.Random) -> Item:
    """exp(logvar) where exp(logvar / 2) is meant: the factor is exp(logvar / 2)."""
    logvar = rng.choice((-1, 1)) * rng.randint(60, 280) / 100
    return Item(
        f"The encoder of a script puts out `logvar = {logvar:g}`. Its KL reads this as the logarithm of the variance of q, and its "
        "sampler as the logarithm of the standard deviation. How many times as wide as the q that the KL pays for, in "
        "standard deviations, are the samples?",
        math.exp(logvar / 2),
        working=f"exp({logvar:g}/2)",
        wrong={
            "spread_of_the_samples": math.exp(logvar), "other_way_round": math.exp(-logvar / 2),
            "half_once_more": math.exp(logvar / 4),
        },
    )


@drill
def flattery_of_a_part_price(rng: random.Random) -> Item:
    """A report with the KL at the weight w lies (1 - w) KL above the bound."""
    w, kl, recon = rng.randint(12, 88) / 100, rng.randint(22, 96) / 10, rng.randint(110, 240) / 10
    return Item(
        f"On test pictures recon is `recon = {recon:g}` and the KL is `kl = {kl:g}` nats/image. The script reports a bound in "
        f"which the KL has its last weight of the warm-up, `w = {w:g}`. By how many nats does the report lie above the ELBO?",
        (1 - w) * kl,
        unit="nats",
        working=f"(1 - {w:g})*{kl:g}",
        wrong={"what_was_paid": w * kl, "all_of_the_kl": kl, "report_itself": -recon - w * kl, "bound_itself": -recon - kl},
    )


@drill
def score_of_a_readout(rng: random.Random) -> Item:
    """R^2 on new data: 1 less the mean squared error over the variance."""
    M, v = rng.randint(12, 60), rng.randint(80, 420) / 100
    S = round(M * v * rng.uniform(0.12, 0.85), 1)
    return Item(
        f"A readout of codes, fitted on other pictures, tells the level of a gauge on `M = {M}` new ones with squared errors that "
        f"add up to `S = {S:g}`. The new levels have the variance `v = {v:g}`, with M in the denominator. What is the score R² "
        "of the readout there?",
        1 - S / (M * v),
        working=f"1 - {S:g}/({M}*{v:g})",
        wrong={"what_is_unexplained": S / (M * v), "sum_against_a_mean": 1 - S / v, "root_of_the_score": math.sqrt(1 - S / (M * v))},
    )


@transfer("spread_of_two_readings")
def spread_of_two_precisions(rng: random.Random) -> Item:
    """exp(-p) where exp(-p / 2) is meant: the factor is exp(-p / 2)."""
    p = rng.choice((-1, 1)) * rng.randint(60, 280) / 100
    return Item(
        f"The encoder of a script puts out `p = {p:g}`. Its KL reads this as the logarithm of the precision of q, which is one over "
        "the variance; its sampler takes one over the exponential of it as the standard deviation. How many times as wide as "
        "the q that the KL pays for, in standard deviations, are the samples?",
        math.exp(-p / 2),
        working=f"exp(-({p:g})/2)",
        wrong={
            "precision_read_as_variance": math.exp(p / 2), "spread_of_the_samples": math.exp(-p),
            "half_once_more": math.exp(-p / 4),
        },
    )


@transfer("pictures_for_an_alarm")
def pictures_from_a_variance(rng: random.Random) -> Item:
    """How many pictures until a mean difference is 4 of its standard errors, from a variance: 16 V / m^2."""
    m, V = rng.randint(10, 60) / 100, rng.randint(130, 480) / 100
    return Item(
        f"Over many pictures, a reported bound less the exact log p(x) has the mean `m = {m:g}` and the variance `V = {V:g}`. "
        "With about how many pictures is this mean 4 of its standard errors above 0?",
        16 * V / m**2,
        working=f"16*{V:g}/{m:g}^2",
        wrong={
            "variance_for_deviation": (4 * V / m) ** 2, "root_forgotten": 4 * math.sqrt(V) / m, "one_standard_error": V / m**2,
            "four_outside_the_square": 4 * V / m**2,
        },
    )


MISTAKES = {
    # price_at_the_end
    "weight_alone": "You took the weight for the price: recon was made smaller too. By how much, when it is averaged and "
    "not added up?",
    "pixel_mean_alone": "You counted the pixels and forgot the warm-up: it takes something off the price.",
    "full_price_assumed": "You took the price of the bound, and neither line of the script keeps it. What does each of "
    "them do to a nat of KL?",
    "divided_by_the_weight": "You divided by the weight: a smaller weight makes a nat of KL cheaper. In which direction does "
    "yours go?",
    # evidence_of_two_states
    "states_not_shared": "You added the two chances and left out that each state has probability one half. How likely is "
    "the first one before the picture is seen?",
    "mean_of_the_logs": "You averaged the logarithms, which gives a bound on log p(x). Which comes first, the mean over the "
    "states or the logarithm?",
    "only_what_was_flipped": "You counted the flipped pixels alone: that the others were not flipped has a chance as well.",
    # pictures_for_an_alarm
    "root_forgotten": "A standard error falls with the root of the number of pictures, and yours falls with the number. What "
    "has to be squared?",
    "one_standard_error": "With that many pictures the mean is one standard error above 0, and four were asked for.",
    "four_outside_the_square": "You took four times as many pictures: that only halves a standard error.",
    # share_of_the_model
    "share_of_the_encoder": "That is the part which samples win back, so it is the encoder's. Which part would a perfect encoder "
    "leave?",
    "part_over_part": "You compared the two gaps with each other: a share has the whole below the line.",
    "nats_for_a_share": "That is the gap in nats: a share compares it with all that is missing.",
    "relative_to_the_truth": "You divided by log p(x) itself: the whole here is what the ELBO lacks to it.",
    # spread_of_two_readings
    "spread_of_the_samples": "That is the standard deviation of the samples, and a ratio is asked for. With which other one is it compared?",
    "other_way_round": "You divided the spread that is paid for by that of the samples. Which of the two was to be how many "
    "times the other?",
    "half_once_more": "You halved the exponent twice. What is the logarithm of the standard deviation by each of the two "
    "readings?",
    # flattery_of_a_part_price
    "what_was_paid": "That is the part of the KL which the report has in it: the flattery is the part that it leaves out.",
    "all_of_the_kl": "You left out all of the KL, and the report has some of it.",
    "report_itself": "You gave the report itself. How far above the ELBO is it?",
    "bound_itself": "That is the ELBO itself. How far below the report is it?",
    # score_of_a_readout
    "what_is_unexplained": "That is the share of the spread which is left as error: a score counts what is told.",
    "sum_against_a_mean": "You compared a sum of squared errors with a mean of squares. Over how many pictures is each of "
    "them taken?",
    "root_of_the_score": "You took a root, as for a correlation: the score compares squares and stays with them.",
    # spread_of_two_precisions
    "precision_read_as_variance": "You read the precision as a variance: a large precision means a narrow q. Which sign has the "
    "logarithm of a spread then?",
    # pictures_from_a_variance
    "variance_for_deviation": "You took the variance for the standard deviation: it is that, squared already. Which of the "
    "two goes into a standard error?",
}
