# %% [markdown] card="03_gaussian_kl"
# The bound of stage 02 has two terms. One of them, KL(q ‖ p), is what an encoder pays for saying anything at all: its
# Gaussian code q for a picture is compared with the prior p, the distribution you will later draw from. The other one asks how well
# a picture is explained. This stage turns both into formulas you can trust, and finds out why most examples cannot tell a right
# formula from a wrong one.
#
# After it you can
#
# - derive the price of a diagonal Gaussian from two moments, and write it for any pair of Gaussians;
# - say what each term pushes the encoder to do, and which kind of encoder pays most;
# - choose numbers for a test that a wrong formula would fail;
# - name the likelihood behind a loss, with its constant, and keep it finite where it matters.
#
# There are two sittings: the price first, then, after a marked rest, the likelihoods.

# %% tags=["setup"]
import math

import torch

from vae_course.explore import course_style, price_map, price_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal

course_style()
torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown]
# **The cast so far, in five lines.**
#
# - A picture is x, and its short description, its *code*, is z.
# - A *decoder* p(x|z) says how likely x is for a given code; the *prior* p(z) = N(0, I) says which codes to expect before any picture is seen.
# - An *encoder* q(z|x) answers a picture with a Gaussian of codes, N(μ, diag(σ²)): one mean and one variance for each latent dimension.
# - The *KL divergence* KL(q ‖ p) is the average, under q, of log q − log p.
# - The *bound* of this course (ELBO) is the average of log p(x|z) under q, less KL(q ‖ p).
#
# Warm up with today's questions: what you missed, and what is due again. Forgetting a little first is what makes them work.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## Six formulas, one number
#
# A well-known practice problem asks for the KL divergence from q = N((2, 0), diag(0.25, 4)) to p = N(0, I). Each latent dimension
# contributes half of μ² + σ² − log σ² − 1. Do it by hand first; you need log 4 = 1.3863.
#
# Dimension 1 gives 4 + 0.25 + 1.3863 − 1 = 4.6363, dimension 2 gives 0 + 4 − 1.3863 − 1 = 1.6137. Half of their sum is 3.125 nats. Now
# the same problem by machine, with the right formula and with five that have one thing wrong.

# %%
def price(mu, var, log_weight=1.0, square=lambda mu: mu**2):
    """Price of one dimension in nats, with room for a mistake in the log or the square."""
    return 0.5 * (square(mu) + var - log_weight * math.log(var) - 1)


formulas = {
    "right": {},
    "log term dropped": {"log_weight": 0.0},
    "log term flipped": {"log_weight": -1.0},
    "log term doubled": {"log_weight": 2.0},
    "log term halved": {"log_weight": 0.5},
    "2|mu| for mu squared": {"square": lambda mu: 2 * abs(mu)},
}

# %% [markdown]
# Run all six on the practice problem, then on a second Gaussian, N((0.6, −1.1), diag(0.25, 2)).

# %%
problem = [(2.0, 0.25), (0.0, 4.0)]  # (mu, sigma squared) of each dimension
another = [(0.6, 0.25), (-1.1, 2.0)]
for name, mistake in formulas.items():
    first, second = (sum(price(*d, **mistake) for d in code) for code in (problem, another))
    print(f"{name:22}{first:8.4f} nats {second:8.4f} nats")

# %% [markdown]
# On the practice problem all six agree to the last digit. The two logs, log 0.25 and log 4, cancel, and 2² happens to be 2·2. It is
# a fine exercise for the hand, and worthless as a test: **an example is a test only if it can fail.** The second column can.
# Keep it in mind when you choose numbers of your own; the checks of this course never use the first kind.
#
# ## A number that cannot be negative
#
# Start with what a network can emit: any real number. A standard deviation is positive, so the network emits something else, the
# logarithm of the variance, logvar = log σ², and we undo it. The variance is the easy half, var = exp(logvar).

# %%
logvar = torch.tensor([-3.2, 0.0, 1.4])
print("variance", torch.exp(logvar))

