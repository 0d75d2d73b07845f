"""What is iterated: modules f(z, x) -> z that own their initialisation, so that the first solve converges."""

from deqlib.cells.convolutional import ConvCell
from deqlib.cells.dense import DenseCell
from deqlib.cells.monotone import MonotoneCell

__all__ = ["ConvCell", "DenseCell", "MonotoneCell"]
