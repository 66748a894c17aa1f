"""A learner's answers in a release, out of whatever became of the notebook: nothing raises, and no answer is lost."""

import copy
import json
import random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_course import course
from vae_course.checks.lenient import MOST_CELLS, parse
from vae_course.checks.loader import answer_name, load, program
from vae_course.checks.rebuild import rebuild
from vae_course.checks.recognise import answer_to, recognise, roles, untouched
from vae_course.course import CourseError

STAGE = course.find_stage("03")
RELEASE = nbformat.read(course.released_notebook(STAGE), 4)
WORDS = nbformat.read(course.released_notebook(course.find_stage("02")), 4)
QUESTION = "evidence_identity"
NAMES = [exercise.name for exercise in STAGE.exercises]
RIGHT = "return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"


def mine(name):
    """A line by which a test knows the answer to an exercise again."""
    return f"return 'answer to {name}'"


@pytest.fixture
def raw():
    """The release as JSON, with an answer to every exercise."""
    notebook = json.loads(course.released_notebook(STAGE).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if (name := cell["metadata"].get("nbgrader", {}).get("grade_id")) in NAMES:
            cell["source"] = cell["source"].replace("raise NotImplementedError", mine(name))
    return notebook


def at(notebook, grade_id):
    found = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in notebook["cells"]]
    return found.index(grade_id)


