# %% [markdown] card="07_iwae"
# The ELBO lies below log p(x), and so far the only way to raise it was a better q. There is another one that needs no better q at all: draw several codes for one image, and move one line of the program. This stage follows that line. It gives the best
# number for log p(x) that a VAE can offer, it tells whose fault a loose bound is, and it has a price that surprises most people who train with it.
#
# After it you can
#
# - turn K samples into a bound on log p(x), without overflow, and argue why more samples cannot lower it;
# - say how fast the gap closes, how many samples really count, and when adding more is of little use;
# - evaluate a VAE honestly, state your K, and split the gap between the family of q and the encoder;
# - train on the bound, and say what happens to the encoder's gradient as K grows.
#
# There are two sittings: the bound as a measure, then, after a marked rest, the bound as a loss.

# %% tags=["setup"]
import itertools
import math

import torch
from torch.distributions import Normal

from vae_course.explore import course_style, k_dial, k_picture, misread_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.bug_zoo_iwae import ZOO, Program
from vae_course.models.data import digits
from vae_course.models.decoders import line
from vae_course.models.digit_nets import digit_vae, terms_per_image, train_digit_model
from vae_course.models.gaps import evidence_on_a_grid, two_gaps
from vae_course.models.linear_model import LinearModel, Model
from vae_course.models.oracles import chi_square, finite_evidence, finite_iwae, on_grid
from vae_course.models.toolbox import stage_07 as library
from vae_course.models.toolbox.stage_04 import reparameterize
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
# ## One line moved
#
# Three codes are drawn from q for one image, and their log-weights, as stage 02 called them, are −2, −4 and −3 nats. What do they say about log p(x)?

# %%
log_w = torch.tensor([-2.0, -4.0, -3.0])
print(f"mean of the logs      {log_w.mean():.4f} nats")
print(f"log of the mean weight {log_w.exp().mean().log():.4f} nats")

# %% [markdown]
# The first number is an estimate of the ELBO, on which stages 04 to 06 trained: three samples, averaged. The second one averages the same three *weights* and takes the log afterwards. Only the order of two operations has changed, and the answer is 0.3 nats higher.
#
# A higher number is not a better one, as the impossible bounds of stage 02 showed. So two questions come first. Is the second number still, on average, a bound? And if so, what did it cost?
#
# ## One weight for each sample
#
# The weight of a code z says how much more likely the model finds it, together with x, than q does: w = p(x, z) / q(z|x). On a log scale it is a sum of three terms,
#
# $$\log w_k = \log p(x|z_k) + \log p(z_k) - \log q(z_k|x), \qquad z_k = \mu + \sigma\varepsilon_k .$$
#
# In stage 04 you averaged these numbers at once. Now each of them is kept, in a table of K samples by B images.

# %% [markdown] card="log_weights"
# Write `log_weights(x, model, eps)`: the log-weight of every sample of every image.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z). The prior is N(0, I).
# - `model.encode(x)` gives mu and logvar, (B, Z) each; `model.log_likelihood(x, z)` gives (K, B) for z of shape (K, B, Z). `reparameterize` of stage 04 is imported above.
# - Return shape (K, B), in nats: nothing is averaged. Gradients must reach everything that the model is made of.
#
# For example, on the line at x = 1.5 with q = N(0.6, 0.5), the noise 0.4 makes the code 0.8828. Its likelihood and its prior there are −0.953 and −1.309 on a log scale, and log q is −0.652, so its log-weight is −1.610 nats.

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

# %% [markdown]
# *"May I use the closed form of the KL here, as in stage 05?"* Not any more. The closed form is an average over codes, and it would subtract the same number from every sample. But a weight compares p and q at *this* code, and how the weights differ is what this stage lives on.
#
# ## The log outside
#
# A weight is, on average, exactly p(x): stage 02 showed it in one line, for any q. So the mean of K weights is p(x) on average as well, only steadier. Its log is what we want to call a bound,
#
# $$\mathcal L_K(x) = \mathbb{E}_{z_1,\dots,z_K \sim q}\Big[\log \frac1K \sum_{k=1}^{K} w_k\Big] \;\le\; \log \mathbb{E}\Big[\frac1K\sum_k w_k\Big] = \log p(x) .$$
#
# That is Jensen's inequality, applied once, to an average of K weights in place of a single one. So the first question is answered: it *is* a bound. It is called the **importance-weighted** bound, and a VAE that is trained on it is an importance-weighted autoencoder, **IWAE**. With K = 1 it is the ELBO, since the mean of one weight is the weight.
#
# One caution before you code it. Log-weights of pictures are far from 0, and a weight written out may not exist in single precision:

