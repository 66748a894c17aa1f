"""Making seals: run the reference and every wrong answer of the bank on cases, and refuse what cannot be told apart.

The reference is read from a stage's notebook in `solutions/` by the same loader that reads a learner's.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import torch

from vae_course import course
from vae_course.checks.answer import Written
from vae_course.checks.bank import Entry, read_bank
from vae_course.checks.compare import APART
from vae_course.checks.judging import view_of
from vae_course.checks.loader import Program, program, read_notebook
from vae_course.checks.probing import Evidence, Outcome, find_probe, run_probe, summarised
from vae_course.checks.runner import judge_outcomes
from vae_course.checks.seal import Mistake, Seal, rounded
from vae_course.checks.trouble import Trouble
from vae_course.course import CourseError, Stage

HIDDEN_SEEDS = 4  # fresh draws that a mark looks at
REPEATS = 64  # runs of the reference that give a statistic its standard error
SECONDS = 60.0


def make_seal(
    exercise: str, reference: Program, cases: Sequence[Evidence], bank: Sequence[Entry], hidden: bool = False
) -> Seal:
    """The seal of `exercise` on `cases`. CourseError when the reference fails or two answers look the same.

    `hidden`: for marking. Chance may have drawn cases on which a known mistake does not show, or looks like another one;
    it is left out then, or told by the visible cases, and nobody's mark waits for that.
    """
    _, found = course.find_exercise(exercise)
    cases = [rounded(case) for case in cases]
    kinds = getattr(find_probe(exercise), "kinds", {})
    wanted, errors = _reference(exercise, reference, cases, kinds)
    bare = Seal(found, kinds, cases, wanted, errors, hidden=hidden)
    bare = Seal(found, kinds, cases, [*bare.hashed(wanted)], errors, hidden=hidden)
    broken = {part: what for part, what in judge_outcomes([bare], bare.wanted).items() if what is not None}
    if broken:
        part, what = next(iter(broken.items()))
        raise CourseError(f"The reference of {exercise} fails its own check at {part}: {what.sentence}")
    mistakes = [_mistake(bare, entry) for entry in bank if not entry.alias_of]
    seal = Seal(found, kinds, cases, bare.wanted, errors, [m for m in mistakes if m is not None], hidden)
    if hidden:
        return seal
    _refuse_look_alikes(seal)
    for entry in bank:
        if entry.alias_of:
            _refuse_false_alias(seal, entry)
    return seal


def _reference(
    exercise: str, reference: Program, cases: Sequence[Evidence], kinds: dict[str, str]
) -> tuple[list[Evidence], list[dict[str, torch.Tensor]]]:
    """What the reference gives, and the standard error of each statistic: their mean and spread over REPEATS runs."""
    statistics = {key for key, kind in kinds.items() if kind == "statistic"}
    runs = []
    for seed in range(REPEATS if statistics else 1):
        run = run_probe(exercise, find_probe(exercise), Written(reference), cases, SECONDS, seed)
        outcomes = summarised(exercise, cases, run.outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Trouble):
                raise CourseError(f"The reference of {exercise} fails: {outcome.text} {outcome.line}".strip())
        runs.append(outcomes)
    wanted, errors = [], []
    for index, first in enumerate(runs[0]):
        wanted.append(dict(first))
        errors.append({})
        for key in sorted(statistics & first.keys()):
            draws = torch.stack([torch.as_tensor(run[index][key]).double() for run in runs])
            wanted[-1][key] = draws.mean(0)
            errors[-1][key] = draws.std(0) * (1 + 1 / REPEATS) ** 0.5
    return [rounded(evidence) for evidence in wanted], [rounded(error) for error in errors]


def _mistake(seal: Seal, entry: Entry) -> Mistake | None:
    """How `entry` shows on the cases of `seal`; where it does not show, None if they are hidden and CourseError if not."""
    outcomes, failed = _outcomes(seal, entry)
    if seal.hidden and (not failed or seal.silent(outcomes, view_of(entry.exercise, failed[0]))):
        return None
    where = f"{entry.id} (wrong answer to {entry.exercise})"
    if not failed:
        raise CourseError(f"{where} passes the check; strengthen the check or move it to the alternatives.")
    view = view_of(entry.exercise, failed[0])
    if seal.silent(outcomes, view):
        raise CourseError(f"{where} never gives a result, so it cannot be told from any other error: {outcomes[0]}")
    if not entry.sentence.strip() or not entry.question.strip():
        raise CourseError(f"{where} has no sentence or no question; write both.")
    return Mistake(entry.id, entry.sentence, entry.question, seal.shown(outcomes, view), failed)


def _outcomes(seal: Seal, entry: Entry) -> tuple[list[Outcome], tuple[str, ...]]:
    name = seal.exercise.name
    run = run_probe(name, find_probe(name), Written(entry.program), seal.cases, SECONDS)
    found = summarised(name, seal.cases, run.outcomes)
    outcomes = seal.hashed([o if isinstance(o, Trouble) else rounded(o) for o in found])
    broken = judge_outcomes([seal], outcomes)
    return outcomes, tuple(part for part, what in broken.items() if what is not None)


def _refuse_look_alikes(seal: Seal) -> None:
    known = [("the right answer", seal.wanted, ()), *((m.id, m.outcomes, m.failed) for m in seal.mistakes)]
    for (a, gave_a, failed_a), (b, gave_b, failed_b) in itertools.combinations(known, 2):
        if failed_a and failed_a[0] != failed_b[0]:
            continue
        gaps = seal.gaps(gave_a, gave_b, view_of(seal.exercise.name, failed_b[0]))
        apart = any(distance >= APART[kind] for kind, distance in gaps.items())
        if "property" in seal.kinds.values() and failed_a != failed_b:
            apart = True
        if not apart:
            nearest = ", ".join(f"{distance:.1f} tolerances ({kind})" for kind, distance in gaps.items()) or "nothing"
            raise CourseError(
                f"{seal.exercise.name}: {a} and {b} cannot be told apart, they differ by {nearest}; choose other cases, "
                "add evidence, or make one an alias of the other."
            )


def _refuse_false_alias(seal: Seal, entry: Entry) -> None:
    original = next((mistake for mistake in seal.mistakes if mistake.id == entry.alias_of), None)
    if original is None:
        raise CourseError(f"{entry.id} is an alias of {entry.alias_of}, which is not in the bank of {entry.exercise}.")
    outcomes, failed = _outcomes(seal, entry)
    if not failed or not seal.same(outcomes, failed, original):
        raise CourseError(f"{entry.id} is not the same function as {entry.alias_of}; give it an entry of its own.")


def reference_program(stage: Stage) -> Program:
    """The answers of `stage`, from its notebook in `solutions/`."""
    return program(read_notebook(course.solutions_folder() / stage.id / f"{stage.id}.ipynb"))


def bank(stage: Stage, exercise: str, file: str = "misconceptions.py") -> list[Entry]:
    """The wrong answers to `exercise`, or with "alternatives.py" the right ones."""
    return read_bank(course.solutions_folder() / stage.id / file, exercise)


def hidden_cases(stage: Stage) -> Callable[[str, int], list[Evidence]]:
    """`cases(exercise, seed)` of a stage: fresh inputs for the same checks."""
    return _fresh_inputs(stage).cases


def _fresh_inputs(stage: Stage) -> ModuleType:
    path = course.solutions_folder() / stage.id / "hidden_cases.py"
    return _import(path, path.stat().st_mtime_ns)


@functools.lru_cache
def _import(path: Path, modified: int):
    spec = importlib.util.spec_from_file_location(f"hidden_cases_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.lru_cache
def hidden_seal(exercise: str, seeds: tuple[int, ...], diagnose: bool = True, long: bool = False) -> Seal:
    """A seal on fresh inputs, one draw a seed. `diagnose`: with the bank of wrong answers. `long`: with the inputs on which an
    answer takes seconds, where the stage has such `long_cases`."""
    stage, _ = course.find_exercise(exercise)
    inputs = _fresh_inputs(stage)
    cases = [case for seed in seeds for case in inputs.cases(exercise, seed)]
    if long and hasattr(inputs, "long_cases"):
        cases += inputs.long_cases(exercise, seeds[0])
    entries = bank(stage, exercise) if diagnose else []
    return make_seal(exercise, reference_program(stage), cases, entries, hidden=True)


def marking_seal(exercise: str, first: int) -> Seal:
    """What a mark compares with beside the visible numbers: HIDDEN_SEEDS draws, from the seed `first` on, and the long inputs."""
    return hidden_seal(exercise, tuple(range(first, first + HIDDEN_SEEDS)), diagnose=False, long=True)
