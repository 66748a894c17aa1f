"""Inputs of stage 03: the same shapes every time, fresh numbers for every seed."""

import torch


def cases(exercise: str, seed: int) -> list[dict]:
    return {"gaussian_kl": _gaussian_kl}[exercise](torch.Generator().manual_seed(seed))


def _gaussian_kl(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, then codes so sharp, or so broad, that a clipped or patched logarithm shows."""

    def case(name: str, rows: int, columns: int, centre: float = 0.0, dtype=torch.float64) -> dict:
        mu = 1.5 * torch.randn(rows, columns, generator=generator, dtype=torch.float64)
        logvar = centre + torch.randn(rows, columns, generator=generator, dtype=torch.float64)
        return {"case": name, "mu": mu.to(dtype), "logvar": logvar.to(dtype)}

    return [
        case("plain", 5, 3),
        case("wide", 3, 7, centre=-0.5),
        case("narrow", 5, 3, centre=-60.0, dtype=torch.float32),
        case("broad", 5, 3, centre=30.0, dtype=torch.float32),
    ]
