"""What must hold in stage 10."""

import torch

from vae_course.checks.compare import SAME, gap, worst
from vae_course.checks.judges.shared import NOTHING, agrees, alone, gradient_of_the_model, repeats, says, stays
from vae_course.checks.judging import beside, number, part

# --- gauge_evidence ---

EVIDENCE = "gauge_evidence(x, states, flip)"


@part(
    "gauge_evidence", "value", cases=("plain", "wide"),
    keys=("evidence", "again", "alone", "one_state", "repeated", "shuffled", "inverted", "coin"),
)
def test_gauge_evidence_value(trial):
    trial.fits("evidence", EVIDENCE)
    repeats(trial, "evidence", what=EVIDENCE)
    for key in ("one_state", "repeated", "shuffled", "inverted", "coin"):
        trial.fits(key, EVIDENCE)
    value, pixels = trial.got["evidence"], trial.case["x"].shape[1]
    at = worst(value.clamp(min=0), torch.zeros_like(value))
    trial.holds(
        bool((value < 0).all()),
        "The chance of a picture is below 1, so its logarithm is below 0, and one of yours is not.",
        "Which of your terms makes a chance larger than 1?", [(f"row {at[0]}", number(value[at]), "below 0")],
    )
    stays(
        trial, "repeated", "evidence", "every state three times",
        "With every state there three times the pictures are as likely as before, and your value changes.",
        "How likely is one of S states, and where does that come in?", f"{EVIDENCE}, given every state three times,",
    )
    agrees(
        trial, trial.got["coin"], trial.want["coin"], "flip = 0.5",
        "With flips as likely as not every picture is as likely as any other, whatever the states; yours are not.",
        f"Of how many pictures with {pixels} pixels is each then one?",
    )
    agrees(
        trial, trial.got["one_state"], trial.want["one_state"], "a single state",
        "With a single state nothing is hidden: log p(x) is the sum over pixels of the log of each one's chance, and yours "
        "is not.",
        "What is the chance of a pixel that agrees with the state, and of one that does not?",
    )
    stays(
        trial, "inverted", "evidence", "black and white exchanged in x and in the states",
        "A flip is as likely on a lit pixel as on a dark one, and your value changes when lit and dark are exchanged.",
        "Which pixels does each of your terms count?", f"{EVIDENCE}, with lit and dark exchanged,",
    )
    trial.same(
        "evidence", EVIDENCE,
        "With one state your value is right, and with several it is not the log of the mean chance over the states.",
        "Which comes first: the product over pixels, the mean over states, or the logarithm?",
    )
    alone(trial, "evidence", EVIDENCE)


@part("gauge_evidence", "stability", cases=("far",), keys=("far",))
def test_gauge_evidence_stability(trial):
    trial.same(
        "far", f"{EVIDENCE}, on pictures of 900 pixels in single precision,",
        "On pictures of 900 pixels in single precision the result is lost: a chance was written out on the way.",
        "How small is the chance of 900 pixels, and what is left of it in single precision?",
    )


# --- impossible ---

_ALARMS = {
    "above": (
        "The bounds lie clearly above the evidence, more than 4 standard errors on average, and there is no alarm.",
        "Which way round is your difference, and what is its average compared with?",
    ),
    "flagrant": (
        "Every single bound lies far above the evidence of its picture, and there is no alarm.",
        "Which answer means trouble, and what makes you give it?",
    ),
    "handful": (
        "Five bounds lie above the evidence by more than 5 standard errors of their mean, and there is no alarm.",
        "Is your average compared with the spread of single differences, or with that of their mean?",
    ),
    "paired": (
        "Each bound is a little above the evidence of its own picture, steadily, and there is no alarm: pictures differ much, but "
        "the differences do not.",
        "Of which numbers is the standard error taken: of two lists, or of one list of differences?",
    ),
    "many": (
        "The average lies above the evidence by little, and with so many pictures by more than 4 standard errors; there is no "
        "alarm.",
        "What does the spread of an average do when there are more pictures?",
    ),
    "below": (
        "The bounds lie below the evidence on average, as they should, and there is an alarm.",
        "What does a single bound above its evidence prove, and on which side of 0 is trouble?",
    ),
    "far below": (
        "The bounds lie far below the evidence. That may be a poor model, but nothing about it is impossible; there is an alarm.",
        "A lower bound that is low: which law does it break?",
    ),
    "chance": (
        "The average lies above the evidence, but by fewer than 4 standard errors: chance does that, and there is an alarm.",
        "By how much does the average of so few differences scatter?",
    ),
    "barely": (
        "The average lies above the evidence by a fifth of a standard error, which is nothing, and there is an alarm.",
        "When would you call a mean that is not 0 surprising?",
    ),
    "one": (
        "The average lies above the evidence by fewer than 2 standard errors, and there is an alarm.",
        "How many standard errors are asked for?",
    ),
    "three": (
        "Three pictures give an average that is fewer than 2 standard errors above the evidence, and there is an alarm.",
        "With 3 numbers, how much smaller than their spread is that of their mean?",
    ),
    "few": (
        "The average lies above the evidence by a nat and more, but so few pictures scatter as much: it is fewer than 4 standard "
        "errors, and there is an alarm.",
        "How does the spread of an average follow from the spread of its numbers?",
    ),
}


