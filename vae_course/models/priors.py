"""Priors that are mixtures of Gaussians: to train against, to draw from, and to fit to codes afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_course.models.digit_nets import digit_vae
from vae_course.models.toolbox.stage_03 import std_from_logvar
from vae_course.models.toolbox.stage_05 import VAE
from vae_course.models.toolbox.stage_08 import elbo_with_prior, mixture_log_prob
from vae_course.models.training import fit


@dataclass(frozen=True)
class Mixture:
    """M diagonal Gaussians with weights. mu, logvar: (M, Z). log_weights: (M,), their exponentials add up to 1."""

    mu: Tensor
    logvar: Tensor
    log_weights: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        """The log-density. z: (..., Z). Returns (...), in nats."""
        return mixture_log_prob(z, self.mu, self.logvar, self.log_weights)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n codes, (n, Z)."""
        which = torch.multinomial(self.log_weights.exp(), n, replacement=True, generator=generator)
        return self.mu[which] + std_from_logvar(self.logvar[which]) * torch.randn(n, self.mu.shape[1], generator=generator)


def one_bump(z_dim: int) -> Mixture:
    """N(0, I), as a mixture of one."""
    return Mixture(torch.zeros(1, z_dim), torch.zeros(1, z_dim), torch.zeros(1))


def bumps_on_the_axes(z_dim: int, distance: float, variance: float) -> Mixture:
    """Two equal bumps on each axis, at `distance` from the origin on either side, with this variance in every direction."""
    ends = distance * torch.cat([torch.eye(z_dim), -torch.eye(z_dim)])  # (2 Z, Z)
    return Mixture(ends, torch.full_like(ends, math.log(variance)), torch.full((2 * z_dim,), -math.log(2 * z_dim)))


def fitted_to(codes: Tensor, bumps: int, seed: int = 0) -> Mixture:
    """The mixture of so many Gaussians under which these codes are likeliest, by expectation and maximisation. codes: (N, Z)."""
    from sklearn.mixture import GaussianMixture

    found = GaussianMixture(bumps, covariance_type="diag", random_state=seed).fit(codes.numpy())
    mean, variance, weight = (torch.from_numpy(part).float() for part in (found.means_, found.covariances_, found.weights_))
    return Mixture(mean, variance.log(), weight.log())


def train_against(prior: Mixture, pictures: Tensor, steps: int, seed: int = 0) -> VAE:
    """The VAE of the digits with this prior in place of N(0, I), trained by the bound with one sample. pictures: (N, 64)."""
    z_dim = prior.mu.shape[1]
    model = digit_vae(pictures, z_dim, seed)

    def loss(x: Tensor, generator: torch.Generator) -> Tensor:
        return -elbo_with_prior(x, model, prior.log_prob, torch.randn(1, len(x), z_dim, generator=generator)).mean()

    fit(model, pictures, steps, loss=loss, generator=torch.Generator().manual_seed(seed))
    return model.requires_grad_(False)
