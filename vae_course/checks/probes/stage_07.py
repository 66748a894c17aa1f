"""Probes of stage 07."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.compare import SAME, gap
from vae_course.checks.held import Ask, OnTrial, far
from vae_course.checks.probes.shared import law, left_behind, put_back, trainable, weighted
from vae_course.checks.probes.zoo import try_on
from vae_course.checks.probing import Case, Evidence, gradients, kinds, pair, shows, summary, tensor
from vae_course.models import fixtures
from vae_course.models.bug_zoo_iwae import Program, program
from vae_course.models.toolbox.stage_03 import std_from_logvar


def _in_single(case: Case) -> tuple[torch.Tensor, torch.nn.Module, torch.Tensor]:
    """x, the model and eps in the precision that training has."""
    return case["x"].float(), fixtures.model(case).float(), case["eps"].float()


# --- log_weights ---


@kinds(single="coarse")
def log_weights(ns, case: Case) -> Evidence:
    x, eps, model = case["x"], case["eps"], fixtures.model(case)

    def weigh(x, eps, model=model):
        return tensor(ns["log_weights"](x, model, eps.clone()), "log_weights")

    value = weigh(x, eps)
    moved = eps.clone()
    moved[0] += 1
    return {
        "log_w": value,
        **gradients(weighted(value, case["weights"]), trainable(model)),
        "again": weigh(x, eps),
        "alone": weigh(x[:1], eps[:, :1]),
        "fewer": weigh(x, eps[:3]),
        "moved": weigh(x, moved),
        "another": weigh(x, case["other_eps"]),
        "single": _of_single(weigh, case),
    }


def _of_single(function: Callable, case: Case) -> torch.Tensor:
    """What an answer gives in single precision."""
    x, model, eps = _in_single(case)
    return function(x, eps, model).detach()


# --- what becomes of a table of log-weights ---


FAR = ("far", "lost", "giant")


def _after(function: Callable, table: torch.Tensor) -> torch.Tensor:
    """The numbers that a table holds after a call."""
    given = table.clone()
    function(given)
    return given


def _kept(name: str) -> Callable[[Case, Evidence], Evidence]:
    """A summary that says whether the table under `name` of a case, shown as `after`, was left as it was."""

    def summarise(case: Case, got: Evidence) -> Evidence:
        told = {key: value for key, value in got.items() if key != "after"}
        if "after" not in got:
            return told
        return told | {"argument": "kept" if torch.equal(got["after"], case[name]) else "changed"}

    return summarise


def _of_weights(ns, case: Case, what: str) -> Evidence:
    """The value, and again where the table was shifted, its samples or images were exchanged, or some were left out."""

    def value(table):
        return tensor(ns[what](table.clone()), what).detach().clone()

    given = case["log_w"]
    if case["case"] in FAR:
        return {"far": value(given), "far_shifted": value(given + case["shift"])}
    return {
        "value": value(given),
        "shifted": value(given + case["shift"]),
        "again": value(given),
        "turned": value(given.flip(0)),
        "exchanged": value(given.flip(1)),
        "alone": value(given[:, :1]),
        "repeated": value(given.repeat(4, 1)),
        "single": value(given[:1]),
        "equal": value(given[:1].repeat(len(given), 1)),
        "after": _after(ns[what], given),
    }


@summary(_kept("log_w"))
def iwae_bound(ns, case: Case) -> Evidence:
    evidence = _of_weights(ns, case, "iwae_bound")
    if case["case"] in FAR:
        return evidence
    leaf = case["log_w"].requires_grad_()
    value = tensor(ns["iwae_bound"](leaf.clone()), "iwae_bound")
    return {**evidence, **gradients(weighted(value, case["weights"]), {"log_w": leaf})}


@summary(_kept("log_w"))
@kinds(far="coarse", far_shifted="coarse")  # a difference of two logarithms near 1,000 has few digits in single precision
def effective_sample_size(ns, case: Case) -> Evidence:
    return _of_weights(ns, case, "effective_sample_size")


# --- log_evidence ---


class _Marked(torch.autograd.Function):
    """The same numbers; its node lives as long as somebody keeps the history that they are part of."""

    @staticmethod
    def forward(ctx, value, token):
        ctx.token = token
        return value.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope, None


class _Token:
    def __init__(self, codes: int):
        self.codes = codes


class _Watch:
    """What a model is asked on the way: the pairs of x and z, how many codes at a time, and how many with a history."""

    def __init__(self, model):
        self.asked: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.largest = 0
        self.kept = 0
        self._tokens: list[weakref.ref] = []
        self._likelihood, self._decode = model.log_likelihood, model.decode
        model.log_likelihood, model.decode = self.log_likelihood, self.decode

    def decode(self, z):
        self.largest = max(self.largest, z[..., 0].numel())
        return self._decode(z)

    def log_likelihood(self, x, z):
        self.asked.append((x.detach().clone(), z.detach().clone()))
        token = _Token(z[..., 0].numel())
        value = _Marked.apply(self._likelihood(x, z), token)
        self._tokens.append(weakref.ref(token))
        if value.requires_grad:
            self.kept = max(self.kept, sum(known.codes for seen in self._tokens if (known := seen()) is not None))
        return value

    def codes(self, x: torch.Tensor, name: str) -> Evidence:
        """How many codes each row of x was asked with in each call, (calls, B); and these codes, (n, B, Z), where the rows had
        equally many in all."""
        mine: list[list[torch.Tensor]] = []
        for given, z in self.asked:
            lead = torch.broadcast_shapes(given.shape[:-1], z.shape[:-1])
            rows = given.expand(*lead, given.shape[-1]).reshape(-1, given.shape[-1]).to(x)
            flat = z.expand(*lead, z.shape[-1]).reshape(-1, z.shape[-1]).to(x)
            row = torch.cdist(rows, x).argmin(1)
            mine.append([flat[row == b] for b in range(len(x))])
        counts = torch.tensor([[len(codes) for codes in call] for call in mine]).reshape(-1, len(x))
        told: Evidence = {f"{name}_counts": counts}
        if mine and len(set(counts.sum(0).tolist())) == 1:
            told[f"{name}_codes"] = torch.stack([torch.cat(codes) for codes in zip(*mine, strict=True)], 1)
        return told


def _weighed(case: Case, z: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The log-weight of each code, (n, B), right under "" and else with what is wrong about it; and the noise, (n, B, Z)."""
    model, x, z = fixtures.model(case).double(), case["x"].double(), z.double()
    mu, logvar = model.encode(x)
    q, prior = Normal(mu, std_from_logvar(logvar)), Normal(torch.zeros_like(mu), 1.0)
    of_x, of_prior, of_q = model.log_likelihood(x, z), prior.log_prob(z).sum(-1), q.log_prob(z).sum(-1)
    weighed = {
        "": of_x + of_prior - of_q, " without log q": of_x + of_prior, " without the prior": of_x - of_q,
        " with log q added": of_x + of_prior + of_q, " of the likelihood alone": of_x,
        " with the KL in closed form": of_x - kl_divergence(q, prior).sum(-1), " upside down": of_q - of_x - of_prior,
    }
    return weighed, (z - mu) / q.scale


