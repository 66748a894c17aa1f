"""Drills of stage 08: labels, alarms, what is typical, choices without a slope, and priors of several bumps."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


@drill
def share_of_a_class(rng: random.Random) -> Item:
    """p(y = 1 | x) by Bayes' rule, with classes that are not equally frequent."""
    top = -rng.randint(14, 30) / 10
    logs = rng.sample([top, top - rng.randint(6, 12) / 10, top - rng.randint(16, 26) / 10], 3)
    first = rng.choice((rng.randint(8, 20), rng.randint(50, 65))) / 100
    second = round(rng.uniform(0.1, 0.9 - first), 2)
    priors = (first, second, 1 - first - second)
    weights = [p * math.exp(value - top) for p, value in zip(priors, logs)]
    flat = [math.exp(value - top) for value in logs]
    return Item(
        f"Of all pictures, `p1 = {first:g}` are of class 1, `p2 = {second:g}` of class 2, and the others of class 3. For one picture a "
        "conditional VAE gives log p(x|y), in nats, as " + _named("l", logs) + ". What is the probability of class 1 now?",
        weights[0] / sum(weights),
        working=" / ".join((
            f"{first:g}*exp({logs[0] - top:.2g})",
            f"({first:g}*exp({logs[0] - top:.2g}) + {second:g}*exp({logs[1] - top:.2g}) + (1-{first:g}-{second:g})*exp({logs[2] - top:.2g}))",
        )),
        wrong={
            "classes_taken_as_equal": flat[0] / sum(flat),
            "picture_ignored": first,
            "logs_taken_as_weights": first * logs[0] / sum(p * value for p, value in zip(priors, logs)),
        },
    )


@drill
def evidence_over_labels(rng: random.Random) -> Item:
    """The log of the mean of p(x|y) over equally frequent classes."""
    top = -rng.randint(20, 60) / 10
    logs = rng.sample([top, top - rng.randint(8, 16) / 10, top - rng.randint(20, 40) / 10], 3)
    whole = math.log(sum(math.exp(value) for value in logs))
    return Item(
        "Three classes are equally frequent. For one picture a conditional VAE gives log p(x|y), in nats, as " + _named("l", logs)
        + ". What is log p(x)?",
        whole - math.log(3),
        unit="nats",
        working="log((" + " + ".join(f"exp({value:g})" for value in logs) + ")/3)",
        wrong={"mean_inside_the_log_lost": sum(logs) / 3, "prior_of_the_label_lost": whole, "one_class_only": max(logs)},
    )


@drill
def nats_of_a_label(rng: random.Random) -> Item:
    """log p(x|y) - log p(x) of the true class, four classes equally frequent."""
    own = -rng.randint(30, 60) / 10
    logs = [own, *(round(own - gap, 1) for gap in (rng.uniform(0.3, 0.9), rng.uniform(1, 2), rng.uniform(2, 3.5)))]
    whole = math.log(sum(math.exp(value) for value in logs))
    return Item(
        "Four classes are equally frequent, and a picture is of class 1. A conditional VAE gives log p(x|y), in nats, as "
        + _named("l", logs) + ". How many nats of information does the label carry about this picture?",
        own - whole + math.log(4),
        unit="nats",
        working=f"{own:g} - log((" + " + ".join(f"exp({value:g})" for value in logs) + ")/4)",
        wrong={
            "log_share_of_the_class": own - whole,
            "against_the_mean_of_logs": own - sum(logs) / 4,
            "ceiling_for_the_value": math.log(4),
        },
    )


@drill
def pairs_in_order(rng: random.Random) -> Item:
    """The AUROC of four normal and three odd scores with one tie."""
    low, middle, high = (sorted(rng.sample(range(*ends), 2)) for ends in ((5, 20), (20, 35), (35, 60)))
    tie = rng.choice(middle) / 10
    strange = sorted([tie, rng.choice(low) / 10, rng.choice(high) / 10])
    normal = sorted([tie, *(value / 10 for value in low + middle + high if value / 10 not in strange)])
    wins, pairs = sum(a > b for a in strange for b in normal), len(strange) * len(normal)
    return Item(
        "A higher score is stranger. The normal pictures score " + _named("n", normal) + ", the odd ones " + _named("a", strange)
        + ". What is the AUROC, ties counted half?",
        (wins + 0.5) / pairs,
        working=f"({wins} + 0.5)/{pairs}",
        wrong={
            "sign_of_the_score": 1 - (wins + 0.5) / pairs,
            "tie_counted_as_lost": wins / pairs,
            "tie_counted_as_won": (wins + 1) / pairs,
        },
    )


