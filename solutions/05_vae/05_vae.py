# %% [markdown] card="05_vae"
# You have all the parts: a prior, a decoder with a likelihood, an encoder with a price, and a path for gradients. In the first sitting you build the machine, train it on digits in seconds, and use it. In the second you become its auditor, because most
# programs of this kind that fail have every part right and one hidden factor wrong, and none of them raises an error.
#
# After it you can
#
# - build a VAE from two networks and five functions, and train it;
# - read its training log, and say why the KL of a healthy run rises;
# - generate, reconstruct and interpolate, and say what is a mean picture and what is a draw;
# - find the β that is hidden in somebody's loss, and write a test that a broken program fails.

# %% tags=["setup"]
import math

import torch
from torch import nn
from torch.nn import functional as F

from vae_course.explore import course_style, digits_picture, latent_map, latent_map_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.audit import AUDIT, Loss, Recon
from vae_course.models.bug_zoo import ZOO, Program, program
from vae_course.models.data import digit_labels, digits
from vae_course.models.digit_nets import (
    digit_vae, pictures, pixels_to_nearest, terms_per_image, train_program,
)
from vae_course.models.linear_model import LinearModel
from vae_course.models.oracles import best_plane_evidence, plane_elbo
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.toolbox.stage_04 import reparameterize, sgvb_b
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
# ## A log that looks broken
#
# Before you build it, watch one that is built. The library trains a VAE with 8 latent dimensions on the digits of stage 01, with pixels made black or white so that Bernoulli is their likelihood, and prints what it sees.

# %% tags=["nbval-ignore-output"]
predict("kl_while_training")

# %% [markdown]
# The log, in nats/image on the batch at hand:

# %%
train, test = digits()
model = digit_vae(train, z_dim=8)
history = fit(model, train, 4000, generator=torch.Generator().manual_seed(0), log_every=10)
for i in (0, 1, 5, 10, 20, 50, 100, 399):
    step, recon, kl = (history[name][i] for name in ("step", "recon", "kl"))
    print(f"step {step:4.0f}: recon {recon:6.2f}, KL {kl:6.3f} nats/image")

# %% [markdown]
# The KL falls at first, then it climbs and climbs, while the loss, the sum of both, goes down. A term that everybody calls a regulariser grows. Is that a bug?

# %% tags=["nbval-ignore-output"]
reveal("kl_while_training")

# %% [markdown]
# At the start the decoder cannot read codes, so a code is worth nothing and its price is saved. Then it learns to read, each nat of KL buys more than one nat of reconstruction, and it pays to say more. Hold on to one number: without any code a picture costs 25.35 nats, as you saw in stage 04. What is below that, the code has
# earned.
#
# ## The parts, from memory
#
# Write these five rows on paper before you open the table: prior, encoder, decoder, objective, trick. For each, the object, the usual choice, and its job.
#
# <details><summary>Fill all five rows, then open this.</summary>
#
# | piece | object | usual choice | job |
# | --- | --- | --- | --- |
# | prior | p(z) | N(0, I) | the place to draw codes from |
# | encoder | q(z given x) | N(μ(x), diag σ²(x)) | proposes codes for a picture |
# | decoder | p(x given z) | Bernoulli or Gaussian | says how likely a picture is for a code |
# | objective | the bound | E[log p(x given z)] − KL | trains both networks |
# | trick | z = μ + σ ε | ε ~ N(0, I) | lets the gradient through |
#
# </details>
#
# ## Two networks
#
# The encoder maps a picture to two vectors, the mean and the log-variance of its code. One network with two heads does it. Nothing squeezes the heads: a mean may be any number, and so may a log-variance, which is why we chose it.

# %% [markdown] card="Encoder"
# Write the class `Encoder(x_dim, z_dim)`, an `nn.Module`. Its sizes in between are yours; 128 hidden units with ReLU do well.
#
# - Called with x of shape (B, D), it returns the pair mu, logvar, shape (B, Z) each.
# - Rows must not meet each other, and there is no chance in it: noise comes later.
#
# For example, `Encoder(64, 8)` maps 100 pictures of 64 pixels to two tables of shape (100, 8).

