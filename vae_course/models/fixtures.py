"""What a case of a check names and a probe builds: decoders, by kind and seed, in double precision."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vae_course.models.decoders import BentDecoder

def decoder(case: Mapping[str, object]) -> BentDecoder:
    """The decoder that a case describes by the tensors `A` and `B`, (D, Z) each, and the number `sigma`."""
    return BentDecoder(case["A"], case["B"], case["sigma"])


def random_decoder(generator: torch.Generator, x_dim: int, z_dim: int, sigma: float, bend: float = 0.5) -> dict:
    """The part of a case that describes a random decoder; `bend` is the size of the quadratic part, 0 for a linear one."""
    A, B = torch.randn(2, x_dim, z_dim, generator=generator, dtype=torch.float64)
    return {"A": A, "B": bend * B, "sigma": float(sigma)}
