"""What a seal keeps, and what sealing refuses, for each kind of evidence."""

import json
import math
import sys
import types

import pytest
import torch

from vae_course import course
from vae_course.checks import run, seal as seal_module
from vae_course.checks.bank import Entry
from vae_course.checks.compare import STANDARD_ERRORS, gap, worst
from vae_course.checks.judging import view_of
from vae_course.checks.loader import Block
from vae_course.checks.probing import kinds, tensor
from vae_course.checks.seal import Seal, choice_hash, read_seals, rounded, visible_seal, write_seals
from vae_course.checks.sealing import REPEATS, make_seal
from vae_course.course import CourseError, Exercise, Stage

X = torch.tensor([[0.3, -1.7, 2.9], [1.1, 0.7, -0.4]], dtype=torch.float64)
CASES = [{"case": "plain", "x": X}]


@pytest.fixture
def teach(monkeypatch, tmp_path):
    """Puts one made-up exercise into the course: its probe, the bodies of its judge by part, and its sealed file."""

    def put(probe, **parts):
        name = probe.__name__
        exercise = Exercise(name, points=2, minutes=5, difficulty=1, parts=dict.fromkeys(parts, 1.0))
        monkeypatch.setattr(course, "STAGES", (Stage("98_made_up", "Made up", "?", 5, (exercise,)),))
        probes = types.ModuleType("vae_course.checks.probes.stage_98")
        setattr(probes, name, probe)
        monkeypatch.setitem(sys.modules, probes.__name__, probes)
        monkeypatch.setattr(seal_module, "FOLDER", tmp_path)
        bodies = [f"@part('{name}', '{p}')\ndef test_{p}(trial):\n    {body}\n" for p, body in parts.items()]
        text = "\n\n".join(["from vae_course.checks.judging import part", *bodies])
        judges = types.ModuleType("vae_course.checks.judges.stage_98")
        exec(text, vars(judges))
        monkeypatch.setitem(sys.modules, judges.__name__, judges)
        view_of.cache_clear()
        return course.STAGES[0]

    return put


def program(name: str, body: str):
    return (Block(name, f"import torch\n\n\ndef {name}(x):\n    return {body}\n", True),)


def wrong(name: str, **bodies: str) -> list[Entry]:
    return [Entry(id, name, program(name, body), f"You {id}.", f"Why {id}?") for id, body in bodies.items()]


def alias(name: str, id: str, of: str, body: str) -> Entry:
    return Entry(id, name, program(name, body), alias_of=of)


# --- exact ---


def double(ns, case):
    return {"out": tensor(ns["double"](case["x"]), "double")}


SAME = "trial.same('out')"
DOUBLE = program("double", "2 * x")


def sealed_double(*bank: Entry, cases=CASES) -> Seal:
    return make_seal("double", DOUBLE, cases, bank)


def test_exact_evidence_is_told_apart_by_its_numbers(teach):
    teach(double, value=SAME)
    seal = sealed_double(*wrong("double", squares="x ** 2", negates="-2 * x"))
    assert run("double", {"double": lambda x: x + x}, seals=[seal]).passed
    for id, function in {"squares": lambda x: x * x, "negates": lambda x: x - 3 * x}.items():
        report = run("double", {"double": function}, seals=[seal])
        assert (report.misconception, report.message, report.question) == (id, f"You {id}.", f"Why {id}?")


def test_an_unknown_mistake_gets_no_name_but_the_property_that_broke(teach):
    teach(double, value=SAME)
    report = run("double", {"double": lambda x: 3 * x}, seals=[sealed_double(*wrong("double", squares="x ** 2"))])
    assert (report.misconception, report.failed) == (None, "value")
    assert report.message == "double does not give the expected value on these inputs."
    assert report.rows == (("entry [0, 2]", "8.7", "5.8"),)


def test_a_mistake_must_agree_on_every_case(teach):
    teach(double, value=SAME)
    seal = sealed_double(*wrong("double", squares="x ** 2"), cases=[*CASES, {"case": "other", "x": X + 1}])
    half = run("double", {"double": lambda x: x**2 if torch.equal(x, X) else 3 * x}, seals=[seal])
    assert half.misconception is None


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-6), (torch.float32, 1e-4), (torch.float16, 1e-4)])
def test_the_exact_tolerance_is_relative_to_the_largest_entry(dtype, rtol):
    want = torch.tensor([1.0, 1000.0], dtype=torch.float64)
    for part, held in ((0.9, True), (1.1, False)):
        got = want + torch.tensor([1000 * rtol * part, 0.0], dtype=torch.float64)
        assert (gap(got, want.to(dtype)) <= 1) is held


