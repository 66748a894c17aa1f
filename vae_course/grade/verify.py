"""Marks that no verdict stands behind: `vae-course grade --verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import Config

from vae_course.course import Stage
from vae_course.grade import verdicts
from vae_course.grade.judge import CHECK, check_cells, origin_of
from vae_course.grade.many import AUTOGRADED
from vae_course.grade.sandbox import Unsandboxed


def unverified(stage: Stage, config: Config) -> Iterator[tuple[str, str, str]]:
    """For each automatic mark of a stage without a verdict: the student, the exercise, and a reason.

    A verdict stands behind a mark when the graded notebook names it, it is kept, its score is the mark, and it was made in a sandbox.
    """
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        for submission in gradebook.assignment_submissions(stage.id):
            student = submission.student.id
            for notebook in submission.notebooks:
                cells = _cells(AUTOGRADED / student / stage.id / f"{notebook.name}.ipynb")
                for grade in sorted(notebook.grades, key=lambda grade: grade.name):
                    exercise = grade.name.removeprefix(CHECK)
                    if grade.auto_score is not None and grade.name.startswith(CHECK):
                        if why := _missing(stage, cells.get(exercise), exercise, grade.auto_score):
                            yield student, exercise, why


def _cells(path: Path) -> dict[str, NotebookNode]:
    return check_cells(nbformat.read(path, 4)) if path.is_file() else {}


def _missing(stage: Stage, cell: NotebookNode | None, exercise: str, mark: float) -> str:
    """What is missing behind a mark; "" when nothing is."""
    if cell is None:
        return "the graded notebook has no cell for it"
    origin = origin_of(cell)
    if origin is None:
        return "it carries no verdict"
    verdict = verdicts.kept(stage, origin["key"])
    if verdict is None or exercise not in verdict.reports:
        return "its verdict is not kept here"
    if abs(verdict.reports[exercise].score - mark) > 1e-6:
        return f"the gradebook has {mark:g} points, its verdict {verdict.reports[exercise].score:g}"
    if verdict.sandbox == Unsandboxed.kind:
        return "its answer ran without a sandbox"
    return ""