def cell(notebook, grade_id):
    return notebook["cells"][at(notebook, grade_id)]


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def text(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def rebuilt(raw, release=RELEASE, origin=None):
    notebook, _ = parse(json.dumps(raw).encode())
    return rebuild(notebook, release, origin)


def answers(done):
    return {name: c.source for c in done.notebook.cells if (name := answer_to(c))}


def is_sound(done, release=RELEASE):
    """The release's own cells are all there in their order, with what nbgrader knows of them, and the file is valid."""
    nbformat.validate(done.notebook)
    ours = [c for c in done.notebook.cells if c.id not in done.own]
    assert [(c.id, c.cell_type, c.metadata) for c in ours] == [(c.id, c.cell_type, c.metadata) for c in release.cells]
    assert all(c.source == r.source for c, r in zip(ours, release.cells, strict=True) if not answer_to(r))
    assert all(not c.metadata for c in done.notebook.cells if c.id in done.own)
    return True


def all_there(done):
    return is_sound(done) and all(mine(name) in answers(done)[name] for name in NAMES) and all(done.answers.values())


# --- nothing odd ---


def test_a_notebook_that_was_only_answered_is_taken_without_a_word(raw):
    done = rebuilt(raw)
    assert all_there(done) and done.notices == [] and done.own == []


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_a_fresh_release_comes_back_as_it_is_and_unanswered(stage):
    release = nbformat.read(course.released_notebook(stage), 4)
    done = rebuild(release, release)
    assert done.notebook == release and not any(done.answers.values()) and done.notices == []
    for stub in (c.source for c in release.cells if answer_name(c)):  # so are those of a release that is not kept
        assert untouched(stub.replace('"""', '"""In other words, ', 1), (stub,))


def test_a_half_written_answer_is_no_stub():
    stub = next(c.source for c in RELEASE.cells if c.id == "gaussian_kl")
    for begun in ("    var = logvar.exp()\n    raise", "    # half of mu**2, and so on\n    raise"):
        assert not untouched(stub.replace("    raise", begun), (stub,))
    assert not untouched("def half(x): return x / 2\n\n" + stub, (stub,))
    assert not untouched(stub.replace("raise NotImplementedError", "return mu"), (stub,))
    assert untouched(stub.replace("mu: torch.Tensor, ", "m: torch.Tensor, ").replace("KL", "Kl"), ())


# --- cells that are gone, copied, moved, or without their marks ---


def test_missing_cells_come_back(raw):
    for name in ("check-gaussian_kl", "mse_relation", "check-mse_relation"):
        del raw["cells"][at(raw, name)]
    del raw["cells"][1:3]  # the setup with them
    done = rebuilt(raw)
    assert is_sound(done) and not done.answers["mse_relation"] and done.answers["gaussian_kl"]
    assert done.notices == [
        "Missing, and put back: check-gaussian_kl, mse_relation, check-mse_relation.",
        "Cells of the lesson that were missing, and are back: 2.",
    ]


def test_a_copied_check_is_there_once(raw):
    raw["cells"].append(copy.deepcopy(cell(raw, "check-gaussian_kl")))
    raw["cells"].insert(3, code('check("gaussian_kl")'))
    assert all_there(done := rebuilt(raw)) and done.own == []


@pytest.mark.parametrize(("place", "counts"), [("above the check", "second"), ("below the check", "first")])
def test_of_two_answers_the_last_above_the_check_counts(raw, place, counts):
    second = copy.deepcopy(cell(raw, "gaussian_kl"))
    second["source"], second["id"] = "def gaussian_kl(mu, logvar):\n    return 'second'", "copied"
    raw["cells"].insert(at(raw, "gaussian_kl") + (1 if place == "above the check" else 3), second)
    done = rebuilt(raw)
    first = mine("gaussian_kl")
    assert is_sound(done) and ("second" if counts == "second" else first) in answers(done)["gaussian_kl"]
    (other,) = done.own
    kept = next(c for c in done.notebook.cells if c.id == other).source
    assert kept.startswith("# Another answer to gaussian_kl") and (first if counts == "second" else "second") in kept
    assert all(line.startswith("#") for line in kept.splitlines())
    assert done.notices == ["Answered more than once: gaussian_kl. The last answer above the check counts."]


def test_an_untouched_copy_of_the_stub_is_no_second_answer(raw):
    stub = copy.deepcopy(raw["cells"][at(raw, "gaussian_kl")])
    stub["source"] = next(c.source for c in RELEASE.cells if c.id == "gaussian_kl")
    raw["cells"].insert(at(raw, "gaussian_kl") + 1, stub)
    assert all_there(done := rebuilt(raw)) and done.own == []


def test_half_of_a_split_answer_cell_is_kept_above_the_other_half(raw):
    whole = cell(raw, "gaussian_kl")
    helper = copy.deepcopy(whole)
    helper["source"] = "def half(x):\n    return x / 2"
    raw["cells"].insert(at(raw, "gaussian_kl"), helper)
    done = rebuilt(raw)
    sources = [c.source for c in done.notebook.cells]
    assert all_there(done) and sources.index(helper["source"]) == sources.index(answers(done)["gaussian_kl"]) - 1


@pytest.mark.parametrize("without", ["grade_id", "id", "both", "both and changed demos"])
def test_cells_without_marks_are_recognised(raw, without):
    for number, c in enumerate(raw["cells"]):
        if without != "id":
            c["metadata"] = {}
        if without != "grade_id":
            c.pop("id", None)
        if without.endswith("demos") and number % 5 == 0 and c["cell_type"] == "markdown":
            c["source"] += "\n\nA note of my own."
    done = rebuilt(raw)
    assert all_there(done)
    if without != "id":
        assert done.notices[0].startswith("Had lost its mark, and was recognised: std_from_logvar, check-std_from_logvar")


def test_an_answer_with_another_name_and_without_marks_is_found_above_its_check(raw):
    here = at(raw, "gaussian_kl")
    raw["cells"][here] = code("def kl(m, s):\n    return 7")
    done = rebuilt(raw)
    assert is_sound(done) and answers(done)["gaussian_kl"] == "def kl(m, s):\n    return 7"


def test_an_answer_with_another_name_and_no_check_is_found_by_its_likeness(raw):
    here = at(raw, "gaussian_kl")
    raw["cells"][here] = code(cell(raw, "gaussian_kl")["source"].replace("def gaussian_kl", "def kl"))
    del raw["cells"][here + 1]
    assert mine("gaussian_kl") in answers(rebuilt(raw))["gaussian_kl"]


def test_swapped_marks_do_not_swap_answers(raw):
    one, other = cell(raw, "gaussian_kl"), cell(raw, "std_from_logvar")
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]
    one["id"], other["id"] = other["id"], one["id"]
    check = cell(raw, "check-mse_relation")
    answer = cell(raw, "mse_relation")
    check["metadata"], answer["metadata"] = answer["metadata"], check["metadata"]
    assert all_there(rebuilt(raw))


def test_what_a_student_says_of_cells_is_not_believed(raw):
    cell(raw, "check-gaussian_kl")["metadata"]["tags"] = ["skip-execution"]
    cell(raw, "check-gaussian_kl")["metadata"]["nbgrader"].update(points=1000, grade=False, locked=False)
    cell(raw, "check-gaussian_kl")["source"] = "pass"
    cell(raw, "std_from_logvar")["metadata"]["nbgrader"].update(grade=True, points=1000, schema_version=99)
    cell(raw, "mse_relation")["cell_type"] = "markdown"
    cell(raw, "check-mse_relation")["cell_type"] = "raw"
    done = rebuilt(raw)
    assert all_there(done) and done.notices == ["Changed, and put back as it was: check-gaussian_kl."]


def test_an_answer_in_the_checks_cell_or_at_the_end_is_moved(raw):
    answer, check = cell(raw, "gaussian_kl"), cell(raw, "check-gaussian_kl")
    check["source"] = answer["source"] + '\n\ncheck("gaussian_kl")'
    answer["source"] = next(c.source for c in RELEASE.cells if c.id == "gaussian_kl")
    raw["cells"].append(code(cell(raw, "mse_relation")["source"]))  # its only cell, and recognised
    del raw["cells"][at(raw, "mse_relation")]
    done = rebuilt(raw)
    assert all_there(done)
    assert "Not in the cell that it belongs in, and moved there: the answer to gaussian_kl." in done.notices


