"""Exact truth, each number found a second time by a way that shares nothing with the first."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vae_course.models import oracles
from vae_course.models.decoders import BentDecoder, hammock, line, plane
from vae_course.models.diffusion import ddpm_path, even_path, thinned
from vae_course.models.finite import FiniteModel
from vae_course.models.toolbox import stage_09 as toolbox

SEEDS = st.integers(0, 2**31)
anyhow = settings(max_examples=25, deadline=None, derandomize=True)


def wide(*values):
    return torch.tensor(values, dtype=torch.float64)


def same(got, expected):
    got, expected = (torch.as_tensor(values, dtype=torch.float64) for values in (got, expected))
    return torch.allclose(got, expected, rtol=1e-8, atol=1e-8)


def close(got, expected, digits):
    """Whether a number agrees with one that is printed with so many decimals."""
    return abs(float(got) - expected) <= 0.5000001 * 10**-digits


def draws(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


# --- finite models against plain Python ---


def finite_model(seed, B=5, M=7):
    randn = draws(seed)
    log_prior, log_q = (torch.log_softmax(1.5 * randn(B, M), -1) for _ in range(2))
    return FiniteModel(log_prior, 2 * randn(B, M) - 3, log_q)


def by_hand(prior, likelihood, q):
    """log p(x), the posterior, the ELBO's two terms, the ELBO and the gap of one data point."""
    joint = [p * a for p, a in zip(prior, likelihood)]
    evidence = sum(joint)
    visited = [(p, a, w) for p, a, w in zip(prior, likelihood, q) if w > 0]
    return {
        "evidence": math.log(evidence),
        "posterior": [j / evidence for j in joint],
        "terms": [sum(w * math.log(a) for _, a, w in visited), sum(w * math.log(w / p) for p, _, w in visited)],
        "elbo": sum(w * math.log(p * a / w) for p, a, w in visited),
        "gap": sum(w * math.log(w * evidence / (p * a)) for p, a, w in visited),
    }


def by_oracle(model):
    return {
        "evidence": oracles.finite_evidence(model),
        "posterior": oracles.finite_posterior(model).exp(),
        "terms": torch.stack(oracles.finite_terms(model), -1),
        "elbo": oracles.finite_elbo(model),
        "gap": oracles.finite_gap(model),
    }


@given(SEEDS)
@anyhow
def test_a_finite_model_is_what_loops_over_its_states_give(seed):
    model = finite_model(seed)
    found = by_oracle(model)
    rows = zip(*(values.exp().tolist() for values in (model.log_prior, model.log_likelihood, model.log_q)))
    for b, row in enumerate(rows):
        assert all(same(found[name][b], value) for name, value in by_hand(*row).items())


@given(SEEDS)
@anyhow
def test_states_that_q_never_visits_add_nothing(seed):
    model = finite_model(seed)
    log_q = model.log_q.clone()
    log_q[:, [1, 4]] = -torch.inf
    model = FiniteModel(model.log_prior, model.log_likelihood, log_q.log_softmax(-1))
    found = by_oracle(model)
    rows = zip(*(values.exp().tolist() for values in (model.log_prior, model.log_likelihood, model.log_q)))
    for b, row in enumerate(rows):
        assert all(same(found[name][b], value) for name, value in by_hand(*row).items())


@given(SEEDS)
@anyhow
def test_the_gap_is_the_evidence_less_the_bound_and_nothing_at_the_posterior(seed):
    model = finite_model(seed)
    expected, price = oracles.finite_terms(model)
    assert same(oracles.finite_evidence(model), oracles.finite_elbo(model) + oracles.finite_gap(model))
    assert same(oracles.finite_elbo(model), expected - price)
    best = FiniteModel(model.log_prior, model.log_likelihood, oracles.finite_posterior(model))
    assert same(oracles.finite_gap(best), torch.zeros(5)) and (oracles.finite_gap(model) > 0.01).all()


# --- the bound of many samples ---


@pytest.mark.parametrize("K", [1, 2, 3, 4])
@given(seed=SEEDS)
@anyhow
def test_the_bound_of_many_samples_is_the_sum_over_all_tuples_of_states(K, seed):
    model = finite_model(seed, B=2)
    tuples = torch.cartesian_prod(*[torch.arange(7)] * K).reshape(-1, K)
    log_w, log_q = model.log_joint - model.log_q, model.log_q
    of_each = log_w[:, tuples].exp().mean(-1).log()  # (B, 7 ** K)
    assert same(oracles.finite_iwae(model, K), (log_q[:, tuples].sum(-1).exp() * of_each).sum(-1))


