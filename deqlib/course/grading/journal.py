"""What a grading has done so far, a line of JSON a submission: a grader that is killed goes on from here.

A line is written after the gradebook was, in one piece and down to the disk. A line cut off counts as not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deqlib.course.chapter import CourseError
from deqlib.course.grading.verdicts import Verdict

__all__ = ["Entry", "Journal", "alone", "digest"]


@dataclass(frozen=True)
class Entry:
    """A submission that was graded.

    Attributes:
        student: whose it is.
        submission, notebook: hashes of the notebook that was handed in and of our solved one.
        seed: what the probes drew their inputs from; `deq grade --seed` repeats it.
        verdicts: by test cell.
        remark: what the instructor was told.
        seconds: of wall time in the sandbox.
        when: the end of grading, ISO 8601, UTC.
        with_tests: whether the feedback shows the hidden tests.
    """

    student: str
    submission: str
    notebook: str
    seed: int
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    remark: str = ""
    seconds: float = 0.0
    when: str = ""
    with_tests: bool = False


class Journal:
    """The entries of one chapter, by student; a later entry replaces an earlier one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}
        self._cut = False
        if path.exists():
            text = path.read_bytes()
            self._cut = bool(text) and not text.endswith(b"\n")
            for line in text.splitlines():
                entry = _entry(line)
                if entry is not None:
                    self._entries[entry.student] = entry

    def last(self, student: str) -> Entry | None:
        """A student's last entry."""
        return self._entries.get(student)

    def entries(self) -> list[Entry]:
        """The last entry of every student, by name."""
        return [self._entries[student] for student in sorted(self._entries)]

    def add(self, entry: Entry) -> None:
        """Append an entry; when this returns it is on the disk.

        Raises:
            OSError: it is not, e.g. because the disk is full.
        """
        line = json.dumps(asdict(entry), ensure_ascii=True).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, b"\n" * self._cut + line)
            os.fsync(handle)
        finally:
            os.close(handle)
        self._cut = False
        self._entries[entry.student] = entry


def _entry(line: bytes) -> Entry | None:
    try:
        data: Any = json.loads(line)
        return Entry(**{**data, "verdicts": {name: Verdict(**v) for name, v in data["verdicts"].items()}})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def digest(data: bytes) -> str:
    """A hash of a file's contents."""
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on a chapter's grading, which the system gives back however this process ends.

    Raises:
        CourseError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        with contextlib.suppress(ImportError):  # Windows has no such lock
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CourseError(f"another `deq grade` of {path.stem} is running; wait for it, or stop it") from None
        yield
