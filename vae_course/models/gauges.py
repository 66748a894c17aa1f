"""Photographs of a gauge: small pictures made from three known factors, whose log p(x) is known exactly.

A gauge is a tube of mercury. Its place, its level and its width are drawn independently, and then a poor camera flips each
pixel with a known chance. So p(x) is a sum over a few dozen states, and how much a picture can tell of them is known too.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical

from vae_course.models.finite import FiniteModel
from vae_course.models.oracles import finite_evidence, finite_posterior

FACTORS = ("place", "level", "width")
MOST_COPIES = 3  # files of one photograph


@dataclass(frozen=True)
class Gauge:
    """What can be photographed, and how badly. side: pixels on a side. places, levels, widths: how many values each has, all
    equally likely. flip: the chance that a pixel is seen the wrong way round.
    """

    side: int = 8
    places: int = 7
    levels: int = 7
    widths: int = 2
    flip: float = 0.04

    def __post_init__(self) -> None:
        if self.places + self.widths - 1 > self.side or self.levels > self.side:
            raise ValueError(
                f"{self.places} places, {self.widths} widths and {self.levels} levels do not fit into {self.side} pixels."
            )

    @property
    def factors(self) -> Tensor:
        """The factors of every state: place, level and width, each counted from 0. Returns (S, 3)."""
        counts = (self.places, self.levels, self.widths)
        return torch.tensor(list(itertools.product(*map(range, counts))), dtype=torch.float64)

    @property
    def states(self) -> Tensor:
        """The picture of every state before the camera. Returns (S, side * side), zeros and ones."""
        place, level, width = (column[:, None, None] for column in self.factors.unbind(1))
        row, column = torch.arange(self.side)[:, None], torch.arange(self.side)
        lit = (row >= self.side - 1 - level) & (column >= place) & (column <= place + width)
        return lit.double().flatten(1)

    @property
    def entropy(self) -> float:
        """The entropy of the factors, in nats: that of equally likely states."""
        return math.log(len(self.factors))


@dataclass(frozen=True)
class Files:
    """What the camera's card holds. pictures: (N, D), zeros and ones. factors: (N, 3), what was in front of the camera. photo:
    (N,), which photograph a file is of; the camera saves each of them once, twice or three times.
    """

    pictures: Tensor
    factors: Tensor
    photo: Tensor

    def __len__(self) -> int:
        return len(self.photo)

    def __getitem__(self, rows: Tensor) -> Files:
        return Files(self.pictures[rows], self.factors[rows], self.photo[rows])


def photographs(gauge: Gauge, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`n` photographs, (n, D), zeros and ones, and their factors, (n, 3)."""
    state = torch.randint(len(gauge.factors), (n,), generator=generator)
    clear = gauge.states[state]
    flipped = torch.rand(clear.shape, generator=generator, dtype=torch.float64) < gauge.flip
    return (clear != flipped).float(), gauge.factors[state].float()


def card(gauge: Gauge, n: int, generator: torch.Generator) -> Files:
    """A card with `n` photographs, each saved one to three times, the files in no order."""
    pictures, factors = photographs(gauge, n, generator)
    copies = torch.randint(1, MOST_COPIES + 1, (n,), generator=generator)
    photo = torch.arange(n).repeat_interleave(copies)
    photo = photo[torch.randperm(len(photo), generator=generator)]
    return Files(pictures[photo], factors[photo], photo)


# --- what is known exactly ---


def gauge_log_evidence(x: Tensor, gauge: Gauge) -> Tensor:
    """log p(x) of photographs, (N, D). Returns (N,) in double precision, in nats."""
    return finite_evidence(_as_finite(x, gauge))


def gauge_information(x: Tensor, gauge: Gauge) -> float:
    """How much photographs tell of the factors on average, in nats: their entropy less what is left of it, over these x."""
    left = Categorical(logits=finite_posterior(_as_finite(x, gauge))).entropy().mean()
    return gauge.entropy - float(left)


def _as_finite(x: Tensor, gauge: Gauge) -> FiniteModel:
    chances = gauge.states * (1 - 2 * gauge.flip) + gauge.flip  # (S, D), of a lit pixel
    seen = Bernoulli(probs=chances)
    log_likelihood = torch.stack([seen.log_prob(row).sum(-1) for row in x.double()])  # (N, S)
    log_prior = torch.full((len(chances),), -gauge.entropy, dtype=torch.float64)
    return FiniteModel(log_prior, log_likelihood, log_prior.expand_as(log_likelihood))
