# %% [markdown] card="01_latent_variable_models"
# Two networks have learned to squeeze a picture of a digit into eight numbers and to draw it again from them. Now give both eight
# numbers that no picture ever had. One answers with digits. The other answers with something else, although it copies better. What separates them
# is not a better network: one is a *model of pictures*, and the other is not.
#
# After it you can
#
# - say what a latent-variable model consists of, and draw from one;
# - compute how likely a data point is, log p(x), in three ways, and which codes explain it;
# - tell a model from an autoencoder, in numbers;
# - say why none of the three ways works for the models that we want, which is why the rest of this course exists.

# %% tags=["setup"]
import math

import matplotlib.pyplot as plt
import torch
from torch.distributions import MultivariateNormal, Normal

from vae_course.explore import bent_picture, bent_plane, course_style, described, digits_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.data import digits
from vae_course.models.decoders import hammock
from vae_course.models.digit_nets import (
    pixels_to_nearest, train_digit_model, train_plain_autoencoder,
)

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown]
# Today's questions come first, on what the course takes for granted. `practice()` brings back what you missed soon and what you knew later; every stage opens with it.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## Eight numbers that nobody has used
#
# The data are 8 × 8 pictures of handwritten digits, black and white: 1,437 to learn from and 360 that no network sees. Both networks have the same
# size, 64–128–8–128–64, and the same training time. Their eight numbers are called a **code**, written z.

# %%
train, test = digits()
plain = train_plain_autoencoder(train, z_dim=8, steps=3000)
model = train_digit_model(train, z_dim=8, steps=3000)
print("pictures to learn from", tuple(train.shape), "and to test", tuple(test.shape))

# %% [markdown]
# The first is a plain autoencoder: it was asked to copy its input through the code, and nothing else. The second is a **variational autoencoder**,
# or VAE, and how it was trained is the story of stages 02 to 05. Today we only use it. Draw codes from a standard normal distribution and let both decode them; each pixel becomes the likelier of black
# and white.

# %%
z = torch.randn(500, 8)
drawn = {
    "real": test,
    "plain": (plain.decode(z) > 0).float(),
    "model": (model.decode(z) > 0).float(),
}
digits_picture({name: pictures[:12] for name, pictures in drawn.items()})

# %% [markdown]
# *Twelve unseen digits, twelve pictures decoded by the plain autoencoder from random codes, and twelve decoded by the latent-variable model from the
# same codes. The middle row holds broken strokes; the bottom row holds digits, some of them odd.*
#
# Pictures persuade too easily, so measure. For each drawn picture, find the training digit that is nearest, and count the pixels in which they differ.

# %% tags=["nbval-ignore-output"]
for name, pictures in drawn.items():
    print(f"{name:6}{pixels_to_nearest(pictures, train).mean():5.1f} pixels of 64")

# %% [markdown]
# A digit that nobody has seen differs from its nearest training digit in about 3 pixels. The model's random pictures are about as near; those of the
# plain autoencoder are twice as far away, although it is the better copier. See how many pixels of an unseen digit each gets wrong, and where the plain one keeps its codes.

# %% tags=["nbval-ignore-output"]
codes = plain.encode(train)
mean_code, _ = model.encode(test)  # the model proposes a mean for each code, and a spread
for name, logits in {"plain": plain(test), "model": model.decode(mean_code)}.items():
    wrong = ((logits > 0).float() - test).abs().sum(1)
    print(f"{name} copies with {wrong.mean():.1f} pixels wrong")
print(f"spread of the plain codes {codes.std(0).mean():.1f}, of the random {z.std(0).mean():.1f}")

# %% [markdown]
# Its codes lie several units from zero, and nothing in its training says where. We decoded from a place where no code ever was. *"Then draw codes from where they are."* Try that: fit a Gaussian to
# its codes, and draw from it.

# %% tags=["nbval-ignore-output"]
where_they_are = MultivariateNormal(codes.mean(0), torch.cov(codes.T))
redrawn = (plain.decode(where_they_are.sample((500,))) > 0).float()
print(f"{pixels_to_nearest(redrawn, train).mean():.1f} pixels of 64")

