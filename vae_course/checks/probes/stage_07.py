"""Probes of stage 07."""

from __future__ import annotations

import math
import weakref

import torch

from vae_course.checks.compare import SAME, gap
from vae_course.checks.probes.shared import law, trainable, weighted
from vae_course.checks.probes.zoo import verdict
from vae_course.checks.probing import Case, Evidence, gradients, kinds, pair, summary, tensor
from vae_course.models import fixtures
from vae_course.models.bug_zoo_iwae import Program, program
from vae_course.models.toolbox.stage_03 import std_from_logvar

# --- log_weights ---


def log_weights(ns, case: Case) -> Evidence:
    x, eps, model = case["x"], case["eps"], fixtures.model(case)

    def weigh(x, eps):
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
    }


# --- what becomes of a table of log-weights ---


FAR = ("far", "lost", "giant")


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
    }


def iwae_bound(ns, case: Case) -> Evidence:
    evidence = _of_weights(ns, case, "iwae_bound")
    if case["case"] in FAR:
        return evidence
    leaf = case["log_w"].requires_grad_()
    value = tensor(ns["iwae_bound"](leaf.clone()), "iwae_bound")
    return {**evidence, **gradients(weighted(value, case["weights"]), {"log_w": leaf})}


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


def _log_weights(case: Case, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The log-weight of each code, (n, B), and the noise in it, (n, B, Z)."""
    model, x = fixtures.model(case), case["x"]
    mu, logvar = model.encode(x)
    q, prior = (torch.distributions.Normal(m, s) for m, s in ((mu, std_from_logvar(logvar)), (torch.zeros_like(mu), 1.0)))
    of_code = (prior.log_prob(z) - q.log_prob(z)).sum(-1)
    return of_code + model.log_likelihood(x, z), (z - mu) / q.scale


def _known(log_w: torch.Tensor, counts: torch.Tensor) -> dict[str, torch.Tensor]:
    """What may be made of log-weights, (n, B), that came in calls with so many for each row, (calls, B)."""
    total = log_w.logsumexp(0)
    known = {
        "the bound": total - math.log(len(log_w)), "the average of the logs": log_w.mean(0), "the largest": log_w.amax(0),
    }
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
    return shared or ("fresh" if len(torch.unique(noise[:, 0, 0].round(decimals=6))) == len(noise) else "chunks")


@torch.no_grad()
def _evidence_facts(case: Case, got: Evidence) -> Evidence:
    """Which quantity of the codes that were decoded the value is, how many they were, and how they were drawn."""
    if "exactly" in got:
        return got
    told = {key: got[key] for key in ("evidence", "largest", "history")}
    counts = got["first_counts"]
    if not len(counts) or not len(got["second_counts"]):
        return {**told, "is": "unseen"}
    fewest, most = (int(end) for end in counts.sum(0).aminmax())
    told["samples"] = f"{fewest} of {case['K']}" if fewest == most else f"{fewest} to {most} of {case['K']}"
    if "first_codes" not in got or "second_codes" not in got:
        return {**told, "is": "of images with different numbers of codes", "noise": "unseen"}
    log_w, noise = _log_weights(case, got["first_codes"])
    again = _log_weights(case, got["second_codes"])[1]
    known = _known(log_w, counts) if got["evidence"].shape == log_w.shape[1:] else {}
    told["is"] = next((name for name, value in known.items() if gap(got["evidence"], value) <= SAME), "something else")
    told["noise"] = _shared(noise)
    repeated = noise.shape == again.shape and bool(torch.isclose(noise[0], again[0]).all())
    told["twice"] = "the same" if repeated else "fresh"
    if "many_counts" in got:
        many = got.get("many_codes")
        told["law"] = "unseen" if many is None else law(_log_weights(case, many)[1])
    return told


def _watched(ns, case: Case, K: int, chunk: int, *generator) -> tuple[torch.Tensor, _Watch]:
    model = fixtures.model(case)
    watch = _Watch(model)
    return tensor(ns["log_evidence"](case["x"], model, K, chunk, *generator), "log_evidence"), watch


@kinds(evidence="property")
@summary(_evidence_facts)
def log_evidence(ns, case: Case) -> Evidence:
    x, K, chunk = case["x"], case["K"], case["chunk"]
    if case["case"] in ("posterior", "far"):  # the value does not depend on the noise
        generator = torch.Generator().manual_seed(case["seed"])
        value, _ = _watched(ns, case, K, chunk, generator)
        other, _ = _watched(ns, case, K, case["other"], generator)
        return {"exactly": value, "other": other}
    given = () if case["case"] == "by_itself" else (torch.Generator().manual_seed(case["seed"]),)
    value, watch = _watched(ns, case, K, chunk, *given)
    _, second = _watched(ns, case, K, chunk, *given)
    evidence = {
        "evidence": value.detach(), **watch.codes(x, "first"), **second.codes(x, "second"),
        "largest": "chunk" if watch.largest <= chunk * len(x) else f"{watch.largest} of {chunk * len(x)}",
        "history": "kept" if watch.kept > 2 * chunk * len(x) or value.requires_grad else "let go",
    }
    if given:
        _, many = _watched(ns, case, case["many"], 100, *given)
        evidence |= many.codes(x, "many")
    return evidence


# --- iwae_loss ---


def iwae_loss(ns, case: Case) -> Evidence:
    x, eps, model = case["x"], case["eps"], fixtures.model(case)

    def loss(x, eps):
        return tensor(ns["iwae_loss"](x, model, eps.clone()), "iwae_loss")

    value = loss(x, eps)
    slopes = {} if case["case"] == "posterior" else gradients(value, trainable(model))
    return {
        "loss": value,
        **slopes,
        "again": loss(x, eps),
        "twice": loss(torch.cat([x, x]), torch.cat([eps, eps], 1)),
        "repeated": loss(x, eps.repeat(4, 1, 1)),
        "another": loss(x, case["other_eps"]),
    }


# --- gradient_snr ---


@kinds(snr="coarse")  # the standard deviation may divide by R or by R - 1
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
    }


# --- doubly_reparameterized_gradient ---


def _clean(value: torch.Tensor) -> torch.Tensor:
    """What is 0 but for rounding errors becomes the same 0 for everybody."""
    return torch.where(value.abs() < 1e-6, 0.0, value)


def doubly_reparameterized_gradient(ns, case: Case) -> Evidence:
    what, x, eps, model = "doubly_reparameterized_gradient", case["x"], case["eps"], fixtures.model(case)

    def estimate(end, x, eps):
        ends = zip(("mu", "logvar"), pair(ns[what](x, model, eps.clone()), "d_mu, d_logvar", what), strict=True)
        return {
            f"d_{name}{end}": _clean(tensor(given, f"The gradient of {what} with respect to {name}", "is").detach())
            for name, given in ends
        }

    moved = eps.clone()
    moved[:, 0] += 1
    return {
        **estimate("", x, eps),
        **estimate("_again", x, eps),
        **estimate("_alone", x[:1], eps[:, :1]),
        **estimate("_moved", x, moved),
        **estimate("_turned", x, eps.flip(0)),
        **estimate("_single", x, eps[:1]),
    }


# --- bug zoo ---


SOUND = ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares")


def bound_is_sound(ns, case: Case) -> Evidence:
    given = program(case["case"], case["chunk"], case["seed"])
    functions = {"bound": given.bound, "loss": given.loss}
    return verdict(ns["bound_is_sound"], "bound_is_sound", functions, Program, case["case"] in SOUND)
