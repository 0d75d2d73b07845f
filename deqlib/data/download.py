"""Fetch the official CIFAR-10 archive: with progress, resumed where it broke off, checked, and kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from deqlib.data.cifar import ARCHIVE_MD5

__all__ = ["download_cifar10"]

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
BYTES = 170_498_071


def download_cifar10(
    folder: Path | str | None = None, url: str = URL, known_hash: str = f"md5:{ARCHIVE_MD5}"
) -> Path:
    """Download `cifar-10-python.tar.gz` (163 MB) unless a good copy is there, and return its path for `cifar10`.

    What had come when a download broke off stays in a `.part` file, and the next call goes on from there. The
    archive appears under its name only when it is whole and its checksum is right.

    Args:
        folder: where to keep it; the user's cache folder if None.
        url: where from; a mirror for instance.
        known_hash: what the file must have, as "md5:..." or "sha256:...".

    Raises:
        ConnectionError: the server cannot be reached or breaks off; call again to go on.
        OSError: there is no space for it.
        ValueError: what came is not the archive; it has been deleted.
        ImportError: pooch is missing.
    """
    try:
        import pooch
        import requests
    except ImportError as error:
        raise ImportError('downloading needs pooch: pip install "deqlib[course]"') from error
    where = Path(folder) if folder is not None else Path(pooch.os_cache("deqlib"))
    where.mkdir(parents=True, exist_ok=True)
    name = url.rsplit("/", 1)[-1]
    free = shutil.disk_usage(where).free
    if not (where / name).exists() and url == URL and free < BYTES:
        raise OSError(f"{where} has {free / 1e6:.0f} MB free, the archive needs {BYTES / 1e6:.0f}")
    part = where / f"{name}.part"
    try:
        kept = pooch.retrieve(url, known_hash, fname=name, path=where, downloader=_Resuming(part))
    except requests.RequestException as error:
        left = f"; {part.stat().st_size / 1e6:.0f} MB are kept" if part.exists() else ""
        raise ConnectionError(f"the download of {url} broke off ({error}){left}; call again to go on") from error
    except ValueError as error:  # pooch has deleted what does not have the checksum
        raise ValueError(f"what {url} sent is not the archive ({error}); nothing was kept, call again") from error
    return Path(kept)


class _Resuming:
    """What pooch calls to fetch a file: it appends to a part, and hands that over once it is whole."""

    def __init__(self, part: Path) -> None:
        self.part = part

    def __call__(self, url: str, output_file: Any, pooch: Any) -> None:
        import requests
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
            if answer.status_code == 416:  # nothing is left to send
                os.replace(self.part, output_file)
                return
            answer.raise_for_status()
            have = have if answer.status_code == 206 else 0  # a server that cannot resume sends the whole again
            total = have + int(answer.headers.get("Content-Length", 0))
            shown = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            with Progress("{task.description}", *shown) as bar, self.part.open("ab" if have else "wb") as file:
                task = bar.add_task(url.rsplit("/", 1)[-1], total=total or None, completed=have)
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)
                    bar.advance(task, len(chunk))
        if total and self.part.stat().st_size < total:
            raise requests.ConnectionError(f"{self.part.stat().st_size} of {total} bytes came")
        os.replace(self.part, output_file)
