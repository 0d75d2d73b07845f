"""What a grader takes from strangers: files that are handed in, and arrays that their code returns."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from conftest import TINY

from deqlib.course import check
from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.grading import collect, collecting
from deqlib.course.grading.judge_server import look
from deqlib.course.grading.judging import Judges, JudgesError, locked_cells

# --------------------------------------------------------------------------------------------------------------------
# Collecting


def zipped(path: Path, members: dict[str, bytes], mode: int = 0o100644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


def test_a_zip_counts_if_it_holds_the_notebook_and_nothing_else(tmp_path: Path) -> None:
    name = f"{TINY}.ipynb"
    zipped(tmp_path / "ana.zip", {name: b"{}"})
    zipped(tmp_path / f"bob-{TINY}.zip", {f"{TINY}/{name}": b"{}"})
    found = {s.student: s for s in collect(tmp_path, TINY)}
    assert [collecting.read(found[s].path, TINY) for s in ("ana", "bob")] == [b"{}", b"{}"]
    bad = {
        "nothing else": zipped(tmp_path / "two.zip", {name: b"{}", "b": b""}),
        "and nothing else": zipped(tmp_path / "out.zip", {f"../{name}": b"{}"}),
        "not a regular file": zipped(tmp_path / "link.zip", {name: b"target"}, mode=0o120777),
        "more than 20 MB": zipped(tmp_path / "bomb.zip", {name: bytes(30 << 20)}),
    }
    (tmp_path / "word.zip").write_text("PK a document")
    whole = (tmp_path / "ana.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:40])
    bad |= {"not a zip": tmp_path / "word.zip", "not a zip that": tmp_path / "cut.zip"}
    for says, path in bad.items():
        with pytest.raises(CourseError, match=says):
            collecting.read(path, TINY)


def test_a_large_file_and_one_that_became_a_link_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "large.ipynb").open("wb") as file:
        file.truncate(collecting.MAX_BYTES + 1)
    with pytest.raises(CourseError, match="more than 20 MB"):
        collecting.read(tmp_path / "large.ipynb", TINY)
    (tmp_path / "link.ipynb").symlink_to("large.ipynb")
    with pytest.raises(CourseError, match="cannot be read"):
        collecting.read(tmp_path / "link.ipynb", TINY)


def test_the_time_of_handing_in_is_nbgraders_or_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "ana" / TINY
    folder.mkdir(parents=True)
    stamp = folder / "timestamp.txt"
    for text, hour in (("2025-11-28 10:00:00.5 UTC", 10), ("2025-11-28 10:00:00 +0100", None), ("tomorrow?", None)):
        stamp.write_text(text)
        found = collecting.handed_in(folder / f"{TINY}.ipynb")
        assert (found.hour if found and hour else None) == hour
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    for time, known in ((now + dt.timedelta(hours=23), True), (now + dt.timedelta(hours=25), False)):
        stamp.write_text(f"{time:%Y-%m-%d %H:%M:%S.%f} UTC")
        assert collecting.handed_in(folder / f"{TINY}.ipynb") == (time if known else None)
    for text in ("9999-12-31 23:59:59.000000 UTC", "0001-01-01 00:00:00 UTC", "1999-12-31 23:59:59 UTC"):
        stamp.write_text(text)
        assert collecting.handed_in(folder / f"{TINY}.ipynb") is None, text
    stamp.unlink()
    stamp.symlink_to("/etc/hostname")
    assert collecting.handed_in(folder / f"{TINY}.ipynb") is None


# --------------------------------------------------------------------------------------------------------------------
# Judging


@pytest.fixture(scope="module")
def judges() -> Iterator[Judges]:
    with Judges(("import torch\nfrom deqlib.course import check\ncheck.setup()",), servers=1, seconds=2) as found:
        yield found


def npz(save: Callable[..., None] = np.savez, **arrays: object) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def test_a_judge_accepts_right_values_and_says_what_is_wrong_with_others(judges: Judges) -> None:
    judge = "def judge(seed, got): check.close(got['z'], torch.ones(2) * seed, 'z', hint='Try again.')"
    right, wrong = check.pack({"z": torch.ones(2) * 7.0}), check.pack({"z": torch.zeros(2)})
    said = judges.ask(7, [(judge, right), (judge, wrong), (judge, check.pack({"y": 1})), (judge, right)])
    assert (said[0], said[3]) == ("", "")
    assert said[1].startswith("z is off: relative error")
    assert "Try again." in said[1]
    assert "could not be judged (KeyError: 'z')" in said[2]


@pytest.mark.parametrize(
    ("body", "value", "says"),
    [
        ("for i in range(int(got['z'])): pass", 10**15, "kept the judge busy for more than 2 s"),
        ("torch.zeros(int(got['z']))", 10**10, "could not be judged"),
        ("int(got['z'])", float("nan"), "could not be judged (ValueError"),
        ("check.close(got['z'], torch.ones(3), 'z')", 1.0, "z has the wrong shape"),
        ("exit()", 0, "could not be judged (SystemExit"),
        ("import os; os._exit(0)", 0, "made the judge's process end"),
        ("import os; os.kill(os.getpid(), 9)", 0, "made the judge's process end"),
        ("assert False", 0, "a check of the values failed"),
        ("assert False, 'a' * 10**6", 0, "aaaa"),
        ("print('[\"\"]'); assert got['z'] == 1, 'not one'", 0, "not one"),
    ],
)
def test_a_judge_that_an_array_drives_astray_rejects(judges: Judges, body: str, value: object, says: str) -> None:
    good = "def judge(seed, got): pass"
    data = check.pack({"z": value})
    said = judges.ask(0, [(good, data), (f"def judge(seed, got):\n    {body}", data), (good, data)])
    assert (said[0], said[2]) == ("", ""), "the tests beside it are judged all the same"
    assert says in said[1]
    assert len(said[1]) <= 2000


def hostile_arrays() -> dict[str, tuple[bytes, str]]:
    plain_one = npz(z=np.zeros(3))
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    claims, stored = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(claims, "w") as archive:
        archive.writestr("z.npy", array.getvalue().replace(b"(3,)", b"(9,)"))
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("z.npy", b"not an array")
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("z.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("z.npy", b"")
    return {
        "a pickle": (b"\x80\x04K\x01.", "no .npz"),
        "nothing": (b"", "no .npz"),
        "a bomb": (npz(np.savez_compressed, z=np.zeros(10**7)), "claim more bytes"),
        "compressed": (npz(np.savez_compressed, z=np.random.default_rng(0).random(9)), "compressed"),
        "objects": (npz(z=np.array([{}], dtype=object)), "real numbers"),
        "text": (npz(z=np.array(["a"])), "real numbers"),
        "complex": (npz(z=np.zeros(2, complex)), "real numbers"),
        "a record": (npz(z=np.zeros(2, [("a", "f8")])), "real numbers"),
        "a false size": (claims.getvalue(), "size is not the one"),
        "too many": (npz(**{f"a{i}": np.zeros(0) for i in range(1001)}), "more than 1000"),
        "a long name": (npz(**{"n" * 10_000: np.zeros(0)}), "strange name"),
        "another file": (stored.getvalue(), "while reading"),
        "one name twice": (twice.getvalue(), "two arrays of one name"),
        "cut off": (plain_one[:-30], "while reading"),
        "rubbish": (b"PK\x03\x04" + bytes(1000), "while reading"),
    }


def test_bytes_that_are_not_plain_arrays_are_not_loaded(judges: Judges) -> None:
    assert look(npz(z=np.zeros((2, 3)), n=np.array(4), empty=np.zeros((0, 5)))) == ""
    arrays = hostile_arrays()
    for name, (data, says) in arrays.items():
        assert says in look(data), name
    accept = "def judge(seed, got): pass"
    said = judges.ask(0, [(accept, data) for data, _ in arrays.values()])
    assert all(s.startswith("the values that came back could not be read") for s in said)


def test_a_judge_server_that_cannot_start_is_the_machines_fault() -> None:
    with Judges(("raise OSError('no space')",), servers=1) as broken, pytest.raises(JudgesError, match="no space"):
        broken.ask(0, [("def judge(seed, got): pass", check.pack({}))])


def test_judges_leave_no_process() -> None:
    before = set(psutil.Process().children(recursive=True))
    with Judges((), servers=2) as two:
        assert two.ask(0, [("def judge(seed, got): pass", check.pack({}))]) == [""]
        assert set(psutil.Process().children(recursive=True)) - before
    assert not set(psutil.Process().children(recursive=True)) - before


def test_a_judge_may_rely_on_the_locked_cells_alone(course: Path) -> None:
    cells = locked_cells(Chapter(course, TINY))
    assert len(cells) == 1
    assert "check.setup()" in cells[0]
