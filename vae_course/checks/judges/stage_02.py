"""What must hold in stage 02."""

import torch

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judges.shared import alone, gradient, repeats, stays
from vae_course.checks.judging import number, part


ELBO = "elbo_exact(log_joint, log_q)"
GAP = "evidence_gap(log_joint, log_q)"
ESTIMATE = "elbo_monte_carlo(x, decoder, z, log_q)"
EXPECTED = "The expected log-likelihood of reconstruction_and_kl"
KL = "The KL of reconstruction_and_kl"
FIT_MU, FIT_SIGMA = "mu of fit_posterior", "sigma of fit_posterior"
MU, SIGMA = "mu of linear_gaussian_encoder", "sigma of linear_gaussian_encoder"

CLOSE = 0.03  # nats that a fit may lie below the best one


def _rises(trial, changed, key, amount, told, question, where):
    """The evidence under `changed` is that under `key` plus `amount`, in every row."""
    trial.fits(changed)
    value, other = trial.got[key], trial.got[changed]
    trial.holds(
        gap(other, value + amount) <= SAME, told, question,
        [(where, number(other[0]), f"{number(value[0] + amount)}, from {number(value[0])}")],
    )


def _only_row_0_moves(trial, changed, key, told, question):
    """The evidence under `changed` has a new row 0, and the other rows of that under `key`."""
    stays(trial, changed, key, "row 0 changed", told, question, rows=slice(1, None))


def _repeated(trial, changed, key, what):
    """Every sample several times, under `changed`, gives the same average."""
    stays(
        trial, changed, key, "samples repeated",
        "Taking every sample several times leaves an average over samples as it is; yours changes.",
        "What does your answer do with the number of samples?", what,
    )


# --- elbo_exact ---


@part("elbo_exact", "value", cases=("plain", "wide"), keys=("elbo", "again", "alone", "at_posterior", "raised"))
def test_elbo_exact_value(trial):
    trial.fits("elbo", ELBO)
    repeats(trial, "elbo")
    _rises(
        trial, "raised", "elbo", 1.5,
        "With every joint probability e^1.5 times as large, p(x) is too, and its floor must rise by 1.5 nats; yours "
        "does something else.",
        "How often, and with which weights in all, does the log joint enter your sum?",
        "row 0, all of log_joint + 1.5",
    )
    trial.same(
        "at_posterior", f"{ELBO} with q = posterior",
        "When q is the posterior itself, nothing is lost, and the ELBO must be log p(x); yours is another number.",
        "What is log joint minus log q in each state, when q is the joint divided by p(x)?",
    )
    elbo, evidence = trial.got["elbo"], trial.want["at_posterior"]
    worst = int((elbo - evidence).argmax())
    trial.holds(
        bool((elbo <= evidence + 1e-9).all()),
        "An ELBO is never above log p(x), and one of yours is.",
        "Which term could lift a weighted average of logs above the log of the whole?",
        [(f"row {worst}", number(elbo[worst]), f"{number(evidence[worst])}, which is log p(x), or less")],
    )
    trial.same(
        "elbo", ELBO,
        "At the posterior it is right and it stays below log p(x), but for other q these are not the ELBOs.",
        "Take two states and do the sum by hand: which weight does each state get, and which two logs?",
    )
    alone(trial, "elbo", ELBO)


@part("elbo_exact", "empty_states", cases=("sure",), keys=("elbo",))
def test_elbo_exact_empty_states(trial):
    trial.same(
        "elbo", f"{ELBO}, where log_q is -inf in some states,",
        "Where q leaves states out, the value is not the sum over the states that are left.",
        "What should a state of probability 0 add to an average?",
    )


test_elbo_exact_gradient = gradient("elbo_exact", "log_joint", "log_q", cases=("plain", "wide", "sure", "faint"))


# --- reconstruction_and_kl ---


@part(
    "reconstruction_and_kl", "value",
    keys=("expected", "expected_again", "expected_repeated", "expected_raised", "expected_shifted"),
)
def test_reconstruction_and_kl_value(trial):
    trial.fits("expected", EXPECTED)
    repeats(trial, "expected", "expected_again")
    stays(
        trial, "expected_shifted", "expected", "log_q + 2 in row 0",
        "Only log_q was changed, and your expected log-likelihood changed with it; the samples, and how well they "
        "explain x, are what they were.",
        "The samples were drawn from q already: what is left for log_q to do in this average?", EXPECTED,
    )
    _only_row_0_moves(
        trial, "expected_raised", "expected",
        "Only the log-likelihoods of row 0 were raised, and another row changed with them.",
        "Each array has two axes: which one holds the samples of one and the same row?",
    )
    _repeated(trial, "expected_repeated", "expected", EXPECTED)
    trial.same(
        "expected", EXPECTED,
        "It looks at log_likelihood alone and keeps rows apart, but it is not the average over samples.",
        "Take row 0: which K numbers do you average, and what do you do to them before?",
    )


