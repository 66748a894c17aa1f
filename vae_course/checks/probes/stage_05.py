"""Probes of stage 05."""

import math
from collections.abc import Callable, Mapping, Sequence

import copy
import numbers
import numpy
import torch
from torch import Tensor, nn

from vae_course.checks.compare import SAME, gap
from vae_course.checks.probes.shared import pattern
from vae_course.checks.probing import (
    Case, Evidence, dictionary, gradients, kinds, module, scalar, sequence, summary, tensor, warms,
)
from vae_course.checks.trouble import Unfit, a
from vae_course.models.audit import Loss, disguised, likelihood
from vae_course.models.bug_zoo import Program, program
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.watched import WatchedVAE, watched


Outputs = dict[str, Tensor]

EXAMINED = ("plain", "wide")  # the cases on which a network is taken apart; the others look at shapes
FILLS = 6  # random settings of a network's parameters, at each of two sizes
FAR = 100.0  # the larger size
LIMIT = 30.0  # outputs that stay below this at FAR are held by something
ERRORS = 6.0  # standard errors that chance does not reach
OUT = 1.8  # standard deviations; a uniform distribution ends before, at 1.73


# --- networks ---


def _fill(net: nn.Module, generator: torch.Generator | None, scale: float = 1.0) -> None:
    """Set every parameter to random numbers, matrices divided by the root of their inputs; to 0 without a generator."""
    with torch.no_grad():
        for weights in net.parameters():
            if generator is None:
                weights.zero_()
            else:
                size = scale / weights.shape[-1] ** 0.5 if weights.dim() > 1 else 0.5 * scale
                weights.copy_(size * torch.randn(weights.shape, generator=generator))


def _unused(net: nn.Module, outputs: Outputs, generator: torch.Generator) -> set[str]:
    """The names of the parameters that a change of which does not move the outputs."""
    named = {name: weights for name, weights in net.named_parameters() if weights.requires_grad}
    total = sum((value * torch.randn(value.shape, generator=generator)).sum() for value in outputs.values())
    if not named or not total.requires_grad:
        return {name for name, _ in net.named_parameters()}
    grads = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    reached = {name for name, grad in zip(named, grads, strict=True) if grad is not None and bool(grad.ne(0).any())}
    return {name for name, _ in net.named_parameters()} - reached


def _examined(net: nn.Module, call: Callable[[Tensor], Outputs], given: Tensor, generator: torch.Generator) -> Evidence:
    """What a network gives for `given`, (B, ...), as built, for two rows, and with its parameters set to other numbers."""
    told: Evidence = {}

    def note(name: str, outputs: Outputs) -> None:
        told.update({f"{name}_{key}": value for key, value in outputs.items()})

    first = call(given)
    told |= first
    note("again", call(given))
    note("two", call(given[:2]))
    unused = {name for name, _ in net.named_parameters()}
    told["weights"] = len(unused)
    usual, far = [], []
    for _ in range(FILLS):
        _fill(net, generator)
        usual.append(call(given))
        unused &= _unused(net, usual[-1], generator)
        _fill(net, generator, FAR)
        far.append(call(given))
    for name, runs in (("usual", usual), ("far", far)):
        note(name, {key: torch.stack([run[key].detach() for run in runs]) for key in first})
    _fill(net, None)
    note("zero", call(given))
    told["unused"] = ", ".join(sorted(unused))
    _fill(net, generator)
    net.eval()
    note("calm", call(given))
    note("calm_again", call(given))
    note("calm_two", call(given[:2]))
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
    loose = [name for name in names if not _still(got[f"zero_{name}"])]
    told |= {"repeats": repeats, "weights": "some" if evidence["weights"] else "none", "loose": " and ".join(loose)}
    told |= {"idle": "some" if evidence["unused"] else "none", "idle_names": evidence["unused"]}
    for name in names:
        usual, far = got[f"usual_{name}"].double(), got[f"far_{name}"].double()
        told[f"{name}_follows"] = "no" if all(_still(run) for run in usual) else "yes"
        told[f"{name}_range"] = _range(usual, far)
        told[f"{name}_least"] = float(torch.minimum(usual.min(), far.min()).nan_to_num())
        told[f"{name}_most"] = float(torch.maximum(usual.max(), far.max()).nan_to_num())
    if len(names) == 2:
        a, b = (got[f"usual_{name}"] for name in names)
        told["heads"] = "one" if a.shape == b.shape and gap(a, b) <= SAME else "two"
    return told


