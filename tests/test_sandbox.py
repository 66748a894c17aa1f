"""The sandbox of the grader: it gives the reports that a check gives, and what is tried against it does not get out."""

import inspect
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from support import program

from vae_course import course
from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Block
from vae_course.checks.probing import Run
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import bank, reference_program
from vae_course.checks.trouble import Trouble
from vae_course.checks.worker import Worker
from vae_course.course import CourseError
from vae_course.grade import escapes, inside, seccomp
from vae_course.grade.evidence import read_run
from vae_course.grade.exchange import responses
from vae_course.grade.lent import lent
from vae_course.grade.sandbox import Sandbox, open_sandbox

STAGE = course.STAGES[0]
ANSWER = "def shift(x, by):\n    return x + by[:, None]\n"
BAD = "\n\ndef shift(x, by):\n    "
EXERCISES = [exercise for stage in course.STAGES for exercise in stage.exercises]


def written(source: str) -> Written:
    return Written((Block("shift", source, True),))


@pytest.fixture(scope="module")
def bwrap():
    return program("bwrap")


@pytest.fixture(scope="module")
def sandbox(bwrap):
    with Sandbox() as warm:
        yield warm


# --- the same reports ---


@pytest.mark.parametrize("number", ["00", "03", "05"])
def test_answers_of_the_banks_get_the_same_reports_inside(sandbox, number):
    stage = course.find_stage(number)
    for exercise in stage.exercises:
        for entry in (*bank(stage, exercise.name)[:3], *bank(stage, exercise.name, "alternatives.py")[:2]):
            assert run(exercise.name, entry.program, isolate=sandbox) == run(exercise.name, entry.program), entry.id


def test_it_is_called_as_a_worker_is():
    assert inspect.signature(Sandbox.run) == inspect.signature(Worker.run)


@pytest.mark.parametrize("source", [
    "import os" + BAD + "os._exit(0)",
    "import ctypes" + BAD + "ctypes.string_at(0)",
    "import sys" + BAD + "sys.exit(0)",
    BAD + "return shift(x, by)",
    "class Own(Exception):\n    def __str__(self): 1 / 0" + BAD + "raise Own",
    "import torch" + BAD + "return torch.zeros(2000, 2000)",
    "import time" + BAD + "time.sleep(60)",
    BAD + "while True: pass",
    "from vae_course.learn import check\n" + ANSWER + "check('shift')",
    "import matplotlib.pyplot as plt, tempfile\n" + ANSWER,
    "import torch\nweight = torch.zeros(3, requires_grad=True)\ntorch.optim.Adam([weight])\n" + ANSWER,
    "print('hello')\n" + ANSWER,
    "(" * 500,
], ids=lambda source: source.strip().splitlines()[-1][:30])
def test_trouble_is_told_in_the_same_words(sandbox, source):
    seconds = 0.5 if "sleep" in source or "while" in source else 30
    with Worker() as worker:
        there = run("shift", written(source), isolate=worker, seconds=seconds)
    assert run("shift", written(source), isolate=sandbox, seconds=seconds) == there


def test_what_an_answer_may_call_is_lent_and_never_the_answer_itself():
    for exercise in EXERCISES:
        stage, _ = course.find_exercise(exercise.name)
        own = {name for name in exercise.builds_on if course.find_exercise(name)[0] == stage}
        names: dict[str, object] = {}
        exec(lent(exercise.name), names)
        assert own <= names.keys() and exercise.name not in names


# --- what a bad answer costs ---


@pytest.fixture(scope="module")
def on_a_fresh_one(bwrap):
    with Sandbox() as fresh:
        return run("shift", written(ANSWER), isolate=fresh)


@pytest.mark.parametrize("source", [
    "import os" + BAD + "os._exit(0)",
    "import ctypes" + BAD + "ctypes.string_at(0)",
    "import sys" + BAD + "sys.setrecursionlimit(10**9); f = lambda n: sorted([0, 1], key=lambda _: f(n)); f(0)",
    "import signal" + BAD + "[signal.signal(n, signal.SIG_IGN) for n in (14, 24, 27)]\n    while True: pass",
    BAD + "return bytearray(2**34)",
    BAD + "kept = []\n    while True: kept.append(bytes(2**24))",
    "import os" + BAD + "[os.write(1, b'x' * 2**20) for _ in range(200)]; os._exit(1)",
    BAD + "return " + "-" * 10**6 + "1",
], ids=["exit", "segfault", "stack", "loop", "allocation", "hog", "flood", "parser"])
def test_it_costs_that_exercise_only(sandbox, source, on_a_fresh_one):
    report = run("shift", written(source), isolate=sandbox, seconds=2)
    assert (report.passed, report.score) == (False, 0)
    assert len(report.printed) <= 2**16
    assert run("shift", written(ANSWER), isolate=sandbox) == on_a_fresh_one


