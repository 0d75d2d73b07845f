"""Checks that a notebook's test cells are made of: each says what was measured, expected, and what to try next.

A graded test has two halves, and a point is earned only by values that crossed from one to the other:

    probe(seed)        runs the learner's code on inputs drawn from `seed`; returns a dict of tensors and numbers
    judge(seed, got)   knows the expected values; sees only plain tensors rebuilt from bytes; asserts with messages

`grade(probe, judge)` joins them in one process, so the same cell works in JupyterLab and under nbgrader. A grader
that trusts nobody runs `run_probe` beside the learner's code in a sandbox and the judge outside, on those bytes.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = [
    "CountedCalls",
    "Failed",
    "attempt",
    "below",
    "close",
    "equal",
    "grade",
    "outcome",
    "pack",
    "passed",
    "raised",
    "raises",
    "random_map",
    "random_matrix",
    "run_probe",
    "setup",
    "shape",
    "side_effects",
    "true",
    "unpack",
    "untouched",
]

Probe = Callable[[int], Mapping[str, Any]]
Judge = Callable[[int, Mapping[str, Tensor]], None]

_CORE = {str(p) for p in Path(__file__).resolve().parent.parent.glob("*.py")}


class Failed(AssertionError):
    """A check that did not hold: what is wrong, what was expected, what came, what to try next.

    >>> print(Failed("z has the wrong sign", expected=1, came=-1, hint="Compare f(z) - z with z - f(z)."))
    z has the wrong sign
      expected   1
      came       -1
      next step  Compare f(z) - z with z - f(z).
    """

    def __init__(self, what: str, *, expected: object = None, came: object = None, hint: str = "") -> None:
        self.what, self.hint = what, hint
        rows = [("expected", expected), ("came", came), ("next step", hint or None)]
        super().__init__("\n".join([what, *(f"  {name:<10} {value}" for name, value in rows if value is not None)]))


# --------------------------------------------------------------------------------------------------------------
# For the first cell of a chapter and for its figures


def setup(seed: int = 0) -> None:
    """Make this notebook repeatable: seed torch, one thread, float64 by default, warnings on the normal output.

    Float64 because a course about convergence should see the method's error before it sees rounding. One thread
    because the order of a sum over threads changes its last bits. Warnings move because nbgrader counts a message
    on the error stream as a failed test.

    Args:
        seed: the seed of torch's global generator.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.set_printoptions(precision=4, sci_mode=False)  # type: ignore[no-untyped-call]

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        print(f"{category.__name__}: {message}")

    warnings.showwarning = show


