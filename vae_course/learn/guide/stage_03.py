"""Hints and predictions of stage 03, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "std_from_logvar": (
        "Double sigma: by how much should its logvar grow? Try your function on two logvars that lie that far apart.",
        "What logvar holds is the log of a square. Which power of the thing inside the log do you want back?",
        "A sibling: if s = log m³, then m = exp(s / 3). For s = 2.0794 (the log of 8), m is 2.",
    ),
    "gaussian_entropy": (
        "Moving a Gaussian does not change how spread out it is, and doubling its sigma adds log 2 a dimension.",
        "Average minus log q(z) under q. What does (z - mu)² / sigma² average to, and what is left beside it?",
        "A sibling: a uniform density on an interval of width w has height 1 / w, so its entropy is log w: 0.6931 nats for w = 2, "
        "and 1.3863 for two such dimensions together.",
    ),
    "gaussian_cross_entropy": (
        "It grows when q moves away from 0, and when q spreads out. It never falls below the entropy of q.",
        "Average minus log p(z), where z comes from q. Which moment of z does the square in p ask for?",
        "A sibling: against an exponential prior p(z) = exp(-z) on z > 0, any q with mean 3 has cross-entropy 3, since "
        "minus log p(z) is z, and only E[z] matters.",
    ),
    "gaussian_kl": (
        "At N(0, I) the price must be 0, and it must rise when sigma shrinks below 1 or grows above it. Try all three with your function.",
        "Two averages meet in it. Which term punishes a code for being too sure, and which one for being far away?",
        "A sibling: a coin that shows heads 3 times in 10, priced against one that does so 5 times in 10, costs "
        "0.3 log(0.3 / 0.5) + 0.7 log(0.7 / 0.5) = 0.0823 nats: an average of a log ratio, under the first coin.",
    ),
    "gaussian_kl_between": (
        "Shift both Gaussians by the same amount, or stretch both by the same factor: the price must not move.",
        "Measure q with p's ruler: distances from p's mean, in units of p's sigma. Where have you met what remains?",
        "A sibling: N(0.6, 0.25) seen with the ruler of N(1, 2) is a Gaussian with mean (0.6 - 1) / 1.4142 = -0.2828 and variance "
        "0.125, and that one costs 0.6422 nats against N(0, 1).",
    ),
    "kl_monte_carlo": (
        "With many samples the mean must come near the closed form, and the error must halve when K is four times as large.",
        "Both densities are asked about the same z. Which axis holds the samples, and what is spread over it?",
        "A sibling: the numbers 2, 4, 9 have mean 5 and standard deviation 3.6056, so the standard error of their mean is "
        "3.6056 / 1.7321 = 2.0817.",
    ),
    "gaussian_log_likelihood": (
        "As a density over x it must integrate to 1. For D = 1, sum exp(your value) over a fine grid of x, times the spacing.",
        "How many times does the constant with 2 pi appear for D pixels, and what happens to it when sigma changes?",
        "A sibling: a Laplace density with scale b = 0.5 has log density -log(2b) - |error| / b. For errors 0.3 and 0.1 that is "
        "0 - 0.6 and 0 - 0.2, together -0.8.",
    ),
    "bernoulli_log_likelihood": (
        "For one pixel, exp of your value at x = 1 and at x = 0 must add up to 1, and both stay finite at logits of 100.",
        "A log of one plus an exponential overflows only when it is computed as it is written. Which part can be taken out first?",
        "A sibling: log(1 + exp(100)) overflows in single precision, and 100 + log(1 + exp(-100)) is the same number and does not.",
    ),
    "mse_relation": (
        "Set the error to 0: what is left is a. It has to be the height of the log density at its peak.",
        "Write the log-likelihood of D numbers as one sum. Which part multiplies the squared error, and which part never sees x?",
        "A sibling: for a Laplace density with scale b, the log-likelihood of D numbers is a - slope times the sum of absolute errors, with "
        "a = -D log(2b) and slope = 1 / b. With D = 3, b = 0.5 that is a = 0 and slope 2.",
    ),
}

PREDICTIONS = {
    "who_pays_most": Prediction(
        "Three encoders of one dimension: A emits mu = 2, sigma = 1. B emits mu = 0, sigma = 0.1. C emits mu = 0, sigma = 3. Who "
        "pays most?",
        ("A, the far one", "B, the sharp one", "C, the broad one"),
        2,
        "Far and sharp look dangerous. But sharpness is paid with a logarithm, and breadth with sigma squared.",
    ),
    "halved_sigma": Prediction(
        "The decoder's sigma is halved, nothing else changes. The weight of the squared error in the log-likelihood becomes",
        ("the same", "twice as large", "four times as large"),
        2,
        "The weight is 1 / (2 sigma^2): half the sigma is a quarter of sigma^2, and so four times the weight.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "gaussian_entropy": {
        "two_pi_forgotten": "log_joint",
        "constants_once": "log_joint",
        "log_term_halved": "std_from_logvar",
        "reads_log_sigma": "std_from_logvar",
        "variance_for_its_log": "std_from_logvar",
    },
    "gaussian_cross_entropy": {
        "two_pi_forgotten": "log_joint",
        "two_pi_once": "log_joint",
        "sigma_for_variance": "std_from_logvar",
        "variance_squared": "std_from_logvar",
        "logvar_for_variance": "std_from_logvar",
        "entropy_of_q": "gaussian_entropy",
    },
    "gaussian_kl": {
        "reversed_roles": "evidence_gap",
        "sigma_for_variance": "std_from_logvar",
        "variance_squared": "std_from_logvar",
        "reads_log_sigma": "std_from_logvar",
        "log_term_doubled": "std_from_logvar",
        "log_term_halved": "std_from_logvar",
        "log_term_dropped": "gaussian_entropy",
        "log_term_flipped": "gaussian_entropy",
        "minus_one_forgotten": "gaussian_entropy",
        "cross_entropy_only": "gaussian_entropy",
        "half_forgotten": "gaussian_cross_entropy",
        "mu_not_squared": "gaussian_cross_entropy",
        "absolute_mu": "gaussian_cross_entropy",
        "mu_forgotten": "gaussian_cross_entropy",
        "variance_forgotten": "gaussian_cross_entropy",
    },
    "gaussian_kl_between": {
        "reads_log_sigma": "std_from_logvar",
        "sigma_for_variance": "std_from_logvar",
        "log_term_halved": "std_from_logvar",
        "log_term_doubled": "std_from_logvar",
        "divided_by_logvar": "std_from_logvar",
        "reversed_roles": "gaussian_kl",
        "log_term_dropped": "gaussian_kl",
        "log_term_flipped": "gaussian_kl",
        "half_forgotten": "gaussian_kl",
        "minus_one_forgotten": "gaussian_kl",
        "cross_entropy_only": "gaussian_kl",
    },
    "kl_monte_carlo": {
        "prior_forgotten": "reconstruction_and_kl",
        "q_forgotten": "reconstruction_and_kl",
        "log_of_the_mean": "reconstruction_and_kl",
        "estimate_clamped": "reconstruction_and_kl",
        "variance_as_scale": "std_from_logvar",
    },
    "gaussian_log_likelihood": {
        "two_pi_forgotten": "log_joint",
        "constant_once": "log_joint",
        "half_of_the_square_forgotten": "log_joint",
        "density": "log_joint",
        "sigma_taken_for_variance": "linear_gaussian_evidence",
        "log_sigma_forgotten": "linear_gaussian_evidence",
    },
    "bernoulli_log_likelihood": {
        "mean_over_pixels": "gaussian_log_likelihood",
    },
    "mse_relation": {
        "half_of_the_slope_forgotten": "gaussian_log_likelihood",
        "sigma_not_squared": "gaussian_log_likelihood",
        "sigma_squared_twice": "gaussian_log_likelihood",
        "sigma_taken_for_variance": "gaussian_log_likelihood",
        "one_constant": "gaussian_log_likelihood",
        "log_sigma_forgotten": "gaussian_log_likelihood",
        "two_pi_forgotten": "gaussian_log_likelihood",
        "half_of_the_constant_forgotten": "gaussian_log_likelihood",
    },
}
