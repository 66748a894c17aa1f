"""What the experiments of stage 08 rest on: sums written out, densities that integrate to 1, counts on small examples."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Categorical, kl_divergence

from vae_course.explore.threshold import threshold_picture
from vae_course.models import held_out, labelled, pigeonholes, priors
from vae_course.models.data import digit_labels, digits


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# --- labels ---


class Templates(nn.Module):
    """A conditional model that is exact: a class has one picture, in logits, and the code says nothing."""

    z_dim = 2

    def __init__(self):
        super().__init__()
        self.logits = torch.randn(10, 7, generator=generator())

    def encode(self, x, y):
        return torch.zeros(len(x), 2), torch.zeros(len(x), 2)

    def prior(self, y):
        return torch.zeros(len(y), 2), torch.zeros(len(y), 2)

    def decode(self, z, y):
        return (y @ self.logits).expand(*z.shape[:-1], -1)


def test_where_the_code_says_nothing_the_evidence_given_a_class_is_its_likelihood():
    x = (torch.rand(6, 7, generator=generator(1)) < 0.5).float()
    model = Templates()
    given = labelled.log_evidence_of_each_class(x, model, 3, generator(2))
    assert torch.allclose(given, Bernoulli(logits=model.logits).log_prob(x[:, None]).sum(-1), atol=1e-5)
    recon, kl = labelled.terms(x, labelled.one_hot(torch.arange(6)), model, 4, generator(3))
    assert torch.allclose(-recon, given.diagonal(), atol=1e-5) and not kl.any()


def test_a_label_lowers_the_kl_and_no_average_information_passes_log_10():
    (train, test), (shown, unseen) = digits(), digit_labels()
    model = labelled.conditional_vae(train, z_dim=8)
    labelled.train(model, train, shown, steps=600)
    given = labelled.log_evidence_of_each_class(test, model, 20, generator())
    told = given.gather(1, unseen[:, None])[:, 0] - given.logsumexp(1) + math.log(10)
    assert 1.5 < told.mean() < math.log(10) and told.max() <= math.log(10) + 1e-5


# --- a digit left out ---


def test_a_model_without_a_digit_is_tried_on_all_pictures_of_it_and_on_unseen_others(monkeypatch):
    monkeypatch.setattr(held_out, "STEPS", 3)
    held = held_out.without(4)
    shown, unseen = digit_labels()
    assert len(held.odd) == int((shown == 4).sum() + (unseen == 4).sum()) and len(held.normal) == int((unseen != 4).sum())
    assert torch.equal(held.pictures[held.is_odd], held.odd) and torch.equal(held.pictures[~held.is_odd], held.normal)


# --- a code of C states ---


def small_model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return pigeonholes.PigeonholeVAE(7, states=4, mean=torch.full((7,), 0.3)).requires_grad_(False)


def test_the_bound_of_pigeonholes_is_the_evidence_less_the_gap():
    model, x = small_model(), (torch.rand(5, 7, generator=generator()) < 0.5).float()
    log_joint = model.of_each_state(x) - math.log(4)
    gap = kl_divergence(Categorical(logits=model.encode(x)), Categorical(logits=log_joint))
    assert torch.allclose(model.elbo(x), log_joint.logsumexp(1) - gap, atol=1e-5)


def test_each_state_is_scored_as_its_one_hot_code():
    model, x = small_model(), (torch.rand(5, 7, generator=generator()) < 0.5).float()
    for state, code in enumerate(torch.eye(4)):
        assert torch.allclose(model.of_each_state(x)[:, state], model.log_likelihood(x, code.expand(5, -1)), atol=1e-5)


def test_pigeonholes_learn_by_the_exact_sum():
    train, test = digits()
    model = pigeonholes.train(train, lambda model, x, noise: model.elbo(x), steps=400)
    assert model.elbo(test).mean() > -22.5


# --- priors ---


@pytest.mark.parametrize("prior", [priors.one_bump(1), priors.bumps_on_the_axes(1, 2.0, 0.5)], ids=["one", "two"])
def test_a_prior_covers_an_area_of_1_and_draws_where_it_says(prior):
    z = torch.linspace(-9, 9, 20_001).unsqueeze(1)
    density = prior.log_prob(z).exp()
    step = 18 / 20_000
    assert float(density.sum() * step) == pytest.approx(1, abs=1e-4)
    variance = float((density * z[:, 0].square()).sum() * step)
    drawn = prior.draw(40_000, generator())
    assert drawn.shape == (40_000, 1) and float(drawn.square().mean()) == pytest.approx(variance, rel=0.03)


def test_a_mixture_fitted_to_two_heaps_finds_them():
    codes = torch.randn(4000, 2, generator=generator()) * 0.3
    codes[:1000] += torch.tensor([3.0, 0.0])
    found = priors.fitted_to(codes, bumps=2)
    order = found.mu[:, 0].argsort()
    assert torch.allclose(found.mu[order], torch.tensor([[0.0, 0.0], [3.0, 0.0]]), atol=0.05)
    assert torch.allclose(found.log_weights[order].exp(), torch.tensor([0.75, 0.25]), atol=0.01)


# --- the figure ---


def test_the_figure_counts_alarms_above_the_threshold():
    scores = {3: (torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.5, 4.0]))}
    words = threshold_picture(scores, 3, 2.2).alt
    assert "2 of 2 odd pictures are caught (100%)" in words and "1 of 3 normal ones raise a false alarm (33%)" in words
    assert "67% of the 3 alarms are true" in words and "AUROC 0.83" in words
    assert "there is no alarm" in threshold_picture(scores, 3, 5.0).alt
