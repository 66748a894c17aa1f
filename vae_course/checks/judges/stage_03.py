"""What must hold in stage 03."""

import math

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judges.shared import adds_up, alone, gradient, repeats, stays
from vae_course.checks.judging import number, part

STD = "std_from_logvar(logvar)"
ENTROPY = "gaussian_entropy(logvar)"
CROSS_ENTROPY = "gaussian_cross_entropy(mu, logvar)"
KL = "gaussian_kl(mu, logvar)"
KL_BETWEEN = "gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)"
ESTIMATE = "The estimate of kl_monte_carlo"
ERROR = "The standard error of kl_monte_carlo"
GAUSSIAN = "gaussian_log_likelihood(x, mean, sigma)"
BERNOULLI = "bernoulli_log_likelihood(x, logits)"


def _mirrors(trial, key, what):
    """The value is the same at mu and at -mu."""
    stays(
        trial, "mirrored", key, "at -mu",
        "Your value changes when mu becomes -mu; seen from the prior, both sides look the same.",
        "How does mu enter, so that its sign cannot matter?", f"{what}, given -mu,", beside="at mu",
    )


def _not_negative(trial):
    """A KL is 0 or more."""
    kl = trial.got["kl"]
    trial.holds(
        bool((kl > -1e-9).all()),
        "A KL cannot be negative, and one of yours is.",
        "Which term can become negative, and what should outweigh it?",
        [("smallest", number(kl.min()), "0 or more")],
    )


# --- std_from_logvar ---


@part("std_from_logvar", "value", cases=("plain", "stack"), keys=("std", "alone"))
def test_std_from_logvar_value(trial):
    trial.fits("std", STD)
    std = trial.got["std"]
    trial.holds(
        bool((std > 0).all()),
        "A standard deviation is positive, and one of yours is not.",
        "Which function turns every real number into a positive one?",
        [("smallest", number(std.min()), "above 0")],
    )
    trial.same(
        "std", STD,
        "Positive and of the right shape, but these are not the standard deviations.",
        "What does your function give for logvar = log 4, where the variance is 4, and for -log 4, where it is 1/4?",
    )
    alone(trial, "std", STD)


test_std_from_logvar_gradient = gradient("std_from_logvar", "logvar", cases=("plain", "stack"))


@part("std_from_logvar", "stability", cases=("narrow", "broad"))
def test_std_from_logvar_stability(trial):
    trial.same(
        "std", "std_from_logvar at an extreme logvar",
        "At an extreme logvar the value is not sigma any more, though float32 could hold it: something on the way "
        "is added, clipped, or too large or too small for float32.",
        "Which number in your computation is the largest, or the smallest, and do you need it?",
    )
    trial.same(
        "d_logvar", "The gradient of std_from_logvar at an extreme logvar",
        "At an extreme logvar the value is right, but its gradient is not.",
        "Which step of your computation is so steep, or so flat, that its slope is lost?",
    )


# --- gaussian_entropy ---


@part(
    "gaussian_entropy", "value", cases=("plain", "wide"),
    keys=("entropy", "again", "alone", "first", "rest", "stretched"),
)
def test_gaussian_entropy_value(trial):
    trial.fits("entropy", ENTROPY)
    repeats(trial, "entropy")
    adds_up(trial, "entropy", ENTROPY)
    trial.fits("stretched", ENTROPY)
    change = trial.got["stretched"] - trial.got["entropy"]
    columns = trial.case["logvar"].shape[-1]
    trial.holds(
        bool((change - columns).abs().max() < 1e-6),
        "Adding 2 to every logvar makes every sigma e times as large, which is worth exactly 1 nat a dimension; yours "
        "changes by another amount.",
        "By how much did log sigma grow, and what did your formula make of it?",
        [("row 0, growth when every logvar grows by 2", number(change[0]), f"{columns}, one a dimension")],
    )
    trial.same(
        "entropy", ENTROPY,
        "Dimensions add, and a wider Gaussian gains what it should, but the entropies themselves are off.",
        "Take one dimension with logvar = 0: which of your terms are left, and where does each come from?",
    )
    alone(trial, "entropy", ENTROPY)


test_gaussian_entropy_gradient = gradient("gaussian_entropy", "logvar")


