"""Attacks on the notebook, and on the files around it. Some of them are accidents."""

import copy
import json

from attacks.suite import FULL, RIGHT, attack
from desk import NAME, NONE, QUESTION, STAGE, code

from vae_course.checks.loader import LARGEST_NOTEBOOK


@attack("1", "tags the check's cell `skip-execution`")
def skip_execution(new):
    new.cell("check-gaussian_kl")["metadata"]["tags"] = ["skip-execution"]
    new.answer()


SHADOW = """
import os
import sys

del sys.modules["torch"]
sys.path[:] = [path for path in sys.path if path not in ("", os.getcwd())]
import torch  # the real one
import vae_course.learn

vae_course.learn.check = lambda name: {"std_from_logvar": 1, "gaussian_kl": 5}[name]
"""


@attack("6", "brings a `torch.py` of its own, which is found before the real one and replaces `check`")
def shadowed_module(new):
    new.put("torch.py", SHADOW)
    new.answer()


@attack("35", "sets the points of the check to 1,000")
def thousand_points(new):
    new.cell("check-gaussian_kl")["metadata"]["nbgrader"]["points"] = 1000
    new.answer()


@attack("36 not graded", "marks the check as not graded")
def not_graded(new):
    new.cell("check-gaussian_kl")["metadata"]["nbgrader"].update(grade=False, locked=False)
    new.answer()


@attack("36 solution", "marks the check as a solution, so that it is not put back")
def check_as_solution(new):
    check = new.cell("check-gaussian_kl")
    check["metadata"]["nbgrader"].update(solution=True, locked=False)
    check["source"] = "5"
    new.answer()


@attack("36 renamed", "gives the check another name, and its own to a cell that shows 5")
def renamed_check(new):
    check = new.cell("check-gaussian_kl")
    own = code("5")
    own["metadata"] = copy.deepcopy(check["metadata"])
    check["metadata"]["nbgrader"]["grade_id"] = check["id"] = "something_else"
    new.notebook["cells"].append(own)
    new.answer()


@attack("36 own cell", "adds a graded cell of its own, worth 100 points")
def own_graded_cell(new):
    own = code("100")
    own["metadata"] = copy.deepcopy(new.cell("check-gaussian_kl")["metadata"])
    own["metadata"]["nbgrader"].update(grade_id="check-bonus", points=100.0)
    new.notebook["cells"].append(own)
    new.answer()


@attack("37", "holds the check twice, as copy and paste leave it; its answers are right", FULL)
def check_twice(new):
    new.notebook["cells"].append(copy.deepcopy(new.cell("check-gaussian_kl")))
    new.answer(RIGHT)


@attack("38 old", "says that its metadata is of nbgrader's first format; its answers are right", FULL)
def old_schema(new):
    for cell in new.notebook["cells"]:
        if told := cell["metadata"].get("nbgrader"):
            told["schema_version"] = 1
    new.answer(RIGHT)


@attack("38 new", "says that its metadata is of a format to come; its answers are right", FULL)
def new_schema(new):
    for cell in new.notebook["cells"]:
        if told := cell["metadata"].get("nbgrader"):
            told["schema_version"] = 99
    new.answer(RIGHT)


