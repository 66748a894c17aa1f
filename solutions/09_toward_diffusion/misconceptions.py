"""Wrong answers to stage 09, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.bank import wrong


def column(values):
    return values[:, None]


def jump(x0, t, alpha_bar, eps):
    return column(alpha_bar[t].sqrt()) * x0 + column((1 - alpha_bar[t]).sqrt()) * eps


def parts(t, alpha_bar):
    """alpha_bar at t and before, what one step keeps, and the two factors of the mean, (B, 1) each."""
    now, before = column(alpha_bar[t]), column(alpha_bar[t - 1])
    kept = now / before
    return now, before, kept, before.sqrt() * (1 - kept) / (1 - now), kept.sqrt() * (1 - before) / (1 - now)


def mean_of(x0, xt, t, alpha_bar):
    *_, of_x0, of_xt = parts(t, alpha_bar)
    return of_x0 * x0 + of_xt * xt


def var_of(t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return ((1 - before) * (1 - kept) / (1 - now))[:, 0]


def snr(t, alpha_bar):
    return alpha_bar[t] / (1 - alpha_bar[t])


def squares(x0, x0_hat):
    return (x0 - x0_hat).square().sum(-1)


def price(x0, x0_hat, t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar) - snr(t, alpha_bar)) * squares(x0, x0_hat)


def end(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left * x0.square() - left - torch.log(1 - left)).sum(-1)


def every(x, step):
    return torch.full((len(x),), step)


def recon(x0, guess, alpha_bar):
    return Normal(guess, (1 - alpha_bar[1]).sqrt()).log_prob(x0).sum(-1)


def guesses(x0, predict, alpha_bar, eps):
    """The guess for x_0 at every step: a list that begins with t = 1."""
    steps = [every(x0, step) for step in range(1, len(alpha_bar))]
    return [predict(jump(x0, t, alpha_bar, noise), t) for t, noise in zip(steps, eps)]


def prices(x0, found, alpha_bar):
    """The KL of the steps from 2 on: a list."""
    return [price(x0, guess, every(x0, step), alpha_bar) for step, guess in enumerate(found[1:], 2)]


def added(terms, x0):
    return sum(terms, torch.zeros_like(x0[:, 0]))


# --- noise ---


@wrong(
    "noise",
    "alpha_bar is a share of variance, and you multiply x_0 and the noise by shares of variance: what scales a variable is the "
    "root of one.",
    "When a variable is halved, what happens to its variance?",
)
def variances_as_scales(x0, t, alpha_bar, eps):
    left = column(alpha_bar[t])
    return left * x0 + (1 - left) * eps


@wrong(
    "noise",
    "x_0 is scaled by a root, as it should be, but the noise by its variance, 1 - alpha_bar[t], itself.",
    "Which standard deviation does the noise in x_t have?",
)
def noise_without_a_root(x0, t, alpha_bar, eps):
    left = column(alpha_bar[t])
    return left.sqrt() * x0 + (1 - left) * eps


@wrong(
    "noise",
    "The noise is scaled by a root, as it should be, but x_0 by alpha_bar[t] itself, which is a share of its variance.",
    "If x_0 has variance 1, which variance does your first term have, and which should it have?",
)
def data_without_a_root(x0, t, alpha_bar, eps):
    left = column(alpha_bar[t])
    return left * x0 + (1 - left).sqrt() * eps


@wrong(
    "noise",
    "x_0 is not made smaller: noise comes on top of all of it, so that the variance of x_t grows with t and never ends at 1.",
    "Where must the variance come from that the noise brings, if the total is to stay 1?",
)
def data_not_scaled(x0, t, alpha_bar, eps):
    return x0 + column((1 - alpha_bar[t]).sqrt()) * eps


@wrong(
    "noise",
    "The noise comes in at full size at every step, also at the first, where x_t should hardly differ from x_0.",
    "How much noise should x_t hold when alpha_bar[t] is 0.99?",
)
def noise_not_scaled(x0, t, alpha_bar, eps):
    return column(alpha_bar[t].sqrt()) * x0 + eps


@wrong(
    "noise",
    "Signal and noise have changed places: with yours x_t is nearly all noise at the first step and nearly x_0 at the last.",
    "alpha_bar falls from 1: is it what is left of x_0, or what came in?",
)
def changed_places(x0, t, alpha_bar, eps):
    return column((1 - alpha_bar[t]).sqrt()) * x0 + column(alpha_bar[t].sqrt()) * eps


@wrong(
    "noise",
    "You are one step early: the entry that you use is alpha_bar[t - 1]. Here alpha_bar[0] = 1 stands for x_0 itself.",
    "Which step does the first entry of alpha_bar belong to?",
)
def one_step_early(x0, t, alpha_bar, eps):
    return jump(x0, t - 1, alpha_bar, eps)


@wrong(
    "noise",
    "That is one step of the chain, with what this step keeps; x_0 has come through all t steps.",
    "What is left after three steps that keep 0.9, 0.8 and 0.7?",
)
def a_single_step(x0, t, alpha_bar, eps):
    kept = column(alpha_bar[t] / alpha_bar[t - 1])
    return kept.sqrt() * x0 + (1 - kept).sqrt() * eps


@wrong(
    "noise",
    "alpha_bar is a product over the steps already, and you multiply it up once more.",
    "For steps that keep 0.9, 0.8 and 0.7, what does alpha_bar[3] hold?",
)
def multiplied_up_again(x0, t, alpha_bar, eps):
    return jump(x0, t, alpha_bar.cumprod(0), eps)


@wrong(
    "noise",
    "The noise is taken away. For a single draw eps and -eps are as likely, but the noise that a network has to guess is then the "
    "wrong one.",
    "Which sign has eps in mu + sigma * eps?",
)
def noise_taken_away(x0, t, alpha_bar, eps):
    return jump(x0, t, alpha_bar, -eps)


@wrong(
    "noise",
    "The numbers of alpha_bar act along the columns: every dimension has a t of its own, and every row has them all. Where a table "
    "is not square this is an error.",
    "Which shape do B numbers need, so that they stand one under the other?",
)
def along_the_columns(x0, t, alpha_bar, eps):
    return alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps


@wrong(
    "noise",
    "All rows are treated as if they were at the step of the first one.",
    "What does your expression do with t[1]?",
)
def the_first_t_for_all(x0, t, alpha_bar, eps):
    return jump(x0, t[:1].expand(len(x0)), alpha_bar, eps)


@wrong(
    "noise",
    "You take alpha_bar for the scale that is left of x_0, and the noise fills up to variance 1. The squares do add up, but "
    "alpha_bar is the variance that is left.",
    "If x_0 has variance 1, how much of the variance of x_t comes from it?",
)
def alpha_bar_as_a_scale(x0, t, alpha_bar, eps):
    left = column(alpha_bar[t])
    return left * x0 + (1 - left**2).sqrt() * eps


@wrong(
    "noise",
    "Your two factors add up to 1. It is their squares that must: variances add, standard deviations do not.",
    "Two independent variables with standard deviation 0.6 and 0.8: which one has their sum?",
)
def factors_add_up(x0, t, alpha_bar, eps):
    scale = column(alpha_bar[t].sqrt())
    return scale * x0 + (1 - scale) * eps


@wrong(
    "noise",
    "You draw noise of your own; the noise to use is the argument eps, which whoever calls you will want to compare with.",
    "Does your result change when eps changes?",
)
def own_noise(x0, t, alpha_bar, eps):
    return jump(x0, t, alpha_bar, torch.randn_like(x0))


# --- prior_end ---


@wrong(
    "prior_end",
    "You take the end for perfect and charge nothing. As long as the last alpha_bar is above 0, x_T still says something of x_0.",
    "Where is x_T centred, given x_0?",
)
def end_taken_for_perfect(x0, alpha_bar):
    return torch.zeros_like(x0[:, 0])


@wrong(
    "prior_end",
    "The mean of x_T comes in without its square, so that x_0 and -x_0 cost differently.",
    "What does the KL to N(0, 1) make of the mean?",
)
def mean_without_a_square(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left.sqrt() * x0 - left - torch.log(1 - left)).sum(-1)


@wrong(
    "prior_end",
    "You give x_T the variance alpha_bar, which is what is left of x_0; the variance of x_T given x_0 is that of the noise.",
    "At t = 0, what is alpha_bar, and what is the variance of x_0 given x_0?",
)
def variance_of_the_signal(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left * x0.square() + left - 1 - left.log()).sum(-1)


@wrong(
    "prior_end",
    "You centre x_T on x_0 itself: the chain has made it smaller by then.",
    "By which factor has x_0 been multiplied when it comes to the end?",
)
def mean_not_scaled(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (x0.square() - left - torch.log(1 - left)).sum(-1)


@wrong(
    "prior_end",
    "You centre x_T on alpha_bar times x_0; alpha_bar is a share of variance, and a mean is scaled by the root of it.",
    "How does `noise` scale x_0?",
)
def mean_without_a_root(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left**2 * x0.square() - left - torch.log(1 - left)).sum(-1)


@wrong(
    "prior_end",
    "Only the mean is charged. The variance of x_T is below 1, and stage 03 has a price for that, too.",
    "What does it cost when the mean is 0 and the variance 0.8?",
)
def variance_left_out(x0, alpha_bar):
    return 0.5 * alpha_bar[-1] * x0.square().sum(-1)


@wrong(
    "prior_end",
    "Only the variance is charged, so that every x_0 costs the same. A mean away from 0 costs as well.",
    "Which of two data points does x_T still betray more, one near 0 or one far away?",
)
def mean_left_out(x0, alpha_bar):
    left = alpha_bar[-1]
    return torch.zeros_like(x0).sub(left).sub(torch.log(1 - left)).sum(-1) / 2


@wrong(
    "prior_end",
    "That is twice the KL: the half of the Gaussian is missing.",
    "What stands in front of the square in a Gaussian's log-density?",
)
def half_missing(x0, alpha_bar):
    return 2 * end(x0, alpha_bar)


@wrong(
    "prior_end",
    "You take the mean over the dimensions of x_0. They are independent, and what independent parts cost adds up.",
    "What should the KL do when every dimension is there twice?",
)
def mean_over_dimensions(x0, alpha_bar):
    return end(x0, alpha_bar) / x0.shape[-1]


@wrong(
    "prior_end",
    "That is KL(N(0, I) || q(x_T|x_0)), the other way round.",
    "From which of the two are the samples drawn over which the bound averages?",
)
def other_way_round(x0, alpha_bar):
    left = alpha_bar[-1]
    last = Normal(left.sqrt() * x0, (1 - left).sqrt())
    return kl_divergence(Normal(torch.zeros_like(x0), 1.0), last).sum(-1)


@wrong(
    "prior_end",
    "You treat the root of 1 - alpha_bar as the variance of x_T; it is the standard deviation.",
    "What is logvar the logarithm of?",
)
def deviation_as_variance(x0, alpha_bar):
    left = alpha_bar[-1]
    std = (1 - left).sqrt()
    return 0.5 * (left * x0.square() + std - 1 - std.log()).sum(-1)


@wrong(
    "prior_end",
    "You treat 1 - alpha_bar as the standard deviation of x_T; it is the variance.",
    "What is logvar the logarithm of?",
)
def variance_as_deviation(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left * x0.square() + (1 - left) ** 2 - 1 - 2 * torch.log(1 - left)).sum(-1)


@wrong(
    "prior_end",
    "You look at the beginning of the path, alpha_bar[1], where nearly all of x_0 is left. What meets the prior is x_T.",
    "Which state of the chain does the model draw first?",
)
def the_first_state(x0, alpha_bar):
    return end(x0, alpha_bar[:2])


@wrong(
    "prior_end",
    "You are one step short: the entry that you use is the last but one.",
    "alpha_bar has T + 1 entries: which index has the last?",
)
def one_step_short(x0, alpha_bar):
    return end(x0, alpha_bar[:-1])


@wrong(
    "prior_end",
    "You add up over the rows as well, so all data share one number. The bound of each x_0 has an end of its own.",
    "Which axis should be gone, and which should stay?",
)
def rows_added_up(x0, alpha_bar):
    return end(x0, alpha_bar).sum()


@wrong(
    "prior_end",
    "That is minus the KL. What the bound subtracts comes later; a KL is never below 0.",
    "Does your number rise or fall as x_0 moves away from 0?",
)
def negated(x0, alpha_bar):
    return -end(x0, alpha_bar)


@wrong(
    "prior_end",
    "You hand over the variance of x_T where its logarithm is asked for.",
    "What does gaussian_kl take as its second argument, and what is it for a variance of 1?",
)
def variance_as_logvar(x0, alpha_bar):
    left = alpha_bar[-1]
    return 0.5 * (left * x0.square() + (1 - left).exp() - 1 - (1 - left)).sum(-1)


# --- reverse_posterior ---


@wrong(
    "reverse_posterior",
    "The two factors have changed places: x_0 has the one of x_t.",
    "As t grows, which of the two says less about x_{t-1}?",
)
def factors_changed(x0, xt, t, alpha_bar):
    return mean_of(xt, x0, t, alpha_bar), var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "In the factor of x_0 the root is missing: seen from x_0, x_{t-1} is centred at the root of alpha_bar[t - 1] times x_0.",
    "How does `noise` scale x_0 on the way to step t - 1?",
)
def root_missing_at_x0(x0, xt, t, alpha_bar):
    _, before, _, of_x0, of_xt = parts(t, alpha_bar)
    return before.sqrt() * of_x0 * x0 + of_xt * xt, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "In the factor of x_t the root is missing: one step multiplies by the root of what it keeps of the variance.",
    "How does a step scale x_{t-1} on the way to x_t?",
)
def root_missing_at_xt(x0, xt, t, alpha_bar):
    _, _, kept, of_x0, of_xt = parts(t, alpha_bar)
    return of_x0 * x0 + kept.sqrt() * of_xt * xt, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "Your mean knows x_0 only: it is that of q(x_{t-1}|x_0), and x_t, which lies one step further, has been left out.",
    "If x_t came out far to the right, where would you look for x_{t-1}?",
)
def from_x0_alone(x0, xt, t, alpha_bar):
    return column(alpha_bar[t - 1].sqrt()) * x0, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "Your mean knows x_t only: the step is undone by dividing, as if no noise had come in, and x_0 has been left out.",
    "When x_t lies far from where x_0 would bring it, is that more likely the last noise or all noise before it?",
)
def from_xt_alone(x0, xt, t, alpha_bar):
    return xt / column((alpha_bar[t] / alpha_bar[t - 1]).sqrt()), var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "Your mean is where x_t itself is centred, given x_0. Asked for is the state before it, when x_t is known too.",
    "Does your mean change when x_t does?",
)
def mean_of_xt(x0, xt, t, alpha_bar):
    return column(alpha_bar[t].sqrt()) * x0, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "Both statements about x_{t-1} count half. They are not equally sure, and the surer one counts more.",
    "At a small t, which of the two statements is the sharper one?",
)
def equal_weights(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return 0.5 * before.sqrt() * x0 + 0.5 * xt / kept.sqrt(), var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "The weights stand in proportion to the variances, so that the less sure statement counts more.",
    "N(1, 0.5) and N(2, 0.25) meet: is the result nearer to 1 or to 2?",
)
def weighted_by_variance(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    first, second = 1 - before, (1 - kept) / kept
    mean = (first * before.sqrt() * x0 + second * xt / kept.sqrt()) / (first + second)
    return mean, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "For what one step keeps you took alpha_bar[t], which is what all t steps keep together.",
    "How do you get from two neighbours of alpha_bar to the step between them?",
)
def all_steps_for_one(x0, xt, t, alpha_bar):
    now, before = column(alpha_bar[t]), column(alpha_bar[t - 1])
    mean = before.sqrt() * (1 - now) / (1 - now) * x0 + now.sqrt() * (1 - before) / (1 - now) * xt
    return mean, (1 - before)[:, 0]


@wrong(
    "reverse_posterior",
    "Your statement from x_t is centred at x_t. A step does not only add noise, it also makes smaller, and that has to be undone.",
    "If no noise came in at this step, which x_{t-1} leads to x_t?",
)
def step_not_undone(x0, xt, t, alpha_bar):
    now, before, kept, of_x0, of_xt = parts(t, alpha_bar)
    return of_x0 * x0 + of_xt * kept.sqrt() * xt / kept, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "You put x_0 where the formula that is often printed has the noise: x_t minus a part of eps, made larger again.",
    "At t = 1 the mean must be x_0: what is yours?",
)
def x0_for_the_noise(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return (xt - (1 - kept) / (1 - now).sqrt() * x0) / kept.sqrt(), var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "You divide by 1 - alpha_bar[t - 1] where the noise of all t steps, 1 - alpha_bar[t], belongs. Without noise your mean does "
    "not lie on the way of x_0.",
    "What do the two factors, the one of x_t times the root of alpha_bar[t], have to add up to?",
)
def divided_by_the_noise_before(x0, xt, t, alpha_bar):
    now, before, _, of_x0, of_xt = parts(t, alpha_bar)
    safe = torch.where(before < 1, 1 - before, 1 - now)
    return (of_x0 * x0 + of_xt * xt) * (1 - now) / safe, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "The numbers of alpha_bar act along the columns: every dimension has a t of its own, and every row has them all. Where a table "
    "is not square this is an error.",
    "Which shape do B numbers need, so that they stand one under the other?",
)
def columns_for_rows(x0, xt, t, alpha_bar):
    *_, of_x0, of_xt = parts(t, alpha_bar)
    return of_x0[:, 0] * x0 + of_xt[:, 0] * xt, var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "Your variance is that of the step forward, 1 minus what the step keeps: as if x_0 were not known. It is a choice that "
    "samplers make, but not the variance of q(x_{t-1}|x_t, x_0).",
    "Does knowing x_0 make x_{t-1} more certain or less?",
)
def variance_of_the_step(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), 1 - alpha_bar[t] / alpha_bar[t - 1]


@wrong(
    "reverse_posterior",
    "Your variance is that of x_t given x_0, the noise of all t steps. It is the state before whose variance is asked for.",
    "At t = 1 the answer is 0: what is yours?",
)
def variance_of_xt(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), 1 - alpha_bar[t]


@wrong(
    "reverse_posterior",
    "Your variance knows x_0 only: it is that of q(x_{t-1}|x_0). To know x_t, too, makes it smaller.",
    "Which second precision has to be added?",
)
def variance_from_x0_alone(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), 1 - alpha_bar[t - 1]


@wrong(
    "reverse_posterior",
    "You multiply the two variances and stop there. Precisions add, and the inverse of a sum of inverses has a sum below the line.",
    "Two statements with variance 0.5 each meet: what is the result's?",
)
def not_normalised(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return mean_of(x0, xt, t, alpha_bar), ((1 - before) * (1 - kept))[:, 0]


@wrong(
    "reverse_posterior",
    "You return the standard deviation; the variance is asked for.",
    "Which of the two is divided by in a KL?",
)
def deviation_returned(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), var_of(t, alpha_bar).sqrt()


@wrong(
    "reverse_posterior",
    "You return the log of the variance; the variance itself is asked for.",
    "What sign may a variance have?",
)
def logvar_returned(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), var_of(t, alpha_bar).log()


@wrong(
    "reverse_posterior",
    "You return the precision, one over the variance.",
    "At t = 1 nothing is left uncertain: which number should come out?",
)
def precision_returned(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), 1 / var_of(t, alpha_bar)


@wrong(
    "reverse_posterior",
    "The two variances are added. That is what happens when independent noise comes on top; here two statements about one thing "
    "meet, and it becomes more certain.",
    "Which quantity of the two Gaussians adds up when their densities are multiplied?",
)
def variances_added(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return mean_of(x0, xt, t, alpha_bar), (1 - before + (1 - kept) / kept)[:, 0]


@wrong(
    "reverse_posterior",
    "Your precision from x_t lacks a factor: a step also makes smaller, so an x_t that is off by 1 tells of an x_{t-1} that is off "
    "by more.",
    "As a statement about x_{t-1}, which variance has x_t divided by the root of what the step keeps?",
)
def precision_of_xt_itself(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    return mean_of(x0, xt, t, alpha_bar), ((1 - before) * (1 - kept) / (2 - before - kept))[:, 0]


@wrong(
    "reverse_posterior",
    "Your variance has shape (B, 1). One number a row is asked for, (B,), which the caller may shape as needed.",
    "Which axis did you add for the mean, and does the variance need it?",
)
def variance_as_a_column(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), var_of(t, alpha_bar)[:, None]


@wrong(
    "reverse_posterior",
    "Your variance is there once for every entry of a row. It is the same for all of them, and one number a row is asked for.",
    "Does the variance know which column it is in?",
)
def variance_for_every_entry(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), var_of(t, alpha_bar)[:, None].expand_as(x0)


@wrong(
    "reverse_posterior",
    "At t = 1 you return the variance of step 2, as programs do that need its logarithm. It is 0, as x_0 is given.",
    "What is left uncertain about x_0 when x_0 is known?",
)
def clipped_at_the_first_step(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t, alpha_bar), var_of(t.clamp(min=2), alpha_bar)


@wrong(
    "reverse_posterior",
    "At t = 1 you divide by 1 - alpha_bar[0], which is 0: x_0 is then perfectly sure, and no precision can be as large as that.",
    "By what can weights of 1/a and 1/b be multiplied, so that nothing is divided by a?",
)
def infinite_precision(x0, xt, t, alpha_bar):
    now, before, kept, *_ = parts(t, alpha_bar)
    first, second = 1 / (1 - before), kept / (1 - kept)
    total = first + second
    return (first * before.sqrt() * x0 + second * xt / kept.sqrt()) / total, (1 / total)[:, 0]


@wrong(
    "reverse_posterior",
    "You are one step early: your neighbours are alpha_bar[t - 2] and alpha_bar[t - 1]. Here alpha_bar[0] = 1 stands for x_0 itself.",
    "Which two entries of alpha_bar does the step from t - 1 to t lie between?",
)
def one_step_early_both(x0, xt, t, alpha_bar):
    return mean_of(x0, xt, t - 1, alpha_bar), var_of(t - 1, alpha_bar)


# --- step_kl ---


@wrong(
    "step_kl",
    "That is the squared error of x_0 itself, the same at every step. What counts is how far the two means of x_{t-1} lie apart, "
    "measured by their variance.",
    "At a late step, how much does x_{t-1} still depend on x_0?",
)
def plain_error(x0, xt, x0_hat, t, alpha_bar):
    return squares(x0, x0_hat)


@wrong(
    "step_kl",
    "Half of the squared error in x_0: the half is right, and the weight of the step is missing.",
    "By what is a squared distance divided in the KL of two Gaussians?",
)
def half_the_error(x0, xt, x0_hat, t, alpha_bar):
    return squares(x0, x0_hat) / 2


@wrong(
    "step_kl",
    "That is twice the KL: the half of the Gaussian is missing.",
    "Which KL have N(0, 1) and N(1, 1)?",
)
def no_half(x0, xt, x0_hat, t, alpha_bar):
    return 2 * price(x0, x0_hat, t, alpha_bar)


@wrong(
    "step_kl",
    "That is minus the KL: SNR falls along the chain, and you subtract the earlier one from the later.",
    "Which is larger, the signal-to-noise ratio at t - 1 or at t?",
)
def negative(x0, xt, x0_hat, t, alpha_bar):
    return -price(x0, x0_hat, t, alpha_bar)


@wrong(
    "step_kl",
    "You take the mean over dimensions; what independent dimensions cost adds up.",
    "What should the KL do when every dimension is there twice?",
)
def averaged_over_dimensions(x0, xt, x0_hat, t, alpha_bar):
    return price(x0, x0_hat, t, alpha_bar) / x0.shape[-1]


@wrong(
    "step_kl",
    "You divide by the standard deviation; a squared distance is measured by the variance.",
    "In which unit is the square of the two means' distance?",
)
def divided_by_the_deviation(x0, xt, x0_hat, t, alpha_bar):
    return price(x0, x0_hat, t, alpha_bar) * var_of(t, alpha_bar).sqrt()


@wrong(
    "step_kl",
    "That is half of the squared distance of the two means, not measured by their variance: 0.1 is little for a wide Gaussian and "
    "much for a narrow one.",
    "By what is a squared distance divided in the KL of two Gaussians?",
)
def not_divided(x0, xt, x0_hat, t, alpha_bar):
    return squares(*(mean_of(x, xt, t, alpha_bar) for x in (x0, x0_hat))) / 2


@wrong(
    "step_kl",
    "You divide by the variance of the step forward. Both Gaussians here have that of q(x_{t-1}|x_t, x_0), which is smaller.",
    "Which two distributions are compared, and what is their variance?",
)
def divided_by_the_step(x0, xt, x0_hat, t, alpha_bar):
    var = 1 - alpha_bar[t] / alpha_bar[t - 1]
    return squares(*(mean_of(x, xt, t, alpha_bar) for x in (x0, x0_hat))) / (2 * var)


@wrong(
    "step_kl",
    "The distance of the two means is not squared, so a guess twice as far off costs only twice as much.",
    "What does a Gaussian's log-density do with the distance from its mean?",
)
def not_squared(x0, xt, x0_hat, t, alpha_bar):
    first, second = (mean_of(x, xt, t, alpha_bar) for x in (x0, x0_hat))
    return (first - second).abs().sum(-1) / (2 * var_of(t, alpha_bar))


@wrong(
    "step_kl",
    "Your weight is half of the SNR at t alone. That is the squared error of the noise, halved, and every step would count alike; "
    "a step is charged for what it loses, so two SNRs belong there.",
    "What does this step cost when alpha_bar does not change in it?",
)
def snr_at_t(x0, xt, x0_hat, t, alpha_bar):
    return snr(t, alpha_bar) * squares(x0, x0_hat) / 2


@wrong(
    "step_kl",
    "Your weight is half of the SNR at t - 1 alone: that is the distance of two q(x_{t-1}|x_0), when x_t is not known.",
    "What does x_t tell already, so that this step need not pay for it?",
)
def snr_before(x0, xt, x0_hat, t, alpha_bar):
    return snr(t - 1, alpha_bar) * squares(x0, x0_hat) / 2


@wrong(
    "step_kl",
    "You take x0_hat for the mean of the model's step. It is a guess for x_0, and the mean of x_{t-1} is made from it together "
    "with x_t.",
    "If the guess were x_0 itself, what should the KL be, and what is yours?",
)
def guess_as_the_mean(x0, xt, x0_hat, t, alpha_bar):
    return squares(mean_of(x0, xt, t, alpha_bar), x0_hat) / (2 * var_of(t, alpha_bar))


@wrong(
    "step_kl",
    "The model's step has another variance in your KL, that of the step forward, so that even a perfect guess costs something. Here "
    "both have the same.",
    "What is left of the KL of two Gaussians when their variances agree?",
)
def another_variance(x0, xt, x0_hat, t, alpha_bar):
    std, wide = column(var_of(t, alpha_bar).sqrt()), column((1 - alpha_bar[t] / alpha_bar[t - 1]).sqrt())
    first, second = (mean_of(x, xt, t, alpha_bar) for x in (x0, x0_hat))
    return kl_divergence(Normal(first, std), Normal(second, wide)).sum(-1)


@wrong(
    "step_kl",
    "Your weight is made of roots of SNR, as if it were a ratio of standard deviations; it is one of variances.",
    "In which unit is alpha_bar: that of x, or that of x squared?",
)
def roots_of_snr(x0, xt, x0_hat, t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar).sqrt() - snr(t, alpha_bar).sqrt()) * squares(x0, x0_hat)


@wrong(
    "step_kl",
    "Your weight is the fall of alpha_bar itself, halved. An error in x_0 is measured by the noise beside it, so it is SNR whose "
    "fall counts.",
    "How much noise is beside the signal where alpha_bar is 0.99, and where it is 0.5?",
)
def fall_of_alpha_bar(x0, xt, x0_hat, t, alpha_bar):
    return 0.5 * (alpha_bar[t - 1] - alpha_bar[t]) * squares(x0, x0_hat)


@wrong(
    "step_kl",
    "You average over the rows, so all data share one number; each row has its own t and its own KL.",
    "Which axis should be gone, and which should stay?",
)
def averaged_over_rows(x0, xt, x0_hat, t, alpha_bar):
    return price(x0, x0_hat, t, alpha_bar).mean()


@wrong(
    "step_kl",
    "The value is right, and no gradient reaches x0_hat: you took it out of the history, so a network that made it cannot learn.",
    "Which call turns a tensor with a history into one without?",
)
def guess_detached(x0, xt, x0_hat, t, alpha_bar):
    return price(x0, x0_hat.detach(), t, alpha_bar)


@wrong("step_kl", alias_of="guess_detached")
def without_gradients(x0, xt, x0_hat, t, alpha_bar):
    with torch.no_grad():
        return price(x0, x0_hat, t, alpha_bar)


@wrong(
    "step_kl",
    "Your weight is the one for an error in the noise, the fall of SNR relative to what is left of it; here the error is one in x_0.",
    "In which unit is the error that you square: that of x_0, or that of the noise?",
)
def weight_of_the_noise(x0, xt, x0_hat, t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar) / snr(t, alpha_bar) - 1) * squares(x0, x0_hat)


# --- diffusion_bound ---


@wrong(
    "diffusion_bound",
    "The KLs of the steps are added, so a bad guess raises the bound.",
    "Is a step's KL a gain or a cost?",
)
def steps_added(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) + added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "The KL at the prior's end is added; it is a cost, as in a VAE.",
    "What should happen to the bound when the chain is too short to forget x_0?",
)
def end_added(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) + end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "The prior's end is missing. On a long path it is next to nothing, but this path is short, and x_T still tells of x_0.",
    "Where does the model's chain begin, and where does the data's chain end?",
)
def end_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0)


@wrong(
    "diffusion_bound",
    "The reconstruction is missing: nothing in your bound is a log-density of the data.",
    "Which term holds p(x_0|x_1)?",
)
def reconstruction_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return -added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Your reconstruction is a squared error without the Gaussian's constant, log sigma and half of log 2 pi for each dimension. "
    "Without it the number is no bound on a log-density.",
    "What is log N(x; x, 0.01)?",
)
def constants_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    error = squares(x0, found[0]) / (2 * (1 - alpha_bar[1]))
    return -error - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Your p(x_0|x_1) has the variance 1; it is 1 - alpha_bar[1], the noise that is in x_1.",
    "How far from x_0 does the first step bring it?",
)
def reconstruction_of_variance_one(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    likelihood = Normal(found[0], 1.0).log_prob(x0).sum(-1)
    return likelihood - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Your p(x_0|x_1) has 1 - alpha_bar[1] for its standard deviation; that is its variance.",
    "What does gaussian_log_likelihood take, sigma or sigma squared?",
)
def variance_as_sigma(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    likelihood = Normal(found[0], 1 - alpha_bar[1]).log_prob(x0).sum(-1)
    return likelihood - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Your p(x_0|x_1) has the root of alpha_bar[1] for its standard deviation: that is what is left of x_0, not the noise.",
    "At a first step that adds very little noise, how sure should p(x_0|x_1) be?",
)
def sigma_of_the_signal(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    likelihood = Normal(found[0], alpha_bar[1].sqrt()).log_prob(x0).sum(-1)
    return likelihood - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Step T is missing: your loop ends one step early.",
    "Where does range(2, T) end?",
)
def last_step_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar)[:-1], x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Step 2 is missing: after the reconstruction, which is the step from x_1 to x_0, your KLs begin with t = 3.",
    "Which t has the step from x_2 to x_1?",
)
def second_step_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar)[1:], x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "The noise is read backwards: eps[t - 1] belongs to x_t, and you gave eps[0] to x_T.",
    "Which noise has x_1?",
)
def noise_read_backwards(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps.flip(0))
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "All states have the same noise, eps[0]. Each step of the sum has noise of its own here.",
    "Does your value change when eps[2] does?",
)
def one_noise_for_all(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps[:1].expand_as(eps))
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "You walk the chain step by step, and eps[t - 1] is the noise of one step. That draws x_t as often as it should, but here "
    "eps[t - 1] is all the noise in x_t, as `noise` has it.",
    "Which function gets from x_0 to x_t at once?",
)
def walked(x0, predict, alpha_bar, eps):
    x, found = x0, []
    for step in range(1, len(alpha_bar)):
        kept = alpha_bar[step] / alpha_bar[step - 1]
        x = kept.sqrt() * x + (1 - kept).sqrt() * eps[step - 1]
        found.append(predict(x, every(x0, step)))
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "The KLs are averaged over the steps. The bound pays for each of them, so they add up.",
    "How many latent states has the model, and which of them are free?",
)
def steps_averaged(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    steps = added(prices(x0, found, alpha_bar), x0) / (len(alpha_bar) - 2 or 1)
    return recon(x0, found[0], alpha_bar) - steps - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "That is minus the bound, a loss. The bound itself is asked for: larger is better.",
    "Which sign has a log-density in your sum?",
)
def loss_returned(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    return added(prices(x0, found, alpha_bar), x0) + end(x0, alpha_bar) - recon(x0, found[0], alpha_bar)


@wrong(
    "diffusion_bound",
    "You average over the rows; each x_0 has a bound of its own.",
    "Which axes should be gone, and which should stay?",
)
def rows_averaged(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    bound = recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)
    return bound.mean()


@wrong(
    "diffusion_bound",
    "predict is told that x_t is at step t - 1: it guesses for a state with less noise than there is.",
    "At which step is the state that you hand over?",
)
def told_the_step_before(x0, predict, alpha_bar, eps):
    found = guesses(x0, lambda x, t: predict(x, t - 1), alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "predict is shown x_0 itself. It has to guess x_0 from x_t, as it will when there is no data.",
    "What does the model know at step t when it draws?",
)
def shown_the_answer(x0, predict, alpha_bar, eps):
    found = [predict(x0, every(x0, step)) for step in range(1, len(alpha_bar))]
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "Each step costs half of its squared error in x_0, without its weight. What it costs depends on how far SNR falls in it.",
    "Which function gives the KL of a step?",
)
def weights_missing(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    steps = [squares(x0, guess) / 2 for guess in found[1:]]
    return recon(x0, found[0], alpha_bar) - added(steps, x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "The prior's end is paid at every step. It is paid once, where the chain ends.",
    "How often does the model draw from N(0, I) without looking at anything?",
)
def end_at_every_step(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    steps = added(prices(x0, found, alpha_bar), x0)
    return recon(x0, found[0], alpha_bar) - steps - len(found) * end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "There is a reconstruction at every step. x_0 is drawn once, from x_1; at the other steps it is x_{t-1} that is drawn, "
    "and that is what their KLs are for.",
    "Which state does p(x_2|x_3) speak of?",
)
def reconstruction_at_every_step(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    again = added([recon(x0, guess, alpha_bar) for guess in found], x0)
    return again - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "At t = 1 you ask for the KL of a step, too. The variance that x_0 leaves to itself is 0 there, so what you divide by is 0; "
    "this step is the reconstruction.",
    "What does q(x_0|x_1, x_0) look like?",
)
def kl_at_the_first_step(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    first = squares(x0, found[0]) / (2 * var_of(every(x0, 1), alpha_bar))
    return -first - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


@wrong(
    "diffusion_bound",
    "For the prior's end you take log q(x_T|x_0) - log p(x_T) at the one x_T that was drawn. Its average is the KL, and here that "
    "is known in closed form.",
    "Which of your terms need a sample, and which do not?",
)
def end_sampled(x0, predict, alpha_bar, eps):
    found = guesses(x0, predict, alpha_bar, eps)
    left = alpha_bar[-1]
    last = jump(x0, every(x0, len(alpha_bar) - 1), alpha_bar, eps[-1])
    log_q = Normal(left.sqrt() * x0, (1 - left).sqrt()).log_prob(last).sum(-1)
    drawn = log_q - Normal(0.0, 1.0).log_prob(last).sum(-1)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - drawn


@wrong(
    "diffusion_bound",
    "The value is right, and no gradient reaches the parameters of predict: the network is asked without a history.",
    "Who is to learn from this bound, and along which way?",
)
def asked_without_gradients(x0, predict, alpha_bar, eps):
    with torch.no_grad():
        found = guesses(x0, predict, alpha_bar, eps)
    return recon(x0, found[0], alpha_bar) - added(prices(x0, found, alpha_bar), x0) - end(x0, alpha_bar)


# --- noise_weight ---


@wrong(
    "noise_weight",
    "That is the weight of a squared error in x_0. An error in the noise is another number: at a step with much noise a small one "
    "means a large error in x_0.",
    "If x_t is known and the noise is off by 0.1, by how much is x_0 off?",
)
def weight_of_x0(t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar) - snr(t, alpha_bar))


@wrong(
    "noise_weight",
    "That is twice the weight: the half of the Gaussian is missing.",
    "Which KL have N(0, 1) and N(1, 1)?",
)
def weight_without_half(t, alpha_bar):
    return snr(t - 1, alpha_bar) / snr(t, alpha_bar) - 1


@wrong(
    "noise_weight",
    "A weight of 1 at every step is what training often uses. It is not what makes the squared error a KL.",
    "Does the same error in the noise cost the same at an early step and at a late one?",
)
def all_ones(t, alpha_bar):
    return torch.ones_like(alpha_bar[t])


@wrong(
    "noise_weight",
    "That is the weight when the reverse step has the variance of the step forward. Here it has that of `reverse_posterior`, which "
    "is smaller, so an error costs more.",
    "Which variance does step_kl divide by?",
)
def variance_of_the_forward_step(t, alpha_bar):
    kept = alpha_bar[t] / alpha_bar[t - 1]
    return (1 - kept) / (2 * kept * (1 - alpha_bar[t]))


@wrong(
    "noise_weight",
    "You have the ratio of two SNRs, halved, and forgot to take off 1: a step in which SNR does not fall would still cost something.",
    "What does a step cost that changes nothing?",
)
def ratio_alone(t, alpha_bar):
    return 0.5 * snr(t - 1, alpha_bar) / snr(t, alpha_bar)


@wrong(
    "noise_weight",
    "The fall of SNR is measured by the SNR before the step; the error in the noise belongs to x_t, so it is the one after it.",
    "The SNR of which step turns an error in x_0 into one in the noise of x_t?",
)
def measured_by_the_step_before(t, alpha_bar):
    return 0.5 * (1 - snr(t, alpha_bar) / snr(t - 1, alpha_bar))


@wrong(
    "noise_weight",
    "That is half of the fall of log SNR. For very small steps the two agree; for steps of this size they do not.",
    "What is left of SNR after the step, relatively, and what is left of its logarithm?",
)
def fall_of_log_snr(t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar) / snr(t, alpha_bar)).log()


@wrong(
    "noise_weight",
    "That is half of the SNR at t, which turns an error in x_0 into one in the noise; what the step costs is not in it.",
    "Which two steps does the KL compare?",
)
def half_of_snr(t, alpha_bar):
    return 0.5 * snr(t, alpha_bar)


@wrong(
    "noise_weight",
    "You go from x_0 to the noise the wrong way: the weight of x_0 is multiplied by SNR, and should be divided by it.",
    "At a late step, is an error in x_0 larger or smaller than the error in the noise that it comes from?",
)
def multiplied_by_snr(t, alpha_bar):
    return 0.5 * (snr(t - 1, alpha_bar) - snr(t, alpha_bar)) * snr(t, alpha_bar)


@wrong(
    "noise_weight",
    "Your weight is below 0: SNR falls along the chain, and t and t - 1 have changed places.",
    "Which is larger, the signal-to-noise ratio at t - 1 or at t?",
)
def steps_changed(t, alpha_bar):
    return 0.5 * (snr(t, alpha_bar) / snr(t - 1, alpha_bar) - 1)


@wrong(
    "noise_weight",
    "Your weight is made of roots of SNR, as if it were a ratio of standard deviations; it is one of variances.",
    "In which unit is alpha_bar: that of x, or that of x squared?",
)
def weight_of_roots(t, alpha_bar):
    return 0.5 * ((snr(t - 1, alpha_bar) / snr(t, alpha_bar)).sqrt() - 1)


@wrong(
    "noise_weight",
    "Your weights are shared out, so that they add up to 1 over the rows that are asked about. A weight belongs to its step, whoever "
    "else is asked about.",
    "Should the weight of step 5 change when somebody asks for step 9 as well?",
)
def shared_out(t, alpha_bar):
    weights = 0.5 * (snr(t - 1, alpha_bar) / snr(t, alpha_bar) - 1)
    return weights / weights.sum()


@wrong(
    "noise_weight",
    "You have the ratio of two alpha_bars in it, and not that of two SNRs: an error is measured by the noise beside it, and that "
    "grows in the step.",
    "What is SNR in terms of alpha_bar?",
)
def ratio_of_alpha_bars(t, alpha_bar):
    return 0.5 * (alpha_bar[t - 1] / alpha_bar[t] - 1)


@wrong(
    "noise_weight",
    "You are one step early, so that step 2 asks for the SNR of x_0 itself, which is infinite. Here alpha_bar[0] = 1 stands for x_0.",
    "Which two entries of alpha_bar does the step from t - 1 to t lie between?",
)
def weight_one_step_early(t, alpha_bar):
    return 0.5 * (snr(t - 2, alpha_bar) / snr(t - 1, alpha_bar) - 1)


# --- simple_loss ---


def slip(x0, predict_noise, alpha_bar, t, eps):
    return predict_noise(jump(x0, t, alpha_bar, eps), t) - eps


@wrong(
    "simple_loss",
    "You take the mean over dimensions as well. It trains as well, but the number is then smaller by the number of dimensions, "
    "the hidden factor of stage 05.",
    "What is one row's error, when each of its dimensions is off by 1?",
)
def mean_of_everything(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).square().mean()


@wrong(
    "simple_loss",
    "You add up over the rows; the loss is an average over them, so that it does not grow with the batch.",
    "What should happen to the loss when every row is there twice?",
)
def sum_of_everything(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).square().sum()


@wrong(
    "simple_loss",
    "You take the absolute error; it is squares that come out of the KL of two Gaussians.",
    "What does a Gaussian's log-density do with the distance from its mean?",
)
def absolute(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).abs().sum(-1).mean()


@wrong(
    "simple_loss",
    "You take the length of a row's error, the root of its sum of squares.",
    "How much more should an error cost that is twice as large?",
)
def length_of_the_error(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).square().sum(-1).add(1e-24).sqrt().mean()


@wrong(
    "simple_loss",
    "You compare the guess with x_0. What this network guesses is the noise.",
    "What would predict_noise say if it were perfect?",
)
def compared_with_x0(x0, predict_noise, alpha_bar, t, eps):
    return (predict_noise(jump(x0, t, alpha_bar, eps), t) - x0).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "You compare the guess with x_t, which the network is shown. It would learn to copy.",
    "What would predict_noise say if it were perfect?",
)
def compared_with_xt(x0, predict_noise, alpha_bar, t, eps):
    xt = jump(x0, t, alpha_bar, eps)
    return (predict_noise(xt, t) - xt).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "That is half of the squared error. This loss has no weights at all, not even the half.",
    "What is one row's error, when each of its dimensions is off by 1?",
)
def halved(x0, predict_noise, alpha_bar, t, eps):
    return 0.5 * slip(x0, predict_noise, alpha_bar, t, eps).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "You add up the errors of a row before you square them, so that one dimension's error can cancel another's.",
    "What is the loss of a row with the errors 1 and -1?",
)
def squared_too_late(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).sum(-1).square().mean()


@wrong(
    "simple_loss",
    "predict_noise is shown x_0 without noise: there is nothing in it that could be guessed.",
    "From which state does a network have to guess the noise?",
)
def clean_input(x0, predict_noise, alpha_bar, t, eps):
    return (predict_noise(x0, t) - eps).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "predict_noise is shown the noise that it has to guess.",
    "From which state does a network have to guess the noise?",
)
def noise_for_input(x0, predict_noise, alpha_bar, t, eps):
    return (predict_noise(eps, t) - eps).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "predict_noise is told that x_t is at step t - 1, where there is less noise than it holds.",
    "At which step is the state that you hand over?",
)
def told_one_step_less(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, lambda x, t: predict_noise(x, t - 1), alpha_bar, t, eps).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "Noise comes on top of x_0, which is not made smaller: the network is shown states that the chain never passes through.",
    "Which function makes x_t?",
)
def noise_on_top(x0, predict_noise, alpha_bar, t, eps):
    xt = x0 + column((1 - alpha_bar[t]).sqrt()) * eps
    return (predict_noise(xt, t) - eps).square().sum(-1).mean()


@wrong(
    "simple_loss",
    "Each row's error is divided by its noise, 1 - alpha_bar[t]. That is a weight, and this loss has none.",
    "Which steps would count more with yours?",
)
def divided_by_the_noise(x0, predict_noise, alpha_bar, t, eps):
    return (slip(x0, predict_noise, alpha_bar, t, eps).square().sum(-1) / (1 - alpha_bar[t])).mean()


@wrong(
    "simple_loss",
    "You return one number for each row; a loss is one number.",
    "What can be minimised, a number or a list?",
)
def one_for_each_row(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, predict_noise, alpha_bar, t, eps).square().sum(-1)


@wrong(
    "simple_loss",
    "The value is right, and no gradient reaches the parameters of predict_noise: its guess is taken out of the history.",
    "Who is to learn from this loss, and along which way?",
)
def guess_taken_out(x0, predict_noise, alpha_bar, t, eps):
    return slip(x0, lambda x, t: predict_noise(x, t).detach(), alpha_bar, t, eps).square().sum(-1).mean()


# --- sample_chain ---


def backwards(predict, alpha_bar, noises, scale=lambda t, path: var_of(t, path).sqrt(), told=0, take=-1, start=None):
    """x_1 of a chain run backwards: with another scale of the noise, another step told, another noise taken."""
    x = noises[-1] if start is None else start
    for step in range(len(alpha_bar) - 1, 1, -1):
        t = every(x, step)
        x = mean_of(predict(x, t + told), x, t, alpha_bar) + column(scale(t, alpha_bar)) * noises[step + take]
    return x


def last_guess(x, predict, told=0):
    return predict(x, every(x, 1 + told))


def spread(alpha_bar):
    return (1 - alpha_bar[1]).sqrt()


@wrong(
    "sample_chain",
    "The last step adds no noise: you return the last guess, the mean of p(x_0|x_1). It looks cleaner, as a mean picture did in "
    "stage 05, but it is no sample of the model that the bound speaks of.",
    "Which variance has p(x_0|x_1) in the bound?",
)
def last_noise_left_out(predict, alpha_bar, noises):
    return last_guess(backwards(predict, alpha_bar, noises), predict)


@wrong(
    "sample_chain",
    "The noise of the last step comes in at full size.",
    "How much noise does the first step of the chain bring, which this one undoes?",
)
def last_noise_not_scaled(predict, alpha_bar, noises):
    return last_guess(backwards(predict, alpha_bar, noises), predict) + noises[0]


@wrong(
    "sample_chain",
    "The noise of the last step is scaled by the variance, 1 - alpha_bar[1], and not by its root.",
    "What does sigma stand for in mean + sigma * noise?",
)
def last_noise_by_its_variance(predict, alpha_bar, noises):
    return last_guess(backwards(predict, alpha_bar, noises), predict) + (1 - alpha_bar[1]) * noises[0]


@wrong(
    "sample_chain",
    "Inside the chain the noise is scaled by the variance of the step, and not by its root.",
    "What does sigma stand for in mean + sigma * noise?",
)
def scaled_by_the_variance(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, var_of)
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "The noise in the chain has the variance of the steps forward. That is another sampler, and a common one; here each step has "
    "the variance that `reverse_posterior` gives.",
    "Which of the two variances did the KLs of the bound assume?",
)
def scaled_by_the_step_forward(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, lambda t, path: (1 - path[t] / path[t - 1]).sqrt())
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "No noise comes in inside the chain: every step goes to its mean, so that only the beginning and the last noise differ from one "
    "sample to the next.",
    "Is x_{t-1} known once x_t and x_0 are?",
)
def no_noise_inside(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, lambda t, path: torch.zeros_like(path[t]))
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "The noise is read backwards: x_T begins with noises[0], and noises[T] comes in last.",
    "Which state does noises[t] belong to?",
)
def noises_read_backwards(predict, alpha_bar, noises):
    noises = noises.flip(0)
    return last_guess(backwards(predict, alpha_bar, noises), predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "You jump back from the guess each time: x_{t-1} is made from it by `noise`, and where x_t was is forgotten. The step that the "
    "bound charges for uses both, the guess and x_t.",
    "Which function gives the mean of x_{t-1} when x_t and a guess for x_0 are known?",
)
def jumped_from_the_guess(predict, alpha_bar, noises):
    x = noises[-1]
    for step in range(len(alpha_bar) - 1, 1, -1):
        x = jump(predict(x, every(x, step)), every(x, step - 1), alpha_bar, noises[step - 1])
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "You take the first guess, made from pure noise, and go no further. It is about the mean of all data.",
    "What can be known of x_0 from x_T?",
)
def one_guess(predict, alpha_bar, noises):
    return predict(noises[-1], every(noises[-1], len(alpha_bar) - 1)) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "You stop at x_1: the last step, from x_1 to x_0, is missing.",
    "How many steps lead from x_T to x_0?",
)
def stopped_at_x1(predict, alpha_bar, noises):
    return backwards(predict, alpha_bar, noises)


@wrong(
    "sample_chain",
    "x_{t-1} is given noises[t], which x_t had already: what is new in x_{t-1} is noises[t - 1].",
    "Which noise has x_T, and which has the state after it?",
)
def noise_used_twice(predict, alpha_bar, noises):
    return last_guess(backwards(predict, alpha_bar, noises, take=0), predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "Your chain runs from t = 1 to T, so the network meets pure noise and is told that there is hardly any.",
    "At which step is a state of pure noise?",
)
def wrong_direction(predict, alpha_bar, noises):
    x = noises[-1]
    for step in range(2, len(alpha_bar)):
        t = every(x, step)
        x = mean_of(predict(x, t), x, t, alpha_bar) + column(var_of(t, alpha_bar).sqrt()) * noises[step - 1]
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "The chain begins at 0, the mean of the prior, in place of a draw from it, noises[T].",
    "What is x_T, before anything is known?",
)
def begun_at_zero(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, start=torch.zeros_like(noises[-1]))
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "You go from x_t to the guess itself, and add the noise of the step to that. The guess is one for x_0, and x_{t-1} lies only a "
    "step from x_t.",
    "What is the mean of x_{t-1}, when x_t is known and the guess is believed?",
)
def guess_as_the_next_state(predict, alpha_bar, noises):
    x = noises[-1]
    for step in range(len(alpha_bar) - 1, 1, -1):
        t = every(x, step)
        x = predict(x, t) + column(var_of(t, alpha_bar).sqrt()) * noises[step - 1]
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "predict is told t - 1 with a state that is at t, so it believes that there is less noise than there is.",
    "At which step is the state that you hand over?",
)
def told_too_little_noise(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, told=-1)
    return last_guess(x, predict, told=-1) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "You draw noise of your own inside the chain; the noise to use is in the argument.",
    "Does your sample change when noises[2] does?",
)
def noise_of_its_own(predict, alpha_bar, noises):
    own = torch.cat([noises[:1], torch.randn_like(noises[1:-1]), noises[-1:]])
    return last_guess(backwards(predict, alpha_bar, own), predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "Your chain does not begin with N(0, I): noises[T] is scaled by what noise q(x_T|x_0) has. The model's prior has variance 1.",
    "Which distribution does the bound compare the end of the path with?",
)
def begun_too_narrow(predict, alpha_bar, noises):
    x = backwards(predict, alpha_bar, noises, start=(1 - alpha_bar[-1]).sqrt() * noises[-1])
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong(
    "sample_chain",
    "The first step back, from x_T to x_{T-1}, is missing: your loop begins at T - 1 with a state that is at T.",
    "How many entries has alpha_bar, and which is the last index?",
)
def first_step_missing(predict, alpha_bar, noises):
    x = noises[-1]
    for step in range(len(alpha_bar) - 2, 1, -1):
        t = every(x, step)
        x = mean_of(predict(x, t), x, t, alpha_bar) + column(var_of(t, alpha_bar).sqrt()) * noises[step - 1]
    return last_guess(x, predict) + spread(alpha_bar) * noises[0]


@wrong("sample_chain", alias_of="last_noise_left_out")
def all_steps_alike(predict, alpha_bar, noises):
    x = noises[-1]
    for step in range(len(alpha_bar) - 1, 0, -1):
        t = every(x, step)
        x = mean_of(predict(x, t), x, t, alpha_bar) + column(var_of(t, alpha_bar).sqrt()) * noises[step - 1]
    return x
