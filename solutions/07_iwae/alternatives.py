"""Right answers to stage 07 in other styles: they must pass."""

import math

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vae_course.checks.bank import right
from vae_course.models.toolbox.stage_04 import sample_posterior


def standard(mu):
    return Normal(torch.zeros_like(mu), torch.ones_like(mu))


def weigh(x, model, z, mu, logvar):
    log_q = Normal(mu, (logvar / 2).exp()).log_prob(z).sum(-1)
    return model.log_likelihood(x, z) + standard(mu).log_prob(z).sum(-1) - log_q


# --- log_weights ---


@right("log_weights")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q, prior = Independent(Normal(mu, (logvar / 2).exp()), 1), Independent(standard(mu), 1)
    z = mu + q.base_dist.scale * eps
    return model.log_likelihood(x, z) + prior.log_prob(z) - q.log_prob(z)


@right("log_weights")
def constants_cancel(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * eps
    return model.log_likelihood(x, z) - 0.5 * (z**2 - eps**2 - logvar).sum(dim=2)


@right("log_weights")
def sample_by_sample(x, model, eps):
    mu, logvar = model.encode(x)
    rows = []
    for e in eps:
        rows.append(weigh(x, model, mu + (logvar / 2).exp() * e, mu, logvar))
    return torch.stack(rows)


@right("log_weights")
def image_by_image(x, model, eps):
    columns = []
    for b in range(len(x)):
        mu, logvar = model.encode(x[b : b + 1])
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        columns.append(weigh(x[b : b + 1], model, z, mu, logvar))
    return torch.cat(columns, dim=1)


@right("log_weights")
def full_covariance(x, model, eps):
    mu, logvar = model.encode(x)
    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    prior = MultivariateNormal(torch.zeros_like(mu), torch.eye(mu.shape[1], dtype=mu.dtype))
    z = torch.einsum("bz,kbz->kbz", torch.exp(0.5 * logvar), eps) + mu
    return -q.log_prob(z) + prior.log_prob(z) + model.log_likelihood(x, z)


@right("log_weights")
def all_samples_as_rows(x, model, eps):
    K, B, Z = eps.shape
    mu, logvar = (out.repeat(K, 1) for out in model.encode(x))
    z = mu + (0.5 * logvar).exp() * eps.reshape(K * B, Z)
    return weigh(x.repeat(K, 1), model, z, mu, logvar).view(K, B)


# --- iwae_bound ---


@right("iwae_bound")
def largest_taken_out(log_w):
    most = log_w.max(dim=0, keepdim=True).values.detach()
    return torch.log(torch.exp(log_w - most).mean(dim=0)) + most[0]


@right("iwae_bound")
def divided_inside(log_w):
    return (log_w - math.log(log_w.shape[0])).logsumexp(dim=0)


@right("iwae_bound")
def softly_added(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - torch.log(torch.tensor(float(len(log_w))))


@right("iwae_bound")
def in_double_precision(log_w):
    return (log_w.double().logsumexp(0) - np.log(log_w.size(0))).to(log_w.dtype)


@right("iwae_bound")
def image_by_image_bound(log_w):
    return torch.stack([torch.logsumexp(column, -1) - math.log(column.numel()) for column in log_w.T])


@right("iwae_bound")
def by_shares(log_w):
    log_shares = torch.log_softmax(log_w, dim=0)
    best = log_w.argmax(0, keepdim=True)
    return (log_w.gather(0, best) - log_shares.gather(0, best))[0] - math.log(len(log_w))


# --- effective_sample_size ---


@right("effective_sample_size")
def by_log_sums(log_w):
    return torch.exp(2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0))


@right("effective_sample_size")
def relative_to_the_largest(log_w):
    w = torch.exp(log_w - log_w.max(0).values)
    return w.sum(0) ** 2 / (w * w).sum(0)


@right("effective_sample_size")
def squares_of_shares(log_w):
    return 1.0 / (torch.nn.functional.softmax(log_w, dim=0) ** 2).sum(dim=0)


@right("effective_sample_size")
def by_the_spread_of_weights(log_w):
    w = torch.exp(log_w - log_w.amax(0))
    return len(w) / (1 + w.var(0, correction=0) / w.mean(0) ** 2)


@right("effective_sample_size")
def inner_products(log_w):
    shares = torch.softmax(log_w, 0)
    return torch.einsum("kb,kb->b", shares, shares).pow(-1)


@right("effective_sample_size")
def pair_by_pair(log_w):
    w = (log_w - log_w.max(dim=0, keepdim=True)[0]).exp()
    return torch.stack([torch.outer(c, c).sum() / torch.dot(c, c) for c in w.T])


# --- log_evidence ---


@right("log_evidence")
def running_sum(x, model, K, chunk, generator=None):
    total, done = None, 0
    with torch.no_grad():
        while done < K:
            k = min(chunk, K - done)
            log_w = log_weights(x, model, torch.randn(k, len(x), model.z_dim, generator=generator, dtype=x.dtype))
            part = log_w.logsumexp(0)
            total = part if total is None else torch.logaddexp(total, part)
            done += k
    return total - math.log(K)


@right("log_evidence")
def weights_kept(x, model, K, chunk, generator=None):
    kept = []
    for k in [chunk] * (K // chunk) + [K % chunk]:
        if k:
            eps = torch.randn((k, x.shape[0], model.z_dim), generator=generator).to(x)
            kept.append(log_weights(x, model, eps).detach())
    return iwae_bound(torch.cat(kept))


@right("log_evidence")
def bounds_weighted_by_their_samples(x, model, K, chunk, generator=None):
    parts = []
    for start in range(0, K, chunk):
        k = min(chunk, K - start)
        eps = torch.empty(k, len(x), model.z_dim, dtype=x.dtype).normal_(generator=generator)
        parts.append(iwae_bound(log_weights(x, model, eps)) + math.log(k / K))
    return torch.logsumexp(torch.stack(parts), 0)


@right("log_evidence")
@torch.inference_mode()
def one_sample_at_a_time(x, model, K, chunk, generator=None):
    best, scaled = torch.full((len(x),), -torch.inf, dtype=x.dtype), torch.zeros(len(x), dtype=x.dtype)
    for _ in range(K):
        row = log_weights(x, model, torch.randn(1, len(x), model.z_dim, generator=generator, dtype=x.dtype))[0]
        top = torch.maximum(best, row)
        scaled = scaled * (best - top).exp() + (row - top).exp()
        best = top
    return best + scaled.log() - math.log(K)


@right("log_evidence")
def samples_of_q(x, model, K, chunk, generator=None):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        found = [
            weigh(x, model, sample_posterior(mu, logvar, min(chunk, K - at), generator), mu, logvar) for at in range(0, K, chunk)
        ]
    return torch.cat(found).logsumexp(0) - math.log(K)


@right("log_evidence")
def torchs_own_noise(x, model, K, chunk, generator=None):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        q = Normal(mu, torch.exp(logvar / 2))
        parts = [
            weigh(x, model, q.sample((size,)), mu, logvar).logsumexp(0)
            for size in map(len, torch.arange(K).split(chunk))
        ]
    return torch.stack(parts).logsumexp(0) - math.log(K)


# --- iwae_loss ---


@right("iwae_loss")
def from_the_functions_before(x, model, eps):
    return -iwae_bound(log_weights(x, model, eps)).mean()


@right("iwae_loss")
def written_out_whole(x, model, eps):
    mu, logvar = model.encode(x)
    log_w = weigh(x, model, mu + (0.5 * logvar).exp() * eps, mu, logvar)
    most = log_w.detach().max(0).values
    return (math.log(len(eps)) - most - (log_w - most).exp().sum(0).log()).mean()


@right("iwae_loss")
def image_by_image_loss(x, model, eps):
    losses = []
    for b in range(len(x)):
        log_w = log_weights(x[b : b + 1], model, eps[:, b : b + 1])
        losses.append(math.log(len(eps)) - torch.logsumexp(log_w[:, 0], 0))
    return sum(losses) / len(losses)


@right("iwae_loss")
def sample_by_sample_loss(x, model, eps):
    total = None
    for e in eps:
        row = log_weights(x, model, e[None])[0]
        total = row if total is None else torch.logaddexp(total, row)
    return torch.neg(total - math.log(len(eps))).mean()


@right("iwae_loss")
def value_and_gradient_apart(x, model, eps):
    log_w = log_weights(x, model, eps)
    shares = torch.softmax(log_w, 0).detach()
    surrogate = -(shares * log_w).sum(0).mean()
    return surrogate + (-iwae_bound(log_w).mean() - surrogate).detach()


@right("iwae_loss")
def sum_over_the_batch(x, model, eps):
    return -(log_weights(x, model, eps) - math.log(eps.shape[0])).logsumexp(0).sum() / x.shape[0]


# --- gradient_snr ---


@right("gradient_snr")
def mean_and_spread(gradients):
    spread, mean = torch.std_mean(gradients, dim=0)
    return mean.abs() / spread


@right("gradient_snr")
def with_all_repeats_in_the_spread(gradients):
    return gradients.mean(0).abs() / gradients.std(0, correction=0)


@right("gradient_snr")
def by_hand(gradients):
    mean = gradients.sum(0) / len(gradients)
    spread = ((gradients - mean) ** 2).sum(0).div(len(gradients) - 1).sqrt()
    return torch.abs(mean / spread)


@right("gradient_snr")
def by_numpy(gradients):
    values = gradients.numpy()
    return torch.from_numpy(np.abs(values.mean(0)) / values.std(0, ddof=1))


@right("gradient_snr")
def root_of_squares(gradients):
    return (gradients.mean(0).square() / gradients.var(0)).sqrt()


@right("gradient_snr")
def parameter_by_parameter(gradients):
    return torch.stack([column.mean().abs() / column.std() for column in gradients.T])


# --- doubly_reparameterized_gradient ---


@right("doubly_reparameterized_gradient")
def one_backward_pass(x, model, eps):
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    log_w = weigh(x, model, z, mu.detach(), logvar.detach())
    shares = torch.softmax(log_w, 0).detach()
    (shares**2 * log_w).sum().backward()
    return mu.grad, logvar.grad


@right("doubly_reparameterized_gradient")
def slope_at_the_code(x, model, eps):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    sigma = torch.exp(logvar / 2)
    z = (mu + sigma * eps).requires_grad_()
    log_w = weigh(x, model, z, mu, logvar)
    (slope,) = torch.autograd.grad(log_w.sum(), z)
    pulled = torch.softmax(log_w.detach(), 0).square()[..., None] * slope  # (K, B, Z)
    return pulled.sum(0), (pulled * 0.5 * sigma * eps).sum(0)


@right("doubly_reparameterized_gradient")
def squares_by_a_hook(x, model, eps):
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    log_w = weigh(x, model, z, mu.detach(), logvar.detach())
    shares = torch.softmax(log_w.detach(), 0)
    z.register_hook(lambda grad: grad * shares[..., None])  # the bound brings the first power
    return torch.autograd.grad(torch.logsumexp(log_w, 0).sum(), (mu, logvar))


@right("doubly_reparameterized_gradient")
def image_by_image_doubly(x, model, eps):
    pairs = []
    for b in range(len(x)):
        mu, logvar = (out.detach().requires_grad_() for out in model.encode(x[b : b + 1]))
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        log_w = weigh(x[b : b + 1], model, z, mu.detach(), logvar.detach())
        w = (log_w - log_w.max()).exp().detach()
        pairs.append(torch.autograd.grad((w**2 * log_w).sum() / w.sum() ** 2, (mu, logvar)))
    return torch.cat([d for d, _ in pairs]), torch.cat([d for _, d in pairs])


@right("doubly_reparameterized_gradient")
def sample_by_sample_doubly(x, model, eps):
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    rows = [weigh(x, model, mu + torch.exp(0.5 * logvar) * e, mu.detach(), logvar.detach()) for e in eps]
    shares = torch.softmax(torch.stack(rows).detach(), 0)
    total = sum((share**2 * row).sum() for share, row in zip(shares, rows, strict=True))
    return list(torch.autograd.grad(total, [mu, logvar]))


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
