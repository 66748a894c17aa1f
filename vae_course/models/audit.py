"""Training losses to be audited, in the style of public code, each with the likelihood that its authors declare."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # loss(x, out, mu, logvar), a tensor without axes
Recon = Callable[[Tensor, Tensor], Tensor]  # recon(x, out), minus the log-likelihood of each row, (B,)


def bernoulli(x: Tensor, out: Tensor) -> Tensor:
    """Minus the log-probability of binary pixels; `out` holds their logits. x, out: (B, D). Returns (B,), in nats."""
    return bits(x, out).sum(1)


def unit_gaussian(x: Tensor, out: Tensor) -> Tensor:
    """Minus the log-density under N(out, I), its constant left out. x, out: (B, D). Returns (B,), in nats."""
    return F.mse_loss(out, x, reduction="none").sum(1) / 2


def loss_a(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Cross-entropy by its default reduction, plus the price of the code. Declares binary pixels with logits `out`."""
    return F.binary_cross_entropy_with_logits(out, x) + prices(mu, logvar).sum(1).mean()


def loss_b(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Every term by its mean. Declares binary pixels with logits `out`."""
    return bits(x, out).mean() + prices(mu, logvar).mean()


def loss_c(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """A picture's cross-entropy, and its code's price per latent. Declares binary pixels with logits `out`."""
    return (bits(x, out).sum(1) + prices(mu, logvar).mean(1)).mean()


def loss_d(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The total cross-entropy, and the price of a code. Declares binary pixels with logits `out`."""
    return F.binary_cross_entropy_with_logits(out, x, reduction="sum") + prices(mu, logvar).sum(1).mean()


def loss_e(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """A picture's squared error, and its code's price. Declares Gaussian pixels around `out`, with variance 1."""
    return (F.mse_loss(out, x, reduction="none").sum(1) + prices(mu, logvar).sum(1)).mean()


def loss_f(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Both sums over the batch, divided by its size. Declares binary pixels with logits `out`."""
    return (bits(x, out).sum() + prices(mu, logvar).sum()) / len(x)


AUDIT: dict[str, tuple[Loss, Recon]] = {
    "A": (loss_a, bernoulli), "B": (loss_b, bernoulli), "C": (loss_c, bernoulli), "D": (loss_d, bernoulli),
    "E": (loss_e, unit_gaussian), "F": (loss_f, bernoulli),
}


def disguised(recon: Recon, scale: float, beta: float, constant: float = 0.0) -> Loss:
    """A loss that weighs the KL with `beta` against the batch mean of `recon`, in a unit and from a zero of its own."""

    def loss(x: Tensor, out: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        return scale * (recon(x, out).mean() + beta * prices(mu, logvar).sum(1).mean()) + constant

    return loss


def likelihood(sigma: float, shift: float = 0.0) -> Recon:
    """Minus a log-likelihood, plus `shift`: Gaussian pixels with this sigma, or binary ones where it is 0."""

    def recon(x: Tensor, out: Tensor) -> Tensor:
        return shift + (unit_gaussian(x, out) / sigma**2 if sigma > 0 else bernoulli(x, out))

    return recon


def prices(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence from N(mu, exp(logvar)) to N(0, 1), of each latent by itself. (B, Z), in nats."""
    return (mu * mu + torch.expm1(logvar) - logvar) / 2


def bits(x: Tensor, out: Tensor) -> Tensor:
    """Minus the log-probability of every binary pixel; `out` holds logits. x, out: (B, D). Returns (B, D), in nats."""
    return F.binary_cross_entropy_with_logits(out, x, reduction="none")
