"""Inputs of stage 07: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, model_case, normal, to_the_posterior, uniform

B, Z, D, K = 5, 3, 7, 11
VISIBLE = 20140501  # the draw that ships has every case


def cases(exercise: str, seed: int) -> list[dict]:
    generator = torch.Generator().manual_seed(seed)
    if exercise == "bound_is_sound":
        return _bound_is_sound(generator, seed)
    if exercise == "log_evidence":
        return _log_evidence(generator, seed)
    draws = {
        "log_weights": _models,
        "iwae_bound": _iwae_bound,
        "effective_sample_size": _effective_sample_size,
        "iwae_loss": _models,
        "gradient_snr": _gradient_snr,
        "doubly_reparameterized_gradient": _models,
    }
    return draws[exercise](generator)


def _models(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose encoder gives the posterior."""
    return [
        model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        model_case(generator, "posterior", "gaussian", K, B, D, Z, to_the_posterior),
    ]


# --- the bound, and what its weights tell ---


def _log_w(generator: torch.Generator, name: str, samples: int, images: int, far: float = 0.0) -> dict:
    """Log-weights that differ by a few nats over samples, and by more over images; sample 0 is never the largest."""
    apart = torch.linspace(-1000, 1000, images, dtype=torch.float64)[torch.randperm(images, generator=generator)] if far else 0.0
    log_w = -12 + 1.5 * normal(generator, samples, images) + 3 * normal(generator, images) + apart
    log_w[0] = log_w.mean(0) - uniform(generator, 0.5, 1.0, images)
    return {"case": name, "log_w": log_w + far, "weights": normal(generator, images)}


def _iwae_bound(generator: torch.Generator) -> list[dict]:
    """Two shapes; then weights that a computer rounds to 0, and to infinity, and a sample that q should never have drawn."""
    lost = _log_w(generator, "lost", K, B)
    lost["log_w"][1, 2] = -torch.inf
    return [
        _log_w(generator, "plain", K, B), _log_w(generator, "wide", 7, 3), _log_w(generator, "slopes", K, B),
        _log_w(generator, "low", K, B, -900.0), _log_w(generator, "high", K, B, 900.0), lost,
    ]


def _effective_sample_size(generator: torch.Generator) -> list[dict]:
    """Two shapes, then weights that a computer rounds to 0 and to infinity."""
    return [
        _log_w(generator, "plain", K, B), _log_w(generator, "wide", 7, 3),
        _log_w(generator, "low", K, B, -900.0), _log_w(generator, "high", K, B, 900.0),
    ]


def _log_evidence(generator: torch.Generator, seed: int) -> list[dict]:
    """A last chunk that is not full, chunks that fit, one chunk for all; then so many samples that the law of the noise shows.

    Fresh draws take the four in turn, since many samples take time.
    """

    def case(name: str, likelihood: str, K: int, chunk: int, rows: int, x_dim: int, z_dim: int) -> dict:
        drawn = model_case(generator, name, likelihood, 1, rows, x_dim, z_dim)
        noise = ("eps", "other_eps", "weights")
        return {key: value for key, value in drawn.items() if key not in noise} | {
            "K": K, "chunk": chunk, "seed": fresh_seed(generator),
        }

    drawn = [
        case("rest", "gaussian", K, 4, B, D, Z), case("even", "bernoulli", 6, 2, 3, 11, 5),
        case("whole", "gaussian", 5, 9, B, D, Z), case("many", "gaussian", 211, 50, 3, 2, Z),
    ]
    return drawn if seed == VISIBLE else [drawn[seed % 4]]


def _gradient_snr(generator: torch.Generator) -> list[dict]:
    """Two shapes, each with means on both sides of 0 and spreads that differ from parameter to parameter."""

    def case(name: str, repeats: int, parameters: int) -> dict:
        signs = 1.0 - 2.0 * (torch.arange(parameters) % 2)
        mean, spread = signs * uniform(generator, 0.4, 2.0, parameters), uniform(generator, 0.3, 1.5, parameters)
        draws = normal(generator, repeats, parameters)
        return {"case": name, "gradients": mean + spread * (draws - draws.mean(0)) / draws.std(0)}

    return [case("plain", K, D), case("many", 23, B)]


# --- bound_is_sound ---


def _bound_is_sound(generator: torch.Generator, seed: int) -> list[dict]:
    """One case a program. Fresh draws take two of each group in turn: seven of them show all programs."""
    groups = (
        ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares"),
        ("mean_of_logs", "sum_of_weights", "over_images"),
        ("shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill", "written_out"),
        ("shares_reported", "log_added", "log_of_the_images", "one_mean", "best", "negated", "total", "overflowing"),
    )
    names = [name for group in groups for name in group]
    if seed != VISIBLE:
        taken = {group[(seed + step) % len(group)] for group in groups for step in (0, len(group) // 2)}
        names = [name for name in names if name in taken]
    return [
        {"case": name, "chunk": int(torch.randint(2, 5, (), generator=generator)), "seed": fresh_seed(generator)}
        for name in names
    ]
