"""Data: digits that need no download, and MNIST from a folder of the reader's own."""

from __future__ import annotations

import functools
import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path

import torch
from torch import Tensor

from vae_course.course import CourseError

TRAIN = 1437  # of 1797 pictures
MNIST = {  # file: its shape, and the SHA-256 of its uncompressed bytes
    "train-images-idx3-ubyte": ((60000, 28, 28), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "t10k-images-idx3-ubyte": ((10000, 28, 28), "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "train-labels-idx1-ubyte": ((60000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-labels-idx1-ubyte": ((10000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}


def digits() -> tuple[Tensor, Tensor]:
    """Handwritten digits of 8 x 8 black and white pixels, as (train, test), always split in the same way.

    Returns float32 tensors of shape (1437, 64) and (360, 64) with the values 0 and 1. Each pixel of the source counts how many
    of 16 fine pixels are inked; here it is 1 from 8 on. Source: Alpaydin and Kaynak, 1998 (UCI), as in scikit-learn.
    """
    train, test = digit_counts()
    return (train >= 8).float(), (test >= 8).float()


def digit_counts() -> tuple[Tensor, Tensor]:
    """The digits of `digits()` in grey, in the same order: how many of 16 fine pixels are inked, in each of 8 x 8 pixels.

    Returns float32 tensors of shape (1437, 64) and (360, 64) with the whole numbers 0 to 16, data for a Binomial(16) likelihood.
    """
    return _split(torch.from_numpy(_scanned().data).float())


def digit_labels() -> tuple[Tensor, Tensor]:
    """Which digit each picture of `digits()` shows, as (train, test): int64 tensors of shape (1437,) and (360,)."""
    return _split(torch.from_numpy(_scanned().target).long())


@functools.cache
def _scanned():
    from sklearn.datasets import load_digits  # takes most of a second to import, and probes import this file

    return load_digits()


def _split(rows: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    return rows[order[:TRAIN]], rows[order[TRAIN:]]


def mnist(folder: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """MNIST in grey, as (train, test), from `folder`, or from the one that the environment variable VAE_COURSE_MNIST names.

    Returns float32 tensors of shape (60000, 784) and (10000, 784) with values from 0 to 1. The folder holds the four IDX files,
    raw or with `.gz`; CourseError says what is wrong with it. Source: LeCun, Cortes and Burges, 1998.
    """
    return tuple(_mnist_file(f"{part}-images-idx3-ubyte", folder).flatten(1).float() / 255 for part in ("train", "t10k"))


def mnist_labels() -> tuple[Tensor, Tensor]:
    """Which digit each picture of `mnist()` shows, as (train, test): int64 tensors of shape (60000,) and (10000,)."""
    return tuple(_mnist_file(f"{part}-labels-idx1-ubyte").long() for part in ("train", "t10k"))


def _mnist_file(name: str, folder: str | Path | None = None) -> Tensor:
    """One file of MNIST as uint8. An IDX file is a header, 4 bytes and 4 for each axis, and then one byte a value."""
    path, held = _mnist_bytes(name, folder)
    shape, fingerprint = MNIST[name]
    start = 4 + 4 * len(shape)
    wanted = start + math.prod(shape)
    if len(held) != wanted:
        raise CourseError(f"{path} holds {len(held):,} bytes and MNIST's has {wanted:,}; copy the whole file there again.")
    if hashlib.sha256(held).hexdigest() != fingerprint:
        raise CourseError(f"{path} is damaged: its SHA-256 does not begin with {fingerprint[:12]}; copy the file there again.")
    return torch.frombuffer(held, dtype=torch.uint8, offset=start).reshape(shape)


def _mnist_bytes(name: str, folder: str | Path | None) -> tuple[Path, bytearray]:
    said = "VAE_COURSE_MNIST" if folder is None else "The folder of the data"
    given = os.environ.get("VAE_COURSE_MNIST") if folder is None else folder
    if not given:
        raise CourseError("VAE_COURSE_MNIST is not set; set it to a folder with MNIST's four IDX files, raw or with .gz.")
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise CourseError(f"{said} is {given}, which is no folder; set it to the one with MNIST's four IDX files.")
    for path in (folder / name, folder / f"{name}.gz"):
        try:
            if path.is_file():
                held = path.read_bytes()
                return path, bytearray(gzip.decompress(held) if path.suffix == ".gz" else held)
        except OSError as error:
            if not isinstance(error, gzip.BadGzipFile):
                raise CourseError(f"{path} cannot be read ({error.strerror}); make it readable.") from error
            raise CourseError(f"{path} is damaged: gzip cannot unpack it; copy the file there again.") from error
        except (EOFError, zlib.error) as error:
            raise CourseError(f"{path} is damaged or cut short: gzip cannot unpack it; copy the file there again.") from error
    raise CourseError(f"{folder} has neither {name} nor {name}.gz; put MNIST's four IDX files there.")
