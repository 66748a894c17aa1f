"""A model whose code takes one of M values, so that every expectation is a sum that can be written out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class FiniteModel:
    """A finite latent-variable model, one row for each of B data points, with a distribution q over the M states.

    log_prior: (B, M) or (M,), log p(z). log_likelihood: (B, M), log p(x|z). log_q: (B, M), log q(z|x). In nats.
    """

    log_prior: Tensor
    log_likelihood: Tensor
    log_q: Tensor

    @property
    def log_joint(self) -> Tensor:
        """log p(x, z) = log p(x|z) + log p(z). (B, M)."""
        return self.log_likelihood + self.log_prior

    def expect_q(self, values: Tensor) -> Tensor:
        """The terms of an expectation under q, q(z) times the value at z. values: (B, M), or (B, 1). Returns (B, M)."""
        return torch.exp(self.log_q) * values

    def total(self, terms: Tensor) -> Tensor:
        """The sum of terms over the states, with its axis kept, so that it can go on into a formula. (B, M) -> (B, 1)."""
        return terms.sum(dim=-1, keepdim=True)

    @classmethod
    def from_probabilities(cls, prior: list[float], likelihood: list[float], q: list[float]) -> FiniteModel:
        """One data point (B = 1) from three lists of M probabilities, in double precision."""
        return cls(*(torch.tensor([values], dtype=torch.float64).log() for values in (prior, likelihood, q)))