@drill
def length_on_the_way(rng: random.Random) -> Item:
    """E |(1 - t) z1 + t z2|^2 for two draws of N(0, I)."""
    d, t = rng.randint(4, 60), rng.choice((0.2, 0.22, 0.25, 0.35, 0.37))
    return Item(
        f"Two codes are drawn from N(0, I) in `d = {d}` dimensions. On the straight line from the first to the second, at "
        f"`t = {t:g}` of the way, what is the mean of the squared length?",
        d * ((1 - t) ** 2 + t**2),
        working=f"{d}*((1-{t:g})^2 + {t:g}^2)",
        wrong={"length_stays": d, "middle_of_the_way": d / 2, "first_code_alone": d * (1 - t) ** 2},
    )


@drill
def kl_to_the_prior_of_a_class(rng: random.Random) -> Item:
    """KL of two Gaussians, where the prior of the class is not N(0, 1)."""
    mu_p, v_p = rng.choice((-1, 1)) * rng.randint(8, 20) / 10, rng.randint(30, 80) / 100
    mu_q, v_q = round(mu_p + rng.choice((-1, 1)) * rng.uniform(0.4, 1.0), 1), rng.randint(10, 25) / 100

    def kl(m: float, v: float, m0: float, v0: float) -> float:
        return 0.5 * (math.log(v0 / v) + (v + (m - m0) ** 2) / v0 - 1)

    return Item(
        f"The prior of a class is a Gaussian with mean `mu_p = {mu_p:g}` and variance `v_p = {v_p:g}`. For a picture of this class the "
        f"encoder gives the mean `mu_q = {mu_q:g}` and the variance `v_q = {v_q:g}`. How many nats does the code cost?",
        kl(mu_q, v_q, mu_p, v_p),
        unit="nats",
        working=f"(log({v_p:g}/{v_q:g}) + ({v_q:g} + ({mu_q:g} - ({mu_p:g}))^2)/{v_p:g} - 1)/2",
        wrong={
            "prior_of_the_class_forgotten": kl(mu_q, v_q, 0, 1),
            "other_way_round": kl(mu_p, v_p, mu_q, v_q),
            "half_of_it_lost": 2 * kl(mu_q, v_q, mu_p, v_p),
        },
    )


@drill
def likeliest_above_a_draw(rng: random.Random) -> Item:
    """How far the likeliest picture of D equal pixels lies above an average draw: D (1 - p) log(p / (1 - p))."""
    D, p = rng.randint(16, 200), rng.randint(60, 95) / 100
    odds = math.log(p / (1 - p))
    return Item(
        f"A model of pictures has `D = {D}` independent pixels, each black with probability `p = {p:g}`. By how many nats is the log-"
        "probability of its likeliest picture above the average over its own draws?",
        D * (1 - p) * odds,
        unit="nats",
        working=f"{D}*(1-{p:g})*log({p:g}/(1-{p:g}))",
        wrong={
            "one_pixel_for_all": (1 - p) * odds,
            "every_pixel_on_the_rare_side": D * odds,
            "as_for_a_gaussian": D / 2,
            "average_draw_alone": -D * (p * math.log(p) + (1 - p) * math.log(1 - p)),
        },
    )


@drill
def soft_share_of_a_state(rng: random.Random) -> Item:
    """The first of two states in a Gumbel-softmax with given uniforms."""
    l2 = rng.randint(-8, 8) / 10
    l1 = round(l2 + rng.randint(5, 9) / 10, 1)
    u1, u2 = rng.randint(15, 35) / 100, rng.randint(55, 75) / 100
    tau = rng.choice((0.4, 0.5, 0.6))

    def share(first: float, second: float) -> float:
        return 1 / (1 + math.exp(second - first))

    g1, g2 = -math.log(-math.log(u1)), -math.log(-math.log(u2))
    return Item(
        f"A code has two states with the logits `l1 = {l1:g}` and `l2 = {l2:g}`. The uniform numbers for them came out as `u1 = {u1:g}` and "
        f"`u2 = {u2:g}`. What does the Gumbel-softmax at the temperature `tau = {tau:g}` give for the first state?",
        share((l1 + g1) / tau, (l2 + g2) / tau),
        working=f"1/(1 + exp(((({l2:g}) - log(-log({u2:g}))) - (({l1:g}) - log(-log({u1:g}))))/{tau:g}))",
        wrong={
            "no_noise_added": share(l1 / tau, l2 / tau),
            "uniform_taken_for_gumbel": share((l1 + u1) / tau, (l2 + u2) / tau),
            "temperature_on_the_logits_alone": share(l1 / tau + g1, l2 / tau + g2),
            "temperature_multiplied": share((l1 + g1) * tau, (l2 + g2) * tau),
        },
    )


