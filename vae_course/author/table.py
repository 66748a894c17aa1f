"""The tables that `vae-course table` writes: the stages, in the README; in tests/README.md the concepts, looked up in the stages,
and what the checks catch, counted by running every answer of the banks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vae_course import course
from vae_course.author import concepts
from vae_course.checks import run
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import bank, hidden_seal
from vae_course.course import CourseError
from vae_course.models.files import write_whole

BEGIN, END = "<!-- table: vae-course table -->", "<!-- end of table -->"
STAGES = "<!-- table: stages -->"
DRAWS = 200  # fresh inputs on which a right answer must pass


@dataclass(frozen=True)
class Row:
    """What came of the bank of one exercise."""

    exercise: str
    wrong: int
    rejected: int
    named: int
    right: int
    accepted: int


def row(stage: course.Stage, exercise: str) -> Row:
    """Run the bank of one exercise."""
    wrong, right = bank(stage, exercise), bank(stage, exercise, "alternatives.py")
    reports = {entry: run(exercise, entry.program) for entry in wrong}
    named = sum(report.misconception == (entry.alias_of or entry.id) for entry, report in reports.items())
    seals = [visible_seal(exercise), hidden_seal(exercise, tuple(range(DRAWS)), diagnose=False)]
    accepted = sum(run(exercise, entry.program, seals=seals, seconds=60).passed for entry in right)
    return Row(exercise, len(wrong), sum(not r.passed for r in reports.values()), named, len(right), accepted)


def text() -> str:
    """The table in Markdown."""
    lines = [
        f"| exercise | wrong answers rejected | named | right answers accepted, each on {DRAWS} fresh draws |", "| --- | --- | --- | --- |",
    ]
    rows = [row(stage, exercise.name) for stage in course.STAGES for exercise in stage.exercises]
    lines += [f"| `{r.exercise}` | {r.rejected} of {r.wrong} | {r.named} | {r.accepted} of {r.right} |" for r in rows]
    total = [sum(getattr(r, name) for r in rows) for name in ("rejected", "wrong", "named", "accepted", "right")]
    return "\n".join([*lines, "| **all** | {} of {} | {} | {} of {} |".format(*total)])


def stages() -> str:
    """The map of stages in Markdown; points of answers in words stand behind a plus."""
    lines = ["| stage | question | minutes | points |", "| --- | --- | --- | --- |"]
    for stage in course.STAGES:
        written = sum(question.points for question in stage.written)
        points = f"{stage.points:g}" + (f" + {written:g}" if written else "")
        lines.append(f"| {stage.number} [{stage.title}](notebooks/{stage.id}/{stage.id}.ipynb) | {stage.question} | {stage.minutes} | {points} |")
    total = sum(stage.minutes for stage in course.STAGES)
    return "\n".join([*lines, f"| **all** | | {total}, about {total / 60:.0f} hours | {sum(s.points for s in course.STAGES):g} |"])


def up_to_date(write: bool) -> bool:
    """Whether all three tables are what the course gives; with `write` they are put there."""
    readme, proof = course.REPOSITORY / "README.md", course.REPOSITORY / "tests" / "README.md"
    fresh = [put(readme, STAGES, stages(), write), put(proof, concepts.BEGIN, concepts.text(), write), put(proof, BEGIN, text(), write)]
    return all(fresh)


def put(readme: Path, begin: str, table: str, write: bool) -> bool:
    """Whether `table` stands in `readme` between the lines `begin` and END; with `write` it is put there."""
    before = readme.read_text(encoding="utf-8")
    head, _, rest = before.partition(begin)
    if END not in rest:
        raise CourseError(f"{readme} has no lines {begin} and {END}; put them where the table belongs.")
    after = f"{head}{begin}\n{table}\n{END}{rest.split(END, 1)[1]}"
    if write and after != before:
        write_whole(readme, after.encode())
    return after == before
