"""The capstone's data are known exactly, its script is the lesson's, and its own functions are right."""

import importlib
import itertools

import jupytext
import pytest
import torch
from support import REPOSITORY
from torch.nn import functional as F

from vae_course import course
from vae_course.checks import run
from vae_course.course import CourseError
from vae_course.models.capstone import EPOCHS, REPAIRS, camera_card, fresh_photographs, run_script
from vae_course.models.capstone_words import FAULTS, PARTS
from vae_course.models.gauges import FACTORS, Gauge, card, gauge_information, gauge_log_evidence, photographs
from vae_course.models.toolbox import stage_10 as library

STAGE = course.find_stage("10")
TINY = Gauge(side=3, places=2, levels=3, widths=2, flip=0.1)


def all_pictures(pixels):
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=pixels)))


# --- gauges ---


def test_the_chances_of_all_pictures_add_up_to_one():
    evidence = gauge_log_evidence(all_pictures(9), TINY)
    assert evidence.exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_the_evidence_is_the_mean_chance_over_the_states_written_out():
    x, _ = photographs(TINY, 20, torch.Generator().manual_seed(0))
    chance = torch.stack([torch.where(x == state, 1 - TINY.flip, TINY.flip).double().prod(1) for state in TINY.states])
    assert torch.allclose(gauge_log_evidence(x, TINY), chance.mean(0).log())


def test_the_lesson_and_the_library_compute_the_same_evidence():
    x, _ = photographs(TINY, 20, torch.Generator().manual_seed(0))
    assert torch.allclose(library.gauge_evidence(x.double(), TINY.states, TINY.flip), gauge_log_evidence(x, TINY))


def test_the_information_is_the_mutual_information_of_pictures_and_factors():
    """Over all pictures, as the entropy of a picture less that which is left once the factors are known."""
    x = all_pictures(9)
    evidence = gauge_log_evidence(x, TINY)
    of_a_pixel = torch.tensor([TINY.flip, 1 - TINY.flip], dtype=torch.float64)
    exact = -(evidence.exp() * evidence).sum() + 9 * (of_a_pixel * of_a_pixel.log()).sum()
    drawn, _ = photographs(TINY, 20_000, torch.Generator().manual_seed(0))
    assert gauge_information(drawn, TINY) == pytest.approx(exact.item(), abs=0.03)
    assert exact < TINY.entropy


def test_states_differ_and_show_their_factors():
    gauge = Gauge()
    assert len(gauge.states.unique(dim=0)) == len(gauge.factors) == 98
    assert torch.equal(gauge.states.sum(1), (gauge.factors[:, 1] + 1) * (gauge.factors[:, 2] + 1))  # level times width
    lowest_row = gauge.states.reshape(-1, 8, 8)[:, -1]
    assert torch.equal(lowest_row.argmax(1).double(), gauge.factors[:, FACTORS.index("place")])


def test_factors_are_independent_and_flips_as_frequent_as_told():
    gauge = Gauge()
    x, factors = photographs(gauge, 20_000, torch.Generator().manual_seed(0))
    assert torch.corrcoef(factors.T).fill_diagonal_(0).abs().max() < 0.03
    index = factors @ torch.tensor([14.0, 2.0, 1.0])
    assert (x != gauge.states[index.long()]).double().mean() == pytest.approx(gauge.flip, abs=0.002)


def test_a_card_holds_every_photograph_one_to_three_times():
    files = card(Gauge(), 200, torch.Generator().manual_seed(0))
    copies = files.photo.bincount()
    assert set(copies.tolist()) == {1, 2, 3} and len(copies) == 200
    for number in (0, 17, 199):
        same = files[files.photo == number]
        assert len(same.pictures.unique(dim=0)) == len(same.factors.unique(dim=0)) == 1


def test_a_gauge_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit into 4 pixels"):
        Gauge(side=4, places=4, widths=2)


# --- the script ---


