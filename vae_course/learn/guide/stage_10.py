"""Hints and predictions of stage 10, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "gauge_evidence": (
        "With a flip of ½ every picture of D pixels must get −D log 2, whatever the states. With every state there three times "
        "nothing changes.",
        "For one picture and one state, only one number matters: how many pixels differ. What happens to the chances of the "
        "states after that, and at which point may a logarithm be taken?",
        "A sibling: a word of 4 letters was AAAB or ABBB, as likely as not, and each letter is misread with chance 0.2. AABB "
        "differs from both in one letter: log(½ · 0.1024 + ½ · 0.1024) = −2.2789.",
    ),
    "impossible": (
        "Add 100 to both lists: nothing changes. Repeat every picture a hundred times: an average that is above the truth "
        "becomes more suspicious.",
        "Each bound has a partner, the evidence of the same picture. Which list of N numbers is the question about, and what is "
        "the spread of its mean?",
        "A sibling: two clocks, compared at 16 moments, differ by 0.6 seconds on average, with a standard deviation of 1. The "
        "mean has a standard error of 0.25, so 0.6 is 2.4 of them.",
    ),
    "capstone_faults": (
        "A sound part computes what its name says, for every input. Read part H with the alarm in mind: which term would have to "
        "be larger in size for the report to fall?",
        "For each part ask four things: over which axes is it summed or averaged, which of the encoder's outputs does it read and "
        "how, at which price, and on which files?",
        "A sibling script: `lr = 0.1 * epoch / steps` with 50 epochs of 20 steps. In the last epoch lr is 0.1 · 49 / 1000 = "
        "0.0049, a twentieth of what its author has in mind.",
    ),
    "capstone_split": (
        "Put the photographs of your three sets side by side: no number may appear twice. Put the places of the files side by "
        "side: each must appear once.",
        "What is shuffled and cut into three: the files, or the different numbers that occur in photo? And how does one get back "
        "from the chosen photographs to the places of their files?",
        "A sibling: letters of five families, in the order C, A, A, E, B, C, D. If A and C are chosen, the chosen letters are at "
        "the places 0, 1, 2 and 5.",
    ),
    "capstone_loss": (
        "With the whole batch twice nothing changes. With other noise kl stays as it is. At step 0 of a warm-up the loss is "
        "recon.",
        "Five parts of the script are in here. Which reduction has each term, how does logvar become a spread, and which of the "
        "three numbers knows the price?",
        "A sibling: two pictures cost 12 and 16 nats, their codes 3 and 5. A fifth of the warm-up is over: recon 14, kl 4, and "
        "loss 14 + 0.8 = 14.8.",
    ),
    "capstone_train": (
        "The same generator must lead to the same weights, and another one to others. Encoder and decoder must both have "
        "moved.",
        "Which five things happen in a step, in which order, and which of them need the generator? Which number decides how long "
        "the warm-up is?",
        "A sibling: 80 steps have a warm-up of 20. At step 5 the KL counts a quarter, at step 20 and ever after it counts in "
        "full.",
    ),
    "capstone_report": (
        "With one sample the two bounds are the same number and encoder_gap is 0. If the truth were a nat higher, only "
        "model_gap would grow.",
        "Draw three heights on a line: elbo, iwae, log p(x). Which piece would vanish if q were the posterior, and which one if "
        "the decoder were perfect?",
        "A sibling: two log-weights −3 and −5 of one picture have the mean −4, and the log of their mean weight is −3.5662. Where "
        "log p(x) is −3 the gaps are 0.4338 and 0.5662.",
    ),
    "factor_scores": (
        "Factors in another unit, or 3 added to all codes, old and new: nothing changes. A factor by itself has the same score "
        "as among others.",
        "Which of the four tables decide on the readout, and which ones on its error? Whose mean is the one that knows "
        "nothing?",
        "A sibling: a thermometer is read by a line that was drawn last year. On this year's 2, 4 and 9 degrees it says 3, 4 and "
        "7: squared errors 1 + 0 + 4 = 5, spread 9 + 1 + 16 = 26, score 0.8077.",
    ),
}

PREDICTIONS = {
    "one_repair": Prediction(
        "In the script recon is averaged over 64 pixels, and nothing else is repaired but this: it is now added up. On fresh "
        "photographs, at full price, the ELBO of the trained model then is",
        ("better by some nats", "about the same", "worse by some nats"),
        2,
        "A repair sounds like an improvement. But another fault took 95 % off the price of the KL, and the two nearly cancelled: "
        "without the first, a nat of code costs a twentieth of its worth.",
    ),
    "held_out": Prediction(
        "All else is repaired, and now the split: no photograph is on both sides any more. The ELBO that the script finds on "
        "its test pictures",
        ("rises, since the model is sounder", "stays, within a tenth of a nat", "falls by a nat or so"),
        2,
        "A fault that flatters is repaired, and the number gets worse. The model is hardly another; only the pictures that it is "
        "tested on are now ones that it has not seen.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "gauge_evidence": {
        "states_added_up": "log_evidence_monte_carlo",
        "mean_of_the_logs": "log_evidence_monte_carlo",
        "log_S_added": "log_evidence_monte_carlo",
        "logarithm_divided": "log_evidence_monte_carlo",
        "written_out": "log_evidence_grid",
        "averaged_over_pixels": "bernoulli_log_likelihood",
        "lit_pixels_only": "bernoulli_log_likelihood",
        "states_as_logits": "bernoulli_log_likelihood",
        "chances_as_logits": "bernoulli_log_likelihood",
    },
    "impossible": {
        "spread_of_single_differences": "kl_monte_carlo",
        "divided_by_N": "kl_monte_carlo",
        "error_that_grows": "kl_monte_carlo",
    },
    "capstone_faults": {
        "h_is_sound": "beta_elbo",
        "c_is_sound": "kl_weight",
        "e_is_sound": "std_from_logvar",
        "e_is_cut": "reparameterize",
        "f_is_sound": "effective_beta",
        "f_squashes_twice": "bernoulli_log_likelihood",
        "i_is_sound": "iwae_bound",
        "i_lacks_log_K": "iwae_bound",
        "b_leaves_weights_out": "train_step",
        "d_shares_noise": "samples_are_fresh",
        "g_averages_latents": "gaussian_kl",
        "g_reads_it_wrongly": "std_from_logvar",
        "j_counts_the_wrong_way": "active_units",
    },
    "capstone_loss": {
        "pixel_mean": "negative_elbo",
        "latent_mean": "gaussian_kl",
        "variance_for_sigma": "std_from_logvar",
        "mean_code": "reparameterize",
        "noise_of_the_first_row": "sample_posterior",
        "kl_from_the_sample": "gaussian_kl",
        "summed_over_the_batch": "negative_elbo",
        "kl_taken_off": "negative_elbo",
        "recon_turned_round": "negative_elbo",
        "weight_on_recon": "beta_elbo",
        "no_warm_up": "kl_weight",
        "weight_without_end": "kl_weight",
        "never_full": "kl_weight",
        "no_steps_no_price": "kl_weight",
        "counted_from_one": "kl_weight",
        "squashed_twice": "bernoulli_log_likelihood",
        "kl_without_the_half": "gaussian_kl",
        "kl_by_log_sigma": "std_from_logvar",
        "sample_detached": "reparameterize",
    },
    "capstone_train": {
        "nothing_happens": "train_step",
        "decoder_only": "train_step",
        "encoder_only": "train_step",
        "uphill": "train_step",
        "a_single_step": "train_step",
        "gradients_pile_up": "train_step",
        "never_at_full_price": "kl_weight",
        "always_step_0": "kl_weight",
        "trained_on_pixel_means": "effective_beta",
        "without_noise": "reparameterize",
    },
    "capstone_report": {
        "iwae_is_the_mean_of_logs": "iwae_bound",
        "log_K_missing": "iwae_bound",
        "over_the_pictures": "iwae_bound",
        "one_log_for_all": "iwae_bound",
        "largest_weight": "iwae_bound",
        "log_q_missing": "log_weights",
        "likelihood_only": "log_weights",
        "elbo_in_closed_form": "log_weights",
        "sampled_with_the_variance": "std_from_logvar",
        "kl_averaged_over_latents": "gaussian_kl",
        "kl_from_samples": "gaussian_kl",
        "kl_turned_round": "gaussian_kl",
        "variance_over_latents": "active_units",
        "all_latents": "active_units",
        "deviation_for_variance": "active_units",
    },
}
