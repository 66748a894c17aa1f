"""How cases travel to a learner's code and evidence travels back: safetensors, with scalars in its JSON metadata.

Never pickle. The same bytes are used in the live kernel, in a process of its own, and by a grader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy
import safetensors.numpy
import safetensors.torch
import torch

from vae_course.course import CourseError

Value = torch.Tensor | float | int | bool | str
Parcel = Mapping[str, Value]

LIMIT = 4 * 2**20  # bytes of tensors in one parcel

_SHARED = {  # types that numpy has as well: its way to bytes is several times shorter than torch's
    torch.float64, torch.float32, torch.float16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
}


def pack(parcels: Sequence[Parcel], note: object = None) -> bytes:
    """Parcels of tensors and scalars, and a note that JSON can hold, as one block of bytes.

    Raises CourseError when a value is of another type or a parcel is over LIMIT.
    """
    tensors: dict[str, torch.Tensor | numpy.ndarray] = {}
    scalars: list[dict[str, float | int | bool | str | None]] = []
    for index, parcel in enumerate(parcels):
        size = 0
        scalars.append({})
        for key, value in parcel.items():
            if isinstance(value, torch.Tensor):
                plain = _array(value)
                if plain is None:
                    plain = value.detach().cpu().as_subclass(torch.Tensor).contiguous().clone()
                size += value.numel() * value.element_size()
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
    told = {"scalars": json.dumps(scalars), "note": json.dumps(note)}
    if all(isinstance(plain, numpy.ndarray) for plain in tensors.values()):
        return safetensors.numpy.save(tensors, told)
    whole = {key: plain if isinstance(plain, torch.Tensor) else torch.from_numpy(plain) for key, plain in tensors.items()}
    return safetensors.torch.save(whole, told)


def carried(parcel: Parcel) -> dict[str, Value]:
    """A parcel as it arrives: what `unpack` gives of what `pack` makes of it. Raises what they raise.

    Bytes are made only where something in it is out of the ordinary: what arrives of the rest is known without them.
    """
    arrived, size = {}, 0
    for key, value in parcel.items():
        plain = _array(value) if isinstance(value, torch.Tensor) else value
        if isinstance(plain, numpy.ndarray) and _is_plain(key):
            size += plain.nbytes
            arrived[key] = torch.from_numpy(plain)
        elif _is_plain(plain) and _is_plain(key):
            size += len(plain) if isinstance(plain, str) else 8
            arrived[key] = plain
        else:
            return unpack(pack([parcel]))[0][0]
    return arrived if size <= LIMIT else unpack(pack([parcel]))[0][0]


def _array(value: torch.Tensor) -> numpy.ndarray | None:
    """A copy of a tensor's numbers; None where torch itself has to make it, or to say why there is none."""
    if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.dtype not in _SHARED:
        return None
    try:
        return value.detach().numpy().copy() if value.nbytes <= LIMIT else None
    except Exception:  # a layout or a device that numpy has not, or a tensor of which torch holds no numbers
        return None


def _is_plain(value: object) -> bool:
    """Whether a scalar comes out of JSON as it went in."""
    kind = type(value)
    return kind in (bool, float) or kind is int and abs(value) < 2**63 or kind is str and value.isascii()


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
