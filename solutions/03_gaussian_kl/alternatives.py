"""Right answers to stage 03 in other styles: they must pass."""

import math

import torch
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import right

# --- std_from_logvar ---


@right("std_from_logvar")
def divided_by_two(logvar):
    return (logvar / 2).exp()


@right("std_from_logvar")
def power_of_e(logvar):
    return math.e ** (0.5 * logvar)


@right("std_from_logvar")
def square_of_a_quarter(logvar):
    return torch.exp(logvar / 4).square()


@right("std_from_logvar")
def in_double_precision(logvar):
    return logvar.double().mul(0.5).exp()


@right("std_from_logvar")
def in_place_on_a_copy(logvar):
    return logvar.clone().mul_(0.5).exp_()


@right("std_from_logvar")
def one_by_one(logvar):
    return torch.stack([torch.exp(0.5 * s) for s in logvar.flatten()]).reshape(logvar.shape)


@right("std_from_logvar")
def root_in_double_precision(logvar):
    return torch.sqrt(torch.exp(logvar.double()))


@right("std_from_logvar")
def power_of_two(logvar):
    return torch.special.exp2(logvar * (0.5 / math.log(2)))


# --- gaussian_entropy ---


@right("gaussian_entropy")
def torch_distributions(logvar):
    return Independent(Normal(torch.zeros_like(logvar), (0.5 * logvar).exp()), 1).entropy()


@right("gaussian_entropy")
def constants_outside_the_sum(logvar):
    return 0.5 * (logvar.shape[-1] * math.log(2 * math.pi * math.e) + logvar.sum(dim=1))


@right("gaussian_entropy")
def log_sigma_and_a_root(logvar):
    return (torch.log(torch.exp(logvar / 2)) + math.log(math.sqrt(2 * math.pi * math.e))).sum(axis=-1)


@right("gaussian_entropy")
def einsum_over_dimensions(logvar):
    return 0.5 * torch.einsum("bz->b", 1 + math.log(2 * math.pi) + logvar)


@right("gaussian_entropy")
def row_by_row(logvar):
    values = []
    for row in logvar:
        total = 0.0
        for s in row:
            total = total + 0.5 * (1 + math.log(2 * math.pi) + s)
        values.append(total)
    return torch.stack(values)


@right("gaussian_entropy")
def matrix_form(logvar):
    scale = torch.diag_embed(torch.exp(0.5 * logvar))
    return MultivariateNormal(torch.zeros_like(logvar), scale_tril=scale).entropy()


@right("gaussian_entropy")
def mean_times_width(logvar):
    width = logvar.size(1)
    return width * (0.5 + 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=logvar.dtype)) + 0.5 * logvar.mean(1))


@right("gaussian_entropy")
def vmap_of_one_row(logvar):
    return torch.func.vmap(lambda s: 0.5 * (s + 1 + math.log(2 * math.pi)).sum())(logvar)


# --- gaussian_cross_entropy ---


@right("gaussian_cross_entropy")
def prior_at_the_mean_and_half_the_variance(mu, logvar):
    prior = Normal(0.0, 1.0)
    return (0.5 * logvar.exp() - prior.log_prob(mu)).sum(-1)


@right("gaussian_cross_entropy")
def kl_and_entropy(mu, logvar):
    q = Normal(mu, torch.exp(0.5 * logvar))
    p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return (kl_divergence(q, p) + q.entropy()).sum(-1)


@right("gaussian_cross_entropy")
def from_sigma(mu, logvar):
    sigma = torch.exp(logvar / 2)
    return 0.5 * torch.sum(math.log(2 * math.pi) + mu**2 + sigma**2, dim=1)


@right("gaussian_cross_entropy")
def einsum_of_squares(mu, logvar):
    constant = mu.shape[-1] * math.log(2 * math.pi)
    return 0.5 * (constant + torch.einsum("bz,bz->b", mu, mu) + logvar.exp().sum(axis=1))


