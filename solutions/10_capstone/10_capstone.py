# %% [markdown] card="10_capstone"
# Somebody has trained a VAE on photographs of a gauge, and reports a result that is too good. The training script is yours now, and so is the data. Find out what is wrong, repair it, train the model, and say in half a page what it is worth and what it must not be used for.
#
# Everything here you have done before, in some stage or other. What is new is that nobody tells you which stage it was. Take the parts in order, since each uses what the one before gave you, and write down numbers as you meet them: in the end you will need them for your account. The account is marked by a reader, and everything else by checks, part by part.
#
# After it you can
#
# - say that a result is impossible, and why, before you have read a line of the program;
# - read a training script line by line, name its faults, and leave its sound lines alone;
# - measure what each repair is worth, and see that repairs do not simply add up;
# - write an account of a model that somebody else can act on.

# %% tags=["setup"]
import math

import torch
from torch.distributions import Normal
from torch.nn import functional as F

from vae_course.explore import course_style, digits_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.capstone import GAUGE, camera_card, fresh_photographs, run_script
from vae_course.models.capstone_words import FAULTS
from vae_course.models.digit_nets import digit_vae, pictures
from vae_course.models.gauges import FACTORS, gauge_information
from vae_course.models.linear_model import Model
from vae_course.models.toolbox import stage_10 as library
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_05 import VAE
from vae_course.models.toolbox.stage_06 import active_units, kl_weight
from vae_course.models.toolbox.stage_07 import iwae_bound, log_weights

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown]
# Today's questions first, from all the stages before.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## The gauge and its camera
#
# A gauge is a tube of mercury in front of a camera. Three **factors** make a picture of 8 × 8 pixels: the place where the tube stands, the level of the mercury, and the width of the tube, with 7, 7 and 2 values. All 98 combinations, the **states**, are equally likely. The camera is poor: it flips each pixel, by itself, with probability 0.04.

# %%
at = torch.arange(7)
clear = GAUGE.states.float().reshape(7, 7, 2, 64)  # place, level, width
files = camera_card()
digits_picture({
    "place": clear[at, 3, 0], "level": clear[3, at, 0], "width": clear[3, 3, at % 2],
    "photographs": files.pictures[:7],
})

# %% [markdown]
# *Clear pictures with one factor changing along each row, the width to and fro, and seven photographs with their flipped pixels.*
#
# The camera's card holds 800 photographs, and it saved each of them once, twice or three times, so there are more **files** than photographs. `files.pictures` has shape (N, 64); `files.photo`, shape (N,), says which photograph a file is of. `files.factors`, shape (N, 3), is what stood in front of the camera, and no model will be shown it.

# %%
print(f"{len(files)} files of {len(files.photo.unique())} photographs")
print("photographs of the first ten files:", files.photo[:10].tolist())

# %% [markdown]
# ## The truth first
#
# With real pictures nobody can say how good a model could be. Here you know how the pictures are made, so you can compute log p(x) itself: given a state the pixels are independent, and then the states are averaged. No network, however large, can beat this number on average, and so it will be your measure for everything that follows.

# %% [markdown] card="gauge_evidence"
# Write `gauge_evidence(x, states, flip)`: the exact log p(x) of each picture.
#
# - `x` has shape (B, D), `states` shape (S, D), zeros and ones both; `flip` is the chance that a pixel is seen the wrong way round. The states are equally likely.
# - Return shape (B,), in nats. Pictures of 900 pixels in single precision must come out right.
#
# For example, with the two states 000 and 011 and a flip of 0.1, the picture 000 has the chance ½ · 0.729 + ½ · 0.009, which is −0.9970 nats.

# %% answer="gauge_evidence"
def gauge_evidence(x: torch.Tensor, states: torch.Tensor, flip: float) -> torch.Tensor:
    """Exact log p(x), in nats. x: (B, D), states: (S, D), all equally likely. Returns (B,)."""
    ### BEGIN SOLUTION
    flipped = (x[:, None] - states).abs().sum(dim=-1)  # (B, S), pixels that differ
    kept = x.shape[1] - flipped
    log_likelihood = flipped * math.log(flip) + kept * math.log(1 - flip)  # (B, S)
    return torch.logsumexp(log_likelihood, dim=1) - math.log(len(states))
    ### END SOLUTION


