"""Wrong answers to stage 04, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from vae_course.checks.bank import wrong


def std(logvar):
    return torch.exp(0.5 * logvar)


def sample(mu, logvar, eps):
    return mu + std(logvar) * eps


def noise(mu, K, generator, *shape):
    return torch.randn(*(shape or (K, *mu.shape)), generator=generator, dtype=mu.dtype)


def slope(f, z):
    """The slope of f at each sample, as z."""
    z = z.detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0]


def along_the_path(f, mu, logvar, eps):
    """For each sample: the slope of f, and half the way from the mean. (K, B, Z) each."""
    return slope(f, sample(mu, logvar, eps)), 0.5 * std(logvar) * eps


def differentiate(average, mu, logvar):
    """Gradients of what `average(mu, logvar)` gives, summed over rows."""
    mu, logvar = mu.detach().requires_grad_(), logvar.detach().requires_grad_()
    return torch.autograd.grad(average(mu, logvar).sum(), (mu, logvar))


def values(f, mu, logvar, eps, baseline=0.0):
    """f less the baseline at each sample, (K, B, 1), and the gradients of log q there, (K, B, Z) each."""
    z = sample(mu, logvar, eps).detach()
    return (f(z) - baseline)[..., None], eps / std(logvar), 0.5 * (eps**2 - 1)


def density(z, mu, logvar):
    return Normal(mu, std(logvar)).log_prob(z).sum(-1)


def prior(z):
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def price(mu, logvar):
    return kl_divergence(Normal(mu, std(logvar)), Normal(0.0, 1.0)).sum(-1)


def three_terms(x, model, eps):
    """log p(x|z), log p(z) and log q(z|x), (K, B) each."""
    mu, logvar = model.encode(x)
    z = sample(mu, logvar, eps)
    return model.log_likelihood(x, z), prior(z), density(z, mu, logvar)


def two_terms(x, model, eps):
    """log p(x|z), (K, B), and the KL to the prior, (B,)."""
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, sample(mu, logvar, eps)), price(mu, logvar)


# --- reparameterize ---


@wrong(
    "reparameterize",
    "Your noise is multiplied by exp(logvar), which is the variance. As samples they would have the variance sigma^4.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def variance_as_scale(mu, logvar, eps):
    return mu + torch.exp(logvar) * eps


@wrong("reparameterize", alias_of="variance_as_scale")
def sigma_squared(mu, logvar, eps):
    sigma = torch.exp(0.5 * logvar)
    return mu + sigma**2 * eps


@wrong(
    "reparameterize",
    "Your noise is multiplied by half the variance: the half stands outside the exponential, where it halves the "
    "result and not the logarithm.",
    "For a variance of 16 sigma is 4; what does your scale give?",
)
def half_outside(mu, logvar, eps):
    return mu + 0.5 * torch.exp(logvar) * eps


@wrong(
    "reparameterize",
    "Your noise is multiplied by logvar as it came, a logarithm. Where the variance is below 1 it even turns the noise "
    "round.",
    "Which two steps lead from log sigma^2 to sigma?",
)
def logvar_as_scale(mu, logvar, eps):
    return mu + logvar * eps


@wrong(
    "reparameterize",
    "Your noise is multiplied by log sigma: halved as it should be, and still a logarithm.",
    "What has to happen to log sigma before it is sigma?",
)
def log_sigma_as_scale(mu, logvar, eps):
    return mu + 0.5 * logvar * eps


@wrong(
    "reparameterize",
    "Your noise is multiplied by the root of sigma: the logarithm was halved twice.",
    "How often is the log of sigma^2 halved on the way to sigma?",
)
def halved_twice(mu, logvar, eps):
    return mu + torch.sqrt(std(logvar)) * eps


@wrong(
    "reparameterize",
    "What you return is (mu + eps) times sigma: the mean is stretched along with the noise, so samples gather around "
    "mu times sigma.",
    "Which of the two, mean or noise, has to become sigma times as large?",
)
def mean_scaled_too(mu, logvar, eps):
    return (mu + eps) * std(logvar)


@wrong(
    "reparameterize",
    "What you return is mu minus sigma times eps. As a distribution that is right, since noise is as often below 0 as "
    "above; but this eps has a z of its own, and you give the one on the other side of mu.",
    "When eps is positive, on which side of its mean should z be?",
)
def other_side(mu, logvar, eps):
    return mu - std(logvar) * eps


@wrong(
    "reparameterize",
    "Your scale is softplus(logvar). It is positive, and another way to make a sigma; but then the network's number "
    "is not the log of sigma^2, as it is in this course.",
    "Does your scale give 2 for logvar = log 4?",
)
def softplus_scale(mu, logvar, eps):
    return mu + torch.nn.functional.softplus(logvar) * eps


@wrong(
    "reparameterize",
    "What you return is mu + eps: logvar is not used, so every q is given the standard deviation 1.",
    "How far does a draw from a narrow q lie from its mean, and how far from a broad one?",
)
def scale_forgotten(mu, logvar, eps):
    return mu + eps + 0 * logvar


@wrong(
    "reparameterize",
    "What you return is mu itself. That is the mean of q and not a draw from it; a bound that is scored there can "
    "exceed the evidence.",
    "What should happen to z when eps changes?",
)
def noise_forgotten(mu, logvar, eps):
    return mu + 0 * logvar * eps


@wrong(
    "reparameterize",
    "You draw noise of your own and leave eps alone. The samples are right ones, but nobody can repeat them, and "
    "eps was given to decide them.",
    "Which lines of your function would give the same z if they ran again?",
)
def own_noise(mu, logvar, eps):
    return mu + std(logvar) * torch.randn_like(eps)


@wrong(
    "reparameterize",
    "Your z is moved by sigma times the square of eps: it can only go up, and the mean of q is no longer its middle.",
    "How should z move when the sign of eps turns?",
)
def squared_noise(mu, logvar, eps):
    return mu + std(logvar) * eps**2


@wrong(
    "reparameterize",
    "Your z is moved by sigma times the size of eps: without its sign z never falls below mu.",
    "What does eps = -1 mean for z?",
)
def noise_without_sign(mu, logvar, eps):
    return mu + std(logvar) * eps.abs()


@wrong(
    "reparameterize",
    "All rows get the noise of row 0: a batch then holds one draw of noise, and not one for each data point.",
    "How many numbers of eps reach your answer, and how many were given?",
)
def noise_of_row_0(mu, logvar, eps):
    return mu + std(logvar) * eps[..., :1, :]


@wrong(
    "reparameterize",
    "All dimensions get the noise of dimension 0: the samples of a row then lie on a line.",
    "How many numbers of eps reach your answer, and how many were given?",
)
def noise_of_dimension_0(mu, logvar, eps):
    return mu + std(logvar) * eps[..., :1]


@wrong(
    "reparameterize",
    "All samples get the noise of the first one: K copies of one draw are not K draws.",
    "Which axes of eps stand in front of the batch, and what became of them?",
)
def noise_of_sample_0(mu, logvar, eps):
    first = eps.reshape(-1, *mu.shape)[:1].reshape(mu.shape)
    return (mu + std(logvar) * first).expand(eps.shape)


@wrong(
    "reparameterize",
    "What you return is sigma times eps, without the mean: every q is moved to 0.",
    "Where should z be when eps is 0?",
)
def mean_forgotten(mu, logvar, eps):
    return std(logvar) * eps + 0 * mu


@wrong(
    "reparameterize",
    "Your noise is divided by sigma: a narrow q gets wide samples, and a wide one narrow samples.",
    "When logvar grows, should z come nearer to mu or go further away?",
)
def divided_by_sigma(mu, logvar, eps):
    return mu + eps / std(logvar)


@wrong(
    "reparameterize",
    "What you return is mu + sigma + eps: sigma moves the sample to one side, and the width stays 1.",
    "What does it take to make noise wider: an addition?",
)
def sigma_added(mu, logvar, eps):
    return mu + std(logvar) + eps


@wrong(
    "reparameterize",
    "Your noise is first brought to mean 0 and deviation 1 over all that was given. Noise is standard normal on "
    "average only, and now every z depends on the noise of all the others.",
    "Which numbers of eps should the entry z[1, 2] depend on?",
)
def noise_standardised(mu, logvar, eps):
    return mu + std(logvar) * (eps - eps.mean()) / eps.std()


@wrong(
    "reparameterize",
    "Your noise is cut off at -1 and 1: about a third of the draws of q lie further out, and you never give one of "
    "them.",
    "What should z be at eps = 2?",
)
def noise_clipped(mu, logvar, eps):
    return mu + std(logvar) * eps.clamp(-1, 1)


@wrong(
    "reparameterize",
    "The first call is right, and it writes z into eps: whoever uses that noise again uses samples in its place.",
    "Which of your operations end in an underscore, and on which tensor do they work?",
)
def overwrites_the_noise(mu, logvar, eps):
    with torch.no_grad():
        eps.mul_(std(logvar)).add_(mu)
    return eps + 0 * mu + 0 * logvar


@wrong(
    "reparameterize",
    "The samples are right, and no gradient reaches mu: the mean was detached, so whatever is computed from z "
    "cannot move it.",
    "If mu grew a little, z would too: where does your code forget that?",
)
def mean_detached(mu, logvar, eps):
    return mu.detach() + std(logvar) * eps


@wrong(
    "reparameterize",
    "The samples are right, and no gradient reaches logvar: sigma was detached. In a VAE the prior alone would then "
    "decide how wide q is, and make it as wide as itself.",
    "If logvar grew a little, z would go further from mu: where does your code forget that?",
)
def sigma_detached(mu, logvar, eps):
    return mu + std(logvar).detach() * eps


@wrong("reparameterize", alias_of="sigma_detached")
def sigma_as_data(mu, logvar, eps):
    return mu + torch.exp(0.5 * logvar.data) * eps


@wrong("reparameterize", alias_of="sigma_detached")
def step_detached(mu, logvar, eps):
    return mu + (std(logvar) * eps).detach()


@wrong(
    "reparameterize",
    "The samples are right, and no gradient comes back through them: z has forgotten mu and logvar. An encoder behind "
    "it would hear from the KL alone.",
    "Which call turns a tensor with a history into one without?",
)
def cut_off(mu, logvar, eps):
    return sample(mu, logvar, eps).detach()


@wrong("reparameterize", alias_of="cut_off")
def without_gradients(mu, logvar, eps):
    with torch.no_grad():
        return mu + torch.exp(0.5 * logvar) * eps


@wrong("reparameterize", alias_of="cut_off")
def through_numpy(mu, logvar, eps):
    z = mu.detach().numpy() + std(logvar).detach().numpy() * eps.numpy()
    return torch.from_numpy(z)


@wrong("reparameterize", alias_of="cut_off")
def a_new_leaf(mu, logvar, eps):
    return sample(mu, logvar, eps).detach().requires_grad_()


@wrong("reparameterize", alias_of="cut_off")
def through_plain_numbers(mu, logvar, eps):
    return torch.tensor(sample(mu, logvar, eps).tolist(), dtype=eps.dtype)


# --- sample_posterior ---


@wrong(
    "sample_posterior",
    "The samples are right, and they have forgotten where they come from: no gradient reaches mu or logvar. Drawing "
    "from a distribution gives numbers; you need numbers that say how they would have moved.",
    "Which part of a sample is pure chance, and which part could be written as a formula in mu and logvar?",
)
def drawn_and_cut(mu, logvar, K, generator=None):
    return Normal(mu, std(logvar)).sample((K,))


@wrong("sample_posterior", alias_of="drawn_and_cut")
def torch_normal(mu, logvar, K, generator=None):
    wide = mu.detach().expand(K, *mu.shape)
    return torch.normal(wide, std(logvar).detach().expand_as(wide), generator=generator)


@wrong("sample_posterior", alias_of="drawn_and_cut")
def without_gradients(mu, logvar, K, generator=None):
    with torch.no_grad():
        return sample(mu, logvar, noise(mu, K, generator))


@wrong("sample_posterior", alias_of="drawn_and_cut")
def through_numpy(mu, logvar, K, generator=None):
    import numpy as np

    eps = noise(mu, K, generator).numpy()
    return torch.from_numpy(mu.detach().numpy() + np.exp(0.5 * logvar.detach().numpy()) * eps)


@wrong("sample_posterior", alias_of="drawn_and_cut")
def a_new_leaf(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator)).detach().requires_grad_()


@wrong(
    "sample_posterior",
    "The samples are right, and no gradient reaches mu: the mean was detached before the noise was added.",
    "If mu grew a little, all samples of its row would too: where does your code forget that?",
)
def mean_detached(mu, logvar, K, generator=None):
    return sample(mu.detach(), logvar, noise(mu, K, generator))


@wrong(
    "sample_posterior",
    "The samples are right, and no gradient reaches logvar: sigma was detached before it met the noise.",
    "If logvar grew a little, every sample would go further from mu: where does your code forget that?",
)
def sigma_detached(mu, logvar, K, generator=None):
    return sample(mu, logvar.detach(), noise(mu, K, generator))


@wrong(
    "sample_posterior",
    "All rows share their noise: for each sample one vector was drawn, and a batch of B gets no more chance than "
    "one row.",
    "How many standard-normal numbers do K samples of B rows with Z dimensions need?",
)
def rows_share(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, K, 1, mu.shape[-1]))


@wrong(
    "sample_posterior",
    "All dimensions of a sample share one number: the samples of a row lie on a line, and a diagonal Gaussian fills "
    "the space.",
    "How many standard-normal numbers do K samples of B rows with Z dimensions need?",
)
def dimensions_share(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, K, len(mu), 1))


@wrong(
    "sample_posterior",
    "The K samples of a row are K copies of one: noise was drawn once, in the shape of mu, and repeated.",
    "Which shape do your random numbers have before they meet mu?",
)
def samples_share(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, *mu.shape).expand(K, *mu.shape))


@wrong("sample_posterior", alias_of="samples_share")
def stacked_copies(mu, logvar, K, generator=None):
    return torch.stack([sample(mu, logvar, torch.randn_like(mu))] * K)


@wrong(
    "sample_posterior",
    "One vector of noise, as long as a row, serves all samples and all rows.",
    "How many standard-normal numbers do K samples of B rows with Z dimensions need?",
)
def one_vector(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, 1, 1, mu.shape[-1]).expand(K, *mu.shape))


@wrong(
    "sample_posterior",
    "One number a sample serves all its rows and dimensions: the noise has K values, and K times B times Z are needed.",
    "What would the samples of two rows tell about each other?",
)
def one_number_a_sample(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, K, 1, 1))


@wrong(
    "sample_posterior",
    "A single random number serves the whole call.",
    "How many standard-normal numbers do K samples of B rows with Z dimensions need?",
)
def one_number(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator, 1)).expand(K, *mu.shape)


@wrong(
    "sample_posterior",
    "Your noise is uniform between 0 and 1: it never goes below mu, and all samples stay within one sigma above it.",
    "Which distribution has mean 0, variance 1, and the shape of a bell?",
)
def uniform_noise(mu, logvar, K, generator=None):
    return sample(mu, logvar, torch.rand(K, *mu.shape, generator=generator, dtype=mu.dtype))


@wrong(
    "sample_posterior",
    "Your noise is uniform, centred and stretched to variance 1: mean and variance are right, and no sample ever lies "
    "further than 1.73 sigma from mu.",
    "How often does a Gaussian go beyond two sigma?",
)
def uniform_noise_of_variance_one(mu, logvar, K, generator=None):
    eps = torch.rand(K, *mu.shape, generator=generator, dtype=mu.dtype) - 0.5
    return sample(mu, logvar, math.sqrt(12) * eps)


@wrong(
    "sample_posterior",
    "Every call gives the same noise, from one seed or drawn once for all, and training on it learns those few numbers by heart.",
    "Where should a seed be set: inside this function, or once, before everything?",
)
def frozen_seed(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, torch.Generator().manual_seed(0)))


@wrong("sample_posterior", alias_of="frozen_seed")
def seed_set_inside(mu, logvar, K, generator=None):
    torch.manual_seed(42)
    return sample(mu, logvar, noise(mu, K, None))


@wrong("sample_posterior", alias_of="frozen_seed")
def noise_kept(mu, logvar, K, generator=None, kept={}):
    shape = (K, *mu.shape)
    if shape not in kept:
        kept[shape] = noise(mu, K, generator)
    return sample(mu, logvar, kept[shape])


@wrong(
    "sample_posterior",
    "With a generator the draws are fresh; without one you make your own from a fixed seed, and every such call "
    "gives the same samples.",
    "What does torch do by itself when it is given no generator?",
)
def frozen_without_a_generator(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator or torch.Generator().manual_seed(0)))


@wrong(
    "sample_posterior",
    "Every sample is the mean itself: the noise is missing. A bound that is scored at the mean can exceed the "
    "evidence, and no bound may.",
    "How far from mu does a draw of q usually lie?",
)
def noise_forgotten(mu, logvar, K, generator=None):
    return (mu + 0 * logvar).expand(K, *mu.shape)


@wrong(
    "sample_posterior",
    "The samples gather around mu times sigma: the noise was added before the stretching, so the mean is stretched "
    "too.",
    "Which of the two, mean or noise, has to become sigma times as large?",
)
def mean_scaled_too(mu, logvar, K, generator=None):
    return (mu + noise(mu, K, generator)) * std(logvar)


@wrong(
    "sample_posterior",
    "The samples have variance sigma^4: the noise is multiplied by the variance, where a standard deviation belongs.",
    "If a standard normal number is multiplied by c, what is its variance then?",
)
def variance_as_scale(mu, logvar, K, generator=None):
    return mu + torch.exp(logvar) * noise(mu, K, generator)


@wrong("sample_posterior", alias_of="variance_as_scale")
def normal_with_a_variance(mu, logvar, K, generator=None):
    return Normal(mu, torch.exp(logvar)).rsample((K,))


@wrong(
    "sample_posterior",
    "The noise is multiplied by half the variance: the half stands outside the exponential.",
    "For a variance of 16 sigma is 4; what does your scale give?",
)
def half_outside(mu, logvar, K, generator=None):
    return mu + 0.5 * torch.exp(logvar) * noise(mu, K, generator)


@wrong(
    "sample_posterior",
    "The noise is multiplied by logvar, a logarithm.",
    "Which two steps lead from log sigma^2 to sigma?",
)
def logvar_as_scale(mu, logvar, K, generator=None):
    return mu + logvar * noise(mu, K, generator)


@wrong(
    "sample_posterior",
    "All samples have variance 1: logvar is not used.",
    "How far does a draw from a narrow q lie from its mean, and how far from a broad one?",
)
def scale_forgotten(mu, logvar, K, generator=None):
    return mu + noise(mu, K, generator) + 0 * logvar


@wrong(
    "sample_posterior",
    "Your noise is a tenth of what it should be, so the samples keep to a narrower Gaussian than the q whose KL is "
    "paid.",
    "What is the variance of the number that you multiply with sigma?",
)
def small_noise(mu, logvar, K, generator=None):
    return sample(mu, logvar, 0.1 * noise(mu, K, generator))


@wrong(
    "sample_posterior",
    "The noise has lost its sign: no sample lies below its mean.",
    "How often should a sample be below mu?",
)
def noise_without_sign(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator).abs())


@wrong(
    "sample_posterior",
    "Every second sample is the mirror image of the one before. That is a known way to lower the variance of an "
    "average, but these are not K independent draws.",
    "If you know the first sample, what do you know of the second?",
)
def mirrored_pairs(mu, logvar, K, generator=None):
    eps = noise(mu, K, generator, (K + 1) // 2, *mu.shape)
    return sample(mu, logvar, torch.stack([eps, -eps], dim=1).flatten(0, 1)[:K])


@wrong(
    "sample_posterior",
    "Your samples stand on the second axis, as (B, K, Z). In this course the samples come first, so that (B, Z) "
    "broadcasts against them.",
    "With which axis should torch line up mu, and where does broadcasting add new axes?",
)
def samples_on_the_second_axis(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator)).transpose(0, 1)


@wrong(
    "sample_posterior",
    "You return one sample a row, and K is not used.",
    "How many numbers should come out for K = 11?",
)
def one_sample(mu, logvar, K, generator=None):
    return sample(mu, logvar, torch.randn_like(mu))


@wrong(
    "sample_posterior",
    "You return the average of the K samples, which is near mu and varies less than q; the samples themselves were "
    "asked for.",
    "What is the variance of an average of K draws?",
)
def averaged(mu, logvar, K, generator=None):
    return sample(mu, logvar, noise(mu, K, generator)).mean(0, keepdim=True)


# --- pathwise_gradient ---


@wrong(
    "pathwise_gradient",
    "Your gradients are K times too large: you add over the samples, and an average was asked for.",
    "What should happen to your answer when every sample is taken twice?",
)
def summed_over_samples(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s.sum(0), (s * way).sum(0)


@wrong(
    "pathwise_gradient",
    "Your gradients are B times too small: f was averaged over the rows as well, and each row has an E[f(z)] of its "
    "own.",
    "Should the gradient of row 0 depend on how many other rows there are?",
)
def averaged_over_rows(f, mu, logvar, eps):
    return differentiate(lambda m, s: f(sample(m, s, eps)).mean(), mu, logvar)


@wrong(
    "pathwise_gradient",
    "Your d_logvar is twice what it should be: it is the gradient with respect to log sigma. logvar is the log of "
    "sigma^2, so half as much happens.",
    "If logvar grows by 0.02, by how much does log sigma grow?",
)
def by_log_sigma(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * 2 * way).mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar is the gradient with respect to sigma: the step from logvar to sigma is missing in the chain.",
    "When logvar changes, by how much does sigma change?",
)
def by_sigma(f, mu, logvar, eps):
    s, _ = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * eps).mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar is the gradient with respect to the variance, sigma^2, and not to its logarithm.",
    "When logvar changes, by how much does sigma^2 change?",
)
def by_variance(f, mu, logvar, eps):
    s, _ = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * 0.5 * eps / std(logvar)).mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar is the slope of f times half of eps: the half is there, and sigma is lost.",
    "What is the derivative of exp(s / 2), and what of it did you keep?",
)
def sigma_lost(f, mu, logvar, eps):
    s, _ = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * 0.5 * eps).mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar holds sigma^2 where sigma belongs.",
    "By how much does z move when sigma grows a little, and by how much does sigma grow when logvar does?",
)
def variance_in_the_chain(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * way * std(logvar)).mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar leaves eps out: a wider q would then push every sample up, and in truth it pushes each away from "
    "mu.",
    "When sigma grows, which samples go up and which go down?",
)
def noise_lost(f, mu, logvar, eps):
    s, _ = along_the_path(f, mu, logvar, eps)
    return s.mean(0), (s * 0.5 * std(logvar)).mean(0)


@wrong(
    "pathwise_gradient",
    "Your gradients have the opposite sign: they point downhill, as a loss has it, and the gradient of E[f(z)] points "
    "uphill.",
    "If f grows with z, should d_mu be above 0 or below?",
)
def downhill(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return -s.mean(0), -(s * way).mean(0)


@wrong(
    "pathwise_gradient",
    "You take the slope of f at mu, once, and not at the samples: for a curved f the average slope is another number.",
    "At which points does E[f(z)] look at f?",
)
def slope_at_the_mean(f, mu, logvar, eps):
    s, way = slope(f, mu), 0.5 * std(logvar) * eps
    return s, (s * way).mean(0)


@wrong(
    "pathwise_gradient",
    "f is taken of the average sample; asked for was the average of f. The two differ for every f that is not a plane.",
    "Which comes first in E[f(z)]: f, or the average?",
)
def f_of_the_average(f, mu, logvar, eps):
    return differentiate(lambda m, s: f(sample(m, s, eps).mean(0)), mu, logvar)


@wrong(
    "pathwise_gradient",
    "The two gradients stand in the wrong order: yours come as (d_logvar, d_mu).",
    "In which order were the arguments given?",
)
def exchanged(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return (s * way).mean(0), s.mean(0)


@wrong(
    "pathwise_gradient",
    "Your d_logvar is 0: sigma was cut from the graph, so the samples no longer know that they depend on logvar.",
    "Which of your tensors should have been the function of logvar?",
)
def sigma_detached(f, mu, logvar, eps):
    s, _ = along_the_path(f, mu, logvar, eps)
    return s.mean(0), torch.zeros_like(logvar)


@wrong(
    "pathwise_gradient",
    "Your d_mu is multiplied by sigma. When mu moves, every sample moves by exactly as much, in a narrow q as in a "
    "wide one.",
    "What is the derivative of z with respect to mu when eps is held?",
)
def mean_moves_by_sigma(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return (s * std(logvar)).mean(0), (s * way).mean(0)


@wrong(
    "pathwise_gradient",
    "Your samples were made with the variance in place of sigma, so f is looked at in the wrong places.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def variance_as_scale(f, mu, logvar, eps):
    return differentiate(lambda m, s: f(m + torch.exp(s) * eps).mean(0), mu, logvar)


@wrong(
    "pathwise_gradient",
    "Your samples are (mu + eps) times sigma: the mean is stretched along with the noise, and d_mu with it.",
    "Which of the two, mean or noise, has to become sigma times as large?",
)
def mean_scaled_too(f, mu, logvar, eps):
    return differentiate(lambda m, s: f((m + eps) * std(s)).mean(0), mu, logvar)


@wrong(
    "pathwise_gradient",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, torch.randn_like(eps))
    return s.mean(0), (s * way).mean(0)


@wrong(
    "pathwise_gradient",
    "This is the score-function estimator: it moves the weights and needs only values of f. Right on average, and not "
    "what these samples give when they are moved.",
    "Where in your answer is the slope of f?",
)
def score_instead(f, mu, logvar, eps):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "pathwise_gradient",
    "Only the first sample is used, and the others are dropped.",
    "How many samples does your average hold?",
)
def first_sample_only(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps[:1])
    return s.mean(0), (s * way).mean(0)


@wrong(
    "pathwise_gradient",
    "The slope of f and the way from the mean are averaged apart and then multiplied. They belong together, sample by "
    "sample: the average of a product is not the product of averages.",
    "Does a sample above mu have the same slope as one below?",
)
def averaged_apart(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s.mean(0), s.mean(0) * way.mean(0)


@wrong(
    "pathwise_gradient",
    "The first call is right, and it leaves its result in the .grad of your arguments, where the second call adds its "
    "own: the gradient grows with every call.",
    "Whose tensor collects the gradient: one of your own, or the caller's?",
)
def left_in_the_arguments(f, mu, logvar, eps):
    mu.requires_grad_()
    logvar.requires_grad_()
    f(sample(mu, logvar, eps)).mean(0).sum().backward()
    return mu.grad, logvar.grad


@wrong(
    "pathwise_gradient",
    "You add the rows of the batch; each row has its own mu, and so a gradient of its own.",
    "Which axes should be gone from (K, B, Z), and which should stay?",
)
def rows_added(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s.mean(0).sum(0), (s * way).mean(0).sum(0)


@wrong(
    "pathwise_gradient",
    "You return a gradient for every sample; the average over the K samples is still to be taken.",
    "Which axis holds the samples, and what should become of it?",
)
def one_for_each_sample(f, mu, logvar, eps):
    s, way = along_the_path(f, mu, logvar, eps)
    return s, s * way


# --- score_function_gradient ---


@wrong(
    "score_function_gradient",
    "You took the slope of f. A black box has none, and where f has one, this gives the pathwise estimator, which "
    "moves the points; here the points stay and their weights move.",
    "With z held fixed, what still depends on mu?",
)
def path_instead(f, mu, logvar, eps, baseline=0.0):
    return differentiate(lambda m, s: f(sample(m, s, eps)).mean(0), mu, logvar)


@wrong(
    "score_function_gradient",
    "In your log q(z) the sample moves along with mu: then (z - mu) / sigma is eps whatever mu is, and its gradient "
    "is 0. z has to stay where it is while mu moves.",
    "Is your z a number, or still a formula in mu?",
)
def samples_move_too(f, mu, logvar, eps, baseline=0.0):
    def surrogate(m, s):
        z = sample(m, s, eps)
        return ((f(z).detach() - baseline) * density(z, m, s)).mean(0)

    return differentiate(surrogate, mu, logvar)


@wrong(
    "score_function_gradient",
    "For a black box it is right; where f has a slope, the pathwise gradient is added on top, because the z inside "
    "f still moves with mu and logvar. The same gradient is counted twice.",
    "Which of the two factors, f or log q, should be looked at as a plain number?",
)
def path_on_top(f, mu, logvar, eps, baseline=0.0):
    def surrogate(m, s):
        z = sample(m, s, eps)
        return ((f(z).detach() - baseline) * density(z.detach(), m, s) + f(z)).mean(0)

    return differentiate(surrogate, mu, logvar)


@wrong(
    "score_function_gradient",
    "f times log q was differentiated with z inside f still moving: where f has a slope, log q times that slope is "
    "added, which belongs to no gradient here.",
    "Which factor of f times log q should be a plain number?",
)
def product_rule(f, mu, logvar, eps, baseline=0.0):
    def surrogate(m, s):
        z = sample(m, s, eps)
        return ((f(z) - baseline) * density(z.detach(), m, s)).mean(0)

    return differentiate(surrogate, mu, logvar)


@wrong(
    "score_function_gradient",
    "Your d_mu is the average of f times eps: a 1 / sigma is lost. In a narrow q a small step of mu changes log q a "
    "lot.",
    "In which unit is a gradient with respect to mu, and in which is eps?",
)
def sigma_lost(f, mu, logvar, eps, baseline=0.0):
    weight, _, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * eps).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_mu divides eps by sigma^2. That belongs under z - mu, and eps has been divided by sigma once already.",
    "What is z - mu, written with eps?",
)
def divided_by_the_variance(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu / std(logvar)).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_mu is multiplied by sigma where it should be divided: it is f times z - mu, in units of z and not per unit "
    "of z.",
    "If q becomes narrower, does log q at a given eps change faster or slower with mu?",
)
def times_sigma(f, mu, logvar, eps, baseline=0.0):
    weight, _, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * eps * std(logvar)).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar is twice what it should be: it is the gradient with respect to log sigma.",
    "If logvar grows by 0.02, by how much does log sigma grow?",
)
def by_log_sigma(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * 2 * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar lacks its -1: a wider q is also lower at its middle, and the normalising term of log q says so. "
    "Without it even a constant f has a gradient.",
    "Which term of log q holds logvar besides the square?",
)
def normaliser_lost(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, _ = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * 0.5 * eps**2).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar has + 1 where log q gives -1: the normalising term falls when logvar grows.",
    "Does the peak of a Gaussian become higher or lower when it becomes wider?",
)
def normaliser_turned(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, _ = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * 0.5 * (eps**2 + 1)).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar is the gradient with respect to sigma and not to the log of its square.",
    "When logvar changes, by how much does sigma change?",
)
def by_sigma(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * 2 * d_logvar / std(logvar)).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar is the gradient with respect to the variance and not to its logarithm.",
    "When logvar changes, by how much does sigma^2 change?",
)
def by_variance(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * d_logvar / torch.exp(logvar)).mean(0)


@wrong(
    "score_function_gradient",
    "Your d_logvar has eps where its square belongs: log q depends on logvar through the squared distance from the "
    "mean.",
    "Should a sample at eps = -2 speak for a wider q, or against it?",
)
def noise_not_squared(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, _ = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * 0.5 * (eps - 1)).mean(0)


@wrong(
    "score_function_gradient",
    "f does not come into your answer: you return the average gradient of log q itself, which is 0 up to chance.",
    "What makes a good sample count for more than a bad one?",
)
def f_lost(f, mu, logvar, eps, baseline=0.0):
    _, d_mu, d_logvar = values(f, mu, logvar, eps)
    return d_mu.mean(0), d_logvar.mean(0)


@wrong(
    "score_function_gradient",
    "The values of f are added over the rows before they meet the noise: each row is rewarded for what the others did.",
    "Which value of f belongs to the noise of row 2?",
)
def rows_added(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    weight = weight.sum(1, keepdim=True)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "f and the gradient of log q are averaged apart and then multiplied. What counts is which value of f came with "
    "which noise.",
    "How would your answer find out that f is higher where eps is positive?",
)
def averaged_apart(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return weight.mean(0) * d_mu.mean(0), weight.mean(0) * d_logvar.mean(0)


@wrong(
    "score_function_gradient",
    "Your gradients are K times too large: you add over the samples, and an average was asked for.",
    "What should happen to your answer when every sample is taken twice?",
)
def summed_over_samples(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).sum(0), (weight * d_logvar).sum(0)


@wrong(
    "score_function_gradient",
    "Your gradients are B times too small: the rows were averaged as well, and each row has an E[f(z)] of its own.",
    "Should the gradient of row 0 depend on how many other rows there are?",
)
def averaged_over_rows(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0) / len(mu), (weight * d_logvar).mean(0) / len(mu)


@wrong(
    "score_function_gradient",
    "Your d_mu has the opposite sign: either it points downhill, as a loss has it, or log q was differentiated with "
    "respect to z in place of mu.",
    "A sample above mu had a high f: should mu go up or down?",
)
def downhill(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return -(weight * d_mu).mean(0), -(weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "The two gradients stand in the wrong order: yours come as (d_logvar, d_mu).",
    "In which order were the arguments given?",
)
def exchanged(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_logvar).mean(0), (weight * d_mu).mean(0)


@wrong(
    "score_function_gradient",
    "You multiply by the gradient of q and not by that of log q. The samples come from q already, so its density is "
    "counted twice.",
    "What has to be divided out of the gradient of q, so that an average under q is left?",
)
def gradient_of_q(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    q = density(sample(mu, logvar, eps), mu, logvar).exp()[..., None]
    return (weight * q * d_mu).mean(0), (weight * q * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "You take away the average of f over the samples, though no baseline was given. It lowers the variance, and since "
    "each sample is part of that average, it also makes every gradient a little too small.",
    "Which number was given as the baseline in this call?",
)
def baseline_of_its_own(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    weight = weight - weight.mean(0)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "From each f you take away the average over the other samples, though no baseline was given. It is a good "
    "baseline, and it is not the one of this call.",
    "Which number was given as the baseline in this call?",
)
def leave_one_out(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    weight = (weight - weight.mean(0)) * len(eps) / (len(eps) - 1)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "f is first brought to mean 0 and deviation 1 over the samples: then twice the f has the same gradient, and it "
    "should have twice the gradient.",
    "In which unit should d_mu be?",
)
def standardised(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    weight = (weight - weight.mean(0)) / weight.std(0)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "f is taken at the mean, the same value for every sample; then nothing tells a good noise from a bad one.",
    "At which point did the noise of sample 3 put z, and what was f there?",
)
def f_at_the_mean(f, mu, logvar, eps, baseline=0.0):
    _, d_mu, d_logvar = values(f, mu, logvar, eps)
    weight = (f(mu) - baseline)[..., None]
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "f is taken at eps and not at z: the noise is not yet a sample of this q.",
    "What has to happen to eps before f may look at it?",
)
def f_of_the_noise(f, mu, logvar, eps, baseline=0.0):
    _, d_mu, d_logvar = values(f, mu, logvar, eps)
    weight = (f(eps) - baseline)[..., None]
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(f, mu, logvar, eps, baseline=0.0):
    eps = torch.randn_like(eps)
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, baseline)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "The baseline is added to f; it should be what f is compared with.",
    "A sample is as good as the baseline says: what should it contribute?",
)
def baseline_added(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, -baseline)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "The baseline is not used.",
    "When f is 1000 at every sample, what should a baseline of 1000 make of it?",
)
def baseline_ignored(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "The baseline is taken away from the finished gradient. That moves its average; a baseline is taken away from "
    "f, where it changes the noise and not the average.",
    "In which unit is the baseline: that of f, or that of a gradient?",
)
def baseline_off_the_gradient(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, d_logvar = values(f, mu, logvar, eps)
    off = torch.as_tensor(baseline, dtype=mu.dtype).expand(len(mu))[:, None]
    return (weight * d_mu).mean(0) - off, (weight * d_logvar).mean(0) - off


@wrong(
    "score_function_gradient",
    "The baseline is used for d_mu and forgotten for d_logvar.",
    "From which of the two gradients does a constant part of f have to vanish?",
)
def baseline_for_the_mean_only(f, mu, logvar, eps, baseline=0.0):
    weight, d_mu, _ = values(f, mu, logvar, eps, baseline)
    whole, _, d_logvar = values(f, mu, logvar, eps)
    return (weight * d_mu).mean(0), (whole * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "All rows get the average of the baselines; each row was given its own.",
    "Which entry of the baseline belongs to row 2?",
)
def one_baseline_for_all(f, mu, logvar, eps, baseline=0.0):
    shared = torch.as_tensor(baseline, dtype=mu.dtype).mean()
    weight, d_mu, d_logvar = values(f, mu, logvar, eps, shared)
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


@wrong(
    "score_function_gradient",
    "f is divided by the baseline. Then a baseline changes the size of the gradient, and it should change its noise "
    "only.",
    "What is left of f - b, and what of f / b, when f equals b?",
)
def divided_by_the_baseline(f, mu, logvar, eps, baseline=0.0):
    given = torch.as_tensor(baseline, dtype=mu.dtype)
    weight, d_mu, d_logvar = values(f, mu, logvar, eps)
    weight = weight / torch.where(given == 0, 1.0, given).expand(len(mu))[:, None]
    return (weight * d_mu).mean(0), (weight * d_logvar).mean(0)


# --- sgvb_a ---


@wrong(
    "sgvb_a",
    "log q is added where it should be taken away: a q that knows where z is would be paid for knowing.",
    "E_q[log p(x, z)] and the entropy of q: which sign does log q have in an entropy?",
)
def log_q_added(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior + q).mean(0)


@wrong(
    "sgvb_a",
    "The prior is missing: what you average is log p(x|z) - log q(z|x), and nothing pulls the codes to where p(z) "
    "expects them.",
    "log p(x, z) is a sum of two logs: which one have you not got?",
)
def prior_missing(x, model, eps):
    likelihood, _, q = three_terms(x, model, eps)
    return (likelihood - q).mean(0)


@wrong(
    "sgvb_a",
    "log q is missing: what you average is log p(x, z), and that is highest for a q without any width.",
    "The bound is an average of log p(x, z) and something else: what does a wide q get for being wide?",
)
def log_q_missing(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return (likelihood + of_prior).mean(0)


@wrong(
    "sgvb_a",
    "Only the reconstruction is left: neither log p(z) nor log q(z|x) is in your average.",
    "Which two terms make the price of a code?",
)
def reconstruction_only(x, model, eps):
    return three_terms(x, model, eps)[0].mean(0)


@wrong(
    "sgvb_a",
    "The prior is taken away and log q added: the price of the code has the wrong sign.",
    "Should a q that is far from the prior have a higher bound or a lower one?",
)
def price_turned(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood - of_prior + q).mean(0)


@wrong(
    "sgvb_a",
    "What you return is minus the bound, a loss to be minimised; asked for was the bound, which is larger when better.",
    "Is log p(x|z) in your answer with a plus or with a minus?",
)
def as_a_loss(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return -(likelihood + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "Your log q lacks its constant, half of log 2 pi for each dimension, and log p(z) has it: they no longer cancel.",
    "What does a Gaussian's log-density hold besides the square and log sigma?",
)
def constant_of_q_missing(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).mean(0) - 0.5 * math.log(2 * math.pi) * eps.shape[-1]


@wrong(
    "sgvb_a",
    "Your log p(z) lacks its constant, half of log 2 pi for each dimension, and log q has it: they no longer cancel.",
    "What is log p(z) at z = 0?",
)
def constant_of_the_prior_missing(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).mean(0) + 0.5 * math.log(2 * math.pi) * eps.shape[-1]


@wrong(
    "sgvb_a",
    "Your log q is the log-density of eps. z is eps stretched by sigma, and stretching thins a density out: that "
    "term, a log sigma for each dimension, is missing.",
    "For the same eps, is q(z) higher in a narrow q or in a wide one?",
)
def density_of_the_noise(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return (likelihood + of_prior - prior(eps)).mean(0)


@wrong(
    "sgvb_a",
    "Your log q holds a whole logvar for each dimension where log sigma belongs, which is half of it.",
    "What is log sigma, when logvar is the log of sigma^2?",
)
def logvar_for_log_sigma(x, model, eps):
    _, logvar = model.encode(x)
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).mean(0) + 0.5 * logvar.sum(-1)


@wrong(
    "sgvb_a",
    "Your log q has the variance for its sigma, so it is the density of another Gaussian than the one z came from.",
    "Does the scale of a Normal mean sigma, or sigma squared?",
)
def density_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = three_terms(x, model, eps)
    q = Normal(mu, torch.exp(logvar)).log_prob(sample(mu, logvar, eps)).sum(-1)
    return (likelihood + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "z was made with the variance in place of sigma, so it is no sample of q.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def sampled_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar) * eps
    return (model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "sgvb_a",
    "The logarithm is taken after the average: yours is the log of the mean of p(x, z) / q(z|x), a tighter bound, "
    "which comes in a later stage. This one averages the logarithms.",
    "Which comes first here: the log, or the average over samples?",
)
def log_of_the_average(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return torch.logsumexp(likelihood + of_prior - q, 0) - math.log(len(eps))


@wrong(
    "sgvb_a",
    "log q is taken at the mean of q, and the other two terms at the sample.",
    "At which z do all three log-densities have to be taken?",
)
def log_q_at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return (likelihood + of_prior).mean(0) - density(mu, mu, logvar)


@wrong(
    "sgvb_a",
    "log p(x|z) is taken at the mean of q: that is a reconstruction without noise, which is better than what q "
    "deserves.",
    "At which z do all three log-densities have to be taken?",
)
def reconstruction_at_the_mean(x, model, eps):
    mu, _ = model.encode(x)
    _, of_prior, q = three_terms(x, model, eps)
    return model.log_likelihood(x, mu) + (of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "All three terms are taken at the mean of q. Without noise this is not an average under q, and it can exceed "
    "log p(x).",
    "Where in your answer does eps come in?",
)
def all_at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, mu) + prior(mu) - density(mu, mu, logvar)


@wrong(
    "sgvb_a",
    "eps itself is used as z: those are samples of the prior, and the encoder is asked for nothing but log q.",
    "What has to happen to eps before it is a sample of q?",
)
def noise_as_code(x, model, eps):
    mu, logvar = model.encode(x)
    return (model.log_likelihood(x, eps) + prior(eps) - density(eps, mu, logvar)).mean(0)


@wrong(
    "sgvb_a",
    "log p(z) is taken at eps and not at z.",
    "Of which number does the prior give the density?",
)
def prior_of_the_noise(x, model, eps):
    likelihood, _, q = three_terms(x, model, eps)
    return (likelihood + prior(eps) - q).mean(0)


@wrong(
    "sgvb_a",
    "log p(z) and log q(z|x) are averaged over the latent dimensions; independent dimensions add.",
    "Append one more dimension in which q is the prior: what should change?",
)
def averaged_over_dimensions(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + (of_prior - q) / eps.shape[-1]).mean(0)


@wrong(
    "sgvb_a",
    "log p(x|z) is divided by the number of pixels, and the other two terms are whole: the code is then D times as "
    "dear as it should be.",
    "In which unit is each of your three terms: nats, or nats a pixel?",
)
def reconstruction_a_pixel(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood / x.shape[-1] + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "Your value is K times too large: you add over the samples, and an average was asked for.",
    "What should happen to your answer when every sample is taken twice?",
)
def summed_over_samples(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).sum(0)


@wrong(
    "sgvb_a",
    "Every row is given the average over the batch; each data point has a bound of its own.",
    "Which axis holds the samples, and which the data points?",
)
def averaged_over_rows(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).mean().expand(len(x))


@wrong(
    "sgvb_a",
    "This is the other estimator: its KL has the closed form. On average the two agree, but here all three terms "
    "are to be sampled, so that at the posterior the noise cancels.",
    "Which of your terms do not depend on eps?",
)
def closed_form(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl


@wrong(
    "sgvb_a",
    "Only the first sample is used, and the others are dropped.",
    "How many samples does your average hold?",
)
def first_sample_only(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q)[0]


@wrong(
    "sgvb_a",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, torch.randn_like(eps))
    return (likelihood + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "You return a value for every sample; the average over the K samples is still to be taken.",
    "Which axis holds the samples, and what should become of it?",
)
def one_for_each_sample(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return likelihood + of_prior - q


@wrong(
    "sgvb_a",
    "The value is right, and the sample was cut from the graph: the encoder is moved through log q alone, and no "
    "longer hears how well its codes explain x.",
    "Through which of the three terms should mu feel a better reconstruction?",
)
def sample_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = sample(mu, logvar, eps).detach()
    return (model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "sgvb_a",
    "The value is right, and inside log q the encoder's mu and logvar are detached. That drops a part whose average "
    "is 0, and it is a known estimator of its own; it is not the gradient of the value that you return.",
    "In how many ways does log q(z|x) depend on mu, and how many of them are in your graph?",
)
def parameters_of_q_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = sample(mu, logvar, eps)
    return (model.log_likelihood(x, z) + prior(z) - density(z, mu.detach(), logvar.detach())).mean(0)


@wrong(
    "sgvb_a",
    "The value is right, and no gradient reaches the encoder: its two outputs were detached, so it can never learn.",
    "Which weights should training move besides the decoder's?",
)
def encoder_detached(x, model, eps):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    z = sample(mu, logvar, eps)
    return (model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "sgvb_a",
    "The value is right, and no gradient reaches anything in the model: all of it was computed with gradients off.",
    "When is it safe to compute without gradients, and is this such a moment?",
)
def without_gradients(x, model, eps):
    with torch.no_grad():
        likelihood, of_prior, q = three_terms(x, model, eps)
        return (likelihood + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "The value is right, and log p(x|z) was computed with gradients off: the decoder learns nothing, and the "
    "encoder hears from the price of the code alone.",
    "Which of the three terms does the decoder stand in?",
)
def decoder_detached(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood.detach() + of_prior - q).mean(0)


@wrong(
    "sgvb_a",
    "The value is right, and sigma was detached where z was made: how wide q is no longer feels what the noise does to "
    "the reconstruction.",
    "If logvar grew a little, where would the samples go?",
)
def sigma_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = sample(mu, logvar.detach(), eps)
    return (model.log_likelihood(x, z) + prior(z) - density(z, mu, logvar)).mean(0)


# --- sgvb_b ---


@wrong(
    "sgvb_b",
    "The KL is added: the further q is from the prior, the better your bound, and nothing holds the codes together.",
    "Is the KL a price or a reward?",
)
def kl_added(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) + kl


@wrong(
    "sgvb_b",
    "The KL is missing: what you return is the reconstruction alone, and that is no lower bound.",
    "What does q pay for saying anything about x?",
)
def kl_missing(x, model, eps):
    return two_terms(x, model, eps)[0].mean(0)


@wrong(
    "sgvb_b",
    "What you return is minus the bound, a loss to be minimised; asked for was the bound, which is larger when better.",
    "Is log p(x|z) in your answer with a plus or with a minus?",
)
def as_a_loss(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return kl - likelihood.mean(0)


@wrong(
    "sgvb_b",
    "The KL is still sampled, as log q - log p(z) at the same z. On average that is right, but here it should have the "
    "closed form, which no noise can change.",
    "Which of your terms would be the same for every eps, if it had its formula?",
)
def kl_sampled(x, model, eps):
    likelihood, of_prior, q = three_terms(x, model, eps)
    return (likelihood + of_prior - q).mean(0)


@wrong(
    "sgvb_b",
    "Everything is added over the samples: your value is K times too large.",
    "What should happen to your answer when every sample is taken twice?",
)
def summed_over_samples(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return (likelihood - kl).sum(0)


@wrong(
    "sgvb_b",
    "The reconstruction is added over the samples and the KL taken away once: with more samples the KL counts for "
    "less and less.",
    "What should happen to the balance of the two terms when every sample is taken twice?",
)
def reconstruction_summed(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.sum(0) - kl


@wrong(
    "sgvb_b",
    "The KL is taken away once for each of the K samples; it is a number for each row, and no average over samples.",
    "How many samples does the closed form need?",
)
def kl_times_samples(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - len(eps) * kl


@wrong(
    "sgvb_b",
    "The KL is divided by the number of samples: with more samples the code becomes cheaper.",
    "How many samples does the closed form need?",
)
def kl_over_samples(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl / len(eps)


@wrong(
    "sgvb_b",
    "The KL is averaged over the latent dimensions, where it should be added: every dimension pays its own price.",
    "Append one more dimension in which q is the prior: what should change?",
)
def kl_a_dimension(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl / eps.shape[-1]


@wrong(
    "sgvb_b",
    "Every row pays the average KL of the batch; each row has a q, and so a price, of its own.",
    "Which axes does the closed form add over?",
)
def kl_averaged_over_rows(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl.mean()


@wrong(
    "sgvb_b",
    "Every row pays for the whole batch: the KL was added over the rows too.",
    "Which axes does the closed form add over?",
)
def kl_of_the_batch(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl.sum()


@wrong(
    "sgvb_b",
    "Every row is given the average over the batch; each data point has a bound of its own.",
    "Which axis holds the samples, and which the data points?",
)
def averaged_over_rows(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return (likelihood.mean(0) - kl).mean().expand(len(x))


@wrong(
    "sgvb_b",
    "The reconstruction is the log of an average of p(x|z), and the bound holds the average of its logs.",
    "Which comes first here: the log, or the average over samples?",
)
def log_of_the_average(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return torch.logsumexp(likelihood, 0) - math.log(len(eps)) - kl


@wrong(
    "sgvb_b",
    "log p(x|z) is taken at the mean of q: without noise the reconstruction is better than q deserves, and the "
    "result can exceed log p(x).",
    "Where in your answer does eps come in?",
)
def reconstruction_at_the_mean(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, mu) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "eps itself is decoded: those are codes of the prior, and the encoder is asked only for its price.",
    "What has to happen to eps before it is a sample of q?",
)
def noise_as_code(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, eps).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "z was made with the variance in place of sigma, so it is no sample of the q whose KL is paid.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def sampled_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, mu + torch.exp(logvar) * eps).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "Only half of the KL is paid.",
    "How often does the half stand in the formula of the KL?",
)
def half_the_kl(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - 0.5 * kl


@wrong(
    "sgvb_b",
    "Twice the KL is paid: a half is missing in front of it.",
    "What stands in front of mu^2 + sigma^2 - log sigma^2 - 1?",
)
def twice_the_kl(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - 2 * kl


@wrong(
    "sgvb_b",
    "Yours is the KL from the prior to q; the bound has the KL from q to the prior.",
    "Under which of the two distributions is the average in this KL taken?",
)
def kl_turned_round(x, model, eps):
    mu, logvar = model.encode(x)
    reverse = kl_divergence(Normal(0.0, 1.0), Normal(mu, std(logvar))).sum(-1)
    return two_terms(x, model, eps)[0].mean(0) - reverse


@wrong(
    "sgvb_b",
    "Your KL lacks its -1, so each dimension pays half a nat even where q is the prior.",
    "What should the KL be at mu = 0, logvar = 0?",
)
def kl_without_minus_one(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl - 0.5 * eps.shape[-1]


@wrong(
    "sgvb_b",
    "Your KL has the variance for the sigma of q: it is the price of another Gaussian than the one you sample from.",
    "Does the scale of a Normal mean sigma, or sigma squared?",
)
def kl_with_the_variance(x, model, eps):
    mu, logvar = model.encode(x)
    return two_terms(x, model, eps)[0].mean(0) - price(mu, 2 * logvar)


@wrong(
    "sgvb_b",
    "The prior is paid for twice: log p(z) stands beside the KL, which holds it already.",
    "Of which two averages is the KL the difference?",
)
def prior_twice(x, model, eps):
    likelihood, of_prior, _ = three_terms(x, model, eps)
    return (likelihood + of_prior).mean(0) - two_terms(x, model, eps)[1]


@wrong(
    "sgvb_b",
    "log p(x|z) is divided by the number of pixels, and the KL is whole: the code is then D times as dear as it "
    "should be.",
    "In which unit is each of your two terms: nats, or nats a pixel?",
)
def reconstruction_a_pixel(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) / x.shape[-1] - kl


@wrong(
    "sgvb_b",
    "Only the first sample is used, and the others are dropped.",
    "How many samples does your average hold?",
)
def first_sample_only(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood[0] - kl


@wrong(
    "sgvb_b",
    "You draw noise of your own and leave eps alone, so two calls with the same eps disagree.",
    "What was eps given for?",
)
def own_noise(x, model, eps):
    likelihood, kl = two_terms(x, model, torch.randn_like(eps))
    return likelihood.mean(0) - kl


@wrong(
    "sgvb_b",
    "You return a value for every sample; the average over the K samples is still to be taken.",
    "Which axis holds the samples, and what should become of it?",
)
def one_for_each_sample(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood - kl


@wrong(
    "sgvb_b",
    "The value is right, and the sample was cut from the graph: the encoder hears from the KL alone, and the KL "
    "asks it to say nothing. Training like this ends with a KL of 0.",
    "Through which term should mu feel a better reconstruction?",
)
def sample_detached(x, model, eps):
    mu, logvar = model.encode(x)
    z = sample(mu, logvar, eps).detach()
    return model.log_likelihood(x, z).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "The value is right, and the KL was detached: it is subtracted, and no weight of the encoder can feel it.",
    "What holds the codes near the prior during training?",
)
def kl_detached(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0) - kl.detach()


@wrong(
    "sgvb_b",
    "The value is right, and sigma was detached where z was made: only the KL decides how wide q is, and it makes q "
    "as wide as the prior.",
    "If logvar grew a little, where would the samples go?",
)
def sigma_detached(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, sample(mu, logvar.detach(), eps)).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "The value is right, and mu was detached where z was made: the encoder's mean hears from the KL alone.",
    "If mu grew a little, where would the samples go?",
)
def mean_detached(x, model, eps):
    mu, logvar = model.encode(x)
    return model.log_likelihood(x, sample(mu.detach(), logvar, eps)).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "The value is right, and no gradient reaches the encoder: its two outputs were detached, so it can never learn.",
    "Which weights should training move besides the decoder's?",
)
def encoder_detached(x, model, eps):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    return model.log_likelihood(x, sample(mu, logvar, eps)).mean(0) - price(mu, logvar)


@wrong(
    "sgvb_b",
    "The value is right, and no gradient reaches anything in the model: all of it was computed with gradients off.",
    "When is it safe to compute without gradients, and is this such a moment?",
)
def without_gradients(x, model, eps):
    with torch.no_grad():
        likelihood, kl = two_terms(x, model, eps)
        return likelihood.mean(0) - kl


@wrong(
    "sgvb_b",
    "The value is right, and log p(x|z) was computed with gradients off: the decoder learns nothing, and the "
    "encoder hears from the KL alone.",
    "Which of the two terms does the decoder stand in?",
)
def reconstruction_detached(x, model, eps):
    likelihood, kl = two_terms(x, model, eps)
    return likelihood.mean(0).detach() - kl
