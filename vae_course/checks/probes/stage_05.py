"""Probes of stage 05."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import copy
import numbers
import torch
from torch import Tensor, nn

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.held import Ask, Held, OnTrial, far
from vae_course.checks.probes.networks import (
    FAR, FILLS, Call, Outputs, fill, has_weights, inward, inward_fact, known_codes, slope_in_all, slope_sizes, span, still, trained,
    twin_of, way_back, way_facts,
)
from vae_course.checks.probes.shared import ERRORS, law, one_number, pattern
from vae_course.checks.probes.zoo import try_on
from vae_course.checks.probing import (
    Case, Evidence, dictionary, gradients, kinds, module, scalar, sequence, shows, summary, tensor, warms,
)
from vae_course.checks.trouble import Unfit
from vae_course.models.audit import disguised, likelihood
from vae_course.models.bug_zoo import Program, program
from vae_course.models.data import digits
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.watched import WatchedVAE, watched

EXAMINED = ("plain", "wide")  # the cases on which a network is taken apart; the others look at shapes
SURE = 40.0  # a logit whose probability single precision rounds to 1
GROWTH = 1.1  # of the weights, until a logit is SURE


# --- networks ---


def _examined(net: nn.Module, twin: nn.Module, call: Call, given: Tensor, generator: torch.Generator) -> Evidence:
    """What a network gives for `given`, (B, ...), as built, for two rows, and with its parameters set to other numbers."""
    told: Evidence = {}

    def note(name: str, outputs: Outputs) -> None:
        told.update({f"{name}_{key}": value for key, value in outputs.items()})

    first = call(net, given)
    told |= first
    note("again", call(net, given))
    note("two", call(net, given[:2]))
    usual, far = [], []
    for _ in range(FILLS):
        fill(net, generator)
        usual.append(call(net, given))
        fill(net, generator, FAR)
        far.append(call(net, given))
    for name, runs in (("usual", usual), ("far", far)):
        note(name, {key: torch.stack([run[key].detach() for run in runs]) for key in first})
    told |= trained(net, call, given, generator)
    fill(net, None)
    note("zero", call(net, given))
    fill(net, generator)
    note("filled", call(net, given))
    note("middle", call(net, (given + given.flip(0)) / 2))
    call(twin, given)  # what is made at the first call is there then
    note("twin", call(twin_of(net, twin), given))
    net.eval()
    note("calm", call(net, given))
    note("calm_again", call(net, given))
    note("calm_two", call(net, given[:2]))
    return told


def _facts(evidence: Evidence, names: Sequence[str]) -> Evidence:
    """What follows from `_examined`: the outputs as they were, and facts about them in words."""
    got = {key: value for key, value in evidence.items() if isinstance(value, Tensor)}
    told = {name: got[name] for name in names if name in got}
    told["shape"] = ", ".join(str(tuple(value.shape)) for value in told.values())
    if f"zero_{names[0]}" not in got:
        return told | {key: evidence[key] for key in ("drawn", "rows") if key in evidence}

    def equal(a: str, b: str, rows: int | None = None) -> bool:
        return all(gap(got[f"{a}{name}"], got[f"{b}{name}"][:rows]) <= SAME for name in names)

    repeats = "yes" if equal("again_", "") else "once calm" if equal("calm_again_", "calm_") else "no"
    if repeats == "yes":
        told["company"] = "none" if equal("two_", "", 2) else "once calm" if equal("calm_two_", "calm_", 2) else "some"
    loose = [name for name in names if not still(got[f"zero_{name}"])]
    told |= {"repeats": repeats, "weights": has_weights(got, names), "loose": " and ".join(loose)}
    told["twins"] = " and ".join(name for name in names if gap(got[f"twin_{name}"], got[f"filled_{name}"]) > SAME)
    told |= way_facts(evidence, names)
    if told["idle"] in ("never used", "both"):
        straight = all(_halfway(got[f"middle_{name}"], got[f"filled_{name}"]) for name in names)
        told["straight"] = "yes" if straight else "no"
    for name in names:
        usual, far = got[f"usual_{name}"].double(), got[f"far_{name}"].double()
        told[f"{name}_follows"] = "no" if all(still(run) for run in usual) else "yes"
        told[f"{name}_range"] = span(usual, far)
        told[f"{name}_least"] = float(torch.minimum(usual.min(), far.min()).nan_to_num())
        told[f"{name}_most"] = float(torch.maximum(usual.max(), far.max()).nan_to_num())
    if len(names) == 2:
        a, b = (got[f"usual_{name}"] for name in names)
        told["heads"] = "one" if a.shape == b.shape and gap(a, b) <= SAME else "two"
    return told


def _halfway(middle: Tensor, ends: Tensor) -> bool:
    """Whether the outputs halfway between the inputs of two rows lie halfway between theirs."""
    return gap(middle, (ends + ends.flip(0)) / 2) <= SAME


_ENCODER_FACTS = dict(
    mu="property", logvar="property", idle_names="property",
    **{f"{name}_{end}": "property" for name in ("mu", "logvar") for end in ("least", "most")},
)


def _encoder_facts(case: Case, evidence: Evidence) -> Evidence:
    pair = {"mu", "logvar"} <= evidence.keys()
    return {"form": "two tensors" if pair else evidence["form"]} | _facts(evidence, ("mu", "logvar"))


@kinds(**_ENCODER_FACTS)
@summary(_encoder_facts)
def Encoder(ns, case: Case) -> Evidence:
    x, generator = case["x"], torch.Generator().manual_seed(case["seed"])

    def make() -> nn.Module:
        return module(ns["Encoder"](x.shape[1], case["z_dim"]), "Encoder")

    net = make()
    given = net(x)
    form = _form(given, case)
    if form != "two tensors":
        told = {"form": form}
        if isinstance(given, Tensor):
            told["drawn"] = "no" if torch.equal(net(x), given) else "yes"
        return told
    if case["case"] not in EXAMINED:
        return _heads(given)
    return _examined(net, make(), lambda net, x: _heads(net(x)), x, generator)


def _heads(given: object) -> Outputs:
    if isinstance(given, Tensor) and given.dim() == 3 and len(given) == 2:  # mu, logvar = ... takes it apart as well
        given = given.unbind()
    mu, logvar = sequence(given, "the pair (mu, logvar)", "Your Encoder, called with x,", (2,))
    return {
        "mu": tensor(mu, "mu of your Encoder", "is"),
        "logvar": tensor(logvar, "logvar of your Encoder", "is"),
    }


def _form(given: object, case: Case) -> str:
    """`two tensors`, or what else came out of an encoder."""
    if isinstance(given, Tensor) and given.dim() < 3:
        sizes = {case["z_dim"]: "one code", 2 * case["z_dim"]: "one tensor of twice the width"}
        return sizes.get(given.shape[-1] if given.dim() else 0, "one tensor")
    if isinstance(given, (tuple, list)) and len(given) == 3 and all(isinstance(part, Tensor) for part in given):
        return "three tensors"
    _heads(given)
    return "two tensors"


def _decoder_facts(case: Case, evidence: Evidence) -> Evidence:
    told = _facts(evidence, ("logits",))
    return told | inward_fact(evidence, case["z"]) if "near" in evidence else told


@kinds(logits="property", rows="property", idle_names="property", logits_least="property", logits_most="property")
@summary(_decoder_facts)
def Decoder(ns, case: Case) -> Evidence:
    z, generator = case["z"], torch.Generator().manual_seed(case["seed"])

    def make() -> nn.Module:
        return module(ns["Decoder"](case["z_dim"], case["x_dim"]), "Decoder")

    def call(net: nn.Module, z: Tensor) -> Outputs:
        return {"logits": tensor(net(z), "Your Decoder, called with z,")}

    net = make()
    if case["case"] == "stack":
        return call(net, z) | {"rows": call(net, z.reshape(-1, z.shape[-1]))["logits"]}
    if case["case"] not in EXAMINED:
        return call(net, z)
    told = _examined(net, make(), call, z, generator)
    return told | inward(net.train(), lambda z: call(net, z)["logits"], z, generator)


# --- VAE ---


def _model(ns, case: Case) -> nn.Module:
    """The learner's model with its parameters set to random numbers."""
    model = module(ns["VAE"](case["x_dim"], case["z_dim"]), "VAE")
    lacking = [name for name in ("encode", "decode", "log_likelihood") if not callable(getattr(model, name, None))]
    if lacking:
        raise Unfit(f"VAE has no {' and no '.join(lacking)}; the methods encode, decode and log_likelihood are expected.")
    fill(model, torch.Generator().manual_seed(case["seed"]))
    return model


