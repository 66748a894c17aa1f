"""What must hold in stage 08."""

import torch

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judges.networks import inward, registered, trained
from vae_course.checks.judges.shared import (
    NOTHING, adds_up, agrees, alone, gradient, gradient_of_the_model, repeats, says,
)
from vae_course.checks.judging import number, part

BEFORE = "your {} from before"
ROUNDED = 1e-6  # what a prior whose numbers are written with nine digits leaves of a 0

# --- ConditionalVAE ---

OUTPUTS = ("logits", "mu_q", "logvar_q", "mu_p", "logvar_p")
MODEL = "ConditionalVAE"


@part(
    MODEL, "value",
    keys=(
        *OUTPUTS, "shape", "sizes", "pair", "repeats", "eps", "calm_eps", "company", "weights", "loose", "twins", "code",
        "decoder", "logvar_of_q", "logvar_of_p", "rows", "spread",
    ),
)
def test_conditional_vae_value(trial):
    if "rows" in trial.got:
        trial.fits("logits", "What decode gives for codes and labels with axes in front")
        says(
            trial, "spread", "yes",
            "Codes and labels whose leading axes broadcast give other logits than the same codes and labels side "
            "by side, row by "
            "row.",
            "Which axis of z holds the code, which axis of y the label, and which ones are only there to count?",
        )
        return
    for name in OUTPUTS:
        trial.fits(name, f"{name} of your ConditionalVAE")
    sizes = ", ".join(str(trial.case[size]) for size in ("x_dim", "y_dim", "z_dim"))
    says(
        trial, "sizes", sizes,
        "A model carries its sizes as the attributes x_dim, y_dim and z_dim, and on yours they are absent or other numbers.",
        "How would others learn how long a label and a code are?", [("x_dim, y_dim, z_dim", trial.got["sizes"], sizes)],
    )
    if "pair" not in trial.got:
        return
    says(
        trial, "repeats", "yes",
        "Two calls with the same x, y and eps gave different logits; all noise comes in through eps.",
        "Which line of forward, or of your networks, draws random numbers?",
    )
    says(
        trial, "company", "none",
        "The first two rows by themselves give something else than among the others; no row may look at another.",
        "Which layer, or which operation, works along the batch?",
    )
    says(
        trial, "pair", "as they are",
        "The four means and log-variances that forward returns are not those that encode gives for this x and y, and prior for "
        "this y.",
        "In which order does the card list them, and where does each come from?", where="what forward returns",
    )
    says(
        trial, "eps", "reaches", "Another eps gives the same logits: the noise that you are given does not reach the code.",
        "What is z made of, and where does eps come in?",
    )
    says(
        trial, "calm_eps", "reaches",
        "In evaluation mode another eps gives the same logits: the noise reaches the code only while the model trains.",
        "Who calls a model in evaluation mode with an eps, and what for?",
    )
    says(
        trial, "weights", "some", "Your model has no parameters, so an optimiser would find nothing to train.",
        "How does a module get to know its networks?",
    )
    says(
        trial, "loose", "",
        "With every registered parameter at 0, the outputs still follow x, y or eps; something that works on them is not "
        "registered.",
        "Which of your networks does .parameters() not list, and where is it kept?",
    )
    registered(trial, "A ConditionalVAE")
    says(
        trial, "code", "right",
        "The logits are not those that decode gives for this label at the code mu_q plus sigma_q times eps.",
        "Which distribution is z drawn from, with which sigma, and which label does decode get?", where="logits",
    )
    says(
        trial, "decoder", "everywhere",
        "Whatever the weights, what decode gives stays within limits; a logit is a log-odds, any real number.",
        "Which function is the last to act in decode?",
    )
    for end, of in (("q", "encode"), ("p", "prior")):
        says(
            trial, f"logvar_of_{end}", "free",
            f"Whatever the weights, the log-variance that {of} gives is never below 0; the logarithm of a variance below 1 is "
            "negative.",
            "Is it a logarithm that you return, or a variance, or a deviation?",
        )


_LABELS = {
    "no effect": "With all else held fixed, another y has no effect on what {of} gives.",
    "in part": "With all else held fixed, what {of} gives is the same for some labels.",
}


