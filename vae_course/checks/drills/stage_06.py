"""Drills of stage 06: what a nat costs, which directions are worth it, and what the KL of a code is made of."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer

_LINEAR = (
    "The best linear VAE for some data has a Gaussian decoder with standard deviation `sigma = {sigma:g}`, and its "
    "objective charges `beta = {beta:g}` for a nat of KL."
)


@drill
def rate_of_a_direction(rng: random.Random) -> Item:
    """The nats that the best linear VAE spends on a direction worth its price: log(v / (beta sigma^2)) / 2."""
    sigma, beta = rng.randint(30, 75) / 100, rng.choice((rng.randint(13, 45), rng.randint(3, 7))) / 10
    v = round(beta * sigma**2 * math.exp(rng.uniform(0.5, 3.0)), 2)
    rate = math.log(v / (beta * sigma**2)) / 2
    return Item(
        _LINEAR.format(sigma=sigma, beta=beta) + f" Along one of their principal directions the data have the variance "
        f"`v = {v:g}`. How many nats does the code spend on this direction?",
        rate,
        unit="nats",
        working=f"log({v:g}/({beta:g}*{sigma:g}^2))/2",
        wrong={
            "half_of_the_log_lost": 2 * rate,
            "noise_forgotten": math.log(v / beta) / 2,
            "price_forgotten": math.log(v / sigma**2) / 2,
            "sigma_for_its_square": math.log(v / (beta * sigma)) / 2,
            "rate_in_bits": rate / math.log(2),
        },
    )


@drill
def total_rate(rng: random.Random) -> Item:
    """The sum of max(0, log(v / (beta sigma^2)) / 2) over three directions, the last not worth its price."""
    sigma, beta = rng.randint(30, 75) / 100, rng.randint(15, 45) / 10
    level = beta * sigma**2
    v1, v2 = (round(level * math.exp(rng.uniform(*far)), 2) for far in ((1.4, 2.6), (0.3, 1.2)))
    v3 = round(level * math.exp(-rng.uniform(0.3, 1.5)), 2)

    def total(level: float, least: float = 0.0) -> float:
        return sum(max(least, math.log(v / level) / 2) for v in (v1, v2, v3))

    return Item(
        _LINEAR.format(sigma=sigma, beta=beta) + " Along their three principal directions the data have the variances "
        f"`v1 = {v1:g}`, `v2 = {v2:g}` and `v3 = {v3:g}`. How many nats does the code of a data point cost in all, on "
        "average?",
        total(level),
        unit="nats",
        working=f"log({v1:g}/({beta:g}*{sigma:g}^2))/2 + log({v2:g}/({beta:g}*{sigma:g}^2))/2",
        wrong={
            "no_cutoff": total(level, -math.inf),
            "sign_of_the_cut_lost": sum(abs(math.log(v / level)) / 2 for v in (v1, v2, v3)),
            "half_of_the_log_lost": 2 * total(level),
            "price_forgotten": total(sigma**2),
        },
    )


@drill
def error_left(rng: random.Random) -> Item:
    """The squared error that the best linear VAE leaves: the sum of min(v, beta sigma^2)."""
    sigma, beta = rng.randint(30, 75) / 100, rng.randint(17, 45) / 10
    level = beta * sigma**2
    v1, v2 = (round(level * math.exp(rng.uniform(*far)), 2) for far in ((1.2, 2.4), (0.3, 1.1)))
    v3 = round(level * math.exp(-rng.uniform(0.35, 1.3)), 2)
    return Item(
        _LINEAR.format(sigma=sigma, beta=beta) + " Along their three principal directions the data have the variances "
        f"`v1 = {v1:g}`, `v2 = {v2:g}` and `v3 = {v3:g}`. What squared error does the decoder's mean leave, summed "
        "over the three directions, on average?",
        2 * level + v3,
        working=f"2*{beta:g}*{sigma:g}^2 + {v3:g}",
        wrong={
            "error_above_the_variance": 3 * level,
            "lost_direction_for_nothing": 2 * level,
            "only_the_lost_counted": v3,
            "nothing_told": v1 + v2 + v3,
            "price_forgotten": 2 * sigma**2 + min(v3, sigma**2),
        },
    )


@drill
def directions_worth_their_price(rng: random.Random) -> Item:
    """Which directions have a variance above beta sigma^2: the sum of these variances."""
    sigma, beta = rng.randint(40, 70) / 100, rng.randint(25, 60) / 10
    edges = (0.4 * sigma**2, sigma**2, beta * sigma**2, beta * sigma, beta, 1.7 * beta)
    counts = (1, 2, 1, 1, 1)
    v = [round(a * (b / a) ** rng.uniform(0.15, 0.85), 2)
         for a, b, count in zip(edges, edges[1:], counts) for _ in range(count)]
    v.sort(reverse=True)

    def above(level: float) -> float:
        return sum(variance for variance in v if variance > level)

    return Item(
        _LINEAR.format(sigma=sigma, beta=beta) + " Along their principal directions the data have the variances "
        + ", ".join(f"`v{i} = {variance:g}`" for i, variance in enumerate(v, 1))
        + ". On some of these directions the code spends something, on the others nothing. What do the variances of "
        "those on which it spends something add up to?",
        above(beta * sigma**2),
        working=" + ".join(f"{variance:g}" for variance in v if variance > beta * sigma**2),
        wrong={
            "noise_forgotten": above(beta),
            "sigma_for_its_square": above(beta * sigma),
            "all_shrink_together": sum(v),
        },
    )


@drill
def priced_bound(rng: random.Random) -> Item:
    """The beta-ELBO: minus recon, minus beta times the KL."""
    recon, kl = rng.randint(75, 250) / 10, rng.randint(18, 95) / 10
    beta = rng.choice((rng.randint(2, 8), rng.randint(20, 70) / 100))
    return Item(
        f"For a picture, minus the expected log-likelihood comes to `recon = {recon:g}` nats, and the KL from its code "
        f"to the prior to `kl = {kl:g}` nats. What is its beta-ELBO, the objective that training maximises, at "
        f"`beta = {beta:g}`?",
        -recon - beta * kl,
        unit="nats",
        working=f"-{recon:g} - {beta:g}*{kl:g}",
        wrong={
            "wrong_term_priced": -beta * recon - kl,
            "both_terms_priced": -beta * (recon + kl),
            "shares_of_a_mixture": -(1 - beta) * recon - beta * kl,
            "code_rewarded": -recon + beta * kl,
            "loss_for_the_bound": recon + beta * kl,
            "price_of_one": -recon - kl,
        },
    )


@drill
def free_bits_of_a_table(rng: random.Random) -> Item:
    """The sum over the latents of max(mean over the pictures, floor)."""
    floor = rng.randint(20, 60) / 100
    busy = (round(floor * rng.uniform(2.6, 4.5), 2), round(floor * rng.uniform(0.1, 0.6), 2))
    dead = (round(floor * rng.uniform(0.5, 0.8), 2), round(floor * rng.uniform(0.05, 0.3), 2))
    alive = (round(floor * rng.uniform(1.2, 2.4), 2), round(floor * rng.uniform(0.9, 1.6), 2))
    columns = [rng.sample(column, 2) for column in rng.sample((busy, dead, alive), 3)]
    means = [sum(column) / 2 for column in columns]
    first, second = (
        ", ".join(f"`{row}{i} = {column[place]:g}`" for i, column in enumerate(columns, 1))
        for place, row in enumerate("ab")
    )
    return Item(
        f"A batch has two pictures and a code of three latents. The KL of the first picture's code is, latent by "
        f"latent, {first}, and of the second one's {second}. Free bits give every latent the floor "
        f"`floor = {floor:g}` nats a picture. How large is the KL term of the loss?",
        sum(max(mean, floor) for mean in means),
        unit="nats",
        working=" + ".join(f"({c[0]:g} + {c[1]:g})/2" if m > floor else f"{floor:g}" for c, m in zip(columns, means)),
        wrong={
            "floor_for_each_picture": sum(max(entry, floor) for column in columns for entry in column) / 2,
            "floor_for_the_total": max(sum(means), floor),
            "cap_for_floor": sum(min(mean, floor) for mean in means),
            "floor_on_top": sum(means) + 3 * floor,
            "only_above_the_floor": sum(max(mean - floor, 0) for mean in means),
        },
    )


@drill
def warm_up_weights(rng: random.Random) -> Item:
    """The mean of two weights of a warm-up: t1 / T before its end, and 1 after it."""
    T = rng.randint(120, 450)
    t1, t2 = round(T * rng.uniform(0.12, 0.75)), round(T * rng.uniform(1.4, 2.2))
    return Item(
        f"The weight of the KL is warmed up: it grows in a straight line from 0 at step 0 to 1 at step `T = {T}`. What "
        f"is the average of its values at the two steps `t1 = {t1}` and `t2 = {t2}`?",
        (t1 / T + 1) / 2,
        working=f"({t1}/{T} + 1)/2",
        wrong={
            "growth_without_end": (t1 + t2) / (2 * T),
            "warm_up_reversed": (1 - t1 / T) / 2,
            "switch_for_a_slope": 0.5,
            "no_warm_up": 1,
        },
    )


@drill
def misfit_of_the_codes(rng: random.Random) -> Item:
    """Two pictures with codes N(m, s^2) and N(-m, s^2): the mean KL less the information."""
    m, s = rng.randint(60, 240) / 100, rng.randint(20, 70) / 100
    information = round(_information(m, s), 2)
    kl = (m**2 + s**2 - 1 - 2 * math.log(s)) / 2
    return Item(
        "A data set holds two pictures, both equally often. With a code of one dimension, the encoder gives them the "
        f"means `m = {m:g}` and -m, and to both the standard deviation `s = {s:g}`; the prior is N(0, 1). "
        f"Knowing the code tells `I = {information:g}` nats about which of the two pictures it was. By how many nats "
        "does the average of the two codes, a mixture with two bumps, miss the prior?",
        kl - information,
        unit="nats",
        working=f"({m:g}^2 + {s:g}^2 - 1 - 2*log({s:g}))/2 - {information:g}",
        wrong={
            "all_called_misfit": kl,
            "information_added": kl + information,
            "information_for_misfit": information,
            "half_of_the_kl_lost": 2 * kl - information,
            "moments_for_the_mixture": (m**2 + s**2 - 1 - math.log(m**2 + s**2)) / 2,
        },
    )


@drill
def noise_that_does_the_same(rng: random.Random) -> Item:
    """Beta and sigma are one dial: at beta = 1 the same trade needs the standard deviation sqrt(beta) sigma."""
    sigma = rng.randint(25, 90) / 100
    beta = rng.choice((rng.randint(15, 60), rng.randint(2, 7))) / 10
    return Item(
        f"A VAE with a Gaussian decoder is trained with the standard deviation `sigma = {sigma:g}`, held fixed, and "
        f"the price `beta = {beta:g}`. Up to a constant factor and a constant, its loss is that of an ordinary VAE at "
        "price 1, whose decoder has another standard deviation. How large is that one?",
        math.sqrt(beta) * sigma,
        working=f"sqrt({beta:g})*{sigma:g}",
        wrong={
            "dial_reversed": sigma / math.sqrt(beta),
            "price_on_sigma_itself": beta * sigma,
            "variance_for_sigma": beta * sigma**2,
            "price_is_no_noise": sigma,
        },
    )


@transfer("rate_of_a_direction")
def rate_by_a_folded_price(rng: random.Random) -> Item:
    """The nats spent on a direction under the loss S + c KL: log(2 v / c) / 2."""
    c = rng.choice((rng.randint(12, 80) / 100, rng.randint(12, 60) / 10))
    v = round(c / 2 * math.exp(2 * rng.uniform(0.85, 1.6)), 2)
    rate = math.log(2 * v / c) / 2
    return Item(
        f"The script of a linear VAE names no sigma and no beta. It minimises `S + c*KL` with `c = {c:g}`, where `S` "
        "is the squared error of a data point, summed over its entries. At the best weights, how many nats does the "
        f"code spend on a principal direction along which the data have the variance `v = {v:g}`?",
        rate,
        unit="nats",
        working=f"log(2*{v:g}/{c:g})/2",
        wrong={
            "weight_taken_for_the_level": math.log(v / c) / 2,
            "half_applied_to_the_variance": math.log(v / (2 * c)) / 2,
            "half_of_the_log_lost": 2 * rate,
            "rate_in_bits": rate / math.log(2),
        },
    )


@transfer("warm_up_weights")
def weights_of_a_cyclical_warm_up(rng: random.Random) -> Item:
    """The mean of two weights of a warm-up that starts again every P steps: (t mod P) / T while that is below 1."""
    T = rng.randint(60, 180)
    P, done = round(T * rng.uniform(1.4, 2.0)), rng.randint(1, 2)
    t1, t2 = round(T * rng.uniform(0.12, 0.7)), done * P + round(T * rng.uniform(0.15, 0.7))
    return Item(
        f"The weight of the KL is warmed up again and again, in cycles of `P = {P}` steps. At the start of each cycle "
        f"it is 0; it grows in a straight line to 1 within `T = {T}` steps and stays there until the next cycle "
        f"starts. The first cycle starts at step 0. What is the average of its values at the two steps `t1 = {t1}` and "
        f"`t2 = {t2}`?",
        (t1 + t2 - done * P) / (2 * T),
        working=f"({t1}/{T} + ({t2} - {done}*{P})/{T})/2",
        wrong={
            "cycles_overlooked": (t1 / T + 1) / 2,
            "growth_without_end": (t1 + t2) / (2 * T),
            "growth_over_the_whole_cycle": (t1 + t2 - done * P) / (2 * P),
            "warm_up_reversed": 1 - (t1 + t2 - done * P) / (2 * T),
        },
    )


@transfer("noise_that_does_the_same")
def precision_that_does_the_same(rng: random.Random) -> Item:
    """Beta and the decoder's precision are one dial: at beta = 1 the same trade needs the precision t / beta."""
    t = rng.choice((rng.randint(15, 70) / 100, rng.randint(15, 95) / 10))
    beta = rng.choice((rng.randint(15, 60), rng.randint(2, 7))) / 10
    return Item(
        f"A VAE with a Gaussian decoder is trained with the precision `t = {t:g}`, one over the variance, held fixed, "
        f"and the price `beta = {beta:g}`. Up to a constant factor and a constant, its loss is that of an ordinary VAE "
        "at price 1, whose decoder has another precision. How large is that one?",
        t / beta,
        working=f"{t:g}/{beta:g}",
        wrong={
            "precision_taken_for_sigma": math.sqrt(beta) * t,
            "dial_reversed": beta * t,
            "root_of_the_price": t / math.sqrt(beta),
            "variance_for_precision": beta / t,
            "price_is_no_noise": t,
        },
    )