@pytest.mark.parametrize(("apart", "refused"), [(45, True), (55, False)])
def test_two_answers_less_than_50_tolerances_apart_are_refused(teach, apart, refused):
    teach(double, value=SAME)
    bank = wrong("double", nearly=f"2 * x * (1 + {apart}e-6)")
    if refused:
        with pytest.raises(CourseError, match="the right answer and nearly cannot be told apart, they differ by 45.0"):
            sealed_double(*bank)
    else:
        assert sealed_double(*bank).mistakes


def test_two_mistakes_that_look_alike_are_refused(teach):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match="double: triples and adds_thrice cannot be told apart, they differ by 0.0"):
        sealed_double(*wrong("double", triples="3 * x", adds_thrice="x + x + x"))


def test_nan_and_infinities_tell_answers_apart(teach):
    teach(double, value=SAME)
    bank = wrong("double", nan="x / 0 * 0", inf="(x / 0)", roots="x.sqrt()")
    assert {m.id for m in sealed_double(*bank).mistakes} == {"nan", "inf", "roots"}
    with pytest.raises(CourseError, match="cannot be told apart"):
        sealed_double(*bank, *wrong("double", other_nan="x * float('nan')"))


@pytest.mark.parametrize(("got", "want", "distance"), [
    (math.nan, math.nan, 0), (math.inf, math.inf, 0), (-math.inf, -math.inf, 0), (math.nan, 1.0, math.inf),
    (1.0, math.nan, math.inf), (math.inf, -math.inf, math.inf), (math.nan, math.inf, math.inf), (0.0, 0.0, 0),
    (1e30, math.inf, math.inf),
])
def test_nan_and_infinities_are_symbols(got, want, distance):
    a, b = (torch.tensor([2.0, value], dtype=torch.float64) for value in (got, want))
    assert gap(a, b) == distance
    assert gap(got, want) == distance


@pytest.mark.parametrize(("got", "want"), [
    (1e300, 1e299), (1e-20, 0.0), (2, 1), (True, False), (torch.tensor(1e-9), 0.0),
])
def test_numbers_that_differ_are_apart_at_any_size(got, want):
    assert gap(got, want) > 50


def test_a_python_float_has_the_tolerance_of_float32_from_which_it_may_come():
    assert gap(1 + 0.9e-4, 1.0) < 1 < gap(1 + 1.1e-4, 1.0)


@pytest.mark.parametrize("other", [X[0], X.T, X[None], X.sum(), "text"])
def test_another_shape_or_type_is_infinitely_far(other):
    assert gap(other, X) == gap(X, other) == math.inf


def test_nothing_is_at_distance_zero_from_nothing():
    assert gap(torch.zeros(0, 3), torch.zeros(0, 3)) == 0
    assert gap(torch.zeros(0, 3), torch.zeros(3, 0)) == math.inf


def test_the_worst_entry_is_the_one_that_is_not_finite():
    got = torch.tensor([[1.0, 9.0], [math.nan, 4.0]])
    assert worst(got, torch.ones(2, 2)) == (1, 0)
    assert worst(torch.tensor([[1.0, 9.0]]), torch.ones(1, 2)) == (0, 1)
    assert worst(torch.tensor(3.0), torch.tensor(1.0)) == ()


def test_an_error_on_one_case_is_part_of_a_mistakes_look(teach):
    teach(double, value=SAME)
    cases = [*CASES, {"case": "square", "x": X[:, :2]}]
    seal = sealed_double(*wrong("double", adds_a_row="2 * x + x[0] / x[:, 0]"), cases=cases)
    assert [type(o).__name__ for o in seal.mistakes[0].outcomes] == ["Trouble", "dict"]
    assert run("double", {"double": lambda x: 2 * x + x[0] / x[:, 0]}, seals=[seal]).misconception == "adds_a_row"
    never = run("double", {"double": lambda x: x[99]}, seals=[seal])
    assert (never.misconception, never.failed) == (None, "error")


