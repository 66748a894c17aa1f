"""Probes of stage 08."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Normal, StudentT

from vae_course.checks.compare import SAME, gap
from vae_course.checks.probes.networks import (
    FAR, FILLS, Outputs, fill, has_weights, inward, inward_fact, known_codes, slope_sizes, span, still, trained, twin_of, way_back,
    way_facts,
)
from vae_course.checks.probes.shared import one_number, trainable, weighted
from vae_course.checks.probing import Case, Evidence, gradients, kinds, module, sequence, summary, tensor, warms
from vae_course.checks.trouble import Unfit
from vae_course.models import fixtures

# --- ConditionalVAE ---

OUTPUTS = ("logits", "mu_q", "logvar_q", "mu_p", "logvar_p")
METHODS = ("encode", "prior", "decode")
SIZES = ("x_dim", "y_dim", "z_dim")
PATHS = ("whole", "cut", "without mu", "without sigma")  # from the encoder to the logits
CODES = ("right", "mean", "variance", "logarithm", "inverse", "unit", "outside", "noise", "exchanged", "first row")
LABEL_FILLS = 2  # random settings of the weights, under which every label is tried
ENDS = {"encode": ("mu_q", "logvar_q"), "prior": ("mu_p", "logvar_p")}


def _conditional(ns, case: Case) -> nn.Module:
    """The learner's model with its parameters set to random numbers."""
    model = module(ns["ConditionalVAE"](*(case[size] for size in SIZES)), "ConditionalVAE")
    lacking = [name for name in METHODS if not callable(getattr(model, name, None))]
    if lacking:
        raise Unfit(f"ConditionalVAE has no {' and no '.join(lacking)}; the methods encode, prior and decode are expected.")
    fill(model, torch.Generator().manual_seed(case["seed"]))
    return model


def _decoded(model: nn.Module, z: Tensor, y: Tensor) -> Tensor:
    return tensor(model.decode(z, y), "decode of your ConditionalVAE")


def _ends(model: nn.Module, method: str, *given: Tensor) -> Outputs:
    """mu and logvar that `encode` or `prior` gives, under the names that they have in forward."""
    what = f"{method} of your ConditionalVAE"
    pair = zip(ENDS[method], sequence(getattr(model, method)(*given), "the pair (mu, logvar)", what, (2,)), strict=True)
    return {name: tensor(value, f"{name.split('_')[0]} of {method}", "is") for name, value in pair}


def _forward(model: nn.Module, x: Tensor, y: Tensor, eps: Tensor) -> Outputs:
    form = f"the five results ({', '.join(OUTPUTS)})"
    given = sequence(model(x, y, eps), form, "Your ConditionalVAE, called with x, y and eps,", (5,))
    return {name: tensor(part, f"{name} of your ConditionalVAE", "is") for name, part in zip(OUTPUTS, given, strict=True)}


def _told_apart(runs: Tensor) -> str:
    """How outputs, (fills, labels, ...), follow the label."""
    labels = range(runs.shape[1])
    pairs = [(a, b) for a in labels for b in labels if a < b]
    apart = [gap(runs[:, a], runs[:, b]) > SAME for a, b in pairs]
    return "told apart" if all(apart) else "in part" if any(apart) else "no effect"


def _follows_rows(runs: Tensor) -> str:
    """Whether outputs, (fills, labels, rows, ...), follow the row."""
    return "no" if all(still(run) for fill_ in runs for run in fill_) else "yes"


