"""Drills of stage 03: the price of a Gaussian code, what pulls on it, and log-likelihoods with a name."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def kl_to_the_prior(rng: random.Random) -> Item:
    """KL(N(mu, sigma^2) || N(0, 1)) = (mu^2 + sigma^2 - log sigma^2 - 1) / 2 (Kingma and Welling, 2014, appendix B)."""
    logvar = rng.choice((-rng.randint(12, 20), rng.randint(12, 19))) / 10
    mu = rng.choice((-1, 1)) * (rng.randint(125, 145) if logvar < 0 else rng.randint(30, 70)) / 100
    var = math.exp(logvar)
    return Item(
        f"For one latent dimension an encoder gives the mean `mu = {mu:g}` and `logvar = {logvar:g}`, the natural "
        "logarithm of the variance `sigma^2`. "
        "What is `KL(q || p)` from the code `q = N(mu, sigma^2)` to the prior `p = N(0, 1)`?",
        (mu**2 + var - logvar - 1) / 2,
        unit="nats",
        working=f"0.5*(({mu:g})^2 + exp({logvar:g}) - ({logvar:g}) - 1)",
        wrong={
            "sigma_for_variance": (mu**2 + var**0.5 - logvar - 1) / 2,
            "log_term_dropped": (mu**2 + var - 1) / 2,
            "half_forgotten": mu**2 + var - logvar - 1,
            "minus_one_forgotten": (mu**2 + var - logvar) / 2,
            "reads_log_sigma": (mu**2 + var**2 - 2 * logvar - 1) / 2,
            "penalty_on_the_mean": mu**2 / 2,
            "absolute_mu": (abs(mu) + var - logvar - 1) / 2,
        },
    )


@drill
def pull_on_logvar(rng: random.Random) -> Item:
    """The derivative of the KL to N(0, 1) with respect to logvar: (sigma^2 - 1) / 2."""
    mu = rng.choice((-1, 1)) * rng.choice((rng.randint(3, 9), rng.randint(11, 20))) / 10
    sigma = rng.choice((rng.randint(20, 85) / 100, rng.randint(12, 30) / 10))
    return Item(
        f"A code `q = N(mu, sigma^2)` has `mu = {mu:g}` and the standard deviation `sigma = {sigma:g}`. It is priced "
        "by `KL(q || N(0, 1))`, and the encoder puts out `logvar`, the natural logarithm of `sigma^2`. "
        "What is the derivative of this price with respect to `logvar`, with `mu` held fixed?",
        (sigma**2 - 1) / 2,
        unit="nats",
        working=f"0.5*({sigma:g}^2 - 1)",
        wrong={
            "half_forgotten": sigma**2 - 1,
            "sigma_for_variance": (sigma - 1) / 2,
            "pull_reversed": (1 - sigma**2) / 2,
            "log_term_dropped": sigma**2 / 2,
            "derivative_by_sigma": sigma - 1 / sigma,
            "mu_kept": (mu**2 + sigma**2 - 1) / 2,
        },
    )


@drill
def sigma_from_logvar(rng: random.Random) -> Item:
    """sigma = exp(logvar / 2)."""
    logvar = rng.choice((-1, 1)) * rng.randint(20, 360) / 100
    return Item(
        f"A network puts out `logvar = {logvar:g}` for one latent dimension: the natural logarithm of the variance "
        "`sigma^2` of the code. What is the standard deviation `sigma`?",
        math.exp(logvar / 2),
        working=f"exp(({logvar:g}) / 2)",
        wrong={
            "variance_for_sigma": math.exp(logvar),
            "half_outside": math.exp(logvar) / 2,
            "logvar_itself": logvar,
            "still_a_logarithm": logvar / 2,
            "one_over_sigma": math.exp(-logvar / 2),
        },
    )


@drill
def gaussian_log_likelihood(rng: random.Random) -> Item:
    """log N(x; mean, sigma^2 I) = -D/2 log(2 pi sigma^2) - S / (2 sigma^2), with S a sum of squares."""
    D, sigma = rng.randint(2, 6), rng.choice((rng.randint(15, 30), rng.randint(73, 82), rng.randint(150, 250))) / 100
    S = round(D * sigma**2 * (rng.uniform(1.2, 3) if sigma < 1 else rng.uniform(0.25, 0.45)), 2)
    constant, square = -0.5 * D * math.log(2 * math.pi * sigma**2), S / (2 * sigma**2)
    return Item(
        f"A picture `x` has `D = {D}` pixels. For each pixel the decoder gives a Gaussian with a mean of its own and "
        f"the standard deviation `sigma = {sigma:g}`. The squared distances of the pixels from their means sum to "
        f"`S = {S:g}`. What is `log p(x | z)`, the log-likelihood of the whole picture (natural logarithm)?",
        constant - square,
        unit="nats",
        working=f"-0.5*{D}*log(2*pi*{sigma:g}^2) - {S:g}/(2*{sigma:g}^2)",
        wrong={
            "sigma_squared_twice": -0.5 * D * math.log(2 * math.pi * sigma**4) - S / (2 * sigma**4),
            "constants_dropped": -square,
            "half_of_the_square_forgotten": constant - 2 * square,
            "constant_once": constant / D - square,
            "negated": square - constant,
            "minus_squared_error": -S,
        },
    )


@drill
def bernoulli_log_likelihood(rng: random.Random) -> Item:
    """log p(x) of a 0 or 1 from a logit: x l - softplus(l)."""
    x, logit = rng.randint(0, 1), rng.choice((-1, 1)) * rng.randint(20, 210) / 100
    p = _sigmoid(logit)
    return Item(
        f"A pixel is black, 0, or white, 1. The decoder puts out the logit `l = {logit:g}`, the natural logarithm of "
        f"the odds of white; the pixel turns out to be `x = {x}`. What is `log p(x)`, its log-likelihood?",
        x * logit - _softplus(logit),
        unit="nats",
        working=f"{x}*({logit:g}) - log(1 + exp({logit:g}))",
        wrong={
            "double_sigmoid": x * p - _softplus(p),
            "black_and_white_swapped": (1 - x) * logit - _softplus(logit),
            "loss_for_likelihood": _softplus(logit) - x * logit,
            "probability": p if x else 1 - p,
            "squared_error": -((x - p) ** 2),
            "in_bits": (x * logit - _softplus(logit)) / math.log(2),
        },
    )


@drill
def kl_between_two_gaussians(rng: random.Random) -> Item:
    """KL(q || p) of two Gaussians: (log(v_p / v_q) + (v_q + (mu_q - mu_p)^2) / v_p - 1) / 2."""
    mu_p = rng.choice((-1, 1)) * rng.randint(5, 20) / 10
    mu_q = round(mu_p + rng.choice((-1, 1)) * rng.randint(4, 15) / 10, 1)
    v_q, v_p = rng.sample((rng.randint(10, 60) / 100, rng.randint(90, 300) / 100), 2)
    kl = _kl(mu_q, v_q, mu_p, v_p)
    return Item(
        f"An encoder gives the code `q`, a Gaussian with mean `mu_q = {mu_q:g}` and variance `v_q = {v_q:g}`. The "
        f"prior `p` of this model is a Gaussian with mean `mu_p = {mu_p:g}` and variance `v_p = {v_p:g}`. "
        "What is `KL(q || p)`?",
        kl,
        unit="nats",
        working=f"0.5*(log({v_p:g}/{v_q:g}) + ({v_q:g} + ({mu_q:g} - ({mu_p:g}))^2)/{v_p:g} - 1)",
        wrong={
            "reversed_roles": _kl(mu_p, v_p, mu_q, v_q),
            "prior_assumed_standard": _kl(mu_q, v_q, 0, 1),
            "log_term_dropped": kl - math.log(v_p / v_q) / 2,
            "half_forgotten": 2 * kl,
            "distance_forgotten": _kl(mu_q, v_q, mu_q, v_p),
        },
    )


@drill
def implied_variance(rng: random.Random) -> Item:
    """The decoder variance behind a loss c S + KL: 1 / (2 c)."""
    c = rng.choice((rng.randint(4, 48) / 100, rng.randint(55, 99) / 100, rng.randint(11, 80) / 10))
    return Item(
        f"A VAE is trained on the loss `c * S + KL` with `c = {c:g}`, where `S` is the squared error of a picture, "
        "summed over its pixels. Up to a constant this is the negative ELBO, in nats, of a Gaussian decoder "
        "with the same variance in every pixel. What is this variance?",
        1 / (2 * c),
        working=f"1 / (2*{c:g})",
        wrong={
            "half_of_the_slope_forgotten": 1 / c,
            "slope_inverted": 2 * c,
            "weight_for_variance": c / 2,
            "sigma_for_its_square": (2 * c) ** -0.5,
            "unit_sigma": 1.0,
        },
    )


@drill
def categorical_log_likelihood(rng: random.Random) -> Item:
    """log p(k) of one class from all logits: l_k - log(sum of exp(l))."""
    logits, k = [rng.randint(-25, 30) / 10 for _ in range(3)], rng.randint(1, 3)
    own, total = logits[k - 1], sum(math.exp(logit) for logit in logits)
    return Item(
        "A decoder chooses one of three words by a softmax over their logits "
        + ", ".join(f"`l{i} = {logit:g}`" for i, logit in enumerate(logits, 1))
        + f". The text has word `k = {k}`, counted from 1. What is `log p(k)`, the log-likelihood of this word "
        "(natural logarithm)?",
        own - math.log(total),
        unit="nats",
        working=f"{own:g} - log({' + '.join(f'exp({logit:g})' for logit in logits)})",
        wrong={
            "normaliser_forgotten": own,
            "probability": math.exp(own) / total,
            "loss_for_likelihood": math.log(total) - own,
            "sigmoid_for_softmax": -_softplus(-own),
            "normaliser_without_its_log": own - total,
        },
    )


@transfer("kl_to_the_prior")
def kl_by_log_sigma(rng: random.Random) -> Item:
    """KL(N(mu, sigma^2) || N(0, 1)) from log sigma: (mu^2 + exp(2 rho) - 2 rho - 1) / 2."""
    rho = rng.choice((-rng.randint(6, 14), rng.randint(5, 9))) / 10
    mu = rng.choice((-1, 1)) * rng.randint(40, 145) / 100
    var = math.exp(2 * rho)
    return Item(
        f"For one latent dimension a network gives the mean `mu = {mu:g}` and `rho = {rho:g}`, the natural logarithm "
        "of the standard deviation. What is `KL(q || p)` from this Gaussian code to the prior `p = N(0, 1)`?",
        (mu**2 + var - 2 * rho - 1) / 2,
        unit="nats",
        working=f"0.5*(({mu:g})^2 + exp(2*({rho:g})) - 2*({rho:g}) - 1)",
        wrong={
            "log_sigma_read_as_logvar": (mu**2 + var**0.5 - rho - 1) / 2,
            "log_of_sigma_for_log_of_variance": (mu**2 + var - rho - 1) / 2,
            "sigma_for_variance": (mu**2 + var**0.5 - 2 * rho - 1) / 2,
            "half_forgotten": mu**2 + var - 2 * rho - 1,
            "log_term_dropped": (mu**2 + var - 1) / 2,
        },
    )


@transfer("bernoulli_log_likelihood")
def log_likelihood_of_signed_pixels(rng: random.Random) -> Item:
    """log p of pixels -1 or 1 from logits of white: -softplus(-x l), summed."""
    x1, x2 = rng.sample((-1, 1), 2)
    l1, l2 = (rng.choice((-1, 1)) * rng.randint(30, 190) / 100 for _ in range(2))
    told = -_softplus(-x1 * l1) - _softplus(-x2 * l2)
    return Item(
        "In this data set a black pixel is -1 and a white one 1. For two pixels a decoder puts out the logits "
        f"`l1 = {l1:g}` and `l2 = {l2:g}`, each the natural logarithm of the odds of white, and the pixels turn out to "
        f"be `x1 = {x1}` and `x2 = {x2}`. What is the log-likelihood of the two together?",
        told,
        unit="nats",
        working=f"-log(1 + exp({-x1 * l1:g})) - log(1 + exp({-x2 * l2:g}))",
        wrong={
            "sign_taken_for_zero_or_one": x1 * l1 - _softplus(l1) + x2 * l2 - _softplus(l2),
            "black_costs_nothing": -_softplus(-(l1 if x1 == 1 else l2)),
            "black_and_white_swapped": -_softplus(x1 * l1) - _softplus(x2 * l2),
            "loss_for_likelihood": -told,
            "probability": math.exp(told),
        },
    )


@transfer("gaussian_log_likelihood")
def log_likelihood_by_log_precision(rng: random.Random) -> Item:
    """log N(x; mean, I / t) from log t: D/2 (log t - log(2 pi)) - t S / 2, with S a sum of squares."""
    D, log_t = rng.randint(2, 6), rng.choice((-rng.randint(6, 16), rng.randint(6, 24))) / 10
    t = math.exp(log_t)
    S = round(D / t * rng.uniform(0.4, 2.6), 2)
    constant, square = 0.5 * D * (log_t - math.log(2 * math.pi)), t * S / 2
    return Item(
        f"A picture `x` has `D = {D}` pixels. For each pixel the decoder gives a Gaussian with a mean of its own, and "
        f"for all of them `log_t = {log_t:g}`, the natural logarithm of the precision, which is one over the variance. "
        f"The squared distances of the pixels from their means sum to `S = {S:g}`. What is `log p(x | z)`, the "
        "log-likelihood of the whole picture (natural logarithm)?",
        constant - square,
        unit="nats",
        working=f"0.5*{D}*({log_t:g} - log(2*pi)) - exp({log_t:g})*{S:g}/2",
        wrong={
            "precision_for_sigma": -0.5 * D * math.log(2 * math.pi * t**2) - S / (2 * t**2),
            "precision_for_variance": -0.5 * D * math.log(2 * math.pi * t) - S / (2 * t),
            "constants_dropped": -square,
            "half_of_the_square_forgotten": constant - 2 * square,
        },
    )


def _kl(mu_q: float, v_q: float, mu_p: float, v_p: float) -> float:
    return (math.log(v_p / v_q) + (v_q + (mu_q - mu_p) ** 2) / v_p - 1) / 2


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


MISTAKES = {
    "absolute_mu": "The mean enters your number as its size and not as its square. Which moment of `z` brings it in?",
    # the KL, its derivative and the KL of two Gaussians
    "sigma_for_variance": "You used sigma where the formula has the variance `sigma^2`. What is the average of `z^2` "
    "when the mean is 0?",
    "log_term_dropped": "Your number leaves out the log term: without it, nothing keeps sigma from shrinking to 0. "
    "Which term of the KL punishes a code that is too sure of itself?",
    "half_forgotten": "Your number lacks the factor 1/2 that stands in front of the whole KL, and so in front of its "
    "derivatives.",
    "minus_one_forgotten": "The -1 is missing: by your formula a code that equals the prior would pay half a nat. "
    "What should it pay?",
    "reads_log_sigma": "Your number is the price if `logvar` were log sigma; it is the log of `sigma^2`. What does "
    "`exp(logvar)` give?",
    "penalty_on_the_mean": "That is half of `mu^2`, the KL taken for a generic penalty on large numbers: it compares "
    "two whole distributions, so the spread has its price too. Does a code with `mu = 0` and a tiny sigma cost "
    "nothing?",
    "pull_reversed": "That is minus the derivative, the direction of a step downhill; the derivative itself is "
    "positive where the price rises with `logvar`.",
    "derivative_by_sigma": "That is the derivative with respect to sigma; the encoder puts out `logvar`, and the two "
    "differ by a factor. How does sigma change when `logvar` moves a little?",
    "mu_kept": "`mu^2` is still in your number: the mean does not move with `logvar`, so its term has no slope here.",
    # sigma_from_logvar
    "variance_for_sigma": "That is the variance: `exp(logvar)` undoes the log, and a square is still left.",
    "half_outside": "You halved the variance; it is the logarithm that has to be halved, before `exp`. Sigma is which "
    "root of the variance?",
    "logvar_itself": "That is sigma emitted raw, the network's output taken as it stands: a network may put out any "
    "number, even below 0, and a sigma may not. Which function makes every number positive?",
    "still_a_logarithm": "That is log sigma: halved as it should be, and still a logarithm. What undoes a natural "
    "logarithm?",
    "one_over_sigma": "Your sigma falls when `logvar` grows: the sign in the exponent is turned round.",
    # log-likelihoods
    "sigma_squared_twice": "You squared sigma once too often: your number belongs to a decoder whose standard "
    "deviation is `sigma^2`. Did you give a variance to something that asks for a standard deviation?",
    "constants_dropped": "That is the squared-error part alone, a loss and not yet a log-likelihood: the height of the "
    "Gaussian's peak, which depends on sigma, is missing.",
    "half_of_the_square_forgotten": "In your number the squared error costs twice what it should: a Gaussian's "
    "exponent has a 1/2 in it.",
    "constant_once": "You counted the constant for one pixel only: each of the `D` pixels has a density with a peak "
    "of its own.",
    "minus_squared_error": "That is minus the squared error, from a decoder with no likelihood: sigma plays no part in "
    "it. Should an error of the same size cost as much for sigma = 0.1 as for sigma = 1?",
    "negated": "The sign is turned round: yours is a negative log-likelihood, a loss, and it falls when the fit gets "
    "better.",
    "loss_for_likelihood": "The sign is that of a loss: the log of a probability is never above 0.",
    "double_sigmoid": "The sigmoid was applied twice: your number takes the probability of white for a logit. In which "
    "range can a logit lie?",
    "black_and_white_swapped": "That is the log-likelihood of the other colour: a large logit makes white likely. "
    "Which value of `x` is white?",
    "probability": "That is the probability; its natural logarithm was asked for.",
    "squared_error": "That is minus the squared distance between `x` and the probability of white: a score from a "
    "decoder with no likelihood. Which probability did the decoder give to what happened?",
    "in_bits": "That is the log-likelihood in bits, by a logarithm to base 2; this course counts in nats, by the "
    "natural one.",
    "normaliser_forgotten": "That is the bare logit: it says nothing until it is compared with the others. What must "
    "the probabilities of all words add up to?",
    "sigmoid_for_softmax": "You gave the word a coin of its own, by a sigmoid; with a softmax the words compete, so "
    "the other logits matter too.",
    "normaliser_without_its_log": "You subtracted the divisor of the softmax as it is: the log turns the division into "
    "a subtraction, and it changes the divisor as well. Into what?",
    # kl_between_two_gaussians
    "reversed_roles": "That is `KL(p || q)`, with the roles swapped: the KL asked for averages under `q`, the code.",
    "prior_assumed_standard": "That is the price against `N(0, 1)`, the KL taken for a generic penalty, the same in "
    "every model: it measures how far the code is from this model's own prior.",
    "distance_forgotten": "Your number compares the two spreads and forgets where the Gaussians sit. What should "
    "change when one mean moves away from the other?",
    # implied_variance
    "half_of_the_slope_forgotten": "Your variance lacks the 1/2 of a Gaussian's exponent. What is a squared error "
    "divided by there?",
    "slope_inverted": "Your variance is twice the weight, so it grows with `c`: yet the dearer an error is, the "
    "narrower the decoder. Where does the variance stand in a Gaussian's exponent?",
    "weight_for_variance": "Your variance is half the weight, so it grows with `c`. A decoder that forgives little has "
    "a large `c`: has it a large variance too?",
    "sigma_for_its_square": "That is the standard deviation; the variance was asked for.",
    "unit_sigma": "A variance of 1 fits one weight only, and not this one: a squared error has no likelihood behind it "
    "until its weight says which variance is meant. Which `c` goes with a variance of 1?",
    # kl_by_log_sigma
    "log_sigma_read_as_logvar": "Your number is the price if the network put out the log of the variance; it puts out "
    "that of sigma. What is the variance when log sigma is 1?",
    "log_of_sigma_for_log_of_variance": "Your variance is right, and the log beside it is that of sigma. What does the "
    "log of a number become when the number is squared?",
    # log_likelihood_of_signed_pixels
    "sign_taken_for_zero_or_one": "You put -1 into a formula that is made for 0 and 1: the probabilities of black and "
    "white would then not add up to 1. What should a black pixel cost when the logit is 0?",
    "black_costs_nothing": "You counted the white pixel alone: black had a probability too, and it was not 1.",
    # log_likelihood_by_log_precision
    "precision_for_sigma": "You took the precision for a standard deviation: the more precise the decoder, the wider "
    "your Gaussian. Which of the two grows when the other shrinks?",
    "precision_for_variance": "You took the precision for the variance, and it is one over it. Should a more precise "
    "decoder charge more for the same error, or less?",
}
