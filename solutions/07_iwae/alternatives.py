"""Right answers to stage 07 in other styles: they must pass."""

import functools
import math

import numpy as np
import torch
from torch.distributions import Categorical, Independent, MultivariateNormal, Normal

from vae_course.checks.bank import right


def log_normal(z, mu, logvar):
    """log N(z; mu, exp(logvar)), summed over dimensions."""
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / torch.exp(logvar)).sum(-1)


def weigh(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * eps
    return model.log_likelihood(x, z) + 0.5 * (eps.square() + logvar - z.square()).sum(-1)


# --- log_weights ---


@right("log_weights")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    z = reparameterize(mu, logvar, eps)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return model.log_likelihood(x, z) + p.log_prob(z) - q.log_prob(z)


@right("log_weights")
def constants_cancel(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * eps
    log_ratio = 0.5 * (eps.square() + logvar - z.square()).sum(-1)
    return torch.add(model.log_likelihood(x, z), log_ratio)


@right("log_weights")
def sample_by_sample(x, model, eps):
    mu, logvar = model.encode(x)
    rows = []
    for e in eps:
        z = mu + torch.exp(0.5 * logvar) * e
        zero = torch.zeros_like(z)
        rows.append(model.log_likelihood(x, z) + log_normal(z, zero, zero) - log_normal(z, mu, logvar))
    return torch.stack(rows)


@right("log_weights")
def image_by_image(x, model, eps):
    columns = []
    for b in range(len(x)):
        mu, logvar = model.encode(x[b : b + 1])
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        zero = torch.zeros_like(mu)
        columns.append(model.log_likelihood(x[b : b + 1], z) + log_normal(z, zero, zero) - log_normal(z, mu, logvar))
    return torch.cat(columns, dim=1)


@right("log_weights")
def noise_and_its_stretching(x, model, eps):
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)
    standard = Normal(0.0, 1.0)
    log_q = standard.log_prob(eps).sum(-1) - 0.5 * logvar.sum(-1)
    return standard.log_prob(z).sum(-1) - log_q + model.log_likelihood(x, z)


@right("log_weights")
def matrix_form(x, model, eps):
    mu, logvar = model.encode(x)
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar)))
    p = MultivariateNormal(torch.zeros_like(mu), torch.eye(mu.shape[-1], dtype=mu.dtype))
    z = mu + eps * logvar.exp().sqrt()
    return torch.stack([model.log_likelihood(x, z), p.log_prob(z), -q.log_prob(z)]).sum(0)