@part("gaussian_entropy", "stability", cases=("narrow", "broad"))
def test_gaussian_entropy_stability(trial):
    trial.same(
        "entropy", "gaussian_entropy at an extreme logvar",
        "At an extreme logvar the value is lost: something is clipped, patched or rounded on the way.",
        "You were given the log of the variance; do you need the variance itself?",
    )


# --- gaussian_cross_entropy ---


@part(
    "gaussian_cross_entropy", "value", cases=("plain", "wide"),
    keys=("cross_entropy", "again", "alone", "first", "rest", "mirrored"),
)
def test_gaussian_cross_entropy_value(trial):
    trial.fits("cross_entropy", CROSS_ENTROPY)
    repeats(trial, "cross_entropy")
    adds_up(trial, "cross_entropy", CROSS_ENTROPY)
    _mirrors(trial, "cross_entropy", CROSS_ENTROPY)
    trial.same(
        "cross_entropy", CROSS_ENTROPY,
        "Dimensions add and the sign of mu does not matter, but these are not the cross-entropies.",
        "log p(z) is a constant and a parabola in z: what is the average under q of each?",
    )
    alone(trial, "cross_entropy", CROSS_ENTROPY)


test_gaussian_cross_entropy_gradient = gradient("gaussian_cross_entropy", "mu", "logvar")


@part("gaussian_cross_entropy", "stability", cases=("narrow", "broad"))
def test_gaussian_cross_entropy_stability(trial):
    trial.same(
        "cross_entropy", "gaussian_cross_entropy at an extreme logvar",
        "At an extreme logvar the value drifts away: something is clipped, patched or rounded on the way.",
        "What is done to logvar, or to the variance, before the average is taken?",
    )


# --- gaussian_kl ---


@part(
    "gaussian_kl", "value", cases=("plain", "wide"),
    keys=("kl", "again", "alone", "first", "rest", "at_prior", "mirrored"),
)
def test_gaussian_kl_value(trial):
    trial.fits("kl", KL)
    at_prior = trial.got["at_prior"]
    trial.fits("at_prior", KL)
    repeats(trial, "kl")
    trial.holds(
        bool((at_prior.abs() < 1e-6).all()),
        "The KL of N(0, I) to itself must be 0, and yours is not.",
        "At mu = 0, logvar = 0, which of your terms is left over?",
        [("mu = 0, logvar = 0", number(at_prior.flatten()[0]), "0")],
    )
    _not_negative(trial)
    _mirrors(trial, "kl", KL)
    trial.same(
        "kl", KL,
        "Shape, sign and zero are right, but these are not the prices of these Gaussians.",
        "Take one row with one latent dimension and do it by hand: which of the three moving terms disagrees?",
    )
    alone(trial, "kl", KL)
    adds_up(trial, "kl", KL)


test_gaussian_kl_gradient = gradient("gaussian_kl", "mu", "logvar")


@part("gaussian_kl", "stability", cases=("narrow", "broad"))
def test_gaussian_kl_stability(trial):
    trial.same(
        "kl", "gaussian_kl at an extreme logvar",
        "At an extreme logvar the value drifts away: something is added, clipped or rounded on the way.",
        "Between logvar and your result, what is clipped, patched, or turned into a log once more?",
    )


# --- gaussian_kl_between ---


@part(
    "gaussian_kl_between", "value", cases=("plain", "wide"),
    keys=("kl", "again", "alone", "first", "rest", "at_itself", "shifted", "scaled"),
)
def test_gaussian_kl_between_value(trial):
    trial.fits("kl", KL_BETWEEN)
    repeats(trial, "kl")
    at_itself = trial.got["at_itself"]
    trial.fits("at_itself", KL_BETWEEN)
    trial.holds(
        bool((at_itself.abs() < 1e-6).all()),
        "With q equal to p the KL must be 0, and yours is not.",
        "Put the same mean and the same logvar on both sides: which of your terms is left over?",
        [("row 0, q = p", number(at_itself[0]), "0")],
    )
    _not_negative(trial)
    for key, where, told in (
        (
            "shifted", "with 3 added to both means",
            "Moving both Gaussians by the same amount changes your KL; only where they stand to each other may count.",
        ),
        (
            "scaled", "with means and sigmas times e",
            "Measuring z in another unit, with both means and both sigmas times e, changes your KL; a price in nats "
            "does not depend on the unit of z.",
        ),
    ):
        stays(
            trial, key, "kl", where, told,
            "In which unit does your formula measure the distance of the two means, and in which the spread of q?",
            KL_BETWEEN,
        )
    trial.same(
        "kl", KL_BETWEEN,
        "Zero, sign and units are right, but these are not the divergences.",
        "Take one dimension with equal variances, then one with equal means: which of the two disagrees with your "
        "formula?",
    )
    alone(trial, "kl", KL_BETWEEN)
    adds_up(trial, "kl", KL_BETWEEN)


