# %% [markdown] card="08_applications"
# A trained model answers two questions: how probable is this, and how similar are these? Most misuse asks one and takes the answer of the other. Five branches; any three open the gate.

# %% tags=["setup"]
from collections.abc import Callable

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional as F

from vae_course.learn import check, gate, practice
from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import gaussian_kl_between
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_07 import iwae_bound, log_weights

torch.manual_seed(0)
torch.set_num_threads(1)

# %% [markdown]
# ## Branch 1: a label for the model

# %% [markdown] card="ConditionalVAE"
# *Branch conditional.* Write the class `ConditionalVAE(x_dim, y_dim, z_dim)`, an `nn.Module`, for binary x and a label y that is given as a one-hot row.
#
# - It has the attributes `x_dim`, `y_dim` and `z_dim`. x is (B, x_dim), y is (B, y_dim), float, and a code is (B, z_dim).
# - `encode(x, y)` gives mu and logvar of q(z|x, y); `prior(y)` gives mu and logvar of p(z|y), (B, z_dim) each. The prior may be learned, as in this lesson, or fixed: then it gives zeros.
# - `decode(z, y)` gives logits of p(x|z, y). The leading axes of z and y broadcast against each other: z (K, B, Z) with y (B, Y) gives (K, B, D), and z (B, 1, Z) with y (C, Y) gives (B, C, D), every code with every label.
# - `forward(x, y, eps)` with eps of shape (B, Z) returns logits, mu_q, logvar_q, mu_p, logvar_p, where the logits are decoded from a sample of q, z = mu_q + sigma_q · eps, and the same label.
#
# For example, a code of 3 numbers joined to a label of 2 classes is a row of 5 numbers.

# %% answer="ConditionalVAE"
class ConditionalVAE(nn.Module):
    """encode(x, y) and prior(y): mu, logvar. decode(z, y): logits. forward(x, y, eps): all five."""

    def __init__(self, x_dim: int, y_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.q = nn.Sequential(nn.Linear(x_dim + y_dim, 128), nn.ReLU(), nn.Linear(128, 2 * z_dim))
        self.p = nn.Linear(y_dim, 2 * z_dim)  # a mean and a log-variance for each label
        self.x = nn.Sequential(nn.Linear(z_dim + y_dim, 128), nn.ReLU(), nn.Linear(128, x_dim))

    def encode(self, x, y):
        return self.q(torch.cat([x, y], dim=-1)).chunk(2, dim=-1)  # (B, Z) each

    def prior(self, y):
        return self.p(y).chunk(2, dim=-1)  # (B, Z) each

    def decode(self, z, y):
        lead = torch.broadcast_shapes(z.shape[:-1], y.shape[:-1])  # torch.cat does not broadcast
        z, y = z.expand(*lead, -1), y.expand(*lead, -1)
        return self.x(torch.cat([z, y], dim=-1))  # (..., D)

    def forward(self, x, y, eps):
        mu, logvar = self.encode(x, y)
        z = reparameterize(mu, logvar, eps)  # (B, Z)
        return self.decode(z, y), mu, logvar, *self.prior(y)
        ### END SOLUTION


# %% check="ConditionalVAE"
check("ConditionalVAE")

# %% [markdown] card="conditional_elbo"
# *Branch conditional.* Write `conditional_elbo(log_likelihood, mu_q, logvar_q, mu_p, logvar_p)`: the bound on log p(x|y) of each data point.
#
# - `log_likelihood` is log p(x|z, y) at a code of q, shape (B,); the other four have shape (B, Z). `gaussian_kl_between` of stage 03 is imported above.
# - Return shape (B,), in nats, larger is better. Gradients must reach all five arguments: the prior learns too.
#
# For example, in one dimension with q = N(1.2, variance 0.3), a prior N(1, variance 0.4) and a log-likelihood of −10, the bound is −10.0688. Against N(0, 1) the same code would cost 0.9720.

# %% answer="conditional_elbo"
def conditional_elbo(
    log_likelihood: torch.Tensor,
    mu_q: torch.Tensor, logvar_q: torch.Tensor, mu_p: torch.Tensor, logvar_p: torch.Tensor,
) -> torch.Tensor:
    """Bound on log p(x|y), in nats. log_likelihood: (B,), the others: (B, Z). Returns (B,)."""
    ### BEGIN SOLUTION
    return log_likelihood - gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)
    ### END SOLUTION


