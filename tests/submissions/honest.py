"""Honest work in every shape that honest work has: each gets exactly the points that it earned."""

from __future__ import annotations

import io
import json
import re
import zipfile

from submissions.making import FULL, Book, Handed, honest

RATES = {"empirical_rate": 3.0}
HALF = {"fixed_point_iterate": 4.0, "cobweb_points": 3.0, "empirical_rate": 3.0}


@honest("01", FULL)
def solved(book: Book) -> None:
    "Every exercise, as we would."
    book.solve()


@honest("01", HALF)
def first_half(book: Book) -> None:
    "The first three exercises."
    book.solve(*HALF)


@honest("01", RATES)
def one_exercise(book: Book) -> None:
    "One exercise in the middle."
    book.solve("empirical_rate")


@honest("01", {})
def untouched(book: Book) -> None:
    "The notebook as it was handed out."


@honest("01", FULL)
def own_helpers(book: Book) -> None:
    "A helper function in a cell of its own, used by an answer."
    book.solve()
    book.own("def stretch(W, v):\n    return W.T @ (W @ v)", after="empirical_rate-b")
    book.answer("spectral_norm", book.answers["spectral_norm"].replace("W.T @ (W @ v)", "stretch(W, v)"))


@honest("01", FULL)
def magics(book: Book) -> None:
    "Line and cell magics, shell commands and a question mark."
    book.solve()
    book.own("%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n!ls -la\nfiles = !ls")
    book.own("%%time\nx = sum(range(1000))")
    book.own("torch.cos?")
    book.own("%timeit -n 2 -r 1 sum(range(10))\n%load_ext autoreload\n%autoreload 2")
    book.own("%%bash\necho hello")


@honest("01", FULL)
def magic_on_top_of_an_answer(book: Book) -> None:
    "A %%time above an answer."
    book.solve()
    book.answer("spectral_norm", "%%time\n" + book.answers["spectral_norm"])


@honest("01", FULL)
def prints(book: Book) -> None:
    "Prints left in the answers, on both streams."
    book.solve()
    for name in ("spectral_norm", "banach_iterations"):
        book.insert(name, f'import sys\nprint("in {name}")\nprint("W", file=sys.stderr)')


@honest("01", FULL)
def figures(book: Book) -> None:
    "Figures, in own cells and inside an answer."
    book.solve()
    book.own("import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 200\nplt.plot([1, 2])\nplt.show()")
    book.insert("cobweb_points", "import matplotlib.pyplot as plt\nplt.figure()")


@honest("01", FULL)
def warns(book: Book) -> None:
    "An answer that warns at each call, also with a category of its own."
    book.solve()
    book.insert("spectral_norm", "import warnings\nwarnings.warn('slow')\nwarnings.warn('old', DeprecationWarning)")


@honest("01", FULL)
def type_hints(book: Book) -> None:
    "Annotations that need imports, and a future import in a solution cell."
    book.solve()
    hinted = book.answers["spectral_norm"].replace(
        "(W, n_iter, generator)", "(W: torch.Tensor, n_iter: int, generator: Optional[torch.Generator]) -> float"
    )
    book.answer("spectral_norm", "from __future__ import annotations\nfrom typing import Optional\n" + hinted)


@honest("01", FULL)
def renamed_arguments(book: Book) -> None:
    "Arguments under other names, Greek ones too."
    book.solve()
    source = re.sub(r"\bW\b", "Ω", book.answers["spectral_norm"])
    book.answer("spectral_norm", source.replace("generator)", "rng)").replace("=generator", "=rng"))


@honest("01", FULL)
def slow_but_right(book: Book) -> None:
    "An answer that thinks for a while at each call."
    book.solve()
    book.insert("cobweb_points", "import time\ntime.sleep(0.3)")


@honest("01", FULL)
def answer_moved_to_an_own_cell(book: Book) -> None:
    "The function written above, in an own cell; the solution cell only gives it its name."
    book.solve()
    moved = book.answers["spectral_norm"].replace("def spectral_norm", "def power_iteration")
    book.own(moved, after="empirical_rate-b")
    book.answer("spectral_norm", "spectral_norm = power_iteration")


@honest("01", FULL)
def older_format(book: Book) -> None:
    "Format 4.2, without cell ids."
    book.solve()
    for cell in book.nb.cells:
        cell.pop("id", None)
    book.nb.nbformat_minor = 2


@honest("01", FULL)
def no_cell_ids(book: Book) -> None:
    "Format 4.5, with the ids that it asks for missing."
    book.solve()
    for cell in book.nb.cells:
        cell.pop("id", None)


@honest("01", FULL)
def no_nbgrader_metadata(book: Book) -> None:
    "Metadata lost in another editor: cells are known by their ids."
    book.solve()
    for cell in book.nb.cells:
        cell.metadata = {}


