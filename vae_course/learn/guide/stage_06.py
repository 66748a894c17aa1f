"""Hints and predictions of stage 06, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "beta_elbo": (
        "At beta = 1 it must be the ELBO of stage 02, picture by picture. At beta = 0 no digit of the KL may matter, "
        "and at any beta a picture with a KL of 0 must keep what it had.",
        "Beta is a price. Which of the two terms is bought, and which one is what it is worth?",
        "A sibling: a household earns 40 and burns 6.5 units of gas. At 2 a unit it keeps 27, at 4 a unit 14; dearer "
        "gas does not change what it earns.",
    ),
    "linear_rates": (
        "Beta = 4 with sigma = 0.5 must give what beta = 1 with sigma = 1 gives. No rate may lie below 0, and no "
        "error above its own variance.",
        "A direction is told more and more exactly until the next nat saves less than it costs. At which error is "
        "that, and is there a direction where it holds before the first nat?",
        "A sibling: after r hours of cleaning, the dirt is v / (1 + r), and an hour costs as much as 1 of dirt. For v "
        "= 9 it pays to clean 2 hours, down to 3; for v = 4, 1 hour, down to 2. For v = 0.5 the first minute saves "
        "too little: 0 hours, and 0.5 stays.",
    ),
    "rate_distortion": (
        "Together the two must be the loss of stage 05, recon and KL at price 1. Other noise moves one of them and "
        "not a digit of the other.",
        "Somebody is sent z first, and then x with the help of z. Which of your two numbers pays for which message, "
        "and which of them knows its average without any draw?",
        "A sibling with a code of two states, q = (0.9, 0.1), and an even prior: z costs 0.9 log 1.8 + 0.1 log 0.2 = "
        "0.3681. A white pixel has chance 0.8 in the one state and 0.3 in the other: 0.2008 + 0.1204 = 0.3212. "
        "Together 0.6893, and −log 0.55 = 0.5978 would be enough.",
    ),
    "active_units": (
        "Add 5 to a whole column, or put the rows in another order: nothing may change. Make a column constant, at "
        "whatever value: it may no longer count.",
        "A latent is used when the encoder says different things about different pictures. What is compared with the "
        "threshold, over which axis is it taken, and does it have the unit of mu or of its square?",
        "A sibling: three thermometers read (1, 1, 1), (0, 2, 1) and (20.0, 20.1, 20.1). Their variances are 0, "
        "0.6667 and 0.0022: against 0.01, one of them is alive. The third one stands high, and it stands.",
    ),
    "kl_weight": (
        "It is 0 at step 0, a half in the middle, 1 at the end, and still 1 a thousand steps later. Without a warm-up it "
        "is 1 from the start.",
        "What stops the growth? And what does your line do when the warm-up has no steps at all?",
        "A sibling: a bath of 5 litres, filled with 1 litre a minute, holds 0, 3, 5 and 5 litres after 0, 3, 5 and 9 "
        "minutes. A bath of 0 litres is full before the tap is turned.",
    ),
    "free_bits": (
        "A latent below the floor must have the gradient 0 in every row, also in a row where its KL is large. A huge "
        "KL of one latent may not make another one free.",
        "Three things happen here: a mean over pictures, a floor, a sum over latents. In which order? Try it on a "
        "latent that is busy for one picture and idle for all others.",
        "A sibling: a hotel charges each room for its mean over the nights, and at least 10. One room has 16 and 2, "
        "mean 9, and pays 10; one has 12 and 14 and pays 13. That is 23. Night by night it would be 26; and the whole "
        "house, at 22, has no need of a least charge of 10.",
    ),
    "rate_target": (
        "On the target only recon is left. A nat too many and a nat too few must cost the same, and between the two "
        "the slope by kl turns round.",
        "A price only ever pushes a code down. What has to push up one that says too little, and how hard when it is "
        "far away?",
        "A sibling: a thermostat is set to 21 degrees. At 23.5 and at 18.5 it is off by 2.5, and it pushes one degree "
        "an hour, down in the first case and up in the second; at 20.9 still one degree an hour.",
    ),
    "running_log_odds": (
        "Change flip t: every entry up to and with t must stay as it is. The first column is 0 for every row, and "
        "heads for tails turns all signs round.",
        "What has been seen before flip t, and what has not? And what do the odds become while all flips have fallen "
        "alike, with half a flip on either side and without?",
        "A sibling: how likely is sun tomorrow, with one sunny and one dull day imagined in advance? Before any day "
        "the odds are 1 to 1, in logs 0; after three days of sun 4 to 1, 1.3863; after a dull one as well 4 to 2, "
        "0.6931.",
    ),
    "clinic_diagnoses": (
        "Every cause explains all numbers of its patient, not only the worst one. For each patient write down three "
        "things: is the KL spent, on how many units, and where do the codes lie?",
        "When two patients look alike, ask for a number that is not on the first page: what does recon tell the "
        "encoder? And must everybody in a clinic be ill?",
        "A sibling: at noon three clocks are 5 minutes slow. A day later they are 5, 10 and 1,445 minutes slow: one "
        "was set wrong, one runs slow, one stands. At noon nobody could tell them apart; the second number could.",
    ),
    "clinic_treatments": (
        "Before you choose, say which number of the dashboard would move, and to where. A treatment that moves a "
        "number which is right already is meant for somebody else.",
        "What does the treatment change: a price, a path, or what the decoder is able to say? And does the trouble "
        "lie there?",
        "A sibling: a clock that loses 5 minutes a day is set right: 0 today, 5 tomorrow, 10 the day after. With a "
        "new spring it keeps its 5. A clock that is always 5 minutes slow gains nothing by a spring.",
    ),
}

PREDICTIONS = {
    "directions_alive": Prediction(
        "Data have the variances 2, 0.8 and 0.3 along their three directions, and the decoder's noise has variance "
        "0.25. For beta = 1, 2, 4 and 8, on how many directions does the best linear VAE spend anything?",
        ("3, 3, 3, 3, and less on each of them", "3, 2, 1, 0", "3, 0, 0, 0"),
        1,
        "A dearer nat takes the same from every direction that lives. But a direction is worth at most what its "
        "variance saves: when the price passes that, it gets nothing, and the next one follows at a price of its own.",
    ),
    "coins_with_a_past": Prediction(
        "A VAE learns sequences of 16 coin flips, each with a coin of its own, and its code tells how fair the coin "
        "is. Now its decoder is also shown the log-odds of all earlier flips. Compared with before, the trained model "
        "has",
        ("a worse ELBO, and a KL near 0", "a better ELBO, and about the same KL", "a better ELBO, and a KL near 0"),
        2,
        "A code that nobody uses looks like training gone wrong. But the past says what the code said, and it says it "
        "for nothing: the bound does not fail to notice, it prefers this.",
    ),
    "a_warm_up_for_d": Prediction(
        "Patient D is trained once more, and this time the price of its KL grows from 0 to its full height over the first third "
        "of training. Patient C, who is well, has a KL of 6.3. At the end that of D is",
        ("0.000", "about 3", "about 6: the code was in use before it was charged"),
        0,
        "It seems that a code which is in use when the charge begins must be worth keeping. Whether it is depends on the price "
        "alone: two thirds of training at the full price undo what a third at a lower one has built.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "beta_elbo": {
        "kl_as_a_reward": "sgvb_b",
    },
    "linear_rates": {
        "half_lost": "gaussian_kl_between",
        "sigma_for_variance": "mse_relation",
    },
    "rate_distortion": {
        "rate_counted_twice": "reconstruction_and_kl",
        "bound_and_kl": "reconstruction_and_kl",
        "logarithm_of_the_mean": "reconstruction_and_kl",
        "per_dimension": "gaussian_kl",
        "rate_reversed": "gaussian_kl",
        "half_lost": "gaussian_kl",
        "rate_from_samples": "gaussian_kl",
        "variance_for_sigma": "std_from_logvar",
        "squared_error": "gaussian_log_likelihood",
        "at_the_mean": "reparameterize",
        "noise_for_codes": "reparameterize",
        "per_pixel": "negative_elbo",
    },
    "free_bits": {
        "mean_over_dimensions": "gaussian_kl",
    },
    "rate_target": {
        "target_as_price": "beta_elbo",
    },
    "running_log_odds": {
        "probability": "bernoulli_log_likelihood",
        "odds": "bernoulli_log_likelihood",
    },
}