def test_a_child_that_will_not_end_costs_the_namespace_and_the_next_request_has_another(sandbox):
    before = sandbox.namespace(STAGE).pid
    stubborn = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))" + BAD + "time.sleep(600)"
    assert run("shift", written(stubborn), isolate=sandbox, seconds=0.2).failed == "timeout"
    assert run("shift", written(ANSWER), isolate=sandbox).passed
    assert sandbox.namespace(STAGE).pid != before


def test_a_warm_sandbox_judges_a_torch_exercise_in_milliseconds(sandbox, capsys):
    cases, answer = visible_seal("shift").cases, written("import torch\n\n\n" + ANSWER)
    sandbox.run("shift", answer, cases, 10.0)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        sandbox.run("shift", answer, cases, 10.0)
        times.append(1000 * (time.perf_counter() - start))
    with capsys.disabled():
        print(f"\na warm sandbox: {min(times):.1f} ms at best, {statistics.median(times):.1f} ms at the median")
    assert min(times) < 100


# --- what is tried against it ---


@pytest.fixture(scope="module")
def findings(bwrap):
    return {finding.attempt.name: finding for finding in escapes.examine()}


@pytest.mark.parametrize("name", [attempt.name for attempt in escapes.ATTEMPTS])
def test_what_is_tried_does_not_get_out(findings, name):
    assert findings[name].trouble == ""


OUTSIDE = ("read_system", "read_environment", "reach_network", "see_limits")  # harmless to whoever runs the tests


@pytest.mark.parametrize("name", OUTSIDE)
def test_without_a_sandbox_the_same_attempt_gets_through(name):
    with open_sandbox(unsandboxed=True) as plain, escapes.outside() as around:
        report = escapes.submit(plain, name, {**around.told, "memory": 2**32}, 10.0)
    assert "got through to" in report.message


def test_a_secret_in_memory_would_be_found(sandbox):
    """Within one request it is, so that not finding it in the next one says something."""
    with escapes.outside() as around:
        report = escapes.submit(sandbox, "(lambda told: leave_marker(told) + look_for_marker(told))", around.told, 30.0)
    assert "its memory" in report.message


def test_what_the_kernel_reports_of_the_process_inside(sandbox):
    status = Path(f"/proc/{sandbox.namespace(STAGE).pid}/status").read_text()
    told = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert (told["CapPrm"], told["CapEff"], told["CapAmb"], told["NoNewPrivs"]) == (*["0" * 16] * 3, "1")
    assert told["NSpid"].split()[-1] == "1" and told["Threads"] == "1"
    assert "0" not in told["Uid"].split()


def test_no_namespace_outlives_its_judge(bwrap):
    source = (
        "from vae_course.course import STAGES\nfrom vae_course.grade.sandbox import Sandbox\n"
        "print(Sandbox().namespace(STAGES[0]).pid, flush=True)\nimport time\ntime.sleep(600)\n"
    )
    judge = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    inside_it = os.pidfd_open(int(judge.stdout.readline()))
    judge.send_signal(signal.SIGKILL)
    judge.communicate()
    poll = select.poll()
    poll.register(inside_it)
    assert poll.poll(10_000)
    os.close(inside_it)


def test_a_namespace_outlives_the_thread_that_started_it(bwrap):
    with Sandbox() as shared:
        reports = []
        for _ in range(2):
            thread = threading.Thread(target=lambda: reports.append(run("shift", written(ANSWER), isolate=shared)))
            thread.start()
            thread.join()
        assert shared.namespace(STAGE).alive and all(report.passed for report in reports)


# --- evidence that anybody may have written ---


@pytest.mark.parametrize("run_of", [
    Run([{}]), Run([{}] * 3), Run([{f"k{i}": 1 for i in range(100)}] * 2), Run([{"y": 2**70}] * 2),
    Run([{"y": "x" * 2**21}] * 2), Run([Trouble("pass", "mine")] * 2),
], ids=["too few", "too many", "many keys", "a long number", "a long text", "an own kind of trouble"])
def test_evidence_that_no_probe_writes_is_refused(run_of):
    with pytest.raises(ValueError):
        read_run(run_of.to_bytes(), "shift", 2)


