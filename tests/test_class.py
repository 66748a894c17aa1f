"""`vae-course grade`: a class is marked by any number of processes to the same marks, whatever ends in the middle."""

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from classes import EXERCISES, command, count, fill, grade, marks, told
from desk import STAGE, Desk
from support import BIN, REPOSITORY

from vae_course import course
from vae_course.course import CourseError
from vae_course.grade import many, verdicts
from vae_course.grade.verify import unverified

STAGE_03 = course.find_stage(STAGE)
pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("released"))
    desk.release()
    return desk


@pytest.fixture
def desk(released, tmp_path):
    """A desk of its own with the release, and nobody's submission yet."""
    return released.copied_to(tmp_path / "desk")


def test_one_process_and_several_give_the_same_marks_and_verdicts(desk, monkeypatch):
    wanted = fill(desk, 14)
    assert grade(desk).marked == [*wanted]
    assert marks(desk) == wanted
    serial = {path.name: path.read_bytes() for path in (desk.folder / verdicts.STORE).rglob("*.json")}
    shutil.rmtree(desk.folder / verdicts.STORE)
    again = grade(desk, executor=many.processes(2), at_once=2, force=True)
    assert again.new == [*wanted] and not again.failed
    assert {path.name: path.read_bytes() for path in (desk.folder / verdicts.STORE).rglob("*.json")} == serial
    assert marks(desk) == wanted

    def judges_again(*args):
        raise AssertionError("a verdict that was kept was made again")

    monkeypatch.setattr(verdicts, "judged", judges_again)
    assert grade(desk, force=True).new == [*wanted]
    assert grade(desk).new == []


def test_an_answer_that_ended_its_process_is_judged_again_when_asked_and_no_other(desk):
    fill(desk, 7)  # the last one ends its process
    grade(desk)
    before = {path: path.stat().st_mtime_ns for path in (desk.folder / verdicts.STORE).rglob("*.json")}
    again = grade(desk, executor=many.processes(1), force=True)
    changed = [path for path, time_ns in before.items() if path.stat().st_mtime_ns != time_ns]
    assert len(again.new) == len(before) == 7 and len(changed) == 1
    assert '"failed": "crash"' in changed[0].read_text(encoding="utf-8")


def test_three_hundred_submissions_with_processes_killed_at_random_lose_nothing(desk):
    wanted, chance = fill(desk, 300), random.Random(3)
    made, written = desk.folder / verdicts.STORE / STAGE, desk.folder / "grading" / "autograded"
    stops = [(made, chance.randint(60, 120)), (written, chance.randint(60, 200)), (written, None)]
    killed, next_kill = 0, chance.randint(10, 40)
    for place, at in stops:  # the writer is killed while verdicts are made, again while marks are written, and then left alone
        process = command(desk, "--workers", "2")
        while process.poll() is None and (at is None or count(place) < at):
            if killed < 4 and count(made) >= next_kill and (workers := workers_of(process.pid)):
                chance.choice(workers).kill()
                killed, next_kill = killed + 1, next_kill + chance.randint(20, 60)
            time.sleep(0.05)
        if at is not None:
            assert process.poll() is None, told(desk)
            left = children(process.pid)
            process.kill()
            assert not psutil.wait_procs(left, timeout=60)[1], "processes of a killed writer stay"
        process.wait()
    assert process.returncode == 0 and told(desk).splitlines()[-1].startswith("300 marked"), told(desk)
    assert killed == 4
    assert marks(desk) == wanted
    with desk.at_work():
        assert not list(unverified(STAGE_03, many.configuration()))
    shutil.rmtree(made)
    assert grade(desk, force=True).new == [*wanted]  # the serial run
    assert marks(desk) == wanted


