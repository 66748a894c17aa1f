"""The report of a check: a sentence, the evidence, a question."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape

from vae_course.checks.judging import Row
from vae_course.checks.say import framed, prose

UNSETTLED = ("timeout", "crash", "interrupted")  # what may turn out otherwise the next time

_PADDED = "padding:.1em .7em"  # pages outside JupyterLab set none
_STATES = {"pass": ("✓", "right"), "fail": ("✗", "not right yet"), "open": ("○", "not judged")}


@dataclass(frozen=True)
class Report:
    """What a check found.

    passed: every part holds. score: points earned, of `points`. failed: the first thing that does not hold (a part, or
    missing, unwritten, type, shape, nan, error, timeout, crash). misconception: the id of the known mistake that the
    answer equals. message: one or two sentences for the learner.
    """

    exercise: str
    passed: bool
    score: float
    points: float
    message: str
    failed: str | None = None
    misconception: str | None = None
    question: str = ""
    rows: tuple[Row, ...] = ()
    line: str = ""
    parts: Mapping[str, bool] = field(default_factory=dict)
    note: str = ""
    printed: str = ""

    def to_json(self) -> dict:
        """The report as plain data."""
        return asdict(self) | {"rows": [list(row) for row in self.rows], "parts": dict(self.parts)}

    @classmethod
    def from_json(cls, data: Mapping) -> Report:
        """The report that `to_json` wrote."""
        return cls(**{**data, "rows": tuple(tuple(row) for row in data["rows"])})

    @property
    def state(self) -> str:
        if self.passed:
            return "pass"
        return "open" if self.failed in ("missing", "unwritten", "interrupted", "gate") else "fail"

    def shows_parts(self) -> bool:
        """Only an answer whose value is right has parts worth telling apart."""
        return len(self.parts) > 1 and self.parts.get("value", False)

    def headline(self) -> str:
        """`✗ gaussian_kl: not right yet, 3 of 5 points`."""
        mark, words = _STATES[self.state]
        earned = f", {self.score:g} of {self.points:g} point{'s' * (self.points != 1)}" if self.points else ""
        return f"{mark} {self.exercise}: {words}{earned}"

    @property
    def _beside(self) -> str:
        """What the second number of a row is: the right one, or another one of the learner's, which is not."""
        return "beside" if any(re.match(r"(about )?your ", other) for _, _, other in self.rows) else "expected"

    def text(self) -> str:
        """The report for a terminal, without colour."""
        lines = [self.headline(), f"  {self.message}"]
        if self.line:
            lines.append(f"  {self.line}")
        if self.rows:
            width = max(len(where) for where, _, _ in self.rows)
            lines += [f"  {where:<{width}}   yours {yours}   {self._beside} {other}" for where, yours, other in self.rows]
        if self.question:
            lines.append(f"  ? {self.question}")
        if self.shows_parts():
            lines.append("  " + "  ".join(f"{'✓' if held else '✗'} {part}" for part, held in self.parts.items()))
        if self.note:
            lines.append(f"  {self.note}")
        if self.printed:
            lines.append("  Your code printed:")
            lines += [f"  | {line}" for line in self.printed.splitlines()[:20]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        # nbgrader reads a graded cell's plain text as partial credit
        if "NBGRADER_EXECUTION" in os.environ or "NBGRADER_VALIDATING" in os.environ:
            return f"{self.score:g}"
        return self.text()

    def _repr_html_(self) -> str:
        body = [f'<div style="font-weight:600">{escape(self.headline())}</div>', f"<div>{prose(self.message)}</div>"]
        if self.line:
            body.append(f"<div><code>{escape(self.line)}</code></div>")
        if self.rows:
            cells = "".join(
                f'<tr><td style="text-align:left;{_PADDED}">{escape(where)}</td><td style="{_PADDED}">{escape(yours)}</td>'
                f'<td style="{_PADDED}">{escape(expected)}</td></tr>'
                for where, yours, expected in self.rows
            )
            body.append(
                '<table style="margin:.4em 0;font-variant-numeric:tabular-nums"><thead><tr><th></th>'
                f'<th scope="col" style="{_PADDED}">yours</th><th scope="col" style="{_PADDED}">{self._beside}</th></tr></thead>'
                f"<tbody>{cells}</tbody></table>"
            )
        if self.question:
            body.append(f'<div style="font-style:italic">{prose(self.question)}</div>')
        if self.shows_parts():
            held = " &nbsp; ".join(f"{'✓' if ok else '✗'} {escape(part)}" for part, ok in self.parts.items())
            body.append(f'<div style="margin-top:.3em">{held}</div>')
        if self.note:
            body.append(f"<div>{prose(self.note)}</div>")
        if self.printed:
            body.append(f"<details><summary>Your code printed</summary><pre>{escape(self.printed)}</pre></details>")
        return framed("".join(body), {"pass": "good", "fail": "bad", "open": "plain"}[self.state])
