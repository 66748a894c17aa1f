"""Right answers to stage 06 in other styles: they must pass."""

from collections import ChainMap, OrderedDict
from types import MappingProxyType

from vae_course.checks.bank import right


# --- clinic_diagnoses ---


@right("clinic_diagnoses")
def zipped_with_the_letters():
    return dict(zip("ABCDE", ("low beta", "cut path", "sound", "mean over pixels", "cut sigma"), strict=True))


@right("clinic_diagnoses")
def capitals_and_underscores():
    return {"A": "LOW_BETA", "B": "Cut_Path", "C": "Sound", "D": "MEAN_OVER_PIXELS", "E": "Cut-Sigma"}


@right("clinic_diagnoses")
def small_letters_for_patients():
    return dict(a="low beta", b="cut path", c="sound", d="mean over pixels", e="cut sigma")


@right("clinic_diagnoses")
def by_cause():
    found = {"cut sigma": "E", "low beta": "A", "sound": "C", "cut path": "B", "mean over pixels": "D"}
    return {letter: cause for cause, letter in found.items()}


@right("clinic_diagnoses")
def with_spaces_and_one_patient_more():
    chart = OrderedDict([(" E ", " cut  sigma"), ("D", "mean over pixels "), ("C", "sound"), ("B", "cut path"), ("A", "low beta")])
    chart["F"] = "not admitted"
    return chart


@right("clinic_diagnoses")
def typed_as_a_table():
    table = """
        A: low beta
        B: cut path
        C: sound
        D: mean over pixels
        E: cut sigma
    """
    return MappingProxyType(dict(line.strip().split(": ") for line in table.strip().splitlines()))


# --- clinic_treatments ---


@right("clinic_treatments")
def treatments_zipped_with_the_letters():
    return dict(zip("ABCDE", ("raise beta", "keep path", "accept", "sum over pixels", "keep path"), strict=True))


@right("clinic_treatments")
def treatments_in_capitals():
    return {"A": "RAISE_BETA", "B": "Keep-Path", "C": "Accept", "D": "Sum over pixels", "E": "KEEP PATH"}


@right("clinic_treatments")
def treatments_by_small_letters():
    return dict(e="keep path", d="sum over pixels", c="accept", b="keep path", a="raise beta")


@right("clinic_treatments")
def one_treatment_for_two():
    return ChainMap(dict.fromkeys("BE", "keep path"), {"A": "raise beta", "C": "accept", "D": "sum over pixels"})


@right("clinic_treatments")
def treatment_after_diagnosis():
    remedies = {"low": "raise beta", "cut": "keep path", "well": "accept", "mean": "sum over pixels"}
    return {letter: remedies[ill] for letter, ill in zip("ABCDE", ("low", "cut", "well", "mean", "cut"), strict=True)}


@right("clinic_treatments")
def treatments_with_a_change_of_mind():
    chart = dict.fromkeys("ABCDE", "accept")
    chart["B"] = chart["E"] = "keep path"
    chart.update(A="raise beta ", D=" sum  over pixels")
    return chart
