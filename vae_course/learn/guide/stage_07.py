"""Hints and predictions of stage 07, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "log_weights": (
        "Give the model its exact posterior as encoder: all samples of a picture must then have one and the same "
        "weight, whatever the noise, and its log is log p(x).",
        "Three densities are asked about the same point. Two of them make a joint; what does the third one have to do "
        "with how often this point is drawn? And is the point the noise, or what became of it?",
        "A sibling: a wheel shows 1, 2, 3 with chances 0.5, 0.3, 0.2, and averages under even chances are wanted. A "
        "draw of 1 has the log-weight −0.4055, a 2 has 0.1054 and a 3 has 0.5108. Over many draws the weights "
        "themselves average to 0.5 · 0.6667 + 0.3 · 1.1111 + 0.2 · 1.6667 = 1.",
    ),
    "iwae_bound": (
        "Add 1,000 to every log-weight: the bound must rise by 1,000, and not become infinite. Samples in another "
        "order change nothing, and no picture hears of another one. One sample gives back its own log-weight.",
        "In which order do mean and log come? Over which axis is the mean? And what can be taken out first, so that "
        "nothing that is exponentiated is large?",
        "A sibling: sounds of 90 and 94 decibels, ten times the logs to base 10 of their powers. The mean power is "
        "92.4451 decibels, and the mean of the decibels 92. Nobody needs 10 to the power 9.4 for it: relative to the "
        "louder one, the powers are 0.3981 and 1, their mean 0.6991, which is −1.5549 decibels.",
    ),
    "effective_sample_size": (
        "K equal weights give K. One weight that dwarfs all others gives 1. Add any number to all logs of a picture, "
        "1,000 or −1,000: nothing changes.",
        "A common factor of the weights cancels: which one do you choose, so that no exp runs over? And which of the "
        "two, above or below the line, is squared one by one?",
        "A sibling: parties with 50, 30 and 20 per cent of the votes. Two voters agree with chance 0.25 + 0.09 + 0.04 "
        "= 0.38, so this is as varied as 1 / 0.38 = 2.6316 equal parties.",
    ),
    "log_evidence": (
        "If the encoder is the exact posterior, the answer is log p(x) for every K and every chunk, also where the "
        "last chunk is smaller. The decoder must never see more than one chunk at a time.",
        "What does a chunk have to hand on, so that its samples may be forgotten? And what is the total divided by in "
        "the end: by what one chunk holds, by how many chunks there were, or by something else?",
        "A sibling: seven marks, read three at a time: 2, 5, 6, then 4, 1, 3, then 7. The sums 13, 8, 7 give 28 / 7 = "
        "4. The mean of the three means is 4.6667. On a log scale, 0 and 1 add up to 1.3133, and this and 2 to 2.4076.",
    ),
    "iwae_loss": (
        "With one sample it must be minus estimator A of stage 04, averaged over the pictures. Every picture twice: "
        "nothing changes.",
        "A loss falls when the model gets better. At which moment do different pictures meet, before a log or after "
        "it?",
        "A sibling: two pictures with log-weights −2, −4, −3 and −5, −5.5, −8 have the bounds −2.6910 and −5.5940. "
        "Training makes 4.1425 smaller.",
    ),
    "gradient_snr": (
        "Double all gradients, or turn all their signs: nothing changes. Repeat everything twice as often: it stays "
        "about where it was.",
        "Every column belongs to one parameter. What is repeated along the other axis, and what do mean and spread of "
        "it tell?",
        "A sibling: a scale shows 2, 4 and 9 grams for the same letter. Mean 5, standard deviation 3.606: the letter "
        "weighs 1.387 times what the scale wobbles. In milligrams it is 1.387 too.",
    ),
    "doubly_reparameterized_gradient": (
        "With the exact posterior as encoder it must be 0, for every noise. Elsewhere, averaged over very many "
        "noises, it must agree with the ordinary gradient.",
        "A log-weight hears of the encoder in two ways: by where the code lies, and by how dense q is there. Which of "
        "the two is followed here? And how does the code move when logvar does?",
        "A sibling with one sample: q = N(1, 1), p = N(0, 1), so log w = log p(z) − log q(z). At z = 1.5 the slopes "
        "by z are −1.5 and −0.5. The ordinary slope by the mean is −1.5, as q moves along with z; by the path alone "
        "it is −1.5 + 0.5 = −1. At z = 0.2 the two are −0.2 and −1: the path alone says the same for every draw.",
    ),
    "bound_is_sound": (
        "A program reports one number and trains on another. For some weights you know what the report must be: all "
        "equal, a single sample, all of them raised by 1,000. For which weights would a broken one still be right?",
        "A loss may have another value than the report and still train well. What must it have in common with minus "
        "the bound, for every single weight? And how does one ask a function for that?",
        "A sibling: a program fits one number a to 1, 2 and 6 by least squares. The loss a² − 6a trains as it should: "
        "at a = 0 its slope is −6, like that of the mean squared error. As a report it would flatter: it says 0 "
        "there, and the error is 13.6667.",
    ),
}

PREDICTIONS = {
    "single_estimate_above": Prediction(
        "On the Line, where log p(x) is known exactly, one code is drawn from q, and its log-weight is an estimate of "
        "the ELBO from one sample. It comes out above log p(x). What does that mean?",
        ("there is a bug: a lower bound cannot lie above", "nothing: it happens in about half of all draws",
         "rare bad luck: it happens once in a hundred draws or so"),
        1,
        "“Lower bound” sounds as if it held each time. It holds for the average over draws; a single one scatters "
        "around it, and by more than the gap.",
    ),
    "encoder_signal": Prediction(
        "The IWAE bound is trained with K = 64 samples in place of 4. An encoder weight's gradient has a mean and, "
        "over repeated draws, a standard deviation. Their ratio, the signal-to-noise ratio, becomes",
        ("about four times as large", "no different", "about a quarter"),
        2,
        "A tighter bound sounds better for everybody. But the more samples there are, the less it matters which "
        "encoder drew them: the gradient's mean falls like 1 / K, its spread only like the root of that.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "log_weights": {
        "sampled_with_the_variance": "std_from_logvar",
        "variance_everywhere": "std_from_logvar",
        "logvar_for_log_sigma": "std_from_logvar",
        "likelihood_a_pixel": "bernoulli_log_likelihood",
        "noise_as_code": "reparameterize",
        "sample_detached": "reparameterize",
        "log_q_missing": "sgvb_a",
        "prior_missing": "sgvb_a",
        "log_q_added": "sgvb_a",
        "likelihood_only": "sgvb_a",
        "constant_of_q_missing": "sgvb_a",
        "constant_of_the_prior_missing": "sgvb_a",
        "density_of_the_noise": "sgvb_a",
        "density_with_the_variance": "sgvb_a",
        "log_q_at_the_mean": "sgvb_a",
        "averaged_over_dimensions": "sgvb_a",
    },
    "iwae_bound": {
        "mean_of_the_logs": "log_evidence_monte_carlo",
        "sum_for_mean": "log_evidence_monte_carlo",
        "log_K_added": "log_evidence_monte_carlo",
        "logarithm_divided_by_K": "log_evidence_monte_carlo",
        "K_subtracted": "log_evidence_monte_carlo",
        "largest": "log_evidence_monte_carlo",
        "naive": "log_evidence_monte_carlo",
        "patched": "log_evidence_monte_carlo",
        "one_largest_for_all": "log_evidence_monte_carlo",
    },
    "effective_sample_size": {
        "naive": "iwae_bound",
        "one_largest_for_all": "iwae_bound",
        "mean_taken_away": "iwae_bound",
        "weightless_as_one": "iwae_bound",
    },
    "log_evidence": {
        "uniform_noise": "sample_posterior",
        "noise_shared_by_images": "sample_posterior",
        "seed_set_inside": "sample_posterior",
        "without_noise": "reparameterize",
        "log_q_missing": "log_weights",
        "prior_missing": "log_weights",
        "log_q_added": "log_weights",
        "likelihood_only": "log_weights",
        "closed_form": "log_weights",
        "elbo": "iwae_bound",
        "log_K_missing": "iwae_bound",
        "largest": "iwae_bound",
        "mean_of_the_chunks": "iwae_bound",
        "weights_added": "iwae_bound",
    },
    "iwae_loss": {
        "sample_detached": "reparameterize",
        "closed_form": "log_weights",
        "log_q_missing": "log_weights",
        "prior_missing": "log_weights",
        "log_q_added": "log_weights",
        "likelihood_only": "log_weights",
        "elbo": "iwae_bound",
        "surrogate": "iwae_bound",
        "log_K_missing": "iwae_bound",
        "one_log_for_all": "iwae_bound",
        "naive": "iwae_bound",
        "patched": "iwae_bound",
    },
    "gradient_snr": {
        "standard_error": "kl_monte_carlo",
    },
    "doubly_reparameterized_gradient": {
        "half_lost": "pathwise_gradient",
        "with_respect_to_sigma": "pathwise_gradient",
        "noise_forgotten": "pathwise_gradient",
        "path_with_the_variance": "pathwise_gradient",
        "naive_shares": "effective_sample_size",
        "shares_of_the_whole_table": "effective_sample_size",
    },
    "bound_is_sound": {
        "expects_a_sum": "iwae_bound",
        "expects_a_sum_beside_the_slope": "iwae_bound",
        "expects_a_sum_alone": "iwae_bound",
        "expects_the_elbo": "iwae_bound",
        "expects_the_elbo_beside_its_slope": "iwae_bound",
        "expects_the_elbo_alone": "iwae_bound",
    },
}
