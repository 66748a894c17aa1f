"""Two of nbgrader's steps that ask the gradebook for one cell after the other: here they ask once for all cells of a notebook."""

from __future__ import annotations

from collections.abc import Iterable

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import preprocessors as nbgraders
from nbgrader.api import BaseCell, Comment, Grade, Gradebook


class OverwriteCells(nbgraders.OverwriteCells):
    """As nbgrader's."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int) -> tuple[NotebookNode, ResourcesDict]:
        if cell_index == 0:
            source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
            _know(self.gradebook, "find_source_cell", ((cell.name, cell) for cell in source.source_cells))
            _know(self.gradebook, "find_graded_cell", ((c.name, c) for c in (*source.task_cells, *source.grade_cells)))
        return super().preprocess_cell(cell, resources, cell_index)


class SaveAutoGrades(nbgraders.SaveAutoGrades):
    """As nbgrader's, which commits after each cell: the marks of a notebook are all there or none is."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        about = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = about["notebook"], about["assignment"], about["student"]
        with Gradebook(about["db_url"]) as self.gradebook:
            session = self.gradebook.db
            submitted = self.gradebook.find_submission_notebook(self.notebook_id, self.assignment_id, self.student_id)
            for kind, finder in (Grade, "find_grade"), (Comment, "find_comment"):
                query = session.query(BaseCell.name, kind).join(BaseCell, BaseCell.id == kind.cell_id)
                _know(self.gradebook, finder, query.filter(kind.notebook_id == submitted.id))
            commit, session.commit = session.commit, session.flush
            for index, cell in enumerate(nb.cells):
                self.preprocess_cell(cell, resources, index)
            commit()
        return nb, resources


def _know(gradebook: Gradebook, finder: str, found: Iterable[tuple[str, object]]) -> None:
    """Have a method that finds something by the name of a cell give what was `found` already; it is asked for anything else."""
    ask, known = getattr(gradebook, finder), dict(found)
    setattr(gradebook, finder, lambda name, *where: known[name] if name in known else ask(name, *where))
