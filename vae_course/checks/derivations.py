"""Reading a derivation: a chain of lines, each a number a row, joined by relations, from log p(x) down to a bound.

It runs on the judge's side and holds no formula: what the lines are compared with comes with the case, sealed, as one
row of `known` for each name in KNOWN. Every row of a case is a finite model of its own. What is found is one code,
which tells mistakes apart, and what a report says of it: which two lines, by how much, and what that amount is if it
is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_course.checks.probing import Case, Evidence
from vae_course.checks.trouble import Unfit

RELATIONS = ("=", ">=", "<=")
TOLERANCE = 1e-6  # relative to 1 + the size of what is compared; case and seal are rounded at 1e-9
DIFFERENT = 4  # lines that a derivation needs

_MIRRORED = {"=": "=", ">=": "<=", "<=": ">="}

EVIDENCE, BOUND = "log p(x)", "the ELBO"
# amounts that a difference, or a line, may be, alone or two together; the first one that fits is named
AMOUNTS = (
    "KL(q ‖ posterior)", "KL(q ‖ p(z))", "KL(posterior ‖ q)", "KL(p(z) ‖ q)", EVIDENCE, BOUND, "the entropy of q",
    "E_q[log p(x|z)]", "E_q[log p(z)]", "E_q[log p(x, z)]", "the entropy of p(z)", "the entropy of the posterior",
    "log M", "E_p(z)[log p(x|z)]", "E_posterior[log p(x|z)]", "KL(posterior ‖ p(z))", "KL(p(z) ‖ posterior)",
    "E_q[log posterior]",
)
# a number a row that meets terms stands beside each of the M states: M − 1 times too often
COPIES = tuple(
    f"(M − 1) times {name}" for name in (
        EVIDENCE, "KL(q ‖ posterior)", "KL(q ‖ p(z))", "E_q[log p(x|z)]", "E_q[log p(x, z)]", "the entropy of q",
    )
)
AMOUNTS += COPIES
# what a line may be by itself
VALUES = (
    f"M times {EVIDENCE}",
    "p(x)", "Σ_z p(x|z)", "log Σ_z p(x|z)", "log E_q[p(x|z)]", "log E_q[p(x, z)]", "log Σ_z p(x, z)/q(z)",
    "log E_p(z)[p(x, z)/q(z)]", "log E_q[q(z)/p(x, z)]", "Σ_z log p(x, z)", "Σ_z log p(x|z)",
    "Σ_z (log p(x, z) − log q(z))", "the plain mean over z of log p(x, z)", "the plain mean over z of log p(x|z)",
    "the plain mean over z of log p(x, z) − log q(z)",
)
KNOWN = AMOUNTS + VALUES


def same_relation(text: str) -> str:
    """A relation as the course writes it: ≥ is >=."""
    return {"≥": ">=", "≤": "<="}.get(text.strip(), text.strip())


@dataclass(frozen=True)
class Chain:
    """Lines from the top down. relations[i] joins lines i and i + 1; `numbers` are the lines' own, counted from 1."""

    values: Sequence[Tensor]  # (B,) each
    relations: Sequence[str]
    numbers: Sequence[int]
    known: Tensor  # (names, B), in the order of KNOWN
    same_as: Sequence[int]  # for each line the number of the first line that it repeats; its own where it is new

    def from_the_top(self) -> Chain:
        """The chain as one would write it from log p(x) down; one that was written from the bound up is turned."""
        first, last = (_equal(self.values[at], _known(EVIDENCE, self.known)) for at in (0, -1))
        upwards = last or ("<=" in self.relations and ">=" not in self.relations)
        if first or not upwards:
            return self
        relations = [_MIRRORED[relation] for relation in reversed(self.relations)]
        turned = {name: getattr(self, name)[::-1] for name in ("values", "numbers", "same_as")}
        return replace(self, relations=relations, **turned)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a chain, or `right`.

    problem: `start` and `end` of the chain; of two neighbours `unequal`, `identity` (joined as a bound, and equal),
    `reversed`, `neither` (above on some rows, below on others) or `turn` (a true bound in the other direction than the
    chain's), `copies` (one of the two has something M times, once for every state); `bounds` (all is true, and there is
    no "=" at all); `leap` (a bound before log p(x) has become another line); or `repeated`.
    upper, lower: numbers of the lines, the one nearer to log p(x) first. top, bottom, difference: what they are worth
    on row `row`, and the first less the second. `name` and the names of both lines are empty where they are not known.
    copied: what is there M − 1 times too often.
    """

    problem: str
    upper: int = 0
    lower: int = 0
    relation: str = ""
    row: int = 0
    top: float = 0.0
    bottom: float = 0.0
    difference: float = 0.0
    name: str = ""
    top_name: str = ""
    bottom_name: str = ""
    copied: str = ""

    @property
    def code(self) -> str:
        """The same for two chains exactly when they make the same mistake, wherever in the chain they make it."""
        if self.problem in ("right", "leap", "repeated", "bounds"):
            return self.problem
        if self.problem == "copies":
            return f"copies: {self.copied}"
        if self.problem in ("start", "end"):
            return f"{self.problem}: {self.top_name or f'{self.top:.6g}'}"
        below = self.bottom_name or self.name or f"{self.difference:.6g}"
        return f"{self.problem}: {self.top_name or f'{self.top:.6g}'} {self.relation} {below}"


def summarise(case: Case, evidence: Evidence) -> Evidence:
    """The finding on a case, as evidence: `diagnosis`, and for a chain that is not right what a report says of it."""
    found = examine(read(case, evidence).from_the_top())
    if found.problem == "right":
        return {"diagnosis": found.code}
    return {"diagnosis": found.code, **{key: value for key, value in vars(found).items() if key != "problem"}}


def examine(chain: Chain) -> Finding:
    """The first thing that is wrong with a chain, from the top."""
    if not _equal(chain.values[0], _known(EVIDENCE, chain.known)):
        return _at_an_end(chain, "start", 0)
    problems = [_problem(*step) for step in zip(chain.values, chain.relations, chain.values[1:])]
    if "=" not in chain.relations and set(problems) <= {"", "identity"}:
        return _between(chain, "bounds", problems.index("identity")) if "identity" in problems else _end(chain)
    for above, problem in enumerate(problems):
        if problem:
            return _between(chain, problem, above)
    return _end(chain)


def _end(chain: Chain) -> Finding:
    """What is wrong with a chain in which every step holds."""
    if not _equal(chain.values[-1], _known(BOUND, chain.known)):
        found = _at_an_end(chain, "end", -1)
        return _between(chain, "copies", len(chain.relations) - 1) if _copied(found.top_name) else found
    above = next((at for at, relation in enumerate(chain.relations) if relation != "="), 0)
    if len(set(chain.same_as[: above + 1])) == 1:
        return Finding("leap", chain.numbers[above], chain.numbers[above + 1])
    if len(set(chain.same_as)) < DIFFERENT:
        pairs = zip(chain.same_as, chain.numbers, strict=True)
        return Finding("repeated", *min((pair for pair in pairs if pair[0] != pair[1]), key=lambda pair: pair[1]))
    return Finding("right")


def read(case: Case, evidence: Evidence) -> Chain:
    """The chain that a probe brought. Unfit when a line has not the shape of terms, or is not a number."""
    relations = str(evidence.get("relations", "")).split()
    if len(relations) < DIFFERENT - 1 or not set(relations) <= set(RELATIONS):
        raise Unfit(f"derivation gave no chain that can be read; {DIFFERENT} lines joined by relations are expected.")
    numbers = range(1, len(relations) + 2)
    lines = [_line(evidence.get(f"line_{number}"), number, case["log_q"].shape) for number in numbers]
    shadows = [evidence.get(f"shadow_{number}") for number in numbers]
    in_use = [evidence[f"in_use_{number}"].isnan().tolist() for number in numbers]
    values = [_total(line) for line in lines]
    return Chain(values, relations, numbers, case["known"], _same_as(values, shadows, in_use))


def _line(line: object, number: int, shape: torch.Size) -> Tensor:
    rows, states = shape
    if not isinstance(line, Tensor) or line.shape not in {(rows, states), (rows, 1), (rows,)}:
        given = tuple(line.shape) if isinstance(line, Tensor) else "no tensor"
        raise Unfit(
            f"Line {number} of derivation has shape {given}; expected ({rows}, {states}), terms whose sum over the "
            f"states is the line, or ({rows}, 1), one number a row."
        )
    if not line.isfinite().all():
        symbol = "NaN" if line.isnan().any() else "an infinity"
        raise Unfit(f"Line {number} of derivation gives {symbol}; on these models every line has an ordinary value.")
    return line.double()


def _total(line: Tensor) -> Tensor:
    """(B, M), (B, 1) or (B,) -> (B,)."""
    return line.sum(-1) if line.dim() == 2 else line


def _same_as(values: Sequence[Tensor], shadows: Sequence[object], in_use: Sequence[list[bool]]) -> list[int]:
    """For each line the number of the first line that it repeats, or its own.

    Two lines are one line written twice when they use the same quantities, and have the same value on a model and
    on its shadow, where arithmetic still holds and nothing else does. Terms count by their sum.
    """
    def alike(a: int, b: int) -> bool:
        return in_use[a] == in_use[b] and _equal(values[a], values[b]) and _alike(shadows[a], shadows[b])

    return [next(at for at in range(line + 1) if at == line or alike(at, line)) + 1 for line in range(len(values))]


def _alike(a: object, b: object) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return False
    return _total(a).shape == _total(b).shape and _equal(_total(a), _total(b))


def _known(name: str, known: Tensor) -> Tensor:
    return known[KNOWN.index(name)]


def _equal(a: Tensor, b: Tensor) -> bool:
    return bool(((a - b).abs() <= TOLERANCE * (1 + b.abs())).all())


def _problem(upper: Tensor, relation: str, lower: Tensor) -> str:
    """What is wrong between two neighbours; empty where nothing is."""
    if _equal(upper, lower):
        return "" if relation == "=" else "identity"
    if relation == "=":
        return "unequal"
    slack = TOLERANCE * (1 + lower.abs())
    falls, rises = bool((upper >= lower - slack).all()), bool((upper <= lower + slack).all())
    if not falls and not rises:
        return "neither"
    if relation == ">=":
        return "" if falls else "reversed"
    return "turn" if rises else "reversed"


def _between(chain: Chain, problem: str, above: int) -> Finding:
    upper, lower, relation = chain.values[above], chain.values[above + 1], chain.relations[above]
    row = 0
    if problem == "neither":  # on row 0 the relation may hold
        row = int((upper - lower).argmin() if relation == ">=" else (upper - lower).argmax())
    names = [named(value, chain.known) for value in (upper - lower, upper, lower)]
    copied = next(filter(None, map(_copied, names)), "")
    return Finding(
        "copies" if copied else problem, chain.numbers[above], chain.numbers[above + 1], relation, row,
        float(upper[row]), float(lower[row]), float(upper[row] - lower[row]), *names, copied,
    )


def _copied(name: str) -> str:
    """What a name says to be there M − 1 times too often; empty where it says nothing of the kind."""
    return next((amount.partition(" times ")[2] for amount in COPIES if amount in name), "")


def _at_an_end(chain: Chain, problem: str, at: int) -> Finding:
    value, wanted = chain.values[at], _known(EVIDENCE if problem == "start" else BOUND, chain.known)
    return Finding(
        problem, chain.numbers[at], top=float(value[0]), bottom=float(wanted[0]), top_name=named(value, chain.known),
        difference=float(value[0] - wanted[0]), name=named(value - wanted, chain.known),
    )


def named(value: Tensor, known: Tensor) -> str:
    """What a value (B,) is: 0, something known, or two amounts together; empty when it is nothing known.

    It must agree on every row, so that a match by chance is out of the question.
    """
    if _equal(value, torch.zeros_like(value)):
        return "0"
    for weights, which in _READINGS:
        sums = (torch.tensor(weights, dtype=known.dtype)[:, None] * known[which]).sum(1)  # (readings, B)
        fits = ((sums - value).abs() <= TOLERANCE * (1 + sums.abs())).all(1)
        if fits.any():
            return _written(weights, [KNOWN[at] for at in which[int(fits.int().argmax())]])
    return ""


# how a value may be put together, the simplest first: weights, and the places in KNOWN of what they weigh
_ONE = torch.arange(len(KNOWN))[:, None]  # (readings, 1)
_TWO = torch.combinations(torch.arange(len(AMOUNTS)))  # (readings, 2)
_WEIGHTS = tuple(itertools.product((1.0, -1.0, 2.0, -2.0), repeat=2))
_READINGS = (
    ((1.0,), _ONE), ((-1.0,), _ONE), ((2.0,), _ONE[: len(AMOUNTS)]), ((-2.0,), _ONE[: len(AMOUNTS)]),
    *((weights, _TWO) for weights in sorted(_WEIGHTS, key=lambda pair: sum(map(abs, pair)))),
)


def _written(weights: Sequence[float], names: Sequence[str]) -> str:
    """`KL(q ‖ posterior) − twice log M`; the positive one first."""
    terms = sorted(zip(weights, names, strict=True), key=lambda term: term[0] < 0)
    texts = [f"{'twice ' if abs(weight) == 2 else ''}{name}" for weight, name in terms]
    signs = ["−" if weight < 0 else "+" for weight, _ in terms]
    head = f"minus {texts[0]}" if signs[0] == "−" else texts[0]
    return " ".join([head, *(f"{sign} {text}" for sign, text in zip(signs[1:], texts[1:], strict=True))])
