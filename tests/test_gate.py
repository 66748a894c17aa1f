"""Practice, gates and status: one round in the notebook's card and in the terminal, and what opens a gate."""

import dataclasses
import io
import json
import random

import nbformat
import pytest

from vae_course import course
from vae_course.checks import Report
from vae_course.checks.drills import Item
from vae_course.course import CourseError
from vae_course.learn import check, gate, gates, opening, practice, progress
from vae_course.learn import status as standings
from vae_course.learn.card import Card
from vae_course.learn.numbers import read_number
from vae_course.learn.rounds import Question, Round, number
from vae_course.learn.workbook import fill

FIRST, LATER = course.STAGES[0], course.find_stage("03")


@pytest.fixture
def workbook(progress_file, tmp_path, monkeypatch):
    """A learner's folder with stage 00 in it, its progress recorded; answer(line) writes and saves the answer."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "workbook")
    path = tmp_path / "workbook" / FIRST.id / f"{FIRST.id}.ipynb"
    stub = path.read_text(encoding="utf-8")

    def answer(line):
        notebook = nbformat.reads(stub, 4)
        cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "shift")
        cell.source = cell.source.replace("raise NotImplementedError", line)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")

    return answer


def typed(attempt, right):
    """Answer all questions of a round, the first `right` of them rightly."""
    for index in range(len(attempt.questions)):
        item = attempt.question.item
        attempt.answer(repr(item.answer if index < right else next(iter(item.wrong.values()))))


# --- typed numbers ---


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.498", 0.498), (" -3/4 ", -0.75), ("1,25", 1.25), ("−1", -1), ("1e-3", 0.001), ("2^3", 8), ("0.5*log(4)", 0.693147)],
)
def test_a_number_may_be_typed_in_many_ways(text, value):
    assert read_number(text) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("text", ["abc", "True", "1,234.5", "log(-1)", "9**9**9**9", "__import__('os')", "1 2", "nan", "(" * 300])
def test_what_is_no_number_gets_a_sentence(text):
    with pytest.raises(CourseError, match="is not a number; type one"):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("0.498 nats", 0.498), ("–0,5", -0.5), ("0,498", 0.498), ("= log(0,25)", -1.386294), ("math.log(2)", 0.693147)]
)
def test_units_commas_and_module_names_are_read_as_meant(text, value):
    assert read_number(text) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(("text", "says"), [("", "Nothing was typed"), ("1,234", "can be read in two ways"), ("0x10", "is not a number")])
def test_what_could_be_misread_is_asked_again(text, says):
    with pytest.raises(CourseError, match=says):
        read_number(text)


# --- rounds ---


def make_round(tries):
    items = [Item(f"q{i}", 2.0 + i, wrong={"square_pulled_out": 9.0}) for i in range(2)]
    return Round("practice", [Question(FIRST, "d", item) for item in items], tries)


def test_a_second_try_is_given_before_the_number_is_told(monkeypatch):
    monkeypatch.setattr("vae_course.learn.rounds.sentence", lambda stage, slip: f"You slipped: {slip}.")
    round = make_round(tries=2)
    first = round.answer("9")
    assert (first.right, first.done, first.text) == (False, False, "You slipped: square_pulled_out.")
    second = round.answer("5")
    assert second.done and "The number is 2." in second.text
    assert round.heading == "Question 2 of 2" and round.right == 0
    assert round.answer("3").right and round.right == 1 and round.question is None


def test_the_same_slip_twice_is_not_explained_twice(monkeypatch):
    monkeypatch.setattr("vae_course.learn.rounds.sentence", lambda stage, slip: f"You slipped: {slip}.")
    round = make_round(tries=2)
    assert [round.answer("9").text for _ in range(3)] == [
        "You slipped: square_pulled_out.", "That is the same slip once more. The number is 2.", "You slipped: square_pulled_out.",
    ]


def test_only_the_first_try_counts_as_right(monkeypatch):
    monkeypatch.setattr("vae_course.learn.rounds.sentence", lambda stage, slip: slip)
    round = make_round(tries=2)
    round.answer("9")
    assert round.answer("2").right and round.right == 0


def test_what_is_no_number_costs_nothing():
    round = make_round(tries=1)
    with pytest.raises(CourseError):
        round.answer("two")
    assert round.answer("2").right and round.right == 1


def test_a_number_is_told_with_its_unit():
    assert number(Item("", 0.49815, unit="nats")) == "0.498 nats"


def test_a_round_in_a_card_goes_on_by_what_is_typed():
    card = practice("00")
    assert isinstance(card, Card) and card.view["heading"].startswith("Question 1 of 5")
    card.receive({"number": "no"})
    assert "is not a number" in card.view["feedback"] and card.view["heading"].startswith("Question 1")
    for _ in range(10):
        if card.view["fields"]:
            card.receive({"number": "12345"})
    assert card.view["heading"] == "0 of 5 right at the first try" and card.view["fields"] == []


def test_practice_in_a_terminal(vae_course, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\nx\n3\n"))
    monkeypatch.setattr("builtins.input", lambda prompt="": _line(prompt))
    done = vae_course("practice", "00")
    assert done.returncode == 0 and "Question 1 of 5" in done.stdout and "Stopped" in done.stdout
    assert "x is not a number" in done.stdout


def _line(prompt):
    import sys

    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


# --- gates ---


def test_a_gate_is_closed_while_an_exercise_does_not_pass_and_says_what_to_do(workbook):
    said = gate("00")
    assert said.headline == "The gate of 00_start_here is closed"
    assert said.lines[0] == "Not passed in the saved notebook: `shift` (5 min); about 5 minutes in all."
    assert said.lines[1] == "Return to `shift`. Then save the notebook and try the gate again."


def test_a_closed_gate_sends_back_to_what_the_others_build_on():
    names = ("std_from_logvar", "gaussian_kl", "kl_monte_carlo")
    failed = [course.find_exercise(name)[1] for name in names]
    said = gates.closed_by_checks(LATER, [gates.Missing(e, "std_from_logvar") for e in failed])
    assert said.lines[1].startswith("Return to `std_from_logvar`, which `gaussian_kl` and `kl_monte_carlo` build on.")


def test_a_gate_opens_with_four_of_five(workbook):
    workbook("return x + by[:, None]")
    attempt = gates.Attempt(FIRST, random.Random(1))
    assert gates.standing(FIRST) is None
    typed(attempt, right=4)
    said = attempt.end()
    assert said.headline == "The gate of 00_start_here is open" and "4 of 5 right" in said.lines[0]
    assert opening.is_open(FIRST) and gate("00").headline == "The gate of 00_start_here is open"


def test_three_of_five_keep_it_closed_and_name_what_to_practise(workbook):
    workbook("return x + by[:, None]")
    attempt = gates.Attempt(FIRST, random.Random(1))
    typed(attempt, right=3)
    said = attempt.end()
    assert "stays closed" in said.headline and "`vae-course practice 00`" in said.lines[0] and "5 minutes" in said.lines[0]
    assert not opening.is_open(FIRST)


def test_a_gate_asks_three_of_its_stage_and_two_of_earlier_ones():
    for seed in range(20):
        stages = [question.stage for question in gates.Attempt(LATER, random.Random(seed)).questions]
        assert stages.count(LATER) == 3 and all(stage in course.STAGES[: course.STAGES.index(LATER) + 1] for stage in stages)
        drills = [question.drill for question in gates.Attempt(LATER, random.Random(seed)).questions]
        assert len(set(drills)) == 5


def test_questions_are_fresh_each_time():
    texts = {gates.Attempt(FIRST).questions[0].item.text for _ in range(10)}
    assert len(texts) > 1


def test_the_notebook_is_run_once_for_each_content(workbook, monkeypatch):
    workbook("return x + by[:, None]")
    path = gates.workbook.find(FIRST)
    assert gates.missing(FIRST, path) == []
    monkeypatch.setattr(gates.saved, "check", lambda *a: pytest.fail("the notebook was run again"))
    assert gates.missing(FIRST, path) == []
    monkeypatch.undo()


@pytest.mark.parametrize(("failed", "runs"), [("value", 1), ("timeout", 2), ("crash", 2)])
def test_a_busy_machine_does_not_close_a_gate_for_good(workbook, monkeypatch, failed, runs):
    """What may turn out otherwise the next time, such as a time-out, is not kept for this content."""
    path, ran = gates.workbook.find(FIRST), []
    report = Report("shift", False, 0.0, 1.0, "", failed=failed)
    monkeypatch.setattr(gates.saved, "check", lambda *a: ran.append(a) or [report])
    assert gates.missing(FIRST, path) and gates.missing(FIRST, path)
    assert len(ran) == runs


@pytest.mark.parametrize(("required", "absent"), [(True, ["std_from_logvar"]), (False, [])])
def test_a_gate_does_not_wait_for_what_is_not_required(workbook, monkeypatch, required, absent):
    extra = dataclasses.replace(course.find_exercise("std_from_logvar")[1], required=required)
    stage = dataclasses.replace(FIRST, exercises=(*FIRST.exercises, extra))
    reports = [Report("shift", True, 1.0, 1.0, ""), Report("std_from_logvar", False, 0.0, 1.0, "", failed="value")]
    monkeypatch.setattr(gates.saved, "check", lambda *a: reports)
    assert [m.exercise.name for m in gates.missing(stage, gates.workbook.find(FIRST))] == absent


BRANCHES = {"shift": "", "a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"}


def branched(needed=2):
    """The first stage with branches a, b and c; a2 takes longest, and b2 is optional."""
    minutes = {"a2": 20}
    exercises = tuple(
        course.Exercise(name, points=1, minutes=minutes.get(name, 5), difficulty=1, branch=branch, required=name != "b2")
        for name, branch in BRANCHES.items()
    )
    return dataclasses.replace(FIRST, exercises=exercises, branches_needed=needed)


@pytest.mark.parametrize(("passed", "absent"), [
    ("", ["shift", "a1", "a2", "b1"]),  # nothing is begun: the first branches, and what belongs to none
    ("shift", ["a1", "a2", "b1"]),
    ("shift a2", ["a1", "b1"]),
    ("shift c1", ["a1", "a2"]),
    ("shift c1 a1", ["a2"]),
    ("shift c1 b1", []),  # b2 is optional
    ("shift a1 a2 b1", []),
    ("a1 a2 b1 c1", ["shift"]),
])
def test_of_its_branches_a_gate_wants_so_many_and_the_nearest_first(workbook, monkeypatch, passed, absent):
    monkeypatch.setattr("vae_course.learn.prerequisites.return_to", lambda *slip: None)  # these exercises are in no course
    reports = [Report(name, name in passed.split(), 0.0, 1.0, "") for name in BRANCHES]
    monkeypatch.setattr(gates.saved, "check", lambda *a: reports)
    stage = branched()
    found = gates.missing(stage, gates.workbook.find(FIRST))
    assert [m.exercise.name for m in found] == absent


def test_a_closed_gate_tells_which_branch_is_nearest_and_what_it_lacks():
    stage = branched()
    lacking = [gates.Missing(e, e.name) for e in stage.exercises if e.name in ("a1", "b1")]
    said = gates.closed_by_checks(stage, lacking[:1])
    assert said.lines[1] == (
        "The gate asks for 2 of the 3 branches, whichever you like, and 1 is complete. Nearest, in this order: a lacks `a1`."
    )
    assert "none is complete. Nearest, in this order: a lacks `a1`; b lacks `b1`." in gates.closed_by_checks(stage, lacking).lines[1]
    alone = gates.closed_by_checks(stage, [gates.Missing(stage.exercises[0], "shift")])
    assert len(alone.lines) == 2  # nothing of branches


def test_another_content_is_run_again(workbook):
    workbook("return x + by[:, None]")
    path = gates.workbook.find(FIRST)
    assert gates.missing(FIRST, path) == []
    workbook("return x - by[:, None]")
    assert [m.exercise.name for m in gates.missing(FIRST, path)] == ["shift"]


def test_the_gate_in_a_terminal_exits_by_whether_it_is_open(workbook, vae_course, monkeypatch):
    done = vae_course("gate", "00")
    assert done.returncode == 1 and "The gate of 00_start_here is closed" in done.stdout
    workbook("return x + by[:, None]")
    monkeypatch.setattr("builtins.input", lambda prompt="": "12345")
    done = vae_course("gate", "00")
    assert done.returncode == 1 and "stays closed" in done.stdout and "0 of 5 right" in done.stdout
    asked = []
    monkeypatch.setattr(gates.Round, "heading", property(lambda self: asked.append(self.question) or "Question"))
    monkeypatch.setattr("builtins.input", lambda prompt="": repr(asked[-1].item.answer))
    done = vae_course("gate", "00")
    assert done.returncode == 0 and "The gate of 00_start_here is open" in done.stdout and "5 of 5 right" in done.stdout
    assert vae_course("gate", "00").returncode == 0


def test_a_gate_left_in_the_middle_stays_closed(workbook, vae_course, monkeypatch):
    workbook("return x + by[:, None]")

    def gone(prompt=""):
        raise EOFError

    monkeypatch.setattr("builtins.input", gone)
    done = vae_course("gate", "00")
    assert done.returncode == 1 and "Stopped" in done.stdout and not opening.is_open(FIRST)


# --- modes ---


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr("vae_course.learn.checking._told", set())
    names = {"check": check}
    exec("def gaussian_kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)", names)
    return lambda: eval("check('gaussian_kl')", names)


def test_hard_gates_hold_the_next_stages_checks(progress_file, monkeypatch, live):
    monkeypatch.setenv("VAE_COURSE_GATES", "hard")
    report = live()
    assert (report.failed, report.state, report.passed) == ("gate", "open", False)
    assert "The gate of" in report.message and "still closed" in report.message
    before = course.STAGES[course.STAGES.index(LATER) - 1]
    progress.record("gate", before.id, "", open=True)
    assert live().passed


def test_soft_gates_only_say_so(progress_file, monkeypatch, live):
    monkeypatch.setenv("VAE_COURSE_GATES", "soft")
    report = live()
    assert report.passed and "still closed" in report.note
    assert live().note == ""  # once is enough


@pytest.mark.parametrize(("chosen", "kept"), [("off", True), ("hard", False)])
def test_nothing_is_held_when_gates_or_progress_are_off(progress_file, monkeypatch, live, chosen, kept):
    monkeypatch.setenv("VAE_COURSE_GATES", chosen)
    if not kept:
        monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    report = live()
    assert report.passed and report.note == ""


def test_an_unknown_mode_is_named(progress_file, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_GATES", "sof")
    with pytest.raises(CourseError, match="VAE_COURSE_GATES is 'sof'; set it to hard, soft, graded or off"):
        opening.mode()


def test_a_gate_in_a_build_records_nothing_and_always_reads_the_same():
    assert repr(gate("03")) == repr(gate("03")) and "Nothing is recorded here" in repr(gate("03"))


# --- status, reset ---


def test_status_tells_slips_met_and_cleared_and_what_is_next(workbook, vae_course):
    names = {"check": check}
    exec("def shift(x, by): return x - by[:, None]\nr = check('shift')", names)
    met = standings.all_standings()[0]
    assert met.met == ("subtracts",) and met.cleared == () and met.to_do == ("shift",) and met.points == 0
    exec("def shift(x, by): return x + by[:, None]\nr = check('shift')", names)
    now = standings.all_standings()[0]
    assert now.cleared == ("subtracts",) and now.to_do == () and now.points == 1 and now.minutes == 0
    text = vae_course("status").stdout
    assert "1 of 1 points" in text and "1 of 1 slips cleared" in text and "Next: the gate of stage 00" in text
    data = json.loads(vae_course("status", "--json").stdout)
    assert data["stages"][0]["met"] == ["subtracts"] and data["stages"][0]["gate"] == "closed"


def test_reset_keeps_the_old_notebook_and_closes_the_gate(workbook, vae_course, tmp_path):
    workbook("return 1234")
    progress.record("gate", FIRST.id, "", open=True)
    done = vae_course("reset", "00")
    folder = tmp_path / "workbook" / FIRST.id
    assert done.returncode == 0 and not opening.is_open(FIRST)
    assert (folder / f"{FIRST.id}.ipynb").read_bytes() == course.released_notebook(FIRST).read_bytes()
    assert "1234" in (folder / f"{FIRST.id}.before-reset-1.ipynb").read_text(encoding="utf-8")
    vae_course("reset", "00")
    assert "1234" in (folder / f"{FIRST.id}.before-reset-1.ipynb").read_text(encoding="utf-8")
    assert (folder / f"{FIRST.id}.before-reset-2.ipynb").exists()