def _conditional_facts(case: Case, got: Evidence) -> Evidence:
    """The outputs as they were, and what they say about the label, the code, and the way back to the weights."""
    if "rows" in got:
        return {**got, "spread": "yes" if gap(got["logits"].flatten(), got["rows"].flatten()) <= SAME else "no"}
    told = {key: got[key] for key in (*OUTPUTS, "sizes")}
    told["shape"] = ", ".join(str(tuple(got[name].shape)) for name in OUTPUTS)
    if "again" not in got:
        return told

    def equal(a: str, b: str) -> bool:
        return gap(got[a], got[b]) <= SAME

    told["repeats"] = "yes" if equal("again", "logits") else "no"
    got = got | {f"ways_{name}": sizes for name, sizes in zip(OUTPUTS, got["ways"])}
    told["weights"] = has_weights(got, OUTPUTS)
    told["pair"] = _order(got)
    told["eps"] = "reaches" if not equal("moved", "logits") else "ignored"
    told["calm_eps"] = "reaches" if gap(*got["calm"]) > SAME else "ignored"
    if told["repeats"] == "yes":
        alone = all(gap(got[f"two_{name}"], got[name][:2]) <= SAME for name in OUTPUTS)
        told["company"] = "none" if alone else "some"
        told["loose"] = " and ".join(name for name in OUTPUTS if not still(got[f"zero_{name}"]))
        told["twins"] = " and ".join(name for name in OUTPUTS if not equal(f"twin_{name}", name))
    codes = [key.removeprefix("at_") for key in got if key.startswith("at_")]
    told["code"] = next((name for name in codes if equal("logits", f"at_{name}")), "other")
    if told["code"] == "other" and gap(got["logits"], torch.sigmoid(got["at_right"])) <= SAME:
        told["code"] = "squashed"
    told["decoder"] = span(got["usual"].double(), got["usual"].double())
    for name in ("logvar_q", "logvar_p"):
        usual = got[f"usual_{name}"]
        told[name.replace("_", "_of_")] = "never negative" if bool((usual >= 0).all()) and bool(usual.any()) else "free"
    prior = torch.cat([got["of_labels_mu_p"], got["of_labels_logvar_p"]], -1)
    told["prior"] = "standard" if not bool(prior.any()) else _told_apart(prior)
    told["encoder_label"] = _told_apart(torch.cat([got["of_labels_mu_q"], got["of_labels_logvar_q"]], -1))
    told["decoder_label"] = _told_apart(got["of_labels_logits"])
    told["encoder_x"] = _follows_rows(torch.cat([got["of_labels_mu_q"], got["of_labels_logvar_q"]], -1))
    told |= inward_fact(got, case["eps"]) | way_facts(got, OUTPUTS)
    del told["reached"]
    for name in OUTPUTS[1:]:
        told[f"{name}_way"] = way_back(*got[f"{name}_slopes"])
        if name.endswith("p") and torch.equal(*got[f"of_labels_{name}"]):  # the same under other weights: nothing to be learned
            told[f"{name}_way"] = "whole"
    ways = zip(PATHS, got["paths"], strict=True)
    told["path"] = next((name for name, slopes in ways if gap(got["logits_slopes"], slopes) <= SAME), "other")
    return told


def _order(got: Evidence) -> str:
    """Whether the four ends that forward returns are those of encode and prior, or which of them they are."""
    orders = {
        "as they are": ("mu_q", "logvar_q", "mu_p", "logvar_p"), "q and p exchanged": ("mu_p", "logvar_p", "mu_q", "logvar_q"),
        "q twice": ("mu_q", "logvar_q", "mu_q", "logvar_q"), "p twice": ("mu_p", "logvar_p", "mu_p", "logvar_p"),
        "means and log-variances exchanged": ("logvar_q", "mu_q", "logvar_p", "mu_p"),
        "means first": ("mu_q", "mu_p", "logvar_q", "logvar_p"),
    }
    for told, names in orders.items():
        if all(gap(got[place], got[f"own_{name}"]) <= SAME for place, name in zip(OUTPUTS[1:], names, strict=True)):
            return told
    return "other"