# %% [markdown]
# Better, and still far from a digit: there are gaps between the codes, and a Gaussian does not know them. To do it well we would need the distribution of codes, and this network does not have one. It is a
# way to store pictures. It says nothing about which pictures are likely. (With a code of two numbers the plain one looks far better: two dimensions are easy to fill.
# A small example can hide a large fault.)
#
# ## A model in two sentences
#
# Most data have causes that we do not see. A photograph has a pose and a light, a recording has a speaker, a page has a topic. A **latent-variable
# model** states how unseen causes and data belong together, in two sentences:
#
# - The **prior** p(z) says which codes to expect before any data is seen. Here it is nearly always N(0, I).
# - The **decoder** p(x|z) says how likely each x is when the code is z. It is a distribution over x, not a picture.
#
# That is the whole model. Together they give the **joint** p(x, z) = p(x|z) p(z), and everything else follows from it by adding up.
#
# Take the smallest one, an urn story. A box is of kind z = 1 with chance 0.3, otherwise of kind 0. A ball drawn from it is red, x = 1, with chance 0.9 in
# a box of kind 1, and 0.2 in a box of kind 0. You draw a red ball.

# %%
prior = torch.tensor([0.7, 0.3])  # p(z) for z = 0, 1
red = torch.tensor([0.2, 0.9])  # p(x = 1 | z)
joint = red * prior
print("joint p(x = 1, z):", joint, " log of the last:", f"{joint[1].log():.4f} nats")

# %% [markdown]
# How likely was a red ball at all? Add over the kinds, since each could have produced it. This sum is the **evidence** p(x), also called the marginal likelihood.

# %%
evidence = joint.sum()
print(f"evidence {evidence:.2f}, log {evidence.log():.4f} nats")
print(f"plain average of 0.2 and 0.9: {red.mean():.2f}, which is something else")
print(f"posterior p(z = 1 | x = 1) = {joint[1] / evidence:.4f}")

# %% [markdown]
# 0.41, not 0.55: explanations count by how common they are. The last line divides the joint by the evidence: the **posterior** p(z|x), what
# the ball tells about the box. It was 0.3 before the draw and is 0.66 now. Keep this in mind: *scoring data and explaining data need the same
# sum.*
#
# *"What is there to maximise?"* The decoder of a real model is a network with weights θ. Training moves θ so that the average of log p(x) over the data rises. The average is highest when the model's
# distribution is that of the data, since probability that goes to one place is taken from everywhere else. And it is a log because independent data points multiply their probabilities, and a sum is easier to
# climb than a product. In this stage θ stays where it is: first we must be able to compute log p(x) at all.
#
# ## Drawing from it
#
# To draw from a joint distribution, draw the cause, and then the data from *that* cause. For the urn it takes two lines.

# %%
kind = (torch.rand(100_000) < 0.3).long()
ball = torch.rand(100_000) < red[kind]
print(f"share of red balls: {ball.float().mean():.3f}")

# %% [markdown]
# Close to 0.41, without any sum: drawing is easy, it is adding up that will be hard.
#
# Now the model that stays with us for two stages, the **hammock**. The code is one number, z ~ N(0, 1). The decoder bends it into the
# plane and adds Gaussian noise of σ = 0.3 to both coordinates:
#
# $$x \mid z \;\sim\; \mathcal{N}\big((0.6\,z,\; 0.5\,(z^2-1)),\; 0.3^2 I\big).$$
#
# A given decoder has `x_dim`, `z_dim` and `sigma`; calling it gives the mean, and `log_likelihood(x, z)` gives log p(x|z) with the leading axes broadcast.

# %%
decoder = hammock()
a_code = torch.tensor([[-1.0], [0.0], [2.0]])  # (3, Z = 1)
print(decoder)
print(decoder(a_code))  # (3, D = 2)

# %% [markdown]
# Three codes, three places in the plane: left, bottom, and high up on the right.

