# %% [markdown] card="09_toward_diffusion"
# Here is an encoder that nobody has to train: make x a little smaller, add a little noise, and do it again, many times. In the end nothing is left of x. It has no parameters, so what is left to learn? Only how to undo one small step. That is a diffusion model, and you own nearly all of its parts already.
#
# After it you can
#
# - jump to any state of a chain of noise, and say what its end still costs;
# - undo one step when x_0 is known, with the algebra of the line from stage 02;
# - write the bound of a chain, compute it, and say what each of its terms buys;
# - turn a guess for x_0 into a guess for the noise, and say what is dropped when the weights are;
# - train a small diffusion model, draw from it, and judge it in the same unit as a VAE.
#
# There are two sittings: the bound, then, after a marked rest, the number of steps, the noise, and a toy.

# %% tags=["setup"]
import math

import matplotlib.pyplot as plt
import torch
from torch.distributions import Normal

from vae_course.explore import course_style, described, noise_schedule, schedule_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.diffusion import (
    NoiseNet, PlaneVAE, Predict, crescents, crescents_log_density, ddpm_path, energy_distance,
    even_path, guess_of_x0, thinned,
)
from vae_course.models.oracles import chain_gap, chain_variances
from vae_course.models.toolbox import stage_09 as library
from vae_course.models.toolbox.stage_03 import gaussian_kl, gaussian_log_likelihood
from vae_course.models.toolbox.stage_06 import active_units
from vae_course.models.toolbox.stage_07 import log_evidence
from vae_course.models.training import fit

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown]
# Today's questions first, from the stages before: what you missed, and what is due again. Five minutes or so.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## An encoder without parameters
#
# Call the data x_0. One step of the chain takes x_{t−1} to x_t: it keeps a share of the variance, 1 − β_t, and fills up with noise of variance β_t,
#
# $$q(x_t|x_{t-1}) = \mathcal{N}\big(\sqrt{1-\beta_t}\;x_{t-1},\; \beta_t I\big), \qquad t = 1, \dots, T .$$
#
# The numbers β_t are chosen once and for all; here 0.1, 0.2 and 0.3. (The price β of stage 06 is another thing.) Let a hundred thousand copies of x_0 = 1.5 walk the three steps.

# %%
beta = torch.tensor([0.1, 0.2, 0.3])
x = torch.full((100_000,), 1.5)
for lost in beta:
    x = (1 - lost).sqrt() * x + lost.sqrt() * torch.randn(len(x))
    print(f"mean {x.mean():.2f}, variance {x.var():.2f}")

# %% [markdown]
# The mean falls, the variance rises from 0 towards 1. Both could have been known without walking. Each step multiplies what x_0 has left of its variance by 1 − β_t, so after t steps the product is left,
#
# $$\bar\alpha_t = \prod_{s=1}^{t} (1-\beta_s), \qquad \bar\alpha_0 = 1 ,$$
#
# and the noise of all steps, being Gaussian and independent, adds up to one Gaussian of variance 1 − ᾱ_t:

# %%
alpha_bar = torch.cat([torch.ones(1), (1 - beta).cumprod(0)])
print("alpha_bar", alpha_bar.numpy().round(3))
print(f"at t = 3: mean {alpha_bar[3].sqrt() * 1.5:.4f}, variance {1 - alpha_bar[3]:.4f}")

# %% [markdown]
# So any state can be reached in one jump, x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε with ε ~ N(0, I). You know this line: it is μ + σε of stage 04, with a μ and a σ that nobody learned. `alpha_bar`, from 1 at the data down to nearly 0, is all that is left of the path, and every function of this stage is given it.

# %% [markdown] card="noise"
# Write `noise(x0, t, alpha_bar, eps)`: the state x_t of each row, in one jump from x_0.
#
# - `x0` and `eps` have shape (B, D). `t` holds a whole number from 1 to T for each row, shape (B,): the rows may be at different steps. `alpha_bar` has shape (T + 1,), and `alpha_bar[0]` is 1.
# - Return shape (B, D).
#
# For example, where 0.36 of the variance is left, x_0 = 5 with the noise −1 becomes 0.6 · 5 − 0.8 = 2.2.

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

# %% [markdown]
# ## The end of the chain
#
# The model will have to begin where the chain ends, and it begins with plain noise: p(x_T) = N(0, I), the prior that you know. The chain ends there only nearly. What the difference costs is the KL of stage 03, with the mean √ᾱ_T x_0 and the variance 1 − ᾱ_T.

# %% [markdown] card="prior_end"
# Write `prior_end(x0, alpha_bar)`: KL(q(x_T|x_0) ‖ N(0, I)) of each row.
#
# - `x0` has shape (B, D), `alpha_bar` shape (T + 1,), its last entry below 1. `gaussian_kl(mu, logvar)` of stage 03 is imported above.
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

# %% [markdown]
# Our three steps are too few, and a real path has a thousand. The one of Ho and others has β_t rise along a line from 0.0001 to 0.02.

