"""Inputs of stage 09: the same shapes every time, fresh numbers for every seed."""

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.draws import normal, signs, uniform

B, D, T = 5, 7, 13
VISIBLE = 20140501
IN_TURN = ("diffusion_bound", "reverse_posterior", "sample_chain", "simple_loss", "step_kl")  # two fresh draws show every case


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "noise": _noise, "prior_end": _prior_end, "reverse_posterior": _reverse_posterior, "step_kl": _step_kl,
        "diffusion_bound": _diffusion_bound, "noise_weight": _noise_weight, "simple_loss": _simple_loss,
        "sample_chain": _sample_chain,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    return drawn[seed % 2 :: 2] if exercise in IN_TURN and seed != VISIBLE else drawn


def _path(generator: torch.Generator, steps: int, low: float = 0.1, high: float = 0.4) -> torch.Tensor:
    """alpha_bar, (steps + 1,): from 1 down, every step by a part of its own."""
    kept = 1 - uniform(generator, low, high, steps)
    return torch.cat([torch.ones(1, dtype=torch.float64), kept.cumprod(0)])


def _times(generator: torch.Generator, rows: int, first: int, steps: int) -> torch.Tensor:
    """One step for each row, no two alike, the first possible one and the last one among them."""
    inner = first + 1 + torch.randperm(steps - first - 1, generator=generator)[: rows - 2]
    return torch.cat([inner[:1], torch.tensor([first, steps]), inner[1:]])


def _state(generator: torch.Generator, name: str, rows: int, columns: int, steps: int, first: int = 1) -> dict:
    """Data and noise that are ordinary numbers, not near 0, and a step for each row."""
    return {
        "case": name, "x0": normal(generator, rows, columns), "eps": normal(generator, rows, columns),
        "t": _times(generator, rows, first, steps), "alpha_bar": _path(generator, steps),
        "weights": normal(generator, rows),
    }


def _noise(generator: torch.Generator, first: int = 1) -> list[dict]:
    """A square table, in which a number for each row also fits along the columns; then two that are not square."""
    return [
        _state(generator, name, rows, columns, steps, first)
        for name, rows, columns, steps in (("square", B, B, T), ("plain", B, D, T), ("wide", 3, 11, 17))
    ]


def _prior_end(generator: torch.Generator) -> list[dict]:
    """A short path, which leaves much; another one; and a path that leaves nothing."""

    def case(name: str, rows: int, columns: int, steps: int) -> dict:
        path = _path(generator, steps)
        detour = torch.cat([path[:1], path[:1] * uniform(generator, 0.9, 0.95, 1), path[-1:]])
        if name == "nothing_left":
            path[-1] = detour[-1] = 0.0
        return {"case": name, "x0": 1.5 * normal(generator, rows, columns), "alpha_bar": path, "detour": detour}

    return [case("plain", B, D, 4), case("wide", 3, 11, 7), case("nothing_left", B, D, 5)]


def _with_xt(case: dict, generator: torch.Generator) -> dict:
    return {**case, "xt": normal(generator, *case["x0"].shape), "other_xt": normal(generator, *case["x0"].shape)}


def _reverse_posterior(generator: torch.Generator) -> list[dict]:
    """A square table and two that are not, from t = 2 on, and one of rows that are all at t = 1. `along` is x_t where the noise is
    0, and `before` what x_{t-1} is there."""
    found = []
    for case in _noise(generator, first=2) + [_state(generator, "first_step", 3, D, T)]:
        if case["case"] == "first_step":
            case["t"] = torch.ones_like(case["t"])
        for name, t in (("along", case["t"]), ("before", case["t"] - 1)):
            case[name] = torch.einsum("b,bd->bd", case["alpha_bar"][t] ** 0.5, case["x0"])
        found.append(_with_xt(case, generator))
    return found


def _step_kl(generator: torch.Generator) -> list[dict]:
    def case(*sizes) -> dict:
        state = _with_xt(_state(generator, *sizes, first=2), generator)
        return state | {"x0_hat": state["x0"] + 0.6 * normal(generator, *state["x0"].shape)}

    return [case("square", B, B, T), case("plain", B, D, T), case("wide", 3, 11, 17)]


