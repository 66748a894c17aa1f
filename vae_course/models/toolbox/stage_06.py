"""What stage 06 teaches: what a nat of code costs, and how to see whether the code is used."""

import torch


def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """How many latent dimensions have a posterior mean that varies over the data with a variance above the threshold.

    mu: (N, Z), posterior means. Source: Burda, Grosse and Salakhutdinov, 2015, section 5.2.
    """
    return int(torch.count_nonzero(torch.var(mu, dim=0) > threshold))
