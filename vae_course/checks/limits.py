"""A time limit on the learner's code, on every system that Python runs on."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vae_course.checks.trouble import TimeUp


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUp inside the block once `seconds` are over, and again every half second until it leaves.

    Where there is an interval timer (POSIX, main thread) it also ends blocking calls; elsewhere a thread
    raises between two lines of Python.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with timer(seconds, signal.ITIMER_REAL, signal.SIGALRM):
            yield
    else:
        with _timer_thread(seconds):
            yield


@contextmanager
def timer(seconds: float, clock: int, rings: int) -> Iterator[None]:
    """Raise TimeUp as `time_limit` does, by an interval timer: `clock` is one of signal.ITIMER_*, and `rings` the signal
    that it sends. POSIX and main thread only."""

    def ring(signum, frame):
        raise TimeUp

    before = signal.signal(rings, ring)
    start = time.monotonic()
    left, interval = signal.setitimer(clock, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(clock, 0)
        signal.signal(rings, before)
        if left:  # a limit around this one goes on
            signal.setitimer(clock, max(left - (time.monotonic() - start), 0.01), interval)


@contextmanager
def _timer_thread(seconds: float) -> Iterator[None]:
    target = ctypes.c_ulong(threading.get_ident())
    done = threading.Event()

    def ring() -> None:
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(TimeUp))
            wait = 0.5

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(target, None)  # one raised in the last instant must not escape
