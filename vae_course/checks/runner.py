"""`run`: an answer to an exercise in, a Report out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from vae_course import course
from vae_course.checks.answer import Answer, Written, as_answer
from vae_course.checks.judging import Broken, Trial, judge
from vae_course.checks.probing import Case, Outcome, Run, find_probe, in_processes_apart, run_probe, summarised
from vae_course.checks.report import UNSETTLED, Report
from vae_course.checks.say import listed
from vae_course.checks.seal import Mistake, Seal, visible_seal
from vae_course.checks.trouble import TimeUp, Trouble, crash, discreet, explain
from vae_course.checks.worker import Worker

SECONDS = 10.0
PATIENCE = 3.0  # times that for all cases of an exercise by the clock, where each has a process of its own


def run(
    exercise: str,
    answer: object,
    *,
    isolate: bool | Worker = False,
    seconds: float = SECONDS,
    seals: Sequence[Seal] | None = None,
) -> Report:
    """Check an answer to `exercise`.

    answer: a dict of names or a module that has the exercise's function, or the path of a notebook.
    isolate: run the learner's code in a process of its own (a Worker, or a grader's Sandbox, stays warm over many).
    seconds: the learner's code is stopped after that long, on the inputs of each seal.
    seals: what to compare with; by default the numbers that ship with the course.

    Raises CourseError for an unknown exercise or a notebook that cannot be read.
    """
    course.find_exercise(exercise)
    handed_in = as_answer(answer, exercise)
    seals = [visible_seal(exercise)] if seals is None else list(seals)
    with _worker(isolate) as worker:
        report, uses = _once(exercise, handed_in, worker, seconds, seals)
        if report.passed or not uses or report.failed in (*UNSETTLED, "missing"):
            return report
        with_ours, _ = _once(exercise, handed_in, worker, seconds, seals, uses)
        better, named = with_ours.score > report.score, with_ours.misconception and not report.misconception
        if not better and not (named and with_ours.score == report.score):
            return report
        mine = {name: run(name, handed_in, isolate=worker or False, seconds=seconds) for name in uses}
        # what the notebook does not hold, since an earlier stage asked for it, was the course's own all the time
        failed = [name for name, told in mine.items() if not told.passed and told.failed != "missing"]
        return _followed_through(with_ours, failed, better) if failed else report


@contextmanager
def _worker(isolate: bool | Worker) -> Iterator[Worker | None]:
    """The worker to use, if any; one that was given stays warm."""
    if isolate is True:
        with Worker() as worker:
            yield worker
    else:
        yield isolate or None


def _once(
    exercise: str, answer: Answer, worker: Worker | None, seconds: float, seals: Sequence[Seal], instead: Sequence[str] = ()
) -> tuple[Report, tuple[str, ...]]:
    """The report on an answer, and which of the exercises before it the answer may call."""
    done = _done(exercise, answer, worker, seconds, seals, instead)
    try:
        return _judged(exercise, answer, done, seals)
    except Exception:  # evidence that no probe gives: who wrote the answer may have written to the pipe as well
        if not worker:
            raise
        return _judged(exercise, answer, Run([crash(exercise)] * len(done.outcomes)), seals)


def _done(
    exercise: str, answer: Answer, worker: Worker | None, seconds: float, seals: Sequence[Seal], instead: Sequence[str]
) -> Run:
    """The probe on the cases of every seal, without what an answer says or prints of hidden ones. In processes each seal has a run of
    its own, so that what an answer says of the visible inputs cannot tell the hidden ones; in this process it could read them anyway."""
    runs: list[Run] = []
    decided = False
    for together in [[seal] for seal in seals] if worker else [list(seals)]:
        cases = [case for seal in together for case in seal.cases]
        last = runs[-1].outcomes[-1] if runs and runs[-1].outcomes else None
        if decided:
            done = Run([crash(exercise)] * len(cases))  # which nobody looks at
        elif isinstance(last, Trouble) and last.kind in UNSETTLED:
            done = Run([last] * len(cases))
        elif worker:
            done = _outside(exercise, answer, worker, cases, seconds, instead)
            decided = _nothing_holds(exercise, done, together[0]) and not any(seal.mistakes for seal in seals[len(runs) + 1 :])
        else:
            done = run_probe(exercise, find_probe(exercise), answer, cases, seconds, instead=instead)
        hidden = [seal.hidden for seal in together for _ in seal.cases]
        runs.append(_without_words(exercise, answer, done, seconds, hidden) if any(hidden) else done)
    return replace(runs[0], outcomes=[outcome for done in runs for outcome in done.outcomes])


def _nothing_holds(exercise: str, done: Run, seal: Seal) -> bool:
    """Whether every part of an exercise is broken on the inputs of a seal. A report shows the first input on which a part is
    broken, so it says the same whatever comes of the inputs of later seals, if these tell no mistakes apart."""
    try:
        outcomes = seal.hashed(summarised(exercise, seal.cases, done.outcomes))
        return all(judge_outcomes([seal], outcomes).values())
    except Exception:  # as in `_once`
        return False


def _without_words(exercise: str, answer: Answer, done: Run, seconds: float, hidden: Sequence[bool]) -> Run:
    """A run on inputs some of which nobody may learn, without anything that the answer says itself of those."""
    blocks = answer.program if isinstance(answer, Written) else ()
    sources = {text for block in blocks for text in (block.source, block.source.lstrip())}  # IPython drops empty lines at the top
    lines = {f"line {n}: {line.strip()}" for text in sources for n, line in enumerate(text.splitlines(), 1)}
    outcomes = [
        discreet(outcome, exercise, seconds, lines) if secret and isinstance(outcome, Trouble) else outcome
        for outcome, secret in zip(done.outcomes, hidden, strict=True)
    ]
    return replace(done, outcomes=outcomes, printed="")


def _outside(
    exercise: str, answer: Answer, worker: Worker, cases: Sequence[Case], seconds: float, instead: Sequence[str]
) -> Run:
    """The Run over all cases: in one process, or one process a case where the probe asks for that, while time is left."""
    if not in_processes_apart(exercise):
        return worker.run(exercise, answer, cases, seconds, instead=instead)
    until, runs = time.monotonic() + PATIENCE * seconds, []
    for case in cases:
        runs.append(worker.run(exercise, answer, [case], seconds, instead=instead))
        last = runs[-1].outcomes[0]
        if isinstance(last, Trouble) and last.kind in UNSETTLED or time.monotonic() > until:
            trouble = last if isinstance(last, Trouble) else explain(TimeUp(), exercise, seconds)
            runs.append(Run([trouble] * (len(cases) - len(runs))))
            break
    first = runs[0]
    return replace(first, outcomes=[outcome for run in runs for outcome in run.outcomes])


def passed(exercise: str, answer: Answer, done: Run, seals: Sequence[Seal]) -> Report | None:
    """The report on a run of all cases of `seals` at once that was made already, if it passes, with nothing printed: such a
    report holds no word of the answer's own, which could tell what the fresh inputs are."""
    try:
        report, _ = _judged(exercise, answer, done, seals)
    except Exception:  # as in `_once`
        return None
    return report if report.passed and not report.printed else None


