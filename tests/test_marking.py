"""What a mark looks at and the visible check does not: fresh inputs, and a training run whose weights the judge evaluates."""

import pytest

from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Block
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import bank, marking_seal, reference_program

VAE = course.find_stage("05")


def marked(answer, first=0):
    return run("train_step", answer, seals=[visible_seal("train_step"), marking_seal("train_step", first)])


@pytest.mark.parametrize("entry", bank(VAE, "train_step", "alternatives.py"), ids=lambda entry: entry.id)
def test_every_right_step_trains_as_well_as_the_reference(entry):
    report = marked(entry.program)
    assert report.passed, report.text()


@pytest.mark.parametrize("first", range(1, 6))
def test_the_band_holds_for_other_classes(first):
    """The rows, the first weights and the noise follow from a class's seed."""
    assert marked(reference_program(VAE), first).passed


TIRED = """
import torch

_step, _calls = train_step, [0]


def train_step(model, optimizer, x, generator=None):
    _calls[0] += 1
    if _calls[0] > 40:
        return {"loss": 0.0, "recon": 0.0, "kl": 0.0}
    return _step(model, optimizer, x, generator)
"""

def test_a_step_that_soon_stops_training_passes_the_visible_check_and_earns_nothing():
    answer = Written((*reference_program(VAE), Block("tired", TIRED, True)))
    assert run("train_step", answer).passed
    report = marked(answer)
    assert (report.passed, report.score, report.failed) == (False, 0, "value")
    assert report.message.startswith("After 300 of your steps on digits")
    assert report.rows == ()  # what marking alone looks at is not shown


def test_an_error_in_the_middle_of_a_run_is_told_without_its_own_words():
    broken = TIRED.replace('return {"loss": 0.0, "recon": 0.0, "kl": 0.0}', "raise KeyError('pixels')")
    report = marked(Written((*reference_program(VAE), Block("tired", broken, True))))
    assert (report.score, report.message) == (0, "train_step stopped with KeyError.")
    assert report.line.endswith("raise KeyError('pixels')") and report.printed == ""


def test_only_exercises_that_train_have_a_long_case():
    for exercise in VAE.exercises:
        long = any(case["case"] == "trained" for case in marking_seal(exercise.name, 0).cases)
        assert long == (exercise.name == "train_step")