@part(MODEL, "label", cases=("plain", "wide"), keys=("encoder_label", "decoder_label", "encoder_x", "prior"))
def test_conditional_vae_label(trial):
    for key, of, question in (
        ("encoder_label", "encode", "Which two things does q(z|x, y) know, and which of them does your encoder see?"),
        ("decoder_label", "decode", "Which two things is p(x|z, y) told, and which of them does your decoder see?"),
    ):
        told = trial.got.get(key, "told apart")
        sentence = _LABELS.get(told, "").format(of=of)
        trial.holds(told == "told apart", sentence, question, [(f"labels in {of}", told, "told apart")])
    says(
        trial, "encoder_x", "yes",
        "With the label held fixed, encode gives the same for every x: the picture does not reach q.",
        "On which path does x reach mu?",
    )
    told = trial.got.get("prior", "told apart")
    trial.holds(
        told in ("told apart", "standard"),
        "prior(y) is neither N(0, I) nor a Gaussian of its own for each label: some labels, or all, share a learned one.",
        "What should a learned p(z|y) know that a fixed one does not?",
        [("labels in the prior", told, "told apart, or N(0, I)")],
    )


_CUT = {
    "cut in encode": "{name}, as {of} gives it, has no gradient in your parameters: nothing can be learned from it.",
    "cut in forward": "{of} gives {name} with a gradient, and forward returns it without one: the KL has no way back from "
                      "there.",
    "other": "The gradient of the {name} that forward returns is not that of the {name} that {of} gives.",
}


@part(
    MODEL, "gradient", cases=("plain", "wide"),
    keys=("inward", "path", *(f"{name}_way" for name in OUTPUTS[1:]), "idle", "idle_names"),
)
def test_conditional_vae_gradient(trial):
    inward(trial)
    for name in OUTPUTS[1:]:
        way = trial.got.get(f"{name}_way", "whole")
        of = "encode" if name.endswith("q") else "prior"
        trial.holds(
            way == "whole", _CUT.get(way, "").format(name=name, of=of),
            "The KL is computed from what forward returns: whom does its gradient have to reach?",
        )
    says(
        trial, "path", "whole", "The logits are right, but their gradient does not come back to the encoder as it should.",
        "Is every step from mu and logvar to the logits made of torch operations?",
    )
    trained(trial, "the outputs")


# --- conditional_elbo ---

ELBO = "conditional_elbo"


@part(ELBO, "value", keys=("elbo", "again", "alone", "raised", "moved", "free", "price", "first", "rest"))
def test_conditional_elbo_value(trial):
    trial.fits("elbo", ELBO)
    value, shift = trial.got["elbo"], trial.case["shift"]
    repeats(trial, "elbo")
    alone(trial, "elbo", ELBO)
    for key, where in (
        ("raised", "with a larger log-likelihood,"), ("free", "with q equal to the prior,"), ("moved",
        "with both means moved,"),
        ("price", "with a log-likelihood of 0,"),
    ):
        trial.fits(key, f"{ELBO}, {where}")
    agrees(
        trial, trial.got["raised"], value + shift, f"log-likelihood {number(shift)} nats larger",
        f"{number(shift)} nats more of log-likelihood are {number(shift)} nats more of bound, and with yours they are not.",
        "With which sign and which factor does the log-likelihood enter?", "{}: your value from before, and the difference",
    )
    agrees(
        trial, trial.got["free"], trial.case["log_likelihood"], "q equal to the prior",
        "Where q is the prior of this label, the code costs nothing and the bound is the log-likelihood; with "
        "yours something is "
        "left over.",
        "Which two distributions does the price compare?", "{}, the log-likelihood",
    )
    agrees(
        trial, trial.got["moved"], value, "both means 2 further on",
        "With both means moved by the same amount q lies as it did beside the prior, and your bound changes.",
        "From where to where is the distance measured?", BEFORE,
    )
    trial.holds(
        bool((trial.got["price"] <= NOTHING).all()),
        "A price can only lower the bound, and with yours the bound is above the log-likelihood.",
        "With which sign does the KL enter?", [("log-likelihood 0", number(trial.got["price"].max()), "0 or less")],
    )
    adds_up(trial, "price", ELBO)
    trial.same(
        "elbo", ELBO,
        "It is the log-likelihood where q is the prior, and lower elsewhere; but what is subtracted is not the "
        "KL from q to the "
        "prior.",
        "Of the two, which is averaged over, and which one is asked about codes of the other?",
    )