def _judged(exercise: str, answer: Answer, done: Run, seals: Sequence[Seal]) -> tuple[Report, tuple[str, ...]]:
    cases = [case for seal in seals for case in seal.cases]
    done = replace(done, outcomes=summarised(exercise, cases, done.outcomes))
    return _report(answer, done, seals), done.uses


def _followed_through(with_ours: Report, failed: Sequence[str], better: bool) -> Report:
    """The report on an answer once the course's versions stand for what failed before it: its points, where they are
    better, and otherwise the name of a mistake that was hidden behind another one."""
    yours = f"yours {'do' if len(failed) > 1 else 'does'} not pass yet."
    note = f"Checked with the course's own {listed(failed)}, since {yours}"
    if not better:
        note = f"So it looks with a right {listed(failed)} in its place; {yours}"
    return replace(with_ours, note=" ".join(filter(None, [note, with_ours.note])))


def judge_outcomes(seals: Sequence[Seal], outcomes: Sequence[Outcome]) -> dict[str, Broken | None]:
    """What is broken in each part, given one outcome for every case of every seal."""
    exercise = seals[0].exercise
    stage, _ = course.find_exercise(exercise.name)
    sealed = [
        (case, want, errors, seal)
        for seal in seals
        for case, want, errors in zip(seal.cases, seal.wanted, seal.standard_errors, strict=True)
    ]
    trials = [
        Trial(exercise.name, case, outcome, want, seal.kinds, errors, seal.hidden)
        for (case, want, errors, seal), outcome in zip(sealed, outcomes, strict=True)
    ]
    return judge(exercise, trials)


def diagnose(seals: Sequence[Seal], outcomes: Sequence[Outcome], failed: Sequence[str]) -> Mistake | None:
    """The known mistake that the outcomes equal, on every seal that knows mistakes."""
    found: list[dict[str, Mistake]] = []
    start = 0
    for seal in seals:
        mine = outcomes[start : start + len(seal.cases)]
        start += len(seal.cases)
        if seal.mistakes:
            found.append({mistake.id: mistake for mistake in seal.mistakes if seal.same(mine, failed, mistake)})
    if not found:
        return None
    shared = [mistake for id, mistake in found[0].items() if all(id in others for others in found)]
    return shared[0] if shared else None


def _report(answer: Answer, done: Run, seals: Sequence[Seal]) -> Report:
    exercise = seals[0].exercise
    outcomes: list[Outcome] = []
    start = 0
    for seal in seals:
        outcomes += seal.hashed(done.outcomes[start : start + len(seal.cases)])
        start += len(seal.cases)
    broken = judge_outcomes(seals, outcomes)
    held = {part: what is None for part, what in broken.items()}
    score = exercise.score(held)
    common = {
        "exercise": exercise.name, "score": score, "points": exercise.points, "parts": held,
        "printed": done.printed,
    }
    first = next((what for what in broken.values() if what is not None), None)
    if first is None:
        return Report(passed=True, message="Everything that was checked holds.", **common)
    failed_parts = [part for part, what in broken.items() if what is not None]
    mistake = diagnose(seals, outcomes, failed_parts)
    name = first.name or failed_parts[0]
    message, rows, line, note = first.sentence, first.rows, "", ""
    if rows and not rows[0][0]:  # a Trouble's row holds the learner's own line
        line, rows = rows[0][1], ()
    if isinstance(answer, Written) and name == "missing":
        message = f"{exercise.name} is not defined in the saved notebook: write it in its own cell and save."
    if done.reads and first.name not in (*UNSETTLED, "missing", "unwritten"):
        note = f"Your function reads {listed(done.reads)}, which came from another cell and not from its arguments: is that meant?"
    if isinstance(answer, Written) and "NameError" in message and "does not run" not in message:
        note = "A name that lives only in the running kernel does not count: define it in the notebook and save."
    if first.hidden:
        rows, note = (), "It holds on the inputs you can see; on fresh ones it does not."
    return Report(
        passed=False, message=mistake.sentence if mistake else message,
        question=mistake.question if mistake else first.question,
        misconception=mistake.id if mistake else None, failed=name, rows=rows, line=line, note=note, **common,
    )
