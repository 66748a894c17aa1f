"""The releases that students may have: the one in `notebooks/`, and earlier ones in `grading/releases/HASH/`.

Paths are relative to the folder of `nbgrader_config.py`, where nbgrader stands while it converts.
"""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from vae_course.course import CourseError

STORE = Path("grading", "releases")


def keep(assignment: str, student: str, notebooks: list[str]) -> None:
    """Keep a copy of a release that was just made. nbgrader calls this after `generate_assignment`."""
    path = _current(assignment)
    if path.is_file():  # an author's build releases elsewhere
        kept = STORE / _release(nbformat.read(path, 4)) / path.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)


def current(assignment: str) -> NotebookNode:
    """The release that submissions are graded as, only to read: all callers share it. CourseError where there is none."""
    path = _current(assignment)
    if not path.is_file():
        raise CourseError(f"There is no release at {path}; run `nbgrader generate_assignment {assignment}`.")
    return _read(path)


def origin(assignment: str, notebook: NotebookNode) -> NotebookNode:
    """The release that a notebook was made from, only to read: the one it names, or the one that most of its cells are of."""
    now = current(assignment)
    known = {_release(now): now}
    for path in sorted(STORE.glob(f"*/{assignment}.ipynb")):
        kept = _read(path)
        known.setdefault(_release(kept), kept)
    named = notebook.metadata.get("vae_course", {}).get("release")
    if named in known:
        return known[named]
    ids = {cell.id for cell in notebook.cells}
    return max(known.values(), key=lambda release: len(ids & {cell.id for cell in release.cells}))


def _read(path: Path) -> NotebookNode:
    """A notebook, which is read again only when its file has changed: every submission asks for it several times."""
    path = path.resolve()
    told = path.stat()
    return _read_once(path, told.st_mtime_ns, told.st_size, told.st_ino)


@functools.lru_cache(maxsize=64)
def _read_once(path: Path, *version: int) -> NotebookNode:
    return nbformat.read(path, 4)


def _current(assignment: str) -> Path:
    return Path("notebooks", assignment, f"{assignment}.ipynb")


def _release(notebook: NotebookNode) -> str:
    return notebook.metadata.vae_course.release
