"""Drills of stage 04: moved points, two estimators of one gradient, and how much each of them wobbles."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def code_from_noise(rng: random.Random) -> Item:
    """z = mu + sigma eps, with sigma = exp(logvar / 2)."""
    mu, eps = _signed(rng, 4, 20) / 10, _signed(rng, 4, 19) / 10
    logvar = rng.choice((-rng.randint(5, 24), rng.randint(5, 16))) / 10
    sigma = math.exp(logvar / 2)
    return Item(
        f"For one latent dimension an encoder gives the mean `mu = {mu:g}` and `logvar = {logvar:g}`, the natural "
        f"logarithm of the variance. The noise, a draw from N(0, 1), came out as `eps = {eps:g}`. Which code `z` does "
        "the reparameterization make of it?",
        mu + sigma * eps,
        working=f"{mu:g} + exp(({logvar:g})/2)*({eps:g})",
        wrong={
            "variance_for_sigma": mu + sigma**2 * eps,
            "logarithm_for_sigma": mu + logvar * eps,
            "mean_scaled_too": (mu + eps) * sigma,
            "noise_turned_round": mu - sigma * eps,
            "mean_for_the_code": mu,
        },
    )


@drill
def path_slope_by_logvar(rng: random.Random) -> Item:
    """The derivative of (mu + sigma eps)^2 with respect to logvar: z sigma eps."""
    mu, sigma = _signed(rng, 4, 20) / 10, _spread(rng)
    eps = rng.choice((-1, 1)) * rng.choice((rng.randint(4, 8), rng.randint(12, 19))) / 10
    z = mu + sigma * eps
    return Item(
        f"A code is drawn as `z = mu + sigma*eps` with `mu = {mu:g}` and `sigma = {sigma:g}`, and the noise came out "
        f"as `eps = {eps:g}`. Take `f(z) = z^2`. What is the pathwise estimate, from this one draw, of the slope of "
        "`E[f(z)]` with respect to `logvar`, the natural logarithm of sigma^2?",
        z * sigma * eps,
        working=f"({mu:g} + {sigma:g}*({eps:g}))*{sigma:g}*({eps:g})",
        wrong={
            "half_of_the_chain_forgotten": 2 * z * sigma * eps,
            "slope_by_sigma": 2 * z * eps,
            "slope_by_mu": 2 * z,
            "average_for_one_draw": sigma**2,
            "score_for_path": z**2 * (eps**2 - 1) / 2,
        },
    )


@drill
def score_slope_by_mu(rng: random.Random) -> Item:
    """The score estimate of d E[z^2] / d mu from one draw: z^2 eps / sigma."""
    mu, sigma, eps = _signed(rng, 4, 20) / 10, _spread(rng), _signed(rng, 4, 19) / 10
    z = mu + sigma * eps
    return Item(
        f"A code is drawn as `z = mu + sigma*eps` with `mu = {mu:g}` and `sigma = {sigma:g}`, and the noise came out "
        f"as `eps = {eps:g}`. Take `f(z) = z^2`. What is the score-function estimate (no baseline), from this one "
        "draw, of the slope of `E[f(z)]` with respect to `mu`?",
        z**2 * eps / sigma,
        working=f"({mu:g} + {sigma:g}*({eps:g}))^2*({eps:g})/{sigma:g}",
        wrong={
            "sigma_forgotten": z**2 * eps,
            "divided_by_the_variance": z**2 * eps / sigma**2,
            "path_for_score": 2 * z,
            "point_moved_as_well": z**2 * eps / sigma + 2 * z,
            "value_forgotten": eps / sigma,
        },
    )


@drill
def exact_slope_by_logvar(rng: random.Random) -> Item:
    """The derivative of E[a z^2 + b z] with respect to logvar: a sigma^2."""
    a, b = _signed(rng, 4, 30) / 10, _signed(rng, 4, 30) / 10
    mu, sigma = _signed(rng, 4, 20) / 10, _spread(rng)
    return Item(
        f"A code `z` is drawn from a Gaussian with mean `mu = {mu:g}` and standard deviation `sigma = {sigma:g}`. Take "
        f"`f(z) = a*z^2 + b*z` with `a = {a:g}` and `b = {b:g}`. What is the exact slope of `E[f(z)]` with respect to "
        "`logvar`, the natural logarithm of sigma^2, with `mu` held fixed?",
        a * sigma**2,
        working=f"({a:g})*{sigma:g}^2",
        wrong={
            "exact_slope_by_sigma": 2 * a * sigma,
            "exact_slope_by_log_sigma": 2 * a * sigma**2,
            "exact_slope_by_the_variance": a,
            "exact_slope_by_mu": 2 * a * mu + b,
            "wrong_chain": a * sigma,
            "average_for_its_slope": a * (mu**2 + sigma**2) + b * mu,
        },
    )


@drill
def variance_of_the_score(rng: random.Random) -> Item:
    """The variance of z1 f(z) for f = -|z - 1|^2 and z from N(0, I) in d dimensions: 30 + 22 (d - 1) + 4 (d - 1)^2."""
    d = rng.choice((2, *range(4, 72)))
    others = d - 1
    return Item(
        f"A code has `d = {d}` independent coordinates, each drawn from N(0, 1), and `f(z)` is a sum with one term, "
        "`-(z_i - 1)^2`, for each of them. The score estimate of the slope by the first mean, from one draw, is "
        "`z1*f(z)`. Call the first term of the sum `A`, and all the others together `R`. The variance of `z1*A` is "
        "30. Each of the other terms has mean -2 and variance 6, and the covariance of `z1*A` and `z1*R` comes to "
        "`8*(d - 1)`. What is the variance of the whole estimate, `z1*A + z1*R`?",
        30 + 22 * others + 4 * others**2,
        working=f"30 + 2*8*{others} + 6*{others} + (2*{others})^2",
        wrong={
            "grows_on_a_line": 30 * d,
            "one_coordinate_only": 30,
            "baseline_assumed": 18 + 6 * others,
            "mean_of_the_others_forgotten": 30 + 22 * others,
            "covariance_forgotten": 30 + 6 * others + 4 * others**2,
        },
    )


@drill
def variance_of_a_batch(rng: random.Random) -> Item:
    """The variance of a gradient over B rows with L samples each: (V_x + V_eps / L) / B."""
    Vx, Ve = rng.randint(40, 400) / 100, rng.randint(40, 400) / 100
    B, L = rng.randint(2, 24), rng.randint(2, 9)
    return Item(
        f"A gradient is averaged over a batch of `B = {B}` rows, each with `L = {L}` independent draws of the code. "
        f"From row to row, its value averaged over the noise has the variance `Vx = {Vx:g}`; within a row, from draw "
        f"to draw, the variance is `Ve = {Ve:g}`. The rows are chosen independently. What is the variance of the "
        "batch's gradient?",
        (Vx + Ve / L) / B,
        working=f"({Vx:g} + {Ve:g}/{L})/{B}",
        wrong={
            "draws_as_good_as_rows": (Vx + Ve) / (B * L),
            "draws_ignored": (Vx + Ve) / B,
            "rows_ignored": Vx + Ve / L,
            "data_taken_for_fixed": Ve / (B * L),
            "error_for_variance": math.sqrt((Vx + Ve / L) / B),
        },
    )


@drill
def slope_of_a_coin(rng: random.Random) -> Item:
    """No path leads through a coin. The score estimate by p from one throw: f1 / p for a 1, -f0 / (1 - p) for a 0."""
    p = rng.choice((rng.randint(15, 42), rng.randint(58, 85))) / 100
    f0, f1 = rng.sample((rng.randint(11, 30) / 10, rng.randint(40, 90) / 10), 2)
    z = rng.randint(0, 1)
    side, f, sign = (p, f1, 1) if z else (1 - p, f0, -1)
    return Item(
        f"A code is a coin: `z` is 1 with probability `p = {p:g}` and otherwise 0, and nothing can shift a 0 a little "
        f"towards a 1. A program pays `f0 = {f0:g}` for a 0 and `f1 = {f1:g}` for a 1. The coin was thrown once and "
        f"came out as `z = {z}`. What is the estimate, from this one throw and without a baseline, of the slope of "
        "the average pay with respect to `p`?",
        sign * f / side,
        working=f"{f1:g}/{p:g}" if z else f"-{f0:g}/(1 - {p:g})",
        wrong={
            "both_sides_thrown": f1 - f0,
            "pay_alone": f,
            "slope_by_the_logit": sign * f * (1 - side),
            "chance_not_of_this_side": sign * f / (1 - side),
            "direction_reversed": -sign * f / side,
        },
    )


@transfer("code_from_noise")
def code_from_softplus(rng: random.Random) -> Item:
    """z = mu + sigma eps, with sigma = log(1 + exp(rho))."""
    mu, eps = _signed(rng, 4, 20) / 10, _signed(rng, 9, 19) / 10
    rho = rng.choice((-rng.randint(3, 9), rng.randint(7, 18))) / 10
    sigma = math.log1p(math.exp(rho))
    return Item(
        f"For one latent dimension an encoder gives the mean `mu = {mu:g}` and a number `rho = {rho:g}`; the standard "
        "deviation of the code is the softplus of it, `log(1 + exp(rho))`. The noise, a draw from N(0, 1), came out as "
        f"`eps = {eps:g}`. Which code `z` does the reparameterization make of it?",
        mu + sigma * eps,
        working=f"{mu:g} + log(1 + exp({rho:g}))*({eps:g})",
        wrong={
            "output_read_as_logvar": mu + math.exp(rho / 2) * eps,
            "output_read_as_log_sigma": mu + math.exp(rho) * eps,
            "output_taken_for_sigma": mu + rho * eps,
            "mean_for_the_code": mu,
        },
    )


@transfer("path_slope_by_logvar")
def path_slope_by_log_sigma(rng: random.Random) -> Item:
    """The derivative of (mu + exp(rho) eps)^2 with respect to rho: 2 z sigma eps."""
    mu, sigma = _signed(rng, 4, 20) / 10, _spread(rng)
    eps = rng.choice((-1, 1)) * rng.choice((rng.randint(4, 6), rng.randint(12, 19))) / 10
    z = mu + sigma * eps
    return Item(
        f"An encoder puts out `mu = {mu:g}` and the natural logarithm of sigma; at the moment this makes "
        f"`sigma = {sigma:g}`. A code is drawn as `z = mu + sigma*eps`, and the noise came out as `eps = {eps:g}`. "
        "Take `f(z) = z^2`. What is the pathwise estimate, from this one draw, of the slope of `E[f(z)]` with respect "
        "to log sigma?",
        2 * z * sigma * eps,
        working=f"2*({mu:g} + {sigma:g}*({eps:g}))*{sigma:g}*({eps:g})",
        wrong={
            "slope_by_logvar": z * sigma * eps,
            "log_of_sigma_forgotten": 2 * z * eps,
            "slope_of_f_alone": 2 * z,
            "average_for_one_draw": 2 * sigma**2,
            "score_for_path": z**2 * (eps**2 - 1),
        },
    )


@transfer("score_slope_by_mu")
def score_slope_of_a_laplace(rng: random.Random) -> Item:
    """The score estimate of d E[z^2] / d mu for a Laplace density of scale b: z^2 sign(eps) / b."""
    mu, b = _signed(rng, 4, 20) / 10, _spread(rng)
    eps = rng.choice((-1, 1)) * rng.choice((rng.randint(3, 8), rng.randint(13, 24))) / 10
    z = mu + b * eps
    sign = math.copysign(1, eps)
    return Item(
        "The density of a code is not a Gaussian but a Laplace: `log q(z) = -log(2*b) - |z - mu|/b`, with "
        f"`mu = {mu:g}` and `b = {b:g}`. A code is drawn as `z = mu + b*eps`, and the noise came out as "
        f"`eps = {eps:g}`. Take `f(z) = z^2`. What is the score-function estimate (no baseline), from this one draw, "
        "of the slope of `E[f(z)]` with respect to `mu`?",
        z**2 * sign / b,
        working=f"({mu:g} + {b:g}*({eps:g}))^2*({sign:g})/{b:g}",
        wrong={
            "score_of_a_gaussian": z**2 * eps / b,
            "scale_forgotten": z**2 * sign,
            "score_turned_round": -(z**2) * sign / b,
            "path_for_score": 2 * z,
            "value_forgotten": sign / b,
        },
    )


def _signed(rng: random.Random, least: int, most: int) -> int:
    return rng.choice((-1, 1)) * rng.randint(least, most)


def _spread(rng: random.Random) -> float:
    """A standard deviation far from 1/2, 1 and 2, where different slopes would agree."""
    return rng.choice((rng.randint(20, 44), rng.randint(56, 66), rng.randint(76, 92), rng.randint(110, 180))) / 100


MISTAKES = {
    # code_from_noise
    "variance_for_sigma": "You stretched the noise by the variance: noise of spread 1 has to get the spread of the "
    "code. Which of the two is measured in the unit of `z`?",
    "logarithm_for_sigma": "You stretched the noise by `logvar` itself, which is a logarithm and may be negative. "
    "What undoes it, and of what is it the logarithm?",
    "mean_scaled_too": "You stretched the mean together with the noise: with a smaller sigma the code would then "
    "shrink towards 0. Where should `z` be when the noise is 0?",
    "noise_turned_round": "You took the noise away where it is added: over many draws that gives the same "
    "distribution, and for this draw another code. On which side of `mu` does a positive noise put `z`?",
    "mean_for_the_code": "That is the mean of the code, with the noise left out. Does `z` have a spread then?",
    # path_slope_by_logvar and score_slope_by_mu
    "half_of_the_chain_forgotten": "Your number is twice the estimate, the slope by log sigma: `logvar` is the log of "
    "a square. By how much does log sigma grow when `logvar` grows by 1?",
    "slope_by_sigma": "That is the slope by sigma; what moves is `logvar`, and sigma depends on it. What is the "
    "derivative of sigma with respect to `logvar`?",
    "slope_by_mu": "That is the slope by `mu`: for every draw, `mu` moves the point by as much as it moves itself. "
    "How far does `logvar` move this point?",
    "average_for_one_draw": "That is the exact slope, the average over all noise; one draw gives an estimate, which "
    "depends on `eps`.",
    "score_for_path": "That is the score estimate, which holds the point and moves its probability; the path moves "
    "the point. Which of the two needs the slope of `f`?",
    "sigma_forgotten": "Sigma is missing from your number: the narrower the Gaussian, the more its log-density "
    "changes when `mu` moves by a little. What is the derivative of `log q(z)` with respect to `mu`?",
    "divided_by_the_variance": "You divided the noise by the variance: that belongs to `z - mu`, and the noise has "
    "been divided by sigma once already. How are `eps` and `z - mu` related?",
    "path_for_score": "That is the pathwise estimate, by the slope of `f`; the score estimate never asks for a slope. "
    "What does it multiply the value of `f` by?",
    "point_moved_as_well": "You added both estimates, as if the point also moved: their averages are the same slope, "
    "so you count it twice. What stays fixed in the score estimate?",
    "value_forgotten": "That is the derivative of `log q(z)` alone, whose average is 0. Where does `f` enter?",
    # exact_slope_by_logvar
    "exact_slope_by_sigma": "That is the slope by sigma; `logvar` was asked for. What is the derivative of sigma with "
    "respect to `logvar`?",
    "exact_slope_by_log_sigma": "That is the slope by log sigma, twice what was asked: `logvar` is the log of a "
    "square.",
    "exact_slope_by_the_variance": "That is the slope by the variance, and `logvar` is its logarithm. What is the "
    "derivative of sigma^2 with respect to its own logarithm?",
    "exact_slope_by_mu": "That is the slope by `mu`; here `mu` is held fixed and the spread moves.",
    "wrong_chain": "You went by way of sigma and lost a factor there: the derivative of `exp(logvar/2)` is half of "
    "something that still depends on `logvar`. Of what?",
    "average_for_its_slope": "That is `E[f(z)]` itself; its slope was asked for. Which of its terms depend on the "
    "spread?",
    # variance_of_the_score
    "grows_on_a_line": "You multiplied the variance for one coordinate by the number of coordinates: that holds for "
    "independent parts, and here every term is multiplied by the same `z1`. What happens to the size of `f` when "
    "coordinates are added?",
    "one_coordinate_only": "That is the variance for one coordinate: the others do not change the slope, and they do "
    "change the value of `f`. By what is `z1` multiplied?",
    "baseline_assumed": "That is the variance with the average of `f` taken off as a baseline; the estimate here has "
    "none.",
    "mean_of_the_others_forgotten": "You took the variance of `R` for the average of `R^2`: the two agree only where "
    "the mean is 0. What is the mean of `R`?",
    "covariance_forgotten": "You added two variances as if the parts were independent: both have the factor `z1`. "
    "What does the covariance add to the variance of a sum?",
    # variance_of_a_batch
    "draws_as_good_as_rows": "You let the draws divide the variance between rows too: more draws of one row tell "
    "nothing about other rows. Which part would be left with endlessly many draws?",
    "draws_ignored": "You left out that each row is averaged over several draws. Which of the two variances does that "
    "lower?",
    "rows_ignored": "That is the variance for one row; the batch averages over several.",
    "data_taken_for_fixed": "You counted the noise only, as if the batch always held the same rows. What else changes "
    "from batch to batch?",
    "error_for_variance": "That is the square root, a standard error; the variance was asked for.",
    # slope_of_a_coin
    "both_sides_thrown": "That is the exact slope, for which both sides must be seen; one throw shows you the pay for "
    "one side.",
    "pay_alone": "That is the pay itself: a score estimate multiplies it by the derivative of a log-probability. How "
    "probable was this side, and how does that change with `p`?",
    "slope_by_the_logit": "That is the slope by the logit of the coin; the question asks for the slope by `p`.",
    "chance_not_of_this_side": "You divided by the chance of the side that did not come up. How probable was the side "
    "that did?",
    "direction_reversed": "The sign is turned round. Does this side become more or less probable when `p` grows?",
    # code_from_softplus
    "output_read_as_logvar": "You read `rho` as the log of a variance: each network says in its own way how wide a "
    "code is. By which function does this one?",
    "output_read_as_log_sigma": "You read `rho` as log sigma: where `rho` is large, a softplus grows as `rho` does, "
    "and yours grows much faster. What is left out?",
    "output_taken_for_sigma": "You took `rho` itself for sigma: it may be negative, and a standard deviation may not.",
    # path_slope_by_log_sigma
    "slope_by_logvar": "That is the slope by `logvar`, and this encoder puts out log sigma. When log sigma grows by 1, "
    "by how much does the log of sigma^2 grow?",
    "log_of_sigma_forgotten": "That is the slope by sigma; what moves is its logarithm. What is the derivative of "
    "sigma with respect to log sigma?",
    "slope_of_f_alone": "That is the slope of `f`, which counts as if the point moved by as much as log sigma does. "
    "How far does the point move?",
    # score_slope_of_a_laplace
    "score_of_a_gaussian": "You used the log-density of a Gaussian, whose slope grows with the noise; that of a "
    "Laplace is a straight line on either side of `mu`. What is the slope of `-|z - mu|/b`?",
    "scale_forgotten": "The scale is missing from your number: the narrower the density, the more its log changes when "
    "`mu` moves by a little.",
    "score_turned_round": "The sign is turned round. When `mu` moves towards the point that was drawn, does this point "
    "become more probable or less?",
}