def _vae_facts(case: Case, evidence: Evidence) -> Evidence:
    """The outputs as they were, and what they say about the code, the way back to the encoder, and the likelihood."""
    if "scores" in evidence:
        return _likelihood_facts(case, evidence)
    names = ("logits", "mu", "logvar")
    told = {key: evidence[key] for key in (*names, "sizes")}
    told["shape"] = ", ".join(str(tuple(evidence[name].shape)) for name in names)
    if "encoded_mu" not in evidence:
        return told
    got = evidence

    def equal(a: Tensor, b: Tensor) -> bool:
        return gap(a, b) <= SAME

    pairs = {"as encoded": ("encoded_mu", "encoded_logvar"), "exchanged": ("encoded_logvar", "encoded_mu")}
    told["pair"] = next(
        (name for name, (a, b) in pairs.items() if equal(got["mu"], got[a]) and equal(got["logvar"], got[b])), "other",
    )
    told["repeats"] = "yes" if equal(got["again"], got["logits"]) else "no"
    told["weights"] = has_weights(got, names)
    told["eps"] = "reaches" if not equal(got["moved"], got["logits"]) else "ignored"
    told["calm_eps"] = "reaches" if not equal(got["calm_moved"], got["calm_logits"]) else "ignored"
    if told["repeats"] == "yes":
        told["company"] = "none" if equal(got["moved"][1:], got["logits"][1:]) else "some"
        told["loose"] = " and ".join(name for name in names if not still(got[f"zero_{name}"]))
        told["twins"] = " and ".join(name for name in names if not equal(got[f"twin_{name}"], got[name]))
    codes = [key.removeprefix("at_") for key in got if key.startswith("at_")]
    told["code"] = next((name for name in codes if equal(got["logits"], got[f"at_{name}"])), "other")
    if told["code"] == "other":
        squashed = torch.sigmoid(got["at_right"])
        told["code"] = "squashed" if equal(got["logits"], squashed) else "other"
    told["decoder"] = span(got["usual"].double(), got["usual"].double())
    told |= inward_fact(got, case["eps"]) | way_facts(got, names)
    del told["reached"]
    for name in ("mu", "logvar"):
        told[f"{name}_way"] = way_back(got[f"{name}_slopes"], got[f"encoded_{name}_slopes"])
    paths = [key.removeprefix("path_") for key in got if key.startswith("path_")]
    told["path"] = next((name for name in paths if equal(got["slopes"], got[f"path_{name}"])), "other")
    return told


