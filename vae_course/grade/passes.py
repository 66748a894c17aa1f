"""Signed passes for students who have mastered a stage: `vae-course pass`. What a pass says, and what it cannot prove, is told in
`learn/passes.py`, which reads it.

The private key is `grading/pass.key`, made when it is first needed and readable by its owner only; the public one beside it,
`grading/pass.pub`, is what learners get. Passes are `grading/passes/STUDENT/03.pass`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key,
)

import vae_course
from vae_course.course import CourseError, Stage
from vae_course.grade.mastery import MASTERED, Mastery
from vae_course.learn import clock
from vae_course.learn.passes import ALGORITHM, ISSUER
from vae_course.models.files import write_whole

KEY, PUBLIC, PASSES = Path("grading", "pass.key"), Path("grading", "pass.pub"), Path("grading", "passes")


def issue_all(stage: Stage, rows: Sequence[Mastery], only: Sequence[str] = ()) -> tuple[list[Path], list[str]]:
    """Passes for those of `rows` who have mastered the stage, or for those of them named in `only`. Returns the files, and a sentence for
    each student who was named and gets none."""
    by_student = {row.student: row for row in rows}
    written, refused = [], []
    for student in only or by_student:
        row = by_student.get(student)
        if row is None:
            refused.append(f"{student} is not in the gradebook; give a student id as `vae-course mastery` lists it.")
        elif row.state == MASTERED:
            written.append(issue(student, stage))
        elif only:
            share = "" if row.share is None else f", {row.share:.0%} of the points where {row.threshold:.0%} are needed"
            refused.append(f"{student} has no pass for {stage.id}: {row.state}{share}.")
    return written, refused


def issue(student: str, stage: Stage) -> Path:
    """Write a student's pass for a stage and return where it is."""
    if Path(student).name != student or student in ("", ".", ".."):
        raise CourseError(f"{student!r} is no student id that can name a folder; give the id of one student.")
    told = {"iss": ISSUER, "sub": student, "stage": stage.id, "iat": clock.now(), "course": vae_course.__version__}
    path = PASSES / student / f"{stage.number}.pass"
    write_whole(path, jwt.encode(told, _key(), ALGORITHM).encode() + b"\n")
    return path


def _key() -> Ed25519PrivateKey:
    """The instructor's private key; made, with the public one, where there is none."""
    if not KEY.exists():
        made = Ed25519PrivateKey.generate()
        KEY.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(KEY, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(KEY.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(f"{KEY} is not a private key that can be read ({error}); put your own back, or move it away for a new one.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CourseError(f"{KEY} is not an Ed25519 key; move it away, and a new one is made.")
    write_whole(PUBLIC, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key
