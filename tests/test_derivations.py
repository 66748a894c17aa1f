"""Reading a derivation: which step breaks, by how much, and what that amount is."""

import math

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from vae_course import course
from vae_course.checks.derivations import AMOUNTS, KNOWN, examine, named, read, summarise
from vae_course.checks.probes.stage_02 import derivation, derivation_deck
from vae_course.checks.sealing import hidden_cases
from vae_course.checks.trouble import Unfit
from vae_course.models.deck import DECK

CASES = [case for seed in range(5) for case in hidden_cases(course.find_stage("02"))("derivation", seed)]

every_case = pytest.mark.parametrize("case", CASES[:2], ids=lambda case: case["case"])


def evidence(m):
    return m.total(m.log_joint.exp()).log()


def log_of_average(m):
    return m.total(m.expect_q((m.log_joint - m.log_q).exp())).log()


def bound(m):
    return m.expect_q(m.log_joint - m.log_q)


def price(m):
    return m.expect_q(m.log_q - m.log_prior)


def two_parts(m):
    return m.expect_q(m.log_likelihood) - price(m)


RIGHT = [evidence, "=", log_of_average, ">=", bound, "=", two_parts]


def brought(chain, case):
    return derivation({"derivation": lambda: chain}, case)


def found(chain, case=CASES[0]):
    return examine(read(case, brought(chain, case)).from_the_top())


def quantities(case):
    """Every known amount once more, and each of them M − 1 times."""
    once, states = amounts(case), case["log_q"].shape[1]
    return once | {f"(M − 1) times {name}": (states - 1) * amount for name, amount in once.items()}


def amounts(case):
    """Every known amount once more, by another way: torch.distributions, and densities where they are small enough."""
    prior, likelihood, q = (case[name].exp() for name in ("log_prior", "log_likelihood", "log_q"))
    joint = prior * likelihood
    Q, P, posterior = (Categorical(probs=weights) for weights in (q, prior, joint))

    def mean(weights, values):
        return torch.einsum("bm,bm->b", weights, values)

    return {
        "KL(q ‖ posterior)": kl_divergence(Q, posterior), "KL(q ‖ p(z))": kl_divergence(Q, P),
        "KL(posterior ‖ q)": kl_divergence(posterior, Q), "KL(p(z) ‖ q)": kl_divergence(P, Q),
        "log p(x)": joint.sum(-1).log(), "the ELBO": joint.sum(-1).log() - kl_divergence(Q, posterior),
        "the entropy of q": Q.entropy(),
        "E_q[log p(x|z)]": mean(q, likelihood.log()), "E_q[log p(z)]": mean(q, prior.log()),
        "E_q[log p(x, z)]": mean(q, joint.log()), "the entropy of p(z)": P.entropy(),
        "the entropy of the posterior": posterior.entropy(),
        "log M": torch.full_like(q[:, 0], math.log(q.shape[1])),
        "E_p(z)[log p(x|z)]": mean(prior, likelihood.log()),
        "E_posterior[log p(x|z)]": mean(posterior.probs, likelihood.log()),
        "KL(posterior ‖ p(z))": kl_divergence(posterior, P), "KL(p(z) ‖ posterior)": kl_divergence(P, posterior),
        "E_q[log posterior]": mean(q, posterior.probs.log()),
        "M times log p(x)": q.shape[1] * joint.sum(-1).log(),
        "p(x)": joint.sum(-1), "Σ_z p(x|z)": likelihood.sum(-1), "log Σ_z p(x|z)": likelihood.sum(-1).log(),
        "log E_q[p(x|z)]": mean(q, likelihood).log(), "log E_q[p(x, z)]": mean(q, joint).log(),
        "log Σ_z p(x, z)/q(z)": (joint / q).sum(-1).log(), "log E_p(z)[p(x, z)/q(z)]": mean(prior, joint / q).log(),
        "log E_q[q(z)/p(x, z)]": mean(q, q / joint).log(), "Σ_z log p(x, z)": joint.log().sum(-1),
        "Σ_z log p(x|z)": likelihood.log().sum(-1), "Σ_z (log p(x, z) − log q(z))": (joint / q).log().sum(-1),
        "the plain mean over z of log p(x, z)": joint.log().mean(-1),
        "the plain mean over z of log p(x|z)": likelihood.log().mean(-1),
        "the plain mean over z of log p(x, z) − log q(z)": (joint / q).log().mean(-1),
    }