@part(
    "reconstruction_and_kl", "kl",
    keys=("kl", "kl_again", "kl_repeated", "kl_raised", "kl_shifted", "kl_at_prior"),
)
def test_reconstruction_and_kl_kl(trial):
    trial.fits("kl", KL)
    kl, at_prior = trial.got["kl"], trial.got["kl_at_prior"]
    trial.fits("kl_at_prior", KL)
    trial.holds(
        bool((at_prior.abs() < 1e-9).all()),
        "When log q equals log p(z) at every sample, q costs nothing and the KL must be 0; yours is not.",
        "What is left over of your difference, and from which of the densities?",
        [("row 0, log_q = log_prior", number(at_prior.flatten()[0]), "0")],
    )
    stays(
        trial, "kl_raised", "kl", "log_likelihood + 2 in row 0",
        "Only the log-likelihood was changed, and your KL changed with it; this KL compares q with the prior, and x is "
        "not in it.",
        "Which two densities does the price of a code compare?", KL,
    )
    _only_row_0_moves(
        trial, "kl_shifted", "kl",
        "Only log_q of row 0 was raised, and the KL of another row changed with it.",
        "Each array has two axes: which one holds the samples of one and the same row?",
    )
    shifted = trial.got["kl_shifted"][0]
    trial.holds(
        gap(shifted, kl[0] + 2) <= SAME,
        "With log_q of row 0 higher by 2 at every sample, its KL must be higher by 2, and yours is not.",
        "How does log_q enter: once, with which sign, and under which function?",
        [("row 0, log_q + 2", number(shifted), f"{number(kl[0] + 2)}, from {number(kl[0])}")],
    )
    _repeated(trial, "kl_repeated", "kl", KL)
    trial.same(
        "kl", KL,
        "It is 0 at the prior and moves with log_q as it should, but it is not the average over samples.",
        "Take row 0: which K differences do you average?",
    )


# --- evidence_gap ---


@part("evidence_gap", "value", cases=("plain", "wide"), keys=("gap", "again", "alone", "at_posterior", "raised"))
def test_evidence_gap_value(trial):
    trial.fits("gap", GAP)
    repeats(trial, "gap")
    trial.fits("at_posterior", GAP)
    found, at_posterior = trial.got["gap"], trial.got["at_posterior"]
    trial.holds(
        bool((at_posterior == 0).all()),
        "When q is the posterior itself, the ELBO lacks nothing and the gap must be 0; yours is not.",
        "At q = posterior, which of your terms is left over?",
        [("row 0, q = posterior", number(at_posterior.flatten()[0]), "0")],
    )
    trial.holds(
        bool((found > -1e-9).all()),
        "The ELBO is never above log p(x), so a gap is 0 or more; one of yours is negative.",
        "Which of the two numbers lies above the other, and which did you subtract?",
        [("smallest", number(found.min()), "0 or more")],
    )
    _rises(
        trial, "raised", "gap", 0.0,
        "With every joint probability e^1.5 times as large, log p(x) and the ELBO rise together, and the gap stays; "
        "yours changes.",
        "The posterior is the joint divided by something: by what?",
        "row 0, all of log_joint + 1.5",
    )
    trial.same(
        "gap", GAP,
        "It is 0 at the posterior, never negative and blind to the scale of the joint, but it is not what the ELBO "
        "lacks.",
        "There are many ways to measure how far q is from the posterior: under which of the two is the average taken?",
    )
    alone(trial, "gap", GAP)


@part("evidence_gap", "empty_states", cases=("sure",), keys=("gap",))
def test_evidence_gap_empty_states(trial):
    trial.same(
        "gap", f"{GAP}, where log_q is -inf in some states,",
        "Where q leaves states out, the gap is another one.",
        "What should a state of probability 0 add to an average under q, and what does it still add to p(x)?",
    )


# --- elbo_monte_carlo ---


