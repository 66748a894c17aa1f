"""What must hold in stage 01."""

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import alone, repeats, stays
from vae_course.checks.judging import number, part

JOINT = "log_joint(x, decoder, z)"
GRID = "log_evidence_grid(x, decoder, z_grid)"
POSTERIOR = "posterior_grid(x, decoder, z_grid)"
MONTE_CARLO = "log_evidence_monte_carlo(x, decoder, z)"
LINEAR = "linear_gaussian_evidence(x, W, sigma)"


def _beside(where, changed, value):
    """The row of a report for the data point, of (B,), that moved most though nothing should have."""
    at = worst(changed, value)[0]
    return f"row {at}, {where}", number(changed[at]), f"your {number(value[at])} from before"


# --- sample_joint ---


@part("sample_joint", "value")
def test_sample_joint_value(trial):
    trial.fits("z", "z of sample_joint")
    trial.fits("x", "x of sample_joint")
    if trial.case["case"] == "thin":
        _near_its_curve(trial)
        return
    trial.holds(
        "codes" in trial.got,
        "Five draws have the right shapes, and many draws have not.",
        "Which number in your function should be n?",
    )
    _fresh(trial, "codes", "code z", "Which shape do the random numbers behind z have?")
    trial.holds(
        trial.got["repeated"] == "",
        f"Two calls in a row, with the same generator, gave the same {trial.got['repeated']}; each should draw afresh.",
        "What happens to the state of the random numbers at the start of your function?",
        [("first z, second call", "as in the first", "another number")],
    )
    trial.holds(
        trial.got["noise"] != "unrelated",
        "x is not scattered around decoder(z) for the z that you return beside it; the two look unrelated.",
        "Row 3 of x was made from one code: in which row of your z does that code stand?",
    )
    _fresh(trial, "noise", "noise in x", "Which shape do the random numbers in x have, and what multiplies them?")
    for key, what, sentence, question in _OF_Z + _OF_NOISE:
        _moment(trial, key, what, sentence, question)


def _near_its_curve(trial):
    """With next to no noise, x is where the decoder puts its z."""
    place, off = trial.got.get("place", "own"), trial.got.get("off", 0.0)
    rows = [("farthest x from decoder(z) of its row, in sigmas", number(off), "a few")]
    trial.holds(
        place != "another",
        "This decoder has next to no noise: each x lies at decoder(z) for some z that you return, and not for the one "
        "in its own row.",
        "Row 3 of x was made from one code: in which row of your z does that code stand?", rows,
    )
    trial.holds(
        place == "own",
        "This decoder has next to no noise, so each x must lie at decoder(z) for the z that you return beside it; "
        "yours lie elsewhere.",
        "Which z did this row of x come from, and how much noise was added to it?", rows,
    )


def _fresh(trial, key, what, question):
    """Every number is drawn by itself."""
    shared = {
        "none": "is 0 everywhere", "rows": "is the same in every row",
        "columns": "is the same in all dimensions of a row",
        "one": "is one and the same number in all rows and dimensions",
    }
    found = trial.got[key]
    trial.holds(
        found == "fresh",
        f"The {what} {shared.get(found, 'is not as it should be')}; every row and every dimension has one of its own.",
        question,
    )


def _moment(trial, key, what, sentence, question):
    """A moment of the many draws is the model's, within what chance allows."""
    trial.fits(key, what)
    got, want = trial.got[key], trial.want[key]
    at = worst(got, want)
    yours, model = (float(which[at].exp() if "log" in key else which[at]) for which in (got, want))
    trial.holds(
        gap(got, want, "statistic", trial.standard_errors.get(key)) <= SAME, sentence, question,
        [(f"{what}, dimension {at[-1]}" if at else what, number(yours), f"about {number(round(model, 2) + 0.0)}")],
    )


