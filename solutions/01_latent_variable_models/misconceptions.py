"""Wrong answers to stage 01, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import MultivariateNormal, Normal

from vae_course.checks.bank import wrong


def likelihood(x, decoder, z):
    """log p(x|z), (B, S)."""
    return decoder.log_likelihood(x[:, None], z)


def prior(z):
    """log p(z), (S,)."""
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def joint(x, decoder, z):
    """log p(x, z), (B, S)."""
    return likelihood(x, decoder, z) + prior(z)


def step(grid):
    return (grid[1] - grid[0]).squeeze()


def evidence(x, decoder, grid):
    """log p(x), (B,)."""
    return torch.logsumexp(joint(x, decoder, grid), 1) + torch.log(step(grid))


def draw(n, size, generator):
    return torch.randn(n, size, generator=generator)


def gaussian(x, covariance):
    """log N(x; 0, covariance), (B,)."""
    return MultivariateNormal(torch.zeros_like(x), covariance).log_prob(x)


def plain_covariance(W, sigma):
    return W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype)


def log_normal(D, log_det, quadratic):
    return -0.5 * (D * math.log(2 * math.pi) + log_det + quadratic)


def quadratic_form(x, matrix):
    return torch.einsum("bi,ij,bj->b", x, matrix, x)


# --- sample_joint ---


@wrong(
    "sample_joint",
    "Your x is decoder(z) itself, without noise: that is the mean of x for each code, and the decoder describes a "
    "cloud around it.",
    "How far from decoder(z) does a data point of this model usually lie?",
)
def noise_forgotten(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z)


@wrong(
    "sample_joint",
    "Your x was made from one z, and you return another one beside it: a second set of codes was drawn on the way. "
    "Each of the two is right by itself, and as pairs they are not draws of the joint.",
    "How many codes does one data point have?",
)
def a_second_z(decoder, n, generator=None):
    z, other = draw(n, decoder.z_dim, generator), draw(n, decoder.z_dim, generator)
    return z, decoder(other) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "The rows of x stand in another order than their codes: row 0 of x was not made from row 0 of z.",
    "If you decode row 0 of your z, which row of x do you come near to?",
)
def rows_shuffled(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    x = decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)
    return z, x.flip(0)


@wrong(
    "sample_joint",
    "The noise has standard deviation sigma^2: it was multiplied by the variance, where a standard deviation belongs.",
    "If a standard normal number is multiplied by c, what is its variance then?",
)
def variance_as_scale(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma**2 * draw(n, decoder.x_dim, generator)


@wrong("sample_joint", alias_of="variance_as_scale")
def normal_with_a_variance(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    mean = decoder(z)
    return z, torch.normal(mean, torch.full_like(mean, decoder.sigma**2), generator=generator)


@wrong(
    "sample_joint",
    "The noise has variance sigma: it was multiplied by the root of sigma, though sigma is a standard deviation "
    "already.",
    "Which of the two is sigma: a variance, or the root of one?",
)
def root_of_sigma(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma**0.5 * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "The noise has standard deviation 1: sigma is not used.",
    "Which number of the decoder says how wide the cloud around decoder(z) is?",
)
def unit_noise(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "All rows of x got the same noise vector: the cloud is moved as a whole, and nothing in it is blurred.",
    "How many noise vectors do n data points need?",
)
def one_noise_vector(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(1, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Each row of x got one number as noise, in all its dimensions alike: x is scattered along one diagonal only.",
    "How many numbers does the noise of one data point consist of?",
)
def one_noise_number_a_row(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, 1, generator)


@wrong(
    "sample_joint",
    "All of x is moved by one and the same number: a single random number, or sigma itself, is added everywhere.",
    "What is random about your x once z is known?",
)
def sigma_added(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma


@wrong("sample_joint", alias_of="sigma_added")
def one_noise_number(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(1, 1, generator)


@wrong(
    "sample_joint",
    "The noise went into the code and not onto x: your x lies on the curve again, at the mean of a code next to its "
    "own.",
    "p(x|z) is a cloud around decoder(z): in which space is it a cloud?",
)
def noise_on_the_code(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z + decoder.sigma * draw(n, decoder.z_dim, generator))


@wrong(
    "sample_joint",
    "The noise is multiplied with the mean, where it should be added: where decoder(z) is 0 your x has no noise at "
    "all.",
    "Does the size of the noise in this model depend on z?",
)
def noise_multiplied(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) * (1 + decoder.sigma * draw(n, decoder.x_dim, generator))


@wrong(
    "sample_joint",
    "The noise is uniform between 0 and sigma: it pushes x to one side only, and it has edges.",
    "Which distribution does the decoder put around its mean, and which torch function draws from it?",
)
def uniform_noise(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * torch.rand(n, decoder.x_dim, generator=generator)


@wrong(
    "sample_joint",
    "The noise is uniform between -sigma and sigma: centred as it should be, but with edges, and a variance of only a "
    "third of sigma^2.",
    "Which distribution does the decoder put around its mean, and which torch function draws from it?",
)
def centred_uniform_noise(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * (2 * torch.rand(n, decoder.x_dim, generator=generator) - 1)


@wrong(
    "sample_joint",
    "The noise has only one sign: its absolute value was taken, and every x lies on the same side of its mean.",
    "How often should a data point lie below its mean?",
)
def noise_of_one_sign(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator).abs()


@wrong(
    "sample_joint",
    "Your z is uniform between 0 and 1: half of what the prior allows, the negative side, never comes up.",
    "Which distribution is N(0, I), and which torch function draws from it?",
)
def uniform_codes(decoder, n, generator=None):
    z = torch.rand(n, decoder.z_dim, generator=generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your z is uniform between -1 and 1: centred as the prior is, but no code is further out than 1.",
    "How often is a draw of N(0, 1) further from 0 than 1, and how often is yours?",
)
def centred_uniform_codes(decoder, n, generator=None):
    z = 2 * torch.rand(n, decoder.z_dim, generator=generator) - 1
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your z is uniform with variance 1: centre and width are those of the prior, and the shape is not, for it has "
    "edges.",
    "How far out can a draw of N(0, 1) lie, and how far can yours?",
)
def uniform_codes_of_variance_one(decoder, n, generator=None):
    z = math.sqrt(12) * (torch.rand(n, decoder.z_dim, generator=generator) - 0.5)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your z has variance sigma^2: sigma belongs to the noise in x, and the prior knows nothing of it.",
    "How wide is the prior of this model, before any decoder is chosen?",
)
def codes_times_sigma(decoder, n, generator=None):
    z = decoder.sigma * draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your z has variance 2, not 1: two standard normal numbers were added, or one was multiplied by the root of 2.",
    "What does the I in N(0, I) say about each dimension of z?",
)
def codes_of_variance_two(decoder, n, generator=None):
    z = math.sqrt(2) * draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your z sits around 1 with the right width: it was drawn from N(1, I).",
    "Which of the two numbers of a Gaussian is its middle, and which one is the prior's?",
)
def codes_around_one(decoder, n, generator=None):
    z = 1 + draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "All dimensions of a code are the same number: one random number a row was spread over the whole code.",
    "How many numbers does one code consist of, and how are they related under N(0, I)?",
)
def one_number_a_code(decoder, n, generator=None):
    z = draw(n, 1, generator).expand(n, decoder.z_dim)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "All rows have the same code: one z was drawn, and n data points were made from it. That is p(x|z) at one z, not "
    "the joint.",
    "Where do n data points of this model get their codes from?",
)
def one_code_for_all(decoder, n, generator=None):
    z = draw(1, decoder.z_dim, generator).expand(n, decoder.z_dim)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "Your codes are right before they are returned: x was made from z, and then z was moved by noise of its own.",
    "Which z stands beside its x in your pair: the one that was decoded, or a blurred copy?",
)
def returned_code_blurred(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    x = decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)
    return z + decoder.sigma * draw(n, decoder.z_dim, generator), x


@wrong(
    "sample_joint",
    "The random numbers start anew in every call: two calls give the same draws, and a thousand calls would still be "
    "one.",
    "Who should decide where the random numbers start: this function, or whoever calls it?",
)
def seed_frozen(decoder, n, generator=None):
    generator = torch.Generator().manual_seed(0)
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong("sample_joint", alias_of="seed_frozen")
def generator_rewound(decoder, n, generator=None):
    generator.manual_seed(generator.initial_seed())
    z = draw(n, decoder.z_dim, generator)
    return z, decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator)


@wrong(
    "sample_joint",
    "You return x first and z second: everything is drawn, and it comes out in the wrong order.",
    "Which of the two is the cause, and does it come first in what you return?",
)
def wrong_order(decoder, n, generator=None):
    z = draw(n, decoder.z_dim, generator)
    return decoder(z) + decoder.sigma * draw(n, decoder.x_dim, generator), z


# --- log_joint ---


@wrong(
    "log_joint",
    "What you return equals log p(x|z): the prior is missing, so a code that hardly ever occurs counts as much as a "
    "common one.",
    "The joint asks for both: that this z occurs, and that it gives this x. Which of the two do you have?",
)
def prior_forgotten(x, decoder, z):
    return likelihood(x, decoder, z)


@wrong(
    "log_joint",
    "What you return equals log p(z), the same in every row: no x has reached your answer.",
    "Which term says how well a code explains this x?",
)
def prior_only(x, decoder, z):
    return prior(z).expand(len(x), -1)


@wrong(
    "log_joint",
    "You averaged the log prior over the dimensions of z: independent dimensions multiply their densities, so their "
    "logs add.",
    "If z gets one more dimension, should log p(z) get one more term or stay about as large?",
)
def prior_averaged(x, decoder, z):
    return likelihood(x, decoder, z) + Normal(0.0, 1.0).log_prob(z).mean(-1)


@wrong(
    "log_joint",
    "The log prior is summed over everything, codes included: every column got the prior of all codes at once.",
    "Which axis of z holds the dimensions of one code?",
)
def prior_of_all_codes(x, decoder, z):
    return likelihood(x, decoder, z) + Normal(0.0, 1.0).log_prob(z).sum()


@wrong(
    "log_joint",
    "The log prior has lost its constant: you are too high by half of log 2 pi for each dimension of z.",
    "To what must the density of the prior integrate, and which factor sees to it?",
)
def prior_without_constant(x, decoder, z):
    return likelihood(x, decoder, z) - 0.5 * z.square().sum(-1)


@wrong(
    "log_joint",
    "The constant of the log prior comes once, where each dimension of z has one of its own.",
    "By how much does the constant grow when z gets one more dimension?",
)
def constant_once(x, decoder, z):
    return likelihood(x, decoder, z) - 0.5 * z.square().sum(-1) - 0.5 * math.log(2 * math.pi)


@wrong(
    "log_joint",
    "The constant of the log prior has the wrong sign: you are too high by log 2 pi for each dimension of z.",
    "Is the density of N(0, 1) at its peak above 1 or below, and what does that say about the sign of its log?",
)
def constant_with_wrong_sign(x, decoder, z):
    return likelihood(x, decoder, z) + (0.5 * math.log(2 * math.pi) - 0.5 * z.square()).sum(-1)


@wrong(
    "log_joint",
    "The square of z in the log prior has lost its half: far codes are punished twice as much as they should be.",
    "What does the bell curve have in its exponent besides the square?",
)
def half_forgotten(x, decoder, z):
    return likelihood(x, decoder, z) - (z.square() + 0.5 * math.log(2 * math.pi)).sum(-1)


@wrong(
    "log_joint",
    "The square of z in the log prior is added and not taken away: the further out a code is, the more likely you "
    "make it.",
    "Where is the prior highest, and what does your term do there?",
)
def square_with_wrong_sign(x, decoder, z):
    return likelihood(x, decoder, z) + (0.5 * z.square() - 0.5 * math.log(2 * math.pi)).sum(-1)


@wrong(
    "log_joint",
    "The log prior is subtracted: what you return equals log p(x|z) - log p(z), the log of a quotient.",
    "The joint is a product of two densities: what happens to a product under a log?",
)
def prior_subtracted(x, decoder, z):
    return likelihood(x, decoder, z) - prior(z)


@wrong(
    "log_joint",
    "The prior is taken at x, not at z: it came before any data and is a density of codes.",
    "Of which variable is p(z) a density?",
)
def prior_at_x(x, decoder, z):
    return likelihood(x, decoder, z) + prior(x)[:, None]


@wrong(
    "log_joint",
    "Your prior has the standard deviation sigma: that is the noise of the decoder, and the prior is N(0, I).",
    "In which space does the noise live, and in which the prior?",
)
def prior_with_sigma(x, decoder, z):
    return likelihood(x, decoder, z) + Normal(0.0, decoder.sigma).log_prob(z).sum(-1)


@wrong(
    "log_joint",
    "The numbers are right, and codes lie along the first axis: rows should be data points and columns codes.",
    "Which shape should come out for 5 data points and 11 codes?",
)
def transposed(x, decoder, z):
    return joint(x, decoder, z).T


@wrong(
    "log_joint",
    "x and z are paired row by row, so it works only for as many codes as data points; every data point should meet "
    "every code.",
    "For which shapes of x and z do their leading axes broadcast to (B, S)?",
)
def paired(x, decoder, z):
    return decoder.log_likelihood(x, z) + prior(z)


@wrong(
    "log_joint",
    "The log-likelihood is summed over the batch: every row holds what this code says about all data points together.",
    "Which data point does row 0 of your answer belong to?",
)
def summed_over_the_batch(x, decoder, z):
    return (likelihood(x, decoder, z).sum(0) + prior(z)).expand(len(x), -1)


@wrong(
    "log_joint",
    "What you return equals the joint density itself: it is not a log. In many dimensions such a number is soon too "
    "small for a computer.",
    "Can the answer be negative, and should it be, for a small density?",
)
def density_not_log(x, decoder, z):
    return torch.exp(joint(x, decoder, z))


@wrong(
    "log_joint",
    "What you return equals the log of p(x|z) + p(z): the two densities were added, and a joint multiplies them.",
    "An urn is chosen with 0.3, a red ball from it with 0.9: how often do you see both?",
)
def log_of_the_sum(x, decoder, z):
    return torch.logaddexp(likelihood(x, decoder, z), prior(z))


@wrong(
    "log_joint",
    "The two logs are multiplied: densities multiply, and their logs do something else.",
    "What is the log of a product?",
)
def logs_multiplied(x, decoder, z):
    return likelihood(x, decoder, z) * prior(z)


@wrong(
    "log_joint",
    "What you return is scaled so that the codes of a row share a probability of 1: that is on the way to a "
    "posterior, and here the joint itself is asked for.",
    "Which term of yours looks at the other codes, and is it in the definition of the joint?",
)
def normalised_over_codes(x, decoder, z):
    return torch.log_softmax(joint(x, decoder, z), 1)


@wrong(
    "log_joint",
    "The codes are gone: you combined them into one number for each data point, which comes later. Here every pair "
    "keeps its own.",
    "Which shape should come out for 5 data points and 11 codes?",
)
def combined_over_codes(x, decoder, z):
    return torch.logsumexp(joint(x, decoder, z), 1)


@wrong(
    "log_joint",
    "Right at ordinary points, and you go through the densities: for a far x, or a far code, one of them is too small "
    "for floating point, and the log of 0 is minus infinity.",
    "Both terms come to you as logs: when do you need them as anything else?",
)
def through_the_densities(x, decoder, z):
    return torch.log(torch.exp(likelihood(x, decoder, z)) * torch.exp(prior(z)))


@wrong(
    "log_joint",
    "Right at ordinary points, and you go through the densities with a tiny number added: for a far x, or a far code, "
    "only the log of that number is left.",
    "What does the added number protect, and what does it stand for once the density is smaller?",
)
def densities_patched(x, decoder, z):
    return torch.log(torch.exp(joint(x, decoder, z)) + 1e-300)


@wrong(
    "log_joint",
    "Right at ordinary points, and your logs are cut off at a lowest value: far out, every code looks equally likely.",
    "What goes wrong with a very negative log-density, so that it should be cut?",
)
def clipped(x, decoder, z):
    return joint(x, decoder, z).clamp(min=-745.0)


@wrong(
    "log_joint",
    "Only the first dimension of the code is in your prior; with a code of one number that is all of it, and with more it "
    "is not.",
    "A code of three independent numbers: what is the log of its density made of?",
)
def prior_of_the_first_dimension(x, decoder, z):
    return decoder.log_likelihood(x[:, None], z) + Normal(0.0, 1.0).log_prob(z[:, 0])


# --- log_evidence_grid ---


@wrong(
    "log_evidence_grid",
    "The spacing of the grid is missing: you added heights, and an integral adds areas. With twice as many points your "
    "evidence doubles.",
    "How wide is the strip that each height stands for?",
)
def spacing_forgotten(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1)


@wrong(
    "log_evidence_grid",
    "What you return equals the log of the mean height: an average over the grid and not an integral, so it sinks "
    "when the grid gets longer.",
    "How do you come from the mean height of a curve to the area under it?",
)
def mean_for_integral(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) - math.log(len(z_grid))


@wrong("log_evidence_grid", alias_of="mean_for_integral")
def log_of_the_mean_height(x, decoder, z_grid):
    return torch.log(torch.exp(joint(x, decoder, z_grid)).mean(1))


@wrong(
    "log_evidence_grid",
    "The length of the whole grid stands where the spacing belongs: each height is given the full length as its width.",
    "How wide is the strip that each single height stands for?",
)
def length_for_spacing(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) + torch.log(z_grid[-1, 0] - z_grid[0, 0])


@wrong(
    "log_evidence_grid",
    "Your spacing is the length of the grid divided by the number of its points: between G points there are not G "
    "gaps.",
    "How many gaps lie between 3 posts?",
)
def one_gap_too_many(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) + torch.log((z_grid[-1, 0] - z_grid[0, 0]) / len(z_grid))


@wrong(
    "log_evidence_grid",
    "The log of the spacing is subtracted: you divided the sum of heights by the width of a strip.",
    "A narrower strip has a smaller area: in which direction does your answer go?",
)
def spacing_with_wrong_sign(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) - torch.log(step(z_grid))


@wrong(
    "log_evidence_grid",
    "The spacing is added to a log as it is: what multiplies a sum joins its log in another form.",
    "What is log(a b), when log a is what you have?",
)
def spacing_added(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) + step(z_grid)


@wrong(
    "log_evidence_grid",
    "The spacing multiplies the log of the sum: it is the sum that has to be multiplied, before its log is taken.",
    "Does the width of a strip belong inside your log or outside?",
)
def log_times_spacing(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 1) * step(z_grid)


@wrong(
    "log_evidence_grid",
    "The spacing multiplies each log before the exponential: that takes a power of every height, and makes no strip "
    "of it.",
    "Which of the two has a width: a height, or the log of a height?",
)
def logs_times_spacing(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid) * step(z_grid), 1)


@wrong(
    "log_evidence_grid",
    "The prior is missing: you integrate p(x|z) over z, as if all codes were equally likely and there were no end to "
    "them.",
    "How often does each code occur, and where does your sum say so?",
)
def prior_left_out(x, decoder, z_grid):
    return torch.logsumexp(likelihood(x, decoder, z_grid), 1) + torch.log(step(z_grid))


@wrong(
    "log_evidence_grid",
    "The likelihood is averaged over the grid as if all codes on it were equally likely: your prior is uniform, and "
    "the model's is N(0, I).",
    "Which codes does the prior prefer, and do yours count more there?",
)
def uniform_prior(x, decoder, z_grid):
    return torch.logsumexp(likelihood(x, decoder, z_grid), 1) - math.log(len(z_grid))


@wrong(
    "log_evidence_grid",
    "The prior comes twice: the joint already holds it.",
    "Which two densities make up the joint, and what did you multiply it with?",
)
def prior_twice(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid) + prior(z_grid), 1) + torch.log(step(z_grid))


@wrong(
    "log_evidence_grid",
    "What you return is an integral of logs: the log of a sum is not the sum of the logs, and far codes with hugely "
    "negative logs now count the most.",
    "Which comes first: adding the densities, or taking the log?",
)
def sum_of_logs(x, decoder, z_grid):
    return joint(x, decoder, z_grid).sum(1) * step(z_grid)


@wrong(
    "log_evidence_grid",
    "What you return equals the mean of the log joint over the grid: no density was ever added to another.",
    "Which comes first: adding the densities, or taking the log?",
)
def mean_of_logs(x, decoder, z_grid):
    return joint(x, decoder, z_grid).mean(1)


@wrong(
    "log_evidence_grid",
    "What you return equals the highest log joint on the grid: the best explanation alone, without all the others, and "
    "without a width.",
    "Two codes explain x equally well: should that count more than one?",
)
def best_code_only(x, decoder, z_grid):
    return joint(x, decoder, z_grid).amax(1)


@wrong(
    "log_evidence_grid",
    "Only the strip under the highest point is counted: the best explanation, without all the others.",
    "Two codes explain x equally well: should that count more than one?",
)
def best_strip_only(x, decoder, z_grid):
    return joint(x, decoder, z_grid).amax(1) + torch.log(step(z_grid))


@wrong(
    "log_evidence_grid",
    "What you return equals p(x), not its log.",
    "Can the answer be negative, and should it be, for a small density?",
)
def evidence_not_log(x, decoder, z_grid):
    return torch.exp(evidence(x, decoder, z_grid))


@wrong(
    "log_evidence_grid",
    "The sign is turned round: what you return equals -log p(x), which is smaller for a better explained x. In this "
    "course larger is better wherever a log-density is asked for.",
    "Which of two data points has the larger value in yours, the more likely one or the less likely?",
)
def negative_evidence(x, decoder, z_grid):
    return -evidence(x, decoder, z_grid)


@wrong(
    "log_evidence_grid",
    "The batch is gone: you added the log evidences of all data points into one number.",
    "Which shape should come out for 5 data points?",
)
def total_over_the_batch(x, decoder, z_grid):
    return evidence(x, decoder, z_grid).sum()


@wrong(
    "log_evidence_grid",
    "You summed over data points and kept the grid: z is what has to go, and x is what has to stay.",
    "Which axis of the (B, G) table runs over codes?",
)
def summed_over_the_wrong_axis(x, decoder, z_grid):
    return torch.logsumexp(joint(x, decoder, z_grid), 0) + torch.log(step(z_grid))


@wrong(
    "log_evidence_grid",
    "Right at ordinary points, and you take the exponential of each log joint as it is: for a far x all of them are 0 "
    "in floating point, and the log of their sum is minus infinity.",
    "If every log joint were 1000 lower, what should become of your answer, and what does?",
)
def without_a_shift(x, decoder, z_grid):
    return torch.log(torch.exp(joint(x, decoder, z_grid)).sum(1) * step(z_grid))


@wrong(
    "log_evidence_grid",
    "Right at ordinary points, and a tiny number is added before the log: for a far x only the log of that number is "
    "left.",
    "What does the added number stand for once the evidence is smaller?",
)
def patched_sum(x, decoder, z_grid):
    return torch.log(torch.exp(joint(x, decoder, z_grid)).sum(1) * step(z_grid) + 1e-300)


@wrong(
    "log_evidence_grid",
    "You shift by one largest value for the whole batch: it protects the best explained rows, and rows far below it "
    "still underflow.",
    "Which rows is your largest value taken from, and whose sum is it meant to protect?",
)
def one_shift_for_the_batch(x, decoder, z_grid):
    heights = joint(x, decoder, z_grid)
    shift = heights.max()
    return shift + torch.log(torch.exp(heights - shift).sum(1) * step(z_grid))


@wrong(
    "log_evidence_grid",
    "You take the largest log out before the exponential, as one should, and never put it back: what you return is the log area of "
    "heights that were all divided by the tallest.",
    "You divided every height by the same number: what does that do to the log of their area?",
)
def largest_not_put_back(x, decoder, z_grid):
    logs = log_joint(x, decoder, z_grid)
    largest = logs.max(dim=1, keepdim=True).values
    return (logs - largest).exp().sum(dim=1).log() + (z_grid[1, 0] - z_grid[0, 0]).log()


# --- posterior_grid ---


@wrong(
    "posterior_grid",
    "Each row of yours sums to 1: these are the shares of the grid points, and a density has the area 1, which knows "
    "how far apart the points are.",
    "If the grid had twice as many points, should the height of the curve halve?",
)
def shares(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 1)


@wrong("posterior_grid", alias_of="shares")
def divided_by_the_sum_of_heights(x, decoder, z_grid):
    heights = torch.exp(joint(x, decoder, z_grid))
    return heights / heights.sum(1, keepdim=True)


@wrong(
    "posterior_grid",
    "You multiplied by the spacing where you should undo it: the shares of the points were narrowed a second time.",
    "An area of 1 is made of strips: height is share divided by what?",
)
def times_the_spacing(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 1) * step(z_grid)


@wrong(
    "posterior_grid",
    "The prior is missing: you scaled the likelihood to area 1. It is the posterior only if all codes were equally "
    "likely before.",
    "Two codes explain x equally well, and one of them is rare: are they equally likely afterwards?",
)
def likelihood_normalised(x, decoder, z_grid):
    return torch.softmax(likelihood(x, decoder, z_grid), 1) / step(z_grid)


@wrong(
    "posterior_grid",
    "What you return equals the shares of the likelihood: the prior is missing, and so is the spacing.",
    "Which two things make a code likely after x was seen, and which of them is in your answer?",
)
def shares_of_the_likelihood(x, decoder, z_grid):
    return torch.softmax(likelihood(x, decoder, z_grid), 1)


@wrong(
    "posterior_grid",
    "What you return equals p(x|z): a density of x for each code, not yet a density of z.",
    "What is the area under your row, and what should it be?",
)
def likelihood_only(x, decoder, z_grid):
    return torch.exp(likelihood(x, decoder, z_grid))


@wrong(
    "posterior_grid",
    "What you return equals the prior, the same for every x: seeing x has changed nothing.",
    "Which term should pull the density toward codes that explain this x?",
)
def prior_as_posterior(x, decoder, z_grid):
    return torch.exp(prior(z_grid)).expand(len(x), -1)


@wrong(
    "posterior_grid",
    "What you return equals the joint density: right up to a factor, which is different for each x.",
    "What is the area under your row, and what should it be?",
)
def not_normalised(x, decoder, z_grid):
    return torch.exp(joint(x, decoder, z_grid))


@wrong(
    "posterior_grid",
    "What you return equals the joint times the evidence: the evidence went to the wrong side.",
    "The joint is p(x) times the posterior: how do you get the posterior alone?",
)
def multiplied_by_the_evidence(x, decoder, z_grid):
    return torch.exp(joint(x, decoder, z_grid) + evidence(x, decoder, z_grid)[:, None])


@wrong(
    "posterior_grid",
    "What you return is the log of the posterior: log joint less log evidence, and not yet a density.",
    "Can a density be negative, and is one of yours?",
)
def log_posterior(x, decoder, z_grid):
    return joint(x, decoder, z_grid) - evidence(x, decoder, z_grid)[:, None]


@wrong(
    "posterior_grid",
    "You divided one log by another: a quotient of densities is a difference of their logs, and only then an "
    "exponential.",
    "What is the log of a / b?",
)
def logs_divided(x, decoder, z_grid):
    return joint(x, decoder, z_grid) / evidence(x, decoder, z_grid)[:, None]


@wrong(
    "posterior_grid",
    "You took a density and subtracted a log from it: joint and evidence have to be of the same kind before they meet.",
    "Which of the two is a log in your line, and which is not?",
)
def log_taken_from_density(x, decoder, z_grid):
    return torch.exp(joint(x, decoder, z_grid)) - evidence(x, decoder, z_grid)[:, None]


@wrong(
    "posterior_grid",
    "All rows together have the area 1: you divided by the sum over the batch as well, and each x has a posterior of "
    "its own.",
    "How many densities are there in your answer, and which area has each?",
)
def normalised_over_the_batch(x, decoder, z_grid):
    heights = torch.exp(joint(x, decoder, z_grid))
    return heights / (heights.sum() * step(z_grid))


@wrong(
    "posterior_grid",
    "The columns sum to 1, not the rows: you compared data points at the same code, where codes should be compared "
    "for the same data point.",
    "Along which axis does z change?",
)
def softmax_over_rows(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 0)


@wrong(
    "posterior_grid",
    "The columns sum to 1 over the spacing, not the rows: you compared data points at the same code, and then divided "
    "by the width.",
    "Along which axis does z change?",
)
def softmax_over_rows_and_spacing(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 0) / step(z_grid)


@wrong(
    "posterior_grid",
    "Each row has the height 1 at its peak: the shape is right, and a density is scaled by its area and not by its "
    "peak.",
    "What is the peak of a very narrow density: still 1?",
)
def peak_of_one(x, decoder, z_grid):
    heights = joint(x, decoder, z_grid)
    return torch.exp(heights - heights.amax(1, keepdim=True))


@wrong(
    "posterior_grid",
    "You divided by the mean height of the joint, where its area belongs: the average of a curve over the grid is not "
    "its integral.",
    "How do you come from the mean height of a curve to the area under it?",
)
def divided_by_the_mean(x, decoder, z_grid):
    heights = torch.exp(joint(x, decoder, z_grid))
    return heights / heights.mean(1, keepdim=True)


@wrong(
    "posterior_grid",
    "Your spacing is the length of the grid divided by the number of its points: between G points there are not G "
    "gaps, so the area is a little off 1.",
    "How many gaps lie between 3 posts?",
)
def one_gap_too_many_here(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 1) * len(z_grid) / (z_grid[-1, 0] - z_grid[0, 0])


@wrong(
    "posterior_grid",
    "The prior comes twice: what you scaled to area 1 is joint times prior, which pulls every code too far toward 0.",
    "Which two densities make up the joint, and what did you multiply it with?",
)
def prior_counted_twice(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid) + prior(z_grid), 1) / step(z_grid)


@wrong(
    "posterior_grid",
    "What you return rises from 0 to 1: these are running totals, the probability of all codes up to each point.",
    "Where should the curve be high: at the likely codes, or beyond them?",
)
def running_total(x, decoder, z_grid):
    return torch.softmax(joint(x, decoder, z_grid), 1).cumsum(1)


@wrong(
    "posterior_grid",
    "The numbers are right, and the grid lies along the first axis: each row should be one data point's density.",
    "Which shape should come out for 5 data points and 53 grid points?",
)
def grid_first(x, decoder, z_grid):
    return (torch.softmax(joint(x, decoder, z_grid), 1) / step(z_grid)).T


@wrong(
    "posterior_grid",
    "All data points share one posterior, as if they had come from one and the same code; each has a code of its own.",
    "How many densities should there be for 5 data points?",
)
def one_code_behind_all(x, decoder, z_grid):
    return torch.softmax(likelihood(x, decoder, z_grid).sum(0) + prior(z_grid), 0) / step(z_grid)


@wrong(
    "posterior_grid",
    "Right at ordinary points, and you divide one density by another: for a far x both are 0 in floating point, and 0 "
    "/ 0 is NaN.",
    "Their logs are ordinary numbers: which of the two steps, dividing or taking the exponential, can come last?",
)
def zero_by_zero(x, decoder, z_grid):
    heights = torch.exp(joint(x, decoder, z_grid))
    return heights / (heights.sum(1, keepdim=True) * step(z_grid))


@wrong(
    "posterior_grid",
    "Right at ordinary points, and a tiny number keeps the division from 0 / 0: for a far x your posterior is then 0 "
    "everywhere, which is no density.",
    "What is the area under a curve that is 0 everywhere?",
)
def patched_division(x, decoder, z_grid):
    heights = torch.exp(joint(x, decoder, z_grid))
    return heights / (heights.sum(1, keepdim=True) * step(z_grid) + 1e-300)


@wrong(
    "posterior_grid",
    "You shift by one largest value for the whole batch: it protects the best explained rows, and the posterior of a "
    "row far below it is lost.",
    "Which rows is your largest value taken from, and whose density is it meant to protect?",
)
def one_shift_for_all_rows(x, decoder, z_grid):
    heights = joint(x, decoder, z_grid)
    heights = torch.exp(heights - heights.max())
    return heights / (heights.sum(1, keepdim=True) * step(z_grid))


# --- log_evidence_monte_carlo ---


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the mean of log p(x|z): the log was taken first, and the average after it. That is another "
    "quantity, and never above the one asked for.",
    "p(x) is an average of densities: at which point does its log come in?",
)
def mean_of_the_logs(x, decoder, z):
    return likelihood(x, decoder, z).mean(1)


@wrong(
    "log_evidence_monte_carlo",
    "You are too high by log S: the likelihoods are added, and never divided by their number.",
    "What makes an average out of a sum, and what does it become under a log?",
)
def sum_not_mean(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 1)


@wrong(
    "log_evidence_monte_carlo",
    "You are too high by twice log S: the log of the number of draws has the wrong sign.",
    "Does dividing by S raise a log or lower it?",
)
def number_with_wrong_sign(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 1) + math.log(len(z))


@wrong(
    "log_evidence_monte_carlo",
    "You took away S itself and not its log: what divides a sum joins its log in another form.",
    "What is log(a / b), when log a is what you have?",
)
def number_not_logged(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 1) - len(z)


@wrong(
    "log_evidence_monte_carlo",
    "The log of the sum is divided by S: it is the sum that has to be divided, before its log is taken.",
    "Does the division belong inside your log or outside?",
)
def log_divided(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 1) / len(z)


@wrong(
    "log_evidence_monte_carlo",
    "Each log-likelihood is divided by S before the exponential: that takes a root of every likelihood and adds the "
    "roots.",
    "Which of the two should be averaged: the likelihoods, or their logs?",
)
def roots_added(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z) / len(z), 1)


@wrong(
    "log_evidence_monte_carlo",
    "You divide by S - 1: that belongs to a spread measured around its own mean, and this is a plain average.",
    "How many numbers did you add?",
)
def one_draw_less(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 1) - math.log(max(len(z) - 1, 1))


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the log of the mean joint: the prior is in twice, since the draws already come from it. "
    "Likely codes are drawn more often, and then count more once again.",
    "How do the draws themselves already say which codes are likely?",
)
def prior_again(x, decoder, z):
    return torch.logsumexp(joint(x, decoder, z), 1) - math.log(len(z))


@wrong(
    "log_evidence_monte_carlo",
    "The draws are weighed by their prior density: weights that make sense on a grid, while draws from the prior "
    "already come as often as they should.",
    "Which draws would be counted too often, if a likely one came often and also weighed more?",
)
def weighted_by_the_prior(x, decoder, z):
    return torch.logsumexp(joint(x, decoder, z), 1) - torch.logsumexp(prior(z), 0)


@wrong(
    "log_evidence_monte_carlo",
    "The likelihoods are divided by the prior: that undoes the way the draws were made, and gives the integral of the "
    "likelihood alone.",
    "Under which distribution is p(x) an average, and did the draws come from it?",
)
def divided_by_the_prior(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z) - prior(z), 1) - math.log(len(z))


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the largest log-likelihood: the one best draw. It takes part in the average as one of S, "
    "and the others count as well.",
    "If all draws but one explain nothing, is p(x) as large as that one?",
)
def best_draw_only(x, decoder, z):
    return likelihood(x, decoder, z).amax(1)


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the middle one of the log-likelihoods: a median, which the few draws that explain x "
    "cannot move.",
    "If one draw in eleven explains x a million times better, should p(x) notice?",
)
def median(x, decoder, z):
    return likelihood(x, decoder, z).median(1).values


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the log-likelihood at the mean of the draws: one code, in the middle, that nobody drew.",
    "Which is averaged here, codes or likelihoods?",
)
def at_the_mean_code(x, decoder, z):
    return likelihood(x, decoder, z.mean(0, keepdim=True)).squeeze(1)


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the log-likelihood at z = 0: the middle of the prior stands for all of it, and the draws "
    "are not used.",
    "Where do the draws that you were given enter?",
)
def at_the_middle_of_the_prior(x, decoder, z):
    return likelihood(x, decoder, torch.zeros_like(z[:1])).squeeze(1)


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the log-density of x around one average picture: decoder(z) was averaged over all draws, "
    "and x compared with that.",
    "Does a data point come from one of the codes, or from the average of their pictures?",
)
def at_the_mean_picture(x, decoder, z):
    return Normal(decoder(z).mean(0), decoder.sigma).log_prob(x).sum(-1)


@wrong(
    "log_evidence_monte_carlo",
    "What you return equals the average likelihood, not its log.",
    "Can the answer be negative, and should it be, for a small density?",
)
def likelihood_not_log(x, decoder, z):
    return torch.exp(likelihood(x, decoder, z)).mean(1)


@wrong(
    "log_evidence_monte_carlo",
    "The sign is turned round: what you return equals -log p(x), as estimated. Where a log-density is asked for, "
    "larger is better in this course.",
    "Which of two data points has the larger value in yours, the more likely one or the less likely?",
)
def negative_estimate(x, decoder, z):
    return math.log(len(z)) - torch.logsumexp(likelihood(x, decoder, z), 1)


@wrong(
    "log_evidence_monte_carlo",
    "You averaged over data points and kept the draws: z is what has to go, and x is what has to stay.",
    "Which axis of the (B, S) table runs over codes?",
)
def averaged_over_x(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z), 0) - math.log(len(x))


@wrong(
    "log_evidence_monte_carlo",
    "The batch is gone: you added the estimates of all data points into one number.",
    "Which shape should come out for 5 data points?",
)
def total(x, decoder, z):
    return (torch.logsumexp(likelihood(x, decoder, z), 1) - math.log(len(z))).sum()


@wrong(
    "log_evidence_monte_carlo",
    "All data points were put behind the same code: you multiplied their likelihoods before averaging over draws, and "
    "each has a code of its own.",
    "What should be averaged over codes: the likelihood of one data point, or of all of them together?",
)
def one_code_for_the_batch(x, decoder, z):
    return torch.logsumexp(likelihood(x, decoder, z).sum(0), 0) - math.log(len(z))


@wrong(
    "log_evidence_monte_carlo",
    "Right at ordinary points, and you take the exponential of each log-likelihood as it is: for a far x all of them "
    "are 0 in floating point, and the log of their mean is minus infinity.",
    "If every log-likelihood were 1000 lower, what should become of your answer, and what does?",
)
def no_shift(x, decoder, z):
    return torch.log(torch.exp(likelihood(x, decoder, z)).mean(1))


@wrong(
    "log_evidence_monte_carlo",
    "Right at ordinary points, and a tiny number is added before the log: for a far x only the log of that number is "
    "left.",
    "What does the added number stand for once the average is smaller?",
)
def patched_mean(x, decoder, z):
    return torch.log(torch.exp(likelihood(x, decoder, z)).mean(1) + 1e-300)


@wrong(
    "log_evidence_monte_carlo",
    "You shift by one largest value for the whole batch: it protects the best explained rows, and rows far below it "
    "still underflow.",
    "Which rows is your largest value taken from, and whose average is it meant to protect?",
)
def one_shift(x, decoder, z):
    log_likelihood = likelihood(x, decoder, z)
    shift = log_likelihood.max()
    return shift + torch.log(torch.exp(log_likelihood - shift).mean(1))


@wrong(
    "log_evidence_monte_carlo",
    "You take the largest log out before the exponential, as one should, and never put it back: what you return is the log of the "
    "average of likelihoods that were all divided by the largest.",
    "You divided every likelihood by the same number: what does that do to the log of their average?",
)
def largest_not_put_back_here(x, decoder, z):
    logs = decoder.log_likelihood(x[:, None], z)
    largest = logs.max(dim=1, keepdim=True).values
    return (logs - largest).exp().mean(dim=1).log()


# --- linear_gaussian_evidence ---


@wrong(
    "linear_gaussian_evidence",
    "sigma stands on the diagonal of the covariance as it is: a covariance holds variances, and sigma is a standard "
    "deviation.",
    "What is the variance of noise with standard deviation sigma?",
)
def sigma_not_squared(x, W, sigma):
    return gaussian(x, W @ W.T + sigma * torch.eye(len(W), dtype=W.dtype))


@wrong(
    "linear_gaussian_evidence",
    "What you return equals log N(x; 0, sigma^2 I): only the noise is left, as if every code were 0.",
    "Two things scatter x around 0 in this model: which one is missing?",
)
def noise_without_codes(x, W, sigma):
    return Normal(0.0, sigma).log_prob(x).sum(-1)


@wrong(
    "linear_gaussian_evidence",
    "You multiplied W with itself the other way round: that is a (Z, Z) matrix about codes, and the covariance of x is "
    "(D, D). It runs only where D = Z.",
    "Which shape should the covariance of x have, and over which axis of W do you sum?",
)
def product_the_other_way(x, W, sigma):
    return gaussian(x, W.T @ W + sigma**2 * torch.eye(W.shape[1], dtype=W.dtype))


@wrong(
    "linear_gaussian_evidence",
    "sigma^2 is added to every entry of the covariance: that is one and the same noise in all dimensions, where each "
    "has its own.",
    "How is the noise in dimension 0 related to the noise in dimension 1?",
)
def noise_in_every_entry(x, W, sigma):
    covariance = W @ W.T + sigma**2 + 1e-9 * torch.eye(len(W), dtype=W.dtype)  # a bare one has no Cholesky factor
    return gaussian(x, covariance)


@wrong(
    "linear_gaussian_evidence",
    "sigma^2 multiplies W W' where it should be added: codes and noise are two separate sources of scatter.",
    "If W were 0, how much would x still scatter, and how much does yours?",
)
def noise_multiplied_in(x, W, sigma):
    return gaussian(x, sigma**2 * (W @ W.T + torch.eye(len(W), dtype=W.dtype)))


@wrong(
    "linear_gaussian_evidence",
    "The noise is missing from the covariance, but for a tiny number that makes it invertible: without noise, x lies "
    "on a plane and has no density.",
    "What is the second source of scatter in x?",
)
def noise_missing(x, W, sigma):
    return gaussian(x, W @ W.T + 1e-6 * torch.eye(len(W), dtype=W.dtype))


@wrong(
    "linear_gaussian_evidence",
    "The log-determinant has lost its half: the density holds the root of the determinant.",
    "In one dimension, is it the variance or the standard deviation that divides the density?",
)
def determinant_without_half(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), 2 * torch.logdet(covariance), quadratic_form(x, covariance.inverse()))


@wrong("linear_gaussian_evidence", alias_of="determinant_without_half")
def root_of_the_determinant_forgotten(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    peak = len(W) * math.log(math.sqrt(2 * math.pi)) + torch.log(torch.linalg.det(covariance))
    return -peak - 0.5 * quadratic_form(x, covariance.inverse())


@wrong(
    "linear_gaussian_evidence",
    "The quadratic form in x has lost its half: far data points are punished twice as much as they should be.",
    "What does the bell curve have in its exponent besides the square?",
)
def form_without_half(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), torch.logdet(covariance), 2 * quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "The log-determinant has the wrong sign: your density gets higher where x is scattered more widely.",
    "A wider cloud holds the same total: is it higher at its middle, or lower?",
)
def determinant_with_wrong_sign(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), -torch.logdet(covariance), quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "The quadratic form in x has the wrong sign: the further out x lies, the more likely you make it.",
    "Where is the density highest, and what does your term do there?",
)
def form_with_wrong_sign(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), torch.logdet(covariance), -quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "The log-determinant is missing: your values compare data points rightly under one model, and say nothing between "
    "two models.",
    "To what must the density integrate, and which factor sees to it when the covariance grows?",
)
def determinant_missing(x, W, sigma):
    return log_normal(len(W), 0.0, quadratic_form(x, plain_covariance(W, sigma).inverse()))


@wrong(
    "linear_gaussian_evidence",
    "Covariance and precision are exchanged: the matrix that you give as one is the other, its inverse.",
    "In one dimension with a large variance, should a far x be likely or unlikely, and what is it in yours?",
)
def precision_for_covariance(x, W, sigma):
    return MultivariateNormal(torch.zeros_like(x), precision_matrix=plain_covariance(W, sigma)).log_prob(x)


@wrong(
    "linear_gaussian_evidence",
    "The quadratic form uses the covariance itself, where its inverse belongs; the determinant is right.",
    "In one dimension, is x^2 multiplied by the variance or divided by it?",
)
def form_not_inverted(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), torch.logdet(covariance), quadratic_form(x, covariance))


@wrong(
    "linear_gaussian_evidence",
    "The constant is missing: you are too high by half of log 2 pi for each dimension of x.",
    "To what must the density integrate, and which factor sees to it?",
)
def constant_missing(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(0, torch.logdet(covariance), quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "The constant comes once, where each dimension of x has one of its own.",
    "By how much does the constant grow when x gets one more dimension?",
)
def constant_for_one_dimension(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(1, torch.logdet(covariance), quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "The constant counts the dimensions of z: this is a density of x.",
    "What is it a density of, and how many dimensions has that?",
)
def constant_for_the_codes(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(W.shape[1], torch.logdet(covariance), quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "Only the diagonal of the covariance is used: dimensions of x that share a code move together, and yours are "
    "independent.",
    "Which entry of the covariance says how x_0 and x_1 move together, and what is it in yours?",
)
def diagonal_only(x, W, sigma):
    return Normal(0.0, (W.square().sum(1) + sigma**2).sqrt()).log_prob(x).sum(-1)


@wrong("linear_gaussian_evidence", alias_of="diagonal_only")
def diagonal_of_the_matrix(x, W, sigma):
    return gaussian(x, torch.diag(plain_covariance(W, sigma).diagonal()))


@wrong(
    "linear_gaussian_evidence",
    "The standard deviations of codes and noise are added in each dimension: independent scatter adds as variances.",
    "Two independent sources, 3 and 4 wide: how wide are they together?",
)
def standard_deviations_added(x, W, sigma):
    return Normal(0.0, W.square().sum(1).sqrt() + sigma).log_prob(x).sum(-1)


@wrong(
    "linear_gaussian_evidence",
    "sigma is added to the entries of W before they are squared: noise does not come through the codes.",
    "Does the noise in x depend on z?",
)
def sigma_added_to_W(x, W, sigma):
    shifted = W + sigma
    return gaussian(x, shifted @ shifted.T + 1e-9 * torch.eye(len(W), dtype=W.dtype))


@wrong(
    "linear_gaussian_evidence",
    "W is summed over its columns first: all codes are driven by one and the same number, where each column has its "
    "own.",
    "How are the dimensions of z related under the prior?",
)
def columns_added(x, W, sigma):
    w = W.sum(1, keepdim=True)
    return gaussian(x, plain_covariance(w, sigma))


@wrong(
    "linear_gaussian_evidence",
    "W W' is divided by the number of codes: a second code adds scatter to x, and yours shares it out.",
    "If one more column is appended to W, do the variances of x grow or not?",
)
def averaged_over_codes(x, W, sigma):
    return gaussian(x, W @ W.T / W.shape[1] + sigma**2 * torch.eye(len(W), dtype=W.dtype))


@wrong(
    "linear_gaussian_evidence",
    "The mean of the batch is taken away from x first: under this model the mean is 0, whatever data you happen to "
    "have.",
    "If you are given a single data point, what is left of it?",
)
def batch_centred(x, W, sigma):
    return gaussian(x - x.mean(0), plain_covariance(W, sigma))


@wrong(
    "linear_gaussian_evidence",
    "The batch is gone: you added the log-densities of all data points into one number.",
    "Which shape should come out for 5 data points?",
)
def added_over_the_batch(x, W, sigma):
    return gaussian(x, plain_covariance(W, sigma)).sum()


@wrong(
    "linear_gaussian_evidence",
    "What you return equals the density, not its log.",
    "Can the answer be negative, and should it be, for a small density?",
)
def density_without_log(x, W, sigma):
    return torch.exp(gaussian(x, plain_covariance(W, sigma)))


@wrong(
    "linear_gaussian_evidence",
    "Right at ordinary points, and you form the determinant before its log: with many dimensions and little noise it "
    "is 0 in floating point.",
    "A determinant is a product of many numbers: what is its log?",
)
def determinant_underflows(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    return log_normal(len(W), torch.log(torch.linalg.det(covariance)), quadratic_form(x, covariance.inverse()))


@wrong(
    "linear_gaussian_evidence",
    "Right at ordinary points, and you form the density before its log: far out, and where the determinant is tiny, it "
    "leaves what floating point can hold.",
    "Which of your factors is an exponential, and do you need it?",
)
def density_underflows(x, W, sigma):
    covariance = plain_covariance(W, sigma)
    scale = (2 * math.pi) ** (-len(W) / 2) * torch.linalg.det(covariance) ** -0.5
    return torch.log(scale * torch.exp(-0.5 * quadratic_form(x, covariance.inverse())))


@wrong(
    "linear_gaussian_evidence",
    "Right at ordinary points, and a tiny number is added to the diagonal: where the noise is small, that number is "
    "noise of its own.",
    "How large is sigma^2 there, and how large is what you add?",
)
def diagonal_patched(x, W, sigma):
    return gaussian(x, plain_covariance(W, sigma) + 1e-8 * torch.eye(len(W), dtype=W.dtype))
