# %% [markdown] card="03_gaussian_kl"
# The bound of stage 02 has two terms. One of them, KL(q ‖ p), is what an encoder pays for saying anything at all: its
# Gaussian code q for an image is compared with the prior p, the distribution you will later draw from. This stage turns that
# price into a formula you can trust, and finds out why most examples cannot tell a right formula from a wrong one.
#
# After it you can
#
# - derive the price of a diagonal Gaussian from two moments, and write it as four lines of code;
# - say what each term pushes the encoder to do, and which kind of encoder pays most;
# - choose numbers for a test that a wrong formula would fail.

# %% tags=["setup"]
import math

import matplotlib.pyplot as plt
import torch

from vae_course.learn import check

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown]
# ## Six formulas, one number
#
# A well-known practice problem asks for the KL divergence from q = N((2, 0), diag(0.25, 4)) to p = N(0, I). Each latent dimension
# contributes half of μ² + σ² − log σ² − 1. Below, the right formula stands beside five others, each with one thing wrong.

# %%
def contributions(mu, var, log_weight=1.0, square=lambda mu: mu**2):
    """The price of each dimension, in nats, with room for a mistake in the log term or in the square."""
    return 0.5 * (square(mu) + var - log_weight * torch.log(var) - 1)


formulas = {
    "right": {},
    "log term dropped": {"log_weight": 0.0},
    "log term flipped": {"log_weight": -1.0},
    "log term doubled": {"log_weight": 2.0},
    "log term halved": {"log_weight": 0.5},
    "2|mu| for mu squared": {"square": lambda mu: 2 * mu.abs()},
}

# %% [markdown]
# Run all six on the practice problem first, then on a second Gaussian, N((0.6, −1.1), diag(0.25, 2)).

# %%
practice = torch.tensor([2.0, 0.0]), torch.tensor([0.25, 4.0])
another = torch.tensor([0.6, -1.1]), torch.tensor([0.25, 2.0])
for name, mistake in formulas.items():
    first, second = (contributions(*case, **mistake).sum() for case in (practice, another))
    print(f"{name:22}{first:8.4f} nats {second:8.4f} nats")

# %% [markdown]
# On the practice problem all six agree to the last digit. The two logs, log 0.25 and log 4, cancel, and 2² happens to be 2·2. It is
# a fine exercise for the hand, and worthless as a test: **an example is a test only if it can fail.** The second column can.
# Keep it in mind when you choose numbers of your own; the checks of this course never use the first kind.
#
# ## A number that cannot be negative
#
# Where does the formula come from? Start with what a network can emit: any real number. A standard deviation is positive, so
# the network emits something else, the logarithm of the variance, and we undo it: σ² = exp(logvar), σ = exp(logvar / 2).

# %%
logvar = torch.tensor([-3.2, 0.0, 1.4])
print("variance ", torch.exp(logvar))
print("sigma    ", torch.exp(0.5 * logvar))

# %% [markdown]
# Every real number gives a usable σ: −3.2 becomes 0.202 and 1.4 becomes 2.014. *"Why not emit σ itself and hope?"* Because one day it
# comes out as −0.2. Then either a logarithm of it is NaN, or a square hides the sign and training goes on with a σ that nobody meant.
# Emitting σ raw is one of the four classic mistakes of this field; exp(logvar / 2) makes it impossible.

# %% [markdown]
# TODO lesson: std_from_logvar

# %% [markdown] card="std_from_logvar"
# Write `std_from_logvar(logvar)`: the standard deviation that belongs to each log-variance.
#
# - `logvar` is log σ²; it may have any shape.
# - Return σ, with the same shape. A part of the points is for logvar = ±120, where σ² itself does not fit into float32.
#
# For example, logvar = 2.2 gives σ = 3.0042.

# %% answer="std_from_logvar"
def std_from_logvar(logvar: torch.Tensor) -> torch.Tensor:
    """Standard deviation for each log of a variance. logvar: any shape. Returns the same shape."""
    ### BEGIN SOLUTION
    return torch.exp(0.5 * logvar)
    ### END SOLUTION


# %% check="std_from_logvar"
check("std_from_logvar")

# %% [markdown]
# ## Two averages
#
# The divergence is a difference of two averages under q:
#
# $$\mathrm{KL}(q \,\|\, p) = \mathbb{E}_q[\log q(z)] - \mathbb{E}_q[\log p(z)].$$
#
# Take one dimension, q = N(μ, σ²) and p = N(0, 1). Both logs are parabolas in z, so the averages need only two facts
# about z: 𝔼[(z − μ)²] = σ², and 𝔼[z²] = μ² + σ². Everything below is bookkeeping with them.
#
# **The first average.** log q(z) = −½ log 2πσ² − (z − μ)² / 2σ². The last term averages to ½, whatever σ is:
#
# $$\mathbb{E}_q[\log q] = -\tfrac12\left(\log 2\pi\sigma^2 + 1\right).$$
#
# **The second.** log p(z) = −½ log 2π − z² / 2, and the square averages to μ² + σ²:
#
# $$\mathbb{E}_q[\log p] = -\tfrac12\left(\log 2\pi + \mu^2 + \sigma^2\right).$$
#
# Here are both for μ = 0.6 and σ² = 0.25.

