"""Probes of stage 04."""

import torch

from vae_course.checks.probes.shared import standardised, trainable, weighted
from vae_course.checks.probing import Case, Evidence, gradients, kinds, pair, summary, tensor
from vae_course.models import fixtures


def _fresh(*given: torch.Tensor) -> list[torch.Tensor]:
    """Copies without a history; a gradient can be asked of those of which it could be asked before."""
    return [value.detach().clone().requires_grad_(value.requires_grad) for value in given]


# --- reparameterize ---


def reparameterize(ns, case: Case) -> Evidence:
    mu, logvar = (case[name].requires_grad_() for name in ("mu", "logvar"))
    eps, weights = case["eps"], case["weights"]
    given = eps.clone()

    def sample(mu, logvar, eps):
        return tensor(ns["reparameterize"](mu, logvar, eps), "reparameterize").clone()

    value = sample(mu, logvar, given)
    moved = eps.clone()
    moved[..., 1, 2] += 1
    return {
        "z": value,
        **gradients(weighted(value, weights), {"mu": mu, "logvar": logvar}),
        "again": sample(mu, logvar, given),
        "still": sample(mu, logvar, torch.zeros_like(eps)),
        "moved": sample(mu, logvar, moved),
        "doubled": sample(mu, logvar, 2 * eps),
        "alone": sample(mu[:1], logvar[:1], eps[..., :1, :].clone()),
    }


# --- sample_posterior ---


def _facts(case: Case, evidence: Evidence) -> Evidence:
    """The few draws as they came; facts about them in words; and of the many the moments of the noise in them."""
    z, mu, sigma = evidence["z"], case["mu"], case["sigma"]
    told = {"z": z, "shape": str(tuple(z.shape))}
    if z.shape != (case["K"], *mu.shape) or evidence["again"].shape != z.shape:
        return told
    told["repeated"] = "yes" if torch.equal(evidence["again"], z) else "no"
    step = evidence["again"].double() - mu
    told |= _slope("mu", evidence["d_mu"], case["weights"].sum(0))
    told |= _slope("logvar", evidence["d_logvar"], (case["weights"] * step.square()).sum(0) / 2)
    if "many" not in evidence or evidence["many"].shape != (case["n"], *mu.shape):
        return told
    noise = (evidence["many"].double() - mu) / sigma  # (n, B, Z)
    told["shared"] = _shared(noise)
    return told | _moments(noise) if told["shared"] == "" else told


def _slope(name: str, got: object, want: torch.Tensor) -> Evidence:
    """In a word, whether a gradient is there and has the value that follows from the draws; and one entry of each."""
    if got == "broken":
        return {f"d_{name}": got}
    if not isinstance(got, torch.Tensor) or not got.any():
        return {f"d_{name}": "none"}
    right = got.shape == want.shape and bool(((got - want).abs() <= 1e-6 * want.abs().max()).all())
    word = "right" if right else "wrong"
    return {f"d_{name}": word, f"of_{name}": float(got.flatten()[0]), f"to_{name}": float(want[0, 0])}


def _shared(noise: torch.Tensor) -> str:
    """Which axes of noise that should be drawn afresh everywhere, (n, B, Z), have the same numbers all along."""
    if bool((noise.abs() < 1e-2).all()):
        return "none"
    names = {"samples": noise[:1], "rows": noise[:, :1], "dimensions": noise[:, :, :1]}
    return " and ".join(name for name, first in names.items() if bool(((noise - first).abs() < 1e-2).all()))


def _moments(noise: torch.Tensor) -> Evidence:
    """Moments of (n, B, Z) draws: those of `standardised`, and the correlations with what stands next on every axis."""
    unit, mean, log_variance, tails = standardised(noise, 0)
    return {
        "mean": mean,
        "log_variance": log_variance,
        "columns": (unit[:, :, 1:] * unit[:, :, :-1]).mean(0),
        "rows": (unit[:, 1:] * unit[:, :-1]).mean(0),
        "samples": (unit[1:] * unit[:-1]).mean(),
        "tails": tails,
    }


