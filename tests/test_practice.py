"""Practice over weeks: what was missed comes back soon, what is known after growing delays, stages mixed, nothing twice in a round."""

from datetime import timedelta

import pytest
from fortnight import START, Weeks

from vae_course import course
from vae_course.checks.drills import drills, generators, transfers
from vae_course.course import CourseError
from vae_course.learn import clock, practice, practising, progress, schedule
from vae_course.learn.rounds import Round

FIRST, SECOND, THIRD = course.STAGES[:3]


def begin(*stages):
    for stage in stages:
        progress.record("check", stage.id, stage.exercises[0].name, passed=True, score=1.0, misconception=None)


@pytest.fixture
def weeks(progress_file, monkeypatch):
    return Weeks(monkeypatch)


def test_what_is_known_returns_after_growing_delays(weeks):
    """One drill, always right, asked on the day that it is due and on no other."""
    progress.record("drill", FIRST.id, next(iter(drills(FIRST))), right=True)
    days = []
    for _ in range(120):
        now = weeks.set(days=1)
        if schedule.due(schedule.cards(progress.events()), now):
            days.append(weeks.day)
            progress.record("drill", FIRST.id, next(iter(drills(FIRST))), right=True)
    delays = [later - earlier for earlier, later in zip([0, *days], days)]
    assert len(delays) >= 3 and all(a < b for a, b in zip(delays, delays[1:])), delays
    assert delays[0] >= 2


def test_what_was_missed_comes_back_the_same_day_and_the_next(weeks):
    name = next(iter(drills(FIRST)))
    progress.record("drill", FIRST.id, name, right=False, misconception="x")
    for minutes in (0, 30):
        assert (FIRST, name) in practising.todays(progress.events())
        weeks.set(minutes=minutes)
    progress.record("drill", FIRST.id, name, right=True)
    assert (FIRST, name) not in practising.todays(progress.events())
    weeks.set(days=1)
    assert (FIRST, name) in practising.todays(progress.events())


def test_a_miss_shortens_the_delay_of_what_was_known(weeks):
    first, other = list(drills(FIRST))[:2]
    for name in (first, other):
        progress.record("drill", FIRST.id, name, right=True)
    weeks.set(days=3)
    progress.record("drill", FIRST.id, first, right=False)
    progress.record("drill", FIRST.id, first, right=True)
    progress.record("drill", FIRST.id, other, right=True)
    cards = schedule.cards(progress.events())
    assert cards[FIRST.id, first].due < cards[FIRST.id, other].due


def test_missed_comes_before_what_may_be_forgotten_and_that_before_what_is_new(weeks):
    begin(FIRST, SECOND)
    old, missed = list(drills(FIRST))[:2]
    progress.record("drill", FIRST.id, old, right=True)
    weeks.set(days=10)
    progress.record("drill", FIRST.id, missed, right=False)
    chosen = practising.todays(progress.events())
    assert chosen[:2] == [(FIRST, missed), (FIRST, old)]
    assert len(chosen) == 2 + practising.NEW and all(stage is SECOND for stage, _ in chosen[2:])  # new: of the latest stage


def test_a_round_is_never_longer_than_a_sitting_and_asks_nothing_twice(weeks):
    begin(*course.STAGES)
    for stage in course.STAGES:
        for name in drills(stage):
            progress.record("drill", stage.id, name, right=name < "m")
    weeks.set(days=40)
    for _ in range(5):
        asked = weeks.asked()
        assert len(asked) == len(set(asked)) == schedule.A_ROUND
        weeks.set(minutes=20)


def test_neighbours_in_a_round_are_of_different_stages(weeks):
    begin(FIRST, SECOND, THIRD)
    for stage in (FIRST, SECOND, THIRD):
        for name in list(drills(stage))[:3]:
            progress.record("drill", stage.id, name, right=True)
    weeks.set(days=5)
    stages = [stage for stage, _ in weeks.asked()]
    assert len(set(stages)) == 3 and all(a != b for a, b in zip(stages, stages[1:])), stages


def test_texts_of_a_round_differ_even_where_a_drill_comes_twice():
    round = practising.start(FIRST)
    texts = [question.item.text for question in round.questions]
    assert len(set(texts)) == len(texts) == practising.QUESTIONS


