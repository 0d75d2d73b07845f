"""nbgrader's exchange with two real users beside the instructor, one of them a cheat; collecting with care.

Making users takes root. Everybody else runs the tests of this file that need one user alone.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbgrader
import pytest
from conftest import REPOSITORY, TINY, edit

from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.grading import collecting
from deqlib.course.road import exchange

Deq = Callable[..., tuple[int, str, str]]
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
RUNUSER = shutil.which("runuser", path="/usr/sbin:/sbin:/usr/bin:/bin") or "runuser"
SOLVED = "def halve(x):\n    return x / 2"


@dataclass(frozen=True)
class Student:
    """A user of this machine with a folder of their own."""

    name: str
    home: Path
    python: str

    def run(self, *command: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        paths = os.pathsep.join([sysconfig.get_paths()["purelib"], str(REPOSITORY)])
        environment = {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": paths}
        ended = subprocess.run([RUNUSER, "-u", self.name, "--", *command], cwd=self.home, env=environment,
                               capture_output=True, text=True)  # fmt: skip
        assert ended.returncode == 0 or not ok, ended.stderr[-2000:]
        return ended

    def nbgrader(self, verb: str, shared: Path) -> None:
        self.run(self.python, "-m", "nbgrader", verb, TINY, "--course", "deq", f"--Exchange.root={shared}")

    def submit(self, source: str, shared: Path) -> None:
        edit(self.home / TINY / f"{TINY}.ipynb", {"halve": source})
        self.nbgrader("submit", shared)


def python_of_all() -> str:
    """An interpreter of our version that other users may run."""
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, *(f"{folder}/{version}" for folder in ("/usr/bin", "/usr/local/bin"))):
        command = [RUNUSER, "-u", "nobody", "--", candidate, "-c", "import nbgrader.apps"]
        environment = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "HOME": "/nonexistent"}
        try:
            if subprocess.run(command, env=environment, cwd="/", capture_output=True).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.fail(f"no {version} that other users may run and that can read {Path(nbgrader.__file__).parent}")


@pytest.fixture
def students(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Student, Student]]:
    """Two users, made for this test and removed after it."""
    if not ROOT:
        pytest.skip("making users takes root")
    python = python_of_all()
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o755)
    made = []
    try:
        for name in (f"ana{os.getpid()}", f"ben{os.getpid()}"):
            subprocess.run(["useradd", "--no-create-home", "--home-dir", str(folder / name), name], check=True)
            (folder / name).mkdir()
            shutil.chown(folder / name, name)
            made.append(Student(name, folder / name, python))
        yield made[0], made[1]
    finally:
        for student in made:
            subprocess.run(["userdel", student.name], check=False, capture_output=True)
        shutil.rmtree(folder)


@pytest.fixture
def shared(course: Path, students: tuple[Student, Student]) -> Path:
    """The exchange's folder, which nbgrader makes, set in the course's configuration."""
    folder = students[0].home.parent / "exchange"
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.Exchange.root = {str(folder)!r}\n")
    return folder


def inbox(course: Path) -> dict[str, str]:
    """What was collected, by student."""
    folder = course / "grading" / "inbox" / TINY
    return {path.name: (path / TINY / f"{TINY}.ipynb").read_text() for path in folder.iterdir()}


@pytest.mark.slow
def test_two_students_fetch_submit_and_read_their_own_feedback(
    course: Path, students: tuple[Student, Student], shared: Path, deq: Deq
) -> None:
    ana, ben = students
    mask = os.umask(0o077)  # a careful instructor's; nbgrader sets what students need
    try:
        code, out, err = deq("release", 1, "--root", course)
        assert (code, err) == (0, ""), err
        assert str(shared) in out
        for student in students:
            student.nbgrader("fetch_assignment", shared)
        ana.submit("def halve(x):\n    return x", shared)
        ana.submit(SOLVED, shared)
        ben.submit("def halve(x):\n    return x - 1", shared)
        code, out, err = deq("collect", 1, "--root", course)
        assert (code, err) == (0, "")
        assert f"2 new: {ana.name}, {ben.name}" in out
        found = inbox(course)
        assert set(found) == {ana.name, ben.name}
        assert "return x / 2" in found[ana.name], "the latest counts"
        assert (course / "grading" / "inbox").stat().st_mode & 0o077 == 0
        folder = course / "grading" / "inbox" / TINY
        assert [s.remark for s in collecting.collect(folder, TINY)] == ["", ""], "what `deq grade` takes"
        stamp = collecting.handed_in(folder / ana.name / TINY / f"{TINY}.ipynb")
        assert stamp is not None
        assert abs(stamp - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(minutes=20)
        assert "0 new" in deq("collect", 1, "--root", course)[1]

        code, _, err = deq("release", 1, "--root", course)
        assert (code, "--force" in err) == (2, True)
        assert deq("release", 1, "--force", "--root", course)[0] == 0
        _feedback(course, students, shared)
    finally:
        os.umask(mask)


def _feedback(course: Path, students: tuple[Student, Student], shared: Path) -> None:
    """Each student reads the page that is theirs, and can list no one's."""
    folder = course / "grading" / "returned"
    for student in students:
        page = folder / student.name / TINY / f"{TINY}.html"
        shutil.copytree(course / "grading" / "inbox" / TINY / student.name / TINY, page.parent)
        page.write_text(f"for {student.name}")
        page.chmod(0o644)
    exchange.return_feedback(Chapter(course, TINY), folder, [student.name for student in students])
    for student in students:
        student.nbgrader("fetch_feedback", shared)
        (page,) = (student.home / TINY / "feedback").rglob("*.html")
        assert page.read_text() == f"for {student.name}"
        assert student.run("ls", str(shared / "deq" / "feedback"), ok=False).returncode != 0


