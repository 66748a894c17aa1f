"""Marks for Canvas, for Moodle and as a table: read back as those would."""

import csv
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest
from nbgrader.api import Gradebook
from support import BIN, REPOSITORY

from vae_course import course
from vae_course.course import CourseError
from vae_course.grade.export import FORMATS, Canvas, safe

STAGE = course.find_stage("02")
EXERCISE, QUESTION = STAGE.exercises[0], STAGE.written[0]
OTHER = course.find_stage("03").id
# student: first name, last name, email, Canvas's number, points of the exercise, points by hand (None: it waits)
STUDENTS = {
    "ann": ("Änn, \"the\" one", "Müller", "ann@x.org", "101", 2.0, 3.5),
    "ben": ("Ben\r\nInjected,row", "O'Neil", "ben@x.org", None, 1.005, None),
    "cy": ("=HYPERLINK(\"http://x\")", "+49", "-1@x.org", "@103", 0.0, 0.0),
    "104": ("\tDee", "李", None, None, None, None),
}


@pytest.fixture(scope="module", autouse=True)
def alembic():
    """nbgrader starts it through PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A gradebook with two stages: one of an exercise and a question, and one that nobody handed in."""
    url = f"sqlite:///{tmp_path_factory.mktemp('class') / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        for stage, cells in ((STAGE.id, (QUESTION.name, f"check-{EXERCISE.name}")), (OTHER, ("check-gaussian_kl",))):
            gradebook.add_assignment(stage)
            gradebook.add_notebook(stage, stage)
            for cell in cells:
                kind = "code" if cell.startswith("check-") else "markdown"
                gradebook.add_grade_cell(cell, stage, stage, max_score=4.0, cell_type=kind)
            gradebook.add_solution_cell(cells[0], stage, stage)
            gradebook.add_task_cell(f"task-{QUESTION.name}", stage, stage, max_score=0.0, cell_type="markdown")
        for student, (first, last, email, number, points, by_hand) in STUDENTS.items():
            gradebook.add_student(student, first_name=first, last_name=last, email=email, lms_user_id=number)
            if points is None:
                continue
            gradebook.add_submission(STAGE.id, student)
            grade = gradebook.find_grade(f"check-{EXERCISE.name}", STAGE.id, STAGE.id, student)
            grade.auto_score, grade.needs_manual_grade = points, False
            gradebook.find_grade(f"task-{QUESTION.name}", STAGE.id, STAGE.id, student).needs_manual_grade = False
            if by_hand is not None:
                written = gradebook.find_grade(QUESTION.name, STAGE.id, STAGE.id, student)
                written.manual_score, written.needs_manual_grade = by_hand, False
                gradebook.find_comment(QUESTION.name, STAGE.id, STAGE.id, student).manual_comment = "=1+1\nsee, page 2"
        gradebook.db.commit()
    return url


@pytest.fixture
def exported(url, tmp_path):
    """Export in a format: the rows, and what was said of empty cells."""

    def export(format, encoding="utf-8", **settings):
        to = tmp_path / "marks.csv"
        with Gradebook(url) as gradebook:
            told = FORMATS[format](to=str(to), **settings).write(gradebook)
        assert [p.name for p in tmp_path.iterdir()] == ["marks.csv"]
        with open(to, encoding=encoding, newline="") as file:
            return list(csv.reader(file)), told

    return export


def test_canvas_gets_its_columns_and_the_points_possible(exported):
    rows, told = exported("canvas", assignment=[STAGE.id])
    assert rows[:2] == [
        ["Student", "ID", "SIS Login ID", "Section", STAGE.id], ["    Points Possible", "", "", "", "8.0"],
    ]
    marks = {row[2]: row for row in rows[2:]}
    assert marks["ann"] == ['Müller, Änn, "the" one', "101", "ann", "", "5.5"]
    assert marks["104"][1] == "104"  # as zip_collect takes it from Canvas's file names
    assert marks["ben"][4] == marks["104"][4] == "" and marks["cy"][4] == "0.0"
    assert told == [
        f"{STAGE.id}: ben waits for hand grading; left empty.", f"{STAGE.id}: 104 handed in nothing; left empty.",
    ]


def test_moodle_gets_a_grade_and_feedback(exported):
    rows, _ = exported("moodle", assignment=[STAGE.id])
    assert rows[0] == ["username", "idnumber", "email", "firstname", "lastname", STAGE.id, f"{STAGE.id} feedback"]
    marks = {row[0]: row for row in rows[1:]}
    assert marks["ann"][1:3] == ["101", "ann@x.org"] and marks["ann"][5] == "5.5"
    assert marks["ann"][6] == f"{EXERCISE.name}: 2 of 4; {QUESTION.name}: 3.5 of 4 (=1+1 see, page 2)"
    assert marks["ben"][5] == "" and f"{QUESTION.name}: waits for hand grading" in marks["ben"][6]


