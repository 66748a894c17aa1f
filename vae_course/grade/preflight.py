"""Before a submission is graded: whatever was handed in becomes one regular notebook with the right name.

nbgrader calls `preflight` as the `pre_convert_hook` of its autograder. What was handed in moves, as it is, to
`grading/originals/STUDENT/ASSIGNMENT/1`, a later submission to `2`, and so on. In its place come

    ASSIGNMENT.ipynb         what could be read, without outputs; or the untouched release when nothing could
    timestamp.txt            when it was handed in
    submission_secret.txt    what the exchange names the feedback after: the student's, or one that nobody knows

and nothing else: no link is followed, no other file reaches the autograder. `metadata.preflight` tells `Rebuild` what was
done.
"""

from __future__ import annotations

import copy
import glob
import hashlib
import itertools
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from vae_course.checks.lenient import parse, read_bytes
from vae_course.checks.rebuild import rebuild
from vae_course.course import CourseError
from vae_course.grade import releases

MOST_FILES, MOST_NOTEBOOKS = 200, 5  # how many files of a submission are looked at, and how many of them read
STAMP, SECRET = "timestamp.txt", "submission_secret.txt"
NOTHING = b"No notebook was handed in.\n"
LIKE_NOTEBOOKS = (".ipynb", ".json", ".txt", "")  # what mail programs and browsers make of .ipynb


@dataclass(frozen=True)
class _Found:
    """A file of a submission, with its notebook, or with the reason why there is none."""

    path: Path
    notebook: NotebookNode | None
    told: list[str]
    answers: int = 0


def preflight(assignment: str, student: str, notebooks: list[str]) -> None:
    """Take in the submission that has these notebooks; afterwards the list holds the path of the one to grade.

    nbgrader passes a pattern as `student`, and swallows exceptions: a submission that cannot be taken in is left without
    a notebook, which nbgrader reports for this student alone.
    """
    folder = Path(notebooks[0]).parent
    notebooks.clear()
    take_in(folder)
    notebooks.append(str(folder / f"{folder.name}.ipynb"))


def install() -> None:
    """Make nbgrader see every submission: it looks for notebooks and reads time stamps before it calls the hook, and one
    bad time stamp would stop the formgrader's list of all submissions."""
    CourseDirectory.get_existing_timestamp = lambda self, folder: handed_in(Path(folder))
    NbGraderAPI.get_submitted_timestamp = lambda self, assignment, student: handed_in(
        Path(self.coursedir.format_path(self.coursedir.submitted_directory, student, assignment))
    )
    Autograde.init_notebooks = _init_notebooks


_nbgraders_init_notebooks = Autograde.init_notebooks


def _init_notebooks(self: Autograde) -> None:
    """As nbgrader's, which passes over a submission without a notebook; here it has one that says so."""
    for name in glob.glob(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)):
        folder = Path(name)
        if folder.is_dir() and not folder.is_symlink() and not any(folder.glob("*.ipynb")):
            (folder / f"{folder.name}.ipynb").write_bytes(NOTHING)
    _nbgraders_init_notebooks(self)


def handed_in(folder: Path) -> datetime | None:
    """When a submission came in (UTC, without a zone): by its time stamp if that can be, or else by the server's clock.

    A time stamp that lies after the arrival of the files by more than a day, which no time zone explains, cannot be.
    """
    files = (*folder.glob("*.ipynb"), *folder.glob("*.html"))  # the latter is feedback, which follows its submission
    arrived = max((os.lstat(path).st_ctime for path in files), default=None)
    if arrived is None:
        return None
    arrival = datetime.fromtimestamp(arrived, timezone.utc).replace(tzinfo=None)
    try:
        claimed = parse_utc(read_bytes(folder / STAMP)[:100].decode().strip())
        return claimed if claimed < arrival + timedelta(days=1) else arrival
    except Exception:  # the parser of dates meets odd text with many kinds of them
        return arrival


