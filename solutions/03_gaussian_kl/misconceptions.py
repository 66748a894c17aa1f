"""Wrong answers to stage 03, each with the sentence that names it and a question that leads out of it."""

import math

import torch

from vae_course.checks.bank import wrong

# --- std_from_logvar ---


@wrong(
    "std_from_logvar",
    "What you return equals the variance: exp(logvar) undoes the log and leaves sigma^2, and sigma was asked for.",
    "logvar is the log of sigma squared: what is log sigma?",
)
def variance_for_sigma(logvar):
    return torch.exp(logvar)


@wrong(
    "std_from_logvar",
    "What you return equals half the variance: your half stands outside the exponential, where it halves the result "
    "and not the logarithm.",
    "For a variance of 4 sigma is 2; what does your function give for a variance of 16?",
)
def half_outside(logvar):
    return 0.5 * torch.exp(logvar)


@wrong(
    "std_from_logvar",
    "What you return equals the square of the variance: the logarithm was doubled on the way.",
    "Is sigma^2 the square of sigma, or sigma the square of sigma^2?",
)
def variance_squared(logvar):
    return torch.exp(2 * logvar)


@wrong("std_from_logvar", alias_of="variance_squared")
def exp_then_square(logvar):
    return torch.exp(logvar).square()


@wrong(
    "std_from_logvar",
    "What you return equals log sigma: halved as it should be, and still a logarithm. It can be negative, and a "
    "sigma cannot.",
    "What has to happen to log sigma before it is sigma?",
)
def still_a_logarithm(logvar):
    return 0.5 * logvar


@wrong("std_from_logvar", alias_of="still_a_logarithm")
def log_of_the_root(logvar):
    return torch.log(torch.sqrt(torch.exp(logvar)))


@wrong(
    "std_from_logvar",
    "You take the square root of the logarithm: for every logvar below 0 that is NaN, though such a variance is a "
    "perfectly ordinary one, below 1.",
    "Which quantity is sigma the root of, and do you have that quantity or its logarithm?",
)
def root_of_the_logarithm(logvar):
    return torch.sqrt(logvar)


@wrong(
    "std_from_logvar",
    "What you return equals the root of |logvar|: the absolute value keeps NaN away, and the number under the root "
    "is still a logarithm.",
    "For a variance of 1, logvar is 0: which sigma should come out, and which does?",
)
def root_of_absolute_logarithm(logvar):
    return torch.sqrt(torch.abs(logvar))


@wrong(
    "std_from_logvar",
    "What you return equals 1 / sigma, the root of the precision: the sign in the exponent is turned round.",
    "When logvar grows, should sigma grow or shrink?",
)
def one_over_sigma(logvar):
    return torch.exp(-0.5 * logvar)


@wrong(
    "std_from_logvar",
    "What you return equals softplus(logvar): positive for every real number, and so another way to emit a sigma; but "
    "then the number that went in is not the log of sigma^2.",
    "Does your function give 2 for logvar = log 4?",
)
def softplus_of_logvar(logvar):
    return torch.nn.functional.softplus(logvar)


@wrong(
    "std_from_logvar",
    "What you return equals a power of 10: these logarithms are natural ones.",
    "Which number, raised to logvar, gives the variance back?",
)
def base_ten(logvar):
    return 10 ** (0.5 * logvar)


@wrong(
    "std_from_logvar",
    "What you return equals a power of 2: these logarithms are natural ones.",
    "Which number, raised to logvar, gives the variance back?",
)
def base_two(logvar):
    return 2 ** (0.5 * logvar)


@wrong(
    "std_from_logvar",
    "The exponential gets the root of |logvar|, where it should get its half: a root outside a logarithm is a half "
    "inside it, and you did both in one place.",
    "If sigma^2 = e^6, what is sigma, and what is its logarithm?",
)
def exp_of_the_root(logvar):
    return torch.exp(torch.sqrt(torch.abs(logvar)))


@wrong(
    "std_from_logvar",
    "What you return is logvar as it came. A raw output used as sigma is one of the four classic mistakes: it can "
    "be negative, and this number is still the logarithm of a variance.",
    "Which two steps lead from log sigma^2 to sigma?",
)
def logvar_itself(logvar):
    return logvar.clone()


@wrong(
    "std_from_logvar",
    "The values are right, and the last axis is summed away; every number in logvar has a sigma of its own.",
    "Which shape should come out when logvar has shape (5, 3)?",
)
def summed(logvar):
    return torch.exp(0.5 * logvar).sum(-1)


@wrong(
    "std_from_logvar",
    "What you return equals sigma + 0.001. exp is above 0 by itself, so nothing needs protection, and every sigma "
    "is now too large.",
    "What is the added constant meant to prevent, and can it happen here?",
)
def floor_added(logvar):
    return torch.exp(0.5 * logvar) + 1e-3


@wrong(
    "std_from_logvar",
    "The value is right, but it is cut from logvar: no gradient reaches the encoder, which could then never learn a "
    "sigma.",
    "Which call turns a tensor with a history into one without?",
)
def detached(logvar):
    return torch.exp(0.5 * logvar).detach()


@wrong("std_from_logvar", alias_of="detached")
def without_gradients(logvar):
    with torch.no_grad():
        return torch.exp(0.5 * logvar)


@wrong(
    "std_from_logvar",
    "Right for ordinary numbers, and you go through the variance: at logvar = 120 it overflows float32, and at -120 it "
    "is 0, whose root has an infinite slope. sigma itself would have fitted both times.",
    "In which order can you halve and exponentiate?",
)
def through_the_variance(logvar):
    return torch.sqrt(torch.exp(logvar))


@wrong(
    "std_from_logvar",
    "logvar is clipped to [-10, 10] before it is used: outside, every sigma is the same and its gradient is 0.",
    "What should become of an encoder whose logvar has run away: be brought back, or be left alone?",
)
def clipped_logvar(logvar):
    return torch.exp(0.5 * logvar.clamp(-10, 10))


@wrong(
    "std_from_logvar",
    "What you return has a floor of 1e-6: exp is above 0 by itself, so nothing needs protection, and under the "
    "floor the gradient is gone.",
    "What is the floor meant to prevent, and can it happen here?",
)
def floored(logvar):
    return torch.exp(0.5 * logvar).clamp(min=1e-6)


@wrong(
    "std_from_logvar",
    "What you return equals the root of sigma: the half was taken twice, once inside the exponential and once as a "
    "root around it.",
    "For logvar = log 16 the variance is 16: what is sigma, and what do you give?",
)
def root_taken_twice(logvar):
    return torch.exp(logvar / 4)


@wrong(
    "std_from_logvar",
    "What you return equals softplus(logvar / 2): positive, and so another way to emit a sigma; but then the number "
    "that went in is not the log of sigma^2.",
    "Does your function give 2 for logvar = log 4?",
)
def softplus_of_half(logvar):
    return torch.nn.functional.softplus(0.5 * logvar)


# --- gaussian_entropy ---


@wrong(
    "gaussian_entropy",
    "The log term counts half of what it should: under the factor 1/2 belongs log sigma^2, and yours amounts to log "
    "sigma.",
    "Is logvar the log of sigma, or of sigma^2, and which of the two does your formula name?",
)
def log_term_halved(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + 0.5 * logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "The log term counts twice what it should. Your formula would be right for an input that is log sigma; this one is "
    "log sigma^2.",
    "When logvar grows by 2, by how much does log sigma grow?",
)
def reads_log_sigma(logvar):
    return (0.5 * (1 + math.log(2 * math.pi)) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "What you return is exactly twice the entropy: the factor 1/2 in front of the bracket is gone.",
    "Where does the 1/2 of a Gaussian's exponent go in the derivation?",
)
def half_forgotten(logvar):
    return (1 + math.log(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "The 1/2 reaches logvar and not the constants: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def half_on_logvar_only(logvar):
    return (1 + math.log(2 * math.pi) + 0.5 * logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "The log 2 pi is missing: that is the half of log 2 pi sigma^2 that does not depend on sigma, and it costs 0.92 "
    "nats a dimension.",
    "Which constant makes a Gaussian's density integrate to 1, and what becomes of it under the log?",
)
def two_pi_forgotten(logvar):
    return 0.5 * (1 + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "The 1 is missing: the squared distance from the mean, in units of sigma^2, does not average to 0.",
    "What is the average of (z - mu)^2 / sigma^2 under q?",
)
def one_forgotten(logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "Both constants are missing: what is left is log sigma, summed, which is 0 for a standard Gaussian. Its entropy "
    "is not 0.",
    "How spread out is a standard Gaussian: not at all?",
)
def only_log_sigma(logvar):
    return 0.5 * logvar.sum(-1)


@wrong(
    "gaussian_entropy",
    "The constants are taken once for the whole row; every dimension has its own.",
    "Do your constants stand inside the sum over dimensions, or behind it?",
)
def constants_once(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar.sum(-1))


@wrong(
    "gaussian_entropy",
    "The 1 is taken once for the whole row, and log 2 pi in every dimension; both belong to every dimension.",
    "Which of your constants stand inside the sum over dimensions?",
)
def one_once(logvar):
    return 0.5 * (1 + (math.log(2 * math.pi) + logvar).sum(-1))


@wrong(
    "gaussian_entropy",
    "The sign is turned round: this is the average of log q, and the entropy is minus that.",
    "Which has the larger entropy, a broad Gaussian or a sharp one, and which gets the larger value from you?",
)
def negated(logvar):
    return -0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "The log term has the wrong sign: your entropy grows when sigma shrinks.",
    "Which one leaves you more uncertain, a broad Gaussian or a sharp one?",
)
def log_term_flipped(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) - logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "Your entropy contains the variance itself, where it should contain its logarithm.",
    "log q holds log sigma^2 and a squared distance divided by sigma^2: which of them still depends on sigma after "
    "averaging?",
)
def variance_for_its_log(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar.exp()).sum(-1)


@wrong(
    "gaussian_entropy",
    "This is the cross-entropy of N(0, sigma^2) to the prior: you averaged the log of N(0, 1), and the entropy "
    "averages q's own.",
    "Whose log-density is averaged in an entropy?",
)
def cross_entropy_to_the_prior(logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar.exp()).sum(-1)


