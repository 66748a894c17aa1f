"""The whole path of a new learner from an empty home: the wheel, stage 00, its gate, stage 03, its gate, status, reset."""

import json
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest

from vae_course import course
from vae_course.checks.sealing import reference_program
from vae_course.learn.numbers import read_number

PLAYER = """
import sys
sys.path.insert(0, {site!r})
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
def learner(archives, tmp_path_factory):
    """Run `vae-course` from the wheel in an empty home. With `knows`, questions are answered, rightly."""
    site, home = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("home")
    zipfile.ZipFile(archives[0]).extractall(site)
    program = home / "player.py"
    program.write_text(PLAYER.format(site=str(site)))
    import os

    kept = {k: v for k, v in os.environ.items() if not k.startswith("VAE_COURSE") and k != "XDG_DATA_HOME"}
    environment = {**kept, "HOME": str(home), "PYTHONPATH": str(site)}

    def call(*arguments, knows=False):
        start = [str(program)] if knows else ["-m", "vae_course"]
        return subprocess.run(
            [sys.executable, "-P", *start, *arguments], cwd=home, env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=240,
        )

    return call, home


def solve(home, stage):
    """Write the reference into every answer cell of a learner's notebook."""
    path = home / "workbook" / stage.id / f"{stage.id}.ipynb"
    notebook = nbformat.read(path, 4)
    answers = {block.label: block.source for block in reference_program(stage) if block.whole}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.metadata.nbgrader.grade_id]
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
