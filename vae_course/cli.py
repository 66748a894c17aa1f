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
def practice(
    stage: Annotated[Optional[str], typer.Argument(help="A stage, such as 03; what is due today when left out.")] = None,
    transfer: Annotated[bool, typer.Option("--transfer", help="Ask what you know in another parametrisation.")] = False,
) -> None:
    """Practise: what is due today, or a stage's drills. Typed numbers, a second try, and the name of the slip."""
    from vae_course.learn import practising, terminal

    started = practising.start(course.find_stage(stage) if stage else None, transfer)
    if not isinstance(started, practising.Round):
        terminal.show(started)
    elif terminal.ask_all(started):
        terminal.show(practising.closing(started))


@app.command()
def gate(
    stage: Annotated[str, typer.Argument(help="A stage, such as 03.")],
    with_pass: Annotated[
        Optional[Path], typer.Option("--pass", help="A pass that your instructor gave you, where gates are graded.")
    ] = None,
) -> None:
    """Try a stage's gate: every check on the notebook as saved, then 4 of 5 fresh questions. Exit 0 open, 1 closed."""
    from vae_course.learn import gates, terminal

    found = course.find_stage(stage)
    if with_pass:
        terminal.show(gates.open_with_pass(found, with_pass))
        return
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
    from vae_course.learn import terminal

    if as_json:
        typer.echo(json.dumps(standings.as_json(), indent=2, ensure_ascii=False))
    else:
        terminal.show(standings.status())


@app.command("map")
def show_map(
    out: Annotated[Optional[Path], typer.Option(help="Draw it as a picture: a file that ends in .svg, .png or .pdf.")] = None,
) -> None:
    """Draw the course: what builds on what, and what of it is mastered, due and locked."""
    from vae_course.learn import course_map

    stations = course_map.stations()
    if out:
        course_map.draw(stations, out)
        typer.echo(f"{out}: drawn")
        return
    for line, colour in course_map.lines(stations):
        typer.secho(line, fg=colour)


@app.command()
def reset(stage: Annotated[str, typer.Argument(help="A stage, such as 03.")]) -> None:
    """Start a stage afresh: a new notebook, the old one kept beside it, its gate closed again."""
    from vae_course.learn import progress, workbook

    found = course.find_stage(stage)
    new, old = workbook.reset(found)
    progress.record("reset", found.id, "")
    typer.echo(f"{new} is fresh; what you wrote is in {old}. The gate of {found.id} is closed again.")


carried = typer.Typer(help="Your progress as a file: keep it, move it to another machine, hand it in.", no_args_is_help=True)
app.add_typer(carried, name="progress")