@given(SEEDS)
@anyhow
def test_more_samples_close_the_gap_from_below(seed):
    model = finite_model(seed)
    steps = [oracles.finite_elbo(model), *(oracles.finite_iwae(model, K) for K in (1, 2, 5, 30, 1000))]
    assert same(steps[0], steps[1]) and all((low < high).all() for low, high in zip(steps[1:], steps[2:]))
    assert (steps[-1] < oracles.finite_evidence(model)).all()
    shifted = FiniteModel(model.log_prior, model.log_likelihood - 1000, model.log_q)
    assert same(oracles.finite_iwae(shifted, 5), steps[3] - 1000)


@given(SEEDS)
@anyhow
def test_states_that_q_never_visits_are_never_drawn(seed):
    model = finite_model(seed)
    seen = [0, 2, 3, 5, 6]
    log_q = torch.full_like(model.log_q, -torch.inf)
    log_q[:, seen] = model.log_q[:, seen].log_softmax(-1)
    fewer = FiniteModel(model.log_prior[:, seen], model.log_likelihood[:, seen], log_q[:, seen])
    same_draws = FiniteModel(model.log_prior, model.log_likelihood, log_q)
    assert same(oracles.finite_iwae(same_draws, 3), oracles.finite_iwae(fewer, 3))


@given(SEEDS)
@anyhow
def test_the_last_of_the_gap_is_half_the_variance_of_the_weights(seed):
    """A finite model, where the variance is a sum, and K so large that the next term is small."""
    model = finite_model(seed)
    evidence, K = oracles.finite_evidence(model), 10**5
    ratio = (oracles.finite_posterior(model) - model.log_q).exp()
    variance = (model.log_q.exp() * (ratio - 1).square()).sum(-1)
    assert torch.allclose(K * (evidence - oracles.finite_iwae(model, K)), variance / 2, rtol=2e-2, atol=1e-4)


@given(SEEDS)
@anyhow
def test_the_chi_square_divergence_of_gaussians_is_an_integral(seed):
    randn = draws(seed)
    narrow, wide_one = torch.exp(0.4 * randn(2) - 1), torch.exp(0.3 * randn(2) - 0.3)
    p, q = Normal(randn(2), narrow), Normal(randn(2), wide_one + narrow)
    z = torch.linspace(-60, 60, 60001, dtype=torch.float64)[:, None]
    square = torch.trapezoid(torch.exp(2 * p.log_prob(z) - q.log_prob(z)), z[:, 0], dim=0)
    assert same(oracles.chi_square(p, q), square.prod() - 1)
    assert same(oracles.chi_square(p, p), 0.0) and oracles.chi_square(q, Normal(q.mean, 0.7 * q.stddev)) == math.inf


# --- integrals: grid, Gauss-Hermite nodes, closed forms ---


def bent(seed):
    """A decoder with one code dimension, four x that it drew, and more numbers; noise that nodes can follow."""
    randn = draws(seed)
    decoder = BentDecoder(randn(3, 1), 0.2 * randn(3, 1), 1.3)
    return decoder, decoder(randn(4, 1)) + decoder.sigma * randn(4, 3), randn


@given(SEEDS)
@anyhow
def test_a_grid_and_hermite_nodes_agree_on_a_bent_decoder(seed):
    decoder, x, _ = bent(seed)
    grid, nodes = oracles.on_grid(x, decoder), oracles.on_hermite_nodes(x, decoder, nodes=250)
    assert same(oracles.finite_evidence(grid), oracles.finite_evidence(nodes))


@given(SEEDS)
@anyhow
def test_hermite_nodes_in_two_dimensions_are_two_grids_when_the_codes_do_not_meet(seed):
    """Two decoders side by side: the evidence of both together is the sum of theirs."""
    randn = draws(seed)
    parts = [BentDecoder(randn(2, 1), 0.2 * randn(2, 1), 1.8) for _ in range(2)]
    x = [part(randn(3, 1)) + 1.8 * randn(3, 2) for part in parts]
    both = BentDecoder(*(torch.block_diag(*(getattr(part, name) for part in parts)) for name in ("_A", "_B")), 1.8)
    nodes = oracles.on_hermite_nodes(torch.cat(x, -1), both, nodes=150)
    apart = sum(oracles.finite_evidence(oracles.on_grid(own, part)) for own, part in zip(x, parts))
    assert same(oracles.finite_evidence(nodes), apart)


