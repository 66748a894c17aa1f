"""A release with a learner's answers in it, out of the release and whatever became of the learner's notebook.

Structure and metadata come from the release. From the learner come the texts of answer cells and of written answers, and
the cells that the learner added. An answer is, in this order,

1. what stands in its cell and defines what the exercise asks for (`recognise` says which cell that is);
2. what defines it anywhere else;
3. what stands in its cell, whatever that is;
4. unknown code just above `check("name")`, or like the stub; for words, the text below the question.

Where there are several, the last above the check counts, as in a run from top to bottom; when all stand below it, the
last. The others stay as comments. A cell of the release that was changed and is no answer comes back as it was, with the
learner's version below it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vae_course.checks.recognise import LIKE, Cell, answer_to, flat, likeness, recognise, roles, untouched, words

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass
class Rebuilt:
    """What came out.

    notices: one sentence for each kind of thing that was put right.
    answers: for each exercise and question of the release, whether the learner wrote something.
    own: the ids of the cells that hold what the learner wrote elsewhere.
    """

    notebook: NotebookNode
    notices: list[str] = field(default_factory=list)
    answers: dict[str, bool] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)


def rebuild(notebook: NotebookNode, release: NotebookNode, origin: NotebookNode | None = None) -> Rebuilt:
    """`release` with the answers in `notebook`, which was made from the release `origin` (the same one if not given).

    notebook: as `lenient.parse` gives it. Never raises for one of those, and never loses a text that the learner wrote.
    """
    return _Rebuilding(notebook, release, origin or release).run()


class _Rebuilding:
    """One run of `rebuild`."""

    def __init__(self, notebook: NotebookNode, release: NotebookNode, origin: NotebookNode):
        self.whole, self.release = release, release.cells
        self.cells = recognise(notebook, release, origin)
        self.answers = {name: at for at, cell in enumerate(release.cells) if (name := answer_to(cell))}
        self.places = {roles(cell)["grade_id"]: at for at, cell in enumerate(release.cells) if roles(cell)}
        both = (*release.cells, *origin.cells)
        self.stubs = {name: {cell.source for cell in both if answer_to(cell) == name} for name in self.answers}
        self.chosen: dict[str, NotebookNode] = {}  # an answer's name: the cell with its text
        self.kept: dict[int, list[tuple[int, NotebookNode]]] = {}  # what comes below a cell of the release
        self.notes: dict[str, list[str]] = {}  # a kind of notice: the names in it

    def run(self) -> Rebuilt:
        for name, at in self.answers.items():
            if self.release[at].cell_type == "code":
                self._choose(name, at)
            else:
                self._choose_words(name, at)
        for cell in self.cells:
            if not cell.settled:
                self._keep(cell)
        return self._assembled()

    # --- answers ---

    def _choose(self, name: str, at: int) -> None:
        """Take the code that answers an exercise, and put the rest of its cells where they do no harm."""
        real = self._written(name, at)
        answering = [cell for cell in real if cell.defines(name)]
        found = answering or self._elsewhere(name, at) or real or self._unknown(name)
        if not found:
            return
        above = [cell for cell in found if cell.number < self._checked(name)]
        chosen = (above or found)[-1]
        chosen.settled = True
        self.chosen[name] = chosen.cell
        if chosen.slot != at:
            self._note("moved", name)
        for cell in answering:
            if cell is not chosen:
                cell.settled = True
                self._note("several", name)
                if flat(cell.source) != flat(chosen.source):
                    self._add(at, cell, _as_comment(name, cell.source))
        for cell in real:  # what else stood there may be what the answer calls
            if not cell.settled:
                cell.settled = True
                self._add(at - 1, cell, cell.source)

    def _choose_words(self, name: str, at: int) -> None:
        """Take the words that answer a question; where the answer's own cell has none, the text around it."""
        real = self._written(name, at)
        left = [cell for cell in self.cells if cell.slot is None and not cell.settled and not cell.is_code]
        around = [cell for cell in left if cell.after in (at - 1, at)]
        for cell in real or around:
            cell.settled = True
        if real:
            self.chosen[name] = real[-1].cell
            for cell in real[:-1]:
                self._note("several", name)
                if flat(cell.source) != flat(real[-1].source):
                    self._add(at, cell, cell.source)
        elif around:
            self.chosen[name] = _own(around[0].cell, "\n\n".join(cell.source for cell in around))
            pictures = {key: value for cell in around for key, value in cell.cell.get("attachments", {}).items()}
            if pictures:
                self.chosen[name].attachments = pictures
            self._note("moved", name)

    def _written(self, name: str, at: int) -> list[Cell]:
        """The cells for an answer that hold more than a stub; the others are settled."""
        in_place = [cell for cell in self.cells if cell.slot == at and not cell.settled]
        for cell in in_place:
            cell.settled = untouched(cell.source, self.stubs[name])
        return [cell for cell in in_place if not cell.settled]

    def _elsewhere(self, name: str, at: int) -> list[Cell]:
        """Cells that define what an exercise asks for and are not there to answer another; code before text."""
        found = [
            cell for cell in self.cells
            if not cell.settled and (cell.slot is None or not answer_to(self.release[cell.slot])) and cell.defines(name)
            and not untouched(cell.source, self.stubs[name])
        ]
        return [cell for cell in found if cell.is_code] or found

    def _unknown(self, name: str) -> list[Cell]:
        """Code without a mark that stands just above the check, or else is like the stub."""
        above = [cell for cell in self.cells if cell.number < self._checked(name, default=-1)][-1:]
        left = [cell for cell in self.cells if cell.slot is None and not cell.settled and cell.is_code]
        alike = [c for c in left if any(likeness(c.words, words(stub)) >= LIKE for stub in self.stubs[name])]
        return [cell for cell in above if cell in left] or alike

    def _checked(self, name: str, default: float = float("inf")) -> float:
        """The number of the cell with the check of an exercise."""
        place = self.places.get(f"check-{name}", -1)
        return next((cell.number for cell in self.cells if cell.slot == place), default)

    # --- what the learner wrote besides ---

    def _keep(self, cell: Cell) -> None:
        """Keep a cell that is no answer: one that was added, or the learner's version of a cell of the lesson."""
        place = cell.after
        if cell.slot is not None and roles(self.release[cell.slot]):
            self._note("locked", roles(self.release[cell.slot])["grade_id"])
            place -= 1  # what somebody wrote into a check's cell runs before the check
        elif cell.slot is not None:
            self._note("changed", "")
        self._add(place, cell, cell.source)

    def _add(self, place: int, cell: Cell, source: str) -> None:
        self.kept.setdefault(place, []).append((cell.number, _own(cell.cell, source)))

    def _note(self, kind: str, name: str) -> None:
        self.notes.setdefault(kind, []).append(name)

    # --- the result ---

    def _assembled(self) -> Rebuilt:
        from nbformat import from_dict

        cells, own = [], []
        for place in range(-1, len(self.release)):
            if place >= 0:
                cell = from_dict(self.release[place])
                if chosen := self.chosen.get(answer_to(cell)):
                    cell.source = chosen.source
                    if cell.cell_type == "markdown" and chosen.get("attachments"):
                        cell.attachments = from_dict(chosen.attachments)
                cells.append(cell)
            for _, cell in sorted(self.kept.get(place, ()), key=lambda kept: kept[0]):
                cell.id = f"own-{len(own) + 1}"
                own.append(cell.id)
                cells.append(cell)
        notebook = from_dict({**self.whole, "cells": cells})
        return Rebuilt(notebook, self._notices(), {name: name in self.chosen for name in self.answers}, own)

    def _notices(self) -> list[str]:
        if not self.cells:
            return ["It has no cell with anything in it."]
        found = {cell.slot for cell in self.cells}
        missing = [cell for at, cell in enumerate(self.release) if at not in found]
        graded = [roles(cell)["grade_id"] for cell in missing if roles(cell)]
        placed = [(cell, roles(self.release[cell.slot]).get("grade_id")) for cell in self.cells if cell.slot is not None]
        unmarked = [name for cell, name in placed if name not in (None, cell.grade_id)]
        sentences = {
            "Had lost its mark, and was recognised: {}.": unmarked,
            "Missing, and put back: {}.": graded,
            "Not in the cell that it belongs in, and moved there: the answer to {}.": self.notes.get("moved"),
            "Answered more than once: {}. The last answer above the check counts.": self.notes.get("several"),
            "Changed, and put back as it was: {}.": self.notes.get("locked"),
        }
        said = [sentence.format(_listed(names)) for sentence, names in sentences.items() if names]
        if deleted := len(missing) - len(graded):
            said.append(f"Cells of the lesson that were missing, and are back: {deleted}.")
        if changed := len(self.notes.get("changed", ())):
            said.append(f"Cells of the lesson that were changed: {changed}. Each is back, with the changed one below it.")
        return said


def _own(cell: NotebookNode, source: str) -> NotebookNode:
    """A cell of the learner's own, without metadata."""
    from nbformat import from_dict
    from nbformat.v4 import new_code_cell, new_markdown_cell

    made = (new_code_cell if cell.cell_type == "code" else new_markdown_cell)(source)
    if made.cell_type == "markdown" and cell.get("attachments"):
        made.attachments = from_dict(cell.attachments)
    return made


def _as_comment(name: str, source: str) -> str:
    lines = [f"Another answer to {name}, which does not count:", *source.split("\n")]
    return "\n".join(f"# {line}" for line in lines)


def _listed(names: Iterable[str]) -> str:
    """Names of the release, each once, in their order."""
    return ", ".join(dict.fromkeys(names))
