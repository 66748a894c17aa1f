"""What must hold in stage 00."""

from vae_course.checks.judging import part


@part("shift", "value")
def test_shift_value(trial):
    trial.same("shifted", "shift(x, by)", question="Change one entry of `by`: which cells of the result should move?")
