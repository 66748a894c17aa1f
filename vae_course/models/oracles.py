"""Exact truth, in double precision and in nats: what an estimate of these stages is compared with.

Ways that are independent of each other. A finite model is summed state by state. For a decoder with one or two code
dimensions the integrals over z become such sums, on a grid or on Gauss-Hermite nodes. The linear-Gaussian model has
closed forms in any dimension, and so has a chain of noise over Gaussian data. The bound of many samples comes from a finite
model by one more integral.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Categorical, LowRankMultivariateNormal, MultivariateNormal, Normal, kl_divergence

from vae_course.models.decoders import Decoder, plane
from vae_course.models.finite import FiniteModel

WIDE = torch.linspace(-15, 15, 6001, dtype=torch.float64)[:, None]  # (G, 1): far outside any code of these stages


# --- a finite model, state by state ---


def finite_evidence(model: FiniteModel) -> Tensor:
    """log p(x): the log of the sum of the joint over all states. Returns (B,), in nats."""
    return model.log_joint.logsumexp(dim=-1)


def finite_posterior(model: FiniteModel) -> Tensor:
    """log p(z|x): the joint of each state, normalised over the states. Returns (B, M), in nats."""
    return Categorical(logits=model.log_joint).logits


def finite_terms(model: FiniteModel) -> tuple[Tensor, Tensor]:
    """The ELBO's two terms: the average of log p(x|z) under q, and KL(q || p(z)). Returns (B,) each, in nats."""
    return _average(model, model.log_likelihood), _average(model, model.log_q - model.log_prior)


def finite_elbo(model: FiniteModel) -> Tensor:
    """The average under q of log p(x, z) - log q(z). Returns (B,), in nats. Source: Jordan et al., 1999."""
    return _average(model, model.log_joint - model.log_q)


def finite_gap(model: FiniteModel) -> Tensor:
    """KL(q || p(z|x)), what the ELBO lacks to log p(x). Returns (B,), in nats; 0 where q is the posterior."""
    return _average(model, model.log_q - finite_posterior(model))


def finite_iwae(model: FiniteModel, K: int) -> Tensor:
    """The IWAE bound: the average, over K independent draws from q, of the log of their mean weight. Returns (B,), in nats.

    No sum over all K-tuples of states is needed: a log is an integral of exponentials, and the average of the exponential
    of a sum of independent weights is a power of one average. Exact to rounding for any K; 1 gives the ELBO.
    Source: Burda, Grosse and Salakhutdinov, 2015, equation 8; the integral is Frullani's.
    """
    rows = zip(model.log_joint - model.log_q, model.log_q, strict=True)
    return torch.stack([_log_of_mean_weight(log_w.double(), log_q.double(), K) for log_w, log_q in rows])


def _log_of_mean_weight(log_w: Tensor, log_q: Tensor, K: int) -> Tensor:
    """E[log S] for S, the mean of K weights, by log S = integral over u of exp(-e^u) - exp(-S e^u). log_w, log_q: (M,)."""
    seen = log_q > -60  # what is rarer than that adds nothing to the last digit
    log_w, share = log_w[seen], log_q[seen].softmax(0)
    level = (log_w + share.log()).logsumexp(0)  # of the weights: their mean is 1 when it is taken off
    u = torch.arange(-40, 8 + math.log(K) + max(0.0, (level - log_w).max().item()), 0.25, dtype=torch.float64)
    factor = torch.exp(-torch.exp(u[:, None] - math.log(K) + log_w - level)) @ share  # (U,)
    return level + 0.25 * (torch.exp(-u.exp()) - factor**K).sum()


def _average(model: FiniteModel, values: Tensor) -> Tensor:
    """The average under q; a state without probability adds 0, whatever its value. values: (B, M). Returns (B,)."""
    return model.total(model.expect_q(values).where(model.log_q > -torch.inf, 0.0)).squeeze(-1)


# --- any decoder with few code dimensions, as a finite model ---


def on_grid(
    x: Tensor, decoder: Decoder, mu: Tensor | float = 0.0, sigma: Tensor | float = 1.0, z: Tensor = WIDE
) -> FiniteModel:
    """A decoder with Z = 1 on a grid, by the trapezoid rule: the finite functions then give integrals over z.

    x: (B, D). q is N(mu, sigma^2), one mean and one standard deviation for each x, (B,), or one number for all; q stays
    as it is, so the grid must be wide and much finer than sigma. z: (G, 1), equally spaced. State g of the model is the
    piece of the line around z[g]: a density becomes a probability by the width of the piece, spacing, half at the ends.
    """
    q = _gaussian(mu, sigma, len(x), 1)
    return _model(x.double(), decoder, q, z.double().expand(len(x), -1, -1), _widths(z).log())


