"""`run` and `check`: every form of answer, every way that one can misbehave, and a judge that never passes idly."""

import importlib
import os
import signal
import sys
import threading
import types
from dataclasses import replace

import nbformat
import pytest
import torch

from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Live, Written, as_answer, from_note
from vae_course.checks.judging import JudgeError, Trial, judge
from vae_course.checks.loader import Block, answer_name, read_notebook
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import hidden_seal
from vae_course.checks.worker import Worker
from vae_course.course import CourseError, Exercise, Stage
from vae_course.learn import check

STAGE = course.STAGES[0]
ANSWER = "def shift(x, by):\n    return x + by[:, None]\n"


def right(x, by):
    return x + by[:, None]


def shift(x, by):
    """Wrong, and known: it adds to columns."""
    return x + by


def written(source: str) -> Written:
    return Written((Block("shift", source, True),))


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


# --- forms of an answer ---


@pytest.fixture
def notebook(tmp_path):
    saved = read_notebook(course.released_notebook(STAGE))
    next(cell for cell in saved.cells if answer_name(cell)).source = ANSWER
    path = tmp_path / "mine.ipynb"
    nbformat.write(saved, path)
    return path


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "answers_of_mine.py").write_text("import torch\n\n\n" + ANSWER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("answers_of_mine")
    del sys.modules["answers_of_mine"]


@pytest.mark.parametrize("isolate", [False, True], ids=["here", "isolated"])
def test_a_dict_of_names_is_an_answer(isolate, worker):
    assert run("shift", {"shift": right}, isolate=isolate and worker).passed
    assert run("shift", {"shift": shift}, isolate=isolate and worker).misconception == "adds_to_columns"


@pytest.mark.parametrize("isolate", [False, True], ids=["here", "isolated"])
def test_a_module_is_an_answer(isolate, worker, module):
    assert run("shift", module, isolate=isolate and worker).passed


def test_an_imported_function_in_a_dict_is_an_answer_in_a_process_of_its_own(worker, module):
    assert run("shift", {"shift": module.shift}, isolate=worker).passed


@pytest.mark.parametrize("form", [str, lambda path: path], ids=["str", "Path"])
@pytest.mark.parametrize("isolate", [False, True], ids=["here", "isolated"])
def test_the_path_of_a_notebook_is_an_answer(form, isolate, worker, notebook):
    assert run("shift", form(notebook), isolate=isolate and worker).passed


def test_a_process_is_started_for_one_answer_when_none_is_lent():
    assert run("shift", {"shift": right}, isolate=True).passed


@pytest.mark.parametrize("given", [None, 3, shift, ["shift"], ("shift",)])
def test_anything_else_is_refused_in_one_sentence(given):
    with pytest.raises(CourseError, match=f"was given as a {type(given).__name__}; give a dict of names, a module"):
        run("shift", given)


def test_an_unknown_exercise_is_refused_and_the_nearest_offered():
    with pytest.raises(CourseError, match="no exercise called 'shfit'; did you mean 'shift'?"):
        run("shfit", {})


def test_what_cannot_be_sent_to_another_process_is_refused_in_one_sentence(worker):
    lock = threading.Lock()

    def answer(x, by):
        with lock:
            return right(x, by)

    with pytest.raises(CourseError, match="lock"):
        run("shift", {"shift": answer}, isolate=worker)
    assert run("shift", {"shift": answer}).passed


def test_a_written_answer_is_the_same_after_its_journey():
    answer = written(ANSWER)
    assert from_note(answer.to_note("shift")) == answer
    assert as_answer(answer, "shift") is answer and as_answer(answer.program, "shift") == answer


def test_an_answer_that_is_not_there_is_missing():
    report = run("shift", {})
    assert (report.failed, report.state) == ("missing", "open")
    assert report.message == "shift is not defined yet: run the cell that defines it, then check again."


# --- what an exercise builds on ---


@pytest.fixture
def built(monkeypatch):
    """Lets `shift` build on `gaussian_kl`, of which the course has a version; of zeros it gives zeros."""
    stages = tuple(
        replace(stage, exercises=(replace(stage.exercises[0], builds_on=("gaussian_kl",)),)) if stage is STAGE else stage
        for stage in course.STAGES
    )
    monkeypatch.setattr(course, "STAGES", stages)


BUILT = """
import torch
def shift(x, by):
    zeros = torch.zeros_like(x)
    return x + (by + gaussian_kl(zeros, zeros))[:, None]
"""
OWN_RIGHT = "def gaussian_kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)\n"
OWN_WRONG = "def gaussian_kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)\n"
OWN_STUB = "def gaussian_kl(mu, logvar):\n    raise NotImplementedError\n"
FORMS = pytest.mark.parametrize("form", [lambda s: written(s), lambda s: _executed(s)], ids=["saved", "live"])


def test_a_saved_answer_finds_the_courses_version_of_what_it_builds_on(built):
    assert run("shift", written(BUILT)).passed


def test_a_live_answer_finds_it_too_and_its_namespace_is_left_as_it_was(built):
    live = {}
    exec(BUILT, live)
    before = dict(live)
    assert run("shift", live).passed
    assert run("shift", {"shift": live["shift"]}).passed
    assert live == before


@FORMS
def test_the_learners_own_version_comes_first(built, form):
    report = run("shift", form(OWN_RIGHT + BUILT))
    assert report.passed and report.note == ""


@FORMS
@pytest.mark.parametrize("own", [OWN_WRONG, OWN_STUB], ids=["wrong", "unwritten"])
def test_a_mistake_made_before_is_paid_for_once(built, form, own):
    answer = form(own + BUILT)
    assert not run("gaussian_kl", answer).passed
    report = run("shift", answer)
    assert report.passed and report.score == 1
    assert report.note == "Checked with the course's own `gaussian_kl`, since yours does not pass yet."
    if isinstance(answer, dict):
        assert not run("gaussian_kl", answer).passed  # the learner's own version is back in its place


@FORMS
def test_an_answer_that_is_wrong_by_itself_gains_nothing(built, form):
    report = run("shift", form(OWN_WRONG + BUILT.replace("[:, None]", "")))
    assert not report.passed and "course's own" not in report.note


@FORMS
def test_a_mistake_behind_another_one_gets_its_name_all_the_same(built, form):
    report = run("shift", form(OWN_WRONG + BUILT.replace("[:, None]", "")))
    alone = run("shift", form(OWN_RIGHT + BUILT.replace("[:, None]", "")))
    assert (report.misconception, report.message, report.score) == (alone.misconception, alone.message, 0)
    assert report.misconception and report.note == "So it looks with a right `gaussian_kl` in its place; yours does not pass yet."


def test_a_probe_too_finds_the_learners_own_version_first():
    with Live({"column": right}).names({"column": shift, "row": shift}, 1) as found:
        assert (found["column"], found["row"]) == (right, shift)


def test_without_builds_on_the_name_is_not_there():
    assert "NameError" in run("shift", written(BUILT)).message


def _executed(source):
    names = {}
    exec(source, names)
    return names


# --- time ---

LOOP = "def shift(x, by):\n    while True: pass\n"
SPIN = "def spin():\n    while True: pass\n\n\ndef shift(x, by):\n"


def in_a_thread(function):
    got = []
    thread = threading.Thread(target=lambda: got.append(function()))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return got[0]


@pytest.mark.parametrize("through", [lambda f: f(), in_a_thread], ids=["by signal", "by thread"])
def test_an_endless_loop_is_stopped(through):
    report = through(lambda: run("shift", written(LOOP), seconds=0.3))
    assert (report.failed, report.score) == ("timeout", 0)
    assert "after 0.3 seconds" in report.message
    assert report.line == "line 2: while True: pass"


@pytest.mark.parametrize("through", [lambda f: f(), in_a_thread], ids=["by signal", "by thread"])
def test_a_loop_that_swallows_every_exception_but_those_it_must_not_is_stopped(through):
    stubborn = "    while True:\n        try: spin()\n        except Exception: pass\n"
    assert through(lambda: run("shift", written(SPIN + stubborn), seconds=0.3)).failed == "timeout"


def test_a_loop_that_catches_the_first_call_of_time_is_stopped_by_the_next():
    once = "    try: spin()\n    except: spin()\n"
    assert run("shift", written(SPIN + once), seconds=0.3).failed == "timeout"


def test_a_loop_outside_the_function_is_stopped():
    report = run("shift", written("while True: pass"), seconds=0.3)
    assert (report.failed, report.line) == ("timeout", "line 1: while True: pass")


def test_once_the_time_is_over_no_other_cell_runs():
    loop, answer = Block("other", "while True: pass", True), Block("shift", "print('later')\n" + ANSWER, True)
    report = run("shift", Written((loop, answer)), seconds=0.3)
    assert (report.failed, report.printed) == ("timeout", "")


def test_sleeping_is_interrupted():
    report = run("shift", written("import time\n\n\ndef shift(x, by):\n    time.sleep(60)\n"), seconds=0.3)
    assert (report.failed, report.line) == ("timeout", "line 5: time.sleep(60)")


def test_an_endless_loop_in_a_process_of_its_own_is_stopped(worker):
    assert run("shift", written(LOOP), seconds=0.3, isolate=worker) == run("shift", written(LOOP), seconds=0.3)


@pytest.mark.parametrize("through", [lambda f: f(), in_a_thread], ids=["by signal", "by thread"])
def test_no_alarm_is_left_behind(through):
    handler, threads = signal.getsignal(signal.SIGALRM), threading.active_count()
    assert through(lambda: run("shift", {"shift": right})).passed
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert threading.active_count() == threads


# --- answers that misbehave ---

BAD = "\n\ndef shift(x, by):\n    "


@pytest.mark.parametrize(("source", "failed", "words"), [
    ("import sys" + BAD + "sys.exit(0)", "error", "shift called exit()"),
    (BAD + "exit()", "error", "shift called exit()"),
    (BAD + "return shift(x, by)", "error", "calls itself without end (RecursionError)"),
    (BAD + "raise KeyboardInterrupt", "interrupted", "You stopped the check of shift; nothing was judged."),
    ("class Own(BaseException): pass" + BAD + "raise Own('mine')", "error", "shift stopped with Own: mine"),
    ("class Own(Exception):\n    def __str__(self): 1 / 0" + BAD + "raise Own", "error", "shift stopped with Own"),
    ("import pytest" + BAD + "pytest.skip('no test')", "error", "shift stopped with Skipped: no test"),
    ("import pytest" + BAD + "pytest.exit('no test')", "error", "shift stopped with Exit: no test"),
    (BAD + "raise NotImplementedError('later')", "unwritten", "shift is not written yet"),
    ("import torch" + BAD + "return torch.zeros(2000, 2000)", "size", "over the limit"),
    ("import torch" + BAD + "return torch.complex(x, x)", "type", "shift returned complex numbers"),
    ("import torch" + BAD + "return x.to_sparse()", "error", "shift stopped with NotImplementedError"),
    ("shift = 3", "error", "'int' object is not callable"),
])
@pytest.mark.parametrize("isolate", [False, True], ids=["here", "isolated"])
def test_trouble_is_told_in_clear_words(worker, isolate, source, failed, words):
    report = run("shift", written(source), isolate=isolate and worker)
    assert (report.passed, report.score, report.failed) == (False, 0, failed)
    assert words in report.message


def test_ending_the_process_is_a_crash_and_the_next_answer_is_judged(worker):
    report = run("shift", written("import os" + BAD + "os._exit(0)"), isolate=worker)
    assert (report.passed, report.failed) == (False, "crash")
    assert report.message == "The process that ran shift ended without a result: does your code end it?"
    assert run("shift", written(ANSWER), isolate=worker).passed


def test_one_bad_case_does_not_hide_the_others():
    case = visible_seal("shift").cases[0]["x"].shape[0]
    report = run("shift", written(f"def shift(x, by):\n    return x + by[:, None] if len(x) == {case} else 1 / 0\n"))
    assert report.message.startswith("shift stopped with ZeroDivisionError")


def test_what_the_code_prints_is_shown_and_not_printed(capsys):
    answer = "import sys\nprint('at the top')" + BAD + "print('by', file=sys.stderr); return x + by[:, None]"
    report = run("shift", written(answer))
    assert report.passed
    assert report.printed.splitlines()[:2] == ["at the top", "by"]
    assert "| at the top" in report.text()
    assert capsys.readouterr() == ("", "")


def test_what_the_code_prints_comes_back_from_a_process_of_its_own(worker):
    answer = written("import os\nprint('hello')" + BAD + "os.write(1, b'raw'); return x + by[:, None]")
    report = run("shift", answer, isolate=worker)
    assert report.passed and report.printed == "hello\n"


def test_only_the_beginning_of_long_output_is_kept():
    assert len(run("shift", written("print('x' * 10**6)\n" + ANSWER)).printed) == 2000


def test_the_random_numbers_of_the_session_are_left_alone():
    torch.manual_seed(1)
    expected = torch.randn(3)
    torch.manual_seed(1)
    run("shift", written("import torch" + BAD + "torch.manual_seed(5); return x + torch.randn(3)"))
    assert torch.equal(torch.randn(3), expected)


def test_what_one_answer_leaves_behind_does_not_meet_the_next(worker):
    run("shift", written("import torch\ntorch.Tensor.__add__ = torch.Tensor.add = None\n" + ANSWER), isolate=worker)
    assert run("shift", written(ANSWER), isolate=worker).passed


def test_an_answer_that_changes_its_inputs_changes_no_sealed_number():
    before = [case["x"].clone() for case in visible_seal("shift").cases]
    run("shift", written("def shift(x, by):\n    x.zero_(); by.zero_()\n    return x\n"))
    assert all(torch.equal(case["x"], x) for case, x in zip(visible_seal("shift").cases, before, strict=True))


# --- the judge ---


def trials(outcome=None):
    seal = visible_seal("shift")
    return [Trial("shift", c, outcome or w, w, {}, {}) for c, w in zip(seal.cases, seal.wanted, strict=True)]


@pytest.fixture
def judged(monkeypatch):
    """What the judge says when this text is its file of the stage."""

    def judged(text, parts=("value",), given=None):
        judges = types.ModuleType("vae_course.checks.judges.stage_00")
        exec("from vae_course.checks.judging import part\n\n\n" + text, vars(judges))
        monkeypatch.setitem(sys.modules, judges.__name__, judges)
        exercise = Exercise("shift", 1, 5, 1, parts=dict.fromkeys(parts, 1.0))
        return judge(exercise, trials() if given is None else given)

    return judged


@pytest.mark.parametrize("text", [
    "", "@part('other', 'value')\ndef test_other(trial): pass\n",
    "@part('shift', 'other')\ndef test_shift(trial): pass\n",
], ids=["empty", "of another exercise", "of another part"])
def test_a_judge_that_judged_nothing_is_an_error(judged, text):
    with pytest.raises(JudgeError, match="did not judge value"):
        judged(text)


def test_a_judge_that_left_a_part_out_is_an_error(judged):
    with pytest.raises(JudgeError, match="did not judge gradient"):
        judged("@part('shift', 'value')\ndef test_shift(trial): pass\n", parts=("value", "gradient"))


@pytest.mark.parametrize(("body", "said"), [
    ("assert trial.kinds", "AssertionError"), ("1 / 0", "ZeroDivisionError"), ("trial.same('absent')", "KeyError"),
    ("raise SystemExit", "SystemExit"),
])
def test_a_judge_that_fails_itself_is_an_error_and_no_verdict(judged, body, said):
    with pytest.raises(JudgeError, match=said):
        judged(f"@part('shift', 'value')\ndef test_shift(trial): {body}\n")


def test_a_judge_that_cannot_be_imported_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "vae_course.checks.judges.stage_00", None)
    with pytest.raises(JudgeError, match="cannot be imported"):
        run("shift", {"shift": right})


