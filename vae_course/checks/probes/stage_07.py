"""Probes of stage 07."""

import math

import torch
from torch import Tensor

from vae_course.checks.compare import SAME, gap
from vae_course.checks.probes.shared import pattern
from vae_course.checks.probes.zoo import verdict
from vae_course.checks.probing import Case, Evidence, gradients, pair, summary, tensor
from vae_course.models import fixtures
from vae_course.models.bug_zoo_iwae import Program, program
from vae_course.models.toolbox.stage_03 import std_from_logvar


def _row_0_moved(eps: Tensor) -> Tensor:
    """The noise with sample 0 of row 0 moved."""
    moved = eps.clone()
    moved[0, 0] += 1
    return moved


# --- log_weights ---


def log_weights(ns, case: Case) -> Evidence:
    model, x, eps = fixtures.model(case), case["x"], case["eps"]

    def weights(x: Tensor, eps: Tensor) -> Tensor:
        return tensor(ns["log_weights"](x, model, eps.clone()), "log_weights").detach()

    value = weights(x, eps)
    return {
        "log_w": value, "again": weights(x, eps), "moved": weights(x, _row_0_moved(eps)), "first": weights(x, eps[:1]),
        "alone": weights(x[:1], eps[:, :1]), "another": weights(x, case["other_eps"]),
    }


# --- iwae_bound, effective_sample_size ---


def _of_weights(ns, case: Case, what: str) -> tuple[Evidence, Tensor]:
    """What `what` makes of the weights, and again where something about them was changed that has a known effect."""
    log_w = case["log_w"].requires_grad_()

    def value(log_w: Tensor) -> Tensor:
        return tensor(ns[what](log_w), what)

    given = value(log_w)
    evidence = {
        "value": given.detach(), "again": value(log_w), "alone": value(log_w[:, :1].clone()), "turned": value(log_w.flip(0).clone()),
        "repeated": value(log_w.repeat(2, 1)), "shifted": value(log_w + 3), "single": value(log_w[:1].clone()),
        "equal": value(log_w[:1].repeat(4, 1)),
    }
    return {key: held.detach() for key, held in evidence.items()}, given


def iwae_bound(ns, case: Case) -> Evidence:
    evidence, value = _of_weights(ns, case, "iwae_bound")
    weighted = value * case["weights"] if value.shape == case["weights"].shape else value
    return evidence | gradients(weighted, {"log_w": case["log_w"]})


def effective_sample_size(ns, case: Case) -> Evidence:
    return _of_weights(ns, case, "effective_sample_size")[0]


# --- log_evidence ---

CALLS = 2
ERRORS = 6  # standard errors that noise of N(0, 1) keeps within


def _watched(case: Case) -> tuple[torch.nn.Module, list[Tensor]]:
    """The model of a case, and the codes that its decoder meets."""
    model, met = fixtures.model(case), []
    model.to_x.register_forward_pre_hook(lambda _, given: met.append(given[0].detach().clone()))
    return model, met


def _known(log_w: Tensor, sizes: list[int]) -> dict[str, Tensor]:
    """What may be made of log-weights (K, B) that came in chunks of these sizes, by its name."""
    K, B = log_w.shape
    chunks = log_w.split(sizes)
    total = log_w.logsumexp(0)
    of_chunks = torch.stack([chunk.logsumexp(0) - math.log(len(chunk)) for chunk in chunks])
    full = max(sizes)
    return {
        "bound": total - math.log(K),
        "mean of logs": log_w.mean(0), "log K lost": total, "log K added": total + math.log(K), "best": log_w.max(0).values,
        "mean of the chunks": of_chunks.mean(0),
        "chunks weigh the same": of_chunks.logsumexp(0) - math.log(len(sizes)),
        "last chunk": of_chunks[-1], "first chunk": of_chunks[0], "best chunk": of_chunks.max(0).values,
        "sum of the chunks": of_chunks.sum(0),
        "a full last chunk": total - math.log(full * len(sizes)),
        "log of the last chunk": total - math.log(sizes[-1]), "log of a chunk": total - math.log(full),
        "log of the chunks": total - math.log(len(sizes)), "mean of all": (total - math.log(K)).mean().expand(B),
        "minus": math.log(K) - total, "log of B": total - math.log(B),
        "over the batch": torch.stack([chunk.logsumexp(1).logsumexp(0) for chunk in chunks]).logsumexp(0).expand(B) - math.log(K * B),
    }


def _evidence_facts(case: Case, got: Evidence) -> Evidence:
    """Which number of the log-weights was returned, of how many samples, how many at a time, and how they were drawn."""
    model, x = fixtures.model(case), case["x"]
    told: Evidence = {"evidence": got["evidence"]}
    noises = []
    for call in range(CALLS):
        chunks = [got[f"z{call}_{i}"] for i in range(int(got[f"chunks{call}"]))]
        if not chunks or any(z.dim() != 3 or z.shape[1:] != (len(x), model.z_dim) for z in chunks):
            return told | {"found": "unseen"}
        with torch.no_grad():
            mu, logvar = model.encode(x)
            z, std = torch.cat(chunks), std_from_logvar(logvar)
            standard = torch.distributions.Normal(torch.zeros_like(mu), 1.0)
            log_q = torch.distributions.Normal(mu, std).log_prob(z).sum(-1)
            log_w = model.log_likelihood(x, z) + standard.log_prob(z).sum(-1) - log_q
        noises.append((z - mu) / std)
        sizes = [len(chunk) for chunk in chunks]
        found = next((name for name, value in _known(log_w, sizes).items() if gap(got[f"value{call}"], value) <= SAME), "other")
        if call == 0:
            most = max(sizes)
            told |= {"found": found, "samples": float(sum(sizes)), "most": "held" if most <= case["chunk"] else "too many"}
            if most > case["chunk"]:
                told["largest"] = float(most)
        elif told["found"] == "bound":
            told["found"] = found
    return told | _noise_facts(case, noises)


