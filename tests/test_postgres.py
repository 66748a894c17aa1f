"""A gradebook on a PostgreSQL server: a class is marked into it as into a file, while others read and write there."""

import csv
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path
from uuid import uuid4

import pytest
from classes import command, count, fill, grade, marks, told
from desk import QUESTION, STAGE, Desk, find
from nbgrader.api import Gradebook
from sqlalchemy.exc import OperationalError
from support import BIN, REPOSITORY, program

from vae_course.course import CourseError
from vae_course.grade import gradebook, many, verdicts


psycopg2 = pytest.importorskip("psycopg2", reason="psycopg2 is not installed; `pip install '.[postgres]'` gives it")


class Server:
    """PostgreSQL on a socket in a folder of its own, and on no network; it refuses to run as root, and root has others run it."""

    def __init__(self, folder):
        program("bwrap")
        self.bin = Path(program("postgres", *sorted(glob("/usr/lib/postgresql/*/bin/postgres")))).resolve().parent
        self.folder = folder
        self.account = {"cwd": folder}
        if os.getuid() == 0:
            them = pwd.getpwnam("postgres")
            os.chown(folder, them.pw_uid, them.pw_gid)
            self.account.update(user=them.pw_uid, group=them.pw_gid, extra_groups=[])
        words = [self.bin / "initdb", "--pgdata=data", "--auth=trust", "--username=course", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, **self.account)
        self.start()

    def start(self):
        words = [self.bin / "postgres", "-D", "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        self.process = subprocess.Popen(words, stderr=open(self.folder / "log", "ab"), **self.account)
        for _ in range(300):
            try:
                return psycopg2.connect(self.address("postgres")).close()
            except psycopg2.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self):
        self.process.send_signal(signal.SIGINT)  # a fast shutdown: whoever is connected is cut off
        self.process.wait(60)

    def address(self, database):
        return f"postgresql://course@/{database}?host={self.folder}"

    def create(self, database):
        connection = psycopg2.connect(self.address("postgres"))
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {database}")
        connection.close()
        return self.address(database)


