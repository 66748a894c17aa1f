"""An alarm on a score: two histograms, a threshold between them, and what it catches and what it costs, in counts."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import moving, still
from vae_course.models.toolbox.stage_08 import auroc

Scores = Mapping[int, tuple[Tensor, Tensor]]
STEP = 0.5  # nats between two positions of the slider
TAIL = 0.01  # of the scores, counted at the right edge


def threshold_picture(scores: Scores, digit: int, threshold: float) -> Image:
    """The figure for one held-out digit and one threshold, in nats.

    scores: for each held-out digit the scores of normal pictures, (N,), and of odd ones, (M,); higher is stranger.
    """
    return still(*_faces(scores), digit=digit, threshold=threshold)


def threshold_dial(scores: Scores) -> widgets.VBox:
    """A slider over the held-out digits and one over the threshold. Argument as above.

    No menu: JupyterLab keeps the arrow keys that would move it.
    """
    low, high = _range(scores)
    places = [low + STEP * i for i in range(round((high - low) / STEP) + 1)]
    middle = float(torch.cat([normal for normal, _ in scores.values()]).quantile(0.95))
    held_out = widgets.SelectionSlider(options=[(str(digit), digit) for digit in scores], description="held out")
    dial = widgets.SelectionSlider(
        options=[(f"{place:.1f}", place) for place in places], value=min(places, key=lambda place: abs(place - middle)),
        description="threshold", continuous_update=False,
    )
    return moving(*_faces(scores), {"digit": held_out, "threshold": dial})


def _range(scores: Scores) -> tuple[float, float]:
    """Whole nats around all scores but for the highest."""
    every = torch.cat([torch.cat(pair) for pair in scores.values()])
    return float(every.min().floor()), float(every.quantile(1 - TAIL).ceil())


def _faces(scores: Scores):
    """How to draw one digit and threshold, and how to tell what the drawing shows."""
    low, high = _range(scores)
    return (
        lambda digit, threshold: _drawn(*scores[digit], digit, threshold, low, high),
        lambda digit, threshold: _sentence(*scores[digit], digit, threshold),
    )


def _drawn(normal: Tensor, odd: Tensor, digit: int, threshold: float, low: float, high: float) -> Figure:
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axis = figure.subplots()
    edges = torch.arange(low, high + 0.5, 1.0).tolist()
    named = ((normal, "normal: the other nine", "C0", "stepfilled", 0.45), (odd, f"odd: the digit {digit}", "C1", "step", 1.0))
    for scores, name, colour, kind, alpha in named:
        axis.hist(
            scores.clamp(max=high - 1e-3), bins=edges, weights=[100 / len(scores)] * len(scores), label=name, color=colour,
            histtype=kind, alpha=alpha, lw=2,
        )
    axis.axvline(threshold, color="black", lw=1.2)
    axis.axvspan(threshold, high, color="0.5", alpha=0.1, lw=0)
    axis.text(threshold + 0.2, 0.96, "alarm →", transform=axis.get_xaxis_transform(), va="top", fontsize=9)
    axis.set(xlabel="score, nats (higher ones are counted at the edge)", ylabel="per cent of its kind", xlim=(low, high))
    axis.set_title(f"the digit {digit} held out, threshold {threshold:.1f} nats", fontsize=10)
    axis.legend(fontsize=9, frameon=False, loc="upper right")
    return figure


def _sentence(normal: Tensor, odd: Tensor, digit: int, threshold: float) -> str:
    """What the figure shows, in words: counts first."""
    caught, false = int((odd > threshold).sum()), int((normal > threshold).sum())
    alarms = caught + false
    worth = f"{caught / alarms:.0%} of the {alarms} alarms are true" if alarms else "there is no alarm"
    ranking = auroc(torch.cat([normal, odd]), torch.arange(len(normal) + len(odd)) >= len(normal))
    return (
        f"The digit {digit} held out, threshold {threshold:.1f} nats: {caught} of {len(odd)} odd pictures are caught "
        f"({caught / len(odd):.0%}), {false} of {len(normal)} normal ones raise a false alarm ({false / len(normal):.0%}); {worth}. "
        f"AUROC {ranking:.2f}, whatever the threshold."
    )
