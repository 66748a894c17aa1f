"""What must hold in stage 05."""

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judges.networks import inward, registered, trained
from vae_course.checks.judges.shared import gradient, says, stays
from vae_course.checks.judges.zoo import told_apart
from vae_course.checks.judging import number, part

ENCODED = {"mu": "mu of your Encoder", "logvar": "logvar of your Encoder"}
LOGITS = "What your Decoder gives"


# --- Encoder and Decoder ---


def _network(trial, names, what, given):
    """What holds for every network of this stage, called with `given` (x or z)."""
    if "repeats" not in trial.got:
        return
    says(
        trial, "repeats", "yes",
        f"Two calls with the same {given} gave different outputs; {what} is a function, and all noise of a VAE "
        "enters through eps.",
        "What in your network draws random numbers?",
    )
    says(
        trial, "company", "none",
        f"The first two rows by themselves give something else than among the others; no row of {given} may look "
        "at another.",
        "Which layer, or which operation, works along the batch?",
    )
    says(
        trial, "weights", "some",
        f"{what} has no parameters, so an optimiser would find nothing to train.",
        "How does a module get to know its layers?",
    )
    says(
        trial, "loose", "",
        f"With every registered parameter at 0, the output still follows {given}; something that works on {given} "
        "is not registered.",
        "Which of your layers does .parameters() not list, and where is it kept?",
    )
    registered(trial, what)


def _way_back(trial, outputs):
    """Every output has a gradient in some parameter."""
    reached = trial.got.get("reached", " and ".join(outputs))
    lacking = [name for name in outputs if name not in reached.split(" and ")]
    trial.holds(
        not lacking,
        f"No gradient comes back from {' or '.join(lacking)} to any of your parameters.",
        "Which call turns a tensor with a history into one without?",
    )


def _span(trial, key, symbol):
    """The rows that show where an output lies."""
    least, most = (number(trial.got[f"{key}_{end}"]) for end in ("least", "most"))
    return [(f"{symbol}, over many weights", f"{least} to {most}", "no limits")]


def _free(trial, key, what, why):
    """An output can be any real number."""
    if f"{key}_range" not in trial.got:
        return
    says(
        trial, f"{key}_range", "everywhere",
        f"Whatever the weights, {what} stays within limits or on one side of a limit; {why}",
        "Which function is the last to act on this output?",
        _span(trial, key, key),
    )


@part("Encoder", "value")
def test_encoder_value(trial):
    trial.holds(
        trial.got["form"] == "two tensors",
        f"Called with x, your Encoder gives {trial.got['form']}; the pair (mu, logvar) is expected.",
        "Which two things does q(z|x) need to be a Gaussian?",
    )
    for name, what in ENCODED.items():
        trial.fits(name, what)
    _network(trial, ENCODED, "An encoder", "x")
    says(
        trial, "heads", "two",
        "mu and logvar are the same numbers, whatever the weights; a mean and a log-variance are two answers.",
        "Which weights does each of your two outputs have for itself?",
    )
    for name, what in ENCODED.items():
        says(
            trial, f"{name}_follows", "yes",
            f"{what} is the same for every x, whatever the weights.",
            "Should two different pictures get the same answer?",
        )
    _free(trial, "mu", ENCODED["mu"], "a mean may be anywhere.")
    _free(trial, "logvar", ENCODED["logvar"], "the logarithm of a variance is negative below 1 and positive above.")
    _way_back(trial, ("mu", "logvar"))
    trained(trial, "mu and logvar")


@part("Decoder", "value")
def test_decoder_value(trial):
    trial.fits("logits", LOGITS)
    if "rows" in trial.got:
        rows = trial.got["rows"].reshape(trial.got["logits"].shape)
        trial.holds(
            gap(trial.got["logits"], rows) <= SAME,
            "Codes with one more axis in front give other logits than the same codes in a row.",
            "Which axis of z holds the code, and which ones are only there to count?",
        )
    _network(trial, ("logits",), "A decoder", "z")
    says(
        trial, "logits_follows", "yes", "The logits are the same for every z, whatever the weights.",
        "On which path does z reach your output?",
    )
    _free(trial, "logits", "what your Decoder gives", "a logit is a log-odds, any real number.")
    _way_back(trial, ("logits",))
    trained(trial, "the logits")
    inward(trial)


# --- VAE ---


