"""One image whose code its encoder misread: where the posterior is, and where two Gaussians look for it."""

from __future__ import annotations

import torch
from IPython.display import Image
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from vae_course.explore.figure import still
from vae_course.models.digit_nets import VAE
from vae_course.models.gaps import joint_on_a_grid

REACH, POINTS = 3.5, 141
LOOK = (("the encoder's q", "C1", "--", "s"), ("best q for this image", "C2", "-", "^"))  # name, colour, line, mark


def misread_picture(x: Tensor, model: VAE, encoder: tuple[Tensor, Tensor], best: tuple[Tensor, Tensor]) -> Image:
    """The image and the plane of its codes. x: (64,). encoder, best: mu and logvar of a q each, (2,)."""
    gaussians = (encoder, best)
    return still(lambda: _drawn(x, model, gaussians), lambda: _sentence(gaussians))


def _drawn(x: Tensor, model: VAE, gaussians: tuple[tuple[Tensor, Tensor], ...]) -> Figure:
    figure = Figure(figsize=(7, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.6])
    left.imshow(x.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[], title="the image")
    left.spines[:].set(visible=True, color="0.75")
    axis = torch.linspace(-REACH, REACH, POINTS)
    _, log_joint = joint_on_a_grid(x[None], model, REACH, POINTS)
    density = log_joint[0].exp().reshape(POINTS, POINTS).T  # the first code goes to the right
    right.contourf(axis, axis, density / density.max(), levels=[0.01, 0.05, 0.2, 0.5, 0.8, 1.0], cmap="Blues")
    for (mu, logvar), (name, colour, line, mark) in zip(gaussians, LOOK, strict=True):
        width, height = (4 * torch.exp(0.5 * logvar)).tolist()
        right.add_patch(Ellipse(mu.tolist(), width, height, fill=False, color=colour, ls=line, lw=2))
        right.plot(*mu.tolist(), mark, color=colour, label=name)
    right.set(xlabel="first code", ylabel="second code", aspect="equal", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    right.set_title("posterior (blue), each q out to two deviations", fontsize=10)
    right.legend(fontsize=8, frameon=False, loc="lower left")
    return figure


def _sentence(gaussians: tuple[tuple[Tensor, Tensor], ...]) -> str:
    """What the figure shows, in words."""
    told = [
        f"{name} has its centre at ({mu[0]:.2f}, {mu[1]:.2f}) and the deviations {torch.exp(0.5 * logvar[0]):.2f} and "
        f"{torch.exp(0.5 * logvar[1]):.2f}"
        for (mu, logvar), (name, *_) in zip(gaussians, LOOK, strict=True)
    ]
    return f"A digit and the plane of its codes, with the posterior as a blue patch: {told[0]}; {told[1]}."
