"""What stage 07 teaches: bounds of many samples."""

import math

import torch
from torch import nn
from torch.distributions import Independent, Normal


def log_weights(x: torch.Tensor, model: nn.Module, eps: torch.Tensor) -> torch.Tensor:
    """log p(x|z) + log p(z) - log q(z|x) at each sample of q.

    x: (B, D). eps: (K, B, Z), standard normal. Returns (K, B), in nats. Source: Burda et al., 2015, equation 8.
    """
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(logvar / 2)), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    z = torch.addcmul(mu, torch.exp(logvar / 2), eps)
    return model.log_likelihood(x, z) + prior.log_prob(z) - q.log_prob(z)


def iwae_bound(log_w: torch.Tensor) -> torch.Tensor:
    """Log of the mean weight of K samples. log_w: (K, B). Returns (B,), in nats. Source: Burda et al., 2015, equation 8."""
    return torch.logsumexp(log_w + math.log(1 / len(log_w)), dim=0)