@drill
def estimate_of_two_flips(rng: random.Random) -> Item:
    """Leave-one-out with one head and one tail: half the difference of the values, whatever p is."""
    p = rng.choice((0.15, 0.2, 0.25, 0.3, 0.35, 0.65, 0.7, 0.75, 0.8))
    heads, tails = rng.randint(10, 60) / 10, rng.randint(-30, 8) / 10
    gain = heads - tails
    return Item(
        f"A coin shows heads with probability `p = {p:g}`. Heads are worth `f1 = {heads:g}` and tails `f0 = {tails:g}`. It is flipped twice, and "
        "heads and tails come up once each. What is the score-function estimate of the slope of the average worth by the logit of p, with "
        "the other flip as each one's baseline?",
        gain / 2,
        working=f"(({heads:g} - ({tails:g}))*(1-{p:g}) + (({tails:g}) - {heads:g})*(0-{p:g}))/2",
        wrong={
            "exact_slope_for_the_estimate": p * (1 - p) * gain,
            "no_baseline": (heads * (1 - p) - tails * p) / 2,
            "own_value_in_the_baseline": gain / 4,
            "not_averaged": gain,
        },
    )


@drill
def two_bumps_at_a_point(rng: random.Random) -> Item:
    """The log-density of a mixture of two Gaussians of variance 1."""
    w = rng.choice((rng.randint(15, 30), rng.randint(70, 85))) / 100
    m1, m2 = -rng.randint(15, 28) / 10, rng.randint(15, 28) / 10
    z = rng.choice((-1, 1)) * rng.randint(6, 14) / 10
    first, second = (-HALF_LOG_TWO_PI - (z - m) ** 2 / 2 for m in (m1, m2))
    return Item(
        f"A prior is a mixture of two Gaussians of variance 1: one at `m1 = {m1:g}` with weight `w = {w:g}`, the other at `m2 = {m2:g}` with "
        f"the rest. What is the log of its density at `z = {z:g}`?",
        math.log(w * math.exp(first) + (1 - w) * math.exp(second)),
        unit="nats",
        working=f"log({w:g}*exp(-({z:g} - ({m1:g}))^2/2) + (1-{w:g})*exp(-({z:g} - {m2:g})^2/2)) - log(2*pi)/2",
        wrong={
            "logs_averaged_by_weight": w * first + (1 - w) * second,
            "weights_of_bumps_lost": math.log(math.exp(first) + math.exp(second)),
            "one_bump_in_the_middle": -HALF_LOG_TWO_PI - (z - w * m1 - (1 - w) * m2) ** 2 / 2,
            "constant_of_the_density_lost": math.log(w * math.exp(first) + (1 - w) * math.exp(second)) + HALF_LOG_TWO_PI,
        },
    )


