"""What stage 03 teaches.

All of it is summed over dimensions, one value a data point, in nats. A parameter that no distribution has (NaN, a
standard deviation of 0 or less) raises ValueError in torch.distributions.
"""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence


def std_from_logvar(logvar: torch.Tensor) -> torch.Tensor:
    """Standard deviation: the exponential of half the log-variance.

    logvar: any shape, log of sigma squared. Returns the same shape, positive, in units of the variable itself.
    """
    return torch.exp(0.5 * logvar)


def gaussian_entropy(logvar: torch.Tensor) -> torch.Tensor:
    """Entropy of a diagonal Gaussian: half of one plus log 2 pi plus the log-variance, summed over dimensions.

    logvar: (B, Z). Returns (B,), in nats; negative for a sharp Gaussian. Source: Shannon, 1948, section 20.
    """
    return Normal(torch.zeros_like(logvar), std_from_logvar(logvar)).entropy().sum(-1)  # (B,)


def gaussian_cross_entropy(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Cross-entropy to N(0, I): minus the log-density of the prior at the mean, plus half the variance, summed.

    mu, logvar: (B, Z). Returns (B,), in nats. Source: Kingma and Welling, 2014, appendix B.
    """
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return (0.5 * torch.exp(logvar) - prior.log_prob(mu)).sum(-1)  # (B,)


def gaussian_kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """KL divergence from a diagonal Gaussian N(mu, exp(logvar)) to N(0, I), summed over latent dimensions.

    mu, logvar: (B, Z). Returns (B,), in nats. Source: Kingma and Welling, 2014, appendix B.
    """
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(Normal(mu, std_from_logvar(logvar)), prior).sum(-1)  # (B,)


def gaussian_kl_between(
    mu_q: torch.Tensor, logvar_q: torch.Tensor, mu_p: torch.Tensor, logvar_p: torch.Tensor
) -> torch.Tensor:
    """KL divergence from one diagonal Gaussian q to another one p, summed over dimensions.

    All four: (B, Z). Returns (B,), in nats; 0 where q equals p. Source: Kullback, 1959, chapter 9.
    """
    q, p = Normal(mu_q, std_from_logvar(logvar_q)), Normal(mu_p, std_from_logvar(logvar_p))
    return kl_divergence(q, p).sum(-1)  # (B,)


def kl_monte_carlo(mu: torch.Tensor, logvar: torch.Tensor, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean over samples of log q minus log p, with its standard error: the samples' spread over the root of K.

    mu, logvar: (B, Z). z: (K, B, Z), drawn from q. Returns the estimate of KL(q || N(0, I)) and its standard error,
    (B,) each, in nats; the spread is the one with K - 1.
    """
    q, p = Normal(mu, std_from_logvar(logvar)), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    log_ratio = (q.log_prob(z) - p.log_prob(z)).sum(-1)  # (K, B)
    return log_ratio.mean(0), log_ratio.std(0) / len(z) ** 0.5  # (B,), (B,)


def gaussian_log_likelihood(x: torch.Tensor, mean: torch.Tensor, sigma: float) -> torch.Tensor:
    """Log-density of x under N(mean, sigma squared times I), constants included, summed over dimensions.

    x, mean: (B, D). sigma: the standard deviation, one number. Returns (B,), in nats; it may be positive.
    """
    return Normal(mean, sigma).log_prob(x).sum(-1)  # (B,)


def bernoulli_log_likelihood(x: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Log-probability of a binary x: x times the logit, minus the softplus of the logit, summed over dimensions.

    x: (B, D), zeros and ones; anything else raises ValueError. logits: (B, D), log-odds of a one. Returns (B,), in nats.
    """
    return Bernoulli(logits=logits).log_prob(x).sum(-1)  # (B,)


def mse_relation(D: int, sigma: float) -> tuple[float, float]:
    """The a and b in: Gaussian log-likelihood = a minus b times the sum of squared errors.

    D: number of dimensions. sigma: the standard deviation. Returns a, in nats, and b, in nats per squared unit of x.
    """
    peak = Normal(torch.zeros((), dtype=torch.float64), sigma).log_prob(torch.zeros((), dtype=torch.float64))
    return D * peak.item(), 0.5 / sigma**2