# %% check="conditional_elbo"
check("conditional_elbo")

# %% [markdown] card="class_posterior"
# *Branch conditional.* Write `class_posterior(log_px_given_y, log_prior)`: the probability of each class, given x.
#
# - `log_px_given_y` has shape (B, C): log p(x|y) of each class, in nats, and may lie near −1,000 in single precision. `log_prior` has shape (C,): log p(y); a class that never occurs has −∞.
# - Return shape (B, C); every row adds up to 1.
#
# For example, three equally likely classes with −1001, −1000 and −1002 nats get the shares 0.245, 0.665 and 0.090.

# %% answer="class_posterior"
def class_posterior(log_px_given_y: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
    """p(y|x). log_px_given_y: (B, C) and log_prior: (C,), in nats. Returns (B, C)."""
    ### BEGIN SOLUTION
    return torch.softmax(log_px_given_y + log_prior, dim=-1)
    ### END SOLUTION


# %% check="class_posterior"
check("class_posterior")

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
    """log p(x|y) - log p(x), in nats. log_px_given_y: (B, C), y: (B,), log_prior: (C,)."""
    ### BEGIN SOLUTION
    log_px = torch.logsumexp(log_px_given_y + log_prior, dim=-1)
    return log_px_given_y[torch.arange(len(y)), y] - log_px
    ### END SOLUTION


# %% check="label_information"
check("label_information")

# %% [markdown]
# ## Branch 2: the code as a description

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
    """Labels by a linear classifier. features: (N, F), labels: (N,), new: (M, F). Returns (M,)."""
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
    """Labels by a vote of k rows. features: (N, F), labels: (N,), new: (M, F). Returns (M,)."""
    ### BEGIN SOLUTION
    distances = torch.cdist(new, features)  # (M, N)
    nearest = distances.topk(k, dim=1, largest=False).indices  # (M, k)
    return labels[nearest].mode(dim=1).values  # of a tie the smallest
    ### END SOLUTION


# %% check="neighbour_vote"
check("neighbour_vote")

# %% [markdown]
# ## Branch 3: what is strange?

# %% [markdown] card="anomaly_score"
# *Branch anomaly.* Write `anomaly_score(x, model, eps)`: how strange the model finds each image, minus its importance-weighted bound.
#
# - `x` has shape (B, D) and `eps` shape (K, B, Z); with K = 1 the score is minus the ELBO. `log_weights` and `iwae_bound` of stage 07 are imported above.
# - Return shape (B,), in nats: larger is stranger. The score of an image does not depend on the others.
#
# For example, two samples with the log-weights −20 and −22 give the score 20.5662.

# %% answer="anomaly_score"
def anomaly_score(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Minus the bound of K samples, in nats. x: (B, D), eps: (K, B, Z). Returns (B,)."""
    ### BEGIN SOLUTION
    return -iwae_bound(log_weights(x, model, eps))
    ### END SOLUTION


# %% check="anomaly_score"
check("anomaly_score")

# %% [markdown] card="auroc"
# *Branch anomaly.* Write `auroc(scores, is_anomaly)`: take every pair of one anomaly and one normal image; in what share of the pairs does the anomaly have the higher score? A tie counts one half.
#
# - `scores` has shape (N,) and `is_anomaly` shape (N,): truth values, or the numbers 0 and 1. Both kinds are there.
# - Return a number from 0 to 1. Only the order of the scores matters: any rising function of them gives the same.
#
# For example, the normal scores 0.2, 0.4, 0.6 and the anomalous ones 0.4 and 0.9 make six pairs, of which four are won and one is a tie: 4.5 of 6, or 0.75.

# %% answer="auroc"
def auroc(scores: torch.Tensor, is_anomaly: torch.Tensor) -> float:
    """Share of pairs that the anomaly wins, a tie one half. scores, is_anomaly: (N,)."""
    ### BEGIN SOLUTION
    strange, normal = scores[is_anomaly.bool()], scores[~is_anomaly.bool()]
    lead = strange[:, None] - normal  # every pair
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()
    ### END SOLUTION


# %% check="auroc"
check("auroc")

# %% [markdown] task="likely_is_not_typical"
# In words and numbers, for a reader.
#
# The mean training image, thresholded, is no digit, and the model gave it a higher log p(x) than most real test digits. Explain how that can be, although the model was trained to make real digits likely.
# Use the numbers of this lesson: its log p, that of the test digits, and the share of digits that lie below it. Say what log p(x) of a single image measures, what a typical image is, and why the two part
# in many dimensions; the peak of N(0, I) may serve as the simple case. Then say what follows for a detector that calls an image normal if its log p(x) is high, and name one thing it will miss and one that it will find.
#
# <!-- BEGIN MARK SCHEME -->
# **Mark scheme, 4 points.**
#
# - 1 point: the fact, in the lesson's numbers: the log p of the mean image, the average of the test digits, and the share of digits that are less likely.
# - 1 point: log p(x) is the probability (or density) of one image. Training raises the *average* over digits; it does not say that no other image may lie higher, and the one with the highest value need not look like any drawn image.
# - 1 point: typical images are those that together hold most of the probability; each single one is less likely than the mode, but there are far more of them. A simple case in numbers: at 8 dimensions the peak of N(0, I) lies 4 nats above a typical draw (½ a dimension), and almost no draw is near it.
# - 1 point: what follows: a low log p is a reason for suspicion, a high one is no certificate. Missed: a blur or a simple, smooth or blank-like image, or a held-out class that looks simple, such as the 1. Found: noise, inverted or otherwise unlikely images.
#
# "The model is bad" or "it is overfitted" alone earns nothing: the same holds for the true distribution. Half a point off when mode and mean are used as the same thing without a word.
# <!-- END MARK SCHEME -->

# %% [markdown] written="likely_is_not_typical"
# <!-- BEGIN SOLUTION -->
# The thresholded mean image had a log p(x) of about −15 nats, the test digits −18 on average, and about seven digits in ten were less likely than it. Nothing is wrong with the model: log p(x) says how probable
# this one pattern of pixels is, and each pixel of the mean image has its most probable value. A real digit takes many small turns from there, a stroke that starts lower, a thicker corner, and each turn costs some nats.
# There are very many such digits, and together they hold nearly all the probability; the pattern without a turn is likelier than each of them and hardly ever occurs.
#
# N(0, I) shows the same. In 8 dimensions a draw lies on average 8/2 = 4 nats below the peak, since its squared length is about 8, and one draw in 500 or so is shorter than 1. The peak is the likeliest point and no draw looks like it. Training raises the average log p of digits, and that leaves the order between
# a digit and a blur open.
#
# So a detector that trusts a high log p(x) lets a blur pass, and a plain 1 among other digits as well, since smooth and simple images are likely ones. It does find noise and inverted images, which lie far below. A low value is a reason for suspicion; a high one certifies nothing.
# <!-- END SOLUTION -->

# %% [markdown]
# ## Branch 4: codes that are choices

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
    """A relaxed draw. logits, uniform: (B, C), uniform in (0, 1). Returns (B, C)."""
    ### BEGIN SOLUTION
    gumbel = -torch.log(-torch.log(uniform))
    return torch.softmax((logits + gumbel) / tau, dim=-1)
    ### END SOLUTION


# %% check="gumbel_softmax"
check("gumbel_softmax")

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
    """Estimate of the gradient of E[f(z)] in the logits (B, C). values = f(z), z: (K, B)."""
    ### BEGIN SOLUTION
    K, C = len(values), logits.shape[-1]
    others = (values.sum(0) - values) / (K - 1)  # (K, B), the mean of the other samples
    score = F.one_hot(z, C) - torch.softmax(logits, dim=-1)  # (K, B, C), the gradient of log p(z)
    return ((values - others)[..., None] * score).mean(0)
    ### END SOLUTION


# %% check="leave_one_out_gradient"
check("leave_one_out_gradient")

# %% [markdown]
# ## Branch 5: another prior

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
    """Log-density, in nats. z: (..., Z); mu, logvar: (M, Z); log_weights: (M,). Returns (...)."""
    ### BEGIN SOLUTION
    each = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z[..., None, :])  # (..., M, Z)
    return torch.logsumexp(log_weights + each.sum(-1), dim=-1)
    ### END SOLUTION


# %% check="mixture_log_prob"
check("mixture_log_prob")

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
    """ELBO with log_prior: (..., Z) -> (...), in nats. x: (B, D), eps: (K, B, Z). Returns (B,)."""
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)  # (K, B)
    return (model.log_likelihood(x, z) + log_prior(z) - log_q).mean(0)
    ### END SOLUTION


# %% check="elbo_with_prior"
check("elbo_with_prior")

# %% tags=["nbval-ignore-output"]
gate("08")
