"""`vae-course doctor --sandbox`: what a hostile submission would try, tried for real, and whether the sandbox holds."""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Block
from vae_course.checks.report import Report
from vae_course.checks.seal import visible_seal
from vae_course.grade import seccomp, zygote
from vae_course.grade.sandbox import Sandbox

STAGE = course.STAGES[0]
EXERCISE = STAGE.exercises[0].name
# a known mistake: its name in a report says that the evidence came through
_KNOWN = "\n\ndef shift(x, by):\n    return x + by\n"
_VARIABLE = "VAE_COURSE_SECRET_OF_THE_JUDGE"


@dataclass(frozen=True)
class Attempt:
    """One way out. `name`: the function of `attempts` that tries it; `words`: what it tries, for the table.

    `stopped`: it holds when nothing comes of it, not when the answer below it is judged as usual. `restarts`: it may
    cost its namespace. `after`: the attempt that must have held before this one, which is dangerous, is made.
    """

    group: str
    name: str
    words: str
    stopped: bool = False
    restarts: bool = False
    after: str = ""
    seconds: float = 10.0


ATTEMPTS = (
    Attempt("read", "read_answers", "answers, hidden cases, sealed numbers, this stage's toolbox", seconds=30),
    Attempt("read", "read_system", "accounts, programs, the home of whoever grades"),
    Attempt("read", "read_environment", "the judge's environment"),
    Attempt("read", "read_processes", "other processes and their memory"),
    Attempt("write", "write_files", "files, folders, links anywhere; the course's own code"),
    Attempt("write", "write_memory_files", "memory that outlives the request"),
    Attempt("network", "reach_network", "sockets of every family, this machine's ports, Unix sockets"),
    Attempt("signals", "send_signals", "signals to process 1, to the group, to everybody"),
    Attempt("rights", "gain_rights", "another account, a capability, a higher limit"),
    Attempt("rights", "call_the_kernel", "every refused system call, made directly"),
    Attempt("survivors", "start_processes", "processes and programs, by fork, vfork, exec, spawn"),
    Attempt("survivors", "leave_thread", "threads that go on after the answer"),
    Attempt("survivors", "fork_bomb", "10,000 forks", after="start_processes"),
    Attempt("survivors", "thread_bomb", "1,000 threads", after="see_limits"),
    Attempt("neighbours", "leave_marker", "a secret left for the next request"),
    Attempt("neighbours", "look_for_marker", "what the request before left, in memory too", seconds=30),
    Attempt("neighbours", "hamper_others", "limits, processors and priority of process 1"),
    Attempt("memory", "see_limits", "a limit that is not in force"),
    Attempt("memory", "allocate", "8 GB at once", after="see_limits"),
    Attempt("memory", "hog_memory", "memory until there is none", after="see_limits"),
    Attempt("time", "loop_for_ever", "an endless loop that ignores signals", stopped=True, restarts=True, seconds=1),
    Attempt("time", "sleep_for_ever", "an endless sleep that blocks signals", stopped=True, restarts=True, seconds=1),
    Attempt("crash", "exit_at_once", "ending the process", stopped=True),
    Attempt("crash", "segfault", "reading address 0", stopped=True),
    Attempt("crash", "overflow_stack", "recursion until the stack is full", stopped=True, restarts=True, seconds=2),
    Attempt("flood", "flood_output", "1 GB of standard output"),
    Attempt("flood", "flood_printed", "100 MB printed, and codes that clear a screen"),
    Attempt("flood", "claim_huge_frame", "a response that claims 4 exabytes", stopped=True),
    Attempt("flood", "send_forever", "a response without end", stopped=True),
    Attempt("flood", "send_a_million_tensors", "a response of a million tensors", stopped=True, seconds=20),
    Attempt("flood", "send_deep_nesting", "a response nested a million deep", stopped=True),
    Attempt("protocol", "send_other_evidence", "evidence that no check asked for", stopped=True),
    Attempt("protocol", "send_another_count", "more outcomes than there are cases", stopped=True),
    Attempt("protocol", "claim_another_exercise", "a response that speaks of another exercise", stopped=True),
    Attempt("protocol", "send_twice", "fifty responses, for the requests to come", stopped=True),
    Attempt("protocol", "close_connection", "closing the connection", stopped=True),
    Attempt("protocol", "write_everywhere", "writing to every open descriptor", stopped=True),
)


@dataclass(frozen=True)
class Finding:
    """What came of an attempt: `trouble` is empty when the sandbox holds."""

    attempt: Attempt
    trouble: str = ""

    @property
    def holds(self) -> bool:
        return not self.trouble


