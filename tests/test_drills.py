"""Every drill asks for what it answers, names every wrong number that it foresees, and never takes one for another.

Drills and their transfers come from the course's own stages. Their right answers are computed here a second time, from
the numbers in the text alone and by another route, so that neither a wrong formula nor a text with other numbers
passes.
"""

import functools
import importlib
import inspect
import itertools
import math
import random
import re

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch.distributions import Bernoulli, Categorical, Laplace, MixtureSameFamily, Normal, kl_divergence

from vae_course import course
from vae_course.checks import drills
from vae_course.checks.drills import Item, drill
from vae_course.learn.numbers import read_number
from vae_course.course import CourseError

SEEDS = 1000
DRILLS = [(stage, name) for stage in course.STAGES for name in drills.generators(stage)]
TRANSFERS = [(stage, name) for stage in course.STAGES for name in drills.transfers(stage)]

every_transfer = pytest.mark.parametrize(
    ("stage", "name"), TRANSFERS, ids=lambda value: getattr(value, "number", value)
)
every_stage = pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
every_drill = pytest.mark.parametrize(("stage", "name"), DRILLS, ids=lambda value: getattr(value, "number", value))


@functools.cache
def items(stage, name):
    draw = drills.generators(stage)[name]
    return [draw(random.Random(seed)) for seed in range(SEEDS)]


# --- the same answers by another route ---

REACH = np.linspace(-40, 40, 4001)  # in standard deviations, from the mean
WEIGHTS = np.exp(-0.5 * REACH**2) / np.exp(-0.5 * REACH**2).sum()
VARIANCES = np.geomspace(1e-3, 1e3, 200_001)


def wide(*values):
    return [torch.tensor(float(value), dtype=torch.float64) for value in values]


def integrated_square(m, s):
    return WEIGHTS @ (m + s * REACH) ** 2


def area_under_one_over_x(a, b):
    edges = np.linspace(1, np.mean([a, b]), 5001)
    return (np.diff(edges) / (0.5 * (edges[1:] + edges[:-1]))).sum()


def spread_of_averaged_coins(K, s):
    """The standard deviation of the mean of K coins worth s or -s, over all numbers of heads."""
    heads = range(int(K) + 1)
    return math.sqrt(sum(math.comb(int(K), h) * (s * (2 * h - K) / K) ** 2 for h in heads) / 2**K)


def backward(a, c):
    a = torch.tensor(a, dtype=torch.float64, requires_grad=True)
    (a.detach() * a + c * a).backward()
    return a.grad.item()


def share_of_red_balls(p, a0, a1):
    joint = {(urn, red): (p if urn else 1 - p) * (a if red else 1 - a)
             for urn, a in ((0, a0), (1, a1)) for red in (True, False)}
    return joint[1, True] / sum(chance for (_, red), chance in joint.items() if red)


def integrated_log_ratio(mu, logvar):
    sigma = math.sqrt(math.exp(logvar))
    z = mu + sigma * REACH
    return WEIGHTS @ (-math.log(sigma) - 0.5 * REACH**2 + 0.5 * z**2)


def slope_of_the_library(mu, sigma):
    mu, logvar = wide(mu, 2 * math.log(sigma))
    logvar.requires_grad_()
    kl_divergence(Normal(mu, logvar.exp().sqrt()), Normal(*wide(0, 1))).backward()
    return logvar.grad.item()


def looked_up_root(logvar):
    return np.interp(logvar, np.log(VARIANCES), np.sqrt(VARIANCES))


def density_of_one_picture(D, sigma, S):
    """The library's density at a picture of D equal errors whose squares add up to S."""
    errors = torch.full((int(D),), math.sqrt(S / D), dtype=torch.float64)
    return Normal(*wide(0, sigma)).log_prob(errors).sum().item()


def library_bernoulli(l, x):  # noqa: E741
    l, x = wide(l, x)  # noqa: E741
    return Bernoulli(logits=l).log_prob(x).item()


def library_kl(mu_q, v_q, mu_p, v_p):
    mu_q, v_q, mu_p, v_p = wide(mu_q, v_q, mu_p, v_p)
    return kl_divergence(Normal(mu_q, v_q.sqrt()), Normal(mu_p, v_p.sqrt())).item()


@functools.cache
def costs_of_a_unit_error():
    """By how much an error of 1 lowers the library's log-density, for each of VARIANCES."""
    decoder = Normal(0, torch.from_numpy(VARIANCES).sqrt())
    zero, one = wide(0, 1)
    return (decoder.log_prob(zero) - decoder.log_prob(one)).numpy()


def looked_up_variance(c):
    dearest_last = slice(None, None, -1)
    return np.interp(c, costs_of_a_unit_error()[dearest_last], VARIANCES[dearest_last])


def library_categorical(l1, l2, l3, k):
    return Categorical(logits=torch.stack(wide(l1, l2, l3))).log_prob(torch.tensor(int(k) - 1)).item()


def broadcast_cell(t, b1, b2, b3, row, column):
    table = torch.full((3, 3), t) + torch.tensor([b1, b2, b3])
    return float(table[int(row) - 1, int(column) - 1])


def broadcast_size(a, b):
    return (torch.zeros(int(a), 1) + torch.zeros(int(b))).numel()


@functools.cache
def hundred(*shares):
    """A hundred equally likely tickets, each with the number of the share that it belongs to."""
    return np.repeat(np.arange(len(shares)), [round(100 * share) for share in shares])


def tickets_for_red(p, a0, a1):
    """The share of red among all pairs of a ticket for the urn and a ticket for the ball."""
    urn = hundred(1 - p, p)
    return (np.arange(100) < np.array([round(100 * a0), round(100 * a1)])[urn][:, None]).mean()


def tickets_for_a_topic(p1, p2, p3, a1, a2, a3, k):
    topic = hundred(p1, p2, p3)
    word = np.arange(100) < np.array([round(100 * a) for a in (a1, a2, a3)])[topic][:, None]
    return word[topic == k - 1].sum() / word.sum()


def library_joint(p, a):
    one = torch.ones((), dtype=torch.float64)
    return sum(Bernoulli(chance).log_prob(one).item() for chance in wide(p, a))


def density(x, mean, variance):
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def integrated_line(w, s, x):
    return math.log(WEIGHTS @ density(x, w * REACH, s**2))


