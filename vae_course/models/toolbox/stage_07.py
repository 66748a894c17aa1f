"""Stage 07, as later stages use it."""

import math

from torch import Tensor


def iwae_bound(log_w: Tensor) -> Tensor:
    """The log of the mean weight of every image. log_w: (K, B). (B,). Source: Burda et al., 2015."""
    return log_w.logsumexp(0) - math.log(len(log_w))
