"""Right answers to stage 04 in other styles: they must pass."""

import math

import torch
from torch.distributions import (
    AffineTransform, Independent, MultivariateNormal, Normal, TransformedDistribution, kl_divergence
)

from vae_course.checks.bank import right


def log_normal(z, mu, logvar):
    """log N(z; mu, exp(logvar)), summed over dimensions."""
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / torch.exp(logvar)).sum(-1)


def closed_form(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum(dim=-1)


# --- reparameterize ---


@right("reparameterize")
def root_of_the_variance(mu, logvar, eps):
    return eps * torch.sqrt(torch.exp(logvar)) + mu


@right("reparameterize")
def affine_transform(mu, logvar, eps):
    return AffineTransform(mu, (logvar / 2).exp())(eps)


@right("reparameterize")
def addcmul(mu, logvar, eps):
    return torch.addcmul(mu, logvar.mul(0.5).exp(), eps)


@right("reparameterize")
def power_of_e(mu, logvar, eps):
    return mu.expand_as(eps) + eps.mul(math.e ** (logvar / 2))


@right("reparameterize")
def einsum_over_dimensions(mu, logvar, eps):
    return torch.einsum("bz,...bz->...bz", torch.exp(0.5 * logvar), eps) + mu


@right("reparameterize")
def row_by_row(mu, logvar, eps):
    rows = []
    for b in range(len(mu)):
        sigma = torch.exp(logvar[b] / 2)
        rows.append(mu[b] + eps[..., b, :] * sigma)
    return torch.stack(rows, dim=-2)


@right("reparameterize")
def matrix_form(mu, logvar, eps):
    scale = torch.diag_embed(torch.exp(0.5 * logvar))
    return mu + (scale @ eps[..., None]).squeeze(-1)


@right("reparameterize")
def vmap_over_rows(mu, logvar, eps):
    one = lambda m, s, e: m + torch.exp(0.5 * s) * e
    return torch.func.vmap(one, in_dims=(0, 0, -2), out_dims=-2)(mu, logvar, eps)


# --- sample_posterior ---


@right("sample_posterior")
def torch_distributions(mu, logvar, K, generator=None):
    return Normal(mu, torch.exp(0.5 * logvar)).rsample((K,))


@right("sample_posterior")
def independent_normal(mu, logvar, K, generator=None):
    return Independent(Normal(mu, torch.exp(logvar).sqrt()), 1).rsample(torch.Size([K]))


@right("sample_posterior")
def transformed_distribution(mu, logvar, K, generator=None):
    base = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return TransformedDistribution(base, AffineTransform(mu, (0.5 * logvar).exp())).rsample((K,))


@right("sample_posterior")
def with_reparameterize(mu, logvar, K, generator=None):
    eps = torch.randn((K, *mu.shape), generator=generator, dtype=mu.dtype, device=mu.device)
    return reparameterize(mu, logvar, eps)


@right("sample_posterior")
def noise_in_place(mu, logvar, K, generator=None):
    eps = torch.empty(K, mu.size(0), mu.size(1), dtype=mu.dtype).normal_(generator=generator)
    return eps * torch.exp(0.5 * logvar) + mu


@right("sample_posterior")
def one_after_the_other(mu, logvar, K, generator=None):
    sigma = torch.exp(0.5 * logvar)
    return torch.stack([mu + sigma * torch.randn(mu.shape, generator=generator) for _ in range(K)])


@right("sample_posterior")
def in_single_precision(mu, logvar, K, generator=None):
    return mu + torch.randn(K, *mu.shape, generator=generator) * (logvar / 2).exp()


@right("sample_posterior")
def repeated_means(mu, logvar, K, generator=None):
    wide = mu.unsqueeze(0).repeat(K, 1, 1)
    return wide + torch.randn_like(wide) * torch.exp(0.5 * logvar).unsqueeze(0)


@right("sample_posterior")
def matrix_normal(mu, logvar, K, generator=None):
    return MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar))).rsample((K,))


# --- pathwise_gradient ---


@right("pathwise_gradient")
def by_hand(f, mu, logvar, eps):
    sigma = torch.exp(0.5 * logvar)
    z = (mu + sigma * eps).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return slope.mean(0).detach(), (slope * (0.5 * sigma * eps)).mean(0).detach()


@right("pathwise_gradient")
def backward_on_copies(f, mu, logvar, eps):
    m = mu.clone().detach().requires_grad_(True)
    s = logvar.clone().detach().requires_grad_(True)
    f(m + torch.exp(s / 2) * eps).mean(dim=0).sum().backward()
    return m.grad, s.grad


@right("pathwise_gradient")
def torch_func(f, mu, logvar, eps):
    def average(m, s):
        return f(m + torch.exp(0.5 * s) * eps).mean(0).sum()

    return torch.func.grad(average, argnums=(0, 1))(mu, logvar)