@wrong(
    "gaussian_entropy",
    "The 2 of log 2 pi is lost: your constant is log pi.",
    "What stands under the root in front of a Gaussian's exponential?",
)
def log_pi(logvar):
    return 0.5 * (1 + math.log(math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "Your constant is the number 2 pi, where its logarithm belongs.",
    "The entropy is an average of log q: what does the log do to the factor in front of the exponential?",
)
def two_pi_without_log(logvar):
    return 0.5 * (1 + 2 * math.pi + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "What you return equals the entropy in bits: a logarithm to base 2. This course counts in nats.",
    "Which logarithm did the card ask for, and by which factor do the two differ?",
)
def in_bits(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1) / math.log(2)


@wrong(
    "gaussian_entropy",
    "You average over the dimensions; entropies of independent dimensions add, so this is 1/Z of the entropy.",
    "What happens to the entropy when you append a second, equal dimension?",
)
def mean_over_dimensions(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).mean(-1)


@wrong(
    "gaussian_entropy",
    "You add the rows up as well; every row is another Gaussian and keeps an entropy of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum()


@wrong(
    "gaussian_entropy",
    "You average the rows at the end; here every row keeps an entropy of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1).mean()


@wrong(
    "gaussian_entropy",
    "You sum over the rows and keep the dimensions; it is the other way round.",
    "Which axis of (B, Z) does dim=0 remove?",
)
def summed_over_the_wrong_axis(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(0)


@wrong(
    "gaussian_entropy",
    "These are the entropies of the single dimensions; the row's entropy is their sum.",
    "Independent dimensions multiply their densities: what do their logs do?",
)
def not_summed(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar)


@wrong(
    "gaussian_entropy",
    "Your entropy is stopped at 0. A differential entropy may be negative: where a Gaussian is very sharp its density "
    "exceeds 1, and so log q averages to more than 0.",
    "How high is the density of N(0, 0.01) at its mean?",
)
def stopped_at_zero(logvar):
    return (0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1)).clamp(min=0)


@wrong(
    "gaussian_entropy",
    "What you return equals the size of the entropy, without its sign. A differential entropy may be negative: a "
    "very sharp Gaussian has a density above 1.",
    "How high is the density of N(0, 0.01) at its mean?",
)
def absolute_value(logvar):
    return (0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1)).abs()


@wrong(
    "gaussian_entropy",
    "The value is right, but it is cut from logvar: no gradient reaches the encoder.",
    "Which call turns a tensor with a history into one without?",
)
def detached(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1).detach()


@wrong("gaussian_entropy", alias_of="detached")
def without_gradients(logvar):
    with torch.no_grad():
        return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "Right for ordinary numbers, and you take the log of an exp: at logvar = 120 the variance overflows float32, at "
    "-120 it is 0, and its log is lost both times.",
    "You were given the log of the variance: do you need the variance itself?",
)
def log_of_an_exp(logvar):
    return 0.5 * (1 + torch.log(2 * math.pi * torch.exp(logvar))).sum(-1)


@wrong(
    "gaussian_entropy",
    "A small constant inside the logarithm keeps it finite and makes it wrong: for a very sharp Gaussian your entropy "
    "stops falling.",
    "You were given the log of the variance: do you need another log?",
)
def constant_inside_the_log(logvar):
    return 0.5 * (1 + torch.log(2 * math.pi * torch.exp(logvar) + 1e-10)).sum(-1)


@wrong(
    "gaussian_entropy",
    "logvar is clipped to [-20, 20] before it is used: outside, every entropy is the same and its gradient is 0.",
    "Is there any logvar at which this formula needs protection?",
)
def clipped_logvar(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar.clamp(-20, 20)).sum(-1)


@wrong(
    "gaussian_entropy",
    "The 1 stands outside the half: (z - mu)^2 / sigma^2 averages to 1, and log q has a half in front of it.",
    "What stands in front of the square in log q?",
)
def one_not_halved(logvar):
    return (1 + 0.5 * (math.log(2 * math.pi) + logvar)).sum(-1)


@wrong(
    "gaussian_entropy",
    "You add the variances of the dimensions up and take one logarithm; every dimension has a logarithm of its own.",
    "In which order do the log and the sum come?",
)
def log_of_the_summed_variance(logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + torch.logsumexp(logvar, -1))


@wrong(
    "gaussian_entropy",
    "Your log 2 pi is taken to base 10; these logarithms are natural ones.",
    "Which logarithm undoes exp?",
)
def base_ten_constant(logvar):
    return 0.5 * (1 + math.log10(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_entropy",
    "You put the variance where a probability belongs: -p log p is for the probabilities of single outcomes, and "
    "sigma^2 is not one.",
    "Over what does the average in an entropy run, and what is averaged?",
)
def variance_as_a_probability(logvar):
    return -(logvar.exp() * logvar).sum(-1)


# --- gaussian_cross_entropy ---


@wrong(
    "gaussian_cross_entropy",
    "What you return equals the cross-entropy with sigma in the place of sigma^2: E[z^2] holds the variance.",
    "logvar is the log of which quantity, and what does exp undo?",
)
def sigma_for_variance(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + torch.exp(0.5 * logvar)).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "What you return equals the cross-entropy with the variance squared: exp(logvar) is sigma^2 already.",
    "If logvar = log 4, what should the variance term be: 4 or 16?",
)
def variance_squared(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + torch.exp(2 * logvar)).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "logvar stands where the variance belongs: E[z^2] is a moment of z, and it holds no logarithm.",
    "What is E[z^2] for a Gaussian with mean mu and variance sigma^2?",
)
def logvar_for_variance(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The variance is missing: this is -log p at the mean of q, and the average runs over all of q. Samples left and "
    "right of the mean lie further out, and that costs.",
    "What does q pay when it sits at mu = 0 and is very broad?",
)
def at_the_mean_only(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The mean is missing: your value is the same wherever q sits.",
    "Does the prior find a code at mu = 3 as likely as one at mu = 0?",
)
def mu_forgotten(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "mu is not squared: your value changes when mu becomes -mu, though both lie equally far from 0.",
    "Which moment of z does log p(z) contain: E[z], or E[z^2]?",
)
def mu_not_squared(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "mu enters as its size |mu|, not as its square.",
    "What does E[z^2] equal for a Gaussian with mean mu?",
)
def absolute_mu(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu.abs() + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "You squared the sum mu + sigma; E[z^2] is a sum of two squares, and has no mixed term.",
    "z = mu + sigma * eps: what does the mixed term of its square average to?",
)
def square_of_the_sum(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + (mu + torch.exp(0.5 * logvar)) ** 2).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The variance is taken away where it should be added: a broad q would be the cheaper for being broad.",
    "Var(z) = E[z^2] - E[z]^2: which side is the variance on when you ask for E[z^2]?",
)
def variance_subtracted(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 - logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The squares are divided by the variance of q. It is log p that is averaged, and the prior's variance is 1.",
    "Whose density stands inside the logarithm, and whose variance divides its square?",
)
def divided_by_own_variance(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + (mu**2 + logvar.exp()) / logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "What you return is exactly twice the cross-entropy: the factor 1/2 in front of the bracket is gone.",
    "Where does the 1/2 of a Gaussian's exponent go in the derivation?",
)
def half_forgotten(mu, logvar):
    return (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The 1/2 reaches the constant and not the squares: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def half_on_the_constant_only(mu, logvar):
    return (0.5 * math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The 1/2 reaches the squares and not log 2 pi: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def half_on_the_squares_only(mu, logvar):
    return (math.log(2 * math.pi) + 0.5 * (mu**2 + logvar.exp())).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The log 2 pi is missing. It will cancel in the KL, and a cross-entropy by itself needs it.",
    "Which constant makes the prior's density integrate to 1?",
)
def two_pi_forgotten(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The log 2 pi is taken once for the whole row; every dimension has one of its own.",
    "Does your constant stand inside the sum over dimensions, or behind it?",
)
def two_pi_once(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + (mu**2 + logvar.exp()).sum(-1))


@wrong(
    "gaussian_cross_entropy",
    "The 2 of log 2 pi is lost: your constant is log pi.",
    "What stands under the root in front of a Gaussian's exponential?",
)
def log_pi(mu, logvar):
    return 0.5 * (math.log(math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The sign is turned round: this is the average of log p, and the cross-entropy is minus that.",
    "Should a code far from the prior have a larger cross-entropy, or a smaller one?",
)
def negated(mu, logvar):
    return -0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "This is the KL: you have taken the entropy of q away already. Here only the average of -log p is asked for.",
    "Which of the two averages is this exercise about?",
)
def already_the_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "This is the entropy of q: you averaged -log q, and -log p was asked for.",
    "Whose log-density is averaged, and under which distribution?",
)
def entropy_of_q(mu, logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + logvar).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "A log variance has come in that does not belong here: the prior's variance is 1, and its logarithm is 0.",
    "Whose normalising constant does log p(z) contain?",
)
def with_the_log_variance_of_q(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "A 1 has come in from the entropy: there the squared distance is measured from q's own mean, in units of its "
    "own variance.",
    "What is log p(z) for the prior, term by term, and which term gives your 1?",
)
def one_from_the_entropy(mu, logvar):
    return 0.5 * (1 + math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The roles are swapped: you averaged -log q over the prior, and -log p over q was asked for.",
    "Under which distribution is z drawn, and whose log-density is read off there?",
)
def reversed_roles(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar + (1 + mu**2) / logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "You average over the dimensions; cross-entropies of independent dimensions add, so this is 1/Z of the value.",
    "What happens to the value when you append a second, equal dimension?",
)
def mean_over_dimensions(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).mean(-1)


