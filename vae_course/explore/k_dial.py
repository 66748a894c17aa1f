"""What more samples do to an estimate, on the model with closed forms: a dial for K; log p(x) stays."""

from __future__ import annotations

import functools
import math

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import moving, still
from vae_course.models.decoders import line
from vae_course.models.finite import FiniteModel
from vae_course.models.oracles import finite_evidence, finite_iwae, on_grid
from vae_course.models.toolbox.stage_07 import gradient_snr, iwae_bound

X, NOISE = 1.5, math.sqrt(0.5)  # the data point, and the sigma of p(x|z) = N(z, 0.5)
MEAN, STD = 0.6, math.sqrt(0.5)  # of q
KS = (1, 2, 4, 8, 16, 32, 64)
REPEATS = 40_000
LOWEST = -6.0  # of the picture, in nats


def line_gradients(K: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """REPEATS estimates of the bound with K samples, and of its slope by the mean of q and by a shift of the decoder.

    Returns (REPEATS,) each: in nats, and in nats for a unit of x or z.
    """
    mean, shift = (torch.full((REPEATS,), value, requires_grad=True) for value in (MEAN, 0.0))  # a copy for each repeat
    eps = torch.randn(K, REPEATS, generator=generator)
    z = mean + STD * eps
    q, prior = torch.distributions.Normal(mean, STD), torch.distributions.Normal(0.0, 1.0)
    log_likelihood = torch.distributions.Normal(z + shift, NOISE).log_prob(torch.tensor(X))
    bound = iwae_bound(log_likelihood + prior.log_prob(z) - q.log_prob(z))
    encoder, decoder = torch.autograd.grad(bound.sum(), (mean, shift))
    return bound.detach(), encoder, decoder


@functools.cache
def _exact() -> FiniteModel:
    """The data point, its decoder and q, as a sum over a grid."""
    return on_grid(torch.tensor([[X]]), line(), MEAN, STD)


@functools.cache
def measured(K: int) -> tuple[float, Tensor, float, float]:
    """The exact bound, estimates of it, and the signal-to-noise ratios of the encoder and of the decoder."""
    estimates, *slopes = line_gradients(K, torch.Generator().manual_seed(K))
    encoder, decoder = gradient_snr(torch.stack(slopes, -1)).tolist()
    return finite_iwae(_exact(), K).item(), estimates, encoder, decoder


@functools.cache
def _evidence() -> float:
    return finite_evidence(_exact()).item()


def k_picture(K: int) -> Image:
    """The figure for one K, a power of two up to 64."""
    return still(_drawn, sentence, K=K)


def k_dial() -> widgets.VBox:
    """A slider over the number of samples."""
    dial = widgets.SelectionSlider(options=[(str(K), K) for K in KS], value=1, description="samples K")
    return moving(_drawn, sentence, {"K": dial})


def _drawn(K: int) -> Figure:
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.25, 1])
    bound, estimates, *_ = measured(K)
    axis = left.subplots()
    edges = torch.linspace(LOWEST, -0.9, 103)
    axis.hist(estimates.clamp(LOWEST, -0.9), bins=edges.tolist(), density=True, color="C0", alpha=0.6)
    axis.axvline(_evidence(), color="black", lw=1.2, label="log p(x)")
    axis.axvline(bound, color="C0", lw=2, ls="--", label="the bound, their average")
    axis.set(xlabel="single estimates with K samples, nats (lower ones are counted at the edge)", ylabel="density", title=f"K = {K}")
    axis.title.set_fontsize(10)
    axis.xaxis.label.set_fontsize(8)
    axis.legend(fontsize=8, frameon=False, loc="upper left")
    above, below = right.subplots(2, 1, sharex=True)
    rows = [measured(k) for k in KS]
    above.plot(KS, [row[0] for row in rows], color="C0", marker=".")
    above.axhline(_evidence(), color="black", lw=1.2)
    above.plot([K], [bound], "o", color="C0", ms=8)
    above.set(ylabel="bound, nats")
    for part, (name, colour, mark) in enumerate((("encoder", "C1", "s"), ("decoder", "C2", "^")), start=2):
        below.plot(KS, [row[part] for row in rows], color=colour, marker=".", label=name)
        below.plot([K], [rows[KS.index(K)][part]], mark, color=colour, ms=8)
    below.set(xscale="log", yscale="log", xlabel="samples K", ylabel="signal / noise")
    below.set_xticks(KS, [str(k) for k in KS])
    below.minorticks_off()
    below.legend(fontsize=8, frameon=False)
    return figure


def sentence(K: int) -> str:
    """What the figure shows, in words."""
    bound, estimates, encoder, decoder = measured(K)
    high = (estimates > _evidence()).double().mean()
    return (
        f"K = {K}: the bound is {bound:.4f} nats, {_evidence() - bound:.4f} below log p(x) = {_evidence():.4f}, which does not move. "
        f"{high:.0%} of single estimates lie above log p(x). Signal-to-noise of the gradient: encoder {encoder:.3f}, decoder {decoder:.2f}."
    )
