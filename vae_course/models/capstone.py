"""The capstone's script with any of its parts repaired, so that what a repair is worth can be measured.

With nothing repaired it is the script of the lesson, number for number.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Independent, Normal
from torch.nn import functional as F

from vae_course.course import CourseError
from vae_course.models.gauges import Files, Gauge, card, photographs
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl, std_from_logvar
from vae_course.models.toolbox.stage_05 import VAE
from vae_course.models.toolbox.stage_06 import active_units, kl_weight
from vae_course.models.toolbox.stage_07 import iwae_bound
from vae_course.models.toolbox.stage_10 import capstone_split

GAUGE = Gauge()
PHOTOGRAPHS, FRESH = 800, 1000
CODES, HIDDEN, BATCH, RATE, EPOCHS, TESTED, SAMPLES = 4, 64, 64, 0.005, 40, 300, 50
REPAIRS = ("A", "C", "E", "F", "H", "I")


def camera_card() -> Files:
    """The card of the capstone: 800 photographs of a gauge in some 1,600 files."""
    return card(GAUGE, PHOTOGRAPHS, torch.Generator().manual_seed(1))


def fresh_photographs() -> tuple[Tensor, Tensor]:
    """1,000 photographs that were taken after everything was trained, (1000, 64), and their factors, (1000, 3)."""
    return photographs(GAUGE, FRESH, torch.Generator().manual_seed(99))


@dataclass(frozen=True)
class Ran:
    """What came of a run: the model, what it calls test pictures, and the numbers that the script itself reports."""

    model: VAE
    test: Tensor
    reported: dict[str, float]


def run_script(files: Files, repaired: str = "", epochs: int = EPOCHS, seed: int = 0) -> Ran:
    """Run the script with some parts repaired, such as "F" or "CF": the letters of the lesson. "" is the script as found.

    The weights and all noise come from the seed, in the order in which the script draws them.
    """
    if unknown := sorted(set(repaired) - set(REPAIRS)):
        raise CourseError(f"The parts to repair are {', '.join(REPAIRS)}; {unknown[0]!r} is none of them.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        train, test = _sides(files, "A" in repaired)
        model = VAE(files.pictures.shape[1], CODES, HIDDEN, mean=train.mean(0))
        weight = _trained(model, train, repaired, epochs)
        model.requires_grad_(False)
        return Ran(model, test, _reported(model, test, repaired, weight))


def _sides(files: Files, by_photograph: bool) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(files))
    if by_photograph:
        train, _, test = capstone_split(files.photo, torch.Generator().manual_seed(0))
        return files.pictures[train], files.pictures[test]
    test, train = files.pictures[order].split([TESTED, len(files) - TESTED])
    return train, test


def _spread(logvar: Tensor, repaired: str) -> Tensor:
    return std_from_logvar(logvar) if "E" in repaired else logvar.exp()


def _trained(model: VAE, train: Tensor, repaired: str, epochs: int) -> float:
    """Train, and return the weight of the KL at the end."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    per_epoch = -(-len(train) // BATCH)
    steps = epochs * per_epoch
    for epoch in range(epochs):
        for at, x in enumerate(train[torch.randperm(len(train))].split(BATCH)):
            weight = kl_weight(epoch * per_epoch + at, steps // 4) if "C" in repaired else epoch / steps
            mu, logvar = model.encode(x)
            z = torch.addcmul(mu, _spread(logvar, repaired), torch.randn_like(mu))
            log_likelihood = bernoulli_log_likelihood(x, model.decode(z))  # (B,)
            recon = -log_likelihood.mean() if "F" in repaired else -log_likelihood.mean() / x.shape[1]
            loss = recon + weight * gaussian_kl(mu, logvar).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return weight


def _reported(model: VAE, test: Tensor, repaired: str, weight: float) -> dict[str, float]:
    mu, logvar = model.encode(test)
    spread = _spread(logvar, repaired)
    z = torch.addcmul(mu, spread, torch.randn(SAMPLES, *mu.shape))
    paid = Independent(Normal(mu, spread), 1).log_prob(z) - Independent(Normal(torch.zeros_like(mu), 1.0), 1).log_prob(z)
    log_w = model.log_likelihood(test, z) - paid * (1.0 if "H" in repaired else weight)
    many = iwae_bound(log_w).mean() if "I" in repaired else log_w.mean()
    return {
        "elbo": float(log_w.mean()), "iwae": float(many), "kl": float(gaussian_kl(mu, logvar).mean()),
        "active_units": active_units(mu), "recon_a_pixel": float(_a_pixel(model, mu, test)),
    }


def _a_pixel(model: VAE, mu: Tensor, test: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(model.decode(mu), test)