@wrong(
    "gaussian_cross_entropy",
    "You add the rows up as well; every row is another Gaussian and keeps a value of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum()


@wrong(
    "gaussian_cross_entropy",
    "You average the rows at the end; here every row keeps a value of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1).mean()


@wrong(
    "gaussian_cross_entropy",
    "You sum over the rows and keep the dimensions; it is the other way round.",
    "Which axis of (B, Z) does dim=0 remove?",
)
def summed_over_the_wrong_axis(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(0)


@wrong(
    "gaussian_cross_entropy",
    "These are the values of the single dimensions; the row's value is their sum.",
    "Independent dimensions multiply their densities: what do their logs do?",
)
def not_summed(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp())


@wrong(
    "gaussian_cross_entropy",
    "This is -log p at one random sample, so it changes from call to call; the average over all of them has a "
    "closed form.",
    "Which two moments make the samples unnecessary?",
)
def sampled(mu, logvar):
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    return 0.5 * (math.log(2 * math.pi) + z**2).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The value is right, but it is cut from mu and logvar: no gradient reaches the encoder.",
    "Which call turns a tensor with a history into one without?",
)
def detached(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1).detach()


@wrong("gaussian_cross_entropy", alias_of="detached")
def without_gradients(mu, logvar):
    with torch.no_grad():
        return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "logvar is clipped to [-10, 10] before it is used: outside, the price of spreading is a constant, and its "
    "gradient is 0.",
    "What should happen to a code that has run away: be brought back, or be left alone?",
)
def clipped_logvar(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.clamp(-10, 10).exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "This is right for a q whose variance is 1: logvar does not reach your answer.",
    "Which of your terms should grow when q gets broader?",
)
def variance_of_q_assumed_one(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + 1).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "The 1/2 reaches every term but the variance: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def variance_not_halved(mu, logvar):
    return (0.5 * math.log(2 * math.pi) + 0.5 * mu**2 + logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "logvar is squared, where its exponential belongs: E[z^2] holds the variance.",
    "What undoes the log in logvar?",
)
def logvar_squared(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar**2).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "This is -log q at z = 0, the density of q where the prior has its mean; an average of -log p over q was asked "
    "for.",
    "Whose log-density is averaged, and over which z?",
)
def density_of_q_at_zero(mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar + mu**2 / logvar.exp()).sum(-1)


@wrong(
    "gaussian_cross_entropy",
    "You read the arguments in the other order, logvar first; mu comes first here.",
    "In which order does the card name the two arguments?",
)
def arguments_swapped(logvar, mu):
    return 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp()).sum(-1)


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
    "What you return equals the KL with the variance squared: exp(logvar) is sigma^2 already, and you squared it "
    "once more.",
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
    "The log term is missing: nothing in your price resists sigma going to 0, and a sharp code can even cost less "
    "than nothing.",
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
    "The variance term is missing: your price keeps falling as sigma grows, and a code that knows nothing would be "
    "the cheapest.",
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
    "This is KL(p || q), with the roles swapped: the average is taken under the prior, and "
    "the variance of q has moved into the divisor.",
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
    "The value is right, but it is cut from mu and logvar: no gradient reaches the encoder, which would then never "
    "hear of its price.",
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
    "A small constant inside the logarithm keeps it finite and makes it wrong: for a very sharp code the price "
    "stops rising.",
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


@wrong(
    "gaussian_kl",
    "You read the arguments in the other order, logvar first; mu comes first here.",
    "In which order does the card name the two arguments?",
)
def arguments_swapped(logvar, mu):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl",
    "You divide by the number of rows, and the rows are still there: averaging over a batch comes later, in the loss.",
    "Should the price of one image depend on how many others came with it?",
)
def divided_by_the_batch(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1) / len(mu)


@wrong(
    "gaussian_kl",
    "This is weight decay on the means: half of mu squared, and sigma is free. The KL is no generic penalty; it "
    "compares q with one particular prior, spread included.",
    "What should a code pay whose mean is 0 and whose sigma is 10?",
)
def generic_penalty(mu, logvar):
    return 0.5 * (mu**2).sum(-1)


@wrong(
    "gaussian_kl",
    "You penalise the squares of both outputs, mu and logvar. That is 0 at the prior too; the KL is another "
    "function of logvar, steep for a broad code and gentle for a sharp one.",
    "Which terms of the derivation contain sigma, and which of them a square of its logarithm?",
)
def squares_of_both_outputs(mu, logvar):
    return 0.5 * (mu**2 + logvar**2).sum(-1)


# --- gaussian_kl_between ---