test_gaussian_kl_between_gradient = gradient("gaussian_kl_between", "mu_q", "logvar_q", "mu_p", "logvar_p")


@part("gaussian_kl_between", "stability", cases=("narrow", "broad"))
def test_gaussian_kl_between_stability(trial):
    trial.same(
        "kl", "gaussian_kl_between on a very small or very large scale",
        "When both Gaussians are very narrow, or both very broad, the value drifts away: something is added, "
        "clipped or rounded on the way.",
        "A KL knows no scale of its own: which number in your code does?",
    )


# --- kl_monte_carlo ---


@part(
    "kl_monte_carlo", "value", cases=("plain", "wide"),
    keys=("estimate", "again", "alone", "first", "rest", "moved", "at_prior", "repeated"),
)
def test_kl_monte_carlo_value(trial):
    trial.fits("estimate", ESTIMATE)
    repeats(trial, "estimate")
    value, moved, at_prior = (trial.got[key] for key in ("estimate", "moved", "at_prior"))
    trial.fits("moved", ESTIMATE)
    trial.holds(
        gap(moved[:1], value[:1]) > SAME,
        "All samples of row 0 were moved, and its estimate stayed as it was: z does not reach your answer.",
        "Which of your averages is taken over the samples that you were given?",
        [("row 0, samples moved", number(moved[0]), "another number")],
    )
    stays(
        trial, "moved", "estimate", "row 0 moved",
        "Only the samples of row 0 were moved, and the estimate of another row changed with them.",
        "z has three axes: which one holds the samples of one and the same row?", ESTIMATE, rows=slice(1, None),
    )
    trial.fits("at_prior", ESTIMATE)
    trial.holds(
        bool((at_prior.abs() < 1e-6).all()),
        "When q is the prior itself, log q and log p are equal at every z, so the estimate must be 0; yours is not.",
        "At mu = 0, logvar = 0, what is left over of your difference, and from which of the two densities?",
        [("row 0, q = prior", number(at_prior[0]), "0")],
    )
    stays(
        trial, "repeated", "estimate", "samples x 4",
        "Taking every sample four times leaves an average over samples as it is; your estimate changes.",
        "What does your answer do with the number of samples?", ESTIMATE,
    )
    trial.same(
        "estimate", ESTIMATE,
        "The samples reach your estimate as they should and it is 0 at the prior, but it is not the average of log "
        "q - log p.",
        "Write log q(z) and log p(z) for one row and one sample: at which z is each taken, and how do dimensions "
        "combine?",
    )
    alone(trial, "estimate", ESTIMATE)
    adds_up(trial, "estimate", ESTIMATE)


@part(
    "kl_monte_carlo", "standard_error", cases=("plain", "wide"),
    keys=("error", "error_at_prior", "error_repeated", "error_without_spread"),
)
def test_kl_monte_carlo_standard_error(trial):
    trial.fits("error", ERROR)
    error, repeated = trial.got["error"], trial.got["error_repeated"]
    for key, where, told in (
        (
            "error_without_spread", "row 0, equal samples",
            "When all K samples of a row are the same, nothing spreads and the standard error must be 0; yours is not.",
        ),
        (
            "error_at_prior", "row 0, q = prior",
            "When q is the prior itself, every sample gives the same log q - log p, namely 0, so the standard error "
            "must be 0; yours is not.",
        ),
    ):
        trial.fits(key, ERROR)
        trial.holds(
            bool((trial.got[key].abs() < 1e-6).all()), told,
            "The spread of which numbers do you measure, and along which axis?",
            [(where, number(trial.got[key][0]), "0")],
        )
    trial.holds(
        bool((error > 0).all()),
        "The samples of every row differ, so every standard error must be above 0, and one of yours is not.",
        "What in your formula could take the spread away, or turn its sign round?",
        [("smallest", number(error.min()), "above 0")],
    )
    trial.fits("error_repeated", ERROR)
    ratio = repeated / error
    trial.holds(
        bool(((ratio > 0.4) & (ratio < 0.55)).all()),
        "With every sample taken four times, the standard error must come down to about half; yours comes to "
        "another share.",
        "How does the error of an average depend on the number of samples?",
        [("row 0, error with 4 times the samples, as a share", number(ratio[0]), "about 0.5")],
    )
    trial.same(
        "error", ERROR,
        "The estimate is right, and its standard error shrinks with the samples as it should, but its size is off.",
        "Which K numbers does the estimate of row 0 average, and how far do those spread?",
    )


