"""Submissions out of nbgrader's exchange folder, where students put them with their own hands.

nbgrader copies what a link points to, as the instructor, who can read everything: a link to the solutions would come in
as an answer. It takes what is in another's name, with a warning; and one name or file that cannot be read stops it for
the class. Here only regular files come in, only from their owner, and what cannot be taken costs that submission alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import re
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from vae_course.checks.loader import LARGEST_NOTEBOOK
from vae_course.course import CourseError
from vae_course.grade.archives import MEGABYTE, STUDENT, shown

DEEPEST = 8  # folders inside folders
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Collect(ExchangeCollect):
    """nbgrader's, where `check_owner` (on by default) refuses a submission in another's name."""

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """As nbgrader's, with the reason why a submission is not taken; such a one is never somebody's newest."""
        try:
            record = super()._path_to_record(path)
            reason = self._reason(path, record["username"])
        except Exception as error:  # the parser of dates meets odd text with many kinds of them
            record, reason = {"timestamp": None}, f"cannot be one by its name ({type(error).__name__})"
        if reason:
            record.update(username=path, filename=Path(path).name)
        return {**record, "reason": reason}

    def _reason(self, path: str, student: str) -> str:
        told = os.lstat(path)
        if not stat.S_ISDIR(told.st_mode):
            return "is no folder"
        if not re.fullmatch(r"[\w@+-][\w.@+-]*", student):
            return "has a name that is no student's"
        if self.check_owner and (owner := _account(told.st_uid)) != student:
            return f"was put there by {owner} (c.ExchangeCollect.check_owner = False takes it all the same)"
        return ""

    def copy_files(self) -> None:
        every, self.check_owner = self.src_records, False  # that was looked at
        for self.src_records in [[record] for record in every] or [[]]:
            try:
                for record in self.src_records:
                    if record["reason"]:
                        raise CourseError(record["reason"])
                super().copy_files()
            except (CourseError, OSError) as error:
                reason = error if isinstance(error, CourseError) else f"cannot be read ({error.strerror})"
                name = shown(PurePosixPath(self.src_records[0]["filename"]))
                self.log.warning("%s %s; it was not collected.", name, reason)

    def do_copy(self, src: str, dest: str, log: logging.Logger | None = None) -> None:
        """Copy the regular files of a submission, as a whole or not at all. Raises CourseError and OSError."""
        try:
            self._copy(src, Path(dest))
        except BaseException:
            shutil.rmtree(dest, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(dest).parent.rmdir()  # a student without anything else
            raise

    def _copy(self, src: str, dest: Path) -> None:
        ignored, files, left = ignore_patterns(exclude=self.coursedir.ignore), 0, STUDENT.size
        for here, inner, names, folder in os.fwalk(src, onerror=_stop, follow_symlinks=False):
            inside = PurePosixPath(os.path.relpath(here, src))
            passed = {*ignored(here, [*inner, *names])}
            inner[:] = [name for name in inner if name not in passed]
            files += len(inner) + len(names)
            if files > STUDENT.files or len(inside.parts) > DEEPEST:
                raise CourseError(f"holds more than {STUDENT.files} files, or folders more than {DEEPEST} deep")
            (dest / inside).mkdir()
            for name in names:
                data = None if name in passed else _content(name, folder)
                if data is not None:
                    left -= len(data)
                    if left < 0:
                        raise CourseError(f"is larger than {STUDENT.size // MEGABYTE} MB")
                    (dest / inside / name).write_bytes(data)


def _content(name: str, folder: int) -> bytes | None:
    """The bytes of a regular file in an open folder, of a long one so many that Preflight says so; None for others.

    The file is asked after it was opened: until then its owner can put a link in its place.
    """
    if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return None
    with open(os.open(name, _OPEN, dir_fd=folder), "rb") as file:
        return file.read(LARGEST_NOTEBOOK + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _stop(error: OSError) -> None:
    raise error
