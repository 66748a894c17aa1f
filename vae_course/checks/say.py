"""One look for everything that the course says in a notebook: plain text in a terminal, a bar at the side as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

COLOURS = {"good": "#0f7b3f", "bad": "#b3261e", "plain": "#6b6b6b", "ask": "#1f5fa8"}


def prose(text: str) -> str:
    """Text as HTML, with `names` between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def listed(names: Sequence[str]) -> str:
    """`a`, `b` and `c`."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last


def bar(tone: str) -> str:
    """The style of everything that the course says: a coloured bar at its side."""
    return f"border-left:4px solid {COLOURS[tone]};padding:.4em .9em;margin:.3em 0;max-width:46em;line-height:1.5"


def framed(body: str, tone: str) -> str:
    """HTML with a coloured bar at its side."""
    return f'<div role="status" style="{bar(tone)}">{body}</div>'


@dataclass(frozen=True)
class Said:
    """A headline and some sentences. Nothing is displayed until a notebook or a terminal shows it."""

    headline: str
    lines: Sequence[str] = ()
    tone: str = "plain"

    def __repr__(self) -> str:
        return "\n".join([self.headline, *(f"  {line}" for line in self.lines)])

    def _repr_html_(self) -> str:
        body = f'<div style="font-weight:600">{prose(self.headline)}</div>' + "".join(f"<div>{prose(l)}</div>" for l in self.lines)
        return framed(body, self.tone)
