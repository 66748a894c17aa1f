"""What stage 07 teaches: importance weights, the bound that averages K of them before the logarithm, and its gradients.

A weight is w = p(x, z) / q(z|x) at a sample of q. Everything here takes and gives its logarithm, in nats; the samples
stand on the first axis, (K, B). The prior is N(0, I). A standard deviation of 0 or less raises ValueError in
torch.distributions.
"""

from __future__ import annotations

import math

import torch
from torch.distributions import Independent, Normal

from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import std_from_logvar
from vae_course.models.toolbox.stage_04 import reparameterize


def _gaussian(mu: torch.Tensor, logvar: torch.Tensor) -> Independent:
    """N(mu, diag(exp(logvar))) for each row, its log-density summed over dimensions."""
    return Independent(Normal(mu, std_from_logvar(logvar)), 1)


def _log_ratio(
    x: torch.Tensor, z: torch.Tensor, model: Model, mu: torch.Tensor, logvar: torch.Tensor
) -> torch.Tensor:
    """log p(x, z) - log q(z|x), with the q that mu and logvar state. z: (K, B, Z). Returns (K, B)."""
    prior = _gaussian(torch.zeros_like(mu), torch.zeros_like(mu))
    return model.log_likelihood(x, z) + prior.log_prob(z) - _gaussian(mu, logvar).log_prob(z)


def log_weights(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Log-weights of K samples of q: log p(x|z) + log p(z) - log q(z|x), at z = mean plus sigma times noise.

    x: (B, D). eps: (K, B, Z), standard normal. Returns (K, B), in nats; differentiable in the tensors of the model. Where
    q is the posterior, every entry of a column is log p(x). Source: Burda, Grosse and Salakhutdinov, 2015, section 3.
    """
    mu, logvar = model.encode(x)  # (B, Z) each
    return _log_ratio(x, reparameterize(mu, logvar, eps), model, mu, logvar)


def iwae_bound(log_w: torch.Tensor) -> torch.Tensor:
    """The importance-weighted bound: the logarithm of the mean of K weights, for each data point.

    log_w: (K, B). Returns (B,), in nats. Adding a constant to all log-weights adds it to the bound, whatever its size; a
    weight of 0 (log-weight -inf) is a sample like another. Source: Burda, Grosse and Salakhutdinov, 2015, equation 8.
    """
    return torch.logsumexp(log_w, dim=0) - math.log(log_w.shape[0])


def effective_sample_size(log_w: torch.Tensor) -> torch.Tensor:
    """How many equal weights carry as much as these: the square of the sum, over the sum of squares.

    log_w: (K, B). Returns (B,), between 1 and K, without unit. Source: Kong, 1992; Liu, 2001, section 2.5.3.
    """
    shares = torch.softmax(log_w, dim=0)  # (K, B), each column sums to 1
    return shares.square().sum(0).reciprocal()


@torch.no_grad()
def log_evidence(
    x: torch.Tensor, model: Model, K: int, chunk: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Estimate of log p(x): the importance-weighted bound of K fresh samples of q, drawn `chunk` at a time.

    x: (B, D). K: samples for each data point, a multiple of `chunk` or not. chunk: how many of them are decoded together,
    so that memory does not grow with K. generator: where the noise comes from; torch's own when None. Returns (B,), in
    nats, without gradients. On average over the noise it is at most log p(x).
    Source: Burda, Grosse and Salakhutdinov, 2015, section 5; Wu, Burda, Salakhutdinov and Grosse, 2017.
    """
    mu, logvar = model.encode(x)  # (B, Z) each
    sums = []
    for size in [chunk] * (K // chunk) + [K % chunk] * (K % chunk > 0):
        eps = mu.new_empty(size, *mu.shape).normal_(generator=generator)
        sums.append(torch.logsumexp(_log_ratio(x, reparameterize(mu, logvar, eps), model, mu, logvar), dim=0))
    return torch.logsumexp(torch.stack(sums), dim=0) - math.log(K)  # (chunks, B) -> (B,)


def iwae_loss(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the importance-weighted bound, averaged over the batch: the loss of an importance-weighted autoencoder.

    x: (B, D). eps: (K, B, Z), standard normal. Returns a tensor without axes, in nats/image; differentiable in the tensors
    of the model. Source: Burda, Grosse and Salakhutdinov, 2015, section 3.
    """
    return iwae_bound(log_weights(x, model, eps)).mean().neg()


def gradient_snr(gradients: torch.Tensor) -> torch.Tensor:
    """Signal-to-noise ratio of a gradient estimate: the size of its mean over its standard deviation.

    gradients: (R, P), R independent estimates of the gradient with respect to P parameters. Returns (P,), without unit.
    Source: Rainforth and others, 2018, section 3.
    """
    deviation, mean = torch.std_mean(gradients, dim=0)
    return mean.abs() / deviation


def doubly_reparameterized_gradient(
    x: torch.Tensor, model: Model, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradient of each data point's importance-weighted bound with respect to mu and logvar of q, reparameterized twice.

    Each log-weight's slope along the path of its sample, with mu and logvar inside log q held fixed, times the square of
    its normalised weight, summed over samples. On average over the noise it is the ordinary gradient.
    x: (B, D). eps: (K, B, Z), standard normal. Returns (B, Z) each, in nats for a unit of mu, or of logvar.
    Source: Tucker, Lawson, Gu and Maddison, 2019, equation 8.
    """
    mu, logvar = (value.detach().requires_grad_() for value in model.encode(x))
    log_w = _log_ratio(x, reparameterize(mu, logvar, eps), model, mu.detach(), logvar.detach())  # (K, B)
    squares = torch.softmax(log_w.detach(), dim=0).square()
    d_mu, d_logvar = torch.autograd.grad((squares * log_w).sum(), (mu, logvar))
    return d_mu, d_logvar
