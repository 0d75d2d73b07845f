"""Attacks on the machine, the grader and other people's work. What is solved in them still counts.

Each would be harmless if it worked: it touches a marker, reads a file made for it, reaches a port that the test
opened, or starts processes that end by themselves. `saw` prints a line that must appear nowhere in the results.
"""

from __future__ import annotations

from submissions.making import AT_MOST, FULL, TOKEN, Book, hostile

SAW = 'def saw(*what):\n    print("deq" "hostile" " saw", *what)\n'
NAMED = f"""
import ctypes, os, signal, subprocess, sys, time
def named():
    ctypes.CDLL(None).prctl(15, b"{TOKEN}", 0, 0, 0)
"""


def attack(code: str, after: str = "setup", remark: str = "", earns: object = FULL) -> object:
    """Register a submission with everything solved and the cell `code` of its own; `@` in it is the scene."""

    def register(says: object) -> object:
        def make(book: Book) -> None:
            book.solve()
            scene = book.scene
            text = code.replace("@outside", str(scene.outside)).replace("@tcp", str(scene.tcp))
            text = text.replace("@udp", str(scene.udp)).replace("@unix", str(scene.unix))
            book.own(SAW + NAMED + text, after=after)

        make.__name__, make.__doc__ = says.__name__, says.__doc__  # type: ignore[attr-defined]
        hostile("01", earns, remark)(make)
        return says

    return register


@attack("""
for mode in ("w", "a", "x"):
    try:
        open("@outside/marker", mode).write("x")
        saw("a file of its own outside")
    except OSError:
        pass
""")
def writes_outside() -> None:
    "A file written to a folder outside."


@attack("""
for path in ("@outside/secret.txt", "/etc/shadow", "/etc/passwd", "/root/.ssh/id_rsa", "/proc/1/environ", "/proc/1/root@outside/secret.txt"):
    try:
        text = open(path).read()
        if "deqlib-secret" in text or "root:" in text or "PATH=/root" in text:
            saw(path)
    except OSError:
        pass
""")
def reads_outside() -> None:
    "Files that are not its own read, also through /proc/1/root."


@attack("""
import glob
for pid in glob.glob("/proc/[0-9]*"):
    for name in ("environ", "cmdline", "cwd", "root", "maps", "mem", "fd"):
        try:
            if name in ("cwd", "root"):
                if os.path.exists(pid + "/" + name + "@outside"): saw(pid, name)
            elif name == "fd":
                for fd in os.listdir(pid + "/fd"):
                    if "outside" in os.readlink(f"{pid}/fd/{fd}"): saw(pid, fd)
            elif b"deqlib-secret" in open(pid + "/" + name, "rb").read(1 << 16): saw(pid, name)
        except OSError:
            pass
""")
def reads_proc() -> None:
    "Every process's environment, folder, root, maps and open files."


@attack("""
import socket
for kind, address in ((socket.SOCK_STREAM, ("127.0.0.1", @tcp)), (socket.SOCK_DGRAM, ("127.0.0.1", @udp))):
    try:
        with socket.socket(socket.AF_INET, kind) as s:
            s.settimeout(1)
            s.connect(address)
            s.send(b"deqhostile")
    except OSError:
        pass
""")
def connects_to_loopback() -> None:
    "TCP and UDP to ports on loopback."


@attack("""
import socket
for path in ("@unix", "\\0deqhostile", "/run/dbus/system_bus_socket", "/var/run/docker.sock", "/tmp/.X11-unix/X0"):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(path)
            s.send(b"deqhostile")
            saw(path)
    except OSError:
        pass
""")
def connects_to_unix_sockets() -> None:
    "Unix sockets in the file system and abstract ones."


@attack("""
import socket
for family, kind, proto in ((2, 3, 1), (17, 3, 3), (16, 3, 0), (40, 1, 0), (10, 1, 0)):
    try:
        s = socket.socket(family, kind, proto)
        if family in (2, 17): saw("raw socket", family)
        s.close()
    except OSError:
        pass
try:
    socket.setdefaulttimeout(2)
    socket.getaddrinfo("example.com", 80)
    saw("dns")
except OSError:
    pass
try:
    saw(__import__("urllib.request").request.urlopen("http://169.254.169.254/", timeout=2).status)
except OSError:
    pass
""")
def raw_sockets_and_names() -> None:
    "Raw and packet sockets, a name looked up, a cloud's metadata server."


@attack("""
children = []
for k in range(300):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        named()
        time.sleep(15)
        os._exit(0)
    children.append(pid)
if len(children) >= 200: saw(len(children), "processes")
""", earns=AT_MOST)
def fork_bomb() -> None:
    "300 processes at once."