# %% check="gauge_evidence"
check("gauge_evidence")

# %% [markdown]
# Two numbers about photographs that were taken after everything else: what the best model of all could reach, and how much of a picture is about the factors at all.

# %%
def truth_of(x: torch.Tensor) -> torch.Tensor:
    return gauge_evidence(x.double(), GAUGE.states, GAUGE.flip).float()


fresh, fresh_factors = fresh_photographs()
truth = truth_of(fresh)  # (1000,)
told = gauge_information(fresh, GAUGE)
print(f"log p(x) of fresh photographs: {truth.mean():.2f} nats/image")
print(f"entropy of the factors {GAUGE.entropy:.2f} nats, of which a picture tells {told:.2f}")

# %% [markdown]
# ## The script
#
# Here it is, with letters at its parts. It is short, it runs without a warning, and its author was careful: there is a warm-up, a held-out set, a bound of many samples. Read it once, as you would read a colleague's code. Do not look for faults yet, but for the way of a picture through it: from the card to a batch, through the encoder to a code, and back to pixels and to a number.

# %%
def train_gauges(files, epochs=40):
    shuffled = files.pictures[torch.randperm(len(files))]  # A: what is held out
    test, train = shuffled[:300], shuffled[300:]
    model = VAE(64, 4, hidden=64, mean=train.mean(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)  # B: what is trained
    steps = epochs * len(train.split(64))
    for epoch in range(epochs):
        weight = min(1.0, epoch / steps)  # C: the warm-up
        for x in train[torch.randperm(len(train))].split(64):
            mu, logvar = model.encode(x)
            eps = torch.randn_like(mu)  # D: the noise
            z = mu + logvar.exp() * eps  # E: the sample
            logits = model.decode(z)
            recon = F.binary_cross_entropy_with_logits(logits, x)  # F: the likelihood
            kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()  # G: the KL
            loss = recon + weight * kl
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model, test, weight


# %% [markdown]
# And what its author prints of the result: the bound on the held-out pictures, with one sample a picture and with fifty, and how many units are in use.

# %%
@torch.no_grad()
def report_gauges(model, test, weight, K=50):
    mu, logvar = model.encode(test)
    sigma = logvar.exp()  # E, once more
    z = mu + sigma * torch.randn(K, *mu.shape)
    logits = model.decode(z)
    bce = F.binary_cross_entropy_with_logits(logits, test.expand_as(logits), reduction="none")
    ratio = Normal(0, 1).log_prob(z).sum(-1) - Normal(mu, sigma).log_prob(z).sum(-1)
    log_w = weight * ratio - bce.sum(-1)  # H: the terms of the bound
    iwae = (log_w.sum(0) / K).mean()  # I: the bound of K samples
    active = int((mu.var(0) > 0.01).sum())  # J: the active units
    print(f"ELBO {log_w.mean(0).mean():.2f}, {K} samples {iwae:.2f} nats/image, ", end="")
    print(f"active units {active} of {mu.shape[1]}")
    return log_w.mean(0)  # (N,)


# %% tags=["nbval-ignore-output"]
torch.manual_seed(0)
model, test, weight = train_gauges(files)
reported = report_gauges(model, test, weight)

# %% [markdown]
# It looks healthy: a bound of about −13, all four units in use, and 50 samples add nothing to the bound, so the encoder must be as good as it gets. The author's test pictures are known to you, and so is their log p(x).

# %% [markdown] card="impossible"
# Write `impossible(elbo, log_evidence)`: whether reported bounds lie above the truth by more than chance allows.
#
# - Both have shape (N,), N at least 2, in nats, for the same N pictures. `elbo` may hold estimates, so a single one above its picture's log p(x) proves nothing.
# - Return True when the mean of the differences is more than 4 of *its own* standard errors above 0, as for the alarm of stage 02, and False otherwise. A standard error is that of a mean, with N − 1 in the variance.
#
# For example, differences of 1, 3 and 5 have the mean 3 and the standard error 1.15: False.

# %% answer="impossible"
def impossible(elbo: torch.Tensor, log_evidence: torch.Tensor) -> bool:
    """Whether bounds exceed the truth beyond chance. elbo, log_evidence: (N,), in nats."""
    ### BEGIN SOLUTION
    above = elbo - log_evidence  # (N,), of the same pictures
    error = above.std() / math.sqrt(len(above))
    return bool(above.mean() > 4 * error)
    ### END SOLUTION


# %% check="impossible"
check("impossible")

# %% [markdown]
# Now ask your alarm about the author's own test pictures.

# %%
exact = truth_of(test)
print(f"reported {reported.mean():.1f}, exact {exact.mean():.1f}: {impossible(reported, exact)}")
assert impossible(reported, exact) and 0.8 < (reported - exact).mean() < 2.8

# %% [markdown]
# No model of any kind can do that. So the report is wrong, whatever the model is, and we know it without having read the program. Note what we do not know: an alarm does not say where the fault is, and other faults may lower a number and raise no alarm at all.
#
# And what is the model worth? The library measures it on the fresh photographs, with every formula as the course has it: `encoder_gap` is what 50 samples win back, `model_gap` what is then still missing to the truth.

# %% tags=["nbval-ignore-output"]
noise = torch.randn(50, len(fresh), 4, generator=torch.Generator().manual_seed(3))


def measured(name: str, model) -> dict:
    """Print what a model is worth on the fresh photographs, in nats/image."""
    told = library.capstone_report(model, fresh, truth, noise)
    print(f"{name:13}", ", ".join(f"{key} {value:.2f}" for key, value in told.items()))
    return told


honest = measured("as found", model)
assert -24 < honest["elbo"] < -19.5

# %% [markdown]
# It is eight nats worse than its report, and four of them are lost between q and the posterior. The author's two bounds leave no such gap. So the bound is too high, and the gap too small: at least two of the printed numbers are wrong, and hardly for the same reason.
#
# ## Line by line
#
# Now look for faults. These are the words, and there are more of them than faults.

# %%
FAULTS

# %% [markdown]
# Every part A to J is either sound or has exactly one fault. Ask of each: what should it compute, what does it compute, and would a run look different? Take a picture of 64 pixels and a code of 4 latents and count: how many numbers are added up, how many averaged, and in which unit is the result? Follow every output of the encoder to all places where it is read. Put the
# last epoch into each formula that has an epoch in it. Nothing stops you from trying, either: copy the script into a cell of your own, change one line, and call `measured`.
#
# To accuse a sound line is a mistake as well. In a real program each wrong accusation costs somebody an afternoon, and often leaves a new fault behind.

# %% [markdown] card="capstone_faults"
# Write `capstone_faults()`: what is the matter with each part of the script.
#
# - Return a dict with the keys "A" to "J"; each value is one of the words of `FAULTS`. Several parts are `"sound"`.
# - The alarm comes first: there are no points for the others until part H is right. Then every fault counts for itself, and the sound parts together.
# - Judge a part by its own lines, as if all others were right.
#
# For example, if part B read `model.decoder.parameters()`, it would be `"weights left out"`.

# %% answer="capstone_faults"
def capstone_faults() -> dict[str, str]:
    """What is the matter with each part of the script: letters A to J, and words of FAULTS."""
    ### BEGIN SOLUTION
    return {
        "A": "shared photographs",  # files are dealt out, and copies of a photograph part
        "B": "sound",
        "C": "warm-up too long",  # epochs are divided by steps: 0.05 at the end
        "D": "sound",
        "E": "variance for sigma",  # G reads the same output as the log of a variance
        "F": "pixel mean",  # G is a sum over the latents
        "G": "sound",
        "H": "part price",  # the KL counts a twentieth in the report
        "I": "mean of logs",
        "J": "sound",
    }
    ### END SOLUTION


# %% check="capstone_faults"
check("capstone_faults")

# %% [markdown]
# ## What a repair is worth
#
# *Wait with this section until your diagnoses are right; it builds on them.* Two of the faults concern the price of a nat, and one of them is known to you since stage 05. Say it is repaired, and nothing else.

# %% tags=["nbval-ignore-output"]
predict("one_repair")

# %% [markdown]
# The library holds the script with every part repairable, so that each repair can be measured by itself and with others. All runs start from the same seed.

# %% tags=["nbval-ignore-output"]
runs, elbo = {}, {}
if check("capstone_faults").passed:
    for repaired in ("F", "C", "CF", "CEF", "ACEF"):
        runs[repaired] = run_script(files, repaired)
        elbo[repaired] = measured(f"repaired {repaired}", runs[repaired].model)["elbo"]
    assert elbo["F"] < honest["elbo"] - 1 and elbo["C"] < honest["elbo"] - 0.5
    assert elbo["CF"] > honest["elbo"] + 0.5 and elbo["CEF"] > elbo["CF"] + 1.2

# %% tags=["nbval-ignore-output"]
reveal("one_repair")

# %% [markdown]
# <details><summary>Look at your own rows first, then open this.</summary>
#
# Repairing F alone or C alone makes the model *worse*. Together they are worth a nat or two. The pixel mean made a nat of KL cost 64 times its worth, the stunted warm-up took 95 % off the price, and what was left was a price of about 3: too dear, but bearable. Repair the first alone, and a nat costs a twentieth: codes leave the prior. Repair the
# second alone, and it costs 64: the code dies. So a repair that makes a number worse is not refuted, and one that makes it better is not proved. Faults are judged by what lines say; numbers come after.
#
# E is worth more than two nats once the price is right. A, in the last row, seems to *cost* a third of a nat: fewer pictures are left for training. Why, then, repair it?
#
# </details>

# %% tags=["nbval-ignore-output"]
predict("held_out")

# %% [markdown]
# The last two models once more, by the pictures that their own split holds out for testing, with sound formulas, and by fresh photographs.

# %% tags=["nbval-ignore-output"]
for repaired in ("CEF", "ACEF") if runs else ():
    x, model = runs[repaired].test, runs[repaired].model
    told = library.capstone_report(model, x, truth_of(x), torch.randn(50, len(x), 4))
    print(f"repaired {repaired:4}: test {told['elbo']:.2f}, fresh {elbo[repaired]:.2f} nats/image")

# %% tags=["nbval-ignore-output"]
reveal("held_out")

# %% [markdown]
# With copies on both sides the test pictures flatter by about three quarters of a nat, since many of them were trained on. An honest split does not make a model better. It makes a number true.
#
# ## Build it again
#
# Now write the script as it should be, in four functions. First the split. Copies are only the plainest case: frames of one film, slices of one patient, sentences of one author belong together in the same way. What must not be torn apart is whatever makes two rows more alike than two fresh ones.

# %% [markdown] card="capstone_split"
# Write `capstone_split(photo, generator)`: which files are for training, validation and test.
#
# - `photo` has shape (N,): whole numbers, the photograph of each file. Numbers may be missing, files stand in no order.
# - Return three tensors of places in `photo`: train, validation, test. Every file is in one of them, and all files of a photograph are in the same one.
# - Of P photographs validation gets 15 %, rounded down, and so does test; train gets the others. Chance decides which, and all that is random comes from `generator`.
#
# For example, 30 photographs go 22, 4 and 4, with all their files.

# %% answer="capstone_split"
def capstone_split(
    photo: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Places of the files for train, validation and test. photo: (N,), whole numbers."""
    ### BEGIN SOLUTION
    photographs = photo.unique()  # (P,)
    dealt = photographs[torch.randperm(len(photographs), generator=generator)]
    held_out = len(photographs) * 15 // 100
    shares = [len(photographs) - 2 * held_out, held_out, held_out]
    sets = [torch.isin(photo, some).nonzero()[:, 0] for some in dealt.split(shares)]
    return sets[0], sets[1], sets[2]
    ### END SOLUTION


# %% check="capstone_split"
check("capstone_split")

# %% [markdown]
# Then the loss, with parts C to G in it. It is a function of its arguments alone: the noise comes in from outside, so that the same call gives the same numbers, and a check can compare yours with others.

# %% [markdown] card="capstone_loss"
# Write `capstone_loss(model, x, eps, step, warmup_steps)`: the loss of one step of training.
#
# - `x` has shape (B, D), zeros and ones; `eps` shape (B, Z). `model.encode(x)` gives mu and logvar, `model.decode(z)` logits. The prior is N(0, I).
# - The KL's weight grows in a straight line from 0 at step 0 to 1 at step `warmup_steps`, and is 1 from there on, or at once where `warmup_steps` is 0.
# - Return a dict with `loss`, `recon` and `kl`, tensors without axes, in nats/image, averaged over the batch. Only `loss` knows the weight; the other two are stated in full.
#
# For example, a recon of 14 and a kl of 4 at step 250 of a warm-up of 1,000 are a loss of 15. Functions of the stages before are imported.

# %% answer="capstone_loss"
def capstone_loss(
    model: Model, x: torch.Tensor, eps: torch.Tensor, step: int, warmup_steps: int
) -> dict[str, torch.Tensor]:
    """loss, recon and kl in nats/image, without axes. x: (B, D), eps: (B, Z)."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)
    recon = -bernoulli_log_likelihood(x, model.decode(z)).mean()
    kl = gaussian_kl(mu, logvar).mean()
    return {"loss": recon + kl_weight(step, warmup_steps) * kl, "recon": recon, "kl": kl}
    ### END SOLUTION


# %% check="capstone_loss"
check("capstone_loss")

# %% [markdown]
# Then the training. Here the check cannot compare numbers, since batches and noise are yours. It looks at what counts in the end: the weights.

# %% [markdown] card="capstone_train"
# Write `capstone_train(model, pictures, steps, generator)`: train a VAE, and return it.
#
# - `pictures` has shape (N, D), N at least 64. `model` is a VAE as in stage 05, with `encode`, `decode` and `z_dim`, not trained yet.
# - Take `steps` steps of Adam at a rate of 0.01, each on 64 rows drawn by chance and with fresh noise, and with a warm-up over the first quarter of the steps. All that is random comes from `generator`. You may call `capstone_loss`.
# - Return the model that came in. The check trains a small one for 160 steps, and looks at the weights that come back: what are they worth on photographs that your function has not seen?
#
# For example, a sound training earns an ELBO of about −8.0 nats/image in the check, where the truth is −6.8, and a model that learns nothing −9.9.

# %% answer="capstone_train"
def capstone_train(
    model: VAE, pictures: torch.Tensor, steps: int, generator: torch.Generator
) -> VAE:
    """Train by `steps` steps of Adam on batches of 64. pictures: (N, D). Returns the model."""
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        rows = torch.randint(len(pictures), (64,), generator=generator)
        eps = torch.randn(64, model.z_dim, generator=generator)
        terms = capstone_loss(model, pictures[rows], eps, step, steps // 4)
        optimizer.zero_grad()
        terms["loss"].backward()
        optimizer.step()
    return model
    ### END SOLUTION


# %% check="capstone_train"
check("capstone_train")

# %% [markdown]
# And the report, in numbers that you defend with your name. What the bound lacks to the truth is split at the bound of K samples: below it lies what better codes would earn, above it what only another model can.

# %% [markdown] card="capstone_report"
# Write `capstone_report(model, x, log_evidence, eps)`: what a model is worth on N pictures, and whose fault the rest is.
#
# - `x` has shape (N, D); `log_evidence` shape (N,), exact, in nats; `eps` shape (K, N, Z).
# - Return a dict of plain numbers or tensors without axes. All but the count are averages over pictures, in nats/image:
#     - `elbo`, the mean of the K log-weights of a picture, and `iwae`, the log of the mean of its K weights, both from the same samples;
#     - `kl`, in closed form, and `active_units`, with the usual threshold of 0.01;
#     - `encoder_gap`, from `elbo` up to `iwae`, and `model_gap`, from `iwae` up to the truth.
#
# For example, an elbo of −17.9 and an iwae of −17.2 where log p(x) is −14.9 leave gaps of 0.7 and 2.3 nats.

# %% answer="capstone_report"
def capstone_report(
    model: Model, x: torch.Tensor, log_evidence: torch.Tensor, eps: torch.Tensor
) -> dict[str, float]:
    """elbo, iwae, kl, active_units and two gaps. x: (N, D), log_evidence: (N,), eps: (K, N, Z)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        mu, logvar = model.encode(x)
        log_w = log_weights(x, model, eps)  # (K, N)
        iwae, elbo = iwae_bound(log_w).mean(), log_w.mean()
    return {
        "elbo": elbo, "iwae": iwae, "kl": gaussian_kl(mu, logvar).mean(),
        "active_units": active_units(mu),
        "encoder_gap": iwae - elbo, "model_gap": log_evidence.mean() - iwae,
    }
    ### END SOLUTION


# %% check="capstone_report"
check("capstone_report")

# %% [markdown]
# Put them together on the card. `digit_vae` makes a VAE that starts at the mean picture; it fits any pictures. How many steps? Train three times, and let the *validation* pictures say.

# %% tags=["nbval-ignore-output"]
train, validation, held = capstone_split(files.photo, torch.Generator().manual_seed(0))
trained, score = {}, {}
for steps in (200, 600, 1800):
    trained[steps] = digit_vae(files.pictures[train], z_dim=4)
    capstone_train(trained[steps], files.pictures[train], steps, torch.Generator().manual_seed(0))
    for name, rows in (("train", train), ("validation", validation)):
        x, eps = files.pictures[rows], torch.randn(50, len(rows), 4)
        told = capstone_report(trained[steps], x, truth_of(x), eps)
        score[name, steps] = float(told["elbo"])
        shown = f"elbo {told['elbo']:.2f}, truth {truth_of(x).mean():.2f}"
        print(f"{steps:4} steps, {name:10}: {shown}")
assert score["validation", 200] > score["validation", 1800] + 0.5

# %% [markdown]
# With 1,800 steps the model scores *above the truth* on its training pictures. That is no alarm: the law of averages holds for pictures that had no say in the training, and these were learned by heart. On validation pictures the same model is the worst of the three. Take the best one there, and only now look at the test pictures, once.

# %% tags=["nbval-ignore-output"]
repaired = trained[max(trained, key=lambda steps: score["validation", steps])]
for name, x in (("test", files.pictures[held]), ("fresh", fresh)):
    final = capstone_report(repaired, x, truth_of(x), torch.randn(50, len(x), 4))
    print(f"{name:5}", ", ".join(f"{key} {float(value):.2f}" for key, value in final.items()))
assert -19 < float(final["elbo"]) < -17 and float(final["model_gap"]) > 1.5

# %% [markdown]
# Read it against the truth. About three nats are missing. The encoder's share is below one: so much a better q would earn, at the same decoder. The model's share is more than two: this decoder, learned from 560 photographs, does not know the gauge as well as you do.
#
# And the KL? A picture tells 4.25 nats of its factors, and the mean KL is half a nat less. Recall that it is information plus misfit, so that no code tells more than its KL, about anything: at least half a nat about the factors is lost on the way. And it need not be the factors that the rest is about, since a code may talk of flipped pixels too. What it says of them is a question of its own.
#
# ## Does the code know the factors?
#
# Fit a linear **readout** from codes to each factor on some pictures, and score it on others. The score is R²: 1 less the squared error over the squared error of the mean, which knows nothing of the code.

# %% [markdown] card="factor_scores"
# Write `factor_scores(codes, factors, new_codes, new_factors)`: how well a linear readout of codes tells each factor, on data that it was not fitted to.
#
# - `codes` (N, Z) and `factors` (N, F) are for the fit, by least squares with a constant; `new_codes` (M, Z) and `new_factors` (M, F) are for the score.
# - Return shape (F,): for each factor 1 − Σ (error)² / Σ (new factor − mean of the new factors)², sums over the M new data. It is 1 for a perfect readout; worse than the mean is below 0, and stays there.
#
# For example, errors of 0.5 and −0.5 on new factors 1 and 3 give 1 − 0.5 / 2 = 0.75.

# %% answer="factor_scores"
def factor_scores(
    codes: torch.Tensor, factors: torch.Tensor,
    new_codes: torch.Tensor, new_factors: torch.Tensor,
) -> torch.Tensor:
    """R^2 of a linear readout on new data. codes: (N, Z), factors: (N, F). Returns (F,)."""
    ### BEGIN SOLUTION
    def with_constant(z: torch.Tensor) -> torch.Tensor:
        return torch.cat([z, torch.ones_like(z[:, :1])], dim=1)  # (N, Z + 1)

    readout = torch.linalg.lstsq(with_constant(codes), factors).solution  # (Z + 1, F)
    error = new_factors - with_constant(new_codes) @ readout  # (M, F)
    spread = new_factors - new_factors.mean(dim=0)
    return 1 - error.square().sum(dim=0) / spread.square().sum(dim=0)
    ### END SOLUTION


# %% check="factor_scores"
check("factor_scores")

# %% [markdown]
# Score the codes of the repaired model, then the same codes with their squares beside them, and for comparison the pixels.

# %% tags=["nbval-ignore-output"]
with torch.no_grad():
    codes, new_codes = (repaired.encode(x)[0] for x in (files.pictures[train], fresh))
told = {
    "codes": (codes, new_codes),
    "codes and squares": tuple(torch.cat([z, z**2], dim=1) for z in (codes, new_codes)),
    "pixels": (files.pictures[train], fresh),
}
for name, (seen, new) in told.items():
    scores = factor_scores(seen, files.factors[train], new, fresh_factors).tolist()
    print(f"{name:17}", ", ".join(f"{f} {score:.2f}" for f, score in zip(FACTORS, scores)))
assert scores[2] > 0.3

# %% [markdown]
# A line finds the place in the codes and hardly anything of the level. Is the level lost? With the squares beside them the codes tell it well: low gauges, which light next to nothing, lie in the middle, and high ones outside, in all directions. So **a low score speaks of a code and a readout together**. The width is told badly either way, and pixels tell it better: the width is worth 0.69 nats at most, and that is where the code has saved.
#
# What does one latent say by itself? In stage 06 we refused to promise that an axis stands for a factor; now you can look, since the factors are known. Move each of the four from −2 to 2 while the others rest at 0, and decode.

# %% tags=["nbval-ignore-output"]
path = torch.linspace(-2, 2, 9)
digits_picture({
    f"latent {at + 1}": pictures(repaired, path[:, None] * torch.eye(4)[at]) for at in range(4)
})

# %% [markdown]
# *Mean pictures along each latent of the repaired model: nearly empty in the middle, taller outside, at another place on each side. Rows change place and level together: no axis is a factor, and no axis was asked to be.*
#
# ## The account
#
# A good account of a model is half a page that somebody can act on: someone who has not read the script, who will not run your cells, and who has to decide tomorrow. It is not a diary of what you tried. Before you write yours, go through this list:
#
# - every number has a unit, the data it was measured on, and the number of samples;
# - a claim that something is impossible, wrong or better names what it is compared with;
# - a fault is named by its line, with the evidence that it is one; "the number rose" is none by itself;
# - what remains is split: how much is the encoder's, how much the model's, and how you know;
# - one thing is said that the model must not be used for, with a reason that is in your numbers.
#
# The reader gives 8 points:
#
# | what | points |
# | --- | --- |
# | why the report is impossible | 1 |
# | the faults, by what their lines do | 2 |
# | how the repairs were measured | 1 |
# | which repairs hang together | 1 |
# | what is left, and whose it is | 1 |
# | what KL and scores say of the code | 1 |
# | a use allowed, a use forbidden | 1 |

# %% [markdown] task="capstone_account"
# Half a page, for a reader who has to decide whether to use the model.
#
# Say what was wrong with the script, how you know, and what each repair bought, in nats and on which pictures. Say what is left between the repaired model and the truth, and whose fault that is. Say what the KL and the factor scores show about the code, and what they do not.
# End with one use of the model that you would allow, and one that you would forbid, each with its reason.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 8 points.**
#
# - 1 point: the reported bound is compared with the exact log p(x) of the same pictures, with its standard error, and called impossible for that reason.
# - 2 points: the six faults are named by what their lines do (half a point off for each one that is missing, down to 0): copies of a photograph on both sides; the warm-up that ends at a twentieth; the spread made from logvar as from log sigma, where the KL reads a log-variance; recon averaged over pixels; the report at part price; the mean of logs.
# - 1 point: repairs are measured on photographs that no run has seen, at full price, and not by the script's own report.
# - 1 point: it is said that the two faults of price nearly cancel, so that either repair alone makes the model worse, with numbers.
# - 1 point: what is left is split at the bound of many samples: some 0.5 to 1 nats of the encoder, 2 to 2.8 of the model; it is said that the first is a lower limit and the second an upper one, since 50 samples do not reach log p(x) of the model.
# - 1 point: the KL is read as information plus misfit, so as an upper limit of what the code tells, and beside the scores; no axis is called a factor without a score for it.
# - 1 point: a use that is allowed and a use that is forbidden, each with a reason from the numbers. Examples: looking up similar places by code may be allowed; reading the width from it, calling a photograph genuine by its bound, or using the model for another camera may not.
#
# No points for numbers alone. Half a point off, once, for numbers without units or without the pictures that they belong to.
# <!-- END MARK SCHEME -->

# %% [markdown] written="capstone_account"
# <!-- BEGIN SOLUTION -->
# The script reported an ELBO of −13.3 nats/image on 300 test files, whose exact log p(x) is −15.1 on average. The mean difference of 1.7 nats is many of its standard errors above 0, so the report is impossible. On 1,000 fresh photographs, with the full KL, the same model scores −21.3; the truth there is −14.9.
#
# Six parts were at fault. A deals out files, so copies of a photograph are tested that were trained on. C divides epochs by steps, and the KL's weight ends at 0.05. E makes the spread e^logvar, and G reads the same output as a log-variance. F averages over 64 pixels where G adds up. H reports with the weight of C. I averages logarithms, so its bound cannot rise above the ELBO.
#
# On fresh photographs: as found −21.3. F alone −23.7 and C alone −22.9, both worse, since a price of 64 times 0.05 is nearer to 1 than either repair alone leaves it. Both together −19.9, with E −17.5, with A −17.8: fewer pictures to learn from. A's worth is that its test score agrees with the fresh one, −17.8, where without it the score was −16.7. H and I change no model.
#
# Trained again, with the number of steps chosen on validation pictures, the model scores −17.9 on the fresh ones, and 3.0 nats are left. Fifty samples win back 0.6, so the encoder loses at least that; at most 2.4 are the model's, as 50 samples need not reach its log p(x). Longer training lifts the score on training pictures above the truth, and lowers the others: that is learning by heart.
#
# A mean KL of 3.7 nats, where a picture tells 4.25 of its factors, says that the code has lost at least half a nat of them; what it holds, it does not say. A line reads the place from the code (R² 0.7) and not the level (0.04); with squares the level is read as well as from the pixels (0.66), and the width badly (0.1), though pixels tell it (0.4). Single axes mix place and level.
#
# I would allow searching for photographs with a similar place and level by their codes. I would forbid reading the width from a code, which does not hold it, and judging by the bound whether a photograph shows a gauge at all: nothing here was measured on anything else.
# <!-- END SOLUTION -->

# %% [markdown]
# ## Practice, then the gate
#
# A round of this stage's questions. They mix the course.

# %% tags=["nbval-ignore-output"]
practice("10")

# %% [markdown]
# Transfer, on paper: a colleague trains on pictures of 16 × 16 pixels with recon averaged over pixels and a warm-up that ends at 1/128. Which price does a nat pay at the end, and which of the two lines do you repair first?
#
# <details><summary>Answer first, then open this.</summary>
#
# The price is 256 / 128 = 2. Either repair alone makes it 1/128 or 256, so neither is first: repair both, then measure.
#
# </details>
#
# Then the last gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("10")

# %% [markdown]
# ## What you can do now
#
# You were given data, a program and a number. You said that the number was impossible, found six faults in ten parts and left four alone, measured what the repairs bought, built the model again and put your name to a report. That is what this course was for.
#
# It is not quite over. What you know today is easy to recall because it is recent. **One month from now, choose five gates from five different stages, close the notebooks, and take them cold.** `vae-course gate 03` asks fresh questions each time, and `vae-course practice` keeps bringing back what is due. Whatever fails then tells you which notebook to open again.
#
# **To read.** Your own account, in a month. Would you act on it?
