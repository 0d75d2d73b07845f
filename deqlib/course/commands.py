"""The commands around grading: hand out, hand in, collect, late work, points by hand, feedback, grades, statistics.

`register` adds them to the command `deq`; each imports what it needs when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

Zone = Annotated[str | None, typer.Option(help="The time zone of times that name none, e.g. Europe/Berlin.")]
Root = Annotated[Path | None, typer.Option("--root", help="The course's folder; by default the one around this one.")]
One = Annotated[str, typer.Argument(metavar="CHAPTER", help="A chapter: 1, 01 or 01_fixed_points.")]

_COMMANDS: list[tuple[str, Callable[..., None]]] = []


def register(app: typer.Typer) -> None:
    """Add every command of this file to an app."""
    for panel, function in _COMMANDS:
        app.command(rich_help_panel=panel)(function)


def _for(who: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def keep(function: Callable[..., None]) -> Callable[..., None]:
        _COMMANDS.append((f"For {who}", function))
        return function

    return keep


@_for("instructors")
def bundle(
    out: Annotated[Path, typer.Option(help="The zip to write.")] = Path("deq-course.zip"),
    root: Root = None,
) -> None:
    """Make the zip that students get: course/, deqlib and how to install them; no solutions, no hidden tests."""
    from deqlib.course.chapter import find_root
    from deqlib.course.road.bundle import bundle as write

    print("Comparing course/ with what solutions/ gives ...", flush=True)
    count = write(find_root(root), out)
    print(f"{out}: {count} files, {out.stat().st_size / 1e6:.1f} MB. Students unpack it and run `make lab` inside.")


@_for("learners")
def handin(
    chapter: Annotated[str, typer.Argument(metavar="CHAPTER", help="A chapter (1, 01) or a notebook.")],
    name: Annotated[str, typer.Option(prompt="Your name or number, as your instructor knows it", help="Your name.")],
    out: Annotated[Path, typer.Option(help="The folder of the zip.")] = Path(),
    root: Root = None,
) -> None:
    """Make the zip that you upload: your notebook of a chapter, whatever is solved of it."""
    from deqlib.course.chapter import find_notebook, find_root
    from deqlib.course.road.handin import hand_in

    done = hand_in(*find_notebook(find_root(root), chapter), name, out)
    print(f"{done.path}: this is the file to upload.")
    if done.unsolved:
        print(f"Not solved yet: {', '.join(done.unsolved)}. You can hand it in all the same.")
    else:
        print(f"All {done.exercises} exercises have an answer; `deq check {chapter}` says whether they pass.")


@_for("instructors")
def release(
    chapter: One,
    force: Annotated[bool, typer.Option("--force", help="Replace what was released before.")] = False,
    root: Root = None,
) -> None:
    """Put a chapter's student version into nbgrader's exchange."""
    from deqlib.course.chapter import find_chapter, find_root
    from deqlib.course.road import exchange

    found = find_chapter(find_root(root), chapter)
    print(f"Released: {exchange.release(found, force=force)}")


@_for("instructors")
def collect(chapter: One, root: Root = None) -> None:
    """Take the latest submission of every student out of nbgrader's exchange; again, to take what came since."""
    from deqlib.course.chapter import find_chapter, find_root
    from deqlib.course.road import exchange

    found = find_chapter(find_root(root), chapter)
    inbox, taken, remarks = exchange.collect(found)
    for remark in remarks:
        print(remark)
    print(f"{len(taken)} new: {', '.join(taken) or '-'}")
    if inbox.is_dir():
        print(f"Next: deq grade {found.name[:2]} --submissions {inbox}")


@_for("instructors")
def late(
    chapter: One,
    due: Annotated[str, typer.Option(help="Date and time, e.g. '2026-10-12 23:59'.")],
    zone: Zone = None,
    penalty: Annotated[
        float | None, typer.Option(min=0, max=100, help="Percent of the chapter's points for each day begun.")
    ] = None,
    at_most: Annotated[float, typer.Option(min=0, max=100, help="The most that is taken, in percent.")] = 100,
    grace: Annotated[float, typer.Option(min=0, help="Minutes that cost nothing.")] = 0,
    extend: Annotated[
        list[str] | None, typer.Option(metavar="STUDENT=HOURS", help="More time for one student; may be repeated.")
    ] = None,
    times: Annotated[
        Path | None, typer.Option(help="A CSV with student,time in place of nbgrader's timestamps.")
    ] = None,
    root: Root = None,
) -> None:
    """List who handed in late; with --penalty, write what that costs into the gradebook, as often as you like."""
    from rich.console import Console

    from deqlib.course.chapter import find_chapter, find_root
    from deqlib.course.road import late as lateness

    found = find_chapter(find_root(root), chapter)
    rule = lateness.Rule(lateness.moment(due, zone), penalty or 0.0, at_most, lateness.span("--grace", minutes=grace))
    rows = lateness.judge_times(
        found, rule, apply=penalty is not None,
        times=lateness.read_times(times, zone) if times else None, extensions=lateness.extensions(extend or []),
    )  # fmt: skip
    console = Console()
    console.print(lateness.table(found, rule, rows))
    count, unknown = sum(row.days > 0 for row in rows), sum(row.handed_in is None for row in rows)
    print(f"{count} of {len(rows)} late" + (f", {unknown} of unknown time: see --times." if unknown else "."))
    if penalty is None:
        print("Nothing was written; --penalty PERCENT takes that much for each day begun.")
    else:
        print(f"Written: {rule.a_day:g} % a day begun, at most {at_most:g} %, {grace:g} minutes of grace.")