_OF_Z = (
    (
        "z_mean", "mean of z, in its standard deviations",
        "The prior is centred at 0 in every dimension, and over 2,003 draws your z are not.",
        "Which distribution do your codes come from, and where is its middle?",
    ),
    (
        "z_log_variance", "variance of z",
        "The prior has variance 1 in every dimension, and over 2,003 draws your z have another.",
        "Which distribution do your codes come from, and is anything multiplied with them?",
    ),
    (
        "z_columns", "correlation of z with the next dimension",
        "The dimensions of a code are independent under the prior, and neighbours in yours are not.",
        "Do two dimensions of your z share a random number?",
    ),
    (
        "z_rows", "correlation of z with the next row",
        "One code says nothing about the next, and neighbouring rows of your z are related.",
        "Do two rows of your z share a random number?",
    ),
    (
        "z_tails", "share of z beyond 1.8 standard deviations",
        "Mean and variance of your z are the prior's, but the share of draws further out than 1.8 is not.",
        "Is the bell shape of the prior in your codes, or another shape of the same width?",
    ),
)
_OF_NOISE = (
    (
        "noise_mean", "mean of the noise, in its standard deviations",
        "The noise, (x - decoder(z)) / sigma, should average 0, and yours is shifted to one side.",
        "Is the noise as often below the mean as above it?",
    ),
    (
        "noise_log_variance", "variance of the noise",
        "The noise, (x - decoder(z)) / sigma, should have variance 1, and yours has another.",
        "By what is the noise multiplied: the standard deviation, or something made of it?",
    ),
    (
        "noise_columns", "correlation of the noise with the next dimension",
        "The noise in one dimension of x says nothing about the next, and in yours they are related.",
        "Where does your noise come in: at x, or before the decoder?",
    ),
    (
        "noise_rows", "correlation of the noise with the next row",
        "The noise of one row says nothing about the next, and in yours the two are related.",
        "Do two rows of x share a random number?",
    ),
    (
        "noise_tails", "share of the noise beyond 1.8 standard deviations",
        "Mean and variance of the noise are right, but the share further out than 1.8 sigma is not.",
        "Is the noise a Gaussian, or something else of the same width?",
    ),
    (
        "ties", "correlation of a code with the noise",
        "The noise must not know which code it is added to, and yours goes up and down with z.",
        "Are the random numbers of the noise also used for z?",
    ),
    (
        "size_ties", "correlation of the size of the noise with that of z",
        "The noise has one size, sigma, wherever it is added, and yours is larger at some codes.",
        "Is the noise of your x added to the mean, or multiplied with something that depends on z?",
    ),
)


# --- log_joint ---


@part(
    "log_joint", "value", cases=("plain", "wide", "as_many"),
    keys=("log_joint", "again", "blind", "alone", "single"),
)
def test_log_joint_value(trial):
    trial.fits("log_joint", JOINT)
    repeats(trial, "log_joint")
    trial.fits("blind", f"{JOINT}, given a single row of x,")
    differences, expected = (_from_the_first(which["blind"]) for which in (trial.got, trial.want))
    at = worst(differences, expected)[-1]
    trial.holds(
        gap(differences, expected) <= SAME,
        "Here the decoder gives the same mean for every code, so only the prior can prefer one code to another; the "
        "differences between your columns are not those of the prior.",
        "How much more likely is one code than another before any x is seen, and which of your terms says so?",
        [(f"row 0, code {at + 1} less code 0", number(differences[0, at]), number(expected[0, at]))],
    )
    trial.same(
        "log_joint", JOINT,
        "The prior prefers one code to another by the right amount, but the log joint itself is off.",
        "Take one x and one code: which two densities multiply, and what becomes of the product under a log?",
    )
    alone(trial, "log_joint", JOINT)
    trial.fits("single", f"{JOINT}, given a single code,")
    value, single = trial.got["log_joint"][:, :1], trial.got["single"]
    trial.holds(
        gap(single, value) <= SAME,
        "A code given by itself has another value than among other codes; codes have nothing to do with each other "
        "here.",
        "Which of your operations looks along the codes?",
        [("code 0, by itself", number(single[0, 0]), f"your {number(value[0, 0])} among the others")],
    )