@attack("""
import threading
started = 0
try:
    for k in range(2000):
        threading.Thread(target=time.sleep, args=(8,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
if started >= 1500: saw(started, "threads")
""", earns=AT_MOST)
def two_thousand_threads() -> None:
    "2,000 threads at once."


@attack("""
blocks = []
try:
    for k in range(60):
        blocks.append(bytearray(b"x" * (100 << 20)))
    saw("6 GB held")
except MemoryError:
    pass
blocks.clear()
""")
def memory_hog() -> None:
    "6 GB in one process, in steps of 100 MB."


@attack("""
held = 0
try:
    for k in range(120):
        fd = os.memfd_create("deqhostile")
        try:
            held += os.write(fd, b"x" * (50 << 20))
        except OSError:
            break
except OSError:
    pass
if held > 5 << 30: saw(held >> 20, "MB in memory files")
for fd in range(20, 200):
    try:
        if "memfd" in os.readlink(f"/proc/self/fd/{fd}"): os.close(fd)
    except OSError:
        pass
""", remark="")
def memory_in_files() -> None:
    "Memory held by files that have no name, which no limit on address space counts."


@attack("""
readers = []
for k in range(4):
    r, w = os.pipe()
    if os.fork() == 0:
        named()
        block = []
        try:
            for _ in range(14):
                block.append(bytearray(b"x" * (100 << 20)))
            os.write(w, b"x")
        except MemoryError:
            pass
        time.sleep(3)
        os._exit(0)
    os.close(w)
    readers.append(r)
full = sum(len(os.read(r, 1)) for r in readers)
if full == 4: saw("5.6 GB in four processes")
""")
def memory_in_several_processes() -> None:
    "1.4 GB in each of four processes."


@attack("""
written = 0
for folder in (".", "/tmp", "/dev/shm", "/var/tmp", "/home", "/run", "/dev", "/dev/mqueue"):
    try:
        with open(folder + "/deqhostile", "wb") as file:
            for k in range(300):
                file.write(b"x" * (1 << 20))
                file.flush()
                written += 1 << 20
    except OSError:
        pass
if written >= 250 << 20: saw(written >> 20, "MB on the disk")
count = 0
try:
    for k in range(100_000):
        open(f"/tmp/deqhostile-{k}", "w").close()
        count += 1
except OSError:
    pass
if count >= 90_000: saw(count, "files")
""")
def fills_the_disk() -> None:
    "Large files and many files, wherever they can be written."


@attack("os._exit(0)", after="cobweb_points-b", remark="ended the process")
def ends_its_process() -> None:
    "os._exit(0) in an own cell."


@attack("ctypes.string_at(0)", after="cobweb_points-b", remark="ended the process")
def segmentation_fault() -> None:
    "A null pointer read."


@attack("os.abort()", after="cobweb_points-b", remark="ended the process")
def aborts() -> None:
    "abort(), which would leave a core file."


@attack("""
for pid in (os.getppid(), 1, -1, 0):
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL, signal.SIGHUP):
        try:
            os.kill(pid, number)
        except OSError:
            pass
time.sleep(0.5)
""", remark="ended the process")
def kills_everything() -> None:
    "Signals to the parent, to process 1, to its group and to all processes."


@attack("""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        named()
        for fd in range(64):
            try:
                os.close(fd)
            except OSError:
                pass
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    os._exit(0)
os.wait()
""")
def leaves_a_daemon() -> None:
    "A double fork with setsid that ignores signals and sleeps for ten minutes."


@attack("""
subprocess.Popen(["sleep", "613"], start_new_session=True)
subprocess.Popen("nohup sleep 613 >/dev/null 2>&1 &", shell=True)
""")
def leaves_commands() -> None:
    "Commands in the background, with nohup."


@attack("""
libc = ctypes.CDLL(None, use_errno=True)
for pid in [os.getppid(), 1]:
    if libc.ptrace(16, pid, 0, 0) == 0: saw("ptrace", pid)
buffer = ctypes.create_string_buffer(8)
class IOV(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
iov = IOV(ctypes.addressof(buffer), 8)
for pid in (os.getppid(), 1):
    if libc.process_vm_readv(pid, ctypes.byref(iov), 1, ctypes.byref(IOV(id(buffer), 8)), 1, 0) > 0: saw("memory of", pid)
""")
def ptrace() -> None:
    "ptrace and process_vm_readv on the parent."


