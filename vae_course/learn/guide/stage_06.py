"""Hints and predictions of stage 06."""

from vae_course.learn.guide import Prediction

HINTS = {}

PREDICTIONS = {
    "a_warm_up_for_d": Prediction(
        "Patient D is trained once more, and this time the price of its KL grows from 0 to its full height over the first third "
        "of training. Patient C, who is well, has a KL of 6.3. At the end that of D is",
        ("0.000", "about 3", "about 6: the code was in use before it was charged"),
        0,
        "It seems that a code which is in use when the charge begins must be worth keeping. Whether it is depends on the price "
        "alone: two thirds of training at the full price undo what a third at a lower one has built.",
    ),
}
