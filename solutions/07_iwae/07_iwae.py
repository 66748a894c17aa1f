# %% [markdown] card="07_iwae"
# A skeleton: only the bug zoo.

# %% tags=["setup"]
import math

import torch
from torch.distributions import Normal

from vae_course.learn import check
from vae_course.models.bug_zoo_iwae import ZOO, Program
from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_04 import reparameterize

torch.manual_seed(0)
torch.set_num_threads(1)

# %% [markdown] card="log_weights"
# Write `log_weights(x, model, eps)`.

# %% answer="log_weights"
def log_weights(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """log p(x|z) + log p(z) - log q(z|x), in nats. x: (B, D), eps: (K, B, Z). Returns (K, B)."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)  # (B, Z) each
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(-1)
    log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
    return model.log_likelihood(x, z) + log_prior - log_q
    ### END SOLUTION


# %% check="log_weights"
check("log_weights")

# %% [markdown] card="iwae_bound"
# Write `iwae_bound(log_w)`.

# %% answer="iwae_bound"
def iwae_bound(log_w: torch.Tensor) -> torch.Tensor:
    """Log of the mean weight of each image, in nats. log_w: (K, B). Returns (B,)."""
    ### BEGIN SOLUTION
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))
    ### END SOLUTION


# %% check="iwae_bound"
check("iwae_bound")

# %% [markdown] task="more_samples"
# In words and symbols, for a reader.
#
# Show that the bound cannot fall, on average, when samples are added: for M < K the average of the bound of K samples is at least that of M samples. Begin with the mean of K weights, and write it as
# an average over all ways to choose M of them. Say where the logarithm comes in, which inequality you use and on which average. Then say in one or two sentences why this does not make a single estimate with
# K samples larger than a single estimate with M.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
#
# - 1 point: the mean of K weights is the average, over all subsets of M of the K samples, of the subset's own mean.
# - 1 point: Jensen's inequality is used on that average over subsets: the log of it is at least the average of the logs. The direction is right and the reason is given (log is concave).
# - 1 point: expectations are taken; every subset of M samples from q has the same distribution, so each term has the mean of the bound of M samples.
# - 1 point: the statement is about averages; single estimates scatter, on both sides of log p(x) too, and one with more samples may be the lower one.
#
# Half a point off when the subsets are all taken to be disjoint without a word on M dividing K. "More samples are more exact" alone earns nothing: it says less spread, not a higher mean.
# <!-- END MARK SCHEME -->

# %% [markdown] written="more_samples"
# <!-- BEGIN SOLUTION -->
# Let w₁, …, w_K be the weights of K independent samples of q. Choose a subset I of M of them at random. Every weight is in it equally often, so the mean of all K weights is the average over I of the mean
# weight of I. Hence log of the mean of K weights = log E_I[mean of the weights in I] ≥ E_I[log of the mean of the weights in I], by Jensen's inequality, since the logarithm is concave.
#
# Now average over the samples. Whatever I is, its M weights are those of M independent samples of q, so the log of their mean has the expectation of the bound with M samples. The right side is an average of
# equal numbers, and E[bound of K] ≥ E[bound of M] follows.
#
# Nothing is said of one draw. Estimates scatter around their averages, and one with K samples may well lie below one with M, just as one with a single sample may lie above log p(x).
# <!-- END SOLUTION -->

# %% [markdown] card="effective_sample_size"
# Write `effective_sample_size(log_w)`.

# %% answer="effective_sample_size"
def effective_sample_size(log_w: torch.Tensor) -> torch.Tensor:
    """How many equal samples the weights of each image are worth, from 1 to K. log_w: (K, B). Returns (B,)."""
    ### BEGIN SOLUTION
    shares = torch.softmax(log_w, dim=0)  # they add up to 1
    return 1 / (shares**2).sum(0)
    ### END SOLUTION


# %% check="effective_sample_size"
check("effective_sample_size")

# %% [markdown] card="log_evidence"
# Write `log_evidence(x, model, K, chunk, generator=None)`.

# %% answer="log_evidence"
def log_evidence(
    x: torch.Tensor, model: Model, K: int, chunk: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """The bound of K samples, drawn `chunk` at a time, in nats. x: (B, D). Returns (B,)."""
    ### BEGIN SOLUTION
    sums = []
    with torch.no_grad():  # nothing is trained here, and a graph takes memory
        for start in range(0, K, chunk):
            k = min(chunk, K - start)  # the last chunk may be smaller
            eps = torch.randn(k, len(x), model.z_dim, generator=generator, dtype=x.dtype)
            sums.append(torch.logsumexp(log_weights(x, model, eps), dim=0))  # (B,)
    return torch.logsumexp(torch.stack(sums), dim=0) - math.log(K)
    ### END SOLUTION


# %% check="log_evidence"
check("log_evidence")

# %% [markdown] card="iwae_loss"
# Write `iwae_loss(x, model, eps)`.

# %% answer="iwae_loss"
def iwae_loss(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the average bound of K samples, in nats/image. x: (B, D), eps: (K, B, Z). Returns a tensor without axes."""
    ### BEGIN SOLUTION
    return -iwae_bound(log_weights(x, model, eps)).mean()
    ### END SOLUTION


# %% check="iwae_loss"
check("iwae_loss")

# %% [markdown] card="gradient_snr"
# Write `gradient_snr(gradients)`.

# %% answer="gradient_snr"
def gradient_snr(gradients: torch.Tensor) -> torch.Tensor:
    """Size of the mean over standard deviation, for each parameter. gradients: (R, P). Returns (P,)."""
    ### BEGIN SOLUTION
    return gradients.mean(dim=0).abs() / gradients.std(dim=0)
    ### END SOLUTION


# %% check="gradient_snr"
check("gradient_snr")

# %% [markdown] card="doubly_reparameterized_gradient"
# Write `doubly_reparameterized_gradient(x, model, eps)`.

# %% answer="doubly_reparameterized_gradient"
def doubly_reparameterized_gradient(
    x: torch.Tensor, model: Model, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of each image's bound with respect to mu and logvar. eps: (K, B, Z). Returns (B, Z) each."""
    ### BEGIN SOLUTION
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = reparameterize(mu, logvar, eps)
    q = Normal(mu.detach(), torch.exp(0.5 * logvar.detach()))  # held still: z alone moves
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(-1)
    log_w = model.log_likelihood(x, z) + log_prior - q.log_prob(z).sum(-1)
    shares = torch.softmax(log_w, dim=0).detach()
    d_mu, d_logvar = torch.autograd.grad((shares**2 * log_w).sum(), (mu, logvar))
    return d_mu, d_logvar
    ### END SOLUTION


# %% check="doubly_reparameterized_gradient"
check("doubly_reparameterized_gradient")

# %% [markdown]
# ## Bug zoo II: two numbers, two jobs
#
# A program that trains on many samples does two things with its log-weights. It *reports* a number, which people read and compare, and it *minimises* a number, which nobody has to read: only its
# gradient matters. The two need not have the same value. A public library reports the wrong one of them, and it flatters its models; another one gives the largest share to the worst sample.
#
# A `program` here is an object with these two functions, `program.bound(log_w)` and `program.loss(log_w)`. Both take log-weights of shape (K, B) and return a tensor without axes. Here is what the three programs of this zoo
# say about the two images of the worked example, whose bounds are -2.6910 and -5.5940:

# %%
log_w = torch.tensor([[-2.0, -5.0], [-4.0, -5.5], [-3.0, -8.0]])
for name, suspect in ZOO.items():
    report, loss = float(suspect.bound(log_w)), float(suspect.loss(log_w))
    print(f"the {name} program reports {report:.4f} and minimises {loss:.4f}")

# %% [markdown]
# The right report is -4.1425. The first program has it and minimises something else than minus this number; the other two are of one piece. Which of them is at fault? From two numbers you cannot say.
#
# ### Half a test
#
# What trains is the gradient of the loss. How much it falls when a single log-weight grows is a number for every sample, and automatic differentiation gives all of them at once. The slopes of a sound loss are known: minus the share of a sample in the
# weight of its image, divided by the number of images. So the slopes of an image add up to -1/B:

# %%
def slopes_of_an_image_add_up(program: Program) -> bool:
    """Whether the slopes of each image add up to minus one over the number of images."""
    log_w = torch.randn(6, 4, requires_grad=True)
    loss = program.loss(log_w)
    (slope,) = torch.autograd.grad(loss, log_w)  # (6, 4)
    return torch.allclose(slope.sum(dim=0), torch.tensor(-1 / 4), atol=1e-5)


for name, suspect in ZOO.items():
    print(f"the {name} program passes: {slopes_of_an_image_add_up(suspect)}")

# %% [markdown]
# All pass, and that is why this is half a test: it asks whether one whole is shared out, not who gets what.

# %% [markdown] card="bound_is_sound"
# Finish `bound_is_sound(program)`: True when a program, which takes log-weights of shape (K, B), reports the IWAE bound and its loss trains on it; otherwise False.
#
# - `program.bound(log_w)` is sound when it is the log of the mean weight of each image, averaged over images, in nats/image. `program.loss(log_w)` is sound when its gradient with respect to `log_w`, as automatic differentiation gives it, is that of minus this bound; its
#   value is its own affair. `log_w` (K, B) holds finite numbers and is yours to choose.
# - `ask`, which is written already, gives both: the report, and the slope of the loss for every log-weight. You may change it.
# - A sound program may add in any order and in any precision, and its report may be a number without a gradient. Log-weights of pictures are far from 0, -900 or so; a sound program gives no infinities there, but in single precision its report is then right to about 0.0001, and a share to 1 in 10,000. Allow for ten times that.
# - Value is for passing six sound programs, one of them with a loss that is not minus its report, and for rejecting three broken ones. The other parts are for seven wrong losses and eight wrong reports. You may call your own `iwae_bound`.
#
# For example, a program that reports -3 for the log-weights -2, -4, -3 of one image is broken: it took the mean of the logs, and -2.6910 is right.

# %% answer="bound_is_sound"
def bound_is_sound(program: Program) -> bool:
    """Whether program.bound is the IWAE bound, in nats/image, and program.loss trains on it."""

    def ask(log_w: torch.Tensor) -> tuple[float, torch.Tensor]:
        log_w = log_w.clone().requires_grad_()
        loss = program.loss(log_w)
        (slope,) = torch.autograd.grad(loss, log_w)  # (K, B)
        return float(program.bound(log_w.detach())), slope  # nats/image, and a slope a weight

    ### BEGIN SOLUTION
    for far in (0.0, -900.0, 900.0):  # a weight of e^900, written out, is infinite
        log_w = far + 2 * torch.randn(11, 5)
        report, slope = ask(log_w)
        right = float(iwae_bound(log_w).mean())
        if not math.isclose(report, right, rel_tol=1e-5, abs_tol=1e-3):
            return False
        if not torch.allclose(slope, -log_w.softmax(dim=0) / 5, rtol=1e-3, atol=1e-4):
            return False
    return True
    ### END SOLUTION


# %% check="bound_is_sound"
check("bound_is_sound")

# %%
for name, suspect in ZOO.items():
    print(f"the {name} program is sound: {bound_is_sound(suspect)}")

# %% [markdown]
# Here is what they were. The first reports honestly and gives the largest share to the worst sample: somebody took the softmax of a loss where a log-weight belongs. The second has the right gradient, and reports the loss that has it: the log-weights averaged by their shares, never below the bound. The third takes the mean of the logs, and is the VAE of stage 05
# with more samples a step.