def _likelihood_facts(case: Case, evidence: Evidence) -> Evidence:
    """Of log p(x|z): its value as it was, and which known number it is."""
    x, z, logits, scores = case["x"], case["z"], evidence["decoded"], evidence["scores"]
    told = {"scores": scores, "again": evidence["again"], "shape": str(tuple(scores.shape))}
    if "score_ways" in evidence:
        told["scored"] = _scored(evidence, z)
    if logits.shape != (*z.shape[:-1], case["x_dim"]):
        return told | {"score": "other"}
    x, logits = torch.broadcast_tensors(x, logits)
    right = bernoulli_log_likelihood(x, logits)
    prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
    known = {
        "right": right,
        "negative": -right,
        "mean over pixels": right / case["x_dim"],
        "with prior": right + prior,
        "squashed twice": bernoulli_log_likelihood(x, torch.sigmoid(logits)),
        "squared error": -(x - torch.sigmoid(logits)).square().sum(-1),
        "probability": right.exp(),
        "white pixels": (x * nn.functional.logsigmoid(logits)).sum(-1),
        "inverted": bernoulli_log_likelihood(1 - x, logits),
    }
    told["score"] = next((name for name, value in known.items() if gap(scores, value) <= SAME), "other")
    if told["score"] == "right" and "sure_scores" in evidence:
        told["confident"] = _confident(x, evidence["sure_decoded"], evidence["sure_scores"])
    return told


def _confident(x: Tensor, logits: Tensor, scores: Tensor) -> str:
    """Whether log p(x|z) is right where a logit is SURE, or what has become of it."""
    x, logits = torch.broadcast_tensors(x, logits)
    if gap(scores, bernoulli_log_likelihood(x, logits)) <= SAME:
        return "right"
    if not bool(scores.isfinite().all()):
        return "not finite"
    p = torch.sigmoid(logits)
    cut = x * p.log().clamp(min=-100) + (1 - x) * (1 - p).log().clamp(min=-100)
    return "cut off at -100" if gap(scores, cut.sum(-1)) <= SAME else "held"


@kinds(logits="property", mu="property", logvar="property", idle_names="property", scores="property", again="property")
@summary(_vae_facts)
def VAE(ns, case: Case) -> Evidence:
    model = _model(ns, case)
    sizes = f"{getattr(model, 'x_dim', 'none')}, {getattr(model, 'z_dim', 'none')}"
    if "eps" not in case:
        return _scores(model, case)
    x, eps = case["x"], case["eps"]
    names = ("logits", "mu", "logvar")

    def forward(model: nn.Module, x: Tensor, eps: Tensor = eps) -> Outputs:
        given = sequence(model(x, eps), "the triple (logits, mu, logvar)", "Your VAE, called with x and eps,", (3,))
        return {name: tensor(part, f"{name} of your VAE", "is") for name, part in zip(names, given, strict=True)}

    def decode(z: Tensor) -> Tensor:
        return tensor(model.decode(z), "decode of your VAE")

    told = forward(model, x) | {"sizes": sizes}
    if len(x) == 1:
        return told
    moved = eps.clone()
    moved[0] += 1
    mu, logvar = sequence(model.encode(x), "the pair (mu, logvar)", "encode of your VAE", (2,))
    mu, logvar = tensor(mu, "mu of encode", "is"), tensor(logvar, "logvar of encode", "is")
    told |= {
        "again": forward(model, x)["logits"], "moved": forward(model, x, moved)["logits"],
        "encoded_mu": mu, "encoded_logvar": logvar,
    }
    codes = known_codes(mu, logvar, eps)
    told |= {f"at_{name}": decode(code) for name, code in codes.items()}
    generator = torch.Generator().manual_seed(case["seed"])
    direction = torch.randn(told["logits"].shape, generator=generator)
    outputs = forward(model, x)
    told["slopes"] = slope_sizes(model, outputs["logits"], direction)
    for name, (a, b) in {
        "whole": (mu, logvar), "cut": (mu.detach(), logvar.detach()), "without mu": (mu.detach(), logvar),
        "without sigma": (mu, logvar.detach()),
    }.items():
        told[f"path_{name}"] = slope_sizes(model, decode(known_codes(a, b, eps)["right"]), direction)
    for name, encoded in (("mu", mu), ("logvar", logvar)):
        direction = torch.randn(encoded.shape, generator=generator)
        told[f"{name}_slopes"] = slope_sizes(model, outputs[name], direction)
        told[f"encoded_{name}_slopes"] = slope_sizes(model, encoded, direction)
    twin = twin_of(model, _model(ns, case))
    told |= {f"twin_{name}": value for name, value in forward(twin, x).items()}
    model.eval()
    told |= {"calm_logits": forward(model, x)["logits"], "calm_moved": forward(model, x, moved)["logits"]}
    model.train()
    usual = []
    for _ in range(FILLS):
        fill(model, generator, FAR)
        usual.append(decode(eps).detach())
    told |= {"usual": torch.stack(usual), **inward(model, decode, eps, generator)}
    told |= trained(model, forward, x, generator)
    fill(model, None)
    return told | {f"zero_{name}": value for name, value in forward(model, x).items()}


