"""The first step of the autograder: a submission becomes its release with the student's answers in it."""

from __future__ import annotations

import json

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from vae_course import course
from vae_course.checks.lenient import parse
from vae_course.checks.rebuild import rebuild
from vae_course.checks.recognise import roles
from vae_course.course import CourseError
from vae_course.grade import releases


class Rebuild(NbGraderPreprocessor):
    """Structure and metadata from the release, texts from the student; above them, what had to be put right."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        about = resources["nbgrader"]
        rebuilt = graded_form(nb, about["assignment"])
        self._forget_what_is_not_graded(rebuilt, about)
        return rebuilt, resources

    def _forget_what_is_not_graded(self, notebook: NotebookNode, about: dict) -> None:
        """A cell that only a later release has does not count: once there are submissions, nbgrader adds none."""
        with Gradebook(about["db_url"]) as gradebook:
            known = {cell.name for cell in gradebook.find_notebook(about["notebook"], about["assignment"]).source_cells}
        for cell in notebook.cells:
            if roles(cell) and roles(cell)["grade_id"] not in known:
                self.log.warning("The gradebook has no cell %s; it does not count", roles(cell)["grade_id"])
                del cell.metadata["nbgrader"]


def graded_form(nb: NotebookNode, stage: str) -> NotebookNode:
    """The release of a stage with the answers of a notebook that went through `preflight`; above it, what had to be put right."""
    told = list(nb.metadata.get("preflight", {}).get("told", ()))
    handed_in, repairs = parse(json.dumps(nb).encode())
    release, origin = releases.current(stage), releases.origin(stage, handed_in)
    rebuilt = rebuild(handed_in, release, origin)
    told += [*repairs, *_provenance(handed_in, release, origin, stage), *rebuilt.notices]
    if told:
        text = "\n".join(["**About this submission**", "", *(f"- {sentence}" for sentence in told)])
        rebuilt.notebook.cells.insert(0, new_markdown_cell(text, id="about-this-submission"))
    return rebuilt.notebook


def _provenance(handed_in: NotebookNode, release: NotebookNode, origin: NotebookNode, stage: str) -> list[str]:
    """What is to be said of where a notebook comes from."""
    marks = handed_in.metadata.get("vae_course", {})
    if marks.get("stage", stage) != stage:
        try:
            return [f"This is a notebook of stage {course.find_stage(marks['stage']).id}, and not of {stage}."]
        except CourseError:
            return [f"This is not a notebook of stage {stage}."]
    made, now = origin.metadata.vae_course, release.metadata.vae_course
    if made.release != now.release:
        which = f"{made.release} (version {made.version})"
        return [f"It was made from release {which}, and is graded as release {now.release}."]
    if marks.get("release", now.release) != now.release:
        return [f"It was made from a release that is not kept here, and is graded as release {now.release}."]
    return []
