"""Several modules as one .mpy: each file repeats its names and texts, and costs a header in a package. For a machine that
loads them together anyway and drops none of them; a small heap wants them apart.

A global of a merged module gets a short name that is its own in the whole file, so `module.name` becomes that name. What is
reached by a text (getattr, __import__) cannot be merged. Knows nothing of what the program does.
"""

import ast
import builtins
import itertools
import keyword
import string

from tools import scopes


def dotted(path):
    """"wanbeacon/net/__init__.py" -> "wanbeacon.net"."""
    return path[:-3].replace("/", ".").removesuffix(".__init__")


class Program:
    """All modules that run together, {path: source}. groups: {path of a merged file: [paths of its modules]}."""

    def __init__(self, sources, groups):
        self.trees = {dotted(path): ast.parse(text, path) for path, text in sources.items()}
        self.paths = {dotted(path): path for path in (*sources, *groups)}
        self.groups = {dotted(path): [dotted(one) for one in members] for path, members in groups.items()}
        self.merged = {one for members in self.groups.values() for one in members}
        self.home = {name: name for name in self.trees}  # module -> file that it is in
        self.tops = {name: scopes.bound(tree.body) for name, tree in self.trees.items()}
        self.names = {}  # (module, its global) -> what it is called in the merged file
        for file, members in self.groups.items():
            self.home.update(dict.fromkeys(members, file))
            self._plan(file, members)

    def _plan(self, file, members):
        nodes = [node for one in members for node in ast.walk(self.trees[one])]
        new = _fresh({getattr(node, field, None) for node in nodes for field in ("id", "arg", "name", "asname")})
        shared = {}  # what several of them import from elsewhere has one name
        for one in members:
            for name, target in self.tops[one].items():
                if target is None:
                    self.names[one, name] = name if _exception(self.trees[one], name) else (
                        "_" * _is_const(self.trees[one], name) + next(new))
                elif target[0] and name != "const":  # the compiler knows const by its name
                    self.names[one, name] = shared[target] = shared.get(target) or next(new)
                elif shared.setdefault(name, target) != target:
                    raise scopes.Cannot("%s: %s is something else in another module of %s" % (one, name, file))

    def module(self, target):
        """The module of the tree that (module or None, name) of an import means, or None."""
        full = "%s.%s" % target if target[0] else target[1]
        return full if full in self.trees else None

    def look_up(self, module, name):
        """(module that makes the global `name` of `module`, its name there, what it is called now)."""
        while True:
            if name not in self.tops[module]:
                raise scopes.Cannot("%s has no %s" % (module, name))
            target = self.tops[module][name]
            if not target or target[0] not in self.trees or self.module(target):
                return module, name, self.names.get((module, name), name)
            module, name = target  # handed on: from a import b

    def build(self):
        """{path: source} after merging."""
        out = {self.paths[name]: ast.unparse(self._rewritten(name)) for name in self.trees if name not in self.merged}
        for file, members in self.groups.items():
            parts = [part for one in self._ordered(members) for part in self._rewritten(one).body]
            texts = [ast.unparse(part) for part in parts]
            out[self.paths[file]] = "\n".join(
                text for i, text in enumerate(texts)
                if not (isinstance(parts[i], (ast.Import, ast.ImportFrom)) and text in texts[:i])) + "\n"
        return out

    def _ordered(self, members):
        """Modules after those that they import at their start."""
        out = []

        def add(name, way=()):
            for target in self.tops[name].values():
                for other in (self.module(target), target[0]) if target else ():
                    if other in members and other not in (*out, *way, name):
                        add(other, (*way, name))
            if name not in out:
                out.append(name)

        for name in members:
            add(name)
        return out

    def _rewritten(self, name):
        tree = ast.parse(ast.unparse(self.trees[name]))
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:]
        scopes.Rewriter(self, name).module(tree)
        return ast.fix_missing_locations(tree)


def names(program, tree):
    """What the short names of a traceback mean: lines of "file name: what it is called in the sources". tree: the
    shrink.Tree of what `program` has built."""
    rows = ["%s %s: %s.%s" % (program.home[module].rpartition(".")[2], new, module, old)
            for (module, old), new in program.names.items() if old != new and program.tops[module][old] is None]
    for name in tree.trees:
        tree.shrink(name)
    rows += ["%s %s: %s" % (dotted(name).rpartition(".")[2], new, old) for name, old, new in sorted(tree.renamed)]
    return "".join(row + "\n" for row in rows)


def _fresh(taken):
    """a, b ... zY: those that are neither in `taken` nor Python's own, nor look like a constant (tools/shrink.py)."""
    for size in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=size):
            name = "".join(letters)
            if not (name in taken or name.isupper() or keyword.iskeyword(name) or hasattr(builtins, name)):
                yield name


def _exception(tree, name):
    """True for an exception: logs say its name."""
    bases = [base for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name for base in node.bases]
    return any(ast.unparse(base).endswith(("Error", "Exception")) for base in bases)


def _is_const(tree, name):
    """True for `_X = const(1)`: the compiler leaves no name of it as long as that starts with "_"."""
    return name.startswith("_") and any(isinstance(node, ast.Assign) and ast.unparse(node).startswith(name + " = const(")
                                        for node in tree.body)
