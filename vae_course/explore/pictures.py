"""Rows of small black and white pictures."""

from __future__ import annotations

from collections.abc import Mapping

from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import still


def digits_picture(rows: Mapping[str, Tensor]) -> Image:
    """One labelled row for each entry: some pictures of 8 x 8 pixels, (N, 64), drawn side by side."""
    across = max(len(pictures) for pictures in rows.values())
    told = f"{len(rows)} rows of {across} black and white pictures, 8 by 8 pixels each; from the top: {', '.join(rows)}."
    return still(lambda: _drawn(rows), lambda: told)


def _drawn(rows: Mapping[str, Tensor]) -> Figure:
    across = max(len(pictures) for pictures in rows.values())
    figure = Figure(figsize=(8, 0.8 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), across, squeeze=False)
    for axes, (label, pictures) in zip(grid, rows.items(), strict=True):
        for axis, picture in zip(axes, pictures, strict=False):
            axis.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        for axis in axes:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="0.75")
        axes[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    return figure
