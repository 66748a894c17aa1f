"""The judge: where a mark comes from, and what it follows from."""

import json
import shutil
import textwrap
import time

import nbformat
import pytest
from desk import STAGE, Desk
from nbgrader.api import Gradebook

from vae_course import __version__, course
from vae_course.checks import run, runner
from vae_course.checks.loader import Block
from vae_course.checks.sealing import bank, reference_program
from vae_course.grade import judge, many, verdicts
from vae_course.grade import sandbox as sandbox_module
from vae_course.grade.html import report
from vae_course.grade.sandbox import Sandbox, Unsandboxed
from vae_course.grade.verify import unverified

STAGE_03 = course.find_stage(STAGE)
NAMES = ("std_from_logvar", "gaussian_kl")
ANSWERS = {
    "right": ("torch.exp(0.5 * logvar)", "0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"),
    "one of them": ("torch.exp(0.5 * logvar)", "(mu**2 + logvar.exp() - logvar - 1).sum(-1)"),
    "built on a wrong one": ("logvar.exp()", "0.5 * (mu**2 + std_from_logvar(logvar)**2 - logvar - 1).sum(-1)"),
    "ends its process": ("__import__('os')._exit(0)", "0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"),
    "changes torch": ("setattr(torch, 'exp', torch.sin) or logvar", "0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)"),
    "nothing": ("None", "None"),
}

