"""What probes of several stages do."""

from collections.abc import Callable

import torch

from vae_course.checks.probing import Evidence, scalar, unfit
from vae_course.checks.trouble import Unfit

ERRORS = 6.0  # standard errors that chance does not reach
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


def law(draws: torch.Tensor) -> str:
    """`normal` for draws that may come from N(0, 1); otherwise where they stand out."""
    draws = draws.double().flatten()
    count, mean, variance = draws.numel(), float(draws.mean()), float(draws.var())
    centred = abs(mean) <= ERRORS * (variance / count) ** 0.5
    if float((draws - mean).abs().max()) < OUT * variance**0.5:
        return "flat around 0" if centred else "flat"
    if not centred:
        return "off 0"
    if abs(variance - 1) > ERRORS * (2 / count) ** 0.5:
        return "wide" if variance > 1 else "narrow"
    return "normal"


def weighted(value: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Entries times weights that all differ, so that gradients of different entries cannot cancel in the sum."""
    return value * weights if value.shape == weights.shape else value


def left_behind(model: torch.nn.Module) -> Evidence:
    """What a call changed and did not put back: the slope of a plain loss in the weights of the model, all trainable and without
    gradients before, as far as there is one now, and the gradients that the weights hold. The switch of gradients is set
    back."""
    weights = trainable(model)
    wanted = {name: weight for name, weight in weights.items() if weight.requires_grad}
    loss = sum(weight.square().sum() / 2 for weight in weights.values())
    slopes = torch.autograd.grad(loss, list(wanted.values())) if loss.requires_grad else ()
    told: Evidence = {f"slope_{name}": slope for name, slope in zip(wanted, slopes)}
    told |= {f"held_{name}": weight.grad for name, weight in weights.items() if weight.grad is not None}
    off = not torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    return told | {"switch": "off" if off else "on"}


def put_back(model: torch.nn.Module, got: Evidence) -> str:
    """Whether a call left nothing behind, in a model like this one, or else what: the judge's side of `left_behind`. The
    slope of that loss is the weight itself."""
    weights = trainable(model)
    slopes = {name: got.get(f"slope_{name}") for name in weights}
    if not all(isinstance(slope, torch.Tensor) and torch.equal(slope, weights[name]) for name, slope in slopes.items()):
        return "gradients switched off" if got["switch"] == "off" else "weights frozen"
    return "gradients on the weights" if any(f"held_{name}" in got for name in weights) else "nothing"


def trainable(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The parameters of a model, by names such as `to_mu_weight`."""
    return {name.replace(".", "_"): weight for name, weight in model.named_parameters()}


def one_number(value: object, what: str) -> torch.Tensor:
    """`value` in double precision, if it is one number; otherwise Unfit, in words that fit a returned value."""
    if value is None:
        raise unfit(value, what, "a number")
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.detach().reshape(())
    elif isinstance(value, torch.Tensor):
        raise Unfit(f"{what} returned a tensor of shape {tuple(value.shape)}; a single number is expected.")
    try:
        return scalar(value, what).double()
    except Unfit as error:
        raise unfit(value, what, "a number") from error
