"""From a lesson in py:percent to the notebook that nbgrader and nbval read.

An author marks cells by name; points, minutes and the rest come from `vae_course.course`:

    # %% [markdown] card="03_gaussian_kl"     the title card of a stage; the text below follows its heading
    # %% [markdown] card="gaussian_kl"        the card of an exercise
    # %% answer="gaussian_kl"                 the answer cell, its solution between ### BEGIN and ### END SOLUTION
    # %% check="gaussian_kl"                  the locked cell that decides the mark
    # %% [markdown] task="evidence_identity"  a question for a written answer, with its mark scheme between
    #                                         <!-- BEGIN MARK SCHEME --> and <!-- END MARK SCHEME -->
    # %% [markdown] written="evidence_identity"  its answer, between <!-- BEGIN SOLUTION --> and <!-- END SOLUTION -->
    # %% tags=["setup"]                       the first code cell; before it comes one that installs the course on Colab
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from vae_course import course
from vae_course.checks.loader import SETUP
from vae_course.checks.recognise import content_id
from vae_course.course import CourseError, Exercise, Stage, Written

INSTALL = """\
# Does nothing where the course is installed. On Colab, put its wheel beside this notebook first.
import importlib.util
from pathlib import Path

if importlib.util.find_spec("vae_course") is None:
    wheels = sorted(map(str, Path().glob("vae_course-*.whl")))
    assert wheels, "Upload vae_course-….whl to this notebook's folder, then run this cell again."
    wheel = wheels[-1]
    %pip install --quiet $wheel"""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def convert(source: Path, stage: Stage) -> NotebookNode:
    """The notebook of `stage`, not executed. CourseError when the source and the course disagree."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    exercises = {exercise.name: exercise for exercise in stage.exercises}
    questions = {question.name: question for question in stage.written}
    names = {
        "answer": set(exercises), "check": set(exercises), "card": {*exercises, stage.id}, "task": set(questions),
        "written": set(questions),
    }
    seen: dict[str, set[str]] = {key: set() for key in names}
    used: dict[str, int] = {}
    for cell in notebook.cells:
        told = {key: cell.metadata.pop(key) for key in seen if key in cell.metadata}
        cell.id = _content_id(cell, used)
        for key, name in told.items():
            if name not in names[key]:
                raise CourseError(f"{source}: {key}={name!r} names no exercise of {stage.id}.")
            if name in seen[key]:
                raise CourseError(f"{source}: there are two cells with {key}={name!r}; keep one.")
            seen[key].add(name)
        if "answer" in told:
            _nbgrader(cell, told["answer"], solution=True)
        if "check" in told:
            _check_is_plain(cell, source, told["check"])
            _nbgrader(cell, f"check-{told['check']}", grade=True, locked=True, points=float(exercises[told["check"]].points))
        if "card" in told:
            name = told["card"]
            heading = _stage_card(stage) if name == stage.id else _exercise_card(exercises[name])
            cell.source = f"{heading}\n\n{cell.source}"
        if "task" in told:
            cell.source = f"{_question_card(questions[told['task']])}\n\n{cell.source}"
            _nbgrader(cell, f"task-{told['task']}", task=True, locked=True, points=0.0)
        if "written" in told:
            _nbgrader(cell, told["written"], grade=True, solution=True, points=float(questions[told["written"]].points))
    for key, found in seen.items():
        if absent := sorted(names[key] - found):
            raise CourseError(f"{source} has no cell with {key}={absent[0]!r}.")
    setup = [index for index, cell in enumerate(notebook.cells) if SETUP in cell.metadata.get("tags", ())]
    if len(setup) != 1:
        raise CourseError(f'{source} needs exactly one cell with tags=["{SETUP}"].')
    notebook.cells.insert(setup[0], nbformat.v4.new_code_cell(INSTALL, id="install"))
    return notebook


def _content_id(cell: NotebookNode, used: dict[str, int]) -> str:
    digest = content_id(cell.cell_type, cell.source)
    used[digest] = used.get(digest, 0) + 1
    return digest if used[digest] == 1 else f"{digest}-{used[digest]}"


def _nbgrader(cell: NotebookNode, grade_id: str, **what: object) -> None:
    """What nbgrader has to know of a cell; `what` names the roles that it has."""
    cell.id = grade_id
    roles = {"grade": False, "locked": False, "solution": False, "task": False}
    cell.metadata.nbgrader = {**roles, "grade_id": grade_id, "schema_version": 3, **what}


def _check_is_plain(cell: NotebookNode, source: Path, name: str) -> None:
    if cell.source.strip() != f'check("{name}")':
        raise CourseError(f'{source}: the cell with check="{name}" must hold only check("{name}").')


def _stage_card(stage: Stage) -> str:
    written = sum(question.points for question in stage.written)
    by_hand = f", and {written:g} for a written answer" if written else ""
    return (
        f"# {stage.number} · {stage.title}\n\n**{stage.question}** · {stage.minutes} minutes · {_points(stage.points)}{by_hand}"
    )


def _exercise_card(exercise: Exercise) -> str:
    return (
        f"### Exercise: `{exercise.name}`\n\n{exercise.minutes} minutes · {_points(exercise.points)} · "
        f"difficulty {exercise.difficulty} of 5"
    )


def _question_card(question: Written) -> str:
    return (
        f"### In your own words: {question.title}\n\n{question.minutes} minutes · {_points(question.points)}, marked by a "
        f"reader · difficulty {question.difficulty} of 5"
    )


def _points(points: float) -> str:
    return f"{points:g} point{'s' * (points != 1)}"