@wrong(
    "gaussian_kl_between",
    "This is KL(p || q), with the roles swapped: the average is taken under p.",
    "Under which of the two distributions are the samples drawn, and whose variance divides their distance?",
)
def reversed_roles(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_p.exp() + (mu_q - mu_p) ** 2) / logvar_q.exp()
    return 0.5 * (logvar_q - logvar_p + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "What you return equals the KL to N(0, I): mu_p and logvar_p never reach it.",
    "When p moves and q stays, should the price change?",
)
def prior_assumed_standard(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (mu_q**2 + logvar_q.exp() - logvar_q - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "mu_p is missing: the mean of q is measured from 0, and p does not sit there.",
    "From where is the distance of q's samples measured when log p is averaged?",
)
def mu_p_forgotten(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + mu_q**2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "Only the distance of the means knows p's position, and nothing knows p's variance: you priced q against "
    "N(mu_p, 1).",
    "How far apart are two means that differ by 1: is that the same for sigma_p = 0.1 and for sigma_p = 10?",
)
def variance_of_p_assumed_one(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * ((mu_q - mu_p) ** 2 + logvar_q.exp() - logvar_q - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The log of the variances' ratio is missing: nothing resists sigma_q going to 0.",
    "Two Gaussians with the same mean, q ten times as sharp: what makes q expensive?",
)
def log_term_dropped(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * ((logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The log term has the wrong sign: your price falls when q becomes sharper than p, and it has to rise.",
    "q shrinks inside p: is it closer to p then, or further from it?",
)
def log_term_flipped(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_q - logvar_p + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The log term counts half of what it should: under the factor 1/2 belongs a log of variances, and yours amounts "
    "to a log of sigmas.",
    "Which of the two logs stands inside your bracket, and which factor stands in front of it?",
)
def log_term_halved(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    return 0.5 * (0.5 * (logvar_p - logvar_q) + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The log term counts twice what it should: the log of a ratio of variances is twice the log of the ratio of "
    "sigmas.",
    "log(sigma_p / sigma_q) is how much of logvar_p - logvar_q?",
)
def log_term_doubled(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    return (logvar_p - logvar_q + 0.5 * (quadratic - 1)).sum(-1)


@wrong(
    "gaussian_kl_between",
    "What you return equals the KL with a ratio of logs, logvar_p / logvar_q, where the log of a ratio belongs.",
    "What is log(a / b) in terms of log a and log b?",
)
def ratio_of_logs(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    return 0.5 * (logvar_p / logvar_q + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You take sigma for sigma^2 all through the quadratic term: exp(logvar / 2) is a standard deviation.",
    "In which unit is a squared distance, and what must divide it to leave a bare number?",
)
def sigma_for_variance(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (torch.exp(0.5 * logvar_q) + (mu_q - mu_p) ** 2) / torch.exp(0.5 * logvar_p)
    return 0.5 * (logvar_p - logvar_q + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You divide by sigma_p, and a squared distance wants sigma_p^2 under it.",
    "In which unit is a squared distance, and what must divide it to leave a bare number?",
)
def divided_by_sigma(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / torch.exp(0.5 * logvar_p)
    return 0.5 * (logvar_p - logvar_q + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "Your formula is consistent, for inputs that are log sigma; this exercise passes log sigma^2.",
    "What does the name `logvar` promise, and where would your code notice the difference?",
)
def reads_log_sigma(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (torch.exp(2 * logvar_q) + (mu_q - mu_p) ** 2) / torch.exp(2 * logvar_p)
    return 0.5 * (2 * (logvar_p - logvar_q) + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "Only the variance of q is divided by the variance of p; the distance of the means wants the same divisor.",
    "Which brackets does the division reach?",
)
def distance_not_divided(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + logvar_q.exp() / logvar_p.exp() + (mu_q - mu_p) ** 2 - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "Only the distance of the means is divided by the variance of p; the variance of q wants the same divisor.",
    "Which brackets does the division reach?",
)
def variance_not_divided(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + logvar_q.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The distance of the means is divided by the variance of q; the log that is averaged there is log p.",
    "Whose log-density brings the square in, and whose variance divides it?",
)
def distance_in_units_of_q(mu_q, logvar_q, mu_p, logvar_p):
    distance = (mu_q - mu_p) ** 2 / logvar_q.exp()
    return 0.5 * (logvar_p - logvar_q + logvar_q.exp() / logvar_p.exp() + distance - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The ratio of the variances stands on its head: you have var_p / var_q where var_q / var_p belongs.",
    "q becomes ever broader and p stays: should the price stay finite?",
)
def variance_ratio_inverted(mu_q, logvar_q, mu_p, logvar_p):
    distance = (mu_q - mu_p) ** 2 / logvar_p.exp()
    return 0.5 * (logvar_p - logvar_q + logvar_p.exp() / logvar_q.exp() + distance - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The distance of the means is not squared: your price changes when q and p are mirrored.",
    "Should it matter whether q sits to the left of p or to the right?",
)
def distance_not_squared(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + mu_q - mu_p) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You take a difference of squares, mu_q^2 - mu_p^2, where the square of the difference belongs.",
    "What should two equal distances pay, one from 0 to 1 and one from 10 to 11?",
)
def difference_of_squares(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + mu_q**2 - mu_p**2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The means are added: what counts is how far they are from each other.",
    "Put both means at 5: how far apart are they?",
)
def means_added(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q + mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The distance of the means is missing: your price is the same wherever the two sit.",
    "What should q pay for sitting far from p?",
)
def distance_forgotten(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The variance of q is missing from the quadratic term: you measured the distance from p to q's mean, and not to "
    "its samples.",
    "Two Gaussians share their mean and q is very broad: what makes q expensive?",
)
def variance_of_q_forgotten(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "This is a difference of two prices, each against N(0, I): KL is no distance, and the way from q to p does not "
    "lead through the standard Gaussian.",
    "Can your value become negative when q is nearer to N(0, I) than p is?",
)
def difference_of_prices(mu_q, logvar_q, mu_p, logvar_p):
    q, p = (0.5 * (mu**2 + s.exp() - s - 1).sum(-1) for mu, s in ((mu_q, logvar_q), (mu_p, logvar_p)))
    return q - p


@wrong(
    "gaussian_kl_between",
    "You priced one Gaussian against N(0, I): the one with the difference of the means and the difference of the "
    "variances. Scales are compared by their ratio.",
    "sigma_q = sigma_p: which single number should stand for the variance of q, seen from p?",
)
def differences_priced(mu_q, logvar_q, mu_p, logvar_p):
    mu, var = mu_q - mu_p, (logvar_q.exp() - logvar_p.exp()).abs()
    return 0.5 * (mu**2 + var - torch.log(var) - 1).sum(-1)


@wrong("gaussian_kl_between", alias_of="distance_not_divided")
def means_not_rescaled(mu_q, logvar_q, mu_p, logvar_p):
    mu, logvar = mu_q - mu_p, logvar_q - logvar_p
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "What you return is exactly twice the KL: the factor 1/2 in front of the bracket is gone.",
    "Where does the 1/2 of a Gaussian's exponent go in the derivation?",
)
def half_forgotten(mu_q, logvar_q, mu_p, logvar_p):
    return (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The -1 is missing: a Gaussian costs half a nat a dimension against itself, and it must cost nothing.",
    "In the derivation, what does E[(z - mu_q)^2] / var_q average to?",
)
def minus_one_forgotten(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The -1 is taken once for the whole row; every dimension has one of its own.",
    "Is your -1 inside the sum over dimensions, or behind it?",
)
def minus_one_once(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * ((logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()).sum(-1) - 1)


@wrong(
    "gaussian_kl_between",
    "The sign is turned round: this is minus the KL, and a KL cannot be negative.",
    "Is it log q - log p that you average, or log p - log q?",
)
def negated(mu_q, logvar_q, mu_p, logvar_p):
    return -0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You read the arguments as both means first and then both logvars; they come as the mean and logvar of q, then "
    "those of p.",
    "In which order does the card name the four arguments?",
)
def arguments_in_another_order(mu_q, mu_p, logvar_q, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "What you return equals the average of KL(q || p) and KL(p || q). That is symmetric, and KL is not: it averages "
    "under q only.",
    "Does the definition treat q and p alike?",
)
def symmetrised(mu_q, logvar_q, mu_p, logvar_p):
    there = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    back = (logvar_p.exp() + (mu_q - mu_p) ** 2) / logvar_q.exp()
    return 0.25 * (there + back - 2).sum(-1)


@wrong(
    "gaussian_kl_between",
    "This is the cross-entropy of q to p; the entropy of q has not been taken away.",
    "The KL is a difference of two averages: where is the other one?",
)
def cross_entropy_only(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    return 0.5 * (math.log(2 * math.pi) + logvar_p + quadratic).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You average over the dimensions; prices of independent dimensions add, so this is 1/Z of the KL.",
    "What happens to the price when you append a second, equal dimension?",
)
def mean_over_dimensions(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).mean(-1)


@wrong(
    "gaussian_kl_between",
    "You add the rows up as well; every row is another pair and keeps a price of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum()


@wrong(
    "gaussian_kl_between",
    "You average the rows at the end; here every row keeps a price of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1).mean()


@wrong(
    "gaussian_kl_between",
    "You sum over the rows and keep the dimensions; it is the other way round.",
    "Which axis of (B, Z) does dim=0 remove?",
)
def summed_over_the_wrong_axis(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(0)


@wrong(
    "gaussian_kl_between",
    "These are the prices of the single dimensions; the row's price is their sum.",
    "Independent dimensions multiply their densities: what do their logs do?",
)
def not_summed(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1)


@wrong(
    "gaussian_kl_between",
    "The value is right, but no gradient reaches any of the four inputs: the price could teach nothing.",
    "Which call turns a tensor with a history into one without?",
)
def detached(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1).detach()


@wrong(
    "gaussian_kl_between",
    "The value is right, but p is cut off: a prior that is learnt, as in stage 08, would never move.",
    "Is one of the two distributions a constant in your code, and did the card say so?",
)
def p_detached(mu_q, logvar_q, mu_p, logvar_p):
    mu_p, logvar_p = mu_p.detach(), logvar_p.detach()
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "A small constant added to the variance of p keeps the division finite and makes it wrong: for two very narrow "
    "Gaussians it is larger than the variance.",
    "How large is your constant beside a variance of 1e-26?",
)
def constant_in_the_denominator(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / (logvar_p.exp() + 1e-8)
    return 0.5 * (logvar_p - logvar_q + quadratic - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "Both logvars are clipped to [-10, 10] before they are used: outside, the price no longer sees them.",
    "A KL knows no scale of its own: which number in your code does?",
)
def clipped_logvars(mu_q, logvar_q, mu_p, logvar_p):
    logvar_q, logvar_p = logvar_q.clamp(-10, 10), logvar_p.clamp(-10, 10)
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The distance of the means is the plain |mu_q - mu_p|, where its square belongs.",
    "Your numerator also holds the variance of q: in which unit is that, and in which is the distance?",
)
def absolute_distance(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p).abs()) / logvar_p.exp() - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "You divide by logvar_p itself: it is the log of the variance, and the quadratic term wants the variance under it.",
    "What undoes the log in logvar_p?",
)
def divided_by_logvar(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The squared distance of the means is divided by the variance of p twice over: measured in units of p, a "
    "distance is divided by sigma_p before it is squared.",
    "In units of p, what is a distance divided by before it is squared?",
)
def distance_divided_by_the_variance(mu_q, logvar_q, mu_p, logvar_p):
    mu, logvar = (mu_q - mu_p) / logvar_p.exp(), logvar_q - logvar_p
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The distance of the means is multiplied by sigma_p: the broader p is, the dearer your distance gets.",
    "How far apart are two means that differ by 1: further for a sharp p, or for a broad one?",
)
def distance_multiplied(mu_q, logvar_q, mu_p, logvar_p):
    mu, logvar = (mu_q - mu_p) * torch.exp(0.5 * logvar_p), logvar_q - logvar_p
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


@wrong(
    "gaussian_kl_between",
    "The half reaches the log and the 1, and not the quadratic term: a pair of brackets is missing.",
    "Which terms does the factor in front belong to?",
)
def quadratic_not_halved(mu_q, logvar_q, mu_p, logvar_p):
    quadratic = (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()
    return (0.5 * (logvar_p - logvar_q) + quadratic - 0.5).sum(-1)


# --- kl_monte_carlo ---


def _log_normal(z, mu, logvar):
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp())


def _log_standard(z):
    return -0.5 * (math.log(2 * math.pi) + z**2)


def _log_ratio(mu, logvar, z):
    return (_log_normal(z, mu, logvar) - _log_standard(z)).sum(-1)  # (K, B)


def _with_error(log_ratio):
    return log_ratio.mean(0), log_ratio.std(0) / len(log_ratio) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The prior is missing: what you average is log q alone, which is minus the entropy of q.",
    "A divergence compares two densities: where is the other one?",
)
def prior_forgotten(mu, logvar, z):
    return _with_error(_log_normal(z, mu, logvar).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log q is missing: what you average is -log p alone, which is the cross-entropy to the prior.",
    "A divergence compares two densities: where is the other one?",
)
def q_forgotten(mu, logvar, z):
    return _with_error(-_log_standard(z).sum(-1))


@wrong(
    "kl_monte_carlo",
    "The sign is turned round: you average log p - log q, which is minus the KL.",
    "Over samples of q, which of the two log-densities should be larger on average?",
)
def negated(mu, logvar, z):
    return _with_error(-_log_ratio(mu, logvar, z))


@wrong(
    "kl_monte_carlo",
    "The two log-densities are added; a divergence is a difference.",
    "What should come out when q and p are the same?",
)
def logs_added(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) + _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log p is taken at the mean of q, and log q at the sample: both densities have to be read off at the same z.",
    "At which point is each of your two densities evaluated?",
)
def prior_at_the_mean(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) - _log_standard(mu)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log q is taken at its own mean, and log p at the sample: both densities have to be read off at the same z.",
    "At which point is each of your two densities evaluated?",
)
def q_at_its_mean(mu, logvar, z):
    return _with_error((_log_normal(mu, mu, logvar) - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log q and log p are read off at samples of different rows: the rows of z were turned round for one of them.",
    "At which point is each of your two densities evaluated?",
)
def prior_at_other_rows(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) - _log_standard(z.flip(1))).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log q and log p are read off at different samples: the K samples were turned round for one of them. The estimate "
    "survives that; its spread does not.",
    "At which point is each of your two densities evaluated?",
)
def prior_at_other_samples(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) - _log_standard(z.flip(0))).sum(-1))


@wrong(
    "kl_monte_carlo",
    "The estimate does not use z: it is the closed form, which is what the samples should confirm without knowing it.",
    "What would this check prove if the formula were wrong?",
)
def closed_form(mu, logvar, z):
    exact = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)
    return exact, _log_ratio(mu, logvar, z).std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The samples you were given are not used: you draw new ones, so two calls differ.",
    "Which argument holds the samples?",
)
def draws_its_own(mu, logvar, z):
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(z)
    return _with_error(_log_ratio(mu, logvar, z))


@wrong(
    "kl_monte_carlo",
    "z is taken for the noise: you scale and move it once more, and it is a sample of q already.",
    "Which distribution did the card say that z comes from?",
)
def z_taken_for_noise(mu, logvar, z):
    return _with_error(_log_ratio(mu, logvar, mu + torch.exp(0.5 * logvar) * z))


@wrong(
    "kl_monte_carlo",
    "Your log q belongs to a Gaussian whose standard deviation is sigma^2: the variance was used where sigma should "
    "be.",
    "Does your Normal ask for a variance or for a standard deviation?",
)
def variance_as_scale(mu, logvar, z):
    return _with_error(_log_ratio(mu, 2 * logvar, z))


