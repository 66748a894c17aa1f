"""The course's own answers to stage 09, on torch's distributions where that is natural."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

Predict = Callable[[Tensor, Tensor], Tensor]  # (N, D) and the step of each row, (N,), to (N, D)


def _jump(x0: Tensor, t: Tensor, alpha_bar: Tensor) -> Normal:
    """q(x_t|x_0) of every entry. x0: (B, D). t: (B,)."""
    left = alpha_bar[t].unsqueeze(-1)  # (B, 1)
    return Normal(left.sqrt() * x0, (1 - left).sqrt(), validate_args=False)


def _steps(rows: int, t: int) -> Tensor:
    return torch.tensor(t).expand(rows)


def noise(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """x_t: the root of alpha_bar times x_0, plus the root of what is left of 1 times the noise.

    x0, eps: (B, D). t: (B,), whole numbers in 1..T. alpha_bar: (T + 1,), from 1 down. Returns (B, D). Source: Ho, Jain and
    Abbeel, 2020, equation 4.
    """
    given = _jump(x0, t, alpha_bar)
    return given.loc + given.scale * eps


def prior_end(x0: Tensor, alpha_bar: Tensor) -> Tensor:
    """KL(q(x_T|x_0) || N(0, I)), summed over dimensions: what the last state still says of x_0.

    x0: (B, D). alpha_bar: (T + 1,). Returns (B,), in nats. Source: Sohl-Dickstein and others, 2015; Ho, Jain and Abbeel,
    2020, L_T in equation 5.
    """
    last = _jump(x0, _steps(len(x0), len(alpha_bar) - 1), alpha_bar)
    return kl_divergence(last, Normal(torch.zeros_like(x0), torch.ones_like(x0))).sum(-1)


def reverse_posterior(x0: Tensor, xt: Tensor, t: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(x_{t-1}|x_t, x_0): two Gaussians about x_{t-1} meet, one from x_0 and one from x_t.

    Their precisions add, and the mean is the one weighted by them. x0, xt: (B, D). t: (B,), in 1..T. alpha_bar: (T + 1,).
    Returns (B, D) and (B,); at t = 1 they are x_0 and 0. Source: Ho, Jain and Abbeel, 2020, equations 6 and 7.
    """
    before = alpha_bar[t - 1].unsqueeze(-1)
    step = alpha_bar[t].unsqueeze(-1) / before  # of the variance, what one step keeps
    from_x0, from_xt = 1 - before, (1 - step) / step  # the variances of the two, as statements about x_{t-1}
    share = from_xt / (from_x0 + from_xt)
    mean = share * before.sqrt() * x0 + (1 - share) * xt / step.sqrt()
    return mean, (share * from_x0).squeeze(-1)


def step_kl(x0: Tensor, xt: Tensor, x0_hat: Tensor, t: Tensor, alpha_bar: Tensor) -> Tensor:
    """KL(q(x_{t-1}|x_t, x_0) || the same with a guess for x_0), summed over dimensions.

    x0, xt, x0_hat: (B, D). t: (B,), in 2..T. alpha_bar: (T + 1,). Returns (B,), in nats. Source: Ho, Jain and Abbeel, 2020,
    L_{t-1} in equation 5.
    """
    mean, var = reverse_posterior(x0, xt, t, alpha_bar)
    guessed, _ = reverse_posterior(x0_hat, xt, t, alpha_bar)
    std = var.sqrt().unsqueeze(-1)
    return kl_divergence(Normal(mean, std), Normal(guessed, std)).sum(-1)


def diffusion_bound(x0: Tensor, predict: Predict, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """One sample of the bound on log p(x_0): the reconstruction from x_1, less the KL of each step, less the prior's end.

    p(x_0|x_1) has the variance 1 - alpha_bar[1]; every other reverse step has that of `reverse_posterior`. x0: (B, D). predict:
    the guess for x_0, from (N, D) and the steps (N,). eps: (T, B, D), where eps[t - 1] makes x_t. Returns (B,), in nats.
    Source: Ho, Jain and Abbeel, 2020, equation 5.
    """
    T, B, D = eps.shape
    t = torch.arange(1, T + 1).repeat_interleave(B)  # all steps of all rows at once
    x = x0.repeat(T, 1)
    xt = noise(x, t, alpha_bar, eps.reshape(T * B, D))
    guess = predict(xt, t)
    recon = Normal(guess[:B], (1 - alpha_bar[1]).sqrt()).log_prob(x0).sum(-1)
    steps = step_kl(x[B:], xt[B:], guess[B:], t[B:], alpha_bar).reshape(T - 1, B)
    return recon - steps.sum(0) - prior_end(x0, alpha_bar)


def noise_weight(t: Tensor, alpha_bar: Tensor) -> Tensor:
    """What a squared error in the noise costs at step t: half of how much larger the SNR is one step before, relatively.

    t: (B,), in 2..T. alpha_bar: (T + 1,). Returns (B,), in nats for a squared unit of noise. Source: Ho, Jain and Abbeel,
    2020, equation 12, with the variance of `reverse_posterior`.
    """
    odds = torch.logit(alpha_bar)  # log SNR
    return torch.expm1(odds[t - 1] - odds[t]) / 2


def simple_loss(x0: Tensor, predict_noise: Predict, alpha_bar: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """The squared error of the noise that is guessed, summed over dimensions, averaged over the batch; every step counts alike.

    x0, eps: (B, D). predict_noise: the guess for eps, from (N, D) and the steps (N,). t: (B,). Returns a tensor without axes.
    Source: Ho, Jain and Abbeel, 2020, equation 14.
    """
    guess = predict_noise(noise(x0, t, alpha_bar, eps), t)
    return torch.nn.functional.mse_loss(guess, eps, reduction="sum") / len(x0)


def sample_chain(predict: Predict, alpha_bar: Tensor, noises: Tensor) -> Tensor:
    """x_0 of a chain run backwards from x_T = noises[T]; noises[t] is what is new in x_t.

    predict: the guess for x_0, from (N, D) and the steps (N,). noises: (T + 1, B, D). Returns (B, D): a draw from the model
    that `diffusion_bound` is about. Source: Ho, Jain and Abbeel, 2020, algorithm 2, and a last step with its own noise.
    """
    x = noises[-1]
    for step in range(len(alpha_bar) - 1, 0, -1):
        t = _steps(len(x), step)
        mean, var = reverse_posterior(predict(x, t), x, t, alpha_bar)
        if step == 1:
            var = 1 - alpha_bar[1]
        x = torch.addcmul(mean, var.sqrt().reshape(-1, 1), noises[step - 1])
    return x
