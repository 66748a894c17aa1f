"""Inputs of stage 00: the same shapes every time, fresh numbers for every seed."""

import torch


def cases(exercise: str, seed: int) -> list[dict]:
    generator = torch.Generator().manual_seed(seed)

    def case(name: str, rows: int, columns: int) -> dict:
        x = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
        by = torch.randn(rows, generator=generator, dtype=torch.float64) * 3
        return {"case": name, "x": x, "by": by}

    return {"shift": [case("tall", 5, 3), case("square", 4, 4)]}[exercise]