test_conditional_elbo_gradient = gradient(
    ELBO, "log_likelihood", "mu_q", "logvar_q", "mu_p", "logvar_p", cases=("plain", "wide", "square"),
)


# --- class_posterior and label_information ---

OF_CLASSES = ("value", "again", "raised", "turned", "alone", "equal", "prior_moved")


def _of_classes(trial, what, shares):
    """What holds for anything that is asked of log p(x|y) for all classes. shares: there is one number for each class."""
    trial.fits("value", what)
    value = trial.got["value"]
    repeats(trial, "value")
    alone(trial, "value", what)
    for key, where in (
        ("raised", "with the same added to all classes,"), ("turned", "with the classes in another order,"),
        ("equal", "with all classes equally good,"), ("prior_moved", "with another prior,"),
    ):
        trial.fits(key, f"{what}, {where}")
    turned = trial.got["turned"].flip(1) if shares else trial.got["turned"]
    agrees(
        trial, turned, value, "classes in reverse",
        "The classes were only put into another order, their prior and the labels along with them, and your numbers do not go "
        "along.",
        "Which axis holds the classes, and does every class meet its own prior?", BEFORE,
    )
    agrees(
        trial, trial.got["raised"], value, "the same added to all classes of a row",
        "An x that every class finds likelier by the same factor says no more about the class than before; your "
        "answer changes.",
        "What is left when a factor is common to all classes?", BEFORE,
    )


@part("class_posterior", "value", cases=("plain", "wide", "square"), keys=OF_CLASSES)
def test_class_posterior_value(trial):
    trial.fits("value", "class_posterior")
    sums = trial.got["value"].sum(-1)
    trial.holds(
        gap(sums, torch.ones_like(sums)) <= SAME, "The probabilities of the classes of one x do not add up to 1.",
        "Over what do you normalise, and which axis holds the classes?", [("sum of row 0", number(sums[0]), "1")],
    )
    _of_classes(trial, "class_posterior", True)
    equal = trial.got["equal"]
    agrees(
        trial, equal, trial.case["log_prior"].exp().expand_as(equal), "all classes equally good",
        "Where x speaks for no class, what is known of the class is what was known before: its prior; with yours it is not.",
        "What does Bayes' rule give when the likelihood is the same for all?", "{}, the prior",
    )
    trial.same(
        "value", "class_posterior",
        "The rows add up to 1, and with equal likelihoods the prior is left; but between the two the likelihoods "
        "are not weighed as "
        "Bayes' rule does.",
        "What is multiplied with what before it is normalised?",
    )


FAR = {
    "far": "At rows near -1,000 nats, in single precision,",
    "never": "With a class that never occurs, whose log-prior is minus infinity,",
}


def _far_away(trial, what, question):
    where = FAR[trial.case["case"]]
    trial.same("far", f"{what}, {where[0].lower()}{where[1:-1]},",
    f"{where} the value is another one than it should be.", question)
    trial.fits("far_raised", f"{what}, with the same added to all classes of a row,")
    agrees(
        trial, trial.got["far_raised"], trial.got["far"], "the same added to all classes of a row",
        "Far away from 0, a factor that all classes share changes your answer.", "What is exp of 1,000, and of -1,000?", BEFORE,
        kind="coarse" if what == "class_posterior" else "exact",
    )


@part("class_posterior", "stability", cases=("far", "never"), keys=("far", "far_raised"))
def test_class_posterior_stability(trial):
    _far_away(trial, "class_posterior", "Which number is the largest that goes into an exp of yours?")


@part("label_information", "value", cases=("plain", "wide", "square"), keys=OF_CLASSES)
def test_label_information_value(trial):
    _of_classes(trial, "label_information", False)
    equal = trial.got["equal"]
    trial.holds(
        bool((equal.abs() < ROUNDED).all()),
        "Where every class finds x equally likely, the label says nothing about it, which is 0 nats; with yours "
        "it is something.",
        "What is log p(x) when p(x|y) is the same for every y?",
        [("row 0, all classes equally good", number(equal[0]), "0")],
    )
    value, most = trial.got["value"], -trial.case["log_prior"][trial.case["y"]]
    worst = int((value - most).argmax())
    trial.holds(
        bool((value <= most + ROUNDED).all()),
        "A label cannot make x likelier than 1 / p(y) times: p(x) holds p(y) p(x|y) and more. Yours goes above that ceiling.",
        "Is log p(x) yours the sum over classes, and is every class weighted?",
        [(f"row {worst}", number(value[worst]), f"at most {number(most[worst])}")],
    )
    trial.same(
        "value", "label_information",
        "It is 0 where all classes agree, and it keeps below its ceiling; but it is not log p(x|y) at the true "
        "class minus log p(x).",
        "How is p(x) made of the p(x|y), and which of them belongs to the true label?",
    )


