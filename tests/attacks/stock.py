"""What nbgrader as it comes makes of the same submissions."""

from __future__ import annotations

import shutil
from pathlib import Path

from attacks.pages import active
from attacks.suite import STAGE, TOTAL, Attack, Hand, World, hidden_digits, outputs
from stock import SEED, Stock


def outcome(attack: Attack, stock: Stock, folder: Path) -> str:
    """What stock nbgrader makes of a submission, and of an honest one after it, in words; `folder` is empty."""
    if attack.harms:
        return "not run"
    course, outside = stock.copy(folder / "course"), folder / "outside"
    outside.mkdir()
    world = World(course, outside)
    world.settle()
    attack.make(Hand(world, attack.student))
    with world.alive(), course.at_work() as api:
        hidden = hidden_digits(SEED)
        whole = api.autograde(STAGE, attack.student)["success"]
        if not whole:  # does it stop only its own student, or whoever comes after it as well?
            for student in ("a-neighbour", "attack-4-neighbour"):
                shutil.rmtree(course.submitted / student)
            api.autograde(STAGE, "*")
        mark, told = course.mark(attack.student), []
        if not whole and course.mark("z-neighbour") is None:
            told.append("batch stops")
        else:
            told.append("no mark" if mark is None else f"{mark:g} of {TOTAL:g}")
        if mark is not None:
            told += attack.leaks(outputs(course.notebook(attack.student)), hidden)
            api.generate_feedback(STAGE, attack.student)
            page = course.folder / "feedback" / attack.student / STAGE / f"{STAGE}.html"
            if page.is_file() and any("alert(1)" in found for found in active(page.read_text(encoding="utf-8"))):
                told.append("scripts run in its feedback")
        return "; ".join([*told, *world.touched()])
