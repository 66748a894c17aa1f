"""The whole path of a new learner from an empty home: the wheel, stage 00, its gate, stage 03, its gate, status, reset."""

import json
import re

import nbformat
import pytest

from vae_course import course
from vae_course.checks.sealing import reference_program
from vae_course.learn.numbers import read_number

PLAYER = """
import sys
from vae_course.learn import rounds
from vae_course import cli

asked = []
heading = rounds.Round.heading.fget
rounds.Round.heading = property(lambda self: asked.append(self.question) or heading(self))
__builtins__.input = lambda prompt="": repr(asked[-1].item.answer)  # somebody who knows every answer
sys.argv = ["vae-course", *sys.argv[1:]]
cli.main()
"""


@pytest.fixture(scope="module")
def learner(from_the_wheel):
    """Run `vae-course` as a new learner. With `knows`, questions are answered, rightly."""
    run, home = from_the_wheel
    program = home / "player.py"
    program.write_text(PLAYER)

    def call(*arguments, knows=False):
        return run(*([str(program)] if knows else ["-m", "vae_course"]), *arguments)

    return call, home


def solve(home, stage):
    """Write the reference into every answer cell of a learner's notebook."""
    path = home / "workbook" / stage.id / f"{stage.id}.ipynb"
    notebook = nbformat.read(path, 4)
    answers = {block.label: block.source for block in reference_program(stage) if block.whole}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, "In my own words.")  # an answer in words has no check
    nbformat.write(notebook, path)


def test_a_new_learner_goes_from_an_empty_home_through_two_gates(learner):
    call, home = learner
    assert "✗" not in call("doctor").stdout
    assert f"{len(course.STAGES)} new notebooks" in call("learn", "--no-lab").stdout
    assert "Next: shift in stage 00" in call("status").stdout
    for stage in course.STAGES:
        closed = call("gate", stage.number)
        assert closed.returncode == 1 and f"Return to `{stage.exercises[0].name}`" in closed.stdout
        solve(home, stage)
        checked = call("check", stage.number)
        assert checked.returncode == 0 and f"{stage.points:g} of {stage.points:g} points" in checked.stdout, checked.stdout
        opened = call("gate", stage.number, knows=True)
        assert opened.returncode == 0 and "5 of 5 right" in opened.stdout, opened.stdout + opened.stderr
    assert call("gate", "00").returncode == 0
    status = json.loads(call("status", "--json").stdout)
    assert [now["gate"] for now in status["stages"]] == ["open"] * len(course.STAGES)
    assert status["progress"].startswith(str(home)) and "Every gate is open" in status["next"]
    assert "is fresh; what you wrote is in" in call("reset", "00").stdout
    assert "Next: shift in stage 00" in call("status").stdout


def test_what_practice_tells_after_two_misses_is_arithmetic_that_one_can_check(learner):
    call, home = learner
    source = (home / "player.py").read_text().replace("repr(asked[-1].item.answer)", '"123456"')
    (home / "player.py").write_text(source)
    told = call("practice", "03", knows=True).stdout
    workings = re.findall(r"The number is `([^`]+)` = (\S+)", " ".join(told.split()))
    assert len(workings) == 5
    for working, shown in workings:
        assert read_number(working) == pytest.approx(float(shown.rstrip(".")), rel=0.01)