# %% [markdown] card="sample_joint"
# Write `sample_joint(decoder, n, generator)`: n independent draws of a code and its data point.
#
# - `decoder` is as above; the prior is N(0, I). `generator` is a `torch.Generator` or None; pass it on to whatever draws.
# - Return the pair (z, x), z of shape (n, Z) and x of shape (n, D).
#
# For example, if the code comes out as z = 0.5 and the noise of the hammock as (0.3, −0.3), then x = (0.6, −0.675).

# %% answer="sample_joint"
def sample_joint(
    decoder, n: int, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """n draws of (z, x) from p(z) p(x|z). Returns z: (n, Z) and x: (n, D)."""
    ### BEGIN SOLUTION
    z = torch.randn(n, decoder.z_dim, generator=generator)
    noise = torch.randn(n, decoder.x_dim, generator=generator)
    return z, decoder(z) + decoder.sigma * noise  # (n, Z), (n, D)
    ### END SOLUTION


# %% check="sample_joint"
check("sample_joint")

# %% [markdown]
# *"Why noise at all?"* Without it all data would lie on a curve, which has no area, and p(x) would be zero or infinite. The noise is what makes the decoder
# a likelihood.
#
# ## Scoring a pair
#
# One pair (x, z) is scored by the joint. We keep logs throughout, because products of many small numbers vanish and sums of logs do not:
#
# $$\log p(x, z) = \log p(x|z) + \log p(z).$$
#
# The first term asks how well z explains x, the second how common z is under the prior, N(0, I). Take one data point and three codes.

# %%
x = torch.tensor([0.9, 0.625])  # (D,)
for code in (0.0, 1.5, -1.5):
    explains = decoder.log_likelihood(x, torch.tensor([code]))
    common = Normal(0.0, 1.0).log_prob(torch.tensor(code))
    print(f"z = {code:4}: explains {explains:7.2f}, common {common:6.2f} nats")

# %% [markdown]
# The code 1.5 explains this x as well as a code can, since its mean is x itself. The code 0 is the commonest of the three and explains nothing; −1.5 is as common as 1.5 and on the wrong side.
# You need this score for every data point against every code.

# %% [markdown] card="log_joint"
# Write `log_joint(x, decoder, z)`: log p(x|z) + log p(z) for every data point and every code.
#
# - `x` has shape (B, D) and `z` shape (S, Z): S codes, the same for every data point.
# - The prior is N(0, I) in Z dimensions, and Z may exceed 1.
# - `decoder.log_likelihood` is given; you earn it in stage 03. Its arguments broadcast over their leading axes.
# - Return shape (B, S), in nats, constants included. A part of the points is for pairs so unlikely that p(x, z) itself is 0 in float32.
#
# For example, x = (0.9, 0.625) and z = 1.5 in the hammock give −1.4739 nats.

# %% answer="log_joint"
def log_joint(x: torch.Tensor, decoder, z: torch.Tensor) -> torch.Tensor:
    """log p(x|z) + log p(z), each x with each z. x: (B, D), z: (S, Z). Returns (B, S), in nats."""
    ### BEGIN SOLUTION
    log_likelihood = decoder.log_likelihood(x[:, None], z)  # (B, 1, D), (S, Z) -> (B, S)
    log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=-1)  # (S,)
    return log_likelihood + log_prior
    ### END SOLUTION


# %% check="log_joint"
check("log_joint")

# %% [markdown]
# ## The evidence, on a grid
#
# For a code that is a number, the sum over boxes becomes an integral, the area under the joint as z runs:
#
# $$p(x) = \int p(x|z)\,p(z)\,dz \;\approx\; h \sum_{g} p(x|z_g)\,p(z_g),$$
#
# with equally spaced points z_g and spacing h. How many points are enough? Try it on the one x from above.

# %%
def area(points):
    """p(x) of the one x above, by a sum over equally spaced codes from -6 to 6."""
    grid = torch.linspace(-6, 6, points, dtype=torch.float64)[:, None]  # (G, 1)
    log_prior = Normal(0.0, 1.0).log_prob(grid[:, 0])
    heights = torch.exp(decoder.log_likelihood(x.double(), grid) + log_prior)
    return heights.sum() * (grid[1] - grid[0]).item()


