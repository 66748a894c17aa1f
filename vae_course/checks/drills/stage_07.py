"""Drills of stage 07: weights and their logs, what more samples buy, and what they cost the encoder."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


@drill
def log_weight_of_a_code(rng: random.Random) -> Item:
    """log p(x|z) + log p(z) - log q(z|x) for one code: ll - z^2/2 + ((z - mu)/sigma)^2/2 + log sigma."""
    ll = -rng.randint(35, 75) / 10
    mu, sigma = _signed(rng, 14, 26) / 10, rng.randint(30, 60) / 100
    z = round(mu - math.copysign(sigma * rng.uniform(1.6, 2.4), mu), 2) + 0.0  # no "-0" in the text
    prior = -HALF_LOG_TWO_PI - z**2 / 2
    q = -HALF_LOG_TWO_PI - math.log(sigma) - ((z - mu) / sigma) ** 2 / 2
    kl = (mu**2 + sigma**2 - 1) / 2 - math.log(sigma)
    return Item(
        f"For one picture the encoder gives a code of one dimension the mean `mu = {mu:g}` and the standard deviation "
        f"`sigma = {sigma:g}`; the prior is N(0, 1). A code drawn from it came out as `z = {z:g}`, and under "
        f"the decoder the log-likelihood of the picture at this code is `ll = {ll:g}` nats. What is the log of this "
        "code's importance weight?",
        ll + prior - q,
        unit="nats",
        working=f"{ll:g} - ({z:g})^2/2 + (({z:g} - ({mu:g}))/{sigma:g})^2/2 + log({sigma:g})",
        wrong={
            "encoder_left_out": ll + prior,
            "prior_left_out": ll - q,
            "encoder_multiplied": ll + prior + q,
            "kl_for_one_code": ll - kl,
        },
    )


@drill
def bound_of_three_weights(rng: random.Random) -> Item:
    """The log of the mean of three weights."""
    top = -rng.randint(6, 30) / 10
    logs = rng.sample([top, top - rng.randint(8, 16) / 10, top - rng.randint(20, 40) / 10], 3)
    weights = [math.exp(value) for value in logs]
    return Item(
        "Three codes drawn for one picture have the log-weights " + _named("l", logs)
        + ". What is the bound with these three samples?",
        math.log(sum(weights) / 3),
        unit="nats",
        working="log((" + " + ".join(f"exp({value:g})" for value in logs) + ")/3)",
        wrong={
            "mean_of_the_logs": sum(logs) / 3,
            "log_K_lost": math.log(sum(weights)),
            "best_sample_only": max(logs),
            "logs_by_their_weights": sum(w * value for w, value in zip(weights, logs)) / sum(weights),
        },
    )


@drill
def effective_samples(rng: random.Random) -> Item:
    """(sum w)^2 / sum w^2 of three samples, from their log-weights."""
    low = -rng.randint(36, 60) / 10
    logs = rng.sample([low, low + rng.randint(15, 24) / 10, low + rng.randint(26, 33) / 10], 3)
    weights = [math.exp(value) for value in logs]
    size = sum(weights) ** 2 / sum(w**2 for w in weights)
    return Item(
        "Three codes drawn for one picture have the log-weights " + _named("l", logs)
        + ". What is the effective sample size, the square of the sum of the weights over the sum of their squares?",
        size,
        working="(" + "+".join(f"exp({value:g})" for value in logs) + ")^2 / ("
        + "+".join(f"exp(2*({value:g}))" for value in logs) + ")",
        wrong={
            "weights_ignored": 3,
            "upside_down": 1 / size,
            "largest_weight_only": sum(weights) / max(weights),
            "logs_for_weights": sum(logs) ** 2 / sum(value**2 for value in logs),
        },
    )


@drill
def normalised_weight(rng: random.Random) -> Item:
    """The share of the first of three samples: exp(l1) over the sum of the exps."""
    best, middle, worst = (-rng.randint(*far) / 10 for far in ((22, 28), (30, 34), (36, 43)))
    logs = rng.choice(([best, middle, worst], [best, worst, middle], [worst, best, middle], [worst, middle, best]))
    weights, upside_down = [math.exp(value) for value in logs], [math.exp(-value) for value in logs]
    return Item(
        "Three codes drawn for one picture have the log-weights " + _named("l", logs)
        + ". What is the normalised weight of the first one?",
        weights[0] / sum(weights),
        working=f"exp({logs[0]:g})/(" + " + ".join(f"exp({value:g})" for value in logs) + ")",
        wrong={
            "logs_shared_out": logs[0] / sum(logs),
            "equal_shares": 1 / 3,
            "weight_not_shared_out": weights[0],
            "worst_sample_heaviest": upside_down[0] / sum(upside_down),
        },
    )


@drill
def bound_after_a_shift(rng: random.Random) -> Item:
    """Adding c to every log-weight adds c to the bound."""
    K, c = rng.randint(3, 9), rng.choice((-1, 1)) * rng.randint(60, 240) / 10
    bound = -rng.randint(110, 280) / 10
    return Item(
        f"From the log-weights of `K = {K}` samples a program computes the bound `L = {bound:g}` nats. Then a constant "
        f"is found to be missing from the log-likelihood, and `c = {c:g}` is added to each of these log-weights. What "
        "is the bound now?",
        bound + c,
        unit="nats",
        working=f"{bound:g} + ({c:g})",
        wrong={
            "shift_normalised_away": bound,
            "shift_shared_by_samples": bound + c / K,
            "shift_counted_K_times": bound + K * c,
            "shift_taken_off": bound - c,
        },
    )


@drill
def lowest_bound(rng: random.Random) -> Item:
    """Whatever the other weights are, the bound is no lower than the largest log-weight minus log K."""
    K, best = rng.randint(5, 60), -rng.randint(45, 240) / 10
    return Item(
        f"Of the log-weights of `K = {K}` samples only the largest is known, `best = {best:g}`. Below which number can "
        "the bound with these samples not lie, whatever the others are?",
        best - math.log(K),
        unit="nats",
        working=f"{best:g} - log({K})",
        wrong={
            "best_sample_only": best,
            "log_scale_missed": best / K,
            "other_side_of_the_best": best + math.log(K),
            "samples_for_their_log": best - K,
        },
    )


@drill
def gap_with_many_samples(rng: random.Random) -> Item:
    """The gap of the bound at large K: the variance of w / p(x), over 2 K."""
    V, K = rng.randint(60, 480) / 100, rng.randint(12, 40)
    return Item(
        "For one picture the weights of codes drawn from q have the mean p(x), and the variance of `w/p(x)` is "
        f"`V = {V:g}`. By about how many nats does the bound with `K = {K}` samples lie below log p(x) on average, to "
        "the leading order in 1/K?",
        V / (2 * K),
        unit="nats",
        working=f"{V:g}/(2*{K})",
        wrong={
            "half_of_the_square_lost": V / K,
            "samples_ignored": V / 2,
            "root_of_the_samples": V / (2 * math.sqrt(K)),
            "spread_for_bias": math.sqrt(V / K),
        },
    )


@drill
def signal_of_the_encoder(rng: random.Random) -> Item:
    """The encoder's signal-to-noise falls like one over the root of K."""
    few = rng.randint(4, 40)
    many = round(few * rng.uniform(2.4, 9.5))
    snr = rng.randint(30, 95) / 100
    times = many / few
    return Item(
        f"With `few = {few}` samples, already many, an encoder weight's gradient of the IWAE bound has the "
        f"signal-to-noise ratio `snr = {snr:g}`, its mean over its standard deviation. The gradient is the ordinary "
        f"one, along reparameterized samples. About what is the ratio with `many = {many}` samples?",
        snr / math.sqrt(times),
        working=f"{snr:g}/sqrt({many}/{few})",
        wrong={
            "law_of_the_decoder": snr * math.sqrt(times),
            "noise_taken_for_fixed": snr / times,
            "only_the_bound_moves": snr,
            "not_relative_to_the_first": snr / math.sqrt(many),
        },
    )


