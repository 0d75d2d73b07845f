"""The still pictures beside the notebooks: what a page shows without a kernel, each drawn by `deqlib.plots`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from deqlib import plots

__all__ = ["FIGURES", "pictures", "write"]

FIGURES: dict[str, dict[str, Callable[[], plots.Picture]]] = {
    "01_fixed_points": {"opening": plots.cobweb_pair, "explorer": plots.cobweb_grid},
    "02_anderson": {"opening": plots.memory_race, "explorer": plots.anderson_grid},
    "03_newton_broyden": {"opening": plots.newton_race, "explorer": plots.broyden_walks},
    "04_implicit_differentiation": {"opening": plots.echoes, "explorer": plots.tolerance_map},
    "05_deq_layer": {"opening": plots.two_roads, "explorer": plots.input_still},
    "06_cheap_gradients": {"opening": plots.three_endings, "explorer": plots.truncation_map},
    "07_stability": {"opening": plots.warning_signs, "explorer": plots.survival_table},
    "08_cifar": {"opening": plots.two_budgets, "explorer": plots.stored_scores},
}


def pictures(root: Path, chapter: str) -> Iterator[tuple[Path, Callable[[], plots.Picture]]]:
    """List the still pictures of a chapter, each with the function that draws it."""
    for name, draw in FIGURES.get(chapter, {}).items():
        yield root / "solutions" / chapter / "figures" / f"{name}.png", draw


def write(root: Path, chapter: str) -> None:
    """Draw a chapter's still pictures anew."""
    for path, draw in pictures(root, chapter):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw().png())
