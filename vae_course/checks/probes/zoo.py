"""What a learner's test says of a program that may be broken.

Every case builds one program, by name and seed, and hands it to the learner's test, which must not know which one it
has. Where a mark is made, each has a process of its own; in a notebook they meet the test one after the other. A test that reads
the program's closures, or the name in the process, is not stopped here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy
import torch

from vae_course.checks.probing import Evidence, unfit
from vae_course.checks.trouble import Unfit

ASKED = 10  # times that a test is asked about a sound program before it counts as one that always refuses it


def verdict(
    test: Callable, exercise: str, functions: Mapping[str, Callable], build: Callable[..., object], sound: bool
) -> Evidence:
    """What the learner's `test` says of a program, and which of its `functions` it asked; `build` makes one of them.

    A sound program that is refused is shown again: `by chance` where it passes one of these times.
    """
    asked: set[str] = set()

    def noted(name: str, function: Callable) -> Callable:
        def ask(*arguments):
            asked.add(name)
            return function(*arguments)

        return ask

    watched = build(**{name: noted(name, function) for name, function in functions.items()})

    def passes() -> bool:
        try:
            return truth(test(watched), exercise)
        except AssertionError as error:
            raise Unfit(f"{exercise} raised an AssertionError; a test here returns False instead.") from error

    said = "sound" if passes() else "broken"
    if said == "broken" and sound and any(passes() for _ in range(ASKED - 1)):
        said = "by chance"
    return {"verdict": said, "asked": " and ".join(sorted(asked)) or "nothing"}


def truth(value: object, what: str) -> bool:
    """`value`, if it is True or False, be it Python's, NumPy's or torch's; otherwise Unfit."""
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
        if value.numel() == 1:
            return bool(value)
        raise Unfit(f"{what} returned {value.numel()} truth values; a single True or False is expected.")
    raise unfit(value, what, "a bool, True or False,")
