"""The way in without a repository: the wheel alone gives notebooks, checks and reports, on every system."""

import json

import nbformat


def test_a_learner_with_the_wheel_writes_an_answer_and_is_told(from_the_wheel):
    call, home = from_the_wheel
    assert call("-m", "vae_course", "learn", "--no-lab").returncode == 0
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
        done = call("-m", "vae_course", "check", "gaussian_kl", "--json")
        (report,) = json.loads(done.stdout)["exercises"]
        told[answer] = done.returncode, report["failed"], report["misconception"], report["score"]
    assert list(told.values()) == [(1, "value", "half_forgotten", 0), (0, None, None, 5)]


def test_the_wheel_cannot_build_and_says_why(from_the_wheel):
    call, _ = from_the_wheel
    done = call("-m", "vae_course", "build", "00")
    assert done.returncode == 2 and "run it from a checkout" in done.stderr
