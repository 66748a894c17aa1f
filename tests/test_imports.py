"""Imports run one way, and what a learner needs runs on every system."""

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import vae_course
from vae_course import course

PACKAGE = Path(vae_course.__file__).parent
# a room, and the rooms of ours that it may use
MAY_USE = {
    "course": set(),
    "models": {"course"},
    "checks": {"course", "models"},
    "explore": {"course", "models", "checks"},
    "learn": {"course", "models", "checks"},
    "grade": {"course", "models", "checks", "learn"},  # it signs the passes that learners read, and reads their progress
    "author": {"course", "models", "checks"},
    "doctor": {"course"},
    "reproduce": {"course", "models"},
    "cli": {"course", "learn", "grade", "author", "doctor", "checks", "reproduce"},
}


def rooms_used(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "vae_course":
            yield from (alias.name for alias in node.names if (PACKAGE / alias.name).exists() or alias.name in MAY_USE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_course."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("vae_course."))


@pytest.mark.parametrize("room", MAY_USE)
def test_a_room_uses_only_what_lies_below_it(room):
    files = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").exists() else sorted((PACKAGE / room).rglob("*.py"))
    for file in files:
        forbidden = set(rooms_used(file)) - MAY_USE[room] - {room}
        assert not forbidden, f"{file.relative_to(PACKAGE)} uses {sorted(forbidden)}"


def test_every_room_has_its_rule():
    rooms = {p.stem if p.is_file() else p.name for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__", "__main__"} <= set(MAY_USE)


WITHOUT_POSIX = "import os, signal; del os.fork, signal.setitimer, signal.SIGALRM"


def test_checks_run_where_there_is_no_fork_and_no_interval_timer(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_POSIX)  # Python imports it before anything else
    program = """
        import os, signal
        assert not hasattr(os, "fork") and not hasattr(signal, "setitimer")
        import vae_course.learn
        from vae_course.checks import run
        from vae_course.checks.worker import Worker
        def loop(x, by):
            while True:
                pass
        def right(x, by):
            return x + by[:, None]
        with Worker() as worker:
            for isolate in (False, worker):
                assert run("shift", {"shift": right}, isolate=isolate).passed
                assert run("shift", {"shift": loop}, seconds=0.3, isolate=isolate).failed == "timeout"
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr


def test_nothing_of_ours_imports_a_posix_module_at_the_top():
    posix = {"fcntl", "pwd", "grp", "termios", "resource", "pty", "tty"}
    for room in ("learn", "checks", "models", "explore"):
        for file in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
                    assert not names & posix, file


@pytest.fixture(scope="module")
def toolboxes_of_probes():
    """Which stages' toolboxes are loaded once the probes of a stage are, and those of the stages before it."""
    program = """
        import importlib, json, sys
        loaded = {}
        for stage in sys.argv[1:]:
            importlib.import_module(f"vae_course.checks.probes.stage_{stage}")
            loaded[stage] = sorted(name[-2:] for name in sys.modules if name.startswith("vae_course.models.toolbox.stage_"))
        print(json.dumps(loaded))
    """
    line = [sys.executable, "-c", textwrap.dedent(program), *(stage.number for stage in course.STAGES)]
    return json.loads(subprocess.run(line, capture_output=True, text=True, timeout=120, check=True).stdout)


@pytest.mark.parametrize("stage", course.STAGES, ids=lambda stage: stage.id)
def test_the_probes_of_a_stage_load_no_toolbox_of_it_or_of_a_later_one(stage, toolboxes_of_probes):
    """A later stage's toolbox would be handed to a learner who is to write it, and at grading time it is not there."""
    assert [number for number in toolboxes_of_probes[stage.number] if number >= stage.number] == []
