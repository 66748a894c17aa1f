"""Statements about the evidence that judges of several stages make."""

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judging import number, part


def repeats(trial, key):
    """The same arguments give the same value."""
    trial.fits("again")
    again, value = trial.got["again"], trial.got[key]
    trial.holds(
        gap(again, value) <= SAME,
        "Two calls with the same arguments gave different values: something is left to chance, or your function changes "
        "what it is given.",
        "Which line can give something else the second time?",
        [("first entry, second call", number(again.flatten()[0]), f"your {number(value.flatten()[0])} from the first")],
    )


def alone(trial, key, what):
    """A row has the same value when it is the only one."""
    trial.fits("alone", f"{what}, given a single row,")
    value, alone = trial.got[key][:1], trial.got["alone"]
    trial.holds(
        gap(alone, value) <= SAME,
        "A row given by itself has another value than among other rows; rows have nothing to do with each other.",
        "Which of your operations looks along the batch?",
        [("row 0, by itself", number(alone.flatten()[0]), f"your {number(value.flatten()[0])} among the others")],
    )


def adds_up(trial, key, what):
    """The value of all columns is the value of the first plus the value of the rest."""
    trial.fits("first", f"{what}, given the first column only,")
    trial.fits("rest", f"{what}, given all columns but the first,")
    value, total = trial.got[key], trial.got["first"] + trial.got["rest"]
    trial.holds(
        gap(value, total) <= SAME,
        "Independent dimensions add, and yours do not: the first column by itself plus the others by themselves give "
        "something else than all of them together.",
        "Append one more dimension: what should happen to each of your terms?",
        [("row 0, all columns at once", number(value[0]), f"{number(total[0])}, your two parts added")],
    )


def gradient(exercise, *names, cases=("plain", "wide")):
    """The part `gradient`: the gradient of the sum over rows, with respect to each of the inputs `names`."""

    @part(exercise, "gradient", cases=cases, keys=tuple(f"d_{name}" for name in names))
    def body(trial):
        for name in names:
            trial.same(
                f"d_{name}", f"The gradient of {exercise} with respect to {name}",
                f"The value is right, but its gradient with respect to {name} is not.",
                "Is every step made of torch operations on the tensors that came in?",
            )

    return body
