"""Probes of stage 06."""

import difflib
import numbers
from collections.abc import Callable, Mapping

import torch

from vae_course.checks.probing import Case, Evidence, Names, dictionary, gradients, kinds, pair, scalar, summary, tensor, unfit
from vae_course.checks.trouble import Unfit, plain
from vae_course.models import fixtures
from vae_course.models.clinic_words import CAUSES, PATIENTS, TREATMENTS


def _plain(value: object, what: str, expected: str) -> int | float | torch.Tensor:
    """What `what` returned, if it is one number or a tensor, as it is."""
    if isinstance(value, torch.Tensor):
        numeric = value.double() if value.dtype == torch.bool else value
        return tensor(numeric, what).detach()
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    raise unfit(value, what, expected)


def _number(value: int | float | torch.Tensor) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value), dtype=torch.float64)


# --- beta_elbo ---


def beta_elbo(ns, case: Case) -> Evidence:
    beta = case["beta"]
    inputs = {name: case[name].requires_grad_() for name in ("expected_log_likelihood", "kl")}
    score, kl = inputs.values()

    def objective(score, kl, beta=beta):
        return tensor(ns["beta_elbo"](score, kl, beta), "beta_elbo")

    def free_of_charge():
        try:
            return objective(score, kl, 0.0)
        except ZeroDivisionError:  # where torch gives an infinity, Python stops
            return torch.full_like(score, -torch.inf)

    value = objective(score, kl).clone()  # the next call may write into what it is given, and so into what was returned
    return {
        "objective": value,
        **gradients(value, inputs),
        "again": objective(score, kl),
        "alone": objective(score[:1], kl[:1]),
        "free": objective(score, torch.zeros_like(kl)),
        "dearer": objective(score, kl + 1),
        "at_one": objective(score, kl, 1.0),
        "at_nothing": free_of_charge(),
    }


# --- linear_rates ---


def linear_rates(ns, case: Case) -> Evidence:
    variances, sigma, beta, what = case["variances"], case["sigma"], case["beta"], "linear_rates"

    def both(variances, sigma, beta, name=""):
        rate, error = pair(ns[what](variances, sigma, beta), "rate, error", what)
        return {
            f"rate{name}": tensor(rate, f"The rate of {what}", "is").clone(),
            f"error{name}": tensor(error, f"The error of {what}", "is").clone(),
        }

    given = variances.clone()
    return {
        **both(given, sigma, beta),
        **both(given, sigma, beta, "_again"),
        **both(variances[:1].clone(), sigma, beta, "_alone"),
        **both(variances.clone(), sigma / 2, 4 * beta, "_dialled"),
        **both(9 * variances, 3 * sigma, beta, "_in_thirds"),
    }


# --- rate_distortion ---


def rate_distortion(ns, case: Case) -> Evidence:
    x, eps, what = case["x"], case["eps"], "rate_distortion"
    model = fixtures.model(case)

    def both(x, eps, name=""):
        rate, distortion = pair(ns[what](x, model, eps), "rate, distortion", what)
        return {
            f"rate{name}": scalar(rate, f"The rate of {what}").detach(),
            f"distortion{name}": scalar(distortion, f"The distortion of {what}").detach(),
        }

    given = x.clone(), eps.clone()
    return {
        **both(*given),
        **both(*given, "_again"),
        **both(x.clone(), case["other_eps"], "_anew"),
        **both(x.repeat(2, 1), eps.repeat(1, 2, 1), "_twice"),
        **both(x.clone(), eps.repeat(2, 1, 1), "_repeated"),
    }


# --- active_units ---


_COUNTS = ("count", "again", "shifted", "twice")


def _count_facts(case: Case, got: Evidence) -> Evidence:
    """The counts; what sort of number the first one was; and whether mu was left as it was."""
    kinds = {torch.Tensor: "a tensor", int: "an int", float: "a float"}
    left = "as it was" if torch.equal(got["after"], case["mu"]) else "with other numbers"
    return {**{key: _number(got[key]) for key in _COUNTS}, "kind": kinds[type(got["count"])], "left": left}


@summary(_count_facts)
def active_units(ns, case: Case) -> Evidence:
    mu = case["mu"]
    given = {} if case["case"] == "default" else {"threshold": case["threshold"]}

    def count(mu):
        return _plain(ns["active_units"](mu, **given), "active_units", "a whole number")

    kept = mu.clone()
    found = count(kept)
    return {
        "count": found, "after": kept.clone(), "again": count(kept), "shifted": count(mu + 3), "twice": count(mu.repeat(2, 1)),
    }


# --- kl_weight ---


