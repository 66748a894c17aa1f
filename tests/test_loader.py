"""Which code of a notebook runs, and what is said of a file that cannot be read."""

import pickle

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from vae_course import course
from vae_course.checks import run
from vae_course.checks.loader import (
    LARGEST_NOTEBOOK, SETUP, answer_name, load, program, read_learners_notebook, read_notebook,
)
from vae_course.checks.sealing import reference_program
from vae_course.course import CourseError

STAGE = course.STAGES[0]
EXERCISE = STAGE.exercises[0].name
ANSWER = "def shift(x, by):\n    return x + by[:, None]\n"


@pytest.fixture
def notebook():
    """A fresh copy of the first stage, as a learner has it."""
    return read_notebook(course.released_notebook(STAGE))


@pytest.fixture
def saved(tmp_path, notebook):
    """Saves the notebook with an answer and with cells added before it; returns the path."""

    def save(*added, answer=ANSWER):
        at = next(i for i, cell in enumerate(notebook.cells) if answer_name(cell))
        notebook.cells[at].source = answer
        notebook.cells[at:at] = [new_code_cell(source) for source in added]
        path = tmp_path / f"{STAGE.id}.ipynb"
        nbformat.write(notebook, path)
        return path

    return save


def names(path):
    return load(read_learners_notebook(path, STAGE), {}, 5)


def setup_cell(notebook):
    return next(cell for cell in notebook.cells if SETUP in cell.metadata.get("tags", ()))


# --- what runs ---


def test_the_setup_cell_is_the_releases_own(notebook, saved):
    original = setup_cell(notebook).source
    setup_cell(notebook).source = "added = 1\nprint('demo')"  # without any of the imports
    path = saved()
    blocks = read_learners_notebook(path, STAGE)
    assert blocks[0].source == original
    assert "torch" in names(path) and not names(path).troubles
    assert names(path)["added"] == 1  # what a learner defines there is not lost


def test_the_setup_cell_runs_when_the_learner_deleted_it(notebook, saved):
    notebook.cells.remove(setup_cell(notebook))
    assert "torch" in names(saved())


def test_a_cell_that_calls_itself_setup_is_an_added_cell(notebook, saved):
    notebook.cells.insert(0, new_code_cell("torch = None", metadata={"tags": [SETUP]}))
    assert names(saved())["torch"] is None
    notebook.cells[0].source = "torch = print('demo')"
    assert names(saved())["torch"] is not None


def test_an_answer_cell_runs_whole(saved):
    got = names(saved(answer=ANSWER + "table = [i * i for i in range(3)]\nfor i in table:\n    last = i\n"))
    assert got["table"] == [0, 1, 4] and got["last"] == 4


@pytest.mark.parametrize("statement", [
    "import math as added", "from math import pi as added", "def added(): pass", "async def added(): pass",
    "class added: pass", "added = 3", "added: float = -2 * 3.5", "added = [1, (2, {'a': {3}})]",
    "added = torch.float32",
    "import math; added = math.log(2 * math.pi)", "added = print", "added = lambda t: 2 * t", "a = added = None",
    "import torch; added = torch.log(torch.tensor(2.0, dtype=torch.float64))", "added = float('1')",
])
def test_a_definition_in_an_added_cell_runs(saved, statement):
    assert "added" in names(saved(statement))


@pytest.mark.parametrize("statement", [
    "added = [i for i in range(3)]", "globals()['added'] = 1",
    "for added in range(3): pass", "if True: added = 1", "with open('x', 'w') as added: pass", "added = exec('x = 1')",
    "try:\n    added = 1\nfinally:\n    pass", "(added := 1)", "added: int", "added = x = open('x')",
    "added = f'{exit()}'",
])
def test_a_demonstration_in_an_added_cell_does_not_run(saved, statement):
    assert "added" not in names(saved(statement))


def test_the_demo_cells_of_the_release_never_run(saved, capsys):
    got = names(saved())
    assert not {"table", "by", "square"} & got.keys()  # they are made by calls
    assert capsys.readouterr() == ("", "")