@part("impossible", "value")
def test_impossible_value(trial):
    differences = trial.case["elbo"] - trial.case["log_evidence"]
    mean, error = float(differences.mean()), float(differences.std()) / len(differences) ** 0.5
    where = f"mean difference {number(mean)}, standard error {number(error)}"
    sentence, question = _ALARMS[trial.case["case"]]
    yours, right = (str(trial_["alarm"] == "yes") for trial_ in (trial.got, trial.want))
    trial.holds(yours == right, sentence, question, [(where, yours, right)])


# --- capstone_faults ---


def _line(name, letter, sentence, question):
    """A part of the check: what is said of one part of the script."""

    @part("capstone_faults", name, keys=(letter,))
    def body(trial):
        trial.same(letter, sentence=sentence, question=question)

    return body


_SAID = "What you say of part {} does not fit what its lines do."
test_fault_h = _line(
    "value", "H", "What you say of part H does not explain a report that lies above log p(x).",
    "Which two terms make a bound, and what weight does each have in the report?",
)
test_fault_a = _line(
    "A", "A", _SAID.format("A"), "One photograph was saved as two files: where may the two of them end up?",
)
test_fault_c = _line(
    "C", "C", _SAID.format("C"), "Put the last epoch into the formula: which number comes out?",
)
test_fault_e = _line(
    "E", "E", _SAID.format("E"), "The same output of the encoder is used in two places: do both read it in the same way?",
)
test_fault_f = _line(
    "F", "F", _SAID.format("F"), "How many numbers does each term of the loss add up, and how many does it average?",
)
test_fault_i = _line(
    "I", "I", _SAID.format("I"), "Which operation comes last here, and which one should?",
)


@part("capstone_faults", "sound", keys=("B", "D", "G", "J"))
def test_sound_parts(trial):
    for letter in "BDGJ":
        trial.same(
            letter, sentence=f"You accuse part {letter}, and its lines do what they should.",
            question="If that were so, which line would you change, and to what?",
        )


# --- capstone_split ---

_SETS = ("train", "validation", "test")


@part(
    "capstone_split", "value",
    keys=("files", "torn", "argument", *(f"photographs_{name}" for name in _SETS)),
)
def test_capstone_split_value(trial):
    says(
        trial, "argument", "kept", "Your function changes what it is given: after the call photo holds other numbers.",
        "Which of your lines writes into photo?",
    )
    told = trial.got["files"]
    trial.holds(
        told != "left out", "Some files are in none of the three sets.",
        "How many places are there in photo, and how many in your three sets together?",
    )
    trial.holds(
        told != "used twice", "Some file is in your sets twice.", "Into how many sets does a file go, and how often?",
    )
    torn = trial.got["torn"]
    trial.holds(
        torn == 0,
        "Some photographs have files in two of your sets: what is tested was trained on.",
        "What is dealt out here, files or photographs?", [("photographs in two sets", str(torn), "0")],
    )
    for name in _SETS:
        got, want = (given[f"photographs_{name}"] for given in (trial.got, trial.want))
        trial.holds(
            got == want, f"No photograph is in two sets, but {name} has another number of them than it should.",
            "Of what are 15 % held out, and how often?", [(f"photographs in {name}", str(got), str(want))],
        )


