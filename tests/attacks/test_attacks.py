"""Every attack of the suite and honest students beside them, in one batch of the instructor's chain."""

import ast
import functools
import os
from pathlib import Path

import pytest
from attacks import ATTACKS, Hand, World
from attacks.elsewhere import ELSEWHERE
from attacks.pages import active
from attacks.suite import CANARY, CONTROL, digits, hidden_digits, outputs
from attacks.table import BEGIN, earned
from desk import STAGE, Desk
from support import REPOSITORY, program

from vae_course.author.table import END
from vae_course.grade import escapes, verdicts

ROWS = [  # of the table of attacks
    *range(1, 7), 8, 9, 11, 13, *range(17, 28), 29, 30, 32, *range(34, 43), 44, *range(46, 53), *range(54, 58), 59, 60,
    *range(63, 71),
]
SECONDS = 1.0  # of computing that an exercise gets here; an endless loop takes them twice
GROUPS = "write", "network", "signals", "rights", "survivors", "memory"  # attempts that must fail before harm is tried
every_attack = pytest.mark.parametrize("id", ATTACKS)


class Batch:
    """A desk on which everything was graded and feedback made; `made`: the attacks, `result`: nbgrader's own answer."""

    def __init__(self, folder: Path, harmful: bool):
        place, outside = folder / "desk", folder / "outside"
        place.mkdir()
        outside.mkdir()
        self.desk = Desk(place)
        self.desk.release()
        self.world = World(self.desk, outside)
        self.world.settle()
        self.made = {id: attack for id, attack in ATTACKS.items() if harmful or not attack.harms}
        for attack in self.made.values():
            attack.make(Hand(self.world, attack.student))
        with self.world.alive(), self.desk.at_work() as api:
            self.hidden = hidden_digits(int(os.environ["VAE_COURSE_SEED"]))
            self.result = api.autograde(STAGE, "*", force=False)
            assert api.generate_feedback(STAGE)["success"]
            self.touched = self.world.touched()

    def of(self, id: str):
        if id not in self.made:
            pytest.skip("It may hurt this machine: `vae-course doctor --sandbox` must pass first, and does not")
        return self.made[id]

    def outputs(self, student: str) -> str:
        return outputs(self.desk.folder / "grading" / "autograded" / student / STAGE / f"{STAGE}.ipynb")


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    program("bwrap")
    held = all(finding.holds for finding in escapes.examine(GROUPS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdicts, "marking", functools.partial(verdicts.marking, seconds=SECONDS))
        return Batch(tmp_path_factory.mktemp("attacks"), held)


@every_attack
def test_it_earns_what_its_answers_deserve(batch, id):
    attack = batch.of(id)
    assert batch.desk.marks(attack.student) == attack.marks


@every_attack
def test_it_learns_nothing(batch, id):
    attack = batch.of(id)
    told = batch.outputs(attack.student)
    assert len(batch.hidden) > 100 and attack.leaks(told, batch.hidden) == []
    page = batch.desk.page(attack.student)
    assert set(CANARY.findall(page)) <= {"process"}  # it stands in the code of an attack
    assert not digits(page) & batch.hidden


@every_attack
def test_nothing_in_its_feedback_runs(batch, id):
    page, honest = (active(batch.desk.page(student)) for student in (batch.of(id).student, "z-neighbour"))
    assert page - honest == set()


def test_neighbours_get_their_marks(batch):
    for student, (_, marks) in batch.world.neighbours().items():
        assert batch.desk.marks(student) == marks, student


def test_the_batch_goes_through_and_the_log_is_plain(batch):
    assert batch.result["success"], batch.result["log"]
    assert not CONTROL.search(batch.result["log"])


def test_nothing_outside_was_touched(batch):
    assert batch.touched == []
    assert not Path(f"/tmp/canary-{batch.world.token}").exists()


def test_what_was_handed_in_is_kept_as_it_came(batch):
    """Also what another submission tried to overwrite."""
    kept = batch.desk.folder / "grading" / "originals" / "a-neighbour" / STAGE / "1" / f"{STAGE}.ipynb"
    assert batch.world.canary("submission") in kept.read_text(encoding="utf-8")
    assert batch.world.canary("submission") in batch.world.other.read_text(encoding="utf-8")


def test_what_would_run_in_a_page_is_found():
    assert active("<p onclick='x()'>a</p><a href=' java\nscript:x()'>b</a><script>x()</script>") == {
        "p onclick=x()", "a href= java\nscript:x()", "script []", "x()",
    }


# --- the table ---


def test_every_row_of_the_table_of_attacks_is_made():
    known = {id.split()[0] for id in (*ATTACKS, *(other.id for other in ELSEWHERE))}
    assert [number for number in ROWS if str(number) not in known] == []


@pytest.mark.parametrize("other", ELSEWHERE, ids=lambda other: other.id)
def test_an_attack_on_another_layer_has_its_test(other):
    file, _, name = other.test.partition("::")
    tree = ast.parse((REPOSITORY / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_readmes_table_lists_every_attack_with_what_it_earns():
    """What stock nbgrader gives is from the last `make attack-table`."""
    table = (REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    found = [[part.strip() for part in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    listed = {line[0]: line[1:] for line in found}
    wanted = {attack.id: (attack.words, earned(attack)) for attack in ATTACKS.values()}
    wanted |= {other.id: (other.words, other.outcome) for other in ELSEWHERE}
    assert {id: (words, course) for id, (words, _, course) in listed.items()} == wanted
    assert all(stock for _, stock, _ in listed.values())
