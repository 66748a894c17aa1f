"""Where things are, and what a machine may lack."""

import os
import shutil
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def program(*names: str) -> str:
    """The path of the first of these programs. Skips the test where there is none, except in CI."""
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {names[0]}; .ci/run installs it")
    pytest.skip(f"{names[0]} is not installed here; it comes with the system's packages")