# --- what an amount is ---


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_amount_is_recognised_on_random_models(name):
    for case in CASES:
        assert named(quantities(case)[name], case["known"]) == name


@pytest.mark.parametrize("name", AMOUNTS)
def test_sign_and_twice_are_told(name):
    for case in CASES:
        amount = quantities(case)[name]
        assert named(-amount, case["known"]) == f"minus {name}"
        assert named(2 * amount, case["known"]) == f"twice {name}"
        assert named(-2 * amount, case["known"]) == f"minus twice {name}"


@every_case
def test_two_amounts_together_are_told(case):
    known = quantities(case)
    gap, price, fit = (known[name] for name in ("KL(q ‖ posterior)", "KL(q ‖ p(z))", "E_q[log p(x|z)]"))
    assert named(price - gap, case["known"]) == "KL(q ‖ p(z)) − KL(q ‖ posterior)"
    assert named(gap - 2 * price, case["known"]) == "KL(q ‖ posterior) − twice KL(q ‖ p(z))"
    assert named(-gap - known["log M"], case["known"]) == "minus KL(q ‖ posterior) − log M"
    assert named(fit - price, case["known"]) == "the ELBO"  # the simplest reading comes first
    assert named(gap - gap, case["known"]) == "0"


@every_case
def test_what_is_nothing_known_gets_no_name(case):
    gap = quantities(case)["KL(q ‖ posterior)"]
    assert named(1.001 * gap, case["known"]) == named(gap + 0.01, case["known"]) == ""
    almost = gap.clone()
    almost[-1] += 0.01  # right on all rows but one
    assert named(almost, case["known"]) == ""


# --- one step ---


@every_case
@pytest.mark.parametrize(
    ("relation", "line", "problem"),
    [
        ("=", lambda m: evidence(m), ""),
        (">=", lambda m: evidence(m), "identity"),
        ("<=", lambda m: evidence(m), "identity"),
        ("=", lambda m: evidence(m) - 0.1, "unequal"),
        ("=", lambda m: evidence(m) - 1e-4, "unequal"),
        (">=", lambda m: evidence(m) + 0.1, "reversed"),
        ("<=", lambda m: evidence(m) - 0.1, "reversed"),
        ("<=", lambda m: evidence(m) + 0.1, "turn"),
        (">=", lambda m: evidence(m) + m.log_q[:, :1] - m.log_q[:, :1].mean(), "neither"),
        ("<=", lambda m: evidence(m) + m.log_q[:, :1] - m.log_q[:, :1].mean(), "neither"),
    ],
)
def test_an_equality_is_told_from_a_bound_and_a_bound_from_its_reverse(case, relation, line, problem):
    chain = [evidence, "=", log_of_average, relation, line, ">=", bound, "=", two_parts]
    what = found(chain, case)
    assert what.problem == (problem or "right")
    if problem:
        assert (what.upper, what.lower, what.relation) == (2, 3, relation)


@every_case
def test_an_equality_at_jensens_step_is_measured_and_named(case):
    what = found([evidence, "=", log_of_average, "=", bound, "=", two_parts], case)
    assert (what.problem, what.upper, what.lower, what.name) == ("unequal", 2, 3, "KL(q ‖ posterior)")
    assert what.difference == pytest.approx(float(quantities(case)["KL(q ‖ posterior)"][0]))


def test_a_bound_that_fails_shows_a_row_on_which_it_fails():
    what = found([evidence, "=", log_of_average, ">=", lambda m: m.expect_q(m.log_likelihood), ">=", bound])
    assert what.problem == "neither" and what.difference < 0


