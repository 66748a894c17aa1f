"""Right answers to stage 02 in other styles: they must pass."""

import math
from typing import NamedTuple

import torch
from torch.distributions import Categorical, Independent, MultivariateNormal, Normal
from torch.nn import functional as F

from vae_course.checks.bank import right


# --- elbo_exact ---


@right("elbo_exact")
def normalised_again(log_joint, log_q):
    log_q = torch.log_softmax(log_q, -1)
    return (log_q.exp() * (log_joint - log_q.clamp(min=-1e4))).sum(-1)


@right("elbo_exact")
def categorical_entropy(log_joint, log_q):
    q = Categorical(logits=log_q)
    return (q.probs * log_joint).sum(1) + q.entropy()


@right("elbo_exact")
def clamped_logarithm(log_joint, log_q):
    finite = log_q.clamp_min(torch.finfo(log_q.dtype).min / 2)
    return (finite.exp() * (log_joint - finite)).sum(-1)


@right("elbo_exact")
def row_by_row_without_empty_states(log_joint, log_q):
    values = []
    for joint, belief in zip(log_joint, log_q):
        kept = belief > -math.inf
        values.append((belief[kept].exp() * (joint[kept] - belief[kept])).sum())
    return torch.stack(values)


@right("elbo_exact")
def state_by_state(log_joint, log_q):
    total = torch.zeros(len(log_q), dtype=log_q.dtype)
    for m in range(log_q.shape[1]):
        log_w = torch.nan_to_num(log_joint[:, m] - log_q[:, m], posinf=0.0)
        total = total + log_q[:, m].exp() * log_w
    return total


@right("elbo_exact")
def batched_matrix_product(log_joint, log_q):
    log_w = torch.where(log_q.isinf(), torch.zeros_like(log_q), log_joint - log_q)
    return torch.bmm(log_q.exp()[:, None, :], log_w[:, :, None]).reshape(-1)


# --- reconstruction_and_kl ---


@right("reconstruction_and_kl")
def sums_over_k(log_likelihood, log_prior, log_q):
    K = log_likelihood.shape[0]
    return log_likelihood.sum(0) / K, (log_q.sum(0) - log_prior.sum(0)) / K


@right("reconstruction_and_kl")
def einsum_over_samples(log_likelihood, log_prior, log_q):
    weights = torch.full((len(log_q),), 1 / len(log_q), dtype=log_q.dtype)
    return torch.einsum("k,kb->b", weights, log_likelihood), weights @ (log_q - log_prior)


@right("reconstruction_and_kl")
def list_of_two(log_likelihood, log_prior, log_q):
    return [log_likelihood.mean(axis=0), log_q.mean(axis=0) - log_prior.mean(axis=0)]


@right("reconstruction_and_kl")
def sample_by_sample(log_likelihood, log_prior, log_q):
    expected = kl = 0.0
    for fit, prior, belief in zip(log_likelihood, log_prior, log_q):
        expected = expected + fit / len(log_q)
        kl = kl + (belief - prior) / len(log_q)
    return expected, kl


@right("reconstruction_and_kl")
def observation_by_observation(log_likelihood, log_prior, log_q):
    B = log_q.shape[1]
    expected = torch.stack([log_likelihood[:, b].mean() for b in range(B)])
    return expected, torch.stack([(log_q[:, b] - log_prior[:, b]).mean() for b in range(B)])


@right("reconstruction_and_kl")
def in_double_precision(log_likelihood, log_prior, log_q):
    log_likelihood, log_prior, log_q = log_likelihood.double(), log_prior.double(), log_q.double()
    return log_likelihood.T.mean(-1), -(log_prior - log_q).T.mean(-1)


@right("reconstruction_and_kl")
def difference_to_the_elbo(log_likelihood, log_prior, log_q):
    elbo = (log_likelihood + log_prior - log_q).mean(0)
    expected = torch.mean(log_likelihood, dim=0)
    return expected, expected - elbo


# --- evidence_gap ---


@right("evidence_gap")
def evidence_less_elbo_by_hand(log_joint, log_q):
    q = log_q.exp()
    elbo = torch.where(q > 0, q * (log_joint - log_q), 0.0).sum(-1)
    largest = log_joint.amax(-1, keepdim=True)
    return largest[:, 0] + (log_joint - largest).exp().sum(-1).log() - elbo


