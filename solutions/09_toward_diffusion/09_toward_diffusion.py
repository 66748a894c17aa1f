# %% [markdown] card="09_toward_diffusion"
# After it you can
#
# - everything.

# %% tags=["setup"]
import math

import torch

from vae_course.explore import course_style
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.diffusion import Predict
from vae_course.models.toolbox.stage_03 import gaussian_kl, gaussian_log_likelihood

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown] card="noise"
# Write `noise(x0, t, alpha_bar, eps)`: the state x_t of each row, in one jump from x_0.
#
# - `x0` and `eps` have shape (B, D). `t` holds a whole number in 1, ..., T for each row, shape (B,); the rows may be at different steps. `alpha_bar` has shape (T + 1,), and `alpha_bar[0]` is 1.
# - Return shape (B, D).
#
# For example, with what is left of the variance 0.36, a row of x_0 = 5 and the noise −1 becomes 0.6 · 5 − 0.8 = 2.2.

# %% answer="noise"
def noise(
    x0: torch.Tensor, t: torch.Tensor, alpha_bar: torch.Tensor, eps: torch.Tensor
) -> torch.Tensor:
    """A draw of q(x_t|x_0). x0, eps: (B, D), t: (B,), alpha_bar: (T + 1,). Returns (B, D)."""
    ### BEGIN SOLUTION
    left = alpha_bar[t][:, None]  # of the variance of x_0, (B, 1)
    return left.sqrt() * x0 + (1 - left).sqrt() * eps
    ### END SOLUTION


# %% check="noise"
check("noise")

# %% [markdown] card="prior_end"
# Write `prior_end(x0, alpha_bar)`: KL(q(x_T|x_0) || N(0, I)) for each row.
#
# - `x0` has shape (B, D), `alpha_bar` shape (T + 1,). `gaussian_kl(mu, logvar)` of stage 03 is imported above.
# - Return shape (B,), in nats.
#
# For example, a path of one step that leaves 0.36 of the variance charges x_0 = 2 with 0.7631 nats.

