"""Which code of a notebook runs, and the namespace that it makes.

One loader for `vae-course check`, gates, grading, and for reading the reference out of `solutions/`. In order:
the setup cell of the release, then the cells of the notebook. Answer cells run whole; of every other cell runs only
what defines something (imports, functions, classes, literal values). What a cell demonstrates never runs.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import linecache
import re
import sys
import types
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vae_course import course
from vae_course.checks.trouble import TimeUp, Trouble, explain
from vae_course.course import CourseError, Stage

if TYPE_CHECKING:
    from nbformat import NotebookNode

SETUP = "setup"  # the tag of a stage's first code cell
LARGEST_NOTEBOOK = 16 * 2**20


@dataclass(frozen=True)
class Block:
    """Source text to run. `whole`: as it stands; otherwise only the definitions in it, and where it is the learner's
    `own`, also constants that math, torch or numpy compute."""

    label: str
    source: str
    whole: bool
    own: bool = False


Program = tuple[Block, ...]


def read_notebook(path: Path) -> NotebookNode:
    """The notebook at `path`, in format 4. CourseError when it cannot be read or is no notebook."""
    import nbformat  # here and not above: it takes as long to import as torch, and a check in a kernel reads no notebook

    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            raise CourseError(
                f"{path} is larger than {LARGEST_NOTEBOOK >> 20} MB; clear its outputs and save it again."
            )
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except CourseError:
        raise
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except Exception as error:  # nbformat meets unexpected JSON with TypeError, AssertionError and others
        raise CourseError(
            f"{path} is not a Jupyter notebook that can be read; save it again from Jupyter as .ipynb, "
            "or start the stage afresh with `vae-course reset`, which keeps the old file."
        ) from error
    return notebook


def read_learners_notebook(path: Path, stage: Stage) -> Program:
    """The program in a learner's copy of `stage`; the setup cell is the release's own.

    Raises CourseError when the notebook belongs to another course, stage or release.
    """
    notebook = read_notebook(path)
    release = read_notebook(course.released_notebook(stage))
    told = notebook.metadata.get("vae_course")
    if not isinstance(told, Mapping):
        raise CourseError(
            f"{path} is not a notebook of this course; give the path of your {stage.id}.ipynb, "
            "or get a fresh copy with `vae-course learn`."
        )
    if told.get("stage") != stage.id:
        raise CourseError(f"{path} belongs to stage {told.get('stage')}, not to {stage.id}; name the stage it is of.")
    mine, installed = told.get("release"), release.metadata.vae_course.release
    if mine != installed:
        raise CourseError(
            f"{path} was made from release {mine} of {stage.id} and release {installed} is installed; "
            f"`vae-course update {stage.number}` moves your answers into it and keeps the old file."
        )
    return program(notebook, setup_from=release)


def program(notebook: NotebookNode, setup_from: NotebookNode | None = None) -> Program:
    """The blocks of `notebook` that may run, the setup cell taken from `setup_from` when given."""
    setup = [cell for cell in (setup_from or notebook).cells if SETUP in cell.metadata.get("tags", ())]
    blocks = [Block(SETUP, cell.source, False) for cell in setup]
    sources = {cell.source for cell in setup}
    released = {cell.get("id") for cell in (setup_from or notebook).cells}
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or cell.source in sources:  # a setup cell that the learner added to runs as well
            continue
        answer = answer_name(cell)
        blocks.append(Block(answer or f"cell {number}", cell.source, answer is not None, cell.get("id") not in released))
    return tuple(blocks)


def answer_name(cell: NotebookNode) -> str | None:
    """The exercise that this cell answers, if it is an answer cell."""
    told = cell.metadata.get("nbgrader")
    if isinstance(told, Mapping) and told.get("solution") and not told.get("grade") and cell.cell_type == "code":
        return str(told.get("grade_id"))
    return None


class Namespace(dict):
    """The names that a program made, and what went wrong in which block."""

    def __init__(self, given: Mapping[str, object] = ()):
        super().__init__(given)
        self.troubles: dict[str, Trouble] = {}
        self.skipped: set[str] = set()  # set by statements of the notebook that did not run


def load(
    blocks: Program, given: Mapping[str, object], seconds: float, instead: Sequence[str] = ()
) -> Namespace:
    """Run `blocks` and return the names they define; a block that fails leaves its Trouble and the next one runs.

    `given` are names of the course that are there before the first block (what earlier exercises provide); those in
    `instead` are put back after the last.
    """
    module = types.ModuleType("learners_notebook")
    sys.modules[module.__name__] = module  # dataclasses and pickling look a class's module up there
    module.__dict__.update(given, get_ipython=lambda: _NoShell())
    names = Namespace()
    for block in blocks:
        try:
            pieces, skipped = _pieces(block)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            names.troubles[block.label] = explain(error, f"The cell of {block.label}", seconds)
            continue
        names.skipped |= skipped
        for code in pieces:
            try:
                exec(code, module.__dict__)
            except (TimeUp, KeyboardInterrupt):
                raise
            except BaseException as error:
                names.troubles[block.label] = explain(error, f"The cell of {block.label}", seconds)
    module.__dict__.update({name: given[name] for name in instead})
    names.update(module.__dict__)
    return names


def imports(source: str) -> types.CodeType:
    """The import statements of some code, and nothing else of it."""
    statements = [node for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return compile(ast.Module(statements, []), "<imports>", "exec")


_PROMPT = re.compile(r"\s*In \[")  # of IPython, in front of code from elsewhere; for Python an annotation
_RUNS_ITS_CELL = re.compile(r"\s*%%(time|capture|prun)\b.*")  # the cell below these magics is plain Python


def _pieces(block: Block) -> tuple[tuple[types.CodeType, ...], frozenset[str]]:
    """The code of a block that may run: in one piece, or its definitions one by one, so that one which fails
    does not take the next with it. And the names that its other statements would have set."""
    name, (source, lines, tree) = f"<{block.label}>", _python(block.source)
    linecache.cache[name] = (len(source), None, lines, name)
    return _compiled(tree or ast.parse(source, filename=name), name, block.whole, block.own)


@functools.lru_cache(maxsize=512)
def _python(source: str) -> tuple[str, list[str], ast.Module | None]:
    """The Python of a cell, without IPython's own notation, and its lines; Python itself finds sooner that there is none,
    and then it is parsed already."""
    if not _PROMPT.match(source):
        with contextlib.suppress(SyntaxError):
            return source, source.splitlines(keepends=True), ast.parse(source)
    from IPython.core.inputtransformer2 import TransformerManager

    plain = TransformerManager().transform_cell(_RUNS_ITS_CELL.sub("", source))
    return plain, plain.splitlines(keepends=True), None


@functools.lru_cache(maxsize=512)
def _compiled(
    tree: ast.Module, name: str, whole: bool, own: bool
) -> tuple[tuple[types.CodeType, ...], frozenset[str]]:
    if whole:
        return (compile(tree, name, "exec"),), frozenset()
    run = [part for part in tree.body if _defines(part, own)]
    skipped = {target for part in tree.body if part not in run for target in _targets(part)}
    return tuple(compile(ast.Module([part], []), name, "exec") for part in run), frozenset(skipped)


_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _defines(statement: ast.stmt, own: bool) -> bool:
    if isinstance(statement, _DEFINITIONS):
        return True
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if not all(isinstance(node, _NAMES) for target in targets for node in ast.walk(target)):
        return False
    value = statement.value
    roots = _OWN if own else {"math"}
    return isinstance(value, ast.Lambda) or all(isinstance(n, _LITERAL) or _pure_call(n, roots) for n in ast.walk(value))


_NAMES = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
_LITERAL = (
    ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop,
    ast.expr_context, ast.Name, ast.Attribute, ast.keyword,
)


_OWN = {"math", "torch", "np", "numpy", "float", "int"}


def _pure_call(node: ast.AST, roots: Set[str]) -> bool:
    """A call of one of these or what is in them, as in LOG_2PI = torch.log(torch.tensor(2 * math.pi))."""
    if not isinstance(node, ast.Call):
        return False
    root = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in roots


def _targets(statement: ast.stmt) -> set[str]:
    """The names that a statement would set."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


class _NoShell:
    """What stands for IPython's shell: every magic does nothing."""

    def __getattr__(self, name: str):
        return lambda *args, **kwargs: None
