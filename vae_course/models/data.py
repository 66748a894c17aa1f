"""Data that needs no download."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor

TRAIN = 1437  # of 1797 pictures


def digits() -> tuple[Tensor, Tensor]:
    """Handwritten digits of 8 x 8 black and white pixels, as (train, test), always split in the same way.

    Returns float32 tensors of shape (1437, 64) and (360, 64) with the values 0 and 1. Each pixel of the source counts how many
    of 16 fine pixels are inked; here it is 1 from 8 on. Source: Alpaydin and Kaynak, 1998 (UCI), as in scikit-learn.
    """
    counts = torch.from_numpy(load_digits().data)
    pictures = (counts >= 8).float()
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    return pictures[order[:TRAIN]], pictures[order[TRAIN:]]