@part("capstone_split", "chance", keys=("again", "anew"))
def test_capstone_split_chance(trial):
    says(
        trial, "again", "the same", "Two generators with the same seed gave different splits.",
        "Which random numbers of yours do not come from the generator?",
    )
    says(
        trial, "anew", "another", "Another generator gave the same test set: nothing is left to chance.",
        "What decides with you which photographs are tested?",
    )


# --- capstone_loss ---

_TERMS = ("recon", "kl", "loss")
_TERM = "{} of capstone_loss"
_LOOKED_AT = ("answer_to_noise", *(f"{run}{key}" for run in ("", "again_", "twice_", "moved_") for key in _TERMS))


@part("capstone_loss", "value", cases=("after", "wide"), keys=_LOOKED_AT)
def test_capstone_loss_value(trial):
    for key in _TERMS:
        for run in ("", "again_", "twice_", "moved_"):
            trial.fits(f"{run}{key}", _TERM.format(key))
    got = trial.got
    for key in _TERMS:
        repeats(trial, key, f"again_{key}", _TERM.format(key))
    for key in ("recon", "kl"):
        stays(
            trial, f"twice_{key}", key, f"{key}, batch twice over",
            f"The same batch twice over has the same nats/image, and your {key} changes.",
            "Which reduction runs over the rows?", _TERM.format(key),
        )
    stays(
        trial, "moved_kl", "kl", "kl, with other noise",
        "The KL to the prior is a closed form, and yours changes with the noise.",
        "Which quantities does the KL of two Gaussians need?", "kl of capstone_loss",
    )
    trial.holds(
        gap(got["moved_recon"], got["recon"]) > SAME,
        "recon does not change when the noise does: the decoder never sees a sample.",
        "Which code does your decoder get?",
    )
    trial.same(
        "kl", _TERM.format("kl"), "kl averages over rows, but it is not the KL to N(0, I), summed over the latents.",
        "How many nats does q(z|x) of one row cost, over all its latents?",
    )
    agrees(
        trial, got["answer_to_noise"], trial.want["answer_to_noise"], "recon, change with the noise",
        "When all noise is moved by 1, recon changes by another amount than it should: noise becomes code by another rule, "
        "or pixels are added up by another one.",
        "What spread does logvar stand for, and does your recon run over all pixels?",
    )
    trial.same(
        "recon", _TERM.format("recon"),
        "recon answers to the noise as it should, but it is not minus the log-likelihood of the pictures.",
        "One pixel, x = 1, logit 0: how many nats, and how many in yours?",
    )
    agrees(
        trial, got["loss"], got["recon"] + got["kl"], "loss, after the warm-up",
        "The warm-up is over, so the loss is recon and kl at their full height, and yours is not.",
        "What does the KL cost from the end of the warm-up on?", "{}, recon + kl",
    )


@part("capstone_loss", "warm_up", cases=("start", "during", "none"), keys=("loss", "recon", "kl"))
def test_capstone_loss_warm_up(trial):
    step, warmup_steps = trial.case["step"], trial.case["warmup_steps"]
    for key in ("recon", "kl"):
        trial.same(
            key, _TERM.format(key),
            f"At step {step} of a warm-up of {warmup_steps} your {key} has another height than after it: the two parts are "
            "reported in full.",
            "Which of the three numbers has the price in it?",
        )
    trial.same(
        "loss", _TERM.format("loss"),
        f"recon and kl are right, and at step {step} of a warm-up of {warmup_steps} the loss is not recon plus kl at the "
        "price of this step.",
        "Which part of the warm-up is over at this step?",
    )


test_capstone_loss_gradient = gradient_of_the_model("capstone_loss", ("slopes",))


# --- capstone_train ---

BAND = {"short": 0.6, "long": 0.9}  # nats/image below the reference: other batches and other noise do half of that at most
ABOVE = 0.5  # nats/image above the exact evidence that 400 photographs may give by chance


