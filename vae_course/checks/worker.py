"""A process of its own for the learner's code: the probe runs there, and evidence comes back over a pipe.

A request is one block of `wire` bytes (the cases, and a note that says which exercise and which answer); so is the
response. Where there is fork, each request gets a child of its own, so that no answer meets what another one left.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

import torch

from vae_course.checks import wire
from vae_course.checks.answer import Answer, from_note
from vae_course.checks.loader import SETUP, imports
from vae_course.checks.probing import Case, Run, course_names, find_probe, run_probe
from vae_course.checks.trouble import TimeUp, Trouble, crash, explain

GRACE = 5.0  # seconds beyond the learner's own limit before the process is killed
LARGEST = 64 * 2**20


class Worker:
    """A warm process that runs probes. Use it in a `with` block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def run(
        self, exercise: str, answer: Answer, cases: Sequence[Case], seconds: float, seed: int = 0,
        instead: Sequence[str] = (),
    ) -> Run:
        """What `run_probe` gives, from the other process."""
        note = {"exercise": exercise, "seconds": seconds, "seed": seed, "answer": answer.to_note(exercise), "instead": [*instead]}
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", "from vae_course.checks.worker import serve; serve()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
        try:
            _write(self._process.stdin, wire.pack(cases, note))
            # 30 seconds more: the process may still be importing torch
            data = _read(self._process.stdout, seconds + GRACE + 30, self._process.kill)
            if data and _readable(data, len(cases)):
                return Run.from_bytes(data)
            trouble = crash(exercise)
        except BrokenPipeError:
            trouble = crash(exercise)
        except TimeoutError:
            trouble = explain(TimeUp(), exercise, seconds)
        self._stop()
        return Run([trouble] * len(cases))

    def _stop(self) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


def _readable(data: bytes, count: int) -> bool:
    """Whether a block is a run over `count` cases. The learner's code ran where it was written, so it may be anything."""
    try:
        return len(Run.from_bytes(data).outcomes) == count
    except Exception:
        return False


def _write(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(len(data).to_bytes(8, "little") + data)
    pipe.flush()


def _read(pipe: BinaryIO, seconds: float | None = None, kill: Callable[[], None] | None = None) -> bytes:
    """One block from a pipe; b"" at its end. After `seconds`, `kill` ends the writer, and TimeoutError is raised."""
    late = threading.Event()

    def ring() -> None:
        late.set()
        kill()

    timer = threading.Timer(seconds, ring) if kill else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        length = int.from_bytes(pipe.read(8), "little")
        data = pipe.read(length) if 0 < length <= LARGEST else b""
    finally:
        if timer:
            timer.cancel()
    if late.is_set():
        raise TimeoutError
    return data if len(data) == length else b""


def serve() -> None:
    """Answer requests until standard input ends. What the learner's code prints never meets the protocol."""
    requests, responses = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    torch.set_num_threads(1)
    _import_what_every_answer_needs()
    while request := _read(requests):
        if hasattr(os, "fork"):
            _write(responses, _in_child(request, (requests, responses)))
        else:
            _write(responses, _respond(request))


def _import_what_every_answer_needs() -> None:
    """Imported once, here: a child that imports for itself does so for every answer."""
    import IPython.core.inputtransformer2  # noqa: F401
    import torch.distributions  # noqa: F401


def _import_for(note: Mapping) -> None:
    """Import before the fork what the exercise and the release's own setup cell need; nothing of the learner's."""
    for name in getattr(find_probe(note["exercise"]), "imports", ()):
        importlib.import_module(name)
    course_names(note["exercise"])
    for block in note["answer"].get("program", ()):
        if block["label"] == SETUP:
            with suppress(Exception):  # the child meets the same error, and reports it
                exec(imports(block["source"]), {})


def _respond(request: bytes) -> bytes:
    cases, note = wire.unpack(request)
    answer = from_note(note["answer"])
    return run_probe(
        note["exercise"], find_probe(note["exercise"]), answer, cases, note["seconds"], note["seed"], note["instead"]
    ).to_bytes()


def _in_child(request: bytes, private: Sequence[BinaryIO]) -> bytes:
    """The response of a child, which has no hold on the `private` pipes: what it writes anywhere cannot be a response."""
    cases, note = wire.unpack(request)
    _import_for(note)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        for pipe in private:
            os.close(pipe.fileno())
        with os.fdopen(writing, "wb") as pipe:
            _write(pipe, _respond(request))
        os._exit(0)
    os.close(writing)

    def kill() -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    with os.fdopen(reading, "rb") as pipe:
        try:
            data, trouble = _read(pipe, note["seconds"] + GRACE, kill), crash(note["exercise"])
        except TimeoutError:
            data, trouble = b"", explain(TimeUp(), note["exercise"], note["seconds"])
    kill()
    os.waitpid(child, 0)
    if data and not _readable(data, len(cases)):
        data = b""
    return data or Run([trouble] * len(cases)).to_bytes()