# %% answer="Encoder"
class Encoder(nn.Module):
    """The network of q(z|x): x (B, D) to mu and logvar, (B, Z) each."""

    def __init__(self, x_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(x_dim, 128)
        self.mu = nn.Linear(128, z_dim)
        self.logvar = nn.Linear(128, z_dim)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ### BEGIN SOLUTION
        h = F.relu(self.hidden(x))  # (B, 128)
        return self.mu(h), self.logvar(h)  # (B, Z) each
        ### END SOLUTION


# %% check="Encoder"
check("Encoder")

# %% [markdown]
# The decoder maps a code to one logit a pixel. The logits are not squeezed either: stage 03 showed what a rounded sigmoid does to a loss.

# %% [markdown] card="Decoder"
# Write the class `Decoder(z_dim, x_dim)`, an `nn.Module`.
#
# - Called with z of shape (..., Z), with any number of axes in front, it returns logits of shape (..., D).
#
# For example, `Decoder(8, 64)` maps codes of shape (5, 100, 8) to logits of shape (5, 100, 64).

# %% answer="Decoder"
class Decoder(nn.Module):
    """The network of p(x|z): z (..., Z) to the logits of the pixels, (..., D)."""

    def __init__(self, z_dim: int, x_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(z_dim, 128)
        self.logits = nn.Linear(128, x_dim)
        ### END SOLUTION

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        ### BEGIN SOLUTION
        return self.logits(F.relu(self.hidden(z)))  # (..., D)
        ### END SOLUTION


# %% check="Decoder"
check("Decoder")

# %% [markdown]
# ## The machine
#
# Now join them. Noise is an *argument* of `forward`, so the same picture and the same noise give the same output, and a run can be repeated. The three other methods are what later stages ask a model for.

# %% [markdown] card="VAE"
# Write the class `VAE(x_dim, z_dim)`, an `nn.Module` made of your `Encoder` and `Decoder`.
#
# - It has the attributes `x_dim` and `z_dim`; `encode(x)` gives mu and logvar, and `decode(z)` gives logits, with any axes in front.
# - `log_likelihood(x, z)` gives log p(x|z) of binary pixels, where the leading axes of x and z broadcast against each other: x (B, D) with z (..., B, Z) gives (..., B), and x (B, 1, D) with z (S, Z) gives (B, S). The library's `bernoulli_log_likelihood` broadcasts so.
# - `forward(x, eps)` with eps of shape (B, Z) returns logits, mu, logvar, where the logits are decoded from z = mu + sigma · eps.
#
# For example, with all weights 0 every logit is 0, whatever the picture and the noise.

# %% answer="VAE"
class VAE(nn.Module):
    """A model of binary data with its encoder; the prior of z is N(0, I)."""

    def __init__(self, x_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encode = Encoder(x_dim, z_dim)
        self.decode = Decoder(z_dim, x_dim)
        ### END SOLUTION

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """log p(x|z), in nats. x: (B, D), z: (..., B, Z). Returns (..., B)."""
        ### BEGIN SOLUTION
        return bernoulli_log_likelihood(x, self.decode(z))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """x: (B, D), eps: (B, Z). Returns logits (B, D), mu and logvar, (B, Z) each."""
        ### BEGIN SOLUTION
        mu, logvar = self.encode(x)
        return self.decode(reparameterize(mu, logvar, eps)), mu, logvar
        ### END SOLUTION


# %% check="VAE"
check("VAE")

# %% [markdown]
# ## One number to train by
#
# The loss is minus the bound, and three numbers are worth keeping: `recon`, `kl` and their sum. Pixels are independent given the code, so their nats *add*. Latent dimensions add for the same reason. Rows are a sample of the data, so they *average*: N times the average of a batch estimates the sum over a data set of N
# pictures, which is what training lowers, and the size of a batch must not matter.
#
# **Worked**, with one row of each kind from stage 03. Two pictures of three pixels have the log-likelihoods −2.8643 and −3.0195, and their codes cost 0.4981 and 0.7584 nats. So recon = 2.9419, kl = 0.6283, and loss = 3.5702 nats/image.

# %%
recon, kl = (2.86432 + 3.01945) / 2, (0.49815 + 0.75843) / 2
print(f"recon {recon:.4f} + kl {kl:.4f} = loss {recon + kl:.4f} nats/image")
print(f"the same with a mean over pixels: {recon / 3 + kl:.4f}")

# %% [markdown]
# The last line is what a mean over pixels would do: recon is divided by 3 and the KL is not. That is not a change of units. Compared with recon, the KL now weighs three times as much.

# %% [markdown] card="negative_elbo"
# Write `negative_elbo(x, logits, mu, logvar)`: the loss of a batch and its two parts.
#
# - `x` and `logits` have shape (B, D), x of zeros and ones; `mu` and `logvar` have shape (B, Z). Stage 03's functions are imported.
# - Return a dict with `loss`, `recon` and `kl`: tensors without axes, in nats/image. recon is the average of −log p(x|z), and loss = recon + kl.
#
# For example, the worked batch has the logits (0.5, −1.2, 2) and (−0.4, 1.5, −2.2) for the pictures (1, 0, 0) and (0, 1, 1).

# %% answer="negative_elbo"
def negative_elbo(
    x: torch.Tensor, logits: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor
) -> dict[str, torch.Tensor]:
    """loss, recon and kl in nats/image. x, logits: (B, D), mu, logvar: (B, Z)."""
    ### BEGIN SOLUTION
    recon = -bernoulli_log_likelihood(x, logits).mean()
    kl = gaussian_kl(mu, logvar).mean()
    return {"loss": recon + kl, "recon": recon, "kl": kl}
    ### END SOLUTION


# %% check="negative_elbo"
check("negative_elbo")

# %% [markdown]
# What does that factor do in training? Average recon over the 64 pixels, leave the KL summed, and train a network of the same size.

# %% tags=["nbval-ignore-output"]
predict("mean_over_pixels")

# %% [markdown]
# The run, with its own loss first. Recon and KL are measured on test digits, with honest sums.

# %% tags=["nbval-ignore-output"]
for step, loss, recon, kl in train_program(program(loss="pixel_mean"), steps=2000):
    print(f"{step:5} loss {loss:6.4f}, honest recon {recon:6.2f}, KL {kl:5.3f}")

# %% tags=["nbval-ignore-output"]
reveal("mean_over_pixels")

# %% [markdown]
# All codes are the prior, and every picture gets the same output, at the price of a model without a code. The program ran, the loss fell, and its author would go on to tune learning rates. The second sitting is about such factors.
#
# ## One step
#
# A step of training has an order: clear the old gradient, run forward with fresh noise, go backward, let the optimiser move. `eps` is drawn here, one number for each row and latent dimension.

# %% [markdown] card="train_step"
# Write `train_step(model, optimizer, x, generator=None)`: one step on the batch x.
#
# - `model(x, eps)` gives logits, mu, logvar, and `model.z_dim` is Z. `negative_elbo` is yours. Pass `generator` on to whatever draws.
# - Return a dict of floats, `loss`, `recon` and `kl`, as they were *before* the step.
#
# For example, fitting a in y = a x to the point (1, 2) from a = 0 at rate 0.1 by plain gradient descent: the error is 4 before the step, the slope −4, and a becomes 0.4.

# %% answer="train_step"
def train_step(
    model, optimizer, x: torch.Tensor, generator: torch.Generator | None = None
) -> dict[str, float]:
    """One optimiser step on the negative ELBO of x (B, D). Returns loss, recon, kl before it."""
    ### BEGIN SOLUTION
    eps = torch.randn(len(x), model.z_dim, generator=generator, dtype=x.dtype)  # (B, Z)
    terms = negative_elbo(x, *model(x, eps))
    optimizer.zero_grad()
    terms["loss"].backward()
    optimizer.step()
    return {name: value.item() for name, value in terms.items()}
    ### END SOLUTION


# %% check="train_step"
check("train_step")

# %% [markdown]
# Now run your own machine: your `VAE`, your loss, your step. The cell waits until their checks pass.

# %% tags=["nbval-ignore-output"]
if all(check(name).passed for name in ("VAE", "negative_elbo", "train_step")):
    mine = VAE(64, 8)
    optimizer = torch.optim.Adam(mine.parameters(), lr=1e-3)
    for step in range(2001):
        told = train_step(mine, optimizer, train[torch.randint(len(train), (100,))])
        if step % 500 == 0:
            print(f"step {step:4}: " + ", ".join(f"{k} {v:6.2f}" for k, v in told.items()))

# %% [markdown]
# The same story as in the log above, seen every 500 steps: the KL climbs and the loss falls; the dip is over long before step 500. (Your recon may start near 64 log 2 = 44, that of a grey picture. The library's decoder starts at how often each pixel is on.)
#
# The library's `fit`, which ran at the top of this page, is this step in a loop, with the data shuffled every epoch. How good was that run? Score the test pictures with a few draws each, and put it in units that other papers use.

# %% tags=["nbval-ignore-output"]
recon, kl = terms_per_image(model, test, draws=20, generator=torch.Generator().manual_seed(1))
nats = (recon + kl).mean().item()
bits = nats / 64 / math.log(2)
print(f"test ELBO {-nats:.2f} nats/image, {bits:.3f} bits/dim, KL {kl.mean():.2f}")

# %% [markdown]
# About −18.3, against −25.35 without a code: seven nats a picture are earned. (In bits/dim, a bit is log 2 nats and a dim is a pixel.) One more reading. Let q(z) be the average of the codes of all pictures. The mean KL splits in two,
#
# $$\mathbb{E}_x\,\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big) = I(x; z) + \mathrm{KL}\big(q(z)\,\|\,p(z)\big),$$
#
# the information that a code carries about its picture, and the misfit of all codes together to the prior. So the information is at most the KL; stage 06 measures both.
#
# Is −18.3 a good score? For digits nobody knows the best one. So train the same way where it is known: a linear decoder with Gaussian noise, on data that come from such a model. The evidence is then a Gaussian's, stage 01, and the best mean log p(x) that any such model can have on these rows follows from the data's
# covariance alone. No bound may end above it.

# %%
noise = torch.Generator().manual_seed(0)
codes = torch.randn(2000, 3, generator=noise)
W = torch.randn(3, 7, generator=noise)
x = codes @ W + 0.5 * torch.randn(2000, 7, generator=noise)
linear, steps = LinearModel(x_dim=7, z_dim=3, sigma=0.5), 3000


def minus_the_bound(rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return -sgvb_b(rows, linear, torch.randn(1, len(rows), 3, generator=generator)).mean()


fit(
    linear, x, steps, loss=minus_the_bound, batch_size=200,
    lr=lambda step: 0.01 * (1 - step / steps), generator=noise,
)
with torch.no_grad():
    mu, logvar = linear.encode(x)
    centred, sigma = x - linear.to_x.bias, torch.exp(logvar / 2)
    elbo = plane_elbo(centred, linear.to_x.weight, 0.5, mu, sigma).mean()
best = best_plane_evidence(x, z_dim=3, sigma=0.5)
print(f"trained ELBO {elbo:.2f}, best evidence {best:.2f} nats/row")
assert 0 < best - elbo < 0.15

# %% [markdown]
# It stops a tenth of a nat or less below the ceiling, and not above it: the loop, the noise and the gradients of this page can be trusted. On digits the ceiling is out of sight, and that is all that has changed.
#
# *The mean in place of a sample* is the last of the four classic mistakes; stage 03 named the other three. Score every picture at z = μ, and say nothing about the spread:

# %% tags=["nbval-ignore-output"]
with torch.no_grad():
    mu, logvar = model.encode(test)
    at_the_mean = model.log_likelihood(test, mu).mean() - gaussian_kl(mu, logvar).mean()
print(f"'ELBO' at the mean {at_the_mean:.2f}, honest {-nats:.2f} nats/image")

# %% [markdown]
# The first number looks better and is no bound: the code is read to the last digit, and only a rough one was paid for. Now *train* that way. A program of the library forgets the noise; its own loss is in the first column, and what it is worth, with codes drawn as they should be, in the other two.

# %% tags=["nbval-ignore-output"]
for step, loss, recon, kl in train_program(program("forgotten"), steps=600):
    print(f"{step:5} loss {loss:6.2f}, honest recon {recon:6.2f}, KL {kl:5.2f}")

# %% [markdown]
# No other loss of this page that is in nats is as low, and the honest reconstruction is far worse than with no code at all: nobody told the encoder how wide its codes are.
#
# ## Use it: new pictures
#
# Generation needs no encoder. Draw a code from the prior, decode it. What comes out is a probability for each pixel; show it as the **mean picture**, or **draw** from it. The likelihood describes the draw. The mean is tidier, and it is no sample of anything.

# %% [markdown] card="generate"
# Write `generate(model, n, sample, generator=None)`: n new pictures.
#
# - `model.decode(z)` gives logits, `model.z_dim` is Z. Pass `generator` on to whatever draws.
# - Return shape (n, D): probabilities between 0 and 1, or, when `sample` is true, zeros and ones drawn with these probabilities.
#
# For example, a decoder whose logits are all 0 gives 0.5 everywhere, and fair coins when sampled.

# %% answer="generate"
def generate(
    model, n: int, sample: bool, generator: torch.Generator | None = None
) -> torch.Tensor:
    """n pictures from the prior: mean pictures, or draws. Returns (n, D)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        z = torch.randn(n, model.z_dim, generator=generator)
        means = torch.sigmoid(model.decode(z))  # (n, D)
        return torch.bernoulli(means, generator=generator) if sample else means
    ### END SOLUTION


# %% check="generate"
check("generate")

# %% [markdown]
# To reconstruct a picture, send it through its code. The usual choice is the mean code.

# %% [markdown] card="reconstruct"
# Write `reconstruct(x, model)`: the mean pictures at z = mu.
#
# - `x` has shape (B, D); `model.encode` and `model.decode` are as above.
# - Return shape (B, D), probabilities between 0 and 1.
#
# For example, a decoder whose logits are all 2 gives 0.8808 everywhere.

# %% answer="reconstruct"
def reconstruct(x: torch.Tensor, model) -> torch.Tensor:
    """Mean pictures decoded from the mean codes. x: (B, D). Returns (B, D)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        mu, _ = model.encode(x)
        return torch.sigmoid(model.decode(mu))
    ### END SOLUTION


# %% check="reconstruct"
check("reconstruct")

# %% [markdown]
# And between two codes lies a path. On a straight line from z₁ to z₂ the weights of both ends add up to 1, z = (1 − t) z₁ + t z₂.

# %% [markdown] card="interpolate"
# Write `interpolate(z1, z2, steps)`: codes on the straight line from z1 to z2, at equal distances, both ends included.
#
# - `z1` and `z2` have shape (Z,); `steps` is at least 2. Return shape (steps, Z).
#
# For example, three steps from (0, 4) to (4, 0) pass (2, 2).

# %% answer="interpolate"
def interpolate(z1: torch.Tensor, z2: torch.Tensor, steps: int) -> torch.Tensor:
    """`steps` codes from z1 to z2, (Z,) each. Returns (steps, Z)."""
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None]  # (steps, 1)
    return (1 - t) * z1 + t * z2
    ### END SOLUTION


# %% check="interpolate"
check("interpolate")

# %% [markdown]
# All of it at once, on the model that the library trained above. With your functions and your own `mine` it works the same; try it.

# %%
means = pictures(model, torch.randn(12, 8, generator=torch.Generator().manual_seed(5)))
codes = model.encode(test[:12])[0].detach()  # the mean codes
t = torch.linspace(0, 1, 12)[:, None]
path = pictures(model, codes[0] + t * (codes[5] - codes[0]))
draws = torch.bernoulli(means)
copies = pictures(model, codes)
digits_picture({
    "means": means, "draws": draws, "unseen": test[:12], "copies": copies, "a path": path,
})

# %% [markdown]
# *From the top: mean pictures of twelve random codes, draws from the same pictures, twelve unseen digits, their copies through the mean code, and the path between the codes of the first digit and of the sixth. Draws are ragged where means are grey.*
#
# How far are they from real digits? Count pixels to the nearest training digit again, as in stage 01.

# %% tags=["nbval-ignore-output"]
means = pictures(model, torch.randn(500, 8))
shown = {"unseen digits": test, "thresholded means": (means > 0.5).float()}
shown["draws"] = torch.bernoulli(means)
for name, drawn in shown.items():
    print(f"{name:18}{pixels_to_nearest(drawn, train).mean():5.1f} pixels of 64")

# %% [markdown]
# Draws are further away because each pixel is rolled by itself, whatever its neighbours do. And why do codes from the prior decode at all? Compare the width of single codes with the spread of all of them.

# %% tags=["nbval-ignore-output"]
mu, logvar = (head.detach() for head in model.encode(test))
drawn = reparameterize(mu, logvar, torch.randn(360, 8))
print("width of one code, average:", torch.exp(0.5 * logvar).mean(0).numpy().round(2))
print("spread of all codes:       ", drawn.std(0).numpy().round(2))

# %% [markdown]
# Each picture's own code is narrower than the prior, and *averaged over the data* the codes fill it. That is what the KL bought, and what the plain autoencoder of stage 01 did not have.
#
# Three jobs were trained by one number: to generate, to infer, and to agree with each other. You have now seen two of them fail alone: without a path for the gradient nothing was inferred, and with z = μ the two did not agree.
#
# A VAE with two latent dimensions can be seen whole. Drag in the map, or use the arrow keys, and watch the picture that belongs to the place.

# %%
flat = digit_vae(train, z_dim=2)
fit(flat, train, 4000, generator=torch.Generator().manual_seed(0))
where, labels = flat.encode(test)[0].detach(), digit_labels()[1]

# %% tags=["nbval-ignore-output"]
latent_map(flat, where, labels)

# %% [markdown]
# For readers without a running kernel, the map and its pictures side by side.

# %%
latent_map_picture(flat, where, labels)

# %% [markdown]
# *Left: the mean codes of 360 unseen digits, each written as its number; some digits have regions of their own, others share the middle. Right: the pictures decoded from a grid of codes over the same plane; neighbours look alike, and on the borders stand shapes that are no digit.*
#
# ## A rest
#
# The first sitting ends here. Save, and come back after a break. To close: name the three jobs, and the number that each of them would spoil if it failed.
#
# ## An audit: which β is hidden here?
#
# Public programs seldom say β = 1. They say `mean` where another one says `sum`, and both print a loss that falls. *"A mean is a sum divided by
# a constant, and a constant factor moves no minimum."* That is true of the loss as a whole. But this loss has two terms, and when the two are divided by
# different constants, one has been weighed against the other. Whatever the code looks like, nearly every such loss is
#
# $$\text{loss} = c\,\big(R + \beta K\big) + \text{constant},$$
#
# where R is minus the log-likelihood of a picture, averaged over the batch, and K is the KL divergence of its code, averaged over the batch, both in
# nats. The factor c is a choice of unit and the constant a choice of zero: neither moves the minimum. β moves it, and it is written nowhere. (R and K are
# our recon and kl; only in this audit K is not a number of samples.)
#
# Here are six training losses, A to F, in the style of public code. Five declare that pixels are binary and `out` holds their logits; E declares
# Gaussian pixels around `out`, with variance 1. Each comes with `recon`, the minus log-likelihood that its authors declare. Look at A on a hundred
# digits, with the most ignorant output there is, and every code equal to the prior.

# %%
loss, recon = AUDIT["A"]
x = digits()[0][:100]
grey, prior = torch.zeros(100, 64), torch.zeros(100, 8)
print(f"recon {recon(x, grey).mean():8.4f} nats/image")
print(f"loss  {loss(x, grey, prior, prior):8.4f} in a unit of its own")

# %% [markdown]
# The KL is 0 here, so only recon can be in that loss; still, the two numbers alone settle nothing, since a constant may be hidden among them. A *change*
# has no constant in it. Make every output darker and look again.

# %%
dark = grey - 1
print(f"recon changes by {recon(x, dark).mean() - recon(x, grey).mean():8.4f} nats/image")
print(f"loss changes by  {loss(x, dark, prior, prior) - loss(x, grey, prior, prior):8.4f}")

# %% [markdown]
# The loss moves by a 64th of what recon moves: that is c. It was found without reading a line of the code, and a loss can be asked about its other
# term in the same way.
#
# Before you go on, write down your guess for A: is its β 1, 64, or one 64th? And what will the KL do in training?

# %% [markdown] card="effective_beta"
# Write `effective_beta(loss, recon)`: the β for which `loss` is c (R + β K) + constant. You know neither c, which is positive, nor the constant.
#
# - `loss(x, out, mu, logvar)` is a tensor without axes. `x` and `out` have shape (B, D), `mu` and `logvar` have shape (B, Z).
# - `recon(x, out)` has shape (B,): minus the log-likelihood of each picture, in nats, with or without its own constant. R is its mean.
# - K is the mean over the batch of KL(N(mu, diag(exp(logvar))) ‖ N(0, I)).
# - Call both on whatever inputs you like; `x` of zeros and ones suits all of them. Your function makes its own inputs.
# - Return one number. It is accepted within 2%.
#
# Some losses have a β that hangs on B, D or Z, so the sizes of this stage stand in the first line; keep them for A to F. The losses of the check do not
# depend on sizes, and they use other units than A to F.
#
# For example, if 2 more nats of R lift a loss by 6, and 4 more nats of K lift it by 1.5, then β is 0.125.

# %% answer="effective_beta"
def effective_beta(loss: Loss, recon: Recon) -> float:
    """The weight of K against R that is hidden in loss(x, out, mu, logvar); recon(x, out): (B,)."""
    B, D, Z = 100, 64, 8
    ### BEGIN SOLUTION
    x, code = torch.zeros(B, D), torch.zeros(B, Z)  # zeros do as out, too; the KL of this code is 0
    start, recon_rises = loss(x, x, code, code), (recon(x, x + 1) - recon(x, x)).mean()
    per_recon = (loss(x, x + 1, code, code) - start) / recon_rises
    per_kl = (loss(x, x, code + 1, code) - start) / gaussian_kl(code + 1, code).mean()
    return float(per_kl / per_recon)
    ### END SOLUTION


# %% check="effective_beta"
check("effective_beta")

# %% [markdown]
# Now the audit.

# %%
for name, (loss, recon) in AUDIT.items():
    print(f"loss {name}: beta {effective_beta(loss, recon):7.3f}")

# %% [markdown]
# Read them one by one, with D = 64 pixels, Z = 8 latents and B = 100 rows.
#
# | loss | recon is | KL is | β | in numbers |
# | --- | --- | --- | --- | --- |
# | A | averaged over pixels | added over latents | D | 64 |
# | B | averaged over pixels | averaged over latents | D / Z | 8 |
# | C | added over pixels | averaged over latents | 1 / Z | ⅛ |
# | D | added over pixels and rows | averaged over rows | 1 / B | 1/100 |
# | E | twice what it declares | added over latents | ½ | ½ |
# | F | added over pixels | added over latents | 1 | 1 |
#
# A charges 64 nats for every nat of code: the code that pays is none, and the KL will fall to 0 and stay there. B looks fair, since both terms were
# treated alike, and is off by 8. D changes its β when somebody changes the batch size; with 50 rows it is 1/50.
#
# E leaves out the ½ of the Gaussian. One may call that β = ½. One may as well call it β = 1 with a variance of ½: its loss is the same function up to c. Only
# the product βσ² shows in a squared-error loss, and whoever reports one of the two without the other has reported nothing.
#
# *"So is every loss wrong that is not in nats?"* No. Divide F by 64 and you have nats a pixel: β is 1, the minimum is where it was, and only comparisons with
# other people's numbers suffer. An old public example had a cross-entropy averaged over everything and a KL divided by B · 784. It was reported as a bug, and
# its β was 1 all along. Ask for β first, and for the unit when you compare.
#
# ## Bug zoo: would you notice?
#
# A wrong β is one bug among many. Most of them raise no error, and the loss goes down. This is why the last skill of this stage is not to write a program but to
# *test* one that somebody else wrote.
#
# From outside, a training script stands on two lines: the one that draws codes and the one that adds up the loss. A `program` here is an object with just
# those two, `program.sample(mu, logvar)` and `program.loss(x, logits, mu, logvar)`. The zoo has three programs, each with one fault that was public once. The
# library trains the same two networks with each. Guess first: what would you see in a log if a whole batch shared one noise, if the KL weighed too little,
# or too much? A sound program comes first, to compare with.

# %% tags=["nbval-ignore-output"]
for name, suspect in {"sound": program(), **ZOO}.items():
    print(f"\nthe {name} program\n step      loss    recon     KL")
    for step, loss, recon, kl in train_program(suspect, steps=600):
        print(f"{step:5} {loss:9.2f} {recon:8.2f} {kl:6.2f}")

# %% [markdown]
# The first column is the loss as the program computes it. The other two are measured by the library on test digits, with codes drawn as they should be, in
# nats/image.
#
# In the first log the loss is in the thousands, and the KL climbs to more than 40 nats, where a sound program has about 4.7 after as many steps. Recon is paid and
# the code is nearly free, so pictures are copied well, and codes drawn from the prior look like none that the decoder was trained on. In the third log the KL is
# 0.00: a code costs too much, and every picture gets the same output. Both give themselves away to somebody who knows what to expect.
#
# The second log looks healthy. Recon falls, the KL rises, nothing is impossible. Its recon and KL add up to nearly two nats more than those of a sound program
# after as many steps, but who would know? You have to ask the program a question to which you know the answer.
#
# ### A finished test
#
# Good questions need no right answer to compare with. They change the input in a way that must not change the output. Lay every row of a batch twice: an average
# over rows stays, whatever the rows are.

# %%
def batch_size_is_no_matter(program: Program) -> bool:
    """Whether the loss of a batch is the loss of the same batch laid twice."""
    mu = torch.linspace(-2, 1, 48).reshape(6, 8)
    batch = digits()[0][:6], torch.linspace(-3, 3, 384).reshape(6, 64), mu, 0.5 - mu
    once = program.loss(*batch)
    twice = program.loss(*(rows.repeat(2, 1) for rows in batch))
    return math.isclose(float(once), float(twice), rel_tol=1e-4)


for name, suspect in ZOO.items():
    print(f"the {name} program passes: {batch_size_is_no_matter(suspect)}")

# %% [markdown]
# One bug is caught. Nothing in the test says what a VAE is, which is its strength: it holds for any loss that is an average over data. Notice four habits in it. It
# returns True or False rather than raising. Its inputs are neither zeros nor ones, at which many faults are invisible. It compares with a tolerance, because sums in another
# order differ in the last digit. And it holds for *every* right program, not only for one that is written like yours.
#
# How good is a test? Take right programs, break each on purpose in one place, and count how many of these *mutants* it notices. A test that rejects everything would
# win this count, so right programs are in the count as well, and the test must let them pass. That is how the next two exercises are marked.
#
# ### Half a test
#
# The second program needs a test of its noise. Noise is random, so no single value can be compared; but three promises can. It is new at every call. Every row, and
# every latent in a row, has its own. And it is as large as q says: take off mu, divide by sigma, and what is left has mean 0 and standard deviation 1. With
# thousands of draws all three are visible to the naked eye, so generous tolerances will do: a mean of 8,000 draws strays by about 0.011.

# %% [markdown] card="samples_are_fresh"
# Finish `samples_are_fresh(program)`: True when the codes of a program are draws from N(mu, diag(exp(logvar))), with noise of its own for every row, every latent and every
# call; otherwise False.
#
# - `program.sample(mu, logvar)` gives z; all three have shape (B, Z). Only `sample` matters here.
# - The first promise, new at every call, is written already. The other two are yours, and the last line, which returns a bool. You may change what is there.
# - Value is for passing three sound programs, which make their noise in different ways, one of them from a generator of its own, and for rejecting one that forgot the noise. The
#   other parts are for four programs that share noise, and for four whose noise has the wrong size or place.
#
# For example, a program that returns mu + 0.5 · sigma · eps is broken: what is left has standard deviation 0.5.

# %% answer="samples_are_fresh"
def samples_are_fresh(program: Program) -> bool:
    """Whether program.sample(mu, logvar), all (B, Z), is drawn from N(mu, exp(logvar)) afresh."""
    mu, logvar = torch.full((2000, 4), 0.7), torch.full((2000, 4), -1.2)
    first, second = program.sample(mu, logvar), program.sample(mu, logvar)
    new_each_call = not torch.equal(first, second)
    ### BEGIN SOLUTION
    noise = (first - mu) / torch.exp(0.5 * logvar)  # (2000, 4), N(0, 1) if all is well
    rows_differ = noise.std(dim=0).min() > 0.5
    latents_differ = noise.std(dim=1).mean() > 0.5
    right_size = noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1
    return bool(new_each_call and rows_differ and latents_differ and right_size)
    ### END SOLUTION


# %% check="samples_are_fresh"
check("samples_are_fresh")

# %% [markdown]
# ### A test of your own
#
# The third program passes both tests so far: its noise is fresh, and its loss is an average over rows. What is left is the loss itself. There are two ways to question it.
# Compare it with an *oracle*, another program that should agree; you wrote one in the first sitting. Or state what must hold: the KL is 0 at the prior, a pixel more adds
# its own nats, a doubled latent doubles the price. Oracles are quick and see everything at once, but they share their author's blind spots. Properties know nothing of
# the author, but each sees only one thing.
#
# Either way, the inputs decide what can be seen. A lost logarithm costs nothing at logvar = 0. A batch of one row hides a forgotten average. Timid logits hide what happens
# to a confident decoder. And where two errors of a batch happen to cancel, one batch hides what a second one shows.

# %% [markdown] card="loss_is_sound"
# Write `loss_is_sound(program)`: True when the program's loss is the negative ELBO of this stage, otherwise False.
#
# - `program.loss(x, logits, mu, logvar)` is a tensor without axes. `x`, zeros and ones, and `logits` have shape (B, D), `mu` and `logvar` have shape (B, Z); your test chooses all four.
# - Sound means: minus the Bernoulli log-likelihood plus KL(N(mu, diag(exp(logvar))) ‖ N(0, I)), added over pixels and latents, averaged over rows, in nats/image. β is 1, and so is c.
# - A sound program may add in any order and in any precision: allow for 1 in 100,000.
# - Value is for passing three sound programs and rejecting the third of the zoo. The other parts are for five programs with a wrong scale, six with a wrong KL and six with a wrong likelihood. You may call your own `negative_elbo`.
#
# For example, a program whose loss for the worked batch of this stage is 1.6089, where 3.5702 is right, is broken.

# %% answer="loss_is_sound"
def loss_is_sound(program: Program) -> bool:
    """Whether program.loss(x, logits, mu, logvar), (B, D) and (B, Z), is the negative ELBO."""
    ### BEGIN SOLUTION
    for B, D, Z in ((5, 7, 3), (3, 4, 2), (2, 11, 5)):  # one batch may hide a bug by chance
        x, logits = (torch.rand(B, D) < 0.5).float(), 4 * torch.randn(B, D)
        mu, logvar = torch.randn(B, Z), torch.randn(B, Z)
        theirs = program.loss(x, logits, mu, logvar)
        mine = negative_elbo(x, logits, mu, logvar)["loss"]
        if not math.isclose(float(theirs), float(mine), rel_tol=1e-5):
            return False
    return True
    ### END SOLUTION


# %% check="loss_is_sound"
check("loss_is_sound")

# %% [markdown]
# Three tests, three programs: a row with a False in it is a bug that you would have noticed.

# %%
tests = [batch_size_is_no_matter, samples_are_fresh, loss_is_sound]
for name, suspect in ZOO.items():
    print(f"{name:6}", *(f"{test.__name__}: {test(suspect)!s:5}" for test in tests))

# %% [markdown]
# Here is what they were. The first adds recon over the rows of a batch and averages the KL: loss D of the audit. The second draws one noise vector for the whole batch. The third averages recon over pixels: loss A.
#
# The first program fails two tests. That is no waste: the one with the oracle says that something is wrong, and the one with the doubled batch says where. Breaking right programs on
# purpose to measure a test is called mutation testing; DeMillo, Lipton and Sayward proposed it in 1978.

# %% [markdown]
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("05")

# %% [markdown]
# Transfer, on paper: the digits come as counts from 0 to 16, and the likelihood is Binomial(16). Which lines of this stage change, and which do not?
#
# <details><summary>Answer first, then open this.</summary>
#
# One line: the log-likelihood. The decoder still puts out one logit a pixel, the encoder reads counts in place of zeros and ones, and the KL, the noise, the step and the audit stay as they are.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("05")

# %% [markdown]
# ## What you can do now
#
# You built a VAE, trained it, and used it to generate, copy and interpolate. You read a training log, named the three jobs that one number trains, found the β hidden in six losses, and wrote tests that tell sound programs from broken ones.
#
# We met a hidden β by accident. Stage 06 turns it on purpose, and asks what happens when the code is ignored.
#
# **To read.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), is the machine. Doersch, *Tutorial on Variational Autoencoders* (2016), walks through it once more. DeMillo, Lipton and Sayward, *Hints on Test Data Selection* (1978), has the mutants.
