"""The collapse clinic: five small models of digits, trained by five programs, and what a doctor can see and do.

Four programs are ill and one is well. Which is which cannot be read from a patient's name or from what it shows of itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_course.course import CourseError
from vae_course.models.audit import prices
from vae_course.models.clinic_words import CAUSES, PATIENTS, TREATMENTS, Table
from vae_course.models.data import digits
from vae_course.models.digit_nets import HIDDEN, digit_vae, pixels_to_nearest
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_05 import VAE, Decoder, generate
from vae_course.models.toolbox.stage_06 import active_units, free_bits, kl_weight, rate_distortion
from vae_course.models.training import fit

__all__ = ["CAUSES", "PATIENTS", "TREATMENTS", "Dashboard", "Patient", "beside", "dashboard", "patient", "treat"]
CODES, STEPS, SEED = 8, 3000, 0
DRAWS = 1000  # new pictures whose distance to the nearest digit is taken
FREE = 0.5  # nats in each unit


# --- programs ---


@dataclass(frozen=True, repr=False)
class _Program:
    """How a model is trained: what is summed and what is priced, and by which ways recon reaches the encoder."""

    pixels: float = 1.0
    beta: float = 1.0
    mean_path: bool = True
    sigma_path: bool = True
    warm_up: bool = False
    free: float = 0.0
    hidden: int = HIDDEN

    def sample(self, mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
        return reparameterize(mu if self.mean_path else mu.detach(), logvar if self.sigma_path else logvar.detach(), eps)

    def price(self, step: int) -> float:
        """What is paid for a nat of KL."""
        return self.beta * kl_weight(step, STEPS // 3 if self.warm_up else 0)


_CHANGES: dict[str, Callable[[_Program], dict[str, object]]] = {
    "accept": lambda program: {},
    "free bits": lambda program: {"free": FREE},
    "keep mu": lambda program: {"mean_path": True, "sigma_path": False},
    "keep path": lambda program: {"mean_path": True, "sigma_path": True},
    "keep sigma": lambda program: {"mean_path": False, "sigma_path": True},
    "larger decoder": lambda program: {"hidden": 4 * program.hidden},
    "lower beta": lambda program: {"beta": program.beta / 2},
    "raise beta": lambda program: {"beta": 2 * program.beta if program.beta >= 1 else 1.0},
    "sum over pixels": lambda program: {"pixels": 1.0},
    "warm up": lambda program: {"warm_up": True},
}

_PROGRAMS = {
    "A": _Program(beta=0.05),
    "B": _Program(mean_path=False, sigma_path=False),
    "C": _Program(),
    "D": _Program(pixels=1 / 64),
    "E": _Program(sigma_path=False),
}


# --- patients ---


@dataclass(frozen=True, repr=False, eq=False)
class Patient:
    """A trained model. name: its letter, and what it was treated with. model: a VAE with 8 codes."""

    name: str
    model: VAE
    _program: _Program

    def __repr__(self) -> str:
        return f"patient {self.name}"


def patient(letter: str) -> Patient:
    """The patient A, B, C, D or E. It is trained at the first call, in about two seconds, and kept."""
    letter = _known(letter, PATIENTS, "patient", str.upper)
    return _patient(_PROGRAMS[letter], letter)


def treat(letter: str, treatment: str) -> Patient:
    """The same patient trained once more from the start, by its own program with one change: a key of TREATMENTS."""
    letter = _known(letter, PATIENTS, "patient", str.upper)
    treatment = _known(treatment, tuple(TREATMENTS), "treatment", str.lower)
    program = _PROGRAMS[letter]
    return _patient(replace(program, **_CHANGES[treatment](program)), f"{letter} after {treatment!r}")


def _known(given: str, names: tuple[str, ...], what: str, written: Callable[[str], str]) -> str:
    wanted = written(" ".join(str(given).split()))
    if wanted not in names:
        raise CourseError(f"There is no {what} {given!r}; the clinic has {', '.join(names)}.")
    return wanted


@functools.cache
def _patient(program: _Program, name: str) -> Patient:
    return Patient(name, _trained(program), program)


@functools.cache
def _trained(program: _Program) -> VAE:
    """The model of a program; patients share it."""
    train, _ = digits()
    model = digit_vae(train, CODES, SEED)
    if program.hidden != HIDDEN:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            model.decoder = Decoder(CODES, train.shape[1], program.hidden, train.mean(0))

    def loss(x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        mu, logvar = model.encode(x)
        z = program.sample(mu, logvar, torch.randn(mu.shape, generator=generator))
        distortion = -program.pixels * model.log_likelihood(x, z).mean()
        rate = free_bits(prices(mu, logvar), program.free)
        return {"loss": distortion + rate, "recon": distortion, "kl": rate}

    fit(model, train, STEPS, loss=loss, beta=program.price, generator=torch.Generator().manual_seed(SEED))
    return model.requires_grad_(False)


# --- what a doctor can see ---


class Dashboard(dict[str, "float | int | list[float]"]):
    """A patient's numbers on the test digits, by name. Shown as a table; `beside` puts several next to each other.

    recon, kl, elbo: in nats/image, with one sample a picture averaged over 20, at beta = 1. kl_per_dim: of each unit.
    active_units: units whose mean varies over the pictures. spread: the standard deviation of the codes of all pictures,
    averaged over the units; that of the prior is 1. distance: pixels between a draw and the nearest digit, on average.
    different: how many of 1,000 draws are different pictures. d_mu, d_logvar, only when asked for: the length of the
    gradient of a picture's recon with respect to its mean and its log-variance, on average, along the patient's own sample.
    """

    def __init__(self, name: str, numbers: Mapping[str, float | int | list[float]]):
        super().__init__(numbers)
        self.name = name

    def __repr__(self) -> str:
        return repr(beside(self))

    def _repr_html_(self) -> str:
        return beside(self)._repr_html_()


def dashboard(patient: Patient, gradient: bool = False) -> Dashboard:
    """The patient's numbers on the 360 test digits. gradient: also how strongly recon pulls at what the encoder gives."""
    model, generator = patient.model, torch.Generator().manual_seed(1)
    train, test = digits()
    with torch.no_grad():
        mu, logvar = model.encode(test)
        eps = torch.randn(20, *mu.shape, generator=generator)  # (20, N, Z)
        kl, recon = (float(term) for term in rate_distortion(test, model, eps))
        codes = reparameterize(mu, logvar, eps).flatten(0, 1)
    draws = (generate(model, DRAWS, False, generator) > 0.5).float()
    numbers = {
        "recon": recon, "kl": kl, "elbo": -recon - kl, "active_units": active_units(mu),
        "kl_per_dim": prices(mu, logvar).mean(0).tolist(), "spread": float(codes.std(0).mean()),
        "distance": float(pixels_to_nearest(draws, train).mean()), "different": len(draws.unique(dim=0)),
    }
    if gradient:
        numbers |= _pull(patient, test, mu, logvar, generator)
    return Dashboard(patient.name, numbers)


