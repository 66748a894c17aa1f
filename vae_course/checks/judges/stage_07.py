"""What must hold in stage 07."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import agrees, gradient_of_the_model, repeats, says
from vae_course.checks.judges.zoo import told_apart
from vae_course.checks.judging import number, part


BEFORE = "your {} from before"

# --- log_weights ---

LOG_W = "log_weights(x, model, eps)"
IN_SINGLE = "float32 in place of float64"


@part("log_weights", "value", keys=("log_w", "again", "alone", "fewer", "moved", "another", "single"))
def test_log_weights_value(trial):
    trial.fits("log_w", LOG_W)
    value = trial.got["log_w"]
    repeats(trial, "log_w")
    for key, where in (
        ("fewer", "given three samples,"), ("alone", "given a single image,"), ("moved", "with other noise for sample 0,"),
        ("another", "with other noise,"),
    ):
        trial.fits(key, f"{LOG_W}, {where}")
    agrees(
        trial, trial.got["fewer"], value[:3], "only three samples",
        "A sample has another weight when fewer samples stand beside it. The weight of a sample is its own affair.",
        "Which of your operations looks along the samples?", "your {} among the others",
    )
    agrees(
        trial, trial.got["alone"], value[:, :1], "by itself",
        "An image given by itself has other weights than among other images.",
        "Which of your operations looks along the batch?", "your {} among the others",
    )
    agrees(
        trial, trial.got["moved"][1:], value[1:], "other noise for sample 0",
        "Only the noise of sample 0 was changed, and the weight of another sample changed with it.",
        "Which of your operations looks along the samples?", BEFORE,
    )
    if trial.case["case"] == "posterior":
        agrees(
            trial, trial.got["another"], value, "other noise",
            "Here the encoder gives the posterior itself, and log p(x|z) + log p(z) - log q(z|x) is then the same number at "
            "every z; yours changes with the noise.",
            "Which of the three log-densities do you take at another place than the others, or leave out in part?", BEFORE,
        )
    trial.same(
        "log_w", LOG_W,
        "Every sample and every image has a number of its own, but it is not log p(x|z) + log p(z) - log q(z|x).",
        "Take one image and one sample: which three densities do you need, at which z, and with which signs?",
    )
    _in_single(trial, "single", "log_w", LOG_W)


def _in_single(trial, key, double, what):
    """Single precision, in which networks are trained, gives about the same."""
    trial.fits(key, f"{what}, in single precision,")
    agrees(
        trial, trial.got[key], trial.got[double], IN_SINGLE,
        "In double precision it is right, and the same numbers in single precision, in which networks are trained, give "
        "something else.",
        "Which of your numbers is too large or too small for single precision?", "your {} in double precision", kind="coarse",
    )


test_log_weights_gradient = gradient_of_the_model("log_weights")


# --- iwae_bound ---

BOUND = "iwae_bound(log_w)"
TABLE = ("value", "shifted", "again", "turned", "exchanged", "alone", "repeated", "single", "equal", "argument")


def _of_samples(trial, what):
    """What holds for anything that is asked of a table of weights and does not depend on the order of its entries."""
    trial.fits("value", what)
    value = trial.got["value"]
    repeats(trial, "value")
    for key, where in (
        ("turned", "with the samples in another order,"), ("exchanged", "with the images in another order,"),
        ("alone", "given a single image,"), ("repeated", "with every sample four times,"), ("single", "given one sample,"),
        ("equal", "given equal weights,"), ("shifted", "with all log-weights shifted,"),
    ):
        trial.fits(key, f"{what}, {where}")
    agrees(
        trial, trial.got["turned"], value, "samples in reverse",
        "The samples were only put into another order, and your answer changes. None of them comes first.",
        "Does your answer look at where a sample stands?", BEFORE,
    )
    agrees(
        trial, trial.got["exchanged"].flip(0), value, "images in reverse",
        "The images were only put into another order, and their values do not just change places.",
        "Which axis holds the samples, and which the images?", BEFORE,
    )
    agrees(
        trial, trial.got["alone"], value[:1], "by itself",
        "An image given by itself has another value than among other images.",
        "Which axis holds the samples, and which the images?", "your {} among the others",
    )


@part("iwae_bound", "value", cases=("plain", "wide"), keys=TABLE)
def test_iwae_bound_value(trial):
    _of_samples(trial, BOUND)
    value, shift = trial.got["value"], trial.case["shift"]
    agrees(
        trial, trial.got["single"], trial.case["log_w"][0], "K = 1",
        "With one sample the mean weight is that weight, so the bound is its log-weight; yours is not.",
        "What is left of your expression when K is 1?", "{}, that log-weight",
    )
    agrees(
        trial, trial.got["equal"], trial.case["log_w"][0], "all samples equal",
        "When all K weights are equal, their mean is that same weight; your answer depends on how many there are.",
        "What do you divide by, and on which side of the logarithm?", "{}, that log-weight",
    )
    agrees(
        trial, trial.got["repeated"], value, "samples x 4",
        "Taking every sample four times leaves the mean weight as it is; your answer changes.",
        "What do you divide by, and on which side of the logarithm?", BEFORE,
    )
    agrees(
        trial, trial.got["shifted"], value + shift, f"{number(shift)} added to every log-weight",
        f"{number(shift)} nats more on every log-weight must give {number(shift)} nats more, and with yours it does not.",
        "By what has every weight been multiplied, and what does that do to the logarithm of their mean?",
        "{}: your value from before, and the shift",
    )
    trial.same(
        "value", BOUND,
        "It is right when all weights are equal, and it moves along with them; but it is not the logarithm of the mean "
        "weight.",
        "Which comes first here: the logarithm, or the mean over samples?",
    )
    _keeps(trial)


def _keeps(trial):
    says(
        trial, "argument", "kept",
        "The value is right, and your function overwrites the table that it is given: after the call the caller's numbers are "
        "others.",
        "Which of your operations write into their tensor, and whose tensor is it?", where="the argument after the call",
    )


@part("iwae_bound", "gradient", cases=("plain", "wide"), keys=("d_log_w",))
def test_iwae_bound_gradient(trial):
    trial.same(
        "d_log_w", "The gradient of iwae_bound with respect to log_w",
        "The value is right, but its gradient with respect to log_w is not.",
        "Each sample's share of the gradient is its share of the weights: is every step a torch operation on log_w?",
    )


@part("iwae_bound", "stability", cases=("far", "lost", "giant"), keys=("far", "far_shifted"))
def test_iwae_bound_stability(trial):
    _far_away(trial, BOUND)
    value, shift = trial.got["far"], trial.case["shift"]
    agrees(
        trial, trial.got["far_shifted"], value + shift, f"{number(shift)} added to every log-weight",
        f"{number(shift)} nats more on every log-weight must give {number(shift)} nats more, and with yours it does not.",
        "What is exp of 1,000, and what is exp of -1,000?", "{}: your value from before, and the shift",
    )


_WHERE = {
    "far": "With log-weights near -800 in one image and near 800 in another, in single precision,",
    "lost": "With one weight of 0 among the samples, whose logarithm is minus infinity,",
    "giant": "With one log-weight some hundred nats above the others, in single precision,",
}


def _far_away(trial, what):
    where = _WHERE[trial.case["case"]]
    trial.same(
        "far", f"{what}, {where[0].lower()}{where[1:-1]},",
        f"{where} the value is another one than it should be.",
        "What is exp of minus infinity, and is a sample that adds nothing to a sum still one of the K?"
        if trial.case["case"] == "lost" else
        "Which number is the largest that goes into an exp of yours, and can it be made 0 beforehand, image by image?",
    )
    trial.fits("far_shifted", f"{what}, with all log-weights shifted,")


# --- effective_sample_size ---

ESS = "effective_sample_size(log_w)"


@part("effective_sample_size", "value", cases=("plain", "wide"), keys=TABLE)
def test_effective_sample_size_value(trial):
    _of_samples(trial, ESS)
    value, K = trial.got["value"], len(trial.case["log_w"])
    agrees(
        trial, trial.got["shifted"], value, f"{number(trial.case['shift'])} added to every log-weight",
        "Multiplying all weights by the same number leaves their shares as they are; your answer changes.",
        "Does a common factor of all weights cancel in your expression?", BEFORE,
    )
    equal = trial.got["equal"]
    trial.holds(
        gap(equal, torch.full_like(equal, K)) <= SAME,
        f"{K} equal weights count as {K} samples, and yours count as something else.",
        "What are the sum and the sum of squares of K equal weights?",
        [(f"{K} equal weights, image 0", number(equal[0]), str(K))],
    )
    agrees(
        trial, trial.got["repeated"], 4 * value, "samples x 4",
        "Four copies of every sample are four times as many effective samples, and with yours they are not.",
        "What becomes of a sum, and of its square, when every weight is there four times?", "{}: your value from before, times 4",
    )
    trial.same(
        "value", ESS,
        f"It is {K} where all {K} weights are equal, and shares are all that matters to it; between equal weights and one "
        "giant it goes another way than the square of the sum over the sum of squares.",
        "For the weights 3 and 1, what is the sum, and what is the sum of squares?",
    )
    _keeps(trial)


@part("effective_sample_size", "stability", cases=("far", "lost", "giant"), keys=("far", "far_shifted"))
def test_effective_sample_size_stability(trial):
    _far_away(trial, ESS)
    agrees(
        trial, trial.got["far_shifted"], trial.got["far"], f"{number(trial.case['shift'])} added to every log-weight",
        "Far away from 0 a common factor of all weights changes your answer.", "What is exp of 1,000, and of -1,000?", BEFORE,
        kind="coarse",
    )


# --- log_evidence ---

EVIDENCE = "log_evidence(x, model, K, chunk)"
EQUAL = ("exactly", "again", "whole", "even", "single", "varies", "varied")  # where q is the posterior


@part("log_evidence", "value", cases=("posterior", "gaussian", "bernoulli", "by_itself", "multiple", "one_chunk"),
      keys=(*EQUAL, "evidence", "is", "samples"))
def test_log_evidence_value(trial):
    case = trial.case
    if case["case"] == "posterior":
        _constant(trial)
        return
    trial.fits("evidence", EVIDENCE)
    _decoded(trial)
    K = case["K"]
    says(
        trial, "samples", f"{K} of {K}",
        f"K is {K} and chunk is {case['chunk']}, and the number of codes decoded for an image is not K.",
        "How many samples does the last chunk hold?", where="codes for an image",
    )
    says(
        trial, "is", "the bound",
        "Every image was decoded with K codes, but the value is not the logarithm of the mean of their K weights.",
        "Is each weight p(x, z) / q(z|x), and what has to be handed from one chunk to the next, so that all K meet in one mean?",
        where=f"your value, K = {K}, chunk = {case['chunk']}",
    )


def _constant(trial):
    """Where q is the posterior, every weight is p(x)."""
    K, chunk = trial.case["K"], trial.case["chunk"]
    if "varies" in trial.got:
        agrees(
            trial, trial.got["varied"], trial.got["varies"], "other noise",
            "Here the encoder gives the posterior itself, and p(x, z) / q(z|x) is then the same number at every z; your value "
            f"changes with the noise, with the same K = {K} and the same chunk = {chunk}.",
            "Is each of the three log-densities the right one, in full, and are all three taken at the same z?", BEFORE,
        )
    trial.fits("exactly", EVIDENCE)
    value = trial.got["exactly"]
    for key, size in (("whole", K), ("even", K // 3)):
        trial.fits(key, f"{EVIDENCE}, with chunk = {size},")
        agrees(
            trial, trial.got[key], value, f"K = {K}, chunk = {size}",
            f"Here the encoder gives the posterior itself, so the noise changes nothing; but with chunk = {size} the value is "
            f"another one than with chunk = {chunk}. Chunks are a matter of memory, and what is computed is the same.",
            "How many samples does each chunk hold, the last one too, and which number of samples do you divide by?",
            f"your {{}} with chunk = {chunk}",
        )
    trial.fits("single", f"{EVIDENCE}, with K = 1,")
    trial.same(
        "single", f"{EVIDENCE}, with K = 1,",
        "Here the encoder gives the posterior itself, so with K = 1 the answer is one log-weight, and that is log p(x) for "
        "any noise; yours is another number for any noise.",
        "Take one image and one sample: which three log-densities do you need, with which signs, and is anything else added?",
    )
    trial.same(
        "exactly", EVIDENCE,
        "Here the encoder gives the posterior itself, so every weight is p(x). With K = 1 your value is log p(x), as it "
        f"should be; with K = {K} it is another one.",
        "Which K do you divide by, on which side of the logarithm?",
    )


def _decoded(trial):
    trial.holds(
        trial.got["is"] != "unseen",
        "The model's log_likelihood was not asked about a code for every image, so nothing can be said of your samples.",
        "Which function of the model takes x and z?",
    )


@part("log_evidence", "chunks", cases=("gaussian", "bernoulli", "by_itself"), keys=("is", "largest", "history", "left"))
def test_log_evidence_chunks(trial):
    _decoded(trial)
    rows, chunk = len(trial.case["x"]), trial.case["chunk"]
    says(
        trial, "largest", "chunk",
        f"chunk is {chunk} and the batch has {rows} images, and more than {chunk * rows} codes were decoded at once: with a "
        "large K that is where the memory goes.",
        "Which shape has the largest z that you make?", where="codes at once",
    )
    says(
        trial, "history", "let go",
        "Never more than a chunk is decoded at once, but the history of every chunk is kept for a gradient that nobody "
        "asked for, so memory grows with K all the same.",
        "What does torch keep of each operation, and how is it told not to?", where="history of past chunks",
    )
    says(
        trial, "left", "nothing",
        "The value is right, and something that you changed is not put back: whoever trains after your call does so with "
        "gradients switched off, with frozen weights, or with gradients that nobody asked for.",
        "What does your function set, and who sets it back?", where="left behind",
    )


@part("log_evidence", "noise", cases=("gaussian", "bernoulli", "by_itself"), keys=("is", "noise", "twice", "law"))
def test_log_evidence_noise(trial):
    _decoded(trial)
    sentences = {
        "none": "Every code is the mean of its q: there is no noise in it.",
        "chunks": "The same noise comes again among the samples of an image, so there are fewer than K different ones.",
    }
    told = trial.got["noise"]
    trial.holds(
        told == "fresh",
        sentences.get(told, "The codes of an image, or of different images, or the numbers of a code, share their noise."),
        "How many random numbers do K codes of Z numbers need for each of B images, and are they all new?",
        [("noise in the codes", told, "fresh")],
    )
    says(
        trial, "twice", "fresh", "Two calls, one after the other, drew the same noise.",
        "What starts your random numbers afresh at every call?", where="noise of the second call",
    )
    if trial.case["case"] == "by_itself":
        return
    law = trial.got.get("law", "normal")
    says(
        trial, "law", "normal",
        f"The codes are fresh, but they are not samples of q: (z - mu) / sigma is not N(0, 1){_LAWS.get(law, '')}.",
        "Which distribution has the noise, and by what is it multiplied?", where="(z - mu) / sigma",
    )


_LAWS = {
    "off 0": ", its mean is not 0", "wide": ", it is too wide", "narrow": ", it is too narrow",
    "flat": ", it has no tails, and its mean is not 0", "flat around 0": ", it has no tails",
}


@part("log_evidence", "stability", cases=("far",), keys=EQUAL)
def test_log_evidence_stability(trial):
    if "varies" in trial.got:
        agrees(
            trial, trial.got["varied"], trial.got["varies"], "other noise",
            "At images whose log p(x) is below -1,000 the value changes with the noise, though every weight is p(x) here.",
            "Is each of the three log-densities the right one, in full, and are all three taken at the same z?", BEFORE,
        )
    trial.fits("exactly", f"{EVIDENCE}, at images whose log p(x) is below -1,000,")
    trial.same(
        "exactly", EVIDENCE, "At images whose log p(x) is below -1,000 the value is lost.",
        "In which form do you carry the sum of weights from one chunk to the next?",
    )
    for key in ("whole", "even", "single"):
        trial.fits(key, f"{EVIDENCE}, at images whose log p(x) is below -1,000,")


# --- iwae_loss ---

LOSS = "iwae_loss(x, model, eps)"


@part("iwae_loss", "value", keys=("loss", "again", "twice", "repeated", "another", "single"))
def test_iwae_loss_value(trial):
    trial.fits("loss", f"{LOSS}, at images whose log p(x) is below -1,000," if trial.case["case"] == "far" else LOSS)
    value = trial.got["loss"]
    repeats(trial, "loss")
    for key, where in (
        ("twice", "with every image twice,"), ("repeated", "with every sample four times,"), ("another", "with other noise,"),
    ):
        trial.fits(key, f"{LOSS}, {where}")
    agrees(
        trial, trial.got["twice"], value, "every image twice",
        "A batch with every image twice has the same mean over images, and your loss changes.",
        "Is the loss a mean over the images, or a sum?", BEFORE,
    )
    agrees(
        trial, trial.got["repeated"], value, "samples x 4",
        "Taking every sample four times leaves the mean weight as it is; your loss changes.",
        "What becomes of the K samples of an image before anything is averaged over images?", BEFORE,
    )
    if trial.case["case"] == "posterior":
        agrees(
            trial, trial.got["another"], value, "other noise",
            "Here the encoder gives the posterior itself, so the loss is minus the mean of log p(x) for any noise; yours "
            "changes with it.",
            "Is each weight p(x, z) / q(z|x), all of it at the same z?", BEFORE,
        )
    trial.same(
        "loss", LOSS,
        "It does not change with the number of copies, of images or of samples; but it is not minus the mean, over images, "
        "of their bounds.",
        "In which order come the mean over samples, the logarithm, and the mean over images? And before all of them: is each "
        "weight p(x, z) / q(z|x)?",
    )
    _in_single(trial, "single", "loss", LOSS)


test_iwae_loss_gradient = gradient_of_the_model("iwae_loss", cases=("gaussian", "bernoulli"))


# --- gradient_snr ---

SNR = "gradient_snr(gradients)"


@part("gradient_snr", "value")
def test_gradient_snr_value(trial):
    trial.fits("snr", SNR)
    value = trial.got["snr"]
    repeats(trial, "snr")
    for key, where, sentence, question in (
        (
            "doubled", "gradients doubled",
            "With all gradients doubled, signal and noise are both doubled, and their ratio stays; yours does not.",
            "In which unit is what stands above the line, and in which is what stands below it?",
        ),
        (
            "negative", "signs turned",
            "With the signs of all gradients turned the signal is as strong as before; yours is another.",
            "Does the direction of a gradient make it weaker?",
        ),
        (
            "turned", "repeats in another order",
            "The repeats were only put into another order, and your answer changes.", "Which axis holds the repeats?",
        ),
    ):
        trial.fits(key, f"{SNR}, {where},")
        agrees(trial, trial.got[key], value, where, sentence, question, BEFORE)
    trial.fits("repeated", f"{SNR}, with every repeat four times,")
    repeated = trial.got["repeated"]
    trial.holds(
        gap(repeated, value, "coarse") <= SAME,
        "Four copies of every repeat have the same mean and the same spread; your answer changes.",
        "Is it the spread of one estimate that you divide by, or the error of the mean of all?",
        [("parameter 0, repeats x 4", number(repeated[0]), f"about your {number(value[0])} from before")],
    )
    trial.fits("first", f"{SNR}, given the first parameter only,")
    agrees(
        trial, trial.got["first"], value[:1], "by itself", "A parameter by itself has another ratio than among others.",
        "Which axis holds the repeats, and which the parameters?", "your {} among the others",
    )
    trial.same(
        "snr", SNR,
        "It has no unit and no sign, but it is not the size of the mean over the standard deviation across the repeats.",
        "For the repeats 2, 4 and 9: what is their mean, and how far do they stray from it?",
    )
    _in_single(trial, "single", "snr", SNR)
    _keeps(trial)


# --- doubly_reparameterized_gradient ---


def _doubly(name, key):
    what = f"The gradient of doubly_reparameterized_gradient with respect to {name}"
    ends = ("", "_again", "_alone", "_moved", "_turned", "_single", "_in_single")
    own = {  # the first part that fails is the one that is told, so the other gradient is right where this one is looked at
        "mu": "Images and samples are kept apart as they should be, but this is not the sum, over samples, of the squared "
              "share times the slope of the log-weight along the sample's path.",
        "logvar": "The gradient with respect to mu is right. This one keeps images and samples apart as it should, but it is not "
                  "the sum, over samples, of the same products, each times how far the sample moves with logvar.",
    }

    @part(
        "doubly_reparameterized_gradient", "value" if name == "mu" else "logvar",
        keys=(*(f"{key}{end}" for end in ends), *(["left"] if name == "logvar" else [])),
    )
    def body(trial):
        trial.fits(key, what)
        value = trial.got[key]
        for end, where in (
            ("_again", "in a second call,"), ("_alone", "given a single image,"), ("_moved", "with other noise for image 0,"),
            ("_turned", "with the samples in another order,"), ("_single", "given one sample,"),
        ):
            trial.fits(f"{key}{end}", f"{what}, {where}")
        agrees(
            trial, trial.got[f"{key}_again"], value, "second call",
            "Two calls with the same arguments gave different gradients.",
            "What does the first call leave behind that the second one finds?", "your {} from the first",
        )
        agrees(
            trial, trial.got[f"{key}_turned"], value, "samples in reverse",
            "The samples were only put into another order, and your gradient changes.",
            "Does your answer look at where a sample stands?", BEFORE,
        )
        agrees(
            trial, trial.got[f"{key}_moved"][1:], value[1:], "other noise for image 0",
            "Only the noise of image 0 was changed, and the gradient of another image changed with it.",
            "Which of your operations looks along the batch?", BEFORE,
        )
        agrees(
            trial, trial.got[f"{key}_alone"], value[:1], "by itself",
            "An image by itself has another gradient than among others: the gradients are to be those of each image's own "
            "bound.",
            "Which of your operations looks along the batch?", "your {} among the others",
        )
        if trial.case["case"] == "posterior":
            single = trial.got[f"{key}_single"]
            at = worst(single, torch.zeros_like(single))
            trial.holds(
                bool((single.abs() < 1e-6).all()),
                "Here the encoder gives the posterior itself, so along the path of a sample its log-weight does not change "
                "at all, and with K = 1 this gradient is exactly 0; yours is not.",
                "In how many ways does a log-weight depend on mu and logvar, and which of them counts here?",
                [(f"entry {list(at)}, K = 1", number(single[at]), "0")],
            )
        trial.same(key, what, own[name], "What is each sample's slope multiplied by, and along which way is the slope taken?")
        if f"{key}_in_single" in trial.got:
            _in_single(trial, f"{key}_in_single", key, what)
        if name == "logvar":
            says(
                trial, "left", "nothing",
                "Both gradients are right, and something that you changed is not put back: whoever trains after "
                "your call does so with gradients switched off, with frozen weights, or with gradients that nobody asked for.",
                "What does your function set or fill besides what it returns?", where="left behind",
            )

    return body


test_doubly_value = _doubly("mu", "d_mu")
test_doubly_logvar = _doubly("logvar", "d_logvar")


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
