"""A learner in JupyterLab: the stub is judged, a wrong answer is named, the right one passes."""

import html
import os
import random
import re
import shutil
import signal
import subprocess
from contextlib import suppress

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import chromium, shot
from playwright.sync_api import expect
from support import BIN
from test_drills import recomputed

from vae_course import course
from vae_course.checks.drills import generators


LATENT_MAP = """
from vae_course.explore import latent_map
from vae_course.models.data import digit_labels, digits
from vae_course.models.digit_nets import digit_vae
test, labels = digits()[1], digit_labels()[1]
model = digit_vae(test, z_dim=2)
latent_map(model, model.encode(test)[0].detach(), labels)
""".strip()
BETA_DIAL = """
from vae_course.explore import beta_dial
from vae_course.models.data import digits
from vae_course.models.digit_nets import digit_vae
test = digits()[1]
beta_dial({beta: digit_vae(test, z_dim=8, seed=seed) for seed, beta in enumerate((0.5, 1.0, 2.0))}, test)
""".strip()

THRESHOLD_DIAL = """
import torch
from vae_course.explore import threshold_dial
noise = torch.Generator().manual_seed(0)
draws = {digit: 18 + 3 * torch.randn(2, 200, generator=noise) for digit in (1, 4)}
threshold_dial({digit: (normal, odd + 2 * digit) for digit, (normal, odd) in draws.items()})
""".strip()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """`vae-course learn` in an empty folder: its process and the address that it prints."""
    folder = tmp_path_factory.mktemp("learner")
    # a home of its own: JupyterLab opens again what was open in the last session
    environment = {**os.environ, "HOME": str(folder), "BROWSER": shutil.which("false") or "false"}
    environment.pop("VAE_COURSE_PROGRESS", None)  # a learner's progress is kept, in that home
    process = subprocess.Popen(
        [BIN / "vae-course", "learn"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = next(m.group(0) for line in process.stdout if (m := re.search(r"http://127\.0\.0\.1\S+", line)))
    yield process, address, folder
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def page(lab):
    """One page for all tests of this file. What a script of the page complains of is kept in `page.complaints`."""
    with chromium() as browser:
        made = browser.new_page(viewport={"width": 1280, "height": 1000})
        made.complaints = []
        made.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        made.on("pageerror", lambda error: made.complaints.append(str(error)))
        yield made


def test_a_learner_is_told_what_is_wrong_and_then_that_it_is_right(lab, page):
    process, address, folder = lab
    page.goto(address)
    page.locator(".jp-Notebook-cell").first.wait_for(timeout=60_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)  # the kernel is there
    expect(page.locator(".jp-toast, .Toastify__toast")).to_have_count(0)
    cells = page.locator(".jp-CodeCell")
    stub = cells.filter(has_text="raise NotImplementedError")
    checking = cells.filter(has_text=re.compile(r'check\("shift"\)'))
    cells.first.locator(".cm-content").click()
    for _ in range(2):  # the cell for Colab, and the set-up
        page.keyboard.press("Shift+Enter")
    for answer, words in (
        (None, "not written yet"),
        ("return x + by", "You add by along the columns"),
        ("return x + by[:, None]", "shift: right, 1 of 1 point"),
    ):
        if answer:
            stub.locator(".cm-content").click()
            page.keyboard.press("Control+End")
            page.keyboard.press("Shift+Home")  # to where the line's text begins
            page.keyboard.type(answer)
        stub = cells.filter(has_text="Add by[i] to row i")
        stub.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        checking.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        expect(checking.locator(".jp-OutputArea")).to_contain_text(words, timeout=30_000)
        shot(page, f"check: {words}")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    done = subprocess.run([BIN / "vae-course", "check", "00"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_cards_are_answered_from_the_keyboard(page):
    cells = page.locator(".jp-CodeCell")
    asking = cells.filter(has_text='predict("square_table")')
    asking.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    asking.get_by_label("Your choice, 1 to 3").focus()
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("oops")
    page.keyboard.press("Enter")
    expect(asking.get_by_role("status")).to_contain_text("oops is not a number")
    expect(asking.get_by_label("How sure")).to_have_value("oops")  # what was typed stays
    asking.get_by_label("How sure").fill("70")
    page.keyboard.press("Enter")
    expect(asking.locator(".jp-OutputArea")).to_contain_text("You say “each column gets its number”, 70 % sure.")
    practising = cells.filter(has_text='practice("00")')
    practising.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    practising.get_by_label("Your number").focus()
    for tries, words in ((1, "Question 1 of 5"), (2, "Question 2 of 5")):
        page.keyboard.type("12345.6")
        page.keyboard.press("Enter")  # the field keeps the focus for the next number
        expect(practising.locator(".jp-OutputArea")).to_contain_text(words)
        expect(practising.get_by_role("status")).to_contain_text("That is not it")
        if tries == 1:
            practising.get_by_label("Your number").fill("")


def test_a_hint_is_taken(page):
    asking = page.locator(".jp-CodeCell").filter(has_text='hint("shift")')
    asking.locator(".cm-content").click()
    for rung in (1, 2, 3):
        page.keyboard.press("Control+Enter")
        expect(asking.locator(".jp-OutputArea")).to_contain_text(f"{rung} of 3", timeout=20_000)


SHAPE = re.compile(r"-?\d+(\.\d+)?")


def right_answer(shown):
    """The answer to a question on the screen, from its text alone: what stands in code has backticks in a drill."""
    text = html.unescape(re.sub(r"</?code>", "`", shown)).split(" (three significant")[0].strip()
    for stage in course.STAGES[:2]:
        for name, made in generators(stage).items():
            if any(SHAPE.sub("#", made(random.Random(seed)).text) == SHAPE.sub("#", text) for seed in range(20)):
                return recomputed(name, text)
    raise AssertionError(f"no drill asks: {text}")


def test_the_gate_opens_by_keyboard(page):
    page.keyboard.press("Control+s")
    trying = page.locator(".jp-CodeCell").filter(has_text='gate("00")')
    trying.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    for number in range(1, 6):
        expect(trying.locator(".jp-OutputArea")).to_contain_text(f"Question {number} of 5", timeout=60_000)
        asked = trying.locator(".vae-card-text").inner_html()
        trying.get_by_label("Your number").focus()
        page.keyboard.type(f"{right_answer(asked):.6g}")
        page.keyboard.press("Enter")
    expect(trying.locator(".jp-OutputArea")).to_contain_text("The gate of 00_start_here is open", timeout=20_000)
    shot(page, "gate")


OURS = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output"


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_what_the_course_shows_has_no_serious_fault_of_access(page, theme):
    """axe-core over the outputs of a stage, in a dark and a light theme."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{theme}$")).click()
    page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached", timeout=20_000)
    page.locator(".jp-CodeCell").filter(has_text='gate("00")').locator(".jp-OutputArea").scroll_into_view_if_needed()
    shot(page, theme)
    found = Axe().run(page, context={"include": [[OURS]]}).response
    serious = [fault for fault in found["violations"] if fault["impact"] in ("serious", "critical")]
    assert serious == [], [(f["id"], f["help"], [node["html"][:200] for node in f["nodes"]][:3]) for f in serious]
    assert len(found["passes"]) > 5  # it did look


def test_at_twice_the_size_nothing_is_cut_off(page):
    """A window half as wide shows what a zoom of 200 % does."""
    page.set_viewport_size({"width": 640, "height": 500})
    for exercise in ('check("shift")', 'gate("00")'):
        page.locator(".jp-CodeCell").filter(has_text=exercise).locator(".jp-OutputArea").scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        shot(page, f"zoom 200: {exercise[:5]}")
    wide = page.evaluate("""where => [...document.querySelectorAll(where + " [role=status], " + where + " form")]
        .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.outerHTML.slice(0, 200))""", OURS)
    page.set_viewport_size({"width": 1280, "height": 1000})
    assert wide == []


def test_the_next_stage_is_open(lab, page):
    _, address, _ = lab
    page.goto(address.replace("00_start_here", "01_latent_variable_models"))
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    panel.locator(".jp-RenderedHTMLCommon").get_by_text("Explanations nobody has seen").first.wait_for(timeout=60_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    cells = panel.locator(".jp-CodeCell")
    cells.first.locator(".cm-content").click()
    for _ in range(2):
        page.keyboard.press("Shift+Enter")
    opening = cells.filter(has_text="practice()")
    opening.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(opening.locator(".jp-OutputArea")).to_contain_text("Question 1 of", timeout=30_000)
    checking = cells.filter(has_text='check("sample_joint")')
    checking.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(checking.locator(".jp-OutputArea")).to_contain_text("is not defined yet: run the cell", timeout=30_000)
    expect(checking.locator(".jp-OutputArea")).not_to_contain_text("still closed")
    shot(page, "the next stage")


def test_every_figure_with_sliders_moves_by_the_arrow_keys(lab, page):
    _, address, folder = lab
    figures = ("bent_plane", "bound_gauge", "price_map", "estimator_histograms", "k_dial", "noise_schedule")
    code = [f"from vae_course.explore import {', '.join(figures)}", *(f"{name}()" for name in figures)]
    code += [LATENT_MAP, BETA_DIAL, THRESHOLD_DIAL]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in code])
    nbformat.write(notebook, folder / "workbook" / "figures.ipynb")
    page.goto(address.replace("00_start_here/00_start_here.ipynb", "figures.ipynb"))
    page.get_by_role("dialog").get_by_role("button", name="Select").click(timeout=60_000)  # a notebook without a kernel asks for one
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")  # the other notebook is open too
    cells.first.locator(".cm-content").click()
    for _ in code:
        page.keyboard.press("Shift+Enter")
    cells.filter(has_text="threshold_dial(").locator(".jp-OutputArea img").first.wait_for(timeout=120_000)  # the last cell has run
    for name in figures:
        shown = cells.filter(has_text=f"{name}()").locator(".jp-OutputArea")
        words, picture = shown.locator(".widget-html").last, shown.locator("img")
        expect(words).not_to_be_empty(timeout=30_000)
        before, drawn = words.text_content(), picture.get_attribute("src")
        handles = shown.get_by_role("slider")
        for handle in range(handles.count()):
            press_right(handles.nth(handle))
            expect(words).not_to_have_text(before, timeout=20_000)
            expect(picture).not_to_have_attribute("src", drawn, timeout=20_000)
            before, drawn = words.text_content(), picture.get_attribute("src")
        assert handles.count() >= (1 if name in ("k_dial", "noise_schedule") else 2)


def press_right(handle):
    """Press the arrow key until the handle itself has moved: JupyterLab draws an output anew when it scrolls into view, and
    what had the focus before is gone then."""
    before = handle.get_attribute("aria-valuenow")
    handle.scroll_into_view_if_needed()
    for _ in range(3):
        handle.press("ArrowRight")
        with suppress(AssertionError):
            return expect(handle).not_to_have_attribute("aria-valuenow", before, timeout=3_000)
    raise AssertionError(f"the handle stays at {before}")


def test_the_latent_map_moves_by_the_arrow_keys_and_by_dragging(page):
    """In the notebook of the figures, after the test above."""
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").filter(has_text="latent_map(").locator(".jp-OutputArea")
    plane, words = shown.locator("canvas").first, shown.locator(".latent-map-words")
    expect(words).to_contain_text("Code (0.0, 0.0)", timeout=60_000)
    plane.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(words).to_contain_text("Code (0.1, 0.1)")
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1, steps=4)
    page.mouse.up()
    expect(words).to_contain_text("Code (2.8, 2.8)")


def test_the_beta_dial_moves_by_the_arrow_keys(page):
    """In the notebook of the figures, after the tests above."""
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").filter(has_text="beta_dial(").locator(".jp-OutputArea")
    words, picture = shown.locator(".widget-html").last, shown.locator("img")
    expect(words).to_contain_text("β = 1:", timeout=60_000)
    drawn = picture.get_attribute("src")
    shown.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(words).to_contain_text("β = 2:", timeout=20_000)
    expect(picture).not_to_have_attribute("src", drawn, timeout=20_000)


def test_the_held_out_digit_and_the_threshold_move_by_the_arrow_keys(page):
    """In the notebook of the figures, after the tests above."""
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").filter(has_text="threshold_dial(").locator(".jp-OutputArea")
    words, picture = shown.locator(".widget-html").last, shown.locator("img")
    expect(words).to_contain_text("The digit 1 held out", timeout=60_000)
    shown.get_by_role("slider").first.press("ArrowRight")
    expect(words).to_contain_text("The digit 4 held out", timeout=20_000)
    before, drawn = words.text_content(), picture.get_attribute("src")
    shown.get_by_role("slider").last.press("ArrowRight")
    expect(words).not_to_have_text(before, timeout=20_000)
    expect(picture).not_to_have_attribute("src", drawn, timeout=20_000)


def test_no_script_complained(page):
    assert page.complaints == []


def test_ctrl_c_stops_jupyterlab_cleanly(lab):
    process, _, _ = lab
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in rest, rest