def _noise_facts(case: Case, noises: list[Tensor]) -> Evidence:
    eps = noises[0]
    told = {
        "noise": pattern(eps[0]), "twice": "the same" if gap(noises[0], noises[1]) <= SAME else "fresh",
        "chunks": "fresh" if len(torch.unique(eps.round(decimals=6), dim=0)) == len(eps) else "repeated",
    }
    if case["case"] == "many" and told["noise"] == "fresh" == told["chunks"]:
        n, mean, variance = eps.numel(), float(eps.mean()), float(eps.var())
        right = abs(mean) < ERRORS / n**0.5 and abs(variance - 1) < ERRORS * (2 / n) ** 0.5
        told["law"] = "normal" if right and float(eps.abs().max()) > 2 else "another"
    return told


@summary(_evidence_facts)
def log_evidence(ns, case: Case) -> Evidence:
    model, met = _watched(case)
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))
    told: Evidence = {}
    for call in range(CALLS):
        met.clear()
        value = tensor(ns["log_evidence"](case["x"].clone(), model, case["K"], case["chunk"], generator), "log_evidence").detach()
        told |= {f"value{call}": value, f"chunks{call}": float(len(met)), **{f"z{call}_{i}": z for i, z in enumerate(met)}}
    return told | {"evidence": told["value0"]}


# --- iwae_loss ---


def iwae_loss(ns, case: Case) -> Evidence:
    model, x, eps = fixtures.model(case), case["x"], case["eps"]

    def loss(x: Tensor, eps: Tensor) -> Tensor:
        return tensor(ns["iwae_loss"](x, model, eps.clone()), "iwae_loss")

    value = loss(x, eps)
    weights = {name.replace(".", "_"): weight for name, weight in model.named_parameters()}
    return {
        "loss": value.detach(), **gradients(value, weights), "again": loss(x, eps).detach(),
        "twice": loss(x.repeat(2, 1), eps.repeat(1, 2, 1)).detach(), "turned": loss(x, eps.flip(0)).detach(),
        "repeated": loss(x, eps.repeat(2, 1, 1)).detach(), "another": loss(x, case["other_eps"]).detach(),
    }


# --- gradient_snr ---


def _unbiased(case: Case, got: Evidence) -> Evidence:
    """The ratios as they are with R - 1 in the spread, for those who divide by R."""
    rows = case["gradients"]
    R = len(rows)
    if gap(got["snr"], rows.mean(0).abs() / rows.std(0, correction=0)) > SAME:
        return got
    return {key: ratio * ((R - 1) / R) ** 0.5 for key, ratio in got.items()}


@summary(_unbiased)
def gradient_snr(ns, case: Case) -> Evidence:
    def ratio(rows: Tensor) -> Tensor:
        return tensor(ns["gradient_snr"](rows.clone()), "gradient_snr").detach()

    rows = case["gradients"]
    return {
        "snr": ratio(rows), "again": ratio(rows), "doubled": ratio(2 * rows), "negated": ratio(-rows), "alone": ratio(rows[:, :1]),
        "repeated": ratio(rows.repeat(50, 1)),
    }


# --- doubly_reparameterized_gradient ---


def _without_dust(case: Case, got: Evidence) -> Evidence:
    """What is 0 but for rounding becomes 0."""
    return {key: torch.where(value.abs() < 1e-6, 0.0, value) for key, value in got.items()}


@summary(_without_dust)
def doubly_reparameterized_gradient(ns, case: Case) -> Evidence:
    what, model, x, eps = "doubly_reparameterized_gradient", fixtures.model(case), case["x"], case["eps"]

    def estimate(name: str, x: Tensor, eps: Tensor) -> Evidence:
        d_mu, d_logvar = pair(ns[what](x, model, eps.clone()), "d_mu, d_logvar", what)
        return {
            f"d_mu{name}": tensor(d_mu, f"The gradient of {what} with respect to mu", "is").detach().clone(),
            f"d_logvar{name}": tensor(d_logvar, f"The gradient of {what} with respect to logvar", "is").detach().clone(),
        }

    return {
        **estimate("", x, eps), **estimate("_again", x, eps), **estimate("_alone", x[:1], eps[:, :1]),
        **estimate("_repeated", x, eps.repeat(2, 1, 1)),
    }


# --- bug zoo ---


SOUND = ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares")


def bound_is_sound(ns, case: Case) -> Evidence:
    given = program(case["case"], case["chunk"], case["seed"])
    functions = {"bound": given.bound, "loss": given.loss}
    return verdict(ns["bound_is_sound"], "bound_is_sound", functions, Program, case["case"] in SOUND)
