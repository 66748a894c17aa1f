"""Likelihoods of data that the exercises do not meet."""

from __future__ import annotations

from torch import Tensor
from torch.distributions import Binomial


def binomial_log_likelihood(x: Tensor, logits: Tensor, n: int = 16) -> Tensor:
    """Log-probability of counts: log of n choose x, plus x log pi, plus (n - x) log(1 - pi), summed over dimensions.

    x: (..., D), whole numbers from 0 to n; anything else raises ValueError. logits: (..., D), the log-odds of pi, the share of
    the n fine pixels that is inked. Returns (...), in nats. With n = 1 it is the Bernoulli log-likelihood.
    """
    return Binomial(n, logits=logits).log_prob(x).sum(-1)  # (..., D) -> (...)
