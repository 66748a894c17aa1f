"""Odd submissions, all in one pass of nbgrader: honest marks for each, and none stops the others."""

import copy
import json
import os
import shutil

import nbformat
import pytest
from desk import NAME, NONE, POINTS, QUESTION, RIGHT, STAGE, Desk, Submission, code
from support import REPOSITORY

from vae_course.checks.loader import LARGEST_NOTEBOOK
from vae_course.grade.preflight import preflight
from vae_course.grade.rebuild import Rebuild

FULL = POINTS
UNREADABLE = "Nothing that was handed in could be read"

SUBMISSIONS = {}


def submission(marks, *words, waits=False):
    """A submission, the marks that it must get, and words that its notice must hold (no notice without any)."""

    def add(make):
        SUBMISSIONS[make.__name__.replace("_", "-")] = make, marks, words, waits
        return make

    return add


@submission(FULL)
def as_it_should_be(new):
    new.put()


@submission(FULL, "Missing, and put back: check-gaussian_kl", "Cells of the lesson that were missing, and are back: 1")
def missing(new):
    new.notebook["cells"].remove(new.cell("check-gaussian_kl"))
    del new.notebook["cells"][0]
    new.put()


@submission({"std_from_logvar": 1.0, "gaussian_kl": 0.0}, "Missing, and put back: gaussian_kl")
def without_an_answer(new):
    new.notebook["cells"].remove(new.cell("gaussian_kl"))
    new.put()


@submission(FULL, "Answered more than once: gaussian_kl")
def duplicated(new):
    wrong, check = copy.deepcopy(new.cell("gaussian_kl")), copy.deepcopy(new.cell("check-gaussian_kl"))
    wrong["source"] = "def gaussian_kl(mu, logvar):\n    return mu"
    new.notebook["cells"].insert(new.at("gaussian_kl"), wrong)
    new.notebook["cells"] += [check, copy.deepcopy(wrong)]
    new.put()


@submission(FULL, "Had lost its mark, and was recognised: std_from_logvar, check-std_from_logvar, gaussian_kl")
def with_marks_renamed(new):
    one, other = new.cell("gaussian_kl"), new.cell("std_from_logvar")
    check = new.cell("check-std_from_logvar")
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]
    check["metadata"]["nbgrader"]["grade_id"], check["id"] = "something_else", "something"
    new.put()


@submission(FULL, "Had lost its mark")
def stripped_of_everything(new):
    new.notebook["metadata"] = {}
    for c in new.notebook["cells"]:
        c["metadata"] = {}
        c.pop("id")
    new.put()


@submission({"std_from_logvar": 0.0, "gaussian_kl": 5.0}, "Changed, and put back as it was: check-std_from_logvar")
def retagged(new):
    new.cell("std_from_logvar")["source"] = "def std_from_logvar(logvar):\n    return logvar"
    check = new.cell("check-std_from_logvar")
    check["metadata"]["tags"], check["source"] = ["skip-execution"], "print('all is well')"
    check["metadata"]["nbgrader"].update(points=1000, grade=False, locked=False)
    new.cell("check-gaussian_kl")["cell_type"] = "markdown"
    new.cell("gaussian_kl")["cell_type"] = "raw"
    new.put()


@submission(FULL)
def with_an_old_schema(new):
    for number, c in enumerate(new.notebook["cells"]):
        if told := c["metadata"].get("nbgrader"):
            told["schema_version"] = number % 3
    new.put()


@submission(FULL)
def with_a_schema_of_the_future(new):
    for c in new.notebook["cells"]:
        if told := c["metadata"].get("nbgrader"):
            told["schema_version"] = 99
    new.notebook["nbformat"] = 5
    new.put()


@submission(FULL)
def in_format_3(new):
    for c in new.notebook["cells"]:
        if c["cell_type"] == "code":
            c["input"] = c.pop("source")
            c["prompt_number"], c["language"] = c.pop("execution_count"), "python"
        c.pop("id")
    new.notebook["worksheets"] = [{"cells": new.notebook.pop("cells"), "metadata": {}}]
    new.notebook.update(nbformat=3, nbformat_minor=0)
    new.put()