@_for("instructors")
def points(
    chapter: One,
    student: Annotated[str, typer.Argument(help="As in the gradebook.")],
    exercise: Annotated[str, typer.Argument(help="Its number (1.2) or name.")],
    value: Annotated[str, typer.Argument(metavar="POINTS", help="A number, or `auto` to take back what you gave.")],
    why: Annotated[str, typer.Option(help="For the student to read.")] = "",
    root: Root = None,
) -> None:
    """Give an exercise points by hand; they stay when it is graded again."""
    from deqlib.course.chapter import CourseError, find_chapter, find_root
    from deqlib.course.road import book

    try:
        number = None if value == "auto" else float(value)
    except ValueError:
        raise CourseError(f"{value!r} should be a number of points, or auto") from None
    if number is not None and not why.strip():
        raise CourseError('say why: --why "the test asked for more than the docstring"')
    where = find_root(root)
    before, after = book.give_points(find_chapter(where, chapter), student, exercise, number, why.strip())
    print(f"{student}, {exercise}: {before:g} -> {after:g} points. `deq feedback {chapter}` puts it on their page.")


@_for("instructors")
def grades(
    out: Annotated[Path | None, typer.Option(help="The CSV; grading/results/grades.csv by default.")] = None,
    root: Root = None,
) -> None:
    """Write all grades of all chapters to one CSV: score, late penalty, total."""
    from deqlib.course.chapter import find_root, write_text
    from deqlib.course.road import book

    where = find_root(root)
    text, students = book.grades_csv(where)
    path = out or where / "grading" / "results" / "grades.csv"
    write_text(path, text)
    print(f"{path}: {students} students. An empty score means: not handed in, or not graded.")


@_for("instructors")
def feedback(
    chapter: One,
    exchange: Annotated[
        bool, typer.Option("--exchange", help="Also release the pages by nbgrader's exchange.")
    ] = False,
    root: Root = None,
) -> None:
    """Put each student's feedback page into a folder of their own, with points by hand and late penalties."""
    from deqlib.course.chapter import find_chapter, find_root
    from deqlib.course.road.feedback import return_pages

    found = find_chapter(find_root(root), chapter)
    done = return_pages(found, by_exchange=exchange)
    print(f"{len(done.students)} pages: {done.folder}/STUDENT/{found.name}/{found.name}.html")
    if exchange:
        print(f"Released by the exchange: {len(done.students) - len(done.without_secret)}.")
        if done.without_secret:
            print(f"Not collected from the exchange, so not released there: {', '.join(done.without_secret)}.")


@_for("instructors")
def statistics(
    chapter: One,
    out: Annotated[Path | None, typer.Option(help="The picture; grading/results/NN_name.png by default.")] = None,
    root: Root = None,
) -> None:
    """Show which exercise fails how, and draw it."""
    from rich.console import Console

    from deqlib.course.chapter import find_chapter, find_root
    from deqlib.course.road import statistics as stats

    found = find_chapter(find_root(root), chapter)
    rows = stats.statistics(found)
    Console().print(stats.table(found, rows))
    path = out or found.root / "grading" / "results" / f"{found.name}.png"
    print(f"{path}: {stats.draw(found, rows, path)}")


@_for("instructors")
def guide(
    write: Annotated[bool, typer.Option("--write", help="Write docs/rubric.md instead of printing it.")] = False,
    root: Root = None,
) -> None:
    """Print the rubric of all chapters: points, timings, and the mistakes that the tests catch."""
    from deqlib.course.chapter import find_root
    from deqlib.course.road import guide as guides

    where = find_root(root)
    print(guides.write(where) if write else guides.guide(where), end="\n" if write else "")
