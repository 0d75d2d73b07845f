"""A JupyterLab served by `deq lab` over a copy of the course, and a headless Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
NO_BROWSER = "no browser to test with: apt-get install chromium, or set DEQ_CHROMIUM=/path/to/chrome"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A new home would be asked whether it wants Jupyter's news; the answer is no, and no look for updates either.
NEWS = Path(".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings")


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it answers and which folder it serves."""

    url: str
    token: str
    root: Path


@contextmanager
def serve(root: Path, home: Path) -> Iterator[Lab]:
    """Copy the course into `root`, run `deq lab` there as a learner would, and leave nothing of it behind."""
    for folder in ("course", "solutions"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    (home / NEWS).parent.mkdir(parents=True)
    (home / NEWS).write_text('{"fetchNews": "false", "checkForUpdates": false}')
    scripts = str(Path(sys.executable).parent)
    command = shutil.which("deq", path=scripts)
    if command is None:
        pytest.fail(f"the command `deq` is not in {scripts}: pip install -e '.[dev]'", pytrace=False)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "XDG_"))}
    environment = {**inherited, "HOME": str(home), "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")])}
    log = home / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [command, "lab", "--no-browser", "--port", str(_free_port())],
            cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        address, token = _address(server, home, log)
        yield Lab(address, token, root)
    finally:
        left = _stop(server)
    assert not left, f"JupyterLab left processes behind: {left}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _address(server: subprocess.Popen[bytes], home: Path, log: Path, seconds: float = 60) -> tuple[str, str]:
    """Wait for the file in which a running server keeps its address and token."""
    end = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        for file in home.rglob(f"jpserver-{server.pid}.json"):
            try:
                info = json.loads(file.read_text())
            except json.JSONDecodeError:  # half written
                continue
            return info["url"], info["token"]
        time.sleep(0.05)
    state = f"`deq lab` was not up after {seconds:g} s" if server.poll() is None else "`deq lab` stopped"
    pytest.fail(f"{state}; the end of its log:\n{log.read_text()[-2000:]}", pytrace=False)


def _stop(server: subprocess.Popen[bytes]) -> list[str]:
    """Ask the server to end, wait for all that it started, and return what had to be killed."""
    started = psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return ["the server itself"]
    finally:
        _, alive = psutil.wait_procs(started, timeout=10)
        for process in alive:
            process.kill()
    return [str(process) for process in alive]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium: DEQ_CHROMIUM, or the one that the system has."""
    path = find_chromium()
    # Chromium's own sandbox does not start for root.
    flags = [*FLAGS, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def find_chromium() -> str:
    """Find the browser, or fail with a line that says how to get one."""
    named = os.environ.get("DEQ_CHROMIUM")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, candidates)), None)
    if found is None:
        pytest.fail(f"DEQ_CHROMIUM={named} is no program; {NO_BROWSER}" if named else NO_BROWSER, pytrace=False)
    return found
