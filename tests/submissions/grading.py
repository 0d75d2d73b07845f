"""Grade the collection with the real grader, and say of each submission what should and what did come of it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from deqlib.course.chapter import Chapter
from deqlib.course.grading import grade
from deqlib.course.grading.collecting import Submission
from deqlib.course.grading.sandbox import Kind
from deqlib.course.grading.work import Limits
from submissions.everyone import ENTRIES
from submissions.making import AT_MOST, ROOT, TOKEN, Entry, Scene, chapter_of

SECRET = "deqlib-secret-7f3a"
# Short, because two dozen submissions run until they are stopped; a solved chapter takes two seconds here.
LIMITS = Limits(cell_seconds=10, seconds=60, memory_bytes=3 << 30)


@dataclass
class Row:
    """What should have come of a submission, and what did."""

    entry: Entry
    expected: str
    got: str
    right: bool
    remark: str = ""
    seconds: float = 0.0


@dataclass
class Report:
    """A graded collection.

    Attributes:
        rows: by submission.
        machine: what is not as it was, one sentence each.
    """

    rows: list[Row] = field(default_factory=list)
    machine: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(names: list[str] | None = None, workers: int | None = None, kind: Kind = "bubblewrap") -> Report:
    """Grade the submissions named (default: all), a folder a chapter, and look at the machine afterwards."""
    chosen = [e for e in ENTRIES.values() if names is None or e.name in names]
    report, began = Report(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="deq-collection-") as folder, _listening(Path(folder)) as (scene, heard):
        before = _traces()
        for number in sorted({e.chapter for e in chosen}):
            part = [e for e in chosen if e.chapter == number]
            report.rows += _grade(part, number, scene, Path(folder), report.machine, workers, kind)
        report.machine += heard
        report.machine += [f"left behind: {what}" for what in sorted(_traces() - before)]
        left = {p.name for p in scene.outside.iterdir()} - {"secret.txt", "socket"}
        report.machine += [f"outside: {name}" for name in left]
    report.seconds = time.monotonic() - began
    return report


def _grade(
    part: list[Entry], number: str, scene: Scene, folder: Path, machine: list[str], workers: int | None, kind: Kind
) -> list[Row]:
    name = chapter_of(number)
    chapter = Chapter(_course(folder / f"course-{number}", name), name)
    handed = folder / f"handed-in-{number}"
    handed.mkdir()
    for entry in part:
        entry.hand_in(chapter, scene, handed)
    before = _contents(chapter.root)
    with (folder / f"console-{number}").open("w", encoding="utf-8", errors="replace") as text:
        console = Console(file=text, width=200)
        results = chapter.root / "grading" / "results"
        graded = grade(chapter, handed, results, console, limits=LIMITS, workers=workers, kind=kind)
    found = {s.student: s for s in graded}
    after = {k: v for k, v in _contents(chapter.root).items() if not k.startswith("grading/")}
    machine += [f"changed: {path}" for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    machine += _seen(chapter.root / "grading", folder / f"console-{number}")
    took = _seconds(chapter)
    return [_row(e, chapter, found.get(e.name), took.get(e.name, 0.0)) for e in part]


def _course(root: Path, name: str) -> Path:
    """A course with one chapter."""
    for part in ("solutions", "course"):
        shutil.copytree(ROOT / part / name, root / part / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


def _seconds(chapter: Chapter) -> dict[str, float]:
    from deqlib.course.grading.journal import Journal

    journal = Journal(chapter.root / "grading" / "runs" / f"{chapter.name}.jsonl")
    return {name: e.seconds for name in ENTRIES if (e := journal.last(name)) is not None}


def _row(entry: Entry, chapter: Chapter, submission: Submission | None, seconds: float) -> Row:
    want = entry.points(chapter)
    if submission is None:
        return Row(entry, "", "no row", False)
    got, remark = submission.scores or None, submission.remark
    if want is None or got is None:
        right = got is None and want is None and entry.remark in remark and bool(remark)
    elif entry.earns is AT_MOST:
        right = all(got[name] <= points for name, points in want.items())
    else:
        right = got == want and entry.remark in remark
    right = right and not submission.failed
    return Row(entry, _brief(want, entry.earns is AT_MOST), _brief(got), right, remark, seconds)


def _brief(points: dict[str, float] | None, at_most: bool = False) -> str:
    if points is None:
        return "no grade"
    return f"{'<= ' if at_most else ''}{sum(points.values()):g} = {' '.join(f'{p:g}' for p in points.values())}"


# --------------------------------------------------------------------------------------------------------------------
# The machine


@contextlib.contextmanager
def _listening(folder: Path) -> Iterator[tuple[Scene, list[str]]]:
    """Listen where submissions may try to call, and keep a secret where they may try to read."""
    outside, heard = folder / "outside", []
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    with contextlib.ExitStack() as stack:
        tcp, udp, unix = (
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        scene = Scene(outside, tcp.getsockname()[1], udp.getsockname()[1])
        unix.bind(str(scene.unix))
        over = threading.Event()

        def listen(sock: socket.socket, name: str) -> None:
            sock.settimeout(0.2)
            if sock is not udp:
                sock.listen()
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    _ = sock.recvfrom(100) if sock is udp else sock.accept()[0].close()
                    heard.append(f"a call on {name}")

        ears = ((tcp, "tcp"), (udp, "udp"), (unix, "unix"))
        threads = [threading.Thread(target=listen, args=pair) for pair in ears]
        for thread in threads:
            thread.start()
        try:
            yield scene, heard
        finally:
            over.set()
            for thread in threads:
                thread.join()


def _traces() -> set[str]:
    """What a submission may have left: processes, files and shared memory that carry the token; our open files."""
    found = {f"{len(os.listdir('/proc/self/fd'))} open files"}
    mine = os.getpid()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            name, parent = (status.split(f"{key}:\t")[1].split("\n")[0] for key in ("Name", "PPid"))
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            if name == TOKEN or b"sleep\x00613" in line or (int(parent) == mine and b"worker.py" in line):
                found.add(f"process {pid} {name}")
    for place in ("/tmp", "/dev/shm", "/var/tmp", str(Path.home()), str(ROOT)):
        names = os.listdir(place) if os.path.isdir(place) else []
        found |= {f"{place}/{n}" for n in names if TOKEN in n or "crumb" in n or n.startswith("core.")}
    return found


def _contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def _seen(results: Path, console: Path) -> list[str]:
    """What submissions boast of having seen, in whatever the grader wrote; and scripts that would run."""
    told = []
    for path in [console, *results.rglob("*")]:
        if not path.is_file() or "submitted" in path.parts or path.suffix == ".png":
            continue
        data = path.read_bytes().decode(errors="replace")
        told += [f"{path.parent.parent.name}: {m.group()!r}" for m in re.finditer(f"{TOKEN} saw.{{0,80}}", data)]
        if SECRET in data:
            told.append(f"{path}: has the secret")
        if path.suffix == ".html" and ("<script>alert" in data or "<img src=x" in data):
            told.append(f"{path.parent.parent.name}: a script in the feedback")
        if path.suffix != ".db" and ("\x1b[2J" in data or "\x07" in data):
            told.append(f"{path.parent.parent.name}: an escape sequence in {path.suffix}")
    return told