def workers_of(pid):
    found = []
    for child in children(pid):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended since, or waits as a zombie
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def children(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_a_submission_that_was_half_marked_when_the_writer_was_killed_is_marked_again(desk):
    wanted = fill(desk, 2)
    grade(desk)
    path = desk.folder / "grading" / "autograded" / "student-0001" / STAGE / f"{STAGE}.ipynb"
    shutil.copy(desk.submitted / "student-0001" / STAGE / f"{STAGE}.ipynb", path.with_name("half.ipynb"))
    path.unlink()
    path.with_name("half.ipynb").rename(path)  # what nbgrader has written when it is between its two steps
    outcome = grade(desk)
    assert outcome.new == ["student-0001"], outcome.text()
    assert marks(desk) == wanted


def test_a_cluster_of_real_processes_gives_the_same_marks(desk):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed; `pip install '.[cluster]'` gives it")
    wanted = fill(desk, 20)
    environment = {"PYTHONPATH": str(REPOSITORY)}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, env=environment) as cluster:
        process = command(desk, "--scheduler", cluster.scheduler_address)
        process.wait(timeout=300)
    assert process.returncode == 0 and "20 marked, 20 of them now" in told(desk), told(desk)
    assert marks(desk) == wanted


def test_workers_need_the_wheel_and_no_answers_and_must_have_this_version(desk, from_the_wheel, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed; `pip install '.[cluster]'` gives it")
    wanted = fill(desk, 8)
    call, home = from_the_wheel
    site = Path(call("-c", "import vae_course; print(vae_course.__file__)").stdout).parents[1]
    other = tmp_path / "other"
    shutil.copytree(site / "vae_course", other / "vae_course")
    with open(other / "vae_course" / "course.py", "a") as file:
        file.write("# another version\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VAE_COURSE")}
    with contextlib.ExitStack() as stack:

        def start(program, *words, path=site):
            line = [sys.executable, "-P", "-m", f"distributed.cli.dask_{program}", *words]
            process = subprocess.Popen(
                line, cwd=home, env={**clean, "PYTHONPATH": str(path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"tcp://127.0.0.1:{port}"
        start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        start("worker", address, "--nthreads", "1", "--no-dashboard")
        wait_for_workers(address, 1)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(BIN))  # no bubblewrap: nothing can be judged but by the worker
            command(desk, "--scheduler", address).wait(timeout=300)
        assert told(desk).splitlines()[-1].startswith("8 marked, 8 of them now"), told(desk)
        assert marks(desk) == wanted
        start("worker", address, "--nthreads", "1", "--no-dashboard", path=other)
        wait_for_workers(address, 2)
        assert command(desk, "--scheduler", address).wait(timeout=300) == 2
        assert re.match("1 of 2 workers at .* have another version of the course or of torch", told(desk)), told(desk)


def wait_for_workers(address, number):
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(number, timeout=60)


def test_what_the_command_says(desk):
    def said(*words):
        code = command(desk, *words).wait(timeout=120)
        return told(desk).strip().splitlines()[-1], code

    fill(desk, 2)
    assert said("--student", "nobody") == ("nobody handed in nothing for 03_gaussian_kl; look in grading/submitted.", 2)
    assert said("--scheduler", "tcp://127.0.0.1:1")[1] == 2
    line, code = said("--workers", "1")
    assert code == 0 and line.startswith("2 marked, 2 of them now")
    assert said("--verify") == ("No marks of 03_gaussian_kl without a verdict.", 0)


def test_outside_a_course_folder_and_before_a_release_it_says_what_to_do(tmp_path, monkeypatch, released):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="There is no nbgrader_config.py here; run this in the folder of the course."):
        many.configuration()
    with released.at_work():
        with pytest.raises(CourseError, match="does not know 02_elbo; run `nbgrader generate_assignment 02_elbo` first"):
            many.grade(course.find_stage("02"), many.configuration())


def test_the_exercises_of_the_desk_are_judged():
    assert set(EXERCISES) <= {exercise.name for exercise in STAGE_03.exercises}