@given(SEEDS)
@anyhow
def test_the_terms_of_a_gaussian_q_agree_whatever_the_rule(seed):
    decoder, x, randn = bent(seed)
    mu, std = randn(4), torch.exp(0.3 * randn(4) - 0.7)
    grid, nodes = (way(x, decoder, mu, std) for way in (oracles.on_grid, oracles.on_hermite_nodes))
    price = kl_divergence(Normal(mu, std), Normal(*wide(0, 1)))
    for model in (grid, nodes):
        assert same(oracles.finite_terms(model)[1], price)
        assert same(oracles.finite_elbo(model), oracles.finite_terms(model)[0] - price)
    assert same(oracles.finite_terms(grid)[0], oracles.finite_terms(nodes)[0])
    assert same(oracles.finite_gap(grid), oracles.finite_evidence(grid) - oracles.finite_elbo(grid))


def tilted_plane(seed, x_dim, z_dim):
    randn = draws(seed)
    W, sigma = randn(x_dim, z_dim), 0.8
    return W, sigma, randn(4, z_dim) @ W.T + sigma * randn(4, x_dim), randn


def dense_posterior(x, W, sigma):
    """Mean and covariance of z given x by conditioning the joint Gaussian of (z, x)."""
    cross, inner = W.T, W @ W.T + sigma**2 * torch.eye(len(W)).double()
    return x @ (cross @ inner.inverse()).T, torch.eye(W.shape[1]).double() - cross @ inner.inverse() @ cross.T


@pytest.mark.parametrize("z_dim", [1, 2])
@given(seed=SEEDS)
@anyhow
def test_the_closed_forms_are_what_hermite_nodes_give(seed, z_dim):
    W, sigma, x, randn = tilted_plane(seed, 3, z_dim)
    mu, std = randn(4, z_dim), torch.exp(0.3 * randn(4, z_dim) - 0.7)
    at_q = oracles.on_hermite_nodes(x, plane(W, sigma), mu, std, nodes=12)
    assert same(oracles.plane_elbo(x, W, sigma, mu, std), oracles.finite_elbo(at_q))
    posterior = oracles.plane_posterior(x, W, sigma)
    spread = posterior.variance.sqrt().expand(4, z_dim)
    near = oracles.on_hermite_nodes(x, plane(W, sigma), posterior.mean, 1.2 * spread, nodes=150 if z_dim == 1 else 100)
    assert same(oracles.plane_evidence(x, W, sigma), oracles.finite_evidence(near))


@given(seed=SEEDS)
@anyhow
def test_the_evidence_of_a_plane_is_the_log_density_of_its_covariance(seed):
    W, sigma, x, _ = tilted_plane(seed, 7, 3)
    dense = MultivariateNormal(torch.zeros(7).double(), W @ W.T + sigma**2 * torch.eye(7).double())
    assert same(oracles.plane_evidence(x, W, sigma), dense.log_prob(x))


@given(seed=SEEDS)
@anyhow
def test_the_posterior_of_a_plane_is_the_conditioned_joint(seed):
    W, sigma, x, randn = tilted_plane(seed, 5, 3)
    posterior = oracles.plane_posterior(x, W, sigma)
    mean, covariance = dense_posterior(x, W, sigma)
    assert same(posterior.mean, mean) and all(same(one, covariance) for one in posterior.covariance_matrix)
    z = randn(4, 3)  # Bayes' rule at any z
    joint = plane(W, sigma).log_likelihood(x, z) + Normal(*wide(0, 1)).log_prob(z).sum(-1)
    assert same(joint - posterior.log_prob(z), oracles.plane_evidence(x, W, sigma))


@given(seed=SEEDS)
@anyhow
def test_the_bound_of_a_plane_lacks_the_divergence_to_the_posterior(seed):
    W, sigma, x, randn = tilted_plane(seed, 5, 3)
    mu, std = randn(4, 3), torch.exp(0.3 * randn(4, 3) - 0.7)
    q = MultivariateNormal(mu, torch.diag_embed(std.square()))
    gap = kl_divergence(q, oracles.plane_posterior(x, W, sigma))
    assert same(oracles.plane_evidence(x, W, sigma) - oracles.plane_elbo(x, W, sigma, mu, std), gap)


