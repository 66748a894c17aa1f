"""What a stage says beyond its notebook: the hints of its exercises, its predictions, and which earlier exercise a
mistake sends back to. One module a stage."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vae_course import course
from vae_course.course import CourseError, Stage


@dataclass(frozen=True)
class Prediction:
    """A question asked before a run. right: the index of the choice that turns out so. why: why most people miss it."""

    question: str
    choices: tuple[str, ...]
    right: int
    why: str


def hints(stage: Stage) -> Mapping[str, Sequence[str]]:
    """For each exercise of a stage its rungs: a property, then a term, then a sibling worked with numbers."""
    return _module(stage).HINTS


def predictions(stage: Stage) -> Mapping[str, Prediction]:
    """The predictions of a stage, by id."""
    return _module(stage).PREDICTIONS


def find_prediction(id: str) -> tuple[Stage, Prediction]:
    """The prediction called `id` and its stage."""
    for stage in course.STAGES:
        if id in predictions(stage):
            return stage, predictions(stage)[id]
    known = ", ".join(name for stage in course.STAGES for name in predictions(stage))
    raise CourseError(f"There is no prediction called {id!r}; the course has {known}.")


def return_to(exercise: str, misconception: str | None) -> str | None:
    """The earlier exercise that drills the step which a misconception of `exercise` lacks.

    misconception: the id in the stage's bank, of the original where an entry is an alias. None when there is no
    misconception, or when the slip belongs to the exercise itself. CourseError when there is no such exercise.
    """
    stage, _ = course.find_exercise(exercise)
    return _module(stage).RETURN.get(exercise, {}).get(misconception)


def _module(stage: Stage):
    return importlib.import_module(f"vae_course.learn.guide.stage_{stage.number}")
