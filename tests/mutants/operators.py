"""The small faults that are planted: for each place in a file, what it could have said wrongly."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_LEFT_ALONE = ("annotation", "returns", "decorator_list", "bases", "type_comment", "format_spec")
_JOINED = ("and_", "or_", "where")
_TYPES = ("Callable", "Mapping", "Sequence", "dict", "list", "set", "tuple")
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One fault: in `path` (relative to the checkout) the characters from `start` to `end` say `after`."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def applied(self, source: str) -> str:
        """The file with the fault in it."""
        return source[: self.start] + self.after + source[self.end :]


def mutants(path: str, source: str) -> list[Mutant]:
    """Every fault for a file, in the order of its lines."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = source.splitlines()

    def place(line: int, column: int) -> int:
        """Where ast's line and column, which counts bytes, is among the characters."""
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node, after in _faults(ast.parse(source)):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
        found.append(Mutant(path, node.lineno, start, end, source[start:end], after))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.after))


def _faults(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Each place below a node with what it is to say instead; text, types and imports are left as they are."""
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal) or _is_name_of_names(
        node
    ):
        return
    if isinstance(node, ast.expr):
        yield from ((node, f"({text})") for text in _expressions(node))
    elif isinstance(node, ast.stmt):
        yield from _statements(node)
    for name, value in ast.iter_fields(node):
        if name in _LEFT_ALONE or (name == "slice" and isinstance(value, ast.Constant)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _unpacked(node, child):
                yield from _faults(child)


def _is_name_of_names(node: ast.AST) -> bool:
    """Whether this says which imports are to be handed on, or gives a type another name."""
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.Assign(value=ast.Subscript(value=ast.Name(id=name))):
            return name in _TYPES
    return False


def _unpacked(node: ast.AST, child: ast.AST) -> bool:
    """Whether these are the values of `a, b = 1, 2`: without one of them it only fails to run."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(child, ast.Tuple)


def _statements(node: ast.stmt) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Assign(targets=[ast.Name() | ast.Tuple()]):
            return  # without it the name is missing, which every test that comes by notices
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Assign() | ast.Delete() | ast.Continue() | ast.Break():
            yield node, "pass"
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield node, "return None"
        case ast.If(test=test) | ast.While(test=test) if not isinstance(test, ast.Constant):
            yield test, "False"
            if isinstance(node, ast.If):
                yield test, "True"


def _expressions(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in _COMPARISONS[type(op)]:
                yield ast.unparse(ast.Compare(left, [other()], [right]))
        case ast.Compare(left=left, ops=[*ops], comparators=[*rest]):
            for place, op in enumerate(ops):
                changed = [*ops[:place], _COMPARISONS[type(op)][0](), *ops[place + 1 :]]
                yield ast.unparse(ast.Compare(left, changed, rest))
        case ast.BoolOp(op=op, values=values):
            yield ast.unparse(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield ast.unparse(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield ast.unparse(ast.BinOp(left, _ARITHMETIC[type(op)](), right))
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield from (str(value + 1), str(value - 1))
        case ast.IfExp(body=body, orelse=other):
            yield from (ast.unparse(body), ast.unparse(other))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords) if name in _SWAPPED:
            yield ast.unparse(ast.Call(ast.Name(_SWAPPED[name]), arguments, keywords))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[_, _, *_] as arguments) if (
            name in _JOINED
        ):
            for place in range(len(arguments)):
                yield ast.unparse(ast.Call(node.func, [*arguments[:place], *arguments[place + 1 :]], node.keywords))
        case ast.Tuple(elts=items, ctx=ast.Load()) | ast.List(elts=items, ctx=ast.Load()) | ast.Set(elts=items):
            if len(items) > 1:
                yield from (ast.unparse(_without(node, place)) for place in range(len(items)))
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            for place in range(len(keys)):
                kept = [*keys[:place], *keys[place + 1 :]], [*values[:place], *values[place + 1 :]]
                yield ast.unparse(ast.Dict(*kept))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _comprehensions(node)


def _without(node: ast.Tuple | ast.List | ast.Set, place: int) -> ast.expr:
    items = [*node.elts[:place], *node.elts[place + 1 :]]
    return ast.Set(items) if isinstance(node, ast.Set) else type(node)(items, ast.Load())


def _comprehensions(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[str]:
    """The comprehension without each of its conditions."""
    for loop in node.generators:
        for place, condition in enumerate(loop.ifs):
            loop.ifs[place] = ast.Constant(True)
            text = ast.unparse(node)
            yield text[1:-1] if isinstance(node, ast.GeneratorExp) else text
            loop.ifs[place] = condition