def test_a_table_says_of_every_student_and_exercise_where_it_stands(exported):
    rows, _ = exported("csv", encoding="utf-8-sig", exercises=True)
    assert rows[0][:3] == ["stage", "exercise", "student_id"]
    found = {(row[0], row[1], row[2]): row[-3:] for row in rows[1:]}
    assert found[STAGE.id, "", "ann"] == ["5.5", "8.0", "marked"]
    assert found[STAGE.id, QUESTION.name, "ann"] == ["3.5", "4.0", "marked"]
    assert found[STAGE.id, EXERCISE.name, "ben"] == ["1.0", "4.0", "marked"]
    assert found[STAGE.id, QUESTION.name, "ben"] == ["", "4.0", "waits for hand grading"]
    assert found[OTHER, "gaussian_kl", "ann"] == ["", "4.0", "nothing handed in"]
    assert len(found) == len(STUDENTS) * (3 + 2)


def test_a_column_for_each_exercise_comes_in_the_order_of_the_stage(exported):
    rows, _ = exported("canvas", assignment=[STAGE.id], exercises=True)
    assert rows[0][4:] == [STAGE.id, f"{STAGE.id} {EXERCISE.name}", f"{STAGE.id} {QUESTION.name}"]
    assert {row[2]: row[4:] for row in rows[2:]}["ben"] == ["", "1.0", ""]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_in_a_file_acts_in_a_spreadsheet(exported, format):
    rows, _ = exported(format, encoding="utf-8-sig")
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t")) and cell.isprintable(), cell
    assert any("'=HYPERLINK" in cell or "'+49" in cell for row in rows for cell in row)


def test_what_is_a_number_stays_one_and_what_looks_like_a_formula_does_not():
    assert (safe(-0.5), safe("-0.5"), safe(" @x"), safe("＝1"), safe("a=1"), safe("x\ty")) == (
        -0.5, "'-0.5", "' @x", "'＝1", "a=1", "x y",
    )


def test_a_late_submission_loses_its_penalty_and_no_more_than_it_has(url, exported):
    with Gradebook(url) as gradebook:
        notebook = gradebook.find_submission_notebook(STAGE.id, STAGE.id, "ann")
        try:
            for penalty, left in ((1.25, "4.25"), (100.0, "0.0")):
                notebook.late_submission_penalty = penalty
                gradebook.db.commit()
                rows, _ = exported("moodle", assignment=[STAGE.id])
                row = next(row for row in rows if row[0] == "ann")
                assert row[5] == left and row[6].endswith(f"handed in late: -{penalty:g}")
        finally:
            notebook.late_submission_penalty = None
            gradebook.db.commit()


def test_a_file_that_cannot_be_written_leaves_the_old_one(url, tmp_path, monkeypatch):
    to = tmp_path / "marks.csv"
    to.write_text("old")

    def full(*_):
        yield ["one"]
        raise OSError("the disk is full")

    monkeypatch.setattr(Canvas, "table", full)
    with Gradebook(url) as gradebook, pytest.raises(OSError, match="full"):
        Canvas(to=str(to)).write(gradebook)
    assert to.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def folder(tmp_path, url):
    """An instructor's folder around the gradebook."""
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    (tmp_path / "grading").mkdir()
    there, here = url.removeprefix("sqlite:///"), tmp_path / "grading" / "gradebook.db"
    with closing(sqlite3.connect(there)) as whole, closing(sqlite3.connect(here)) as copy:
        whole.backup(copy)  # a part of it may still be in SQLite's log
    return tmp_path


@pytest.fixture
def environment():
    """What nbgrader_config.py sets is gone afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_the_command_writes_the_file_and_says_what_is_empty(folder, vae_course, environment):
    done = vae_course("export", "02", "--format", "canvas")
    assert done.returncode == 0, done.stderr
    assert "ben waits for hand grading; left empty." in done.stderr and "grades-canvas.csv: written" in done.stdout
    with open(folder / "grading" / "grades-canvas.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 2 + len(STUDENTS)
    for arguments, sentence in [
        (("export", "02", "--format", "excel"), "--format is 'excel'; it must be canvas, moodle, csv."),
        (("export", "05"), "The gradebook does not know 05_vae"),
    ]:
        wrong = vae_course(*arguments)
        assert (wrong.returncode, wrong.stdout) == (2, "") and wrong.stderr.startswith(sentence), wrong


def test_nbgraders_own_export_takes_the_classes_too(folder):
    line = [BIN / "nbgrader", "export", "--exporter=vae_course.grade.export.Moodle", "--to=mine.csv"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "ben waits for hand grading" in done.stderr, done.stderr
    assert (folder / "mine.csv").read_text(encoding="utf-8").startswith("username,idnumber,email")


def test_an_empty_gradebook_is_told(tmp_path):
    with Gradebook(f"sqlite:///{tmp_path / 'new.db'}") as gradebook:
        with pytest.raises(CourseError, match="knows no stage yet"):
            Canvas(to=str(tmp_path / "x.csv")).write(gradebook)