@part(
    "VAE", "value", cases=("plain", "wide", "single"),
    keys=(
        "logits", "mu", "logvar", "shape", "sizes", "pair", "repeats", "eps", "calm_eps", "company", "weights", "loose",
        "twins", "code", "decoder",
    ),
)
def test_vae_value(trial):
    for name in ("logits", "mu", "logvar"):
        trial.fits(name, f"{name} of your VAE")
    sizes = f"{trial.case['x_dim']}, {trial.case['z_dim']}"
    says(
        trial, "sizes", sizes,
        "A model carries its sizes as the attributes x_dim and z_dim, and on yours they are absent or other numbers.",
        "How would `generate` learn how long a code is?",
        [("x_dim, z_dim", trial.got["sizes"], sizes)],
    )
    if "pair" not in trial.got:
        return
    says(
        trial, "repeats", "yes",
        "Two calls with the same x and the same eps gave different logits; all noise comes in through eps.",
        "Which line of forward, or of your networks, draws random numbers?",
    )
    says(
        trial, "pair", "as encoded",
        "The mu and logvar that forward returns are not those that encode gives for the same x.",
        "In which order do the three results leave forward?",
    )
    says(
        trial, "eps", "reaches",
        "Another eps gives the same logits: the noise that you are given does not reach the code.",
        "What is z made of, and where does eps come in?",
    )
    says(
        trial, "calm_eps", "reaches",
        "In evaluation mode another eps gives the same logits: the noise that you are given reaches the code only while "
        "the model trains.",
        "Who calls a model in evaluation mode with an eps, and what for?",
    )
    says(
        trial, "company", "none", "Only row 0 of eps was changed, and the logits of other rows moved with it.",
        "Which row of eps belongs to which row of x?",
    )
    says(
        trial, "weights", "some", "A VAE has no parameters, so an optimiser would find nothing to train.",
        "How does a module get to know its networks?",
    )
    says(
        trial, "loose", "",
        "With every registered parameter at 0, the outputs still follow x or eps; something that works on them is not "
        "registered.",
        "Which of your networks does .parameters() not list, and where is it kept?",
    )
    registered(trial, "A VAE")
    says(
        trial, "code", "right",
        "The logits are not those of the code at mu plus sigma times eps, with mu and logvar from your encoder "
        "and the logits from your decode.",
        "Which sigma does your logvar mean, and where does eps go?",
        _codes_row(trial),
    )
    says(
        trial, "decoder", "everywhere",
        "Whatever the weights, what decode gives stays within limits; a logit is a log-odds, any real number.",
        "Which function is the last to act in decode?",
    )


def _codes_row(trial):
    got, want = trial.got["logits"], trial.want["logits"]
    if got.shape != want.shape:
        return []
    return [("logit of row 0, first pixel", number(got[0, 0]), "that of decode at mu + sigma eps")]


_CUT = {
    "cut in encode": "{name}, as encode gives it, has no gradient in your parameters: nothing can be learned from it.",
    "cut in forward": "encode gives {name} with a gradient, and forward returns it without one: from {name} the KL has no "
    "way back to the encoder.",
    "other": "The gradient of the {name} that forward returns is not that of the {name} that encode gives.",
}
_SCORED = {
    "neither": "log_likelihood has no gradient, neither in the parameters nor in the code: no reconstruction can be "
    "trained by it.",
    "weights": "log_likelihood has a gradient in the parameters and none in the code: the encoder would never hear of it.",
    "z": "log_likelihood has a gradient in the code and none in the parameters: the decoder would never be trained by it.",
}


@part(
    "VAE", "gradient", cases=("plain", "wide", "paired"),
    keys=("inward", "path", "mu_way", "logvar_way", "idle", "idle_names", "scored"),
)
def test_vae_gradient(trial):
    if trial.case["case"] == "paired":
        scored = trial.got.get("scored", "weights and z")
        trial.holds(
            scored == "weights and z", _SCORED.get(scored, ""), "On which path does log p(x|z) hang on the code?",
        )
        return
    inward(trial)
    ways = {name: trial.got.get(f"{name}_way", "whole") for name in ("mu", "logvar")}
    for name, way in ways.items():
        trial.holds(way != "cut in encode", _CUT["cut in encode"].format(name=name), "What is done with it in encode?")
    says(
        trial, "path", "whole",
        "The logits are right, but their gradient does not come back to the encoder as it should.",
        "Is every step from mu and logvar to the logits made of torch operations?",
    )
    for name, way in ways.items():
        trial.holds(
            way == "whole", _CUT.get(way, "").format(name=name),
            "The KL is computed from what forward returns: whom does its gradient have to reach?",
        )
    trained(trial, "the outputs")


