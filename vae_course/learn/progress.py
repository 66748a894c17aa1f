"""What a learner did, in one SQLite file on their own machine: a list of events that is only ever added to.

The file is `progress.db` in the user's data folder, or where VAE_COURSE_PROGRESS points; VAE_COURSE_PROGRESS=off keeps
nothing, which is how notebooks are built, tested and graded. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from vae_course.course import CourseError, Stage

SCHEMA = 1  # PRAGMA user_version of the file
BUSY = 5.0  # seconds to wait for another kernel that is writing

_CREATE = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX event_by_stage ON event (stage, kind);
"""


@dataclass(frozen=True)
class Event:
    """Something that happened. kind: check, saved, hint, prediction, drill, ready, gate or reset."""

    time: datetime
    kind: str
    stage: str
    name: str
    data: Mapping[str, object]


def on() -> bool:
    """Whether anything is recorded: not when switched off, and never while nbgrader runs a notebook."""
    return os.environ.get("VAE_COURSE_PROGRESS") != "off" and not (
        "NBGRADER_EXECUTION" in os.environ or "NBGRADER_VALIDATING" in os.environ
    )


def file() -> Path:
    """Where the progress is."""
    given = os.environ.get("VAE_COURSE_PROGRESS")
    return Path(given) if given else Path(platformdirs.user_data_dir("vae-course", appauthor=False)) / "progress.db"


def record(kind: str, stage: str, name: str, **data: object) -> None:
    """Add an event. CourseError when the file cannot be written."""
    if not on():
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    with _open() as database, database:
        database.execute(
            "INSERT INTO event (time, kind, stage, name, data) VALUES (?, ?, ?, ?, ?)",
            (now, kind, stage, name, json.dumps(data, ensure_ascii=False)),
        )


def events(stage: str | None = None) -> list[Event]:
    """All events, or those of one stage, the oldest first; of each stage only those since it was last reset."""
    if not on() or not file().exists():
        return []
    with _open() as database:
        rows = database.execute(
            "SELECT time, kind, stage, name, data FROM event WHERE ? IS NULL OR stage = ? ORDER BY id", (stage, stage)
        ).fetchall()
    found: list[Event] = []
    for time, kind, of, name, data in rows:
        if kind == "reset":
            found = [event for event in found if event.stage != of]
        else:
            found.append(Event(datetime.fromisoformat(time), kind, of, name, json.loads(data)))
    return found


def gate_is_open(stage: Stage) -> bool:
    """Whether the gate of a stage was opened since the stage was last reset."""
    return any(event.kind == "gate" and event.data.get("open") for event in events(stage.id))


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    path = file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=BUSY)) as database:
            _prepare(database, path)
            yield database
    except (sqlite3.Error, OSError) as error:
        raise CourseError(
            f"Your progress at {path} cannot be used ({error}); free some space or set VAE_COURSE_PROGRESS to another file."
        ) from error


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA:
        return
    if version > SCHEMA:
        raise CourseError(
            f"Your progress at {path} was written by a newer vae-course (schema {version}, this one knows {SCHEMA}); "
            "install the newer version again."
        )
    with database:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("PRAGMA user_version").fetchone() == (0,):  # no other process was faster
            for statement in _CREATE.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {SCHEMA}")