def _scores(model: nn.Module, case: Case) -> Evidence:
    """log p(x|z) twice, which gradients it has, and what it is when a logit is SURE, each with the logits of decode."""
    x, z = case["x"], case["z"]

    def score(z: Tensor) -> Tensor:
        return tensor(model.log_likelihood(x, z), "log_likelihood of your VAE")

    def decode() -> Tensor:
        return tensor(model.decode(z), "decode of your VAE")

    told = {"scores": score(z), "again": score(z), "decoded": decode()}
    if case["case"] == "paired":
        code = z.clone().requires_grad_()
        total = score(code).sum()
        told |= {"score_ways": slope_in_all(total, list(model.parameters())), "score_slope": _slope_in(total, code)}
    if case["case"] != "samples" and _made_sure(model, decode, case["seed"]):
        told |= {"sure_scores": score(z), "sure_decoded": decode()}
    return told


def _slope_in(total: Tensor, code: Tensor) -> Tensor:
    """The gradient of `total` in the code; 0 where none reaches."""
    grad = torch.autograd.grad(total, code, allow_unused=True)[0] if total.requires_grad else None
    return torch.zeros_like(code) if grad is None else grad


def _scored(got: Evidence, z: Tensor) -> str:
    """What gets a gradient from log p(x|z): `weights and z`, one of them, or `neither`."""
    slope = got["score_slope"]
    found = {"weights": bool(got["score_ways"].any()), "z": slope.shape == z.shape and bool(slope.any())}
    return " and ".join(name for name, reached in found.items() if reached) or "neither"


def _made_sure(model: nn.Module, decode: Callable[[], Tensor], seed: int) -> bool:
    """Let the weights grow until a logit is SURE; whether one came to be."""
    for power in range(80):
        fill(model, torch.Generator().manual_seed(seed), GROWTH**power)
        if float(decode().max()) >= SURE:
            return True
    return False


# --- negative_elbo ---


def negative_elbo(ns, case: Case) -> Evidence:
    x, logits, mu, logvar = (case[name] for name in ("x", "logits", "mu", "logvar"))
    what, keys = "negative_elbo", ("loss", "recon", "kl")

    def terms(*given: Tensor) -> Mapping:
        return dictionary(ns[what](*given), keys, what)

    def numbers(given: Mapping, name: str = "") -> Evidence:
        return {f"{name}{key}": scalar(given[key], f"{key} of negative_elbo") for key in keys}

    if case["case"] in ("slopes", "steep"):
        inputs = {name: value.requires_grad_() for name, value in (("logits", logits), ("mu", mu), ("logvar", logvar))}
        loss = terms(x, *inputs.values())["loss"]
        return gradients(loss, inputs) if isinstance(loss, Tensor) else {f"d_{name}": "none" for name in inputs}
    value = numbers(terms(x, logits, mu, logvar))
    if case["case"] == "confident":
        return value
    twice = [given.repeat(2, 1) for given in (x, logits, mu, logvar)]
    blank = torch.zeros_like(mu)
    return {
        **value,
        **numbers(terms(*twice), "twice_"),
        **numbers(terms(x, logits, blank, blank), "free_"),
        **numbers(terms(x.repeat(1, 2), logits.repeat(1, 2), mu, logvar), "wide_"),
    }


# --- train_step ---

STEPS = 2
DRAWS = 8  # codes a picture, when a training run is judged
BATCHES = 4  # of a step are looked at; more are met by nobody who takes one
TERMS = ("loss", "recon", "kl")


def _optimizer(case: Case, model: nn.Module) -> torch.optim.Optimizer:
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[case["optimizer"]]
    return kind(model.parameters(), lr=case["lr"])


def _flat(model: nn.Module) -> Tensor:
    return torch.cat([weights.detach().flatten() for weights in model.weights])