def integrated_posterior_mean(w, s, x):
    posterior = WEIGHTS * density(x, w * REACH, s**2)
    return posterior @ REACH / posterior.sum()


def library_log_mean(l1, l2, l3):
    return (torch.logsumexp(torch.stack(wide(l1, l2, l3)), 0) - math.log(3)).item()


def trapezoids(j1, j2, j3, j4, j5, h):
    """The area under straight lines between the heights, which start from 0 and return to it."""
    heights = np.array([0, j1, j2, j3, j4, j5, 0])
    return math.log((h * (heights[1:] + heights[:-1]) / 2).sum())


def draws_by_halving(r, d):
    """The number of draws between too few and too many, by halving the interval."""
    spread = math.prod([r] * int(d)) - 1
    few, many = 0.0, 1e7
    for _ in range(80):
        middle = (few + many) / 2
        few, many = (middle, many) if math.sqrt(spread / middle) > 0.1 else (few, middle)
    return few


def library_gap(q, joint):
    q, joint = (torch.tensor(values, dtype=torch.float64) for values in (q, joint))
    return kl_divergence(Categorical(q), Categorical(joint)).item()  # Categorical divides the joint by its sum


def evidence_less_gap(j1, j2, q1):
    return math.log(j1 + j2) - library_gap([q1, 1 - q1], [j1, j2])


def a_model_with_these_pieces(R, KL, gap):
    """The evidence of a model with two states, q = (1/2, 1/2), and a prior and posterior as far from q as is said."""

    def two_states(far_from_q):
        first = (1 - math.sqrt(1 - math.exp(-2 * far_from_q))) / 2
        return np.array([first, 1 - first])

    prior, posterior = two_states(KL), two_states(gap)
    shape = posterior / prior  # of the likelihood, up to a factor
    likelihood = shape * math.exp(R - np.log(shape).mean())
    return math.log(prior @ likelihood)


def jensen_as_a_divergence(w1, w2):
    return library_gap([0.5, 0.5], [w1, w2])


def chain_as_a_divergence(w1, w2, q1):
    return library_gap([q1, 1 - q1], [q1 * w1, (1 - q1) * w2])


def integrated_gap(x, mu, v):
    """log p(x) less the ELBO on the Line, both by integrals over z."""
    z = mu + math.sqrt(v) * REACH
    log_weight = -0.5 * math.log(math.pi) - (x - z) ** 2 - 0.5 * z**2 + 0.5 * math.log(v) + 0.5 * REACH**2
    return integrated_line(1, math.sqrt(0.5), x) - WEIGHTS @ log_weight


def integrated_prior_elbo(v, x):
    return WEIGHTS @ (-0.5 * math.log(2 * math.pi * v) - (x - REACH) ** 2 / (2 * v))


BUMPS = np.array([-40.0, 0.0, 40.0])
PLACES = np.linspace(-52, 52, 1041)
NARROW = density(PLACES, BUMPS[:, None], 1)  # (bump, place)


def best_of_one_bump(b1, b2, b3):
    """The smallest KL to three bumps by numbers on a line, of Gaussians that sit on a bump or between two."""
    posterior = np.array([b1, b2, b3]) @ NARROW
    inside = NARROW > 1e-30
    logs = np.log(np.where(inside, NARROW / np.maximum(posterior, 1e-300), 1))
    return (NARROW * logs).sum(1).min() * (PLACES[1] - PLACES[0])


def errors_above(log_p, average, K, s):
    variance_of_the_sum = sum(s**2 for _ in range(int(K)))
    return (average - log_p) / math.sqrt(variance_of_the_sum / K**2)


def gaps_that_add_up(log_p, best, given):
    whole, approximation = log_p - given, log_p - best
    return whole - approximation


def point_of_the_same_rank(mu, logvar, eps):
    """The code below which its Gaussian has as much probability as N(0, 1) has below the noise."""
    mu, variance, eps = wide(mu, math.e**logvar, eps)
    return Normal(mu, variance.sqrt()).icdf(Normal(*wide(0, 1)).cdf(eps)).item()


def backward_along_the_path(mu, sigma, eps):
    logvar = torch.tensor(math.log(sigma * sigma), dtype=torch.float64, requires_grad=True)
    (mu + logvar.exp().sqrt() * eps).square().backward()
    return logvar.grad.item()


def backward_to_the_density(mu, sigma, eps):
    """The value of f times what automatic differentiation says of the library's log-density at a fixed code."""
    mu, sigma, eps = wide(mu, sigma, eps)
    z = mu + sigma * eps
    Normal(mu.requires_grad_(), sigma).log_prob(z.detach()).backward()
    return (z.square() * mu.grad).item()


def difference_of_integrals(a, b, mu, sigma):
    def average(logvar):
        z = mu + math.exp(logvar / 2) * REACH
        return WEIGHTS @ (a * z**2 + b * z)

    logvar, step = 2 * math.log(sigma), 1e-3
    return (average(logvar + step) - average(logvar - step)) / (2 * step)


def variance_by_moments(d):
    """The variance of z1 f(z), from averages over one coordinate at a time."""
    term = -((REACH - 1) ** 2)
    mean_of_rest = (d - 1) * (WEIGHTS @ term)
    square_of_rest = (d - 1) * (WEIGHTS @ term**2 - (WEIGHTS @ term) ** 2) + mean_of_rest**2
    second = WEIGHTS @ (REACH**2 * (term**2 + 2 * term * mean_of_rest + square_of_rest))
    return second - (WEIGHTS @ (REACH * (term + mean_of_rest))) ** 2


def variance_from_covariances(B, L, Vx, Ve):
    """Draws of a row share its value and not their noise: the mean over all entries of their covariances."""
    row = Vx * np.ones((int(L), int(L))) + Ve * np.eye(int(L))
    return np.kron(np.eye(int(B)), row).mean()


def backward_to_the_coin(p, f0, f1, z):
    p, z = wide(p, z)
    Bernoulli(p.requires_grad_()).log_prob(z).backward()
    return (f1 if z else f0) * p.grad.item()


def weight_of_the_kl(loss, D, Z, B=3):
    """How much one nat of one latent moves a loss, over how much one nat of one pixel moves it."""
    recon, kl = (torch.zeros(int(B), int(size), dtype=torch.float64, requires_grad=True) for size in (D, Z))
    loss(recon, kl).backward()
    return (kl.grad[0, 0] / recon.grad[0, 0]).item()


