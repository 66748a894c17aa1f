# %% [markdown] card="06_beta_vae"
# What if the latent is ignored? After this stage you can say what a nat of code is worth.

# %% tags=["setup"]
import math

import torch

from vae_course.learn import check
from vae_course.models.toolbox.stage_03 import gaussian_kl
from vae_course.models.toolbox.stage_04 import reparameterize

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown] card="beta_elbo"
# Write `beta_elbo(expected_log_likelihood, kl, beta)`: the bound, in which each nat of KL costs `beta`.
#
# - `expected_log_likelihood` and `kl` have shape (B,), in nats; `beta` is a number above 0.
# - Return shape (B,), to be maximised. With beta = 1 it is the ELBO of stage 02. Gradients must reach both inputs.
#
# For example, an expected log-likelihood of -12 nats and a KL of 6.5 nats give -25 at beta = 2.

# %% answer="beta_elbo"
def beta_elbo(
    expected_log_likelihood: torch.Tensor, kl: torch.Tensor, beta: float
) -> torch.Tensor:
    """The bound with the price beta on each nat of KL. Two times (B,), in nats. Returns (B,)."""
    ### BEGIN SOLUTION
    return expected_log_likelihood - beta * kl
    ### END SOLUTION


# %% check="beta_elbo"
check("beta_elbo")

# %% [markdown] card="linear_rates"
# Write `linear_rates(variances, sigma, beta)`: what the best linear VAE spends on each principal direction of the data, and
# how much squared error it leaves there.
#
# - `variances` has shape (Z,): the variance of the data in each direction, 0 or more; `sigma` is the standard deviation of
#   the decoder's noise, `beta` the price of a nat.
# - Return the pair rate, error, shape (Z,) each: nats, and the mean squared error.
# - A direction that is not worth its price has the rate 0 exactly, and its whole variance is left.
#
# For example, with sigma = 0.5 and beta = 2 a direction of variance 0.8 gets 0.235 nats and keeps an error of 0.5; one of
# variance 0.3 gets 0 nats and keeps 0.3.

