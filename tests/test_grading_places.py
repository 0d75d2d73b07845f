"""A gradebook in PostgreSQL, submissions on other machines: with a real server, a real scheduler, two workers."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from conftest import DOUBLE, HALVE, TINY, edit, write
from nbgrader.api import Gradebook
from rich.console import Console
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from deqlib.course.chapter import Chapter, CourseError, load_notebook
from deqlib.course.grading import grade, gradebook

Deq = Callable[..., tuple[int, str, str]]
SOLVED = {"halve": HALVE, "double": DOUBLE}


def new_class(chapter: Chapter, folder: Path, count: int) -> Path:
    """Submissions s0, s1, ...: all solved but the first, which has one exercise of two."""
    for i in range(count):
        path = write(folder / f"s{i}.ipynb", load_notebook(chapter.release))
        edit(path, SOLVED if i else {"halve": HALVE})
    return folder


# --------------------------------------------------------------------------------------------------------------------
# PostgreSQL


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The db_url of a server of our own, which listens on a socket in its folder and on no port."""
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    binaries = Path(found).resolve().parent
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    other = {} if os.geteuid() else {"user": user, "group": pwd.getpwnam(user).pw_gid}
    if other:
        shutil.chown(folder, user)
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", "deq", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **other)  # type: ignore[call-overload]
    server = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    process = subprocess.Popen(server, cwd=folder, stderr=subprocess.DEVNULL, **other)  # type: ignore[call-overload]
    url = f"postgresql+psycopg://deq@/postgres?host={folder}"
    try:
        for _ in range(300):
            if subprocess.run([binaries / "pg_isready", "-q", "-h", folder], check=False).returncode == 0:
                break
            time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # SIGTERM would wait for every connection to end
        process.wait(60)
        shutil.rmtree(folder)


@pytest.mark.slow
def test_a_gradebook_in_postgresql(course: Path, tmp_path: Path, postgres: str) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = {postgres!r}\n")
    chapter = Chapter(course, TINY)
    folder = new_class(chapter, tmp_path / "in", 3)

    def graded(**options: bool) -> dict[str, float | None]:
        found = grade(chapter, folder, tmp_path / "out", Console(quiet=True), **options)  # type: ignore[arg-type]
        assert not any(s.remark for s in found)
        return {s.student: s.score for s in found}

    assert graded() == {"s0": 3, "s1": 6, "s2": 6}
    assert not (course / "grading" / "gradebook.db").exists()
    with Gradebook(postgres, "deq") as book:
        assert {s.student_id: s.score for s in book.assignment_submissions(TINY)} == {"s0": 3.0, "s1": 6.0, "s2": 6.0}
        book.find_grade("double-a", TINY, TINY, "s0").manual_score = 1.5
        book.db.commit()
    # A server that was restarted has forgotten every connection.
    with create_engine(postgres).connect() as line:
        line.execute(text("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"))
    assert graded(again=True) == {"s0": 4.5, "s1": 6, "s2": 6}


