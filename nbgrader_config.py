"""nbgrader for this course: answers in `solutions`, releases in `notebooks`, everything else under `grading`.

Every nbgrader command and the formgrader read this file when they are started from this folder. From the environment it takes
VAE_COURSE_EXCHANGE, the exchange folder of a class on one machine, and VAE_COURSE_DB_URL, the address of a gradebook on a PostgreSQL
server; without them both are under `grading`.
"""

import hashlib
import hmac
import os
import secrets
import sys
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import CheckCellMetadata, Execute, OverwriteCells, SaveAutoGrades

from vae_course.grade import conversion, gradebook, preflight

c = get_config()  # noqa: F821

root = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
grading = root / "grading"
(grading / "exchange").mkdir(parents=True, exist_ok=True)  # the formgrader complains where there is none

# nbgrader starts `alembic` and the kernel through PATH: the environment need not be activated
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# graded runs check on fresh inputs, drawn from a seed that only this class has
os.environ["VAE_COURSE_SOLUTIONS"] = str(root / "solutions")
os.environ["VAE_COURSE_PROGRESS"] = "off"
key = grading / "seed.key"
if not key.exists():
    key.write_text(secrets.token_hex(32))
digest = hmac.new(key.read_text().strip().encode(), b"hidden cases", hashlib.sha256).digest()
os.environ["VAE_COURSE_SEED"] = str(int.from_bytes(digest[:4], "little"))

c.CourseDirectory.course_id = "vae-course"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
# students must get to the exchange, and to nothing else of this folder: a class on one machine has it elsewhere
c.Exchange.root = os.environ.get("VAE_COURSE_EXCHANGE", str(grading / "exchange"))
c.ExchangeFactory.collect = "vae_course.grade.collect.Collect"
c.ZipCollectApp.downloaded_directory = "grading/downloaded"
c.ZipCollectApp.extractor_plugin = "vae_course.grade.archives.Unpack"
c.ZipCollectApp.collector_plugin = "vae_course.grade.archives.Names"
c.ExportPlugin.to = str(grading / "grades.csv")
c.NbGrader.logfile = str(grading / "nbgrader.log")
c.CourseDirectory.db_url = gradebook.address(grading / "gradebook.db")
c.CourseDirectory.ignore = [".ipynb_checkpoints", "paper_lab", "__pycache__", "*.pyc", "*.py", ".pytest_cache"]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.GenerateAssignment.preprocessors = [
    *GenerateAssignment.preprocessors.default_args[0], "vae_course.author.release.Stamp",
]
c.GenerateAssignment.post_convert_hook = "vae_course.grade.releases.keep"
gradebook.install()
preflight.install()
conversion.install()
c.Autograde.pre_convert_hook = preflight.preflight
# the metadata of a rebuilt notebook are the release's, which were checked when it was made
steps = [step for step in Autograde.sanitize_preprocessors.default_args[0] if step is not CheckCellMetadata]
steps[steps.index(OverwriteCells)] = "vae_course.grade.cells.OverwriteCells"
c.Autograde.sanitize_preprocessors = ["vae_course.grade.rebuild.Rebuild", *steps]
steps = [step for step in Autograde.autograde_preprocessors.default_args[0] if step is not CheckCellMetadata]
steps[steps.index(Execute)] = conversion.JUDGE
place = steps.index(SaveAutoGrades)
steps[place : place + 1] = ["vae_course.grade.cells.SaveAutoGrades", "vae_course.grade.tasks.SettleTasks"]
c.Autograde.autograde_preprocessors = steps
c.OverwriteCells.add_missing_cells = True
c.Exporter.optimistic_validation = True  # a notebook is validated after the last step, not after each
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"markdown2html": "vae_course.grade.html.markdown", "clean_html": "vae_course.grade.html.report"}
c.HTMLExporter.preprocessors = ["vae_course.grade.html.EscapeNames"]
