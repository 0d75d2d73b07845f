"""Where a site prefers containers: the same as behind bubblewrap, in real containers of Podman and of Docker.

A Docker daemon of our own is started where none runs, which takes root. In CI nothing here may be left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import DOUBLE, HALVE, TINY, edit, write
from test_grading_sandbox import (  # noqa: F401  # what holds behind bubblewrap is run here once more
    GOOD,
    LIMITS,
    inside,
    states,
    test_a_cell_that_takes_the_process_down_costs_only_what_stands_on_it,
    test_a_stub_an_error_and_a_crash_are_told_apart,
    test_an_answer_that_calls_deqlibs_own_is_worth_nothing,
    test_honest_work_is_measured,
    test_killing_its_parents_costs_only_its_own_test,
    test_no_submission_sees_what_another_left,
    test_nothing_of_the_course_or_of_the_grader_can_be_read,
    test_nothing_outside_its_folders_can_be_written,
    test_one_that_takes_too_much_costs_its_own_test,
    test_the_network_is_out_of_reach,
    test_there_is_no_source_of_deqlibs_core_for_another_python_to_import,
    value,
    work,
)

from deqlib.course.chapter import Chapter, CourseError, load_notebook
from deqlib.course.grading import containers
from deqlib.course.grading.sandbox import find
from deqlib.course.grading.session import Runner
from deqlib.course.grading.watching import Watch

pytestmark = pytest.mark.slow


def missing(what: str) -> None:
    """Skip on a machine that lacks something; fail in CI, which installs it."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module", params=["podman", "docker"])
def tool(request: pytest.FixtureRequest) -> Iterator[containers.Tool]:
    """A tool that runs containers here."""
    tool = request.param
    if shutil.which(tool) is None:
        missing(f"{tool} is not installed")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="deq-tool-") as folder:
        if tool == "podman":
            _podman(Path(folder), patch)
            yield tool
        elif subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
            yield tool
        else:
            daemon = _daemon(Path(folder), patch)
            yield tool
            daemon.terminate()
            daemon.wait(60)