def test_a_first_grading_waits_for_another_that_makes_the_tables(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def opened(*arguments: str) -> Gradebook:
        calls.append(arguments)
        if len(calls) == 1:
            raise IntegrityError("CREATE TYPE grade_cell_type", None, Exception("duplicate key"))
        return Gradebook(*arguments)

    monkeypatch.setattr(gradebook, "Gradebook", opened)
    with gradebook.Book(Chapter(course, TINY)) as book:
        assert book.scores("ana") is None


def test_a_gradebook_that_is_not_there_is_one_line(course: Path, tmp_path: Path, deq: Deq) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = 'postgresql+psycopg://deq@/deq?host={tmp_path}'\n")
    folder = new_class(Chapter(course, TINY), tmp_path / "in", 1)
    code, _, err = deq("grade", TINY, "--submissions", folder, "--unsafe", "--root", course)
    assert (code, err.count("\n")) == (2, 1)
    assert "the gradebook cannot be opened" in err


@pytest.mark.parametrize("url", ["postgresql+psycopg://deq@127.0.0.1:1/deq", "deq@HOST/deq"])
def test_every_command_says_in_one_line_that_the_gradebook_is_not_there(
    course: Path, tmp_path: Path, deq: Deq, url: str
) -> None:
    (tmp_path / "exchange" / "deq" / "inbound").mkdir(parents=True)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = {url!r}\nc.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
    for command in (["collect", 1], ["late", 1, "--due", "2026-10-12T23:59Z"], ["feedback", 1], ["grades"]):
        code, _, err = deq(*command, "--root", course)
        assert (code, err.count("\n")) == (2, 1), err
        assert "the gradebook cannot be" in err


@pytest.mark.slow
def test_an_empty_database_has_no_grades(course: Path, postgres: str, deq: Deq) -> None:
    with create_engine(postgres, isolation_level="AUTOCOMMIT").connect() as line:
        line.execute(text("create database fresh"))
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = {postgres.replace('/postgres?', '/fresh?')!r}\n")
    assert deq("grades", "--root", course) == (2, "", "deq: nothing is graded yet; run `deq grade` first\n")


# --------------------------------------------------------------------------------------------------------------------
# A cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[psutil.Popen]]]:
    """A dask scheduler and two workers of one thread each, on loopback: its address and the workers' processes."""
    log = tmp_path / "scheduler.log"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    with log.open("w") as file:
        scheduler = psutil.Popen([*command, "--no-dashboard"], stderr=file, stdout=file, cwd=tmp_path)
    started = [scheduler]
    try:
        for _ in range(600):
            found = re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())
            if found:
                break
            time.sleep(0.1)
        assert found, log.read_text()
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", found[0], "--nthreads", "1", "--no-nanny"]
        worker += ["--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(tmp_path)]
        for _ in range(2):
            quiet = subprocess.DEVNULL
            started.append(psutil.Popen(worker, stderr=quiet, stdout=quiet, cwd=tmp_path))
        yield found[0], started[1:]
    finally:
        for process in reversed(started):
            if process.is_running():
                process.terminate()
                process.wait(60)


@pytest.mark.slow
def test_submissions_run_on_two_workers_and_one_of_them_may_die(
    course: Path, tmp_path: Path, cluster: tuple[str, list[psutil.Popen]]
) -> None:
    address, workers = cluster
    chapter = Chapter(course, TINY)
    folder = new_class(chapter, tmp_path / "in", 8)
    command = [sys.executable, "-m", "deqlib.cli", "grade", TINY, "--submissions", folder, "--root", course]
    with (tmp_path / "log").open("w") as log:
        grader = subprocess.Popen([*map(str, command), "--cluster", address], stdout=log, stderr=log)
    journal = course / "grading" / "runs" / f"{TINY}.jsonl"
    boxes: set[int] = set()
    while grader.poll() is None:
        boxes |= {w.pid for w in workers if w.is_running() and any("bwrap" in c.name() for c in w.children())}
        if len(workers) == 2 and len(boxes) == 2 and journal.exists() and journal.read_bytes().count(b"\n") >= 1:
            workers[0].kill()
            workers[0].wait()
            workers = workers[1:]
        time.sleep(0.05)
    assert grader.returncode == 0, (tmp_path / "log").read_text()
    assert len(boxes) == 2, "both workers had a sandbox of their own"
    assert len(workers) == 1, "one was killed while the other went on"
    lines = (course / "grading" / "results" / f"{TINY}.csv").read_text().splitlines()[1:]
    assert lines == [f"s{i},{TINY},3,{3 * bool(i)},{3 + 3 * bool(i)},6," for i in range(8)]


def test_a_scheduler_that_is_not_there_is_one_line(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deqlib.course.grading import cluster

    monkeypatch.setattr(cluster, "_CONNECT", 1)
    folder = new_class(Chapter(course, TINY), tmp_path / "in", 1)
    with pytest.raises(CourseError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:1"):
        grade(Chapter(course, TINY), folder, tmp_path, Console(quiet=True), cluster="tcp://127.0.0.1:1")
