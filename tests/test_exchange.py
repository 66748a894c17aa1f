"""The way of a stage through nbgrader's exchange folder and back, with accounts that may not see each other's files.

As root, teacher and students are accounts of their own. Otherwise all of it is done by one account, and the tests of
what one account may do to another are skipped.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from desk import RIGHT, STAGE, Desk
from support import BIN, REPOSITORY

NAME = f"{STAGE}.ipynb"
COURSE = "vae-course"
UIDS = {"teacher": 65101, "ann": 65102, "bob": 65103, "mallory": 65104, "eve": 65105, "ted": 65106}
TWICE = "(mu**2 + logvar.exp() - logvar - 1).sum(-1)"
LATER = "2031-01-01 00:00:00.000000 UTC"
separate = pytest.mark.skipif(os.getuid() != 0, reason="only root can give each person an account")


class Class:
    """A machine with a teacher's folder, an exchange, and a home for each student."""

    def __init__(self, base):
        self.exchange, self.homes = base / "exchange", {name: base / name for name in UIDS}
        self.inbound = self.exchange / COURSE / "inbound"
        for name, home in self.homes.items():
            home.mkdir()
        self.exchange.mkdir()
        self.exchange.chmod(0o1777)  # as the page for instructors says; nbgrader's 0777 lets anybody move the course's folder
        self.desk = Desk(self.homes["teacher"])
        self.hand_over()
        accounts = {name: [uid, str(self.homes[name])] for name, uid in UIDS.items()}
        line = [sys.executable, Path(__file__).with_name("account.py"), json.dumps(accounts)]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.program = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def hand_over(self):
        """Everything in a home belongs to its owner, and is closed to others."""
        if os.getuid() == 0:
            for name, home in self.homes.items():
                for path in (home, *home.rglob("*")):
                    os.chown(path, UIDS[name], UIDS[name], follow_symlinks=False)
        for home in self.homes.values():
            home.chmod(0o700)
        if os.getuid() == 0:
            os.chown(self.exchange, UIDS["teacher"], UIDS["teacher"])

    def ask(self, who, call, *arguments):
        """What a person gets who does that: {"result"} or {"error"}."""
        settings = {
            "CourseDirectory": {"course_id": COURSE},
            "Exchange": {"root": str(self.exchange), "cache": str(self.homes[who] / "cache")},
        }
        config = None if who == "teacher" else settings
        request = {"who": who, "config": config, "call": call, "arguments": arguments}
        self.program.stdin.write(json.dumps(request, default=str) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def do(self, who, call, *arguments):
        """As `ask`, for what must work. Returns what nbgrader logged, or the result."""
        reply = self.ask(who, call, *arguments)
        assert "error" not in reply, reply
        result = reply["result"]
        if isinstance(result, dict):
            assert result["success"], result
            return result.get("log", "")
        return result

    def hand_in(self, who, **answers):
        self.do(who, "write", self.homes[who] / STAGE / NAME, json.dumps(self.desk.answered(**answers)))
        return self.do(who, "submit", STAGE)

    def put(self, who, folder, files):
        """A submission that its author makes without nbgrader. Returns its folder."""
        place = self.inbound / folder
        self.do(who, "make_folder", place, 0o777)
        for name, text in files.items():
            self.do(who, "write", place / name, text)
        return place

    def grade(self):
        """Collect, grade, and give back; the grading itself is done by the account that runs the tests."""
        said = self.do("teacher", "collect", STAGE)
        result = self.desk.autograde()
        assert result["success"], result
        with self.desk.at_work() as api:
            for student in sorted(p.name for p in self.desk.submitted.iterdir()):
                assert api.generate_feedback(STAGE, student, force=False)["success"]
        self.hand_over()
        self.do("teacher", "release_feedback", STAGE)
        return said

    def feedback(self, who):
        """The feedback that a student can fetch, as texts without tags, the oldest first."""
        self.do(who, "fetch_feedback", STAGE)
        pages = sorted((self.homes[who] / STAGE / "feedback").glob("*/*.html"))
        return [re.sub(r"<[^>]+>", "", self.do(who, "read", page)) for page in pages]


@pytest.fixture(scope="module")
def room():
    """A class after one round: two honest students, and some that put things into the exchange with their own hands."""
    with tempfile.TemporaryDirectory() as base, pytest.MonkeyPatch.context() as patch:
        base = Path(base)
        base.chmod(0o755)  # pytest's own folders are closed to other accounts
        patch.setenv("VAE_COURSE_EXCHANGE", str(base / "exchange"))
        room = Class(base)
        try:
            room.desk.release()
            room.hand_over()
            room.do("teacher", "release_assignment", STAGE)
            for student in ("ann", "bob"):
                room.do(student, "fetch_assignment", STAGE)
            room.hand_in("ann")
            room.hand_in("bob", gaussian_kl=TWICE)
            right = json.dumps(room.desk.answered())
            if os.getuid() == 0:
                room.put("bob", f"ann+{STAGE}+{LATER}", {NAME: "not what Ann wrote"})
            room.put("bob", f"bob+{STAGE}+the day after\x1b[2J", {NAME: right})
            links = room.put("mallory", f"mallory+{STAGE}+2026-01-01 00:00:00 UTC", {})
            room.do("mallory", "make_link", room.desk.source, links / NAME)
            room.do("mallory", "make_link", room.desk.source.parent, links / "solutions")
            room.do("mallory", "make_link", "/nowhere", links / "broken.ipynb")
            room.do("mallory", "make_pipe", links / "pipe.ipynb")
            room.put("eve", f"eve+{STAGE}+2026-01-01 00:00:00 UTC", {f"{n}.ipynb": "" for n in range(201)})
            shut = room.put("ted", f"ted+{STAGE}+2026-01-01 00:00:00 UTC", {NAME: right})
            room.do("ted", "set_mode", shut / NAME, 0)
            room.do("ted", "write", room.inbound / f"ted+{STAGE}+2026-01-02 00:00:00 UTC", "a file")
            room.collected = room.grade()
            yield room
        finally:
            room.program.stdin.close()
            room.program.wait()


def test_students_fetch_the_release_and_nothing_else(room):
    for student in ("ann", "bob"):
        assert room.do(student, "list", room.exchange / COURSE / "outbound" / STAGE) == [NAME]
    fetched = room.do("ann", "read", room.exchange / COURSE / "outbound" / STAGE / NAME)
    assert not any(answer in fetched for answer in RIGHT.values())


def test_the_marks_arrive(room):
    assert room.desk.marks("ann") == {"std_from_logvar": 1.0, "gaussian_kl": 5.0}
    assert room.desk.marks("bob") == {"std_from_logvar": 1.0, "gaussian_kl": 0.0}


def test_feedback_comes_back_with_the_sentences_of_the_checks(room):
    (ann,), bob = room.feedback("ann"), room.feedback("bob")[0]
    assert "right, 5 of 5 points" in ann and "exactly twice the KL" in bob and "exactly twice" not in ann


def test_a_link_in_the_exchange_brings_nothing_in(room):
    assert sum(room.desk.marks("mallory").values()) == 0
    assert "There was no notebook." in room.desk.notice("mallory")
    handed_in = room.desk.folder / "grading" / "originals" / "mallory" / STAGE / "1"
    assert {p.name for p in handed_in.rglob("*") if not p.is_symlink()} <= {NAME}
    solutions = room.desk.source.read_text()
    assert not any(p.read_text() == solutions for p in (room.desk.folder / "grading").rglob(NAME))


def test_what_cannot_be_collected_costs_itself_alone_and_is_told_in_a_line(room):
    told = [line for line in room.collected.splitlines() if line.endswith("it was not collected.")]
    wanted = [
        rf"bob\+{STAGE}\+the day after\?\[2J cannot be one by its name \(ParserError\)",
        rf"eve\+{STAGE}\+\S+ \S+ UTC holds more than 200 files", rf"ted\+{STAGE}\+2026-01-02 \S+ UTC is no folder",
    ]
    if os.getuid() == 0:
        wanted += [
            rf"ann\+{STAGE}\+{LATER} was put there by bob",
            rf"ted\+{STAGE}\+2026-01-01 \S+ UTC cannot be read \(Permission denied\)",
        ]
    for words in wanted:
        assert sum(bool(re.search(words, line)) for line in told) == 1, (words, told)
    if os.getuid() == 0:
        assert len(told) == len(wanted)
    assert not (room.desk.submitted / "eve").exists()


@separate
def test_a_student_cannot_see_the_answers_the_marks_or_other_students(room):
    grading, shared = room.homes["teacher"] / "grading", room.exchange / COURSE
    closed = [
        ("list", room.homes["teacher"]), ("read", room.desk.source), ("read", grading / "gradebook.db"),
        ("read", grading / "seed.key"), ("read", grading / "submitted" / "bob" / STAGE / NAME),
        ("read", room.homes["bob"] / STAGE / NAME), ("list", room.inbound), ("list", shared / "feedback"),
        ("write", shared / "feedback" / "x.html", "x"), ("write", shared / "outbound" / "x", "x"),
        ("write", shared / "outbound" / STAGE / NAME, "x"),
    ]
    for call, *arguments in closed:
        assert room.ask("ann", call, *arguments) == {"error": "PermissionError"}, (call, arguments)
    by_nbgrader = [p.name for p in room.inbound.iterdir() if p.name.count("+") == 3]
    assert by_nbgrader and all(re.search(r"\+[\w-]{12}$", name) for name in by_nbgrader)  # not to be guessed


@separate
def test_a_student_cannot_put_a_folder_of_theirs_in_the_place_of_the_courses(room):
    assert room.exchange.stat().st_mode & 0o7777 == 0o1777  # after nbgrader has released into it
    assert room.ask("mallory", "rename", room.exchange / COURSE, room.exchange / "away")["error"] == "PermissionError"


@separate
def test_feedback_lies_under_a_name_that_only_its_student_knows(room):
    secret = room.do("ann", "read", next((room.homes["ann"] / "cache").glob("*/*/submission_secret.txt")))
    pages = {p.name for p in (room.exchange / COURSE / "feedback").iterdir()}
    assert len(pages) == len(list(room.desk.submitted.glob(f"*/{STAGE}")))
    assert all(re.fullmatch(r"[0-9a-f]{32,}\.html", page) for page in pages)
    for other in ("bob", "mallory"):
        handed_in = room.desk.submitted / other / STAGE / "submission_secret.txt"
        assert handed_in.read_text() != secret and len(handed_in.read_text()) == 128


def test_a_second_submission_gets_new_marks_and_new_feedback(room):
    room.hand_in("bob")
    room.grade()
    assert room.desk.marks("bob") == {"std_from_logvar": 1.0, "gaussian_kl": 5.0}
    before, after = room.feedback("bob")
    assert "exactly twice the KL" in before and "exactly twice" not in after and "right, 5 of 5 points" in after
    assert room.desk.marks("ann") == {"std_from_logvar": 1.0, "gaussian_kl": 5.0}
