"""What the last checks found, kept in .deq/progress.json in the course's folder.

    {"version": 1, "chapters": {NAME: {"checked": TIME, "exercises": {NAME: {status, earned, points, source}}}}}
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deqlib.course.chapter import Chapter, CourseError, Exercise, all_chapters, exercises, load_notebook, write_text
from deqlib.course.checking import Report, points, source_hash

__all__ = ["load", "record", "show"]

_VERSION = 1


def record(root: Path, report: Report, console: Console) -> None:
    """Keep a chapter's report as its last one; a folder that cannot be written is a note, not a failure."""
    chapters, note = load(root)
    chapters[report.chapter] = {
        "checked": report.checked,
        "exercises": {
            row.name: {"status": row.status, "earned": row.earned, "points": row.points, "source": row.source}
            for row in report.rows
        },
    }
    try:
        write_text(_file(root), json.dumps({"version": _VERSION, "chapters": chapters}, indent=1) + "\n")
    except OSError as error:
        note = f"This result is not kept: {_file(root)} cannot be written ({error.strerror})."
    if note:
        console.print(Text(note, "yellow"))


def load(root: Path) -> tuple[dict[str, Any], str]:
    """Read the kept results by chapter, and a note if the file is damaged and was left out."""
    path = _file(root)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        chapters = {name: entry for name, entry in data["chapters"].items() if _usable(entry)}
        complete = data["version"] == _VERSION and len(chapters) == len(data["chapters"])
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}, f"{path} is damaged and was left out; the next `deq check` writes it anew."
    note = f"{path} is damaged in part; run `deq check` again where a result is missing."
    return chapters, "" if complete else note


def _usable(entry: Any) -> bool:
    try:
        dt.datetime.fromisoformat(entry["checked"]).astimezone()
        return all(
            isinstance(e["status"], str) and float(e["earned"]) <= float(e["points"]) and isinstance(e["source"], str)
            for e in entry["exercises"].values()
        )
    except (TypeError, ValueError, KeyError, AttributeError):
        return False


def _file(root: Path) -> Path:
    return root / ".deq" / "progress.json"


def show(root: Path, console: Console) -> None:
    """Print a row a chapter: exercises passed, points, when it was checked, and what was edited since."""
    kept, note = load(root)
    table = Table(title="Progress, by the visible checks", title_justify="left")
    for heading in ("chapter", "", "exercises", "points", "last checked", "edited since"):
        table.add_column(heading, justify="right" if heading in ("exercises", "points") else "left")
    notes = [note] if note else []
    for chapter in all_chapters(root):
        try:
            found = exercises(load_notebook(chapter.release), chapter.number)
        except CourseError as error:
            table.add_row(chapter.name, "", "", "", Text("unreadable", "red"), "")
            notes.append(str(error))
            continue
        _add_row(table, chapter, found, kept.get(chapter.name, {"checked": "", "exercises": {}}))
    console.print(table)
    for note in notes:
        console.print(Text(note, "yellow"))


def _add_row(table: Table, chapter: Chapter, found: list[Exercise], entry: dict[str, Any]) -> None:
    results = entry["exercises"]
    passed = sum(results.get(e.name, {}).get("status") == "passed" for e in found)
    earned = sum(results.get(e.name, {}).get("earned", 0) for e in found)
    edited = [e.number for e in found if e.name in results and results[e.name]["source"] != source_hash(e.solution)]
    checked = dt.datetime.fromisoformat(entry["checked"]).astimezone() if entry["checked"] else None
    table.add_row(
        chapter.name,
        ProgressBar(total=len(found), completed=passed, width=20),
        f"{passed} / {len(found)}",
        f"{points(earned)} / {points(sum(e.points for e in found))}",
        f"{checked:%Y-%m-%d %H:%M}" if checked else "never",
        Text(", ".join(edited), "yellow"),
    )
