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


TRAINS = {"capstone_train"}  # its answer trains a model: what that takes is the learner's own


def timed_check(name, program):
    """The median seconds of `check(name)` where `program` has defined the answer, and its last report; without those that an answer
    which trains takes itself."""
    with Written(program).names({}, 10) as names:
        live = {**names, "check": check, "name": name}
    own = [0.0]

    def timed_answer(*arguments, **named):
        start = time.process_time()
        try:
            return names[name](*arguments, **named)
        finally:
            own[0] += time.process_time() - start

    if name in TRAINS:
        live[name] = timed_answer
    seconds = []
    for _ in range(REPEATS):
        own[0], start = 0.0, time.process_time()
        exec("report = check(name)", live)
        seconds.append(time.process_time() - start - own[0])
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
