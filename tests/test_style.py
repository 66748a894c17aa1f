"""How lessons read: the rhythm of style.md, held for every stage."""

import re
import statistics

import jupytext
import pytest
from support import REPOSITORY

from vae_course import course

LONGEST = 30  # lines of a code cell
WIDEST = 100  # characters of a code line; more is cut off in JupyterLab

pytestmark = pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)


def cells(stage):
    notebook = jupytext.read(REPOSITORY / "solutions" / stage.id / f"{stage.id}.py", fmt="py:percent")
    return notebook.cells


def code(stage):
    return [cell.source for cell in cells(stage) if cell.cell_type == "code"]


def prose(stage):
    return "\n\n".join(cell.source for cell in cells(stage) if cell.cell_type == "markdown")


def test_code_cells_are_short(stage):
    lengths = [len(source.splitlines()) for source in code(stage)]
    assert statistics.median(lengths) <= 6 and max(lengths) <= LONGEST, lengths


def test_code_lines_are_narrow_enough_to_be_read_whole(stage):
    wide = [line for source in code(stage) for line in source.splitlines() if len(line) > WIDEST]
    assert wide == []


def test_prose_carries_the_code_and_does_not_bury_it(stage):
    """8 to 20 words of running text a code line; headings, lists, tables, formulas and exercise cards are not counted."""
    text = "\n\n".join(c.source for c in cells(stage) if c.cell_type == "markdown" and "card" not in c.metadata)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if not re.match(r"[#\-|<$]|\d\.", part.strip())]
    words = len(re.findall(r"[^\W\d_]{2,}", " ".join(paragraphs)))
    lines = sum(len(source.splitlines()) for source in code(stage))
    assert 8 <= words / lines <= 20, words / lines


def test_never_three_code_cells_in_a_row(stage):
    kinds = "".join("c" if cell.cell_type == "code" else "m" for cell in cells(stage))
    assert "ccc" not in kinds


def test_headings_go_down_one_level_at_a_time(stage):
    levels = [len(marks) for marks in re.findall(r"(?m)^(#+) ", prose(stage))]
    assert 1 not in levels and set(levels) <= {2, 3}  # the build writes the title


def test_every_figure_has_a_sentence_below_it(stage):
    listed = cells(stage)
    for this, following in zip(listed, listed[1:]):
        if this.cell_type == "code" and re.search(r"plt\.|_picture\(", this.source) and "import" not in this.source:
            assert following.cell_type == "markdown" and following.source.lstrip().startswith("*"), this.source[:60]


def test_the_first_and_last_cells_say_what_the_reader_will_be_able_to_do(stage):
    listed = [cell for cell in cells(stage) if cell.cell_type == "markdown"]
    assert "you can" in listed[0].source and "What you can do now" in listed[-1].source