@part("kl_monte_carlo", "stability", cases=("narrow",))
def test_kl_monte_carlo_stability(trial):
    trial.same(
        "estimate", f"{ESTIMATE} for a very sharp q",
        "For a very sharp q the estimate drifts away: something is added, clipped or rounded on the way.",
        "Which constant in your code is larger than the variance it meets?",
    )


# --- gaussian_log_likelihood ---


@part(
    "gaussian_log_likelihood", "value", cases=("plain", "wide"),
    keys=("log_likelihood", "again", "alone", "first", "rest", "at_mean", "on_grid"),
)
def test_gaussian_log_likelihood_value(trial):
    trial.fits("log_likelihood", GAUSSIAN)
    repeats(trial, "log_likelihood")
    value, at_mean = trial.got["log_likelihood"], trial.got["at_mean"]
    trial.fits("at_mean", GAUSSIAN)
    trial.holds(
        bool((at_mean >= value - 1e-9).all()),
        "The density is highest at x = mean, and your value there is lower than further out.",
        "What should your value do when x leaves the mean, on either side?",
        [("row 0, x = mean", number(at_mean[0]), f"{number(value[0])} or more")],
    )
    if "grid" in trial.case:
        trial.fits("on_grid", GAUSSIAN)
        grid = trial.case["grid"].flatten()
        integral = trial.got["on_grid"].double().exp().sum() * (grid[1] - grid[0])
        trial.holds(
            bool((integral - 1).abs() < 1e-2),
            "exp of your value is not a density: over one dimension it must integrate to 1, and it does not.",
            "What is the height of this Gaussian at its mean, and how fast does it fall from there?",
            [("integral", number(integral), "1")],
        )
    adds_up(trial, "log_likelihood", GAUSSIAN)
    trial.same(
        "log_likelihood", GAUSSIAN,
        "It integrates to about 1 over one dimension and dimensions add, but these are not the log-likelihoods.",
        "One pixel, one sigma away from its mean: how much lower should its log-likelihood be than at the mean?",
    )
    alone(trial, "log_likelihood", GAUSSIAN)


test_gaussian_log_likelihood_gradient = gradient("gaussian_log_likelihood", "mean")


@part("gaussian_log_likelihood", "stability", cases=("far",))
def test_gaussian_log_likelihood_stability(trial):
    trial.same(
        "log_likelihood", "gaussian_log_likelihood far from the mean",
        "Far from the mean the value is lost: something on the way is too small for float32, or is held by a limit.",
        "Does your computation pass through the density itself, or through a floor or a cap that you set?",
    )
    trial.same(
        "d_mean", "The gradient of gaussian_log_likelihood far from the mean",
        "Far from the mean the value is right, but its gradient is not.",
        "Which step on the way to the value is flat there?",
    )


# --- bernoulli_log_likelihood ---


@part(
    "bernoulli_log_likelihood", "value", cases=("plain", "wide"),
    keys=("log_likelihood", "again", "alone", "first", "rest", "white", "black", "inverted"),
)
def test_bernoulli_log_likelihood_value(trial):
    trial.fits("log_likelihood", BERNOULLI)
    repeats(trial, "log_likelihood")
    value, white, black = (trial.got[key] for key in ("log_likelihood", "white", "black"))
    trial.holds(
        bool((value <= 1e-9).all()),
        "A probability is at most 1, so its logarithm is never above 0, and one of yours is.",
        "For one pixel with logit 0, what should x = 1 give, and what x = 0, and what do you give?",
        [("largest", number(value.max()), "0 or less")],
    )
    trial.fits("white", BERNOULLI)
    trial.fits("black", BERNOULLI)
    total = white.double().exp() + black.double().exp()
    trial.holds(
        bool((total - 1).abs().max() < 1e-3),
        "A pixel is white or black, so the two probabilities add to 1; exp of your values for x = 1 and for x = 0 "
        "does not.",
        "For one pixel with logit 0, what should x = 1 give, and what x = 0?",
        [("p(1) + p(0)", number(total[(total - 1).abs().argmax()]), "1")],
    )
    stays(
        trial, "inverted", "log_likelihood", "inverted",
        "Exchanging black and white, with the sign of every logit turned as well, tells the same story; your value "
        "changes.",
        "Do your white pixels and your black pixels obey the same rule?", BERNOULLI,
    )
    adds_up(trial, "log_likelihood", BERNOULLI)
    trial.same(
        "log_likelihood", BERNOULLI,
        "White and black add to 1 and pixels add up, but these are not the log-likelihoods.",
        "A pixel has logit 2: which of x = 1 and x = 0 is likelier, and by how many nats?",
    )
    alone(trial, "log_likelihood", BERNOULLI)