def posterior_on_grid(x: Tensor, decoder: Decoder, z: Tensor = WIDE) -> tuple[Tensor, Tensor, Tensor]:
    """The posterior of a decoder with Z = 1: its density on the grid, its mean and its standard deviation.

    x: (B, D). z: (G, 1), equally spaced and wide. Returns (B, G), which integrates to 1, (B,) and (B,).
    """
    share = finite_posterior(on_grid(x, decoder, z=z)).exp()  # (B, G), sums to 1
    code = z[:, 0].double()
    mean = share @ code
    return share / _widths(z), mean, (share * (code - mean[:, None]).square()).sum(-1).sqrt()


def _widths(z: Tensor) -> Tensor:
    """The piece of the line that each point of a grid stands for: the spacing, half of it at the ends. Returns (G,)."""
    widths = torch.full((len(z),), (z[-1] - z[0]).item() / (len(z) - 1), dtype=torch.float64)
    widths[[0, -1]] /= 2
    return widths


def on_hermite_nodes(
    x: Tensor, decoder: Decoder, mu: Tensor | float = 0.0, sigma: Tensor | float = 1.0, nodes: int = 60
) -> FiniteModel:
    """A decoder with small Z on Gauss-Hermite nodes placed for q: the finite functions then give integrals over z.

    x: (B, D). q is N(mu, diag(sigma^2)), (B, Z) each or one number for all; by default the prior. The product rule has
    nodes ** Z states for each x, up to 300 nodes. Averages under q (the ELBO, its terms) are exact when the decoder's
    mean is a polynomial of a degree below `nodes`. The evidence converges in `nodes`, the faster the nearer q is to the
    posterior, and hardly when q is much narrower. Source: Abramowitz and Stegun, 1964, 25.4.46.
    """
    points, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(nodes))
    steps = torch.cartesian_prod(*[points] * decoder.z_dim).reshape(-1, decoder.z_dim)  # (M, Z)
    log_share = torch.cartesian_prod(*[(weights / weights.sum()).log()] * decoder.z_dim).reshape(len(steps), -1).sum(-1)
    q = _gaussian(mu, sigma, len(x), decoder.z_dim)
    z = q.mean[:, None] + q.stddev[:, None] * steps  # (B, M, Z)
    return _model(x.double(), decoder, q, z, log_share - _log_density(q, z))


def chi_square(p: Normal, q: Normal) -> Tensor:
    """The chi-square divergence of p from q: the variance of the ratio p / q under q, for Gaussians of independent dimensions.

    p, q: batches (..., Z), whose last axis is summed in the log. Returns (...). It is infinite where a dimension of q has less
    than half the variance of p. Source: Gil, Alajaji and Linder, 2013.
    """
    narrow, wide = (g.stddev.double().square() for g in (p, q))
    shift = p.mean.double() - q.mean.double()
    room = 2 * wide - narrow
    log_square = wide.log() - (narrow * room.clamp_min(0)).log() / 2 + shift.square() / room
    return torch.where(room > 0, log_square, torch.inf).sum(-1).expm1()


def _gaussian(mu: Tensor | float, sigma: Tensor | float, rows: int, z_dim: int) -> Normal:
    """One diagonal Gaussian a row, (B, Z), from what was given for all or for each."""
    mu, sigma = (torch.as_tensor(value, dtype=torch.float64) for value in (mu, sigma))
    shaped = [(value[:, None] if value.ndim == 1 else value).expand(rows, z_dim) for value in (mu, sigma)]
    return Normal(*shaped)


def _log_density(gaussian: Normal, z: Tensor) -> Tensor:
    """The log-density of one Gaussian a row at each of its points. z: (B, M, Z). Returns (B, M)."""
    return Normal(gaussian.mean[:, None], gaussian.stddev[:, None]).log_prob(z).sum(-1)


def _model(x: Tensor, decoder: Decoder, q: Normal, z: Tensor, log_widths: Tensor) -> FiniteModel:
    """The points z as states, each with the log of the width that it stands for. z: (B, M, Z)."""
    return FiniteModel(
        log_prior=_log_density(_gaussian(0.0, 1.0, *q.mean.shape), z) + log_widths,
        log_likelihood=decoder.log_likelihood(x.unsqueeze(1), z),
        log_q=_log_density(q, z) + log_widths,
    )


# --- the linear-Gaussian model: z ~ N(0, I) and x given z ~ N(W z, sigma^2 I) ---


def plane_evidence(x: Tensor, W: Tensor, sigma: float) -> Tensor:
    """log p(x), a Gaussian with the noise on the diagonal and the rank of the codes on top.

    x: (B, D). W: (D, Z). Returns (B,), in nats. Source: Tipping and Bishop, 1999.
    """
    x, W = x.double(), W.double()
    noise = torch.full((len(W),), sigma**2, dtype=torch.float64)
    return LowRankMultivariateNormal(torch.zeros_like(noise), W, noise).log_prob(x)