def _terms(model: WatchedVAE, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The minus log-likelihood, averaged over rows, the price likewise, and the code, for a batch and its noise."""
    mu, logvar = model.encode(x)
    code = torch.addcmul(mu, torch.exp(logvar / 2), eps)
    rows = len(x)
    return bernoulli_log_likelihood(x, model.decode(code)).sum() / -rows, gaussian_kl(mu, logvar).sum() / rows, code


def _noise(model: WatchedVAE, x: Tensor, code: Tensor) -> Tensor:
    """The noise that made a code of the batch."""
    with torch.no_grad():
        mu, logvar = model.encode(x)
    return (code - mu) / torch.exp(logvar / 2)


def _load(model: WatchedVAE, flat: Tensor) -> None:
    with torch.no_grad():
        start = 0
        for weights in model.weights:
            weights.copy_(flat[start : start + weights.numel()].reshape(weights.shape))
            start += weights.numel()


def _slope(model: WatchedVAE, value: Tensor) -> Tensor:
    grads = torch.autograd.grad(value, model.weights, allow_unused=True, retain_graph=True)
    pairs = zip(model.weights, grads, strict=True)
    return torch.cat([(torch.zeros_like(w) if grad is None else grad).flatten() for w, grad in pairs])


def _advance(model: WatchedVAE, optimizer: torch.optim.Optimizer, start: Tensor, slope: Tensor) -> Tensor:
    """Where one step of the optimiser leads from `start` along `slope`."""
    _load(model, start)
    at = 0
    for weights in model.weights:
        weights.grad = slope[at : at + weights.numel()].reshape(weights.shape).clone()
        at += weights.numel()
    optimizer.step()
    return _flat(model)


def _try(model: WatchedVAE, optimizer: torch.optim.Optimizer, start: Tensor, slope: Tensor) -> Tensor:
    """As `_advance`, and the optimiser forgets it."""
    state = copy.deepcopy(optimizer.state_dict())
    moved = _advance(model, optimizer, start, slope)
    optimizer.load_state_dict(state)
    return moved


def _training_facts(case: Case, got: Evidence) -> Evidence:
    """What each step did to the weights, which noise it drew and when its numbers were taken, in words; or what the weights
    are worth at the end of a training run."""
    if case["case"] == "trained":
        return _worth(case, got)
    x = case["x"]
    model = watched(case).double()
    optimizer = _optimizer(case, model)
    told: Evidence = {"mode": got["mode"], "kind": "numbers"}
    earlier, noises = None, []
    for step in range(1, STEPS + 1):
        start, end = got[f"weights{step - 1}"], got[f"weights{step}"]
        reported = [got[f"{term}{step}"] for term in TERMS]
        if any(isinstance(value, Tensor) for value in reported):
            told["kind"] = "tensors"
        codes = _ordered(_listed(got, f"code{step}"), _listed(got, f"seen{step}"), x)
        _load(model, start)
        before = [(_noise(model, x, code), "before") for code in codes]
        _load(model, end)
        after = [(_noise(model, x, code), "after") for code in codes]
        found, slope, eps = _step_found(case, model, optimizer, start, end, [eps for eps, _ in before], earlier)
        told[f"update{step}"] = found
        if found in ("other", "lengthened"):  # nobody foresaw it: a number must speak
            told |= _first_apart(model, start, end, _try(model, optimizer, start, slope), step)
        if slope is not None:  # the optimiser's own memory goes on
            _advance(model, optimizer, start, slope)
        earlier = slope
        noises.append(eps)
        plain = [float(value) for value in reported]
        told[f"report{step}"] = _reported(model, case, {"before": start, "after": end}, before + after, plain)
    return told | _noise_facts(case, noises)


def _listed(got: Evidence, name: str) -> list[Tensor]:
    return [got[f"{name}_{i}"] for i in range(BATCHES) if f"{name}_{i}" in got]


def _batches(met: Sequence[Tensor], rows: int) -> list[Tensor]:
    """What a network met, (rows, size) each: the rows in turn, however many came at a time; else whole batches only."""
    whole = [given for given in met if given.dim() == 2 and len(given) == rows]
    if not met or len({given.shape[-1] for given in met}) > 1:
        return whole[:BATCHES]
    pooled = torch.cat([given.reshape(-1, given.shape[-1]) for given in met])
    if len(pooled) % rows:
        return whole[:BATCHES]
    return list(pooled[: BATCHES * rows].split(rows))


def _ordered(codes: Sequence[Tensor], seen: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    """The codes in the order of the rows of x, where the encoder was given these rows in another one."""
    places: dict[tuple, list[int]] = {}
    for index, row in enumerate(x.tolist()):
        places.setdefault(tuple(row), []).append(index)
    ordered = []
    for index, code in enumerate(codes):
        left = {row: list(found) for row, found in places.items()}
        given = seen[min(index, len(seen) - 1)].tolist() if seen else []
        order = [left[tuple(row)].pop(0) for row in given if left.get(tuple(row))]
        ordered.append(code)
        if len(order) == len(x) == len(code):
            ordered[-1] = torch.empty_like(code)
            ordered[-1][order] = code
    return ordered


def _first_apart(model: WatchedVAE, start: Tensor, end: Tensor, wanted: Tensor, step: int) -> Evidence:
    """The first parameter that a step moved in another way than it should: its name and place, and how far it went."""
    at = 0
    for name, weights in model.named_parameters():
        part = slice(at, at + weights.numel())
        at += weights.numel()
        yours, right = ((to - start)[part].reshape(weights.shape) for to in (end, wanted))
        if gap(yours, right) > SAME:
            place = worst(yours, right)
            numbers = {"went": float(yours[place]), "due": float(right[place])}
            return {f"where{step}": f"{name}{list(place)}", **{f"{key}{step}": n for key, n in numbers.items()}}
    return {}


def _other_slopes(
    case: Case, model: WatchedVAE, eps: Tensor, whole: Tensor, earlier: Tensor | None
) -> dict[str, Tensor]:
    """What a step may have followed in place of the slope of the loss, by the mistake that leads to it."""
    x = case["x"]
    recon, kl, code = _terms(model, x, eps)
    picture, price = _slope(model, recon), _slope(model, kl)
    cut = -bernoulli_log_likelihood(x, model.decode(code.detach())).sum() / len(x)
    slopes = {
        "picture only": picture, "price only": price, "uphill": -whole, "summed": len(x) * whole,
        "pixel mean": picture / case["x_dim"] + price, "cut": _slope(model, cut) + price, "reward": picture - price,
    }
    return slopes if earlier is None else slopes | {"piled up": whole + earlier, "late": earlier}


def _step_found(
    case: Case, model: WatchedVAE, optimizer: torch.optim.Optimizer, start: Tensor, end: Tensor,
    noises: Sequence[Tensor], earlier: Tensor | None,
) -> tuple[str, Tensor | None, Tensor | None]:
    """What the step from `start` to `end` followed, the slope of the loss there, and the noise it was taken with."""
    if not noises:
        return "unseen", None, None
    first = None
    for eps in noises:
        _load(model, start)
        recon, kl, _ = _terms(model, case["x"], eps)
        whole = _slope(model, recon + kl)
        first = first or (whole, eps)
        if torch.equal(start, end):
            return "nothing", whole, eps
        if gap(_try(model, optimizer, start, whole), end) <= SAME:
            return "loss", whole, eps
        _load(model, start)
        for name, slope in _other_slopes(case, model, eps, whole, earlier).items():
            if gap(_try(model, optimizer, start, slope), end) <= SAME:
                return name, whole if name == "late" else slope, eps
        share = torch.dot(end - start, -whole) / ((end - start).norm() * whole.norm())
        if case["optimizer"] == "sgd" and float(share) > 1 - 1e-9:
            return ("shortened" if (end - start).norm() < case["lr"] * whole.norm() else "lengthened"), whole, eps
    return "other", *first


def _reported(
    model: WatchedVAE, case: Case, weights: Mapping[str, Tensor], noises: Sequence[tuple[Tensor, str]],
    numbers: Sequence[float],
) -> str:
    """When the three numbers of a step were taken, or which other numbers they are."""
    got = torch.tensor(numbers, dtype=torch.float64)
    for when, place in weights.items():
        _load(model, place)
        for eps, at in noises:
            if at != when:
                continue
            with torch.no_grad():
                recon, kl, _ = _terms(model, case["x"], eps)
            right = torch.stack([recon + kl, recon, kl])
            known = {
                when: right, f"{when}, summed": len(case["x"]) * right, f"{when}, a pixel": right / case["x_dim"],
                f"{when}, signs": torch.stack([recon + kl, -recon, kl]),
                f"{when}, exchanged": torch.stack([recon + kl, kl, recon]),
            }
            for name, value in known.items():
                if gap(got, value) <= SAME:
                    return name
    return "other"


def _noise_facts(case: Case, noises: Sequence[Tensor | None]) -> Evidence:
    """What the noise of two steps has in common, and how it is distributed."""
    if any(eps is None for eps in noises):
        return {"noise": "unseen"}
    told = {"noise": pattern(noises[0]), "twice": "the same" if gap(noises[0], noises[1]) <= SAME else "fresh"}
    if case["case"] == "many" and told["noise"] == "fresh":
        told["law"] = law(noises[0])
    return told


def _worth(case: Case, got: Evidence) -> Evidence:
    """The ELBO of the test pictures, in nats/image, before and after a training run. It is judged where the learner's code is not."""
    _, test = digits()
    test, noise = test.double(), torch.Generator().manual_seed(case["seed"])
    eps = torch.randn(DRAWS, len(test), case["z_dim"], generator=noise, dtype=torch.float64)
    model, told = watched(case).double(), {}
    for when in ("before", "after"):
        _load(model, got[when])
        with torch.no_grad():
            recon, kl, _ = _terms(model, test, eps)
        told[when] = -float(recon / DRAWS + kl)
    return told


def _whole_run(step, case: Case, model: WatchedVAE, optimizer: torch.optim.Optimizer, generator: torch.Generator) -> Evidence:
    start = _flat(model)
    for rows in case["rows"]:
        step(model, optimizer, case["x"][rows], generator)
        model.codes.clear()
        model.seen.clear()
    return {"before": start, "after": _flat(model)}


@summary(_training_facts)
@warms("torch._dynamo")  # which the first step of any optimiser imports
def train_step(ns, case: Case) -> Evidence:
    model = watched(case).double()
    optimizer = _optimizer(case, model)
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))
    if case["case"] == "trained":
        return _whole_run(ns["train_step"], case, model, optimizer, generator)
    told: Evidence = {"weights0": _flat(model)}
    for step in range(1, STEPS + 1):
        model.codes.clear()
        model.seen.clear()
        given = dictionary(ns["train_step"](model, optimizer, case["x"].clone(), generator), TERMS, "train_step")
        told[f"weights{step}"] = _flat(model)
        for name, met in (("code", model.codes), ("seen", model.seen)):
            told |= {f"{name}{step}_{i}": batch for i, batch in enumerate(_batches(met, len(case["x"])))}
        for term in TERMS:
            value = scalar(given[term], f"{term} of train_step").double().mean()
            told[f"{term}{step}"] = float(value) if isinstance(given[term], numbers.Real) else value
    return told | {"mode": "training" if model.training else "evaluation"}


