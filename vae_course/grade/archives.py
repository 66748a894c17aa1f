"""A download from Canvas or Moodle becomes submissions: the two plugins of `nbgrader zip_collect`.

What lies in `grading/downloaded/STAGE/archive/` (the zip with everybody's files, or files unpacked by hand) is unpacked
to `extracted/` beside it, and from there goes to `grading/submitted/STUDENT/STAGE/`. Only what may be a notebook is
unpacked, also from a zip that a student handed in. Before anything of an archive is, its directory is held against
limits: number of files, their size, and how much smaller they are packed. What breaks one is refused with a sentence,
and the others go on.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from nbgrader.api import Gradebook
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from vae_course.checks.lenient import read_bytes
from vae_course.checks.loader import LARGEST_NOTEBOOK
from vae_course.course import CourseError

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # mail programs and browsers make the others of the first
OTHER_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
MEGABYTE = 2**20
RATIO = 200  # bytes unpacked for one byte packed, in a file of more than a megabyte
LONGEST_ENTRY = 1024  # bytes of a student's archive's directory for one file


@dataclass(frozen=True)
class Limits:
    """What one archive may hold: files, and bytes in all of them that would be unpacked."""

    files: int
    size: int


CLASS = Limits(50_000, 4096 * MEGABYTE)
STUDENT = Limits(200, 64 * MEGABYTE)

_CANVAS = re.compile(r"(?P<name>.+?)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as its path in a download says, and its own name.

    number: the student's on Canvas; on Moodle that of the submission, which says nothing of the student.
    """

    lms: str
    name: str
    number: str
    file: str


def owner(path: PurePosixPath) -> Owner | None:
    """Whose a file of a download is, by the first part of its path that says so: what is below, a student named."""
    for part in path.parts:
        for lms, pattern in (("moodle", _MOODLE), ("canvas", _CANVAS)):
            if found := pattern.fullmatch(part):
                return Owner(lms, found["name"], found["number"], found["file"] if part == path.name else path.name)
    return None


