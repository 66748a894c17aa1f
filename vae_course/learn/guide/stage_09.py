"""Hints and predictions of stage 09, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "noise": (
        "At a step where nothing has been lost yet the state is x_0 itself, and where everything has been lost it is the "
        "noise. Each row has a step of its own, and the other rows do not hear of it.",
        "If x_0 and the noise both have variance 1, which variance should the state have, at every step? What does that say of the "
        "squares of your two factors?",
        "A sibling: 0.36 of the variance is left, and 0.64 has come in. Then 5 and the noise −1 make 0.6 · 5 + 0.8 · (−1) = 2.2, and "
        "0.36 + 0.64 = 1.",
    ),
    "prior_end": (
        "It must be 0 when nothing is left of x_0, and rise as x_0 moves away from 0, in either direction. The way to the end "
        "does not matter.",
        "Which mean and which variance has the last state, given x_0? Stage 03 charges for both. Does its function take a "
        "standard deviation, a variance, or a logarithm?",
        "A sibling: a code with mean 0.8 and variance 0.91 costs (0.64 + 0.91 − 1 − log 0.91) / 2 = 0.3222 nats beside N(0, 1). "
        "Of that the variance alone would cost 0.0022.",
    ),
    "reverse_posterior": (
        "Where no noise came in at all, at the root of alpha_bar[t] times x_0, the mean is the root of alpha_bar[t − 1] times x_0. The "
        "variance knows neither x_0 nor the state, and it is below that of either witness alone.",
        "Which two facts about the state before meet here, where is each of them centred, and how sure is each? And which form of the "
        "answer divides by nothing that is 0 at the first step?",
        "A sibling: N(1, 0.5) meets N(2, 0.25). The precisions are 2 and 4, together 6. The mean is (2 · 1 + 4 · 2) / 6 = 1.6667, the "
        "variance 0.1667.",
    ),
    "step_kl": (
        "It is 0 when the guess is x_0, four times as large when the guess is twice as far off, and the same for every x_t.",
        "What survives of the KL between two Gaussians of stage 03 when their variances agree? And how much of an error in x_0 "
        "reaches the mean of the state before?",
        "A sibling: two Gaussians with the means 1 and 1.4 and the variance 0.5. The distance squared is 0.16, and the KL 0.16 / 1 = "
        "0.16 nats, as twice the variance is 1.",
    ),
    "diffusion_bound": (
        "With a guess that is always right, nothing is left but the two ends, and the noise does not matter. With a single step there "
        "is no sum.",
        "How many terms of each kind are there? Which state does the guess see in each, which noise is in it, and which term stands "
        "for the step at t = 1?",
        "A sibling with two latent states: log p(x_0|x_1) comes out as −1.2, the KL of the step from x_2 to x_1 as 0.4, the "
        "one at the end as 0.1. The bound is −1.2 − 0.4 − 0.1 = −1.7.",
    ),
    "noise_weight": (
        "A step in which the SNR does not fall costs nothing. One in which it falls to a half costs half a nat for a squared error "
        "of 1, wherever on the path it lies.",
        "If the noise is off, by how much is x_0 off, for the same state? What does the KL charge for that?",
        "A sibling: in a shadow twice as small as its object an error of 0.1 in the shadow is one of 0.2 in the object. If the object's "
        "squared error costs 3 for each unit, the shadow's costs 12.",
    ),
    "simple_loss": (
        "It is 0 when the guess is the noise that was drawn. Every row twice: nothing changes. Every dimension twice: it "
        "doubles.",
        "What does the network see, and what is it compared with? Over which axis is the sum, and over which the mean?",
        "A sibling: two rows are off by (1, 2) and by (0, 3). Their squared lengths are 5 and 9, so the loss is 7.",
    ),
    "sample_chain": (
        "A guess that is always the same pulls every chain there, whatever the noise on the way. Other noise for x_0 moves the "
        "sample by that noise, scaled, and by nothing else.",
        "In which order do the steps come, and which of them is different? What is known of the state before, once the guess is "
        "believed: where does it lie, and how far does it scatter?",
        "A sibling: a guess of 2 for everything, and a step back whose mean is 0.7 · 2 + 0.3 · x, with the variance 0.04. From x = 1 and "
        "the noise −1 it leads to 1.7 − 0.2 = 1.5.",
    ),
}

PREDICTIONS = {
    "exact_reverse": Prediction(
        "The data are one-dimensional and Gaussian. A chain of only T = 5 steps is undone by Gaussian steps, each with the best mean "
        "and the exact variance of q(x_{t−1}|x_t). How far does the bound lie below log p(x_0), on average?",
        ("a lot: five steps are far too few", "a little: a few hundredths of a nat", "not at all"),
        2,
        "Few steps sound crude. But for Gaussian data every step back is itself Gaussian, however long it is, and a model that has it "
        "exactly has the chain for its posterior. Long chains are for data that are not Gaussian.",
    ),
    "ten_times_steps": Prediction(
        "The same data, and the same best means, but now each step back has the variance of the step forward, β. The path "
        "of 1,000 steps is thinned to T of them. From T = 10 to T = 100 the gap between log p(x_0) and the bound becomes",
        ("no smaller: only the path counts", "smaller by a factor of about ten", "smaller by a factor of about a hundred"),
        1,
        "A single step loses about a hundred times less when it is ten times as short, which tempts to the last answer. But there "
        "are ten times as many of them.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "noise": {
        "along_the_columns": "shift",
        "variances_as_scales": "reparameterize",
        "noise_without_a_root": "reparameterize",
        "noise_taken_away": "reparameterize",
        "own_noise": "reparameterize",
    },
    "prior_end": {
        "deviation_as_variance": "std_from_logvar",
        "variance_as_deviation": "std_from_logvar",
        "variance_as_logvar": "std_from_logvar",
        "mean_without_a_square": "gaussian_kl",
        "variance_left_out": "gaussian_kl",
        "mean_left_out": "gaussian_kl",
        "half_missing": "gaussian_kl",
        "mean_over_dimensions": "gaussian_kl",
        "other_way_round": "gaussian_kl",
        "rows_added_up": "gaussian_kl",
        "negated": "gaussian_kl",
        "mean_not_scaled": "noise",
        "mean_without_a_root": "noise",
        "variance_of_the_signal": "noise",
    },
    "reverse_posterior": {
        "equal_weights": "linear_gaussian_encoder",
        "weighted_by_variance": "linear_gaussian_encoder",
        "not_normalised": "linear_gaussian_encoder",
        "variances_added": "linear_gaussian_encoder",
        "precision_of_xt_itself": "linear_gaussian_encoder",
        "root_missing_at_x0": "noise",
        "root_missing_at_xt": "noise",
        "columns_for_rows": "noise",
        "one_step_early_both": "noise",
    },
    "step_kl": {
        "half_the_error": "gaussian_kl_between",
        "no_half": "gaussian_kl_between",
        "averaged_over_dimensions": "gaussian_kl_between",
        "divided_by_the_deviation": "gaussian_kl_between",
        "not_divided": "gaussian_kl_between",
        "not_squared": "gaussian_kl_between",
        "another_variance": "gaussian_kl_between",
        "divided_by_the_step": "reverse_posterior",
        "guess_as_the_mean": "reverse_posterior",
    },
    "diffusion_bound": {
        "constants_missing": "gaussian_log_likelihood",
        "variance_as_sigma": "gaussian_log_likelihood",
        "steps_added": "sgvb_b",
        "end_added": "sgvb_b",
        "sigma_of_the_signal": "noise",
        "walked": "noise",
        "end_sampled": "prior_end",
        "kl_at_the_first_step": "reverse_posterior",
        "weights_missing": "step_kl",
    },
    "noise_weight": {
        "weight_one_step_early": "noise",
        "weight_without_half": "step_kl",
        "variance_of_the_forward_step": "step_kl",
        "half_of_snr": "step_kl",
        "steps_changed": "step_kl",
        "weight_of_roots": "step_kl",
        "ratio_of_alpha_bars": "step_kl",
    },
    "simple_loss": {
        "absolute": "gaussian_log_likelihood",
        "length_of_the_error": "gaussian_log_likelihood",
        "mean_of_everything": "negative_elbo",
        "sum_of_everything": "negative_elbo",
        "one_for_each_row": "negative_elbo",
        "noise_on_top": "noise",
    },
    "sample_chain": {
        "last_noise_not_scaled": "reparameterize",
        "last_noise_by_its_variance": "reparameterize",
        "scaled_by_the_variance": "reparameterize",
        "noise_of_its_own": "reparameterize",
        "begun_at_zero": "generate",
        "begun_too_narrow": "prior_end",
        "scaled_by_the_step_forward": "reverse_posterior",
        "no_noise_inside": "reverse_posterior",
        "jumped_from_the_guess": "reverse_posterior",
        "guess_as_the_next_state": "reverse_posterior",
        "last_noise_left_out": "diffusion_bound",
    },
}