for points in (21, 61, 241):
    print(f"{points:4} points: log p(x) = {area(points).log():.5f} nats")

# %% [markdown]
# With 61 points it is right to five decimals; 21 miss the narrow peak. One thing must change before this is fit for use. Far from the curve every height is so small that
# the computer stores 0, and log 0 is no score. The sum has to be taken *of logs*: the largest is taken out first, and put back at the end. That is
# a **log-sum-exp**.

# %%
logs = torch.tensor([-1000.0, -1001.0])
print("exp, sum, log:", logs.exp().sum().log().item(), " log-sum-exp:", f"{logs.logsumexp(0):.4f}")

# %% [markdown]
# The two numbers add up to something a little above e⁻¹⁰⁰⁰, and only the second way knows it.

# %% [markdown] card="log_evidence_grid"
# Write `log_evidence_grid(x, decoder, z_grid)`: log p(x) of each data point, for a code of one dimension.
#
# - `x` has shape (B, D); `z_grid` has shape (G, 1), equally spaced and wide enough.
# - Return shape (B,), in nats. A part of the points is for data so far out that p(x) itself is stored as 0.
#
# For example, three heights 0.2, 0.5, 0.1 at spacing 0.1 have the log area log 0.08 = −2.5257.

# %% answer="log_evidence_grid"
def log_evidence_grid(x: torch.Tensor, decoder, z_grid: torch.Tensor) -> torch.Tensor:
    """log p(x) by a sum over codes. x: (B, D), z_grid: (G, 1), even steps. Returns (B,), nats."""
    ### BEGIN SOLUTION
    spacing = z_grid[1, 0] - z_grid[0, 0]
    return log_joint(x, decoder, z_grid).logsumexp(dim=-1) + spacing.log()  # (B, G) -> (B,)
    ### END SOLUTION


# %% check="log_evidence_grid"
check("log_evidence_grid")

# %% [markdown]
# ## Which codes explain this x?
#
# The posterior divides the joint by the evidence, p(z|x) = p(x, z) / p(x). For the x above it must have a bump near 1.5. Now a harder case. The point x = (0, 1) hangs in the air,
# above the middle of the curve.

# %% tags=["nbval-ignore-output"]
predict("where_is_the_posterior")

# %% [markdown]
# Divide each height by the area, for both points, and draw.

# %%
grid = torch.linspace(-4, 4, 401)[:, None]  # (G, 1)
h = (grid[1] - grid[0]).item()
for point in (torch.tensor([0.9, 0.625]), torch.tensor([0.0, 1.0])):
    heights = torch.exp(decoder.log_likelihood(point, grid) + Normal(0.0, 1.0).log_prob(grid[:, 0]))
    density = heights / (heights.sum() * h)
    mean = (density * grid[:, 0]).sum() * h
    name = f"x = ({point[0]:g}, {point[1]:g})"
    there = density[(grid[:, 0] - mean).abs().argmin()]
    print(f"{name}: mean {mean:.3f}, density there {there:.3f}")
    plt.plot(grid[:, 0], density, label=name)
plt.xlabel("code z")
plt.ylabel("posterior density p(z|x)")
plt.legend()
described(plt.gcf(), "Posteriors: one bump near 1.45 for (0.9, 0.625), two near ±1.45 for (0, 1).")

# %% [markdown]
# *The posterior of x = (0.9, 0.625) is one bump with its peak near 1.45 and its mean at 1.41: it leans towards 0, where codes are commoner. The posterior of
# x = (0, 1) has two equal bumps near ±1.45, where the curve passes nearest on either side, and almost nothing between them.*

# %% tags=["nbval-ignore-output"]
reveal("where_is_the_posterior")

# %% [markdown]
# The mean of the second one is 0, and the density there is next to nothing: the average of two good explanations can be a bad one. An encoder that answers
# with a single point, or a single Gaussian, cannot say "one of these two". Stage 02 shows what it says instead.
#
# Try it yourself: move the code and the noise, with the mouse or with Tab and the arrow keys. They make one x. The cloud stays, the posterior redraws.

# %% tags=["nbval-ignore-output"]
bent_plane()

