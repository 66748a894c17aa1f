"""Tensors in a file that is there whole or not at all, and is read only when it is as it was written.

The format is safetensors, which holds numbers and can run nothing, with a fingerprint of the numbers in its header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from vae_course.course import CourseError
from vae_course.models.files import write_whole


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors to `path`; folders that are absent are made."""
    apart = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}  # the format refuses shared memory
    try:
        write_whole(path, safetensors.torch.save(apart, metadata={"sha256": _fingerprint(apart)}))
    except OSError as error:
        raise CourseError(f"The checkpoint {path} cannot be written ({error.strerror}); name a file in a folder of yours.") from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors that `write_tensors` wrote. CourseError when the file is anything else, or damaged."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            told = (file.metadata() or {}).get("sha256")
    except (OSError, safetensors.SafetensorError) as error:
        raise CourseError(f"{path} is not a checkpoint that can be read ({error}); delete it to train from the start.") from error
    if told != _fingerprint(tensors):
        raise CourseError(f"The checkpoint {path} is damaged: other numbers were written; delete it to train from the start.")
    return tensors


def _fingerprint(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