@submission(FULL, "Had lost its mark")
def from_colab(new):
    for c in new.notebook["cells"]:
        c["metadata"] = {"id": c.pop("id"), "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "0d3a"}
        c["source"] = c["source"].splitlines(keepends=True) if isinstance(c["source"], str) else c["source"]
    new.notebook["cells"].insert(0, code("!pip install vae-course"))
    new.notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    new.notebook["nbformat_minor"] = 0
    new.put("Copy of 03_gaussian_kl.ipynb")


@submission(FULL, "Changed, and put back as it was: check-gaussian_kl")
def from_vs_code(new):
    for c in new.notebook["cells"]:
        c["metadata"]["vscode"] = {"languageId": "python"}
    new.cell("check-gaussian_kl")["source"] = "# %%\ncheck('gaussian_kl')"
    kernel = {"name": "my env", "display_name": ".venv"}
    new.notebook["metadata"] = {"kernelspec": kernel, "language_info": {"name": "python"}}
    new.put()


@submission(FULL, "`notebook (1).ipynb` was graded as 03_gaussian_kl.ipynb")
def from_a_browser(new):
    new.put("notebook (1).ipynb")


@submission(FULL, "`03_gaussian_kl.ipynb.txt` was graded", "It was not saved as UTF-8")
def from_a_mail_program(new):
    new.put("handed in/03_gaussian_kl.ipynb.txt", json.dumps(new.notebook, ensure_ascii=False).encode("utf-16"))


@submission(FULL, "Some of its characters are not UTF-8")
def in_an_old_encoding(new):
    new.notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Zoé"})
    new.put(content=json.dumps(new.notebook, ensure_ascii=False).encode("cp1252", "replace"))


@submission(NONE, UNREADABLE, "`03_gaussian_kl.ipynb` is not a notebook that can be read: its JSON is broken or cut off")
def cut_off(new):
    new.put(content=json.dumps(new.notebook)[:-500])


@submission(NONE, UNREADABLE, "There was no notebook")
def a_picture(new):
    new.put("answers.pdf", b"%PDF-1.7")


@submission(NONE, UNREADABLE, "is larger than 16 MB")
def too_large(new):
    new.notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * LARGEST_NOTEBOOK}]
    new.put()


@submission(NONE, UNREADABLE, "is no regular file")
def a_link_to_another(new):
    new.folder.mkdir(parents=True)
    (new.folder / NAME).symlink_to(new.desk.submitted / "as-it-should-be" / STAGE / NAME)


@submission(NONE, UNREADABLE, "It is a link to another folder")
def a_linked_folder(new):
    new.folder.parent.mkdir(parents=True)
    new.folder.symlink_to(new.desk.submitted / "as-it-should-be" / STAGE)


@submission(NONE, "This is a notebook of stage 04_reparameterization")
def of_another_stage(new):
    shutil.copy(REPOSITORY / "notebooks" / "04_reparameterization" / "04_reparameterization.ipynb", new.folder / NAME)


@submission(FULL, "Not in the cell that it belongs in, and moved there: the answer to gaussian_kl, evidence_id", waits=True)
def written_elsewhere(new):
    answer, check = new.cell("gaussian_kl"), new.cell("check-gaussian_kl")
    check["source"] = answer["source"] + '\n\ncheck("gaussian_kl")'
    answer["source"] = ""
    words = {"cell_type": "markdown", "metadata": {}, "source": "By Bayes' rule. <script>alert(1)</script>"}
    new.notebook["cells"].insert(new.at(QUESTION) + 1, words)
    new.put()


@submission(FULL)
def with_a_helper(new):
    new.cell("gaussian_kl")["source"] = "def gaussian_kl(mu, logvar):\n    return cost(mu, logvar).sum(-1)"
    helper = "def cost(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)"
    new.notebook["cells"].insert(new.at("gaussian_kl"), code(helper))
    new.put()


AGAIN = "cells-deleted-after-a-pass", "unreadable-after-a-pass", "bad-stamp-after-a-pass", "from-an-earlier-release"


def again(new, student):
    """What these students hand in after everything of theirs was graded as right."""
    shutil.rmtree(new.folder)
    if student == "cells-deleted-after-a-pass":
        new.notebook["cells"] = [c for c in new.notebook["cells"] if "gaussian_kl" not in c.get("id", "")]
        new.put()
    elif student == "unreadable-after-a-pass":
        new.put(content=b"\x00\x01")
    elif student == "bad-stamp-after-a-pass":
        new.cell("std_from_logvar")["source"] = "def std_from_logvar(logvar):\n    return logvar"
        new.put()
        new.put("timestamp.txt", b"\xff the day after tomorrow")
    else:
        new.put()


