"""What builds on what: where a failing exercise sends back to, the map, and the one screen of `status`."""

import json

import pytest

from vae_course import course
from vae_course.checks import Report
from vae_course.checks.drills import drills
from vae_course.learn import check, course_map, gates, prerequisites, progress
from vae_course.learn import status as standings
from vae_course.learn.calibration import calibration
from vae_course.learn.guide import predictions, return_to

IWAE = course.find_exercise("iwae_bound")[1]


def checked(name, passed, misconception=None):
    stage, exercise = course.find_exercise(name)
    progress.record("check", stage.id, name, passed=passed, score=exercise.points * passed, failed=None, misconception=misconception)


def opened(*stages):
    for stage in stages:
        for exercise in stage.exercises:
            checked(exercise.name, True)
        progress.record("gate", stage.id, "", open=True)


# --- prerequisites ---


def test_everything_that_an_exercise_builds_on_comes_before_it_in_the_course():
    order = [exercise.name for stage in course.STAGES for exercise in stage.exercises]
    for name in order:
        before = [e.name for e in prerequisites.builds_on(course.find_exercise(name)[1])]
        assert all(order.index(other) < order.index(name) for other in before), name
        assert before == sorted(before, key=order.index)
    assert [e.name for e in prerequisites.builds_on(course.find_exercise("gaussian_kl")[1])] == [
        "std_from_logvar", "gaussian_entropy", "gaussian_cross_entropy",
    ]


def test_a_bound_that_fails_at_log_mean_exp_sends_to_the_evidence_of_stage_01(progress_file):
    names = {"check": check}
    exec("import torch\ndef iwae_bound(log_w): return log_w.mean(0)", names)
    report = eval("check('iwae_bound')", names)
    assert return_to("iwae_bound", report.misconception) == "log_evidence_monte_carlo"
    assert "This step is that of `log_evidence_monte_carlo` of stage 01" in report.note and 'practice("01")' in report.note


def test_a_slip_of_the_exercise_itself_sends_nowhere(progress_file):
    names = {"check": check}
    exec("def shift(x, by): return x - by[:, None]", names)
    assert "This step is that of" not in eval("check('shift')", names).note


def test_a_named_slip_is_not_blamed_on_what_fails_beside_it(progress_file):
    names = {"check": check}
    exec("def noise(x0, t, alpha_bar, eps): return x0\ndef simple_loss(x0, predict_noise, alpha_bar, t, eps): return None", names)
    assert not eval("check('noise')", names).passed
    assert "This step is that of" not in eval("check('simple_loss')", names).note


def test_what_is_built_on_comes_first_while_it_fails():
    between = course.find_exercise("gaussian_kl_between")[1]
    assert prerequisites.comes_first(between, None, {"gaussian_kl", "std_from_logvar", "gaussian_kl_between"}) == "std_from_logvar"
    assert prerequisites.comes_first(between, None, {"gaussian_kl_between"}) == "gaussian_kl_between"
    assert prerequisites.sentence(between, "std_from_logvar").startswith("This step is that of `std_from_logvar` above:")


def test_a_gate_sends_to_an_exercise_of_an_earlier_stage():
    stage, _ = course.find_exercise("iwae_bound")
    said = gates.closed_by_checks(stage, [gates.Missing(IWAE, "log_evidence_monte_carlo")])
    assert said.lines[1].startswith("Return to `log_evidence_monte_carlo` of stage 01, which `iwae_bound` builds on.")


def test_a_gate_reads_the_slip_from_the_notebook_as_saved(progress_file, tmp_path, monkeypatch):
    stage, _ = course.find_exercise("iwae_bound")
    slip = next(id for id in ("mean_of_logs", "mean_of_the_logs") if return_to("iwae_bound", id))
    reports = [
        Report(e.name, e.name != "iwae_bound", 0.0, 1.0, "", failed=None if e.name != "iwae_bound" else "value",
               misconception=slip if e.name == "iwae_bound" else None)
        for e in stage.exercises
    ]
    monkeypatch.setattr(gates.saved, "check", lambda *a: reports)
    path = course.released_notebook(stage)
    for _ in range(2):  # as run, and as remembered
        assert [(m.exercise.name, m.return_to) for m in gates.missing(stage, path)] == [("iwae_bound", "log_evidence_monte_carlo")]
        monkeypatch.setattr(gates.saved, "check", lambda *a: pytest.fail("the notebook was run again"))


# --- the map ---