# --- what sealing refuses of a bank ---


def test_a_wrong_answer_that_passes_is_refused(teach):
    teach(double, value="trial.fits('out')")
    with pytest.raises(CourseError, match=r"triples \(wrong answer to double\) passes the check"):
        sealed_double(*wrong("double", triples="3 * x"))


def test_a_wrong_answer_that_never_gives_a_result_is_refused(teach):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match=r"breaks \(wrong answer to double\) never gives a result"):
        sealed_double(*wrong("double", breaks="1 / 0"))


@pytest.mark.parametrize(("sentence", "question"), [("", "Why?"), ("It is wrong.", " ")])
def test_a_wrong_answer_without_words_is_refused(teach, sentence, question):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match="has no sentence or no question"):
        sealed_double(Entry("triples", "double", program("double", "3 * x"), sentence, question))


def test_a_reference_that_fails_its_own_check_is_refused(teach):
    teach(double, value=SAME, sign="trial.holds(bool((trial.got['out'] > 0).all()), 'It must be positive.')")
    with pytest.raises(CourseError, match="The reference of double fails its own check at sign: It must be positive"):
        sealed_double()


def test_a_reference_that_raises_is_refused(teach):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match="The reference of double fails: double stopped with ZeroDivisionError"):
        make_seal("double", program("double", "1 / 0"), CASES, [])


def test_a_true_alias_is_accepted_and_known_by_its_original(teach):
    teach(double, value=SAME)
    seal = sealed_double(*wrong("double", triples="3 * x"), alias("double", "adds_thrice", "triples", "x + x + x"))
    assert [m.id for m in seal.mistakes] == ["triples"]
    assert run("double", {"double": lambda x: x + x + x}, seals=[seal]).misconception == "triples"


@pytest.mark.parametrize("body", ["4 * x", "3 * x * (1 + 5e-6)", "2 * x", "x[0]", "1 / 0"])
def test_a_false_alias_is_refused(teach, body):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match="other is not the same function as triples; give it an entry of its own"):
        sealed_double(*wrong("double", triples="3 * x"), alias("double", "other", "triples", body))


def test_an_alias_of_nothing_is_refused(teach):
    teach(double, value=SAME)
    with pytest.raises(CourseError, match="other is an alias of absent, which is not in the bank of double"):
        sealed_double(alias("double", "other", "absent", "3 * x"))


# --- coarse ---


def test_a_coarse_number_is_the_same_within_five_percent_of_the_largest_entry():
    want = torch.tensor([0.1, -2.0], dtype=torch.float64)
    for away, held in ((0.099, True), (0.101, False)):
        for entry in range(2):
            got = want.clone()
            got[entry] += away
            assert (gap(got, want, "coarse") <= 1) is held


@pytest.mark.parametrize(("factor", "refused"), [(1.07, True), (1.09, False)])
def test_coarse_answers_less_than_one_and_a_half_tolerances_apart_are_refused(teach, factor, refused):
    @kinds(value="coarse")
    def near(ns, case):
        return {"value": tensor(ns["near"](case["x"]), "near")}

    teach(near, value="trial.same('value')")
    bank = wrong("near", one="2 * x", other=f"2 * {factor} * x")
    if refused:
        with pytest.raises(CourseError, match="one and other cannot be told apart"):
            make_seal("near", program("near", "x"), CASES, bank)
    else:
        assert len(make_seal("near", program("near", "x"), CASES, bank).mistakes) == 2


# --- statistic ---

DRAWS = 400


@kinds(mean="statistic")
def noisy(ns, case):
    draws = torch.stack([tensor(ns["noisy"](case["x"]), "noisy") for _ in range(DRAWS)])
    return {"mean": draws.mean(0)}


NOISY = program("noisy", "x + torch.randn_like(x)")
MEAN = "trial.same('mean')"


def test_a_statistic_is_sealed_with_its_standard_error(teach):
    teach(noisy, value=MEAN)
    seal = make_seal("noisy", NOISY, CASES, [])
    assert torch.allclose(seal.wanted[0]["mean"], X, atol=6 / math.sqrt(DRAWS * REPEATS))
    expected = (1 + 1 / REPEATS) ** 0.5 / math.sqrt(DRAWS)  # of one run, against a mean that has an error too
    assert torch.allclose(seal.standard_errors[0]["mean"], torch.full_like(X, expected), rtol=0.4)
    assert seal.standard_errors[0]["mean"].mean().item() == pytest.approx(expected, rel=0.15)


