"""Running a learner's code on cases and collecting what it returns as evidence.

A probe is a function `probe(ns, case) -> dict` in `checks/probes/stage_NN.py`, named as its exercise. It runs beside
the learner's code, so it decides nothing: it only turns what the learner returned into plain tensors and scalars.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import importlib
import io
import os
import numbers
import warnings
import zlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import torch

from vae_course import course
from vae_course.checks import wire
from vae_course.checks.held import Ask, Held
from vae_course.checks.limits import time_limit
from vae_course.checks.trouble import Missing, Trouble, Unfit, a, explain

if TYPE_CHECKING:
    from vae_course.checks.answer import Answer

Case = Mapping[str, wire.Value]
Evidence = dict[str, wire.Value]
Outcome = Evidence | Trouble
Probe = Callable[["Names", Case], Evidence]
Limit = Callable[[float], contextlib.AbstractContextManager[None]]

PRINTED = 2000  # characters kept of what the learner's code prints


@dataclass(frozen=True)
class Run:
    """What came of one run of a probe over its cases: one outcome a case, what the code printed, and which values it read
    that are neither its arguments nor constants by name, and which of the exercises that it builds on it may call."""

    outcomes: list[Outcome]
    printed: str = ""
    reads: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The run in wire format."""
        parcels = [{} if isinstance(outcome, Trouble) else outcome for outcome in self.outcomes]
        troubles = {i: o.to_json() for i, o in enumerate(self.outcomes) if isinstance(o, Trouble)}
        return wire.pack(parcels, {"troubles": troubles, "printed": self.printed, "reads": self.reads, "uses": self.uses})

    @classmethod
    def from_bytes(cls, data: bytes) -> Run:
        parcels, note = wire.unpack(data)
        outcomes: list[Outcome] = list(parcels)
        for index, trouble in note["troubles"].items():
            outcomes[int(index)] = Trouble(**trouble)
        return cls(outcomes, note["printed"], tuple(note["reads"]), tuple(note["uses"]))


def kinds(**by_key: str) -> Callable[[Probe], Probe]:
    """Declare how evidence is compared: `exact` (the default), `coarse`, `statistic`, `choice` or `property` for each key."""

    def mark(probe: Probe) -> Probe:
        probe.kinds = by_key
        return probe

    return mark


def shows(hold: Callable[[Case], Held]) -> Callable[[Callable[[Names, Ask], Evidence]], Probe]:
    """Declare that an answer is tried on a program that it may not know, which `hold` makes of a case; the probe gets no
    case, but what asks that program, and the holder's evidence goes before its own.

    Outside of this process every case has a process of its own, so that an answer cannot compare one with another.
    """

    def mark(probe: Callable[[Names, Ask], Evidence]) -> Probe:
        probe.hold = hold
        return probe

    return mark


def held(exercise: str, case: Case) -> Held | None:
    """The program of a case, where the answer is tried on one."""
    hold = getattr(find_probe(exercise), "hold", None)
    return hold and hold(case)


def blank(case: Case) -> Case:
    """What is known of a case where its program is not held."""
    return {"case": "a program", "fingerprint": _fingerprint(case)}


def in_processes_apart(exercise: str) -> bool:
    return hasattr(find_probe(exercise), "hold")


def summary(summarise: Callable[[Case, Evidence], Evidence]) -> Callable[[Probe], Probe]:
    """Declare what the judge makes of the evidence before it compares: `summarise(case, evidence)`.

    It runs on the judge's side, never beside the learner's code, and raises Unfit for evidence that it cannot read. For
    answers of which only something that follows is known, such as the moments of a sample.
    """

    def mark(probe: Probe) -> Probe:
        probe.summarise = summarise
        return probe

    return mark


def warms(*modules: str) -> Callable[[Probe], Probe]:
    """Declare what the answers import that takes long: a warm process has it before the clock of an answer starts."""

    def mark(probe: Probe) -> Probe:
        probe.imports = modules
        return probe

    return mark


