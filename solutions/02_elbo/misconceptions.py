"""Wrong answers to stage 02, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal
from torch.nn import functional as F

from vae_course.checks.bank import wrong


def _weighted(log_joint, log_q):
    """q times (log joint - log q), 0 where q is 0. (B, M)."""
    return torch.where(torch.isneginf(log_q), 0.0, log_q.exp() * (log_joint - log_q))


# --- elbo_exact ---


@wrong(
    "elbo_exact",
    "You average the log joint under q and stop there: log q is not in it. Without its entropy, q does best by "
    "putting all its weight on one state, and the ELBO never reaches log p(x).",
    "What does your value become when q is the posterior, and what should it be?",
)
def entropy_forgotten(log_joint, log_q):
    return (log_q.exp() * log_joint).sum(-1)


@wrong(
    "elbo_exact",
    "You take the plain mean of log joint - log q over the states: a state that q hardly believes in counts as "
    "much as its favourite. Your value is an ELBO only for a q that is the same everywhere.",
    "With which weights does an average under q take its terms?",
)
def plain_mean(log_joint, log_q):
    return (log_joint - log_q).mean(-1)


@wrong(
    "elbo_exact",
    "You add log joint - log q over the states without a weight; every state counts in full, however small its q.",
    "What turns a sum over states into an average under q?",
)
def no_weights(log_joint, log_q):
    return (log_joint - log_q).sum(-1)


@wrong(
    "elbo_exact",
    "You average log joint - log q under the posterior, p(z|x), where it should be under q. That is never below "
    "log p(x): a ceiling, and one that needs the posterior, which nobody has.",
    "From which distribution could you draw z in practice, and which one weighs your terms?",
)
def averaged_under_the_posterior(log_joint, log_q):
    return (torch.softmax(log_joint, -1) * (log_joint - log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "What you return equals log p(x) itself: the same number for every q, so there is nothing left to improve "
    "about q. The log stands outside the average, where nothing is lost.",
    "On which side of the average does the log stand in a bound, and what is lost when it moves?",
)
def the_evidence_itself(log_joint, log_q):
    return torch.logsumexp(log_joint, -1)


@wrong("elbo_exact", alias_of="the_evidence_itself")
def log_of_the_average_weight(log_joint, log_q):
    return torch.log((log_q.exp() * (log_joint - log_q).exp()).sum(-1))


@wrong(
    "elbo_exact",
    "You average the ratios of joint to q over the states, each state alike, and take the log of that: where q is "
    "small a ratio is huge, so the states that q believes in least decide.",
    "Under which distribution is the average taken, and does the log come before it or after?",
)
def log_of_the_plain_mean_ratio(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, -1) - math.log(log_q.shape[-1])


@wrong(
    "elbo_exact",
    "You use log q itself as the weight. Weights are probabilities, between 0 and 1; yours are all negative.",
    "Do the weights that you multiply with add up to 1?",
)
def log_q_as_weight(log_joint, log_q):
    return (log_q * (log_joint - log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "log q comes in with a plus: you take the entropy of q away where it should be added, so a q that commits "
    "itself is rewarded.",
    "Is it joint times q that you take the log of, or joint over q?",
)
def log_q_added(log_joint, log_q):
    return (log_q.exp() * (log_joint + log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "You added up the ELBOs of all rows into one number; every x has an ELBO of its own.",
    "Which of the two axes holds the states, and which the observations?",
)
def summed_over_the_batch(log_joint, log_q):
    return _weighted(log_joint, log_q).sum()


@wrong(
    "elbo_exact",
    "You averaged the ELBOs of all rows into one number; every x has an ELBO of its own.",
    "Which of the two axes holds the states, and which the observations?",
)
def averaged_over_the_batch(log_joint, log_q):
    return _weighted(log_joint, log_q).sum(-1).mean()


@wrong(
    "elbo_exact",
    "You added along the batch and kept the states: what comes out has one number for each state.",
    "Of the axes (B, M), which one should be gone?",
)
def summed_along_the_batch(log_joint, log_q):
    return _weighted(log_joint, log_q).sum(0)


@wrong(
    "elbo_exact",
    "The terms are weighted by q and then averaged over the states once more: your value is the ELBO divided by M.",
    "The weights q add up to 1 already: what does dividing by the number of states do?",
)
def divided_by_the_states(log_joint, log_q):
    return _weighted(log_joint, log_q).mean(-1)


@wrong(
    "elbo_exact",
    "What you return equals minus the ELBO, a loss: better q makes it smaller. An ELBO is larger where it is "
    "better.",
    "Should your value lie below log p(x), or below minus log p(x)?",
)
def negated(log_joint, log_q):
    return -_weighted(log_joint, log_q).sum(-1)


@wrong(
    "elbo_exact",
    "What you return is the entropy of q alone. The joint is not in it, so no x has any say.",
    "Which term rewards a q that sits where the joint is large?",
)
def entropy_alone(log_joint, log_q):
    return -(log_q.exp() * log_q).sum(-1)


@wrong(
    "elbo_exact",
    "You exponentiate the joint: an average of probabilities, less an average of logs. Both belong under the log.",
    "In which unit is each of the two things that you subtract?",
)
def joint_without_its_log(log_joint, log_q):
    return (log_q.exp() * (log_joint.exp() - log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "q is normalised along the batch: in each state your weights add up to 1 over the observations, and over the "
    "states of one observation they do not.",
    "Along which axis does each row of q add up to 1?",
)
def normalised_along_the_batch(log_joint, log_q):
    return (torch.softmax(log_q, 0) * (log_joint - log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "You return the largest term in place of the sum: the log of joint over q at the state where q is highest.",
    "What do the other states of q add?",
)
def at_the_mode_of_q(log_joint, log_q):
    mode = log_q.argmax(-1, keepdim=True)
    return (log_joint - log_q).gather(-1, mode)[:, 0]


@wrong(
    "elbo_exact",
    "The formula is right, and it fails where q leaves a state out: there log q is -inf, your product is 0 times "
    "infinity, and that is NaN; it spoils the whole sum.",
    "What should a state of probability 0 add, and what does your code make of 0 times infinity?",
)
def zero_times_infinity(log_joint, log_q):
    return (log_q.exp() * (log_joint - log_q)).sum(-1)


@wrong("elbo_exact", alias_of="zero_times_infinity")
def two_sums(log_joint, log_q):
    return (log_q.exp() * log_joint).sum(-1) - (log_q.exp() * log_q).sum(-1)


@wrong(
    "elbo_exact",
    "You lift log q to -10 at least: a state that q leaves out gets a probability of e^-10 in your sum, and adds "
    "something to it.",
    "Which probability belongs to a log q of -inf?",
)
def floor_under_log_q(log_joint, log_q):
    log_q = log_q.clamp(min=-10.0)
    return (log_q.exp() * (log_joint - log_q)).sum(-1)


@wrong(
    "elbo_exact",
    "You add 0.001 to every q before its log: no -inf is left, and every state has a log that is not its own, the "
    "believed ones too.",
    "What should your value be when q is exactly the posterior?",
)
def epsilon_in_the_log(log_joint, log_q):
    q = log_q.exp()
    return (q * (log_joint - torch.log(q + 1e-3))).sum(-1)


@wrong(
    "elbo_exact",
    "Where q leaves out a state, you drop the whole observation: its ELBO comes out as 0, and its other states "
    "have plenty to say.",
    "Which terms of this row's sum are NaN, and which are ordinary numbers?",
)
def row_dropped(log_joint, log_q):
    return (log_q.exp() * (log_joint - log_q)).sum(-1).nan_to_num()


@wrong(
    "elbo_exact",
    "The values are right, and q is cut out of the gradient where it weighs the terms: what is left is the log q "
    "in the bracket, whose slope is 0 on average, whatever the joint says.",
    "Along how many paths does log q reach your value, and which of them carry a gradient?",
)
def weights_detached(log_joint, log_q):
    weights = log_q.exp().detach()
    return (weights * torch.where(weights > 0, log_joint - log_q, 0.0)).sum(-1)


@wrong(
    "elbo_exact",
    "The values are right, and the result has no history: nothing can learn from it.",
    "Which call turns a tensor with a history into one without?",
)
def history_cut(log_joint, log_q):
    return _weighted(log_joint, log_q).sum(-1).detach()


@wrong(
    "elbo_exact",
    "The values are right, and the gradient is NaN where q is so small that it is stored as 0: the slope of q log q is "
    "infinite at q = 0, and the chain rule multiplies it by 0. A q that is learned always has such states.",
    "You have log q itself: do you have to take the log of its exponential?",
)
def entropy_of_special_functions(log_joint, log_q):
    q = log_q.exp()
    return torch.einsum("bm,bm->b", q, log_joint) + torch.special.entr(q).sum(1)


@wrong(
    "elbo_exact",
    "The values are right, and where q leaves a state out the gradient is NaN: what you put in place of the NaN comes after it, "
    "and the way back still leads through 0 times infinity.",
    "Which number has to be an ordinary one before q is multiplied with it, and not after?",
)
def nan_put_right_afterwards(log_joint, log_q):
    return torch.nan_to_num(log_q.exp() * (log_joint - log_q), nan=0.0).sum(dim=1)


@wrong("elbo_exact", alias_of="nan_put_right_afterwards")
def chosen_afterwards(log_joint, log_q):
    return torch.where(log_q.isneginf(), 0.0, log_q.exp() * (log_joint - log_q)).sum(-1)


@wrong("elbo_exact", alias_of="nan_put_right_afterwards")
def where_q_is_above_zero(log_joint, log_q):
    q = torch.exp(log_q)
    return torch.where(q > 0, q * (log_joint - log_q), torch.zeros_like(q)).sum(-1)


@wrong("elbo_exact", alias_of="entropy_of_special_functions")
def minus_a_kl_of_torch(log_joint, log_q):
    return -F.kl_div(log_joint, log_q.exp(), reduction="none").sum(-1)


@wrong("elbo_exact", alias_of="entropy_of_special_functions")
def xlogy_for_the_entropy(log_joint, log_q):
    q = log_q.exp()
    return (q * log_joint).sum(-1) - torch.xlogy(q, q).sum(-1)


# --- reconstruction_and_kl ---


@wrong(
    "reconstruction_and_kl",
    "You average over the observations and keep the samples: (K, B) has its samples on the first axis, and one "
    "number for each x should be left.",
    "How many numbers come out, K or B?",
)
def averaged_over_rows(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(1), (log_q - log_prior).mean(1)


@wrong(
    "reconstruction_and_kl",
    "You add up the samples: both terms are K times too large, and grow with every sample that you draw.",
    "What should your answer be when every sample is taken twice?",
)
def summed_over_samples(log_likelihood, log_prior, log_q):
    return log_likelihood.sum(0), (log_q - log_prior).sum(0)


@wrong(
    "reconstruction_and_kl",
    "You weigh the samples by q(z|x) once more. They were drawn from q, so likely codes are among them more often "
    "already; your weights count q twice, and they do not add up to 1 besides.",
    "How does a code that q likes get its larger share in a plain average over samples?",
)
def weighted_by_q(log_likelihood, log_prior, log_q):
    q = log_q.exp()
    return (q * log_likelihood).sum(0), (q * (log_q - log_prior)).sum(0)


@wrong(
    "reconstruction_and_kl",
    "You weigh the samples by q(z|x) once more, and scale the weights so that they add up to 1. The samples were "
    "drawn from q, so q has had its say already: you count it twice.",
    "How does a code that q likes get its larger share in a plain average over samples?",
)
def weighted_by_normalised_q(log_likelihood, log_prior, log_q):
    q = torch.softmax(log_q, 0)
    return (q * log_likelihood).sum(0), (q * (log_q - log_prior)).sum(0)


@wrong(
    "reconstruction_and_kl",
    "You weigh the samples by p(z) over q(z|x): that turns an average under q into one under the prior. The ELBO "
    "averages under q.",
    "Which distribution were the samples drawn from, and which average do you want?",
)
def weighted_towards_the_prior(log_likelihood, log_prior, log_q):
    weights = torch.softmax(log_prior - log_q, 0)
    return (weights * log_likelihood).sum(0), (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "Your first term is the negative of the expected log-likelihood: a loss. Here the larger number is the better "
    "one, and the ELBO is the first less the second.",
    "If the decoder explains x better, should your first number rise or fall?",
)
def a_loss(log_likelihood, log_prior, log_q):
    return -log_likelihood.mean(0), (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "You average the likelihoods and take the log afterwards; that is at least as large, and it belongs to another "
    "bound. Here the log comes first.",
    "For likelihoods of 1 and e^-8, what is the mean of the logs, and what is the log of the mean?",
)
def log_of_the_mean(log_likelihood, log_prior, log_q):
    K = len(log_likelihood)
    return torch.logsumexp(log_likelihood, 0) - math.log(K), (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "Your first number is an average likelihood, not an average log-likelihood: the log was undone.",
    "Can your first number be negative?",
)
def likelihoods_averaged(log_likelihood, log_prior, log_q):
    return log_likelihood.exp().mean(0), (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "The two are there, in the wrong order: the KL stands first.",
    "Which of your two numbers asks how well x is explained?",
)
def swapped(log_likelihood, log_prior, log_q):
    return (log_q - log_prior).mean(0), log_likelihood.mean(0)


@wrong(
    "reconstruction_and_kl",
    "Your first number is the whole ELBO: the KL is taken away in it already, and whoever subtracts the second "
    "counts it twice.",
    "Which densities does the first term need, and which only the second?",
)
def elbo_first(log_likelihood, log_prior, log_q):
    kl = (log_q - log_prior).mean(0)
    return log_likelihood.mean(0) - kl, kl


@wrong(
    "reconstruction_and_kl",
    "Your first number is the average log joint: the prior is in it, and it is in the KL as well.",
    "The joint splits into two logs: which of them goes into which term?",
)
def joint_first(log_likelihood, log_prior, log_q):
    return (log_likelihood + log_prior).mean(0), (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "You average over everything at once, and both terms come out as one number; every x has a pair of its own.",
    "Which axis holds the samples of one x?",
)
def one_number(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(), (log_q - log_prior).mean()


@wrong(
    "reconstruction_and_kl",
    "You keep the best sample in place of the average: the one code out of K that explains x best. That is not "
    "what q offers on the whole.",
    "What happens to your value when K grows, and should it?",
)
def best_sample(log_likelihood, log_prior, log_q):
    return log_likelihood.max(0).values, (log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "You look at the first sample only; the others are not used.",
    "How many numbers of row 0 reach your result?",
)
def first_sample(log_likelihood, log_prior, log_q):
    return log_likelihood[0], (log_q - log_prior)[0]


@wrong(
    "reconstruction_and_kl",
    "You divide by K - 1, as for a variance; an average of K numbers has them all in it.",
    "What should the average of K equal numbers be?",
)
def divided_by_k_minus_one(log_likelihood, log_prior, log_q):
    K = len(log_likelihood)
    return log_likelihood.sum(0) / (K - 1), (log_q - log_prior).sum(0) / (K - 1)


@wrong(
    "reconstruction_and_kl",
    "Your KL has its sign turned round: you average log p(z) - log q, and the ELBO would then be the first plus "
    "the second.",
    "When q commits itself to codes that the prior finds unlikely, should the price rise or fall?",
)
def kl_sign_turned(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_prior - log_q).mean(0)


@wrong(
    "reconstruction_and_kl",
    "The prior is not in your KL: what is left is the average of log q, minus the entropy of q.",
    "A KL compares two distributions: where is the second?",
)
def prior_forgotten(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), log_q.mean(0)


@wrong(
    "reconstruction_and_kl",
    "log q is not in your KL: what is left is the cross-entropy from q to the prior. It is not 0 when q is the "
    "prior.",
    "How much does q cost that is the prior itself?",
)
def cross_entropy_for_kl(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), -log_prior.mean(0)


@wrong(
    "reconstruction_and_kl",
    "You compare q with the likelihood: log q less log p(x|z). That is not a KL; the likelihood is no distribution "
    "over z.",
    "Which density of z is there before x is seen?",
)
def likelihood_for_prior(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_likelihood).mean(0)


@wrong(
    "reconstruction_and_kl",
    "Your second number is minus the ELBO: the likelihood is in it. It estimates the KL to the posterior but for "
    "log p(x), and the price here is the KL to the prior.",
    "Two KLs occur in this stage: which one is a term of the ELBO, and which is the gap?",
)
def the_other_kl(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_prior - log_likelihood).mean(0)


@wrong(
    "reconstruction_and_kl",
    "In the KL the samples are weighted by q once more, as if they were all the states there are. They were drawn "
    "from q: a plain average has the weights in it already.",
    "When is a sum of q times a value an average, and when is a mean over samples?",
)
def samples_as_states(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q.exp() * (log_q - log_prior)).sum(0)


@wrong("reconstruction_and_kl", alias_of="samples_as_states")
def torch_kl_div(log_likelihood, log_prior, log_q):
    kl = torch.nn.functional.kl_div(log_prior, log_q, log_target=True, reduction="none").sum(0)
    return log_likelihood.mean(0), kl


@wrong(
    "reconstruction_and_kl",
    "The expected log-likelihood is an average, and the KL a sum over the samples: K times too large, so that "
    "drawing more samples makes the code dearer.",
    "What should the price be when every sample is taken twice?",
)
def kl_summed(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_prior).sum(0)


@wrong(
    "reconstruction_and_kl",
    "The KL is averaged over the batch and comes out as one number; every q has a price of its own.",
    "Which axis does the average go along?",
)
def kl_of_the_batch(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_prior).mean()


@wrong(
    "reconstruction_and_kl",
    "Your KL is cut off at 0. A KL is never negative, but an estimate of it from a few samples may be, and cutting "
    "makes the average over many such estimates too large.",
    "What happens to an average when all its negative terms are raised to 0?",
)
def kl_clamped(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_prior).mean(0).clamp(min=0)


@wrong(
    "reconstruction_and_kl",
    "Each difference has lost its sign before the average. Samples where the prior is above q count against the "
    "price, and the KL needs them.",
    "If two samples give -0.3 and 0.5, what is their average?",
)
def kl_of_absolute_values(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q - log_prior).abs().mean(0)


@wrong(
    "reconstruction_and_kl",
    "You average q over p(z) and take the log afterwards; the average of the log ratio was asked for, and it is "
    "smaller.",
    "Does the log in a KL stand inside the average or outside?",
)
def kl_log_of_the_mean(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), torch.logsumexp(log_q - log_prior, 0) - math.log(len(log_q))


@wrong(
    "reconstruction_and_kl",
    "Your KL has p(z)/q - 1 added at every sample. In the long run that averages to 0, so this estimates the KL "
    "too, and is never negative; the plain average of the log ratio was asked for, and from K samples it is "
    "another number.",
    "Which of your terms is not a log?",
)
def kl_never_negative(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), ((log_prior - log_q).exp() - 1 + log_q - log_prior).mean(0)


@wrong(
    "reconstruction_and_kl",
    "Your KL is half the average square of the log ratio: near the truth where q and the prior are close, and only "
    "there.",
    "Which of your operations is not in the definition of a KL?",
)
def kl_of_squares(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (0.5 * (log_q - log_prior) ** 2).mean(0)


@wrong(
    "reconstruction_and_kl",
    "You subtract densities in place of their logs.",
    "In which unit is the difference that you average: nats, or a density?",
)
def kl_of_densities(log_likelihood, log_prior, log_q):
    return log_likelihood.mean(0), (log_q.exp() - log_prior.exp()).mean(0)


# --- evidence_gap ---


def _floor(log_joint, log_q):
    """The ELBO, (B,)."""
    return _weighted(log_joint, log_q).sum(-1)


@wrong(
    "evidence_gap",
    "What you return is the gap with its sign turned round: the ELBO is below log p(x), so the ELBO less log p(x) "
    "is never positive.",
    "Which of the two is the larger number?",
)
def negative_gap(log_joint, log_q):
    return _floor(log_joint, log_q) - torch.logsumexp(log_joint, -1)


@wrong(
    "evidence_gap",
    "What you return is the ELBO itself, and the gap is what it lacks.",
    "At q = posterior, is your value 0?",
)
def the_elbo_itself(log_joint, log_q):
    return _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "What you return is log p(x) itself; q is not in it, so no q could ever close the gap.",
    "How far below it does the ELBO lie?",
)
def the_evidence(log_joint, log_q):
    return torch.logsumexp(log_joint, -1)


@wrong(
    "evidence_gap",
    "What you return equals minus the ELBO: the KL to the joint, which does not add up to 1. The posterior is the "
    "joint divided by p(x), and log p(x) is what is missing.",
    "Over the states, what do the probabilities that you compare q with add up to?",
)
def posterior_not_normalised(log_joint, log_q):
    return -_floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "What you return is KL(posterior || q), the roles exchanged: you average under the posterior. It is 0 in the "
    "same place, and elsewhere another number; it is infinite as soon as q leaves out a state.",
    "Under which of the two distributions does the ELBO take its average?",
)
def roles_exchanged(log_joint, log_q):
    log_p = torch.log_softmax(log_joint, -1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


@wrong(
    "evidence_gap",
    "You add both directions, KL(q || posterior) and KL(posterior || q); only the first is what the ELBO lacks.",
    "Which of the two averages under q?",
)
def both_directions(log_joint, log_q):
    log_p = torch.log_softmax(log_joint, -1)
    return ((log_q.exp() - log_p.exp()) * (log_q - log_p)).sum(-1)


@wrong(
    "evidence_gap",
    "What you return is the KL from q to a prior that is the same in every state: log M less the entropy of q. x "
    "is not in it. The gap is the KL to the posterior.",
    "Two KLs occur in this stage: which of them knows x?",
)
def kl_to_a_flat_prior(log_joint, log_q):
    entropy = -torch.where(torch.isneginf(log_q), 0.0, log_q.exp() * log_q).sum(-1)
    return math.log(log_q.shape[-1]) - entropy


@wrong(
    "evidence_gap",
    "You take only the expected log joint from log p(x): the entropy of q is lost, and your gap is too large by "
    "just that. Even the posterior would not close it.",
    "Which other average makes up the ELBO?",
)
def entropy_lost(log_joint, log_q):
    return torch.logsumexp(log_joint, -1) - (log_q.exp() * log_joint).sum(-1)


@wrong("evidence_gap", alias_of="entropy_lost")
def cross_entropy_to_the_posterior(log_joint, log_q):
    return -(log_q.exp() * torch.log_softmax(log_joint, -1)).sum(-1)


@wrong(
    "evidence_gap",
    "You put the largest joint in place of p(x): the other states are missing in it, so your gap comes out too "
    "small, and negative at the posterior.",
    "How does p(x) come from the joint: by its largest state, or by all of them?",
)
def largest_joint_for_evidence(log_joint, log_q):
    return log_joint.max(-1).values - _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "You add the log joints in place of the joints: a sum of logs is the log of a product, and p(x) is a sum.",
    "What has to be added over the states: logs, or probabilities?",
)
def sum_of_logs_for_evidence(log_joint, log_q):
    return log_joint.sum(-1) - _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "You average the joint over the states in place of adding it: your gap is too small by log M.",
    "Is p(x) the sum over z of p(x, z), or its mean?",
)
def mean_joint_for_evidence(log_joint, log_q):
    log_mean = torch.logsumexp(log_joint, -1) - math.log(log_joint.shape[-1])
    return log_mean - _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "You compute p(x), and subtract an ELBO from it without taking the log: a probability less nats.",
    "In which unit is each of the two things that you subtract?",
)
def evidence_without_its_log(log_joint, log_q):
    return log_joint.exp().sum(-1) - _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "You look at one state, where q is highest: the log of q over the posterior there. The KL averages that over "
    "all states of q.",
    "What do the other states say, with their weights?",
)
def at_the_mode_of_q_only(log_joint, log_q):
    mode = log_q.argmax(-1, keepdim=True)
    return (log_q - torch.log_softmax(log_joint, -1)).gather(-1, mode)[:, 0]


@wrong(
    "evidence_gap",
    "You measure how far q and the posterior are apart by half the sum of |q - p|. That is a distance between 0 "
    "and 1, not what the ELBO lacks in nats.",
    "Is there a log in the distance that you compute?",
)
def half_the_absolute_differences(log_joint, log_q):
    return 0.5 * (log_q.exp() - torch.softmax(log_joint, -1)).abs().sum(-1)


@wrong(
    "evidence_gap",
    "You drop the sign of every term before you add them. The terms where the posterior is above q are negative, "
    "and a KL needs them.",
    "Which terms of a KL are below 0, and must the sum be?",
)
def absolute_terms(log_joint, log_q):
    return _weighted(torch.log_softmax(log_joint, -1), log_q).abs().sum(-1)


@wrong(
    "evidence_gap",
    "You take the mean of log q - log p(z|x) over the states, each state alike; the gap weighs them by q.",
    "With which weights does an average under q take its terms?",
)
def plain_mean_of_log_ratios(log_joint, log_q):
    return (log_q - torch.log_softmax(log_joint, -1)).mean(-1)


@wrong(
    "evidence_gap",
    "What you return is half the gap: there is no half in front of a KL.",
    "Where does your half come from?",
)
def half_the_gap(log_joint, log_q):
    return 0.5 * (torch.logsumexp(log_joint, -1) - _floor(log_joint, log_q))


@wrong(
    "evidence_gap",
    "What you return is the gap in bits: it is divided by log 2. Everything here is in nats.",
    "Which base has the log in your answer?",
)
def in_bits(log_joint, log_q):
    return (torch.logsumexp(log_joint, -1) - _floor(log_joint, log_q)) / math.log(2)


@wrong(
    "evidence_gap",
    "You divide the KL by the number of states: its terms carry their weights already.",
    "What do the weights q add up to?",
)
def gap_over_states(log_joint, log_q):
    return -_weighted(torch.log_softmax(log_joint, -1), log_q).mean(-1)


@wrong(
    "evidence_gap",
    "You added up the gaps of all rows into one number; every x has a gap of its own.",
    "Which axis should be left?",
)
def gaps_added_up(log_joint, log_q):
    return (torch.logsumexp(log_joint, -1) - _floor(log_joint, log_q)).sum()


@wrong(
    "evidence_gap",
    "The posterior is normalised along the batch: you divide the joint by its sum over the observations, not over "
    "the states.",
    "Over which axis does p(z|x) add up to 1?",
)
def normalised_over_rows(log_joint, log_q):
    return -_floor(torch.log_softmax(log_joint, 0), log_q)


@wrong(
    "evidence_gap",
    "You subtract two plain sums over the states, with no weights: of log q, and of the log posterior.",
    "Under which distribution is the average taken?",
)
def plain_sum_of_log_ratios(log_joint, log_q):
    return (log_q - torch.log_softmax(log_joint, -1)).sum(-1)


@wrong(
    "evidence_gap",
    "The formula is right, and it fails where q leaves a state out: there log q is -inf, 0 times infinity is NaN, "
    "and it spoils the whole sum.",
    "What should a state of probability 0 add?",
)
def nan_from_empty_states(log_joint, log_q):
    return (log_q.exp() * (log_q - torch.log_softmax(log_joint, -1))).sum(-1)


@wrong(
    "evidence_gap",
    "States that q leaves out are taken out of p(x) as well. q may ignore them, but the evidence does not: what "
    "they hold is part of the gap.",
    "If q leaves out half of the posterior, what should its gap be at least?",
)
def empty_states_taken_out_of_the_evidence(log_joint, log_q):
    kept = log_joint.masked_fill(torch.isneginf(log_q), -math.inf)
    return torch.logsumexp(kept, -1) - _floor(log_joint, log_q)


@wrong(
    "evidence_gap",
    "Where q leaves out a state, your gap comes out as 0, as if q were perfect: the NaN of one term has wiped out "
    "the row.",
    "Which terms of this row's sum are NaN, and which are ordinary numbers?",
)
def nan_wiped_away(log_joint, log_q):
    return (log_q.exp() * (log_q - torch.log_softmax(log_joint, -1))).sum(-1).nan_to_num()


@wrong(
    "evidence_gap",
    "You lift log q to -10 at least: a state that q leaves out gets a probability of e^-10 in your sum, and adds "
    "something to it.",
    "Which probability belongs to a log q of -inf?",
)
def floor_under_q(log_joint, log_q):
    log_q = log_q.clamp(min=-10.0)
    return (log_q.exp() * (log_q - torch.log_softmax(log_joint, -1))).sum(-1)


# --- elbo_monte_carlo ---


def _log_prior(z):
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


@wrong(
    "elbo_monte_carlo",
    "The prior is not in your average: log p(x|z) less log q. Codes far from 0 cost nothing then.",
    "The joint of x and z has two factors: which one is missing?",
)
def prior_left_out(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "log q is not in your average: what you return is the expected log joint, an ELBO without the entropy of q.",
    "What would your value be at the exact posterior, and is it log p(x)?",
)
def log_q_left_out(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z)).mean(0)


@wrong(
    "elbo_monte_carlo",
    "Only the expected log-likelihood is left: neither the prior nor q is in your average, so a code costs nothing "
    "at all.",
    "Which of the two terms of the ELBO is this?",
)
def reconstruction_only(x, decoder, z, log_q):
    return decoder.log_likelihood(x, z).mean(0)


@wrong(
    "elbo_monte_carlo",
    "log q comes in with a plus: you reward a q that commits itself, where it should pay for it.",
    "Is it joint times q that you take the log of, or joint over q?",
)
def log_q_with_a_plus(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) + log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "The log prior comes in with a minus: codes far from 0 gain by it.",
    "When z moves away from 0, should the ELBO rise or fall by the prior?",
)
def log_prior_with_a_minus(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) - _log_prior(z) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "You average the log prior over the Z dimensions of a code: independent dimensions add.",
    "What is the log of a product of Z densities?",
)
def prior_averaged_over_dimensions(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).mean(-1) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "You add the log prior up over all axes: each sample of each row gets the prior of all samples of all rows.",
    "Over which axis of z (K, B, Z) do the dimensions of one code lie?",
)
def prior_of_everything(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum() - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "The constant of the log prior is lost: your value is too large by half of log 2 pi for every dimension of z. "
    "log q has its constants, so they do not cancel.",
    "What is log p(z) at z = 0?",
)
def prior_constant_lost(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) - 0.5 * z.square().sum(-1) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "The constant of the log prior is there once, and every dimension of z has one.",
    "What is log p(z) at z = 0, when z has Z dimensions?",
)
def prior_constant_once(x, decoder, z, log_q):
    log_prior = -0.5 * (z.square().sum(-1) + math.log(2 * math.pi))
    return (decoder.log_likelihood(x, z) + log_prior - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "The half in front of z^2 is lost in your log prior.",
    "How much lower is the log of a standard Gaussian at z = 1 than at z = 0?",
)
def prior_half_lost(x, decoder, z, log_q):
    log_prior = -(z.square() + 0.5 * math.log(2 * math.pi)).sum(-1)
    return (decoder.log_likelihood(x, z) + log_prior - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "Your prior has the standard deviation of the decoder's noise; the prior of z is N(0, I), whatever the noise "
    "of x.",
    "To which variable does decoder.sigma belong?",
)
def prior_as_wide_as_the_noise(x, decoder, z, log_q):
    log_prior = Normal(0.0, decoder.sigma).log_prob(z).sum(-1)
    return (decoder.log_likelihood(x, z) + log_prior - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "Your prior is a density, not its log: you add a small number where a negative one belongs.",
    "In which unit is each of the things that you add?",
)
def prior_without_its_log(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z).exp() - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "You average over the batch as well, and one number comes out; every x has an ELBO of its own.",
    "Which axis of (K, B) holds the samples of one x?",
)
def averaged_over_all(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) - log_q).mean()


@wrong(
    "elbo_monte_carlo",
    "You average over the observations and keep the samples.",
    "How many numbers come out, K or B?",
)
def averaged_over_observations(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) - log_q).mean(-1)


@wrong(
    "elbo_monte_carlo",
    "You average the weights p(x, z) / q(z|x) first and take the log afterwards. That is a bound too, a higher "
    "one, and not the ELBO: here the log comes first.",
    "On which side of the average does the log stand in the ELBO?",
)
def log_of_the_mean_weight(x, decoder, z, log_q):
    log_w = decoder.log_likelihood(x, z) + _log_prior(z) - log_q
    return torch.logsumexp(log_w, 0) - math.log(len(z))


@wrong(
    "elbo_monte_carlo",
    "You add up the samples: your value is K times too large.",
    "What should it be when every sample is taken twice?",
)
def summed_over_the_samples(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) - log_q).sum(0)


@wrong(
    "elbo_monte_carlo",
    "You weigh the samples by q once more. They were drawn from q, so codes that q likes are among them more often "
    "already.",
    "How does a likely code get its larger share in a plain average over samples?",
)
def samples_weighted_by_q(x, decoder, z, log_q):
    return (log_q.exp() * (decoder.log_likelihood(x, z) + _log_prior(z) - log_q)).sum(0)


@wrong(
    "elbo_monte_carlo",
    "You weigh the samples by q once more, with weights that add up to 1. They were drawn from q, so codes that q "
    "likes are among them more often already.",
    "How does a likely code get its larger share in a plain average over samples?",
)
def samples_weighted_by_scaled_q(x, decoder, z, log_q):
    log_w = decoder.log_likelihood(x, z) + _log_prior(z) - log_q
    return (torch.softmax(log_q, 0) * log_w).sum(0)


@wrong(
    "elbo_monte_carlo",
    "You weigh each sample by its share of p(x, z) / q: that leans towards the posterior, and the average is no "
    "longer one under q. A value above log p(x) may come of it.",
    "Under which distribution does the ELBO take its average?",
)
def samples_weighted_by_importance(x, decoder, z, log_q):
    log_w = decoder.log_likelihood(x, z) + _log_prior(z) - log_q
    return (torch.softmax(log_w, 0) * log_w).sum(0)


@wrong(
    "elbo_monte_carlo",
    "You score every x with the codes of all observations and average over all pairs. z[k, b] was drawn for x[b] "
    "alone, and for another x it is a poor explanation.",
    "With how many codes should x[0] be compared: K, or K times B?",
)
def all_pairs(x, decoder, z, log_q):
    log_joint = decoder.log_likelihood(x[:, None], z.flatten(0, 1)) + _log_prior(z.flatten(0, 1))  # (B, K B)
    return (log_joint - log_q.flatten()).mean(-1)


@wrong(
    "elbo_monte_carlo",
    "You average over all pairs in the likelihood only: the prior and q are taken where they belong, and x meets "
    "the codes of the other observations.",
    "z[k, b] belongs to x[b]: where do your rows meet?",
)
def likelihood_of_all_pairs(x, decoder, z, log_q):
    expected = decoder.log_likelihood(x[:, None], z.flatten(0, 1)).mean(-1)
    return expected + (_log_prior(z) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "In place of log p(z) and log q you use the closed form of the KL, with the mean and the spread of the samples "
    "for those of q. That guesses that q is a Gaussian, from few samples; log q was given to you.",
    "Which argument does your function not use?",
)
def closed_form_from_the_moments(x, decoder, z, log_q):
    mu, var = z.mean(0), z.var(0)
    kl = 0.5 * (mu.square() + var - var.log() - 1).sum(-1)
    return decoder.log_likelihood(x, z).mean(0) - kl


@wrong(
    "elbo_monte_carlo",
    "You average the codes first and decode their mean: the likelihood at the mean code is not the mean of the "
    "likelihoods, since the spread of q is gone.",
    "In the ELBO, what is averaged: z, or a function of z?",
)
def likelihood_at_the_mean_code(x, decoder, z, log_q):
    return decoder.log_likelihood(x, z.mean(0)) + (_log_prior(z) - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "You take the squared error for the log-likelihood: halved and negative, but without the noise of the decoder, "
    "and without its constant.",
    "Where is decoder.sigma in your answer?",
)
def squared_error_for_likelihood(x, decoder, z, log_q):
    misfit = 0.5 * (x - decoder(z)).square().sum(-1)
    return (_log_prior(z) - misfit - log_q).mean(0)


@wrong(
    "elbo_monte_carlo",
    "You use the first sample only; the other K - 1 do not reach your answer.",
    "How many numbers of row 0 does your average have?",
)
def one_sample(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) - log_q)[0]


@wrong(
    "elbo_monte_carlo",
    "You keep the best sample in place of the average.",
    "What happens to your value when K grows, and should it?",
)
def the_best_sample(x, decoder, z, log_q):
    return (decoder.log_likelihood(x, z) + _log_prior(z) - log_q).max(0).values


@wrong(
    "elbo_monte_carlo",
    "What you return equals minus the ELBO, a loss; an ELBO is larger where it is better.",
    "Should your value lie below log p(x), or below minus log p(x)?",
)
def a_loss_again(x, decoder, z, log_q):
    return (log_q - _log_prior(z) - decoder.log_likelihood(x, z)).mean(0)


# --- linear_gaussian_encoder ---


def _precision(W, sigma):
    """sigma squared times the precision of the posterior, (Z, Z)."""
    return W.T @ W + sigma**2 * torch.eye(W.shape[1], dtype=W.dtype)


def _best(x, W, sigma):
    M = _precision(W, sigma)
    mu = x @ W @ torch.linalg.inv(M)
    return mu, (sigma / M.diagonal().sqrt()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "Your mean is the code that fits x best, by least squares. The prior is not in it; it pulls every code towards "
    "0, the more the noisier x is.",
    "What should the mean be when sigma is enormous and x tells nothing?",
)
def least_squares(x, W, sigma):
    return x @ torch.linalg.pinv(W).T, _best(x, W, sigma)[1]


@wrong("linear_gaussian_encoder", alias_of="least_squares")
def lstsq(x, W, sigma):
    return torch.linalg.lstsq(W, x.T, driver="gelsd").solution.T, _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "Your mean is W'x as it is. That says into which direction x pulls each code, and not how far; nothing holds "
    "it back, neither the prior nor what the other codes explain already.",
    "If one column of W is twice as long, should its code come out twice as large?",
)
def transpose_only(x, W, sigma):
    return x @ W, _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "Your mean is W'x / sigma^2: the pull of x in units of the noise, and nothing to hold it back.",
    "Where does the pull of x balance the pull of the prior?",
)
def pull_of_x(x, W, sigma):
    return x @ W / sigma**2, _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "In M you add sigma, and the noise enters by its variance, sigma^2.",
    "In which unit is W'W, and in which is what you add to it?",
)
def sigma_not_squared(x, W, sigma):
    M = W.T @ W + sigma * torch.eye(W.shape[1], dtype=W.dtype)
    return x @ W @ torch.linalg.inv(M), (sigma / M.diagonal().sqrt()).expand(len(x), -1)


@wrong(
    "linear_gaussian_encoder",
    "In M you add I as it is: right for noise of sigma = 1, and only there.",
    "The larger the noise, the more the prior should count: does it in yours?",
)
def identity_without_noise(x, W, sigma):
    M = W.T @ W + torch.eye(W.shape[1], dtype=W.dtype)
    return x @ W @ torch.linalg.inv(M), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "You add sigma^2 to every entry of W'W, off the diagonal too. The prior holds each code back by itself, and "
    "does not tie one to another.",
    "What does the matrix I look like, next to a number that is added to a matrix?",
)
def added_to_every_entry(x, W, sigma):
    M = W.T @ W + sigma**2
    return x @ W @ torch.linalg.pinv(M), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "You multiply W'W by sigma^2, and the noise belongs on the other side: it divides what x has to say.",
    "The larger the noise, the less x should count: does it in yours?",
)
def noise_on_the_wrong_side(x, W, sigma):
    M = sigma**2 * W.T @ W + torch.eye(W.shape[1], dtype=W.dtype)
    return x @ W @ torch.linalg.inv(M), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "Your mean divides W'x by the diagonal of M only. The columns of W are not at right angles, so two codes can "
    "explain the same part of x, and yours explain it twice.",
    "q is diagonal; is the matrix that gives its mean?",
)
def diagonal_mean(x, W, sigma):
    return x @ W / _precision(W, sigma).diagonal(), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "Your mean is divided by sigma^2 once too often: M has taken up the noise already.",
    "How often does the noise enter your mean, and how often should it?",
)
def noise_counted_twice(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu / sigma**2, width


@wrong(
    "linear_gaussian_encoder",
    "Your mean is the covariance of the posterior times W'x: it vanishes with the noise, though a noiseless x says "
    "most about z.",
    "How many times does sigma^2 enter your mean, and on which side?",
)
def covariance_times_transpose(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu * sigma**2, width


@wrong(
    "linear_gaussian_encoder",
    "You subtract the mean of the batch from x first. The model has its centre at 0, and a row's code would now "
    "depend on the other rows.",
    "What should the code of x be when it is the only row?",
)
def centred_batch(x, W, sigma):
    return _best(x - x.mean(0), W, sigma)


@wrong(
    "linear_gaussian_encoder",
    "You take the inverse of M entry by entry: 1 over each number is not the inverse of a matrix.",
    "What should M times its inverse be?",
)
def inverse_by_entries(x, W, sigma):
    return x @ W @ (1 / _precision(W, sigma)), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "You multiply by M where you should undo it: the mean is M times W'x.",
    "When W grows, should the code that explains the same x grow or shrink?",
)
def multiplied_by_m(x, W, sigma):
    return x @ W @ _precision(W, sigma), _best(x, W, sigma)[1]


@wrong(
    "linear_gaussian_encoder",
    "Your first result is W times the mean: the x that the code explains, in the space of x. The code itself was "
    "asked for.",
    "How many numbers should a code have, Z or D?",
)
def reconstruction_for_code(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu @ W.T, width


@wrong(
    "linear_gaussian_encoder",
    "Your mean has its sign turned round: where x pulls to the right, it goes to the left.",
    "For W = 1 and x = 1.5, on which side of 0 should z be?",
)
def mean_turned_round(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return -mu, width


@wrong(
    "linear_gaussian_encoder",
    "Your mean is 0 for every x, as if q were the prior: such a q explains x no better than by chance.",
    "Where does x enter your answer?",
)
def prior_for_every_x(x, W, sigma):
    return torch.zeros(len(x), W.shape[1], dtype=x.dtype), torch.ones(len(x), W.shape[1], dtype=x.dtype)


@wrong(
    "linear_gaussian_encoder",
    "The two are there, in the wrong order: the standard deviations stand first.",
    "Which of your two results depends on x?",
)
def pair_swapped(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return width, mu


@wrong(
    "linear_gaussian_encoder",
    "What you return is the standard deviation of each code in the posterior, with the others free to move along. "
    "That is the best one for the other KL, from the posterior to q. The ELBO averages under q, whose codes do not "
    "move together: it wants a narrower one.",
    "If the other codes are held where they are, how far may this one go?",
)
def marginal_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (sigma * torch.linalg.inv(_precision(W, sigma)).diagonal().sqrt()).expand_as(mu)


@wrong("linear_gaussian_encoder", alias_of="marginal_spread")
def rows_of_the_root(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    root = torch.linalg.cholesky(sigma**2 * torch.linalg.inv(_precision(W, sigma)))
    return mu, root.square().sum(-1).sqrt().expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "What you return is the variance; the standard deviation is its root.",
    "In which unit is a standard deviation of z?",
)
def variance_for_spread(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu, width**2


@wrong(
    "linear_gaussian_encoder",
    "What you return is the variance of each code in the posterior. It is no standard deviation, and it is that of "
    "the other KL besides: the ELBO wants the spread of one code while the others hold still.",
    "Which root is missing, and which diagonal did you take: the one of the precision, or of its inverse?",
)
def marginal_variance(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (sigma**2 * torch.linalg.inv(_precision(W, sigma)).diagonal()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "What you return is the log of the variance; the standard deviation itself was asked for.",
    "Can a standard deviation be negative?",
)
def logvar_for_spread(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu, 2 * width.log()


@wrong(
    "linear_gaussian_encoder",
    "The prior is not in your spread: the diagonal is that of W'W alone. The prior knows each code to within 1 "
    "before any x, and x can only add to that.",
    "If a column of W were 0, x would say nothing about that code: what should its sigma be?",
)
def spread_without_prior(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (sigma / W.square().sum(0).sqrt()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "Your spread is 1 over the root of M's diagonal: you take M for the precision of the posterior, and it is not "
    "quite that.",
    "For W = 1 and sigma^2 = 0.5 the posterior variance is 1/3: which variance do you get?",
)
def noise_lost_in_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (1 / _precision(W, sigma).diagonal().sqrt()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "Your spread is too small, or too large, by the factor sigma: the noise enters it once too often.",
    "In which unit is your result: that of z, or something else?",
)
def noise_squared_in_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (sigma**2 / _precision(W, sigma).diagonal().sqrt()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "The root is lost: sigma is divided by the diagonal of M itself.",
    "Is a diagonal entry of M like a variance, or like a standard deviation?",
)
def root_lost_in_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, (sigma / _precision(W, sigma).diagonal()).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "What you return is the root of the precision, 1 / sigma of q, upside down: where x says much about a code, it "
    "is large.",
    "When the noise shrinks, should sigma of q grow or shrink?",
)
def precision_for_spread(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu, 1 / width


@wrong(
    "linear_gaussian_encoder",
    "The numbers are right, and there is one row of them; every x gets a sigma of its own here, even if all are "
    "the same.",
    "Which shape has mu?",
)
def one_row_of_spreads(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu, width[0]


@wrong(
    "linear_gaussian_encoder",
    "You return the noise of x for the spread of z.",
    "sigma belongs to x given z: what is the spread of z given x?",
)
def noise_for_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, torch.full_like(mu, sigma)


@wrong(
    "linear_gaussian_encoder",
    "Your spread is 1 everywhere, that of the prior: as if x said nothing about z.",
    "After x is seen, is z known better than before?",
)
def prior_for_spread(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, torch.ones_like(mu)


@wrong(
    "linear_gaussian_encoder",
    "You measure how far the means of the batch are apart. That is the spread between observations; the spread of "
    "q is what stays unknown about one z when its x is known.",
    "What should sigma be when the batch has one row?",
)
def spread_of_the_means(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    return mu, mu.std(0, correction=0).expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "You take the diagonal of a Cholesky root of the covariance: each code's spread when those before it are "
    "known, and those after it are not. It depends on the order of the codes.",
    "If you number the codes in another order, should their sigmas change?",
)
def diagonal_of_the_root(x, W, sigma):
    mu, _ = _best(x, W, sigma)
    root = torch.linalg.cholesky(sigma**2 * torch.linalg.inv(_precision(W, sigma)))
    return mu, root.diagonal().expand_as(mu)


@wrong(
    "linear_gaussian_encoder",
    "All your codes share one spread, the mean of the best ones; each code has its own.",
    "If one column of W is longer than another, which code is known better?",
)
def one_spread_for_all(x, W, sigma):
    mu, width = _best(x, W, sigma)
    return mu, width.mean(-1, keepdim=True).expand_as(mu)


# --- fit_posterior ---


def _joint(x, decoder, z_grid):
    """The log joint on the grid, (B, G), and the grid's points, (G,)."""
    grid = z_grid[:, 0]
    return log_joint(x, decoder, z_grid) + torch.log(grid[1] - grid[0]), grid