@drill
def pairs_of_two_states(rng: random.Random) -> Item:
    """The bound with two samples of a model with two states, averaged over all pairs."""
    q1 = rng.randint(20, 80) / 100
    w1, w2 = rng.sample((rng.randint(4, 12) / 100, rng.randint(45, 95) / 100), 2)
    q2, mixed = 1 - q1, math.log((w1 + w2) / 2)
    first, second = math.log(w1), math.log(w2)
    return Item(
        "A code has two states. The encoder draws the first with probability "
        f"`q1 = {q1:g}`, and otherwise the second. The importance weight of the first is `w1 = {w1:g}`, of the second "
        f"`w2 = {w2:g}`. What is the bound with two independent samples, averaged exactly over what may be drawn?",
        q1**2 * first + 2 * q1 * q2 * mixed + q2**2 * second,
        unit="nats",
        working=f"{q1:g}^2*log({w1:g}) + 2*{q1:g}*(1 - {q1:g})*log(({w1:g} + {w2:g})/2) + (1 - {q1:g})^2*log({w2:g})",
        wrong={
            "one_sample_only": q1 * first + q2 * second,
            "limit_for_two": math.log(q1 * w1 + q2 * w2),
            "sum_for_mean": q1**2 * first + 2 * q1 * q2 * mixed + q2**2 * second + math.log(2),
        },
    )


