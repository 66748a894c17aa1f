"""What must hold in stage 06."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import NOTHING, agrees, alone, gradient, repeats, says, stays
from vae_course.checks.judging import beside, number, part


# --- beta_elbo ---

OBJECTIVE = "beta_elbo(expected_log_likelihood, kl, beta)"


@part(
    "beta_elbo", "value", cases=("dear", "cheap"),
    keys=("objective", "again", "alone", "free", "dearer", "at_one", "at_nothing"),
)
def test_beta_elbo_value(trial):
    trial.fits("objective", OBJECTIVE)
    repeats(trial, "objective")
    for key, where in (("free", "kl = 0"), ("dearer", "kl + 1"), ("at_one", "beta = 1")):
        trial.fits(key, f"{OBJECTIVE}, given {where},")
    objective, free, dearer = (trial.got[key] for key in ("objective", "free", "dearer"))
    score, price = trial.case["expected_log_likelihood"], f"beta = {number(trial.case['beta'])}"
    agrees(
        trial, free, score, f"kl = 0, {price}",
        "A code that costs nothing leaves the expected log-likelihood as it is, whatever the price; yours changes it.",
        "Which of the two terms is a quantity of nats that has a price?", "{}, its expected log-likelihood",
    )
    at = worst(dearer, objective)
    trial.holds(
        bool((dearer < objective).all()),
        "One nat more of kl does not make every value of your objective smaller, and a price has to.",
        "The objective is maximised: what should a dearer code do to it?",
        [(f"row {at[0]}, one nat more of kl, {price}", number(dearer[at]), f"less than {number(objective[at])}")],
    )
    agrees(
        trial, trial.got["at_one"], trial.want["at_one"], "beta = 1",
        "At beta = 1 this should be the bound of stage 02, and yours is something else.",
        "Which two numbers make the bound, and with which signs?",
    )
    agrees(
        trial, objective, trial.want["objective"], price,
        "At beta = 1 yours is the bound, and with another beta it is not the objective.",
        "By how much should the objective fall when kl grows by one nat, and by how much does yours?",
    )
    alone(trial, "objective", OBJECTIVE)
    trial.fits("at_nothing", f"{OBJECTIVE}, at beta = 0,")
    agrees(
        trial, trial.got["at_nothing"], score, "beta = 0",
        "At beta = 0 a nat of kl costs nothing and only the expected log-likelihood is left; yours is something else.",
        "Is 0 a price like any other in your code?", "{}, its expected log-likelihood",
    )


test_beta_elbo_gradient = gradient("beta_elbo", "expected_log_likelihood", "kl", cases=("dear", "cheap"))


# --- linear_rates ---

RATE, ERROR = "The rate of linear_rates", "The error of linear_rates"
RATES = tuple(f"{key}{name}" for key in ("rate", "error") for name in ("", "_again", "_alone", "_dialled", "_in_thirds"))
NEAR = 0.01  # nats


def _settled(trial):
    """Every result has its shape, and does not depend on what was called before."""
    for name, where in (
        ("", ""), ("_alone", ", given one direction,"), ("_dialled", ", given sigma / 2 and 4 beta,"),
        ("_in_thirds", ", given 9 times the variances and 3 sigma,"),
    ):
        trial.fits(f"rate{name}", f"{RATE}{where}")
        trial.fits(f"error{name}", f"{ERROR}{where}")
    for key, what in (("rate", RATE), ("error", ERROR)):
        repeats(trial, key, f"{key}_again", what)


@part("linear_rates", "value", cases=("dear", "cheap"), keys=RATES)
def test_linear_rates_value(trial):
    _settled(trial)
    got, variances = trial.got, trial.case["variances"]
    stays(
        trial, "rate_dialled", "rate", "with sigma / 2 and 4 beta",
        "A noise of half the standard deviation at four times the price is the same bargain, and your rates change: "
        "only beta times the variance of the noise counts.",
        "How often does sigma go into your threshold, and how often beta?", RATE,
    )
    stays(
        trial, "rate_in_thirds", "rate", "with x measured in thirds",
        "With x in a smaller unit, all variances times 9 and sigma times 3, nothing has happened to the codes; your "
        "rates change.",
        "With what is a variance compared, and is that in the same unit?", RATE,
    )
    agrees(
        trial, got["error_in_thirds"], 9 * got["error"], "with x measured in thirds",
        "With x in a unit a third as large a squared error is 9 times as large, and yours is not.",
        "In which unit is your error: of x, of x squared, or of something else?", "{}, 9 times your own",
    )
    at = worst(got["error"], variances)
    trial.holds(
        bool((got["error"] <= variances * (1 + 1e-6)).all()),
        "Without any code the error in a direction is its variance; with a code yours is even larger.",
        "What is left of a direction when the decoder knows nothing, and what when it knows a little?",
        [(f"direction {at[0]}", number(got["error"][at]), f"at most {number(variances[at])}, its variance")],
    )
    rate, want = got["rate"], trial.want["rate"]
    at = worst(rate, want)
    trial.holds(
        gap(rate, want) <= SAME or bool(((rate - want).abs() >= NEAR).any()),
        f"Each of your rates is within {NEAR} nats of the right one, and that is as near as they get: a formula gives the "
        "rate itself.",
        "Which of your steps is exact, and which one only comes near?",
        [(f"direction {at[0]}", *beside(rate[at], want[at]))],
    )
    trial.same(
        "rate", RATE,
        "Units and the one dial are right, but these are not the rates of the best codes.",
        "If the error in a direction has to shrink to a quarter of its variance, how many nats is that?",
    )
    trial.same(
        "error", ERROR,
        "The rates are right, but these are not the squared errors that are left.",
        "A direction is described more exactly while that is worth its price: where does it stop?",
    )
    for key, what in (("rate", RATE), ("error", ERROR)):
        alone(trial, key, what, f"{key}_alone")


@part("linear_rates", "cutoff", cases=("all below", "some below"), keys=RATES)
def test_linear_rates_cutoff(trial):
    _settled(trial)
    rate, error, variances = trial.got["rate"], trial.got["error"], trial.case["variances"]
    dead = trial.want["rate"] == 0
    at = worst(torch.where(dead, rate, 0.0), torch.zeros_like(rate))
    where = f"direction {at[0]}, variance {number(variances[at])}"
    trial.holds(
        bool((rate >= -NOTHING).all()),
        "A rate is a number of nats that were sent, so it cannot be negative, and one of yours is.",
        "What does the best code do about a direction that is not worth its price?",
        [(where, number(rate[at]), "0 or more")],
    )
    trial.holds(
        bool((rate[dead] < NOTHING).all()),
        "A direction that is not worth its price is left out of the code altogether, and you still send some nats "
        "for it.",
        "At which variance does a direction begin to pay for its first nat?",
        [(where, number(rate[at]), "0")],
    )
    at = worst(torch.where(dead, error, variances), variances)
    trial.holds(
        bool(((error - variances)[dead].abs() < 1e-6 * variances.max()).all()),
        "Of a direction that is left out of the code nothing is known, so its error is its whole variance; yours is "
        "not.",
        "What does a decoder say about a direction of which it hears nothing, and how far off is it?",
        [(f"direction {at[0]}", number(error[at]), f"{number(variances[at])}, its variance")],
    )
    if not dead.all():
        trial.same(
            "rate", RATE, "Beside directions that are left out, the others have not the right rates any more.",
            "Which directions does your cutoff take, and should it touch the others?",
        )
    trial.same(
        "error", ERROR, "Beside directions that are left out, the others have not the right errors any more.",
        "Which directions does your cutoff take, and should it touch the others?",
    )


# --- rate_distortion ---

SPENT = {"rate": "The rate of rate_distortion", "distortion": "The distortion of rate_distortion"}


@part("rate_distortion", "value")
def test_rate_distortion_value(trial):
    for key, what in SPENT.items():
        trial.fits(key, what)
    for key, what in SPENT.items():
        repeats(trial, key, f"{key}_again", what)
    stays(
        trial, "rate_anew", "rate", "with other noise",
        "Other noise gives another rate; what a code costs is known in closed form, without a sample.",
        "Which of your two numbers needs z, and which only mu and logvar?", SPENT["rate"],
    )
    for key, what in SPENT.items():
        stays(
            trial, f"{key}_twice", key, "the batch twice over",
            f"The same batch twice over has the same nats/image, and your {key} changes.",
            "Which reduction runs over the rows?", what,
        )
        stays(
            trial, f"{key}_repeated", key, "every sample twice",
            f"With every sample there twice the {key} should stay as it is, and yours changes.",
            "Which reduction runs over the samples?", what,
        )
    if trial.case["case"] == "silent":
        rate = trial.got["rate"]
        trial.holds(
            bool(rate.abs() < NOTHING),
            "Here the encoder gives the prior itself for every x: nothing is sent, and your rate is not 0.",
            "At mu = 0 and logvar = 0, which of your terms is left over?",
            [("rate", number(rate), "0")],
        )
    else:
        trial.same(
            "rate", SPENT["rate"],
            "Your rate does not depend on the noise and averages over rows, but it is not the KL of the codes.",
            "How many nats does q(z|x) of one row cost, summed over its dimensions?",
        )
    trial.same(
        "distortion", SPENT["distortion"],
        "The rate is right, and the distortion is not minus log p(x|z), averaged over all samples and rows.",
        "At which z does the decoder have to explain x, and how many nats does it then need?",
    )


# --- active_units ---

COUNT = "active_units(mu, threshold)"


@part("active_units", "value")
def test_active_units_value(trial):
    trial.fits("count", COUNT)
    repeats(trial, "count", what=COUNT)
    says(
        trial, "left", "as it was",
        "Your function changes what it is given: after the call mu holds other numbers than before.",
        "Which of your lines writes into mu, and not into a tensor of its own?", where="mu after the call",
    )
    count, columns = trial.got["count"], trial.case["mu"].shape[1]
    trial.holds(
        bool(0 <= count <= columns) and float(count).is_integer(),
        f"There are {columns} latent dimensions, so the count is a whole number from 0 to {columns}, and yours is not.",
        "Of what things is there one for each column of mu?",
        [(f"count, mu of shape {tuple(trial.case['mu'].shape)}", number(count), f"0, 1, ... or {columns}")],
    )
    stays(
        trial, "shifted", "count", "3 added to all of mu",
        "With 3 added to all of mu the codes vary as much as before, and your count changes.",
        "A dimension that is 3 for every x: what does it tell the decoder about x?", f"{COUNT}, given mu + 3,",
    )
    stays(
        trial, "twice", "count", "every row twice",
        "With every row there twice the codes vary as much as before, and your count changes.",
        "Along which axis of mu do the data stand, and what is done along it?", f"{COUNT}, given every row twice,",
    )
    named = "no threshold given" if trial.case["case"] == "default" else f"threshold {number(trial.case['threshold'])}"
    agrees(
        trial, count, trial.want["count"], named,
        "This is not the number of dimensions whose mean varies over the data by more than the threshold.",
        "Take one column: which number says how much it varies, and with what is that number compared?",
    )
    kind = trial.got["kind"]
    trial.holds(
        kind == "an int", f"The count is right, and it is {kind}; an int is expected.",
        "What turns one number of any kind into a plain whole number?", [("kind", kind, "an int")],
    )


# --- kl_weight ---

_WHEN = {
    "start": (
        "At step 0 the KL does not count yet, and your weight is not 0.",
        "Before the first step, how much of the warm-up is over?",
    ),
    "during": (
        "Between the ends the weight is the part of the warm-up that is over, and yours is not.",
        "After a quarter of the steps, what should the weight be?",
    ),
    "nearly": (
        "Between the ends your weight is nearly the part of the warm-up that is over, and not quite.",
        "Which of your steps is exact, and which one only comes near?",
    ),
    "after": (
        "From the end of the warm-up on the weight is 1, the price of the bound, and yours is not.",
        "Which price has the KL after the warm-up, and does anything in your answer hold it there?",
    ),
}


NEARLY = 1e-3  # of the weight


def _weights(trial):
    """Every weight, with what to say where it is wrong."""
    warmup_steps = trial.case["warmup_steps"]
    for index, step in enumerate(trial.case["steps"].tolist()):
        key = f"weight_{index}"
        trial.fits(key, "kl_weight(step, warmup_steps)")
        got, want = trial.got[key], trial.want[key]
        when = "after" if step >= warmup_steps else "during" if step else "start"
        if when == "during" and abs(got - want) < NEARLY * want:
            when = "nearly"
        trial.holds(
            gap(got, want) <= SAME, *_WHEN[when],
            [(f"step {step} of a warm-up of {warmup_steps}", *beside(got, want))],
        )


@part("kl_weight", "value", cases=("short", "long", "one", "two"))
def test_kl_weight_value(trial):
    _weights(trial)
    trial.holds(
        trial.got["kind"] == "a number", "The weights are right, and they are tensors; plain numbers are expected.",
        "Which of your operations turns two plain numbers into a tensor?",
    )


@part("kl_weight", "no_warmup", cases=("none",))
def test_kl_weight_without_a_warmup(trial):
    trial.holds(
        trial.got["divided"] == "by something",
        "A warm-up of 0 steps stops your function with ZeroDivisionError.",
        "When a warm-up has no steps, at which step is it over?",
    )
    _weights(trial)


# --- free_bits ---

TOTAL = "free_bits(kl_per_dim, floor)"


@part(
    "free_bits", "value", cases=("mixed", "wide", "dying"),
    keys=("total", "again", "twice", "wide", "without_floor", "single"),
)
def test_free_bits_value(trial):
    trial.fits("total", TOTAL)
    repeats(trial, "total", what=TOTAL)
    trial.fits("without_floor", f"{TOTAL}, given floor = 0,")
    total, columns = trial.got["total"], trial.case["kl_per_dim"].shape[1]
    stays(
        trial, "twice", "total", "every row twice",
        "The same batch twice over has the same price, and yours changes.",
        "Which reduction runs over the rows?", f"{TOTAL}, given every row twice,",
    )
    trial.fits("wide", f"{TOTAL}, given every column twice,")
    agrees(
        trial, trial.got["wide"], 2 * total, "every column twice",
        "With every dimension there twice, everything costs twice as much, floors too; yours does not double.",
        "Which of your operations runs over the dimensions, and how many floors are there?", "{}, twice your own",
    )
    trial.same(
        "without_floor", f"{TOTAL}, given floor = 0,",
        "With a floor of 0 nothing is held up, and the result should be the mean KL, summed over dimensions; yours "
        "is not.",
        "What does a floor of 0 change about a number that is never negative?",
    )
    lowest = columns * trial.case["floor"]
    trial.holds(
        bool(total >= lowest * (1 - 1e-6)),
        f"Each of the {columns} dimensions counts with the floor at least, and your sum is less than {columns} floors.",
        "What does a dimension count with when its KL is below the floor?",
        [("total", number(total), f"at least {number(lowest)}")],
    )
    trial.same(
        "total", TOTAL,
        "Rows and dimensions are treated alike and a floor of 0 is harmless, but this is not the sum of the floored "
        "means.",
        "In which order come the mean over the batch and the floor, and how many numbers meet the floor?",
    )
    trial.same(
        "single", f"{TOTAL}, given a single row,",
        "With several rows your value is right, and with a single one it is not: the mean over the batch is that row then.",
        "Which axes has a batch of one row, and which of them are left after each of your steps?",
    )


@part("free_bits", "gradient", cases=("slopes", "all above"), keys=("d_kl_per_dim",))
def test_free_bits_gradient(trial):
    what = "The gradient of free_bits with respect to kl_per_dim"
    trial.fits("d_kl_per_dim", what)
    got, want = trial.got["d_kl_per_dim"], trial.want["d_kl_per_dim"]
    below = want == 0
    at = worst(torch.where(below, got, want), want)
    trial.holds(
        bool((got[below] == 0).all()),
        "Below the floor a dimension is free, so nothing there may push it: its gradient is exactly 0, and yours is "
        "not.",
        "If the KL of a dimension below the floor grew a little, would the total change?",
        [(f"entry {list(at)}, below the floor", number(got[at]), "0")],
    )
    trial.same(
        "d_kl_per_dim", what,
        "The value is right, but above the floor its gradient is not the share of one row in the mean.",
        "By how much does the total grow when one entry of a dimension above the floor grows by 1?",
    )


# --- rate_target ---

HELD = "rate_target(recon, kl, target)"


@part("rate_target", "value", keys=("loss", "again", "at_target", "mirrored", "dearer", "without_rate"))
def test_rate_target_value(trial):
    trial.fits("loss", HELD)
    repeats(trial, "loss", what=HELD)
    for key, where in (("at_target", "kl = target"), ("dearer", "recon + 1")):
        trial.fits(key, f"{HELD}, given {where},")
    loss, recon = trial.got["loss"], trial.case["recon"]
    agrees(
        trial, trial.got["dearer"], loss + 1, "recon + 1",
        "One nat more of recon is one nat more of loss, and with yours it is not.",
        "How does recon come into your answer?", "{}, one more than yours",
    )
    agrees(
        trial, trial.got["at_target"], recon, "kl = target",
        "Where kl is just what it should be there is nothing to add, and the loss is recon alone; yours is not.",
        "What should the second term be when the target is met?", "{}, which is recon",
    )
    stays(
        trial, "mirrored", "loss", "as far on the other side of the target",
        "Too much and too little are equally wrong, and your loss differs between them.",
        "What does your second term do when kl falls below the target?", f"{HELD}, on the other side of the target,",
    )
    trial.same(
        "loss", HELD,
        "Both sides of the target are treated alike and at the target nothing is added, but what is added elsewhere is not "
        "the distance in nats.",
        "If kl is 3 nats away from the target, how many nats are added?",
    )
    trial.fits("without_rate", f"{HELD}, given target = 0,")
    agrees(
        trial, trial.got["without_rate"], recon + trial.case["kl"], "target = 0",
        "With a target of 0 all of kl is too much, and the loss is recon and kl together; yours is not.",
        "Is 0 a target like any other in your code?", "{}, recon + kl",
    )


@part("rate_target", "gradient", keys=("d_recon", "d_kl"))
def test_rate_target_gradient(trial):
    side = "above" if trial.case["kl"] > trial.case["target"] else "below"
    for name in ("recon", "kl"):
        trial.same(
            f"d_{name}", f"The gradient of rate_target with respect to {name}",
            f"The value is right, but with kl {side} the target the gradient with respect to {name} is not.",
            "When kl is below the target, should it be pushed up or down, and what when it is above?",
        )


# --- running_log_odds ---

ODDS = "running_log_odds(x)"


@part("running_log_odds", "value", keys=("log_odds", "again", "alone", "turned", "inverted"))
def test_running_log_odds_value(trial):
    trial.fits("log_odds", ODDS)
    repeats(trial, "log_odds")
    trial.fits("turned", f"{ODDS}, given one other flip,")
    value, turned, flip = trial.got["log_odds"], trial.got["turned"], trial.case["at"]
    later = torch.zeros_like(value, dtype=torch.bool)
    later[1, flip + 1 :] = True
    others = turned.clone()
    others[1] = value[1]
    at = worst(others, value)
    trial.holds(
        gap(others, value) <= SAME,
        f"Row {at[0]} moved when a flip of row 1 was turned round: every row is a coin of its own, and yours tells one of "
        "another.",
        "What does your code carry over from one row to the next?",
        [(
            f"entry {list(at)}, flip {flip} of row 1 turned", number(turned[at]),
            f"your {number(value[at])} from before",
        )],
    )
    leaked = torch.where(later, value, turned)
    at = worst(leaked, value)
    trial.holds(
        gap(leaked[:, : flip + 1], value[:, : flip + 1]) <= SAME and gap(leaked, value) <= SAME,
        f"Flip {flip} of row 1 was turned round, and an entry moved that is not after it in its row: the decoder would "
        "be told what it has to guess.",
        "Which flips has the decoder seen when it has to guess flip t?",
        [(
            f"entry {list(at)}, flip {flip} of row 1 turned", number(turned[at]),
            f"your {number(value[at])} from before",
        )],
    )
    agrees(
        trial, value[:, 0], torch.zeros_like(value[:, 0]), "before the first flip",
        "Before the first flip heads and tails are equally likely, so the log-odds there are 0, and yours are not.",
        "Which number means fifty-fifty in log-odds?",
    )
    trial.fits("inverted", f"{ODDS}, given heads for tails,")
    agrees(
        trial, trial.got["inverted"], -value, "heads for tails",
        "With heads and tails exchanged the log-odds should change their sign and nothing else; yours do not.",
        "Are heads and tails counted by the same rule?", "{}, minus your own",
    )
    trial.same(
        "log_odds", ODDS,
        "Nothing leaks and both sides are counted alike, but these are not the log-odds of the urn.",
        "After one head, how many heads and how many tails does the urn stand for, and what is the logarithm of their "
        "ratio?",
    )
    alone(trial, "log_odds", ODDS)


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