@part("label_information", "stability", cases=("far", "never"), keys=("far", "far_raised"))
def test_label_information_stability(trial):
    _far_away(trial, "label_information", "In which form do you add probabilities that no exp can hold?")


# --- linear_probe and neighbour_vote ---

PROBE = "linear_probe(features, labels, new)"


def _same_labels(trial, got, want, where, sentence, question, told="{}"):
    """Labels are the same; a report shows the first row that differs."""
    if got.shape == want.shape and bool((got == want).all()):
        return
    at = int((got != want).nonzero()[0]) if got.shape == want.shape else 0
    trial.holds(
        False, sentence, question, [(f"new row {at}, {where}",
        f"label {number(got[at])}", told.format(f"label {number(want[at])}"))],
    )


_PROBED = {
    "groups": "Five groups lie far apart, and new rows in the middle of them get other labels than theirs.",
    "units": "One feature, in a tiny unit, tells two groups apart; another one, in a huge unit, is noise, and a third is the "
             "same in every training row. With each feature on its own scale the groups are far apart; your labels are other "
             "ones.",
    "uneven": "A straight border separates the training rows without a mistake, and new rows far out, on the right side of "
              "it, get the other label.",
}
_PROBED_QUESTIONS = {
    "groups": "What do you return: the label that was learned, or its place among the labels?",
    "units": "What becomes of each feature before the classifier sees it, and of one with a deviation of 0?",
    "uneven": "Is it a border that you fit, and in which numbers do the new rows come to it?",
}


@part("linear_probe", "value", keys=("predicted", "renamed", "scaled"))
def test_linear_probe_value(trial):
    trial.fits("predicted", PROBE)
    value = trial.got["predicted"]
    name = trial.case["case"]
    if name == "groups":
        trial.fits("renamed", f"{PROBE}, with other names for the labels,")
        trial.fits("scaled", f"{PROBE}, with features in other units,")
    known = torch.unique(trial.case["labels"])
    trial.holds(
        bool(torch.isin(value.long(), known).all()), "Some of your labels are none of those in training.",
        "What do you return: a label, or a place among the labels, or a score?",
        [("labels", ", ".join(number(v) for v in torch.unique(value)), f"some of {', '.join(map(str, known.tolist()))}")],
    )
    _same_labels(trial, value, trial.want["predicted"], "certain", _PROBED[name], _PROBED_QUESTIONS[name])
    if name == "groups":
        _same_labels(
            trial, trial.got["renamed"], trial.want["renamed"], "labels renamed",
            "The groups only got other names, and your answers do not follow the names.",
            "Is a label a number to compute with, or a name?",
        )
        _same_labels(
            trial, trial.got["scaled"], value, "features in other units",
            "Every feature was only given in another unit, in training and in the new rows, and your labels change.",
            "What does a standardised feature know of its unit?", "your {} from before",
        )


@part("linear_probe", "leak", keys=("predicted", "company"))
def test_linear_probe_leak(trial):
    trial.fits("predicted", PROBE)
    value = trial.got["predicted"]
    trial.fits("company", f"{PROBE}, given three strange rows besides,")
    _same_labels(
        trial, trial.got["company"][: len(value)], value, "three strange rows besides",
        "Three strange rows were added to the new ones, and the labels of the others changed: the new rows have "
        "a part in what your "
        "function learns.",
        "From which rows come the mean and the deviation of each feature?", "your {} from before",
    )


VOTE = "neighbour_vote(features, labels, new, k)"


