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

from vae_course.models.oracles import finite_elbo, on_hermite_nodes
from vae_course.models.toolbox.stage_05 import VAE

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
    return joint_on_a_grid(x, model, reach, points)[1].logsumexp(-1)


@torch.no_grad()
def joint_on_a_grid(x: Tensor, model: VAE, reach: float = 5.0, points: int = 101) -> tuple[Tensor, Tensor]:
    """The nodes of the grid, (G, 2), and the log of the joint of x and the square around each node, (B, G), in nats."""
    axis = torch.linspace(-reach, reach, points)
    z = torch.cartesian_prod(axis, axis)
    of_one = Normal(0.0, 1.0).log_prob(axis) + (axis[1] - axis[0]).log()
    log_mass = (of_one[:, None] + of_one).flatten()  # of the prior, (G,)
    logits = model.decode(z)  # (G, D), the same for every picture: the likelihood of all of them is one product
    return z, x @ logits.T + (log_mass - F.softplus(logits).sum(-1))


def two_gaps(x: Tensor, model: VAE) -> Gaps:
    """The best diagonal Gaussian for each image by itself, and both gaps of the encoder. x: (B, D), zeros and ones.

    A posterior may have several bumps, so each image has two starts, the encoder's answer and the highest place of the
    posterior on the grid, and the better end counts.
    """
    exact = copy.deepcopy(model).double().requires_grad_(False)
    z, log_joint = joint_on_a_grid(x, model)
    answer, twice = exact.encode(x.double()), x.repeat(2, 1)

    def elbo(x: Tensor, mu: Tensor, logvar: Tensor, nodes: int) -> Tensor:
        return finite_elbo(on_hermite_nodes(x, exact, mu, torch.exp(0.5 * logvar), nodes))

    peak = z[log_joint.argmax(-1)].double()
    mu = torch.cat([answer[0], peak]).requires_grad_()  # (2 B, 2)
    logvar = answer[1].repeat(2, 1).requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        elbo(twice, mu, logvar, COARSE).sum().neg().backward()
        optimizer.step()
    with torch.no_grad():
        best, which = elbo(twice, mu, logvar, FINE).reshape(2, -1).max(0)
        ends = (value.reshape(2, len(x), 2)[which, torch.arange(len(x))] for value in (mu, logvar))
        return Gaps(log_joint.logsumexp(-1), best, elbo(x, *answer, FINE), *ends)
