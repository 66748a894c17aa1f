"""`vae-course status`: where a learner stands, from what was recorded, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from vae_course import course
from vae_course.checks.say import Said
from vae_course.course import Stage
from vae_course.learn import clock, opening, progress, schedule
from vae_course.learn.calibration import calibration
from vae_course.learn.prerequisites import needed, to_return_to
from vae_course.learn.progress import Event

SLIPS = 6  # that are named in `status`


@dataclass(frozen=True)
class Standing:
    """One stage. to_do: what its gate waits for; minutes: what that should take. met, cleared: misconceptions."""

    stage: str
    title: str
    gate: str
    points: float
    of: float
    minutes: int
    passed: tuple[str, ...]
    to_do: tuple[str, ...]
    met: tuple[str, ...]
    cleared: tuple[str, ...]
    drills_right: int
    drills: int
    predictions_right: int
    predictions: int
    begun: bool


def standing(stage: Stage, events: Sequence[Event]) -> Standing:
    """Where a learner stands in a stage, from the events of that stage."""
    last = progress.last_checks(events)
    passed = [e for e in stage.exercises if e.name in last and last[e.name]["passed"]]
    to_do = needed(stage, {e.name: True for e in passed})
    drills = [event for event in events if event.kind == "drill"]
    predictions = {event.name: event for event in events if event.kind == "prediction"}.values()
    met, cleared = _misconceptions(events)
    return Standing(
        stage.id, stage.title, "open" if opening.is_open(stage) else "closed",
        sum(last[e.name]["score"] for e in stage.exercises if e.name in last), stage.points,
        sum(e.minutes for e in to_do), tuple(e.name for e in passed), tuple(e.name for e in to_do), met, cleared,
        sum(bool(event.data["right"]) for event in drills), len(drills),
        sum(bool(event.data["right"]) for event in predictions), len(predictions),
        bool(events),
    )


def _misconceptions(events: Sequence[Event]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The misconceptions met, and those cleared: the same exercise or drill went right afterwards."""
    met: dict[str, tuple[str, str]] = {}
    cleared: set[str] = set()
    for event in events:
        if event.kind not in ("check", "drill"):
            continue
        at = event.kind, event.name
        if slip := event.data.get("misconception"):
            met[slip] = at
            cleared.discard(slip)
        elif event.data.get("passed") or event.data.get("right"):
            cleared |= {slip for slip, where in met.items() if where == at}
    return tuple(met), tuple(slip for slip in met if slip in cleared)


def all_standings() -> list[Standing]:
    events = progress.events()
    return [standing(stage, [event for event in events if event.stage == stage.id]) for stage in course.STAGES]


def due_today() -> Mapping[str, int]:
    """How many questions today's practice has of each stage, by the stage's number; what is missed or due, not what is new."""
    cards = schedule.cards(progress.events())
    counts = Counter(stage[:2] for stage, _ in schedule.due(cards, clock.now()))
    return dict(sorted(counts.items()))


def next_step(standings: Sequence[Standing]) -> str:
    """What to do now: today's practice, when something is due, and the next exercise or gate."""
    due = sum(due_today().values())
    many = f", {schedule.A_ROUND} a round" if due > schedule.A_ROUND else ""
    first = f"Next: today's practice, {due} question{'s' * (due != 1)} due{many}; `vae-course practice`. Then " if due else "Next: "
    for now in standings:
        if now.to_do and now.gate == "closed":
            name = _comes_first(now.to_do[0])
            return f"{first}{name} in stage {course.find_exercise(name)[0].number}; `vae-course learn` opens the notebooks."
        if now.gate == "closed":
            return f"{first}the gate of stage {now.stage[:2]}; `vae-course gate {now.stage[:2]}` tries it."
    if due:
        return first.removesuffix(" Then ")
    return "Every gate is open and nothing is due. `vae-course practice --transfer` asks what you know in another form."


def _comes_first(name: str) -> str:
    """The exercise itself, or the one before it that its last check sent back to and that does not pass."""
    last = progress.last_checks(progress.events())
    first = to_return_to(course.find_exercise(name)[1], last)
    return first if first in last and not last[first]["passed"] else name


def status() -> Said:
    """Where you stand, on one screen: a line for each stage that was begun, the practice, the predictions, and what to do next."""
    if not progress.on():
        return Said("Nothing is recorded: VAE_COURSE_PROGRESS is off.")
    standings, events = all_standings(), progress.events()
    shown = [now for now in standings if now.begun] or standings[:1]
    width = max(len(now.stage) for now in shown)
    lines = [_line(now, width) for now in shown]
    if rest := [now for now in standings if now not in shown]:
        points, minutes = sum(now.of for now in rest), sum(now.minutes for now in rest)
        lines.append(f"Not begun: {', '.join(now.stage[:2] for now in rest)}; {points:g} points, about {_hours(minutes)} of exercises")
    still = [slip.replace("_", " ") for now in standings for slip in now.met if slip not in now.cleared]
    if still:
        lines.append(f"Slips still there: {', '.join(still[:SLIPS])}{f' and {len(still) - SLIPS} more' if len(still) > SLIPS else ''}")
    lines += [f"Practice: {_practice(events)}"] if any(event.kind == "drill" for event in events) else []
    if made := calibration(events):
        lines.append(f"Predictions: {made.words()}")
    return Said("Where you stand: the gate of each stage, points, minutes of exercises left", [*lines, next_step(standings)])


def _line(now: Standing, width: int) -> str:
    left = f", {now.minutes} min left" if now.minutes else ""
    slips = f", {len(now.cleared)} of {len(now.met)} slips cleared" if now.met else ""
    return f"{now.stage:<{width}}  {now.gate:<6}  {now.points:g} of {now.of:g} points{left}{slips}"


def _practice(events: Sequence[Event]) -> str:
    """How much is due today, of which stages, and when the next comes."""
    cards, due = schedule.cards(events), due_today()
    coming = schedule.next_due(cards, clock.now())
    on = f"; the next on {clock.day(coming[0], clock.now())}".replace("on tomorrow", "tomorrow") if coming else ""
    if not due:
        return f"nothing is due today{on}"
    where = ", ".join(f"{count} of stage {number}" for number, count in due.items())
    return f"{sum(due.values())} due today ({where}){on}"


def _hours(minutes: int) -> str:
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.0f} hours"


def as_json() -> Mapping[str, object]:
    """What `vae-course status --json` prints."""
    standings, events = all_standings(), progress.events()
    coming = schedule.next_due(schedule.cards(events), clock.now())
    made = calibration(events)
    return {
        "progress": str(progress.file()) if progress.on() else None,
        "stages": [asdict(now) for now in standings],
        "due": due_today(),
        "next_due": coming[0].isoformat() if coming else None,
        "calibration": asdict(made) if made else None,
        "next": next_step(standings),
    }
