"""`nbgrader zip_collect` on downloads as Canvas and Moodle make them, and on what students put in them."""

import io
import json
import logging
import struct
import subprocess
import time
import zipfile
from pathlib import PurePosixPath

import pytest
from desk import STAGE, Desk
from nbgrader.api import Gradebook
from support import BIN

from vae_course.grade import archives
from vae_course.grade.archives import Owner, Unpack, owner, slug

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
NAME = f"{STAGE}.ipynb"


def zipped(entries, packing=zipfile.ZIP_DEFLATED):
    """A zip as bytes; an entry's name may be a ZipInfo."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o120777 << 16
    return entry


def locked(data):
    """The first entry of a zip with the mark of a password."""
    at = data.rindex(b"PK\x01\x02") + 8
    return data[:at] + struct.pack("<H", 1) + data[at + 2:]


BOMB = zipped({NAME: b" " * (12 * 2**20)})
MANY = zipped({f"{n}.ipynb": b"" for n in range(1000)}, zipfile.ZIP_STORED)
REFUSED = {  # a student's file, and what is said of it
    "a bomb": (BOMB, "times as large unpacked"),
    "more than fits": (
        zipped({f"{n}.ipynb": bytes(range(256)) * 2**12 * 15 for n in range(5)}), "unpacks to 75 MB; at most 64 MB",
    ),
    "too many files": (MANY, "holds 1000 files; at most 200 are unpacked"),
    "far too many files": (
        zipped({f"{n}.ipynb": b"" for n in range(9000)}, zipfile.ZIP_STORED), "holds more than 200 files",
    ),
    "a path that climbs": (zipped({"../../../../evil.ipynb": NOTEBOOK}), "leads out of the archive"),
    "an absolute path": (zipped({"/tmp/evil.ipynb": NOTEBOOK}), "leads out of the archive"),
    "a path of Windows": (zipped({"..\\..\\evil.ipynb": NOTEBOOK}), "leads out of the archive"),
    "a link": (zipped([(link(NAME), b"/etc/passwd")]), "holds a link"),
    "a password": (locked(zipped({NAME: NOTEBOOK})), "is locked with a password"),
    "a zip in a zip": (zipped({"inner.zip": BOMB}), "is an archive inside a student's archive"),
    "no zip": (b"PK\x03\x04 and so on", "is no zip file that can be read"),
    "half a zip": (zipped({NAME: NOTEBOOK})[:40], "is no zip file that can be read"),
    "a damaged zip": (
        zipped({NAME: b"abc" * 99}, zipfile.ZIP_STORED).replace(b"abcabc", b"abdabc"), "cannot be unpacked",
    ),
}


@pytest.fixture
def unpacked(tmp_path, caplog):
    """Unpack a download: what is there afterwards, by path, and what was said."""

    def unpack(files):
        source, target = tmp_path / "archive", tmp_path / "extracted"
        for name, content in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        target.mkdir()
        log = logging.getLogger("unpack")
        with caplog.at_level(logging.WARNING, "unpack"):
            Unpack(log=log).extract(str(source), str(target))
        found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}
        assert {p.name for p in tmp_path.iterdir()} == {"archive", "extracted"}
        return found, [record.getMessage() for record in caplog.records]

    return unpack


@pytest.mark.parametrize(("path", "told"), [
    ("mullerann_123_45_03_gaussian_kl.ipynb", Owner("canvas", "mullerann", "123", "03_gaussian_kl.ipynb")),
    ("mullerann_LATE_123_45_notebook (1).ipynb", Owner("canvas", "mullerann", "123", "notebook (1).ipynb")),
    ("x.zip/müllerann_1_2_a_3_4_b.zip/in/x_9_9_y.ipynb", Owner("canvas", "müllerann", "1", "x_9_9_y.ipynb")),
    ("Ann Müller_1_assignsubmission_file_/note (1).ipynb", Owner("moodle", "Ann Müller", "1", "note (1).ipynb")),
    ("Ann Müller_1_assignsubmission_file/n.ipynb", Owner("moodle", "Ann Müller", "1", "n.ipynb")),
    ("Ann Müller_1_assignsubmission_file_my_1_2_x.ipynb", Owner("moodle", "Ann Müller", "1", "my_1_2_x.ipynb")),
    ("Bob_2_assignsubmission_file_/Ann_1_assignsubmission_file_/n.ipynb", Owner("moodle", "Bob", "2", "n.ipynb")),
    ("archive-1/03_gaussian_kl.ipynb", None), ("ann/n.ipynb", None),
])
def test_the_names_of_canvas_and_moodle_say_whose_a_file_is(path, told):
    assert owner(PurePosixPath(path)) == told


def test_a_name_becomes_an_id():
    names = ["Ann  Müller", "ANN MULLER", "O'Neil, Zoë", "李 雷", "../../etc", "<script>", "e\u0301"]
    assert [slug(name) for name in names] == ["ann-muller", "ann-muller", "o-neil-zoe", "李-雷", "etc", "script", "e"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_archive_is_refused_with_a_sentence_and_the_others_go_on(unpacked, name):
    content, sentence = REFUSED[name]
    bad = "badben_2_20_work.zip"
    good = {"aann_1_10_work.zip": zipped({NAME: NOTEBOOK}), f"zzoe_3_30_{NAME}": NOTEBOOK}
    found, said = unpacked({"class.zip": zipped({**good, bad: content}, zipfile.ZIP_STORED)})
    assert set(found) == {f"archive-1/aann_1_10_work.zip/{NAME}", f"archive-1/zzoe_3_30_{NAME}"}
    assert len(said) == 1 and bad in said[0] and sentence in said[0] and said[0].count("\n") == 0


def test_limits_are_kept_before_anything_is_unpacked(unpacked, monkeypatch):
    monkeypatch.setattr(archives, "_content", lambda archive, entry, most: pytest.fail("unpacked"))
    start = time.process_time()
    for name, (content, _) in REFUSED.items():
        if name not in ("a zip in a zip", "a damaged zip"):
            with pytest.raises(archives.CourseError):
                Unpack()._unpack(io.BytesIO(content), PurePosixPath("x"), archives.STUDENT)
    assert time.process_time() - start < 1


def test_a_class_that_is_too_large_is_refused_and_the_next_one_taken(unpacked, monkeypatch):
    monkeypatch.setattr(archives, "CLASS", archives.Limits(3, 2**20))
    large = zipped({f"a_1_{n}_x.ipynb": b"" for n in range(4)})
    found, said = unpacked({"1.zip": large, "2.zip": zipped({f"bo_2_2_{NAME}": NOTEBOOK})})
    assert list(found) == [f"archive-2/bo_2_2_{NAME}"]
    assert said == ["1.zip holds 4 files; at most 3 are unpacked."]


def test_all_students_together_have_a_limit(unpacked, monkeypatch):
    monkeypatch.setattr(archives, "CLASS", archives.Limits(100, 3000))
    work = {f"s{n}_{n}_1_w.zip": zipped({"x.ipynb": bytes(1000)}) for n in range(1, 6)}
    found, said = unpacked({"class.zip": zipped(work)})
    assert len(found) == 3 and len(said) == 2 and "collect the download in parts" in said[0]


def test_only_what_may_be_a_notebook_is_unpacked(unpacked):
    inside = zipped({
        NAME: NOTEBOOK, f"{NAME}.txt": NOTEBOOK, "torch.py": b"", "data.csv": b"", "__MACOSX/._x.ipynb": b"",
        ".ipynb_checkpoints/x-checkpoint.ipynb": NOTEBOOK, "deep/er/x.IPYNB": NOTEBOOK,
    })
    found, said = unpacked({"class.zip": zipped({
        "ann_1_1_w.zip": inside, "ann_1_2_text.html": b"", "bo_2_3_w.tar.gz": b"", "cy_3_4_w.rar": b"",
    })})
    prefix = "archive-1/ann_1_1_w.zip"
    assert set(found) == {f"{prefix}/{NAME}", f"{prefix}/{NAME}.txt", f"{prefix}/deep/er/x.IPYNB"}
    sentence = "is an archive of a kind that is not unpacked; only .zip is."
    assert said == [f"bo_2_3_w.tar.gz {sentence}", f"cy_3_4_w.rar {sentence}"]


def test_names_keep_their_accents_whatever_the_zip_says_of_them(unpacked):
    name = f"Ann Müller_1_assignsubmission_file_/{NAME}"
    told = zipped({name: NOTEBOOK})
    silent = told.replace(struct.pack("<H", 0x800), struct.pack("<H", 0))
    assert silent != told
    for data in (told, silent):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (entry,) = archives._entries(archive, archives.CLASS)
        assert str(entry[1]) == name


def test_a_name_cannot_write_to_the_terminal(unpacked):
    names = ("a_1_1_\x1b[2J\nERROR all is lost.zip", "b\u202e_2_2_x.rar")
    _, said = unpacked({"class.zip": zipped(dict.fromkeys(names, b"no zip"))})
    assert len(said) == 2 and all(line.isprintable() for line in said)


def test_two_students_of_one_name_are_left_to_a_person(unpacked):
    names = ("Ann Müller_1", "ann muller_2", "Bob_3")
    found, said = unpacked({"class.zip": zipped({f"{n}_assignsubmission_file_/{NAME}": NOTEBOOK for n in names})})
    assert list(found) == [f"archive-1/Bob_3_assignsubmission_file_/{NAME}"]
    assert said == ["ann-muller is the name of 2 students (1, 2); put their files in place by hand."]


def test_a_link_in_the_downloads_folder_is_not_followed(unpacked, tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / f"ann_1_1_{NAME}").symlink_to("/etc/passwd")
    assert unpacked({f"bo_2_2_{NAME}": NOTEBOOK}) == ({f"bo_2_2_{NAME}": NOTEBOOK}, [])


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A desk after `nbgrader zip_collect` of one download from each."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.release()
    with Gradebook(desk.config.CourseDirectory.db_url) as gradebook:
        gradebook.add_student("known", lms_user_id="42")
        gradebook.add_student("zoe", first_name="Zoë", last_name="O'Neil")
    right = json.dumps(desk.answered()).encode()
    wrong = json.dumps(desk.answered(gaussian_kl="mu")).encode()
    folder = desk.folder / "grading" / "downloaded" / STAGE / "archive"
    folder.mkdir(parents=True)
    (folder / "submissions.zip").write_bytes(zipped({
        f"mullerann_12345_67_{STAGE} (1).ipynb": right, f"known_LATE_42_68_{NAME}": right, "bomb_7_70_w.zip": BOMB,
        "packed_8_71_w.zip": zipped({f"a/{NAME}": NOTEBOOK, f"b/{NAME}": right}),
        "climbs_9_72_w.zip": REFUSED["a path that climbs"][0], "nobody.ipynb": right,
    }))
    (folder / "CS101-Stage 3-99.zip").write_bytes(zipped({
        f"Zoë O'Neil_555_assignsubmission_file_/{NAME}": wrong,
        "Ünal Şahin_556_assignsubmission_file_/notebook (1).ipynb": right,
    }))
    line = [BIN / "nbgrader", "zip_collect", STAGE]
    done = subprocess.run(line, cwd=desk.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return desk, done.stderr


def test_a_download_becomes_submissions(collected):
    desk, _ = collected
    found = {p.relative_to(desk.submitted).as_posix() for p in desk.submitted.rglob("*") if p.is_file()}
    assert found == {
        f"12345/{STAGE}/{STAGE} (1).ipynb", f"known/{STAGE}/{NAME}",
        f"8/{STAGE}/{NAME}", f"8/{STAGE}/{STAGE} (2).ipynb", f"zoe/{STAGE}/{NAME}",
        f"unal-sahin/{STAGE}/notebook (1).ipynb",
    }
    assert not list(desk.folder.parent.glob("**/evil.ipynb"))


def test_what_was_refused_is_said_in_a_line_each(collected):
    _, said = collected
    bomb, climbs = "bomb_7_70_w.zip holds a file that is", "climbs_9_72_w.zip holds a path"
    for words in (bomb, climbs, "nobody.ipynb: the name does not say whose"):
        assert sum(words in line for line in said.splitlines()) == 1, said
    assert "Traceback" not in said


def test_what_was_collected_is_graded(collected):
    desk, _ = collected
    assert desk.autograde()["success"]
    marks = {student: sum(desk.marks(student).values()) for student in ("12345", "known", "8", "zoe", "unal-sahin")}
    assert marks == {"12345": 6.0, "known": 6.0, "8": 6.0, "zoe": 1.0, "unal-sahin": 6.0}
