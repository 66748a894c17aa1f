"""What must hold in stage 05."""

from vae_course.checks.judging import number, part

# --- effective_beta ---

NEAR = 0.02  # relative; what is found by differences of single-precision losses is not exact


def _near(got, want):
    return bool(abs(got - want) <= NEAR * abs(want))


def _unmoved(trial, changed, told, question, where):
    """Another disguise of the same loss has the same beta."""
    trial.fits(changed, f"effective_beta, {where},")
    beta, other = trial.got["beta"], trial.got[changed]
    trial.holds(_near(other, beta), told, question, [(where, number(other), f"{number(beta)}, as before")])


@part("effective_beta", "value")
def test_effective_beta(trial):
    trial.fits("beta", "effective_beta(loss, recon)")
    beta, again = trial.got["beta"], trial.got["again"]
    trial.fits("again", "effective_beta(loss, recon)")
    trial.holds(
        _near(again, beta),
        "Two audits of the same loss found two numbers.",
        "How large are your two changes, beside what rounding or chance adds to them?",
        [("the second audit", number(again), f"{number(beta)}, as the first")],
    )
    _unmoved(
        trial, "raised",
        "The same loss plus a constant has another beta for you; a constant moves no gradient, so it weighs nothing.",
        "Which of your numbers is a value of the loss, and which a change of it?",
        "a constant added to the loss",
    )
    _unmoved(
        trial, "recon_raised",
        "With a constant added to the declared recon, and the loss as it was, you find another beta.",
        "Which of your numbers is a value of recon, and which a change of it?",
        "a constant added to recon",
    )
    _unmoved(
        trial, "scaled",
        "The same loss, times 3, has another beta for you; both terms were scaled alike, so their exchange rate is what "
        "it was.",
        "In which unit is the loss counted, and what tells you?",
        "the loss times 3",
    )
    trial.fits("doubled", "effective_beta, with twice the beta,")
    doubled = trial.got["doubled"]
    trial.holds(
        _near(doubled, 2 * beta),
        "When the loss weighs the KL twice as heavily as before, beta is twice as large; yours is not.",
        "Which of the two terms does your number belong to, and what stands above the line?",
        [("beta of the loss doubled", number(doubled), f"{number(2 * beta)}, from {number(beta)}")],
    )
    want = trial.want["beta"]
    trial.holds(
        _near(beta, want),
        "Your number knows neither constants nor units and doubles when beta does, but it is not beta: it is off by a "
        "factor that comes from your own inputs.",
        "By how many nats does each of your two changes move recon and the KL, each as a mean over the batch?",
        [("beta", number(beta), number(want)), ("yours, divided by beta", number(beta / want), "1")],
    )


# --- bug zoo ---


SAMPLES = {
    "plain": "draws fresh noise for every entry", "own_generator": "draws it from a generator of its own",
    "polar": "makes it from two uniform numbers", "forgotten": "returns mu", "rows": "uses the same noise for all rows",
    "columns": "uses the same noise for all latents of a row", "single": "uses one number as the noise of everything",
    "frozen": "uses the same noise at every call", "uniform": "draws noise between 0 and 1",
    "small": "draws noise that is too small", "variance": "takes the variance for the standard deviation",
    "product": "multiplies mu by the standard deviation, too",
}
LOSSES = {
    "plain": "adds both terms, in nats an image", "in_double": "adds them in double precision",
    "in_pieces": "adds them piece by piece, by torch.distributions", "pixel_mean": "averages recon over the pixels",
    "latent_mean": "averages the KL over the latents", "both_means": "averages both terms over everything",
    "batch_sum": "adds recon over the batch and averages the KL", "total": "adds both terms over the batch",
    "weighted": "weighs the KL by another number than 1", "rewarded": "subtracts the KL",
    "no_log": "leaves the logarithm out of the KL", "squared_variance": "squares the variance in the KL",
    "sigma_for_variance": "has sigma in the KL where the variance belongs",
    "not_squared": "does not square mu in the KL",
    "reversed": "prices the prior by the code, not the code by the prior", "sigmoid_twice": "takes the sigmoid twice",
    "squared_error": "calls a squared error a Bernoulli", "white_only": "scores only the white pixels",
    "turned": "scores black pixels as white", "first_picture": "compares every output with the first picture",
    "clipped": "keeps probabilities away from 0 and 1",
}


def _told_apart(trial, does, asks, about):
    """The learner's test says of a program what the seal says."""
    verdict, want = trial.got["verdict"], trial.want["verdict"]
    what = does[trial.case["case"]]
    answer = {"sound": "True", "broken": "False"}
    rows = [
        (f"a program that {what}", answer[verdict], answer[want]),
        ("what your test asked it for", trial.got["asked"], asks),
    ]
    trial.holds(
        verdict == want or want == "broken",
        f"Your test says False of a sound program: one that {what}. {about}",
        "Which of your conditions does this program break, and is it a property of every right program?", rows,
    )
    trial.holds(
        verdict == want,
        f"A bug gets past your test: it says True of a program that {what}.",
        "Which input, or which pair of calls, would show a difference between this program and a right one?", rows,
    )


def _freshness(name, *cases):
    @part("samples_are_fresh", name, cases=cases)
    def body(trial):
        _told_apart(trial, SAMPLES, "sample", "How a program makes its noise is its own affair.")

    return body


test_samples_value = _freshness("value", "plain", "own_generator", "polar", "forgotten")
test_samples_noise = _freshness("noise", "rows", "columns", "single", "frozen")
test_samples_scale = _freshness("scale", "uniform", "small", "variance", "product")


def _soundness(name, *cases):
    @part("loss_is_sound", name, cases=cases)
    def body(trial):
        _told_apart(trial, LOSSES, "loss", "How a program adds is its own affair, and so are its last digits.")

    return body


test_loss_value = _soundness("value", "plain", "in_double", "in_pieces", "pixel_mean")
test_loss_scale = _soundness("scale", "latent_mean", "both_means", "batch_sum", "total", "weighted")
test_loss_kl = _soundness(
    "kl", "rewarded", "no_log", "squared_variance", "sigma_for_variance", "not_squared", "reversed",
)
test_loss_likelihood = _soundness(
    "likelihood", "sigmoid_twice", "squared_error", "white_only", "turned", "first_picture", "clipped",
)