def _known(weighed: dict[str, torch.Tensor], counts: torch.Tensor) -> dict[str, torch.Tensor]:
    """What may be made of log-weights, (n, B), that came in calls with so many for each row, (calls, B)."""
    log_w = weighed[""]
    bounds = {f"the bound{what}": table.logsumexp(0) - math.log(len(table)) for what, table in weighed.items()}
    known = bounds | {
        "minus the bound": -bounds["the bound"], "the average of the logs": log_w.mean(0), "the largest": log_w.amax(0),
    }
    counts = counts[counts.any(1)]  # an empty chunk is no chunk
    sizes = counts[:, 0]
    if not bool((counts == sizes[:, None]).all()):
        return known
    parts = torch.stack([part.logsumexp(0) - math.log(len(part)) for part in log_w.split(sizes.tolist())])
    return known | {
        "the average of the chunks": parts.mean(0), "the chunks alike": parts.logsumexp(0) - math.log(len(parts)),
        "the last chunk": parts[-1], "the average of the chunks by size": sizes.to(parts) @ parts / len(log_w),
        "the first chunk": parts[0], "the best chunk": parts.amax(0),
    }


def _shared(noise: torch.Tensor) -> str:
    """Which axes of noise that should be drawn afresh everywhere, (n, B, Z), have the same numbers all along."""
    if bool((noise.abs() < 1e-2).all()):
        return "none"
    names = {"samples": noise[:1], "rows": noise[:, :1], "dimensions": noise[:, :, :1]}
    shared = " and ".join(name for name, first in names.items() if bool(((noise - first).abs() < 1e-2).all()))
    return shared or ("fresh" if len(torch.unique(noise[:, 0].round(decimals=4), dim=0)) == len(noise) else "chunks")