@part(
    "VAE", "likelihood", cases=("paired", "samples", "crossed"),
    keys=("scores", "again", "shape", "score", "confident"),
)
def test_vae_likelihood(trial):
    trial.fits("scores", "log_likelihood of your VAE")
    stays(
        trial, "again", "scores", "second call",
        "Two calls of log_likelihood with the same x and z gave different values; nothing in log p(x|z) is left "
        "to chance.",
        "The code is given: what is left to draw?", "log_likelihood of your VAE, in a second call,", "from the first",
    )
    says(
        trial, "score", "right",
        "log_likelihood has the right shape, but its values are not log p(x|z) of the logits that decode gives.",
        "One pixel, logit 0: what should it add to the sum?",
    )
    says(
        trial, "confident", "right",
        "At ordinary logits log_likelihood is right; with weights so large that a logit reaches 40 it is lost: a "
        "probability is rounded or clipped on the way.",
        "Between the logits and your sum, where is a number close to 0 or to 1 rounded?",
    )


# --- negative_elbo ---

_TERMS = ("recon", "kl", "loss")


@part("negative_elbo", "value", cases=("plain", "wide"))
def test_negative_elbo_value(trial):
    for key in _TERMS:
        for name in (key, f"twice_{key}", f"free_{key}", f"wide_{key}"):
            trial.fits(name, f"{key} of negative_elbo")
    got = trial.got
    recon, kl, loss = (got[key] for key in _TERMS)
    trial.holds(
        bool(recon > 0),
        "recon is minus the logarithm of a probability, so it is above 0, and yours is not.",
        "Which sign has the logarithm of a number below 1?",
        [("recon", number(recon), "above 0")],
    )
    trial.holds(
        bool(got["free_kl"].abs() < 1e-9),
        "Where every code is the prior itself, kl must be 0, and yours is not.",
        "At mu = 0 and logvar = 0, which of your terms is left over?",
        [("kl at mu = 0, logvar = 0", number(got["free_kl"]), "0")],
    )
    trial.holds(
        bool(kl > 0), "A KL cannot be negative, and yours is.", "Which of your terms has its sign turned round?",
        [("kl", number(kl), "above 0")],
    )
    for key in ("recon", "kl"):
        trial.holds(
            gap(got[f"twice_{key}"], got[key]) <= SAME,
            f"The same batch twice over has the same nats/image, and your {key} changes.",
            "Which reduction runs over the rows?",
            [(f"{key}, batch twice over", number(got[f"twice_{key}"]), f"your {number(got[key])} from before")],
        )
    trial.holds(
        gap(got["wide_recon"], 2 * recon) <= SAME,
        "A picture twice as wide, with every pixel there twice, costs twice as many nats; with your recon it does not.",
        "Which reduction runs over the pixels?",
        [("recon, pixels twice over", number(got["wide_recon"]), f"{number(2 * recon)}, twice yours")],
    )
    trial.same(
        "recon", "recon of negative_elbo",
        "recon adds up as it should, but it is not minus the Bernoulli log-likelihood.",
        "One pixel, x = 1, logit 0: how many nats, and how many in yours?",
    )
    trial.same(
        "kl", "kl of negative_elbo", "kl is 0 at the prior and averages over rows, but it is not the KL to N(0, I).",
        "Take one row and one latent dimension, and do it by hand: which term disagrees?",
    )
    trial.holds(
        gap(loss, recon + kl) <= SAME,
        "recon and kl are right, and loss is not their sum.",
        "What weight has each of the two in the bound?",
        [("loss", number(loss), f"{number(recon + kl)}, recon + kl")],
    )


test_negative_elbo_gradient = gradient("negative_elbo", "logits", "mu", "logvar", cases=("slopes",))


@part("negative_elbo", "stability", cases=("confident", "steep"))
def test_negative_elbo_stability(trial):
    if trial.case["case"] == "confident":
        for key in _TERMS:
            trial.same(
                key, f"{key} at confident logits and sharp codes",
                f"With logits of size 10 to 60 and very sharp codes, {key} is lost: a probability is rounded or "
                "clipped, or a "
                "logarithm is patched, on the way.",
                "Between the logits and your sum, where is a number close to 0 or to 1 rounded?",
            )
        return
    for name in ("logits", "mu", "logvar"):
        trial.same(
            f"d_{name}", f"The gradient of loss with respect to {name}, at confident logits and sharp codes,",
            f"With logits of size 10 to 60 and very sharp codes, the gradient with respect to {name} is lost.",
            "Which step on the way is flat there, or clipped?",
        )


# --- train_step ---

