"""Wrong answers to stage 03, each with the sentence that names it and a question that leads out of it."""

import torch

from vae_course.checks.bank import wrong

# --- gaussian_kl ---


@wrong(
    "gaussian_kl",
    "What you return equals the KL with sigma in the place of sigma^2: exp(logvar / 2) is the standard deviation, "
    "and the formula asks for the variance.",
    "logvar is the log of which quantity, and what does exp undo?",
)
def sigma_for_variance(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(0.5 * logvar) - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "What you return equals the KL with the variance squared: exp(logvar) is sigma^2 already, and you squared it once more.",
    "If logvar = log 4, what should the variance term be: 4 or 16?",
)
def variance_squared(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar) ** 2 - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "Your formula is consistent, for an input that is log sigma; this exercise passes log sigma^2.",
    "What does the name `logvar` promise, and where would your code notice the difference?",
)
def reads_log_sigma(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(2 * logvar) - 2 * logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The log term is missing: nothing in your price resists sigma going to 0, and a sharp code can even cost less than nothing.",
    "Which term of the derivation punishes an encoder for being too sure?",
)
def log_term_dropped(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The log term has the wrong sign: your price falls when sigma shrinks below 1, and it has to rise.",
    "Sigma goes from 1 to 0.1: is the code closer to N(0, 1), or further from it?",
)
def log_term_flipped(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() + logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The log term counts twice: log sigma^2 is logvar itself, and 2 * logvar would be right only for log sigma.",
    "What is log sigma^2 in terms of logvar?",
)
def log_term_doubled(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 2 * logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The log term counts half: you turned logvar into log sigma, and kept the formula that has log sigma^2.",
    "Which of the two logs does the formula contain?",
)
def log_term_halved(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 0.5 * logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "What you return is exactly twice the KL: the factor 1/2 in front of the bracket is gone.",
    "Where does the 1/2 of a Gaussian's exponent go in the derivation?",
)
def half_forgotten(mu, logvar):
    return (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The 1/2 reaches only the first term: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def half_on_the_first_term_only(mu, logvar):
    return (0.5 * mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The -1 is missing: N(0, I) costs half a nat a dimension against itself, and it must cost nothing.",
    "In the derivation, what does E[(z - mu)^2] / sigma^2 average to?",
)
def minus_one_forgotten(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)


@wrong(
    "gaussian_kl",
    "The -1 is taken once for the whole row; every dimension has one of its own.",
    "Is your -1 inside the sum over dimensions, or behind it?",
)
def minus_one_once(mu, logvar):
    return 0.5 * ((mu**2 + logvar.exp() - logvar).sum(-1) - 1)


@wrong(
    "gaussian_kl",
    "mu is not squared: your price changes when mu becomes -mu, though both means are equally far from 0.",
    "Which moment of z brings mu in: E[z], or E[z^2]?",
)
def mu_not_squared(mu, logvar):
    return 0.5 * (mu + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "mu enters as its size |mu|, not as its square.",
    "What does E[z^2] equal for a Gaussian with mean mu?",
)
def absolute_mu(mu, logvar):
    return 0.5 * (mu.abs() + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The mean is missing: your price is the same wherever the code sits.",
    "What should an encoder pay for moving mu from 0 to 2?",
)
def mu_forgotten(mu, logvar):
    return 0.5 * (logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The variance term is missing: your price keeps falling as sigma grows, and a code that knows nothing would be the cheapest.",
    "Which term stops sigma from growing without end?",
)
def variance_forgotten(mu, logvar):
    return 0.5 * (mu**2 - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The sign is turned round: this is minus the KL, the way it stands inside the ELBO. A KL cannot be negative.",
    "Is this function asked for the divergence, or for its contribution to the bound?",
)
def negated(mu, logvar):
    return -0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong("gaussian_kl", alias_of="negated")
def published_form_without_its_minus(mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(-1)


@wrong(
    "gaussian_kl",
    "This is KL(p || q), with the roles swapped: the average is taken under the prior, and it explodes like 1 / sigma^2.",
    "Under which of the two distributions are the samples z drawn in the definition?",
)
def reversed_roles(mu, logvar):
    return 0.5 * ((mu**2 + 1) / logvar.exp() + logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "You average over the latent dimensions; prices of independent dimensions add, so this is 1/Z of the KL.",
    "What happens to a code's price when you append a second, equal dimension?",
)
def mean_over_dimensions(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).mean(-1)


@wrong(
    "gaussian_kl",
    "You add the rows up as well; every row is another image and keeps a price of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum()


@wrong(
    "gaussian_kl",
    "You average the rows at the end; that comes later, in the loss. Here every row keeps a price of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1).mean()


@wrong(
    "gaussian_kl",
    "You sum over the rows and keep the dimensions; it is the other way round.",
    "Which axis of (B, Z) does dim=0 remove?",
)
def summed_over_the_wrong_axis(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(0)


@wrong(
    "gaussian_kl",
    "These are the prices of the single dimensions; the row's price is their sum.",
    "Independent dimensions multiply their densities: what do their logs do?",
)
def not_summed(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)


@wrong(
    "gaussian_kl",
    "The value is right, but it is cut from mu and logvar: no gradient reaches the encoder, which would then never hear of its price.",
    "Which call turns a tensor with a history into one without?",
)
def detached(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1).detach()


@wrong("gaussian_kl", alias_of="detached")
def without_gradients(mu, logvar):
    with torch.no_grad():
        return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The value is right, but logvar is cut off: only the mean would ever be trained by the price.",
    "Which of the two inputs still has a gradient behind your exp?",
)
def logvar_detached(mu, logvar):
    logvar = logvar.detach()
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "A small constant inside the logarithm keeps it finite and makes it wrong: for a very sharp code the price stops rising.",
    "You were given the log of the variance: do you need another log?",
)
def constant_inside_the_log(mu, logvar):
    var = logvar.exp()
    return 0.5 * (mu**2 + var - torch.log(var + 1e-8) - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "logvar is clipped before it is used: outside the clip the price is a constant, and its gradient is 0.",
    "What should happen to a code that has run away: be brought back, or be left alone?",
)
def clipped_logvar(mu, logvar):
    logvar = logvar.clamp(-10, 10)
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "The log term has the wrong sign, and the clamp at 0 hides what that does: without it your KL would be negative.",
    "The right formula never falls below 0 by itself: what made yours do so?",
)
def log_term_flipped_and_clamped(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() + logvar - 1).sum(-1).clamp(min=0)


@wrong(
    "gaussian_kl",
    "This is the cross-entropy to the prior; the entropy of q has not been taken away.",
    "The KL is a difference of two averages: where is the other one?",
)
def cross_entropy_only(mu, logvar):
    return 0.5 * (torch.log(torch.tensor(2 * torch.pi)) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_kl",
    "This is an average over random samples, so it changes from call to call; the closed form has no noise in it.",
    "Which two moments make the samples unnecessary?",
)
def sampled(mu, logvar):
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    return (-0.5 * (logvar + (z - mu) ** 2 / logvar.exp()) + 0.5 * z**2).sum(-1)
