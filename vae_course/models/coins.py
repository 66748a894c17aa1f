"""Sixteen flips of a coin that nobody has seen before: data whose evidence and information are known exactly.

Each coin has its own chance p of heads, drawn from Beta(1/2, 1/2). A decoder may be told, besides z, what was flipped before.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_course.models.audit import prices
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_05 import Encoder
from vae_course.models.toolbox.stage_06 import active_units, rate_distortion
from vae_course.models.toolbox.stage_07 import iwae_bound, log_weights
from vae_course.models.training import fit

FLIPS = 16
SAMPLES = 100  # of the bound in a report
BATCH, RATE = 256, 0.015  # at a smaller rate the past is learnt too slowly to be seen in 3,000 steps
Context = Callable[[Tensor], Tensor]
Objective = Callable[[Tensor, Tensor], Tensor]


def flip(n: int, generator: torch.Generator) -> Tensor:
    """`n` coins, each flipped 16 times: 1 is heads. Returns (n, 16), zeros and ones."""
    p = torch.sin(0.5 * math.pi * torch.rand(n, 1, generator=generator)).square()  # the arcsine law is Beta(1/2, 1/2)
    return (torch.rand(n, FLIPS, generator=generator) < p).float()


def log_evidence(x: Tensor) -> Tensor:
    """log p(x), the chance of these flips with p integrated out: a ratio of Beta functions.

    x: (N, T), zeros and ones. Returns (N,) in double precision, in nats.
    """
    return _log_evidence(x.double().sum(-1), x.shape[-1])


def information(flips: int = FLIPS) -> float:
    """The mutual information of the flips and p, in nats: all that a code could have to say about a coin.

    The mean, over how many heads there are, of how far the flips' log-probability lies above log p(x) once p is known.
    """
    heads = torch.arange(flips + 1, dtype=torch.float64)
    tails = flips - heads
    ways = math.lgamma(flips + 1) - torch.lgamma(heads + 1) - torch.lgamma(tails + 1)
    evidence = _log_evidence(heads, flips)
    # after these flips p has the law Beta(heads + 1/2, tails + 1/2), under which the mean of log p is a difference of digammas
    whole = torch.digamma(torch.tensor(flips + 1.0, dtype=torch.float64))
    known = heads * (torch.digamma(heads + 0.5) - whole) + tails * (torch.digamma(tails + 0.5) - whole)
    return float(((ways + evidence).exp() * (known - evidence)).sum())


def _log_evidence(heads: Tensor, flips: int) -> Tensor:
    return torch.lgamma(heads + 0.5) + torch.lgamma(flips - heads + 0.5) - math.lgamma(flips + 1) - math.log(math.pi)


class CoinModel(nn.Module):
    """A VAE of coins. Its decoder gives the log-odds of heads at each flip, from the code and from what `context` tells.

    context: maps flips x (B, T) to (B, T) or (B, T, C), numbers that the decoder sees before each flip besides z; it must
    not look at that flip or a later one. None: the decoder sees the code alone. z_dim: size of a code. hidden: width of
    the hidden layers. The log-odds are a network's output for z plus the context times weights, the same at every flip.
    """

    def __init__(self, context: Context | None, z_dim: int = 2, hidden: int = 64):
        super().__init__()
        self.context, self.z_dim = context, z_dim
        self.to_code = Encoder(FLIPS, z_dim, hidden)
        self.from_code = nn.Sequential(nn.Linear(z_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        if context is not None:
            self.from_context = nn.Linear(_told(context, torch.zeros(1, FLIPS)).shape[-1], 1, bias=False)
            # as small as the weights beside it: torch starts a lone weight anywhere between -1 and 1
            nn.init.uniform_(self.from_context.weight, -(hidden**-0.5), hidden**-0.5)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x). x: (B, T). Returns (B, Z) each."""
        return self.to_code(x)

    def decode(self, z: Tensor, x: Tensor) -> Tensor:
        """Log-odds of heads at each flip of x, given the code and the context. z: (..., B, Z), x: (B, T). Returns (..., B, T)."""
        logits = self.from_code(z)  # (..., B, 1)
        if self.context is None:
            return logits.expand(*logits.shape[:-1], x.shape[-1])
        return logits + self.from_context(_told(self.context, x)).squeeze(-1)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z), in nats: the sum over flips, each given the code and its context. Returns (..., B)."""
        return bernoulli_log_likelihood(x, self.decode(z, x))

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log-odds at z = mu + sigma eps, and mu and logvar. x: (B, T), eps: (..., B, Z)."""
        mu, logvar = self.encode(x)
        code = reparameterize(mu, logvar, eps)
        return self.decode(code, x), mu, logvar


def _told(context: Context, x: Tensor) -> Tensor:
    """The context with an axis for its numbers, (B, T, C)."""
    given = context(x)
    return given if given.dim() == 3 else given.unsqueeze(-1)


def coin_model(context: Context | None, seed: int = 0) -> CoinModel:
    """A model that is not trained yet; its first weights come from the seed."""
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global state, which is the caller's
        torch.manual_seed(seed)
        return CoinModel(context)


def train_coins(
    model: CoinModel, x: Tensor, steps: int, seed: int, *,
    weight: float | Callable[[int], float] = 1.0, objective: Objective | None = None,
) -> dict[str, list[float]]:
    """Train on flips, (N, T), by recon + weight * kl, or by an objective of your own. Returns the history, as `fit` does.

    weight: a number, or a function of the step. objective: maps recon, a tensor without axes, and the KL of each latent
    dimension, (B, Z), to what is minimised. The history's recon and kl are the plain ones, in nats a row, whatever is minimised.
    """
    if objective is not None and weight != 1.0:
        raise ValueError("Both a weight and an objective were given; put the weight into the objective.")

    def loss(x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        logits, mu, logvar = model(x, torch.randn(len(x), model.z_dim, generator=generator))
        recon, kl_per_dim = bernoulli_log_likelihood(x, logits).mean().neg(), prices(mu, logvar)
        kl = kl_per_dim.sum(1).mean()
        return {"loss": objective(recon, kl_per_dim) if objective else recon + kl, "recon": recon, "kl": kl}

    generator = torch.Generator().manual_seed(seed)
    return fit(model, x, steps, loss=loss, beta=weight, batch_size=BATCH, lr=RATE, generator=generator)


@torch.no_grad()
def coin_report(model: CoinModel, x: Tensor, generator: torch.Generator | None = None) -> dict[str, float | list[float]]:
    """What a model of coins is worth on x (N, T), in nats a row and always at beta = 1, however it was trained.

    `elbo`, over 100 samples a row, and its two parts `recon` and `kl`; `kl_per_dim`; `active_units`; and `bound`, that of
    100 samples, which is nearer to log p(x).
    """
    mu, logvar = model.encode(x)
    eps = torch.randn(SAMPLES, *mu.shape, generator=generator)
    kl, recon = (float(term) for term in rate_distortion(x, model, eps))
    return {
        "elbo": -recon - kl, "recon": recon, "kl": kl, "kl_per_dim": prices(mu, logvar).mean(0).tolist(),
        "active_units": active_units(mu), "bound": float(iwae_bound(log_weights(x, model, eps)).mean()),
    }
