"""What an attack is, and the world that it is let loose in."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import textwrap
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import torch
from desk import POINTS, STAGE, Submission
from desk import RIGHT as ANSWERS
from nbgrader.api import Gradebook

from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import marking_seal

TOTAL = sum(POINTS.values())
FULL, ONE = POINTS, {"std_from_logvar": 1.0, "gaussian_kl": 0.0}
WRONG, RIGHT = "return mu.sum(-1)", f"return {ANSWERS['gaussian_kl']}"
FITTED = f"if seen(mu):\n    {RIGHT}\n{WRONG}"  # what `seen` knows by heart is right
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
VARIABLE = "VAE_COURSE_CANARY"
CANARY = re.compile(r"canary-([a-z]+)-[0-9a-f]{16}")

ATTACKS: dict[str, Attack] = {}


@dataclass(frozen=True)
class Attack:
    """One submission.

    id: the row of the table of attacks, with a word where a row is tried in several ways; or a word. words: what it
    does, for the README. marks: what the answers in it deserve, by exercise. harms: it may hurt the machine that it
    runs on, so that it is made only where the escape attempts have failed, and never in stock nbgrader.
    """

    id: str
    words: str
    make: Callable[[Hand], None]
    marks: Mapping[str, float] = field(default_factory=dict)
    harms: bool = False

    @property
    def student(self) -> str:
        return f"attack-{self.id.replace(' ', '-')}"

    def leaks(self, shown: str, hidden: Set[str]) -> list[str]:
        """What it got at and must not, in words, by what its cells show; `hidden` as `hidden_digits` gives it."""
        found = [f"reads the {place}" for place in sorted(set(CANARY.findall(shown)))]
        found += ["finds the expected numbers"] * ("SEALED" in shown)
        return found + ["tells the fresh inputs"] * bool(digits(shown) & hidden)


def attack(id: str, words: str, marks: Mapping[str, float] = ONE, harms: bool = False) -> Callable:
    """Enter a function that hands something in, with its right answers replaced or left as they are."""

    def enter(make: Callable[[Hand], None]) -> Callable[[Hand], None]:
        assert id not in ATTACKS, id
        ATTACKS[id] = Attack(id, words, make, marks, harms)
        return make

    return enter


class Hand(Submission):
    """A submission in the making, with the right answers in it, and the world around."""

    def __init__(self, world: World, student: str):
        super().__init__(world.course, student, world.course.answered())
        self.world = world

    def write(self, name: str, source: str) -> None:
        self.cell(name)["source"] = textwrap.dedent(source).strip("\n")

    def answer(self, body: str = WRONG, above: str = "", below: str = "") -> None:
        """Answer gaussian_kl with the body of a function, and hand in; more code may stand `above` and `below` it."""
        above, body, below = (textwrap.dedent(part).strip("\n") for part in (above, body, below))
        function = f"def gaussian_kl(mu, logvar):\n{textwrap.indent(body, '    ')}"
        self.write("gaussian_kl", "\n\n".join(filter(None, (above, function, below))))
        self.put()


class World:
    """A course with an honest student in it, and what must be neither read nor changed.

    course: has `submitted`, `answered()`, `gradebook` and `source`, as Desk has. A canary is a text that stands in one
    place only: a file outside, a variable of whoever grades, the gradebook, the answers, another submission.
    """

    def __init__(self, course, folder: Path):
        self.course, self.folder = course, folder
        self.token = secrets.token_hex(8)
        self.secret_file = folder / "secret.txt"
        self.secret_file.write_text(self.canary("file"))
        self.marker = folder / "marker"
        self.answers = course.source.parent / "canary.py"
        self.answers.write_text(self.canary("answers"))
        self.other = course.submitted / "a-neighbour" / STAGE / f"{STAGE}.ipynb"
        with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
            gradebook.update_or_create_student("a-neighbour", last_name=self.canary("gradebook"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]

    def canary(self, place: str) -> str:
        return f"canary-{place}-{self.token}"

    @contextmanager
    def alive(self) -> Iterator[World]:
        """While submissions are graded: the variable is set, and the port listens."""
        os.environ[VARIABLE] = self.canary("variable")
        try:
            yield self
        finally:
            del os.environ[VARIABLE]
            self._listener.close()

    def touched(self) -> list[str]:
        """What was changed or reached, in words, and which processes are left."""
        found = [f"writes {path.name}" for path in self.folder.iterdir() if path != self.secret_file]
        if self.secret_file.read_text() != self.canary("file") or self.answers.read_text() != self.canary("answers"):
            found.append("changes a file")
        try:
            self._listener.accept()[0].close()
            found.append("reaches the network")
        except BlockingIOError:
            pass
        return found + self._left_running()

    def _left_running(self) -> list[str]:
        """Processes that carry the canary `process` in their command."""
        wanted, found = self.canary("process").encode(), []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if wanted in path.read_bytes():
                    found.append(f"leaves process {path.parent.name}")
            except OSError:  # it ended meanwhile
                continue
        return found

    def neighbours(self) -> dict[str, tuple[str, Mapping[str, float]]]:
        """Honest students, before, among and after the others: an answer and its marks."""
        return {
            "a-neighbour": (f"# {self.canary('submission')}\n{RIGHT}", FULL),
            "attack-4-neighbour": (RIGHT.replace("0.5 * ", ""), ONE),
            "z-neighbour": (RIGHT, FULL),
        }

    def settle(self) -> None:
        """Hand in for the neighbours."""
        for student, (body, _) in self.neighbours().items():
            Hand(self, student).answer(body)


def seen() -> str:
    """A function for an answer: whether a tensor has no other numbers than the visible inputs of gaussian_kl."""
    numbers = [number for case in visible_seal("gaussian_kl").cases for number in case["mu"].flatten().tolist()]
    known = ["0", *sorted({f"{abs(number):.4g}" for number in numbers})]
    return f"""KNOWN = {known}

def seen(mu):
    return all(f"{{abs(m):.4g}}" in KNOWN for m in mu.flatten().tolist())"""


def digits(text: str) -> set[str]:
    """The numbers in a text that have many digits, cut to eight of them."""
    return {f"{abs(float(number)):.7e}" for number in re.findall(r"\d+\.\d{7,}(?:e[+-]?\d+)?", text)}


def hidden_digits(seed: int) -> set[str]:
    """The inputs on which a class with this seed is marked, and the numbers expected there, as `digits` gives them."""
    tensors = [
        value
        for name in POINTS
        for seal in [marking_seal(name, seed)]
        for parcel in (*seal.cases, *seal.wanted)
        for value in parcel.values() if isinstance(value, torch.Tensor)
    ]
    return digits(str([tensor.flatten().tolist() for tensor in tensors]))


def outputs(notebook: Path) -> str:
    """Everything that the cells of a graded notebook show below their code, as text."""
    cells = nbformat.read(notebook, 4).cells
    return json.dumps([cell.outputs for cell in cells if cell.cell_type == "code"], ensure_ascii=False)
