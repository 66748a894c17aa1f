# %% [markdown] card="02_elbo"
# Stage 01 ended with a hundred million blind guesses for one picture. Here we stop guessing blindly: we choose a distribution q of codes, look only
# where it points, and work out exactly what the choice costs. The result is a floor under log p(x) that can be computed, and that can be raised. It is
# called the **evidence lower bound**, or ELBO, and everything later in the course climbs it.
#
# After it you can
#
# - derive the bound on paper, and say at which step something is lost and why;
# - split it into the two terms that every VAE computes;
# - say exactly how far it lies below log p(x): by the KL divergence from q to the posterior;
# - fit a q to one data point, or one encoder to all, and name the two gaps that remain;
# - notice a bound that is too good to be true.
#
# There are two sittings: the bound and its two terms, then, after a marked rest, the gap and how to close it.

# %% tags=["setup"]
import math

import torch
from torch import nn
from torch.distributions import Normal

from vae_course.explore import bound_gauge, bound_picture, course_style
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models.alarm import bound_alarm
from vae_course.models.deck import DECK
from vae_course.models.decoders import hammock
from vae_course.models.finite import FiniteModel
from vae_course.models.oracles import finite_elbo, plane_elbo, plane_evidence, plane_gap
from vae_course.models.posteriors import (
    elbo_on_grid, fit_each, fit_encoder, log_evidence_on_grid,
)
from vae_course.models.toolbox.stage_01 import log_joint

course_style()
torch.manual_seed(0)
torch.set_num_threads(1)
print("torch", torch.__version__)

# %% [markdown]
# Today's questions first, from the stages before: what you missed, and what is due again. Five minutes or so.

# %% tags=["nbval-ignore-output"]
practice()

# %% [markdown]
# ## Three guesses, one of them perfect
#
# The **line** is the smallest model with a continuous code: z ~ N(0, 1), and x given z is N(z, ½). We observe x = 1.5. Its evidence has a formula, since
# x ~ N(0, 1.5): log p(x) = −1.8717 nats. Pretend not to know it.
#
# Choose some distribution q and draw codes from it. Codes that q draws too often must count for less, so divide the joint of each draw by its own chance, w = p(x, z) / q(z). The average of w under q is then p(x) again, as we shall see. The log of w is called the
# **log-weight**,
#
# $$\log w(z) = \log p(x|z) + \log p(z) - \log q(z).$$

# %%
x = torch.tensor(1.5)
print(f"log p(x) = {Normal(0.0, math.sqrt(1.5)).log_prob(x):.4f} nats")
for mean, var in ((-0.5, 0.4), (0.6, 0.2), (1.0, 1 / 3)):
    q = Normal(mean, math.sqrt(var))
    z = q.sample((100_000,))
    log_p = Normal(z, math.sqrt(0.5)).log_prob(x) + Normal(0.0, 1.0).log_prob(z)
    log_w = log_p - q.log_prob(z)
    print(f"q = N({mean}, {var:.2f}): average {log_w.mean():.4f}, spread {log_w.std():.4f} nats")

# %% [markdown]
# Three averages: all at or below log p(x), some nearer than others. The third q *is* the posterior of this model, N(1, ⅓). Its average equals log p(x) to four digits, and its spread is 0:
# every single draw gives the same number. No integral was done. The rest of this stage explains these three lines.
#
# ## Log of a mean, mean of logs
#
# Stage 00 asked whether the mean of logs is below the log of the mean. Two pairs of weights with the same mean show how far.

# %%
for pair in ([1.0, 9.0], [4.0, 6.0]):
    w = torch.tensor(pair)
    print(pair, f"log of mean {w.mean().log():.3f}, mean of logs {w.log().mean():.3f}")

# %% [markdown]
# Averaging after the log never gives more, because log bends downwards, and the loss grows with the spread of the weights. With no spread
# there is no loss. In one line, for any average and any positive w,
#
# $$\log \mathbb{E}[w] \;\ge\; \mathbb{E}[\log w].$$
#
# This is **Jensen's inequality** for the logarithm, and it is the only inequality of this stage.
#
# ## Putting q in
#
# To have an average at all, we need a distribution to average under. Take a model with three possible codes, so that every sum can be written out. Its prior is
# (0.5, 0.3, 0.2), the likelihood of our one x is (0.2, 0.6, 0.9), and q is (0.25, 0.5, 0.25), my choice for this x.

# %%
m = FiniteModel.from_probabilities(
    prior=[0.5, 0.3, 0.2], likelihood=[0.2, 0.6, 0.9], q=[0.25, 0.5, 0.25]
)
joint, q = m.log_joint.exp(), m.log_q.exp()
print("joint p(x, z)       ", joint.numpy().round(3), " sum", f"{joint.sum():.3f}")
print("weights p(x, z) / q ", (joint / q).numpy().round(3))
print("their average under q", f"{(q * (joint / q)).sum():.3f}")

