"""Marks for Canvas, for Moodle, or as a table: `vae-course export`, and nbgrader's own `nbgrader export
--exporter=vae_course.grade.export.Canvas`.

All three write UTF-8 with commas. A mark is a number of points, rounded to 0.01, hand-given ones included. Its cell is
empty while an answer in words waits for a person, and where nothing was handed in: what is not known is not 0. Names
and comments cannot act in a spreadsheet: text that one would run as a formula begins with an apostrophe, line breaks
are spaces.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Comment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Bool

from vae_course import course
from vae_course.course import CourseError
from vae_course.models.files import write_whole

WAITING, ABSENT, MARKED = "waits for hand grading", "nothing handed in", "marked"

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

Cell = str | float
Row = list[Cell]


@dataclass(frozen=True)
class Mark:
    """What one student got for a stage, or for one exercise of it; points is None where that is not known."""

    points: float | None
    state: str
    feedback: str = ""
    handed_in: str = ""


@dataclass(frozen=True)
class Column:
    """A stage, or one exercise of it; `most` is what can be had."""

    stage: str
    exercise: str
    most: float

    @property
    def title(self) -> str:
        return f"{self.stage} {self.exercise}".strip()


Marks = dict[tuple[str, Column], Mark]  # by the student's id and the column


class _Export(ExportPlugin):
    """The stages in `assignment`, or all that were released, of the students in `student`, or of all.

    Writes the file `to`, whole or not at all.
    """

    exercises = Bool(False, help="A column for each exercise too.").tag(config=True)
    encoding = "utf-8"

    def export(self, gradebook: Gradebook) -> None:
        for sentence in self.write(gradebook):
            self.log.warning(sentence)

    def write(self, gradebook: Gradebook) -> list[str]:
        """Write the file; a sentence for each stage that has empty cells. Raises CourseError for an unknown stage."""
        known = {assignment.name: assignment for assignment in gradebook.assignments}
        if unknown := [name for name in map(str, self.assignment) if name not in known]:
            names = ", ".join(unknown)
            raise CourseError(f"The gradebook does not know {names}; run `nbgrader generate_assignment` first.")
        if not known:
            raise CourseError("The gradebook knows no stage yet; run `nbgrader generate_assignment` first.")
        chosen = [known[str(name)] for name in self.assignment] or list(known.values())
        students = [s for s in gradebook.students if not self.student or s.id in map(str, self.student)]
        marks: Marks = {}
        columns: list[Column] = []
        for assignment in chosen:
            own = columns_of(assignment, self.exercises)
            columns += own
            for student in students:
                found = marks_of(gradebook, assignment, student, own)
                marks.update(((student.id, column), mark) for column, mark in found)
        write_table(Path(self.to or "grades.csv"), self.table(students, columns, marks), self.encoding)
        return list(_empty(chosen, students, marks))

    def table(self, students: list[Student], columns: list[Column], marks: Marks) -> Iterable[Row]:
        """The rows of the file, headings included."""
        raise NotImplementedError



class Table(_Export):
    """One row a student and stage (and exercise), for people: a byte order mark tells Excel that this is UTF-8."""

    encoding = "utf-8-sig"

    def table(self, students: list[Student], columns: list[Column], marks: Marks) -> Iterator[Row]:
        who = ["student_id", "last_name", "first_name", "email"]
        yield ["stage", "exercise", *who, "handed_in", "points", "of", "state"]
        for student in students:
            for column in columns:
                mark = marks[student.id, column]
                who = [student.id, student.last_name or "", student.first_name or "", student.email or ""]
                yield [column.stage, column.exercise, *who, mark.handed_in, _cell(mark), column.most, mark.state]


class Canvas(_Export):
    """The CSV of Canvas's gradebook, which leaves a grade as it is where a cell is empty.

    `ID` is Canvas's number of a student: `lms_user_id` in nbgrader's gradebook, or a student id that is a number, as
    zip_collect takes it from Canvas's file names. `SIS Login ID` is the student id. There is no byte order mark, which
    would become part of the first heading.
    """

    def table(self, students: list[Student], columns: list[Column], marks: Marks) -> Iterator[Row]:
        yield ["Student", "ID", "SIS Login ID", "Section", *(column.title for column in columns)]
        yield ["    Points Possible", "", "", "", *(column.most for column in columns)]
        for student in students:
            number = student.lms_user_id or (student.id if student.id.isdecimal() else "")
            name = ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
            yield [name, number, student.id, "", *(_cell(marks[student.id, column]) for column in columns)]


class Moodle(_Export):
    """A CSV for Moodle's Grades > Import: identify students by `username`, `idnumber` or `email`, map the others.

    `username` is the student id, `idnumber` the `lms_user_id`. The feedback of a stage has the points of each exercise
    and the comments.
    """

    def table(self, students: list[Student], columns: list[Column], marks: Marks) -> Iterator[Row]:
        titles = [t for c in columns for t in ([c.title] if c.exercise else [c.title, f"{c.title} feedback"])]
        yield ["username", "idnumber", "email", "firstname", "lastname", *titles]
        for student in students:
            who = [student.id, student.lms_user_id, student.email, student.first_name, student.last_name]
            cells: list[Cell] = []
            for column in columns:
                mark = marks[student.id, column]
                cells += [_cell(mark)] if column.exercise else [_cell(mark), mark.feedback]
            yield [*(text or "" for text in who), *cells]


FORMATS: dict[str, type[_Export]] = {"canvas": Canvas, "moodle": Moodle, "csv": Table}


def write_table(to: Path, rows: Iterable[Iterable[Cell]], encoding: str = "utf-8-sig") -> None:
    """Write a CSV file, whole or not at all. A byte order mark tells Excel that it is UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    write_whole(to, text.getvalue().encode(encoding))