# %%
mu, var = 0.6, 0.25
entropy = 0.5 * (1 + math.log(2 * math.pi * var))  # minus the first average
cross_entropy = 0.5 * (math.log(2 * math.pi) + mu**2 + var)  # minus the second
print(f"entropy {entropy:.4f}, cross-entropy {cross_entropy:.4f}, difference {cross_entropy - entropy:.4f} nats")

# %% [markdown]
# The first number is the entropy of q, the second its cross-entropy to the prior. Their difference, 0.4981 nats, is the
# price. In the difference the log 2π cancels, and what stays is the formula:
#
# $$\mathrm{KL} = \tfrac12\left(\mu^2 + \sigma^2 - \log\sigma^2 - 1\right).$$
#
# *"Could I trust a derivation I did at midnight?"* Do not trust it: average log q − log p over samples and compare.

# %%
z = mu + math.sqrt(var) * torch.randn(100_000)
log_q = -0.5 * (math.log(2 * math.pi * var) + (z - mu) ** 2 / var)
log_p = -0.5 * (math.log(2 * math.pi) + z**2)
difference = log_q - log_p
error = difference.std() / math.sqrt(len(z))
print(f"mean {difference.mean():.3f} ± {error:.3f} nats, negative in {(difference < 0).float().mean():.0%} of single draws")

# %% [markdown]
# The average agrees with the formula within its standard error. Read the last figure too: one draw in seven gives a *negative* number.
# That is no bug. A single sample may say anything; only the average, which is the divergence, can never fall below 0.
#
# ## What each term wants
#
# The two derivatives are the forces on the encoder: ∂KL/∂μ = μ, and ∂KL/∂logvar = ½(σ² − 1). The first pulls the mean to 0,
# the second pulls the variance to 1 from both sides. Who pays most: A with μ = 2 and σ = 1, B with μ = 0 and σ = 0.1, or C with
# μ = 0 and σ = 3? Decide before you run the cell.

# %%
encoders = {"A, far away": (2.0, 1.0), "B, very sure": (0.0, 0.1), "C, very vague": (0.0, 3.0)}
for name, (mu, sigma) in encoders.items():
    price = contributions(torch.tensor(mu), torch.tensor(sigma**2))
    print(f"{name:14} {price:.2f} nats")

# %% [markdown]
# Most people fear the sharp one, and C pays most. Vagueness costs σ², sharpness only a logarithm: each halving of a small σ
# adds at most log 2 = 0.69 nats. The map shows the whole landscape, with the downhill direction as arrows.

# %%
mus, sigmas = torch.linspace(-3, 3, 121), torch.linspace(0.1, 3, 117)
grid_mu, grid_sigma = torch.meshgrid(mus, sigmas, indexing="xy")
price = contributions(grid_mu, grid_sigma**2)
down_mu, down_sigma = -grid_mu, -(grid_sigma - 1 / grid_sigma)

# %% [markdown]
# The arrows are minus the derivatives with respect to μ and σ, drawn at one point in twelve and all to the same length.

# %%
fig, ax = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
levels = [0.05, 0.2, 0.5, 1, 2, 3, 4, 6, 8]
ax.contour(mus, sigmas, price, levels, colors="white", linewidths=0.6)
image = ax.pcolormesh(mus, sigmas, price, cmap="viridis", vmax=8)
at = (slice(6, None, 12), slice(6, None, 12))
length = torch.hypot(down_mu, down_sigma)
ax.quiver(grid_mu[at], grid_sigma[at], (down_mu / length)[at], (down_sigma / length)[at], color="white", width=0.004)
ax.plot(0, 1, "o", color="white")
ax.set(xlabel="mean μ", ylabel="standard deviation σ")
fig.colorbar(image, label="price, nats per dimension", extend="max");

# %% [markdown]
# *Price of one latent dimension over mean and standard deviation: zero at the white dot, μ = 0 and σ = 1, with walls that rise
# gently toward small σ and steeply toward large σ and far means.*
#
# ## Dimensions add, rows stay
#
# Independent dimensions multiply their densities, so their logs, and with them their prices, **add**: a code of Z numbers pays
# the sum over its Z dimensions. Different images are different codes: each row of a batch keeps a price of its own.
# For the second Gaussian from above that is

