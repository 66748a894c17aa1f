"""Right answers to stage 01 in other styles: they must pass."""

import math

import numpy as np
import torch
from torch.distributions import (
    Independent, LowRankMultivariateNormal, MixtureSameFamily, Categorical, MultivariateNormal, Normal
)

from vae_course.checks.bank import right

# --- sample_joint ---


@right("sample_joint")
def torch_distributions(decoder, n, generator=None):
    z = Normal(torch.zeros(decoder.z_dim), torch.ones(decoder.z_dim)).sample((n,))
    return z, Normal(decoder(z), decoder.sigma).sample()


@right("sample_joint")
def torch_normal(decoder, n, generator=None):
    z = torch.normal(0.0, 1.0, (n, decoder.z_dim), generator=generator)
    mean = decoder(z)
    return z, torch.normal(mean, decoder.sigma * torch.ones_like(mean), generator=generator)


@right("sample_joint")
def in_double_precision(decoder, n, generator=None):
    z = torch.randn(n, decoder.z_dim, generator=generator, dtype=torch.float64)
    noise = torch.randn(n, decoder.x_dim, generator=generator, dtype=torch.float64)
    return z, decoder(z) + decoder.sigma * noise


@right("sample_joint")
def noise_first(decoder, n, generator=None):
    x = decoder.sigma * torch.randn((n, decoder.x_dim), generator=generator)
    z = torch.randn((n, decoder.z_dim), generator=generator)
    x += decoder(z)
    return [z, x]


@right("sample_joint")
def one_block_of_numbers(decoder, n, generator=None):
    numbers = torch.randn(n, decoder.z_dim + decoder.x_dim, generator=generator)
    z, noise = numbers.split([decoder.z_dim, decoder.x_dim], dim=1)
    return z, decoder(z) + decoder.sigma * noise