def pixel_mean_by_slopes(B, D, Z):
    return weight_of_the_kl(lambda recon, kl: recon.mean() + kl.sum(1).mean(), D, Z, B)


def two_means_by_slopes(D, Z):
    return weight_of_the_kl(lambda recon, kl: recon.mean() + kl.mean(), D, Z)


def nats_for_an_error(sigma):
    """What the library's Gaussian charges for a squared error of 1: to charge 1 for it is to divide all by this."""
    zero, sigma, error = wide(0, sigma, 0.7)
    (-Normal(zero, sigma).log_prob(error.requires_grad_())).backward()
    return (error.grad / (2 * error)).item()


def bits_of_a_typical_pixel(n, D):
    return -math.log2(math.exp(-n / D))


def mean_over_uneven_rows(B, R, K):
    shares = np.arange(1, B + 1) / np.arange(1, B + 1).sum()
    return (R * shares + K * shares[::-1]).mean()


def library_entropy(D, p):
    return Bernoulli(torch.full((int(D),), p, dtype=torch.float64)).entropy().sum().item()


def agreement_over_all_pictures(p1, p2, p3, p4, p5):
    white = np.array([p1, p2, p3, p4, p5])
    pictures = np.array(list(itertools.product((0, 1), repeat=5)))
    chances = np.where(pictures, white, 1 - white).prod(1)
    return chances @ (pictures == (white > 0.5)).sum(1)


def saving_by_search(g, loss):
    p = torch.arange(1, 1000, dtype=torch.float64) / 1000
    grey = torch.full_like(p, g)
    return loss - torch.nn.functional.binary_cross_entropy(p, grey, reduction="none").min().item()


def pictures_by_their_chance(N, B, mean):
    """Each picture of the batch stands for as many as its chance to be chosen says."""
    chance = B / N
    return sum(mean / chance for _ in range(int(B)))


def integrated_error(w, mu, sigma, x):
    return WEIGHTS @ (x - w * (mu + sigma * REACH)) ** 2


def cheapest(lost):
    """Where a function of one number between -20 and 20, with a single dip, is smallest: by closing in on it."""
    low, high = -20.0, 20.0
    for _ in range(200):
        third = (high - low) / 3
        low, high = (low, high - third) if lost(low + third) < lost(high - third) else (low + third, high)
    return (low + high) / 2


def best_linear_code(sigma, beta, v):
    """Rate and squared error of one direction: a code N(m x, s) and a decoder w z, at the lowest loss.

    The codes' own variance is a matter of units, so that m^2 v + s = 1 may be asked for, and w then follows from
    least squares. Only the share s of noise is left, and the cheapest one is searched for.
    """

    def parts(share):
        s = 1 / (1 + math.exp(-share))
        m = math.sqrt((1 - s) / v)
        w = m * v
        return -0.5 * math.log(s), v * (1 - w * m) ** 2 + w**2 * s

    def loss(share):
        rate, error = parts(share)
        return error / (2 * sigma**2) + beta * rate

    return parts(cheapest(loss))


def rate_of_the_best_code(sigma, beta, v):
    return best_linear_code(sigma, beta, v)[0]


def rate_of_three_codes(sigma, beta, v1, v2, v3):
    return sum(best_linear_code(sigma, beta, v)[0] for v in (v1, v2, v3))


def error_of_three_codes(sigma, beta, v1, v2, v3):
    return sum(best_linear_code(sigma, beta, v)[1] for v in (v1, v2, v3))


def told_variances(sigma, beta, v1, v2, v3, v4, v5, v6):
    return sum(v for v in (v1, v2, v3, v4, v5, v6) if best_linear_code(sigma, beta, v)[0] > 1e-4)


def line_through_two_prices(recon, kl, beta):
    """The objective is a straight line in beta, known at 0 and at 1."""
    return np.polyval(np.polyfit([0, 1], [-recon, -(recon + kl)], 1), beta)


def floored_columns(a1, a2, a3, b1, b2, b3, floor):
    table = torch.tensor([[a1, a2, a3], [b1, b2, b3]], dtype=torch.float64)
    return table.mean(0).clamp(min=floor).sum().item()


def interpolated_warm_up(T, t1, t2):
    return np.interp([t1, t2], [0, T], [0, 1]).mean()


def integrated_misfit(m, s, I):  # noqa: E741
    return integrated_log_ratio(m, 2 * math.log(s)) - I


def sigma_of_a_rescaled_loss(sigma, beta):
    return math.sqrt(looked_up_variance(nats_for_an_error(sigma) / beta))


def weight_by_the_library(mu, sigma, z, ll):
    q, prior = Normal(*wide(mu, sigma)), Normal(*wide(0, 1))
    (z,) = wide(z)
    return (ll + prior.log_prob(z) - q.log_prob(z)).item()


def log_of_a_mean_weight(l1, l2, l3):
    return math.log(np.mean(np.exp([l1, l2, l3])))


def size_from_the_shares(l1, l2, l3):
    """One over the chance that two draws by the normalised weights are the same sample."""
    shares = torch.stack(wide(l1, l2, l3)).softmax(0)
    return 1 / torch.outer(shares, shares).trace().item()


def first_share(l1, l2, l3):
    return Categorical(logits=torch.stack(wide(l1, l2, l3))).probs[0].item()


def shifted_by_equal_samples(K, L, c):
    """The shift does not depend on the weights: take them all equal."""
    logs = torch.full((int(K),), L, dtype=torch.float64) + c
    return (logs.logsumexp(0) - torch.zeros(int(K), dtype=torch.float64).logsumexp(0)).item()


def bound_of_one_good_sample(K, best):
    logs = torch.full((int(K),), -1e6, dtype=torch.float64)
    logs[0] = best
    return logs.exp().mean().log().item()


