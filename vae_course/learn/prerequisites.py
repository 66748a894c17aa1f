"""Where to return to: an exercise fails because of one that comes before it.

Two sources. A misconception may be the lack of an earlier skill (`RETURN` in `learn/guide`): a mean of logs in the bound of many samples
belongs to the evidence of stage 01. And an exercise names what it builds on (`course.py`): when one of those does not pass, it
comes first, and before it what it builds on in turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from vae_course import course
from vae_course.course import Exercise, Stage
from vae_course.learn.guide import return_to


def builds_on(exercise: Exercise) -> Iterator[Exercise]:
    """Everything that an exercise builds on, directly or through others; what comes first in the course comes first."""
    seen: set[str] = set()
    waiting = [*exercise.builds_on]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += course.find_exercise(name)[1].builds_on
    return (other for stage in course.STAGES for other in stage.exercises if other.name in seen)


def branches(stage: Stage) -> dict[str, list[Exercise]]:
    """The branches of a stage, each with the exercises that it asks for."""
    found: dict[str, list[Exercise]] = {}
    for exercise in stage.exercises:
        if exercise.branch and exercise.required:
            found.setdefault(exercise.branch, []).append(exercise)
    return found


def needed(stage: Stage, passed: Mapping[str, bool]) -> list[Exercise]:
    """What has to pass yet for the gate of a stage: everything that stands in no branch, and of the branches as many as are still
    needed, those that lack the smallest share of their minutes, and of equals the first."""
    failed = [exercise for exercise in stage.exercises if exercise.required and not passed.get(exercise.name, False)]
    lack = {
        name: sum(e.minutes for e in asked if e in failed) / sum(e.minutes for e in asked) for name, asked in branches(stage).items()
    }
    unfinished = sorted((name for name in lack if lack[name]), key=lack.get)
    wanted = ["", *unfinished[: max(0, stage.branches_needed - len(lack) + len(unfinished))]]
    return sorted((e for e in failed if e.branch in wanted), key=lambda e: wanted.index(e.branch))


def comes_first(exercise: Exercise, misconception: str | None, failing: Collection[str]) -> str:
    """The exercise to return to when `exercise` fails: the one whose skill the misconception lacks, else the first of those that
    it builds on and that are `failing`, else itself."""
    if named := return_to(exercise.name, misconception):
        return named
    return next((other.name for other in builds_on(exercise) if other.name in failing), exercise.name)


def to_return_to(exercise: Exercise, last: Mapping[str, Mapping[str, object]]) -> str:
    """The exercise that comes first after the `last` checks (see `progress.last_checks`): itself, where its own did not fail."""
    found = last.get(exercise.name)
    if found is None or found["passed"]:
        return exercise.name
    return comes_first(exercise, found["misconception"], {name for name, data in last.items() if not data["passed"]})


def sentence(exercise: Exercise, first: str) -> str:
    """What a learner is told whose slip in `exercise` is the lack of an earlier step."""
    stage, _ = course.find_exercise(first)
    where = "above" if exercise in stage.exercises else f"of stage {stage.number}"
    return f"This step is that of `{first}` {where}: look at your answer there first, or take `practice(\"{stage.number}\")`."