@pytest.fixture(scope="module")
def lesson():
    """The script as the lesson has it."""
    cells = jupytext.read(REPOSITORY / "solutions" / STAGE.id / f"{STAGE.id}.py", fmt="py:percent").cells
    names = {}
    for cell in cells:
        if cell.cell_type == "code" and ("setup" in cell.metadata.get("tags", ()) or "def train_gauges" in cell.source
                                         or "def report_gauges" in cell.source):
            exec(cell.source, names)
    return names


def test_with_nothing_repaired_the_library_runs_the_lessons_script(lesson, capsys):
    files = camera_card()
    torch.manual_seed(0)
    model, test, weight = lesson["train_gauges"](files, epochs=3)
    reported = lesson["report_gauges"](model, test, weight)
    ran = run_script(files, epochs=3)
    assert torch.equal(ran.test, test)
    assert ran.reported["elbo"] == pytest.approx(reported.mean().item(), abs=0.01)
    assert ran.reported["iwae"] == pytest.approx(reported.mean().item(), abs=0.01)


def test_the_lessons_script_has_the_parts_that_are_asked_about(lesson):
    source = (REPOSITORY / "solutions" / STAGE.id / f"{STAGE.id}.py").read_text(encoding="utf-8")
    script = source[source.index("def train_gauges") : source.index("model, test, weight = train_gauges")]
    assert tuple(letter for letter in PARTS if f"# {letter}: " in script) == PARTS
    assert f"epochs={EPOCHS}" in script


def test_what_the_report_repairs_changes_no_weight():
    files = camera_card()
    plain, repaired = (run_script(files, parts, epochs=1) for parts in ("", "HI"))
    for one, other in zip(plain.model.parameters(), repaired.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert repaired.reported["elbo"] < plain.reported["elbo"] and repaired.reported["iwae"] > repaired.reported["elbo"]


def test_a_repaired_split_tests_no_photograph_that_it_trains_on():
    files = camera_card()
    train, validation, test = library.capstone_split(files.photo, torch.Generator().manual_seed(0))
    shown = [set(files.photo[rows].tolist()) for rows in (train, validation, test)]
    assert [len(held) for held in shown] == [560, 120, 120] and not any(a & b for a, b in itertools.combinations(shown, 2))
    assert torch.equal(run_script(files, "A", epochs=1).test, files.pictures[test])


def test_a_part_that_cannot_be_repaired_is_refused():
    with pytest.raises(CourseError, match="'B' is none of them"):
        run_script(camera_card(), "AB")
    assert set(REPAIRS) < set(PARTS)


def test_every_word_of_the_list_is_short_and_explained():
    assert "sound" in FAULTS and all(len(word) < 25 and len(meaning) > 20 for word, meaning in FAULTS.items())


def test_fresh_photographs_are_not_on_the_card():
    fresh, factors = fresh_photographs()
    assert fresh.shape == (1000, 64) and factors.shape == (1000, 3)
    assert not torch.equal(fresh[:800], photographs(Gauge(), 800, torch.Generator().manual_seed(1))[0])


# --- the library's own answers ---


@pytest.mark.parametrize("name", [exercise.name for exercise in STAGE.exercises if hasattr(library, exercise.name)])
def test_the_librarys_version_passes_the_check(name):
    names = {name: getattr(library, name)}
    for other in course.find_exercise(name)[1].builds_on:
        stage, _ = course.find_exercise(other)
        names[other] = getattr(importlib.import_module(f"vae_course.models.toolbox.stage_{stage.number}"), other)
    report = run(name, names)
    assert report.passed, report.text()


def test_the_bound_of_a_gauge_by_the_likelihood_of_the_course():
    """The chance of a pixel by logits and by counting."""
    x, _ = photographs(TINY, 6, torch.Generator().manual_seed(3))
    logits = ((1 - TINY.flip) / TINY.flip * torch.ones(())).log() * (2 * TINY.states[0] - 1)
    by_logits = -F.binary_cross_entropy_with_logits(logits.expand(6, -1), x.double(), reduction="none").sum(1)
    alone = library.gauge_evidence(x.double(), TINY.states[:1], TINY.flip)
    assert torch.allclose(alone, by_logits)