@pytest.mark.slow
def test_a_cheat_displaces_nobody_reads_nothing_and_stops_nothing(
    course: Path, students: tuple[Student, Student], shared: Path, deq: Deq
) -> None:
    ana, ben = students
    assert deq("release", 1, "--root", course)[0] == 0
    inbound, released = shared / "deq" / "inbound", shared / "deq" / "outbound" / TINY / f"{TINY}.ipynb"
    for student in students:
        student.run("sh", "-c", f"mkdir ~/{TINY} && cp {released} ~/{TINY}")
    edit(ana.home / TINY / f"{TINY}.ipynb", {"halve": SOLVED})
    ana.run("sh", "-c", f"cp -r ~/{TINY} '{inbound}/{ana.name}+{TINY}+2025-01-01 00:00:00.0 UTC+x'")
    later = f"{TINY}+2025-06-01 00:00:00.0 UTC+x"
    secret = course / "solutions" / TINY / f"{TINY}.ipynb"
    script = f"""
        cd {inbound}
        mkdir '{ana.name}+{later}' '..+{later}'
        cp ~/{TINY}/{TINY}.ipynb '{ana.name}+{later}'
        mkdir 'x+{TINY}+' 'x+{TINY}+no time+y' '{ben.name}+{TINY}+no time+y'
        mkdir '{ben.name}+{TINY}+2025-01-01 00:00:00.0 UTC+x'
        ln -s '{secret}' '{ben.name}+{TINY}+2025-01-01 00:00:00.0 UTC+x/{TINY}.ipynb'
    """
    ben.run("sh", "-c", script)
    code, out, err = deq("collect", 1, "--root", course)
    assert (code, err) == (0, "")
    assert set(inbox(course)) == {ana.name}
    assert "return x / 2" in inbox(course)[ana.name]
    assert f"{ben.name}: " in out
    assert "symbolic link" in out
    assert out.count("was not put there by whom it names") == 1
    assert out.count("names no time at which it can have been handed in") == 3

    # A link in place of the folder, a pipe in place of the notebook, a hard link if the system allows one.
    names = [f"{ben.name}+{TINY}+2025-0{month}-01 00:00:00.0 UTC+x" for month in (2, 3)]
    ben.run("sh", "-c", f"cd {inbound} && ln -s '{secret.parent}' '{names[0]}'")
    assert "symbolic link" in deq("collect", 1, "--root", course)[1]
    ben.run("sh", "-c", f"cd {inbound} && mkdir '{names[1]}' && mkfifo '{names[1]}/{TINY}.ipynb'")
    assert "not a file of the student's own" in deq("collect", 1, "--root", course)[1]
    assert set(inbox(course)) == {ana.name}

    # An honest notebook under a date that is long gone: taken, with a remark.
    late = f"{ben.name}+{TINY}+2025-04-01 00:00:00.0 UTC+x"
    honest = f"mkdir '{late}' && cp ~/{TINY}/{TINY}.ipynb '{late}' && touch -d 2025-04-01 '{late}'/*"
    ben.run("sh", "-c", f"cd {inbound} && {honest}")
    out = deq("collect", 1, "--root", course)[1]
    assert f"{ben.name}: handed in at 2025-04-01 00:00 by its name, but the file was changed at" in out
    assert set(inbox(course)) == {ana.name, ben.name}


@pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange is for Unix")
def test_a_time_that_cannot_be_is_one_line_and_stops_nobody(course: Path, tmp_path: Path, deq: Deq) -> None:
    me, shared = exchange._owner(tmp_path), tmp_path / "exchange"
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.Exchange.root = {str(shared)!r}\n")
    inbound = shared / "deq" / "inbound"
    for folder in (inbound, shared / "deq" / "outbound" / TINY):
        folder.mkdir(parents=True)
        folder.chmod(0o777)

    def put(time: str) -> None:
        folder = inbound / f"{me}+{TINY}+{time} UTC+x"
        folder.mkdir()
        shutil.copy(course / "course" / TINY / f"{TINY}.ipynb", folder)

    odd = ("9999-12-31 23:59:59.0", "9999-12-31 23:40:00", "2099-01-01 00:00:00", "0001-01-01 00:00:00", "no time")
    for time in odd:
        put(time)
    code, out, err = deq("collect", 1, "--root", course)
    assert (code, err) == (0, "")
    assert out.count("names no time at which it can have been handed in; left out") == len(odd)
    assert not (course / "grading" / "inbox" / TINY / me).exists()
    put("2025-04-01 00:00:00.0")
    code, out, err = deq("collect", 1, "--root", course)
    assert (code, err) == (0, "")
    assert set(inbox(course)) == {me}, "the one whose time can be"
    stamp = collecting.handed_in(course / "grading" / "inbox" / TINY / me / TINY / f"{TINY}.ipynb")
    assert stamp == dt.datetime(2025, 4, 1)


@pytest.mark.skipif(not ROOT, reason="a folder that root alone can close is the simplest to test")
def test_solutions_that_others_can_read_are_not_released(tmp_path: Path) -> None:
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    try:
        for name in ("solutions", "grading"):
            (folder / name).mkdir(mode=0o755)
        exchange._closed_to_others(folder)  # the folder itself is closed
        folder.chmod(0o755)
        with pytest.raises(CourseError, match=r"can read solutions, grading: run `chmod o-rwx .*` first"):
            exchange._closed_to_others(folder)
        for name in ("solutions", "grading"):
            (folder / name).chmod(0o750)
        exchange._closed_to_others(folder)
    finally:
        shutil.rmtree(folder)


def test_a_chapter_that_was_never_released_is_one_line(course: Path, deq: Deq, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o777)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.Exchange.root = {str(tmp_path / 'shared')!r}\n")
    code, _, err = deq("collect", 1, "--root", course)
    assert code == 2
    assert err.startswith("deq: nbgrader's exchange: ")
    assert err.count("\n") == 1