BAND = 1.5  # nats/image that a training run may fall behind the reference's: six times the spread that the noise alone gives

@part(
    "train_step", "value", cases=("sgd", "adam", "trained"),
    keys=("before", "after", "mode", *(f"{key}{step}" for step in (1, 2) for key in ("update", "where", "went", "due"))),
)
def test_train_step_value(trial):
    if trial.case["case"] == "trained":  # seen by marking alone
        least = trial.want["after"] - BAND
        trial.holds(
            trial.got["after"] >= least,
            "After 300 of your steps on digits, the model's ELBO on other digits is not what 300 such steps earn.",
            "What does a step do in the middle of a run that it does not do in the first two?",
            [("test ELBO, nats/image", number(trial.got["after"]), f"at least {number(least)}")],
        )
        return
    for step, which in ((1, "first"), (2, "second")):
        trial.holds(
            trial.got[f"update{step}"] != "unseen",
            f"In the {which} step the model's decoder did not get one code for each row of the batch, so nothing can be "
            "said of the step.",
            "Which method of the model takes x and eps?",
        )
        says(
            trial, f"update{step}", "loss",
            f"The {which} step did not move the parameters as the optimiser does for the gradient of this batch's loss, "
            "at the codes that the model's decoder got.",
            "Which gradient lay in .grad when the optimiser moved, and whose was it?", _first_move(trial, step),
        )
    says(
        trial, "mode", "training", "After your step the model is in evaluation mode.",
        "Who else will use the model after you, and in which mode did you get it?",
    )


def _first_move(trial, step):
    """The first parameter that went somewhere else: a row for the report."""
    if f"where{step}" not in trial.got:
        return []
    went, due = (number(trial.got[f"{key}{step}"]) for key in ("went", "due"))
    return [(f"how far {trial.got[f'where{step}']} of the check's model moved", went, due)]


@part("train_step", "noise", cases=("sgd", "many"), keys=("noise", "twice", "law"))
def test_train_step_noise(trial):
    says(
        trial, "noise", "fresh",
        "The rows of a batch, or the dimensions of a code, do not each get noise of their own.",
        "Which shape has your eps, and which shape has a batch of codes?",
    )
    says(
        trial, "twice", "fresh",
        "Two steps drew the same noise.", "What starts your random numbers afresh at every call?",
    )
    says(
        trial, "law", "normal", "Your noise is drawn, but not from N(0, 1).",
        "Which mean and which spread do the formulas of q assume for eps?",
    )


@part("train_step", "report", cases=("sgd", "adam"), keys=("kind", "report1", "report2"))
def test_train_step_report(trial):
    says(
        trial, "kind", "numbers", "The values that you return are tensors; plain numbers are expected.",
        "How does one number leave a tensor?",
    )
    for step in ("report1", "report2"):
        says(
            trial, step, "before",
            "The step is right, but the numbers that you return are not the loss, recon and kl that it was taken on.",
            "At which parameters, and with which noise, are your numbers computed?",
        )


# --- generate, reconstruct, interpolate ---

_SAMPLED = "What generate gives"


def _codes_are_from_the_prior(trial):
    trial.fits("x", _SAMPLED)
    says(
        trial, "twice", "fresh",
        "Two calls gave the same pictures.", "What starts your random numbers afresh at every call?",
    )
    trial.holds(
        trial.got["codes"] != "unseen",
        "The model's decode did not get a code for each of your pictures.",
        "Which method of the model makes a picture, and out of what?",
    )
    says(
        trial, "codes", "fresh",
        "The codes of different pictures, or the numbers of one code, are not drawn one by one.",
        "How many random numbers do n codes need?",
    )
    says(
        trial, "law", "normal", "The codes are not drawn from the prior N(0, I).",
        "Which mean and which variance has each number of a code before any picture is seen?",
    )


@part("generate", "value", cases=("means", "more means"))
def test_generate_value(trial):
    _codes_are_from_the_prior(trial)
    says(
        trial, "made", "means",
        "The codes are right, but with sample=False the result is not the mean picture of each.",
        "What does decode give, and what is the mean of a pixel?",
    )


@part("generate", "draws", cases=("draws", "more draws"))
def test_generate_draws(trial):
    _codes_are_from_the_prior(trial)
    says(
        trial, "made", "draws",
        "With sample=True every pixel should be drawn by itself, white with the probability that its mean "
        "states; yours are not.",
        "A pixel has the mean 0.3: what should be seen in 10 draws of it?",
    )


