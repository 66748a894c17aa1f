"""What an author builds and what ships: the same bytes each time, and no answer in it."""

import ast
import json
import re
import shutil
import tarfile
import textwrap
import zipfile

import nbformat
import pytest
from support import REPOSITORY

from vae_course import course
from vae_course.author import build as building
from vae_course.author import concepts
from vae_course.author import table as tables
from vae_course.author.convert import convert
from vae_course.checks.sealing import bank
from vae_course.course import CourseError

STAGES = pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
SMALLEST = 12  # nodes of a piece of code that could be called an answer


def source(stage):
    return REPOSITORY / "solutions" / stage.id / f"{stage.id}.py"


# --- builds ---


@STAGES
def test_an_executed_notebook_holds_nothing_that_is_new_with_every_run(stage):
    """A widget has an id of its own each time, and a practice question other numbers."""
    held = (course.solutions_folder() / stage.id / f"{stage.id}.ipynb").read_text(encoding="utf-8")
    assert building.WIDGET not in held and "execution_info" not in held


@STAGES
def test_another_build_gives_the_bytes_that_are_committed(stage):
    assert building.check_build(stage) == []


def test_a_build_leaves_the_environment_as_it_was(monkeypatch):
    import os

    monkeypatch.delenv("VAE_COURSE_SOLUTIONS", raising=False)
    before = dict(os.environ)
    stage = course.STAGES[0]
    building.release(convert(source(stage), stage), stage)
    assert dict(os.environ) == before


@pytest.fixture
def other_solutions(tmp_path, monkeypatch):
    """A copy of the solutions that a test may break; the release and the seals stay where they are."""
    copy = tmp_path / "solutions"
    shutil.copytree(REPOSITORY / "solutions", copy)
    monkeypatch.setenv("VAE_COURSE_SOLUTIONS", str(copy))
    return copy


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_check_notices_a_source_that_moved_on(other_solutions):
    stage = course.find_stage("00")
    edit(other_solutions / stage.id / f"{stage.id}.py", "A course that checks", "A course which checks")
    problems = building.check_build(stage)
    assert [problem.split()[0] for problem in problems] == ["00_start_here.ipynb", "00_start_here.ipynb"]
    assert "notebooks/" in problems[1]


def test_check_notices_a_sentence_of_the_bank_that_changed(other_solutions):
    stage = course.find_stage("00")
    edit(other_solutions / stage.id / "misconceptions.py", "You move the rows down", "You push the rows down")
    assert building.check_build(stage) == ["00_start_here.json in sealed/ is not what 00_start_here.py and its bank give"]


def test_a_cell_that_fails_stops_the_build_with_the_cell_and_the_reason(other_solutions):
    stage = course.find_stage("00")
    path = other_solutions / stage.id / f"{stage.id}.py"
    edit(path, "print(square + by)", "print(square + buy)")
    before = {p: p.read_bytes() for p in (course.released_notebook(stage), path.with_suffix(".ipynb"))}
    with pytest.raises(CourseError, match=r"stopped at cell \d+, which begins 'square = .*NameError: name 'buy'"):
        building.build(stage)
    assert all(p.read_bytes() == text for p, text in before.items())


def test_a_source_that_disagrees_with_the_course_is_refused(other_solutions):
    stage = course.find_stage("00")
    path = other_solutions / stage.id / f"{stage.id}.py"
    edit(path, '# %% check="shift"', "# %%")
    with pytest.raises(CourseError, match="has no cell with check='shift'"):
        convert(path, stage)


# --- releases ---


@STAGES
def test_a_release_has_stubs_and_no_outputs(stage):
    notebook = nbformat.read(course.released_notebook(stage), 4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)
    for exercise in stage.exercises:
        assert "raise NotImplementedError" in cells[exercise.name].source
        assert cells[f"check-{exercise.name}"].source == f'check("{exercise.name}")'
        assert cells[f"check-{exercise.name}"].metadata.nbgrader.points == exercise.points
        assert cells[f"check-{exercise.name}"].metadata.nbgrader.locked
    assert set(notebook.metadata.vae_course) == {"stage", "version", "release"}
    assert set(notebook.metadata) == {"vae_course", "kernelspec"}


def test_only_notebooks_arrive_in_notebooks():
    arrived = {p.relative_to(REPOSITORY / "notebooks").as_posix() for p in (REPOSITORY / "notebooks").rglob("*") if p.is_file()}
    assert {p for p in arrived if ".ipynb_checkpoints" not in p} == {f"{s.id}/{s.id}.ipynb" for s in course.STAGES}


# --- leaks ---


def answers():
    """Every piece of every solution and of every right answer in the banks, as a line and as normalised code."""
    texts = []
    for stage in course.STAGES:
        texts += SOLUTION.findall(source(stage).read_text(encoding="utf-8"))
        for exercise in stage.exercises:
            texts += [entry.program[-1].source for entry in bank(stage, exercise.name, "alternatives.py")]
    lines = {line.split("#")[0].strip() for text in texts for line in text.splitlines()}
    lines = {line for line in lines if line.startswith("return") and len(line) > 18}
    return lines, {piece for text in texts for piece in pieces(textwrap.dedent(text), ast.Assign, ast.Return)}


