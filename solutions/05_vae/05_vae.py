# %% [markdown] card="05_vae"
# After this stage you can build the machine, and notice a bug in one.

# %% tags=["setup"]
import math

import torch

from vae_course.learn import check
from vae_course.models.audit import AUDIT, Loss, Recon
from vae_course.models.bug_zoo import ZOO, Program, train
from vae_course.models.data import digits
from vae_course.models.toolbox.stage_03 import gaussian_kl

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown]
# The loss of this stage, which you wrote in the first sitting.

# %%
from vae_course.models.toolbox.stage_05 import negative_elbo

# %% [markdown]
# ## An audit: which β is hidden here?
#
# Public programs seldom say β = 1. They say `mean` where another one says `sum`, and both print a loss that falls. *"A mean is a sum divided by
# a constant, and a constant factor moves no minimum."* That is true of the loss as a whole. But this loss has two terms, and when the two are divided by
# different constants, one has been weighed against the other. Whatever the code looks like, nearly every such loss is
#
# $$\text{loss} = c\,\big(R + \beta K\big) + \text{constant},$$
#
# where R is minus the log-likelihood of an image, averaged over the batch, and K is the KL divergence of its code, averaged over the batch, both in
# nats. The factor c is a choice of unit and the constant a choice of zero: neither moves the minimum. β moves it, and it is written nowhere.
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
# - `recon(x, out)` has shape (B,): minus the log-likelihood of each image, in nats, with or without its own constant. R is its mean.
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
# library trains the same two networks with each. Guess first: what would you see in a log if the noise had been forgotten, if the KL weighed too little,
# or too much?

# %% tags=["nbval-ignore-output"]
for name, program in ZOO.items():
    print(f"\nthe {name} program\n step      loss    recon     KL")
    for step, loss, recon, kl in train(program, steps=600):
        print(f"{step:5} {loss:9.2f} {recon:8.2f} {kl:6.2f}")

# %% [markdown]
# The first column is the loss as the program computes it. The other two are measured by the library on test digits, with codes drawn as they should be, in
# nats/image.
#
# In the first log the loss is in the thousands, and the KL climbs to about 40 nats, where a sound program has about 4.4 after as many steps. Recon is paid and
# the code is nearly free, so pictures are copied well, and codes drawn from the prior look like none that the decoder was trained on. In the third log the KL is
# 0.00: a code costs too much, and every image gets the same output. Both give themselves away to somebody who knows what to expect.
#
# The second log looks healthy. Recon falls, the KL rises, nothing is impossible. Its recon and KL add up to about a nat more than those of a sound program
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


for name, program in ZOO.items():
    print(f"the {name} program passes: {batch_size_is_no_matter(program)}")

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
for name, program in ZOO.items():
    print(f"{name:6}", *(f"{test.__name__}: {test(program)!s:5}" for test in tests))

# %% [markdown]
# The first program fails two tests. That is no waste: the one with the oracle says that something is wrong, and the one with the doubled batch says where. Breaking right programs on
# purpose to measure a test is called mutation testing; DeMillo, Lipton and Sayward proposed it in 1978.

# %% [markdown]
# ## What you can do now
#
# You can find a hidden β, and test a program that somebody else wrote.
