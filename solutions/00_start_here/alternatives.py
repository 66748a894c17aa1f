"""Right answers to stage 00 in other styles: they must pass."""

import numpy as np
import torch

from vae_course.checks.bank import right


@right("shift")
def unsqueeze(x, by):
    return by.unsqueeze(-1) + x


@right("shift")
def transpose_twice(x, by):
    return (x.T + by).T


@right("shift")
def row_by_row(x, by):
    return torch.stack([row + amount for row, amount in zip(x, by)])


@right("shift")
def in_place_on_a_copy(x, by):
    out = x.clone()
    for i in range(len(by)):
        out[i] += by[i]
    return out


@right("shift")
def outer_product(x, by):
    return x + torch.outer(by, torch.ones(x.shape[1], dtype=x.dtype))


@right("shift")
def through_numpy(x, by):
    return torch.from_numpy(x.numpy() + by.numpy()[:, np.newaxis])


@right("shift")
def in_place_on_the_argument(x, by):
    x += by.view(-1, 1)
    return x


@right("shift")
def einsum_with_ones(x, by):
    return x + torch.einsum("b,d->bd", by, torch.ones_like(x[0]))