def plane_posterior(x: Tensor, W: Tensor, sigma: float) -> MultivariateNormal:
    """p(z|x): a Gaussian whose precision is the prior's plus the likelihood's, the same for every x.

    x: (B, D). W: (D, Z). Returns a batch of B Gaussians over z; the mean is the regression of z on x. Source: Tipping
    and Bishop, 1999.
    """
    x, W = x.double(), W.double()
    codes, pixels = (torch.eye(n, dtype=torch.float64) for n in (W.shape[1], W.shape[0]))
    slope = torch.linalg.solve(W @ W.T + sigma**2 * pixels, W)  # (D, Z)
    return MultivariateNormal(x @ slope, precision_matrix=codes + W.T @ W / sigma**2)


def plane_elbo(x: Tensor, W: Tensor, sigma: float, mu: Tensor, std: Tensor) -> Tensor:
    """The ELBO of q = N(mu, diag(std^2)): the log-likelihood at the mean, less what the spread of z costs, less the KL.

    x: (B, D). W: (D, Z). mu, std: (B, Z). Returns (B,), in nats. Source: Lucas et al., 2019.
    """
    mu, std, W = mu.double(), std.double(), W.double()
    price = kl_divergence(Normal(mu, std), _gaussian(0.0, 1.0, *mu.shape)).sum(-1)
    spread = std.square() @ W.T.square()  # (B, D), of the mean of x
    return plane(W, sigma).log_likelihood(x.double(), mu) - spread.sum(-1) / (2 * sigma**2) - price


def plane_gap(W: Tensor, sigma: float) -> float:
    """The gap of the best diagonal q: half of how far the logs on the posterior precision's
    diagonal, summed, exceed its log-determinant.

    W: (D, Z). Returns nats, the same for every x; 0 when the columns of W are orthogonal. Source: Lucas et al., 2019.
    """
    precision = plane_posterior(torch.zeros(1, len(W)), W, sigma).precision_matrix[0]
    return (precision.diagonal().log().sum() - precision.logdet()).item() / 2


def best_plane_evidence(x: Tensor, z_dim: int, sigma: float) -> float:
    """The highest mean log p(x) that any linear-Gaussian model with this noise reaches on these data: no ELBO exceeds it.

    Along each of the `z_dim` widest principal directions the model has the data's variance, or sigma squared where that is
    more; along the others it has sigma squared. x: (N, D). Returns nats a row. Source: Tipping and Bishop, 1999, section 3.2.
    """
    found = torch.linalg.eigvalsh(torch.cov(x.double().T, correction=0)).flip(0)  # (D,), the widest first
    modelled = torch.full_like(found, sigma**2)
    modelled[:z_dim] = found[:z_dim].clamp(min=sigma**2)
    return -(math.log(2 * math.pi) + modelled.log() + found / modelled).sum().item() / 2


# --- a chain of noise over Gaussian data ---


def chain_variances(variance: float, alpha_bar: Tensor) -> Tensor:
    """The variances of q(x_{t-1}|x_t), t = 1..T, when x_0 ~ N(0, variance): what one knows of a state from the next one alone.

    All x_t are then jointly Gaussian. alpha_bar: (T + 1,). Returns (T,).
    """
    kept, spread = _steps_and_spreads(variance, alpha_bar)
    return spread[:-1] * (1 - kept) / spread[1:]  # of two Gaussians: the spread, less what the next state tells of it


def chain_gap(variance: float, alpha_bar: Tensor, reverse: Tensor) -> float:
    """How far the bound of a chain lies below log p(x_0) of the data, on average, when x_0 ~ N(0, variance).

    The model begins at N(0, 1), and every step back has the best mean, that of q(x_{t-1}|x_t), and the variance reverse[t - 1].
    The gap is a KL of the two joint distributions, so it is the KL at the end and one KL for each step. reverse: (T,). Returns
    nats.
    """
    exact, last = chain_variances(variance, alpha_bar), _steps_and_spreads(variance, alpha_bar)[1][-1]
    steps = kl_divergence(Normal(torch.zeros_like(exact), exact.sqrt()), Normal(torch.zeros_like(exact), reverse.double().sqrt()))
    return (steps.sum() + kl_divergence(Normal(last * 0, last.sqrt()), Normal(last * 0, last * 0 + 1))).item()


def _steps_and_spreads(variance: float, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """What each step keeps of the variance, (T,), and the variance of each x_t, (T + 1,)."""
    path = alpha_bar.double()
    return path[1:] / path[:-1], variance * path + (1 - path)