@given(seed=SEEDS)
@anyhow
def test_no_diagonal_q_has_a_smaller_gap(seed):
    W, sigma, x, randn = tilted_plane(seed, 5, 3)
    posterior = oracles.plane_posterior(x, W, sigma)
    std = posterior.precision_matrix.diagonal(dim1=-2, dim2=-1).rsqrt()
    evidence = oracles.plane_evidence(x, W, sigma)
    best = oracles.plane_elbo(x, W, sigma, posterior.mean, std)
    assert same(evidence - best, torch.full_like(best, oracles.plane_gap(W, sigma)))
    nudged = oracles.plane_elbo(x, W, sigma, posterior.mean + 0.05 * randn(4, 3), std * torch.exp(0.05 * randn(4, 3)))
    assert (nudged < best).all()


@given(seed=SEEDS)
@anyhow
def test_the_posterior_on_a_grid_has_area_one_and_the_moments_of_the_closed_form(seed):
    W, sigma, x, _ = tilted_plane(seed, 3, 1)
    density, mean, std = oracles.posterior_on_grid(x, plane(W, sigma))
    posterior = oracles.plane_posterior(x, W, sigma)
    assert same(torch.trapezoid(density, oracles.WIDE[:, 0]), torch.ones(4))
    assert same(mean, posterior.mean[:, 0]) and same(std, posterior.stddev[:, 0])
    assert same(density, posterior.log_prob(oracles.WIDE[:, None]).exp().T)


def test_a_plane_without_overlap_has_no_gap():
    square = torch.linalg.qr(draws(0)(5, 3))[0] * wide(0.5, 1.0, 2.0)
    assert same(oracles.plane_gap(square, 0.7), 0.0)


def test_hermite_nodes_converge():
    x, bumpy = wide(0.9, 0.625)[None], hammock()
    truth = oracles.finite_evidence(oracles.on_grid(x, bumpy))
    errors = [
        abs(oracles.finite_evidence(oracles.on_hermite_nodes(x, bumpy, nodes=nodes)) - truth).item()
        for nodes in (10, 20, 40, 80, 160)
    ]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-3
    placed = oracles.on_hermite_nodes(x, bumpy, 1.41, 0.28, nodes=100)
    assert same(oracles.finite_evidence(placed), truth)


# --- numbers that were published or are printed in a lesson ---


def test_the_golden_case_in_one_dimension():
    W, sigma, x, mu, std = wide(1, 0.5)[:, None], 0.5, wide(1.2, -0.3)[None], wide(0.5)[None], wide(0.3).sqrt()[None]
    posterior = oracles.plane_posterior(x, W, sigma)
    assert same(posterior.mean[0], [0.7]) and same(posterior.variance[0], [1 / 6])
    q = (mu[:, 0], std[:, 0])
    for model in (oracles.on_grid(x, plane(W, sigma), *q), oracles.on_hermite_nodes(x, plane(W, sigma), mu, std)):
        expected, price = oracles.finite_terms(model)
        assert close(oracles.finite_evidence(model), -2.9374624399, 10)
        assert close(expected, -2.7865827053, 10) and close(price, 0.3769864022, 10)
        assert close(oracles.finite_elbo(model), -3.1635691075, 10)
        assert close(oracles.finite_gap(model), 0.2261066675, 10)
    assert close(oracles.plane_evidence(x, W, sigma), -2.9374624399, 10)
    assert close(oracles.plane_elbo(x, W, sigma, mu, std), -3.1635691075, 10)


def test_two_samples_in_the_golden_case_tighten_the_bound_by_a_known_amount():
    """The average, over pairs of draws from q, of the log of the mean of their two weights."""
    x, decoder = wide(1.2, -0.3)[None], plane(wide(1, 0.5)[:, None], 0.5)
    at_q = oracles.on_hermite_nodes(x, decoder, 0.5, math.sqrt(0.3), nodes=40)
    chance, log_w = at_q.log_q.exp()[0], (at_q.log_joint - at_q.log_q)[0]
    of_two = torch.logaddexp(log_w[:, None], log_w) - math.log(2)
    assert close(chance @ of_two @ chance, -3.01530170, 8)
    for model in (at_q, oracles.on_grid(x, decoder, 0.5, math.sqrt(0.3))):
        assert close(oracles.finite_iwae(model, 2), -3.01530170, 8)


