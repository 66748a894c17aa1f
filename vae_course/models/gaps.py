"""What the ELBO of a VAE leaves out, in two parts: what no diagonal Gaussian could reach, and what the encoder misses beside it.

For black and white pictures and a code of two dimensions, where log p(x) is a sum over a grid.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn import functional as F

from vae_course.models.digit_nets import VAE
from vae_course.models.oracles import finite_elbo, on_hermite_nodes

STEPS, RATE = 60, 0.1  # of Adam, from the encoder's answer
COARSE, FINE = 6, 16  # Gauss-Hermite nodes a dimension: while climbing, and to measure where it ended


@dataclass(frozen=True)
class Gaps:
    """Three numbers for each of B images, (B,) each, in nats: log p(x), the ELBO of the best diagonal Gaussian for this image
    alone, and the ELBO of the encoder's answer. mu, logvar: the best Gaussians, (B, 2) each."""

    evidence: Tensor
    best: Tensor
    encoder: Tensor
    mu: Tensor
    logvar: Tensor

    @property
    def approximation(self) -> Tensor:
        """What no diagonal Gaussian can reach. (B,), in nats."""
        return self.evidence - self.best

    @property
    def amortization(self) -> Tensor:
        """What the encoder misses beside the best diagonal Gaussian. (B,), in nats."""
        return self.best - self.encoder


@torch.no_grad()
def evidence_on_a_grid(x: Tensor, model: VAE, reach: float = 5.0, points: int = 101) -> Tensor:
    """log p(x) by a sum over the plane of codes, in nats. x: (B, D), zeros and ones. Returns (B,).

    The grid goes from -reach to reach with `points` nodes each way; of the prior, one part in a million lies outside.
    """
    axis = torch.linspace(-reach, reach, points)
    z = torch.cartesian_prod(axis, axis)  # (G, 2)
    log_mass = Normal(0.0, 1.0).log_prob(z).sum(-1) + 2 * (axis[1] - axis[0]).log()
    logits = model.decode(z)  # (G, D), the same for every picture: the likelihood of all of them is one product
    return (x @ logits.T + (log_mass - F.softplus(logits).sum(-1))).logsumexp(-1)


def two_gaps(x: Tensor, model: VAE) -> Gaps:
    """The best diagonal Gaussian for each image by itself, and both gaps of the encoder. x: (B, D), zeros and ones."""
    exact = copy.deepcopy(model).double().requires_grad_(False)

    def elbo(mu: Tensor, logvar: Tensor, nodes: int) -> Tensor:
        return finite_elbo(on_hermite_nodes(x, exact, mu, torch.exp(0.5 * logvar), nodes))

    start = exact.encode(x.double())
    mu, logvar = (value.clone().requires_grad_() for value in start)
    optimizer = torch.optim.Adam([mu, logvar], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        elbo(mu, logvar, COARSE).sum().neg().backward()
        optimizer.step()
    with torch.no_grad():
        best, encoder = elbo(mu, logvar, FINE), elbo(*start, FINE)
    return Gaps(evidence_on_a_grid(x, model), best, encoder, mu.detach(), logvar.detach())
