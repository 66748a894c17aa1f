"""Verdicts: what the judge finds in a submission, made outside the student's process, and kept.

A verdict is a Report for every exercise. It follows from the program in the rebuilt notebook and from a Marking, and from
nothing else: not from the order of submissions, not from other ones, not from what a process did before. That is why it can be
kept, in `grading/verdicts/STAGE/KEY.json`, where KEY is a hash of all that it follows from.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

import vae_course
from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Program
from vae_course.checks.probing import in_processes_apart
from vae_course.checks.report import UNSETTLED, Report
from vae_course.checks.runner import SECONDS, passed
from vae_course.checks.seal import Seal, visible_seal
from vae_course.checks.sealing import marking_seal
from vae_course.course import Stage
from vae_course.grade.sandbox import Sandbox, Unsandboxed
from vae_course.models.files import write_whole

STORE = Path("grading", "verdicts")


@dataclass(frozen=True)
class Marking:
    """What answers of a stage are compared with, and how they are run.

    seals: the visible numbers and those on fresh inputs, by exercise. seconds: computing time for one exercise. sandbox: the
    kind of isolation. digest: a hash of all that is in it, of the course's code and of torch's version.
    """

    stage: str
    seals: Mapping[str, tuple[Seal, ...]]
    seconds: float
    sandbox: str
    digest: str


@dataclass(frozen=True)
class Verdict:
    """Reports by exercise; which isolation, course and torch they come from; and the `key` under which they are kept."""

    reports: Mapping[str, Report]
    sandbox: str
    course: str
    torch: str
    key: str

    @property
    def settled(self) -> bool:
        """Whether nothing in it may turn out otherwise the next time, as what a busy machine stopped may."""
        return all(report.failed not in UNSETTLED for report in self.reports.values())

    @property
    def origin(self) -> dict[str, str]:
        """Where it comes from, without the reports: the mark of a verdict in a graded notebook."""
        return {name: getattr(self, name) for name in ("key", "sandbox", "course", "torch")}

    def to_json(self) -> dict:
        return {**self.origin, "reports": {name: report.to_json() for name, report in self.reports.items()}}

    @classmethod
    def from_json(cls, data: Mapping) -> Verdict:
        reports = {name: Report.from_json(report) for name, report in data["reports"].items()}
        return cls(reports, data["sandbox"], data["course"], data["torch"], data["key"])


def seed_of_the_class() -> int:
    """Where the fresh inputs of this class begin: nbgrader_config.py takes it from `grading/seed.key`."""
    return int(os.environ.get("VAE_COURSE_SEED", "0"))


def marking(stage: Stage, names: tuple[str, ...], sandbox: str, seconds: float = SECONDS) -> Marking:
    """The Marking of these exercises of a stage for this class. Making it runs the reference on the fresh inputs, once a process."""
    return _marking(stage, names, sandbox, seconds, seed_of_the_class(), _code_of(stage))


@functools.lru_cache(maxsize=16)
def _marking(stage: Stage, names: tuple[str, ...], sandbox: str, seconds: float, seed: int, code: str) -> Marking:
    seals = {name: (visible_seal(name), marking_seal(name, seed)) for name in names}
    told = [stage.id, names, sandbox, seconds, seed, code, torch.__version__]
    return Marking(stage.id, seals, seconds, sandbox, hashlib.sha256(json.dumps(told).encode()).hexdigest())


@functools.lru_cache
def _code_of(stage: Stage) -> str:
    """A hash of the course's code and of the answers to a stage."""
    return _code() + _hash((course.solutions_folder() / stage.id).glob("*.py"))


@functools.lru_cache
def _code() -> str:
    """A hash of the course's code and sealed numbers."""
    package = Path(vae_course.__file__).parent
    return _hash([*package.rglob("*.py"), *package.glob("checks/sealed/*.json")])


def kit() -> tuple[str, str]:
    """What a process judges with: the course's code as a hash, and torch's version."""
    return _code(), torch.__version__


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.name}\n{path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def key(program: Program, marking: Marking) -> str:
    """The name of the verdict on a program."""
    told = [marking.digest, [asdict(block) for block in program]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def judged(program: Program, marking: Marking, sandbox: Unsandboxed | Sandbox) -> Verdict:
    """The verdict on a program. An exercise that does not pass beside the others runs alone; one whose time was up is
    then tried once more."""
    answer, reports = Written(program), {}
    cases = {
        name: [case for seal in seals for case in seal.cases]
        for name, seals in marking.seals.items() if not in_processes_apart(name)
    }
    together = sandbox.together(answer, cases, lambda name, done: passed(name, answer, done, marking.seals[name]))
    for name, seals in marking.seals.items():
        if report := together.get(name):
            reports[name] = report
            continue
        told = {"isolate": sandbox, "seconds": marking.seconds, "seals": seals}
        report = run(name, answer, **told)
        reports[name] = run(name, answer, **told) if report.failed == "timeout" else report
    return Verdict(reports, marking.sandbox, vae_course.__version__, torch.__version__, key(program, marking))


def kept(stage: Stage, key: str) -> Verdict | None:
    """The verdict of that name, if there is a whole one."""
    try:
        verdict = Verdict.from_json(json.loads(_place(stage, key).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # there is none, or not one that can be read
        return None
    return verdict if verdict.key == key else None


def keep(stage: Stage, verdict: Verdict) -> None:
    write_whole(_place(stage, verdict.key), json.dumps(verdict.to_json(), ensure_ascii=False).encode())


def _place(stage: Stage, key: str) -> Path:
    return STORE / stage.id / f"{key}.json"