@carried.command("export")
def export_progress(to: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as progress.json.")]) -> None:
    """Write all of your progress to a file that you can read; it holds no name and no code of yours."""
    from vae_course.learn import moving

    count = moving.export(to)
    typer.echo(f"{to}: {count} event{'s' * (count != 1)}.")


@carried.command("import")
def import_progress(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `export` wrote.")]) -> None:
    """Add the progress in a file to what is here; what is here already is not counted twice."""
    from vae_course.learn import moving

    count, new = moving.bring_in(file)
    typer.echo(f"{file}: {count} event{'s' * (count != 1)}, {new} of them new here.")


@carried.command("delete")
def delete_progress(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete your progress from this machine: checks, practice, predictions, gates. Your notebooks stay."""
    from vae_course.learn import moving, progress

    if not yes and not typer.confirm(f"Delete all of your progress in {progress.file()}?"):
        typer.echo("Nothing was deleted.")
        raise typer.Exit(1)
    gone = moving.delete()
    typer.echo("\n".join(f"{path}: deleted" for path in gone) or "There was no progress to delete.")


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
def site(out: Annotated[Path, typer.Option(help="The folder that is written.")] = Path("site")) -> None:
    """Write the lessons as pages to read without installing anything; they hold no answers."""
    from vae_course.author import site as pages

    count = pages.build(out)
    typer.echo(f"{out / 'index.html'}: {count} pages written")


@app.command(rich_help_panel=AUTHORS)
def table(check: Annotated[bool, typer.Option("--check", help="Only say whether it is up to date.")] = False) -> None:
    """Write the tables of README.md and tests/README.md; every wrong and right answer of the banks is run for it."""
    from vae_course.author import table as tables

    fresh = tables.up_to_date(write=not check)
    typer.echo("The tables are " + ("as they should be" if fresh else "out of date; run `vae-course table`" if check else "written"))
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


THRESHOLD = "The share of the points that is mastery: 0.9 for all stages, or 03=0.9 for one; may be given several times."


@app.command()
def mastery(
    stages: Annotated[
        Optional[list[str]], typer.Argument(metavar="[STAGE]...", help="Stages; all of them when left out.")
    ] = None,
    threshold: Annotated[Optional[list[str]], typer.Option(help=THRESHOLD)] = None,
    to_csv: Annotated[Optional[Path], typer.Option("--csv", help="Write the table to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Who has mastered which stage, by the marks in the gradebook."""
    from dataclasses import asdict

    from vae_course.grade import many
    from vae_course.grade import mastery as marks

    chosen = [course.find_stage(stage) for stage in stages] if stages else course.STAGES
    rows = marks.mastery(chosen, many.configuration(), threshold or ())
    if to_csv:
        marks.write_csv(rows, to_csv)
        typer.echo(f"{to_csv}: written")
    elif as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        marks.show(rows)


@app.command("pass")
def issue_pass(
    stage: Annotated[str, typer.Argument(help="A stage, such as 03.")],
    student: Annotated[Optional[list[str]], typer.Option(help="Only this student; may be given several times.")] = None,
    threshold: Annotated[Optional[list[str]], typer.Option(help=THRESHOLD)] = None,
) -> None:
    """Sign a pass for every student who has mastered a stage; a learner's gate takes it where gates are graded."""
    from vae_course.grade import many, mastery, passes

    found = course.find_stage(stage)
    rows = mastery.mastery([found], many.configuration(), threshold or ())
    written, refused = passes.issue_all(found, rows, student or ())
    for path in written:
        typer.echo(f"{path}: signed")
    for reason in refused:
        typer.echo(f"✗ {reason}", err=True)
    typer.echo(
        f"{len(written)} pass{'es' * (len(written) != 1)}; learners also get {passes.PUBLIC}, and set VAE_COURSE_GATES=graded and VAE_COURSE_PASS_KEY to that file."
        if written else "No pass was signed."
    )
    raise typer.Exit(1 if refused else 0)


@app.command()
def report(
    stages: Annotated[
        Optional[list[str]], typer.Argument(metavar="[STAGE]...", help="Stages; all of them when left out.")
    ] = None,
    progress: Annotated[
        Optional[list[Path]], typer.Option(help="A file that a learner exported, or a folder of them; may be given several times.")
    ] = None,
    to_csv: Annotated[Optional[Path], typer.Option("--csv", help="Write the rows to this file.")] = None,
    figure: Annotated[Optional[Path], typer.Option(help="Draw the commonest ones: a file that ends in .png, .svg or .pdf.")] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Name nobody, and leave out what fewer than three learners share.")
    ] = False,
) -> None:
    """Which misconceptions a class meets, exercise by exercise, and which are still there in what was handed in."""
    from vae_course.grade import report as reports

    made = reports.ClassReport([course.find_stage(stage) for stage in stages] if stages else course.STAGES)
    made.add_graded()
    made.add_progress(progress or ())
    rows = made.rows(anonymous)
    if to_csv:
        reports.write_csv(rows, to_csv)
        typer.echo(f"{to_csv}: written")
    if figure:
        reports.draw(rows, figure)
        typer.echo(f"{figure}: drawn")
    if not (to_csv or figure):
        reports.show(made, anonymous)
    typer.echo(made.summary())


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