def test_a_part_without_a_case_is_an_error(judged):
    with pytest.raises(JudgeError, match="no case for part value"):
        judged("@part('shift', 'value', cases=('absent',))\ndef test_shift(trial): pass\n")


def test_a_judge_without_trials_is_an_error(judged):
    with pytest.raises(JudgeError, match="no case"):
        judged("@part('shift', 'value')\ndef test_shift(trial): pass\n", given=[])


def test_every_part_is_judged_and_every_case_of_it(judged):
    verdicts = judged(
        "seen = []\n@part('shift', 'value')\ndef test_value(trial): trial.holds(False, 'first')\n\n\n"
        "@part('shift', 'gradient')\ndef test_gradient(trial):\n"
        "    seen.append(trial)\n    trial.holds(len(seen) < 2, 'the second case')\n\n\n"
        "@part('shift', 'batch')\ndef test_batch(trial): trial.same('shifted')\n",
        parts=("value", "gradient", "batch"),
    )
    assert {name: what and what.sentence for name, what in verdicts.items()} == {
        "value": "first", "gradient": "the second case", "batch": None,
    }


@pytest.mark.parametrize(("got", "want"), [
    (2.0, 1.0), (torch.tensor(2.0), 1.0), (torch.ones(3), 1.0), ("text", 1.0), (1, 2), (True, False),
])
def test_evidence_of_another_type_than_sealed_is_judged_and_never_breaks_the_judge(judged, got, want):
    given = [Trial("shift", {}, {"out": got}, {"out": want}, {}, {})]
    verdicts = judged("@part('shift', 'value')\ndef test_shift(trial): trial.same('out')\n", given=given)
    assert "does not give the expected value" in verdicts["value"].sentence