# %%
for shift in (0, -1000):
    print(f"log-weights {shift:+}: {(log_w + shift).exp().mean().log():.4f} nats")

# %% [markdown]
# The three log-weights moved down by 1,000, so the bound must move down by 1,000, to −1002.6910. Written out, the weights became 0. You met the remedy in stage 01.

# %% [markdown] card="iwae_bound"
# Write `iwae_bound(log_w)`: the log of the mean weight of each image.
#
# - `log_w` has shape (K, B). Images do not meet.
# - Return shape (B,), in nats. Log-weights of −800 or 800 in single precision must come out right, with their gradients; a single weight may be 0, with the log −∞.
#
# For example, the log-weights −5, −5.5 and −8 of one image give −5.5940 nats, and 20 more of each gives 14.4060.

# %% answer="iwae_bound"
def iwae_bound(log_w: torch.Tensor) -> torch.Tensor:
    """Log of the mean weight of each image, in nats. log_w: (K, B). Returns (B,)."""
    ### BEGIN SOLUTION
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))
    ### END SOLUTION


# %% check="iwae_bound"
check("iwae_bound")

# %% [markdown]
# How far can it go? The largest weight alone is at least the mean, and the mean is at least the largest weight divided by K. So the bound lies between max − log K and max:

# %%
top, K = log_w.max(), len(log_w)
print(f"{top - math.log(K):.4f} <= {log_w.exp().mean().log():.4f} <= {top:.4f}")

# %% [markdown]
# *"Then why not report the max?"* Because log p(x) is no ceiling for it. The largest of many weights lies above their average, the more so the more you draw; only the division by K keeps the number honest.
#
# ## More samples cannot lower it
#
# Does the bound rise with every sample? Not in a single run: a fourth weight below the mean lowers the mean. On average it does, and three weights are enough to see why. Leave out one sample at a time.

# %%
pairs = [torch.stack(pair).exp().mean() for pair in itertools.combinations(log_w, 2)]
pairs = torch.stack(pairs)
print("log of each pair's mean", pairs.log().numpy().round(4))
print(f"mean of the pairs' means {pairs.mean():.5f}, of all three {log_w.exp().mean():.5f}")
print(f"mean of the pairs' logs  {pairs.log().mean():.4f}, of all three {pairs.mean().log():.4f}")

# %% [markdown]
# The second line is an equality: each weight is in two of the three pairs, so the pairs' means average to the mean of all. The third line is Jensen's inequality, once more, for the three pairs. And each pair is nothing but two fresh samples of q. Put these three remarks together for any number of samples.

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

# %% [markdown]
# ## How fast the gap closes
#
# On the line of stage 02 everything is known: z ~ N(0, 1), x given z is N(z, ½), x = 1.5, the posterior is N(1, ⅓) and log p(x) = −1.8717 nats. The library computes the bound for any K there without drawing a single sample. Take three q with the same mean, 0.6, which is off by 0.4, and three widths.

# %%
x, many_K = torch.tensor(1.5).double(), (1, 10, 100, 1000)
posterior = Normal(torch.tensor([1.0]).double(), math.sqrt(1 / 3))
for var in (0.5, 0.2, 0.15):
    on_line = on_grid(x.reshape(1, 1), line(), 0.6, math.sqrt(var))
    gaps = [(finite_evidence(on_line) - finite_iwae(on_line, K)).item() for K in many_K]
    chi2 = chi_square(posterior, Normal(torch.tensor([0.6]).double(), math.sqrt(var)))
    times_K = [K * gap for K, gap in zip(many_K, gaps)]
    print(f"q = N(0.6, {var}), half of chi2 {chi2 / 2:.3f}")
    print("      gap", *(f"{gap:8.4f}" for gap in gaps))
    print("  K x gap", *(f"{value:8.3f}" for value in times_K))

