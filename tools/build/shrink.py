"""Shorter names for what is compiled to .mpy: each different name is a string in a board's heap for good, 15
KB in all.

Renamed are only names that nothing outside can mean: parameters that no call in the tree names, functions and
globals of a module that start with "_", constants (ALL_CAPITALS) that no other module of the tree reads, and
attributes that start with "_". Other public names stay, so a log or a traceback stays readable.
Knows nothing of what the program does.
"""

import ast
import itertools
import keyword
import string

_LETTERS = string.ascii_lowercase
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _private(name):
    return name.startswith("_") and name.strip("_") and not name.startswith("__")


def _fresh(taken, sign=""):
    """a, b ... z, aa, ab ... with `sign` in front: those not in `taken`."""
    for size in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=size):
            name = sign + "".join(letters)
            if name not in taken and not keyword.iskeyword(name):
                yield name


def _names(tree):
    """Every name that is read, bound or imported somewhere in the tree."""
    found = set()
    for node in ast.walk(tree):
        for field in ("id", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                found.add(value.split(".")[0])
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
    return found


def _parameters(function):
    a = function.args
    return [p for p in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg) if p]


def _bound(scope):
    """Names a nested scope, or a statement that holds its name as text, binds: those parameters are left
    alone."""
    found = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.ClassDef):
            found |= _names(node)
        elif isinstance(node, (ast.ExceptHandler, *_FUNCTIONS)) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
    inner = [node for node in ast.walk(scope) if isinstance(node, _SCOPES) and node is not scope]
    for node in inner:
        for each in ast.walk(node):
            if isinstance(each, ast.arg):
                found.add(each.arg)
            elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                found.add(each.id)
    return found


class Tree:
    """All modules that run together: {name: source text}."""

    def __init__(self, sources):
        self.trees = {name: ast.parse(text, name) for name, text in sources.items()}
        nodes = [node for tree in self.trees.values() for node in ast.walk(tree)]
        self.keywords = {n.arg for n in nodes if isinstance(n, ast.keyword)}
        self.texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        self.kept = self.texts | self._reached_from_outside()
        self.attributes = self._plan_attributes(nodes)
        self.shrunk = {}
        # (file, name, short name) of what shrink() has renamed: a traceback says the short ones
        self.renamed = set()

    def _reached_from_outside(self):
        """Names that another module uses: `module.name`, `from module import name`."""
        found = set()
        for tree in self.trees.values():
            imported = set()
            for node in ast.walk(tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    imported |= {(a.asname or a.name).split(".")[0] for a in node.names}
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id in imported
                ):
                    found.add(node.attr)
            found |= imported
        return found

    def _plan_attributes(self, nodes):
        """({private attribute: short name} in all modules, {class: the same for its own}). Classes that
        inherit nothing of ours and are nobody's base share the short names of what only their `self` has."""
        classes = [n for n in nodes if isinstance(n, ast.ClassDef)]
        ours = {c.name for c in classes}
        bases = {
            name
            for c in classes
            for base in c.bases
            for name in (getattr(base, "id", 0), getattr(base, "attr", 0))
        }
        closed = {
            c
            for c in classes
            if c.name not in bases and not {ast.unparse(b).split(".")[-1] for b in c.bases} & ours
        }
        attributes = [n for n in nodes if isinstance(n, ast.Attribute)]
        made, used, through_self, plain = {}, {}, set(), set()
        for c in classes:
            mine = [n for n in ast.walk(c) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "self"]
            through_self.update(map(id, mine))
            fields = {n.id for part in c.body for n in _targets(part)}
            methods = {part.name for part in c.body if isinstance(part, _FUNCTIONS)}
            made[c] = fields | methods | {n.attr for n in mine if isinstance(n.ctx, ast.Store)}
            used[c] = made[c] | {n.attr for n in mine}
            # a field that a class also reads as a plain name: it may be a global there, so it is left alone
            plain |= fields & {
                n.id for n in ast.walk(c) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            }
        private = {n for names in made.values() for n in names if _private(n)} - self.kept - plain
        foreign = {n.attr for n in attributes if id(n) not in through_self}
        shared = {
            n
            for n in private
            if n in foreign or any(n in used[c] and (c not in closed or n not in made[c]) for c in classes)
        }
        taken = {n.attr for n in attributes}
        everywhere = dict(zip(sorted(shared), _fresh(taken, "_")))
        taken |= set(everywhere.values())
        own = {c: dict(zip(sorted(made[c] & private - shared), _fresh(taken, "_"))) for c in classes}
        return everywhere, own

    def shrink(self, name):
        """The module's source text with short names."""
        if name not in self.shrunk:
            self.shrunk[name] = self._shrink(name)
        return self.shrunk[name]

    def _shrink(self, name):
        tree = self.trees[name]
        everywhere, own = self.attributes
        module = self._plan_globals(tree)
        inside = {}  # id of a node -> its class's table
        members = set()
        for table in (everywhere, module, *(own[c] for c in ast.walk(tree) if isinstance(c, ast.ClassDef))):
            self.renamed.update((name, old, new) for old, new in table.items())
        for c in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
            inside.update((id(node), own[c]) for node in ast.walk(c) if node is not c)
            members |= {id(n) for part in c.body for n in (part, *_targets(part))}
        for node in ast.walk(tree):
            attributes = {**everywhere, **inside.get(id(node), {})}
            if isinstance(node, ast.Attribute):
                node.attr = attributes.get(node.attr, node.attr)
            elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                table = attributes if id(node) in members else module
                node.name = table.get(node.name, node.name)
            elif isinstance(node, ast.Name):
                table = attributes if id(node) in members else module
                node.id = table.get(node.id, node.id)
            elif isinstance(node, ast.Global):
                node.names = [module.get(n, n) for n in node.names]
        for node in ast.walk(tree):
            if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
                self._shrink_parameters(node)
        return ast.unparse(tree)

    def _plan_globals(self, tree):
        """{private global or constant: short name} of one module."""
        made = []
        for node in tree.body:
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                made.append(node.name)
            elif isinstance(node, ast.Assign) and not _is_const(node.value):
                made += [n.id for n in _targets(node)]
        mine = [n for n in dict.fromkeys(made) if (_private(n) or n.isupper()) and n not in self.kept]
        return dict(zip(mine, _fresh(_names(tree), "_")))

    def _shrink_parameters(self, function):
        wanted = [
            p
            for p in _parameters(function)
            if len(p.arg) > 1 and not _private(p.arg) and p.arg not in self.keywords
        ]
        if not wanted:
            return
        body = function.body if isinstance(function.body, list) else [function.body]
        barred = _bound(function) | {"self"}
        if not _private(getattr(function, "name", "_lambda")):
            a = function.args  # what has a default may be named by a caller elsewhere
            barred |= {p.arg for p in (*a.posonlyargs, *a.args)[-len(a.defaults) :] if a.defaults}
            barred |= {p.arg for p in a.kwonlyargs}
        new = _fresh(_names(function) | self.keywords)
        short = {}
        for parameter in wanted:
            if parameter.arg not in barred:
                short[parameter.arg] = parameter.arg = next(new)
        for part in body if short else ():
            for node in ast.walk(part):
                if isinstance(node, ast.Name):
                    node.id = short.get(node.id, node.id)


def _targets(statement):
    """The names that an assignment makes."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]


def _is_const(value):
    """`_X = const(1)`: the compiler leaves no name of it."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const"
