"""The data that comes with the package: whole, in order, and refused when it is not."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deqlib.data import cifar, cifar10, download_cifar10, stored_runs


def test_the_mini_set_is_what_it_says() -> None:
    data = cifar10()
    assert data.x_train.dtype == data.x_test.dtype == torch.uint8
    assert len(data.x_train) == len(data.y_train) == 5000
    assert len(data.x_test) == len(data.y_test) == 1000
    assert data.y_train.unique().tolist() == list(range(len(data.classes)))
    counts = data.y_train.bincount()
    assert (counts.min(), counts.max()) == (469, 527)
    labels = [data.classes.index(name) for name in ("ship", "frog")]
    ships, frogs = (data.x_train[data.y_train == label].float().mean((0, 2, 3)) for label in labels)
    assert ships[2] > ships[0], "ships lie in blue water"
    assert frogs[2] < frogs[0], "frogs do not"


def test_a_damaged_or_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torn = tmp_path / "cifar10_mini.npz"
    torn.write_bytes(cifar.MINI.read_bytes()[:-1])
    monkeypatch.setattr(cifar, "MINI", torn)
    with pytest.raises(ValueError, match=r"cifar10_mini.npz is damaged"):
        cifar10()
    torn.unlink()
    with pytest.raises(FileNotFoundError, match=r"cifar10_mini.npz is missing"):
        cifar10()


# --------------------------------------------------------------------------------------------------------------------
# The archive


def fake_batch(seed: int, n: int = 20) -> dict[bytes, object]:
    gen = np.random.default_rng(seed)
    pixels = gen.integers(0, 256, (n, 3072), dtype=np.uint8)
    names = [b"a.png"] * n
    return {b"batch_label": b"one", b"labels": gen.integers(0, 10, n).tolist(), b"data": pixels, b"filenames": names}


def write_archive(path: Path, batches: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def all_batches(protocol: int = 2) -> dict[str, bytes]:
    return {name: pickle.dumps(fake_batch(i), protocol) for i, name in enumerate(cifar.BATCHES)}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_archive_gives_its_pixels_and_labels(tmp_path: Path, protocol: int) -> None:
    data = cifar10(write_archive(tmp_path / "a.tar.gz", all_batches(protocol)))
    assert data.pixels == "CIFAR-10"
    assert data.x_train.shape == (100, 3, 32, 32)
    for i in range(5):
        batch = fake_batch(i)
        assert data.y_train[20 * i : 20 * i + 20].tolist() == batch[b"labels"]
        assert np.array_equal(data.x_train[20 * i : 20 * i + 20].flatten(1).numpy(), batch[b"data"])
    assert np.array_equal(data.x_test.flatten(1).numpy(), fake_batch(5)[b"data"])


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('a pickle was executed')",))


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    batches = all_batches()
    batches["data_batch_3"] = pickle.dumps({b"x": Evil(), **fake_batch(3)}, 2)
    assert len(cifar10(write_archive(tmp_path / "a.tar.gz", batches)).x_train) == 100
    batches["data_batch_3"] = pickle.dumps(Evil(), 2)
    with pytest.raises(ValueError, match="data_batch_3 in the archive does not hold images"):
        cifar10(write_archive(tmp_path / "b.tar.gz", batches))


def test_a_bad_archive_is_named(tmp_path: Path) -> None:
    good = write_archive(tmp_path / "a.tar.gz", all_batches())
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"torn.tar.gz is damaged or cut off"):
        cifar10(torn)
    few = {name: data for name, data in all_batches().items() if name != "test_batch"}
    with pytest.raises(ValueError, match=r"holds no test_batch"):
        cifar10(write_archive(tmp_path / "few.tar.gz", few))
    with pytest.raises(ValueError, match=r"data_batch_1 in the archive is not a pickle"):
        cifar10(write_archive(tmp_path / "c.tar.gz", {**all_batches(), "data_batch_1": b"hello"}))
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    with pytest.raises(ValueError, match=r"notes.txt is neither"):
        cifar10(text)
    with pytest.raises(FileNotFoundError, match="no file at"):
        cifar10(tmp_path / "nothing")


def test_jpegs_by_path(tmp_path: Path) -> None:
    pictures, bodies = [], []
    for i in range(6):
        file = io.BytesIO()
        Image.fromarray(np.full((32, 32, 3), 40 * i, np.uint8)).save(file, "JPEG", quality=75)
        data = file.getvalue()
        cut = data.index(b"\xff\xda") + 14  # the start-of-scan segment of three components has 12 bytes of content
        pictures.append(data[:cut])
        bodies.append(data[cut:-2])
    assert len(set(pictures)) == 1
    arrays = {
        "header": np.frombuffer(pictures[0], np.uint8), "payload": np.frombuffer(b"".join(bodies), np.uint8),
        "lengths": np.array([len(b) for b in bodies], np.uint16), "labels": np.arange(6, dtype=np.uint8),
        "n_train": np.int32(4),
    }  # fmt: skip
    path = tmp_path / "j.npz"
    np.savez(path, **arrays)
    data = cifar10(path)
    assert data.pixels == "JPEG q75"
    assert data.y_test.tolist() == [4, 5]
    assert [int(x.float().mean().round()) for x in (*data.x_train, *data.x_test)] == [0, 40, 80, 120, 160, 200]
    np.savez(path, **{**arrays, "payload": arrays["payload"][:-9]})
    with pytest.raises(ValueError, match="do not add up"):
        cifar10(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(ValueError, match="its arrays are"):
        cifar10(path)


# --------------------------------------------------------------------------------------------------------------------
# The download, from a server on this machine that breaks off


class Server(HTTPServer):
    content = bytes(range(256)) * 4000
    breaks = 1  # how many answers end half-way
    asked: list[str | None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.split("=")[1].rstrip("-")) if wanted else 0
        rest = self.server.content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.server.breaks > 0:
            self.server.breaks -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(("127.0.0.1", 0), Handler)
    running.asked = []
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def fetch(server: Server, folder: Path, content: bytes | None = None) -> Path:
    known = "md5:" + hashlib.md5(server.content if content is None else content).hexdigest()
    return download_cifar10(folder, f"http://127.0.0.1:{server.server_port}/c.tar.gz", known)


def test_a_download_that_broke_off_goes_on(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="call again to go on"):
        fetch(server, tmp_path)
    (part,) = tmp_path.iterdir()
    assert part.name == "c.tar.gz.part", "nothing under the final name before it is whole"
    come = part.stat().st_size
    assert 0 < come <= len(server.content) // 2
    path = fetch(server, tmp_path)
    assert server.asked == [None, f"bytes={come}-"]
    assert path.read_bytes() == server.content
    assert [p.name for p in tmp_path.iterdir()] == ["c.tar.gz"]
    fetch(server, tmp_path)
    assert len(server.asked) == 2, "what is there is not fetched again"


def test_a_download_of_something_else_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.breaks = 0
    with pytest.raises(ValueError, match="is not the archive"):
        fetch(server, tmp_path, b"the right one")
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="broke off"):
        download_cifar10(tmp_path, "http://127.0.0.1:9/c.tar.gz", "md5:0")
    assert list(tmp_path.iterdir()) == []


def test_no_space_is_said_before_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 10_000_000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    with pytest.raises(OSError, match="has 10 MB free, the archive needs 170"):
        download_cifar10(tmp_path)


def test_the_stored_runs_are_five_models_of_three_seeds_with_what_the_chapter_reads() -> None:
    runs = stored_runs()
    models = {r["model"] for r in runs}
    assert {(r["model"], r["seed"]) for r in runs} == {(m, s) for m in models for s in range(3)}
    assert len(models) == 5
    for run in runs:
        assert run["finished"]
        assert run["pixels"] == "mini"
        assert 40 <= len(run["history"]) <= 60
        assert 0.6 < run["accuracy"] < 0.9
        assert ("certificate" in run) == (run["model"] == "equilibrium")
    runs.clear()
    assert len(stored_runs()) == 15
