"""Which misconceptions a class meets, exercise by exercise: `vae-course report`.

Two sources, either of which may be absent: the verdicts on what was handed in and graded here, and files of progress that learners
chose to hand in (`vae-course progress export`). For each misconception it counts the learners who met it while they worked
(before), those whose work still had it at the last check, and those whose graded submission has it (after).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from vae_course.checks.seal import visible_seal
from vae_course.course import CourseError, Stage
from vae_course.grade import verdicts
from vae_course.grade.export import write_table
from vae_course.grade.judge import check_cells, origin_of
from vae_course.grade.many import AUTOGRADED
from vae_course.learn import moving
from vae_course.learn.progress import Event, since_reset
from vae_course.models.files import save_figure

FEWEST = 3  # learners that an anonymous row has at least
SHOWN = 12  # bars of the figure
OTHER = {  # what an answer did that is none of the known mistakes, by what failed first
    "type": "It gave something of another type.", "shape": "It gave a tensor of another shape.", "nan": "It gave NaN.",
    "error": "It raised an error.", "timeout": "It did not end in time.", "crash": "It ended its process.", "": "Another mistake.",
}
HEADINGS = ("stage", "exercise", "misconception", "sentence", "met while working", "there at the last check", "in what was handed in", "who")

Place = tuple[str, str]  # a stage's id, an exercise


@dataclass
class Slip:
    """A misconception of an exercise: the learners who met it, who had it at their last check, and who handed it in."""

    met: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    graded: set[str] = field(default_factory=set)

    @property
    def who(self) -> set[str]:
        return self.met | self.left | self.graded


@dataclass
class Tried:
    """An exercise: who tried it, who passed it in the end, whose submission was graded, and of them whose answer passed."""

    tried: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    graded: set[str] = field(default_factory=set)
    right: set[str] = field(default_factory=set)
    slips: dict[str, Slip] = field(default_factory=lambda: defaultdict(Slip))


@dataclass(frozen=True)
class Row:
    """One line of the report, in the order of HEADINGS."""

    stage: str
    exercise: str
    misconception: str
    sentence: str
    met: int
    left: int
    graded: int
    who: str


class ClassReport:
    """What is known of a class. Add graded submissions and files of progress, then ask for rows."""

    def __init__(self, stages: Sequence[Stage]):
        self.stages = stages
        self.tried: dict[Place, Tried] = defaultdict(Tried)
        self.submissions = self.files = 0

    def add_graded(self) -> None:
        """The graded submissions of this folder. One that carries no verdict of ours is left out."""
        for stage in self.stages:
            for path in sorted(AUTOGRADED.glob(f"*/{stage.id}/{stage.id}.ipynb")):
                self.submissions += self._add_verdict(stage, path.parts[-3], path)

    def _add_verdict(self, stage: Stage, student: str, path: Path) -> bool:
        origin = next(filter(None, map(origin_of, check_cells(nbformat.read(path, 4)).values())), None)
        verdict = verdicts.kept(stage, origin["key"]) if origin else None
        if verdict is None:
            return False
        for name, report in verdict.reports.items():
            tried = self.tried[stage.id, name]
            if report.state == "open":
                continue
            tried.graded.add(student)
            if report.passed:
                tried.right.add(student)
            else:
                tried.slips[_slip(report.misconception, report.failed)].graded.add(student)
        return True

    def add_progress(self, places: Iterable[Path]) -> None:
        """Files of progress, or folders of them. A learner is called what the file is called, or its folder where that is more."""
        for place in places:
            found = sorted(place.rglob("*.json")) if place.is_dir() else [place]
            if not found:
                raise CourseError(f"There is no file of progress in {place}; learners write one with `vae-course progress export FILE`.")
            for path in found:
                self.files += 1
                self._add_events(path.parent.name if path.stem == "progress" and path.parent.name else path.stem, moving.read(path))

    def _add_events(self, learner: str, history: Sequence[Event]) -> None:
        wanted = {stage.id for stage in self.stages}
        checks = [event for event in history if event.kind == "check" and event.stage in wanted]
        last = {(event.stage, event.name): event for event in since_reset(history) if event.kind == "check" and event.stage in wanted}
        for event in checks:
            tried = self.tried[event.stage, event.name]
            tried.tried.add(learner)
            if not event.data["passed"]:
                tried.slips[_slip_of(event)].met.add(learner)
        for place, event in last.items():
            if event.data["passed"]:
                self.tried[place].passed.add(learner)
            else:
                self.tried[place].slips[_slip_of(event)].left.add(learner)

    # --- what it says ---

    def places(self) -> Iterator[tuple[Stage, str, Tried]]:
        """The exercises that someone tried, in the order of the course."""
        for stage in self.stages:
            for exercise in stage.exercises:
                if (found := self.tried.get((stage.id, exercise.name))) and (found.tried or found.graded):
                    yield stage, exercise.name, found

    def rows(self, anonymous: bool = False) -> list[Row]:
        """A row a misconception, of each exercise the commonest first. anonymous: nobody is named, and what fewer than FEWEST
        learners share stands in one row."""
        return [row for stage, name, tried in self.places() for row in _rows(stage, name, tried.slips, anonymous)]

    def summary(self) -> str:
        """What it is based on, in one sentence."""
        parts = [f"{self.submissions} graded submission{'s' * (self.submissions != 1)}"] * bool(self.submissions)
        parts += [f"{self.files} file{'s' * (self.files != 1)} of progress"] * bool(self.files)
        return f"From {' and '.join(parts)}." if parts else "Nothing was graded here yet, and no file of progress was given."


def _slip(misconception: str | None, failed: str | None) -> str:
    """The misconception, or what failed, or "" for an answer that is wrong in a way of its own."""
    return misconception or (failed if failed in OTHER else "")


def _slip_of(event: Event) -> str:
    return _slip(event.data.get("misconception"), event.data.get("failed"))


def _rows(stage: Stage, exercise: str, slips: Mapping[str, Slip], anonymous: bool) -> list[Row]:
    known = {mistake.id: mistake.sentence for mistake in visible_seal(exercise).mistakes} | OTHER
    merged, rows = Slip(), []
    for id, slip in slips.items():
        if anonymous and len(slip.who) < FEWEST:
            merged = Slip(merged.met | slip.met, merged.left | slip.left, merged.graded | slip.graded)
            continue
        who = "" if anonymous else ", ".join(sorted(slip.who))
        rows.append(Row(stage.id, exercise, id, known.get(id, ""), len(slip.met), len(slip.left), len(slip.graded), who))
    rows.sort(key=lambda row: (row.misconception in OTHER, -max(row.met, row.left, row.graded), row.misconception))
    if len(merged.who) >= FEWEST:  # fewer are not told at all: a row of one is a name
        told = f"Mistakes that fewer than {FEWEST} learners share."
        rows.append(Row(stage.id, exercise, "rare", told, len(merged.met), len(merged.left), len(merged.graded), ""))
    return rows


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """The rows with their headings, for a spreadsheet."""
    write_table(path, [HEADINGS, *(vars(row).values() for row in rows)])


def show(report: ClassReport, anonymous: bool) -> None:
    """Print a table for each exercise."""
    from rich.console import Console
    from rich.table import Table

    console, rows = Console(highlight=False), report.rows(anonymous)
    for stage, name, tried in report.places():
        told = [f"{len(tried.passed)} of {len(tried.tried)} passed at the last check"] if tried.tried else []
        told += [f"{len(tried.right)} of {len(tried.graded)} right in what was handed in"] if tried.graded else []
        table = Table(title=f"{stage.number} {name}: {', '.join(told)}", title_justify="left", title_style="bold", box=None, pad_edge=False)
        for words, style in (("met", {}), ("left", {}), ("handed in", {})):
            table.add_column(words, justify="right", **style)
        table.add_column("misconception", ratio=1)
        own = [row for row in rows if (row.stage, row.exercise) == (stage.id, name)]
        for row in own:
            table.add_row(str(row.met or "·"), str(row.left or "·"), str(row.graded or "·"), f"{row.sentence} ({row.who})" if row.who else row.sentence)
        if own:
            console.print(table)
        else:
            console.print(f"{table.title}; no misconception.", style="bold")
        console.print()
    if rows:
        console.print("met: while working; left: at the last check; handed in: in the graded submission. Numbers of learners.")


def draw(rows: Sequence[Row], path: Path) -> None:
    """The commonest misconceptions as bars: how many met each one, and how many still had it in the end."""
    from matplotlib.figure import Figure

    top = sorted(rows, key=lambda row: -max(row.met, row.left, row.graded))[:SHOWN][::-1]
    if not top:
        raise CourseError("No misconception was met, so that there is nothing to draw.")
    figure = Figure(figsize=(9, 1.4 + 0.5 * len(top)), layout="constrained")
    axes = figure.subplots()
    bars = (("met while working", "met", "#9bb8d3", ""), ("there at the last check", "left", "#3f72af", "//"), ("in what was handed in", "graded", "#1b2a49", ".."))
    used = [bar for bar in bars if any(getattr(row, bar[1]) for row in top)]
    height = 0.8 / len(used)
    for place, (words, name, colour, hatch) in enumerate(used):
        at = [index + 0.4 - height * (place + 0.5) for index in range(len(top))]
        drawn = axes.barh(at, [getattr(row, name) for row in top], height, label=words, color=colour, hatch=hatch, edgecolor="white")
        axes.bar_label(drawn, padding=2, fontsize=8)
    names = [f"{row.exercise}: {row.misconception.replace('_', ' ') or 'another mistake'}" for row in top]
    axes.set_yticks(range(len(top)), names, fontsize=9)
    axes.set_xlabel("learners")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=len(used), frameon=False)
    save_figure(figure, path)
