"""Attacks by the file that is handed in: names, links, zips, and notebooks that are hard to read."""

from __future__ import annotations

import io
import json
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

from submissions.making import AT_MOST, FULL, Book, Handed, hostile


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


# Folders and links


def placed(book: Book, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        (folder / book.name).mkdir()
        make(folder / book.name / book.file)

    return place


@hostile("01", None, "symbolic link")
def link_to_a_secret(book: Book) -> Handed:
    "The notebook is a symbolic link to a file outside."
    return placed(book, lambda path: os.symlink(book.scene.outside / "secret.txt", path))


@hostile("01", None, "symbolic link")
def folder_is_a_link(book: Book) -> Handed:
    "The student's folder is a symbolic link to another folder."
    return lambda folder: os.symlink(book.scene.outside, folder / book.name)


@hostile("01", None, "symbolic link")
def link_to_the_solution(book: Book) -> Handed:
    "The notebook is a symbolic link to our solved one."
    return placed(book, lambda path: os.symlink(book.chapter.source, path))


@hostile("01", None, "not a regular file")
def a_pipe(book: Book) -> Handed:
    "The notebook is a pipe that nobody writes to."
    return placed(book, os.mkfifo)


@hostile("01", None, "not a regular file")
def a_socket(book: Book) -> Handed:
    "The notebook is a socket."

    def bind(path: Path) -> None:
        here = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as s:  # by a short way: a socket's path has at most 107 bytes
            s.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)

    return placed(book, bind)


@hostile("01", None, "MB")
def a_sparse_file(book: Book) -> Handed:
    "A file of one terabyte with nothing in it."
    return placed(book, lambda path: (path.touch(), os.truncate(path, 1 << 40))[1])


@hostile("01", None, "should hold")
def zip_with_two_notebooks(book: Book) -> Handed:
    "A zip with two notebooks, of which the grader might take either."
    return {f"{book.name}.zip": zipped((book.file, b"{}"), (f"other/{book.file}", b"{}"))}


@hostile("01", None, "should hold")
def zip_with_a_path(book: Book) -> Handed:
    "A zip whose member climbs out of its folder."
    return {f"{book.name}.zip": zipped((f"../../../../tmp/deqhostile/{book.file}", b"{}"))}


@hostile("01", None, "should hold")
def zip_with_a_long_name(book: Book) -> Handed:
    "A zip whose member's name has 60,000 letters."
    return {f"{book.name}.zip": zipped(("x" * 60_000 + ".ipynb", b"{}"))}


@hostile("01", None, "MB")
def zip_bomb(book: Book) -> Handed:
    "A zip of 60 kB that unpacks to 60 MB."
    return {f"{book.name}.zip": zipped((book.file, b"\0" * (60 << 20)))}


@hostile("01", None, "not a regular file")
def zip_with_a_link(book: Book) -> Handed:
    "A zip whose member is a symbolic link."
    info = zipfile.ZipInfo(book.file)
    info.external_attr = 0o120777 << 16
    return {f"{book.name}.zip": zipped((info, b"/etc/passwd"))}


@hostile("01", None, "zip")
def zip_cut_off(book: Book) -> Handed:
    "A zip without its directory."
    return {f"{book.name}.zip": zipped((book.file, book.text().encode()))[:-100]}


@hostile("01", None, "zip")
def zip_that_lies(book: Book) -> Handed:
    "A zip whose member has another checksum and asks for a password."
    data = bytearray(zipped((book.file, book.text().encode())))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[at + 16 : at + 20] = b"\0\0\0\0"
    return {f"{book.name}.zip": bytes(data)}


@hostile("01", None, "name should be", name="=HYPERLINK(1)")
def a_formula_for_a_name(book: Book) -> Handed:
    "A name that a spreadsheet runs."
    return {f"{book.name}.ipynb": book.text().encode()}


@hostile("01", None, "name should be", name="\x1b[31mred\x07")
def an_escape_for_a_name(book: Book) -> Handed:
    "A name that is an escape sequence of the terminal."
    return {f"{book.name}.ipynb": book.text().encode()}


@hostile("01", None, "name should be", name="<img src=x onerror=alert(1)>")
def a_script_for_a_name(book: Book) -> Handed:
    "A name that is a script."
    return {f"{book.name}.ipynb": book.text().encode()}


@hostile("01", None, "name should be", name="-rf")
def an_option_for_a_name(book: Book) -> Handed:
    "A name that is a command's option."
    return {f"{book.name}.ipynb": book.text().encode()}


