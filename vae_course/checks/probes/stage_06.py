"""Probes of stage 06."""

import difflib
from collections.abc import Callable, Mapping

from vae_course.checks.probing import Case, Evidence, Names, dictionary, kinds
from vae_course.checks.trouble import Unfit, plain
from vae_course.models.clinic_words import CAUSES, PATIENTS, TREATMENTS

# --- clinic_diagnoses, clinic_treatments ---


def _clinic(exercise: str, words: Mapping[str, str], what: str) -> Callable[[Names, Case], Evidence]:
    """The probe of an answer that gives each patient one of the words."""

    @kinds(**dict.fromkeys(PATIENTS, "choice"))
    def probe(ns: Names, case: Case) -> Evidence:
        given = ns[exercise]()
        if isinstance(given, Mapping):
            given = {str(letter).strip().upper(): word for letter, word in given.items()}
        given = dictionary(given, PATIENTS, exercise)
        return {letter: _word(given[letter], letter, words, exercise, what) for letter in PATIENTS}

    return probe


def _word(given: object, letter: str, words: Mapping[str, str], exercise: str, what: str) -> str:
    """A word as the clinic's list has it, in lower case; otherwise Unfit, with the nearest one."""
    known = [word.lower() for word in words]
    word = " ".join(str(given).replace("_", " ").replace("-", " ").split()).lower()
    if word in known:
        return word
    shown = f"{exercise} says {plain(str(given))!r} of patient {letter}, which is no {what} on the list"
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.75)  # no 'low beta' for a 'high beta'
    if near:
        raise Unfit(f"{shown}; did you mean {near[0]!r}?")
    raise Unfit(f"{shown}; the list has {', '.join(words)}.")


clinic_diagnoses = _clinic("clinic_diagnoses", CAUSES, "cause")
clinic_treatments = _clinic("clinic_treatments", TREATMENTS, "treatment")