@part(
    "elbo_monte_carlo", "value",
    keys=("elbo", "again", "alone", "fewer", "repeated", "shifted", "moved"),
)
def test_elbo_monte_carlo_value(trial):
    trial.fits("elbo", ESTIMATE)
    repeats(trial, "elbo")
    _only_row_0_moves(
        trial, "moved", "elbo",
        "Only the samples of row 0 were moved, and the estimate of another row changed with them.",
        "z[k, b] belongs to x[b]: where do your rows meet?",
    )
    _rises(
        trial, "shifted", "elbo", -0.7,
        "With log_q higher by 0.7 at every sample the ELBO must be lower by 0.7, and yours is not.",
        "How does log_q enter: once, with which sign, and under which function?",
        "row 0, log_q + 0.7",
    )
    _repeated(trial, "repeated", "elbo", ESTIMATE)
    if trial.case["case"] == "posterior":
        stays(
            trial, "fewer", "elbo", "three samples",
            "Here q is the exact posterior, so every sample must give the same number, log p(x), however many there "
            "are; with the first three samples yours gives another one than with all.",
            "log p(x|z) + log p(z) - log q(z|x): which of the three does not move with z as it should?",
            ESTIMATE, beside="with all",
        )
    trial.same(
        "elbo", ESTIMATE,
        "Rows are kept apart and log_q enters as it should, but these are not the averages of log p(x|z) + log p(z) - "
        "log q(z|x).",
        "For one sample of one row, which three numbers do you add, and does each count every dimension and constant?",
    )
    alone(trial, "elbo", ESTIMATE)


# --- fit_posterior ---


@part("fit_posterior", "value")
def test_fit_posterior_value(trial):
    trial.fits("mu", FIT_MU)
    trial.fits("sigma", FIT_SIGMA)
    mu, sigma = trial.got["mu"], trial.got["sigma"]
    trial.holds(
        bool((sigma > 0).all()),
        "A standard deviation is positive, and one of yours is not.",
        "Which quantity did you climb with, and which one do you return?",
        [("smallest sigma", number(sigma.min()), "above 0")],
    )
    spacing = float(trial.case["z_grid"][1, 0] - trial.case["z_grid"][0, 0])
    narrowest = int(sigma.argmin())
    trial.holds(
        bool(sigma.min() > spacing / 4),
        "One of your sigmas is far below the spacing of the grid: that q sits on a single node, or hides between two. "
        "No posterior here is so sharp.",
        "What, in the number that you climb, should stop sigma from shrinking, and do your weights still add up to 1 "
        "there?",
        [(f"row {narrowest}, sigma", number(sigma[narrowest]), f"well above {number(spacing / 4)}")],
    )
    elbo, best, evidence = trial.got["elbo"], trial.want["elbo"], trial.got["evidence"]
    short = torch.nan_to_num(best - elbo, nan=torch.inf)
    worst = int(short.argmax())
    left_out = float(evidence[worst] - best[worst]) > 0.5  # log 2 for one of two equal bumps
    other = ", or as far on the other side" if left_out else ""
    trial.holds(
        bool(short.max() < CLOSE),
        f"The ELBO of your Gaussian, with q normalised on the grid, is more than {CLOSE} nats below the best one.",
        "Does the ELBO that you climb still rise at the last step, and is it the ELBO of this x?",
        [
            (
                f"row {worst}, ELBO", number(elbo[worst]),
                f"{number(best[worst])} or a little less; log p(x) is {number(evidence[worst])}",
            ),
            (f"row {worst}, mu", number(mu[worst]), f"{number(trial.want['mu'][worst])}{other}"),
            (f"row {worst}, sigma", number(sigma[worst]), number(trial.want["sigma"][worst])),
        ],
    )
    if trial.case["case"] == "hammock":
        best_mu, best_sigma = trial.want["mu"], trial.want["sigma"]
        off = torch.maximum((mu - best_mu).abs() / best_sigma, (sigma / best_sigma - 1).abs())
        furthest = int(off.argmax())
        trial.holds(
            bool(off.max() < 0.25),
            "The ELBO is nearly the best one, but your Gaussian is not: its mu or its sigma is off by more than a "
            "quarter of a sigma.",
            "Does the ELBO that you climb still rise at the last step?",
            [
                (f"row {furthest}, mu", number(mu[furthest]), number(best_mu[furthest])),
                (f"row {furthest}, sigma", number(sigma[furthest]), number(best_sigma[furthest])),
            ],
        )
        if "elbo_early" in trial.want:
            trial.fits("mu_early", FIT_MU)
            trial.fits("sigma_early", FIT_SIGMA)
            lost = trial.got["elbo_early"] - elbo
            trial.holds(
                bool(lost.max() < CLOSE),
                "With more steps your fit is worse than with fewer.",
                "What does a step of your loop leave behind for the next one?",
                [("largest loss, in nats", number(lost.max()), f"below {CLOSE}")],
            )


# --- linear_gaussian_encoder ---


