"""Inputs of stage 07: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed


VISIBLE = 20140501  # the draw that ships has every case


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {"bound_is_sound": _bound_is_sound}
    return draws[exercise](torch.Generator().manual_seed(seed), seed)


# --- bound_is_sound ---


def _bound_is_sound(generator: torch.Generator, seed: int) -> list[dict]:
    """One case a program. Fresh draws take two of each group in turn: seven of them show all programs."""
    groups = (
        ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares"),
        ("mean_of_logs", "sum_of_weights", "over_images"),
        ("shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill", "written_out"),
        ("shares_reported", "log_added", "log_of_the_images", "one_mean", "best", "negated", "total", "overflowing"),
    )
    names = [name for group in groups for name in group]
    if seed != VISIBLE:
        taken = {group[(seed + step) % len(group)] for group in groups for step in (0, len(group) // 2)}
        names = [name for name in names if name in taken]
    return [
        {"case": name, "chunk": int(torch.randint(2, 5, (), generator=generator)), "seed": fresh_seed(generator)}
        for name in names
    ]