# %% [markdown]
# Dividing by q and averaging under q cancel, so the average weight is the evidence, 0.46, whatever q is:
#
# $$p(x) = \sum_z p(x,z) = \sum_z q(z)\,\frac{p(x,z)}{q(z)} = \mathbb{E}_{q}\!\left[\frac{p(x,z)}{q(z)}\right].$$
#
# Still an equality. Now take the log of both ends, and move it inside the average. There, and only there, the sign changes to ≥:
#
# $$\log p(x) \;\ge\; \mathbb{E}_q\big[\log p(x,z) - \log q(z)\big] \;=\; \mathrm{ELBO}.$$
#
# *"Why would I give away equality on purpose?"* Because the right side is an average of logs. It can be estimated from a few draws of q without bias, and it splits into terms. The left side has its log outside: a few draws inside it give a biased
# estimate, as the blind guesses of stage 01 did.
#
# q is chosen for one x. With several data points each has its own, and we write q(z|x); books call it the **variational posterior**. q may even leave some codes out. Then the average of w runs over the others only and is less than p(x): the bound still holds, it is only looser.

# %% [markdown] card="elbo_exact"
# Write `elbo_exact(log_joint, log_q)`: the bound of each data point for a code with M possible values, by summing over them.
#
# - Both have shape (B, M): log p(x, z), which need not sum to anything, and log q(z|x), whose exponentials sum to 1 in each row.
# - q may leave states out, with log q = −∞. Such a state adds 0 to the sum; a part of the points is for that.
# - Return shape (B,), in nats. You will climb it soon, so its gradient must be right, and an ordinary number, also where q is so small that float32 stores it as 0.
#
# For example, the three states above, with joint (0.10, 0.18, 0.18), give −0.8220 nats, a little below log 0.46 = −0.7765.

