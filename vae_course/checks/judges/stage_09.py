"""What must hold in stage 09."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import adds_up, agrees, alone, repeats, says, stays
from vae_course.checks.judging import beside, number, part

BEFORE = "your {} from before"
OTHER_ORDER = "rows in reverse"


def _rows_keep_apart(trial, key, what, turned="turned", single="alone", again="again"):
    """The same again, a row by itself, and rows in another order."""
    repeats(trial, key, again)
    for changed, where in ((turned, "with the rows in another order,"), (single, "given a single row,")):
        trial.fits(changed, f"{what}, {where}")
    alone(trial, key, what, single)
    agrees(
        trial, trial.got[turned].flip(0), trial.got[key], OTHER_ORDER,
        "The rows were only put into another order, each with its own t, and their values do not just change places.",
        "Which number of alpha_bar belongs to which row, and along which axis does it act?", BEFORE,
    )


def _keeps(trial):
    says(
        trial, "argument", "kept",
        "The value is right, and your function overwrites what it is given: after the call the caller's numbers are others.",
        "Which of your operations write into their tensor, and whose tensor is it?", where="the arguments after the call",
    )


# --- noise ---

XT = "noise(x0, t, alpha_bar, eps)"


@part("noise", "value")
def test_noise_value(trial):
    trial.fits("xt", XT)
    value, case = trial.got["xt"], trial.case
    _rows_keep_apart(trial, "xt", XT)
    for key, where in (("still", "without noise,"), ("pure", "of zeros,")):
        trial.fits(key, f"{XT}, {where}")
    still, pure = trial.got["still"], trial.got["pure"]
    agrees(
        trial, still + pure, value, "x0 without noise, plus the noise of zeros",
        "x_t is a part of x_0 plus a part of the noise, and yours is not the sum of what it makes of each by itself.",
        "Is anything in your expression neither a multiple of x0 nor one of eps?", BEFORE,
    )
    of_x0, of_eps = _share(still, case["x0"]), _share(pure, case["eps"])
    agrees(
        trial, of_x0[:, None] * case["x0"], still, "no noise",
        "Without noise every entry of a row must be the same multiple of its x_0.",
        "Along which axis does your factor act?", BEFORE,
    )
    total = of_x0**2 + of_eps**2
    agrees(
        trial, total, torch.ones_like(total), "sum of the two squares",
        "If x_0 has variance 1, then x_t has it too, at every step: the squares of your two factors must add up to 1.",
        "Is alpha_bar the part of the scale that is left of x_0, or the part of the variance?", "{}",
    )
    trial.same(
        "xt", XT, "The squares of your two factors add up to 1, but they are not the factors of step t.",
        "Which entry of alpha_bar belongs to step t, and is it what is left of x_0 or what came in as noise?",
    )
    _keeps(trial)


def _share(made, of):
    """The multiple of a row that a row of another table is, as nearly as can be."""
    return (made * of).sum(-1) / of.square().sum(-1)


# --- prior_end ---

END = "prior_end(x0, alpha_bar)"


@part("prior_end", "value")
def test_prior_end_value(trial):
    trial.fits("kl", END)
    value = trial.got["kl"]
    repeats(trial, "kl")
    alone(trial, "kl", END)
    adds_up(trial, "kl", END)
    stays(
        trial, "detour", "kl", "another path to the same end",
        "The path to the end was changed and its last alpha_bar was not; your cost changes. q(x_T|x_0) knows only where the "
        "path ends.",
        "Which entry of alpha_bar says what is left at the end?", END,
    )
    stays(
        trial, "mirrored", "kl", "-x0 in place of x0",
        "x_0 and -x_0 lie equally far from the middle of the prior, and with yours they cost differently.",
        "Where is q(x_T|x_0) centred, and what does the KL make of that mean?", END,
    )
    if trial.case["case"] == "nothing_left":
        agrees(
            trial, value, torch.zeros_like(value), "last alpha_bar = 0",
            "The last alpha_bar is 0 here, so x_T is plain N(0, I) whatever x_0 was, and the end costs nothing; with yours it "
            "costs something.",
            "What are mean and variance of x_T when nothing is left of x_0?", "{}",
        )
    trial.holds(
        bool((value > -1e-9).all()), "A KL is never below 0, and yours is.",
        "Which of the two distributions stands first?", [("lowest value", number(value.min()), "0 or more")],
    )
    trial.same(
        "kl", END, "It adds up over dimensions and looks at the right place of the path, but it is not KL(q(x_T|x_0) || N(0, I)).",
        "Which mean and which variance has x_T given x_0, and what does stage 03 charge for each of them?",
    )
    _keeps(trial)


# --- reverse_posterior ---

MEAN, VAR = "The mean of reverse_posterior", "The variance of reverse_posterior"
USUAL = ("square", "plain", "wide")
MEANS = ("mean", "mean_again", "mean_alone", "mean_turned", "mean_along")
VARS = ("var", "var_again", "var_alone", "var_turned", "var_other", "argument")


@part("reverse_posterior", "value", cases=USUAL, keys=MEANS)
def test_reverse_posterior_value(trial):
    trial.fits("mean", MEAN)
    _rows_keep_apart(trial, "mean", MEAN, "mean_turned", "mean_alone", "mean_again")
    trial.fits("mean_along", f"{MEAN}, where no noise came in,")
    agrees(
        trial, trial.got["mean_along"], trial.case["before"], "x_t without noise",
        "x_t was put where no noise came in, at the root of alpha_bar[t] times x_0. One step before, that point lies at the "
        "root of alpha_bar[t-1] times x_0, and so must your mean; it does not.",
        "Which two statements about x_{t-1} meet here, where is each of them centred, and how sure is each?", "{}",
    )
    trial.same(
        "mean", MEAN,
        "Where no noise came in your mean lies right; elsewhere it leans too much on x_0, or too much on x_t.",
        "How sure is each of the two statements about x_{t-1}: the one from x_0, and the one from x_t?",
    )


@part("reverse_posterior", "variance", cases=USUAL, keys=VARS)
def test_reverse_posterior_variance(trial):
    trial.fits("var", VAR)
    _rows_keep_apart(trial, "var", VAR, "var_turned", "var_alone", "var_again")
    trial.fits("var_other", f"{VAR}, for other x_0 and x_t,")
    agrees(
        trial, trial.got["var_other"], trial.got["var"], "other x_0 and x_t",
        "Other x_0 and x_t gave another variance; where two Gaussians meet, the spread of the result does not depend on where "
        "they are centred.",
        "Which of your inputs should the variance know?", BEFORE,
    )
    value, path, t = trial.got["var"], trial.case["alpha_bar"], trial.case["t"]
    limit = 1 - path[t - 1]
    at = int((value - limit).argmax())
    trial.holds(
        bool((value <= limit + 1e-9).all()),
        "x_0 by itself leaves x_{t-1} the variance 1 - alpha_bar[t-1]. To know x_t as well cannot make it less certain, "
        "and your variance is larger.",
        "What happens to precisions when two Gaussians meet?",
        [(f"row {at}, t = {int(t[at])}", number(value[at]), f"below {number(limit[at])}")],
    )
    trial.same(
        "var", VAR, "It depends on t alone, as it should, but it is not the variance of x_{t-1} when x_t and x_0 are known.",
        "Which two precisions add up?",
    )
    _keeps(trial)


@part("reverse_posterior", "first_step", cases=("first_step",), keys=("mean", "var", "mean_other", "var_other"))
def test_reverse_posterior_first_step(trial):
    trial.fits("mean", f"{MEAN}, at t = 1,")
    trial.fits("var", f"{VAR}, at t = 1,")
    trial.fits("mean_other", f"{MEAN}, at t = 1 and for another x_t,")
    for key in ("mean", "mean_other"):
        agrees(
            trial, trial.got[key], trial.case["x0"], "t = 1",
            "At t = 1 the state before is x_0 itself, which is given, so the mean is x_0 whatever x_t is; yours is not.",
            "What are your two factors when alpha_bar[t-1] is 1?", "{}, x_0",
        )
    value = trial.got["var"]
    agrees(
        trial, value, torch.zeros_like(value), "t = 1",
        "At t = 1 the state before is x_0 itself, which is given, so nothing is left uncertain; your variance is not 0.",
        "What is your variance when alpha_bar[t-1] is 1?", "{}",
    )


# --- step_kl ---

KL = "step_kl(x0, xt, x0_hat, t, alpha_bar)"
SEEN = ("kl", "again", "alone", "turned", "right_guess", "twice_off", "other_xt", "first", "rest")


@part("step_kl", "value", keys=SEEN)
def test_step_kl_value(trial):
    trial.fits("kl", KL)
    value = trial.got["kl"]
    _rows_keep_apart(trial, "kl", KL)
    for key, where in (
        ("right_guess", "where the guess is x_0,"), ("twice_off", "with a guess twice as far off,"),
        ("other_xt", "with another x_t,"),
    ):
        trial.fits(key, f"{KL}, {where}")
    right = trial.got["right_guess"]
    agrees(
        trial, right, torch.zeros_like(right), "x0_hat = x0",
        "Where the guess is x_0 itself the two Gaussians are the same, and a KL between equals is 0; yours is not.",
        "Which two distributions do you compare, and what do they have in common?", "{}",
    )
    agrees(
        trial, trial.got["other_xt"], value, "another x_t",
        "Both means hold the same part of x_t, so it drops out of their difference; your value changes with x_t.",
        "Which parts of the two means are the same?", BEFORE,
    )
    agrees(
        trial, trial.got["twice_off"], 4 * value, "a guess twice as far from x_0",
        "A guess twice as far off costs four times as much, since the means are compared by their squared distance; with yours "
        "it does not.",
        "What is left of the KL of two Gaussians with one variance?", "{}: your value from before, times 4",
    )
    adds_up(trial, "kl", KL)
    trial.same(
        "kl", KL,
        "It is 0 for a perfect guess and grows with the square of the error, but the weight of that square is another one.",
        "By what is the squared distance of the two means divided, and how much of an error in x_0 reaches the mean?",
    )


@part("step_kl", "gradient", keys=("d_x0_hat",))
def test_step_kl_gradient(trial):
    trial.same(
        "d_x0_hat", "The gradient of step_kl with respect to x0_hat",
        "The value is right, but its gradient with respect to x0_hat, from which a network learns, is not.",
        "Is every step made of torch operations on the tensors that came in?",
    )


# --- diffusion_bound ---

BOUND = "diffusion_bound(x0, predict, alpha_bar, eps)"
CHAIN = ("bound", "again", "alone", "moved", "another", "asked", "states")


def _chain_rows(trial, key, what):
    """Rows of a chain keep to themselves."""
    trial.fits("moved", f"{what}, with other noise for row 0,")
    agrees(
        trial, trial.got["moved"][1:], trial.got[key][1:], "other noise for row 0",
        "Only the noise of row 0 was changed, and the value of another row changed with it.",
        "Which of your operations looks along the batch?", BEFORE, first=1,
    )


def _was_asked(trial, key, what, steps, sentence, question):
    """Where the value is wrong: whether the guess was asked about the right states at all; `steps` gives the step of each."""
    if gap(trial.got[key], trial.want[key]) <= SAME:
        return
    says(
        trial, "asked", trial.want["asked"],
        f"{what} was not asked about every row at every step from 1 to {len(trial.case['alpha_bar']) - 1}.",
        "Over which steps does your loop go, the first and the last one?", where="steps asked about",
    )
    if "states" in trial.got and gap(trial.got["states"], trial.want["states"]) > SAME:
        got, want = trial.got["states"], trial.want["states"]
        at = worst(got, want)
        step = steps(at[0])
        trial.holds(False, sentence, question, [(f"x_t for t = {step}, row {at[1]}, column {at[2]}", *beside(got[at], want[at]))])


@part("diffusion_bound", "value", cases=("known", *USUAL[1:]), keys=CHAIN)
def test_diffusion_bound_value(trial):
    trial.fits("bound", BOUND)
    value = trial.got["bound"]
    repeats(trial, "bound")
    trial.fits("alone", f"{BOUND}, given a single row,")
    alone(trial, "bound", BOUND)
    _chain_rows(trial, "bound", BOUND)
    trial.fits("another", f"{BOUND}, with other noise,")
    if trial.case["case"] == "known":
        agrees(
            trial, trial.got["another"], value, "other noise",
            "Here predict always says x_0, so no step costs anything, and what is left are the two ends, which do not depend on "
            "the noise; yours changes with it.",
            "Which of your terms is not 0 although the guess is perfect?", BEFORE,
        )
    _was_asked(
        trial, "bound", "predict", lambda index: index + 1,
        "predict was asked about another point than x_t, where row b at step t has the noise eps[t - 1, b].",
        "How is x_t made, from x_0, for each step, and with which part of eps?",
    )
    trial.same(
        "bound", BOUND, _where_wrong(trial),
        "Which three kinds of terms has the bound, how often does each occur, and with which sign?",
    )


def _where_wrong(trial):
    if trial.case["case"] == "known":
        return (
            "Here predict always says x_0, so no step costs anything: what is left are log p(x_0|x_1) at its peak and the KL at "
            "the prior's end, and yours is not the first minus the second."
        )
    return "With a perfect guess the two ends are right, but with this one the steps from 2 to T, or the reconstruction, are not."


@part("diffusion_bound", "one_step", cases=("one_step",), keys=CHAIN)
def test_diffusion_bound_one_step(trial):
    trial.fits("bound", f"{BOUND}, with T = 1,")
    trial.same(
        "bound", f"{BOUND}, with T = 1,",
        "With T = 1 there is one latent state and no step between: the bound is the reconstruction minus the prior's end, as in a "
        "VAE, and yours is not.",
        "What does your loop do when there are no steps from 2 on?",
    )


@part("diffusion_bound", "gradient", cases=("plain", "wide"), keys=("d_slope", "d_shift", "d_bend"))
def test_diffusion_bound_gradient(trial):
    for key in ("d_slope", "d_shift", "d_bend"):
        trial.same(
            key, "The gradient of diffusion_bound with respect to the parameters of predict",
            "The value is right, but its gradient with respect to the parameters of predict is not.",
            "Is every term a torch operation on what predict gave?",
        )


# --- noise_weight ---

WEIGHT = "noise_weight(t, alpha_bar)"


@part("noise_weight", "value")
def test_noise_weight_value(trial):
    trial.fits("weight", WEIGHT)
    value, case = trial.got["weight"], trial.case
    _rows_keep_apart(trial, "weight", WEIGHT)
    made, want = value * case["error"], case["kl"]
    if gap(made, want) > SAME:
        at = int((made - want).abs().argmax())
        trial.holds(
            False,
            "Your weight times the squared error of the noise must be the KL of the step, in nats, and it is not.",
            "How large is the error in x_0 that an error in the noise makes at this step, and what does step_kl charge for it?",
            [(f"row {at}, t = {int(case['t'][at])}, squared error {number(case['error'][at])}", *beside(made[at], want[at]))],
        )
    trial.same("weight", WEIGHT)
    _keeps(trial)


# --- simple_loss ---

LOSS = "simple_loss(x0, predict_noise, alpha_bar, t, eps)"


@part("simple_loss", "value", keys=("loss", "again", "twice", "first_row", "others", "asked", "asked_t", "states"))
def test_simple_loss_value(trial):
    trial.fits("loss", LOSS)
    value, case = trial.got["loss"], trial.case
    repeats(trial, "loss")
    for key, where in (
        ("twice", "with every row twice,"), ("first_row", "given a single row,"), ("others", "given all rows but the first,"),
    ):
        trial.fits(key, f"{LOSS}, {where}")
    if case["case"] == "known":
        agrees(
            trial, value, torch.zeros_like(value), "predict_noise = eps",
            "Here predict_noise always says eps, so nothing is wrong with its guess, and the loss must be 0; yours is not.",
            "Which two things do you compare?", "{}",
        )
    agrees(
        trial, trial.got["twice"], value, "every row twice",
        "Every row twice is the same batch on average; your loss changes.", "What do you divide by, and what do you add up?",
        BEFORE,
    )
    rows = len(case["x0"])
    parts = (trial.got["first_row"] + (rows - 1) * trial.got["others"]) / rows
    agrees(
        trial, parts, value, "the first row and the others apart",
        "The loss of a batch is the average of the losses of its rows, and yours is not.",
        "Does a row meet another one before you average?", BEFORE,
    )
    if gap(value, trial.want["loss"]) > SAME:
        says(
            trial, "asked", "every row", "predict_noise was not asked about every row.", "What is predict_noise given?",
            where="rows asked about",
        )
        if "states" in trial.got:
            _asked(trial)
    trial.same(
        "loss", LOSS, "It is 0 for a perfect guess, and an average over rows; but it is not the squared error of the noise, summed "
        "over dimensions.",
        "What is one row's error, when each of its dimensions is off by 1?",
    )


def _asked(trial):
    for key, where, sentence, question in (
        ("states", "x_t", "predict_noise was asked about another point than x_t.",
         "What does the network see: x_0, its noise, or both mixed?"),
        ("asked_t", "t", "predict_noise was asked about x_t with another t than that of the row.", "Which step is x_t at?"),
    ):
        got, want = trial.got[key], trial.want[key]
        if gap(got, want) > SAME:
            at = worst(got, want)
            entry = f"{where}, row {at[0]}" + (f", column {at[1]}" if len(at) > 1 else "")
            trial.holds(False, sentence, question, [(entry, *beside(got[at], want[at]))])


@part("simple_loss", "gradient", cases=USUAL, keys=("d_slope", "d_shift", "d_bend"))
def test_simple_loss_gradient(trial):
    for key in ("d_slope", "d_shift", "d_bend"):
        trial.same(
            key, "The gradient of simple_loss with respect to the parameters of predict_noise",
            "The value is right, but its gradient with respect to the parameters of predict_noise is not.",
            "Is the loss a torch operation on what predict_noise gave?",
        )


# --- sample_chain ---

SAMPLE = "sample_chain(predict, alpha_bar, noises)"


@part("sample_chain", "value", keys=("x0", "again", "last", "first", "moved", "quiet", "asked", "states"))
def test_sample_chain_value(trial):
    trial.fits("x0", SAMPLE)
    value, case = trial.got["x0"], trial.case
    repeats(trial, "x0")
    for key, where in (
        ("last", "with another noises[0],"), ("first", "with another noises[T],"), ("quiet", "with no noise at all,"),
    ):
        trial.fits(key, f"{SAMPLE}, {where}")
    _chain_rows(trial, "x0", SAMPLE)
    scale = (1 - case["alpha_bar"][1]).sqrt()
    agrees(
        trial, trial.got["last"] - value, torch.full_like(value, float(scale)), "noises[0] larger by 1",
        "noises[0] was made larger by 1 everywhere. It is the noise of x_0 itself, with the variance 1 - alpha_bar[1] around the "
        "last guess, so every entry must move by the root of that; yours moves by something else.",
        "What is p(x_0|x_1) in the bound, and what makes a sample of it?", "{}",
    )
    if case["case"] == "known":
        says_x0 = case["shift"][0].expand_as(value)
        agrees(
            trial, trial.got["quiet"], says_x0, "all noise 0",
            "Here predict always says the same x_0, and all noise is 0: the chain must end there, and yours does not.",
            "What is the last thing that is done with a guess?", "{}, what predict says",
        )
    else:
        trial.holds(
            gap(trial.got["first"], value) > SAME,
            "noises[T] was changed and the sample was not: the chain does not begin there.",
            "What is x_T, before anything is known?",
            [("entry [0, 0], noises[T] larger by 1", number(trial.got["first"][0, 0]), "another one than before")],
        )
    _was_asked(
        trial, "x0", "predict", lambda index: len(case["alpha_bar"]) - 1 - index,
        "predict was asked about another state than the x_t that the chain has reached.",
        "Which noise belongs to x_{t-1}, how is it scaled, and what is it added to?",
    )
    trial.same(
        "x0", SAMPLE, "predict was asked about the right states, but what came out is not the end of the chain.",
        "What is done with the last guess?",
    )
