"""Hints and predictions of stage 04, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "reparameterize": (
        "Double the noise: z must lie twice as far from mu, on the same side. Move one entry of the noise: only that "
        "entry of z may move. Does yours?",
        "Noise of spread 1 has to get the spread of the code. Is that sigma or its square, and which of the two does "
        "logvar hold in a log?",
        "A sibling: a uniform number between a and b is a + (b − a) · u, with u uniform between 0 and 1. For a = 2, b "
        "= 5, u = 0.3 it is 2.9, and this u says how it moves: by 0.7 when a moves by 1, and by 0.3 when b does.",
    ),
    "sample_posterior": (
        "Draw 10,000 codes for two rows at mu = 3 and logvar = −1.3863: each row must have mean 3 and standard "
        "deviation 0.5, the two rows must have nothing in common, a second call must give other codes, and mu must "
        "get a gradient.",
        "How many independent numbers does a result of shape (K, B, Z) need? And what makes codes of them, so that mu "
        "and logvar still hear about it?",
        "A sibling: a waiting time of rate r is −log(1 − u) / r, with u uniform. Three times need three numbers: u = "
        "0.2, 0.5, 0.9 at r = 2 give 0.1116, 0.3466, 1.1513, and each still knows r: with a larger r it shrinks, the "
        "first one by 0.0558 a unit.",
    ),
    "pathwise_gradient": (
        "For f = z² in one dimension the two noises 1 and −1 must give the exact gradients, 2 mu and sigma squared. "
        "Other rows may not change by a digit when one row does.",
        "Nothing but z reaches f. By how much does a sample move when mu moves, by how much when logvar moves, and "
        "which of the two movements knows the noise?",
        "A sibling: z uniform between 1 and b = 3, so z = 1 + 2u, and f = z². The slope by b is 2z · u: 0.75 at u = "
        "0.25, and 3.75 at u = 0.75. Their mean is 2.25; all u together give 2.3333.",
    ),
    "score_function_gradient": (
        "Where f is constant the average over many draws must be 0. And f needs no slope: with one that first rounds "
        "its input to whole numbers, the result must still be a gradient.",
        "Leave the sample where it fell and move the parameters under it: which function of them says how fast it "
        "becomes likelier? What does it average to, and what may therefore be taken off f?",
        "A sibling: a coin with chance p = 0.3 pays 5 for heads, else 2. The log-probability of what fell has the "
        "slope 0.7 / 0.21 = 3.3333 or −0.3 / 0.21 = −1.4286. Times pay, on average: 0.3 · 5 · 3.3333 − 0.7 · 2 · "
        "1.4286 = 3, which is 5 − 2.",
    ),
    "sgvb_a": (
        "Give the model its exact posterior as encoder, and change nothing but the noise: the value must stay where "
        "it is, up to rounding.",
        "Three log-densities are asked about one and the same z. Which of them are counted in its favour, and which "
        "one is what the encoder itself said of it?",
        "A sibling: the KL of an exponential q of rate 2 to one of rate 1, from draws of q. At 0.4 the log-ratio is "
        "log 2 − 0.8 + 0.4 = 0.2931, at 0.9 it is −0.2069. The mean is 0.0431, and over all draws 0.1931: one draw of "
        "a KL may well be negative.",
    ),
    "sgvb_b": (
        "Average over very many noises: it must come to what the estimator before it comes to. And where the decoder "
        "ignores z, two noises must give the same.",
        "Of which part do you know the average without any draw? And does that part still have an axis of samples?",
        "A sibling: the average of z² + cos z, with mean 0.5 and sigma 0.4, from the draws 0.2 and 0.9. The first "
        "part needs no draws: 0.25 + 0.16 = 0.41. The second: (0.9801 + 0.6216) / 2 = 0.8008. Together 1.2108.",
    ),
}

PREDICTIONS = {
    "score_variance_in_100_dimensions": Prediction(
        "f is minus the squared distance from z to a point 1 away from the mean in every dimension. From one draw, "
        "the score estimate of the slope by the first mean has variance 30 in 1 dimension. In 100 dimensions it has",
        ("still 30", "about 3,000", "about 40,000"),
        2,
        "A hundred times the dimensions, a hundred times the noise: that seems generous. But the size of f itself "
        "grows with the number of dimensions, a variance grows with its square, and all of it multiplies a score that "
        "only knows the first.",
    ),
    "which_is_noisier": Prediction(
        "f = cos 3z at mu = 0.3 and sigma = 1. Which estimate of the slope by mu varies more from draw to draw?",
        ("the one by the path", "the one by the score", "neither: they vary alike"),
        0,
        "“Reparameterized means low variance” is easily learned as a rule. But the path sees the slope of f, which is "
        "steep here, and the score sees its height, which is never more than 1. The path varies nine times as much.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "reparameterize": {
        "variance_as_scale": "std_from_logvar",
        "half_outside": "std_from_logvar",
        "logvar_as_scale": "std_from_logvar",
        "log_sigma_as_scale": "std_from_logvar",
        "halved_twice": "std_from_logvar",
        "softplus_scale": "std_from_logvar",
        "divided_by_sigma": "std_from_logvar",
    },
    "sample_posterior": {
        "rows_share": "sample_joint",
        "uniform_noise": "sample_joint",
        "frozen_seed": "sample_joint",
        "variance_as_scale": "std_from_logvar",
        "half_outside": "std_from_logvar",
        "logvar_as_scale": "std_from_logvar",
        "drawn_and_cut": "reparameterize",
        "mean_detached": "reparameterize",
        "sigma_detached": "reparameterize",
        "noise_forgotten": "reparameterize",
        "mean_scaled_too": "reparameterize",
        "scale_forgotten": "reparameterize",
    },
    "pathwise_gradient": {
        "by_log_sigma": "std_from_logvar",
        "by_variance": "std_from_logvar",
        "sigma_detached": "reparameterize",
        "variance_as_scale": "reparameterize",
        "mean_scaled_too": "reparameterize",
    },
    "score_function_gradient": {
        "normaliser_lost": "gaussian_log_likelihood",
        "f_of_the_noise": "reparameterize",
        "by_log_sigma": "pathwise_gradient",
        "by_sigma": "pathwise_gradient",
        "by_variance": "pathwise_gradient",
    },
    "sgvb_a": {
        "log_q_added": "elbo_monte_carlo",
        "prior_missing": "elbo_monte_carlo",
        "log_q_missing": "elbo_monte_carlo",
        "log_of_the_average": "elbo_monte_carlo",
        "constant_of_the_prior_missing": "elbo_monte_carlo",
        "averaged_over_dimensions": "elbo_monte_carlo",
        "logvar_for_log_sigma": "std_from_logvar",
        "constant_of_q_missing": "kl_monte_carlo",
        "density_with_the_variance": "kl_monte_carlo",
        "log_q_at_the_mean": "kl_monte_carlo",
        "reconstruction_a_pixel": "bernoulli_log_likelihood",
        "sampled_with_the_variance": "reparameterize",
        "noise_as_code": "reparameterize",
        "all_at_the_mean": "reparameterize",
        "sample_detached": "reparameterize",
        "sigma_detached": "reparameterize",
    },
    "sgvb_b": {
        "kl_added": "reconstruction_and_kl",
        "kl_missing": "reconstruction_and_kl",
        "log_of_the_average": "reconstruction_and_kl",
        "prior_twice": "reconstruction_and_kl",
        "kl_a_dimension": "gaussian_kl",
        "twice_the_kl": "gaussian_kl",
        "kl_turned_round": "gaussian_kl",
        "kl_without_minus_one": "gaussian_kl",
        "kl_with_the_variance": "gaussian_kl",
        "reconstruction_a_pixel": "bernoulli_log_likelihood",
        "sampled_with_the_variance": "reparameterize",
        "noise_as_code": "reparameterize",
        "sample_detached": "reparameterize",
        "sigma_detached": "reparameterize",
        "mean_detached": "reparameterize",
    },
}
