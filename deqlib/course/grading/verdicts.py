"""What a test cell came to, and text of strangers made fit to be shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from deqlib.course.grading.work import State

__all__ = ["Verdict", "plain"]

# Colours and cursor movements of a terminal.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


@dataclass(frozen=True)
class Verdict:
    """What one test cell came to.

    Attributes:
        state: `passed` if a judge accepted its values, `wrong` if the judge did not, else what stood in the way.
        earned: points.
        message: for the student, plain text.
    """

    state: State | Literal["passed", "wrong"]
    earned: float = 0.0
    message: str = ""


def plain(text: object, limit: int = 300, *, lines: int = 1) -> str:
    """Make a stranger's text fit for a terminal, a table or a page: bounded, without what controls or cannot be seen.

    >>> plain("a\\x1b[31mb\\nc")
    'ab c'
    """
    cleaned = _visible(_ESCAPES.sub("", str(text)[: 4 * limit].replace("\r\n", "\n")))
    cleaned = " ".join(cleaned.split()) if lines == 1 else "\n".join(cleaned.strip("\n").split("\n")[:lines])
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 3] + "..."


def _visible(text: str) -> str:
    """Leave out what cannot be seen, tabs and newlines aside; spaces and line ends of other kinds become spaces.

    Left out are control characters, marks that turn the direction of a line around, characters of no width, and
    halves of characters, which cannot be written as UTF-8: Python calls none of them printable.
    """
    hidden = [c for c in set(text) if not (c.isprintable() or c in "\t\n")]
    return text.translate({ord(c): " " if unicodedata.category(c).startswith("Z") else None for c in hidden})