def _still(values: Tensor) -> bool:
    """Whether all rows are the same. (B, ...)."""
    return gap(values.nan_to_num(), values[:1].expand_as(values).nan_to_num()) <= SAME


def _range(usual: Tensor, far: Tensor) -> str:
    """Where the outputs of a network lie when its parameters are anything."""
    both = torch.cat([usual.flatten(), far.flatten()])
    both = both[~both.isnan()]
    if not both.numel():
        return "nowhere"
    least, most = float(both.min()), float(both.max())
    if least >= 0:
        if most <= 1:
            sums = usual.sum(-1)
            return "shares" if gap(sums, torch.ones_like(sums)) <= SAME else "0 to 1"
        if not math.isfinite(most):
            return "exponential"
        return "cut at 0" if bool((usual == 0).any()) else "above 0"
    if most <= 0:
        return "below 0"
    if most < LIMIT and least > -LIMIT:
        return f"{least:.4g} to {most:.4g}"
    return f"from {least:.4g}" if least > -LIMIT else f"to {most:.4g}" if most < LIMIT else "everywhere"


_ENCODER_FACTS = dict(
    mu="property", logvar="property", idle_names="property",
    **{f"{name}_{end}": "property" for name in ("mu", "logvar") for end in ("least", "most")},
)


def _encoder_facts(case: Case, evidence: Evidence) -> Evidence:
    return {"form": evidence["form"]} | _facts(evidence, ("mu", "logvar"))


@kinds(**_ENCODER_FACTS)
@summary(_encoder_facts)
def Encoder(ns, case: Case) -> Evidence:
    x, generator = case["x"], torch.Generator().manual_seed(case["seed"])
    net = module(ns["Encoder"](x.shape[1], case["z_dim"]), "Encoder")
    given = net(x)
    form = _form(given, case)
    if form != "two tensors":
        told = {"form": form}
        if isinstance(given, Tensor):
            told["drawn"] = "no" if torch.equal(net(x), given) else "yes"
        return told
    if case["case"] not in EXAMINED:
        return {"form": form} | _heads(given)
    return {"form": form} | _examined(net, lambda x: _heads(net(x)), x, generator)


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
    return _facts(evidence, ("logits",))


@kinds(logits="property", rows="property", idle_names="property", logits_least="property", logits_most="property")
@summary(_decoder_facts)
def Decoder(ns, case: Case) -> Evidence:
    z, generator = case["z"], torch.Generator().manual_seed(case["seed"])
    net = module(ns["Decoder"](case["z_dim"], case["x_dim"]), "Decoder")

    def call(z: Tensor) -> Outputs:
        return {"logits": tensor(net(z), "Your Decoder, called with z,")}

    if case["case"] == "stack":
        return call(z) | {"rows": call(z.reshape(-1, z.shape[-1]))["logits"]}
    return _examined(net, call, z, generator) if case["case"] in EXAMINED else call(z)


# --- VAE ---


def _model(ns, case: Case) -> nn.Module:
    """The learner's model with its parameters set to random numbers."""
    model = module(ns["VAE"](case["x_dim"], case["z_dim"]), "VAE")
    lacking = [name for name in ("encode", "decode", "log_likelihood") if not callable(getattr(model, name, None))]
    if lacking:
        raise Unfit(f"VAE has no {' and no '.join(lacking)}; the methods encode, decode and log_likelihood are expected.")
    _fill(model, torch.Generator().manual_seed(case["seed"]))
    return model


