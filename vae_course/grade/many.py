"""A whole class at once: `vae-course grade`.

Phase 1 makes the verdicts, in any number of processes, on this machine or on a cluster; phase 2 runs nbgrader's autograder in this
process, which finds every verdict made and is the only one that writes to the gradebook. Both can be stopped anywhere: the same
command goes on from there.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import torch
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from tqdm.auto import tqdm
from traitlets.config import Config, PyFileConfigLoader

from vae_course.checks.loader import Program, program
from vae_course.course import CourseError, Stage
from vae_course.grade import preflight, releases, verdicts
from vae_course.grade.judge import check_cells, marking_of, origin_of, warm
from vae_course.grade.rebuild import graded_form
from vae_course.grade.sandbox import Unsandboxed
from vae_course.grade.verdicts import Marking, Verdict

BATCH = 8  # submissions that travel together
CONNECTING = 10.0  # seconds
TRIES = 3  # times that a batch is sent out when processes end under it
SUBMITTED, AUTOGRADED = Path("grading", "submitted"), Path("grading", "autograded")

Wanted = tuple[str, Program]  # a verdict's key, and what it is on


@dataclass
class Outcome:
    """What came of a class: the students who have marks, of them those marked just now, and why others have none."""

    marked: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    by_hand: int = 0

    def text(self) -> str:
        said = [f"{len(self.marked)} marked, {len(self.new)} of them now"]
        if self.failed:
            said.append(f"{len(self.failed)} without a mark")
        if self.by_hand:
            said.append(f"{self.by_hand} with an answer in words that waits for you in the formgrader")
        return "; ".join(said) + "." + "".join(f"\n✗ {student}: {why}" for student, why in self.failed.items())


def configuration() -> Config:
    """nbgrader's settings in this folder. CourseError when it is not an instructor's folder."""
    if not Path("nbgrader_config.py").is_file():
        raise CourseError("There is no nbgrader_config.py here; run this in the folder of the course.")
    return PyFileConfigLoader("nbgrader_config.py", path=os.getcwd()).load_config()


def grade(
    stage: Stage, config: Config, *, executor: Callable[[], Executor] | None = None, at_once: int = 1,
    unsandboxed: bool = False, force: bool = False, students: Sequence[str] = (),
) -> Outcome:
    """Mark every submission of a stage, or those of some students.

    executor: makes what verdicts are made in, again when its processes end; without one they are made in this process.
    at_once: how many batches it is given at a time. force: mark again what has marks; verdicts that are kept still hold, since
    they follow from nothing else, but for those of answers that were stopped or ended their process: these are made again.
    """
    config.Judge.unsandboxed = unsandboxed
    if not _is_released(stage, config):
        raise CourseError(f"The gradebook does not know {stage.id}; run `nbgrader generate_assignment {stage.id}` first.")
    here = sorted(path.name for path in SUBMITTED.glob("*") if (path / stage.id).is_dir())
    if absent := sorted({*students} - {*here}):
        raise CourseError(f"{', '.join(absent)} handed in nothing for {stage.id}; look in {SUBMITTED}.")
    chosen = [student for student in here if student in students or not students]
    outcome = Outcome()
    marking = marking_of(stage, unsandboxed)
    if executor:
        wanted = _wanted(stage, tqdm(chosen, "verdicts", unit=" submissions", disable=None), marking, force, outcome)
        _fill(stage, wanted, marking, executor, at_once)
    _write(stage, [student for student in chosen if student not in outcome.failed], config, force, outcome)
    return outcome


def _is_released(stage: Stage, config: Config) -> bool:
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        try:
            return bool(gradebook.find_assignment(stage.id).notebooks)
        except MissingEntry:
            return False


# --- phase 1 ---


def _wanted(
    stage: Stage, students: Sequence[str], marking: Marking, force: bool, outcome: Outcome
) -> Iterator[Wanted]:
    """The verdicts that are not kept yet, each once; with `force` also those that are not settled."""
    seen = set()
    for student in students:
        try:
            submitted = submission(stage, SUBMITTED / student / stage.id)
        except Exception as error:  # whatever one submission brings, the others go on
            outcome.failed[student] = f"it cannot be prepared for marking ({type(error).__name__}: {error})"
            continue
        key = verdicts.key(submitted, marking)
        if key not in seen:
            held = verdicts.kept(stage, key)
            if held is None or force and not held.settled:
                yield key, submitted
        seen.add(key)


def submission(stage: Stage, folder: Path) -> Program:
    """The program that is judged in a submission, as the autograder finds it."""
    preflight.take_in(folder)
    notebook = graded_form(nbformat.read(folder / f"{stage.id}.ipynb", 4), stage.id)
    return program(notebook, setup_from=releases.current(stage.id))


def _fill(
    stage: Stage, wanted: Iterator[Wanted], marking: Marking, executor: Callable[[], Executor], at_once: int
) -> None:
    """Have these verdicts made and keep them. At most `at_once` batches are out, so that memory stays flat."""
    packed = pickle.dumps(marking)  # to processes of our own
    again: deque[tuple[list[Wanted], int]] = deque()
    out: dict[Future, tuple[list[Wanted], int]] = {}
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(executor())
        while True:
            broken = False
            while not broken and len(out) < at_once and (batch := again.popleft() if again else _next(wanted)):
                try:
                    out[pool.submit(judge_batch, packed, batch[0])] = batch
                except BrokenExecutor:
                    broken = True
                    again.extend(_once_more(*batch))
            if not out and not broken:
                return
            for future in wait(out, return_when=FIRST_COMPLETED).done if out else ():
                batch = out.pop(future)
                try:
                    for data in future.result():
                        verdicts.keep(stage, Verdict.from_json(data))
                except Exception as error:
                    broken |= isinstance(error, BrokenExecutor)
                    again.extend(_once_more(*batch))
            if broken:
                for future in out:
                    future.cancel()
                again.extend(out.values())
                out.clear()
                stack.close()
                pool = stack.enter_context(executor())


def _once_more(batch: list[Wanted], tries: int) -> Iterator[tuple[list[Wanted], int]]:
    """A batch that failed, one by one; nothing after TRIES: phase 2 judges what is left, where a failure concerns one submission."""
    return (([one], tries + 1) for one in batch if tries < TRIES)


def _next(wanted: Iterator[Wanted]) -> tuple[list[Wanted], int] | None:
    batch = [one for _, one in zip(range(BATCH), wanted)]
    return (batch, 1) if batch else None


def judge_batch(marking: bytes, batch: Sequence[Wanted]) -> list[dict]:
    """The verdicts of a batch, as data; run in a process of an executor."""
    torch.set_num_threads(1)
    held = _unpacked(marking)
    sandbox = warm(held.sandbox == Unsandboxed.kind)
    return [verdicts.judged(submitted, held, sandbox).to_json() for _, submitted in batch]


@functools.lru_cache(maxsize=2)
def _unpacked(marking: bytes) -> Marking:
    return pickle.loads(marking)


def processes(workers: int) -> Callable[[], Executor]:
    """Makes a pool of processes on this machine."""
    return lambda: ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """In a process of a pool: end when the process that gives out the work was killed, which otherwise goes unnoticed."""

    def wait_for_it() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait_for_it, daemon=True).start()


def cluster(address: str) -> tuple[Callable[[], Executor], int]:
    """Makes an executor over the Dask cluster at an address, and says how many batches keep it busy.

    Raises CourseError when nobody answers there, or workers have another course than this one.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise CourseError("A scheduler needs Dask, which is not installed; `pip install '.[cluster]'` gives it.") from error
    try:
        client = Client(address, timeout=CONNECTING)
    except (OSError, TimeoutError, ValueError) as error:
        raise CourseError(f"No Dask scheduler answers at {address} ({error}); start one with `dask scheduler`.") from error
    threads = sum(client.nthreads().values())
    if not threads:
        raise CourseError(f"The Dask scheduler at {address} has no workers; start some with `dask worker {address}`.")
    try:
        kits = client.run(verdicts.kit)
    except Exception as error:  # whatever a worker without the course says
        raise CourseError(f"The workers at {address} do not have the course with `[grade]` ({error}); install it there.") from error
    if other := sum(kit != verdicts.kit() for kit in kits.values()):
        raise CourseError(
            f"{other} of {len(kits)} workers at {address} have another version of the course or of torch; install there what is here."
        )
    return lambda: client.get_executor(pure=False), 2 * threads


