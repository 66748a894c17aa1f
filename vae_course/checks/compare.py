"""How far one piece of evidence is from another, counted in tolerances.

    exact      float64 within 1e-6, float32 within 1e-4 of the largest entry; so is a Python float, which may be either
    coarse     within 5% of the largest entry: where a search stopped, that may stop anywhere near its end
    statistic  within 6 standard errors, or as exact where the answer does not vary
    choice     the same text (stored as a salted hash)
    property   never compared; the judge states what must hold

Shape and type come before value; NaN and infinities are symbols that must stand in the same places.
"""

from __future__ import annotations

import math

import torch

from vae_course.checks.wire import Value

SAME = 1.0
APART = {"exact": 50.0, "coarse": 1.5, "statistic": 3.0, "choice": 1.0}  # tolerances between sealed answers, at least
STANDARD_ERRORS = 6.0
COARSE = 0.05
_SINGLE = {torch.float32, torch.float16}


def gap(got: Value, want: Value, kind: str = "exact", standard_error: torch.Tensor | None = None) -> float:
    """Largest difference of `got` from `want` in tolerances; inf when type, shape, NaN or infinities differ."""
    if isinstance(got, str) or isinstance(want, str):
        return 0.0 if type(got) is type(want) and got == want else math.inf
    a, b = (torch.tensor(v, dtype=torch.float64) if isinstance(v, float) else torch.as_tensor(v) for v in (got, want))
    if a.shape != b.shape:
        return math.inf
    if not a.numel():
        return 0.0
    single = isinstance(got, float) or isinstance(want, float) or a.dtype in _SINGLE or b.dtype in _SINGLE
    rtol = COARSE if kind == "coarse" else 1e-4 if single else 1e-6
    a, b = a.detach().double().flatten(), b.detach().double().flatten()
    if kind != "statistic" or standard_error is None:  # one tolerance for all entries: the furthest tells
        furthest, largest = (a - b).abs().max().item(), b.abs().max().item()
        if math.isfinite(furthest) and math.isfinite(largest):
            return furthest / (rtol * max(largest, 1e-30))
    if torch.equal(a, b):
        return 0.0
    finite = b.isfinite()
    if not (bool(finite.all()) and bool(a.isfinite().all())):
        if not torch.equal(_symbols(a), _symbols(b)):
            return math.inf
        a, b = a[finite], b[finite]
    if not a.numel():
        return 0.0
    tolerance = torch.full_like(b, rtol * max(float(b.abs().max()), 1e-30))
    if kind == "statistic" and standard_error is not None:
        errors = standard_error.double().flatten()
        # two mistakes that share a wrong shape have no standard errors of their own
        errors = errors[finite] if errors.numel() == finite.numel() else errors.max()
        tolerance = torch.maximum(STANDARD_ERRORS * errors, tolerance)
    difference = (a - b).abs()
    return float(torch.where(difference == 0, 0.0, difference / tolerance).max())


def worst(got: torch.Tensor, want: torch.Tensor) -> tuple[int, ...]:
    """Index of the entry that differs most; one that is not finite where it should be comes first."""
    difference = (got.double() - want.double()).abs()
    difference = torch.where(got.isfinite() | ~want.isfinite(), difference.nan_to_num(0.0), torch.inf)
    flat = int(difference.flatten().argmax())
    return tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), got.shape)) if got.dim() else ()


def _symbols(values: torch.Tensor) -> torch.Tensor:
    """0 for a finite number, 1 for NaN, 2 and 3 for the infinities."""
    return values.isnan() + 2 * values.isposinf() + 3 * values.isneginf()