def pieces(code, *kinds):
    """What the code computes, comments and layout gone: every larger expression, or the value of these statements."""
    try:
        tree = ast.parse(re.sub(r"(?m)^return\b", "_ =", code))
    except SyntaxError:
        return set()
    nodes = [node.value for node in ast.walk(tree) if isinstance(node, kinds) and node.value] if kinds else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.expr) and sum(1 for _ in ast.walk(node)) >= SMALLEST:
            names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            if names - {"math", "torch"}:  # math.log(2 * math.pi) is nobody's answer
                found.add(ast.unparse(node))
    return found


def shipped(archives):
    """Every file of the wheel and of the source archive, as (name, text)."""
    wheel, sdist = archives
    with zipfile.ZipFile(wheel) as archive:
        yield from ((name, archive.read(name).decode("utf-8")) for name in archive.namelist())
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            if member.isfile():
                yield member.name, archive.extractfile(member).read().decode("utf-8")


def strings(value):
    """All strings of a JSON value, a notebook's lists of lines joined."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        yield "".join(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def leaks(files):
    lines, code = answers()
    for name, text in files:
        if "/models/toolbox/" in name:  # what a stage taught, for the stages after it
            continue
        texts = list(strings(json.loads(text))) if name.endswith((".ipynb", ".json")) else [text]
        for part in texts:
            yield from ((name, line) for line in lines if line in part)
            yield from ((name, piece) for piece in pieces(part) & code)


def test_nothing_that_ships_holds_an_answer(archives):
    assert list(leaks(shipped(archives))) == []


def test_only_what_a_learner_needs_ships(archives):
    for name, _ in shipped(archives):
        assert not re.search(r"solutions/|hidden_cases|alternatives|misconceptions|tests/|nbgrader_config|grading/", name), name


def test_the_wheel_holds_every_release_and_seal(archives):
    names = zipfile.ZipFile(archives[0]).namelist()
    for stage in course.STAGES:
        assert f"vae_course/notebooks/{stage.id}/{stage.id}.ipynb" in names
        assert f"vae_course/checks/sealed/{stage.id}.json" in names


@pytest.mark.parametrize("place", ["source", "metadata", "output", "module", "reformatted"])
def test_the_leak_test_finds_an_answer_wherever_it_hides(place):
    answer = "    return x + by[:, None]"
    notebook = nbformat.read(course.released_notebook(course.find_stage("00")), 4)
    name = "notebooks/00.ipynb"
    if place == "source":
        notebook.cells[2].source += "\n" + answer
    elif place == "metadata":
        notebook.metadata["widgets"] = {"state": [{"value": answer}]}
    elif place == "output":
        notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text=answer)]
    text = nbformat.writes(notebook)
    if place == "module":
        name, text = "vae_course/x.py", f"def f(x, by):\n{answer}\n"
    if place == "reformatted":
        name, text = "vae_course/x.py", "def f(x, by):\n    return (x\n        + by[ : , None ] )\n"
    assert list(leaks([(name, text)]))


def test_the_table_counts_every_answer_of_the_banks():
    """The banks' own tests run them; here their numbers must be those that `vae-course table` wrote."""
    table = (REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8").split(tables.BEGIN)[1]
    for stage in course.STAGES:
        for exercise in stage.exercises:
            wrong, right = (len(bank(stage, exercise.name, name)) for name in ("misconceptions.py", "alternatives.py"))
            assert f"| `{exercise.name}` | {wrong} of {wrong} | {wrong} | {right} of {right} |" in table, exercise.name


@pytest.mark.parametrize(
    ("file", "begin", "text"), [("README.md", tables.STAGES, tables.stages), ("tests/README.md", concepts.BEGIN, concepts.text)]
)
def test_the_tables_of_stages_and_concepts_are_what_the_course_gives(file, begin, text):
    assert tables.put(REPOSITORY / file, begin, text(), write=False)


def test_a_concept_that_is_not_in_its_stage_is_named():
    row = concepts.Concept("x", "03", "No such step", ("no_picture",), ("gaussian_kl", "no_exercise"), ("no_drill",))
    assert [*concepts.missing(row)] == ["step 'No such step'", "figure 'no_picture'", "exercise 'no_exercise'", "drill 'no_drill'"]


def test_every_exercise_belongs_to_a_concept():
    """But for the start, and for what the concepts are used in."""
    named = {name for row in concepts.CONCEPTS for name in row.exercises}
    used_in = {"shift", "kl_monte_carlo", "elbo_monte_carlo", "Encoder", "Decoder", "VAE", "negative_elbo", "train_step"}
    used_in |= {"effective_beta", "samples_are_fresh", "loss_is_sound", "bound_is_sound", "doubly_reparameterized_gradient"}
    used_in |= {"prior_end", "simple_loss", "sample_chain"}
    absent = {e.name for stage in course.STAGES for e in stage.exercises if not stage.id.startswith("10")} - named
    assert absent == used_in