# %% [markdown]
# For readers without a running kernel, the case of the two bumps as a picture.

# %%
bent_picture(z=0.0, right=0.0, up=5.0)

# %% [markdown]
# *Left: the cloud of all data, p(x), around the bent line of codes; the code z = 0 sits at the bottom of the curve and a rare draw of noise, five σ upwards, has made the
# cross at (0, 1). Right: the prior, and the posterior of that cross with its two bumps; the true code, 0, is in neither.*

# %% [markdown] card="posterior_grid"
# Write `posterior_grid(x, decoder, z_grid)`: the posterior density of each data point at every code of the grid.
#
# - `x` has shape (B, D); `z_grid` has shape (G, 1), equally spaced and wide enough.
# - Return shape (B, G): *densities* over z, not logs. A part of the points is for data far out, as before.
#
# For example, heights 2, 6, 2 of the joint at spacing 0.5 belong to the densities 0.4, 1.2, 0.4.

# %% answer="posterior_grid"
def posterior_grid(x: torch.Tensor, decoder, z_grid: torch.Tensor) -> torch.Tensor:
    """p(z|x) at each code of a grid. x: (B, D), z_grid: (G, 1), equally spaced. Returns (B, G)."""
    ### BEGIN SOLUTION
    log_evidence = log_evidence_grid(x, decoder, z_grid)  # (B,)
    return torch.exp(log_joint(x, decoder, z_grid) - log_evidence[:, None])  # (B, G)
    ### END SOLUTION


# %% check="posterior_grid"
check("posterior_grid")

# %% [markdown]
# ## The evidence, by guessing blindly
#
# A grid over 20 dimensions with 61 points in each has 61²⁰ points. Averages do not need a grid: the evidence is the average of p(x|z) over codes
# drawn from the prior, so draw S of them and average,
#
# $$p(x) = \mathbb{E}_{z \sim p(z)}[\,p(x|z)\,] \;\approx\; \frac{1}{S}\sum_{s=1}^{S} p(x|z_s).$$
#
# Repeat it 200 times with few draws and with many, on the same x, and look at the logs.

# %%
guesses = torch.randn(200, 1000, 1, generator=torch.Generator().manual_seed(1))  # (repeats, S, Z)
log_likelihood = decoder.log_likelihood(x, guesses)  # (200, 1000)
for S in (10, 100, 1000):
    logs = log_likelihood[:, :S].exp().mean(dim=1).log()
    print(f"S = {S:5}: log p(x) about {logs.mean():.3f}, spread {logs.std():.3f} nats")

# %% [markdown]
# The truth is −2.152. With a thousand draws we are near it. With ten we are low by a whole nat on average, although p(x) itself is estimated without bias: the log of an
# unlucky average falls further than that of a lucky one rises. There is a tempting short cut, to average the logs themselves.

# %%
print(f"log of the mean {log_likelihood.exp().mean().log():8.3f} nats")
print(f"mean of the logs {log_likelihood.mean():7.3f} nats")

# %% [markdown]
# That is not a bad estimate of the evidence. It is an estimate of something else: how badly a *typical* blind guess explains x. Hold on to the difference,
# stage 02 is made of it.

# %% [markdown] card="log_evidence_monte_carlo"
# Write `log_evidence_monte_carlo(x, decoder, z)`: log p(x) of each data point, estimated from codes drawn from the prior.
#
# - `x` has shape (B, D); `z` has shape (S, Z), drawn from the prior already, the same draws for every data point.
# - Return shape (B,): the log of the average of p(x|z), in nats. A part of the points is for data far out, as before.
#
# For example, log-likelihoods of −1000 and −1001 give −1000.3799.

