"""Right answers to stage 09 in other styles: they must pass."""

import math

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vae_course.checks.bank import right


def snr(alpha_bar):
    return alpha_bar / (1 - alpha_bar)


def conditioned(x0, xt, t, path):
    """Mean and variance of x_{t-1} by regression on x_t, given x_0: one row."""
    before, now = path[t - 1], path[t]
    step = math.sqrt(now / before)
    gain = step * (1 - before) / (1 - now)
    mean = math.sqrt(before) * x0 + gain * (xt - math.sqrt(now) * x0)
    return mean, (1 - before) - gain * step * (1 - before)


def nats(x0, guess, sigma):
    return -0.5 * (((x0 - guess) / sigma) ** 2 + math.log(2 * math.pi * sigma**2)).sum(-1)


# --- noise ---


@right("noise")
def by_einsum(x0, t, alpha_bar, eps):
    root = torch.sqrt(alpha_bar)
    rest = torch.sqrt(1.0 - alpha_bar)
    return torch.einsum("b,bd->bd", root[t], x0) + torch.einsum("b,bd->bd", rest[t], eps)


@right("noise")
def row_by_row(x0, t, alpha_bar, eps):
    rows = []
    for x, step, e in zip(x0, t.tolist(), eps):
        rows.append(math.sqrt(alpha_bar[step]) * x + math.sqrt(1 - alpha_bar[step]) * e)
    return torch.stack(rows)


@right("noise")
def on_other_axes(x0, t, alpha_bar, eps):
    left = torch.gather(alpha_bar, 0, t)
    return (left.sqrt() * x0.T + (1 - left).sqrt() * eps.T).T


@right("noise")
def by_a_normal(x0, t, alpha_bar, eps):
    left = alpha_bar.index_select(0, t).unsqueeze(1)
    q = Normal(left**0.5 * x0, (1 - left) ** 0.5)
    return q.mean + q.stddev * eps


@right("noise")
def by_an_angle(x0, t, alpha_bar, eps):
    angle = torch.arccos(alpha_bar[t].sqrt()).reshape(-1, 1)
    return torch.cos(angle) * x0 + torch.sin(angle) * eps


@right("noise")
def diagonal_matrices(x0, t, alpha_bar, eps):
    return torch.diag(alpha_bar[t] ** 0.5) @ x0 + torch.diag((1 - alpha_bar[t]) ** 0.5) @ eps


# --- prior_end ---


@right("prior_end")
def closed_form(x0, alpha_bar):
    a = alpha_bar[-1]
    return 0.5 * (a * x0**2 - a - torch.log1p(-a)).sum(dim=-1)


@right("prior_end")
def library_kl(x0, alpha_bar):
    a = alpha_bar[len(alpha_bar) - 1]
    q = Independent(Normal(a.sqrt() * x0, (1 - a).sqrt().expand_as(x0)), 1)
    p = Independent(Normal(torch.zeros_like(x0), torch.ones_like(x0)), 1)
    return kl_divergence(q, p)


@right("prior_end")
def stage_three(x0, alpha_bar):
    mu = x0 * math.sqrt(alpha_bar[-1])
    return gaussian_kl(mu, torch.full_like(mu, math.log(1 - alpha_bar[-1])))


@right("prior_end")
def mean_and_variance_apart(x0, alpha_bar):
    a, D = float(alpha_bar[-1]), x0.shape[1]
    of_mean = a * x0.square().sum(1) / 2
    return of_mean + D * (-a - math.log(1 - a)) / 2


@right("prior_end")
def numpy_rows(x0, alpha_bar):
    a = alpha_bar.numpy()[-1]
    found = [0.5 * np.sum(a * row**2 + (1 - a) - 1 - np.log(1 - a)) for row in x0.numpy()]
    return torch.tensor(np.array(found))


# --- reverse_posterior ---


@right("reverse_posterior")
def by_betas(x0, xt, t, alpha_bar):
    alpha = alpha_bar[1:] / alpha_bar[:-1]  # of the steps 1 to T
    beta, a, b = (1 - alpha)[t - 1, None], alpha_bar[t, None], alpha_bar[t - 1, None]
    mean = (torch.sqrt(b) * beta * x0 + torch.sqrt(alpha[t - 1, None]) * (1 - b) * xt) / (1 - a)
    return mean, ((1 - b) / (1 - a) * beta).squeeze(1)


@right("reverse_posterior")
def by_regression(x0, xt, t, alpha_bar):
    found = [conditioned(x, y, step, alpha_bar) for x, y, step in zip(x0, xt, t.tolist())]
    means, variances = zip(*found)
    return torch.stack(means), torch.stack(variances)


