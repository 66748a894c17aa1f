"""Inputs of stage 02: the same shapes every time, fresh numbers for every seed."""

import math

import torch
from torch.distributions import MultivariateNormal

from vae_course.checks.derivations import KNOWN
from vae_course.checks.draws import normal, uniform
from vae_course.models.fixtures import random_decoder

B, Z, D, K, M = 5, 3, 7, 11, 7
VISIBLE = 20140501  # the draw that ships: it shows every case of an exercise


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "elbo_exact": _elbo_exact,
        "reconstruction_and_kl": _reconstruction_and_kl,
        "evidence_gap": _finite,
        "elbo_monte_carlo": _elbo_monte_carlo,
        "fit_posterior": _fit_posterior,
        "linear_gaussian_encoder": _linear_gaussian_encoder,
        "derivation_deck": _derivation_deck,
        "derivation": _derivation,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise == "fit_posterior" and seed != VISIBLE:
        return [drawn[seed % len(drawn)]]  # a fit takes hundreds of steps: fresh draws take the cases in turn
    return drawn


def _finite(generator: torch.Generator) -> list[dict]:
    """Two shapes with every state in q, then a q that leaves states out: two of them, none, and all but one."""

    def case(name: str, rows: int, states: int, centre: float) -> dict:
        log_joint = centre + 1.3 * normal(generator, rows, states)
        log_q = torch.log_softmax(1.2 * normal(generator, rows, states), -1)
        return {"case": name, "log_joint": log_joint, "log_q": log_q}

    sure = case("sure", B, M, centre=-3.0)
    sure["log_q"][0, [1, 4]] = sure["log_q"][2, 1:] = sure["log_q"][3, :3] = -torch.inf
    sure["log_q"] = torch.log_softmax(sure["log_q"], -1)
    return [case("plain", B, M, centre=-3.0), case("wide", 3, 11, centre=-5.0), sure]


def _elbo_exact(generator: torch.Generator) -> list[dict]:
    """The finite models, and one whose q, as a softmax makes it far from its peak, underflows to 0 in some states."""
    log_q = normal(generator, B, M)
    log_q[0, [2, 5]] = log_q[3, 0] = -200.0
    log_q[4, 1:] = -uniform(generator, 300.0, 2000.0, M - 1)
    faint = {"case": "faint", "log_joint": (1.3 * normal(generator, B, M) - 3).float(), "log_q": torch.log_softmax(log_q, -1).float()}
    return [*_finite(generator), faint]


def _reconstruction_and_kl(generator: torch.Generator) -> list[dict]:
    """Two shapes; the samples of row 0 happen to fall where the estimate of its KL is negative."""

    def case(name: str, samples: int, rows: int, level: float) -> dict:
        log_prior = -2.5 + 0.7 * normal(generator, samples, rows)
        log_q = log_prior + 1.2 + 0.8 * normal(generator, samples, rows)
        log_q[:, 0] = log_prior[:, 0] - 0.3 - uniform(generator, -0.1, 0.6, samples)
        log_likelihood = level + 1.5 * normal(generator, samples, rows)
        return {"case": name, "log_likelihood": log_likelihood, "log_prior": log_prior, "log_q": log_q}

    return [case("plain", K, B, level=-4.0), case("wide", 7, 3, level=2.5)]