def test_a_name_set_by_a_cell_that_does_not_run_is_explained(saved):
    path = saved("amounts = [i for i in range(3)]", answer="def shift(x, by):\n    return x + amounts\n")
    report = run(EXERCISE, path)
    assert "name 'amounts' is not defined. Your notebook sets it in a cell that a check does not run" in report.message
    assert "move the line into the answer cell" in report.message and report.note == ""


def test_text_cells_never_run(notebook, saved):
    notebook.cells.append(new_markdown_cell("added = 1"))
    assert "added" not in names(saved())


def test_a_helper_defined_in_an_added_cell_works(saved):
    path = saved("def column(by):\n    return by[:, None]", answer="def shift(x, by):\n    return x + column(by)\n")
    assert run(EXERCISE, path).passed


def test_a_name_that_lives_only_in_the_kernel_is_reported(saved):
    report = run(EXERCISE, saved(answer="def shift(x, by):\n    return x + column(by)\n"))
    assert report.failed == "error"
    assert report.message == "shift stopped with NameError: name 'column' is not defined"
    assert report.line == "line 2: return x + column(by)"
    assert "lives only in the running kernel" in report.note


def test_a_name_that_an_answer_cell_itself_lacks_is_reported(saved):
    report = run(EXERCISE, saved(answer="scale = double(1)\n" + ANSWER))
    assert "NameError: name 'double'" in report.message
    assert "lives only in the running kernel" in report.note


def test_a_deleted_answer_is_missing_from_the_saved_notebook(saved):
    report = run(EXERCISE, saved(answer=""))
    assert (report.failed, report.state) == ("missing", "open")
    assert "saved notebook" in report.message


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_the_reference_of_every_stage_loads_without_trouble(stage):
    got = load(reference_program(stage), {}, 60)
    exercises = {exercise.name for exercise in stage.exercises}
    assert exercises <= got.keys()
    assert not {"setup", *exercises} & got.troubles.keys()


# --- magics ---


@pytest.mark.parametrize("magic", [
    "%matplotlib inline", "!ls /absent", "%timeit 1 + 1", "files = !ls", "shift?", "%%html\n<b>hello</b>",
    "%%bash\nexit 1", "get_ipython().system('ls')", "%load_ext autoreload\n%autoreload 2",
])
def test_a_magic_in_an_added_cell_does_nothing(saved, capfd, magic):
    got = names(saved(magic))
    assert not got.troubles and "files" not in got
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!echo hello", "files = !echo hello", "%time 1"])
def test_a_magic_in_an_answer_cell_does_nothing(saved, capfd, magic):
    assert run(EXERCISE, saved(answer=f"{magic}\n{ANSWER}")).passed
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("magic", ["%%time", "%%capture out --no-stderr", "%%prun -q", "\n%%time"])
def test_a_cell_magic_that_runs_its_cell_leaves_the_cell_to_run(saved, magic):
    assert run(EXERCISE, saved(answer=f"{magic}\n{ANSWER}")).passed


def test_a_cell_magic_of_another_language_takes_its_cell_with_it(saved):
    assert run(EXERCISE, saved(answer=f"%%bash\n{ANSWER}")).failed == "missing"


# --- what fails stays where it is ---


@pytest.mark.parametrize("broken", ["import no_such_module", "def f(:", "class A(absent): pass", "import sys; 1 / 0"])
def test_an_added_cell_that_fails_does_not_take_the_next_with_it(saved, broken):
    assert run(EXERCISE, saved(broken, "def later(): pass")).passed
    assert "later" in names(saved(broken, "def later(): pass"))


def test_a_definition_that_fails_does_not_take_the_next_in_its_cell_with_it(saved):
    got = names(saved("import no_such_module\ndef later(): pass"))
    assert "later" in got
    assert "No module named 'no_such_module'" in next(iter(got.troubles.values())).text


@pytest.mark.parametrize("broken", [
    "1 / 0", "raise ValueError('no')", "def broken(:", "import sys; sys.exit()", "exit()",
    "class Own(BaseException): pass\nraise Own",
])
def test_an_answer_cell_that_fails_does_not_take_the_next_with_it(notebook, broken):
    first, second = (new_code_cell(source, metadata={"nbgrader": {"solution": True, "grade": False, "grade_id": name}})
                     for name, source in (("first", broken), ("second", "def second(): pass")))
    notebook.cells += [first, second]
    got = load(program(notebook), {}, 5)
    assert "second" in got
    assert list(got.troubles) == ["first"]


