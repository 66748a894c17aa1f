"""What the lesson on many samples measures: both gaps of an encoder on the plane of codes, and the ratios of the dial."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_course.explore.k_dial import KS, measured, sentence
from vae_course.models.data import digits
from vae_course.models.decoders import line
from vae_course.models.digit_nets import train_digit_model
from vae_course.models.gaps import evidence_on_a_grid, two_gaps
from vae_course.models.oracles import finite_elbo, finite_evidence, finite_iwae, on_grid, on_hermite_nodes
from vae_course.models.toolbox.stage_07 import log_evidence


@pytest.fixture(scope="module")
def trained():
    """A VAE of digits with two codes, twenty unseen digits, and their gaps."""
    train, test = digits()
    model = train_digit_model(train, z_dim=2, steps=1000)
    return model, test[:20], two_gaps(test[:20], model)


def test_the_grid_agrees_with_nodes_placed_at_the_best_gaussian(trained):
    model, x, gaps = trained
    sigma = 1.5 * torch.exp(0.5 * gaps.logvar)  # wider than the posterior, so that the nodes converge
    nodes = finite_evidence(on_hermite_nodes(x, model.double(), gaps.mu, sigma, nodes=60))
    model.float()
    one_bump = (nodes - gaps.evidence).abs() < 0.01
    assert one_bump.double().mean() > 0.7 and (nodes < gaps.evidence + 0.01).all()


def test_a_finer_and_wider_grid_says_the_same(trained):
    model, x, gaps = trained
    assert torch.allclose(evidence_on_a_grid(x, model, reach=6, points=241), gaps.evidence.float(), atol=5e-3)


def test_many_samples_come_near_the_grid_and_stay_below_on_average(trained):
    model, x, gaps = trained
    estimate = log_evidence(x, model, 2000, 100, torch.Generator().manual_seed(0))
    assert -0.3 < (estimate - gaps.evidence).mean() < 0.02


def test_both_gaps_are_gaps_and_add_up_to_that_of_the_elbo(trained):
    model, x, gaps = trained
    assert (gaps.approximation > 0).all() and (gaps.amortization > -1e-3).all()
    assert gaps.amortization.mean() > gaps.approximation.mean()
    mu, logvar = model.encode(x)
    eps = torch.randn(4000, len(x), 2, generator=torch.Generator().manual_seed(0))
    q = Normal(mu, torch.exp(0.5 * logvar))
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(-1)
    elbo = model.log_likelihood(x, mu + q.stddev * eps).mean(0) - kl
    both = gaps.approximation + gaps.amortization
    assert torch.allclose((gaps.evidence - elbo).double(), both, atol=0.15)


def test_the_best_gaussian_cannot_be_bettered_by_a_small_step(trained):
    model, x, gaps = trained
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        step = 0.1 * torch.randn(2, len(x), 2, generator=generator, dtype=torch.float64)
        mu, logvar = gaps.mu + step[0], gaps.logvar + step[1]
        moved = finite_elbo(on_hermite_nodes(x, model.double(), mu, torch.exp(0.5 * logvar), nodes=16))
        assert (moved < gaps.best + 2e-3).all()
    model.float()


def test_the_dial_shows_the_exact_bound_and_the_laws_of_both_ratios():
    found = {K: measured(K) for K in KS}
    on_line = on_grid(torch.tensor([[1.5]]), line(), 0.6, math.sqrt(0.5))
    for K, (bound, estimates, *_) in found.items():
        assert bound == pytest.approx(finite_iwae(on_line, K).item())
        assert estimates.mean().item() == pytest.approx(bound, abs=4 * estimates.std().item() / 200)
        assert f"K = {K}:" in sentence(K)
    (_, _, encoder, decoder), (_, _, later_encoder, later_decoder) = found[4], found[64]
    assert encoder / later_encoder == pytest.approx(4, rel=0.3) and later_decoder / decoder == pytest.approx(4, rel=0.15)
