"""What stage 07 teaches: the bound of many samples, what its weights tell, and how clear its gradient is.

Samples stand on the first axis. A standard deviation of 0 or less raises ValueError in torch.distributions.
"""

from __future__ import annotations

import math

import torch
from torch.distributions import Independent, Normal

from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_04 import reparameterize


def log_weights(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Log importance weight of each sample of q: log p(x|z) + log p(z) - log q(z|x).

    x: (B, D). eps: (K, B, Z), drawn from N(0, I). Returns (K, B), in nats; differentiable in the tensors of the model. Where q
    is the posterior, each is log p(x). Source: Burda, Grosse and Salakhutdinov, 2016, equation 8.
    """
    mu, logvar = model.encode(x)  # (B, Z) each
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    q, prior = Independent(Normal(mu, torch.exp(logvar / 2)), 1), Independent(Normal(torch.zeros_like(mu), 1.0), 1)
    return model.log_likelihood(x, z).add(prior.log_prob(z)).sub(q.log_prob(z))


def iwae_bound(log_w: torch.Tensor) -> torch.Tensor:
    """Importance-weighted bound: the log of the mean weight of K samples.

    log_w: (K, B), in nats. Returns (B,), in nats; with K = 1 it is an estimate of the ELBO, and on average it never exceeds
    log p(x). Source: Burda, Grosse and Salakhutdinov, 2016, equation 8.
    """
    return torch.logsumexp(log_w + math.log(1 / len(log_w)), dim=0)


def effective_sample_size(log_w: torch.Tensor) -> torch.Tensor:
    """Effective number of samples: the squared sum of the weights over the sum of their squares, from 1 to K.

    log_w: (K, B), in nats; adding a constant changes nothing. Returns (B,). Source: Kong, 1992.
    """
    return torch.softmax(log_w, dim=0).square().sum(0).reciprocal()


@torch.no_grad()
def log_evidence(
    x: torch.Tensor, model: Model, K: int, chunk: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Estimate of log p(x): the importance-weighted bound of K fresh samples, drawn `chunk` at a time.

    x: (B, D). K: samples for each x. chunk: how many of them are held in memory at once. generator: where the noise comes
    from; torch's own when None. Returns (B,), in nats, without a gradient. Source: Burda, Grosse and Salakhutdinov, 2016,
    section 5.
    """
    sums = []
    for start in range(0, K, chunk):
        eps = x.new_empty(min(chunk, K - start), len(x), model.z_dim).normal_(generator=generator)
        sums.append(log_weights(x, model, eps).logsumexp(0))  # (B,)
    return torch.stack(sums).logsumexp(0).sub(math.log(K))


def iwae_loss(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the importance-weighted bound, averaged over the batch: what an IWAE minimises.

    x: (B, D). eps: (K, B, Z), drawn from N(0, I). Returns a tensor without axes, in nats/image; differentiable in the tensors
    of the model. Source: Burda, Grosse and Salakhutdinov, 2016, section 3.
    """
    return iwae_bound(log_weights(x, model, eps)).mean().neg()


def gradient_snr(gradients: torch.Tensor) -> torch.Tensor:
    """Signal-to-noise ratio of a gradient: the size of its mean over its standard deviation, over repeated estimates.

    gradients: (R, P), R estimates of the gradient of P parameters. Returns (P,); the spread is the one with R - 1.
    Source: Rainforth and others, 2018.
    """
    return gradients.mean(0).abs().div(gradients.std(0))
