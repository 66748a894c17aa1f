"""Banks of wrong and right answers, written as code in `solutions/NN_name/misconceptions.py` and `alternatives.py`.

Each entry is a function (or class) under `@wrong(...)` or `@right(...)`. Its own name is the entry's id; to run, it is
renamed to the exercise. What stands undecorated in the file (imports, helpers) comes with every entry.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vae_course.checks.loader import Block, Program
from vae_course.course import CourseError


def wrong(exercise: str, sentence: str = "", question: str = "", alias_of: str = "") -> Callable:
    """A wrong answer to `exercise`: the sentence that names the mistake, and a question that leads out of it.

    `alias_of`: the id of an entry that is the same function, written differently; it has no sentence of its own.
    """
    return lambda function: function


def right(exercise: str) -> Callable:
    """A right answer to `exercise`, written in another style: it must pass."""
    return lambda function: function


@dataclass(frozen=True)
class Entry:
    """One answer in a bank, with the source that runs it."""

    id: str
    exercise: str
    program: Program
    sentence: str = ""
    question: str = ""
    alias_of: str = ""


def read_bank(path: Path, exercise: str) -> list[Entry]:
    """The entries for `exercise` in the file at `path`, in order; none when there is no such file."""
    if not path.is_file():
        return []
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    entries = [(node, told) for node in tree.body if (told := _told(node, path))]
    shared = [node for node in tree.body if all(node is not entry for entry, _ in entries)]
    preamble = Block(path.name, ast.unparse(ast.Module(shared, [])), True)
    bank = []
    for node, told in entries:
        if told["exercise"] != exercise:
            continue
        name, node.name, node.decorator_list = node.name, exercise, []
        bank.append(Entry(name, program=(preamble, Block(exercise, ast.unparse(node), True)), **told))
    repeated = {entry.id for entry in bank if sum(other.id == entry.id for other in bank) > 1}
    if repeated:
        raise CourseError(f"{path} has two entries called {', '.join(sorted(repeated))}; give each its own name.")
    return bank


def _told(node: ast.stmt, path: Path) -> dict[str, str] | None:
    """What the decorator of an entry says, as keyword arguments of Entry; None for anything else."""
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") in ("wrong", "right"):
            names = ("exercise", "sentence", "question", "alias_of")
            try:
                told = {name: ast.literal_eval(value) for name, value in zip(names, decorator.args)}
                return told | {key.arg: ast.literal_eval(key.value) for key in decorator.keywords}
            except ValueError as error:
                raise CourseError(f"{path}, line {node.lineno}: a decorator holds only plain text.") from error
    return None
