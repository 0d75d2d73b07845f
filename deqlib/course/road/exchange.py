"""nbgrader's exchange, a folder on a shared machine: hand out, collect, return feedback; no link is followed.

    course/NN_name --release--> EXCHANGE/deq/outbound
    EXCHANGE/deq/inbound --collect--> grading/inbox/NN_name/STUDENT/NN_name

Releasing is nbgrader's own. Collecting finds submissions as nbgrader does, but copies them with care: inbound folders
belong to students, who can put links to your files there, folders in another's name, or names that stop nbgrader.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseAssignment, ExchangeReleaseFeedback
from sqlalchemy.exc import SQLAlchemyError

from deqlib.course.build import build, load_config, quiet_log
from deqlib.course.chapter import Chapter, CourseError, write_bytes
from deqlib.course.grading.collecting import MAX_BYTES, can_be
from deqlib.course.grading.verdicts import plain

__all__ = ["collect", "release", "return_feedback"]

_SLACK = dt.timedelta(minutes=5)  # between nbgrader's timestamp and the moment at which its copy is finished


def release(chapter: Chapter, *, force: bool) -> str:
    """Put a chapter's student version into the exchange; return where it is.

    Args:
        chapter: which.
        force: replace one that was released before.

    Raises:
        CourseError: course/ is not what solutions/ gives, other users of the machine can read the solutions, or
            nbgrader refuses.
    """
    build(chapter.root, [chapter.name], check=True)
    _closed_to_others(chapter.root)
    config = load_config(chapter.root)
    config.CourseDirectory.assignment_id = chapter.name
    config.ExchangeReleaseAssignment.force = force
    return str(_start(ExchangeReleaseAssignment, config).dest_path)


def collect(chapter: Chapter) -> tuple[Path, list[str], list[str]]:
    """Copy every student's latest submission of a chapter out of the exchange.

    Returns:
        the folder for `deq grade`, the students whose submission is new there, and remarks.

    Raises:
        CourseError: nbgrader refuses, for example because the chapter was never released.
    """
    (chapter.root / "grading").mkdir(mode=0o700, exist_ok=True)
    config = load_config(chapter.root)
    config.CourseDirectory.assignment_id = chapter.name
    found = _start(_Collect, config)
    return found.inbox, found.taken, found.remarks


def return_feedback(chapter: Chapter, folder: Path, students: list[str]) -> None:
    """Put feedback pages into the exchange, where each student can read their own.

    Args:
        chapter: of the pages.
        folder: holds STUDENT/NN_name/NN_name.html with nbgrader's timestamp.txt and submission_secret.txt.
        students: whose.
    """
    for student in students:
        config = load_config(chapter.root)
        config.CourseDirectory.assignment_id = chapter.name
        config.CourseDirectory.student_id = student
        config.CourseDirectory.feedback_directory = str(folder.relative_to(chapter.root))
        _start(ExchangeReleaseFeedback, config)


def _start(kind: Any, config: Any) -> Any:
    """Run one of nbgrader's exchange classes without its log; its reason makes the `CourseError`."""
    # nbgrader calls `alembic` by its name where it makes a gradebook.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    exchange = kind(
        coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
    )
    with quiet_log():
        try:
            exchange.start()
        except (ExchangeError, OSError, RuntimeError) as error:
            raise CourseError(f"nbgrader's exchange: {error}") from None
        except SQLAlchemyError as error:  # nbgrader looks into the gradebook before it collects
            reason = plain(getattr(error, "orig", None) or error)
            raise CourseError(f"the gradebook cannot be opened: {reason}") from None
    return exchange


def _closed_to_others(root: Path) -> None:
    """Fail if another user of this machine could read solutions or grades."""
    way = all(folder.stat().st_mode & stat.S_IXOTH for folder in (root, *root.parents))
    names = [name for name in ("solutions", "tests", "grading") if (root / name).is_dir()]
    open_ = [name for name in names if (root / name).stat().st_mode & (stat.S_IROTH | stat.S_IXOTH)]
    if way and open_:
        command = f"chmod o-rwx {' '.join(str(root / name) for name in open_)}"
        raise CourseError(f"other users of this machine can read {', '.join(open_)}: run `{command}` first")


# --------------------------------------------------------------------------------------------------------------------
# Collecting


