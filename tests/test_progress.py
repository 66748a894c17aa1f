"""What is kept of a learner's work: where, when not, and what happens when it cannot be."""

import os
import sqlite3
import subprocess
import sys

import pytest

from vae_course import course
from vae_course.course import CourseError
from vae_course.learn import progress


def test_events_come_back_in_order_with_their_data(progress_file):
    progress.record("check", "00_start_here", "shift", passed=False, score=0.0, misconception="subtracts")
    progress.record("check", "00_start_here", "shift", passed=True, score=1.0, misconception=None)
    progress.record("hint", "03_gaussian_kl", "gaussian_kl", rung=1)
    assert [event.data.get("passed") for event in progress.events("00_start_here")] == [False, True]
    assert [event.name for event in progress.events()] == ["shift", "shift", "gaussian_kl"]
    assert progress.events()[0].time.tzinfo is not None


def test_a_reset_hides_a_stages_past_and_loses_nothing(progress_file):
    progress.record("check", "00_start_here", "shift", passed=True)
    progress.record("check", "03_gaussian_kl", "gaussian_kl", passed=True)
    progress.record("reset", "00_start_here", "")
    progress.record("hint", "00_start_here", "shift", rung=1)
    assert [event.kind for event in progress.events("00_start_here")] == ["hint"]
    assert len(progress.events("03_gaussian_kl")) == 1
    assert sqlite3.connect(progress_file).execute("SELECT count(*) FROM event").fetchone() == (4,)


def test_nothing_is_recorded_when_off_or_while_grading(progress_file, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    progress.record("check", "00_start_here", "shift")
    monkeypatch.delenv("NBGRADER_EXECUTION")
    monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    progress.record("check", "00_start_here", "shift")
    assert not progress_file.exists() and not progress_file.parent.exists()


def test_the_file_is_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("VAE_COURSE_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert progress.file() == tmp_path / "vae-course" / "progress.db"
    assert progress.file().name == "progress.db" and progress.on()


def test_a_file_of_a_newer_schema_is_refused_and_kept(progress_file):
    progress.record("hint", "00_start_here", "shift", rung=1)
    with sqlite3.connect(progress_file) as database:
        database.execute("PRAGMA user_version = 99")
    before = progress_file.read_bytes()
    with pytest.raises(CourseError, match="newer vae-course .schema 99"):
        progress.record("hint", "00_start_here", "shift", rung=2)
    assert progress_file.read_bytes() == before


def test_a_file_that_is_no_database_is_named_and_kept(progress_file):
    progress_file.parent.mkdir()
    progress_file.write_text("not a database, but mine")
    with pytest.raises(CourseError, match="cannot be used .*file is not a database.*VAE_COURSE_PROGRESS"):
        progress.record("hint", "00_start_here", "shift", rung=1)
    assert progress_file.read_text() == "not a database, but mine"


def test_many_processes_write_at_once_and_nothing_is_lost(progress_file):
    program = "from vae_course.learn import progress\nfor i in range(20): progress.record('hint', 's', 'e', rung=i)"
    writers = [subprocess.Popen([sys.executable, "-c", program], env={**os.environ}) for _ in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert len(progress.events("s")) == 60


def test_a_check_says_when_its_result_could_not_be_kept(progress_file):
    from vae_course.learn import check

    progress_file.parent.mkdir()
    progress_file.write_text("not a database")

    def shift(x, by):
        return x + by[:, None]

    report = check(shift)
    assert report.passed and report.score == 1 and "cannot be used" in report.note


def test_checks_are_remembered_but_a_stub_is_not(progress_file):
    from vae_course.learn import check

    def shift(x, by):
        raise NotImplementedError

    live = {"check": check, "shift": shift}
    exec("check('shift')", live)
    assert progress.events() == []
    live["shift"] = lambda x, by: x - by[:, None]
    exec("check('shift')", live)
    live["shift"] = lambda x, by: x + by[:, None]
    exec("check('shift'); check('shift', lambda x, by: x)", live)  # a try with another function is not remembered
    assert [(e.data["passed"], e.data["misconception"]) for e in progress.events(course.STAGES[0].id)] == [
        (False, "subtracts"), (True, None),
    ]
