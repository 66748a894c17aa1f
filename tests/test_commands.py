"""Every command that the README shows is executed by a test: here, or by the one that is named."""

import os
import re
import shutil
import signal
import subprocess

import pytest
from support import REPOSITORY
from test_setup import code

RUN_BY = {  # the beginning of a command, and where it is run: a file, or a test of it
    "make learn": "tests/test_commands.py::test_make_learn_opens_jupyterlab_in_a_filled_workbook",
    "make env": ".ci/run", "make test": ".ci/run",
    "make dist": "tests/conftest.py::archives",  # the same command line of `build`
    "make site": "tests/test_site.py::built",
    "pip install vae_course-0.1.0-py3-none-any.whl": "tests/test_learners_door.py",
    'pip install ".[compare]" --constraint constraints.txt': "tests/test_agreement.py",
    "vae-course learn": "tests/browser/test_lab.py::lab",
    "vae-course check 03": "tests/test_cli.py::test_check_prints_what_the_notebook_shows",
    "vae-course practice": "tests/test_fortnight.py::test_a_fortnight",
    "vae-course gate 03": "tests/test_gate.py::test_the_gate_in_a_terminal_exits_by_whether_it_is_open",
    "vae-course status": "tests/test_fortnight.py::test_a_fortnight",
    "vae-course map": "tests/test_map.py::test_the_map_shows_what_is_mastered_passed_failed_due_and_locked",
    "vae-course progress export FILE": "tests/test_safe_progress.py::test_progress_is_exported_imported_and_deleted",
    "vae-course reset 03": "tests/test_gate.py::test_reset_keeps_the_old_notebook_and_closes_the_gate",
    "vae-course update 03": "tests/test_update.py::test_answers_move_and_pass_and_the_old_file_is_kept",
    "vae-course reproduce iwae": "tests/test_reproduce.py::test_the_folder_may_come_from_the_environment_and_the_command_prints_the_table",
    "vae-course doctor --sandbox": "tests/test_sandbox.py",
    "vae-course doctor": "tests/test_cli.py::test_doctor_says_what_is_there_and_what_is_missing",
    ".venv/bin/nbgrader generate_assignment 02_elbo --force": "tests/test_exchange.py",
    ".venv/bin/nbgrader generate_feedback 02_elbo --force": "tests/test_exchange.py",
    ".venv/bin/jupyter lab": "tests/browser/test_formgrader.py::server",  # the same server and extension
    ".venv/bin/vae-course grade 02": "tests/test_class.py",
    "vae-course grade 02 --verify": "tests/test_class.py",
    ".venv/bin/vae-course export 02 --format canvas": "tests/test_export.py::test_the_command_writes_the_file_and_says_what_is_empty",
    ".venv/bin/vae-course mastery": "tests/test_passes.py::test_the_table_the_csv_and_the_json_say_the_same",
    ".venv/bin/vae-course report 02 --anonymous": "tests/test_class_report.py::test_an_anonymous_report_names_nobody_and_nothing_that_is_rare",
    "vae-course build NN": "tests/test_release.py::test_another_build_gives_the_bytes_that_are_committed",
    "vae-course build --check": "tests/test_release.py::test_check_notices_a_source_that_moved_on",
}
STARTS = re.compile(r"(\.venv/bin/)?(make|pip install|vae-course|nbgrader|jupyter) ")


def shown():
    """The commands of the README, in its blocks and between backquotes."""
    lines = (line.strip() for line in code((REPOSITORY / "README.md").read_text(encoding="utf-8")))
    return [line for line in lines if STARTS.match(line)]


@pytest.mark.parametrize("command", shown())
def test_a_test_runs_it(command):
    assert command in RUN_BY, f"say in {__name__}.RUN_BY which test runs it"


@pytest.mark.parametrize(("command", "where"), RUN_BY.items(), ids=RUN_BY)
def test_what_is_said_to_run_it_exists(command, where):
    assert command in shown(), "the README shows it no more"
    file, _, name = where.partition("::")
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    assert not name or f"def {name}(" in text


def test_make_learn_opens_jupyterlab_in_a_filled_workbook(tmp_path):
    """In a folder of its own, with the environment that `make env` has made and that is taken as it is."""
    if shutil.which("make") is None or not (REPOSITORY / ".venv" / "learn.done").exists():
        pytest.skip("`make env` has not made this environment")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".venv"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    environment = {**os.environ, "HOME": str(tmp_path), "BROWSER": shutil.which("false") or "false"}
    process = subprocess.Popen(
        ["make", "--old-file=.venv/learn.done", "learn"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        assert any(re.search(r"http://127\.0\.0\.1\S+", line) for line in process.stdout)
        assert len(list((tmp_path / "workbook").glob("*/*.ipynb"))) == len(list((REPOSITORY / "notebooks").glob("*/*.ipynb")))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