@right("sample_joint")
def in_two_halves(decoder, n, generator=None):
    parts = []
    for size in (n // 2, n - n // 2):
        z = torch.randn(size, decoder.z_dim, generator=generator)
        parts.append((z, decoder(z) + torch.randn(size, decoder.x_dim, generator=generator) * decoder.sigma))
    return tuple(torch.cat(both) for both in zip(*parts))


@right("sample_joint")
def noise_in_place(decoder, n, generator=None):
    z = torch.empty(n, decoder.z_dim).normal_(generator=generator)
    mean = decoder(z)
    return z, mean + torch.empty_like(mean).normal_(std=decoder.sigma, generator=generator)


# --- log_joint ---


@right("log_joint")
def prior_as_normal(x, decoder, z):
    return decoder.log_likelihood(x.unsqueeze(1), z) + Normal(0, 1).log_prob(z).sum(-1)


@right("log_joint")
def prior_as_multivariate_normal(x, decoder, z):
    prior = MultivariateNormal(torch.zeros(z.shape[1], dtype=z.dtype), torch.eye(z.shape[1], dtype=z.dtype))
    return prior.log_prob(z)[None] + decoder.log_likelihood(x[:, None, :], z[None, :, :])


@right("log_joint")
def constant_outside_the_sum(x, decoder, z):
    log_prior = -0.5 * torch.einsum("sz,sz->s", z, z) - z.shape[-1] / 2 * math.log(2 * math.pi)
    return decoder.log_likelihood(x[:, None], z) + log_prior


@right("log_joint")
def likelihood_written_out(x, decoder, z):
    D = x.shape[-1]
    error = torch.cdist(x, decoder(z), compute_mode="donot_use_mm_for_euclid_dist") / decoder.sigma
    log_likelihood = -0.5 * error**2 - D * math.log(decoder.sigma) - 0.5 * D * math.log(2 * math.pi)
    return log_likelihood + Independent(Normal(torch.zeros_like(z), torch.ones_like(z)), 1).log_prob(z)


@right("log_joint")
def data_row_by_row(x, decoder, z):
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(dim=1)
    return torch.stack([decoder.log_likelihood(row, z) + log_prior for row in x])


@right("log_joint")
def code_by_code(x, decoder, z):
    columns = []
    for code in z:
        columns.append(decoder.log_likelihood(x, code) - 0.5 * sum(math.log(2 * math.pi) + c * c for c in code))
    return torch.stack(columns, dim=1)


@right("log_joint")
def turned_at_the_end(x, decoder, z):
    log_prior = -(z**2 / 2 + math.log(math.sqrt(2 * math.pi))).sum(-1, keepdim=True)
    return (decoder.log_likelihood(x, z[:, None]) + log_prior).T


@right("log_joint")
def all_pairs_repeated(x, decoder, z):
    rows, codes = x.repeat_interleave(len(z), 0), z.repeat(len(x), 1)
    both = decoder.log_likelihood(rows, codes) + Normal(0.0, 1.0).log_prob(codes).sum(1)
    return both.reshape(len(x), len(z))


@right("log_joint")
def vmap_over_rows(x, decoder, z):
    log_prior = -0.5 * (z.pow(2) + math.log(2 * math.pi)).sum(-1)
    return torch.func.vmap(lambda row: decoder.log_likelihood(row, z) + log_prior)(x)


# --- log_evidence_grid ---


def written_joint(x, decoder, z):
    """log p(x, z), (B, S), for answers that do not call the one before."""
    return decoder.log_likelihood(x[:, None], z) + Normal(0.0, 1.0).log_prob(z).sum(-1)


@right("log_evidence_grid")
def spacing_inside(x, decoder, z_grid):
    spacing = (z_grid[1] - z_grid[0]).item()
    return torch.logsumexp(log_joint(x, decoder, z_grid) + math.log(spacing), dim=-1)


@right("log_evidence_grid")
def trapezoid_with_a_shift(x, decoder, z_grid):
    heights = log_joint(x, decoder, z_grid)
    peak = heights.max(dim=1, keepdim=True).values
    return torch.trapezoid((heights - peak).exp(), z_grid[:, 0], dim=1).log() + peak[:, 0]


@right("log_evidence_grid")
def max_shift_by_hand(x, decoder, z_grid):
    heights = written_joint(x, decoder, z_grid)
    peak, _ = heights.max(1)
    spacing = (z_grid.max() - z_grid.min()) / (len(z_grid) - 1)
    return peak + torch.log(torch.exp(heights - peak[:, None]).sum(1) * spacing)


@right("log_evidence_grid")
def row_by_row(x, decoder, z_grid):
    log_spacing = torch.log(z_grid.diff(dim=0).mean())
    return torch.stack([written_joint(row[None], decoder, z_grid).squeeze(0).logsumexp(0) + log_spacing for row in x])


@right("log_evidence_grid")
def strips_as_a_distribution(x, decoder, z_grid):
    strips = Normal(0.0, 1.0).log_prob(z_grid[:, 0]) + (z_grid[1, 0] - z_grid[0, 0]).log()  # (G,)
    return (decoder.log_likelihood(x[:, None], z_grid) + strips).logsumexp(1)


@right("log_evidence_grid")
def running_logaddexp(x, decoder, z_grid):
    total = x.new_full((len(x),), -math.inf)
    for column in log_joint(x, decoder, z_grid).T:
        total = torch.logaddexp(total, column)
    return total + torch.log(torch.abs(z_grid[0, 0] - z_grid[1, 0]))


@right("log_evidence_grid")
def through_softmax(x, decoder, z_grid):
    heights = log_joint(x, decoder, z_grid)
    evidence = (heights - torch.log_softmax(heights, dim=1))[:, 0]
    return evidence + torch.log(z_grid[1] - z_grid[0])


@right("log_evidence_grid")
def with_numpy(x, decoder, z_grid):
    heights = written_joint(x, decoder, z_grid).numpy()
    spacing = np.diff(z_grid.numpy(), axis=0)[0, 0]
    return torch.from_numpy(np.logaddexp.reduce(heights, axis=1) + np.log(spacing))


# --- posterior_grid ---


@right("posterior_grid")
def softmax_over_the_spacing(x, decoder, z_grid):
    return log_joint(x, decoder, z_grid).softmax(dim=-1) / (z_grid[1] - z_grid[0])


@right("posterior_grid")
def divided_by_its_area(x, decoder, z_grid):
    heights = log_joint(x, decoder, z_grid)
    heights = torch.exp(heights - heights.amax(dim=1, keepdim=True))
    return heights / torch.trapezoid(heights, z_grid.squeeze(1), dim=1).unsqueeze(1)


@right("posterior_grid")
def with_the_evidence(x, decoder, z_grid):
    return (written_joint(x, decoder, z_grid) - log_evidence_grid(x, decoder, z_grid).unsqueeze(-1)).exp()


@right("posterior_grid")
def posterior_of_each_row(x, decoder, z_grid):
    spacing = (z_grid[-1, 0] - z_grid[0, 0]) / (len(z_grid) - 1)
    rows = []
    for row in x:
        heights = written_joint(row.unsqueeze(0), decoder, z_grid)[0]
        rows.append(torch.exp(heights - heights.logsumexp(0)) / spacing)
    return torch.stack(rows)


@right("posterior_grid")
def categorical_over_the_spacing(x, decoder, z_grid):
    return Categorical(logits=written_joint(x, decoder, z_grid)).probs / (z_grid[1, 0] - z_grid[0, 0])


@right("posterior_grid")
def by_columns(x, decoder, z_grid):
    table = log_joint(x, decoder, z_grid).T  # (G, B)
    shares = torch.exp(table - torch.logsumexp(table, dim=0))
    return shares.T / z_grid.diff(dim=0).mean()


@right("posterior_grid")
def odds_against_every_point(x, decoder, z_grid):
    heights = log_joint(x, decoder, z_grid)
    odds = torch.exp(heights[:, None, :] - heights[:, :, None]).sum(-1)  # may overflow to inf, where the share is 0
    return 1 / odds / (z_grid[1, 0] - z_grid[0, 0])


# --- log_evidence_monte_carlo ---


@right("log_evidence_monte_carlo")
def number_inside(x, decoder, z):
    return torch.logsumexp(decoder.log_likelihood(x[:, None], z) - math.log(z.shape[0]), dim=1)


@right("log_evidence_monte_carlo")
def shift_by_hand(x, decoder, z):
    log_likelihood = decoder.log_likelihood(x.unsqueeze(1), z.unsqueeze(0))
    best = log_likelihood.max(dim=1, keepdim=True).values
    return (best + (log_likelihood - best).exp().mean(dim=1, keepdim=True).log()).squeeze(1)


@right("log_evidence_monte_carlo")
def draws_first(x, decoder, z):
    return torch.logsumexp(decoder.log_likelihood(x, z[:, None]), dim=0) - torch.log(torch.tensor(float(len(z))))


@right("log_evidence_monte_carlo")
def mixture_of_gaussians(x, decoder, z):
    components = Independent(Normal(decoder(z), decoder.sigma), 1)
    return MixtureSameFamily(Categorical(logits=torch.zeros_like(z[:, 0])), components).log_prob(x)


@right("log_evidence_monte_carlo")
def each_row_by_itself(x, decoder, z):
    return torch.stack([decoder.log_likelihood(row, z).logsumexp(0) - math.log(len(z)) for row in x])


@right("log_evidence_monte_carlo")
def logaddexp_of_draws(x, decoder, z):
    total = decoder.log_likelihood(x, z[0])
    for code in z[1:]:
        total = torch.logaddexp(total, decoder.log_likelihood(x, code))
    return total - math.log(len(z))


@right("log_evidence_monte_carlo")
def from_the_joint(x, decoder, z):
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(-1)
    log_weight = written_joint(x, decoder, z) - log_prior
    return log_weight.logsumexp(-1) - math.log(len(z))


@right("log_evidence_monte_carlo")
def likelihood_from_the_means(x, decoder, z):
    error = (x[:, None] - decoder(z)) / decoder.sigma  # (B, S, D)
    log_likelihood = -0.5 * (error**2 + math.log(2 * math.pi * decoder.sigma**2)).sum(-1)
    return log_likelihood.logsumexp(1) + math.log(1 / len(z))


# --- linear_gaussian_evidence ---


@right("linear_gaussian_evidence")
def multivariate_normal(x, W, sigma):
    covariance = W @ W.T + sigma**2 * torch.eye(W.shape[0]).to(W)
    return MultivariateNormal(torch.zeros(W.shape[0]).to(W), covariance).log_prob(x)


@right("linear_gaussian_evidence")
def low_rank(x, W, sigma):
    return LowRankMultivariateNormal(torch.zeros_like(x), W, torch.full_like(x, sigma**2)).log_prob(x)


@right("linear_gaussian_evidence")
def slogdet_and_solve(x, W, sigma):
    covariance = torch.einsum("iz,jz->ij", W, W) + torch.diag(torch.full_like(W[:, 0], sigma**2))
    form = (x * torch.linalg.solve(covariance, x.T).T).sum(1)
    return -0.5 * (len(W) * math.log(2 * math.pi) + torch.linalg.slogdet(covariance).logabsdet + form)


@right("linear_gaussian_evidence")
def eigenvalues(x, W, sigma):
    values, vectors = torch.linalg.eigh(W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype))
    return Normal(0.0, values.sqrt()).log_prob(x @ vectors).sum(-1)


