"""A VAE for tests and benchmarks that train or compare one: x - hidden - z - hidden - x, with ReLU."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SmallVAE(nn.Module):
    """forward(x, eps) gives the logits, mu and logvar, as the VAE of stage 05 does."""

    def __init__(self, x_dim: int, hidden: int, z_dim: int, seed: int = 0):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = nn.Sequential(nn.Linear(x_dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * z_dim))
            self.decoder = nn.Sequential(nn.Linear(z_dim, hidden), nn.ReLU(), nn.Linear(hidden, x_dim))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder(x).chunk(2, dim=-1)

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        return self.decoder(mu + torch.exp(0.5 * logvar) * eps), mu, logvar
