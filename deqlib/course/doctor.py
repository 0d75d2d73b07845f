"""Look at what the course needs, one row a thing, and say what to do about what is wrong.

A check is one function with the decorator `@row(name)`: it gets the course's folder as the user named it, or None,
and returns a `Finding`. Whatever it raises becomes a problem row, so that one broken part does not hide the others.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table
from rich.text import Text

__all__ = ["Finding", "Row", "examine", "row", "table"]

State = Literal["ok", "warning", "problem"]
INSTALL = "Install the course again: pip install 'deqlib[course]'."


@dataclass(frozen=True)
class Finding:
    """What a check found: its state, in words, and what to do if it is not ok."""

    state: State
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Row(Finding):
    """A finding under the name of its check."""

    name: str = ""


Check = Callable[[Path | None], Finding]
CHECKS: dict[str, Check] = {}


def row(name: str) -> Callable[[Check], Check]:
    """Add a check under a name; the table shows the checks in the order of this file."""

    def add(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return add


def examine(root: Path | None) -> list[Row]:
    """Run every check; the rows in order."""
    rows = []
    for name, check in CHECKS.items():
        try:
            finding = check(root)
        except Exception as error:
            finding = Finding("problem", f"{type(error).__name__}: {error}", INSTALL)
        rows.append(Row(finding.state, finding.found, finding.advice, name))
    return rows


def table(rows: list[Row]) -> Table:
    """The rows as a table for the terminal."""
    view = Table(title="deq doctor", title_justify="left")
    for heading in ("what", "", "found", "what to do"):
        view.add_column(heading)
    styles = {"ok": "green", "warning": "yellow", "problem": "red"}
    for r in rows:
        view.add_row(Text(r.name), Text(r.state, styles[r.state]), Text(r.found), Text(r.advice))
    return view


# --------------------------------------------------------------------------------------------------------------------
# The checks


@row("Python")
def _python(_: Path | None) -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    major, minor, _patch = platform.python_version_tuple()
    if (int(major), int(minor)) >= (3, 11):
        return Finding("ok", found)
    return Finding("problem", found, "Use Python 3.11 or later.")


@row("torch")
def _torch(_: Path | None) -> Finding:
    import torch

    found = f"{torch.__version__}, {torch.get_num_threads()} threads"
    if torch.linalg.solve(2 * torch.eye(2), torch.ones(2)).sum().item() == 1.0:
        return Finding("ok", found)
    return Finding("problem", f"{found}; a linear solve gives a wrong result", "Install torch again.")


@row("device")
def _device(_: Path | None) -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("ok", f"CUDA: {torch.cuda.get_device_name()}; the first chapters use the CPU")
    if torch.backends.mps.is_available():
        return Finding("ok", "MPS; the course uses the CPU")
    return Finding("ok", "CPU, which is enough")


@row("memory")
def _memory(_: Path | None) -> Finding:
    import psutil

    memory = psutil.virtual_memory()
    found = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    if memory.available >= 2 * 2**30:  # a kernel with torch and matplotlib takes about 0.5, JupyterLab as much
        return Finding("ok", found)
    return Finding("warning", found, "Close other programs or notebooks; a chapter wants about 2 GiB.")


@row("python3 kernel")
def _kernel(_: Path | None) -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    from jupyter_client.manager import KernelManager

    repair = "Run: python -m ipykernel install --sys-prefix"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("problem", "there is none", repair)
    interpreter = KernelManager(kernel_name="python3").format_kernel_cmd()[0]
    try:
        probe = [interpreter, "-c", "import deqlib, ipykernel"]
        ended = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
        reason = (ended.stderr.strip().splitlines() or [""])[-1] if ended.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    if reason:
        return Finding("problem", f"{spec.resource_dir} runs {interpreter}: {reason}", repair)
    return Finding("ok", f"runs {interpreter}")


@row("nbgrader in the server")
def _server_extension(_: Path | None) -> Finding:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.config_manager import BaseJSONConfigManager

    enabled: dict[str, bool] = {}
    for folder in reversed(jupyter_config_path()):  # a folder that comes earlier has the last word
        section = BaseJSONConfigManager(config_dir=folder).get("jupyter_server_config")
        enabled |= section.get("ServerApp", {}).get("jpserver_extensions", {})
    wanted = "nbgrader.server_extensions.validate_assignment"
    on = [name.rpartition(".")[2] for name, value in enabled.items() if name.startswith("nbgrader") and value]
    if enabled.get(wanted) or enabled.get("nbgrader"):
        return Finding("ok", ", ".join(sorted(on)))
    return Finding("problem", "not enabled: no Validate button", "Run: jupyter server extension enable nbgrader")


@row("nbgrader in JupyterLab")
def _lab_extension(_: Path | None) -> Finding:
    from jupyter_core.paths import jupyter_path
    from jupyterlab.commands import AppOptions, get_app_info  # type: ignore[import-untyped]

    name = "@jupyter/nbgrader"
    info = get_app_info(AppOptions(labextensions_path=jupyter_path("labextensions")))
    if name not in info["federated_extensions"]:
        return Finding("problem", f"{name} is not installed", "Run: pip install --force-reinstall --no-deps nbgrader")
    off = [key for key, value in info["disabled"].items() if value and key.startswith(name)]
    # A whole extension off is a problem; single panels are off by choice.
    if name in off:
        return Finding("problem", f"{name} is disabled", f"Run: jupyter labextension enable {name}")
    return Finding("ok", f"{name} {info['federated_extensions'][name].get('version', '')}".strip())


@row("course")
def _course(root: Path | None) -> Finding:
    from deqlib.course.chapter import CourseError, all_chapters, exercises, find_root, load_notebook

    try:
        where = find_root(root)
    except CourseError as error:
        return Finding("problem", str(error), "Run deq in the course's folder, or name it with --root.")
    chapters = all_chapters(where)
    if not chapters:
        return Finding("problem", f"{where} has no chapter", "Get the course's files again.")
    for chapter in chapters:
        try:
            exercises(load_notebook(chapter.release), chapter.number)
        except CourseError as error:
            advice = "Run: deq build" if chapter.source.is_file() else "Get this chapter's folder again."
            return Finding("problem", str(error), advice)
    return Finding("ok", f"{len(chapters)} chapters in {where / 'course'}")
