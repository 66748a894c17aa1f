"""What a case of a check names and a probe builds: decoders, functions and models, in the precision of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from vae_course.models.decoders import BentDecoder
from vae_course.models.linear_model import LinearBernoulliModel, LinearModel


def decoder(case: Mapping[str, object]) -> BentDecoder:
    """The decoder that a case describes by the tensors `A` and `B`, (D, Z) each, and the number `sigma`."""
    return BentDecoder(case["A"], case["B"], case["sigma"])


def random_decoder(generator: torch.Generator, x_dim: int, z_dim: int, sigma: float, bend: float = 0.5) -> dict:
    """The part of a case that describes a random decoder; `bend` is the size of the quadratic part, 0 for a linear one."""
    A, B = torch.randn(2, x_dim, z_dim, generator=generator, dtype=torch.float64)
    return {"A": A, "B": bend * B, "sigma": float(sigma)}


def function(case: Mapping[str, object]) -> Callable[[Tensor], Tensor]:
    """The function of a code that a case names by `f`: it maps (..., Z) to (...).

    With the tensors `bend` (Z, Z) and `slope` (Z,) of the case:
    "bowl": z' bend z + slope' z, a polynomial in which the dimensions of z meet;
    "waves": the same with sin z for z in the first term, so that it goes up and down;
    "plane": slope' z alone. "flat": the number `level`, whatever z is.
    """
    name, bend, slope = case["f"], case.get("bend"), case.get("slope")
    return {
        "bowl": lambda z: torch.einsum("...i,ij,...j->...", z, bend, z) + z @ slope,
        "waves": lambda z: torch.einsum("...i,ij,...j->...", z.sin(), bend, z.sin()) + z @ slope,
        "plane": lambda z: z @ slope,
        "flat": lambda z: torch.full_like(z[..., 0], case["level"]),
    }[name]


def random_function(generator: torch.Generator, name: str, z_dim: int) -> dict:
    """The part of a case that describes a random function of a code."""
    bend = torch.randn(z_dim, z_dim, generator=generator, dtype=torch.float64)
    slope = torch.randn(z_dim, generator=generator, dtype=torch.float64)
    return {"f": name, "bend": bend, "slope": slope}


def black_box(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """`f`, of which only the values can be had: what it returns remembers nothing of what went in."""
    return lambda z: f(z.detach()).detach()


MODELS = {"gaussian": LinearModel, "bernoulli": LinearBernoulliModel}


def model(case: Mapping[str, object]) -> LinearModel:
    """The model that a case describes by its `likelihood`, its `sigma`, and weights and biases such as `to_x_weight`."""
    x_dim, z_dim = case["to_x_weight"].shape
    built = MODELS[case["likelihood"]](x_dim, z_dim, case["sigma"]).to(case["to_x_weight"].dtype)
    built.load_state_dict({name: case[name.replace(".", "_")] for name in built.state_dict()})
    return built


def describe(built: LinearModel) -> dict:
    """The part of a case that describes a model: the other way round."""
    likelihood = next(name for name, kind in MODELS.items() if type(built) is kind)
    weights = {name.replace(".", "_"): value.detach().clone() for name, value in built.state_dict().items()}
    return {"likelihood": likelihood, "sigma": built.sigma, **weights}
