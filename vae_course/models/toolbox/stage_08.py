"""What stage 08 teaches: a VAE with a label, probes of a code, scores of strangeness, discrete codes, and other priors.

Log-densities, bounds and KLs are in nats, one number a data point.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.distributions import Categorical, Independent, Normal

from vae_course.models.linear_model import Model
from vae_course.models.toolbox.stage_03 import gaussian_kl_between, std_from_logvar
from vae_course.models.toolbox.stage_04 import reparameterize
from vae_course.models.toolbox.stage_05 import Decoder
from vae_course.models.toolbox.stage_07 import iwae_bound, log_weights

# --- conditional ---


class ConditionalVAE(nn.Module):
    """VAE of binary data with a label: prior p(z|y), decoder p(x|z, y) and encoder q(z|x, y), the prior learned.

    x_dim, y_dim, z_dim: sizes of x, of a one-hot label and of a code. hidden: width of the hidden layers. mean: as for the
    Decoder of stage 05. Called with x (B, D), y (B, Y) and eps (..., B, Z), standard normal; it returns logits (..., B, D) at
    z = mean plus sigma times eps of q, then mu and logvar of q and of the prior, (B, Z) each.
    Source: Sohn, Lee and Yan, 2015, section 4.
    """

    def __init__(self, x_dim: int, y_dim: int, z_dim: int, hidden: int = 128, mean: torch.Tensor | None = None):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.encoder = nn.Sequential(nn.Linear(x_dim + y_dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * z_dim))
        self.of_label = nn.Linear(y_dim, 2 * z_dim, bias=False)  # one row a label
        self.decoder = Decoder(z_dim + y_dim, x_dim, hidden, mean)

    def encode(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of q(z|x, y). x: (B, D), y: (B, Y). Returns (B, Z) each."""
        mu, logvar = self.encoder(torch.hstack((x, y))).tensor_split(2, dim=-1)
        return mu, logvar

    def prior(self, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of p(z|y). y: (B, Y). Returns (B, Z) each."""
        mu, logvar = self.of_label(y).tensor_split(2, dim=-1)
        return mu, logvar

    def decode(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Logits of p(x|z, y). z: (..., Z), y: (..., Y); their leading axes broadcast. Returns (..., D)."""
        both = z.new_zeros(()).expand(torch.broadcast_shapes(z.shape[:-1], y.shape[:-1])).unsqueeze(-1)
        return self.decoder(torch.cat((z + both, y + both), dim=-1))

    def forward(self, x: torch.Tensor, y: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, ...]:
        mu, logvar = self.encode(x, y)
        return self.decode(reparameterize(mu, logvar, eps), y), mu, logvar, *self.prior(y)


def conditional_elbo(
    log_likelihood: torch.Tensor, mu_q: torch.Tensor, logvar_q: torch.Tensor, mu_p: torch.Tensor, logvar_p: torch.Tensor
) -> torch.Tensor:
    """ELBO of log p(x|y): the log-likelihood of the code, minus the KL from q(z|x, y) to the prior p(z|y).

    log_likelihood: (B,). mu_q, logvar_q, mu_p, logvar_p: (B, Z). Returns (B,), in nats.
    Source: Sohn, Lee and Yan, 2015, equation 4.
    """
    return torch.sub(log_likelihood, gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p))