@part("neighbour_vote", "value")
def test_neighbour_vote_value(trial):
    trial.fits("voted", VOTE)
    value = trial.got["voted"]
    for key, where in (
        ("nearest", "with k = 1,"), ("itself", "asked about training rows,"), ("everybody", "with k = N,"), ("alone",
        "given one new row,"),
        ("turned", "with the training rows in another order,"), ("renamed", "with other names for the labels,"),
    ):
        trial.fits(key, f"{VOTE}, {where}")
    known = torch.unique(trial.case["labels"])
    trial.holds(
        bool(torch.isin(value.long(), known).all()) and bool((value == value.long()).all()),
        "Some of your labels are none of those in training.", "What is voted on: labels, or places of rows, or an average?",
        [("labels", ", ".join(number(v) for v in torch.unique(value)[:6]), f"some of {', '.join(map(str, known.tolist()))}")],
    )
    _same_labels(
        trial, trial.got["itself"], trial.case["labels"][: len(value)], "a training row itself, k = 1",
        "Asked about a training row with k = 1, the nearest row is that row itself, and its label is known; "
        "yours is another one.",
        "Which row is nearest to itself, and is it left out or passed over?",
    )
    _same_labels(
        trial, trial.got["turned"], value, "training rows in reverse",
        "The training rows were only put into another order, and your answers change.",
        "What decides when two labels have equally many votes?", "your {} from before",
    )
    _same_labels(
        trial, trial.got["alone"], value[:1], "by itself", "A new row given by itself gets another label than among others.",
        "Along which axis do you look for the nearest?", "your {} among the others",
    )
    _same_labels(
        trial, trial.got["nearest"], trial.want["nearest"], "k = 1",
        "With k = 1 the label is that of the nearest row, and yours is not.",
        "How is the distance between two rows of several features measured?",
    )
    _same_labels(
        trial, trial.got["everybody"], trial.want["everybody"], "k = N",
        "With k = N every training row has a vote, and yours is not the label that most of them have.",
        "How many votes has each row?",
    )
    _same_labels(
        trial, trial.got["renamed"], 10 * value + 3, "labels renamed",
        "The labels only got other names, in the same order, and your answers do not follow the names.",
        "Is a label a number to compute with, or a name?",
    )
    k = trial.case["k"]
    _same_labels(
        trial, value, trial.want["voted"], f"k = {k}",
        f"With k = 1 and k = N it is right; with k = {k} it is not the label that most of the {k} nearest rows "
        f"have, the smallest of "
        "those with equally many.",
        "How many neighbours are asked, and what happens when two labels have equally many votes?",
    )


# --- anomaly_score and auroc ---

SCORE = "anomaly_score(x, model, eps)"


@part("anomaly_score", "value")
def test_anomaly_score_value(trial):
    trial.fits("score", f"{SCORE}, at images whose log p(x) is below -1,000," if trial.case["case"] == "far" else SCORE)
    value = trial.got["score"]
    repeats(trial, "score")
    for key, where in (
        ("alone", "given a single image,"), ("repeated", "with every sample twice,"), ("another", "with other noise,"),
        ("one", "given one sample,"), ("single", "in single precision,"),
    ):
        trial.fits(key, f"{SCORE}, {where}")
    alone(trial, "score", SCORE)
    if trial.case["case"] == "posterior":
        agrees(
            trial, trial.got["another"], value, "other noise",
            "Here the encoder gives the posterior itself, so the score is minus log p(x) for any noise; yours changes with it.",
            "Is each weight p(x, z) / q(z|x), all of it at the same z?", BEFORE,
        )
    trial.same(
        "one", f"{SCORE}, with one sample,",
        "With one sample the score is minus the ELBO's estimate: minus log p(x|z) - log p(z) + log q(z|x); yours is not.",
        "Which of the three terms, and which sign, makes a strange image score high?",
    )
    agrees(
        trial, trial.got["repeated"], value, "samples x 2",
        "Taking every sample twice leaves the mean weight as it is; your score changes.",
        "What becomes of the K samples of an image?", BEFORE,
    )
    trial.same(
        "score", SCORE, "With one sample it is right; with several it is not minus the logarithm of the mean weight.",
        "Which comes first: the logarithm, or the mean over samples?",
    )
    agrees(
        trial, trial.got["single"], value, "float32 in place of float64",
        "In double precision it is right, and in single precision it is another one.",
        "Which of your numbers is too large or too small for single precision?", "your {} in double precision", kind="coarse",
    )


AUROC = "auroc"


