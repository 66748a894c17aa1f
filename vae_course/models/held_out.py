"""A model that has never seen one of the ten digits, and pictures to try it on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_course.models.data import digit_labels, digits
from vae_course.models.digit_nets import train_digit_model
from vae_course.models.toolbox.stage_05 import VAE

STEPS = 1500


@dataclass(frozen=True)
class HeldOut:
    """A VAE of nine digits with 8 latents; pictures of the nine that it has not seen, and of the tenth. normal: (N, 64), odd: (M, 64)."""

    model: VAE
    normal: Tensor
    odd: Tensor

    @property
    def pictures(self) -> Tensor:
        """All of them, the normal ones first, (N + M, 64)."""
        return torch.cat([self.normal, self.odd])

    @property
    def is_odd(self) -> Tensor:
        """Whether a row of `pictures` shows the tenth digit, (N + M,)."""
        return torch.arange(len(self.normal) + len(self.odd)) >= len(self.normal)


def without(digit: int) -> HeldOut:
    """Train on the pictures that do not show `digit`. All pictures that do are odd, since the model has seen none of them."""
    (train, test), (shown, unseen) = digits(), digit_labels()
    model = train_digit_model(train[shown != digit], z_dim=8, steps=STEPS)
    return HeldOut(model, test[unseen != digit], torch.cat([train[shown == digit], test[unseen == digit]]))
