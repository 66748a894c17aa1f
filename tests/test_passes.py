"""Gates by marks: who mastered what by the gradebook, and signed passes that a learner's gate takes or refuses with a reason."""

import json
import shutil

import jwt
import pytest
from classes import fill, grade
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from desk import STAGE, Desk

from vae_course import course
from vae_course.course import CourseError
from vae_course.grade import many, passes
from vae_course.grade.mastery import mastery, thresholds
from vae_course.learn import check, gates, opening, progress
from vae_course.learn import passes as learners

STAGE_03, OTHER = course.find_stage(STAGE), course.find_stage("02")


# --- mastery ---


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A desk with eight students, graded; the written answer of two is marked by hand, that of a third waits."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    desk = Desk(tmp_path_factory.mktemp("marked"))
    desk.release()
    fill(desk, 8)
    path = desk.submitted / "student-0002" / STAGE / f"{STAGE}.ipynb"
    told = json.loads(path.read_text())
    written = next(c for c in told["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "evidence_identity")
    written["source"] = "Because Bayes."
    path.write_text(json.dumps(told))
    grade(desk)
    from nbgrader.api import Gradebook

    with Gradebook(desk.config.CourseDirectory.db_url) as gradebook:
        gradebook.add_student("absent")
        for student, points in (("student-0000", 4), ("student-0005", 2)):
            found = gradebook.find_grade("evidence_identity", STAGE, STAGE, student)
            found.manual_score, found.needs_manual_grade = points, False
        gradebook.db.commit()
    return desk


def found(desk, *given):
    with desk.at_work():
        rows = mastery(course.STAGES, many.configuration(), given)
    return {row.student: row for row in rows}


def test_mastery_follows_the_marks_and_the_threshold(marked):
    rows = found(marked)
    assert {row.stage for row in rows.values()} == {STAGE} and len(rows) == 9
    assert (rows["student-0000"].share, rows["student-0000"].state) == (1.0, "mastered")
    assert (rows["student-0005"].points, rows["student-0005"].share, rows["student-0005"].state) == (8, 0.8, "mastered")  # just
    assert (rows["student-0001"].share, rows["student-0001"].state) == (0.1, "not yet")
    assert (rows["student-0002"].share, rows["student-0002"].state) == (None, "waits for hand grading")
    assert (rows["absent"].points, rows["absent"].state) == (None, "nothing handed in")
    assert found(marked, "0.81")["student-0005"].state == "not yet"
    assert found(marked, "03=80%", "0.9")["student-0005"].state == "mastered"  # what is said of one stage holds


@pytest.mark.parametrize("word", ["0", "1.1", "high", "03=", "=0.5", "-1", "0.5.5"])
def test_a_threshold_that_is_no_share_is_named(word):
    with pytest.raises(CourseError, match="--threshold is|There is no stage"):
        thresholds([word])


def test_what_is_not_required_only_adds(marked, monkeypatch):
    from dataclasses import replace

    extra = replace(STAGE_03, exercises=tuple(replace(e, required=e.name != "gaussian_kl") for e in STAGE_03.exercises))
    monkeypatch.setattr(course, "STAGES", tuple(extra if s is STAGE_03 else s for s in course.STAGES))
    rows = found(marked)
    assert rows["student-0000"].of == 5 and rows["student-0000"].share == 1.0  # 10 of 5 is still 1
    assert rows["student-0001"].share == 0.2


def test_the_table_the_csv_and_the_json_say_the_same(marked, vae_course, tmp_path, monkeypatch):
    for name in ("nbgrader_config.py", "grading", "solutions", "notebooks"):
        (tmp_path / name).symlink_to(marked.folder / name)
    table = vae_course("mastery", "03").stdout
    assert f"{STAGE}: 2 of 9 mastered, at 80% of 10 points or more" in table
    cells = {line.split()[0]: line.split()[1:] for line in table.splitlines() if line.startswith(("student-", "absent"))}
    assert cells["student-0005"] == ["80", "✓"] and cells["student-0001"] == ["10", "✗"]
    assert cells["student-0002"] == ["…"] and cells["absent"] == ["·"]
    data = json.loads(vae_course("mastery", "--json").stdout)
    assert [row["state"] for row in data].count("mastered") == 2
    vae_course("mastery", "--csv", "m.csv")
    lines = (tmp_path / "m.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "student,stage,points,of,share,threshold,state" and len(lines) == 10
    assert f"student-0002,{STAGE},,10.0,,0.8,waits for hand grading" in lines
    refused = vae_course("mastery", "05")
    assert refused.returncode == 2 and "The gradebook knows none of these stages" in refused.stderr


def test_passes_are_signed_for_those_who_mastered_the_stage_and_for_no_others(marked, vae_course, tmp_path):
    for name in ("nbgrader_config.py", "grading", "solutions", "notebooks"):
        (tmp_path / name).symlink_to(marked.folder / name)
    done = vae_course("pass", "03")
    assert done.returncode == 0
    assert sorted(p.parts[-2] for p in (marked.folder / "grading" / "passes").glob("*/03.pass")) == ["student-0000", "student-0005"]
    assert (marked.folder / "grading" / "pass.key").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in (marked.folder / "grading" / "pass.pub").read_text()
    refused = vae_course("pass", "03", "--student", "student-0001", "--student", "student-0002", "--student", "nobody")
    assert refused.returncode == 1 and refused.stdout == "No pass was signed.\n"
    assert "student-0001 has no pass for 03_gaussian_kl: not yet, 10% of the points where 80% are needed." in refused.stderr
    assert "student-0002 has no pass for 03_gaussian_kl: waits for hand grading." in refused.stderr
    assert "nobody is not in the gradebook" in refused.stderr


# --- a learner's gate ---


@pytest.fixture
def learner(progress_file, tmp_path, monkeypatch):
    """A learner whose gates are graded, beside an instructor's folder; makes passes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_COURSE_GATES", "graded")
    monkeypatch.setenv("VAE_COURSE_PASS_KEY", str(tmp_path / "grading" / "pass.pub"))
    for name in ("VAE_COURSE_STUDENT", "JUPYTERHUB_USER", "VAE_COURSE_SOLUTIONS", "VAE_COURSE_SEED"):
        monkeypatch.delenv(name, raising=False)
    return lambda student="ada", stage=STAGE_03: passes.issue(student, stage)


def test_a_pass_opens_the_gate_and_the_next_stages_checks(learner, vae_course):
    names = {"check": check}
    exec("def reparameterize(mu, logvar, eps):\n    return mu + (0.5 * logvar).exp() * eps", names)
    assert eval("check('reparameterize')", names).failed == "gate"
    done = vae_course("gate", "03", "--pass", learner())
    assert done.returncode == 0 and "The gate of 03_gaussian_kl is open" in done.stdout and "The pass is yours, ada." in done.stdout
    assert opening.is_open(STAGE_03) and not opening.is_open(OTHER)
    assert eval("check('reparameterize')", names).passed


def test_questions_do_not_open_a_graded_gate(learner):
    attempt = gates.Attempt(STAGE_03)
    while attempt.question:
        attempt.answer(repr(attempt.question.item.answer))
    attempt.end()
    assert not opening.is_open(STAGE_03)


def forged(told=None, key=None, algorithm="EdDSA"):
    told = {"iss": "vae-course", "sub": "ada", "stage": STAGE, "iat": 1_770_000_000, **(told or {})}
    return jwt.encode({name: value for name, value in told.items() if value is not None}, key or Ed25519PrivateKey.generate(), algorithm)


def altered(token):
    """Another student in the same pass, the signature kept."""
    head, body, signature = token.split(".")
    told = json.loads(jwt.utils.base64url_decode(body))
    return ".".join([head, jwt.utils.base64url_encode(json.dumps({**told, "sub": "eve"}).encode()).decode(), signature])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda good, key: forged(), "is not signed by your instructor: it was altered, or signed with another key"),
        (lambda good, key: altered(good), "is not signed by your instructor"),
        (lambda good, key: good[:-8], "is not signed by your instructor|is not a pass that can be read"),
        (lambda good, key: jwt.encode({"sub": "ada"}, None, "none"), "is not a pass that can be read"),
        (lambda good, key: jwt.encode({"iss": "vae-course", "sub": "ada", "stage": STAGE, "iat": 1}, "k" * 40, "HS256"), "is not a pass that can be read"),
        (lambda good, key: forged({"stage": OTHER.id}, key), f"is a pass for {OTHER.id}, not for {STAGE}"),
        (lambda good, key: forged({"stage": None}, key), "is not a pass that can be read .*stage"),
        (lambda good, key: forged({"iss": "another"}, key), "is not a pass that can be read"),
        (lambda good, key: "hello", "is not a pass that can be read"),
        (lambda good, key: "", "is not a pass that can be read"),
        (lambda good, key: "é" * 9, "is not a pass; name the file"),
        (lambda good, key: "a." * 5000, "is not a pass; name the file"),
    ],
    ids=["another key", "another student", "cut", "no signature", "signed with a word", "another stage", "no stage", "another issuer",
         "a word", "empty", "not ascii", "long"],
)
def test_a_forged_or_altered_pass_is_refused_with_a_reason(learner, tmp_path, make, reason):
    good = learner().read_text().strip()
    (tmp_path / "x.pass").write_text(make(good, passes._key()), encoding="utf-8")
    with pytest.raises(CourseError, match=reason):
        gates.open_with_pass(STAGE_03, tmp_path / "x.pass")
    assert not opening.is_open(STAGE_03) and progress.events() == []


def test_the_pass_of_another_is_refused(learner, monkeypatch):
    gates.open_with_pass(OTHER, learner("ada", OTHER))
    with pytest.raises(CourseError, match="is the pass of eve, and here works ada"):
        gates.open_with_pass(STAGE_03, learner("eve"))
    monkeypatch.setenv("VAE_COURSE_STUDENT", "eve")
    gates.open_with_pass(STAGE_03, learner("eve"))
    assert opening.is_open(STAGE_03) and not opening.is_open(OTHER)  # ada's holds for ada only
    monkeypatch.delenv("VAE_COURSE_STUDENT")
    monkeypatch.setenv("JUPYTERHUB_USER", "zoe")
    with pytest.raises(CourseError, match="here works zoe"):
        gates.open_with_pass(STAGE_03, learner("eve"))


def test_an_event_written_into_the_file_by_hand_opens_nothing(learner):
    progress.record("gate", STAGE, "", open=True)
    progress.record("pass", STAGE, "ada", token=forged())
    progress.record("pass", STAGE, "ada")
    progress.record("pass", STAGE, "eve", token=learner().read_text().strip())
    assert not opening.is_open(STAGE_03)


def test_a_pass_no_longer_holds_under_another_key_or_after_a_reset(learner, monkeypatch, tmp_path):
    gates.open_with_pass(STAGE_03, learner())
    assert opening.is_open(STAGE_03)
    kept = (tmp_path / "grading" / "pass.pub").read_bytes()
    (tmp_path / "grading" / "pass.key").unlink()
    learner("someone else")
    assert not opening.is_open(STAGE_03)
    (tmp_path / "grading" / "pass.pub").write_bytes(kept)
    assert opening.is_open(STAGE_03)
    progress.record("reset", STAGE, "")
    assert not opening.is_open(STAGE_03)


@pytest.mark.parametrize(
    ("setting", "says"),
    [(None, "No public key is set"), ("nowhere.pub", "nowhere.pub, which is not a public key"), ("bad.pub", "bad.pub, which is not a public key")],
)
def test_a_public_key_that_is_not_there_is_said(learner, monkeypatch, tmp_path, setting, says):
    path = learner()
    (tmp_path / "bad.pub").write_text("-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----\n")
    monkeypatch.setenv("VAE_COURSE_PASS_KEY", setting) if setting else monkeypatch.delenv("VAE_COURSE_PASS_KEY")
    with pytest.raises(CourseError, match=says):
        gates.open_with_pass(STAGE_03, path)
    assert not opening.is_open(STAGE_03)


def test_where_gates_are_not_graded_a_pass_is_not_taken(learner, monkeypatch):
    path = learner()
    monkeypatch.setenv("VAE_COURSE_GATES", "soft")
    with pytest.raises(CourseError, match="Gates are soft here and take no pass"):
        gates.open_with_pass(STAGE_03, path)


def test_a_pass_that_could_not_be_kept_is_not_taken(learner, monkeypatch):
    path = learner()
    monkeypatch.setenv("VAE_COURSE_PROGRESS", "off")
    with pytest.raises(CourseError, match="VAE_COURSE_PROGRESS is off"):
        learners.accept(path, STAGE_03)


@pytest.mark.parametrize("student", ["", "..", "a/b"])
def test_a_student_id_that_names_no_folder_is_refused(learner, student):
    with pytest.raises(CourseError, match="is no student id that can name a folder"):
        learner(student)


def test_a_key_that_is_not_one_is_named_and_kept(learner, tmp_path):
    learner()
    (tmp_path / "grading" / "pass.key").write_text("mine")
    with pytest.raises(CourseError, match="pass.key is not a private key that can be read"):
        learner()
    assert (tmp_path / "grading" / "pass.key").read_text() == "mine"