# %% [markdown]
# The columns are K = 1, 10, 100 and 1,000. Read the first q. From K = 10 on, ten times as many samples leave about a tenth of the gap: K times the gap settles, at 0.174. Where does that number come from? Divide every weight by p(x), so that weights are 1 on average, and let r be the mean of K of them. Near 1, log r is about (r − 1) − ½ (r − 1)². The first
# part is 0 on average. The second is half a variance, and a mean of K numbers has a Kth of their variance:
#
# $$\log p(x) - \mathcal L_K \;\approx\; \frac{1}{2K}\,\mathrm{Var}_q\!\left[\frac{w}{p(x)}\right] = \frac{\chi^2}{2K}.$$
#
# The variance of w / p(x) is called the **chi-square divergence** of the posterior from q, written χ². For K = 1 the gap was a KL divergence; for large K it is half of a χ², divided by K.
#
# Now the second q. It is narrower than the posterior, whose variance is ⅓. At K = 1 it is about as good as the first, and it is worse ever after: its K times the gap creeps towards 6.895, forty times as much. For the third there is no limit at all. A narrow q seldom visits the tails of the posterior, and when it does, p is
# large there and q tiny, so a rare weight is huge. With half the variance of the posterior, or less, χ² is infinite. **A q for many samples should rather be too wide than too narrow.**
#
# ## How many samples count?
#
# You need not know the truth to notice a narrow q. If one weight out of 50 is as large as all others together, you have not really drawn 50. The usual measure is the **effective sample size**,
#
# $$\mathrm{ESS} = \frac{\big(\sum_k w_k\big)^2}{\sum_k w_k^2} .$$
#
# **Worked**, for the log-weights −2, −4, −3. Divided by their sum, the weights are **shares** of 1: 0.665, 0.090, 0.245. Their squares add up to 0.5105, so ESS = 1 / 0.5105 = 1.959. Three samples were drawn, and they are worth two.

# %%
share = log_w.softmax(dim=0)
print("shares", share.numpy().round(3), f"ESS {1 / share.square().sum():.3f}")

# %% [markdown]
# **Their twin, with a gap for you:** log-weights −5, −5.5, −8. Shares: 0.604, 0.366 and 0.030. What is the ESS?
#
# <details><summary>Fill the gap on paper, then open this.</summary>
#
# The squares are 0.3645, 0.1341 and 0.0009, together 0.4995, so ESS = 2.002. The first two alone would be worth 1.89, as they are not equal; the third adds about a tenth of a sample.
#
# </details>

# %% [markdown] card="effective_sample_size"
# Write `effective_sample_size(log_w)`: how many equal samples the weights of each image are worth.
#
# - `log_w` has shape (K, B), and may lie as far from 0 as before.
# - Return shape (B,): from 1, when one weight is everything, to K, when all are equal. It has no unit.
#
# For example, the weights 3 and 1 count as 16 / 10 = 1.6 samples.

# %% answer="effective_sample_size"
def effective_sample_size(log_w: torch.Tensor) -> torch.Tensor:
    """How many equal samples the weights are worth, from 1 to K. log_w: (K, B). Returns (B,)."""
    ### BEGIN SOLUTION
    shares = torch.softmax(log_w, dim=0)  # they add up to 1
    return 1 / (shares**2).sum(0)
    ### END SOLUTION


# %% check="effective_sample_size"
check("effective_sample_size")

# %% [markdown]
# Now the wide and the narrow q of the line, 50 samples each, two thousand times.

# %%
def line_log_weights(var, K, repeats):
    """Log-weights on the line at x = 1.5 of K samples from N(0.6, var), (K, repeats)."""
    q = Normal(torch.tensor(0.6).double(), math.sqrt(var))
    z = q.sample((K, repeats))
    log_p = Normal(z, math.sqrt(0.5)).log_prob(x) + Normal(0.0, 1.0).log_prob(z)
    return log_p - q.log_prob(z)


for var in (0.5, 0.2):
    size = library.effective_sample_size(line_log_weights(var, K=50, repeats=2000))
    print(f"q = N(0.6, {var}): ESS {size.mean():.1f} of 50, lowest {size.min():.1f}")

# %% [markdown]
# Of 50, about 37 against 25, and in its worst run the narrow q hangs on little more than one sample. The warning is one-sided: a low ESS is bad news, but a high one may only mean that the rare, huge weight has not turned up yet.
#
# ## A bound that is often above
#
# Before we turn to digits, a question about single estimates.

# %% tags=["nbval-ignore-output"]
predict("single_estimate_above")

# %% [markdown]
# A hundred thousand single estimates with one sample, and ten thousand with 200, from the wide q:

