"""A desk with a whole stage, as it is released, and submissions of it that people could have written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
from desk import Desk, find, marks
from support import REPOSITORY

from vae_course.checks import run
from vae_course.checks.recognise import answer_to
from vae_course.checks.sealing import bank
from vae_course.course import Stage

KINDS = 3  # of students: one without a mistake, one with a mistake, one with two


class Whole(Desk):
    """An instructor's folder with all of a stage; the release in it is the one that the course ships."""

    def __init__(self, folder: Path, stage: Stage):
        self.folder, self.stage = folder, stage
        folder.mkdir()
        name = f"{stage.id}.ipynb"
        shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
        self.source = folder / "solutions" / stage.id / name
        unwanted = shutil.ignore_patterns(".*", "__pycache__", "paper_lab")
        shutil.copytree(REPOSITORY / "solutions" / stage.id, self.source.parent, ignore=unwanted)
        with self.at_work() as api:
            self.config = api.config
            result = api.generate_assignment(stage.id, force=True, create=True)
        assert result["success"], result
        shutil.copy(REPOSITORY / "notebooks" / stage.id / name, self.released)

    @property
    def released(self) -> Path:
        return self.folder / "notebooks" / self.stage.id / f"{self.stage.id}.ipynb"

    def solved(self, wrong: dict[str, str], remark: str) -> str:
        """The text of the release with the answers of `solutions/`, but for those in `wrong` (exercise: source text).

        The remark stands below each of them, so that no two submissions are the same program.
        """
        cells = nbformat.read(self.source, 4).cells
        answers = {name: cell.source for cell in cells if (name := answer_to(cell))}
        notebook = json.loads(self.released.read_text(encoding="utf-8"))
        for exercise in self.stage.exercises:
            find(notebook, exercise.name)["source"] = f"{ {**answers, **wrong}[exercise.name]}\n# {remark}\n"
        return json.dumps(notebook)

    def marks(self, student: str) -> dict[str, float]:
        return marks(self.config.CourseDirectory.db_url, self.stage.id, student)


def hand_in(folder: Path, stage: Stage, student: str, text: str) -> None:
    """Put a notebook into a folder of submissions."""
    place = folder / student / stage.id
    place.mkdir(parents=True)
    (place / f"{stage.id}.ipynb").write_text(text, encoding="utf-8")


def honest(desk: Whole, number: int) -> tuple[str, dict[str, float]]:
    """The submission of student `number`, and the marks that it deserves: of every KINDS students one has no mistake,
    one has one, and one has two, taken from the bank in turn."""
    exercises, wrong = desk.stage.exercises, {}
    deserved = {exercise.name: float(exercise.points) for exercise in exercises}
    for place in range(number % KINDS):
        name = exercises[(number + place * 4) % len(exercises)].name
        entries = bank(desk.stage, name)
        entry = entries[number % len(entries)]
        lines = "\n\n".join(block.source for block in entry.program).splitlines()
        wrong[name] = "\n".join(line for line in lines if not line.startswith("from vae_course.checks.bank"))
        deserved[name] = run(name, entry.program).score
    return desk.solved(wrong, f"student {number}"), deserved