# %% answer="elbo_exact"
def elbo_exact(log_joint: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """ELBO by summing over the states of z. log_joint, log_q: (B, M). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    log_w = torch.where(log_q > -math.inf, log_joint - log_q, 0.0)  # (B, M), 0 where q is 0
    return (log_q.exp() * log_w).sum(dim=-1)  # (B,)
    ### END SOLUTION


# %% check="elbo_exact"
check("elbo_exact")

# %% [markdown]
# ## Two terms that a program can compute
#
# Worked example, *derive the ELBO decomposition into reconstruction − KL*, in five lines.
#
# 1. Start from the bound: ELBO = E_q[log p(x, z) − log q(z)].
# 2. The joint is a product, p(x, z) = p(x|z) p(z), so its log is a sum: ELBO = E_q[log p(x|z) + log p(z) − log q(z)].
# 3. An average of a sum is the sum of averages: ELBO = E_q[log p(x|z)] + E_q[log p(z) − log q(z)].
# 4. The **KL divergence** from q to the prior is an average under q of a log ratio, KL(q ‖ p(z)) = E_q[log q(z) − log p(z)]. The second average is its negative.
# 5. So **ELBO = E_q[log p(x|z)] − KL(q ‖ p(z))**.
#
# The first term asks whether codes from q explain x: *reconstruction*. (Its negative is the `recon` of stage 00, which is to be small.) The second is what q pays for differing from the prior; books call it the *regulariser*. A KL is never negative, by Jensen once more: −KL = E_q[log (p/q)] ≤ log E_q[p/q] = log 1 = 0, and it is 0 only when p/q has no spread, that
# is, when both are the same. On the three states:

# %%
explained = (q * m.log_likelihood).sum()
kl = (q * (m.log_q - m.log_prior)).sum()
print(f"expected log-likelihood {explained:.4f}, KL {kl:.4f} nats")
print(f"difference {explained - kl:.4f} nats")

# %% [markdown]
# The difference is −0.8220, the bound from before. Nothing was lost in the split, it only has two parts now.
#
# **Its twin, with gaps for you.** Prior (0.6, 0.3, 0.1), likelihood (0.1, 0.5, 0.8), q (0.2, 0.5, 0.3). The expected log-likelihood is −0.8740 and the bound is −1.2393. What
# is the KL? And log p(x) is log(0.06 + 0.15 + 0.08) = −1.2379: how much does the bound miss?
#
# <details><summary>Fill both on paper, then open this.</summary>
#
# The KL is 0.3653 nats, and the bound misses 0.0014. This q is very good, although it is far from the prior.
#
# </details>
#
# In a program the averages are over samples. Each sample z comes from q, so its chance is in it already and no weight is needed: the mean over samples is the average under q.

# %% [markdown] card="reconstruction_and_kl"
# Write `reconstruction_and_kl(log_likelihood, log_prior, log_q)`: both terms of the bound, each averaged over K samples from q.
#
# - All three have shape (K, B): log p(x|z), log p(z) and log q(z|x) at K samples for each of B data points.
# - Return the pair `expected_log_likelihood`, shape (B,), and `kl`, shape (B,), with ELBO = first − second, in nats.
#
# For example, with K = 2 and one data point, log-likelihoods (−3, −5), log-priors (−1, −2) and log-q (−0.5, −0.7) give −4 and 0.9.

# %% answer="reconstruction_and_kl"
def reconstruction_and_kl(
    log_likelihood: torch.Tensor, log_prior: torch.Tensor, log_q: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both terms of the ELBO, averaged over K samples. All: (K, B). Returns two (B,), in nats."""
    ### BEGIN SOLUTION
    return log_likelihood.mean(dim=0), (log_q - log_prior).mean(dim=0)  # (K, B) -> (B,), (B,)
    ### END SOLUTION


# %% check="reconstruction_and_kl"
check("reconstruction_and_kl")

# %% [markdown]
# ## The derivation, in order
#
# You have now seen every step from log p(x) to the two terms. Here they are as cards, shuffled. Two cards and two reasons are not needed.

# %%
DECK

# %% [markdown] card="derivation_deck"
# Lay the derivation of the bound with the cards above: `derivation_deck()` returns your lines from top to bottom, as
# a list of six triples `(card, relation, reason)`.
#
# - The derivation begins with log p(x), which has no card. Every card that you lay is compared with what stands right
#   above it: with log p(x) for the first one, with the card before it for the others.
# - `card` is a letter, `relation` is `"="` or `">="` (what stands above it = this card, or what stands above it >=
#   this card), and `reason` is the number of the reason that allows the step. Write `"="` wherever nothing can be
#   lost.
# - The last line is the bound in its most useful form: an expected log-likelihood less a KL.
# - You need six of the eight cards, each once, and six of the eight reasons, each once.
#
# The first line is given: log p(x) = log Σ_z p(x, z), by the sum rule, so your list starts with `("D", "=", 4)`. Half
# of the points are for the right cards in the right order, a quarter for the relations, a quarter for the reasons.

# %% answer="derivation_deck"
def derivation_deck() -> list[tuple[str, str, int]]:
    """The bound, laid out from log p(x) downwards. Returns six triples (card, relation, reason)."""
    ### BEGIN SOLUTION
    return [
        ("D", "=", 4),
        ("H", "=", 7),
        ("B", "=", 6),
        ("G", ">=", 5),
        ("A", "=", 2),
        ("F", "=", 8),
    ]
    ### END SOLUTION


# %% check="derivation_deck"
check("derivation_deck")

# %% [markdown]
# ## A rest
#
# This is the end of the first sitting, about half of the stage. Save, and come back after a break. A good way to close: write the bound in two terms from memory, and say in
# words what each one wants from q.
#
# ## What the bound leaves out
#
# The second sitting is about one number: what is lost. Begin with a choice that looks clever. Let q be the prior itself. Then it pays nothing, KL(q ‖ p(z)) = 0.

# %% tags=["nbval-ignore-output"]
predict("a_free_code")

# %% [markdown]
# On the line, at x = 1.5, both terms have formulas. For the first, log p(x|z) is a parabola in z, and under q the square (x − z)² averages to (x − mean)² + variance: z strays from the mean of q as well. The second you will derive in stage 03; here the library computes it.

# %%
prior, posterior = Normal(0.0, 1.0), Normal(1.0, math.sqrt(1 / 3))
log_evidence = Normal(0.0, math.sqrt(1.5)).log_prob(x)
choices = {"prior": prior, "N(0.6, 0.2)": Normal(0.6, math.sqrt(0.2)), "posterior": posterior}
for name, q in choices.items():
    expected = Normal(q.mean, math.sqrt(0.5)).log_prob(x) - 0.5 * q.variance / 0.5
    kl = torch.distributions.kl_divergence(q, prior)
    to_posterior = torch.distributions.kl_divergence(q, posterior)
    missing = log_evidence - (expected - kl)
    print(f"{name:12} ELBO {expected - kl:.4f}, missing {missing:.4f},", end=" ")
    print(f"KL to the prior {kl:.4f}, KL to the posterior {to_posterior:.4f}")

# %% tags=["nbval-ignore-output"]
reveal("a_free_code")

# %% [markdown]
# Read the last column against the one called missing. They agree to every digit, for each q. It is no accident. Put p(x, z) = p(z|x) p(x) into the bound: ELBO = E_q[log p(x) + log p(z|x) − log q(z)], and log p(x) is the same for every z, so it comes out of the average. What the bound leaves out is
# exactly the KL divergence from q to the *posterior*,
#
# $$\log p(x) = \mathrm{ELBO} + \mathrm{KL}\big(q \,\|\, p(z|x)\big).$$
#
# The KL in the formula of the bound and the KL of the gap are two different things, and confusing them is the commonest slip here. One is a price, measured to the prior. The other is an
# error, measured to the posterior.
#
# Two consequences carry the rest of the course. Raising the bound over q closes the gap, since log p(x) does not know q. Raising it over the *model* raises a floor under log p(x).
# In the figure, move q and see what stays.

# %% tags=["nbval-ignore-output"]
bound_gauge()

# %% [markdown]
# For readers without a running kernel, one position of the sliders.

# %%
bound_picture(mean=0.6, std=0.45)

# %% [markdown]
# *Left: the prior, the posterior and a q between them. Right: from the top, the expected log-likelihood, then the KL to the prior subtracted from it, which ends at the bound
# (blue line), then the gap, which makes up the rest to log p(x) (black line). Move q to the mean 1: the KL to the prior rises from 0.58 to 0.90 nats, and the bound rises all the same.*

# %% [markdown] card="evidence_gap"
# Write `evidence_gap(log_joint, log_q)`: how far the bound lies below log p(x), for each data point of a finite model.
#
# - Both have shape (B, M), as in `elbo_exact`, which you may call. States with log q = −∞ may occur; a part of the points is for them.
# - Return shape (B,), in nats, never negative, and 0 at the posterior.
#
# For example, the three states from above give 0.0455 nats.

# %% answer="evidence_gap"
def evidence_gap(log_joint: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """log p(x) - ELBO = KL(q || posterior). log_joint, log_q: (B, M). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    return log_joint.logsumexp(dim=-1) - elbo_exact(log_joint, log_q)  # (B, M) -> (B,)
    ### END SOLUTION


# %% check="evidence_gap"
check("evidence_gap")

# %% [markdown]
# ## Why explaining unlocks learning
#
# Learning changes the model's weights θ, so it needs the gradient of log p(x) with respect to them. The gradient of log Σ p(x, z) is Σ ∇p(x, z) / p(x), and ∇p is p times the gradient of log p. So it is an average of easy gradients, *under the posterior*:
#
# $$\nabla_\theta \log p(x) = \sum_z \frac{p(x, z)}{p(x)}\, \nabla_\theta \log p(x, z) = \mathbb{E}_{p(z|x)}\big[\nabla_\theta \log p(x, z)\big].$$
#
# The urn of stage 01 shows it. Its parameter is the logit of 0.9, the share of red in boxes of kind 1; a red ball was drawn.

# %%
logit = torch.logit(torch.tensor(0.9)).requires_grad_()
joint = torch.stack([torch.tensor(0.7 * 0.2), 0.3 * torch.sigmoid(logit)])
(whole,) = torch.autograd.grad(joint.sum().log(), logit, retain_graph=True)
(inner,) = torch.autograd.grad(joint[1].log(), logit)  # only kind 1 depends on the logit
chance = (joint[1] / joint.sum()).item()
print(f"gradient of log p(x) {whole:.4f}")
print(f"posterior average {chance * inner:.4f}, prior average {0.3 * inner:.4f}")

# %% [markdown]
# Whoever knows how to explain x knows how to improve the model, and a bad explanation gives a wrong gradient: weighted by the prior it is less than half of the right one. The gradient of the *bound* is the same average under q. With q near the posterior it is near the right gradient, which is why training raises the
# bound over both at once.

# %% [markdown]
# ## Your own route
#
# There is more than one way from log p(x) to the bound. Jensen's way says *that* something is lost. A way through the posterior says *what*: it meets a KL on the road, and drops it because a
# KL is never negative. Cards can be laid without believing them, so this time there are none. You write the lines as small functions that compute their own value, and the check evaluates them on random models with exact sums.
#
# `m` is such a model, the three states from before. Its `expect_q` gives the terms of an average under q, one for each state, and `total` adds terms up.

# %%
terms = m.expect_q(m.log_likelihood)  # (B, M), here (1, 3): q(z) log p(x|z) for each z
print(terms, "add up to", m.total(terms))

# %% [markdown]
# And here is a chain of three lines about something else. It compares two averages under q, of log p(x|z) and of log p(x, z). The second one cannot be larger, because log p(z) is never positive for a
# code with finitely many values.

# %%
chain = [
    lambda m: m.expect_q(m.log_likelihood),
    ">=",
    lambda m: m.expect_q(m.log_likelihood) + m.expect_q(m.log_prior),
    "=",
    lambda m: m.expect_q(m.log_joint),
]
print([f"{m.total(line(m)).item():.4f} nats" for line in chain[::2]])

# %% [markdown]
# Lines joined by "=" agree here, and the first is above the others. One model proves nothing, of course. But an "=" that is wrong shows itself on almost every random model, and that is what the check uses.

# %% [markdown] card="derivation"
# Write `derivation()`: your own route from log p(x) to the bound, as a list that alternates lines and relations,
# `[line, relation, line, ..., line]`, in the form of the chain above.
#
# - The first line is log p(x), computed from the joint. The last one is the bound, in any form that has its value.
#   You need at least **four different lines**, so at least two between. The step from log p(x) itself must be an
#   `"="`, to a different line: that a bound holds is what you are to show, so it cannot come first.
# - Two lines count as one when they use the same parts of `m` (of its four tables and `m.expect_q`) and arithmetic
#   turns one into the other with every `m.expect_q` left whole, as when terms change places, a minus sign moves, or
#   `torch.logsumexp` stands for exp, sum and log.
# - A line is a function of a finite model `m`. It returns *terms*, shape (B, M), whose sum over the states is the
#   line; or, where nothing is left to sum (a logarithm of a sum, say), one number a row, shape (B, 1). Before you mix
#   the two kinds in one line, take `m.total` of the terms: a number a row that meets terms is counted M times.
# - `m` has `m.log_prior`, `m.log_likelihood`, `m.log_joint` and `m.log_q`, each (B, M), in nats. `m.expect_q(values)`
#   gives the terms of an average under q, (B, M); `m.total(terms)` adds terms up, (B, M) to (B, 1). There is no
#   `m.log_posterior`: if your route needs it, compute it from what there is.
# - A relation is `"="` or `">="`. Write `"="` wherever the two lines are equal on every model, and `">="` only where
#   something can be lost. A chain from the bound upwards, with `"<="`, is as good.
#
# Any sound route counts: by Jensen's inequality, by the KL to the posterior, or one of your own. The check evaluates
# your lines on random models and names the first two that break, by how much, and what that amount is, if it is one
# that has a name. It counts lines from 1.

# %% answer="derivation"
def derivation() -> list:
    """[line, relation, line, ...] from log p(x) to the bound; a line maps m to (B, M) or (B, 1)."""
    ### BEGIN SOLUTION
    return [
        lambda m: m.total(m.log_joint.exp()).log(),  # log p(x), by the sum rule: (B, 1)
        "=",  # multiply and divide by q
        lambda m: m.total(m.expect_q((m.log_joint - m.log_q).exp())).log(),  # (B, 1)
        ">=",  # Jensen: log is concave
        lambda m: m.expect_q(m.log_joint - m.log_q),  # average of log: (B, M)
        "=",  # p(x, z) = p(x|z) p(z)
        lambda m: m.expect_q(m.log_likelihood) - m.expect_q(m.log_q - m.log_prior),  # (B, M)
    ]
    ### END SOLUTION


# %% check="derivation"
check("derivation")

# %% [markdown] task="evidence_identity"
# A practice problem, in words and symbols for a reader.
#
# Show that log p(x) = ELBO + KL(q ‖ p(z|x)), for any q that is 0 wherever the joint is 0. Start from the KL divergence to the posterior, put in p(z|x) = p(x, z) / p(x), and say at each
# line which rule you use. Then say in one or two sentences what follows for a q that is moved while the model stays, and why the bound is tight exactly when q is the posterior.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
#
# - 1 point: the KL to the posterior is written as an average under q of log q(z) − log p(z|x), with the roles the right way round.
# - 1 point: Bayes' rule is put in, and log p(x) is taken out of the average because it does not depend on z.
# - 1 point: the remaining average is recognised as minus the bound, and the equation is solved for log p(x); no step is an inequality.
# - 1 point: log p(x) does not depend on q, so raising the bound over q lowers the KL by the same amount; a KL is 0 only when both distributions are equal, so the bound is tight only there.
#
# Half a point off for a sign that is lost and recovered without a word. A derivation by Jensen's inequality alone earns at most 1 point: it shows a bound and not what is missing.
# <!-- END MARK SCHEME -->

# %% [markdown] written="evidence_identity"
# <!-- BEGIN SOLUTION -->
# By definition the divergence from q to the posterior is an average under q, KL(q ‖ p(z|x)) = E_q[log q(z) − log p(z|x)]. Bayes' rule gives log p(z|x) = log p(x, z) − log p(x). The last term is a
# constant for the average over z, so KL(q ‖ p(z|x)) = log p(x) − E_q[log p(x, z) − log q(z)] = log p(x) − ELBO. Adding the bound on both sides gives log p(x) = ELBO + KL(q ‖ p(z|x)), with equality at every step.
#
# The left side does not contain q. So when q moves, what the bound gains the divergence loses, and climbing the bound is the same as bringing q to the posterior. A KL divergence is 0 exactly when both
# distributions are equal, so the bound reaches log p(x) exactly at the posterior and nowhere else.
# <!-- END SOLUTION -->

# %% [markdown]
# ## The bound from samples
#
# For real decoders the sum over states is gone and samples are left. The average over K draws of log w is an estimate of the bound without bias. Samples are given to you here. Drawing them so
# that a gradient can pass is stage 04.

# %% [markdown] card="elbo_monte_carlo"
# Write `elbo_monte_carlo(x, decoder, z, log_q)`: the bound of each data point, averaged over K samples from its own q.
#
# - `x` has shape (B, D), `z` shape (K, B, Z): `z[k, b]` is a sample for `x[b]`. `log_q` has shape (K, B): log q(z|x) at these samples.
# - `decoder.log_likelihood(x, z)` broadcasts leading axes; the prior is N(0, I).
# - Return shape (B,), in nats.
#
# For example, the line at x = 1.5 with the samples 0.9 and 1.1 of its posterior gives −1.8717 nats. So does any other pair.

# %% answer="elbo_monte_carlo"
def elbo_monte_carlo(
    x: torch.Tensor, decoder, z: torch.Tensor, log_q: torch.Tensor
) -> torch.Tensor:
    """ELBO over samples of q. x: (B, D), z: (K, B, Z), log_q: (K, B). Returns (B,), in nats."""
    ### BEGIN SOLUTION
    log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=-1)  # (K, B)
    log_w = decoder.log_likelihood(x, z) + log_prior - log_q  # (K, B)
    return log_w.mean(dim=0)  # (B,)
    ### END SOLUTION


# %% check="elbo_monte_carlo"
check("elbo_monte_carlo")

# %% [markdown]
# ## Drive q to the posterior
#
# The experiment of this stage. Move q in five steps from N(0.6, 0.5) to the posterior N(1, ⅓) of the line, and look at the log-weights of single draws.

# %%
def log_weights(mean, var, K=10_000):
    """Log-weights of K draws from N(mean, var) on the line, at x = 1.5."""
    q = Normal(torch.tensor(mean).double(), math.sqrt(var))
    z = q.sample((K,))
    log_p = Normal(z, math.sqrt(0.5)).log_prob(x.double()) + Normal(0.0, 1.0).log_prob(z)
    return log_p - q.log_prob(z)


for step in range(6):
    log_w = log_weights(0.6 + 0.08 * step, 0.5 - step * (0.5 - 1 / 3) / 5)
    above = (log_w > log_evidence + 1e-9).double().mean()
    print(f"average {log_w.mean():.4f}, spread {log_w.std():.6f}, above log p(x): {above:.0%}")

# %% [markdown]
# At the posterior the spread is rounding error: log w is *constant*, because p(x, z) / p(z|x) is p(x) for every z. That is the cleanest sign of a perfect q there is. Read the last column too. About half of the
# single estimates lie above log p(x), until at the very end all of them equal it, and nothing is wrong: only the *average* is a bound.
#
# So there is one alarm. An average that exceeds the exact evidence by more than four standard errors cannot be put down to chance: such a bound is *impossible*, and somewhere there is a bug. Here is a common one. The KL is right, and the first term is scored
# at the mean of q instead of at draws from q, as if q had no spread.

# %%
def bound_scored_at_the_mean(mean, var, K=1000):
    """The bound in two terms on the line, with a bug: every draw is replaced by the mean of q."""
    z = torch.full((K,), mean)
    kl = torch.distributions.kl_divergence(Normal(mean, math.sqrt(var)), prior)
    return Normal(z, math.sqrt(0.5)).log_prob(x) - kl


for mean, var in ((1.0, 1 / 3), (0.6, 0.2)):
    alarm = bound_alarm(bound_scored_at_the_mean(mean, var), log_evidence.item())
    print(f"q = N({mean}, {var:.2f}): {alarm}")

# %% [markdown]
# The same bug, and only one of the two rings. Forgetting the spread of q adds its variance to the bound, ⅓ for the first and 0.2 for the second. The first had no gap to hide it in; the second had one of 0.295. An alarm is a proof of a bug; silence proves nothing. This course uses it wherever
# the evidence is known.
#
# ## Fitting q to one data point
#
# Now the hammock, x = (0.9, 0.625), with log p(x) = −2.1523. Choose q = N(μ, σ²) and climb the bound over μ and σ. To choose a q by climbing the bound is called **variational inference**, which is the V in VAE. The gradient needs no sampling if z lives on a grid: the joint at the
# nodes times the spacing is a finite model, and q becomes a distribution over the nodes when its logs are normalised there by `log_softmax`.
#
# *"Why not simply use the density of q times the spacing?"* Because such a q need not sum to 1, and a q that is narrower than the spacing hides between the nodes. See what the bound says of one, standard
# deviation 0.02 on nodes 0.1 apart.

# %%
decoder, point = hammock(), torch.tensor([[0.9, 0.625]])
grid = torch.linspace(-5, 5, 101)[:, None]  # (G, 1)
log_prior = Normal(0.0, 1.0).log_prob(grid[:, 0]) + math.log(0.1)
log_likelihood = decoder.log_likelihood(point, grid)[None]  # (1, G)
density = Normal(1.445, 0.02).log_prob(grid[:, 0]) + math.log(0.1)
for name, log_q in {"density x spacing": density, "normalised": density.log_softmax(0)}.items():
    bound = finite_elbo(FiniteModel(log_prior, log_likelihood, log_q[None])).item()
    print(f"{name:18}: q sums to {log_q.exp().sum():.3f}, 'bound' {bound:.3f} nats")

# %% [markdown]
# The first one claims −0.34, far above the evidence of −2.15: the alarm again. It is no distribution, so Jensen's inequality does not speak about it. An optimiser finds such holes at once. The second one is honest, and bad.

# %% [markdown] card="fit_posterior"
# Write `fit_posterior(x, decoder, z_grid, steps)`: for each data point by itself, the Gaussian q that is best under the bound.
#
# - `x` has shape (B, D); `z_grid` has shape (G, 1), equally spaced. Your `elbo_exact` is at hand, and `log_joint` of stage 01, imported above.
# - Take `steps` steps of gradient ascent; the check uses 120 and more. A start at μ = 0.5, log σ² = −1 for every row with Adam at rate 0.05 works well; other choices are fine.
# - Return the pair `mu`, shape (B,), and `sigma`, shape (B,), a standard deviation. Where the posterior has two bumps, either one will do.
#
# For example, x = (0.9, 0.625) of the hammock ends near μ = 1.41 and σ = 0.19, with a bound of −2.163 nats.

# %% answer="fit_posterior"
def fit_posterior(
    x: torch.Tensor, decoder, z_grid: torch.Tensor, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Best Gaussian q of each x. x: (B, D), z_grid: (G, 1), even steps. Returns mu, sigma: (B,)."""
    ### BEGIN SOLUTION
    spacing = z_grid[1, 0] - z_grid[0, 0]
    joint = log_joint(x, decoder, z_grid) + spacing.log()  # (B, G)
    mu = torch.full((len(x), 1), 0.5, dtype=x.dtype, requires_grad=True)
    logvar = torch.full((len(x), 1), -1.0, dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(steps):
        log_q = torch.log_softmax(-0.5 * (z_grid.T - mu).square() / logvar.exp(), dim=-1)  # (B, G)
        loss = -elbo_exact(joint, log_q).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach()[:, 0], torch.exp(0.5 * logvar.detach())[:, 0]
    ### END SOLUTION


# %% check="fit_posterior"
check("fit_posterior")

# %% [markdown]
# ## What a single Gaussian cannot say
#
# For x = (0.9, 0.625) the best Gaussian misses 0.01 nats. The point x = (0, 1), with its two equal bumps, is another matter.

# %% tags=["nbval-ignore-output"]
predict("one_bump_or_the_middle")

# %% [markdown]
# Fit it, and compare with the best q that is centred between the bumps.

# %%
both = torch.tensor([[0.0, 1.0]])
truth = log_evidence_on_grid(both, decoder)
mu, sigma = fit_each(both, decoder)
gap = truth - elbo_on_grid(both, decoder, mu, sigma)
print(f"best: |mu| {mu.abs().item():.2f}, sigma {sigma.item():.2f}, gap {gap.item():.3f} nats")
widths = torch.linspace(0.1, 2.0, 96)
centred = elbo_on_grid(both.expand(96, 2), decoder, torch.zeros(96), widths)
best_width, its_gap = widths[centred.argmax()], (truth - centred.max()).item()
print(f"centred at 0, best sigma {best_width:.2f}: gap {its_gap:.3f} nats")
print(f"log 2 = {math.log(2):.3f}")

# %% tags=["nbval-ignore-output"]
reveal("one_bump_or_the_middle")

# %% [markdown]
# It takes one bump and gives up the other, which costs log 2 = 0.693 nats and a little more. Under KL(q ‖ posterior), q pays for every place where it puts mass and the posterior has none. It may ignore a bump. It may not cover a valley. What stays
# missing although q is as good as its family allows is the **approximation gap**.
#
# ## One encoder for all
#
# Fitting each x by itself takes hundreds of steps for every picture. An **encoder**, also called an inference network, learns a single function from x to (μ, σ), and then answers a new x at once. That is **amortized inference**, and it can be worse than fitting, by
# the **amortization gap**. In one case it is exactly as good. Take the linear model, x given z ~ N(W z, σ²I), and collect what the log joint says about z:
#
# $$\log p(x, z) = -\tfrac{1}{2\sigma^2}\, z^{\top} M z + \tfrac{1}{\sigma^2}\, z^{\top} W^{\top} x + \text{const}, \qquad M = W^{\top} W + \sigma^2 I .$$
#
# A quadratic in z, so the posterior is a Gaussian. Its mean is where the slope is 0, at M z = Wᵀx. Its *precision*, the inverse of its covariance, is what stands in the square: M / σ². The mean is linear in x and the precision does not see x at all, so a linear encoder can
# do it for all x at once.
#
# A *diagonal* q cannot copy M when M has entries off its diagonal. Which diagonal is best? In the bound, q pays for its spread and gains from it: the square averages to ½ M_jj s_j² / σ² for a code of standard deviation s_j, and −E_q[log q], which stage 03 calls the entropy of q, contributes log s_j. So, as far as s_j is concerned, the
# gap is ½ (M_jj / σ²) s_j² − log s_j plus a constant. Set its derivative to 0 and you have it.

# %%
precision = 3.0  # of the line: M / 0.5 with M = 1 + 0.5
widths = torch.linspace(0.2, 1.4, 1201)
cost = 0.5 * precision * widths**2 - widths.log()
print(f"cheapest spread for a precision of {precision:g}: {widths[cost.argmin()]:.3f}")

# %% [markdown]
# For one code the answer is the posterior's own spread, √⅓ = 0.577. With several, look at what you found before you reach for the spread that a library would print beside each coordinate: is it the same number?

# %% [markdown] card="linear_gaussian_encoder"
# Write `linear_gaussian_encoder(x, W, sigma)`: the mean and the standard deviations of the best diagonal Gaussian q for each x, for x given z ~ N(W z, σ²I) and z ~ N(0, I).
#
# - `x` has shape (B, D), `W` shape (D, Z), its columns at any angle; `sigma` is one positive number, the standard deviation of the noise.
# - Return the pair `mu`, shape (B, Z), and `sigma`, shape (B, Z), standard deviations again.
#
# For example, the line at x = 1.5, that is W = ((1)) and sigma = √0.5, gives the mean 1 and the standard deviation 0.5774.

# %% answer="linear_gaussian_encoder"
def linear_gaussian_encoder(
    x: torch.Tensor, W: torch.Tensor, sigma: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Best diagonal q of the linear model. x: (B, D), W: (D, Z). Returns mu, sigma: (B, Z) each."""
    ### BEGIN SOLUTION
    M = W.T @ W + sigma**2 * torch.eye(W.shape[1], dtype=W.dtype)  # (Z, Z)
    mu = torch.linalg.solve(M, W.T @ x.T).T  # (B, Z)
    return mu, (sigma * M.diagonal().rsqrt()).expand_as(mu)
    ### END SOLUTION


# %% check="linear_gaussian_encoder"
check("linear_gaussian_encoder")

# %% [markdown]
# No fitting of a single x can do better within the family. See it: climb the bound for each of five x by itself, from a start at 0, and compare with the gap that the best diagonal encoder leaves by formula.

# %%
W, noise_sd = torch.tensor([[1.0, 0.5], [-0.3, 0.8], [0.6, -0.2]]).double(), 0.6
data = torch.randn(5, 3, generator=torch.Generator().manual_seed(4)).double()
truth = plane_evidence(data, W, noise_sd)
fitted = torch.zeros(2, 5, 2).double().requires_grad_()  # mean and log of std, for each x
optimizer = torch.optim.Adam([fitted], lr=0.02)
for _ in range(1500):
    optimizer.zero_grad()
    (-plane_elbo(data, W, noise_sd, fitted[0], fitted[1].exp()).sum()).backward()
    optimizer.step()
alone = plane_elbo(data, W, noise_sd, fitted[0], fitted[1].exp()).detach()
print("gap, each by itself", (truth - alone).numpy().round(6))
print("gap of the encoder, for every x", round(plane_gap(W, noise_sd), 6))

# %% [markdown]
# All six numbers agree: the **amortization gap is 0**. What remains is the same for every x, the approximation gap of a diagonal q, which would vanish if the columns of W stood at right angles.
#
# Now the bent decoder, with 200 points to learn from and 200 fresh ones. Three ways to get μ and σ: each x by itself, a linear encoder, and a
# small network with 32 hidden units.

# %%
torch.manual_seed(3)
noise = torch.Generator().manual_seed(3)
codes = torch.randn(400, 1, generator=noise)
points = decoder(codes) + decoder.sigma * torch.randn(400, 2, generator=noise)
learn_from, fresh = points[:200], points[200:]
small_net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
ways = {
    "each by itself": lambda x: fit_each(x, decoder),
    "linear encoder": fit_encoder(nn.Linear(2, 2), learn_from, decoder),
    "32 hidden units": fit_encoder(small_net, learn_from, decoder),
}

# %% [markdown]
# Both gaps, in nats a point, on the points that the encoders learned from and on the fresh ones:

# %% tags=["nbval-ignore-output"]
for label, data in (("learned from", learn_from), ("fresh", fresh)):
    truth = log_evidence_on_grid(data, decoder)
    best = elbo_on_grid(data, decoder, *ways["each by itself"](data))
    print(f"{label}: log p(x) {truth.mean():.3f}, approximation gap {(truth - best).mean():.3f}")
    for name, way in list(ways.items())[1:]:
        lost = best - elbo_on_grid(data, decoder, *way(data))
        print(f"  {name:15} amortization gap {lost.mean():.3f}")

# %% [markdown]
# Read it from the top. The family of Gaussians costs a few hundredths of a nat on average, since most points have one bump. A linear encoder costs far more: a straight line cannot follow the bend. The small network costs almost nothing on the points it has seen, and
# clearly more on fresh ones. So encoders overfit as well, and a bad bound may be the fault of the encoder and not of the model. Keep the two gaps apart; stage 07 measures them on a real VAE.
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("02")

# %% [markdown]
# Transfer, on paper: a posterior has four equal, well separated bumps. What does the best single Gaussian miss, in nats? And what does the best mixture of *two* Gaussians miss?
#
# <details><summary>Answer first, then open this.</summary>
#
# On its bump, q is four times as high as the posterior, so about log 4 = 1.386 nats are missing. Two bumps out of four leave a factor of two, log 2 = 0.693 nats.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("02")

# %% [markdown]
# ## What you can do now
#
# You derived the bound in two ways and know the one step that loses something, split it into two terms, and measured exactly what it leaves out. You fitted a q to single points and an encoder to
# many, told the approximation gap from the amortization gap, and have an alarm that proves a bug and a silence that proves nothing.
#
# The second term, KL(q ‖ p(z)), has been computed for us so far. What it charges, for what, and in which unit is stage 03.
#
# **To read.** Jordan, Ghahramani, Jaakkola and Saul, *An Introduction to Variational Methods for Graphical Models* (1999), is where the bound became a method. Kingma and Welling, *Auto-Encoding Variational Bayes*
# (2014), section 2.2, has it in the form used here. Cremer, Li and Duvenaud, *Inference Suboptimality in Variational Autoencoders* (2018), names the two gaps.
