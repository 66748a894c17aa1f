"""Fixtures that tests share, and where the time went."""

import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from support import BIN, REPOSITORY
from xdist.scheduler import LoadFileScheduling

from vae_course import cli

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: on a busy machine two threads are several times slower
os.environ["TQDM_DISABLE"] = "1"  # before tqdm is imported, which reads it then: no bars in what tests read


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    """No test touches the progress of whoever runs it."""
    monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    monkeypatch.delenv("VAE_COURSE_GATES", raising=False)
    for name in ("VAE_COURSE_SOLUTIONS", "VAE_COURSE_SEED"):  # a command that reads an instructor's settings sets them in this process
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def progress_file(tmp_path, monkeypatch, nothing_recorded) -> Path:
    """A learner's progress of its own, which is recorded."""
    path = tmp_path / "home" / "progress.db"
    monkeypatch.setenv("VAE_COURSE_PROGRESS", str(path))
    return path


@pytest.fixture
def vae_course(tmp_path, monkeypatch, capsys):
    """Call `vae-course ...` in an empty folder, in this process: importing torch each time would take most of it."""

    def call(*arguments: object) -> subprocess.CompletedProcess:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["vae-course", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return subprocess.CompletedProcess(sys.argv, stopped.value.code or 0, *capsys.readouterr())

    return call


@pytest.fixture
def command(tmp_path):
    """Run `vae-course ...` in an empty folder, in a process of its own."""

    def call(*arguments: object, **more) -> subprocess.CompletedProcess:
        line = [str(BIN / "vae-course"), *map(str, arguments)]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, **more)

    return call


class ByFileOrBank(LoadFileScheduling):
    """The tests of a file stay in one process and share what they made; of the banks, those of an exercise do."""

    def _split_scope(self, nodeid: str) -> str:
        bank = re.search(r"test_banks\.py.*[\[-](\w+):", nodeid)
        return f"bank of {bank[1]}" if bank else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return ByFileOrBank(config, log)


def pytest_terminal_summary(terminalreporter):
    """Seconds by file, the slowest first."""
    seconds = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration") and hasattr(report, "nodeid"):
                seconds[report.nodeid.split("::")[0]] += report.duration
    terminalreporter.section("where the time went")
    for name, total in seconds.most_common(12):
        terminalreporter.write_line(f"{total:7.1f} s  {name}")


@pytest.fixture(scope="session")
def archives(tmp_path_factory) -> tuple[Path, Path]:
    """The wheel and the source archive, freshly built."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def from_the_wheel(archives, tmp_path_factory):
    """A new learner: runs Python with the wheel's package and no checkout in sight, in an empty home.

    Returns the function that runs it, and the home.
    """
    site, home = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("home")
    zipfile.ZipFile(archives[0]).extractall(site)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VAE_COURSE", "XDG_DATA"))}
    environment = {**kept, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "PYTHONPATH": str(site)}

    def call(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-P", *arguments], cwd=home, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=240,
        )

    where = call("-c", "import vae_course; print(vae_course.__file__)").stdout
    assert where.startswith(str(site)), where
    return call, home
