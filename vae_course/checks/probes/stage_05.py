"""Probes of stage 05."""

from collections.abc import Callable

import numpy
import torch

from vae_course.checks.probing import Case, Evidence, kinds, scalar
from vae_course.checks.trouble import Unfit, a
from vae_course.models.audit import Loss, disguised, likelihood
from vae_course.models.bug_zoo import Program, program

# --- effective_beta ---


@kinds(**dict.fromkeys(("beta", "again", "scaled", "raised", "recon_raised", "doubled"), "coarse"))
def effective_beta(ns, case: Case) -> Evidence:
    """One loss, then the same in other units, from another zero, with another constant in recon, with twice its beta.

    None of the losses has a beta that hangs on the sizes of what it is called with.
    """
    declared, shifted = likelihood(case["sigma"]), likelihood(case["sigma"], shift=7.5)
    scale, beta, constant = case["scale"], case["beta"], case["constant"]

    def found(loss: Loss, recon=declared) -> torch.Tensor:
        return _number(ns["effective_beta"](loss, recon), "effective_beta")

    return {
        "beta": found(disguised(declared, scale, beta, constant)),
        "again": found(disguised(declared, scale, beta, constant)),
        "scaled": found(disguised(declared, 3 * scale, beta, constant)),
        "raised": found(disguised(declared, scale, beta, constant + 8 * scale)),
        "recon_raised": found(disguised(declared, scale, beta, constant), shifted),
        "doubled": found(disguised(declared, scale, 2 * beta, constant)),
    }


def _number(value: object, what: str) -> torch.Tensor:
    """`value` in double precision, if it is one number; otherwise Unfit, in words that fit a returned value."""
    if value is None:
        raise Unfit(f"{what} returned None; a number is expected: is a `return` missing?")
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.detach().reshape(())
    elif isinstance(value, torch.Tensor):
        raise Unfit(f"{what} returned a tensor of shape {tuple(value.shape)}; a single number is expected.")
    try:
        return scalar(value, what).double()
    except Unfit as error:
        raise Unfit(f"{what} returned {a(type(value).__name__)}{_of(value)}; a number is expected.") from error


def _of(value: object) -> str:
    return f" of {len(value)}" if isinstance(value, (tuple, list)) else ""


# --- bug zoo ---
#
# Every case builds one program, by name and seed, and hands it to the learner's test, which must not know which one it
# has. The programs of a check meet the test one after the other in one process: a test that remembers the programs it
# has met, or reads their closures, is not stopped here.


def samples_are_fresh(ns, case: Case) -> Evidence:
    return _verdict(ns, "samples_are_fresh", program(sampling=case["case"], amount=case["amount"], seed=case["seed"]))


def loss_is_sound(ns, case: Case) -> Evidence:
    return _verdict(ns, "loss_is_sound", program(loss=case["case"], amount=case["amount"], seed=case["seed"]))


def _verdict(ns, exercise: str, given: Program) -> Evidence:
    """What the learner's test says of a program, and what it asked it: nothing, its codes, its loss, or both."""
    asked: set[str] = set()

    def noted(name: str, function: Callable) -> Callable:
        def ask(*arguments):
            asked.add(name)
            return function(*arguments)

        return ask

    watched = Program(noted("sample", given.sample), noted("loss", given.loss))
    try:
        said = ns[exercise](watched)
    except AssertionError as error:
        raise Unfit(f"{exercise} raised an AssertionError; a test here returns False instead.") from error
    verdict = "sound" if _truth(said, exercise) else "broken"
    return {"verdict": verdict, "asked": " and ".join(sorted(asked)) or "nothing"}


def _truth(value: object, what: str) -> bool:
    """`value`, if it is True or False, be it Python's, NumPy's or torch's; otherwise Unfit."""
    if value is None:
        raise Unfit(f"{what} returned None; a bool, True or False, is expected: is a `return` missing?")
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
        if value.numel() == 1:
            return bool(value)
        raise Unfit(f"{what} returned {value.numel()} truth values; a single True or False is expected.")
    raise Unfit(f"{what} returned {a(type(value).__name__)}{_of(value)}; a bool, True or False, is expected.")
