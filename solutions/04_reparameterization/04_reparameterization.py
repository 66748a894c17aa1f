# %% [markdown] card="04_reparameterization"
# The bound of stage 02 is an average over codes, and the codes are drawn from the very distribution that we train. Draw a code, decode it, call `backward`: no error appears, numbers go down, and the encoder has learned
# nothing. This stage is about that silent failure, and about the one line that repairs it.
#
# After it you can
#
# - write a sample as a function of its parameters and of noise that has none;
# - write two estimators of the same gradient, one that moves the points and one that moves their weights;
# - say when each of them fails, with variances that you computed;
# - write both forms of the bound that training uses, and say why one sample a picture is enough.
#
# There are two sittings: gradients through samples, then, after a marked rest, the bound with a path through it.

# %% tags=["setup"]
import math

import torch
from torch.distributions import Normal

from vae_course.explore import course_style, estimator_histograms, estimator_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.bug_zoo import program
from vae_course.models.data import digits
from vae_course.models.digit_nets import train_program
from vae_course.models.toolbox.stage_03 import gaussian_kl

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown]
# Today's questions first, from the stages before: what you missed, and what is due again. Five minutes or so.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## A training run without an error
#
# Here is the digit model of stage 01 again, trained twice. The second time one thing is different: the code is drawn by `Normal(mu, sigma).sample()`, which gives a plain number without a history.

# %% tags=["nbval-ignore-output"]
for name, sampling in (("as it should be", "plain"), ("drawn by .sample()", "cut")):
    *_, (_, _, recon, kl) = train_program(program(sampling), steps=3000)
    print(f"{name:20} recon {recon:6.2f}, KL {kl:6.3f} nats/image on test digits")

# %% [markdown]
# The second run ends with a KL of 0: its code says nothing. What is its reconstruction worth? Compare with a model that has no code at all and knows only how often each pixel is on.

# %%
train, test = digits()
often = train.mean(0).clamp(1e-3, 1 - 1e-3)
alone = -(test * often.log() + (1 - test) * (1 - often).log()).sum(1)
print(f"independent pixels: {alone.mean():.2f} nats/image")

# %% [markdown]
# The same number, but for a few hundredths. The decoder was trained well, on codes that mean nothing. The encoder heard only one voice, the KL, and that one says: be the prior. The cut is easy to see once you look for it.

# %%
mean = torch.zeros(1, requires_grad=True)
for draw in (Normal(mean, 1.0).sample(), Normal(mean, 1.0).rsample()):
    print("gradients can pass:", draw.requires_grad)

# %% [markdown]
# torch's `rsample` does what this stage is about, and `sample` does not.
#
# ## What depends on what
#
# Write the parameters of the decoder θ and those of the encoder φ. The first term of the bound is an average over draws from q, which depends on φ,
#
# $$\mathbb{E}_{q_\phi(z|x)}\big[f(z)\big], \qquad f(z) = \log p_\theta(x|z).$$
#
# The gradient with respect to θ is easy: the drawn z stays where it is while f changes under it. With respect to φ, it is the dice that change. A z that has been drawn is a number, and a number does not know where it came from.
#
# In stage 02 we fitted q on a grid. There the points stayed, and their *weights* moved; that gradient exists for samples too, and we come to it. First the idea that made this field. **Move the points.**
#
# Draw noise ε from N(0, 1), which has no parameters, and put z = μ + σ ε. Then z has exactly the distribution N(μ, σ²), and it is a function of μ and σ.

# %%
eps = torch.randn(100_000)
for mu, sigma in ((1.2, 0.5), (-0.7, 2.0)):
    z = mu + sigma * eps
    print(f"mean {z.mean():.3f} of {mu}, standard deviation {z.std():.3f} of {sigma}")