@kinds(**dict.fromkeys((*OUTPUTS, "rows", "idle_names"), "property"))
@summary(_conditional_facts)
def ConditionalVAE(ns, case: Case) -> Evidence:
    model = _conditional(ns, case)
    y = case["y"]
    if "z" in case:
        z = case["z"]
        lead = (z[..., 0] + y[..., 0]).shape
        rows = [given.expand(*lead, -1).reshape(-1, given.shape[-1]) for given in (z, y)]
        return {"logits": _decoded(model, z, y), "rows": _decoded(model, *rows)}
    x, eps = case["x"], case["eps"]
    told: Evidence = {
        **_forward(model, x, y, eps), "sizes": ", ".join(str(getattr(model, size, "none")) for size in SIZES),
    }
    if len(x) == 1:
        return told
    generator = torch.Generator().manual_seed(case["seed"])
    moved = eps.clone()
    moved[0] += 1
    told |= {"again": _forward(model, x, y, eps)["logits"], "moved": _forward(model, x, y, moved)["logits"]}
    told |= {f"two_{name}": value for name, value in _forward(model, x[:2], y[:2], eps[:2]).items()}
    own = _ends(model, "encode", x, y) | _ends(model, "prior", y)
    told |= {f"own_{name}": value for name, value in own.items()}
    told |= _at_codes(model, own, y, eps) | _ways(model, told, own, x, y, eps, generator)
    twin = twin_of(model, _conditional(ns, case))
    told |= {f"twin_{name}": value for name, value in _forward(twin, x, y, eps).items()}
    model.eval()
    told["calm"] = torch.stack([_forward(model, x, y, noise)["logits"] for noise in (eps, moved)])
    model.train()
    told |= _under_other_weights(model, x, y, eps, generator)
    found = trained(model, lambda net, x: _forward(net, x, y, eps), x, generator)
    told |= {"ways": torch.stack([found[f"ways_{name}"] for name in OUTPUTS]), "unused": found["unused"], "cut": found["cut"]}
    fill(model, None)
    return told | {f"zero_{name}": value for name, value in _forward(model, x, y, eps).items()}


def _at_codes(model: nn.Module, own: Outputs, y: Tensor, eps: Tensor) -> Evidence:
    """The logits of the code that is meant, and of others that a hasty hand writes, or with another label."""
    of_prior = known_codes(own["mu_p"], own["logvar_p"], eps)["right"]
    codes = known_codes(own["mu_q"], own["logvar_q"], eps)
    told = {f"at_{name}": _decoded(model, codes[name], y) for name in CODES}  # a case may have 64 pieces of evidence
    right = codes["right"]
    told["at_code of the prior"] = _decoded(model, of_prior, y)
    told["at_mean of the prior"] = _decoded(model, own["mu_p"], y)
    told["at_both means"] = _decoded(model, right + own["mu_p"], y)
    labels = {"no label": torch.zeros_like(y), "label of row 0": y[:1].expand_as(y), "next label": y.roll(1, -1)}
    for name, label in labels.items():
        told[f"at_{name}"] = _decoded(model, right, label)
    return told


def _ways(
    model: nn.Module, outputs: Outputs, own: Outputs, x: Tensor, y: Tensor, eps: Tensor, generator: torch.Generator
) -> Evidence:
    """Sizes of the gradients of what forward returns, beside those of what encode, prior and decode give."""
    mu, logvar = own["mu_q"], own["logvar_q"]
    direction = torch.randn(outputs["logits"].shape, generator=generator)
    told: Evidence = {"logits_slopes": slope_sizes(model, outputs["logits"], direction)}
    ends = ((mu, logvar), (mu.detach(), logvar.detach()), (mu.detach(), logvar), (mu, logvar.detach()))
    codes = [known_codes(a, b, eps)["right"] for a, b in ends]
    told["paths"] = torch.stack([slope_sizes(model, _decoded(model, code, y), direction) for code in codes])
    for name, value in own.items():
        direction = torch.randn(value.shape, generator=generator)
        told[f"{name}_slopes"] = torch.stack([slope_sizes(model, given, direction) for given in (outputs[name], value)])
    return told


def _under_other_weights(model: nn.Module, x: Tensor, y: Tensor, eps: Tensor, generator: torch.Generator) -> Evidence:
    """Outputs under several settings of the weights: for every label, (fills, labels, rows, ...), and far out."""
    labels = torch.eye(y.shape[-1]).unsqueeze(1).expand(-1, len(x), -1)  # (Y, B, Y)
    runs: dict[str, list[Tensor]] = {}
    for _ in range(LABEL_FILLS):
        fill(model, generator)
        per_label = [
            {**_ends(model, "encode", x, label), **_ends(model, "prior", label), "logits": _decoded(model, eps, label)}
            for label in labels
        ]
        for name in OUTPUTS:
            runs.setdefault(name, []).append(torch.stack([given[name].detach() for given in per_label]))
    told: Evidence = {f"of_labels_{name}": torch.stack(values) for name, values in runs.items()}
    usual = []
    for _ in range(FILLS):
        fill(model, generator, FAR)
        usual.append({
            "": _decoded(model, eps, y).detach(), "_logvar_q": _ends(model, "encode", x, y)["logvar_q"].detach(),
            "_logvar_p": _ends(model, "prior", y)["logvar_p"].detach(),
        })
    told |= {f"usual{end}": torch.stack([run[end] for run in usual]) for end in usual[0]}
    return told | inward(model, lambda z: _decoded(model, z, y), eps, generator)


