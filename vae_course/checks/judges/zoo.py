"""What must hold of a learner's test of programs, sound and broken."""

from __future__ import annotations

from collections.abc import Mapping

from vae_course.checks.judging import Trial


def told_apart(trial: Trial, does: Mapping[str, str], asks: str, about: str, by_chance: str) -> None:
    """The learner's test says of a program what the seal says.

    does: what each program does, in words that follow "a program that". asks: what a test of it has to call. about,
    by_chance: a sentence for a test that refuses a sound program, and one for a test that does so now and then.
    """
    verdict, want = trial.got["verdict"], trial.want["verdict"]
    what = does[trial.case["case"]]
    answer = {"sound": "True", "broken": "False", "by chance": "now False, now True"}
    rows = [(f"a program that {what}", answer[verdict], answer[want])]
    if trial.got["asked"] != asks:
        rows.append(("what your test asked it for", trial.got["asked"], asks))
    trial.holds(
        verdict != "by chance",
        f"Your test says False of a sound program, one that {what}, and when it is asked again about the same program "
        f"it says True: chance decides. {by_chance}",
        "Ask your test ten times about a sound program: which of its numbers comes out on both sides of your limit?",
        rows,
    )
    trial.holds(
        verdict == want or want == "broken",
        f"Your test says False of a sound program: one that {what}. {about}",
        "Which of your conditions does this program break, and is it a property of every right program?", rows,
    )
    trial.holds(
        verdict == want,
        f"A bug gets past your test: it says True of a program that {what}.",
        "Which input, or which pair of calls, would show a difference between this program and a right one?", rows,
    )