@pytest.mark.parametrize(
    ("variance", "half_chi_square", "gaps"),
    [
        (0.5, 0.1742, (0.2873, 0.1146, 0.0387, 0.0183, 0.0035)),
        (0.2, 6.8946, (0.2954, 0.2137, 0.1303, 0.0859, 0.0291)),
        (0.15, math.inf, (0.3643, 0.2846, 0.1956, 0.1428, 0.0641)),
    ],
)
def test_the_gaps_of_many_samples_on_the_line(variance, half_chi_square, gaps):
    model, posterior = on_line(0.6, math.sqrt(variance)), Normal(wide(1), wide(1 / 3).sqrt())
    evidence = oracles.finite_evidence(model)
    found = [evidence - oracles.finite_iwae(model, K) for K in (1, 2, 5, 10, 50)]
    assert all(close(gap, printed, 4) for gap, printed in zip(found, gaps, strict=True)), found
    divergence = oracles.chi_square(posterior, Normal(wide(0.6), wide(variance).sqrt()))
    assert divergence == half_chi_square or close(divergence / 2, half_chi_square, 4)


PROBE_L = {
    "W": wide([1, 0.5], [-0.3, 0.8], [0.6, -0.2]), "sigma": math.sqrt(0.4),
    "x": wide([0.9, -0.5, 0.7], [-0.4, 0.3, 1.2]) - wide(0.1, -0.2, 0.3),
}
NOISE = wide([[0.5, -1.2], [1.3, 0.4], [-0.7, 0.9], [-0.2, -0.3]], [[-1.1, 0.6], [0.2, 1.5], [0.8, -0.9], [-0.4, 0.1]])


def test_a_linear_model_with_two_codes_has_its_published_numbers():
    W, sigma, x = PROBE_L["W"], PROBE_L["sigma"], PROBE_L["x"]
    posterior = oracles.plane_posterior(x, W, sigma)
    mu, std = posterior.mean + wide(0.3, -0.2), torch.exp(0.5 * wide([-1, -1.4], [-1.3, -0.8]))
    evidence, bound = oracles.plane_evidence(x, W, sigma), oracles.plane_elbo(x, W, sigma, mu, std)
    assert close(evidence.mean(), -3.6841, 4) and close(bound.mean(), -4.0193, 4)
    at_q = oracles.on_hermite_nodes(x, plane(W, sigma), mu, std, nodes=80)
    assert same(oracles.finite_elbo(at_q), bound)
    gap = kl_divergence(MultivariateNormal(mu, torch.diag_embed(std.square())), posterior)
    assert close(gap.mean(), 0.3351, 4) and same(gap, evidence - bound)

    q, prior = Independent(Normal(mu, std), 1), Independent(Normal(torch.zeros(2).double(), 1), 1)
    z = mu + std * NOISE.transpose(0, 1)  # (K, B, Z)
    log_w = plane(W, sigma).log_likelihood(x, z) + prior.log_prob(z) - q.log_prob(z)
    assert close(log_w.mean(), -3.8869, 4) and close((log_w.logsumexp(0) - math.log(4)).mean(), -3.6127, 4)
    noise_forgotten = plane(W, sigma).log_likelihood(x, mu) - kl_divergence(q, prior)
    assert close(noise_forgotten.mean(), -3.0344, 4)


def on_line(mu, std):
    return oracles.on_grid(wide(1.5)[None], line(), mu, std)


@pytest.mark.parametrize(
    ("mu", "variance", "elbo", "price"),
    [(0, 1, -3.8224, 0), (0.6, 0.2, -2.1671, 0.5847), (1, 0.2, -1.9271, 0.9047), (1, 1 / 3, -1.8717, 0.7160)],
)
def test_the_line_of_the_lessons(mu, variance, elbo, price):
    model = on_line(mu, math.sqrt(variance))
    assert close(oracles.finite_elbo(model), elbo, 4) and close(oracles.finite_terms(model)[1], price, 4)
    assert close(oracles.finite_evidence(model), -1.8717, 4)


