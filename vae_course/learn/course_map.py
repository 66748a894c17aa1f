"""`vae-course map`: the course as a graph of exercises, with what is mastered, due and locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_course import course
from vae_course.course import Exercise, Stage
from vae_course.learn import opening, progress
from vae_course.learn.prerequisites import to_return_to
from vae_course.learn.status import due_today
from vae_course.models.files import save_figure

MARKS = {  # a mark, its meaning, a colour of the terminal, a colour of the picture
    "mastered": ("✓", "mastered: it passes and the gate of its stage is open", "green", "#8fc9a3"),
    "passes": ("●", "passes", "cyan", "#a9cfe8"),
    "fails": ("✗", "did not pass at the last check", "red", "#f2b3ae"),
    "open": ("○", "to do", None, "#f4f4f4"),
    "locked": ("#", "locked: the gate before it is closed", "bright_black", "#cfcfcf"),
}


@dataclass(frozen=True)
class Place:
    """An exercise on the map. state: a key of MARKS. needs: what it builds on. back: where its last slip sends back to."""

    exercise: Exercise
    state: str
    needs: tuple[str, ...]
    back: str


@dataclass(frozen=True)
class Station:
    """A stage on the map. due: questions of it that are due today."""

    stage: Stage
    open: bool
    locked: bool
    due: int
    places: tuple[Place, ...]

    def heading(self) -> str:
        gate = "locked" if self.locked else f"gate {'open' if self.open else 'closed'}"
        due = f", {self.due} question{'s' * (self.due != 1)} due" if self.due else ""
        return f"{self.stage.id}: {gate}{due}"


def stations() -> list[Station]:
    """The map, from what was recorded."""
    due, last = due_today(), progress.last_checks(progress.events())
    found = []
    for stage in course.STAGES:
        done = opening.is_open(stage)
        locked = not done and opening.holds_back() and opening.waits_for(stage) is not None
        places = tuple(_place(exercise, last, done, locked) for exercise in stage.exercises)
        found.append(Station(stage, done, locked, due.get(stage.number, 0), places))
    return found


def _place(exercise: Exercise, last: Mapping[str, Mapping], done: bool, locked: bool) -> Place:
    data, back = last.get(exercise.name), to_return_to(exercise, last)
    if data and data["passed"]:
        state = "mastered" if done else "passes"
    else:
        state = "locked" if locked else "fails" if data else "open"
    return Place(exercise, state, exercise.builds_on, back if back != exercise.name else "")


def lines(stations: Sequence[Station]) -> list[tuple[str, str | None]]:
    """The map for a terminal: lines with their colours."""
    width = max(len(place.exercise.name) for station in stations for place in station.places)
    drawn: list[tuple[str, str | None]] = []
    for station in stations:
        drawn.append((f"┌ {station.heading()}", None))
        for place in station.places:
            mark, _, colour, _ = MARKS[place.state]
            needs = [_named(name, station.stage) for name in place.needs]
            more = f"{'':{width - len(place.exercise.name)}} ← {', '.join(needs)}" if needs else ""
            more += f"   return to {_named(place.back, station.stage)}" if place.back else ""
            drawn.append((f"│ {mark} {place.exercise.name}{more}", colour))
        drawn.append(("▼" if station is not stations[-1] else "└", None))
    seen = [state for state in MARKS if any(place.state == state for station in stations for place in station.places)]
    drawn.append(("   ".join(f"{MARKS[state][0]} {MARKS[state][1]}" for state in seen) + "   ← builds on", None))
    return drawn


def _named(name: str, stage: Stage) -> str:
    of, _ = course.find_exercise(name)
    return name if of is stage else f"{of.number} {name}"


def draw(stations: Sequence[Station], path: Path) -> None:
    """The map as a picture: a column for each stage, an arrow from what is built on to what builds on it."""
    from matplotlib.figure import Figure

    tallest = max(len(station.places) for station in stations)
    figure = Figure(figsize=(2.75 * len(stations), 0.62 * tallest + 1.6), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(-0.55, len(stations) - 0.45), ylim=(-tallest - 0.6, 0.8))
    axes.axis("off")
    where: dict[str, tuple[float, float]] = {}
    for column, station in enumerate(stations):
        axes.text(column, 0.1, station.heading().replace(": ", "\n"), ha="center", va="bottom", fontsize=11, weight="bold")
        for row, place in enumerate(station.places, 1):
            mark, _, _, colour = MARKS[place.state]
            where[place.exercise.name] = column, -row
            box = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": "#555555"}
            axes.text(column, -row, f"{mark} {place.exercise.name}", ha="center", va="center", fontsize=9, bbox=box, zorder=3)
    for station in stations:
        for place in station.places:
            for name in place.needs:
                same = where[name][0] == where[place.exercise.name][0]
                bend = "arc3,rad=-0.5" if same else "arc3,rad=0.08"
                arrow = {"arrowstyle": "-|>", "color": "#5a6b8c", "alpha": 0.7, "connectionstyle": bend, "shrinkA": 34, "shrinkB": 34}
                if same:
                    arrow |= {"shrinkA": 9, "shrinkB": 9}
                axes.annotate("", where[place.exercise.name], where[name], arrowprops=arrow, zorder=2)
    legend = "     ".join(f"{mark} {words}" for mark, words, _, _ in MARKS.values()) + "     arrow: is built on by"
    axes.text((len(stations) - 1) / 2, -tallest - 0.6, legend, ha="center", va="bottom", fontsize=10)
    save_figure(figure, path)