# %% answer="log_evidence_monte_carlo"
def log_evidence_monte_carlo(x: torch.Tensor, decoder, z: torch.Tensor) -> torch.Tensor:
    """log of the mean of p(x|z) over prior draws. x: (B, D), z: (S, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    log_likelihood = decoder.log_likelihood(x[:, None], z)  # (B, S)
    return log_likelihood.logsumexp(dim=-1) - math.log(len(z))  # (B,)
    ### END SOLUTION


# %% check="log_evidence_monte_carlo"
check("log_evidence_monte_carlo")

# %% [markdown]
# ## The one case with a formula
#
# If the mean of the decoder is *linear* in z, x given z is N(W z, σ²I), then x is a sum of two independent Gaussians, W z and the noise. It is Gaussian itself,
# and variances of independent parts add:
#
# $$x \sim \mathcal{N}(0,\; W W^{\top} + \sigma^2 I).$$
#
# **Worked.** W = (0.8, 0.4), so D = 2 and Z = 1, with σ² = 0.2, and x = (1, −0.2). The covariance has 0.64 + 0.2 = 0.84 and 0.16 + 0.2 = 0.36 on its
# diagonal, and 0.8 · 0.4 = 0.32 beside it. Its determinant is 0.84 · 0.36 − 0.32² = 0.2. For a matrix of two rows, the inverse exchanges the diagonal, turns the sign of the rest and divides by the determinant, so the quadratic form xᵀC⁻¹x is
# (0.36 · 1² − 2 · 0.32 · 1 · (−0.2) + 0.84 · (−0.2)²) / 0.2 = 2.608.

# %%
log_p = -0.5 * (2 * math.log(2 * math.pi) + math.log(0.2) + 2.608)
print(f"log p(x) = {log_p:.4f} nats")

# %% [markdown]
# **Its twin, with a gap for you.** W = (1.2, 0.5), σ² = 0.2, x = (−1, 0.25). The diagonal of the covariance is 1.64 and 0.45, and beside it stands ☐.
#
# <details><summary>Fill the gap on paper, go on to log p(x), then open this.</summary>
#
# The gap is 1.2 · 0.5 = 0.6. The determinant is 1.64 · 0.45 − 0.36 = 0.378, and log p(x) = −2.4791 nats.
#
# </details>
#
# Without the off-diagonal entry the two coordinates would be independent. They are not: both listen to the same z. That is what a latent variable does.
#
# The posterior has a formula as well. Take one code and one number, x given z ~ N(w z, σ²). Up to a constant the log joint is −½ z² − (x − w z)² / 2σ², a parabola in z, so the posterior is a Gaussian. Its mean is where
# the slope is 0: −z + w (x − w z) / σ² = 0, which gives
#
# $$\text{mean of } p(z|x) = \frac{w\,x}{w^2 + \sigma^2}.$$

# %%
w, noise_var, seen = 0.8, 0.2, 1.0
print(f"posterior mean {w * seen / (w**2 + noise_var):.4f}, decoder inverted {seen / w:.4f}")

# %% [markdown]
# The prior pulls the mean towards 0: part of x may be noise. With no noise, the formula would invert the decoder.

# %% [markdown] card="linear_gaussian_evidence"
# Write `linear_gaussian_evidence(x, W, sigma)`: log p(x) of each data point under the linear model, exactly.
#
# - `x` has shape (B, D), `W` shape (D, Z); `sigma` is one positive number, a standard deviation.
# - Return shape (B,), in nats. A part of the points is for many dimensions and a small sigma, where a determinant is stored as 0.
#
# For example, the worked case above gives −2.3372 nats.

# %% answer="linear_gaussian_evidence"
def linear_gaussian_evidence(x: torch.Tensor, W: torch.Tensor, sigma: float) -> torch.Tensor:
    """log N(x; 0, W W' + sigma^2 I). x: (B, D), W: (D, Z). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    D = len(W)
    covariance = W @ W.T + sigma**2 * torch.eye(D, dtype=W.dtype)  # (D, D)
    quadratic = (x * torch.linalg.solve(covariance, x.T).T).sum(dim=-1)  # (B,)
    return -0.5 * (D * math.log(2 * math.pi) + torch.logdet(covariance) + quadratic)
    ### END SOLUTION


# %% check="linear_gaussian_evidence"
check("linear_gaussian_evidence")

# %% [markdown]
# ## Why none of this scales
#
# We have a grid, guessing, and a formula for straight decoders. Real decoders are bent and have many codes: the grid and the formula are gone, and guessing is left. How much guessing?
# The exact case tells. Let every dimension have its own code, x_j given z_j is N(z_j, ½). Each x_j then has the variance 1.5; let x_j² be just that, so that all dimensions are alike and typical.
# The error of an estimate is the root mean square of estimate / truth − 1. In two dimensions 300 draws give the evidence with an error of 10 %.

# %% tags=["nbval-ignore-output"]
predict("draws_in_twenty_dimensions")

# %% [markdown]
# Measure the relative error of p(x) with 300 draws, over 400 repeats. The exact p(x) of d equal dimensions is a product, so it is the d-th power of one.

# %%
noise = Normal(0.0, math.sqrt(0.5))
exact = Normal(0.0, math.sqrt(1.5)).log_prob(torch.tensor(1.5).sqrt()).double().exp()
fresh = torch.Generator().manual_seed(2)
for d in (1, 2, 4, 8):
    codes = torch.randn(400, 300, d, generator=fresh)  # (repeats, S, Z)
    p = noise.log_prob(math.sqrt(1.5) - codes).sum(-1).double().exp().mean(1)
    error = (p / exact**d - 1).square().mean().sqrt()
    print(f"d = {d}: relative error {error:.0%}")

# %% [markdown]
# The error climbs, and its climb gets steeper. Theory says why. The average of one guess p(x|z) is p(x), so its variance is the average of its square less p(x)². Divided by p(x)² this is r − 1, where r is the average of p(x|z)² over
# p(x)². Over independent dimensions averages of products are products, so r becomes rᵈ. And the average of S draws has a variance S times smaller: the squared error is (rᵈ − 1) / S.

# %%
t = torch.linspace(-8, 8, 4001, dtype=torch.float64)
weight = Normal(0.0, 1.0).log_prob(t).exp() * (t[1] - t[0])
p = noise.log_prob(math.sqrt(1.5) - t).exp()
r = (weight * p**2).sum() / (weight * p).sum() ** 2
for d in (2, 5, 10, 20):
    print(f"d = {d:2}: {100 * (r**d - 1):13,.0f} draws for an error of 10 %")

# %% tags=["nbval-ignore-output"]
reveal("draws_in_twenty_dimensions")

# %% [markdown]
# Each dimension doubles the bill, since r is close to 2: a hundred million draws for *one* picture and twenty numbers of code, and training needs it for every picture at
# every step. This is what people mean when they call the evidence **intractable**. The integral is well defined. Nearly every explanation that we draw blindly
# explains nothing, and we pay for all of them.
#
# The same integral stands in the posterior, so explaining x is blocked as well. But look at the two bumps again: the codes that matter for a given x fill a small region. If somebody
# told us where to look, a few draws would do.
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("01")

# %% [markdown]
# Transfer, on paper: give the urn a third kind of box, with chances 0.5, 0.3, 0.2 and red shares 0.2, 0.9, 0.6. What changes in the evidence, and what in the posterior?
# And which shape does W Wᵀ have for a W of three rows and two columns?
#
# <details><summary>Answer first, then open this.</summary>
#
# Both sums get a third term: the evidence is 0.1 + 0.27 + 0.12 = 0.49, and the posterior 0.2041, 0.5510, 0.2449. W Wᵀ has three rows and three columns, whatever the number of codes.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("01")

# %% [markdown]
# ## What you can do now
#
# You drew from a latent-variable model, scored pairs, and computed the evidence by a grid, by blind guesses and by a formula. You saw a posterior with two
# bumps, measured the difference between an autoencoder and a model, and found what a blind guess costs in twenty dimensions.
#
# Blind draws waste themselves. What if we chose where to look, and paid for the choice? That is stage 02, and the price will be exact.
#
# **To read.** Tipping and Bishop, *Probabilistic Principal Component Analysis* (1999), has the linear model. Kingma and Welling, *Auto-Encoding Variational Bayes*
# (2014), section 2, states the problem of this stage. MacKay, *Information Theory, Inference, and Learning Algorithms* (2003), chapter 29, is a good account of what
# sampling can and cannot do.
