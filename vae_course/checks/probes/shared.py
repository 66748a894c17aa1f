"""What probes of several stages do."""

from collections.abc import Callable

import torch

from vae_course.checks.probing import Evidence

OUT = 1.8  # standard deviations; a uniform distribution ends before, at 1.73


def by_parts(function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> Evidence:
    """The value once more, of the first row by itself, of the first column, and of all columns but the first.

    Rows lie on the last axis but one of every input, and columns on the last.
    """
    return {
        "again": function(*inputs),
        "alone": function(*(given[..., :1, :] for given in inputs)),
        "first": function(*(given[..., :1] for given in inputs)),
        "rest": function(*(given[..., 1:] for given in inputs)),
    }


def pattern(draws: torch.Tensor) -> str:
    """What numbers that should all be drawn afresh, (n, size), have in common: none, one, rows, columns or fresh."""
    nothing, rows, columns = (float((draws - of).abs().max()) < 1e-2 for of in (0, draws[:1], draws[:, :1]))
    if nothing:
        return "none"
    return ("one" if columns else "rows") if rows else ("columns" if columns else "fresh")


def standardised(draws: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The draws with mean 0 and variance 1 along `axis`; their mean in deviations, the log of their variance, without that
    axis; and the share far out, one number.

    All but the variance know no scale, so that those of a mistake vary from run to run as little as the right ones.
    """
    mean = draws.mean(axis, keepdim=True)
    unit = draws - mean
    variance = unit.square().mean(axis, keepdim=True).clamp(min=1e-6)
    unit /= variance.sqrt()
    tails = (unit.abs() > OUT).double().mean()
    return unit, (mean / variance.sqrt()).squeeze(axis), variance.log().squeeze(axis), tails