@pytest.fixture(scope="module")
def server():
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # where that account may go, by a path that fits a socket
    server = Server(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def desk(server, tmp_path, monkeypatch):
    """A desk with a release and a gradebook of its own on the server."""
    monkeypatch.setenv("VAE_COURSE_DB_URL", server.create(f"test_{uuid4().hex}"))
    desk = Desk(tmp_path)
    desk.release()
    yield desk
    assert not (tmp_path / "grading" / "gradebook.db").exists()


def nbgrader(desk, *words):
    """What a command of nbgrader prints; its exit code must be 0."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    line = [sys.executable, BIN / "nbgrader", *words]
    done = subprocess.run(line, cwd=desk.folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_class_marked_by_two_processes_and_killed_once_has_the_marks_that_it_deserves(desk):
    wanted = fill(desk, 8)
    process = command(desk, "--workers", "2")
    while process.poll() is None and count(desk.folder / "grading" / "autograded") < 3:
        time.sleep(0.01)
    assert process.poll() is None, told(desk)
    process.kill()
    process.wait()
    command(desk, "--workers", "2").wait(timeout=300)
    assert told(desk).splitlines()[-1].startswith("8 marked"), told(desk)
    assert marks(desk) == wanted
    assert grade(desk, executor=many.processes(2), at_once=2, force=True).new == [*wanted]
    assert marks(desk) == wanted


def test_a_class_moves_from_a_file_to_the_server_without_being_judged_again(server, tmp_path, monkeypatch):
    desk = Desk(tmp_path)
    desk.release()
    wanted = fill(desk, 3)
    grade(desk)
    monkeypatch.setenv("VAE_COURSE_DB_URL", server.create(f"test_{uuid4().hex}"))
    monkeypatch.setattr(verdicts, "judged", None)
    with desk.at_work() as api:
        desk.config = api.config
    desk.release()
    assert grade(desk).new == [*wanted]
    assert marks(desk) == wanted


def test_marks_by_hand_and_the_formgraders_pages_while_a_class_is_marked_again(desk):
    wanted = fill(desk, 8)
    for path in desk.submitted.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        find(notebook, QUESTION)["source"] = "By Bayes' rule, and so on."
        path.write_text(json.dumps(notebook), encoding="utf-8")
    assert grade(desk).by_hand == 8
    process = command(desk, "--workers", "1", "--force")
    students, rounds, given = [*wanted], 0, {}
    with desk.at_work() as api, Gradebook(desk.config.CourseDirectory.db_url) as held:  # the formgrader never closes its own
        while process.poll() is None or len(given) < len(students):
            student, points = students[rounds % len(students)], float(rounds % 4)
            held.find_grade(QUESTION, STAGE, STAGE, student).manual_score = points
            held.find_comment(QUESTION, STAGE, STAGE, student).manual_comment = f"Round {rounds}: Änderung"
            held.db.commit()
            given[student], rounds = (points, f"Round {rounds}: Änderung"), rounds + 1
            pages(api, student)
        assert process.returncode == 0 and told(desk).splitlines()[-1].startswith("8 marked, 8 of them now"), told(desk)
        shown = {row["student"]: row["score"] for row in api.get_submissions(STAGE)}
    assert rounds > len(students), "nothing was written while the class was marked"
    assert marks(desk) == wanted
    assert shown == {student: sum(wanted[student].values()) + given[student][0] for student in students}
    with Gradebook(desk.config.CourseDirectory.db_url) as other:
        for student, (points, comment) in given.items():
            assert other.find_grade(QUESTION, STAGE, STAGE, student).manual_score == points
            assert other.find_comment(QUESTION, STAGE, STAGE, student).manual_comment == comment


def pages(api, student):
    """What the formgrader asks for to show its pages; each must find the stage and the student."""
    assert [row["name"] for row in api.get_assignments()] == [STAGE]
    assert [row["name"] for row in api.get_notebooks(STAGE)] == [STAGE]
    assert len(api.get_submissions(STAGE)) == len(api.get_students()) == 8
    assert len(api.get_notebook_submissions(STAGE, STAGE)) in (7, 8)  # at times one has no graded file
    assert [row["name"] for row in api.get_student_submissions(student)] == [STAGE]
    assert [row["name"] for row in api.get_student_notebook_submissions(student, STAGE)] == [STAGE]
    assert len(api.get_notebook_submission_indices(STAGE, STAGE)) in (7, 8)


def test_students_come_from_a_list_and_marks_go_to_one_across_a_restart_of_the_server(desk, server):
    wanted = fill(desk, 3)
    assert grade(desk, students=["student-0000"]).new == ["student-0000"]
    server.stop()
    with pytest.raises(OperationalError), Gradebook(desk.config.CourseDirectory.db_url):
        pass
    server.start()
    assert grade(desk).new == ["student-0001", "student-0002"]
    assert marks(desk) == wanted
    (desk.folder / "class.csv").write_text("id,first_name,last_name,lms_user_id\nstudent-0001,Ännchen,O'Neil,101\nlate,,,\n", encoding="utf-8")
    nbgrader(desk, "db", "student", "import", "class.csv")
    assert "O'Neil, Ännchen" in nbgrader(desk, "db", "student", "list")
    assert STAGE in nbgrader(desk, "db", "assignment", "list")
    nbgrader(desk, "db", "upgrade")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    line = [sys.executable, "-m", "vae_course", "export", "03", "--format", "csv", "--out", "marks.csv"]
    subprocess.run(line, cwd=desk.folder, env=environment, check=True, capture_output=True)
    with open(desk.folder / "marks.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {student: float(rows[student]["points"]) for student in wanted} == {s: float(sum(m.values())) for s, m in wanted.items()}
    assert rows["student-0001"]["first_name"] == "Ännchen" and rows["late"]["points"] == ""


def test_an_address_may_leave_its_driver_out(monkeypatch, tmp_path):
    for told in ("postgresql://ann@db/course", "postgres://ann@db/course", "postgresql+psycopg2://ann@db/course"):
        monkeypatch.setenv("VAE_COURSE_DB_URL", told)
        assert gradebook.address(tmp_path / "g.db") == "postgresql+psycopg2://ann@db/course"
    monkeypatch.setenv("VAE_COURSE_DB_URL", "")
    assert gradebook.address(tmp_path / "g.db") == f"sqlite:///{tmp_path / 'g.db'}"


def test_a_gradebook_that_cannot_be_reached_is_one_sentence_without_the_password(tmp_path, server):
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    missing = server.address("missing").replace("course@", "course:secret@")
    for url, sentence in (
        (missing, 'The gradebook\'s server cannot be reached (.*database "missing" does not exist); look at VAE_COURSE_DB_URL.'),
        ("a secret", "VAE_COURSE_DB_URL is no address of a database; it looks like postgresql://USER@HOST/DATABASE."),
    ):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "VAE_COURSE_DB_URL": url}
        line = [sys.executable, "-m", "vae_course", "export", "03"]
        done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 2 and "secret" not in done.stderr
        assert re.fullmatch(sentence.replace("(.*", r"\(.*").replace("exist)", r"exist\)") + "\n", done.stderr), done.stderr


def test_without_the_driver_it_says_where_that_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(CourseError, match="needs psycopg2, which is not installed; `pip install '.\\[postgres\\]'` gives it"):
        gradebook.engine("postgresql+psycopg2://ann@db/course")
