"""nbgrader's gradebook: where it is, and quicker.

nbgrader opens it a dozen times for each submission, looks for every table each time, asks for one cell after the other, and waits
for the disk at each change.
"""

from __future__ import annotations

import functools
import os
import re
import warnings
from pathlib import Path

import nbgrader.api
import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.exc import ArgumentError, OperationalError, SAWarning

from vae_course.course import CourseError

ADDRESS = "VAE_COURSE_DB_URL"


def address(file: Path) -> str:
    """The database of this class: the one that VAE_COURSE_DB_URL names, else an SQLite file.

    `postgresql://...` gets its driver named, since which one it stands for changed with SQLAlchemy 2.1.
    """
    url = os.environ.get(ADDRESS, "").strip()
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", url) if url else f"sqlite:///{file}"


def install() -> None:
    """Give every Gradebook of a database the same engine, which has its queries compiled and its connections open already, and have
    its tables looked for once."""
    nbgrader.api.create_engine = engine
    nbgrader.api.inspect = lambda made: _Seen if _whole.get(made, ()) == _file_of(made) else sqlalchemy.inspect(made)
    nbgrader.api.Base.metadata.create_all = _create_all
    warnings.filterwarnings("ignore", category=SAWarning, module=r"nbgrader\.api")  # of how it links new rows, which is harmless


@functools.lru_cache
def engine(url: str, **options: object) -> Engine:
    """As sqlalchemy.create_engine. An SQLite file keeps a log of changes, which outlives a process that is killed in the middle,
    and goes to the disk now and then instead of each time; a power failure may cost the last marks, and damages nothing. A server's
    connections are tried before they are used again. Raises CourseError for a server that cannot be reached."""
    try:
        made = sqlalchemy.create_engine(url, pool_pre_ping=not url.startswith("sqlite:"), **options)
        if made.dialect.name == "sqlite":
            event.listen(made, "connect", _log_changes)
        else:
            made.connect().close()
    except (ArgumentError, ModuleNotFoundError, OperationalError) as error:
        raise CourseError(_unreachable(error)) from error
    made.dispose = lambda close=True: None  # which Gradebook calls each time that it is done
    return made


_whole: dict[Engine, tuple[int, int] | None] = {}  # of which database every table is there, and of an SQLite file, which file that is


class _Seen:
    """What stands for SQLAlchemy's inspector of a database whose tables are all there."""

    get_table_names = staticmethod(lambda: [*nbgrader.api.Base.metadata.tables])


def _create_all(bind: Engine) -> None:
    """As MetaData.create_all, which asks the database for every table."""
    if _whole.get(bind, ()) != _file_of(bind):
        sqlalchemy.MetaData.create_all(nbgrader.api.Base.metadata, bind=bind)
        _whole[bind] = _file_of(bind)


def _file_of(made: Engine) -> tuple[int, int] | None:
    """What tells an SQLite file from one that stands in its place later; None where there is no file."""
    try:
        told = os.stat(made.url.database or "") if made.dialect.name == "sqlite" else None
    except OSError:
        return None
    return (told.st_dev, told.st_ino) if told else None


def _unreachable(error: Exception) -> str:
    """What to do about a database that cannot be opened. The address itself is not told: it may hold a password."""
    if isinstance(error, ModuleNotFoundError):
        return f"The gradebook's server needs {error.name}, which is not installed; `pip install '.[postgres]'` gives it."
    if isinstance(error, ArgumentError):
        return f"{ADDRESS} is no address of a database; it looks like postgresql://USER@HOST/DATABASE."
    reason = " ".join(str(error.orig).split())
    return f"The gradebook's server cannot be reached ({reason}); look at {ADDRESS}."


def _log_changes(connection, record) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