def summarised(exercise: str, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes as they are compared."""
    summarise = getattr(find_probe(exercise), "summarise", None)
    if summarise is None:
        return list(outcomes)
    return [
        outcome if isinstance(outcome, Trouble) else _tried(exercise, summarise, case, outcome)
        for case, outcome in zip(cases, outcomes, strict=True)
    ]


def _tried(exercise: str, summarise: Callable[[Case, Evidence], Evidence], case: Case, evidence: Evidence) -> Outcome:
    try:
        return summarise(case, evidence)
    except Unfit as error:
        return explain(error, exercise, 0.0)


def find_probe(exercise: str) -> Probe:
    """The probe of `exercise`."""
    stage, _ = course.find_exercise(exercise)
    return getattr(importlib.import_module(f"vae_course.checks.probes.stage_{stage.number}"), exercise)


_NUMBERS = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int32, torch.int64}


def tensor(value: object, what: str, verb: str = "returned") -> torch.Tensor:
    """`value`, if it is a real tensor; otherwise Unfit, saying what `what` (`gaussian_kl`) returned, or is, instead."""
    if not isinstance(value, torch.Tensor):
        raise unfit(value, what, "a torch.Tensor", verb=verb)
    if value.is_complex():
        raise Unfit(f"{what} {verb} complex numbers; real ones are expected.")
    if value.dtype not in _NUMBERS:
        given = "truth values" if value.dtype == torch.bool else f"numbers of type {value.dtype}"
        raise Unfit(f"{what} {verb} {given}; floating-point numbers are expected.")
    return value


def scalar(value: object, what: str) -> torch.Tensor:
    """`value` as a tensor without axes, if it is one real number, be it Python's, NumPy's or torch's; else Unfit."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64)
    if isinstance(value, torch.Tensor):
        return tensor(value, what, "is")
    raise Unfit(f"{what} is {_described(value)}; one number is expected.")


def sequence(value: object, form: str, what: str, sizes: Container[int]) -> Sequence:
    """`value`, if it is a tuple or list of one of the `sizes`; otherwise Unfit, saying what `what` gave, not `form`."""
    if isinstance(value, (tuple, list)) and len(value) in sizes:
        return value
    raise unfit(value, what, form)


def pair(value: object, names: str, what: str) -> Sequence:
    """`value`, if it is a tuple or list of two; otherwise Unfit, saying what `what` gave instead of (`names`)."""
    return sequence(value, f"the pair ({names})", what, (2,))


def dictionary(value: object, keys: Sequence[str], what: str) -> Mapping:
    """`value`, if it is a dict that has all of `keys`; otherwise Unfit, saying what `what` gave instead."""
    form = f"the dict with the keys {', '.join(keys)}"
    if isinstance(value, Mapping) and not value:
        form = f"the dict is empty, and one with the keys {', '.join(keys)}"
    if isinstance(value, Mapping) and all(key in value for key in keys):
        return value
    lacking = [key for key in keys if key not in value] if isinstance(value, Mapping) and value else []
    without = f" without {' and '.join(lacking)}" if lacking else ""
    raise unfit(value, what, form, without)


def module(value: object, what: str) -> torch.nn.Module:
    """`value`, if it is a torch module; otherwise Unfit, saying what `what` gave instead."""
    if isinstance(value, torch.nn.Module):
        return value
    raise unfit(value, what, "a torch.nn.Module")


def unfit(value: object, what: str, form: str, without: str = "", verb: str = "returned") -> Unfit:
    """What `what` returned, or is, and not `form`. Of a function that returned None it asks for the `return`."""
    end = ": is a `return` missing?" if value is None and verb == "returned" else "."
    return Unfit(f"{what} {verb} {_described(value)}{without}; {form} is expected{end}")


def _described(value: object) -> str:
    """`a list of 3`, `an int`, `None`."""
    if value is None:
        return "None"
    size = f" of {len(value)}" if isinstance(value, (tuple, list)) else ""
    return f"{a(type(value).__name__)}{size}"


def gradients(value: torch.Tensor, inputs: Mapping[str, torch.Tensor]) -> Evidence:
    """d(sum of value)/d(input) for each input, under its name with a `d_` before it; "none" where no gradient reaches, and
    "broken" where torch cannot go back, since something on the way was overwritten or its record is used up."""
    if not value.requires_grad:
        return {f"d_{name}": "none" for name in inputs}
    try:
        grads = torch.autograd.grad(value.sum(), list(inputs.values()), allow_unused=True)
    except RuntimeError:
        return {f"d_{name}": "broken" for name in inputs}
    return {f"d_{name}": "none" if grad is None else grad for name, grad in zip(inputs, grads, strict=True)}


class Names(dict):
    """A learner's namespace that says which name is missing."""

    def __init__(self, names: Mapping[str, object]):
        super().__init__(names)
        self.troubles: Mapping[str, Trouble] = getattr(names, "troubles", {})
        self.skipped: Set[str] = getattr(names, "skipped", frozenset())

    def __missing__(self, name: str):
        raise Missing(name)


def run_probe(
    exercise: str, probe: Probe, answer: Answer, cases: Sequence[Case], seconds: float, seed: int = 0,
    instead: Sequence[str] = (), limit: Limit = time_limit, ask: Ask | None = None,
) -> Run:
    """Run `probe` on every case within `seconds` in all. Never raises for anything that the learner's code does.

    `seed` and the case fix the noise that the learner's code draws. Names that the exercise builds
    on come from the course's toolbox where the answer lacks them, and where they are in `instead`. `limit` raises
    TimeUp in its block once that many seconds are over, by whatever clock it holds. `ask` reaches the program of a case, where
    it is held elsewhere, and the holder's evidence is not in the outcome then.
    """
    outcomes: list[Outcome] = []
    look = functools.partial(_evidence, exercise, probe, ask)
    heard = _Heard()
    reads, uses = (), ()
    with (
        contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard), torch.random.fork_rng(devices=[]),
        warnings.catch_warnings(action="ignore"), _plain_torch(),
    ):
        try:
            given = course_names(exercise)
            with limit(seconds), torch.enable_grad(), answer.names(given, seconds, instead) as found:
                names = Names(found)
                reads = _left_over(names.get(exercise), names)
                uses = _reached(names.get(exercise), names, list(given))
                for case in cases:
                    torch.default_generator.manual_seed(seed + _fingerprint(case))  # torch.manual_seed formats a stack each time
                    outcomes.append(_outcome(exercise, look, names, case, seconds))
        except BaseException as error:
            trouble = explain(error, exercise, seconds)
            outcomes += [trouble] * (len(cases) - len(outcomes))
    return Run(outcomes, heard.getvalue()[:PRINTED].encode("utf-8", "replace").decode("utf-8"), reads, uses)


