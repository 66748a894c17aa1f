"""A teacher's view: which misconceptions a class meets, from graded submissions and from files that learners handed in."""

import csv
import json
import shutil

import pytest
from classes import fill, grade
from desk import STAGE, Desk

from vae_course import course
from vae_course.learn import moving, progress

SENTENCE = "What you return is exactly twice the KL: the factor 1/2 in front of the bracket is gone."


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    desk = Desk(tmp_path_factory.mktemp("graded"))
    desk.release()
    fill(desk, 21)  # three of each kind
    grade(desk)
    return desk


@pytest.fixture
def folder(tmp_path, vae_course):
    """An empty folder, which `vae_course` runs in."""
    return tmp_path


@pytest.fixture
def at_the_desk(graded, folder):
    for name in ("nbgrader_config.py", "grading", "solutions", "notebooks"):
        (folder / name).symlink_to(graded.folder / name)


def hand_in(folder, monkeypatch, **learners):
    """Files of progress; for each learner the checks of gaussian_kl, one after another: a misconception's id, "right" or a failure."""
    places = folder / "handed in"
    for name, checks in learners.items():
        monkeypatch.setenv("VAE_COURSE_PROGRESS", str(folder / f"{name}.db"))
        for found in checks:
            known = found not in ("right", "shape", "value")
            progress.record(
                "check", STAGE, "gaussian_kl", passed=found == "right", score=0.0, failed=None if found == "right" else "value" if known else found,
                misconception=found if known and found != "right" else None,
            )
        moving.export(places / name / "progress.json")
    monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    return places


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file)]


def test_what_was_handed_in_is_told_by_exercise_with_its_sentence(at_the_desk, vae_course, folder):
    shown = " ".join(vae_course("report", "03").stdout.split())
    assert "03 gaussian_kl: 12 of 21 right in what was handed in" in shown and "From 21 graded submissions." in shown
    assert f"{SENTENCE} (student-0001, student-0008, student-0015)" in shown
    vae_course("report", "--csv", "r.csv")
    rows = {(row["exercise"], row["misconception"]): row for row in read(folder / "r.csv")}
    twice = next(row for (_, _), row in rows.items() if row["sentence"] == SENTENCE)
    assert (twice["in what was handed in"], twice["met while working"]) == ("3", "0")
    assert rows["std_from_logvar", "crash"]["sentence"] == "It ended its process." and rows["gaussian_kl", "type"]["in what was handed in"] == "3"


def test_before_and_after_are_told_apart(folder, vae_course, monkeypatch):
    places = hand_in(
        folder, monkeypatch, ada=["half_forgotten", "half_forgotten", "right"], ben=["half_forgotten", "sums_over_the_batch"],
        eve=["right"], fay=["shape", "value"],
    )
    vae_course("report", "--progress", places, "--csv", "r.csv")
    rows = {row["misconception"]: (row["met while working"], row["there at the last check"], row["who"]) for row in read(folder / "r.csv")}
    assert rows["half_forgotten"] == ("2", "0", "ada, ben")
    assert rows["sums_over_the_batch"] == ("1", "1", "ben")
    assert rows["shape"] == ("1", "0", "fay") and rows[""] == ("1", "1", "fay")
    shown = vae_course("report", "--progress", places).stdout
    assert "03 gaussian_kl: 2 of 4 passed at the last check" in shown and "From 4 files of progress." in shown


def test_an_anonymous_report_names_nobody_and_nothing_that_is_rare(folder, vae_course, monkeypatch):
    checks = {f"learner{i}": ["half_forgotten", "right"] for i in range(3)} | {"ada": ["half_forgotten"], "ben": ["shape"], "eve": ["value"]}
    places = hand_in(folder, monkeypatch, **checks)
    vae_course("report", "--progress", places, "--anonymous", "--csv", "r.csv")
    text = (folder / "r.csv").read_text(encoding="utf-8-sig")
    assert not any(name in text for name in checks)
    rows = {row["misconception"]: row["met while working"] for row in read(folder / "r.csv")}
    assert rows == {"half_forgotten": "4"}  # two rare ones together are still fewer than three learners
    shown = vae_course("report", "--progress", places, "--anonymous").stdout
    assert not any(name in shown for name in checks)


def test_rare_mistakes_stand_together_where_enough_learners_made_them(folder, vae_course, monkeypatch):
    places = hand_in(folder, monkeypatch, ada=["shape"], ben=["value"], eve=["half_forgotten"])
    vae_course("report", "--progress", places, "--anonymous", "--csv", "r.csv")
    assert [(row["misconception"], row["met while working"]) for row in read(folder / "r.csv")] == [("rare", "3")]


def test_names_cannot_act_in_a_spreadsheet(folder, vae_course, monkeypatch):
    places = hand_in(folder, monkeypatch, **{"=1+1": ["shape"]})
    vae_course("report", "--progress", places, "--csv", "r.csv")
    assert read(folder / "r.csv")[0]["who"] == "'=1+1"


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_figure_is_drawn(at_the_desk, folder, vae_course, ending):
    done = vae_course("report", "--figure", f"r.{ending}")
    assert done.returncode == 0 and (folder / f"r.{ending}").stat().st_size > 5000
    assert vae_course("report", "--figure", "r.txt").stderr.startswith("r.txt has no ending of a picture")


def test_a_file_that_is_none_stops_the_report_and_is_named(folder, vae_course, monkeypatch):
    places = hand_in(folder, monkeypatch, ada=["shape"])
    (places / "notes.json").write_text(json.dumps({"dear": "me"}))
    done = vae_course("report", "--progress", places)
    assert done.returncode == 2 and "notes.json is not a whole file of progress" in done.stderr
    (folder / "empty").mkdir()
    assert "There is no file of progress in empty" in vae_course("report", "--progress", "empty").stderr


def test_nothing_to_tell_is_said(folder, vae_course, monkeypatch):
    assert vae_course("report").stdout == "Nothing was graded here yet, and no file of progress was given.\n"
    places = hand_in(folder, monkeypatch, ada=["right"])
    assert "03 gaussian_kl: 1 of 1 passed at the last check; no misconception." in vae_course("report", "--progress", places).stdout
    assert "there is nothing to draw" in vae_course("report", "--progress", places, "--figure", "r.png").stderr


def test_a_submission_graded_elsewhere_is_left_out(at_the_desk, folder, vae_course):
    (folder / "grading").unlink()
    away = folder / "grading" / "autograded" / "zoe" / STAGE
    away.mkdir(parents=True)
    shutil.copy(course.released_notebook(course.find_stage(STAGE)), away)
    assert vae_course("report").stdout.startswith("Nothing was graded here yet")