# --- generate, reconstruct, interpolate ---

POOL = 4  # times as many codes as pictures are looked through


def _picture_facts(case: Case, got: Evidence) -> Evidence:
    """The few pictures as they came; of the many, which codes they have and what was made of those."""
    told: Evidence = {"x": got["x"], "encoder": got["encoder"]}
    told["twice"] = "the same" if torch.equal(got["x"], got["again"]) else "fresh"
    pool, x = got.get("codes"), got["many"].double()
    if pool is None or pool.shape[-1] != case["z_dim"] or x.shape != (case["n"], case["x_dim"]):
        return told | {"codes": "unseen", "made": "unseen"}
    codes, told["made"] = _codes_of(x, pool, watched(case), "draws" if case["sample"] else "means")
    told["codes"] = pattern(codes)
    if told["codes"] == "fresh":
        told["codes"] = "fresh" if len(torch.unique(codes, dim=0)) == len(codes) else "repeated"
        told["law"] = law(codes)
    return told


def _codes_of(x: Tensor, pool: Tensor, model: WatchedVAE, wanted: str) -> tuple[Tensor, str]:
    """Of all codes that were decoded, in turn, one for each picture, and what was made of it: what is wanted, if it can be."""
    found: list[tuple[Tensor, str]] = []
    with torch.no_grad():
        for codes in _choices(x, pool, model):
            found.append((codes, _made(x, model.decode(codes).double())))
            if found[-1][1] == wanted:
                return found[-1]
    return next((pair for pair in found if not pair[1].startswith("other")), found[0])