# %%
price = contributions(*another)
print("per dimension", price, "sum", price.sum())

# %% [markdown]
# 0.4981 and 0.7584 nats, together 1.2566: the number that told the six formulas apart. Now it is your turn, for a whole batch,
# and from logvar instead of the variance.

# %% [markdown]
# TODO lesson: gaussian_entropy

# %% [markdown] card="gaussian_entropy"
# Write `gaussian_entropy(logvar)`: for each row, the entropy of N(μ, diag(exp(logvar))). It does not depend on μ.
#
# - `logvar` has shape (B, Z); it is log σ².
# - Return shape (B,), in nats. A part of the points is for logvar = ±120.
#
# For example, the one row logvar = (log 0.25, log 2) has the entropy 2.4913 nats.

# %% answer="gaussian_entropy"
def gaussian_entropy(logvar: torch.Tensor) -> torch.Tensor:
    """Entropy of a diagonal Gaussian, row by row. logvar: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_entropy"
check("gaussian_entropy")

# %% [markdown]
# TODO lesson: gaussian_cross_entropy

# %% [markdown] card="gaussian_cross_entropy"
# Write `gaussian_cross_entropy(mu, logvar)`: for each row, the average of −log p(z) when z is drawn from q = N(mu,
# diag(exp(logvar))) and p is N(0, I), in closed form.
#
# - `mu` and `logvar` have shape (B, Z); `logvar` is log σ².
# - Return shape (B,), in nats, constants included.
#
# For example, the one row mu = (0.6, −1.1), logvar = (log 0.25, log 2) has the cross-entropy 3.7479 nats.

# %% answer="gaussian_cross_entropy"
def gaussian_cross_entropy(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of N(mu, exp(logvar)) to N(0, I), row by row. mu, logvar: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return 0.5 * (math.log(2 * math.pi) + mu.square() + logvar.exp()).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_cross_entropy"
check("gaussian_cross_entropy")

# %% [markdown]
# TODO lesson: gaussian_kl

# %% [markdown] card="gaussian_kl"
# Write `gaussian_kl(mu, logvar)`: for each row, the KL divergence from N(mu, diag(exp(logvar))) to N(0, I), in closed form.
#
# - `mu` and `logvar` have shape (B, Z); `logvar` is log σ².
# - Return shape (B,), in nats.
#
# For example, the one row mu = (0.6, −1.1), logvar = (log 0.25, log 2) costs 1.2566 nats.

# %% answer="gaussian_kl"
def gaussian_kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """KL(N(mu, exp(logvar)) || N(0, I)) of each row. mu, logvar: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_kl"
check("gaussian_kl")

# %% [markdown]
# TODO lesson: gaussian_kl_between

# %% [markdown] card="gaussian_kl_between"
# Write `gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)`: for each row, the KL divergence from q = N(mu_q, diag(exp(logvar_q)))
# to p = N(mu_p, diag(exp(logvar_p))), in closed form.
#
# - All four have shape (B, Z); both logvars are log σ².
# - Return shape (B,), in nats. It must work on any scale: a part of the points is for σ near 10⁻¹³ and near 10¹³.
#
# For example, from N(0.6, 0.25) to N(1, 2), in one dimension, it is 0.6422 nats.

# %% answer="gaussian_kl_between"
def gaussian_kl_between(
    mu_q: torch.Tensor, logvar_q: torch.Tensor, mu_p: torch.Tensor, logvar_p: torch.Tensor
) -> torch.Tensor:
    """KL(N(mu_q, exp(logvar_q)) || N(mu_p, exp(logvar_p))) of each row. All four: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    squares = logvar_q.exp() + (mu_q - mu_p).square()
    return 0.5 * (logvar_p - logvar_q + squares / logvar_p.exp() - 1).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_kl_between"
check("gaussian_kl_between")

# %% [markdown]
# TODO lesson: kl_monte_carlo

# %% [markdown] card="kl_monte_carlo"
# Write `kl_monte_carlo(mu, logvar, z)`: for each row, an estimate of KL(q ‖ N(0, I)) from samples z of q = N(mu,
# diag(exp(logvar))), and how far it can be trusted.
#
# - `mu` and `logvar` have shape (B, Z), `z` has shape (K, B, Z): K samples for each row, drawn already.
# - Return a pair. `estimate`, shape (B,), is the average of log q(z) − log p(z) over the K samples, in nats.
# - `standard_error`, shape (B,), is the standard deviation of those K numbers divided by √K. Use the standard deviation with K − 1
#   in it, which is PyTorch's default.
#
# For example, mu = 0.6, logvar = log 0.25 with the three samples z = 0.1, 0.6, 1.4 gives 0.4881 ± 0.2006 nats.

# %% answer="kl_monte_carlo"
def kl_monte_carlo(
    mu: torch.Tensor, logvar: torch.Tensor, z: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Estimate of KL(q || N(0, I)) from z ~ q, and its standard error. mu, logvar: (B, Z). z: (K, B, Z).

    Returns two tensors of shape (B,), in nats.
    """
    ### BEGIN SOLUTION
    log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu).square() / logvar.exp())
    log_p = -0.5 * (math.log(2 * math.pi) + z.square())
    samples = (log_q - log_p).sum(dim=-1)  # (K, B, Z) -> (K, B)
    return samples.mean(dim=0), samples.std(dim=0) / math.sqrt(len(z))  # (B,), (B,)
    ### END SOLUTION