# %% [markdown]
# The randomness is in ε, and the path from μ and σ to z is ordinary arithmetic. An average over z has become an average over ε, and the gradient moves inside it:
#
# $$\mathbb{E}_{q_\phi}[f(z)] = \mathbb{E}_{\varepsilon}\big[f(\mu + \sigma\varepsilon)\big], \qquad
# \nabla_\phi\, \mathbb{E}_{q_\phi}[f(z)] = \mathbb{E}_{\varepsilon}\big[\nabla_\phi f(\mu + \sigma\varepsilon)\big].$$
#
# This is the **reparameterization trick**. The encoder emits μ and logvar, as in stage 03, so σ = exp(½ logvar).

# %% [markdown] card="reparameterize"
# Write `reparameterize(mu, logvar, eps)`: the code that belongs to this noise.
#
# - `mu` and `logvar` have shape (B, Z), `eps` has shape (..., B, Z): there may be further axes in front.
# - Return z with the shape of `eps`. Gradients must reach `mu` and `logvar`.
#
# For example, mu = 1.2, logvar = log 0.25 and eps = 0.4 give z = 1.4.

# %% answer="reparameterize"
def reparameterize(
    mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor
) -> torch.Tensor:
    """z = mu + sigma * eps. mu, logvar: (B, Z), eps: (..., B, Z). Returns (..., B, Z)."""
    ### BEGIN SOLUTION
    return mu + torch.exp(0.5 * logvar) * eps
    ### END SOLUTION


# %% check="reparameterize"
check("reparameterize")

# %% [markdown]
# In that exercise the noise was handed to you. In a training loop you draw it, and that is where the quiet mistakes live: noise shared by all rows, the same noise at every step, uniform noise, or a sample that is cut off.
# Each row, each dimension and each sample needs its own number, every time.

# %% [markdown] card="sample_posterior"
# Write `sample_posterior(mu, logvar, K, generator=None)`: K draws for each row of N(mu, diag(exp(logvar))).
#
# - `mu` and `logvar` have shape (B, Z); `generator` is a `torch.Generator` or None, pass it on to whatever draws.
# - Return shape (K, B, Z). Two calls must differ, and gradients must reach `mu` and `logvar`.
#
# For example, with mu = 0 and logvar = 0 it is K tables of independent standard normal numbers.

