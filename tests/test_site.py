"""The lessons as pages to read: every link leads somewhere, every picture is told in words, no answer is in them, nothing comes from a network."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from test_release import leaks

from vae_course import course
from vae_course.author import site
from vae_course.course import CourseError


class Page(HTMLParser):
    """What a page links to, loads and shows."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.ids, self.pictures, self.text, self.formulas = [], [], set(), [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and "src" in given or tag == "link" and given.get("rel") == "stylesheet":
            self.loaded.append(given.get("src") or given["href"])
        if tag == "img":
            self.pictures.append(given.get("alt", ""))
        self.formulas += tag == "math"

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert site.build(folder) == len(course.STAGES) + 1
    return folder


@pytest.fixture(scope="module")
def pages(built):
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in built.glob("*.html")}


def test_every_stage_has_its_page_and_the_first_page_leads_to_it(pages):
    for stage in course.STAGES:
        assert f"{stage.id}.html" in pages["index.html"].links
        assert stage.question in "".join(pages[f"{stage.id}.html"].text)


def test_every_link_and_everything_that_is_loaded_is_there(built, pages):
    for name, page in pages.items():
        for link in page.loaded + [link for link in page.links if not link.startswith(("http://", "https://"))]:
            place, _, anchor = unescape(link).partition("#")
            place = place.split("?")[0]
            assert (built / place).exists(), f"{name} leads to {link}"
            if anchor and (place or name).endswith(".html"):
                assert anchor in pages[place or name].ids, f"{name} leads to {link}"


def test_nothing_is_loaded_from_elsewhere(built, pages):
    assert not [link for page in pages.values() for link in page.loaded if re.match(r"(https?:)?//", link)]
    assert not re.search(r"url\(\s*['\"]?(https?:)?//", "".join(p.read_text(encoding="utf-8") for p in built.rglob("*.css")))


def test_no_answer_is_in_them(built):
    files = [(str(path), path.read_text(encoding="utf-8")) for path in built.rglob("*") if path.suffix in (".html", ".js", ".txt", ".ipynb")]
    texts = [(name, re.sub(r"<[^>]+>", "", text) if name.endswith(".html") else text) for name, text in files]
    assert list(leaks([(f"{name}.txt", unescape(text)) for name, text in texts])) == []


def test_the_leak_test_reads_a_page_as_it_is_shown(built):
    shown = '<span class="k">return</span> <span>x</span> <span>+</span> <span>by[:, None]</span>'
    assert list(leaks([("x.html.txt", unescape(re.sub(r"<[^>]+>", "", shown)))]))


def test_answer_cells_stand_empty_and_have_no_outputs():
    for stage in course.STAGES:
        graded = [cell for cell in site.page(stage).cells if "nbgrader" in cell.metadata and cell.cell_type == "code"]
        assert graded and not any(cell.outputs for cell in graded)
        assert sum("raise NotImplementedError" in cell.source for cell in graded) == len(stage.exercises)


def test_every_picture_is_told_in_words(pages):
    pictures = [alt for page in pages.values() for alt in page.pictures]
    assert len(pictures) >= 10 and all(len(alt) > 25 and not alt.startswith("_images") for alt in pictures), pictures


def test_formulas_are_mathml_and_none_is_left_as_tex(pages):
    assert sum(page.formulas for page in pages.values()) >= 30
    for name, page in pages.items():
        assert "$$" not in "".join(page.text) and "\\frac" not in "".join(page.text), name


def test_a_folder_with_something_else_is_kept(tmp_path):
    (tmp_path / "mine.txt").write_text("dear to me")
    with pytest.raises(CourseError, match="holds something that is no site of the course"):
        site.build(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "dear to me"


def test_a_site_is_built_in_the_place_of_an_older_one(built, pages):
    (built / "old.html").write_text("gone")
    assert site.build(built) == len(course.STAGES) + 1 and not (built / "old.html").exists()
