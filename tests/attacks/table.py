"""The table of attacks in tests/README.md: `make attack-table` makes every harmless one in stock nbgrader, and writes it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from attacks import ATTACKS
from attacks.elsewhere import ELSEWHERE
from attacks.stock import outcome
from attacks.suite import TOTAL, Attack
from desk import Desk
from stock import Stock
from support import REPOSITORY

from vae_course.author.table import put

BEGIN = "<!-- table: make attack-table -->"
HEAD = "| attack | what it does | stock nbgrader gives | this course gives |\n| --- | --- | --- | --- |"


def earned(attack: Attack) -> str:
    """What the suite holds this course to."""
    return f"{sum(attack.marks.values()):g} of {TOTAL:g}"


def row(id: str, words: str, stock: str, course: str) -> str:
    return f"| {id} | {words} | {stock} | {course} |"


def place(id: str) -> tuple:
    """Rows in the order of their numbers, words after them."""
    number, _, rest = id.partition(" ")
    return (0, int(number), rest) if number.isdigit() else (1, 0, id)


def main() -> None:
    """Write the table; what came of each attack is also printed as it comes."""
    rows = {other.id: row(other.id, other.words, "not run", other.outcome) for other in ELSEWHERE}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "desk").mkdir()
        desk = Desk(folder / "desk")
        desk.release()
        stock = Stock.make(desk, folder / "stock")
        for number, attack in enumerate(sorted(ATTACKS.values(), key=lambda attack: place(attack.id))):
            apart = folder / str(number)
            apart.mkdir()
            rows[attack.id] = row(attack.id, attack.words, outcome(attack, stock, apart), earned(attack))
            print(rows[attack.id], flush=True)
    table = "\n".join([HEAD, *(rows[id] for id in sorted(rows, key=place))])
    same = put(REPOSITORY / "tests" / "README.md", BEGIN, table, write=True)
    print("tests/README.md was up to date" if same else "tests/README.md is written", file=sys.stderr)


if __name__ == "__main__":
    main()