@right("pathwise_gradient")
def sum_over_samples_divided(f, mu, logvar, eps):
    m, s = (given.detach().clone().requires_grad_() for given in (mu, logvar))
    total = f(reparameterize(m, s, eps)).sum() / eps.shape[0]
    return list(torch.autograd.grad(total, [m, s]))


@right("pathwise_gradient")
def sample_by_sample(f, mu, logvar, eps):
    d_mu, d_logvar = torch.zeros_like(mu).detach(), torch.zeros_like(mu).detach()
    for e in eps:
        m, s = mu.detach().requires_grad_(), logvar.detach().requires_grad_()
        gm, gs = torch.autograd.grad(f(m + (0.5 * s).exp() * e).sum(), (m, s))
        d_mu, d_logvar = d_mu + gm / len(eps), d_logvar + gs / len(eps)
    return d_mu, d_logvar


@right("pathwise_gradient")
def row_by_row(f, mu, logvar, eps):
    pairs = []
    for b in range(len(mu)):
        m, s = mu[b].detach().requires_grad_(), logvar[b].detach().requires_grad_()
        pairs.append(torch.autograd.grad(f(m + torch.exp(0.5 * s) * eps[:, b]).mean(), (m, s)))
    return tuple(torch.stack(each) for each in zip(*pairs))


@right("pathwise_gradient")
def jacobian_of_the_rows(f, mu, logvar, eps):
    def averages(m, s):
        return f(m + torch.exp(0.5 * s) * eps).mean(0)

    whole = torch.autograd.functional.jacobian(averages, (mu, logvar))
    return tuple(torch.einsum("bbz->bz", each) for each in whole)


@right("pathwise_gradient")
def on_the_tensors_given(f, mu, logvar, eps):
    mu, logvar = mu.requires_grad_(), logvar.requires_grad_()
    value = f(reparameterize(mu, logvar, eps)).mean(0)
    return torch.autograd.grad(value, (mu, logvar), grad_outputs=torch.ones_like(value))


# --- score_function_gradient ---


@right("score_function_gradient")
def surrogate(f, mu, logvar, eps, baseline=0.0):
    m, s = mu.detach().requires_grad_(), logvar.detach().requires_grad_()
    z = (m + torch.exp(0.5 * s) * eps).detach()
    log_q = Normal(m, torch.exp(0.5 * s)).log_prob(z).sum(-1)
    weight = (f(z) - baseline).detach()
    return torch.autograd.grad((weight * log_q).mean(0).sum(), (m, s))


@right("score_function_gradient")
def from_the_distance(f, mu, logvar, eps, baseline=0.0):
    variance = torch.exp(logvar)
    z = mu + torch.sqrt(variance) * eps
    with torch.no_grad():
        reward = f(z) - baseline
    off = z - mu
    d_mu = torch.einsum("kb,kbz->bz", reward, off / variance) / len(eps)
    d_logvar = torch.einsum("kb,kbz->bz", reward, off**2 / variance - 1) / (2 * len(eps))
    return d_mu.detach(), d_logvar.detach()


@right("score_function_gradient")
def sample_by_sample(f, mu, logvar, eps, baseline=0.0):
    d_mu, d_logvar = torch.zeros_like(mu), torch.zeros_like(mu)
    for e in eps:
        z = mu + torch.exp(logvar / 2) * e
        weight = (f(z) - baseline).reshape(-1, 1)
        d_mu = d_mu + weight * e * torch.exp(-logvar / 2)
        d_logvar = d_logvar + weight * (e * e - 1) / 2
    return (d_mu / len(eps)).detach(), (d_logvar / len(eps)).detach()


@right("score_function_gradient")
def stacked_scores(f, mu, logvar, eps, baseline=0.0):
    z = reparameterize(mu.detach(), logvar.detach(), eps)
    both = torch.stack([eps * torch.exp(-0.5 * logvar.detach()), (eps.square() - 1) / 2])
    weight = f(z).detach().sub(baseline)[None, :, :, None]
    d_mu, d_logvar = (weight * both).mean(dim=1)
    return d_mu, d_logvar


@right("score_function_gradient")
def from_a_density_of_my_own(f, mu, logvar, eps, baseline=0.0):
    fixed = reparameterize(mu, logvar, eps).detach()
    m, s = mu.detach().clone().requires_grad_(), logvar.detach().clone().requires_grad_()
    loss = ((f(fixed).detach() - baseline) * log_normal(fixed, m, s)).sum() / eps.size(0)
    loss.backward()
    return m.grad, s.grad


@right("score_function_gradient")
def baseline_as_a_tensor(f, mu, logvar, eps, baseline=0.0):
    b = torch.as_tensor(baseline, dtype=mu.dtype).expand(mu.shape[0])
    z = torch.addcmul(mu, torch.exp(0.5 * logvar), eps)
    good = f(z) - b[None, :]
    sigma = torch.exp(0.5 * logvar)
    d_mu = [(good[:, i, None] * eps[:, i] / sigma[i]).mean(0) for i in range(len(mu))]
    d_logvar = [(good[:, i, None] * (eps[:, i] ** 2 - 1)).mean(0) / 2 for i in range(len(mu))]
    return torch.stack(d_mu).detach(), torch.stack(d_logvar).detach()


