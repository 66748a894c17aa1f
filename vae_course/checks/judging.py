"""The judge: the bodies in `judges/stage_NN.py`, each one part of one exercise.

A body gets one Trial at a time and states what must hold. It holds no formula: it compares evidence with sealed
numbers and states properties. A run that judged nothing is an error, never a pass.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from vae_course import course
from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.probing import Case, Evidence, Outcome
from vae_course.checks.trouble import Trouble
from vae_course.checks.wire import Value
from vae_course.course import Exercise

Row = tuple[str, str, str]  # where, yours, expected

NO_WAY_BACK = (  # of evidence that is "broken"; see `probing.gradients`
    "torch stops on the way back, since a number that it needs was overwritten in place, or since the record of the steps is "
    "used up.",
    "Which line changes a tensor that was used before, or asks for gradients itself?",
)


class Broken(AssertionError):
    """A statement about the evidence that does not hold."""

    def __init__(self, name: str, sentence: str, question: str = "", rows: Sequence[Row] = ()):
        super().__init__(sentence)
        self.name, self.sentence, self.question, self.rows = name, sentence, question, tuple(rows)
        self.hidden = False


class JudgeError(Exception):
    """The judge itself failed: a fault of the course, never of the answer."""


@dataclass(frozen=True)
class View:
    """What one part of a check looks at: these cases, and this evidence; all of it where a tuple is empty."""

    cases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def has_case(self, case: Case) -> bool:
        return not self.cases or case["case"] in self.cases

    def has_key(self, key: str) -> bool:
        return not self.keys or key in self.keys


@dataclass(frozen=True)
class Trial:
    """One case, what the answer gave on it, and what the seal says."""

    exercise: str
    case: Case
    outcome: Outcome
    want: Evidence
    kinds: Mapping[str, str]
    standard_errors: Mapping[str, torch.Tensor]
    hidden: bool = False

    def showing(self, keys: Sequence[str]) -> Trial:
        """This trial with no other evidence than that under `keys`; all of it when empty."""
        if not keys or isinstance(self.outcome, Trouble):
            return self
        return replace(self, outcome={key: self.outcome[key] for key in keys if key in self.outcome})

    @property
    def got(self) -> Evidence:
        """The evidence; Broken with the Trouble's own words when there is none."""
        if isinstance(self.outcome, Trouble):
            rows = [("", self.outcome.line, "")] if self.outcome.line else []
            raise Broken(self.outcome.kind, self.outcome.text, rows=rows)
        return self.outcome

    def fits(self, key: str, what: str | None = None) -> None:
        """The evidence under `key` has the sealed shape and no NaN or infinity that the seal has not."""
        what = what or self.exercise
        got, want = self.got[key], self.want[key]
        if not isinstance(want, torch.Tensor):
            return
        if isinstance(got, str) and got == "broken":  # asked of a tensor, == alone takes longer than all the rest
            raise Broken("gradient", f"{what} cannot be computed: {NO_WAY_BACK[0]}", NO_WAY_BACK[1])
        if not isinstance(got, torch.Tensor):
            raise Broken("gradient", f"{what} does not exist: something on the way cuts it off.",
                         "Which call turns a tensor with a history into one without?")
        if got.shape != want.shape:
            given, expected = tuple(got.shape), tuple(want.shape)
            raise Broken("shape", f"{what} has shape {given}; expected {expected}.",
                         "Which axes should be gone, and which should stay?", [("shape", str(given), str(expected))])
        if math.isfinite(got.sum().item()):  # then so is every entry; the other way round the sum may be too large
            return
        finite = got.isfinite()
        if not finite.all() and not finite.logical_or(~want.isfinite()).all():
            symbol = "NaN" if got.isnan().any() else "an infinity"
            at = worst(got, want)
            raise Broken("nan", f"{what} gives {symbol} where the answer is an ordinary number.",
                         "Which operation leaves the real numbers on these inputs?", [_row(at, got, want)])

    def same(self, key: str, what: str | None = None, sentence: str | None = None, question: str = "") -> None:
        """The evidence under `key` equals the sealed one, within the tolerance of its kind."""
        self.fits(key, what)
        got, want, kind = self.got[key], self.want[key], self.kinds.get(key, "exact")
        if gap(got, want, kind, self.standard_errors.get(key)) <= SAME:
            return
        tensors = isinstance(got, torch.Tensor) and isinstance(want, torch.Tensor)
        rows = [_row(worst(got, want), got, want)] if tensors else []
        sentence = sentence or f"{what or self.exercise} does not give the expected value on these inputs."
        raise Broken("", sentence, question, rows)

    def holds(self, truth: bool, sentence: str, question: str = "", rows: Sequence[Row] = ()) -> None:
        """State a property; Broken with `sentence` when it does not hold."""
        if not truth:
            raise Broken("", sentence, question, rows)