def test_the_hammock_of_the_lessons():
    x = wide([0.9, 0.625], [0, 1])
    density, mean, std = oracles.posterior_on_grid(x, hammock())
    evidence = oracles.finite_evidence(oracles.on_grid(x, hammock()))
    assert close(evidence[0], -2.1523, 4) and close(std[0], 0.20, 2) and close(mean[0], 1.412, 3)
    assert same(mean[1], 0.0) and close(density[1].max(), 0.927, 3)
    assert close(density[1, len(oracles.WIDE) // 2], 0.0020, 4)
    assert close(oracles.WIDE[density[1].argmax()].abs(), 1.45, 2)
    grids = [torch.linspace(-6, 6, points)[:, None] for points in (61, 21)]
    coarse = [oracles.finite_evidence(oracles.on_grid(x[:1], hammock(), z=z)) for z in grids]
    assert close(coarse[0], -2.1523, 4) and close(evidence[0] - coarse[1], 0.28, 2)
    mean_of_logs, _ = oracles.finite_terms(oracles.on_grid(x[:1], hammock()))  # over the prior
    assert close(mean_of_logs, -10.88, 2)


def test_one_bump_is_cheaper_than_the_middle():
    x, evidence = wide(0, 1)[None], oracles.finite_evidence(oracles.on_grid(wide(0, 1)[None], hammock()))
    mu, std = torch.cartesian_prod(torch.linspace(0, 1.6, 33), torch.linspace(0.1, 1.2, 89)).double().T
    gaps = evidence - oracles.finite_elbo(oracles.on_hermite_nodes(x.expand(len(mu), 2), hammock(), mu, std, nodes=12))
    assert gaps.min().item() == pytest.approx(0.716, abs=2e-3)
    assert gaps[mu == 0].min().item() == pytest.approx(2.891, abs=2e-3)


@pytest.mark.parametrize(
    ("W", "variance", "x", "printed"),
    [((0.8, 0.4), 0.2, (1, -0.2), -2.3372), ((1.2, 0.5), 0.2, (-1, 0.25), -2.4791), ((0.8,), 0.2, (1,), -1.4270)],
)
def test_the_planes_of_the_lessons(W, variance, x, printed):
    assert close(oracles.plane_evidence(wide(*x)[None], wide(*W)[:, None], math.sqrt(variance)), printed, 4)


def test_the_diagonal_gap_of_the_lessons():
    assert close(oracles.plane_gap(wide([1, 0.8], [0, 0.6], [0.5, -0.3]), math.sqrt(0.4)), 0.0943, 4)


@pytest.mark.parametrize(
    ("probabilities", "printed"),
    [
        (((0.5, 0.3, 0.2), (0.2, 0.6, 0.9), (0.25, 0.5, 0.25)), (-0.7765, -0.6841, 0.1379, -0.8220, 0.0455)),
        (((0.6, 0.3, 0.1), (0.1, 0.5, 0.8), (0.2, 0.5, 0.3)), (-1.2379, -0.8740, 0.3653, -1.2393, 0.0014)),
    ],
)
def test_the_tables_of_the_lessons(probabilities, printed):
    model = FiniteModel.from_probabilities(*map(list, probabilities))
    found = by_oracle(model)
    found = found["evidence"], *found["terms"][0], found["elbo"], found["gap"]
    assert all(close(value, number, 4) for value, number in zip(found, printed, strict=True))


@pytest.mark.parametrize("sigma", [0.3, 1.1])
def test_the_best_plane_is_where_an_optimiser_ends(sigma):
    """The dense log-density, maximised over W and the mean; with the wider noise one direction of three is below it."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(60, 5, generator=generator, dtype=torch.float64) * torch.tensor([2.5, 1.7, 1.0, 0.8, 0.6], dtype=torch.float64) + 1
    W = torch.randn(5, 3, generator=generator, dtype=torch.float64).requires_grad_()
    mean = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([W, mean], max_iter=2000, tolerance_grad=1e-10, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = -MultivariateNormal(mean, W @ W.T + sigma**2 * torch.eye(5).double()).log_prob(x).mean()
        value.backward()
        return value

    optimizer.step(loss)
    assert same(torch.tensor(-loss().item()), torch.tensor(oracles.best_plane_evidence(x, 3, sigma)))


# --- a chain of noise over Gaussian data ---


def chain(seed, T=6):
    """A variance of the data, a path, and reverse variances that are not the best ones."""
    randn = draws(seed)
    kept = 1 - 0.5 * torch.sigmoid(randn(T))
    alpha_bar = torch.cat([wide(1.0), kept.cumprod(0)])
    return float(torch.exp(randn(1))), alpha_bar, torch.exp(0.5 * randn(T)) * (1 - kept)


def joint_of_the_data(variance, alpha_bar):
    """The covariance of x_0, ..., x_T, each a sum of x_0 and the noise of every step before."""
    T = len(alpha_bar) - 1
    rows = torch.zeros(T + 1, T + 1).double()  # in terms of x_0 and T noises
    rows[0, 0] = variance**0.5
    for t in range(1, T + 1):
        kept = alpha_bar[t] / alpha_bar[t - 1]
        rows[t] = kept.sqrt() * rows[t - 1]
        rows[t, t] = (1 - kept).sqrt()
    return rows @ rows.T


def joint_of_the_model(covariance, reverse):
    """The covariance of a chain that begins at N(0, 1) and whose steps back are the regressions of these data."""
    T = len(reverse)
    rows = torch.zeros(T + 1, T + 1).double()
    rows[T, T] = 1.0
    for t in range(T, 0, -1):
        rows[t - 1] = covariance[t - 1, t] / covariance[t, t] * rows[t]
        rows[t - 1, t - 1] = reverse[t - 1].sqrt()
    return rows @ rows.T


@given(SEEDS)
@anyhow
def test_the_gap_of_a_chain_is_the_divergence_of_two_joint_gaussians(seed):
    variance, alpha_bar, reverse = chain(seed)
    q = joint_of_the_data(variance, alpha_bar)
    p = joint_of_the_model(q, reverse)
    none = torch.zeros(len(q)).double()
    whole = kl_divergence(MultivariateNormal(none, q), MultivariateNormal(none, p))
    assert same(oracles.chain_gap(variance, alpha_bar, reverse), whole)
    conditional = torch.stack([q[t - 1, t - 1] - q[t - 1, t] ** 2 / q[t, t] for t in range(1, len(q))])
    assert same(oracles.chain_variances(variance, alpha_bar), conditional)


@pytest.mark.parametrize("T", [5, 10, 100, 1000])
def test_a_chain_with_the_exact_reverse_variances_loses_nothing_but_its_end(T):
    path = thinned(ddpm_path(), T)
    assert oracles.chain_gap(0.25, path, oracles.chain_variances(0.25, path)) < 1e-8


def test_the_gap_with_the_variance_of_the_step_forward_falls_like_one_over_the_steps():
    """The path of 1,000 steps, thinned: every (1000 / T)-th of its points."""
    gap = {}
    for T in (10, 100, 200, 500, 1000):
        path = thinned(ddpm_path(), T)
        gap[T] = oracles.chain_gap(0.25, path, 1 - path[1:] / path[:-1])
    assert close(gap[10], 0.0938, 4) and close(gap[100], 0.0108, 4) and close(gap[1000], 0.00109, 5)
    steady = [T * value for T, value in gap.items() if T >= 100]
    assert max(steady) < 1.02 * min(steady)


@pytest.mark.parametrize("T", [4, 30])
def test_the_bound_of_the_library_has_the_gap_of_the_oracle(T):
    path = even_path(T, first=50.0, last=0.02)
    generator = torch.Generator().manual_seed(T)
    x0 = 0.5 * torch.randn(20_000, 1, generator=generator, dtype=torch.float64)
    eps = torch.randn(T, 20_000, 1, generator=generator, dtype=torch.float64)

    def predict(xt, t):
        left = path[t][:, None]
        return left.sqrt() * 0.25 / (0.25 * left + 1 - left) * xt

    short = Normal(0.0, 0.5).log_prob(x0).squeeze(-1) - toolbox.diffusion_bound(x0, predict, path, eps)
    reverse = toolbox.reverse_posterior(x0[:1].expand(T, 1), x0[:1].expand(T, 1), torch.arange(1, T + 1), path)[1]
    reverse[0] = 1 - path[1]
    error = short.std() / len(short) ** 0.5
    assert abs(short.mean() - oracles.chain_gap(0.25, path, reverse)) < 5 * error