@pytest.mark.parametrize("data, whole", [
    (b"\x01" + bytes(7) + b"a" + b"\x02" + bytes(7) + b"b", [b"a"]), (b"\xff" * 8 + b"a", []), (bytes(24), []), (b"\x01", []),
    ((b"\x01" + bytes(7) + b"a") * 3, [b"a", b"a"]), (b"\x09" + bytes(7) + b"a" * 9 + b"\x02" + bytes(7) + b"bb", [b"a" * 9]),
], ids=["cut off", "a length beyond all", "nothing", "no length", "one too many", "too long in all"])
def test_of_several_responses_those_before_the_first_lie_are_read(data, whole):
    here, there = socket.socketpair()
    reading, writing = os.pipe()
    os.close(writing)
    with here, there:
        there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        assert [*responses(here, reading, b"", 2, 18, time.monotonic() + 5)] == whole
    os.close(reading)


@pytest.mark.parametrize("lie", ["os.write(3, bytes([1]) + bytes(7) + b'a')", "os.write(3, bytes([255] * 8))"])
def test_nothing_is_believed_after_a_response_that_nobody_can_read(sandbox, lie):
    """Of three exercises in one child the second lies: the first is judged, and of the others nothing follows."""
    stage, names = course.find_stage("03"), ("std_from_logvar", "gaussian_entropy", "gaussian_kl")
    lying = Block(names[1], f"import os, torch\n\n\ndef {names[1]}(logvar):\n    {lie}\n    return logvar.sum(-1)\n", True)
    program = (*(block for block in reference_program(stage) if block.label != names[1]), lying)
    cases = {name: visible_seal(name).cases for name in names}
    found = sandbox.together(Written(program), cases, lambda name, run: len(run.outcomes))
    assert found == {names[0]: len(cases[names[0]])}


def test_what_is_shown_of_evidence_is_plain():
    forged = Run([Trouble("error", "a\x1b[31mb")], "c\x07d\n", ("by", "not a name"), ("gaussian_kl", "shift"))
    told = read_run(forged.to_bytes(), "shift", 1)
    assert told == Run([Trouble("error", "a[31mb")], "cd\n", ("by",), ())


def test_evidence_of_another_shape_is_no_error_of_the_judge():
    class Forger(Worker):
        def run(self, exercise, answer, cases, seconds, seed=0, instead=()):
            return Run([{"of_another_exercise": torch.zeros(1)}] * len(cases))

    report = run("shift", written(ANSWER), isolate=Forger())
    assert (report.passed, report.failed) == (False, "crash")


# --- where there is none ---


def test_without_bubblewrap_it_says_so_in_one_sentence(monkeypatch, vae_course):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CourseError, match="install the package bubblewrap"):
        open_sandbox()
    done = vae_course("doctor", "--sandbox")
    assert done.returncode == 2 and "install the package bubblewrap" in done.stderr


def test_a_system_that_forbids_it_is_told_with_bubblewraps_own_words(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with Sandbox() as forbidden, pytest.raises(CourseError, match="No permissions to create a new namespace"):
        run("shift", written(ANSWER), isolate=forbidden)


def test_an_unknown_processor_is_refused(monkeypatch, bwrap):
    monkeypatch.setattr(seccomp, "KNOWN", False)
    with pytest.raises(CourseError, match="x86-64 and AArch64"):
        Sandbox()


def test_the_verdict_can_say_what_it_was_judged_in(bwrap):
    with open_sandbox() as shut, open_sandbox(unsandboxed=True) as plain:
        assert (shut.kind, plain.kind) == ("bubblewrap", "none")
        assert run("shift", written(ANSWER), isolate=plain).passed


def test_answers_that_lie_among_the_packages_are_covered(monkeypatch, tmp_path):
    for name in ("solutions", "grading", "vae_course"):
        (tmp_path / "src" / name).mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(course, "REPOSITORY", tmp_path / "src")
    mounts = [*inside._packages()]
    for name in ("solutions", "grading", "vae_course"):
        path = str(tmp_path / "src" / name)
        covered, bound = ("--tmpfs", path, "--remount-ro", path), ("--ro-bind", str(tmp_path), str(tmp_path))
        assert mounts.index(covered) > mounts.index(bound)


def test_doctor_prints_a_line_for_each_attempt_and_fails_when_one_gets_through(monkeypatch, vae_course):
    first, second = escapes.ATTEMPTS[:2]
    found = [escapes.Finding(first), escapes.Finding(second, "got through to it")]
    monkeypatch.setattr(escapes, "examine", lambda: iter(found))
    done = vae_course("doctor", "--sandbox")
    assert done.returncode == 1
    assert f"✓ read        {first.words}\n" in done.stdout
    assert f"✗ read        {second.words}: got through to it\n2 attempts, 1 of them got through\n" in done.stdout
    monkeypatch.setattr(escapes, "examine", lambda: iter(found[:1]))
    assert vae_course("doctor", "--sandbox").returncode == 0
