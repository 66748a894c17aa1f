"""Gaussian posteriors on a grid of codes: one for each data point by itself, or one network for all of them.

The Gaussians are normalised over the grid, so that they are distributions over its points and no bound can exceed the evidence
of the same grid. For decoders with a code of one dimension.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_course.models.decoders import Decoder
from vae_course.models.toolbox.stage_01 import log_joint
from vae_course.models.toolbox.stage_02 import elbo_exact

GRID = torch.linspace(-5, 5, 201)[:, None]  # (G, 1)
SPACING = (GRID[1] - GRID[0]).item()


def log_evidence_on_grid(x: Tensor, decoder: Decoder) -> Tensor:
    """log p(x) on the grid, in nats. x: (B, D). Returns (B,)."""
    return _log_masses(x, decoder).logsumexp(-1)


def elbo_on_grid(x: Tensor, decoder: Decoder, mu: Tensor, sigma: Tensor) -> Tensor:
    """The bound for q = N(mu, sigma squared) on the grid, in nats. x: (B, D), mu and sigma: (B,). Returns (B,)."""
    return elbo_exact(_log_masses(x, decoder), _log_q(mu, 2 * torch.log(sigma)))


def fit_each(x: Tensor, decoder: Decoder, steps: int = 400) -> tuple[Tensor, Tensor]:
    """The best q for each data point by itself, by Adam from two starts, of which the better one counts.

    x: (B, D). Returns mu and sigma, (B,) each. Two starts, because a posterior may have two bumps.
    """
    masses, found = _log_masses(x, decoder), []
    for start in (-1.0, 1.0):
        mu = torch.full((len(x),), start, requires_grad=True)
        logvar = torch.full((len(x),), -1.0, requires_grad=True)
        _climb([mu, logvar], lambda: elbo_exact(masses, _log_q(mu, logvar)), steps, lr=0.05)
        found.append((elbo_exact(masses, _log_q(mu, logvar)), mu, logvar))
    better = (found[1][0] > found[0][0]).detach()
    mu, logvar = (torch.where(better, found[1][i], found[0][i]).detach() for i in (1, 2))
    return mu, torch.exp(0.5 * logvar)


def fit_encoder(encoder: nn.Module, x: Tensor, decoder: Decoder, steps: int = 1500) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Train one network that answers every data point with mu and the log of sigma squared, by raising the average bound.

    encoder: maps x, (B, D), to (B, 2). Returns the function x -> (mu, sigma), (B,) each.
    """
    masses = _log_masses(x, decoder)
    _climb(list(encoder.parameters()), lambda: elbo_exact(masses, _log_q(*encoder(x).unbind(-1))), steps, lr=0.01)

    def answers(x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            mu, logvar = encoder(x).unbind(-1)
        return mu, torch.exp(0.5 * logvar)

    return answers


def _log_masses(x: Tensor, decoder: Decoder) -> Tensor:
    """log of joint density times spacing at every node: the log joint of a finite model. (B, G)."""
    with torch.no_grad():
        return log_joint(x, decoder, GRID) + torch.log(torch.tensor(SPACING))


def _log_q(mu: Tensor, logvar: Tensor) -> Tensor:
    """N(mu, exp(logvar)) as a distribution over the nodes. (B,) each. Returns (B, G)."""
    return torch.log_softmax(-0.5 * (GRID[:, 0] - mu[:, None]).square() * torch.exp(-logvar[:, None]), dim=-1)


def _climb(parameters: list[Tensor], bound: Callable[[], Tensor], steps: int, lr: float) -> None:
    """Raise the sum, or what comes to the same for Adam, the average of the bound."""
    optimizer = torch.optim.Adam(parameters, lr=lr, fused=True)
    for _ in range(steps):
        optimizer.zero_grad()
        (-bound().mean()).backward()
        optimizer.step()
