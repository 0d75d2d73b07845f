"""Print how deqlib's solvers compare with others, and where they lose: `python tests/benchmarks/run.py`.

Every solver solves every problem to each tolerance from the same start with the same budget of calls. Then

    calls       of f, counted by wrapping it, until the worst sample met the tolerance by the solver's own test;
    residual    ‖f(z) - z‖ / ‖f(z)‖ of the worst sample at the z returned, with f in float64. A solver has reached
                the tolerance if this is within 5 % of it (float32 cannot tell more at 1e-6);
    time        wall time over that of torchdeq's fastest solver, both from the same round; rounds go through the
                solvers in turn and the median of the rounds is printed. Each solver is given the budget that it
                used, since torchdeq sizes its buffers by the budget. A solver 4 times slower than torchdeq's best
                in the first round is left at that, marked ~;
    peak        most bytes of tensors alive at once beyond z0 and the weights, f's own included (at the last
                tolerance; SciPy's arrays are not seen).

Then the same for the adjoint equation (`gradients.py`), and what tolerances, warm starts and the modes of a solve
do (`effects.py`). `--page FILE` writes the tables that FILE marks into it.
"""

from __future__ import annotations

import os

# NumPy reads this when it is first imported; with a thread per core its small products cost SciPy tenfold.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import dataclasses
import functools
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import effects
import gradients
import page
import torch
import typer
from memory import peak_bytes
from peers import Outcome, Peer, peers, run, worst
from problems import PROBLEMS, Problem, make
from rich.console import Console
from rich.table import Table

MAX_CALLS = 200
SLACK = 1.05  # on the tolerance, for what float32 rounds
NOISE = 0.95  # a time ratio above this is no loss
SLOW = 4.0  # times torchdeq's best: not timed again
ADJOINT_AT_MOST = {"conv-init": 17, "dense-0.99": 34}


@dataclass
class Row:
    """One solver on one problem at one tolerance; a ratio or a size that does not apply is None."""

    problem: str
    rtol: float
    solver: str
    family: str
    calls: int
    residual: float | None
    reached: bool
    failure: str
    seconds: float | None = None
    slow: bool = False
    time_ratio: float | None = None
    call_ratio: float | None = None
    peak: int | None = None
    kind: str = "forward"
    error: float | None = None


def compare(name: str, rtol: float, solvers: list[Peer], rounds: int, memory: bool) -> list[Row]:
    """Run all solvers on one problem at one tolerance."""
    problem, twin = make(name), make(name, torch.float64)
    solvers = [peer for peer in solvers if peer.applies(problem)]
    rows = {peer.name: _row(peer, problem, twin, rtol) for peer in solvers}
    jobs = {
        peer.name: functools.partial(run, peer, problem, rtol, rows[peer.name].calls)
        for peer in solvers if rows[peer.name].reached
    }  # fmt: skip
    _ratios(rows, _time(jobs, rows, rounds))
    for peer in solvers:
        row = rows[peer.name]
        if memory and not row.failure and peer.family != "scipy":
            row.peak = peak_bytes(functools.partial(run, peer, problem, rtol, row.calls))
    return list(rows.values())


def _row(peer: Peer, problem: Problem, twin: Problem, rtol: float) -> Row:
    outcome = run(peer, problem, rtol, MAX_CALLS)
    residual = _true_residual(outcome, twin)
    reached = residual is not None and residual <= SLACK * rtol
    return Row(problem.name, rtol, peer.name, peer.family, outcome.calls, residual, reached, outcome.failure)


def _true_residual(outcome: Outcome, twin: Problem) -> float | None:
    if outcome.z is None:
        return None
    z = outcome.z.to(twin.z0.dtype)
    return worst(z, twin.f(z))


def compare_gradients(name: str, rtol: float, rounds: int, memory: bool) -> list[Row]:
    """Run all ways to the adjoint equation's solution on one problem at one tolerance."""
    made, ways = gradients.equation(name), gradients.methods()
    rows = {way.name: _gradient_row(way, made, name, rtol) for way in ways}
    jobs = {
        way.name: functools.partial(gradients.run, way, made, rtol, max(rows[way.name].calls, 1))
        for way in ways if rows[way.name].reached
    }  # fmt: skip
    _ratios(rows, _time(jobs, rows, rounds))
    for job in jobs if memory else ():
        rows[job].peak = peak_bytes(jobs[job])
    return list(rows.values())


def _gradient_row(way: gradients.Backward, made: gradients.Equation, name: str, rtol: float) -> Row:
    outcome = gradients.run(way, made, rtol, MAX_CALLS)
    row = Row(name, rtol, way.name, way.family, outcome.calls, None, False, outcome.failure, kind=way.kind)
    if outcome.u is not None:
        row.residual, row.error = made.residual(outcome.u), made.error(outcome.u)
        row.reached = way.kind == gradients.CHEAP or row.residual <= SLACK * rtol
    return row


