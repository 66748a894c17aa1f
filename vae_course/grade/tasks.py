"""Questions that carry a mark scheme and no points of their own."""

from __future__ import annotations

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor


class SettleTasks(NbGraderPreprocessor):
    """After the automatic marks: a task cell of 0 points is settled with 0.

    The points of a written answer belong to the cell below the question. Left alone, nbgrader would wait for a mark of the
    question too, and every submission would need grading for ever.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        about = resources["nbgrader"]
        tasks = [told for cell in nb.cells if (told := cell.metadata.get("nbgrader", {})).get("task")]
        if not tasks:
            return nb, resources
        with Gradebook(about["db_url"]) as gradebook:
            for told in tasks:
                where = told["grade_id"], about["notebook"], about["assignment"]
                if gradebook.find_task_cell(*where).max_score == 0:
                    grade = gradebook.find_grade(*where, about["student"])
                    grade.auto_score, grade.needs_manual_grade = 0, False
            gradebook.db.commit()
        return nb, resources
