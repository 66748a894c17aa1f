"""Inputs of stage 03: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import normal, uniform

B, Z, D, K = 5, 3, 7, 11


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "std_from_logvar": _std_from_logvar,
        "gaussian_entropy": _gaussian_entropy,
        "gaussian_cross_entropy": _gaussian_kl,
        "gaussian_kl": _gaussian_kl,
        "gaussian_kl_between": _gaussian_kl_between,
        "kl_monte_carlo": _kl_monte_carlo,
        "gaussian_log_likelihood": _gaussian_log_likelihood,
        "bernoulli_log_likelihood": _bernoulli_log_likelihood,
        "mse_relation": _mse_relation,
    }
    return draws[exercise](torch.Generator().manual_seed(seed))


def _std_from_logvar(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, then variances that float32 cannot hold though it holds their roots."""

    def case(name: str, *shape: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        return {"case": name, "logvar": (centre + normal(generator, *shape)).to(dtype)}

    return [
        case("plain", B, Z),
        case("stack", 3, 1, D, centre=-0.5),
        case("narrow", B, Z, centre=-120.0, dtype=torch.float32),
        case("broad", B, Z, centre=120.0, dtype=torch.float32),
    ]


def _gaussian_entropy(generator: torch.Generator) -> list[dict]:
    """Two shapes, the second sharp enough for entropies below 0; then variances that float32 cannot hold."""

    def case(name: str, rows: int, columns: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        return {"case": name, "logvar": (centre + normal(generator, rows, columns)).to(dtype)}

    return [
        case("plain", B, Z),
        case("wide", 3, D, centre=-5.0),
        case("narrow", B, Z, centre=-120.0, dtype=torch.float32),
        case("broad", B, Z, centre=120.0, dtype=torch.float32),
    ]


def _gaussian_kl(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, then codes so sharp, or so broad, that a clipped or patched logarithm shows."""

    def case(name: str, rows: int, columns: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        mu = 1.5 * normal(generator, rows, columns)
        mu[0] *= 0.1  # a row near the prior's mean and sharp: a log term of the wrong sign takes it below 0
        logvar = centre + uniform(generator, -1.8, 1.8, rows, columns)
        logvar[0] = centre + uniform(generator, -2.0, -1.0, columns)
        return {"case": name, "mu": mu.to(dtype), "logvar": logvar.to(dtype)}

    return [
        case("plain", B, Z),
        case("wide", 3, D, centre=-0.5),
        case("narrow", B, Z, centre=-60.0, dtype=torch.float32),
        case("broad", B, Z, centre=30.0, dtype=torch.float32),
    ]


def _gaussian_kl_between(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, then pairs on a scale so small, or so large, that a clipped variance shows."""

    def case(name: str, rows: int, columns: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        scale = torch.tensor(centre / 2, dtype=torch.float64).exp()
        inputs = {"case": name}
        for which in "qp":
            inputs[f"mu_{which}"] = (1.5 * scale * normal(generator, rows, columns)).to(dtype)
            inputs[f"logvar_{which}"] = (centre + uniform(generator, -1.8, 1.8, rows, columns)).to(dtype)
        return inputs

    return [
        case("plain", B, Z),
        case("wide", 3, D, centre=-0.5),
        case("narrow", B, Z, centre=-60.0, dtype=torch.float32),
        case("broad", B, Z, centre=60.0, dtype=torch.float32),
    ]


def _kl_monte_carlo(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, one row with a negative estimate; then codes so sharp that a patched variance shows."""

    def case(name: str, samples: int, rows: int, columns: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        scale = torch.tensor(min(centre, 0.0) / 2, dtype=torch.float64).exp()
        mu = 1.5 * scale * normal(generator, rows, columns)
        logvar = centre + uniform(generator, -1.8, 1.8, rows, columns)
        z = mu + torch.exp(0.5 * logvar) * normal(generator, samples, rows, columns)
        if not centre:  # the samples of a row near the prior happen to fall where its estimate is negative
            mu[0], logvar[0] = 0.5, 0.0
            z[:, 0] = 0.2 - uniform(generator, 0.0, 1.5, samples, columns)
        return {"case": name, "mu": mu.to(dtype), "logvar": logvar.to(dtype), "z": z.to(dtype)}

    return [
        case("plain", K, B, Z),
        case("wide", 7, 3, 5, centre=0.5),
        case("narrow", K, B, Z, centre=-60.0, dtype=torch.float32),
    ]


def _gaussian_log_likelihood(generator: torch.Generator) -> list[dict]:
    """A small sigma, with a grid for the integral, and a large one; then pixels so far off that a density is 0."""

    def case(name: str, rows: int, columns: int, low: float, high: float, error: float, dtype=torch.float64) -> dict:
        sigma = float(uniform(generator, low, high, 1))
        mean = normal(generator, rows, columns)
        x = mean + error * sigma * normal(generator, rows, columns)
        return {"case": name, "x": x.to(dtype), "mean": mean.to(dtype), "sigma": sigma}

    plain = case("plain", B, D, 0.3, 0.6, error=1.3)
    nodes = torch.arange(-32.0, 33.0, dtype=torch.float64)[:, None]  # (65, 1), from -8 to 8 sigma
    return [
        plain | {"grid": 0.25 * plain["sigma"] * nodes},
        case("wide", 7, 3, 1.5, 3.0, error=0.8),
        case("far", B, D, 0.04, 0.06, error=60.0, dtype=torch.float32),
    ]


def _bernoulli_log_likelihood(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary logits, then confident ones, right and wrong: of size 4 to 30, and up to 100 in float32."""

    def picture(rows: int, columns: int) -> torch.Tensor:
        x = (torch.rand(rows, columns, generator=generator) < 0.5).double()
        x[0, :2] = torch.tensor([0.0, 1.0])
        return x

    def case(name: str, rows: int, columns: int, centre: float) -> dict:
        logits = centre + uniform(generator, -3.0, 3.0, rows, columns)
        return {"case": name, "x": picture(rows, columns), "logits": logits}

    sign = 2 * picture(B, D) - 1
    logits = sign * uniform(generator, 30, 100, B, D)
    logits[0, :4] = torch.tensor([100.0, 100.0, -100.0, -100.0])
    x = picture(B, D)
    x[0, :4] = torch.tensor([0.0, 1.0, 0.0, 1.0])
    confident = (2 * picture(B, D) - 1) * uniform(generator, 4, 30, B, D)
    return [
        case("plain", B, D, centre=0.4),
        case("wide", 7, 3, centre=-0.6),
        {"case": "confident", "x": picture(B, D), "logits": confident},
        {"case": "extreme", "x": x.float(), "logits": logits.float()},
    ]


def _mse_relation(generator: torch.Generator) -> list[dict]:
    """Three numbers of dimensions, with sigma below 1 and above."""

    def case(name: str, D: int, low: float, high: float) -> dict:
        return {"case": name, "D": D, "sigma": float(uniform(generator, low, high, 1))}

    return [case("sharp", 7, 0.2, 0.6), case("blunt", 3, 1.5, 3.0), case("many", 11, 0.65, 0.85)]
