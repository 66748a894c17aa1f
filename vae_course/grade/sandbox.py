"""Running answers of people whom nobody knows: each exercise in a child of a process that bubblewrap has shut in.

    with Sandbox() as sandbox:
        report = run("gaussian_kl", "submission.ipynb", isolate=sandbox)

Inside there is the interpreter with its packages, and of the course what a check runs: no answers, no sealed numbers,
no toolbox of the stage at hand or a later one; no network, no other process, no file that can be written. The clock
is held here, outside: by computing time, with a guard by the wall clock. A child that will not end costs its
namespace, which is started again for the next request.

The account: run by root, bubblewrap makes the namespaces as root, and the process inside becomes an account that nobody
has (65000 and up) before it imports anything, with no capability left. Run by anybody else, a user namespace hides who
that is, and an account inside stands for theirs.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from vae_course import course
from vae_course.checks import wire
from vae_course.checks.answer import Answer
from vae_course.checks.held import LARGEST_CALL, Ask, Held
from vae_course.checks.probing import Case, Run, blank, held
from vae_course.checks.trouble import TimeUp, Trouble, crash, explain
from vae_course.checks.worker import LARGEST, Worker
from vae_course.course import CourseError, Stage
from vae_course.grade import seccomp, zygote
from vae_course.grade.evidence import read_run
from vae_course.grade.exchange import Late, exchange, responses
from vae_course.grade.inside import command, setup_imports
from vae_course.grade.lent import MODULE, lent

MEMORY = 2 * 2**30  # bytes of address space that an answer may add to what the imports take
GRACE = 5.0  # seconds by the clock, beyond the patience of the child itself, before the namespace is ended
STARTING = 120.0  # seconds that the imports may take on a busy machine
AT_ONCE = 2.0  # seconds of computing for all exercises of a stage in one child
NOTHING = "def __getattr__(name):\n    return None\n"  # the source of a toolbox that holds no answer
ENDING = 2.0  # seconds for a child to end once its response is here

T = TypeVar("T")


class Sandbox:
    """Runs probes as a Worker does, shut in. Use it in a `with` block; it may be shared by threads, which then wait.

    `kind` names the isolation in a verdict. Raises CourseError where bubblewrap is missing or may not do its work.
    """

    kind = "bubblewrap"

    def __init__(self) -> None:
        self._bwrap = shutil.which("bwrap")
        if self._bwrap is None:
            raise CourseError(
                "Grading runs answers inside bubblewrap, and there is no bwrap here; install the package bubblewrap "
                "(Linux), or ask for `unsandboxed` where you trust every submission."
            )
        if not seccomp.KNOWN:
            raise CourseError("The sandbox knows x86-64 and AArch64 processors, and this is neither; use one of them.")
        self._namespaces: dict[str, _Namespace] = {}
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        while self._namespaces:
            self._namespaces.popitem()[1].end()

    def run(
        self, exercise: str, answer: Answer, cases: Sequence[Case], seconds: float, seed: int = 0,
        instead: Sequence[str] = (),
    ) -> Run:
        """What `run_probe` gives, from inside. Never raises for anything that the answer does.

        Where the answer is tried on a program, that is held here, and there is one case.
        """
        stage, _ = course.find_exercise(exercise)
        source = lent(exercise)
        shown = held(exercise, cases[0])
        request = wire.pack([blank(cases[0])] if shown else cases, {
            "exercises": [[exercise, len(cases)]], "seconds": seconds, "seed": seed, "answer": answer.to_note(exercise),
            "instead": [*instead], "lent": {MODULE.format(stage.number): source} if source else {},
        })
        with self._one_at_a_time:
            namespace = self.namespace(stage)
            try:
                data, printed, cpu = namespace.ask(request, seconds, shown and shown.answer)
            except Late:
                self._namespaces.pop(stage.id).end()
                return Run([explain(TimeUp(), exercise, seconds)] * len(cases))
            if not namespace.alive:
                self._namespaces.pop(stage.id).end()
        if data:
            with suppress(Exception):  # whatever can be wrong with bytes that anybody may have written
                done = read_run(data, exercise, len(cases))
                return _as_held(done, shown) if shown else done
        trouble = explain(TimeUp(), exercise, seconds) if not data and cpu >= seconds else crash(exercise)
        return Run([trouble] * len(cases), printed)

    def together(self, answer: Answer, cases: Mapping[str, Sequence[Case]], judge: Callable[[str, Run], T]) -> dict[str, T]:
        """What `judge` makes of what `run` gives for several exercises of a stage, in one child, which costs little more than
        one of them. Each is judged while the child runs the next.

        Nothing is lent there, the child has AT_ONCE seconds for all, and if it will not end all is lost: of an exercise that is
        not here, or does not pass, nothing follows but that `run` has to be asked.
        """
        if len(cases) < 2:
            return {}
        first = next(iter(cases))
        stage, _ = course.find_exercise(first)
        request = wire.pack([case for mine in cases.values() for case in mine], {
            "exercises": [[name, len(mine)] for name, mine in cases.items()], "seconds": AT_ONCE, "seed": 0,
            "answer": answer.to_note(first), "instead": [], "lent": {MODULE.format(stage.number): NOTHING},
        })
        left, found = [*cases], {}

        def take(data: bytes) -> None:
            """Nothing is believed after a response that nobody can read."""
            try:
                run = read_run(data, left[0], len(cases[left[0]]))
            except Exception:  # as in `run`
                left.clear()
            if left:
                name = left.pop(0)
                found[name] = judge(name, run)

        with self._one_at_a_time:
            namespace = self.namespace(stage)
            try:
                namespace.ask(request, AT_ONCE, most=len(cases), take=take)
            except Late:
                found.clear()
                self._namespaces.pop(stage.id).end()
            else:
                if not namespace.alive:
                    self._namespaces.pop(stage.id).end()
        return found

    def namespace(self, stage: Stage) -> _Namespace:
        """The namespace of a stage, started if there is none."""
        if stage.id not in self._namespaces:
            self._namespaces[stage.id] = _Namespace(self._bwrap, stage)
        return self._namespaces[stage.id]


def _as_held(done: Run, shown: Held) -> Run:
    """A run over one case, with the evidence of whoever held the program. Raises ValueError when that lacks something."""
    (told,) = done.outcomes
    return done if isinstance(told, Trouble) else replace(done, outcomes=[told | shown.evidence()])


class Unsandboxed(Worker):
    """A plain process in the place of a Sandbox: it protects from crashes, and from nobody who means harm."""

    kind = "none"

    def together(self, answer: Answer, cases: Mapping[str, Sequence[Case]], judge: Callable[[str, Run], T]) -> dict[str, T]:
        """Nothing: a process that stays needs no fork."""
        return {}


def open_sandbox(unsandboxed: bool = False) -> Sandbox | Unsandboxed:
    """What runs answers for a mark. Nothing but `unsandboxed` itself ever leads to a plain process."""
    return Unsandboxed() if unsandboxed else Sandbox()


class _Namespace:
    """One bubblewrap and the process inside that forks for requests of one stage."""

    def __init__(self, bwrap: str, stage: Stage):
        account = 65000 + os.getpid() % 500 if os.geteuid() == 0 else None
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = {
            "orders": theirs.fileno(), "account": account, "stage": stage.number, "imports": setup_imports(stage),
        }
        with tempfile.TemporaryFile() as info, tempfile.TemporaryFile() as words:
            self._process = subprocess.Popen(
                [*command(bwrap, stage, account, info.fileno()), json.dumps(told)], cwd="/",
                stdin=subprocess.DEVNULL, stdout=words, stderr=words, pass_fds=(theirs.fileno(), info.fileno()),
            )
            theirs.close()
            if not self._ready():
                words.seek(0)
                said = words.read().decode("utf-8", "replace").strip().splitlines() or ["no word"]
                raise CourseError(
                    f"bubblewrap could not make a sandbox here ({said[-1]}); it needs a system that allows namespaces, "
                    "and a Python that every account may read, or ask for `unsandboxed` where you trust every one."
                )
            info.seek(0)
            self.pid: int = json.load(info)["child-pid"]
        self._handle = os.pidfd_open(self.pid)
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[0])
        self.memory = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY

    def _ready(self) -> bool:
        """Wait for the imports inside. Where they fail nothing is left."""
        self._orders.settimeout(STARTING)
        with suppress(TimeoutError):
            if self._orders.recv(64) == zygote.READY:
                return True
        self._orders.close()
        self._process.kill()
        self._process.wait()
        return False

    @property
    def alive(self) -> bool:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return not poll.poll(0)

    def ask(
        self, request: bytes, seconds: float, answer: Ask | None = None, most: int = 1, take: Callable[[bytes], None] | None = None
    ) -> tuple[bytes, str, float]:
        """The response to a request (b"" when the child gave none), what came out of the child's standard output if it
        gave none, and its computing time. Raises Late when it, or its response, will not end.

        answer: replies to calls of the child's. take: is given each of several responses as it comes, of at most `most`, and
        none is returned."""
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        with ours, os.fdopen(reading, "rb") as output:
            order = {"seconds": seconds, "memory": self.memory, "size": len(request)}
            try:
                socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno(), writing])
            except OSError:
                return b"", "", 0.0
            finally:
                theirs.close()
                os.close(writing)
            until = time.monotonic() + zygote.PATIENCE * seconds + GRACE
            if take is None:
                data, printed = exchange(ours, output.fileno(), request, LARGEST, until, answer, LARGEST_CALL)
            else:
                data, printed = b"", ""
                for response in responses(ours, output.fileno(), request, most, LARGEST, until):
                    take(response)
        self._orders.settimeout(ENDING)
        try:
            notice = self._orders.recv(1024)
        except TimeoutError:
            raise Late from None
        return data, "" if data else printed, json.loads(notice)["cpu"] if notice else 0.0

    def end(self) -> None:
        """End every process inside, at once."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self._orders.close()
        self._process.wait()
        os.close(self._handle)