def attempt(answer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a learner's function in a cell that draws; return None, and say so, while the exercise is not solved.

    A cell that tries several times says so once. Any other error comes through unchanged: a bug should be seen.

    >>> def todo(x): raise NotImplementedError
    >>> attempt(todo, 1) is None
    todo is not solved yet; this cell goes on without it.
    True
    """
    try:
        return answer(*args, **kwargs)
    except NotImplementedError:
        name = getattr(answer, "__name__", "This exercise")
        said = (name, _cell_number())
        if said not in _SAID or said[1] is None:
            print(f"{name} is not solved yet; this cell goes on without it.")
        _SAID.add(said)
        return None


_SAID: set[tuple[str, int | None]] = set()


def _cell_number() -> int | None:
    """Return the number of the notebook's running cell; None outside of IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return None if shell is None else int(shell.execution_count)


# --------------------------------------------------------------------------------------------------------------
# Assertions with messages


def passed(name: str) -> None:
    """Say that a cell's visible checks hold: silence could also mean that the cell did not run."""
    print(f"{name}: visible checks passed")


def true(condition: object, what: str, hint: str = "") -> None:
    """Assert a condition that has no natural number to print."""
    if not bool(condition):
        raise Failed(what, hint=hint)


def equal(got: object, want: object, name: str, hint: str = "") -> None:
    """Assert that two plain numbers, strings or tuples are the same."""
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    if got != want:
        raise Failed(f"{name} is not right", expected=want, came=got, hint=hint)


def shape(got: object, want: tuple[int, ...], name: str, hint: str = "") -> None:
    """Assert that a value is a tensor of a given shape; nothing is broadcast."""
    if not isinstance(got, Tensor):
        raise Failed(f"{name} must be a tensor", expected=f"a tensor of shape {want}", came=_brief(got), hint=hint)
    if tuple(got.shape) != tuple(want):
        raise Failed(f"{name} has the wrong shape", expected=tuple(want), came=tuple(got.shape), hint=hint)


def close(got: object, want: object, name: str, *, rtol: float = 1e-6, atol: float = 0.0, hint: str = "") -> None:
    """Assert ‖got - want‖ ≤ atol + rtol ‖want‖, after the shapes were found equal.

    >>> close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.5]), "z")
    Traceback (most recent call last):
    deqlib.course.check.Failed: z is off: relative error 1.9e-01, allowed 1.0e-06
      expected   [1, 2.5]
      came       [1, 2]
    """
    if isinstance(got, bool) or not isinstance(got, int | float | Tensor):
        raise Failed(f"{name} must be a number or a tensor", came=_brief(got), hint=hint)
    g = torch.as_tensor(got, dtype=torch.float64).detach()
    w = torch.as_tensor(want, dtype=torch.float64).detach()
    shape(g, tuple(w.shape), name, hint)
    error, size = torch.linalg.vector_norm(g - w).item(), torch.linalg.vector_norm(w).item()
    if not error <= atol + rtol * size:
        kind, value = ("relative", error / size) if size > 0 else ("absolute", error)
        allowed = atol / size + rtol if size > 0 else atol
        what = f"{name} is off: {kind} error {value:.1e}, allowed {allowed:.1e}"
        if g.numel() > 6:  # too many to show: the entry that is furthest off says most
            at = (g - w).abs().nan_to_num(nan=torch.inf).argmax()
            where = [int(i) for i in torch.unravel_index(at, g.shape)]
            what, w, g = f"{what}; worst at entry {where}", w[*where], g[*where]
        raise Failed(what, expected=_brief(w), came=_brief(g), hint=hint)


def below(value: object, bound: float, name: str, hint: str = "") -> None:
    """Assert that a number is at most `bound`; NaN is not."""
    number = float(value)  # type: ignore[arg-type]
    if not number <= bound:
        raise Failed(f"{name} is too large", expected=f"at most {bound:.3g}", came=f"{number:.3g}", hint=hint)


def raises(error: type[Exception], answer: Callable[..., Any], *args: Any, hint: str = "") -> None:
    """Assert that a call raises `error`; another error or none at all is reported."""
    call = f"{getattr(answer, '__name__', 'the function')}({', '.join(map(_brief, args))})"
    raised(outcome(error, answer, *args), error, call, hint)


def raised(ended: object, error: type[Exception], call: str, hint: str = "") -> None:
    """Assert, from a number that `outcome` gave, that a call raised `error`."""
    ends = {0: "", 1: "it returned a value", 2: "it raised another error"}
    came = ends[int(ended)]  # type: ignore[call-overload]
    if came:
        raise Failed(f"{call} should raise {error.__name__}", came=came, hint=hint)


def untouched(effects: object) -> None:
    """Assert, from a number that `side_effects` gave, that an answer left alone what is not its own."""
    if int(effects):  # type: ignore[call-overload]
        hint = "Write z = z + ... instead of z += ..., and draw from a generator that you are given or from none."
        raise Failed("your code changes one of its inputs, or torch's global random generator", hint=hint)


# --------------------------------------------------------------------------------------------------------------
# For the probe: observe the learner's code, return plain numbers


def outcome(error: type[Exception], answer: Callable[..., Any], *args: Any) -> int:
    """Say how a call ended, as a number that can cross a process boundary: 0 raised `error`, 1 returned, 2 other."""
    try:
        answer(*args)
    except NotImplementedError:
        raise
    except error:
        return 0
    except Exception:
        return 2
    return 1


class CountedCalls:
    """Wrap a map and count its calls, for a judge that wants the bill.

    >>> f = CountedCalls(torch.cos)
    >>> _ = f(torch.zeros(1)), f(torch.ones(1))
    >>> f.calls
    2
    """

    def __init__(self, f: Callable[..., Tensor]) -> None:
        self.f, self.calls = f, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Count, then call the wrapped map."""
        self.calls += 1
        return self.f(*args, **kwargs)


def side_effects(answer: Callable[..., Any], *args: Any) -> int:
    """Call an answer and count what it must leave alone: 1 for each changed tensor argument, 1 for torch's RNG.

    An argument is changed when its values are, or when it requires a gradient and did not before, or the reverse.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0x5EED)  # a state that nobody else sets, so that reseeding shows too
        before = [(a.clone(), a.requires_grad) if isinstance(a, Tensor) else None for a in args]
        rng = torch.get_rng_state()
        answer(*args)
        changed = sum(
            b is not None and not (torch.equal(a, b[0]) and a.requires_grad == b[1])
            for a, b in zip(args, before, strict=True)
        )
        return int(changed) + int(not torch.equal(rng, torch.get_rng_state()))


