# %% [markdown] card="06_beta_vae"
# A VAE may say as much as it likes in its code, at one nat of loss for a nat of KL. You begin with a model that throws its whole code away and gets *better*. Then you turn the price: you work out, exactly, which parts of the data are worth coding at which price, and watch a network of digits obey.
# In the second sitting you find out why the first model gave its code up, bring the code back in four ways, and read what each of them costs. At the end you are the doctor for five models of digits.
#
# After it you can
#
# - say what β does below 1 and above it, and report a result so that nobody is misled;
# - compute which directions of the data a linear VAE keeps at a given price, and how many nats they get;
# - read the mean KL as information and misfit, and always read it beside the active units;
# - predict when a code is ignored, tell the kinds of collapse apart, and choose a treatment by its cost.

# %% tags=["setup"]
import math

import torch
from torch.distributions import Normal

from vae_course.explore import beta_dial, beta_picture, course_style, digits_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.clinic import (
    CAUSES, PATIENTS, TREATMENTS, beside, dashboard, patient, treat,
)
from vae_course.models.coins import (
    coin_model, coin_report, flip, information, log_evidence, train_coins,
)
from vae_course.models.data import digit_counts, digits
from vae_course.models.digit_nets import digit_vae, pictures, pixels_to_nearest
from vae_course.models.toolbox import stage_06 as library
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
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
# ## The better model has forgotten everything
#
# Take a coin that nobody has seen before: its chance p of heads was drawn from Beta(½, ½), which favours chances near 0 and near 1. Flip it 16 times, and call the flips x. This is data with an exact log p(x) and one hidden number, p, about which a code can talk.
#
# Two VAEs are trained on 4,000 such coins. The code z has two dimensions. The decoder of the first sees z and nothing else, and gives every flip the same chance. The decoder of the second sees z and, before each flip, a summary of the flips so far: the log of the odds for heads that they suggest. A decoder that looks back like this is called **autoregressive**.

# %% tags=["nbval-ignore-output"]
predict("coins_with_a_past")

# %% [markdown]
# Both runs, scored on 4,000 other coins, with the exact value for comparison.

# %% tags=["nbval-ignore-output"]
flips, unseen = (flip(4000, torch.Generator().manual_seed(seed)) for seed in (0, 1))
print(f"exact log p(x), on average: {log_evidence(unseen).mean():.3f} nats/coin")
reports = {}
for name, past in (("code alone", None), ("code and past", library.running_log_odds)):
    train_coins(coin := coin_model(past), flips, 2000, seed=0)
    reports[name] = coin_report(coin, unseen, torch.Generator().manual_seed(0))
    print(f"{name:14} ELBO {reports[name]['elbo']:.3f}, KL {reports[name]['kl']:.3f}")

# %% tags=["nbval-ignore-output"]
reveal("coins_with_a_past")

# %% [markdown]
# The second model has the better bound, as good as the exact value, and its KL is next to nothing: the code of every coin is the prior. This is **posterior collapse**, and no training went wrong, for the number that we asked to be maximised was maximised. To understand it, we first ask what a code costs and what it earns.
#
# ## A price on the KL
#
# Put a factor β on the second term, as Higgins and others did in 2017,
#
# $$\mathrm{ELBO}_\beta = \mathbb{E}_{q}\big[\log p(x|z)\big] - \beta\, \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big).$$
#
# β is a **price**: a nat of KL is worth saying when it earns more than β nats of reconstruction. A VAE trained on this is called a **β-VAE**. At β = 1 this is the bound of stage 02. Above 1 it is still below log p(x), only further down. Below 1 it need not be.

# %% [markdown] card="beta_elbo"
# Write `beta_elbo(expected_log_likelihood, kl, beta)`: the objective at a price.
#
# - `expected_log_likelihood` and `kl` have shape (B,), in nats; `beta` is one number.
# - Return shape (B,), larger is better, with gradients to both.
#
# For example, −16.8 and a KL of 2.9 at β = 2 give −22.6.

# %% answer="beta_elbo"
def beta_elbo(
    expected_log_likelihood: torch.Tensor, kl: torch.Tensor, beta: float
) -> torch.Tensor:
    """Expected log-likelihood minus beta times KL. All (B,), in nats; beta 1 is the ELBO."""
    ### BEGIN SOLUTION
    return expected_log_likelihood - beta * kl
    ### END SOLUTION


# %% check="beta_elbo"
check("beta_elbo")

# %% [markdown]
# ## What a nat buys
#
# One case can be solved to the end. Let encoder and decoder be linear, and the likelihood Gaussian with a fixed σ. Turn the axes to the principal directions of the data, the uncorrelated ones that PCA finds. Then each direction is coded by itself, and all that matters of it is its variance λ.
#
# Take three directions, λ = (2, 0.8, 0.3), and σ² = 0.25, and raise the price from 1 to 2, to 4, to 8. What becomes of the code?

