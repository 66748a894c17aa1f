"""A class of 2,000: submissions a second, and the memory of the process that leads. `make bench` prints the figures;
the tests grade a class of 60 the same way."""

import shutil
import time

import psutil
import pytest
from classes import command, count, fill, marks, told
from desk import STAGE, Desk
from support import FULL

from vae_course.grade import verdicts

SIZE = 2000 if FULL else 60
STARTED, GROWTH = 0.2, 1.25  # from this share of the way on, memory stays below this many times what it was then


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_large_class_takes_no_more_memory_than_a_small_one(tmp_path):
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    desk.release()
    wanted = fill(desk, SIZE)
    made, written = desk.folder / verdicts.STORE / STAGE, desk.folder / "grading" / "autograded"
    samples = []  # the share of the way, and bytes
    start = time.monotonic()
    process = command(desk, "--workers", "2")
    leader = psutil.Process(process.pid)
    while process.poll() is None:
        share = (count(made) + count(written)) / (2 * SIZE)
        try:
            samples.append((share, leader.memory_info().rss))
        except psutil.Error:  # it has just ended
            break
        time.sleep(0.5 if FULL else 0.1)
    process.wait()
    seconds = time.monotonic() - start
    assert process.returncode == 0 and told(desk).splitlines()[-1].startswith(f"{SIZE} marked"), told(desk)
    assert marks(desk) == wanted
    assert count(made) == SIZE  # no two submissions are the same program
    along = {part: next(rss for share, rss in samples if share >= part) for part in (STARTED, 0.4, 0.6, 0.8)}
    along[1.0] = max(rss for share, rss in samples if share >= 0.95)
    memory = ", ".join(f"{rss / 2**20:.0f} MiB at {100 * part:.0f} %" for part, rss in along.items())
    print(f"\n{SIZE} submissions in {seconds:.0f} s, {SIZE / seconds:.1f} a second; the leader has {memory}")
    assert along[1.0] < GROWTH * along[STARTED]
