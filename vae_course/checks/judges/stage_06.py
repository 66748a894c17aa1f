"""Judges of stage 06."""

from vae_course.checks.judging import part

# --- clinic_diagnoses, clinic_treatments ---


def _patient(exercise, name, letter, sentence, question):
    """A part of the clinic: what is said of one patient."""

    @part(exercise, name, keys=(letter,))
    def body(trial):
        trial.same(letter, sentence=sentence.format(letter=letter), question=question)

    return body


_CAUSE = (
    "Something on the dashboard of patient {letter} speaks against your diagnosis.",
    "If that were the cause, which number would have to be different, and in which direction?",
)
_TREATMENT = (
    "Your treatment does not make patient {letter} as well as it could be.",
    "Treat the patient so: which numbers move, and do they reach those of the patient who is well?",
)

test_diagnosis_of_the_one_who_is_well = _patient("clinic_diagnoses", "value", "C", *_CAUSE)
test_diagnosis_a = _patient("clinic_diagnoses", "A", "A", *_CAUSE)
test_diagnosis_b = _patient("clinic_diagnoses", "B", "B", *_CAUSE)
test_diagnosis_d = _patient("clinic_diagnoses", "D", "D", *_CAUSE)
test_diagnosis_e = _patient("clinic_diagnoses", "E", "E", *_CAUSE)

test_treatment_of_the_one_who_is_well = _patient("clinic_treatments", "value", "C", *_TREATMENT)
test_treatment_a = _patient("clinic_treatments", "A", "A", *_TREATMENT)
test_treatment_b = _patient("clinic_treatments", "B", "B", *_TREATMENT)
test_treatment_d = _patient("clinic_treatments", "D", "D", *_TREATMENT)
test_treatment_e = _patient("clinic_treatments", "E", "E", *_TREATMENT)
