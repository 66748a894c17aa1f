"""Probes of stage 02."""

from collections.abc import Callable, Sequence

import contextlib
import torch
from torch.distributions import Categorical

from vae_course.checks.derivations import RELATIONS, same_relation, summarise
from vae_course.checks.probing import Case, Evidence, gradients, kinds, pair, sequence, summary, tensor, warms
from vae_course.checks.trouble import Unfit, a, plain
from vae_course.models.deck import DECK
from vae_course.models.finite import FiniteModel
from vae_course.models.fixtures import decoder
from vae_course.models.toolbox.stage_01 import log_joint


def elbo_exact(ns, case: Case) -> Evidence:
    log_joint, logits = (case[name].requires_grad_() for name in ("log_joint", "log_q"))

    def elbo(log_joint, log_q):
        return tensor(ns["elbo_exact"](log_joint, log_q), "elbo_exact")

    # q is learned through numbers that a softmax normalises; off the simplex the slope is nobody's business
    value = elbo(log_joint, torch.log_softmax(logits, -1))
    evidence = {"elbo": value, **gradients(value, {"log_joint": log_joint, "log_q": logits})}
    if case["case"] in ("sure", "faint"):
        return evidence
    return evidence | _interventions(elbo, log_joint.detach(), logits.detach())


def _interventions(function, log_joint: torch.Tensor, log_q: torch.Tensor) -> Evidence:
    """The value once more, of the first row by itself, for the posterior as q, and with every joint 1.5 nats higher."""
    return {
        "again": function(log_joint, log_q),
        "alone": function(log_joint[:1], log_q[:1]),
        "at_posterior": function(log_joint, torch.log_softmax(log_joint, -1)),
        "raised": function(log_joint + 1.5, log_q),
    }


def reconstruction_and_kl(ns, case: Case) -> Evidence:
    given = [case[name] for name in ("log_likelihood", "log_prior", "log_q")]
    what = "reconstruction_and_kl"

    def terms(name: str, *given):
        first, second = pair(ns[what](*given), "expected_log_likelihood, kl", what)
        return {
            f"expected{name}": tensor(first, f"The expected log-likelihood of {what}", "is"),
            f"kl{name}": tensor(second, f"The KL of {what}", "is"),
        }

    log_likelihood, log_prior, log_q = given
    raised = log_likelihood.clone()
    raised[:, 0] += 2
    shifted = log_q.clone()
    shifted[:, 0] += 2
    return {
        **terms("", *given),
        **terms("_again", *given),
        **terms("_repeated", *(values.repeat(3, 1) for values in given)),
        **terms("_raised", raised, log_prior, log_q),
        **terms("_shifted", log_likelihood, log_prior, shifted),
        **terms("_at_prior", log_likelihood, log_prior, log_prior.clone()),
    }


def evidence_gap(ns, case: Case) -> Evidence:
    log_joint, log_q = case["log_joint"], case["log_q"]

    def gap(log_joint, log_q):
        return tensor(ns["evidence_gap"](log_joint, log_q), "evidence_gap")

    evidence = {"gap": gap(log_joint, log_q)}
    if case["case"] == "sure":
        return evidence
    evidence |= _interventions(gap, log_joint, log_q)
    nothing = evidence["at_posterior"].abs() < 1e-6  # rounding, in float32 too; a slip that leaves nothing here leaves exactly 0
    return evidence | {"at_posterior": torch.where(nothing, 0.0, evidence["at_posterior"])}


def elbo_monte_carlo(ns, case: Case) -> Evidence:
    model = decoder(case)
    x, z, log_q = case["x"], case["z"], case["log_q"]

    def elbo(x, z, log_q):
        return tensor(ns["elbo_monte_carlo"](x, model, z, log_q), "elbo_monte_carlo")

    moved = z.clone()
    moved[:, 0] += 0.3
    return {
        "elbo": elbo(x, z, log_q),
        "again": elbo(x, z, log_q),
        "alone": elbo(x[:1], z[:, :1], log_q[:, :1]),
        "fewer": elbo(x, z[:3], log_q[:3]),
        "repeated": elbo(x, z.repeat(2, 1, 1), log_q.repeat(2, 1)),
        "shifted": elbo(x, z, log_q + 0.7),
        "moved": elbo(x, moved, log_q),
    }


def _scored(case: Case, evidence: Evidence) -> Evidence:
    """What a fit is worth: the ELBO of its Gaussian on the grid, beside log p(x) there.

    `place` and `width` are mu and sigma as far as they are settled: a posterior that looks the same at z and at -z may
    get either bump, and a sigma below a quarter of the spacing says no more than that q is on one node.
    """
    nodes = case["z_grid"][:, 0]
    spacing = nodes[1] - nodes[0]
    mu, sigma = evidence["mu"], evidence["sigma"]
    scored = evidence | {
        "place": mu.abs() if case["case"] == "turned" else mu,
        "width": torch.where(sigma > 0, sigma.clamp(min=float(spacing / 4)), sigma),
    }
    if mu.shape == sigma.shape == case["x"].shape[:1]:
        joint = log_joint(case["x"], decoder(case), case["z_grid"]) + spacing.log()  # (B, G)
        log_posterior = Categorical(logits=joint).logits
        log_evidence = (joint - log_posterior)[:, 0]
        scored |= {"evidence": log_evidence, "elbo": log_evidence - _divergence(mu, sigma, nodes, log_posterior)}
        if "mu_early" in evidence and evidence["mu_early"].shape == evidence["sigma_early"].shape == mu.shape:
            early = _divergence(evidence["mu_early"], evidence["sigma_early"], nodes, log_posterior)
            scored["elbo_early"] = log_evidence - early
    return scored