def test_a_learner_who_began_nothing_is_asked_the_first_stages_drills(weeks):
    assert {stage for stage, _ in practising.todays(progress.events())} == {FIRST}


def test_later_stages_are_not_asked_before_they_are_begun(weeks):
    begin(FIRST)
    for _ in range(30):
        weeks.set(days=1)
        assert {stage for stage, _ in weeks.asked()} <= {FIRST.id}


def test_nothing_due_is_said_with_the_day_of_the_next(weeks):
    for name in generators(FIRST):
        progress.record("drill", FIRST.id, name, right=True)
    said = practice()
    assert said.headline == "Nothing is due today"
    assert said.lines[0] == f"The next {len(generators(FIRST))} questions come Wednesday 4 March."
    weeks.set(days=1)
    assert "questions come tomorrow" in practice().lines[0]


def test_a_drill_of_an_older_course_is_left_out(weeks):
    progress.record("drill", FIRST.id, "a_drill_that_was_dropped", right=False)
    progress.record("drill", "99_gone", "x", right=False)
    assert schedule.cards(progress.events()) == {}
    assert isinstance(practising.start(), Round)


def test_a_learner_who_forgets_meets_it_more_often_than_one_who_does_not(progress_file, monkeypatch):
    """Sixty days of today's rounds: what is always missed at first comes up several times as often as what is always right."""
    hard = list(drills(FIRST))[0]
    met = {}
    weeks = Weeks(monkeypatch, knows=lambda stage, drill, day: drill != hard)
    begin(FIRST)
    for _ in range(60):
        weeks.set(days=1)
        for skill in weeks.asked():
            met[skill] = met.get(skill, 0) + 1
    others = [count for (_, name), count in met.items() if name != hard]
    assert set(met) == {(FIRST.id, name) for name in drills(FIRST)}
    assert max(others) <= 8 and met[FIRST.id, hard] >= 40


def test_a_transfer_round_asks_what_is_known_in_another_form(weeks):
    assert practice(transfer=True).headline.startswith("A transfer round asks what you can do already")
    stage = course.find_stage("03")
    name, made = next(iter(transfers(stage).items()))
    progress.record("drill", stage.id, made.transfer_of, right=True)
    asked = weeks.asked(transfer=True)
    assert (stage.id, name) in asked and all(generators(course.find_stage(s))[n].transfer_of == made.transfer_of for s, n in asked)
    weeks.set(days=3)
    assert (stage.id, name) in [(of.id, n) for of, n in practising.todays(progress.events())]  # what was asked once returns too


def test_a_transfer_round_of_a_named_stage_needs_nothing_before(weeks):
    for stage in course.STAGES:
        asked = weeks.asked(stage=stage, transfer=True)
        assert asked and {name for _, name in asked} <= set(transfers(stage))


def test_what_was_asked_longest_ago_comes_first_in_a_transfer_round(weeks):
    known = {(stage, made.transfer_of) for stage in course.STAGES for made in transfers(stage).values()}
    for stage, name in known:
        progress.record("drill", stage.id, name, right=True)
    first = weeks.asked(transfer=True)
    weeks.set(minutes=30)
    assert not set(first) & set(weeks.asked(transfer=True))


def test_a_round_ends_with_when_it_comes_back(weeks):
    weeks.knows = lambda stage, drill, day: False
    round = weeks.practise()
    said = practising.closing(round)
    assert said.lines[0].startswith("Missed: ") and "In ten minutes `practice()` asks them again" in said.lines[0]


def test_the_clock_takes_a_local_time_and_names_what_is_none(monkeypatch):
    monkeypatch.setenv("VAE_COURSE_NOW", "2026-03-01T18:00+02:00")
    assert clock.now().isoformat() == "2026-03-01T16:00:00+00:00"
    monkeypatch.setenv("VAE_COURSE_NOW", "yesterday")
    with pytest.raises(CourseError, match="VAE_COURSE_NOW is 'yesterday'; give a time such as"):
        clock.now()


@pytest.mark.parametrize(
    ("days", "said"), [(0, "today"), (1, "tomorrow"), (2, "Wednesday 4 March"), (-1, "today"), (400, "Tuesday 6 April 2027")]
)
def test_days_are_told_as_people_say_them(days, said):
    assert clock.day(START + timedelta(days=days), START) == said