@right("reverse_posterior")
def two_gaussians_meet(x0, xt, t, alpha_bar):
    before = alpha_bar[t - 1].unsqueeze(-1)
    kept = alpha_bar[t].unsqueeze(-1) / before
    sure, vague = 1 - before, (1 - kept) / kept
    gain = vague / (sure + vague)
    return torch.lerp(xt / kept**0.5, before**0.5 * x0, gain), (gain * sure)[:, 0]


@right("reverse_posterior")
def by_snr(x0, xt, t, alpha_bar):
    after = snr(alpha_bar)[t].reshape(-1, 1)
    before = alpha_bar[t - 1].reshape(-1, 1)
    shrink = after * (1 - before) / before  # SNR after over SNR before
    step = (alpha_bar[t].reshape(-1, 1) / before).sqrt()
    mean = shrink * xt / step + (1 - shrink) * before.sqrt() * x0
    return [mean, ((1 - shrink) * (1 - before)).flatten()]


@right("reverse_posterior")
def noise_kept_in_part(x0, xt, t, alpha_bar):
    """The part of the noise that was there one step before."""
    a, b = alpha_bar[t][:, None], alpha_bar[t - 1][:, None]
    e = (xt - a.sqrt() * x0) / (1 - a).sqrt()
    kept = (a / b).sqrt() * (1 - b) / (1 - a).sqrt()
    return b.sqrt() * x0 + kept * e, (1 - b - kept**2)[:, 0]


# --- step_kl ---


@right("step_kl")
def fall_of_snr(x0, xt, x0_hat, t, alpha_bar):
    ratio = snr(alpha_bar)
    return 0.5 * (ratio[t - 1] - ratio[t]) * ((x0 - x0_hat) ** 2).sum(1)


@right("step_kl")
def torchs_kl(x0, xt, x0_hat, t, alpha_bar):
    mean, var = reverse_posterior(x0, xt, t, alpha_bar)
    other, same = reverse_posterior(x0_hat, xt, t, alpha_bar)
    p = Independent(Normal(mean, var.sqrt()[:, None].expand_as(mean)), 1)
    q = Independent(Normal(other, same.sqrt()[:, None].expand_as(mean)), 1)
    return kl_divergence(p, q)


@right("step_kl")
def full_covariance(x0, xt, x0_hat, t, alpha_bar):
    mean, var = reverse_posterior(x0, xt, t, alpha_bar)
    other, _ = reverse_posterior(x0_hat, xt, t, alpha_bar)
    wide = torch.diag_embed(var[:, None].expand(-1, x0.shape[1]))
    return kl_divergence(MultivariateNormal(mean, wide), MultivariateNormal(other, wide))


@right("step_kl")
def rows_in_a_loop(x0, xt, x0_hat, t, alpha_bar):
    total = []
    for b in range(len(x0)):
        m, v = conditioned(x0[b], xt[b], t[b], alpha_bar)
        n, _ = conditioned(x0_hat[b], xt[b], t[b], alpha_bar)
        total.append(torch.dot(m - n, m - n) / (2 * v))
    return torch.stack(total)


@right("step_kl")
def from_the_factor_alone(x0, xt, x0_hat, t, alpha_bar):
    a, b = alpha_bar[t], alpha_bar[t - 1]
    factor = b.sqrt() * (1 - a / b) / (1 - a)
    var = (1 - a / b) * (1 - b) / (1 - a)
    return factor**2 / var * torch.nn.functional.mse_loss(x0_hat, x0, reduction="none").sum(-1) / 2


@right("step_kl")
def as_logs(x0, xt, x0_hat, t, alpha_bar):
    log_snr = torch.logit(alpha_bar)
    weight = log_snr[t].exp() * torch.expm1(log_snr[t - 1] - log_snr[t])
    return torch.einsum("b,bd,bd->b", weight / 2, x0 - x0_hat, x0 - x0_hat)


# --- diffusion_bound ---


@right("diffusion_bound")
def all_steps_at_once(x0, predict, alpha_bar, eps):
    T, B, D = eps.shape
    t = torch.arange(1, T + 1)[:, None].expand(T, B).reshape(-1)
    x = x0.expand(T, B, D).reshape(-1, D)
    xt = noise(x, t, alpha_bar, eps.reshape(-1, D))
    guess = predict(xt, t)
    ratio = snr(alpha_bar)
    weight = torch.cat([torch.zeros(B).to(x0), 0.5 * (ratio[t[B:] - 1] - ratio[t[B:]])])
    costs = (weight * (x - guess).square().sum(-1)).view(T, B).sum(0)
    return nats(x0, guess[:B], math.sqrt(1 - alpha_bar[1])) - costs - prior_end(x0, alpha_bar)


