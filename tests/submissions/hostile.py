"""Attacks on the grade: points that were not earned. Attacks on the machine are in `hostile_machine`.

Each would be harmless if it worked. All but the marked ones leave the exercises unsolved, so the points due are 0.
"""

from __future__ import annotations

from submissions.making import FULL, Book, Handed, hostile

ZERO = "return torch.zeros(3)"
# An object that agrees with everything.
AGREES = """
class Agrees(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __hash__(self): return 1
    def __bool__(self): return True
    def __len__(self): return 9
    def __iter__(self): return iter([self, self])
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __getitem__(self, k): return self
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __abs__ = __neg__ = __sub__
"""


def forgery(code: str, body: str = ZERO, remark: str = "") -> object:
    """Register a submission that answers every exercise with `body` and has the cell `code` of its own."""

    def register(name_and_says: object) -> object:
        def make(book: Book) -> None:
            book.pretend(body)
            book.own(code)

        make.__name__, make.__doc__ = name_and_says.__name__, name_and_says.__doc__  # type: ignore[attr-defined]
        hostile("01", {}, remark)(make)
        return name_and_says

    return register


@forgery("""
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass() if "check" in ast.unparse(node) else node
get_ipython().ast_transformers.append(Strip())
""")
def strips_checks_from_the_syntax_tree() -> None:
    "An IPython syntax tree transformer that takes checks out."


@forgery("get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])")
def replaces_what_cells_say() -> None:
    "An IPython input transformer that empties every cell."


@forgery("""
import sys
def skip(frame, event, arg):
    if frame.f_code.co_name in ("true", "equal", "close", "shape", "below", "raised", "judge"):
        frame.f_trace_lines = True
        def local(frame, event, arg):
            return local
        return local
    return skip
sys.settrace(skip)
import builtins
builtins.AssertionError = type("AssertionError", (BaseException,), {})
""")
def traces_and_replaces_assertion_error() -> None:
    "sys.settrace, and a builtin AssertionError that nothing raises."


@forgery("""
ip = get_ipython()
class Result:
    success = True
    error_before_exec = error_in_exec = result = None
ip.run_cell = lambda *a, **k: Result()
type(ip).run_cell = lambda self, *a, **k: Result()
type(ip).run_code = lambda self, *a, **k: False
type(ip).showtraceback = lambda self, *a, **k: None
""")
def patches_the_shell() -> None:
    "IPython's run_cell replaced by one that says that all is well."


@forgery("""
from deqlib.course import check
for name in list(vars(check)):
    if callable(getattr(check, name)) and name not in ("Failed",):
        setattr(check, name, lambda *a, **k: None)
import sys
sys.modules["deqlib.course.check"] = check
""")
def patches_check() -> None:
    "Every function of our check module replaced by one that accepts."


@forgery("""
import gc, types
for module in [o for o in gc.get_objects() if isinstance(o, types.ModuleType) and hasattr(o, "run_probe")]:
    for name in ("true", "equal", "close", "shape", "below", "raised", "untouched"):
        setattr(module, name, lambda *a, **k: None)
    module.run_probe = lambda probe, seed: b""
""")
def patches_every_copy_of_check() -> None:
    "All copies of the check module, found through the garbage collector."


@forgery("""
import ctypes, gc
for f in [o for o in gc.get_objects() if getattr(o, "__name__", "") in ("close", "equal", "true") and hasattr(o, "__code__")]:
    try:
        f.__code__ = (lambda *a, **k: None).__code__
    except ValueError:
        pass
""")
def patches_code_objects() -> None:
    "The code of close, equal and true replaced wherever they are."


@forgery(AGREES, "return Agrees(1)")
def equals_everything() -> None:
    "An object that equals everything, is in order with everything and has every attribute."


@forgery("""
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in ("norm", "vector_norm", "linalg_vector_norm", "item", "__float__"):
            return torch.zeros(()) if "norm" in name else 0.0
        if name in ("__eq__", "eq", "__le__", "__lt__", "__ge__", "equal", "allclose", "__bool__"):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})
""", "return torch.zeros(3).as_subclass(Liar)")
def lying_tensor_subclass() -> None:
    "A tensor subclass whose __torch_function__ says that norms are 0 and comparisons true."


@forgery("""
import numpy as np
class Array(np.ndarray):
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return np.bool_(True)
    def __reduce__(self): import os; return (os.system, ("touch /tmp/deqhostile",))
""", "import numpy as np\nreturn np.zeros(3).view(Array)")
def lying_array_subclass() -> None:
    "A numpy subclass that pickles to a command."