def _codes(mu: Tensor, logvar: Tensor, eps: Tensor) -> dict[str, Tensor]:
    """The code that is meant, and others that a hasty hand writes in its place."""
    sigma = torch.exp(logvar / 2)
    return {
        "right": torch.addcmul(mu, sigma, eps),
        "mean": mu,
        "variance": torch.addcmul(mu, sigma.square(), eps),
        "logarithm": torch.addcmul(mu, logvar, eps),
        "inverse": torch.addcdiv(mu, eps, sigma),
        "unit": mu + eps,
        "outside": sigma * (mu + eps),
        "noise": eps,
        "exchanged": torch.addcmul(logvar, torch.exp(mu / 2), eps),
        "first row": torch.addcmul(mu, sigma, eps[:1]),
        "first column": torch.addcmul(mu, sigma, eps[:, :1]),
        "mirrored": torch.addcmul(mu, sigma, -eps),
    }


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
    told["eps"] = "reaches" if not equal(got["moved"], got["logits"]) else "ignored"
    if told["repeats"] == "yes":
        told["company"] = "none" if equal(got["moved"][1:], got["logits"][1:]) else "some"
    names = [key.removeprefix("at_") for key in got if key.startswith("at_")]
    told["code"] = next((name for name in names if equal(got["logits"], got[f"at_{name}"])), "other")
    if told["code"] == "other":
        squashed = torch.sigmoid(got["at_right"])
        told["code"] = "squashed" if equal(got["logits"], squashed) else "other"
    told["decoder"] = _range(got["usual"].double(), got["usual"].double())
    told["idle"], told["idle_names"] = ("some" if got["unused"] else "none"), got["unused"]
    paths = [key.removeprefix("path_") for key in got if key.startswith("path_")]
    told["path"] = next((name for name in paths if equal(got["slopes"], got[f"path_{name}"])), "other")
    return told


def _likelihood_facts(case: Case, evidence: Evidence) -> Evidence:
    """Of log p(x|z): its value as it was, and which known number it is."""
    x, z, logits, scores = case["x"], case["z"], evidence["decoded"], evidence["scores"]
    told = {"scores": scores, "again": evidence["again"], "shape": str(tuple(scores.shape))}
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
    return told | {"score": next((name for name, value in known.items() if gap(scores, value) <= SAME), "other")}


@kinds(logits="property", mu="property", logvar="property", idle_names="property", scores="property", again="property")
@summary(_vae_facts)
def VAE(ns, case: Case) -> Evidence:
    model = _model(ns, case)
    sizes = f"{getattr(model, 'x_dim', 'none')}, {getattr(model, 'z_dim', 'none')}"
    if "eps" not in case:
        x, z = case["x"], case["z"]

        def scores() -> Tensor:
            return tensor(model.log_likelihood(x, z), "log_likelihood of your VAE")

        return {"scores": scores(), "again": scores(), "decoded": tensor(model.decode(z), "decode of your VAE")}
    x, eps = case["x"], case["eps"]
    names = ("logits", "mu", "logvar")

    def forward(x: Tensor, eps: Tensor) -> Outputs:
        given = sequence(model(x, eps), "the triple (logits, mu, logvar)", "Your VAE, called with x and eps,", (3,))
        return {name: tensor(part, f"{name} of your VAE", "is") for name, part in zip(names, given, strict=True)}

    told = forward(x, eps) | {"sizes": sizes}
    if len(x) == 1:
        return told
    moved = eps.clone()
    moved[0] += 1
    mu, logvar = sequence(model.encode(x), "the pair (mu, logvar)", "encode of your VAE", (2,))
    mu, logvar = tensor(mu, "mu of encode", "is"), tensor(logvar, "logvar of encode", "is")
    told |= {
        "again": forward(x, eps)["logits"], "moved": forward(x, moved)["logits"],
        "encoded_mu": mu, "encoded_logvar": logvar,
    }
    codes = _codes(mu, logvar, eps)
    told |= {f"at_{name}": tensor(model.decode(code), "decode of your VAE") for name, code in codes.items()}
    direction = torch.randn(told["logits"].shape, generator=torch.Generator().manual_seed(case["seed"]))
    told["slopes"] = _slopes(model, forward(x, eps)["logits"], direction)
    for name, (a, b) in {
        "whole": (mu, logvar), "cut": (mu.detach(), logvar.detach()), "without mu": (mu.detach(), logvar),
        "without sigma": (mu, logvar.detach()),
    }.items():
        told[f"path_{name}"] = _slopes(model, model.decode(_codes(a, b, eps)["right"]), direction)
    generator = torch.Generator().manual_seed(case["seed"] + 1)
    unused = {name for name, _ in model.named_parameters()}
    usual = []
    for _ in range(FILLS):
        _fill(model, generator, FAR)
        usual.append(tensor(model.decode(eps), "decode of your VAE").detach())
        _fill(model, generator)
        unused &= _unused(model, forward(x, eps), generator)
    return told | {"usual": torch.stack(usual), "unused": ", ".join(sorted(unused))}


