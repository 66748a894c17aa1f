"""Two estimators of one gradient, draw by draw: along the path, and by the score."""

from __future__ import annotations

import functools
import math

import ipywidgets as widgets
import numpy as np
from IPython.display import Image
from matplotlib.figure import Figure

from vae_course.explore.figure import moving, slider, still

MU = 0.3  # of every dimension; sigma is 1
DRAWS = 4000
RANGE = 30.0  # of the picture, on either side of the true gradient


def estimates(dims: float, samples: float, wiggle: float) -> tuple[float, np.ndarray, np.ndarray]:
    """The exact d/d mu_1 of E[f(z)], and DRAWS estimates of it along the path and by the score, `samples` draws each.

    f(z) is a sum over dimensions of -(z - 1)^2, mixed with cos 3z in the share `wiggle`.
    """
    eps = _noise(int(dims), int(samples))  # (DRAWS, L, d)
    z = MU + eps
    f = ((1 - wiggle) * -((z - 1) ** 2) + wiggle * np.cos(3 * z)).sum(-1)
    first = z[..., 0]
    path = (1 - wiggle) * -2 * (first - 1) - wiggle * 3 * np.sin(3 * first)
    exact = (1 - wiggle) * 2 * (1 - MU) - wiggle * 3 * math.exp(-4.5) * math.sin(3 * MU)
    return exact, path.mean(1), (f * eps[..., 0]).mean(1)


@functools.lru_cache(maxsize=8)
def _noise(dims: int, samples: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((DRAWS, samples, dims))


def estimator_picture(dims: int, samples: int, wiggle: float) -> Image:
    """The figure for one setting."""
    return still(_drawn, sentence, dims=dims, samples=samples, wiggle=wiggle)


def estimator_histograms() -> widgets.VBox:
    """Sliders for the number of dimensions, the samples of an estimate, and the wiggle of f."""
    return moving(_drawn, sentence, {
        "dims": slider(1, 1, 30, 1, "dimensions"), "samples": slider(1, 1, 30, 1, "samples"),
        "wiggle": slider(0.0, 0.0, 1.0, 0.1, "wiggle"),
    })


def _drawn(dims: float, samples: float, wiggle: float) -> Figure:
    exact, path, score = estimates(dims, samples, wiggle)
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots(2, 1, sharex=True)
    bins = np.linspace(exact - RANGE, exact + RANGE, 121)
    for axis, draws, name, colour in ((axes[0], path, "path", "C0"), (axes[1], score, "score", "C1")):
        axis.hist(np.clip(draws, bins[0], bins[-1]), bins=bins, color=colour)
        axis.axvline(exact, color="black", lw=1)
        axis.set(ylabel="estimates", title=f"{name}: variance {draws.var():.3g}")
        axis.title.set_fontsize(9)
    axes[1].set_xlabel("estimate of the gradient with respect to the first mean (further ones are counted at the edge)")
    return figure


def sentence(dims: float, samples: float, wiggle: float) -> str:
    """What the figure shows, in words."""
    exact, path, score = estimates(dims, samples, wiggle)
    wider = "score" if score.var() > path.var() else "path"
    return (
        f"{int(dims)} dimensions, {int(samples)} samples, wiggle {wiggle:.1f}: both estimate {exact:.3f}. Variance along the path "
        f"{path.var():.3g}, by the score {score.var():.3g}; the {wider} is the noisier one."
    )