def _scores(grid, mu, logvar):
    return -0.5 * (grid - mu) ** 2 / logvar.exp()


def _climb(worth, rows, dtype, steps, keep_gradients=False):
    """mu and logvar, (rows, 1) each, after `steps` steps of Adam up the hill `worth(mu, logvar)`."""
    mu = torch.full((rows, 1), 0.5, dtype=dtype, requires_grad=True)
    logvar = torch.full((rows, 1), -1.0, dtype=dtype, requires_grad=True)
    optimiser = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(steps):
        if not keep_gradients:
            optimiser.zero_grad()
        (-worth(mu, logvar).sum()).backward()
        optimiser.step()
    return mu.detach(), logvar.detach()


def _given(mu, logvar):
    """What is returned: mu and sigma, (B,) each."""
    return mu[:, 0], torch.exp(0.5 * logvar[:, 0])


def _fitted(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), -1)), len(x), x.dtype, steps
    )


@wrong(
    "fit_posterior",
    "Your q is the prior, N(0, 1), for every x: it was put there, or it started there and never moved. Its KL to "
    "the prior is 0, and x has no say.",
    "Which KL does the gap measure: the one to the prior, or the one to the posterior?",
)
def the_prior(x, decoder, z_grid, steps):
    return torch.zeros(len(x), dtype=x.dtype), torch.ones(len(x), dtype=x.dtype)