def number(value: Value) -> str:
    """A number as reports show it."""
    return f"{float(value):.4f}".rstrip("0").rstrip(".") if 1e-3 <= abs(float(value)) < 1e6 else f"{float(value):.4g}"


def beside(yours: Value, expected: Value) -> tuple[str, str]:
    """Two numbers that differ, as reports show them: with more digits where they would look the same."""
    shown = number(yours), number(expected)
    return shown if shown[0] != shown[1] else (f"{float(yours):.9g}", f"{float(expected):.9g}")


def _row(at: tuple[int, ...], got: torch.Tensor, want: torch.Tensor) -> Row:
    return (f"entry {list(at)}" if at else "value", *beside(got[at], want[at]))


def part(exercise: str, name: str, cases: Sequence[str] = (), keys: Sequence[str] = ()) -> Callable:
    """Mark a body as part `name` of `exercise`; it is run on every trial, or on those whose case is in `cases`.

    `keys`: the evidence that it looks at, and all that it is shown; everything when left out. A known mistake is told
    by what the first part that it breaks looks at.
    """

    def mark(body: Callable[[Trial], None]) -> Callable:
        @functools.wraps(body)
        def test(trials: Sequence[Trial]) -> None:
            chosen = [t for t in trials if not cases or t.case["case"] in cases]
            if not chosen:
                raise JudgeError(f"no case for part {name} of {exercise}")
            for trial in chosen:
                try:
                    body(trial.showing(keys))
                except Broken as broken:
                    broken.hidden = trial.hidden
                    raise

        test.part, test.view = (exercise, name), View(tuple(cases), tuple(keys))
        return test

    return mark


def _bodies(exercise: str) -> dict[str, Callable]:
    """The bodies of an exercise, by part."""
    stage, _ = course.find_exercise(exercise)
    try:
        judges = vars(importlib.import_module(f"vae_course.checks.judges.stage_{stage.number}"))
    except Exception as error:
        raise JudgeError(f"the judge of {stage.id} cannot be imported: {error!r}") from error
    marked = [body for body in judges.values() if getattr(body, "part", ("",))[0] == exercise]
    return {body.part[1]: body for body in marked}


@functools.lru_cache
def view_of(exercise: str, name: str) -> View:
    """What part `name` of `exercise` looks at."""
    return _bodies(exercise)[name].view


def judge(exercise: Exercise, trials: Sequence[Trial]) -> dict[str, Broken | None]:
    """For each part of `exercise`, what is broken, or None. All parts are judged."""
    bodies = _bodies(exercise.name)
    if missing := set(exercise.parts) - set(bodies):
        raise JudgeError(f"the judge of {exercise.name} did not judge {', '.join(sorted(missing))}")
    return {name: _broken(exercise.name, bodies[name], trials) for name in exercise.parts}


def _broken(exercise: str, body: Callable, trials: Sequence[Trial]) -> Broken | None:
    try:
        body(trials)
    except Broken as broken:
        return broken.with_traceback(None)  # which would keep all the evidence alive
    except (Exception, SystemExit) as error:
        raise JudgeError(f"the judge of {exercise} failed: {error!r}") from error
    return None
