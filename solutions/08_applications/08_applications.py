# %% [markdown] card="08_applications"
# A trained VAE leaves you with two things: a number for every picture, log p(x), and a code. People take the number to compare, to classify and to raise alarms, and the code to search, to sort and to learn from few labels. In this stage you put both to work, and each time you ask where it misleads. One sentence
# goes through all of it: **a likelihood answers how probable, a code answers how similar**, and most misuse asks one of them the other's question.
#
# After it you can
#
# - condition a VAE on a label, classify with it, and notice when it claims to know more than a label can tell;
# - try a code against pixels and PCA without fooling yourself, and report it when the pixels win;
# - put an alarm on a score, measure it, and say why likely is not typical;
# - train a discrete code in two ways, and say what is wrong with each;
# - give a VAE another prior, and say what breaks when you forget that you did.
#
# The stage has five branches: *conditional*, *representation*, *anomaly*, *discrete* and *prior*. Each stands by itself, and **any three of them open the gate**. There are two sittings: the first three branches, then, after a marked rest, the other two.

# %% tags=["setup"]
import math
from collections.abc import Callable

import torch
from torch import nn
from torch.distributions import Bernoulli, Categorical, Chi2, Normal
from torch.nn import functional as F

from vae_course.explore import course_style, digits_picture, threshold_dial, threshold_picture
from vae_course.learn import check, gate, hint, practice, predict, reveal
from vae_course.models import held_out, labelled, pigeonholes, priors
from vae_course.models.data import digit_labels, digits
from vae_course.models.digit_nets import (
    digit_vae, pictures, pixels_to_nearest, terms_per_image, train_digit_model,
)
from vae_course.models.linear_model import Model
from vae_course.models.toolbox import stage_08 as library
from vae_course.models.toolbox.stage_03 import gaussian_kl_between
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_05 import Decoder, Encoder
from vae_course.models.toolbox.stage_07 import iwae_bound, log_evidence, log_weights
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
# ## More likely than a digit
#
# Take the digit VAE of the last three stages, and a picture that nobody has written: the average of all training digits, with every pixel rounded to black or white.

# %%
(train, test), (shown, unseen) = digits(), digit_labels()
vae = train_digit_model(train, z_dim=8, steps=3000)
average = train.mean(0, keepdim=True)  # (1, 64)
rounded = (average > 0.5).float()
digits_picture({"average, rounded,\neight unseen": torch.cat([average, rounded, test[:8]])})

# %% [markdown]
# *From the left: the average of all 1,437 training digits in grey; the same with each pixel rounded, something between a 3, a 5 and a 9; and eight unseen digits.*
#
# The model gives every picture a log p(x), estimated with many samples as in stage 07.

# %% tags=["nbval-ignore-output"]
predict("mean_image")

# %% [markdown]
# The estimates, in nats:

# %% tags=["nbval-ignore-output"]
noise = torch.Generator().manual_seed(0)
evidence = log_evidence(test, vae, 500, chunk=50, generator=noise)  # (360,)
of_rounded = log_evidence(rounded, vae, 5000, chunk=500, generator=noise)  # (1,)
below = (evidence < of_rounded).double().mean().item()
print(f"unseen digits {evidence.mean():.1f}, the rounded average {of_rounded.item():.1f} nats")
print(f"{below:.0%} of the unseen digits are less likely")
assert 0.6 < below < 0.85

# %% tags=["nbval-ignore-output"]
reveal("mean_image")

# %% [markdown]
# Seven unseen digits in ten are less likely than a picture that nobody wrote. The model is sound, and the estimate is good, so a high log p(x) cannot mean "this is a proper digit". The branch *anomaly* takes that apart. First comes a question that a likelihood answers well: which of several explanations fits one picture best?
#
# ## Conditional: a label behind every bar
#
# Our digits have labels. Call the label y, and build a model of pictures *given* it. In the bound, y then stands behind every bar:
#
# $$\log p(x|y) \;\ge\; \mathbb{E}_{q(z|x,y)}\big[\log p(x|z,y)\big] - \mathrm{KL}\big(q(z|x,y)\,\|\,p(z|y)\big)$$
#
# Nothing has to be proved again. Fix y, and this is the bound of stage 02 in a world where only one class exists. So the label enters at three places: the **prior** p(z|y), the **decoder** p(x|z, y) and the **encoder** q(z|x, y). Such a model is a **conditional VAE**.
#
# A network takes numbers, and a 7 is not more of a label than a 3. So y is written **one-hot**: ten numbers, a 1 in the place of its class and 0 elsewhere. Joined to the other inputs, it gives each class weights of its own:

# %%
picture, y = torch.tensor([[0.2, 0.9, 0.4]]), torch.tensor([[0.0, 1.0]])  # class 2 of two
print("the encoder's input:", torch.cat([picture, y], dim=-1).numpy())
weights = torch.tensor([[-0.5, 1.2]])  # of a linear layer from a label to one number
print("what the layer gives:", F.linear(y, weights).numpy())

# %% [markdown]
# A layer on a one-hot label looks up the number of that class. So a *learned* prior is a small matter: a table that holds a mean and a log-variance for each class. One may also leave the prior at N(0, I), and let the decoder do all the work.

# %% [markdown] card="ConditionalVAE"
# *Branch conditional.* Write the class `ConditionalVAE(x_dim, y_dim, z_dim)`, an `nn.Module`, for binary x and a label y that is given as a one-hot row.
#
# - It has the attributes `x_dim`, `y_dim` and `z_dim`. x has shape (B, x_dim), y shape (B, y_dim) with floats 0 and 1, and a code shape (B, z_dim). `Encoder(x_dim, z_dim)` and `Decoder(z_dim, x_dim)` of stage 05 are imported, and so is `reparameterize`.
# - `encode(x, y)` gives mu and logvar of q(z|x, y), and `prior(y)` gives mu and logvar of p(z|y), (B, z_dim) each. The prior may be learned, as in this lesson, or fixed: then it gives zeros. It may be a method, or a network with that name.
# - `decode(z, y)` gives the logits of p(x|z, y). The leading axes of z and y broadcast against each other: z (K, B, Z) with y (B, Y) gives (K, B, D), and z (B, 1, Z) with y (C, Y) gives (B, C, D), every code with every label.
# - `forward(x, y, eps)` with eps of shape (B, Z) returns logits, mu_q, logvar_q, mu_p, logvar_p. The logits are decoded from a sample of q, z = mu_q + sigma_q · eps, with the same label.
#
# For example, a code of 3 numbers joined to a label of 2 classes is a row of 5 numbers.

