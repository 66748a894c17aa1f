"""What probes do with a learner's networks: set their weights, and follow outputs and gradients through them."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from vae_course.checks.compare import SAME, gap
from vae_course.checks.probing import Evidence

Outputs = dict[str, Tensor]
Call = Callable[[nn.Module, Tensor], Outputs]

FILLS = 6  # random settings of a network's parameters, at each of two sizes
FAR = 100.0  # the larger size
LIMIT = 30.0  # outputs that stay below this at FAR are held by something
AWAY = 20.0  # times an ordinary code: beyond every limit that somebody may have set
NUDGE = 1e-4  # added to a code; what stays exactly as it was goes in steps


def fill(net: nn.Module, generator: torch.Generator | None, scale: float = 1.0) -> None:
    """Set every parameter to random numbers, matrices divided by the root of their inputs; to 0 without a generator."""
    with torch.no_grad():
        for weights in net.parameters():
            if generator is None:
                weights.zero_()
            else:
                size = scale / weights.shape[-1] ** 0.5 if weights.dim() > 1 else 0.5 * scale
                weights.copy_(size * torch.randn(weights.shape, generator=generator))


def slope_in_all(total: Tensor, given: Sequence[Tensor]) -> Tensor:
    """The size of the gradient of `total` in each of the given tensors; 0 where none reaches."""
    wanted = [value for value in given if value.requires_grad]
    grads = torch.autograd.grad(total, wanted, allow_unused=True, retain_graph=True) if wanted and total.requires_grad else ()
    found = {id(value): grad.abs().sum() for value, grad in zip(wanted, grads) if grad is not None}
    return torch.tensor([float(found.get(id(value), 0.0)) for value in given])


def acts(net: nn.Module, name: str, call: Call, given: Tensor, generator: torch.Generator) -> bool:
    """Whether the outputs move when one parameter does."""
    weights = net.get_parameter(name)
    before, kept = call(net, given), weights.detach().clone()
    with torch.no_grad():
        weights.copy_(kept + torch.randn(kept.shape, generator=generator))
    after = call(net, given)
    with torch.no_grad():
        weights.copy_(kept)
    return any(gap(after[key], before[key]) > SAME for key in before)


def trained(net: nn.Module, call: Call, given: Tensor, generator: torch.Generator) -> Evidence:
    """How large the gradients of each output are in each parameter, and the names of those that get none: without effect, or
    with one."""
    ways: dict[str, list[Tensor]] = {}
    for _ in range(FILLS):
        fill(net, generator)
        for key, value in call(net, given).items():
            total = (value * torch.randn(value.shape, generator=generator)).sum()
            ways.setdefault(key, []).append(slope_in_all(total, list(net.parameters())))
    sizes = {key: sum(found) for key, found in ways.items()}
    names = [name for name, _ in net.named_parameters()]
    idle = {name for name, size in zip(names, sum(sizes.values()), strict=True) if size == 0}
    cut = {name for name in idle if any(acts(net, name, call, given, generator) for _ in range(2))}
    return {
        **{f"ways_{key}": size for key, size in sizes.items()},
        "unused": ", ".join(sorted(idle - cut)), "cut": ", ".join(sorted(cut)),
    }


def way_facts(evidence: Evidence, names: Sequence[str]) -> Evidence:
    """Which outputs have a way back to some parameter, and whether there are parameters without a gradient, and of which kind.

    The network was taken apart beside the learner's code, which may have written the words; they only name what the sizes
    of the gradients say is there.
    """
    ways = {name: evidence[f"ways_{name}"] for name in names}
    told: Evidence = {"reached": " and ".join(name for name, sizes in ways.items() if sizes.any())}
    if bool(sum(ways.values()).all()):
        return told | {"idle": "none", "idle_names": ""}
    unused, cut = evidence["unused"], evidence["cut"]
    kind = "both" if unused and cut else "never used" if unused else "cut off"
    return told | {"idle": kind, "idle_names": ", ".join(filter(None, [unused, cut]))}


def has_weights(got: Evidence, names: Sequence[str]) -> str:
    """Whether there is a parameter at all."""
    return "some" if got[f"ways_{names[0]}"].numel() else "none"


def inward(net: nn.Module, decode: Callable[[Tensor], Tensor], z: Tensor, generator: torch.Generator) -> Evidence:
    """How large the gradients of the logits are in each number of the code, near and far out; and the logits of two codes side
    by side where there are none."""

    def touched(z: Tensor, scale: float) -> Tensor:
        reached = torch.zeros(z.shape)
        for _ in range(FILLS):
            fill(net, generator, scale)
            code = z.clone().requires_grad_()
            logits = decode(code)
            total = (logits * torch.randn(logits.shape, generator=generator)).sum()
            grad = torch.autograd.grad(total, code, allow_unused=True)[0] if total.requires_grad else None
            reached += 0.0 if grad is None else grad.abs()
        return reached

    near = touched(z, 1.0)
    if not near.any():
        return {"near": near, "here": decode(z), "beside": decode(z + NUDGE)}
    return {"near": near, "far": touched(AWAY * z, 1 / AWAY)} if near.all() else {"near": near}


def inward_fact(got: Evidence, z: Tensor) -> Evidence:
    """How the gradient of the logits gets to the code: `whole`, `cut`, `in steps`, or `clipped` where it ends far out."""
    near, far = got["near"], got.get("far")
    if near.shape != z.shape or not near.any():
        return {"inward": "in steps" if torch.equal(got["beside"], got["here"]) else "cut"}
    whole = bool(near.all()) and far is not None and far.shape == z.shape and bool(far.all())
    return {"inward": "whole" if whole else "clipped"}


def twin_of(net: nn.Module, twin: nn.Module) -> nn.Module:
    """Another of the same kind, with all that is registered in it as in the first."""
    twin.load_state_dict(net.state_dict(), strict=False)
    return twin


def still(values: Tensor) -> bool:
    """Whether all rows are the same. (B, ...)."""
    return gap(values.nan_to_num(), values[:1].expand_as(values).nan_to_num()) <= SAME


def span(usual: Tensor, far: Tensor) -> str:
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


def known_codes(mu: Tensor, logvar: Tensor, eps: Tensor) -> dict[str, Tensor]:
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


def slope_sizes(model: nn.Module, logits: Tensor, direction: Tensor) -> Tensor:
    """The size of the gradient of some weighted sum of the logits in each parameter; 0 where none reaches."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if not logits.requires_grad or logits.shape != direction.shape:
        return torch.zeros(len(weights))
    grads = torch.autograd.grad((logits * direction).sum(), weights, allow_unused=True, retain_graph=True)
    return torch.stack([torch.zeros(()) if grad is None else grad.norm() for grad in grads])


def way_back(slopes: Tensor, encoded: Tensor) -> str:
    """What became of the gradient of mu or logvar on the way through forward, beside that of what encode gives."""
    if not bool(encoded.any()):
        return "cut in encode"
    if not bool(slopes.any()):
        return "cut in forward"
    return "whole" if gap(slopes, encoded) <= SAME else "other"