# --- phase 2 ---


def _write(stage: Stage, students: Sequence[str], config: Config, force: bool, outcome: Outcome) -> None:
    """Have nbgrader take down the marks, one submission at a time."""
    api = NbGraderAPI(config=config)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:  # which may be younger than the graded notebooks
        known = {submission.student.id for submission in gradebook.assignment_submissions(stage.id)}
    for student in tqdm(students, "marks", unit=" submissions", disable=None):
        half_done = (AUTOGRADED / student / stage.id).exists() and not (student in known and marked(stage, student))
        before = _stamp(stage, student)
        result = api.autograde(stage.id, student, force=force or half_done)
        if not result["success"] or not marked(stage, student):
            outcome.failed[student] = _reason(result.get("log", ""))
            continue
        outcome.marked.append(student)
        if _stamp(stage, student) != before:
            outcome.new.append(student)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        outcome.by_hand = sum(
            submission.needs_manual_grade for submission in gradebook.assignment_submissions(stage.id)
            if submission.student.id in outcome.marked
        )


def marked(stage: Stage, student: str) -> bool:
    """Whether a submission's graded notebook is whole: each of its check cells holds a verdict. nbgrader writes it last."""
    path = AUTOGRADED / student / stage.id / f"{stage.id}.ipynb"
    if not path.is_file():
        return False
    try:
        cells = check_cells(nbformat.read(path, 4)).values()
    except (ValueError, OSError):
        return False
    return bool(cells) and all(map(origin_of, cells))


def _stamp(stage: Stage, student: str) -> int:
    path = AUTOGRADED / student / stage.id / f"{stage.id}.ipynb"
    return path.stat().st_mtime_ns if path.exists() else 0


def _reason(log: str) -> str:
    """The last line in nbgrader's log that names what went wrong."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if ("Error" in line or "Exception" in line) and not line.startswith(("File", "["))]
    return errors[-1] if errors else (lines[-1] if lines else "nbgrader gives no reason; see grading/nbgrader.log")
