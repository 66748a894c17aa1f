"""What the capstone asks for: exact truth about small pictures, an alarm, and a VAE that is split, trained and judged soundly.

Nats throughout. The prior of z is N(0, I), and pictures are zeros and ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.models.alarm import ERRORS
from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, std_from_logvar
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_06 import active_units, kl_weight
from vae_course.models.toolbox.stage_07 import iwae_bound, log_weights

HELD_OUT = 15  # per cent of the photographs: what validation gets, and what test gets
RATE, BATCH = 0.01, 64


def gauge_evidence(x: torch.Tensor, states: torch.Tensor, flip: float) -> torch.Tensor:
    """log p(x) of pictures made by choosing one of S clear pictures, all as likely, and flipping each pixel by chance.

    x: (B, D), zeros and ones. states: (S, D), the clear pictures. flip: the chance of a flip, between 0 and 1. Returns
    (B,), in nats: the logarithm of the mean, over the states, of the chance of x.
    """
    x, states = x.unsqueeze(1), states.to(x.dtype)  # (B, 1, D), (S, D)
    log_odds = math.log1p(-flip) - math.log(flip)  # that a pixel is seen as it is
    each = bernoulli_log_likelihood(x.expand(-1, len(states), -1), log_odds * (2 * states - 1))  # (B, S)
    return each.logsumexp(dim=1) - math.log(len(states))


def impossible(elbo: torch.Tensor, log_evidence: torch.Tensor) -> bool:
    """Whether reported bounds lie above the exact evidence by more than chance allows.

    elbo, log_evidence: (N,), of the same N pictures, N of 2 or more, in nats. True when the mean of their differences is
    more than 4 of its own standard errors above 0.
    """
    deviation, mean = torch.std_mean(elbo - log_evidence)
    return bool(mean * len(elbo) ** 0.5 > ERRORS * deviation)


def capstone_split(photo: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Which files are for training, validation and test, such that no photograph is in two of them.

    photo: (N,), whole numbers, which photograph a file is of. Returns three tensors of places in `photo`. Of P photographs
    validation and test get 15 % each, rounded down, and training the others; chance says which.
    """
    known, photograph = photo.unique(return_inverse=True)
    held_out = len(known) * HELD_OUT // 100
    rank = torch.empty_like(known)
    rank[torch.randperm(len(known), generator=generator)] = torch.arange(len(known))
    place = rank[photograph]  # (N,)
    test, seen = place < held_out, place >= 2 * held_out
    return seen.nonzero()[:, 0], (~seen & ~test).nonzero()[:, 0], test.nonzero()[:, 0]


def capstone_loss(
    model: Model, x: torch.Tensor, eps: torch.Tensor, step: int, warmup_steps: int
) -> dict[str, torch.Tensor]:
    """The loss of a step of training, with the KL at the price of its warm-up, and its two parts at their full height.

    x: (B, D), zeros and ones. eps: (B, Z), standard normal. step, warmup_steps: as for kl_weight. Returns `loss`, `recon`
    and `kl`, without axes, in nats/image.
    """
    mu, logvar = model.encode(x)
    recon = bernoulli_log_likelihood(x, model.decode(reparameterize(mu, logvar, eps))).mean().neg()
    kl = kl_divergence(Normal(mu, std_from_logvar(logvar)), Normal(0.0, 1.0)).sum() / len(x)
    return {"loss": torch.add(recon, kl, alpha=kl_weight(step, warmup_steps)), "recon": recon, "kl": kl}


def capstone_train(
    model: torch.nn.Module, pictures: torch.Tensor, steps: int, generator: torch.Generator
) -> torch.nn.Module:
    """Train a VAE by `steps` steps of Adam, at a rate of 0.01, on batches of 64, with a warm-up over a quarter of them.

    pictures: (N, D), zeros and ones, N of 64 or more. All that is random comes from the generator. Returns the model.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for step in range(steps):
        rows = torch.randperm(len(pictures), generator=generator)[:BATCH]
        eps = torch.randn(BATCH, model.z_dim, generator=generator)
        optimizer.zero_grad()
        capstone_loss(model, pictures.index_select(0, rows), eps, step, steps // 4)["loss"].backward()
        optimizer.step()
    return model


@torch.no_grad()
def capstone_report(
    model: Model, x: torch.Tensor, log_evidence: torch.Tensor, eps: torch.Tensor
) -> Mapping[str, float | int]:
    """What a model is worth on pictures whose log p(x) is known, and whose fault the rest is.

    x: (N, D). log_evidence: (N,), exact, in nats. eps: (K, N, Z), standard normal. Returns `elbo` and `iwae`, both from
    the same K log-weights a picture; `kl`, in closed form; `active_units`; `encoder_gap`, from elbo to iwae, and
    `model_gap`, from iwae to the truth. All but the count are in nats/image.
    """
    mu, logvar = model.encode(x)
    log_w = log_weights(x, model, eps)  # (K, N)
    elbo, iwae = float(log_w.mean()), float(iwae_bound(log_w).mean())
    kl = kl_divergence(Normal(mu, std_from_logvar(logvar)), Normal(0.0, 1.0)).sum(-1).mean()
    return {
        "elbo": elbo, "iwae": iwae, "kl": float(kl), "active_units": active_units(mu), "encoder_gap": iwae - elbo,
        "model_gap": float(log_evidence.mean()) - iwae,
    }


def factor_scores(
    codes: torch.Tensor, factors: torch.Tensor, new_codes: torch.Tensor, new_factors: torch.Tensor
) -> torch.Tensor:
    """How well a linear readout of codes tells each factor: the R^2, on data that the readout was not fitted to.

    codes, new_codes: (N, Z) and (M, Z). factors, new_factors: (N, F) and (M, F). Returns (F,): 1 less the squared error
    of the readout over that of the new factors' own mean; 1 is perfect, 0 no better than the mean, and less is worse.
    """
    centre, level = codes.mean(0), factors.mean(0)
    slopes = torch.linalg.lstsq(codes - centre, factors - level).solution  # (Z, F)
    error = new_factors - level - (new_codes - centre) @ slopes
    return 1 - error.square().mean(0) / new_factors.var(0, correction=0)