# %%
long_path = ddpm_path()  # (1001,)
for name, path in (("three steps", alpha_bar), ("a thousand", long_path)):
    cost = library.prior_end(torch.tensor([[1.5]]).to(path), path).item()
    print(f"{name}: {path[-1]:.1e} of the variance left, the end costs {cost:.1e} nats")

# %% [markdown]
# Two thirds of a nat, and next to nothing. It cannot be trained away, since no parameter is in it: only another path helps, a longer one or one that loses more in each step.
#
# ## Undo one step, knowing x_0
#
# How likely is a state x_{t−1}, once x_t has been seen? In general nobody knows: it depends on the data. But if somebody tells us x_0, two things are known of x_{t−1}, both Gaussian. From x_0, by the jump: it is near √ᾱ_{t−1} x_0, with variance 1 − ᾱ_{t−1}. From x_t, by turning the last step round: it is near x_t / √(1 − β_t), with
# variance β_t / (1 − β_t). Two Gaussians that speak of the same thing meet as on the line of stage 02, where prior and likelihood made a posterior: **precisions add, and the mean is weighted by them**.
#
# **Worked**, at t = 3 with x_0 = 1.5 and x_t = 1:

# %%
before, kept = alpha_bar[2], 1 - beta[2]
centre = torch.stack([before.sqrt() * 1.5, 1 / kept.sqrt()])  # from x_0, from x_t = 1
precision = torch.stack([1 / (1 - before), kept / (1 - kept)])
mean = (precision * centre).sum() / precision.sum()
print(f"centres {centre.numpy().round(4)}, precisions {precision.numpy().round(3)}")
print(f"together: mean {mean:.4f}, variance {1 / precision.sum():.4f}")

# %% [markdown]
# Multiplied out, with ᾱ_t = ᾱ_{t−1} (1 − β_t), the same reads
#
# $$q(x_{t-1}|x_t, x_0) = \mathcal{N}\Big(\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0 + \frac{\sqrt{1-\beta_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t,\;\; \frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t\, I\Big) .$$
#
# Here the factors are 0.5132 and 0.4723, and 0.5132 · 1.5 + 0.4723 · 1 = 1.2421.
#
# **Its twin, with a gap for you:** t = 2, x_0 = −1, x_t = 0.5. The factors are 0.6776 and 0.3194, the variance 0.0714. What is the mean?
#
# <details><summary>Fill the gap on paper, then open this.</summary>
#
# −0.6776 + 0.3194 · 0.5 = −0.5179. The state x_t lies to the right of 0, and still the state before is sought on the left: x_0 is the surer of the two at such an early step.
#
# </details>

# %% [markdown] card="reverse_posterior"
# Write `reverse_posterior(x0, xt, t, alpha_bar)`: mean and variance of q(x_{t−1}|x_t, x_0).
#
# - `x0` and `xt` have shape (B, D), `t` shape (B,), from 1 to T, `alpha_bar` shape (T + 1,). What one step keeps, 1 − β_t, follows from two neighbours of `alpha_bar`.
# - Return the pair mean, (B, D), and variance, (B,): one number a row, the same for all its entries.
# - At t = 1 the state before is x_0 itself: the part called *first_step* is for the mean x_0 and the variance 0 there, without a 0/0.
#
# For example, on the path 1, 0.8, 0.5 at t = 2, x_0 = 2 and x_t = 0.5 give the mean 1.4998 and the variance 0.15.

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

# %% [markdown]
# ## One bound, T latents
#
# Now the model. It begins with x_T ~ N(0, I) and draws x_{T−1}, …, x_1, x_0, each from the one before by a Gaussian p(x_{t−1}|x_t). That is a latent-variable model like any other: x_0 is the data, the states x_1, …, x_T together are the latent z, and q(x_1, …, x_T|x_0), the chain of noise, is its encoder. So the ELBO of stage 02 holds as it stands,
#
# $$\log p(x_0) \;\ge\; \mathbb{E}_q\Big[\log p(x_T) + \sum_{t=1}^{T} \log p(x_{t-1}|x_t) - \sum_{t=1}^{T} \log q(x_t|x_{t-1})\Big] .$$
#
# *"The model runs backwards and q forwards. How can I compare their steps?"* By turning q round. Bayes' rule, with x_0 kept on the right of every bar, says for t ≥ 2
#
# $$q(x_t|x_{t-1}) = q(x_{t-1}|x_t, x_0)\;\frac{q(x_t|x_0)}{q(x_{t-1}|x_0)} .$$
#
# In the sum the logs of the last fractions cancel between neighbours. Only log q(x_T|x_0) is left of them, since the one at the other end cancels against the step t = 1, and every step now has a partner:
#
# $$\mathcal L = \underbrace{\mathbb{E}_q[\log p(x_0|x_1)]}_{\text{reconstruction}} - \sum_{t=2}^{T} \underbrace{\mathbb{E}_q\big[\mathrm{KL}(q(x_{t-1}|x_t,x_0)\,\|\,p(x_{t-1}|x_t))\big]}_{\text{one step}} - \underbrace{\mathrm{KL}(q(x_T|x_0)\,\|\,p(x_T))}_{\text{the prior's end}} .$$
#
# Count: one reconstruction, T − 1 steps, one end. With T = 1 there are no steps between, and this is the ELBO of a VAE, reconstruction minus KL, whose encoder happens to be fixed. That is all that a diffusion model is: a tall VAE.