def test_the_tolerance_of_a_statistic_is_six_standard_errors():
    assert STANDARD_ERRORS == 6
    want, error = torch.tensor([1.0, 1000.0]), torch.tensor([0.1, 20.0])
    for part, held in ((0.99, True), (1.01, False)):
        for entry in range(2):
            got = want.clone()
            got[entry] -= 6 * part * error[entry]
            assert (gap(got, want, "statistic", error) <= 1) is held


def test_a_false_alarm_of_a_statistic_has_a_chance_below_one_in_a_million():
    freedom = REPEATS - 1  # the standard error is itself an estimate: Student's distribution
    t = torch.linspace(STANDARD_ERRORS, 60, 100_001, dtype=torch.float64)
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    density = scale * (1 + t**2 / freedom) ** (-(freedom + 1) / 2)
    assert 1e-8 < 2 * torch.trapezoid(density, t) < 1e-6


def test_a_statistic_is_right_with_any_noise_and_a_mistake_is_known_with_any_noise(teach):
    teach(noisy, value=MEAN)
    seal = make_seal("noisy", NOISY, CASES, wrong("noisy", shifts="x + 1 + torch.randn_like(x)"))
    for seed in range(20):
        other = torch.Generator().manual_seed(seed)

        def noise(x, other=other):
            return torch.randn(x.shape, generator=other, dtype=x.dtype)

        assert run("noisy", {"noisy": lambda x: x + noise(x)}, seals=[seal]).passed
        assert run("noisy", {"noisy": lambda x: x + 1 + noise(x)}, seals=[seal]).misconception == "shifts"


@pytest.mark.parametrize(("apart", "refused"), [(2.5, True), (3.5, False)])
def test_two_statistics_less_than_three_tolerances_apart_are_refused(teach, apart, refused):
    teach(noisy, value=MEAN)
    by = apart * 6 / math.sqrt(DRAWS)
    bank = wrong("noisy", shifts=f"x + {by} + torch.randn_like(x)")
    if refused:
        with pytest.raises(CourseError, match="the right answer and shifts cannot be told apart"):
            make_seal("noisy", NOISY, CASES, bank)
    else:
        assert make_seal("noisy", NOISY, CASES, bank).mistakes


def test_a_statistic_that_never_varies_leaves_room_for_rounding(teach):
    teach(noisy, value=MEAN)
    seal = make_seal("noisy", program("noisy", "x / 3"), CASES, [])
    assert not seal.standard_errors[0]["mean"].any()
    assert run("noisy", {"noisy": lambda x: x / 3}, seals=[seal]).passed
    assert not run("noisy", {"noisy": lambda x: x / 3 + 1e-4}, seals=[seal]).passed


def test_statistics_of_a_wrong_shape_are_told_apart_and_known(teach):
    teach(noisy, value=MEAN)
    bank = wrong("noisy", sums="9 * x.sum(-1) + torch.randn(len(x))", averages="x.mean(-1) + torch.randn(len(x))")
    seal = make_seal("noisy", NOISY, CASES, bank)
    report = run("noisy", {"noisy": lambda x: 9 * x.sum(-1) + torch.randn(len(x))}, seals=[seal])
    assert (report.failed, report.misconception) == ("shape", "sums")


# --- choice ---


@kinds(answer="choice")
def pick(ns, case):
    return {"answer": ns["pick"](case["x"])}


def sealed_pick(teach) -> tuple[Stage, Seal]:
    stage = teach(pick, value="trial.same('answer', sentence='Another one.')")
    return stage, make_seal("pick", program("pick", "'the prior'"), CASES, wrong("pick", decoder="'the decoder'"))


def test_a_choice_is_stored_as_a_salted_hash_only(teach):
    stage, seal = sealed_pick(teach)
    text = write_seals(stage, [seal])
    assert "prior" not in text and "the decoder" not in text
    stored = json.loads(text)["exercises"][0]
    assert stored["wanted"] == [{"answer": choice_hash("pick", "the prior")}]
    assert stored["mistakes"][0]["outcomes"] == [{"answer": choice_hash("pick", "the decoder")}]