# %% answer="linear_rates"
def linear_rates(
    variances: torch.Tensor, sigma: float, beta: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rate and squared error of each direction under the best linear code. (Z,) to (Z,), (Z,)."""
    ### BEGIN SOLUTION
    level = beta * sigma**2  # the error at which one more nat is not worth its price
    rate = 0.5 * torch.log(variances / level)  # (Z,), below 0 where the variance is below the level
    return rate.clamp(min=0), variances.clamp(max=level)
    ### END SOLUTION


# %% check="linear_rates"
check("linear_rates")

# %% [markdown] card="rate_distortion"
# Write `rate_distortion(x, model, eps)`: what a model spends on its codes, and what it then still needs for x.
#
# - `x` has shape (B, D), `eps` (K, B, Z). `model.encode(x)` gives mu and logvar, and `model.log_likelihood(x, z)` takes
#   z of shape (K, B, Z).
# - Return the pair rate, distortion: two tensors without axes, in nats/image, means over the batch. The rate is the KL to
#   the prior in closed form; the distortion is minus the log-likelihood, averaged over the K samples.
#
# For example, a batch of two images whose codes have KLs of 3 and 5 nats has the rate 4, whatever `eps` is.

# %% answer="rate_distortion"
def rate_distortion(
    x: torch.Tensor, model, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean KL and mean minus log-likelihood, nats/image. x: (B, D), eps: (K, B, Z)."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)  # (B, Z) each
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    rate = gaussian_kl(mu, logvar)  # (B,)
    distortion = -model.log_likelihood(x, z)  # (K, B)
    return rate.mean(), distortion.mean()
    ### END SOLUTION


# %% check="rate_distortion"
check("rate_distortion")

# %% [markdown] card="active_units"
# Write `active_units(mu, threshold=0.01)`: the number of latent dimensions in use.
#
# - `mu` has shape (N, Z): the posterior means of N images.
# - A dimension is active when the variance of its mean over the N images is greater than `threshold`.
# - Return a plain int.
#
# For example, the columns (1, 1, 1) and (0, 2, 1) have one active dimension between them.

# %% answer="active_units"
def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """How many columns of mu vary over the data by more than the threshold. mu: (N, Z)."""
    ### BEGIN SOLUTION
    variance = mu.var(dim=0)  # (Z,), over the data
    return int((variance > threshold).sum())
    ### END SOLUTION


# %% check="active_units"
check("active_units")

# %% [markdown] card="kl_weight"
# Write `kl_weight(step, warmup_steps)`: the weight of the KL while training warms up.
#
# - Both are whole numbers, 0 or more. The weight is 0 at step 0, rises on a straight line, and is 1 at step
#   `warmup_steps` and ever after. A warm-up of 0 steps is over at once: then the weight is 1 from step 0 on.
# - Return a plain number, no tensor.
#
# For example, in a warm-up of 5 steps the steps 0, 3, 5 and 9 have the weights 0, 0.6, 1 and 1.

# %% answer="kl_weight"
def kl_weight(step: int, warmup_steps: int) -> float:
    """The weight of the KL at a step: from 0 on a straight line to 1, and then 1."""
    ### BEGIN SOLUTION
    if step >= warmup_steps:
        return 1.0
    return step / warmup_steps
    ### END SOLUTION


# %% check="kl_weight"
check("kl_weight")

# %% [markdown] card="free_bits"
# Write `free_bits(kl_per_dim, floor)`: the KL for a loss in which the first nats of every dimension are free.
#
# - `kl_per_dim` has shape (B, Z), in nats; `floor` is a number of nats for each dimension.
# - First the mean over the batch, then the floor for each dimension, then the sum over dimensions.
# - Return a tensor without axes. Gradients must reach `kl_per_dim`.
#
# For example, the rows (1.4, 0, 0.5) and (0.4, 0.1, 0.1) with a floor of 0.25 give 1.45.

# %% answer="free_bits"
def free_bits(kl_per_dim: torch.Tensor, floor: float) -> torch.Tensor:
    """The mean KL of each dimension, at least floor, summed. (B, Z) to a tensor without axes."""
    ### BEGIN SOLUTION
    per_dim = kl_per_dim.mean(dim=0)  # (Z,)
    return per_dim.clamp(min=floor).sum()
    ### END SOLUTION


# %% check="free_bits"
check("free_bits")

# %% [markdown] card="rate_target"
# Write `rate_target(recon, kl, target)`: a loss that asks for a rate and leaves its price open.
#
# - `recon` and `kl` are tensors without axes, in nats/image; `target` is the rate that you want, in nats/image.
# - To recon comes the distance of kl from its target. Return a tensor without axes; gradients must reach both.
#
# For example, recon = 8 and target = 1 give 8.4 for kl = 0.6 and for kl = 1.4.

# %% answer="rate_target"
def rate_target(recon: torch.Tensor, kl: torch.Tensor, target: float) -> torch.Tensor:
    """recon plus the distance of kl from the target, all in nats/image, without axes."""
    ### BEGIN SOLUTION
    return recon + (kl - target).abs()
    ### END SOLUTION


# %% check="rate_target"
check("rate_target")

# %% [markdown] card="running_log_odds"
# Write `running_log_odds(x)`: what a decoder that looks back is told of a coin before each flip.
#
# - `x` has shape (B, T): T flips of B coins, 1 for heads and 0 for tails.
# - Return shape (B, T). Entry t is the logarithm of (heads before flip t, plus 1/2) over (tails before flip t, plus 1/2).
#   Flip t itself and those after it must not be used.
#
# For example, the flips 1, 1, 0 give 0, log 3 and log 5.

# %% answer="running_log_odds"
def running_log_odds(x: torch.Tensor) -> torch.Tensor:
    """The log-odds of heads before each flip, from the flips before it. x: (B, T), 0 or 1."""
    ### BEGIN SOLUTION
    heads = x.cumsum(dim=1) - x  # (B, T), before each flip
    tails = (1 - x).cumsum(dim=1) - (1 - x)  # (B, T)
    return torch.log(heads + 0.5) - torch.log(tails + 0.5)
    ### END SOLUTION


# %% check="running_log_odds"
check("running_log_odds")
