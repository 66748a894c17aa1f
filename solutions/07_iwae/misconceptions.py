"""Wrong answers to stage 07, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.bank import wrong


def std(logvar):
    return torch.exp(0.5 * logvar)


def density(z, mu, logvar):
    return Normal(mu, std(logvar)).log_prob(z).sum(-1)


def prior(z):
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def price(mu, logvar):
    return kl_divergence(Normal(mu, std(logvar)), Normal(0.0, 1.0)).sum(-1)


def three_terms(x, model, eps):
    """log p(x|z), log p(z) and log q(z|x), (K, B) each."""
    mu, logvar = model.encode(x)
    z = mu + std(logvar) * eps
    return model.log_likelihood(x, z), prior(z), density(z, mu, logvar)


def weights(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood + of_prior - q


def bound(log_w):
    return log_w.logsumexp(0) - math.log(len(log_w))


def chunks(K, chunk):
    return [min(chunk, K - start) for start in range(0, K, chunk)]


def noise(x, model, n, generator):
    return torch.randn(n, len(x), model.z_dim, generator=generator, dtype=x.dtype)


@torch.no_grad()
def tables(x, model, K, chunk, generator):
    """The log-weights of each chunk, (n, B)."""
    return [weights(x, model, noise(x, model, n, generator)) for n in chunks(K, chunk)]


# --- log_weights ---


@wrong(
    "log_weights",
    "log q is missing: what you return is log p(x, z), which does not know how often q draws this z.",
    "q draws from one place twice as often as it should: what must happen to the weights of those samples?",
)
def log_q_missing(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return likelihood + of_prior


@wrong(
    "log_weights",
    "The prior is missing: what you return is log p(x|z) - log q(z|x), as if every code were equally likely before "
    "anything is seen.",
    "log p(x, z) is a sum of two logs: which one have you not got?",
)
def prior_missing(x, model, eps):
    likelihood, _, q = three_terms(x, model, eps)
    return likelihood - q


@wrong(
    "log_weights",
    "log q is added, so the weight is p(x, z) times q: samples that q draws too often are counted even more.",
    "A weight repairs what q does wrong: what does it do to a z that q draws too often?",
)
def log_q_added(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood + of_prior + q


@wrong(
    "log_weights",
    "The weight is upside down: log q(z|x) - log p(x, z) is large where the model finds the sample unlikely.",
    "What stands above the line in p(x, z) / q(z|x)?",
)
def upside_down(x, model, eps):
    return -weights(x, model, eps)


@wrong(
    "log_weights",
    "The prior and q have changed their signs: log p(x|z) - log p(z) + log q(z|x) rewards codes far from the prior.",
    "Which of the two belongs to the model, and which only to the way of drawing?",
)
def prior_and_q_turned(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood - of_prior + q


@wrong(
    "log_weights",
    "Only log p(x|z) is left: neither log p(z) nor log q(z|x) is in your weights.",
    "A weight has a density of z above the line and one below it: which are they?",
)
def likelihood_only(x, model, eps):
    return three_terms(x, model, eps)[0]


@wrong(
    "log_weights",
    "You subtract the KL in its closed form, which is the same for all samples of an image. It is the average of "
    "log q(z|x) - log p(z); a weight needs that difference at its own z.",
    "Which of your terms differ from sample to sample, and which should?",
)
def closed_form(x, model, eps):
    mu, logvar = model.encode(x)
    return three_terms(x, model, eps)[0] - price(mu, logvar)


@wrong(
    "log_weights",
    "Your log q lacks its constant, half of log 2 pi for each dimension, and log p(z) has it: they no longer cancel.",
    "What does a Gaussian's log-density hold besides the square and log sigma?",
)
def constant_of_q_missing(x, model, eps):
    return weights(x, model, eps) - 0.5 * math.log(2 * math.pi) * eps.shape[-1]


@wrong(
    "log_weights",
    "Your log p(z) lacks its constant, half of log 2 pi for each dimension, and log q has it: they no longer cancel.",
    "What is log p(z) at z = 0?",
)
def constant_of_the_prior_missing(x, model, eps):
    return weights(x, model, eps) + 0.5 * math.log(2 * math.pi) * eps.shape[-1]


@wrong(
    "log_weights",
    "Your log q is the log-density of eps. z is eps stretched by sigma, and stretching thins a density out: that term, a "
    "log sigma for each dimension, is missing.",
    "For the same eps, is q(z) higher in a narrow q or in a wide one?",
)
def density_of_the_noise(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return likelihood + of_prior - prior(eps)


@wrong(
    "log_weights",
    "Your log q holds a whole logvar for each dimension where log sigma belongs, which is half of it.",
    "What is log sigma, when logvar is the log of sigma^2?",
)
def logvar_for_log_sigma(x, model, eps):
    _, logvar = model.encode(x)
    return weights(x, model, eps) + 0.5 * logvar.sum(-1)


@wrong(
    "log_weights",
    "Your log q has the variance for its sigma, so it is the density of another Gaussian than the one z came from.",
    "Does the scale of a Normal mean sigma, or sigma squared?",
)
def density_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return likelihood + of_prior - Normal(mu, logvar.exp()).log_prob(mu + std(logvar) * eps).sum(-1)


@wrong(
    "log_weights",
    "z was made with the variance in place of sigma, and log q is that of the q with sigma: these z are no samples of it.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def sampled_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + logvar.exp() * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)


@wrong(
    "log_weights",
    "The variance stands for sigma everywhere, in z and in log q: your samples and their densities agree with each other, "
    "but they are those of another q than the encoder's.",
    "Which standard deviation does the encoder ask for, when it gives logvar?",
)
def variance_everywhere(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + logvar.exp() * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, 2 * logvar)


@wrong(
    "log_weights",
    "log q is taken at the mean of q, and the other two terms at the sample.",
    "At which z do all three log-densities have to be taken?",
)
def log_q_at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return likelihood + of_prior - density(mu, mu, logvar)


@wrong(
    "log_weights",
    "log p(x|z) is taken at the mean of q, and the other two terms at the sample.",
    "What is decoded: the mean of q, or the sample that is weighed?",
)
def likelihood_at_the_mean(x, model, eps):
    mu, _ = model.encode(x)
    _, of_prior, q = three_terms(x, model, eps)
    return model.log_likelihood(x, mu) + of_prior - q


@wrong(
    "log_weights",
    "eps itself is used as z: those are samples of the prior, and the encoder is asked for nothing but log q.",
    "What has to happen to eps before it is a sample of q?",
)
def noise_as_code(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, eps) + prior(eps) - density(eps, mu, logvar)


@wrong(
    "log_weights",
    "log p(z) is taken at eps and not at z.",
    "Of which number does the prior give the density?",
)
def prior_of_the_noise(x, model, eps):
    likelihood, _, q = three_terms(x, model, eps)
    return likelihood + prior(eps) - q


@wrong(
    "log_weights",
    "log p(z) and log q(z|x) are averaged over the latent dimensions; independent dimensions add.",
    "Append one more dimension in which q is the prior: what should change?",
)
def averaged_over_dimensions(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood + (of_prior - q) / eps.shape[-1]


@wrong(
    "log_weights",
    "log p(x|z) is divided by the number of pixels, and the other two terms are whole.",
    "In which unit is each of your three terms: nats, or nats a pixel?",
)
def likelihood_a_pixel(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood / x.shape[-1] + of_prior - q


@wrong(
    "log_weights",
    "The encoder's two outputs were taken in the wrong order: what you call mu is logvar, and what you call logvar is mu.",
    "In which order does the encoder give its two outputs?",
)
def outputs_exchanged(x, model, eps):
    logvar, mu = model.encode(x)
    z = mu + std(logvar) * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)


@wrong(
    "log_weights",
    "The weights of each image were divided by their sum, so only their shares are left. How large they are together is "
    "what the bound is made of.",
    "What is the sum of a column of your weights, and should it know how well the model explains x?",
)
def shares(x, model, eps):
    return torch.log_softmax(weights(x, model, eps), 0)


@wrong(
    "log_weights",
    "The largest weight of each image was divided out. That step comes later, and what it takes away has to be given "
    "back; here every weight stands for itself.",
    "What is the largest entry of each of your columns?",
)
def largest_taken_away(x, model, eps):
    log_w = weights(x, model, eps)
    return log_w - log_w.max(0).values


@wrong(
    "log_weights",
    "What you return are the weights, and asked for were their logarithms. Of a real image every weight would be 0 in "
    "floating point.",
    "What is exp of -100, in single precision?",
)
def exponential(x, model, eps):
    return weights(x, model, eps).exp()


@wrong(
    "log_weights",
    "The log-weights are right, and already averaged over the samples; that is the ELBO, and the single weights are gone.",
    "How many numbers does an image with K samples need here?",
)
def averaged_over_samples(x, model, eps):
    return weights(x, model, eps).mean(0)


@wrong(
    "log_weights",
    "The bound of K samples is what comes next; here the K log-weights themselves are asked for.",
    "How many numbers does an image with K samples need here?",
)
def bound_of_the_weights(x, model, eps):
    return bound(weights(x, model, eps))


@wrong(
    "log_weights",
    "The numbers are right and lie on their side: images stand on the first axis and samples on the second.",
    "Where do the samples stand in eps?",
)
def images_first(x, model, eps):
    return weights(x, model, eps).T


@wrong(
    "log_weights",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(x, model, eps):
    return weights(x, model, torch.randn_like(eps))


@wrong(
    "log_weights",
    "The value is right, and the sample was cut from the graph: the encoder is moved through log q alone, and no longer "
    "hears how well its codes explain x.",
    "Through which of the three terms should mu feel a better reconstruction?",
)
def sample_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = (mu + std(logvar) * eps).detach()
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)


@wrong(
    "log_weights",
    "The value is right, and inside log q the encoder's mu and logvar are detached. That is a step of a later exercise; it "
    "is not the gradient of the value that you return.",
    "In how many ways does log q(z|x) depend on mu, and how many of them are in your graph?",
)
def parameters_of_q_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + std(logvar) * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())


@wrong(
    "log_weights",
    "The value is right, and all of log q was computed with gradients off: the encoder feels neither how its q spreads nor "
    "where the sample stands in it.",
    "Which weights of the model stand in log q(z|x)?",
)
def log_q_detached(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood + of_prior - q.detach()


@wrong(
    "log_weights",
    "The value is right, and no gradient reaches the encoder: its two outputs were detached, so it can never learn.",
    "Which weights should training move besides the decoder's?",
)
def encoder_detached(x, model, eps):
    mu, logvar = (given.detach() for given in model.encode(x))
    z = mu + std(logvar) * eps
    return model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)


@wrong(
    "log_weights",
    "The value is right, and no gradient reaches anything in the model: all of it was computed with gradients off, or made "
    "into plain numbers on the way.",
    "When is it safe to compute without gradients, and is this such a moment?",
)
def without_gradients(x, model, eps):
    with torch.no_grad():
        return weights(x, model, eps)


@wrong("log_weights", alias_of="without_gradients")
def plain_numbers(x, model, eps):
    return torch.tensor(weights(x, model, eps).tolist(), dtype=x.dtype)


@wrong(
    "log_weights",
    "The value is right, and torch stops on the way back. A number that it needs there was overwritten in place after it "
    "was used, or a `backward` of your own has used up the record of the steps.",
    "Which line changes a tensor that was used before, or asks for gradients itself?",
)
def overwritten(x, model, eps):
    mu, logvar = model.encode(x)
    sigma = std(logvar)
    z = mu + sigma * eps
    variance = sigma.mul_(sigma)
    log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / variance).sum(-1)
    return model.log_likelihood(x, z) + prior(z) - log_q


@wrong("log_weights", alias_of="overwritten")
def backward_inside(x, model, eps):
    log_w = weights(x, model, eps)
    log_w.sum().backward()
    return log_w


# --- iwae_bound ---


@wrong(
    "iwae_bound",
    "You averaged the logarithms: that is the ELBO with K samples. Here the weights are averaged first, and the logarithm "
    "comes last.",
    "For the log-weights -2, -4 and -3: is it -3 that was asked for, or the logarithm of the mean of three exponentials?",
)
def mean_of_the_logs(log_w):
    return log_w.mean(0)


@wrong(
    "iwae_bound",
    "You have the logarithm of the sum of the weights; of the mean it is less, by log K.",
    "What should the bound be when all K weights are equal?",
)
def sum_for_mean(log_w):
    return log_w.logsumexp(0)


@wrong(
    "iwae_bound",
    "log K was added where it belongs on the other side: dividing a sum by K makes its logarithm smaller.",
    "What is log(s / K), written with log s and log K?",
)
def log_K_added(log_w):
    return log_w.logsumexp(0) + math.log(len(log_w))


@wrong(
    "iwae_bound",
    "The logarithm of the sum was divided by K. The division by K belongs to the sum, and comes before the logarithm.",
    "What does dividing a sum by K do to its logarithm?",
)
def logarithm_divided_by_K(log_w):
    return log_w.logsumexp(0) / len(log_w)


@wrong(
    "iwae_bound",
    "You subtract K itself and not its logarithm.",
    "What is log(s / K), written with log s and log K?",
)
def K_subtracted(log_w):
    return log_w.logsumexp(0) - len(log_w)


@wrong(
    "iwae_bound",
    "You subtract the logarithm of the number of images; what was averaged are samples.",
    "Over how many numbers does your sum run, for one image?",
)
def log_of_the_batch(log_w):
    return log_w.logsumexp(0) - math.log(log_w.shape[1])


@wrong(
    "iwae_bound",
    "You subtract the logarithm of the number of all entries, images times samples; one image has K weights.",
    "Over how many numbers does your sum run, for one image?",
)
def log_of_all_entries(log_w):
    return log_w.logsumexp(0) - math.log(log_w.numel())


@wrong(
    "iwae_bound",
    "Only the largest log-weight of each image is left. The mean weight is smaller than the largest, by up to a factor of K.",
    "Do the other samples count for nothing?",
)
def largest(log_w):
    return log_w.max(0).values


@wrong(
    "iwae_bound",
    "The largest log-weight less log K is the least that the bound can be: it holds when one weight is a giant, and the "
    "other samples are dropped.",
    "What do the other samples add to the sum?",
)
def largest_less_log_K(log_w):
    return log_w.max(0).values - math.log(len(log_w))


@wrong(
    "iwae_bound",
    "You took the median log-weight: half of the samples lie above it, and that is not what a mean of weights is.",
    "If one weight grew a thousandfold, should the answer notice?",
)
def median(log_w):
    return log_w.median(0).values


@wrong(
    "iwae_bound",
    "The log-weights are averaged by their own shares. That weighting belongs to the bound's gradient; as a value it lies "
    "above the bound and flatters the model.",
    "Which number has this gradient, and is it the number that you return?",
)
def weighted_by_shares(log_w):
    return (log_w.softmax(0) * log_w).sum(0)


@wrong(
    "iwae_bound",
    "Shares add up to 1 for every image: the logarithm of their mean is -log K, whatever the weights are.",
    "What does a softmax take away, and is it just what was asked for?",
)
def of_the_shares(log_w):
    return log_w.softmax(0).mean(0).log()


@wrong(
    "iwae_bound",
    "You have the mean weight itself; its logarithm is still to be taken.",
    "What happens to a mean weight when all log-weights grow by 7, and what should happen to the bound?",
)
def without_the_log(log_w):
    return log_w.exp().mean(0)


@wrong(
    "iwae_bound",
    "What you return is minus the bound, a loss to be minimised; asked for was the bound itself.",
    "With one sample, is the bound its log-weight, or minus that?",
)
def as_a_loss(log_w):
    return math.log(len(log_w)) - log_w.logsumexp(0)


@wrong(
    "iwae_bound",
    "The mean of the logs and half of their variance: that is the bound only while the log-weights are nearly normal, or "
    "nearly equal.",
    "What does one weight that towers above the others do to a variance, and what to a mean of weights?",
)
def mean_and_half_the_variance(log_w):
    return log_w.mean(0) + 0.5 * log_w.var(0, unbiased=False)


@wrong(
    "iwae_bound",
    "The mean runs over the images, and each sample keeps a number of its own.",
    "Which axis holds the samples, and which the images?",
)
def over_the_images(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])


@wrong(
    "iwae_bound",
    "One logarithm of one mean over all samples and all images: the image with the largest weights drowns the others.",
    "How many numbers should come out for B images?",
)
def over_everything(log_w):
    return log_w.flatten().logsumexp(0) - math.log(log_w.numel())


@wrong(
    "iwae_bound",
    "The bounds are right and were then averaged over the images; each image was to keep its own.",
    "How many numbers should come out for B images?",
)
def averaged_over_images(log_w):
    return bound(log_w).mean()


@wrong(
    "iwae_bound",
    "The bounds of 1, 2, ..., K samples are all there; only the last of them was asked for.",
    "How many numbers should come out for B images?",
)
def running(log_w):
    return log_w.logcumsumexp(0) - torch.arange(1, len(log_w) + 1).log()[:, None]


@wrong(
    "iwae_bound",
    "The exponentials are taken of the log-weights as they are. Near -800 they are all 0, and near 800 infinite.",
    "Which number could be taken away before the exp, and given back after the log?",
)
def naive(log_w):
    return log_w.exp().mean(0).log()


@wrong("iwae_bound", alias_of="naive")
def naive_by_sum(log_w):
    return torch.log(torch.exp(log_w).sum(0)) - math.log(len(log_w))


@wrong(
    "iwae_bound",
    "A small number was added so that the logarithm never meets a 0. For weights that are smaller than that number the "
    "answer is the logarithm of your patch.",
    "At which log-weight does your small number become larger than the weight?",
)
def patched(log_w):
    return (log_w.exp().mean(0) + 1e-30).log()


@wrong(
    "iwae_bound",
    "Single precision is left for double precision, and exp of -800 is 0 there as well.",
    "What is the smallest number that double precision knows, and what is its logarithm?",
)
def in_double_precision(log_w):
    return log_w.double().exp().mean(0).log().to(log_w.dtype)


@wrong(
    "iwae_bound",
    "The mean log-weight was taken away before the exp. One sample that towers 400 nats above the mean still overflows.",
    "Which number has to be taken away so that no exponent is above 0?",
)
def mean_taken_away(log_w):
    middle = log_w.mean(0)
    return (log_w - middle).exp().mean(0).log() + middle


@wrong(
    "iwae_bound",
    "One number was taken away from the whole table, the largest of all images. An image whose weights are far below it "
    "is left with zeros.",
    "Whose largest weight should an image be compared with?",
)
def one_largest_for_all(log_w):
    top = log_w.max()
    return (log_w - top).exp().mean(0).log() + top


@wrong(
    "iwae_bound",
    "The smallest log-weight was taken away, so the exponents are 0 and above, and the exp overflows.",
    "Which way round do exponents have to lie so that exp cannot overflow?",
)
def smallest_taken_away(log_w):
    least = log_w.min(0).values
    return (log_w - least).exp().mean(0).log() + least


@wrong(
    "iwae_bound",
    "The samples whose weight is 0 are left out, and you divide by the number of those that remain. A weight of 0 is a sample, "
    "too: it adds nothing to the sum, and it is one of the K.",
    "What is the mean of the weights 0, 2 and 4?",
)
def weightless_left_out(log_w):
    return torch.stack([bound(column[column.isfinite()]) for column in log_w.unbind(1)])


@wrong(
    "iwae_bound",
    "The log-weight minus infinity was replaced by 0, and that is the logarithm of a weight of 1. The sample had the weight 0: "
    "it adds nothing to the sum, and it is one of the K.",
    "Which number has the logarithm 0?",
)
def weightless_as_one(log_w):
    return bound(torch.where(log_w.isinf(), 0.0, log_w))


@wrong(
    "iwae_bound",
    "The value is right, and log_w itself was changed on the way: the caller's table holds other numbers after the call, and "
    "whatever is computed from it next goes wrong.",
    "Which of your operations write into their tensor, and whose tensor is it?",
)
def overwrites_its_argument(log_w):
    log_w -= math.log(len(log_w))
    return log_w.logsumexp(0)


@wrong(
    "iwae_bound",
    "The value is right, and no gradient reaches log_w: it was cut off.",
    "Which call turns a tensor with a history into one without?",
)
def detached(log_w):
    return bound(log_w.detach())


@wrong(
    "iwae_bound",
    "The value is right, and of the two places where you use the largest log-weight only one is in the graph: the sample "
    "with the largest weight gets a gradient that the two should have shared out to nothing.",
    "What does the largest log-weight add to the value, and what does it take away again?",
)
def largest_detached_once(log_w):
    top = log_w.max(0).values
    return (log_w - top).exp().mean(0).log() + top.detach()


@wrong(
    "iwae_bound",
    "The value is right, and the gradient is 1/K for every sample: that of the mean of the logs. In the bound a heavy sample "
    "counts for more than a light one.",
    "If the log-weight of the heaviest sample grew a little, how would the mean weight change?",
)
def gradient_of_the_mean(log_w):
    return bound(log_w).detach() + log_w.mean(0) - log_w.mean(0).detach()


# --- effective_sample_size ---


@wrong(
    "effective_sample_size",
    "It is upside down: the sum of squares over the square of the sum is 1/K for equal weights.",
    "For K equal weights, which of the two is K times the other?",
)
def upside_down(log_w):
    return log_w.softmax(0).square().sum(0)


@wrong(
    "effective_sample_size",
    "What you return is a share of K, between 1/K and 1; asked for was a number of samples.",
    "How many samples are five equal weights worth?",
)
def divided_by_K(log_w):
    return 1 / log_w.softmax(0).square().sum(0) / len(log_w)


@wrong("effective_sample_size", alias_of="divided_by_K")
def means_for_sums(log_w):
    w = log_w.exp()
    return w.mean(0).square() / w.square().mean(0)


@wrong(
    "effective_sample_size",
    "One over the largest share looks at one weight alone: it cannot tell whether the rest is spread out or not.",
    "Two columns have the same largest share: must they be worth equally many samples?",
)
def one_over_the_largest(log_w):
    return 1 / log_w.softmax(0).max(0).values


@wrong(
    "effective_sample_size",
    "You count all K samples, as if every weight were the same.",
    "If one weight is a giant, how many samples are the others worth?",
)
def all_of_them(log_w):
    return torch.full_like(log_w[0], len(log_w))


@wrong(
    "effective_sample_size",
    "The logarithms stand where the weights belong.",
    "Does your answer change when all weights are multiplied by the same number?",
)
def logs_as_weights(log_w):
    return log_w.sum(0).square() / log_w.square().sum(0)


@wrong(
    "effective_sample_size",
    "You have the exponential of the entropy of the shares. It is another count, with the same ends at 1 and K, and larger "
    "between them.",
    "For the weights 3 and 1, does your count give 16/10?",
)
def perplexity(log_w):
    share = log_w.softmax(0)
    return (-torch.xlogy(share, share).sum(0)).exp()


@wrong(
    "effective_sample_size",
    "You have the entropy of the shares, which is 0 for one giant and log K for equal weights.",
    "How many samples are five equal weights worth?",
)
def entropy(log_w):
    share = log_w.softmax(0)
    return -torch.xlogy(share, share).sum(0)


@wrong(
    "effective_sample_size",
    "The square was forgotten: the sum of weights over the sum of their squares still has a unit, and changes with the scale "
    "of the weights.",
    "What becomes of your answer when all weights are doubled?",
)
def sum_not_squared(log_w):
    w = log_w.exp()
    return w.sum(0) / w.square().sum(0)


@wrong(
    "effective_sample_size",
    "The shares were not made: one over the sum of squared weights is right only for weights that add up to 1.",
    "What becomes of your answer when all weights are doubled?",
)
def not_normalised(log_w):
    return 1 / log_w.exp().square().sum(0)


@wrong(
    "effective_sample_size",
    "The weights of every image were divided by their largest, and then not by their sum: one over the sum of squares is "
    "right only for weights that add up to 1.",
    "What do the weights in your sum of squares add up to?",
)
def largest_for_the_sum(log_w):
    return 1 / (log_w - log_w.max(0).values).exp().square().sum(0)


@wrong(
    "effective_sample_size",
    "The square root is one step too many: for K equal weights it leaves the root of K.",
    "How many samples are five equal weights worth?",
)
def root(log_w):
    return 1 / log_w.softmax(0).square().sum(0).sqrt()


@wrong(
    "effective_sample_size",
    "K over one plus the squared relative spread is a right form of it, if the variance divides by K; yours divides by "
    "K - 1.",
    "Which variance is the mean of the squares less the square of the mean, exactly?",
)
def unbiased_variance(log_w):
    w = log_w.softmax(0)
    spread = w.var(0) / w.mean(0).square() if len(w) > 1 else torch.zeros_like(w[0])
    return len(w) / (1 + spread)


@wrong(
    "effective_sample_size",
    "K over one plus the relative spread lacks a square: it is the variance that counts, not the standard deviation.",
    "For the weights 3 and 1: what is the square of their spread over the square of their mean?",
)
def deviation_for_variance(log_w):
    w = log_w.softmax(0)
    return len(w) / (1 + w.std(0, unbiased=False) / w.mean(0))


@wrong(
    "effective_sample_size",
    "K over one plus the variance of the log-weights holds only while they are nearly equal.",
    "If one weight is a giant and all others are alike, what is left of your count, and what should be?",
)
def variance_of_the_logs(log_w):
    return len(log_w) / (1 + log_w.var(0, unbiased=False))


@wrong(
    "effective_sample_size",
    "You count the samples whose weight is above the mean. A sample that is a little below it counts for something, too.",
    "For K equal weights, how many lie above their mean?",
)
def above_the_mean(log_w):
    share = log_w.softmax(0)
    return (share >= (1 - 1e-9) / len(share)).to(log_w.dtype).sum(0)


@wrong(
    "effective_sample_size",
    "The sums run over the images, and each sample got a number.",
    "Which axis holds the samples, and which the images?",
)
def over_the_images(log_w):
    return 1 / log_w.softmax(1).square().sum(1)


@wrong(
    "effective_sample_size",
    "The samples of all images are counted together; every image has its own weights and its own count.",
    "How many numbers should come out for B images?",
)
def over_everything(log_w):
    return 1 / log_w.flatten().softmax(0).square().sum()


@wrong(
    "effective_sample_size",
    "The shares were taken of the whole table, not of each image's column, and then squared as if each column added up to "
    "1.",
    "What do the shares of one image add up to?",
)
def shares_of_the_whole_table(log_w):
    return 1 / log_w.flatten().softmax(0).view_as(log_w).square().sum(0)


@wrong(
    "effective_sample_size",
    "The counts are right and were then averaged over the images; each image was to keep its own.",
    "How many numbers should come out for B images?",
)
def averaged_over_images(log_w):
    return (1 / log_w.softmax(0).square().sum(0)).mean()


@wrong(
    "effective_sample_size",
    "The exponentials are taken of the log-weights as they are. Near -800 all are 0, near 800 infinite, and 0/0 is no "
    "number.",
    "The scale of the weights cancels: which scale is safe?",
)
def naive(log_w):
    w = log_w.exp()
    return w.sum(0).square() / w.square().sum(0)


@wrong(
    "effective_sample_size",
    "One number was taken away from the whole table, the largest of all images. An image whose weights are far below it is "
    "left with zeros.",
    "Whose largest weight should an image be compared with?",
)
def one_largest_for_all(log_w):
    w = (log_w - log_w.max()).exp()
    return w.sum(0).square() / w.square().sum(0)


@wrong(
    "effective_sample_size",
    "The log-weight minus infinity was replaced by 0, and that is the logarithm of a weight of 1. The sample had the weight 0 "
    "and counts for nothing.",
    "Which number has the logarithm 0?",
)
def weightless_as_one(log_w):
    return 1 / torch.where(log_w.isinf(), 0.0, log_w).softmax(0).square().sum(0)


@wrong(
    "effective_sample_size",
    "The value is right, and log_w itself was changed on the way: the caller's table holds other numbers after the call, and "
    "whatever is computed from it next goes wrong.",
    "Which of your operations write into their tensor, and whose tensor is it?",
)
def overwrites_its_argument(log_w):
    log_w -= log_w.max(0).values
    w = log_w.exp()
    return w.sum(0).square() / w.square().sum(0)


@wrong(
    "effective_sample_size",
    "The mean log-weight was taken away before the exp. One sample that towers 400 nats above it still overflows, and an "
    "infinite one takes everything with it.",
    "Which number has to be taken away so that no exponent is above 0?",
)
def mean_taken_away(log_w):
    w = (log_w - log_w.mean(0)).exp()
    return w.sum(0).square() / w.square().sum(0)


# --- log_evidence ---


@wrong(
    "log_evidence",
    "Each chunk has its own bound, and you average them. That is the bound of as many samples as one chunk has: a logarithm "
    "was taken too early.",
    "When is the last logarithm to be taken: before all K weights are added, or after?",
)
def mean_of_the_chunks(x, model, K, chunk, generator=None):
    return torch.stack([bound(table) for table in tables(x, model, K, chunk, generator)]).mean(0)


@wrong(
    "log_evidence",
    "The chunks' bounds are averaged, each by its number of samples. Weighing them by size is careful, but they are "
    "logarithms already, and the mean over K belongs inside one.",
    "When is the last logarithm to be taken: before all K weights are added, or after?",
)
def mean_of_the_chunks_by_size(x, model, K, chunk, generator=None):
    return sum(len(table) * bound(table) for table in tables(x, model, K, chunk, generator)) / K


@wrong(
    "log_evidence",
    "The chunks are averaged inside the logarithm, but all alike: the last one has fewer samples, and each of those counts "
    "for more than one of the others.",
    "How much of the sum of all weights belongs to the last chunk?",
)
def chunks_alike(x, model, K, chunk, generator=None):
    return bound(torch.stack([bound(table) for table in tables(x, model, K, chunk, generator)]))


@wrong(
    "log_evidence",
    "The last, shorter chunk is dropped: fewer than K samples are drawn, and what you divide by is that smaller number.",
    "With K = 11 and chunk = 3, how many samples do your chunks hold together?",
)
def last_chunk_dropped(x, model, K, chunk, generator=None):
    with torch.no_grad():
        sizes = [chunk] * (K // chunk) or [K]
        return bound(torch.cat([weights(x, model, noise(x, model, n, generator)) for n in sizes]))


@wrong(
    "log_evidence",
    "The last, shorter chunk is dropped, and you divide by K all the same: weights that were never drawn count as 0.",
    "With K = 11 and chunk = 3, how many weights do you add, and by how many do you divide?",
)
def last_chunk_dropped_and_counted(x, model, K, chunk, generator=None):
    with torch.no_grad():
        sizes = [chunk] * (K // chunk) or [K]
        table = torch.cat([weights(x, model, noise(x, model, n, generator)) for n in sizes])
        return table.logsumexp(0) - math.log(K)


@wrong(
    "log_evidence",
    "The last chunk is filled up: more than K samples are drawn, and their number is what you divide by. It is an honest "
    "bound, of another K than the one asked for.",
    "With K = 11 and chunk = 3, how many samples does the last chunk need?",
)
def last_chunk_filled(x, model, K, chunk, generator=None):
    with torch.no_grad():
        return bound(torch.cat([weights(x, model, noise(x, model, chunk, generator)) for _ in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The last chunk is filled up, so more than K weights are added, and divided by K: the answer is too high.",
    "With K = 11 and chunk = 3, how many weights do you add, and by how many do you divide?",
)
def last_chunk_filled_and_not_counted(x, model, K, chunk, generator=None):
    with torch.no_grad():
        table = torch.cat([weights(x, model, noise(x, model, chunk, generator)) for _ in chunks(K, chunk)])
        return table.logsumexp(0) - math.log(K)


@wrong(
    "log_evidence",
    "You divide by the number of samples in a chunk, and added were the weights of all chunks.",
    "How many weights are in the sum that you divide?",
)
def divided_by_the_chunk(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).logsumexp(0) - math.log(chunk)


@wrong(
    "log_evidence",
    "You divide by the number of samples in the last chunk, and added were the weights of all chunks.",
    "How many weights are in the sum that you divide?",
)
def divided_by_the_last_chunk(x, model, K, chunk, generator=None):
    parts = tables(x, model, K, chunk, generator)
    return torch.cat(parts).logsumexp(0) - math.log(len(parts[-1]))


@wrong(
    "log_evidence",
    "You divide by the number of chunks, and added were weights, not means of chunks.",
    "How many weights are in the sum that you divide?",
)
def divided_by_the_chunks(x, model, K, chunk, generator=None):
    parts = tables(x, model, K, chunk, generator)
    return torch.cat(parts).logsumexp(0) - math.log(len(parts))


@wrong(
    "log_evidence",
    "The bounds of the chunks are joined by a log-sum-exp and never divided by the number of chunks.",
    "What should come out when all weights are equal?",
)
def bounds_joined(x, model, K, chunk, generator=None):
    return torch.stack([bound(table) for table in tables(x, model, K, chunk, generator)]).logsumexp(0)


@wrong(
    "log_evidence",
    "All K weights are in the sum, and it is never divided by K: the answer is too high by exactly log K.",
    "What should come out when all weights are equal?",
)
def log_K_missing(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).logsumexp(0)


@wrong(
    "log_evidence",
    "The running sum starts at log 1 = 0, as if one sample of weight 1 had been drawn before the first. The sum of no weights "
    "at all is 0, and the logarithm of that is another number.",
    "What is the logarithm of a sum to which nothing has been added yet?",
)
def starts_at_zero(x, model, K, chunk, generator=None):
    total = torch.zeros_like(x[:, 0])
    for table in tables(x, model, K, chunk, generator):
        total = torch.logaddexp(total, table.logsumexp(0))
    return total - math.log(K)


@wrong(
    "log_evidence",
    "The logarithms of the chunks' sums are added; that multiplies the sums.",
    "You know log a and log b: how do you get log(a + b)?",
)
def logs_added(x, model, K, chunk, generator=None):
    return sum(table.logsumexp(0) for table in tables(x, model, K, chunk, generator)) - math.log(K)


@wrong(
    "log_evidence",
    "You average the K log-weights: that is the ELBO, which is further below log p(x), however large K is.",
    "Which comes first here: the logarithm, or the mean over samples?",
)
def elbo(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).mean(0)


@wrong(
    "log_evidence",
    "What you return is the bound of the last chunk alone; the chunks before it are forgotten.",
    "What is handed from one chunk to the next?",
)
def last_chunk_only(x, model, K, chunk, generator=None):
    return bound(tables(x, model, K, chunk, generator)[-1])


@wrong(
    "log_evidence",
    "The function returns from inside the loop: only the first chunk was drawn.",
    "After how many chunks does your function stop?",
)
def first_chunk_only(x, model, K, chunk, generator=None):
    with torch.no_grad():
        return bound(weights(x, model, noise(x, model, min(K, chunk), generator)))


@wrong(
    "log_evidence",
    "Each image keeps the bound of its luckiest chunk. Choosing after looking makes the answer too high, and it is no bound "
    "any more.",
    "May a chunk with small weights be left out of a mean?",
)
def best_chunk(x, model, K, chunk, generator=None):
    return torch.stack([bound(table) for table in tables(x, model, K, chunk, generator)]).max(0).values


@wrong(
    "log_evidence",
    "The largest of all K log-weights is not the logarithm of their mean; it is larger, by up to log K.",
    "Do the other samples count for nothing?",
)
def largest(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).max(0).values


@wrong(
    "log_evidence",
    "The samples of all images share one logarithm, and one number comes out; every image has a log p(x) of its own.",
    "Over which axis do you add the weights?",
)
def over_everything(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).flatten().logsumexp(0) - math.log(K * len(x))


@wrong(
    "log_evidence",
    "The values are right and were then averaged over the images; each image was to keep its own.",
    "How many numbers should come out for B images?",
)
def averaged_over_images(x, model, K, chunk, generator=None):
    return bound(torch.cat(tables(x, model, K, chunk, generator))).mean()


@wrong(
    "log_evidence",
    "You add up over the images, and each of the K samples got a number.",
    "Over which axis do you add the weights?",
)
def over_the_images(x, model, K, chunk, generator=None):
    return torch.cat(tables(x, model, K, chunk, generator)).logsumexp(1) - math.log(len(x))


@wrong(
    "log_evidence",
    "What you return is minus the logarithm, as a loss; asked for was an estimate of log p(x) itself.",
    "Should a better model have a higher number here, or a lower one?",
)
def as_a_loss(x, model, K, chunk, generator=None):
    return -bound(torch.cat(tables(x, model, K, chunk, generator)))


def of_terms(x, model, K, chunk, generator, weigh):
    """The bound, with `weigh(likelihood, prior, q)` for the log-weights."""
    with torch.no_grad():
        drawn = [noise(x, model, n, generator) for n in chunks(K, chunk)]
        return bound(torch.cat([weigh(*three_terms(x, model, eps)) for eps in drawn]))


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and the weights lack log q: they are p(x, z), which does not know how often q "
    "draws this z.",
    "Of which two densities is a weight the ratio?",
)
def log_q_missing(x, model, K, chunk, generator=None):
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: of_x + of_prior)


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and the weights lack the prior: they are p(x|z) / q(z|x).",
    "log p(x, z) is a sum of two logs: which one have you not got?",
)
def prior_missing(x, model, K, chunk, generator=None):
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: of_x - q)


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and in the weights log q is added: they are p(x, z) times q, so what q draws too "
    "often is counted even more.",
    "A weight repairs what q does wrong: what does it do to a z that q draws too often?",
)
def log_q_added(x, model, K, chunk, generator=None):
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: of_x + of_prior + q)


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and the weights are p(x|z) alone, for samples of q: neither the prior nor q is "
    "in them.",
    "A weight has a density of z above the line and one below it: which are they?",
)
def likelihood_only(x, model, K, chunk, generator=None):
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: of_x)


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and the weights are upside down: q(z|x) / p(x, z) is large where the model finds "
    "the sample unlikely.",
    "What stands above the line in a weight?",
)
def upside_down(x, model, K, chunk, generator=None):
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: q - of_x - of_prior)


@wrong(
    "log_evidence",
    "The chunks are joined as they should be, and from log p(x|z) the KL in its closed form is subtracted, the same for all "
    "samples of an image. A weight needs log q(z|x) - log p(z) at its own z.",
    "Which of your terms differ from sample to sample, and which should?",
)
def closed_form(x, model, K, chunk, generator=None):
    kl = price(*model.encode(x)).detach()
    return of_terms(x, model, K, chunk, generator, lambda of_x, of_prior, q: of_x - kl)


def with_a_chunk_too_many(K, chunk):
    return [chunk] * (K // chunk) + [K % chunk or chunk]


@wrong(
    "log_evidence",
    "Where K is a multiple of chunk nothing is left over, and there you draw one more whole chunk: more than K weights are "
    "added, and divided by K.",
    "With K = 12 and chunk = 4, how many samples remain after the third chunk?",
)
def a_chunk_too_many(x, model, K, chunk, generator=None):
    with torch.no_grad():
        drawn = [noise(x, model, n, generator) for n in with_a_chunk_too_many(K, chunk)]
        return torch.cat([weights(x, model, eps) for eps in drawn]).logsumexp(0) - math.log(K)


@wrong(
    "log_evidence",
    "Where K is a multiple of chunk nothing is left over, and there you draw one more whole chunk: it is an honest bound, of "
    "more samples than were asked for.",
    "With K = 12 and chunk = 4, how many samples remain after the third chunk?",
)
def a_chunk_too_many_and_counted(x, model, K, chunk, generator=None):
    with torch.no_grad():
        drawn = [noise(x, model, n, generator) for n in with_a_chunk_too_many(K, chunk)]
        return bound(torch.cat([weights(x, model, eps) for eps in drawn]))


@wrong(
    "log_evidence",
    "Axes of size 1 are squeezed away, and with a single image the axis of images is one of them.",
    "Which shape has the answer for a batch of one?",
)
def squeezed(x, model, K, chunk, generator=None):
    return bound(torch.cat(tables(x, model, K, chunk, generator))).squeeze()


@wrong(
    "log_evidence",
    "The value is right, and gradients are switched off for good: after your call nothing can be trained until somebody "
    "switches them on again.",
    "What sets the switch back when your function is done?",
)
def gradients_switched_off(x, model, K, chunk, generator=None):
    torch.set_grad_enabled(False)
    return bound(torch.cat([weights(x, model, noise(x, model, n, generator)) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The value is right, and the model's weights ask for no gradients any more: after your call it cannot be trained on.",
    "Whose model is it, and does it come back as it was?",
)
def model_frozen(x, model, K, chunk, generator=None):
    model.requires_grad_(False)
    return bound(torch.cat([weights(x, model, noise(x, model, n, generator)) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The codes come from the prior, and are weighed as samples of the prior. That is the estimate of stage 01; it is right "
    "on average and useless at this K, since the encoder is never asked.",
    "From which distribution does a sample come that has a good chance to explain x?",
)
def codes_of_the_prior(x, model, K, chunk, generator=None):
    with torch.no_grad():
        parts = [model.log_likelihood(x, noise(x, model, n, generator)) for n in chunks(K, chunk)]
        return bound(torch.cat(parts))


@wrong(
    "log_evidence",
    "The value is right, and all K samples are decoded at once: `chunk` is ignored, and with K = 5,000 that is where the "
    "memory goes.",
    "What did you do with the argument chunk?",
)
def all_at_once(x, model, K, chunk, generator=None):
    with torch.no_grad():
        return bound(weights(x, model, noise(x, model, K, generator)))


@wrong(
    "log_evidence",
    "The value is right, and `chunk` was read as the number of chunks, not as the number of samples in one.",
    "With K = 11 and chunk = 4, how many samples may be decoded together for an image?",
)
def number_of_chunks(x, model, K, chunk, generator=None):
    with torch.no_grad():
        size = -(-K // chunk)
        return bound(torch.cat([weights(x, model, noise(x, model, n, generator)) for n in chunks(K, size)]))


@wrong(
    "log_evidence",
    "The value is right, and every chunk keeps its history for a gradient: at the end the memory of all K samples is taken "
    "up.",
    "What does torch remember of each chunk, and who will ask for it?",
)
def history_kept(x, model, K, chunk, generator=None):
    return bound(torch.cat([weights(x, model, noise(x, model, n, generator)) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The same noise is used in every chunk, so there are only as many different samples as one chunk holds.",
    "At which line are new random numbers drawn, and how often is it reached?",
)
def noise_drawn_once(x, model, K, chunk, generator=None):
    eps = noise(x, model, chunk, generator)
    with torch.no_grad():
        return bound(torch.cat([weights(x, model, eps[:n]) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The random numbers are started afresh inside your function, so two calls get the same ones, and the generator that was "
    "given is not used.",
    "What decides which numbers come next, and who sets it?",
)
def seed_set_inside(x, model, K, chunk, generator=None):
    generator = torch.Generator().manual_seed(0)
    return bound(torch.cat(tables(x, model, K, chunk, generator)))


@wrong(
    "log_evidence",
    "All images share their noise: the K samples of one image are those of every other, moved and stretched.",
    "How many random numbers do K codes need for each of B images?",
)
def noise_shared_by_images(x, model, K, chunk, generator=None):
    with torch.no_grad():
        drawn = [noise(x[:1], model, n, generator).expand(-1, len(x), -1) for n in chunks(K, chunk)]
        return bound(torch.cat([weights(x, model, eps) for eps in drawn]))


@wrong(
    "log_evidence",
    "The noise is not normal: it has no tails, and its mean is not 0, as of uniform numbers between 0 and 1. The weights belong "
    "to a q from which nothing was drawn.",
    "Which distribution does log q(z|x) assume for eps?",
)
def uniform_noise(x, model, K, chunk, generator=None):
    def draw(n):
        return torch.rand(n, len(x), model.z_dim, generator=generator, dtype=x.dtype)

    with torch.no_grad():
        return bound(torch.cat([weights(x, model, draw(n)) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "There is no noise: K times the same code, the mean of q, is weighed.",
    "What makes K samples different from one?",
)
def without_noise(x, model, K, chunk, generator=None):
    with torch.no_grad():
        eps = torch.zeros(chunk, len(x), model.z_dim, dtype=x.dtype)
        return bound(torch.cat([weights(x, model, eps[:n]) for n in chunks(K, chunk)]))


@wrong(
    "log_evidence",
    "The weights themselves are added from chunk to chunk. Where log p(x) is below -1,000 every one of them is 0, and the "
    "logarithm of the sum is minus infinity.",
    "What is exp of -1,000, in any precision that you have?",
)
def weights_added(x, model, K, chunk, generator=None):
    total = sum(table.exp().sum(0) for table in tables(x, model, K, chunk, generator))
    return (total / K).log()


@wrong("log_evidence", alias_of="weights_added")
def careful_only_within(x, model, K, chunk, generator=None):
    total = sum(len(table) * bound(table).exp() for table in tables(x, model, K, chunk, generator))
    return total.log() - math.log(K)


# --- iwae_loss ---


@wrong(
    "iwae_loss",
    "The sign is missing: what you return rises as the model gets better, and an optimiser would drive it down.",
    "Which way does an optimiser go, and which way should the bound?",
)
def sign_missing(x, model, eps):
    return bound(weights(x, model, eps)).mean()


@wrong(
    "iwae_loss",
    "You add over the images; a loss in nats/image is their mean.",
    "What should happen to the loss when every image is there twice?",
)
def summed_over_images(x, model, eps):
    return -bound(weights(x, model, eps)).sum()


@wrong(
    "iwae_loss",
    "You averaged the log-weights over samples and images: that is minus the ELBO with K samples.",
    "Which comes first here: the logarithm, or the mean over samples?",
)
def elbo(x, model, eps):
    return -weights(x, model, eps).mean()


@wrong(
    "iwae_loss",
    "The log-weights are averaged by their shares of the weights. With the shares detached that has the right gradient, but as "
    "a value it is lower than minus the bound: reported as a loss it flatters the model.",
    "Is the number that you return the bound, or only something with the same slope?",
)
def surrogate(x, model, eps):
    log_w = weights(x, model, eps)
    return -(log_w.detach().softmax(0) * log_w).sum(0).mean()


@wrong("iwae_loss", alias_of="surrogate")
def shares_in_the_graph(x, model, eps):
    log_w = weights(x, model, eps)
    return -(log_w.softmax(0) * log_w).sum(0).mean()


@wrong(
    "iwae_loss",
    "The shares are those of minus the log-weights: the worst sample of each image counts most.",
    "Should a sample with a large weight count for more, or for less?",
)
def worst_sample_first(x, model, eps):
    log_w = weights(x, model, eps)
    return -((-log_w).detach().softmax(0) * log_w).sum(0).mean()


@wrong(
    "iwae_loss",
    "One logarithm of one mean over all samples and all images: the images whose weights are large drown the others.",
    "In which order come the mean over samples, the logarithm, and the mean over images?",
)
def one_log_for_all(x, model, eps):
    log_w = weights(x, model, eps)
    return math.log(log_w.numel()) - log_w.flatten().logsumexp(0)


@wrong(
    "iwae_loss",
    "The mean inside the logarithm runs over the images, and the one outside over the samples.",
    "Which axis holds the samples of one image?",
)
def axes_exchanged(x, model, eps):
    log_w = weights(x, model, eps)
    return (math.log(len(x)) - log_w.logsumexp(1)).mean()


@wrong(
    "iwae_loss",
    "log K is missing: your loss is lower than minus the bound by that much. The gradient does not mind, the number does.",
    "What becomes of your loss when every sample is there four times?",
)
def log_K_missing(x, model, eps):
    return -weights(x, model, eps).logsumexp(0).mean()


@wrong(
    "iwae_loss",
    "log K was added to the bound where it belongs on the other side.",
    "What becomes of your loss when every sample is there four times?",
)
def log_K_added(x, model, eps):
    return -(weights(x, model, eps).logsumexp(0) + math.log(len(eps))).mean()


@wrong(
    "iwae_loss",
    "The best sample of each image is all that is left of its K.",
    "Do the other samples count for nothing?",
)
def best_sample(x, model, eps):
    return -weights(x, model, eps).max(0).values.mean()


@wrong(
    "iwae_loss",
    "The KL in its closed form is subtracted from the logarithm of the mean likelihood. Inside the logarithm each sample "
    "needs its own log p(z) - log q(z|x).",
    "Which of your terms differ from sample to sample, and which should?",
)
def closed_form(x, model, eps):
    mu, logvar = model.encode(x)
    return (price(mu, logvar) - bound(three_terms(x, model, eps)[0])).mean()


@wrong(
    "iwae_loss",
    "Your loss is divided by the number of pixels; in nats/image a picture is one thing.",
    "In which unit is a loss to be, and in which is yours?",
)
def a_pixel(x, model, eps):
    return -bound(weights(x, model, eps)).mean() / x.shape[-1]


@wrong(
    "iwae_loss",
    "log q is missing from the weights: they are p(x, z), and the encoder gets nothing for being wide.",
    "Of which two densities is a weight the ratio?",
)
def log_q_missing(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return -bound(likelihood + of_prior).mean()


@wrong(
    "iwae_loss",
    "The prior is missing from the weights: they are p(x|z) / q(z|x), as if every code were equally likely before anything is "
    "seen.",
    "log p(x, z) is a sum of two logs: which one have you not got?",
)
def prior_missing(x, model, eps):
    likelihood, _, q = three_terms(x, model, eps)
    return -bound(likelihood - q).mean()


@wrong(
    "iwae_loss",
    "In the weights log q is added: they are p(x, z) times q, so what q draws too often is counted even more.",
    "A weight repairs what q does wrong: what does it do to a z that q draws too often?",
)
def log_q_added(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return -bound(likelihood + of_prior + q).mean()


@wrong(
    "iwae_loss",
    "Only log p(x|z) is left in the weights: neither the prior nor q is in them.",
    "A weight has a density of z above the line and one below it: which are they?",
)
def likelihood_only(x, model, eps):
    return -bound(three_terms(x, model, eps)[0]).mean()


@wrong(
    "iwae_loss",
    "The weights are upside down: q(z|x) / p(x, z) is large where the model finds the sample unlikely, and a step that lowers "
    "this loss makes the model worse.",
    "What stands above the line in a weight?",
)
def weights_turned(x, model, eps):
    return -bound(-weights(x, model, eps)).mean()


@wrong(
    "iwae_loss",
    "The minus sign stands before the log-weights, inside the mean: the logarithm is then that of the mean of 1/w, in which "
    "the worst sample of each image counts most.",
    "Of which number is the mean taken over the samples: of w, or of 1/w?",
)
def upside_down(x, model, eps):
    return bound(-weights(x, model, eps)).mean()


@wrong(
    "iwae_loss",
    "The weights are written out. At images whose log p(x) is below -1,000 every one of them is 0 in floating point, and the "
    "logarithm of their mean is minus infinity.",
    "What is exp of -1,000, in any precision that you have?",
)
def naive(x, model, eps):
    return -weights(x, model, eps).exp().mean(0).log().mean()


@wrong(
    "iwae_loss",
    "A small number was added so that the logarithm never meets a 0. For weights that are smaller than that number the loss "
    "is the logarithm of your patch.",
    "At which log-weight does your small number become larger than the weight?",
)
def patched(x, model, eps):
    return -(weights(x, model, eps).exp().mean(0) + 1e-30).log().mean()


@wrong(
    "iwae_loss",
    "You return a loss for every image; the mean over the images is still to be taken.",
    "How many numbers does an optimiser go down on?",
)
def one_for_each_image(x, model, eps):
    return -bound(weights(x, model, eps))


@wrong(
    "iwae_loss",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(x, model, eps):
    return -bound(weights(x, model, torch.randn_like(eps))).mean()


@wrong(
    "iwae_loss",
    "The value is right, and all samples pull at the weights of the model alike. In the bound's gradient each sample counts "
    "by its share of the weights.",
    "If the log-weight of the heaviest sample grew a little, how would the mean weight change?",
)
def gradient_of_the_elbo(x, model, eps):
    log_w = weights(x, model, eps)
    return -(bound(log_w).detach() + log_w.mean(0) - log_w.mean(0).detach()).mean()


@wrong(
    "iwae_loss",
    "The value is right, and no gradient reaches anything: all of it was computed with gradients off, or made into a plain "
    "number on the way.",
    "Which call turns a tensor with a history into one without?",
)
def without_gradients(x, model, eps):
    return -bound(weights(x, model, eps)).mean().detach()


@wrong(
    "iwae_loss",
    "The value is right, and torch stops on the way back. A `backward` of your own has used up the record of the steps, or a "
    "number that it needs there was overwritten in place after it was used.",
    "Who is to ask for the gradients: your function, or the one that trains with it?",
)
def backward_inside(x, model, eps):
    loss = -bound(weights(x, model, eps)).mean()
    loss.backward()
    return loss


@wrong(
    "iwae_loss",
    "The value is right, and inside log q the encoder's mu and logvar are detached. On average over the noise that drops "
    "something that is 0 for K = 1, and is not 0 for more.",
    "In how many ways does a weight depend on mu, and how many of them are in your graph?",
)
def parameters_of_q_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return -bound(log_w).mean()


@wrong(
    "iwae_loss",
    "The value is right, and all of log q was detached: the encoder no longer feels how its q spreads.",
    "Which weights of the model stand in log q(z|x)?",
)
def log_q_detached(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return -bound(likelihood + of_prior - q.detach()).mean()


@wrong(
    "iwae_loss",
    "The value is right, and the samples were cut from the graph: the encoder hears nothing of how well its codes explain x.",
    "Along which way does a change of mu reach log p(x|z)?",
)
def sample_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = (mu + std(logvar) * eps).detach()
    return -bound(model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean()


@wrong(
    "iwae_loss",
    "The value is right, and no gradient reaches the encoder: its two outputs were detached.",
    "Which weights should training move besides the decoder's?",
)
def encoder_detached(x, model, eps):
    mu, logvar = (given.detach() for given in model.encode(x))
    z = mu + std(logvar) * eps
    return -bound(model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean()


# --- gradient_snr ---


@wrong(
    "gradient_snr",
    "You divide by the variance. The mean has the unit of a gradient, the variance the square of it, so a unit is left over.",
    "What becomes of your answer when all gradients are doubled?",
)
def variance(gradients):
    return gradients.mean(0).abs() / gradients.var(0)


@wrong(
    "gradient_snr",
    "It is upside down: noise over signal.",
    "Should a gradient that hardly varies have a high number here, or a low one?",
)
def upside_down(gradients):
    return gradients.std(0) / gradients.mean(0).abs()


@wrong(
    "gradient_snr",
    "Deviation and mean have changed places: it is noise over signal, with the size taken of the noise and the sign left on "
    "the mean.",
    "Which of your two names holds the mean?",
)
def names_exchanged(gradients):
    mean, deviation = torch.std_mean(gradients, 0)
    return mean.abs() / deviation


@wrong(
    "gradient_snr",
    "The value is right, and the table of gradients itself was changed on the way: the caller's holds other numbers after "
    "the call, and whatever is computed from it next goes wrong.",
    "Which of your operations write into their tensor, and whose tensor is it?",
)
def overwrites_its_argument(gradients):
    mean = gradients.mean(0)
    gradients -= mean
    return mean.abs() / gradients.square().mean(0).sqrt()


@wrong(
    "gradient_snr",
    "The sign is still there: a strong gradient that points down counts as a bad one.",
    "Does the direction of a gradient make it weaker?",
)
def signed(gradients):
    return gradients.mean(0) / gradients.std(0)


@wrong(
    "gradient_snr",
    "You divide by the error of the mean, which is smaller than the spread of one estimate by the root of R. With more repeats "
    "it grows without end, and nothing has become better.",
    "Repeats are only there to measure with: may the answer grow with their number?",
)
def standard_error(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) / math.sqrt(len(gradients)))


@wrong(
    "gradient_snr",
    "You take the mean size of the gradients, without their signs: even a gradient that is all noise then seems to have a "
    "signal.",
    "For the repeats 1 and -1: what is the mean, and how large is it?",
)
def mean_size(gradients):
    return gradients.abs().mean(0) / gradients.std(0)


@wrong(
    "gradient_snr",
    "You divide by the root of the mean square, which holds the signal as well as the noise, so your number can never pass 1.",
    "From where is a standard deviation measured: from 0, or from the mean?",
)
def root_mean_square(gradients):
    return gradients.mean(0).abs() / gradients.square().mean(0).sqrt()


@wrong(
    "gradient_snr",
    "You divide the root of the mean square by the deviation: it is never below 1, not even where the mean is 0.",
    "What is the ratio of a gradient whose mean is 0?",
)
def size_over_noise(gradients):
    return gradients.square().mean(0).sqrt() / gradients.std(0)


@wrong(
    "gradient_snr",
    "The ratio is squared: power over power, not size over size.",
    "For a mean of 1 and a deviation of 2, is it 1/2 or 1/4?",
)
def squared(gradients):
    return gradients.mean(0).square() / gradients.var(0)


@wrong(
    "gradient_snr",
    "You take the logarithm, as engineers do with decibels; the plain ratio was asked for.",
    "What is the answer where signal and noise are equally large?",
)
def decibels(gradients):
    return 20 * torch.log10(gradients.mean(0).abs() / gradients.std(0))


@wrong(
    "gradient_snr",
    "Mean and deviation are taken across the parameters of one estimate; asked for was how one parameter's gradient varies "
    "from repeat to repeat.",
    "Which axis holds the repeats?",
)
def over_the_parameters(gradients):
    return gradients.mean(1).abs() / gradients.std(1)


@wrong(
    "gradient_snr",
    "One number for everything: parameters and repeats were thrown into one heap, so their differences count as noise.",
    "How many numbers should come out for P parameters?",
)
def one_number(gradients):
    return gradients.mean().abs() / gradients.std()


@wrong(
    "gradient_snr",
    "The ratios are right and were then averaged over the parameters; each was to keep its own.",
    "How many numbers should come out for P parameters?",
)
def averaged_over_parameters(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).mean()


@wrong(
    "gradient_snr",
    "You divided the estimates of every repeat by the deviation and kept them all; what was asked for is the size of their mean.",
    "How many numbers should come out for P parameters?",
)
def one_for_each_repeat(gradients):
    return gradients.abs() / gradients.std(0)


@wrong(
    "gradient_snr",
    "The deviation is one number for all parameters together; each parameter has its own noise.",
    "Does the ratio of a parameter change when another one is left out?",
)
def one_deviation_for_all(gradients):
    return gradients.mean(0).abs() / (gradients - gradients.mean(0)).square().mean().sqrt()


@wrong(
    "gradient_snr",
    "You have the mean without the noise: no ratio at all.",
    "What becomes of your answer when all gradients are doubled?",
)
def mean_only(gradients):
    return gradients.mean(0).abs()


@wrong(
    "gradient_snr",
    "You divide by the mean distance from the mean. It is a measure of spread, and smaller than the standard deviation.",
    "For the repeats 2, 4 and 9: is your spread 3.606, or 2.667?",
)
def mean_distance(gradients):
    mean = gradients.mean(0)
    return mean.abs() / (gradients - mean).abs().mean(0)


@wrong(
    "gradient_snr",
    "You took the median for the mean. An optimiser adds gradients up, and what adds up is the mean.",
    "For the repeats 2, 4 and 9: is the signal 5, or 4?",
)
def median(gradients):
    return gradients.median(0).values.abs() / gradients.std(0)


# --- doubly_reparameterized_gradient ---


def along_the_path(x, model, eps):
    """Shares (K, B, 1), slopes of log w along z (K, B, Z), and the ways of z with mu and logvar."""
    mu, logvar = (given.detach() for given in model.encode(x))
    z = (mu + std(logvar) * eps).requires_grad_()
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)
    (slope,) = torch.autograd.grad(log_w.sum(), z)
    return log_w.detach().softmax(0)[..., None], slope, 0.5 * std(logvar) * eps


def slopes_of(x, model, eps, value):
    """Gradients with respect to mu and logvar of what `value(log_w)` gives, summed over images; all ways count."""
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)
    return torch.autograd.grad(value(log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "This is the ordinary gradient of the bound, by both ways: along the path, and through the mu and logvar in log q. On "
    "average it is the same; its noise is what this exercise removes.",
    "Which of the two ways stays open where q is the posterior, and what comes through it?",
)
def ordinary(x, model, eps):
    return slopes_of(x, model, eps, bound)


@wrong(
    "doubly_reparameterized_gradient",
    "The shares are not squared. With mu and logvar in log q held fixed that is an estimator with another average for K > 1: "
    "what was dropped was not 0, and the square is what makes up for it.",
    "What does the direct way contribute on average, and by which factor does it come back along the path?",
)
def not_squared(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return (share * slope).sum(0), (share * slope * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The squared shares multiply the slope of log p(x, z) alone. Either log q was left out, or mu inside it was not held fixed: "
    "then z and mu move together, and log q does not feel it.",
    "Where q is the posterior, which two slopes along z cancel?",
)
def direct_way_open(x, model, eps):
    return slopes_of(x, model, eps, lambda log_w: log_w.detach().softmax(0).square() * log_w)


@wrong(
    "doubly_reparameterized_gradient",
    "Along the path there is more than the squared share times the slope: the shares themselves were differentiated, too.",
    "Which factors of each term are held fixed?",
)
def shares_differentiated(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return torch.autograd.grad((log_w.softmax(0).square() * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right. The one with respect to logvar lacks its 1/2: sigma is the exponential of half "
    "the logvar.",
    "How far does z go when logvar grows by a little?",
)
def half_lost(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return (share.square() * slope).sum(0), (share.square() * slope * 2 * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right. The other one is with respect to sigma: z moves by eps when sigma does, and by "
    "something else when logvar does.",
    "How does sigma change when logvar grows by a little?",
)
def with_respect_to_sigma(x, model, eps):
    share, slope, _ = along_the_path(x, model, eps)
    return (share.square() * slope).sum(0), (share.square() * slope * eps).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right. In the other one eps is missing: z moves with logvar the further, the further "
    "it is from mu.",
    "How far does a sample go that stands exactly at mu, when logvar grows?",
)
def noise_forgotten(x, model, eps):
    share, slope, _ = along_the_path(x, model, eps)
    _, logvar = model.encode(x)
    return (share.square() * slope).sum(0), (share.square() * slope * 0.5 * std(logvar.detach())).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The gradient with respect to mu is right. In the other one the path has the variance where sigma belongs.",
    "z = mu + sigma eps: what is the slope of sigma as a function of logvar?",
)
def path_with_the_variance(x, model, eps):
    share, slope, _ = along_the_path(x, model, eps)
    _, logvar = model.encode(x)
    way = 0.5 * logvar.detach().exp() * eps
    return (share.square() * slope).sum(0), (share.square() * slope * way).sum(0)


@wrong("doubly_reparameterized_gradient", alias_of="direct_way_open")
def slope_of_q_missing(x, model, eps):
    mu, logvar = (given.detach() for given in model.encode(x))
    share, _, way = along_the_path(x, model, eps)
    z = (mu + std(logvar) * eps).requires_grad_()
    (slope,) = torch.autograd.grad((model.log_likelihood(x, z) + prior(z)).sum(), z)
    return (share.square() * slope).sum(0), (share.square() * slope * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "Every sample counts alike: 1/K for each, as in the gradient of the ELBO along the path.",
    "What do a heavy and a light sample each contribute?",
)
def all_alike(x, model, eps):
    _, slope, way = along_the_path(x, model, eps)
    return slope.mean(0), (slope * way).mean(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The squared shares were divided by their sum, so that they add up to 1 again. It is the square itself that counts: "
    "with many samples of like weight it is small.",
    "What do K equal shares add up to, squared?",
)
def squares_normalised(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    square = share.square() / share.square().sum(0)
    return (square * slope).sum(0), (square * slope * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The terms of the K samples are averaged, and a sum was asked for: the shares hold the 1/K already.",
    "What do the shares of an image add up to?",
)
def mean_for_sum(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return (share.square() * slope).mean(0), (share.square() * slope * way).mean(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The shares are those among all images; each image has its own K samples.",
    "What do the shares of one image add up to?",
)
def shares_of_the_whole_table(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    share = log_w.detach().flatten().softmax(0).view_as(log_w)
    return torch.autograd.grad((share.square() * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "It is the gradient of the mean over the images; each image's own bound was asked for.",
    "What should happen to the gradient of an image when another is added to the batch?",
)
def divided_by_the_batch(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    terms = share.square() * slope / len(x)
    return terms.sum(0), (terms * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "Both have the wrong sign: they are gradients of a loss, and asked for were those of the bound.",
    "If mu follows your gradient, does the bound rise or fall?",
)
def of_the_loss(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return -(share.square() * slope).sum(0), -(share.square() * slope * way).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "The pair is exchanged: the gradient with respect to logvar comes first.",
    "In which order does the encoder give its two outputs?",
)
def exchanged(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return (share.square() * slope * way).sum(0), (share.square() * slope).sum(0)


@wrong(
    "doubly_reparameterized_gradient",
    "Gradients of the single samples are returned; their sum over the samples is still to be taken.",
    "Which axis should be gone?",
)
def one_for_each_sample(x, model, eps):
    share, slope, way = along_the_path(x, model, eps)
    return share.square() * slope, share.square() * slope * way


@wrong(
    "doubly_reparameterized_gradient",
    "With trainable weights the gradient with respect to mu is right; with a frozen model your function stops, since nothing "
    "there asks for gradients. mu and logvar come out of the encoder with a history only where its weights are trained.",
    "With respect to which two tensors is the gradient wanted, and who tells torch so?",
)
def needs_trainable_weights(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return torch.autograd.grad((log_w.detach().softmax(0).square() * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "The weights are written out to make shares of them. Where log p(x) is below -1,000 all of them are 0 in floating point, "
    "and 0/0 is no number.",
    "The scale of the weights cancels in a share: which scale is safe?",
)
def naive_shares(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    w = log_w.detach().exp()
    return torch.autograd.grad(((w / w.sum(0)).square() * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "Both gradients are right, and on the way the weights of the model were given gradients, too: its next step of training "
    "adds to them.",
    "Into which tensors does a backward write, besides the two that you read?",
)
def gradients_left_on_the_model(x, model, eps):
    mu, logvar = (given.detach().requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    (log_w.detach().softmax(0).square() * log_w).sum().backward()
    return mu.grad, logvar.grad


@wrong(
    "doubly_reparameterized_gradient",
    "Both gradients are right, and the model's weights ask for no gradients any more: after your call it cannot be trained on.",
    "Whose model is it, and does it come back as it was?",
)
def model_frozen(x, model, eps):
    model.requires_grad_(False)
    mu, logvar = (given.requires_grad_() for given in model.encode(x))
    z = mu + std(logvar) * eps
    log_w = model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())
    return torch.autograd.grad((log_w.detach().softmax(0).square() * log_w).sum(), (mu, logvar))


@wrong(
    "doubly_reparameterized_gradient",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(x, model, eps):
    share, slope, way = along_the_path(x, model, torch.randn_like(eps))
    return (share.square() * slope).sum(0), (share.square() * slope * way).sum(0)


# --- bound_is_sound ---


def _drawn(K=11, B=5, spread=2.0, far=0.0):
    return far + spread * torch.randn(K, B)


def _bound_of_images(log_w):
    return torch.logsumexp(log_w, 0) - math.log(len(log_w))


def _truth(log_w):
    return float(_bound_of_images(log_w).mean())


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
    "Your test asks for the report and refuses every program of the first part, the sound ones, too. What it compares the "
    "report with is not the right number: it may have another sign, add over the images, divide by another number, have an "
    "axis, belong to other weights, or be lost itself far from 0.",
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
    "Your test asks for both numbers and refuses every program of the first part, the sound ones, too. One of the numbers that "
    "you expect is not the right one: it may have another sign, add over the images where an average is asked for, divide by "
    "another number, take the shares along the other axis, belong to other weights, or be lost itself far from 0.",
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


def _expects(program, reports, slopes=None, far=-9.0):
    """Both numbers are asked for, and compared with those that `reports` and `slopes` make of the log-weights."""
    log_w = _drawn(far=far)
    slope, report = _slope(program, log_w), float(program.bound(log_w))
    expected = -log_w.softmax(0) / log_w.shape[1] if slopes is None else slopes(log_w)
    return abs(report - float(reports(log_w).mean())) < 1e-3 and torch.allclose(slope, expected, atol=1e-4)


def _expects_first(program, reports, slopes=None, far=FAR, loss=True):
    """The report is asked for first, and the loss only where the report is as expected; or not at all."""
    for log_w in (_drawn(far=place) for place in far):
        if not math.isclose(float(program.bound(log_w)), float(reports(log_w).mean()), rel_tol=1e-5, abs_tol=1e-3):
            return False
        expected = -log_w.softmax(0) / log_w.shape[1] if slopes is None else slopes(log_w)
        if loss and not torch.allclose(_slope(program, log_w), expected, atol=1e-4):
            return False
    return True


def _sum(log_w):
    return log_w.logsumexp(0)


def _other_axis(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])


def _logs(log_w):
    return log_w


def _equal_slopes(log_w):
    return torch.full_like(log_w, -1 / log_w.numel())


@wrong(
    "bound_is_sound",
    "The only program of the first part that you accept forgets log K: the number that you compare its report with forgets "
    "it, too.",
    "What should the report be when all K weights are equal, and what does your own number say then?",
)
def expects_a_sum(program):
    return _expects_first(program, _sum)


@wrong(
    "bound_is_sound",
    "You ask every program for both numbers, and the only one of the first part that you accept forgets log K: so does the "
    "number that you compare its report with.",
    "What should the report be when all K weights are equal, and what does your own number say then?",
)
def expects_a_sum_beside_the_slope(program):
    return _expects(program, _sum)


@wrong(
    "bound_is_sound",
    "You ask for the report alone, and the only program of the first part that you accept forgets log K: so does the number "
    "that you compare its report with.",
    "What should the report be when all K weights are equal, and what does your own number say then?",
)
def expects_a_sum_alone(program):
    return _expects_first(program, _sum, loss=False)


@wrong(
    "bound_is_sound",
    "The only program of the first part that you accept takes the mean of the logs, which is the ELBO: so do the numbers that "
    "you compare it with.",
    "For the log-weights -2, -4, -3, is your own number -3 or -2.6910?",
)
def expects_the_elbo(program):
    return _expects_first(program, _logs, _equal_slopes)


@wrong(
    "bound_is_sound",
    "You ask every program for both numbers, and the only one of the first part that you accept takes the mean of the logs, "
    "which is the ELBO: so do the numbers that you compare it with.",
    "For the log-weights -2, -4, -3, is your own number -3 or -2.6910?",
)
def expects_the_elbo_beside_its_slope(program):
    return _expects(program, _logs, _equal_slopes)


@wrong(
    "bound_is_sound",
    "You ask for the report alone, and the only program of the first part that you accept takes the mean of the logs, which is "
    "the ELBO: so does the number that you compare its report with.",
    "For the log-weights -2, -4, -3, is your own number -3 or -2.6910?",
)
def expects_the_elbo_alone(program):
    return _expects_first(program, _logs, loss=False)


@wrong(
    "bound_is_sound",
    "Your test refuses every program of the first part, the sound ones, too, and only the one that takes the mean of the logs "
    "is asked for its loss: its report is the one that you expect, and that is the ELBO.",
    "For the log-weights -2, -4, -3, is your own number -3 or -2.6910?",
)
def expects_the_elbo_and_shares(program):
    return _expects_first(program, _logs)


@wrong(
    "bound_is_sound",
    "The only program of the first part that you accept averages its weights over the images: the number that you compare its "
    "report with does so, too.",
    "Which axis holds the samples, and along which one do you take the mean of the weights?",
)
def expects_the_other_axis(program):
    return _expects_first(program, _other_axis)


@wrong(
    "bound_is_sound",
    "You ask every program for both numbers, and the only one of the first part that you accept averages its weights over the "
    "images: so does the number that you compare its report with.",
    "Which axis holds the samples, and along which one do you take the mean of the weights?",
)
def expects_the_other_axis_beside_the_slope(program):
    return _expects(program, _other_axis)


@wrong(
    "bound_is_sound",
    "You ask for the report alone, and the only program of the first part that you accept averages its weights over the "
    "images: so does the number that you compare its report with.",
    "Which axis holds the samples, and along which one do you take the mean of the weights?",
)
def expects_the_other_axis_alone(program):
    return _expects_first(program, _other_axis, loss=False)


@wrong(
    "bound_is_sound",
    "Your test refuses every program of the first part, the sound ones, too. The sound ones alone are asked for their loss: "
    "their reports pass at first, and then something that you expect is not right. It may be the slope, with another sign, "
    "added over the images, or with shares along the other axis; or a number of yours that is lost far from 0.",
    "Print both numbers of a sound program, each beside the one that you compare it with: which pair disagrees, and where?",
)
def expects_shares_over_images(program):
    return _expects_first(program, _bound_of_images, lambda log_w: -log_w.softmax(1) / log_w.shape[1])


@wrong("bound_is_sound", alias_of="expects_shares_over_images")
def expects_another_slope(program):
    return _expects_first(program, _bound_of_images, lambda log_w: -log_w.softmax(0))


@wrong("bound_is_sound", alias_of="expects_shares_over_images")
def expects_a_number_that_is_lost_later(program):
    return _expects_first(program, lambda log_w: log_w.exp().mean(0).log())


@wrong(
    "bound_is_sound",
    "Your test asks for the loss and refuses every program of the first part, the sound ones, too. The slope that you compare "
    "it with is not the right one: it may have another sign, add over the images where an average is asked for, take the shares "
    "along the other axis, or belong to other weights.",
    "Print the slope of a sound program beside the one that you expect: what lies between the two?",
)
def expects_another_slope_first(program):
    log_w = _drawn()
    return torch.allclose(_slope(program, log_w), -log_w.softmax(0), atol=1e-5) and _report_agrees(program, log_w)


@wrong("bound_is_sound", alias_of="expects_the_slope_of_a_sum")
def expects_a_number_that_is_lost(program):
    return _expects(program, lambda log_w: log_w.exp().mean(0).log(), far=-900.0)


@wrong("bound_is_sound", alias_of="expects_the_slope_of_a_sum")
def expects_log_of_the_images(program):
    return _expects(program, lambda log_w: log_w.logsumexp(0) - math.log(log_w.shape[1]))


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
    "One wrong loss gets past your test: it writes its weights out. That goes well as long as the precision that you work in "
    "can hold them, and your log-weights never went so far from 0 that it could not. Those of pictures do, in single precision.",
    "How large is the log-likelihood of a picture of 784 pixels, and what is its exp in single precision?",
)
def never_far_from_zero(program):
    return _agrees(program, *(_drawn() for _ in range(3)))


@wrong("bound_is_sound", alias_of="never_far_from_zero")
def not_far_enough(program):
    return _agrees(program, _drawn(), _drawn(far=-60.0))


@wrong("bound_is_sound", alias_of="never_far_from_zero")
def not_far_enough_in_double(program):
    log_w = _drawn(far=-600.0).double()
    return _agrees(program, log_w, _drawn().double())


@wrong(
    "bound_is_sound",
    "One wrong loss gets past your test though it gave you numbers that are not finite: it writes its weights out, and so far "
    "from 0 a computer rounds them to 0 or infinity. Its slopes are NaN there, and your test lets NaN pass: every comparison "
    "with NaN is false, `>` as well as `<`.",
    "What does your condition say of NaN: that it is too far off, or that it is not?",
)
def nan_is_not_too_large(program):
    for far in (0.0, -900.0):
        log_w = _drawn(far=far)
        slope = _slope(program, log_w)
        if abs(float(program.bound(log_w)) - _truth(log_w)) > 1e-3:
            return False
        if (slope + torch.softmax(log_w, 0) / 5).abs().max() > 1e-3:
            return False
    return True


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