# %% [markdown]
# Every real number gives a usable variance. *"Why not emit σ itself and hope?"* Because one day it comes out as −0.2. Then either a
# logarithm of it is NaN, or a square hides the sign and training goes on with a σ that nobody meant. **σ emitted raw** is
# one of the four classic mistakes of this field, and a log-variance makes it impossible. The standard deviation itself is yours to write.

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
# ## How much q does not know: the entropy
#
# Worked example, *compute KL(q ‖ p) for diagonal Gaussians*: two averages first, then their difference. The divergence is
#
# $$\mathrm{KL}(q \,\|\, p) = \mathbb{E}_q[\log q(z)] - \mathbb{E}_q[\log p(z)].$$
#
# Take one dimension, q = N(μ, σ²) and p = N(0, 1). Both logs are parabolas in z, so the averages need only two facts
# about z: E[(z − μ)²] = σ², and E[z²] = μ² + σ². Everything below is bookkeeping with them.
#
# **The first average.** log q(z) = −½ log 2πσ² − (z − μ)² / 2σ². The last term averages to ½, whatever σ is:
#
# $$\mathbb{E}_q[\log q] = -\tfrac12\left(\log 2\pi\sigma^2 + 1\right).$$
#
# Its negative is the **entropy** of q: how spread out the code is, in nats. For σ² = 0.25:

# %%
var = 0.25
print(f"entropy {0.5 * (1 + math.log(2 * math.pi * var)):.4f} nats")

# %% [markdown]
# No μ in it: moving a Gaussian does not change how much it leaves open. And nothing stops it from being negative: a density may exceed 1.
# Independent dimensions multiply their densities, so their logs, and with them entropies, **add**. Rows of a batch are
# different pictures and stay apart. Write it for a batch, from logvar.

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
# ## How badly p expects z: the cross-entropy
#
# **The second average.** log p(z) = −½ log 2π − z² / 2, and the square averages to μ² + σ², the second moment:
#
# $$-\mathbb{E}_q[\log p] = \tfrac12\left(\log 2\pi + \mu^2 + \sigma^2\right).$$
#
# It is the **cross-entropy** of q to p: the surprise, on average, of somebody who believes in p while z comes from q. For
# μ = 0.6 and σ² = 0.25:

# %%
mu = 0.6
print(f"cross-entropy {0.5 * (math.log(2 * math.pi) + mu**2 + var):.4f} nats")

