"""Answers that call deqlib's own GMRES in place of solving exercise 4.2, by every way there is to it.

What cannot be caught, and is not here: a copy of deqlib's text in the answer. It is code that the student handed in.
"""

from __future__ import annotations

from submissions.making import Book, hostile

CALL = "{}(lambda w: (w.unsqueeze(1) @ J).squeeze(1), v, rtol=1e-14, max_calls=400).u"


def route(body: str, own: str = "") -> object:
    """Register an answer whose body ends in a call of gmres; `GMRES` in it stands for the call's text."""

    def register(says: object) -> object:
        def make(book: Book) -> None:
            lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
            book.answer("adjoint_dense", "def adjoint_dense(J, v):\n" + lines.replace("GMRES", CALL.format("gmres")))
            if own:
                book.own(own)

        make.__name__, make.__doc__ = says.__name__, says.__doc__  # type: ignore[attr-defined]
        hostile("04", {}, name=says.__name__.replace("_", "-"))(make)  # type: ignore[attr-defined]
        return says

    return register


@route("from deqlib import gmres\nreturn GMRES")
def deqlib_imported() -> None:
    "Imported in the answer."


@route("return GMRES", "from deqlib.linear import gmres")
def deqlib_imported_above() -> None:
    "Imported in an own cell."


@route("""
import importlib.util, deqlib.linear
spec = importlib.util.spec_from_file_location("mine", deqlib.linear.__file__)
mine = importlib.util.module_from_spec(spec)
import sys
sys.modules["mine"] = mine
spec.loader.exec_module(mine)
gmres = mine.gmres
return GMRES
""")
def deqlib_loaded_a_second_time() -> None:
    "Its file loaded as a module of another name."


@route("""
import deqlib.linear, sys, types
text = open(deqlib.linear.__file__).read()
sys.modules["mine"] = space = types.ModuleType("mine")
exec(compile(text, "mine.py", "exec"), space.__dict__)
gmres = space.gmres
return GMRES
""")
def deqlib_read_and_executed() -> None:
    "Its source read from the disk and executed under another file's name."


@route("""
import gc
gmres = next(o for o in gc.get_objects() if getattr(o, "__name__", "") == "gmres" and hasattr(o, "__code__"))
return GMRES
""")
def deqlib_found_by_the_garbage_collector() -> None:
    "Its function found among all objects."


@route("""
import sys
gmres = getattr(sys.modules["deq" + "lib.lin" + "ear"], "gm" + "res")
return GMRES
""")
def deqlib_by_a_hidden_name() -> None:
    "Its function reached without writing its name."


@route("""
import sys
gmres = __import__("deqlib").gmres
before = sys.getprofile()
sys.setprofile(None)
try:
    return GMRES
finally:
    sys.setprofile(before)
""")
def deqlib_with_the_profiler_off() -> None:
    "The profiler taken off for the call and put back."


@route("""
import ctypes
gmres = __import__("deqlib").gmres
ctypes.pythonapi.PyEval_SetProfile(None, None)
return GMRES
""")
def deqlib_with_the_profiler_off_in_c() -> None:
    "The profiler taken off through ctypes."


@route("""
import threading
gmres, out = __import__("deqlib").gmres, []
thread = threading.Thread(target=lambda: out.append(GMRES))
thread.start()
thread.join()
return out[0]
""")
def deqlib_in_a_thread() -> None:
    "Called in a thread, where no profiler looks."


@route("""
import sys
gmres = __import__("deqlib").gmres
u = GMRES
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, set):
            value.clear()
    frame = frame.f_back
return u
""")
def deqlib_and_the_record_wiped() -> None:
    "What the profiler noted, found in the frames above and wiped."


@route("""
import os
gmres, (inside, outside) = __import__("deqlib").gmres, os.pipe()
import pickle
if os.fork() == 0:
    os.write(outside, pickle.dumps(GMRES.numpy()))
    os._exit(0)
os.close(outside)
data = b""
while part := os.read(inside, 1 << 16):
    data += part
os.wait()
return torch.from_numpy(pickle.loads(data))
""")
def deqlib_in_a_fork() -> None:
    "Called in a child process, which sends the result back."


@route("""
import subprocess, sys, io
file = io.BytesIO()
torch.save((J, v), file)
code = "import sys, io, torch, deqlib; J, v = torch.load(io.BytesIO(sys.stdin.buffer.read())); gmres = deqlib.gmres; "
code += "f = io.BytesIO(); torch.save(GMRES, f); sys.stdout.buffer.write(f.getvalue())"
ran = subprocess.run([sys.executable, "-c", code], input=file.getvalue(), capture_output=True)
return torch.load(io.BytesIO(ran.stdout))
""")
def deqlib_in_another_python() -> None:
    "Called by another Python, started for it."


@route("return ask(J, v)", """
import os, pickle, socket, threading
def serve(link):
    from deqlib import gmres
    while True:
        data = link.recv(1 << 20)
        if not data:
            os._exit(0)
        J, v = map(torch.from_numpy, pickle.loads(data))
        link.send(pickle.dumps((lambda w: w)(gmres(lambda w: (w.unsqueeze(1) @ J).squeeze(1), v, rtol=1e-14, max_calls=400).u.numpy())))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if os.fork() == 0:
    ours.close()
    serve(theirs)
theirs.close()
def ask(J, v):
    ours.send(pickle.dumps((J.numpy(), v.numpy())))
    return torch.from_numpy(pickle.loads(ours.recv(1 << 20)))
""")
def deqlib_by_a_server_started_before() -> None:
    "A process started in an own cell, asked through a socket."


@route("""
import sys
wrap = __import__("deqlib").gmres
class Profile:
    pass
sys.setprofile(lambda *a: None)
import functools
gmres = functools.partial(wrap)
return GMRES
""")
def deqlib_with_another_profiler() -> None:
    "Another profiler put in the place of ours, and left there."


@route("return GMRES", """
from deqlib import check_gradient, linear
def gmres(*a, **k):
    import sys
    hooks, sys.setprofile = sys.setprofile, lambda *a: None
    try:
        hooks(None)
        return linear.gmres(*a, **k)
    finally:
        sys.setprofile = hooks
""")
def deqlib_behind_a_wrapper() -> None:
    "A function of the student's own that takes the profiler off and calls it."