def _from_the_first(row):
    return row[:, 1:] - row[:, :1]


@part("log_joint", "stability", cases=("far_x", "far_z"))
def test_log_joint_stability(trial):
    trial.same(
        "log_joint", "log_joint at a far x or a far code",
        "For an x or a code that is far off, the value is not the log joint any more, though it is an ordinary number.",
        "How small is the density there, and do you need the density itself on the way to its log?",
    )


# --- log_evidence_grid ---


@part(
    "log_evidence_grid", "value", cases=("plain", "wide"),
    keys=("log_evidence", "again", "alone", "halved", "widened"),
)
def test_log_evidence_grid_value(trial):
    trial.fits("log_evidence", GRID)
    repeats(trial, "log_evidence")
    for key, told, question, where in (
        (
            "halved",
            "With a new point in the middle of every two, the integral stays what it was; your value moves.",
            "There are twice as many heights now: what else about them has to change, so that their area does not?",
            "spacing halved",
        ),
        (
            "widened",
            "Five more points at either end, where nothing is left of the joint, cannot change an integral; your "
            "value moves.",
            "What does your function do with the number of points, or with the length of the grid?",
            "grid longer",
        ),
    ):
        trial.fits(key, GRID)
        moved, value = trial.got[key], trial.got["log_evidence"]
        trial.holds(
            bool((moved - value).abs().max() < 1e-4), told, question, [_beside(where, moved, value)],
        )
    trial.same(
        "log_evidence", GRID,
        "Neither a finer nor a longer grid moves your value, so it is the integral of something; it is not log p(x).",
        "Which function of z do you add up, and what is it the density of?",
    )
    alone(trial, "log_evidence", GRID)


@part("log_evidence_grid", "stability", cases=("far", "mixed"))
def test_log_evidence_grid_stability(trial):
    trial.same(
        "log_evidence", "log_evidence_grid at a far x",
        "For an x that no code explains well, every density on the grid is 0 in floating point, though its log is an "
        "ordinary number; your value is lost there.",
        "What could you take out of a sum of tiny numbers before adding them, and put back after the log?",
    )


# --- posterior_grid ---


@part("posterior_grid", "value", cases=("plain", "wide"), keys=("posterior", "alone", "halved"))
def test_posterior_grid_value(trial):
    trial.fits("posterior", POSTERIOR)
    posterior = trial.got["posterior"]
    trial.holds(
        bool((posterior >= 0).all()),
        "A density cannot be negative, and one of your values is.",
        "Did you return a density or its logarithm?",
        [("smallest", number(posterior.min()), "0 or more")],
    )
    area = posterior.sum(1) * trial.case["spacing"]
    at = int((area - 1).abs().argmax())
    trial.holds(
        bool((area - 1).abs().max() < 1e-4),
        "Each row is a density over z, so the area under it must be 1; under one of yours it is not.",
        "An area is heights times a width: by what did you divide, and does it hold the width?",
        [(f"row {at}, area", number(area[at]), "1")],
    )
    trial.fits("halved", f"{POSTERIOR}, given a single row and a finer grid,")
    finer, row = trial.got["halved"][:, ::2], posterior[:1]
    at = int((finer - row).abs().argmax())
    trial.holds(
        bool((finer - row).abs().max() < 1e-4),
        "With a new point in the middle of every two, and x row 0 by itself, the density at the old points stays as it "
        "was; yours changes.",
        "Does a density at a point depend on how many other points you look at?",
        [(f"row 0, point {at}, finer grid", number(finer[0, at]), f"your {number(row[0, at])} from before")],
    )
    trial.same(
        "posterior", POSTERIOR,
        "Each row is a density with area 1, but it is not the posterior.",
        "Which function of z did you scale to area 1, and does it weigh both how well z explains x and how likely z "
        "was?",
    )
    alone(trial, "posterior", POSTERIOR)