def _time(jobs: dict[str, Callable[[], Any]], rows: dict[str, Row], rounds: int) -> dict[str, list[float]]:
    """Time the jobs in turn, round after round; the slow ones in the first round only."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        first = [seen[0] for name, seen in times.items() if seen and rows[name].family == "torchdeq"]
        limit = SLOW * min(first, default=float("inf"))
        for name, job in jobs.items():
            seen = times[name]
            if not seen or seen[0] <= limit:
                seen.append(job().seconds)
    return times


def _ratios(rows: dict[str, Row], times: dict[str, list[float]]) -> None:
    """Fill in medians, and ratios paired round by round: to torchdeq's fastest, and a call's to one of Picard's."""
    most = max(map(len, times.values()), default=0)
    for name, seen in times.items():
        rows[name].seconds, rows[name].slow = statistics.median(seen), len(seen) < most
    theirs = {name: rows[name].seconds or 0.0 for name in times if rows[name].family == "torchdeq"}
    best = times[min(theirs, key=lambda name: theirs[name])] if theirs else None
    picard = times.get("Picard")
    for name, seen in times.items():
        row = rows[name]
        if best:
            row.time_ratio = _paired(seen, best)
        if picard and row.problem.startswith("conv"):
            row.call_ratio = _paired(seen, picard) * rows["Picard"].calls / row.calls


def _paired(mine: list[float], other: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(mine, other, strict=False))


def show(console: Console, rows: list[Row], rtol: float) -> None:
    """Print the table of one tolerance: ratios first."""
    table = Table(title=f"To a relative residual of {rtol:.0e}, at most {MAX_CALLS} calls", title_justify="left")
    table.add_column("problem")
    table.add_column("solver")
    for heading in ("time /\ntorchdeq", "a call /\nPicard's", "calls", "true\nresidual", "time,\nms", "peak,\nMB"):
        table.add_column(heading, justify="right")
    last = ""
    for row in rows:
        if last and row.problem != last:
            table.add_section()
        style = "bold" if row.family == "ours" else None
        table.add_row(row.problem if row.problem != last else "", row.solver, *_cells(row), style=style)
        last = row.problem
    console.print(table)


def show_gradients(console: Console, rows: list[Row], rtol: float) -> None:
    """Print the table of the adjoint equation: ratios first, the cheap gradients last."""
    table = Table(title=f"Adjoint equation to {rtol:.0e}, at most {MAX_CALLS} products with Jᵀ", title_justify="left")
    table.add_column("problem")
    table.add_column("gradient")
    for heading in ("time /\ntorchdeq", "products", "gradient\nerror", "true\nresidual", "time,\nms", "peak,\nMB"):
        table.add_column(heading, justify="right")
    last = ""
    for row in rows:
        if last and row.problem != last:
            table.add_section()
        ratio, _, calls, residual, *rest = _cells(row)
        error = "none" if row.error is None else f"{row.error:.1e}"
        style = "bold" if row.family == "ours" else None
        table.add_row(row.problem if row.problem != last else "", row.solver, ratio, calls, error, residual, *rest,
                      style=style)  # fmt: skip
        last = row.problem
    console.print(table)


def _cells(row: Row) -> list[str]:
    about = "~" if row.slow else ""
    return [
        "" if row.time_ratio is None else f"{about}{row.time_ratio:.2f}",
        "" if row.call_ratio is None else f"{about}{row.call_ratio:.2f}",
        str(row.calls) if row.reached else row.failure or "not reached",
        "none" if row.residual is None else f"{row.residual:.1e}",
        "" if row.seconds is None else f"{1e3 * row.seconds:.1f}",
        "" if row.peak is None else f"{row.peak / 1e6:.2f}",
    ]


def show_figures(console: Console, rows: list[Row]) -> None:
    """Print the design's figures to beat beside what the best of ours does."""
    table = Table("problem", "figure", "at most", "ours", "", "by", title="The figures to beat", title_justify="left")
    ours = [row for row in rows if row.family == "ours" and row.reached and row.kind == "forward"]
    for name in dict.fromkeys(row.problem for row in rows):
        tight = [row for row in ours if row.problem == name and row.rtol == 1e-6]
        loose = [row for row in ours if row.problem == name and row.rtol == 1e-3 and row.solver != "Picard"]
        limit = make(name).at_most
        if limit is not None:
            _figure(table, name, "calls at 1e-6", limit, {r.solver: r.calls for r in tight})
        timed = {r.solver: r.time_ratio for r in tight if r.time_ratio is not None}
        _figure(table, name, "time / torchdeq's best at 1e-6", 0.5, timed)
        called = {r.solver: r.call_ratio for r in loose if r.call_ratio is not None}
        _figure(table, name, "a call / Picard's at 1e-3", 1.1, called)
    solved = [r for r in rows if r.kind == gradients.EXACT and r.family == "ours" and r.reached and r.rtol == 1e-6]
    for name, limit in ADJOINT_AT_MOST.items():
        products = {row.solver: row.calls for row in solved if row.problem == name}
        _figure(table, name, "adjoint products at 1e-6", limit, products)
    if table.row_count:
        console.print(table)


