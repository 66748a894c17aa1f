"""What can go wrong while a learner's code runs, each in its own words."""

from __future__ import annotations

import builtins
import linecache
import re
import sysconfig
import traceback
from collections.abc import Container
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from vae_course import course


@dataclass(frozen=True)
class Trouble:
    """Why a probe has no evidence.

    `kind`: missing, unwritten, type, error, timeout, crash, interrupted or size. `text`: a sentence. `line`: the
    learner's own line where it happened, when there is one.
    """

    kind: str
    text: str
    line: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


LONGEST = 300  # characters of an error's own words that are shown


def plain(text: str) -> str:
    """Text that every terminal can print, cut to a length that a report can hold."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def a(name: str) -> str:
    """`a Tensor`, `an int`, `an ndarray`."""
    return f"{'an' if name[:1].lower() in 'aeiou' or name.startswith('nd') else 'a'} {name}"


class Unfit(Exception):
    """Raised by a probe when what the learner returned cannot be evidence: a wrong type."""


class Missing(KeyError):
    """Raised when a probe asks for a name that the learner has not defined."""


class TimeUp(BaseException):
    """Raised in the learner's code when its time is over. Not an Exception: `except Exception` must not stop it."""


def explain(error: BaseException, exercise: str, seconds: float) -> Trouble:
    """The Trouble that `error`, raised while `exercise` ran, amounts to."""
    line = _learners_line(error)
    if isinstance(error, TimeUp):
        return Trouble(
            "timeout",
            f"{exercise} was still running after {seconds:g} seconds and was stopped: is there a loop that never ends?",
            line,
        )
    if isinstance(error, Missing):
        return Trouble("missing", f"{error.args[0]} is not defined yet: run the cell that defines it, then check again.")
    if isinstance(error, Unfit):
        return Trouble("type", str(error))
    if isinstance(error, course.CourseError):
        return Trouble("size", str(error))
    if isinstance(error, KeyboardInterrupt):
        return Trouble("interrupted", f"You stopped the check of {exercise}; nothing was judged.")
    if isinstance(error, NotImplementedError) and "raise NotImplementedError" in line:
        function = _owner(error)
        if function not in (exercise, "<module>") and function.isidentifier():
            return Trouble("error", f"{exercise} calls {function}, which is not written yet.", line)
        return Trouble(
            "unwritten", f"{exercise} is not written yet: replace `raise NotImplementedError` with your answer."
        )
    if isinstance(error, SystemExit):
        return Trouble("error", f"{exercise} called exit(): an answer returns its result instead.", line)
    if isinstance(error, RecursionError):
        return Trouble("error", f"{exercise} calls itself without end (RecursionError).", line)
    try:
        said = [plain(text) for text in str(error).strip().splitlines()[:1]]
    except Exception:  # an exception class of the learner's own
        said = []
    for words, advice in _ADVICE.items():
        if said and words in said[0]:
            return Trouble("error", f"{exercise} stopped: {advice}", line)
    detail = f": {said[0]}" if said else ""
    return Trouble("error", f"{exercise} stopped with {type(error).__name__}{detail}", line)


def crash(exercise: str) -> Trouble:
    """The Trouble of a process that ended without a result, or with one that nobody can read."""
    return Trouble("crash", f"The process that ran {exercise} ended without a result: does your code end it?")


def discreet(trouble: Trouble, exercise: str, seconds: float, lines: Container[str]) -> Trouble:
    """A Trouble on inputs that nobody may learn, in our own words: the answer's might hold them.

    lines: the answer's own, as `line 4: return x + by`; what is none of them is not shown as one.
    """
    if trouble.kind == "timeout":
        return explain(TimeUp(), exercise, seconds)
    if trouble.kind == "crash":
        return crash(exercise)
    named = re.match(r"\w+ stopped with (\w+)", trouble.text)
    known = named and named[1] in vars(builtins)
    texts = {
        "error": f"{exercise} stopped with {named[1] if known else 'an error'}.",
        "type": f"{exercise} returned something that is not what it is asked for.",
        "size": f"{exercise} returned more than can be looked at.",
    }
    text = texts.get(trouble.kind, f"{exercise} gave no result.")
    return Trouble(trouble.kind, text, trouble.line if trouble.line in lines else "")


# what torch says to people who know it, said to those who do not
_ADVICE = {
    "Can't call numpy() on Tensor that requires grad": (
        "a numpy function met a tensor whose gradient is wanted, and numpy cannot follow gradients; use torch's function of that name."
    ),
    "can be converted to Python scalars": (
        "a function for single numbers, such as math.exp, float() or an `if`, met a whole tensor; use torch's function of that name."
    ),
    "requires grad is being used in an in-place operation": (
        "a line writes into a tensor whose gradient is asked for, by `+=`, `-=` or a function whose name ends in `_`; a new tensor "
        "leaves it as it is."
    ),
    "does not require grad and does not have a grad_fn": (
        "a gradient was asked of a number without a history: what it was computed from does not ask for gradients, it was cut "
        "off on the way, or it comes from a function that gives values only."
    ),
}


def _owner(error: BaseException) -> str:
    """The function or class at the top of a cell in which `error` was raised: `Encoder` for `Encoder.__init__`."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code.co_qualname.rsplit("<locals>.")[-1].split(".")[0]


_OURS = str(course.PACKAGE)
_LIBRARIES = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def _is_ours_or_a_librarys(file: str) -> bool:
    return Path(file).is_absolute() and file.startswith((_OURS, *_LIBRARIES))


def installed(module: ModuleType) -> bool:
    """Whether every process of this Python finds `module`: it is built in, a library's or the course's own."""
    file = getattr(module, "__file__", None)
    return file is None or _is_ours_or_a_librarys(file)


def _learners_line(error: BaseException) -> str:
    """`line 4: return x + by`: the deepest line on the way to `error` that is neither ours nor a library's."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno}: {(error.text or '').strip()}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = frame.filename
        if name.startswith("<frozen") or _is_ours_or_a_librarys(name):
            continue
        source = linecache.getline(name, frame.lineno or 0).strip()
        return f"line {frame.lineno}: {source}" if source else ""
    return ""
