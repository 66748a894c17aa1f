"""The course as data."""

import pytest

from vae_course import course
from vae_course.course import CourseError, Exercise


def test_stages_stand_in_order_and_names_are_used_once():
    numbers = [stage.number for stage in course.STAGES]
    names = [exercise.name for stage in course.STAGES for exercise in stage.exercises]
    assert numbers == sorted(set(numbers))
    assert len(names) == len(set(names))


def test_an_exercise_builds_only_on_earlier_ones():
    earlier = set()
    for stage in course.STAGES:
        for exercise in stage.exercises:
            assert set(exercise.builds_on) <= earlier, exercise.name
            earlier.add(exercise.name)


def test_every_exercise_has_a_value_part_and_sensible_numbers():
    for stage in course.STAGES:
        for exercise in stage.exercises:
            assert list(exercise.parts)[0] == "value"
            assert all(weight > 0 for weight in exercise.parts.values())
            assert exercise.points > 0 and 1 <= exercise.difficulty <= 5 and exercise.minutes > 0


@pytest.mark.parametrize("name", ["03_gaussian_kl", "03", "3", "gaussian_kl", "03_gaussian_kl/"])
def test_a_stage_is_found_by_every_name_it_goes_by(name):
    assert course.find_stage(name).id == "03_gaussian_kl"


def test_an_unknown_name_is_answered_with_the_nearest_one():
    with pytest.raises(CourseError, match="did you mean 'gaussian_kl'"):
        course.find_exercise("gausian_kl")
    with pytest.raises(CourseError, match="did you mean '03_gaussian_kl'"):
        course.find_stage("03_gausian_kl")
    with pytest.raises(CourseError, match="the course has .*00_start_here"):
        course.find_stage("xyz")


def test_other_parts_count_only_when_the_value_is_right():
    exercise = Exercise("e", 5, 1, 1, {"value": 0.6, "gradient": 0.2, "stability": 0.2})
    assert exercise.score({"value": True, "gradient": True, "stability": True}) == 5
    assert exercise.score({"value": True, "gradient": False, "stability": True}) == 4
    assert exercise.score({"value": False, "gradient": True, "stability": True}) == 0
    assert exercise.score({}) == 0


def test_a_score_is_rounded_to_a_hundredth():
    assert Exercise("e", 1, 1, 1, {"value": 1, "a": 1, "b": 1}).score({"value": True}) == 0.33
