"""What is known to earn more than it deserves: each test states what should hold, and fails until it does.

The reason is one: the evidence is made in the process in which the answer runs. Tensors are evidence all the same, for
whoever makes the right ones knows how to; a word such as `kept` or `sound` anybody can write.
"""

import pytest
from support import program

from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Block
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import marking_seal
from vae_course.grade.sandbox import Sandbox

LOOKS_UP = """
def bound_is_sound(*shown):
    import sys

    frame = sys._getframe()
    while not isinstance(frame.f_locals.get("case"), dict):
        frame = frame.f_back
    return frame.f_locals["case"]["case"] in frame.f_globals["SOUND"]
"""
FORGES = """
import vae_course.checks.probing as probing

outcome = probing._outcome
probing._outcome = lambda *args: {**outcome(*args), "argument": "kept"}


def iwae_bound(log_w):
    log_w -= torch.log(torch.tensor(float(len(log_w))))
    return torch.logsumexp(log_w, 0)
"""


@pytest.fixture(scope="module")
def sandbox():
    program("bwrap")
    with Sandbox() as warm:
        yield warm


def marked(sandbox, exercise, source):
    answer = Written((Block("setup", "import torch", False), Block(exercise, source, True)))
    return run(exercise, answer, isolate=sandbox, seals=[visible_seal(exercise), marking_seal(exercise, 271828)])


@pytest.mark.xfail(strict=True, reason="the name of the program on trial is in the process of the answer")
def test_looking_up_which_program_is_shown_earns_nothing(sandbox):
    assert marked(sandbox, "bound_is_sound", LOOKS_UP).score == 0


@pytest.mark.xfail(strict=True, reason="what a probe says in words is believed")
def test_saying_in_words_what_is_not_so_earns_nothing(sandbox):
    assert marked(sandbox, "iwae_bound", FORGES).score == 0


def test_without_the_forged_word_the_mistake_is_found(sandbox):
    honest = FORGES.partition("\n\n\n")[2]
    report = marked(sandbox, "iwae_bound", honest)
    assert (report.score, report.misconception) == (0, "overwrites_its_argument")