# %% [markdown] task="bound_of_a_chain"
# In words and symbols, for a reader who knows stage 02.
#
# Write the bound on log p(x_0) of a chain with T steps, and derive it from the ELBO: say what is the latent, what the encoder is, and how the steps of q are turned round. Then say of each of the three kinds of terms what it buys, that is, what goes
# wrong in the model or in its samples when this term is bad, and which of them training can change.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
#
# - 1 point: the latent is all of x_1, …, x_T and q is the fixed chain of noise; the ELBO is written with the joint of the model above and q below.
# - 1 point: q(x_t|x_{t−1}) is turned round with Bayes' rule *given x_0*, and the ratios of q(x_t|x_0) cancel between neighbours; the bound has one reconstruction, T − 1 KLs for t = 2, …, T, and one KL at the end, with the right signs.
# - 1 point: the prior's end: samples begin where data do not end if it is large; no parameter is in it, only the path can change it. The steps: each step back has to be close to q(x_{t−1}|x_t, x_0), on average over x_0 and x_t; they are what training works on, with the reconstruction.
# - 1 point: the reconstruction: log-density of x_0 given x_1, the last step back, which decides on the finest detail, and which alone holds a density of the data, with its constant.
#
# Half a point off for KLs that do not condition on x_0. "Each term makes the model better" alone earns nothing.
# <!-- END MARK SCHEME -->

# %% [markdown] written="bound_of_a_chain"
# <!-- BEGIN SOLUTION -->
# The data are x_0, the latent is z = (x_1, …, x_T), and the encoder is q(z|x_0) = ∏ q(x_t|x_{t−1}), which adds noise and has no parameters. The ELBO is E_q[log p(x_0, z) − log q(z|x_0)], with p(x_0, z) = p(x_T) ∏ p(x_{t−1}|x_t).
#
# For t ≥ 2 we have q(x_t|x_{t−1}) = q(x_t|x_{t−1}, x_0), as the chain has no memory, and by Bayes' rule this is q(x_{t−1}|x_t, x_0) q(x_t|x_0) / q(x_{t−1}|x_0). In the product over t the ratios cancel but for q(x_T|x_0) / q(x_1|x_0), and q(x_1|x_0) cancels against the step t = 1. So
#
# ELBO = E_q[log p(x_0|x_1)] − Σ_{t=2}^{T} E_q[KL(q(x_{t−1}|x_t, x_0) || p(x_{t−1}|x_t))] − KL(q(x_T|x_0) || p(x_T)).
#
# The last term buys a beginning: if x_T still knows x_0, the model starts at states that data never reach, or misses some that they do. Nothing in it can be learned; a longer or a faster path makes it small. The sum buys the way back: each KL says how far one learned step is from the step that one would take if x_0 were known. A bad one means
# that samples leave the way of the data at that level of noise. The first term buys the last step, the finest detail, and is the only one that holds a density of x_0 itself. Training changes the last step and the sum.
# <!-- END SOLUTION -->

# %% [markdown]
# ## What one step costs
#
# The best p(x_{t−1}|x_t) would know x_0. The model does not, but it can guess: a network looks at x_t and t and says x̂\_0. Let the model put this guess where x_0 stood in `reverse_posterior`, and keep the variance. Then two Gaussians of **equal variance** are compared, and of the KL between Gaussians in stage 03 only one term
# survives, half of the squared distance of the means, divided by the variance. With the numbers of the worked example, and a guess of 1.2 in place of 1.5:

# %%
var = 1 / precision.sum()
mean_hat = (precision * torch.stack([before.sqrt() * 1.2, 1 / kept.sqrt()])).sum() / precision.sum()
print(f"means {mean:.4f} and {mean_hat:.4f}: {(mean - mean_hat) ** 2 / (2 * var):.4f} nats")

# %% [markdown] card="step_kl"
# Write `step_kl(x0, xt, x0_hat, t, alpha_bar)`: KL(q(x_{t−1}|x_t, x_0) ‖ p(x_{t−1}|x_t)), where p has the guess `x0_hat` in place of x_0, and the same variance.
#
# - `x0`, `xt` and `x0_hat` have shape (B, D), `t` shape (B,), from 2 to T, `alpha_bar` shape (T + 1,). You may call your own `reverse_posterior`.
# - Return shape (B,), in nats, summed over dimensions, with a gradient to `x0_hat`.
#
# For example, on the path 1, 0.8, 0.5 at t = 2 a guess of 1 for x_0 = 2 costs 1.5 nats, whatever x_t is.