# --- conditional_elbo, class_posterior, label_information ---


def conditional_elbo(ns, case: Case) -> Evidence:
    names = ("log_likelihood", "mu_q", "logvar_q", "mu_p", "logvar_p")
    given = {name: case[name] for name in names}

    def bound(**changed: Tensor) -> Tensor:
        return tensor(ns["conditional_elbo"](*({**given, **changed}[name].clone() for name in names)), "conditional_elbo")

    leaves = {name: value.clone().requires_grad_() for name, value in given.items()}
    value = tensor(ns["conditional_elbo"](*leaves.values()), "conditional_elbo")
    ends, none = names[1:], torch.zeros_like(case["log_likelihood"])
    return {
        "elbo": value,
        **gradients(weighted(value, case["weights"]), leaves),
        "again": bound(),
        "alone": bound(**{name: v[:1] for name, v in given.items()}),
        "raised": bound(log_likelihood=given["log_likelihood"] + case["shift"]),
        "moved": bound(mu_q=given["mu_q"] + 2, mu_p=given["mu_p"] + 2),
        "free": bound(mu_q=given["mu_p"], logvar_q=given["logvar_p"]),
        "price": bound(log_likelihood=none),
        "first": bound(log_likelihood=none, **{name: given[name][:, :1] for name in ends}),
        "rest": bound(log_likelihood=none, **{name: given[name][:, 1:] for name in ends}),
    }


def _of_classes(case: Case, function: Callable[..., Tensor]) -> Evidence:
    """The value for every row, and with something changed that may not matter. `function(log_px, y, log_prior)`."""
    log_px, log_prior, y = case["log_px_given_y"], case["log_prior"], case["y"]
    C = len(log_prior)
    lifted = log_px + case["shift"][:, None]
    if case["case"] in ("far", "never"):
        return {"far": function(log_px, y, log_prior), "far_raised": function(lifted, y, log_prior)}
    return {
        "value": function(log_px, y, log_prior),
        "again": function(log_px, y, log_prior),
        "raised": function(lifted, y, log_prior),
        "turned": function(log_px.flip(1), C - 1 - y, log_prior.flip(0)),
        "alone": function(log_px[:1], y[:1], log_prior),
        "equal": function(log_px[:, :1].repeat(1, C), y, log_prior),
        "prior_moved": function(log_px, y, log_prior.roll(1)),
    }


@kinds(far="coarse", far_raised="coarse")  # a logarithm near -1,000 has few digits in single precision
def class_posterior(ns, case: Case) -> Evidence:
    def shares(log_px: Tensor, y: Tensor, log_prior: Tensor) -> Tensor:
        return tensor(ns["class_posterior"](log_px.clone(), log_prior.clone()), "class_posterior").detach()

    return _of_classes(case, shares)


def label_information(ns, case: Case) -> Evidence:
    def information(log_px: Tensor, y: Tensor, log_prior: Tensor) -> Tensor:
        given = ns["label_information"](log_px.clone(), y.clone(), log_prior.clone())
        return tensor(given, "label_information").detach()

    return _of_classes(case, information)


# --- linear_probe, neighbour_vote ---


@warms("sklearn.linear_model", "sklearn.preprocessing", "sklearn.pipeline")
def linear_probe(ns, case: Case) -> Evidence:
    features, labels, new = case["features"], case["labels"], case["new"]

    def predicted(new: Tensor, features: Tensor = features, labels: Tensor = labels) -> Tensor:
        return tensor(ns["linear_probe"](features.clone(), labels.clone(), new.clone()), "linear_probe")

    told = {"predicted": predicted(new), "company": predicted(torch.cat([new, case["strangers"]]))}
    if case["case"] == "groups":
        told["renamed"] = predicted(new, labels=_renamed(labels, case["names"]))
        told["scaled"] = predicted(case["new"] * case["units"], features * case["units"])
    return told


