"""The learner's own copy of the notebooks, and JupyterLab in it."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

from vae_course import course
from vae_course.course import CourseError, Stage
from vae_course.models.files import write_whole


def fill(folder: Path) -> list[Path]:
    """Copy the released notebooks that `folder` lacks into it; nothing is overwritten. Returns what was added."""
    added = []
    for stage in course.STAGES:
        source = course.released_notebook(stage)
        target = folder / stage.id / source.name
        if target.exists():
            continue
        try:
            write_whole(target, source.read_bytes())
        except OSError as error:
            raise CourseError(
                f"{target} cannot be written ({error.strerror or error}); free some space or choose another folder: "
                "`vae-course learn FOLDER`."
            ) from error
        added.append(target)
    return added


def find(stage: Stage) -> Path:
    """The learner's notebook of `stage`, in this folder or in its workbook."""
    name = f"{stage.id}.ipynb"
    places = [Path(name), Path(stage.id, name), Path("workbook", stage.id, name)]
    for place in places:
        if place.is_file():
            return place
    raise CourseError(
        f"There is no {name} here, in {stage.id}/ or in workbook/{stage.id}/; run `vae-course learn` to get one, or give "
        "the notebook's path."
    )


def reset(stage: Stage) -> tuple[Path, Path]:
    """Put a fresh notebook of `stage` in the place of the learner's, which is kept beside it. Returns both paths."""
    path = find(stage)
    kept = next(
        candidate for number in itertools.count(1)
        if not (candidate := path.with_name(f"{path.stem}.before-reset-{number}.ipynb")).exists()
    )
    try:
        shutil.copy2(path, kept)
        write_whole(path, course.released_notebook(stage).read_bytes())
    except OSError as error:
        raise CourseError(f"{path} could not be reset ({error.strerror or error}); it is as it was.") from error
    return path, kept


def open_lab(folder: Path) -> None:
    """Run JupyterLab in `folder` until it is stopped (Ctrl-C asks nothing), with the first stage open.

    `learn/jupyter/` keeps it quiet: no news, nothing of an instructor's panels, in the terminal only the address.
    """
    settings = str(Path(__file__).parent / "jupyter")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [settings, os.environ.get("JUPYTER_CONFIG_PATH")]))
    from jupyterlab.labapp import LabApp

    first = f"{course.STAGES[0].id}/{course.STAGES[0].id}.ipynb"
    options = [f"--ServerApp.root_dir={folder.resolve()}", f"--LabApp.default_url=/lab/tree/{first}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # a container; Jupyter wants to be told
        options.append("--allow-root")
    LabApp.launch_instance(argv=options)