@hostile("01", None, "name should be", name="x" * 200)
def a_long_name(book: Book) -> Handed:
    "A name of 200 letters."
    return {f"{book.name}.ipynb": book.text().encode()}


@hostile("01", None, "name should be", name="b\udcff\udcfe")
def a_name_that_is_no_text(book: Book) -> Handed:
    "A name of bytes that are not UTF-8."
    return {f"{book.name}.ipynb": book.text().encode()}


# Notebooks


@hostile("01", FULL)
def cells_by_the_ten_thousand(book: Book) -> Handed:
    "40,000 own cells of one character, all with the same id: a grader that compares each with each never ends."
    book.solve()
    cells = json.loads(book.text())
    extra = {"cell_type": "markdown", "metadata": {}, "source": "x", "id": "same"}
    cells["cells"] += [extra] * 40_000
    return json.dumps(cells).encode()


@hostile("01", AT_MOST)
def code_cells_by_the_thousand(book: Book) -> Handed:
    "20,000 own code cells, all with the same id."
    book.solve()
    cells = json.loads(book.text())
    extra = {"cell_type": "code", "metadata": {}, "source": "1", "id": "same", "outputs": [], "execution_count": None}
    cells["cells"] += [extra] * 20_000
    return json.dumps(cells).encode()


@hostile("01", FULL)
def a_line_of_ten_megabytes(book: Book) -> None:
    "An own cell that is one comment of 10 MB."
    book.solve()
    book.own("#" * (10 << 20))


@hostile("01", FULL)
def an_expression_too_deep(book: Book) -> None:
    "An own cell whose parentheses and whose operators nest too deeply for a parser."
    book.solve()
    book.own("(" * 5000 + ")" * 5000)
    book.own("-" * 50_000 + "1")
    book.own("x = " + "+".join("1" * 20_000))


@hostile("01", AT_MOST)
def halves_of_characters(book: Book) -> Handed:
    "Halves of characters, null characters and a text direction in sources and metadata."
    book.solve()
    book.own("print('@HALF@')")
    return book.text().replace("@HALF@", "\\ud800\\u0000\\u202e").encode()


@hostile("01", None, "not")
def an_integer_of_a_million_digits(book: Book) -> Handed:
    "A number that takes Python minutes to read."
    return book.text().replace('"nbformat_minor": 5', '"nbformat_minor": ' + "9" * 1_000_000).encode()


@hostile("01", None, "not")
def strange_types(book: Book) -> Handed:
    "Lists where texts are due, and texts where objects are due."
    cells = json.loads(book.text())
    cells["cells"][0]["source"] = [["x"], {"y": 1}]
    cells["cells"][1]["metadata"] = "nbgrader"
    return json.dumps(cells).encode()


@hostile("01", {})
def strange_grade_ids(book: Book) -> Handed:
    "Grade ids that are lists, numbers, paths, empty and very long."
    strange = [["x"], 7, "../../../tmp/deqhostile", "", "x" * 100_000, None, {"a": 1}]
    tagged = [c for c in book.nb.cells if "nbgrader" in c.metadata]
    for cell, value in zip(tagged, strange * 10, strict=False):
        cell.metadata.nbgrader["grade_id"] = value
    for cell in book.nb.cells:
        cell.pop("id", None)
    book.nb.nbformat_minor = 4
    return book.text().encode()


@hostile("01", AT_MOST)
def ids_of_ours_on_own_cells(book: Book) -> None:
    "Own cells with the ids of our tests and figures, and our solutions with ids of others."
    book.solve()
    ids = [c.id for c in book.nb.cells if c.cell_type == "code"]
    for k, cell in enumerate(c for c in book.nb.cells if c.cell_type == "code"):
        cell["id"] = ids[-1 - k]


@hostile("01", FULL)
def outputs_that_are_attacks(book: Book) -> None:
    "Stored outputs with scripts, and attachments with paths."
    from nbformat.v4 import new_output

    book.solve()
    data = {"text/html": "<script>alert('deqhostile')</script>", "application/javascript": "alert(1)"}
    for cell in book.nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", data=data)]
        else:
            cell["attachments"] = {"../../deqhostile.png": {"image/png": "AAAA"}}
            cell.source += "<script>alert('deqhostile')</script>"


@hostile("01", FULL)
def magics_without_an_end(book: Book) -> None:
    "600 lines in one cell that IPython's transformer takes one after the other, each time reading the whole cell."
    book.solve()
    book.own("a = %time 1\n" * 600, after="end")