@transfer("share_of_a_class")
def share_of_a_class_from_code_lengths(rng: random.Random) -> Item:
    """p(y = 1 | x) from the bits that each class needs for the picture: each bit is a factor of one half."""
    low = rng.randint(26, 60) / 10
    best, middle, worst = low, low + rng.randint(4, 8) / 10, low + rng.randint(12, 20) / 10
    first, bits = rng.choice((  # a rare class that is the best one, or a frequent one that is not
        (rng.randint(10, 22) / 100, [best, *rng.sample([middle, worst], 2)]),
        (rng.randint(45, 60) / 100, [worst, *rng.sample([best, middle], 2)]),
    ))
    second = round(rng.uniform(0.15, 0.85 - first), 2)
    priors = (first, second, 1 - first - second)

    def share(factors: list[float]) -> float:
        return factors[0] / sum(factors)

    shares = (f"{first:g}", f"{second:g}", f"(1-{first:g}-{second:g})")
    terms = [f"{p}*2^(-{b:g})" for p, b in zip(shares, bits)]
    return Item(
        f"Of all pictures, `p1 = {first:g}` are of class 1, `p2 = {second:g}` of class 2, and the others of class 3. A conditional VAE is "
        "used to store pictures: told the class, it needs -log2 p(x|y) bits. For one picture these are " + _named("b", bits)
        + ". What is the probability of class 1 now?",
        share([p * 2**-b for p, b in zip(priors, bits)]),
        working=f"{terms[0]}/({' + '.join(terms)})",
        wrong={
            "lengths_taken_for_logs": share([p * math.exp(b) for p, b in zip(priors, bits)]),
            "bits_taken_for_nats": share([p * math.exp(-b) for p, b in zip(priors, bits)]),
            "classes_taken_as_equal": share([2**-b for b in bits]),
            "picture_ignored": first,
        },
    )


@transfer("pairs_in_order")
def pairs_in_order_of_a_list(rng: random.Random) -> Item:
    """The AUROC of four normal and three odd pictures by where they stand in a list, the strangest first."""
    lines = rng.sample(range(1, 300), 7)
    normal, strange = sorted(lines[:4]), sorted(lines[4:])
    wins = sum(a < b for a in strange for b in normal)
    return Item(
        "All pictures of a data set stand in a list, the strangest first, one on each line. Seven of them are looked at. The normal ones "
        "stand on the lines " + _named("n", normal) + ", the odd ones on the lines " + _named("a", strange)
        + ". What is the AUROC of these seven?",
        wins / 12,
        working=f"{wins}/(3*4)",
        wrong={
            "line_taken_for_score": 1 - wins / 12,
            "pairs_of_one_kind_counted": wins / 21,
            "pairs_not_shared_out": wins,
        },
    )


@transfer("estimate_of_two_flips")
def estimate_of_two_flips_by_p(rng: random.Random) -> Item:
    """Leave-one-out with one head and one tail, by p itself: the scores are 1 / p and -1 / (1 - p)."""
    p = rng.choice((0.15, 0.2, 0.25, 0.3, 0.35, 0.65, 0.7, 0.75, 0.8))
    heads, tails = rng.randint(10, 60) / 10, rng.randint(-30, 8) / 10
    gain = heads - tails
    return Item(
        f"A coin shows heads with probability `p = {p:g}`, and this time p itself is what is learned, not its logit. Heads are worth "
        f"`f1 = {heads:g}` and tails `f0 = {tails:g}`. It is flipped twice, and heads and tails come up once each. What is the score-function "
        "estimate of the slope of the average worth by p, with the other flip as each one's baseline?",
        gain / (2 * p * (1 - p)),
        working=f"(({heads:g} - ({tails:g}))/{p:g} + (({tails:g}) - {heads:g})*(-1/(1-{p:g})))/2",
        wrong={
            "slope_by_the_logit": gain / 2,
            "logit_undone_the_wrong_way": gain * p * (1 - p) / 2,
            "exact_slope_for_the_estimate": gain,
            "no_baseline": (heads / p - tails / (1 - p)) / 2,
            "not_averaged": gain / (p * (1 - p)),
        },
    )


def _named(letter: str, values: list[float]) -> str:
    names = [f"`{letter}{i} = {value:g}`" for i, value in enumerate(values, 1)]
    return ", ".join(names[:-1]) + f" and {names[-1]}"