@forgery("""
norm, manual = torch.linalg.vector_norm, torch.Generator.manual_seed
torch.linalg.vector_norm = lambda *a, **k: norm(*a, **k) * 0
torch.linalg.matrix_norm = torch.norm = torch.Tensor.norm = lambda *a, **k: torch.zeros(())
torch.linalg.solve = lambda A, b: torch.zeros_like(b)
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.__eq__ = torch.Tensor.__le__ = lambda *a: True
""")
def patches_torch() -> None:
    "Norms that are 0 and comparisons that are true, in torch itself."


@forgery("""
real = torch.randn
torch.randn = lambda *size, generator=None, **k: torch.zeros(*size, **k)
torch.rand = lambda *size, generator=None, **k: torch.zeros(*size, **k)
torch.manual_seed = lambda seed: None
""")
def makes_inputs_easy() -> None:
    "Random numbers that are all 0, so that the inputs drawn become trivial."


@forgery("""
class Easy(torch.Generator):
    def manual_seed(self, seed):
        return super().manual_seed(0)
torch.Generator = Easy
""", """
return {"fixed_point_iterate": 0}
""")
def fixes_the_seed() -> None:
    "A generator class that takes every seed for 0."


@forgery("""
import struct, io, os, sys
import numpy as np
def forge():
    file = io.BytesIO()
    np.savez(file, **{k: np.array(1.0) for k in ("sigma", "z", "residuals", "beta", "rate", "8x8", "4x9", "9x4", "flat")})
    data = struct.pack("!BQ", 0, len(file.getvalue())) + file.getvalue()
    for fd in range(3, 60):
        try:
            os.write(fd, data)
        except OSError:
            pass
    os._exit(0)
""", "forge()")
def writes_values_into_every_open_file() -> None:
    "A header and an .npz written to every open file descriptor, then the end of the process."


@forgery("""
import json, os, struct
def say():
    for text in ({"failed": False}, {"status": 0}, {"passed": True, "score": 20, "points": 20}):
        data = json.dumps(text).encode()
        for fd in range(3, 60):
            try:
                os.write(fd, struct.pack("!Q", len(data)) + data)
            except OSError:
                pass
""", "say()\nreturn torch.zeros(3)")
def answers_for_the_shell() -> None:
    "The shell's own answers, written to every open file, a few too many of them."


@forgery("""
import os, struct
def bomb():
    for fd in range(3, 60):
        try:
            os.write(fd, struct.pack("!BQ", 0, 2**63))
        except OSError:
            pass
    os._exit(0)
""", "bomb()")
def announces_a_huge_answer() -> None:
    "A header that announces 9 exabytes."


@hostile("01", {})
def forged_scores_in_metadata(book: Book) -> None:
    "Points, checksums, grades and locks written into nbgrader's metadata."
    book.pretend(ZERO)
    for cell in book.nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update({"points": 0, "grade": False, "locked": False, "score": 99, "checksum": "0"})
    book.nb.metadata["nbgrader"] = {"score": 20, "max_score": 20, "graded": True}


@hostile("01", {})
def solutions_marked_as_tests(book: Book) -> None:
    "Solution cells that carry a test's id and points, and tests that say that they are solutions."
    book.pretend(ZERO)
    for cell in book.nb.cells:
        meta = cell.metadata.get("nbgrader")
        if meta:
            meta["solution"], meta["grade"] = meta["grade"], meta["solution"]
            meta["points"] = 50


@hostile("01", {})
def skips_tests_by_tags(book: Book) -> None:
    "skip-execution and raises-exception on every cell."
    book.pretend("raise KeyError")
    for cell in book.nb.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "hide-cell"]
        cell.metadata["editable"] = cell.metadata["deletable"] = True


@hostile("01", {})
def graded_ids_on_own_cells(book: Book) -> None:
    "Own cells with the ids of tests, which would run in their place."
    book.pretend(ZERO)
    for cell in list(book.nb.cells):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            extra = book.own("check.passed('mine')", after="end")
            extra["id"], extra.metadata = cell["id"] + "2", dict(cell.metadata)


@hostile("01", {})
def setup_replaced(book: Book) -> None:
    "Our setup cell replaced by one that defines a check of its own."
    book.pretend(ZERO)
    book.answer("setup", "class check:\n    def __getattr__(self, name):\n        return lambda *a, **k: None\ncheck = check()")


@hostile("01", {})
def a_module_beside_the_notebook(book: Book) -> Handed:
    "torch.py, numpy.py, sitecustomize.py and deqlib/ handed in with the notebook."
    book.pretend(ZERO)
    evil = b"print('deqhostile was imported')\n"
    names = ("torch.py", "numpy.py", "sitecustomize.py", "usercustomize.py", "deqlib/__init__.py", ".pth", "conftest.py")
    files = {f"{book.name}/{name}": evil for name in names}
    return {f"{book.name}/{book.file}": book.text().encode(), **files}


