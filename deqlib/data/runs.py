"""The log of long training runs that chapter 08 reads: fifteen lines of `deq train`, so that nobody has to wait."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["stored_runs"]

FILE = Path(__file__).with_name("cifar10_runs.jsonl")


def stored_runs() -> list[dict[str, Any]]:
    """Read the records of `deq train cifar10 --profile cpu-mini --seeds 3`, five models with three seeds each.

    Every record is a line as `deq train` writes it, but for its history, of which about 50 rows are kept, for
    numbers rounded to four digits, and without the versions and the recipe's hash.

    Returns:
        The records, each time a list of one's own; see `deqlib.train` for what is in them.

    >>> runs = stored_runs()
    >>> sorted({r["model"] for r in runs})
    ['equilibrium', 'explicit, 1 block', 'explicit, 5 blocks', 'unrolled', 'yardstick']
    """
    return list(_read())


@cache
def _read() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in FILE.read_text().splitlines())
