"""The files that set a machine up agree with each other, and say what is wrong when they cannot."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest
import typer
import yaml
from distributed.cli import dask_scheduler, dask_worker
from nbgrader.apps.nbgraderapp import NbGraderApp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import REPOSITORY

from vae_course import cli

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def requirements(*extras):
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


def pins():
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    return dict(re.fullmatch(r"([\w.-]+)==(\S+)", line).groups() for line in lines if line and not line.startswith("#"))


def test_every_requirement_is_pinned_to_a_version_that_it_allows():
    pinned = {canonicalize_name(name): version for name, version in pins().items()}
    for requirement in requirements(*PROJECT["optional-dependencies"]):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement
    assert pinned["torch"] == "2.13.0"


def test_conda_gets_what_pip_gets():
    *listed, last = yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
    assert last["pip"][-1] == "--editable ."  # pip reads these lines as a file of requirements, where --no-deps is an error
    conda = {*listed, *last["pip"][:-1]} - {"pip", f"python{PROJECT['requires-python']}"}
    pip = requirements("grade") + [r for r in requirements("test") if r.name == "nbval"] + [Requirement("cryptography>=43")]
    assert conda == {f"{CONDA_NAMES.get(r.name, r.name)}{r.specifier}" for r in pip}


def test_everything_imported_is_required():
    import ast
    import sys

    names = {"IPython": "ipython", "jupyterlab": "jupyterlab", "yaml": "pyyaml", "sklearn": "scikit-learn", "jwt": "pyjwt", "docutils": "sphinx"}
    names |= {"traitlets": "nbgrader", "sqlalchemy": "nbgrader"}
    wanted = {canonicalize_name(r.name) for r in requirements("grade", "cluster", "site")} | {"traitlets", "vae-course", "nbgrader", "cryptography"}
    for file in (REPOSITORY / "vae_course").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            found += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in (full.split(".")[0] for full in found):
                if name not in sys.stdlib_module_names and name != "vae_course":
                    assert canonicalize_name(names.get(name, name)) in wanted, f"{file.name} imports {name}"


DASK = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
PAGES = {
    "README.md": {"learn", "test", "env", "dist", "site"}, "vae_course/grade/README.md": {"env", "dist"},
    "tests/README.md": {"test", "bench", "attack-table"}, "CONTRIBUTING.md": {"test"},
}


@pytest.mark.parametrize(("page", "shown"), PAGES.items(), ids=PAGES)
def test_a_page_names_only_commands_options_and_variables_that_exist(page, shown):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert shown <= set(re.findall(r"\bmake ([\w-]+)", "\n".join(code(text)))) <= targets
    for line in code(text):
        for program, words in re.findall(r"\b(vae-course|nbgrader|dask) (.*)", line):
            names, options = re.findall(r"(?<!\S)[a-z_]+\b", words.split(" --")[0]), re.findall(r"(?<!\S)(--[a-z-]+)", words)
            assert not missing(program, names, options), line
    files = [*REPOSITORY.glob("vae_course/**/*.py"), REPOSITORY / "nbgrader_config.py"]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    assert not [name for name in re.findall(r"VAE_COURSE_\w+", text) if name not in sources]


def code(text):
    """The lines of code in Markdown, without their comments: those of blocks, and what stands between backquotes."""
    parts = text.split("```")
    return [*(line.split(" #")[0] for line in "".join(parts[1::2]).splitlines()), *re.findall(r"`([^`\n]+)`", "".join(parts[::2]))]


def missing(program, names, options):
    """What a command of ours, of nbgrader or of Dask does not have."""
    if program == "nbgrader":
        app = NbGraderApp
        for name in names:
            if not isinstance(app.subcommands, dict):
                break  # the rest are arguments
            if name not in app.subcommands:
                return [name]
            app = app.subcommands[name][0]
        known = {f"--{name}" for name in (*app.flags, *app.aliases)}
    else:
        commands = DASK if program == "dask" else typer.main.get_command(cli.app).commands
        if names[0] not in commands:
            return names[:1]
        known = {option for parameter in commands[names[0]].params for option in parameter.opts}
    return [option for option in options if option not in known]


def test_ci_calls_the_test_command_of_the_readme():
    assert "make test" in (REPOSITORY / ".ci" / "run").read_text()
    assert "bash .ci/run" in (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()


@pytest.fixture
def checkout(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def test_set_up_without_a_network_says_so_and_can_be_repeated(checkout):
    lonely = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(["make", "learn"], cwd=checkout, env=lonely, capture_output=True, text=True)
    assert done.returncode != 0 and "check the network, then run the same command again" in done.stdout
    assert not (checkout / ".venv" / "learn.done").exists()


def test_set_up_with_an_old_python_says_what_to_do(checkout):
    old = checkout / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(["make", "test", f"PYTHON={old}"], cwd=checkout, capture_output=True, text=True)
    assert done.returncode != 0 and "is older than 3.11; install a newer Python" in done.stdout
