"""Every wrong answer is named, every right one passes, and a mistake that nobody foresaw is still told in clear words.

Exercises come from the course's own data, so a new stage is under test as soon as it is listed there.
"""

import functools
import io
import re
import tokenize

import pytest
import torch

from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.bank import Entry
from vae_course.checks.loader import Block, answer_name, read_notebook
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import HIDDEN_SEEDS, bank, hidden_seal, reference_program
from vae_course.checks.worker import Worker

EXERCISES = [(stage, exercise.name) for stage in course.STAGES for exercise in stage.exercises]
WRONG = [(stage, entry) for stage, name in EXERCISES for entry in bank(stage, name)]
RIGHT = [entry for stage, name in EXERCISES for entry in bank(stage, name, "alternatives.py")]
TENSORS = [  # exercises that give a tensor with axes
    (stage, name) for stage, name in EXERCISES
    if any(isinstance(value, torch.Tensor) and value.dim() for value in visible_seal(name).wanted[0].values())
]

every_exercise = pytest.mark.parametrize(("stage", "name"), EXERCISES, ids=lambda value: getattr(value, "id", value))
every_tensor = pytest.mark.parametrize(("stage", "name"), TENSORS, ids=lambda value: getattr(value, "id", value))
every_wrong = pytest.mark.parametrize(("stage", "entry"), WRONG, ids=lambda v: named(v) if isinstance(v, Entry) else v.id)
every_right = pytest.mark.parametrize("entry", RIGHT, ids=lambda entry: named(entry))


def named(entry: Entry) -> str:
    return f"{entry.exercise}:{entry.id}"  # tests are spread over processes by what stands before the colon


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


@functools.cache
def in_process(entry: Entry):
    return run(entry.exercise, entry.program)


@functools.cache
def original(stage: course.Stage, entry: Entry) -> Entry:
    """The entry that has the sentence: this one, or the one that it is an alias of."""
    wanted = entry.alias_of or entry.id
    return next(other for _, other in WRONG if (other.exercise, other.id) == (entry.exercise, wanted))


@every_wrong
def test_a_wrong_answer_is_rejected_with_its_own_sentence(stage, entry):
    report, known = in_process(entry), original(stage, entry)
    assert not report.passed
    assert report.score < report.points
    assert (report.misconception, report.message, report.question) == (known.id, known.sentence, known.question)


@every_wrong
def test_a_wrong_answer_gets_the_same_report_from_a_process_of_its_own(stage, entry, worker):
    assert run(entry.exercise, entry.program, isolate=worker) == in_process(entry)


@every_wrong
def test_a_wrong_answer_is_graded_as_it_was_checked(stage, entry):
    """With fresh inputs beside the visible ones, as for a mark; it is the same mistake only where it is so on both."""
    fresh = hidden_seal(entry.exercise, tuple(range(HIDDEN_SEEDS)))
    graded, checked = run(entry.exercise, entry.program, seals=[visible_seal(entry.exercise), fresh]), in_process(entry)
    assert (graded.misconception, graded.score) == (checked.misconception, checked.score)


@every_right
def test_a_right_answer_passes_on_the_visible_and_200_fresh_draws(entry):
    seals = [visible_seal(entry.exercise), hidden_seal(entry.exercise, tuple(range(200)), diagnose=False)]
    report = run(entry.exercise, entry.program, seals=seals, seconds=60)
    assert report.passed, report.text()
    assert report.score == report.points


@every_right
def test_a_right_answer_gets_the_same_report_from_a_process_of_its_own(entry, worker):
    assert run(entry.exercise, entry.program, isolate=worker) == in_process(entry)


@every_exercise
def test_the_reference_passes(stage, name):
    assert run(name, reference_program(stage)).passed


# --- the obvious mistakes, which no bank has to list ---


def written(name: str, body: str) -> Written:
    return Written((Block(name, f"import torch\n\n\ndef {name}(*args, **kwargs):\n    {body}\n", True),))


SPOIL = """
import torch

_right = {name}


def _spoil(value):
    if isinstance(value, torch.Tensor):
        return {spoiled}
    if isinstance(value, torch.nn.Module):
        value.register_forward_hook(lambda module, given, result: _spoil(result))
    if isinstance(value, (tuple, list)):
        return type(value)(_spoil(part) for part in value)
    return {{key: _spoil(part) for key, part in value.items()}} if isinstance(value, dict) else value


def {name}(*args, **kwargs):
    return _spoil(_right(*args, **kwargs))
"""