@part("posterior_grid", "stability", cases=("far", "mixed"))
def test_posterior_grid_stability(trial):
    trial.same(
        "posterior", "posterior_grid at a far x",
        "For an x that no code explains well, the posterior is an ordinary density all the same; yours is lost there.",
        "Numerator and denominator are both tiny: do you have to form either of them before they are divided?",
    )


# --- log_evidence_monte_carlo ---


@part(
    "log_evidence_monte_carlo", "value", cases=("plain", "wide"),
    keys=("log_evidence", "again", "alone", "single", "repeated"),
)
def test_log_evidence_monte_carlo_value(trial):
    trial.fits("log_evidence", MONTE_CARLO)
    repeats(trial, "log_evidence")
    stays(
        trial, "repeated", "log_evidence", "draws x 4",
        "Taking every draw four times leaves an average over draws as it is; your value changes.",
        "What does your answer do with the number of draws?", MONTE_CARLO,
    )
    trial.fits("single", MONTE_CARLO)
    trial.same(
        "single", f"{MONTE_CARLO}, given a single draw,",
        "With a single draw there is nothing to average, and what is left must be log p(x|z) at that draw; yours is "
        "not.",
        "Which quantity is averaged, and do the draws already say how likely they were?",
    )
    trial.same(
        "log_evidence", MONTE_CARLO,
        "With a single draw your value is right, and with several it is not: they are combined in another way than by "
        "the log of an average.",
        "Which numbers are averaged here: the likelihoods, or something made of them?",
    )
    alone(trial, "log_evidence", MONTE_CARLO)


@part("log_evidence_monte_carlo", "stability", cases=("far", "mixed"))
def test_log_evidence_monte_carlo_stability(trial):
    trial.same(
        "log_evidence", "log_evidence_monte_carlo at a far x",
        "For an x that none of the draws explains, every likelihood is 0 in floating point, though its log is an "
        "ordinary number; your value is lost there.",
        "If 1000 were added to every log-likelihood, your answer should grow by 1000: does it?",
    )


# --- linear_gaussian_evidence ---


@part(
    "linear_gaussian_evidence", "value", cases=("plain", "square", "wide"),
    keys=("log_evidence", "again", "alone", "turned", "unused", "mirrored", "noise_only"),
)
def test_linear_gaussian_evidence_value(trial):
    trial.fits("log_evidence", LINEAR)
    repeats(trial, "log_evidence")
    for key, told, question, where in (
        (
            "mirrored", "The data have mean 0, so x and -x are equally likely; your value changes with the sign of x.",
            "How does x enter, so that its sign cannot matter?", "at -x",
        ),
        (
            "turned",
            "The prior looks the same from every side, so turning the columns of W into each other changes nothing "
            "about x; your value changes.",
            "Which axes of W may be mixed without moving any x, and over which of them do you sum?", "W turned",
        ),
        (
            "unused",
            "A further code that x does not depend on, a column of zeros in W, changes nothing about x; your value "
            "changes.",
            "Where does the number of codes enter your formula?", "one more column of 0",
        ),
    ):
        if key in trial.want:
            stays(trial, key, "log_evidence", where, told, question, LINEAR)
    trial.same(
        "noise_only", f"{LINEAR} with W = 0",
        "With W = 0 only the noise is left, and x is N(0, sigma^2 I); your value for it is off.",
        "With nothing but noise, dimensions are independent: what does one of them contribute?",
    )
    trial.same(
        "log_evidence", LINEAR,
        "With W = 0 your value is right, so the Gaussian is, and its covariance is not: W does not enter as it should.",
        "x is W z plus noise: what is the average of x_i times x_j over z and noise?",
    )
    alone(trial, "log_evidence", LINEAR)


@part("linear_gaussian_evidence", "stability", cases=("thin", "far"))
def test_linear_gaussian_evidence_stability(trial):
    trial.same(
        "log_evidence", "linear_gaussian_evidence with many dimensions and little noise, or at a far x",
        "Where the determinant or the density is too small for floating point, or the noise very small, your value is "
        "lost, though the log-density is an ordinary number.",
        "Which number on the way is 0, or is changed a little, and do you need it, or only its log?",
    )
