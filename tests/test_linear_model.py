"""The linear models, and the functions and models that cases describe."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from vae_course.models import fixtures
from vae_course.models.linear_model import LinearBernoulliModel, LinearModel
from vae_course.models.toolbox.stage_04 import pathwise_gradient, score_function_gradient, sgvb_a, sgvb_b


@pytest.fixture
def model():
    """A linear-Gaussian model whose columns stand at right angles, with the encoder that gives its posterior."""
    torch.manual_seed(0)
    built = LinearModel(7, 3, sigma=0.6).double()
    built.to_x.weight.data = torch.linalg.qr(built.to_x.weight.data).Q * torch.tensor([0.5, 1.0, 2.0])
    built.encode_exactly()
    return built


def test_at_the_posterior_every_noise_gives_the_evidence(model):
    x, eps = torch.randn(5, 7).double(), torch.randn(11, 5, 3).double()
    W, b = model.to_x.weight, model.to_x.bias
    evidence = MultivariateNormal(b, W @ W.T + model.sigma**2 * torch.eye(7).double()).log_prob(x)
    torch.testing.assert_close(sgvb_a(x, model, eps), evidence)
    torch.testing.assert_close(sgvb_a(x, model, eps[:1]), evidence)


def test_the_two_estimators_of_the_bound_agree_on_average(model):
    x, eps = torch.randn(3, 7).double(), torch.randn(40_000, 3, 3).double()
    torch.testing.assert_close(sgvb_b(x, model, eps), sgvb_a(x, model, eps), atol=0.05, rtol=0)


@pytest.mark.parametrize("kind", [LinearModel, LinearBernoulliModel])
def test_a_case_describes_a_model_whole(kind):
    model = kind(7, 3, 0.5).double()
    again = fixtures.model(fixtures.describe(model))
    x, z = torch.ones(5, 7).double(), torch.randn(11, 5, 3).double()
    assert type(again) is kind
    assert torch.equal(again.log_likelihood(x, z), model.log_likelihood(x, z))
    assert all(torch.equal(a, b) for a, b in zip(again.encode(x), model.encode(x), strict=True))


def test_both_gradients_agree_with_the_formula_on_average():
    """E[z^2] = mu^2 + sigma^2, so its gradients are 2 mu and sigma^2."""
    mu, logvar = torch.tensor([[1.2]]).double(), torch.tensor([[0.25]]).double().log()
    eps = torch.randn(200_000, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for estimate in (pathwise_gradient, score_function_gradient):
        d_mu, d_logvar = estimate(lambda z: z.square().sum(-1), mu, logvar, eps)
        torch.testing.assert_close(torch.cat([d_mu, d_logvar]), torch.tensor([[2.4], [0.25]]).double(), atol=0.07, rtol=0)


def test_a_black_box_has_no_slope():
    f = fixtures.black_box(lambda z: z.sum(-1))
    with pytest.raises(RuntimeError, match="does not require grad"):
        f(torch.ones(2, 3, requires_grad=True)).sum().backward()
