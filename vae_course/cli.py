"""`vae-course`: one thin line a command. Anything heavy is imported inside the command that needs it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from vae_course import __version__, course
from vae_course.course import CourseError

app = typer.Typer(
    help="A course on variational autoencoders that checks every exercise the moment it is written.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


AUTHORS = "For authors, in a checkout"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vae-course {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


@app.command()
def learn(
    folder: Annotated[Path, typer.Argument(help="Your copy of the notebooks.")] = Path("workbook"),
    lab: Annotated[bool, typer.Option(help="Open JupyterLab there.")] = True,
) -> None:
    """Get the notebooks that you do not have yet, and open JupyterLab."""
    from vae_course.learn import workbook

    added = workbook.fill(folder)
    typer.echo(f"{folder}: {len(added)} new notebook{'s' * (len(added) != 1)}, nothing of yours was changed.")
    if lab:
        typer.echo("JupyterLab starts; its address is printed below. Stop it with Ctrl-C.")
        workbook.open_lab(folder)


@app.command()
def check(
    what: Annotated[str, typer.Argument(help="A stage (03), an exercise (gaussian_kl) or a notebook's path.")],
    notebook: Annotated[Optional[Path], typer.Option(help="The notebook, when it is not in your workbook.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Check a stage's notebook as it was saved. Exit 0 when everything passes, 1 when something does not."""
    from vae_course.learn import saved

    stage, exercises, path = saved.find(what, notebook)
    reports = saved.check(exercises, path)
    if as_json:
        typer.echo(json.dumps(saved.to_json(stage, path, reports), indent=2, ensure_ascii=False))
    else:
        for report in reports:
            colour = {"pass": "green", "fail": "red", "open": None}[report.state]
            head, *rest = report.text().splitlines()
            typer.secho(head, fg=colour, bold=True)
            typer.echo("\n".join([*rest, ""]))
        typer.echo(f"{path}: {sum(r.score for r in reports):g} of {sum(r.points for r in reports):g} points")
    raise typer.Exit(0 if all(report.passed for report in reports) else 1)


@app.command()
def practice(stage: Annotated[str, typer.Argument(help="A stage, such as 03.")]) -> None:
    """Practise a stage's drills: typed numbers, a second try, and the name of the slip."""
    from vae_course.learn import practising, terminal

    round = practising.start(course.find_stage(stage))
    if terminal.ask_all(round):
        terminal.show(practising.closing(round, "Run the command again for fresh numbers."))


@app.command()
def gate(stage: Annotated[str, typer.Argument(help="A stage, such as 03.")]) -> None:
    """Try a stage's gate: every check on the notebook as saved, then 4 of 5 fresh questions. Exit 0 open, 1 closed."""
    from vae_course.learn import gates, terminal

    found = course.find_stage(stage)
    settled = gates.standing(found)
    if settled is None:
        attempt = gates.Attempt(found)
        if not terminal.ask_all(attempt):
            raise typer.Exit(1)
        settled = attempt.opened, attempt.end()
    opened, said = settled
    terminal.show(said)
    raise typer.Exit(0 if opened else 1)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show where you stand in every stage, and what to do next."""
    from vae_course.learn import status as standings

    if as_json:
        typer.echo(json.dumps(standings.as_json(), indent=2, ensure_ascii=False))
    else:
        typer.echo(repr(standings.status()))


@app.command()
def reset(stage: Annotated[str, typer.Argument(help="A stage, such as 03.")]) -> None:
    """Start a stage afresh: a new notebook, the old one kept beside it, its gate closed again."""
    from vae_course.learn import progress, workbook

    found = course.find_stage(stage)
    new, old = workbook.reset(found)
    progress.record("reset", found.id, "")
    typer.echo(f"{new} is fresh; what you wrote is in {old}. The gate of {found.id} is closed again.")


@app.command()
def update(
    stage: Annotated[str, typer.Argument(help="A stage, such as 03.")],
    notebook: Annotated[Optional[Path], typer.Option(help="The notebook, when it is not in your workbook.")] = None,
) -> None:
    """Move your answers into the notebook that the installed course has; the old file is kept beside it."""
    from vae_course.learn import updating

    typer.echo(updating.update(course.find_stage(stage), notebook).text())


@app.command()
def reproduce(
    paper: Annotated[str, typer.Argument(help="The paper: iwae.")],
    data: Annotated[
        Optional[Path], typer.Option(help="A folder with MNIST's four IDX files; else VAE_COURSE_MNIST names it.")
    ] = None,
    k: Annotated[str, typer.Option(help="Numbers of samples, with commas between them.")] = "1,5,50",
    epochs: Annotated[int, typer.Option(help="Passes over the data; the paper made 3280.")] = 3280,
    samples: Annotated[int, typer.Option(help="Samples for the test NLL.")] = 5000,
    test_images: Annotated[int, typer.Option(help="How many test pictures are evaluated.")] = 10_000,
    threads: Annotated[int, typer.Option(help="How many threads torch may use.")] = 1,
    out: Annotated[Path, typer.Option(help="Where checkpoints, log and table go.")] = Path("paper_lab"),
) -> None:
    """Train the models of a paper, resumably, and print your table beside the paper's."""
    if paper != "iwae":
        raise CourseError(f"There is no paper called {paper!r} in the lab; it has iwae (Burda, Grosse and Salakhutdinov, 2016).")
    try:
        ks = [int(word) for word in k.split(",")]
    except ValueError:
        raise CourseError(f"--k is {k!r}; give numbers of samples with commas between them, such as 1,5,50.") from None
    if threads < 1:
        raise CourseError(f"--threads is {threads}; it must be 1 or more.")
    import torch

    from vae_course.reproduce import Settings, reproduce

    torch.set_num_threads(threads)
    if not reproduce(ks, epochs, data, out, Settings(samples, test_images), typer.echo):
        raise typer.Exit(1)


