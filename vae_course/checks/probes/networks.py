"""What probes do with a learner's networks: set their weights, and follow outputs and gradients through them."""

import math
from collections.abc import Callable

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


def reached_by(net: nn.Module, outputs: Outputs, generator: torch.Generator) -> dict[str, set[str]]:
    """For each output the names of the parameters that get a gradient from it."""
    named = {name: weights for name, weights in net.named_parameters() if weights.requires_grad}
    found: dict[str, set[str]] = {}
    for key, value in outputs.items():
        total = (value * torch.randn(value.shape, generator=generator)).sum()
        if not named or not total.requires_grad:
            found[key] = set()
            continue
        grads = torch.autograd.grad(total, list(named.values()), allow_unused=True, retain_graph=True)
        pairs = zip(named, grads, strict=True)
        found[key] = {name for name, grad in pairs if grad is not None and bool(grad.ne(0).any())}
    return found


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
    """Which outputs have a way back to some parameter, and which parameters have no gradient: with no effect, or with one."""
    ways: dict[str, set[str]] = {}
    for _ in range(FILLS):
        fill(net, generator)
        for key, names in reached_by(net, call(net, given), generator).items():
            ways[key] = ways.get(key, set()) | names
    idle = {name for name, _ in net.named_parameters()}.difference(*ways.values())
    cut = {name for name in idle if any(acts(net, name, call, given, generator) for _ in range(2))}
    return {
        "reached": " and ".join(key for key, names in ways.items() if names),
        "unused": ", ".join(sorted(idle - cut)), "cut": ", ".join(sorted(cut)),
    }


def idle_facts(evidence: Evidence) -> Evidence:
    """Whether there are parameters without a gradient, and of which kind."""
    unused, cut = evidence["unused"], evidence["cut"]
    told = "both" if unused and cut else "never used" if unused else "cut off" if cut else "none"
    return {"idle": told, "idle_names": ", ".join(filter(None, [unused, cut]))}


def inward(net: nn.Module, decode: Callable[[Tensor], Tensor], z: Tensor, generator: torch.Generator) -> str:
    """How the gradient of the logits gets to the code: `whole`, `cut`, `in steps`, or `clipped` where it ends far out."""

    def touched(z: Tensor, scale: float) -> Tensor:
        reached = torch.zeros(z.shape, dtype=torch.bool)
        for _ in range(FILLS):
            fill(net, generator, scale)
            code = z.clone().requires_grad_()
            logits = decode(code)
            total = (logits * torch.randn(logits.shape, generator=generator)).sum()
            grad = torch.autograd.grad(total, code, allow_unused=True)[0] if total.requires_grad else None
            reached |= False if grad is None else grad.ne(0)
        return reached

    near = touched(z, 1.0)
    if not bool(near.any()):
        return "in steps" if torch.equal(decode(z + NUDGE), decode(z)) else "cut"
    return "whole" if bool(near.all()) and bool(touched(AWAY * z, 1 / AWAY).all()) else "clipped"


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
