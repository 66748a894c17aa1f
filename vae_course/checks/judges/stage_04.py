"""What must hold in stage 04."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import alone, gradient_of_the_model, repeats, stays
from vae_course.checks.judging import NO_WAY_BACK, number, part

Z_OUT = "reparameterize(mu, logvar, eps)"
DRAWN = "sample_posterior(mu, logvar, K)"


def _others_moved(changed, value, where):
    """The entries outside `where` (a mask) that moved though nothing should have moved them: a row for the report."""
    at = worst(torch.where(where, value, changed), value)
    return [(f"entry {list(at)}", number(changed[at]), f"your {number(value[at])} from before")]


# --- reparameterize ---


@part(
    "reparameterize", "value", cases=("one", "many", "stack"),
    keys=("z", "again", "still", "moved", "doubled", "alone"),
)
def test_reparameterize_value(trial):
    trial.fits("z", Z_OUT)
    repeats(trial, "z")
    for key, where in (("still", "eps = 0"), ("moved", "one other eps"), ("doubled", "2 eps")):
        trial.fits(key, f"{Z_OUT}, given {where},")
    z, still, moved, doubled = (trial.got[key] for key in ("z", "still", "moved", "doubled"))
    at = worst(still, trial.case["mu"].expand_as(still))
    trial.holds(
        gap(still, trial.case["mu"].expand_as(still)) <= SAME,
        "With all noise 0 a sample stands at the mean of its q, and yours stands elsewhere.",
        "What is left of your expression when eps is 0?",
        [(f"entry {list(at)}, eps = 0", number(still[at]), f"{number(trial.case['mu'][at[-2:]])}, its mu")],
    )
    chosen = torch.zeros_like(z, dtype=torch.bool)
    chosen[..., 1, 2] = True
    trial.holds(
        gap(torch.where(chosen, z, moved), z) <= SAME,
        "Only the noise of row 1, dimension 2 was changed, and another entry of z moved with it.",
        "Which number of eps belongs to which number of z, and does anything of yours mix them?",
        _others_moved(moved, z, chosen),
    )
    trial.holds(
        bool((moved != z)[chosen].all()),
        "The noise of row 1, dimension 2 was changed, and z stayed as it was: eps does not reach your answer.",
        "Where in your answer does eps come in?",
        [("row 1, dimension 2, eps changed", number(moved[chosen][0]), "another number")],
    )
    at = worst(doubled - still, 2 * (z - still))
    trial.holds(
        gap(doubled - still, 2 * (z - still)) <= SAME,
        "Twice the noise must carry a sample twice as far from its mean, and yours goes another way.",
        "What is done to eps before, or after, it is multiplied?",
        [(
            f"entry {list(at)}, way from mu at 2 eps", number((doubled - still)[at]),
            f"{number(2 * (z - still)[at])}, twice your own",
        )],
    )
    trial.same(
        "z", Z_OUT,
        "Without noise z stands at mu, and it moves in step with eps; but the steps do not have the right length.",
        "For logvar = log 4, how far should eps = 1 carry z from its mean?",
    )
    trial.fits("alone", f"{Z_OUT}, given a single row,")
    row = z[..., :1, :]
    trial.holds(
        gap(trial.got["alone"], row) <= SAME,
        "A row given by itself has another z than among other rows; rows have nothing to do with each other.",
        "Which of your operations looks along the batch?",
        [(
            "row 0, by itself", number(trial.got["alone"].flatten()[0]),
            f"your {number(row.flatten()[0])} among the others",
        )],
    )


@part("reparameterize", "gradient", cases=("one", "many", "stack"), keys=("d_mu", "d_logvar"))
def test_reparameterize_gradient(trial):
    for name, question in (
        ("mu", "When mu grows by a little and eps stays, where does z go?"),
        ("logvar", "When logvar grows by a little and eps stays, where does z go, and through which step of yours?"),
    ):
        trial.same(
            f"d_{name}", f"The gradient of z with respect to {name}",
            f"The value is right, but the gradient of z with respect to {name} is not.", question,
        )


# --- sample_posterior ---


@part("sample_posterior", "value")
def test_sample_posterior_value(trial):
    trial.fits("z", DRAWN)
    trial.holds(
        trial.got.get("shared") != "none", "Every sample is the mean itself: there is no noise in z.",
        "How far from mu does a draw of N(mu, sigma^2) usually lie?",
    )
    trial.holds(
        "repeated" in trial.got, "Two calls with the same arguments gave samples of two shapes.",
        "What does your function keep from one call to the next?",
    )
    trial.holds(
        trial.got["repeated"] == "no",
        "Two calls in a row gave the same samples; each call should draw afresh.",
        "What happens to the state of the random numbers at the start of your function?",
        [("first z, second call", "as in the first", "another number")],
    )
    if trial.case["case"] == "plain":
        _noise(trial)
    for name in ("mu", "logvar"):
        _reached(trial, name)


def _noise(trial):
    """What is left of the many samples when mu is taken away and sigma divided out is standard-normal noise."""
    trial.holds(
        "shared" in trial.got,
        f"For K = {trial.case['K']} the shape is right, and for K = {trial.case['n']} it is not.",
        "Which number in your function should be K?",
    )
    shared = trial.got["shared"]
    trial.holds(
        shared == "",
        f"The noise is the same for all {shared.replace(' and ', ' and all ')}; every sample, row and dimension has its "
        "own.",
        "Which shape do your random numbers have?",
    )
    for key, what, sentence, question in _OF_NOISE:
        _moment(trial, key, what, sentence, question)


def _moment(trial, key, what, sentence, question):
    """A moment of the noise is that of a standard normal, within what chance allows."""
    trial.fits(key, what)
    got, want = trial.got[key], trial.want[key]
    at = worst(got, want)
    yours, model = (float(which[at].exp() if key == "log_variance" else which[at]) for which in (got, want))
    trial.holds(
        gap(got, want, "statistic", trial.standard_errors.get(key)) <= SAME, sentence, question,
        [(
            f"{what}, row {at[0]}, dimension {at[1]}" if at else what, number(yours),
            f"about {number(round(model, 2 if key == 'tails' else 1) + 0.0)}",
        )],
    )


_OF_NOISE = (
    (
        "mean", "mean of (z - mu) / sigma, in its standard deviations",
        "The samples of a row should scatter around its mu, as often above as below; yours are shifted.",
        "Where is the middle of your noise, and is anything but noise multiplied by sigma?",
    ),
    (
        "log_variance", "variance of z, as a multiple of exp(logvar)",
        "The samples do not have the variance that was asked for.",
        "By what is the noise multiplied: the standard deviation, or something made of it?",
    ),
    (
        "columns", "correlation with the next dimension",
        "Two dimensions of a sample are independent under this q, and in yours they are related.",
        "Do two dimensions share a random number?",
    ),
    (
        "rows", "correlation with the next row",
        "The sample of one row says nothing about that of the next, and in yours they are related.",
        "Do two rows share a random number?",
    ),
    (
        "samples", "correlation with the next sample",
        "One sample of a row says nothing about the next, and in yours they are related.",
        "Do two samples share a random number?",
    ),
    (
        "tails", "share of z more than 1.8 standard deviations from its mean",
        "Mean and variance are right, but the share of samples further out than 1.8 sigma is not.",
        "Is the noise a Gaussian, or something else of the same width?",
    ),
)


def _reached(trial, name):
    """The gradient with respect to `name` is there, and is the one that belongs to the samples."""
    trial.holds(
        trial.got[f"d_{name}"] != "broken",
        f"The samples are right, and their gradient with respect to {name} cannot be computed: {NO_WAY_BACK[0]}",
        NO_WAY_BACK[1],
    )
    trial.holds(
        trial.got[f"d_{name}"] != "none",
        f"The samples are right, and no gradient reaches {name} through them.",
        "Which call turns a tensor with a history into one without?",
        [(f"gradient with respect to {name}", "none", "a number for every entry")],
    )
    trial.holds(
        trial.got[f"d_{name}"] == "right",
        f"A gradient reaches {name}, but not the one that these samples have: moving {name} by a little moves them "
        "otherwise.",
        "With the noise held fixed, how does one sample depend on mu, and how on logvar?",
        [(f"{name}, entry [0, 0]", number(trial.got[f"of_{name}"]), number(trial.got[f"to_{name}"]))],
    )


# --- the two gradients ---


def _names(what, key):
    wrt = "mu" if key == "d_mu" else "logvar"
    return f"The gradient of {what} with respect to {wrt}"


def _same_again(trial, key, what):
    stays(
        trial, f"{key}_again", key, "second call", "Two calls with the same arguments gave different gradients.",
        "What does the first call leave behind that the second one finds?", f"{what}, in a second call,", "from the first",
    )


def _only_row_0(trial, changed, key, what):
    stays(
        trial, changed, key, "other noise for row 0",
        "Only the noise of row 0 was changed, and another row changed with it.",
        "Rows are different data points: which of your operations looks along the batch?",
        f"{what}, with other noise for row 0,", rows=slice(1, None),
    )


def _as_often(trial, changed, key, what):
    stays(
        trial, changed, key, "samples x 4",
        "Taking every sample four times leaves an average over samples as it is; your answer changes.",
        "What does your answer do with the number of samples?", f"{what}, with every sample four times,",
    )


def _by_itself(trial, key, what):
    stays(
        trial, f"{key}_alone", key, "by itself",
        "A row given by itself has another gradient than among other rows; rows have nothing to do with each other.",
        "Which of your operations looks along the batch?",
        f"{what}, given a single row,", "among the others", rows=slice(0, 1),
    )


def _keys(name, *more):
    return tuple(f"{name}{end}" for end in ("", "_again", "_alone", "_moved", "_repeated", *more))


def _gradient(trial, key, exercise, sentence, question):
    """What holds for either half of either estimator."""
    what = _names(exercise, key)
    trial.fits(key, what)
    _same_again(trial, key, what)
    _as_often(trial, f"{key}_repeated", key, what)
    _only_row_0(trial, f"{key}_moved", key, what)
    if trial.case["case"] == "exact":
        sentence = f"These noises were chosen so that their average is the gradient of E[f(z)] itself. {sentence}"
    trial.same(key, what, sentence, question)
    _by_itself(trial, key, what)


@part("pathwise_gradient", "value", keys=_keys("d_mu", "_plane"))
def test_pathwise_gradient_value(trial):
    trial.fits("d_mu", _names("pathwise_gradient", "d_mu"))
    trial.fits("d_mu_plane", _names("pathwise_gradient", "d_mu"))
    _same_again(trial, "d_mu", _names("pathwise_gradient", "d_mu"))
    plane, slope = trial.got["d_mu_plane"], trial.case["slope"]
    at = worst(plane, slope.expand_as(plane))
    trial.holds(
        gap(plane, slope.expand_as(plane)) <= SAME,
        "For an f that climbs evenly, the gradient with respect to mu is its slope, whatever the noise; yours is not.",
        "Move mu by a little and hold the noise: how far does each sample go, and what does f gain by it?",
        [(
            f"row {at[0]}, f of slope {number(slope[at[1]])} in dimension {at[1]}", number(plane[at]),
            number(slope[at[1]]),
        )],
    )
    _gradient(
        trial, "d_mu", "pathwise_gradient",
        "It is right for an f that climbs evenly, but for this f it is not the average slope at the samples.",
        "At which points do you take the slope of f, and over what do you average?",
    )


@part("pathwise_gradient", "logvar", keys=_keys("d_logvar", "_plane"))
def test_pathwise_gradient_logvar(trial):
    _gradient(
        trial, "d_logvar", "pathwise_gradient",
        "The gradient with respect to mu is right, and the one with respect to logvar is not.",
        "From logvar to sigma, from sigma to z, from z to f: what does each of the three steps multiply by?",
    )


ESTIMATE = ("plain", "smooth", "exact")


@part("score_function_gradient", "value", cases=ESTIMATE, keys=_keys("d_mu", "_twice"))
def test_score_function_gradient_value(trial):
    _twice(trial, "d_mu")
    _gradient(
        trial, "d_mu", "score_function_gradient",
        "Samples are averaged and rows kept apart, but this is not f times the gradient of log q with respect to mu.",
        "z is held fixed: how does the log-density of a Gaussian at z change when its mean moves?",
    )


@part("score_function_gradient", "logvar", cases=ESTIMATE, keys=_keys("d_logvar", "_twice"))
def test_score_function_gradient_logvar(trial):
    _twice(trial, "d_logvar")
    _gradient(
        trial, "d_logvar", "score_function_gradient",
        "The gradient with respect to mu is right, and the one with respect to logvar is not.",
        "Which two terms of log q(z) hold logvar, and what becomes of each when it grows and z stays?",
    )


def _twice(trial, key):
    what = _names("score_function_gradient", key)
    trial.fits(key, what)
    trial.fits(f"{key}_twice", f"{what}, for 2 f,")
    value, twice = trial.got[key], trial.got[f"{key}_twice"]
    at = worst(twice, 2 * value)
    trial.holds(
        gap(twice, 2 * value) <= SAME,
        "Twice the f has twice the gradient, and with yours it has not.",
        "How does a value of f come into your answer?",
        [(f"entry {list(at)}, for 2 f", number(twice[at]), f"{number(2 * value[at])}, twice your own")],
    )


@part(
    "score_function_gradient", "baseline", cases=("number", "rows"),
    keys=("d_mu", "d_logvar", "d_mu_flat", "d_logvar_flat"),
)
def test_score_function_gradient_baseline(trial):
    for key in ("d_mu", "d_logvar"):
        what = _names("score_function_gradient", key)
        trial.fits(key, what)
        trial.fits(f"{key}_flat", f"{what}, for a constant f,")
        flat = trial.got[f"{key}_flat"]
        at = worst(flat, torch.zeros_like(flat))
        trial.holds(
            bool((flat.abs() < 1e-6).all()),
            "When f is a constant and the baseline is that same constant, nothing is left to learn from: both "
            "gradients must be 0, and one of yours is not.",
            "From which quantity is the baseline taken away, before or after it meets the noise?",
            [(f"entry {list(at)}, f = baseline", number(flat[at]), "0")],
        )
    for key in ("d_mu", "d_logvar"):
        trial.same(
            key, f"{_names('score_function_gradient', key)}, with a baseline,",
            "Where f equals the baseline the gradient is 0, but for another f the baseline does not do what it should.",
            "What is the f of a sample compared with, and is each row compared with its own?",
        )


# --- the two estimators of the bound ---


def _bound(trial, exercise, sentence, question):
    what = f"{exercise}(x, model, eps)"
    trial.fits("bound", what)
    repeats(trial, "bound")
    _as_often(trial, "repeated", "bound", what)
    _only_row_0(trial, "moved", "bound", what)
    if trial.case["case"] in _STEADY:  # there the noise cannot change the estimate
        stays(trial, "another", "bound", "other noise", *_STEADY[trial.case["case"]], f"{what}, with other noise,")
    trial.same("bound", what, sentence, question)
    alone(trial, "bound", what)


_STEADY = {
    "posterior": (
        "Here the encoder gives the posterior itself, and log p(x|z) + log p(z) - log q(z|x) is then the same number "
        "at every z; your estimate changes with the noise.",
        "Which of the three log-densities do you take at another place than the others, or leave out in part?",
    ),
    "blind": (
        "Here the decoder does not look at z, so nothing that has to be sampled depends on the noise; your estimate "
        "does.",
        "Which of your terms still holds a sample, and does it need one?",
    ),
}


BOUND = ("bound", "again", "alone", "moved", "repeated", "another")



@part("sgvb_a", "value", keys=BOUND)
def test_sgvb_a_value(trial):
    _bound(
        trial, "sgvb_a",
        "Samples are averaged and rows kept apart, but this is not the average of log p(x|z) + log p(z) - log q(z|x).",
        "Take one row and one sample: which three densities do you need, at which z, and with which signs?",
    )


@part("sgvb_b", "value", keys=BOUND)
def test_sgvb_b_value(trial):
    _bound(
        trial, "sgvb_b",
        "Samples are averaged and rows kept apart, but this is not the average log p(x|z) less the KL to the prior.",
        "Which of the two terms is an average over samples, and which one is a number for each row already?",
    )


test_sgvb_a_gradient = gradient_of_the_model("sgvb_a")
test_sgvb_b_gradient = gradient_of_the_model("sgvb_b")
