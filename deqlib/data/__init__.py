"""Data sets of the course, as tensors: small enough to come with the package, downloaded, or read from a path."""

from deqlib.data.cifar import Images, cifar10
from deqlib.data.download import download_cifar10
from deqlib.data.runs import stored_runs

__all__ = ["Images", "cifar10", "download_cifar10", "stored_runs"]
