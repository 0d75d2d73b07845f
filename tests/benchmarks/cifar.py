"""Write what training runs found into docs/cifar.md: `python tests/benchmarks/cifar.py`.

The runs are the lines in docs/runs/NAME.jsonl, each as `deq train` wrote it, shortened by `--keep NAME FILE`; chapter
08's are the package's own. Nothing on the page between its marks is typed by hand, and a test fails where page and
runs differ.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import page
import typer

from deqlib.data import stored_runs

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE, RUNS = ROOT / "docs" / "cifar.md", ROOT / "docs" / "runs"
BUDGETS = (1, 2, 4, 8, 12, 20, 40, 50)
RUN_NAMES = ("mini", "mini4", "mini20", "full", "full14", "weak", "weak18")
HISTORY = 60  # rows of a run's history that are kept

Record = dict[str, Any]


def load(name: str) -> list[Record]:
    """Read the lines of docs/runs/NAME.jsonl; `mini` is the package's own log."""
    if name == "mini":
        return stored_runs()
    return [json.loads(line) for line in (RUNS / f"{name}.jsonl").read_text().splitlines()]


def keep(name: str, file: Path) -> None:
    """Shorten the histories of a results file and store its lines."""
    lines = []
    for line in file.read_text().splitlines():
        record = json.loads(line)
        record["history"] = record["history"][:: -(-len(record["history"]) // HISTORY)]
        lines.append(json.dumps(record, sort_keys=True))
    RUNS.mkdir(exist_ok=True)
    (RUNS / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def by_model(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Group records by their model, seeds in order."""
    groups: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda r: r["seed"]):
        groups.setdefault(record["model"], []).append(record)
    return groups


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return mean, least and most."""
    mean, least, most = statistics.mean(values), min(values), max(values)
    return f"{mean:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def paired(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the mean difference over the seeds, each seed by itself, and its standard error."""
    gaps = [a - b for a, b in zip(ours, theirs, strict=True)]
    error = statistics.stdev(gaps) / len(gaps) ** 0.5
    return f"{statistics.mean(gaps):+.1f} ± {error:.1f}"


def least_seconds(rows: Sequence[Record]) -> str:
    """Return the time of the run that other programs disturbed least."""
    return f"{min(r['train_seconds'] for r in rows):.0f}"


def accuracies(rows: Sequence[Record]) -> list[float]:
    """Return the test accuracies in per cent."""
    return [100 * r["accuracy"] for r in rows]


def curve(record: Record) -> list[float]:
    """Return the accuracy in per cent after 1 to 50 calls; empty where a model has no cell to repeat."""
    return [100 * a for a in record.get("certificate", {}).get("accuracy") or record.get("by_budget") or []]


def about(records: Sequence[Record]) -> str:
    """Name what the runs have in common."""
    said = {key: ", ".join(sorted({r[key] for r in records if key in r})) for key in ("torch", "device", "pixels")}
    return f"torch {said['torch']}; {said['device']}; pixels: {said['pixels']}; float32"


def speed(*names: str) -> str:
    """Tell how far the equilibrium is after how many epochs."""
    rows = []
    for name in names:
        for model, found in by_model(load(name)).items():
            if model == "equilibrium":
                epochs = str(found[0]["recipe"]["epochs"])
                seconds = [r["train_seconds"] for r in found]
                rows.append([epochs, spread(seconds, 0), spread(accuracies(found))])
    return page.table(["epochs", "seconds on one core", "test accuracy, %"], rows)


def twins(name: str) -> str:
    """Set the models beside each other, and the difference to the equilibrium of the same seed."""
    groups, rows = by_model(load(name)), []
    ours = accuracies(groups["equilibrium"])
    for model, found in groups.items():
        gap = "" if model == "equilibrium" else paired(ours, accuracies(found))
        step = found[0]["step"]
        calls = f"{step['forward_calls']} + {step['backward_products']}" if step["forward_calls"] else ""
        seconds = least_seconds(found)
        rows.append([model, f"{found[0]['parameters']:,}", calls, seconds, spread(accuracies(found)), gap])
    head = ["model", "parameters", "calls + products a step", "seconds, least", "accuracy, %"]
    return page.table([*head, "equilibrium is ahead by"], rows)


def longer(name: str, longer_name: str) -> str:
    """Set the equilibrium beside its twin when that trains for as long by the clock."""
    groups, rows = by_model(load(name)), []
    ours = accuracies(groups["equilibrium"])
    for model, found in [("equilibrium", groups["equilibrium"]), *by_model(load(longer_name)).items()]:
        gap = "" if model == "equilibrium" else paired(ours, accuracies(found))
        seconds = least_seconds(found)
        rows.append([model, str(found[0]["recipe"]["epochs"]), seconds, spread(accuracies(found)), gap])
    return page.table(["model", "epochs", "seconds, least", "accuracy, %", "equilibrium is ahead by"], rows)


def budgets(name: str) -> str:
    """Set accuracies after K calls at test time beside each other."""
    rows = []
    for model, found in by_model(load(name)).items():
        curves = [curve(r) for r in found]
        if all(curves):
            rows.append([model, *(f"{statistics.mean(c[k - 1] for c in curves):.1f}" for k in BUDGETS)])
    return page.table(["mean accuracy, % after", *(f"{k}" for k in BUDGETS)], rows)


def certificate(name: str) -> str:
    """Say of every seed whether it is an equilibrium."""
    found = [(r["seed"], r["certificate"]) for r in by_model(load(name))["equilibrium"]]
    measures: dict[str, Callable[[Record], str]] = {
        "calls K at the end of training": lambda c: str(c["budget"]),
        "residual at K = 8: median, largest": lambda c: "{:.1e}, {:.1e}".format(*c["decay"][7]),
        "residual at K: median, 90 %, largest": lambda c: ", ".join(f"{v:.1e}" for v in c["residual"]),
        "accuracy from 8 to 40 calls, %: least, most": lambda c: _range(c["accuracy"][7:40]),
        "two starts give one label, %": lambda c: f"{100 * c['agreement']:.1f}",
        "spectral radius: median, largest": lambda c: "{:.2f}, {:.2f}".format(*c["radius"]),
        "cosine with the exact gradient: JFB, Neumann(5)": lambda c: _two(c["cosine"], "JFB", "Neumann(5)"),
        "bytes kept for backward at K = 8 and at 32": lambda c: f"{c['saved']['8']:,}, {c['saved']['32']:,}",
        "call at which labels settle: quartiles, last": lambda c: ", ".join(f"{v:.0f}" for v in c["settled"]),
    }
    rows = [[what, *(show(c) for _, c in found)] for what, show in measures.items()]
    return page.table(["", *(f"seed {seed}" for seed, _ in found)], rows)


def _two(found: dict[str, float], *names: str) -> str:
    return ", ".join(f"{found[name]:.2f}" for name in names)


def _range(values: Sequence[float]) -> str:
    return f"{100 * min(values):.1f}, {100 * max(values):.1f}"


def changed(name: str) -> str:
    """Set accuracies on changed test images beside each other, as differences of the same seed."""
    groups, rows = by_model(load(name)), []
    for shift in groups["equilibrium"][0]["shifted"]:
        base = _scores(groups["equilibrium"], shift)
        more = paired(_scores(groups["equilibrium"], shift, "three times"), base)
        others = [paired(base, _scores(groups[model], shift)) for model in groups if model != "equilibrium"]
        rows.append([shift, spread(base), more, *others])
    ahead = [f"ahead of {model}" for model in groups if model != "equilibrium"]
    return page.table(["test images", "equilibrium, %", "three times the calls", *ahead], rows)


def _scores(rows: Sequence[Record], shift: str, budget: str = "trained") -> list[float]:
    return [100 * r["shifted"][shift][budget] for r in rows]


def blocks() -> dict[str, str]:
    """Make every block of the page."""
    return {
        "about": about([r for name in RUN_NAMES for r in load(name)]),
        "speed": speed("mini4", "mini", "mini20"),
        "twins": twins("mini"),
        "certificate": certificate("mini"),
        "budgets": budgets("mini"),
        "changed": changed("mini"),
        "full": twins("full"),
        "full_certificate": certificate("full"),
        "full_budgets": budgets("full"),
        "full_longer": longer("full", "full14"),
        "weak": twins("weak"),
        "weak_budgets": budgets("weak"),
        "weak_longer": longer("weak", "weak18"),
        "weak_changed": changed("weak"),
    }


def main(
    keep_run: Annotated[tuple[str, Path] | None, typer.Option("--keep", help="Store FILE as run NAME first.")] = None,
) -> None:
    """Write the page."""
    if keep_run is not None:
        keep(*keep_run)
    page.fill(PAGE, blocks())


if __name__ == "__main__":
    typer.run(main)