def test_bounds_everywhere_are_told_only_when_all_of_them_hold():
    assert found([evidence, ">=", log_of_average, ">=", bound, ">=", two_parts]).problem == "bounds"
    for chain, problem in (
        ([evidence, ">=", log_of_average, ">=", lambda m: evidence(m) + 1, ">=", two_parts], "identity"),
        ([evidence, ">=", lambda m: evidence(m) + 1, ">=", bound, ">=", two_parts], "reversed"),
    ):
        assert found(chain).problem == problem


# --- a whole chain ---


@every_case
def test_a_right_derivation_is_right_either_way_up(case):
    mirrored = [{">=": "<="}.get(entry, entry) if isinstance(entry, str) else entry for entry in reversed(RIGHT)]
    assert found(RIGHT, case).code == found(mirrored, case).code == "right"
    assert summarise(case, brought(RIGHT, case)) == {"diagnosis": "right"}


@every_case
def test_rounding_breaks_nothing(case):
    noisy = [evidence, "=", lambda m: log_of_average(m) * (1 + 1e-9), ">=", bound, "=", lambda m: two_parts(m).float()]
    assert found(noisy, case).code == "right"


def test_lines_keep_their_own_numbers_in_a_chain_from_the_bound_upwards():
    what = found([two_parts, "=", bound, "=", log_of_average, "=", evidence])
    assert (what.problem, what.upper, what.lower) == ("unequal", 3, 2)
    what = found([two_parts, "=", bound, ">=", log_of_average, "=", evidence])
    assert (what.problem, what.upper, what.lower) == ("reversed", 3, 2)


def test_both_ends_are_told_by_name():
    start = found([lambda m: m.log_joint.exp(), "=", log_of_average, ">=", bound, "=", two_parts])
    assert (start.problem, start.top_name) == ("start", "p(x)")
    back = [lambda m: m.expect_q(evidence(m)), "=", lambda m: m.expect_q(evidence(m) + m.log_q) - m.expect_q(m.log_q)]
    end = found([evidence, "=", log_of_average, "=", *back])
    assert (end.problem, end.top_name) == ("end", "log p(x)")


def test_a_mistake_has_the_same_code_wherever_it_stands():
    short = [evidence, "=", log_of_average, "=", bound, "=", two_parts]
    long = [evidence, "=", lambda m: m.expect_q(evidence(m)), "=", log_of_average, "=", two_parts, "=", bound]
    other = [evidence, "=", log_of_average, ">=", bound, "=", lambda m: two_parts(m) + 1]
    assert found(short).code == found(long).code != found(other).code


@pytest.mark.parametrize(
    ("line", "again"),
    [
        (evidence, lambda m: torch.logsumexp(m.log_joint, -1)),
        (evidence, lambda m: evidence(m).expand_as(m.log_joint) / m.log_joint.shape[1]),
        (bound, lambda m: -m.expect_q(m.log_q - m.log_joint)),
        (bound, lambda m: m.total(bound(m))),
        (two_parts, lambda m: m.expect_q(m.log_prior - m.log_q) + m.expect_q(m.log_likelihood)),
    ],
)
@every_case
def test_one_line_written_twice_is_one_line(case, line, again):
    chain = [evidence, "=", log_of_average, ">=", two_parts if line is two_parts else bound]
    at = chain.index(line)
    what = found([*chain[: at + 1], "=", again, *chain[at + 1 :]], case)
    assert (what.problem, what.upper, what.lower) == ("repeated", at // 2 + 1, at // 2 + 2)


@pytest.mark.parametrize(
    ("chain", "lines"),
    [
        ([evidence, ">=", bound, "=", two_parts, "=", lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q)], (1, 2)),
        ([evidence, "=", lambda m: m.log_joint.logsumexp(-1), ">=", bound, "=", two_parts], (2, 3)),
        ([two_parts, "=", bound, "=", lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q), "<=", evidence], (4, 3)),
        ([evidence, ">=", bound, "=", bound, "=", bound], (1, 2)),
    ],
)
@every_case
def test_a_bound_may_not_be_the_first_step_from_log_p(case, chain, lines):
    what = found(chain, case)
    assert (what.problem, what.upper, what.lower) == ("leap", *lines)


