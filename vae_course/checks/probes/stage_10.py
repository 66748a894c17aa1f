"""Probes of stage 10."""

import difflib
import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vae_course.checks.probes.shared import trainable
from vae_course.checks.probes.zoo import truth
from vae_course.checks.probing import (
    Case, Evidence, dictionary, gradients, kinds, module, scalar, sequence, summary, tensor, unfit, warms,
)
from vae_course.checks.trouble import Unfit, plain
from vae_course.models import fixtures
from vae_course.models.capstone_words import FAULTS, PARTS
from vae_course.models.gauges import Gauge, gauge_log_evidence, photographs
from vae_course.models.toolbox.stage_05 import VAE
from vae_course.models.toolbox.stage_06 import rate_distortion

# --- gauge_evidence ---


def gauge_evidence(ns, case: Case) -> Evidence:
    x, states, flip = case["x"], case["states"], case["flip"]

    def evidence(x, states=states, flip=flip):
        return tensor(ns["gauge_evidence"](x.clone(), states.clone(), flip), "gauge_evidence")

    if case["case"] == "far":
        return {"far": evidence(x)}
    return {
        "evidence": evidence(x),
        "again": evidence(x),
        "alone": evidence(x[:1]),
        "one_state": evidence(x, states[:1]),
        "repeated": evidence(x, states.repeat(3, 1)),
        "shuffled": evidence(x, states.flip(0)),
        "inverted": evidence(1 - x, 1 - states),
        "coin": evidence(x, states, 0.5),
    }


# --- impossible ---


def impossible(ns, case: Case) -> Evidence:
    def alarm(elbo, log_evidence):
        return "yes" if truth(ns["impossible"](elbo.clone(), log_evidence.clone()), "impossible") else "no"

    return {"alarm": alarm(case["elbo"], case["log_evidence"])}


# --- capstone_faults ---


@kinds(**dict.fromkeys(PARTS, "choice"))
def capstone_faults(ns, case: Case) -> Evidence:
    exercise = "capstone_faults"
    given = ns[exercise]()
    if isinstance(given, Mapping):
        given = {str(letter).strip().upper(): word for letter, word in given.items()}
    given = dictionary(given, PARTS, exercise)
    for letter in given:
        if letter not in PARTS:
            raise Unfit(f"{exercise} speaks of a part {plain(letter)!r}; the script has {', '.join(PARTS)}.")
    return {letter: _word(given[letter], letter) for letter in PARTS}


def _word(given: object, letter: str) -> str:
    """A word as the list has it; otherwise Unfit, with the nearest one."""
    word = " ".join(str(given).replace("_", " ").split()).lower()
    bare = {known.replace("-", " ").lower(): known for known in FAULTS}
    if (found := bare.get(word.replace("-", " "))) is not None:
        return found
    shown = f"capstone_faults says {plain(str(given))!r} of part {letter}, which is no word of the list"
    near = difflib.get_close_matches(word, FAULTS, n=1, cutoff=0.75)
    if near:
        raise Unfit(f"{shown}; did you mean {near[0]!r}?")
    raise Unfit(f"{shown}; the list has {', '.join(FAULTS)}.")


# --- capstone_split ---

NAMES = ("train", "validation", "test")


def _split_facts(case: Case, got: Evidence) -> Evidence:
    """What three sets of places are, in words and counts."""
    photo, runs = case["photo"], ("", "again_", "anew_")
    files = len(photo)
    for run, name in itertools.product(runs, NAMES):
        places = got[f"{run}{name}"]
        if places.dim() != 1 or places.dtype not in (torch.int32, torch.int64):
            raise Unfit(
                f"{name} of capstone_split is a tensor of shape {tuple(places.shape)} and type {places.dtype}; whole "
                "numbers along one axis are expected, the places of files."
            )
        outside = places[(places < 0) | (places >= files)]
        if outside.numel():
            raise Unfit(
                f"{name} of capstone_split holds the number {int(outside[0])}; places of files are expected, and there are {files} "
                "of them, from 0 on."
            )
    sets = [[got[f"{run}{name}"] for name in NAMES] for run in runs]
    met = torch.bincount(torch.cat(sets[0]), minlength=files)
    shown = [set(photo[places].tolist()) for places in sets[0]]
    torn = set().union(*(a & b for a, b in itertools.combinations(shown, 2)))
    ordered = [[places.sort().values.tolist() for places in run] for run in sets]
    return {
        "files": "left out" if bool((met == 0).any()) else "used twice" if bool((met > 1).any()) else "each once",
        "torn": len(torn), **{f"photographs_{name}": len(held) for name, held in zip(NAMES, shown)},
        "again": "the same" if ordered[1] == ordered[0] else "another",
        "anew": "the same" if ordered[2][2] == ordered[0][2] else "another",
        "argument": got["argument"],
    }