def test_a_cell_that_cannot_be_parsed_is_shown_with_its_line(saved):
    report = run(EXERCISE, saved(answer="def shift(x, by):\n    return x + by[:, None\n"))
    assert report.failed == "error"
    assert report.message.startswith("The cell of shift stopped with SyntaxError")
    assert report.line == "line 2: return x + by[:, None"


def test_what_fails_in_the_cell_after_the_definition_does_not_undo_it(saved):
    assert run(EXERCISE, saved(answer=ANSWER + "\nshift(1, 2)\n")).passed


def test_names_that_are_given_are_there_and_a_definition_wins_over_them(saved):
    blocks = read_learners_notebook(saved("import math", answer="seen = given\ngiven = 2\n"), STAGE)
    got = load(blocks, {"given": 1}, 5)
    assert (got["seen"], got["given"]) == (1, 2)


def test_a_class_finds_the_module_that_it_was_written_in(saved):
    got = names(saved("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 'int' = 1"))
    assert pickle.loads(pickle.dumps(got["P"](3))).x == 3


# --- files that are no notebook of this stage: one clear sentence each ---


def refused(path, stage=STAGE):
    with pytest.raises(CourseError) as caught:
        read_learners_notebook(path, stage)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text and text.endswith(".")
    return text


@pytest.mark.parametrize("text", [
    "", "not JSON", "[]", "5", "null", '"text"', "{}", '{"nbformat": "x"}', '{"nbformat": [4]}', '{"nbformat": 4}',
    '{"nbformat": 1}', '{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    '{"nbformat": 4, "cells": null}', '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}',
    '{"nbformat": 4, "nbformat_minor": "a", "metadata": {}, "cells": []}',
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": []}', "[" * 100_000, "\ufeff{}",
    '<<<<<<< HEAD\n{"cells": []}', '{"nbformat": 1' + "1" * 5000 + "}",
], ids=lambda text: text[:60])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "broken.ipynb"
    path.write_text(text, encoding="utf-8")
    assert "is not a Jupyter notebook that can be read" in refused(path)


def test_invalid_utf8_is_refused(saved):
    path = saved()
    path.write_bytes(path.read_bytes().replace(b"Start here", b"Start \xff\xfe", 1))
    assert "is not a Jupyter notebook that can be read" in refused(path)


def test_a_notebook_half_written_is_refused(saved):
    path = saved()
    path.write_bytes(path.read_bytes()[:-100])
    assert "is not a Jupyter notebook that can be read" in refused(path)


def test_a_notebook_that_is_too_large_is_refused(saved):
    path = saved()
    with path.open("ab") as file:
        file.truncate(LARGEST_NOTEBOOK + 1)
    assert "is larger than 16 MB; clear its outputs" in refused(path)


def test_a_folder_is_refused(tmp_path):
    assert "cannot be read (Is a directory)" in refused(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read (No such file or directory)" in refused(tmp_path / "absent.ipynb")


@pytest.mark.parametrize("told", [None, "text", 3, []])
def test_a_notebook_of_another_course_is_refused(notebook, saved, told):
    notebook.metadata.pop("vae_course")
    if told is not None:
        notebook.metadata["vae_course"] = told
    assert "is not a notebook of this course" in refused(saved())


def test_a_notebook_of_another_stage_is_refused(saved):
    other = course.STAGES[-1]
    assert f"belongs to stage {STAGE.id}, not to {other.id}" in refused(saved(), other)


def test_a_notebook_of_another_release_is_refused(notebook, saved):
    installed = notebook.metadata.vae_course.release
    notebook.metadata.vae_course.release = "0123456789ab"
    text = refused(saved())
    assert f"from release 0123456789ab of {STAGE.id} and release {installed} is installed" in text


def test_a_notebook_in_an_older_format_is_read(notebook, saved):
    for cell in notebook.cells:
        cell.pop("id", None)
    notebook.nbformat_minor = 4
    assert run(EXERCISE, saved()).passed
