"""Find a class's notebooks in a folder and read them with care: regular files of bounded size, no links.

    FOLDER/STUDENT.ipynb, FOLDER/STUDENT/NN_name.ipynb, FOLDER/STUDENT/NN_name/NN_name.ipynb, FOLDER/STUDENT.zip

Names and contents come from strangers. What cannot be taken costs its own row: its remark says why, in one sentence.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.utils import parse_utc

from deqlib.course.chapter import CourseError
from deqlib.course.grading.verdicts import Verdict, plain

__all__ = ["MAX_BYTES", "Submission", "can_be", "collect", "handed_in", "read"]

MAX_BYTES = 20 << 20  # a solved chapter with its figures has less than 1 MB
_STUDENT = re.compile(r"[A-Za-z0-9][\w.@-]{0,99}")


@dataclass
class Submission:
    """One student's notebook, and what became of it.

    Attributes:
        student, path: whose it is and where it was handed in.
        scores: points by exercise as the gradebook has them; empty where there are none.
        remark: what an instructor should know; where there are no scores, why.
        failed: whether grading it should be tried again, because the machine and not the notebook was at fault.
        verdicts: by test cell.
        seed: the one that its tests were run with.
    """

    student: str
    path: Path
    scores: dict[str, float] = field(default_factory=dict)
    remark: str = ""
    failed: bool = False
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    seed: int | None = None

    @property
    def score(self) -> float | None:
        """The sum over the exercises, or None if there is no grade."""
        return sum(self.scores.values()) if self.scores else None


def collect(folder: Path, chapter: str) -> list[Submission]:
    """List the submissions in a folder, by student; what cannot be taken has a remark.

    Raises:
        CourseError: the folder is missing or has no submission.
    """
    if not folder.is_dir():
        raise CourseError(f"no folder of submissions at {folder}")
    found: dict[str, Submission] = {}
    for submission in _candidates(folder, chapter):
        first = found.setdefault(submission.student, submission)
        if first is not submission:
            places = " and ".join(str(s.path.relative_to(folder)) for s in (first, submission))
            first.remark = f"handed in twice, as {plain(places)}; leave the one that counts"
    if not found:
        raise CourseError(f"{folder} holds no submission: STUDENT/{chapter}.ipynb, STUDENT.ipynb or STUDENT.zip")
    return [found[student] for student in sorted(found)]


def _candidates(folder: Path, chapter: str) -> Iterator[Submission]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix in (".ipynb", ".zip"):
            yield _candidate(entry.stem.removesuffix(f"-{chapter}"), [entry])
        elif entry.is_symlink() or entry.is_dir():
            inside = entry / chapter
            places = [[entry, inside, inside / f"{chapter}.ipynb"], [entry, entry / f"{chapter}.ipynb"]]
            yield _candidate(entry.name, next((p for p in places if os.path.lexists(p[-1])), places[1]))


def _candidate(student: str, parts: list[Path]) -> Submission:
    """A submission whose path goes through `parts`, none of which may be a link."""
    submission = Submission(student, parts[-1])
    links = [part for part in parts if part.is_symlink()]
    if not _STUDENT.fullmatch(student):
        submission.remark = "the student's name should be at most 100 letters, digits and . _ @ -"
    elif links:
        submission.remark = f"{links[0].name} is a symbolic link; a submission is a regular file"
    elif not os.path.lexists(parts[-1]):
        submission.remark = f"there is no {parts[-1].name}"
    elif not stat.S_ISREG(parts[-1].lstat().st_mode):
        submission.remark = f"{parts[-1].name} is not a regular file"
    return submission


def read(path: Path, chapter: str) -> bytes:
    """Read a notebook that was handed in, as it is or as the one file of a zip; nothing is unpacked.

    Raises:
        CourseError: it is no regular file, is too large, cannot be read, or the zip holds something else.
    """
    data = _read_regular(path)
    return _from_zip(path.name, data, chapter) if path.suffix == ".zip" else data


def handed_in(path: Path) -> dt.datetime | None:
    """When a notebook was handed in (UTC, without a zone), if nbgrader's timestamp.txt lies beside it and says so."""
    if path.parent.name != path.stem:
        return None  # one file among many: what lies beside it is not of this student
    try:
        found = parse_utc(_read_regular(path.with_name("timestamp.txt")).decode().strip())
    except (CourseError, ValueError, OverflowError):
        return None
    return found if isinstance(found, dt.datetime) and can_be(found) else None


def can_be(time: dt.datetime) -> bool:
    """Whether a notebook can have been handed in at a time (UTC, without a zone): students can write any.

    >>> [can_be(dt.datetime(year, 10, 12)) for year in (1, 1999, 2025, 9999)]
    [False, False, True, False]
    """
    tomorrow = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(days=1)  # another's clock may be ahead
    return dt.datetime(2000, 1, 1) <= time <= tomorrow


def _read_regular(path: Path) -> bytes:
    """Read a file of bounded size that must not be a link, not even one put there since it was looked at.

    Raises:
        CourseError: it is something else, or cannot be read.
    """
    # A pipe would otherwise be waited for. Windows knows neither flag.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CourseError(f"{path.name} is not a regular file")
            return _bounded(path.name, file.read(MAX_BYTES + 1))
    except OSError as error:
        raise CourseError(f"{path.name} cannot be read: {error.strerror}") from None


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise CourseError(f"{name} has more than {MAX_BYTES >> 20} MB; clear its outputs and hand it in again")
    return data


def _from_zip(name: str, data: bytes, chapter: str) -> bytes:
    wanted = f"{chapter}.ipynb"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].filename not in (wanted, f"{chapter}/{wanted}"):
                raise CourseError(f"{name} should hold {wanted} and nothing else")
            mode = members[0].external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise CourseError(f"{wanted} in {name} is not a regular file")
            if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # The module unpacks other methods whole, whatever it is asked to read.
                raise CourseError(f"{name} is packed in an unusual way; make an ordinary zip, or hand in {wanted}")
            with archive.open(members[0]) as file:
                # What a zip says of a member's size is a claim; reading stops at the bound whatever it says.
                return _bounded(f"{wanted} in {name}", file.read(MAX_BYTES + 1))
    except CourseError:
        raise
    except Exception as error:  # a stranger's zip can make the module raise nearly anything
        raise CourseError(f"{name} is not a zip that can be read: {plain(error)}") from None
