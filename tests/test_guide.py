"""Hints, predictions and ways back: there for every exercise, nothing given away, and never a way forward."""

import importlib
import re

import jupytext
import pytest
from support import REPOSITORY

from vae_course import course
from vae_course.checks.bank import read_bank
from vae_course.checks.loader import answer_name, read_notebook
from vae_course.learn import hint, hints, predict, predictions, progress, reveal
from vae_course.learn.card import Card
from vae_course.course import CourseError
from vae_course.learn.guide import find_prediction, return_to
from vae_course.learn.guide import hints as rungs_of
from vae_course.learn.guide import predictions as predictions_of

EXERCISES = [(stage, exercise.name) for stage in course.STAGES for exercise in stage.exercises]
IDS = [id for stage in course.STAGES for id in predictions_of(stage)]


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    monkeypatch.setattr(hints, "_taken", type(hints._taken)())
    monkeypatch.setattr(predictions, "_made", {})
    monkeypatch.setattr(predictions, "_revealed", set())


# --- hints ---


@pytest.mark.parametrize(("stage", "name"), EXERCISES, ids=lambda v: getattr(v, "id", v))
def test_every_exercise_has_a_ladder_of_three_rungs_or_more(stage, name):
    rungs = rungs_of(stage)[name]
    assert len(rungs) >= 3 and len(set(rungs)) == len(rungs)
    assert all(rung[0].isupper() and rung.rstrip().endswith((".", "?")) for rung in rungs)


def pieces(code):
    """The parts of an answer that could be recognised in a sentence: calls and operations, without spaces."""
    found = set()
    for line in code.splitlines():
        value = re.sub(r"#.*|^\s*return|^\s*\w+ =", "", line)
        parts = re.findall(r"[\w.]+\([^()]*\)", value) + re.findall(r"[\w.*/+() -]{12,}", value)
        found |= {"".join(part.split()) for part in parts}
    return {piece for piece in found if re.search(r"[(*/+-]", piece) and len(piece) > 7}


@pytest.mark.parametrize(("stage", "name"), EXERCISES, ids=lambda v: getattr(v, "id", v))
def test_no_rung_holds_a_piece_of_the_reference_or_of_another_right_answer(stage, name):
    notebook = read_notebook(REPOSITORY / "solutions" / stage.id / f"{stage.id}.ipynb")
    answers = [cell.source.split('"""')[-1] for cell in notebook.cells if answer_name(cell) == name]
    bank = read_bank(REPOSITORY / "solutions" / stage.id / "alternatives.py", name)
    answers += [entry.program[-1].source.split(":\n", 1)[-1] for entry in bank]
    given_away = set().union(*map(pieces, answers))
    assert given_away
    for rung in rungs_of(stage)[name]:
        assert not [piece for piece in given_away if piece in "".join(rung.split())]


def test_the_comparison_notices_a_rung_that_gives_the_answer_away():
    assert pieces("    return 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=-1)")
    assert any(piece in "".join("Try logvar.exp() - logvar, summed.".split()) for piece in pieces("return (logvar.exp() - logvar).sum(-1)"))


def test_each_call_goes_one_rung_up_and_the_last_shows_all(progress_file):
    said = [hint("shift") for _ in range(4)]
    assert [s.headline.split(" (")[0] for s in said[:3]] == [f"Hint {i} of 3 for shift" for i in (1, 2, 3)]
    assert len(said[3].lines) == 3
    assert [event.data["rung"] for event in progress.events()] == [1, 2, 3]


def test_an_unknown_exercise_gets_the_nearest_name():
    assert "did you mean 'shift'" in repr(hint("shfit"))


# --- ways back ---


NAMES = [name for _, name in EXERCISES]


def ways_back(stage):
    return importlib.import_module(f"vae_course.learn.guide.stage_{stage.number}").RETURN


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_a_way_back_belongs_to_a_mistake_of_the_bank_with_a_sentence_of_its_own(stage):
    assert set(ways_back(stage)) <= {exercise.name for exercise in stage.exercises}
    for exercise, by_id in ways_back(stage).items():
        bank = read_bank(REPOSITORY / "solutions" / stage.id / "misconceptions.py", exercise)
        assert by_id and set(by_id) <= {entry.id for entry in bank if not entry.alias_of}, exercise


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_a_way_back_leads_to_an_exercise_that_comes_earlier(stage):
    for exercise, by_id in ways_back(stage).items():
        for id, target in by_id.items():
            assert target in NAMES[: NAMES.index(exercise)], (exercise, id)


