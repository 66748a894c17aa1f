"""Hints and predictions of stage 08, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "ConditionalVAE": (
        "Change the label and nothing else: the code's mean must change, and so must the logits of one and the same z. Two rows "
        "swapped with their labels give two outputs swapped.",
        "Which networks must hear of y, and with how many inputs? And where z has more axes in front than y, what has to be done "
        "before the two can be joined?",
        "A sibling: a layer takes 3 measurements of a plant, and whether it is a herb or a tree, as (1, 0) or (0, 1). It has 5 inputs. Plants "
        "measured 4 times, as a table of 4 by 100 rows of 3, need their kinds as 4 by 100 rows of 2.",
    ),
    "conditional_elbo": (
        "Where q is the prior of the class, nothing is charged, and the bound is the log-likelihood itself, even far from the origin.",
        "Which of the KLs of stage 03 has a mean and a log-variance on both sides? And does it raise or lower the bound?",
        "A sibling: a picture with log p(x|z, y) = −10 on average, and q = N(0.5, 0.25), where the class has N(1, 0.5): ½ (log 2 + (0.25 + 0.25) / 0.5 "
        "− 1) = 0.3466 nats, so the bound is −10.3466. With N(0, 1) as the prior it would be −10.4431.",
    ),
    "class_posterior": (
        "Rows add up to 1. Add the same number to all classes of a picture, 1,000 or −1,000: nothing changes. Where all classes explain "
        "a picture equally well, the answer is the prior.",
        "What multiplies p(x|y) in Bayes' rule, and what is that on the scale of logs? What takes care of the sum below the line?",
        "A sibling, the urns of stage 01: p(z = 1) = 0.3, and a red ball has the chance 0.2 or 0.9. So 0.7 · 0.2 = 0.14 and 0.3 · 0.9 = 0.27, "
        "and after a red ball it is the second urn with probability 0.27 / 0.41 = 0.6585.",
    ),
    "label_information": (
        "Where all classes explain a picture equally well, its label tells 0 nats. No picture tells more than −log p(y) of its own "
        "label. Add a number to a whole row: nothing changes.",
        "The same picture, with its label and without it: which two numbers are compared? Over what is the second one a sum, and "
        "with which weights?",
        "A sibling: two urns, equally frequent, give red with 0.2 and 0.9. A red ball has p = 0.55. To know that it came from the second "
        "one adds log 0.9 − log 0.55 = 0.4925 nats; from the first, −1.0116: a label can mislead.",
    ),
    "linear_probe": (
        "The prediction of a new row stays when other new rows are added, taken away or made enormous. Measure a feature in other units, in all "
        "rows: nothing changes.",
        "Which numbers are learnt from rows here, apart from the weights of the classifier? From which rows may they come?",
        "A sibling: known rows 1 and 3 have the mean 2 and the standard deviation 1, so a new 5 becomes 3, and it stays 3 if a new 100 "
        "stands beside it.",
    ),
    "neighbour_vote": (
        "With one neighbour, a known row gets its own label back. Move all rows, known and new, by the same amount: nothing changes. Another new row "
        "does not matter.",
        "Between which two sets are distances taken, and how many of them does each new row keep? Is it labels that are counted, or "
        "distances?",
        "A sibling: known points 0, 1, 5, 6, 7 with the labels a, a, b, b, b. The nearest three of 2 are 1, 0 and 5: two votes for a, one for b.",
    ),
    "anomaly_score": (
        "What the model finds less likely scores higher. With one sample and averaged over many noises it is minus the ELBO; with the exact "
        "posterior as encoder it is minus log p(x), whatever the noise.",
        "Which number of stage 07 belongs to a picture, with K samples of it? And which sign makes a higher one the stranger?",
        "A sibling: the surprise of a throw. Chance ½ has −log ½ = 0.693, chance ¼ has 1.386 nats: the rarer, the higher.",
    ),
    "auroc": (
        "Take the log of all scores, or double them: nothing changes, since the order stays. Turn all signs: it becomes 1 minus what it was. "
        "All scores equal: one half.",
        "How many pairs of an odd and a normal picture are there, and in how many is the odd one above? What does a pair count that is equal?",
        "A sibling: two teams run. Reds take 12, 14 and 15 seconds, blues 13 and 15. Of six pairs the reds are faster in 12–13, 12–15 and "
        "14–15, and 15–15 is a draw: 3.5 / 6 = 0.5833.",
    ),
    "gumbel_softmax": (
        "Rows add up to 1. Whatever the temperature, the largest entry is the same one; the colder, the nearer it is to 1. Add a number to all "
        "logits: nothing changes.",
        "What becomes of a uniform number before it is added? And is the temperature applied before the two are added, or after?",
        "A sibling with logits 0 and 0, and uniforms 0.2 and 0.6: the noises are −0.4759 and 0.6717. At τ = 1 the second gets 0.7591, at "
        "τ = ½ already 0.9085.",
    ),
    "leave_one_out_gradient": (
        "Add a number to all values: nothing changes. All samples in the same state with the same value: the gradient is 0. Each row of "
        "it adds up to 0.",
        "For one sample: what is its value compared with, and may its own value be in there? And what is the slope of log q by the logits at "
        "the state that was drawn?",
        "A sibling with three values 6, 3 and 0. The others' means are 1.5, 3 and 4.5, so the advantages are 4.5, 0 and −4.5. Beside the mean of "
        "all three they would be 3, 0 and −3, too small by a third.",
    ),
    "mixture_log_prob": (
        "With one component it is that Gaussian. Two equal components with any weights are one. Far out, 100 away, it is very negative, and "
        "finite.",
        "In which order do sum, weight and log come? And over which axes is there a sum: over the dimensions of a code, and over what else?",
        "A sibling: two urns with weights 0.3 and 0.7 give a ball the chances 0.5 and 0.1. Its chance is 0.15 + 0.07 = 0.22, log −1.5141. "
        "The weighted mean of the logs, −1.8197, is another number.",
    ),
    "elbo_with_prior": (
        "With N(0, I) as prior it must be the average of your log-weights of stage 07. A prior that is lower by 1 nat everywhere lowers it by 1.",
        "Which three log-densities are taken at each sample, and which of them is another one than in stage 07? What is averaged at the end?",
        "A sibling with two samples: log-likelihoods −9 and −11, log p(z) −2 and −3, log q −1 and −1.5 make −10 and −12.5, and the bound "
        "is −11.25.",
    ),
}

PREDICTIONS = {
    "mean_image": Prediction(
        "A well trained VAE of digits gives a log p(x) to 360 unseen digits, and to one picture more: the average of all training digits, "
        "each of its pixels rounded to black or white. Beside the unseen digits the rounded average is",
        ("less likely than most", "somewhere in the middle", "more likely than most"),
        2,
        "“Probable” is heard as “realistic”, and nobody writes an average. But an average has every pixel on its likelier side, "
        "and each real digit has some on the other.",
    ),
    "label_and_kl": Prediction(
        "Two VAEs of digits are alike, but prior, encoder and decoder of the second see which digit it is, in training and after. Beside "
        "the first, its KL is",
        ("larger, since the encoder knows more", "about the same", "smaller"),
        2,
        "More input sounds like more information in the code. But KL is the price of what z has to tell the decoder, and the decoder knows "
        "the label already.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "ConditionalVAE": {
        "noise_forgotten": "reparameterize",
        "code_detached": "reparameterize",
        "times_the_variance": "std_from_logvar",
        "log_variance_one": "std_from_logvar",
        "prior_gives_sigma": "std_from_logvar",
        "encode_gives_variances": "std_from_logvar",
        "prior_in_a_list": "Encoder",
        "probabilities_from_decode": "Decoder",
    },
    "conditional_elbo": {
        "logvar_for_log_sigma": "std_from_logvar",
        "against_the_standard_prior": "gaussian_kl_between",
        "reverse": "gaussian_kl_between",
        "mean_over_dimensions": "gaussian_kl_between",
        "twice_the_kl": "gaussian_kl_between",
        "distance_without_its_unit": "gaussian_kl_between",
        "distance_in_the_unit_of_q": "gaussian_kl_between",
        "log_ratio_turned": "gaussian_kl_between",
        "one_missing": "gaussian_kl_between",
        "difference_of_two_prices": "gaussian_kl_between",
        "kl_added": "sgvb_b",
    },
    "class_posterior": {
        "prior_missing": "log_joint",
        "prior_subtracted": "log_joint",
        "prior_not_as_a_logarithm": "log_joint",
        "prior_twice": "log_joint",
        "joint": "posterior_grid",
        "over_the_batch": "posterior_grid",
        "shares_of_logarithms": "posterior_grid",
        "mean_with_the_prior": "posterior_grid",
        "multiplied_after_the_softmax": "posterior_grid",
        "written_out": "posterior_grid",
        "written_out_and_guarded": "posterior_grid",
        "largest_of_the_table": "posterior_grid",
    },
    "label_information": {
        "mean_of_logarithms": "log_evidence_monte_carlo",
        "against_the_best_class": "log_evidence_monte_carlo",
        "sum_written_out": "log_evidence_monte_carlo",
        "log_posterior_of_equal_classes": "class_posterior",
        "equal_weights": "class_posterior",
        "over_the_batch_of_images": "class_posterior",
    },
    "anomaly_score": {
        "at_the_mean": "reparameterize",
        "reconstruction_only": "log_weights",
        "price_of_the_code_only": "log_weights",
        "q_missing": "log_weights",
        "closed_form": "log_weights",
        "elbo_of_all_samples": "iwae_bound",
        "log_k_missing": "iwae_bound",
        "log_k_turned": "iwae_bound",
        "best_sample": "iwae_bound",
        "weights_written_out": "iwae_bound",
    },
    "gumbel_softmax": {
        "draws_its_own_noise": "reparameterize",
        "noise_of_the_first_row": "reparameterize",
        "logits_detached": "reparameterize",
        "exp_written_out": "effective_sample_size",
    },
    "leave_one_out_gradient": {
        "no_baseline": "score_function_gradient",
        "sum_over_samples": "score_function_gradient",
        "standardised_leads": "score_function_gradient",
        "in_the_probabilities": "score_function_gradient",
        "means_multiplied": "score_function_gradient",
        "baseline_at_the_mean_score": "score_function_gradient",
    },
    "mixture_log_prob": {
        "weights_as_factors": "log_joint",
        "weights_not_as_logarithms": "log_joint",
        "mean_of_logs": "log_evidence_monte_carlo",
        "best_part": "log_evidence_monte_carlo",
        "densities_written_out": "log_evidence_monte_carlo",
        "densities_with_a_floor": "log_evidence_monte_carlo",
        "variance_as_deviation": "std_from_logvar",
        "constant_missing": "gaussian_log_likelihood",
        "log_sigma_missing": "gaussian_log_likelihood",
        "mean_over_dimensions_of_z": "gaussian_log_likelihood",
    },
    "elbo_with_prior": {
        "sampled_with_the_variance": "std_from_logvar",
        "density_with_the_variance": "std_from_logvar",
        "prior_of_the_noise": "reparameterize",
        "prior_detached": "reparameterize",
        "bound_of_many": "sgvb_a",
        "sum_of_samples": "sgvb_a",
        "two_priors": "log_weights",
        "entropy_missing": "log_weights",
        "prior_left_out": "log_weights",
        "kl_turned": "log_weights",
        "prior_at_the_mean": "log_weights",
        "density_of_the_noise": "log_weights",
    },
}