def _podman(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Take the runtime that can work with the control groups here: crun cannot with both versions at once."""
    run = ["podman", "run", "--rm", "--network", "none", "--rootfs", str(folder), "/true"]
    limits = ["--ulimit", "nofile=64:64", "--ulimit", "nproc=64:64"]
    ran = subprocess.run([*run[:3], *limits, *run[3:]], capture_output=True, text=True, check=False)
    if "hybrid" in ran.stderr:
        (folder / "containers.conf").write_text('[engine]\nruntime = "runc"\n')
        patch.setenv("CONTAINERS_CONF", str(folder / "containers.conf"))


def _daemon(folder: Path, patch: pytest.MonkeyPatch) -> subprocess.Popen[bytes]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        missing("no Docker daemon runs here, and none can be started")
    address = f"unix://{folder}/socket"
    daemon = subprocess.Popen(
        ["dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec", "-H", address,
         "-p", folder / "pid", "--bridge", "none", "--iptables=false", "--ip6tables=false",
         "--storage-driver", "vfs"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    patch.setenv("DOCKER_HOST", address)
    for _ in range(300):
        if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
            return daemon
        time.sleep(0.1)
    daemon.kill()
    raise AssertionError("dockerd does not start")


@pytest.fixture(scope="module")
def runner(tool: containers.Tool) -> Iterator[Runner]:
    """A server in a container."""
    for cached in (containers.problem, containers._groups):
        cached.cache_clear()
    with Runner(find(tool), LIMITS) as runner:
        yield runner
    for cached in (containers.problem, containers._groups):
        cached.cache_clear()


def containers_of(tool: str, pid: int) -> list[str]:
    """The names of a process's containers that are there, running or not."""
    listed = subprocess.run([tool, "ps", "-a", "--format", "{{.Names}}"], capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split() if name.startswith(f"deq-{pid}-")]


# --------------------------------------------------------------------------------------------------------------------


def test_nothing_is_said_of_the_machine(runner: Runner) -> None:
    look = """
    import os
    print(os.listdir("/sys"), os.listdir("/run"))
    files = [f"/etc/{name}" for name in ("passwd", "group", "hosts", "hostname", "resolv.conf")]
    print([file for file in files if os.path.exists(file) and open(file).read()])
    mounts = dict(line.split()[4:6] for line in open("/proc/self/mountinfo"))  # of each place the uppermost
    print(*(target for target, options in mounts.items() if "ro" not in options.split(",")))
    """
    ran = runner.run(work(textwrap.dedent(look) + GOOD), seed=0)
    lines = ran.outputs["e0"].splitlines()
    assert lines[0] == "[] []"
    assert lines[1] == "[]"
    assert set(lines[2].split()) == {"/tmp", "/home/student", "/dev/shm", "/dev/pts"}


def test_a_control_group_bounds_memory_that_nobody_watches(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert containers._groups(runner.sandbox.kind)[0], "this machine has no control group for memory"  # type: ignore[arg-type]
    monkeypatch.setattr(Watch, "problem", lambda self: None)
    many = """
    import os, time
    ready, done = os.pipe()
    for _ in range(8):
        if os.fork() == 0:
            keep = bytearray(b"x") * (400 << 20)
            os.write(done, b"x")
            time.sleep(100)
    os.close(done)
    time.sleep(4)
    return torch.tensor(float(len(os.read(ready, 100))))
    """
    ran = runner.run(work(inside(many), GOOD), seed=0)
    assert states(ran)[1] == "values"
    assert ran.outcomes["e0-a"].state != "values" or value(ran) < 8, "eight processes had 3.2 of 2 GiB"


def test_leaving_leaves_no_container(tool: containers.Tool, runner: Runner) -> None:
    before = containers_of(tool, os.getpid())
    with Runner(find(tool), LIMITS) as own:
        assert states(own.run(work(GOOD), seed=0)) == ["values"]
        assert len(containers_of(tool, os.getpid())) == len(before) + 1
    assert containers_of(tool, os.getpid()) == before


def test_a_grader_that_is_killed_leaves_no_container(tool: containers.Tool, runner: Runner) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); from test_grading_sandbox import *\n"
        f"with Runner(find({tool!r}), LIMITS) as r: print(1, flush=True); r.run(work('while True: pass'), 0)"
    )
    root = Path(__file__).resolve().parent.parent
    grader = psutil.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE)
    assert grader.stdout.read(1) == b"1"
    time.sleep(1)
    assert len(containers_of(tool, grader.pid)) == 1
    grader.kill()
    grader.wait()
    for _ in range(100):
        if not (left := containers_of(tool, grader.pid)):
            return
        time.sleep(0.1)
    raise AssertionError(f"left: {left}")


def test_a_server_that_died_is_started_again(tool: containers.Tool, runner: Runner) -> None:
    subprocess.run([tool, "kill", *containers_of(tool, os.getpid())], check=True, capture_output=True)
    assert states(runner.run(work(GOOD), seed=0)) == ["values"]


def test_a_class_is_graded(tool: containers.Tool, runner: Runner, course: Path, tmp_path: Path, deq) -> None:  # type: ignore[no-untyped-def]
    for student, answers in (("ana", {"halve": HALVE, "double": DOUBLE}), ("bob", {"halve": HALVE})):
        path = write(tmp_path / "in" / f"{student}.ipynb", load_notebook(Chapter(course, TINY).release))
        edit(path, answers)
    code, _, err = deq("grade", TINY, "--submissions", tmp_path / "in", "--sandbox", tool, "--root", course)
    assert code == 0, err
    table = (course / "grading" / "results" / f"{TINY}.csv").read_text().splitlines()
    assert table[1:] == [f"ana,{TINY},3,3,6,6,", f"bob,{TINY},3,0,3,6,"]


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_a_tool_that_is_not_there_is_named(
    name: containers.Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    containers.problem.cache_clear()
    with pytest.raises(CourseError, match=f"no sandbox: {name} is not installed.*--sandbox.*--unsafe"):
        find(name)
    containers.problem.cache_clear()


def test_a_daemon_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("docker") is None:
        missing("docker is not installed")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/socket")
    containers.problem.cache_clear()
    with pytest.raises(CourseError, match="docker does not run here"):
        find("docker")
    containers.problem.cache_clear()