@wrong(
    "fit_posterior",
    "Your weights are heights of the Gaussian's density, and they need not add up to 1 on the grid. So q "
    "found a way out: narrow, and hidden between two points, it weighs nothing, and the sum comes out near 0, "
    "above log p(x).",
    "Do your weights still add up to 1 when sigma is smaller than the spacing?",
)
def density_times_spacing(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    spacing = torch.log(grid[1] - grid[0])

    def worth(mu, logvar):
        log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(grid) + spacing
        return elbo_exact(joint, log_q)

    return _given(*_climb(worth, len(x), x.dtype, steps))


@wrong(
    "fit_posterior",
    "You climb the expected log joint, and the entropy of q is not in it. Nothing rewards width then: sigma "
    "shrinks until q is a point on the highest joint.",
    "Which term of the ELBO falls when sigma shrinks?",
)
def entropy_not_climbed(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: (torch.softmax(_scores(grid, mu, logvar), -1) * joint).sum(-1), len(x), x.dtype, steps
    ))


@wrong(
    "fit_posterior",
    "You climb the expected log-likelihood by itself: q costs nothing, so it becomes a point on the code that "
    "explains x best.",
    "The ELBO has two terms: which one is missing, and what would it do to such a q?",
)
def likelihood_alone(x, decoder, z_grid, steps):
    _, grid = _joint(x, decoder, z_grid)
    fit = decoder.log_likelihood(x[:, None], z_grid)
    return _given(*_climb(
        lambda mu, logvar: (torch.softmax(_scores(grid, mu, logvar), -1) * fit).sum(-1), len(x), x.dtype, steps
    ))


