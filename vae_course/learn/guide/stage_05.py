"""Hints and predictions of stage 05, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "Encoder": (
        "The same x twice gives the same numbers, and a row by itself gives what it gave in its batch. With large "
        "weights, logvar must be far below 0 for some x and far above for others.",
        "Two results of one shape, each with a job of its own. Up to where may they share the work, and is there a "
        "number that one of the two may not be?",
        "A sibling: a layer with 5 inputs and 4 outputs is a net with two heads once its outputs are cut in pairs. "
        "With all weights 0 and biases 1, −2, 0.5, 3, every row gets the pairs (1, −2) and (0.5, 3).",
    ),
    "Decoder": (
        "With large weights your outputs must go far above 1 and far below 0. And codes of shape (K, B, Z) must "
        "become (K, B, D).",
        "A logit is not yet a probability. Who turns it into one, the network or the likelihood that is given its "
        "output?",
        "A sibling: a net for counts puts out the log of a rate, any number, and the Poisson likelihood does the "
        "rest. For the output 1.2 and the count 3 that is 3 · 1.2 − 3.3201 − 1.7918 = −1.5119, where 3.3201 is "
        "exp(1.2) and 1.7918 is log 6.",
    ),
    "VAE": (
        "The same x and noise twice give the same output. Noise of row i moves the logits of row i and nothing else, "
        "least of all mu.",
        "Which of the two networks may look at x? What goes into a code, and where does each part of it come from?",
        "A sibling: a thermometer whose error is an argument: its reading of 21 degrees with error 0.6, in units of "
        "half a degree, is 21.3 today and tomorrow. If it drew the error itself, no two readings could be compared.",
    ),
    "negative_elbo": (
        "Other order of rows: nothing changes. Every row twice: nothing changes. One more latent at mu = 0, logvar = "
        "0: nothing changes. One more pixel at logit 0: recon grows by 0.6931.",
        "Three kinds of things are gathered here: pixels, latents, pictures. Which of them are parts of one answer, "
        "and of which did you only happen to take so many?",
        "A sibling: two households pay 10, 12, 8 and 20, 18, 25 in three months. A household pays 30 or 63, on "
        "average 46.5. The mean of all six bills, 15.5, is the cost of a month: a third, and no longer comparable "
        "with a rent for the quarter.",
    ),
    "train_step": (
        "Every parameter of both networks moves. With plain gradient descent, set all parameters back and go again "
        "with the same noise: the second step must be exactly as long as the first.",
        "Four things happen in a fixed order, and the first step works even without one of them. Which one? And of "
        "which moment are the numbers that you report?",
        "A sibling: fit y = a x to the point (1, 2) by squared error, from a = 0 at rate 0.1. Error 4, slope −4, a "
        "becomes 0.4. Error 2.56, slope −3.2, a becomes 0.72. With the old slope kept in the sum it would be −7.2, "
        "and a = 1.12.",
    ),
    "generate": (
        "No data point is among the arguments. The same generator state gives the same pictures; for many pictures, "
        "draws and means have nearly the same average in each pixel.",
        "Where does a code come from when there is no x? And what is still open after the decoder has spoken?",
        "A sibling: on the hammock of stage 01, z = 0.5 has the mean (0.3, −0.375). Its noise has sigma 0.3; with the "
        "numbers 1 and −2 for it, the draw is (0.6, −0.975). The mean is what is expected, the draw is what is seen.",
    ),
    "reconstruct": (
        "Two calls agree in every digit, every entry lies between 0 and 1, and no row depends on another one.",
        "Which single point stands for the whole distribution of a code? And is what the decoder puts out already on "
        "the scale of a pixel?",
        "A sibling: on the line of stage 02 the posterior at x = 1.5 is N(1, 1/3), and z is decoded to z. The "
        "reconstruction is 1, every time: not 1.5, because the prior has a say, and not a different number for each "
        "draw.",
    ),
    "interpolate": (
        "The first row and the last one are the two ends, in every digit. Any two neighbours are equally far apart.",
        "Each row mixes the same two codes, and its shares add up to 1. How many gaps are there between so many rows?",
        "A sibling: five posts hold a fence of 12 metres, the first and the last at its ends. They stand at 0, 3, 6, "
        "9 and 12: the step is 12 / 4, and not 12 / 5.",
    ),
    "effective_beta": (
        "Change what only the price of the code depends on: how far does the loss move for each nat of KL? Nothing "
        "that it is multiplied by, and nothing that is added to it, may spoil your answer.",
        "The unknown factor is in both parts, and a constant in none of their changes. Which two changes do you need, "
        "and in which unit is each of them measured?",
        "A sibling: 3 apples and 2 pears cost 12, 3 apples and 4 pears 18, so a pear is 3. Then 4 apples and 2 pears "
        "at 14 say that an apple is 2: a pear weighs 1.5 apples, whatever the currency, and the same if each bill "
        "holds a fee of 5.",
    ),
    "samples_are_fresh": (
        "Rows that are all alike must get different codes, and so must a second call. Codes may also be different and "
        "still be wrong: too close together, or off to one side.",
        "For which mu and logvar do you know mean and spread in advance? And how far from them may a right program "
        "be, with as many draws as you take?",
        "A sibling: a test of a die. In 6,000 throws a face is expected 1,000 times, with standard deviation 28.9. "
        "Refuse it outside 1,000 ± 115, four of them: a fair die is nearly never refused, and one that shows a face 1 "
        "time in 5 comes to 1,200.",
    ),
    "loss_is_sound": (
        "A loss of binary pixels and a code is never below 0. What else can it never be, and on which inputs would a "
        "broken one be?",
        "Change one thing: the order of the rows, their number, the sign of mu, a pixel, a latent. Which changes may "
        "not move the loss, and by how many nats must each of the others move it?",
        "A sibling: a test of a sorting program that needs no sorted list. The same items must come out, and none may "
        "be smaller than the one before. From 3, 1, 2, the answer 1, 2, 2 passes the second and fails the first; 3, "
        "1, 2 itself does the reverse.",
    ),
}

PREDICTIONS = {
    "kl_while_training": Prediction(
        "A VAE trains as it should for 4,000 steps, and its loss falls. Compared with the first step, the KL from its codes to the "
        "prior is at the end",
        ("lower", "about the same", "much higher"),
        2,
        "It is called a regulariser, and one expects a penalty to be worn down. But at first the code says nothing "
        "and is nearly free; then the model finds that a nat spent on the code saves more than a nat of recon.",
    ),
    "mean_over_pixels": Prediction(
        "Somebody averages the recon over the 64 pixels and keeps the KL summed over the latents. A sound script ends "
        "at a KL of 6.5 nats. This one ends at",
        ("about 6.5: a constant changes no optimum", "about 1", "0.000"),
        2,
        "A mean looks like a sum up to a constant. But only one of the two terms was divided, so the other one is now "
        "64 times as dear: no code is worth its price, and the pictures all come out alike.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "Encoder": {
        "variance_named_logvar": "std_from_logvar",
        "softplus_named_logvar": "std_from_logvar",
        "relu_on_logvar": "std_from_logvar",
        "logvar_clamped_at_ten": "std_from_logvar",
    },
    "Decoder": {
        "sigmoid_at_the_end": "bernoulli_log_likelihood",
        "softmax_over_pixels": "bernoulli_log_likelihood",
        "log_probabilities": "bernoulli_log_likelihood",
    },
    "VAE": {
        "likelihood_by_logarithms_of_a_sigmoid": "bernoulli_log_likelihood",
        "likelihood_of_held_probabilities": "bernoulli_log_likelihood",
        "likelihood_by_the_cross_entropy_of_probabilities": "bernoulli_log_likelihood",
        "likelihood_a_pixel": "bernoulli_log_likelihood",
        "likelihood_squashed_twice": "bernoulli_log_likelihood",
        "squared_error_for_likelihood": "bernoulli_log_likelihood",
        "times_the_variance": "std_from_logvar",
        "times_logvar": "std_from_logvar",
        "times_one_over_sigma": "std_from_logvar",
        "noise_forgotten": "reparameterize",
        "noise_of_size_one": "reparameterize",
        "sigma_times_both": "reparameterize",
        "code_detached": "reparameterize",
        "mean_detached": "reparameterize",
        "sigma_detached": "reparameterize",
        "networks_in_a_list": "Encoder",
        "probabilities_from_forward": "Decoder",
        "probabilities_from_decode": "Decoder",
    },
    "negative_elbo": {
        "logvar_read_as_log_sigma": "std_from_logvar",
        "kl_mean_over_latents": "gaussian_kl",
        "sigma_for_the_variance": "gaussian_kl",
        "variance_squared": "gaussian_kl",
        "log_term_dropped": "gaussian_kl",
        "log_term_flipped": "gaussian_kl",
        "log_term_doubled": "gaussian_kl",
        "half_missing": "gaussian_kl",
        "one_missing": "gaussian_kl",
        "mean_not_squared": "gaussian_kl",
        "kl_the_other_way_round": "gaussian_kl",
        "pixel_mean": "bernoulli_log_likelihood",
        "squashed_twice": "bernoulli_log_likelihood",
        "squared_error": "bernoulli_log_likelihood",
        "white_pixels": "bernoulli_log_likelihood",
        "patched_logarithm": "bernoulli_log_likelihood",
        "logarithm_of_the_sigmoid": "bernoulli_log_likelihood",
        "cross_entropy_of_probabilities": "bernoulli_log_likelihood",
        "kl_rewarded": "sgvb_b",
        "kl_left_out": "sgvb_b",
    },
    "train_step": {
        "code_cut_off": "reparameterize",
        "mean_for_a_draw": "reparameterize",
        "noise_shared_over_rows": "sample_posterior",
        "noise_shared_over_dimensions": "sample_posterior",
        "frozen_noise": "sample_posterior",
        "uniform_noise": "sample_posterior",
        "kl_rewarded_in_the_step": "negative_elbo",
        "step_on_the_pixel_mean": "negative_elbo",
        "summed_over_the_batch": "negative_elbo",
    },
    "generate": {
        "uniform_codes": "sample_joint",
        "codes_in_a_box": "sample_joint",
        "one_code_for_all": "sample_joint",
        "codes_on_a_diagonal": "sample_joint",
        "seed_inside": "sample_joint",
        "logits_returned": "bernoulli_log_likelihood",
        "means_squashed_twice": "bernoulli_log_likelihood",
        "draws_squashed_twice": "bernoulli_log_likelihood",
    },
    "reconstruct": {
        "copy_squashed_twice": "bernoulli_log_likelihood",
        "logits_of_the_copy": "generate",
        "copy_rounded": "generate",
    },
    "effective_beta": {
        "kl_averaged_over_latents": "gaussian_kl",
        "kl_without_its_half": "gaussian_kl",
        "kl_without_its_logarithm": "gaussian_kl",
        "recon_by_the_pixel": "negative_elbo",
        "recon_added_over_the_batch": "negative_elbo",
        "kl_added_over_the_batch": "negative_elbo",
    },
}