def spoiled(stage: course.Stage, name: str, spoiled: str) -> Written:
    """The right answer, with every tensor that it returns turned into `spoiled`."""
    return Written((*reference_program(stage), Block("spoil", SPOIL.format(name=name, spoiled=spoiled), True)))


@every_exercise
def test_the_released_stub_is_not_written_yet(stage, name):
    report = run(name, course.released_notebook(stage))
    assert (report.failed, report.state, report.score) == ("unwritten", "open", 0)
    assert report.message == f"{name} is not written yet: replace `raise NotImplementedError` with your answer."


@every_exercise
def test_a_forgotten_return_is_named(stage, name):
    report = run(name, written(name, "pass"))
    assert (report.passed, report.failed) == (False, "type")
    assert re.fullmatch(rf"{name} returned None; (a|the) .* expected: is a `return` missing\?", report.message)


@every_exercise
@pytest.mark.parametrize(("value", "kind"), [("'3.5'", "a str"), ("[1.0] * 3", "a list of 3"), ("{}", "a dict")])
def test_a_wrong_type_is_named(stage, name, value, kind):
    report = run(name, written(name, f"return {value}"))
    assert (report.passed, report.failed) == (False, "type")
    assert re.fullmatch(rf"{name} returned {kind}; (a|the) .* expected\.", report.message)


@every_tensor
def test_a_wrong_shape_is_shown_beside_the_right_one(stage, name):
    report = run(name, spoiled(stage, name, "value[None]"))
    assert (report.passed, report.failed) == (False, "shape")
    ((where, yours, expected),) = report.rows
    assert where == "shape" and yours == ("(1,)" if expected == "()" else expected.replace("(", "(1, ").replace(",)", ")"))
    assert f"shape {yours}; expected {expected}" in report.message


@every_tensor
def test_nan_everywhere_is_called_nan(stage, name):
    report = run(name, spoiled(stage, name, "value * float('nan')"))
    assert (report.passed, report.failed) == (False, "nan")
    assert "gives NaN" in report.message
    assert report.rows[0][1] == "nan" and report.rows[0][2] != "nan"


@every_exercise
def test_an_error_is_shown_with_the_line_that_raised_it(stage, name):
    report = run(name, written(name, "return {}['absent']"))
    assert (report.passed, report.failed) == (False, "error")
    assert report.message == f"{name} stopped with KeyError: 'absent'"
    assert report.line == "line 5: return {}['absent']"


@every_exercise
def test_an_endless_loop_is_stopped_and_its_line_shown(stage, name):
    report = run(name, written(name, "while True: pass"), seconds=0.5)
    assert (report.passed, report.failed) == (False, "timeout")
    assert "still running after 0.5 seconds" in report.message
    assert report.line == "line 5: while True: pass"


# --- what a bank holds ---


@every_exercise
def test_a_bank_has_six_wrong_answers_and_five_right_ones(stage, name):
    assert len([entry for entry in bank(stage, name) if not entry.alias_of]) >= 6
    assert len(bank(stage, name, "alternatives.py")) >= 5


@every_exercise
def test_every_mistake_has_a_sentence_of_its_own_and_a_question(stage, name):
    entries = [entry for entry in bank(stage, name) if not entry.alias_of]
    assert len({entry.sentence for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.sentence.endswith("."), entry.id
        assert entry.question.endswith("?"), entry.id


@every_exercise
def test_no_sentence_and_no_question_holds_a_line_of_the_answer(stage, name):
    lines = answer_lines(stage, name)
    assert lines
    for entry in bank(stage, name):
        said = "".join(f"{entry.sentence} {entry.question}".split())
        assert not [line for line in lines if line in said], entry.id


def answer_lines(stage: course.Stage, name: str) -> set[str]:
    """What an author wrote in place of `raise NotImplementedError`: expressions without spaces and comments."""
    solved, stub = (
        next(cell.source for cell in read_notebook(path).cells if answer_name(cell) == name)
        for path in (course.solutions_folder() / stage.id / f"{stage.id}.ipynb", course.released_notebook(stage))
    )
    written = {bare(line) for line in solved.splitlines()} - {bare(line) for line in stub.splitlines()}
    return {line for line in written if len(line) > 5 and not line.startswith("###")}


def bare(line: str) -> str:
    """A line of code without comment and spaces, and without the `return` or the name in front of its value."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line.strip()).readline))
    except tokenize.TokenError:  # an open bracket, or a string that goes on
        return "".join(line.split())
    code = [token.string for token in tokens if token.type != tokenize.COMMENT]
    value = code[1:] if code[0] == "return" else code[2:] if code[1:2] == ["="] else code
    return "".join("".join(value).split())