# %% answer="step_kl"
def step_kl(
    x0: torch.Tensor, xt: torch.Tensor, x0_hat: torch.Tensor,
    t: torch.Tensor, alpha_bar: torch.Tensor,
) -> torch.Tensor:
    """KL of a step whose guess for x_0 is x0_hat, in nats. t: (B,), from 2 on. Returns (B,)."""
    ### BEGIN SOLUTION
    mean, var = reverse_posterior(x0, xt, t, alpha_bar)
    guessed, _ = reverse_posterior(x0_hat, xt, t, alpha_bar)  # the variance is the same
    return (mean - guessed).square().sum(-1) / (2 * var)
    ### END SOLUTION


# %% check="step_kl"
check("step_kl")

# %% [markdown]
# *"Whatever x_t is?"* Both means hold the same share of x_t, so it drops out of their difference, and what is left is the error of the guess times a number. It is best written with a quantity that has a name of its own. The **signal-to-noise ratio** of a state is SNR_t = ᾱ_t / (1 − ᾱ_t), a ratio of variances (that of a gradient, in stage 07, was one of mean to deviation), and
#
# $$\mathrm{KL}_t = \tfrac12\,\big(\mathrm{SNR}_{t-1} - \mathrm{SNR}_t\big)\; \|x_0 - \hat x_0\|^2 .$$

# %%
snr = alpha_bar / (1 - alpha_bar)
weight = 0.5 * (snr[2] - snr[3])
print("SNR", snr.numpy().round(4))
print(f"weight at t = 3: {weight:.4f}, times 0.3 squared: {weight * 0.3**2:.4f} nats")

# %% [markdown]
# The same 0.0700. A step charges an error in x_0 by how much SNR falls in it, and for no other property of the path.
#
# ## The whole bound
#
# One term is still open. At t = 1 the variance of `reverse_posterior` is 0, since x_0 is the state before, and a p(x_0|x_1) of variance 0 would be no density. We take p(x_0|x_1) = N(x̂\_0, (1 − ᾱ_1) I): its mean is what the formula gives at t = 1, and its variance is the noise that the first step brought. Wider, it would blur the data
# more than the chain did; for data that are smooth at that scale it is also what remains uncertain, as you will see for Gaussian data.
#
# The expectations over q need samples, one x_t for each term, and each has its own noise.

# %% [markdown] card="diffusion_bound"
# Write `diffusion_bound(x0, predict, alpha_bar, eps)`: one sample of the bound on log p(x_0), for each row.
#
# - `x0` has shape (B, D), `alpha_bar` shape (T + 1,), `eps` shape (T, B, D): `eps[t - 1]` is the noise in x_t, as `noise` takes it. T may be 1.
# - `predict(xt, t)` is the model's guess for x_0: it takes states (N, D) and their steps (N,), whole numbers in a tensor, and returns (N, D). N may be B, or more if you ask for several steps at once.
# - The reconstruction is log N(x_0; x̂\_0, (1 − ᾱ_1) I), with its constant. Return shape (B,), in nats, larger is better, with gradients to whatever `predict` is made of. You may call your own functions of this stage; `gaussian_log_likelihood(x, mean, sigma)` is imported.
#
# For example, on the path 1, 0.8, 0.5 a `predict` that is always right leaves only the two ends, and for x_0 = 2 they are −0.1142 − 1.0966 = −1.2108 nats.

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

# %% [markdown]
# ## A rest
#
# The first sitting ends here. Save, and come back after a break. To close: a colleague has trained a diffusion model with a thousand steps, and wants to know which term of its bound is the largest. What would you ask about the path before you guess?
#
# ## How many steps?
#
# A bound of a thousand terms should be tested where the truth is known. Let the data be one-dimensional, x_0 ~ N(0, ¼). Then every state is Gaussian and so is every step back *without* x_0, q(x_{t−1}|x_t). The library knows its variance, and how far the bound lies below log p(x_0) on average, in closed form.
#
# The path of a thousand steps is **thinned** for this: with T steps we keep every (1000 / T)-th of its points, both ends among them.

# %% tags=["nbval-ignore-output"]
predict("exact_reverse")

# %% [markdown]
# The model's mean is the best there is, x̂\_0 = E[x_0|x_t] put into `reverse_posterior`, and its variance that of q(x_{t−1}|x_t).

# %%
def short_of(path, variances):
    """How far the bound lies below the density of N(0, 0.25) data, in nats."""
    return abs(chain_gap(0.25, path, variances))


for T in (5, 100, 1000):
    path = thinned(long_path, T)
    print(f"T = {T:4}: {short_of(path, chain_variances(0.25, path)):.5f} nats")

# %% tags=["nbval-ignore-output"]
reveal("exact_reverse")