def _choices(x: Tensor, pool: Tensor, model: WatchedVAE) -> Iterator[Tensor]:
    """Which of the decoded codes may be those of the pictures x, (n, D).

    The first of them or the last, all of them by turns where they are fewer, or those whose means are nearest. A code of
    zeros is no picture, but a question about the number of pixels; unless there is nothing else.
    """
    n, drawn = len(x), pool[pool.ne(0).any(-1)]
    turns = torch.arange(n)
    for codes in (drawn, pool):
        if len(codes) >= n:
            yield from (codes[:n], codes[-n:])
        elif len(codes):
            yield from (codes[turns % len(codes)], codes[turns * len(codes) // n])
    yield pool[torch.cdist(x, torch.sigmoid(model.decode(pool)).double()).argmin(1)]


def _made(x: Tensor, logits: Tensor) -> str:
    """What was made of the logits of as many codes. (n, D) each."""
    p = torch.sigmoid(logits)
    half = (p > 0.5).double()
    sure = {
        "means": p, "logits": logits, "rounded": half, "means of means": torch.sigmoid(p),
        "clipped logits": logits.clamp(0, 1),
        "hyperbolic": torch.tanh(logits), "shares": torch.softmax(logits, -1), "darkness": 1 - p,
    }
    for name, value in sure.items():
        if gap(x, value) <= 100 * SAME:  # x came in single precision
            return name
    if not bool(((x == 0) | (x == 1)).all()):
        return "other"
    for name, axis in (("draws, one threshold a pixel", 0), ("draws, one threshold a row", 1)):
        below = torch.where(x == 0, p, 0.0).amax(axis)
        above = torch.where(x == 1, p, 1.0).amin(axis)
        if bool((below <= above).all()):
            return name
    for name, chance in (
        ("draws", p), ("draws of means", torch.sigmoid(p)), ("draws of clipped logits", logits.clamp(0, 1)),
        ("coins", torch.full_like(p, 0.5)), ("draws of darkness", 1 - p),
        ("draws of the average", p.mean(0).expand_as(p)),
    ):
        if _explains(x, chance):
            return name
    return "other draws"


def _explains(x: Tensor, p: Tensor) -> bool:
    """Whether the zeros and ones may come from these probabilities, each by itself and with the brightness of the rest."""
    left = x - p
    spread = (p * (1 - p)).clamp(min=1e-12)
    tilt = p - p.mean(0)
    level = left.sum(0) / spread.sum(0).sqrt()
    slope = (left * tilt).sum(0) / (spread * tilt.square()).sum(0).clamp(min=1e-12).sqrt()
    neighbours = (left[:, 1:] * left[:, :-1]).sum(0) / (spread[:, 1:] * spread[:, :-1]).sum(0).sqrt()
    return all(bool((score.abs() < ERRORS).all()) for score in (level, slope, neighbours))


@kinds(x="property")
@summary(_picture_facts)
def generate(ns, case: Case) -> Evidence:
    model = watched(case)
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))

    def draw(n: int) -> Tensor:
        model.codes.clear()
        return tensor(ns["generate"](model, n, case["sample"], generator), "generate")

    told: Evidence = {"x": draw(case["few"]), "again": draw(case["few"]), "many": draw(case["n"])}
    sizes = {code.shape[-1] for code in model.codes}
    if len(sizes) == 1:
        told["codes"] = torch.cat([code.reshape(-1, *sizes) for code in model.codes])[: POOL * case["n"]]
    return told | {"encoder": "asked" if model.seen else "left alone"}


