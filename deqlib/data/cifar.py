"""CIFAR-10 as uint8 tensors: 6,000 of its photographs come with the package, the rest by download or from a path."""

from __future__ import annotations

import hashlib
import io
import pickletools
import tarfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

__all__ = ["ARCHIVE_MD5", "Images", "cifar10"]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MINI = Path(__file__).with_name("cifar10_mini.npz")
MINI_SHA256 = "d3badf931caaa5a8c49f91ff521af8bca8a4c32ad888ea2913dad60d3c189c43"
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")


@dataclass(frozen=True)
class Images:
    """Labelled images, split into training and test.

    Attributes:
        x_train, x_test: uint8 (N, 3, 32, 32), red, green and blue from 0 to 255.
        y_train, y_test: int64 (N,), the place of the label in `classes`.
        classes: the ten names, in order.
        pixels: which pixels these are, "mini", "CIFAR-10" or "JPEG q75"; say it beside any accuracy.
    """

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: tuple[str, ...]
    pixels: str


def cifar10(source: Path | str | None = None) -> Images:
    """Read CIFAR-10: the mini set, the official archive, or all images as JPEG.

    - None: the mini set inside the package, 5,000 training and 1,000 test photographs with the original pixels, the
      first 1,000 of each batch. With 1,000 test images an accuracy near 60 % has a standard error of 1.5 points.
    - a path to `cifar-10-python.tar.gz`, which `download_cifar10` fetches: 50,000 and 10,000 images. Its batches are
      pickles; they are read as data, and nothing in them is executed.
    - a path to an `.npz` of JPEGs (arrays header, payload, lengths, labels, n_train): never set an accuracy on these
      beside one on the original pixels.

    Returns:
        `Images`.

    Raises:
        FileNotFoundError: there is no such file, or the package came without its own.
        ValueError: the file is damaged, cut off, or none of the three.
        ImportError: numpy, or Pillow for the JPEGs, is missing.

    Source: A. Krizhevsky (2009), technical report, University of Toronto.

    >>> data = cifar10()
    >>> data.x_train.shape, data.y_test.shape, data.classes[3], data.pixels
    (torch.Size([5000, 3, 32, 32]), torch.Size([1000]), 'cat', 'mini')
    """
    if source is None:
        return _mini()
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}: cifar10() reads the images that come with the package")
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        return _archive(path)
    if start == b"PK\x03\x04":
        return _jpeg(path)
    raise ValueError(f"{path} is neither cifar-10-python.tar.gz nor an .npz of JPEGs")


def _images(train: tuple[Any, Any], test: tuple[Any, Any], pixels: str) -> Images:
    (x_train, y_train), (x_test, y_test) = ((torch.as_tensor(x), torch.as_tensor(y).long()) for x, y in (train, test))
    return Images(x_train, y_train, x_test, y_test, CLASSES, pixels)


def _numpy() -> Any:
    try:
        import numpy
    except ImportError as error:
        raise ImportError('reading images needs numpy: pip install "deqlib[course]"') from error
    return numpy


# --------------------------------------------------------------------------------------------------------------------


def _mini() -> Images:
    if not MINI.is_file():
        raise FileNotFoundError(f"{MINI} is missing: install deqlib again")
    data = MINI.read_bytes()
    if hashlib.sha256(data).hexdigest() != MINI_SHA256:
        raise ValueError(f"{MINI} is damaged (its checksum is not the packed file's): install deqlib again")
    with _numpy().load(io.BytesIO(data), allow_pickle=False) as arrays:
        train, test = ((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
    return _images(train, test, "mini")


def _archive(path: Path) -> Images:
    """Read the official archive, of which every batch is a pickle of a dict with an array and a list."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            found = {Path(m.name).name: m for m in tar.getmembers() if m.isfile()}
            missing = [name for name in BATCHES if name not in found]
            if missing:
                raise ValueError(f"{path} holds no {missing[0]}: is it cifar-10-python.tar.gz?")
            read = [tar.extractfile(found[name]) for name in BATCHES]
            batches = [_batch(file.read(), name) for file, name in zip(read, BATCHES, strict=True) if file]
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{path} is damaged or cut off ({error}): delete it and download it again") from error
    *train, test = batches
    joined = (torch.cat([x for x, _ in train]), torch.cat([y for _, y in train]))
    return _images(joined, test, "CIFAR-10")


def _batch(data: bytes, name: str) -> tuple[Tensor, Tensor]:
    """Find pixels and labels among a pickle's operands; unpickling would run whatever a stranger put there."""
    try:
        # BINPUT, BINGET and their kin have a number for an operand too: a place in the pickle's memory.
        operations = [value for code, value, _ in pickletools.genops(data) if code.name[-3:] not in ("PUT", "GET")]
    except Exception as error:
        raise ValueError(f"{name} in the archive is not a pickle: {error}") from error
    text = [v.encode("latin-1") if isinstance(v, str) else v for v in operations]
    pixels = max((v for v in text if isinstance(v, bytes)), key=len, default=b"")
    places = [i for i, v in enumerate(text) if v == b"labels"]
    labels: list[int] = []
    if places:
        after = [v for v in operations[places[0] + 1 :] if isinstance(v, int)]
        labels = after[: len(pixels) // 3072]
    if not pixels or len(pixels) != 3072 * len(labels) or not all(0 <= v < 10 for v in labels):
        raise ValueError(f"{name} in the archive does not hold images of 32 x 32 pixels with labels from 0 to 9")
    images = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(-1, 3, 32, 32)
    return images, torch.tensor(labels)


def _jpeg(path: Path) -> Images:
    np = _numpy()
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError('reading JPEGs needs Pillow: pip install "deqlib[course]"') from error
    names = {"header", "payload", "lengths", "labels", "n_train"}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if not names <= set(arrays.files):
                raise ValueError(f"its arrays are {sorted(arrays.files)}, not {sorted(names)}")
            z = {name: arrays[name] for name in names}
        ends = np.cumsum(z["lengths"], dtype=np.int64)
        if len(z["labels"]) != len(ends) or (len(ends) and ends[-1] != len(z["payload"])):
            raise ValueError("its lengths do not add up to its payload")
        head, body = z["header"].tobytes(), z["payload"].tobytes()
        x = np.empty((len(ends), 3, 32, 32), np.uint8)
        for i, (a, b) in enumerate(pairwise([0, *ends.tolist()])):
            x[i] = np.asarray(Image.open(io.BytesIO(head + body[a:b] + b"\xff\xd9"))).transpose(2, 0, 1)
    except Exception as error:
        raise ValueError(f"{path} is damaged or no .npz of JPEGs ({error})") from error
    y, n = z["labels"], int(z["n_train"])
    return _images((x[:n], y[:n]), (x[n:], y[n:]), "JPEG q75")
