"""Numbers and models for the inputs of a check, in float64, from a case's own generator."""

from collections.abc import Callable

import torch

from vae_course.models.fixtures import MODELS, describe
from vae_course.models.linear_model import LinearModel


def normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> torch.Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def signs(generator: torch.Generator, *shape: int) -> torch.Tensor:
    """1 or -1, each as likely."""
    return 2.0 * torch.randint(2, shape, generator=generator).double() - 1


def fresh_seed(generator: torch.Generator) -> int:
    """A seed for a generator that a probe makes."""
    return int(torch.randint(2**31, (), generator=generator))


def shuffled(cases: list[dict], generator: torch.Generator) -> list[dict]:
    return [cases[index] for index in torch.randperm(len(cases), generator=generator)]


def model_case(
    generator: torch.Generator, name: str, likelihood: str, samples: int, rows: int, x_dim: int, z_dim: int,
    change: Callable[[LinearModel], None] | None = None,
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


def to_the_posterior(model: LinearModel) -> None:
    """Columns of W at right angles, so that the posterior is diagonal, and the encoder that gives it."""
    lengths = model.to_x.weight.norm(dim=0)
    model.to_x.weight.copy_(torch.linalg.qr(model.to_x.weight).Q * lengths)
    model.encode_exactly()
