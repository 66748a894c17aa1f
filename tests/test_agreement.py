"""The course's numbers are those of other libraries, on the same weights and the same noise."""

import copy
import math

import pytest
import torch
from peers import pyro_programs, pythae_vae, small_vae
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_course.models.data import digits
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.training import _negative_elbo_of, fit

SEED = 5


@pytest.fixture
def batch():
    return digits()[0][:64]


@pytest.fixture
def net(batch):
    """64-128-8, trained a little, so that no term is near 0 by chance."""
    net = small_vae(64, 128, 8)
    fit(net, digits()[0], 200, generator=torch.Generator().manual_seed(0))
    net.zero_grad()
    return net


def noise(*shape):
    """What the other libraries draw after `torch.manual_seed(SEED)`."""
    torch.manual_seed(SEED)
    return torch.randn(shape)


def ours(net, x):
    """The terms of the course's loss, and the gradient of each parameter."""
    net = copy.deepcopy(net)
    torch.manual_seed(SEED)
    terms = _negative_elbo_of(net, x)(x, torch.default_generator)
    terms["loss"].backward()
    return terms, gradients(net)


def gradients(net):
    return {name: parameter.grad.clone() for name, parameter in net.named_parameters()}


def assert_close(one, other):
    one, other = (float(torch.as_tensor(value).detach()) for value in (one, other))
    assert one == pytest.approx(other, rel=1e-5)


def assert_gradients_agree(mine, theirs):
    """To 1e-5 of each tensor's size: an entry that is a difference of large numbers has no digits of its own."""
    assert set(mine) == set(theirs)
    for name in mine:
        assert torch.linalg.norm(mine[name] - theirs[name]) <= 1e-5 * torch.linalg.norm(theirs[name]), name
        assert torch.linalg.norm(theirs[name]) > 1e-4


def test_the_loop_minimises_what_the_toolbox_and_torch_say(net, batch):
    terms, _ = ours(net, batch)
    logits, mu, logvar = net(batch, noise(64, 8))
    q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(torch.zeros(8), torch.ones(8))
    assert_close(terms["recon"], -bernoulli_log_likelihood(batch, logits).mean())
    assert_close(terms["recon"], -Bernoulli(logits=logits).log_prob(batch).sum(-1).mean())
    assert_close(terms["kl"], gaussian_kl(mu, logvar).mean())
    assert_close(terms["kl"], kl_divergence(q, p).sum(-1).mean())
    assert_close(terms["loss"], terms["recon"] + terms["kl"])


# --- pythae ---


@pytest.fixture
def pythae():
    return pytest.importorskip("pythae", reason="pythae is not installed; `pip install '.[compare]'` gives it")


def test_pythae_has_the_same_terms_and_gradients(net, batch, pythae):
    terms, mine = ours(net, batch)
    peer = pythae_vae(net)
    torch.manual_seed(SEED)
    given = peer({"data": batch})
    assert_close(terms["loss"], given.loss)
    assert_close(terms["recon"], given.recon_loss)
    assert_close(terms["kl"], given.reg_loss)
    net.zero_grad()
    given.loss.backward()
    assert_gradients_agree(mine, gradients(net))


# --- Pyro ---


@pytest.fixture
def pyro():
    pyro = pytest.importorskip("pyro", reason="Pyro is not installed; `pip install '.[compare]'` gives it")
    pyro.clear_param_store()
    yield pyro
    pyro.clear_param_store()


def pyro_loss(pyro, name, net, x):
    """Pyro's loss for a batch, averaged over its pictures, and the gradients that it leaves."""
    torch.manual_seed(SEED)
    net.zero_grad()
    loss = getattr(pyro.infer, name)().loss_and_grads(*pyro_programs(net), x) / len(x)
    return loss, {name: gradient / len(x) for name, gradient in gradients(net).items()}


def test_pyro_with_a_closed_form_kl_has_the_same_loss_and_gradients(net, batch, pyro):
    terms, mine = ours(net, batch)
    loss, theirs = pyro_loss(pyro, "TraceMeanField_ELBO", net, batch)
    assert_close(terms["loss"], loss)
    assert_gradients_agree(mine, theirs)


def test_pyro_with_every_term_sampled_has_the_loss_written_out(net, batch, pyro):
    """The first estimator of the paper: log q and log p at the sampled code, in place of the closed form."""
    loss, theirs = pyro_loss(pyro, "Trace_ELBO", net, batch)
    net.zero_grad()
    eps = noise(64, 8)
    logits, mu, logvar = net(batch, eps)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_ratio = (Normal(mu, torch.exp(0.5 * logvar)).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1)
    mine = (log_ratio - bernoulli_log_likelihood(batch, logits)).mean()
    mine.backward()
    assert_close(mine, loss)
    assert_gradients_agree(gradients(net), theirs)
    terms, _ = ours(net, batch)
    assert abs(mine - terms["loss"]) > 1e-3  # the two estimators are told apart


def test_pyro_has_the_same_kl(net, batch, pyro):
    import pyro.distributions as dist

    terms, _ = ours(net, batch)
    mu, logvar = net.encode(batch)
    q, p = dist.Normal(mu, torch.exp(0.5 * logvar)).to_event(1), dist.Normal(torch.zeros(8), torch.ones(8)).to_event(1)
    assert_close(terms["kl"], kl_divergence(q, p).mean())


# --- the bound with several samples ---


def log_weights(net, x, eps):
    """log p(x, z) - log q(z|x) at K samples. x: (B, D), eps: (K, B, Z). Returns (K, B), in nats."""
    mu, logvar = net.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_ratio = (Normal(0.0, 1.0).log_prob(z) - Normal(mu, torch.exp(0.5 * logvar)).log_prob(z)).sum(-1)
    return Bernoulli(logits=net.decoder(z)).log_prob(x).sum(-1) + log_ratio


def test_pythae_has_the_same_gradient_of_the_iwae_bound_and_another_value(net, batch, pythae):
    """Its loss is the surrogate, the log weights averaged by their own shares, whose gradient is that of the bound."""
    peer = pythae_vae(net, samples=20)
    torch.manual_seed(SEED)
    given = peer({"data": batch})
    given.loss.backward()
    theirs = gradients(net)
    net.zero_grad()
    log_w = log_weights(net, batch, noise(64, 20, 8).transpose(0, 1))
    bound = (torch.logsumexp(log_w, 0) - math.log(20)).mean()
    (-bound).backward()
    assert_gradients_agree(gradients(net), theirs)
    assert_close(-(torch.softmax(log_w, 0) * log_w).sum(0).mean(), given.loss)
    assert abs(-bound - given.loss) > 1e-2


def test_pyros_renyi_elbo_of_order_0_is_the_iwae_bound(net, batch, pyro):
    torch.manual_seed(SEED)
    loss = pyro.infer.RenyiELBO(alpha=0, num_particles=20, vectorize_particles=True, max_plate_nesting=1).loss(
        *pyro_programs(net), batch,
    )
    log_w = log_weights(net, batch, noise(20, 64, 8))
    assert_close(-(torch.logsumexp(log_w, 0) - math.log(20)).mean(), loss / len(batch))