@part(AUROC, "value", cases=("truths", "numbers"))
def test_auroc_value(trial):
    trial.fits("area", AUROC)
    area = trial.got["area"]
    repeats(trial, "area")
    for key in ("turned", "apart", "stretched", "exchanged", "negative", "twice"):
        trial.fits(key, AUROC)

    def holds(key, want, where, sentence, question, told):
        agrees(trial, trial.got[key], want, where, sentence, question, told)

    holds(
        "apart", torch.ones_like(area), "every anomaly above every normal score",
        "Where every anomaly scores above every normal image, each pair is won and the area is 1; yours is not.",
        "How many pairs are there, and in how many of them is the anomaly ahead?", "{}",
    )
    holds(
        "turned", area, "images in reverse", "The images were only put into another order, and the area changes.",
        "Does your answer look at where an image stands?", BEFORE,
    )
    holds(
        "stretched", area, "exp of half of every score",
        "A rising function of the scores leaves their order as it is, and all pairs with it; your area changes.",
        "What of a score counts besides its place among the others?", BEFORE,
    )
    holds(
        "negative", 1 - area, "all scores negated",
        "With all scores negated every pair that was won is lost; your area is not 1 minus the one from before.",
        "What is counted, and out of how many?", "{}: 1 minus your area from before",
    )
    holds(
        "twice", area, "every normal image twice",
        "With every normal image there twice, there are twice as many pairs, won and lost; your area changes.",
        "What does your answer compare: an anomaly with normal images, or also with other anomalies?", BEFORE,
    )
    trial.same(
        "area",
        AUROC, "It keeps to the order of the scores, but it is not the share of pairs in which the anomaly scores higher.",
        "How many pairs are there, and in how many of them does the anomaly win?",
    )


@part(AUROC, "ties", cases=("ties",))
def test_auroc_ties(trial):
    trial.fits("area", f"{AUROC}, with equal scores,")
    trial.fits("turned", f"{AUROC}, with equal scores,")
    agrees(
        trial, trial.got["turned"], trial.got["area"], "images in reverse",
        "Some scores are equal, and the area changes when the images are put into another order.",
        "What decides between two images with the same score?", BEFORE,
    )
    trial.fits("level", f"{AUROC}, with all scores equal,")
    level = trial.got["level"]
    trial.holds(
        gap(level, torch.full_like(level, 0.5)) <= SAME,
        "Where all scores are equal the score tells nothing, and the area is one half; yours is not.",
        "What does a pair count in which neither is ahead?", [("all scores equal", number(level), "0.5")],
    )
    trial.same(
        "area", AUROC, "Some pairs are ties, and they are not counted as one half each.",
        "What does a pair count in which neither is ahead?",
    )


# --- gumbel_softmax ---

GUMBEL = "gumbel_softmax"


@part(
    GUMBEL, "value", cases=("plain", "wide", "square"),
    keys=("draw", "again", "raised", "turned", "alone", "cold", "warm", "level"),
)
def test_gumbel_softmax_value(trial):
    trial.fits("draw", GUMBEL)
    value = trial.got["draw"]
    repeats(trial, "draw")
    for key in ("raised", "turned", "alone", "cold", "warm", "level"):
        trial.fits(key, GUMBEL)
    sums = value.sum(-1)
    trial.holds(
        gap(sums, torch.ones_like(sums)) <= SAME and bool((value >= 0).all()),
        "A relaxed draw is a row of shares that add up to 1; yours is not.",
        "Which operation makes shares of any numbers, and along which axis?", [("sum of row 0", number(sums[0]), "1")],
    )
    alone(trial, "draw", GUMBEL)
    agrees(
        trial, trial.got["turned"].flip(1), value, "classes in reverse",
        "The classes were only put into another order, their noise along with them, and your shares do not go along.",
        "Which axis holds the classes?", BEFORE,
    )
    agrees(
        trial, trial.got["raised"], value, f"{number(trial.case['shift'])} added to every logit",
        "The same added to all logits changes no probability, and your draw changes.",
        "Is a logit a probability, or its logarithm?", BEFORE,
    )
    trial.same(
        "level", f"{GUMBEL}, with the same noise for every class,",
        "With the same noise for every class the noise drops out, and the softmax of the logits at tau is left; "
        "yours is something else.",
        "By what are the logits divided, and where does tau come in?",
    )
    trial.same(
        "draw", GUMBEL,
        "The shares add up to 1, and where all classes have the same noise they are right; with noise of their "
        "own they are not.",
        "What is the noise for a given u, with which sign is it added, and is it added before or after the division?",
    )
    for key, where in (("cold", "a lower"), ("warm", "a higher")):
        trial.same(
            key, f"{GUMBEL}, at {where} tau,", f"At one tau it is right, and at {where} one it is not.",
            "What does tau divide?",
        )


