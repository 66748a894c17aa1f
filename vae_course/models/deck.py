"""The cards of the exercise `derivation_deck`: lines of a derivation, some of them false, and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Deck:
    """Cards by letter, reasons by number, and the relations that may stand in front of a card. Shown as tables."""

    cards: Mapping[str, str]
    relations: tuple[str, ...]
    reasons: Mapping[int, str]

    def __repr__(self) -> str:
        cards = [f"  {letter}   {line}" for letter, line in self.cards.items()]
        reasons = [f"  {number}   {reason}" for number, reason in self.reasons.items()]
        return "\n".join(["Cards", *cards, f"Relations: {' or '.join(self.relations)}", "Reasons", *reasons])

    def _repr_markdown_(self) -> str:
        cards = [f"| **{letter}** | `{_in_a_cell(line)}` |" for letter, line in self.cards.items()]
        reasons = [f"| **{number}** | {_in_a_cell(reason)} |" for number, reason in self.reasons.items()]
        return "\n".join([
            "| card | line |", "| :-: | :-- |", *cards, "",
            f"Relations: {' or '.join(f'`{relation}`' for relation in self.relations)}", "",
            "| reason | because |", "| :-: | :-- |", *reasons,
        ])


def _in_a_cell(text: str) -> str:
    """Text whose | does not end the cell of a Markdown table."""
    return text.replace("|", r"\|")


DECK = Deck(
    cards={
        "A": "E_q[log p(x|z)] + E_q[log p(z) − log q(z)]",
        "B": "log E_q[p(x, z) / q(z)]",
        "C": "Σ_z log p(x, z)",
        "D": "log Σ_z p(x, z)",
        "E": "E_q[log q(z) − log p(x, z)]",
        "F": "E_q[log p(x|z)] − KL(q ‖ p(z))",
        "G": "E_q[log p(x, z) − log q(z)]",
        "H": "log Σ_z q(z) · p(x, z) / q(z)",
    },
    relations=("=", ">="),
    reasons={
        1: "Bayes' rule: the posterior is the joint divided by the evidence",
        2: "the product rule: p(x, z) = p(x|z) p(z), so the logs add",
        3: "a KL is never negative",
        4: "the sum rule: summing p(x, z) over z leaves p(x)",
        5: "Jensen's inequality: log is concave",
        6: "what an average under q is: E_q[f(z)] = Σ_z q(z) f(z)",
        7: "multiply and divide by q(z)",
        8: "what a KL is: KL(q ‖ p) = E_q[log q(z) − log p(z)]",
    },
)
