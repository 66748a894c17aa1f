"""The five patients show the numbers of the lesson, two of them look alike, and the right treatment makes each of them well."""

import itertools

import pytest
import torch

from vae_course.course import CourseError
from vae_course.models import clinic
from vae_course.models.clinic import CAUSES, PATIENTS, TREATMENTS, beside, dashboard, patient, treat

BANDS = {  # recon, KL, ELBO and spread, lowest and highest, and active units
    "A": ((7, 8.6), (21, 27), (-34, -29.5), (1.45, 1.8), 8),
    "B": ((25, 25.7), (0, 0.01), (-25.7, -25), (0.97, 1.03), 0),
    "C": ((11.3, 13.2), (5.6, 7), (-19.3, -17.8), (0.95, 1.08), 8),
    "D": ((25, 25.7), (0, 0.01), (-25.7, -25), (0.97, 1.03), 0),
    "E": ((16.8, 18.8), (3.5, 4.5), (-22.7, -20.9), (1.3, 1.52), 8),
}


def boards(*letters):
    return [dashboard(patient(letter)) for letter in letters or PATIENTS]


@pytest.mark.parametrize("letter", PATIENTS)
def test_a_patient_has_its_numbers(letter):
    (board,) = boards(letter)
    *bands, units = BANDS[letter]
    for key, (low, high) in zip(("recon", "kl", "elbo", "spread"), bands, strict=True):
        assert low <= board[key] <= high, key
    assert board["active_units"] == units
    assert sum(board["kl_per_dim"]) == pytest.approx(board["kl"], abs=1e-4)
    assert board["elbo"] == pytest.approx(-board["recon"] - board["kl"])


def test_the_bands_tell_all_patients_apart_but_two():
    alike = [
        {a, b} for a, b in itertools.combinations(PATIENTS, 2)
        if all(x[0] <= y[1] and y[0] <= x[1] for x, y in zip(BANDS[a][:-1], BANDS[b][:-1], strict=True))
    ]
    assert alike == [{"B", "D"}]


def test_two_patients_look_alike_until_the_gradient_is_shown():
    b, d = boards("B", "D")
    for key in ("recon", "kl", "elbo", "spread", "distance"):
        assert b[key] == pytest.approx(d[key], abs=0.02), key
    assert abs(b["different"] - d["different"]) < 15 and "d_mu" not in b
    b, d = (dashboard(patient(letter), gradient=True) for letter in "BD")
    assert (b["d_mu"], b["d_logvar"]) == (0.0, 0.0)
    assert d["d_mu"] > 0.05 and d["d_logvar"] > 0.02


def test_one_patients_gradient_reaches_only_half_of_what_the_encoder_gives():
    for letter in "ACE":
        board = dashboard(patient(letter), gradient=True)
        assert board["d_mu"] > 1
        assert (board["d_logvar"] == 0) == (letter == "E")


def test_draws_tell_the_cheap_code_and_the_lost_one():
    distance = {letter: board["distance"] for letter, board in zip(PATIENTS, boards(), strict=True)}
    different = {letter: board["different"] for letter, board in zip(PATIENTS, boards(), strict=True)}
    assert distance["A"] > distance["C"] + 0.4
    assert max(different["B"], different["D"]) < 100 and min(different["A"], different["C"], different["E"]) > 800


def test_numbers_that_stand_for_comparison_are_true():
    from vae_course.models.data import digits
    from vae_course.models.digit_nets import pixels_to_nearest
    from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood

    compared = {first: compare for first, *_, compare in beside(*boards("C")).rows}
    train, test = digits()
    plain = -bernoulli_log_likelihood(test, train.mean(0).clamp(1e-3, 1 - 1e-3).logit()).mean()
    assert f"{float(plain):.2f} without any code" == compared["recon, nats/image"]
    assert f"−{float(plain):.2f} without any code" == compared["ELBO at β = 1, nats/image"]
    assert f"{float(pixels_to_nearest(test, train).mean()):.2f} for a test digit" == compared["draws: pixels to the nearest digit"]


@pytest.mark.parametrize(("letter", "treatment"), [
    ("A", "raise beta"), ("B", "keep path"), ("C", "accept"), ("D", "sum over pixels"), ("E", "keep path"),
])
def test_the_right_treatment_makes_a_patient_well(letter, treatment):
    assert dashboard(treat(letter, treatment))["elbo"] == pytest.approx(boards("C")[0]["elbo"], abs=0.4)


@pytest.mark.parametrize(("letter", "treatment", "elbo", "kl"), [
    ("A", "free bits", -31.6, 23.8), ("A", "lower beta", -39.5, 31.8), ("B", "warm up", -25.35, 0), ("B", "free bits", -25.4, 0.1),
    ("B", "keep mu", -21.8, 3.9), ("B", "keep sigma", -23.8, 1.5), ("C", "lower beta", -19.6, 10), ("D", "warm up", -25.35, 0),
    ("D", "lower beta", -25.35, 0), ("D", "free bits", -20.6, 3.2), ("E", "lower beta", -22.9, 8), ("E", "larger decoder", -21.7, 4),
])
def test_a_wrong_treatment_does_not(letter, treatment, elbo, kl):
    board = dashboard(treat(letter, treatment))
    assert board["elbo"] == pytest.approx(elbo, abs=0.6 if elbo > -30 else 1.5)
    assert board["kl"] == pytest.approx(kl, abs=0.05 + 0.08 * kl)


def test_names_say_nothing_of_what_is_wrong():
    ill = patient("d")
    assert ill is patient(" D ") and repr(ill) == "patient D"
    assert set(vars(ill)) == {"name", "model", "_program"}  # a loss would tell what was minimised
    shown = f"{ill!r} {vars(ill)} {ill._program!r}"
    assert not [word for word in CAUSES if word in shown] and "pixels=" not in shown
    assert repr(treat("c", "Accept")) == "patient C after 'accept'"


def test_a_dashboard_can_be_read_and_compared():
    first, second = boards("A", "C")
    assert {"recon, nats/image", "active units, of 8"} <= {row[0] for row in beside(first, second).rows}
    assert repr(first).splitlines()[0].split() == ["A", "compare"]
    html = beside(first, second)._repr_html_()
    assert html.count("<th scope='col' style='text-align:left'>") == html.count("<th scope='col'") == 4 and "23.9" in html
    assert "exactly 0" in repr(dashboard(patient("B"), gradient=True))
    for words in (CAUSES, TREATMENTS):
        assert list(words) == sorted(words, key=str.lower)
        assert all(word in repr(words) and word in words._repr_html_() for word in words)


def test_an_unknown_letter_or_treatment_is_named():
    with pytest.raises(CourseError, match="There is no patient 'F'; the clinic has A, B, C, D, E"):
        patient("F")
    with pytest.raises(CourseError, match="There is no treatment 'rest'; the clinic has accept, free bits"):
        treat("A", "rest")


def test_training_leaves_the_random_state_alone(monkeypatch):
    before = torch.get_rng_state()
    with monkeypatch.context() as short:
        short.setattr(clinic, "STEPS", 3)
        clinic._trained.__wrapped__(clinic._Program(hidden=8))
    dashboard(patient("C"))
    assert torch.equal(torch.get_rng_state(), before)