@part(GUMBEL, "gradient", cases=("plain", "wide", "square"), keys=("d_logits",))
def test_gumbel_softmax_gradient(trial):
    trial.same(
        "d_logits", "The gradient of gumbel_softmax with respect to logits",
        "The draw is right, but its gradient with respect to the logits is not.",
        "Is every step made of torch operations on the logits that came in?",
    )


@part(GUMBEL, "stability", cases=("far",), keys=("far", "d_far"))
def test_gumbel_softmax_stability(trial):
    where = "with large logits at a small tau, in single precision,"
    trial.same(
        "far", f"{GUMBEL}, {where}",
        "With large logits at a small tau, in single precision, the draw is another one than it should be.",
        "Which number is the largest that goes into an exp of yours?",
    )
    trial.same(
        "d_far", f"The gradient of {GUMBEL}, {where}",
        "With large logits at a small tau the draw is right, and its gradient is lost.",
        "Which operation's slope is infinite, or 0 times infinite, there?",
    )


# --- leave_one_out_gradient ---

LEAVE = "leave_one_out_gradient"


@part(LEAVE, "value", keys=("gradient", "again", "raised", "equal", "turned", "alone", "lifted", "average"))
def test_leave_one_out_value(trial):
    trial.fits("gradient", LEAVE)
    value = trial.got["gradient"]
    repeats(trial, "gradient")
    for key in ("raised", "equal", "turned", "lifted", "alone"):
        trial.fits(key, LEAVE)
    alone(trial, "gradient", LEAVE)
    agrees(
        trial, trial.got["turned"], value, "samples in reverse",
        "The samples were only put into another order, their values along with them, and your gradient changes.",
        "Which samples belong to the others of a sample?", BEFORE,
    )
    trial.holds(
        bool((trial.got["equal"] == 0).all()),
        "Where every sample has the same value, each is exactly what the others lead one to expect, and the "
        "gradient is 0; yours is not.",
        "What is subtracted from each value, and is it a mean?",
        [("largest entry, all values 2.5", number(trial.got["equal"].abs().max()), "0")],
    )
    agrees(
        trial, trial.got["raised"], value, "10 added to every value",
        "The same added to all values changes nothing in which samples did better than the others; your gradient changes.",
        "What is subtracted from each value, and is it a mean?", BEFORE,
    )
    agrees(
        trial, trial.got["lifted"], value, "4 added to every logit",
        "The same added to all logits changes no probability, and your gradient changes.",
        "What do the logits enter through?", BEFORE,
    )
    sums = value.sum(-1)
    trial.holds(
        bool((sums.abs() < ROUNDED).all()),
        "Adding the same to all logits changes nothing, so the gradient of a row adds up to 0 over the classes; "
        "yours does not.",
        "The gradient of log p(z) in the logits has two parts: which are they?", [("sum of row 0", number(sums[0]), "0")],
    )
    if "average" in trial.got:
        trial.same(
            "average", f"The average of {LEAVE} over all samples",
            "Averaged over all pairs of samples that there can be, each by its chance, your estimate is not the "
            "gradient of E[f(z)]: it is "
            "biased.",
            "Does a sample's baseline, or the factor in front of all, depend on what that sample did?",
        )
    trial.same(
        "gradient", LEAVE,
        "It is 0 where all samples do equally well, and only differences count; but it is not the average over "
        "the samples of each "
        "one's lead over the mean of the others, times the gradient of log p(z).",
        "For two samples with the values 3 and 1: which baseline has each, and how large is its lead?",
    )


# --- mixture_log_prob ---

MIXTURE = "mixture_log_prob"


