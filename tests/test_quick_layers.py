"""Large layers that multiply by another library give the same numbers, to rounding, and are as before afterwards."""

import pytest
import torch
from torch import nn

from vae_course.models import quick_layers as module
from vae_course.models.quick_layers import quick_layers
from vae_course.models.training import fit


def net(inside=400):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(784, inside), nn.ReLU(), nn.Linear(inside, 20), nn.Linear(20, inside), nn.Linear(inside, 784))


def values(model, x):
    x = x.clone().requires_grad_()
    y = model(x)
    y.square().mean().backward()
    return [y.detach(), x.grad, *(p.grad for p in model.parameters())]


@pytest.fixture
def counted(monkeypatch):
    """How often oneDNN is called."""
    calls = []
    product = module._product
    monkeypatch.setattr(module, "_product", lambda *given: (calls.append(1), product(*given))[1])
    return calls


@pytest.mark.parametrize(("rows", "quick"), [(64, 6), (128, 6), (63, 0)])
def test_values_and_gradients_agree_to_rounding(rows, quick, counted):
    x = torch.rand(rows, 784, generator=torch.Generator().manual_seed(1))
    wanted, model = values(net(), x), net()
    with quick_layers(model):
        got = values(model, x)
    for a, b in zip(got, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    assert len(counted) == quick  # forward, and back to input and weight, of two layers


def test_small_layers_other_dtypes_and_other_axes_are_left_alone(counted):
    small, double, model = net(inside=100), net().double(), net()
    with quick_layers(small), quick_layers(double), quick_layers(model):
        values(small, torch.rand(128, 784))
        values(double, torch.rand(128, 784).double())
        model(torch.rand(3, 128, 784))
    assert counted == []


def test_the_layers_are_as_before_also_after_an_error():
    model = net()
    with pytest.raises(KeyError), quick_layers(model):
        assert "forward" in vars(model[0]) and "forward" not in vars(model[2])
        raise KeyError
    assert not [layer for layer in model if "forward" in vars(layer)]


def test_only_what_asks_for_a_gradient_gets_one(counted):
    model = net().requires_grad_(False)
    with quick_layers(model):
        x = torch.rand(64, 784).requires_grad_()
        model(x).sum().backward()
    assert x.grad is not None and model[0].weight.grad is None
    assert len(counted) == 4


def test_training_is_the_same_to_rounding(monkeypatch):
    x = (torch.rand(256, 784, generator=torch.Generator().manual_seed(1)) < 0.2).float()
    trained = []
    for rows in (module.ROWS, 10**9):
        monkeypatch.setattr(module, "ROWS", rows)
        model = net()
        history = fit(
            model, x, 20, loss=lambda batch, _: (model(batch) - batch).square().sum(1).mean(), batch_size=64, log_every=1,
            generator=torch.Generator().manual_seed(0),
        )
        trained.append(torch.tensor(history["loss"]))
    torch.testing.assert_close(trained[0], trained[1], rtol=1e-3, atol=0)
    assert trained[0][-1] < 0.8 * trained[0][0]