@attack("40", "turns the check into text")
def check_as_text(new):
    check = new.cell("check-gaussian_kl")
    check["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        check.pop(key)
    new.answer()


@attack("41", "names a kernel that is a shell command")
def evil_kernel(new):
    new.notebook["metadata"]["kernelspec"] = {
        "name": "../../bash", "display_name": "$(touch x)", "language": "bash",
        "argv": ["touch", str(new.world.marker)],
    }
    new.answer()


@attack("42", "comes with a time stamp that makes no sense; its answers are right", FULL)
def bad_time_stamp(new):
    new.put("timestamp.txt", b"\xff the day after tomorrow, ../../..")
    new.answer(RIGHT)


@attack("44 cut off", "is cut off in the middle", NONE)
def cut_off(new):
    new.put(content=json.dumps(new.notebook)[:-500])


@attack("44 encoding", "is not UTF-8; its answers are right", FULL)
def other_encoding(new):
    new.cell("gaussian_kl")["source"] = f"# Zo\u00eb\ndef gaussian_kl(mu, logvar):\n    {RIGHT}"
    new.put(content=json.dumps(new.notebook, ensure_ascii=False).encode("cp1252", "replace"))


@attack("44 deep", "is JSON that is nested 200,000 deep", NONE)
def deep_json(new):
    new.put(content='{"cells": ' + "[" * 200_000)


@attack("46", "is a link to a secret file of whoever grades", NONE)
def link_to_a_file(new):
    new.folder.mkdir(parents=True)
    (new.folder / NAME).symlink_to(new.world.secret_file)


@attack("47", "is a folder that is a link to another student's", NONE)
def link_to_a_folder(new):
    new.folder.parent.mkdir(parents=True)
    new.folder.symlink_to(new.world.other.parent)


@attack("50", "holds 17 MB of outputs", NONE)
def huge_outputs(new):
    new.cell("gaussian_kl")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * (LARGEST_NOTEBOOK + 2**20)},
    ]
    new.put()


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='javascript:alert(1)'></iframe>"


@attack("51", "puts scripts into outputs, what it prints, its errors and their names")
def scripts(new):
    shown = {"text/html": SCRIPT, "application/javascript": "alert(1)"}
    new.cell("check-gaussian_kl")["outputs"] = [{"output_type": "display_data", "data": shown, "metadata": {}}]
    new.answer(f"print({SCRIPT!r})\nraise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r})")


@attack("67", "puts scripts into its text, its pictures and an answer in words")
def scripts_in_text(new):
    links = f"{SCRIPT}\n\n[see](javascript:alert(1)) ![see](x){{onload=alert(1)}} <a href='JaVaScRiPt:alert(1)'>see</a>"
    new.cell(QUESTION)["source"] = f"By Bayes' rule. {links}\n\n$$</script>{SCRIPT}$$"
    more = "<svg onload=alert(1)></svg><form action='//x'>"
    own = {"cell_type": "markdown", "metadata": {}, "source": f"{links}\n\n{more}"}
    raw = {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": SCRIPT}
    new.notebook["cells"] += [own, raw]
    new.answer()


@attack("52", "writes codes that clear a terminal, and lines that look like the log's own")
def terminal_codes(new):
    new.put("\x1b[2J\x1b]0;x\x07 (1).ipynb", b"{")
    new.answer("""
        print("\\x1b[2J\\x1b]0;owned\\x07\\n[AutogradeApp | ERROR] all submissions failed")
        raise ValueError("\\x1b[31m\\r\\n[AutogradeApp | INFO] 5 of 5")
    """)


@attack("70", "keeps a helper in a cell of its own; its answers are right", FULL)
def helper(new):
    help_out = "def cost(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)"
    new.notebook["cells"].insert(new.at("gaussian_kl"), code(help_out))
    new.answer("return cost(mu, logvar).sum(-1)")


@attack("forged notice", "says in its metadata what the graders' own notice shall say, and which release it is of")
def forged_notice(new):
    new.notebook["metadata"]["preflight"] = {"told": ["Everything is right, 6 of 6 points."]}
    new.notebook["metadata"]["vae_course"].update(release="../../../../etc", version="<b>9</b>", stage=[STAGE])
    new.answer()


@attack("forged text", "shows a report with full marks as text and as output")
def forged_text(new):
    forged = "<div>\u2713 gaussian_kl: right, 5 of 5 points</div>"
    new.notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": forged})
    shown = {"text/plain": "5", "text/html": forged}
    new.cell("check-gaussian_kl")["outputs"] = [
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": shown},
    ]
    new.answer("print('5')\nreturn mu.sum(-1)")
