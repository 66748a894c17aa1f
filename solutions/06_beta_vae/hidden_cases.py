"""Inputs of stage 06: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import model_case, normal, signs, uniform

B, Z, D, K = 5, 3, 7, 11
VISIBLE = 20140501  # the draw that ships has every case


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "beta_elbo": _beta_elbo,
        "linear_rates": _linear_rates,
        "rate_distortion": _rate_distortion,
        "active_units": _active_units,
        "kl_weight": _kl_weight,
        "free_bits": _free_bits,
        "rate_target": _rate_target,
        "running_log_odds": _running_log_odds,
        "clinic_diagnoses": _clinic,
        "clinic_treatments": _clinic,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise == "rate_distortion" and seed != VISIBLE:  # models are dear: fresh draws take them in turn
        return [drawn[seed % len(drawn)]]
    return drawn


def _one(generator: torch.Generator, low: float, high: float) -> float:
    return float(uniform(generator, low, high, 1))


def _beta_elbo(generator: torch.Generator) -> list[dict]:
    """A price above 1 and one below, neither near a number at which two formulas meet."""

    def case(name: str, rows: int, low: float, high: float) -> dict:
        return {
            "case": name, "expected_log_likelihood": -uniform(generator, 4.0, 20.0, rows),
            "kl": uniform(generator, 1.0, 6.0, rows), "beta": _one(generator, low, high),
        }

    return [case("dear", B, 2.5, 4.5), case("cheap", 7, 0.2, 0.4)]


def _linear_rates(generator: torch.Generator) -> list[dict]:
    """Two with every direction above the threshold, one of them by more than 3 nats, then all below it, then some, one
    without any variance.
    """

    def case(name: str, sigma: float, beta: float, *relative: torch.Tensor) -> dict:
        order = torch.cat(relative)[torch.randperm(sum(map(len, relative)), generator=generator)]
        return {"case": name, "variances": order * beta * sigma**2, "sigma": sigma, "beta": beta}

    def above(directions: int) -> torch.Tensor:
        return uniform(generator, 1.5, 12.0, directions)

    def below(directions: int) -> torch.Tensor:
        return uniform(generator, 0.05, 0.7, directions)

    none = torch.zeros(1, dtype=torch.float64)
    return [
        case("dear", _one(generator, 0.4, 0.7), _one(generator, 2.5, 4.5), above(Z)),
        case("cheap", _one(generator, 1.4, 2.0), _one(generator, 0.3, 0.6), above(D - 1), uniform(generator, 600.0, 2000.0, 1)),
        case("all below", _one(generator, 1.4, 2.0), _one(generator, 0.3, 0.6), below(B)),
        case("some below", _one(generator, 0.4, 0.7), _one(generator, 2.5, 4.5), above(4), below(6), none),
    ]


def _silent(model) -> None:
    """An encoder that gives the prior for every x."""
    for layer in (model.to_mu, model.to_logvar):
        layer.weight.zero_()
        layer.bias.zero_()


def _rate_distortion(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose encoder gives the prior for every x."""
    return [
        model_case(generator, "gaussian", "gaussian", K, B, D, Z),
        model_case(generator, "bernoulli", "bernoulli", 7, 3, 11, 5),
        model_case(generator, "silent", "gaussian", 3, B, D, 2, _silent),
    ]


def _active_units(generator: torch.Generator) -> list[dict]:
    """The threshold that is not named, others below 1 and above it, and 0. The variances are exact, and divided by N or by
    N - 1 they stay on their side of the threshold.

    Columns: some far above and some a little above; some below by a little, of which some owe it to one image alone, and
    some by a lot with a mean far from 0; one that is the same number for every x. In one case those a little above are
    there twice, once with the other sign.
    """

    def case(name: str, rows: int, threshold: float, *numbers_of: int) -> dict:
        far, near, under, stray, idle = numbers_of
        scale = threshold or 0.1  # then the smallest variances are below the usual threshold
        variances = scale * torch.cat([
            uniform(generator, 4.0, 30.0, far), uniform(generator, 1.15, 1.4, near),
            uniform(generator, 0.7, 0.85, under + stray), uniform(generator, 0.04, 0.08, idle),
            torch.zeros(1, dtype=torch.float64),
        ])
        means = torch.cat([
            0.3 * normal(generator, far), torch.zeros(near + under + stray).double(),
            signs(generator, idle) * uniform(generator, 1.0, 2.0, idle), torch.full((1,), 0.5).double(),
        ])
        draws = normal(generator, rows, len(variances))
        draws[:, far + near + under : far + near + under + stray] = torch.eye(rows).double()[:, :stray]
        draws = (draws - draws.mean(0)) / draws.std(0)
        mu = means + variances.sqrt() * draws
        if name == "copied":
            mu = torch.cat([mu, -mu[:, far : far + near]], 1)
        order = torch.randperm(mu.shape[1], generator=generator)
        if name == "zero":  # a column without variance goes through a decomposition as exact zeros only when it is the last
            order = torch.arange(mu.shape[1])
        return {"case": name, "mu": mu[:, order], "threshold": threshold}

    return [
        case("default", 17, 0.01, 2, 1, 1, 1, 2), case("strict", 23, 0.4, 1, 1, 2, 1, 3), case("zero", 13, 0.0, 1, 1, 1, 0, 1),
        case("copied", 19, 0.05, 1, 2, 1, 0, 2), case("lax", 19, 2.0, 2, 1, 1, 1, 2), case("asleep", 17, 0.3, 0, 0, 2, 1, 2),
        case("quiet", 13, 5.0, 0, 0, 2, 1, 2),  # one variance over all entries is below the threshold too
    ]


