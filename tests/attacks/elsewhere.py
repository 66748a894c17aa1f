"""Attacks that no single submission can make, or on other layers than the mark: the tests that make them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Elsewhere:
    """An attack by the row of the table, or by a word; `test`: the file and the function that make it."""

    id: str
    words: str
    test: str

    @property
    def outcome(self) -> str:
        """What the README says of it."""
        return f"stopped: `tests/{self.test}`"


ELSEWHERE = (
    Elsewhere(
        "39", "deletes the checks after a first pass, to keep its marks",
        "test_preflight.py::test_no_old_mark_stays",
    ),
    Elsewhere(
        "42 list", "stops the formgrader's list with its time stamp",
        "test_preflight.py::test_every_time_stamp_can_be_read",
    ),
    Elsewhere(
        "48", "writes outside its folder by the names in an archive",
        "test_archives.py::test_a_bad_archive_is_refused_with_a_sentence_and_the_others_go_on",
    ),
    Elsewhere(
        "49", "is an archive that grows without end, holds archives, or a million files",
        "test_archives.py::test_limits_are_kept_before_anything_is_unpacked",
    ),
    Elsewhere(
        "52 archive", "names a file in an archive so that it writes to the terminal",
        "test_archives.py::test_a_name_cannot_write_to_the_terminal",
    ),
    Elsewhere(
        "64", "gets no verdict, since the judge was interrupted",
        "test_judge.py::test_what_is_not_judged_has_no_mark",
    ),
    Elsewhere(
        "67 formgrader", "puts scripts where whoever marks by hand will read them",
        "test_html.py::test_the_formgraders_page_of_a_submission_holds_nothing_hostile",
    ),
    Elsewhere(
        "68", "forges the loss that it reports, and stops training",
        "test_marking.py::test_a_step_that_soon_stops_training_passes_the_visible_check_and_earns_nothing",
    ),
    Elsewhere(
        "escapes", "tries to break out of the sandbox, some forty ways",
        "test_sandbox.py::test_what_is_tried_does_not_get_out",
    ),
    Elsewhere(
        "forged evidence", "sends what no probe writes",
        "test_sandbox.py::test_evidence_that_no_probe_writes_is_refused",
    ),
    Elsewhere(
        "look-up", "is shown a program to say whether it is sound, and looks for its name or its code in the process",
        "attacks/test_evidence.py::test_looking_up_which_program_is_shown_earns_nothing",
    ),
    Elsewhere(
        "forged words", "says in the probe's place that its argument was kept, the gradient whole, the model left alone",
        "attacks/test_evidence.py::test_saying_in_words_what_is_not_so_earns_nothing",
    ),
)
