"""Submitted code runs in a sandbox: honest work is measured, and nothing that is not its own is reached or lost."""

import os
import pwd
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from cells import ROOT

from deqlib.course import check
from deqlib.course.chapter import Chapter, CourseError, load_notebook
from deqlib.course.grading import places
from deqlib.course.grading.rebuilding import rebuild
from deqlib.course.grading.sandbox import find
from deqlib.course.grading.session import Runner
from deqlib.course.grading.submission import plain
from deqlib.course.grading.work import Cell, Limits, Test, Work

PROBE = "def probe(seed):\n    return {'seed': seed, 'value': answer(torch.tensor(2.0))}\n"
GOOD = "def answer(x):\n    return x ** 2\n"
LIMITS = Limits(
    cell_seconds=6, seconds=90, memory_bytes=1 << 30, processes=20, file_bytes=8 << 20, value_bytes=4 << 20
)


@pytest.fixture(scope="module")
def runner():
    with Runner(find(), LIMITS) as runner:
        yield runner


def work(*cells, probe=PROBE):
    """A little chapter: imports, the given sources as answers, each with one test."""
    found = [Cell("setup", "ours", "import torch\nfrom deqlib.course import check\n")]
    tests = {}
    for k, source in enumerate(cells):
        found += [Cell(f"e{k}", "solution", source), Cell(f"e{k}-a", "test", "check.passed('a')\n")]
        tests[f"e{k}-a"] = Test(f"e{k}-a", f"e{k}", 1, probe, "def judge(seed, got): ...\n")
    return Work("test", tuple(found), tests)


def inside(body):
    """An answer with the body of a function of x."""
    return "def answer(x):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


def states(ran):
    return [outcome.state for outcome in ran.outcomes.values()]


def value(ran, name="e0-a"):
    assert ran.outcomes[name].state == "values", ran.outcomes[name]
    return check.unpack(ran.outcomes[name].data)["value"].tolist()


# --------------------------------------------------------------------------------------------------------------------
# Honest work


def test_honest_work_is_measured(runner):
    ran = runner.run(work(GOOD), seed=41)
    assert (value(ran), check.unpack(ran.outcomes["e0-a"].data)["seed"]) == (4.0, 41)
    assert "visible checks passed" in ran.outputs["e0-a"]
    assert ran.remark == ""


def test_magics_and_shell_commands_run_as_in_a_notebook(runner):
    source = "%matplotlib inline\n!echo from a shell\nanswer = lambda x: x\ndisplay(1)\ninput_like = 2\n"
    ran = runner.run(work(source), seed=0)
    assert value(ran) == 2.0
    assert "from a shell" in ran.outputs["e0"]


def test_a_stub_an_error_and_a_crash_are_told_apart(runner):
    stub = inside("raise NotImplementedError('not solved yet')")
    ran = runner.run(
        work(
            GOOD,
            stub,
            inside("return x.nothing"),
            inside("import os; os._exit(0)"),
            inside("import ctypes; ctypes.string_at(0)"),
            inside("while True: pass"),
            inside("raise SystemExit"),
            GOOD,
        ),
        seed=1,
    )
    expected = ["values", "not solved", "failed", "crashed", "crashed", "timed out", "failed", "values"]
    assert states(ran) == expected
    assert "AttributeError" in ran.outcomes["e2-a"].message
    assert "signal 11" in ran.outcomes["e4-a"].message


