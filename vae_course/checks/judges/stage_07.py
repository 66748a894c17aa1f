"""What must hold in stage 07."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import alone, repeats, stays
from vae_course.checks.judges.zoo import told_apart
from vae_course.checks.judging import number, part

# --- log_weights ---


@part("log_weights", "value")
def test_log_weights_value(trial):
    what = "log_weights(x, model, eps)"
    trial.fits("log_w", what)
    value = trial.got["log_w"]
    repeats(trial, "log_w")
    _only_its_own_entry_moves(trial, value)
    stays(
        trial, "first", "log_w", "given by itself",
        "Sample 0 given by itself has other weights than among other samples; a weight is a matter of one sample.",
        "Which of your operations looks along the samples?", f"{what}, given a single sample,", "among the others", slice(0, 1),
    )
    if trial.case["case"] == "posterior":
        _steady(trial, value, what)
    trial.same(
        "log_w", what,
        "Samples and images are kept apart, but this is not log p(x|z) + log p(z) - log q(z|x) at each sample.",
        "Take one image and one sample: which three densities do you need, at which z, and with which signs?",
    )
    trial.fits("alone", f"{what}, given a single image,")
    column, single = value[:, :1], trial.got["alone"]
    at = worst(single, column)
    trial.holds(
        gap(single, column) <= SAME,
        "An image given by itself has other weights than among other images; images have nothing to do with each other.",
        "Which of your operations looks along the batch?",
        [(f"entry {list(at)}, by itself", number(single[at]), f"your {number(column[at])} among the others")],
    )


def _only_its_own_entry_moves(trial, value):
    trial.fits("moved", "log_weights, with the noise of one sample moved,")
    others = (trial.got["moved"] - value).abs()
    others[0, 0] = 0
    at = worst(others, torch.zeros_like(others))
    trial.holds(
        bool((others < 1e-9).all()),
        "The noise of sample 0 of image 0 was changed, and a weight of another sample or image moved with it.",
        "Which entries of z does one row of eps belong to?",
        [(f"entry {list(at)}, noise of [0, 0] moved", number(trial.got["moved"][at]), f"your {number(value[at])} from before")],
    )


def _steady(trial, value, what):
    trial.fits("another", f"{what}, with other noise,")
    spread, another = value - value[:1], trial.got["another"]
    at = worst(another, value)
    trial.holds(
        bool((spread.abs() < 1e-6).all()) and gap(another, value) <= SAME,
        "Here the encoder gives the posterior itself, and log p(x|z) + log p(z) - log q(z|x) is then the same number at every z; "
        "yours changes with the noise.",
        "Which of the three log-densities do you take at another place than the others, or leave out in part?",
        [(f"entry {list(at)}, other noise", number(another[at]), f"your {number(value[at])} from before")],
    )


# --- iwae_bound, effective_sample_size ---


def _order_does_not_matter(trial, what):
    stays(
        trial, "turned", "value", "samples in reverse order",
        "The samples were given in another order, and the value of an image moved; all samples come from the same q.",
        "Which of your operations treats one sample differently from the others?", f"{what}, given the samples in reverse order,",
    )


@part("iwae_bound", "value", cases=("plain", "wide", "lost"))
def test_iwae_bound_value(trial):
    what = "iwae_bound(log_w)"
    trial.fits("value", what)
    value, case = trial.got["value"], trial.case
    repeats(trial, "value")
    _order_does_not_matter(trial, what)
    stays(
        trial, "repeated", "value", "every sample twice",
        "Every sample was given twice, which changes no mean weight, and the bound moved.",
        "What do you divide the sum of the weights by, and does it count the samples?", f"{what}, given every sample twice,",
    )
    trial.fits("single", f"{what}, given one sample,")
    one = case["log_w"][0]
    at = worst(trial.got["single"], one)
    trial.holds(
        gap(trial.got["single"], one) <= SAME,
        "With a single sample the bound is that sample's own log-weight, and yours is not.",
        "What is the log of the mean of one weight?",
        [(f"image {at[0]}, one sample", number(trial.got["single"][at]), number(one[at]))],
    )
    trial.fits("shifted", f"{what}, with 3 added to every log-weight,")
    shifted = trial.got["shifted"]
    at = worst(shifted, value + 3)
    trial.holds(
        gap(shifted, value + 3) <= SAME,
        "When 3 is added to every log-weight, each weight is e^3 times as large, so the bound must grow by 3.",
        "At which point do you leave the logs, and do you come back?",
        [(f"image {at[0]}, 3 added", number(shifted[at]), f"your {number(value[at])} from before, plus 3")],
    )
    trial.same(
        "value", what, "Samples and images are kept apart, but this is not the log of the mean weight.",
        "Which comes first, the mean or the log?",
    )
    alone(trial, "value", what)


@part("iwae_bound", "gradient", cases=("plain", "slopes"), keys=("d_log_w",))
def test_iwae_bound_gradient(trial):
    trial.same(
        "d_log_w", "The gradient of iwae_bound with respect to log_w",
        "The value is right, but its gradient with respect to the log-weights is not.",
        "Is every step made of torch operations on the tensor that came in?",
    )


@part("iwae_bound", "stability", cases=("low", "high"), keys=("value",))
def test_iwae_bound_stability(trial):
    trial.same(
        "value", "iwae_bound, for log-weights near -900 or 900,",
        "A weight of e^-900 is 0 on a computer and one of e^900 is infinite; their logs, and the bound, are ordinary numbers.",
        "What could be taken out of every weight of an image before exp, and given back after log?",
    )


@part("effective_sample_size", "value", cases=("plain", "wide"))
def test_effective_sample_size_value(trial):
    what = "effective_sample_size(log_w)"
    trial.fits("value", what)
    value = trial.got["value"]
    repeats(trial, "value")
    _order_does_not_matter(trial, what)
    trial.fits("equal", f"{what}, for four equal samples,")
    equal = trial.got["equal"]
    at = worst(equal, torch.full_like(equal, 4.0))
    trial.holds(
        bool((equal - 4).abs().max() < 1e-6),
        "Four samples with the same weight count as four, and yours count as something else.",
        "What is left of the formula when every weight is the same number?",
        [(f"image {at[0]}, four equal samples", number(equal[at]), "4")],
    )
    stays(
        trial, "shifted", "value", "3 added to every log-weight",
        "When every weight is multiplied by the same number, none of them counts for more than before; yours moved.",
        "Does your formula change when all weights are doubled?", f"{what}, with 3 added to every log-weight,",
    )
    trial.fits("repeated", f"{what}, given every sample twice,")
    twice = trial.got["repeated"]
    at = worst(twice, 2 * value)
    trial.holds(
        gap(twice, 2 * value) <= SAME,
        "Every sample was given twice: the effective number should double, and yours does not.",
        "How do the two sums in the formula grow when every sample comes twice?",
        [(f"image {at[0]}, every sample twice", number(twice[at]), f"{number(2 * value[at])}, twice your own")],
    )
    trial.same(
        "value", what, "Equal weights count right, but unequal ones do not count as (sum of w)² / (sum of w²).",
        "For the weights 3 and 1: what is the sum, squared, and what is the sum of the squares?",
    )
    alone(trial, "value", what)


@part("effective_sample_size", "stability", cases=("low", "high"), keys=("value",))
def test_effective_sample_size_stability(trial):
    trial.same(
        "value", "effective_sample_size, for log-weights near -900 or 900,",
        "A weight of e^-900 is 0 on a computer and one of e^900 is infinite; how many samples count is an ordinary number.",
        "What may be taken out of every weight without changing the answer?",
    )


# --- log_evidence ---


@part("log_evidence", "value", keys=("evidence", "found", "samples", "noise", "twice", "chunks", "law"))
def test_log_evidence_value(trial):
    trial.fits("evidence", "log_evidence(x, model, K, chunk)")
    trial.holds(
        trial.got["found"] != "unseen",
        "The model's decoder did not get codes of shape (samples, B, Z), so nothing can be said of the estimate.",
        "Which function of this stage turns noise into weights, and which shape has its eps?",
    )
    K, samples = trial.case["K"], trial.got["samples"]
    trial.holds(
        samples == K,
        "The number of samples that you draw for each image is not K.",
        "K need not be a multiple of chunk: how many samples are left for the last chunk?",
        [("samples an image", number(samples), str(K))],
    )
    for key, told in _NOISE.items():
        trial.holds(trial.got[key] == "fresh", *told)
    trial.holds(
        trial.got.get("law", "normal") == "normal", "Your noise is drawn, but not from N(0, 1).",
        "Which mean and which spread do the formulas of q assume for eps?",
    )
    trial.holds(
        trial.got["found"] == "bound",
        "The samples are right, but what you return is not the log of the mean of all K weights of an image.",
        "Which number does a chunk have to pass on so that all weights count the same in the end?",
    )


_NOISE = {
    "noise": (
        "The images of a batch, or the dimensions of a code, do not each get noise of their own.",
        "Which shape has the noise of a chunk?",
    ),
    "chunks": (
        "The same noise comes again within one call: several of your samples are one.",
        "What starts your random numbers afresh for every chunk?",
    ),
    "twice": ("Two calls drew the same noise.", "What starts your random numbers afresh at every call?"),
}


@part("log_evidence", "memory", keys=("most", "largest"))
def test_log_evidence_memory(trial):
    trial.holds(
        trial.got["most"] == "held",
        "More samples than `chunk` are decoded at once, so memory grows with K.",
        "How many samples may be in memory at one time?",
        [("samples at once", number(trial.got.get("largest", 0.0)), f"at most {trial.case['chunk']}")],
    )


# --- iwae_loss ---


@part("iwae_loss", "value", keys=("loss", "again", "twice", "turned", "repeated", "another"))
def test_iwae_loss_value(trial):
    what = "iwae_loss(x, model, eps)"
    trial.fits("loss", what)
    repeats(trial, "loss")
    for key, where, sentence, question in (
        (
            "twice", "every image twice", "Every image was given twice with its noise, and the loss moved; it is an average over images.",
            "What should a batch of twice the size change?",
        ),
        (
            "turned", "samples in reverse order", "The samples were given in another order, and the loss moved.",
            "Which of your operations treats one sample differently from the others?",
        ),
        (
            "repeated", "every sample twice", "Every sample was given twice, which changes no mean weight, and the loss moved.",
            "What do you divide the sum of the weights by?",
        ),
    ):
        stays(trial, key, "loss", where, sentence, question, f"{what}, {where},")
    if trial.case["case"] == "posterior":
        stays(
            trial, "another", "loss", "other noise",
            "Here the encoder gives the posterior itself, so that every weight is p(x); your loss changes with the noise.",
            "What is the log of the mean of equal weights?", f"{what}, with other noise,",
        )
    trial.same(
        "loss", what, "This is an average over samples and images, but it is not minus the average bound.",
        "Which two averages does the loss hold, and between which two of your steps stands the log?",
    )


WEIGHTS = tuple(f"d_{layer}_{kind}" for layer in ("to_mu", "to_logvar", "to_x") for kind in ("weight", "bias"))
_ENDS = {"to_mu": "the encoder's mean", "to_logvar": "the encoder's log-variance", "to_x": "the decoder"}


@part("iwae_loss", "gradient", cases=("gaussian", "bernoulli"), keys=WEIGHTS)
def test_iwae_loss_gradient(trial):
    for key in WEIGHTS:
        end = next(told for name, told in _ENDS.items() if name in key)
        trial.same(
            key, f"The gradient of iwae_loss with respect to {end}",
            f"The value is right, but its gradient with respect to {end} is not.",
            "Along which ways does your value depend on the encoder's two outputs, and is one of the ways cut?",
        )


# --- gradient_snr ---


@part("gradient_snr", "value")
def test_gradient_snr_value(trial):
    what = "gradient_snr(gradients)"
    trial.fits("snr", what)
    value = trial.got["snr"]
    repeats(trial, "snr")
    stays(
        trial, "doubled", "snr", "all gradients doubled",
        "When every gradient is doubled, signal and noise both double, and their ratio stays; yours moved.",
        "In which unit is your signal measured, and in which your noise?", f"{what}, with all gradients doubled,",
    )
    at = worst(value, value.abs())
    trial.holds(
        bool((value >= 0).all()), "A ratio of sizes is never negative, and one of yours is.",
        "Does a parameter whose gradient points down carry less signal?", [(f"parameter {at[0]}", number(value[at]), "0 or more")],
    )
    stays(
        trial, "negated", "snr", "all signs turned", "When every gradient changes its sign, its clearness stays; yours moved.",
        "Does a parameter whose gradient points down carry less signal?", f"{what}, with all signs turned,",
    )
    trial.fits("repeated", f"{what}, given every repeat fifty times,")
    many = trial.got["repeated"]
    at = worst(many, value)
    trial.holds(
        bool(((many - value).abs() < 0.06 * value.abs() + 1e-9).all()),
        "Every repeat was given fifty times, which changes neither the mean nor the spread, and your ratio moved by far.",
        "Do you divide by the spread of the repeats, or by how well their mean is known?",
        [(f"parameter {at[0]}, fifty times", number(many[at]), f"near your {number(value[at])} from before")],
    )
    trial.same(
        "snr", what, "This is not the size of the mean over the standard deviation, both over the repeats.",
        "For the gradients 2, 4 and 9: what is their mean, and what is their standard deviation?",
    )
    alone(trial, "snr", what)


# --- doubly_reparameterized_gradient ---


def _doubly(name, key, of):
    @part("doubly_reparameterized_gradient", name, keys=(key, f"{key}_again", f"{key}_alone", f"{key}_repeated"))
    def body(trial):
        what = f"The gradient of doubly_reparameterized_gradient with respect to {of}"
        trial.fits(key, what)
        value = trial.got[key]
        repeats(trial, key, f"{key}_again")
        if trial.case["case"] == "posterior":
            at = worst(value, torch.zeros_like(value))
            trial.holds(
                bool((value == 0).all()),
                "Here q is the posterior: every weight is p(x) wherever z lies, so nothing can be gained by moving q, and this gradient "
                "is 0 for every noise. Yours is not.",
                "Through which of the two ways does q enter a log-weight, and which one should be held still?",
                [(f"entry {list(at)}", number(value[at]), "0")],
            )
            return
        trial.fits(f"{key}_repeated", f"{what}, given every sample twice,")
        twice = trial.got[f"{key}_repeated"]
        at = worst(twice, value / 2)
        trial.holds(
            gap(twice, value / 2) <= SAME,
            "Every sample was given twice. Each share is half as large then and each square a quarter, with twice as many terms: this "
            "gradient halves. Yours does not.",
            "With which power of its share does a sample count here?",
            [(f"entry {list(at)}, every sample twice", number(twice[at]), f"{number(value[at] / 2)}, half of your own")],
        )
        trial.same(
            key, what, "The shares count right, but this is not the slope of the log-weight along the path of z.",
            "How does the log-weight change with z, and how does z change with this output of the encoder?",
        )
        alone(trial, key, what, f"{key}_alone")

    return body


test_doubly_value = _doubly("value", "d_mu", "mu")
test_doubly_logvar = _doubly("logvar", "d_logvar", "logvar")


# --- bug zoo ---


PROGRAMS = {
    "plain": "takes the log of the mean weight, and minus that as its loss",
    "relative": "writes its weights out as shares of the largest", "in_double": "adds in double precision",
    "image_by_image": "takes a few images at a time",
    "one_after_the_other": "adds one sample after the other, and reports a number without a gradient",
    "shares": "minimises minus the log-weights, each by its share, with the shares held fixed",
    "mean_of_logs": "takes the mean of the log-weights, which is the ELBO",
    "shares_in_the_graph": "weighs the log-weights by their shares, and lets the gradient pass through the shares",
    "worst_first": "gives the largest share to the worst sample",
    "shares_over_images": "shares out its weights over the images, not over the samples",
    "equal_shares": "reports the bound and trains on the ELBO", "winner": "trains on the best sample alone",
    "uphill": "minimises the bound itself",
    "written_out": "trains by weights that it writes out, which a computer rounds to 0 or infinity",
    "shares_reported": "reports the log-weights averaged by their shares",
    "sum_of_weights": "forgets log K in its report",
    "log_added": "adds log K in its report, in place of subtracting it",
    "log_of_the_images": "subtracts the log of the number of images in place of samples",
    "over_images": "averages its weights over the images and the logs over the samples",
    "one_mean": "takes one mean over samples and images before the log", "best": "reports its best sample",
    "negated": "reports minus the bound as the bound", "total": "adds the bounds of its images in place of averaging",
    "overflowing": "reports from weights that it writes out, which a computer rounds to 0 or infinity",
}


def _soundness(name, *cases):
    @part("bound_is_sound", name, cases=cases)
    def body(trial):
        told_apart(
            trial, PROGRAMS, "bound and loss",
            "How a program adds is its own affair, and so are its last digits and the value of its loss.",
            "Your inputs are drawn, and for some of them a right number differs from yours by more than you allow.",
        )

    return body


test_bound_value = _soundness(
    "value", "plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares", "mean_of_logs",
    "sum_of_weights", "over_images",
)
test_bound_weights = _soundness(
    "weights", "shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill",
    "written_out",
)
test_bound_report = _soundness(
    "report", "shares_reported", "log_added", "log_of_the_images", "one_mean", "best", "negated", "total",
    "overflowing",
)
