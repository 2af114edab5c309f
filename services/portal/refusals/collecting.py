"""What the services say when they refuse, collected out of their source for who translates it.

Read, not run: the portal imports no other service. A message with values in it is a pattern, its
values ``{0}``, ``{1}``; one that is put together of several ways is several patterns.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

from marshmallow import fields, validate

_ROOT: Final = Path(__file__).parents[3]
_PLACES: Final = ("palika", "services")
_LEFT_OUT: Final = frozenset(
    {
        *("cli", "migrations", "alembic", "local", "seed.py", "refusals"),
        *("config_kinds.py", "config_schema.py", "asyncapi.py"),
        *("channels", "gateway", "open311", "loopback"),
    }
)
"""Who types at a terminal is told in English, and so are settings and machines."""
_FIRST: Final = frozenset({"PalikaError", "ValidationError"})
"""All that is raised for people is one of these, or a class below one."""
_TRANSLATED: Final = {"gettext", "_", "N_", "ngettext"}
_MOST_WAYS: Final = 24
_VALUE: Final = None
"""Of a pattern's parts: here is a value."""

_Parts = tuple[str | None, ...]


@dataclass
class _Module:
    tree: ast.Module
    file: str
    texts: dict[str, ast.expr] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Names that it imports, by what they are called in it: file and name."""

    def place(self, name: str) -> str:
        """Where what is called so here is defined."""
        return self.taken.get(name, f"{self.file}:{name}")


def collected() -> dict[str, set[str]]:
    """Each pattern, with the files that say it, relative to the project."""
    found = _patterns([_module(path) for path in _files()])
    for message in _of_marshmallow():
        found.setdefault(message, set()).add("marshmallow")
    return found


def patterns_of(tree: ast.Module) -> set[str]:
    """Those of one module alone; what an error is, ``palika/errors.py`` says."""
    errors = _module(_ROOT / "palika" / "errors.py")
    found = _patterns([errors, _read(tree, "module.py")])
    return {pattern for pattern, files in found.items() if "module.py" in files}


def _patterns(modules: list[_Module]) -> dict[str, set[str]]:
    refusers = _refusers(modules, _kinds(modules))
    texts = {f"{each.file}:{name}": text for each in modules for name, text in each.texts.items()}
    found: dict[str, set[str]] = {}
    for module in modules:
        taken = {name: texts[place] for name, place in module.taken.items() if place in texts}
        for expression in _said(module, refusers):
            for parts in _ways(expression, taken | module.texts):
                if _is_for_people(parts):
                    found.setdefault(_pattern(parts), set()).add(module.file)
    return found


def _files() -> Iterator[Path]:
    for place in _PLACES:
        for path in sorted((_ROOT / place).rglob("*.py")):
            if _LEFT_OUT.isdisjoint(path.relative_to(_ROOT).parts):
                yield path


def _module(path: Path) -> _Module:
    return _read(ast.parse(path.read_text("utf-8")), str(path.relative_to(_ROOT)))


def _read(tree: ast.Module, file: str) -> _Module:
    module = _Module(tree, file)
    for node in tree.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant | ast.JoinedStr):
                module.texts[target.id] = value
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            where = _file_of(node.module)
            for each in node.names:
                module.taken[each.asname or each.name] = f"{where}:{each.name}"
    return module


def _file_of(name: str) -> str:
    path = Path(*name.split("."))
    return str(path / "__init__.py" if (_ROOT / path).is_dir() else path.with_suffix(".py"))


def _kinds(modules: list[_Module]) -> set[str]:
    """The names of the errors, by their classes in the source."""
    classes = [
        (node.name, {ast.unparse(each).rpartition(".")[2] for each in node.bases})
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    ]
    found = set(_FIRST)
    while True:
        fresh = {name for name, bases in classes if bases & found} - found
        if not fresh:
            return found
        found |= fresh


def _refusers(modules: list[_Module], kinds: set[str]) -> set[str]:
    """What makes an error out of what it is given: the names of the errors themselves, and where
    functions are defined that do."""
    found = set(kinds)
    waiting = {
        f"{module.file}:{node.name}": passed
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("__")
        and (passed := _passed_on(module, node))
    }
    while fresh := {place for place, passed in waiting.items() if passed & found} - found:
        found |= fresh
    return found


def _passed_on(module: _Module, function: ast.FunctionDef) -> set[str]:
    """Whom a function calls with something that it was given, by name and by place."""
    given = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)} - {"self"}
    found = set()
    for call in ast.walk(function) if given else ():
        if isinstance(call, ast.Call):
            told = [*call.args, *(each.value for each in call.keywords)]
            # A value within a longer message is no message.
            if any(name in given for each in told for name in _plain_names(each)):
                found |= {_name(call), module.place(_name(call))}
    return found


def _refuses(module: _Module, call: ast.Call, refusers: set[str]) -> bool:
    name = _name(call)
    return name in refusers or module.place(name) in refusers


def _plain_names(expression: ast.expr) -> Iterator[str]:
    if isinstance(expression, ast.Name):
        yield expression.id
    elif isinstance(expression, ast.Dict):
        for each in expression.values:
            yield from _plain_names(each)
    elif isinstance(expression, ast.List | ast.Tuple):
        for each in expression.elts:
            yield from _plain_names(each)


def _said(module: _Module, refusers: set[str]) -> Iterator[ast.expr]:
    for call in ast.walk(module.tree):
        if not isinstance(call, ast.Call):
            continue
        if _refuses(module, call, refusers):
            for each in (*call.args, *(one.value for one in call.keywords)):
                yield from _texts_in(each)
        for word in call.keywords:
            # Of a validator, and of a field.
            if word.arg in ("error", "error_messages"):
                yield from _texts_in(word.value)


def _texts_in(expression: ast.expr) -> Iterator[ast.expr]:
    if isinstance(expression, ast.Dict):
        for each in expression.values:
            yield from _texts_in(each)
    elif isinstance(expression, ast.List | ast.Tuple):
        for each in expression.elts:
            yield from _texts_in(each)
    elif isinstance(expression, ast.DictComp):
        yield from _texts_in(expression.value)
    elif isinstance(expression, ast.ListComp | ast.GeneratorExp):
        yield from _texts_in(expression.elt)
    else:
        yield expression


def _ways(expression: ast.expr, texts: Mapping[str, ast.expr]) -> list[_Parts]:
    """The patterns that an expression may come to."""
    if isinstance(expression, ast.Constant):
        return [(expression.value,)] if isinstance(expression.value, str) else [(_VALUE,)]
    if isinstance(expression, ast.JoinedStr):
        pieces = []
        for each in expression.values:
            inner = each.value if isinstance(each, ast.FormattedValue) else each
            simple = isinstance(each, ast.FormattedValue) and each.format_spec is not None
            pieces.append([(_VALUE,)] if simple else _ways(inner, texts))
        return _joined(pieces)
    if isinstance(expression, ast.Name) and expression.id in texts:
        return _ways(texts[expression.id], texts)
    if isinstance(expression, ast.IfExp):
        return _ways(expression.body, texts) + _ways(expression.orelse, texts)
    if isinstance(expression, ast.BoolOp):
        return [way for each in expression.values for way in _ways(each, texts)]
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add):
        return _joined([_ways(expression.left, texts), _ways(expression.right, texts)])
    if isinstance(expression, ast.Call) and _name(expression) in _TRANSLATED:
        return []
    return [(_VALUE,)]


def _joined(pieces: list[list[_Parts]]) -> list[_Parts]:
    ways = [sum(way, ()) for way in product(*pieces)]
    if len(ways) <= _MOST_WAYS:
        return ways
    return [sum((each[0] if len(each) == 1 else (_VALUE,) for each in pieces), ())]


def _is_for_people(parts: _Parts) -> bool:
    """Whether there is anything to translate in it: a word, and not the name of something."""
    words = " ".join(each for each in parts if each is not None).split()
    return any(each.strip(":;,.()").isalpha() for each in words) and (
        len(words) > 1 or len(parts) > 1
    )


def _pattern(parts: _Parts) -> str:
    text, number = "", 0
    for each in parts:
        if each is None:
            # Two values beside each other are one: nobody could tell them apart.
            if not text.endswith("}") or number == 0:
                text += f"{{{number}}}"
                number += 1
        else:
            text += each
    return text


def _of_marshmallow() -> Iterator[str]:
    """What the library's fields and validators say."""
    for kind in vars(fields).values():
        if isinstance(kind, type) and issubclass(kind, fields.Field):
            yield from kind.default_error_messages.values()
    for validator in (validate.Length, validate.Range, validate.OneOf, validate.Regexp):
        for name, text in vars(validator).items():
            if name.startswith(("message", "default_message")):
                yield from _with_ends(text)
    yield from ("Unknown field.", "Invalid value.", "Invalid input.", "Invalid input type.")


def _with_ends(text: str) -> Iterator[str]:
    """A range's sentence, for each way in which its ends may belong to it."""
    lowest = validate.Range.message_gte, validate.Range.message_gt
    highest = validate.Range.message_lte, validate.Range.message_lt
    ways = product(
        lowest if "{min_op}" in text else ("",), highest if "{max_op}" in text else ("",)
    )
    for low, high in ways:
        made = text.replace("{min_op}", low).replace("{max_op}", high)
        yield made.replace("{{", "{").replace("}}", "}")


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