@wrong(
    "kl_monte_carlo",
    "The squared distance in log q is divided by sigma, where sigma^2 belongs.",
    "In which unit is a squared distance, and what must divide it to leave a bare number?",
)
def divided_by_sigma(mu, logvar, z):
    log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / torch.exp(0.5 * logvar))
    return _with_error((log_q - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "The log-variance is missing from log q: without it q is not a density, and a sharp one gets nothing for being "
    "sharp.",
    "How high is the peak of a Gaussian with a small sigma?",
)
def logvar_forgotten_in_q(mu, logvar, z):
    log_q = -0.5 * (math.log(2 * math.pi) + (z - mu) ** 2 / logvar.exp())
    return _with_error((log_q - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "log 2 pi stands in log p and not in log q; in the difference it should cancel.",
    "How many constants does each of the two densities have?",
)
def two_pi_in_the_prior_only(mu, logvar, z):
    log_q = -0.5 * (logvar + (z - mu) ** 2 / logvar.exp())
    return _with_error((log_q - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "What you average is q / p itself, and the log is taken at the end: the log of a mean is not the mean of logs.",
    "In the definition, does the average stand outside the logarithm or inside?",
)
def log_of_the_mean(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    estimate = torch.logsumexp(log_ratio, 0) - math.log(len(z))
    return estimate, log_ratio.std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "Single samples below 0 are raised to 0 before you average. They are no accident: without them the average is "
    "too high.",
    "What may a single sample say, and what may only the average not say?",
)
def samples_clamped(mu, logvar, z):
    return _with_error(_log_ratio(mu, logvar, z).clamp(min=0))


@wrong(
    "kl_monte_carlo",
    "What you average is the size of log q - log p, without its sign. A negative sample is no accident: without it "
    "the average is too high.",
    "What may a single sample say, and what may only the average not say?",
)
def absolute_samples(mu, logvar, z):
    return _with_error(_log_ratio(mu, logvar, z).abs())


@wrong(
    "kl_monte_carlo",
    "You add the K samples up and do not divide by their number.",
    "What happens to your estimate when K is doubled?",
)
def summed_over_samples(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.sum(0), log_ratio.std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "You average over the dimensions; log-densities of independent dimensions add, so this is 1/Z of the estimate.",
    "What happens to the price of a code when you append a second, equal dimension?",
)
def mean_over_dimensions(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) - _log_standard(z)).mean(-1))


@wrong(
    "kl_monte_carlo",
    "You average over the rows and keep the samples: K numbers came out, one a sample, and one a row was asked for.",
    "Which axis of (K, B) holds the samples?",
)
def mean_over_the_rows(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(1), log_ratio.std(1) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "You average over the rows as well; every row is another q and keeps an estimate of its own.",
    "Which axes of (K, B) should be gone at the end, and which should stay?",
)
def mean_over_everything(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(), log_ratio.std() / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "These are the single samples of log q - log p; their average over the K of them was asked for.",
    "Which axis holds the samples, and should it still be there?",
)
def not_averaged(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio, log_ratio.std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "Dimensions are still apart in both results: each row has one price, the sum over its dimensions.",
    "What shape does log q - log p have before you average, and what shape should it have?",
)
def dimensions_not_summed(mu, logvar, z):
    return _with_error(_log_normal(z, mu, logvar) - _log_standard(z))


@wrong(
    "kl_monte_carlo",
    "The estimate is log q - log p at the first sample alone; the other ones are not used.",
    "What are the other K - 1 samples of a row for?",
)
def first_sample_only(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio[0], log_ratio.std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The two results stand in each other's place: first comes the estimate, then its standard error.",
    "In which order does the card name them?",
)
def results_swapped(mu, logvar, z):
    estimate, error = _with_error(_log_ratio(mu, logvar, z))
    return error, estimate


@wrong(
    "kl_monte_carlo",
    "The estimate is right. What stands beside it is the spread of the single samples, which stays as it is however "
    "many you take; the standard error is that of their average.",
    "How does the error of an average depend on the number of samples?",
)
def spread_for_error(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0)


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is the spread divided by K: variances of independent samples are divided by "
    "K, and a spread is the root of a variance.",
    "If the variance of an average is 1/K of a sample's, what is its spread?",
)
def divided_by_k(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0) / len(z)


@wrong(
    "kl_monte_carlo",
    "The estimate is right. What stands beside it is the square of the standard error: the variance of the average.",
    "In which unit is your error: nats, or nats squared?",
)
def squared_error(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.var(0) / len(z)


@wrong(
    "kl_monte_carlo",
    "The estimate is right. In your error a variance is divided by the root of K: take the spread in its place.",
    "In which unit is your error: nats, or nats squared?",
)
def variance_over_root_k(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.var(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your spread divides by K, and the card asks for the one that divides by K - 1: the mean "
    "was fitted to the same samples, which makes them look closer together than they are.",
    "What would your spread be for a single sample, and do you believe it?",
)
def spread_with_k(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0, correction=0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your root of K is the root of the number of rows: B and K have changed places.",
    "How many numbers does the estimate of one row average?",
)
def root_of_b(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0) / len(mu) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is divided by the root of everything in z, rows and dimensions included.",
    "How many numbers does the estimate of one row average?",
)
def root_of_everything(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0) / z.numel() ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is that of K * B samples: it divides by the root of both, and each row has K "
    "of its own.",
    "How many numbers does the estimate of one row average?",
)
def root_of_k_times_b(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0) / log_ratio.numel() ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is one number for the whole batch; every row has a spread of its own.",
    "Along which axis do the samples of one row lie?",
)
def one_error_for_all(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std() / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error takes the spread over the rows, one for each sample; the samples of a row "
    "lie along the other axis.",
    "Along which axis do the samples of one row lie?",
)
def spread_over_the_rows(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(1) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error adds up the spreads of the single dimensions: spreads do not add, so this is "
    "too large.",
    "Which K numbers does the estimate of a row average: sums over dimensions, or single dimensions?",
)
def spreads_added_over_dimensions(mu, logvar, z):
    by_dimension = _log_normal(z, mu, logvar) - _log_standard(z)
    return by_dimension.sum(-1).mean(0), (by_dimension.std(0) / len(z) ** 0.5).sum(-1)


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error adds up the variances of the single dimensions, as if they had nothing to do "
    "with each other; the card asks how far the K sums themselves spread.",
    "Which K numbers does the estimate of a row average, and how far do those spread?",
)
def variances_added_over_dimensions(mu, logvar, z):
    by_dimension = _log_normal(z, mu, logvar) - _log_standard(z)
    return by_dimension.sum(-1).mean(0), (by_dimension.var(0).sum(-1) / len(z)).sqrt()


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error measures how far z spreads, and the estimate averages log q - log p.",
    "The average of which numbers is uncertain here?",
)
def spread_of_z(mu, logvar, z):
    return _log_ratio(mu, logvar, z).mean(0), z.sum(-1).std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is the half-width of a 95 % interval, 1.96 standard errors; one was asked for.",
    "How many standard errors does the card ask for?",
)
def half_width(mu, logvar, z):
    estimate, error = _with_error(_log_ratio(mu, logvar, z))
    return estimate, 1.96 * error


@wrong(
    "kl_monte_carlo",
    "A small constant added to the variance keeps the division finite and makes it wrong: for a very sharp q it is "
    "larger than the variance.",
    "How large is your constant beside a variance of 1e-26?",
)
def constant_added_to_the_variance(mu, logvar, z):
    log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / (logvar.exp() + 1e-8))
    return _with_error((log_q - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "A small constant added to the variance, inside its log as well, keeps everything finite and makes it wrong: "
    "for a very sharp q it is larger than the variance.",
    "You were given the log of the variance: do you need another log?",
)
def constant_inside_the_log(mu, logvar, z):
    return _with_error(_log_ratio(mu, torch.log(logvar.exp() + 1e-8), z))


@wrong(
    "kl_monte_carlo",
    "Your log q has a variance of 1: logvar does not reach it.",
    "Which of your terms should change when q gets sharper?",
)
def variance_of_q_assumed_one(mu, logvar, z):
    return _with_error((_log_standard(z - mu) - _log_standard(z)).sum(-1))


@wrong(
    "kl_monte_carlo",
    "What you average is a difference of densities, q(z) - p(z); the definition has a difference of their logarithms.",
    "Which step turns a density into what you should subtract?",
)
def densities_without_logs(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar).exp() - _log_standard(z).exp()).sum(-1))


@wrong(
    "kl_monte_carlo",
    "What you return is the middle one of the samples, their median; the KL is their average.",
    "Does the definition speak of an average or of a middle?",
)
def median_of_the_samples(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.median(0).values, log_ratio.std(0) / len(z) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error takes K - 1 twice, in the spread and under the root; the average is one of K "
    "samples.",
    "How many numbers does the estimate of one row average?",
)
def root_of_k_minus_one(mu, logvar, z):
    log_ratio = _log_ratio(mu, logvar, z)
    return log_ratio.mean(0), log_ratio.std(0) / (len(z) - 1) ** 0.5


@wrong(
    "kl_monte_carlo",
    "The estimate is right. Your error is the mean spread of the single dimensions, and the estimate averages their "
    "sums.",
    "Which K numbers does the estimate of a row average: sums over dimensions, or single dimensions?",
)
def spreads_averaged_over_dimensions(mu, logvar, z):
    by_dimension = _log_normal(z, mu, logvar) - _log_standard(z)
    return by_dimension.sum(-1).mean(0), (by_dimension.std(0) / len(z) ** 0.5).mean(-1)


@wrong(
    "kl_monte_carlo",
    "log 2 pi stands in log q and not in log p; in the difference it should cancel.",
    "How many constants does each of the two densities have?",
)
def two_pi_in_q_only(mu, logvar, z):
    return _with_error((_log_normal(z, mu, logvar) + 0.5 * z**2).sum(-1))


# --- gaussian_log_likelihood ---


@wrong(
    "gaussian_log_likelihood",
    "You take sigma for a variance: squared once more, it is right for N(mean, sigma^4).",
    "What is `sigma` on the card, and what does the first formula of a Gaussian have under its fraction?",
)
def sigma_squared_twice(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**4) + (x - mean) ** 2 / sigma**4).sum(-1)


@wrong("gaussian_log_likelihood", alias_of="sigma_squared_twice")
def variance_given_to_normal(x, mean, sigma):
    return torch.distributions.Normal(mean, sigma**2).log_prob(x).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "sigma stands everywhere without its square: what you return is right for N(mean, sigma), whose variance is sigma.",
    "Is `sigma` on the card a variance or a standard deviation?",
)
def sigma_taken_for_variance(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma) + (x - mean) ** 2 / sigma).sum(-1)