def random_map(seed: int, size: int, norm: float, batch: int = 1) -> tuple[Tensor, Tensor]:
    """Draw a non-symmetric matrix W (size, size) of spectral norm `norm` and a bias b (batch, size), float64.

    z ↦ tanh(z Wᵀ + b) is then a contraction with factor at most `norm`. Nothing global is touched.
    """
    gen = torch.Generator().manual_seed(seed)
    W = torch.randn(size, size, generator=gen, dtype=torch.float64)
    return W * (norm / torch.linalg.matrix_norm(W, 2)), torch.randn(batch, size, generator=gen, dtype=torch.float64)


def random_matrix(seed: int, m: int, n: int, singular_values: Sequence[float]) -> Tensor:
    """Draw an (m, n) matrix with the given min(m, n) singular values and random singular vectors, float64."""
    gen = torch.Generator().manual_seed(seed)
    U, V = (torch.linalg.qr(torch.randn(k, k, generator=gen, dtype=torch.float64))[0] for k in (m, n))
    s = torch.tensor(singular_values, dtype=torch.float64)
    W: Tensor = U[:, : len(s)] * s @ V[:, : len(s)].T
    return W


# --------------------------------------------------------------------------------------------------------------
# Joining the halves


def grade(probe: Probe, judge: Judge, seed: int = 0) -> None:
    """Run the probe beside the learner's code, carry its values across as bytes, and let the judge look at them.

    Args:
        probe: returns a dict of tensors and numbers, named as the learner knows them.
        judge: asserts on those values, rebuilt from bytes as tensors; needs nothing that the learner wrote.
        seed: the inputs' seed; a grader draws it anew, so only right values for unseen inputs earn the point.

    Raises:
        Failed: the judge's message; the learner's code raised an error; it returned something that is not a
            number or a tensor; it called deqlib's own solver.
        NotImplementedError: the exercise is not solved yet.
    """
    judge(seed, unpack(run_probe(probe, seed)))


def run_probe(probe: Probe, seed: int) -> bytes:
    """Run the learner's half of a test and return its values as bytes that hold arrays and nothing else."""
    try:
        with _quiet(), _watch_core() as used, torch.random.fork_rng(devices=[]):
            values = dict(probe(seed))
    except (NotImplementedError, Failed):
        raise
    except Exception as error:
        what = f"your code stopped with {type(error).__name__}: {error}"
        raise Failed(what, hint="Call your function in a cell of your own with the inputs of this check.") from error
    if used:
        raise Failed(
            f"your answer calls deqlib's own code ({sorted(used)[0]})",
            hint="Write it with torch alone: the point of the exercise is what deqlib does inside.",
        )
    return pack(values)


def pack(values: Mapping[str, Any]) -> bytes:
    """Turn named tensors and numbers into the bytes of an .npz without pickles."""
    arrays: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(value, bool | int | float | Tensor | np.ndarray):
            raise Failed(f"{name} must be a tensor or a number", came=_brief(value))
        arrays[name] = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
        if arrays[name].dtype.kind not in "biuf":
            raise Failed(f"{name} must hold real numbers", came=f"dtype {arrays[name].dtype}")
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def unpack(data: bytes) -> dict[str, Tensor]:
    """Rebuild what `pack` wrote as tensors, executing nothing.

    >>> unpack(pack({"z": torch.ones(2), "calls": 3}))["calls"].item()
    3
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: torch.from_numpy(np.array(arrays[name])) for name in arrays.files}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings and the error stream out of a test cell: nbgrader takes a message there for a failure."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _watch_core() -> Iterator[set[str]]:
    """Collect the names of deqlib's core functions that run inside the block, however they were reached."""
    used: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in _CORE:
            used.add(f"deqlib.{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield used
    finally:
        sys.setprofile(before)


def _brief(value: object) -> str:
    """Show a value on one short line."""
    if not isinstance(value, Tensor):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    flat = value.detach().flatten()
    numbers = ", ".join(f"{v:.8g}" for v in flat[:6].tolist()) + (", ..." if flat.numel() > 6 else "")
    if value.dim() == 0:
        return numbers
    return f"[{numbers}]" if value.dim() == 1 else f"[{numbers}] of shape {tuple(value.shape)}"