def test_a_helper_in_a_cell_of_ones_own_stays_above_the_answer(raw):
    cell(raw, "gaussian_kl")["source"] = "def gaussian_kl(mu, logvar):\n    return cost(mu, logvar).sum(-1)"
    helper = "def cost(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)"
    raw["cells"].insert(at(raw, "gaussian_kl"), code(helper))
    done = rebuilt(raw)
    assert is_sound(done) and done.notices == []
    names = load(program(done.notebook), {}, 10)
    torch = names["torch"]
    assert names["gaussian_kl"](torch.zeros(1, 2), torch.zeros(1, 2)) == 0 and "gaussian_kl" not in names.troubles


def test_a_changed_cell_of_the_lesson_is_back_with_the_changed_one_below(raw):
    setup = next(c for c in raw["cells"] if "setup" in c["metadata"].get("tags", ()))
    setup["source"] = "added = 1"
    done = rebuilt(raw)
    sources = [c.source for c in done.notebook.cells]
    assert all_there(done) and sources.index("added = 1") == 3 and "import torch" in sources[2]
    assert done.notices == ["Cells of the lesson that were changed: 1. Each is back, with the changed one below it."]


# --- words ---


@pytest.fixture
def asked():
    notebook = json.loads(course.released_notebook(course.find_stage("02")).read_text(encoding="utf-8"))
    cell(notebook, QUESTION)["source"] = "Bayes' rule."
    return notebook


def words_of(raw):
    done = rebuilt(raw, WORDS)
    assert is_sound(done, WORDS)
    return next(c for c in done.notebook.cells if c.id == QUESTION)


def test_words_come_with_their_pictures(asked):
    cell(asked, QUESTION)["attachments"] = {
        "photo.png": {"image/png": "aGVsbG8="}, "bad.png": {"image/svg+xml": "<svg onload=x>", "image/png": '"><script>'}
    }
    answer = words_of(asked)
    assert answer.source == "Bayes' rule." and answer.attachments == {"photo.png": {"image/png": "aGVsbG8="}}


@pytest.mark.parametrize("where", ["below the answer", "in its place", "in its place, as code"])
def test_words_are_found_around_the_question(asked, where):
    here = at(asked, QUESTION)
    if where == "below the answer":
        asked["cells"][here]["source"] = "*Write your answer here.*"
        asked["cells"].insert(here + 1, text("Bayes' rule."))
    elif where == "in its place":
        asked["cells"][here] = text("Bayes' rule.")
    else:
        asked["cells"][here]["cell_type"] = "code"
    assert words_of(asked).source == "Bayes' rule."


def test_of_words_written_twice_the_last_counts_and_the_first_stays(asked):
    first = copy.deepcopy(cell(asked, QUESTION))
    first["source"], first["id"] = "A first attempt.", "first"
    asked["cells"].insert(at(asked, QUESTION), first)
    assert words_of(asked).source == "Bayes' rule."
    assert "A first attempt." in [c.source for c in rebuilt(asked, WORDS).notebook.cells]


# --- other releases ---


OLD = "def old_name(a):\n    raise NotImplementedError"


@pytest.fixture
def earlier():
    """An earlier release: another stub, another sentence, one exercise that is gone since."""
    release = copy.deepcopy(RELEASE)
    for c in release.cells:
        if c.id == "gaussian_kl":
            c.source = c.source.replace('"""KL', '"""The KL')
        if c.id in ("mse_relation", "check-mse_relation"):
            c.metadata.nbgrader.grade_id = c.id = c.id.replace("mse_relation", "old_name")
            c.source = c.source.replace("mse_relation", "old_name") if c.source.startswith("check") else OLD
    release.cells[3].source, release.cells[3].id = "A sentence that was thrown away.", "thrown-away"
    return release


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_the_lesson_of_a_release_that_is_not_kept_is_known_by_its_ids(stage):
    release = nbformat.read(course.released_notebook(stage), 4)
    lesson = nbformat.from_dict({**release, "cells": [cell for cell in release.cells if not roles(cell)]})
    other = WORDS if stage == STAGE else RELEASE
    assert all(cell.settled for cell in recognise(lesson, other, other))
    for cell in lesson.cells:
        cell.source += " And more."
    assert not any(cell.settled for cell in recognise(lesson, other, other))