@summary(_split_facts)
def capstone_split(ns, case: Case) -> Evidence:
    photo, what = case["photo"], "capstone_split"
    form = "the triple of tensors (train, validation, test)"

    def split(seed: int, name: str, given: Tensor) -> Evidence:
        sets = ns[what](given, torch.Generator().manual_seed(seed))
        if not all(isinstance(places, Tensor) for places in sequence(sets, form, what, (3,))):
            raise unfit(sets, what, form)
        masks = [part for part, places in zip(NAMES, sets) if places.dtype == torch.bool]
        if masks:
            raise Unfit(f"{masks[0]} of {what} is a mask of truth values; whole numbers are expected, the places of files.")
        return {f"{name}{part}": tensor(places, f"{part} of {what}", "is") for part, places in zip(NAMES, sets)}

    kept = photo.clone()
    told = {**split(case["seed"], "", kept), **split(case["seed"], "again_", kept), **split(case["seed"] + 1, "anew_", kept)}
    return told | {"argument": "kept" if torch.equal(kept, photo) else "changed"}


# --- capstone_loss ---

TERMS = ("loss", "recon", "kl")


def capstone_loss(ns, case: Case) -> Evidence:
    x, eps, step, warmup_steps = case["x"], case["eps"][0], case["step"], case["warmup_steps"]
    model, what = fixtures.model(case), "capstone_loss"

    def terms(x, eps, step=step, warmup_steps=warmup_steps) -> Mapping:
        return dictionary(ns[what](model, x.clone(), eps.clone(), step, warmup_steps), TERMS, what)

    def numbers(given: Mapping, name: str = "") -> Evidence:
        return {f"{name}{key}": scalar(given[key], f"{key} of {what}").detach().clone() for key in TERMS}

    if case["case"] == "slopes":
        weights = trainable(model)
        loss = terms(x, eps)["loss"]
        return gradients(loss, weights) if isinstance(loss, Tensor) else {f"d_{name}": "none" for name in weights}
    value, moved = numbers(terms(x, eps)), numbers(terms(x, eps + 1), "moved_")
    return {
        **value, **moved, "answer_to_noise": moved["moved_recon"] - value["recon"],
        **numbers(terms(x, eps), "again_"),
        **numbers(terms(x.repeat(2, 1), eps.repeat(2, 1)), "twice_"),
    }


# --- capstone_train ---

DRAWS = 16  # codes a picture, when a trained model is judged
UNSEEN = 400  # photographs that it is judged on
BEYOND = 1e4  # nats/image


def _vae(case: Case) -> VAE:
    """The model of a case, not trained yet, in double precision."""
    x = case["pictures"]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(case["seed"])  # torch.manual_seed formats a stack each time
        return VAE(x.shape[1], case["z_dim"], case["hidden"], mean=x.mean(0)).double()


def gauge_of(case: Case) -> Gauge:
    return Gauge(*(int(case[name]) for name in ("side", "places", "levels", "widths")), case["flip"])