@right("score_function_gradient")
def jacobian_of_log_q(f, mu, logvar, eps, baseline=0.0):
    z = reparameterize(mu, logvar, eps).detach()
    weight = (f(z) - baseline).detach()

    def weighted(m, s):
        return (weight * log_normal(z, m, s)).mean(0).sum()

    return torch.func.grad(weighted, argnums=(0, 1))(mu.detach(), logvar.detach())


# --- sgvb_a ---


@right("sgvb_a")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    z = reparameterize(mu, logvar, eps)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return (model.log_likelihood(x, z) + prior.log_prob(z) - q.log_prob(z)).mean(0)


@right("sgvb_a")
def constants_cancel(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * eps
    log_ratio = 0.5 * (eps.square() + logvar - z.square()).sum(-1)
    return torch.mean(model.log_likelihood(x, z) + log_ratio, dim=0)


@right("sgvb_a")
def each_term_averaged(x, model, eps):
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)
    zero = torch.zeros_like(mu)
    joint = model.log_likelihood(x, z).mean(0) + log_normal(z, zero, zero).mean(0)
    return joint - log_normal(z, mu, logvar).mean(0)


@right("sgvb_a")
def sample_by_sample(x, model, eps):
    mu, logvar = model.encode(x)
    sigma = torch.exp(0.5 * logvar)
    total = 0.0
    for e in eps:
        z = mu + sigma * e
        log_q = Normal(mu, sigma).log_prob(z).sum(1)
        total = total + model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(1) - log_q
    return total / len(eps)


@right("sgvb_a")
def row_by_row(x, model, eps):
    bounds = []
    for b in range(len(x)):
        mu, logvar = model.encode(x[b : b + 1])
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        zero = torch.zeros_like(mu)
        terms = model.log_likelihood(x[b : b + 1], z) + log_normal(z, zero, zero) - log_normal(z, mu, logvar)
        bounds.append(terms.mean())
    return torch.stack(bounds)


@right("sgvb_a")
def noise_and_its_stretching(x, model, eps):
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)
    standard = Normal(0.0, 1.0)
    log_q = standard.log_prob(eps).sum(-1) - 0.5 * logvar.sum(-1)
    return (standard.log_prob(z).sum(-1) - log_q + model.log_likelihood(x, z)).sum(0) / eps.shape[0]


@right("sgvb_a")
def matrix_form(x, model, eps):
    mu, logvar = model.encode(x)
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar)))
    prior = MultivariateNormal(torch.zeros_like(mu), torch.eye(mu.shape[-1], dtype=mu.dtype))
    z = mu + eps * logvar.exp().sqrt()
    return torch.stack([model.log_likelihood(x, z), prior.log_prob(z), -q.log_prob(z)]).sum(0).mean(0)


# --- sgvb_b ---


@right("sgvb_b")
def kl_by_hand(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    return model.log_likelihood(x, z).mean(0) - closed_form(mu, logvar)


@right("sgvb_b")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q, prior = Normal(mu, torch.exp(0.5 * logvar)), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return model.log_likelihood(x, reparameterize(mu, logvar, eps)).mean(dim=0) - kl_divergence(q, prior).sum(dim=-1)


@right("sgvb_b")
def minus_half(x, model, eps):
    mu, logvar = model.encode(x)
    minus_kl = 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
    return minus_kl + torch.mean(model.log_likelihood(x, mu + eps * (logvar / 2).exp()), 0)


@right("sgvb_b")
def sample_by_sample(x, model, eps):
    mu, logvar = model.encode(x)
    recon = [model.log_likelihood(x, reparameterize(mu, logvar, e)) for e in eps]
    return sum(recon) / len(recon) - closed_form(mu, logvar)


@right("sgvb_b")
def inside_the_average(x, model, eps):
    mu, logvar = model.encode(x)
    return (model.log_likelihood(x, reparameterize(mu, logvar, eps)) - closed_form(mu, logvar)).mean(0)


@right("sgvb_b")
def row_by_row(x, model, eps):
    values = []
    for b, row in enumerate(x):
        mu, logvar = model.encode(row[None])
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        values.append(model.log_likelihood(row[None], z).mean() - closed_form(mu, logvar).sum())
    return torch.stack(values)


@right("sgvb_b")
def cross_entropy_and_entropy(x, model, eps):
    mu, logvar = model.encode(x)
    q = Normal(mu, logvar.exp().sqrt())
    cross = 0.5 * (math.log(2 * math.pi) + mu.square() + logvar.exp()).sum(-1)
    return model.log_likelihood(x, reparameterize(mu, logvar, eps)).mean(0) + q.entropy().sum(-1) - cross
