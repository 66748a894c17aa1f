"""The step of the autograder that makes marks, in the place of nbgrader's Execute.

Nothing of a submission runs in nbgrader's process or in a kernel: the answers run in a sandbox, and the verdict is made
here from what they returned.
"""

from __future__ import annotations

import atexit
import functools

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from vae_course import course
from vae_course.checks.loader import program
from vae_course.checks.recognise import roles
from vae_course.checks.report import Report
from vae_course.course import Stage
from vae_course.grade import releases, verdicts
from vae_course.grade.sandbox import Sandbox, Unsandboxed, open_sandbox
from vae_course.grade.verdicts import Marking, Verdict

MARK = "vae_course"  # under this name the metadata of an output say which verdict it is of
CHECK = "check-"


class Judge(NbGraderPreprocessor):
    """Every check cell gets its score and its report; a cell that has none says that it was not judged, which is worth 0."""

    unsandboxed = Bool(False, help="Run answers in a plain process, where every submission is trusted.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        stage = course.find_stage(resources["nbgrader"]["assignment"])
        cells = check_cells(nb)
        for cell in cells.values():  # for nbgrader a cell without an output has earned all its points
            cell.outputs = [new_output("error", ename="NotJudged", evalue="This answer was not judged.", traceback=[])]
        verdict = self._verdict(stage, nb)
        for name, cell in cells.items():
            cell.outputs = [_shown(verdict.reports[name], verdict)]
        return nb, resources

    def _verdict(self, stage: Stage, nb: NotebookNode) -> Verdict:
        marking = marking_of(stage, self.unsandboxed)
        submitted = program(nb, setup_from=releases.current(stage.id))
        found = verdicts.kept(stage, verdicts.key(submitted, marking))
        if found is None:
            found = verdicts.judged(submitted, marking, warm(self.unsandboxed))
            verdicts.keep(stage, found)
        return found


def marking_of(stage: Stage, unsandboxed: bool) -> Marking:
    """How the exercises are marked that the release of a stage has."""
    names = tuple(check_cells(releases.current(stage.id)))
    return verdicts.marking(stage, names, (Unsandboxed if unsandboxed else Sandbox).kind)


def check_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The cells of a notebook whose marks a check gives, by exercise."""
    found = {}
    for cell in nb.cells:
        told = roles(cell)
        if told and told.get("grade") and cell.cell_type == "code":
            found[told["grade_id"].removeprefix(CHECK)] = cell
    return found


def origin_of(cell: NotebookNode) -> dict | None:
    """Which verdict the mark of a check cell is of (`Verdict.origin`); None where it carries none."""
    return next((output.metadata[MARK] for output in cell.outputs if MARK in output.get("metadata", {})), None)


@functools.lru_cache
def warm(unsandboxed: bool) -> Sandbox | Unsandboxed:
    """What runs answers in this process, started once and ended with it."""
    sandbox = open_sandbox(unsandboxed).__enter__()
    atexit.register(sandbox.__exit__, None, None, None)
    return sandbox


def _shown(report: Report, verdict: Verdict) -> NotebookNode:
    """A verdict as nbgrader reads it (the plain text is the score) and a student (the page is the report)."""
    return new_output(
        "execute_result", {"text/plain": f"{report.score:g}", "text/html": report._repr_html_()},
        metadata={MARK: verdict.origin}, execution_count=None,
    )
