"""All submissions there are, by the student's name."""

from submissions import careless, honest, hostile, hostile_deqlib, hostile_files, hostile_machine
from submissions.making import ENTRIES

__all__ = ["ENTRIES", "careless", "honest", "hostile", "hostile_deqlib", "hostile_files", "hostile_machine"]