@wrong("gaussian_log_likelihood", alias_of="sigma_taken_for_variance")
def root_given_to_normal(x, mean, sigma):
    return torch.distributions.Normal(mean, sigma**0.5).log_prob(x).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The squared error is divided by sigma, and it wants sigma^2 under it.",
    "In which unit is a squared error, and what must divide it to leave a bare number?",
)
def divided_by_sigma(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "In the constant sigma is not squared: half of a log takes a square under it, as in log 2 pi sigma^2.",
    "The density has 1 / sigma in front: what does the log of that give?",
)
def log_of_sigma_halved(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "log sigma is missing from the constant: exp of your value does not integrate to 1 unless sigma is 1.",
    "A Gaussian half as wide: how high is its peak?",
)
def log_sigma_forgotten(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "log sigma has the wrong sign: your peak gets lower when sigma gets smaller.",
    "A Gaussian half as wide: how high is its peak?",
)
def log_sigma_flipped(x, mean, sigma):
    return (-0.5 * math.log(2 * math.pi) + math.log(sigma) - 0.5 * (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The log 2 pi is missing: 0.92 nats a dimension, which is 720 nats on a picture of 784 pixels.",
    "What does a standard Gaussian's density amount to at its peak?",
)
def two_pi_forgotten(x, mean, sigma):
    return -0.5 * (math.log(sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The 2 of log 2 pi is lost: your constant has pi alone.",
    "What stands under the root in front of a Gaussian's exponential?",
)
def log_pi(x, mean, sigma):
    return -0.5 * (math.log(math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The constant is taken once for the whole row; every one of the D dimensions has its own.",
    "A product of D densities: how many factors stand in front of the exponentials?",
)
def constant_once(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + ((x - mean) ** 2).sum(-1) / sigma**2)


@wrong(
    "gaussian_log_likelihood",
    "log sigma is taken once for the whole row, and log 2 pi in every dimension; both belong to every dimension.",
    "A product of D densities: how many factors 1 / sigma does it have?",
)
def log_sigma_once(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi) + (x - mean) ** 2 / sigma**2).sum(-1) - math.log(sigma)


@wrong(
    "gaussian_log_likelihood",
    "log 2 pi is taken once for the whole row, and log sigma in every dimension; both belong to every dimension.",
    "A product of D densities: how many factors 2 pi does it have?",
)
def two_pi_once(x, mean, sigma):
    return -0.5 * (math.log(sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1) - 0.5 * math.log(2 * math.pi)


@wrong(
    "gaussian_log_likelihood",
    "The constant is counted B times, once a row of the batch, where it should be counted once a dimension.",
    "Which entry of x.shape is D?",
)
def constant_counted_by_rows(x, mean, sigma):
    constant = -0.5 * x.shape[0] * math.log(2 * math.pi * sigma**2)
    return constant - 0.5 * ((x - mean) ** 2).sum(-1) / sigma**2


@wrong(
    "gaussian_log_likelihood",
    "The 1/2 in front of the squared error is gone: with your formula a pixel that is one sigma off loses a whole nat.",
    "What stands in the exponent of a Gaussian?",
)
def half_of_the_square_forgotten(x, mean, sigma):
    return (-0.5 * math.log(2 * math.pi * sigma**2) - (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The 1/2 in front of log 2 pi sigma^2 is gone: the density has a root there.",
    "What does the log make of a square root?",
)
def half_of_the_constant_forgotten(x, mean, sigma):
    return (-math.log(2 * math.pi * sigma**2) - 0.5 * (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "What you return is exactly twice the log-likelihood: the factor 1/2 is gone from both terms.",
    "Where are the root and the half of a Gaussian's density in your formula?",
)
def half_forgotten(x, mean, sigma):
    return -(math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The sign is turned round: this is the negative log-likelihood, a loss. Here larger is better.",
    "Which should be larger: the value at x = mean, or the value far from it?",
)
def negated(x, mean, sigma):
    return 0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The squared error has the wrong sign: your value grows as x leaves the mean.",
    "Which should be larger: the value at x = mean, or the value far from it?",
)
def square_added(x, mean, sigma):
    return (-0.5 * math.log(2 * math.pi * sigma**2) + 0.5 * (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The constant has the wrong sign: your density is low where sigma is small, and should be high.",
    "Is 1 / sqrt(2 pi sigma^2) a factor that multiplies the exponential, or one that divides it?",
)
def constant_added(x, mean, sigma):
    return (0.5 * math.log(2 * math.pi * sigma**2) - 0.5 * (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "What you return equals the squared-error part alone. As a loss for the mean it will do; it is no "
    "log-likelihood until its exp integrates to 1.",
    "Could you compare two decoders with different sigma by this number?",
)
def constants_dropped(x, mean, sigma):
    return -0.5 * ((x - mean) ** 2).sum(-1) / sigma**2


@wrong(
    "gaussian_log_likelihood",
    "What you return equals minus the squared error: a decoder whose likelihood was never named. sigma does not "
    "reach it at all.",
    "If sigma is halved, should a wrong pixel cost the same as before?",
)
def minus_squared_error(x, mean, sigma):
    return -((x - mean) ** 2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "What you return equals the squared error itself: no sigma, no constant, and the sign of a loss.",
    "Which density are you taking the log of?",
)
def squared_error(x, mean, sigma):
    return ((x - mean) ** 2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "sigma does not reach your answer: this is the log-likelihood under N(mean, I).",
    "Which of your terms should change when sigma does?",
)
def unit_sigma(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi) + (x - mean) ** 2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "sigma is in the constant and not under the squared error.",
    "If sigma is halved, should a wrong pixel cost the same as before?",
)
def square_not_divided(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The squared error is multiplied by sigma^2, where it should be divided by it.",
    "Which decoder forgives an error of 1 more easily: one with sigma = 0.1, or one with sigma = 10?",
)
def multiplied_by_the_variance(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 * sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The error enters as its size |x - mean|, not as its square.",
    "Which density falls off with the distance, and which with its square?",
)
def absolute_error(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean).abs() / sigma).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "You add the errors up and square the sum: errors of opposite sign cancel, and two wrong pixels can look like "
    "none.",
    "S is a sum of squares: which comes first?",
)
def square_of_the_sum(x, mean, sigma):
    D = x.shape[-1]
    return -0.5 * (D * math.log(2 * math.pi * sigma**2) + (x - mean).sum(-1) ** 2 / sigma**2)


@wrong(
    "gaussian_log_likelihood",
    "You average over the D dimensions; logs of independent dimensions add, so this is 1/D of the log-likelihood. "
    "Beside a summed KL that is a hidden beta of D.",
    "What happens to the log-likelihood of a picture when you append a second, equal pixel?",
)
def mean_over_dimensions(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).mean(-1)


@wrong(
    "gaussian_log_likelihood",
    "The squared error is averaged over the dimensions and the constant is summed over them: a mean of squares "
    "weighs every error 1/D of what it should.",
    "Is S a sum of squares or a mean of them?",
)
def mean_squared_error_inside(x, mean, sigma):
    D = x.shape[-1]
    return -0.5 * (D * math.log(2 * math.pi * sigma**2) + ((x - mean) ** 2).mean(-1) / sigma**2)


@wrong(
    "gaussian_log_likelihood",
    "You add the rows up as well; every row is another data point and keeps a value of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum()


@wrong(
    "gaussian_log_likelihood",
    "You average the rows at the end; that comes later, in the loss. Here every row keeps a value of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1).mean()


@wrong(
    "gaussian_log_likelihood",
    "You sum over the rows and keep the dimensions; it is the other way round.",
    "Which axis of (B, D) does dim=0 remove?",
)
def summed_over_the_wrong_axis(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(0)


@wrong(
    "gaussian_log_likelihood",
    "These are the log-likelihoods of the single dimensions; the row's is their sum.",
    "Independent dimensions multiply their densities: what do their logs do?",
)
def not_summed(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2)


@wrong(
    "gaussian_log_likelihood",
    "This is the density itself; its logarithm was asked for.",
    "Can a log-likelihood not be negative?",
)
def density(x, mean, sigma):
    return torch.exp(-0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1))


@wrong(
    "gaussian_log_likelihood",
    "You add up the densities of the dimensions; they multiply, and it is their logs that add.",
    "In which order do the log and the sum come?",
)
def sum_of_densities(x, mean, sigma):
    return torch.exp(-0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2)).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "You take the log of a sum of densities: that is a mixture of the dimensions, and they multiply.",
    "In which order do the log and the sum come?",
)
def log_of_a_sum_of_densities(x, mean, sigma):
    return torch.logsumexp(-0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2), -1)


@wrong(
    "gaussian_log_likelihood",
    "What you return equals the log-likelihood in bits: a logarithm to base 2. This course counts in nats.",
    "Which logarithm did the card ask for, and by which factor do the two differ?",
)
def in_bits(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1) / math.log(2)


@wrong(
    "gaussian_log_likelihood",
    "The value is right, but it is cut from the mean: no gradient reaches the decoder.",
    "Which call turns a tensor with a history into one without?",
)
def detached(x, mean, sigma):
    return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1).detach()


@wrong("gaussian_log_likelihood", alias_of="detached")
def without_gradients(x, mean, sigma):
    with torch.no_grad():
        return -0.5 * (math.log(2 * math.pi * sigma**2) + (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "Right near the mean, and you pass through the density: sixty sigma out it is 0 in float32, and its log is lost.",
    "Two factors of a density are a power and an exponential: what does the log make of each?",
)
def log_of_the_density(x, mean, sigma):
    density = torch.exp(-0.5 * ((x - mean) / sigma) ** 2) / math.sqrt(2 * math.pi * sigma**2)
    return torch.log(density).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "A small constant inside the logarithm keeps it finite and makes it wrong: sixty sigma out every error costs "
    "the same, and has no gradient.",
    "Two factors of a density are a power and an exponential: what does the log make of each?",
)
def constant_inside_the_log(x, mean, sigma):
    density = torch.exp(-0.5 * ((x - mean) / sigma) ** 2) / math.sqrt(2 * math.pi * sigma**2)
    return torch.log(density + 1e-12).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The height of your Gaussian is 1 / (2 pi sigma): the root over 2 pi is lost.",
    "What does a standard Gaussian's density amount to at its peak?",
)
def root_of_two_pi_lost(x, mean, sigma):
    return (-math.log(2 * math.pi * sigma) - 0.5 * (x - mean) ** 2 / sigma**2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The error is divided by sigma^2 before it is squared: sigma goes in four times, and should go in twice.",
    "How many sigmas is x away from its mean?",
)
def squared_after_dividing_by_the_variance(x, mean, sigma):
    return (-0.5 * math.log(2 * math.pi * sigma**2) - 0.5 * ((x - mean) / sigma**2) ** 2).sum(-1)


@wrong(
    "gaussian_log_likelihood",
    "The constant is counted once for every number in the batch, rows included; a row has D of them.",
    "What does `numel` count, and what does one row hold?",
)
def constant_counted_by_the_batch(x, mean, sigma):
    constant = -0.5 * x.numel() * math.log(2 * math.pi * sigma**2)
    return constant - 0.5 * ((x - mean) ** 2).sum(-1) / sigma**2


