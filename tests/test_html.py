"""What students write cannot act on the pages that they, other students and instructors read."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from desk import QUESTION, STAGE, Desk, find
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a script in the middle of a word": "a<scr<script>ipt>alert(1)</scr</script>ipt>b",
    "an image that fails": "<img src=x onerror=alert(1)>",
    "an image from this server": "![](/hub/logout) <img src='/hub/logout'>",
    "a link that runs": "[click](javascript:alert(1)) <a href='JaVaScRiPt&colon;alert(1)'>x</a>",
    "a link that is a page": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "a link that runs, with a tab": "<a href='java\tscript:alert(1)'>x</a> <a href='&#1;javascript:alert(1)'>y</a>",
    "an automatic link": "<javascript:alert(1)> <vbscript:x>",
    "a frame": "<iframe src='https://x.org' srcdoc='<script>alert(1)</script>'></iframe>",
    "an object": "<object data=x></object><embed src=x>",
    "a form": "<form action=https://x.org><input name=password autofocus onfocus=alert(1)></form>",
    "a button": "<button formaction=javascript:alert(1)>x</button>",
    "a style": "<style>body{display:none}</style><p style='position:fixed;inset:0;background:url(https://x.org)'>x</p>",
    "a base": "<base href=https://x.org>",
    "where to go": "<meta http-equiv=refresh content='0;url=https://x.org'><link rel=stylesheet href=x>",
    "a picture that is a program": "<svg onload=alert(1)><script>alert(1)</script><animate onbegin=alert(1)></svg>",
    "mathematics that is a script": "$<script>alert(1)</script>$ and $$x<img src=x onerror=alert(1)>$$",
    "an equation with an image": "\\begin{align}<img src=x onerror=alert(1)>\\end{align}",
    "MathML that changes its mind":
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "a text that ends what is around it": "</div></div></body></html><script>alert(1)</script>",
    "code with a language": "```<script>alert(1)</script>\nx\n```\n\n```html\n<script>alert(1)</script>\n```",
    "a drawing": "```mermaid\ngraph TD; A[<img src=x onerror=alert(1)>]; click A call alert(1)\n```",
    "a heading": "# x <img src=x onerror=alert(1)>\n\n## [y](javascript:alert(1))",
    "a table": "| a | b |\n|:--|--:|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "a comment": "<!-- x --><!--><script>alert(1)</script>-->",
    "names of the page": "<a name=top id=submission_id data-link=x class='btn full-credit'>x</a>",
    "a class of the page": "<pre class=mermaid>graph</pre><div class='btn full-credit'>x</div>",
    "a picture that is not there": "![x](attachment:none.png)",
    "a picture of another kind": "![x](data:image/svg+xml;base64,PHN2Zz4=) <img src='data:text/html,<script>'>",
    "boxes to tick": "- [x] done\n- [ ] not done",
    "brackets without end": "[" * 20_000,
    "quotes inside quotes": "> " * 5_000 + "x",
    "a very long text": "<script>alert(1)</script>" * 5_000,
}
ERROR = "\"'></pre><script>alert(2)</script><img src=x onerror=alert(2)>"
FORBIDDEN = {
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "base", "meta", "link", "svg", "math",
}


def trouble(html):
    """What of a piece of HTML could act, or could be taken for a part of the page."""
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        if tag.name in FORBIDDEN:
            yield tag.name
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else value
            flat = re.sub(r"[\s\x00-\x20]", "", value).lower()
            if name.startswith("on") or name in ("id", "name", "srcdoc", "formaction", "data-link"):
                yield f"{tag.name} {name}"
            if re.match(r"(java|vb)script:|data:(?!image/(png|jpeg|gif|webp);)", flat):
                yield f"{tag.name} {name}={value}"
            if tag.name == "img" and name == "src" and not re.match(r"https://|data:", flat):
                yield f"image from {value}"
            if name == "style" and not re.fullmatch(r"text-align:\w+", flat.rstrip(";")):
                yield f"style {value}"
            if name == "class" and {"btn", "full-credit", "mermaid"} & set(value.split()):
                yield f"class {value}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk with one submission, whose author filled it with hostile texts, errors and output, graded."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.release()
    notebook = desk.answered()
    for name, line in (("gaussian_kl", f"raise ValueError({ERROR!r})"), ("std_from_logvar", f"print({ERROR!r})")):
        cell = find(notebook, name)
        cell["source"] = cell["source"].replace("    return ", f"    {line}\n    return ")
    find(notebook, QUESTION)["source"] = "\n\n".join(text for text in HOSTILE.values() if len(text) < 1000)
    for text in HOSTILE.values():
        notebook["cells"].append(dict(new_markdown_cell(text)))
    notebook["cells"].append(dict(new_raw_cell("<script>alert('raw')</script>")))
    folder = desk.submitted / "mallory" / STAGE
    folder.mkdir(parents=True)
    nbformat.write(nbformat.from_dict(notebook), folder / f"{STAGE}.ipynb")
    result = desk.autograde("mallory")
    assert result["success"], result
    return desk


@pytest.fixture(scope="module")
def render(desk):
    """One text through the filter that the configuration sets."""
    exporter = HTMLExporter(config=desk.config, template_name="classic")

    def render(source, **cell):
        template = exporter.environment.from_string("{{ cell.source | markdown2html }}")
        return template.render(cell=new_markdown_cell(source, **cell))

    return render


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_does_nothing(render, name):
    html = render(HOSTILE[name])
    assert list(trouble(html)) == []
    assert len(html) < 20 * len(HOSTILE[name]) + 1000


def test_the_suite_would_see_what_nbconvert_lets_through():
    exporter = HTMLExporter(template_name="classic", sanitize_html=True)
    template = exporter.environment.from_string("{{ cell.source | markdown2html }}")
    quick = {name: text for name, text in HOSTILE.items() if len(text) < 1000 and "attachment" not in text}
    seen = {n for n, text in quick.items() if list(trouble(template.render(cell=new_markdown_cell(text))))}
    assert len(seen) >= 12, sorted(set(quick) - seen)


@pytest.mark.parametrize(("source", "kept"), [
    ("$\\mathrm{KL}(q \\| p) < 1$", "$\\mathrm{KL}(q \\| p) &lt; 1$"),
    ("$$\\int q(z)\\,dz = 1$$", "$$\\int q(z)\\,dz = 1$$"),
    ("\\begin{align} a &= b \\\\ c &= d \\end{align}", "\\begin{align} a &amp;= b \\\\ c &amp;= d \\end{align}"),
    ("| a | b |\n|--|--:|\n| 1 | 2 |", '<td style="text-align:right">2</td>'),
    ("```python\nx = 1\n```", '<div class="highlight"><pre>'),
    ("`a < b` and **bold** and ~~gone~~", "<code>a &lt; b</code> and <strong>bold</strong> and <del>gone</del>"),
    ("[paper](https://arxiv.org/abs/1312.6114)", 'href="https://arxiv.org/abs/1312.6114"'),
    ("![plot](https://x.org/p.png)", '<img src="https://x.org/p.png" alt="plot">'),
    (f"![plot](data:image/png;base64,{PIXEL})", f'src="data:image/png;base64,{PIXEL}"'),
    ("1. one\n2. two\n\n> said", "<li>two</li>"),
    ("- [x] done", "[x] done"),
    ("# Ein Titel", "<h1>Ein Titel</h1>"),
])
def test_an_honest_text_stays(render, source, kept):
    assert kept in render(source)


def test_a_picture_in_the_notebook_stays(render):
    html = render("![sketch](attachment:s.png)", attachments={"s.png": {"image/png": PIXEL}})
    assert f'<img src="data:image/png;base64,{PIXEL}" alt="sketch">' in html


def texts(html):
    """The parts of a page that show texts of the notebook."""
    return [str(part) for part in BeautifulSoup(html, "html.parser").select(".text_cell_render")]


def scripts(html):
    return [script for script in BeautifulSoup(html, "html.parser").find_all("script") if "alert" in str(script)]


def test_feedback_holds_nothing_hostile(desk):
    desk.feedback("mallory")
    html = (desk.folder / "grading" / "feedback" / "mallory" / STAGE / f"{STAGE}.html").read_text(encoding="utf-8")
    shown = texts(html)
    assert len(shown) > len(HOSTILE) and "alert(1)" in html  # it is there to read
    assert [found for part in shown for found in trouble(part)] == [] == scripts(html)


def test_errors_and_output_are_text_in_the_reports(desk):
    desk.feedback("mallory")
    html = (desk.folder / "grading" / "feedback" / "mallory" / STAGE / f"{STAGE}.html").read_text(encoding="utf-8")
    reports = [part for part in BeautifulSoup(html, "html.parser").select(".output_html") if "alert(2)" in str(part)]
    assert len(reports) == 2
    for report in reports:
        assert ERROR in report.text and report.find(["script", "img"]) is None


def formgrader(desk):
    """The page maker of the formgrader, configured as that does it."""
    config = desk.config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return HTMLExporter(config=config)


def names(**more):
    return {
        "assignment_id": STAGE, "notebook_id": STAGE, "submission_id": "0", "index": 0, "total": 1, "base_url": "",
        "student": "mallory", "last_name": "M", "first_name": "M", "notebook_path": "p", **more,
    }


def test_the_formgraders_page_of_a_submission_holds_nothing_hostile(desk):
    path = desk.folder / "grading" / "autograded" / "mallory" / STAGE / f"{STAGE}.ipynb"
    html, _ = formgrader(desk).from_filename(str(path), resources=names())
    shown = texts(html)
    assert len(shown) > len(HOSTILE) and [found for part in shown for found in trouble(part)] == [] == scripts(html)


@pytest.mark.parametrize("field", ["last_name", "first_name", "student", "notebook_path"])
def test_a_students_name_is_text(desk, field):
    evil = "\"'><script>alert(1)</script>"
    given = names(**{field: evil}) | ({"last_name": None} if field == "student" else {})
    html, _ = formgrader(desk).from_notebook_node(new_notebook(), resources=given)
    page = BeautifulSoup(html, "html.parser")
    assert scripts(html) == []
    seen = [link.get("data-link", "") + link.text for link in page.select("a.name-shown")]
    assert any(evil in text for text in seen)