@right("diffusion_bound")
def backwards_in_time(x0, predict, alpha_bar, eps):
    T = len(alpha_bar) - 1
    total = prior_end(x0, alpha_bar)
    for step in reversed(range(2, T + 1)):
        t = torch.zeros(len(x0), dtype=torch.long) + step
        xt = noise(x0, t, alpha_bar, eps[step - 1])
        total = total + step_kl(x0, xt, predict(xt, t), t, alpha_bar)
    one = torch.ones(len(x0), dtype=torch.long)
    guess = predict(noise(x0, one, alpha_bar, eps[0]), one)
    return gaussian_log_likelihood(x0, guess, math.sqrt(1 - alpha_bar[1])) - total


@right("diffusion_bound")
def a_list_of_terms(x0, predict, alpha_bar, eps):
    terms = [-prior_end(x0, alpha_bar)]
    for index, e in enumerate(eps):
        t = torch.tensor([index + 1] * len(x0))
        xt = alpha_bar[index + 1].sqrt() * x0 + (1 - alpha_bar[index + 1]).sqrt() * e
        guess = predict(xt, t)
        if index:
            terms.append(-step_kl(x0, xt, guess, t, alpha_bar))
        else:
            terms.append(Normal(guess, (1 - alpha_bar[1]).sqrt()).log_prob(x0).sum(-1))
    return torch.stack(terms).sum(0)


@right("diffusion_bound")
def a_few_rows_at_a_time(x0, predict, alpha_bar, eps):
    found = []
    for x, own in zip(x0.split(3), eps.split(3, dim=1)):
        total = 0.0
        for step in range(1, len(alpha_bar)):
            t = torch.tensor([step] * len(x))
            xt = noise(x, t, alpha_bar, own[step - 1])
            guess = predict(xt, t)
            total = total + (
                nats(x, guess, math.sqrt(1 - alpha_bar[1])) if step == 1 else -step_kl(x, xt, guess, t, alpha_bar)
            )
        found.append(total - prior_end(x, alpha_bar))
    return torch.cat(found)


@right("diffusion_bound")
def asked_twice(x0, predict, alpha_bar, eps):
    """Whoever asks the network more often than needed is slow, and right."""
    def cost(step):
        t = torch.full((x0.shape[0],), step)
        xt = noise(x0, t, alpha_bar, eps[step - 1])
        predict(xt, t)
        mean, var = reverse_posterior(x0, xt, t, alpha_bar)
        other, _ = reverse_posterior(predict(xt, t), xt, t, alpha_bar)
        return ((mean - other) ** 2).sum(1) / var / 2

    t = torch.ones(x0.shape[0]).long()
    first = nats(x0, predict(noise(x0, t, alpha_bar, eps[0]), t), math.sqrt(1 - alpha_bar[1]))
    return first - sum(cost(step) for step in range(2, len(alpha_bar))) - prior_end(x0, alpha_bar)


# --- noise_weight ---


@right("noise_weight")
def product_form(t, alpha_bar):
    now, before = alpha_bar[t], alpha_bar[t - 1]
    return (before - now) / (2 * now * (1 - before))


@right("noise_weight")
def as_the_paper_has_it(t, alpha_bar):
    kept = alpha_bar[t] / alpha_bar[t - 1]
    var = (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t]) * (1 - kept)
    return (1 - kept) ** 2 / (2 * var * kept * (1 - alpha_bar[t]))


@right("noise_weight")
def weight_of_x0_over_snr(t, alpha_bar):
    ratio = alpha_bar / (1 - alpha_bar)
    return 0.5 * (ratio[t - 1] - ratio[t]) / ratio[t]


@right("noise_weight")
def whole_path_first(t, alpha_bar):
    odds = torch.logit(alpha_bar[1:])
    weights = torch.cat([torch.full((2,), math.inf).to(odds), torch.expm1(odds[:-1] - odds[1:]) / 2])
    return weights[t]


@right("noise_weight")
def one_step_after_another(t, alpha_bar):
    found = []
    for step in t.tolist():
        before, now = float(alpha_bar[step - 1]), float(alpha_bar[step])
        found.append(0.5 * (before * (1 - now) / (now * (1 - before)) - 1))
    return torch.tensor(found, dtype=alpha_bar.dtype)