@right("evidence_gap")
def average_of_log_q_over_the_posterior(log_joint, log_q):
    log_posterior = log_joint - torch.logsumexp(log_joint, -1, keepdim=True)
    return torch.nan_to_num(log_q.exp() * (log_q - log_posterior), nan=0.0).sum(-1)


@right("evidence_gap")
def elbo_of_the_posterior(log_joint, log_q):
    return elbo_exact(log_joint, torch.log_softmax(log_joint, -1)) - elbo_exact(log_joint, log_q)


@right("evidence_gap")
def kl_div_of_torch(log_joint, log_q):
    return F.kl_div(torch.log_softmax(log_joint, dim=-1), log_q.exp(), reduction="none").sum(-1)


@right("evidence_gap")
def distributions(log_joint, log_q):
    posterior = Categorical(logits=log_joint)
    q = Categorical(probs=log_q.exp())
    return torch.distributions.kl_divergence(q, posterior)


@right("evidence_gap")
def cross_entropy_less_entropy(log_joint, log_q):
    q = log_q.exp()
    cross_entropy = -(q * F.log_softmax(log_joint, dim=1)).sum(1)
    return cross_entropy - torch.special.entr(q).sum(1)


@right("evidence_gap")
def row_by_row_of_kept_states(log_joint, log_q):
    gaps = []
    for joint, belief in zip(log_joint, log_q):
        kept = belief.isfinite()
        log_w = joint[kept] - belief[kept]
        gaps.append(joint.logsumexp(0) - torch.dot(belief[kept].exp(), log_w))
    return torch.stack(gaps)


# --- elbo_monte_carlo ---


@right("elbo_monte_carlo")
def prior_of_distributions(x, decoder, z, log_q):
    prior = Independent(Normal(torch.zeros_like(z), torch.ones_like(z)), 1)
    return (decoder.log_likelihood(x, z) + prior.log_prob(z) - log_q).mean(0)


@right("elbo_monte_carlo")
def prior_as_a_matrix(x, decoder, z, log_q):
    Z = z.shape[-1]
    prior = MultivariateNormal(torch.zeros(Z, dtype=z.dtype), torch.eye(Z, dtype=z.dtype))
    return torch.mean(decoder.log_likelihood(x[None], z) - (log_q - prior.log_prob(z)), dim=0)


@right("elbo_monte_carlo")
def with_the_exercise_before(x, decoder, z, log_q):
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(-1)
    expected, kl = reconstruction_and_kl(decoder.log_likelihood(x.expand(len(z), -1, -1), z), log_prior, log_q)
    return expected - kl


@right("elbo_monte_carlo")
def likelihood_from_the_mean(x, decoder, z, log_q):
    mean = decoder(z)
    D, Z = x.shape[-1], z.shape[-1]
    log_likelihood = -((x - mean) ** 2).sum(-1) / (2 * decoder.sigma**2) - D * math.log(decoder.sigma)
    log_prior = -(z * z).sum(-1) / 2
    return (log_likelihood + log_prior - log_q).mean(0) - (D + Z) / 2 * math.log(2 * math.pi)


@right("elbo_monte_carlo")
def one_sample_at_a_time(x, decoder, z, log_q):
    total = torch.zeros(len(x), dtype=torch.float64)
    for codes, belief in zip(z, log_q):
        total += decoder.log_likelihood(x, codes) + Normal(0.0, 1.0).log_prob(codes).sum(-1) - belief
    return total / len(z)


@right("elbo_monte_carlo")
def one_observation_at_a_time(x, decoder, z, log_q):
    values = []
    for b, row in enumerate(x):
        log_prior = -0.5 * (z[:, b].square() + math.log(2 * math.pi)).sum(-1)
        values.append((decoder.log_likelihood(row, z[:, b]) + log_prior - log_q[:, b]).mean())
    return torch.stack(values)


@right("elbo_monte_carlo")
def einsum_of_squares(x, decoder, z, log_q):
    squares = torch.einsum("kbz,kbz->kb", z, z)
    log_joint = decoder.log_likelihood(x, z) - 0.5 * squares - 0.5 * z.shape[2] * math.log(2 * torch.pi)
    return torch.einsum("kb->b", log_joint - log_q) / z.shape[0]


# --- fit_posterior ---


def _best_of(grid, joint, mu, sigma):
    log_q = torch.log_softmax(-((grid - mu[..., None]) ** 2) / (2 * sigma[..., None] ** 2), -1)
    return (log_q.exp() * (joint - log_q)).sum(-1)