@part(
    "capstone_train", "value", cases=("short", "long", "brief", "quick"),
    keys=("returned", "pictures", "moved", "finite", "elbo", "kl", "recon", "exact"),
)
def test_capstone_train_value(trial):
    says(
        trial, "finite", "yes", "After your training some weights are no numbers any more.",
        "Which step of the loss gives an infinity?",
    )
    if trial.case["case"] == "quick":
        return
    says(
        trial, "returned", "the model", "What you return is not the model that came in.",
        "Whose weights does your optimiser move?",
    )
    says(
        trial, "pictures", "kept", "Your function changes the pictures that it is given.",
        "Which of your lines writes into them?",
    )
    says(
        trial, "moved", "encoder and decoder", "After your training some part of the model is as it was.",
        "Whose weights does your optimiser know, and does a gradient reach them?", where="what moved",
    )
    if trial.case["case"] == "brief":  # a few steps earn nothing yet
        return
    got, want = trial.got, trial.want
    least = want["elbo"] - BAND[trial.case["case"]]
    rows = [
        ("ELBO on unseen photographs, nats/image", number(got["elbo"]), f"at least {number(least)}"),
        ("its KL, nats/image", number(got["kl"]), f"near {number(want['kl'])}"),
    ]
    trial.holds(
        got["elbo"] <= want["exact"] + ABOVE,
        "The weights that you return earn more on unseen photographs than log p(x) allows.",
        "Where do these weights come from?",
        [("ELBO on unseen photographs, nats/image", number(got["elbo"]), f"at most {number(want['exact'])}, exact")],
    )
    trial.holds(
        got["elbo"] >= least,
        "Both networks moved, but on unseen photographs the model is not worth what so many steps earn.",
        "How many steps are taken, each on which rows, with which noise, and at which price at the end?", rows,
    )


@part("capstone_train", "chance", cases=("brief", "quick"), keys=("again", "anew"))
def test_capstone_train_chance(trial):
    says(
        trial, "again", "the same", "Two generators with the same seed led to different weights.",
        "Which random numbers of yours do not come from the generator?",
    )
    says(
        trial, "anew", "another", "Another generator led to the same weights: nothing is left to chance.",
        "Where do your batches and your noise come from?",
    )


# --- capstone_report ---

_TERM_OF = "{} of capstone_report"
_REPORTED = ("elbo", "iwae", "kl", "encoder_gap", "model_gap")


@part(
    "capstone_report", "value",
    keys=tuple(f"{run}{key}" for run in ("", "again_", "twice_", "one_", "raised_") for key in ("elbo", "iwae", "kl")),
)
def test_capstone_report_value(trial):
    for key in ("elbo", "iwae", "kl"):
        for run in ("", "again_", "twice_", "one_"):
            trial.fits(f"{run}{key}", _TERM_OF.format(key))
    got = trial.got
    for key in ("elbo", "iwae", "kl"):
        repeats(trial, key, f"again_{key}", _TERM_OF.format(key))
        stays(
            trial, f"twice_{key}", key, f"{key}, every picture twice",
            f"The same pictures twice over have the same nats/image, and your {key} changes.",
            "Which reduction runs over the pictures?", _TERM_OF.format(key),
        )
    trial.same(
        "kl", _TERM_OF.format("kl"), "Your kl is not the mean KL of q(z|x) to N(0, I), in closed form.",
        "How many nats does the code of one picture cost, summed over its latents?",
    )
    for key in ("elbo", "iwae"):
        trial.holds(
            bool(got[key] < 0), f"{key} is a bound on the logarithm of a probability, so it is below 0, and yours is not.",
            "Is a bound a loss, or minus one?", [(key, number(got[key]), "below 0")],
        )
    agrees(
        trial, got["one_iwae"], got["one_elbo"], "iwae, a single sample",
        "With a single sample the two bounds are the same number, and yours differ.",
        "What is the logarithm of the mean of one weight?", "{}, your elbo",
    )
    trial.same(
        "elbo", _TERM_OF.format("elbo"),
        "Your elbo is not the mean of the log-weights, over the samples and the pictures.",
        "Which three log-densities make one log-weight, and at what price is each?",
    )
    trial.same(
        "iwae", _TERM_OF.format("iwae"),
        "Your elbo is right, and your iwae is not the log of the mean weight of each picture, averaged over pictures.",
        "Over which axis is the mean inside the logarithm, and over which one outside?",
    )