# %%
log_evidence_of_line = finite_evidence(on_grid(x.reshape(1, 1), line())).item()
for K, repeats in ((1, 100_000), (200, 10_000)):
    estimate = library.iwae_bound(line_log_weights(0.5, K, repeats))
    above = (estimate > log_evidence_of_line).double().mean()
    print(f"K = {K:3}: average {estimate.mean():.4f}, spread {estimate.std():.3f},", end=" ")
    print(f"{above:.0%} above log p(x) = {log_evidence_of_line:.4f} nats")

# %% tags=["nbval-ignore-output"]
reveal("single_estimate_above")

# %% [markdown]
# With 200 samples the average is within 0.001 of the truth and *half* of the estimates are too high. Nothing is wrong, for the bound holds only for the average. The alarm of stage 02 stays what it was: an average, over many images or runs, that exceeds a known log p(x) by several standard errors.
#
# ## An honest number for digits
#
# For a real VAE nobody knows log p(x), and the bound with many samples is the usual stand-in: papers report it with K = 5,000. For a thousand images of 784 pixels that would be four billion logits, 16 gigabytes, at once. Draw them in chunks, then.
#
# What must a chunk pass on? Not its bound: a mean of logs is what we moved away from. The *sum* of its weights is enough, on a log scale, as sums add up whatever the order.

# %%
parts = [log_w[:2].logsumexp(0), log_w[2:].logsumexp(0)]  # two chunks of different size
whole = torch.stack(parts).logsumexp(0) - math.log(3)
careless = (log_w[:2].exp().mean().log() + log_w[2:].exp().mean().log()) / 2
print(f"by sums {whole:.4f}, by the mean of the chunks' bounds {careless:.4f} nats")

# %% [markdown] card="log_evidence"
# Write `log_evidence(x, model, K, chunk, generator=None)`: the bound with K fresh samples of q for each image, as an estimate of log p(x).
#
# - `x` has shape (B, D), `model` is as in `log_weights`, which you may call; `model.z_dim` is Z. `K` need not be a multiple of `chunk`. Pass `generator` on to whatever draws.
# - Decode at most `chunk` samples of each image at a time. Nothing is trained here, so keep no history for gradients: memory must not grow with K.
# - Return shape (B,), in nats. All K weights belong to one mean, however they were cut into chunks.
#
# For example, the log-weights 0 and 1 in one chunk and 2 in another have the log-sum-exps 1.3133 and 2, together 2.4076, and the bound 1.3090.

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

# %% [markdown]
# The digit VAE of stage 05, with 8 latent dimensions, on 360 unseen digits:

# %% tags=["nbval-ignore-output"]
train, test = digits()
vae = train_digit_model(train, z_dim=8, steps=3000)
for K in (1, 5, 50, 500):
    noise = torch.Generator().manual_seed(K)
    estimate = library.log_evidence(test, vae, K, chunk=50, generator=noise)
    print(f"K = {K:3}: {estimate.mean():.2f} nats/image")

# %% [markdown]
# The same model, the same images, and a number that rises by 0.6 nats. So a log p(x) without its K cannot be compared with anything. From 50 to 500 little is left to gain. Does that mean that we have arrived?
#
# With *two* latent dimensions we can find out, since there log p(x) is a sum over a grid in the plane.

# %% tags=["nbval-ignore-output"]
flat = train_digit_model(train, z_dim=2, steps=4000)
truth = evidence_on_a_grid(test, flat)
for K in (1, 5, 50, 500, 5000):
    noise = torch.Generator().manual_seed(K)
    estimate = library.log_evidence(test, flat, K, chunk=50, generator=noise)
    short = truth - estimate
    print(f"K = {K:4}: {estimate.mean():.3f}, short by {short.mean():.3f},", end=" ")
    print(f"on the worst image by {short.max():.2f}")
print(f"the grid: {truth.mean():.3f} nats/image")

# %% [markdown]
# *"So are 5,000 samples the truth?"* On average, to a few hundredths of a nat, and the last factor of ten bought nothing that this run could show. For the worst image they are nats short: its q hardly ever looks where the posterior is, and no number of samples that we can afford would tell you so. (That it looks worse with 5,000 than with 500 is chance: single runs may fall.) What is wrong with that q?
#
# ## Whose fault is the gap?
#
# Stage 02 named two reasons for a gap at K = 1. The family of diagonal Gaussians may be too poor for this posterior: the **approximation gap**. Or the encoder, one network for all images, gives a worse member of the family than it could: the **amortization gap**. On a plane of codes both can be measured. The library takes the first hundred
# test digits and climbs the ELBO for each of them *by itself*, once from where the encoder put it and once from the top of the posterior, and keeps the better of the two.