@wrong(
    "fit_posterior",
    "The prior is not in what you climb: your q approaches the likelihood, taken as a density of z. Codes far from "
    "0 cost nothing.",
    "Which of the two factors of the joint pulls every code towards 0?",
)
def prior_not_climbed(x, decoder, z_grid, steps):
    _, grid = _joint(x, decoder, z_grid)
    fit = decoder.log_likelihood(x[:, None], z_grid)
    return _given(*_climb(
        lambda mu, logvar: elbo_exact(fit, torch.log_softmax(_scores(grid, mu, logvar), -1)), len(x), x.dtype, steps
    ))


@wrong(
    "fit_posterior",
    "Your second result is the log-variance that you climbed with, not sigma.",
    "Can a standard deviation be negative?",
)
def logvar_returned(x, decoder, z_grid, steps):
    mu, logvar = _fitted(x, decoder, z_grid, steps)
    return mu[:, 0], logvar[:, 0]


@wrong(
    "fit_posterior",
    "Your second result is the variance; the standard deviation is its root.",
    "In which unit is a standard deviation of z?",
)
def variance_returned(x, decoder, z_grid, steps):
    mu, logvar = _fitted(x, decoder, z_grid, steps)
    return mu[:, 0], logvar[:, 0].exp()


@wrong(
    "fit_posterior",
    "Your steps go down: the ELBO gets lower with every one, and q flees from the posterior. An optimiser "
    "minimises what it is given.",
    "When you minimise a number, what happens to its negative?",
)
def downhill(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: -elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), -1)), len(x), x.dtype, steps
    ))


