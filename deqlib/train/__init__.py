"""Training on images: the CIFAR-10 recipe, its twins, checkpoints that survive anything, and a certificate."""

from deqlib.train.certify import Certificate, certify
from deqlib.train.loop import Progress, Recipe, Run, accuracy, normalise, predict
from deqlib.train.model import SIZES, Classifier, Equilibrium, Explicit, Unrolled
from deqlib.train.muon import Muon

__all__ = [
    "SIZES", "Certificate", "Classifier", "Equilibrium", "Explicit", "Muon", "Progress", "Recipe", "Run", "Unrolled",
    "accuracy", "certify", "normalise", "predict",
]  # fmt: skip
