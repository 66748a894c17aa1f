"""An instructor's desk with a short stage, and nbgrader on it in this process."""

import json
import os
import re
import shutil
from contextlib import contextmanager

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from support import REPOSITORY
from traitlets.config import PyFileConfigLoader

from vae_course.checks.recognise import roles

STAGE = "03_gaussian_kl"
NAME = f"{STAGE}.ipynb"
WORDS_OF = "02_elbo"
RIGHT = {
    "std_from_logvar": "torch.exp(0.5 * logvar)",
    "gaussian_kl": "0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)",
}
POINTS = {"std_from_logvar": 1.0, "gaussian_kl": 5.0}
NONE = dict.fromkeys(POINTS, 0.0)
QUESTION = "evidence_identity"


class Desk:
    """A checkout of two exercises of a stage, a demonstration, and a question that is answered in words.

    Kernels start within a second or two, so that dozens of submissions can be graded as nbgrader does it.
    """

    def __init__(self, folder):
        self.folder = folder
        shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
        self.source = folder / "solutions" / STAGE / f"{STAGE}.ipynb"
        unwanted = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(REPOSITORY / "solutions" / STAGE, self.source.parent, ignore=unwanted)
        solved, other = (nbformat.read(REPOSITORY / "solutions" / s / f"{s}.ipynb", 4) for s in (STAGE, WORDS_OF))
        wanted = {*RIGHT, *(f"check-{name}" for name in RIGHT), QUESTION, f"task-{QUESTION}"}
        cells = [c for c in (*solved.cells, *other.cells) if roles(c).get("grade_id") in wanted]
        demos = [c for c in solved.cells if c.source.startswith(("def price(", "logvar = torch.tensor", "## A number"))]
        setup = next(c for c in solved.cells if "setup" in c.metadata.get("tags", ()))
        setup.source = "import math\n\nimport torch\n\nfrom vae_course.learn import check"
        cells = [setup, *demos, *cells]
        nbformat.write(nbformat.from_dict({**solved, "cells": cells}), self.source)
        with self.at_work() as api:
            self.config = api.config

    def copied_to(self, folder):
        """The desk as it is now, elsewhere."""
        shutil.copytree(self.folder, folder)
        copy = Desk.__new__(Desk)
        copy.folder = folder
        with copy.at_work() as api:
            copy.config = api.config
        return copy

    @property
    def released(self):
        return self.folder / "notebooks" / STAGE / f"{STAGE}.ipynb"

    @property
    def submitted(self):
        return self.folder / "grading" / "submitted"

    @property
    def gradebook(self):
        return self.folder / "grading" / "gradebook.db"

    @contextmanager
    def at_work(self):
        """nbgrader's commands as methods, in the folder and the environment that they want."""
        before, environment = os.getcwd(), dict(os.environ)
        os.chdir(self.folder)
        try:
            yield NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(self.folder)).load_config())
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)

    def release(self):
        with self.at_work() as api:
            result = api.generate_assignment(STAGE, force=True, create=True)
        assert result["success"], result

    def autograde(self, student="*", force=False):
        """nbgrader's answer to one pass over these submissions."""
        with self.at_work() as api:
            return api.autograde(STAGE, student, force=force)

    def feedback(self, student):
        """What a student reads, as text."""
        with self.at_work() as api:
            assert api.generate_feedback(STAGE, student)["success"]
        return re.sub(r"<[^>]+>", "", self.page(student))

    def page(self, student):
        """The page of feedback that was made for a student, as HTML."""
        return (self.folder / "grading" / "feedback" / student / STAGE / f"{STAGE}.html").read_text(encoding="utf-8")

    def marks(self, student):
        """The automatic marks of a submission, by exercise."""
        return marks(self.config.CourseDirectory.db_url, STAGE, student)

    def waiting(self, student):
        """The cells of a submission that wait for a person."""
        with Gradebook(self.config.CourseDirectory.db_url) as gradebook:
            notebook = gradebook.find_submission_notebook(STAGE, STAGE, student)
            return {g.name for g in notebook.grades if g.needs_manual_grade}

    def autograded(self, student):
        return nbformat.read(self.folder / "grading" / "autograded" / student / STAGE / f"{STAGE}.ipynb", 4)

    def notice(self, student):
        """What a submission says of itself; empty where there was nothing to say."""
        first = self.autograded(student).cells[0]
        return first.source if first.source.startswith("**About this submission**") else ""

    def answered(self, **answers):
        """The release as JSON with these answers, or the right ones."""
        notebook = json.loads(self.released.read_text(encoding="utf-8"))
        for name, answer in {**RIGHT, **answers}.items():
            cell = find(notebook, name)
            cell["source"] = "".join(cell["source"]).replace("raise NotImplementedError", f"return {answer}")
        return notebook


def marks(db_url, stage, student):
    """The automatic marks of a submission of a stage in a gradebook, by exercise."""
    with Gradebook(db_url) as gradebook:
        notebook = gradebook.find_submission_notebook(stage, stage, student)
        return {g.name.removeprefix("check-"): g.auto_score for g in notebook.grades if g.name.startswith("check-")}


def find(notebook, grade_id):
    """A cell of a notebook in JSON."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


class Submission:
    """A submission that is being made: its folder, and the right answers as JSON."""

    def __init__(self, desk, student, notebook):
        self.desk, self.notebook = desk, notebook
        self.folder = desk.submitted / student / STAGE

    def put(self, name=NAME, content=None):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(self.notebook) if content is None else content
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def cell(self, name):
        return find(self.notebook, name)

    def at(self, name):
        return self.notebook["cells"].index(self.cell(name))
