"""Programs that train on many samples, sound and broken, behind two functions that a test may call.

The faults are those of public programs, written anew. Which fault a program has cannot be read from its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

OfWeights = Callable[[Tensor], Tensor]


class Program:
    """What a training script makes of the log-weights of a batch.

    bound(log_w): the bound that it reports, in nats/image. loss(log_w): what it minimises. log_w: (K, B), K samples of
    B images; both return a tensor without axes.
    """

    __slots__ = ("bound", "loss")

    def __init__(self, bound: OfWeights, loss: OfWeights):
        self.bound = lambda log_w: bound(log_w)  # a function's own name would tell what is wrong with it
        self.loss = lambda log_w: loss(log_w)

    def __repr__(self) -> str:
        return "a program with bound(log_w) and loss(log_w)"


def program(name: str = "plain", chunk: int = 3, seed: int = 0) -> Program:
    """A program by what it does: a key of PROGRAMS.

    chunk: images at a time, and seed: of the order of the samples, where a program works in pieces.
    """
    report, loss = PROGRAMS[name]
    return Program(report(chunk, seed), loss(chunk, seed))


Maker = Callable[[int, int], OfWeights]


def _always(function: OfWeights) -> Maker:
    return lambda chunk, seed: function


# --- sound ---


def _bound(log_w: Tensor) -> Tensor:
    """The log of the mean weight of each image. (K, B) to (B,). Not the toolbox's: stage 07 asks for that one."""
    return log_w.logsumexp(0) - math.log(len(log_w))


def _mean_bound(log_w: Tensor) -> Tensor:
    return _bound(log_w).mean()


def _naive(log_w: Tensor) -> Tensor:
    """The log of the mean weight of each image, with every weight written out. (B,)."""
    return log_w.exp().mean(0).log()


def _relative(log_w: Tensor) -> Tensor:
    """Weights written out as shares of the largest one."""
    best = log_w.detach().amax(0)
    return (best + _naive(log_w - best)).mean()


def _in_double(log_w: Tensor) -> Tensor:
    return _mean_bound(log_w.double()).to(log_w.dtype)


def _image_by_image(chunk: int, seed: int) -> OfWeights:
    return lambda log_w: torch.cat([_bound(images) for images in log_w.split(chunk, dim=1)]).mean()


def _one_after_the_other(chunk: int, seed: int) -> OfWeights:
    """A running total that forgets its samples, which come in an order of its own."""

    def bound(log_w: Tensor) -> Tensor:
        order = torch.randperm(len(log_w), generator=torch.Generator().manual_seed(seed))
        total = log_w[order[0]]
        for sample in order[1:]:
            total = torch.logaddexp(total, log_w[sample])
        return (total - math.log(len(log_w))).mean()

    return bound


def _as_a_number(of: Maker) -> Maker:
    """The same value, from which no gradient comes."""
    return lambda chunk, seed: torch.no_grad()(of(chunk, seed))


def _minus(of: Maker) -> Maker:
    def loss(chunk: int, seed: int) -> OfWeights:
        bound = of(chunk, seed)
        return lambda log_w: -bound(log_w)

    return loss


def _weighted(shares: OfWeights) -> Maker:
    """Minus the log-weights, each by its share of its image. (K, B) to a number."""
    return _always(lambda log_w: -(shares(log_w) * log_w).sum(0).mean())


_SHARES = _weighted(lambda log_w: log_w.detach().softmax(0))  # another value than minus the bound, and its gradient


# --- all programs: what they report, and what they minimise ---


_BOUND = _always(_mean_bound)
_LOSS = _minus(_BOUND)


def _reports(wrong: OfWeights) -> tuple[Maker, Maker]:
    return _always(wrong), _LOSS


def _minimises(loss: Maker) -> tuple[Maker, Maker]:
    return _BOUND, loss


PROGRAMS: dict[str, tuple[Maker, Maker]] = {
    "plain": (_BOUND, _LOSS),
    "relative": (_always(_relative), _minus(_always(_relative))),
    "in_double": (_always(_in_double), _minus(_always(_in_double))),
    "image_by_image": (_image_by_image, _minus(_image_by_image)),
    "one_after_the_other": (_as_a_number(_one_after_the_other), _minus(_one_after_the_other)),
    "shares": (_BOUND, _SHARES),
    "mean_of_logs": (_always(torch.mean), _minus(_always(torch.mean))),
    "sum_of_weights": _reports(lambda log_w: _mean_bound(log_w) + math.log(len(log_w))),
    "over_images": _reports(lambda log_w: _mean_bound(log_w.T)),
    # what is minimised
    "shares_in_the_graph": _minimises(_weighted(lambda log_w: log_w.softmax(0))),
    "worst_first": _minimises(_weighted(lambda log_w: (-log_w.detach()).softmax(0))),
    "shares_over_images": _minimises(_weighted(lambda log_w: log_w.detach().softmax(1))),
    "equal_shares": _minimises(_minus(_always(torch.mean))),
    "winner": _minimises(_minus(_always(lambda log_w: log_w.amax(0).mean()))),
    "uphill": _minimises(_BOUND),
    "written_out": _minimises(_minus(_always(lambda log_w: _naive(log_w).mean()))),
    # what is reported
    "shares_reported": (_as_a_number(_minus(_SHARES)), _SHARES),
    "log_added": _reports(lambda log_w: _mean_bound(log_w) + 2 * math.log(len(log_w))),
    "log_of_the_images": _reports(lambda log_w: _mean_bound(log_w) + math.log(len(log_w) / log_w.shape[1])),
    "one_mean": _reports(lambda log_w: _mean_bound(log_w.reshape(-1, 1))),
    "best": _reports(lambda log_w: log_w.amax(0).mean()),
    "negated": _reports(lambda log_w: -_mean_bound(log_w)),
    "total": _reports(lambda log_w: _bound(log_w).sum()),
    "overflowing": _reports(lambda log_w: _naive(log_w).mean()),
}

ZOO = {  # three programs of the lesson
    "first": program("worst_first"),
    "second": program("shares_reported"),
    "third": program("mean_of_logs"),
}
