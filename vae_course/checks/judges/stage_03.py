"""What must hold in stage 03."""

from vae_course.checks.compare import SAME, gap
from vae_course.checks.judging import number, part

KL = "gaussian_kl(mu, logvar)"


@part("gaussian_kl", "value", cases=("plain", "wide"))
def test_gaussian_kl_value(trial):
    trial.fits("kl", KL)
    kl, at_prior = trial.got["kl"], trial.got["at_prior"]
    trial.fits("at_prior", KL)
    trial.holds(
        gap(trial.got["again"], kl) <= SAME,
        "Two calls with the same mu and logvar gave different values; a closed form has no noise in it.",
        "Where does your answer draw random numbers, and which two moments make them unnecessary?",
        [("first row, twice", number(trial.got["again"].flatten()[0]), number(kl.flatten()[0]))],
    )
    trial.holds(
        bool((at_prior.abs() < 1e-6).all()),
        "The KL of N(0, I) to itself must be 0, and yours is not.",
        "At mu = 0, logvar = 0, which of your terms is left over?",
        [("mu = 0, logvar = 0", number(at_prior.flatten()[0]), "0")],
    )
    trial.holds(
        bool((kl > -1e-9).all()),
        "A KL cannot be negative, and one of yours is.",
        "Which term can become negative, and what should outweigh it?",
        [("smallest", number(kl.min()), "0 or more")],
    )
    trial.holds(
        gap(trial.got["mirrored"], kl) <= SAME,
        "Your KL changes when mu becomes -mu; N(mu, sigma^2) and N(-mu, sigma^2) are equally far from N(0, 1).",
        "How does mu enter, so that its sign cannot matter?",
        [("first row, -mu", number(trial.got["mirrored"].flatten()[0]), number(kl.flatten()[0]))],
    )
    trial.same(
        "kl", KL,
        "Shape, sign and zero are right, but these are not the prices of these Gaussians.",
        "Take one row with one latent dimension and do it by hand: which of the three moving terms disagrees?",
    )


@part("gaussian_kl", "gradient", cases=("plain", "wide"))
def test_gaussian_kl_gradient(trial):
    for name in ("mu", "logvar"):
        trial.same(
            f"d_{name}", f"the gradient of gaussian_kl with respect to {name}",
            f"The value is right, but its gradient with respect to {name} is not.",
            "Is every step made of torch operations on the tensors that came in?",
        )


@part("gaussian_kl", "stability", cases=("narrow", "broad"))
def test_gaussian_kl_stability(trial):
    trial.same(
        "kl", "gaussian_kl at an extreme logvar",
        "At an extreme logvar the value drifts away: something is added, clipped or rounded on the way.",
        "You were given the log of the variance; why take a log again?",
    )
