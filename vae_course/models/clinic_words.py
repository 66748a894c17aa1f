"""The words of the collapse clinic: what may be wrong with a program, and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

PATIENTS = ("A", "B", "C", "D", "E")


class Words(dict[str, str]):
    """Words to choose from, each with what it means. Shown as a table."""

    def __repr__(self) -> str:
        width = max(map(len, self))
        return "\n".join(f"{word:{width}}  {meaning}" for word, meaning in self.items())

    def _repr_html_(self) -> str:
        return _table((), [(f"<code>{escape(word)}</code>", escape(meaning)) for word, meaning in self.items()])


CAUSES = Words({
    "cut path": "the sample is cut from the graph: nothing that recon wants reaches the encoder",
    "cut sigma": "sigma is cut from the graph inside the sample: recon can move the means of q, and not their widths",
    "low beta": "the KL is priced far below 1: codes are nearly free",
    "mean over pixels": "recon is averaged over the pixels and the KL is not: a nat of code costs 64 times its worth",
    "no KL": "the KL is left out of what is minimised: nothing holds q near the prior",
    "no noise": "the sample is the mean of q: in training the decoder never meets sigma",
    "sound": "nothing is wrong with the program: its pictures are soft, and that is all",
    "strong decoder": "the decoder describes the pictures well by itself, so that it needs no code",
})

TREATMENTS = Words({
    "accept": "leave the program as it is; sharper pictures ask for another likelihood, or another model",
    "free bits": "charge no KL for the first half a nat of each unit, on the batch's average",
    "keep mu": "give the mean of q its path into the sample, and cut that of sigma",
    "keep path": "give both the mean and the sigma of q their paths into the sample",
    "keep sigma": "give the sigma of q its path into the sample, and cut that of the mean",
    "larger decoder": "four times as many hidden units in the decoder",
    "lower beta": "half the price of the KL",
    "raise beta": "price the KL at 1 if it is below 1, and at twice as much if it is not",
    "sum over pixels": "add recon up over the pixels, as the KL is over the units",
    "warm up": "let the price of the KL grow from 0 to its full height over the first third of training",
})


class Table:
    """Rows of text with a head, for a terminal and for a notebook."""

    def __init__(self, head: tuple[str, ...], rows: list[tuple[str, ...]]):
        self.head, self.rows = head, rows

    def __repr__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        return "\n".join(
            "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def _repr_html_(self) -> str:
        return _table([escape(cell) for cell in self.head], [tuple(map(escape, row)) for row in self.rows])


_LEFT = "style='text-align:left'"  # Jupyter's own style puts heads and cells to the right


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th scope='col' {_LEFT}>{cell}</th>" for cell in head)
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    body = "".join(
        f"<tr><th scope='row' {_LEFT}>{first}</th>"
        + "".join(f"<td {_LEFT}>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    return f"<table>{top}<tbody>{body}</tbody></table>"