def _of_equal_weights(case: Case, got: Evidence) -> Evidence:
    """The values where all weights are p(x); if the noise changes one, then two of them, which say no more than that."""
    first, again = got["exactly"], got["again"]
    ordinary = first.shape == again.shape == case["x"].shape[:1] and bool((first.isfinite() & again.isfinite()).all())
    return {"varies": first, "varied": again} if ordinary and gap(again, first) > SAME else got


@torch.no_grad()
def _evidence_facts(case: Case, got: Evidence) -> Evidence:
    """Which quantity of the codes that were decoded the value is, how many they were, and how they were drawn.

    What is held in memory shows in no output: the counts of it come from beside the learner's code.
    """
    if "exactly" in got:
        return _of_equal_weights(case, got)
    counts, most = got["first_counts"], case["chunk"] * len(case["x"])
    largest = max(got["largest"], int(counts.sum(1).max()) if len(counts) else 0)
    told = {
        "evidence": got["evidence"],
        "largest": "chunk" if largest <= most else f"{largest} of {most}",
        "history": "kept" if got["kept"] > 2 * most else "let go",
        "left": put_back(fixtures.model(case), got),
    }
    if not (counts.any() and got["second_counts"].any()):
        return {**told, "is": "unseen"}
    fewest, most = (int(end) for end in counts.sum(0).aminmax())
    told["samples"] = f"{fewest} of {case['K']}" if fewest == most else f"{fewest} to {most} of {case['K']}"
    if "first_codes" not in got or "second_codes" not in got:
        return {**told, "is": "of images with different numbers of codes", "noise": "unseen"}
    weighed, noise = _weighed(case, got["first_codes"])
    again = _weighed(case, got["second_codes"])[1]
    known = _known(weighed, counts) if got["evidence"].shape == case["x"].shape[:1] else {}
    told["is"] = next((name for name, value in known.items() if gap(got["evidence"], value) <= SAME), "something else")
    told["noise"] = _shared(noise)
    repeated = noise.shape == again.shape and bool(((noise[0] - again[0]).abs() < 1e-3).all())
    told["twice"] = "the same" if repeated else "fresh"
    if "many_counts" in got:
        many = got.get("many_codes")
        told["law"] = "unseen" if many is None else law(_weighed(case, many)[1])
    return told


def _watched(ns, case: Case, K: int, chunk: int, *generator) -> tuple[torch.Tensor, _Watch, Evidence]:
    model = fixtures.model(case)
    watch = _Watch(model)
    value = tensor(ns["log_evidence"](case["x"], model, K, chunk, *generator), "log_evidence")
    return value, watch, left_behind(model)


EXACT = ("posterior", "far")  # q is the posterior, and the value does not depend on the noise


