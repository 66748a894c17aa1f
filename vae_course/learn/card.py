"""A card in the notebook: it asks something, an answer comes back, it says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anywidget
import traitlets

from vae_course.checks.say import Said, bar, prose
from vae_course.course import CourseError


@dataclass(frozen=True)
class View:
    """What a card shows. `fields`: (name, label, width) of each text field; none when there is nothing to ask."""

    heading: str
    text: str = ""
    feedback: str = ""
    tone: str = "ask"
    choices: Sequence[str] = ()
    fields: Sequence[tuple[str, str, str]] = ()
    button: str = "Answer"

    def said(self) -> Said:
        """The same for a reader without widgets."""
        lines = [self.text, *(f"{i}. {choice}" for i, choice in enumerate(self.choices, 1))]
        return Said(self.heading, [line for line in [self.feedback, *lines] if line], self.tone)


class Card(anywidget.AnyWidget):
    """A View on the screen, and `answer(**fields) -> View`, called with what was typed."""

    _esm = Path(__file__).with_suffix(".js")
    view = traitlets.Dict().tag(sync=True)

    def __init__(self, view: View, answer: Callable[..., View]):
        self.shown, self._answer, self._count = view, answer, 0  # a count, so that the same refusal twice is shown twice
        super().__init__(view=_plain(view))
        self.on_msg(lambda _, typed, __: self.receive(typed))

    def receive(self, typed: dict[str, str]) -> None:
        """Take an answer and show what came of it; one that cannot be read leaves the question up."""
        try:
            self.shown = self._answer(**typed)
            self.view = _plain(self.shown)
        except CourseError as error:
            self._count += 1
            self.view = {**_plain(self.shown), "feedback": prose(str(error)), "style": bar("bad"), "count": self._count}

    def __repr__(self) -> str:
        return repr(self.shown.said())


def _plain(view: View) -> dict:
    return {
        "heading": prose(view.heading), "text": prose(view.text), "feedback": prose(view.feedback),
        "style": bar(view.tone), "choices": list(view.choices), "fields": [list(f) for f in view.fields],
        "button": view.button,
    }
