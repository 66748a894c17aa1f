"""Inputs of stage 06: the same shapes every time, fresh numbers for every seed."""

import torch


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "clinic_diagnoses": _clinic,
        "clinic_treatments": _clinic,
    }
    return draws[exercise](torch.Generator().manual_seed(seed))


# --- clinic_diagnoses, clinic_treatments ---


def _clinic(generator: torch.Generator) -> list[dict]:
    """Nothing goes in, and there is one clinic."""
    return [{"case": "clinic"}]