# %% tags=["nbval-ignore-output"]
predict("directions_alive")

# %% [markdown]
# Let R be the nats that a code tells about a Gaussian direction (R for rate; it is not the R of the audit in stage 05). They leave a squared error of λ e^(−2R). In stage 03 the entropy of a Gaussian was ½ log of its variance, plus a constant. So to know R nats more is to divide the variance that is left by e^(2R): by 7.4 for the first nat, and by 7.4 again for the second. A good encoder pays R nats of KL for it and no more, so the direction costs
#
# $$\frac{\lambda\, e^{-2R}}{2\sigma^2} + \beta R .$$
#
# The first term is the reconstruction, the squared error over 2σ² as in stage 03. Take its slope in R: after R nats, a little more code returns λ e^(−2R) / σ² nats of recon for each nat spent. That is *the error that is left, divided by σ²*. For λ = 2 and σ² = 0.25:

# %%
for R in (0.0, 0.5, 1.0, 1.5, 2.0):
    left = 2 * math.exp(-2 * R)
    print(f"after {R:.1f} nats: error left {left:.3f}, return here {left / 0.25:.2f} nats a nat")

# %% [markdown]
# Returns fall, so you buy until the return equals the price, and no further. At β = 1 that is a little after the first nat. And if the return is below β already at R = 0, you buy nothing: the direction is dead. A direction lives if and only if λ > βσ².
#
# **Worked example**, with the three directions above, and without a formula: for each direction, try thirty thousand values of R and keep the cheapest.

# %%
variances = torch.tensor([2.0, 0.8, 0.3]).double()
R = torch.linspace(0, 3, 30_001, dtype=torch.float64)[:, None]  # (30001, 1)
error = variances * torch.exp(-2 * R)  # (30001, 3)
for beta in (1, 2, 4, 8):
    best = (error / (2 * 0.25) + beta * R).argmin(dim=0)  # (3,)
    rates, left = R[best, 0], error[best].diag()
    print(f"β = {beta}: rates {rates.numpy().round(3)}, error left {left.sum():.2f}")

# %% tags=["nbval-ignore-output"]
reveal("directions_alive")

# %% [markdown]
# They die one at a time, the weakest first. Each doubling of the price takes the same ½ log 2 = 0.347 nats from every living direction, so the weakest reaches 0 first. Each that lives is left with the same error βσ², and one that has no more variance than that gets no code at all. At β = 1 the error left is three times 0.25. At β = 2 it is 0.5 + 0.5 + 0.3, and the third direction keeps all it has.
#
# **Their twin, with gaps for you:** λ = (3, 1, 0.5, 0.1) and σ² = 0.2. At β = 1 the rates are 1.354, 0.805, 0.458 and 0, in all 2.617 nats. At β = 2 they are in all ☐, at β = 5 in all ☐.
#
# <details><summary>Fill both gaps on paper, then open this.</summary>
#
# At β = 2 the bar stands at βσ² = 0.4: three directions live, with 1.007 + 0.458 + 0.112 = 1.577 nats. At β = 5 it stands at 1. The second direction has exactly 1, which is not more, so one lives, with 0.549 nats.
#
# </details>

# %% [markdown] card="linear_rates"
# Write `linear_rates(variances, sigma, beta)`: what the best linear VAE spends on each direction, and what error it leaves there.
#
# - `variances` has shape (Z,): λ of each direction, 0 or more. `sigma` is the standard deviation of the likelihood, and `beta` the price; one number each.
# - Return the pair `rate`, `error`, shape (Z,) each: nats, and the mean squared error left. Solve "return equals price" for R on paper first.
# - A direction that is not worth its price has a rate of exactly 0, and its whole variance is left.
#
# For example, with σ = 0.5 at β = 2 a direction of variance 0.8 gets 0.235 nats and keeps an error of 0.5.