# %% answer="prior_end"
def prior_end(x0: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """KL(q(x_T|x_0) || N(0, I)), in nats. x0: (B, D), alpha_bar: (T + 1,). Returns (B,)."""
    ### BEGIN SOLUTION
    mu = alpha_bar[-1].sqrt() * x0
    return gaussian_kl(mu, torch.log(1 - alpha_bar[-1]).expand_as(mu))
    ### END SOLUTION


# %% check="prior_end"
check("prior_end")

# %% [markdown] card="reverse_posterior"
# Write `reverse_posterior(x0, xt, t, alpha_bar)`: mean and variance of q(x_{t−1} | x_t, x_0).
#
# - `x0` and `xt` have shape (B, D), `t` shape (B,), in 1, ..., T, `alpha_bar` shape (T + 1,).
# - Return the pair mean, (B, D), and variance, (B,): it is the same for all entries of a row. At t = 1 the state before is x_0 itself: mean x_0, variance 0, and no 0/0.
#
# For example, ...

# %% answer="reverse_posterior"
def reverse_posterior(
    x0: torch.Tensor, xt: torch.Tensor, t: torch.Tensor, alpha_bar: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean, (B, D), and variance, (B,), of q(x_{t-1}|x_t, x_0). x0, xt: (B, D), t: (B,)."""
    ### BEGIN SOLUTION
    now, before = alpha_bar[t], alpha_bar[t - 1]  # (B,)
    kept = now / before  # by this one step
    of_x0 = before.sqrt() * (1 - kept) / (1 - now)
    of_xt = kept.sqrt() * (1 - before) / (1 - now)
    mean = of_x0[:, None] * x0 + of_xt[:, None] * xt
    return mean, (1 - before) * (1 - kept) / (1 - now)
    ### END SOLUTION


# %% check="reverse_posterior"
check("reverse_posterior")

# %% [markdown] card="step_kl"
# Write `step_kl(x0, xt, x0_hat, t, alpha_bar)`: ...

# %% answer="step_kl"
def step_kl(
    x0: torch.Tensor, xt: torch.Tensor, x0_hat: torch.Tensor, t: torch.Tensor, alpha_bar: torch.Tensor
) -> torch.Tensor:
    """KL of a step whose guess for x_0 is x0_hat, in nats. t: (B,), from 2 on. Returns (B,)."""
    ### BEGIN SOLUTION
    mean, var = reverse_posterior(x0, xt, t, alpha_bar)
    guessed, _ = reverse_posterior(x0_hat, xt, t, alpha_bar)  # the variance is the same
    return (mean - guessed).square().sum(-1) / (2 * var)
    ### END SOLUTION


# %% check="step_kl"
check("step_kl")

# %% [markdown] card="diffusion_bound"
# Write `diffusion_bound(x0, predict, alpha_bar, eps)`: ...

# %% answer="diffusion_bound"
def diffusion_bound(
    x0: torch.Tensor, predict: Predict, alpha_bar: torch.Tensor, eps: torch.Tensor
) -> torch.Tensor:
    """One sample of the bound on log p(x_0), in nats. x0: (B, D), eps: (T, B, D). Returns (B,)."""
    ### BEGIN SOLUTION
    bound = -prior_end(x0, alpha_bar)
    for step in range(1, len(alpha_bar)):
        t = torch.full((len(x0),), step)
        xt = noise(x0, t, alpha_bar, eps[step - 1])
        x0_hat = predict(xt, t)
        if step == 1:  # the step to x_0 itself
            sigma = math.sqrt(1 - alpha_bar[1])
            bound = bound + gaussian_log_likelihood(x0, x0_hat, sigma)
        else:
            bound = bound - step_kl(x0, xt, x0_hat, t, alpha_bar)
    return bound
    ### END SOLUTION


# %% check="diffusion_bound"
check("diffusion_bound")

# %% [markdown] card="noise_weight"
# Write `noise_weight(t, alpha_bar)`: ...

# %% answer="noise_weight"
def noise_weight(t: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """The w of a step: its KL is w times the squared noise error. t: (B,), from 2 on. (B,)."""
    ### BEGIN SOLUTION
    snr = alpha_bar / (1 - alpha_bar)  # infinite at t = 0
    return 0.5 * (snr[t - 1] / snr[t] - 1)
    ### END SOLUTION


# %% check="noise_weight"
check("noise_weight")

# %% [markdown] card="simple_loss"
# Write `simple_loss(x0, predict_noise, alpha_bar, t, eps)`: ...

# %% answer="simple_loss"
def simple_loss(
    x0: torch.Tensor, predict_noise: Predict, alpha_bar: torch.Tensor, t: torch.Tensor, eps: torch.Tensor
) -> torch.Tensor:
    """Squared error of the noise, summed over dimensions, averaged over rows. A number."""
    ### BEGIN SOLUTION
    xt = noise(x0, t, alpha_bar, eps)
    return (eps - predict_noise(xt, t)).square().sum(-1).mean()
    ### END SOLUTION


# %% check="simple_loss"
check("simple_loss")

# %% [markdown] card="sample_chain"
# Write `sample_chain(predict, alpha_bar, noises)`: ...

# %% answer="sample_chain"
def sample_chain(predict: Predict, alpha_bar: torch.Tensor, noises: torch.Tensor) -> torch.Tensor:
    """x_0 of a chain run backwards from x_T = noises[T]. noises: (T + 1, B, D). Returns (B, D)."""
    ### BEGIN SOLUTION
    xt = noises[-1]
    for step in range(len(alpha_bar) - 1, 1, -1):
        t = torch.full((len(xt),), step)
        mean, var = reverse_posterior(predict(xt, t), xt, t, alpha_bar)
        xt = mean + var.sqrt()[:, None] * noises[step - 1]
    t = torch.full((len(xt),), 1)
    return predict(xt, t) + (1 - alpha_bar[1]).sqrt() * noises[0]
    ### END SOLUTION


# %% check="sample_chain"
check("sample_chain")

# %% [markdown] task="bound_of_a_chain"
# In words.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
# <!-- END MARK SCHEME -->

# %% [markdown] written="bound_of_a_chain"
# <!-- BEGIN SOLUTION -->
# Todo.
# <!-- END SOLUTION -->

# %% [markdown]
# ## What you can do now