def class_posterior(log_px_given_y: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
    """Probability of each class given x, by Bayes' rule.

    log_px_given_y: (B, C), log p(x|y) of every class, however far from 0. log_prior: (C,), log p(y); -inf for a class that
    never occurs. Returns (B, C), each row adding up to 1.
    """
    return Categorical(logits=log_px_given_y + log_prior, validate_args=False).probs


def label_information(log_px_given_y: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
    """What the label says about x, according to a model: log p(x|y) - log p(x), for each data point.

    log_px_given_y: (B, C). y: (B,), the true classes, whole numbers. log_prior: (C,). Returns (B,), in nats. One entry is
    at most -log p(y), and the average over data is at most the entropy of y: log C for C equally likely classes.
    """
    log_px = torch.logsumexp(torch.add(log_px_given_y, log_prior), dim=1, keepdim=True)  # (B, 1)
    return torch.take_along_dim(log_px_given_y - log_px, y.unsqueeze(1), dim=1)[:, 0]


# --- representation ---


def linear_probe(features: torch.Tensor, labels: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """Labels of new rows by a logistic regression on features that were standardised with the training rows alone.

    features: (N, F), labels: (N,), of training. new: (M, F). A feature that is the same in every training row has no effect.
    Returns (M,), whole numbers. Source: Alain and Bengio, 2016; the regression is scikit-learn's, with its own settings.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second, and few who import this module need it

    deviation, mean = torch.std_mean(features, dim=0, unbiased=False)
    deviation = torch.where(deviation > 0, deviation, 1)
    classifier = LogisticRegression(max_iter=1000).fit(features.sub(mean).div(deviation).numpy(), labels.numpy())
    return torch.from_numpy(classifier.predict(new.sub(mean).div(deviation).numpy()))


def neighbour_vote(features: torch.Tensor, labels: torch.Tensor, new: torch.Tensor, k: int) -> torch.Tensor:
    """Label of each new row by a vote of the k training rows nearest to it; of labels with as many votes, the smallest.

    features: (N, F), labels: (N,), of training. new: (M, F). Distances are Euclidean. Returns (M,).
    Source: Cover and Hart, 1967.
    """
    order = torch.cdist(new, features).argsort(dim=1)[:, :k]  # (M, k)
    return torch.mode(labels[order], dim=1)[0]


# --- anomaly ---


def anomaly_score(x: torch.Tensor, model: Model, eps: torch.Tensor) -> torch.Tensor:
    """Strangeness of each data point: minus its importance-weighted bound of K samples; with one sample, minus its ELBO.

    x: (B, D). eps: (K, B, Z), standard normal. Returns (B,), in nats, larger where the model finds x less likely.
    """
    return iwae_bound(log_weights(x, model, eps)).neg()


def auroc(scores: torch.Tensor, is_anomaly: torch.Tensor) -> float:
    """Chance that a random anomaly has a higher score than a random normal point, a tie counting one half.

    scores: (N,). is_anomaly: (N,), truth values, or 0 and 1; both kinds must occur. Returns a number from 0 to 1: the area
    under the curve of true alarms over false alarms. Source: Hanley and McNeil, 1982.
    """
    odd = is_anomaly.bool()
    ordinary, _ = scores[~odd].sort()
    below = torch.searchsorted(ordinary, scores[odd])
    up_to = torch.searchsorted(ordinary, scores[odd], right=True)
    return float((below + up_to).double().mean() / (2 * len(ordinary)))


# --- discrete ---


def gumbel_softmax(logits: torch.Tensor, tau: float, uniform: torch.Tensor) -> torch.Tensor:
    """A relaxed draw of a class: the softmax, at temperature tau, of logits with Gumbel noise.

    logits: (B, C). tau: above 0; near 0 the result is nearly one-hot. uniform: (B, C), in (0, 1), ends excluded. Returns
    (B, C), rows adding up to 1; differentiable in the logits. Source: Jang, Gu and Poole, 2017; Maddison, Mnih and Teh, 2017.
    """
    return torch.softmax((logits - uniform.log().neg().log()).div(tau), dim=-1)


def leave_one_out_gradient(values: torch.Tensor, logits: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Score-function estimate of the gradient of E[f(z)] in the logits of z, with the other samples' mean as a baseline.

    values: (K, B), f of each sample, K at least 2. logits: (B, C). z: (K, B), the samples, whole numbers. Returns (B, C).
    Its average over samples is the gradient itself. Source: Mnih and Rezende, 2016; Kool, van Hoof and Welling, 2019.
    """
    centred = (values - values.mean(0)) / (len(values) - 1)  # they add up to 0, so the shares of the softmax drop out
    return torch.zeros_like(logits).scatter_add(1, z.T, centred.T)  # (B, C)


# --- prior ---


def mixture_log_prob(
    z: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor, log_weights: torch.Tensor
) -> torch.Tensor:
    """Log-density of a mixture of M Gaussians with diagonal covariances.

    z: (..., Z). mu, logvar: (M, Z). log_weights: (M,), logs of weights that add up to 1. Returns the leading axes of z, in
    nats. Far from every part it is still exact, and a weight may be 0.
    Source of its use as a prior: Tomczak and Welling, 2018.
    """
    parts = Independent(Normal(mu, std_from_logvar(logvar), validate_args=False), 1)
    return parts.log_prob(z.unsqueeze(-2)).add(log_weights).logsumexp(dim=-1)


def elbo_with_prior(
    x: torch.Tensor, model: Model, log_prior: Callable[[torch.Tensor], torch.Tensor], eps: torch.Tensor
) -> torch.Tensor:
    """ELBO against any prior whose log-density is known: the mean over samples of log p(x|z) + log p(z) - log q(z|x).

    x: (B, D). log_prior: maps codes (..., Z) to (...), in nats. eps: (K, B, Z), standard normal. Returns (B,), in nats;
    differentiable in the tensors of the model. Source: Tomczak and Welling, 2018, section 2.
    """
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)  # (K, B, Z)
    minus_log_q = 0.5 * (eps.square() + logvar + math.log(2 * math.pi)).sum(-1)  # the noise is what of z is standard normal
    return torch.mean(model.log_likelihood(x, z) + log_prior(z) + minus_log_q, dim=0)