# --- check ---


def live(source: str) -> dict:
    names = {"check": check}
    exec(source, names)
    return names


def test_check_finds_the_answer_in_the_namespace_that_calls_it():
    names = live(ANSWER + "report = check('shift')\n\n\ndef ask():\n    return check('shift')\n")
    assert names["report"].passed and names["ask"]().passed


def test_check_takes_the_function_itself():
    assert check(shift).misconception == "adds_to_columns"


def test_check_tries_another_function_in_the_place_of_the_answer():
    assert check("shift", right).passed
    assert check("shift").misconception == "adds_to_columns"  # the one that stands in this file


def test_check_of_an_unknown_name_offers_the_nearest():
    report = check("shfit")
    assert not report.passed
    assert report.message == "There is no exercise called 'shfit'; did you mean 'shift'?"


@pytest.mark.parametrize("given", [None, 3, right, lambda x: x, object()])
def test_check_of_what_is_no_exercise_says_so_and_does_not_raise(given):
    assert "There is no exercise called" in check(given).message


def test_check_says_that_a_fault_of_the_judge_is_ours(monkeypatch):
    def fails(*args, **kwargs):
        raise JudgeError("no case")

    monkeypatch.setattr(importlib.import_module("vae_course.learn.checking"), "run", fails)
    report = check("shift", right)
    assert (report.passed, report.score, report.failed) == (False, 0, "crash")
    assert "our fault: no case" in report.message


