"""Write measured tables into a Markdown page, between the marks `<!-- begin NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["fill", "filled", "table", "write"]

_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end -->)", re.S)
_FORWARD = ("Picard", "Anderson", "Anderson, every 2", "Broyden", "Newton", "torchdeq Anderson", "torchdeq Broyden",
            "torchdeq fixed point")  # fmt: skip
_BACKWARD = ("Implicit, GMRES", "Implicit, Anderson", "Implicit, Broyden", "torchdeq Anderson", "torchdeq Broyden",
             "torchdeq fixed point")  # fmt: skip
_CHEAP = ("Neumann(0) (JFB)", "Neumann(5)", "Phantom(5, 0.5)", "Reuse (SHINE)")


def write(path: Path, about: str, rows: Sequence[Any], lost: Sequence[str], effects: Sequence[Any]) -> None:
    """Fill every marked block of the page; a mark that nothing was measured for is an error."""
    tight = [row for row in rows if row.rtol == 1e-6]
    forward = [row for row in tight if row.kind == "forward"]
    exact, cheap = ([row for row in tight if row.kind == kind] for kind in ("exact", "cheap"))
    blocks = {
        "about": about,
        "calls": _by_problem(forward, _FORWARD, _calls),
        "time": _by_problem(forward, _FORWARD, _ratio),
        "products": _by_problem(exact, _BACKWARD, _calls),
        "backward_time": _by_problem(exact, _BACKWARD, _ratio),
        "cheap": _by_problem(cheap, _CHEAP, lambda row: "-" if row.error is None else f"{row.error:.1e}"),
        "losses": "\n".join(f"- {line}" for line in lost),
        **{effect.name: table(effect.head, effect.rows) for effect in effects},
    }

    fill(path, blocks)


def fill(path: Path, blocks: Mapping[str, str]) -> None:
    """Fill every marked block of the page; a mark without a block is a KeyError."""
    path.write_text(filled(path.read_text(encoding="utf-8"), blocks), encoding="utf-8")


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """Return the page's text with its blocks filled."""
    return _BLOCK.sub(lambda found: f"{found[1]}{blocks[found[2]]}\n{found[3]}", text)


def _calls(row: Any) -> str:
    return str(row.calls) if row.reached else "-"


def _ratio(row: Any) -> str:
    return "-" if row.time_ratio is None or not row.reached else f"{'~' * row.slow}{row.time_ratio:.2f}"


def _by_problem(rows: Sequence[Any], solvers: Sequence[str], show: Any) -> str:
    names = list(dict.fromkeys(row.problem for row in rows))
    found = {(row.problem, row.solver): show(row) for row in rows}
    return table(["", *solvers], [[name, *(found.get((name, solver), "") for solver in solvers)] for name in names])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