# %% check="kl_monte_carlo"
check("kl_monte_carlo")

# %% [markdown]
# TODO lesson: rest

# %% [markdown]
# TODO lesson: gaussian_log_likelihood

# %% [markdown] card="gaussian_log_likelihood"
# Write `gaussian_log_likelihood(x, mean, sigma)`: for each row, the log-density of x under N(mean, σ²I), constants included.
#
# - `x` and `mean` have shape (B, D); `sigma` is one positive number, a standard deviation, as a Python float.
# - Return shape (B,), in nats; larger is better. A part of the points is for x sixty σ away from the mean.
#
# For example, the one row x = (0.3, −0.5), mean = (0.1, 0.2) with sigma = 0.5 has the log-likelihood −1.5116 nats.

# %% answer="gaussian_log_likelihood"
def gaussian_log_likelihood(x: torch.Tensor, mean: torch.Tensor, sigma: float) -> torch.Tensor:
    """Log-density of each row of x under N(mean, sigma^2 I). x, mean: (B, D). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    constant = -0.5 * x.shape[-1] * math.log(2 * math.pi * sigma**2)
    return constant - (x - mean).square().sum(dim=-1) / (2 * sigma**2)  # (B, D) -> (B,)
    ### END SOLUTION


# %% check="gaussian_log_likelihood"
check("gaussian_log_likelihood")

# %% [markdown]
# TODO lesson: bernoulli_log_likelihood

# %% [markdown] card="bernoulli_log_likelihood"
# Write `bernoulli_log_likelihood(x, logits)`: for each row, the log-probability of the black and white picture x when pixel d is
# white with probability sigmoid(logits[d]).
#
# - `x` has shape (B, D) and holds zeros (black) and ones (white), as floats; `logits` has shape (B, D).
# - Return shape (B,), in nats; larger is better. A part of the points is for logits up to ±100, value and gradient.
#
# For example, the one row x = (1, 0, 0), logits = (0.5, −1.2, 2) has the log-likelihood −2.8643 nats.

# %% answer="bernoulli_log_likelihood"
def bernoulli_log_likelihood(x: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Log-probability of each row of a binary x. x, logits: (B, D). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return (x * logits - torch.nn.functional.softplus(logits)).sum(dim=-1)  # (B, D) -> (B,)
    ### END SOLUTION


# %% check="bernoulli_log_likelihood"
check("bernoulli_log_likelihood")

# %% [markdown]
# TODO lesson: mse_relation

# %% [markdown] card="mse_relation"
# Write `mse_relation(D, sigma)`: the two numbers a and b for which
#
# $$\log \mathcal{N}(x;\, \text{mean}, \sigma^2 I) = a - b \cdot S,\qquad S = \sum_{d=1}^{D} (x_d - \text{mean}_d)^2 .$$
#
# - `D` is the number of dimensions, `sigma` the standard deviation.
# - Return the pair (a, b); plain numbers or tensors without axes, both are fine.
#
# For example, D = 2 and sigma = 0.5 give a = −0.4516 and b = 2.

# %% answer="mse_relation"
def mse_relation(D: int, sigma: float) -> tuple[float, float]:
    """The a and b in: Gaussian log-likelihood = a - b * S, with S the sum of D squared errors."""
    ### BEGIN SOLUTION
    return -0.5 * D * math.log(2 * math.pi * sigma**2), 1 / (2 * sigma**2)
    ### END SOLUTION


# %% check="mse_relation"
check("mse_relation")

# %% [markdown]
# ## What you can do now
#
# You derived the price of a Gaussian code from two moments, checked it against samples, and wrote it for a batch. You also know
# which numbers make a test. The same habits carry the other half of the bound: naming a likelihood, and pricing it in full.
#
# **To read.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), appendix B, has this formula. Kullback and Leibler,
# *On Information and Sufficiency* (1951), is where the divergence comes from.
