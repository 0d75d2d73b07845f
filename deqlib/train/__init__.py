"""Training on images: the CIFAR-10 recipe, its twins, checkpoints that survive anything, and a certificate."""

from deqlib.train.certify import Certificate, certify
from deqlib.train.loop import Progress, Recipe, Run, accuracy, normalise, predict
from deqlib.train.model import SIZES, Airbench, Classifier, Equilibrium, Explicit, Unrolled, Yardstick
from deqlib.train.muon import Muon
from deqlib.train.saved import load_model, save_model
from deqlib.train.shifts import SHIFTS, shifted

__all__ = [
    "SHIFTS", "SIZES", "Airbench", "Certificate", "Classifier", "Equilibrium", "Explicit", "Muon", "Progress",
    "Recipe", "Run", "Unrolled", "Yardstick", "accuracy", "certify", "load_model", "normalise", "predict",
    "save_model", "shifted",
]  # fmt: skip