# %% answer="sample_posterior"
def sample_posterior(
    mu: torch.Tensor, logvar: torch.Tensor, K: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """K draws from N(mu, exp(logvar)), with a path. mu, logvar: (B, Z). Returns (K, B, Z)."""
    ### BEGIN SOLUTION
    eps = torch.randn(K, *mu.shape, generator=generator, dtype=mu.dtype)  # (K, B, Z)
    return reparameterize(mu, logvar, eps)
    ### END SOLUTION


# %% check="sample_posterior"
check("sample_posterior")

# %% [markdown]
# ## One draw, two gradients
#
# Worked example, *reparameterization in practice: differentiating through a sample*. Take f(z) = z² with μ = 1.2 and σ = 0.5. The average is μ² + σ² = 1.69, so the true gradient is 2μ = 2.4 for μ and, with σ² = exp(logvar), σ² = 0.25 for logvar. Take
# one draw, ε = 0.4, so z = 1.4.
#
# **Along the path.** z = μ + σε gives ∂z/∂μ = 1 and ∂z/∂logvar = ½σε, so the chain rule says
#
# $$\frac{\partial f}{\partial \mu} = f'(z), \qquad \frac{\partial f}{\partial \log\sigma^2} = f'(z)\,\tfrac12\,\sigma\varepsilon .$$

# %%
mu, logvar = torch.tensor(1.2, requires_grad=True), torch.tensor(math.log(0.25), requires_grad=True)
z = mu + torch.exp(logvar / 2) * 0.4
(z**2).backward()
print(f"path: {mu.grad:.4f} for mu, {logvar.grad:.4f} for logvar")

# %% [markdown]
# 2.8 and 0.28, near 2.4 and 0.25, from a single draw.
#
# **By the score.** Leave z where it is and ask how its *chance* changes. Since ∇q = q ∇log q,
#
# $$\nabla_\phi\, \mathbb{E}_{q}[f(z)] = \int f(z)\, \nabla_\phi q(z)\, dz = \mathbb{E}_{q}\big[f(z)\,\nabla_\phi \log q(z)\big].$$
#
# The gradient of log q with respect to its parameters is called the **score**. For a Gaussian, log q = −½ logvar − (z − μ)² / 2σ² plus a constant. With z fixed, its slope is (z − μ)/σ² = ε/σ for μ, and −½ + (z − μ)²/2σ² = ½(ε² − 1) for logvar. No slope of f appears: f may be a black box. This estimator is also known as REINFORCE.

# %%
f, e, sigma = 1.4**2, 0.4, 0.5
print(f"score: {f * e / sigma:.4f} for mu, {f * 0.5 * (e**2 - 1):.4f} for logvar")

# %% [markdown]
# 1.568 and −0.823: also estimates of 2.4 and 0.25, the second one with the wrong sign. Both are right on average. **Their twin, with a gap for you:** f(z) = z³, μ = 0.5, σ = 1.2, ε = 0.5, so z = 1.1. Along the path: 3.63 and 1.089. By the score: 0.5546 and ☐.
#
# <details><summary>Fill the gap on paper, then open this.</summary>
#
# It is 1.331 · ½ (0.25 − 1) = −0.4991. The truth is 3(μ² + σ²) = 5.07 for μ and 3μσ² = 2.16 for logvar.
#
# </details>
#
# Now both for a batch. The path first.

# %% [markdown] card="pathwise_gradient"
# Write `pathwise_gradient(f, mu, logvar, eps)`: the gradient of E[f(z)] for each row, averaged over K samples.
#
# - `f` maps (..., Z) to (...) by torch operations. `mu` and `logvar` have shape (B, Z), `eps` shape (K, B, Z).
# - `mu` and `logvar` may or may not require gradients already; make leaves of your own.
# - Return the pair `d_mu`, `d_logvar`, shape (B, Z) each: for row b the average over k of the gradient of f(z[k, b]).
#
# For example, f(z) = z² summed over dimensions, with mu = 1.2, logvar = log 0.25 and eps = ±1 gives exactly 2.4 and 0.25.

# %% answer="pathwise_gradient"
def pathwise_gradient(
    f, mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of E[f(z)] along the path. mu, logvar: (B, Z), eps: (K, B, Z). Two (B, Z)."""
    ### BEGIN SOLUTION
    mu = mu.detach().requires_grad_()
    logvar = logvar.detach().requires_grad_()
    value = f(reparameterize(mu, logvar, eps)).mean(dim=0)  # (K, B) -> (B,)
    return torch.autograd.grad(value.sum(), (mu, logvar))
    ### END SOLUTION


# %% check="pathwise_gradient"
check("pathwise_gradient")

# %% [markdown]
# *"Why may I sum over the rows before the gradient?"* Because each row's value depends on that row's parameters only. The gradient of the sum holds every row's own.
#
# The score needs nothing from f but its values. A **baseline** may be subtracted from them: the score averages to 0, since ∫ ∇q dz is the gradient of ∫ q dz = 1, so a constant times it does too. The estimate stays right, and a constant near the average of f, here 1.69, makes its spread smaller.

# %% [markdown] card="score_function_gradient"
# Write `score_function_gradient(f, mu, logvar, eps, baseline=0.0)`: the same gradients, by the score.
#
# - `f` is a black box: it maps (..., Z) to (...) and has no usable gradient. Shapes are as before; z = mu + sigma · eps is held fixed.
# - `baseline` is one number, or one for each row, shape (B,); it is subtracted from f.
# - Return the pair `d_mu`, `d_logvar`, shape (B, Z) each, averaged over the K samples.
#
# For example, the one draw of the worked example, f = 1.96 with eps = 0.4 and sigma = 0.5, gives 1.568 and −0.8232.

# %% answer="score_function_gradient"
def score_function_gradient(
    f, mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor, baseline=0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of E[f(z)] by the score. mu, logvar: (B, Z), eps: (K, B, Z). Returns two (B, Z)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        sigma = torch.exp(0.5 * logvar)  # (B, Z)
        gain = (f(mu + sigma * eps) - baseline)[..., None]  # (K, B, 1)
        return (gain * eps / sigma).mean(dim=0), (gain * 0.5 * (eps**2 - 1)).mean(dim=0)
    ### END SOLUTION


# %% check="score_function_gradient"
check("score_function_gradient")

# %% [markdown]
# ## How much is one draw worth?
#
# Both estimators are right on average. What differs is their spread. For f = z² a million draws give it for the gradient with respect to μ.

# %%
mu, sigma = 1.2, 0.5
e = torch.randn(1_000_000)
z = mu + sigma * e
ways = {"path": 2 * z, "score": z**2 * e / sigma, "score, baseline 1.69": (z**2 - 1.69) * e / sigma}
for name, draws in ways.items():
    needed = draws.var() / 0.05**2
    print(f"{name:21} mean {draws.mean():.2f}, variance {draws.var():6.2f}, draws {needed:8.0f}")

# %% [markdown]
# The last column says how many draws bring the standard error to 0.05. The score needs about thirty times as many as the path; with the baseline, less than half of that. A baseline is free, and it does not close the gap.
#
# *"So how do you test an estimator without luck?"* With noise chosen so that averages come out exactly. For a polynomial of degree two the points ε = ±1 have the right mean and the right variance, so the path's gradients for z² are exact on them. The checks above use such points too.
#
# Now let the number of dimensions grow. The target is f(z) = −|z − 1|², around a point with all coordinates 1.

# %% tags=["nbval-ignore-output"]
predict("score_variance_in_100_dimensions")

# %% [markdown]
# At μ = 0 and σ = 1, the gradient for the first coordinate is 2. Along the path its variance is 4, whatever d is.

# %%
fresh = torch.Generator().manual_seed(0)
for d in (1, 2, 10, 100):
    e = torch.randn(100_000, d, generator=fresh)
    f = -((e - 1) ** 2).sum(1)
    path, score = -2 * (e[:, 0] - 1), f * e[:, 0]
    theory = 30 + 22 * (d - 1) + 4 * (d - 1) ** 2
    print(f"d = {d:3}: path {path.var():4.1f}, score {score.var():8.0f}, in theory {theory}")

# %% tags=["nbval-ignore-output"]
reveal("score_variance_in_100_dimensions")

# %% [markdown]
# Where the theory comes from: split f into A, the term of the first coordinate, and R, all others. Then z₁ A varies by 30, z₁ R by 6 (d − 1) + 4 (d − 1)², and twice their covariance is 16 (d − 1). The score multiplies the noise of one coordinate by the *whole* f, and f swells with the number of coordinates. The path asks each coordinate for its own slope and does not see the others.
#
# Is the path always the quiet one, then? Take f(z) = cos 3z, with μ = 0.3 and σ = 1.

# %% tags=["nbval-ignore-output"]
predict("which_is_noisier")

# %% [markdown]
# A million draws again.

# %%
e = torch.randn(1_000_000)
z = 0.3 + e
path, score = -3 * torch.sin(3 * z), torch.cos(3 * z) * e
print(f"path variance {path.var():.2f}, score variance {score.var():.2f}")

# %% tags=["nbval-ignore-output"]
reveal("which_is_noisier")

# %% [markdown]
# Here the path is nine times noisier. It sees the slope of f, and this f has steep slopes in both directions that nearly cancel; the score sees only its height, which stays below 1. *Lower variance* is what usually happens for the smooth f of a VAE. It is not a law.
#
# In the figure both estimators are shown draw by draw, at μ = 0.3 and σ = 1 in every dimension; the wiggle blends f from −|z − 1|² into a sum of cos 3z. Move the dimensions, the samples an estimate averages, and the wiggle of f; what stays is their common mean.

# %% tags=["nbval-ignore-output"]
estimator_histograms()

# %% [markdown]
# For readers without a running kernel, ten dimensions and one sample.

# %%
estimator_picture(dims=10, samples=1, wiggle=0.0)

# %% [markdown]
# *Four thousand estimates each of the same gradient, marked by the black line. Above, along the path: a narrow hill around it. Below, by the score: spread over the whole width; the bars at the edges count everything beyond.*
#
# ## A rest
#
# A good place to stop for today. To close: say in one sentence what moves in each of the two estimators, and what stays.
#
# ## The bound, with a path through it
#
# A model gives three functions: `encode(x)` gives μ and logvar, `decode(z)` gives the output, and `log_likelihood(x, z)` gives log p(x|z), with leading axes broadcast. Put z = μ + σε into the bound of stage 02 and average over K draws. There are two ways to do it, known as **SGVB**, stochastic
# gradient variational Bayes. In the first all three terms are sampled,
#
# $$\tilde{\mathcal L}^A(x) = \frac{1}{K}\sum_{k} \big[\log p(x|z_k) + \log p(z_k) - \log q(z_k|x)\big].$$

# %% [markdown] card="sgvb_a"
# Write `sgvb_a(x, model, eps)`: the first form, for each data point.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z). The prior is N(0, I).
# - `model.encode(x)` gives mu and logvar, (B, Z) each; `model.log_likelihood(x, z)` gives (K, B) for z of shape (K, B, Z).
# - Return shape (B,), in nats, with gradients to everything that the model was made of.
#
# For example, when q is the exact posterior, the answer is log p(x) for any noise, as in stage 02.

# %% answer="sgvb_a"
def sgvb_a(x: torch.Tensor, model, eps: torch.Tensor) -> torch.Tensor:
    """The bound with all terms sampled. x: (B, D), eps: (K, B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(dim=-1)  # (K, B)
    log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(dim=-1)  # (K, B)
    return (model.log_likelihood(x, z) + log_prior - log_q).mean(dim=0)
    ### END SOLUTION


# %% check="sgvb_a"
check("sgvb_a")

# %% [markdown]
# In the second form the last two terms are not sampled, since stage 03 has a formula for their average:
#
# $$\tilde{\mathcal L}^B(x) = \frac{1}{K}\sum_{k} \log p(x|z_k) - \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big).$$

# %% [markdown] card="sgvb_b"
# Write `sgvb_b(x, model, eps)`: the second form. `gaussian_kl` of stage 03 is imported above.
#
# - Shapes are as before; `gaussian_kl(mu, logvar)` has shape (B,). Return shape (B,), in nats, with gradients.
#
# For example, on the line of stage 02 with q = N(1, ⅓) and the one draw z = 1.2, it is −0.6624 − 0.7160 = −1.3784 nats, where the first form gives −1.8717.

# %% answer="sgvb_b"
def sgvb_b(x: torch.Tensor, model, eps: torch.Tensor) -> torch.Tensor:
    """The bound with the KL in closed form. x: (B, D), eps: (K, B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    return model.log_likelihood(x, z).mean(dim=0) - gaussian_kl(mu, logvar)
    ### END SOLUTION


# %% check="sgvb_b"
check("sgvb_b")

# %% [markdown]
# *"Surely a formula is better than samples?"* It depends on what you ask for. On the line of stage 02, at its posterior N(1, ⅓), write both forms for a single draw and look at their values, and at their gradients with respect to μ.

# %%
x, mean, var = 1.5, torch.full((200_000,), 1.0, requires_grad=True), 1 / 3
z = mean + math.sqrt(var) * torch.randn(200_000)
log_likelihood = Normal(z, math.sqrt(0.5)).log_prob(torch.tensor(x))
log_q = Normal(mean, math.sqrt(var)).log_prob(z)
a = log_likelihood + Normal(0.0, 1.0).log_prob(z) - log_q
b = log_likelihood - 0.5 * (mean**2 + var - math.log(var) - 1)
for name, form in (("A", a), ("B", b)):
    (slope,) = torch.autograd.grad(form.sum(), mean, retain_graph=True)
    print(f"form {name}: variance of the value {form.var():.3f}, of the gradient {slope.var():.3f}")

# %% [markdown]
# As a *value*, form A is perfect here: at the posterior log w is constant. As a *gradient* with respect to μ it is the noisier one. "Lower variance" needs an "of what". Form B is the usual choice, and the one of the next stage.
#
# ## Why one sample is enough
#
# A batch holds B pictures with L draws each; L is the letter of the papers, and of the practice questions, for our K. The gradient varies for two reasons: pictures differ, with variance V_x, and draws differ, with variance V_ε. Averaging over the batch divides both, averaging over draws only the second: (V_x + V_ε / L) / B. Suppose V_x = 2.88 and V_ε = 2, and
# spend a hundred evaluations in two ways.

# %%
spread_x, spread_eps = math.sqrt(2.88), math.sqrt(2.0)
for B, L in ((100, 1), (10, 10)):
    pictures = spread_x * torch.randn(20_000, B)
    draws = spread_eps * torch.randn(20_000, B, L)
    means = (pictures + draws.mean(-1)).mean(-1)
    print(f"B = {B:3}, L = {L:2}: measured {means.var():.4f}, formula {(2.88 + 2 / L) / B:.4f}")

# %% [markdown]
# A hundred pictures with one draw each are six times better than ten pictures with ten draws each, at the same cost. So L = 1, and spend what you have on pictures.
#
# One thing the path cannot do: a code that is a choice among a few, such as the face of a die, has no slope to follow. It has a score, though. A coin with the chance p = 0.3 of heads pays 5 for heads and 2 for tails. The score of heads is 1/p and that of tails −1/(1 − p), so by the score the slope is

# %%
p, heads, tails = 0.3, 5.0, 2.0
by_the_score = p * heads / p - (1 - p) * tails / (1 - p)
print(f"slope by the score {by_the_score:.2f}, exact {heads - tails:.2f}")

# %% [markdown]
# Both are 3: each bit of chance that moves from tails to heads changes 2 into 5. Stage 08 comes back to that.
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("04")

# %% [markdown]
# Transfer, on paper: write a uniform on [a, b], an exponential of rate λ and a Laplace as functions of parameters and of noise without any. Why can a die not be written so?
#
# <details><summary>Answer first, then open this.</summary>
#
# With u uniform on [0, 1]: a + (b − a) u, and −log(u) / λ. For the Laplace, m + s (log u₁ − log u₂) with two such u. A die jumps: as its chances move a little, the face stays or changes at once, and the slope is 0 or does not exist.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("04")

# %% [markdown]
# ## What you can do now
#
# You wrote a sample as a function, two estimators of one gradient and both forms of the bound. You know that the path is quiet where f is smooth and dimensions are many, that it can be the noisier one, and that one draw a picture is the best buy.
#
# Every part of a VAE is now on the table. Stage 05 puts them together.
#
# **To read.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), section 2.3, and Rezende, Mohamed and Wierstra, *Stochastic Backpropagation* (2014), found the trick at the same time. Williams, *Simple statistical gradient-following algorithms* (1992), has the score and the baseline. Mohamed, Rosca, Figurnov and
# Mnih, *Monte Carlo Gradient Estimation in Machine Learning* (2020), is the survey, with the cosine.
