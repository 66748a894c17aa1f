"""A process of its own for the learner's code: the probe runs there, and evidence comes back over a pipe.

A request is one block of `wire` bytes (the cases, and a note that says which exercise and which answer); so is the
response. Where there is fork, each request gets a child of its own, so that no answer meets what another one left.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import torch

from vae_course.checks import wire
from vae_course.checks.answer import Answer, from_note
from vae_course.checks.probing import Case, Run, find_probe, run_probe
from vae_course.checks.trouble import Trouble

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

    def run(self, exercise: str, answer: Answer, cases: Sequence[Case], seconds: float, seed: int = 0) -> Run:
        """What `run_probe` gives, from the other process."""
        note = {"exercise": exercise, "seconds": seconds, "seed": seed, "answer": answer.to_note()}
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", "from vae_course.checks.worker import serve; serve()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        try:
            _write(self._process.stdin, wire.pack(cases, note))
            data = _read(self._process.stdout, seconds + GRACE + 30)  # 30: the process may still be importing torch
        except (BrokenPipeError, TimeoutError):
            data = b""
        if not data:
            self._stop()
            return Run([_crash(exercise)] * len(cases))
        return Run.from_bytes(data)

    def _stop(self) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


def _crash(exercise: str) -> Trouble:
    return Trouble("crash", f"The process that ran {exercise} ended without a result: does your code end it?")


def _write(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(len(data).to_bytes(8, "little") + data)
    pipe.flush()


def _read(pipe: BinaryIO, seconds: float | None = None) -> bytes:
    """One block from a pipe; b"" at its end. TimeoutError when it does not come in time."""
    deadline = None if seconds is None else time.monotonic() + seconds

    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            if deadline is not None and os.name == "posix":
                ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError
            piece = os.read(pipe.fileno(), count - len(data))
            if not piece:
                return b""
            data += piece
        return data

    header = exactly(8)
    length = int.from_bytes(header, "little")
    return exactly(length) if 0 < length <= LARGEST else b""


def serve() -> None:
    """Answer requests until standard input ends. What the learner's code prints never meets the protocol."""
    requests, responses = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    torch.set_num_threads(1)
    while request := _read(requests):
        _write(responses, _in_child(request) if hasattr(os, "fork") else _respond(request))


def _respond(request: bytes) -> bytes:
    cases, note = wire.unpack(request)
    answer = from_note(note["answer"])
    return run_probe(
        note["exercise"], find_probe(note["exercise"]), answer, cases, note["seconds"], note["seed"]
    ).to_bytes()


def _in_child(request: bytes) -> bytes:
    cases, note = wire.unpack(request)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            _write(pipe, _respond(request))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        try:
            data = _read(pipe, note["seconds"] + GRACE)
        except TimeoutError:
            data = b""
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return data or Run([_crash(note["exercise"])] * len(cases)).to_bytes()
