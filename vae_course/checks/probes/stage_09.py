"""Probes of stage 09."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from vae_course.checks.probes.shared import weighted
from vae_course.checks.probing import Case, Evidence, gradients, pair, tensor
from vae_course.checks.trouble import Unfit, a


def _kept(function: Callable, *inputs: Tensor) -> str:
    """Whether tensors hold the same numbers after a call."""
    given = [value.clone() for value in inputs]
    function(*given)
    return "kept" if all(map(torch.equal, given, inputs)) else "changed"


class _Guess:
    """A network's place: a guess for x_0, or for the noise, of every row from that row and its step; it notes what it is asked."""

    def __init__(self, case: Case, name: str):
        self.name = name
        self.slope, self.shift, self.bend = (case[key].clone().requires_grad_() for key in ("slope", "shift", "bend"))
        self.asked: list[tuple[int, Tensor]] = []

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        if not isinstance(x, Tensor) or x.shape[-1] != self.shift.shape[1] or x.dim() < 2:
            given = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else a(type(x).__name__)
            raise Unfit(f"{self.name} was given {given} in place of x_t; it takes shape (N, {self.shift.shape[1]}), whole rows.")
        if not isinstance(t, Tensor) or t.is_floating_point() or t.is_complex() or t.shape != x.shape[:-1]:
            given = f"shape {tuple(t.shape)} of {t.dtype}" if isinstance(t, Tensor) else a(type(t).__name__)
            wanted = tuple(x.shape[:-1])
            raise Unfit(f"{self.name} was given {given} for t; it takes whole numbers, one step a row of x_t, here shape {wanted}.")
        rows, steps = x.reshape(-1, x.shape[-1]).detach(), t.reshape(-1).tolist()
        self.asked += zip(steps, rows.clone(), strict=True)
        slope, shift, bend = (given[t.long()] for given in (self.slope, self.shift, self.bend))
        return slope[..., None] * x + shift + bend[..., None] * x.sin()

    def parameters(self) -> dict[str, Tensor]:
        return {"slope": self.slope, "shift": self.shift, "bend": self.bend}

    def states(self, rows: int, steps: list[int]) -> Evidence:
        """What the first rows were that it was asked about at each of the steps, (steps, rows, D); or where it was not asked."""
        seen: Mapping[int, list[Tensor]] = {t: [] for t in steps}
        for t, row in self.asked:
            seen.setdefault(t, []).append(row)
        missed = [t for t in steps if len(seen[t]) < rows]
        if missed:
            return {"asked": f"{len(steps) - len(missed)} of {len(steps)}"}
        return {"asked": f"{len(steps)} of {len(steps)}", "states": torch.stack([torch.stack(seen[t][:rows]) for t in steps])}


# --- noise ---


def noise(ns, case: Case) -> Evidence:
    x0, t, path, eps = (case[key] for key in ("x0", "t", "alpha_bar", "eps"))

    def value(x0, t, eps):
        return tensor(ns["noise"](x0.clone(), t.clone(), path.clone(), eps.clone()), "noise").detach().clone()

    return {
        "xt": value(x0, t, eps),
        "again": value(x0, t, eps),
        "alone": value(x0[:1], t[:1], eps[:1]),
        "still": value(x0, t, torch.zeros_like(eps)),
        "pure": value(torch.zeros_like(x0), t, eps),
        "turned": value(x0.flip(0), t.flip(0), eps.flip(0)),
        "argument": _kept(ns["noise"], x0, t, path, eps),
    }


# --- prior_end ---


def prior_end(ns, case: Case) -> Evidence:
    x0, path = case["x0"], case["alpha_bar"]

    def value(x0, path=path):
        return tensor(ns["prior_end"](x0.clone(), path.clone()), "prior_end").detach().clone()

    return {
        "kl": value(x0),
        "again": value(x0),
        "alone": value(x0[:1]),
        "first": value(x0[:, :1]),
        "rest": value(x0[:, 1:]),
        "mirrored": value(-x0),
        "detour": value(x0, case["detour"]),
        "argument": _kept(ns["prior_end"], x0, path),
    }


# --- reverse_posterior ---


def reverse_posterior(ns, case: Case) -> Evidence:
    x0, xt, t, path = (case[key] for key in ("x0", "xt", "t", "alpha_bar"))

    def both(end, x0, xt, t):
        found = pair(
            ns["reverse_posterior"](x0.clone(), xt.clone(), t.clone(), path.clone()), "mean, var", "reverse_posterior",
        )
        names = (("mean", "The mean"), ("var", "The variance"))
        return {
            f"{key}{end}": tensor(given, f"{what} that reverse_posterior returned", "is").detach().clone()
            for (key, what), given in zip(names, found, strict=True)
        }

    evidence = both("", x0, xt, t)
    if case["case"] == "first_step":
        return evidence | both("_other", x0, case["other_xt"], t)
    return {
        **evidence,
        **both("_again", x0, xt, t),
        **both("_alone", x0[:1], xt[:1], t[:1]),
        **both("_along", x0, case["along"], t),
        **both("_turned", x0.flip(0), xt.flip(0), t.flip(0)),
        **both("_other", case["other_xt"], case["other_xt"], t),
        "argument": _kept(ns["reverse_posterior"], x0, xt, t, path),
    }