@pytest.mark.parametrize("known", [True, False])
def test_answers_move_from_an_earlier_release(earlier, known):
    handed_in = copy.deepcopy(earlier)
    for c in handed_in.cells:
        if answer_to(c) and answer_to(c) != "gaussian_kl":
            c.source = c.source.replace("raise NotImplementedError", mine(answer_to(c)))
    done = rebuild(handed_in, RELEASE, earlier if known else None)
    assert is_sound(done) and not done.answers["gaussian_kl"] and done.answers["std_from_logvar"]
    kept = [c.source for c in done.notebook.cells if c.id in done.own]
    assert any(mine("old_name") in source for source in kept)
    assert ("A sentence that was thrown away." in kept) is not known


# --- anything ---


def spoilt(raw, seed):
    """The notebook after editors, merges and people: cells copied, moved, dropped, stripped, retyped; answers stay."""
    draw = random.Random(seed)
    cells = raw["cells"]
    for c in list(cells):
        name = c["metadata"].get("nbgrader", {}).get("grade_id")
        if name not in NAMES and draw.random() < 0.1:
            cells.remove(c)
        elif draw.random() < 0.1:
            cells.insert(draw.randrange(len(cells)), copy.deepcopy(c))
    for c in cells:
        if draw.random() < 0.3:
            other = {"nbgrader": {"grade_id": draw.choice(NAMES)}}
            c["metadata"] = draw.choice([{}, {"nbgrader": None}, other, {"tags": 1}])
        if draw.random() < 0.3:
            c["id"] = draw.choice([None, "", "same", 7, *NAMES])
        if draw.random() < 0.1:
            c["cell_type"] = draw.choice(["code", "markdown", "raw", "heading", None])
        if draw.random() < 0.2:
            c["source"] = c["source"].splitlines(keepends=True)
    if draw.random() < 0.5:
        draw.shuffle(cells)
    return raw


@pytest.mark.parametrize("seed", range(150))
def test_no_answer_is_lost_whatever_happens_to_the_cells(raw, seed):
    assert all_there(rebuilt(spoilt(raw, seed)))


KEYS = "cells source metadata nbgrader grade_id cell_type id worksheets input attachments level".split()
@pytest.mark.parametrize("number", ["02", "03"])
@pytest.mark.parametrize("seed", range(40))
def test_no_text_is_lost_whatever_happens_to_the_cells(number, seed):
    path = course.released_notebook(course.find_stage(number))
    raw = json.loads(path.read_text(encoding="utf-8"))
    for c in raw["cells"]:
        c["source"] = "".join(c["source"])
    raw, draw = spoilt(raw, seed), random.Random(seed)
    added = []
    for c in raw["cells"]:
        if draw.random() < 0.3:
            added.append(f"mark_{len(added)} = {draw.random()}")
            c["source"] = "".join(c["source"]) + f"\n\n{added[-1]}"
    release = nbformat.read(path, 4)
    done = rebuilt(raw, release)
    whole = "\n".join(c.source for c in done.notebook.cells)
    assert is_sound(done, release) and [text for text in added if text not in whole] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=30,
)
CELL = st.fixed_dictionaries({}, optional={
    "cell_type": st.sampled_from(["code", "markdown", "heading", "raw"]) | JSON,
    "id": st.sampled_from(NAMES) | JSON,
    "source": st.sampled_from(["def gaussian_kl():\n    return 1", 'check("gaussian_kl")', "\ud800", "x\r\ny"]) | JSON,
    "metadata": JSON | st.builds(lambda name: {"nbgrader": {"grade_id": name}}, st.sampled_from(NAMES) | JSON),
    "attachments": JSON,
})


@settings(max_examples=150, deadline=None)
@given(JSON | st.fixed_dictionaries({"cells": st.lists(CELL | JSON, max_size=12)}, optional={"metadata": JSON}))
def test_any_json_is_a_notebook_or_refused_with_a_reason(value):
    try:
        notebook, _ = parse(json.dumps(value).encode())
    except CourseError:
        return
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode()
    assert is_sound(rebuild(notebook, RELEASE))


def test_a_notebook_of_very_many_cells_is_cut():
    notebook, told = parse(json.dumps({"cells": [code("x = 1")] * (MOST_CELLS + 1)}).encode())
    assert len(notebook.cells) == MOST_CELLS and "more than 2000 cells" in told[0]
    assert is_sound(rebuild(notebook, RELEASE))


def test_every_kind_of_line_end_and_list_is_read(raw):
    for number, c in enumerate(raw["cells"]):
        c["source"] = c["source"].replace("\n", ("\r\n", "\r", "\n")[number % 3]).splitlines(keepends=True)
    assert all_there(done := rebuilt(raw)) and done.notices == []


def test_only_what_nbgrader_needs_to_know_is_in_a_cell(raw):
    assert {frozenset(roles(c)) for c in rebuilt(raw).notebook.cells} == {frozenset(roles(c)) for c in RELEASE.cells}
