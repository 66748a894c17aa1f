"""What stage 04 teaches.

A gradient of an average over z ~ N(mu, diag(exp(logvar))) is taken row by row; samples stand on the first axis and are
averaged. A standard deviation of 0 or less raises ValueError in torch.distributions.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.distributions import AffineTransform, Independent, Normal

from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import gaussian_kl, std_from_logvar


def _gaussian(mu: torch.Tensor, logvar: torch.Tensor) -> Independent:
    """N(mu, diag(exp(logvar))) for each row, its log-density summed over dimensions."""
    return Independent(Normal(mu, std_from_logvar(logvar)), 1)


def _leaves(*given: torch.Tensor) -> list[torch.Tensor]:
    """Copies from which a gradient can be asked, whatever came before them."""
    return [value.detach().clone().requires_grad_() for value in given]


def reparameterize(mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """Standard-normal noise, moved and stretched into a sample: the mean plus the standard deviation times the noise.

    mu, logvar: (B, Z). eps: (..., B, Z), drawn from N(0, I). Returns z of the shape of eps, in the unit of mu;
    differentiable in mu and logvar. Source: Kingma and Welling, 2014, section 2.4.
    """
    return AffineTransform(mu, std_from_logvar(logvar))(eps)


def sample_posterior(
    mu: torch.Tensor, logvar: torch.Tensor, K: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """K independent samples of N(mu, diag(exp(logvar))) for each row, through which gradients flow.

    mu, logvar: (B, Z). K: number of samples. generator: where the noise comes from; torch's own when None.
    Returns (K, B, Z). Source: Kingma and Welling, 2014, section 2.4; Rezende, Mohamed and Wierstra, 2014.
    """
    return reparameterize(mu, logvar, mu.new_empty(K, *mu.shape).normal_(generator=generator))


def pathwise_gradient(
    f: Callable[[torch.Tensor], torch.Tensor], mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of the average of f(z) with the noise held fixed: the slope of f, carried back along the sample's path.

    f: differentiable, from (..., Z) to (...). mu, logvar: (B, Z). eps: (K, B, Z). Returns the gradients with respect to
    mu and logvar, (B, Z) each, averaged over the K samples, in units of f for a unit of mu, or of logvar.
    Source: Kingma and Welling, 2014, section 2.4; Glasserman, 2003, section 7.2.
    """
    mu, logvar = _leaves(mu, logvar)
    f(reparameterize(mu, logvar, eps)).mean(0).sum().backward()
    return mu.grad, logvar.grad


def score_function_gradient(
    f: Callable[[torch.Tensor], torch.Tensor], mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor,
    baseline: torch.Tensor | float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of the average of f(z) with the samples held fixed: f less a baseline, times the gradient of log q(z).

    f: any function from (..., Z) to (...); only its values are used. mu, logvar: (B, Z). eps: (K, B, Z). baseline: a
    number, or one a row, (B,), that does not depend on the samples. Returns the gradients with respect to mu and logvar,
    (B, Z) each, averaged over the K samples. Source: Williams, 1992; Glynn, 1990.
    """
    mu, logvar = _leaves(mu, logvar)
    z = reparameterize(mu, logvar, eps).detach()  # (K, B, Z)
    surplus = f(z).detach() - baseline  # (K, B)
    (surplus * _gaussian(mu, logvar).log_prob(z)).mean(0).sum().backward()
    return mu.grad, logvar.grad


def sgvb_a(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Estimate of the ELBO with all three terms sampled: log p(x|z) + log p(z) - log q(z|x), averaged over samples.

    x: (B, D). eps: (K, B, Z). Returns (B,), in nats; differentiable in the tensors of the model. Where q is the
    posterior, it is log p(x) for every noise. Source: Kingma and Welling, 2014, equation 6.
    """
    mu, logvar = model.encode(x)  # (B, Z) each
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    prior = _gaussian(torch.zeros_like(mu), torch.zeros_like(mu))
    return (model.log_likelihood(x, z) + prior.log_prob(z) - _gaussian(mu, logvar).log_prob(z)).mean(0)  # (B,)


def sgvb_b(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Estimate of the ELBO with one term sampled: log p(x|z), averaged over samples, minus the KL in closed form.

    x: (B, D). eps: (K, B, Z). Returns (B,), in nats; differentiable in the tensors of the model.
    Source: Kingma and Welling, 2014, equation 7.
    """
    mu, logvar = model.encode(x)  # (B, Z) each
    return model.log_likelihood(x, reparameterize(mu, logvar, eps)).mean(0) - gaussian_kl(mu, logvar)  # (B,)