class _Heard(io.StringIO):
    """What the learner's code prints; code that closes its output closes nothing."""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _plain_torch() -> Iterator[None]:
    """torch's own defaults for the check, and afterwards what there was before, whatever the learner's code sets."""
    dtype, device, folder = torch.get_default_dtype(), torch.get_default_device(), os.getcwd()
    torch.set_default_dtype(torch.float32)
    _use_device(torch.device("cpu"))
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        _use_device(device)
        os.chdir(folder)


def _use_device(device: torch.device) -> None:
    """Make `device` the default. Setting one slows every call of torch, so nothing is set where nothing changes."""
    if torch.get_default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)


def _reached(function: object, names: Mapping[str, object], wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of the `wanted` names that a function mentions, or a function that it mentions; all when it cannot be read."""
    if not isinstance(function, FunctionType):
        return tuple(wanted)
    mentioned: set[str] = set()
    todo = [function]
    while todo:
        for name in _mentioned(todo.pop().__code__) - mentioned:
            mentioned.add(name)
            if isinstance(names.get(name), FunctionType):
                todo.append(names[name])
    return tuple(name for name in wanted if name in mentioned)


def _mentioned(code: CodeType) -> set[str]:
    """The global names that some code looks up, the functions inside it included; not the attributes of objects."""
    inner = [_mentioned(const) for const in code.co_consts if isinstance(const, CodeType)]
    own = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    return own.union(*inner)


def _left_over(function: object, names: Mapping[str, object]) -> tuple[str, ...]:
    """Lower-case or one-letter names of plain values that a function reads from outside, as a lesson's cells leave them."""
    if not isinstance(function, FunctionType):
        return ()
    values = {name: function.__globals__.get(name, names.get(name)) for name in _mentioned(function.__code__)}
    plain = {name for name, value in values.items() if isinstance(value, (torch.Tensor, int, float, list, tuple, dict))}
    return tuple(sorted(name for name in plain if len(name) == 1 or not name.isupper()))


def course_names(exercise: str) -> dict[str, object]:
    """The course's own versions of what `exercise` builds on."""
    _, found = course.find_exercise(exercise)
    names = {}
    for name in found.builds_on:
        stage, _ = course.find_exercise(name)
        names[name] = getattr(importlib.import_module(f"vae_course.models.toolbox.stage_{stage.number}"), name)
    return names


def _fingerprint(case: Case) -> int:
    """A number that follows from the case, wherever it stands among others."""
    if "fingerprint" in case:
        return case["fingerprint"]
    text = [f"{key}={v.tolist() if isinstance(v, torch.Tensor) else v}" for key, v in sorted(case.items())]
    return zlib.crc32("\n".join(text).encode())


def _evidence(exercise: str, probe: Probe, ask: Ask | None, names: Names, case: Case) -> Evidence:
    if not hasattr(probe, "hold"):
        return probe(names, {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in case.items()})
    shown = None if ask else held(exercise, case)
    told = probe(names, ask or shown.answer)
    return told | shown.evidence() if shown else told


def _outcome(exercise: str, look: Probe, names: Names, case: Case, seconds: float) -> Outcome:
    try:
        evidence = look(names, case)
        return wire.carried(evidence)
    except (Exception, SystemExit) as error:
        if isinstance(error, Missing) and str(error.args[0]) in names.troubles:
            return names.troubles[str(error.args[0])]
        trouble = explain(error, exercise, seconds)
        if isinstance(error, NameError) and error.name in names.skipped:
            where = "Your notebook sets it in a cell that a check does not run, since that cell computes something"
            return replace(trouble, text=f"{trouble.text}. {where}; move the line into the answer cell.")
        return trouble
