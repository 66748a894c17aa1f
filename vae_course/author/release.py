"""What nbgrader does not do by itself when it writes a release: stamp it, and leave nothing that varies."""

from __future__ import annotations

import hashlib
import json

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from vae_course import __version__
from vae_course.author.convert import KERNEL


class Stamp(NbGraderPreprocessor):
    """Writes `metadata.vae_course = {stage, version, release}`; the release is a hash of what the learner sees."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
        seen = [[cell.id, cell.cell_type, cell.source, cell.metadata] for cell in nb.cells]
        digest = hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:12]
        stage = resources["nbgrader"]["assignment"]
        nb.metadata = NotebookNode(
            kernelspec=NotebookNode(KERNEL),
            vae_course=NotebookNode(stage=stage, version=__version__, release=digest),
        )
        return nb, resources