@attack("""
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) == 0: saw("a user namespace")
if libc.unshare(0x00020000) == 0: saw("a mount namespace")
if libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0: saw("a mount")
if libc.chroot(b"/tmp") == 0: saw("chroot")
if libc.umount2(b"/tmp", 2) == 0: saw("umount")
if libc.setuid(0) == 0 and os.getuid() == 0: saw("root")
if libc.sethostname(b"deqhostile", 10) == 0: saw("a hostname")
for path, kind in (("/tmp/sda", 0o60666), ("/tmp/mem", 0o20666)):
    try:
        os.mknod(path, kind, os.makedev(1, 1))
        open(path, "rb").read(1)
        saw("a device", path)
    except OSError:
        pass
""")
def namespaces_mounts_and_devices() -> None:
    "unshare, mount, chroot, setuid, hostname and device files."


@attack("""
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/proc/self/oom_score_adj",
             "/proc/1/oom_score_adj", "/proc/sys/vm/drop_caches", "/sys/fs/cgroup/cgroup.procs"):
    try:
        with open(path, "r+") as file:
            if path not in ("/proc/self/oom_score_adj",): saw("writable", path)
    except OSError:
        pass
""")
def kernel_settings() -> None:
    "Kernel settings opened for writing; nothing is written."


@attack("""
import glob
targets = ["@outside/secret.txt", "@outside"]
for k, target in enumerate(targets):
    for make in (os.symlink, os.link):
        try:
            make(target, f"deqhostile-{k}-{make.__name__}")
            open(f"deqhostile-{k}-{make.__name__}").read()
            saw("through a link", target)
        except OSError:
            pass
""")
def links_inside() -> None:
    "Symbolic and hard links made inside to files outside."


@attack("""
import sys, deqlib, torch
for base in {os.path.dirname(deqlib.__file__), os.path.dirname(torch.__file__), sys.prefix, "/usr/lib", "/opt", "/etc", "/usr/bin"}:
    try:
        open(base + "/deqhostile.py", "w").write("x")
        saw("wrote to", base)
    except OSError:
        pass
try:
    os.chmod(deqlib.__file__, 0o666)
    saw("chmod")
except OSError:
    pass
""")
def changes_the_installation() -> None:
    "Files written into deqlib, torch, the environment and the system."


@attack("""
for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
    try:
        for name in os.listdir(folder):
            if "crumb" in name: saw("what another left", folder, name)
        open(folder + "/crumb", "w").write("x")
    except OSError:
        pass
import multiprocessing.shared_memory as sm
try:
    sm.SharedMemory("crumb-memory")
    saw("shared memory of another")
except (OSError, ValueError):
    pass
shared = sm.SharedMemory("crumb-memory", create=True, size=100)
libc = ctypes.CDLL(None)
if libc.shmget(4242, 100, 0) != -1: saw("System V memory of another")
libc.shmget(4242, 100, 0o1666)
if libc.msgget(4242, 0) != -1: saw("a message queue of another")
libc.msgget(4242, 0o1666)
import torch
if hasattr(torch, "crumb"): saw("a module of another")
torch.crumb = 1
""")
def leaves_a_crumb() -> None:
    "Files, shared memory, queues and changed modules left for the next, and looked for."


@hostile("01", FULL)
def looks_for_the_crumb(book: Book) -> None:
    "The same again: whichever runs second would see the first."
    from submissions.making import ENTRIES

    ENTRIES["leaves-a-crumb"].make(book)


@attack("""
import socket
secrets_ = []
for fd in range(3, 256):
    try:
        kind = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        continue
    harmless = ("/dev/null", "/tmp", "/dev/urandom", "/memfd", os.path.expanduser("~"))
    if kind[0] == "/" and not kind.startswith(harmless): saw("an open file", kind)
""")
def inherited_files() -> None:
    "Files of ours that are still open."


@attack("""
import json, socket, struct
for fd in range(3, 64):
    try:
        s = socket.socket(fileno=os.dup(fd))
        s.setblocking(False)
        for k in range(20):
            data = json.dumps({"failed": False}).encode()
            socket.send_fds(s, [struct.pack("!Q", len(data)) + data], [0, 0, 0, 0])
        s.detach()
    except (OSError, ValueError):
        pass
""", earns=AT_MOST)
def sends_open_files() -> None:
    "Answers with open files attached, which the grader would have to close."


SAY = """
import socket, struct
def say(head, body=b"", seconds=0.0):
    for fd in range(3, 64):
        try:
            s = socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        try:
            s.settimeout(0.5)
            s.sendall(head + body)
            end = time.time() + seconds
            while time.time() < end:
                s.sendall(body)
                time.sleep(0.05)
        except OSError:
            pass
"""


@attack(SAY + 'data = b"[" * 200_000\nsay(struct.pack("!Q", len(data)), data)', earns=AT_MOST)
def deep_json_for_the_grader() -> None:
    "An answer to the grader that is 200,000 brackets deep."