def test_the_hash_of_a_choice_depends_on_the_exercise_and_not_on_capitals():
    assert choice_hash("pick", "The Prior ") == choice_hash("pick", "the prior")
    assert choice_hash("pick", "the prior") != choice_hash("other", "the prior")
    assert choice_hash("pick", "the prior") != choice_hash("pick", "a prior")


def test_a_choice_is_judged_and_a_wrong_one_is_known(teach):
    _, seal = sealed_pick(teach)
    assert run("pick", {"pick": lambda x: " The prior"}, seals=[seal]).passed
    assert run("pick", {"pick": lambda x: "the decoder"}, seals=[seal]).misconception == "decoder"
    other = run("pick", {"pick": lambda x: "neither"}, seals=[seal])
    assert (other.misconception, other.message) == (None, "Another one.")


def test_two_entries_with_one_choice_are_refused(teach):
    teach(pick, value="trial.same('answer')")
    bank = wrong("pick", decoder="'the decoder'", again="'The decoder'")
    with pytest.raises(CourseError, match="decoder and again cannot be told apart"):
        make_seal("pick", program("pick", "'the prior'"), CASES, bank)


# --- property ---


@kinds(out="property")
def shuffle(ns, case):
    return {"out": tensor(ns["shuffle"](case["x"]), "shuffle")}


SHUFFLE = program("shuffle", "x[torch.randperm(len(x))]")
SUM = "trial.holds(bool((trial.got['out'].sum() - trial.case['x'].sum()).abs() < 1e-9), 'The sum changed.')"
POSITIVE = "trial.holds(bool(trial.got['out'].max() < 3), 'Too large.')"


def test_a_property_may_come_with_any_numbers(teach):
    teach(shuffle, value=SUM, size=POSITIVE)
    seal = make_seal("shuffle", SHUFFLE, CASES, [])
    for order in ([0, 1], [1, 0]):
        assert run("shuffle", {"shuffle": lambda x, order=order: x[order]}, seals=[seal]).passed


def test_a_mistake_of_a_property_is_known_by_the_parts_that_fail(teach):
    teach(shuffle, value=SUM, size=POSITIVE)
    bank = wrong("shuffle", drops="x[:1]", grows="9 * x", spikes="x + 9 * torch.tensor([[1.0, 0, -1]])")
    seal = make_seal("shuffle", SHUFFLE, CASES, bank)
    assert {m.id: m.failed for m in seal.mistakes} == {
        "drops": ("value",), "grows": ("value", "size"), "spikes": ("size",),
    }
    assert run("shuffle", {"shuffle": lambda x: x[1:]}, seals=[seal]).misconception == "drops"
    assert run("shuffle", {"shuffle": lambda x: 7 * x}, seals=[seal]).misconception == "grows"


def test_two_mistakes_that_fail_the_same_properties_are_refused(teach):
    teach(shuffle, value=SUM, size=POSITIVE)
    with pytest.raises(CourseError, match="drops and halves cannot be told apart, they differ by nothing"):
        make_seal("shuffle", SHUFFLE, CASES, wrong("shuffle", drops="x[:1]", halves="x / 2"))


# --- the sealed file ---


@pytest.mark.parametrize("dtype", [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool,
])
@pytest.mark.parametrize("shape", [(), (0, 3), (7,), (2, 3)])
def test_a_tensor_keeps_dtype_shape_and_nine_digits_in_a_sealed_file(dtype, shape):
    given = (torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 100).to(dtype)
    got = rounded({"x": given})["x"]
    assert (got.dtype, got.shape) == (dtype, given.shape)
    assert torch.allclose(got.double(), given.double(), rtol=1e-8, atol=0)
    assert dtype == torch.float64 or torch.equal(got, given)
    assert torch.equal(rounded({"x": got})["x"], got)  # once rounded, it stays