def _elbo_monte_carlo(generator: torch.Generator) -> list[dict]:
    """Two bent decoders with any q; then a linear one with its exact posterior as q, where all samples agree."""

    def case(name: str, samples: int, rows: int, columns: int, codes: int, sigma: float) -> dict:
        model = random_decoder(generator, columns, codes, sigma)
        mu, width = normal(generator, 1, rows, codes), uniform(generator, 0.4, 1.1, 1, rows, codes)
        z = mu + width * normal(generator, samples, rows, codes)
        log_q = torch.distributions.Normal(mu, width).log_prob(z).sum(-1)
        log_q[:, 0] -= 9.0  # in row 0 the estimate of the KL to the prior is negative
        x = 1.5 * normal(generator, rows, columns)
        return {"case": name, "x": x, "z": z, "log_q": log_q, **model}

    def posterior(samples: int, rows: int, columns: int, codes: int, sigma: float) -> dict:
        model = random_decoder(generator, columns, codes, sigma, bend=0.0)
        x = 1.5 * normal(generator, rows, columns)
        precision = torch.eye(codes) + model["A"].T @ model["A"] / sigma**2
        mean = torch.linalg.solve(precision, model["A"].T @ x.T).T / sigma**2
        q = MultivariateNormal(mean, precision_matrix=precision)
        root = torch.linalg.cholesky(torch.linalg.inv(precision))
        z = mean + normal(generator, samples, rows, codes) @ root.T
        return {"case": "posterior", "x": x, "z": z, "log_q": q.log_prob(z), **model}

    return [
        case("plain", K, B, D, Z, sigma=0.9),
        case("wide", 5, 7, 3, 2, sigma=1.4),
        posterior(K, B, D, Z, sigma=0.8),
    ]


def _fit_posterior(generator: torch.Generator) -> list[dict]:
    """A hammock and observations near it, one bump each; then a turned one on a coarse grid, and observations far off
    its plane: two of one bump, three between two bumps that are equal but for a trace."""
    a, b, sigma = (float(uniform(generator, *ends, 1)) for ends in ((0.57, 0.63), (0.47, 0.53), (0.29, 0.33)))
    A, B = torch.tensor([[a], [0.0]]).double(), torch.tensor([[0.0], [b]]).double()
    code = torch.tensor([[-1.3], [-0.7], [0.2], [0.9], [1.4]]) + uniform(generator, -0.1, 0.1, 5, 1)
    x = code @ A.T + (code**2 - 1) @ B.T + 0.3 * sigma * normal(generator, 5, 2)
    nodes = torch.arange(-60.0, 61.0, dtype=torch.float64)[:, None]  # (121, 1)
    hammock = {"case": "hammock", "x": x, "A": A, "B": B, "sigma": sigma, "z_grid": 0.1 * nodes, "steps": 120}

    axes, _ = torch.linalg.qr(normal(generator, 3, 3))
    A, B = a * axes[:, :1], b * axes[:, 1:2]
    code = torch.tensor([[-1.1], [0.8]]) + uniform(generator, -0.1, 0.1, 2, 1)
    tilt = 5e-4 * normal(generator, 3, 1).sign()
    height = torch.tensor([[0.9], [1.1], [1.3]]) + uniform(generator, -0.05, 0.05, 3, 1)
    x = torch.cat([code @ A.T + (code**2 - 1) @ B.T, tilt @ A.T + height @ axes[:, 1:2].T]) + 3.5 * axes[:, 2]
    nodes = 0.3 * nodes[40:81]  # (41, 1)
    turned = {"case": "turned", "x": x, "A": A, "B": B, "sigma": 0.8 * sigma, "z_grid": nodes, "steps": 180}
    return [hammock, turned]


def _linear_gaussian_encoder(generator: torch.Generator) -> list[dict]:
    """Three shapes: more pixels than codes, about as many, and fewer. The columns of W are never at right angles."""

    def case(name: str, rows: int, columns: int, codes: int, low: float, high: float) -> dict:
        W = normal(generator, columns, codes) + 0.6 * normal(generator, columns, 1)
        sigma = float(uniform(generator, low, high, 1))
        return {"case": name, "x": 1.5 * normal(generator, rows, columns), "W": W, "sigma": sigma}

    return [case("plain", B, D, Z, 0.6, 0.85), case("wide", 7, 3, 2, 1.25, 1.6), case("short", B, 2, 3, 0.5, 0.8)]


# --- derivation_deck, derivation ---


def _derivation_deck(generator: torch.Generator) -> list[dict]:
    """Nothing goes in, and there is one deck."""
    return [{"case": "deck"}]


