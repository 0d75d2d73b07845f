"""What a test cell came to, and text of strangers made fit to be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from deqlib.course.grading.work import State

__all__ = ["Verdict", "plain"]

# Colours and cursor movements of a terminal, then every control character but tab and newline, then what turns
# the direction of a line around, then halves of characters, which cannot be written as UTF-8.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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
    """Make a stranger's text fit for a terminal, a table or a page: bounded, without control characters.

    >>> plain("a\\x1b[31mb\\nc")
    'ab c'
    """
    cleaned = _CONTROL.sub("", _ESCAPES.sub("", str(text)[: 4 * limit].replace("\r\n", "\n")))
    cleaned = " ".join(cleaned.split()) if lines == 1 else "\n".join(cleaned.strip("\n").split("\n")[:lines])
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 3] + "..."
