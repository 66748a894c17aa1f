"""A line of codes bent into the plane: the cloud of all data, and which codes may have made one point of it."""

from __future__ import annotations

import functools

import ipywidgets as widgets
import numpy as np
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch.distributions import Normal

from vae_course.explore.figure import moving, slider, still
from vae_course.models.decoders import hammock

DECODER = hammock()
CODES = torch.linspace(-4, 4, 401, dtype=torch.float64)[:, None]  # (401, 1)
SPACING = (CODES[1] - CODES[0]).item()
ACROSS, UP = np.linspace(-2.4, 2.4, 97), np.linspace(-1.4, 2.6, 81)
LEAST = 0.02  # height of a bump, as a share of the highest, that is worth a mention


def bent_picture(z: float, right: float, up: float) -> Image:
    """The figure for one code and one draw of the noise, in units of sigma."""
    return still(_drawn, sentence, z=z, right=right, up=up)


def bent_plane() -> widgets.VBox:
    """Sliders for the code and for the noise to the right and upwards."""
    return moving(_drawn, sentence, {
        "z": slider(0.8, -2.5, 2.5, 0.1, "code z"), "right": slider(0.5, -5, 5, 0.1, "noise →"),
        "up": slider(-0.4, -5, 5, 0.1, "noise ↑"),
    })


def _log_joint(x: torch.Tensor) -> torch.Tensor:
    """log p(x, z) at every code. x: (..., 2). Returns (..., 401)."""
    return DECODER.log_likelihood(x[..., None, :], CODES) + Normal(0, 1).log_prob(CODES[:, 0])


@functools.cache
def _cloud() -> np.ndarray:
    """p(x) over the plane, (81, 97)."""
    points = torch.from_numpy(np.stack(np.meshgrid(ACROSS, UP), axis=-1))
    return (torch.logsumexp(_log_joint(points), -1).exp() * SPACING).numpy()


def _made(z: float, right: float, up: float) -> torch.Tensor:
    """The data point that this code and this noise make, (2,)."""
    noise = torch.tensor([right, up], dtype=torch.float64)
    return DECODER(torch.tensor([z], dtype=torch.float64)) + DECODER.sigma * noise


def _posterior(x: torch.Tensor) -> tuple[float, np.ndarray, list[float]]:
    """log p(x), the posterior density at every code, and where its bumps are."""
    joint = _log_joint(x)
    log_evidence = torch.logsumexp(joint, -1) + np.log(SPACING)
    density = (joint - log_evidence).exp().numpy()
    inner = density[1:-1]
    top = (inner > density[:-2]) & (inner > density[2:]) & (inner > LEAST * density.max())
    return log_evidence.item(), density, CODES[1:-1, 0].numpy()[top].tolist()


def _drawn(z: float, right: float, up: float) -> Figure:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, beside = figure.subplots(1, 2, width_ratios=[1.2, 1])
    x = _made(z, right, up)
    mean, curve = DECODER(torch.tensor([z], dtype=torch.float64)), DECODER(CODES[75:-75])
    image = left.pcolormesh(ACROSS, UP, _cloud(), cmap="viridis", rasterized=True)
    left.plot(*curve.T, color="white", lw=1, label="decoder(z)")
    left.plot(*torch.stack([mean, x]).T, color="white", lw=1, ls=":")
    left.plot(*mean, "o", color="white", markeredgecolor="black", markersize=7)
    left.plot(*x, "X", color="C1", markeredgecolor="white", markersize=11)
    left.set(xlabel="x₁", ylabel="x₂", xlim=(ACROSS[0], ACROSS[-1]), ylim=(UP[0], UP[-1]))
    left.grid(False)
    figure.colorbar(image, ax=left, label="density p(x)")
    _, density, _ = _posterior(x)
    codes = CODES[:, 0].numpy()
    beside.plot(codes, Normal(0, 1).log_prob(CODES[:, 0]).exp(), color="C7", ls="--", label="prior p(z)")
    beside.plot(codes, density, color="C1", label="posterior p(z|x)")
    beside.axvline(z, color="black", lw=0.8, ls=":")
    beside.annotate("z", (z, 0), (z + 0.12, 0.02 * density.max()))
    beside.set(xlabel="code z", ylabel="density", xlim=(-3.5, 3.5), ylim=(0, 1.3 * max(0.4, density.max())))
    beside.legend(loc="upper center", ncols=2, fontsize=8, frameon=False)
    return figure


def sentence(z: float, right: float, up: float) -> str:
    """What the figure shows, in words."""
    x = _made(z, right, up)
    log_evidence, _, bumps = _posterior(x)
    where = " and ".join(f"{bump:.2f}" for bump in bumps)
    return (
        f"The code z = {z:.2f} and its noise make x = ({x[0]:.2f}, {x[1]:.2f}), with log p(x) = {log_evidence:.3f} nats. Its "
        f"posterior has {'one bump' if len(bumps) == 1 else 'two bumps'}, at {where}. The cloud p(x) stays as it is."
    )