def _predictor(generator: torch.Generator, columns: int, steps: int) -> dict:
    """The part of a case that describes a guess for x_0 or for the noise: another one at each step."""
    return {
        "slope": uniform(generator, 0.3, 0.8, steps + 1), "shift": 0.4 * normal(generator, steps + 1, columns),
        "bend": signs(generator, steps + 1) * uniform(generator, 0.2, 0.5, steps + 1),
    }


def _sure(generator: torch.Generator, columns: int, steps: int) -> tuple[dict, torch.Tensor]:
    """A guess that is the same whatever it is asked, and what it says."""
    said = normal(generator, columns)
    nothing = torch.zeros(steps + 1, dtype=torch.float64)
    return {"slope": nothing, "bend": nothing, "shift": said.repeat(steps + 1, 1)}, said


def _chain(generator: torch.Generator, name: str, rows: int, columns: int, steps: int) -> dict:
    return {
        "case": name, "x0": normal(generator, rows, columns), "alpha_bar": _path(generator, steps, 0.15, 0.45),
        "weights": normal(generator, rows), "eps": normal(generator, steps, rows, columns),
        "other_eps": normal(generator, steps, rows, columns), **_predictor(generator, columns, steps),
    }


def _diffusion_bound(generator: torch.Generator) -> list[dict]:
    """Data that are all alike and known to the guess, so that only the two ends are left; two ordinary chains; a chain of one
    step."""
    sure, said = _sure(generator, D, 3)
    known = {**_chain(generator, "known", 3, D, 3), **sure, "x0": said.repeat(3, 1)}
    return [
        known, _chain(generator, "plain", B, D, 4), _chain(generator, "wide", 3, 11, 5), _chain(generator, "one_step", B, D, 1),
    ]


def _noise_weight(generator: torch.Generator) -> list[dict]:
    """`error`: the squared error of a guess for the noise, and `kl`: what it costs; by q(x_{t-1}|x_t, x_0) as two Gaussians that
    torch compares."""

    def case(name: str, rows: int, columns: int, steps: int) -> dict:
        t, path = _times(generator, rows, 2, steps), _path(generator, steps)
        x0, eps, missed = (normal(generator, rows, columns) for _ in range(3))
        now, before = path[t, None], path[t - 1, None]
        xt = now.sqrt() * x0 + (1 - now).sqrt() * eps
        x0_hat = (xt - (1 - now).sqrt() * (eps + 0.5 * missed)) / now.sqrt()
        step = now / before
        precision = 1 / (1 - before) + step / (1 - step)
        first, second = (
            Normal((before.sqrt() * x / (1 - before) + step.sqrt() * xt / (1 - step)) / precision, precision ** -0.5)
            for x in (x0, x0_hat)
        )
        error = 0.25 * torch.einsum("bd,bd->b", missed, missed)
        return {"case": name, "t": t, "alpha_bar": path, "error": error, "kl": kl_divergence(first, second).sum(-1)}

    return [case("plain", B, D, T), case("wide", 3, 11, 17)]


def _simple_loss(generator: torch.Generator) -> list[dict]:
    """Noise that the guess knows; then a square table and two that are not."""
    sure, said = _sure(generator, D, T)
    known = {**_state(generator, "known", 3, D, T), **sure, "eps": said.repeat(3, 1)}
    others = [{**case, **_predictor(generator, case["x0"].shape[1], len(case["alpha_bar"]) - 1)} for case in _noise(generator)]
    return [known, *others]


def _sample_chain(generator: torch.Generator) -> list[dict]:
    """A guess that knows what x_0 is; then two ordinary ones, and a chain of one step."""

    def case(name: str, rows: int, columns: int, steps: int) -> dict:
        sure = _sure(generator, columns, steps)[0]
        return {
            "case": name, "alpha_bar": _path(generator, steps, 0.15, 0.45),
            "noises": normal(generator, steps + 1, rows, columns),
            **(sure if name == "known" else _predictor(generator, columns, steps)),
        }

    return [case("known", 3, D, 3), case("plain", B, D, 4), case("wide", 3, 11, 5), case("one_step", B, D, 1)]
