"""Where things are, and what a machine may lack."""

import os
import shutil
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
FULL = os.environ.get("VAE_COURSE_BENCH") == "full"  # as `make bench` sets it: what takes minutes is left out of the tests


def mnist_folder() -> Path:
    """The folder of MNIST's files, which are no part of the repository. Skips the test where there is none."""
    for folder in (os.environ.get("VAE_COURSE_MNIST"), REPOSITORY.parent / "shared" / "data" / "mnist"):
        if folder and Path(folder).is_dir():
            return Path(folder)
    pytest.skip("MNIST is not here; VAE_COURSE_MNIST may name a folder that holds its four files")


def program(*names: str) -> str:
    """The path of the first of these programs. Skips the test where there is none, except in CI."""
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {names[0]}; .ci/run installs it")
    pytest.skip(f"{names[0]} is not installed here; it comes with the system's packages")
