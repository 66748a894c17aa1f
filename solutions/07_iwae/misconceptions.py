"""Wrong answers to stage 07, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal

from vae_course.checks.bank import wrong


def density(z, mu, logvar):
    """log N(z; mu, exp(logvar)), summed over dimensions."""
    return Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)


def prior(z):
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def terms(x, model, eps):
    """log p(x|z), log p(z) and log q(z|x) at each sample, (K, B) each."""
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    return model.log_likelihood(x, z), prior(z), density(z, mu, logvar)


def weights(x, model, eps):
    likelihood, of_prior, q = terms(x, model, eps)
    return likelihood + of_prior - q


def kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)


def log_mean(log_w, dim=0):
    return torch.logsumexp(log_w, dim) - math.log(log_w.shape[dim])


# --- log_weights ---


@wrong(
    "log_weights",
    "log q is missing: your weights are p(x, z), and samples of q, which crowd where q is high, are counted as if q had "
    "drawn them evenly.",
    "By what must a sample be divided that q draws too often?",
)
def q_missing(x, model, eps):
    likelihood, of_prior, _ = terms(x, model, eps)
    return likelihood + of_prior


@wrong(
    "log_weights",
    "The prior is missing: a code that explains x and that the prior never gives counts like any other.",
    "Which two densities make up p(x, z)?",
)
def prior_missing(x, model, eps):
    likelihood, _, q = terms(x, model, eps)
    return likelihood - q


@wrong(
    "log_weights",
    "You multiplied by q where a weight divides by it: log q has the wrong sign.",
    "Should a code that q draws often count for more, or for less?",
)
def multiplied_by_q(x, model, eps):
    likelihood, of_prior, q = terms(x, model, eps)
    return likelihood + of_prior + q


@wrong(
    "log_weights",
    "The prior is divided by, as q is; only q is.",
    "Which of the three densities belong to the model's p(x, z)?",
)
def divided_by_the_prior(x, model, eps):
    likelihood, of_prior, q = terms(x, model, eps)
    return likelihood - of_prior - q


@wrong(
    "log_weights",
    "log p(x|z) is missing: what is left compares the prior with q, and x plays no part in it.",
    "Where does the decoder come into a weight?",
)
def likelihood_missing(x, model, eps):
    _, of_prior, q = terms(x, model, eps)
    return of_prior - q


@wrong(
    "log_weights",
    "You took away the closed-form KL, one number an image. That is right for the average, and here each sample needs its own "
    "log p(z) - log q(z|x); the KL is what these average to.",
    "Does your second term change from one sample to the next?",
)
def closed_form_kl(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, mu + torch.exp(0.5 * logvar) * eps) - kl(mu, logvar)


@wrong(
    "log_weights",
    "The noise was handed to the decoder and the densities as if it were the code: z has to be made from it first.",
    "What turns a standard normal number into a sample of q?",
)
def noise_as_code(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, eps) + prior(eps) - density(eps, mu, logvar)


@wrong(
    "log_weights",
    "z was made with the variance where the standard deviation belongs, so your samples are not samples of q.",
    "logvar is the log of which quantity, and which one multiplies the noise?",
)
def variance_for_sigma(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar) * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)


@wrong(
    "log_weights",
    "z is made rightly, and log q is then computed with the variance in place of the standard deviation.",
    "Which width does torch's Normal ask for?",
)
def log_q_of_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    return model.log_likelihood(x, z) + prior(z) - Normal(mu, logvar.exp()).log_prob(z).sum(-1)


@wrong(
    "log_weights",
    "log q is taken at mu: it is the same for every sample, and a weight asks how likely q was to draw *this* one.",
    "At which point does each of the three densities have to be evaluated?",
)
def log_q_at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = terms(x, model, eps)
    return likelihood + of_prior - density(mu, mu, logvar)


@wrong(
    "log_weights",
    "log q is that of the noise: the stretching by sigma changes a density too, and its log sigmas are missing.",
    "A Gaussian twice as wide is how high at its peak?",
)
def log_q_of_the_noise(x, model, eps):
    likelihood, of_prior, _ = terms(x, model, eps)
    return likelihood + of_prior - prior(eps)


@wrong(
    "log_weights",
    "The constant of log q, a half of log 2 pi for each dimension, was dropped, and that of the prior was kept; in their "
    "difference both cancel, or both stand.",
    "Which of your densities is normalised?",
)
def constant_of_q_dropped(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = terms(x, model, eps)
    return likelihood + of_prior + 0.5 * (logvar + eps**2).sum(-1)


@wrong(
    "log_weights",
    "What you return are the weights themselves and not their logs: for pictures they are numbers like e^-900.",
    "In which form can a number as small as e^-900 be kept?",
)
def not_logs(x, model, eps):
    return weights(x, model, eps).exp()


@wrong(
    "log_weights",
    "You averaged over the samples: what you return is an estimate of the ELBO, one number an image.",
    "How many numbers does an image have when there are K samples?",
)
def averaged(x, model, eps):
    return weights(x, model, eps).mean(0)


@wrong(
    "log_weights",
    "The axes are exchanged: images came first and samples second.",
    "On which axis do samples stand everywhere in this course?",
)
def transposed(x, model, eps):
    return weights(x, model, eps).T


@wrong(
    "log_weights",
    "Your weights are normalised: those of an image add up to 1, and p(x), which their mean estimates, was divided away.",
    "What does the mean of the weights estimate, and what is left of it when they add up to 1?",
)
def normalised(x, model, eps):
    return torch.log_softmax(weights(x, model, eps), 0)


@wrong(
    "log_weights",
    "Each density is averaged over the latent dimensions where they should be added: independent dimensions multiply, so "
    "their logs add.",
    "What is the log of a product?",
)
def mean_over_dimensions(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_ratio = Normal(0.0, 1.0).log_prob(z) - Normal(mu, torch.exp(0.5 * logvar)).log_prob(z)
    return model.log_likelihood(x, z) + log_ratio.mean(-1)


# --- iwae_bound ---


@wrong(
    "iwae_bound",
    "You averaged the logs: that is the ELBO, estimated with K samples, however many there are.",
    "Which comes first here, the mean or the log?",
)
def mean_of_logs(log_w):
    return log_w.mean(0)


@wrong(
    "iwae_bound",
    "log K is missing: this is the log of the sum of the weights, too high by exactly log K.",
    "What has to happen to a sum before it is a mean?",
)
def sum_of_weights(log_w):
    return torch.logsumexp(log_w, 0)


@wrong(
    "iwae_bound",
    "log K was added where dividing by K takes it away: your bound is 2 log K too high.",
    "Does dividing a number make its log larger or smaller?",
)
def log_k_added(log_w):
    return torch.logsumexp(log_w, 0) + math.log(len(log_w))


@wrong(
    "iwae_bound",
    "The log was divided by K: dividing a weight by K subtracts from its log, it does not divide it.",
    "What is log(a / b)?",
)
def log_divided(log_w):
    return torch.logsumexp(log_w, 0) / len(log_w)


@wrong(
    "iwae_bound",
    "K was subtracted, and not log K.",
    "What is the log of a sum that is divided by K?",
)
def k_subtracted(log_w):
    return torch.logsumexp(log_w, 0) - len(log_w)


@wrong(
    "iwae_bound",
    "What is subtracted is the log of the number of images: K stands on the other axis.",
    "Which axis of log_w holds the samples?",
)
def log_of_the_images(log_w):
    return torch.logsumexp(log_w, 0) - math.log(log_w.shape[1])


@wrong(
    "iwae_bound",
    "You returned the best sample's log-weight, which lies above the bound by up to log K.",
    "What becomes of the other samples' weights?",
)
def best_sample(log_w):
    return log_w.max(0).values


@wrong(
    "iwae_bound",
    "You returned the best log-weight minus log K: the lowest that the bound can be for this best sample, as if all other weights "
    "were 0.",
    "What do the samples add that are not the best one?",
)
def best_sample_alone(log_w):
    return log_w.max(0).values - math.log(len(log_w))


@wrong(
    "iwae_bound",
    "Averaged over images: your mean runs along the batch, and what is left is one number a sample.",
    "Which axis should be gone when one number an image is left?",
)
def over_the_batch(log_w):
    return log_mean(log_w, 1)


@wrong(
    "iwae_bound",
    "One mean over samples and images before the log: an image whose weights are tiny no longer counts at all.",
    "What should one image's weights have to do with another's bound?",
)
def one_mean_for_all(log_w):
    return log_mean(log_w.flatten()).expand(log_w.shape[1])


@wrong(
    "iwae_bound",
    "You averaged the bounds over the images as well; asked for was one number an image.",
    "Which axes should be gone, and which should stay?",
)
def averaged_over_images(log_w):
    return log_mean(log_w).mean()


@wrong(
    "iwae_bound",
    "The log-weights averaged by their own shares: that number has the right gradient when the shares are held fixed, but "
    "its value is another one, and it flatters.",
    "For equal weights both agree; for the weights 3 and 1, what is the log of the mean?",
)
def averaged_by_shares(log_w):
    return (torch.softmax(log_w, 0) * log_w.clamp(min=-1e30)).sum(0)


@wrong(
    "iwae_bound",
    "The mean weight was returned without its log.",
    "In which unit is a bound on log p(x)?",
)
def log_forgotten(log_w):
    return log_w.exp().mean(0)


@wrong(
    "iwae_bound",
    "It is the bound with its sign turned, a loss; asked for was the bound, which is larger when better.",
    "Which of the two is minimised, the bound or minus the bound?",
)
def as_a_loss(log_w):
    return -log_mean(log_w)


@wrong(
    "iwae_bound",
    "The median of the log-weights is a sample's log-weight from the middle, not the log of their mean.",
    "Of the weights 1, 1 and 100, what is the mean?",
)
def median(log_w):
    return log_w.median(0).values


@wrong(
    "iwae_bound",
    "The mean is right and written out: for ordinary log-weights your value stands, but e^-900 is 0 and e^900 is infinite on a "
    "computer, and so is your bound there.",
    "Which number could be subtracted from every log-weight first and added to the result at the end?",
)
def written_out(log_w):
    return log_w.exp().mean(0).log()


@wrong(
    "iwae_bound",
    "The largest log-weight of the whole batch was taken out first: for images whose weights are far below it, everything is "
    "still rounded to 0.",
    "Which largest number belongs to each image?",
)
def one_maximum_for_all(log_w):
    most = log_w.max()
    return (log_w - most).exp().mean(0).log() + most


@wrong(
    "iwae_bound",
    "The value is right, and no gradient reaches the log-weights: something on the way was detached.",
    "What will the encoder learn from a bound that remembers nothing of its weights?",
)
def detached(log_w):
    return log_mean(log_w.detach())


@wrong(
    "iwae_bound",
    "The value is right, and its gradient is that of the mean of logs: every sample gets the same share, where the larger "
    "weight should be heard more.",
    "By how much does the bound grow when the log-weight of the best sample does?",
)
def gradient_of_the_mean(log_w):
    mean = log_w.clamp(min=-1e30).mean(0)
    return mean + (log_mean(log_w) - mean).detach()


# --- effective_sample_size ---


@wrong(
    "effective_sample_size",
    "It is upside down: the sum of the squares over the squared sum, a number below 1.",
    "Four equal weights should count as how many?",
)
def upside_down(log_w):
    return torch.softmax(log_w, 0).square().sum(0)


@wrong(
    "effective_sample_size",
    "You returned a share of K: your number lies between 0 and 1, and samples were asked for.",
    "In which unit is your answer, samples or a part of them?",
)
def share_of_all(log_w):
    return 1 / torch.softmax(log_w, 0).square().sum(0) / len(log_w)


@wrong(
    "effective_sample_size",
    "You returned one over the largest share: that looks at one weight alone and says nothing of the others.",
    "For the shares 0.5, 0.5, 0 and 0.5, 0.3, 0.2, should the answer be the same?",
)
def one_over_the_largest(log_w):
    return 1 / torch.softmax(log_w, 0).max(0).values


@wrong(
    "effective_sample_size",
    "You returned K itself, as if all weights were equal.",
    "How many samples count when one weight is much larger than all the others?",
)
def all_count(log_w):
    return torch.full_like(log_w[0], float(len(log_w)))


@wrong(
    "effective_sample_size",
    "The logs were used as if they were the weights: log-weights can be negative, and their squares mean nothing here.",
    "What is the weight of a sample whose log-weight is -12?",
)
def logs_as_weights(log_w):
    return log_w.sum(0) ** 2 / (log_w**2).sum(0)


@wrong(
    "effective_sample_size",
    "It is the exponential of the entropy of the shares, another way to count samples; asked for was the one with squares.",
    "For the weights 3 and 1, what are the sum, squared, and the sum of the squares?",
)
def perplexity(log_w):
    shares = torch.softmax(log_w, 0)
    return torch.exp(-(shares * shares.clamp(min=1e-300).log()).sum(0))


@wrong(
    "effective_sample_size",
    "Your sums run over the images: what is left is one number a sample.",
    "Which axis of log_w holds the samples?",
)
def over_images(log_w):
    return 1 / torch.softmax(log_w, 1).square().sum(1)


@wrong(
    "effective_sample_size",
    "The weights of all images were shared out together, so an image with small weights seems to have none that count.",
    "What should one image's weights have to do with another's?",
)
def shared_over_everything(log_w):
    shares = torch.softmax(log_w.flatten(), 0).reshape(log_w.shape)
    return shares.sum() ** 2 / shares.square().sum(0).clamp(min=1e-300)


@wrong(
    "effective_sample_size",
    "The root is one too many: it is the sum, squared, over the sum of squares, and you took the root of that.",
    "Four equal weights should count as four: what do yours count as?",
)
def root(log_w):
    return torch.softmax(log_w, 0).square().sum(0).rsqrt()


@wrong(
    "effective_sample_size",
    "The sum of the weights is not squared, so the answer changes with the unit in which weights are measured.",
    "What happens to your answer when every weight is doubled?",
)
def sum_not_squared(log_w):
    w = (log_w + 12).exp()
    return w.sum(0) / w.square().sum(0)


@wrong(
    "effective_sample_size",
    "You gave the log of the effective number.",
    "Is your answer a number of samples?",
)
def log_of_it(log_w):
    return 2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0)


@wrong(
    "effective_sample_size",
    "The weights are written out: for ordinary log-weights your value stands, but squares of e^-900 are 0 and of e^900 infinite "
    "on a computer.",
    "What may be taken out of every weight of an image without changing the answer?",
)
def squares_written_out(log_w):
    w = log_w.exp()
    return w.sum(0) ** 2 / (w**2).sum(0)


# --- log_evidence ---


def chunks(x, model, K, chunk, generator, sizes=None):
    """The log-weights of each chunk, (k, B)."""
    sizes = sizes or [min(chunk, K - start) for start in range(0, K, chunk)]
    with torch.no_grad():
        for k in sizes:
            yield weights(x, model, torch.randn(k, len(x), model.z_dim, generator=generator, dtype=x.dtype))


@wrong(
    "log_evidence",
    "You averaged the bounds of the chunks: that is a mean of logs, and with chunks of one sample it is the ELBO. However large K is, "
    "your estimate is as low as that of a single chunk.",
    "What may be averaged, the bounds or the weights?",
)
def mean_of_the_chunks(x, model, K, chunk, generator=None):
    return torch.stack([log_mean(log_w) for log_w in chunks(x, model, K, chunk, generator)]).mean(0)


@wrong(
    "log_evidence",
    "Every chunk's mean weight counts the same, also that of the last chunk, which holds fewer samples; each of its samples then "
    "counts for more than the others.",
    "By how much do the samples of a short chunk weigh in your mean?",
)
def chunks_weigh_the_same(x, model, K, chunk, generator=None):
    return log_mean(torch.stack([log_mean(log_w) for log_w in chunks(x, model, K, chunk, generator)]))


@wrong(
    "log_evidence",
    "log K is missing: you added up all weights and never divided.",
    "What has to happen to a sum before it is a mean?",
)
def never_divided(x, model, K, chunk, generator=None):
    return torch.stack([log_w.logsumexp(0) for log_w in chunks(x, model, K, chunk, generator)]).logsumexp(0)


@wrong(
    "log_evidence",
    "What you divide by is the size of a chunk, and not the number of all samples.",
    "How many weights are in your sum once all chunks are through?",
)
def divided_by_a_chunk(x, model, K, chunk, generator=None):
    total = torch.stack([log_w.logsumexp(0) for log_w in chunks(x, model, K, chunk, generator)]).logsumexp(0)
    return total - math.log(min(chunk, K))


@wrong(
    "log_evidence",
    "What you divide by is the number of chunks, and not the number of samples.",
    "How many weights are in your sum once all chunks are through?",
)
def divided_by_the_chunks(x, model, K, chunk, generator=None):
    total = torch.stack([log_w.logsumexp(0) for log_w in chunks(x, model, K, chunk, generator)]).logsumexp(0)
    return total - math.log(-(-K // chunk))


@wrong(
    "log_evidence",
    "You divide as if the last chunk were full: K is smaller than the number of chunks times their size.",
    "K need not be a multiple of chunk: how many samples did you draw in all?",
)
def as_if_full(x, model, K, chunk, generator=None):
    total = torch.stack([log_w.logsumexp(0) for log_w in chunks(x, model, K, chunk, generator)]).logsumexp(0)
    return total - math.log(-(-K // chunk) * min(chunk, K))


@wrong(
    "log_evidence",
    "Only the last chunk is left in the end: each chunk wrote over the one before.",
    "What of the first chunk is still there when the loop is over?",
)
def last_chunk_only(x, model, K, chunk, generator=None):
    for log_w in chunks(x, model, K, chunk, generator):
        bound = log_mean(log_w)
    return bound


@wrong(
    "log_evidence",
    "The bounds of the chunks are added up: logs of means add for a product, and samples do not multiply.",
    "With two chunks of the same weights, what should the bound be?",
)
def chunks_added(x, model, K, chunk, generator=None):
    return torch.stack([log_mean(log_w) for log_w in chunks(x, model, K, chunk, generator)]).sum(0)


@wrong(
    "log_evidence",
    "The last, smaller chunk is left out: you drew fewer than K samples, and with K below the size of a chunk none at all would "
    "be drawn.",
    "K need not be a multiple of chunk: how many samples are left over?",
)
def rest_left_out(x, model, K, chunk, generator=None):
    size = min(chunk, K)
    log_w = torch.cat(list(chunks(x, model, K, chunk, generator, [size] * (K // size))))
    return log_mean(log_w)


@wrong(
    "log_evidence",
    "Every chunk is full, also the last one: you drew more than K samples.",
    "K need not be a multiple of chunk: how many samples are left for the last one?",
)
def one_chunk_too_full(x, model, K, chunk, generator=None):
    return log_mean(torch.cat(list(chunks(x, model, K, chunk, generator, [chunk] * -(-K // chunk)))))


@wrong(
    "log_evidence",
    "chunk decides how many samples there are in all: you draw one chunk, and K plays no part.",
    "Which of the two numbers says how many samples the estimate has?",
)
def one_chunk_only(x, model, K, chunk, generator=None):
    return log_mean(next(chunks(x, model, K, chunk, generator, [chunk])))


@wrong(
    "log_evidence",
    "The value is right, and all K samples are decoded at once: with K = 5,000 and many images that does not fit into memory, which "
    "is what chunk is for.",
    "How many samples may be in memory at one time?",
)
def all_at_once(x, model, K, chunk, generator=None):
    return log_mean(next(chunks(x, model, K, chunk, generator, [K])))


@wrong(
    "log_evidence",
    "You averaged the log-weights: with K = 5,000 samples this is a very exact estimate of the ELBO, and it stays the ELBO.",
    "Which comes first here, the mean or the log?",
)
def a_very_exact_elbo(x, model, K, chunk, generator=None):
    return torch.cat(list(chunks(x, model, K, chunk, generator))).mean(0)


@wrong(
    "log_evidence",
    "The same noise is drawn for every chunk: your generator starts afresh in the loop, so that the samples of one chunk come "
    "again and again.",
    "What does manual_seed do to the numbers that follow, and how often does yours run?",
)
def frozen_in_the_loop(x, model, K, chunk, generator=None):
    found = []
    for start in range(0, K, chunk):
        again = torch.Generator().manual_seed(0)
        found.append(next(chunks(x, model, K, chunk, again, [min(chunk, K - start)])))
    return log_mean(torch.cat(found))


@wrong(
    "log_evidence",
    "Every call draws the same noise: a seed inside the function makes two estimates one.",
    "What would two calls tell you about the error of your estimate?",
)
def frozen(x, model, K, chunk, generator=None):
    return log_mean(torch.cat(list(chunks(x, model, K, chunk, torch.Generator().manual_seed(0)))))


def with_noise(x, model, K, chunk, draw):
    found = []
    with torch.no_grad():
        for start in range(0, K, chunk):
            k = min(chunk, K - start)
            found.append(weights(x, model, draw(k).expand(k, len(x), model.z_dim)))
    return log_mean(torch.cat(found))


@wrong(
    "log_evidence",
    "All images of the batch share their noise: their estimates err together, and comparing two models on them misleads.",
    "Which shape has the noise of a chunk?",
)
def shared_over_the_batch(x, model, K, chunk, generator=None):
    return with_noise(x, model, K, chunk, lambda k: torch.randn(k, 1, model.z_dim, generator=generator, dtype=x.dtype))


@wrong(
    "log_evidence",
    "The dimensions of a code share one random number: your samples lie on a line through mu, and q is not a line.",
    "How many independent numbers does a code have?",
)
def shared_over_dimensions(x, model, K, chunk, generator=None):
    return with_noise(x, model, K, chunk, lambda k: torch.randn(k, len(x), 1, generator=generator, dtype=x.dtype))


@wrong(
    "log_evidence",
    "Your noise is uniform between 0 and 1: its mean is not 0, so your samples stand to one side of mu.",
    "What is the difference between rand and randn?",
)
def uniform_noise(x, model, K, chunk, generator=None):
    return with_noise(
        x, model, K, chunk, lambda k: torch.rand(k, len(x), model.z_dim, generator=generator, dtype=x.dtype),
    )


@wrong(
    "log_evidence",
    "You averaged over the images too: each image has an evidence of its own.",
    "Which axes should be gone, and which should stay?",
)
def one_for_all(x, model, K, chunk, generator=None):
    return log_mean(torch.cat(list(chunks(x, model, K, chunk, generator)))).mean()


@wrong(
    "log_evidence",
    "It is minus the log evidence, a score in which smaller is better; asked for was log p(x).",
    "Is log p(x) of a picture a positive or a negative number?",
)
def negated(x, model, K, chunk, generator=None):
    return -log_mean(torch.cat(list(chunks(x, model, K, chunk, generator))))


# --- iwae_loss ---


@wrong(
    "iwae_loss",
    "It is the bound, and not minus the bound: training on it makes the model worse with every step.",
    "Which way does an optimiser move what it is given?",
)
def bound_as_loss(x, model, eps):
    return log_mean(weights(x, model, eps)).mean()


@wrong(
    "iwae_loss",
    "The bounds of the images are added up: a larger batch has a larger loss, and the learning rate means something else.",
    "What should a batch of twice the size change?",
)
def summed_over_images(x, model, eps):
    return -log_mean(weights(x, model, eps)).sum()


@wrong(
    "iwae_loss",
    "You averaged the log-weights: this trains an ordinary VAE, with K samples in its ELBO.",
    "Which comes first here, the mean over samples or the log?",
)
def elbo_of_many_samples(x, model, eps):
    return -weights(x, model, eps).mean()


@wrong(
    "iwae_loss",
    "One mean over samples and images stands before the log: images whose weights are small are no longer heard.",
    "What should one image's weights have to do with another's bound?",
)
def one_log_for_all(x, model, eps):
    return -log_mean(weights(x, model, eps).flatten())


@wrong(
    "iwae_loss",
    "log K is missing: your loss is too low by log K, and losses of different K cannot be compared.",
    "What has to happen to a sum of weights before it is a mean?",
)
def log_k_missing(x, model, eps):
    return -torch.logsumexp(weights(x, model, eps), 0).mean()


@wrong(
    "iwae_loss",
    "The log-weights are averaged by their own shares, held fixed. Training on this number is right, since its gradient is "
    "that of the bound; the number is not minus the bound, and it flatters.",
    "When somebody prints your loss, what will they take it for?",
)
def surrogate(x, model, eps):
    log_w = weights(x, model, eps)
    return -(torch.softmax(log_w, 0).detach() * log_w).sum(0).mean()


@wrong(
    "iwae_loss",
    "The log-weights are averaged by their own shares, and the gradient also passes through the shares: neither the value nor "
    "the gradient is that of the bound.",
    "Are the shares something to be learned, or a way to listen to the samples?",
    alias_of="surrogate",
)
def surrogate_with_shares_in_the_graph(x, model, eps):
    log_w = weights(x, model, eps)
    return -(torch.softmax(log_w, 0) * log_w).sum(0).mean()


@wrong(
    "iwae_loss",
    "The mean over the reconstructions is taken before the log and the closed-form KL is then subtracted: with one sample that is "
    "right, with more it is no bound of this kind.",
    "Which densities make up the weight of one sample?",
)
def kl_outside(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, _, _ = terms(x, model, eps)
    return -(log_mean(likelihood) - kl(mu, logvar)).mean()


@wrong(
    "iwae_loss",
    "The best sample alone is trained on; the bound hears each sample by its share.",
    "What becomes of the weights that are not the largest?",
)
def best_only(x, model, eps):
    return -weights(x, model, eps).max(0).values.mean()


@wrong(
    "iwae_loss",
    "You return one loss an image; an optimiser needs one number.",
    "Which axes should be gone?",
)
def one_each(x, model, eps):
    return -log_mean(weights(x, model, eps))


@wrong(
    "iwae_loss",
    "The loss is measured in nats a latent dimension: it was divided by Z.",
    "Over what is a loss in nats/image averaged?",
)
def per_dimension(x, model, eps):
    return -log_mean(weights(x, model, eps)).mean() / eps.shape[-1]


@wrong(
    "iwae_loss",
    "The value is right, and no gradient reaches the model: all of it was computed with gradients off.",
    "When is it safe to compute without gradients, and is this such a moment?",
)
def gradients_off(x, model, eps):
    with torch.no_grad():
        return -log_mean(weights(x, model, eps)).mean()


@wrong(
    "iwae_loss",
    "The value is right, and the encoder's outputs were detached: the decoder learns, and q never does.",
    "Which weights should training move besides the decoder's?",
)
def encoder_detached(x, model, eps):
    mu, logvar = (out.detach() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    return -log_mean(model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean()


@wrong(
    "iwae_loss",
    "The value is right, and z was cut from the graph: the encoder is moved through log q alone.",
    "Through which of the three densities should mu feel a better reconstruction?",
)
def sample_cut(x, model, eps):
    mu, logvar = model.encode(x)
    z = (mu + torch.exp(0.5 * logvar) * eps).detach()
    return -log_mean(model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean()


@wrong(
    "iwae_loss",
    "The value is right, and inside log q the encoder's outputs are held fixed. That drops a part of the gradient; with shares that are "
    "not squared what is left is not the gradient of your value.",
    "In how many ways does log q(z|x) depend on mu, and how many of them are in your graph?",
)
def q_held_fixed(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    return -log_mean(model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())).mean()


# --- gradient_snr ---


@wrong(
    "gradient_snr",
    "You divided by the variance: signal and noise are then in different units, and doubling all gradients would halve your ratio.",
    "In which unit is a standard deviation, and in which a variance?",
)
def by_the_variance(gradients):
    return gradients.mean(0).abs() / gradients.var(0)


@wrong(
    "gradient_snr",
    "It is upside down: noise over signal.",
    "Should a clearer gradient have a larger or a smaller ratio?",
)
def noise_over_signal(gradients):
    return gradients.std(0) / gradients.mean(0).abs()


@wrong(
    "gradient_snr",
    "The sign of the mean was kept: a gradient that points down is as clear a signal as one that points up.",
    "Can a ratio of sizes be negative?",
)
def signed(gradients):
    return gradients.mean(0) / gradients.std(0)


@wrong(
    "gradient_snr",
    "You divided by the standard error: your number grows with the number of repeats, and says how well the mean is known, not how "
    "clear one gradient is.",
    "How many gradients does training have at each step?",
)
def by_the_standard_error(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) / len(gradients) ** 0.5)


@wrong(
    "gradient_snr",
    "The sizes were taken before the mean: gradients that point now up, now down then look like a strong signal.",
    "What is the mean of -1 and 1, and what is the mean of their sizes?",
)
def sizes_first(gradients):
    return gradients.abs().mean(0) / gradients.std(0)


@wrong(
    "gradient_snr",
    "Your noise holds the mean too: it is the root of the mean square, and the spread around the mean was asked for.",
    "How noisy is a gradient that is 3 every time?",
)
def root_mean_square(gradients):
    return gradients.mean(0).abs() / gradients.square().mean(0).sqrt()


@wrong(
    "gradient_snr",
    "Mean and spread are taken over the parameters: what is left is one number a repeat.",
    "Which axis holds the repeats, and which the parameters?",
)
def over_the_parameters(gradients):
    return gradients.mean(1).abs() / gradients.std(1)


@wrong(
    "gradient_snr",
    "One ratio for all parameters: you averaged them, and each has its own.",
    "Which axes should be gone, and which should stay?",
)
def one_for_all_parameters(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).mean()


@wrong(
    "gradient_snr",
    "It is the square of the ratio.",
    "If all means were doubled and the spreads kept, by how much should the ratio grow?",
)
def squared(gradients):
    return gradients.mean(0).square() / gradients.var(0)


@wrong(
    "gradient_snr",
    "The signal is the first gradient alone; the signal is what all repeats have in common.",
    "Which number do the repeats scatter around?",
)
def first_gradient(gradients):
    return gradients[0].abs() / gradients.std(0)


@wrong(
    "gradient_snr",
    "It is the mean alone: how much the repeats scatter does not come in.",
    "Two parameters have the mean 1, one scatters by 0.1 and one by 10: which one is learned faster?",
)
def signal_only(gradients):
    return gradients.mean(0).abs()


@wrong(
    "gradient_snr",
    "A logarithm was taken of the ratio, as decibels do; the plain ratio was asked for.",
    "For a ratio of 1, what do you return?",
)
def in_logs(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).log()


# --- doubly_reparameterized_gradient ---


def through_z(x, model, eps, power, held=True, fixed=True):
    """Gradients of the sum of log-weights, each times its share to a power; `held`: q's outputs inside log q are constants."""
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    inside = (mu.detach(), logvar.detach()) if held else (mu, logvar)
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, *inside)
    shares = torch.softmax(log_w, 0)
    shares = shares.detach() if fixed else shares
    return torch.autograd.grad((shares**power * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "This is the ordinary gradient of the bound: q's outputs are differentiated inside log q as well, and the shares are not squared.",
    "Which part of the ordinary gradient has the mean 0 for K = 1, and what is done about it here?",
)
def ordinary(x, model, eps):
    return through_z(x, model, eps, 1, held=False)


@wrong(
    "doubly_reparameterized_gradient",
    "The shares are not squared: with q held still inside log q that is another known estimator, and it is biased for K above 1.",
    "With which power of its share does a sample count once the second path is used?",
)
def not_squared(x, model, eps):
    return through_z(x, model, eps, 1)


@wrong(
    "doubly_reparameterized_gradient",
    "The shares are squared, and q's outputs are still differentiated inside log q; the squares are meant for the way through z alone.",
    "Through which of the two ways may mu enter log q?",
)
def q_not_held(x, model, eps):
    return through_z(x, model, eps, 2, held=False)


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient also passes through the squared shares; they say how much a sample counts and are constants here.",
    "What should a change of a share do to this gradient?",
)
def shares_in_the_graph(x, model, eps):
    return through_z(x, model, eps, 2, fixed=False)