def curvature_times_spread(V, K):
    """Half the curvature of minus the log at 1, by automatic differentiation, times the variance of a mean."""
    mean = torch.ones((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(-mean.log(), mean, create_graph=True)
    slope.backward()
    return 0.5 * mean.grad.item() * (V * np.eye(int(K))).mean()


def mean_and_spread_apart(few, many, snr):
    """The encoder's gradient has a mean like 1 / K and a standard deviation like 1 / root of K."""
    mean, spread = snr, 1.0
    return mean * (few / many) / (spread * math.exp(0.5 * math.log(few / many)))


def all_pairs_of_draws(q1, w1, w2):
    states = ((q1, w1), (1 - q1, w2))
    return sum(p * q * math.log(0.5 * v + 0.5 * w) for (p, v), (q, w) in itertools.product(states, repeat=2))


def spread_by_variance(K, v):
    return spread_of_averaged_coins(K, math.sqrt(v))


def urn_by_log_odds(o, a0, a1):
    logits = torch.stack(wide(math.log(a0), math.log(o) + math.log(a1)))
    return Categorical(logits=logits).probs[1].item()


def library_log_mean_less_the_offset(c, l1, l2, l3):
    return library_log_mean(l1 - c, l2 - c, l3 - c)


def integrated_mean_under_another_prior(m, t, w, s, x):
    z = m + t * REACH
    posterior = WEIGHTS * density(x, w * z, s**2)
    return posterior @ z / posterior.sum()


def trapezoids_in_a_plane(h, j1, j2, j3, j4, j5):
    """The volume under straight lines in both directions between heights on a cross, with 0 around it."""
    heights = np.zeros((5, 5))
    heights[[2, 1, 2, 3, 2], [1, 2, 2, 2, 3]] = j1, j2, j3, j4, j5
    for _ in range(2):
        heights = (h * (heights[1:] + heights[:-1]) / 2).sum(0)
    return math.log(heights)


def evidence_of_a_gaussian_with_this_entropy(J, H, gap):
    """A Gaussian q with this entropy, and a posterior of the same width, moved until the KL to it is the gap."""
    sigma = math.exp(H) / math.sqrt(2 * math.pi * math.e)
    z = sigma * REACH
    posterior_log = -0.5 * math.log(2 * math.pi * sigma**2) - (z - sigma * math.sqrt(2 * gap)) ** 2 / (2 * sigma**2)
    return J - WEIGHTS @ posterior_log  # the log joint is the log posterior plus log p(x)


def jensen_of_logs_as_a_divergence(l1, l2):
    return library_gap([0.5, 0.5], [math.exp(l1), math.exp(l2)])


def gaps_of_one_picture(N, exact, best, given):
    return gaps_that_add_up(-exact / N, -best / N, -given / N)


def integrated_log_ratio_by_log_sigma(mu, rho):
    z = mu + math.exp(rho) * REACH
    return WEIGHTS @ (0.5 * z**2 - 0.5 * REACH**2) - rho


def library_signed_pixels(l1, l2, x1, x2):
    return sum(library_bernoulli(logit, float(x > 0)) for logit, x in ((l1, x1), (l2, x2)))


def density_by_log_precision(D, log_t, S):
    return density_of_one_picture(D, math.exp(log_t) ** -0.5, S)


def point_of_the_same_rank_by_softplus(mu, rho, eps):
    sigma = torch.nn.functional.softplus(*wide(rho)).item()
    return point_of_the_same_rank(mu, 2 * math.log(sigma), eps)


def backward_to_log_sigma(mu, sigma, eps):
    rho = torch.tensor(math.log(sigma), dtype=torch.float64, requires_grad=True)
    (mu + rho.exp() * eps).square().backward()
    return rho.grad.item()


def backward_to_the_laplace(mu, b, eps):
    mu, b, eps = wide(mu, b, eps)
    z = mu + b * eps
    Laplace(mu.requires_grad_(), b).log_prob(z.detach()).backward()
    return (z.square() * mu.grad).item()


def batches_that_fill_the_set(N, B, total):
    return pictures_by_their_chance(N, B, total / B)


def mean_squared_error_by_slopes(D, sigma):
    """How much the KL moves the loss, over what the recon does, by the library's Gaussian for the recon."""
    error = torch.linspace(0.3, 1.7, int(D), dtype=torch.float64, requires_grad=True)
    recon = -Normal(*wide(0, sigma)).log_prob(error).sum()
    (in_recon,) = torch.autograd.grad(recon, error)
    (in_loss,) = torch.autograd.grad(error.square().mean(), error)
    return (in_recon / in_loss).mean().item()


def library_gaussian_entropy(D, v):
    return Normal(torch.zeros(int(D), dtype=torch.float64), math.sqrt(v)).entropy().sum().item()


def rate_of_the_best_code_by_loss(c, v):
    return rate_of_the_best_code(math.sqrt(0.5), c, v)  # 2 sigma^2 = 1, so that the squared error counts in full


def interpolated_cycles(P, T, t1, t2):
    return np.interp([t1 % P, t2 % P], [0, T, P], [0, 1, 1]).mean()


def precision_of_a_rescaled_loss(t, beta):
    return 1 / looked_up_variance(nats_for_an_error(t**-0.5) / beta)


def bound_from_shares(r1, r2, r3, top):
    return (torch.stack(wide(r1, r2, r3)).log() + top).logsumexp(0).item() - math.log(3)


def size_from_tenths(d1, d2, d3):
    return size_from_the_shares(*(d * math.log(10) for d in (d1, d2, d3)))


def curvature_times_two_points(M, K):
    """Weights of 1 - a and 1 + a have the second moment 1 + a^2; their variance is taken from the library."""
    a = math.sqrt(M - 1)
    return curvature_times_spread(float(np.var([1 - a, 1 + a])), K)


def left_by_logs(b1, b2, b3):
    return math.exp(sum(math.log1p(-b) for b in (b1, b2, b3)))


def turned_by_an_angle(x0, a, e):
    """x_t is the real part of x0 - i e, turned."""
    return ((x0 - 1j * e) * np.exp(1j * math.acos(math.sqrt(a)))).real


def noise_by_two_points(x0, a, xt):
    """x_t is a straight line in the noise, known at 0 and at 1."""
    none, one = (turned_by_an_angle(x0, a, e) for e in (0, 1))
    return (xt - none) / (one - none)


def end_by_the_library(x0, a):
    (mean,), (variance,) = wide(math.sqrt(a) * x0), wide(1 - a)
    return kl_divergence(Normal(mean, variance.sqrt()), Normal(*wide(0, 1))).item()


def joint_of_a_step(before, now):
    """The covariance of the states before and after a step, given x_0."""
    kept = math.sqrt(now / before)
    return np.array([[1 - before, kept * (1 - before)], [kept * (1 - before), 1 - now]])


def variance_by_regression(before, now):
    joint = joint_of_a_step(before, now)
    return 1 / np.linalg.inv(joint)[0, 0]


def mean_by_regression(before, now, x0, xt):
    joint = joint_of_a_step(before, now)
    return math.sqrt(before) * x0 + joint[0, 1] / joint[1, 1] * (xt - math.sqrt(now) * x0)


def step_of_two_gaussians(s1, s2, e):
    """A data point of 0 and a guess of e, at a state of 0."""
    before, now = s1 / (1 + s1), s2 / (1 + s2)
    means = wide(*(mean_by_regression(before, now, x0, 0) for x0 in (0, e)))
    (std,) = wide(math.sqrt(variance_by_regression(before, now)))
    return kl_divergence(Normal(means[0], std), Normal(means[1], std)).item()


def step_of_a_wrong_noise(s1, s2, e):
    """The data point that goes with the wrong noise, at a state of 0 made from 0."""
    left = s2 / (1 + s2)
    return step_of_two_gaussians(s1, s2, -math.sqrt(1 - left) / math.sqrt(left) * e)


def gains_and_costs(recon, k2, k3, last):
    return float(np.dot([1, -1, -1, -1], [recon, k2, k3, last]))


def line_on_log_scales(few, gap, many):
    return math.exp(np.polyval([-1, math.log(gap) + math.log(few)], math.log(many)))


def class_by_bayes(p1, p2, l1, l2, l3):
    """Two steps of odds: each class against the first."""
    odds = [p / p1 * math.exp(value - l1) for p, value in ((p2, l2), (1 - p1 - p2, l3))]
    return 1 / (1 + sum(odds))


def label_summed_out(l1, l2, l3):
    return np.logaddexp.reduce([value + math.log(1 / 3) for value in (l1, l2, l3)])


def surprise_less(l1, l2, l3, l4):
    """How much likelier the picture has made the label, on the scale of logs."""
    return math.log(torch.stack(wide(l1, l2, l3, l4)).softmax(0)[0].item() / 0.25)


def area_below_the_curve(n1, n2, n3, n4, a1, a2, a3):
    return roc_auc_score([0, 0, 0, 0, 1, 1, 1], [n1, n2, n3, n4, a1, a2, a3])


def variance_on_the_way(d, t):
    return d * integrated_square(0, math.hypot(1 - t, t))


def highest_less_average(D, p):
    pixel = Bernoulli(torch.tensor(p, dtype=torch.float64))
    return (D * (pixel.log_prob(torch.ones((), dtype=torch.float64)) + pixel.entropy())).item()


def race_of_two(l1, l2, u1, u2, tau):
    """Exponential waiting times, the shorter wins: -log u over exp(l)."""
    first, second = (-math.log(u) / math.exp(value) for value, u in ((l1, u1), (l2, u2)))
    return first ** (-1 / tau) / (first ** (-1 / tau) + second ** (-1 / tau))


def two_flips_by_autograd(p, f1, f0):
    logit = torch.tensor(math.log(p / (1 - p)), dtype=torch.float64, requires_grad=True)
    heads, tails = (Bernoulli(logits=logit).log_prob(flip) for flip in wide(1, 0))
    (0.5 * ((f1 - f0) * heads + (f0 - f1) * tails)).backward()
    return logit.grad.item()


def library_mixture(w, m1, m2, z):
    parts = Normal(torch.stack(wide(m1, m2)), 1.0)
    mixture = MixtureSameFamily(Categorical(torch.stack(wide(w, 1 - w))), parts)
    return mixture.log_prob(*wide(z)).item()


def class_by_total_length(p1, p2, b1, b2, b3):
    """The bits for class and picture together; what is left of them once all classes share is the class's."""
    total = [bits - math.log2(p) for p, bits in ((p1, b1), (p2, b2), (1 - p1 - p2, b3))]
    return 2 ** -(total[0] + np.logaddexp2.reduce([-bits for bits in total]))


def area_by_places(n1, n2, n3, n4, a1, a2, a3):
    """The sum of the odd ones' places among the seven, counted from the end of the list."""
    from_the_end = sorted([n1, n2, n3, n4, a1, a2, a3], reverse=True)
    places = [from_the_end.index(line) + 1 for line in (a1, a2, a3)]
    return (sum(places) - sum((1, 2, 3))) / (3 * 4)


def two_flips_by_autograd_of_p(p, f1, f0):
    p = torch.tensor(p, dtype=torch.float64, requires_grad=True)
    heads, tails = (Bernoulli(p).log_prob(flip) for flip in wide(1, 0))
    (0.5 * ((f1 - f0) * heads + (f0 - f1) * tails)).backward()
    return p.grad.item()


def noise_by_two_equations(a, xt, v):
    signal, noise = math.sqrt(a), math.sqrt(1 - a)
    return np.linalg.solve([[signal, noise], [-noise, signal]], [xt, v])[1]


def variance_by_adding_precisions(before, b):
    """From x_0 the state before is known up to its noise; from the state after, up to b, made larger again."""
    return 1 / (1 / (1 - before) + (1 - b) / b)


def step_of_two_gaussians_in_logs(g1, g2, e):
    return step_of_two_gaussians(math.exp(g1), math.exp(g2), e)


def price_by_the_slopes(D, w):
    """What a nat of KL costs in recon that is added up: the slope of the loss by the KL over that by all pixels' recon."""
    pixels = torch.zeros(int(D), dtype=torch.float64, requires_grad=True)
    kl = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (pixels.mean() + w * kl).backward()
    return kl.grad.item() / pixels.grad[0].item()


def evidence_by_the_library(D, a, b, f):
    """Two clear pictures of zeros, against pictures with so many ones, under the library's coins and an even mixture."""
    flips = torch.zeros(2, int(D), dtype=torch.float64)
    flips[0, : int(a)] = flips[1, : int(b)] = 1
    seen = Bernoulli(*wide(f)).log_prob(flips).sum(-1)
    return (seen.exp() @ torch.full((2,), 0.5, dtype=torch.float64)).log().item()


def pictures_by_halving(m, s):
    """The number of pictures at which m is 4 standard errors, found between none and a million."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if m < 4 * s / math.sqrt(middle) else (low, middle)
    return high


def share_left_on_a_line(elbo, iwae, truth):
    return 1 - np.interp(iwae, [elbo, truth], [0, 1])


def ratio_of_two_looked_up_spreads(logvar):
    return np.interp(2 * logvar, np.log(VARIANCES), np.sqrt(VARIANCES)) / looked_up_root(logvar)


def report_less_bound(recon, kl, w):
    report, bound = (-recon - weight * kl for weight in (w, 1))
    return report - bound


def score_of_equal_errors(M, S, v):
    """The score of a readout that errs by the same amount everywhere, on factors half of which lie on each side of their mean."""
    factors = np.array([-1.0, 1.0] * int(M)) * math.sqrt(v)
    errors = np.full(2 * int(M), math.sqrt(S / M))
    return (factors.var() - (errors**2).mean()) / factors.var()


def ratio_of_two_looked_up_precisions(p):
    return ratio_of_two_looked_up_spreads(-p)


def pictures_by_halving_from_a_variance(m, V):
    return pictures_by_halving(m, looked_up_root(math.log(V)))


ANOTHER_ROUTE = {
    "cell_of_a_square_sum": broadcast_cell,
    "entries_of_a_sum": broadcast_size,
    "second_moment": integrated_square,
    "log_of_a_mean": area_under_one_over_x,
    "standard_error": spread_of_averaged_coins,
    "stopped_gradient": backward,
    "urn_posterior": share_of_red_balls,
    "joint_in_logs": library_joint,
    "evidence_of_an_urn": tickets_for_red,
    "posterior_of_three": tickets_for_a_topic,
    "evidence_of_a_line": integrated_line,
    "mean_of_a_posterior": integrated_posterior_mean,
    "evidence_by_blind_draws": library_log_mean,
    "evidence_on_a_grid": trapezoids,
    "draws_for_ten_percent": draws_by_halving,
    "elbo_of_two_states": evidence_less_gap,
    "evidence_from_its_pieces": a_model_with_these_pieces,
    "lost_by_jensen": jensen_as_a_divergence,
    "exact_or_bound": chain_as_a_divergence,
    "gap_on_the_line": integrated_gap,
    "elbo_of_the_prior": integrated_prior_elbo,
    "gap_of_one_bump": best_of_one_bump,
    "alarm_in_standard_errors": errors_above,
    "amortization_gap": gaps_that_add_up,
    "kl_to_the_prior": integrated_log_ratio,
    "pull_on_logvar": slope_of_the_library,
    "sigma_from_logvar": looked_up_root,
    "gaussian_log_likelihood": density_of_one_picture,
    "bernoulli_log_likelihood": library_bernoulli,
    "kl_between_two_gaussians": library_kl,
    "implied_variance": looked_up_variance,
    "categorical_log_likelihood": library_categorical,
    "code_from_noise": point_of_the_same_rank,
    "path_slope_by_logvar": backward_along_the_path,
    "score_slope_by_mu": backward_to_the_density,
    "exact_slope_by_logvar": difference_of_integrals,
    "variance_of_the_score": variance_by_moments,
    "variance_of_a_batch": variance_from_covariances,
    "slope_of_a_coin": backward_to_the_coin,
    "hidden_beta_of_a_pixel_mean": pixel_mean_by_slopes,
    "hidden_beta_of_two_means": two_means_by_slopes,
    "hidden_beta_of_a_squared_error": nats_for_an_error,
    "bits_a_pixel": bits_of_a_typical_pixel,
    "loss_of_a_batch": mean_over_uneven_rows,
    "cost_of_ignoring_the_code": library_entropy,
    "draw_and_mean_picture": agreement_over_all_pictures,
    "saving_on_a_grey_pixel": saving_by_search,
    "data_set_from_a_batch": pictures_by_their_chance,
    "error_of_a_drawn_code": integrated_error,
    "rate_of_a_direction": rate_of_the_best_code,
    "total_rate": rate_of_three_codes,
    "error_left": error_of_three_codes,
    "directions_worth_their_price": told_variances,
    "priced_bound": line_through_two_prices,
    "free_bits_of_a_table": floored_columns,
    "warm_up_weights": interpolated_warm_up,
    "misfit_of_the_codes": integrated_misfit,
    "noise_that_does_the_same": sigma_of_a_rescaled_loss,
    "log_weight_of_a_code": weight_by_the_library,
    "bound_of_three_weights": log_of_a_mean_weight,
    "effective_samples": size_from_the_shares,
    "normalised_weight": first_share,
    "bound_after_a_shift": shifted_by_equal_samples,
    "lowest_bound": bound_of_one_good_sample,
    "gap_with_many_samples": curvature_times_spread,
    "signal_of_the_encoder": mean_and_spread_apart,
    "pairs_of_two_states": all_pairs_of_draws,
    "share_of_a_class": class_by_bayes,
    "evidence_over_labels": label_summed_out,
    "nats_of_a_label": surprise_less,
    "pairs_in_order": area_below_the_curve,
    "length_on_the_way": variance_on_the_way,
    "kl_to_the_prior_of_a_class": library_kl,
    "likeliest_above_a_draw": highest_less_average,
    "soft_share_of_a_state": race_of_two,
    "estimate_of_two_flips": two_flips_by_autograd,
    "two_bumps_at_a_point": library_mixture,
    "left_after_three_steps": left_by_logs,
    "state_of_a_chain": turned_by_an_angle,
    "noise_in_a_state": noise_by_two_points,
    "cost_of_the_end": end_by_the_library,
    "spread_of_a_step_back": variance_by_regression,
    "middle_of_a_step_back": mean_by_regression,
    "cost_of_a_step": step_of_two_gaussians,
    "cost_of_wrong_noise": step_of_a_wrong_noise,
    "bound_from_its_terms": gains_and_costs,
    "gap_with_more_steps": line_on_log_scales,
    "standard_error_from_a_variance": spread_by_variance,
    "urn_posterior_from_odds": urn_by_log_odds,
    "blind_draws_with_an_offset": library_log_mean_less_the_offset,
    "mean_under_another_prior": integrated_mean_under_another_prior,
    "evidence_on_a_square_grid": trapezoids_in_a_plane,
    "evidence_from_joint_and_entropy": evidence_of_a_gaussian_with_this_entropy,
    "lost_by_jensen_in_logs": jensen_of_logs_as_a_divergence,
    "amortization_gap_in_losses": gaps_of_one_picture,
    "kl_by_log_sigma": integrated_log_ratio_by_log_sigma,
    "log_likelihood_of_signed_pixels": library_signed_pixels,
    "log_likelihood_by_log_precision": density_by_log_precision,
    "code_from_softplus": point_of_the_same_rank_by_softplus,
    "path_slope_by_log_sigma": backward_to_log_sigma,
    "score_slope_of_a_laplace": backward_to_the_laplace,
    "data_set_from_a_sum_over_a_batch": batches_that_fill_the_set,
    "hidden_beta_of_a_mean_squared_error": mean_squared_error_by_slopes,
    "cost_of_ignoring_the_code_in_grey": library_gaussian_entropy,
    "rate_by_a_folded_price": rate_of_the_best_code_by_loss,
    "weights_of_a_cyclical_warm_up": interpolated_cycles,
    "precision_that_does_the_same": precision_of_a_rescaled_loss,
    "bound_from_relative_weights": bound_from_shares,
    "effective_samples_from_powers_of_ten": size_from_tenths,
    "gap_from_a_second_moment": curvature_times_two_points,
    "share_of_a_class_from_code_lengths": class_by_total_length,
    "pairs_in_order_of_a_list": area_by_places,
    "estimate_of_two_flips_by_p": two_flips_by_autograd_of_p,
    "noise_from_a_velocity": noise_by_two_equations,
    "spread_from_the_noise_of_a_step": variance_by_adding_precisions,
    "cost_of_a_step_in_logs": step_of_two_gaussians_in_logs,
    "price_at_the_end": price_by_the_slopes,
    "evidence_of_two_states": evidence_by_the_library,
    "pictures_for_an_alarm": pictures_by_halving,
    "share_of_the_model": share_left_on_a_line,
    "spread_of_two_readings": ratio_of_two_looked_up_spreads,
    "flattery_of_a_part_price": report_less_bound,
    "score_of_a_readout": score_of_equal_errors,
    "spread_of_two_precisions": ratio_of_two_looked_up_precisions,
    "pictures_from_a_variance": pictures_by_halving_from_a_variance,
}

# What the base drill makes of a transfer's numbers when they are read by their letters.
BY_THE_LETTERS = {
    "standard_error_from_a_variance": lambda K, v: dict(K=K, s=v),
    "urn_posterior_from_odds": lambda o, a0, a1: dict(p=o, a0=a0, a1=a1),
    "blind_draws_with_an_offset": lambda c, l1, l2, l3: dict(l1=l1, l2=l2, l3=l3),
    "mean_under_another_prior": lambda m, t, w, s, x: dict(w=w, s=s, x=x),
    "evidence_on_a_square_grid": dict,
    "evidence_from_joint_and_entropy": lambda J, H, gap: dict(R=J, KL=H, gap=gap),
    "lost_by_jensen_in_logs": lambda l1, l2: dict(w1=l1, w2=l2),
    "amortization_gap_in_losses": lambda N, exact, best, given: dict(log_p=exact, best=best, given=given),
    "kl_by_log_sigma": lambda mu, rho: dict(mu=mu, logvar=rho),
    "log_likelihood_by_log_precision": lambda D, log_t, S: dict(D=D, sigma=math.exp(log_t), S=S),
    "code_from_softplus": lambda mu, rho, eps: dict(mu=mu, logvar=rho, eps=eps),
    "path_slope_by_log_sigma": dict,
    "score_slope_of_a_laplace": lambda mu, b, eps: dict(mu=mu, sigma=b, eps=eps),
    "data_set_from_a_sum_over_a_batch": lambda N, B, total: dict(N=N, B=B, mean=total),
    "hidden_beta_of_a_mean_squared_error": lambda D, sigma: dict(sigma=sigma),
    "cost_of_ignoring_the_code_in_grey": lambda D, v: dict(D=D, p=v),
    "rate_by_a_folded_price": lambda c, v: dict(sigma=1, beta=c, v=v),
    "weights_of_a_cyclical_warm_up": lambda P, T, t1, t2: dict(T=T, t1=t1, t2=t2),
    "precision_that_does_the_same": lambda t, beta: dict(sigma=t, beta=beta),
    "bound_from_relative_weights": lambda r1, r2, r3, top: dict(l1=r1, l2=r2, l3=r3),
    "effective_samples_from_powers_of_ten": lambda d1, d2, d3: dict(l1=d1, l2=d2, l3=d3),
    "gap_from_a_second_moment": lambda M, K: dict(V=M, K=K),
    "share_of_a_class_from_code_lengths": lambda p1, p2, b1, b2, b3: dict(p1=p1, p2=p2, l1=b1, l2=b2, l3=b3),
    "pairs_in_order_of_a_list": dict,
    "estimate_of_two_flips_by_p": dict,
    "noise_from_a_velocity": lambda a, xt, v: dict(x0=v, a=a, xt=xt),
    "spread_from_the_noise_of_a_step": lambda before, b: dict(before=before, now=b),
    "cost_of_a_step_in_logs": lambda g1, g2, e: dict(s1=g1, s2=g2, e=e),
    "spread_of_two_precisions": lambda p: dict(logvar=p),
    "pictures_from_a_variance": lambda m, V: dict(m=m, s=V),
}


def numbers(text):
    """The numbers that a text states, by name: `name = number` in backticks."""
    stated = re.findall(r"`(\w+) = (-?\d+(?:\.\d+)?)`", text)
    assert len(stated) == len(dict(stated)), f"a name stands for two numbers: {text}"
    return dict(stated)


def recomputed(name, text):
    assert name in ANOTHER_ROUTE, f"give {name} a second way to its answer in {__name__}.ANOTHER_ROUTE"
    route, stated = ANOTHER_ROUTE[name], numbers(text)
    assert set(inspect.signature(route).parameters) == set(stated), f"{name} needs other numbers than: {text}"
    return route(**{symbol: float(number) for symbol, number in stated.items()})


@every_drill
def test_the_right_answer_follows_from_the_text_alone(stage, name):
    for item in items(stage, name):
        assert recomputed(name, item.text) == pytest.approx(item.answer, rel=1e-5), item.text


@every_drill
def test_a_text_with_other_numbers_has_another_answer(stage, name):
    this, *others = items(stage, name)[:20]
    answers = [recomputed(name, other.text) for other in others if other.text != this.text]
    assert sum(answer == pytest.approx(this.answer, rel=1e-5) for answer in answers) < 3


def test_every_second_way_belongs_to_a_drill():
    assert set(ANOTHER_ROUTE) == {name for _, name in DRILLS}


# --- transfers ---


def by_the_letters(stage, name, text):
    """What the base drill's route makes of the numbers of a transfer."""
    stated = {symbol: float(number) for symbol, number in numbers(text).items()}
    if name == "log_likelihood_of_signed_pixels":  # the library refuses a pixel of -1, and the formula does not
        pixels = ((stated["x1"], stated["l1"]), (stated["x2"], stated["l2"]))
        return sum(x * logit - math.log1p(math.exp(logit)) for x, logit in pixels)
    return ANOTHER_ROUTE[drills.transfers(stage)[name].transfer_of](**BY_THE_LETTERS[name](**stated))


@every_stage
def test_a_stage_has_transfers_and_its_drills_are_without_them(stage):
    made = drills.transfers(stage)
    assert (1 if stage is course.STAGES[0] else 2) <= len(made) <= 3
    assert not set(made) & set(drills.drills(stage))
    assert list(drills.generators(stage)) == [*drills.drills(stage), *made]


@every_transfer
def test_a_transfer_is_of_a_drill_of_its_stage_and_draws_by_itself(stage, name):
    of = drills.transfers(stage)[name].transfer_of
    assert of in drills.drills(stage)
    assert drills.transfers(stage)[name].__name__ == name and drills.transfers(stage)[name].__doc__


@every_transfer
def test_the_base_formula_by_its_letters_is_one_of_the_foreseen_mistakes(stage, name):
    taken = set()
    for item in items(stage, name):
        read = by_the_letters(stage, name, item.text)
        taken |= {item.judge(read)}
    assert len(taken) == 1 and not taken & {None, ""}, taken


# --- answers ---


@every_drill
def test_each_answer_is_judged_as_what_it_is(stage, name):
    for item in items(stage, name):
        assert item.judge(item.answer) is None
        assert {id: item.judge(value) for id, value in item.wrong.items()} == {id: id for id in item.wrong}


@every_drill
def test_three_significant_digits_are_enough(stage, name):
    for item in items(stage, name):
        assert item.judge(rounded(item.answer)) is None, item.text
        assert all(item.judge(rounded(value)) == id for id, value in item.wrong.items()), item.text


def rounded(value):
    return float(f"{value:.3g}")


@every_drill
def test_no_two_answers_are_close(stage, name):
    for item in items(stage, name):
        for a, b in itertools.combinations([item.answer, *item.wrong.values()], 2):
            assert abs(a - b) > 0.05 * max(abs(a), abs(b)), item


@every_drill
def test_what_is_accepted_for_one_answer_never_reaches_the_next(stage, name):
    for item in items(stage, name):
        reach = sorted(sorted((v * (1 - item.tol), v * (1 + item.tol))) for v in [item.answer, *item.wrong.values()])
        assert item.tol == 0.01 and all(low[1] < high[0] for low, high in itertools.pairwise(reach)), item


@every_drill
def test_a_number_that_nobody_foresaw_is_wrong_without_a_name(stage, name):
    assert items(stage, name)[0].judge(1e6) == ""


# --- questions ---


@every_drill
def test_questions_differ(stage, name):
    assert len({item.text for item in items(stage, name)}) > 50


@every_drill
def test_a_seed_gives_the_same_question_again(stage, name):
    assert drills.generators(stage)[name](random.Random(7)) == items(stage, name)[7]


@every_drill
def test_numbers_are_short_and_the_question_comes_last(stage, name):
    for item in items(stage, name):
        assert all(re.fullmatch(r"-?\d{1,3}(\.\d{1,2})?", number) for number in numbers(item.text).values()), item.text
        assert item.text.count("`") % 2 == 0 and item.text.endswith("?") and item.text.count("?") == 1, item.text


@every_drill
def test_most_draws_are_used(stage, name, monkeypatch):
    clear, seen = Item.clear, []

    def noted(item):
        seen.append(clear(item))
        return seen[-1]

    monkeypatch.setattr(Item, "clear", noted)
    draw = drills.generators(stage)[name]
    for seed in range(SEEDS):
        draw(random.Random(seed))
    assert seen.count(False) / len(seen) < 0.3


def test_a_drill_without_clear_numbers_says_so():
    @drill
    def always_the_same(rng):
        return Item("What is 1?", 1.0, wrong={"nearly": 1.04})

    with pytest.raises(CourseError, match="always_the_same"):
        always_the_same(random.Random(0))


# --- sentences ---


@every_drill
def test_every_drill_foresees_three_mistakes_or_more(stage, name):
    foreseen = {frozenset(item.wrong) for item in items(stage, name)}
    assert len(foreseen) == 1 and len(min(foreseen)) >= 3


@every_stage
def test_every_mistake_has_a_sentence_and_every_sentence_a_mistake(stage):
    foreseen = {id for of, name in DRILLS if of == stage for id in items(of, name)[0].wrong}
    said = mistakes(stage)
    assert foreseen == set(said)
    assert all(drills.sentence(stage, id) == said[id] for id in foreseen)


@every_stage
def test_sentences_are_one_statement_and_at_most_one_question(stage):
    for id, sentence in mistakes(stage).items():
        said, *asked = sentence.split(". ")
        assert len(asked) <= 1 and "?" not in said, (id, sentence)
        assert sentence.endswith("?" if asked else ".") and sentence.count("?") == len(asked), (id, sentence)
        assert "  " not in sentence and sentence.count("`") % 2 == 0, (id, sentence)


def mistakes(stage):
    return importlib.import_module(f"vae_course.checks.drills.stage_{stage.number}").MISTAKES


@every_drill
def test_the_working_is_arithmetic_that_gives_the_answer(stage, name):
    for item in items(stage, name):
        assert read_number(item.working) == pytest.approx(item.answer, rel=1e-9), item.working