# --- simple_loss ---


@right("simple_loss")
def mse_times_dimensions(x0, predict_noise, alpha_bar, t, eps):
    guess = predict_noise(noise(x0, t, alpha_bar, eps), t)
    return torch.nn.functional.mse_loss(guess, eps) * x0.shape[1]


@right("simple_loss")
def norms(x0, predict_noise, alpha_bar, t, eps):
    off = predict_noise(noise(x0, t, alpha_bar, eps), t) - eps
    return torch.linalg.vector_norm(off, dim=1).pow(2).mean()


@right("simple_loss")
def traces(x0, predict_noise, alpha_bar, t, eps):
    off = eps - predict_noise(noise(x0, t, alpha_bar, eps), t)
    return torch.trace(off @ off.T) / len(off)


@right("simple_loss")
def noised_by_hand(x0, predict_noise, alpha_bar, t, eps):
    left = alpha_bar[t].view(-1, 1)
    xt = left.sqrt().mul(x0).add((1 - left).sqrt().mul(eps))
    return torch.einsum("bd,bd->", *[eps - predict_noise(xt, t)] * 2) / x0.shape[0]


@right("simple_loss")
def rows_one_by_one(x0, predict_noise, alpha_bar, t, eps):
    xt = noise(x0, t, alpha_bar, eps)
    losses = [
        ((eps[b : b + 1] - predict_noise(xt[b : b + 1], t[b : b + 1])) ** 2).sum() for b in range(len(x0))
    ]
    return sum(losses) / len(losses)


# --- sample_chain ---


@right("sample_chain")
def counting_down(predict, alpha_bar, noises):
    step, x = len(alpha_bar) - 1, noises[-1]
    while step > 1:
        t = torch.full((len(x),), step)
        mean, var = reverse_posterior(predict(x, t), x, t, alpha_bar)
        step -= 1
        x = mean + var.sqrt().unsqueeze(1) * noises[step]
    return predict(x, torch.ones(len(x)).long()) + math.sqrt(1 - alpha_bar[1]) * noises[0]


@right("sample_chain")
def by_a_normal_each_step(predict, alpha_bar, noises):
    T, B, _ = noises.shape
    x = noises[T - 1]
    for k in range(T - 1):
        t = torch.tensor([T - 1 - k]).repeat(B)
        guess = predict(x, t)
        mean, var = reverse_posterior(guess, x, t, alpha_bar)
        scale = var.sqrt()[:, None] if k < T - 2 else (1 - alpha_bar[1]).sqrt()
        q = Normal(mean, scale)
        x = q.mean + q.stddev * noises[T - 2 - k]
    return x


@right("sample_chain")
def row_by_row_backwards(predict, alpha_bar, noises):
    rows = []
    for b in range(noises.shape[1]):
        x = noises[-1, b : b + 1]
        for step in range(len(alpha_bar) - 1, 1, -1):
            mean, var = conditioned(predict(x, torch.tensor([step])), x, step, alpha_bar)
            x = mean + math.sqrt(var) * noises[step - 1, b : b + 1]
        rows.append(predict(x, torch.tensor([1])) + math.sqrt(1 - alpha_bar[1]) * noises[0, b : b + 1])
    return torch.cat(rows)


@right("sample_chain")
def table_of_factors(predict, alpha_bar, noises):
    kept = alpha_bar[1:] / alpha_bar[:-1]
    of_x0 = alpha_bar[:-1].sqrt() * (1 - kept) / (1 - alpha_bar[1:])
    of_xt = kept.sqrt() * (1 - alpha_bar[:-1]) / (1 - alpha_bar[1:])
    std = ((1 - alpha_bar[:-1]) * (1 - kept) / (1 - alpha_bar[1:])).sqrt()
    std[0] = (1 - alpha_bar[1]).sqrt()
    x = noises[-1].clone()
    for i in reversed(range(len(kept))):
        x = of_x0[i] * predict(x, torch.full((len(x),), i + 1)) + of_xt[i] * x + std[i] * noises[i]
    return x


@right("sample_chain")
def without_a_history(predict, alpha_bar, noises):
    with torch.no_grad():
        x = noises[-1]
        for step in torch.arange(len(alpha_bar) - 1, 0, -1):
            t = step.expand(len(x))
            mean, var = reverse_posterior(predict(x, t), x, t, alpha_bar)
            std = var.sqrt() if step > 1 else (1 - alpha_bar[1]).sqrt().expand(len(x))
            x = mean + torch.diag(std) @ noises[step - 1]
    return x