def _kl_weight(generator: torch.Generator) -> list[dict]:
    """A short warm-up and a long one, with steps before, at and after their ends; one of a step, one of two; then none."""

    def case(name: str, low: int, high: int) -> dict:
        T = int(torch.randint(low, high, (), generator=generator))
        early, late = int(T * _one(generator, 0.15, 0.35)), int(T * _one(generator, 0.65, 0.85))
        past = T + int(T * _one(generator, 0.2, 0.4))
        steps = [0, 1, early, late, T - 1, T, T + 1, past, 7 * T + 3]
        return {"case": name, "warmup_steps": T, "steps": torch.tensor(steps)}

    later = int(torch.randint(5, 50, (), generator=generator))
    return [
        case("short", 17, 40), case("long", 700, 2000),
        {"case": "one", "warmup_steps": 1, "steps": torch.tensor([0, 1, 2, later])},
        {"case": "two", "warmup_steps": 2, "steps": torch.tensor([0, 1, 2, later])},
        {"case": "none", "warmup_steps": 0, "steps": torch.tensor([0, 1, later])},
    ]


def _free_bits(generator: torch.Generator) -> list[dict]:
    """Dimensions above the floor and below it, one row of each far above; in one case all together are below one floor.

    For the gradients two more, one with every dimension above.
    """

    def case(name: str, rows: int, above: int, below: int, least: float = 0.4, most: float = 0.8) -> dict:
        floor, columns = _one(generator, 0.3, 0.6), above + below
        spread = uniform(generator, 0.1, 1.0, rows, columns)
        spread[torch.randint(rows, (columns,), generator=generator), torch.arange(columns)] = 0.6 * rows
        means = torch.cat([uniform(generator, 1.3, 3.0, above), uniform(generator, least, most, below)]) * floor
        kl = spread / spread.mean(0) * means
        return {"case": name, "kl_per_dim": kl[:, torch.randperm(columns, generator=generator)], "floor": floor}

    return [
        case("mixed", B, 1, 2), case("wide", 11, 3, 4, 0.02, 0.12), case("dying", 7, 0, Z, 0.05, 0.3),
        case("slopes", 7, 3, 2), case("all above", B, Z, 0),
    ]


def _rate_target(generator: torch.Generator) -> list[dict]:
    """More than the target, less than it, and less than it even together with recon."""

    def case(name: str, share: float, target: float, recon: float) -> dict:
        one = {"recon": recon, "kl": share * target}
        return {"case": name, "target": target, **{key: torch.tensor(v, dtype=torch.float64) for key, v in one.items()}}

    return [
        case("above", _one(generator, 1.3, 1.9), _one(generator, 2.5, 6.0), _one(generator, 8.0, 25.0)),
        case("below", _one(generator, 0.3, 0.7), _one(generator, 2.5, 6.0), _one(generator, 8.0, 25.0)),
        case("little", _one(generator, 0.2, 0.4), _one(generator, 4.0, 6.0), _one(generator, 0.4, 1.2)),
    ]


def _running_log_odds(generator: torch.Generator) -> list[dict]:
    """Coins of all kinds; two rows have one side only. Row 1 is turned at flip `at`."""

    def case(name: str, rows: int, flips: int) -> dict:
        x = (torch.rand(rows, flips, generator=generator) < torch.rand(rows, 1, generator=generator)).double()
        x[-2], x[-1] = 1.0, 0.0
        x[0, :3] = torch.tensor([1.0, 1.0, 0.0])
        return {"case": name, "x": x, "at": flips // 2}

    return [case("plain", B, D), case("long", 7, 16)]


def _clinic(generator: torch.Generator) -> list[dict]:
    """Nothing goes in, and there is one clinic."""
    return [{"case": "clinic"}]