@wrong(
    "fit_posterior",
    "Your q has the mean and the standard deviation of the posterior. That is the best Gaussian for KL(posterior "
    "|| q), which wants every bump covered. The ELBO lacks KL(q || posterior), and its best q is another one, on "
    "one bump where there are two.",
    "Under which of the two distributions does the ELBO take its average?",
)
def moments_of_the_posterior(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    posterior = torch.softmax(joint, -1)
    mean = posterior @ grid
    return mean, torch.sqrt(posterior @ grid**2 - mean**2)


@wrong(
    "fit_posterior",
    "One mu and one sigma serve all your rows: a compromise that suits no x. Here each x gets a q of its own.",
    "How many numbers does your optimiser move, 2 or 2 B?",
)
def one_q_for_all(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    mu, logvar = _climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), -1).expand_as(joint)),
        1, x.dtype, steps,
    )
    mu, sigma = _given(mu, logvar)
    return mu.expand(len(x)), sigma.expand(len(x))


@wrong(
    "fit_posterior",
    "Your q is where it started, for every x: mu = 0.5 and logvar = -1. No gradient reached them, or no step was "
    "taken.",
    "After one step, which numbers should have changed, and did they?",
)
def the_start(x, decoder, z_grid, steps):
    return torch.full((len(x),), 0.5, dtype=x.dtype), torch.full((len(x),), math.exp(-0.5), dtype=x.dtype)


@wrong("fit_posterior", alias_of="the_start")
def weights_without_gradient(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)

    def worth(mu, logvar):
        log_q = torch.log_softmax(_scores(grid, mu, logvar), -1)
        return (log_q.exp().detach() * (joint - log_q)).sum(-1)

    return _given(*_climb(worth, len(x), x.dtype, steps))


@wrong(
    "fit_posterior",
    "Your q stands on the peak of the posterior and takes its width from the curvature there. It looks at one "
    "point; the ELBO averages over all of q, and where the posterior is lopsided or flat its best q is another one.",
    "Is the ELBO that you reach the highest one, or only a good guess?",
)
def peak_and_curvature(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    z = torch.gather(grid.expand_as(joint), 1, joint.argmax(-1, keepdim=True))
    for _ in range(20):
        z = z.detach().requires_grad_()
        value = log_joint_of_pairs(x, decoder, z)
        (slope,) = torch.autograd.grad(value.sum(), z, create_graph=True)
        (curvature,) = torch.autograd.grad(slope.sum(), z)
        z = z - slope / curvature
    return z.detach()[:, 0], (-1 / curvature).sqrt()[:, 0]


def log_joint_of_pairs(x, decoder, z):
    return decoder.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1)


@wrong(
    "fit_posterior",
    "Your gradients pile up: each step follows the sum of all gradients so far, so q runs past the top and swings "
    "to and fro.",
    "What is in a parameter's gradient before you call backward for the second time?",
)
def gradients_pile_up(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), -1)), len(x), x.dtype, steps,
        keep_gradients=True,
    ))


@wrong(
    "fit_posterior",
    "The half in front of the square is lost in your weights: your q is narrower than the sigma that you report, "
    "by the root of 2.",
    "How far below its peak is the log of a Gaussian, one sigma away?",
)
def half_lost(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(2 * _scores(grid, mu, logvar), -1)),
        len(x), x.dtype, steps,
    ))


@wrong(
    "fit_posterior",
    "In your weights the square is divided by sigma, and a Gaussian divides it by sigma^2: what you report as "
    "sigma is the variance of your q.",
    "In which unit is the square of a distance, and in which is what you divide it by?",
)
def sigma_for_variance(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(_scores(grid, mu, 0.5 * logvar), -1)),
        len(x), x.dtype, steps,
    ))


@wrong(
    "fit_posterior",
    "Your q is normalised along the batch: at each point of the grid the weights of all x add up to 1, and those "
    "of one x over the grid do not.",
    "Over which axis of (B, G) does one q add up to 1?",
)
def normalised_over_the_batch(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), 0)), len(x), x.dtype, steps
    ))