class _Collect(ExchangeCollect):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's collection, with submissions found as there and copied with care."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.taken: list[str] = []
        self.remarks: list[str] = []
        self.inbox = Path(self.coursedir.root) / "grading" / "inbox" / self.coursedir.assignment_id

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """A record of a folder; one that a student misnamed must not stop the others."""
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ExchangeError, ValueError, OverflowError, TypeError, AttributeError):
            record = {}
        if not isinstance(record.get("timestamp"), dt.datetime):
            return {"username": "", "filename": Path(path).name, "timestamp": dt.datetime.min}
        return record

    def _sort_by_timestamp(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The latest first of those that belong to whom their name says, so that no one can displace another's."""
        taken = []
        for record in records:
            if record["username"] and _owner(Path(self.inbound_path, record["filename"])) != record["username"]:
                self.remarks.append(f"{_shown(record['filename'])} was not put there by whom it names; left out")
            elif not record["username"] or not can_be(record["timestamp"]):
                said = "names no time at which it can have been handed in; left out"
                self.remarks.append(f"{_shown(record['filename'])} {said}")
            else:
                taken.append(record)
        sorted_: list[dict[str, Any]] = super()._sort_by_timestamp(taken or records)
        return sorted_ if taken else [{**sorted_[0], "username": ""}]

    def copy_files(self) -> None:
        """Copy what is new; what cannot be copied is a remark."""
        for record in sorted((r for r in self.src_records if r["username"]), key=lambda r: r["username"]):
            name = self.coursedir.assignment_id
            target = self.inbox / record["username"] / name
            stamp = record["timestamp"].strftime("%Y-%m-%d %H:%M:%S.%f UTC")
            if _read_text(target / "timestamp.txt") == stamp:
                continue
            try:
                files, changed = _read_submission(Path(self.inbound_path, record["filename"]), f"{name}.ipynb")
            except (OSError, CourseError) as error:
                reason = _reason(error, name)
                self.remarks.append(f"{record['username']}: {_shown(record['filename'])} is left out: {reason}")
                continue
            if changed > record["timestamp"] + _SLACK:
                self.remarks.append(f"{record['username']}: handed in at {record['timestamp']:%Y-%m-%d %H:%M} by its "
                                    f"name, but the file was changed at {changed:%Y-%m-%d %H:%M} (UTC)")  # fmt: skip
            for file, data in files.items():
                write_bytes(target / file, data)
            write_bytes(target / "timestamp.txt", stamp.encode())  # last: with it the copy is complete
            self.taken.append(record["username"])


def _owner(path: Path) -> str:
    import pwd

    try:
        return pwd.getpwuid(path.lstat().st_uid).pw_name
    except (OSError, KeyError):
        return ""


def _read_submission(folder: Path, notebook: str) -> tuple[dict[str, bytes], dt.datetime]:
    """Read the notebook and nbgrader's secret from a student's folder, and when the notebook was last changed (UTC).

    The folder stays the student's, who may change it meanwhile: it is opened once, and nothing in it is followed.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        owner = os.fstat(handle).st_uid
        files = {}
        with _regular(handle, notebook, owner) as (file, changed):
            files[notebook] = file.read(MAX_BYTES + 1)
        if len(files[notebook]) > MAX_BYTES:
            raise CourseError(f"{notebook} has more than {MAX_BYTES >> 20} MB")
        with contextlib.suppress(OSError, CourseError), _regular(handle, "submission_secret.txt", owner) as (file, _):
            secret = file.read(200)
            if re.fullmatch(rb"[0-9a-f]{128}", secret):
                files["submission_secret.txt"] = secret
    finally:
        os.close(handle)
    return files, dt.datetime.fromtimestamp(changed, dt.UTC).replace(tzinfo=None)


@contextlib.contextmanager
def _regular(folder: int, name: str, owner: int) -> Iterator[tuple[Any, float]]:
    """Open a regular file of an owner in an open folder, with the time of its last change, which no user can set."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner:
            raise CourseError(f"{name} is not a file of the student's own")
        yield file, found.st_ctime


def _reason(error: OSError | CourseError, name: str) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "a symbolic link; a submission is a folder with a regular file in it"
    return f"no {name}.ipynb in it" if isinstance(error, FileNotFoundError) else str(error)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _shown(name: str) -> str:
    """A file name of a stranger, fit for a terminal."""
    return ascii(name)[1:-1][:120]