def _copy_facts(case: Case, got: Evidence) -> Evidence:
    """The copy as it came; exactly, too, where it is the same each time."""
    x = got["x"]
    told: Evidence = {**got, "binary": "yes" if bool(((x == 0) | (x == 1)).all()) else "no"}
    told["twice"] = "the same" if gap(x, got["again"]) <= SAME else "drawn"
    return told | ({"copy": x} if told["twice"] == "the same" else {})


@kinds(x="property", alone="property", again="property")
@summary(_copy_facts)
def reconstruct(ns, case: Case) -> Evidence:
    model = watched(case)
    x = case["x"]
    first = tensor(ns["reconstruct"](x.clone(), model), "reconstruct")
    told: Evidence = {"x": first, "again": tensor(ns["reconstruct"](x.clone(), model), "reconstruct")}
    return told | {"alone": tensor(ns["reconstruct"](x[:1].clone(), model), "reconstruct")}


def interpolate(ns, case: Case) -> Evidence:
    z1, z2, steps = case["z1"], case["z2"], case["steps"]

    def path(a: Tensor, b: Tensor) -> Tensor:
        return tensor(ns["interpolate"](a, b, steps), "interpolate")

    return {"path": path(z1, z2), "back": path(z2, z1)}


# --- effective_beta ---


SHOWN = 2**19  # numbers that a program takes at a time: in double precision, what one tensor may have to travel


def _losses(case: Case) -> Held:
    """One loss, then the same in other units, from another zero, with twice its beta; and the recon that it declares, plain and
    with another constant. None of the losses has a beta that hangs on the sizes of what it is called with."""
    declared, scale, beta, constant = likelihood(case["sigma"]), case["scale"], case["beta"], case["constant"]
    return Held({
        "recon": declared,
        "shifted": likelihood(case["sigma"], shift=7.5),
        "loss": disguised(declared, scale, beta, constant),
        "scaled": disguised(declared, 3 * scale, beta, constant),
        "raised": disguised(declared, scale, beta, constant + 8 * scale),
        "doubled": disguised(declared, scale, 2 * beta, constant),
    }, SHOWN)


@shows(_losses)
@kinds(**dict.fromkeys(("beta", "again", "scaled", "raised", "recon_raised", "doubled"), "coarse"))
def effective_beta(ns, ask: Ask) -> Evidence:
    def found(name: str, recon_name: str = "recon") -> torch.Tensor:
        loss, recon = far(name, ask), far(recon_name, ask)
        value = ns["effective_beta"](
            lambda x, out, mu, logvar: loss(x, out, mu, logvar), lambda x, out: recon(x, out)
        )
        return one_number(value, "effective_beta")

    return {
        "beta": found("loss"), "again": found("loss"), "scaled": found("scaled"), "raised": found("raised"),
        "recon_raised": found("loss", "shifted"), "doubled": found("doubled"),
    }


# --- bug zoo ---


SOUND = ("plain", "own_generator", "polar", "in_double", "in_pieces")


def _held(case: Case, given: Program) -> OnTrial:
    return OnTrial({"sample": given.sample, "loss": given.loss}, SHOWN, case["case"] in SOUND)


def _try_on(ns, exercise: str, ask: Ask) -> Evidence:
    return try_on(ns[exercise], exercise, Program(far("sample", ask), far("loss", ask)), ask)


@shows(lambda case: _held(case, program(sampling=case["case"], amount=case["amount"], seed=case["seed"])))
def samples_are_fresh(ns, ask: Ask) -> Evidence:
    return _try_on(ns, "samples_are_fresh", ask)


@shows(lambda case: _held(case, program(loss=case["case"], amount=case["amount"], seed=case["seed"])))
def loss_is_sound(ns, ask: Ask) -> Evidence:
    return _try_on(ns, "loss_is_sound", ask)
