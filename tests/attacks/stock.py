"""The same submissions in nbgrader as it comes: its own settings, Execute, and this course's release and checks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attacks.pages import active
from attacks.suite import STAGE, TOTAL, Attack, Hand, World, hidden_digits, outputs
from desk import Desk
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from support import BIN, REPOSITORY
from traitlets.config import Config

SEED = 271828
ENVIRONMENT = {  # what this course's checks need to run in a kernel, on fresh inputs as well
    "VAE_COURSE_SOLUTIONS": str(REPOSITORY / "solutions"), "VAE_COURSE_SEED": str(SEED), "VAE_COURSE_PROGRESS": "off",
    "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY),
    "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
}


class Stock:
    """A course folder in which nothing of this course's `nbgrader_config.py` is in force."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.source = folder / "source" / STAGE / f"{STAGE}.ipynb"
        self.released = folder / "release" / STAGE / f"{STAGE}.ipynb"
        self.submitted, self.gradebook = folder / "submitted", folder / "gradebook.db"

    @classmethod
    def make(cls, desk: Desk, folder: Path) -> Stock:
        """A course in a new `folder` with the desk's assignment; its release is the desk's."""
        stock = cls(folder)
        stock.source.parent.mkdir(parents=True)
        shutil.copy(desk.source, stock.source)
        with stock.at_work() as api:
            result = api.generate_assignment(STAGE, force=True, create=True)
        assert result["success"], result
        shutil.copy(desk.released, stock.released)
        return stock

    def copy(self, folder: Path) -> Stock:
        shutil.copytree(self.folder, folder)
        return Stock(folder)

    def answered(self) -> dict:
        return Desk.answered(self)

    @contextmanager
    def at_work(self) -> Iterator[NbGraderAPI]:
        """nbgrader's commands as methods, in this folder and in the environment of the checks."""
        before, environment = os.getcwd(), dict(os.environ)
        os.chdir(self.folder)
        os.environ.update(ENVIRONMENT)
        try:
            config = Config()
            config.CourseDirectory.root = str(self.folder)
            yield NbGraderAPI(config=config)
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)

    def notebook(self, student: str) -> Path:
        return self.folder / "autograded" / student / STAGE / f"{STAGE}.ipynb"

    def mark(self, student: str) -> float | None:
        """The sum of the automatic marks; None where nothing was graded."""
        if not self.notebook(student).is_file():
            return None
        with Gradebook(f"sqlite:///{self.gradebook}") as gradebook:
            try:
                notebook = gradebook.find_submission_notebook(STAGE, STAGE, student)
            except MissingEntry:
                return None
            return sum(grade.auto_score or 0 for grade in notebook.grades)


def outcome(attack: Attack, stock: Stock, folder: Path) -> str:
    """What stock nbgrader makes of a submission, and of an honest one after it, in words; `folder` is empty."""
    if attack.harms:
        return "not run"
    course, outside = stock.copy(folder / "course"), folder / "outside"
    outside.mkdir()
    world = World(course, outside)
    world.settle()
    attack.make(Hand(world, attack.student))
    with world.alive(), course.at_work() as api:
        hidden = hidden_digits(SEED)
        whole = api.autograde(STAGE, attack.student)["success"]
        if not whole:  # does it stop only its own student, or whoever comes after it as well?
            for student in ("a-neighbour", "attack-4-neighbour"):
                shutil.rmtree(course.submitted / student)
            api.autograde(STAGE, "*")
        mark, told = course.mark(attack.student), []
        if not whole and course.mark("z-neighbour") is None:
            told.append("batch stops")
        else:
            told.append("no mark" if mark is None else f"{mark:g} of {TOTAL:g}")
        if mark is not None:
            told += attack.leaks(outputs(course.notebook(attack.student)), hidden)
            api.generate_feedback(STAGE, attack.student)
            page = course.folder / "feedback" / attack.student / STAGE / f"{STAGE}.html"
            if page.is_file() and any("alert(1)" in found for found in active(page.read_text(encoding="utf-8"))):
                told.append("scripts run in its feedback")
        return "; ".join([*told, *world.touched()])