@part(MIXTURE, "value", cases=("plain", "samples", "square"), keys=("density", "again", "alone", "turned", "one",
"copies", "moved"))
def test_mixture_value(trial):
    trial.fits("density", MIXTURE)
    value = trial.got["density"]
    repeats(trial, "density")
    for key, where in (
        ("alone", "given one code,"), ("turned", "with the parts in another order,"), ("one", "with one part,"),
        ("copies", "with equal parts,"), ("moved", "with everything moved,"),
    ):
        trial.fits(key, f"{MIXTURE}, {where}")
    agrees(
        trial, trial.got["alone"], value[0], "by itself", "A code given by itself has another density than among others.",
        "Which axis holds the parts, and which ones are only there to count codes?", "your {} among the others",
    )
    agrees(
        trial, trial.got["turned"], value, "parts in reverse",
        "The parts were only put into another order, their weights along with them, and the density changes.",
        "Does every part meet its own weight?", BEFORE,
    )
    agrees(
        trial, trial.got["moved"], value, "codes and means 2 further on",
        "With the codes and all means moved by the same amount nothing has changed between them, and your density has.",
        "Where does each part have its centre?", BEFORE,
    )
    trial.same(
        "one", f"{MIXTURE}, with one part,", "With one part a mixture is that Gaussian, and your value is not its log-density.",
        "What does the log-density of a Gaussian hold besides the square, and what becomes of the dimensions?",
    )
    agrees(
        trial, trial.got["copies"], trial.got["one"], "all parts the same",
        "A mixture of parts that are all the same is that one Gaussian again; your value is another one.",
        "What do the weights add up to, and on which side of the logarithm?", "your {} for one part alone",
    )
    trial.same(
        "density", MIXTURE,
        "Each part by itself is right, and equal parts are one; but different parts are not put together as p(z) "
        "= sum of weight "
        "times density.",
        "Is it the densities that are added, or their logarithms; and once for each code, or for each dimension?",
    )


test_mixture_gradient = gradient(MIXTURE, "z", "mu", "logvar", cases=("plain", "samples", "square"))


@part(MIXTURE, "stability", cases=("far", "never"), keys=("far",))
def test_mixture_stability(trial):
    where = {
        "far": "At codes far from every part, in single precision,",
        "never": "With a part of weight 0, whose logarithm is minus infinity,",
    }[trial.case["case"]]
    trial.same(
        "far", f"{MIXTURE}, {where[0].lower()}{where[1:-1]},", f"{where} the value is another one than it should be.",
        "In which form do you add densities that no exp can hold?",
    )


# --- elbo_with_prior ---

PRIOR = "elbo_with_prior"


@part(PRIOR, "value", keys=("elbo", "again", "alone", "raised", "repeated", "halves", "another", "single"))
def test_elbo_with_prior_value(trial):
    trial.fits("elbo", PRIOR)
    value = trial.got["elbo"]
    repeats(trial, "elbo")
    for key, where in (
        ("alone", "given a single image,"), ("raised", "with a larger log-prior,"), ("repeated", "with every sample twice,"),
        ("halves", "given half of the samples,"), ("single", "in single precision,"),
    ):
        trial.fits(key, f"{PRIOR}, {where}")
    alone(trial, "elbo", PRIOR)
    agrees(
        trial, trial.got["raised"], value + 3, "log_prior 3 nats larger everywhere",
        "A log-prior that is 3 nats larger everywhere must give 3 nats more, and with yours it does not.",
        "Through which function does the prior come in, and how often?", "{}: your value from before, and 3",
    )
    agrees(
        trial, trial.got["repeated"], value, "samples x 2",
        "Taking every sample twice leaves the mean as it is; your value changes.",
        "Is it a sum over samples, or a mean?", BEFORE,
    )
    agrees(
        trial, value, trial.got["halves"], "all samples",
        "The mean over all samples is the mean of the means of the two halves; with yours it is not.",
        "Is it the log-weights that are averaged, or the weights?", "{}: the mean of your two halves",
    )
    if trial.case["case"] == "posterior":
        trial.fits("another", f"{PRIOR}, with other noise,")
        agrees(
            trial, trial.got["another"], value, "other noise",
            "Here log_prior is that of N(0, I) and the encoder gives the posterior of just that prior, so every "
            "sample gives log p(x); "
            "yours changes with the noise.",
            "Which of the three log-densities do you take at another place than the others, or leave out in part?", BEFORE,
        )
    trial.same(
        "elbo", PRIOR, "It is a mean over samples, but not of log p(x|z) + log_prior(z) - log q(z|x).",
        "Which three log-densities do you need, all at the same z, and with which signs?",
    )
    agrees(
        trial, trial.got["single"], value, "float32 in place of float64",
        "In double precision it is right, and in single precision it is another one.",
        "Which of your numbers is too large or too small for single precision?", "your {} in double precision", kind="coarse",
    )


test_elbo_with_prior_gradient = gradient_of_the_model(PRIOR)
