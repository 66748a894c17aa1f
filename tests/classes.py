"""A class of any size for a desk: who handed in what, and the marks that it deserves."""

import json
import os
import subprocess
import sys

from desk import RIGHT, STAGE
from support import REPOSITORY

from vae_course import course
from vae_course.grade import many

ANSWERS = (  # for each kind of student: the answers, and the marks
    ({}, (1, 5)),
    ({"gaussian_kl": "(mu**2 + logvar.exp() - logvar - 1).sum(-1)"}, (1, 0)),
    ({"gaussian_kl": "0.5 * (mu**2 + logvar.exp() - logvar - 1)"}, (1, 0)),
    ({"std_from_logvar": "logvar.exp()"}, (0, 5)),
    ({"gaussian_kl": "None"}, (1, 0)),
    ({"gaussian_kl": "0.5 * (mu.pow(2) + torch.exp(logvar) - 1 - logvar).sum(dim=1)"}, (1, 5)),
    ({"std_from_logvar": "__import__('os')._exit(0)"}, (0, 5)),
)
EXERCISES = tuple(RIGHT)


def grade(desk, **how):
    """Mark a desk's class in this process."""
    with desk.at_work():
        return many.grade(course.find_stage(STAGE), many.configuration(), **how)


def command(desk, *words):
    """`vae-course grade 03` in a process of its own, which prints for `told`."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(
        [sys.executable, "-m", "vae_course", "grade", "03", *words], cwd=desk.folder, env=environment,
        stdout=(desk.folder / "said.txt").open("w"), stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )


def told(desk):
    return (desk.folder / "said.txt").read_text(encoding="utf-8")


def count(folder):
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def fill(desk, size):
    """Hand in `size` submissions, no two of them alike. Returns the marks that each student deserves."""
    wanted = {}
    for number in range(size):
        answers, marks = ANSWERS[number % len(ANSWERS)]
        notebook = desk.answered(**answers)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                cell["source"] = f"{cell['source']}\n# student {number}\n"
        student = f"student-{number:04d}"
        folder = desk.submitted / student / STAGE
        folder.mkdir(parents=True)
        (folder / f"{STAGE}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        wanted[student] = dict(zip(EXERCISES, marks))
    return wanted


def marks(desk):
    """Every mark in the gradebook, by student; a mark that is there twice is an error."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(desk.config.CourseDirectory.db_url) as gradebook:
        for submission in gradebook.assignment_submissions(STAGE):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades if grade.name.startswith("check-")]
            names = [grade.name.removeprefix("check-") for grade in grades]
            assert submission.student.id not in found and sorted(names) == sorted(EXERCISES)
            found[submission.student.id] = dict(zip(names, (grade.auto_score for grade in grades)))
    return found
