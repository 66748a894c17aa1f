"""Inputs of stage 01: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, normal, uniform
from vae_course.models.fixtures import decoder, random_decoder

B, Z, D, K = 5, 3, 7, 11


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "sample_joint": _sample_joint,
        "log_joint": _log_joint,
        "log_evidence_grid": _log_evidence_grid,
        "posterior_grid": _posterior_grid,
        "log_evidence_monte_carlo": _log_evidence_monte_carlo,
        "linear_gaussian_evidence": _linear_gaussian_evidence,
    }
    return draws[exercise](torch.Generator().manual_seed(seed))


def _observed(
    generator: torch.Generator, rows: int, x_dim: int, z_dim: int, sigma: tuple[float, float], bend: float = 0.3
) -> dict:
    """A random decoder, and data that it gives to codes no further than 2 from 0."""
    model = random_decoder(generator, x_dim, z_dim, float(uniform(generator, *sigma, 1)), bend)
    z = uniform(generator, -2.0, 2.0, rows, z_dim)
    return model | {"x": decoder(model)(z) + model["sigma"] * normal(generator, rows, x_dim)}


def _far(generator: torch.Generator, x_dim: int, z_dim: int, near: int = 0) -> dict:
    """Data of a linear decoder; all rows but the first `near` are moved 60 to 65 sigma off, where no code reaches."""
    case = _observed(generator, B, x_dim, z_dim, (0.6, 0.9), bend=0.0)
    reached = torch.linalg.qr(case["A"]).Q  # (D, Z), the directions in which the mean can go
    away = normal(generator, B - near, x_dim)
    away -= away @ reached @ reached.T
    away *= case["sigma"] * uniform(generator, 60, 65, B - near, 1) / away.norm(dim=1, keepdim=True)
    case["x"][near:] += away
    return case


def _grid(low: float, spacing: float, points: int) -> dict:
    return {"z_grid": (low + spacing * torch.arange(points, dtype=torch.float64))[:, None], "spacing": spacing}


def _sample_joint(generator: torch.Generator) -> list[dict]:
    """A decoder with next to no noise, which shows where x belongs; then many draws with a moderate one."""

    def case(name: str, n: int, x_dim: int, z_dim: int, low: float, high: float) -> dict:
        model = random_decoder(generator, x_dim, z_dim, float(uniform(generator, low, high, 1)), bend=0.3)
        return {"case": name, "n": n, "seed": fresh_seed(generator), **model}

    return [case("thin", K, 2, 1, 1e-5, 2e-5), case("many", 2003, D, Z, 0.4, 0.6)]


def _log_joint(generator: torch.Generator) -> list[dict]:
    """Two shapes with moderate densities, and as many codes as rows; then x, and after it z, far beyond underflow."""

    def case(name: str, rows: int, codes: int, x_dim: int, z_dim: int, low: float, high: float, far=1.0) -> dict:
        z = far * normal(generator, codes, z_dim)
        return {"case": name, "z": z, **_observed(generator, rows, x_dim, z_dim, (low, high))}

    return [
        case("plain", B, K, D, Z, 1.4, 2.2),
        case("wide", 3, 7, 2, 1, 0.6, 0.9),
        case("as_many", B, B, 3, 2, 0.8, 1.2),
        {"case": "far_x", "z": normal(generator, K, Z), **_far(generator, D, Z)},
        case("far_z", B, K, D, Z, 1.4, 2.2, far=40.0),
    ]


def _log_evidence_grid(generator: torch.Generator) -> list[dict]:
    """Two grids, fine and wide; then rows so far off that their density underflows, all of them or most."""
    return [
        {"case": "plain", **_grid(-9.0, 0.1, 181), **_observed(generator, B, 3, 1, (0.6, 0.9))},
        {"case": "wide", **_grid(-8.2, 0.125, 137), **_observed(generator, 3, D, 1, (1.2, 1.8))},
        {"case": "far", **_grid(-8.0, 0.125, 127), **_far(generator, 3, 1)},
        {"case": "mixed", **_grid(-8.0, 0.125, 127), **_far(generator, 3, 1, near=2)},
    ]


def _posterior_grid(generator: torch.Generator) -> list[dict]:
    """Two grids as small as the densities allow; then rows so far off that their density underflows, all or most."""
    return [
        {"case": "plain", **_grid(-6.5, 0.25, 53), **_observed(generator, B, 2, 1, (1.2, 1.6), bend=0.2)},
        {"case": "wide", **_grid(-6.2, 0.2, 61), **_observed(generator, 3, 5, 1, (1.4, 1.8), bend=0.2)},
        {"case": "far", **_grid(-6.5, 0.25, 53), **_far(generator, 3, 1)},
        {"case": "mixed", **_grid(-6.5, 0.25, 53), **_far(generator, 3, 1, near=2)},
    ]


def _log_evidence_monte_carlo(generator: torch.Generator) -> list[dict]:
    """Two shapes with moderate densities; then rows so far off that their density underflows, all of them or most."""
    return [
        {"case": "plain", "z": normal(generator, K, Z), **_observed(generator, B, D, Z, (1.4, 2.2))},
        {"case": "wide", "z": normal(generator, 7, 1), **_observed(generator, 3, 2, 1, (0.6, 0.9))},
        {"case": "far", "z": normal(generator, K, Z), **_far(generator, D, Z)},
        {"case": "mixed", "z": normal(generator, K, Z), **_far(generator, D, Z, near=2)},
    ]


def _linear_gaussian_evidence(generator: torch.Generator) -> list[dict]:
    """More data dimensions than codes, as many, and fewer; then a determinant and a density that underflow."""

    def case(name: str, rows: int, x_dim: int, z_dim: int, low: float, high: float, far: float = 1.0) -> dict:
        W, sigma = normal(generator, x_dim, z_dim), float(uniform(generator, low, high, 1))
        x = normal(generator, rows, z_dim) @ W.T + far * sigma * normal(generator, rows, x_dim)
        turn = torch.linalg.qr(normal(generator, z_dim, z_dim)).Q
        return {"case": name, "x": x, "W": W, "sigma": sigma, "turn": turn}

    return [
        case("plain", B, D, Z, 0.5, 0.8),
        case("square", 3, Z, Z, 1.3, 1.9),
        case("wide", B, 2, 5, 0.5, 0.8),
        case("thin", 3, 67, Z, 0.7e-3, 1e-3),
        case("far", B, D, Z, 0.5, 0.8, far=60.0),
    ]