@wrong(
    "fit_posterior",
    "Where the posterior has two bumps, your q stands half way between them, wide, on a valley: it started there, "
    "and in the middle the pull of the two sides cancels. One bump by itself has an ELBO that is nats higher.",
    "What is the slope of the ELBO in mu, where everything is the same on both sides?",
)
def between_the_bumps(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    mu = torch.zeros(len(x), 1, dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(len(x), 1, dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        (-elbo_exact(joint, torch.log_softmax(_scores(grid, mu, logvar), -1)).sum()).backward()
        optimiser.step()
    return _given(mu.detach(), logvar.detach())


@wrong(
    "fit_posterior",
    "Your q stands on the highest point of the posterior on the grid and is as wide as the spacing: the best "
    "single code, with no doubt about it. The ELBO wants the doubt as well.",
    "How sure is the posterior of this x, and does your sigma say so?",
)
def highest_point(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return grid[joint.argmax(-1)], (grid[1] - grid[0]).expand(len(x)).clone()


@wrong(
    "fit_posterior",
    "The entropy of q comes in with the wrong sign: what you climb has log q added to the log joint, so a sharp q "
    "is rewarded.",
    "Is it joint times q that you take the log of, or joint over q?",
)
def entropy_with_the_wrong_sign(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)

    def worth(mu, logvar):
        log_q = torch.log_softmax(_scores(grid, mu, logvar), -1)
        return (log_q.exp() * (joint + log_q)).sum(-1)

    return _given(*_climb(worth, len(x), x.dtype, steps))


@wrong(
    "fit_posterior",
    "You average log joint - log q over the points of the grid, each alike, and not under q. The far ends of the "
    "grid count as much as the posterior's peak, and drive q apart.",
    "With which weights does the ELBO take its average?",
)
def grid_without_weights(x, decoder, z_grid, steps):
    joint, grid = _joint(x, decoder, z_grid)
    return _given(*_climb(
        lambda mu, logvar: (joint - torch.log_softmax(_scores(grid, mu, logvar), -1)).mean(-1), len(x), x.dtype, steps
    ))


# --- derivation_deck: cards ---


@wrong(
    "derivation_deck",
    "On line 2 you move the log inside the sum, which is card C. The log of a sum is not the sum of the logs, "
    "and there are no weights in that sum which would make it an average.",
    "For two terms, 0.1 and 0.2: what is the log of their sum, and what is the sum of their logs?",
)
def log_moved_inside_at_once():
    return [("D", "=", 4), ("C", ">=", 5), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "On line 3 the log goes inside the sum and q is gone: card C. With the weights q(z) gone, what stands there "
    "is no average, and nothing can be said about the log of one.",
    "What is q(z) needed for in the sum on line 2?",
)
def log_moved_inside_and_q_lost():
    return [("D", "=", 4), ("H", "=", 7), ("C", ">=", 5), ("G", "=", 6), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Line 3 is the log of an average under q, and card C below it is a bare sum of logs: taking the log inside "
    "an average does not take the average away.",
    "After the log has gone inside, what weighs the value at each z?",
)
def average_lost_at_jensens_step():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("C", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "You put card C in on line 2 and leave the last step out. The log of a sum is not the sum of the logs, and "
    "the chain stops before the KL has its name.",
    "Which two lines of yours are not even close to each other on a small example?",
)
def false_card_in_and_last_line_out():
    return [("D", "=", 4), ("C", ">=", 5), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2)]


@wrong(
    "derivation_deck",
    "On line 4 the ratio is upside down: card E is the average of log q − log p(x, z), and that is minus what "
    "line 3 leads to.",
    "In the ratio of line 3, what is above and what is below, and what does a log make of that?",
)
def ratio_upside_down():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("E", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Line 5, card E, is line 4 with its sign turned round: the same two logs, the other one first.",
    "If line 4 is −2, what is line 5?",
)
def sign_turned_after_jensen():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("E", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Card E stands between two lines that both have the other sign; it is minus the line above it. And the chain "
    "stops before the KL has its name.",
    "If line 4 is −2, what is line 5, and what is line 6?",
)
def sign_turned_twice():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("E", "=", 2), ("A", "=", 2)]


@wrong(
    "derivation_deck",
    "Both false cards are in your chain: C takes a log through a sum that has no weights, and E has its ratio "
    "upside down.",
    "On the model with joint (0.1, 0.2) and q = (0.5, 0.5), what is each of your lines worth?",
)
def both_false_cards():
    return [("D", "=", 4), ("C", "=", 7), ("B", "=", 6), ("E", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Lines 2 and 3 are exchanged: you read the sum as an average under q before q is in it.",
    "What must stand in a sum over z before it can be called an average under q?",
)
def average_before_q_is_there():
    return [("D", "=", 4), ("B", "=", 6), ("H", "=", 7), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Lines 1 and 2 are exchanged: q appears in a sum that is only made on the line below it.",
    "How does log p(x) become a sum over z in the first place?",
)
def q_before_the_sum():
    return [("H", "=", 7), ("D", "=", 4), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Lines 3 and 4 are exchanged: the log goes inside the average first, and comes out again a line later.",
    "Which of these two is the larger number, and in which order does a chain of >= hold them?",
)
def jensen_before_the_average():
    return [("D", "=", 4), ("H", "=", 7), ("G", ">=", 5), ("B", "=", 6), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Lines 4 and 5 are exchanged: you split the joint in two while it is still inside a ratio under one log and "
    "one average.",
    "What has to happen to the log on line 3 before its inside can fall into a sum?",
)
def split_before_jensen():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("A", ">=", 5), ("G", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Lines 5 and 6 are exchanged: the KL has its name before the average that it stands for has been split off.",
    "Which difference of logs is a KL to the prior, and on which card do you see it?",
)
def kl_named_before_the_split():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("F", "=", 8), ("A", "=", 2)]


@wrong(
    "derivation_deck",
    "Your chain runs from the bottom up: it starts at the bound and ends at the sum. Every step is there, the "
    "other way round.",
    "Which of your two ends is log p(x) itself?",
)
def laid_from_the_bottom():
    return [("F", "=", 8), ("A", "=", 2), ("G", "=", 5), ("B", ">=", 6), ("H", "=", 7), ("D", "=", 4)]


# --- derivation_deck: relations ---


@wrong(
    "derivation_deck",
    "You write '=' at every line, the fourth included. There the log moves from outside an average to inside it, "
    "and those are two numbers.",
    "For the weights 1 and 9, each with probability a half: what is the log of their average, and what is the "
    "average of their logs?",
)
def equality_at_jensens_step():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", "=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Once you have written '>=' you keep it to the end. A relation speaks about two neighbouring lines only, and "
    "the last two steps rewrite one and the same number.",
    "Is anything lost when a log of a product becomes a sum?",
)
def bound_from_jensen_to_the_end():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", ">=", 2), ("F", ">=", 8)]


@wrong(
    "derivation_deck",
    "You write '>=' at every line. That is true and says too little: most of these steps only rewrite a number.",
    "Which of the steps would hold for any function in place of the log?",
)
def bound_at_every_line():
    return [("D", ">=", 4), ("H", ">=", 7), ("B", ">=", 6), ("G", ">=", 5), ("A", ">=", 2), ("F", ">=", 8)]


@wrong(
    "derivation_deck",
    "Your '>=' stands one line too early, where the sum gets its name as an average and nothing changes; the "
    "step below it, which does lose something, has '='.",
    "Between which two lines does the log change its place?",
)
def bound_one_line_early():
    return [("D", "=", 4), ("H", "=", 7), ("B", ">=", 6), ("G", "=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Your '>=' stands one line too late, where p(x, z) is only written as a product; the step above it, which "
    "does lose something, has '='.",
    "Between which two lines does the log change its place?",
)
def bound_one_line_late():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", "=", 5), ("A", ">=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Your only '>=' stands at the last line, where an average gets the name KL. That a KL is never negative "
    "plays no part in giving it its name.",
    "Between which two lines does the log change its place?",
)
def bound_at_the_kl_only():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", "=", 5), ("A", "=", 2), ("F", ">=", 8)]


@wrong(
    "derivation_deck",
    "The bound at line 4 is in place, and you write a second one at the last line. There an average only gets a "
    "name; the KL is subtracted, not dropped.",
    "Are lines 5 and 6 ever different numbers?",
)
def second_bound_at_the_kl():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", ">=", 8)]


@wrong(
    "derivation_deck",
    "The bound at line 4 is in place, and you write a second one at line 5. There a log of a product becomes a "
    "sum of logs, and nothing gets lost.",
    "Are lines 4 and 5 ever different numbers?",
)
def second_bound_at_the_split():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", ">=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "Your only '>=' stands at line 2, where q comes in. Multiplying and dividing by the same number changes "
    "nothing, however good or bad that q is.",
    "Between which two lines does the log change its place?",
)
def bound_where_q_comes_in():
    return [("D", "=", 4), ("H", ">=", 7), ("B", "=", 6), ("G", "=", 5), ("A", "=", 2), ("F", "=", 8)]


# --- derivation_deck: reasons ---


@wrong(
    "derivation_deck",
    "The reasons of lines 3 and 4 are exchanged: Jensen stands where a sum is read as an average, and the "
    "average where the log moves.",
    "Which of these two steps needs to know that the log is concave?",
)
def jensen_for_the_average():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 5), ("G", ">=", 6), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "For line 5 you give Bayes' rule. It turns a likelihood into a posterior, and no posterior stands on either "
    "card.",
    "Which two factors is p(x, z) written as on this card?",
)
def bayes_for_the_product_rule():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 1), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "For line 6 you give that a KL is never negative. It is true, and would give an inequality; this step has "
    "'='.",
    "What changes between the last two cards: a number, or its name?",
)
def kl_sign_for_its_definition():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 3)]


@wrong(
    "derivation_deck",
    "For line 4 you give that a KL is never negative. There is a derivation that uses it, with the KL to the "
    "posterior, but it is not this one: there is no KL on either of the two cards.",
    "What happens to the log between lines 3 and 4?",
)
def kl_sign_for_jensen():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 3), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "The reasons of lines 2 and 3 are exchanged: you call the sum an average where q only comes in, and bring q "
    "in where it is already there.",
    "On which card do you see q for the first time, and on which an E?",
)
def average_for_bringing_q_in():
    return [("D", "=", 4), ("H", "=", 6), ("B", "=", 7), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


@wrong(
    "derivation_deck",
    "The reasons of lines 5 and 6 are exchanged: you name a KL where the joint falls into two factors, and take "
    "the joint apart where a KL gets its name.",
    "On which card do you see a KL for the first time?",
)
def kl_for_the_product_rule():
    return [("D", "=", 4), ("H", "=", 7), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 8), ("F", "=", 2)]


@wrong(
    "derivation_deck",
    "For line 2 you give Bayes' rule. It does have a ratio in it, but with p(x) below the line; here the joint "
    "is divided by q.",
    "What would you have to do with q(z) so that nothing changes?",
)
def bayes_for_bringing_q_in():
    return [("D", "=", 4), ("H", "=", 1), ("B", "=", 6), ("G", ">=", 5), ("A", "=", 2), ("F", "=", 8)]


# --- derivation: lines that most routes share ---


def evidence(m):
    return m.total(m.log_joint.exp()).log()


def log_of_average(m):
    return m.total(m.expect_q((m.log_joint - m.log_q).exp())).log()


def average_of_log(m):
    return m.expect_q(m.log_joint - m.log_q)


def fit(m):
    return m.expect_q(m.log_likelihood)


def price(m):
    return m.expect_q(m.log_q - m.log_prior)


def two_parts(m):
    return fit(m) - price(m)


def gap(m):
    return m.expect_q(m.log_q - m.log_joint) + m.expect_q(evidence(m))


def log_posterior(m):
    return m.log_joint - evidence(m)


# --- derivation: the step that loses something ---


@wrong(
    "derivation",
    "You join log p(x) and the ELBO by '='. What lies between them is KL(q ‖ posterior), which is 0 only where q is "
    "the posterior.",
    "Suppose that somebody picks a worse q: which of these two lines changes, and which stays as it is?",
)
def equality_at_jensens_step():
    return [evidence, "=", log_of_average, "=", average_of_log, "=", two_parts]


@wrong("derivation", alias_of="equality_at_jensens_step")
def gap_forgotten_on_the_kl_route():
    return [
        evidence, "=", lambda m: m.expect_q(evidence(m)), "=", lambda m: m.expect_q(m.log_joint - log_posterior(m)),
        "=", average_of_log, "=", two_parts,
    ]


@wrong(
    "derivation",
    "The inequality is reversed: you claim that the ELBO is at least as large as log p(x). It lies below log p(x), "
    "and they meet only where q is the posterior.",
    "What is log p(x) less the ELBO, and can it ever be negative?",
)
def inequality_reversed():
    return [evidence, "=", log_of_average, "<=", average_of_log, "=", two_parts]


@wrong("derivation", alias_of="inequality_reversed")
def reversed_from_the_bound_upwards():
    return [two_parts, "=", average_of_log, ">=", log_of_average, "=", evidence]