test_bernoulli_log_likelihood_gradient = gradient("bernoulli_log_likelihood", "logits")


@part("bernoulli_log_likelihood", "stability", cases=("confident", "extreme"))
def test_bernoulli_log_likelihood_stability(trial):
    trial.same(
        "log_likelihood", "bernoulli_log_likelihood at logits of size 4 to 100,",
        "At logits of size 4 to 100 the value is lost: a probability is rounded to 0 or 1, or something is "
        "clipped or cut short, on the way.",
        "What is sigmoid(30) in float32, and what is left of one minus that?",
    )
    trial.same(
        "d_logits", "The gradient of bernoulli_log_likelihood at logits of size 4 to 100,",
        "At logits of size 4 to 100 the value is right, but its gradient is not.",
        "Where on the way is a number rounded, or clipped, so that its slope is gone?",
    )


# --- mse_relation ---


@part("mse_relation", "value")
def test_mse_relation_value(trial):
    for key in ("a", "b"):
        for name in (key, f"{key}_doubled", f"{key}_halved"):
            trial.fits(name, f"{key} of mse_relation")
    a, b, D = trial.got["a"].double(), trial.got["b"].double(), trial.case["D"]
    trial.holds(
        bool(b > 0),
        "In a - b * S the log-likelihood has to fall when the squared error S grows, and with your b it does not.",
        "Whose sign stands in the formula already?",
        [("b", number(b), "above 0")],
    )
    trial.holds(
        gap(trial.got["b_doubled"], b) <= SAME,
        "Your b changes with the number of dimensions; S is a sum, so one squared error weighs the same in any "
        "company.",
        "Is S the sum of the squared errors, or their mean?",
        [(f"b at D = {2 * D}", number(trial.got["b_doubled"]), f"{number(b)}, as at D = {D}")],
    )
    trial.holds(
        gap(trial.got["b_halved"], 4 * b) <= SAME,
        "When sigma is halved a squared error must weigh four times as much; with your b it does not.",
        "In which unit is a squared error measured, and how often does sigma go into it?",
        [("b at sigma / 2", number(trial.got["b_halved"]), f"{number(4 * b)}, four times your b")],
    )
    trial.holds(
        gap(trial.got["a_doubled"], 2 * a) <= SAME,
        "a is what a perfect reconstruction earns, and every dimension earns its share; with twice the dimensions "
        "yours does not double.",
        "How many constants does a product of D densities have?",
        [(f"a at D = {2 * D}", number(trial.got["a_doubled"]), f"{number(2 * a)}, twice your a")],
    )
    growth = trial.got["a_halved"].double() - a
    trial.holds(
        bool((growth - D * math.log(2)).abs() < 1e-5 * D),
        "Half the sigma makes every one of the D densities twice as high at its peak, so a must grow by D log 2; yours "
        "changes by another amount.",
        "How does the height of a Gaussian at its mean depend on sigma?",
        [("growth of a when sigma is halved", number(growth), number(D * math.log(2)))],
    )
    trial.same(
        "b", "b of mse_relation",
        "b scales with sigma as it should, but it is not the weight of S in the Gaussian log-likelihood.",
        "What stands in front of (x - mean)^2 in the exponent of a Gaussian?",
    )
    trial.same(
        "a", "a of mse_relation",
        "a scales with D and sigma as it should, but it is not what a perfect reconstruction earns.",
        "With S = 0, what is left of the log-likelihood?",
    )
