"""What stage 02 teaches.

Everything is in nats, one value a data point. The ELBO is larger for a better q and never above log p(x); log q may be
-inf, where q leaves a state out. A standard deviation of 0 or less raises ValueError in torch.distributions.
"""

import torch
from torch.distributions import Normal

from vae_course.models.decoders import Decoder
from vae_course.models.toolbox.stage_01 import log_joint


def elbo_exact(log_joint: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """ELBO of a finite model: the sum over states of q times (log joint minus log q).

    log_joint, log_q: (B, M); where log_q is -inf, a state adds nothing. Returns (B,), in nats.
    Source: Jordan, Ghahramani, Jaakkola and Saul, 1999, section 6.
    """
    believed = torch.where(torch.isneginf(log_q), 0.0, log_q)  # (B, M), 0 where q is 0, so that no 0 x inf arises
    return torch.einsum("bm,bm->b", torch.exp(log_q), log_joint - believed)


def reconstruction_and_kl(
    log_likelihood: torch.Tensor, log_prior: torch.Tensor, log_q: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The two terms of the ELBO as averages over samples: of log p(x|z), and of log q(z|x) minus log p(z).

    All three: (K, B), taken at K samples of each row's q. Returns the expected log-likelihood and the KL to the prior,
    (B,) each, in nats; ELBO = first minus second. As an estimate, the KL may be negative.
    Source: Kingma and Welling, 2014, section 2.2.
    """
    expected, kl = torch.stack([log_likelihood, log_q - log_prior]).mean(1)  # (2, K, B) -> (2, B)
    return expected, kl


def evidence_gap(log_joint: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """What the ELBO lacks of log p(x): the KL divergence from q to the posterior.

    log_joint, log_q: (B, M). Returns (B,), in nats, 0 or more; 0 exactly where q is the posterior.
    Source: Jordan, Ghahramani, Jaakkola and Saul, 1999, section 6.
    """
    return -elbo_exact(torch.log_softmax(log_joint, dim=-1), log_q)


def elbo_monte_carlo(x: torch.Tensor, decoder: Decoder, z: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """ELBO as an average over samples of log p(x|z) + log p(z) - log q(z|x).

    x: (B, D). z: (K, B, Z), sample k of row b at [k, b]. log_q: (K, B), the log-density of q there. Returns (B,), nats.
    Source: Kingma and Welling, 2014, section 2.3.
    """
    prior = Normal(torch.zeros_like(z), torch.ones_like(z))
    expected, kl = reconstruction_and_kl(decoder.log_likelihood(x, z), prior.log_prob(z).sum(-1), log_q)
    return expected - kl


def fit_posterior(
    x: torch.Tensor, decoder: Decoder, z_grid: torch.Tensor, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The Gaussian q of the highest ELBO for each x, by gradient ascent on a grid, where q is normalised.

    x: (B, D). z_grid: (G, 1), equally spaced. steps: of Adam, at a learning rate of 0.05. Returns mu and sigma, (B,)
    each, in the unit of z. A posterior of several bumps gets one of them.
    Source: Hinton and van Camp, 1993; Kingma and Ba, 2015.
    """
    nodes = z_grid.squeeze(-1)  # (G,)
    joint = log_joint(x, decoder, z_grid).detach() + torch.log(nodes[1] - nodes[0])  # (B, G)
    start = torch.tensor([[0.5], [-1.0]], dtype=joint.dtype)
    q = start.repeat(1, len(x)).requires_grad_()  # (2, B), mu and the log-variance
    climber = torch.optim.Adam([q], lr=0.05, maximize=True)
    for _ in range(steps):
        climber.zero_grad()
        density = Normal(q[0, :, None], torch.exp(0.5 * q[1, :, None])).log_prob(nodes)  # (B, G)
        elbo_exact(joint, density.log_softmax(-1)).sum().backward()
        climber.step()
    return q[0].detach(), torch.exp(0.5 * q[1]).detach()


def linear_gaussian_encoder(x: torch.Tensor, W: torch.Tensor, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The best diagonal encoder of the linear-Gaussian model: the posterior's mean, and its precisions' inverse roots.

    x: (B, D). W: (D, Z). sigma: standard deviation of the noise, in the unit of x. Returns mu and sigma of q, (B, Z)
    each, in the unit of z; the second is the same for every x.
    Source: Tipping and Bishop, 1999; Lucas and others, 2019.
    """
    precision = torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / sigma**2  # (Z, Z), of the posterior
    mu = torch.cholesky_solve(W.T @ x.T, torch.linalg.cholesky(precision)).T / sigma**2  # (B, Z)
    return mu, precision.diagonal().rsqrt().expand_as(mu)
