"""Careless work: broken files, broken cells, accidents. What is right in it counts; the rest has one clear remark."""

from __future__ import annotations

import json
import os
from pathlib import Path

from submissions.honest import HALF
from submissions.making import FULL, Book, Handed, careless

REST = {"empirical_rate": 3.0, "spectral_norm": 4.0, "banach_iterations": 3.0, "optimal_damping": 3.0}


def all_but(*names: str) -> dict[str, float]:
    return {name: points for name, points in (HALF | REST).items() if name not in names}


# Files


@careless("01", None, "cut off")
def truncated(book: Book) -> Handed:
    "The first half of the file."
    return book.text().encode()[: len(book.text()) // 2]


@careless("01", None, "empty")
def empty_file(book: Book) -> Handed:
    "No bytes."
    return b""


@careless("01", None, "UTF-8")
def binary(book: Book) -> Handed:
    "A picture that was renamed."
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


@careless("01", None, "not a notebook")
def a_script(book: Book) -> Handed:
    "A Python file that was renamed."
    return book.answers["spectral_norm"].encode()


@careless("01", None, "not a notebook")
def a_web_page(book: Book) -> Handed:
    "A login page saved in place of the notebook."
    return b"<!DOCTYPE html><html><body>Please log in</body></html>"


@careless("01", None, "there is no")
def renamed_file(book: Book) -> Handed:
    "The browser's name for a second download."
    book.solve()
    return {f"{book.name}/{book.chapter.name} (1).ipynb": book.text().encode()}


@careless("01", None, "there is no")
def folder_without_a_notebook(book: Book) -> Handed:
    "A folder with something else."
    return {f"{book.name}/readme.txt": b"see my mail"}


@careless("01", None, "twice")
def handed_in_twice(book: Book) -> Handed:
    "A file and a folder: neither is guessed."
    book.solve()
    return {f"{book.name}.ipynb": book.text().encode(), f"{book.name}/{book.file}": book.text().encode()}


@careless("01", None, "name should be", name="Ann Lee (2)")
def a_name_with_spaces(book: Book) -> Handed:
    "A folder whose name is no student's name."
    book.solve()
    return None


@careless("01", {}, "is missing")
def another_chapter(book: Book) -> Handed:
    "The notebook of chapter 02 under this chapter's name."
    from deqlib.course.chapter import Chapter
    from submissions.making import ROOT, chapter_of

    return Chapter(ROOT, chapter_of("02")).release.read_bytes()


@careless("01", None, "format 4")
def old_format(book: Book) -> Handed:
    "Format 3, with worksheets."
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}).encode()


@careless("01", None, "format 4")
def future_format(book: Book) -> Handed:
    "A format that does not exist yet."
    book.nb.nbformat = 5
    return book.text().encode()


@careless("01", None, "not a notebook")
def a_list(book: Book) -> Handed:
    "JSON that is a list."
    return b"[1, 2, 3]"


@careless("01", None, "not a")
def cells_are_null(book: Book) -> Handed:
    "A notebook whose cells are null."
    return b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": null}'


@careless("01", None, "not a valid notebook")
def cells_of_numbers(book: Book) -> Handed:
    "A notebook whose cells are numbers."
    return b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1, 2]}'


@careless("01", {}, "is missing")
def no_cells(book: Book) -> Handed:
    "A valid notebook without a cell."
    return b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'


@careless("01", None, "MB")
def huge_file(book: Book) -> Handed:
    "30 MB of outputs."
    book.solve()
    book.own("1", after="end").metadata["padding"] = "x" * (30 << 20)
    return None


@careless("01", None, "damaged")
def deep_json(book: Book) -> Handed:
    "A hundred thousand opening brackets inside of the metadata."
    return book.text().replace('"metadata": {', '"metadata": {"deep": ' + "[" * 100_000, 1).encode()


@careless("01", FULL)
def json_with_nan(book: Book) -> Handed:
    "NaN and Infinity in metadata, which Python writes and JSON does not know."
    book.solve()
    book.nb.metadata["loss"] = [float("nan"), float("inf")]
    return book.text().encode()


@careless("01", FULL)
def duplicate_keys(book: Book) -> Handed:
    "The same key twice in one object."
    book.solve()
    return book.text().replace('"nbformat": 4', '"nbformat": 4,\n "nbformat": 4').encode()


@careless("01", FULL)
def an_odd_timestamp(book: Book) -> Handed:
    "nbgrader's timestamp.txt with nonsense in it."
    book.solve()
    place = f"{book.name}/{book.chapter.name}"
    return {f"{place}/{book.file}": book.text().encode(), f"{place}/timestamp.txt": b"\xff\xfe yesterday 99:99"}


@careless("01", None, "not a regular file")
def folder_with_the_name_of_the_notebook(book: Book) -> Handed:
    "A folder called NN_name.ipynb."
    return {f"{book.name}/{book.file}/inside.txt": b"?"}


@careless("01", None, "symbolic link")
def link_in_a_loop(book: Book) -> Handed:
    "A link to itself."

    def place(folder: Path) -> None:
        (folder / book.name).mkdir()
        os.symlink(book.file, folder / book.name / book.file)

    return place