@honest("01", FULL)
def windows_line_ends(book: Book) -> Handed:
    "Carriage returns in the file and in the sources."
    book.solve()
    for cell in book.nb.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    return book.text().replace("\n", "\r\n").encode()


@honest("01", FULL)
def byte_order_mark(book: Book) -> Handed:
    "A byte order mark in front."
    book.solve()
    return b"\xef\xbb\xbf" + book.text().encode()


@honest("01", FULL)
def sources_as_lists(book: Book) -> Handed:
    "Sources as lists of lines, as Jupyter writes them."
    book.solve()
    cells = json.loads(book.text())
    for cell in cells["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return json.dumps(cells).encode()


@honest("01", FULL)
def other_kernel(book: Book) -> None:
    "Another kernel's name and language version, Colab's and VS Code's metadata."
    book.solve()
    book.nb.metadata = {
        "kernelspec": {"name": "conda-env-deq-py", "display_name": "Python [conda env:deq]", "language": "python"},
        "language_info": {"name": "python", "version": "3.13.1"},
        "colab": {"provenance": []}, "accelerator": "GPU", "vscode": {"interpreter": {"hash": "0"}},
    }  # fmt: skip


@honest("01", FULL)
def outputs_kept(book: Book) -> None:
    "All outputs kept, pictures, widgets, HTML and errors among them."
    book.solve()
    from nbformat.v4 import new_output

    data = {"image/png": "iVBORw0KGgo=", "text/html": "<b>x</b>", "application/vnd.jupyter.widget-view+json": {}}
    for count, cell in enumerate(c for c in book.nb.cells if c.cell_type == "code"):
        cell.execution_count = count
        error = new_output("error", ename="E", evalue="e", traceback=["\x1b[31mE\x1b[0m"])
        cell.outputs = [new_output("stream", text="x" * 1000), new_output("display_data", data=data), error]


@honest("01", FULL)
def in_a_zip(book: Book) -> Handed:
    "The zip that a hand-in makes."
    book.solve()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(book.file, book.text())
    return {f"{book.name}.zip": file.getvalue()}


@honest("01", FULL)
def one_file(book: Book) -> Handed:
    "STUDENT.ipynb, no folder."
    book.solve()
    return {f"{book.name}.ipynb": book.text().encode()}


@honest("01", FULL)
def nested_folder(book: Book) -> Handed:
    "STUDENT/NN_name/NN_name.ipynb, with pictures and a timestamp beside it."
    book.solve()
    place = f"{book.name}/{book.chapter.name}"
    files = {"figures/a.png": b"\x89PNG", "timestamp.txt": b"2026-11-01 12:00:00 UTC", "notes.txt": b"mine"}
    return {f"{place}/{book.file}": book.text().encode(), **{f"{place}/{k}": v for k, v in files.items()}}


@honest("01", FULL, name="jos\u00e9.m\u00fcller@uni-x.de")
def name_with_accents(book: Book) -> None:
    "A name with accents, a dot and an at sign."
    book.solve()


@honest("01", FULL)
def memoised(book: Book) -> None:
    "An answer behind functools.lru_cache."
    book.solve()
    book.answer("banach_iterations", "import functools\n\n@functools.lru_cache\n" + book.answers["banach_iterations"])


@honest("01", FULL)
def callable_object(book: Book) -> None:
    "An answer that is an object with __call__."
    book.solve()
    body = book.answers["optimal_damping"].replace("def optimal_damping(", "def __call__(self, ")
    text = "class Damping:\n" + "\n".join("    " + line for line in body.split("\n"))
    book.answer("optimal_damping", text + "\n\noptimal_damping = Damping()")


@honest("01", FULL)
def await_at_the_top(book: Book) -> None:
    "An own cell that awaits, and one with a generator and a walrus."
    book.solve()
    book.own("import asyncio\nawait asyncio.sleep(0.01)\nprint('slept')", after="spectral_norm-c")


@honest("01", FULL)
def numpy_inside(book: Book) -> None:
    "NumPy and SciPy used in own cells, and NumPy in an answer."
    book.solve()
    book.own("import numpy as np\nfrom scipy import optimize\noptimize.brentq(np.cos, 0, 3)")
    book.answer("spectral_norm", book.answers["spectral_norm"].replace(".norm().item()", ".norm().numpy().item()"))


@honest("01", FULL)
def reseeds(book: Book) -> None:
    "Global seeds set here and there."
    book.solve()
    book.own("import random\nimport numpy as np\ntorch.manual_seed(7)\nrandom.seed(7)\nnp.random.seed(7)")


@honest("01", FULL)
def writes_its_own_files(book: Book) -> None:
    "Files written and read back in the working folder and in a temporary one, and a module of its own."
    book.solve()
    source = "from pathlib import Path\nimport sys\nPath('mine.py').write_text('def double(x): return 2 * x')\n"
    book.own(source + "sys.path.insert(0, '.')\nfrom mine import double\nassert double(2) == 4")
    book.own("import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'x' * 1000)\ntorch.save({}, 'a.pt')")
    book.own("%%writefile notes.txt\nremember this")


@honest("01", FULL)
def threads_and_processes(book: Book) -> None:
    "A thread pool and a child process, both ended."
    book.solve()
    book.own("from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as p:\n    list(p.map(abs, [1]))")
    book.own("import subprocess\nprint(subprocess.run(['echo', 'x'], capture_output=True, text=True).stdout)")


@honest("01", FULL)
def demonstrations_deleted(book: Book) -> None:
    "Our figures and texts deleted, answers and setup left."
    book.solve()
    book.nb.cells = [c for c in book.nb.cells if c.metadata.get("nbgrader")]


@honest("01", FULL)
def tests_deleted(book: Book) -> None:
    "Our test cells deleted: they are ours, so they run all the same."
    book.solve()
    book.nb.cells = [c for c in book.nb.cells if not c.metadata.get("nbgrader", {}).get("grade")]


@honest("01", FULL)
def experiments_that_fail(book: Book) -> None:
    "Own cells that end in an error."
    book.solve()
    book.own("1 / 0")
    book.own("undefined_name", after="spectral_norm")
    book.own("raise ValueError('try later')", after="end")


@honest("01", FULL)
def own_cell_first(book: Book) -> None:
    "A cell above our setup, and one with nothing but a comment."
    book.solve()
    book.nb.cells.insert(0, book.own("import numpy as np\nimport torch", after="end"))
    book.nb.cells.pop()
    book.own("# nothing here")


@honest("01", FULL)
def trials_below_the_answers(book: Book) -> None:
    "Trials below an answer in its cell, one of them a loop with output."
    book.solve()
    trial = "\n\nfor n in (1, 5, 20):\n    print(n, spectral_norm(torch.eye(3), n, torch.Generator()))"
    book.answer("spectral_norm", book.answers["spectral_norm"] + trial)


@honest("01", FULL)
def compares_with_deqlib(book: Book) -> None:
    "Own cells that set the answers beside deqlib's: allowed, as it is outside of the answers."
    book.solve()
    code = "import deqlib\nsolution = deqlib.solve(torch.cos, torch.ones(1, 1), solver=deqlib.Picard(), rtol=1e-8)\n"
    book.own(code + "print(solution.z, fixed_point_iterate(torch.cos, torch.ones(1, 1)))", after="fixed_point_iterate-c")


@honest("01", FULL)
def names_like_ours(book: Book) -> None:
    "Own names that a careless grader uses itself: probe, judge, seed, got, names, result, code."
    book.solve()
    book.own("probe = judge = seed = got = names = result = code = data = file = shell = link = message = 1")
    book.own("def probe(seed):\n    return {}\n\ndef judge(seed, got):\n    pass", after="end")


@honest("01", FULL)
def copied_cells_left_over(book: Book) -> None:
    "An answer's cell copied by hand, ids and all, the copy changed into a trial with another function."
    book.solve()
    book.own("def spectral_norm_old(W):\n    return 0\n", after="spectral_norm")


@honest("01", FULL)
def torch_settings(book: Book) -> None:
    "Print options, threads, a global device and deterministic algorithms."
    book.solve()
    book.own("torch.set_printoptions(precision=2)\ntorch.set_num_threads(2)\ntorch.set_default_device('cpu')")
    book.own("torch.use_deterministic_algorithms(True)\ntorch.autograd.set_detect_anomaly(True)")


@honest("01", FULL)
def nested_functions_and_state(book: Book) -> None:
    "An answer that calls a helper in its own cell and keeps a global log."
    book.solve()
    top = "LOG = []\n\n\ndef note(x):\n    LOG.append(x)\n    return x\n\n\n"
    book.answer("optimal_damping", top + book.answers["optimal_damping"].replace("return ", "return note((", 1) + "))")


@honest("04", FULL)
def implicit_solved(book: Book) -> None:
    "Every exercise of chapter 04."
    book.solve()


@honest("04", {"scalar_sensitivity": 3.0, "adjoint_dense": 2.0})
def implicit_first_two(book: Book) -> None:
    "Two exercises of chapter 04; the others stay stubs, and the figures go on without them."
    book.solve("scalar_sensitivity", "adjoint_dense")


@honest("04", FULL)
def implicit_profiled(book: Book) -> None:
    "Chapter 04 with profiling of its own around an answer: allowed, as long as the profiler is put back."
    book.solve()
    book.own("import cProfile\np = cProfile.Profile()\np.enable()\nsum(range(100))\np.disable()", after="end")