@transfer("bound_of_three_weights")
def bound_from_relative_weights(rng: random.Random) -> Item:
    """The bound from weights divided by the largest one: the log of their mean, plus the largest log-weight."""
    top = -rng.randint(12, 45) / 10
    relative = rng.sample([1.0, rng.randint(22, 55) / 100, rng.randint(4, 14) / 100], 3)
    mean = math.log(sum(relative) / 3)
    return Item(
        "Three codes drawn for one picture have weights that a program prints as shares of the largest one: "
        + _named("r", relative) + f". The largest log-weight is `top = {top:g}`. What is the bound with these three "
        "samples?",
        top + mean,
        unit="nats",
        working=f"{top:g} + log((" + " + ".join(f"{value:g}" for value in relative) + ")/3)",
        wrong={
            "shares_taken_for_logs": math.log(sum(math.exp(value) for value in relative) / 3),
            "scale_not_put_back": mean,
            "mean_of_the_logs": top + sum(math.log(value) for value in relative) / 3,
            "log_K_lost": top + mean + math.log(3),
            "best_sample_only": top,
        },
    )


@transfer("effective_samples")
def effective_samples_from_powers_of_ten(rng: random.Random) -> Item:
    """(sum w)^2 / sum w^2 of three samples, from logs of the weights to base 10."""
    low = -rng.randint(160, 260) / 100
    logs = rng.sample([low, round(low + rng.randint(55, 90) / 100, 2), round(low + rng.randint(98, 125) / 100, 2)], 3)
    weights, by_e = [10**value for value in logs], [math.exp(value) for value in logs]
    size = sum(weights) ** 2 / sum(w**2 for w in weights)
    return Item(
        "For three codes drawn for one picture a table gives the logarithms of the weights to base 10: "
        + _named("d", logs) + ". What is the effective sample size, the square of the sum of the weights over the sum "
        "of their squares?",
        size,
        working="(" + "+".join(f"10^({value:g})" for value in logs) + ")^2 / ("
        + "+".join(f"10^(2*({value:g}))" for value in logs) + ")",
        wrong={
            "powers_of_the_wrong_base": sum(by_e) ** 2 / sum(w**2 for w in by_e),
            "weights_ignored": 3,
            "upside_down": 1 / size,
            "largest_weight_only": sum(weights) / max(weights),
        },
    )


@transfer("gap_with_many_samples")
def gap_from_a_second_moment(rng: random.Random) -> Item:
    """The gap of the bound at large K, from the average of (w / p(x))^2: (M - 1) / (2 K)."""
    M, K = rng.choice((rng.randint(140, 185), rng.randint(225, 580))) / 100, rng.randint(12, 30)
    return Item(
        "For one picture the weights of codes drawn from q have the mean p(x), and the average of the square of "
        f"`w/p(x)` is `M = {M:g}`. By about how many nats does the bound with `K = {K}` samples lie below log p(x) on "
        "average, to the leading order in 1/K?",
        (M - 1) / (2 * K),
        unit="nats",
        working=f"({M:g} - 1)/(2*{K})",
        wrong={
            "second_moment_for_variance": M / (2 * K),
            "half_of_the_square_lost": (M - 1) / K,
            "samples_ignored": (M - 1) / 2,
            "root_of_the_samples": (M - 1) / (2 * math.sqrt(K)),
        },
    )


def _named(letter: str, values: list[float]) -> str:
    names = [f"`{letter}{i} = {value:g}`" for i, value in enumerate(values, 1)]
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _signed(rng: random.Random, least: int, most: int) -> int:
    return rng.choice((-1, 1)) * rng.randint(least, most)


