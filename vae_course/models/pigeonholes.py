"""A VAE whose code is one of C states: small enough for every sum over codes to be written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae_course.models.training import fit

RATE = 3e-3


class PigeonholeVAE(nn.Module):
    """Binary pictures and a code with C equally likely states. The decoder has a row of logits, a template, for each.

    x_dim: size of a picture. states: C. mean: (D,), probabilities of a 1 at which all templates start. A code is a row of
    C numbers that add up to 1: one-hot for a state, anything in between for a mixture of templates on the scale of logits.
    """

    def __init__(self, x_dim: int, states: int, mean: Tensor, hidden: int = 64):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(x_dim, hidden), nn.ReLU(), nn.Linear(hidden, states))  # to logits, (B, C)
        self.decode = nn.Linear(states, x_dim)  # (..., C) to logits of the pixels, (..., D)
        with torch.no_grad():
            self.decode.bias.copy_(mean.clamp(0.01, 0.99).logit())
        self.states = states

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z), in nats. x: (B, D), z: (..., B, C). Returns (..., B)."""
        logits = self.decode(z)
        return torch.add(x * logits, F.logsigmoid(-logits)).sum(-1)

    def of_each_state(self, x: Tensor) -> Tensor:
        """log p(x|z) of every state, in nats. x: (B, D). Returns (B, C)."""
        return self.log_likelihood(x.unsqueeze(1), torch.eye(self.states))

    def kl(self, logits: Tensor) -> Tensor:
        """KL from q, with these logits, to the prior, in nats. logits: (B, C). Returns (B,)."""
        return math.log(self.states) - torch.distributions.Categorical(logits=logits).entropy()

    def elbo(self, x: Tensor) -> Tensor:
        """The bound, every state counted with its probability under q: nothing is sampled. x: (B, D). Returns (B,), in nats."""
        logits = self.encode(x)
        return (logits.softmax(-1) * self.of_each_state(x)).sum(-1) - self.kl(logits)


def train(
    pictures: Tensor, objective: Callable[[PigeonholeVAE, Tensor, torch.Generator], Tensor], *,
    states: int = 10, steps: int = 1000, seed: int = 0,
) -> PigeonholeVAE:
    """Train by an objective that maps a model, a batch (B, D) and a generator to (B,), larger is better. pictures: (N, D)."""
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global state, which is the caller's
        torch.manual_seed(seed)
        model = PigeonholeVAE(pictures.shape[1], states, pictures.mean(0))
    generator = torch.Generator().manual_seed(seed)
    fit(model, pictures, steps, lr=RATE, generator=generator, loss=lambda x, noise: -objective(model, x, noise).mean())
    return model.requires_grad_(False)
