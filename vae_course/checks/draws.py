"""Numbers for the inputs of a check, in float64, from a case's own generator."""

import torch


def normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> torch.Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def fresh_seed(generator: torch.Generator) -> int:
    """A seed for a generator that a probe makes."""
    return int(torch.randint(2**31, (), generator=generator))
