"""Statements about the evidence that judges of several stages make."""

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judging import beside, number, part


NOTHING = 1e-9  # what rounding leaves of a 0
ENDS = {"to_mu": "the encoder's mean", "to_logvar": "the encoder's log-variance", "to_x": "the decoder"}
WEIGHTS = tuple(f"d_{layer}_{kind}" for layer in ENDS for kind in ("weight", "bias"))


def agrees(trial, got, want, where, sentence, question, told="{}", kind="exact", first=0):
    """A value equals one that follows from the case, or from the answer's own others.

    A report shows the entry that differs most: `where` it was found, and the value it should have as `told` puts it. first:
    the row of the evidence that `got` begins with.
    """
    if gap(got, want, kind) <= SAME or got.shape == want.shape and bool(((got - want).abs() < NOTHING).all()):
        return  # to find the entry that differs most would take longer than to see that none does
    at = worst(got, want)
    shown = [at[0] + first, *at[1:]] if at else []
    entry = f"row {shown[0]}, {where}" if len(shown) == 1 else f"entry {shown}, {where}" if shown else where
    yours, expected = beside(got[at], want[at])
    trial.holds(False, sentence, question, [(entry, yours, told.format(expected))])


def says(trial, key, good, sentence, question, rows=(), where=""):
    """A fact about the evidence is as it should be; one that was not established is not judged.

    A report shows the `rows`, or else the fact itself under `where`.
    """
    told = trial.got.get(key, good)
    trial.holds(told == good, sentence, question, rows or ([(where, told, good)] if where else []))


def stays(trial, changed, key, where, sentence, question, what=None, beside="from before", rows=slice(None)):
    """Something was changed that may not matter: the evidence under `changed` equals that under `key`, or the `rows` do."""
    trial.fits(changed, what)
    other, value = (given[rows] if given.dim() else given for given in (trial.got[changed], trial.got[key]))
    agrees(trial, other, value, where, sentence, question, f"your {{}} {beside}", first=rows.start or 0)


def repeats(trial, key, again="again", what=None):
    """The same arguments give the same value."""
    stays(
        trial, again, key, "second call",
        "Two calls with the same arguments gave different values: something is left to chance, or your function changes "
        "what it is given.",
        "Which line can give something else the second time?", what, "from the first",
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


def gradient_of_the_model(exercise, cases=()):
    """The part `gradient`: the gradient of the value with respect to the weights of a linear model."""

    @part(exercise, "gradient", cases=cases, keys=WEIGHTS)
    def body(trial):
        for key in WEIGHTS:
            end = next(told for name, told in ENDS.items() if name in key)
            trial.same(
                key, f"The gradient of {exercise} with respect to {end}",
                f"The value is right, but its gradient with respect to {end} is not.",
                "Along which ways does your value depend on the encoder's two outputs, and is one of the ways cut?",
            )

    return body