MISTAKES = {
    # share_of_a_class
    "classes_taken_as_equal": "You left out how frequent the classes are: before the picture is seen they are not equally probable. Where "
    "does that enter in Bayes' rule?",
    "picture_ignored": "That is how frequent the class is before the picture was seen. What do the three likelihoods add to it?",
    "logs_taken_as_weights": "You shared out the logs, by which the class that explains the picture worst gains. What must be undone first?",
    # evidence_over_labels
    "mean_inside_the_log_lost": "You took the mean of the logs, which lies too low. Over what is p(x) an average: probabilities, or their "
    "logs?",
    "prior_of_the_label_lost": "You added up p(x|y) and left out p(y): three classes that all say the same would make a picture three "
    "times as likely.",
    "one_class_only": "That is the class that explains the picture best, as if it were the only one. What is its share of the pictures?",
    # nats_of_a_label
    "log_share_of_the_class": "That is the log of the probability of the class given the picture. How probable was the class before?",
    "against_the_mean_of_logs": "You compared with the mean of the logs: log p(x) is the log of a mean.",
    "ceiling_for_the_value": "That is the most that a label of four can carry, when the picture settles it wholly; here other classes have a "
    "share too.",
    # pairs_in_order
    "sign_of_the_score": "You counted the pairs in which the normal picture scores higher. Which of the two shall be the stranger one?",
    "tie_counted_as_lost": "You let a tie count as lost, so that an odd picture that equals a normal one counts as if it were below it.",
    "tie_counted_as_won": "You let a tie count as won: a score that is the same for all pictures would then be perfect.",
    # length_on_the_way
    "length_stays": "You kept the length of the ends: on the way, two independent codes partly cancel.",
    "middle_of_the_way": "That is the value half way; at this place the first code weighs more.",
    "first_code_alone": "You counted the first code only: the second has its part in the point, too.",
    # kl_to_the_prior_of_a_class
    "prior_of_the_class_forgotten": "You charged the code by N(0, 1): this class has a prior of its own, and codes near its mean are cheap.",
    "other_way_round": "You swapped the two Gaussians. Under which of them is the average taken?",
    "half_of_it_lost": "Your number is twice the right one. What stands in front of the bracket?",
    # likeliest_above_a_draw
    "one_pixel_for_all": "That is what one pixel contributes: independent pixels add.",
    "every_pixel_on_the_rare_side": "You put every pixel of the draw on its rarer side. How often is a pixel there?",
    "as_for_a_gaussian": "That is the number for D Gaussian dimensions; a pixel is black or white.",
    "average_draw_alone": "That is how far the average draw lies below 0, and the likeliest picture lies below 0, too.",
    # soft_share_of_a_state
    "no_noise_added": "You left out the noise: the same logits would then give the same code each time.",
    "uniform_taken_for_gumbel": "You added the uniform numbers as they are. What turns them into Gumbel noise?",
    "temperature_on_the_logits_alone": "You divided the logits and not the noise: the winner must not hang on the temperature.",
    "temperature_multiplied": "You multiplied by the temperature: then a small one makes the choice softer, not harder.",
    # estimate_of_two_flips
    "exact_slope_for_the_estimate": "That is the exact slope, the average over all pairs of flips; the question asks about this pair.",
    "no_baseline": "You left out the baselines: each value counts only as far as it is above the other one.",
    "own_value_in_the_baseline": "You took each value off the mean of both: a baseline that holds the flip's own value is not "
    "independent of it.",
    "not_averaged": "You added the two flips. What is done with K samples of an estimate?",
    # two_bumps_at_a_point
    "logs_averaged_by_weight": "You averaged the logs: the density is the weighted sum, and its log comes last.",
    "weights_of_bumps_lost": "You left out the weights: the density would then cover an area of 2.",
    "one_bump_in_the_middle": "You took one Gaussian at the weighted mean of the two: between the bumps it has its peak, and the mixture "
    "has less there.",
    "constant_of_the_density_lost": "You left out the constant of a Gaussian density, half of log 2 pi.",
    # share_of_a_class_from_code_lengths
    "lengths_taken_for_logs": "You took the lengths for log-probabilities: then a picture that takes more bits would be likelier. Which sign "
    "have they?",
    "bits_taken_for_nats": "You took the bits for nats, which makes you too sure. By which factor does one bit more make a picture less "
    "likely?",
    # pairs_in_order_of_a_list
    "line_taken_for_score": "You took the lines for scores: the first line has the smallest number and the strangest picture. Who wins a pair, "
    "the upper or the lower?",
    "pairs_of_one_kind_counted": "You divided by all pairs of the seven: two odd pictures, or two normal ones, have nothing to be told apart by.",
    "pairs_not_shared_out": "That is how many pairs are in order. Out of how many?",
    # estimate_of_two_flips_by_p
    "slope_by_the_logit": "That is the estimate of the slope by the logit. How much does p move when the logit moves a little?",
    "logit_undone_the_wrong_way": "You came from the logit and multiplied where one divides: p moves less than the logit does, so the slope by "
    "p is the steeper one.",
}
