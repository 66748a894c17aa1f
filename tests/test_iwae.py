"""Stage 07's toolbox against quadrature and closed forms."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from vae_course.models.linear_model import LinearModel
from vae_course.models.toolbox.stage_07 import (
    doubly_reparameterized_gradient, effective_sample_size, gradient_snr, iwae_bound, iwae_loss, log_evidence, log_weights,
)

NODES = 40


@pytest.fixture
def line():
    """One latent, two pixels; q = N(0.5, 0.3) at x = (1.2, -0.3), where the posterior is N(0.7, 1/6)."""
    model = LinearModel(2, 1, sigma=0.5).double()
    with torch.no_grad():
        for weight, value in zip(model.parameters(), ([[0.0, 0]], [0.5], [[0.0, 0]], [math.log(0.3)], [[1.0], [0.5]], [0.0, 0])):
            weight.copy_(torch.tensor(value, dtype=torch.float64))
    return model, torch.tensor([[1.2, -0.3]], dtype=torch.float64)


def evidence(model, x):
    W, b = model.to_x.weight, model.to_x.bias
    return MultivariateNormal(b, W @ W.T + model.sigma**2 * torch.eye(model.x_dim).double()).log_prob(x).detach()


def pairs():
    """Gauss-Hermite nodes for two standard normal numbers, (2, n, 1), and their weights, (n,)."""
    off = torch.arange(1.0, NODES).double().sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    share = vectors[0].square()
    return torch.cartesian_prod(nodes, nodes).T[..., None], torch.outer(share, share).flatten()


def test_the_average_bound_of_two_samples_lies_between_the_elbo_and_the_evidence(line):
    model, x = line
    eps, share = pairs()
    log_w = log_weights(x.expand(len(share), -1), model, eps)
    elbo, bound = (share @ log_w[0]).item(), (share @ iwae_bound(log_w)).item()
    assert elbo == pytest.approx(-3.1635691075, abs=1e-9)
    assert bound == pytest.approx(-3.01530170, abs=1e-6)
    assert elbo < bound < evidence(model, x).item()


def test_the_doubly_reparameterized_gradient_is_the_ordinary_one_on_average(line):
    model, x = line
    eps, share = pairs()
    x = x.expand(len(share), -1)
    d_mu, d_logvar = doubly_reparameterized_gradient(x, model, eps)
    bound = share @ iwae_bound(log_weights(x, model, eps))
    ordinary = torch.autograd.grad(bound, (model.to_mu.bias, model.to_logvar.bias))
    torch.testing.assert_close(share @ d_mu, ordinary[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(share @ d_logvar, ordinary[1], atol=1e-6, rtol=0)


def test_the_loss_has_the_gradient_of_the_bound_and_its_value(line):
    model, x = line
    eps = torch.randn(11, 1, 1, generator=torch.Generator().manual_seed(0)).double()
    assert iwae_loss(x, model, eps).item() == pytest.approx(-iwae_bound(log_weights(x, model, eps)).item())


@pytest.fixture
def exact():
    """A linear-Gaussian model with the encoder that gives its posterior, and data."""
    torch.manual_seed(0)
    model = LinearModel(7, 3, sigma=0.6).double()
    model.to_x.weight.data = torch.linalg.qr(model.to_x.weight.data).Q * torch.tensor([0.5, 1.0, 2.0])
    model.encode_exactly()
    return model, torch.randn(5, 7).double()


@pytest.mark.parametrize(("K", "chunk"), [(1, 1), (11, 3), (11, 11), (11, 50), (12, 4)])
def test_at_the_posterior_the_evidence_is_exact_for_every_noise(exact, K, chunk):
    model, x = exact
    torch.testing.assert_close(log_evidence(x, model, K, chunk), evidence(model, x))


def test_beside_the_posterior_many_samples_come_close_to_the_evidence(exact):
    model, x = exact
    with torch.no_grad():
        model.to_mu.bias.add_(0.3)
        model.to_logvar.bias.add_(0.4)
    generator = torch.Generator().manual_seed(0)
    one, many = (log_evidence(x, model, K, 500, generator) for K in (1, 20_000))
    torch.testing.assert_close(many, evidence(model, x), atol=0.03, rtol=0)
    assert (one - evidence(model, x)).abs().mean() > 0.1 and not many.requires_grad


def test_effective_samples_of_known_weights():
    weights = torch.tensor([[3.0, 1, 1], [1, 1, 0], [0, 1, 0]]).double()
    torch.testing.assert_close(effective_sample_size(weights.log()), torch.tensor([1.6, 3, 1]).double())
    assert effective_sample_size(torch.tensor([[-2.0], [-4], [-3]])).item() == pytest.approx(1.959, abs=1e-3)


def test_the_ratio_of_signal_to_noise():
    assert gradient_snr(torch.tensor([[2.0], [4], [9]])).item() == pytest.approx(1.387, abs=1e-3)
    assert gradient_snr(torch.tensor([[-2.0], [-4], [-9]])).item() == pytest.approx(1.387, abs=1e-3)
