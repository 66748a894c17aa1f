"""`vae-course` as a user meets it: what it prints, how it exits, what it does with bad input."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys

import nbformat
import pytest
from support import BIN, REPOSITORY, program

from vae_course import course


@pytest.fixture
def workbook(vae_course, tmp_path):
    vae_course("learn", "--no-lab")
    return tmp_path / "workbook"


def answer(path, name, line):
    """Write one line into an answer cell of a notebook."""
    notebook = nbformat.read(path, 4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    cell.source = cell.source.replace("raise NotImplementedError", line)
    nbformat.write(notebook, path)


def refused(done):
    """One sentence on stderr, nothing on stdout, exit 2."""
    assert done.returncode == 2 and done.stdout == "", done
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, done.stderr
    return done.stderr


# --- help, doctor ---


def test_help_answers_at_once_and_does_not_import_torch():
    times = []
    for _ in range(5):
        before = os.times()
        subprocess.run([BIN / "vae-course", "--help"], check=True, capture_output=True)
        after = os.times()  # of the processor: a busy machine takes longer and works no more
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert statistics.median(times) < 0.4
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "vae_course", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rsplit("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "vae_course" in imported and not imported & {"torch", "numpy", "pytest", "nbformat"}


def test_doctor_says_what_is_there_and_what_is_missing(command):
    done = command("doctor")
    assert done.returncode == 0 and "torch" in done.stdout and "\x1b" not in done.stdout
    lean = command("doctor", env={**os.environ, "PATH": ""})
    assert "○ bwrap" in lean.stdout and "the package bubblewrap" in lean.stdout


# --- learn ---


def test_learn_fills_what_is_missing_and_overwrites_nothing(vae_course, tmp_path):
    first = vae_course("learn", "--no-lab")
    assert first.returncode == 0 and f"{len(course.STAGES)} new notebooks" in first.stdout
    mine = tmp_path / "workbook" / "00_start_here" / "00_start_here.ipynb"
    mine.write_text("mine")
    (tmp_path / "workbook" / "03_gaussian_kl" / "03_gaussian_kl.ipynb").unlink()
    again = vae_course("learn", "--no-lab")
    assert "1 new notebook," in again.stdout and mine.read_text() == "mine"
    for stage in course.STAGES[1:]:
        copy = tmp_path / "workbook" / stage.id / f"{stage.id}.ipynb"
        assert copy.read_bytes() == course.released_notebook(stage).read_bytes()


def test_learn_in_a_folder_that_is_read_only(tmp_path):
    bwrap = program("bwrap")
    done = subprocess.run(
        [bwrap, "--bind", "/", "/", "--dev", "/dev", "--ro-bind", tmp_path, tmp_path, "--chdir", tmp_path,
         BIN / "vae-course", "learn", "--no-lab"],
        capture_output=True, text=True,
    )
    assert "Read-only file system" in refused(done) and "choose another folder" in done.stderr


def test_learn_on_a_full_disk_leaves_nothing_half_written(command, tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    done = command("learn", "--no-lab", preexec_fn=no_room)
    assert "free some space" in refused(done)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_learn_where_a_file_is_in_the_way(vae_course, tmp_path):
    (tmp_path / "workbook").write_text("")
    assert "choose another folder" in refused(vae_course("learn", "--no-lab"))


# --- check ---


def test_check_prints_what_the_notebook_shows(vae_course, workbook):
    done = vae_course("check", "00")
    assert done.returncode == 1 and "not written yet" in done.stdout and "0 of 1 points" in done.stdout
    path = workbook / "00_start_here" / "00_start_here.ipynb"
    answer(path, "shift", "return x + by")
    wrong = vae_course("check", "00")
    assert wrong.returncode == 1 and "along the columns" in wrong.stdout and "\x1b" not in wrong.stdout
    answer(path, "shift", "")
    notebook = path.read_text().replace("return x + by", "return x + by[:, None]")
    path.write_text(notebook)
    right = vae_course("check", "shift")
    assert right.returncode == 0 and "1 of 1 points" in right.stdout


def test_check_as_json_has_the_report_of_each_exercise(vae_course, workbook):
    answer(workbook / "00_start_here" / "00_start_here.ipynb", "shift", "return x - by[:, None]")
    done = vae_course("check", "00", "--json")
    data = json.loads(done.stdout)
    assert done.returncode == 1 and data["stage"] == "00_start_here" and data["passed"] is False
    (report,) = data["exercises"]
    assert report["misconception"] == "subtracts" and report["score"] == 0 and report["failed"] == "value"


def test_check_in_a_terminal_has_colour(workbook, tmp_path):
    script = program("script")
    done = subprocess.run([script, "-qec", f"{BIN}/vae-course check 00", "/dev/null"], cwd=tmp_path, capture_output=True, text=True)
    assert "\x1b[" in done.stdout


def test_check_takes_a_notebooks_path(vae_course, workbook, tmp_path):
    path = tmp_path / "elsewhere.ipynb"
    shutil.copy(workbook / "00_start_here" / "00_start_here.ipynb", path)
    assert "not written yet" in vae_course("check", path).stdout
    assert "not written yet" in vae_course("check", "00", "--notebook", path).stdout


@pytest.mark.parametrize("command", ["check", "build"])
def test_an_unknown_stage_is_answered_with_the_nearest(vae_course, command):
    assert "did you mean '03_gaussian_kl'" in refused(vae_course(command, "03_gausian_kl"))


def test_an_unknown_exercise_is_answered_with_the_nearest(vae_course):
    assert "did you mean 'gaussian_kl'" in refused(vae_course("check", "gausian_kl"))


def test_check_where_there_is_no_notebook(vae_course):
    assert "run `vae-course learn`" in refused(vae_course("check", "03"))
    assert "cannot be read" in refused(vae_course("check", "nowhere.ipynb"))


def change(path, **metadata):
    notebook = nbformat.read(path, 4)
    notebook.metadata["vae_course"].update(metadata)
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda p: p.write_text("{"), "not a Jupyter notebook"),
        (lambda p: p.write_bytes(b"\xff\xfe\x00"), "not a Jupyter notebook"),
        (lambda p: nbformat.write(nbformat.v4.new_notebook(), p), "not a notebook of this course"),
        (lambda p: change(p, stage="03_gaussian_kl"), "belongs to stage 03_gaussian_kl"),
        (lambda p: change(p, release="0123456789ab"), "made from release 0123456789ab"),
    ],
    ids=["not JSON", "not text", "of another course", "of another stage", "of another release"],
)
def test_a_notebook_that_cannot_be_checked_is_refused_and_kept(vae_course, workbook, break_it, says):
    path = workbook / "00_start_here" / "00_start_here.ipynb"
    break_it(path)
    before = path.read_bytes()
    assert says in refused(vae_course("check", "00"))
    assert path.read_bytes() == before


def test_build_without_the_solutions(command, tmp_path):
    done = command("build", "00", env={**os.environ, "VAE_COURSE_SOLUTIONS": str(tmp_path / "none")})
    assert "run it from a checkout" in refused(done)


def test_build_on_a_full_disk_keeps_the_old_files(command, tmp_path):
    solutions = tmp_path / "solutions"
    shutil.copytree(REPOSITORY / "solutions", solutions)
    source = solutions / "00_start_here" / "00_start_here.py"
    source.write_text(source.read_text().replace("A course that checks", "A course which checks"))
    target = source.with_suffix(".ipynb")
    before = target.read_bytes()

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    done = command("build", "00", preexec_fn=no_room, env={**os.environ, "VAE_COURSE_SOLUTIONS": str(solutions)})
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert target.read_bytes() == before
    assert "_part" not in "".join(p.name for p in solutions.rglob("*"))