@right("linear_gaussian_evidence")
def singular_values(x, W, sigma):
    U, S, _ = torch.linalg.svd(W)  # U: (D, D)
    variance = torch.full((len(W),), sigma**2, dtype=W.dtype)
    variance[: len(S)] += S.square()
    return -0.5 * ((x @ U).square() / variance + variance.log() + math.log(2 * math.pi)).sum(1)


@right("linear_gaussian_evidence")
def inverse_lemma(x, W, sigma):
    D, Z = W.shape
    M = W.T @ W + sigma**2 * torch.eye(Z, dtype=W.dtype)  # (Z, Z)
    code = torch.linalg.solve(M, W.T @ x.T).T  # (B, Z), the posterior mean
    form = ((x - code @ W.T).square().sum(1) / sigma**2) + code.square().sum(1)
    log_det = torch.logdet(M) + 2 * (D - Z) * math.log(sigma)
    return -0.5 * (D * math.log(2 * math.pi) + log_det + form)


@right("linear_gaussian_evidence")
def one_dimension_after_another(x, W, sigma):
    covariance = W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype)
    L = torch.linalg.cholesky(covariance)
    total, white = 0.0, torch.zeros_like(x)
    for d in range(len(W)):
        mean, spread = white @ L[d], L[d, d]
        white[:, d] = (x[:, d] - mean) / spread
        total = total - 0.5 * white[:, d] ** 2 - torch.log(spread) - 0.5 * math.log(2 * math.pi)
    return total


@right("linear_gaussian_evidence")
def each_row_with_log_prob(x, W, sigma):
    L = torch.linalg.cholesky(W @ W.T + torch.eye(len(W), dtype=W.dtype) * sigma * sigma)
    gaussian = MultivariateNormal(torch.zeros(len(W), dtype=W.dtype), scale_tril=L)
    return torch.stack([gaussian.log_prob(row) for row in x])
