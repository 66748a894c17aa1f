"""Who has mastered which stage, by the marks in nbgrader's gradebook: `vae-course mastery`.

A stage is mastered where the share of its points that was earned reaches the threshold: `course.MASTERY`, or what an instructor
sets, for all stages or for one. What is not required, such as a stretch or a branch beyond those that are needed, can only add to a share.
A late penalty counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from nbgrader.api import Assignment, Gradebook
from traitlets.config import Config

from vae_course import course
from vae_course.course import CourseError, Stage
from vae_course.grade.export import MARKED, WAITING, columns_of, marks_of, write_table
from vae_course.learn.prerequisites import branches

MASTERED, NOT_YET = "mastered", "not yet"


@dataclass(frozen=True)
class Mastery:
    """One student and one stage. points, share: None where they are not known. state: mastered, not yet, or why there is no mark."""

    student: str
    stage: str
    points: float | None
    of: float
    share: float | None
    threshold: float
    state: str


def thresholds(given: Sequence[str]) -> Mapping[str, float]:
    """The threshold of every stage. given: shares such as 0.9, for all stages, or 03=0.9, for one."""
    found = {stage.id: course.MASTERY for stage in course.STAGES}
    ordered = sorted(given, key=lambda word: "=" in word)  # what is said of one stage holds over what is said of all
    for word in ordered:
        stages, share = _threshold(word)
        found |= {stage.id: share for stage in stages}
    return found


def _threshold(word: str) -> tuple[Sequence[Stage], float]:
    match = re.fullmatch(r"(?:([^=]+)=)?([\d.]+)(%?)", word.strip())
    try:
        share = float(match[2]) / (100 if match[3] else 1)
        if not 0 < share <= 1:
            raise ValueError
    except (TypeError, ValueError):
        raise CourseError(f"--threshold is {word!r}; give a share of the points above 0 and up to 1, such as 0.9, or 03=0.9.") from None
    return ([course.find_stage(match[1])] if match[1] else course.STAGES), share


def mastery(stages: Sequence[Stage], config: Config, given: Sequence[str] = ()) -> list[Mastery]:
    """Every student of the gradebook in every one of these stages that it knows. CourseError when it knows none of them."""
    least = thresholds(given)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        known = {assignment.name: assignment for assignment in gradebook.assignments}
        chosen = [stage for stage in stages if stage.id in known]
        if not chosen:
            raise CourseError("The gradebook knows none of these stages; release one with `nbgrader generate_assignment` first.")
        return [
            _mastery(gradebook, known[stage.id], student, stage, least[stage.id])
            for student in gradebook.students for stage in chosen
        ]


def _not_needed(assignment: Assignment, stage: Stage) -> float:
    """The points of what a gate does not ask for: stretches, and of branches all but the lightest that are enough."""
    points = {cell.name.removeprefix("check-"): cell.max_score for notebook in assignment.notebooks for cell in notebook.grade_cells}
    stretches = sum(points.get(e.name, 0.0) for e in stage.exercises if not e.required)
    whole = sorted(sum(points.get(e.name, 0.0) for e in asked) for asked in branches(stage).values())
    return stretches + sum(whole[stage.branches_needed :])


def _mastery(gradebook: Gradebook, assignment: Assignment, student, stage: Stage, threshold: float) -> Mastery:
    ((_, mark),) = marks_of(gradebook, assignment, student, columns_of(assignment, False))
    most = assignment.max_score - _not_needed(assignment, stage)
    if mark.points is None:
        return Mastery(student.id, stage.id, None, most, None, threshold, mark.state)
    share = min(mark.points / most, 1.0) if most else 1.0
    state = MASTERED if mark.state == MARKED and round(share, 9) >= threshold else NOT_YET
    return Mastery(student.id, stage.id, round(mark.points, 2), most, round(share, 4), threshold, state)


def write_csv(rows: Sequence[Mastery], path: Path) -> None:
    """One row a student and stage."""
    names = [field.name for field in fields(Mastery)]
    write_table(path, [names, *(["" if value is None else value for value in vars(row).values()] for row in rows)])


def show(rows: Sequence[Mastery]) -> None:
    """Print a table: a row a student, a column a stage."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    stages = list(dict.fromkeys(row.stage for row in rows))
    table = Table("student", box=None, pad_edge=False)
    for stage in stages:
        table.add_column(stage[:2], justify="right")
    for student in dict.fromkeys(row.student for row in rows):
        found = {row.stage: row for row in rows if row.student == student}
        table.add_row(student, *(_cell(found[stage]) for stage in stages))
    console.print(table)
    console.print("✓ mastered, ✗ not yet, … waits for hand grading, · nothing handed in; per cent of the points that are needed.")
    for stage in stages:
        of_stage = [row for row in rows if row.stage == stage]
        count = sum(row.state == MASTERED for row in of_stage)
        console.print(f"{stage}: {count} of {len(of_stage)} mastered, at {of_stage[0].threshold:.0%} of {of_stage[0].of:g} points or more")


def _cell(row: Mastery) -> str:
    if row.share is None:
        return "…" if row.state == WAITING else "·"
    return f"{100 * row.share:.0f} {'✓' if row.state == MASTERED else '✗'}"
