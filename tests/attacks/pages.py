"""What a browser would run in a page of feedback."""

import re
from html.parser import HTMLParser


class _Active(HTMLParser):
    """What a browser would run in a page, or load into it."""

    def __init__(self):
        super().__init__()
        self.found: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag, attributes):
        self._inside = tag == "script"
        if tag in ("script", "iframe", "object", "embed", "form", "base", "meta", "link", "svg", "math"):
            self.found.add(f"{tag} {attributes}")
        for name, value in attributes:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or address.startswith(("javascript:", "vbscript:", "data:text")):
                self.found.add(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.found.add(data)


def active(page: str) -> set[str]:
    """Scripts, handlers, addresses that run, and what is loaded into a page."""
    parser = _Active()
    parser.feed(page)
    return parser.found