@wrong(
    "doubly_reparameterized_gradient",
    "The squared shares were normalised again, so that they add up to 1: every sample then counts for more than it should.",
    "For two equal samples, what does each count for, a quarter or a half?",
)
def shared_out_again(x, model, eps):
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return torch.autograd.grad((torch.softmax(2 * log_w.detach(), 0) * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "All samples count the same, a K-th each: this is the gradient for the ELBO, with q held still inside log q.",
    "Which samples does the bound of many samples listen to?",
)
def equal_shares(x, model, eps):
    mu, logvar = (out.detach().requires_grad_() for out in model.encode(x))
    z = mu + torch.exp(0.5 * logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return torch.autograd.grad(log_w.mean(0).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "It is the gradient of minus the bound, as a loss has it; asked for was that of the bound.",
    "Which way does your gradient point, towards a better or a worse bound?",
)
def of_the_loss(x, model, eps):
    return tuple(-grad for grad in through_z(x, model, eps, 2))


@wrong(
    "doubly_reparameterized_gradient",
    "The gradients are averaged over the batch; here each image keeps its own, undivided.",
    "What should happen to the gradient of image 0 when the batch grows?",
)
def divided_by_the_batch(x, model, eps):
    return tuple(grad / len(x) for grad in through_z(x, model, eps, 2))


@wrong(
    "doubly_reparameterized_gradient",
    "The gradients are averaged over the samples, though the shares already do that.",
    "What do the shares of an image add up to?",
)
def divided_by_the_samples(x, model, eps):
    return tuple(grad / len(eps) for grad in through_z(x, model, eps, 2))


@wrong(
    "doubly_reparameterized_gradient",
    "The pair is the wrong way round.",
    "Which of the two was asked for first?",
)
def pair_exchanged(x, model, eps):
    return through_z(x, model, eps, 2)[::-1]


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right; the other one is with respect to the standard deviation, not to logvar.",
    "By how much does sigma change for a small change of logvar?",
)
def with_respect_to_sigma(x, model, eps):
    d_mu, d_logvar = through_z(x, model, eps, 2)
    with torch.no_grad():
        return d_mu, d_logvar * 2 / torch.exp(0.5 * model.encode(x)[1])


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right; the one with respect to logvar is twice as large: its factor of a half is lost.",
    "sigma is the exponential of which part of logvar?",
)
def half_lost(x, model, eps):
    d_mu, d_logvar = through_z(x, model, eps, 2)
    return d_mu, 2 * d_logvar


