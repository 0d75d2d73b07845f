"""The student's process: IPython runs the cells as a notebook would, and every test is a fork of it.

What is said here is a claim of the student's process; the outside bounds it, and a judge out there looks at the
values. What is kept from before student code ran (`Pristine`) makes honest mistakes harmless, cheap tricks visible.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import socket
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from deqlib.course.inside.wire import ANSWER, FAILED, HEAD, NOT_SOLVED, VALUES, receive

__all__ = ["Pristine", "Shell", "preload"]

_MESSAGE_CHARS = 2000


@dataclass(frozen=True)
class Pristine:
    """What was there before student code.

    Attributes:
        check: a copy of `deqlib.course.check` that is registered nowhere.
        names: what a probe gets from us, whatever the student's names are.
        core: the functions of deqlib that an answer must not call.
        files: where they come from, and where another Python, started by an answer, should not find them.
    """

    check: Any
    names: dict[str, Any]
    core: tuple[types.FunctionType, ...]
    files: tuple[str, ...]


def preload() -> Pristine:
    """Import once what every submission needs."""
    import matplotlib.pyplot  # noqa: F401
    import torch
    from IPython.core.interactiveshell import InteractiveShell  # noqa: F401

    import deqlib.cells
    import deqlib.course.check
    import deqlib.plots
    import deqlib.widgets

    for file in deqlib.course.check._CORE:
        if Path(file).stem not in ("__init__", "cli"):
            importlib.import_module(f"deqlib.{Path(file).stem}")  # later there is nothing to import it from
    torch.set_num_threads(1)
    torch.ones(2, 2).requires_grad_().square().sum().backward()  # type: ignore[no-untyped-call]
    check = _copy(deqlib.course.check)
    functions = [f for f in gc.get_objects() if isinstance(f, types.FunctionType)]
    core = tuple(f for f in functions if f.__code__.co_filename in check._CORE)
    return Pristine(check, {"torch": torch, "check": check}, core, tuple(sorted(check._CORE)))


def _copy(module: types.ModuleType) -> Any:
    spec = importlib.util.spec_from_file_location(module.__name__, module.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


class Shell:
    """Does as the outside says: runs a cell, or forks for a test."""

    def __init__(self, link: socket.socket, pristine: Pristine) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        class NoWindows(InteractiveShell):  # type: ignore[misc]
            """A shell for which `%matplotlib inline` and `%gui` are no errors."""

            def enable_gui(self, gui: str | None = None) -> None:
                """Do nothing."""

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        config.InteractiveShell.xmode = "Plain"
        self.link, self.pristine = link, pristine
        self.dtype = self._dtype()  # torch's default as our own cells left it
        self.shell = NoWindows.instance(config=config)
        self.shell.user_ns["__name__"] = "__main__"

    def run(self) -> None:
        """Go on until the outside is gone."""
        while True:
            try:
                message, fds = receive(self.link)
            except (EOFError, OSError):
                return
            if fds:
                status = self._fork(message, fds[0])
            else:
                if getattr(sys.stdout, "closed", True) or getattr(sys.stderr, "closed", True):
                    sys.stdout = sys.stderr = _output()  # an earlier cell closed them or put None there
                before = self._dtype()
                status = int(not self.shell.run_cell(message["source"], store_history=True).success)
                if message["ours"] and self._dtype() != before:
                    self.dtype = self._dtype()
                with contextlib.suppress(Exception):
                    sys.modules["matplotlib.pyplot"].close("all")
                _flush()
            self.link.sendall(ANSWER.pack(status))

    def _dtype(self) -> Any:
        return self.pristine.names["torch"].get_default_dtype()

    def _fork(self, message: dict[str, Any], results: int) -> int:
        try:
            child = os.fork()
        except OSError:
            said = b"earlier cells started so many processes that this test could not start its own"
            os.write(results, HEAD.pack(FAILED, len(said)) + said)
            os.close(results)
            return 0
        if child == 0:
            try:
                self.link.close()
                with os.fdopen(results, "wb") as file:
                    code, data = self._test(message)
                    _flush()  # before the outside has the values, and ends this process
                    file.write(HEAD.pack(code, len(data)) + data)
            finally:
                os._exit(0)
        os.close(results)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _test(self, message: dict[str, Any]) -> tuple[int, bytes]:
        """Run a test's visible part and then its probe; a code, and the values or what went wrong."""
        # A student's cell may have closed these, or called something of its own `check`: no reason to fail.
        sys.stdout = sys.stderr = _output()
        self.shell.user_ns.update(self.pristine.names)
        try:
            # Probe and judge draw their inputs in the same kind of number, whatever a student's cell has set.
            self.pristine.names["torch"].set_default_dtype(self.dtype)
            # More threads than cores, on a machine that grades several at once, wait for one another without end.
            self.pristine.names["torch"].set_num_threads(1)
            result = self.shell.run_cell(message["source"])
            if (error := result.error_before_exec or result.error_in_exec) is not None:
                raise error
            return VALUES, self._values(message["probe"], message["seed"])
        except NotImplementedError as error:
            return NOT_SOLVED, _said(error)
        except BaseException as error:
            return FAILED, _said(error)

    def _values(self, source: str, seed: int) -> bytes:
        names = {**self.shell.user_ns, **self.pristine.names}
        exec(compile(source, "<probe>", "exec"), names)
        probe, profiler = names["probe"], sys.getprofile
        failed = self.pristine.check.Failed

        def watched(seed: int) -> Mapping[str, Any]:
            before = profiler()
            values: Mapping[str, Any] = probe(seed)
            if before is None or profiler() is not before:
                raise failed("your code changes the interpreter's profiler", hint="Leave sys.setprofile alone.")
            return values

        _bar(self.pristine.core, failed)
        data: bytes = self.pristine.check.run_probe(watched, seed)
        return data


def _bar(core: tuple[types.FunctionType, ...], failed: type[Exception]) -> None:
    """Make deqlib's core raise, through whatever name it is reached, for the rest of this process."""
    for function in core:
        function.__kwdefaults__ = {"failed": failed}
        function.__code__ = _barred.__code__.replace(co_freevars=function.__code__.co_freevars)


def _barred(*_: object, failed: Any, **__: object) -> None:
    hint = "Write it with torch alone: the point of the exercise is what deqlib does inside."
    raise failed("your answer calls deqlib's own code", hint=hint)


def _said(error: BaseException) -> bytes:
    """An error in a few words; a failed check has its own."""
    kind, text = type(error).__name__, str(error)
    return (text if kind == "Failed" else f"{kind}: {text}")[:_MESSAGE_CHARS].encode(errors="replace")


def _output() -> TextIO:
    try:
        return open(1, "w", encoding="utf-8", errors="replace", closefd=False)
    except OSError:
        return open(os.devnull, "w", encoding="utf-8")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
