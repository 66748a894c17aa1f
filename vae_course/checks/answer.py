"""What a learner hands in, in whatever form, as a namespace here or as bytes for a process of its own."""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FunctionType, ModuleType

import cloudpickle

from vae_course import course
from vae_course.checks.loader import Block, Namespace, Program, load, read_learners_notebook
from vae_course.checks.trouble import installed
from vae_course.course import CourseError


@dataclass(frozen=True)
class Written:
    """An answer as source text."""

    program: Program

    @contextmanager
    def names(
        self, given: Mapping[str, object], seconds: float, instead: Sequence[str] = ()
    ) -> Iterator[Mapping[str, object]]:
        """The names that the program makes, beside those given; of the names in `instead` the given ones count."""
        yield load(self.program, given, seconds, instead)

    def to_note(self, exercise: str) -> dict:
        return {"program": [asdict(block) for block in self.program]}


_ABSENT = object()


@dataclass(frozen=True)
class Live:
    """An answer as functions that live in this process."""

    mapping: Mapping[str, object]

    @contextmanager
    def names(
        self, given: Mapping[str, object], seconds: float, instead: Sequence[str] = ()
    ) -> Iterator[Mapping[str, object]]:
        """The live names, and the given ones where there is none or `instead` says so, also for the functions that
        call them."""
        before: list[tuple[dict, str, object]] = []
        for value in list(self.mapping.values()):  # the mapping may be the namespace that names are lent to
            if isinstance(value, FunctionType):
                own = value.__globals__
                for name in given.keys():
                    if name in instead or not (name in own or name in self.mapping):
                        before.append((own, name, own.get(name, _ABSENT)))
                        own[name] = given[name]
        try:
            yield Namespace({**given, **self.mapping, **{name: given[name] for name in instead}})
        finally:
            for names, name, value in reversed(before):
                if value is _ABSENT:
                    names.pop(name, None)
                else:
                    names[name] = value

    def to_note(self, exercise: str) -> dict:
        """Only ever sent from this process to a child of it; what comes back is never a pickle."""
        answers = {
            name: value for name, value in self.mapping.items()
            if isinstance(value, (FunctionType, type)) or (name == exercise and callable(value))
        }
        try:
            with _by_value({getattr(value, "__module__", None) for value in answers.values()} - {None}):
                return {"pickle": base64.b64encode(cloudpickle.dumps(answers)).decode()}
        except (TypeError, ValueError, AttributeError, pickle.PicklingError, RecursionError) as error:
            raise CourseError(
                f"The answer cannot be sent to a process of its own ({error}); save it in a notebook and check that."
            ) from error


@contextmanager
def _by_value(names: set[str]) -> Iterator[None]:
    """Modules of the learner's own travel whole: the child process finds only what is installed."""
    modules = [module for name in names if (module := sys.modules.get(name)) and not installed(module)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


Answer = Written | Live


def from_note(note: Mapping) -> Answer:
    """The answer that `to_note` wrote."""
    if "program" in note:
        return Written(tuple(Block(**block) for block in note["program"]))
    return Live(cloudpickle.loads(base64.b64decode(note["pickle"])))


def as_answer(given: object, exercise: str) -> Answer:
    """`given` as an answer: a mapping of names, a module, a notebook's path, a program, or an Answer already."""
    if isinstance(given, (Written, Live)):
        return given
    if isinstance(given, Mapping):
        return Live(given)
    if isinstance(given, ModuleType):
        return Live(vars(given))
    if isinstance(given, tuple) and all(isinstance(block, Block) for block in given):
        return Written(given)
    if isinstance(given, (str, Path)):
        stage, _ = course.find_exercise(exercise)
        return Written(read_learners_notebook(Path(given), stage))
    raise CourseError(
        f"The answer to {exercise} was given as a {type(given).__name__}; give a dict of names, a module, "
        "or the path of a notebook."
    )