def safe(cell: Cell) -> Cell:
    """A cell that a spreadsheet shows as it is."""
    if not isinstance(cell, str):
        return cell
    text = _CONTROL.sub(" ", cell)
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(mark: Mark) -> Cell:
    return "" if mark.points is None else round(mark.points, 2)


def columns_of(assignment: Assignment, exercises: bool) -> list[Column]:
    """The column of a stage, and those of its exercises when they are asked for."""
    columns = [Column(assignment.name, "", assignment.max_score)]
    if exercises:
        cells = [cell for notebook in assignment.notebooks for cell in (*notebook.grade_cells, *notebook.task_cells)]
        most = {_exercise(cell.name): cell.max_score for cell in cells if cell.max_score}
        columns += [Column(assignment.name, name, most[name]) for name in _in_order(assignment.name, most)]
    return columns


def _in_order(stage: str, names: Iterable[str]) -> list[str]:
    """The exercises of a stage as they come in its notebook, its questions after them."""
    found = course.find_stage(stage)
    places = {given.name: place for place, given in enumerate((*found.exercises, *found.written))}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _exercise(cell: str) -> str:
    """The exercise or question that a graded cell belongs to."""
    return cell.removeprefix("check-")


def marks_of(
    gradebook: Gradebook, assignment: Assignment, student: Student, columns: list[Column]
) -> Iterator[tuple[Column, Mark]]:
    """A student's marks for the columns of one stage."""
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        yield from ((column, Mark(None, ABSENT)) for column in columns)
        return
    handed_in = submission.timestamp.isoformat(" ", "seconds") if submission.timestamp else ""
    grades = {_exercise(g.name): g for notebook in submission.notebooks for g in notebook.grades if g.max_score}
    for column in columns:
        if column.exercise:
            waits, points = _one(grades.get(column.exercise))
        else:
            waits = submission.needs_manual_grade
            points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
        told = "" if column.exercise else _feedback(submission, grades)
        yield column, Mark(None if waits else points, WAITING if waits else MARKED, told, handed_in)


def _one(grade: Grade | None) -> tuple[bool, float]:
    return (grade.needs_manual_grade, grade.score) if grade else (True, 0.0)


def _feedback(submission: SubmittedAssignment, grades: dict[str, Grade]) -> str:
    """The points of each exercise and the comments, in one line."""
    comments: dict[str, str] = {
        comment.name: comment.comment
        for notebook in submission.notebooks for comment in notebook.comments if _said(comment)
    }
    parts = []
    for name in _in_order(submission.name, grades):
        grade = grades[name]
        points = WAITING if grade.needs_manual_grade else f"{round(grade.score, 2):g} of {grade.max_score:g}"
        parts.append(f"{name}: {points}" + (f" ({comments[name]})" if name in comments else ""))
    if penalty := submission.late_submission_penalty:
        parts.append(f"handed in late: -{round(penalty, 2):g}")
    return "; ".join(parts)


def _said(comment: Comment) -> bool:
    return bool(comment.comment and comment.comment.strip())


def _empty(chosen: list[Assignment], students: list[Student], marks: Marks) -> Iterator[str]:
    """A sentence for each reason why cells of a stage are empty."""
    for assignment in chosen:
        states = {s.id: marks[s.id, columns_of(assignment, False)[0]].state for s in students}
        if waiting := sorted(student for student, state in states.items() if state == WAITING):
            yield f"{assignment.name}: {_listed(waiting)} wait{'s' * (len(waiting) == 1)} for hand grading; left empty."
        if absent := sorted(student for student, state in states.items() if state == ABSENT):
            yield f"{assignment.name}: {_listed(absent)} handed in nothing; left empty."


def _listed(students: list[str]) -> str:
    """Names for a terminal, at most ten of them."""
    shown = [_CONTROL.sub("?", student) for student in students[:10]]
    more = len(students) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