@part("capstone_report", "gaps", keys=("elbo", "iwae", "encoder_gap", "model_gap", "raised_encoder_gap", "raised_model_gap"))
def test_capstone_report_gaps(trial):
    for key in ("encoder_gap", "model_gap"):
        trial.fits(key, _TERM_OF.format(key))
    got, exact = trial.got, trial.case["log_evidence"].mean()
    agrees(
        trial, got["raised_encoder_gap"], got["encoder_gap"], "encoder_gap, with log p(x) a nat higher",
        "What samples of q lose has nothing to do with the truth about the pictures, and your encoder_gap changes with it.",
        "Between which two of your numbers does this gap lie?", "{}, as before",
    )
    total = got["encoder_gap"] + got["model_gap"]
    agrees(
        trial, total, exact - got["elbo"], "encoder_gap + model_gap",
        "The two gaps together lead from your elbo to log p(x), and yours do not.",
        "Draw the three numbers on a line: which pieces lie between them?", "{}, log p(x) less your elbo",
    )
    for key in ("encoder_gap", "model_gap"):
        trial.same(
            key, _TERM_OF.format(key), f"The gaps add up, and your {key} is not the right piece.",
            "Which of the two would shrink if q were better and nothing else changed?",
        )


@part("capstone_report", "units", keys=("active_units", "twice_active_units", "one_active_units"))
def test_capstone_report_units(trial):
    trial.fits("active_units", _TERM_OF.format("active_units"))
    agrees(
        trial, trial.got["active_units"], trial.want["active_units"], "active_units",
        "Your active_units is not the number of latents whose mean varies over the pictures by more than 0.01.",
        "Over which axis does a mean vary, and what is compared with 0.01?",
    )


# --- factor_scores ---

SCORES = "factor_scores(codes, factors, new_codes, new_factors)"


@part("factor_scores", "value", cases=("plain", "wide"), keys=("scores", "again", "shifted", "scaled", "first", "seen"))
def test_factor_scores_value(trial):
    trial.fits("scores", SCORES)
    repeats(trial, "scores", what=SCORES)
    for key in ("shifted", "scaled", "first", "seen"):
        trial.fits(key, SCORES)
    scores = trial.got["scores"]
    at = worst(scores.clamp(max=1), scores) if scores.dim() else ()
    trial.holds(
        bool((scores <= 1 + NOTHING).all()), "A readout cannot do better than perfectly, and a score of yours is above 1.",
        "What is your error divided by, and what is it subtracted from?",
        [(f"factor {at[0]}", number(scores[at]), "at most 1")],
    )
    stays(
        trial, "scaled", "scores", "factors in another unit",
        "With factors in another unit, ten times as large and less 4, your scores change: a score has no unit.",
        "What is the squared error compared with, and is that in the same unit?", f"{SCORES}, with factors in another unit,",
    )
    stays(
        trial, "shifted", "scores", "3 added to all codes",
        "With 3 added to all codes a readout can do as well as before, and your scores change.",
        "Does your readout have a constant?", f"{SCORES}, with 3 added to all codes,",
    )
    stays(
        trial, "first", "scores", "given alone",
        "A factor by itself has another score than among the others.",
        "Which of your operations runs over the factors?", f"{SCORES}, given the first factor only,",
        beside="among the others", rows=slice(0, 1),
    )
    trial.same(
        "seen", f"{SCORES}, scored on the data of the fit,",
        "Scored on the data that it was fitted to, your readout does not have the R^2 of least squares.",
        "Which readout has the smallest squared error on these data, and what would the mean alone leave?",
    )
    trial.same(
        "scores", SCORES,
        "On the data of the fit your scores are right, and on new data they are not.",
        "Which data decide on the readout, which on its error, and which on what the error is compared with?",
    )


@part("factor_scores", "unseen", cases=("noise", "moved"), keys=("scores",))
def test_factor_scores_unseen(trial):
    trial.fits("scores", SCORES)
    noise = trial.case["case"] == "noise"
    trial.same(
        "scores", SCORES,
        "The codes here are noise, so that a readout that fits them is worse than the mean on new data, and your scores do not "
        "say so." if noise else
        "The new data lie elsewhere than those of the fit, and your scores are not those of the old readout there.",
        "Which numbers may a score take when a readout is worse than saying nothing?" if noise else
        "Whose mean is the one that the error is compared with?",
    )