def _joint(x, decoder, z_grid):
    grid = z_grid.flatten()
    return grid, log_joint(x, decoder, z_grid) + (grid[1] - grid[0]).log()


@right("fit_posterior")
def without_the_spacing(x, decoder, z_grid, steps):
    joint = log_joint(x, decoder, z_grid)
    q = torch.tensor([0.5, -0.5]).repeat(len(x), 1).double().requires_grad_()  # mu and log sigma
    optimiser = torch.optim.Adam([q], lr=0.05)
    for _ in range(steps):
        mu, log_sigma = q[:, :1], q[:, 1:]
        scores = -0.5 * ((z_grid.T - mu) / log_sigma.exp()) ** 2
        loss = -elbo_exact(joint, scores.log_softmax(-1)).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return q[:, 0].detach(), q[:, 1].detach().exp()


@right("fit_posterior")
def softplus_and_a_mean_over_rows(x, decoder, z_grid, steps):
    grid, joint = _joint(x, decoder, z_grid)
    mu = torch.full((len(x),), 0.8, dtype=x.dtype, requires_grad=True)
    raw = torch.zeros(len(x), dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([mu, raw], lr=0.07)
    for _ in range(steps):
        optimiser.zero_grad()
        (-_best_of(grid, joint, mu, F.softplus(raw)).mean()).backward()
        optimiser.step()
    return mu.detach(), F.softplus(raw).detach()


@right("fit_posterior")
def kl_to_the_posterior(x, decoder, z_grid, steps):
    grid = z_grid[:, 0]
    posterior = torch.log_softmax(log_joint(x, decoder, z_grid), -1)
    mu = torch.full((len(x), 1), 0.3).double().requires_grad_()
    logvar = torch.full((len(x), 1), -1.5).double().requires_grad_()
    optimiser = torch.optim.Adam([mu, logvar], lr=0.06, betas=(0.9, 0.99))
    for _ in range(steps):
        log_q = Normal(mu, (logvar / 2).exp()).log_prob(grid)
        log_q = log_q - torch.logsumexp(log_q, -1, keepdim=True)
        kl = F.kl_div(posterior, log_q, reduction="sum", log_target=True)
        optimiser.zero_grad()
        kl.backward()
        optimiser.step()
    return mu.detach().squeeze(1), (logvar / 2).exp().detach().squeeze(1)


@right("fit_posterior")
def adam_by_hand(x, decoder, z_grid, steps):
    grid, joint = _joint(x, decoder, z_grid)
    q = torch.stack([torch.full((len(x),), 0.5), torch.full((len(x),), -0.5)]).double()
    first, second = torch.zeros_like(q), torch.zeros_like(q)
    for t in range(1, steps + 1):
        q.requires_grad_()
        (slope,) = torch.autograd.grad(_best_of(grid, joint, q[0], q[1].exp()).sum(), q)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        step = first / (1 - 0.9**t) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
        q = (q + 0.05 * step).detach()
    return q[0], q[1].exp()


@right("fit_posterior")
def a_start_on_the_peak(x, decoder, z_grid, steps):
    grid, joint = _joint(x, decoder, z_grid)
    mu = grid[joint.argmax(-1)].clone().requires_grad_()
    logvar = torch.full_like(mu, -2.0).requires_grad_()
    optimiser = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        optimiser.zero_grad()
        _best_of(grid, joint, mu, torch.exp(0.5 * logvar)).sum().neg().backward()
        optimiser.step()
    return mu.detach(), logvar.detach().exp().sqrt()


@right("fit_posterior")
def the_other_bump(x, decoder, z_grid, steps):
    grid, joint = _joint(x, decoder, z_grid)
    mu = torch.full((len(x),), -0.5, dtype=x.dtype, requires_grad=True)
    logvar = torch.full((len(x),), -1.0, dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([mu, logvar], lr=0.05, maximize=True)
    for _ in range(steps):
        optimiser.zero_grad()
        _best_of(grid, joint, mu, torch.exp(0.5 * logvar)).sum().backward()
        optimiser.step()
    return mu.detach(), torch.exp(0.5 * logvar).detach()


@right("fit_posterior")
def climb_by_slopes_alone(x, decoder, z_grid, steps):
    grid, joint = _joint(x, decoder, z_grid)
    posterior = torch.softmax(joint, -1)
    mu, sigma = grid[posterior.argmax(-1)], torch.full((len(x),), 0.3, dtype=x.dtype)
    for _ in range(steps):  # sigma^2 is the natural length of a step in mu, and half of it in log sigma
        weights = torch.softmax(-((grid - mu[:, None]) ** 2) / (2 * sigma[:, None] ** 2), -1)
        log_w = joint + (grid - mu[:, None]) ** 2 / (2 * sigma[:, None] ** 2)
        centred = log_w - (weights * log_w).sum(-1, keepdim=True)
        offset = (grid - mu[:, None]) / sigma[:, None]
        mu = mu + 0.3 * sigma * (weights * centred * offset).sum(-1)
        sigma = sigma * torch.exp(0.15 * (weights * centred * (offset**2 - 1)).sum(-1).clamp(-2, 2))
    return mu, sigma


# --- linear_gaussian_encoder ---


@right("linear_gaussian_encoder")
def inverse_of_m(x, W, sigma):
    M = W.T @ W + sigma**2 * torch.eye(W.shape[1]).double()
    return x @ W @ torch.linalg.inv(M), (sigma**2 / M.diag()).sqrt().repeat(len(x), 1)


@right("linear_gaussian_encoder")
def from_the_precision(x, W, sigma):
    precision = torch.eye(W.size(1), dtype=W.dtype) + W.mT @ W / sigma**2
    mu = torch.cholesky_solve((x @ W).T / sigma**2, torch.linalg.cholesky(precision)).T
    return mu, torch.ones_like(mu) / torch.sqrt(torch.diag(precision))


@right("linear_gaussian_encoder")
def through_the_covariance_of_x(x, W, sigma):
    C = W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype)
    mu = torch.linalg.solve(C, x.T).T @ W
    return mu, (1 + (W / sigma).square().sum(0)).rsqrt().expand(len(x), -1)


@right("linear_gaussian_encoder")
def ridge_by_least_squares(x, W, sigma):
    Z = W.shape[1]
    stacked = torch.cat([W, sigma * torch.eye(Z, dtype=W.dtype)])
    target = torch.cat([x.T, torch.zeros(Z, len(x), dtype=x.dtype)])
    mu = torch.linalg.lstsq(stacked, target).solution.T
    return mu, (sigma / stacked.norm(dim=0)).expand_as(mu)


@right("linear_gaussian_encoder")
def singular_values(x, W, sigma):
    U, s, Vh = torch.linalg.svd(W, full_matrices=False)
    mu = (x @ U * (s / (s**2 + sigma**2))) @ Vh
    diagonal = sigma**2 + torch.einsum("s,sz->z", s**2, Vh**2)
    return mu, sigma * diagonal.pow(-0.5).expand_as(mu)


@right("linear_gaussian_encoder")
def row_by_row(x, W, sigma):
    M = W.T.matmul(W)
    M.diagonal().add_(sigma**2)
    rows = [torch.linalg.solve(M, W.T @ row) for row in x]
    widths = torch.stack([sigma / M[j, j].sqrt() for j in range(len(M))])
    return torch.stack(rows), torch.stack([widths for _ in x])


@right("linear_gaussian_encoder")
def from_the_posterior_of_distributions(x, W, sigma):
    precision = torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / sigma**2
    posterior = MultivariateNormal(torch.linalg.solve(precision, W.T @ x.T / sigma**2).T, precision_matrix=precision)
    width = 1 / torch.linalg.inv(posterior.covariance_matrix).diagonal(dim1=-2, dim2=-1).sqrt()
    return posterior.mean, width


# --- derivation_deck ---


@right("derivation_deck")
def lists_instead_of_tuples():
    return [["D", "=", 4], ["H", "=", 7], ["B", "=", 6], ["G", ">=", 5], ["A", "=", 2], ["F", "=", 8]]


@right("derivation_deck")
def three_columns_zipped():
    return list(zip("DHBGAF", ("=", "=", "=", ">=", "=", "="), (4, 7, 6, 5, 2, 8), strict=True))


@right("derivation_deck")
def typed_as_text():
    table = """
        d = 4
        h = 7
        b = 6
        g ≥ 5
        a = 2
        f = 8
    """
    return [line.split() for line in table.strip().splitlines()]


@right("derivation_deck")
def with_spaces_and_mathematical_sign():
    return (
        (" D", " = ", "4"), ("H ", "=", " 7"), ("b", "=", "6 "), ("G", " ≥", 5), ("a", "=", 2), ("F", "= ", "8"),
    )


@right("derivation_deck")
def equal_unless_jensen():
    reasons = {"D": 4, "H": 7, "B": 6, "G": 5, "A": 2, "F": 8}
    return [(card, ">=" if card == "G" else "=", reason) for card, reason in reasons.items()]


class Step(NamedTuple):
    card: str
    relation: str
    reason: int


@right("derivation_deck")
def named_tuples():
    steps = [Step("D", "=", 4)]
    for card, relation, reason in (("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)):
        steps.append(Step(card, relation, reason))
    return steps


# --- derivation ---


@right("derivation")
def jensens_route_step_by_step():
    return [
        lambda m: torch.log(torch.exp(m.log_joint).sum(1, keepdim=True)),
        "=",
        lambda m: torch.log(m.total(torch.exp(m.log_q) * torch.exp(m.log_joint) / torch.exp(m.log_q))),
        "=",
        lambda m: torch.log(m.total(m.expect_q(torch.exp(m.log_joint) / torch.exp(m.log_q)))),
        ">=",
        lambda m: m.expect_q(torch.log(torch.exp(m.log_joint) / torch.exp(m.log_q))),
        "=",
        lambda m: m.expect_q(m.log_likelihood + m.log_prior - m.log_q),
        "=",
        lambda m: m.expect_q(m.log_likelihood) + m.expect_q(m.log_prior - m.log_q),
        "=",
        lambda m: m.expect_q(m.log_likelihood) - m.expect_q(m.log_q - m.log_prior),
    ]


@right("derivation")
def kl_route():
    def evidence(m):
        return torch.logsumexp(m.log_joint, dim=-1, keepdim=True)

    def log_posterior(m):
        return m.log_joint - evidence(m)

    return [
        evidence,
        "=",
        lambda m: m.expect_q(evidence(m)),
        "=",
        lambda m: m.expect_q(m.log_joint - log_posterior(m)),
        "=",
        lambda m: m.expect_q(m.log_joint - m.log_q) + m.expect_q(m.log_q - log_posterior(m)),
        ">=",
        lambda m: m.expect_q(m.log_joint - m.log_q),
        "=",
        lambda m: m.expect_q(m.log_likelihood) - m.expect_q(m.log_q - m.log_prior),
    ]


@right("derivation")
def loss_taken_from_log_p_as_a_number():
    def evidence(m):
        return m.log_joint.exp().sum(-1).log()

    def loss(m):
        return m.total(m.expect_q(m.log_q - m.log_joint + evidence(m)[:, None])).squeeze(-1)

    return [
        evidence,
        "=",
        lambda m: m.total(m.expect_q(evidence(m)[:, None])),
        ">=",
        lambda m: evidence(m) - loss(m),
        "=",
        lambda m: m.total(m.expect_q(m.log_joint)) - m.total(m.expect_q(m.log_q)),
    ]


@right("derivation")
def importance_weights():
    def weight(m):
        return torch.exp(m.log_joint - m.log_q)

    def evidence(m):
        return m.total(m.log_joint.exp())

    return [
        lambda m: evidence(m).log(),
        "=",
        lambda m: m.total(m.expect_q(weight(m))).log(),
        "=",
        lambda m: evidence(m).log() + m.total(m.expect_q(weight(m) / evidence(m))).log(),
        ">=",
        lambda m: evidence(m).log() + m.total(m.expect_q((weight(m) / evidence(m)).log())),
        "=",
        lambda m: m.expect_q(weight(m).log()),
    ]


@right("derivation")
def tangent_of_the_logarithm():
    """log u <= u - 1, applied to the posterior's weight against q's: the gap is at least 0."""
    def surplus(m):
        ratio = m.log_joint - m.total(m.log_joint.exp()).log() - m.log_q
        return m.expect_q(ratio.exp() - 1 - ratio)

    return [
        lambda m: m.total(m.log_joint.exp()).log(),
        "=",
        lambda m: m.expect_q(m.total(m.log_joint.exp()).log()),
        "=",
        lambda m: m.expect_q(m.log_joint - m.log_q) + surplus(m),
        ">=",
        lambda m: m.expect_q(m.log_joint - m.log_q),
    ]


@right("derivation")
def prior_first():
    return [
        lambda m: (m.log_prior + m.log_likelihood).logsumexp(-1, keepdim=True),
        "=",
        lambda m: m.total(m.expect_q((m.log_prior - m.log_q + m.log_likelihood).exp())).log(),
        "≥",
        lambda m: -m.expect_q(m.log_q - m.log_joint),
        "=",
        lambda m: -m.expect_q(m.log_q - m.log_prior) + m.expect_q(m.log_likelihood),
    ]


@right("derivation")
def entropy_form():
    def entropy(m):
        return -m.expect_q(m.log_q)

    return (
        lambda m: torch.logsumexp(m.log_joint, -1, keepdim=True),
        "=",
        lambda m: torch.logsumexp(m.log_q + (m.log_joint - m.log_q), -1, keepdim=True),
        ">=",
        lambda m: m.expect_q(m.log_joint - m.log_q),
        "=",
        lambda m: m.expect_q(m.log_joint) + entropy(m),
        "=",
        lambda m: m.expect_q(m.log_likelihood) + m.expect_q(m.log_prior) + entropy(m),
    )


@right("derivation")
def from_the_bound_upwards():
    return [
        lambda m: m.expect_q(m.log_likelihood) - m.expect_q(m.log_q - m.log_prior),
        "=",
        lambda m: m.expect_q(m.log_joint - m.log_q),
        "<=",
        lambda m: m.total(m.expect_q((m.log_joint - m.log_q).exp())).log(),
        "=",
        lambda m: m.total(m.log_joint.exp()).log(),
    ]


def evidence(m):
    return torch.logsumexp(m.log_joint, dim=-1)


def weights_averaged(m):
    return torch.logsumexp(m.log_q + m.log_joint - m.log_q, dim=-1)


def log_weights_averaged(m):
    return m.expect_q(m.log_joint - m.log_q).sum(-1)


def explanation_less_price(m):
    explanation = m.expect_q(m.log_likelihood).sum(-1)
    price = m.expect_q(m.log_q - m.log_prior).sum(-1)
    return explanation - price


@right("derivation")
def named_functions_with_one_number_a_row():
    return [evidence, "=", weights_averaged, ">=", log_weights_averaged, "=", explanation_less_price]


@right("derivation")
def alternating_by_a_loop():
    steps = [
        ("", lambda m: m.log_joint.exp().sum(-1, keepdim=True).log()),
        ("=", lambda m: m.total(m.expect_q((m.log_joint - m.log_q).exp())).log()),
        ("≥", lambda m: torch.einsum("bm,bm->b", m.log_q.exp(), m.log_joint - m.log_q)),
        (" = ", lambda m: m.total(m.expect_q(m.log_joint)) - m.total(m.expect_q(m.log_q))),
    ]
    chain = []
    for relation, line in steps:
        chain += [relation, line]
    return chain[1:]


@right("derivation")
def two_inequalities():
    """Averages of two weights each: tighter than the bound, looser than log p(x)."""
    def pairs(m):
        log_w = m.log_joint - m.log_q
        both = torch.logaddexp(log_w[:, :, None], log_w[:, None, :]) - torch.log(torch.tensor(2.0, dtype=log_w.dtype))
        q = m.log_q.exp()
        return (q[:, :, None] * q[:, None, :] * both).sum(-1)

    return [
        lambda m: torch.logsumexp(m.log_joint, -1, keepdim=True),
        "=",
        lambda m: m.total(m.expect_q((m.log_joint - m.log_q).exp())).log(),
        ">=",
        pairs,
        ">=",
        lambda m: m.expect_q(m.log_joint - m.log_q),
    ]


@right("derivation")
def state_by_state():
    def evidence(m):
        rows = []
        for row in m.log_joint:
            rows.append(torch.stack([state.exp() for state in row]).sum().log())
        return torch.stack(rows)

    def bound(m):
        terms = []
        for log_joint, log_q in zip(m.log_joint.T, m.log_q.T, strict=True):
            terms.append(log_q.exp() * (log_joint - log_q))
        return torch.stack(terms, dim=-1)

    return [
        evidence,
        "=",
        lambda m: m.total(m.expect_q(m.log_likelihood.exp() * m.log_prior.exp() / m.log_q.exp())).log(),
        ">=",
        bound,
        "=",
        lambda m: m.expect_q(m.log_likelihood) + m.expect_q(m.log_prior) - m.expect_q(m.log_q),
    ]
