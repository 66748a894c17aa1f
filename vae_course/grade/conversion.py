"""nbgrader writes a submission out when it is clean and reads it again to grade it: here it goes through both in one pass."""

from __future__ import annotations

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.utils import setenv


JUDGE = "vae_course.grade.judge.Judge"


def install() -> None:
    """Have every submission to the Judge converted once. No notebook without marks ever lies among the graded ones."""
    Autograde.convert_single_notebook = _convert


_nbgraders_convert = Autograde.convert_single_notebook


def _convert(self: Autograde, notebook_filename: str) -> None:
    if JUDGE not in self.autograde_preprocessors:  # another course, whose steps may count on the file between them
        return _nbgraders_convert(self, notebook_filename)
    self.exporter._preprocessors = []
    for step in (*self.sanitize_preprocessors, *self.autograde_preprocessors):
        self.exporter.register_preprocessor(step)
    with setenv(NBGRADER_EXECUTION="autograde"):
        BaseConverter.convert_single_notebook(self, notebook_filename)