@wrong(
    "derivation",
    "Every relation of yours is a bound. Nothing of it is false, but where a step only rewrites a number "
    "nothing can be lost, and a reader cannot see at which step something is.",
    "Between which two of your lines does the number really change?",
)
def bound_at_every_step():
    return [evidence, ">=", log_of_average, ">=", average_of_log, ">=", two_parts]


@wrong(
    "derivation",
    "A bound stands between two forms of the ELBO, and they are the same number on every model: nothing is lost "
    "between them.",
    "Which rule leads from one of these lines to the other, and does it ever change the number?",
)
def bound_at_the_split():
    return [evidence, "=", log_of_average, ">=", average_of_log, ">=", two_parts]


@wrong(
    "derivation",
    "A bound stands between two forms of log p(x), and they are the same number on every model, however poor "
    "q is: nothing is lost between them.",
    "Which rule leads from one of these lines to the other, and could a poor q make them differ?",
)
def bound_where_q_comes_in():
    return [evidence, ">=", log_of_average, ">=", average_of_log, "=", two_parts]


@wrong(
    "derivation",
    "What you set equal to log p(x) is the average of log p(x|z) under q, in other words the ELBO plus KL(q ‖ "
    "p(z)). That KL is a term inside the ELBO; what the ELBO lacks of log p(x) is another one.",
    "Take q equal to the prior: then KL(q ‖ p(z)) is 0; is the ELBO then log p(x)?",
)
def gap_is_the_kl_to_the_prior():
    return [
        evidence, "=", lambda m: m.expect_q(evidence(m)), "=", lambda m: average_of_log(m) + price(m), ">=",
        average_of_log, "=", two_parts,
    ]


@wrong("derivation", alias_of="gap_is_the_kl_to_the_prior")
def evidence_is_the_fit():
    return [evidence, "=", fit, "=", lambda m: two_parts(m) + price(m), ">=", two_parts]


@wrong(
    "derivation",
    "The loss is a KL between q and the posterior, and yours has the two exchanged: log p(x) is not the ELBO "
    "plus KL(posterior ‖ q).",
    "Under which of the two distributions are all the other averages of your chain taken?",
)
def gap_with_its_roles_exchanged():
    def loss(m):
        return log_posterior(m).exp() * (log_posterior(m) - m.log_q)

    return [
        evidence, "=", log_of_average, "=", lambda m: average_of_log(m) + loss(m), ">=", average_of_log, "=", two_parts,
    ]


@wrong(
    "derivation",
    "The loss KL(q ‖ posterior) has the wrong sign: the line that you set equal to log p(x) is the ELBO less this "
    "KL, further away from log p(x) than the ELBO itself.",
    "Which one is larger, log p(x) or the ELBO, and what must be added to the smaller one?",
)
def gap_subtracted():
    return [
        evidence, "=", log_of_average, "=", lambda m: average_of_log(m) - gap(m), ">=", average_of_log, "=", two_parts,
    ]


# --- derivation: what the average is taken under ---


@wrong(
    "derivation",
    "Every step holds, but where the ELBO belongs stands the average of log p(x|z) under the prior: the bound for "
    "one special q, with no room for a better one.",
    "What has to come into the chain so that the average is under a distribution of your choice?",
)
def average_under_the_prior():
    return [
        evidence, "=", lambda m: m.total(m.log_prior.exp() * m.log_likelihood.exp()).log(), ">=",
        lambda m: m.log_prior.exp() * m.log_likelihood, "=", lambda m: m.log_prior.exp() * (m.log_joint - m.log_prior),
    ]


@wrong(
    "derivation",
    "log p(x, z) − log q(z) is averaged under the prior: the logs speak of q, and the weights do not.",
    "Which distribution should say how much each z counts, if you are to choose it freely?",
)
def logs_averaged_under_the_prior():
    return [
        evidence, "=", log_of_average, ">=", lambda m: m.log_prior.exp() * (m.log_joint - m.log_q), "=", two_parts,
    ]


@wrong(
    "derivation",
    "log p(x, z) − log q(z) is averaged under the posterior, which gives log p(x) plus KL(posterior ‖ q). That "
    "lies above log p(x), so it cannot be a lower bound, and the posterior is what nobody can compute.",
    "Under which distribution could you draw samples, in a model whose posterior you do not have?",
)
def logs_averaged_under_the_posterior():
    return [
        evidence, "=", log_of_average, ">=", lambda m: log_posterior(m).exp() * (m.log_joint - m.log_q), "=", two_parts,
    ]


@wrong(
    "derivation",
    "log p(x, z) − log q(z) is averaged over the states with equal weights: one M-th for each, where q should "
    "say how much each one counts.",
    "What would your average become if q were almost certain of one state, and what should it become?",
)
def plain_mean_over_states():
    return [
        evidence, "=", log_of_average, ">=", lambda m: (m.log_joint - m.log_q).mean(-1, keepdim=True), "=", two_parts,
    ]


@wrong(
    "derivation",
    "log p(x, z) − log q(z) is summed over the states without any weights, so it is no average at all: with more "
    "states it grows without limit.",
    "How much does each state count in your sum, and how much do all the weights of an average add up to?",
)
def logs_summed_without_weights():
    return [evidence, "=", log_of_average, ">=", lambda m: m.log_joint - m.log_q, "=", two_parts]


@wrong(
    "derivation",
    "You set log p(x) equal to the sum over z of log p(x, z): the log went inside the sum, or the sum has not "
    "been taken before the log. The log of a sum is not a sum of logs.",
    "For the terms 0.1 and 0.2: what is the log of their sum, and what is the sum of their logs?",
)
def log_inside_the_sum():
    return [evidence, "=", lambda m: m.log_joint, ">=", average_of_log, "=", two_parts]


@wrong("derivation", alias_of="log_inside_the_sum")
def log_before_the_average_is_added_up():
    return [
        evidence, "=", lambda m: m.expect_q((m.log_joint - m.log_q).exp()).log(), ">=", average_of_log, "=", two_parts,
    ]


# --- derivation: q comes in ---


@wrong(
    "derivation",
    "The ratio is upside down: q stands above and the joint below, and its average is not p(x).",
    "You multiply by q(z): by what must you divide so that nothing changes?",
)
def ratio_upside_down():
    return [
        evidence, "=", lambda m: m.total(m.expect_q((m.log_q - m.log_joint).exp())).log(), ">=",
        lambda m: m.expect_q(m.log_q - m.log_joint), "=", two_parts,
    ]


@wrong(
    "derivation",
    "Where something at most log p(x) belongs stands minus the ELBO: the average of log q − log p(x, z) under q, "
    "with its two logs exchanged.",
    "If the model gives every pair of x and z more weight, should a bound on log p(x) rise or fall?",
)
def logs_exchanged():
    return [evidence, "=", log_of_average, ">=", lambda m: m.expect_q(m.log_q - m.log_joint), "=", two_parts]


@wrong(
    "derivation",
    "The joint is multiplied by q and not divided by it: the log of the average of p(x, z) under q is not log p(x).",
    "What has to happen to the joint so that weighing it with q(z) changes nothing?",
)
def multiplied_and_not_divided():
    return [evidence, "=", lambda m: m.total(m.expect_q(m.log_joint.exp())).log(), ">=", average_of_log, "=", two_parts]


@wrong(
    "derivation",
    "The joint is divided by q and not multiplied by it: a sum of p(x, z) / q(z) without weights is not p(x).",
    "Which factor has to stand in front of the ratio so that the sum is what it was before?",
)
def divided_and_not_multiplied():
    return [evidence, "=", lambda m: m.total((m.log_joint - m.log_q).exp()).log(), ">=", average_of_log, "=", two_parts]


@wrong(
    "derivation",
    "The ratio of joint to q is averaged under the prior: that would be p(x) only if the weights were q's.",
    "Which distribution did you divide by, and which one did you multiply with?",
)
def ratio_averaged_under_the_prior():
    return [
        evidence, "=", lambda m: m.total(m.log_prior.exp() * (m.log_joint - m.log_q).exp()).log(), ">=", average_of_log,
        "=", two_parts,
    ]


@wrong(
    "derivation",
    "You average p(x|z) under q. Only under the prior is its average p(x): with q, the prior has to come in "
    "somewhere, and q has to be divided out.",
    "What does p(x|z) have to be multiplied with before a sum over z gives p(x)?",
)
def likelihood_averaged_under_q():
    return [evidence, "=", lambda m: m.total(m.expect_q(m.log_likelihood.exp())).log(), ">=", fit, ">=", two_parts]


@wrong(
    "derivation",
    "A log gets lost on the way: the line below log p(x) is p(x) itself.",
    "On which of your two lines is the log, and where did it go?",
)
def log_lost_on_the_way():
    return [evidence, "=", lambda m: m.expect_q((m.log_joint - m.log_q).exp()), ">=", average_of_log, "=", two_parts]


# --- derivation: after the loss ---


@wrong(
    "derivation",
    "The average of log q got lost: the average of log p(x, z) alone is smaller than the ELBO, by the entropy of "
    "q.",
    "Which two logs does the ELBO average, and which of them do you find on the other line?",
)
def log_q_lost():
    return [evidence, "=", log_of_average, ">=", lambda m: m.expect_q(m.log_joint), "=", two_parts]


@wrong(
    "derivation",
    "The ELBO is joined by '=' with the average of log p(x, z) under q, and it is larger by the entropy of q: the "
    "average of log q does not appear on the other line.",
    "How many logs does the ELBO average, and how many do you find on the other line?",
)
def log_q_lost_after_the_bound():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: fit(m) + m.expect_q(m.log_prior)]


@wrong(
    "derivation",
    "Every step holds, but where the ELBO belongs stands less: the average of log p(x, z), without that of log "
    "q. It is a bound, and looser than the ELBO by the entropy of q: nothing rewards a q that keeps several "
    "explanations.",
    "What would the best q be for your last line, and what for the ELBO?",
)
def ends_without_log_q():
    return [
        evidence, "=", log_of_average, ">=", lambda m: m.expect_q(m.log_joint), "=",
        lambda m: m.expect_q(m.log_likelihood) + m.expect_q(m.log_prior),
    ]


@wrong(
    "derivation",
    "You set log p(x) equal to the average of log p(x, z) under q. For each z, log p(x, z) is smaller than log "
    "p(x), and so is every average of it: something that depends on z has to be divided out.",
    "By what could p(x, z) be divided before the log is taken, so that the number is right?",
)
def evidence_is_the_average_log_joint():
    return [
        evidence, "=", lambda m: m.expect_q(m.log_joint), "=", lambda m: fit(m) + m.expect_q(m.log_prior), ">=",
        two_parts,
    ]


@wrong(
    "derivation",
    "The chain turns round: it goes down to the average of log p(x, z), and then up to the ELBO. Both steps are "
    "true, and nothing follows from them about log p(x) and the ELBO.",
    "From a >= b and b <= c, what do you know about a and c?",
)
def down_and_up_again():
    return [evidence, "=", log_of_average, ">=", lambda m: m.expect_q(m.log_joint), "<=", average_of_log]


@wrong(
    "derivation",
    "KL(q ‖ p(z)) has the wrong sign: you add it to the expected log-likelihood, and it is a price.",
    "Which of the two logs, that of q(z) or that of p(z), comes first in a KL?",
)
def kl_added():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: fit(m) + price(m)]


@wrong(
    "derivation",
    "The KL is dropped with a '>=', and that points the wrong way: what is dropped was subtracted, so the "
    "expected log-likelihood alone is larger than the ELBO.",
    "Which is larger, 5 or 5 − 2?",
)
def kl_dropped_as_a_bound():
    return [evidence, "=", log_of_average, ">=", average_of_log, ">=", fit]