# %% answer="ConditionalVAE"
class ConditionalVAE(nn.Module):
    """p(z|y), p(x|z, y) and q(z|x, y) of binary x, y one-hot. Make `prior` in __init__ or below."""

    def __init__(self, x_dim: int, y_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.to_code = Encoder(x_dim + y_dim, z_dim)
        self.to_x = Decoder(z_dim + y_dim, x_dim)
        self.prior = Encoder(y_dim, z_dim)  # for each label a mean and a log-variance
        ### END SOLUTION

    def encode(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ### BEGIN SOLUTION
        return self.to_code(torch.cat([x, y], dim=-1))
        ### END SOLUTION

    def decode(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        ### BEGIN SOLUTION
        lead = torch.broadcast_shapes(z.shape[:-1], y.shape[:-1])
        return self.to_x(torch.cat([z.expand(*lead, -1), y.expand(*lead, -1)], dim=-1))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, y: torch.Tensor, eps: torch.Tensor) -> tuple:
        ### BEGIN SOLUTION
        mu, logvar = self.encode(x, y)
        return self.decode(reparameterize(mu, logvar, eps), y), mu, logvar, *self.prior(y)
        ### END SOLUTION


# %% check="ConditionalVAE"
check("ConditionalVAE")

# %% [markdown]
# With a prior for each class, the KL has a mean on both sides again, as in stage 03. Suppose that q is N(1.2, 0.3), in variances, and the prior of this class N(1, 0.4):

# %%
mu, logvar = torch.tensor([[1.2]]), torch.tensor([[0.3]]).log()
mu_y, logvar_y = torch.tensor([[1.0]]), torch.tensor([[0.4]]).log()
zero = torch.zeros(1, 1)
print(f"KL to the prior of the class {gaussian_kl_between(mu, logvar, mu_y, logvar_y).item():.4f}")
print(f"KL to N(0, 1)                {gaussian_kl_between(mu, logvar, zero, zero).item():.4f}")

# %% [markdown]
# A code that is ordinary *for its class* costs 0.07 nats. Charged by the wrong prior, the same code would cost 0.97.

# %% [markdown] card="conditional_elbo"
# *Branch conditional.* Write `conditional_elbo(log_likelihood, mu_q, logvar_q, mu_p, logvar_p)`: the bound on log p(x|y) of each data point.
#
# - `log_likelihood` is log p(x|z, y) at a code of q, shape (B,); the other four have shape (B, Z). `gaussian_kl_between` of stage 03 is imported above.
# - Return shape (B,), in nats, larger is better. Gradients must reach all five arguments: the prior learns too.
#
# For example, the code above with a log-likelihood of −10 has the bound −10.0688.

# %% answer="conditional_elbo"
def conditional_elbo(
    log_likelihood: torch.Tensor, mu_q: torch.Tensor, logvar_q: torch.Tensor,
    mu_p: torch.Tensor, logvar_p: torch.Tensor,
) -> torch.Tensor:
    """Bound on log p(x|y), in nats. log_likelihood: (B,), the other four: (B, Z). Returns (B,)."""
    ### BEGIN SOLUTION
    return log_likelihood - gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)
    ### END SOLUTION


# %% check="conditional_elbo"
check("conditional_elbo")

# %% [markdown]
# Both networks of the VAE are now told the label. What does that do to the code?

# %% tags=["nbval-ignore-output"]
predict("label_and_kl")

# %% [markdown]
# The library's conditional VAE is as large as the other one and trained for as many steps.

# %% tags=["nbval-ignore-output"]
conditional = labelled.conditional_vae(train, z_dim=8)
labelled.train(conditional, train, shown, steps=3000)
conditional.requires_grad_(False)
noise = torch.Generator().manual_seed(0)
told = {"without label": terms_per_image(vae, test, 20, noise)}
told["with label"] = labelled.terms(test, labelled.one_hot(unseen), conditional, 20, noise)
for name, (recon, kl) in told.items():
    elbo = -(recon + kl).mean()
    print(f"{name:14} recon {recon.mean():5.2f}, KL {kl.mean():4.2f}, ELBO {elbo:6.2f}")
assert told["without label"][1].mean() - told["with label"][1].mean() > 1.5

# %% tags=["nbval-ignore-output"]
reveal("label_and_kl")

# %% [markdown]
# The KL falls by two and a half nats. Which digit it is need not be told through z any more, at a price: it comes with y, for nothing. Recon changes little, so z still says everything else. What is that? Take four noises, and decode each of them for all ten classes.

# %%
eps = torch.randn(4, 1, 8, generator=torch.Generator().manual_seed(4))
y = torch.eye(10)
mu_y, logvar_y = conditional.prior(y)  # (10, 8) each
means = conditional.decode(reparameterize(mu_y, logvar_y, eps), y).sigmoid()  # (4, 10, 64)
digits_picture({f"noise {i + 1}": row for i, row in enumerate(means)})

# %% [markdown]
# *Mean pictures: a row for each noise, a column for each class from 0 to 9. Each column is its digit in four hands, and most are easy to read.*
#
# The label chooses the digit, and the code its hand. Your own model does the same; it trains here as soon as its checks pass.

# %% tags=["nbval-ignore-output"]
if all(check(name).passed for name in ("ConditionalVAE", "conditional_elbo")):
    mine = ConditionalVAE(64, 10, 8)
    history = labelled.train(mine, train, shown, steps=1000)
    for i in (0, 1, 3, 9):
        step, recon, kl = (history[name][i] for name in ("step", "recon", "kl"))
        print(f"step {step:4.0f}: recon {recon:6.2f}, KL {kl:5.2f} nats/image")

# %% [markdown]
# ### Ten explanations of one picture
#
# Now take the label away again. A picture has ten possible labels, and a sum over ten is no trouble. It is the evidence of stage 01, with y in the place of the thing that nobody told us:
#
# $$p(x) = \sum_y p(y)\, p(x|y), \qquad p(y|x) = \frac{p(y)\,p(x|y)}{p(x)} .$$
#
# **Worked**, with three equally likely classes, whose log p(x|y) are −14.2, −17.5 and −15:

# %%
given_y, log_third = torch.tensor([-14.2, -17.5, -15.0]), math.log(1 / 3)
log_px = (given_y + log_third).logsumexp(0)
share = (given_y + log_third - log_px).exp()
print(f"log p(x) = {log_px:.4f} nats, shares {share.numpy().round(3)}")
print(f"knowing that it is the first adds {given_y[0] - log_px:.4f} nats")

# %% [markdown]
# The last number compares the log-probability of the picture with its label and without. By Bayes' rule it is also how much likelier the picture has made the label, log(0.673 / ⅓) = 0.702. Now a share is at most 1. So this **pointwise information** is at most log 3, for *every* picture, and whatever the three numbers are.
#
# **Their twin, with gaps for you:** −20, −18.5 and −18. Here log p(x) = −18.5437. The share of the second class is ☐, and knowing that it is the second adds ☐ nats.
#
# <details><summary>Fill both gaps on paper, then open this.</summary>
#
# The share is e^(−18.5 + 18.5437) / 3 = 0.348. Knowing it adds 0.0437 nats: nearly nothing, since a third was expected and about a third it is.
#
# </details>

# %% [markdown] card="class_posterior"
# *Branch conditional.* Write `class_posterior(log_px_given_y, log_prior)`: the probability of each class, given x.
#
# - `log_px_given_y` has shape (B, C): log p(x|y) of each class, in nats, and may lie near −1,000 in single precision. `log_prior` has shape (C,): log p(y); a class that never occurs has −∞.
# - Return shape (B, C); every row adds up to 1.
#
# For example, three equally likely classes with −1001, −1000 and −1002 nats get the shares 0.245, 0.665 and 0.090.

# %% answer="class_posterior"
def class_posterior(log_px_given_y: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
    """p(y|x) of each class. log_px_given_y: (B, C) and log_prior: (C,), in nats. Returns (B, C)."""
    ### BEGIN SOLUTION
    return torch.softmax(log_px_given_y + log_prior, dim=-1)
    ### END SOLUTION


# %% check="class_posterior"
check("class_posterior")

# %% [markdown]
# And the information, for a whole batch. Averaged over data it is what the model implies that picture and label have in common.

# %% [markdown] card="label_information"
# *Branch conditional.* Write `label_information(log_px_given_y, y, log_prior)`: how much likelier the true label makes each x, log p(x|y) − log p(x).
#
# - `log_px_given_y` has shape (B, C) and `log_prior` shape (C,), as before. `y` has shape (B,) and holds the true classes, whole numbers from 0 to C − 1.
# - log p(x) belongs to the same model: p(x|y), weighted by p(y) and added up over the classes.
# - Return shape (B,), in nats. A single entry may be negative, and none is above −log p(y). The mean over data is an estimate of the information between x and y, and log C is its ceiling.
#
# For example, with −1001, −1000 and −1002 nats for three equally likely classes, log p(x) is −1000.6910, so the information is 0.6910 if the second class is the true one and −0.3090 if it is the first.

# %% answer="label_information"
def label_information(
    log_px_given_y: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor
) -> torch.Tensor:
    """log p(x|y) - log p(x) at the true y (B,), in nats. log_px_given_y: (B, C). Returns (B,)."""
    ### BEGIN SOLUTION
    log_px = torch.logsumexp(log_px_given_y + log_prior, dim=-1)
    return log_px_given_y[torch.arange(len(y)), y] - log_px
    ### END SOLUTION


# %% check="label_information"
check("label_information")

# %% [markdown]
# Ten bounds for each unseen digit, one for each label that it might have, and what follows from them.

# %% tags=["nbval-ignore-output"]
noise, log_tenth = torch.Generator().manual_seed(0), torch.full((10,), -math.log(10))
given_y = labelled.log_evidence_of_each_class(test, conditional, 100, noise)  # (360, 10)
own = given_y.gather(1, unseen[:, None]).mean()
told = library.label_information(given_y, unseen, log_tenth).mean()
print(f"given the label {own:.1f}, summed over labels {own - told:.1f} nats")
print(f"information {told:.2f} nats, of log 10 = {math.log(10):.2f} at most")
found = library.class_posterior(given_y, log_tenth)
right = (found.argmax(dim=1) == unseen).double().mean()
print(f"the likeliest label is right for {right:.0%}, with a share of {found.amax(1).mean():.0%}")
assert 1.8 < told < math.log(10) and right > 0.9

# %% [markdown]
# Read three things. Summed over labels, this is again a model of pictures alone, and it beats the VAE that saw no labels by about a nat. It classifies well, and is about as sure as it is right, though nobody trained it to classify: *which explanation makes this picture likeliest* is a question that a likelihood is made for. And the information stays below log 10.
#
# That ceiling finds bugs. Somebody computes "the information of the label" as log p(x|y) of the conditional model minus log p(x) *of the other one*:

# %% tags=["nbval-ignore-output"]
print(f"{own:.1f} - ({evidence.mean():.1f}) = {own - evidence.mean():.1f} nats; the ceiling is 2.3")
assert own - evidence.mean() > 2.5

# %% [markdown]
# A label of ten cannot hold that many nats. The difference holds the label *and* that one model is better than the other. To measure information, take one model, with y and without.
#
# ## Representation: codes as features
#
# *"Our model learns useful representations."* That can be tested by a task *downstream*: freeze the code, and train something simple on it. If a linear classifier, called a **linear probe**, does well on the 8 numbers of μ, then the classes lie apart in the code. But *well* compared with what? Pixels themselves are features, and so are the first 8 principal components, the best flat code of 8 numbers.
#
# The comparison must be fair. All rivals get the same rows to learn from, and nothing may be fitted on the rows that are predicted, not even the scale of a feature. The scale of the training rows 1 and 3 is mean 2 and standard deviation 1, so a new 5 becomes 3. Somebody scales them together:

# %%
rows, new = torch.tensor([1.0, 3.0]), torch.tensor([5.0])
for others in ([], [100.0]):
    together = torch.cat([rows, new, torch.tensor(others)])
    leaked = (new - together.mean()) / together.std(correction=0)
    print(f"tested beside {others}: {leaked.item():.2f}, honest {((new - 2) / 1).item():.2f}")

# %% [markdown]
# The second column depends on who else is tested. A feature of a row may depend on the training rows and on that row, and on nothing else.

# %% [markdown] card="linear_probe"
# *Branch representation.* Write `linear_probe(features, labels, new)`: train a linear classifier on features with known labels, and predict the labels of new rows.
#
# - `features` has shape (N, F), `labels` shape (N,), whole numbers, `new` shape (M, F). Return the predicted labels, a tensor of shape (M,).
# - Standardise each feature to mean 0 and standard deviation 1, with the mean and the deviation of the training rows and of no others. A feature that is the same in every training row, as a corner pixel may be, must do no harm.
# - Use scikit-learn's `LogisticRegression`, which is `nn.Linear` with the cross-entropy of its classes; import it inside the function.
#
# For example, a feature with the training values 10 and 20 has the mean 15 and the deviation 5, so a new value of 25 becomes 2, whatever other new rows there are.

# %% answer="linear_probe"
def linear_probe(features: torch.Tensor, labels: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """Predicted labels of new (M, F), from features (N, F) with labels (N,). Returns (M,)."""
    ### BEGIN SOLUTION
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probe.fit(features.numpy(), labels.numpy())  # the scaler, too, sees the training rows only
    return torch.as_tensor(probe.predict(new.numpy()))
    ### END SOLUTION


# %% check="linear_probe"
check("linear_probe")

# %% [markdown]
# A probe draws straight borders. Neighbours draw none: the label of a new row is the most frequent one among the nearest known rows. It asks the code's own question, *what is similar?*

# %% [markdown] card="neighbour_vote"
# *Branch representation.* Write `neighbour_vote(features, labels, new, k)`: each new row gets the label that most of its k nearest training rows have.
#
# - `features` has shape (N, F), `labels` shape (N,), whole numbers, `new` shape (M, F). Distances are Euclidean; k is at least 1 and at most N.
# - Return shape (M,). Every neighbour has one vote; of labels with equally many votes, the smallest wins.
#
# For example, training rows at 0, 1, 5 and 6 on a line with the labels 3, 8, 8, 3 give a new row at 2 the label 8 with k = 1, a tie of 3 and 8 with k = 2, so 3, and with k = 3 the label 8.

# %% answer="neighbour_vote"
def neighbour_vote(
    features: torch.Tensor, labels: torch.Tensor, new: torch.Tensor, k: int
) -> torch.Tensor:
    """Labels of new (M, F) by k votes among features (N, F) with labels (N,). Returns (M,)."""
    ### BEGIN SOLUTION
    distances = torch.cdist(new, features)  # (M, N)
    nearest = distances.topk(k, dim=1, largest=False).indices  # (M, k)
    return labels[nearest].mode(dim=1).values  # of a tie the smallest
    ### END SOLUTION


# %% check="neighbour_vote"
check("neighbour_vote")

# %% [markdown]
# The rivals: pixels, 8 principal components, and the codes of three VAEs that differ only in the seed of their training. PCA is fitted on the training digits alone.

# %%
from sklearn.decomposition import PCA

vaes = [vae, *(train_digit_model(train, z_dim=8, steps=3000, seed=seed) for seed in (1, 2))]
flat = PCA(8).fit(train.numpy())
features = {
    "pixels": (train, test),
    "8 components": [torch.from_numpy(flat.transform(x.numpy())) for x in (train, test)],
    **{f"8 codes, seed {i}": [vaes[i].encode(x)[0] for x in (train, test)] for i in range(3)},
}

# %% [markdown]
# Each is tried three times: by a probe with all 1,437 labels, by a vote of 5 neighbours, and by a probe with only 50 labels. The 50 are chosen ten times, in the same ways for all, and behind ± is the standard deviation over these choices.

# %% tags=["nbval-ignore-output"]
def accuracy(found):
    return (found == unseen).double().mean()


results = {}
for name, (known, new) in features.items():
    probe = accuracy(library.linear_probe(known, shown, new))
    vote = accuracy(library.neighbour_vote(known, shown, new, k=5))
    few = []
    for seed in range(10):
        rows = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))[:50]
        few.append(accuracy(library.linear_probe(known[rows], shown[rows], new)))
    few, results[name] = torch.stack(few), (probe, vote)
    print(f"{name:15} {probe:.2f}  {vote:.2f}  {few.mean():.2f} ± {few.std():.2f}")
assert all(ours < theirs for ours, theirs in zip(results["8 codes, seed 0"], results["pixels"]))

# %% [markdown]
# Read it honestly. **The pixels win** with all labels. With 50 nobody wins, since the differences are within the spread. Nor do the codes beat PCA, a method of 1901 that trains in a millisecond, and their own three seeds differ by more than that. (An accuracy of 0.9 on 360 digits has by itself a standard error of 0.016.) What can be said is that 8 numbers keep most of what 64 pixels say about the class. They are a summary, not magic.
#
# Is there a size at which a bent code beats a flat one? Take *two* numbers.

# %% tags=["nbval-ignore-output"]
small = {"2 components": PCA(2).fit(train.numpy()).transform}
for seed in range(2):
    pair = train_digit_model(train, z_dim=2, steps=3000, seed=seed)
    small[f"2 codes, seed {seed}"] = lambda x, pair=pair: pair.encode(torch.from_numpy(x))[0]
for name, code in small.items():
    known, new = (torch.as_tensor(code(x.numpy())) for x in (train, test))
    probe = accuracy(library.linear_probe(known, shown, new))
    vote = accuracy(library.neighbour_vote(known, shown, new, k=5))
    print(f"{name:15} {probe:.2f}  {vote:.2f}")

# %% [markdown]
# Here the VAE wins, by some ten points or more. Where two numbers have to hold everything, it helps that networks can bend. So the answer hangs on the size of the code, the rival and the data, and a claim without a rival is none.
#
# ### Groups without labels
#
# Let k-means look for ten groups, and compare them with the ten digits. The **adjusted Rand index** counts pairs of pictures that both sortings treat alike: 1 is the same sorting, and 0 is what chance would give.

# %% tags=["nbval-ignore-output"]
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

labels, groups = torch.cat([shown, unseen]), KMeans(10, n_init=4, random_state=0)
for name, pair in features.items():
    found = groups.fit_predict(torch.cat(tuple(pair)))
    print(f"{name:15} {adjusted_rand_score(labels, found):.2f}")

# %% [markdown]
# A little more than half of the way for all of them, and the pixels are not behind. Nobody told k-means that its groups should be digits; a slanted 1 and an upright 1 are two groups with equal right.
#
# ### Between two pictures
#
# What a code does better is the way between. Stage 05 drew one; now measure it. Halfway between two pictures, pixel by pixel, is a double exposure; halfway between two codes is a picture. Round both, and count pixels to the nearest training digit.

# %% tags=["nbval-ignore-output"]
noise = torch.Generator().manual_seed(1)
one, other = torch.randint(360, (2, 500), generator=noise)
one, other = one[unseen[one] != unseen[other]], other[unseen[one] != unseen[other]]
mu = vae.encode(test)[0]
middle = (mu[one] + mu[other]) / 2
by_code = (pictures(vae, middle) > 0.5).float()
by_pixel = ((test[one] + test[other]) / 2 > 0.5).float()
for name, halfway in (("by code", by_code), ("by pixel", by_pixel), ("unseen digits", test)):
    print(f"{name:14}{pixels_to_nearest(halfway, train).mean():4.1f} pixels")
ends, between = (codes.norm(dim=1).mean() for codes in (mu, middle))
print(f"length of the codes {ends:.1f}, of their midpoints {between:.1f}")

# %% [markdown]
# By code, the midpoints are as close to real digits as real digits are; by pixel they are twice as far. (Where two pictures differ, the middle is exactly ½. Here it was rounded to white; black does no better.) The last line adds a warning. For two independent draws from the prior of d dimensions, the mean squared length on the way is
#
# $$\mathbb{E}\,\|(1-t)\,z_1 + t\,z_2\|^2 = d\,\big((1-t)^2 + t^2\big),$$
#
# so d at the ends and d/2 in the middle. **Midpoints lie nearer the origin than codes do**, at a place which the prior itself hardly ever draws from. And the pictures there?

# %% tags=["nbval-ignore-output"]
of_middle = log_evidence(by_code, vae, 100, chunk=50, generator=noise).mean()
print(f"log p(x) of midpoints {of_middle:.1f}, of unseen digits {evidence.mean():.1f} nats")
assert of_middle > evidence.mean() + 2

# %% [markdown]
# More likely than real digits, once more, and by several nats. It is time to look into that.
#
# ## Anomaly: an alarm on a score
#
# A widespread use of a VAE: train it on what is normal, and raise an alarm when a picture has a low log p(x). The score is minus a bound, so that *higher is stranger*.

# %% [markdown] card="anomaly_score"
# *Branch anomaly.* Write `anomaly_score(x, model, eps)`: how strange the model finds each picture, minus its importance-weighted bound.
#
# - `x` has shape (B, D) and `eps` shape (K, B, Z); with K = 1 the score is minus the ELBO. `log_weights` and `iwae_bound` of stage 07 are imported above.
# - Return shape (B,), in nats: larger is stranger. The score of a picture does not depend on the others.
#
# For example, two samples with the log-weights −20 and −22 give the score 20.5662.

# %% answer="anomaly_score"
def anomaly_score(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the bound of K samples, in nats: larger is stranger. eps: (K, B, Z). Returns (B,)."""
    ### BEGIN SOLUTION
    return -iwae_bound(log_weights(x, model, eps))
    ### END SOLUTION


# %% check="anomaly_score"
check("anomaly_score")

# %% [markdown]
# Some things are easy.

# %% tags=["nbval-ignore-output"]
noise = torch.Generator().manual_seed(0)
strange = {"unseen digits": test, "blank": torch.zeros(20, 64), "turned black to white": 1 - test}
strange["coin flips"] = (torch.rand(100, 64, generator=noise) > 0.5).float()
for name, x in strange.items():
    eps = torch.randn(50, len(x), 8, generator=noise)
    print(f"{name:22}{library.anomaly_score(x, vae, eps).mean():6.0f} nats")

# %% [markdown]
# These are hard to miss. A harder test is usual: leave a digit out of the training data, and see whether it is noticed. How good is a score at that, before anybody has chosen a threshold? Ask for the chance that a random odd picture scores above a random normal one. That is the **AUROC**, named after a curve with the same area below it: 1 is perfect order, ½ is a coin.
#
# **Worked:** normal pictures score 1, 2 and 3, odd ones 2.5 and 4. There are six pairs of an odd and a normal one. The 4 wins three of them, the 2.5 two: AUROC = 5/6 = 0.833. A tie counts half.
#
# **Its twin, with a gap for you:** normal 0.5, 1.5, 2.5, 3.5, odd 1, 3, 4. AUROC = ☐.
#
# <details><summary>Fill the gap on paper, then open this.</summary>
#
# The 1 wins one pair of four, the 3 three, the 4 all four: 8 of 12, or 0.667.
#
# </details>

# %% [markdown] card="auroc"
# *Branch anomaly.* Write `auroc(scores, is_anomaly)`: take every pair of one anomaly and one normal picture; in what share of the pairs does the anomaly have the higher score? A tie counts one half.
#
# - `scores` has shape (N,) and `is_anomaly` shape (N,): truth values, or the numbers 0 and 1. Both kinds are there.
# - Return a number from 0 to 1. Only the order of the scores matters: any rising function of them gives the same.
#
# For example, the normal scores 0.2, 0.4, 0.6 and the anomalous ones 0.4 and 0.9 make six pairs, of which four are won and one is a tie: 4.5 of 6, or 0.75.

# %% answer="auroc"
def auroc(scores: torch.Tensor, is_anomaly: torch.Tensor) -> float:
    """Share of pairs in which the anomaly scores higher, a tie one half. Both (N,). A number."""
    ### BEGIN SOLUTION
    strange, normal = scores[is_anomaly.bool()], scores[~is_anomaly.bool()]
    lead = strange[:, None] - normal  # every pair
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()
    ### END SOLUTION


# %% check="auroc"
check("auroc")

# %% [markdown]
# Ten VAEs, each without one digit. Normal are the unseen pictures of the other nine, and odd are all pictures of the tenth. Two scores are compared: minus the ELBO, averaged over 50 samples, and minus the tighter bound with all 50. It takes about ten seconds.

# %% tags=["nbval-ignore-output"]
scores, ranking = {}, {}
for digit in range(10):
    held = held_out.without(digit)
    eps = torch.randn(50, len(held.pictures), 8, generator=torch.Generator().manual_seed(0))
    score = library.anomaly_score(held.pictures, held.model, eps)
    minus_elbo = -log_weights(held.pictures, held.model, eps).mean(0)
    scores[digit] = score[~held.is_odd], score[held.is_odd]
    ranking[digit] = library.auroc(score, held.is_odd)
    by_elbo = library.auroc(minus_elbo, held.is_odd)
    print(f"{digit} held out: AUROC {by_elbo:.2f} by the ELBO, {ranking[digit]:.2f} by 50 samples")
assert ranking[4] > 0.9 and ranking[1] < 0.7

# %% [markdown]
# With 4 or 7 held out the alarm is good, and with 1 it is little better than a coin. (With 180 odd pictures such a number is good to about 0.02.) The tighter bound changes nothing, so it is not the bound that fails. Look at 4 and at 1 in the figure: choose a digit, and move the threshold.

# %% tags=["nbval-ignore-output"]
threshold_dial(scores)

# %% [markdown]
# For readers without a running kernel, the digit 1 at a threshold of 25 nats.

# %%
threshold_picture(scores, 1, 25.0)

# %% [markdown]
# *With 1 held out, most ones have scores in the middle of those of the other nine, and a smaller heap of them lies to the right of the threshold. About a fifth of the ones are caught, and one in twenty of the normal digits raises a false alarm.*
#
# Move the threshold down to catch more ones, and false alarms come in faster: no threshold mends an order that is wrong.
#
# Why the 1? Ask the model that was trained on all ten digits how likely each of them is, on average.

# %% tags=["nbval-ignore-output"]
for digit in range(10):
    print(f"{digit}: {evidence[unseen == digit].mean():.1f}", end="  ")
easy = evidence[(unseen == 1) | (unseen == 6)].mean()
assert easy > evidence[(unseen == 8) | (unseen == 9)].mean() + 2

# %% [markdown]
# For it a 1 is *easy*, about five nats likelier than an 8. A log-likelihood mixes two things: how new a picture is, and how simple. A model that never saw a 1 has met upright strokes in other digits, and that a 1 says so little makes up for the rest. (A 6 is as easy, but nothing else is shaped like it.) So an alarm has to be measured on the strange things that you fear, and reported with them: score, K, what was normal, what was odd. "It detects anomalies" is no result.
#
# ### Likely is not typical
#
# Now back to the rounded average. Forget the code for a moment, and take the simplest model of pictures: 64 independent pixels, each black as often as in the training digits. Which picture is its likeliest one? Every pixel on its likelier side, so it is the rounded average, by construction. How often does the model itself make it, or anything as likely?

# %%
often = train.mean(0).clamp(0.001, 0.999)  # (64,)
drawn = often.expand(100_000, 64).bernoulli(generator=torch.Generator().manual_seed(0))
log_p = Bernoulli(often).log_prob(drawn).sum(1)
likeliest = Bernoulli(often).log_prob(rounded).sum()
print(f"likeliest picture {likeliest:.1f} nats")
print(f"draws {log_p.mean():.1f}, spread {log_p.std():.1f}; best of 100,000 {log_p.max():.1f}")

# %% [markdown]
# Not once. A draw lies 8.4 nats lower on average, so it is some 4,000 times less likely than the likeliest picture. How can that be the usual case? By number. A picture of about −25 nats has a probability of about e⁻²⁵, and there are about e²⁵ of them, or 70 billion. Together they have nearly all the probability, and one picture, be it the likeliest, has next to none. These many are called **typical**.
#
# The same happens on the code's side. In d dimensions N(0, I) is densest at the origin, by d/2 nats above an average draw, and yet:

# %%
for d in (1, 2, 8, 64):
    inside = Chi2(torch.tensor(float(d)).double()).cdf(torch.tensor(1.0).double()).item()
    print(f"d = {d:2}: peak {d / 2:4.1f} nats above a draw, a draw within 1 of it: {inside:.2g}")

# %% [markdown]
# With one dimension two draws of three are near the peak. With 8 it is one in 570, and with 64 you would wait for ever, for there is so much more room further out. What is small for one pixel or one dimension adds up over all of them. And the VAE?

# %% tags=["nbval-ignore-output"]
noise = torch.Generator().manual_seed(0)
means = pictures(vae, torch.randn(1000, 8, generator=noise))
own_draws = torch.bernoulli(means, generator=noise)
for name, x in (("its draws", own_draws), ("the same, rounded", (means > 0.5).float())):
    of_x = log_evidence(x, vae, 200, chunk=50, generator=noise)
    above = (of_x > of_rounded).double().mean().item()
    print(f"{name:18}{of_x.mean():6.1f} nats, {above:.0%} above the rounded average")
    assert (above < 0.3) == (x is own_draws)

# %% [markdown]
# Even of the model's *own* draws only one in six is as likely as the rounded average. Its draws are ragged: a pixel with a chance of 0.8 to be black is white now and then, and real digits have such pixels too. Rounding takes all of them back, and gains five nats. That is what the average, the midpoints and every smooth picture have in common: **the noise that a typical picture has is missing.**
#
# *"Then raise the alarm on both sides, for what is too likely as well?"* It catches extremes. But 15.6 nats lie well inside the scores of real digits, of which three in ten are still likelier. One number cannot tell "a proper digit" from "an average of digits", for it was not made for that.
#
# *"So is a likelihood useless?"* No. It compares explanations of one picture, as labels above, and models on the same pictures, as in stage 07. It does not certify pictures.

# %% [markdown] task="likely_is_not_typical"
# In words and numbers, for a colleague who wants to use log p(x) as a seal of quality for pictures.
#
# Explain why the rounded average scores above most real digits, although model and estimate are sound. Say what is meant by a typical draw, how it differs from the likeliest value, and why the difference grows with the number
# of pixels; use at least two numbers of this stage. Then say what follows in practice: what a low score may tell, what a high one does not, and one comparison of likelihoods that stays sound.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
#
# - 1 point: the likeliest picture has every pixel on its likelier side; typical draws leave it in some pixels, and each of these costs. Rounding or averaging removes that noise. The reason must be the picture's, not a fault of the training or the bound.
# - 1 point: number against height. A typical draw is one of very many pictures of about the same, lower probability, which together have nearly all of it; the likeliest one is single and is hardly ever drawn.
# - 1 point: growth with dimension, from small differences that add up over pixels or dimensions (d/2 nats for N(0, I), the chance near the origin falling). At least two numbers of the stage are used correctly.
# - 1 point: practice. A low score can point out pictures far from the data; a high one does not show that a picture is a digit, and simple odd pictures (the 1) are missed. A sound use is named: labels for one picture, or models on the same data.
#
# Half a point off when "typical" is used for "frequent single value". "The model is overconfident" or "it needs more training" alone earns nothing.
# <!-- END MARK SCHEME -->

# %% [markdown] written="likely_is_not_typical"
# <!-- BEGIN SOLUTION -->
# A picture has 64 pixels, and a sound model of digits leaves most of them a little open: black with probability 0.8, say. The likeliest picture takes the likelier side everywhere. A real digit, or a draw of the model, does not: in some pixels it is on the rarer side, and each of these lowers its log-probability. The rounded average is smooth in this sense, so it has −15.6 nats where unseen digits have −17.7, and 69% of them are below it.
#
# That it is likelier does not mean that it is met. With independent pixels the likeliest picture has −16.7 nats and draws have about −25. There are about e²⁵ pictures of that kind, so together they have nearly all the probability, and the one at the top has e⁻¹⁶·⁷. A typical draw is one of these many; among 100,000 draws none was as likely as the top. The gap is a sum over pixels, so it grows with their number: for N(0, I) the peak is d/2 nats above an average draw, and with 8 dimensions only 0.18% of draws are within 1 of it.
#
# So a very low score may tell that a picture is far from the data, as coin flips are. A high score does not tell that it is a proper digit: averages get one, and so do most ones under a model that never saw a 1. What stays sound is to compare log p(x|y) of ten labels for one picture, or two models on the same pictures.
# <!-- END SOLUTION -->

# %% [markdown]
# ## A rest
#
# The first sitting ends here. Save, and come back after a break. To close: which of your own questions would you put to a likelihood, and which to a code?
#
# ## Discrete: a code of ten states
#
# A Gaussian code is a place on a map. But some things come in kinds. Let z be one of C states, all equally likely under the prior. The encoder gives C logits, and q(z|x) is their softmax; the decoder has a picture for each state. With ten states, all that used to be an integral is a sum of ten terms,
#
# $$\mathrm{ELBO} = \sum_z q(z|x) \log p(x|z) - \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big).$$
#
# It can be trained as it stands, and that will be our yardstick. With a code of 30 bits, however, the sum has a billion terms. Then one has to sample, and here the path of stage 04 ends. A sampled state does not move when a logit moves a little: it stays, or it jumps. Two ways out are in use.
#
# ### A soft choice
#
# The first starts with a trick. Give each logit a noise of its own, g = −log(−log u) with u uniform between 0 and 1, called **Gumbel** noise, and take the largest sum:

# %%
logits = torch.tensor([1.0, 0.2, -0.5])
u = torch.rand(100_000, 3, generator=torch.Generator().manual_seed(0))
winner = (logits - (-u.log()).log()).argmax(dim=1)
print("how often each wins", (winner.bincount() / 100_000).numpy().round(2))
print("softmax            ", logits.softmax(0).numpy().round(2))

# %% [markdown]
# So this draws from the softmax, exactly, and all randomness sits in u: half of a path. The other half is missing because argmax jumps. Replace it by a softmax of the same sums divided by a **temperature** τ. That is the **Gumbel-softmax**, or concrete, relaxation, found twice in 2016. With u = (0.3, 0.8, 0.5) the second state wins, more clearly the colder it is:

# %%
u = torch.tensor([[0.3, 0.8, 0.5]])
for tau in (1.0, 0.5, 0.1):
    print(f"τ = {tau}:", library.gumbel_softmax(logits[None], tau, u).numpy().round(3)[0])

# %% [markdown] card="gumbel_softmax"
# *Branch discrete.* Write `gumbel_softmax(logits, tau, uniform)`: a relaxed draw of one of C classes.
#
# - `logits` and `uniform` have shape (B, C). The numbers in `uniform` lie strictly between 0 and 1, so nothing has to be done about the ends. Gumbel noise is −log(−log u).
# - Add the noise to the logits, and take the softmax at the temperature `tau`, a number above 0.
# - Return shape (B, C), rows adding up to 1; gradients must reach the logits, also at a small tau in single precision.
#
# For example, two equal logits with u = 0.5 and 0.9 have the noise 0.3665 and 2.2504, so the second class gets 0.868 at tau = 1 and 0.977 at tau = ½.

# %% answer="gumbel_softmax"
def gumbel_softmax(logits: torch.Tensor, tau: float, uniform: torch.Tensor) -> torch.Tensor:
    """A relaxed draw of one of C classes. logits, uniform in (0, 1): (B, C). Returns (B, C)."""
    ### BEGIN SOLUTION
    gumbel = -torch.log(-torch.log(uniform))
    return torch.softmax((logits + gumbel) / tau, dim=-1)
    ### END SOLUTION


# %% check="gumbel_softmax"
check("gumbel_softmax")

# %% [markdown]
# ### The wrong sign
#
# What has been traded away? Take the smallest example there is: one coin b, heads with p = 0.3, and f(b) = (b − 0.45)². Then f(1) = 0.3025 and f(0) = 0.2025, so heads are worth 0.1 more. By the logit of p, the average of f has the slope p (1 − p) · 0.1 = **+0.0210**. Now the slope through a soft coin, averaged over a grid of a million pairs of u, so that no luck is left in it:

# %%
axis = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
u = torch.cartesian_prod(axis, axis)  # (1000000, 2), one for each side of the coin
for tau in (1.0, 0.5, 0.1, 0.05):
    logits = torch.tensor([math.log(0.3 / 0.7), 0.0]).double().repeat(len(u), 1).requires_grad_()
    soft = library.gumbel_softmax(logits, tau, u)[:, 0]
    (slope,) = torch.autograd.grad(((soft - 0.45) ** 2).sum(), logits)
    print(f"τ = {tau:4}: slope {slope[:, 0].mean():+.4f}, spread {slope[:, 0].std():.2f}")

# %% [markdown]
# At τ = 1 and at τ = ½ it has the **wrong sign**: whoever wants f to grow would train all coins to tails. A soft coin is seldom 0 or 1, and f is nearly 0 in between, where no real coin ever is. The path is fine, and leads to *another objective*. With a small τ the bias fades, but the spread grows, since a choice that hardly ever moves has to move far when it does. One pays for one with the other.
#
# ### A choice by its score
#
# The second way needs no path. Stage 04 had it: the slope of an average of f is the average of f times the **score**, the slope of log q at what was drawn. For a softmax the score by the logits is simple, one-hot(z) − q. The estimate is right on average for every f, and loud. What calms it is a **baseline**: subtract from f(z) a number that does not depend on z, and the average stays. And K samples bring theirs along: the mean of the *others*.
#
# **Worked**, with two flips of the coin. Heads and tails: the values are 0.3025 and 0.2025, less the other one 0.1 and −0.1, times the scores 0.7 and −0.3 that makes 0.07 and 0.03, on average 0.05. Two heads or two tails: each equals its baseline, and the estimate is 0. One of each has the chance 2 · 0.3 · 0.7 = 0.42, and 0.42 · 0.05 = 0.0210. That is the exact slope. Its spread:

# %%
estimates, chances = torch.tensor([0.05, 0.0]), torch.tensor([0.42, 0.58])
mean = (chances * estimates).sum()
plain = [0.3 * (0.3025 * 0.7) ** 2, 0.7 * (0.2025 * 0.3) ** 2]  # one flip, no baseline
print(f"with the other as baseline: {(chances * (estimates - mean) ** 2).sum().sqrt():.4f}")
print(f"two flips without baseline: {math.sqrt((sum(plain) - 0.021**2) / 2):.4f}")

# %% [markdown]
# Little more than a quarter of the spread, with the right average, and for nothing.

# %% [markdown] card="leave_one_out_gradient"
# *Branch discrete.* Write `leave_one_out_gradient(values, logits, z)`: the score-function estimate of the gradient of E[f(z)] with respect to the logits of z, where the baseline of each sample is the mean of the *other* samples' values.
#
# - `z` has shape (K, B) and holds K samples of each row, whole numbers from 0 to C − 1, K at least 2; `values` (K, B) holds f of each. `logits` has shape (B, C) and may be far from normalised.
# - The gradient of log p(z) with respect to the logits is the one-hot row of z minus the probabilities.
# - Return shape (B, C): the average over the K samples. There is no randomness in it: the samples are given.
#
# For example, two equally likely classes, the samples 0 and 1 with the values 3 and 1: the baselines are 1 and 3, and the gradient is (1, −1).

# %% answer="leave_one_out_gradient"
def leave_one_out_gradient(
    values: torch.Tensor, logits: torch.Tensor, z: torch.Tensor
) -> torch.Tensor:
    """Slope of E[f(z)] by the logits (B, C), from values f(z) of samples z, (K, B) each. (B, C)."""
    ### BEGIN SOLUTION
    K, C = len(values), logits.shape[-1]
    others = (values.sum(0) - values) / (K - 1)  # (K, B), the mean of the other samples
    score = F.one_hot(z, C) - torch.softmax(logits, dim=-1)  # (K, B, C), the gradient of log p(z)
    return ((values - others)[..., None] * score).mean(0)
    ### END SOLUTION


# %% check="leave_one_out_gradient"
check("leave_one_out_gradient")

# %% [markdown]
# Now a real model, small enough to have the exact sum beside it: digits, ten states, and a decoder that is a table with a template for each state. Only the objective changes. In `scored`, the name `toward` has the gradient that we want for the logits, and its value is taken off again.

# %%
def relaxed(tau):
    def objective(model, x, noise):
        logits = model.encode(x)
        u = torch.rand(logits.shape, generator=noise).clamp(1e-6, 1 - 1e-6)
        return model.log_likelihood(x, library.gumbel_softmax(logits, tau, u)) - model.kl(logits)
    return objective


def scored(baseline, K=4):
    def objective(model, x, noise):
        logits = model.encode(x)
        z = logits.softmax(1).multinomial(K, replacement=True, generator=noise).T  # (K, B)
        values = model.log_likelihood(x, F.one_hot(z, 10).float())
        if baseline:
            slope = library.leave_one_out_gradient(values.detach(), logits.detach(), z)
            toward = (slope * logits).sum(1)
        else:
            toward = (values.detach() * Categorical(logits=logits).log_prob(z)).mean(0)
        return values.mean(0) + toward - toward.detach() - model.kl(logits)
    return objective

# %% [markdown]
# A thousand steps for each, from three seeds. The report is the exact ELBO on unseen digits, whatever was trained on.

# %% tags=["nbval-ignore-output"]
ways = {
    "the exact sum": lambda model, x, noise: model.elbo(x),
    "score, 4 samples": scored(False), "the same, leave-one-out": scored(True),
    "soft, τ = 1": relaxed(1.0), "soft, τ = 0.5": relaxed(0.5), "soft, τ = 0.1": relaxed(0.1),
}
trained, found = {}, {}
for name, objective in ways.items():
    runs = [pigeonholes.train(train, objective, seed=seed) for seed in range(3)]
    trained[name], found[name] = runs[0], [run.elbo(test).mean().item() for run in runs]
    print(f"{name:24}" + "".join(f"{value:8.2f}" for value in found[name]))
assert max(found["score, 4 samples"]) < -23 < -21.3 < min(found["the same, leave-one-out"])

# %% [markdown]
# Without a baseline next to nothing was learned in a thousand steps: a picture without any code costs 25.35 nats. The estimate was *right on average*, and drowned in its own noise. The mean of the others brings it within a fraction of a nat of the exact sum. The soft ways lose half a nat to a nat and more: at τ = 1 they train another objective, and at τ = 0.1 the spread hurts. This is one small network, and the order may be another one elsewhere. What carries over is to ask for bias and spread separately, and to keep an exact case at hand.

# %%
digits_picture({
    name: trained[name].decode(torch.eye(10)).sigmoid() for name in (*ways,)[:3]
})

# %% [markdown]
# *The ten templates of three models. With the exact sum and with leave-one-out they are ten kinds of digit; without a baseline most of them are the same grey average.*
#
# Are the ten kinds the ten digits? No more than the groups of k-means were:

# %% tags=["nbval-ignore-output"]
from sklearn.metrics import adjusted_rand_score

state = trained["the exact sum"].encode(test).argmax(dim=1)
print(f"adjusted Rand index {adjusted_rand_score(unseen, state):.2f}")

# %% [markdown]
# ## Prior: another place to draw from
#
# "The KL keeps the codes small, like weight decay." You met this in stage 03 as one of the four classic mistakes, *the KL as a generic penalty*. It pulls codes towards *this* prior, wherever that is, and from this prior new pictures are drawn. You see it as soon as the prior is another one.
#
# Take a **mixture** of M Gaussians with weights that add up to 1. Its density is a weighted sum, so its log is a log-sum-exp. In one dimension, two bumps at −2 and 2 with variance 1 and equal weights:

# %%
ends, flat_weights = torch.tensor([[-2.0], [2.0]]), torch.tensor([0.5, 0.5]).log()
for z in (0.0, 2.0):
    two = library.mixture_log_prob(torch.tensor([z]), ends, torch.zeros(2, 1), flat_weights)
    one = Normal(0.0, 1.0).log_prob(torch.tensor(z))
    print(f"z = {z:.0f}: two bumps {two:.4f}, N(0, 1) {one:.4f} nats")

# %% [markdown]
# At the origin, the favourite place of N(0, 1), the mixture has a valley, and the other way round at 2.

# %% [markdown] card="mixture_log_prob"
# *Branch prior.* Write `mixture_log_prob(z, mu, logvar, log_weights)`: the log-density of a mixture of M Gaussians with diagonal covariances.
#
# - `z` has shape (..., Z) with any axes in front; `mu` and `logvar` have shape (M, Z), `log_weights` shape (M,), the logs of weights that add up to 1; one may be −∞.
# - Return the leading axes of z, in nats. Codes far from every component must come out right in single precision.
#
# For example, two halves at −1 and 1 with variance 1 give z = 1 the density ½ (0.0540 + 0.3989), and its log is −1.4852.

# %% answer="mixture_log_prob"
def mixture_log_prob(
    z: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor, log_weights: torch.Tensor
) -> torch.Tensor:
    """Log-density of a mixture at z (..., Z), in nats. mu, logvar: (M, Z), log_weights: (M,)."""
    ### BEGIN SOLUTION
    parts = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z[..., None, :]).sum(-1)  # (..., M)
    return torch.logsumexp(log_weights + parts, dim=-1)
    ### END SOLUTION


# %% check="mixture_log_prob"
check("mixture_log_prob")

# %% [markdown]
# The KL from a Gaussian to a mixture has no closed form. No matter: with samples at hand, the bound needs only log p(z) at each of them, as in stage 07, and any density will do.

# %% [markdown] card="elbo_with_prior"
# *Branch prior.* Write `elbo_with_prior(x, model, log_prior, eps)`: the ELBO against any prior, estimated with K samples.
#
# - `x` has shape (B, D), `eps` shape (K, B, Z). `log_prior` is a function: it gives (...) for codes (..., Z), in nats. `model` is as in stage 07, and its own N(0, I) has no part in this.
# - Each sample gives log p(x|z) + log p(z) − log q(z|x), and the K of them are averaged: this is the ELBO, not the bound of stage 07.
# - Return shape (B,), in nats. Gradients must reach everything that the model is made of.
#
# For example, two samples with −1.5 and −1.9 nats give −1.7.

# %% answer="elbo_with_prior"
def elbo_with_prior(
    x: torch.Tensor, model: Model, log_prior: Callable, eps: torch.Tensor
) -> torch.Tensor:
    """ELBO against the prior with this log-density, in nats. x: (B, D), eps: (K, B, Z). (B,)."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)  # (K, B)
    return (model.log_likelihood(x, z) + log_prior(z) - log_q).mean(0)
    ### END SOLUTION


# %% check="elbo_with_prior"
check("elbo_with_prior")

# %% [markdown]
# Two digit VAEs: one was trained against N(0, I), and one is trained against sixteen bumps, two on each of the 8 axes at a distance of 3. Each is then scored under both priors, and new pictures are decoded from draws of both.

# %% tags=["nbval-ignore-output"]
plain, bumpy = priors.one_bump(8), priors.bumps_on_the_axes(8, distance=3.0, variance=0.5)


def under(prior, model):
    """ELBO of unseen digits under this prior, and pixels from its drawn pictures to a digit."""
    noise = torch.Generator().manual_seed(0)
    eps = torch.randn(50, len(test), 8, generator=noise)
    elbo = library.elbo_with_prior(test, model, prior.log_prob, eps).mean().item()
    new = (pictures(model, prior.draw(1000, noise)) > 0.5).float()
    return elbo, pixels_to_nearest(new, train).mean().item()


other = priors.train_against(bumpy, train, steps=3000)
print("                       under N(0, I)        under the bumps")
for name, model in (("against N(0, I)", vae), ("against the bumps", other)):
    (a, b), (c, d) = under(plain, model), under(bumpy, model)
    print(f"trained {name:18}{a:7.1f}, {b:.1f} pixels   {c:7.1f}, {d:.1f} pixels")
    assert (a > c + 1) == (model is vae)

# %% [markdown]
# On the diagonal each model is sound. Off it, one or two nats are lost, all of them in the KL, since the same codes are decoded to the same pictures. Draws suffer too, by some tenths of a pixel: they come from places that the decoder was seldom asked about. (Unseen digits are 3.2 pixels from the nearest training digit.) And no error is raised. Anybody who trains against one prior and writes `torch.randn` when drawing has this bug.
#
# ### Move the prior to the codes
#
# The same fact has a friendly side. By stage 06 the mean KL is information plus the misfit between all codes, q(z), and the prior. After training, the misfit can be lowered without touching a network: fit a mixture to the codes of the training digits, and make *that* the prior. It should help most where the misfit is large, with a β below 1.

# %% tags=["nbval-ignore-output"]
cheap = digit_vae(train, z_dim=8)
fit(cheap, train, 3000, beta=0.25, generator=torch.Generator().manual_seed(0))
cheap.requires_grad_(False)
for name, model in (("β = 1", vae), ("β = 0.25", cheap)):
    noise = torch.Generator().manual_seed(0)
    mu, logvar = model.encode(train)
    codes = reparameterize(mu, logvar, torch.randn(10, len(train), 8, generator=noise))
    fitted = priors.fitted_to(codes.flatten(0, 1), bumps=20)
    before, after = under(plain, model), under(fitted, model)
    print(f"{name:9} N(0, I) {before[0]:.1f}, {before[1]:.1f} pixels;", end=" ")
    print(f"fitted {after[0]:.1f}, {after[1]:.1f} pixels")
    assert after[0] > before[0] and after[1] < before[1]

# %% [markdown]
# Half a nat at β = 1, more than a nat at β = 0.25, and the draws of the cheap code are a whole pixel nearer to digits. The ELBO is one of unseen digits, so this gain is honest. Of the pixels beware: draws are now *nearer* to the training digits than unseen digits are. The mixture was fitted to their codes, and a distance to known digits cannot tell a good new one from a copy.
#
# ## What to ask, and whom
#
# | question | ask | and beware |
# | --- | --- | --- |
# | which label, which model, explains the same picture better? | the likelihood | one model for all terms; the ceiling log C |
# | is this picture strange? | the likelihood, for far-away things | simple odd pictures; report what was odd |
# | is this a proper picture? | neither | likely is not typical |
# | what is similar to this? | the code | pixels and PCA as rivals, the same split |
# | what lies between? | the code | midpoints lie near the origin |
# | new pictures? | the prior it was trained against, or one fitted since | the wrong prior raises no error |
#
# ## Practice, then the gate
#
# A round of this stage's questions, with a second try for each.

# %% tags=["nbval-ignore-output"]
practice("08")

# %% [markdown]
# Transfer, on paper: a colleague's alarm has an AUROC of 0.20 on the strange pictures that she fears. Is it useless? And if she scores by recon at the mean code in place of the bound, would ones be caught?
#
# <details><summary>Answer first, then open this.</summary>
#
# An AUROC of 0.20 is far from a coin's ½: turn the sign of the score, and it is 0.80. But first find out why strange pictures are *likelier* than normal ones; perhaps they are simple, or smooth.
#
# Recon at the mean code ranks ones about as badly: a simple picture is simple by both scores. The failure is not the bound's.
#
# </details>
#
# Then the gate: save with Ctrl+S first.

# %% tags=["nbval-ignore-output"]
gate("08")

# %% [markdown]
# ## What you can do now
#
# You put conditions on a VAE, classified with it, and know a number that its information may not pass. You tried a code against honest rivals and reported that it lost. You measured an alarm, found what it misses, and can explain why likely is not typical. You trained through a choice that has no slope, and you know what a prior is for.
#
# One thing has been the same since stage 04: a single step of noise, and a network that undoes it. What about many small steps? Stage 09 makes a diffusion model out of the parts that you have.
#
# **To read.** Sohn, Lee and Yan, *Learning Structured Output Representation using Deep Conditional Generative Models* (2015), and Kingma and others, *Semi-supervised Learning with Deep Generative Models* (2014), condition on labels. Alain and Bengio, *Understanding Intermediate Layers Using Linear Classifier Probes* (2016). Nalisnick and others,
# *Do Deep Generative Models Know What They Don't Know?* (2019), found that they do not. Maddison, Mnih and Teh, *The Concrete Distribution*, and Jang, Gu and Poole, *Categorical Reparameterization with Gumbel-Softmax* (both 2017), relax a choice. Mnih and Rezende, *Variational Inference for Monte Carlo Objectives* (2016), and Kool, van Hoof and Welling,
# *Buy 4 REINFORCE Samples, Get a Baseline for Free!* (2019), leave one out. Tomczak and Welling, *VAE with a VampPrior* (2018), and Ghosh and others, *From Variational to Deterministic Autoencoders* (2020), change the prior.
