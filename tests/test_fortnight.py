"""A fortnight of a new learner at the command line, with the clock set: every message is read here as the learner reads it."""

import re

import nbformat
import pytest
from fortnight import START, Weeks

from vae_course import course
from vae_course.learn import practising, progress, rounds
from vae_course.learn.workbook import fill

FIRST, SECOND = course.STAGES[:2]


@pytest.fixture
def learner(progress_file, tmp_path, monkeypatch, vae_course):
    """A learner at the command line: `at(day)` sets the clock, `run(...)` gives what is printed, `answer` types numbers."""

    class Learner:
        def __init__(self):
            self.weeks = Weeks(monkeypatch)
            self.asked = []
            monkeypatch.chdir(tmp_path)
            fill(tmp_path / "workbook")
            monkeypatch.setattr(rounds.Round, "heading", property(lambda round: self.asked.append(round.question) or f"Question {round.number} of {len(round.questions)}"))

        def at(self, days=0, minutes=0):
            self.weeks.set(days, minutes)

        def run(self, *words, right=True):
            def typed(prompt=""):
                item = self.asked[-1].item
                return repr(item.answer if right else next(iter(item.wrong.values())))

            monkeypatch.setattr("builtins.input", typed)
            done = vae_course(*words)
            assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
            return re.sub(r"\s+", " ", done.stdout)

        def write(self, exercise, line, instead_of="raise NotImplementedError"):
            stage, _ = course.find_exercise(exercise)
            path = tmp_path / "workbook" / stage.id / f"{stage.id}.ipynb"
            notebook = nbformat.read(path, 4)
            cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == exercise)
            cell.source = cell.source.replace(instead_of, line)
            nbformat.write(notebook, path)

    return Learner()


def test_a_fortnight(learner):
    # Monday: the first stage, wrongly, then rightly
    assert "Next: shift in stage 00" in learner.run("status")
    learner.write("shift", "return x - by[:, None]")
    assert "not right yet" in learner.run("check", "00")
    said = learner.run("status")
    assert "0 of 1 slips cleared" in said and "Slips still there: subtracts" in said and "Next: shift in stage 00" in said
    assert "✗ shift" in learner.run("map")
    learner.write("shift", "return x + by[:, None]", instead_of="return x - by[:, None]")
    assert "1 of 1 points" in learner.run("check", "00")
    assert "Next: the gate of stage 00; `vae-course gate 00` tries it." in learner.run("status")
    assert "stays closed" in learner.run("gate", "00", right=False)
    learner.at(minutes=20)
    said = learner.run("status")  # what the gate asked and was missed is due today
    assert "Practice: 5 due today (5 of stage 00)" in said and "Next: today's practice, 5 questions due; `vae-course practice`." in said
    assert "5 of 5 right at the first try" not in learner.run("practice", right=False)
    learner.at(minutes=40)
    said = learner.run("practice")
    assert "right at the first try" in said and "back tomorrow" in said
    assert "The gate of 00_start_here is open" in learner.run("gate", "00")
    assert "✓ shift" in learner.run("map") and "mastered" in learner.run("map")

    # Tuesday: what was missed returns; and then nothing is due
    learner.at(days=1)
    assert "due today" in learner.run("status")
    asked_before = len(learner.asked)
    learner.run("practice")
    assert len(learner.asked) > asked_before
    progress.record("check", SECOND.id, SECOND.exercises[0].name, passed=True, score=2.0, misconception=None)
    learner.run("practice")  # the new stage's first drills

    # to the second Sunday: every day today's practice, all right; the rounds get shorter
    lengths = []
    for _ in range(12):
        learner.at(days=1)
        before = {id(question) for question in learner.asked}
        said = learner.run("practice")
        lengths.append(len({id(question) for question in learner.asked} - before))
        assert "right at the first try" in said or "Nothing is due today" in said
    assert sum(lengths[:6]) > sum(lengths[6:]) and 0 in lengths
    while learner.run("practice") and practising.todays(progress.events()):
        pass
    said = learner.run("practice")
    assert re.search(r"Nothing is due today The next (\d+ questions come|question comes) (tomorrow|\w+day \d+ March)\.", said), said
    said = learner.run("status")
    assert "Practice: nothing is due today; the next " in said and f"Next: {SECOND.exercises[1].name} in stage 01" in said

    # a transfer round, and the whole fortnight carried to another machine
    assert "right at the first try" in learner.run("practice", "--transfer")
    count = len(progress.history())
    assert learner.run("progress", "export", "mine.json").strip() == f"mine.json: {count} events."
    assert learner.run("progress", "delete", "--yes").strip().endswith("deleted")
    assert "Next: shift in stage 00" in learner.run("status")
    assert learner.run("progress", "import", "mine.json").strip() == f"mine.json: {count} events, {count} of them new here."
    assert f"Next: {SECOND.exercises[1].name} in stage 01" in learner.run("status")
    assert progress.history()[0].time == START
