"""A small VAE of binary data that remembers every code its decoder meets, so that a check can tell the noise drawn."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood

HIDDEN = 5


class _Heads(nn.Module):
    """Mean and log-variance of a code from one layer, the columns in turn."""

    def __init__(self, x_dim: int, z_dim: int, hidden: int):
        super().__init__()
        self.hidden, self.out = nn.Linear(x_dim, hidden), nn.Linear(hidden, 2 * z_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        columns = self.out(torch.tanh(self.hidden(x)))
        return columns[..., 0::2], columns[..., 1::2]


class WatchedVAE(nn.Module):
    """A Model of binary data with random weights; `codes` holds what its decoder was given, `seen` what its encoder was."""

    def __init__(self, x_dim: int, z_dim: int, seed: int, hidden: int = HIDDEN):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encoder = _Heads(x_dim, z_dim, hidden)
        self.decoder = nn.Sequential(nn.Linear(z_dim, hidden), nn.Tanh(), nn.Linear(hidden, x_dim))
        generator = torch.Generator().manual_seed(seed)
        self.weights = list(self.parameters())  # walking through the layers takes longer than a step
        with torch.no_grad():
            for weights in self.weights:
                scale = 1.6 / weights.shape[-1] ** 0.5 if weights.dim() > 1 else 0.5
                weights.copy_(scale * torch.randn(weights.shape, generator=generator))
        self.codes: list[Tensor] = []
        self.seen: list[Tensor] = []
        self.decoder.register_forward_pre_hook(lambda _, given: self.codes.append(given[0].detach().clone()))
        self.encoder.register_forward_pre_hook(lambda _, given: self.seen.append(given[0].detach().clone()))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        logits = self.decoder(z)
        return logits

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        logits = self.decoder(z)
        return bernoulli_log_likelihood(x, logits)

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        sigma = (logvar / 2).exp()
        pixels = self.decode(torch.addcmul(mu, sigma, eps))
        return pixels, mu, logvar


def watched(case: Mapping[str, object]) -> WatchedVAE:
    """The model that a case describes by the numbers `x_dim`, `z_dim`, `seed` and, where it is not the usual one, `hidden`."""
    return WatchedVAE(case["x_dim"], case["z_dim"], case["seed"], case.get("hidden", HIDDEN))
