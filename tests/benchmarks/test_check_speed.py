"""How long `check` takes in a live kernel, the learner's own code included. `make bench` prints the figures.

In seconds of the processor, which do not grow when others use the machine too.
"""

import statistics
import time

import pytest
import torch

from vae_course import course
from vae_course.checks.answer import Written
from vae_course.checks.sealing import bank, reference_program
from vae_course.learn import check

LIMIT = 0.1  # seconds of the processor, at the median
REPEATS = 11
EXERCISES = [exercise.name for stage in course.STAGES for exercise in stage.exercises]


def timed_check(name, program):
    """The median seconds of `check(name)` where `program` has defined the answer, and its last report."""
    with Written(program).names({}, 10) as names:
        live = {**names, "check": check, "name": name}
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        exec("report = check(name)", live)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), live["report"]


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_takes_less_than_a_tenth_of_a_second(name):
    torch.set_num_threads(1)
    stage, _ = course.find_exercise(name)
    right, report = timed_check(name, reference_program(stage))
    assert report.passed
    wrong, report = timed_check(name, bank(stage, name)[0].program)
    assert not report.passed
    print(f"\n{name}: {1000 * right:.0f} ms when right, {1000 * wrong:.0f} ms when wrong, at the median of {REPEATS}")
    assert max(right, wrong) < LIMIT
