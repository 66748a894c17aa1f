"""Hints and predictions of stage 02, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "elbo_exact": (
        "Put q equal to the posterior: the answer must be log p(x), for any joint.",
        "Two logs are averaged under q. One is of the joint; which other quantity is logged, and with which sign?",
        "A sibling: the entropy of q = (1/4, 1/2, 1/4) is an average of −log q under q itself: 0.25 · 1.3863 + 0.5 · 0.6931 + "
        "0.25 · 1.3863 = 1.0397. A fourth state of chance 0 would add 0 to it.",
    ),
    "derivation_deck": (
        "Read each card as a number on the three-state model of the lesson: which cards give −0.7765, and which give less?",
        "Exactly one step can lose something. Which operation changes places with which average there?",
        "A sibling: for the weights 1 and 9, log of the mean = log 5 = 1.609 and mean of the logs = 1.099. The first line is '=', because "
        "it is what a mean is; the second is '>=', because log bends.",
    ),
    "derivation": (
        "Run your lines on one model and print their totals: neighbours joined by '=' must agree to all digits, on every model.",
        "Which is the last of your lines that is still log p(x), and what is the line below it worth at q = posterior?",
        "A sibling: the chain of three lines above your card. Its first step drops an average of log p(z), which is never positive, so it is a "
        "bound; its second one only says that the log of a product is a sum of logs, so it is an equality: −0.6841, −1.8617, −1.8617.",
    ),
    "reconstruction_and_kl": (
        "First minus second must be the bound. With one sample in K all alike, both are what that sample says.",
        "Which axis holds the samples of one data point, and have the samples been weighted by q already when they were drawn?",
        "A sibling: [[1, 2], [3, 4]] with samples on the first axis averages to (2, 3).",
    ),
    "evidence_gap": (
        "It is never negative, it is 0 at the posterior, and adding a constant to the log joint does not change it.",
        "Two numbers of this stage differ by it. One knows q, the other does not.",
        "A sibling: the three states of the lesson have log p(x) = −0.7765 and the bound −0.8220 there, and the gap between them is 0.0455.",
    ),
    "elbo_monte_carlo": (
        "When log q is the log of the posterior, every sample gives the same number. Which one?",
        "Each z belongs to one x. What is asked about it, three times, and which of the three is taken away?",
        "A sibling: a coin of chance 0.3 pays 5 or else 2. Thrown four times as 1, 0, 0, 0 its average is 2.75; nobody multiplies by 0.3 "
        "again, since the throws came with their chances already.",
    ),
    "fit_posterior": (
        "Your q may never score above the evidence of the same grid. Print both: if it does, q does not sum to 1 over the grid.",
        "Which numbers does the optimiser move, and is it told to go up or down? Do the rows share anything that they should not?",
        "A sibling: to climb −(a − 3)² by Adam, make a a tensor with requires_grad, and in each of 300 steps clear the gradient, call backward on "
        "(a − 3)², and step. From a = 0 at rate 0.05 it ends at 3.00.",
    ),
    "linear_gaussian_encoder": (
        "At x = 0 the mean must be 0, doubling x doubles the mean, and no x changes the spread.",
        "Two facts about z meet: the prior's precision is 1 in each direction. What does the likelihood add, and which entry of the sum "
        "says how sharp one code is when the others are held?",
        "A sibling: with one code, x given z is N(z, 0.5) and x = 1.5. The precisions add to 1 + 2 = 3, so the variance is 1/3, and the mean is "
        "2 · 1.5 / 3 = 1.",
    ),
}

PREDICTIONS = {
    "a_free_code": Prediction(
        "Take q to be the prior itself, so that its KL to the prior, the second term, is 0. The bound is then",
        ("at its best: equal to log p(x)", "almost 2 nats below log p(x)", "above log p(x)"),
        1,
        "The gap is a KL too, so it is easily taken for the one in the formula. It is the KL to the posterior, and that is not 0 here.",
    ),
    "one_bump_or_the_middle": Prediction(
        "A posterior has two equal, narrow bumps. The best single Gaussian under the bound",
        ("lies wide over both", "sits on one bump and ignores the other", "sits in the middle, narrow"),
        1,
        "Covering everything feels fair. But q pays for every place where it puts mass and p has none: it may leave out a bump, and it may not "
        "cover the valley.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "reconstruction_and_kl": {
        "weighted_by_q": "log_evidence_monte_carlo",
        "weighted_by_normalised_q": "log_evidence_monte_carlo",
    },
    "evidence_gap": {
        "largest_joint_for_evidence": "log_evidence_grid",
        "sum_of_logs_for_evidence": "log_evidence_grid",
        "evidence_without_its_log": "log_evidence_grid",
        "posterior_not_normalised": "posterior_grid",
        "normalised_over_rows": "posterior_grid",
        "entropy_lost": "elbo_exact",
        "plain_mean_of_log_ratios": "elbo_exact",
        "plain_sum_of_log_ratios": "elbo_exact",
        "nan_from_empty_states": "elbo_exact",
        "floor_under_q": "elbo_exact",
    },
    "derivation": {
        "starts_without_the_prior": "log_joint",
        "starts_with_the_log_inside": "log_evidence_grid",
        "log_q_lost": "elbo_exact",
        "ends_without_log_q": "elbo_exact",
        "plain_mean_over_states": "elbo_exact",
        "logs_summed_without_weights": "elbo_exact",
        "logs_averaged_under_the_posterior": "elbo_exact",
        "kl_added": "reconstruction_and_kl",
        "kl_dropped_as_an_equality": "reconstruction_and_kl",
        "equality_at_jensens_step": "derivation_deck",
        "bound_at_the_split": "derivation_deck",
        "bound_where_q_comes_in": "derivation_deck",
        "log_inside_the_sum": "derivation_deck",
        "ratio_upside_down": "derivation_deck",
        "gap_is_the_kl_to_the_prior": "evidence_gap",
        "gap_with_its_roles_exchanged": "evidence_gap",
        "gap_subtracted": "evidence_gap",
    },
    "elbo_monte_carlo": {
        "prior_left_out": "log_joint",
        "prior_averaged_over_dimensions": "log_joint",
        "prior_of_everything": "log_joint",
        "prior_constant_lost": "log_joint",
        "prior_constant_once": "log_joint",
        "prior_half_lost": "log_joint",
        "prior_as_wide_as_the_noise": "log_joint",
        "prior_without_its_log": "log_joint",
        "log_q_left_out": "elbo_exact",
        "log_q_with_a_plus": "elbo_exact",
        "samples_weighted_by_q": "reconstruction_and_kl",
        "samples_weighted_by_scaled_q": "reconstruction_and_kl",
        "log_of_the_mean_weight": "reconstruction_and_kl",
    },
    "fit_posterior": {
        "prior_not_climbed": "log_joint",
        "density_times_spacing": "posterior_grid",
        "normalised_over_the_batch": "posterior_grid",
        "entropy_not_climbed": "elbo_exact",
        "entropy_with_the_wrong_sign": "elbo_exact",
        "grid_without_weights": "elbo_exact",
        "likelihood_alone": "reconstruction_and_kl",
        "moments_of_the_posterior": "evidence_gap",
    },
    "linear_gaussian_encoder": {
        "sigma_not_squared": "linear_gaussian_evidence",
        "added_to_every_entry": "linear_gaussian_evidence",
        "centred_batch": "linear_gaussian_evidence",
        "marginal_spread": "evidence_gap",
    },
}
