"""Run submissions on the workers of a dask.distributed cluster, each in a sandbox of its worker's machine.

    here: rebuild  --Work without judges, seed-->  worker: sandbox, probes  --Ran-->  here: judges, gradebook

Judges, the gradebook and the journal stay here. A worker has to have deqlib, in the same version, and a sandbox of
its own. Use it on a network that you trust: whoever reaches a dask scheduler can run code on its workers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from deqlib.course.chapter import CourseError
from deqlib.course.grading import sandbox
from deqlib.course.grading.sandbox import Kind
from deqlib.course.grading.session import Runner
from deqlib.course.grading.threads import Farm
from deqlib.course.grading.verdicts import plain
from deqlib.course.grading.work import Limits, Ran, Work

try:
    from distributed import Client
except ModuleNotFoundError:
    raise CourseError("--cluster needs the cluster extra: pip install 'deqlib[cluster]'") from None

__all__ = ["connect"]

_CONNECT = 20  # seconds for the scheduler to answer
_WAIT = 60  # seconds for a first worker to be there
_here = threading.local()


@contextmanager
def connect(address: str, kind: Kind, limits: Limits) -> Iterator[tuple[Farm, int]]:
    """Connect to a scheduler; give what makes a line to it, and how many submissions its workers run at once.

    Args:
        address: as `dask scheduler` prints it, e.g. tcp://10.0.0.1:8786.
        kind: the sandbox that each worker makes.
        limits: what a submission may use.

    Raises:
        CourseError: there is no scheduler at the address, or no worker joins it.
    """
    try:
        client = Client(address, timeout=_CONNECT)
    except (OSError, ValueError) as error:
        raise CourseError(f"no dask scheduler answers at {address}: {plain(error)}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WAIT)
        except TimeoutError:
            raise CourseError(f"the scheduler at {address} has no worker; start one with `dask worker`") from None
        yield lambda: _Line(client, kind, limits), sum(client.nthreads().values())


class _Line:
    """One submission at a time, on whichever worker is free."""

    def __init__(self, client: Client, kind: Kind, limits: Limits) -> None:
        self._client, self._kind, self._limits = client, kind, limits

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def run(self, work: Work, seed: int) -> Ran:
        """Run a submission; a worker that dies meanwhile is replaced by another.

        Raises:
            CourseError: what a worker said, e.g. that it has no sandbox.
        """
        future = self._client.submit(_run, self._kind, self._limits, work, seed, pure=False, retries=2)
        found = future.result()
        if not isinstance(found, Ran):
            raise TypeError(f"a worker answered with {type(found).__name__}")
        return found


def _run(kind: Kind, limits: Limits, work: Work, seed: int) -> Ran:
    """Run a submission on a worker; the sandboxed process of a thread is kept for the next one."""
    kept = getattr(_here, "runner", None)
    if kept is None or kept[0] != (kind, limits):
        runner = Runner(sandbox.find(kind), limits)
        runner.__enter__()
        _here.runner = kept = ((kind, limits), runner)
    ran: Ran = kept[1].run(work, seed)
    return ran