# Cells


@careless("01", FULL, "There are 2 cells named")
def duplicated_answer(book: Book) -> None:
    "An answer's cell copied with its metadata; the first is still the stub."
    book.solve()
    old = book.cell("spectral_norm")
    copied = dict(old, id="copied", source="def spectral_norm(W, n_iter, generator):\n    return 0.0")
    book.nb.cells.insert(book.nb.cells.index(old), type(old)(copied))


@careless("01", FULL, "There are 2 cells named")
def the_whole_notebook_twice(book: Book) -> None:
    "All cells pasted a second time below, stubs included."
    again = [type(c)(c) for c in book.nb.cells]
    book.nb.cells = [type(c)(dict(c)) for c in book.nb.cells]
    book.solve()
    for count, cell in enumerate(again):
        cell["id"] = f"again-{count}"
    book.nb.cells += again


@careless("01", all_but("cobweb_points"), "cobweb_points is missing")
def deleted_answer(book: Book) -> None:
    "An answer's cell deleted."
    book.solve()
    book.nb.cells.remove(book.cell("cobweb_points"))


@careless("01", FULL)
def reordered(book: Book) -> None:
    "All cells in reverse order."
    book.solve()
    book.nb.cells.reverse()


@careless("01", FULL, "markdown")
def answer_as_markdown(book: Book) -> None:
    "An answer's cell turned into markdown by a slip on the keyboard."
    book.solve()
    cell = book.cell("cobweb_points")
    cell.cell_type = "markdown"
    cell.pop("outputs")
    cell.pop("execution_count")


@careless("01", all_but("spectral_norm"))
def syntax_error(book: Book) -> None:
    "An answer with a missing bracket."
    book.solve()
    book.answer("spectral_norm", book.answers["spectral_norm"].replace("v.norm()", "v.norm(", 1))


@careless("01", all_but("spectral_norm"))
def tabs_and_spaces(book: Book) -> None:
    "An answer whose indentation does not match."
    book.solve()
    book.answer("spectral_norm", book.answers["spectral_norm"] + "\n\treturn 1\n  return 2")


@careless("01", all_but("spectral_norm"))
def merge_conflict(book: Book) -> None:
    "Git's conflict marks left in an answer."
    book.solve()
    source = book.answers["spectral_norm"]
    book.answer("spectral_norm", f"<<<<<<< HEAD\n{source}\n=======\n{source}\n>>>>>>> main")


@careless("01", FULL)
def syntax_error_in_an_own_cell(book: Book) -> None:
    "Notes written into a code cell."
    book.solve()
    book.own("why does this (not work?", after="spectral_norm")


@careless("01", all_but("empirical_rate"))
def infinite_loop(book: Book) -> None:
    "An answer that never ends."
    book.solve()
    book.insert("empirical_rate", "while True:\n    pass")


@careless("01", FULL, "did not end")
def infinite_loop_in_an_own_cell(book: Book) -> None:
    "A server left running in an own cell."
    book.solve()
    book.own("import time\nwhile True:\n    time.sleep(1)", after="cobweb_points-b")


@careless("01", all_but("optimal_damping"))
def asks_for_input(book: Book) -> None:
    "input() in an answer, and in an own cell."
    book.solve()
    book.own("name = input('Your name? ')")
    book.insert("optimal_damping", "lo = float(input('lo? '))")


@careless("01", all_but("optimal_damping"))
def exits(book: Book) -> None:
    "exit() and quit() in own cells, sys.exit() in an answer."
    book.solve()
    book.own("exit()")
    book.own("quit()", after="cobweb_points")
    book.own("raise SystemExit", after="cobweb_points")
    book.insert("optimal_damping", "import sys\nsys.exit(0)")


@careless("01", HALF)
def resets_everything(book: Book) -> None:
    "%reset -f in the middle: what was right before it counts."
    book.solve(*HALF)
    book.own("%reset -f", after="empirical_rate-b")


@careless("01", FULL)
def resets_at_the_end(book: Book) -> None:
    "%reset -f in the last cell."
    book.solve()
    book.own("%reset -f", after="end")


@careless("01", HALF)
def deletes_torch(book: Book) -> None:
    "del torch in the middle: what was right before it counts."
    book.solve(*HALF)
    book.own("del torch", after="empirical_rate-b")


@careless("01", FULL)
def shadows_check_at_the_end(book: Book) -> None:
    "check = True in the last cell."
    book.solve()
    book.own("check = True\nplots = None\nmath = 3", after="end")


@careless("01", FULL)
def default_dtype(book: Book) -> None:
    "float32 by default in an own cell, before exercises that use no tensors."
    book.solve()
    book.own("torch.set_default_dtype(torch.float32)", after="spectral_norm-c")


@careless("01", all_but("banach_iterations"))
def endless_recursion(book: Book) -> None:
    "A recursion without an end."
    book.solve()
    book.answer("banach_iterations", "def banach_iterations(L, step0, tol):\n    return banach_iterations(L, step0, tol)")


