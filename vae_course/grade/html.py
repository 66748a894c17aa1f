"""What students wrote, as HTML that does nothing: the pages that nbgrader makes for them and for whoever grades.

nbgrader_config.py sets both parts of it on nbconvert's HTMLExporter, which feedback and formgrader share: `markdown`
turns every text of a notebook into HTML, and `EscapeNames` is for the names that the formgrader's template prints raw.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

LONGEST = 10_000  # characters of a text that is read as Markdown; parsing can take time with the square of them

_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_PICTURE = re.compile(r"https://|data:image/(png|jpeg|gif|webp);base64,", re.IGNORECASE)
_COLOURED = re.compile(r"highlight|[a-z]{1,2}\d?|language-\w+")  # classes of Pygments, which a page gives colours to
_KEPT = {
    **nh3.ALLOWED_ATTRIBUTES,
    **{tag: nh3.ALLOWED_ATTRIBUTES.get(tag, set()) | {"class"} for tag in ("div", "pre", "code", "span")},
    **{tag: nh3.ALLOWED_ATTRIBUTES[tag] | {"style"} for tag in ("th", "td")},
}

_STYLED = {
    tag: nh3.ALLOWED_ATTRIBUTES.get(tag, set()) | {"style", "scope", "role"} | ({"class"} if tag in ("div", "pre", "span") else set())
    for tag in nh3.ALLOWED_TAGS
}
_LOOKS = {  # what a Report sets
    "border-left", "padding", "margin", "margin-top", "max-width", "line-height", "font-weight", "font-style",
    "font-variant-numeric", "text-align",
}


class _Markdown(MarkdownWithMath):
    """nbconvert's, where `[x]` stays text: a box to tick is part of a form."""

    DEFAULT_PLUGINS = tuple(name for name in MarkdownWithMath.DEFAULT_PLUGINS if name != "task_lists")


class _Attachments(dict):
    """The pictures of a cell. One that is missing is empty: nbconvert would refuse the whole notebook."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, str]:
        return {"image/png": ""}


@pass_context
def markdown(context: Context, source: str) -> str:
    """The filter `markdown2html` of nbconvert's templates: a cell's Markdown as HTML that does nothing.

    Scripts, styles, frames and forms go; mathematics, tables, code and pictures (https, or inside the notebook) stay.
    What is too long or cannot be read as Markdown is shown as it was written. Never raises.
    """
    attachments = context.get("cell", {}).get("attachments", {})
    if len(source) > LONGEST:
        return _as_written(source)
    renderer = IPythonRenderer(escape=False, attachments=_Attachments(attachments), exclude_anchor_links=True)
    try:
        return clean(_Markdown(renderer).render(source))
    except Exception:  # parsers meet odd text with many kinds of them, and one text must not cost a class its feedback
        return _as_written(source)


def report(html: object) -> str:
    """The filter `clean_html` of nbconvert's templates: an output as HTML that does nothing, and looks as in a notebook.

    nbconvert's own knows no head of a table and no style, and shows them as text.
    """
    text = html.decode() if isinstance(html, bytes) else str(html)
    return nh3.clean(
        text, attributes=_STYLED, attribute_filter=_allowed, url_schemes={"http", "https", "data"}, filter_style_properties=_LOOKS,
    )


def clean(html: str) -> str:
    """HTML with nothing in it that acts, is fetched from this server, or looks like a part of the page around it."""
    return nh3.clean(
        html, attributes=_KEPT, attribute_filter=_allowed, url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties={"text-align"},
    )


def _allowed(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, or None for an attribute to leave out."""
    if name == "class":
        return " ".join(word for word in value.split() if _COLOURED.fullmatch(word)) or None
    if name in ("href", "src", "cite"):
        return value if (_PICTURE if tag == "img" else _LINK).match(value) else None
    return value


def _as_written(source: str) -> str:
    return f"<pre>{escape(source)}</pre>"


class EscapeNames(Preprocessor):
    """Before a page is made: the names that come with a notebook, of which the formgrader's template escapes none."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for name, value in resources.items():
            resources[name] = _plain(value)
        return nb, resources


def _plain(value: Any) -> Any:
    return escape(value) if isinstance(value, str) else value
