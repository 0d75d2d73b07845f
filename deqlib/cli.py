"""The command `deq`: open the course, check an exercise, see the progress; build and grade it.

Each command imports what it needs when it runs, so that `deq --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

_NEEDS_EXTRA = "deq needs the course extra: pip install 'deqlib[course]'"

try:
    import typer
    from rich.console import Console
    from rich.text import Text

    from deqlib.course import commands
except ModuleNotFoundError:
    raise SystemExit(_NEEDS_EXTRA) from None

__all__ = ["main"]

app = typer.Typer(
    help="Deep equilibrium models: the course's command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Root = Annotated[Path | None, typer.Option("--root", help="The course's folder; by default the one around this one.")]
One = Annotated[str, typer.Argument(metavar="CHAPTER", help="A chapter: 1, 01 or 01_fixed_points.")]
Notebook = Annotated[str, typer.Argument(metavar="CHAPTER", help="A chapter (1, 01, 01_fixed_points) or a notebook.")]
Some = Annotated[list[str] | None, typer.Argument(metavar="[CHAPTER]...", help="Chapters; all by default.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a user's mistake prints one line on the error stream and exits with 2."""
    try:
        app(args=arguments, prog_name="deq")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "deqlib":
            raise
        print(f"{_NEEDS_EXTRA} ({error.name} is missing)", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        from deqlib.course.chapter import CourseError

        if not isinstance(error, CourseError):
            raise
        print(f"deq: {error}", file=sys.stderr)
        sys.exit(2)


@app.command()
def lab(
    chapter: Annotated[str | None, typer.Argument(metavar="[CHAPTER]", help="The first by default.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
    port: Annotated[int, typer.Option(help="The server's port; JupyterLab takes the next free one.")] = 8888,
    root: Root = None,
) -> None:
    """Open JupyterLab on a chapter's notebook."""
    from deqlib.course import chapter as chapters

    where = chapters.find_root(root)
    known = [c for c in chapters.all_chapters(where) if c.release.is_file()]
    if chapter is None and not known:
        raise chapters.CourseError(f"{where / 'course'} holds no chapter; run `deq build`")
    chosen = known[0] if chapter is None else chapters.find_chapter(where, chapter)
    chapters.load_notebook(chosen.release)
    os.chdir(where)  # nbgrader's extensions look for nbgrader_config.py here
    command = lab_command(chosen.release.relative_to(where), browser, port, as_root=_is_root())
    os.execv(command[0], command)


def lab_command(notebook: Path, browser: bool, port: int, *, as_root: bool) -> list[str]:
    """The command line that opens JupyterLab on a notebook, given relative to the course's root."""
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ServerApp.root_dir=."]
    command.append(f"--LabApp.default_url=/lab/tree/{notebook.as_posix()}")
    return [*command, *([] if browser else ["--no-browser"]), *(["--allow-root"] if as_root else [])]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@app.command()
def doctor(root: Root = None) -> None:
    """Look at what the course needs, and say what to do about what is wrong."""
    from deqlib.course import doctor as doctors

    rows = doctors.examine(root)
    Console().print(doctors.table(rows))
    raise typer.Exit(int(any(row.state == "problem" for row in rows)))


@app.command()
def check(
    chapter: Notebook,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may take.")] = 30,
    root: Root = None,
) -> None:
    """Run your notebook's visible checks and say what to do next; your notebook is not changed."""
    from deqlib.course import chapter as chapters
    from deqlib.course import checking, progress

    where = chapters.find_root(root)
    found, path = chapters.find_notebook(where, chapter)
    console = Console()
    with console.status(Text(f"Running {path.name} ...")):
        report = checking.check(found, path, timeout)
    checking.show(report, console)
    if path.resolve() == found.release.resolve():
        progress.record(where, report, console)
    raise typer.Exit(int(not report.passed))


@app.command()
def progress(root: Root = None) -> None:
    """Show what the last checks of all chapters found."""
    from deqlib.course import chapter as chapters
    from deqlib.course import progress as progresses

    progresses.show(chapters.find_root(root), Console())


@app.command()
def build(
    chapters: Some = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if course/ is out of date.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite student versions that were worked on.")] = False,
    root: Root = None,
) -> None:
    """Regenerate course/ from solutions/ (for authors)."""
    from deqlib.course import build as builds
    from deqlib.course.chapter import find_chapter, find_root

    where = find_root(root)
    names = [find_chapter(where, name).name for name in chapters] if chapters else None
    changes = builds.build(where, names, check=check, force=force)
    for change in changes:
        print(change)
    print("course/ is what solutions/ gives." if not changes else f"course/ is up to date: {len(changes)} changed.")


@app.command()
def execute(
    chapters: Some = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may take.")] = 90,
    root: Root = None,
) -> None:
    """Run the solved notebooks of solutions/, store their outputs and draw their still pictures (for authors)."""
    from deqlib.course import execute as executes
    from deqlib.course import figures
    from deqlib.course.chapter import CourseError, all_chapters, find_chapter, find_root

    where = find_root(root)
    chosen = [find_chapter(where, name) for name in chapters] if chapters else all_chapters(where)
    if not chosen:
        raise CourseError(f"{where / 'solutions'} holds no chapter")
    for chapter in chosen:
        seconds = executes.execute(chapter, timeout)
        figures.write(where, chapter.name)
        print(f"{chapter.name}: {seconds:.1f} s")


Box = Literal["bubblewrap", "podman", "docker"]


@app.command()
def grade(
    chapter: One,
    submissions: Annotated[Path, typer.Option(help="Holds STUDENT/NN_name.ipynb, STUDENT.ipynb or STUDENT.zip.")],
    sandbox: Annotated[Box, typer.Option(help="What confines it.")] = "bubblewrap",
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Run it with your rights, unconfined.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Submissions at once; the cores by default.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade also what was graded and has not changed.")] = False,
    only: Annotated[str | None, typer.Option(help="An exercise, e.g. 1.2: leave the others as they are.")] = None,
    with_tests: Annotated[bool, typer.Option("--with-tests", help="Show the hidden tests in the feedback.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Repeat a seed of the journal.")] = None,
    cluster: Annotated[str | None, typer.Option(help="A dask scheduler whose workers run it: tcp://...")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where NN_name.csv goes; grading/results in the course by default.")
    ] = None,
    root: Root = None,
) -> None:
    """Grade a class's notebooks of one chapter (for instructors).

    The students' code runs in a sandbox: without network, without sight of the course and of your files, with limits.
    Points come from values that it hands out and that are judged outside. Stop it when you like; the same command
    goes on from there. With --unsafe there is no sandbox: their code can read your files, change them and use the
    network.
    """
    from deqlib.course import grading
    from deqlib.course.chapter import CourseError, find_chapter, find_root

    where = find_root(root)
    try:
        graded = grading.grade(
            find_chapter(where, chapter), submissions, out or where / "grading" / "results", Console(),
            workers=workers, kind="none" if unsafe else sandbox, again=again, with_tests=with_tests, seed=seed,
            only=only, cluster=cluster,
        )  # fmt: skip
    except KeyboardInterrupt:
        raise CourseError("stopped; what was graded is kept, and the same command goes on from there") from None
    if any(submission.failed for submission in graded):
        raise CourseError("some submissions could not be graded now, see their remarks; the same command tries again")


@app.command()
def train(
    what: Annotated[str, typer.Argument(metavar="cifar10", help="What to train on; there is one recipe so far.")],
    profile: Annotated[str, typer.Option(help="cpu-mini, -weak or -full, h200-S, -M or -L.")] = "cpu-mini",
    data: Annotated[Path | None, typer.Option(help="The official archive, or an .npz of JPEGs.")] = None,
    out: Annotated[Path, typer.Option(help="The folder of results.jsonl and of the checkpoints.")] = Path("runs"),
    seeds: Annotated[int, typer.Option(min=1, help="How many, from 0 on.")] = 1,
    model: Annotated[list[str] | None, typer.Option(help="A model, once or more; all if left out.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="In place of the profile's.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; cuda where there is one.")] = None,
) -> None:
    """Train an equilibrium on CIFAR-10 and its twins; what a run has reached is kept, and calling again goes on."""
    from deqlib.course.chapter import CourseError
    from deqlib.train import command

    if what != "cifar10":
        raise typer.BadParameter(f"{what!r} is not cifar10")
    try:
        command.train(profile, data, out, seeds, model, epochs, threads, device, Console())
    except (OSError, ValueError, FloatingPointError) as error:
        raise CourseError(str(error)) from error
    except KeyboardInterrupt:
        raise CourseError(f"stopped; {out} keeps what was reached, and the same command goes on from there") from None


@app.command()
def plot(
    results: Annotated[Path, typer.Argument(help="results.jsonl of `deq train`.")] = Path("runs/results.jsonl"),
    out: Annotated[Path | None, typer.Option(help="The pictures' folder; beside the results if left out.")] = None,
    data: Annotated[Path | None, typer.Option(help="As for `deq train`, for pictures of test images.")] = None,
) -> None:
    """Print the table of what `deq train` found, and draw it: the runs, what more calls buy, fast and slow images."""
    from deqlib import plots
    from deqlib.course.chapter import CourseError
    from deqlib.data import cifar10
    from deqlib.train.command import table
    from deqlib.train.profiles import results as read

    records = list(read(results))
    if not records:
        raise CourseError(f"{results} holds no result; run `deq train cifar10` first")
    folder = out or results.parent
    folder.mkdir(parents=True, exist_ok=True)
    first = [r for r in records if r["seed"] == records[0]["seed"] and r["profile"] == records[0]["profile"]]
    for name, draw in {"runs": plots.training_run, "budget": plots.budget_curves}.items():
        (folder / f"{name}.png").write_bytes(draw(first).png())
        print(folder / f"{name}.png")
    try:
        images = cifar10(data)
    except (OSError, ValueError) as error:
        raise CourseError(str(error)) from error
    certified = [r for r in first if "certificate" in r]
    if certified and certified[0]["pixels"] == images.pixels:
        picture = plots.settled_images(images.x_test, images.y_test, certified[0], images.classes)
        (folder / "settled.png").write_bytes(picture.png())
        print(folder / "settled.png")
    Console().print(table(records))


commands.register(app)

if __name__ == "__main__":
    main()