@careless("01", all_but("banach_iterations"))
def recursion_without_a_limit(book: Book) -> None:
    "The recursion limit lifted, so that the stack overflows."
    book.solve()
    source = "import sys\nsys.setrecursionlimit(10**9)\ndef banach_iterations(L, step0, tol):\n"
    book.answer("banach_iterations", f"{source}    return repr(banach_iterations(L, step0, tol))")


@careless("01", all_but("banach_iterations"))
def leftover_breakpoint(book: Book) -> None:
    "breakpoint() in an answer, and pdb in an own cell."
    book.solve()
    book.own("import pdb; pdb.set_trace()")
    book.insert("banach_iterations", "breakpoint()")


@careless("01", FULL)
def much_output(book: Book) -> None:
    "200 MB printed by an own cell, a progress bar's carriage returns, one very long line."
    book.solve()
    book.own("for _ in range(2000):\n    print('x' * 100_000)")
    book.own("import sys\nfor k in range(100_000):\n    sys.stderr.write(f'\\r{k}')\nprint('y' * 5_000_000)")


@careless("01", FULL)
def output_from_an_answer(book: Book) -> None:
    "An answer that prints 100 kB at each call."
    book.solve()
    book.insert("banach_iterations", "print('z' * 100_000)")


@careless("01", FULL)
def our_marks_pasted_in(book: Book) -> None:
    "The marks of hidden tests and solutions inside of an answer and an own cell."
    book.solve()
    marks = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS\n"
    book.answer("spectral_norm", marks.format(book.answers["spectral_norm"]))
    book.own(marks.format("def probe(seed): return {}") + "### BEGIN SOLUTION\npass\n### END SOLUTION")


@careless("01", all_but("spectral_norm"))
def prints_instead_of_returning(book: Book) -> None:
    "print in place of return."
    book.solve()
    book.answer("spectral_norm", book.answers["spectral_norm"].replace("return (W @ v).norm().item()", "print((W @ v).norm())"))


@careless("01", all_but("spectral_norm"))
def renamed_function(book: Book) -> None:
    "The function under another name."
    book.solve()
    book.answer("spectral_norm", book.answers["spectral_norm"].replace("spectral_norm", "norm"))


@careless("01", {})
def edits_the_tests(book: Book) -> None:
    "Tests made easier, answers not written: the tests are ours."
    for cell in book.nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "check.passed('all of it')"


@careless("01", FULL)
def warnings_as_errors(book: Book) -> None:
    "Warnings turned into errors, logging turned up."
    book.solve()
    book.own("import warnings, logging\nwarnings.simplefilter('error')\nlogging.basicConfig(level='DEBUG')")


@careless("01", FULL)
def changes_folder(book: Book) -> None:
    "Another working folder, one that is then deleted."
    book.solve()
    book.own("import os\nos.makedirs('/tmp/work', exist_ok=True)\nos.chdir('/tmp/work')\nos.rmdir('/tmp/work')")


@careless("01", FULL)
def too_large_a_tensor(book: Book) -> None:
    "A tensor that no machine holds, in an own cell."
    book.solve()
    book.own("big = torch.zeros(10**12)", after="spectral_norm")


@careless("01", FULL)
def leftover_thread(book: Book) -> None:
    "A thread that spins, and one that sleeps for a day."
    book.solve()
    code = "import threading, time\nstop = time.time() + 20\ndef spin():\n    while time.time() < stop:\n        time.sleep(0.001)\n"
    book.own(code + "threading.Thread(target=spin).start()\nthreading.Thread(target=time.sleep, args=(86400,)).start()")


@careless("01", FULL)
def other_backends(book: Book) -> None:
    "A matplotlib backend that needs a screen, and interactive figures."
    book.solve()
    book.own("%matplotlib notebook")
    book.own("%matplotlib tk")
    book.own("import matplotlib.pyplot as plt\nplt.ion()\nplt.plot([1])\nplt.show(block=True)", after="end")


@careless("01", FULL)
def installs_a_package(book: Book) -> None:
    "%pip install in a first cell, without a network."
    book.solve()
    book.own("%pip install --quiet --retries 0 --timeout 1 torchdeq")


@careless("01", all_but("cobweb_points"))
def returns_the_wrong_kind(book: Book) -> None:
    "A list of strings where a tensor is due."
    book.solve()
    book.answer("cobweb_points", "def cobweb_points(f, z0, n):\n    return ['(0, 0)'] * (2 * n + 1)")


@careless("01", FULL)
def closes_its_output(book: Book) -> None:
    "sys.stdout closed or replaced by an own cell."
    book.solve()
    book.own("import sys, io\nsys.stdout = io.StringIO()\nsys.stderr = None", after="cobweb_points")
    book.own("sys.stdout.close()", after="spectral_norm")


@careless("04", {"scalar_sensitivity": 3.0, "adjoint_dense": 2.0})
def implicit_wrong_later(book: Book) -> None:
    "Chapter 04, the first two right, the class empty, the rest unwritten."
    book.solve("scalar_sensitivity", "adjoint_dense")
    book.answer("DEQFunction", "class DEQFunction:\n    pass\n\ndef deq_apply(f, x, params):\n    return DEQFunction()")