@kinds(
    z="property", of_mu="property", of_logvar="property", to_mu="property", to_logvar="property", mean="statistic",
    log_variance="statistic", columns="statistic", rows="statistic", samples="statistic", tails="statistic",
)
@summary(_facts)
def sample_posterior(ns, case: Case) -> Evidence:
    mu, logvar = (case[name].requires_grad_() for name in ("mu", "logvar"))
    # the global state is another one for each of the runs from which the standard errors come
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))
    given = {} if case["case"] == "by_itself" else {"generator": generator}

    def draw(K):
        return tensor(ns["sample_posterior"](mu, logvar, K, **given), "sample_posterior")

    z, again = draw(case["K"]), draw(case["K"])
    weights = case["weights"]
    if again.shape == weights.shape:  # all terms of the sum are then pulled to one side, and none cancels another
        weights = weights * (again - mu).detach()
    evidence = {
        "z": z,
        "again": again,
        **gradients(weighted(z, case["weights"]), {"mu": mu}),
        **gradients(weighted(again, weights), {"logvar": logvar}),
    }
    return evidence if case["case"] == "by_itself" else {**evidence, "many": draw(case["n"]).detach()}


# --- the two gradients ---


def _estimate(ns, what: str, name: str, *given: object) -> Evidence:
    """The pair of gradients that `what` gives, under names that end in `name`."""
    d_mu, d_logvar = pair(ns[what](*given), "d_mu, d_logvar", what)
    return {
        f"d_mu{name}": tensor(d_mu, f"The gradient of {what} with respect to mu", "is").detach().clone(),
        f"d_logvar{name}": tensor(d_logvar, f"The gradient of {what} with respect to logvar", "is").detach().clone(),
    }


def _gradients_of_an_average(ns, what: str, f, mu, logvar, eps) -> Evidence:
    """The estimate, and once more for the same arguments, for one row, for moved noise, and for every sample four times."""
    moved = eps.clone()
    moved[:, 0] += 1
    several = eps.repeat(4, 1, 1)
    evidence = {}
    for name, noise, rows in (
        ("_alone", eps[:, :1].clone(), slice(0, 1)), ("_moved", moved, slice(None)), ("_repeated", several, slice(None)),
    ):
        evidence |= _estimate(ns, what, name, f, *_fresh(mu[rows], logvar[rows]), noise)
    kept = eps.clone()
    return {
        **_estimate(ns, what, "", f, mu, logvar, kept),
        **_estimate(ns, what, "_again", f, mu, logvar, kept),
        **evidence,
    }


def pathwise_gradient(ns, case: Case) -> Evidence:
    what, f, eps = "pathwise_gradient", fixtures.function(case), case["eps"]
    mu, logvar = (case[name].requires_grad_(case["case"] == "plain") for name in ("mu", "logvar"))
    plane = fixtures.function({**case, "f": "plane"})
    return {
        **_gradients_of_an_average(ns, what, f, mu, logvar, eps),
        **_estimate(ns, what, "_plane", plane, *_fresh(mu, logvar), eps),
    }


def score_function_gradient(ns, case: Case) -> Evidence:
    what, f, eps, baseline = "score_function_gradient", fixtures.function(case), case["eps"], case.get("baseline", 0.0)
    smooth = case["case"] == "smooth"
    mu, logvar = (case[name].requires_grad_(smooth) for name in ("mu", "logvar"))
    f = f if smooth else fixtures.black_box(f)
    if "baseline" not in case:
        twice = _estimate(ns, what, "_twice", lambda z: 2 * f(z), *_fresh(mu, logvar), eps)
        return {**_gradients_of_an_average(ns, what, f, mu, logvar, eps), **twice}
    flat = fixtures.function({**case, "f": "flat"})
    return {
        **_estimate(ns, what, "", f, mu, logvar, eps.clone(), baseline),
        **_estimate(ns, what, "_flat", flat, mu, logvar, eps.clone(), 0 * baseline + case["level"]),
    }


# --- the two estimators of the bound ---


def _bound(ns, case: Case, what: str) -> Evidence:
    """The estimate with the gradients of everything in the model, and again where something about it was changed."""
    x, eps = case["x"], case["eps"]

    def estimate(model, x, eps):
        return tensor(ns[what](x, model, eps.clone()), what)

    model = fixtures.model(case)
    value = estimate(model, x, eps)
    moved = eps.clone()
    moved[:, 0] += 1
    return {
        "bound": value,
        **gradients(weighted(value, case["weights"]), trainable(model)),
        "again": estimate(model, x, eps),
        "alone": estimate(model, x[:1], eps[:, :1]),
        "moved": estimate(model, x, moved),
        "repeated": estimate(model, x, eps.repeat(4, 1, 1)),
        "another": estimate(model, x, case["other_eps"]),
    }


def sgvb_a(ns, case: Case) -> Evidence:
    return _bound(ns, case, "sgvb_a")


def sgvb_b(ns, case: Case) -> Evidence:
    return _bound(ns, case, "sgvb_b")