def test_the_map_shows_what_is_mastered_passed_failed_due_and_locked(progress_file, monkeypatch, vae_course):
    first, second = course.STAGES[:2]
    opened(first)
    checked(second.exercises[0].name, True)
    checked(second.exercises[1].name, False, "x")
    monkeypatch.setenv("VAE_COURSE_GATES", "hard")
    progress.record("drill", first.id, next(iter(drills(first))), right=False)
    stations = {s.stage.id: s for s in course_map.stations()}
    states = {p.exercise.name: p.state for s in stations.values() for p in s.places}
    assert states["shift"] == "mastered" and stations[first.id].heading() == "00_start_here: gate open, 1 question due"
    assert [states[e.name] for e in second.exercises[:3]] == ["passes", "fails", "open"]
    assert all(stations[s.id].locked and set(p.state for p in stations[s.id].places) == {"locked"} for s in course.STAGES[2:])
    shown = vae_course("map").stdout
    assert "✓ shift" in shown and "# elbo_exact" in shown and "# locked: the gate before it is closed" in shown
    assert "← 01 log_joint, elbo_exact" in shown  # fit_posterior
    monkeypatch.setenv("VAE_COURSE_GATES", "soft")
    assert not any(s.locked for s in course_map.stations())


def test_the_map_says_where_to_return_to(progress_file, vae_course):
    checked("gaussian_kl", False)
    checked("std_from_logvar", False)
    assert "return to std_from_logvar" in vae_course("map").stdout


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_map_is_drawn(progress_file, vae_course, tmp_path, ending):
    done = vae_course("map", "--out", f"map.{ending}")
    assert done.stdout == f"map.{ending}: drawn\n" and (tmp_path / f"map.{ending}").stat().st_size > 10_000
    assert "has no ending of a picture" in vae_course("map", "--out", "map").stderr


def test_the_map_without_progress_has_everything_to_do(vae_course):
    done = vae_course("map")
    assert done.returncode == 0 and "○ shift" in done.stdout and "✗" not in done.stdout


# --- status ---


def test_status_fits_on_one_screen_at_the_end_of_the_course(progress_file, vae_course):
    opened(*course.STAGES)
    for stage in course.STAGES:
        checked(stage.exercises[0].name, False, "a_slip_of_" + stage.id)
        for name, asked in predictions(stage).items():
            progress.record("prediction", stage.id, name, choice=1, confidence=90, right=asked.right == 0)
        for name in drills(stage):
            progress.record("drill", stage.id, name, right=False)
    lines = vae_course("status").stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 88
    assert "Next: today's practice, " in " ".join(lines[-2:])


def test_status_sends_to_the_exercise_that_comes_first(progress_file):
    opened(course.STAGES[0])
    stage = course.find_stage("03")
    for earlier in course.STAGES[1:3]:
        opened(earlier)
    checked("std_from_logvar", False)
    assert standings.next_step(standings.all_standings()).startswith("Next: std_from_logvar in stage 03")
    checked("std_from_logvar", True)
    checked(stage.exercises[1].name, False)
    assert standings.next_step(standings.all_standings()).startswith(f"Next: {stage.exercises[1].name} in stage 03")


def test_status_at_the_end_offers_a_transfer_round(progress_file):
    opened(*course.STAGES)
    assert standings.next_step(standings.all_standings()).startswith("Every gate is open and nothing is due.")


# --- calibration ---


def predicted(count, right, confidence):
    """`count` predictions, the first `right` of them right; every one among the course's own."""
    known = [(stage, id, asked) for stage in course.STAGES for id, asked in predictions(stage).items()][:count]
    for index, (stage, id, asked) in enumerate(known):
        progress.record("prediction", stage.id, id, choice=1, confidence=confidence, right=index < right)
    return [len(asked.choices) for _, _, asked in known]


def test_calibration_compares_what_came_with_what_the_confidence_meant(progress_file):
    choices = predicted(8, 3, 50)
    found = calibration(progress.events())
    chances = [0.5 + 0.5 / n for n in choices]  # half of the way from a guess to certain
    assert (found.made, found.right) == (8, 3) and found.expected == pytest.approx(sum(chances))
    assert found.brier == pytest.approx(sum((c - (i < 3)) ** 2 for i, c in enumerate(chances)) / 8)
    assert "you are surer than you are right" in found.words()


@pytest.mark.parametrize(
    ("right", "confidence", "says"),
    [(8, 100, "about as sure as you are right"), (8, 0, "you know more than you trust"), (0, 100, "you are surer than you are right")],
)
def test_calibration_is_told_in_words(progress_file, right, confidence, says):
    predicted(8, right, confidence)
    assert says in calibration(progress.events()).words()


def test_a_few_predictions_are_not_judged_and_none_are_not_told(progress_file, vae_course):
    assert calibration([]) is None and "Predictions" not in vae_course("status").stdout
    predicted(2, 1, 80)
    assert "Predictions: 1 of 2 right; after 5 you read here" in vae_course("status").stdout
    assert json.loads(vae_course("status", "--json").stdout)["calibration"]["made"] == 2
