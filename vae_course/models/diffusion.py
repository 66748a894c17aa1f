"""Paths of noise, and a toy in the plane: two crescents of points, of which the density is known, a network that guesses the
noise in a point, and a VAE of the same size to compare with."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vae_course.models.toolbox.stage_03 import gaussian_kl, gaussian_log_likelihood
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_09 import Predict

SPREAD = 0.1  # of the points around their arc
WIDTH = 128  # of every hidden layer
HEARD = (0.125, 0.25, 0.5, 1.0)  # frequencies, for an input that goes from -8 to 7 or so


# --- paths ---


def ddpm_path(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """alpha_bar of a path whose steps lose shares of the variance that rise along a line, from `first` to `last`.

    Returns (steps + 1,), from 1 down. Source: Ho, Jain and Abbeel, 2020, section 4.
    """
    lost = torch.linspace(first, last, steps, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - lost, 0)])


def thinned(alpha_bar: Tensor, steps: int) -> Tensor:
    """The same path in fewer steps: of its T + 1 points those at equal distances, both ends among them. Returns (steps + 1,)."""
    return alpha_bar[torch.linspace(0, len(alpha_bar) - 1, steps + 1, dtype=torch.float64).round().long()]


def even_path(steps: int, first: float = 1000.0, last: float = 3e-4) -> Tensor:
    """alpha_bar of a path on which SNR falls by the same factor in every step, from `first` after step 1 to `last` at the end.

    Returns (steps + 1,).
    """
    log_snr = torch.linspace(math.log(first), math.log(last), steps, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), log_snr.sigmoid()])


# --- crescents ---


def crescents(rows: int, generator: torch.Generator | None = None) -> Tensor:
    """Points around two half circles that reach into each other, each of radius 1, with noise of standard deviation SPREAD.

    Returns (rows, 2).
    """
    angle = math.pi * torch.rand(rows, generator=generator)
    side = torch.randint(2, (rows,), generator=generator)
    return _on_arc(angle, side) + SPREAD * torch.randn(rows, 2, generator=generator)


def crescents_log_density(x: Tensor, points: int = 2000) -> Tensor:
    """log p(x) of `crescents`, by a sum over points of both arcs. x: (N, 2). Returns (N,), in nats."""
    angle = math.pi * (torch.arange(points, dtype=torch.float64) + 0.5) / points
    middles = torch.cat([_on_arc(angle, torch.full((points,), side)) for side in (0, 1)])
    square = torch.cdist(x.double(), middles).square()
    return (-0.5 * square / SPREAD**2).logsumexp(-1) - math.log(2 * points) - math.log(2 * math.pi * SPREAD**2)


def _on_arc(angle: Tensor, side: Tensor) -> Tensor:
    turn = (1 - 2 * side).unsqueeze(-1)  # one arc is the other, turned by half a circle
    return turn * torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], -1)


def energy_distance(x: Tensor, y: Tensor) -> float:
    """Twice the mean distance between a point of x and one of y, less those within x and within y.

    x: (N, D), y: (M, D). Returns a number in the unit of x: about 0, a little below it too, where both come from one
    distribution. Source: Szekely and Rizzo, 2013.
    """
    def within(points: Tensor) -> Tensor:
        return torch.cdist(points, points).sum() / (len(points) * (len(points) - 1))

    return (2 * torch.cdist(x, y).mean() - within(x) - within(y)).item()


# --- networks ---


def _layers(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU(),
        nn.Linear(WIDTH, outputs),
    )


class NoiseNet(nn.Module):
    """A guess for the noise in x_t, from x_t and its step. alpha_bar: (T + 1,), the path it is for. D-128-128-128-D, SiLU.

    It hears of the step by waves of the log of SNR, and sees x_t twice: as it is, and made larger as far as x_0 was made smaller.
    """

    def __init__(self, x_dim: int, alpha_bar: Tensor):
        super().__init__()
        self.register_buffer("log_snr", torch.logit(alpha_bar[1:]).float().clamp(-12, 12))
        self.register_buffer("larger", alpha_bar[1:].float().rsqrt().clamp(max=3.0))
        self.register_buffer("pitch", torch.tensor(HEARD))
        self.net = _layers(2 * x_dim + 2 * len(HEARD), x_dim)

    def forward(self, xt: Tensor, t: Tensor) -> Tensor:
        """xt: (N, D). t: (N,), in 1..T. Returns (N, D)."""
        wave = self.log_snr[t - 1].unsqueeze(-1) * self.pitch  # (N, F)
        return self.net(torch.cat([xt, self.larger[t - 1].unsqueeze(-1) * xt, wave.sin(), wave.cos()], -1))


def guess_of_x0(predict_noise: Predict, alpha_bar: Tensor) -> Predict:
    """The guess for x_0 that belongs to a guess for the noise: x_t without that noise, as large as x_0 was."""
    signal, spread = alpha_bar.sqrt(), torch.sqrt(1 - alpha_bar)

    def predict(xt: Tensor, t: Tensor) -> Tensor:
        return (xt - spread[t].unsqueeze(-1) * predict_noise(xt, t)) / signal[t].unsqueeze(-1)

    return predict


class PlaneVAE(nn.Module):
    """A VAE of points with real coordinates: networks as large as NoiseNet's, one sigma, which is learned. The prior is N(0, I)."""

    def __init__(self, x_dim: int, z_dim: int):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.to_code, self.to_x = _layers(x_dim, 2 * z_dim), _layers(z_dim, x_dim)
        self.log_sigma = nn.Parameter(torch.zeros(()))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.to_code(x).chunk(2, -1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        return self.to_x(z)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return gaussian_log_likelihood(x, self.decode(z), self.log_sigma.exp())

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the ELBO with one code a row, in nats a row."""
        mu, logvar = self.encode(x)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator))
        return (gaussian_kl(mu, logvar) - self.log_likelihood(x, z)).mean()