def _divergence(
    mu: torch.Tensor, sigma: torch.Tensor, nodes: torch.Tensor, log_posterior: torch.Tensor
) -> torch.Tensor:
    """How far a Gaussian on the nodes, (B, G), is from the posterior there, in nats."""
    steps = (nodes - mu.double()[:, None]) / sigma.double()[:, None]
    q = Categorical(logits=-steps.square() / 2, validate_args=False)
    return (q.probs * (q.logits - log_posterior).nan_to_num()).sum(-1)


@kinds(
    mu="property", sigma="property", mu_early="property", sigma_early="property", place="coarse", width="coarse",
    elbo="property", evidence="property", elbo_early="property",
)
@summary(_scored)
@warms("torch._dynamo")  # which the first step of any optimiser imports
def fit_posterior(ns, case: Case) -> Evidence:
    model, what = decoder(case), "fit_posterior"

    def fit(steps, name=""):
        mu, sigma = pair(ns[what](case["x"], model, case["z_grid"], steps), "mu, sigma", what)
        return {
            f"mu{name}": tensor(mu, f"mu of {what}", "is").detach(),
            f"sigma{name}": tensor(sigma, f"sigma of {what}", "is").detach(),
        }

    evidence = fit(case["steps"])
    return evidence | fit(case["steps"] // 5, "_early") if case["case"] == "hammock" else evidence


def linear_gaussian_encoder(ns, case: Case) -> Evidence:
    x, W, sigma = case["x"], case["W"], case["sigma"]
    what = "linear_gaussian_encoder"

    def encode(x, name=""):
        mu, width = pair(ns[what](x, W, sigma), "mu, sigma", what)
        return {
            f"mu{name}": tensor(mu, f"mu of {what}", "is"),
            f"sigma{name}": tensor(width, f"sigma of {what}", "is"),
        }

    return {
        **encode(x),
        **encode(x[:1], "_alone"),
        **encode(torch.zeros_like(x), "_at_zero"),
        **encode(-2 * x, "_turned"),
    }


# --- derivation_deck ---

LINES = 6
ASPECTS = ("card", "relation", "reason")


@kinds(**{f"{aspect}_{line}": "choice" for line in range(1, LINES + 1) for aspect in ASPECTS})
def derivation_deck(ns, case: Case) -> Evidence:
    form = f"a list of {LINES} triples (card, relation, reason)"
    laid = sequence(ns["derivation_deck"](), form, "derivation_deck", (LINES,))
    evidence: Evidence = {}
    first_use: dict[str, int] = {}
    for line, triple in enumerate(laid, start=1):
        card, relation, reason = _triple(triple, line)
        if card in first_use:
            raise Unfit(f"Lines {first_use[card]} and {line} both use card {card}; every card is laid once.")
        first_use[card] = line
        evidence |= {f"card_{line}": card, f"relation_{line}": relation, f"reason_{line}": reason}
    return evidence


def _triple(triple: object, line: int) -> tuple[str, str, str]:
    """The card, relation and reason of a line, each as the deck writes it; otherwise Unfit, with the line."""
    where = f"Line {line} of derivation_deck"
    if not isinstance(triple, (tuple, list)) or len(triple) != 3:
        raise Unfit(f"{where} is {plain(repr(triple))}; a triple (card, relation, reason) is expected.")
    card, relation, reason = (str(part).strip() for part in triple)
    if card.upper() not in DECK.cards:
        raise Unfit(f"{where} has the card {plain(card)!r}; the cards are {', '.join(DECK.cards)}.")
    if same_relation(relation) not in DECK.relations:
        raise Unfit(f"{where} has the relation {plain(relation)!r}; in this deck it is {' or '.join(DECK.relations)}.")
    if reason not in map(str, DECK.reasons):
        raise Unfit(f"{where} has the reason {plain(reason)!r}; the reasons are numbered 1 to {len(DECK.reasons)}.")
    return card.upper(), same_relation(relation), reason


# --- derivation ---

FEWEST, MOST = 4, 40  # lines of a chain
_PARTS = ("log_joint", "log_prior", "log_likelihood", "log_q", "expect_q", "total")  # what a line may use
_IN_USE = _PARTS[:-1]  # what two lines must both use, or neither, to be one line


class _Shadow:
    """A model that obeys no rule: what is equal by a step of a derivation is not equal here.

    Its joint is not the product of its parts, its averages are not linear, and their weights do not belong to its
    log q. Two lines that agree here too, and use the same parts, are one line written in two ways.
    """

    def __init__(self, model: FiniteModel, noise: torch.Tensor):
        names = ("log_prior", "log_likelihood", "log_q", "log_joint")
        self._parts = {name: getattr(model, name) + own for name, own in zip(names, noise, strict=True)}
        self._weights = model.log_q.exp()

    def __getattr__(self, name: str) -> torch.Tensor:
        if name not in self._parts:
            raise AttributeError(name)
        return self._parts[name]

    def expect_q(self, values: torch.Tensor) -> torch.Tensor:
        return self._weights * (values + 0.1 * values**3)

    def total(self, terms: torch.Tensor) -> torch.Tensor:
        return terms.sum(dim=-1, keepdim=True)


class _Without:
    """A model in which one part is not a number; nor is then what a line makes of it, where the line uses that part."""

    def __init__(self, model: FiniteModel, part: str):
        self._model, self._part = model, part

    def __getattr__(self, name: str) -> object:
        found = getattr(self._model, name)
        if name != self._part:
            return found
        if callable(found):
            return lambda values: torch.full_like(found(values), torch.nan)
        return torch.full_like(found, torch.nan)


def _in_use(line: Callable, case: Case, number: int) -> torch.Tensor:
    """The sum of a line where a part of the model is not a number, one part after the other; a line that stops there uses it."""
    sums = torch.full((len(_IN_USE),), torch.nan)
    for index, part in enumerate(_IN_USE):
        with contextlib.suppress(Unfit):
            sums[index] = _value(line, _Without(_model(case), part), number).sum()
    return sums


@kinds(
    **{
        key: "property" for key in (
            "upper", "lower", "relation", "row", "top", "bottom", "difference", "name", "top_name", "bottom_name",
            "copied",
        )
    },
)
@summary(summarise)
def derivation(ns, case: Case) -> Evidence:
    lines, relations = _chain(_long_enough(ns["derivation"]()))
    evidence: Evidence = {"relations": " ".join(relations)}
    for number, line in enumerate(lines, start=1):
        evidence[f"line_{number}"] = _value(line, _model(case), number)
        shadow = _Shadow(_model(case), case["noise"])
        with contextlib.suppress(Unfit):  # a line may rely on what the shadow breaks
            evidence[f"shadow_{number}"] = _value(line, shadow, number)
        evidence[f"in_use_{number}"] = _in_use(line, case, number)
    return evidence


def _long_enough(chain: object) -> Sequence:
    """A chain that holds enough lines; otherwise Unfit, counting lines and relations where it is made of them."""
    form = f"a list of at least {FEWEST} lines, each a function of m, with a relation between each two,"
    if isinstance(chain, (tuple, list)) and chain and all(callable(one) or isinstance(one, str) for one in chain):
        lines, relations = map(len, _chain(chain))
        if lines < FEWEST:
            held = f"{lines} line{'s' * (lines != 1)} and {relations} relation{'s' * (relations != 1)}"
            raise Unfit(f"derivation returned {held}; {form} is expected.")
    return sequence(chain, form, "derivation", range(2 * FEWEST - 1, 2 * MOST))


def _model(case: Case) -> FiniteModel:
    """A model of its own for every line, so that none meets what another one overwrote."""
    return FiniteModel(*(case[name].clone() for name in ("log_prior", "log_likelihood", "log_q")))


def _chain(chain: Sequence) -> tuple[list, list[str]]:
    """The lines and the relations between them; otherwise Unfit, with the first place where they do not take turns."""
    lines, relations = [], []
    for entry in chain:
        if callable(entry):
            if len(lines) > len(relations):
                pair = f"Lines {len(lines)} and {len(lines) + 1}"
                raise Unfit(f"{pair} stand side by side; a relation is expected between them.")
            lines.append(entry)
        elif isinstance(entry, str):
            if same_relation(entry) not in RELATIONS:
                known = ", ".join(RELATIONS)
                raise Unfit(f"After line {len(lines)} stands {plain(entry)!r}; the relations are {known}.")
            if len(lines) == len(relations):
                where = f"right after {relations[-1]!r}" if relations else "before the first line"
                raise Unfit(f"{same_relation(entry)!r} stands {where}; a line is expected there: a function of m.")
            relations.append(same_relation(entry))
        else:
            raise Unfit(
                f"Line {len(lines) + 1} of derivation is {a(type(entry).__name__)}; a function of m is expected, which "
                "the check can call: not its value."
            )
    if len(lines) == len(relations):
        raise Unfit(f"The list ends with {relations[-1]!r}; a line is expected after it.")
    return lines, relations


def _value(line: Callable, model: FiniteModel | _Shadow | _Without, number: int) -> torch.Tensor:
    """What a line gives on a model; otherwise Unfit, with the line's number."""
    try:
        value = line(model)
    except NameError:  # the report on it knows more: which cells of the notebook were not run
        raise
    except Exception as error:
        said = plain("".join(str(error).strip().splitlines()[:1])).rstrip(".")
        knows = f"; m has {', '.join(_PARTS)}" if isinstance(error, AttributeError) else ""
        raise Unfit(f"Line {number} of derivation stops with {type(error).__name__}: {said}{knows}.") from error
    return tensor(value, f"Line {number} of derivation")
