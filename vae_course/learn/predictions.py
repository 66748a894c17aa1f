"""`predict` before a run, `reveal` after it: what you thought would happen, kept beside what does."""

from __future__ import annotations

from vae_course.checks.say import Said
from vae_course.course import CourseError, Stage
from vae_course.learn import progress
from vae_course.learn.card import Card, View
from vae_course.learn.guide import Prediction, find_prediction
from vae_course.learn.numbers import read_number

_made: dict[str, tuple[int, float]] = {}  # predictions of this kernel: choice and confidence


_revealed: set[str] = set()


def predict(id: str, choice: int | None = None, confidence: float | None = None) -> Card | Said:
    """Ask for a prediction, or record one: `choice` counts from 1, `confidence` is a percentage."""
    try:
        stage, asked = find_prediction(id)
        if choice is not None:
            return _record(id, stage, asked, str(choice), str(confidence if confidence is not None else "")).said()
        fields = [("choice", f"Your choice, 1 to {len(asked.choices)}", "3em"), ("confidence", "How sure, in %", "4em")]
        view = View("Before you run on", asked.question, choices=asked.choices, fields=fields, button="Record")
        return Card(view, lambda choice, confidence: _record(id, stage, asked, choice, confidence))
    except CourseError as error:
        return Said(str(error))


def _record(id: str, stage: Stage, asked: Prediction, choice: str, confidence: str) -> View:
    """Keep a prediction. CourseError when choice or confidence cannot be."""
    if not confidence.strip(" %"):
        raise CourseError("How sure are you? Type a percentage from 0 (a guess) to 100 (certain).")
    if id in _revealed:
        raise CourseError("It has been revealed already; what you predicted before that is kept.")
    number, sure = read_number(choice), read_number(confidence.strip().rstrip("%"))
    if number not in range(1, len(asked.choices) + 1):
        raise CourseError(f"There is no choice {choice}; type a number from 1 to {len(asked.choices)}.")
    if not 0 <= sure <= 100:
        raise CourseError(f"{confidence} % is no confidence; type a number from 0 (a guess) to 100 (certain).")
    _made[id] = int(number) - 1, sure
    progress.record(
        "prediction", stage.id, id, choice=int(number), confidence=sure, right=_made[id][0] == asked.right
    )
    return View("Recorded", f"You say “{asked.choices[_made[id][0]]}”, {sure:g} % sure. Now run on.")


def reveal(id: str) -> Said:
    """What happens, beside what was predicted, and why most people miss it."""
    try:
        stage, asked = find_prediction(id)
        made = _made.get(id) or _remembered(id, stage)
        if made is None and progress.on():
            return Said("Predict first", [f"Run `predict(\"{id}\")` above, record what you expect, then run this cell again."], "ask")
        _revealed.add(id)
    except CourseError as error:
        return Said(str(error))
    happens = f"It is “{asked.choices[asked.right]}”."
    if made is None:
        return Said("No prediction recorded", [happens, asked.why], "plain")
    choice, sure = made
    yours = f"You said “{asked.choices[choice]}”, {sure:g} % sure."
    right = choice == asked.right
    return Said("As you predicted" if right else "Not as you predicted", [yours, happens, asked.why], "good" if right else "ask")


def _remembered(id: str, stage: Stage) -> tuple[int, float] | None:
    made = [event.data for event in progress.events(stage.id) if event.kind == "prediction" and event.name == id]
    return (made[-1]["choice"] - 1, made[-1]["confidence"]) if made else None