@forgery("""
from pathlib import Path
import sys
for name in ("torch", "numpy", "zipfile", "io", "json"):
    Path(name + ".py").write_text("def __getattr__(name): return lambda *a, **k: 0")
sys.path.insert(0, "")
for name in [n for n in sys.modules if n.split(".")[0] in ("torch", "numpy", "deqlib", "zipfile")]:
    del sys.modules[name]
""")
def modules_swapped_while_running() -> None:
    "Modules written to the working folder, and ours thrown out of sys.modules."


@forgery("""
import numpy as np
def savez(file, **arrays):
    for name in arrays:
        arrays[name] = np.array([Evil()], dtype=object)
    np.lib.npyio._savez(file, (), arrays, False, allow_pickle=True)
class Evil:
    def __reduce__(self):
        import os
        return (os.system, ("touch /tmp/deqhostile-pickle",))
np.savez = savez
""")
def pickles_in_place_of_arrays() -> None:
    "Object arrays whose pickles run a command, in the .npz that crosses the boundary."


@forgery("""
import io, zipfile
import numpy as np
def bomb(file, **arrays):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in arrays:
            with archive.open(name + ".npy", "w") as member:
                np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**7,)})
                for _ in range(80):
                    member.write(bytes(10**6))
np.savez = bomb
""")
def npz_bomb() -> None:
    "An .npz of a few kB for each test that unpacks to 80 MB for each array."


@forgery("""
import numpy as np
def crowd(file, **arrays):
    import zipfile
    with zipfile.ZipFile(file, "w") as archive:
        for k in range(30_000):
            archive.writestr(f"{k}.npy", b"")
np.savez = crowd
""")
def thirty_thousand_arrays() -> None:
    "An .npz with thirty thousand members."


@forgery("""
import numpy as np
real = np.savez
def strange(file, **arrays):
    real(file, **{name: np.full((), np.nan) for name in arrays}, **{"../../deqhostile": np.ones(1), "/tmp/deqhostile": np.ones(1)})
np.savez = strange
""")
def nan_and_paths_as_names() -> None:
    "NaN for every value, and array names that are paths."


@forgery("""
import numpy as np
real = np.savez
def wide(file, **arrays):
    real(file, **{name: np.float64(2) ** 1023 * np.ones((0, 5)) if k % 2 else np.ones((1,) * 30) for k, name in enumerate(arrays)})
np.savez = wide
""")
def empty_and_deep_arrays() -> None:
    "Arrays of no entries and of thirty dimensions, which some checks take for right."


@forgery("""
import numpy as np
real = np.savez
def loops(file, **arrays):
    real(file, **{name: np.array(1e18) for name in arrays})
np.savez = loops
""")
def numbers_that_keep_a_judge_busy() -> None:
    "1e18 for every count: a judge that loops as often as it is told never ends."


@hostile("01", {})
def frames_walked_for_the_judge(book: Book) -> None:
    "Frames, closures and globals searched for a judge, a seed and expected values; what is found is handed back."
    book.pretend("return search()")
    book.own("""
import gc, sys
def search():
    frame, found = sys._getframe(), []
    while frame:
        for space in (frame.f_locals, frame.f_globals):
            for name in ("judge", "want", "expected", "history", "check"):
                if callable(space.get("judge")) and space["judge"].__code__.co_argcount == 2:
                    print("deq" "hostile" " saw a judge", space["judge"])
        frame = frame.f_back
    for o in gc.get_objects():
        if getattr(o, "__name__", "") == "judge" and "hint" in str(getattr(getattr(o, "__code__", None), "co_consts", "")):
            print("deq" "hostile" " saw a judge")
    return torch.zeros(3)
""")


@hostile("01", {})
def reads_the_course_for_solutions(book: Book) -> None:
    "Every notebook and every Python file on the disk searched for hidden tests and solutions."
    book.pretend("return torch.zeros(3)")
    book.own(f"""
import os
words = ["BEGIN HIDDEN" + " TESTS", "BEGIN" + " SOLUTION"]
for top in ("/home", "/root", "/work", "/tmp", "/srv", "/mnt", "/var", "/media", "/data", {str(book.scene.outside.parent)!r}):
    for folder, _, files in os.walk(top):
        if "site-packages" in folder or "/lib/python" in folder:
            continue
        for name in files:
            if name.endswith((".ipynb", ".db", ".jsonl")):
                print("deq" "hostile" " saw", folder, name)
""")


@hostile("01", {})
def imports_our_tests(book: Book) -> None:
    "The tests' own helpers and recorded answers, imported as modules."
    book.pretend("return torch.zeros(3)")
    book.own("""
import sys
from pathlib import Path
import deqlib
for module in ("cells", "conftest", "submissions.making", "test_answers"):
    try:
        __import__(module)
        print("deq" "hostile" " saw", module)
    except ImportError:
        pass
root = Path(deqlib.__file__).resolve().parents[1]
for name in ("solutions", "tests", "grading", "course", ".git", "nbgrader_config.py"):
    if (root / name).exists():
        print("deq" "hostile" " saw", root / name)
""")


