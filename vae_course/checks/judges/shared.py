"""Statements about the evidence that judges of several stages make."""

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judging import number, part


def stays(trial, changed, key, where, sentence, question, what=None, beside="from before", rows=slice(None)):
    """Something was changed that may not matter: the evidence under `changed` equals that under `key`, or the `rows` do.

    A report shows the entry that moved most, which is `where` the change was made, and the value `beside` it.
    """
    trial.fits(changed, what)
    other, value = (given[rows] if given.dim() else given for given in (trial.got[changed], trial.got[key]))
    if gap(other, value) <= SAME:
        return
    at = worst(other, value)
    shown = [at[0] + (rows.start or 0), *at[1:]] if at else []
    entry = f"row {shown[0]}" if len(shown) == 1 else f"entry {shown}" if shown else "value"
    trial.holds(
        False, sentence, question, [(f"{entry}, {where}", number(other[at]), f"your {number(value[at])} {beside}")],
    )


def repeats(trial, key, again="again"):
    """The same arguments give the same value."""
    stays(
        trial, again, key, "second call",
        "Two calls with the same arguments gave different values: something is left to chance, or your function changes "
        "what it is given.",
        "Which line can give something else the second time?", beside="from the first",
    )


def alone(trial, key, what, single="alone"):
    """A row has the same value when it is the only one."""
    stays(
        trial, single, key, "by itself",
        "A row given by itself has another value than among other rows; rows have nothing to do with each other.",
        "Which of your operations looks along the batch?",
        f"{what}, given a single row,", beside="among the others", rows=slice(0, 1),
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
