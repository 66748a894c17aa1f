"""Decoders p(x|z) that the course gives: a mean for every code, and Gaussian noise of one size around it."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.distributions import Normal


class Decoder(Protocol):
    """A Gaussian decoder with frozen parameters: p(x|z) = N(mean(z), sigma squared times I). The prior of z is N(0, I)."""

    x_dim: int
    z_dim: int
    sigma: float

    def __call__(self, z: Tensor) -> Tensor:
        """The mean of x for each code. z: (..., Z). Returns (..., D)."""

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z), in nats. x: (..., D), z: (..., Z); their leading axes broadcast. Returns the leading axes."""


class BentDecoder:
    """Mean linear in z and in z squared: mean(z) = A z + B (z^2 - 1), with the noise N(0, sigma^2 I) on top.

    A, B: (D, Z). sigma: the standard deviation of the noise, in the unit of x. With B = 0 it is the linear-Gaussian
    model. Computes in the precision of z.
    """

    def __init__(self, A: Tensor, B: Tensor, sigma: float):
        self.x_dim, self.z_dim = A.shape
        self.sigma = float(sigma)
        self._A, self._B = A.double(), B.double()

    def __call__(self, z: Tensor) -> Tensor:
        return z @ self._A.to(z.dtype).T + (z.square() - 1) @ self._B.to(z.dtype).T  # (..., Z) -> (..., D)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return Normal(self(z), self.sigma).log_prob(x).sum(-1)  # (..., D) -> (...)

    def __repr__(self) -> str:
        return f"BentDecoder({self.z_dim} -> {self.x_dim}, sigma = {self.sigma:g})"


def hammock(sigma: float = 0.3) -> BentDecoder:
    """A line of codes hung up in the plane: mean(z) = (0.6 z, 0.5 (z^2 - 1))."""
    return BentDecoder(torch.tensor([[0.6], [0.0]]).double(), torch.tensor([[0.0], [0.5]]).double(), sigma)


def line() -> BentDecoder:
    """The model with closed forms: z ~ N(0, 1) and x given z ~ N(z, 0.5), both of one dimension."""
    return plane(torch.ones(1, 1), math.sqrt(0.5))


def plane(W: Tensor, sigma: float) -> BentDecoder:
    """The linear-Gaussian model: x given z ~ N(W z, sigma^2 I). W: (D, Z)."""
    return BentDecoder(W, torch.zeros_like(W), sigma)