def _training_facts(case: Case, got: Evidence) -> Evidence:
    """What moved, and what the weights are worth on photographs that nobody has seen. It is judged where the learner's code is not."""
    model, told = _vae(case), {key: got[key] for key in ("returned", "pictures", "again", "anew") if key in got}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    lacking = [name for name in before if f"weights.{name}" not in got or got[f"weights.{name}"].shape != before[name].shape]
    if lacking:
        raise Unfit("capstone_train returned another model than it was given, with other weights; the same one is expected.")
    after = {name: got[f"weights.{name}"].to(value) for name, value in before.items()}
    moved = [part for part in ("encoder", "decoder") if any(
        not torch.equal(after[name], before[name]) for name in before if name.startswith(part))]
    told["moved"] = " and ".join(moved) or "nothing"
    told["finite"] = "yes" if all(bool(value.isfinite().all()) for value in after.values()) else "no"
    if case["case"] in ("brief", "quick") or told["finite"] == "no":
        return told
    model.load_state_dict(after)
    return told | _worth(case, model)


@torch.no_grad()
def _worth(case: Case, model: VAE) -> Evidence:
    gauge, generator = gauge_of(case), torch.Generator().manual_seed(case["seed"])
    unseen, _ = photographs(gauge, UNSEEN, generator)
    exact = gauge_log_evidence(unseen, gauge)
    eps = torch.randn(DRAWS, UNSEEN, case["z_dim"], generator=generator, dtype=torch.float64)
    rate, distortion = (float(term) for term in rate_distortion(unseen.double(), model, eps))
    told = {"kl": rate, "recon": distortion, "elbo": -rate - distortion, "exact": float(exact.mean())}
    # hundredths of a nat, and what is out of all bounds, are told alike by every machine
    return {name: round(max(-BEYOND, min(BEYOND, value)), 2) for name, value in told.items()}


@kinds(kl="coarse", recon="coarse", elbo="property", exact="property")
@summary(_training_facts)
@warms("torch._dynamo")
def capstone_train(ns, case: Case) -> Evidence:
    kept = case["pictures"].clone()

    def trained(seed: int) -> tuple[nn.Module, nn.Module]:
        model = _vae(case)
        given = module(ns["capstone_train"](model, kept, case["steps"], torch.Generator().manual_seed(seed)), "capstone_train")
        return model, given

    model, given = trained(case["noise"])
    told: Evidence = {f"weights.{name}": value for name, value in given.state_dict().items()}
    told["returned"] = "the model" if given is model else "another"
    told["pictures"] = "kept" if torch.equal(kept, case["pictures"]) else "changed"
    for name, seed in (("again", case["noise"]), ("anew", case["noise"] + 1)):
        if name in case["once_more"]:
            told[name] = "the same" if _equal(trained(seed)[1], given) else "another"
    return told


def _equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values())
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)


# --- capstone_report ---

KEYS = ("elbo", "iwae", "kl", "active_units", "encoder_gap", "model_gap")


def capstone_report(ns, case: Case) -> Evidence:
    x, exact, eps, what = case["x"], case["log_evidence"], case["eps"], "capstone_report"
    model = fixtures.model(case)

    def numbers(x, exact, eps, name: str = "") -> Evidence:
        given = dictionary(ns[what](model, x.clone(), exact.clone(), eps.clone()), KEYS, what)
        return {f"{name}{key}": scalar(given[key], f"{key} of {what}").detach().double() for key in KEYS}

    return {
        **numbers(x, exact, eps),
        **numbers(x, exact, eps, "again_"),
        **numbers(x.repeat(2, 1), exact.repeat(2), eps.repeat(1, 2, 1), "twice_"),
        **numbers(x, exact, eps[:1], "one_"),
        **numbers(x, exact + 1, eps, "raised_"),
    }


# --- factor_scores ---


def factor_scores(ns, case: Case) -> Evidence:
    codes, factors, new_codes, new_factors = (case[name] for name in ("codes", "factors", "new_codes", "new_factors"))

    def scores(*given):
        return tensor(ns["factor_scores"](*(value.clone() for value in given)), "factor_scores")

    return {
        "scores": scores(codes, factors, new_codes, new_factors),
        "again": scores(codes, factors, new_codes, new_factors),
        "shifted": scores(codes + 3, factors, new_codes + 3, new_factors),
        "scaled": scores(codes, 10 * factors - 4, new_codes, 10 * new_factors - 4),
        "first": scores(codes, factors[:, :1], new_codes, new_factors[:, :1]),
        "seen": scores(codes, factors, codes, factors),
    }
