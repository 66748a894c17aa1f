"""Wrong answers to stage 06, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.bank import wrong


def price(mu, logvar):
    """The KL to the prior, (B,)."""
    return kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(-1)


def spent(x, model, eps):
    """The KL, (B,), and the log-likelihood at each sample, (K, B)."""
    mu, logvar = model.encode(x)
    return price(mu, logvar), model.log_likelihood(x, mu + torch.exp(0.5 * logvar) * eps)


def best_code(variances, level):
    """Rates and errors of the best code, with a direction described down to the error `level`."""
    return 0.5 * torch.log(variances / level).clamp(min=0), variances.clamp(max=level)


def seen_before(x):
    """Heads and tails before each flip, (B, T) each."""
    heads = torch.cumsum(x, 1) - x
    return heads, torch.arange(x.shape[1]) - heads


# --- beta_elbo ---


@wrong(
    "beta_elbo",
    "Your beta multiplies the expected log-likelihood. Up to a factor that is the objective with the price 1 / beta: "
    "where a code should become dearer, it becomes cheaper.",
    "Which of the two terms is what a code costs?",
)
def beta_on_the_likelihood(expected_log_likelihood, kl, beta):
    return beta * expected_log_likelihood - kl


@wrong(
    "beta_elbo",
    "Your beta multiplies both terms. The best model is then that of the plain bound, and beta only makes the steps of "
    "training longer or shorter.",
    "By how much would the log-likelihood have to improve to pay for one nat of kl, with yours?",
)
def beta_on_both(expected_log_likelihood, kl, beta):
    return beta * (expected_log_likelihood - kl)


@wrong(
    "beta_elbo",
    "You mix the two terms with the weights 1 - beta and beta. At beta = 1 the likelihood is gone, and above 1 you "
    "ask for a bad one.",
    "Which beta should give the bound of stage 02, and what does yours give there?",
)
def convex_mix(expected_log_likelihood, kl, beta):
    return (1 - beta) * expected_log_likelihood - beta * kl


@wrong(
    "beta_elbo",
    "You add beta times kl. What is maximised then pays for every nat of the code, so the encoder would leave the "
    "prior as far as it can.",
    "Is kl something to be earned or something to be paid?",
)
def kl_as_a_reward(expected_log_likelihood, kl, beta):
    return expected_log_likelihood + beta * kl


@wrong(
    "beta_elbo",
    "You divide kl by beta: the price falls where it should rise.",
    "At beta = 4, how many nats of log-likelihood should one nat of kl cost?",
)
def price_upside_down(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - kl / beta


@wrong(
    "beta_elbo",
    "You take away beta squared times kl: the price goes in twice.",
    "If the price doubles, how much more should the same code cost?",
)
def price_squared(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - beta**2 * kl


@wrong(
    "beta_elbo",
    "You take away beta - 1 times kl. At beta = 1 a code would be free; beta counts the whole price and not what comes "
    "on top of the usual one.",
    "Which price has a nat in the bound of stage 02?",
)
def surcharge_alone(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - (beta - 1) * kl


@wrong(
    "beta_elbo",
    "You take away 1 + beta times kl: the usual price is paid, and beta once more on top.",
    "Which beta should give the bound of stage 02, and which one gives it with yours?",
)
def price_on_top(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - kl - beta * kl


@wrong(
    "beta_elbo",
    "You return one number, the mean over the batch; a row should keep its own value here.",
    "Which shape has the bound of stage 02 for B rows?",
)
def mean_over_rows(expected_log_likelihood, kl, beta):
    return (expected_log_likelihood - beta * kl).mean()


@wrong(
    "beta_elbo",
    "You return one number, the sum over the batch; a row should keep its own value here.",
    "Which shape has the bound of stage 02 for B rows?",
)
def sum_over_rows(expected_log_likelihood, kl, beta):
    return (expected_log_likelihood - beta * kl).sum()


@wrong(
    "beta_elbo",
    "Every row pays the mean kl of the batch and not its own. The mean over rows is right, and each row by itself is"
    " not.",
    "Whose code does a row pay for?",
)
def kl_of_the_batch(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - beta * kl.mean()


@wrong(
    "beta_elbo",
    "Every row gets the mean likelihood of the batch and not its own. The mean over rows is right, and each row by itself "
    "is not.",
    "Which image does a row of your result speak of?",
)
def likelihood_of_the_batch(expected_log_likelihood, kl, beta):
    return expected_log_likelihood.mean() - beta * kl


@wrong(
    "beta_elbo",
    "Every row of your result is the same number, the mean over the batch; a row should keep its own value here.",
    "Which image does a row of your result speak of?",
)
def the_mean_for_every_row(expected_log_likelihood, kl, beta):
    return (expected_log_likelihood - beta * kl).mean().expand_as(kl)


@wrong(
    "beta_elbo",
    "Prices below 1 are raised to 1: with a beta above 1 all is right, and below it what you return is the plain bound.",
    "At half the price, what does a code of 2 nats cost?",
)
def price_of_one_at_least(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - max(beta, 1.0) * kl


@wrong(
    "beta_elbo",
    "Your beta is cut down to a whole number: with 0.3 a code costs nothing, and with 3.7 as much as with 3.",
    "At half the price, what does a code of 2 nats cost?",
)
def whole_prices(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - int(beta) * kl


@wrong(
    "beta_elbo",
    "With every other price all is right, and at beta = 0 yours is the plain bound, as if 0 meant that no price was given.",
    "Which numbers does Python's `or`, or an `if`, take for no?",
)
def no_price_of_nothing(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - (beta or 1.0) * kl


@wrong(
    "beta_elbo",
    "What you return is the loss: the objective with its sign turned round. It would be right to minimise it, and here "
    "larger is better.",
    "Should your value rise or fall when the likelihood gets better?",
)
def the_loss(expected_log_likelihood, kl, beta):
    return beta * kl - expected_log_likelihood


@wrong(
    "beta_elbo",
    "The minus stands on the likelihood too: you reward what is unlikely, and charge for the code besides.",
    "What does your value do when x becomes likelier?",
)
def both_negative(expected_log_likelihood, kl, beta):
    return -expected_log_likelihood - beta * kl


@wrong(
    "beta_elbo",
    "What you return is the plain bound: beta does not come into it.",
    "What should change in your value when beta does?",
)
def price_ignored(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - kl


@wrong(
    "beta_elbo",
    "You take away kl and beta. A constant moves no gradient, so training would not notice it; beta is a price for "
    "each nat.",
    "A code of 2 nats and one of 4 nats: by how much should they differ at beta = 4?",
)
def price_as_a_fee(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - kl - beta


@wrong(
    "beta_elbo",
    "Your kl counts with beta at least: that makes beta a floor below which a code is free, and not a price.",
    "If kl is twice as large, should its cost not be twice as large too?",
)
def price_as_a_floor(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - torch.clamp(kl, min=beta)


@wrong(
    "beta_elbo",
    "Only what kl has beyond beta is paid for: that makes beta an allowance, and not a price.",
    "If kl is twice as large, should its cost not be twice as large too?",
)
def price_as_an_allowance(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - torch.relu(kl - beta)


@wrong(
    "beta_elbo",
    "You charge for the distance of kl from beta: that makes beta a target for kl, and a code of exactly beta nats is "
    "free.",
    "If kl is twice as large, should its cost not be twice as large too?",
)
def price_as_a_target(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - (kl - beta).abs()


@wrong(
    "beta_elbo",
    "Your value is right, and kl was cut off from its history: the code is charged for on paper, and no gradient tells "
    "the encoder to save.",
    "If kl grew a little, your value would fall: where does your code forget that?",
)
def price_detached(expected_log_likelihood, kl, beta):
    return expected_log_likelihood - beta * kl.detach()


@wrong(
    "beta_elbo",
    "Your value is right, and the expected log-likelihood was cut off from its history: only the price is left to "
    "learn from.",
    "From which of your two inputs should the decoder hear how well it did?",
)
def likelihood_detached(expected_log_likelihood, kl, beta):
    return expected_log_likelihood.detach() - beta * kl


@wrong(
    "beta_elbo",
    "Your value is right, and it has no history: no gradient gets from it to either input.",
    "Which call turns a tensor with a history into one without?",
)
def cut_off(expected_log_likelihood, kl, beta):
    return (expected_log_likelihood - beta * kl).detach()


@wrong("beta_elbo", alias_of="cut_off")
def row_by_row(expected_log_likelihood, kl, beta):
    rows = [a - beta * b for a, b in zip(expected_log_likelihood.tolist(), kl.tolist())]
    return torch.tensor(rows, dtype=kl.dtype)


@wrong("beta_elbo", alias_of="cut_off")
def without_gradients(expected_log_likelihood, kl, beta):
    with torch.no_grad():
        return expected_log_likelihood - beta * kl


# --- linear_rates ---


@wrong(
    "linear_rates",
    "Your rates are twice what they should be: a half is lost. The logarithm of a ratio of variances counts the "
    "ratio of the standard deviations twice.",
    "By how much does log x change when x is replaced by its root?",
)
def half_lost(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return 2 * rate, error


@wrong(
    "linear_rates",
    "Your threshold is beta times sigma. A variance is compared with a standard deviation, and the two have different "
    "units.",
    "If x is measured in another unit, does your comparison come out the same?",
)
def sigma_for_variance(variances, sigma, beta):
    return best_code(variances, beta * sigma)


@wrong(
    "linear_rates",
    "Your threshold is beta alone: the noise is forgotten. What a decoder with much noise cannot show is not worth a "
    "nat, and what one with little noise can show is.",
    "With the noise a hundred times smaller, should the same direction not get more nats?",
)
def noise_forgotten(variances, sigma, beta):
    return best_code(variances, beta)


@wrong(
    "linear_rates",
    "Your threshold is the variance of the noise alone: the price is forgotten, so these are the rates at beta = 1.",
    "What should happen to your rates when a nat becomes dearer?",
)
def price_forgotten(variances, sigma, beta):
    return best_code(variances, sigma**2)


@wrong(
    "linear_rates",
    "Your threshold is sigma squared divided by beta: the dearer a nat, the more of them you buy.",
    "What should happen to your rates when a nat becomes dearer?",
)
def price_upside_down(variances, sigma, beta):
    return best_code(variances, sigma**2 / beta)


@wrong(
    "linear_rates",
    "Your threshold is the square of beta times sigma: the price was squared together with the standard deviation.",
    "If sigma is halved, by which factor must beta grow so that nothing changes, and by which one with yours?",
)
def price_squared(variances, sigma, beta):
    return best_code(variances, (beta * sigma) ** 2)


@wrong(
    "linear_rates",
    "Your threshold is twice what it should be: the 2 of the squared error over 2 sigma^2 was kept, and the half in "
    "the rate was not set against it.",
    "Write what a direction costs as a function of its error: where is its slope 0?",
)
def threshold_doubled(variances, sigma, beta):
    return best_code(variances, 2 * beta * sigma**2)


@wrong(
    "linear_rates",
    "Your threshold is half of what it should be: the half in the rate was kept, and the 2 of the squared error over "
    "2 sigma^2 was not set against it.",
    "Write what a direction costs as a function of its error: where is its slope 0?",
)
def threshold_halved(variances, sigma, beta):
    return best_code(variances, 0.5 * beta * sigma**2)


@wrong(
    "linear_rates",
    "You try out rates in steps of 0.0001 and up to 3, as the worked example does: yours are right to within a step, and a "
    "direction that is worth more than 3 nats gets 3. A formula gives the rate itself.",
    "For which R is the return of the next nat equal to its price, whatever the numbers are?",
)
def grid_of_the_worked_example(variances, sigma, beta):
    R = torch.linspace(0, 3, 30_001, dtype=variances.dtype)[:, None]
    left = variances * torch.exp(-2 * R)
    best = (left / (2 * sigma**2) + beta * R).argmin(0)
    return R[best, 0], left.gather(0, best[None])[0]


@wrong(
    "linear_rates",
    "Your rates are cut off at both ends: none is above 2 nats. A direction with a large variance is worth more.",
    "What does a nat return, after the second one, where the variance is 1,000 times that of the noise?",
)
def two_nats_at_most(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate.clamp(max=2), error


@wrong(
    "linear_rates",
    "Your directions are in order of their variances, the largest first: the numbers are right, and stand in other places "
    "than the variances that came in.",
    "To which of the variances that came in does your first rate belong?",
)
def largest_first(variances, sigma, beta):
    return best_code(variances.sort(descending=True).values, beta * sigma**2)


@wrong(
    "linear_rates",
    "Your directions are in order of their variances, the smallest first: the numbers are right, and stand in other places "
    "than the variances that came in.",
    "To which of the variances that came in does your first rate belong?",
)
def smallest_first(variances, sigma, beta):
    return best_code(variances.sort().values, beta * sigma**2)


@wrong(
    "linear_rates",
    "You write your error into the variances that came in. The first call is right; whoever uses the variances afterwards, "
    "you in a second call for one, gets others.",
    "Which of your lines writes into a tensor that is not your own?",
)
def written_into_the_variances(variances, sigma, beta):
    level = beta * sigma**2
    rate = 0.5 * torch.log(variances / level).clamp(min=0)
    variances[variances > level] = level
    return rate, variances


@wrong(
    "linear_rates",
    "Your rates are in bits, from a logarithm to the base 2; in this course they are in nats, and so is the price.",
    "How many nats is one bit?",
)
def in_bits(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate / math.log(2), error


@wrong(
    "linear_rates",
    "Your rates are half the log of one plus the ratio, as if the error came on top of the variance. The variance of"
    " the data is the whole, and the error that is left is a part of it.",
    "For a variance that is exactly on the threshold, what should the rate be, and what does yours give?",
)
def capacity_of_a_channel(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log1p(variances / level), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "Your rates are the log of one plus the ratio: there is no half in front, and the error does not come on top of the "
    "variance, it is a part of it.",
    "For a variance that is exactly on the threshold, what should the rate be, and what does yours give?",
)
def logarithm_of_one_plus(variances, sigma, beta):
    level = beta * sigma**2
    return torch.log1p(variances / level), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "The two results are exchanged: the errors come first, and the rates second.",
    "In which order does the signature name them?",
)
def swapped(variances, sigma, beta):
    return best_code(variances, beta * sigma**2)[::-1]


@wrong(
    "linear_rates",
    "Your rates are added up to one number; here each direction has its own.",
    "How many directions are there, and how many numbers do you return?",
)
def summed(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate.sum(), error.sum()


@wrong(
    "linear_rates",
    "The ratio in your logarithm is upside down, so every direction that is worth its price gets 0.",
    "Which is larger in a direction that is worth describing, its variance or the error that is left?",
)
def ratio_upside_down(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log(level / variances).clamp(min=0), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "Your rates come from the variance and not from its logarithm: half the ratio less one. Close to the threshold "
    "that is nearly right, and further up far too much.",
    "Each time a variance is multiplied by e squared, how many nats should come on top?",
)
def ratio_without_logarithm(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * (variances / level - 1).clamp(min=0), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "Your error is the variance less the threshold: that is the part of the variance that the code explains, and the "
    "error is what it does not.",
    "When the threshold goes to 0 and the code becomes exact, what should be left?",
)
def explained_for_error(variances, sigma, beta):
    level = beta * sigma**2
    return best_code(variances, level)[0], (variances - level).clamp(min=0)


@wrong(
    "linear_rates",
    "Your error is a root, in the unit of x: a standard deviation of what is left and not a mean squared error.",
    "In which unit is a squared error?",
)
def root_of_the_error(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate, error.sqrt()


@wrong(
    "linear_rates",
    "Your error shrinks by exp(-rate), as a standard deviation does; a squared error shrinks by the square of that.",
    "If one nat makes the error of a mean e times smaller, what happens to its square?",
)
def error_shrinks_once(variances, sigma, beta):
    rate, _ = best_code(variances, beta * sigma**2)
    return rate, variances * torch.exp(-rate)


@wrong(
    "linear_rates",
    "Your rates know the price, and your error stops at the variance of the noise: that is what beta = 1 leaves.",
    "With a price of 4 a direction is described less exactly: where does your error say so?",
)
def error_without_price(variances, sigma, beta):
    return best_code(variances, beta * sigma**2)[0], variances.clamp(max=sigma**2)


@wrong(
    "linear_rates",
    "Your error is divided by 2 sigma^2, which makes nats of it; a plain mean squared error was asked for.",
    "In which unit is the error to be, that of x squared or nats?",
)
def error_in_nats(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate, error / (2 * sigma**2)


@wrong(
    "linear_rates",
    "Your error is what remains when the decoder gets the mean of the posterior. While a model trains it gets a draw, "
    "and the spread of the draws adds to the error.",
    "From which code is x reconstructed while the model trains: from mu or from a sample?",
)
def error_at_the_mean(variances, sigma, beta):
    rate, error = best_code(variances, beta * sigma**2)
    return rate, error**2 / variances


@wrong(
    "linear_rates",
    "Above the threshold all is right; below it your rates are negative and your errors larger than the variances: "
    "there is no cutoff. A direction that is not worth its price is left out.",
    "What is the least that can be spent on a direction?",
)
def no_cutoff(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log(variances / level), torch.full_like(variances, level)


@wrong(
    "linear_rates",
    "Below the threshold your errors are right and your rates negative, as if such a direction could give nats back.",
    "What is the least that can be spent on a direction?",
)
def rate_without_cutoff(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log(variances / level), variances.clamp(max=level)


@wrong("linear_rates", alias_of="rate_without_cutoff")
def plain_logarithm(variances, sigma, beta):
    level = beta * sigma**2
    return (variances.log() - math.log(level)) / 2, torch.minimum(variances, torch.full_like(variances, level))


@wrong(
    "linear_rates",
    "Your rates are cut off and your errors are not: below the threshold you report an error larger than the variance, "
    "and whoever guesses the mean does better.",
    "Of a direction that is never described, how large can the error be?",
)
def error_without_cutoff(variances, sigma, beta):
    level = beta * sigma**2
    return best_code(variances, level)[0], torch.full_like(variances, level)


@wrong("linear_rates", alias_of="error_without_cutoff")
def error_everywhere_the_same(variances, sigma, beta):
    level = beta * sigma**2
    return torch.relu(torch.log(variances / level) / 2), level * torch.ones_like(variances)


@wrong(
    "linear_rates",
    "Below the threshold your error is 0, as if a direction that is left out of the code were known exactly; nothing"
    " is known of it.",
    "What does a decoder say about a direction of which it hears nothing, and how far off is it?",
)
def no_error_below(variances, sigma, beta):
    level = beta * sigma**2
    return best_code(variances, level)[0], torch.where(variances > level, level, 0.0)


@wrong(
    "linear_rates",
    "Your cutoff multiplies the logarithm by 0. Where the variance itself is 0 the logarithm is minus infinity, and 0 "
    "times infinity is NaN.",
    "What does your formula do in a direction in which the data do not vary?",
)
def cutoff_by_a_product(variances, sigma, beta):
    level = beta * sigma**2
    kept = (variances > level).to(variances.dtype)
    return kept * 0.5 * torch.log(variances / level), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "Below the threshold your rate has lost its minus and stayed: the less a direction varies, the more nats you spend "
    "on it.",
    "Should a direction of variance 0.001 be dearer than one on the threshold?",
)
def rate_without_sign(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log(variances / level).abs(), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "You leave out the directions whose variance is below beta alone. What a direction is worth depends on the noise"
    " as well, and a price is no variance to compare with.",
    "At which variance does your own formula for the rate pass through 0?",
)
def cutoff_at_the_price(variances, sigma, beta):
    level = beta * sigma**2
    kept = variances > beta
    rate = torch.where(kept, 0.5 * torch.log(variances / level), 0.0)
    return rate, torch.where(kept, level, variances)


@wrong(
    "linear_rates",
    "You leave out the directions whose variance is below that of the noise. At beta = 1 these are the right ones; a "
    "dearer nat leaves out more of them, and a cheaper one fewer.",
    "At which variance does your own formula for the rate pass through 0, and where do you cut?",
)
def cutoff_at_the_noise(variances, sigma, beta):
    level = beta * sigma**2
    kept = variances > sigma**2
    rate = torch.where(kept, 0.5 * torch.log(variances / level), 0.0)
    return rate, torch.where(kept, level, variances)


@wrong(
    "linear_rates",
    "Your rate never gets quite to 0: a small number keeps it up, so a direction that is left out still counts as "
    "alive.",
    "How many nats does a direction get that is not sent at all?",
)
def least_rate(variances, sigma, beta):
    level = beta * sigma**2
    return 0.5 * torch.log(variances / level).clamp(min=1e-3), variances.clamp(max=level)


@wrong(
    "linear_rates",
    "You return the directions that are alive and drop the others; each direction keeps its place, with a rate of 0 "
    "where it is left out.",
    "How many numbers come in, and how many should come out?",
)
def dead_ones_dropped(variances, sigma, beta):
    level = beta * sigma**2
    kept = variances[variances > level]
    return 0.5 * torch.log(kept / level), torch.full_like(kept, level)


@wrong(
    "linear_rates",
    "Where the rate is cut off you report NaN, no answer at all; there is one: nothing is spent, and all variance is"
    " left.",
    "What is spent on a direction that is not sent, and what is left of it?",
)
def no_answer_below(variances, sigma, beta):
    level = beta * sigma**2
    rate = 0.5 * torch.log(variances / level)
    return torch.where(rate > 0, rate, torch.nan), variances.clamp(max=level)


# --- rate_distortion ---


@wrong(
    "rate_distortion",
    "The two results are exchanged: the distortion comes first, and the rate second.",
    "Which of the two is spent on z?",
)
def swapped(x, model, eps):
    kl, score = spent(x, model, eps)
    return -score.mean(), kl.mean()


@wrong(
    "rate_distortion",
    "Your distortion is minus the whole bound: the rate is in it once more.",
    "If the code is already paid for, what is left to pay for x?",
)
def rate_counted_twice(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), kl.mean() - score.mean()


@wrong(
    "rate_distortion",
    "What you return is the bound and its KL; a distortion is asked for, the other term of the bound.",
    "Which two numbers add up to minus the bound?",
)
def bound_and_kl(x, model, eps):
    kl, score = spent(x, model, eps)
    return score.mean() - kl.mean(), kl.mean()


@wrong(
    "rate_distortion",
    "Your distortion is the expected log-likelihood itself; a distortion is a cost, so it grows when x is explained "
    "worse.",
    "Is smaller or larger better for a distortion, and for your number?",
)
def likelihood_for_distortion(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), score.mean()


@wrong(
    "rate_distortion",
    "Your rate has its sign turned round: it is a cost too, and a KL is never negative.",
    "Which sign has a KL?",
)
def negative_rate(x, model, eps):
    kl, score = spent(x, model, eps)
    return -kl.mean(), -score.mean()


@wrong(
    "rate_distortion",
    "Both of your numbers are added over the batch: they are nats, and not nats/image.",
    "What should happen to your numbers when the same batch comes twice over?",
)
def summed_over_the_batch(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.sum(), -score.mean(0).sum()


@wrong(
    "rate_distortion",
    "Your rate is added over the batch while your distortion is averaged: the two do not have the same unit.",
    "What should happen to each of your numbers when the same batch comes twice over?",
)
def rate_summed(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.sum(), -score.mean()


@wrong(
    "rate_distortion",
    "Your distortion is added over the batch while your rate is averaged: the two do not have the same unit.",
    "What should happen to each of your numbers when the same batch comes twice over?",
)
def distortion_summed(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.mean(0).sum()


@wrong(
    "rate_distortion",
    "Your distortion is added over the K samples: more samples should make it steadier, and not larger.",
    "With every sample there twice, what should happen to your number?",
)
def samples_summed(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.sum(0).mean()


@wrong(
    "rate_distortion",
    "Your numbers still have an axis for the rows of the batch; they should be averaged over it.",
    "How many nats does an image need on average?",
)
def row_by_row(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl, -score.mean(0)


@wrong(
    "rate_distortion",
    "Your distortion is taken at z = mu, without noise. The decoder never gets so clear a code, and a cost that is "
    "measured there is usually too low.",
    "Where does eps go in your answer?",
)
def at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    return price(mu, logvar).mean(), -model.log_likelihood(x, mu).mean()


@wrong(
    "rate_distortion",
    "Your distortion takes the logarithm of the mean likelihood over samples. The mean of the logarithms was asked "
    "for; with yours the two numbers no longer add up to minus the bound.",
    "Which comes first in the bound, the logarithm or the average over codes?",
)
def logarithm_of_the_mean(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -(score.logsumexp(0) - math.log(len(eps))).mean()


@wrong(
    "rate_distortion",
    "Your distortion uses the first sample and leaves the other K - 1 alone.",
    "How many rows of eps reach your answer, and how many were given?",
)
def first_sample(x, model, eps):
    kl, score = spent(x, model, eps[:1])
    return kl.mean(), -score.mean()


@wrong(
    "rate_distortion",
    "Your distortion takes the best of the K samples of each row; with more samples it would fall and fall.",
    "Which code will the decoder get: the best one, or any?",
)
def best_sample(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.max(0).values.mean()


@wrong(
    "rate_distortion",
    "Your distortion is divided by the number of pixels: nats/pixel, beside a rate in nats/image.",
    "May two numbers in different units be added?",
)
def per_pixel(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.mean() / x.shape[1]


@wrong(
    "rate_distortion",
    "Your rate is averaged over the latent dimensions; every dimension is paid for, so they add.",
    "If a code had twice as many dimensions, all like these, what would it cost?",
)
def per_dimension(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean() / eps.shape[-1], -score.mean()


@wrong(
    "rate_distortion",
    "Your rate is the average of log q(z) - log p(z) over the samples. On average over all noise that is the KL, and"
    " in value it is not: it moves with the noise. The closed form was asked for.",
    "Which average over z did you work out by hand in stage 03?",
)
def rate_from_samples(x, model, eps):
    mu, logvar = model.encode(x)
    std = torch.exp(0.5 * logvar)
    z = mu + std * eps
    ratio = Normal(mu, std).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    return ratio.sum(-1).mean(), -model.log_likelihood(x, z).mean()


@wrong(
    "rate_distortion",
    "Your rate is the KL from the prior to q, the other way round: it averages over the prior's codes and not over "
    "those that are sent.",
    "Over which codes is the price averaged, those of q or those of the prior?",
)
def rate_reversed(x, model, eps):
    mu, logvar = model.encode(x)
    rate = kl_divergence(Normal(0.0, 1.0), Normal(mu, torch.exp(0.5 * logvar))).sum(-1).mean()
    return rate, -spent(x, model, eps)[1].mean()


@wrong(
    "rate_distortion",
    "Your noise is multiplied by the variance and not by the standard deviation, so the distortion belongs to codes of "
    "another spread.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def variance_for_sigma(x, model, eps):
    mu, logvar = model.encode(x)
    return price(mu, logvar).mean(), -model.log_likelihood(x, mu + torch.exp(logvar) * eps).mean()


@wrong(
    "rate_distortion",
    "Your distortion is the squared error of what decode gives. It is in the unit of x squared and knows neither "
    "sigma nor constants; a distortion in nats is minus a log-likelihood.",
    "In which unit is your rate, and in which one your distortion?",
)
def squared_error(x, model, eps):
    mu, logvar = model.encode(x)
    x_hat = model.decode(mu + torch.exp(0.5 * logvar) * eps)
    return price(mu, logvar).mean(), (x - x_hat).square().sum(-1).mean()


@wrong(
    "rate_distortion",
    "Both of your numbers are in bits: they were divided by log 2. Here they are in nats.",
    "Which unit does a name have in this course when it does not say bits?",
)
def in_bits(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean() / math.log(2), -score.mean() / math.log(2)


@wrong(
    "rate_distortion",
    "Your rate lacks its half: it is twice the KL.",
    "What does a code with mu = 1 and sigma = 1 cost in one dimension?",
)
def half_lost(x, model, eps):
    kl, score = spent(x, model, eps)
    return 2 * kl.mean(), -score.mean()


@wrong(
    "rate_distortion",
    "All rows share the noise of row 0: one vector of noise serves the whole batch.",
    "How many rows of noise were given, and how many reach your codes?",
)
def rows_share_noise(x, model, eps):
    kl, score = spent(x, model, eps[:, :1].expand_as(eps))
    return kl.mean(), -score.mean()


@wrong(
    "rate_distortion",
    "You average the noise over the K samples first and decode one code for each row. That is nearly the mean of q: a mean "
    "of noise has little left of its spread.",
    "How many codes does the decoder get from you for one image, and how many rows of noise were given?",
)
def noise_averaged_first(x, model, eps):
    kl, score = spent(x, model, eps.mean(0, keepdim=True))
    return kl.mean(), -score.mean()


@wrong("rate_distortion", alias_of="noise_averaged_first")
def codes_averaged_first(x, model, eps):
    mu, logvar = model.encode(x)
    z = (mu + torch.exp(0.5 * logvar) * eps).mean(0)
    return price(mu, logvar).mean(), -model.log_likelihood(x, z).mean()


@wrong(
    "rate_distortion",
    "Your distortion is the median over the K samples; the bound has the mean, in which a few bad codes count in full.",
    "Two samples cost 10 nats and one costs 40: what do they cost on average?",
)
def middle_sample(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.median(0).values.mean()


@wrong(
    "rate_distortion",
    "Your distortion is that of one sample out of K, the one in which the batch comes out best; with more samples it would "
    "fall and fall.",
    "Which code will the decoder get: the best one, or any?",
)
def best_sample_of_the_batch(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -score.mean(1).max()


@wrong(
    "rate_distortion",
    "You average over the samples with weights that grow with the likelihood, so that bad codes hardly count. Every sample "
    "of q is as likely as the next.",
    "Which code will the decoder get: one that suits x, or any that q gives?",
)
def weighted_samples(x, model, eps):
    kl, score = spent(x, model, eps)
    return kl.mean(), -(score.softmax(0) * score).sum(0).mean()


@wrong(
    "rate_distortion",
    "Your decoder gets the noise itself for a code. Those are codes from the prior, the same for every image, and nothing "
    "of what the encoder says is in them.",
    "How does what the encoder says of x get into z?",
)
def noise_for_codes(x, model, eps):
    mu, logvar = model.encode(x)
    return price(mu, logvar).mean(), -model.log_likelihood(x, eps).mean()


@wrong(
    "rate_distortion",
    "You write into eps: the first call is right, and whoever uses the same noise afterwards, you in a second call for one, "
    "gets other numbers.",
    "Which of your lines writes into a tensor that is not your own?",
)
def written_into_the_noise(x, model, eps):
    mu, logvar = model.encode(x)
    z = eps.mul_(torch.exp(0.5 * logvar)).add_(mu)
    return price(mu, logvar).mean(), -model.log_likelihood(x, z).mean()


@wrong(
    "rate_distortion",
    "You draw noise of your own and leave eps alone: nobody can repeat your distortion.",
    "Which lines of your function would give the same number if they ran again?",
)
def own_noise(x, model, eps):
    kl, score = spent(x, model, torch.randn_like(eps))
    return kl.mean(), -score.mean()


# --- active_units ---


@wrong(
    "active_units",
    "You compare the standard deviation with the threshold or, what comes to the same, the variance with its square. The "
    "threshold is a variance as it is: 0.01 stands for a standard deviation of 0.1.",
    "In which unit is the threshold, that of z or that of z squared?",
)
def standard_deviation(mu, threshold=0.01):
    return int((mu.std(0) > threshold).sum())


@wrong("active_units", alias_of="standard_deviation")
def threshold_squared(mu, threshold=0.01):
    return int((mu.var(0) > threshold**2).sum())


@wrong(
    "active_units",
    "You take the variance along each row, over the latent dimensions, and count rows. A dimension is active when it "
    "varies from image to image.",
    "Along which axis of mu do the images stand?",
)
def over_the_dimensions(mu, threshold=0.01):
    return int((mu.var(1) > threshold).sum())


@wrong(
    "active_units",
    "You compare the mean of mu squared with the threshold. A dimension that is 2 for every image has a large one, and "
    "tells the decoder nothing.",
    "How much does a column of equal numbers vary?",
)
def not_centred(mu, threshold=0.01):
    return int((mu.square().mean(0) > threshold).sum())


@wrong(
    "active_units",
    "You compare the size of the mean of each column with the threshold: a dimension that has moved away from 0 for "
    "all images alike is no help in telling them apart.",
    "How much does a column of equal numbers vary?",
)
def size_of_the_mean(mu, threshold=0.01):
    return int((mu.mean(0).abs() > threshold).sum())


@wrong(
    "active_units",
    "You compare the mean size of the numbers of each column with the threshold: it measures how far they are from 0, "
    "and not how far from one another.",
    "How much does a column of equal numbers vary?",
)
def mean_size(mu, threshold=0.01):
    return int((mu.abs().mean(0) > threshold).sum())


@wrong(
    "active_units",
    "You count single entries of mu, and not dimensions.",
    "Of what things is there one for each column of mu?",
)
def entries_counted(mu, threshold=0.01):
    return int(((mu - mu.mean(0)).square() > threshold).sum())


@wrong(
    "active_units",
    "You return the fraction of dimensions that are active, and not their number.",
    "How many units are 0.4 of 7?",
)
def fraction(mu, threshold=0.01):
    return (mu.var(0) > threshold).double().mean().item()


@wrong(
    "active_units",
    "You return one entry for each dimension, active or not, and not how many are active.",
    "How does a row of zeros and ones become a count?",
)
def mask(mu, threshold=0.01):
    return mu.var(0) > threshold


@wrong(
    "active_units",
    "You return which dimensions are active, and not how many they are.",
    "How many entries does your tensor have, and where does it say so?",
)
def indices(mu, threshold=0.01):
    return torch.nonzero(mu.var(0) > threshold).flatten()


@wrong(
    "active_units",
    "You return the variances themselves, one for each dimension; the number of those above the threshold was asked "
    "for.",
    "Which of your numbers are greater than the threshold, and how many are they?",
)
def the_variances(mu, threshold=0.01):
    return mu.var(0)


@wrong(
    "active_units",
    "You also count what is exactly on the threshold: with a threshold of 0 a dimension that is the same for every "
    "image would be active.",
    "A dimension that never varies, and a threshold of 0: is it active?",
)
def at_least(mu, threshold=0.01):
    return int((mu.var(0) >= threshold).sum())


@wrong(
    "active_units",
    "You compare the range of each column, largest less smallest, with the threshold. A range is in the unit of z, the "
    "threshold in that of z squared, and one stray image can make a range large.",
    "Which measure of spread is the threshold meant for?",
)
def range_of_the_means(mu, threshold=0.01):
    return int(((mu.max(0).values - mu.min(0).values) > threshold).sum())


@wrong(
    "active_units",
    "You compare with 0.01 whatever threshold is given.",
    "Where in your answer does the second argument come in?",
)
def threshold_ignored(mu, threshold=0.01):
    return int((mu.var(0) > 0.01).sum())


@wrong(
    "active_units",
    "You take one variance over all entries of mu: it says whether anything varies, and not in how many dimensions.",
    "How many variances do Z dimensions have?",
)
def one_variance_for_all(mu, threshold=0.01):
    return int((mu.var() > threshold).sum())


@wrong(
    "active_units",
    "You take one variance over all entries of mu, and count every dimension or none: they do not fall asleep all together.",
    "How many variances do Z dimensions have?",
)
def all_or_none(mu, threshold=0.01):
    return int(mu.var() > threshold) * mu.shape[1]


@wrong(
    "active_units",
    "You return the number of latent dimensions, whether they vary or not.",
    "A column of equal numbers: is it among those you count?",
)
def every_dimension(mu, threshold=0.01):
    return mu.shape[1]


@wrong(
    "active_units",
    "You compare the sum of the variances with the threshold: it says whether anything varies, and not in how many "
    "dimensions.",
    "How many numbers are compared with the threshold, one or Z?",
)
def sum_of_the_variances(mu, threshold=0.01):
    return int(mu.var(0).sum() > threshold)


@wrong(
    "active_units",
    "You compare the average of the variances with the threshold: it says whether anything varies, and not in how many "
    "dimensions.",
    "How many numbers are compared with the threshold, one or Z?",
)
def average_of_the_variances(mu, threshold=0.01):
    return int(mu.var(0).mean() > threshold)


@wrong(
    "active_units",
    "You compare the average of the variances with the threshold, and count every dimension or none: they do not fall "
    "asleep all together.",
    "How many numbers are compared with the threshold, one or Z?",
)
def all_or_none_on_average(mu, threshold=0.01):
    return int(mu.var(0).mean() > threshold) * mu.shape[1]


@wrong(
    "active_units",
    "You count large eigenvalues of the covariance: those are directions in which codes vary, and not dimensions. Two "
    "dimensions that say the same share one direction, and both vary.",
    "A column and a copy of it: how many of the two vary over the data?",
)
def eigenvalues(mu, threshold=0.01):
    return int((torch.linalg.eigvalsh(torch.cov(mu.T)) > threshold).sum())


@wrong("active_units", alias_of="eigenvalues")
def eigenvalues_of_the_product(mu, threshold=0.01):
    centred = mu - mu.mean(0)
    return int((torch.linalg.eigh(centred.T @ centred / (len(mu) - 1)).eigenvalues > threshold).sum())


@wrong(
    "active_units",
    "You count large singular values of mu: those are directions and not dimensions, their size grows with the number of "
    "images, and a mean far from 0 makes one large by itself.",
    "A column and a copy of it: how many of the two vary over the data?",
)
def singular_values(mu, threshold=0.01):
    return int((torch.linalg.svdvals(mu) > threshold).sum())


@wrong(
    "active_units",
    "You count large singular values of the centred mu: those are directions and not dimensions, and their size grows with "
    "the number of images.",
    "A column and a copy of it: how many of the two vary over the data?",
)
def singular_values_of_the_centred(mu, threshold=0.01):
    return int((torch.linalg.svdvals(mu - mu.mean(0)) > threshold).sum())


@wrong(
    "active_units",
    "You take the rank of the covariance, or of the centred mu: the number of directions in which anything varies, however "
    "little. The threshold does not come in, and of two dimensions that say the same only one is counted.",
    "A column and a copy of it: how many of the two vary over the data?",
)
def rank_of_the_centred(mu, threshold=0.01):
    return int(torch.linalg.matrix_rank(mu - mu.mean(0)))


@wrong(
    "active_units",
    "You take the rank of mu: the number of columns that no others make up. It knows nothing of means and thresholds.",
    "A column and a copy of it: how many of the two vary over the data?",
)
def rank(mu, threshold=0.01):
    return int(torch.linalg.matrix_rank(mu))


@wrong(
    "active_units",
    "You compare the mean distance from the mean with the threshold. It is in the unit of z, and the threshold, a variance, "
    "in that of z squared.",
    "Which measure of spread is the threshold meant for?",
)
def mean_deviation(mu, threshold=0.01):
    return int(((mu - mu.mean(0)).abs().mean(0) > threshold).sum())


@wrong(
    "active_units",
    "You count a dimension as soon as one image has a number in it whose size is above the threshold: far from 0 does not "
    "mean far from one another.",
    "How much does a column of equal numbers vary?",
)
def any_large_entry(mu, threshold=0.01):
    return int((mu.abs() > threshold).any(0).sum())


@wrong(
    "active_units",
    "You count every dimension that is not the same for all images: how much it varies, and the threshold, do not come in.",
    "A column varies by a millionth: is it above the threshold?",
)
def any_that_varies(mu, threshold=0.01):
    return sum(len(column.unique()) > 1 for column in mu.T)


@wrong(
    "active_units",
    "You compare half the mean of mu squared with the threshold: the part of the KL that comes from the means. A dimension "
    "that is 2 for every image has a large one, and tells the decoder nothing.",
    "How much does a column of equal numbers vary?",
)
def price_of_the_means(mu, threshold=0.01):
    return int(((mu**2 / 2).mean(0) > threshold).sum())


@wrong(
    "active_units",
    "Your threshold is 0.1 when none is given; the signature says 0.01, and 0.1 is the standard deviation that belongs to it.",
    "With which threshold is your function called when the call names none?",
)
def default_of_a_tenth(mu, threshold=0.1):
    return int((mu.var(0) > threshold).sum())


@wrong(
    "active_units",
    "With every other threshold all is right, and a threshold of 0 counts as none: you compare with 0.01 then.",
    "Which numbers does Python's `or`, or an `if`, take for no?",
)
def no_threshold_of_nothing(mu, threshold=0.01):
    return int((mu.var(0) > (threshold or 0.01)).sum())


@wrong(
    "active_units",
    "Your count is right, and you take the mean away from mu itself: whoever uses the codes afterwards gets other ones.",
    "Which of your lines writes into a tensor that is not your own?",
)
def centred_in_place(mu, threshold=0.01):
    mu -= mu.mean(0)
    return int((mu.square().mean(0) > threshold).sum())


@wrong(
    "active_units",
    "You add the squared distances from the mean and do not divide by the number of images: with more images more "
    "dimensions would become active.",
    "What should happen to your count when every image is there twice?",
)
def sum_of_squares(mu, threshold=0.01):
    return int((((mu - mu.mean(0)) ** 2).sum(0) > threshold).sum())


@wrong(
    "active_units",
    "You count the dimensions that are not active.",
    "On which side of the threshold does a dimension tell images apart?",
)
def the_idle_ones_below(mu, threshold=0.01):
    return int((mu.var(0) < threshold).sum())


@wrong(
    "active_units",
    "You count the dimensions that are not active, those exactly on the threshold included.",
    "On which side of the threshold does a dimension tell images apart?",
)
def the_idle_ones(mu, threshold=0.01):
    return int((mu.var(0) <= threshold).sum())


@wrong(
    "active_units",
    "You compare each variance as a share of all variances with the threshold: when one dimension is very active, "
    "others would seem to fall asleep.",
    "Does it depend on its neighbours whether a dimension varies?",
)
def share_of_the_total(mu, threshold=0.01):
    variance = mu.var(0)
    return int((variance / variance.sum() > threshold).sum())


@wrong(
    "active_units",
    "Your count is right, and it is a tensor; a plain int was asked for, one that can be printed beside the KL or "
    "compared in an `if`.",
    "What turns a tensor with one number into that number?",
)
def left_as_a_tensor(mu, threshold=0.01):
    return (mu.var(0) > threshold).sum()


@wrong(
    "active_units",
    "Your count is right, and it is a float; units are counted in whole numbers.",
    "Which type of Python is for counting?",
)
def left_as_a_float(mu, threshold=0.01):
    return float((mu.var(0) > threshold).sum())


# --- kl_weight ---


@wrong(
    "kl_weight",
    "Your weight goes on rising after the warm-up: a nat gets dearer and dearer, as if beta grew without end.",
    "What is the weight to be at twice the warm-up, and what is yours?",
)
def never_stops(step, warmup_steps):
    return step / warmup_steps if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight falls from 1 to 0: the KL counts in full at the start, when the decoder cannot read a code yet, and"
    " not at all in the end.",
    "When is a code to be cheap: early or late?",
)
def downwards(step, warmup_steps):
    return max(0.0, 1 - step / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is one step ahead: at step 0 it is no longer 0, and it gets to 1 a step early.",
    "Which share of the warm-up is over at step 0?",
)
def one_step_ahead(step, warmup_steps):
    return min(1.0, (step + 1) / max(warmup_steps, 1))


@wrong(
    "kl_weight",
    "Your weight gets to 1 one step early: it rises in T - 1 steps and not in T.",
    "At step T - 1 of T, is the warm-up over?",
)
def one_step_short(step, warmup_steps):
    return min(1.0, step / max(1, warmup_steps - 1)) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight gets to 1 one step late: it is still below 1 at step `warmup_steps`.",
    "At step T of T, which share of the warm-up is over?",
)
def one_step_late(step, warmup_steps):
    return min(1.0, step / (warmup_steps + 1)) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your line begins one step late: the weight is still 0 at step 1, and below 1 at step `warmup_steps`.",
    "At step T of T, which share of the warm-up is over?",
)
def begins_one_step_late(step, warmup_steps):
    return min(1.0, max(0, step - 1) / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your line begins one step late and has no end: the weight is still 0 at step 1, and goes on rising when it has reached 1.",
    "At step T of T, which share of the warm-up is over, and which share at step 2 T?",
)
def begins_one_step_late_without_end(step, warmup_steps):
    return max(0, step - 1) / warmup_steps if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight gets to 1 one step early: it rises in T - 1 steps and not in T, and with a warm-up of one step you divide "
    "by zero.",
    "At step T - 1 of T, is the warm-up over?",
)
def one_step_short_unguarded(step, warmup_steps):
    return min(1.0, step / (warmup_steps - 1)) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "A warm-up of one step counts as none: at its step 0 you give 1. One step has a beginning too, where the weight is 0.",
    "In a warm-up of 1 step, is the warm-up over at step 0?",
)
def one_step_is_none(step, warmup_steps):
    return min(1.0, step / warmup_steps) if warmup_steps > 1 else 1.0


@wrong(
    "kl_weight",
    "Your warm-up takes 1,000 steps, as the example does, whatever `warmup_steps` is.",
    "Where in your answer does the second argument come in?",
)
def always_a_thousand(step, warmup_steps):
    return min(1.0, step / 1000) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your line takes half as long as it should: the weight is 1 half way through the warm-up.",
    "A quarter through the warm-up, what should the weight be?",
)
def twice_as_steep(step, warmup_steps):
    return min(1.0, 2 * step / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your line is twice as steep as it should be and has no end: the weight is 2 when the warm-up is over, and rises on.",
    "A quarter through the warm-up, what should the weight be, and what at its end?",
)
def twice_as_steep_without_end(step, warmup_steps):
    return 2 * step / warmup_steps if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is in percent, up to 100: a KL that is multiplied by 100 is a hundred times too dear.",
    "At the end of the warm-up, how many nats should a nat of KL cost?",
)
def in_percent(step, warmup_steps):
    return min(100.0, 100 * step / warmup_steps) if warmup_steps else 100.0


@wrong(
    "kl_weight",
    "Your weight is in percent and has no end: it is 100 when the warm-up is over, and rises on.",
    "At the end of the warm-up, how many nats should a nat of KL cost, and how many later?",
)
def in_percent_without_end(step, warmup_steps):
    return 100 * step / warmup_steps if warmup_steps else 100.0


@wrong(
    "kl_weight",
    "Your weight is in percent and cut off at 1, so it is 1 after a hundredth of the warm-up.",
    "A quarter through the warm-up, what should the weight be?",
)
def in_percent_up_to_one(step, warmup_steps):
    return min(1.0, 100 * step / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is rounded to four digits after the point: nearly right, and in a long warm-up it rises by stairs.",
    "Does a price have to be a round number?",
)
def rounded_to_four_digits(step, warmup_steps):
    return round(min(1.0, step / warmup_steps), 4) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight rises with the square of the step: slow at first, steep at the end. A straight line was asked for.",
    "Half way through the warm-up, what should the weight be?",
)
def squared(step, warmup_steps):
    return min(1.0, (step / warmup_steps) ** 2) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight rises with the root of the step: steep at first, slow at the end. A straight line was asked for.",
    "Half way through the warm-up, what should the weight be?",
)
def root(step, warmup_steps):
    return min(1.0, (step / warmup_steps) ** 0.5) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is a sigmoid of the step: it never is exactly 0 or 1, and it is not a straight line.",
    "What is your weight at step 0?",
)
def sigmoid(step, warmup_steps):
    return 1 / (1 + math.exp(5 - 10 * step / warmup_steps)) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight rises like half a wave of a cosine, slow at both ends: a usual schedule, and not the straight line "
    "that was asked for.",
    "A quarter through the warm-up, what should the weight be?",
)
def cosine(step, warmup_steps):
    return (1 - math.cos(math.pi * min(1.0, step / warmup_steps))) / 2 if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight comes nearer to 1 and never gets there: an exponential approach, and not a straight line with an end.",
    "What is your weight at step `warmup_steps`?",
)
def exponential_approach(step, warmup_steps):
    return 1 - math.exp(-step / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is 0 through the whole warm-up and then jumps to 1: it only knows over and not over, as a division of "
    "whole numbers does, which drops the fraction.",
    "Half way through the warm-up, what should the weight be?",
)
def whole_division(step, warmup_steps):
    return min(1, step // warmup_steps) if warmup_steps else 1


@wrong("kl_weight", alias_of="whole_division")
def a_jump(step, warmup_steps):
    return float(step >= warmup_steps)


@wrong(
    "kl_weight",
    "Your weight falls back to 0 after the warm-up and rises again, round and round: a cyclic schedule. Here the "
    "weight stays at 1.",
    "What is the weight to be one step after the warm-up?",
)
def cyclic(step, warmup_steps):
    return (step % warmup_steps) / warmup_steps if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "Your weight is 0 once the warm-up is over: the line runs from 0 to 1 and then drops.",
    "Which price has the KL for the rest of the training?",
)
def zero_afterwards(step, warmup_steps):
    return step / warmup_steps if step < warmup_steps else float(not warmup_steps)


@wrong(
    "kl_weight",
    "Your weight is 1 from the start: there is no warm-up.",
    "Which weight has the KL at step 0 of a long warm-up?",
)
def always_one(step, warmup_steps):
    return 1.0


@wrong(
    "kl_weight",
    "Your line takes twice as long as it should: half way to 1 at the end of the warm-up.",
    "At step `warmup_steps`, what is the weight to be?",
)
def twice_as_long(step, warmup_steps):
    return min(1.0, 0.5 * step / warmup_steps) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "The ratio is upside down: warm-up over step, cut off at 1, so the weight is 1 all through the warm-up and falls "
    "afterwards.",
    "Which of the two numbers grows while training goes on?",
)
def ratio_upside_down(step, warmup_steps):
    return min(1.0, warmup_steps / max(1, step)) if warmup_steps else 1.0


@wrong(
    "kl_weight",
    "The ratio is upside down: warm-up over step, cut off at 1. So the weight is 0 at step 0, then 1 until the warm-up is "
    "over, and falls afterwards.",
    "Which of the two numbers grows while training goes on?",
)
def upside_down_after_the_start(step, warmup_steps):
    return min(1.0, warmup_steps / step) if step and warmup_steps else float(not warmup_steps)


@wrong(
    "kl_weight",
    "The weights are right, and they are tensors; a plain number was asked for.",
    "Which of your operations makes a tensor of two plain numbers?",
)
def as_a_tensor(step, warmup_steps):
    share = step / warmup_steps if warmup_steps else 1.0
    return torch.tensor(share, dtype=torch.float64).clamp(max=1.0)


@wrong(
    "kl_weight",
    "With a warm-up all is right; a warm-up of 0 steps makes you divide by zero. Without a warm-up there is nothing to "
    "wait for, and a schedule has to say so.",
    "When a warm-up has no steps, at which step is it over?",
)
def division_by_zero(step, warmup_steps):
    return min(1.0, step / warmup_steps)


@wrong(
    "kl_weight",
    "A warm-up of 0 steps gives the weight 0 at step 0: your guard against the division by zero makes a warm-up of one "
    "step of it.",
    "When a warm-up has no steps, is it over at step 0?",
)
def guarded_by_one(step, warmup_steps):
    return min(1.0, step / max(1, warmup_steps))


@wrong("kl_weight", alias_of="guarded_by_one")
def guarded_by_a_little(step, warmup_steps):
    return min(1.0, step / (warmup_steps + 1e-9))


@wrong(
    "kl_weight",
    "A warm-up of 0 steps gives the weight 0 for ever: the KL would never count.",
    "When a warm-up has no steps, is it over, or has it not begun?",
)
def never_begins(step, warmup_steps):
    return min(1.0, step / warmup_steps) if warmup_steps else 0.0


# --- free_bits ---


@wrong(
    "free_bits",
    "You put the floor under every entry and then average over rows. A row below the floor is lifted even where the "
    "dimension as a whole is far above.",
    "How many numbers meet the floor, B times Z or Z?",
)
def floor_for_each_entry(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor).mean(0).sum()


@wrong(
    "free_bits",
    "You put one floor under the whole sum. One busy dimension lifts the sum above it, and a dimension that is dying"
    " is not noticed.",
    "How many numbers meet the floor, one or Z?",
)
def floor_for_the_total(kl_per_dim, floor):
    return kl_per_dim.mean(0).sum().clamp(min=floor)


@wrong(
    "free_bits",
    "You put Z floors together under the whole sum: dimensions may lend each other their allowance, so one busy "
    "dimension hides those that are dying.",
    "How many numbers meet a floor, one or Z?",
)
def all_floors_under_the_total(kl_per_dim, floor):
    return kl_per_dim.mean(0).sum().clamp(min=floor * kl_per_dim.shape[1])


@wrong(
    "free_bits",
    "You put the floor under the sum of each row and then average: it belongs to a dimension, and not to an image.",
    "Which axis is summed before your floor, and which one should be averaged?",
)
def floor_for_each_row(kl_per_dim, floor):
    return kl_per_dim.sum(1).clamp(min=floor).mean()


@wrong(
    "free_bits",
    "Your floor is a ceiling: what is above it is cut down to it, and what is below is left alone.",
    "Should a dimension with a large KL cost more or less than the floor?",
)
def ceiling(kl_per_dim, floor):
    return kl_per_dim.mean(0).clamp(max=floor).sum()


@wrong(
    "free_bits",
    "You return only what each dimension has above its floor. The gradient is the same, and the value is Z floors too "
    "small: as a KL it would look better than it is.",
    "What does a dimension count with that is exactly on the floor?",
)
def excess(kl_per_dim, floor):
    return torch.relu(kl_per_dim.mean(0) - floor).sum()


@wrong(
    "free_bits",
    "You average over the dimensions; they add, since each of them is paid for.",
    "If there were twice as many dimensions, all like these, what would they cost?",
)
def mean_over_dimensions(kl_per_dim, floor):
    return kl_per_dim.mean(0).clamp(min=floor).mean()


@wrong(
    "free_bits",
    "You add the floor to every dimension: a constant, from which nobody learns anything.",
    "What should become of a dimension that is far above the floor?",
)
def floor_added(kl_per_dim, floor):
    return (kl_per_dim.mean(0) + floor).sum()


@wrong(
    "free_bits",
    "You add over the batch before you put the floor under it: with enough rows every dimension gets above it.",
    "What should happen to your value when every row is there twice?",
)
def batch_summed(kl_per_dim, floor):
    return kl_per_dim.sum(0).clamp(min=floor).sum()


@wrong(
    "free_bits",
    "Your floored means are multiplied by the number of rows: a sum over the batch, and not nats/image.",
    "What should happen to your value when every row is there twice?",
)
def times_the_batch(kl_per_dim, floor):
    return len(kl_per_dim) * kl_per_dim.mean(0).clamp(min=floor).sum()


@wrong(
    "free_bits",
    "You return one number for each dimension; they are to be added up.",
    "How many numbers does a loss consist of?",
)
def one_a_dimension(kl_per_dim, floor):
    return kl_per_dim.mean(0).clamp(min=floor)


@wrong(
    "free_bits",
    "You return one number for each row; the mean over the batch comes first here.",
    "Over which axis is averaged before the floor?",
)
def one_a_row(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor).sum(1)


@wrong(
    "free_bits",
    "You average over the dimensions of each row, put the floor under that, and add up the rows: the two axes are "
    "exchanged.",
    "Which axis of kl_per_dim holds the batch?",
)
def axes_exchanged(kl_per_dim, floor):
    return kl_per_dim.mean(1).clamp(min=floor).sum()


@wrong(
    "free_bits",
    "What you return is the mean KL: the floor does not come into it.",
    "What should a dimension with a KL of 0 count with?",
)
def no_floor(kl_per_dim, floor):
    return kl_per_dim.sum(1).mean()


@wrong(
    "free_bits",
    "You divide the floor among the dimensions: each gets a Z-th of it. It is a floor for one dimension already.",
    "With twice as many dimensions, should each of them have less for free?",
)
def floor_divided(kl_per_dim, floor):
    return kl_per_dim.mean(0).clamp(min=floor / kl_per_dim.shape[1]).sum()


@wrong(
    "free_bits",
    "You take the floor for bits and turn it into nats; it was given in nats, in spite of the name.",
    "In which unit does the card give the floor?",
)
def floor_in_bits(kl_per_dim, floor):
    return kl_per_dim.mean(0).clamp(min=floor * math.log(2)).sum()


@wrong(
    "free_bits",
    "A dimension below its floor counts with 0, and not with the floor: when it falls below, your value drops all of a "
    "sudden, as a reward for dying.",
    "What does a dimension count with when its KL is a little below the floor, and a little above?",
)
def nothing_below(kl_per_dim, floor):
    per_dim = kl_per_dim.mean(0)
    return torch.where(per_dim > floor, per_dim, 0.0).sum()


@wrong(
    "free_bits",
    "What you return is the largest of the means, or the floor where that is larger: the dearest dimension alone is "
    "paid for.",
    "How many dimensions does the code have?",
)
def largest_dimension(kl_per_dim, floor):
    return kl_per_dim.mean(0).max().clamp(min=floor)


@wrong(
    "free_bits",
    "With several rows your value is right; of a batch of one row you drop the axis, and the mean then goes over the "
    "dimensions.",
    "What shape is left of (1, Z), and along which axis do you average it?",
)
def axis_of_one_row_dropped(kl_per_dim, floor):
    return kl_per_dim.squeeze().mean(0).clamp(min=floor).sum()


@wrong(
    "free_bits",
    "Your value is right, and it has no history: no gradient gets from it to the encoder.",
    "Which call turns a tensor with a history into one without?",
)
def cut_off(kl_per_dim, floor):
    return kl_per_dim.detach().mean(0).clamp(min=floor).sum()


@wrong("free_bits", alias_of="cut_off")
def through_plain_numbers(kl_per_dim, floor):
    means = kl_per_dim.mean(0).tolist()
    return torch.tensor(sum(max(mean, floor) for mean in means), dtype=kl_per_dim.dtype)


@wrong(
    "free_bits",
    "Your value is right, and below the floor the gradient goes on as if there were none: the KL of a dimension is "
    "still pushed down where it should be free.",
    "If the KL of a dimension below the floor grew a little, would the total change?",
)
def gradient_below_the_floor(kl_per_dim, floor):
    per_dim = kl_per_dim.mean(0)
    return (per_dim + torch.relu(floor - per_dim).detach()).sum()


@wrong(
    "free_bits",
    "Your value is right, and above the floor there is no gradient: what a dimension has beyond its allowance should "
    "be pushed down, and is not.",
    "If the KL of a dimension above the floor grew a little, would the total change?",
)
def no_gradient_above(kl_per_dim, floor):
    per_dim = kl_per_dim.mean(0)
    return torch.where(per_dim > floor, per_dim.detach(), floor + 0 * per_dim).sum()


# --- rate_target ---


@wrong(
    "rate_target",
    "You square the distance from the target: the pull fades as the target comes near, and grows with every nat away "
    "from it. The distance itself, in nats, was asked for.",
    "If kl is 3 nats away from the target, how many nats are added?",
)
def squared_distance(recon, kl, target):
    return recon + (kl - target) ** 2


@wrong(
    "rate_target",
    "You only charge for what kl has above the target. Below it a code that vanishes is not held back, and that is the "
    "case that the target is for.",
    "What is added when kl is 1 nat too small?",
)
def above_only(recon, kl, target):
    return recon + torch.relu(kl - target)


@wrong(
    "rate_target",
    "You only charge for what kl lacks to the target. Above it a code costs nothing at all, and kl may grow as it "
    "likes.",
    "What is added when kl is 1 nat too large?",
)
def below_only(recon, kl, target):
    return recon + torch.relu(target - kl)


@wrong(
    "rate_target",
    "You add kl - target with its sign. Below the target that lowers the loss; the target is a constant then, and the "
    "training is that of the plain bound.",
    "What should happen to the loss when kl falls below the target?",
)
def with_its_sign(recon, kl, target):
    return recon + kl - target


@wrong(
    "rate_target",
    "You take the distance away from recon: the further kl is from its target, the smaller your loss.",
    "Is being far from the target to be rewarded?",
)
def distance_taken_away(recon, kl, target):
    return recon - (kl - target).abs()


@wrong(
    "rate_target",
    "You multiply kl by the target: that makes a price of it, as beta is one. Here it is the rate that is given, and"
    " the price that is left open.",
    "In which unit is the target?",
)
def target_as_price(recon, kl, target):
    return recon + target * kl


@wrong(
    "rate_target",
    "Your second term is the larger of kl and target: a floor under the whole KL. Above the target it is the plain "
    "loss, and below it nothing pulls kl up.",
    "What should the second term be when the target is met?",
)
def floor_under_the_kl(recon, kl, target):
    return recon + kl.clamp(min=target)


@wrong(
    "rate_target",
    "recon is missing: your loss only looks at the rate, and the code may say anything.",
    "Which term makes a code say something about x?",
)
def recon_forgotten(recon, kl, target):
    return (kl - target).abs() + 0 * recon


@wrong(
    "rate_target",
    "What you return is recon alone: nothing in it looks at the rate.",
    "What should change in your value when kl moves away from its target?",
)
def recon_alone(recon, kl, target):
    return recon + 0 * kl


@wrong(
    "rate_target",
    "With every other target all is right, and a target of 0 counts as none: you add nothing then, whatever kl is.",
    "Which numbers does Python's `or`, or an `if`, take for no?",
)
def no_target_of_nothing(recon, kl, target):
    return recon + (kl - target).abs() if target else recon + 0 * kl


@wrong(
    "rate_target",
    "What you return is recon + kl, the loss of the plain bound: the target does not come into it.",
    "What should change in your value when the target does?",
)
def target_forgotten(recon, kl, target):
    return recon + kl


@wrong(
    "rate_target",
    "You add kl and the distance from the target. Above the target kl is then paid for twice, and below it the two "
    "pulls cancel.",
    "With kl right on its target, what is to be added to recon?",
)
def kl_as_well(recon, kl, target):
    return recon + kl + (kl - target).abs()


@wrong(
    "rate_target",
    "You take the distance of the whole loss from the target: with a recon above it, nothing is ever near.",
    "Which of the two numbers is to be near the target?",
)
def distance_of_the_sum(recon, kl, target):
    return (recon + kl - target).abs()


@wrong(
    "rate_target",
    "The roles are exchanged: you hold recon near the target and minimise kl.",
    "Which of the two numbers is to be near the target?",
)
def roles_exchanged(recon, kl, target):
    return kl + (recon - target).abs()


@wrong(
    "rate_target",
    "You divide the distance by the target, which makes a share of it; recon is in nats, and so is a distance.",
    "If kl is 3 nats away from the target, how many nats are added?",
)
def share_of_the_target(recon, kl, target):
    return recon + (kl / target - 1).abs()


@wrong(
    "rate_target",
    "You add half of the distance: too weak to hold kl where one nat of it saves more than half a nat of recon.",
    "If kl is 3 nats away from the target, how many nats are added?",
)
def half_the_distance(recon, kl, target):
    return recon + 0.5 * (kl - target).abs()


@wrong(
    "rate_target",
    "You add the distance with its corner rounded off: half its square within a nat of the target, and further out "
    "half a nat less than the distance.",
    "If kl is 3 nats away from the target, how many nats are added?",
)
def smoothed(recon, kl, target):
    return recon + torch.nn.functional.smooth_l1_loss(kl, torch.full_like(kl, target))


@wrong(
    "rate_target",
    "You take the distance from minus the target: a sum of the two where their difference belongs.",
    "With kl right on its target, what is to be added to recon?",
)
def sum_for_difference(recon, kl, target):
    return recon + (kl + target).abs()


@wrong(
    "rate_target",
    "Your value is in a tensor with an axis; a loss is one number, without axes.",
    "Which of your operations adds an axis, and what for?",
)
def with_an_axis(recon, kl, target):
    return (recon + (kl - target).abs()).reshape(1)


@wrong(
    "rate_target",
    "Your value is right, and kl was cut off from its history: whether there is too much of it or too little, nothing "
    "pulls at it.",
    "Which call turns a tensor with a history into one without?",
)
def kl_detached(recon, kl, target):
    return recon + (kl.detach() - target).abs()


@wrong("rate_target", alias_of="kl_detached")
def kl_as_a_number(recon, kl, target):
    return recon + abs(kl.item() - target)


@wrong(
    "rate_target",
    "Your value is right, and recon was cut off from its history: only the rate is left to learn from.",
    "Which call turns a tensor with a history into one without?",
)
def recon_detached(recon, kl, target):
    return recon.detach() + (kl - target).abs()


@wrong(
    "rate_target",
    "Your value is right, and it has no history: no gradient gets from it to recon or to kl.",
    "Which call turns a tensor with a history into one without?",
)
def cut_off(recon, kl, target):
    return torch.tensor(recon.item() + abs(kl.item() - target), dtype=recon.dtype)


@wrong(
    "rate_target",
    "Your value is right, and below the target the gradient of kl is 0: a branch was cut there, so a code that is too "
    "small is not pulled up.",
    "When kl is below the target, should it be pushed up or down?",
)
def no_pull_from_below(recon, kl, target):
    distance = kl - target
    return recon + (distance if distance > 0 else -distance.detach())


@wrong(
    "rate_target",
    "Your value is right, and the gradient of kl does not change its sign at the target: a code that is too small is "
    "pushed down still further.",
    "When kl is below the target, should it be pushed up or down?",
)
def pushes_down_on_both_sides(recon, kl, target):
    distance = kl - target
    return recon + distance + 2 * torch.relu(-distance).detach()


# --- running_log_odds ---


@wrong(
    "running_log_odds",
    "Flip t is counted before it is guessed: entry t holds its own flip. A decoder that is fed this has read the "
    "answer.",
    "How many flips has the decoder seen when it has to guess the first one?",
)
def own_flip_included(x):
    heads = x.cumsum(1)
    tails = (1 - x).cumsum(1)
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "Every entry holds the log-odds of all T flips: the future is in it, the flip to be guessed included.",
    "How many flips has the decoder seen when it has to guess the first one?",
)
def all_flips(x):
    heads = x.sum(1, keepdim=True)
    return torch.log((heads + 0.5) / (x.shape[1] - heads + 0.5)).expand_as(x)


@wrong(
    "running_log_odds",
    "You count from the other end: entry t holds the flips after t. A decoder that goes from left to right has not "
    "seen them.",
    "Which flips are known when flip t is to be guessed?",
)
def from_the_end(x):
    heads, tails = seen_before(x.flip(1))
    return torch.log((heads + 0.5) / (tails + 0.5)).flip(1)


@wrong(
    "running_log_odds",
    "Your entries are one flip late: the flip just before t is missing.",
    "When the second flip is to be guessed, how many flips are known?",
)
def one_flip_late(x):
    heads, tails = seen_before(x)
    odds = torch.log((heads + 0.5) / (tails + 0.5))
    return torch.cat([torch.zeros_like(odds[:, :1]), odds[:, :-1]], 1)


@wrong(
    "running_log_odds",
    "Only the flip just before t is counted: the coin's history is longer than one flip.",
    "After ten flips, how many of them should your entry know?",
)
def last_flip_only(x):
    last = torch.cat([torch.zeros_like(x[:, :1]), 2 * x[:, :-1] - 1], 1)
    return last * math.log(3)


@wrong(
    "running_log_odds",
    "The two halves are missing: before the first flip you have 0 over 0, and after heads only a number over 0.",
    "What does a coin count with that has not been flipped yet?",
)
def halves_missing(x):
    heads, tails = seen_before(x)
    return torch.log(heads / tails)


@wrong(
    "running_log_odds",
    "You add 1 to each count: that is the urn of a uniform prior, Beta(1, 1), and these coins come from Beta(1/2, "
    "1/2).",
    "How many heads does the prior of these coins count for?",
)
def ones_for_halves(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 1) / (tails + 1))


@wrong(
    "running_log_odds",
    "In place of the halves you add a tiny number: it avoids the division by zero, and one head then looks like near "
    "certainty.",
    "After one head, how sure are you of the next?",
)
def tiny_for_halves(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 1e-6) / (tails + 1e-6))


@wrong(
    "running_log_odds",
    "The half is added to the heads and not to the tails, and after heads only you divide by 0.",
    "Are heads and tails counted by the same rule?",
)
def half_for_heads_only(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 0.5) / tails)


@wrong(
    "running_log_odds",
    "What you return is the probability of heads, between 0 and 1; its log-odds were asked for.",
    "Which number means fifty-fifty in log-odds, and which one as a probability?",
)
def probability(x):
    heads, tails = seen_before(x)
    return (heads + 0.5) / (heads + tails + 1)


@wrong(
    "running_log_odds",
    "What you return is the logarithm of the probability of heads: you compare heads with all flips, and odds compare "
    "them with tails.",
    "Which number means fifty-fifty in log-odds, and what do you give there?",
)
def log_probability(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 0.5) / (heads + tails + 1))


@wrong(
    "running_log_odds",
    "What you return is the odds, a ratio; its logarithm was asked for, in which heads and tails differ by the sign "
    "only.",
    "Which number means fifty-fifty in log-odds, and which one in odds?",
)
def odds(x):
    heads, tails = seen_before(x)
    return (heads + 0.5) / (tails + 0.5)


@wrong(
    "running_log_odds",
    "What you return is heads minus tails, raw counts. After 100 flips the same lead says much less about the coin "
    "than after 2, and yours does not know.",
    "Two heads of two, and 51 of 100: is the coin equally crooked?",
)
def lead(x):
    heads, tails = seen_before(x)
    return heads - tails


@wrong(
    "running_log_odds",
    "What you return is the frequency of heads less a half, or 0 where nothing is known. That is a probability "
    "moved to another zero, without the two halves, and not its log-odds.",
    "After one head and nothing else, is the next flip certain?",
)
def frequency(x):
    heads, tails = seen_before(x)
    return torch.where(heads + tails > 0, heads / (heads + tails).clamp(min=1) - 0.5, 0.0)


@wrong(
    "running_log_odds",
    "Your sign is turned round: these are the log-odds of tails.",
    "After heads only, should the number be above 0 or below?",
)
def tails_over_heads(x):
    heads, tails = seen_before(x)
    return torch.log((tails + 0.5) / (heads + 0.5))


@wrong(
    "running_log_odds",
    "Your logarithm has the base 10; here it is the natural one, the only one that a sigmoid undoes.",
    "What does sigmoid give for your entry after one head, and what should it give?",
)
def base_10(x):
    heads, tails = seen_before(x)
    return torch.log10((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "Your logarithm has the base 2; here it is the natural one, the only one that a sigmoid undoes.",
    "What does sigmoid give for your entry after one head, and what should it give?",
)
def base_2(x):
    heads, tails = seen_before(x)
    return torch.log2((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "You count along the batch: entry t of a coin holds flip t of the coins above it.",
    "Which axis of x is time?",
)
def along_the_batch(x):
    heads = x.cumsum(0) - x
    tails = (1 - x).cumsum(0) - (1 - x)
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "You count on from row to row: a coin begins with the flips of all the coins above it.",
    "What is known of a coin that has not been flipped yet?",
)
def counters_run_on(x):
    heads = (x.flatten().cumsum(0) - x.flatten()).reshape(x.shape)
    tails = torch.arange(x.numel()).reshape(x.shape) - heads
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "You move the counts along the batch and not along time: every row holds the counts of the coin above it, the first "
    "one those of the last.",
    "Which axis of x is time?",
)
def rolled_along_the_batch(x):
    heads, tails = x.cumsum(1).roll(1, 0), (1 - x).cumsum(1).roll(1, 0)
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "You move the counts by one without saying along which axis: the last count of a row becomes the first of the next, so "
    "a coin begins with the flips of the coin above it.",
    "What is known of a coin that has not been flipped yet?",
)
def rolled_over_the_edge(x):
    heads, tails = x.cumsum(1).roll(1), (1 - x).cumsum(1).roll(1)
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "You move the counts by one and keep what comes round: entry 0 of a row holds the counts of all its flips.",
    "How many flips has the decoder seen when it has to guess the first one?",
)
def rolled_round(x):
    heads, tails = x.cumsum(1).roll(1, 1), (1 - x).cumsum(1).roll(1, 1)
    return torch.log((heads + 0.5) / (tails + 0.5))


@wrong(
    "running_log_odds",
    "The first column is missing: nothing was seen before the first flip, and that too is something to tell the "
    "decoder.",
    "How many flips are there to guess, and how many entries do you return?",
)
def first_column_dropped(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 0.5) / (tails + 0.5))[:, 1:]


@wrong(
    "running_log_odds",
    "You return one column too many: the last one has seen all flips, and there is no flip left to guess.",
    "How many flips are there to guess, and how many entries do you return?",
)
def one_column_more(x):
    heads = torch.cat([torch.zeros_like(x[:, :1]), x.cumsum(1)], 1)
    return torch.log((heads + 0.5) / (torch.arange(x.shape[1] + 1) - heads + 0.5))


@wrong(
    "running_log_odds",
    "Heads are compared with all flips so far, with a half added to each; odds compare them with tails.",
    "After heads only, how large can your number become, and how large should it?",
)
def heads_over_all(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 0.5) / (heads + tails + 0.5))


@wrong(
    "running_log_odds",
    "You count one tail too many in every entry, as if one more flip had been seen before t than there was.",
    "How many flips were there before flip t?",
)
def one_tail_more(x):
    heads, tails = seen_before(x)
    return torch.log((heads + 0.5) / (tails + 1.5))


# --- clinic_diagnoses ---


def _diagnosed(**otherwise):
    """The chart with some patients put down otherwise."""
    chart = {"A": "low beta", "B": "cut path", "C": "sound", "D": "mean over pixels", "E": "cut sigma"}
    return chart | otherwise


@wrong(
    "clinic_diagnoses",
    "Patient C has a KL of 6.3 and eight active units. An encoder that recon cannot reach has nothing to write "
    "down, and shows neither.",
    "What would such an encoder earn for any nat of code?",
)
def patient_c_has_cut_path():
    return _diagnosed(C="cut path")


@wrong(
    "clinic_diagnoses",
    "The codes of patient C have a spread of 1.01, and with the gradient shown recon pulls at its log-variances "
    "as well (1.78). Nothing is cut there.",
    "Which patient's gradient has a 0 where C's has none?",
)
def patient_c_has_cut_sigma():
    return _diagnosed(C="cut sigma")


@wrong(
    "clinic_diagnoses",
    "The codes of patient C spread by 1.01, just as wide as the prior, and its draws fall 3.5 pixels from a "
    "digit. Nearly free codes are pushed apart, beyond what the prior covers.",
    "Which patient's codes leave the prior behind?",
)
def patient_c_has_low_beta():
    return _diagnosed(C="low beta")


@wrong(
    "clinic_diagnoses",
    "Patient C buys 6.3 nats of code, in all eight units. At 64 times their worth it would have bought none.",
    "What does the KL of a patient look like whose codes are far too dear?",
)
def patient_c_has_mean_over_pixels():
    return _diagnosed(C="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "Without any price the codes run apart until the KL is counted in hundreds of nats. Patient C's is 6.3, and "
    "its codes spread by 1.01.",
    "What holds C's codes so exactly as wide as the prior?",
)
def patient_c_has_no_kl():
    return _diagnosed(C="no KL")


@wrong(
    "clinic_diagnoses",
    "The recon of patient C, 12.15, is measured at noisy codes. A decoder that had only met the means would be "
    "far worse there than the 25.35 of no code at all.",
    "How would a decoder do on noisy codes that has never met one?",
)
def patient_c_has_no_noise():
    return _diagnosed(C="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient C pays a KL of 6.3 and uses eight units of eight, for a recon that lies 13 nats below that of no "
    "code. Its decoder is told a great deal, and needs it.",
    "Do soft pictures mean that the code goes unused?",
)
def patient_c_has_strong_decoder():
    return _diagnosed(C="strong decoder")


@wrong(
    "clinic_diagnoses",
    "Patient A has the largest KL of the ward, 23.9. An encoder that recon cannot reach would not pay one nat of "
    "it.",
    "What could move an encoder away from the prior, if recon cannot?",
)
def patient_a_has_cut_path():
    return _diagnosed(A="cut path")


@wrong(
    "clinic_diagnoses",
    "With the gradient shown, recon reaches the log-variances of patient A: 0.23 is small, and is not 0.",
    "Which patient has an exact 0 in that row, and is its KL like A's?",
)
def patient_a_has_cut_sigma():
    return _diagnosed(A="cut sigma")


@wrong(
    "clinic_diagnoses",
    "That fault makes code dear, 64 times its worth. Patient A buys 23.9 nats of it, nearly four times as many as "
    "C.",
    "If something costs more, is more of it bought?",
)
def patient_a_has_mean_over_pixels():
    return _diagnosed(A="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "With no KL at all nothing stops the codes: on these pictures the KL goes to about 300 and the spread beyond "
    "6. Patient A has 23.9 and 1.64, so something still holds it.",
    "How large would the spread be if a nat cost nothing whatever?",
)
def patient_a_has_no_kl():
    return _diagnosed(A="no KL")


@wrong(
    "clinic_diagnoses",
    "A decoder that meets only the means can read them however close they lie, so the KL stays below one nat, and "
    "recon at noisy codes is ruined. Patient A has a KL of 23.9 and the best recon, 7.79.",
    "Which of A's numbers would noise that the decoder never met have spoilt?",
)
def patient_a_has_no_noise():
    return _diagnosed(A="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient A has the best recon of the ward and the worst ELBO: −31.70, below the −25.35 of a model with no "
    "code at all. Its codes spread by 1.64, and draws from the prior miss the digits by 4.2 pixels.",
    "What did A buy with the nats that its ELBO lacks?",
)
def patient_a_has_sound():
    return _diagnosed(A="sound")


@wrong(
    "clinic_diagnoses",
    "The decoder of patient A is told 23.9 nats about every picture. One that could do without would be told "
    "nothing.",
    "What would the KL be of a code that the decoder does not need?",
)
def patient_a_has_strong_decoder():
    return _diagnosed(A="strong decoder")


@wrong(
    "clinic_diagnoses",
    "Patient B has no active unit: not one mean moves with the picture. Recon would have moved them if it still "
    "reached the means.",
    "Which number of B speaks of means, and which of widths?",
)
def patient_b_has_cut_sigma():
    return _diagnosed(B="cut sigma")


@wrong(
    "clinic_diagnoses",
    "Codes that are nearly free get used. Patient B buys a KL of 0.000, and none of its units is active.",
    "Does a low price explain that nothing is bought?",
)
def patient_b_has_low_beta():
    return _diagnosed(B="low beta")


@wrong(
    "clinic_diagnoses",
    "The numbers fit, until you ask for the gradient: where code is only too dear, recon still pulls at the "
    "encoder a little. At patient B it is exactly 0, in both rows.",
    "What kind of fault gives an exact 0, and not just a small number?",
)
def patient_b_has_mean_over_pixels():
    return _diagnosed(B="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "The codes of patient B lie on the prior to three decimals. If the KL were left out, nothing would have "
    "brought them there.",
    "Who pushes q to the prior, if not the KL?",
)
def patient_b_has_no_kl():
    return _diagnosed(B="no KL")


@wrong(
    "clinic_diagnoses",
    "Without noise the means of all units still move with the picture, since the decoder can read them. Patient B "
    "has no active unit.",
    "How many units would be active if the decoder were fed the means?",
)
def patient_b_has_no_noise():
    return _diagnosed(B="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient C has the same networks and the same pictures, and reaches an ELBO of −18.48. Patient B stays at "
    "−25.35, which is what a model gets that has no code.",
    "If nothing is wrong with B, where did seven nats go?",
)
def patient_b_has_sound():
    return _diagnosed(B="sound")


@wrong(
    "clinic_diagnoses",
    "A decoder that needs no code describes pictures well by itself. Patient B's recon is 25.35, which is that of "
    "the mean picture, the same for every digit.",
    "What does B's decoder know of a picture?",
)
def patient_b_has_strong_decoder():
    return _diagnosed(B="strong decoder")


@wrong(
    "clinic_diagnoses",
    "The gradient of patient D is small, 0.27 at the mean of q, and it is not 0: recon reaches the encoder, and "
    "is not strong enough to move it. A cut gives an exact 0.",
    "What else can leave a pull without effect?",
)
def patient_d_has_cut_path():
    return _diagnosed(D="cut path")


@wrong(
    "clinic_diagnoses",
    "Recon reaches the log-variances of patient D: their gradient is 0.13, not 0. And with a free mean a unit or "
    "two would be active; D has none.",
    "Which row would hold an exact 0?",
)
def patient_d_has_cut_sigma():
    return _diagnosed(D="cut sigma")


@wrong(
    "clinic_diagnoses",
    "Patient D buys 0.000 nats of code. Nearly free code would be bought until its spread exceeds the prior's, "
    "and D's spread is 1.00.",
    "Is D short of reasons to save, or short of reasons to spend?",
)
def patient_d_has_low_beta():
    return _diagnosed(D="low beta")


@wrong(
    "clinic_diagnoses",
    "Patient D has a KL of 0.000 and a spread of 1.00, exactly the prior. With the KL left out it would be in the "
    "hundreds.",
    "Which term of the loss wants q to be the prior?",
)
def patient_d_has_no_kl():
    return _diagnosed(D="no KL")


@wrong(
    "clinic_diagnoses",
    "A decoder that meets the means without noise reads all eight units. Patient D uses none.",
    "Would the decoder ignore codes that reach it without noise?",
)
def patient_d_has_no_noise():
    return _diagnosed(D="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient D's ELBO is −25.35 and C's is −18.48, with the same networks on the same pictures. D's 1,000 draws "
    "hold about 30 different pictures.",
    "What does a model have to say whose draws are almost all alike?",
)
def patient_d_has_sound():
    return _diagnosed(D="sound")


@wrong(
    "clinic_diagnoses",
    "The recon of patient D is 25.35 nats, that of the mean picture. Its decoder is not strong enough to do "
    "without the code; it does without and does badly.",
    "With a decoder that needs no code, how high would recon be?",
)
def patient_d_has_strong_decoder():
    return _diagnosed(D="strong decoder")


@wrong(
    "clinic_diagnoses",
    "All eight means of patient E move with the picture, for a KL of 3.9, and the gradient at them is 4.37. Recon "
    "does reach this encoder, somewhere.",
    "In which of the two rows of the gradient does E have a 0, and in which not?",
)
def patient_e_has_cut_path():
    return _diagnosed(E="cut path")


@wrong(
    "clinic_diagnoses",
    "The spread of 1.41 looks like it, but cheap code is bought in plenty and gives a recon below C's 12.15. "
    "Patient E buys 3.9 nats, fewer than C, and has a recon of 17.86.",
    "If E's codes are cheap, why does it have so few nats and such a recon?",
)
def patient_e_has_low_beta():
    return _diagnosed(E="low beta")


@wrong(
    "clinic_diagnoses",
    "At 64 times its worth no code is bought. Patient E buys 3.9 nats, in all eight units.",
    "What would E's active units be?",
)
def patient_e_has_mean_over_pixels():
    return _diagnosed(E="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "Without the KL its size has no limit: on these pictures about 300 nats. Patient E has 3.9.",
    "What keeps E's KL below even that of C?",
)
def patient_e_has_no_kl():
    return _diagnosed(E="no KL")


@wrong(
    "clinic_diagnoses",
    "Without noise there is no need to keep codes apart: their spread stays near 1.1, and recon at noisy codes is "
    "a ruin. Patient E spreads by 1.41 and has a recon of 17.86 there: its decoder knows the noise.",
    "Why would means move far apart, if nothing blurs them?",
)
def patient_e_has_no_noise():
    return _diagnosed(E="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient E has C's networks and C's pictures, and an ELBO of −21.79 where C has −18.48. Soft pictures alone "
    "do not cost three nats.",
    "Which numbers of E differ from C's, and what do they have in common?",
)
def patient_e_has_sound():
    return _diagnosed(E="sound")


@wrong(
    "clinic_diagnoses",
    "Patient E's code takes recon from 25.35 to 17.86, in eight active units. Its decoder relies on the code.",
    "How far would recon fall if you took the code away?",
)
def patient_e_has_strong_decoder():
    return _diagnosed(E="strong decoder")


# --- clinic_treatments ---


def _treated(**otherwise):
    """The chart with some patients put down otherwise."""
    chart = {"A": "raise beta", "B": "keep path", "C": "accept", "D": "sum over pixels", "E": "keep path"}
    return chart | otherwise


@wrong(
    "clinic_treatments",
    "A floor helps units that carry nothing. In patient C all eight carry something, most of them more than half "
    "a nat; with the floor its ELBO goes from −18.48 to −18.7, and its pictures stay as soft.",
    "Which unit of C is dying?",
)
def treat_c_with_free_bits():
    return _treated(C="free bits")


@wrong(
    "clinic_treatments",
    "In patient C recon reaches the means and the log-variances. This treatment takes the second away: the ELBO "
    "falls to −21.8.",
    "Is there a 0 in C's gradient that you want to mend?",
)
def treat_c_with_keep_mu():
    return _treated(C="keep mu")


@wrong(
    "clinic_treatments",
    "Both rows of C's gradient show that recon gets through. With this treatment every number stays what it was, "
    "to the last digit.",
    "What was there to restore?",
)
def treat_c_with_keep_path():
    return _treated(C="keep path")


@wrong(
    "clinic_treatments",
    "This takes from patient C the way by which recon reaches its means: no active unit is left, and the ELBO "
    "falls to −23.8.",
    "Is there a 0 in C's gradient that you want to mend?",
)
def treat_c_with_keep_sigma():
    return _treated(C="keep sigma")


@wrong(
    "clinic_treatments",
    "A decoder four times as large takes the ELBO of patient C from −18.48 to −18.3, and its pictures look the "
    "same: a slightly better model, at four times the size.",
    "Which of C's numbers did you expect this to mend, and did it?",
)
def treat_c_with_larger_decoder():
    return _treated(C="larger decoder")


@wrong(
    "clinic_treatments",
    "At half the price patient C describes its own pictures more sharply, recon 9.6, and pays more for it than it "
    "gains: KL 10, ELBO −19.6, and its draws move away from the digits, from 3.5 pixels to 3.8.",
    "Sharper for which pictures: those it has seen, or those it draws?",
)
def treat_c_with_lower_beta():
    return _treated(C="lower beta")


@wrong(
    "clinic_treatments",
    "At twice the price two units of patient C go out, the KL falls to 2.6 and recon rises to 17.3: its pictures "
    "get softer, and the ELBO goes to −20.0.",
    "Which of C's numbers says that its codes are too cheap?",
)
def treat_c_with_raise_beta():
    return _treated(C="raise beta")


@wrong(
    "clinic_treatments",
    "The program of patient C does that already: not a digit of its dashboard changes.",
    "What would its KL be if recon were averaged?",
)
def treat_c_with_sum_over_pixels():
    return _treated(C="sum over pixels")


@wrong(
    "clinic_treatments",
    "The price of patient C's codes is the same after the warm-up as without it, and so is the end: an ELBO of "
    "−18.6 in place of −18.5. A warm-up is for codes that are lost at the start, and C's are in use.",
    "Which of C's units did not survive the start of training?",
)
def treat_c_with_warm_up():
    return _treated(C="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient A stays at an ELBO of −31.70, below a model without any code, and its draws lie 4.2 "
    "pixels from a digit; those of C lie 3.5.",
    "Would you publish a model whose bound is lower than that of the mean picture?",
)
def treat_a_with_accept():
    return _treated(A="accept")


@wrong(
    "clinic_treatments",
    "A floor of half a nat does nothing to units that carry three: the KL of patient A stays at 23.8, and its "
    "ELBO at −31.6.",
    "Which of A's units lies below the floor?",
)
def treat_a_with_free_bits():
    return _treated(A="free bits")


@wrong(
    "clinic_treatments",
    "Recon reaches both halves of patient A's encoder. With one of the two cut off, its KL goes up to 41 and its "
    "ELBO down to −51.",
    "Is there a 0 in A's gradient that you want to mend?",
)
def treat_a_with_keep_mu():
    return _treated(A="keep mu")


@wrong(
    "clinic_treatments",
    "Patient A's gradient has no 0: both ways are open. Every number stays as it is, the spread of 1.64 too.",
    "What was there to restore?",
)
def treat_a_with_keep_path():
    return _treated(A="keep path")


@wrong(
    "clinic_treatments",
    "This cuts recon off from the means of patient A. No unit stays active, and the ELBO is −32.3, no better than "
    "before.",
    "Is there a 0 in A's gradient that you want to mend?",
)
def treat_a_with_keep_sigma():
    return _treated(A="keep sigma")


@wrong(
    "clinic_treatments",
    "Patient A's recon is the best of the ward already. With a larger decoder it is 7.6 in place of 7.8, its KL "
    "rises to 25.4, and its ELBO falls to −33.0.",
    "Is it recon that keeps A's ELBO down?",
)
def treat_a_with_larger_decoder():
    return _treated(A="larger decoder")


@wrong(
    "clinic_treatments",
    "That takes patient A further on its way: KL 31.8, spread 2.07, ELBO −39.5, for 0.15 nats of recon.",
    "In which direction would the spread have to go?",
)
def treat_a_with_lower_beta():
    return _treated(A="lower beta")


@wrong(
    "clinic_treatments",
    "The recon of patient A is a sum over pixels already; nothing moves, and the KL stays at 23.9.",
    "What does the fault do to the KL that this treatment mends?",
)
def treat_a_with_sum_over_pixels():
    return _treated(A="sum over pixels")


@wrong(
    "clinic_treatments",
    "For the first third patient A would pay even less, and for the rest what it pays now: a KL of 24.0, an ELBO "
    "of −31.9.",
    "What does A pay once the warm-up is over?",
)
def treat_a_with_warm_up():
    return _treated(A="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient B draws the same few pictures for ever, at the 25.35 nats of the mean picture.",
    "What is the use of a code with a KL of 0.000?",
)
def treat_b_with_accept():
    return _treated(B="accept")


@wrong(
    "clinic_treatments",
    "With a floor the KL may stop pulling patient B's codes to the prior, and still nothing pulls them elsewhere: "
    "KL 0.1, ELBO −25.4. The gradient of recon stays exactly 0.",
    "Who would put something into the units that are now free of charge?",
)
def treat_b_with_free_bits():
    return _treated(B="free bits")


@wrong(
    "clinic_treatments",
    "It helps, and by half: eight units, a KL of 3.9, an ELBO of −21.8, where C has −18.48. Now patient B has the "
    "numbers of another patient of the ward, who is ill too.",
    "Whose numbers are these, and what does that patient lack?",
)
def treat_b_with_keep_mu():
    return _treated(B="keep mu")


@wrong(
    "clinic_treatments",
    "It helps a little: a KL of 1.5 and an ELBO of −23.8, and not one mean moves. Patient B then tells digits "
    "apart by the widths of their codes alone.",
    "Which row of the gradient is still 0?",
)
def treat_b_with_keep_sigma():
    return _treated(B="keep sigma")


@wrong(
    "clinic_treatments",
    "The decoder of patient B gets codes that say nothing about the picture. However large it is, its recon is "
    "25.35.",
    "What would it decode?",
)
def treat_b_with_larger_decoder():
    return _treated(B="larger decoder")


@wrong(
    "clinic_treatments",
    "A lower price makes code easier to buy, and the encoder of patient B never hears that it is worth anything: "
    "its KL stays at 0.000.",
    "Who tells the encoder that a nat is worth its price?",
)
def treat_b_with_lower_beta():
    return _treated(B="lower beta")


@wrong(
    "clinic_treatments",
    "Patient B's KL is 0.000 at the present price. At a higher one it is so too, and recon stays at 25.35.",
    "What is there to save?",
)
def treat_b_with_raise_beta():
    return _treated(B="raise beta")


@wrong(
    "clinic_treatments",
    "Recon can be as large as it likes: patient B's encoder does not feel it, and its gradient is exactly 0 at "
    "any size. Every number stays as it is.",
    "By which number do B and D differ?",
)
def treat_b_with_sum_over_pixels():
    return _treated(B="sum over pixels")


@wrong(
    "clinic_treatments",
    "While the code is free, recon could fill it, if it reached the encoder. That of patient B it never reaches: "
    "KL 0.000 and recon 25.35 at the end, as before.",
    "What is the gradient of recon while the price is 0?",
)
def treat_b_with_warm_up():
    return _treated(B="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient D has a KL of 0.000, and about 30 different pictures in 1,000 draws. Its networks can "
    "do what C's can.",
    "What do D's seven nats below C have as their reason?",
)
def treat_d_with_accept():
    return _treated(D="accept")


@wrong(
    "clinic_treatments",
    "The floor pays for half a nat in each unit and for no more: patient D gets eight units, a KL of 3.2 and an "
    "ELBO of −20.6. Every nat above the floor is as dear as before, and C shows that these pictures are worth "
    "6.3.",
    "Is the fault gone, or is a second one now covering it?",
)
def treat_d_with_free_bits():
    return _treated(D="free bits")


@wrong(
    "clinic_treatments",
    "Recon reaches both halves of patient D's encoder, by 0.27 and 0.13. To cut one of them off mends nothing: "
    "the KL stays at 0.000.",
    "Which of the two rows is 0 at D?",
)
def treat_d_with_keep_mu():
    return _treated(D="keep mu")


@wrong(
    "clinic_treatments",
    "The gradient of patient D is small and not 0: the ways are open already, and every number stays as it is.",
    "By which number do B and D differ?",
)
def treat_d_with_keep_path():
    return _treated(D="keep path")


@wrong(
    "clinic_treatments",
    "Recon reaches the means of patient D by 0.27, and this would cut them off: the KL stays at 0.000, and recon "
    "at 25.35.",
    "What did D lack that it has now?",
)
def treat_d_with_keep_sigma():
    return _treated(D="keep sigma")


@wrong(
    "clinic_treatments",
    "Whatever patient D's decoder could do with a code, no code is bought: KL 0.000, recon 25.35, at four times "
    "the size.",
    "Which part of D decides that no nat is bought?",
)
def treat_d_with_larger_decoder():
    return _treated(D="larger decoder")


@wrong(
    "clinic_treatments",
    "Half of the price is a step in the right direction, and the KL of patient D is still 0.000. To get to C's "
    "6.3 you would have to halve it five times more, and the program would still be wrong for pictures of another "
    "size.",
    "By what factor is a nat too dear at D, and where does that number come from?",
)
def treat_d_with_lower_beta():
    return _treated(D="lower beta")


@wrong(
    "clinic_treatments",
    "Patient D buys nothing at the present price. A higher one cannot make it buy: KL 0.000.",
    "In which direction is D's price wrong?",
)
def treat_d_with_raise_beta():
    return _treated(D="raise beta")


@wrong(
    "clinic_treatments",
    "While the price of patient D's codes grows, they are used; then it reaches its old height, and at the end "
    "the KL is 0.000 once more.",
    "What does D pay during the last two thirds?",
)
def treat_d_with_warm_up():
    return _treated(D="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient E stays at an ELBO of −21.79, more than three nats below C, with C's networks.",
    "Which of E's numbers would you have to explain to a reader?",
)
def treat_e_with_accept():
    return _treated(E="accept")


@wrong(
    "clinic_treatments",
    "The units of patient E carry about half a nat each. With the floor they carry a little more, 4.7 in all, and "
    "the ELBO stays at −21.8: the gradient at the log-variances is as exactly 0 as before.",
    "Which 0 of E did the floor change?",
)
def treat_e_with_free_bits():
    return _treated(E="free bits")


@wrong(
    "clinic_treatments",
    "Patient E's means have their way, and its log-variances have none. That is how E is: every number stays as "
    "it is.",
    "Which row of E's gradient is 0?",
)
def treat_e_with_keep_mu():
    return _treated(E="keep mu")


@wrong(
    "clinic_treatments",
    "It opens one way and shuts the other: patient E has no active unit then, and an ELBO of −23.8, two nats "
    "below what it had.",
    "What happens to the means of E, which recon did reach?",
)
def treat_e_with_keep_sigma():
    return _treated(E="keep sigma")


@wrong(
    "clinic_treatments",
    "The decoder of patient E is not what is short: at four times its size the ELBO is −21.7, where C reaches "
    "−18.48 with a small one.",
    "What does C's encoder do that E's cannot?",
)
def treat_e_with_larger_decoder():
    return _treated(E="larger decoder")


@wrong(
    "clinic_treatments",
    "Cheaper code lets patient E move its means even further apart: spread 1.73, KL 8.0, recon 14.9, and an ELBO "
    "of −22.9.",
    "Why does E have to move its means, where C does something else?",
)
def treat_e_with_lower_beta():
    return _treated(E="lower beta")


@wrong(
    "clinic_treatments",
    "Dearer code takes patient E's KL to 1.4 and its recon to 21.5; the ELBO falls to −22.9. The 0 in its "
    "gradient stays.",
    "Is E's code too cheap, if it buys fewer nats than C?",
)
def treat_e_with_raise_beta():
    return _treated(E="raise beta")


@wrong(
    "clinic_treatments",
    "The recon of patient E is a sum over pixels already, and no number moves. Averaged, it would not have bought "
    "its 3.9 nats.",
    "What would its KL be if recon were averaged?",
)
def treat_e_with_sum_over_pixels():
    return _treated(E="sum over pixels")


@wrong(
    "clinic_treatments",
    "Patient E has eight active units; none was lost at the start of training. With the warm-up its ELBO is "
    "−21.7, and the gradient at its log-variances is exactly 0 throughout.",
    "What can a warm-up bring to log-variances that recon does not reach?",
)
def treat_e_with_warm_up():
    return _treated(E="warm up")