# %% answer="linear_rates"
def linear_rates(
    variances: torch.Tensor, sigma: float, beta: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Nats and squared error left of each direction. variances: (Z,). Returns two (Z,)."""
    ### BEGIN SOLUTION
    level = beta * sigma**2  # the error at which one more nat is not worth its price
    rate = 0.5 * torch.log(variances / level)  # (Z,), below 0 where the variance is below the level
    return rate.clamp(min=0), variances.clamp(max=level)
    ### END SOLUTION


# %% check="linear_rates"
check("linear_rates")

# %% [markdown]
# With it you have the whole curve of a linear VAE on grey digits, without training anything. Their pixels here are counts divided by 16.

# %%
grey = digit_counts()[0].double() / 16  # (1437, 64)
spectrum = torch.linalg.eigvalsh(torch.cov(grey.T)).flip(0).clamp(min=0)  # (64,)
for var, beta in ((0.05, 1), (0.05, 2), (0.05, 4), (0.2, 1), (0.05, 16)):
    rate, error = linear_rates(spectrum, math.sqrt(var), beta)
    alive, told = int((rate > 0).sum()), f"{rate.sum():6.3f} nats, error {error.sum():.3f}"
    print(f"σ² = {var:.2f}, β = {beta:2}: {alive:2} directions alive, {told}")

# %% [markdown]
# Read two things. With the price the number of living directions falls, 18, 12, 7, and at last none. And the third line equals the fourth: only the product βσ² counts. To raise the price is to admit a noisier decoder, **one dial with two labels**, as you found in the audit of stage 05. So a β without its σ says nothing about a Gaussian VAE.
#
# The curve of least error for a given rate is older than VAEs: it is the **rate-distortion** function of Shannon (1959), and for Gaussians the nats are shared out in just this way, direction by direction.
#
# ## Seven prices for digits
#
# Networks have no such formula, but the same two quantities. The **rate** is the mean KL, what is paid for z. The **distortion** is the mean of −log p(x|z), what is paid for x once z is known.

# %% [markdown] card="rate_distortion"
# Write `rate_distortion(x, model, eps)`: both of a batch, in nats/image.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z). `model.encode` and `model.log_likelihood` are as in stage 04; `reparameterize` and `gaussian_kl` are imported.
# - Return the pair `rate`, `distortion`, tensors without axes, both averaged over the batch: the rate by its closed form, the distortion averaged over the K samples as well.
#
# For example, a model whose codes are the prior and whose logits are all 0 has a rate of 0, and on 64 pixels a distortion of 64 log 2 = 44.36.

# %% answer="rate_distortion"
def rate_distortion(
    x: torch.Tensor, model, eps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean KL and mean -log p(x|z), in nats/image. x: (B, D), eps: (K, B, Z). Two without axes."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    rate = gaussian_kl(mu, logvar)  # (B,)
    distortion = -model.log_likelihood(x, z)  # (K, B)
    return rate.mean(), distortion.mean()
    ### END SOLUTION


# %% check="rate_distortion"
check("rate_distortion")

# %% [markdown]
# The rate is a total. How many dimensions share it? A dimension that is switched off has the same q for every picture, so its mean μ does not move. Burda and others call a dimension a *unit*, and count it as **active** if the variance of μ over the data is above 0.01.

# %% [markdown] card="active_units"
# Write `active_units(mu, threshold=0.01)`: how many latent dimensions are in use.
#
# - `mu` has shape (N, Z): the posterior means of N data points.
# - Return an int: the number of dimensions whose mean varies over the data with a variance above `threshold`. Dividing by N or by N − 1 is up to you.
#
# For example, the mean codes (0.3, 1), (0.3, −1) and (0.3, 0.5) have one active unit.

# %% answer="active_units"
def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """Number of dimensions whose posterior mean varies over the data. mu: (N, Z)."""
    ### BEGIN SOLUTION
    variance = mu.var(dim=0)  # (Z,), over the data
    return int((variance > threshold).sum())
    ### END SOLUTION


# %% check="active_units"
check("active_units")

# %% [markdown]
# Now train the digit model of stage 05 at seven prices. All start from the same weights and see the same noise. It takes about ten seconds.

# %%
train, test = digits()
models = {}
for beta in (0.05, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0):
    models[beta] = digit_vae(train, z_dim=8)
    fit(models[beta], train, 3000, beta=beta, generator=torch.Generator().manual_seed(0))

# %% [markdown]
# And report all of them **at β = 1**, with your functions, on unseen digits. The last two columns are the spread of all codes, which should be 1 if they fill the prior, and how many pixels lie between a decoded code from the prior and the nearest training digit.

# %% tags=["nbval-ignore-output"]
print("   β      KL   recon  units    ELBO  spread  pixels")
for beta, model in models.items():
    noise = torch.Generator().manual_seed(1)
    eps = torch.randn(20, len(test), 8, generator=noise)  # (K, B, Z)
    with torch.no_grad():
        rate, distortion = rate_distortion(test, model, eps)
        mu, logvar = model.encode(test)
    spread = reparameterize(mu, logvar, eps).std(dim=(0, 1)).mean()
    drawn = (pictures(model, torch.randn(500, 8, generator=noise)) > 0.5).float()
    away = pixels_to_nearest(drawn, train).mean()
    score = beta_elbo(-distortion[None], rate[None], 1)  # the average as a batch of one
    row = f"{beta:4g}  {rate:6.3f}  {distortion:6.2f}  {active_units(mu):5}"
    print(f"{row}  {score.item():6.2f}  {spread:6.2f}  {away:6.1f}")

# %% [markdown]
# **Below 1** pictures are copied better and better. The price is in the last columns: the codes become narrow and move apart, to 1.6 times the prior. So the prior often draws between them, where no code has been, and the drawn pictures are further from any digit.
#
# **Above 1** units switch off, until at β = 8 recon is within 0.02 of 25.35, the nats that a picture costs without any code, as you saw in stage 04. Read two columns with care. At β = 4 some units are still *active* while all eight together hold an eighth of a nat: an active unit need not say much, and a KL does not say where it sits. **Print both, always.** And the pixels are fewest at β = 2, and few
# even at β = 8, where every draw is the same picture. A distance to the nearest digit does not notice sameness. You do:

# %% tags=["nbval-ignore-output"]
beta_dial(models, test)

# %% [markdown]
# Move β with the arrow keys. The digits stay, and so do the codes drawn for the last row. Watch the bars on the way from 1 to 4: they do not sink together. For readers without a running kernel, β = 2.

# %%
beta_picture(models, test, 2.0)

# %% [markdown]
# *At β = 2 four dimensions carry nearly all of the KL, two more are active and say almost nothing, two are off; copies keep the kind of digit and lose its handwriting, and pictures from the prior are soft.*
#
# *"Which β won?"* The column ELBO answers for the bound: 1, as it must be, since that one was trained for it. The mistake to avoid is to let every model report its own objective:

# %% tags=["nbval-ignore-output"]
for beta in (0.05, 1.0):
    with torch.no_grad():
        rate, distortion = rate_distortion(test, models[beta], eps)
    given = -distortion[None], rate[None]
    own, honest = (beta_elbo(*given, price).item() for price in (beta, 1))
    print(f"trained at β = {beta}: its own objective {own:6.2f}, ELBO {honest:6.2f}")

# %% [markdown]
# By its own account the first is twice as good. The two numbers by *its own objective* are in different currencies. Train with whatever β you like, and **report with β = 1**.
#
# *"And β > 1 disentangles?"* That word promises that each dimension stands for one factor, such as slant or width. A price above 1 shrinks the code, and sometimes its axes then line up with factors. Before you claim it, train two seeds and see whether the same factor lands alone in a dimension both times. Locatello and others did so in 2019 with
# thousands of models, and found that seeds and settings mattered more than the method. We promise no such thing here, and no metric for it.
#
# ## What the KL is made of
#
# Stage 05 left a promise open. The mean KL is the information that a code carries about its picture, plus the misfit between all codes together, q(z), and the prior,
#
# $$\mathbb{E}_x\,\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big) = I(x; z) + \mathrm{KL}\big(q(z)\,\|\,p(z)\big).$$
#
# Take a data set of two pictures, with the codes N(−m, ½²) and N(m, ½²). Here q(z) is a mixture of two bumps, and a grid gives the misfit.

# %%
z = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
for m in (1.0, 2.0, 3.0):
    kl = 0.5 * (m**2 + 0.25 - math.log(0.25) - 1)
    bumps = (Normal(-m, 0.5).log_prob(z).exp() + Normal(m, 0.5).log_prob(z).exp()) / 2
    misfit = (bumps * (bumps.log() - Normal(0.0, 1.0).log_prob(z))).sum() * (z[1] - z[0])
    print(f"m = {m:.0f}: KL {kl:.4f} = information {kl - misfit:.4f} + misfit {misfit:.4f}")

# %% [markdown]
# To tell two pictures apart takes log 2 = 0.6931 nats and never more. Once the bumps are apart, information is full, and each further step away is paid as misfit. A large KL is not much information.
#
# For N pictures the ceiling is log N, here log 1437 = 7.27. To measure the information of our models, take a sample of each code, and ask how much more likely it is under its own picture's code than under the average of all.

# %% tags=["nbval-ignore-output"]
own = torch.arange(len(train))
for beta in (0.05, 0.5, 1.0, 2.0):
    with torch.no_grad():
        mu, logvar = models[beta].encode(train)
    q = Normal(mu, (logvar / 2).exp())
    log_q = q.log_prob(q.sample()[:, None]).sum(-1)  # (N, N): code n under picture m
    average = log_q.logsumexp(dim=1) - math.log(len(train))  # (N,): code n under all
    told, kl = (log_q[own, own] - average).mean(), gaussian_kl(mu, logvar).mean()
    print(f"β = {beta:4g}: KL {kl:6.3f} = information {told:5.3f} + misfit {kl - told:6.3f}")

# %% [markdown]
# At β = 0.05 the information is nearly full, and more than two thirds of the 24 nats are misfit. The spread of 1.64 alone would cost 8 · ½ (1.64² − 1 − log 1.64²) = 2.8 of them; the others are paid because the codes are narrow bumps with empty space between them, as with the two pictures. Information stops at log N, and all KL beyond it is misfit. At β = 1 most of the KL is information. Compared with that, the cheap code costs 18 nats more and tells 2 nats more.
#
# ## A rest
#
# The first sitting ends here. Save, and come back after a break. To close: say in one sentence when a direction dies, and in another why a KL of 24 nats was not 24 nats of information.
#
# ## What the past knows
#
# Back to the coins. The decoder that sees the past needs no code, and here is why. Before a flip, suppose that h heads and s tails have been seen. Under the prior Beta(½, ½) the chance of heads next is (h + ½) / (h + s + 1). So the odds are (h + ½) to (s + ½). Multiply these chances along the 16 flips, and by the chain rule you get p(x) itself, with p integrated out.
#
# What could a code still add? A decoder that is told p gains 1.25 nats on average, as we shall see, and the telling costs at least as many. At a price of 1 a code breaks even at best.

# %% [markdown] card="running_log_odds"
# Write `running_log_odds(x)`: for each flip, the log-odds of heads that the flips *before* it give.
#
# - `x` has shape (B, T): ones for heads, zeros for tails.
# - Return shape (B, T): entry t is log((h + ½) / (s + ½)), with h heads and s tails among the flips before t.
#
# For example, heads, heads, tails, and one more flip give 0, 1.0986, 1.6094, 0.5108. The last flip does not matter.

# %% answer="running_log_odds"
def running_log_odds(x: torch.Tensor) -> torch.Tensor:
    """Log-odds of heads before each flip, given the flips before it. x: (B, T). Returns (B, T)."""
    ### BEGIN SOLUTION
    heads = x.cumsum(dim=1) - x  # (B, T), before flip t
    tails = (1 - x).cumsum(dim=1) - (1 - x)  # (B, T)
    return torch.log((heads + 0.5) / (tails + 0.5))
    ### END SOLUTION


# %% check="running_log_odds"
check("running_log_odds")

# %% [markdown]
# Use your function as a decoder that has no code and no weights, and add up the log-likelihood of the flips.

# %%
by_the_past = bernoulli_log_likelihood(unseen, running_log_odds(unseen))  # (4000,)
off = (by_the_past - log_evidence(unseen)).abs().max()
print(f"log-likelihood {by_the_past.mean():.4f}, exact log p(x) {log_evidence(unseen).mean():.4f}")
print(f"largest difference on a coin: {off:.6f} nats")

# %% [markdown]
# It is exact, coin by coin. Now recall stage 02: the ELBO is log p(x) minus the KL from q to the posterior. With a decoder that ignores z, the posterior *is* the prior, so q = prior makes the gap 0, and no model can do better than the true log p(x). A code that is used cannot raise the bound, and it adds a gap unless q is exactly the posterior. Collapse is not an accident on the way to the best bound. Here **it is the best bound**.
#
# And the other model? Without the past, p must come through z. The flips hold this much information about their coin:

# %% tags=["nbval-ignore-output"]
print(f"information of 16 flips about p: {information():.4f} nats")
print(f"KL of the decoder that sees only the code: {reports['code alone']['kl']:.4f} nats")

# %% [markdown]
# It uses nearly all there is. *"So powerful decoders collapse?"* Powerful at what? Feed the second decoder raw counts of heads and tails before each flip in place of their log-odds: it knows exactly as much of the past, since each can be computed from the other.

# %% tags=["nbval-ignore-output"]
def raw_counts(x: torch.Tensor) -> torch.Tensor:
    """Heads and tails before each flip. x: (B, T). Returns (B, T, 2)."""
    flipped = torch.arange(16)  # so many flips came before
    heads = (flipped + 1) * torch.sigmoid(running_log_odds(x)) - 0.5  # the odds, turned back
    return torch.stack([heads, flipped - heads], dim=-1)


train_coins(coin := coin_model(raw_counts), flips, 2000, seed=0)
reports["code and counts"] = coin_report(coin, unseen, torch.Generator().manual_seed(0))
print("ELBO {elbo:.3f}, KL {kl:.3f}".format(**reports["code and counts"]))

# %% [markdown]
# It keeps its code. The decoder adds weighted counts to a function of z, and a logarithm of a ratio is no weighted sum of counts, so the code does it better. A decoder ignores z only when it can say by itself what z would tell it. Nor do all decoders that look back collapse on all data. We tried one on digits that sees, linearly, the pixels before, and it kept most of its nats.
#
# ## Four ways to bring the code back
#
# Suppose you want the code: to look up similar coins, say. The bound does not want it, so each remedy must either change what is asked for, or change the decoder. They come from work on text and images, with decoders that look back at the words or the pixels so far.
#
# | treatment | what it changes | why it helps |
# | --- | --- | --- |
# | warm-up | the price grows from 0 to 1 | the decoder learns to read the code before it has to pay |
# | free bits | the first nats of each unit cost nothing | below the floor there is nothing to gain by saying less |
# | rate target | a fixed rate in place of a price | any other rate is fined |
# | weaker decoder | the past is taken away | what z could say is known in no other way |
#
# A fixed β below 1 would be a fifth, and you know its price from the digits. **Warm-up**, also called KL annealing, passes through all prices below 1 on its way to 1; Bowman and others proposed it in 2016.

# %% [markdown] card="kl_weight"
# Write `kl_weight(step, warmup_steps)`: the price at a step of training.
#
# - Both are whole numbers, 0 or more. The price is 0 at step 0, grows in a straight line, and is 1 at step `warmup_steps` and ever after.
# - A warm-up of 0 steps is over at once: then the price is 1 from step 0 on. This is marked by itself.
# - Return a plain number, no tensor.
#
# For example, with 1,000 steps of warm-up it is 0.25 at step 250, and 1.0 at step 1,400.

# %% answer="kl_weight"
def kl_weight(step: int, warmup_steps: int) -> float:
    """The weight of the KL at a step: a straight line from 0 to 1, and 1 from warmup_steps on."""
    ### BEGIN SOLUTION
    if step >= warmup_steps:
        return 1.0
    return step / warmup_steps
    ### END SOLUTION


# %% check="kl_weight"
check("kl_weight")

# %% [markdown]
# **Free bits** (Kingma and others, 2016) let each unit have its first nats for nothing: a unit below the floor is charged the floor, whatever it uses. The order matters. The average over the batch comes *first*, so that a unit may say more of one coin and less of another; then the floor, unit by unit, so that a dying unit cannot hide behind a busy one; then the sum.

# %% [markdown] card="free_bits"
# Write `free_bits(kl_per_dim, floor)`: the KL as it is charged.
#
# - `kl_per_dim` has shape (B, Z), in nats; `floor` is one number, in nats a dimension.
# - Return a tensor without axes: the mean over the batch, at least `floor` in each dimension, summed over the dimensions. Gradients flow where a dimension is above the floor, and are 0 where it is below.
#
# For example, the rows (0.9, 0.1) and (0.3, 0.2) with a floor of 0.25 are charged 0.6 + 0.25 = 0.85.

# %% answer="free_bits"
def free_bits(kl_per_dim: torch.Tensor, floor: float) -> torch.Tensor:
    """Batch mean, then at least the floor, then the sum. kl_per_dim: (B, Z). Returns no axes."""
    ### BEGIN SOLUTION
    per_dim = kl_per_dim.mean(dim=0)  # (Z,)
    return per_dim.clamp(min=floor).sum()
    ### END SOLUTION


# %% check="free_bits"
check("free_bits")

# %% [markdown]
# A **rate target** (Alemi and others, 2018) asks for a rate, not for a price: the loss is recon plus the distance of the KL from the target.

# %% [markdown] card="rate_target"
# Write `rate_target(recon, kl, target)`: the loss that asks for a rate.
#
# - `recon` and `kl` are tensors without axes, in nats; `target` is a number of nats.
# - Return recon plus the absolute difference of kl and target, without axes, with gradients.
#
# For example, recon 6.2 with a KL of 1.3 and a target of 1 gives 6.5, and so it does with a KL of 0.7.

# %% answer="rate_target"
def rate_target(recon: torch.Tensor, kl: torch.Tensor, target: float) -> torch.Tensor:
    """recon plus the distance of the KL from its target. No axes, in nats."""
    ### BEGIN SOLUTION
    return recon + (kl - target).abs()
    ### END SOLUTION


# %% check="rate_target"
check("rate_target")

# %% [markdown]
# Now treat the collapsed model with your own functions; the cell waits until their checks pass. Warm-up is shown twice: at the end of its 1,000 steps, and after 1,000 more.

# %%
def warm(step: int) -> float:
    return kl_weight(step, 1000)


def freed(recon: torch.Tensor, kl_per_dim: torch.Tensor) -> torch.Tensor:
    return recon + free_bits(kl_per_dim, 0.5)


def aimed(recon: torch.Tensor, kl_per_dim: torch.Tensor) -> torch.Tensor:
    return rate_target(recon, kl_per_dim.sum(dim=1).mean(), 1.0)


treatments = {
    "warm-up, at its end": (1000, {"weight": warm}), "warm-up, later": (2000, {"weight": warm}),
    "free bits, ½ a unit": (2000, {"objective": freed}),
    "rate target 1": (2000, {"objective": aimed}),
}
needed = ("running_log_odds", "kl_weight", "free_bits", "rate_target")
for name, (steps, how) in treatments.items() if all(check(n).passed for n in needed) else ():
    train_coins(coin := coin_model(running_log_odds), flips, steps, seed=0, **how)
    reports[name] = coin_report(coin, unseen, torch.Generator().manual_seed(0))

# %% [markdown]
# The report is at β = 1 for all of them. The **cost** is how much ELBO was given up against the collapsed model. The last column is the bound of 100 samples, which stage 07 explains; here it stands for log p(x), which it comes closer to.

# %% tags=["nbval-ignore-output"]
best = reports["code and past"]["elbo"]
print("                        KL  units    ELBO    cost  100 samples")
for name, told in reports.items():
    row = f"{name:20} {told['kl']:5.3f}  {told['active_units']:5}  {told['elbo']:6.3f}"
    print(f"{row}  {best - told['elbo']:6.3f}  {told['bound']:11.3f}")

# %% [markdown]
# Read the rows. *Code alone* is the weaker decoder: the code is back. What the past told for nothing must now go through z, and since q is not exactly the posterior the bound is a little lower. Warm-up works while it lasts (its first row had half the steps, so a part of that cost is less training), and then the KL drains away: at the full price the bound wants what it always wanted. It only gave the code a start, and when to stop is your choice. Free bits hold about the floor in *each* unit, though one number p needs only one, and have the highest cost. The rate target ends near what was asked, a little above: at the target the pull of the fine turns round, and the KL bounces there.
#
# The last column moves by about 0.01 nats, except for free bits, which lose 0.07. As models of coins these are nearly equal, and as codes they are worlds apart: log p(x) cannot tell you whether z is used. So **"a KL of 0 means a well trained model" is true only if z had nothing to say**, and whether you want a code is a question about you, not about the data.
#
# Choose one of the four for a shop that wants to look up similar coins by their codes, and say why: what do you get, what do you pay, and what would you print to see that it worked?

# %% [markdown]
# *My choice: (double-click here and write two sentences; nobody marks them.)*

# %% [markdown]
# ## The clinic
#
# Five VAEs of digits are waiting, A to E. All have the same networks with 8 dimensions, the same pictures, and 3,000 steps of training; each was trained by a program of its own. Some of these programs have a fault of the kind that raises no error, and not everybody in a clinic need be ill. What the programs printed is not to be trusted, so the library has measured all five afresh, on unseen digits and at β = 1. There are more causes to choose from than patients.

# %%
CAUSES

# %% tags=["nbval-ignore-output"]
beside(*(dashboard(patient(letter)) for letter in PATIENTS))

# %% [markdown]
# And the pictures that each of them makes of the same ten codes from the prior.

# %%
codes = torch.randn(10, 8, generator=torch.Generator().manual_seed(3))
digits_picture({letter: pictures(patient(letter).model, codes) for letter in PATIENTS})

# %% [markdown]
# *Mean pictures, a row for each patient. B and D make the same grey shape of every code. A's pictures are crisp, and several are no digit; C's are digits for the most part, and a little soft; E's are greyer.*
#
# Find somebody who is well first, for the others can be ill only by comparison. Soft pictures prove nothing, since every picture here is an average over what the code leaves open. Then ask of each of the others, in this order: is KL paid, and on how many units? Did it buy anything, in recon and in the sum? And do the codes lie where the prior draws, with a spread of 1?
#
# Two patients still look the same, and that is no lack of attention. An encoder says nothing when talking is too dear, and it says nothing when it cannot hear what recon wants. That can be asked, at the cost of a backward pass: how strongly does recon pull at what the encoder gives, along the way by which this patient's own program draws its sample? A small number and an exact 0 are different findings.

# %% tags=["nbval-ignore-output"]
beside(*(dashboard(patient(letter), gradient=True) for letter in PATIENTS))

# %% [markdown] card="clinic_diagnoses"
# Write `clinic_diagnoses()`: what is the matter with each patient.
#
# - Return a dict with the keys "A" to "E"; each value is one of the words of `CAUSES`. No word is needed twice, and three are not needed at all.
# - A cause explains every number of its column. For each cause, ask what it would do to the KL, the active units, the spread and the gradient; then look for the patient who has all of it.
# - Each patient is worth a fifth of the points. There are none for the others until the one who is well is found.
#
# For example, suppose a patient F who is not here had a KL of 300, a spread of 6 and a recon of 8. Pictures are described without regard to cost, far outside the prior: `"no KL"`.

# %% answer="clinic_diagnoses"
def clinic_diagnoses() -> dict[str, str]:
    """The cause of each patient's numbers: letters A to E, and words of CAUSES."""
    ### BEGIN SOLUTION
    return {
        "A": "low beta",  # spread 1.64: codes outside the prior, and more nats than they are worth
        "B": "cut path",  # nothing bought, and a gradient of exactly 0
        "C": "sound",  # the best ELBO, and codes as wide as the prior
        "D": "mean over pixels",  # nothing bought, and a gradient that is small
        "E": "cut sigma",  # codes in use, and a gradient of exactly 0 at the log-variance alone
    }
    ### END SOLUTION


# %% check="clinic_diagnoses"
check("clinic_diagnoses")

# %% [markdown]
# Now the remedies. Each changes one thing in the patient's own program, and trains once more from the start. Some of them are good answers to other illnesses.

# %%
TREATMENTS

# %% [markdown]
# A doctor says beforehand what a treatment will do. Here is one that is often recommended, for a patient to whom it is often recommended.

# %% tags=["nbval-ignore-output"]
predict("a_warm_up_for_d")

# %% [markdown]
# The patient untreated and treated, beside C.

# %% tags=["nbval-ignore-output"]
beside(*(dashboard(seen) for seen in (patient("D"), treat("D", "warm up"), patient("C"))))

# %% tags=["nbval-ignore-output"]
reveal("a_warm_up_for_d")

# %% [markdown]
# Warm-up is a lower price for a while, so it helps a model that is asked too much at the start, and none that is asked too much at the end. With the coins you saw the same, only slower. Now it is your turn. Put a letter and a treatment into the next cell, and write down the KL and the ELBO that you expect *before* you run it.

# %% tags=["nbval-ignore-output"]
letter, treatment = "C", "accept"
beside(*(dashboard(seen) for seen in (patient(letter), treat(letter, treatment))))

# %% [markdown]
# A treatment works when it brings a patient to the numbers of the one who is well. A few nats of KL are no cure by themselves: some treatments pay for nats that nobody wanted.

# %% [markdown] card="clinic_treatments"
# Write `clinic_treatments()`: what you prescribe to each patient.
#
# - Return a dict with the keys "A" to "E"; each value is one of the words of `TREATMENTS`. A treatment may serve more than one patient.
# - The aim is an ELBO within half a nat of the one of the patient who is well, with the fault gone and not covered by a second one. Who is well is left as it is: `"accept"`.
# - Choose, predict, and verify in the cell above; a run takes about two seconds.
# - Again each patient is worth a fifth, and there is nothing for the others until the one who is well is right.
#
# For example, the larger decoder leaves B at a recon of 25.35 and a KL of 0.000, so that does not make B well.

# %% answer="clinic_treatments"
def clinic_treatments() -> dict[str, str]:
    """What each patient is prescribed: letters A to E, and words of TREATMENTS."""
    ### BEGIN SOLUTION
    return {
        "A": "raise beta",
        "B": "keep path",
        "C": "accept",
        "D": "sum over pixels",
        "E": "keep path",
    }
    ### END SOLUTION


# %% check="clinic_treatments"
check("clinic_treatments")

# %% [markdown]
# And all five together, after what you prescribed.

# %% tags=["nbval-ignore-output"]
beside(*(dashboard(treat(letter, how)) for letter, how in clinic_treatments().items()))

# %% [markdown]
# <details><summary>Look at your own table first, then open this.</summary>
#
# Cured, they are all the same model, digit for digit: a KL of about 6.3 on 8 units, an ELBO of about −18.5, a spread of 1. What is left when the fault is gone is the program of the patient who was well.
#
# The most instructive patient is the one whose σ was cut. Recon could not ask for narrower codes, so the KL alone set their widths, and set them to 1. The means then had to shout over that noise, and the spread of all codes rose to 1.4. No unit collapsed, nothing looked broken, and it cost three nats.
#
# </details>

# %% [markdown]
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("06")

# %% [markdown]
# Transfer, on paper: at which prices has the twin above, λ = (3, 1, 0.5, 0.1) with σ² = 0.2, exactly one live direction?
#
# <details><summary>Answer first, then open this.</summary>
#
# The bar βσ² must reach 1, so that the second direction dies, and stay below 3. So β runs from 5, which is included, to 15, which is not.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("06")

# %% [markdown]
# ## What you can do now
#
# You priced a nat, computed which directions are worth it, and saw digits obey. You split a KL into information and misfit, explained a collapse by the bound itself, treated it in four ways at known costs, and healed four patients out of five; the fifth was well.
#
# Everything here blamed the price or the decoder. But some of what is lost belongs to neither: the bound itself is loose. How much of the loss is the bound's own? Stage 07 tightens it with more samples.
#
# **To read.** Higgins and others, *β-VAE* (2017). Alemi and others, *Fixing a Broken ELBO* (2018), draws the curve of rate and distortion. Lucas and others, *Don't Blame the ELBO!* (2019), has the linear case. Hoffman and Johnson, *ELBO surgery* (2016), splits the KL. Bowman and others, *Generating Sentences from a Continuous
# Space* (2016), met collapse first; Kingma and others, *Improved Variational Inference with Inverse Autoregressive Flow* (2016), have free bits. Chen and others, *Variational Lossy Autoencoder* (2017), explain why a strong decoder drops its code. Locatello and others, *Challenging Common Assumptions in the Unsupervised Learning of
# Disentangled Representations* (2019), counted seeds.
