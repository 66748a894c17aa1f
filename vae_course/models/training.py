"""One training loop: minibatches of a tensor, Adam, a number of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor


def fit(
    parameters: Iterable[Tensor], loss: Callable[[Tensor], Tensor], data: Tensor, steps: int, *,
    batch_size: int = 64, lr: float = 1e-3, generator: torch.Generator | None = None,
) -> None:
    """Take `steps` steps of Adam on `loss(batch)`, batches of rows of `data` drawn in a fresh order each epoch.

    loss: maps a batch to a tensor without axes. Rows left over at the end of an epoch, fewer than a batch, wait for the next.
    """
    if not 0 < batch_size <= len(data):
        raise ValueError(f"batch_size is {batch_size}; it must be between 1 and the {len(data)} rows of the data.")
    optimizer = torch.optim.Adam(list(parameters), lr=lr, fused=True)
    per_epoch = len(data) // batch_size
    for step in range(steps):
        if step % per_epoch == 0:
            shuffled = data[torch.randperm(len(data), generator=generator)]
        start = step % per_epoch * batch_size
        optimizer.zero_grad()
        loss(shuffled[start : start + batch_size]).backward()
        optimizer.step()