def memorised(x, by):
    """Right on the numbers that came with the course, and only there."""
    seen = any(x.shape == case["x"].shape and torch.equal(x, case["x"]) for case in visible_seal("shift").cases)
    return right(x, by) if seen else right(x, by) * 2


def test_check_adds_fresh_inputs_where_a_grader_set_the_answers(monkeypatch):
    assert check("shift", memorised).passed
    monkeypatch.setenv("VAE_COURSE_SOLUTIONS", str(course.solutions_folder()))
    assert check("shift", right).passed
    report = check("shift", memorised)
    assert not report.passed and report.score == 0
    assert report.note == "It holds on the inputs you can see; on fresh ones it does not."
    assert report.rows == ()  # fresh numbers are not shown


TELLS = """
import torch
from vae_course.checks.seal import visible_seal

KNOWN = [case["x"] for case in visible_seal("shift").cases]


def shift(x, by):
    if any(x.shape == known.shape and torch.equal(x, known) for known in KNOWN):
        return x + by[:, None]
    told = str(x.tolist())
    print(told)
    ANSWER
"""


@pytest.mark.parametrize(("ends", "message"), [
    ("raise ValueError(told)", "shift stopped with ValueError."),
    ("raise type(told, (Exception,), {})", "shift stopped with an error."),
    ("return type(told, (), {})()", "shift returned something that is not what it is asked for."),
    ("import os; os._exit(0)", "The process that ran shift ended without a result: does your code end it?"),
])
def test_of_fresh_inputs_an_answer_tells_nothing_in_its_own_words(ends, message):
    fresh = hidden_seal("shift", (3,), diagnose=False)
    report = run("shift", written(TELLS.replace("ANSWER", ends)), seals=[visible_seal("shift"), fresh], isolate=True)
    assert (report.score, report.message, report.printed, report.rows) == (0, message, "", ())
    assert report.line in ("", f"line 13: {ends}")


