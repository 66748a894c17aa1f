"""Small models with a linear encoder and a linear decoder, for which much is known exactly."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal


class Model(Protocol):
    """A latent-variable model with its encoder. The prior of z is N(0, I)."""

    x_dim: int
    z_dim: int

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x). x: (B, D). Returns mu and logvar, (B, Z) each."""

    def decode(self, z: Tensor) -> Tensor:
        """What the decoder says of x for each code: its mean, or logits. z: (..., Z). Returns (..., D)."""

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z), in nats. x: (..., D), z: (..., Z); their leading axes broadcast. Returns the leading axes."""


class LinearModel(nn.Module):
    """The linear-Gaussian model: x given z ~ N(W z + b, sigma^2 I), with mu and logvar of q linear in x as well.

    All weights and biases are trainable, in three nn.Linear: `to_mu`, `to_logvar` and `to_x`. sigma: the standard
    deviation of the noise, fixed, in the unit of x.
    """

    def __init__(self, x_dim: int, z_dim: int, sigma: float = 1.0):
        super().__init__()
        self.x_dim, self.z_dim, self.sigma = x_dim, z_dim, float(sigma)
        self.to_mu, self.to_logvar = nn.Linear(x_dim, z_dim), nn.Linear(x_dim, z_dim)
        self.to_x = nn.Linear(z_dim, x_dim)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.to_mu(x), self.to_logvar(x)  # (B, D) -> (B, Z), (B, Z)

    def decode(self, z: Tensor) -> Tensor:
        return self.to_x(z)  # (..., Z) -> (..., D)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return Normal(self.decode(z), self.sigma).log_prob(x).sum(-1)  # (..., D) -> (...)

    @torch.no_grad()
    def encode_exactly(self) -> None:
        """Give the encoder the best weights for this decoder: the posterior's mean, and the inverse of its precisions.

        q is then the posterior itself if the columns of W stand at right angles, and the nearest diagonal Gaussian if
        not. Source: Lucas and others, 2019.
        """
        W, b = self.to_x.weight, self.to_x.bias  # (D, Z), (D,)
        precision = torch.eye(self.z_dim, dtype=W.dtype) + W.T @ W / self.sigma**2  # (Z, Z), of the posterior
        mean = torch.linalg.solve(precision, W.T) / self.sigma**2  # (Z, D)
        self.to_mu.weight.copy_(mean)
        self.to_mu.bias.copy_(-mean @ b)
        self.to_logvar.weight.zero_()
        self.to_logvar.bias.copy_(-precision.diagonal().log())


class LinearBernoulliModel(LinearModel):
    """The same encoder, and a decoder of black and white pixels: x given z ~ Bernoulli with the logits W z + b."""

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        logits = self.decode(z)  # (..., D)
        return Bernoulli(logits=logits).log_prob(x).sum(-1)