@app.command(rich_help_panel=AUTHORS)
def build(
    stage: Annotated[Optional[str], typer.Argument(help="A stage; all of them when left out.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether a build would change anything.")] = False,
) -> None:
    """Write a stage's notebook, release and sealed numbers from its source."""
    from vae_course.author.build import build as build_stage
    from vae_course.author.build import check_build

    failed = False
    for found in [course.find_stage(stage)] if stage else course.STAGES:
        if check:
            problems = check_build(found)
            typer.echo(f"{found.id}: {'; '.join(problems) or 'as built'}")
            failed = failed or bool(problems)
        else:
            written = [str(path.relative_to(course.REPOSITORY)) for path in build_stage(found)]
            typer.echo(f"{found.id}: {', '.join(written) or 'nothing changed'}")
    if failed:
        typer.echo("Run `vae-course build` and commit what it writes.")
        raise typer.Exit(1)


@app.command(rich_help_panel=AUTHORS)
def table(check: Annotated[bool, typer.Option("--check", help="Only say whether it is up to date.")] = False) -> None:
    """Run every wrong and right answer of the banks, and write the table of the README from what came out."""
    from vae_course.author import table as tables

    fresh = tables.up_to_date(course.REPOSITORY / "README.md", write=not check)
    typer.echo("README.md: " + ("as it should be" if fresh else "out of date; run `vae-course table`" if check else "table written"))
    raise typer.Exit(1 if check and not fresh else 0)


@app.command()
def grade(
    stage: Annotated[str, typer.Argument(help="A stage, such as 03.")],
    student: Annotated[Optional[list[str]], typer.Option(help="Only this student; may be given several times.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes make verdicts.")] = os.cpu_count() or 1,
    scheduler: Annotated[str, typer.Option(help="Make verdicts on the Dask cluster at this address.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Mark again what has marks.")] = False,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Run answers in plain processes, where you trust every submission.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Only list marks that no verdict stands behind.")] = False,
) -> None:
    """Mark what a class handed in; exit 1 when a submission has no mark, or a mark no verdict."""
    from vae_course.grade import many

    found, config = course.find_stage(stage), many.configuration()
    if verify:
        from vae_course.grade.verify import unverified

        rows = [*unverified(found, config)]
        for who, exercise, why in rows:
            typer.echo(f"✗ {who}, {exercise}: {why}")
        typer.echo(f"{len(rows) or 'No'} {'mark' if len(rows) == 1 else 'marks'} of {found.id} without a verdict.")
        raise typer.Exit(1 if rows else 0)
    executor, at_once = many.cluster(scheduler) if scheduler else (many.processes(workers), 2 * workers)
    outcome = many.grade(
        found, config, executor=executor, at_once=at_once, unsandboxed=unsandboxed, force=force, students=student or (),
    )
    typer.echo(outcome.text())
    raise typer.Exit(1 if outcome.failed else 0)


@app.command()
def export(
    stages: Annotated[
        Optional[list[str]], typer.Argument(metavar="[STAGE]...", help="Stages; all of them when left out.")
    ] = None,
    format: Annotated[str, typer.Option(help="canvas, moodle or csv.")] = "csv",
    out: Annotated[Optional[Path], typer.Option(help="The file; else grading/grades-FORMAT.csv.")] = None,
    exercises: Annotated[bool, typer.Option("--exercises", help="A column for each exercise too.")] = False,
) -> None:
    """Write a class's marks for Canvas, for Moodle, or as a table."""
    from nbgrader.api import Gradebook

    from vae_course.grade import many
    from vae_course.grade.export import FORMATS

    if format not in FORMATS:
        raise CourseError(f"--format is {format!r}; it must be {', '.join(FORMATS)}.")
    chosen = [course.find_stage(stage).id for stage in stages or ()]
    config, to = many.configuration(), out or Path("grading", f"grades-{format}.csv")
    exporter = FORMATS[format](config=config, to=str(to), assignment=chosen, exercises=exercises)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        for sentence in exporter.write(gradebook):
            typer.echo(sentence, err=True)
    typer.echo(f"{to}: written")


@app.command()
def doctor(
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Try to break out of the grader's sandbox.")] = False,
) -> None:
    """Say what this machine has, what is missing, and how to get it."""
    if sandbox:
        raise typer.Exit(0 if _sandbox_holds() else 1)
    from vae_course.doctor import examine

    findings = examine()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        typer.secho(f"{finding.mark} {finding.name:<{width}}  {finding.text}", fg=finding.colour)
    raise typer.Exit(1 if any(finding.blocks for finding in findings) else 0)


def _sandbox_holds() -> bool:
    """Print a line for each attempt as it is made."""
    from vae_course.grade.escapes import examine

    failed = tried = 0
    for finding in examine():
        tried, failed = tried + 1, failed + (not finding.holds)
        mark, colour, more = ("✓", "green", "") if finding.holds else ("✗", "red", f": {finding.trouble}")
        typer.secho(f"{mark} {finding.attempt.group:<10}  {finding.attempt.words}{more}", fg=colour)
    typer.echo(f"{tried} attempts, {failed or 'none'} of them got through")
    return not failed


def main() -> None:
    """The entry point: what the user can put right is one sentence on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except CourseError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"{where}{error.strerror or error}; free some space, or choose a place that you may write to.", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
