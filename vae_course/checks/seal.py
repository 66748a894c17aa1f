"""Sealed numbers: the cases of an exercise, what the right answer gives on them, and what each known mistake gives.

A seal holds no formula. The visible seals are files (`sealed/NN_name.json`, written by `vae-course build`); a grader
makes the same object in memory from fresh cases.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from vae_course import course
from vae_course.checks.compare import SAME, gap
from vae_course.checks.judging import View, view_of
from vae_course.checks.probing import Evidence, Outcome
from vae_course.checks.trouble import Trouble
from vae_course.checks.wire import Value
from vae_course.course import CourseError, Exercise, Stage

FOLDER = Path(__file__).parent / "sealed"
DIGITS = 9  # significant digits kept: well inside every tolerance, and the same on every processor


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what to say, what to ask, and how it shows. Aliases are other ways to make it."""

    id: str
    sentence: str
    question: str
    outcomes: list[Outcome]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Seal:
    """What an exercise's answers are compared with. Lists run over the cases."""

    exercise: Exercise
    kinds: Mapping[str, str]
    cases: list[Evidence]
    wanted: list[Evidence]
    standard_errors: list[dict[str, torch.Tensor]]
    mistakes: list[Mistake] = field(default_factory=list)
    hidden: bool = False

    def kind(self, key: str) -> str:
        return self.kinds.get(key, "exact")

    def gaps(self, got: Sequence[Outcome], want: Sequence[Outcome], view: View = View()) -> dict[str, float]:
        """For each kind of evidence, the largest gap in `view` between two answers, in tolerances."""
        largest: dict[str, float] = {}
        for kind, distance in self._distances(got, want, view):
            largest[kind] = max(largest.get(kind, 0.0), distance)
        return largest

    def _distances(self, got: Sequence[Outcome], want: Sequence[Outcome], view: View) -> Iterator[tuple[str, float]]:
        """Each piece of evidence in `view`: its kind, and how far the two answers are apart. Trouble is a symbol."""
        for index, (a, b) in enumerate(zip(got, want, strict=True)):
            if not view.has_case(self.cases[index]):
                continue
            if isinstance(a, Trouble) or isinstance(b, Trouble):
                same = isinstance(a, Trouble) and isinstance(b, Trouble) and a.kind == b.kind
                yield "exact", 0.0 if same else math.inf
                continue
            for key in sorted({*a, *b}):
                kind = self.kind(key)
                if kind == "property" or not view.has_key(key):
                    continue
                both = key in a and key in b
                yield kind, gap(a[key], b[key], kind, self.standard_errors[index].get(key)) if both else math.inf

    def same(self, got: Sequence[Outcome], failed: Sequence[str], mistake: Mistake) -> bool:
        """Whether an answer is this mistake: both break the same part first, and what that part looks at agrees.

        What other parts look at does not count: a lost sign is that mistake also in an answer that has no gradient
        besides, or overflows somewhere else. Where evidence is only a property, the same parts must have failed.
        """
        if failed[0] != mistake.failed[0]:
            return False
        if "property" in self.kinds.values() and tuple(failed) != mistake.failed:
            return False
        view = view_of(self.exercise.name, failed[0])
        return not self.silent(got, view) and all(
            distance <= SAME for _, distance in self._distances(got, mistake.outcomes, view)
        )

    def shown(self, outcomes: Sequence[Outcome], view: View) -> list[Outcome]:
        """The outcomes with nothing in them that `view` does not look at."""
        return [
            {} if not view.has_case(case)
            else outcome if isinstance(outcome, Trouble)
            else {key: value for key, value in outcome.items() if view.has_key(key)}
            for case, outcome in zip(self.cases, outcomes, strict=True)
        ]

    def silent(self, outcomes: Sequence[Outcome], view: View) -> bool:
        """Whether there is no evidence at all in `view`."""
        shown = [outcome for case, outcome in zip(self.cases, outcomes, strict=True) if view.has_case(case)]
        return all(isinstance(outcome, Trouble) for outcome in shown)

    def hashed(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Outcomes with every choice replaced by its salted hash."""
        chosen = {key for key, kind in self.kinds.items() if kind == "choice"}
        if not chosen:
            return list(outcomes)
        return [
            outcome if isinstance(outcome, Trouble)
            else {k: choice_hash(self.exercise.name, v) if k in chosen else v for k, v in outcome.items()}
            for outcome in outcomes
        ]

    def to_json(self) -> dict:
        return {
            "exercise": self.exercise.name,
            "kinds": dict(self.kinds),
            "cases": [_encode(case) for case in self.cases],
            "wanted": [_encode(evidence) for evidence in self.wanted],
            "standard_errors": [_encode(errors) for errors in self.standard_errors],
            "mistakes": [
                {
                    "id": m.id, "sentence": m.sentence, "question": m.question, "failed": list(m.failed),
                    "outcomes": [_encode(outcome) for outcome in m.outcomes],
                }
                for m in self.mistakes
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping, exercise: Exercise) -> Seal:
        return cls(
            exercise, data["kinds"],
            [_decode(case) for case in data["cases"]],
            [_decode(evidence) for evidence in data["wanted"]],
            [_decode(errors) for errors in data["standard_errors"]],
            [
                Mistake(m["id"], m["sentence"], m["question"], [_decode(o) for o in m["outcomes"]], tuple(m["failed"]))
                for m in data["mistakes"]
            ],
        )


@functools.lru_cache(maxsize=1024)
def choice_hash(salt: str, chosen: Value) -> str:
    """A salted scrypt hash of a choice, so that reading the sealed file does not tell which one is right."""
    text = str(chosen).strip().lower().encode()
    return hashlib.scrypt(text, salt=salt.encode(), n=2**12, r=8, p=1, dklen=16).hex()


def rounded(evidence: Evidence) -> Evidence:
    """Evidence as a seal keeps it."""
    return _decode(_encode(evidence))


def write_seals(stage: Stage, seals: Sequence[Seal]) -> str:
    """The text of a stage's sealed file."""
    data = {"stage": stage.id, "exercises": [seal.to_json() for seal in seals]}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def read_seals(text: str) -> dict[str, Seal]:
    """The seals in a stage's sealed file, by exercise."""
    seals = {}
    for data in json.loads(text)["exercises"]:
        _, exercise = course.find_exercise(data["exercise"])
        seals[exercise.name] = Seal.from_json(data, exercise)
    return seals


def sealed_file(stage: Stage) -> Path:
    return FOLDER / f"{stage.id}.json"


@functools.lru_cache(maxsize=128)
def _read(path: Path, modified: int, exercise: Exercise) -> Seal | None:
    for data in json.loads(path.read_text(encoding="utf-8"))["exercises"]:
        if data["exercise"] == exercise.name:
            return Seal.from_json(data, exercise)
    return None


def visible_seal(name: str) -> Seal:
    """The seal that ships with the course for exercise `name`."""
    stage, exercise = course.find_exercise(name)
    path = sealed_file(stage)
    try:
        seal = _read(path, path.stat().st_mtime_ns, exercise)
    except FileNotFoundError as error:
        raise CourseError(f"The sealed numbers of {stage.id} are missing; run `vae-course build {stage.number}`.") from error
    if seal is None:
        raise CourseError(f"{name} has no sealed numbers yet; run `vae-course build {stage.number}`.")
    return seal


_TENSOR = re.compile(r"(\w+)\[([\d,]*)\]")


def _encode(outcome: Outcome) -> dict:
    """Tensors as {"float64[5,3]": "0.1 0.2 ..."}, one line each in the file; Trouble as its kind."""
    if isinstance(outcome, Trouble):
        return {"trouble": outcome.kind}
    return {key: _encode_value(value) for key, value in outcome.items()}


def _encode_value(value: Value) -> object:
    if isinstance(value, torch.Tensor):
        name = f"{str(value.dtype).removeprefix('torch.')}[{','.join(map(str, value.shape))}]"
        digits = f".{DIGITS}g" if value.is_floating_point() else "d"
        return {name: " ".join(f"{number:{digits}}" for number in value.flatten().tolist())}
    if isinstance(value, float):
        return {"number": f"{value:.{DIGITS}g}"}
    return value


def _decode(data: Mapping) -> Outcome:
    if "trouble" in data:
        return Trouble(data["trouble"], "")
    return {key: _decode_value(value) for key, value in data.items()}


def _decode_value(value: object) -> Value:
    if not isinstance(value, Mapping):
        return value
    ((name, text),) = value.items()
    if name == "number":
        return float(text)
    dtype, shape = _TENSOR.fullmatch(name).groups()
    dtype = getattr(torch, dtype)
    size = [int(n) for n in shape.split(",") if n]
    if not dtype.is_floating_point:
        return torch.tensor([int(word) for word in text.split()], dtype=dtype).reshape(size)
    numbers = [float(word) for word in text.split()]
    return torch.tensor(numbers, dtype=torch.float64).to(dtype).reshape(size)
