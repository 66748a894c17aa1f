"""What a learner, a terminal and nbgrader see of a check."""

import json

import pytest

from vae_course.checks import Report, run

FAILED = Report(
    "shift", False, 0.6, 1, "The sum is wrong.", failed="value", misconception="adds_the_sum", question="Which rows?",
    rows=(("entry [0, 1]", "3", "2.5"),), line="line 2: return x", parts={"value": True, "gradient": False},
    note="Save it.", printed="hello\nworld\n",
)
HOSTILE = "<script>alert('&\"')</script>"


@pytest.fixture(autouse=True)
def no_nbgrader(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("NBGRADER_VALIDATING", raising=False)


def test_the_plain_text_says_everything_in_order():
    assert repr(FAILED).splitlines() == [
        "✗ shift: not right yet, 0.6 of 1 point",
        "  The sum is wrong.",
        "  line 2: return x",
        "  entry [0, 1]   yours 3   expected 2.5",
        "  ? Which rows?",
        "  ✓ value  ✗ gradient",
        "  Save it.",
        "  Your code printed:",
        "  | hello",
        "  | world",
    ]


def test_a_pass_is_short():
    assert repr(Report("shift", True, 2, 2, "It holds.", parts={"value": True})).splitlines() == [
        "✓ shift: right, 2 of 2 points", "  It holds.",
    ]


@pytest.mark.parametrize("failed", ["missing", "unwritten", "interrupted"])
def test_what_was_not_judged_is_called_so(failed):
    assert repr(Report("shift", False, 0, 1, "", failed=failed)).startswith("○ shift: not judged")


@pytest.mark.parametrize("failed", ["value", "type", "shape", "nan", "error", "timeout", "crash", "size"])
def test_what_failed_is_not_right_yet(failed):
    assert repr(Report("shift", False, 0, 1, "", failed=failed)).startswith("✗ shift: not right yet")


def test_parts_are_not_told_apart_while_the_value_is_wrong():
    report = Report("shift", False, 0, 1, "", failed="value", parts={"value": False, "gradient": True})
    assert "gradient" not in repr(report) and "gradient" not in report._repr_html_()


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "NBGRADER_VALIDATING"])
@pytest.mark.parametrize(("score", "text"), [(0.0, "0"), (0.6, "0.6"), (5.0, "5"), (3.33, "3.33")])
def test_nbgrader_reads_the_score(monkeypatch, variable, score, text):
    monkeypatch.setenv(variable, "autograde")
    assert repr(Report("shift", False, score, 5, "no")) == text


def test_nbgrader_does_not_change_what_a_person_sees(monkeypatch):
    before = FAILED._repr_html_(), FAILED.text()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert (FAILED._repr_html_(), FAILED.text()) == before


@pytest.mark.parametrize("field", ["exercise", "message", "question", "line", "note", "printed", "rows", "parts"])
def test_every_field_is_escaped_in_html(field):
    value = {
        "rows": ((HOSTILE, HOSTILE, HOSTILE),), "parts": {"value": True, HOSTILE: False},
    }.get(field, HOSTILE)
    fields = {"exercise": "shift", "passed": False, "score": 0, "points": 1, "message": "", field: value}
    page = Report(**fields)._repr_html_()
    assert "<script" not in page and HOSTILE not in page
    assert "&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;" in page


def test_the_html_says_what_the_plain_text_says():
    page = FAILED._repr_html_()
    for words in ("0.6 of 1 point", "The sum is wrong.", "line 2: return x", "entry [0, 1]", "2.5", "Which rows?",
                  "✗ gradient", "Save it.", "hello\nworld"):
        assert words in page
    assert page.startswith('<div role="status"')


def test_a_plain_report_has_no_empty_boxes_in_html():
    page = Report("shift", True, 1, 1, "It holds.")._repr_html_()
    assert not [tag for tag in ("<table", "<code", "<details", "font-style:italic") if tag in page]


def test_the_report_as_data_is_json_with_every_field():
    data = json.loads(json.dumps(FAILED.to_json()))
    assert list(data) == [
        "exercise", "passed", "score", "points", "message", "failed", "misconception", "question", "rows", "line",
        "parts", "note", "printed",
    ]
    assert data["rows"] == [["entry [0, 1]", "3", "2.5"]]
    assert data["parts"] == {"value": True, "gradient": False}
    assert (data["failed"], data["misconception"]) == ("value", "adds_the_sum")


def test_a_report_of_a_check_is_json_too():
    data = json.loads(json.dumps(run("shift", {"shift": lambda x, by: x}).to_json()))
    assert data["passed"] is False and data["points"] == 1


def test_only_the_first_lines_of_what_was_printed_are_shown_in_a_terminal():
    lines = Report("shift", True, 1, 1, "", printed="line\n" * 500).text().splitlines()
    assert lines.count("  | line") == 20
