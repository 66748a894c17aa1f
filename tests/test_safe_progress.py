"""The file of progress among real processes: several at once, one that is killed, a full disk, an older or a newer course."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from vae_course.course import CourseError
from vae_course.learn import moving, progress

# writes an event, and says so once it is kept; a pipe that is read elsewhere tells which events must be there
WRITER = """
import sys
from vae_course.learn import progress
for i in range(int(sys.argv[2])):
    progress.record("hint", "stage", sys.argv[1], rung=i, text="x" * 2000)
    print(sys.argv[1], i, flush=True)
"""
OLD = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX event_by_stage ON event (stage, kind);
PRAGMA user_version = 1;
"""


def writer(name, count, **more):
    return subprocess.Popen([sys.executable, "-c", WRITER, name, str(count)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def whole(path):
    """SQLite's own verdict on the file."""
    with sqlite3.connect(path) as database:
        return database.execute("PRAGMA integrity_check").fetchone()[0]


def kept():
    return [(event.name, event.data["rung"]) for event in progress.events("stage")]


def test_two_kernels_and_a_terminal_write_at_once(progress_file, command):
    kernels = [writer(name, 60) for name in ("one", "two")]
    shown = [command("status") for _ in range(4)]
    assert [kernel.wait(120) for kernel in kernels] == [0, 0]
    assert all(done.returncode == 0 for done in shown), shown
    assert sorted(kept()) == sorted((name, i) for name in ("one", "two") for i in range(60))
    assert whole(progress_file) == "ok"


def test_a_process_killed_in_the_middle_of_a_write_loses_nothing_that_was_kept(progress_file):
    chance, told = random.Random(5), set()
    for number in range(12):
        process = writer(f"kernel {number}", 10_000)
        process.stdout.readline()
        told.add((f"kernel {number}", 0))
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        told |= {(line.rsplit(" ", 1)[0], int(line.rsplit(" ", 1)[1])) for line in rest.splitlines()}
    there = kept()
    assert whole(progress_file) == "ok"
    assert told <= set(there) and len(there) == len(set(there))
    assert len(there) - len(told) <= 12  # at most the one event of each that was kept and not told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the size of files is limited by a setting of POSIX")
def test_on_a_full_disk_what_is_there_stays_and_the_sentence_says_what_to_do(progress_file):
    import resource

    progress.record("hint", "stage", "before", rung=0)
    limit = progress_file.stat().st_size + 20_000
    process = writer("kernel", 200, preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
    told, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot be used" in error and "free some space" in error
    there = kept()
    assert whole(progress_file) == "ok"
    assert [("before", 0), *(("kernel", i) for i in range(len(told.splitlines())))] == there and len(there) > 3
    progress.record("hint", "stage", "after", rung=1)  # with room again, all goes on
    assert kept()[-1] == ("after", 1)


def test_a_file_of_the_first_schema_is_brought_up_to_date_by_whoever_comes_first(progress_file):
    progress_file.parent.mkdir()
    rows = [("2026-03-02T18:00:00.000+00:00", "hint", "stage", "old", json.dumps({"rung": i})) for i in range(50)]
    with sqlite3.connect(progress_file) as database:
        database.executescript(OLD)
        database.executemany("INSERT INTO event (time, kind, stage, name, data) VALUES (?, ?, ?, ?, ?)", rows)
    writers = [writer(name, 10) for name in ("one", "two", "three")]
    assert [process.wait(120) for process in writers] == [0, 0, 0]
    there = kept()
    assert there[:50] == [("old", i) for i in range(50)] and len(there) == 80
    assert len({event.uid for event in progress.history()}) == 80


def test_the_events_of_an_old_file_have_the_same_uid_wherever_it_is_brought_up_to_date(tmp_path, monkeypatch):
    uids = []
    for name in ("a.db", "b.db"):
        with sqlite3.connect(tmp_path / name) as database:
            database.executescript(OLD)
            for _ in range(2):  # two events alike
                database.execute("INSERT INTO event (time, kind, stage, name, data) VALUES ('2026-03-02T18:00:00+00:00', 'hint', 's', 'e', '{}')")
        monkeypatch.setenv("VAE_COURSE_PROGRESS", str(tmp_path / name))
        uids.append([event.uid for event in progress.history()])
    assert uids[0] == uids[1] and len(set(uids[0])) == 2


def test_an_old_file_that_cannot_be_brought_up_to_date_is_left_as_it_is(progress_file):
    progress_file.parent.mkdir()
    with sqlite3.connect(progress_file) as database:
        database.executescript(OLD)
        database.execute("INSERT INTO event (time, kind, stage, name, data) VALUES ('t', 'hint', 's', 'e', '{}')")
    holder = sqlite3.connect(progress_file)
    holder.execute("BEGIN IMMEDIATE")  # another process that does not end
    program = "from vae_course.learn import progress; progress.BUSY = 0.2; progress.record('hint', 's', 'new')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1 and "database is locked" in done.stderr
    holder.rollback()
    with sqlite3.connect(progress_file) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_a_file_of_a_newer_course_is_refused_by_every_process_and_left_as_it_is(progress_file, command):
    progress.record("hint", "stage", "e", rung=1)
    with sqlite3.connect(progress_file) as database:
        database.execute("PRAGMA user_version = 99")
    before = progress_file.read_bytes()
    for words in (("status",), ("progress", "export", "mine.json"), ("practice",), ("map",)):
        done = command(*words)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "written by a newer vae-course (schema 99" in done.stderr
    assert progress_file.read_bytes() == before


# --- carried elsewhere ---


def fill(count=3):
    for i in range(count):
        progress.record("hint", "stage", "é", rung=i)


def test_progress_is_exported_imported_and_deleted(progress_file, vae_course, tmp_path, monkeypatch):
    fill()
    before = progress.history()
    done = vae_course("progress", "export", "mine.json")
    assert done.returncode == 0 and done.stdout == "mine.json: 3 events.\n"
    assert json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))["vae_course_progress"] == progress.SCHEMA
    assert vae_course("progress", "delete", "--yes").stdout == f"{progress_file}: deleted\n"
    assert not progress_file.exists() and progress.history() == []
    assert vae_course("progress", "import", "mine.json").stdout == "mine.json: 3 events, 3 of them new here.\n"
    assert vae_course("progress", "import", "mine.json").stdout == "mine.json: 3 events, 0 of them new here.\n"
    assert progress.history() == before


def test_two_machines_are_brought_together(tmp_path, monkeypatch):
    for name, moments in (("a", (1, 3)), ("b", (2, 4))):
        monkeypatch.setenv("VAE_COURSE_PROGRESS", str(tmp_path / f"{name}.db"))
        for day in moments:
            monkeypatch.setenv("VAE_COURSE_NOW", f"2026-03-0{day}T18:00+00:00")
            progress.record("hint", "stage", name, rung=day)
        moving.export(tmp_path / f"{name}.json")
    assert moving.bring_in(tmp_path / "a.json") == (2, 2)
    assert kept() == [("a", 1), ("b", 2), ("a", 3), ("b", 4)]


def test_an_export_does_not_overwrite(progress_file, vae_course, tmp_path):
    fill()
    (tmp_path / "mine.json").write_text("dear to me")
    done = vae_course("progress", "export", "mine.json")
    assert done.returncode == 2 and done.stderr == "mine.json is there already; choose another name, or delete it first.\n"
    assert (tmp_path / "mine.json").read_text() == "dear to me"


def spoil(told, how):
    match how:
        case "half":
            return json.dumps(told)[:-40]
        case "newer":
            return json.dumps({**told, "vae_course_progress": 99})
        case "another file":
            return json.dumps({"cells": []})
        case "no zone":
            return json.dumps({**told, "events": [{**told["events"][0], "time": "2026-03-02T18:00:00"}]})
        case "a list":
            return "[1, 2]"
        case "a field less":
            return json.dumps({**told, "events": [{"uid": "x"}]})
        case "bytes":
            return "\udcff\udcfe"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("half", "is not a whole file of progress"), ("newer", "was exported by a newer vae-course (schema 99, this one knows"),
        ("another file", "is not a whole file of progress"), ("no zone", "a time has no zone"), ("a list", "is not a whole file"),
        ("a field less", "is not a whole file"), ("bytes", "is not a whole file"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_whole(progress_file, vae_course, tmp_path, how, says):
    fill()
    moving.export(tmp_path / "mine.json")
    told = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    (tmp_path / "mine.json").write_text(spoil(told, how), encoding="utf-8", errors="surrogateescape")
    moving.delete()
    done = vae_course("progress", "import", "mine.json")
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert progress.history() == []


def test_nothing_is_deleted_before_one_says_yes(progress_file, vae_course, monkeypatch):
    fill()
    monkeypatch.setattr("typer.confirm", lambda text: False)
    done = vae_course("progress", "delete")
    assert done.returncode == 1 and done.stdout == "Nothing was deleted.\n" and len(progress.history()) == 3


def test_what_is_not_there_or_not_recorded_is_said(progress_file, vae_course, monkeypatch):
    assert vae_course("progress", "delete", "--yes").stdout == "There was no progress to delete.\n"
    assert "There is no mine.json" in vae_course("progress", "import", "mine.json").stderr
    monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    for words in (("export", "x.json"), ("import", "x.json"), ("delete", "--yes")):
        done = vae_course("progress", *words)
        assert done.returncode == 2 and "VAE_COURSE_PROGRESS is off" in done.stderr
    with pytest.raises(CourseError):
        moving.delete()
