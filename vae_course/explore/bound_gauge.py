"""The bound and its gap on the model with closed forms, for a q that the reader moves; log p(x) stays."""

from __future__ import annotations

import math

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch.distributions import Normal, kl_divergence

from vae_course.explore.figure import moving, slider, still

X, NOISE = 1.5, math.sqrt(0.5)  # the data point, and the sigma of p(x|z) = N(z, 0.5)
PRIOR = Normal(torch.tensor(0.0).double(), 1.0)
POSTERIOR = Normal(torch.tensor(X / (1 + NOISE**2)).double(), math.sqrt(NOISE**2 / (1 + NOISE**2)))
LOG_EVIDENCE = Normal(torch.tensor(0.0).double(), math.sqrt(1 + NOISE**2)).log_prob(torch.tensor(X)).item()
MEAN, STD = (-0.5, 2.5), (0.1, 1.5)
LOWEST = -5.0  # of the gauge, in nats


def terms(mean: float, std: float) -> dict[str, float]:
    """Expected log-likelihood, KL to the prior, and the gap, in nats, for q = N(mean, std^2)."""
    q = Normal(torch.tensor(mean).double(), std)
    expected = Normal(0.0, NOISE).log_prob(torch.tensor(X - mean)).item() - 0.5 * (std / NOISE) ** 2
    return {
        "expected": expected, "kl": kl_divergence(q, PRIOR).item(), "gap": kl_divergence(q, POSTERIOR).item(),
    }


def bound_picture(mean: float, std: float) -> Image:
    """The figure for one q."""
    return still(_drawn, sentence, mean=mean, std=std)


def bound_gauge() -> widgets.VBox:
    """Sliders for the mean and the standard deviation of q."""
    return moving(_drawn, sentence, {
        "mean": slider(0.6, *MEAN, 0.05, "mean of q"), "std": slider(0.45, *STD, 0.05, "std of q"),
    })


def _drawn(mean: float, std: float) -> Figure:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
    z = torch.linspace(-2.5, 3.5, 301).double()
    for q, name, style in (
        (PRIOR, "prior p(z)", {"color": "C7", "ls": "--"}), (POSTERIOR, "posterior p(z|x)", {"color": "C1", "ls": "-."}),
        (Normal(torch.tensor(mean).double(), std), "your q", {"color": "C0", "lw": 2}),
    ):
        left.plot(z, q.log_prob(z).exp(), label=name, **style)
    left.set(xlabel="code z", ylabel="density", ylim=(0, max(1.0, 0.45 / std)))
    left.legend(fontsize=8, frameon=False)
    told = terms(mean, std)
    elbo = told["expected"] - told["kl"]
    right.barh(2, told["expected"], color="C2")
    right.barh(1, -told["kl"], left=told["expected"], color="C3")
    right.barh(0, -told["gap"], left=LOG_EVIDENCE, color="C4", hatch="//", alpha=0.7)
    right.axvline(LOG_EVIDENCE, color="black", lw=1.2)
    right.axvline(elbo, color="C0", lw=2)
    right.set(yticks=[2, 1, 0], yticklabels=["E log p(x|z)", "− KL(q‖p)", "gap"], xlabel="nats", xlim=(LOWEST, 0))
    right.annotate(" log p(x)", (LOG_EVIDENCE, 2.6), ha="left", fontsize=9)
    right.annotate("ELBO ", (max(elbo, LOWEST + 0.7), -0.75), ha="right", fontsize=9, color="C0")
    right.set_ylim(-0.9, 2.9)
    return figure


def sentence(mean: float, std: float) -> str:
    """What the figure shows, in words."""
    told = terms(mean, std)
    elbo = told["expected"] - told["kl"]
    return (
        f"q = N({mean:.2f}, {std:.2f}²): expected log-likelihood {told['expected']:.3f} − KL {told['kl']:.3f} = ELBO "
        f"{elbo:.3f} nats. The gap {told['gap']:.3f} makes up log p(x) = {LOG_EVIDENCE:.4f}, which does not move."
    )
