"""Run the solved notebooks in solutions/ and keep their outputs: an unchanged notebook gives an unchanged file.

What differs from run to run is left out: times, the interpreter's patch version, widget identities. A stored widget
is its one-line description; the figure beside it is what a reader without a kernel sees.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from deqlib.course.chapter import Chapter, CourseError, grade_id, load_notebook, write_text

__all__ = ["cell_label", "execute", "kernel", "normalise"]

_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
_WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(chapter: Chapter, timeout: int = 90) -> float:
    """Run a chapter's solved notebook in place; return the seconds it took.

    Args:
        chapter: the chapter; its notebook in solutions/ is rewritten only if every cell ran.
        timeout: seconds that one cell may take.

    Raises:
        CourseError: a cell raised, wrote to the error stream, took too long or ended the kernel; it is named.
    """
    notebook = load_notebook(chapter.source)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # how a stream is cut into messages differs from run to run
        resources={"metadata": {"path": str(chapter.source.parent)}},
    )
    start = time.perf_counter()
    with kernel(client):
        for index, cell in enumerate(notebook.cells):
            _execute_cell(client, cell, index, chapter.name, timeout)
    seconds = time.perf_counter() - start
    normalise(notebook)
    write_text(chapter.source, nbformat.writes(notebook) + "\n")
    return seconds


def _execute_cell(client: NotebookClient, cell: NotebookNode, index: int, name: str, timeout: int) -> None:
    where = f"{name}: {cell_label(cell, index)}"
    try:
        client.execute_cell(cell, index)
    except CellTimeoutError:
        raise CourseError(f"{where} took longer than {timeout} s") from None
    except DeadKernelError:
        raise CourseError(f"{where} ended the Python process") from None
    except CellExecutionError as error:
        what = " ".join(str(error.evalue).split())
        raise CourseError(f"{where} raised {error.ename}: {what}") from None
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stderr":
            what = " ".join(output.text.split())
            raise CourseError(f"{where} wrote to the error stream, which nbgrader counts as failed: {what}")


@contextmanager
def kernel(client: NotebookClient) -> Iterator[None]:
    """Start a client's kernel for a block: figures go into the notebook, one thread, no chatter on the terminal.

    Raises:
        CourseError: the kernel does not start.
    """
    # An MPLBACKEND from the terminal would keep figures out of the notebook; a hash seed that is drawn anew
    # in each run would change the order in which sets are printed.
    env = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    env |= {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    with ExitStack() as stack:
        try:
            # What the kernel's process itself prints belongs to no cell; cells speak over sockets.
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            stack.enter_context(client.setup_kernel(env=env, **silent))
        except (RuntimeError, OSError, NoSuchKernel) as error:
            raise CourseError(f"the python3 kernel does not start ({error}); run `deq doctor`") from None
        yield


def cell_label(cell: NotebookNode, index: int) -> str:
    """Name a cell for a message: by its grade_id, its id or its place, and by its first line."""
    lines = cell.source.strip().splitlines()
    first = lines[0] if lines else "empty"
    name = grade_id(cell) or cell.get("id") or f"number {index + 1}"
    return f"cell {name} ({first if len(first) <= 60 else first[:57] + '...'})"


def normalise(notebook: NotebookNode) -> None:
    """Remove from an executed notebook, in place, what differs between two runs of the same code."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = dict(_KERNELSPEC)
    notebook.metadata["language_info"] = dict(_LANGUAGE)
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        ran = bool(cell.source.strip())
        count += ran
        cell.execution_count = count if ran else None
        for output in cell.outputs:
            _normalise_output(output, count)


def _normalise_output(output: NotebookNode, count: int) -> None:
    if output.output_type == "execute_result":
        output.execution_count = count
    data: dict[str, Any] = output.get("data", {})
    if _WIDGET in data:
        output.data = NotebookNode({"text/plain": data.get("text/plain", "a widget; run the cell to use it")})
