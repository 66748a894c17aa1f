"""Digits with their labels: training a conditional VAE, and what each of its classes makes of a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl_between, std_from_logvar
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_07 import iwae_bound
from vae_course.models.toolbox.stage_08 import ConditionalVAE
from vae_course.models.training import fit

CLASSES = 10


def one_hot(labels: Tensor) -> Tensor:
    """A row for each label, with a one in its column. labels: (N,), whole numbers from 0 to 9. Returns (N, 10)."""
    return F.one_hot(labels, CLASSES).float()


def conditional_vae(pictures: Tensor, z_dim: int, seed: int = 0) -> ConditionalVAE:
    """A conditional VAE of these pictures, not trained yet, its last bias at the pixels' log-odds. pictures: (N, 64)."""
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global state, which is the caller's
        torch.manual_seed(seed)
        return ConditionalVAE(pictures.shape[1], CLASSES, z_dim, mean=pictures.mean(0))


def train(model: nn.Module, pictures: Tensor, labels: Tensor, steps: int, seed: int = 0) -> dict[str, list[float]]:
    """Train a conditional VAE, the library's or your own, on its bound. Returns the history, as `fit` does.

    model: called with x (B, D), y (B, 10) and eps (B, Z), it gives logits, and mu and logvar of q and of the prior.
    pictures: (N, D), zeros and ones. labels: (N,).
    """

    def loss(rows: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        x, y = rows.split([pictures.shape[1], CLASSES], dim=1)
        logits, *gaussians = model(x, y, torch.randn(len(x), model.z_dim, generator=generator))
        costs = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
        terms = {"recon": costs.sum(1).mean(), "kl": gaussian_kl_between(*gaussians).mean()}
        return {"loss": sum(terms.values()), **terms}

    rows = torch.cat([pictures, one_hot(labels)], dim=1)
    return fit(model, rows, steps, loss=loss, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def terms(x: Tensor, y: Tensor, model: nn.Module, draws: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """recon and kl of each picture, given its label: (B,) each, in nats. x: (B, D). y: (B, 10), one-hot."""
    mu, logvar = model.encode(x, y)
    z = reparameterize(mu, logvar, torch.randn(draws, *mu.shape, generator=generator))
    return -bernoulli_log_likelihood(x, model.decode(z, y)).mean(0), gaussian_kl_between(mu, logvar, *model.prior(y))


@torch.no_grad()
def log_evidence_of_each_class(x: Tensor, model: nn.Module, K: int, generator: torch.Generator) -> Tensor:
    """For each picture and each class y the bound of K samples on log p(x|y), drawn from q(z|x, y). x: (B, D). Returns (B, 10)."""
    columns = []
    for row in torch.eye(CLASSES):
        y = row.expand(len(x), -1)  # as if every picture were of this class
        mu, logvar = model.encode(x, y)
        q, prior = (Normal(mean, std_from_logvar(log)) for mean, log in ((mu, logvar), model.prior(y)))
        z = q.mean + q.stddev * torch.randn(K, *mu.shape, generator=generator)  # (K, B, Z)
        log_ratio = prior.log_prob(z).sub(q.log_prob(z)).sum(-1)  # (K, B)
        columns.append(iwae_bound(bernoulli_log_likelihood(x, model.decode(z, y)) + log_ratio))
    return torch.stack(columns, -1)
