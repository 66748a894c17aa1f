"""What a sandbox holds: the bubblewrap command of a stage's namespace."""

from __future__ import annotations

import ast
import os
import site
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vae_course import course
from vae_course.checks.loader import SETUP, read_notebook
from vae_course.course import Stage

HOME = "/course"  # where the course is found inside
_ACCOUNT = "65000"  # what anybody but root is called inside
_DEVICES = ("null", "zero", "full", "random", "urandom")
_ARITHMETIC = ("OPENBLAS_", "MKL_", "ATEN_", "OMP_")  # settings that the numbers may depend on


def command(bwrap: str, stage: Stage, account: int | None, info: int) -> list[str]:
    """The command that runs `zygote` for a stage; its one argument is to be added.

    `account`: the one that root will become inside; None when somebody else runs this. `info`: the descriptor to which
    bubblewrap writes the number of the process inside.
    """
    words = [bwrap, *(f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")), "--as-pid-1"]
    words += ["--new-session", "--hostname", "sandbox", "--info-fd", str(info), "--cap-drop", "ALL"]
    if account is None:
        words += ["--unshare-user", "--uid", _ACCOUNT, "--gid", _ACCOUNT]
    else:
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    mounts = [*_system(), *_packages(), *_course(stage)]
    # made by itself, a folder above a mount would be closed to the account inside
    above = {str(folder) for mount in mounts for folder in Path(mount[-1]).parents} - {"/"}
    for folder in sorted({"/tmp", "/dev/shm", *above}):
        words += ["--dir", folder]
    for mount in mounts:
        words += mount
    words += ["--remount-ro", "/", "--chdir", "/", "--clearenv"]
    for name, value in _environment().items():
        words += ["--setenv", name, value]
    return [*words, "--", sys.executable, "-P", "-m", "vae_course.grade.zygote"]


def _environment() -> dict[str, str]:
    numbers = {name: value for name, value in os.environ.items() if name.startswith(_ARITHMETIC)}
    return {
        **numbers, "OMP_NUM_THREADS": "1", "PYTHONPATH": HOME, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8",
        "HOME": "/tmp", "MPLCONFIGDIR": "/tmp", "TORCHINDUCTOR_CACHE_DIR": "/tmp",
        "MPLBACKEND": "agg", "TQDM_DISABLE": "1", "VAE_COURSE_PROGRESS": "off",
    }


def _system() -> Iterator[tuple[str, ...]]:
    """The libraries that every program needs, what torch asks about the processor, and a few devices."""
    for path in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"):
        if os.path.islink(path) and not path.startswith("/etc"):
            yield "--symlink", os.readlink(path), path
        else:
            yield "--ro-bind-try", path, path
    for path in ("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"):
        yield "--ro-bind-try", path, path
    for name in _DEVICES:
        yield "--dev-bind", f"/dev/{name}", f"/dev/{name}"


def _packages() -> Iterator[tuple[str, ...]]:
    """The interpreter and its packages at their own places, and nothing where the course itself lies among them."""
    prefixes = {Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    user = Path(site.getusersitepackages())
    if site.ENABLE_USER_SITE and user.is_dir():
        prefixes.add(user)
    hidden = [course.PACKAGE, *(course.REPOSITORY / name for name in ("solutions", "grading", "vae_course"))]
    with suppress(course.CourseError):
        hidden.append(course.solutions_folder())
    mounts = [(prefix, "--ro-bind", str(prefix), str(prefix)) for prefix in prefixes]
    mounts += [
        (path, "--tmpfs", str(path), "--remount-ro", str(path)) for path in {*hidden}
        if path.is_dir() and any(path.is_relative_to(prefix) for prefix in prefixes)
    ]
    executable = Path(os.path.realpath(sys.executable))
    if not any(executable.is_relative_to(prefix) for prefix in prefixes):
        mounts.append((executable, "--ro-bind", str(executable), str(executable)))
    for _, *mount in sorted(mounts, key=lambda mount: len(mount[0].parts)):  # what lies inside another comes after it
        yield tuple(mount)


def _course(stage: Stage) -> Iterator[tuple[str, ...]]:
    """Of the course: its data, the checks without their numbers and drills, and the models with the toolbox of earlier
    stages only."""
    inside = f"{HOME}/vae_course"
    grade = [f"grade/{name}.py" for name in ("__init__", "zygote", "seccomp", "exchange")]
    for name in ("__init__.py", "course.py", "checks", "models", *grade):
        yield "--ro-bind", str(course.PACKAGE / name), f"{inside}/{name}"
    empty = "checks/sealed", "checks/drills", "models/toolbox"  # drills work out what exercises ask for
    for name in empty:
        yield "--tmpfs", f"{inside}/{name}"
    toolbox = course.PACKAGE / "models" / "toolbox"
    for file in sorted(toolbox.glob("*.py")):
        if file.stem == "__init__" or file.stem < f"stage_{stage.number}":
            yield "--ro-bind", str(file), f"{inside}/models/toolbox/{file.name}"
    for name in empty:
        yield "--remount-ro", f"{inside}/{name}"


def setup_imports(stage: Stage) -> list[str]:
    """The import statements of the setup cell of the stage's release, one by one."""
    cells = read_notebook(course.released_notebook(stage)).cells
    sources = [cell.source for cell in cells if SETUP in cell.metadata.get("tags", ())]
    nodes = [node for source in sources for node in ast.parse(source).body]
    return [ast.unparse(node) for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
