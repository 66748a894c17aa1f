"""`vae-course doctor`: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
from dataclasses import dataclass

from vae_course import __version__, course


@dataclass(frozen=True)
class Finding:
    """One line of the report. `level`: good, note (something optional is missing) or bad."""

    name: str
    text: str
    level: str = "good"

    @property
    def mark(self) -> str:
        return {"good": "✓", "note": "○", "bad": "✗"}[self.level]

    @property
    def colour(self) -> str | None:
        return {"good": "green", "note": None, "bad": "red"}[self.level]

    @property
    def blocks(self) -> bool:
        return self.level == "bad"


NEEDED = ("torch", "numpy", "matplotlib", "jupyterlab", "ipykernel", "safetensors")
GRADING = ("nbgrader", "jupytext", "nbclient")


def examine() -> list[Finding]:
    """All findings, what a learner needs first."""
    findings = [_python(), Finding("vae-course", __version__)]
    findings += [_package(name, "bad", "pip install vae-course") for name in NEEDED]
    findings.append(_notebooks())
    findings.append(_writing())
    findings += [_package(name, "note", 'for instructors: pip install "vae-course[grade]"') for name in GRADING]
    findings.append(_program("bwrap", "for instructors: the package bubblewrap, Linux only"))
    return findings


def _python() -> Finding:
    text = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= (3, 11):
        return Finding("Python", text)
    return Finding("Python", f"{text} is too old; install Python 3.11 or newer", "bad")


def _package(name: str, level: str, remedy: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, f"missing; {remedy}", level)
    return Finding(name, importlib.metadata.version(name))


def _notebooks() -> Finding:
    absent = [stage.id for stage in course.STAGES if not course.released_notebook(stage).is_file()]
    if absent:
        return Finding("notebooks", f"{', '.join(absent)} missing; install vae-course again", "bad")
    return Finding("notebooks", f"{len(course.STAGES)} stages")


def _writing() -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir="."):
            return Finding("this folder", "can be written to")
    except OSError as error:
        return Finding("this folder", f"cannot be written to ({error.strerror}); go to one of your own", "bad")


def _program(name: str, remedy: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, path) if path else Finding(name, f"missing; {remedy}", "note")
