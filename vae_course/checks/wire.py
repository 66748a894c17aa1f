"""How cases travel to a learner's code and evidence travels back: safetensors, with scalars in its JSON metadata.

Never pickle. The same bytes are used in the live kernel, in a process of its own, and by a grader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import safetensors.torch
import torch

from vae_course.course import CourseError

Value = torch.Tensor | float | int | bool | str
Parcel = Mapping[str, Value]

LIMIT = 4 * 2**20  # bytes of tensors in one parcel


def pack(parcels: Sequence[Parcel], note: object = None) -> bytes:
    """Parcels of tensors and scalars, and a note that JSON can hold, as one block of bytes.

    Raises CourseError when a value is of another type or a parcel is over LIMIT.
    """
    tensors: dict[str, torch.Tensor] = {}
    scalars: list[dict[str, float | int | bool | str | None]] = []
    for index, parcel in enumerate(parcels):
        size = 0
        scalars.append({})
        for key, value in parcel.items():
            if isinstance(value, torch.Tensor):
                plain = value.detach().cpu().as_subclass(torch.Tensor).contiguous().clone()
                size += plain.numel() * plain.element_size()
                tensors[f"{index}/{key}"] = plain
                scalars[-1][key] = None  # holds its place: safetensors keeps no order
            elif isinstance(value, (bool, int, float, str)):
                size += len(value) if isinstance(value, str) else 8
                scalars[-1][key] = value
            else:
                raise CourseError(
                    f"{key!r} is a {type(value).__name__}; only tensors, numbers and text can travel."
                )
        if size > LIMIT:
            raise CourseError(f"A result of {size} bytes is over the limit of {LIMIT}; return less.")
    return safetensors.torch.save(tensors, {"scalars": json.dumps(scalars), "note": json.dumps(note)})


def unpack(data: bytes) -> tuple[list[dict[str, Value]], object]:
    """What `pack` was given: the parcels and the note."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    tensors = safetensors.torch.load(data)
    parcels: list[dict[str, Value]] = [
        {key: tensors[f"{index}/{key}"] if value is None else value for key, value in scalars.items()}
        for index, scalars in enumerate(json.loads(metadata["scalars"]))
    ]
    return parcels, json.loads(metadata["note"])