def _worth(case, mu, sigma):
    """The ELBO of diagonal Gaussians in the linear model, but for a constant: two parabolas and an entropy."""
    x, W, noise = case["x"], case["W"], case["sigma"]
    misfit = (x - mu @ W.T).square().sum(-1) + sigma.square() @ W.square().sum(0)
    return -0.5 * misfit / noise**2 - 0.5 * (mu.square() + sigma.square()).sum(-1) + sigma.log().sum(-1)


def _cannot_be_raised(trial, name, nudged):
    """No entry of mu, or of sigma, can be nudged either way so that the ELBO rises. `nudged`: a column after it."""
    given = {"mu": trial.want["mu"].double(), "sigma": trial.want["sigma"].double()} | {name: trial.got[name].double()}
    value = _worth(trial.case, **given)
    for column in range(given[name].shape[1]):
        for way in (-1, 1):
            other = given[name].clone()
            other[:, column] = nudged(other[:, column], way)
            change = _worth(trial.case, **(given | {name: other})) - value
            row = int(change.argmax())
            trial.holds(
                bool(change.max() < 1e-6),
                f"This {name} does not have the highest ELBO: nudge one entry, and the ELBO rises.",
                "At a maximum the slope is 0: what is the slope of the ELBO with respect to this entry?",
                [
                    (f"{name}, entry [{row}, {column}]", number(given[name][row, column]), "where the ELBO is highest"),
                    (f"ELBO when it is {number(other[row, column])}", f"rises by {number(change[row])}", "falls"),
                ],
            )


@part("linear_gaussian_encoder", "value", keys=("mu", "mu_alone", "mu_at_zero", "mu_turned"))
def test_linear_gaussian_encoder_value(trial):
    trial.fits("mu", MU)
    mu = trial.got["mu"]
    trial.fits("mu_at_zero", MU)
    at_zero = trial.got["mu_at_zero"]
    trial.holds(
        bool((at_zero.abs() < 1e-9).all()),
        "x = 0 is the centre of this model, and its best mean is 0; yours is not.",
        "What is left of your mean when x is 0?",
        [("entry [0, 0], x = 0", number(at_zero[0, 0]), "0")],
    )
    trial.fits("mu_turned", MU)
    turned = trial.got["mu_turned"]
    trial.holds(
        gap(turned, -2 * mu) <= SAME,
        "The best mean is linear in x: -2 x must give -2 mu, and yours gives something else.",
        "Which of your steps is not a matrix times x?",
        [("entry [0, 0], at -2 x", number(turned[0, 0]), number(-2 * mu[0, 0]))],
    )
    alone(trial, "mu", MU, "mu_alone")
    _cannot_be_raised(trial, "mu", lambda entry, way: entry + 0.01 * way)
    trial.same(
        "mu", MU, "Linear in x, and 0 at 0, but these are not the means with the highest ELBO.",
        "What is multiplied with x, and what does the prior add to it?",
    )


@part("linear_gaussian_encoder", "sigma", keys=("sigma", "sigma_alone", "sigma_at_zero", "sigma_turned"))
def test_linear_gaussian_encoder_sigma(trial):
    trial.fits("sigma", SIGMA)
    sigma = trial.got["sigma"]
    trial.holds(
        bool((sigma > 0).all()),
        "A standard deviation is positive, and one of yours is not.",
        "Which quantity did you compute: a standard deviation, a variance, or the log of one?",
        [("smallest", number(sigma.min()), "above 0")],
    )
    stays(
        trial, "sigma_at_zero", "sigma", "x = 0",
        "With another x your sigma is another one; in this model every x leaves the same doubt about z.",
        "Where does x enter your sigma?", SIGMA,
    )
    _cannot_be_raised(trial, "sigma", lambda entry, way: entry * (1 + 0.01 * way))
    trial.same(
        "sigma", SIGMA, "Positive, and the same for every x, but these are not the sigmas with the highest ELBO.",
        "How sharply does the ELBO fall when one entry of z leaves its mean and the others stay?",
    )


# --- derivation_deck ---


def _deck(name, aspect, sentence, question):
    """A part of the deck: line by line, the card, the relation or the reason."""

    @part("derivation_deck", name, keys=tuple(f"{aspect}_{line}" for line in range(1, 7)))
    def body(trial):
        for line in range(1, 7):
            key = f"{aspect}_{line}"
            trial.same(key, sentence=sentence.format(line=line, before=line - 1), question=question)

    return body