@wrong(
    "gaussian_log_likelihood",
    "The root of the squared error is taken: a length stands where its square belongs.",
    "What is the exponent of a Gaussian in D dimensions?",
)
def length_of_the_error(x, mean, sigma):
    constant = -0.5 * x.shape[-1] * math.log(2 * math.pi * sigma**2)
    return constant - (x - mean).norm(dim=-1) / (2 * sigma**2)


# --- bernoulli_log_likelihood ---


def _softplus(logits):
    return torch.nn.functional.softplus(logits)


@wrong(
    "bernoulli_log_likelihood",
    "The sigmoid is taken twice: sigmoid(logits) is used as if it were a logit again. Every pixel then gets a "
    "probability of white between 0.5 and 0.73, whatever its logit.",
    "Does the function that you call want logits or probabilities?",
)
def double_sigmoid(x, logits):
    p = torch.sigmoid(logits)
    return (x * p - _softplus(p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The sign is turned round: this is the binary cross-entropy, a loss. A log-probability is never above 0.",
    "Is this function asked for a likelihood or for a loss?",
)
def loss_for_likelihood(x, logits):
    return (_softplus(logits) - x * logits).sum(-1)


@wrong("bernoulli_log_likelihood", alias_of="loss_for_likelihood")
def library_loss(x, logits):
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Black and white are swapped: you give x = 0 the probability sigmoid(logit), which belongs to x = 1.",
    "A logit of 5 says that a pixel is almost surely what?",
)
def black_and_white_swapped(x, logits):
    return ((1 - x) * logits - _softplus(logits)).sum(-1)


@wrong("bernoulli_log_likelihood", alias_of="black_and_white_swapped")
def sign_of_the_logits_turned(x, logits):
    p = torch.sigmoid(-logits)
    return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Only the white pixels count: the term of x = 0 is missing, and a decoder that paints everything white would be "
    "perfect.",
    "What does a black pixel add to your sum?",
)
def white_pixels_only(x, logits):
    return (x * (logits - _softplus(logits))).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Only the black pixels count: the term of x = 1 is missing, and a decoder that paints everything black would be "
    "perfect.",
    "What does a white pixel add to your sum?",
)
def black_pixels_only(x, logits):
    return ((x - 1) * _softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The normaliser is missing: x * logit alone is no log-probability, and can be made as large as you like.",
    "For one pixel, what should exp of your value for x = 0 and for x = 1 add up to?",
)
def normaliser_forgotten(x, logits):
    return (x * logits).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "x is missing from your formula, or cancels: every pixel is scored as if it were black.",
    "Which term changes when a pixel turns from black to white?",
)
def every_pixel_black(x, logits):
    return (-_softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Every pixel is scored as if it were white: x does not reach your answer.",
    "Which term changes when a pixel turns from white to black?",
)
def every_pixel_white(x, logits):
    return (logits - _softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The softplus gets -logits where the formula with x * logits has +logits: white pixels gain twice.",
    "For x = 0 your answer should be log(1 - p): which sign must the logit have there?",
)
def softplus_of_minus_logits(x, logits):
    return (x * logits - _softplus(-logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "log sigmoid of x * logit is right for x = 1, and for x = 0 it is always log 1/2: multiplying by 0 forgets the "
    "logit.",
    "By which number should a black pixel multiply its logit, if not by 0?",
)
def log_sigmoid_of_the_product(x, logits):
    return torch.nn.functional.logsigmoid(x * logits).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The two terms are subtracted: your black pixels gain where they should pay.",
    "For x = 0, which single logarithm should be left, and with which sign?",
)
def terms_subtracted(x, logits):
    return (x * (logits - _softplus(logits)) + (1 - x) * _softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "What you return equals minus the squared error between x and sigmoid(logits): a score, and no log-likelihood "
    "of a 0 or a 1.",
    "For one pixel, what should exp of your value for x = 0 and for x = 1 add up to?",
)
def squared_error(x, logits):
    return -((x - torch.sigmoid(logits)) ** 2).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "What you return equals the squared error between x and sigmoid(logits): a loss, and of a decoder whose "
    "likelihood was never named.",
    "Which probability of a 0 or a 1 are you taking the log of?",
)
def squared_error_as_a_loss(x, logits):
    return ((x - torch.sigmoid(logits)) ** 2).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "This is the log-density of N(sigmoid(logits), 1): a Gaussian for pixels that are 0 or 1.",
    "Which distribution has only the two outcomes 0 and 1?",
)
def gaussian_on_probabilities(x, logits):
    return -0.5 * (math.log(2 * math.pi) + (x - torch.sigmoid(logits)) ** 2).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The pixels compete: softmax makes the logits of a row share one probability, and here every pixel has a coin "
    "of its own.",
    "Can two pixels of one picture both be white?",
)
def softmax_over_pixels(x, logits):
    return (x * torch.log_softmax(logits, -1)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "These are probabilities, added up: you summed the probability of each pixel, and its logarithm was asked for.",
    "Probabilities of independent pixels multiply: what does that make of their logs?",
)
def sum_of_probabilities(x, logits):
    p = torch.sigmoid(logits)
    return (x * p + (1 - x) * (1 - p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "This is the probability of the picture; its logarithm was asked for.",
    "What is left of a product of 784 probabilities in float32?",
)
def probability(x, logits):
    return torch.exp((x * logits - _softplus(logits)).sum(-1))


@wrong(
    "bernoulli_log_likelihood",
    "This counts the pixels that a threshold gets right: an accuracy. It does not change when the decoder becomes "
    "more certain.",
    "A white pixel with p = 0.51 and one with p = 0.99: should they score the same?",
)
def accuracy(x, logits):
    return ((logits > 0) == (x > 0.5)).to(logits.dtype).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "You average over the D pixels; logs of independent pixels add, so this is 1/D of the log-likelihood. Beside a "
    "summed KL that is a hidden beta of D.",
    "What happens to the log-likelihood of a picture when you append a second, equal pixel?",
)
def mean_over_pixels(x, logits):
    return (x * logits - _softplus(logits)).mean(-1)


@wrong(
    "bernoulli_log_likelihood",
    "You add the rows up as well; every row is another picture and keeps a value of its own.",
    "Which of the two axes is the batch, and should it still be there?",
)
def summed_over_the_batch_too(x, logits):
    return (x * logits - _softplus(logits)).sum()


@wrong(
    "bernoulli_log_likelihood",
    "What you return is one number, the mean over pixels and rows, with the sign of a loss: the library's default. One "
    "log-likelihood a row was asked for.",
    "What does `reduction` stand at when you do not set it?",
)
def library_default(x, logits):
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, x)


@wrong(
    "bernoulli_log_likelihood",
    "What you return is one number, the mean over all pixels of all rows; one log-likelihood a row was asked for.",
    "Which axes should be gone, and were they to be averaged?",
)
def mean_over_everything(x, logits):
    return (x * logits - _softplus(logits)).mean()


@wrong(
    "bernoulli_log_likelihood",
    "What you return is one number, summed over pixels and rows, with the sign of a loss. One log-likelihood a row "
    "was asked for.",
    "What shape did the card ask for?",
)
def library_sum(x, logits):
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")


@wrong(
    "bernoulli_log_likelihood",
    "You average the rows at the end; that comes later, in the loss. Here every row keeps a value of its own.",
    "What shape did the card ask for?",
)
def averaged_over_the_batch(x, logits):
    return (x * logits - _softplus(logits)).sum(-1).mean()


@wrong(
    "bernoulli_log_likelihood",
    "You sum over the rows and keep the pixels; it is the other way round.",
    "Which axis of (B, D) does dim=0 remove?",
)
def summed_over_the_wrong_axis(x, logits):
    return (x * logits - _softplus(logits)).sum(0)


@wrong(
    "bernoulli_log_likelihood",
    "These are the log-likelihoods of the single pixels; the picture's is their sum.",
    "Independent pixels multiply their probabilities: what do their logs do?",
)
def not_summed(x, logits):
    return x * logits - _softplus(logits)


@wrong(
    "bernoulli_log_likelihood",
    "What you return equals the log-likelihood in bits: a logarithm to base 2. This course counts in nats.",
    "Which logarithm did the card ask for, and by which factor do the two differ?",
)
def in_bits(x, logits):
    return (x * logits - _softplus(logits)).sum(-1) / math.log(2)


@wrong(
    "bernoulli_log_likelihood",
    "The value is right, but it is cut from the logits: no gradient reaches the decoder.",
    "Which call turns a tensor with a history into one without?",
)
def detached(x, logits):
    return (x * logits - _softplus(logits)).sum(-1).detach()


