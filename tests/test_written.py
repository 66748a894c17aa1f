"""Written answers: a question with its mark scheme, a hand-given mark, and what comes back to the student."""

import os
import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from support import REPOSITORY
from traitlets.config import PyFileConfigLoader

from vae_course import course

QUESTIONS = [(stage, question) for stage in course.STAGES for question in stage.written]
STAGE, QUESTION = QUESTIONS[0]
COMMENT = "Bayes' rule is missing between the first and the second line."
STUDENTS = {"wrote": "By definition KL(q, p(z|x)) = E_q[log q(z) − log p(z|x)], and so on.", "left-it-out": None}


def cell(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


@pytest.mark.parametrize(("stage", "question"), QUESTIONS, ids=lambda value: getattr(value, "id", None) or value.name)
def test_a_release_has_the_question_and_neither_its_mark_scheme_nor_its_answer(stage, question):
    solved = nbformat.read(REPOSITORY / "solutions" / stage.id / f"{stage.id}.ipynb", 4)
    released = nbformat.read(course.released_notebook(stage), 4)
    asked, answer = cell(released, f"task-{question.name}"), cell(released, question.name)
    scheme = re.search(r"BEGIN MARK SCHEME -->\n(.*?)<!-- END", cell(solved, f"task-{question.name}").source, re.DOTALL).group(1)
    model = re.search(r"BEGIN SOLUTION -->\n(.*?)<!-- END", cell(solved, question.name).source, re.DOTALL).group(1)
    whole = "\n".join(c.source for c in released.cells)
    for line in (*scheme.splitlines(), *model.splitlines()):
        assert not line.strip() or line.strip() not in whole
    assert asked.source.startswith("### In your own words") and asked.metadata.nbgrader.locked
    assert answer.source == "*Write your answer here.*" and answer.metadata.nbgrader.points == question.points
    assert sum(int(points) for points in re.findall(r"(?m)^- (\d) points?:", scheme)) == question.points


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """An instructor's desk with two submissions, graded automatically: the configuration's API and gradebook."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(REPOSITORY / name / STAGE.id, folder / name / STAGE.id, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for student, text in STUDENTS.items():
        notebook = nbformat.read(course.released_notebook(STAGE), 4)
        if text:
            cell(notebook, QUESTION.name).source = text
        notebook.cells = [c for c in notebook.cells if c.cell_type == "markdown" or c.metadata.get("nbgrader")]  # no demos: they cost time
        path = folder / "grading" / "submitted" / student / STAGE.id / f"{STAGE.id}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    before, environment = os.getcwd(), dict(os.environ)
    os.chdir(folder)
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
        api = NbGraderAPI(config=config)
        assert api.generate_assignment(STAGE.id, force=True, create=True)["success"]
        for student in STUDENTS:
            result = api.autograde(STAGE.id, student)
            assert result["success"], result
        with Gradebook(config.CourseDirectory.db_url) as gradebook:
            yield folder, api, gradebook
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


def waiting(gradebook, student):
    """The cells of a submission that wait for a person."""
    notebook = gradebook.find_submission_notebook(STAGE.id, STAGE.id, student)
    return {grade.name for grade in notebook.grades if grade.needs_manual_grade}


def test_only_the_written_answer_waits_for_a_person(graded):
    _, _, gradebook = graded
    assert waiting(gradebook, "wrote") == {QUESTION.name}


def test_an_answer_that_nobody_wrote_is_settled_with_nothing(graded):
    _, _, gradebook = graded
    assert waiting(gradebook, "left-it-out") == set()
    where = QUESTION.name, STAGE.id, STAGE.id, "left-it-out"
    assert gradebook.find_grade(*where).score == 0
    assert gradebook.find_comment(*where).comment == "No response."


def test_the_person_who_grades_sees_the_mark_scheme_beside_the_answer(graded):
    folder, _, _ = graded
    seen = nbformat.read(folder / "grading" / "autograded" / "wrote" / STAGE.id / f"{STAGE.id}.ipynb", 4)
    assert "Mark scheme, 4 points" in cell(seen, f"task-{QUESTION.name}").source
    assert cell(seen, QUESTION.name).source == STUDENTS["wrote"]


def test_a_mark_and_a_comment_given_by_hand_reach_the_feedback(graded):
    folder, api, gradebook = graded
    where = QUESTION.name, STAGE.id, STAGE.id, "wrote"
    grade, comment = gradebook.find_grade(*where), gradebook.find_comment(*where)
    grade.manual_score, grade.needs_manual_grade = 2.5, False  # what the formgrader's form stores
    comment.manual_comment = COMMENT
    gradebook.db.commit()
    assert waiting(gradebook, "wrote") == set()
    assert gradebook.find_submission(STAGE.id, "wrote").score == 2.5
    result = api.generate_feedback(STAGE.id, "wrote", force=True)
    assert result["success"], result
    page = (folder / "grading" / "feedback" / "wrote" / STAGE.id / f"{STAGE.id}.html").read_text(encoding="utf-8")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert f"(Score: 2.5 / {QUESTION.points:.1f})" in words
    assert COMMENT in words.replace("&#39;", "'")


def test_a_second_pass_of_the_machine_keeps_the_mark_given_by_hand(graded):
    _, api, gradebook = graded
    where = QUESTION.name, STAGE.id, STAGE.id, "wrote"
    gradebook.find_grade(*where).manual_score = 3.0
    gradebook.db.commit()
    assert api.autograde(STAGE.id, "wrote", force=True)["success"]
    gradebook.db.expire_all()
    assert gradebook.find_grade(*where).score == 3.0
