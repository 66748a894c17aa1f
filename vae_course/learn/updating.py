"""A learner's answers in a newer release of a stage: `vae-course update`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vae_course import course
from vae_course.checks.lenient import parse, read_bytes
from vae_course.checks.loader import read_notebook
from vae_course.checks.rebuild import Rebuilt, rebuild
from vae_course.course import CourseError, Stage
from vae_course.learn import workbook
from vae_course.models.files import write_whole


@dataclass(frozen=True)
class Update:
    """What an update did. `kept`: where the notebook as it was lies now; None when there was nothing to change."""

    path: Path
    kept: Path | None
    rebuilt: Rebuilt

    def text(self) -> str:
        """The summary that a learner reads."""
        if self.kept is None:
            return f"{self.path} is as the installed course has it; nothing was changed."
        moved = [name for name, written in self.rebuilt.answers.items() if written]
        open_ = [name for name, written in self.rebuilt.answers.items() if not written]
        lines = [
            f"{self.path} is up to date; as it was it lies in {self.kept}.",
            f"Your answers that moved: {', '.join(moved) or 'none'}.",
            *([f"Not written yet: {', '.join(open_)}."] if open_ else []),
            *([f"Cells of your own, each in its place: {len(self.rebuilt.own)}."] if self.rebuilt.own else []),
            *self.rebuilt.notices,
            "Outputs are not moved: open the notebook and run it again from the top.",
        ]
        return "\n".join(lines)


def update(stage: Stage, path: Path | None = None) -> Update:
    """Move the answers of a notebook into the release that is installed; the notebook as it was is kept beside it.

    path: the notebook, by default the one in the workbook. Raises CourseError when it cannot be read, belongs to another
    stage, or cannot be written.
    """
    path = (path or workbook.find(stage)).resolve()
    try:
        notebook, repairs = parse(read_bytes(path))
    except CourseError as error:
        raise CourseError(f"{path} {error}.") from error
    told = notebook.metadata.get("vae_course", {})
    if told.get("stage", stage.id) != stage.id:
        raise CourseError(f"{path} belongs to stage {told['stage']}, not to {stage.id}; name the stage it is of.")
    release = read_notebook(course.released_notebook(stage))
    rebuilt = rebuild(notebook, release)
    rebuilt.notices[:0] = repairs
    if told == release.metadata.vae_course and _texts(notebook) == _texts(rebuilt.notebook):
        return Update(path, None, rebuilt)
    import nbformat

    try:
        kept = workbook.keep_beside(path, "update")
        write_whole(path, (nbformat.writes(rebuilt.notebook) + "\n").encode())
    except OSError as error:
        raise CourseError(f"{path} could not be updated ({error.strerror or error}); it is as it was.") from error
    return Update(path, kept, rebuilt)


def _texts(notebook: object) -> list:
    return [[cell.cell_type, cell.source.rstrip()] for cell in notebook.cells]