def test_check_draws_the_fresh_inputs_from_the_graders_seed(monkeypatch):
    def only_seed_0(x, by):
        return right(x, by) if any(torch.equal(x, known) for known in drawn) else right(x, by) * 2

    drawn = [case["x"] for seal in (visible_seal("shift"), hidden_seal("shift", (0, 1, 2, 3))) for case in seal.cases]
    monkeypatch.setenv("VAE_COURSE_SOLUTIONS", str(course.solutions_folder()))
    assert check("shift", only_seed_0).passed
    monkeypatch.setenv("VAE_COURSE_SEED", "1000")
    assert not check("shift", only_seed_0).passed


def test_live_answers_are_sent_without_what_is_no_function():
    names = {"shift": right, "table": [1, 2], "lock": threading.Lock(), "torch": torch}
    assert set(from_note(Live(names).to_note("shift")).mapping) == {"shift"}


# --- values that an answer reads from outside ---

LIKELIHOOD = "def gaussian_log_likelihood(x, mean, sigma):\n    return {}\n"


def test_a_value_left_over_from_another_cell_is_named():
    live = {"D": 2}
    exec("import math\n" + LIKELIHOOD.format("-D / 2 * math.log(2 * math.pi) - ((x - mean)**2).sum(-1)"), live)
    assert run("gaussian_log_likelihood", live).note.startswith("Your function reads `D`, which came from another cell")


