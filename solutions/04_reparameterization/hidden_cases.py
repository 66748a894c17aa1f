"""Inputs of stage 04: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, normal, uniform
from vae_course.models.fixtures import MODELS, describe, random_function

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


def _signs(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return 2.0 * torch.randint(2, shape, generator=generator).double() - 1


def _gaussian(generator: torch.Generator, rows: int, columns: int, centre: float = 0.0) -> dict:
    """Means and log-variances; no standard deviation near 1, where most mistakes about it are silent."""
    logvar = centre + _signs(generator, rows, columns) * uniform(generator, 0.5, 1.8, rows, columns)
    return {"mu": _signs(generator, rows, columns) * uniform(generator, 0.3, 2.0, rows, columns), "logvar": logvar}


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
    return [plain, wide, exact | {"eps": corners[:, None] * _signs(generator, 1, B, 3)}]


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
        rows | level | {"baseline": uniform(generator, 1.0, 3.0, 3) * _signs(generator, 3)},
    ]


def _model_case(
    generator: torch.Generator, name: str, likelihood: str, samples: int, rows: int, x_dim: int, z_dim: int, change=None
) -> dict:
    """A random model, data that it gives to random codes, and two sets of noise."""
    model = MODELS[likelihood](x_dim, z_dim, float(uniform(generator, 0.5, 0.9, 1))).double()
    with torch.no_grad():
        for layer, scale in ((model.to_mu, 0.2), (model.to_logvar, 0.12), (model.to_x, 0.5)):
            layer.weight.copy_(scale * normal(generator, *layer.weight.shape))
            layer.bias.copy_(0.5 * normal(generator, *layer.bias.shape))
        model.to_logvar.bias.sub_(1.0)  # a q narrower than the prior, as of an encoder that has learned something
        if change:
            change(model)
        mean = model.decode(normal(generator, rows, z_dim))
        noise = normal(generator, rows, x_dim)
        x = mean + model.sigma * noise if likelihood == "gaussian" else (mean + noise > 0).double()
    return {
        "case": name, **describe(model), "x": x, "weights": normal(generator, rows),
        "eps": normal(generator, samples, rows, z_dim), "other_eps": normal(generator, samples, rows, z_dim),
    }


def _to_the_posterior(model) -> None:
    """Columns of W at right angles, so that the posterior is diagonal, and the encoder that gives it."""
    lengths = model.to_x.weight.norm(dim=0)
    model.to_x.weight.copy_(torch.linalg.qr(model.to_x.weight).Q * lengths)
    model.encode_exactly()


def _blind(model) -> None:
    model.to_x.weight.zero_()


def _sgvb_a(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose encoder gives the posterior."""
    return [
        _model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        _model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        _model_case(generator, "posterior", "gaussian", K, B, D, Z, _to_the_posterior),
    ]


def _sgvb_b(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose decoder does not look at z."""
    return [
        _model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        _model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        _model_case(generator, "blind", "gaussian", K, B, D, Z, _blind),
    ]