test_derivation_deck_value = _deck(
    "value", "card",
    "Another card belongs on line {line}; what stands above it is right.",
    "From the line above, which single step can you do, and which card shows its result?",
)
test_derivation_deck_relations = _deck(
    "relations", "relation",
    "The six cards are in order, but the relation in front of line {line} is another one.",
    "Does that step rewrite one and the same number, or can it lose something?",
)
test_derivation_deck_reasons = _deck(
    "reasons", "reason",
    "Cards and relations are right, but something else leads to line {line}.",
    "What exactly is different between the card above and this one, and which reason allows just that?",
)


# --- derivation ---

_PROBLEMS = {  # what a chain can break: a sentence, a question, and what is expected of the difference
    "start": (
        "One end of the chain has to be log p(x), and line {upper}, which stands there, is something else.",
        "What is log p(x) in terms of the joint, and which operation stands outermost?", "",
    ),
    "unequal": (
        "Lines {upper} and {lower} are joined by '=', and they are not equal.",
        "What did you do between these two lines: did it rewrite the same number, or change it?", "0",
    ),
    "identity": (
        "Lines {upper} and {lower} are joined by '{relation}', and they are equal on every model: a bound stands where "
        "an identity does.",
        "What could be lost in this step, and does anything get lost?", "above 0 somewhere",
    ),
    "bounds": (
        "Every relation of yours is a bound, and lines {upper} and {lower} are equal on every model.",
        "Which of your steps only rewrite a number?", "above 0 somewhere",
    ),
    "reversed": (
        "Between lines {upper} and {lower} the inequality points the wrong way: the other one is at least as large.",
        "Which of the two lines is the larger one on row 0?", "{bound}",
    ),
    "neither": (
        "Neither of lines {upper} and {lower} bounds the other: on some models one is larger, on others the other one.",
        "Which inequality did you use here, and does it speak about these two lines?", "{bound}, on every row",
    ),
    "turn": (
        "Lines {upper} and {lower} are ordered as you say, but the chain turns round there: it goes down first and up "
        "again, and then nothing follows about its two ends.",
        "From a >= b and b <= c, what do you know about a and c?", "0 or more",
    ),
    "copies": (
        "On one of lines {upper} and {lower}, {copied} is counted M times, once for every state, as happens when a "
        "number a row, (B, 1), meets terms, (B, M).",
        "Which shape has each piece of that line, and what do you get when its M columns are added up?", "{once}",
    ),
    "leap": (
        "The step from log p(x), between lines {upper} and {lower}, is already a bound: no different line comes before "
        "it, and that the bound holds is what the chain should show.",
        "What can log p(x) be written as, exactly, before anything is left out?", "",
    ),
    "end": (
        "Every step holds, but one end of the chain has to be the bound, and line {upper}, which stands there, is "
        "something else.",
        "What is the bound an average of, and under which distribution?", "",
    ),
    "repeated": (
        "Every step holds, but lines {upper} and {lower} are one and the same line, written twice: there are fewer "
        "than four different ones.",
        "Which step of the derivation have you taken without writing it down?", "",
    ),
}


@part("derivation", "value")
def test_derivation_value(trial):
    found = trial.got
    problem = found["diagnosis"].split(":")[0]
    if problem == "right":
        return
    sentence, question, expected = _PROBLEMS[problem]
    trial.holds(False, sentence.format(**found), question, _rows(problem, found, expected))


def _rows(problem, found, expected):
    """The numbers of one row of the batch, with what they are where that is known."""
    upper, lower, row = (found[key] for key in ("upper", "lower", "row"))
    if problem == "repeated":
        return [(f"lines {upper} and {lower}", "one line", "two")]
    if problem == "leap":
        return [("different lines before the first bound, from log p(x)", "1", "2 or more")]
    if problem in ("start", "end"):
        wanted = {"start": "log p(x)", "end": "the ELBO"}[problem]
        return [(f"line {upper}, row {row}", _told(found["top"], found["top_name"]), _told(found["bottom"], wanted))]
    bound = "0 or more" if found["relation"] == ">=" else "0 or less"
    once = "0" if found["relation"] == "=" else bound
    difference = _told(found["difference"], found["name"])
    rows = [(f"line {upper} − line {lower}, row {row}", difference, expected.format(bound=bound, once=once))]
    if not found["name"]:  # then what the lines are says more
        for mine, side, other, there in ((upper, "top", lower, "bottom"), (lower, "bottom", upper, "top")):
            if found[f"{side}_name"] not in ("", "log p(x)", "the ELBO"):
                beside = f"beside {number(found[there])} on line {other}"
                rows.append((f"line {mine}, row {row}", _told(found[side], found[f"{side}_name"]), beside))
    return rows


def _told(value, name):
    if name == "0":
        return "0"
    return f"{number(value)}, which is {name}" if name else number(value)