def _derivation(generator: torch.Generator) -> list[dict]:
    """Random finite models, every row one of its own, with a q that is neither the posterior nor the prior.

    In the last two rows it is almost the posterior, where the ELBO is almost log p(x): a line that is smaller in general
    and only happened to lie between the two shows there.
    """

    def case(name: str, rows: int, states: int) -> dict:
        log_prior, log_q = (1.3 * normal(generator, 2, rows, states)).log_softmax(-1)
        log_likelihood = -1 + 1.5 * (normal(generator, rows, 1) + normal(generator, rows, states))
        near = (log_prior + log_likelihood + 0.05 * normal(generator, rows, states)).log_softmax(-1)
        log_q = torch.cat([log_q[:-2], near[-2:]])
        return {
            "case": name, "log_prior": log_prior, "log_likelihood": log_likelihood, "log_q": log_q,
            "noise": normal(generator, 4, rows, states),
            "known": _known(log_prior, log_likelihood, log_q),
        }

    return [case("plain", 5, 7), case("wide", 13, 11)]


def _known(log_prior: torch.Tensor, log_likelihood: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """What lines of a derivation and the differences between them may be, in the order of KNOWN. (names, B)."""
    log_joint = log_prior + log_likelihood
    evidence = log_joint.logsumexp(-1)
    log_posterior = log_joint - evidence[:, None]
    states = log_q.shape[-1]

    def mean(log_weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return (log_weights.exp() * values).sum(-1)

    known = {
        "log p(x)": evidence,
        "the ELBO": mean(log_q, log_joint - log_q),
        "KL(q ‖ posterior)": mean(log_q, log_q - log_posterior),
        "KL(q ‖ p(z))": mean(log_q, log_q - log_prior),
        "KL(posterior ‖ q)": mean(log_posterior, log_posterior - log_q),
        "KL(p(z) ‖ q)": mean(log_prior, log_prior - log_q),
        "E_q[log p(x|z)]": mean(log_q, log_likelihood),
        "E_q[log p(z)]": mean(log_q, log_prior),
        "the entropy of q": -mean(log_q, log_q),
        "E_q[log p(x, z)]": mean(log_q, log_joint),
        "the entropy of p(z)": -mean(log_prior, log_prior),
        "the entropy of the posterior": -mean(log_posterior, log_posterior),
        "log M": torch.full_like(evidence, math.log(states)),
        "E_p(z)[log p(x|z)]": mean(log_prior, log_likelihood),
        "E_posterior[log p(x|z)]": mean(log_posterior, log_likelihood),
        "KL(posterior ‖ p(z))": mean(log_posterior, log_posterior - log_prior),
        "KL(p(z) ‖ posterior)": mean(log_prior, log_prior - log_posterior),
        "E_q[log posterior]": mean(log_q, log_posterior),
        "M times log p(x)": states * evidence,
        "p(x)": evidence.exp(),
        "Σ_z p(x|z)": log_likelihood.exp().sum(-1),
        "log Σ_z p(x|z)": log_likelihood.logsumexp(-1),
        "log E_q[p(x|z)]": (log_q + log_likelihood).logsumexp(-1),
        "log E_q[p(x, z)]": (log_q + log_joint).logsumexp(-1),
        "log Σ_z p(x, z)/q(z)": (log_joint - log_q).logsumexp(-1),
        "log E_p(z)[p(x, z)/q(z)]": (log_prior + log_joint - log_q).logsumexp(-1),
        "log E_q[q(z)/p(x, z)]": (2 * log_q - log_joint).logsumexp(-1),
        "Σ_z log p(x, z)": log_joint.sum(-1),
        "Σ_z log p(x|z)": log_likelihood.sum(-1),
        "Σ_z (log p(x, z) − log q(z))": (log_joint - log_q).sum(-1),
        "the plain mean over z of log p(x, z)": log_joint.mean(-1),
        "the plain mean over z of log p(x|z)": log_likelihood.mean(-1),
        "the plain mean over z of log p(x, z) − log q(z)": (log_joint - log_q).mean(-1),
    }
    known |= {f"(M − 1) times {name}": (states - 1) * amount for name, amount in known.items()}
    return torch.stack([known[name] for name in KNOWN])
