"""A round of questions in a terminal. Answers are read line by line, so they may also come from a file."""

from __future__ import annotations

import re
import textwrap

import typer

from vae_course.checks.say import Said
from vae_course.course import CourseError
from vae_course.learn.rounds import PRECISION, Round

WIDTH = 88


def show(said: Said) -> None:
    """Print what the course says, wrapped."""
    colour = {"good": "green", "bad": "red"}.get(said.tone)
    typer.secho(said.headline, fg=colour, bold=True)
    for line in said.lines:
        typer.echo(wrapped(line, "  "))


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of a readable width; what stands between backticks is not broken."""
    kept = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    filled = textwrap.fill(kept, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return filled.replace("\0", " ")


def ask_all(round: Round) -> bool:
    """Ask every question of a round until it is over. False when the answers ended before."""
    typer.echo(f"Type a number and press Enter: {PRECISION}. q stops.\n")
    asked = None
    while (question := round.question) is not None:
        if question is not asked:
            typer.secho(round.heading, bold=True)
            typer.echo(wrapped(question.item.text))
            asked = question
        try:
            typed = input(f"{question.item.unit or 'number'} > ")
            if typed.strip().lower() in ("q", "quit", "exit"):
                raise EOFError
        except EOFError:
            typer.echo("\nStopped; nothing more was recorded.")
            return False
        try:
            verdict = round.answer(typed)
        except CourseError as error:
            typer.echo(str(error))
            continue
        typer.secho(wrapped(verdict.text), fg="green" if verdict.right else "red")
        if verdict.done:
            typer.echo()
    return True