# --- bound_is_sound ---


def _drawn(K=11, B=5, spread=2.0, far=0.0):
    return far + spread * torch.randn(K, B)


def _truth(log_w):
    return float((torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean())


def _report_agrees(program, log_w, rel_tol=1e-5, abs_tol=1e-3):
    return math.isclose(float(program.bound(log_w)), _truth(log_w), rel_tol=rel_tol, abs_tol=abs_tol)


def _slope(program, log_w):
    log_w = log_w.clone().requires_grad_()
    return torch.autograd.grad(program.loss(log_w), log_w)[0]


def _slope_agrees(program, log_w):
    return torch.allclose(_slope(program, log_w), -torch.softmax(log_w, 0) / log_w.shape[1], rtol=1e-3, atol=1e-4)


FAR = (0.0, -900.0, 900.0)


def _agrees(program, *several):
    """The whole test, on each of several tables of log-weights."""
    return all(_report_agrees(program, log_w) and _slope_agrees(program, log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Your test says True without asking the program anything. It would let every bug through that there is.",
    "What is the first thing that you would ask this program for?",
)
def passed_unseen(program):
    return True


@wrong(
    "bound_is_sound",
    "Your test says False without asking the program anything. It catches every bug, and every right program with "
    "them.",
    "What should a program have to do to pass?",
)
def refused_unseen(program):
    return False


@wrong(
    "bound_is_sound",
    "Your answer is turned round: False for every sound program, and True for three that are broken.",
    "What does True mean on the card?",
)
def verdict_on_its_head(program):
    return not _agrees(program, *(_drawn(far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "Your test asks for the report and refuses every program, the sound ones, too. What it compares the report with "
    "has another sign, adds over the images, has an axis, or belongs to other weights.",
    "Print the report of a sound program beside the number that you compare it with: what lies between the two?",
)
def expects_the_sum_over_images(program):
    log_w = _drawn()
    return math.isclose(float(program.bound(log_w)), 5 * _truth(log_w), rel_tol=1e-5) and _slope_agrees(program, log_w)


@wrong("bound_is_sound", alias_of="expects_the_sum_over_images")
def expects_a_cost(program):
    log_w = _drawn(far=-9.0)
    return math.isclose(float(program.bound(log_w)), -_truth(log_w), rel_tol=1e-5) and _slope_agrees(program, log_w)


@wrong("bound_is_sound", alias_of="expects_the_sum_over_images")
def expects_one_bound_an_image(program):
    log_w = _drawn()
    return program.bound(log_w).shape == (5,) and program.loss(log_w).shape == ()


@wrong(
    "bound_is_sound",
    "Your test asks for both numbers and refuses every program, the sound ones, too. One of the numbers that you "
    "expect has another sign, adds over the images where an average is asked for, or belongs to other weights.",
    "Print both numbers of a sound program, each beside the one that you compare it with: which pair disagrees?",
)
def expects_the_slope_of_a_sum(program):
    log_w = _drawn()
    slope = _slope(program, log_w)
    return _report_agrees(program, log_w) and torch.allclose(slope, -torch.softmax(log_w, 0), atol=1e-5)


@wrong("bound_is_sound", alias_of="expects_the_slope_of_a_sum")
def expects_a_gradient_that_goes_up(program):
    log_w = _drawn()
    slope = _slope(program, log_w)
    return _report_agrees(program, log_w) and torch.allclose(slope, torch.softmax(log_w, 0) / 5)


@wrong(
    "bound_is_sound",
    "Your test refuses a sound program whose loss has another value than minus its report. You look at values of the "
    "loss, directly or by differences of two of them; what trains is the gradient that automatic differentiation "
    "gives, where shares that are held fixed count as constants.",
    "Which of the two functions is read by people, and which one only by an optimiser?",
)
def loss_is_minus_the_report(program):
    for far in FAR:
        log_w = _drawn(far=far)
        loss = float(program.loss(log_w))
        if not _agrees(program, log_w) or not math.isclose(loss, -float(program.bound(log_w)), rel_tol=1e-5):
            return False
    return True


@wrong("bound_is_sound", alias_of="loss_is_minus_the_report")
def slope_by_differences(program):
    log_w = _drawn().double()
    slope = torch.zeros_like(log_w)
    for place in range(log_w.numel()):
        step = torch.zeros_like(log_w)
        step.view(-1)[place] = 1e-4
        slope.view(-1)[place] = (program.loss(log_w + step) - program.loss(log_w - step)) / 2e-4
    report = _report_agrees(program, log_w) and _report_agrees(program, _drawn(far=-900.0))
    return report and torch.allclose(slope, -torch.softmax(log_w, 0) / 5, atol=1e-6)


@wrong(
    "bound_is_sound",
    "Your test refuses sound programs that add in another order or in double precision: it asks for the same number "
    "to the last digit.",
    "By how much do two right sums of the same numbers differ?",
)
def equal_to_the_last_bit(program):
    several = [_drawn() for _ in range(40)]
    return all(float(program.bound(log_w)) == _truth(log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Your test stops with an error where a report is a plain number from which no gradient comes. A report is there "
    "to be read; nobody trains on it.",
    "Of which of the two functions do you need the gradient?",
)
def slope_of_the_report(program):
    for far in FAR:
        log_w = _drawn(far=far).requires_grad_()
        (slope,) = torch.autograd.grad(program.bound(log_w), log_w)
        if not torch.allclose(slope, torch.softmax(log_w, 0) / 5, atol=1e-4) or not _agrees(program, log_w.detach()):
            return False
    return True


@wrong(
    "bound_is_sound",
    "The mean of the logs gets past your test, and so does a report without log K. With a single sample the log of a "
    "mean is the mean of the log, and log K is 0.",
    "For how many samples do these programs part from a sound one?",
)
def a_single_sample(program):
    return _agrees(program, *(_drawn(K=1, far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "The mean of the logs gets past your test, and so does a mean over the images. Your weights are all alike: every "
    "way to take their mean gives the same.",
    "Which weights would show whether the mean comes before the log or after it?",
)
def all_weights_alike(program):
    return _agrees(program, *(torch.full((11, 5), far + 0.7) for far in FAR))


@wrong(
    "bound_is_sound",
    "All three programs of the first part that are broken get past your test. It asks for a property that they share "
    "with the sound ones: their reports move along when all log-weights do, and do not mind the order of the samples.",
    "For which weights do you know the report itself, and not only how it moves?",
)
def report_moves_along(program):
    log_w = _drawn()
    moved = float(program.bound(log_w + 1000)) - float(program.bound(log_w))
    return math.isclose(moved, 1000, abs_tol=1e-2)


@wrong("bound_is_sound", alias_of="report_moves_along")
def order_is_no_matter(program):
    log_w = _drawn()
    return math.isclose(float(program.bound(log_w)), float(program.bound(log_w.flip(0))), rel_tol=1e-4, abs_tol=1e-4)


@wrong("bound_is_sound", alias_of="report_moves_along")
def report_is_a_finite_number(program):
    report = program.bound(_drawn(far=-900.0))
    return bool(report.shape == () and report.isfinite())


@wrong(
    "bound_is_sound",
    "Wrong reports get past your test, even one without log K, since it asks only for the loss. A right gradient says "
    "nothing about the number that is printed.",
    "What would a reader of this program's results compare with other people's?",
)
def slope_alone(program):
    return all(_slope_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "A report without log K gets past your test, though it asks for both functions: you allow so much that log K is "
    "within it. Beside a bound of -900, a share of 1 in 50 is 18 nats.",
    "How many nats may a report be off, and how large is log K for your K?",
)
def a_share_of_a_large_number(program):
    several = [_drawn(far=far) for far in (-900.0, 900.0)]
    return all(_report_agrees(program, log_w, rel_tol=0.02) and _slope_agrees(program, log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Every wrong loss gets past your test, even one that is minimised uphill: it looks at the report alone.",
    "Which of the two functions moves the networks?",
)
def report_alone(program):
    return all(_report_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "One wrong loss gets past your test, and one wrong report: they write their weights out, and at -900 a computer "
    "rounds a weight to 0. Your log-weights are all near 0, and those of pictures are not.",
    "How large is the log-likelihood of a picture of 784 pixels?",
)
def never_far_from_zero(program):
    return _agrees(program, *(_drawn() for _ in range(3)))


@wrong(
    "bound_is_sound",
    "Two wrong losses get past your test: one that trains on the best sample alone, and one that lets the gradient "
    "pass through the shares. Your weights lie so far apart that one share is 1 and all others are 0.",
    "How far apart may two log-weights lie before the smaller one no longer counts?",
)
def one_weight_dwarfs_all(program):
    table = 300.0 * torch.stack([torch.randperm(11) for _ in range(5)], 1) + 37.0 * torch.arange(5)
    return _agrees(program, table - 900, table + 900)


@wrong(
    "bound_is_sound",
    "Four wrong losses get past your test, even one in which the worst sample weighs most. All of them share out one "
    "whole an image, and that is what you ask for, not who gets which share.",
    "Which sample should move the encoder most, and does your test look at single samples?",
)
def slopes_add_up(program):
    for far in FAR:
        log_w = _drawn(far=far)
        total = _slope(program, log_w).sum(0)
        if not _report_agrees(program, log_w) or not torch.allclose(total, torch.full((5,), -0.2), atol=1e-3):
            return False
    return True


@wrong(
    "bound_is_sound",
    "Wrong losses get past your test: all that fall, or stay, when a weight grows. You ask for the sign of the slope "
    "and not for its size.",
    "By how much should the loss fall for the best sample, and by how much for a bad one?",
)
def slopes_point_down(program):
    for far in FAR:
        log_w = _drawn(far=far, spread=4.0)
        if not _report_agrees(program, log_w) or not bool((_slope(program, log_w) <= 0).all()):
            return False
    return True


@wrong(
    "bound_is_sound",
    "Every wrong loss but the one that goes uphill gets past your test. When all log-weights grow, theirs falls, too; "
    "only a single weight, moved by itself, tells who has which share.",
    "What can you move that does not move everything at once?",
)
def loss_falls_when_weights_grow(program):
    log_w = _drawn()
    falls = float(program.loss(log_w + 1)) < float(program.loss(log_w))
    return falls and all(_report_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "Wrong losses get past your test, even one in which the worst sample weighs most. You ask for slopes where all "
    "samples are equally good, or where there is only one, and there everybody's shares are the same.",
    "Which weights have a best sample and a worst one?",
)
def slopes_of_equal_weights(program):
    right = all(_report_agrees(program, _drawn(far=far)) for far in FAR)
    return right and _slope_agrees(program, torch.zeros(11, 5))


@wrong("bound_is_sound", alias_of="slopes_of_equal_weights")
def slopes_of_one_sample(program):
    right = all(_report_agrees(program, _drawn(far=far)) for far in FAR)
    return right and _slope_agrees(program, _drawn(K=1))


@wrong(
    "bound_is_sound",
    "Two wrong reports get past your test: one that adds the bounds of the images, and one that takes a single mean "
    "over samples and images. With one image these are right.",
    "How many images does your table hold, and what would two have shown?",
)
def a_single_image(program):
    return _agrees(program, *(_drawn(B=1, far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "One wrong report gets past your test: it subtracts the log of the number of images, not of samples. Your table "
    "is square.",
    "Which shape makes the two numbers differ?",
)
def as_many_images_as_samples(program):
    return _agrees(program, *(_drawn(K=7, B=7, far=far) for far in FAR))