# %% [markdown]
# Nothing is lost, at any T. A bound is tight when q is the posterior of the model (stage 02), and a model whose steps back are exactly those of the data has the chain for its posterior. For Gaussian data each step back *is* Gaussian, so five steps are as good as a thousand. Real data are not Gaussian, and there a step back is Gaussian
# only when it is small: that is why chains are long.
#
# But who would know that variance? In a real model it must be chosen. The simplest choice is that of the step forward, β_t.

# %% tags=["nbval-ignore-output"]
predict("ten_times_steps")

# %% [markdown]
# Ten, a hundred and a thousand steps, with β_t of the thinned path:

# %%
for T in (10, 100, 1000):
    path = thinned(long_path, T)
    forward = 1 - path[1:] / path[:-1]  # beta of the thinned path
    print(f"T = {T:4}: {short_of(path, forward):.5f} nats")

# %% tags=["nbval-ignore-output"]
reveal("ten_times_steps")

# %% [markdown]
# From 10 to 100 steps the gap is divided by 8.7, from 100 to 1,000 by 9.9: it falls like 1/T. A step of size 1/T has a variance that is off by a part of about 1/T, a KL is the square of that, and there are T of them.
#
# And the variance of `reverse_posterior`, which our bound assumes? It is what remains uncertain when x_0 is known. Our model only guesses x_0.

# %%
def narrow(path):
    """The variances of the exercises: of reverse_posterior, and 1 - alpha_bar[1] for x_0."""
    T, none = len(path) - 1, torch.zeros(len(path) - 1, 1).double()
    var = library.reverse_posterior(none, none, torch.arange(1, T + 1), path)[1]
    return torch.cat([1 - path[1:2], var[1:]])


for T in (10, 100, 1000):
    even = even_path(T, first=9999.0, last=4e-5)
    losses = [short_of(path, narrow(path)) for path in (thinned(long_path, T), even)]
    print(f"T = {T:4}: thinned path {losses[0]:.4f}, even path {losses[1]:.4f} nats")

# %% [markdown]
# On the thinned path it loses a good part of a nat, and a hundred steps are no better than ten. The fault is at its beginning. However fine a path is, if its first two steps bring the same noise, then x_2 has twice the noise of x_1: SNR halves in one step, and there the two variances, of which one knows x_0 and the other does not, differ by a factor of two. The **even**
# path of the second column begins and ends at the SNRs of the path of a thousand steps, but SNR falls by the same factor in each of its steps. It is bad when steps are few, and from about a hundred on its loss falls like 1/T.
#
# Ho and others tried both variances and saw little difference in their pictures. In nats the difference is there. Your own bound should show it too, so let us ask: 5,000 draws of x_0, a hundred steps of the thinned path.

# %%
path = thinned(long_path, 100)


def best_guess(xt, t):
    left = path[t][:, None]
    return left.sqrt() * 0.25 / (0.25 * left + 1 - left) * xt  # E[x_0|x_t]


x0, eps = 0.5 * torch.randn(5000, 1).double(), torch.randn(100, 5000, 1).double()
short = Normal(0.0, 0.5).log_prob(x0)[:, 0] - library.diffusion_bound(x0, best_guess, path, eps)
print(f"short by {short.mean():.2f} nats, exactly {short_of(path, narrow(path)):.4f}")

# %% [markdown]
# ## Guess the noise
#
# x_t is made of x_0 and ε, so whoever knows x_t and one of them knows the other: x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t. A network may as well guess the noise. An error of its guess ε̂ becomes an error of x̂\_0 when it is multiplied by √(1 − ᾱ_t) / √ᾱ_t, which is 1 / √SNR_t. In our running example x_t = 1 at t = 3:

# %%
root = alpha_bar[3].sqrt()
eps_of = {x0: ((1 - root * x0) / (1 - alpha_bar[3]).sqrt()).item() for x0 in (1.5, 1.2)}
print(f"noise {eps_of[1.5]:.4f}, and by the guess {eps_of[1.2]:.4f}")
square = (eps_of[1.5] - eps_of[1.2]) ** 2
print(f"squared error {square:.4f}, the step costs {0.3**2 * weight:.4f} nats")

# %% [markdown] card="noise_weight"
# Write `noise_weight(t, alpha_bar)`: the factor w for which the KL of step t is w · ‖ε − ε̂‖².
#
# - `t` has shape (B,), from 2 to T; `alpha_bar` shape (T + 1,).
# - Return shape (B,), in nats for a squared unit of noise. It depends on the path alone.
#
# For example, on the path 1, 0.8, 0.36 it is 3.0556 at t = 2: SNR falls from 4 to 0.5625.

