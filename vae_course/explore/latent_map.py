"""The codes of a VAE with two latent dimensions on a map, and the picture that belongs to any place on it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import Image
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from vae_course.explore.figure import still

REACH = 3.0  # of the still picture, on either side of 0
ACROSS = 9  # pictures on a side of it
NEAR = 0.5  # distance within which a code counts as close


class LatentMap(anywidget.AnyWidget):
    """A map of codes (mu of each picture, labelled) and a chosen code, whose picture is decoded as it moves."""

    _esm = Path(__file__).with_suffix(".js")
    codes = traitlets.List().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)
    code = traitlets.List([0.0, 0.0]).tag(sync=True)
    pixels = traitlets.List().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)

    def __init__(self, model, mu: torch.Tensor, labels: torch.Tensor):
        self._model, self._mu, self._labels = model, mu, labels
        super().__init__(
            codes=[[float(a), float(b), str(int(label))] for (a, b), label in zip(mu, labels, strict=True)],
            colours={str(i): to_hex(colormaps["tab10"](i)) for i in range(10)},
        )
        self.observe(self._decode, "code")
        self._decode()

    def _decode(self, _: object = None) -> None:
        with torch.no_grad():
            means = torch.sigmoid(self._model.decode(torch.tensor(self.code)))
        self.pixels = [round(value, 3) for value in means.tolist()]
        self.words = self._told()

    def _told(self) -> str:
        """What the map shows at the chosen code, in words."""
        near = (self._mu - torch.tensor(self.code)).norm(dim=1) < NEAR
        found = torch.bincount(self._labels[near], minlength=10)
        digits = [f"{int(found[i])} of digit {i}" for i in found.argsort(descending=True)[:2] if found[i]]
        return f"Code ({self.code[0]:.1f}, {self.code[1]:.1f}). Pictures coded near it: {', '.join(digits) or 'none'}."


def latent_map(model, mu: torch.Tensor, labels: torch.Tensor) -> LatentMap:
    """The map of `model`, a VAE with Z = 2. mu: (N, 2), codes of pictures. labels: (N,), which digit each shows."""
    return LatentMap(model, mu, labels)


def latent_map_picture(model, mu: torch.Tensor, labels: torch.Tensor) -> Image:
    """The same without a kernel: the codes on the left, and the pictures decoded from a grid of codes on the right."""
    words = f"{len(mu)} codes on a plane, and {ACROSS} by {ACROSS} pictures decoded from codes between -{REACH:g} and {REACH:g}."
    return still(lambda: _drawn(model, mu, labels), lambda: words)


def _drawn(model, mu: torch.Tensor, labels: torch.Tensor) -> Figure:
    figure = Figure(figsize=(8, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (a, b), label in zip(mu.tolist(), labels.tolist(), strict=True):
        left.text(a, b, str(label), color=colormaps["tab10"](label), fontsize=7, ha="center", va="center")
    left.set(xlim=(-REACH - 0.5, REACH + 0.5), ylim=(-REACH - 0.5, REACH + 0.5), xlabel="z₁", ylabel="z₂", aspect="equal")
    steps = torch.linspace(-REACH, REACH, ACROSS)
    codes = torch.stack(torch.meshgrid(steps.flip(0), steps, indexing="ij"), -1).flip(-1)  # row: z2 falls, column: z1 rises
    with torch.no_grad():
        means = torch.sigmoid(model.decode(codes)).reshape(ACROSS, ACROSS, 8, 8).numpy()
    means = np.pad(means, ((0, 0), (0, 0), (1, 1), (1, 1)))  # a gap around each picture
    sheet = np.concatenate(np.concatenate(means, axis=1), axis=1)  # (ACROSS * 10, ACROSS * 10)
    right.imshow(sheet, cmap="gray_r", vmin=0, vmax=1, extent=(-REACH, REACH, -REACH, REACH))
    right.set(xlabel="z₁", ylabel="z₂")
    right.grid(False)
    return figure
