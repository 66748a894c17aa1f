"""A learner's progress as a file to carry, to keep or to hand in: `vae-course progress`.

The file is JSON: {"vae_course_progress": schema, "exported": time, "events": [{"uid", "time", "kind", "stage", "name", "data"}]}.
It holds no name and no code of the learner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from vae_course.course import CourseError
from vae_course.learn import clock, progress
from vae_course.learn.progress import SCHEMA, Event
from vae_course.models.files import write_whole

_FIELDS = ("uid", "time", "kind", "stage", "name", "data")


def export(path: Path) -> int:
    """Write every event to `path` and return how many there are. A file that is there is not overwritten."""
    _must_be_on()
    if path.exists():
        raise CourseError(f"{path} is there already; choose another name, or delete it first.")
    history = progress.history()
    told = {
        "vae_course_progress": SCHEMA,
        "exported": clock.now().isoformat(timespec="seconds"),
        "events": [dict(zip(_FIELDS, [*event.row()[:-1], dict(event.data)])) for event in history],
    }
    write_whole(path, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
    return len(history)


def read(path: Path) -> list[Event]:
    """The events in an exported file. CourseError for a file that is none, is damaged, or comes from a newer course."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        schema = told["vae_course_progress"]
        if schema > SCHEMA:
            raise CourseError(
                f"{path} was exported by a newer vae-course (schema {schema}, this one knows {SCHEMA}); install the newer version first."
            )
        return [_event(given) for given in told["events"]]
    except FileNotFoundError:
        raise CourseError(f"There is no {path}; `vae-course progress export FILE` writes such a file.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CourseError(
            f"{path} is not a whole file of progress ({type(error).__name__}: {error}); export it again with "
            "`vae-course progress export FILE`."
        ) from error


def _event(given: Mapping) -> Event:
    uid, time, kind, stage, name, data = (given[name] for name in _FIELDS)
    if not all(isinstance(text, str) for text in (uid, kind, stage, name)) or not isinstance(data, dict):
        raise ValueError("an event has a field of the wrong kind")
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError("a time has no zone")
    return Event(moment, kind, stage, name, data, uid)


def bring_in(path: Path) -> tuple[int, int]:
    """Add the events of an exported file to those that are here. Returns how many are in it, and how many of them were new."""
    _must_be_on()
    events = read(path)
    return len(events), progress.add(events)


def delete() -> list[Path]:
    """Delete the file of progress and what SQLite may have left beside it. Returns what was deleted."""
    _must_be_on()
    path = progress.file()
    gone = [file for file in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))) if file.exists()]
    for file in gone:
        file.unlink()
    return gone


def _must_be_on() -> None:
    if not progress.on():
        raise CourseError("Nothing is recorded here: VAE_COURSE_PROGRESS is off; unset it, or name a file with it.")
