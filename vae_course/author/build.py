"""`vae-course build`: from the percent source of a stage to its executed notebook, its release and its seals.

1. `solutions/NN/NN.ipynb`          converted and executed, with outputs, for nbval and readers
2. `notebooks/NN/NN.ipynb`          what a learner opens, by nbgrader's generate_assignment
3. `vae_course/checks/sealed/NN.json`  numbers

A stage is built in a folder of its own and moved into place only when everything went well.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from vae_course import course
from vae_course.author.convert import convert
from vae_course.checks.loader import program
from vae_course.checks.seal import read_seals, sealed_file, write_seals
from vae_course.checks.sealing import bank, hidden_cases, make_seal
from vae_course.course import CourseError, Stage
from vae_course.models.files import write_whole

CELL_SECONDS = 120
WIDGET = "application/vnd.jupyter.widget-view+json"
VISIBLE_SEED = 20140501  # the draw of `cases(exercise, seed)` that ships


def build(stage: Stage) -> list[Path]:
    """Build one stage and return the files that changed."""
    source = _source(stage)
    notebook = convert(source, stage)
    sealed = sealed_file(stage)
    before = sealed.read_bytes() if sealed.is_file() else None
    fresh = seals(notebook, stage).encode()
    try:
        if fresh != before:  # the checks in the notebook compare with what is on the disk
            write_whole(sealed, fresh)
        _execute(notebook, stage)
        texts = {source.with_suffix(".ipynb"): _text(notebook), course.released_notebook(stage): release(notebook, stage)}
        changed = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
        for path in changed:
            write_whole(path, texts[path].encode())
    except BaseException:
        if before is not None and fresh != before:
            write_whole(sealed, before)
        raise
    return [*changed, *([sealed] if fresh != before else [])]


def check_build(stage: Stage) -> list[str]:
    """What is not as a build of the sources would leave it; nothing is executed and nothing is written."""
    source = _source(stage)
    notebook = convert(source, stage)
    problems = []
    executed = source.with_suffix(".ipynb")
    if not executed.is_file() or _without_outputs(nbformat.read(executed, 4)) != _without_outputs(notebook):
        problems.append(f"{executed.name} in solutions/ is not what {source.name} gives")
    released = course.released_notebook(stage)
    if not released.is_file() or released.read_text(encoding="utf-8") != release(notebook, stage):
        problems.append(f"{released.name} in notebooks/ is not what {source.name} gives")
    sealed = sealed_file(stage)
    if not sealed.is_file() or not _seals_agree(sealed.read_text(encoding="utf-8"), seals(notebook, stage)):
        problems.append(f"{sealed.name} in sealed/ is not what {source.name} and its bank give")
    return problems


def release(notebook: NotebookNode, stage: Stage) -> str:
    """The text of the notebook that a learner opens, made by nbgrader with the course's own configuration."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config, PyFileConfigLoader

    # the configuration sets variables for graded runs; they must not stay
    with tempfile.TemporaryDirectory() as folder, _inside(course.REPOSITORY), _environment(dict(os.environ)):
        root = Path(folder)
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course.REPOSITORY)).load_config()
        config.merge(Config({"CourseDirectory": {
            "root": folder, "db_url": f"sqlite:///{root / 'gradebook.db'}", "source_directory": "source",
            "release_directory": "release",
        }}))
        path = root / "source" / stage.id / f"{stage.id}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(_text(notebook), encoding="utf-8")
        api = NbGraderAPI(config=config)
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        result = api.generate_assignment(stage.id, force=True, create=True)
        if not result["success"]:
            raise CourseError(f"nbgrader could not release {stage.id}: {result.get('error') or result.get('log')}")
        return (root / "release" / stage.id / f"{stage.id}.ipynb").read_text(encoding="utf-8")


def seals(notebook: NotebookNode, stage: Stage) -> str:
    """The text of the sealed numbers of a stage."""
    draw = hidden_cases(stage)
    reference = program(notebook)
    return write_seals(stage, [
        make_seal(e.name, reference, draw(e.name, VISIBLE_SEED), bank(stage, e.name)) for e in stage.exercises
    ])


def _source(stage: Stage) -> Path:
    path = course.solutions_folder() / stage.id / f"{stage.id}.py"
    if not path.is_file():
        raise CourseError(f"{stage.id} has no source at {path}; write it there.")
    return path


def _execute(notebook: NotebookNode, stage: Stage) -> None:
    """Run every cell in a fresh kernel; CourseError with the cell and the reason when one fails."""
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False, extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(course.solutions_folder() / stage.id)}},
    )
    try:
        with _environment({**os.environ, "VAE_COURSE_SOLUTIONS": None, "VAE_COURSE_PROGRESS": "off", "TQDM_DISABLE": "1"}):
            client.execute()
    except CellExecutionError as error:
        failed = next(c for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", ())))
        raise CourseError(
            f"{stage.id} stopped at cell {notebook.cells.index(failed) + 1}, which begins "
            f"{failed.source.strip().splitlines()[0]!r}: {error.ename}: {error.evalue}"
        ) from error
    except (CellTimeoutError, DeadKernelError) as error:
        done = [c.get("execution_count") for c in notebook.cells if c.cell_type == "code"].index(None)
        raise CourseError(f"{stage.id} stopped at code cell {done + 1}: {type(error).__name__}.") from error
    notebook.metadata.pop("widgets", None)  # it holds solved outputs, under new ids each time
    notebook.metadata.pop("language_info", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what a widget shows is gone with its kernel, and its id is another one each time
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            said = next((o.data.get("text/plain", "") for o in cell.outputs if "data" in o), "nothing")
            if not said.startswith("✓"):
                raise CourseError(f"{stage.id}: {cell.source} says {said.splitlines()[0]!r} of the reference itself.")
        if cell.cell_type == "code" and any(o.get("name") == "stderr" for o in cell.outputs):
            raise CourseError(f"{stage.id} writes to stderr in the cell that begins {cell.source.splitlines()[0]!r}.")


@contextlib.contextmanager
def _environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """These environment variables inside the block, and afterwards whatever there was before."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({name: value for name, value in values.items() if value is not None})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook) + "\n"


def _without_outputs(notebook: NotebookNode) -> list:
    return [[cell.id, cell.cell_type, cell.source, dict(cell.metadata)] for cell in notebook.cells]


_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def _seals_agree(one: str, other: str) -> bool:
    """Equal texts; or, since another processor may round the last digit otherwise, equal but for that digit."""
    if one == other:
        return True
    if _NUMBER.sub("0", one) != _NUMBER.sub("0", other):
        return False
    old, new = read_seals(one), read_seals(other)
    return all(
        seal.gaps(seal.wanted, new[name].wanted).get("exact", 0.0) < 0.1
        and seal.gaps(seal.cases, new[name].cases).get("exact", 0.0) < 0.1
        and all(
            max(seal.gaps(a.outcomes, b.outcomes).values(), default=0.0) < 0.1
            for a, b in zip(seal.mistakes, new[name].mistakes, strict=True)
        )
        for name, seal in old.items()
    )