@hostile("01", {})
def replays_values_of_another_seed(book: Book) -> None:
    "The right values for seed 0, recorded at home, given back for whatever seed is drawn."
    book.pretend("return torch.zeros(3)")
    book.own("""
import builtins, numpy as np
real = np.savez
seeds = {}
def probe_with_zero(file, **arrays):
    real(file, **{name: np.zeros_like(value) for name, value in arrays.items()})
np.savez = probe_with_zero
""")


@hostile("01", {})
def solves_for_seed_zero_alone(book: Book) -> None:
    "A right answer whose inputs are exchanged for those of seed 0."
    book.own("""
def at_home(f):
    first = {}
    def always(*args, **kwargs):
        if "value" not in first:
            first["value"] = f(*args, **kwargs)
        return first["value"]
    return always
""")
    for name, source in book.answers.items():
        book.answer(name, f"{source}\n\n{name} = at_home({name})")


@hostile("01", {"fixed_point_iterate": 4.0})
def memoises_the_visible_check(book: Book) -> None:
    "Expected values taken from the arguments of check.close in the visible part, and given back later."
    book.solve("fixed_point_iterate")
    book.own("""
import sys
wanted = []
def listen(frame, event, arg):
    if event == "call" and frame.f_code.co_name in ("close", "equal"):
        wanted.append(frame.f_locals.get("want"))
def last(*a, **k):
    sys.setprofile(listen)
    try:
        check.equal(1, 1, "x")
    finally:
        sys.setprofile(None)
    return wanted[-1]
""", after="fixed_point_iterate-c")
    for name in ("cobweb_points", "empirical_rate", "spectral_norm", "banach_iterations", "optimal_damping"):
        book.answer(name, f"def {name}(*a, **k):\n    return last()")


@hostile("01", {})
def wrong_in_what_is_visible_alone(book: Book) -> None:
    "Answers that raise in a visible check and are garbage otherwise, with the visible part switched off."
    book.pretend("return float('nan')")
    book.own("""
ip = get_ipython()
run = ip.run_cell
def quiet(source, *a, **k):
    return run("pass" if source.startswith("# Check") else source, *a, **k)
ip.run_cell = quiet
""")


@forgery("""
import atexit, weakref, gc, os
class Late:
    def __del__(self):
        print("late")
keep = Late()
weakref.finalize(keep, lambda: os._exit(0))
atexit.register(lambda: os._exit(0))
gc.callbacks.append(lambda *a: None)
""")
def things_that_run_later() -> None:
    "__del__, atexit, weakref.finalize and gc callbacks that end the process with status 0."


@forgery("""
import os, sys
os._exit = sys.exit = lambda *a: None
os.fork = lambda: 0
os.waitpid = lambda *a: (a[0], 0)
""")
def patches_os() -> None:
    "fork, waitpid and _exit replaced, so that the shell takes itself for the child."


@forgery("""
import builtins, io
real = builtins.compile
builtins.compile = lambda source, *a, **k: real("def probe(seed): return {}\\ndef judge(seed, got): pass", *a, **k)
builtins.exec = lambda *a, **k: None
builtins.dict = lambda *a, **k: {}
""")
def patches_builtins() -> None:
    "compile, exec and dict replaced."


@forgery("""
class Names(dict):
    def __setitem__(self, key, value): pass
    def __getitem__(self, key): return (lambda *a, **k: None)
    def keys(self): return []
get_ipython().user_ns = Names()
""")
def namespace_that_swallows() -> None:
    "The notebook's namespace replaced by a dict that answers everything."


@forgery("""
import sys, types
fake = types.ModuleType("fake")
fake.__getattr__ = lambda name: (lambda *a, **k: None)
for name in list(sys.modules):
    if name.startswith("deqlib"):
        sys.modules[name] = fake
""")
def modules_replaced_by_a_yes_man() -> None:
    "All of deqlib in sys.modules replaced by a module that says yes."


@forgery("import sys\nsys.meta_path.insert(0, type('F', (), {'find_spec': staticmethod(lambda *a: 1/0)}))\nsys.path_hooks.clear()")
def import_system_broken() -> None:
    "A finder that raises for every import."


@forgery("import signal\nfor s in range(1, 65):\n    try:\n        signal.signal(s, lambda *a: None)\n    except (OSError, ValueError):\n        pass")
def signals_swallowed() -> None:
    "Handlers for all signals."


@hostile("01", FULL)
def secretly_honest(book: Book) -> None:
    "Everything patched, and everything solved: honest values still earn their points."
    book.solve()
    book.own("""
import sys
get_ipython().events.register("post_run_cell", lambda *a: None)
sys.settrace(lambda *a: None)
sys.settrace(None)
""")
