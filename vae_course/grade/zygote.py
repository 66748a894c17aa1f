"""What runs inside the sandbox: a process that has imported everything, and forks a child for each request.

It is PID 1 of its namespace and never reads a byte that came from a submission: a request is an order, a few numbers
from the judge, with two descriptors attached. The child takes from the first (a socket) the request itself, writes
its response there, and prints into the second (a pipe). Before it reads anything it is under limits and can make no
dangerous call. Orders and notices are JSON, one a packet; at the end of the orders the namespace ends.
"""

from __future__ import annotations

import fcntl
import functools
import gc
import importlib
import json
import math
import os
import pkgutil
import resource
import select
import signal
import socket
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vae_course import course
from vae_course.grade import seccomp
from vae_course.grade.exchange import CALL

FILES, THREADS = 32, 64  # open files, and threads of the account, that a child may have
PATIENCE = 3  # seconds by the clock for each second of computing that an answer is allowed
READY = b"ready"
SLACK = 2  # seconds of computing, beyond the answer's own, before the kernel ends the child
_PR_SET_DUMPABLE = 4


def main() -> None:
    """Serve until the orders end. The only argument is JSON: the descriptor of the socket of `orders`, the `account`
    to become (null: stay as it is), the `stage` number, and `imports`, the import statements of the stage's own setup
    cell."""
    told = json.loads(sys.argv[1])
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    if told["account"] is not None:
        os.setgroups([])
        os.setresgid(*[told["account"]] * 3)
        os.setresuid(*[told["account"]] * 3)
    _hide()
    _import_everything(told["stage"], told["imports"])
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=told["orders"]) as orders:
        orders.send(READY)
        for stream in (1, 2):
            os.dup2(0, stream)
        while _serve_one(orders):
            pass
    os._exit(0)


def _hide() -> None:
    """Nobody of the same account may look into this process, nor into its children."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE")


def _import_everything(stage: str, imports: list[str]) -> None:
    """Whatever an answer of the stage may need, so that no child spends its time on imports."""
    import IPython.core.inputtransformer2  # noqa: F401
    import torch

    import vae_course.models.toolbox as toolbox
    from vae_course.checks import answer  # noqa: F401

    torch.set_num_threads(1)
    tempfile.tempdir = os.environ["HOME"]  # looking for a place to write would raise where only a name is wanted
    _import_matplotlib()
    for name in ("learn", "explore"):  # what a notebook shows; none of it counts for a mark
        sys.modules[f"vae_course.{name}"] = _Silent(f"vae_course.{name}")
    for module in pkgutil.iter_modules(toolbox.__path__):
        importlib.import_module(f"{toolbox.__name__}.{module.name}")
    probes = importlib.import_module(f"vae_course.checks.probes.stage_{stage}")
    for probe in vars(probes).values():
        for name in getattr(probe, "imports", ()) if isinstance(probe, types.FunctionType) else ():
            importlib.import_module(name)
    for statement in imports:
        with suppress(ImportError):  # models of a later stage, for demonstrations, whose toolbox is not here
            exec(statement, {})


def _import_matplotlib() -> None:
    """It refuses to be imported where it has no folder to write to; told that it has one, it only goes without a
    cache."""
    access, os.access = os.access, lambda *args, **kwargs: True
    try:
        import matplotlib.pyplot  # noqa: F401
    finally:
        os.access = access


class _Silent(types.ModuleType):
    """A module of which everything can be imported and called, and does nothing."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def _serve_one(orders: socket.socket) -> bool:
    """Fork for one order, and tell how the child ended: `status` as os.wait gives it, and `cpu` in seconds."""
    message, descriptors, *_ = socket.recv_fds(orders, 1024, 2)
    if not message:
        return False
    child = os.fork()
    if child == 0:
        _be_the_child(json.loads(message), *descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    watch = os.pidfd_open(child)
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    poll.register(orders, select.POLLHUP)
    ready = [descriptor for descriptor, _ in poll.poll()]
    os.close(watch)
    if orders.fileno() in ready:
        return False  # the judge is gone, and what still runs goes with PID 1
    _, status, used = os.wait4(child, 0)
    orders.send(json.dumps({"status": status, "cpu": used.ru_utime + used.ru_stime}).encode())
    return True


def _be_the_child(order: dict, connection: int, output: int) -> None:
    """Never returns."""
    leave = os._exit
    try:
        connection = _keep_only(connection, output)
        _limit(order["seconds"], order["memory"])
        seccomp.refuse()
        request = _read(connection, order["size"])
        for response in _respond(request, connection):
            response = len(response).to_bytes(8, "little") + response
            while response:
                response = response[os.write(connection, response):]
        leave(0)
    finally:
        leave(1)


def _keep_only(connection: int, output: int) -> int:
    """Close every descriptor but standard input, which has nothing to give, the output, and the connection: its new
    number."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in (connection, output)]
    for descriptor, number in ((high[1], 1), (high[1], 2), (high[0], 3)):
        os.dup2(descriptor, number)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return 3


def _limit(seconds: float, memory: int) -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    cpu = math.ceil(seconds) + SLACK
    for limit, soft, hard in (
        (resource.RLIMIT_AS, memory, memory), (resource.RLIMIT_CPU, cpu, cpu + 1), (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0), (resource.RLIMIT_NOFILE, FILES, FILES), (resource.RLIMIT_NPROC, THREADS, THREADS),
        (resource.RLIMIT_MEMLOCK, 0, 0), (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))


def _read(connection: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = os.read(connection, size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _ask(connection: int, call: bytes) -> bytes:
    """The judge's reply to a call; see `exchange.CALL`."""
    data = (CALL + len(call)).to_bytes(8, "little") + call
    while data:
        data = data[os.write(connection, data):]
    return _read(connection, int.from_bytes(_read(connection, 8), "little"))


def _respond(request: bytes, connection: int) -> Iterator[bytes]:
    """The run of each exercise, one after the other while the time lasts."""
    from vae_course.checks import wire
    from vae_course.checks.answer import from_note
    from vae_course.checks.probing import find_probe, in_processes_apart, run_probe

    cases, note = wire.unpack(request)
    for module, source in note["lent"].items():
        _lend(module, source)
    answer = from_note(note["answer"])
    left = note["seconds"]
    for exercise, count in note["exercises"]:
        mine, cases = cases[:count], cases[count:]
        start = time.process_time()
        probe = find_probe(exercise)
        ask = functools.partial(_ask, connection) if in_processes_apart(exercise) else None
        done = run_probe(exercise, probe, answer, mine, left, note["seed"], note["instead"], _by_computing_time, ask)
        yield done.to_bytes()
        left -= time.process_time() - start
        if left <= 0 or done.outcomes and getattr(done.outcomes[-1], "kind", "") == "timeout":
            break


def _lend(module: str, source: str) -> None:
    """Make a module of the course that has no file here."""
    made = types.ModuleType(module)
    made.__file__ = str(course.REPOSITORY.joinpath(*module.split(".")).with_suffix(".py"))
    exec(compile(source, made.__file__, "exec"), made.__dict__)
    sys.modules[module] = made


@contextmanager
def _by_computing_time(seconds: float) -> Iterator[None]:
    """A machine that is busy with others costs no answer its time; one that sleeps is woken all the same."""
    from vae_course.checks.limits import timer

    by_the_clock = timer(PATIENCE * seconds, signal.ITIMER_REAL, signal.SIGALRM)
    with timer(seconds, signal.ITIMER_PROF, signal.SIGPROF), by_the_clock:
        yield


if __name__ == "__main__":
    main()
