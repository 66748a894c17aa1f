"""Files that are never seen half written."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from vae_course.course import CourseError

if TYPE_CHECKING:  # matplotlib is loaded by who draws
    from matplotlib.figure import Figure


PICTURES = (".svg", ".png", ".pdf")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure of matplotlib as its file's ending says, whole or not at all. CourseError for another ending."""
    if path.suffix not in PICTURES:
        raise CourseError(f"{path} has no ending of a picture; give one that ends in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}.")
    held = io.BytesIO()
    figure.savefig(held, format=path.suffix[1:], dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)
    write_whole(path, held.getvalue())


def write_whole(path: Path, held: bytes) -> None:
    """Write a file so that it is there whole or not at all; folders that are absent are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(held)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
