"""Training scripts for variational autoencoders, sound and broken, behind two functions that a test may call.

The faults are those of public programs, written anew. Which fault a program has cannot be read from its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.models.audit import bits, prices

Sample = Callable[[Tensor, Tensor], Tensor]
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class Program:
    """The two lines on which a training script stands.

    sample(mu, logvar): the codes z that it draws for a batch. All (B, Z).
    loss(x, logits, mu, logvar): what it minimises, a tensor without axes. x, logits: (B, D); mu, logvar: (B, Z).
    """

    __slots__ = ("sample", "loss")

    def __init__(self, sample: Sample, loss: Loss):
        self.sample = lambda mu, logvar: sample(mu, logvar)  # a function's own name would tell what is wrong with it
        self.loss = lambda x, logits, mu, logvar: loss(x, logits, mu, logvar)

    def __repr__(self) -> str:
        return "a program with sample(mu, logvar) and loss(x, logits, mu, logvar)"


def program(sampling: str = "plain", loss: str = "plain", amount: float = 1.0, seed: int = 0) -> Program:
    """A program by what it does: a key of SAMPLING and one of LOSSES.

    amount: how much, where a fault has a size. seed: of the noise, where a program has its own generator.
    """
    return Program(SAMPLING[sampling](amount, seed), LOSSES[loss](amount))


# --- how codes are drawn ---


def _with_noise(noise: Callable[[Tensor], Tensor]) -> Callable[[float, int], Sample]:
    return lambda amount, seed: lambda mu, logvar: mu + noise(mu) * (logvar / 2).exp()


def _own_generator(amount: float, seed: int) -> Sample:
    generator = torch.Generator().manual_seed(seed)

    def sample(mu: Tensor, logvar: Tensor) -> Tensor:
        noise = torch.randn(mu.shape, generator=generator, dtype=torch.float64)
        return (mu + noise * (logvar.double() / 2).exp()).to(mu.dtype)

    return sample


def _polar(mu: Tensor) -> Tensor:
    """Normal noise from two uniform numbers. Source: Box and Muller, 1958."""
    radius, turn = torch.rand(2, *mu.shape, dtype=torch.float64)
    return ((-2 * torch.log1p(-radius)).sqrt() * (2 * math.pi * turn).cos()).to(mu.dtype)


def _frozen(amount: float, seed: int) -> Sample:
    def sample(mu: Tensor, logvar: Tensor) -> Tensor:
        return mu + torch.randn(mu.shape, generator=torch.Generator().manual_seed(seed)) * (logvar / 2).exp()

    return sample


SAMPLING: dict[str, Callable[[float, int], Sample]] = {
    "plain": _with_noise(torch.randn_like),
    "own_generator": _own_generator,
    "polar": _with_noise(_polar),
    "forgotten": _with_noise(torch.zeros_like),
    "cut": lambda amount, seed: lambda mu, logvar: Normal(mu, (logvar / 2).exp()).sample(),
    "rows": _with_noise(lambda mu: torch.randn(mu.shape[-1])),
    "columns": _with_noise(lambda mu: torch.randn(len(mu), 1)),
    "single": _with_noise(lambda mu: torch.randn(1)),
    "frozen": _frozen,
    "uniform": _with_noise(torch.rand_like),
    "small": lambda amount, seed: lambda mu, logvar: mu + amount * torch.randn_like(mu) * (logvar / 2).exp(),
    "variance": lambda amount, seed: lambda mu, logvar: mu + torch.randn_like(mu) * logvar.exp(),
    "product": lambda amount, seed: lambda mu, logvar: (mu + torch.randn_like(mu)) * (logvar / 2).exp(),
}


# --- what is minimised ---


def _loss(
    scores: Callable[[Tensor, Tensor], Tensor] = bits, kl: Callable[[Tensor, Tensor], Tensor] = prices,
    pixels: str = "sum", latents: str = "sum", recon_rows: str = "mean", kl_rows: str = "mean", weight: float = 1.0,
) -> Loss:
    """A loss by how it scores each pixel, how it prices each latent, and how it gathers pixels, latents and rows."""

    def loss(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        recon = getattr(getattr(scores(x, logits), pixels)(1), recon_rows)()
        return recon + weight * getattr(getattr(kl(mu, logvar), latents)(1), kl_rows)()

    return loss


def _in_double(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    total = bits(x.double(), logits.double()).sum() + prices(mu.double(), logvar.double()).sum()
    return (total / len(x)).to(logits.dtype)


def _in_pieces(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    rows = len(x)
    total = torch.zeros((), dtype=logits.dtype)
    for x, logits, mu, logvar in zip(*(given.chunk(3) for given in (x, logits, mu, logvar)), strict=True):
        q, prior = Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)
        total = total + kl_divergence(q, prior).sum() - Bernoulli(logits=logits).log_prob(x).sum()
    return total / rows


def _clipped(amount: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Scores by probabilities that never come closer than `amount` to 0 and 1."""
    return lambda x, logits: F.binary_cross_entropy(logits.sigmoid().clamp(amount, 1 - amount), x, reduction="none")


LOSSES: dict[str, Callable[[float], Loss]] = {
    "plain": lambda amount: _loss(),
    "in_double": lambda amount: _in_double,
    "in_pieces": lambda amount: _in_pieces,
    # what is averaged, and what is added
    "pixel_mean": lambda amount: _loss(pixels="mean"),
    "latent_mean": lambda amount: _loss(latents="mean"),
    "both_means": lambda amount: _loss(pixels="mean", latents="mean"),
    "batch_sum": lambda amount: _loss(recon_rows="sum"),
    "total": lambda amount: _loss(recon_rows="sum", kl_rows="sum"),
    "weighted": lambda amount: _loss(weight=amount),
    # the price of a code
    "rewarded": lambda amount: _loss(weight=-1.0),
    "no_log": lambda amount: _loss(kl=lambda mu, logvar: prices(mu, logvar) + logvar / 2),
    "squared_variance": lambda amount: _loss(kl=lambda mu, logvar: prices(mu, 2 * logvar) + logvar / 2),
    "sigma_for_variance": lambda amount: _loss(kl=lambda mu, logvar: prices(mu, logvar / 2) - logvar / 4),
    "not_squared": lambda amount: _loss(kl=lambda mu, logvar: prices(mu, logvar) + (mu.abs() - mu * mu) / 2),
    "reversed": lambda amount: _loss(kl=lambda mu, logvar: (logvar + (1 + mu * mu) / logvar.exp() - 1) / 2),
    # the likelihood
    "sigmoid_twice": lambda amount: _loss(lambda x, logits: bits(x, logits.sigmoid())),
    "squared_error": lambda amount: _loss(lambda x, logits: (logits.sigmoid() - x) ** 2),
    "white_only": lambda amount: _loss(lambda x, logits: x * bits(x, logits)),
    "turned": lambda amount: _loss(lambda x, logits: bits(1 - x, logits)),
    "first_picture": lambda amount: _loss(lambda x, logits: bits(x[:1].expand_as(logits), logits)),
    "clipped": lambda amount: _loss(lambda x, logits: _clipped(amount)(x, logits)),
}


ZOO = {  # three scripts of the lesson
    "first": program(loss="batch_sum"),
    "second": program(sampling="rows"),
    "third": program(loss="pixel_mean"),
}