def examine(groups: Container[str] = ()) -> Iterator[Finding]:
    """Every attempt, or those of some groups, in a sandbox of its own. Raises CourseError where there can be none."""
    with outside() as around, Sandbox() as sandbox:
        held: set[str] = set()
        wanted = [attempt for attempt in ATTEMPTS if not groups or attempt.group in groups]
        for attempt in sorted(wanted, key=lambda attempt: bool(attempt.after)):  # the dangerous ones last
            if attempt.after and attempt.after not in held:
                finding = Finding(attempt, f"not tried, since {attempt.after} got through")
            else:
                finding = Finding(attempt, _try(sandbox, attempt, around))
            if finding.holds:
                held.add(attempt.name)
            yield finding


class _Outside:
    """What there is to find outside, and signs that somebody found it."""

    def __init__(self, folder: Path):
        self.canary = folder / "canary"
        self.canary.write_text("untouched")
        half, other = secrets.token_hex(16), secrets.token_hex(16)
        self.port = socket.create_server(("127.0.0.1", 0))
        self.abstract, self.named = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0vae-course-{half}")
        self.named.bind(str(folder / "socket"))
        self.listeners = (self.port, self.abstract, self.named)
        for listener in self.listeners:
            listener.listen()
            listener.setblocking(False)
        self.told = {
            "private": [str(path) for path in (
                course.REPOSITORY / "solutions", course.REPOSITORY / "grading", course.PACKAGE / "author", self.canary,
            )],
            "sealed": [f"{stage.id}.json" for stage in course.STAGES], "toolbox": f"stage_{STAGE.number}",
            "home_file": str(Path.home() / ".bashrc"), "variable": _VARIABLE, "port": self.port.getsockname()[1],
            "abstract": f"vae-course-{half}", "socket": str(folder / "socket"), "calls": seccomp.refused(),
            "threads": zygote.THREADS, "half": half, "other": other, "cases": len(visible_seal(EXERCISE).cases),
        }

    def signs(self) -> str:
        if self.canary.read_text() != "untouched" or len([*self.canary.parent.iterdir()]) != 2:
            return "a file outside was changed"
        for listener in self.listeners:
            try:
                listener.accept()
            except BlockingIOError:
                continue
            return "a socket outside was reached"
        return ""


@contextmanager
def outside() -> Iterator[_Outside]:
    """Things to find, while the block runs."""
    os.environ[_VARIABLE] = "secret"
    with tempfile.TemporaryDirectory() as folder:
        around = _Outside(Path(folder))
        try:
            yield around
        finally:
            del os.environ[_VARIABLE]
            for listener in around.listeners:
                listener.close()


def submit(sandbox: Sandbox, name: str, told: dict, seconds: float) -> Report:
    """The report on an answer that makes an attempt first, with a plain answer below it."""
    source = (Path(__file__).parent / "attempts.py").read_text(encoding="utf-8")
    answer = (
        f"found = {name}(json.loads({json.dumps(told)!r}))\n"
        "if found:\n    raise RuntimeError('got through to ' + ', '.join(map(str, found)))\n" + _KNOWN
    )
    blocks = Block("attempts", source, True), Block(EXERCISE, answer, True)
    return run(EXERCISE, Written(blocks), isolate=sandbox, seconds=seconds)


def _try(sandbox: Sandbox, attempt: Attempt, around: _Outside) -> str:
    """What did not hold, in words; "" when all did."""
    before = sandbox.namespace(STAGE)
    told = {**around.told, "memory": before.memory}
    try:
        report = submit(sandbox, attempt.name, told, attempt.seconds)
    except Exception as error:
        return f"the judge stopped with {type(error).__name__}: {error}"
    if attempt.stopped and report.failed not in ("crash", "timeout"):
        return report.message
    usual = run(EXERCISE, Written((Block(EXERCISE, _KNOWN, True),)))
    if not attempt.stopped and report.misconception != usual.misconception:
        return report.message
    if before.alive and (left := _children(before.pid)):
        return f"{left} processes are left over"
    if not attempt.restarts and not before.alive:
        return "the namespace had to be started again"
    after = run(EXERCISE, Written((Block(EXERCISE, _KNOWN, True),)), isolate=sandbox)
    if after != usual:
        return f"the next request suffers: {after.message}"
    return around.signs()


def _children(pid: int) -> int:
    """How many processes have process `pid` as their parent."""
    parents = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.append(int(stat.read_text().rpartition(")")[2].split()[1]))
        except (OSError, ValueError):  # it ended meanwhile
            continue
    return parents.count(pid)
