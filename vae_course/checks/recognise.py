"""Which cell of a release each cell of a learner's notebook stands for, even where the marks of the cells are gone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

LIKE = 0.6  # two texts that share this part of their words are versions of one another


@dataclass
class Cell:
    """A cell of the learner's notebook, the `number`-th.

    slot: the place of the cell in the release that it stands for.
    after: the place of the last cell above it, or of itself, that stands for one; -1 when there is none.
    settled: nothing of it has to be kept any more.
    """

    number: int
    cell: NotebookNode
    slot: int | None = None
    after: int = -1
    settled: bool = False

    @property
    def source(self) -> str:
        return self.cell.source

    @property
    def grade_id(self) -> str | None:
        return roles(self.cell).get("grade_id")

    @property
    def is_code(self) -> bool:
        return self.cell.cell_type == "code"

    @cached_property
    def words(self) -> frozenset[str]:
        return words(self.source)

    def defines(self, name: str) -> bool:
        """Whether a line gives this name a function, a class or a value."""
        pattern = rf"(?m)^(?:(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]+)?=(?!=))"
        return re.search(pattern, self.source) is not None


def roles(cell: NotebookNode) -> Mapping:
    """What nbgrader has to know of a cell; empty for a cell of the lesson."""
    return cell.metadata.get("nbgrader", {})


def answer_to(cell: NotebookNode) -> str | None:
    """The exercise or the question that a cell of a release is there to answer."""
    return roles(cell)["grade_id"] if roles(cell).get("solution") else None


def recognise(notebook: NotebookNode, release: NotebookNode, origin: NotebookNode) -> list[Cell]:
    """Every cell that is not blank, with its place in `release` if it has one.

    By nbgrader's `grade_id`, the cell's id, its text or `check("name")`, what it defines, and likeness, in this order.
    `origin` is the release that the notebook was made from. A cell that is a release's, word for word, is settled.
    """
    cells = [Cell(number, cell) for number, cell in enumerate(notebook.cells) if cell.source.strip()]
    by_grade_id = {roles(c)["grade_id"]: at for at, c in enumerate(release.cells) if roles(c)}
    by_id = {c.id: at for at, c in enumerate(release.cells)}
    old = {c.id: by_grade_id.get(roles(c).get("grade_id"), by_id.get(c.id)) for c in origin.cells}
    texts = {flat(c.source): old[c.id] for c in reversed(origin.cells)}
    texts |= {flat(c.source): at for at, c in reversed([*enumerate(release.cells)])}
    for cell in cells:
        text = flat(cell.source)
        checks = check_of(text)
        marks = by_grade_id.get(cell.grade_id), by_id.get(cell.cell.id), old.get(cell.cell.id), texts.get(text)
        cell.slot = next((found for found in marks if found is not None), None)
        if f"check-{checks}" in by_grade_id:
            cell.slot = by_grade_id[f"check-{checks}"]
        cell.settled = text in texts or f"check-{checks}" in by_grade_id or _as_released(cell.cell)
    _by_definition(cells, release)
    _by_likeness(cells, release)
    after = -1
    for cell in cells:
        after = cell.after = after if cell.slot is None else cell.slot
    return cells


def _by_definition(cells: Collection[Cell], release: NotebookNode) -> None:
    """An answer whose mark is gone, or is that of another exercise, belongs to the one exercise that it defines."""
    exercises = {name: at for at, c in enumerate(release.cells) if c.cell_type == "code" and (name := answer_to(c))}
    held = {cell.slot for cell in cells}
    for cell in cells:
        marked = next((name for name, at in exercises.items() if at == cell.slot), None)
        if not cell.settled and (marked or cell.slot is None and cell.is_code):
            defined = [name for name in exercises if cell.defines(name)]
            if len(defined) == 1 and marked not in defined and (marked or exercises[defined[0]] not in held):
                cell.slot = exercises[defined[0]]


def _by_likeness(cells: Collection[Cell], release: NotebookNode) -> None:
    """Cells without a mark and with a changed text: the one between their neighbours that is most alike."""
    taken = {cell.slot for cell in cells}
    below, limits = len(release.cells), {}
    for cell in reversed(cells):
        limits[cell.number] = below
        below = below if cell.slot is None else cell.slot
    above = -1
    for cell in cells:
        if cell.slot is None and not cell.settled:
            free = [
                (at, there) for at, there in enumerate(release.cells[: limits[cell.number]])
                if at > above and at not in taken and there.cell_type == cell.cell.cell_type and not answer_to(there)
            ]
            near = {at: likeness(cell.words, words(there.source)) for at, there in free}
            if near and near[best := max(near, key=near.get)] >= LIKE:
                cell.slot = best
                taken.add(best)
        above = above if cell.slot is None else cell.slot


def content_id(cell_type: str, source: str) -> str:
    """The id of a cell of a lesson: it follows from what the cell says, so that a build writes the same bytes again."""
    return hashlib.sha256(f"{cell_type}\n{source}".encode()).hexdigest()[:12]


def _as_released(cell: NotebookNode) -> bool:
    """Whether a cell still says what its id follows from, in whatever release; a card's heading came after the id."""
    paragraphs = cell.source.split("\n\n", 3)
    texts = ["\n\n".join(paragraphs[n:]) for n in range(len(paragraphs))]
    return cell.id.split("-")[0] in {content_id(cell.cell_type, text) for text in texts}


def check_of(text: str) -> str | None:
    """The exercise of a cell that holds nothing but its check."""
    found = re.fullmatch(r"""check\(\s*(["']?)(\w+)\1\s*\)\s*;?""", text)
    return found[2] if found else None


def untouched(source: str, stubs: Collection[str]) -> bool:
    """Whether an answer cell holds nothing but one of these stubs, maybe with another signature or docstring."""
    if not source.strip() or any(flat(source) == flat(stub) for stub in stubs):
        return True
    lines = _body(source)
    return _UNWRITTEN in lines and lines <= {_UNWRITTEN}.union(*map(_body, stubs))


_UNWRITTEN = "raise NotImplementedError"


def _body(source: str) -> set[str]:
    """The lines of some code without docstrings and signatures."""
    lines, depth = set(), 0
    for raw in re.sub(r'"""(?:[^"\\]|\\.|"(?!""))*"""', "", source).splitlines():
        line = raw.strip()
        opened = len(re.findall(r"[([{]", line)) - len(re.findall(r"[)\]}]", line))
        if depth or re.match(r"(async )?(def|class)\b", line) and (opened or line.endswith(":")):
            depth += opened
        elif line:
            lines.add(line)
    return lines


def flat(source: str) -> str:
    """A text without what editors change by themselves: blanks at the ends of lines, and around the whole."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def words(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", source))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of their words two texts share: 0 to 1."""
    return len(one & other) / max(len(one | other), 1)