@right("log_weights")
def all_in_one_batch(x, model, eps):
    K, B, Z = eps.shape
    mu, logvar = (given.repeat(K, 1) for given in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps.reshape(K * B, Z)
    terms = model.log_likelihood(x.repeat(K, 1), z) + log_normal(z, 0 * mu, 0 * mu) - log_normal(z, mu, logvar)
    return terms.reshape(K, B)


# --- iwae_bound ---


@right("iwae_bound")
def largest_taken_out(log_w):
    top = log_w.amax(dim=0)
    return top + (log_w - top).exp().mean(0).log()


@right("iwae_bound")
def largest_without_gradient(log_w):
    top = log_w.max(dim=0, keepdim=True).values.detach()
    return (top + torch.log(torch.exp(log_w - top).sum(0, keepdim=True) / len(log_w))).squeeze(0)


@right("iwae_bound")
def constant_first(log_w):
    return torch.logsumexp(log_w - math.log(log_w.shape[0]), 0)


@right("iwae_bound")
def one_after_the_other(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - torch.log(torch.tensor(float(len(log_w))))


@right("iwae_bound")
def image_by_image(log_w):
    return torch.stack([torch.logsumexp(column, 0) - math.log(column.numel()) for column in log_w.unbind(1)])


@right("iwae_bound")
def through_the_largest_share(log_w):
    share = torch.log_softmax(log_w, dim=0)
    at = log_w.argmax(0, keepdim=True)
    return (log_w.gather(0, at) - share.gather(0, at)).squeeze(0) - math.log(len(log_w))


@right("iwae_bound")
def halves(log_w):
    if len(log_w) == 1:
        return log_w[0]

    def total(rows):
        if len(rows) == 1:
            return rows[0]
        middle = len(rows) // 2
        return torch.logaddexp(total(rows[:middle]), total(rows[middle:]))

    return total(log_w) - math.log(len(log_w))


@right("iwae_bound")
def the_other_way_round(log_w):
    return log_w.T.double().logsumexp(-1).to(log_w.dtype) - float(np.log(len(log_w)))


# --- effective_sample_size ---


@right("effective_sample_size")
def of_shares(log_w):
    return torch.softmax(log_w, dim=0).pow(2).sum(dim=0).pow(-1)


@right("effective_sample_size")
def in_logs(log_w):
    return torch.exp(2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0))


@right("effective_sample_size")
def by_the_spread(log_w):
    share = log_w.softmax(0)
    return len(log_w) / (1 + share.var(0, unbiased=False) / share.mean(0) ** 2)


@right("effective_sample_size")
def image_by_image(log_w):
    counts = []
    for column in log_w.T:
        w = (column - column.max()).exp()
        counts.append(w.sum() ** 2 / (w @ w))
    return torch.stack(counts)


@right("effective_sample_size")
def in_numpy(log_w):
    w = np.exp(log_w.numpy() - log_w.numpy().max(axis=0))
    return torch.from_numpy(w.sum(0) ** 2 / (w**2).sum(0))


@right("effective_sample_size")
def einsum(log_w):
    w = torch.exp(log_w - torch.amax(log_w, 0, keepdim=True))
    return torch.einsum("kb,jb->b", w, w) / torch.einsum("kb,kb->b", w, w)


@right("effective_sample_size")
def categorical(log_w):
    share = Categorical(logits=log_w.T).probs
    return share.square().sum(-1).reciprocal()


# --- log_evidence ---


def fresh(n, x, model, generator):
    return torch.randn(n, len(x), model.z_dim, generator=generator, dtype=x.dtype)


def split(K, chunk):
    return [min(chunk, K - start) for start in range(0, K, chunk)]


@right("log_evidence")
def tables_joined(x, model, K, chunk, generator=None):
    with torch.no_grad():
        tables = [log_weights(x, model, fresh(n, x, model, generator)) for n in split(K, chunk)]
        return iwae_bound(torch.cat(tables))


@right("log_evidence")
def bounds_weighed_inside(x, model, K, chunk, generator=None):
    parts = []
    with torch.no_grad():
        for n in split(K, chunk):
            parts.append(iwae_bound(log_weights(x, model, fresh(n, x, model, generator))) + math.log(n / K))
    return torch.stack(parts).logsumexp(0)


@right("log_evidence")
def while_samples_are_left(x, model, K, chunk, generator=None):
    total, left = None, K
    while left > 0:
        n = min(left, chunk)
        part = weigh(x, model, fresh(n, x, model, generator)).detach().logsumexp(0)
        total = part if total is None else torch.logaddexp(total, part)
        left -= n
    return total - math.log(K)


@right("log_evidence")
def largest_so_far(x, model, K, chunk, generator=None):
    with torch.inference_mode():
        top, total = x.new_full((len(x),), -math.inf), x.new_zeros(len(x))
        for n in split(K, chunk):
            log_w = weigh(x, model, fresh(n, x, model, generator))
            higher = torch.maximum(top, log_w.amax(0))
            total = total * (top - higher).exp() + (log_w - higher).exp().sum(0)
            top = higher
        return top + (total / K).log()


@right("log_evidence")
def image_by_image(x, model, K, chunk, generator=None):
    with torch.no_grad():
        values = []
        for b in range(len(x)):
            row = x[b : b + 1]
            tables = [weigh(row, model, fresh(n, row, model, generator)) for n in split(K, chunk)]
            values.append(torch.cat(tables).logsumexp(0) - math.log(K))
        return torch.cat(values)


@right("log_evidence")
def from_q_itself(x, model, K, chunk, generator=None):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        sums = []
        for n in split(K, chunk):
            z = torch.normal(mu.expand(n, *mu.shape), torch.exp(0.5 * logvar).expand(n, *mu.shape), generator=generator)
            zero = torch.zeros_like(z)
            log_w = model.log_likelihood(x, z) + log_normal(z, zero, zero) - log_normal(z, mu, logvar)
            sums.append(log_w.logsumexp(0))
        return functools.reduce(torch.logaddexp, sums) - math.log(K)


@right("log_evidence")
def in_the_default_precision(x, model, K, chunk, generator=None):
    """Noise without a dtype, as networks are trained, through a function that does not mix precisions."""
    with torch.no_grad():
        mu, logvar = model.encode(x)
        scale = torch.diag_embed(torch.exp(logvar / 2))
        sums = []
        for n in split(K, chunk):
            eps = torch.randn(n, len(x), model.z_dim, generator=generator)
            z = mu + torch.einsum("bij,kbj->kbi", scale, eps)
            log_ratio = 0.5 * (eps.square() + logvar - z.square()).sum(-1)
            sums.append((model.log_likelihood(x, z) + log_ratio).logsumexp(0))
        return torch.stack(sums).logsumexp(0) - math.log(K)


@right("log_evidence")
def whole_chunks_and_a_rest(x, model, K, chunk, generator=None):
    with torch.no_grad():
        sizes = [chunk] * (K // chunk) + [K % chunk]  # the rest may be empty
        return torch.cat([weigh(x, model, fresh(n, x, model, generator)) for n in sizes]).logsumexp(0) - math.log(K)


@right("log_evidence")
def copies_of_images(x, model, K, chunk, generator=None):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        columns = []
        for n in split(K, chunk):
            many, mean, spread = (given.repeat_interleave(n, 0) for given in (x, mu, logvar))
            z = mean + torch.exp(spread / 2) * torch.randn(mean.shape, generator=generator, dtype=x.dtype)
            log_w = model.log_likelihood(many, z) + log_normal(z, 0 * z, 0 * z) - log_normal(z, mean, spread)
            columns.append(log_w.view(len(x), n))
        return torch.cat(columns, 1).logsumexp(1) - math.log(K)


@right("log_evidence")
def noise_of_torch_distributions(x, model, K, chunk, generator=None):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        q, prior = Normal(mu, torch.exp(logvar / 2)), Normal(torch.zeros_like(mu), torch.ones_like(mu))
        sums = []
        for size in map(len, torch.arange(K).split(chunk)):
            z = q.sample((size,))
            log_ratio = (prior.log_prob(z) - q.log_prob(z)).sum(-1)
            sums.append((model.log_likelihood(x, z) + log_ratio).logsumexp(0))
    return torch.stack(sums).logsumexp(0) - math.log(K)


# --- iwae_loss ---


@right("iwae_loss")
def all_by_hand(x, model, eps):
    log_w = weigh(x, model, eps)
    top = log_w.detach().amax(0)
    return -(top + (log_w - top).exp().mean(0).log()).mean()


@right("iwae_loss")
def constant_outside(x, model, eps):
    return math.log(len(eps)) - log_weights(x, model, eps).logsumexp(0).mean()


@right("iwae_loss")
def mean_by_hand(x, model, eps):
    return -iwae_bound(log_weights(x, model, eps)).sum() / x.shape[0]


@right("iwae_loss")
def image_by_image(x, model, eps):
    losses = [-iwae_bound(weigh(x[b : b + 1], model, eps[:, b : b + 1])) for b in range(len(x))]
    return torch.cat(losses).mean()


@right("iwae_loss")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    z = mu + q.base_dist.scale * eps
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    log_w = model.log_likelihood(x, z) + p.log_prob(z) - q.log_prob(z)
    return torch.logsumexp(log_w - math.log(len(eps)), dim=0).neg().mean()


@right("iwae_loss")
def value_and_slope_apart(x, model, eps):
    log_w = weigh(x, model, eps)
    slope = (log_w.detach().softmax(0) * log_w).sum(0)
    return -(iwae_bound(log_w).detach() + slope - slope.detach()).mean()


# --- gradient_snr ---


@right("gradient_snr")
def std_and_mean(gradients):
    deviation, mean = torch.std_mean(gradients, 0)
    return mean.abs() / deviation


@right("gradient_snr")
def dividing_by_R(gradients):
    return gradients.mean(0).abs() / gradients.std(0, unbiased=False)


@right("gradient_snr")
def by_hand(gradients):
    mean = gradients.sum(0) / len(gradients)
    return mean.abs() / ((gradients - mean) ** 2).mean(0).sqrt()


@right("gradient_snr")
def two_moments(gradients):
    first, second = gradients.mean(0), gradients.square().mean(0)
    return (first.square() / (second - first.square())).sqrt()


@right("gradient_snr")
def in_numpy(gradients):
    table = gradients.numpy()
    return torch.from_numpy(np.abs(table.mean(0)) / table.std(0, ddof=1))


@right("gradient_snr")
def parameter_by_parameter(gradients):
    return torch.stack([column.mean().abs() / column.std() for column in gradients.unbind(1)])


# --- doubly_reparameterized_gradient ---


@right("doubly_reparameterized_gradient")
def by_autograd(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = reparameterize(mu, logvar, eps)
    log_q = log_normal(z, mu.detach(), logvar.detach())
    log_w = model.log_likelihood(x, z) + log_normal(z, torch.zeros_like(z), torch.zeros_like(z)) - log_q
    share = log_w.detach().softmax(0)
    return torch.autograd.grad((share**2 * log_w).sum(), (mu, logvar))


@right("doubly_reparameterized_gradient")
def backward(x, model, eps):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    q = Normal(mu, torch.exp(0.5 * logvar))
    a, c = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    z = a + torch.exp(0.5 * c) * eps
    log_w = model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    with torch.no_grad():
        square = torch.exp(2 * (log_w - log_w.logsumexp(0)))
    (square * log_w).sum().backward(inputs=(a, c))
    return a.grad, c.grad


@right("doubly_reparameterized_gradient")
def densities_by_hand(x, model, eps):
    mu, logvar = (given.detach() for given in model.encode(x))
    sigma = torch.exp(0.5 * logvar)
    z = (mu + sigma * eps).requires_grad_()
    log_likelihood = model.log_likelihood(x, z)
    (slope,) = torch.autograd.grad(log_likelihood.sum(), z)
    slope = slope - z.detach() + eps / sigma
    log_w = (log_likelihood + 0.5 * (eps**2 + logvar - z**2).sum(-1)).detach()
    square = log_w.softmax(0).square()
    return torch.einsum("kb,kbz->bz", square, slope), torch.einsum("kb,kbz,kbz->bz", square, slope, 0.5 * sigma * eps)


@right("doubly_reparameterized_gradient")
def outputs_that_ask_for_gradients(x, model, eps):
    """The encoder's own outputs, which have a history or not, as its weights are trained or frozen."""
    mu, logvar = (given if given.requires_grad else given.requires_grad_() for given in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    log_q = log_normal(z, mu.detach(), logvar.detach())
    log_w = model.log_likelihood(x, z) + log_normal(z, torch.zeros_like(z), torch.zeros_like(z)) - log_q
    return torch.autograd.grad((log_w.detach().softmax(0).square() * log_w).sum(), (mu, logvar))


@right("doubly_reparameterized_gradient")
def image_by_image(x, model, eps):
    pairs = []
    for b in range(len(x)):
        row = x[b : b + 1]
        mu, logvar = (given.detach().requires_grad_() for given in model.encode(row))
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        fixed = Normal(mu.detach(), torch.exp(0.5 * logvar.detach()))
        log_w = model.log_likelihood(row, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - fixed.log_prob(z).sum(-1)
        share = torch.softmax(log_w.detach(), 0)
        pairs.append(torch.autograd.grad((share * share * log_w).sum(), (mu, logvar)))
    return torch.cat([d for d, _ in pairs]), torch.cat([d for _, d in pairs])


@right("doubly_reparameterized_gradient")
def with_a_hook(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    fixed = Normal(mu.detach(), torch.exp(0.5 * logvar.detach()))
    log_w = model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - fixed.log_prob(z).sum(-1)
    share = log_w.detach().softmax(0).unsqueeze(-1)
    z.register_hook(lambda slope: slope * share)  # the bound's own gradient brings the first factor
    return torch.autograd.grad(iwae_of(log_w).sum(), (mu, logvar))


def iwae_of(log_w):
    return log_w.logsumexp(0) - math.log(len(log_w))


# --- bound_is_sound ---


@right("bound_is_sound")
def automatic_differentiation_of_an_oracle(program):
    for K, B, centre in ((4, 3, 0.0), (7, 2, -850.0), (3, 6, 850.0)):
        theirs = (centre + 3 * torch.randn(K, B)).requires_grad_()
        mine = theirs.detach().clone().requires_grad_()
        bound = (torch.logsumexp(mine, dim=0) - math.log(K)).mean()
        (-bound).backward()
        program.loss(theirs).backward()
        if not torch.allclose(theirs.grad, mine.grad, rtol=1e-3, atol=1e-5):
            return False
        if abs(float(program.bound(theirs.detach())) - float(bound)) > 1e-5 * max(10, abs(float(bound))):
            return False
    return True


@right("bound_is_sound")
def numbers_worked_out_before(program):
    log_w = torch.tensor([[-2.0, -5.0], [-4.0, -5.5], [-3.0, -8.0]])
    shares = torch.tensor([[0.665241, 0.603749], [0.090031, 0.366192], [0.244728, 0.030059]])
    for shift in (0, -1000, 1000):
        moved = (log_w + shift).requires_grad_()
        slope = torch.autograd.grad(program.loss(moved), moved)[0]
        report = program.bound(moved).item() - shift
        if not torch.allclose(slope, -shares / 2, atol=1e-4) or abs(report + 4.142511) > 1e-3:
            return False
    return True


@right("bound_is_sound")
def loops_and_the_math_module(program):
    columns = [[-0.4, 1.3, -2.2, 0.6], [2.5, -1.1, 0.9, 3.0], [-3.0, -2.6, -4.4, -2.9]]
    for far in (0, -1200, 1200):
        log_w = torch.tensor(columns, dtype=torch.float64).T + far
        total, shares = 0.0, []
        for column in columns:
            weights = [math.exp(value) for value in column]
            total += math.log(sum(weights) / len(weights)) + far
            shares.append([weight / sum(weights) for weight in weights])
        log_w = log_w.clone().requires_grad_()
        program.loss(log_w).backward()
        if abs(program.bound(log_w.detach()).item() - total / 3) > 1e-3:
            return False
        for image, column in enumerate(shares):
            for sample, share in enumerate(column):
                if not abs(log_w.grad[sample, image].item() + share / 3) < 1e-4:
                    return False
    return True


@right("bound_is_sound")
def numpy_with_a_shift_by_the_best(program):
    log_w = np.random.default_rng(0).normal(-1500.0, 2.5, size=(6, 4))
    best = log_w.max(axis=0)
    weights = np.exp(log_w - best)
    given = torch.from_numpy(log_w).requires_grad_()
    slope = torch.autograd.grad(program.loss(given), given)[0].numpy()
    report = float(program.bound(torch.from_numpy(log_w)))
    return np.isclose(report, (best + np.log(weights.mean(0))).mean(), rtol=1e-6) and np.allclose(
        slope, -weights / weights.sum(0) / 4, atol=1e-6
    )


@right("bound_is_sound")
def two_samples_in_closed_form(program):
    """Weights 1 and e^d: log((1 + e^d) / 2), and the logistic function of d. A second image lies far below."""
    for d, other in ((1.7, -2.0), (-0.6, 3.1), (2.4, 0.8)):
        log_w = torch.tensor([[0.0, -900.0], [d, -900.0 + other]], requires_grad=True)
        rise, rise_of_other = (float(torch.nn.functional.softplus(torch.tensor(v))) - math.log(2) for v in (d, other))
        first, second = float(torch.sigmoid(torch.tensor(d))), float(torch.sigmoid(torch.tensor(other)))
        (slope,) = torch.autograd.grad(program.loss(log_w), log_w)
        shares = torch.tensor([[1 - first, 1 - second], [first, second]])
        report = float(program.bound(log_w))
        if abs(report - (rise + rise_of_other - 900) / 2) > 2e-3 or not torch.allclose(slope, -shares / 2, atol=1e-3):
            return False
    single = torch.tensor([[0.3, -1.9, 4.0]])
    return abs(float(program.bound(single)) - 0.8) < 1e-4 and three_alike(program)


def three_alike(program):
    return abs(float(program.bound(torch.full((3, 2), -1.25))) + 1.25) < 1e-4


@right("bound_is_sound")
def weights_that_are_known(program):
    """Whole numbers as weights: 1, 2, 5 and 8, 1, 3."""
    weights = torch.tensor([[1.0, 8.0], [2.0, 1.0], [5.0, 3.0]], dtype=torch.float64)
    shares = weights / weights.sum(0)
    for scale in (0.0, -2000.0, 2000.0):
        log_w = (weights.log() + scale).requires_grad_()
        report = float(program.bound(log_w))
        slope = torch.autograd.grad(program.loss(log_w), log_w)[0]
        near = abs(report - scale - 0.5 * math.log(8 / 3 * 4)) < 1e-3
        if not (near and torch.allclose(slope, -0.5 * shares, atol=1e-5)):
            return False
    return True


@right("bound_is_sound")
def by_the_course_bound(program):
    verdicts = []
    for centre in (0.0, -880.0, 880.0):
        log_w = centre + 2 * torch.randn(9, 4)
        log_w.requires_grad_(True)
        mine = iwae_bound(log_w).mean()
        (theirs,) = torch.autograd.grad(program.loss(log_w), [log_w])
        (wanted,) = torch.autograd.grad(-mine, [log_w])
        verdicts.append(torch.allclose(theirs, wanted, rtol=1e-3, atol=1e-4))
        verdicts.append(torch.isclose(program.bound(log_w).detach(), mine.detach(), rtol=1e-5, atol=1e-5).item())
    return all(verdicts)
