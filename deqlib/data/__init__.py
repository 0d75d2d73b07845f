"""Data sets of the course, as tensors: small enough to come with the package, or read from a path."""

from deqlib.data.cifar import Images, cifar10

__all__ = ["Images", "cifar10"]
