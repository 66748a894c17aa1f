"""Two networks of the same size on the digits: one that only copies, and one that is a model of pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.training import fit

HIDDEN = 128


class PlainAutoencoder(nn.Module):
    """Picture to code to picture, 64-128-Z-128-64 with ReLU; no probabilities anywhere."""

    def __init__(self, z_dim: int):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(64, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, z_dim))
        self.decode = nn.Sequential(nn.Linear(z_dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 64))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, 64). Returns the copy's logits, (B, 64)."""
        return self.decode(self.encode(x))


class DigitModel(nn.Module):
    """A latent-variable model of digits: z ~ N(0, I), and each pixel white with probability sigmoid(decode(z)).

    A network of the same size as the plain one proposes codes while it is trained; drawing pictures uses the decoder only.
    """

    def __init__(self, z_dim: int):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(64, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * z_dim))
        self.decode = nn.Sequential(nn.Linear(z_dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 64))

    def negative_bound(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Minus the evidence lower bound with one sample a picture, averaged over the batch, in nats/image."""
        mu, logvar = self.encode(x).chunk(2, dim=-1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)
        return (gaussian_kl(mu, logvar) - bernoulli_log_likelihood(x, self.decode(z))).mean()


def train_plain_autoencoder(pictures: Tensor, z_dim: int, steps: int, seed: int = 0) -> PlainAutoencoder:
    """An autoencoder trained to copy its input, by cross-entropy. pictures: (N, 64), zeros and ones."""
    net, generator = _at_the_mean(PlainAutoencoder, pictures, z_dim, seed)
    fit(net, pictures, steps, loss=lambda x, _: -bernoulli_log_likelihood(x, net(x)).mean(), generator=generator)
    return net.requires_grad_(False)


def train_digit_model(pictures: Tensor, z_dim: int, steps: int, seed: int = 0) -> DigitModel:
    """A latent-variable model trained on the bound that stages 02 to 05 build. pictures: (N, 64), zeros and ones."""
    net, generator = _at_the_mean(DigitModel, pictures, z_dim, seed)
    fit(net, pictures, steps, loss=net.negative_bound, generator=generator)
    return net.requires_grad_(False)


def _at_the_mean(kind: type[nn.Module], pictures: Tensor, z_dim: int, seed: int) -> tuple[nn.Module, torch.Generator]:
    """A fresh network whose last bias gives the mean picture, and the generator for everything that is drawn later."""
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global state, which is the caller's
        torch.manual_seed(seed)
        net = kind(z_dim)
    with torch.no_grad():
        net.decode[-1].bias.copy_(pictures.mean(0).clamp(0.01, 0.99).logit())
    return net, torch.Generator().manual_seed(seed)


def pixels_to_nearest(pictures: Tensor, known: Tensor) -> Tensor:
    """In how many pixels each picture differs from the nearest known one. (N, 64), (M, 64), zeros and ones. Returns (N,)."""
    return torch.cdist(pictures, known, p=1).min(dim=1).values
