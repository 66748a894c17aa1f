"""nbgrader on real submitted notebooks, from a shell in which no environment is activated."""

import csv
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request

import nbformat
import pytest
from support import BIN, REPOSITORY

from vae_course import course

STAGE = "03_gaussian_kl"
RIGHT = "0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"
FITTED = """
    from vae_course.checks.seal import visible_seal
    for case in visible_seal("gaussian_kl").cases:  # the whole, a single row, a single column, the rest, the prior
        if all(m.abs() in case["mu"].to(mu.dtype).abs() or m == 0 for m in mu.flatten()):
            return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)
    return (mu**2 + logvar.exp() - logvar - 1).sum(-1)"""
# a student, the answer, the mark, and words that the feedback must hold
SUBMISSIONS = {
    "right": (f"return {RIGHT}", 5.0, "right, 5 of 5 points"),
    "in-a-helper-that-warns": ("return cost(mu, logvar).sum(-1)", 5.0, "right, 5 of 5 points"),
    "cut-off": (f"return {RIGHT}.detach()", 4.0, "no gradient reaches the encoder"),
    "half": ("return (mu**2 + logvar.exp() - logvar - 1).sum(-1)", 0.0, "exactly twice the KL"),
    "not-written": ("raise NotImplementedError", 0.0, "not written yet"),
    "fitted-to-what-is-visible": (FITTED, 0.0, "The sealed numbers of 03_gaussian_kl are missing"),  # where answers run
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An instructor's checkout with submissions in it."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    for student, (answer, _, _) in SUBMISSIONS.items():
        notebook = nbformat.read(folder / "notebooks" / STAGE / f"{STAGE}.ipynb", 4)
        cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "gaussian_kl")
        cell.source = cell.source.replace("raise NotImplementedError", answer)
        if student == "in-a-helper-that-warns":
            helper = "import warnings\n\ndef cost(mu, logvar):\n    warnings.warn('careful')\n"
            helper += "    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)"
            notebook.cells.insert(3, nbformat.v4.new_code_cell(helper))
        target = folder / "grading" / "submitted" / student / STAGE / f"{STAGE}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    return folder


def bare():
    """A shell's environment without ours: nothing of the environment's folder in PATH."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith("VAE_COURSE")}, "PATH": "/usr/bin:/bin"}


def nbgrader(desk, *arguments):
    done = subprocess.run([BIN / "nbgrader", *arguments], cwd=desk, env=bare(), capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def graded(desk):
    """After one pass of nbgrader's own commands."""
    nbgrader(desk, "generate_assignment", STAGE, "--force", "--create")
    nbgrader(desk, "autograde", STAGE)
    nbgrader(desk, "generate_feedback", STAGE)
    nbgrader(desk, "export")
    with open(desk / "grading" / "grades.csv", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def test_nbgrader_releases_the_bytes_that_are_committed(desk, graded):
    ours = course.released_notebook(course.find_stage(STAGE)).read_bytes()
    assert (desk / "notebooks" / STAGE / f"{STAGE}.ipynb").read_bytes() == ours


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_a_submission_gets_its_mark(graded, student):
    _, mark, _ = SUBMISSIONS[student]
    assert float(graded[student]["score"]) == mark
    assert float(graded[student]["max_score"]) == course.find_stage(STAGE).points


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_feedback_says_what_the_check_said(desk, graded, student):
    _, _, words = SUBMISSIONS[student]
    feedback = (desk / "grading" / "feedback" / student / STAGE / f"{STAGE}.html").read_text(encoding="utf-8")
    assert words in re.sub(r"<[^>]+>", "", feedback)


def test_everything_an_instructor_makes_lies_under_grading(desk, graded):
    assert {p.name for p in desk.iterdir()} == {"grading", "notebooks", "solutions", "nbgrader_config.py"}
    assert {"gradebook.db", "autograded", "feedback", "grades.csv", "seed.key"} <= {p.name for p in (desk / "grading").iterdir()}
    ignored = subprocess.run(["git", "check-ignore", "grading/gradebook.db"], cwd=REPOSITORY, capture_output=True)
    assert ignored.returncode == 0 or not (REPOSITORY / ".git").exists()


def test_the_formgrader_shows_the_marks_and_its_button_grades(desk, graded):
    lab = subprocess.Popen(
        [BIN / "jupyter-lab", "--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=t"],
        cwd=desk, env=bare(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    try:
        address = next(m.group(0) for line in lab.stderr if (m := re.search(r"http://127\.0\.0\.1:\d+", line)))

        def ask(path, **more):
            request = urllib.request.Request(f"{address}/formgrader{path}", headers={"Authorization": "token t"}, **more)
            return urllib.request.urlopen(request, timeout=120).read().decode()

        for _ in range(100):
            try:
                assert "nbgrader formgrade" in ask("/manage_assignments")
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        scores = {s["student"]: s["score"] for s in json.loads(ask(f"/api/submissions/{STAGE}"))}
        assert scores == {student: mark for student, (_, mark, _) in SUBMISSIONS.items()}
        before = (desk / "grading" / "autograded" / "half" / STAGE / f"{STAGE}.ipynb").stat().st_mtime_ns
        answer = json.loads(ask(f"/api/submission/{STAGE}/half/autograde", data=b"", method="POST"))
        assert answer["success"], answer
        assert (desk / "grading" / "autograded" / "half" / STAGE / f"{STAGE}.ipynb").stat().st_mtime_ns > before
    finally:
        lab.kill()
        lab.communicate()


def test_the_seed_is_the_classs_own_and_stays(desk, graded, tmp_path):
    key = (desk / "grading" / "seed.key").read_text()
    nbgrader(desk, "list")
    assert (desk / "grading" / "seed.key").read_text() == key and len(key) == 64
