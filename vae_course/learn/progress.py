"""What a learner did, in one SQLite file on their own machine: a list of events that is only ever added to.

The file is `progress.db` in the user's data folder, or where VAE_COURSE_PROGRESS points; VAE_COURSE_PROGRESS=off keeps
nothing, which is how notebooks are built, tested and graded. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from vae_course.course import CourseError
from vae_course.learn import clock

SCHEMA = 2  # PRAGMA user_version of the file; 1 had no uid
BUSY = 10.0  # seconds to wait for another kernel that is writing

_CREATE = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, time TEXT NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL,
    name TEXT NOT NULL, data TEXT NOT NULL
)"""
_INDEX = "CREATE INDEX event_by_stage ON event (stage, kind)"
_ADD = "INSERT OR IGNORE INTO event (uid, time, kind, stage, name, data) VALUES (?, ?, ?, ?, ?, ?)"
_OLD = uuid.UUID("6f0e7a52-2f0f-4c53-9a4c-5f2b8c1d7e10")  # under which the events of a file of schema 1 get their uid


@dataclass(frozen=True)
class Event:
    """Something that happened. kind: check, saved, hint, prediction, drill, ready, gate, pass or reset.

    uid: its own for ever, so that a copy that comes back is not counted twice.
    """

    time: datetime
    kind: str
    stage: str
    name: str
    data: Mapping[str, object]
    uid: str = field(default_factory=lambda: uuid.uuid4().hex, compare=False)

    def row(self) -> tuple[str, ...]:
        told = json.dumps(self.data, ensure_ascii=False)
        return self.uid, self.time.astimezone(UTC).isoformat(timespec="milliseconds"), self.kind, self.stage, self.name, told


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
    if on():
        add([Event(clock.now(), kind, stage, name, data)])


def add(events: Iterable[Event]) -> int:
    """Add events, all of them or none, but for those that are there already. Returns how many were new."""
    with _open() as database, database:
        before = database.total_changes
        database.executemany(_ADD, [event.row() for event in events])
        return database.total_changes - before


def history(stage: str | None = None) -> list[Event]:
    """Every event that was ever recorded, or those of one stage, the oldest first."""
    if not on() or not file().exists():
        return []
    with _open() as database:
        rows = database.execute(
            "SELECT time, kind, stage, name, data, uid FROM event WHERE ? IS NULL OR stage = ? ORDER BY time, id", (stage, stage)
        ).fetchall()
    return [Event(datetime.fromisoformat(time), kind, of, name, json.loads(data), uid) for time, kind, of, name, data, uid in rows]


def events(stage: str | None = None) -> list[Event]:
    """All events, or those of one stage, the oldest first; of each stage only those since it was last reset."""
    return since_reset(history(stage))


def since_reset(history: Iterable[Event]) -> list[Event]:
    """Of each stage the events since it was last reset."""
    found: list[Event] = []
    for event in history:
        if event.kind == "reset":
            found = [other for other in found if other.stage != event.stage]
        else:
            found.append(event)
    return found


def last_checks(events: Iterable[Event]) -> dict[str, Mapping[str, object]]:
    """What the last check of each exercise found, by the exercise's name."""
    return {event.name: event.data for event in events if event.kind == "check"}


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
    """Make the table, or bring that of an older course up to date; another process may be doing the same."""
    if _version(database) == SCHEMA:
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        version = _version(database)  # once more, now that no other process writes
        if version > SCHEMA:
            raise CourseError(
                f"Your progress at {path} was written by a newer vae-course (schema {version}, this one knows {SCHEMA}); "
                "install the newer version again."
            )
        if version == SCHEMA:
            return
        rows = []
        if version == 1:
            rows = database.execute("SELECT id, time, kind, stage, name, data FROM event ORDER BY id").fetchall()
            database.execute("DROP TABLE event")
        database.execute(_CREATE)
        database.execute(_INDEX)
        database.executemany(_ADD, [(uuid.uuid5(_OLD, json.dumps(row)).hex, *row[1:]) for row in rows])
        database.execute(f"PRAGMA user_version = {SCHEMA}")


def _version(database: sqlite3.Connection) -> int:
    return database.execute("PRAGMA user_version").fetchone()[0]
