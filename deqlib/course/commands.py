"""The commands around grading: hand out, hand in, collect, late work, points by hand, feedback, grades, statistics.

`register` adds them to the command `deq`; each imports what it needs when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

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
def guide(
    write: Annotated[bool, typer.Option("--write", help="Write docs/rubric.md instead of printing it.")] = False,
    root: Root = None,
) -> None:
    """Print the rubric of all chapters: points, timings, and the mistakes that the tests catch."""
    from deqlib.course.chapter import find_root
    from deqlib.course.road import guide as guides

    where = find_root(root)
    print(guides.write(where) if write else guides.guide(where), end="\n" if write else "")