# %% tags=["nbval-ignore-output"]
split = two_gaps(test[:100], flat)
first, own = split.approximation, split.amortization.sort(descending=True).values
print(f"log p(x) on the grid  {split.evidence.mean():8.3f} nats/image")
print(f"best q for each image {split.best.mean():8.3f}, lower by {first.mean():.3f}")
print(f"the encoder's q       {split.encoder.mean():8.3f}, lower again by {own.mean():.3f}")
print(f"median of the last gap {own.median():.2f}, its five largest {own[:5].numpy().round(1)}")

# %% [markdown]
# Most of the gap is the encoder's, seven parts of eight. A single Gaussian would do well for almost every image, and a network that has to answer all of them at once does not find it. The last line says more: for most images the encoder is a little off, and for a few it is lost. Look at the worst one.

# %%
worst = split.amortization.argmax()
answer = [part[worst] for part in flat.encode(test[:100])]
misread_picture(test[worst], flat, answer, (split.mu[worst], split.logvar[worst]))

# %% [markdown]
# *Left: an unseen digit, perhaps a 6. Right: the plane of codes. The posterior of this image has a high bump above and a faint one below, to the right. The best single Gaussian (solid) sits on the high bump; the encoder's (dashed) lies between the two, where the posterior is nearly 0.*
#
# The image is a strange one, and the encoder has split the difference. Each remedy works on one gap: a larger encoder, more data for it, or a few steps of climbing for each image work on the second, and a richer family of q on the first. More samples work on both, slowly.
#
# ## A rest
#
# The first sitting ends here. Save, and come back after a break. To close: name three numbers that you would print beside an estimate of log p(x), so that somebody else can judge it.
#
# ## Train on it
#
# A tighter bound should make a better loss, so let us train on it. The loss is minus the bound, averaged over images.

# %% [markdown] card="iwae_loss"
# Write `iwae_loss(x, model, eps)`: what to minimise so that the bound of K samples rises.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z).
# - Return a tensor without axes, in nats/image, with gradients to everything that the model is made of. It must be minus the bound itself, and not something else that has the same gradient.
#
# For example, two images with the bounds −2.6910 and −5.5940 have the loss 4.1425 nats/image.

