"""What an answer of the clinic may look like, and what is said of one that cannot be read."""

import pytest

from vae_course.checks.probes.stage_06 import clinic_diagnoses, clinic_treatments
from vae_course.checks.trouble import Unfit
from vae_course.models.clinic_words import CAUSES, PATIENTS, TREATMENTS


def read(probe, name, chart):
    return probe({name: lambda: chart}, {})


def test_words_are_read_whatever_their_case_and_spaces():
    chart = dict(zip("abcde", ("NO KL", "no_kl", "No-KL", " no  kl ", "no KL"), strict=True))
    assert read(clinic_diagnoses, "clinic_diagnoses", chart) == dict.fromkeys(PATIENTS, "no kl")
    for probe, name, words in (
        (clinic_diagnoses, "clinic_diagnoses", CAUSES), (clinic_treatments, "clinic_treatments", TREATMENTS),
    ):
        for word in words:
            assert read(probe, name, dict.fromkeys(PATIENTS, word)) == dict.fromkeys(PATIENTS, word.lower())


@pytest.mark.parametrize(("chart", "said"), [
    ({"E": "cut paht"}, "says 'cut paht' of patient E, which is no cause on the list; did you mean 'cut path'?"),
    ({"B": "collapse"}, "says 'collapse' of patient B, which is no cause on the list; the list has cut path, cut sigma"),
    ({"A": "high beta"}, "which is no cause on the list; the list has"),
    ({"C": None}, "says 'None' of patient C"),
])
def test_an_unknown_word_is_named_with_the_nearest_one(chart, said):
    with pytest.raises(Unfit, match=said.replace("?", r"\?")):
        read(clinic_diagnoses, "clinic_diagnoses", dict.fromkeys(PATIENTS, "no KL") | chart)


def test_a_patient_whom_the_clinic_does_not_have_is_named():
    with pytest.raises(Unfit, match="clinic_treatments speaks of a patient 'F'; the clinic has A, B, C, D, E."):
        read(clinic_treatments, "clinic_treatments", dict.fromkeys("ABCDEf", "accept"))


def test_an_empty_chart_is_called_empty():
    with pytest.raises(Unfit, match="returned a dict; the dict is empty, and one with the keys A, B, C, D, E is expected"):
        read(clinic_treatments, "clinic_treatments", {})


def test_missing_patients_are_named():
    with pytest.raises(Unfit, match="a dict without B and E; the dict with the keys A, B, C, D, E is expected"):
        read(clinic_treatments, "clinic_treatments", dict.fromkeys("ACD", "accept"))