# %% [markdown]
# *"Why μ² + σ² and not just μ²?"* Because z is not μ: it is spread around it, and a square feels both sides. Forgetting
# the spread of z is the slip that most people make here.

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
    """Cross-entropy of N(mu, exp(logvar)) to N(0, I). mu, logvar: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return 0.5 * (math.log(2 * math.pi) + mu.square() + logvar.exp()).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_cross_entropy"
check("gaussian_cross_entropy")

# %% [markdown]
# ## The price
#
# Subtract the entropy from the cross-entropy. The log 2π cancels, and what stays is the formula of the practice problem:
#
# $$\mathrm{KL} = \tfrac12\left(\mu^2 + \sigma^2 - \log\sigma^2 - 1\right).$$
#
# **Worked.** μ = 0.6, σ² = 0.25: the pieces are 0.36 + 0.25 + 1.3863 − 1, and half of their sum is 0.4981 nats.
#
# **Its twin, with a gap for you.** μ = −1.1, σ² = 2: the pieces are 1.21 + 2 − ☐ − 1, and half of their sum is ☐.
#
# <details><summary>Fill both gaps on paper, then open this.</summary>
#
# The first gap is log 2 = 0.6931, the second 0.7584 nats. With all digits kept, it adds up with the worked one to 1.2566, the number that told the
# six formulas apart.
#
# </details>
#
# *"Could I trust a derivation I did at midnight?"* Do not trust it: average log q − log p over samples and compare.

# %%
believed, true = torch.distributions.Normal(0, 1), torch.distributions.Normal(mu, math.sqrt(var))
z = true.sample((100_000,))
difference = true.log_prob(z) - believed.log_prob(z)
error = difference.std() / math.sqrt(len(z))
print(f"mean {difference.mean():.3f} ± {error:.3f} nats")
print(f"negative in {(difference < 0).float().mean():.0%} of single draws")

# %% [markdown]
# The average lies about one standard error from the formula's 0.4981, which is as near as chance lets it come. Read the last line too: one draw in seven gives a *negative* number.
# That is no bug. Only the average of log q − log p may not be negative.
#
# ## Who pays most?
#
# Three encoders of one dimension. Decide before you compute.

# %% tags=["nbval-ignore-output"]
predict("who_pays_most")

# %% [markdown]
# Now the numbers.

# %%
encoders = {"A, mu 2": (2.0, 1.0), "B, sigma 0.1": (0.0, 0.1), "C, sigma 3": (0.0, 3.0)}
for name, (mean, sigma) in encoders.items():
    print(f"{name:14}{price(mean, sigma**2):6.2f} nats")

# %% tags=["nbval-ignore-output"]
reveal("who_pays_most")

# %% [markdown]
# Breadth costs σ², sharpness only a logarithm. Halve a sharp σ again and again and watch the price.

# %%
for sigma in (1 / 2, 1 / 4, 1 / 8, 1 / 16):
    print(f"sigma {sigma:6.4f}: {price(0.0, sigma**2):.3f} nats")

# %% [markdown]
# Each halving adds an amount that comes ever closer to log 2 = 0.693 nats, which is one bit: being twice as precise costs one bit more. The
# derivative with respect to μ is μ, and with respect to logvar it is ½(σ² − 1): a pull of the mean to 0, and of the variance to 1.
#
# The map shows the whole landscape. Move the sliders with the mouse, or Tab to one and use the arrow keys; the sentence below says what you see.

# %% tags=["nbval-ignore-output"]
price_map()

# %% [markdown]
# For readers without a running kernel, the same landscape as a picture, at the code of the worked example.

# %%
price_picture(mu=0.6, sigma=0.5)

# %% [markdown]
# *Left: the price of one latent dimension over mean and standard deviation, zero at the white dot, μ = 0 and σ = 1, with walls that rise
# gently towards small σ and steeply towards large σ and far means; the arrow at (0.6, 0.5) points where the prior pulls. Right: what its mean, its
# breadth and its sharpness cost there.*
#
# Now the price of a whole code, for a whole batch, from logvar.

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
# ## Another prior
#
# *"Is this term just weight decay on the code?"* No, and believing so is another of the four classic mistakes, **the KL as a generic
# penalty**. It pulls towards *this* prior, the one you will draw from later. Choose another prior and the pull moves with it: stage 08
# learns one, and needs the price between any two Gaussians.
#
# Here is its derivation for one dimension, q = N(μ_q, v_q) and p = N(μ_p, v_p), with gaps. The first average is as before. The second is
#
# $$-\mathbb{E}_q[\log p] = \tfrac12\Big(\log 2\pi\,\square + \frac{\mathbb{E}_q[(z-\mu_p)^2]}{\square}\Big),
# \qquad \mathbb{E}_q[(z-\mu_p)^2] = \square + (\mu_q-\mu_p)^2 .$$
#
# <details><summary>Fill the three gaps on paper, then open this.</summary>
#
# They are v_p, v_p and v_q. The last one is the second moment again, measured from p's mean: how far q's mean is away, and how far z strays
# from it. Subtract the entropy of q, and the 2π cancels once more.
#
# </details>
#
# Two ways to see whether you are right: with p = N(0, 1) it must give back the formula above, and shifting or stretching both Gaussians
# alike must not change it, because a price in nats knows nothing of the units of z.

# %%
def stretched(code, factor):
    """The same Gaussian, (mean, variance), in units that are `factor` times smaller."""
    return code[0] * factor, code[1] * factor**2


q, p = (0.6, 0.25), (1.0, 2.0)
print("metres     ", q, p)
print("centimetres", stretched(q, 100), stretched(p, 100))

# %% [markdown]
# Both lines describe the same two beliefs, as (mean, variance). A variance has the unit of a square, so it grows by 100².

# %% [markdown] card="gaussian_kl_between"
# Write `gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)`: for each row, the KL divergence from q = N(mu_q, diag(exp(logvar_q)))
# to p = N(mu_p, diag(exp(logvar_p))), in closed form.
#
# - All four have shape (B, Z); both logvars are log σ².
# - Return shape (B,), in nats. A part of the points is for pairs on another scale: both σ near 10⁻¹³, or both near 10¹³.
#
# For example, from N(0.6, 0.25) to N(1, 2), in one dimension, it is 0.6422 nats.

# %% answer="gaussian_kl_between"
def gaussian_kl_between(
    mu_q: torch.Tensor, logvar_q: torch.Tensor, mu_p: torch.Tensor, logvar_p: torch.Tensor
) -> torch.Tensor:
    """KL(N(mu_q, exp(logvar_q)) || N(mu_p, exp(logvar_p))). All: (B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    squares = logvar_q.exp() + (mu_q - mu_p).square()
    return 0.5 * (logvar_p - logvar_q + squares / logvar_p.exp() - 1).sum(dim=-1)  # (B, Z) -> (B,)
    ### END SOLUTION


# %% check="gaussian_kl_between"
check("gaussian_kl_between")

# %% [markdown]
# ## When there is no formula
#
# Most pairs of distributions have no closed form. Then the price is an average over samples, as in the midnight test above, and an average without
# its error is half a number. The standard error is the spread of the single draws divided by √K. Here it is for four sizes of sample.

# %%
for K in (10, 100, 1000, 10_000):
    draws = difference[:K]
    print(f"K = {K:6}: {draws.mean():.3f} ± {draws.std() / math.sqrt(K):.3f} nats")

# %% [markdown]
# A hundred times as many draws buy one more digit. Now for a batch: K samples for each row, on the first axis. Both
# densities are asked about the *same* z, and only at the very end is anything averaged.

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
    """Estimate of KL(q || N(0, I)) from z ~ q, and its standard error.

    mu, logvar: (B, Z). z: (K, B, Z). Returns two tensors of shape (B,), in nats.
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
# ## A rest
#
# This is the end of the first sitting. Save, and come back after a break; the second half takes about half an hour. A good way to close: say
# in one sentence, without looking, why N(0, 3²) pays more than N(0, 0.1²).
#
# ## Name the likelihood, or the bound means nothing
#
# The other term of the bound is the average of log p(x|z). A network that puts out a picture has not put out a probability.
# **A decoder with no likelihood** is the third classic mistake: "the reconstruction error" is a distance, and a distance cannot be added to a price in
# nats. So say it: given z, each pixel is Gaussian around the decoder's output with standard deviation σ, and
#
# $$\log p(x|z) = -\tfrac{D}{2}\log 2\pi\sigma^2 - \frac{S}{2\sigma^2},\qquad S = \sum_{d=1}^{D}(x_d-\text{mean}_d)^2 .$$
#
# S is a *sum* over the D pixels, not a mean. And σ is a choice with consequences.

# %% tags=["nbval-ignore-output"]
predict("halved_sigma")

# %% [markdown]
# The same error, S = 0.53 over D = 2 pixels, under three decoders:

# %%
S, D = 0.53, 2
for sigma in (1.0, 0.5, 0.25):
    constant, paid = -0.5 * D * math.log(2 * math.pi * sigma**2), S / (2 * sigma**2)
    print(f"sigma {sigma:4}: {constant:6.3f} constant, {-paid:6.3f} error,", end=" ")
    print(f"{constant - paid:6.3f} nats in all")

# %% tags=["nbval-ignore-output"]
reveal("halved_sigma")

# %% [markdown]
# The error weighs ½, 2, 8 times S: choosing σ is choosing how errors are traded against the price of the code. The constant moves the
# other way, so neither a large nor a tiny σ wins for free, and a log-likelihood without it cannot be compared with another one.

# %% [markdown] card="gaussian_log_likelihood"
# Write `gaussian_log_likelihood(x, mean, sigma)`: for each row, the log-density of x under N(mean, σ²I), constants included.
#
# - `x` and `mean` have shape (B, D); `sigma` is one positive number, a standard deviation, as a Python float.
# - Return shape (B,), in nats; larger is better. A part of the points is for x sixty σ away from the mean.
#
# For example, the one row x = (0.3, −0.5), mean = (0.1, 0.2) with sigma = 0.5 has the log-likelihood −1.5116 nats.

# %% answer="gaussian_log_likelihood"
def gaussian_log_likelihood(x: torch.Tensor, mean: torch.Tensor, sigma: float) -> torch.Tensor:
    """Log-density of x under N(mean, sigma^2 I), by row. x, mean: (B, D). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    constant = -0.5 * x.shape[-1] * math.log(2 * math.pi * sigma**2)
    return constant - (x - mean).square().sum(dim=-1) / (2 * sigma**2)  # (B, D) -> (B,)
    ### END SOLUTION


# %% check="gaussian_log_likelihood"
check("gaussian_log_likelihood")

# %% [markdown]
# ## Black and white
#
# A binary pixel needs a Bernoulli. The decoder puts out a logit l, any real number, and white has probability π = sigmoid(l). Written as
# it is defined, the log-likelihood is x log π + (1 − x) log(1 − π). Watch it at a confident, and wrong, pixel.

# %%
l, x = torch.tensor([2.0, 20.0, 90.0]), 0.0
pi = torch.sigmoid(l)
print("as defined, in nats:", x * torch.log(pi) + (1 - x) * torch.log(1 - pi))

# %% [markdown]
# In single precision sigmoid(20) rounds to exactly 1, and log(1 − 1) is −∞: one pixel destroys the gradient of a whole batch. Nothing is wrong with the
# mathematics. log(1 − π) is −log(1 + eˡ), which for large l is close to −l: for l = 20 it should read −20. Find a way of writing it in which no
# number is lost on the way. *"A small constant inside the log?"* It makes the number finite, and wrong.

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
# ## Grey is not half white
#
# *"My pixels are grey, between 0 and 1. May I feed them to the Bernoulli anyway?"* Many programs do. Look at the best score that a grey pixel can get.

# %%
pi = torch.linspace(0.001, 0.999, 999)
for grey in (0.0, 0.1, 0.5):
    score = grey * torch.log(pi) + (1 - grey) * torch.log(1 - pi)
    print(f"grey {grey}: at best {score.max():.3f} nats, at pi = {pi[score.argmax()]:.3f}")

# %% [markdown]
# A pixel of 0.5 never gets above −0.693, even when the decoder predicts it perfectly: this is not a density for greys, and nats from it are not
# comparable with anything. Two honest ways out appear in stage 05: make pixels black and white, or count. Where a grey level says how many
# of 16 tiny pixels are on, it is **Binomial(16, π)**: 16 draws of one coin.
#
# A third kind of data is a choice among many, such as the next word. Its likelihood is **categorical**: one logit for each word, and
# the log-probability of word k is its logit minus the log-sum-exp of all. In three lines:

# %%
word_logits = torch.tensor([2.0, 0.5, -1.0])
print("log-probabilities, in nats", torch.log_softmax(word_logits, dim=0))
print("probabilities add up to", torch.log_softmax(word_logits, dim=0).exp().sum())

# %% [markdown]
# A bare logit is no log-probability: adding 7 to all three changes nothing about the words, and the log-sum-exp is what takes it out again.
#
# ## The squared error was a likelihood all along
#
# A classic practice problem asks to show that, with σ fixed, maximising the average log-likelihood is minimising the average squared error. Read the
# formula again: one part never sees x, and the other is S times a number. *"So is mean squared error wrong?"* No. It is a Gaussian with a σ that nobody stated,
# and with it a weight against the KL that nobody chose. As a function of S, it is a straight line: say which.

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
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("03")

# %% [markdown]
# Transfer, on paper: a network emits log σ instead of log σ². Which terms of the price must be written differently, and how?
#
# <details><summary>Answer first, then open this.</summary>
#
# Two terms. With s = log σ, the variance is exp(2s) and its log is 2s, so the price is ½ (μ² + exp(2s) − 2s − 1).
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("03")

# %% [markdown]
# ## What you can do now
#
# You derived the price of a Gaussian code from two moments, filled the gaps for any pair, and checked both against samples. You named two likelihoods,
# kept one of them finite, and found the σ that hides in a squared error. You also know which numbers make a test.
#
# One term is still an average over z, and z depends on what we train. How a gradient gets through a sample is stage 04.
#
# **To read.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), appendix B, has the first formula. Kullback and Leibler,
# *On Information and Sufficiency* (1951), is where the divergence comes from. Loaiza-Ganem and Cunningham, *The continuous Bernoulli* (2019), is about the grey
# pixels.
