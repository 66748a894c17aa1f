"""Hints and predictions of stage 01, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "sample_joint": (
        "Make the noise of the decoder tiny in your mind: then every x must sit on the curve, exactly where its own z puts it. Does yours?",
        "Two things are drawn. Which of them decides the mean of the other, and in which unit is the second one measured?",
        "A sibling: to draw a ball, draw an urn first, then a ball from that urn. With urns of 20 % and 90 % red balls, chosen with "
        "chances 0.7 and 0.3, the share of red comes to 0.7 · 0.2 + 0.3 · 0.9 = 0.41.",
    ),
    "log_joint": (
        "Integrated over z, exp of your value must give the evidence of x, a density over x. Check it for one x on a fine grid.",
        "One of the two terms never looks at x, and has one number for each code. How does it meet a table with one row for each x?",
        "A sibling: box of kind 1 and red ball have the chances 0.3 and 0.9, so the log of the pair is −1.2040 − 0.1054 = −1.3093.",
    ),
    "log_evidence_grid": (
        "Take every second point of the grid away: your answer must hardly move.",
        "An area is made of strips. Each has a height and a width: which of the two is missing in a plain sum of heights?",
        "A sibling: heights 0.2, 0.5 and 0.1 at spacing 0.1 have the area 0.08. From their logs −1.6094, −0.6931, −2.3026: the largest "
        "out gives −0.6931 + log(0.4 + 1 + 0.2) = −0.2231, and log 0.1 added makes −2.5257.",
    ),
    "posterior_grid": (
        "The area under each row must be 1: the sum of your row times the spacing.",
        "A joint density becomes a conditional one when it is divided. By which number, and is there one of them for each x or for each z?",
        "A sibling: the heights 2, 6, 2 at spacing 0.5 have the area 5, and divided by it they are 0.4, 1.2, 0.4.",
    ),
    "log_evidence_monte_carlo": (
        "If every log-likelihood falls by 1000, your answer must fall by 1000 too, and stay a number.",
        "Is the log inside the average or outside it? And what does the number of draws do to an average?",
        "A sibling: the log of the mean of e^(−1000) and e^(−1001) is −1000 + log(1 + 0.3679) − log 2 = −1000.3799.",
    ),
    "linear_gaussian_evidence": (
        "Turn the codes, so that W becomes W R for a rotation R: your answer must not move.",
        "The data point is a sum of two independent parts. What are their covariances, and in which unit does sigma enter?",
        "A sibling: with one dimension, w = 0.8 and sigma squared = 0.2 the variance of x is 0.64 + 0.2 = 0.84, and the log density of x = 1 "
        "is −0.5 · (1.8379 − 0.1744 + 1.1905) = −1.4270.",
    ),
}

PREDICTIONS = {
    "where_is_the_posterior": Prediction(
        "The point x = (0, 1) lies as near to the left arm of the curve as to the right one. Its posterior over the code z has",
        ("one bump at 0", "two bumps, one on each side", "no bump: it is the prior"),
        1,
        "The average of two good explanations feels safe. Decoded, the code 0 lies five sigmas away from x: it explains it very badly.",
    ),
    "draws_in_twenty_dimensions": Prediction(
        "300 blind draws give an error of 10 % with 2 codes. How many draws does the same error take with 20 codes?",
        ("about 3,000", "about 30,000", "about 100 million"),
        2,
        "A line through the first points of such a curve says ten times as many. But every dimension multiplies the bill, here by 2, and "
        "18 doublings are a factor of more than 250,000.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {
    "log_joint": {
        "paired": "shift",
    },
    "log_evidence_grid": {
        "prior_left_out": "log_joint",
        "uniform_prior": "log_joint",
        "prior_twice": "log_joint",
    },
    "posterior_grid": {
        "likelihood_normalised": "log_joint",
        "shares_of_the_likelihood": "log_joint",
        "prior_counted_twice": "log_joint",
        "divided_by_the_mean": "log_evidence_grid",
        "one_gap_too_many_here": "log_evidence_grid",
        "zero_by_zero": "log_evidence_grid",
        "patched_division": "log_evidence_grid",
        "one_shift_for_all_rows": "log_evidence_grid",
    },
    "log_evidence_monte_carlo": {
        "mean_of_the_logs": "log_evidence_grid",
        "no_shift": "log_evidence_grid",
        "patched_mean": "log_evidence_grid",
        "one_shift": "log_evidence_grid",
        "largest_not_put_back_here": "log_evidence_grid",
    },
    "linear_gaussian_evidence": {
        "noise_in_every_entry": "sample_joint",
        "form_without_half": "log_joint",
        "constant_missing": "log_joint",
        "constant_for_one_dimension": "log_joint",
    },
}
