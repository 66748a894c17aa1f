"""Inputs of stage 10: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, model_case, normal, uniform
from vae_course.models.gauges import Gauge, photographs

B, Z, D, K = 5, 3, 7, 11
VISIBLE = 20140501  # the draw that ships has every case


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "gauge_evidence": _gauge_evidence,
        "impossible": _impossible,
        "capstone_faults": _capstone_faults,
        "capstone_split": _capstone_split,
        "capstone_loss": _capstone_loss,
        "capstone_train": _capstone_train,
        "capstone_report": _capstone_report,
        "factor_scores": _factor_scores,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise == "capstone_train" and seed != VISIBLE:  # a run is dear: these show that it ends, and a mark looks at long_cases
        return [drawn[1] | {"case": "quick", "once_more": ""}]
    if seed != VISIBLE and exercise == "capstone_loss":  # so are models: every part gets one case
        return [drawn[seed % 2], drawn[2 + seed % 3], drawn[5]]
    if seed != VISIBLE and exercise in ("capstone_report", "capstone_split"):
        return [drawn[seed % len(drawn)]]
    return drawn


def long_cases(exercise: str, seed: int) -> list[dict]:
    """What only marking looks at, since it takes most of a second: a training run on another gauge, and a few steps three times."""
    if exercise != "capstone_train":
        return []
    generator = torch.Generator().manual_seed(seed)
    return [_run(generator, "long", 300, 600, (6, 5, 5, 2), 4, 64), _capstone_train(generator)[1]]


def _one(generator: torch.Generator, low: float, high: float) -> float:
    return float(uniform(generator, low, high, 1))


def _whole(generator: torch.Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _gauge_evidence(generator: torch.Generator) -> list[dict]:
    """A gauge of 25 pixels and fewer states; another one with more states; then 900 pixels, in single precision."""

    def case(name: str, rows: int, gauge: Gauge) -> dict:
        x, _ = photographs(gauge, rows, generator)
        return {"case": name, "x": x.double(), "states": gauge.states, "flip": gauge.flip}

    def far(rows: int) -> dict:
        states = (torch.rand(3, 900, generator=generator) < 0.5).float()
        flipped = torch.rand(rows, 900, generator=generator) < 0.2
        return {"case": "far", "x": (states[:1].bool() != flipped).float(), "states": states, "flip": 0.2}

    return [
        case("plain", B, Gauge(5, 3, 4, 1, _one(generator, 0.05, 0.2))),
        case("wide", K, Gauge(4, 3, 3, 2, _one(generator, 0.05, 0.2))), far(3),
    ]


def _impossible(generator: torch.Generator) -> list[dict]:
    """Differences with an exact mean and an exact standard error; the evidences themselves scatter far more."""

    def case(name: str, rows: int, mean: float, errors: float, wide: float = 4.0) -> dict:
        """The mean of the differences lies `errors` standard errors from 0."""
        noise = normal(generator, rows)
        noise = (noise - noise.mean()) / noise.std()
        spread = abs(mean) / errors * rows**0.5
        evidence = -15 + wide * normal(generator, rows)
        return {"case": name, "elbo": evidence + mean + spread * noise, "log_evidence": evidence}

    return [
        case("above", 40, _one(generator, 1.0, 2.0), _one(generator, 12.0, 16.0), 0.5),
        case("flagrant", 20, _one(generator, 4.0, 6.0), _one(generator, 28.0, 34.0)),
        case("handful", 5, _one(generator, 1.0, 2.0), _one(generator, 5.4, 5.9), 0.2),
        case("paired", 25, _one(generator, 0.4, 0.6), _one(generator, 4.8, 5.6)),
        case("many", 400, _one(generator, 0.04, 0.08), _one(generator, 4.8, 5.6)),
        case("below", 60, -_one(generator, 0.2, 0.4), _one(generator, 1.0, 1.6)),
        case("far below", 30, -_one(generator, 4.0, 6.0), _one(generator, 14.0, 18.0)),
        case("barely", 50, _one(generator, 0.1, 0.3), _one(generator, 0.15, 0.25)),
        case("one", 50, _one(generator, 0.1, 0.3), _one(generator, 1.3, 1.7)),
        case("three", 3, _one(generator, 0.5, 0.9), _one(generator, 1.3, 1.6)),
        case("chance", 50, _one(generator, 0.1, 0.3), _one(generator, 3.2, 3.7)),
        case("few", 5, _one(generator, 1.2, 2.0), _one(generator, 2.1, 2.4)),
    ]


def _capstone_faults(generator: torch.Generator) -> list[dict]:
    """Nothing goes in, and there is one script."""
    return [{"case": "script"}]


def _capstone_split(generator: torch.Generator) -> list[dict]:
    """Files in no order and with numbers that have gaps; files in order, saved twice each; every photograph once."""

    def case(name: str, photographs: int, most: int, ordered: bool = False, least: int = 1) -> dict:
        numbers = 3 * torch.randperm(4 * photographs, generator=generator)[:photographs] + 5
        copies = torch.randint(least, most + 1, (photographs,), generator=generator)
        copies[:3] = most
        photo = (numbers.sort().values if ordered else numbers).repeat_interleave(copies)
        if not ordered:
            photo = photo[torch.randperm(len(photo), generator=generator)]
        return {"case": name, "photo": photo, "seed": fresh_seed(generator)}

    return [
        case("plain", _whole(generator, 61, 66), 4), case("ordered", 54, 2, True, 2), case("single", 47, 1),
    ]


def _capstone_loss(generator: torch.Generator) -> list[dict]:
    """After the warm-up, twice; at its start, during it, and where there is none; and once more for the gradient."""

    def case(name: str, rows: int, x_dim: int, z_dim: int, step: int, warmup_steps: int) -> dict:
        return {
            **model_case(generator, name, "bernoulli", 1, rows, x_dim, z_dim), "step": step, "warmup_steps": warmup_steps,
        }

    T = _whole(generator, 40, 90)
    return [
        case("after", B, D, Z, T + 7, T), case("wide", 3, K, 4, T, T), case("start", B, D, Z, 0, T),
        case("during", B, D, Z, T // 3, T), case("none", B, D, Z, 0, 0), case("slopes", B, D, Z, T // 4, T),
    ]


def _run(
    generator: torch.Generator, name: str, steps: int, n: int, sizes: tuple[int, int, int, int], z_dim: int, hidden: int
) -> dict:
    gauge = Gauge(*sizes, _one(generator, 0.03, 0.06))
    pictures, _ = photographs(gauge, n, generator)
    told = dict(zip(("side", "places", "levels", "widths"), sizes))
    return {
        "case": name, "pictures": pictures.double(), "steps": steps, "z_dim": z_dim, "hidden": hidden, "flip": gauge.flip,
        "seed": fresh_seed(generator), "noise": _whole(generator, 0, 10**6), "once_more": "", **told,
    }


def _capstone_train(generator: torch.Generator) -> list[dict]:
    """A short run, and a few steps that are taken again, and anew with another generator."""
    return [
        _run(generator, "short", 160, 500, (5, 4, 4, 2), 3, 32),
        _run(generator, "brief", 4, 70, (4, 3, 3, 2), 2, 8) | {"once_more": "again, anew"},
    ]


def _capstone_report(generator: torch.Generator) -> list[dict]:
    """Two models of binary pictures, each with a latent whose mean varies too little to count as active, and one whose mean
    hardly varies at all."""

    def case(name: str, samples: int, rows: int, x_dim: int, z_dim: int) -> dict:
        drawn = model_case(generator, name, "bernoulli", samples, rows, x_dim, z_dim)
        variances = uniform(generator, 0.05, 0.6, z_dim)
        variances[1], variances[2] = _one(generator, 0.001, 0.005), _one(generator, 1e-5, 5e-5)
        weights = drawn["to_mu_weight"]
        weights *= (variances / (drawn["x"] @ weights.T).var(0)).sqrt()[:, None]
        return {**drawn, "log_evidence": -3 - uniform(generator, 0.0, 2.0, rows)}

    return [case("plain", K, 13, D, Z), case("wide", 4, 17, 5, 4)]


def _factor_scores(generator: torch.Generator) -> list[dict]:
    """Codes from which the factors can be told well or less well; codes of noise; and new data that lie elsewhere."""

    def case(name: str, rows: int, new: int, z_dim: int, factors: int, noise: float, shift: float = 0.0) -> dict:
        mix = normal(generator, factors, z_dim)
        spreads = noise * torch.linspace(0.5, 1.5, factors, dtype=torch.float64)

        def draw(n: int, shift: float) -> tuple[torch.Tensor, torch.Tensor]:
            codes = normal(generator, n, z_dim) + 0.7 + shift
            return codes, 2 + codes @ mix.T * (name != "noise") + spreads * normal(generator, n, factors)

        (codes, told), (new_codes, new_told) = draw(rows, 0.0), draw(new, shift)
        return {"case": name, "codes": codes, "factors": told, "new_codes": new_codes, "new_factors": new_told}

    return [
        case("plain", 31, 17, Z, 2, 0.6), case("wide", 41, 23, 4, 3, 0.6), case("noise", 19, 23, B, Z, 1.0),
        case("moved", 37, 19, Z, 2, 1.0, 1.5),
    ]