# %% answer="noise_weight"
def noise_weight(t: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """The w of a step: its KL is w times the squared noise error. t: (B,), from 2 on. (B,)."""
    ### BEGIN SOLUTION
    snr = alpha_bar / (1 - alpha_bar)  # infinite at t = 0
    return 0.5 * (snr[t - 1] / snr[t] - 1)
    ### END SOLUTION


# %% check="noise_weight"
check("noise_weight")

# %% [markdown]
# So a denoising error, weighted, *is* a KL. Put side by side for random points at every step of a path with a hundred steps:

# %%
x0, eps, eps_hat = torch.randn(3, 99, 7).double()
t = torch.arange(2, 101)
xt = library.noise(x0, t, path, eps)
x0_hat = guess_of_x0(lambda xt, t: eps_hat, path)(xt, t)
kl = library.step_kl(x0, xt, x0_hat, t, path)
weighted = library.noise_weight(t, path) * (eps - eps_hat).square().sum(-1)
print("three of them ", kl[[0, 49, 98]].numpy().round(4), "nats")
print("from the noise", weighted[[0, 49, 98]].numpy().round(4), "nats")
assert torch.allclose(kl, weighted, rtol=1e-6)

# %% [markdown]
# Where are the weights? In x_0 they are the fall of SNR, in ε that fall relative to the SNR which is left. Both depend on the path, and the path is ours to choose. Move the place where SNR falls fastest, and watch the weights follow. Two things stay: both ends.

# %% tags=["nbval-ignore-output"]
noise_schedule()

# %% [markdown]
# For readers without a running kernel, one position of the slider.

# %%
schedule_picture(0.3)

# %% [markdown]
# *Left: a path of 20 steps on which the signal is lost early, and its SNR on a log scale; the steepest step is drawn in orange. Right, above: the weight of a squared error in the noise is largest there. Right, below: what each step costs for the Gaussian data, with the best guess. Late steps have a weight and cost nothing: there is nothing left to know, so nobody is better than the guess 0, and an error in x_0 hardly counts.*
#
# Between the same ends, a path of endlessly many steps would cost the same wherever SNR falls fastest: then the sum is an integral over SNR, and the path is only a way to write it. Kingma and others showed in 2021 that this holds for every model whose guess depends on x_t and its SNR alone. With finitely many steps the path does matter, as the figure's totals show: steep falls are dear while
# SNR is high.
#
# ## Drop the weights
#
# What people train on is often simpler still: a random step, the squared error of the noise, and **no weight at all**.

# %% [markdown] card="simple_loss"
# Write `simple_loss(x0, predict_noise, alpha_bar, t, eps)`: the squared error of the guess for the noise, every step counting alike.
#
# - `x0` and `eps` have shape (B, D), `t` shape (B,), from 1 to T; `alpha_bar` shape (T + 1,). `predict_noise(xt, t)` takes states (B, D) and their steps (B,), and returns (B, D).
# - Return a tensor without axes: summed over dimensions, averaged over rows, with gradients to whatever `predict_noise` is made of.
#
# For example, for the noise (1, 0) and (0, −1) of two rows the guesses (0.5, 0) and (0, 0) have the loss 0.625.

# %% answer="simple_loss"
def simple_loss(
    x0: torch.Tensor, predict_noise: Predict, alpha_bar: torch.Tensor,
    t: torch.Tensor, eps: torch.Tensor,
) -> torch.Tensor:
    """Squared error of the noise, summed over dimensions, averaged over rows. A number."""
    ### BEGIN SOLUTION
    xt = noise(x0, t, alpha_bar, eps)
    return (eps - predict_noise(xt, t)).square().sum(-1).mean()
    ### END SOLUTION


# %% check="simple_loss"
check("simple_loss")

# %% [markdown]
# *"Is that still a bound?"* No. It has the same best network for each step as the bound has, if the network is rich enough to do every step as well as it can: weights above 0 do not move such an optimum. A real network must share its strength out over the steps, and there weights decide. Leaving them out takes weight away from the steps with
# little noise, where a guess is charged most for detail that no eye would miss. Ho and others, who proposed this loss, say so: with it their pictures were better, and their bound a little worse. A model that is trained so should not be reported as if it had been trained on its bound. But its bound can still be computed, and we shall.
#
# On an *even* path the weights of all steps from 2 on are equal, so there the simple loss drops hardly more than a common factor. Only the reconstruction, whose squared error in the noise has a weight of about ½ in the bound, counts for less than it should:

# %%
even = even_path(100)
t = torch.arange(2, 101)
for name, path in (("even path", even), ("thinned path", thinned(long_path, 100))):
    weights = library.noise_weight(t, path)
    print(f"{name}: weights at t = 2, 3, 50, 100", weights[[0, 1, 48, 98]].numpy().round(4))

# %% [markdown]
# ## Two crescents
#
# Now a whole diffusion model, from your parts. The data are points in the plane around two half circles that reach into each other, with a standard deviation of 0.1 around them. We made them, so their density is known, and with it the best mean log-density that any model can have. For comparison, the best single Gaussian:

# %%
train, test = (crescents(n, torch.Generator().manual_seed(n)) for n in (20_000, 2000))
truth = crescents_log_density(test).mean().item()
gaussian = torch.distributions.MultivariateNormal(train.mean(0), torch.cov(train.T))
print(f"truth {truth:.3f} nats a point, one Gaussian {gaussian.log_prob(test).mean():.3f}")

# %% [markdown]
# The network guesses the noise, from x_t and t, with one set of weights for all steps. The path is even, a hundred steps from SNR 1,000 to 0.0003. Training takes a few seconds.

# %%
def rate(step):
    """The learning rate: 0.004, and in the second half of 3,000 steps down to 0."""
    return 4e-3 * min(1, 2 * (1 - step / 3000))


def trained(path):
    """A network that guesses the noise on this path, trained on crescents by the simple loss."""
    torch.manual_seed(0)
    net = NoiseNet(2, path)

    def loss(x0, generator):
        t = torch.randint(1, len(path), (len(x0),), generator=generator)
        eps = torch.randn(x0.shape, generator=generator)
        return library.simple_loss(x0, net, path, t, eps)

    start = torch.Generator().manual_seed(0)
    fit(net, train, 3000, loss=loss, batch_size=256, lr=rate, generator=start)
    return net.requires_grad_(False)


even = even.float()
net = trained(even)

# %% [markdown]
# To draw from it, go back from pure noise: guess x_0, take one step towards it by `reverse_posterior`, add its noise, and guess again.

# %% [markdown] card="sample_chain"
# Write `sample_chain(predict, alpha_bar, noises)`: x_0 of each row, at the end of a chain run backwards.
#
# - `predict(xt, t)` guesses x_0, as in `diffusion_bound`. `alpha_bar` has shape (T + 1,), `noises` shape (T + 1, B, D), and T may be 1.
# - `noises[t]` is what is new in x_t: x_T is `noises[T]`; for t = T, …, 2 the state x_{t−1} is the mean of `reverse_posterior` at the guess, plus `noises[t - 1]` times the root of its variance; and x_0 is the last guess plus `noises[0]` times √(1 − ᾱ_1).
# - Return shape (B, D): a sample of the model whose bound you have computed.
#
# For example, on the path 1, 0.8, 0.5 with a guess that is always 2, x_T = 1 and no further noise give x_1 = 1.6578, then x_0 = 2.

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

# %% [markdown]
# Two thousand points from the model, beside as many from the data.

# %%
guess, draw = guess_of_x0(net, even), torch.Generator().manual_seed(1)
drawn = library.sample_chain(guess, even, torch.randn(101, 2000, 2, generator=draw))
figure, axes = plt.subplots(1, 2, figsize=(7, 2.8), sharex=True, sharey=True)
for axis, points, name in zip(axes, (test, drawn), ("data", "drawn from the chain")):
    axis.plot(*points.T, ".", ms=2)
    axis.set(title=name, xlabel="first coordinate", ylabel="second coordinate")
described(figure, "Two clouds: the data's two crescents, and the chain's points on the same two.")

# %% [markdown]
# *Left: two thousand points of data, two crescents that reach into each other. Right: two thousand points drawn from the trained chain: the same two crescents, with a few points between them.*
#
# A picture is no measurement. Two numbers are: the **energy distance** to fresh data, which is 0 for two samples of one distribution but for chance, and the mean log-density of the drawn points under the truth, which is that of the data where they fall as they should.

# %% tags=["nbval-ignore-output"]
fresh = crescents(2000, torch.Generator().manual_seed(5))
sets = {"fresh data": fresh, "one Gaussian": gaussian.sample((2000,)), "the chain": drawn}
for name, points in sets.items():
    density = crescents_log_density(points).mean()
    print(f"{name:12}: distance {energy_distance(points, test):7.4f}, log-density {density:.2f}")
assert energy_distance(drawn, test) < 0.5 * energy_distance(sets["one Gaussian"], test)

# %% [markdown]
# The distance cannot tell the chain from the data: it is as near 0 as that of fresh data, or nearly. The log-density, which punishes points where no data are, is a little lower: those are the points between the crescents.
#
# And in nats? The same network on the thinned path of Ho and others, with the same hundred steps; and a VAE with two codes, networks of the same size, and a σ of its own, trained with the same number of steps. All three have bounds on the same log p(x), in the same unit.

# %% tags=["nbval-ignore-output"]
models = {"even path": (net, even)}
models["thinned path"] = trained(thinned(long_path, 100).float()), thinned(long_path, 100).float()
for name, (model, path) in models.items():
    eps = torch.randn(100, 2000, 2, generator=torch.Generator().manual_seed(2))
    bound = library.diffusion_bound(test, guess_of_x0(model, path), path, eps)
    print(f"chain, {name}: bound {bound.mean():.2f} ± {bound.std() / 2000**0.5:.2f} nats a point")
    assert bound.mean() < truth

# %% [markdown]
# And the VAE:

# %% tags=["nbval-ignore-output"]
torch.manual_seed(0)
vae, start = PlaneVAE(2, 2), torch.Generator().manual_seed(0)
fit(vae, train, 3000, loss=vae.loss, batch_size=256, lr=rate, generator=start)
vae.requires_grad_(False)
elbo = -sum(vae.loss(test, start) for _ in range(10)) / 10
tight = log_evidence(test, vae, K=500, chunk=100, generator=start).mean()
made = vae.decode(torch.randn(2000, 2)) + vae.log_sigma.exp() * torch.randn(2000, 2)
print(f"VAE: ELBO {elbo:.2f}, bound of 500 samples {tight:.2f} nats a point; truth {truth:.2f}")
print(f"active units: {active_units(vae.encode(test)[0])} of 2")
print(f"its points: distance {energy_distance(made, test):.4f},", end=" ")
print(f"log-density {crescents_log_density(made).mean():.2f}")

# %% [markdown]
# Read it honestly. On this toy the VAE has the better bound, by less than a tenth of a nat, although one of its two codes has died (stage 06): a single number tells it where on the two crescents a point lies. With other seeds both codes may live, and its ELBO is higher still. Its samples are the worse ones: more of them lie where no data are, on the way from one
# crescent to the other. The chain has the cleaner samples and the looser bound, and its bound depends on the path more than on anything that was trained: on the thinned path the same network loses more than a nat, most of it in the first few steps, as with Gaussian data. A better bound and better samples are not the same thing.
#
# With 2 dimensions a code of 2 numbers is no bottleneck, and nothing about pictures follows from crescents. What makes chains strong on pictures is outside this toy: one network, used for every step, that only ever has to remove a little noise.
#
# ## What is shared, and what is left behind
#
# | | VAE | diffusion model |
# | --- | --- | --- |
# | latent | z, a code of a few numbers | x_1, …, x_T, each as large as the data |
# | encoder q | a network, trained | a chain of noise, no parameters |
# | prior | N(0, I) on z | N(0, I) on x_T |
# | decoder | z to x in one go | many small steps, one network for all of them |
# | bound | reconstruction − KL | reconstruction − KLs of the steps − KL at the end |
# | KL | Gaussian, closed form | Gaussian, closed form, equal variances |
# | noise | z = μ + σε, so gradients pass | the same line for x_t, with μ and σ that are given |
# | what goes wrong | the code is ignored; the encoder lags behind | the path is badly chosen; many steps to draw one sample |
# | usual training | the bound | its terms without their weights |
#
# **Carried over:** latent variables, a bound by Jensen's inequality, KLs between Gaussians, gradients through samples. **Left behind:** an encoder that learns, and with it amortization, collapse and the small code, which stage 08 put to use. A diffusion model has no code to interpolate in that is smaller than the picture.
#
# *"So is it a VAE?"* A tall one, whose encoder has been fixed. *"Then why not learn the encoder, too?"* People do learn the path. And some put a VAE first and run the chain in its code, where states are small: that is how many models of large pictures work.
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("09")

# %% [markdown]
# Transfer, on paper: two paths have the SNRs 9, 4, 1 and 9, 2, 1 at t = 1, 2, 3. A model's guess is off by ‖x_0 − x̂\_0‖² = 0.1 at t = 2 and by 0.4 at t = 3, on both paths. What do steps 2 and 3 cost together on each?
#
# <details><summary>Answer first, then open this.</summary>
#
# First path: ½ · 5 · 0.1 + ½ · 3 · 0.4 = 0.85. Second path: ½ · 7 · 0.1 + ½ · 1 · 0.4 = 0.55. Nothing but SNR was needed, of whatever path. In truth the errors would not be the same on both: at SNR 2 a guess is worse than at SNR 4.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("09")

# %% [markdown]
# ## What you can do now
#
# You took an encoder without parameters, turned its steps round, and found the ELBO of stage 02 in the chain: a reconstruction, T − 1 Gaussian KLs, and an end. You know what each term buys, why a guess for the noise is a guess for x_0, what is dropped with the weights, and you trained and judged a diffusion model in nats.
#
# This is the last lesson. You began with a model whose log p(x) cannot be computed, and you have bounded it, tightened the bound, priced it, broken it, repaired it and used it. One thing is left, the **capstone**, stage 10: data that you have not seen and a training script that is broken, to repair, to diagnose and to judge, and nobody
# says which stage you need.
#
# **The way on.** Sohl-Dickstein and others, *Deep Unsupervised Learning using Nonequilibrium Thermodynamics* (2015), had the idea: destroy the structure of data slowly, and learn the way back. Ho, Jain and Abbeel, *Denoising Diffusion Probabilistic Models* (2020), have the notation of this stage, the guess for the noise and the loss without weights.
# Kingma, Salimans, Poole and Ho, *Variational Diffusion Models* (2021), write the bound in terms of SNR, show that only its ends matter when steps are endlessly many, and learn the path. Nichol and Dhariwal, *Improved Denoising Diffusion Probabilistic Models* (2021), learn the variance of the steps back, whose price you computed. Song and others,
# *Score-Based Generative Modeling through Stochastic Differential Equations* (2021), take the limit of endlessly many steps; Rombach and others, *High-Resolution Image Synthesis with Latent Diffusion Models* (2022), run the chain in the code of an autoencoder.
