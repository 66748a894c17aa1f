"""Parameters that lie side by side are the same parameters, and stand alone again afterwards."""

import pytest
import torch
from torch import nn

from vae_course.models.side_by_side import side_by_side


def mixed():
    """Weights in two precisions, one of them frozen, one in a transposed layout, and one that no loss sees."""
    torch.manual_seed(0)
    net = nn.ModuleDict({"a": nn.Linear(3, 5), "b": nn.Linear(5, 2).double(), "frozen": nn.Linear(2, 2), "unseen": nn.Linear(2, 2)})
    net["frozen"].requires_grad_(False)
    net["a"].weight.data = net["a"].weight.data.T.contiguous().T
    return net


def loss(net):
    return net["b"](net["a"](torch.linspace(-1, 1, 12).view(4, 3)).double()).square().sum()


def trained(net, parameters, clear, steps=5):
    optimizer = torch.optim.Adam(parameters, lr=0.1, fused=True)
    for _ in range(steps):
        clear()
        loss(net).backward()
        optimizer.step()
    return {name: value.clone() for name, value in net.state_dict().items()}


def test_adam_on_the_vectors_is_adam_on_the_parameters():
    alone, together = mixed(), mixed()
    wanted = trained(alone, alone.parameters(), alone.zero_grad)
    with side_by_side(together) as vectors:
        assert [vector.dtype for vector in vectors] == [torch.float32, torch.float64]
        got = trained(together, vectors, lambda: [vector.grad.zero_() for vector in vectors])
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(got[name], value, rtol=1e-6, atol=1e-7)
        assert torch.equal(together.state_dict()[name], got[name])


def test_the_parameters_are_the_same_objects_with_the_same_values_and_then_stand_alone_even_after_an_error():
    net = mixed()
    before, objects = {name: value.clone() for name, value in net.state_dict().items()}, list(net.parameters())
    with pytest.raises(ZeroDivisionError), side_by_side(net) as vectors:
        assert all(mine is old for mine, old in zip(net.parameters(), objects))
        assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
        vectors[0].data.add_(1)
        assert torch.equal(net["a"].weight, before["a.weight"] + 1)
        raise ZeroDivisionError
    assert torch.equal(net["a"].weight, before["a.weight"] + 1) and torch.equal(net["frozen"].weight, before["frozen.weight"])
    stores = {value.untyped_storage().data_ptr() for value in net.parameters()}
    assert len(stores) == len(objects) and all(value.grad is None for value in net.parameters())