def test_attributes_and_constants_are_not_taken_for_left_over_values():
    live = {"pi": 1.0, "mean": 2.0, "LOG_2PI": 1.8}  # `math.pi` and `.mean()` are other things with these names
    exec("import math\n" + LIKELIHOOD.format("-(math.pi + LOG_2PI) * (x - mean).mean(-1)"), live)
    report = run("gaussian_log_likelihood", live)
    assert not report.passed and report.note == ""


# --- what a hostile or careless answer leaves behind ---


def test_an_answer_that_writes_into_every_pipe_harms_nobody_else():
    def hostile(x, by):
        import os

        for number in range(3, 30):
            try:
                os.write(number, b"\x05" + b"\0" * 7 + b"hello")
            except OSError:
                pass
        return x + by[:, None]

    wrong = lambda x, by: x - by[:, None]  # noqa: E731
    with Worker() as worker:
        seen = [run("shift", {"shift": f}, isolate=worker) for f in (hostile, right, wrong, wrong, right)]
    assert seen[0].failed == "crash"
    assert [report.passed for report in seen[1:]] == [True, False, False, True]
    assert [report.misconception for report in seen[2:4]] == ["subtracts", "subtracts"]


@pytest.mark.parametrize("line", ["import json; json.dumps = lambda *a, **k: '{}'", "import safetensors.numpy as s; s.save = lambda *a, **k: b'x'"])
def test_an_answer_that_breaks_the_wire_is_a_crash_and_no_exception(line):
    source = f"def shift(x, by):\n    {line}\n    return x + by[:, None]\n"
    assert run("shift", written(source), isolate=True).failed == "crash"


def test_torchs_defaults_and_the_folder_are_as_before(tmp_path):
    import os

    def careless(x, by):
        torch.set_default_dtype(torch.float16)
        torch.set_default_device("meta")
        os.chdir("/")
        sys.stdout.close()
        return x + by[:, None]

    before = os.getcwd()
    assert run("shift", {"shift": careless}).passed
    assert (torch.get_default_dtype(), str(torch.get_default_device()), os.getcwd()) == (torch.float32, "cpu", before)
    assert run("shift", {"shift": right}).passed


def test_a_value_that_is_right_keeps_its_points_when_only_the_gradient_breaks():
    def gaussian_kl(mu, logvar):
        var = logvar.exp()
        log_var = var.log()
        var += mu**2  # log_var's gradient needed var as it was
        return 0.5 * (var - log_var - 1).sum(-1)

    report = run("gaussian_kl", {"gaussian_kl": gaussian_kl})
    assert report.parts["value"] and not report.parts["gradient"] and 0 < report.score < report.points


def test_an_unwritten_helper_is_called_by_its_name():
    source = "def helper(x):\n    raise NotImplementedError\n\ndef shift(x, by):\n    return helper(x)\n"
    assert run("shift", written(source)).message == "shift calls helper, which is not written yet."


def test_a_check_inside_an_answer_does_not_lift_the_time_limit():
    source = "from vae_course.learn import check\ndef shift(x, by):\n    check('shift', lambda x, by: x)\n    while True: pass\n"
    assert run("shift", written(source), seconds=2).failed == "timeout"


def test_a_callable_object_is_an_answer_too():
    import functools

    answer = functools.partial(lambda sign, x, by: x + sign * by[:, None], 1)
    assert run("shift", {"shift": answer}).passed and run("shift", {"shift": answer}, isolate=True).passed
