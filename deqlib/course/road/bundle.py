"""One zip that students unpack and work in: the chapters, deqlib, what installs them, and a page of help.

    nbgrader_config.py, pyproject.toml, ... + course/ + deqlib/ + docs/students.md  -->  deq-course.zip

Solutions and hidden tests stand in solutions/ and tests/ alone, which are left out. course/ is first compared with
what solutions/ gives, so that nothing else, such as an instructor's own attempt, is handed out by accident. The bytes
are the same on repeats: names are sorted, and every file carries the same date.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from deqlib.course.build import build
from deqlib.course.chapter import CourseError, write_bytes

__all__ = ["FOLDER", "bundle", "contents"]

FOLDER = "deq-course"  # what the zip unpacks to
_PLAIN = ("LICENSE", "constraints.txt", "environment.yml", "nbgrader_config.py", "pyproject.toml")
_SKIP = ("__pycache__", ".ipynb_checkpoints")
# The parts of the Makefile that install and open the course; the others need tests/ and solutions/.
_RULES = ("export ", ".PHONY:", "help:", "lab:", "clean:", "$(VENV)/bin/python:", "$(VENV)/course:")
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def bundle(root: Path, out: Path) -> int:
    """Write the students' zip and return how many files are in it.

    Args:
        root: the course's root.
        out: the zip; an older one is replaced in one step.

    Raises:
        CourseError: course/ is not what solutions/ gives, or a file that belongs in the zip is missing.
    """
    build(root, check=True)
    files = contents(root)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    write_bytes(out, data.getvalue())
    return len(files)


def contents(root: Path) -> dict[str, bytes]:
    """List what belongs in the zip, by name.

    Raises:
        CourseError: something is missing at `root`.
    """
    files = {name: _read(root, name) for name in _PLAIN}
    files["README.md"] = _read(root, "docs/students.md")
    files["nbgrader_config.py"] = _without_database(files["nbgrader_config.py"].decode()).encode()
    files["Makefile"] = _for_learners(_read(root, "Makefile").decode()).encode()
    for folder in ("course", "deqlib"):
        found = {path.relative_to(root).as_posix(): path.read_bytes() for path in _walk(root / folder)}
        if not found:
            raise CourseError(f"{root / folder} is missing or empty; make the bundle in a full copy of the course")
        files |= found
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and not any(part in _SKIP for part in path.parts):
            yield path


def _read(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except OSError:
        raise CourseError(f"{root / name} is missing; make the bundle in a full copy of the course") from None


def _without_database(config: str) -> str:
    """Leave out an instructor's gradebook in PostgreSQL: its server, perhaps its password, is not for students."""
    return re.sub(r"^c\.CourseDirectory\.db_url\s*=\s*[\"'](?!sqlite:).*\n?", "", config, flags=re.M)


def _for_learners(makefile: str) -> str:
    """Cut the Makefile down to what a student can run."""
    settings, *rules = makefile.strip().split("\n\n")
    opening = "# `make lab` installs what the course needs, once, and opens chapter 01."
    settings = "\n".join([opening, *settings.splitlines()[1:]])
    text = "\n\n".join([settings, *(rule for rule in rules if rule.startswith(_RULES))]) + "\n"
    text = re.sub(r"^\.PHONY:.*", ".PHONY: help lab clean", text, flags=re.M)
    return re.sub(r'^\t@echo "make (?!lab|clean).*\n', "", text, flags=re.M)