def _weight_facts(case: Case, got: Evidence) -> Evidence:
    """The weights, and what sort of numbers they were; or that there is none, since somebody divided by 0."""
    if not got:
        return {"divided": "by zero"}
    kind = "a tensor" if any(isinstance(value, torch.Tensor) for value in got.values()) else "a number"
    return {"divided": "by something", "kind": kind, **{key: _number(value) for key, value in got.items()}}


@summary(_weight_facts)
def kl_weight(ns, case: Case) -> Evidence:
    steps, warmup_steps = case["steps"].tolist(), case["warmup_steps"]

    def weight(step):
        return _plain(ns["kl_weight"](step, warmup_steps), "kl_weight", "a plain number")

    try:
        return {f"weight_{index}": weight(step) for index, step in enumerate(steps)}
    except ZeroDivisionError:
        if warmup_steps:
            raise
        return {}


# --- free_bits ---


def free_bits(ns, case: Case) -> Evidence:
    kl, floor = case["kl_per_dim"].requires_grad_(), case["floor"]

    def total(kl, floor=floor):
        dying = bool((kl.mean(0) < floor).all())  # Python's max gives the floor itself then, which is no tensor
        return tensor(ns["free_bits"](kl, floor), "free_bits, with every dimension below the floor," if dying else "free_bits")

    value = total(kl)
    if case["case"] in ("slopes", "all above"):
        return gradients(value, {"kl_per_dim": kl})
    return {
        "total": value,
        "again": total(kl),
        "twice": total(kl.repeat(2, 1)),
        "wide": total(kl.repeat(1, 2)),
        "without_floor": total(kl, 0.0),
        "single": total(kl[:1]),
    }


# --- rate_target ---


def rate_target(ns, case: Case) -> Evidence:
    recon, kl = (case[name].requires_grad_() for name in ("recon", "kl"))
    target = case["target"]

    def loss(recon, kl, target=target):
        return tensor(ns["rate_target"](recon, kl, target), "rate_target")

    value = loss(recon, kl)
    return {
        "loss": value,
        **gradients(value, {"recon": recon, "kl": kl}),
        "again": loss(recon, kl),
        "at_target": loss(recon, torch.full_like(kl, target)),
        "mirrored": loss(recon, (2 * target - kl).detach()),
        "dearer": loss(recon + 1, kl),
        "without_rate": loss(recon, kl, 0.0),
    }


# --- running_log_odds ---


def running_log_odds(ns, case: Case) -> Evidence:
    x, at = case["x"], case["at"]

    def log_odds(x):
        return tensor(ns["running_log_odds"](x), "running_log_odds")

    kept = x.clone()
    value = log_odds(kept).clone()
    turned = x.clone()
    turned[1, at] = 1 - turned[1, at]
    return {
        "log_odds": value,
        "again": log_odds(kept),
        "alone": log_odds(x[:1].clone()),
        "turned": log_odds(turned),
        "inverted": log_odds(1 - x),
    }


# --- clinic_diagnoses, clinic_treatments ---


def _clinic(exercise: str, words: Mapping[str, str], what: str) -> Callable[[Names, Case], Evidence]:
    """The probe of an answer that gives each patient one of the words."""

    @kinds(**dict.fromkeys(PATIENTS, "choice"))
    def probe(ns: Names, case: Case) -> Evidence:
        given = ns[exercise]()
        if isinstance(given, Mapping):
            given = {str(letter).strip().upper(): word for letter, word in given.items()}
        given = dictionary(given, PATIENTS, exercise)
        for letter in given:
            if letter not in PATIENTS:
                raise Unfit(f"{exercise} speaks of a patient {plain(letter)!r}; the clinic has {', '.join(PATIENTS)}.")
        return {letter: _word(given[letter], letter, words, exercise, what) for letter in PATIENTS}

    return probe


def _word(given: object, letter: str, words: Mapping[str, str], exercise: str, what: str) -> str:
    """A word as the clinic's list has it, in lower case; otherwise Unfit, with the nearest one."""
    known = [word.lower() for word in words]
    word = " ".join(str(given).replace("_", " ").replace("-", " ").split()).lower()
    if word in known:
        return word
    shown = f"{exercise} says {plain(str(given))!r} of patient {letter}, which is no {what} on the list"
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.75)  # no 'low beta' for a 'high beta'
    if near:
        raise Unfit(f"{shown}; did you mean {near[0]!r}?")
    raise Unfit(f"{shown}; the list has {', '.join(words)}.")


clinic_diagnoses = _clinic("clinic_diagnoses", CAUSES, "cause")
clinic_treatments = _clinic("clinic_treatments", TREATMENTS, "treatment")
