# %% [markdown] card="04_reparameterization"
# An encoder can only learn from a sample that remembers how it was made.
#
# After it you can
#
# - write a sample of a Gaussian as a function of its mean, its log-variance, and noise that knows neither;
# - estimate the gradient of an average by moving the points, and by moving the weights, and say when each fails;
# - estimate the bound of stage 02 for any decoder, in two ways.

# %% tags=["setup"]
import math

import torch

from vae_course.learn import check
from vae_course.models.toolbox.stage_03 import gaussian_kl

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown] card="reparameterize"
# Write `reparameterize(mu, logvar, eps)`: the sample of N(μ, diag(exp(logvar))) that belongs to standard-normal noise.
#
# - `mu` and `logvar` have shape (B, Z); `eps` has shape (..., B, Z), with any axes in front.
# - Return z with the shape of `eps`, such that gradients reach `mu` and `logvar`.
#
# For example, μ = 1.2, logvar = log 0.25 and ε = 0.4 give z = 1.4.

# %% answer="reparameterize"
def reparameterize(mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """A sample for each noise. mu, logvar: (B, Z). eps: (..., B, Z). Returns z, (..., B, Z)."""
    ### BEGIN SOLUTION
    sigma = torch.exp(0.5 * logvar)  # (B, Z)
    return mu + sigma * eps  # (..., B, Z)
    ### END SOLUTION


# %% check="reparameterize"
check("reparameterize")

# %% [markdown] card="sample_posterior"
# Write `sample_posterior(mu, logvar, K, generator=None)`: K samples of N(μ, diag(exp(logvar))) for each row. Here you draw the noise.
#
# - `mu` and `logvar` have shape (B, Z); `K` is a whole number; `generator` is what `torch.randn` takes.
# - Return z of shape (K, B, Z), such that gradients reach `mu` and `logvar`.
#
# For example, the average of many samples at μ = 1.2, logvar = log 0.25 is near 1.2, and that of their squares near 1.69.

# %% answer="sample_posterior"
def sample_posterior(
    mu: torch.Tensor, logvar: torch.Tensor, K: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """K samples of q for each row. mu, logvar: (B, Z). Returns z, (K, B, Z)."""
    ### BEGIN SOLUTION
    eps = torch.randn(K, *mu.shape, generator=generator, dtype=mu.dtype)  # (K, B, Z)
    return reparameterize(mu, logvar, eps)
    ### END SOLUTION


# %% check="sample_posterior"
check("sample_posterior")

# %% [markdown] card="pathwise_gradient"
# Write `pathwise_gradient(f, mu, logvar, eps)`: the gradients of E[f(z)] for each row, with the noise held fixed, averaged over the K samples.
#
# - `f` takes z of shape (..., Z) and returns shape (...); it is made of torch operations.
# - `mu` and `logvar` have shape (B, Z), `eps` has shape (K, B, Z).
# - Return the pair (d_mu, d_logvar), each of shape (B, Z).
#
# For example, f(z) = z², μ = 1.2, σ² = 0.25 and the one noise ε = 0.4 give 2.8 and 0.28.

# %% answer="pathwise_gradient"
def pathwise_gradient(
    f, mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of E[f(z)] along the samples. mu, logvar: (B, Z). eps: (K, B, Z). Returns (B, Z) each."""
    ### BEGIN SOLUTION
    mu, logvar = mu.detach().requires_grad_(), logvar.detach().requires_grad_()
    average = f(reparameterize(mu, logvar, eps)).mean(0)  # (B,)
    return torch.autograd.grad(average.sum(), (mu, logvar))  # rows share nothing, so the sum keeps them apart
    ### END SOLUTION


# %% check="pathwise_gradient"
check("pathwise_gradient")

# %% [markdown] card="score_function_gradient"
# Write `score_function_gradient(f, mu, logvar, eps, baseline=0.0)`: the gradients of E[f(z)] for each row from the values of f alone.
#
# - `f` takes z of shape (..., Z) and returns shape (...); it is a black box, and has no gradient.
# - `mu` and `logvar` have shape (B, Z), `eps` has shape (K, B, Z); `baseline` is a number, or one for each row, of shape (B,).
# - Return the pair (d_mu, d_logvar), each of shape (B, Z), averaged over the K samples.
#
# For example, f(z) = z², μ = 1.2, σ² = 0.25 and the one noise ε = 0.4 give 1.568 and −0.8232 without a baseline.

# %% answer="score_function_gradient"
def score_function_gradient(
    f, mu: torch.Tensor, logvar: torch.Tensor, eps: torch.Tensor, baseline: torch.Tensor | float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of E[f(z)] from values. mu, logvar: (B, Z). eps: (K, B, Z). Returns (B, Z) each."""
    ### BEGIN SOLUTION
    z = reparameterize(mu, logvar, eps).detach()  # (K, B, Z)
    surplus = (f(z) - baseline).unsqueeze(-1)  # (K, B, 1)
    d_log_q_d_mu = eps / torch.exp(0.5 * logvar)  # (K, B, Z)
    d_log_q_d_logvar = 0.5 * (eps**2 - 1)  # (K, B, Z)
    return (surplus * d_log_q_d_mu).mean(0), (surplus * d_log_q_d_logvar).mean(0)
    ### END SOLUTION


# %% check="score_function_gradient"
check("score_function_gradient")

# %% [markdown] card="sgvb_a"
# Write `sgvb_a(x, model, eps)`: the estimate of the ELBO in which all three terms are sampled, log p(x|z) + log p(z) − log q(z|x).
#
# - `x` has shape (B, D), `eps` has shape (K, B, Z).
# - `model.encode(x)` gives mu and logvar, (B, Z) each; `model.log_likelihood(x, z)` gives log p(x|z) for z of shape (..., B, Z). The prior is N(0, I).
# - Return shape (B,), in nats, averaged over the K samples, such that gradients reach the model.
#
# For example, when q is the posterior, every noise gives log p(x).

# %% answer="sgvb_a"
def sgvb_a(x: torch.Tensor, model, eps: torch.Tensor) -> torch.Tensor:
    """ELBO, all terms sampled. x: (B, D). eps: (K, B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)  # (B, Z) each
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    log_2pi = math.log(2 * math.pi)
    log_prior = -0.5 * (log_2pi + z**2).sum(-1)  # (K, B)
    log_q = -0.5 * (log_2pi + logvar + eps**2).sum(-1)  # (K, B), since (z - mu) / sigma is eps
    return (model.log_likelihood(x, z) + log_prior - log_q).mean(0)  # (B,)
    ### END SOLUTION


# %% check="sgvb_a"
check("sgvb_a")

# %% [markdown] card="sgvb_b"
# Write `sgvb_b(x, model, eps)`: the estimate of the ELBO in which only log p(x|z) is sampled, and the KL to the prior has its closed form.
#
# - Arguments and result are those of `sgvb_a`. You may use `gaussian_kl` of stage 03.
#
# For example, when the decoder ignores z, every noise gives the same value.

# %% answer="sgvb_b"
def sgvb_b(x: torch.Tensor, model, eps: torch.Tensor) -> torch.Tensor:
    """ELBO with the KL in closed form. x: (B, D). eps: (K, B, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)  # (B, Z) each
    expected = model.log_likelihood(x, reparameterize(mu, logvar, eps)).mean(0)  # (K, B) -> (B,)
    return expected - gaussian_kl(mu, logvar)
    ### END SOLUTION


# %% check="sgvb_b"
check("sgvb_b")

# %% [markdown]
# ## What you can do now
#
# You can estimate a gradient through a sample.
