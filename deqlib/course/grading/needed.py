"""Which of our demonstrations must run so that everything else finds its names.

Demonstrations and figures take most of a chapter's time, and earn nothing. Going backwards, one is kept if it makes,
or seems to change, a name that a cell after it reads, or that a student's function reads when it is called.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable

from deqlib.course.grading.work import Cell, Test

__all__ = ["needed"]

# With these at hand a student's cell can read names that do not stand in it.
_DYNAMIC = {"globals", "locals", "vars", "dir", "eval", "exec", "get_ipython", "__import__", "sys", "inspect", "gc"}
_LONG = 100_000  # characters; a chapter's longest cell has 3,000
_NOT_PYTHON = re.compile(r"^[ \t]*[%!?]|[?][ \t]*$|=[ \t]*[%!]")  # what IPython takes all the same
_BUILTIN = set(dir(builtins)) - _DYNAMIC
_DEFINES = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


class _Names:
    """The names of a cell: `now` are read when it runs and not made by it before, `later` when a function of it is
    called, `makes` are bound for certain, `touches` are those that it may bind or whose objects it may change.
    """

    def __init__(self, source: str) -> None:
        self.now: set[str] = set()
        self.later: set[str] = set()
        self.makes: set[str] = set()
        self.touches: set[str] = set()
        # A cell of which nothing can be said, for its length, its magics or its depth, may read everything.
        tree = _tree(source) if len(source) < _LONG else None
        try:
            if tree is not None:
                self._read(tree)
                return
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # Python's parser takes more than symtable
            pass
        self.now |= _DYNAMIC

    def _read(self, tree: ast.Module) -> None:
        for statement in tree.body:
            now, later, bound = _scopes(symtable.symtable(ast.unparse(statement), "cell", "exec"))
            self.now |= now - self.makes
            self.later |= later
            self.touches |= bound
            if isinstance(statement, _DEFINES):
                self.makes |= bound
        self.touches |= _changed(tree)


def needed(cells: list[Cell], tests: dict[str, Test], optional: set[str]) -> list[Cell]:
    """Leave out the cells of ours that nothing else needs.

    Args:
        cells: in order.
        tests: their probes read names too.
        optional: the ids of the cells that may be left out.
    """
    names = {cell.id: _Names(cell.source) for cell in cells}
    # A student's function may read a name that is made only after it; ours read what stands before them.
    deferred = set[str]().union(*(names[cell.id].later for cell in cells if cell.kind in ("solution", "own")))
    # A module that our setup imported is not remade by a second import.
    given = set[str]().union(*(_imported(c.source) for c in cells if c.kind == "ours" and c.id not in optional))
    kept: list[Cell] = []
    wanted: set[str] = set()
    for place in reversed(range(len(cells))):
        cell = cells[place]
        own = names[cell.id]
        if cell.id in optional and not (own.touches - given) & (wanted | deferred):
            continue
        kept.append(cell)
        wanted = (wanted - own.makes) | own.now | (own.later - own.makes)
        if cell.id in tests:
            probe = _Names(tests[cell.id].probe)
            wanted |= probe.now | (probe.later - probe.makes)
        if cell.kind in ("solution", "own") and (own.now | own.later) & _DYNAMIC:
            kept += reversed(cells[:place])
            break
    return kept[::-1]


def _tree(source: str) -> ast.Module | None:
    """Parse a cell; None if it has magics, a shell command or a question, or is too deep. A mere slip is no cell."""
    try:
        return ast.parse(source)
    except (RecursionError, MemoryError):
        return None
    except (SyntaxError, ValueError):
        return None if any(map(_NOT_PYTHON.search, source.splitlines())) else ast.Module([], [])


def _imported(source: str) -> set[str]:
    tree = _tree(source) or ast.Module([], [])
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).partition(".")[0] for node in nodes for alias in node.names}


def _scopes(table: symtable.SymbolTable, inside: bool = False) -> tuple[set[str], set[str], set[str]]:
    """Global names that are read now, read in calls, and bound, by a scope and those in it."""
    symbols = table.get_symbols()
    top = table.get_type() == "module"
    read = {s.get_name() for s in symbols if s.is_referenced() and (top or s.is_global())} - _BUILTIN
    bound = {s.get_name() for s in symbols if (s.is_assigned() or s.is_imported() or s.is_namespace())
             and (top or s.is_declared_global())}  # fmt: skip
    # A comprehension runs where it stands; so does a class's body, though not its methods.
    at_once = table.get_type() == "class" or table.get_name() in ("listcomp", "setcomp", "dictcomp", "genexpr")
    inside = inside or not (top or at_once)
    now, later = (set(), read) if inside else (read, set())
    for child in table.get_children():
        more_now, more_later, more_bound = _scopes(child, inside)
        now, later, bound = now | more_now, later | more_later, bound | more_bound
    return now, later, bound


def _changed(tree: ast.Module) -> set[str]:
    """Names whose objects may change: x.a = ..., x[0] = ..., x.append(...)."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found.add(_base(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name.endswith("_") or name in _MUTATORS:
                found.add(_base(node.func))
    return found


_MUTATORS = {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "add", "discard"}
_MUTATORS |= {"setdefault", "popitem", "load_state_dict", "backward", "step", "train", "eval", "to", "apply"}


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