@right("gaussian_cross_entropy")
def norm_of_both(mu, logvar):
    both = torch.cat([mu, torch.exp(0.5 * logvar)], dim=-1)
    return 0.5 * both.pow(2).sum(-1) + mu.size(-1) * 0.5 * math.log(2 * math.pi)


@right("gaussian_cross_entropy")
def two_nodes(mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return -0.5 * (prior.log_prob(mu + sigma) + prior.log_prob(mu - sigma)).sum(-1)


@right("gaussian_cross_entropy")
def row_by_row(mu, logvar):
    values = []
    for m, s in zip(mu, logvar):
        values.append(sum(0.5 * (math.log(2 * math.pi) + m[j] ** 2 + s[j].exp()) for j in range(len(m))))
    return torch.stack(values)


@right("gaussian_cross_entropy")
def in_double_precision(mu, logvar):
    m, s = mu.double(), logvar.double()
    return (0.5 * (math.log(2 * math.pi) + m.square() + s.exp())).sum(-1)


# --- gaussian_kl ---


@right("gaussian_kl")
def published_form(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


@right("gaussian_kl")
def torch_distributions(mu, logvar):
    q = Independent(Normal(mu, (0.5 * logvar).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(q, p)


@right("gaussian_kl")
def from_sigma(mu, logvar):
    sigma = torch.exp(logvar / 2)
    return (0.5 * (mu**2 + sigma**2) - torch.log(sigma) - 0.5).sum(axis=-1)


@right("gaussian_kl")
def entropy_difference(mu, logvar):
    entropy = 0.5 * (1 + math.log(2 * math.pi) + logvar)
    cross_entropy = 0.5 * (math.log(2 * math.pi) + mu**2 + torch.exp(logvar))
    return (cross_entropy - entropy).sum(1)


@right("gaussian_kl")
def einsum_of_squares(mu, logvar):
    z = mu.shape[-1]
    return 0.5 * (torch.einsum("bz,bz->b", mu, mu) + logvar.exp().sum(-1) - logvar.sum(-1) - z)


@right("gaussian_kl")
def row_by_row(mu, logvar):
    prices = []
    for m, s in zip(mu, logvar):
        total = 0.0
        for j in range(len(m)):
            total = total + 0.5 * (m[j] * m[j] + torch.exp(s[j]) - s[j] - 1)
        prices.append(total)
    return torch.stack(prices)


@right("gaussian_kl")
def expm1_form(mu, logvar):
    return 0.5 * torch.sum(mu * mu + (torch.expm1(logvar) - logvar), dim=-1)


@right("gaussian_kl")
def in_double_precision(mu, logvar):
    m, s = mu.double(), logvar.double()
    return (0.5 * (m.square() + s.exp() - s - 1)).sum(-1)


@right("gaussian_kl")
def matrix_form(mu, logvar):
    var = torch.diag_embed(logvar.exp())
    trace = torch.diagonal(var, dim1=-2, dim2=-1).sum(-1)
    quadratic = (mu.unsqueeze(1) @ mu.unsqueeze(2)).reshape(-1)
    return 0.5 * (trace + quadratic - mu.size(1) - logvar.sum(1))


@right("gaussian_kl")
def vmap_of_one_row(mu, logvar):
    def one(m, s):
        return 0.5 * (m @ m + s.exp().sum() - s.sum() - s.numel())

    return torch.func.vmap(one)(mu, logvar)


@right("gaussian_kl")
def from_the_two_averages(mu, logvar):
    return gaussian_cross_entropy(mu, logvar) - gaussian_entropy(logvar)  # noqa: F821, the exercise builds on them


@right("gaussian_kl")
def from_the_earlier_sigma(mu, logvar):
    sigma = std_from_logvar(logvar)  # noqa: F821, the exercise builds on it
    return (0.5 * (mu**2 + sigma**2 - 1) - sigma.log()).sum(-1)


# --- gaussian_kl_between ---


@right("gaussian_kl_between")
def in_units_of_p(mu_q, logvar_q, mu_p, logvar_p):
    mu = (mu_q - mu_p) * torch.exp(-0.5 * logvar_p)
    return gaussian_kl(mu, logvar_q - logvar_p)  # noqa: F821, the exercise builds on it


@right("gaussian_kl_between")
def torch_distributions(mu_q, logvar_q, mu_p, logvar_p):
    q = Independent(Normal(mu_q, (0.5 * logvar_q).exp()), 1)
    p = Independent(Normal(mu_p, (0.5 * logvar_p).exp()), 1)
    return kl_divergence(q, p)


@right("gaussian_kl_between")
def from_sigmas(mu_q, logvar_q, mu_p, logvar_p):
    sigma_q, sigma_p = torch.exp(logvar_q / 2), torch.exp(logvar_p / 2)
    quadratic = (sigma_q**2 + (mu_q - mu_p) ** 2) / (2 * sigma_p**2)
    return torch.sum(torch.log(sigma_p / sigma_q) + quadratic - 0.5, dim=1)


@right("gaussian_kl_between")
def exp_of_the_difference(mu_q, logvar_q, mu_p, logvar_p):
    r = logvar_q - logvar_p
    return 0.5 * ((mu_q - mu_p).square() / logvar_p.exp() + torch.expm1(r) - r).sum(-1)


@right("gaussian_kl_between")
def cross_entropy_less_entropy(mu_q, logvar_q, mu_p, logvar_p):
    cross = 0.5 * (math.log(2 * math.pi) + logvar_p + ((mu_q - mu_p) ** 2 + logvar_q.exp()) * torch.exp(-logvar_p))
    return cross.sum(-1) - gaussian_entropy(logvar_q)  # noqa: F821, the exercise builds on it


@right("gaussian_kl_between")
def precisions_and_einsum(mu_q, logvar_q, mu_p, logvar_p):
    precision, difference = torch.exp(-logvar_p), mu_p - mu_q
    mahalanobis = torch.einsum("bz,bz,bz->b", difference, precision, difference)
    trace = torch.einsum("bz,bz->b", precision, logvar_q.exp())
    return 0.5 * (mahalanobis + trace + (logvar_p - logvar_q).sum(axis=1) - mu_q.shape[1])


@right("gaussian_kl_between")
def row_by_row(mu_q, logvar_q, mu_p, logvar_p):
    prices = []
    for a, s, b, t in zip(mu_q, logvar_q, mu_p, logvar_p):
        total = 0.0
        for j in range(len(a)):
            total = total + 0.5 * (t[j] - s[j] + (s[j].exp() + (a[j] - b[j]) ** 2) / t[j].exp() - 1)
        prices.append(total)
    return torch.stack(prices)


@right("gaussian_kl_between")
def in_double_precision(mu_q, logvar_q, mu_p, logvar_p):
    a, s, b, t = (tensor.double() for tensor in (mu_q, logvar_q, mu_p, logvar_p))
    return 0.5 * (t - s + (s.exp() + (a - b) ** 2) / t.exp() - 1).sum(-1)


@right("gaussian_kl_between")
def vmap_of_one_row(mu_q, logvar_q, mu_p, logvar_p):
    def one(a, s, b, t):
        return 0.5 * ((t - s).sum() + ((s.exp() + (a - b) ** 2) / t.exp()).sum() - len(a))

    return torch.vmap(one)(mu_q, logvar_q, mu_p, logvar_p)


# --- kl_monte_carlo ---


@right("kl_monte_carlo")
def torch_distributions(mu, logvar, z):
    q = Independent(Normal(mu, (0.5 * logvar).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    samples = q.log_prob(z) - p.log_prob(z)
    return samples.mean(dim=0), samples.std(dim=0) / math.sqrt(samples.shape[0])


@right("kl_monte_carlo")
def without_the_constants(mu, logvar, z):
    samples = 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)
    return samples.mean(0), torch.std(samples, 0) / len(z) ** 0.5


@right("kl_monte_carlo")
def statistics_by_hand(mu, logvar, z):
    K = z.shape[0]
    eps = (z - mu) / std_from_logvar(logvar)  # noqa: F821, the exercise builds on it
    samples = (0.5 * z.square() - 0.5 * eps.square() - 0.5 * logvar).sum(axis=-1)
    mean = samples.sum(0) / K
    variance = (samples - mean).square().sum(0) / (K - 1)
    return mean, torch.sqrt(variance / K)


@right("kl_monte_carlo")
def variance_of_the_mean(mu, logvar, z):
    log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 * torch.exp(-logvar))
    log_p = -0.5 * (math.log(2 * math.pi) + z**2)
    samples = torch.einsum("kbz->bk", log_q - log_p)
    return samples.mean(-1), (samples.var(-1, unbiased=True) / samples.size(-1)).sqrt()


@right("kl_monte_carlo")
def std_mean_in_one_call(mu, logvar, z):
    q, p = Normal(mu, torch.exp(logvar / 2)), Normal(0.0, 1.0)
    std, mean = torch.std_mean(q.log_prob(z).sum(2) - p.log_prob(z).sum(2), dim=0)
    return mean, std / torch.sqrt(torch.tensor(float(len(z))))


@right("kl_monte_carlo")
def row_by_row(mu, logvar, z):
    means, errors = [], []
    for b in range(mu.shape[0]):
        q = Normal(mu[b], torch.exp(0.5 * logvar[b]))
        p = Normal(torch.zeros_like(mu[b]), torch.ones_like(mu[b]))
        samples = torch.stack([(q.log_prob(z[k, b]) - p.log_prob(z[k, b])).sum() for k in range(z.shape[0])])
        means.append(samples.mean())
        errors.append(samples.std() / z.shape[0] ** 0.5)
    return torch.stack(means), torch.stack(errors)


@right("kl_monte_carlo")
def as_a_list_in_double_precision(mu, logvar, z):
    mu, logvar, z = mu.double(), logvar.double(), z.double()
    samples = (0.5 * (z**2 - logvar - (z - mu) ** 2 / logvar.exp())).sum(-1)
    return [samples.mean(0), samples.std(0, correction=1) / samples.shape[0] ** 0.5]


# --- gaussian_log_likelihood ---


@right("gaussian_log_likelihood")
def torch_distributions(x, mean, sigma):
    return Independent(Normal(mean, sigma), 1).log_prob(x)


@right("gaussian_log_likelihood")
def constant_and_square(x, mean, sigma):
    D = x.shape[-1]
    return -0.5 * D * math.log(2 * math.pi * sigma**2) - ((x - mean) ** 2).sum(dim=1) / (2 * sigma**2)


@right("gaussian_log_likelihood")
def library_loss(x, mean, sigma):
    var = torch.full_like(mean, sigma**2)
    return -F.gaussian_nll_loss(mean, x, var, full=True, reduction="none").sum(-1)


@right("gaussian_log_likelihood")
def standardised_error(x, mean, sigma):
    eps = (x - mean) / sigma
    return (-0.5 * eps.square() - math.log(sigma) - 0.5 * math.log(2 * math.pi)).sum(axis=-1)


@right("gaussian_log_likelihood")
def library_squared_error(x, mean, sigma):
    S = F.mse_loss(mean, x, reduction="none").sum(-1)
    return -S / (2 * sigma**2) - x.size(1) * (math.log(sigma) + 0.5 * math.log(2 * math.pi))


@right("gaussian_log_likelihood")
def einsum_of_errors(x, mean, sigma):
    error = x - mean
    S = torch.einsum("bd,bd->b", error, error)
    return -0.5 * (S / sigma**2 + error.shape[1] * (math.log(2 * math.pi) + 2 * math.log(sigma)))


@right("gaussian_log_likelihood")
def multivariate(x, mean, sigma):
    eye = torch.eye(x.shape[-1], dtype=mean.dtype)
    return MultivariateNormal(mean, scale_tril=sigma * eye).log_prob(x)


@right("gaussian_log_likelihood")
def sigma_as_a_tensor(x, mean, sigma):
    sigma = torch.as_tensor(sigma, dtype=mean.dtype)
    return -(0.5 * ((x - mean) / sigma) ** 2 + torch.log(sigma * math.sqrt(2 * math.pi))).sum(-1)


@right("gaussian_log_likelihood")
def row_by_row(x, mean, sigma):
    rows = []
    for a, m in zip(x, mean):
        rows.append(sum(-((a[d] - m[d]) ** 2) / (2 * sigma**2) - 0.5 * math.log(2 * math.pi * sigma**2)
                        for d in range(len(a))))
    return torch.stack(rows)


@right("gaussian_log_likelihood")
def in_double_precision(x, mean, sigma):
    a, m = x.double(), mean.double()
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (a - m) ** 2 / sigma**2).sum(-1)


# --- bernoulli_log_likelihood ---


@right("bernoulli_log_likelihood")
def torch_distributions(x, logits):
    return Independent(Bernoulli(logits=logits), 1).log_prob(x)


@right("bernoulli_log_likelihood")
def library_loss(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)


@right("bernoulli_log_likelihood")
def softplus(x, logits):
    return (x * logits - F.softplus(logits)).sum(axis=-1)


@right("bernoulli_log_likelihood")
def two_log_sigmoids(x, logits):
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)


@right("bernoulli_log_likelihood")
def one_log_sigmoid(x, logits):
    return F.logsigmoid((2 * x - 1) * logits).sum(-1)


@right("bernoulli_log_likelihood")
def logaddexp_with_zero(x, logits):
    return torch.einsum("bd->b", x * logits - torch.logaddexp(logits, torch.zeros_like(logits)))


@right("bernoulli_log_likelihood")
def chosen_by_colour(x, logits):
    return -torch.where(x > 0.5, F.softplus(-logits), F.softplus(logits)).sum(1)


@right("bernoulli_log_likelihood")
def largest_taken_out(x, logits):
    largest = logits.clamp(min=0)
    log_one_plus_exp = largest + torch.log1p(torch.exp(-logits.abs()))
    return (x * logits - log_one_plus_exp).sum(-1)


@right("bernoulli_log_likelihood")
def log_softmax_of_two_classes(x, logits):
    log_p = torch.log_softmax(torch.stack([torch.zeros_like(logits), logits], -1), -1)  # (B, D, 2)
    return log_p.gather(-1, x.long().unsqueeze(-1)).squeeze(-1).sum(-1)


@right("bernoulli_log_likelihood")
def row_by_row(x, logits):
    return torch.stack([sum(a * l - F.softplus(l) for a, l in zip(row, out)) for row, out in zip(x, logits)])


# --- mse_relation ---


@right("mse_relation")
def plain_numbers(D, sigma):
    return -D / 2 * math.log(2 * math.pi * sigma**2), 1 / (2 * sigma**2)


@right("mse_relation")
def from_the_density(D, sigma):
    density = Normal(torch.tensor(0.0, dtype=torch.float64), sigma)
    return D * density.log_prob(torch.tensor(0.0, dtype=torch.float64)), torch.tensor(0.5) / density.variance


@right("mse_relation")
def from_the_likelihood(D, sigma):
    zero, one = torch.zeros(1, D, dtype=torch.float64), torch.zeros(1, D, dtype=torch.float64)
    one[0, 0] = 1.0
    a = gaussian_log_likelihood(zero, zero, sigma)[0]  # noqa: F821, the exercise builds on it
    return a, a - gaussian_log_likelihood(zero, one, sigma)[0]  # noqa: F821


@right("mse_relation")
def logs_apart(D, sigma):
    a = -D * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    return [a, 0.5 * sigma**-2]


@right("mse_relation")
def through_the_precision(D, sigma):
    precision = 1.0 / (sigma * sigma)
    return 0.5 * D * math.log(precision / (2 * math.pi)), precision / 2


@right("mse_relation")
def in_float32_tensors(D, sigma):
    sigma = torch.tensor(sigma)
    return -0.5 * D * torch.log(2 * torch.pi * sigma**2), 0.5 / sigma**2


@right("mse_relation")
def one_dimension_at_a_time(D, sigma):
    a = 0.0
    for _ in range(D):
        a -= math.log(sigma * math.sqrt(2 * math.pi))
    return a, 1 / sigma**2 / 2