@wrong("bernoulli_log_likelihood", alias_of="detached")
def without_gradients(x, logits):
    with torch.no_grad():
        return (x * logits - _softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits, and you pass through the probability: in float32 sigmoid(30) is 1, so log(1 - p) is "
    "minus infinity, and 0 times that is NaN.",
    "log(1 - sigmoid(l)) for l = 100 is -100, almost exactly: can you reach it without ever having p?",
)
def log_of_the_sigmoid(x, logits):
    p = torch.sigmoid(logits)
    return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits; a small constant inside the logarithms keeps them finite and makes them wrong: with "
    "1e-8 no pixel can cost more than 18.4 nats.",
    "What should a white pixel cost whose logit is -100?",
)
def constant_inside_the_log(x, logits):
    p = torch.sigmoid(logits)
    return (x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits; the probability is clipped away from 0 and 1 by 1e-6, and so no pixel can cost more "
    "than 13.8 nats, or have a gradient there.",
    "What should a white pixel cost whose logit is -100?",
)
def clipped_probability(x, logits):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits; the loss you call wants probabilities, and keeps its logarithms above -100 by "
    "force: a logit of 50 on a black pixel should cost 50 nats, and costs 100 there, without a gradient.",
    "Does the library have a loss that takes the logits themselves?",
)
def loss_of_probabilities(x, logits):
    return -torch.nn.functional.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits; a distribution built from probabilities moves them away from 0 and 1, by 1.2e-7 in "
    "float32, and so no pixel can cost more than 15.9 nats.",
    "What else can such a distribution be built from?",
)
def distribution_of_probabilities(x, logits):
    return torch.distributions.Bernoulli(torch.sigmoid(logits)).log_prob(x).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Right for ordinary logits; log(1 + exp(l)) overflows at l = 89 in float32, though its value there is 89.",
    "For l = 100, which of the two summands under the log matters, and can you take it out first?",
)
def softplus_by_hand(x, logits):
    return (x * logits - torch.log(1 + torch.exp(logits))).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The logits are clipped to [-10, 10] before they are used: a pixel that is certain, and wrong, costs 10 nats at "
    "most and has no gradient to mend it.",
    "Is there any logit at which this formula needs protection?",
)
def clipped_logits(x, logits):
    logits = logits.clamp(-10, 10)
    return (x * logits - _softplus(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "You take the logarithm of the logits: they are any real numbers, not probabilities, and below 0 that is NaN.",
    "Which function turns a logit into a probability?",
)
def logits_taken_for_probabilities(x, logits):
    return (x * torch.log(logits) + (1 - x) * torch.log(1 - logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Your black pixels get log sigmoid(1 - logit): the 1 minus belongs to the probability, and you gave it to the "
    "logit.",
    "If p = sigmoid(l), which logit has the probability 1 - p?",
)
def one_minus_the_logit(x, logits):
    log_sigmoid = torch.nn.functional.logsigmoid
    return (x * log_sigmoid(logits) + (1 - x) * log_sigmoid(1 - logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "Your black pixels get 1 - log p, where log(1 - p) belongs.",
    "What comes first for a black pixel: the 1 minus, or the log?",
)
def one_minus_the_log(x, logits):
    log_p = torch.nn.functional.logsigmoid(logits)
    return (x * log_p + (1 - x) * (1 - log_p)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The normaliser is exp(logit): that makes a count out of each pixel, with a Poisson distribution, and a pixel "
    "has two outcomes.",
    "For one pixel, what must exp of your value for x = 0 and for x = 1 add up to?",
)
def poisson(x, logits):
    return (x * logits - torch.exp(logits)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "A constant of 1e-5 stands inside the logarithms: large enough to be seen at ordinary logits already, and far "
    "from them no pixel can cost more than 11.5 nats.",
    "What should a white pixel cost whose logit is -100?",
)
def large_constant_inside_the_log(x, logits):
    p = torch.sigmoid(logits)
    return (x * torch.log(p + 1e-5) + (1 - x) * torch.log(1 - p + 1e-5)).sum(-1)


@wrong(
    "bernoulli_log_likelihood",
    "The pixels share one normaliser, a log-sum-exp over the row: that picks one pixel out of D, and here every "
    "pixel has a coin of its own.",
    "Can two pixels of one picture both be white?",
)
def one_normaliser_for_the_row(x, logits):
    return (x * logits).sum(-1) - torch.logsumexp(logits, -1)


# --- mse_relation ---


def _constant(D, sigma):
    return -0.5 * D * math.log(2 * math.pi * sigma**2)


@wrong(
    "mse_relation",
    "b is twice too large: the 1/2 in a Gaussian's exponent is forgotten.",
    "One pixel, one sigma off: how many nats does it lose?",
)
def half_of_the_slope_forgotten(D, sigma):
    return _constant(D, sigma), 1 / sigma**2


@wrong(
    "mse_relation",
    "b is built with sigma, and a squared error wants sigma^2 under it.",
    "What happens to the weight of the squared error when sigma is halved?",
)
def sigma_not_squared(D, sigma):
    return _constant(D, sigma), 1 / (2 * sigma)


@wrong(
    "mse_relation",
    "sigma is taken for a variance, in a and in b: squared once more, both are right for a standard deviation of "
    "sigma^2.",
    "What does the card call sigma?",
)
def sigma_squared_twice(D, sigma):
    return _constant(D, sigma**2), 1 / (2 * sigma**4)


@wrong(
    "mse_relation",
    "sigma is taken for a variance, in a and in b: neither has its square.",
    "What does the card call sigma, and in which unit is a squared error?",
)
def sigma_taken_for_variance(D, sigma):
    return -0.5 * D * math.log(2 * math.pi * sigma), 1 / (2 * sigma)


@wrong(
    "mse_relation",
    "The variance has come out on top: you return sigma^2 / 2 where a small sigma should make errors dear.",
    "Which decoder forgives an error of 1 more easily: one with sigma = 0.1, or one with sigma = 10?",
)
def slope_inverted(D, sigma):
    return _constant(D, sigma), sigma**2 / 2


@wrong(
    "mse_relation",
    "b is the same for every sigma: 1/2 is the weight for sigma = 1 only.",
    "What happens to the weight of the squared error when sigma is halved?",
)
def slope_for_unit_sigma(D, sigma):
    return _constant(D, sigma), 0.5


@wrong(
    "mse_relation",
    "b has the sign of the exponent in it; the card's formula, a - b * S, has that minus already.",
    "With your b, does the log-likelihood rise or fall when the squared error grows?",
)
def slope_negative(D, sigma):
    return _constant(D, sigma), -1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "Your b belongs to the mean of the squared errors: it is D times too large for their sum.",
    "Is S a sum over the D dimensions or a mean?",
)
def slope_for_the_mean(D, sigma):
    return _constant(D, sigma), D / (2 * sigma**2)


@wrong(
    "mse_relation",
    "Your b is D times too small: it averages over the dimensions what S adds up.",
    "Is S a sum over the D dimensions or a mean, and who does the adding?",
)
def slope_divided_by_d(D, sigma):
    return _constant(D, sigma), 1 / (2 * D * sigma**2)


@wrong(
    "mse_relation",
    "D is forgotten: your a is the constant of one dimension.",
    "A product of D densities: how many factors stand in front of the exponentials?",
)
def one_constant(D, sigma):
    return _constant(1, sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a counts log 2 pi once a dimension, and log sigma only once.",
    "A product of D densities: how many factors 1 / sigma does it have?",
)
def log_sigma_once(D, sigma):
    return -0.5 * D * math.log(2 * math.pi) - math.log(sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "The sign of a is turned round: this is the constant of the negative log-likelihood.",
    "A very small sigma and no error at all: is the density high there, or low?",
)
def constant_of_the_loss(D, sigma):
    return -_constant(D, sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "log sigma is missing from a, so a narrow Gaussian is no higher than a broad one.",
    "How does the height of a Gaussian at its mean depend on sigma?",
)
def log_sigma_forgotten(D, sigma):
    return -0.5 * D * math.log(2 * math.pi), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "log 2 pi is missing from a: 0.92 nats a dimension.",
    "How high is a standard Gaussian at its mean?",
)
def two_pi_forgotten(D, sigma):
    return -0.5 * D * math.log(sigma**2), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a is twice too large: the height of a Gaussian has a root in it, and your a has none.",
    "What does the log make of a square root?",
)
def half_of_the_constant_forgotten(D, sigma):
    return 2 * _constant(D, sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "In a sigma is not squared, and the half in front halves its log.",
    "The density has 1 / sigma in front: what does the log of that give?",
)
def log_of_sigma_halved(D, sigma):
    return -0.5 * D * math.log(2 * math.pi * sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a is 0: you treat the squared error as if it were the whole log-likelihood.",
    "With no error at all, is the density 1?",
)
def no_constant(D, sigma):
    return 0.0, 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a is the height of the density; its logarithm was asked for.",
    "Is a added to a log-likelihood, or does it multiply a likelihood?",
)
def constant_without_log(D, sigma):
    return (2 * math.pi * sigma**2) ** (-D / 2), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a and b stand in each other's place: first comes what a perfect reconstruction earns, then the weight of the "
    "squared error.",
    "Which of the two is the log-likelihood at S = 0?",
)
def swapped(D, sigma):
    return 1 / (2 * sigma**2), _constant(D, sigma)


@wrong(
    "mse_relation",
    "Both have the sign turned round: with this pair a - b * S is the negative log-likelihood, a loss.",
    "With your pair, does the log-likelihood rise or fall when the squared error grows?",
)
def both_of_the_loss(D, sigma):
    return -_constant(D, sigma), -1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a is taken to base 10; these logarithms are natural ones.",
    "Which logarithm undoes exp?",
)
def base_ten(D, sigma):
    return -0.5 * D * math.log10(2 * math.pi * sigma**2), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "b is turned over: 2 sigma^2 is what divides the squared error, and b multiplies it.",
    "Which decoder forgives an error of 1 more easily: one with sigma = 0.1, or one with sigma = 10?",
)
def divisor_for_slope(D, sigma):
    return _constant(D, sigma), 2 * sigma**2


@wrong(
    "mse_relation",
    "In a the root over 2 pi is lost: your peak is 1 / (2 pi sigma) high in every dimension.",
    "What does a standard Gaussian's density amount to at its peak?",
)
def root_of_two_pi_lost(D, sigma):
    return -D * math.log(2 * math.pi * sigma), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "The 2 of log 2 pi is lost in a.",
    "What stands under the root in front of a Gaussian's exponential?",
)
def log_pi(D, sigma):
    return -0.5 * D * math.log(math.pi * sigma**2), 1 / (2 * sigma**2)


@wrong(
    "mse_relation",
    "a counts log sigma once a dimension, and log 2 pi only once.",
    "A product of D densities: how many factors 2 pi does it have?",
)
def two_pi_once(D, sigma):
    return -0.5 * math.log(2 * math.pi) - D * math.log(sigma), 1 / (2 * sigma**2)


@wrong(
    "kl_monte_carlo",
    "Your estimate is cut off at 0. A KL is never negative, but an estimate of it from a few samples may be, and cutting makes the "
    "average over many such estimates too large.",
    "What happens to an average when all its negative terms are raised to 0?",
)
def estimate_clamped(mu, logvar, z):
    estimate, error = _with_error(_log_ratio(mu, logvar, z))
    return estimate.clamp(min=0), error


@wrong(
    "kl_monte_carlo",
    "Your estimate has lost its sign. A KL is never negative, but an estimate of it from a few samples may be.",
    "If one sample gives -0.3 and another 0.5, what is their average, and what do you make of the first?",
)
def estimate_without_sign(mu, logvar, z):
    estimate, error = _with_error(_log_ratio(mu, logvar, z))
    return estimate.abs(), error


@wrong(
    "bernoulli_log_likelihood",
    "You took the large part out of the logarithm for positive logits only: log(1 + exp(-l)) is safe for l = 100, and for l = -100 "
    "exp(-l) is too large for float32.",
    "Which exponential stays small whatever the sign of the logit?",
)
def safe_on_one_side(x, logits):
    return (x * logits - (logits + torch.log1p(torch.exp(-logits)))).sum(-1)
