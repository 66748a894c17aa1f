"""What stage 06 teaches: the price of a nat, what it leaves of a code, and ways to keep a code that nothing else keeps.

Prices, rates and KLs are in nats. Nothing here draws random numbers.
"""

from __future__ import annotations

import torch
from torch.distributions import Beta, Normal, kl_divergence

from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import std_from_logvar
from vae_course.models.toolbox.stage_04 import reparameterize


def beta_elbo(expected_log_likelihood: torch.Tensor, kl: torch.Tensor, beta: float) -> torch.Tensor:
    """The bound with a price on its second term: the expected log-likelihood, less beta for each nat of KL.

    expected_log_likelihood, kl: (B,), in nats. beta: the price of a nat; 1 gives the ELBO. Returns (B,), to be
    maximised; a bound on log p(x) only for beta of 1 or more. Source: Higgins et al., 2017, equation 4.
    """
    return torch.sub(expected_log_likelihood, kl, alpha=beta)


def linear_rates(variances: torch.Tensor, sigma: float, beta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What the best linear VAE spends on each principal direction of the data, and the squared error that it leaves.

    A direction is described until its error is beta times the variance of the noise, where one more nat is not worth
    its price; one whose variance is smaller than that is left out. variances: (Z,), 0 or more, in the squared unit of
    x. sigma: the decoder's standard deviation, in the unit of x. beta: the price of a nat. Returns the rates, in nats,
    and the mean squared errors, (Z,) each. Source: Cover and Thomas, 2006, theorem 10.3.3; Lucas et al., 2019.
    """
    level = torch.as_tensor(beta * sigma * sigma, dtype=variances.dtype)  # the water level
    error = torch.minimum(variances, level)
    kept = variances > level
    return torch.where(kept, (variances.clamp(min=level) / level).sqrt().log(), 0.0), error


def rate_distortion(x: torch.Tensor, model: Model, eps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The two terms of the loss, unweighted: what the codes cost, and what x costs once the code is known.

    x: (B, D). eps: (K, B, Z). Returns the rate, a KL in closed form, and the distortion, minus the log-likelihood
    averaged over the K samples; without axes, in nats/image, averaged over the batch.
    Source: Alemi et al., 2018.
    """
    mu, logvar = model.encode(x)
    price = kl_divergence(Normal(mu, std_from_logvar(logvar)), Normal(0.0, 1.0))  # (B, Z)
    return price.sum(-1).mean(), model.log_likelihood(x, reparameterize(mu, logvar, eps)).mean().neg()


def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """How many latent dimensions have a posterior mean that varies over the data by more than the threshold.

    mu: (N, Z), the means of q(z|x) for N data. threshold: a variance, in the squared unit of z. Returns a whole number
    from 0 to Z. Source: Burda, Grosse and Salakhutdinov, 2015.
    """
    return torch.cov(mu.T).reshape(mu.shape[1], -1).diagonal().gt(threshold).sum().item()


def kl_weight(step: int, warmup_steps: int) -> float:
    """The weight of the KL while it is warmed up: on a straight line from 0 at step 0 to 1 at the end, and then 1.

    step: 0 or more. warmup_steps: the length of the warm-up; with 0 the weight is 1 from the start.
    Source: Bowman et al., 2016; Sonderby et al., 2016.
    """
    return min(step / warmup_steps, 1.0) if warmup_steps else 1.0


def free_bits(kl_per_dim: torch.Tensor, floor: float) -> torch.Tensor:
    """The KL with a free allowance: each dimension counts with its mean over the batch, and with the floor at least.

    kl_per_dim: (B, Z), in nats. floor: nats a dimension. Returns the sum over dimensions, without axes, in nats/image;
    a dimension below the floor has the gradient 0. Source: Kingma et al., 2016 (inverse autoregressive flow).
    """
    return torch.nn.functional.threshold(kl_per_dim.mean(0), floor, floor).sum()


def rate_target(recon: torch.Tensor, kl: torch.Tensor, target: float) -> torch.Tensor:
    """The loss for a rate that is fixed in place of its price: recon plus the distance of the KL from its target.

    recon, kl: without axes, in nats/image. target: the rate to be spent, in nats/image. Returns a loss without axes;
    the gradient of the KL is 1 above the target and -1 below. Source: Alemi et al., 2018.
    """
    return recon + torch.nn.functional.l1_loss(kl, torch.full_like(kl, target))


def running_log_odds(x: torch.Tensor) -> torch.Tensor:
    """What is known of a coin before each flip: the log-odds of heads, given the flips so far.

    x: (B, T), 1 for heads and 0 for tails. Returns (B, T); entry t is the log-odds of the mean of Beta(1/2 + heads,
    1/2 + tails) after the t flips before it, so entry 0 is 0. Source: Krichevsky and Trofimov, 1981.
    """
    heads = torch.nn.functional.pad(x, (1, -1)).cumsum(-1)  # (B, T), of the flips before each
    flips = torch.arange(x.shape[-1], dtype=x.dtype, device=x.device)
    return Beta(heads + 0.5, flips - heads + 0.5).mean.logit()
