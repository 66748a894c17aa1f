"""What a learner's test says of a program that may be broken.

The test meets functions that ask whoever holds the program (`checks/held.py`), who also notes what was asked and said. Where
a mark is made, each program has a process of its own; in a notebook they meet the test one after the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy
import torch

from vae_course.checks.held import Ask, says
from vae_course.checks.probing import Evidence, unfit
from vae_course.checks.trouble import Unfit


def try_on(test: Callable, exercise: str, program: object, ask: Ask) -> Evidence:
    """Ask the learner's `test` about a program, as often as its holder wants, who notes what it says."""

    def passes() -> bool:
        try:
            return truth(test(program), exercise)
        except AssertionError as error:
            raise Unfit(f"{exercise} raised an AssertionError; a test here returns False instead.") from error

    while says(passes(), ask):
        pass
    return {}


def truth(value: object, what: str) -> bool:
    """`value`, if it is True or False, be it Python's, NumPy's or torch's; otherwise Unfit."""
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
        if value.numel() == 1:
            return bool(value)
        raise Unfit(f"{what} returned {value.numel()} truth values; a single True or False is expected.")
    raise unfit(value, what, "a bool, True or False,")
