"""`vae-course status`: where a learner stands, from what was recorded, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from vae_course import course
from vae_course.checks.say import Said
from vae_course.course import Stage
from vae_course.learn import progress
from vae_course.learn.progress import Event


@dataclass(frozen=True)
class Standing:
    """One stage. minutes: what the exercises that do not pass yet should take. met, cleared: misconceptions."""

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
    confidence: float | None


def standing(stage: Stage, events: Sequence[Event]) -> Standing:
    """Where a learner stands in a stage, from the events of that stage."""
    last: dict[str, Event] = {event.name: event for event in events if event.kind == "check"}
    passed = [e for e in stage.exercises if e.name in last and last[e.name].data["passed"]]
    to_do = [e for e in stage.exercises if e not in passed]
    drills = [event for event in events if event.kind == "drill"]
    predictions = {event.name: event for event in events if event.kind == "prediction"}.values()
    met, cleared = _misconceptions(events)
    return Standing(
        stage.id, stage.title, "open" if progress.gate_is_open(stage) else "closed",
        sum(last[e.name].data["score"] for e in stage.exercises if e.name in last), stage.points,
        sum(e.minutes for e in to_do), tuple(e.name for e in passed), tuple(e.name for e in to_do), met, cleared,
        sum(bool(event.data["right"]) for event in drills), len(drills),
        sum(bool(event.data["right"]) for event in predictions), len(predictions),
        sum(event.data["confidence"] for event in predictions) / len(predictions) if predictions else None,
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


def next_step(standings: Sequence[Standing]) -> str:
    """One sentence: what to do now."""
    for now in standings:
        if now.to_do and now.gate == "closed":
            return f"Next: {now.to_do[0]} in stage {now.stage[:2]}; `vae-course learn` opens the notebooks."
        if now.gate == "closed":
            return f"Next: the gate of stage {now.stage[:2]}; `vae-course gate {now.stage[:2]}` tries it."
    return "Every gate is open. `vae-course practice NN` keeps a stage fresh."


def status() -> Said:
    """The standing of every stage on one screen."""
    if not progress.on():
        return Said("Nothing is recorded: VAE_COURSE_PROGRESS is off.")
    standings = all_standings()
    lines, width = [], max(len(now.stage) for now in standings)
    for now in standings:
        left = f"about {now.minutes} min of exercises left" if now.minutes else "all exercises pass"
        lines.append(f"{now.stage:<{width}} gate {now.gate:<7} {now.points:g} of {now.of:g} points, {left}")
        if now.met:
            still = [slip for slip in now.met if slip not in now.cleared]
            there = f", still there: {', '.join(still).replace('_', ' ')}" if still else ""
            lines.append(f"  slips met: {len(now.met)}, cleared: {len(now.cleared)}{there}")
        if now.drills:
            lines.append(f"  drills: {now.drills_right} of {now.drills} right at the first try")
        if now.predictions:
            lines.append(
                f"  predictions: {now.predictions_right} of {now.predictions} right, at {now.confidence:.0f} % confidence on average"
            )
    return Said("Where you stand", [*lines, next_step(standings)])


def as_json() -> Mapping[str, object]:
    """What `vae-course status --json` prints."""
    standings = all_standings()
    return {
        "progress": str(progress.file()) if progress.on() else None,
        "stages": [asdict(now) for now in standings],
        "next": next_step(standings),
    }
