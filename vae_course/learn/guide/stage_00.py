"""Hints and predictions of stage 00, and where its mistakes send back to."""

from collections.abc import Mapping

from vae_course.learn.guide import Prediction

HINTS = {
    "shift": (
        "Change one entry of `by` and leave the rest: which cells of the result should move, and which do in yours?",
        "PyTorch compares shapes from the right. Which shape must `by` have, so that its numbers run down the table?",
        "A sibling: to divide each row of a (B, D) table by its own total, the totals must be a column of shape (B, 1). "
        "For [[1, 3], [2, 2]] the totals are [[4], [4]], and the shares [[0.25, 0.75], [0.5, 0.5]].",
    ),
}

PREDICTIONS = {
    "square_table": Prediction(
        "A (3, 3) table plus three numbers, one meant for each row: what does `square + by` do?",
        ("each row gets its number", "each column gets its number", "it stops with an error"),
        1,
        "The name `by` suggests rows, and PyTorch reads no names: it lines shapes up from the right, where the columns are.",
    ),
    "log_of_a_mean": Prediction(
        "Take the numbers 1 and 100. Is the mean of their logs below, equal to, or above the log of their mean?",
        ("below", "equal", "above"),
        0,
        "It is tempting to let a log pass through an average. It does not: a log bends downwards, so averaging after it gives "
        "less. The whole course runs on this one fact.",
    ),
}

# For a misconception whose missing step is the skill of an earlier exercise: the name of that exercise.
RETURN: Mapping[str, Mapping[str, str]] = {}