def _information(m: float, s: float) -> float:
    """The nats that a code from the even mixture of N(m, s^2) and N(-m, s^2) tells about its half, by a sum."""
    total = 0.0
    for i in range(-400, 401):
        eps = i / 50
        log_odds = 2 * m * (m + s * eps) / s**2
        lost = math.log1p(math.exp(-abs(log_odds))) + max(-log_odds, 0)
        total += (math.log(2) - lost) * math.exp(-0.5 * eps**2) / math.sqrt(2 * math.pi) / 50
    return total


MISTAKES = {
    # rate_of_a_direction, total_rate, error_left, directions_worth_their_price
    "half_of_the_log_lost": "Your number is twice the rate: halving the standard deviation of what is left takes "
    "log 2 nats, and `v` is a variance. By what factor does a variance fall then?",
    "noise_forgotten": "The decoder's noise is missing from your number: without it no variance would be small or "
    "large. With what is a variance of the data compared?",
    "price_forgotten": "The price is missing from your number, which is right for `beta = 1`. Does a dearer nat leave "
    "more of a direction worth telling, or less?",
    "sigma_for_its_square": "You compared a variance with a standard deviation, which is in another unit. Which power "
    "of `sigma` belongs here?",
    "rate_in_bits": "That is the rate in bits; the course counts in nats, by the natural logarithm.",
    "no_cutoff": "You let a direction with a small variance pay a negative rate: a KL is never below 0. What does the "
    "code spend on a direction that is not worth its price?",
    "sign_of_the_cut_lost": "You charged for a direction that lies below the price as if it lay above it by as much. "
    "Is this direction worth telling?",
    "error_above_the_variance": "You left the same error in every direction, and in one of them that is more than its "
    "variance. How large is the error where the decoder is told nothing and says the mean?",
    "lost_direction_for_nothing": "You counted no error for the direction that is given up. What does the decoder know "
    "of it then?",
    "only_the_lost_counted": "That is the error of the direction that is given up; the others are not told exactly "
    "either. When does it stop paying to tell more of one?",
    "nothing_told": "That is the error of a decoder that is told nothing; two of these directions are worth their "
    "price.",
    "all_shrink_together": "You kept all directions, as if a price made all of them smaller together. What is the rate "
    "of one whose variance lies below the price of its first nat?",
    # priced_bound
    "wrong_term_priced": "You multiplied the recon: that weighs it where beta weighs the code. Which of the two terms "
    "is what the code costs?",
    "both_terms_priced": "You multiplied both terms, which changes the scale and not the trade. Which one becomes "
    "dearer when beta grows?",
    "shares_of_a_mixture": "You let the two weights add up to 1; with beta above 1 that would even reward errors. What "
    "is the weight of recon?",
    "code_rewarded": "You added the KL to the bound: more of it would then be better. Is a price paid or received?",
    "loss_for_the_bound": "That is the loss, which training makes small; the question asks for what it makes large.",
    "price_of_one": "That is the ELBO itself, at `beta = 1`: here a nat of KL costs something else.",
    # free_bits_of_a_table
    "floor_for_each_picture": "You applied the floor to each picture: an unused latent then looks used, and one that "
    "is busy for one picture pays for the other. In which order do the mean and the floor come?",
    "floor_for_the_total": "You applied the floor to the whole KL, which lies above it: a latent may then die unseen "
    "behind the others. For which number is the floor meant?",
    "cap_for_floor": "You held the KL down to the floor: a floor is what a number may not fall below.",
    "floor_on_top": "You added the floor to every latent: one that lies above it pays what it costs, and no more.",
    "only_above_the_floor": "You counted only what lies above the floor: the nats below it cannot be saved, and they "
    "are still counted. What does a latent count that lies below?",
    # warm_up_weights
    "growth_without_end": "You let the weight grow past the end of the warm-up. What is it at step `T`, and what "
    "happens to it after that?",
    "warm_up_reversed": "You started at 1 and went down: the code is meant to be free at first.",
    "switch_for_a_slope": "You switched the weight from 0 to 1 at the end; it grows in a straight line before that.",
    "no_warm_up": "That is the weight after the warm-up; one of the two steps lies before its end.",
    # misfit_of_the_codes
    "all_called_misfit": "That is the whole KL, averaged over the pictures, and some of it pays for information. What "
    "is left without that?",
    "information_added": "You added the information, which the KL contains already: it is the sum of two parts.",
    "information_for_misfit": "That is the part that tells the pictures apart; the question asks for the other part of "
    "the KL.",
    "half_of_the_kl_lost": "Your KL is twice too large: the exponent of a Gaussian has a 1/2 in front of the square.",
    "moments_for_the_mixture": "You took the mixture for a Gaussian of the same mean and variance: two bumps miss the "
    "prior by more than that. Of which two parts is the mean KL the sum?",
    # noise_that_does_the_same
    "dial_reversed": "You went the other way: a dearer code leaves larger errors. Does a decoder that admits them have "
    "more noise, or less?",
    "price_on_sigma_itself": "You multiplied `sigma` by the price: what divides the squared error is its square.",
    "variance_for_sigma": "That is the variance; the question asks for the standard deviation.",
    "price_is_no_noise": "That decoder belongs to another trade: its errors still cost as much, and the code has "
    "become cheaper or dearer. By what would you divide the whole loss, so that a nat of KL costs 1?",
    # rate_by_a_folded_price
    "weight_taken_for_the_level": "You compared the variance with the weight itself, as if a squared error of 1 cost 1 "
    "nat at a sigma of 1. Which factor does a Gaussian's exponent put before a squared error?",
    "half_applied_to_the_variance": "You moved the factor 2 to the wrong side: where a squared error counts in full, "
    "it is dearer than in an exponent with a 1/2, so more is worth telling.",
    # weights_of_a_cyclical_warm_up
    "cycles_overlooked": "You let the warm-up end once and for all: here it starts again. In which cycle is the later "
    "step, and how far from its start?",
    "growth_over_the_whole_cycle": "You let the weight grow until the end of the cycle: it is at 1 before that. Within "
    "how many steps does it get there?",
    # precision_that_does_the_same
    "precision_taken_for_sigma": "You treated the precision as a standard deviation: a dearer code leaves larger "
    "errors, and a decoder that admits them is less precise.",
    "root_of_the_price": "You moved the precision by the root of the price, which is how a standard deviation moves. "
    "Which power of sigma is a precision?",
    "variance_for_precision": "That is the variance of the other decoder; the question asks for its precision.",
}