# --- step_kl ---


def step_kl(ns, case: Case) -> Evidence:
    x0, xt, x0_hat, t, path = (case[key] for key in ("x0", "xt", "x0_hat", "t", "alpha_bar"))

    def value(x0, xt, x0_hat, t=t):
        given = ns["step_kl"](x0.clone(), xt.clone(), x0_hat.clone(), t.clone(), path.clone())
        return tensor(given, "step_kl")

    leaf = x0_hat.clone().requires_grad_()
    slope = gradients(weighted(value(x0, xt, leaf), case["weights"]), {"x0_hat": leaf})
    seen = {
        "kl": value(x0, xt, x0_hat),
        "again": value(x0, xt, x0_hat),
        "alone": value(x0[:1], xt[:1], x0_hat[:1], t[:1]),
        "turned": value(x0.flip(0), xt.flip(0), x0_hat.flip(0), t.flip(0)),
        "right_guess": value(x0, xt, x0),
        "twice_off": value(x0, xt, 2 * x0_hat - x0),
        "other_xt": value(x0, case["other_xt"], x0_hat),
        "first": value(x0[:, :1], xt[:, :1], x0_hat[:, :1]),
        "rest": value(x0[:, 1:], xt[:, 1:], x0_hat[:, 1:]),
    }
    return {key: given.detach().clone() for key, given in seen.items()} | slope


# --- diffusion_bound ---


def diffusion_bound(ns, case: Case) -> Evidence:
    x0, path, eps = case["x0"], case["alpha_bar"], case["eps"]
    guess = _Guess(case, "predict")

    def value(x0, eps, predict):
        return tensor(ns["diffusion_bound"](x0.clone(), predict, path.clone(), eps.clone()), "diffusion_bound")

    found = value(x0, eps, guess)
    moved = eps.clone()
    moved[:, 0] += 1
    seen = {
        "bound": found,
        "again": value(x0, eps, _Guess(case, "predict")),
        "alone": value(x0[:1], eps[:, :1], _Guess(case, "predict")),
        "moved": value(x0, moved, _Guess(case, "predict")),
        "another": value(x0, case["other_eps"], _Guess(case, "predict")),
    }
    return {
        **{key: given.detach().clone() for key, given in seen.items()},
        **guess.states(len(x0), list(range(1, len(path)))),
        **({} if case["case"] in ("known", "one_step") else gradients(weighted(found, case["weights"]), guess.parameters())),
    }


# --- noise_weight ---


def noise_weight(ns, case: Case) -> Evidence:
    t, path = case["t"], case["alpha_bar"]

    def value(t):
        return tensor(ns["noise_weight"](t.clone(), path.clone()), "noise_weight").detach().clone()

    return {
        "weight": value(t),
        "again": value(t),
        "alone": value(t[:1]),
        "turned": value(t.flip(0)),
        "argument": _kept(ns["noise_weight"], t, path),
    }


# --- simple_loss ---


def simple_loss(ns, case: Case) -> Evidence:
    x0, t, path, eps = (case[key] for key in ("x0", "t", "alpha_bar", "eps"))
    guess = _Guess(case, "predict_noise")

    def value(x0, t, eps, predict=None):
        predict = predict or _Guess(case, "predict_noise")
        return tensor(ns["simple_loss"](x0.clone(), predict, path.clone(), t.clone(), eps.clone()), "simple_loss")

    found = value(x0, t, eps, guess)
    seen = {
        "loss": found,
        "again": value(x0, t, eps),
        "twice": value(*(torch.cat([given, given]) for given in (x0, t, eps))),
        "first_row": value(x0[:1], t[:1], eps[:1]),
        "others": value(x0[1:], t[1:], eps[1:]),
    }
    asked = guess.asked[: len(x0)]
    enough = len(asked) == len(x0)
    return {
        **{key: given.detach().clone() for key, given in seen.items()},
        **({"asked_t": torch.tensor([float(step) for step, _ in asked]),
            "states": torch.stack([row for _, row in asked])} if enough else {}),
        "asked": "every row" if enough else f"{len(asked)} rows",
        **({} if case["case"] == "known" else gradients(found, guess.parameters())),
    }


# --- sample_chain ---


def sample_chain(ns, case: Case) -> Evidence:
    path, noises = case["alpha_bar"], case["noises"]
    guess = _Guess(case, "predict")

    def value(noises, predict=None):
        predict = predict or _Guess(case, "predict")
        return tensor(ns["sample_chain"](predict, path.clone(), noises.clone()), "sample_chain").detach().clone()

    last, first, alone = (noises.clone() for _ in range(3))
    last[0] += 1
    first[-1] += 1
    alone[:, 0] += 1
    return {
        "x0": value(noises, guess),
        "again": value(noises),
        "last": value(last),
        "first": value(first),
        "moved": value(alone),
        "quiet": value(torch.zeros_like(noises)),
        **guess.states(noises.shape[1], list(range(len(path) - 1, 0, -1))),
    }