def less_loss(m):
    return evidence(m) - m.expect_q(m.log_q - m.log_joint + evidence(m))


@pytest.mark.parametrize(
    ("step", "copied"),
    [
        ([">=", less_loss, "=", bound], "log p(x)"),
        (["=", less_loss, "=", bound], "log p(x)"),
        ([">=", bound, "=", less_loss], "log p(x)"),
        (["=", lambda m: evidence(m) + 0 * m.log_q, ">=", bound], "log p(x)"),
        (["=", lambda m: bound(m) + m.total(m.expect_q(evidence(m)) - bound(m)), ">=", bound], "KL(q ‖ posterior)"),
        ([">=", bound, "=", lambda m: m.total(m.expect_q(m.log_likelihood)) - price(m)], "E_q[log p(x|z)]"),
        ([">=", bound, "=", lambda m: m.expect_q(m.log_likelihood) - m.total(price(m))], "KL(q ‖ p(z))"),
        ([">=", lambda m: m.expect_q(m.log_joint) - m.total(m.expect_q(m.log_q)), "=", bound], "the entropy of q"),
        ([">=", lambda m: m.total(m.expect_q(m.log_joint)) - m.expect_q(m.log_q), "=", bound], "E_q[log p(x, z)]"),
    ],
)
def test_what_meets_terms_and_is_counted_once_for_every_state_is_told(step, copied):
    for case in CASES:
        what = found([evidence, "=", log_of_average, *step, "=", two_parts], case)
        assert (what.problem, what.copied, what.code) == ("copies", copied, f"copies: {copied}")


@pytest.mark.parametrize(
    "step",
    [
        (evidence, lambda m: (m.log_prior + m.log_likelihood).logsumexp(-1)),
        (evidence, lambda m: m.expect_q(evidence(m))),
        (evidence, lambda m: (m.log_q + m.log_joint - m.log_q).logsumexp(-1)),
        (bound, lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q)),
        (bound, lambda m: m.expect_q(m.log_likelihood + m.log_prior - m.log_q)),
        (bound, lambda m: m.log_q.exp() * (m.log_joint - m.log_q)),
        (two_parts, lambda m: m.expect_q(m.log_likelihood + m.log_prior - m.log_q)),
    ],
)
@every_case
def test_a_step_of_a_derivation_is_a_line_of_its_own(case, step):
    line, following = step
    chain = [evidence, "=", log_of_average, ">=", two_parts if line is two_parts else bound]
    at = chain.index(line)
    assert found([*chain[: at + 1], "=", following, *chain[at + 1 :]], case).code == "right"


def test_a_line_that_overwrites_the_model_spoils_no_other():
    def overwriting(m):
        return m.expect_q(m.log_joint.clone() - m.log_q).add_(m.log_q.zero_())

    assert found([evidence, "=", log_of_average, ">=", overwriting, "=", two_parts]).code == "right"


def test_a_line_may_fail_where_a_model_obeys_no_rule():
    def careful(m):
        assert torch.allclose(m.log_joint, m.log_prior + m.log_likelihood)
        return bound(m)

    assert found([evidence, "=", log_of_average, ">=", careful, "=", two_parts]).code == "right"


# --- what cannot be read ---


