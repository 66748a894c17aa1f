"""A notebook out of whatever editors, browsers and mail programs made of one.

Only what a learner wrote is taken: the kind, the text and the pictures of each cell, and the marks by which the cell
can be recognised (`id`, and `metadata.nbgrader.grade_id`). Outputs, other metadata and everything unknown stay behind,
so what comes out is a valid notebook of format 4.5, whatever went in.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vae_course.checks.loader import LARGEST_NOTEBOOK
from vae_course.course import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_CELLS = 2000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PICTURES = {"image/png", "image/jpeg", "image/gif"}
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_OPEN = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most LARGEST_NOTEBOOK bytes; a link is not followed, a pipe not opened.

    Raises CourseError with the reason, which begins with a verb ("is larger than 16 MB").
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise CourseError("is no regular file")
        with open(os.open(path, _OPEN), "rb") as file:
            data = file.read(LARGEST_NOTEBOOK + 1)
    except OSError as error:
        raise CourseError(f"cannot be read ({error.strerror})") from error
    if len(data) > LARGEST_NOTEBOOK:
        raise CourseError(f"is larger than {LARGEST_NOTEBOOK >> 20} MB; clear its outputs and save it again")
    return data


def parse(data: bytes) -> tuple[NotebookNode, list[str]]:
    """The notebook in these bytes, and a sentence for each thing that was repaired.

    Raises CourseError with the reason when there is none, as `read_bytes` does.
    """
    from nbformat import NotebookNode

    if not data.strip():
        raise CourseError("is empty")
    text, repairs = _text(data)
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise CourseError("is not a notebook that can be read: its JSON is broken or cut off") from error
    if not isinstance(raw, Mapping) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise CourseError("is not a notebook: it has no cells")
    cells, seen = [], set()
    for cell in _raw_cells(raw):
        if len(cells) == MOST_CELLS:
            repairs.append(f"It has more than {MOST_CELLS} cells; those after them were left out.")
            break
        cells.append(_cell(cell, seen))
    told = _mapping(_mapping(raw.get("metadata")).get("vae_course"))
    names = ("stage", "version", "release")
    marks = {name: _clean(told[name])[:100] for name in names if isinstance(told.get(name), str)}
    metadata = {"vae_course": NotebookNode(marks)} if marks else {}
    return NotebookNode(nbformat=4, nbformat_minor=5, cells=cells, metadata=NotebookNode(metadata)), repairs


def _text(data: bytes) -> tuple[str, list[str]]:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), [] if encoding == "utf-8" else ["It was not saved as UTF-8, and was converted."]
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), ["Some of its characters are not UTF-8; they were replaced by �."]


def _raw_cells(raw: Mapping) -> Iterator[Mapping]:
    """The cells that hold anything; before format 4 they lay on worksheets."""
    for sheet in [raw] if isinstance(raw.get("cells"), list) else raw["worksheets"]:
        cells = _mapping(sheet).get("cells")
        yield from (cell for cell in cells if isinstance(cell, Mapping)) if isinstance(cells, list) else ()


def _cell(raw: Mapping, seen: set[str]) -> NotebookNode:
    from nbformat import NotebookNode

    metadata = _mapping(raw.get("metadata"))
    cell = NotebookNode(metadata=NotebookNode(), source=_joined(raw.get("source", raw.get("input"))))
    # put together here: nbformat's own functions validate every cell, which takes longer than all the rest
    if raw.get("cell_type") == "code":
        cell.update(cell_type="code", execution_count=None, outputs=[])
    else:  # raw cells too: nbconvert writes these into a page as they stand
        cell.cell_type = "markdown"
        level = raw.get("level") if raw.get("cell_type") == "heading" else None
        if level in range(1, 7):
            cell.source = f"{'#' * level} {cell.source}"
        if pictures := _pictures(raw.get("attachments")):
            cell.attachments = NotebookNode(pictures)
    # Colab keeps the id in the metadata
    known = (mark for mark in (raw.get("id"), metadata.get("id")) if isinstance(mark, str) and _ID.fullmatch(mark))
    cell.id = next((mark for mark in known if mark not in seen), f"unknown-{len(seen)}")
    while cell.id in seen:
        cell.id += "-"
    seen.add(cell.id)
    grade_id = _mapping(metadata.get("nbgrader")).get("grade_id")
    if isinstance(grade_id, str):
        cell.metadata["nbgrader"] = NotebookNode(grade_id=_clean(grade_id)[:100])
    return cell


def _pictures(attachments: object) -> dict:
    """Pictures that were pasted into a text cell: {file name: {kind: base64}}."""
    found = {}
    for name, kinds in _mapping(attachments).items():
        good = {
            kind: _joined(value) for kind, value in _mapping(kinds).items()
            if kind in _PICTURES and _BASE64.fullmatch(_joined(value))
        }
        if good and len(name) < 200:
            found[_clean(name)] = good
    return found


def _mapping(value: object) -> Mapping:
    return value if isinstance(value, Mapping) else {}


def _joined(value: object) -> str:
    """A text of a notebook: a string, or a list of lines."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return _clean(value) if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can hold and UTF-8 cannot, and with one kind of line end."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