@pytest.mark.parametrize(
    ("exercise", "misconception", "target"),
    [
        ("gaussian_kl", "reads_log_sigma", "std_from_logvar"),
        ("gaussian_kl_between", "half_forgotten", "gaussian_kl"),
        ("VAE", "code_detached", "reparameterize"),
        ("negative_elbo", "cross_entropy_of_probabilities", "bernoulli_log_likelihood"),
        ("iwae_bound", "mean_of_the_logs", "log_evidence_monte_carlo"),
        ("iwae_bound", "sum_for_mean", "log_evidence_monte_carlo"),
        ("conditional_elbo", "against_the_standard_prior", "gaussian_kl_between"),
        ("leave_one_out_gradient", "mean_of_all", None),
        ("reverse_posterior", "variances_added", "linear_gaussian_encoder"),
        ("iwae_bound", "as_a_loss", None),  # a slip of the exercise itself
        ("gaussian_kl", "no_such_id", None),
        ("gaussian_kl", None, None),
        ("shift", "adds_to_columns", None),
    ],
)
def test_a_mistake_sends_back_to_the_exercise_of_the_step_that_it_lacks(exercise, misconception, target):
    assert return_to(exercise, misconception) == target


def test_a_way_back_from_an_unknown_exercise_is_refused():
    with pytest.raises(CourseError, match="gaussian_kl"):
        return_to("gausian_kl", "half_forgotten")


# --- predictions ---


@pytest.mark.parametrize("id", IDS)
def test_a_prediction_asks_without_telling(id):
    _, asked = find_prediction(id)
    card = predict(id)
    sent = repr(card.get_state())
    assert isinstance(card, Card) and asked.question in repr(card) and asked.why not in sent
    assert 2 <= len(asked.choices) and 0 <= asked.right < len(asked.choices)


def test_every_prediction_of_a_lesson_is_revealed_after_it():
    for stage in course.STAGES:
        cells = jupytext.read(REPOSITORY / "solutions" / stage.id / f"{stage.id}.py", fmt="py:percent").cells
        calls = [call for cell in cells for call in re.findall(r'^(predict|reveal)\("(\w+)"\)', cell.source, re.MULTILINE)]
        assert {id for _, id in calls} == set(predictions_of(stage))
        for id in predictions_of(stage):
            assert [kind for kind, other in calls if other == id] == ["predict", "reveal"]


def test_a_prediction_is_kept_with_its_confidence_and_shown_beside_the_result(progress_file):
    card = predict("who_pays_most")
    card.receive({"choice": "2", "confidence": "80 %"})
    assert card.view["heading"] == "Recorded" and card.view["fields"] == []
    (event,) = progress.events()
    assert event.data == {"choice": 2, "confidence": 80, "right": False}
    said = repr(reveal("who_pays_most"))
    assert "You said “B, the sharp one”, 80 % sure." in said and "It is “C, the broad one”." in said


def test_another_kernel_remembers_what_was_predicted(progress_file, monkeypatch):
    predict("who_pays_most", 3, 60)
    monkeypatch.setattr(predictions, "_made", {})
    assert reveal("who_pays_most").headline == "As you predicted"


def test_nothing_is_revealed_before_it_was_predicted(progress_file):
    assert reveal("who_pays_most").headline == "Predict first"
    predict("who_pays_most", 1, 50)
    assert reveal("who_pays_most").headline == "Not as you predicted"
    assert "revealed already" in repr(predict("who_pays_most", 3, 100))


@pytest.mark.parametrize(
    ("choice", "confidence", "says"),
    [("4", "50", "There is no choice 4"), ("1", "", "How sure are you"), ("1", "120", "is no confidence"), ("x", "50", "x is not a number")],
)
def test_what_cannot_be_recorded_is_asked_again(progress_file, choice, confidence, says):
    card = predict("who_pays_most")
    card.receive({"choice": choice, "confidence": confidence})
    assert says in card.view["feedback"] and card.view["fields"] and progress.events() == []
