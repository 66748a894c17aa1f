"""The first cell of every notebook: it installs the course's wheel where the course is missing, and does nothing elsewhere."""

import importlib.util

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from vae_course import course
from vae_course.author.convert import INSTALL
from vae_course.checks.loader import load, read_learners_notebook


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """IPython in an empty folder; what `%pip` is called with is kept, and nothing is installed."""
    monkeypatch.chdir(tmp_path)
    made, called = InteractiveShell.instance(), []
    made.register_magic_function(called.append, magic_name="pip")
    yield lambda: (made.run_cell(INSTALL, silent=True), called)
    InteractiveShell.clear_instance()


@pytest.fixture
def absent(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "vae_course" else found(name, *more))


def test_it_does_nothing_where_the_course_is(shell, tmp_path):
    (tmp_path / "vae_course-0.1.0-py3-none-any.whl").touch()
    result, called = shell()
    assert result.success and called == []


def test_it_installs_the_latest_wheel_that_lies_beside_the_notebook(shell, absent, tmp_path):
    for version in ("0.1.0", "0.2.0"):
        (tmp_path / f"vae_course-{version}-py3-none-any.whl").touch()
    result, called = shell()
    assert result.success and called == ["install --quiet vae_course-0.2.0-py3-none-any.whl"]


def test_without_a_wheel_it_says_what_to_do(shell, absent):
    result, called = shell()
    assert called == [] and "Upload vae_course-….whl to this notebook's folder" in str(result.error_in_exec)


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_it_is_the_first_code_cell_of_every_release_and_only_its_imports_run_in_a_check(stage):
    notebook = nbformat.read(course.released_notebook(stage), 4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source == INSTALL and first.metadata.get("nbgrader", {}).get("solution") is not True
    blocks = read_learners_notebook(course.released_notebook(stage), stage)
    own = [block for block in blocks if block.source == INSTALL]
    assert len(own) == 1 and "wheel" not in load(own, {}, seconds=5)
