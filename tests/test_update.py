"""`vae-course update`: a learner's answers in the release that is installed, and the old file beside it."""

import json

import nbformat
import pytest

from vae_course import course
from vae_course.checks.recognise import answer_to, content_id

STAGE = course.find_stage("03")
RIGHT = "return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"
OWN = "def cost(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)"


@pytest.fixture
def notebook():
    """A notebook of an earlier release: another hash, stub, and sentence; one answer and a cell of one's own."""
    notebook = nbformat.read(course.released_notebook(STAGE), 4)
    notebook.metadata.vae_course.release = "an earlier one"
    old = notebook.cells[2]
    old.source = old.source.replace("in five lines", "in six lines")
    old.id = content_id("markdown", old.source)
    for cell in notebook.cells:
        if answer_to(cell):
            cell.source = cell.source.replace('"""', '"""As it was: ', 1)
    answer = next(at for at, cell in enumerate(notebook.cells) if answer_to(cell) == "gaussian_kl")
    notebook.cells[answer].source = "def gaussian_kl(mu, logvar):\n    return cost(mu, logvar).sum(-1)"
    notebook.cells.insert(answer, nbformat.v4.new_code_cell(OWN, id="mine"))
    return notebook


@pytest.fixture
def saved(tmp_path, notebook):
    path = tmp_path / "workbook" / STAGE.id / f"{STAGE.id}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


def test_answers_move_and_pass_and_the_old_file_is_kept(vae_course, saved):
    before = saved.read_bytes()
    refused = vae_course("check", "gaussian_kl")
    assert refused.returncode == 2 and "`vae-course update 03` moves your answers into it" in refused.stderr
    done = vae_course("update", "03")
    assert done.returncode == 0, done.stderr
    assert "Your answers that moved: gaussian_kl.\nNot written yet: std_from_logvar, gaussian_entropy" in done.stdout
    kept = saved.with_name(f"{STAGE.id}.before-update-1.ipynb")
    assert str(kept) in done.stdout and kept.read_bytes() == before
    new = nbformat.read(saved, 4)
    assert new.metadata.vae_course == nbformat.read(course.released_notebook(STAGE), 4).metadata.vae_course
    texts = [cell.source for cell in new.cells]
    assert OWN in texts and not any("in six lines" in text for text in texts)
    assert "changed" not in done.stdout
    assert json.loads(vae_course("check", "gaussian_kl", "--json").stdout)["score"] == 5


def test_a_notebook_that_is_up_to_date_stays_as_it_is(vae_course, saved):
    assert vae_course("update", "03").returncode == 0
    before = saved.read_bytes()
    again = vae_course("update", "03")
    assert again.returncode == 0 and "nothing was changed" in again.stdout and saved.read_bytes() == before
    assert len(list(saved.parent.iterdir())) == 2


def test_a_notebook_that_an_editor_rewrote_is_put_right(vae_course, tmp_path, notebook):
    for cell in notebook.cells:
        cell.metadata = {}
        del cell["id"]
    notebook.metadata = {}
    path = tmp_path / "from colab.ipynb"
    path.write_bytes(json.dumps(notebook).encode("utf-16"))
    done = vae_course("update", "03", "--notebook", path)
    assert "answers that moved: gaussian_kl." in done.stdout and "not saved as UTF-8" in done.stdout
    assert json.loads(vae_course("check", "gaussian_kl", "--notebook", path, "--json").stdout)["score"] == 5


@pytest.mark.parametrize(("content", "words"), [
    (b"{", "its JSON is broken or cut off"), (b"", "is empty"),
    (b'{"cells": [], "metadata": {"vae_course": {"stage": "05_vae"}}}', "belongs to stage 05_vae, not to 03_gaussian_kl"),
])
def test_what_cannot_be_updated_stays_as_it_is(vae_course, tmp_path, content, words):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(content)
    done = vae_course("update", "03", "--notebook", path)
    assert done.returncode == 2 and words in done.stderr and path.read_bytes() == content
    assert [p for p in tmp_path.iterdir() if p.name.startswith("mine")] == [path]


def test_a_linked_notebook_is_updated_where_it_lies(vae_course, saved, tmp_path):
    (tmp_path / "link.ipynb").symlink_to(saved)
    assert vae_course("update", "03", "--notebook", tmp_path / "link.ipynb").returncode == 0
    assert (tmp_path / "link.ipynb").is_symlink()
    assert len(list(saved.parent.iterdir())) == 2  # the notebook and, beside it, what it was
