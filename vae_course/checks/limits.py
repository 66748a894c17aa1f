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
        with _timer_signal(seconds):
            yield
    else:
        with _timer_thread(seconds):
            yield


@contextmanager
def _timer_signal(seconds: float) -> Iterator[None]:
    def ring(signum, frame):
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    start = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # a limit around this one goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 0.01), interval)


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