def _slopes(model: nn.Module, logits: Tensor, direction: Tensor) -> Tensor:
    """The size of the gradient of some weighted sum of the logits in each parameter; 0 where none reaches."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if not logits.requires_grad or logits.shape != direction.shape:
        return torch.zeros(len(weights))
    grads = torch.autograd.grad((logits * direction).sum(), weights, allow_unused=True, retain_graph=True)
    return torch.stack([torch.zeros(()) if grad is None else grad.norm() for grad in grads])


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
    """What each step did to the weights, which noise it drew and when its numbers were taken, in words."""
    x, rows = case["x"], len(case["x"])
    model = watched(case).double()
    optimizer = _optimizer(case, model)
    told: Evidence = {"mode": got["mode"], "kind": "numbers"}
    earlier, noises = None, []
    for step in range(1, STEPS + 1):
        start, end = got[f"weights{step - 1}"], got[f"weights{step}"]
        if got[f"kind{step}"] != "numbers":
            told["kind"] = got[f"kind{step}"]
        codes = [got[f"code{step}_{i}"] for i in range(4) if f"code{step}_{i}" in got]
        codes = [code for code in codes if code.shape == (rows, case["z_dim"])]
        _load(model, start)
        before = [(_noise(model, x, code), "before") for code in codes]
        _load(model, end)
        after = [(_noise(model, x, code), "after") for code in codes]
        found, slope, eps = _step_found(case, model, optimizer, start, end, [eps for eps, _ in before], earlier)
        told[f"update{step}"] = found
        if slope is not None:  # the optimiser's own memory goes on
            _advance(model, optimizer, start, slope)
        earlier = slope
        noises.append(eps)
        reported = [got[f"{term}{step}"] for term in TERMS]
        told[f"report{step}"] = _reported(model, case, {"before": start, "after": end}, before + after, reported)
    return told | _noise_facts(case, noises)


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
        told["law"] = _law(noises[0])
    return told


def _law(draws: Tensor) -> str:
    """`normal` for draws that may come from N(0, 1); otherwise where they stand out."""
    draws = draws.double().flatten()
    count, mean, variance = draws.numel(), float(draws.mean()), float(draws.var())
    centred = abs(mean) <= ERRORS * (variance / count) ** 0.5
    if float((draws - mean).abs().max()) < OUT * variance**0.5:
        return "flat around 0" if centred else "flat"
    if not centred:
        return "off 0"
    if abs(variance - 1) > ERRORS * (2 / count) ** 0.5:
        return "wide" if variance > 1 else "narrow"
    return "normal"


@summary(_training_facts)
@warms("torch._dynamo")  # which the first step of any optimiser imports
def train_step(ns, case: Case) -> Evidence:
    model = watched(case).double()
    optimizer = _optimizer(case, model)
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))
    told: Evidence = {"weights0": _flat(model)}
    for step in range(1, STEPS + 1):
        model.codes.clear()
        given = dictionary(ns["train_step"](model, optimizer, case["x"].clone(), generator), TERMS, "train_step")
        told[f"weights{step}"] = _flat(model)
        told |= {f"code{step}_{i}": code for i, code in enumerate(model.codes[:4])}
        kind = "numbers"
        for term in TERMS:
            plain = isinstance(given[term], numbers.Real)
            kind = kind if plain else "tensors"
            told[f"{term}{step}"] = float(scalar(given[term], f"{term} of train_step").double().mean())
        told[f"kind{step}"] = kind
    return told | {"mode": "training" if model.training else "evaluation"}


# --- generate, reconstruct, interpolate ---


def _picture_facts(case: Case, got: Evidence) -> Evidence:
    """The few pictures as they came; of the many, which codes they have and what was made of those."""
    told: Evidence = {"x": got["x"], "encoder": got["encoder"]}
    told["twice"] = "the same" if torch.equal(got["x"], got["again"]) else "fresh"
    codes, x = got.get("codes"), got["many"].double()
    if codes is None or codes.shape != (case["n"], case["z_dim"]) or x.shape != (case["n"], case["x_dim"]):
        return told | {"codes": "unseen", "made": "unseen"}
    told["codes"] = pattern(codes)
    if told["codes"] == "fresh":
        told["law"] = _law(codes)
    with torch.no_grad():
        logits = watched(case).decode(codes).double()
    return told | {"made": _made(x, logits)}


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
    if len(model.codes) == 1:
        told["codes"] = model.codes[0]
    return told | {"encoder": "asked" if model.inferred else "left alone"}


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


@kinds(**dict.fromkeys(("beta", "again", "scaled", "raised", "recon_raised", "doubled"), "coarse"))
def effective_beta(ns, case: Case) -> Evidence:
    """One loss, then the same in other units, from another zero, with another constant in recon, with twice its beta.

    None of the losses has a beta that hangs on the sizes of what it is called with.
    """
    declared, shifted = likelihood(case["sigma"]), likelihood(case["sigma"], shift=7.5)
    scale, beta, constant = case["scale"], case["beta"], case["constant"]

    def found(loss: Loss, recon=declared) -> torch.Tensor:
        return _number(ns["effective_beta"](loss, recon), "effective_beta")

    return {
        "beta": found(disguised(declared, scale, beta, constant)),
        "again": found(disguised(declared, scale, beta, constant)),
        "scaled": found(disguised(declared, 3 * scale, beta, constant)),
        "raised": found(disguised(declared, scale, beta, constant + 8 * scale)),
        "recon_raised": found(disguised(declared, scale, beta, constant), shifted),
        "doubled": found(disguised(declared, scale, 2 * beta, constant)),
    }


def _number(value: object, what: str) -> torch.Tensor:
    """`value` in double precision, if it is one number; otherwise Unfit, in words that fit a returned value."""
    if value is None:
        raise Unfit(f"{what} returned None; a number is expected: is a `return` missing?")
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.detach().reshape(())
    elif isinstance(value, torch.Tensor):
        raise Unfit(f"{what} returned a tensor of shape {tuple(value.shape)}; a single number is expected.")
    try:
        return scalar(value, what).double()
    except Unfit as error:
        raise Unfit(f"{what} returned {a(type(value).__name__)}{_of(value)}; a number is expected.") from error


def _of(value: object) -> str:
    return f" of {len(value)}" if isinstance(value, (tuple, list)) else ""


# --- bug zoo ---
#
# Every case builds one program, by name and seed, and hands it to the learner's test, which must not know which one it
# has. The programs of a check meet the test one after the other in one process: a test that remembers the programs it
# has met, or reads their closures, is not stopped here.


def samples_are_fresh(ns, case: Case) -> Evidence:
    return _verdict(ns, "samples_are_fresh", program(sampling=case["case"], amount=case["amount"], seed=case["seed"]))


def loss_is_sound(ns, case: Case) -> Evidence:
    return _verdict(ns, "loss_is_sound", program(loss=case["case"], amount=case["amount"], seed=case["seed"]))


def _verdict(ns, exercise: str, given: Program) -> Evidence:
    """What the learner's test says of a program, and what it asked it: nothing, its codes, its loss, or both."""
    asked: set[str] = set()

    def noted(name: str, function: Callable) -> Callable:
        def ask(*arguments):
            asked.add(name)
            return function(*arguments)

        return ask

    watched = Program(noted("sample", given.sample), noted("loss", given.loss))
    try:
        said = ns[exercise](watched)
    except AssertionError as error:
        raise Unfit(f"{exercise} raised an AssertionError; a test here returns False instead.") from error
    verdict = "sound" if _truth(said, exercise) else "broken"
    return {"verdict": verdict, "asked": " and ".join(sorted(asked)) or "nothing"}


def _truth(value: object, what: str) -> bool:
    """`value`, if it is True or False, be it Python's, NumPy's or torch's; otherwise Unfit."""
    if value is None:
        raise Unfit(f"{what} returned None; a bool, True or False, is expected: is a `return` missing?")
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
        if value.numel() == 1:
            return bool(value)
        raise Unfit(f"{what} returned {value.numel()} truth values; a single True or False is expected.")
    raise Unfit(f"{what} returned {a(type(value).__name__)}{_of(value)}; a bool, True or False, is expected.")