def _renamed(labels: Tensor, names: Tensor) -> Tensor:
    """Every label in the first row of `names` becomes the one below it."""
    return names[1][(labels[:, None] == names[0]).long().argmax(1)]


@warms("sklearn.neighbors")
def neighbour_vote(ns, case: Case) -> Evidence:
    features, labels, new, k = case["features"], case["labels"], case["new"], case["k"]

    def voted(new: Tensor, k: int, features: Tensor = features, labels: Tensor = labels) -> Tensor:
        given = ns["neighbour_vote"](features.clone(), labels.clone(), new.clone(), k)
        return tensor(given, "neighbour_vote")

    return {
        "voted": voted(new, k),
        "nearest": voted(new, 1),
        "itself": voted(features[: len(new)], 1),
        "everybody": voted(new, len(features)),
        "alone": voted(new[:1], k),
        "turned": voted(new, k, features.flip(0), labels.flip(0)),
        "renamed": voted(new, k, labels=10 * labels + 3),
    }


# --- anomaly_score, auroc ---


@kinds(single="coarse")
def anomaly_score(ns, case: Case) -> Evidence:
    x, eps, model = case["x"], case["eps"], fixtures.model(case)

    def score(x: Tensor, eps: Tensor, model: nn.Module = model) -> Tensor:
        return tensor(ns["anomaly_score"](x.clone(), model, eps.clone()), "anomaly_score").detach()

    single = fixtures.model(case).float()
    return {
        "score": score(x, eps),
        "again": score(x, eps),
        "alone": score(x[:1], eps[:, :1]),
        "repeated": score(x, eps.repeat(2, 1, 1)),
        "another": score(x, case["other_eps"]),
        "one": score(x, eps[:1]),
        "single": score(x.float(), eps.float(), single),
    }


@warms("sklearn.metrics")
def auroc(ns, case: Case) -> Evidence:
    scores, odd = case["scores"], case["odd"]

    def area(scores: Tensor, odd: Tensor) -> Tensor:
        is_anomaly = odd.clone() if case["case"] == "numbers" else odd.bool()
        return one_number(ns["auroc"](scores.clone(), is_anomaly), "auroc")

    told = {"area": area(scores, odd), "turned": area(scores.flip(0), odd.flip(0)), "again": area(scores, odd)}
    if case["case"] == "ties":
        return told | {"level": area(torch.full_like(scores, 1.5), odd)}
    return told | {
        "negative": area(-scores, odd), "stretched": area((scores / 2).exp(), odd), "exchanged": area(scores, 1 - odd),
        "apart": area(scores + 50 * odd, odd), "twice": area(*(torch.cat([given, given[odd == 0]]) for given in (scores, odd))),
    }


# --- gumbel_softmax, leave_one_out_gradient ---


@kinds(far="coarse", d_far="coarse")  # a quotient of large numbers in single precision has few digits
def gumbel_softmax(ns, case: Case) -> Evidence:
    logits, tau, uniform = case["logits"], case["tau"], case["uniform"]

    def draw(logits: Tensor, tau: float, uniform: Tensor) -> Tensor:
        return tensor(ns["gumbel_softmax"](logits, tau, uniform.clone()), "gumbel_softmax")

    leaf = logits.clone().requires_grad_()
    value = draw(leaf, tau, uniform)
    slopes = gradients(weighted(value, case["weights"]), {"logits": leaf})
    if case["case"] == "far":
        return {"far": value.detach(), "d_far": slopes["d_logits"]}
    return {
        "draw": value.detach(),
        **slopes,
        "again": draw(logits, tau, uniform).detach(),
        "raised": draw(logits + case["shift"], tau, uniform).detach(),
        "turned": draw(logits.flip(1), tau, uniform.flip(1)).detach(),
        "alone": draw(logits[:1], tau, uniform[:1]).detach(),
        "cold": draw(logits, tau / 40, uniform).detach(),
        "warm": draw(logits, 40 * tau, uniform).detach(),
        "level": draw(logits, tau, torch.full_like(uniform, 0.3)).detach(),
    }