def _figure(table: Table, problem: str, what: str, limit: float, values: dict[str, float]) -> None:
    if values:
        solver = min(values, key=lambda name: values[name])
        value = round(values[solver], 2)
        verdict = "[green]yes[/]" if value <= limit else "[red]no[/]"
        table.add_row(problem, what, f"{limit:g}", f"{value:g}", verdict, solver)


def losses(rows: list[Row]) -> list[str]:
    """List where another solver needs fewer calls, or less time by more than the noise, than the best of ours."""
    said = []
    for name, rtol, kind in dict.fromkeys((row.problem, row.rtol, row.kind) for row in rows):
        here = [row for row in rows if (row.problem, row.rtol, row.kind) == (name, rtol, kind) and row.reached]
        ours = [row for row in here if row.family == "ours"]
        others = [row for row in here if row.family != "ours"]
        where, unit = f"{name} at {rtol:.0e}", "calls"
        if kind == gradients.EXACT:
            where, unit = f"adjoint of {where}", "products"
        if others and not ours:
            said.append(f"{where}: none of ours gets there; {', '.join(row.solver for row in others)} do")
        elif others:
            lost = (_calls_lost(ours, others, unit), _time_lost(ours, others))
            said += [f"{where}: {loss}" for loss in lost if loss]
    return said


def _calls_lost(ours: list[Row], others: list[Row], unit: str) -> str:
    mine, other = (min(group, key=lambda row: row.calls) for group in (ours, others))
    if other.calls >= mine.calls:
        return ""
    return f"{other.solver} needs {other.calls} {unit}, {mine.solver} {mine.calls}"


def _time_lost(ours: list[Row], others: list[Row]) -> str:
    mine, other = (min(group, key=lambda row: row.seconds or 0.0) for group in (ours, others))
    ratio = (other.seconds or 0.0) / (mine.seconds or 1.0)
    return f"{other.solver} takes {ratio:.2f} of the time of {mine.solver}" if ratio < NOISE else ""


def main(
    problem: Annotated[list[str] | None, typer.Option(help="Run this problem only; may be given again.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="1e-3 only, one round, without SciPy and memory.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch; NumPy keeps to OMP_NUM_THREADS or 1.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every row to this file too.")] = None,
    page_file: Annotated[Path | None, typer.Option("--page", help="Fill the tables that this page marks.")] = None,
) -> None:
    """Compare deqlib's solvers with torchdeq's, a tutorial's Anderson and SciPy's, and say where ours lose."""
    names = problem or list(PROBLEMS)
    if unknown := sorted(set(names) - set(PROBLEMS)):
        raise typer.BadParameter(f"no problem {', '.join(unknown)}; there are {', '.join(PROBLEMS)}")
    if page_file and (quick or problem):
        raise typer.BadParameter("--page takes all problems at both tolerances: leave out --quick and --problem")
    torch.set_num_threads(threads)
    console = Console(width=None if Console().is_terminal else 110)
    tolerances, rounds = ([1e-3], 1) if quick else ([1e-3, 1e-6], 5)
    about = f"torch {torch.__version__}, {threads} thread(s), float32, median of {rounds} round(s)"
    console.print(about + "\n")
    for name in names:
        console.print(f"  {name:<11} {make(name).about}", highlight=False)
    rows = _measure(console, names, tolerances, rounds, quick)
    _summary(console, rows)
    tables = [] if quick else effects.tables()
    for table in tables:
        console.print(table.rich())
    if json_file:
        said = {"torch": torch.__version__, "threads": threads, "max_calls": MAX_CALLS, "rounds": rounds}
        said |= {"rows": [dataclasses.asdict(row) for row in rows], "effects": [vars(table) for table in tables]}
        json_file.write_text(json.dumps(said, indent=1))
    if page_file:
        page.write(page_file, about, rows, losses(rows), tables)


def _measure(console: Console, names: list[str], tolerances: list[float], rounds: int, quick: bool) -> list[Row]:
    """Run everything, printing each table when it is complete."""
    solvers = [peer for peer in peers() if not (quick and peer.family == "scipy")]
    for peer in solvers:  # let it pay for its imports and first allocations outside the clock
        run(peer, make("dense-0.5"), 1e-3, MAX_CALLS)
    rows = []
    for rtol in tolerances:
        memory = not quick and rtol == tolerances[-1]
        forward = [row for name in names for row in compare(name, rtol, solvers, rounds, memory)]
        show(console, forward, rtol)
        backward = [row for name in names for row in compare_gradients(name, rtol, rounds, memory)]
        show_gradients(console, backward, rtol)
        rows += forward + backward
    return rows


def _summary(console: Console, rows: list[Row]) -> None:
    show_figures(console, rows)
    lost = losses(rows)
    console.print("\n[bold]Where we lose[/] (fewer calls, or less time by more than 5 %, than the best of ours)")
    for line in lost or ["nowhere in this run"]:
        console.print(f"  {line}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
