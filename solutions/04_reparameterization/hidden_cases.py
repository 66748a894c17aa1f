"""Inputs of stage 04: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, model_case, normal, signs, to_the_posterior, uniform
from vae_course.models.fixtures import random_function

B, Z, D, K = 5, 3, 7, 11


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "reparameterize": _reparameterize,
        "sample_posterior": _sample_posterior,
        "pathwise_gradient": _pathwise_gradient,
        "score_function_gradient": _score_function_gradient,
        "sgvb_a": _sgvb_a,
        "sgvb_b": _sgvb_b,
    }
    return draws[exercise](torch.Generator().manual_seed(seed))


def _gaussian(generator: torch.Generator, rows: int, columns: int, centre: float = 0.0) -> dict:
    """Means and log-variances; no standard deviation near 1, where most mistakes about it are silent."""
    logvar = centre + signs(generator, rows, columns) * uniform(generator, 0.5, 1.8, rows, columns)
    return {"mu": signs(generator, rows, columns) * uniform(generator, 0.3, 2.0, rows, columns), "logvar": logvar}


def _reparameterize(generator: torch.Generator) -> list[dict]:
    """One sample a row, then several, then noise with two axes in front."""

    def case(name: str, rows: int, columns: int, *samples: int) -> dict:
        shape = (*samples, rows, columns)
        noise = {"eps": normal(generator, *shape), "weights": normal(generator, *shape)}
        return {"case": name, **_gaussian(generator, rows, columns), **noise}

    return [case("one", B, Z), case("many", 3, 7, K), case("stack", B, Z, 2, 3)]


def _sample_posterior(generator: torch.Generator) -> list[dict]:
    """Once with a generator, and many draws; once without."""

    def case(name: str, rows: int, columns: int, samples: int) -> dict:
        given = _gaussian(generator, rows, columns)
        return {
            "case": name, **given, "sigma": given["logvar"].div(2).exp(), "K": samples, "n": 1009,
            "weights": uniform(generator, 1.0, 2.0, samples, rows, columns),
            "seed": fresh_seed(generator),
        }

    return [case("plain", B, Z, K), case("by_itself", 3, 2, 7)]


def _case(generator: torch.Generator, name: str, f: str, samples: int, rows: int, columns: int) -> dict:
    return {
        "case": name, **random_function(generator, f, columns), **_gaussian(generator, rows, columns),
        "eps": normal(generator, samples, rows, columns),
    }


def _pathwise_gradient(generator: torch.Generator) -> list[dict]:
    """A wavy function and a bowl at random noise; then a bowl at four noises that make its average exact."""
    plain = _case(generator, "plain", "waves", K, B, Z)
    wide = _case(generator, "wide", "bowl", 7, 3, 5)
    exact = _case(generator, "exact", "bowl", 4, B, 3)
    corners = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=torch.float64)  # (4, 3)
    return [plain, wide, exact | {"eps": corners[:, None] * signs(generator, 1, B, 3)}]


def _score_function_gradient(generator: torch.Generator) -> list[dict]:
    """A black box, a function with slopes, a black box at noises that make its average exact; then two with baselines."""
    plain = _case(generator, "plain", "waves", K, B, Z)
    smooth = _case(generator, "smooth", "bowl", 7, 3, 5)
    exact = _case(generator, "exact", "bowl", 6, B, 1)
    root = 3**0.5
    nodes = torch.tensor([0.0, 0, 0, 0, root, -root], dtype=torch.float64)  # equal weights for 2/3, 1/6 and 1/6
    number = _case(generator, "number", "bowl", K, B, Z)
    rows = _case(generator, "rows", "waves", 7, 3, 5)
    level = {"level": float(uniform(generator, 2.0, 4.0, 1))}
    return [
        plain, smooth, exact | {"eps": nodes[:, None, None].expand(6, B, 1).clone()},
        number | level | {"baseline": float(uniform(generator, 1.0, 3.0, 1))},
        rows | level | {"baseline": uniform(generator, 1.0, 3.0, 3) * signs(generator, 3)},
    ]


def _blind(model) -> None:
    model.to_x.weight.zero_()


def _sgvb_a(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose encoder gives the posterior."""
    return [
        model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        model_case(generator, "posterior", "gaussian", K, B, D, Z, to_the_posterior),
    ]


def _sgvb_b(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose decoder does not look at z."""
    return [
        model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        model_case(generator, "blind", "gaussian", K, B, D, Z, _blind),
    ]