# %% answer="iwae_loss"
def iwae_loss(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the average bound of K samples, in nats/image. x: (B, D), eps: (K, B, Z). A number."""
    ### BEGIN SOLUTION
    return -iwae_bound(log_weights(x, model, eps)).mean()
    ### END SOLUTION


# %% check="iwae_loss"
check("iwae_loss")

# %% [markdown]
# What does the gradient of that loss do? The chain rule through log and mean gives
#
# $$\nabla \log \frac1K\sum_k w_k = \sum_k \tilde w_k\, \nabla \log w_k, \qquad \tilde w_k = \frac{w_k}{\sum_j w_j} .$$
#
# So the ELBO listens to all samples alike, a Kth each, and this bound listens to each by its share. A sample that explains the image badly is hardly asked. Automatic differentiation agrees on our three log-weights:

# %%
leaf = log_w.clone().requires_grad_()
library.iwae_bound(leaf[:, None]).sum().backward()
print("slopes", leaf.grad.numpy().round(3), "shares", share.numpy().round(3))

# %% [markdown]
# Now the same digit network, trained for as many steps as before, with K = 8. Both models are judged by three numbers: their ELBO, the bound with 500 samples, and the effective sample size out of 50.

# %%
many = digit_vae(train, z_dim=8)


def loss_of_eight(batch, generator):
    return library.iwae_loss(batch, many, torch.randn(8, len(batch), 8, generator=generator))


log = fit(many, train, 3000, loss=loss_of_eight, generator=torch.Generator().manual_seed(0))

# %% [markdown]
# On the unseen digits:

# %% tags=["nbval-ignore-output"]
many.requires_grad_(False)
for name, model in (("trained with K = 1", vae), ("trained with K = 8", many)):
    noise = torch.Generator().manual_seed(0)
    recon, kl = terms_per_image(model, test, draws=50, generator=noise)
    best = library.log_evidence(test, model, 500, chunk=50, generator=noise)
    log_w_of_50 = library.log_weights(test, model, torch.randn(50, len(test), 8, generator=noise))
    print(f"{name}: ELBO {-(recon + kl).mean():.2f}, bound of 500 {best.mean():.2f},", end=" ")
    print(f"ESS {library.effective_sample_size(log_w_of_50).mean():.1f} of 50")

# %% [markdown]
# Two columns disagree. By the bound of 500 samples the second model is the better one, by some tenths of a nat. By its ELBO it is worse, by about a nat, and its samples count for less. No contradiction: the first encoder was trained so that *every* sample is good, the second so that *one in eight* is. It may miss
# seven times. Its q is a place to look, and no longer an imitation of the posterior. So compare models by the same bound, with the same K; an ELBO and an IWAE bound side by side in a table compare nothing.
#
# And the price in time: a step with K = 8 decodes eight codes for every image. Whether it pays depends on what else you could do with that time, such as more steps.
#
# ## Who hears what
#
# The bound is tighter, the model is better. Is the gradient better, too? For the decoder and for the encoder?

# %% tags=["nbval-ignore-output"]
predict("encoder_signal")

# %% [markdown]
# A gradient from samples has a mean, which is what we want, and a spread, which is what the noise adds. Their ratio says how much can be heard in a single step.

# %% [markdown] card="gradient_snr"
# Write `gradient_snr(gradients)`: the **signal-to-noise ratio** of each parameter's gradient.
#
# - `gradients` has shape (R, P): R estimates, with fresh noise each, of the gradient of P parameters.
# - Return shape (P,), without unit: the size of the mean over repeats, divided by the standard deviation over repeats. Whether that divides by R or by R − 1 is up to you.
#
# For example, the three estimates 2, 4 and 9 of one parameter have the mean 5 and the standard deviation 3.606, so the ratio is 1.387.

# %% answer="gradient_snr"
def gradient_snr(gradients: torch.Tensor) -> torch.Tensor:
    """Size of the mean over standard deviation, for each parameter. (R, P). Returns (P,)."""
    ### BEGIN SOLUTION
    return gradients.mean(dim=0).abs() / gradients.std(dim=0)
    ### END SOLUTION


# %% check="gradient_snr"
check("gradient_snr")

# %% [markdown]
# The experiment is done on the line, where nothing else can be to blame: q = N(0.6, ½) with its mean as the encoder's parameter, and for the decoder a shift b, so that x given z is N(z + b, ½), at b = 0. Each estimate is repeated 40,000 times. Every repeat has a copy of both parameters, so one call of `grad` gives all estimates.

# %%
def slopes(K, repeats=40_000):
    """Slopes of the bound by the mean of q and by the shift of the decoder, (repeats, 2)."""
    mean, shift = (torch.full((repeats,), start, requires_grad=True) for start in (0.6, 0.0))
    eps = torch.randn(K, repeats, generator=torch.Generator().manual_seed(K))
    z = mean + math.sqrt(0.5) * eps  # (K, repeats)
    log_p = Normal(z + shift, math.sqrt(0.5)).log_prob(x.float()) + Normal(0.0, 1.0).log_prob(z)
    bound = library.iwae_bound(log_p - Normal(mean, math.sqrt(0.5)).log_prob(z))
    return torch.stack(torch.autograd.grad(bound.sum(), (mean, shift)), dim=1)


for K in (1, 4, 16, 64):
    found = slopes(K)
    encoder, decoder = library.gradient_snr(found)
    bound = finite_iwae(on_grid(x.reshape(1, 1), line(), 0.6, math.sqrt(0.5)), K).item()
    print(f"K = {K:2}: bound {bound:.4f}, decoder {decoder:.2f}, encoder {encoder:.3f}", end=" ")
    print(f"(mean {found[:, 0].mean():.4f}, spread {found[:, 0].std():.3f})")

# %% tags=["nbval-ignore-output"]
reveal("encoder_signal")

# %% [markdown]
# The bound rises and the decoder hears better and better: in the end, four times as many samples double its ratio. The encoder hears *worse*: four times as many samples halve its ratio. The brackets say why. Its noise falls like 1/√K, as for everyone. But its signal falls like 1/K, for what does the bound still gain from a better
# q, when so many samples make up for a bad one? The bound depends on q only through its gap, about χ²/2K, so its slope by a parameter of q falls like 1/K too. In the limit the bound is log p(x), which does not know q, and what is left of the encoder's gradient is noise.
#
# Turn up the number of samples in the figure, and watch three things: the bound, and both ratios.

# %% tags=["nbval-ignore-output"]
k_dial()

# %% [markdown]
# For readers without a running kernel, one position of the dial.

# %%
k_picture(16)

# %% [markdown]
# *Left: 40,000 single estimates with 16 samples each; about half lie above log p(x) (black line), and their average, the bound (dashed), lies just below it. Right, above: the bound climbs towards log p(x) as K grows. Right, below, on log scales: the decoder's signal-to-noise ratio climbs too, the encoder's falls by half whenever K is four times as large.*
#
# So **tighter is not better for everyone**. Rainforth and others found this in 2018, and the practical conclusion is modest: a handful of samples for training, thousands for evaluation, and if the encoder matters to you for itself, look at it by its ELBO. There are also estimators that repair the encoder's gradient, and one of them is a good
# exercise in everything since stage 04.

# %% [markdown] card="doubly_reparameterized_gradient"
# For those who want more; the gate does not wait for it. The encoder's outputs μ and logvar reach a log-weight in two ways: along the path, through z = μ + σε, and directly, through log q(z|x), which contains them. The direct part is a score, like the one of stage 04, and noisy. Tucker and others (2019) showed that on
# average over the noise it can be traded for more of the path. What remains is
#
# $$\sum_k \tilde w_k^{\,2}\; \frac{\partial \log w_k}{\partial z_k}\; \frac{\partial z_k}{\partial(\mu, \mathrm{logvar})} .$$
#
# Write `doubly_reparameterized_gradient(x, model, eps)`: this sum for both.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z). ∂ log w / ∂z is the slope along z alone: μ and logvar inside log q are held fixed, and so are the shares.
# - Return the pair d_mu, d_logvar, shape (B, Z) each: for each image the gradient of its own bound, nothing averaged over images.
# - The model may be frozen, its weights asking for no gradients. Trainable or frozen, leave it as it is, without gradients on its weights.
#
# For example, where q is the posterior both are exactly 0 for any noise, since log w does not change along the path. The ordinary gradient is 0 there only on average.

# %% answer="doubly_reparameterized_gradient"
def doubly_reparameterized_gradient(
    x: torch.Tensor, model: Model, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of each bound with respect to mu and logvar. eps: (K, B, Z). Two of (B, Z)."""
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
# The line once more, now as a model with an encoder that answers every x with N(0.6, ½). Ten thousand copies of x are ten thousand repeats. The cell waits until your check passes.

# %%
if check("doubly_reparameterized_gradient").passed:
    model = LinearModel(1, 1, sigma=math.sqrt(0.5)).requires_grad_(False)
    for layer, start in ((model.to_mu, 0.6), (model.to_logvar, math.log(0.5)), (model.to_x, 0.0)):
        layer.weight.fill_(float(layer is model.to_x))  # the decoder's slope is 1
        layer.bias.fill_(start)
    copies = torch.full((10_000, 1), 1.5)
    for K in (1, 4, 16, 64):
        d_mu, _ = doubly_reparameterized_gradient(copies, model, torch.randn(K, 10_000, 1))
        ratio = library.gradient_snr(d_mu).item()
        print(f"K = {K:2}: mean {d_mu.mean():.4f}, ratio {ratio:.2f}")

# %% [markdown]
# The means are those of the table above, so it is the same gradient. Its ratio *rises* with K: the squared shares let the noise fall faster than the signal.
#
# ## What K is for
#
# | | as K grows | so |
# | --- | --- | --- |
# | the bound | rises to log p(x), its gap like χ²/2K | evaluate with many, and say how many |
# | a narrow or misplaced q | lets the gap fall more slowly, quietly | look at the ESS, and at the worst images |
# | the decoder's gradient | ratio grows like √K | the model gains |
# | the encoder's gradient | ratio falls like 1/√K | train with a handful, or repair it |
# | time and memory | grow like K | in chunks |
#
# ## The paper lab, for a long evening
#
# Table 1 of the IWAE paper compares K = 1, 5 and 50 on MNIST. The course can train its model with one stochastic layer for you, once on each bound and once on the ELBO with as many samples. It needs the four MNIST files in a folder, and patience. In a terminal:
#
# ```
# vae-course reproduce iwae --k 1,5,50 --data DIR
# ```
#
# It times a few steps first and says how long everything will take. The full run is what the authors did, 3,280 passes over the data, and takes days; `--epochs` makes it shorter. It may be stopped at any time, and the same command goes on. At the end your numbers stand beside the paper's. Do not expect the same digits: public reproductions of this
# table differ from it, and from each other, by up to three nats. The lab is optional, and no check asks for it.
#
# ## Bug zoo II: two numbers, two jobs
#
# A program that trains on many samples does two things with its log-weights. It *reports* a number, which people read and compare, and it *minimises* a number, which nobody has to read: only its
# gradient matters. The two need not have the same value. A public library reports the wrong one of them, and it flatters its models; another one gives the largest share to the worst sample.
#
# A `program` here is an object with these two functions, `program.bound(log_w)` and `program.loss(log_w)`. Both take log-weights of shape (K, B) and return a tensor without axes. Here is what the three programs of this zoo
# say about two images, those of the worked example and its twin, whose bounds are −2.6910 and −5.5940:

# %%
two_images = torch.tensor([[-2.0, -5.0], [-4.0, -5.5], [-3.0, -8.0]])
for name, suspect in ZOO.items():
    report, minimised = float(suspect.bound(two_images)), float(suspect.loss(two_images))
    print(f"the {name} program reports {report:.4f} and minimises {minimised:.4f}")

# %% [markdown]
# The right report is −4.1425. The first program has it and minimises another number. That need not be a fault, since of a loss only the gradient matters, and two numbers do not show gradients. The second and the third report a wrong number, so they are at fault whatever they minimise.
#
# ### Half a test
#
# What trains is the gradient of the loss. How much it falls when a single log-weight grows is a number for every sample, and automatic differentiation gives all of them at once. The slopes of a sound loss are known: minus the share of a sample in the
# weight of its image, divided by the number of images. So the slopes of an image add up to −1/B:

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
# - A sound program may add in any order and in any precision, and its report may be a number without a gradient. Log-weights of pictures are far from 0, −900 or so; a sound program gives no infinities there, but in single precision its report is then right to about 0.0001, and a share to 1 in 10,000. Allow for ten times that.
# - The part called *value* is for passing six sound programs, one of them with a loss that is not minus its report, and for rejecting three broken ones. The other parts are for seven wrong losses and eight wrong reports. You may call your own `iwae_bound`.
#
# For example, a program that reports −3 for the log-weights −2, −4, −3 of one image is broken: it took the mean of the logs, and −2.6910 is right.

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

# %% [markdown]
# Your verdicts:

# %%
for name, suspect in ZOO.items():
    print(f"the {name} program is sound: {bound_is_sound(suspect)}")

# %% [markdown]
# Here is what they were. The first reports honestly and gives the largest share to the worst sample: somebody took the softmax of a loss where a log-weight belongs. The second has the right gradient, and reports minus its loss: the log-weights averaged by their shares, which is never below the bound. The third takes the mean of the logs, and is
# the VAE of stage 05 with more samples a step.
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("07")

# %% [markdown]
# Transfer, on paper: a code has two values, q gives each of them ½, and their weights are 1 and 3. What is the bound with one sample, with two, and what is log p(x)? No sampling is needed.
#
# <details><summary>Answer first, then open this.</summary>
#
# One sample: ½ log 1 + ½ log 3 = 0.5493. Two samples are (1, 1) with chance ¼, one of each with chance ½, and (3, 3) with chance ¼, so their means are 1, 2 and 3: ½ log 2 + ¼ log 3 = 0.6212. The mean weight is 2, so log p(x) = 0.6931. The gap went from 0.1438 to 0.0719: by half, as it does with large K.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("07")

# %% [markdown]
# ## What you can do now
#
# You moved one line and got a bound that climbs to log p(x). You can argue why it climbs, say how fast, and notice when it does not. You evaluate a model with a stated K and a look at its weights, tell the encoder's fault from the family's, and know that the samples which help the decoder leave the encoder with less to hear.
#
# A trustworthy log p(x) is in your hands now. What may it be used for? Stage 08 puts it, and the code, to work, and finds out where both mislead.
#
# **To read.** Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders* (2016), is the bound and the proof that it climbs. Rainforth and others, *Tighter Variational Bounds are Not Necessarily Better* (2018), has the signal-to-noise ratios, and Tucker and others, *Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives* (2019), the repair.
# Cremer, Li and Duvenaud, *Inference Suboptimality in Variational Autoencoders* (2018), splits the gap. Kong, *A Note on Importance Sampling using Standardized Weights* (1992), is where the effective sample size comes from.