@part("reconstruct", "value")
def test_reconstruct_value(trial):
    trial.fits("x", "What reconstruct gives")
    says(
        trial, "twice", "the same", "Two calls with the same x gave different pictures; here nothing is drawn.",
        "Which code of q(z|x) is asked for, and which value of a pixel?",
    )
    x = trial.got["x"]
    trial.holds(
        bool(((x >= 0) & (x <= 1)).all()),
        "The mean of a pixel that is 0 or 1 lies between them, and one of yours does not.",
        "What does decode give: probabilities, or something that becomes one?",
        [("least and most", f"{number(x.min())} and {number(x.max())}", "between 0 and 1")],
    )
    trial.same(
        "copy",
        "What reconstruct gives", "The values lie between 0 and 1, but they are not the mean pictures at z = mu.",
        "Which code goes into decode, and what is done with what comes out?",
    )
    stays(
        trial, "alone", "x", "by itself", "A picture by itself is reconstructed in another way than among others.",
        "Which of your operations looks along the batch?",
        "What reconstruct gives for a single picture", "among the others", rows=slice(0, 1),
    )


@part("interpolate", "value")
def test_interpolate_value(trial):
    what = "What interpolate gives"
    trial.fits("path", what)
    trial.fits("back", what)
    path, back = trial.got["path"], trial.got["back"]
    for index, end, words in ((0, "z1", "first"), (-1, "z2", "last")):
        trial.holds(
            gap(path[index], trial.case[end]) <= SAME,
            f"The {words} code of the path is not {end}.",
            "Which two codes are sure to be on the path?",
            [(f"{words} code, first number", number(path[index, 0]), f"{number(trial.case[end][0])}, as in {end}")],
        )
    trial.holds(
        gap(back.flip(0), path) <= SAME,
        "From z2 to z1 the path is another one than from z1 to z2.",
        "What do the two weights of a point add up to, and what happens when the ends are exchanged?",
    )
    trial.same(
        "path", what, "The ends are right, and the codes between them are not at equal distances on the straight line.",
        "With 3 steps, where should the code in the middle lie?",
    )


# --- effective_beta ---

NEAR = 0.02  # relative; what is found by differences of single-precision losses is not exact


def _near(got, want):
    return bool(abs(got - want) <= NEAR * abs(want))


def _unmoved(trial, changed, told, question, where):
    """Another disguise of the same loss has the same beta."""
    trial.fits(changed, f"effective_beta, {where},")
    beta, other = trial.got["beta"], trial.got[changed]
    trial.holds(_near(other, beta), told, question, [(where, number(other), f"your {number(beta)} from before")])


@part("effective_beta", "value")
def test_effective_beta(trial):
    trial.fits("beta", "effective_beta(loss, recon)")
    beta, again = trial.got["beta"], trial.got["again"]
    trial.fits("again", "effective_beta(loss, recon)")
    trial.holds(
        _near(again, beta),
        "Two audits of the same loss found two numbers.",
        "How large are your two changes, beside what rounding or chance adds to them?",
        [("the second audit", number(again), f"your {number(beta)} from the first")],
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
        [("beta", number(beta), number(want)), ("your beta as a share of the right one", number(beta / want), "1")],
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


def _freshness(name, *cases):
    @part("samples_are_fresh", name, cases=cases)
    def body(trial):
        told_apart(
            trial, SAMPLES, "sample", "How a program makes its noise is its own affair.",
            "The fewer numbers a mean or a spread is taken over, the further it strays.",
        )

    return body


test_samples_value = _freshness("value", "plain", "own_generator", "polar", "forgotten")
test_samples_noise = _freshness("noise", "rows", "columns", "single", "frozen")
test_samples_scale = _freshness("scale", "uniform", "small", "variance", "product")


def _soundness(name, *cases):
    @part("loss_is_sound", name, cases=cases)
    def body(trial):
        told_apart(
            trial, LOSSES, "loss", "How a program adds is its own affair, and so are its last digits.",
            "Your inputs are drawn, and for some of them a right sum differs from yours by more than you allow.",
        )

    return body


test_loss_value = _soundness("value", "plain", "in_double", "in_pieces", "pixel_mean")
test_loss_scale = _soundness("scale", "latent_mean", "both_means", "batch_sum", "total", "weighted")
test_loss_kl = _soundness(
    "kl", "rewarded", "no_log", "squared_variance", "sigma_for_variance", "not_squared", "reversed",
)
test_loss_likelihood = _soundness(
    "likelihood", "sigmoid_twice", "squared_error", "white_only", "turned", "first_picture", "clipped",
)
