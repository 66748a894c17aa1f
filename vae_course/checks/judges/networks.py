"""Statements about a learner's networks that judges of several stages make."""

from vae_course.checks.judges.shared import says


def registered(trial, what):
    """Two of a kind with the same parameters are the same function."""
    says(
        trial, "twins", "",
        f"{what} was made twice, the second got all registered parameters of the first, and "
        f"{trial.got.get('twins', '')} of the two are not the same: something that they are made of is not registered.",
        "Which of your layers does .named_parameters() not list, and where is it kept?",
    )


def trained(trial, outputs):
    """Every parameter has a part in the outputs, and gets a gradient from them."""
    idle, names = trial.got.get("idle", "none"), trial.got.get("idle_names", "")
    rows = [("without a gradient", names, "none")]
    trial.holds(
        idle != "never used",
        f"Some of your parameters have no effect on {outputs}: what they belong to is made and never used.",
        "Follow each of your layers to the output: which one does nobody call?", rows,
    )
    trial.holds(
        idle == "none",
        f"Some of your parameters act on {outputs} and get no gradient from there: they would never be trained.",
        "Which call turns a tensor with a history into one without?", rows,
    )


_INWARD = {
    "cut": "The logits follow the code, and no gradient comes back from them to the code: in a VAE the encoder would "
    "never hear how a picture came out.",
    "in steps": "The logits follow the code in steps: a tiny change of it changes nothing, so no gradient comes back to "
    "the code.",
    "clipped": "Some numbers of a code get no gradient from the logits, whatever the weights: beyond a limit the code is "
    "cut off, or not all of it is used.",
}


def inward(trial):
    """The gradient of the logits gets to the code."""
    way = trial.got.get("inward", "whole")
    trial.holds(way == "whole", _INWARD.get(way, ""), "What happens to z before your first layer gets it?")
