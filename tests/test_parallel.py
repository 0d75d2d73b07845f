"""Two processes under DistributedDataParallel train as one does."""

from __future__ import annotations

import os
import socket

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from deqlib import DEQ, Anderson, Broyden, Implicit, Phantom
from deqlib.cells import DenseCell

ADJOINTS = {
    "implicit": (Anderson(), Implicit(rtol=1e-13, max_calls=80)),
    "phantom": (Anderson(), Phantom(3, 0.5)),
    "broyden": (Broyden(), Implicit(Broyden(), rtol=1e-13, max_calls=80)),
}


def model(kind: str) -> nn.Module:
    torch.manual_seed(0)
    solver, adjoint = ADJOINTS[kind]
    deq = DEQ(DenseCell(6, 6), solver=solver, adjoint=adjoint, rtol=1e-14, max_calls=100)
    return nn.Sequential(nn.Linear(4, 6), deq, nn.Linear(6, 2)).double()


def train(net: nn.Module, rows: slice) -> Tensor:
    """Take five steps of SGD on these rows of a batch of eight."""
    gen = torch.Generator().manual_seed(7)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.3)
    for _ in range(5):
        x, y = (torch.randn(8, n, generator=gen, dtype=torch.float64) for n in (4, 2))
        optimiser.zero_grad()
        (net(x[rows]) - y[rows]).square().mean().backward()
        optimiser.step()
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def worker(rank: int, port: int, folder: str, kind: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=2)
    try:
        weights = train(DistributedDataParallel(model(kind)), slice(4 * rank, 4 * rank + 4))
        torch.save(weights, f"{folder}/{rank}.pt")
    finally:
        dist.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADJOINTS)
def test_two_processes_equal_one(kind: str, tmp_path: object) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(worker, (port, str(tmp_path), kind), nprocs=2)
    one = train(model(kind), slice(0, 8))
    for rank in (0, 1):
        two = torch.load(f"{tmp_path}/{rank}.pt")
        assert (two - one).norm() <= 1e-12 * one.norm()
    start = torch.cat([p.detach().flatten() for p in model(kind).parameters()])
    assert (one - start).norm() > 1e-2 * start.norm(), "nothing was trained"
