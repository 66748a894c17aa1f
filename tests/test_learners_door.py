"""The way in without a repository: the wheel alone gives notebooks, checks and reports, on every system."""

import json
import subprocess
import sys
import zipfile

import nbformat
import pytest


@pytest.fixture(scope="module")
def installed(archives, tmp_path_factory):
    """Run Python with the wheel's package and no checkout in sight."""
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(archives[0]).extractall(site)
    home = tmp_path_factory.mktemp("learner")

    def call(*arguments):
        program = f"import sys; sys.path.insert(0, {str(site)!r}); import vae_course.cli as cli; "
        program += f"assert cli.__file__.startswith({str(site)!r}); sys.argv[0] = 'vae-course'; cli.main()"
        command = [sys.executable, "-P", "-c", program, *map(str, arguments)]
        import os

        env = {**os.environ, "PYTHONPATH": str(site), "PYTHONUTF8": "0"}
        return subprocess.run(command, cwd=home, capture_output=True, text=True, encoding="utf-8", timeout=180, env=env)

    return call, home


def test_a_learner_with_the_wheel_writes_an_answer_and_is_told(installed):
    call, home = installed
    assert call("learn", "--no-lab").returncode == 0
    path = home / "workbook" / "03_gaussian_kl" / "03_gaussian_kl.ipynb"
    stub = path.read_text(encoding="utf-8")
    told = {}
    for answer in (
        "return (mu**2 + logvar.exp() - logvar - 1).sum(-1)",
        "return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)",
    ):
        notebook = nbformat.reads(stub, 4)
        cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "gaussian_kl")
        cell.source = cell.source.replace("raise NotImplementedError", answer)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        done = call("check", "gaussian_kl", "--json")
        (report,) = json.loads(done.stdout)["exercises"]
        told[answer] = done.returncode, report["failed"], report["misconception"], report["score"]
    assert list(told.values()) == [(1, "value", "half_forgotten", 0), (0, None, None, 5)]


def test_the_wheel_cannot_build_and_says_why(installed):
    call, _ = installed
    done = call("build", "00")
    assert done.returncode == 2 and "run it from a checkout" in done.stderr
