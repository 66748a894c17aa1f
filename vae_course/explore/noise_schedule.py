"""Where on its way a chain loses the signal, and what each step costs: a slider for the path; both of its ends stay."""

from __future__ import annotations

import math

import ipywidgets as widgets
import torch
from IPython.display import Image
from matplotlib.figure import Figure
from torch import Tensor

from vae_course.explore.figure import moving, slider, still
from vae_course.models.diffusion import even_path
from vae_course.models.toolbox.stage_09 import noise_weight

T = 20
FIRST, LAST = 1000.0, 1e-3  # SNR after the first step, and at the end
BUMP, WIDTH = 0.6, 0.12  # the part of the fall that is drawn together at one place, and how closely
VARIANCE = 0.25  # of the Gaussian data whose best guess is known


def _path(place: float) -> Tensor:
    """alpha_bar, (T + 1,): the log of SNR falls everywhere, and more around `place`, from 0, the first step, to 1, the last."""
    middles = (torch.arange(T - 1, dtype=torch.float64) + 0.5) / (T - 1)
    near = torch.softmax(-0.5 * ((middles - place) / WIDTH) ** 2, 0)
    fallen = ((1 - BUMP) / (T - 1) + BUMP * near).cumsum(0)
    log_snr = math.log(FIRST) + math.log(LAST / FIRST) * torch.cat([fallen.new_zeros(1), fallen])
    return torch.cat([log_snr.new_ones(1), log_snr.sigmoid()])


def measured(path: Tensor) -> tuple[Tensor, Tensor]:
    """For t = 2..T the weight of a squared error in the noise, and the cost of the step for Gaussian data under the best guess:
    the error of the best guess for x_0 is the variance that x_t leaves to x_0. path: (T + 1,). Returns (T - 1,) each, in nats."""
    snr = path[1:] / (1 - path[1:])
    left = 1 / (1 / VARIANCE + snr[1:])
    return noise_weight(torch.arange(2, len(path)), path), 0.5 * (snr[:-1] - snr[1:]) * left


def no_less() -> float:
    """What the steps between these ends cost together when there are endlessly many, in nats: an integral over SNR."""
    return 0.5 * math.log((1 / VARIANCE + FIRST) / (1 / VARIANCE + LAST))


def schedule_picture(place: float) -> Image:
    """The figure for one path: near 0 it falls fastest early on, near 1 late."""
    return still(_drawn, sentence, place=place)


def noise_schedule() -> widgets.VBox:
    """A slider for where on the way SNR falls fastest."""
    return moving(_drawn, sentence, {"place": slider(0.5, 0.1, 0.9, 0.1, "falls at")})


def _drawn(place: float) -> Figure:
    path = _path(place)
    weight, cost = measured(path)
    steepest = int(weight.argmax())  # of the steps from 2 on
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.15])
    upper, lower = left.subplots(2, 1, sharex=True)
    snr = path[1:] / (1 - path[1:])
    upper.plot(range(T + 1), path, color="C0", marker=".")
    lower.plot(range(1, T + 1), snr, color="C0", marker=".")
    lower.plot([steepest + 1, steepest + 2], snr[steepest : steepest + 2], color="C1", lw=3)
    upper.set(ylabel="alpha_bar", ylim=(-0.05, 1.05))
    lower.set(yscale="log", ylabel="SNR", xlabel="step t")
    above, below = right.subplots(2, 1, sharex=True)
    colours = ["C1" if index == steepest else "C0" for index in range(T - 1)]
    for axis, values in ((above, weight), (below, cost)):
        axis.bar(range(2, T + 1), values, color=colours, alpha=0.8)
    above.set(ylabel="weight of a squared\nnoise error, nats", ylim=(0, 3.7))
    below.set(ylabel="cost of the step\nfor Gaussian data, nats", xlabel="step t", ylim=(0, 3.7))
    for axis in (upper, lower, above, below):
        axis.set_xlim(-0.7, T + 0.7)
        axis.set_xticks(range(0, T + 1, 5))
        axis.yaxis.label.set_fontsize(9)
    return figure


def sentence(place: float) -> str:
    """What the figure shows, in words."""
    weight, cost = measured(_path(place))
    at = int(weight.argmax())
    even = measured(even_path(T, FIRST, LAST))[1].sum()
    return (
        f"SNR goes from {FIRST:g} to {LAST:g}, whatever the path; here it falls fastest in step {at + 2}. There a squared error of 1 "
        f"in the noise costs {weight[at]:.2f} nats, where SNR falls most slowly {weight.min():.2f}. For Gaussian data all steps "
        f"together cost {cost.sum():.2f} nats. An even fall would cost {even:.2f}, and endlessly many steps {no_less():.2f}."
    )
