"""Large linear layers multiplied by oneDNN, which on many processors is twice as fast as the BLAS that torch calls by itself.

The products are the same ones, in float32; only the order of the additions in them differs, so results agree to rounding.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

WEIGHTS, ROWS = 100_000, 64  # smaller layers or batches gain nothing


def _product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """a b' + bias. a: (N, M), b: (P, M), bias: (P,). Returns (N, P)."""
    return torch.ops.mkldnn._linear_pointwise(a, b, bias, "none", [], "")


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        to_x, to_weight, to_bias = ctx.needs_input_grad
        return (
            _product(grad, weight.T) if to_x else None,
            _product(grad.T, x.T) if to_weight else None,
            grad.sum(0) if to_bias else None,
        )


def _forward(layer: nn.Linear, x: Tensor) -> Tensor:
    if x.dim() != 2 or len(x) < ROWS or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
        return F.linear(x, layer.weight, layer.bias)
    return _Linear.apply(x, layer.weight, layer.bias)


@contextmanager
def quick_layers(model: nn.Module) -> Iterator[None]:
    """While it lasts, the large nn.Linear layers of `model` multiply by oneDNN, where this torch and processor have it.

    Gradients of gradients through these layers raise RuntimeError.
    """
    there = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    large = [
        layer for layer in model.modules()
        if there and type(layer) is nn.Linear and "forward" not in vars(layer)
        and layer.weight.numel() >= WEIGHTS and layer.weight.device.type == "cpu" and layer.weight.dtype == torch.float32
    ]
    for layer in large:
        layer.forward = functools.partial(_forward, layer)
    try:
        yield
    finally:
        for layer in large:
            del layer.forward