AFTERWARDS = {
    "cells-deleted-after-a-pass": ({"std_from_logvar": 1.0, "gaussian_kl": 0.0}, ["Missing, and put back: gaussian_kl"]),
    "unreadable-after-a-pass": (NONE, [UNREADABLE]),
    "bad-stamp-after-a-pass": ({"std_from_logvar": 0.0, "gaussian_kl": 5.0}, []),
    "from-an-earlier-release": (FULL, ["It was made from release", "and is graded as release"]),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk after two passes: four submissions, then a new release, and everything else in one batch."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.release()
    first = desk.answered()
    for student in AGAIN:
        Submission(desk, student, first).put()
    result = desk.autograde()
    assert result["success"], result["log"]
    assert all(desk.marks(student) == FULL for student in AGAIN)

    solved = nbformat.read(desk.source, 4)
    for c in solved.cells:
        c.source = c.source.replace('"""KL(N(mu', '"""The KL(N(mu').replace("## A number that", "## One number that")
    nbformat.write(solved, desk.source)
    desk.release()
    for student in AGAIN:
        again(Submission(desk, student, copy.deepcopy(first)), student)
    for student, (make, *_) in SUBMISSIONS.items():
        new = Submission(desk, student, desk.answered())
        if make is of_another_stage:
            new.folder.mkdir(parents=True)
        make(new)
    with desk.at_work() as api:  # the formgrader's list, with a bad time stamp in it
        assert AGAIN[2] in {listed["student"] for listed in api.get_submissions(STAGE)}
    result = desk.autograde()
    assert result["success"], result["log"]
    return desk


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_an_odd_submission_gets_its_honest_mark_and_says_what_was_odd(desk, student):
    _, marks, words, waits = SUBMISSIONS[student]
    assert desk.marks(student) == marks
    assert desk.waiting(student) == ({QUESTION} if waits else set())
    assert all(word in desk.notice(student) for word in words), desk.notice(student)
    assert bool(desk.notice(student)) == bool(words), desk.notice(student)


@pytest.mark.parametrize("student", AGAIN)
def test_no_old_mark_stays(desk, student):
    marks, words = AFTERWARDS[student]
    assert desk.marks(student) == marks
    assert all(word in desk.notice(student) for word in words), desk.notice(student)


def test_feedback_shows_the_notice(desk):
    assert "About this submission" in (page := desk.feedback("cut-off"))
    assert UNREADABLE in page and "is broken or cut off" in page


def test_the_originals_are_kept_as_they_came_and_nothing_else_is_graded(desk):
    originals = desk.folder / "grading" / "originals"
    assert (originals / "a-picture" / STAGE / "1" / "answers.pdf").read_bytes() == b"%PDF-1.7"
    assert (originals / "a-link-to-another" / STAGE / "1" / NAME).is_symlink()
    assert {p.name for p in (originals / "bad-stamp-after-a-pass" / STAGE).iterdir()} == {"1", "2", "receipt.json"}
    for student in (*SUBMISSIONS, *AGAIN):
        for step in ("submitted", "autograded"):
            files = list((desk.folder / "grading" / step / student / STAGE).iterdir())
            assert {p.name for p in files} == {NAME, "timestamp.txt", "submission_secret.txt"}
            assert not any(p.is_symlink() for p in files)


def test_every_time_stamp_can_be_read(desk):
    with desk.at_work() as api:
        listed = api.get_submissions(STAGE)
    assert {s["student"] for s in listed} == {*SUBMISSIONS, *AGAIN}
    assert all(s["timestamp"] and s["autograded"] for s in listed)


def test_a_second_pass_leaves_everything_as_it_is(desk):
    before = {p: p.read_bytes() for p in (desk.folder / "grading" / "submitted").rglob("*") if p.is_file()}
    with desk.at_work():
        for student in (*SUBMISSIONS, *AGAIN):
            notebooks = [str(desk.submitted / student / STAGE / NAME)]
            preflight(STAGE, "*", notebooks)
            assert notebooks == [str(desk.submitted / student / STAGE / NAME)]
    assert {p: p.read_bytes() for p in (desk.folder / "grading" / "submitted").rglob("*") if p.is_file()} == before


# --- the hook alone ---


@pytest.fixture
def taken(desk, tmp_path, monkeypatch):
    """Takes in the files of a submission, {name: bytes}, and returns the folder that is left."""
    shutil.copytree(desk.folder / "notebooks", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "grading" / "submitted" / "one" / STAGE

    def take(files):
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        notebooks = [str(path) for path in folder.glob("*.ipynb")]
        preflight(STAGE, "*", notebooks)
        assert notebooks == [str(folder / NAME)]
        return folder

    return take


def told(folder):
    return " ".join(nbformat.read(folder / NAME, 4).metadata.preflight.told)


def source(folder, name):
    return next(c.source for c in nbformat.read(folder / NAME, 4).cells if c.id == name)


@pytest.mark.parametrize("content", [
    b"", b"[]", b'{"cells": 1}', b"[" * 300_000, b'{"a":' * 300_000, b"1" * 5000, b"\xff\xfe\x00",
    b'{"cells": [' + b"{}," * 10,
])
def test_what_is_no_notebook_leaves_the_release_and_a_reason(taken, content):
    folder = taken({NAME: content})
    assert UNREADABLE in told(folder) and "raise NotImplementedError" in source(folder, "gaussian_kl")


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_not_opened(taken, tmp_path, kind):
    path = tmp_path / "grading" / "submitted" / "one" / STAGE / NAME
    path.parent.mkdir(parents=True)
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    assert UNREADABLE in told(taken({}))


def test_of_two_notebooks_the_one_with_answers_is_graded(desk, taken):
    folder = taken({NAME: desk.released.read_bytes(), "notebook (1).ipynb": json.dumps(desk.answered()).encode()})
    assert RIGHT["gaussian_kl"] in source(folder, "gaussian_kl")
    assert "There was more than one notebook; `notebook (1).ipynb` was graded, not `03_gaussian_kl.ipynb`." in told(folder)


def test_a_notebook_put_beside_the_graded_one_is_new(desk, taken):
    taken({NAME: json.dumps(desk.answered(gaussian_kl="mu")).encode()})
    folder = taken({"notebook (1).ipynb": json.dumps(desk.answered()).encode()})
    assert RIGHT["gaussian_kl"] in source(folder, "gaussian_kl")


def test_of_very_many_notebooks_a_few_are_read(desk, taken):
    files = {f"{n}.ipynb": b"{" for n in range(300)}
    folder = taken({**files, "0/" + NAME: json.dumps(desk.answered()).encode()})
    assert UNREADABLE in told(folder)  # it lies below the first files
    folder = taken({**files, NAME: json.dumps(desk.answered()).encode()})
    assert RIGHT["gaussian_kl"] in source(folder, "gaussian_kl") and "5 of them were looked at" in told(folder)


def test_a_file_that_nobody_thought_of_leaves_a_reason(desk, taken, monkeypatch):
    monkeypatch.setattr("vae_course.grade.preflight.parse", lambda data: 1 / 0)
    assert "cannot be read (ZeroDivisionError)" in told(taken({NAME: json.dumps(desk.answered()).encode()}))


def test_a_cell_that_the_gradebook_does_not_have_does_not_count(desk):
    with desk.at_work():
        release = nbformat.read(desk.released, 4)
        about = {"assignment": STAGE, "notebook": STAGE, "db_url": desk.config.CourseDirectory.db_url}
        fresh = release.cells[-3]
        before = desk.released.read_bytes()
        try:
            fresh.metadata.nbgrader.grade_id = fresh.id = "check-something_new"
            nbformat.write(release, desk.released)
            done, _ = Rebuild().preprocess(nbformat.from_dict(release), {"nbgrader": about})
        finally:
            desk.released.write_bytes(before)
    plain = [c.id for c in done.cells if not c.metadata.get("nbgrader")]
    assert [mark for mark in plain if mark.startswith("check-")] == ["check-something_new"]


def test_a_file_name_means_nothing_in_the_notice(desk, taken):
    folder = taken({"`<img src=x onerror=alert(1)>`\n# Ha.ipynb": json.dumps(desk.answered()).encode()})
    assert "<" not in told(folder) and told(folder).count("`") == 2 and "\n" not in told(folder)


@pytest.mark.parametrize(("stamp", "kept"), [
    (b"2024-05-01 10:00:00 UTC", True), (b"2024-05-01T10:00:00+00:00\n", True), (b"9999-12-31 00:00:00 UTC", False),
    (b"", False), (b"soon", False), (b"\xff\xff", False), (b"1" * 400, False), (b"2024-05-01 10:00:00 No/Where/At/All", True),
    (b"2024-99-01", False), (b"0 0 0", False),
])
def test_a_time_stamp_is_believed_when_it_can_be(desk, taken, stamp, kept):
    left = (taken({NAME: json.dumps(desk.answered()).encode(), "timestamp.txt": stamp}) / "timestamp.txt").read_text()
    assert left.endswith(" UTC\n") and left.startswith("2024-05-01 10:00:00") is kept


def test_a_new_notebook_beside_the_old_time_stamp_gets_one_of_its_own(desk, taken):
    stamp = taken({NAME: json.dumps(desk.answered()).encode(), "timestamp.txt": b"2024-05-01"}) / "timestamp.txt"
    assert stamp.read_text().startswith("2024-05-01")
    taken({NAME: json.dumps(desk.answered(gaussian_kl="mu")).encode()})
    assert stamp.read_text() > "2025"