sandboxed = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def program(std, kl):
    return (
        Block("setup", "import torch", False),
        Block("std_from_logvar", f"def std_from_logvar(logvar):\n    return {std}", True),
        Block("gaussian_kl", f"def gaussian_kl(mu, logvar):\n    return {kl}", True),
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    desk = Desk(tmp_path_factory.mktemp("judge"))
    desk.release()
    return desk


@pytest.fixture(scope="module")
def marking():
    return verdicts.marking(STAGE_03, NAMES, Sandbox.kind)


def told(verdict):
    return json.dumps(verdict.to_json())


@sandboxed
def test_a_verdict_follows_from_nothing_but_the_answer(marking):
    fresh = {}
    for name, answers in ANSWERS.items():
        with Sandbox() as sandbox:
            fresh[name] = told(verdicts.judged(program(*answers), marking, sandbox))
    with Sandbox() as sandbox:
        for order in (list(ANSWERS), list(ANSWERS)[::-1]):
            for name in order:
                assert told(verdicts.judged(program(*ANSWERS[name]), marking, sandbox)) == fresh[name]
    scores = {name: [r["score"] for r in json.loads(text)["reports"].values()] for name, text in fresh.items()}
    assert scores == {
        "right": [1, 5], "one of them": [1, 0], "built on a wrong one": [0, 5], "ends its process": [0, 5],
        "changes torch": [0, 5], "nothing": [0, 0],
    }


@pytest.fixture
def asked(monkeypatch):
    """What a sandbox is asked for from here on."""
    names = []
    for name in ("together", "run"):
        method = getattr(Sandbox, name)
        monkeypatch.setattr(Sandbox, name, lambda *a, _m=method, _n=name, **more: names.append(_n) or _m(*a, **more))
    return names


@sandboxed
def test_what_passes_beside_others_runs_in_one_child_and_what_does_not_runs_alone(marking, asked):
    with Sandbox() as sandbox:
        right = program(*ANSWERS["right"])
        together = verdicts.judged(right, marking, sandbox).reports
        assert asked == ["together"]
        alone = {name: run(name, right, isolate=sandbox, seals=seals) for name, seals in marking.seals.items()}
        assert together == alone
        asked.clear()
        verdicts.judged(program(ANSWERS["right"][0], "(mu**2 + logvar.exp() - logvar).sum(-1) / 2"), marking, sandbox)
        assert asked == ["together", "run", "run"]  # on the visible inputs, and on the fresh ones
        asked.clear()
        verdicts.judged(program(*ANSWERS["one of them"]), marking, sandbox)
        assert asked == ["together", "run"]  # no part holds on the visible inputs, so the fresh ones can take nothing away


@sandboxed
@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_holds_on_the_visible_inputs_the_fresh_ones_would_change_nothing(marking, name, asked, monkeypatch):
    entries = bank(STAGE_03, name)[::4]
    with Sandbox() as sandbox:
        told = {"isolate": sandbox, "seals": marking.seals[name]}
        soon = [run(name, entry.program, **told) for entry in entries]
        fewer = len(asked)
        monkeypatch.setattr(runner, "_nothing_holds", lambda *given: False)
        assert [run(name, entry.program, **told) for entry in entries] == soon
    assert fewer < len(asked) - fewer == 2 * len(entries)


@sandboxed
def test_an_answer_that_takes_longer_than_all_may_together_has_its_own_time(marking, asked, monkeypatch):
    monkeypatch.setattr(sandbox_module, "AT_ONCE", 0.2)
    slowly = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end:\n    pass\nreturn torch.exp(0.5 * logvar)"
    setup, _, kl = program(*ANSWERS["right"])
    std = Block("std_from_logvar", "def std_from_logvar(logvar):\n" + textwrap.indent(slowly, "    "), True)
    with Sandbox() as sandbox:
        reports = verdicts.judged((setup, std, kl), marking, sandbox).reports
    assert [report.score for report in reports.values()] == [1, 5]
    assert asked == ["together", *["run"] * 4]  # each on the visible inputs, and on the fresh ones


@sandboxed
def test_what_a_verdict_follows_from_is_in_its_name(marking, monkeypatch):
    right = program(*ANSWERS["right"])
    name = verdicts.key(right, marking)
    assert name == verdicts.key(right, verdicts.marking(STAGE_03, NAMES, Sandbox.kind))
    others = [
        verdicts.key(program(*ANSWERS["nothing"]), marking),
        verdicts.key(right, verdicts.marking(STAGE_03, NAMES[:1], Sandbox.kind)),
        verdicts.key(right, verdicts.marking(STAGE_03, NAMES, Unsandboxed.kind)),
        verdicts.key(right, verdicts.marking(STAGE_03, NAMES, Sandbox.kind, seconds=3)),
    ]
    monkeypatch.setenv("VAE_COURSE_SEED", "77")
    others.append(verdicts.key(right, verdicts.marking(STAGE_03, NAMES, Sandbox.kind)))
    monkeypatch.setattr(verdicts, "_code_of", lambda stage: "another course")
    others.append(verdicts.key(right, verdicts.marking(STAGE_03, NAMES, Sandbox.kind)))
    assert len({name, *others}) == 7


def test_a_verdict_is_kept_whole_or_not_at_all(marking, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Unsandboxed() as process:
        verdict = verdicts.judged(program(*ANSWERS["one of them"]), marking, process)
    assert verdicts.kept(STAGE_03, verdict.key) is None
    verdicts.keep(STAGE_03, verdict)
    assert verdicts.kept(STAGE_03, verdict.key) == verdict
    [file] = (tmp_path / verdicts.STORE).rglob("*.json")
    for damaged in (b"", b"{", b"[]", b"null", file.read_bytes()[:-20], b'{"key": "x", "reports": {}}'):
        file.write_bytes(damaged)
        assert verdicts.kept(STAGE_03, verdict.key) is None


def hand_in(desk, student, **answers):
    folder = desk.submitted / student / STAGE
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{STAGE}.ipynb").write_text(json.dumps(desk.answered(**answers)), encoding="utf-8")


def test_nbgraders_own_command_gives_marks_with_their_origin_and_the_sentences(desk):
    hand_in(desk, "ada", gaussian_kl="(mu**2 + logvar.exp() - logvar - 1).sum(-1)")
    reported = run("gaussian_kl", program(*ANSWERS["one of them"]))
    assert desk.autograde("ada")["success"]
    assert desk.marks("ada") == {"std_from_logvar": 1, "gaussian_kl": 0}
    cells = judge.check_cells(desk.autograded("ada"))
    assert [cell.outputs[0].data["text/plain"] for cell in cells.values()] == ["1", "0"]
    origins = [cell.outputs[0].metadata[judge.MARK] for cell in cells.values()]
    assert all((o["sandbox"], o["course"]) == ("bubblewrap", __version__) for o in origins)
    assert reported.message in desk.feedback("ada")


def test_the_report_shows_nothing_hidden(desk):
    seen = set()

    def gaussian_kl(mu, logvar):
        seen.add(float(mu.flatten()[0]))
        return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)

    assert run("gaussian_kl", {"gaussian_kl": gaussian_kl}).passed
    hand_in(desk, "memory", gaussian_kl=f"0.5 * (mu**2 + logvar.exp() - logvar - int(float(mu.flatten()[0]) in {sorted(seen)})).sum(-1)")
    assert desk.autograde("memory")["success"]
    assert desk.marks("memory") == {"std_from_logvar": 1, "gaussian_kl": 0}
    page = judge.check_cells(desk.autograded("memory"))["gaussian_kl"].outputs[0].data["text/html"]
    assert "on fresh ones it does not" in page and "<table" not in page


def test_what_is_not_judged_has_no_mark(desk, monkeypatch):
    hand_in(desk, "unjudged")

    def stops(*args):
        raise KeyError("the judge is ill")

    monkeypatch.setattr(verdicts, "judged", stops)
    result = desk.autograde("unjudged")
    assert not result["success"] and "the judge is ill" in result["log"]
    assert not (desk.folder / "grading" / "autograded" / "unjudged").exists() or not desk.marks("unjudged")["gaussian_kl"]


def test_without_bubblewrap_nothing_is_run_unless_told(desk, monkeypatch):
    hand_in(desk, "bare", gaussian_kl="0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1) + 0")
    monkeypatch.setattr("vae_course.grade.sandbox.shutil.which", lambda name: None)
    judge.warm.cache_clear()
    result = desk.autograde("bare")
    assert not result["success"] and "there is no bwrap here" in result["log"]
    with desk.at_work():
        config = many.configuration()
        outcome = many.grade(STAGE_03, config, students=["bare"])
        assert "there is no bwrap here" in outcome.failed["bare"] and "bare" in outcome.text()
        outcome = many.grade(STAGE_03, config, students=["bare"], unsandboxed=True)
        assert outcome.marked == ["bare"] and not outcome.failed
        rows = [row for row in unverified(STAGE_03, config) if row[0] == "bare"]
    assert rows == [("bare", name, "its answer ran without a sandbox") for name in sorted(NAMES)]
    origin = judge.check_cells(desk.autograded("bare"))["gaussian_kl"].outputs[0].metadata[judge.MARK]
    assert origin["sandbox"] == "none"
    judge.warm.cache_clear()


def test_a_mark_that_somebody_wrote_is_found(desk):
    hand_in(desk, "eve", gaussian_kl="None")
    assert desk.autograde("eve")["success"]
    with desk.at_work():
        config = many.configuration()
        assert not [row for row in unverified(STAGE_03, config) if row[0] == "eve"]
        with Gradebook(config.CourseDirectory.db_url) as gradebook:
            for grade in gradebook.find_submission_notebook(STAGE, STAGE, "eve").grades:
                if grade.name == "check-gaussian_kl":
                    grade.auto_score = 5
            gradebook.db.commit()
        assert [row for row in unverified(STAGE_03, config) if row[0] == "eve"] == [
            ("eve", "gaussian_kl", "the gradebook has 5 points, its verdict 0"),
        ]
    path = desk.folder / "grading" / "autograded" / "eve" / STAGE / f"{STAGE}.ipynb"
    notebook = nbformat.read(path, 4)
    judge.check_cells(notebook)["std_from_logvar"].outputs[0].metadata = {}
    nbformat.write(notebook, path)
    with desk.at_work():
        assert ("eve", "std_from_logvar", "it carries no verdict") in list(unverified(STAGE_03, config))


COUNTS = """
met = []


def loss_is_sound(program):
    program.loss(torch.ones(2, 3), torch.zeros(2, 3), torch.zeros(2, 1), torch.zeros(2, 1))
    met.append(program)
    return len(met) <= 3
"""


@sandboxed
def test_each_program_of_a_bug_zoo_meets_a_test_that_has_seen_no_other():
    counts = (Block("setup", "import torch", False), Block("loss_is_sound", COUNTS, True))
    assert run("loss_is_sound", counts).passed  # in one process, the three sound programs come first
    with Sandbox() as sandbox:
        assert run("loss_is_sound", counts, isolate=sandbox).score == 0
        right = reference_program(course.find_stage("05"))
        assert run("loss_is_sound", right, isolate=sandbox).passed


@sandboxed
def test_a_test_that_never_ends_is_stopped_at_its_first_program():
    endless = (Block("loss_is_sound", "def loss_is_sound(program):\n    while True: pass", True),)
    start = time.monotonic()
    with Sandbox() as sandbox:
        assert run("loss_is_sound", endless, isolate=sandbox, seconds=1).failed == "timeout"
    assert time.monotonic() - start < 60


def test_feedback_shows_a_report_as_a_notebook_does(desk):
    """Its table is a table, its colours stay, and what is no part of a report does nothing."""
    hand_in(desk, "grace", gaussian_kl="(mu**2 + logvar.exp() - logvar - 1).sum(-1)")
    assert desk.autograde("grace")["success"]
    desk.feedback("grace")
    page = (desk.folder / "grading" / "feedback" / "grace" / STAGE / f"{STAGE}.html").read_text(encoding="utf-8")
    assert '<th scope="col"' in page and "border-left:4px solid" in page and "&lt;thead" not in page
    hostile = '<script>alert(1)</script><b onclick="alert(1)" style="position:fixed;margin:1em">x</b><iframe src="https://a.b"></iframe>'
    assert report(hostile) == '<b style="margin:1em">x</b>'