MISTAKES = {
    # log_weight_of_a_code
    "encoder_left_out": "You left out the encoder: codes that it draws often would count too much. By what has a "
    "draw's weight to be divided, so that the average is p(x)?",
    "prior_left_out": "You left out the prior: a weight needs the joint probability of picture and code. Which two "
    "factors does that have?",
    "encoder_multiplied": "You multiplied by the encoder's density: a code that is drawn often has to count for less "
    "each time, and yours counts for more.",
    "kl_for_one_code": "You used the KL, which is an average over all codes: a weight belongs to this one. Which "
    "densities can be asked about this `z`?",
    # bound_of_three_weights
    "mean_of_the_logs": "You took the mean of the logs, which is the ELBO from three samples. Which comes first here, "
    "the mean or the log?",
    "log_K_lost": "You took the log of the sum: with three times the same sample it would then rise by log 3. What "
    "turns the sum into a mean?",
    "best_sample_only": "That is the largest log-weight, and the other samples count too: they make the mean smaller "
    "than the largest.",
    "logs_by_their_weights": "You averaged the logs by their normalised weights: those belong in the gradient, and "
    "this number is never below the bound. What is the log taken of?",
    # effective_samples
    "weights_ignored": "You counted the samples: they would be worth that many only if they all weighed the same.",
    "upside_down": "Your fraction stands on its head: an effective size lies between 1 and the number of samples.",
    "largest_weight_only": "You compared the sum with the largest weight alone; the others have squares too.",
    "logs_for_weights": "You put in the logs of the weights. How much larger is a weight whose log is larger by 2?",
    # normalised_weight
    "logs_shared_out": "You shared out the logs, by which the best sample has the smallest share. What must be undone "
    "before anything is divided?",
    "equal_shares": "That is the share of each sample in a plain mean; here a sample counts by its weight.",
    "weight_not_shared_out": "That is the weight itself; normalised weights add up to 1.",
    "worst_sample_heaviest": "You gave the worst sample the largest share: the sign of the logs is turned round.",
    # bound_after_a_shift
    "shift_normalised_away": "You let the constant cancel: it does in normalised weights, and the bound is not made "
    "of those. What happens to a mean when every entry is multiplied by one number?",
    "shift_shared_by_samples": "You divided the constant among the samples: it was added to every one of them.",
    "shift_counted_K_times": "You counted the constant once a sample: a mean of equal changes is one such change.",
    "shift_taken_off": "You moved the bound the other way. Does a larger likelihood raise or lower it?",
    # lowest_bound
    "log_scale_missed": "You divided the log by the number of samples: what is divided is the weight. What does that "
    "do to its log?",
    "other_side_of_the_best": "Your number lies above the largest log-weight, and a mean never lies above the largest "
    "entry.",
    "samples_for_their_log": "You took off the number of samples: dividing a weight by it changes the log by much "
    "less. By how much?",
    # gap_with_many_samples
    "half_of_the_square_lost": "Your number is twice the gap. How large is the second-order term of log(1 + u)?",
    "samples_ignored": "You used the variance of one weight: the bound takes the log of a mean over many.",
    "root_of_the_samples": "You divided by the root of K, which is how a standard error falls. How does the variance "
    "of a mean fall?",
    "spread_for_bias": "That is the standard deviation of the mean weight, by which one estimate wobbles; the question "
    "asks how low it lies on average.",
    # signal_of_the_encoder
    "law_of_the_decoder": "That is how the decoder's ratio goes. What can an encoder still improve when, with enough "
    "samples, any encoder would do?",
    "noise_taken_for_fixed": "You let only the mean of the gradient fall: with more samples its standard deviation "
    "falls too, more slowly.",
    "only_the_bound_moves": "You kept the ratio: with more samples the bound hardly depends on the encoder, and its "
    "gradient says less.",
    "not_relative_to_the_first": "You divided by the root of all the samples: the ratio that is given was measured "
    "with several of them already. How many times as many are there now?",
    # pairs_of_two_states
    "one_sample_only": "That is the bound with one sample, the ELBO. What is averaged before the log with two?",
    "limit_for_two": "That is log p(x), the bound with endlessly many samples. Which pairs can two draws give?",
    "sum_for_mean": "You took the log of the sum of two weights, by log 2 too much. What is divided by two?",
    # bound_from_relative_weights
    "shares_taken_for_logs": "You took the printed numbers for log-weights: they are weights, and the largest of them "
    "is 1. Which number tells how large a weight really was?",
    "scale_not_put_back": "Your number would be the same for a good model and for a bad one: the weights have been "
    "divided by the largest. What does that take off the log of their mean?",
    # effective_samples_from_powers_of_ten
    "powers_of_the_wrong_base": "You undid a logarithm to base 10 with the base e: your weights are nearer to each "
    "other than the true ones. By which factor do two weights differ whose logs to base 10 differ by 1?",
    # gap_from_a_second_moment
    "second_moment_for_variance": "You took the average of a square for a variance: with weights that are all alike "
    "your gap would not be 0. What is the mean of `w/p(x)`?",
}
