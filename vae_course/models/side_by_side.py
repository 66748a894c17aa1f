"""The parameters of a model side by side in one vector, so that an optimiser takes them all in one stride."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def side_by_side(model: nn.Module) -> Iterator[list[nn.Parameter]]:
    """While it lasts, what `model` trains and its gradients are views of a few long vectors, one a dtype and device.

    Gives the vectors, with their gradients at 0. For Adam, without weight decay, a step on them is a step on the parameters; what
    gets no gradient has one of 0. Afterwards the parameters stand alone again, with the values that they came to, and without gradients.
    """
    kinds: dict[tuple, list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            kinds.setdefault((parameter.dtype, parameter.device), []).append(parameter)
    vectors = []
    for alike in kinds.values():
        vector = nn.Parameter(torch.cat([parameter.detach().reshape(-1) for parameter in alike]))
        vector.grad = torch.zeros_like(vector)
        sizes = [parameter.numel() for parameter in alike]
        for parameter, value, gradient in zip(alike, vector.data.split(sizes), vector.grad.split(sizes)):
            parameter.data, parameter.grad = value.view(parameter.shape), gradient.view(parameter.shape)
        vectors.append(vector)
    try:
        yield vectors
    finally:
        for parameter in (parameter for alike in kinds.values() for parameter in alike):
            parameter.data, parameter.grad = parameter.data.clone(), None