def leave_one_out_gradient(ns, case: Case) -> Evidence:
    values, logits, z = case["values"], case["logits"], case["z"]

    def estimate(values: Tensor, logits: Tensor, z: Tensor) -> Tensor:
        given = ns["leave_one_out_gradient"](values.clone(), logits.clone(), z.clone())
        return _clean(tensor(given, "leave_one_out_gradient").detach())

    first = estimate(values, logits, z)
    told = {
        "gradient": first,
        "again": estimate(values, logits, z),
        "raised": estimate(values + 10, logits, z),
        "equal": estimate(torch.full_like(values, 2.5), logits, z),
        "turned": estimate(values.flip(0), logits, z.flip(0)),
        "alone": estimate(values[:, :1], logits[:1], z[:, :1]),
        "lifted": estimate(values, logits + 4, z),
    }
    if case["case"] == "enumerated":
        told["average"] = case["chances"] @ first if first.dim() == 2 and len(first) == len(case["chances"]) else first
    return told


def _clean(value: Tensor) -> Tensor:
    """What is 0 but for rounding errors becomes the same 0 for everybody."""
    return torch.where(value.abs() < 1e-9, 0.0, value)


# --- mixture_log_prob, elbo_with_prior ---


def mixture_log_prob(ns, case: Case) -> Evidence:
    z, mu, logvar, log_weights = (case[name] for name in ("z", "mu", "logvar", "log_weights"))

    def density(z: Tensor, mu: Tensor, logvar: Tensor, log_weights: Tensor) -> Tensor:
        return tensor(ns["mixture_log_prob"](z, mu, logvar, log_weights), "mixture_log_prob")

    if case["case"] in ("far", "never"):
        return {"far": density(z, mu, logvar, log_weights).detach()}
    leaves = {name: case[name].clone().requires_grad_() for name in ("z", "mu", "logvar")}
    value = density(*leaves.values(), log_weights)
    one = [given[:1] for given in (mu, logvar)]
    copies = [given.expand(len(mu), -1) for given in one]
    return {
        "density": value.detach(),
        **gradients(weighted(value, case["weights"]), leaves),
        "again": density(z, mu, logvar, log_weights).detach(),
        "alone": density(z[0], mu, logvar, log_weights).detach(),
        "turned": density(z, mu.flip(0), logvar.flip(0), log_weights.flip(0)).detach(),
        "one": density(z, *one, torch.zeros_like(log_weights[:1])).detach(),
        "copies": density(z, *copies, log_weights).detach(),
        "moved": density(z + 2, mu + 2, logvar, log_weights).detach(),
    }


def _log_prior(case: Case) -> Callable[[Tensor], Tensor]:
    """The log-density of a Gaussian, or of one with heavier tails, that a case describes."""
    heavy, loc, scale = case["prior"] == "heavy", case["prior_loc"], case["prior_scale"]

    def log_prior(z: Tensor) -> Tensor:
        ends = loc.to(z), scale.to(z)
        return (StudentT(4.0, *ends) if heavy else Normal(*ends)).log_prob(z).sum(-1)

    return log_prior


@kinds(single="coarse")
def elbo_with_prior(ns, case: Case) -> Evidence:
    x, eps, model, log_prior = case["x"], case["eps"], fixtures.model(case), _log_prior(case)

    def bound(x: Tensor, eps: Tensor, model: nn.Module = model, log_prior: Callable = log_prior) -> Tensor:
        return tensor(ns["elbo_with_prior"](x.clone(), model, log_prior, eps.clone()), "elbo_with_prior")

    value = bound(x, eps)
    told = {
        "elbo": value.detach(),
        **gradients(weighted(value, case["weights"]), trainable(model)),
        "again": bound(x, eps).detach(),
        "alone": bound(x[:1], eps[:, :1]).detach(),
        "raised": bound(x, eps, log_prior=lambda z: log_prior(z) + 3).detach(),
        "repeated": bound(x, eps.repeat(2, 1, 1)).detach(),
        "halves": (bound(x, eps[::2]).detach() + bound(x, eps[1::2]).detach()) / 2,
        "single": bound(x.float(), eps.float(), fixtures.model(case).float()).detach(),
    }
    return told | ({"another": bound(x, case["other_eps"]).detach()} if case["case"] == "posterior" else {})
