"""What stage 03 teaches."""

import torch
from torch.distributions import Normal, kl_divergence


def gaussian_kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """KL divergence from a diagonal Gaussian N(mu, exp(logvar)) to N(0, I), summed over latent dimensions.

    mu, logvar: (B, Z). Returns (B,), in nats. Source: Kingma and Welling, 2014, appendix B.
    """
    posterior = Normal(mu, torch.exp(0.5 * logvar))
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(posterior, prior).sum(-1)  # (B,)
