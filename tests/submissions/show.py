"""Grade the whole collection, or the submissions named, and print what was expected and what came.

    python tests/submissions/show.py [--sandbox podman] [NAME ...]

Ends with 1 if a submission got what it should not have, or the machine is not as it was.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from submissions.grading import run


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME")] = None,
    sandbox: Annotated[Literal["bubblewrap", "podman", "docker"], typer.Option()] = "bubblewrap",
) -> None:
    """Grade, and print the table."""
    report = run(names or None, kind=sandbox)
    print(f"{'name':<46} {'kind':<9} {'expected':<24} {'got':<24} {'s':>5}")
    for row in report.rows:
        mark = " " if row.right else "!"
        name = ascii(row.entry.name)[1:-1][:44]
        print(f"{mark} {name:<44} {row.entry.kind:<9} {row.expected:<24} {row.got:<24} {row.seconds:5.1f}", end="")
        print("" if row.right else f"  wanted the remark {row.entry.remark!r}, got {ascii(row.remark)[:300]}")
    for line in report.machine:
        print(f"! the machine: {ascii(line)[:300]}")
    wrong = sum(not row.right for row in report.rows)
    print(f"{len(report.rows)} submissions, {wrong} not as expected, {report.seconds:.0f} s")
    raise typer.Exit(int(bool(wrong or report.machine)))


if __name__ == "__main__":
    typer.run(main)
