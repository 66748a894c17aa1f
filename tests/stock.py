"""nbgrader as it comes: its own settings, Execute, and this course's release and checks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk import STAGE, Desk
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from support import BIN, REPOSITORY
from traitlets.config import Config

PLAIN = {  # what the checks of this course need to run in a kernel
    "VAE_COURSE_PROGRESS": "off", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY),
    "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
}
SEED = 271828
ENVIRONMENT = {  # on fresh inputs as well
    **PLAIN, "VAE_COURSE_SOLUTIONS": str(REPOSITORY / "solutions"), "VAE_COURSE_SEED": str(SEED),
}


class Stock:
    """A course folder in which nothing of this course's `nbgrader_config.py` is in force."""

    def __init__(self, folder: Path, stage: str = STAGE):
        self.folder, self.stage = folder, stage
        self.source = folder / "source" / stage / f"{stage}.ipynb"
        self.released = folder / "release" / stage / f"{stage}.ipynb"
        self.submitted, self.gradebook = folder / "submitted", folder / "gradebook.db"

    @classmethod
    def make(cls, desk: Desk, folder: Path, stage: str = STAGE) -> Stock:
        """A course in a new `folder` with the desk's assignment; its release is the desk's."""
        stock = cls(folder, stage)
        stock.source.parent.mkdir(parents=True)
        shutil.copy(desk.source, stock.source)
        with stock.at_work() as api:
            result = api.generate_assignment(stage, force=True, create=True)
        assert result["success"], result
        shutil.copy(desk.released, stock.released)
        return stock

    def copy(self, folder: Path) -> Stock:
        shutil.copytree(self.folder, folder)
        return Stock(folder, self.stage)

    def answered(self) -> dict:
        return Desk.answered(self)

    @contextmanager
    def at_work(self, environment: dict[str, str] = ENVIRONMENT, **settings: Config) -> Iterator[NbGraderAPI]:
        """nbgrader's commands as methods, in this folder and in the environment of the checks; `settings`, by class."""
        before, mine = os.getcwd(), dict(os.environ)
        os.chdir(self.folder)
        os.environ.update(environment)
        try:
            config = Config(settings)
            config.CourseDirectory.root = str(self.folder)
            yield NbGraderAPI(config=config)
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(mine)

    def notebook(self, student: str) -> Path:
        return self.folder / "autograded" / student / self.stage / f"{self.stage}.ipynb"

    def grades(self, student: str) -> dict[str, float | None] | None:
        """The automatic marks by cell; None where nothing was graded."""
        if not self.notebook(student).is_file():
            return None
        with Gradebook(f"sqlite:///{self.gradebook}") as gradebook:
            try:
                notebook = gradebook.find_submission_notebook(self.stage, self.stage, student)
            except MissingEntry:
                return None
            return {grade.name: grade.auto_score for grade in notebook.grades}

    def mark(self, student: str) -> float | None:
        """The sum of the automatic marks; None where nothing was graded."""
        grades = self.grades(student)
        return None if grades is None else sum(score or 0 for score in grades.values())
