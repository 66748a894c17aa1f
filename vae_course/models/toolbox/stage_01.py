"""What stage 01 teaches: sampling from a latent-variable model, and its evidence log p(x) wherever it can be computed.

A decoder gives p(x|z); the prior of z is N(0, I). All log-densities are in nats, constants included, one value a data
point. A sigma of 0 or less raises ValueError in torch.distributions.
"""

import math

import torch
from torch.distributions import LowRankMultivariateNormal, Normal

from vae_course.models.decoders import Decoder


def sample_joint(
    decoder: Decoder, n: int, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ancestral sampling: a code from the prior, then the decoder's mean of that code plus sigma times fresh noise.

    Returns z (n, Z) and x (n, D), row by row a code and the data point that it gave; x in the unit of the decoder.
    Source: Bishop, 2006, section 8.1.2.
    """
    z, noise = (torch.randn(n, size, generator=generator) for size in (decoder.z_dim, decoder.x_dim))
    return z, torch.addcmul(decoder(z), noise, torch.tensor(decoder.sigma))


def log_joint(x: torch.Tensor, decoder: Decoder, z: torch.Tensor) -> torch.Tensor:
    """Log of the joint density: the log-likelihood of x given z plus the log-density of the prior at z.

    x: (B, D). z: (S, Z). Returns (B, S), every data point with every code, in nats. Source: Kingma and Welling, 2014.
    """
    prior = Normal(torch.zeros_like(z), torch.ones_like(z))
    return prior.log_prob(z).sum(-1) + decoder.log_likelihood(x.unsqueeze(1), z)  # (S,) + (B, S) -> (B, S)


def log_evidence_grid(x: torch.Tensor, decoder: Decoder, z_grid: torch.Tensor) -> torch.Tensor:
    """Log of the integral of the joint over a code of one dimension, by the trapezoid rule on a grid.

    x: (B, D). z_grid: (G, 1), equally spaced and wide enough that the joint is negligible at its ends. Returns (B,),
    log p(x), in nats.
    """
    heights = log_joint(x, decoder, z_grid)  # (B, G)
    peak = heights.amax(-1)  # (B,)
    area = torch.trapezoid(torch.exp(heights - peak[:, None]), z_grid.squeeze(-1))  # (B,)
    return peak + torch.log(area)


def posterior_grid(x: torch.Tensor, decoder: Decoder, z_grid: torch.Tensor) -> torch.Tensor:
    """Posterior density of a code of one dimension: the joint divided by its integral over the grid.

    x: (B, D). z_grid: (G, 1), equally spaced. Returns (B, G), in units of 1/z: each row times the spacing sums to 1.
    Source: Bayes, 1763.
    """
    shares = torch.softmax(log_joint(x, decoder, z_grid), dim=-1)  # (B, G), each row sums to 1
    return shares / z_grid.squeeze(-1).diff().mean()


def log_evidence_monte_carlo(x: torch.Tensor, decoder: Decoder, z: torch.Tensor) -> torch.Tensor:
    """Log of the average likelihood of x over draws from the prior, which estimates log p(x), on average from below.

    x: (B, D). z: (S, Z), drawn from the prior. Returns (B,), in nats. Source: Burda, Grosse and Salakhutdinov, 2015.
    """
    log_likelihood = decoder.log_likelihood(x.unsqueeze(1), z)  # (B, S)
    return torch.logsumexp(log_likelihood + math.log(1 / len(z)), dim=-1)  # (B,)


def linear_gaussian_evidence(x: torch.Tensor, W: torch.Tensor, sigma: float) -> torch.Tensor:
    """Log-density of x under N(0, W W' + sigma squared I): the evidence when the decoder's mean is W z.

    x: (B, D). W: (D, Z). sigma: the standard deviation of the noise. Returns (B,), in nats.
    Source: Tipping and Bishop, 1999, section 3.
    """
    variance = torch.full_like(W[:, 0], sigma**2)  # (D,)
    return LowRankMultivariateNormal(torch.zeros_like(variance), W, variance).log_prob(x)  # (B,)