def slug(name: str) -> str:
    """A name as nbgrader's id of a student: letters and digits, with hyphens between them."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", letters).strip("-")[:100]


class Unpack(ExtractorPlugin):
    """Unpacks a download, within limits."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        source, self._target, self._left = Path(archive_path), Path(extracted_path), CLASS.size
        for number, path in enumerate(_files(source), 1):
            where = PurePosixPath(path.relative_to(source).as_posix())
            try:
                if not _is_zip(path.name):
                    self._take(where, path.name, lambda: read_bytes(path))
                    continue
                with open(path, "rb") as file:
                    if owner(where):
                        self._unpack(file, where, STUDENT)
                    else:
                        self._unpack(file, PurePosixPath(f"archive-{number}"), CLASS)
            except (CourseError, OSError) as error:
                self._refuse(where, error)
        self._set_namesakes_aside()

    def _unpack(self, file: BinaryIO, where: PurePosixPath, limits: Limits) -> None:
        """Write the notebooks of an archive below `where`.

        Of a class's archive a bad entry costs that entry; a student's is refused, since nothing odd gets into one by
        chance. Raises CourseError.
        """
        with _opened(file, limits) as archive:
            entries = list(_entries(archive, limits))
            problems = [problem for _, _, problem in entries if problem]
            if problems and limits is STUDENT:
                raise CourseError(problems[0])
            for entry, name, problem in entries:
                try:
                    if problem:
                        raise CourseError(problem)
                    if _is_zip(name.name) and limits is CLASS:
                        self._unpack(io.BytesIO(_content(archive, entry, STUDENT.size)), where / name, STUDENT)
                    else:
                        self._take(where / name, name.name, lambda: _content(archive, entry, LARGEST_NOTEBOOK))
                except (CourseError, OSError) as error:
                    self._refuse(name if limits is CLASS else where / name, error)

    def _take(self, where: PurePosixPath, name: str, read: Callable[[], bytes]) -> None:
        """Write a file that may be a notebook; of others, say what cannot be unpacked."""
        if _is_zip(name):
            raise CourseError("is an archive inside a student's archive, which is not unpacked")
        if name.lower().endswith(OTHER_ARCHIVES):
            raise CourseError("is an archive of a kind that is not unpacked; only .zip is")
        if not name.lower().endswith(NOTEBOOKS):
            self.log.info("%s is passed over", shown(where))
            return
        data = read()
        if len(data) > self._left:
            raise CourseError(f"came after {CLASS.size // MEGABYTE} MB of other files; collect the download in parts")
        self._left -= len(data)
        target = self._target.joinpath(*where.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def _set_namesakes_aside(self) -> None:
        """Moodle numbers submissions, not students: what comes from two students of one name is nobody's."""
        paths = {path: PurePosixPath(path.relative_to(self._target).as_posix()) for path in _files(self._target)}
        owners = {path: owner(where) for path, where in paths.items()}
        numbers: dict[str, set[str]] = {}
        for told in owners.values():
            if told and told.lms == "moodle":
                numbers.setdefault(slug(told.name), set()).add(told.number)
        for path, told in owners.items():
            if told and told.lms == "moodle" and len(numbers[slug(told.name)]) > 1:
                path.unlink()
        for name, found in numbers.items():
            if len(found) > 1:
                what = f"is the name of {len(found)} students ({', '.join(sorted(found))})"
                self._refuse(PurePosixPath(name), CourseError(f"{what}; put their files in place by hand"))

    def _refuse(self, what: PurePosixPath, error: Exception) -> None:
        reason = error if isinstance(error, CourseError) else f"cannot be kept ({error.strerror})"
        self.log.warning("%s %s.", shown(what), reason)


class Names(FileNameCollectorPlugin):
    """Whose each unpacked file is, by the names that Canvas and Moodle give; by `named_regexp`, where that is set.

    On Canvas the student is the one with this `lms_user_id` in the gradebook, or else the number itself; on Moodle the
    one student of this name in the gradebook, or else the name as an id, such as `ann-muller`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._taken: set[tuple[str, str]] = set()
        self._known: dict[tuple[str, str], set[str]] | None = None

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        if self.named_regexp:
            return super().collect(submitted_file)
        base = self.parent._format_collect_path(self.parent.extracted_directory)
        path = PurePosixPath(Path(submitted_file).relative_to(base).as_posix())
        told = owner(path)
        student = told and self._student(told)
        if not student:
            self.log.warning("%s: the name does not say whose it is; put the file in place by hand.", shown(path))
            return None
        return {"student_id": student, "file_id": self._new(student, told.file)}

    def _student(self, told: Owner) -> str | None:
        if self._known is None:
            self._known = {}
            with Gradebook(self.parent.coursedir.db_url) as gradebook:
                for student in gradebook.students:
                    name = slug(f"{student.first_name or ''} {student.last_name or ''}")
                    for key in (("canvas", student.lms_user_id), ("moodle", name)):
                        self._known.setdefault(key, set()).add(student.id)
        wanted = told.number if told.lms == "canvas" else slug(told.name)
        found = self._known.get((told.lms, wanted), {wanted})
        return next(iter(found)) if len(found) == 1 else None

    def _new(self, student: str, file: str) -> str:
        """A name that the student has no other file under: nbgrader stops at a second one."""
        stem, dot, end = re.sub(r"[^\w .()+,=@-]", "-", file)[-100:].lstrip(".").partition(".ipynb")
        for again in itertools.count(1):
            name = f"{stem}{f' ({again})' if again > 1 else ''}{dot}{end}"
            if (student, name) not in self._taken:
                self._taken.add((student, name))
                return name


def shown(path: PurePosixPath) -> str:
    """A path that a student chose, for a terminal."""
    return _UNPRINTABLE.sub("?", str(path))[:200]


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder and below, by name; links and what operating systems leave behind are passed over."""
    for here, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not _is_litter(name))
        for path in (Path(here, name) for name in sorted(names) if not _is_litter(name)):
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _is_litter(name: str) -> bool:
    return name == "__MACOSX" or name.startswith(".")


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _opened(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """An archive, of whose directory a student's is not even read when it is long. Raises CourseError."""
    try:
        if limits is STUDENT:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 2**16 - 22))
            tail = file.read()
            (size,) = struct.unpack_from("<I", tail, tail.rindex(b"PK\x05\x06") + 12)
            if size > limits.files * LONGEST_ENTRY:
                raise CourseError(f"holds more than {limits.files} files, or very long names")
        return zipfile.ZipFile(file)
    except _UNREADABLE as error:
        raise CourseError("is no zip file that can be read") from error


def _entries(archive: zipfile.ZipFile, limits: Limits) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath, str]]:
    """What of an archive may be unpacked: its path, and what is wrong with it, if anything.

    Raises CourseError where the archive breaks a limit.
    """
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > limits.files:
        raise CourseError(f"holds {len(files)} files; at most {limits.files} are unpacked")
    wanted = [entry for entry in files if entry.filename.lower().endswith((*NOTEBOOKS, *OTHER_ARCHIVES, ".zip"))]
    if (size := sum(entry.file_size for entry in wanted)) > limits.size:
        raise CourseError(f"unpacks to {size // MEGABYTE} MB; at most {limits.size // MEGABYTE} MB are unpacked")
    for entry in wanted:
        name = PurePosixPath(_UNPRINTABLE.sub("?", _decoded(entry)).replace("\\", "/"))
        if not any(_is_litter(part) for part in name.parts if part != ".."):
            yield entry, name, _problem(entry, name)


def _decoded(entry: zipfile.ZipInfo) -> str:
    """An entry's name; programs that do not say that it is UTF-8 mostly write that all the same."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _problem(entry: zipfile.ZipInfo, name: PurePosixPath) -> str:
    if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", str(name)):
        return f"holds a path that leads out of the archive ({shown(name)})"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return f"holds a link ({shown(name)})"
    if entry.flag_bits & 1:
        return "is locked with a password"
    ratio = entry.file_size // max(entry.compress_size, 1)
    if entry.file_size > MEGABYTE and ratio > RATIO:
        return f"holds a file that is {ratio} times as large unpacked ({shown(name)})"
    return ""


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of an entry. CourseError for more than `most`, whatever the directory says, or none that can be had."""
    try:
        with archive.open(entry) as file:
            data = file.read(most + 1)
    except _UNREADABLE as error:
        raise CourseError("cannot be unpacked") from error
    if len(data) > most:
        raise CourseError(f"is larger than {most // MEGABYTE} MB")
    return data