@pytest.mark.parametrize(
    ("chain", "says"),
    [
        (RIGHT[:1], "derivation returned 1 line and 0 relations; a list of at least 4 lines, .* is expected"),
        (RIGHT[:3], "derivation returned 2 lines and 1 relation; a list of at least 4 lines"),
        (RIGHT[:5], "derivation returned 3 lines and 2 relations; a list of at least 4 lines"),
        (RIGHT[:4], "The list ends with '>='; a line is expected after it"),
        ([], "derivation returned a list of 0; a list of at least 4 lines"),
        (dict(enumerate(RIGHT)), "returned a dict; a list of at least 4 lines"),
        (RIGHT[::2] * 2, "Lines 1 and 2 stand side by side; a relation is expected between them"),
        ([*RIGHT[:3], bound, *RIGHT[4:]], "Lines 2 and 3 stand side by side"),
        ([*RIGHT[:3], ">", *RIGHT[4:]], "After line 2 stands '>'; the relations are =, >=, <="),
        ([*RIGHT[:2], "=", *RIGHT[2:]], "'=' stands right after '='; a line is expected there"),
        (["=", *RIGHT], "'=' stands before the first line"),
        ([*RIGHT, "="], "The list ends with '='; a line is expected after it"),
        ([torch.ones(5, 7), *RIGHT[1:]], "Line 1 of derivation is a Tensor; a function of m is expected"),
        ([*RIGHT[:6], lambda m: m.log_posterior], "Line 4 of derivation stops with AttributeError: .*; m has log_"),
        ([*RIGHT[:6], lambda: 0], "Line 4 of derivation stops with TypeError: "),
        ([*RIGHT[:6], lambda m: 1 / 0], "Line 4 of derivation stops with ZeroDivisionError: division by zero"),
        ([*RIGHT[:6], lambda m: None], "Line 4 of derivation returned None; a torch.Tensor is expected"),
        ([*RIGHT[:6], lambda m: two_parts(m).sum()], r"Line 4 of derivation has shape \(\); expected \(5, 7\), terms"),
        ([*RIGHT[:6], lambda m: evidence(m) - evidence(m).flatten()], r"has shape \(5, 5\); expected \(5, 7\)"),
        ([*RIGHT[:6], lambda m: m.log_joint.sub(99).log()], "Line 4 of derivation gives NaN"),
        ([*RIGHT[:6], lambda m: m.log_joint.sub(9999).exp().log()], "Line 4 of derivation gives an infinity"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(chain, says):
    with pytest.raises(Unfit, match=says):
        found(chain)


@pytest.mark.parametrize(
    "change", [{"relations": "= ="}, {"relations": "= is ="}, {"relations": "= >= = ="}, {"line_2": "0"}],
)
def test_evidence_that_no_probe_brings_is_refused(change):
    with pytest.raises(Unfit):
        summarise(CASES[0], brought(RIGHT, CASES[0]) | change)


# --- the deck ---

LAID = [(card, "=", reason) for card, reason in zip("ABCDEF", range(1, 7), strict=True)]


def test_a_deck_reads_the_same_however_it_is_typed():
    typed = [[f" {card.lower()}", "= ", str(reason)] for card, relation, reason in LAID]
    read_as = [derivation_deck({"derivation_deck": lambda: laid}, {}) for laid in (typed, LAID)]
    assert read_as[0] == read_as[1]


@pytest.mark.parametrize(
    ("laid", "says"),
    [
        (LAID[:5], "returned a list of 5; a list of 6 triples .* is expected"),
        ([*LAID[:5], "F"], "Line 6 of derivation_deck is 'F'; a triple"),
        ([*LAID[:5], ("X", "=", 1)], "Line 6 of derivation_deck has the card 'X'; the cards are A, B"),
        ([*LAID[:5], ("F", "<=", 1)], "Line 6 of derivation_deck has the relation '<='; in this deck it is = or >="),
        ([*LAID[:5], ("F", "=", 0)], "Line 6 of derivation_deck has the reason '0'; the reasons are numbered 1 to 8"),
        ([*LAID[:5], ("a", "=", 1)], "Lines 1 and 6 both use card A"),
    ],
)
def test_a_deck_that_is_laid_in_bad_form_is_told_so(laid, says):
    with pytest.raises(Unfit, match=says):
        derivation_deck({"derivation_deck": lambda: laid}, {})


def test_a_deck_is_shown_as_a_table_whose_cells_hold_together():
    rows = [line for line in DECK._repr_markdown_().splitlines() if line.startswith("| **")]
    assert len(rows) == len(DECK.cards) + len(DECK.reasons)
    assert all(row.replace(r"\|", "").count("|") == 3 for row in rows)
    assert all(line in repr(DECK) for line in DECK.cards.values())