@kinds(evidence="property", varies="property", varied="property")
@summary(_evidence_facts)
def log_evidence(ns, case: Case) -> Evidence:
    x, K, chunk = case["x"], case["K"], case["chunk"]
    generator = torch.Generator().manual_seed(case["seed"])
    if case["case"] in EXACT:
        sizes = {
            "exactly": (K, chunk), "again": (K, chunk), "whole": (K, K), "even": (K, K // 3), "single": (1, 1),
        }
        return {name: _watched(ns, case, *size, generator)[0].detach() for name, size in sizes.items()}
    given = () if case["case"] == "by_itself" else (generator,)
    value, watch, left = _watched(ns, case, K, chunk, *given)
    _, second, _ = _watched(ns, case, K, chunk, *given)
    evidence = {
        "evidence": value.detach(), **watch.codes(x, "first"), **second.codes(x, "second"),
        "largest": watch.largest, "kept": math.inf if value.requires_grad else float(watch.kept), **left,
    }
    if "many" in case:
        _, many, _ = _watched(ns, case, case["many"], 100, *given)
        evidence |= many.codes(x, "many")
    return evidence


# --- iwae_loss ---


@kinds(single="coarse")
def iwae_loss(ns, case: Case) -> Evidence:
    x, eps, model = case["x"], case["eps"], fixtures.model(case)

    def loss(x, eps, model=model):
        return tensor(ns["iwae_loss"](x, model, eps.clone()), "iwae_loss")

    value = loss(x, eps)
    slopes = {} if case["case"] in EXACT else gradients(value, trainable(model))
    return {
        "loss": value,
        **slopes,
        "again": loss(x, eps),
        "twice": loss(torch.cat([x, x]), torch.cat([eps, eps], 1)),
        "repeated": loss(x, eps.repeat(4, 1, 1)),
        "another": loss(x, case["other_eps"]),
        "single": _of_single(loss, case),
    }


# --- gradient_snr ---


@summary(_kept("gradients"))
@kinds(snr="coarse", single="coarse")  # the standard deviation may divide by R or by R - 1
def gradient_snr(ns, case: Case) -> Evidence:
    given = case["gradients"]

    def ratio(table):
        return tensor(ns["gradient_snr"](table.clone()), "gradient_snr").detach()

    return {
        "snr": ratio(given),
        "again": ratio(given),
        "doubled": ratio(2 * given),
        "negative": ratio(-given),
        "turned": ratio(given.flip(0)),
        "repeated": ratio(given.repeat(4, 1)),
        "first": ratio(given[:, :1]),
        "single": ratio(given.float()),
        "after": _after(ns["gradient_snr"], given),
    }


# --- doubly_reparameterized_gradient ---


def _clean(value: torch.Tensor) -> torch.Tensor:
    """What is 0 but for rounding errors becomes the same 0 for everybody."""
    return torch.where(value.abs() < 1e-6, 0.0, value)


def _doubly_facts(case: Case, got: Evidence) -> Evidence:
    """The gradients, and what the first call left behind."""
    told = {key: value for key, value in got.items() if key.startswith("d_")}
    return told if case["case"] == "frozen" else told | {"left": put_back(fixtures.model(case), got)}


@summary(_doubly_facts)
@kinds(d_mu_in_single="coarse", d_logvar_in_single="coarse")
def doubly_reparameterized_gradient(ns, case: Case) -> Evidence:
    what, x, eps = "doubly_reparameterized_gradient", case["x"], case["eps"]
    model, left = fixtures.model(case), []
    if case["case"] == "frozen":
        model.requires_grad_(False)

    def estimate(end, x, eps, model=model):
        ends = zip(("mu", "logvar"), pair(ns[what](x, model, eps.clone()), "d_mu, d_logvar", what), strict=True)
        left.append(left_behind(model))
        return {
            f"d_{name}{end}": _clean(tensor(given, f"The gradient of {what} with respect to {name}", "is").detach())
            for name, given in ends
        }

    moved = eps.clone()
    moved[:, 0] += 1
    evidence = {
        **estimate("", x, eps),
        **estimate("_again", x, eps),
        **estimate("_alone", x[:1], eps[:, :1]),
        **estimate("_moved", x, moved),
        **estimate("_turned", x, eps.flip(0)),
        **estimate("_single", x, eps[:1]),
    }
    if case["case"] != "posterior":  # there the gradient is what rounding leaves of 0
        x, single, eps = _in_single(case)
        single.requires_grad_(case["case"] != "frozen")
        evidence |= estimate("_in_single", x, eps, single)
    return evidence if case["case"] == "frozen" else evidence | left[0]


# --- bug zoo ---


SOUND = ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares")
SHOWN = 2**17  # numbers that a program takes at a time; one of them goes through its samples one by one
LAST_DIGIT = {"image_by_image": math.inf, "in_double": -math.inf}  # sound reports, and which way their last digit is off


def _last_digit(value: torch.Tensor, towards: float) -> torch.Tensor:
    return torch.nextafter(value, torch.full_like(value, towards)) - value


def _held(case: Case) -> OnTrial:
    """The program of a case; of a broken one that passes it is told whether a number was shown that is not finite."""
    name, given = case["case"], program(case["case"], case["chunk"], case["seed"])
    lost = False

    def bound(log_w):
        value = given.bound(log_w)
        return shown(value + _last_digit(value.detach(), LAST_DIGIT[name]) if name in LAST_DIGIT else value)

    def loss(log_w):
        return shown(given.loss(log_w))

    def shown(value):
        nonlocal lost
        lost |= not bool(value.isfinite().all())
        return value

    def also(verdict: str) -> Evidence:
        return {"showed": "an infinity"} if lost and verdict == "sound" and name not in SOUND else {}

    return OnTrial({"bound": bound, "loss": loss}, SHOWN, name in SOUND, also)


@shows(_held)
def bound_is_sound(ns, ask: Ask) -> Evidence:
    return try_on(ns["bound_is_sound"], "bound_is_sound", Program(far("bound", ask), far("loss", ask)), ask)
