"""VAEs of the same pictures, each trained at its own price: what the code costs in each dimension, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import moving, still
from vae_course.models.audit import prices
from vae_course.models.digit_nets import pictures, terms_per_image
from vae_course.models.toolbox.stage_05 import VAE
from vae_course.models.toolbox.stage_06 import active_units

SHOWN = 6  # pictures in a row
NAMED = 4  # dimensions whose KL the sentence names


def beta_picture(models: Mapping[float, VAE], x: Tensor, beta: float) -> Image:
    """The figure for one beta. models: a trained VAE for each beta. x: (N, 64), zeros and ones."""
    return still(*_faces(models, x), beta=beta)


def beta_dial(models: Mapping[float, VAE], x: Tensor) -> widgets.VBox:
    """A slider over the betas of the models, which were trained ahead. Arguments as above."""
    start = 1.0 if 1.0 in models else next(iter(models))
    dial = widgets.SelectionSlider(options=[(f"{beta:g}", beta) for beta in sorted(models)], value=start, description="beta")
    return moving(*_faces(models, x), {"beta": dial})


@dataclass(frozen=True)
class _Seen:
    """What a model of one beta makes of the pictures.

    kl: the mean of each latent dimension, largest first, (Z,), and recon, both in nats. active: how many dimensions are.
    copies: of the first pictures, and new: from the prior, (SHOWN, 64) each.
    """

    kl: Tensor
    recon: float
    active: int
    copies: Tensor
    new: Tensor


def _faces(models: Mapping[float, VAE], x: Tensor):
    """How to draw the model of one beta, and how to tell what the drawing shows."""
    seen = {beta: _look(model, x) for beta, model in models.items()}
    top = 1.1 * max(float(one.kl[0]) for one in seen.values())
    return lambda beta: _drawn(seen[beta], x, beta, top), lambda beta: _sentence(seen[beta], beta)


@torch.no_grad()
def _look(model: VAE, x: Tensor) -> _Seen:
    mu, logvar = model.encode(x)
    recon, _ = terms_per_image(model, x, generator=torch.Generator().manual_seed(0))
    codes = torch.randn(SHOWN, model.z_dim, generator=torch.Generator().manual_seed(0))  # the same ones for every beta
    return _Seen(
        prices(mu, logvar).mean(0).sort(descending=True).values, float(recon.mean()), active_units(mu),
        pictures(model, mu[:SHOWN]), pictures(model, codes),
    )


def _drawn(seen: _Seen, x: Tensor, beta: float, top: float) -> Figure:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.35])
    axis, ranks = left.subplots(), range(1, len(seen.kl) + 1)
    bars = axis.bar(ranks, seen.kl, color="C0")
    axis.bar_label(bars, labels=[f"{value:.2f}" for value in seen.kl], fontsize=7)
    axis.set(xlabel="latent dimension, largest first", ylabel="mean KL, nats", ylim=(0, top), xticks=ranks)
    axis.set_title(f"β = {beta:g}: KL {seen.kl.sum():.2f} nats/image", fontsize=10)
    rows = {"digits": x[:SHOWN], "copies": seen.copies, "from the\nprior": seen.new}
    for axes, (label, shown) in zip(right.subplots(len(rows), SHOWN), rows.items(), strict=True):
        for axis, picture in zip(axes, shown, strict=True):
            axis.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="0.75")
        axes[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    return figure


def _sentence(seen: _Seen, beta: float) -> str:
    """What the figure shows, in words."""
    kl, largest = float(seen.kl.sum()), ", ".join(f"{value:.2f}" for value in seen.kl[:NAMED])
    return (
        f"β = {beta:g}: {seen.active} of {len(seen.kl)} dimensions are active. KL {kl:.2f} nats/image, of which the largest {NAMED} "
        f"dimensions hold {largest}. Recon {seen.recon:.2f}, so the ELBO at β = 1 is −{seen.recon + kl:.2f}."
    )