@pytest.mark.parametrize(
    "bad", ["import os; os._exit(0)", "while True: pass", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_cell_that_takes_the_process_down_costs_only_what_stands_on_it(runner, bad):
    own = "def own(x):\n    return x + 1\n"
    ran = runner.run(work(GOOD, bad, own + "def answer(x):\n    return own(x)\n"), seed=1)
    assert states(ran) == ["values"] * 3
    assert (value(ran, "e0-a"), value(ran, "e1-a"), value(ran, "e2-a")) == (4.0, 4.0, 3.0)
    assert "cell e1 was left out" in ran.remark


@pytest.mark.slow
def test_a_solved_chapter_gives_values_for_every_test(runner):
    chapter = Chapter(ROOT, "01_fixed_points")
    with Runner(runner.sandbox) as wide:
        ran = wide.run(rebuild(chapter, load_notebook(chapter.source)), seed=3)
    assert set(states(ran)) == {"values"}


# --------------------------------------------------------------------------------------------------------------------
# What is not its own

LOOK = """
def attempt(f):
    try:
        return repr(f())
    except BaseException as error:
        return f"refused {type(error).__name__}"

def target(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}").partition(":")[0]
    except OSError:
        return ""
"""


def looked(runner, *expressions):
    """What student code gets from expressions, each printed on a line."""
    body = "".join(f"print({k}, attempt(lambda: {text}))\n" for k, text in enumerate(expressions))
    ran = runner.run(work(LOOK + "import os, socket, pathlib, ctypes, glob\n" + body + GOOD), seed=0)
    assert states(ran) == ["values"]
    lines = ran.outputs["e0"].splitlines()
    return [line.partition(" ")[2] for line in lines if line.partition(" ")[0].isdigit()]


def test_the_network_is_out_of_reach(runner):
    addresses = [("127.0.0.1", 22), ("1.1.1.1", 53), ("::1", 22, 0, 0)]
    family = ["AF_INET", "AF_INET", "AF_INET6"]
    found = looked(
        runner,
        *(f"socket.socket(socket.{f}).connect({a})" for f, a in zip(family, addresses, strict=True)),
        "socket.getaddrinfo('example.org', 80)",
        "[i for i in socket.if_nameindex() if i[1] != 'lo']",
    )
    assert all(line.startswith("refused") for line in found[:4]), found
    assert found[4] == "[]"


def test_nothing_of_the_course_or_of_the_grader_can_be_read(runner):
    root = ROOT.as_posix()
    found = looked(
        runner,
        f"os.listdir('{root}/solutions')",
        f"open('{root}/solutions/01_fixed_points/01_fixed_points.ipynb').read()",
        f"os.listdir('{root}/tests')",
        f"[d for d in os.listdir('{root}') if d != '.venv']",
        f"os.listdir('{os.path.expanduser('~')}/.ssh')",
        "open('/etc/shadow').read()",
        "open('/proc/1/environ').read()",
        "open('/proc/1/mem', 'rb').read(1)",
        "os.readlink('/proc/1/fd/1')",
        "[v for v in os.environ if 'DEQ' in v or 'TOKEN' in v]",
        "sorted(p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid()))",
        "[t for t in map(target, range(3, 256)) if t]",
    )
    hidden = [line.startswith("refused") or line == "[]" for line in found]
    assert hidden[:11] == [True] * 11, found
    assert found[11] == "['socket']"  # the link that its cells come from


def test_nothing_outside_its_folders_can_be_written(runner):
    places = ["/", "/dev", "/opt/deq/deqlib", "/usr/lib", "/etc", "/home", "/proc"]
    found = looked(
        runner,
        *(f"open('{place}/left', 'w')" for place in places),
        "open('/proc/sys/kernel/core_pattern', 'w')",
        "open('/proc/self/oom_score_adj', 'w')",
        "ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
        "ctypes.CDLL(None).unshare(0x10000000)",
        "ctypes.CDLL(None).setuid(0)",
        "ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600)",
        "ctypes.CDLL(None).syscall(425, 8, 0)",
        "ctypes.CDLL(None).semget(0, 1, 0o1600)",
        "ctypes.CDLL(None).socket(40, 1, 0)",
        "os.geteuid()",
    )
    assert [line.startswith("refused") for line in found[:9]] == [True] * 9, found
    assert found[9:] == ["-1"] * 7 + ["1000"]


def test_no_submission_sees_what_another_left(runner):
    leave = """
    import os, subprocess, socket, ctypes
    for place in ("/tmp", "/home/student", "/dev/shm"):
        open(f"{place}/left", "w").write("the answer")
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    s = socket.socket(socket.AF_UNIX); s.bind("\\0left"); s.listen()
    key = ctypes.CDLL(None).syscall(248, b"user", b"left", b"the answer", 10, -4)
    """
    first = runner.run(work(textwrap.dedent(leave) + GOOD), seed=0)
    assert states(first) == ["values"]
    found = looked(
        runner,
        "[p for place in ('/tmp', '/home/student', '/dev/shm') for p in glob.glob(place + '/left')]",
        "[p for p in os.listdir('/proc') if p.isdigit() and b'sleep' in open(f'/proc/{p}/cmdline', 'rb').read()]",
        "socket.socket(socket.AF_UNIX).connect('\\0left')",
        "ctypes.CDLL(None).syscall(249, b'user', b'left', None, -4)",
    )
    assert found[:2] == ["[]", "[]"], found
    assert found[2].startswith("refused")
    assert found[3] == "-1"
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1000"]]


# --------------------------------------------------------------------------------------------------------------------
# Taking too much


@pytest.mark.parametrize(
    ("greedy", "state"),
    [
        ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", {"timed out", "killed", "crashed"}),
        ("keep = []\nwhile True: keep.append(bytearray(b'x') * (64 << 20))", {"failed", "killed"}),
        ("return torch.ones(1 << 30)", {"failed", "killed"}),
        ("return torch.ones(3 << 20)", {"failed"}),
        ("import sys\nwhile True: sys.stdout.write('x' * 1000000)", {"killed"}),
        ("import os\nwhile True: os.write(1, b'x' * 1000000)", {"killed"}),
        ("f = open('/tmp/big', 'wb')\nwhile True: f.write(bytes(1 << 20))", {"failed"}),
        ("import os\nkeep = [open(f'/tmp/{k}', 'w') for k in range(10000)]", {"failed"}),
        ("def more(k): return more(k + 1)\nreturn more(0)", {"failed"}),
    ],
)
def test_one_that_takes_too_much_costs_its_own_test(runner, greedy, state):
    began = time.monotonic()
    ran = runner.run(work(GOOD, inside(greedy), GOOD), seed=0)
    assert states(ran)[::2] == ["values", "values"]
    assert states(ran)[1] in state, ran.outcomes["e1-a"]
    assert time.monotonic() - began < 40
    assert sum(map(len, ran.outputs.values())) < 4 * LIMITS.output_chars


@pytest.mark.slow
def test_memory_is_counted_over_all_processes(runner):
    many = """
    import os, time
    for _ in range(8):
        if os.fork() == 0:
            keep = bytearray(b"x") * (400 << 20)
            time.sleep(100)
    time.sleep(100)
    """
    ran = runner.run(work(inside(many), GOOD), seed=0)
    assert states(ran) == ["killed", "values"], ran.outcomes["e0-a"]
    assert "memory" in ran.outcomes["e0-a"].message


def test_memory_is_counted_however_quick_the_cells_are(runner):
    hold = """
    import os, time
    if os.fork() == 0:
        keep = bytearray(b"x") * (300 << 20)
        time.sleep(100)
    """
    cells = [Cell("setup", "ours", "import torch\n")]
    cells += [Cell(f"c{k}", "own", textwrap.dedent(hold) if k % 10 == 0 else "time.sleep(0.1)") for k in range(120)]
    ran = runner.run(Work("test", (*cells, *work(GOOD).cells), work(GOOD).tests), seed=0)
    assert "memory" in ran.remark, ran.remark
    assert ran.lost


def test_terminals_are_few(runner):
    take = """
    import os
    held = []
    try:
        while True: held.append(os.open("/dev/ptmx", os.O_RDWR))
    except OSError:
        print(len(held))
    """
    ran = runner.run(work(textwrap.dedent(take) + GOOD), seed=0)
    assert ran.outputs["e0"].strip() == "16"


def test_there_is_no_memory_that_belongs_to_no_process(runner):
    found = looked(runner, "os.memfd_create('x')", "ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600)")
    assert found[0].startswith("refused")
    assert found[1] == "-1"


def test_what_is_printed_is_bounded_for_all_cells_together(runner):
    cells = [Cell(f"c{k}", "own", "print('x' * 10_000)") for k in range(150)]
    ran = runner.run(Work("test", (*cells, *work(GOOD).cells), work(GOOD).tests), seed=0)
    assert states(ran) == ["values"]
    assert 900_000 < sum(map(len, ran.outputs.values())) < 1_100_000


def test_what_cells_leave_behind_is_ended_before_the_next_test(runner):
    serve = """
    import os, socket
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        while True: theirs.send(theirs.recv(1))
    theirs.close()
    """
    ask = "ours.send(b'x')\nreturn torch.tensor(float(len(ours.recv(1))))"
    made = work(GOOD, inside(ask))
    own = Cell("own", "own", textwrap.dedent(serve))
    place = next(i for i, cell in enumerate(made.cells) if cell.id == "e1")
    ran = runner.run(Work("test", (*made.cells[:place], own, *made.cells[place:]), made.tests), seed=0)
    assert ran.outcomes["e1-a"].state != "values" or value(ran, "e1-a") == 0


def test_a_test_that_finds_no_process_left_says_so(runner):
    greedy = "import subprocess\ntry:\n    held = [subprocess.Popen(['sleep', '60']) for _ in range(200)]\n"
    ran = runner.run(work(greedy + "except OSError: pass\n" + GOOD), seed=0)
    assert states(ran) == ["failed"]
    assert "processes" in ran.outcomes["e0-a"].message


def test_the_default_dtype_of_a_probe_is_ours(runner):
    probe = "def probe(seed):\n    return {'value': torch.ones(1).element_size()}\n"
    ours = Cell("ours", "ours", "torch.set_default_dtype(torch.float64)\n")
    made = work("torch.set_default_dtype(torch.float32)\n" + GOOD, probe=probe)
    made = Work("test", (made.cells[0], ours, *made.cells[1:]), made.tests)
    assert value(runner.run(made, seed=0)) == 8


def test_a_test_has_one_thread_whatever_a_cell_has_set(runner):
    made = work("torch.set_num_threads(8)\n" + inside("return torch.tensor(float(torch.get_num_threads()))"))
    assert value(runner.run(made, seed=0)) == 1.0


def test_time_is_bounded_for_all_cells_together(runner):
    with Runner(runner.sandbox, Limits(cell_seconds=3, seconds=5)) as short:
        ran = short.run(work(*["import time; time.sleep(2)"] * 8, GOOD), seed=0)
    assert "ran out of time" in ran.remark
    assert states(ran)[-1] == "not run"
    assert ran.seconds < 20


# --------------------------------------------------------------------------------------------------------------------
# Tricks


@pytest.mark.parametrize(
    "trick",
    [
        "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()",
        "import atexit, os\natexit.register(os._exit, 3)",
        "import signal\nfor s in (2, 14, 15, 17): signal.signal(s, signal.SIG_IGN)",
        "import builtins\nbuiltins.input = builtins.breakpoint = None",
        "import sys\nsys.stdout = sys.stderr = None",
        "import sys\nsys.stdout.close()",
        "import os\nos.close(0); os.close(1); os.close(2)",
        "from deqlib.course import check\ncheck.run_probe = check.grade = check.pack = lambda *a: b''",
        "import sys\nsys.modules['deqlib.course.check'] = sys.modules['numpy'] = None",
        "import sys\nsys.settrace(lambda *a: None)",
        "import os\nif os.fork() == 0:\n    while True: pass",
        "import os\nos.chdir('/')",
        "torch = 'mine'\ncheck = 'mine'",
        "import sys\nsys.setrecursionlimit(60000)",
    ],
)
def test_what_is_done_to_the_process_costs_nobody_an_honest_answer(runner, trick):
    ran = runner.run(work(trick + "\n" + GOOD), seed=0)
    assert value(ran) == 4.0


CALLS_DEQLIB = "import deqlib\nsolve = deqlib.solve\ndef inner(x):\n    return solve(lambda z: x / 2 + z / 2, x).z\n"


@pytest.mark.parametrize(
    "how",
    [
        "def answer(x): return inner(x)",
        "import sys\ndef answer(x):\n    sys.setprofile(None)\n    return inner(x)",
        "import sys\ndef answer(x):\n    p = sys.getprofile(); sys.setprofile(None)\n    z = inner(x)\n"
        "    sys.setprofile(p)\n    return z",
        "import sys\nsys.setprofile = lambda f: None\ndef answer(x): return inner(x)",
        "import threading\ndef answer(x):\n    out = []\n    def run(): out.append(inner(x))\n"
        "    t = threading.Thread(target=run); t.start(); t.join()\n    return out[0]",
    ],
)
def test_an_answer_that_calls_deqlibs_own_is_worth_nothing(runner, how):
    ran = runner.run(work(CALLS_DEQLIB + how), seed=0)
    assert states(ran) == ["failed"]


def test_there_is_no_source_of_deqlibs_core_for_another_python_to_import(runner):
    size = """
        import deqlib, os, subprocess
        file = os.path.join(os.path.dirname(deqlib.__file__), "solve.py")
        return torch.tensor(float(subprocess.check_output(["/usr/bin/wc", "-c", file]).split()[0]))
    """
    assert value(runner.run(work(inside(size)), seed=0)) == 0.0


def test_an_answer_that_takes_the_profiler_away_is_told(runner):
    ran = runner.run(work("import sys\ndef answer(x):\n    sys.setprofile(None)\n    return x"), seed=0)
    assert "profiler" in ran.outcomes["e0-a"].message


def test_values_cannot_be_sent_for_another_test(runner):
    forge = """
    import os, struct
    from deqlib.course import check
    def answer(x):
        data = check.pack({"value": 4.0, "seed": 0})
        forged = struct.pack("!BQ", 0, len(data)) + data
        for fd in range(3, 256):   # whatever is open: its own test's pipe, and what else there may be
            try: os.write(fd, forged * 3)
            except OSError: pass
        return x
    """
    ran = runner.run(work(textwrap.dedent(forge), inside("raise NotImplementedError")), seed=0)
    assert states(ran)[1] == "not solved"


def test_a_shell_that_answers_for_itself_earns_nothing(runner):
    forge = """
    import os
    for fd in range(3, 256):
        try: os.write(fd, bytes(8) * 1000)
        except OSError: pass
    """
    ran = runner.run(work(textwrap.dedent(forge), inside("raise NotImplementedError"), GOOD), seed=0)
    assert "values" not in states(ran)[:2] or value(ran) == 4.0
    assert set(states(ran)) <= {"values", "not solved", "crashed", "failed", "not run", "timed out"}
    assert states(ran)[1] != "values"


@pytest.mark.parametrize(
    "killer", ["os.kill(os.getppid(), 9)", "os.kill(-1, 9)", "os.kill(1, 9); os.kill(os.getppid(), 19)"]
)
def test_killing_its_parents_costs_only_its_own_test(runner, killer):
    ran = runner.run(work(GOOD, inside(f"import os\n{killer}\nreturn x"), GOOD), seed=0)
    assert states(ran)[::2] == ["values", "values"]
    assert runner.run(work(GOOD), seed=0).remark == ""


@pytest.mark.parametrize(
    "odd",
    [
        "return type('Any', (), {'__eq__': lambda *a: True, '__float__': lambda s: 0.0})()",
        "return {'a': object()}",
        "return torch.tensor([1j])",
        "import numpy\nreturn numpy.array([object()])",
        "return (k for k in range(3))",
    ],
)
def test_what_is_no_number_does_not_cross(runner, odd):
    ran = runner.run(work(inside(odd)), seed=0)
    assert states(ran) == ["failed"]


def test_text_is_plain_and_short():
    text = plain("\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202eturned\u202c\tand\nnext" + "x" * 100, 60)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.startswith("red ")
    assert len(text) < 70


# --------------------------------------------------------------------------------------------------------------------
# Nothing is left


def test_thirty_submissions_leave_nothing(runner):
    me = psutil.Process()
    runner.run(work(GOOD), seed=0)

    def held():
        below = me.children(recursive=True)
        try:
            return me.num_fds(), len(below), sum(p.num_fds() for p in below)
        except psutil.AccessDenied:  # an ordinary user may not look into the sandbox
            return me.num_fds(), len(below)

    def settled():  # on a busy machine a process that was ended takes a moment to be gone
        now, then = held(), None
        while now != then:
            time.sleep(0.5)
            now, then = held(), now
        return now

    before, memory = settled(), me.memory_info().rss
    for seed in range(30):
        second = "import os; os._exit(1)" if seed % 5 == 0 else GOOD
        assert states(runner.run(work(GOOD, second), seed)) == ["values"] * 2
    assert settled() == before
    assert me.memory_info().rss - memory < 20 << 20
    assert sum(p.memory_info().rss for p in me.children(recursive=True)) < 1 << 30


def test_a_server_that_died_is_started_again(runner):
    runner._server._process.kill()
    runner._server._process.wait()
    assert states(runner.run(work(GOOD), seed=0)) == ["values"]


def test_leaving_ends_the_server():
    with Runner(find(), LIMITS) as own:
        own.run(work(GOOD), seed=0)
        processes = psutil.Process(own._server._process.pid).children(recursive=True)
    psutil.wait_procs(processes, timeout=5)
    assert processes
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here runs as an ordinary user then")
def test_an_ordinary_user_can_grade_too():
    home = Path(pwd.getpwuid(0).pw_dir)
    inside = [Path(p) for p in dict.fromkeys((sys.base_prefix, ROOT, sys.prefix)) if home in Path(p).parents]
    prefixes = [w for p in inside for above in reversed(p.parents) if home in above.parents for w in ("--dir", above)]
    prefixes += [word for p in inside for word in ("--ro-bind", p, p)]
    # Root's home, where Python may lie, is replaced by one that others may enter.
    outer = ["bwrap", "--dev-bind", "/", "/", "--perms", "0755", "--tmpfs", home, *prefixes]
    outer += ["--cap-add", "ALL", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    code = (
        "import sys; sys.path.insert(0, 'tests'); from test_grading_sandbox import *; import os\n"
        "with Runner(find(), LIMITS) as r: print(os.geteuid(), states(r.run(work(GOOD), 0)))"
    )
    inner = ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", sys.executable, "-B", "-c", code]
    ran = subprocess.run([*outer, *inner], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.stdout.strip() == "65534 ['values']", ran.stderr


def test_without_a_sandbox_it_runs_all_the_same():
    with Runner(find("none"), LIMITS) as bare:
        ran = bare.run(work(GOOD, inside("import os; os._exit(1)"), inside("while True: pass"), GOOD), seed=2)
        assert states(ran) == ["values", "crashed", "timed out", "values"]
        assert states(bare.run(work(GOOD), seed=2)) == ["values"]


def test_an_environment_under_a_folder_that_each_submission_gets_anew_is_found_elsewhere() -> None:
    assert places.place("/tmp/course/.venv/bin/python") == "/opt/tmp/course/.venv/bin/python"
    assert places.place("/srv/tmp/.venv/bin/python") == "/srv/tmp/.venv/bin/python"


def test_an_environment_that_is_the_course_itself_is_refused(tmp_path, monkeypatch):
    (tmp_path / "solutions").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(CourseError, match="folder of its own"):
        find()