@wrong(
    "derivation",
    "The ELBO and the average of log p(x|z) are joined by '=': KL(q ‖ p(z)) is missing, which is what it costs "
    "that q is not the prior.",
    "Which two factors does p(x, z) have, and what became of the second?",
)
def kl_dropped_as_an_equality():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", fit]


@wrong(
    "derivation",
    "The chain turns round: it comes down to the ELBO and goes up again to the average of log p(x|z). That step "
    "is true, and now nothing follows about log p(x): the expected log-likelihood may be larger or smaller.",
    "From a >= b and b <= c, what do you know about a and c?",
)
def up_to_the_fit():
    return [evidence, "=", log_of_average, ">=", average_of_log, "<=", fit]


@wrong(
    "derivation",
    "You claim that log p(x) is at least the average of log p(x|z) under q. Neither bounds the other: a q that "
    "sits on the best explanation makes the average larger than log p(x), another one smaller.",
    "What would a q that sits on the z with the largest p(x|z) do to your line, and what to log p(x)?",
)
def fit_as_the_bound():
    return [evidence, "=", lambda m: m.expect_q(evidence(m)), ">=", fit, ">=", two_parts]


@wrong(
    "derivation",
    "Posterior and prior are exchanged: you subtract KL(q ‖ posterior), which is what the ELBO lacks, from the "
    "expected log-likelihood. The price inside the ELBO is measured against another distribution.",
    "After the joint is split, which distribution over z stands beside q?",
)
def price_against_the_posterior():
    return [
        evidence, "=", log_of_average, ">=", average_of_log, "=",
        lambda m: fit(m) - m.expect_q(m.log_q - log_posterior(m)),
    ]


@wrong(
    "derivation",
    "The ELBO is joined by '=' with a line whose KL has its two distributions exchanged: KL(p(z) ‖ q) is an "
    "average under the prior.",
    "Under which distribution are the averages in the ELBO taken?",
)
def price_with_its_roles_exchanged():
    return [
        evidence, "=", log_of_average, ">=", average_of_log, "=",
        lambda m: fit(m) - m.log_prior.exp() * (m.log_prior - m.log_q),
    ]


@wrong(
    "derivation",
    "The prior is lost: you join the ELBO by '=' with the expected log-likelihood plus the entropy of q, and the "
    "average of log p(z) is missing.",
    "Which two factors does p(x, z) have, and what became of the second?",
)
def prior_lost():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: fit(m) - m.expect_q(m.log_q)]


@wrong(
    "derivation",
    "The ELBO is joined by '=' with minus the ELBO, which is what a training loop minimises. A chain that comes "
    "down from log p(x) ends at the ELBO itself.",
    "Which of the two should become as large as possible?",
)
def ends_at_the_loss():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: price(m) - fit(m)]


# --- derivation: both ends ---


@wrong(
    "derivation",
    "Every step holds, and the chain ends where it began: log p(x) stands at both of its ends, and no bound is "
    "in sight.",
    "How can log p(x) be written with a part that is never negative, and what is left without that part?",
)
def ends_where_it_began():
    return [
        evidence, "=", log_of_average, "=", lambda m: m.expect_q(evidence(m)), "=",
        lambda m: average_of_log(m) + gap(m),
    ]


@wrong(
    "derivation",
    "The ELBO and log p(x) are joined by '=': you have come down to the bound, and go back up for nothing.",
    "What do you have to add to the ELBO to reach log p(x), and is it 0?",
)
def back_up_for_nothing():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", evidence]


@wrong(
    "derivation",
    "Where log p(x) belongs stands p(x) itself: the ELBO is made of logs, and bounds the log of p(x).",
    "How many logs are there in that line, and how many in the bound?",
)
def starts_without_the_log():
    return [
        lambda m: m.log_joint.exp(), "=", lambda m: m.expect_q((m.log_joint - m.log_q).exp()), ">=", average_of_log,
        "=", two_parts,
    ]


@wrong(
    "derivation",
    "Where log p(x) belongs stands M times log p(x): the whole of it in each of the M columns, which are added up.",
    "Is there anything left to sum in that line, and which shape says so?",
)
def starts_with_log_p_in_every_state():
    return [lambda m: m.log_joint - log_posterior(m), "=", log_of_average, ">=", average_of_log, "=", two_parts]


@wrong(
    "derivation",
    "Where log p(x) belongs stands the log of the sum of p(x|z) over all z: the prior is missing, so every z "
    "counts as if it were certain.",
    "How likely is it that z has this value in the first place?",
)
def starts_without_the_prior():
    return [
        lambda m: m.total(m.log_likelihood.exp()).log(), "=", log_of_average, ">=", average_of_log, "=", two_parts,
    ]


@wrong(
    "derivation",
    "Where log p(x) belongs stands the average of log p(x|z) under q. It contains q, and log p(x) belongs to the "
    "model alone: it cannot depend on q.",
    "What does the model say about x before anybody has chosen a q?",
)
def starts_at_the_fit():
    return [fit, ">=", two_parts, "=", average_of_log, "=", lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q)]


@wrong(
    "derivation",
    "Where log p(x) belongs stands the log of the average of p(x|z) under q. log p(x) belongs to the model "
    "alone, and here p(x|z) would have to be averaged under the prior.",
    "Under which distribution are codes drawn when the model itself makes an x?",
)
def starts_at_the_log_of_the_average_likelihood():
    return [
        lambda m: m.total(m.expect_q(m.log_likelihood.exp())).log(), ">=", fit, ">=", two_parts, "=", average_of_log,
    ]


@wrong(
    "derivation",
    "Where log p(x) belongs stands the sum of log p(x, z) over z: the log is inside the sum, or the sum is not "
    "taken before it.",
    "In log p(x), which comes first when you compute it: the sum over z, or the log?",
)
def starts_with_the_log_inside():
    return [lambda m: m.log_joint, "=", log_of_average, ">=", average_of_log, "=", two_parts]


@wrong(
    "derivation",
    "Where log p(x) belongs stands the ELBO: what it is meant to bound is at neither end of your chain.",
    "What is it that the ELBO is a bound of, and on which line could it stand?",
)
def starts_at_the_bound():
    return [
        average_of_log, "=", lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q), "=",
        lambda m: fit(m) + m.expect_q(m.log_prior) - m.expect_q(m.log_q), "=", two_parts,
    ]


@wrong(
    "derivation",
    "Every step of yours holds, but two of your lines are one and the same, written in two ways; a derivation "
    "has at least four different ones.",
    "Which two of your lines do the same operations on the same quantities, and which step is hidden between "
    "other lines?",
)
def one_line_written_twice():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: -m.expect_q(m.log_q - m.log_joint)]


@wrong("derivation", alias_of="one_line_written_twice")
def padded_with_the_first_line():
    return [evidence, "=", lambda m: torch.logsumexp(m.log_joint, -1), "=", log_of_average, ">=", two_parts]


# --- derivation: what is taken for granted ---


@wrong(
    "derivation",
    "The first step away from log p(x) is already a bound. That this bound holds is what a derivation has to show, "
    "and nothing in yours leads up to it: before the bound, log p(x) has not become any different line.",
    "What can log p(x) be written as, exactly, before anything is left out?",
)
def bound_taken_for_granted():
    return [
        evidence, ">=", average_of_log, "=", two_parts, "=",
        lambda m: fit(m) + m.expect_q(m.log_prior) - m.expect_q(m.log_q),
    ]


@wrong("derivation", alias_of="bound_taken_for_granted")
def bound_taken_for_granted_from_below():
    return [
        two_parts, "=", lambda m: m.expect_q(m.log_joint) - m.expect_q(m.log_q), "=", average_of_log, "<=",
        lambda m: torch.logsumexp(m.log_joint, -1),
    ]


@wrong("derivation", alias_of="bound_taken_for_granted")
def bound_after_log_p_in_two_ways():
    return [evidence, "=", lambda m: torch.logsumexp(m.log_joint, -1), ">=", average_of_log, "=", two_parts]


@wrong("derivation", alias_of="bound_taken_for_granted")
def bound_taken_for_granted_and_padded():
    return [evidence, ">=", average_of_log, "=", lambda m: -m.expect_q(m.log_q - m.log_joint), "=", average_of_log]


# --- derivation: one number a row among terms ---


@wrong(
    "derivation",
    "log p(x) is counted M times in one of your lines: it stands there once beside every state, and the check adds "
    "up all the columns of a line of shape (B, M).",
    "Which shape has each piece of that line, and what does its sum over the states come to?",
)
def evidence_in_every_state():
    return [
        evidence, "=", lambda m: m.expect_q(m.log_joint - log_posterior(m)), ">=",
        lambda m: evidence(m) - m.expect_q(m.log_q - log_posterior(m)), "=", average_of_log, "=", two_parts,
    ]


@wrong("derivation", alias_of="evidence_in_every_state")
def evidence_less_terms_by_equality():
    return [
        evidence, "=", lambda m: average_of_log(m) + gap(m), ">=", average_of_log, "=",
        lambda m: evidence(m) - gap(m), "=", two_parts,
    ]


@wrong("derivation", alias_of="evidence_in_every_state")
def log_ratio_to_the_posterior_without_an_average():
    return [
        evidence, "=", lambda m: m.log_joint - log_posterior(m), "=",
        lambda m: m.expect_q(m.log_joint - log_posterior(m)), ">=", average_of_log, "=", two_parts,
    ]


@wrong("derivation", alias_of="evidence_in_every_state")
def loss_with_the_evidence_among_its_terms():
    def loss(m):
        return evidence(m) - m.expect_q(m.log_joint - m.log_q)

    return [evidence, "=", lambda m: average_of_log(m) + loss(m), ">=", average_of_log, "=", two_parts]


@wrong("derivation", alias_of="evidence_in_every_state")
def evidence_among_terms_from_the_bound_upwards():
    return [
        two_parts, "=", average_of_log, "=", lambda m: evidence(m) - m.expect_q(m.log_q - log_posterior(m)), "<=",
        lambda m: m.expect_q(evidence(m)), "=", evidence,
    ]


@wrong(
    "derivation",
    "KL(q ‖ posterior) is counted M times in one of your lines: it is one number a row there, it meets terms of "
    "shape (B, M), and so it stands beside every state.",
    "Of the two pieces of that line, which still has its states, and which has been added up already?",
)
def loss_in_every_state():
    return [
        evidence, "=", lambda m: m.expect_q(evidence(m)), "=", lambda m: average_of_log(m) + m.total(gap(m)), ">=",
        average_of_log, "=", two_parts,
    ]


@wrong(
    "derivation",
    "KL(q ‖ p(z)) is counted M times in one of your lines: it is one number a row there, and it is subtracted from "
    "each of the M terms.",
    "How often should the price be paid, and how many columns does the line have from which you take it?",
)
def price_in_every_state():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: fit(m) - m.total(price(m))]


@wrong("derivation", alias_of="price_in_every_state")
def price_in_every_state_right_after_the_loss():
    return [evidence, "=", log_of_average, ">=", lambda m: fit(m) - m.total(price(m)), "=", average_of_log]


@wrong(
    "derivation",
    "The average of log p(x|z) under q is counted M times in one of your lines: it is added up already, one number "
    "a row, and then it meets the terms of another average.",
    "What are the shapes of the two averages in that line, and what does their sum over the states come to?",
)
def fit_in_every_state():
    return [evidence, "=", log_of_average, ">=", average_of_log, "=", lambda m: m.total(fit(m)) - price(m)]
