"""VAEs of the same pictures, each trained at its own price: what the code costs in each dimension, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import moving, still
from vae_course.models.audit import prices
from vae_course.models.digit_nets import VAE, pictures, terms_per_image
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


def _faces(models: Mapping[float, VAE], x: Tensor):
    """How to draw the model of one beta, and how to tell what the drawing shows."""
    tops = [float(_kl_per_dimension(model, x)[0]) for model in models.values()]
    return (
        lambda beta: _drawn(models[beta], x, beta, top=1.1 * max(tops)),
        lambda beta: sentence(models[beta], x, beta),
    )


def _kl_per_dimension(model: VAE, x: Tensor) -> Tensor:
    """The mean KL of each latent dimension, largest first. Returns (Z,), in nats."""
    with torch.no_grad():
        return prices(*model.encode(x)).mean(0).sort(descending=True).values


def _drawn(model: VAE, x: Tensor, beta: float, top: float) -> Figure:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.35])
    kl = _kl_per_dimension(model, x)
    axis = left.subplots()
    bars = axis.bar(range(1, len(kl) + 1), kl, color="C0")
    axis.bar_label(bars, labels=[f"{value:.2f}" for value in kl], fontsize=7)
    axis.set(xlabel="latent dimension, largest first", ylabel="mean KL, nats", ylim=(0, top), xticks=range(1, len(kl) + 1))
    axis.set_title(f"β = {beta:g}: KL {kl.sum():.2f} nats/image", fontsize=10)
    codes = torch.randn(SHOWN, model.z_dim, generator=torch.Generator().manual_seed(0))  # the same ones for every beta
    with torch.no_grad():
        copies = pictures(model, model.encode(x[:SHOWN])[0])
    rows = {"digits": x[:SHOWN], "copies": copies, "from the\nprior": pictures(model, codes)}
    for axes, (label, shown) in zip(right.subplots(len(rows), SHOWN), rows.items(), strict=True):
        for axis, picture in zip(axes, shown, strict=True):
            axis.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="0.75")
        axes[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    return figure


def sentence(model: VAE, x: Tensor, beta: float) -> str:
    """What the figure shows, in words."""
    recon, kl = terms_per_image(model, x, generator=torch.Generator().manual_seed(0))
    largest = ", ".join(f"{value:.2f}" for value in _kl_per_dimension(model, x)[:NAMED])
    with torch.no_grad():
        active = active_units(model.encode(x)[0])
    return (
        f"β = {beta:g}: {active} of {model.z_dim} dimensions are active. KL {kl.mean():.2f} nats/image, of which the largest {NAMED} "
        f"dimensions hold {largest}. Recon {recon.mean():.2f}, so the ELBO at β = 1 is −{(recon + kl).mean():.2f}."
    )