def _pull(patient: Patient, x: Tensor, mu: Tensor, logvar: Tensor, generator: torch.Generator) -> dict[str, float]:
    mu, logvar = (out.clone().requires_grad_() for out in (mu, logvar))
    z = patient._program.sample(mu, logvar, torch.randn(mu.shape, generator=generator))
    recon = -patient.model.log_likelihood(x, z).sum()
    if not recon.requires_grad:
        return {"d_mu": 0.0, "d_logvar": 0.0}
    grads = torch.autograd.grad(recon, [mu, logvar], allow_unused=True)
    lengths = [0.0 if grad is None else float(grad.norm(dim=1).mean()) for grad in grads]
    return dict(zip(("d_mu", "d_logvar"), lengths, strict=True))


_ROWS = {
    "recon": "recon, nats/image",
    "kl": "KL, nats/image",
    "elbo": "ELBO at β = 1, nats/image",
    "active_units": "active units, of 8",
    "kl_per_dim": "KL of each unit, nats",
    "spread": "spread of the codes",
    "distance": "draws: pixels to the nearest digit",
    "different": "draws: different ones in 1,000",
    "d_mu": "gradient of recon at mu, nats for a unit of mu",
    "d_logvar": "gradient of recon at logvar, nats for a unit of logvar",
}


@functools.cache
def _compared() -> dict[str, str]:
    """What stands beside a row: the worth of independent pixels, the prior, and how near unseen digits are to known ones."""
    train, test = digits()
    plain = float(bernoulli_log_likelihood(test, train.mean(0).clamp(0.001, 0.999).logit()).mean())
    return {
        "recon": f"{_two_places(-plain)} without any code", "elbo": f"{_two_places(plain)} without any code",
        "spread": "1.00 for the prior", "distance": f"{_two_places(pixels_to_nearest(test, train).mean())} for a test digit",
    }


def beside(*dashboards: Dashboard) -> Table:
    """Dashboards next to each other, a column each."""
    shown = [key for key in _ROWS if any(key in board for board in dashboards)]
    rows = [(_ROWS[key], *(_written(key, board) for board in dashboards), _compared().get(key, "")) for key in shown]
    return Table(("", *(board.name for board in dashboards), "compare"), rows)


def _written(key: str, board: Dashboard) -> str:
    value = board.get(key)
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(f"{number:.1f}" for number in value)
    if key in ("d_mu", "d_logvar"):
        return f"{value:.1e}" if 0 < value < 0.01 else f"{value:.2f}" if value else "exactly 0"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if key == "kl" else _two_places(value)


def _two_places(value: float | Tensor) -> str:
    return f"{value:.2f}".replace("-", "−")