def take_in(folder: Path) -> None:
    """Move a submission to the originals and put what is to be graded in its place, unless that was done before."""
    originals = folder.parents[2] / "originals" / folder.parent.name / folder.name
    receipt = originals / "receipt.json"
    before = json.loads(receipt.read_text(encoding="utf-8")) if receipt.is_file() else {}
    right = folder / f"{folder.name}.ipynb"
    ours = not folder.is_symlink() and {path.name for path in folder.iterdir()} == {right.name, STAMP, SECRET}
    if ours and _digest(right) == before.get("notebook"):
        return
    when = handed_in(folder)
    if _stamp(folder) == before.get("stamp", ""):  # a new notebook beside the old time stamp
        (folder / STAMP).unlink()
        when = handed_in(folder)
    told: list[str] = []
    notebook = _chosen(folder, before.get("notebook"), told)
    notebook.metadata["preflight"] = NotebookNode(told=told)
    stamp = f"{when or datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S.%f} UTC"
    originals.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=originals) as work:  # everything is written before anything moves
        clean = Path(work, folder.name)
        clean.mkdir()
        (clean / right.name).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        (clean / STAMP).write_text(stamp + "\n", encoding="utf-8")
        (clean / SECRET).write_text(_secret(folder) or secrets.token_hex(64), encoding="utf-8")
        receipt.write_text(json.dumps({"notebook": _digest(clean / right.name), "stamp": stamp}), encoding="utf-8")
        number = next(n for n in itertools.count(1) if not os.path.lexists(originals / str(n)))
        os.rename(folder, originals / str(number))
        os.rename(clean, folder)


def _stamp(folder: Path) -> str | None:
    try:
        return read_bytes(folder / STAMP)[:100].decode().strip()
    except (CourseError, UnicodeDecodeError):
        return None


def _secret(folder: Path) -> str | None:
    try:
        text = read_bytes(folder / SECRET).decode().strip()
    except (CourseError, UnicodeDecodeError):
        return None
    return text if re.fullmatch(r"[0-9a-f]{128}", text) else None


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    except CourseError:
        return None


def _chosen(folder: Path, graded: str | None, told: list[str]) -> NotebookNode:
    """The notebook to grade, and in `told` a sentence for each thing that somebody should know of.

    graded: the digest of the one that was graded before.
    """
    stage = folder.name
    release = releases.current(stage)
    files = [] if folder.is_symlink() else list(_files(folder))
    files.sort(key=lambda path: (path.name != f"{stage}.ipynb", path.suffix != ".ipynb"))
    found = [_read(path, release) for path in files[:MOST_NOTEBOOKS]]
    good = [file for file in found if file.notebook]

    def rank(file: _Found) -> tuple:
        new = _digest(file.path) != graded
        named = file.path.name == f"{stage}.ipynb", file.path.suffix == ".ipynb"
        return file.answers > 0, new, named, file.path.stat().st_mtime

    if not good:
        told.append("Nothing that was handed in could be read, so there are 0 points. Please hand in the notebook again.")
        told.extend(f"{_shown(file.path)} {file.told[0]}." for file in found)
        if not found:
            told.append("It is a link to another folder." if folder.is_symlink() else "There was no notebook.")
        return copy.deepcopy(release)
    best = max(good, key=rank)
    told.extend(best.told)
    if len(files) > MOST_NOTEBOOKS:
        told.append(f"There were {len(files)} files that may be notebooks; {MOST_NOTEBOOKS} of them were looked at.")
    if best.path.name != f"{stage}.ipynb":
        told.append(f"{_shown(best.path)} was graded as {stage}.ipynb.")
    if others := [_shown(file.path) for file in good if file is not best]:
        told.append(f"There was more than one notebook; {_shown(best.path)} was graded, not {', '.join(others)}.")
    return best.notebook


def _read(path: Path, release: NotebookNode) -> _Found:
    try:
        notebook, told = parse(read_bytes(path))
        return _Found(path, notebook, told, sum(rebuild(notebook, release).answers.values()))
    except CourseError as error:
        return _Found(path, None, [str(error)])
    except Exception as error:  # a file that nobody thought of must neither keep an old mark nor go without one
        return _Found(path, None, [f"cannot be read ({type(error).__name__})"])


def _files(submission: Path) -> Iterator[Path]:
    """What may be a notebook in a submission, in its folders too, at most MOST_FILES files; a link is not followed."""
    seen = 0
    for folder, inner, names in os.walk(submission):
        inner[:] = sorted(name for name in inner if name not in (".ipynb_checkpoints", "__MACOSX"))
        for name in sorted(names):
            path = Path(folder, name)
            seen += 1
            if seen > MOST_FILES:
                return
            if path.suffix.lower() in LIKE_NOTEBOOKS and name not in (STAMP, SECRET) and not name.startswith("."):
                if os.lstat(path).st_size != len(NOTHING) or path.is_symlink() or path.read_bytes() != NOTHING:
                    yield path


def _shown(path: Path) -> str:
    """A student's file name as code in Markdown, with nothing in it that means anything there."""
    return f"`{re.sub(r'[^ .()+,=@0-9A-Za-z_-]', '?', path.name)[:80]}`"