@pytest.mark.parametrize("value", [2, True, "text", "none", 1.5, -0.0, math.inf, 1e300, 1 / 3])
def test_a_scalar_keeps_its_type_and_nine_digits_in_a_sealed_file(value):
    got = rounded({"x": value})["x"]
    assert type(got) is type(value)
    assert got == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_nan_and_infinities_are_words_in_a_sealed_file():
    got = rounded({"x": torch.tensor([math.nan, math.inf, -math.inf]), "y": math.nan})
    assert got["x"].isnan().tolist() == [True, False, False]
    assert got["x"][1:].tolist() == [math.inf, -math.inf]
    assert math.isnan(got["y"])


def test_whole_numbers_of_any_size_are_kept_in_a_sealed_file():
    given = torch.tensor([2**31 - 1, 1234567891, -(2**40) - 1, 2**62 + 1])
    assert torch.equal(rounded({"x": given})["x"], given)


def test_a_sealed_file_gives_back_what_was_sealed(teach, tmp_path):
    stage = teach(double, value=SAME)
    cases = [*CASES, {"case": "nothing", "x": torch.zeros(0, 3)}, {"case": "odd", "x": X / 0 * 0, "n": 3}]
    bank = wrong("double", squares="x ** 2 + x[0]", never="x.sqrt()")
    seal = sealed_double(*bank[1:], *bank[:1], cases=cases)
    (tmp_path / "98_made_up.json").write_text(write_seals(stage, [seal]), encoding="utf-8")
    for back in (visible_seal("double"), read_seals(write_seals(stage, [seal]))["double"]):
        assert back.to_json() == seal.to_json()
        assert [m.id for m in back.mistakes] == ["never", "squares"]
        assert type(back.mistakes[1].outcomes[1]).__name__ == "Trouble"
        assert run("double", {"double": lambda x: x + x}, seals=[back]).passed
        assert run("double", {"double": lambda x: x.sqrt()}, seals=[back]).misconception == "never"


def test_the_same_seal_is_written_as_the_same_text(teach):
    stage = teach(noisy, value=MEAN)
    bank = wrong("noisy", shifts="x + 1 + torch.randn_like(x)")
    first, second = (write_seals(stage, [make_seal("noisy", NOISY, CASES, bank)]) for _ in range(2))
    assert first == second


def test_missing_seals_are_reported_in_one_sentence(teach, tmp_path):
    stage = teach(double, value=SAME)
    with pytest.raises(CourseError, match="sealed numbers of 98_made_up are missing; run `vae-course build 98`"):
        visible_seal("double")
    (tmp_path / "98_made_up.json").write_text(write_seals(stage, []), encoding="utf-8")
    with pytest.raises(CourseError, match="double has no sealed numbers yet"):
        visible_seal("double")


def test_a_sealed_file_that_was_written_anew_is_read_anew(teach, tmp_path):
    stage = teach(double, value=SAME)
    path = tmp_path / "98_made_up.json"
    for cases in (CASES, [{"case": "plain", "x": X + 1}]):
        seal = sealed_double(cases=cases)
        path.write_text(write_seals(stage, [seal]), encoding="utf-8")
        assert torch.equal(visible_seal("double").cases[0]["x"], seal.cases[0]["x"])


# --- fresh inputs ---


def test_a_seal_on_fresh_inputs_holds_every_draw_and_shows_no_number(teach):
    teach(double, value=SAME)
    visible = sealed_double(*wrong("double", squares="x ** 2"))
    hidden = make_seal("double", DOUBLE, [{"case": "plain", "x": X + s} for s in range(5)], [], hidden=True)
    fitted = run("double", {"double": lambda x: 2 * x if torch.equal(x, X) else x**2}, seals=[visible, hidden])
    assert not fitted.passed and fitted.rows == () and "on fresh ones it does not" in fitted.note
    assert fitted.misconception is None  # on the visible inputs it is no mistake


def test_with_fresh_inputs_a_mistake_must_be_the_same_everywhere(teach):
    teach(double, value=SAME)
    bank = wrong("double", squares="x ** 2", triples="3 * x")
    visible = sealed_double(*bank)
    hidden = make_seal("double", DOUBLE, [{"case": "plain", "x": X + s} for s in range(1, 5)], bank, hidden=True)
    assert run("double", {"double": lambda x: x * x}, seals=[visible, hidden]).misconception == "squares"
    mixed = run("double", {"double": lambda x: x * x if torch.equal(x, X) else 3 * x}, seals=[visible, hidden])
    assert mixed.misconception is None
