"""A pass: an instructor's word, signed, that a student has mastered a stage. A learner's gate reads it where gates are graded.

It is a JSON Web Token (RFC 7519) with an Ed25519 signature (RFC 8037), one line of text, and says: `iss` vae-course, `sub` the
student's id, `stage`, `iat` when it was issued. Who may sign is decided by the public key that VAE_COURSE_PASS_KEY names.

What it cannot prove: who sits at the machine, nor that the marked work was theirs. And a gate runs on the learner's own machine:
who replaces the key or the package opens what they like. A mark is kept by the instructor, never by a gate.
"""

from __future__ import annotations

import os
from pathlib import Path

import jwt

from vae_course.course import CourseError, Stage
from vae_course.learn import progress
from vae_course.learn.progress import Event

ISSUER, ALGORITHM = "vae-course", "EdDSA"
LARGEST = 4096  # bytes of a pass


def accept(path: Path, stage: Stage) -> str:
    """Open the gate of `stage` with the pass in a file; returns whose it is. CourseError, with the reason, for any other file."""
    if not progress.on():
        raise CourseError("VAE_COURSE_PROGRESS is off, so that no gate can be kept open; unset it first.")
    token = _text(path)
    student = _student(token, stage, str(path))
    progress.record("pass", stage.id, student, token=token)
    return student


def holds(event: Event, stage: Stage) -> bool:
    """Whether a pass that was accepted once holds today: the key may have changed since, or the file of progress."""
    try:
        return _student(str(event.data.get("token", "")), stage, "the pass") == event.name
    except CourseError:
        return False


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            held = file.read(LARGEST + 1)
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}); name the file that your instructor gave you.") from error
    if len(held) > LARGEST or not held.isascii():
        raise CourseError(f"{path} is not a pass; name the file that your instructor gave you, such as 03.pass.")
    return held.decode().strip()


def _student(token: str, stage: Stage, named: str) -> str:
    """Whose pass for `stage` this is. CourseError with the reason when it is none that holds here."""
    try:
        told = jwt.decode(token, public_key(), [ALGORITHM], issuer=ISSUER, options={"require": ["iss", "sub", "iat", "stage"]})
    except jwt.InvalidSignatureError:
        raise CourseError(
            f"{named} is not signed by your instructor: it was altered, or signed with another key; ask for it again."
        ) from None
    except (jwt.InvalidTokenError, ValueError) as error:
        raise CourseError(f"{named} is not a pass that can be read ({error}); ask your instructor for it again.") from None
    if told["stage"] != stage.id:
        raise CourseError(f"{named} is a pass for {told['stage']}, not for {stage.id}; try the gate that it is for.")
    if (who := student_here()) and told["sub"] != who:
        raise CourseError(f"{named} is the pass of {told['sub']}, and here works {who}; ask your instructor for your own.")
    return told["sub"]


def student_here() -> str | None:
    """Who works here: VAE_COURSE_STUDENT, else JupyterHub's user, else whose pass was accepted first."""
    named = os.environ.get("VAE_COURSE_STUDENT") or os.environ.get("JUPYTERHUB_USER")
    return named or next((event.name for event in progress.history() if event.kind == "pass"), None)


def public_key() -> str:
    """The instructor's public key, as PEM. CourseError where there is none."""
    named = os.environ.get("VAE_COURSE_PASS_KEY")
    if not named:
        raise CourseError(
            "No public key is set, so that no pass can be read; set VAE_COURSE_PASS_KEY to the file pass.pub that your instructor gave out."
        )
    try:
        text = Path(named).read_text(encoding="ascii")
        jwt.algorithms.OKPAlgorithm().prepare_key(text)
    except (OSError, ValueError, jwt.InvalidKeyError) as error:
        raise CourseError(
            f"VAE_COURSE_PASS_KEY names {named}, which is not a public key ({error}); set it to the file pass.pub of your instructor."
        ) from error
    return text
