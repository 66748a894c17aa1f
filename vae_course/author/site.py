"""`make site`: the lessons as pages to read without installing anything, built offline by Sphinx with MyST-NB.

A page shows what a learner opens, the release, with the outputs of the executed notebook. It never shows an answer: no cell's
source is taken from `solutions/`, and graded cells have no outputs. Formulas become MathML when the page is built, so that
it needs no script and no network.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from html import escape
from io import StringIO
from pathlib import Path

import nbformat
from docutils import nodes
from latex2mathml.converter import convert as to_mathml
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils

from vae_course import __version__, course
from vae_course.author.convert import INSTALL
from vae_course.course import CourseError, Stage

SETTINGS = {
    "project": "Variational autoencoders",
    "html_title": "Variational autoencoders, one checked function at a time",
    "version": __version__,
    "extensions": ["myst_nb", __name__],
    "html_theme": "furo",
    "html_show_copyright": False,
    "html_show_sourcelink": False,
    "html_copy_source": False,
    "html_math_renderer": "mathml",
    "language": "en",
    "myst_enable_extensions": ["dollarmath"],
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_mime_priority_overrides": [("*", "text/html", 0), ("*", "image/png", 10), ("*", "text/plain", 20)],
    "suppress_warnings": ["myst.header", "mystnb.unknown_mime_type"],
}


def build(folder: Path) -> int:
    """Write the site into `folder`, in the place of what was built there before; returns the number of pages.

    CourseError when the folder holds something else, or when Sphinx warns of anything: a page with a fault is not written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / ".buildinfo").is_file():
        raise CourseError(f"{folder} holds something that is no site of the course; name another folder.")
    with tempfile.TemporaryDirectory() as place:
        source, built = Path(place, "source"), Path(place, "built")
        source.mkdir()
        (source / "index.md").write_text(_index(), encoding="utf-8")
        for stage in course.STAGES:
            nbformat.write(page(stage), source / f"{stage.id}.ipynb")
        said = StringIO()
        nocolor()
        with patch_docutils(), docutils_namespace():  # what Sphinx registers is gone afterwards
            app = Sphinx(source, None, built, Path(place, "doctrees"), "html", SETTINGS, status=None, warning=said, freshenv=True)
            app.build()
        if app.statuscode or said.getvalue():
            raise CourseError(f"Sphinx does not take the pages as they are: {said.getvalue().strip()}")
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(built, folder)
    return len(course.STAGES) + 1


def page(stage: Stage) -> NotebookNode:
    """The release of a stage with the outputs of the executed notebook, but for those of answers and checks; readers install nothing."""
    shown = nbformat.read(course.released_notebook(stage), 4)
    shown.cells = [cell for cell in shown.cells if cell.source != INSTALL]
    ran = {cell.id: cell for cell in nbformat.read(course.solutions_folder() / stage.id / f"{stage.id}.ipynb", 4).cells}
    for cell in shown.cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            cell.outputs = ran[cell.id].outputs
            if told := [alt for output in cell.outputs if (alt := _alternative(output))]:
                cell.metadata["mystnb"] = {"image": {"alt": " ".join(told)}}
    return shown


def _alternative(output: NotebookNode) -> str:
    """What a picture says to readers who do not see it."""
    return output.get("metadata", {}).get("image/png", {}).get("alt", "")


def _index() -> str:
    """The first page: what this is, and the stages in order."""
    rows = "\n".join(
        f"| [{stage.number} · {stage.title}]({stage.id}.ipynb) | {stage.question} | {stage.minutes} | {stage.points:g} |" for stage in course.STAGES
    )
    toctree = "\n".join(stage.id for stage in course.STAGES)
    return f"""# Variational autoencoders, one checked function at a time

A course that you read here and do in JupyterLab: there each exercise is checked the moment you write it, and a wrong answer is told which
mistake it is. These pages have the lessons as they run, with figures and numbers. The exercises stand empty: they are yours.

| stage | question | minutes | points |
| --- | --- | --- | --- |
{rows}

```{{toctree}}
:hidden:

{toctree}
```
"""


# --- formulas ---


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this: formulas as MathML."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _mathml(text: str, display: str) -> str:
    """MathML of a formula; a function's name gets the space that it has in print."""
    return re.sub(r"(<mi>(?:log|exp|max|min)</mi>)(?!<mo[^>]*>[(\[])", r'\1<mspace width="0.17em"/>', to_mathml(text, display=display))


def _inline(writer, node: nodes.math) -> None:
    writer.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(writer, node: nodes.math_block) -> None:
    text = node.astext()
    writer.body.append(f'<div class="math-block" role="math" aria-label="{escape(text, quote=True)}">{_mathml(text, "block")}</div>\n')
    raise nodes.SkipNode