@attack(SAY + 'for text in (b"[]", b"3", b"null", b\'"x"\', b"{", b"", b"\\xff\\xfe"):\n    say(struct.pack("!Q", len(text)), text)', earns=AT_MOST)
def odd_json_for_the_grader() -> None:
    "Answers that are lists, numbers, null, nothing and no JSON."


@attack(SAY + 'say(struct.pack("!Q", 1 << 50), b"x" * 1000, seconds=30)', earns=AT_MOST)
def an_answer_without_an_end() -> None:
    "An answer that announces a petabyte and drips for half a minute: no single read ever takes long."


@attack(SAY + 'say(struct.pack("!Q", 1 << 32), b"x" * (1 << 20), seconds=6)', earns=AT_MOST)
def an_answer_that_grows() -> None:
    "An answer that announces 4 GB and sends it as fast as it is read, for some seconds."


@attack("signal.alarm(3)", after="empirical_rate-b")
def alarm_left_set() -> None:
    "An alarm that ends the process three seconds later, wherever it is then."


@attack("""
import threading
def later():
    time.sleep(2)
    os._exit(0)
threading.Thread(target=later, daemon=True).start()
""", earns=AT_MOST)
def ends_its_process_later() -> None:
    "A thread that ends the process some time later."


@attack("""
def tick(number, frame):
    signal.alarm(1)
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, tick)
signal.alarm(1)
""", earns=AT_MOST)
def interrupts_the_shell() -> None:
    "A signal handler that raises in whatever runs, also in the grader's own part of the process."


@attack("""
import resource
for name in dir(resource):
    if name.startswith("RLIMIT_"):
        try:
            soft, hard = resource.getrlimit(getattr(resource, name))
            resource.setrlimit(getattr(resource, name), (hard, hard))
            if name in ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NPROC") and hard == -1: saw("no limit", name)
        except (OSError, ValueError):
            pass
try:
    os.nice(-10)
    saw("a better nice value")
except OSError:
    pass
""")
def lifts_its_limits() -> None:
    "Its limits raised as far as they go."


@attack("""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
""", earns=AT_MOST)
def starves_itself() -> None:
    "16 open files allowed, so that the grader's own part of the process fails at something."


@attack("""
print("\\x1b[2J\\x1b]0;deqhostile\\x07\\x1b[31m" * 3)
print("<script>document.title='deqhostile'</script><img src=x onerror=alert(1)>")
print("\\u202egnp.exe \\x00 \\ud800".encode("utf-8", "replace").decode())
from IPython.display import HTML, Javascript, display
display(HTML("<script>alert('deqhostile')</script>"), Javascript("alert(1)"))
raise ValueError("</pre><script>alert(2)</script>{{ 7 * 7 }}{% include '/etc/passwd' %}")
""")
def scripts_in_outputs() -> None:
    "Escape sequences, scripts, templates and halves of characters in outputs and errors."


@attack("""
import shutil
for folder in (".", "/tmp", os.path.expanduser("~"), "/"):
    shutil.rmtree(folder, ignore_errors=True)
""")
def deletes_everything() -> None:
    "Everything deleted that can be deleted."


@attack("""
readers = []
try:
    for k in range(100):
        r, w = os.pipe()
        os.set_blocking(w, False)
        import fcntl
        fcntl.fcntl(w, 1031, 1 << 20)
        while True:
            os.write(w, b"x" * 65536)
except OSError:
    pass
""", earns=AT_MOST)
def fills_pipes() -> None:
    "Every file descriptor and every pipe buffer used up."


@attack("""
deadline = time.time() + 4
while time.time() < deadline:
    try:
        if os.fork() == 0:
            named()
            if os.fork() != 0: os._exit(0)
            os.setsid()
            if time.time() > deadline: os._exit(0)
            time.sleep(0.2)
            os._exit(0)
        os.wait()
    except OSError:
        time.sleep(0.05)
""")
def runs_from_the_broom() -> None:
    "Processes that are always gone before they can be killed, for four seconds."


@attack("""
import sys
sys.stdout.write("x" * 100)
os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
os.close(0)
""")
def redirects_its_output() -> None:
    "Standard output and error pointed elsewhere, standard input closed."


@attack("for fd in range(3, 256):\n    try:\n        os.close(fd)\n    except OSError:\n        pass", earns=AT_MOST)
def closes_everything() -> None:
    "Every file descriptor closed, the grader's link among them."


@attack("""
import io
def hold():
    time.sleep(40)
if os.fork() == 0:
    named()
    hold()
    os._exit(0)
""")
def holds_the_output_open() -> None:
    "A child that keeps the output's pipe open after its parent has ended."
