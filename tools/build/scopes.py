# SPDX-License-Identifier: MIT
"""What the names in a source file mean, as far as renaming must know it: which of them stand for modules
of ours, which texts are names that the program looks up later.

    modules     {dotted name: anything}, all modules of ours: {"wanbeacon.core.policy": ...}"""

import ast
import itertools

PACKAGE = "wanbeacon."
FOREIGN = ""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*FUNCTIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Calls whose second argument names a function of the module that the first one names, and those whose second
#: one names an attribute of the first.
_RUN = ("run", "run_async", "run_stage", "once")
_LOOKED_UP = ("getattr", "setattr", "hasattr", "delattr")


class Unclear(ValueError):
    """A source file does what renaming cannot follow."""


def parameters(function):
    """The nodes of a function's parameters."""
    a = function.args
    return [p for p in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg) if p]


def inside(scope):
    """The nodes of a scope without those of scopes in it, whose own nodes are among them."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)


def imports(node, modules):
    """What an import statement binds of ours: [(name it binds, module, name in that module or None)]."""
    found = []
    if isinstance(node, ast.Import):
        for one in node.names:
            if one.name in modules:
                if "." in one.name and not one.asname:
                    raise Unclear("line %d: import %s as ..., or from ... import" % (node.lineno, one.name))
                found.append((one.asname or one.name, one.name, None))
    elif isinstance(node, ast.ImportFrom):
        for one in node.names:
            whole = "%s.%s" % (node.module, one.name)
            if whole in modules:
                found.append((one.asname or one.name, whole, None))
            elif node.module in modules:
                found.append((one.asname or one.name, node.module, one.name))
    return found


def _bound(scope):
    """Names that a scope binds itself, and those it says are global."""
    names, outer = {p.arg for p in parameters(scope)} if hasattr(scope, "args") else set(), set()
    for node in inside(scope):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)) or (
            isinstance(node, ast.ExceptHandler) and node.name
        ):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((one.asname or one.name).split(".")[0] for one in node.names)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
    return names - outer


def references(tree, modules):
    """{id of a Name node: the module of ours that it stands for, FOREIGN for one of somebody else}."""
    found = {}

    def visit(scope, chain):
        names, stands = _bound(scope), {}
        for node in inside(scope):
            if isinstance(node, ast.Import):
                stands.update(((one.asname or one.name).split(".")[0], FOREIGN) for one in node.names)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                stands.update((name, module) for name, module, of in imports(node, modules) if of is None)
        if not isinstance(scope, ast.ClassDef):
            chain = [*chain, (names, stands)]
        for node in inside(scope):
            if isinstance(node, ast.Name):
                module = next(
                    (stands.get(node.id) for names, stands in reversed(chain) if node.id in names), None
                )
                if module is not None:
                    if module and not isinstance(node.ctx, ast.Load):
                        raise Unclear("line %d: %s is a module and something else" % (node.lineno, node.id))
                    found[id(node)] = module
            if isinstance(node, (*_SCOPES, ast.ClassDef)):
                visit(node, chain)

    visit(tree, [])
    return found


def looked_up(tree, modules):
    """{id of a text: None, or the module of ours of which it names a function}: texts that are names for
    getattr() and the like, or for app/stage.py. A module's name and a function's in a row, as in
    `stage.run("app.plan", "due")` or a tuple of them, is one too."""
    found, refers = {}, references(tree, modules)
    for node in ast.walk(tree):
        row = node.args if isinstance(node, ast.Call) else getattr(node, "elts", ())
        for first, second in itertools.pairwise(row):
            if not _is_text(first) or not _is_text(second) or PACKAGE + second.value in modules:
                continue
            if "." in first.value and PACKAGE + first.value in modules:
                found[id(second)] = PACKAGE + first.value
        foreign = row and refers.get(id(row[0])) == FOREIGN
        if isinstance(node, ast.Call) and len(row) > 1 and _is_text(row[1]) and not foreign:
            called = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            if called in _LOOKED_UP or (called in _RUN and not _is_text(row[0])):
                found.setdefault(id(row[1]), None)
    return found


def computing(tree):
    """True when getattr() or the like is given a name that is no text."""
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in _LOOKED_UP
        and not _is_text(node.args[1])
        for node in ast.walk(tree)
    )


def members(tree):
    """{ids of the nodes that are a class's own names: methods, fields, and where its body reads them}."""
    found = set()
    for c in ast.walk(tree):
        if isinstance(c, ast.ClassDef):
            nodes = list(inside(c))
            stored = [n for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
            made = stored + [n for n in nodes if isinstance(n, (*FUNCTIONS, ast.ClassDef))]
            names = {getattr(n, "name", None) or n.id for n in made}
            found.update(map(id, made))
            found.update(id(n) for n in nodes if isinstance(n, ast.Name) and n.id in names)
    return found


def names_read_in_class_bodies(tree):
    """Names that the statements of a class read: its own or the module's, nobody knows."""
    return {
        node.id
        for c in ast.walk(tree)
        if isinstance(c, ast.ClassDef)
        for part in c.body
        for node in ([part] if isinstance(part, (*FUNCTIONS, ast.ClassDef)) else ast.walk(part))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
