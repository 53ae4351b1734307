"""What a name in a module's source means - its own, an import, a builtin - and the module's tree with other names for what
tools/merge.py has planned. Follows Python's scopes; knows no file."""

import ast

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Cannot(Exception):
    """What one file cannot do that several can; the text says where."""


def bound(parts):
    """{name: None, or (module or None, name) of its import} that the nodes of one scope bind."""
    found, away = {}, set()

    def walk(node):
        if isinstance(node, _DEFINITIONS):
            found[node.name] = None
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name, target = (alias.asname or alias.name).split(".")[0], (getattr(node, "module", None), alias.name)
                if found.setdefault(name, target) not in (target, None):
                    raise Cannot("%s is two things in one scope (line %d)" % (name, node.lineno))
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            away.update(node.names)
        else:
            if isinstance(node, ast.arg):
                found[node.arg] = None
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found[node.id] = None
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found[node.name] = None
            if not isinstance(node, _INNER):
                for child in ast.iter_child_nodes(node):
                    walk(child)

    for part in parts:
        walk(part)
    return {name: target for name, target in found.items() if name not in away}


def lazy(part):
    """(module, name) that a function imports and returns, if it does nothing else; else None."""
    if isinstance(part, ast.FunctionDef) and len(part.body) == 2 and isinstance(part.body[0], ast.ImportFrom):
        names = part.body[0].names
        if len(names) == 1 and isinstance(part.body[1], ast.Return) and getattr(part.body[1].value, "id", "") == names[0].name:
            return part.body[0].module, names[0].name
    return None


class Rewriter(ast.NodeTransformer):
    """Changes one module's tree: `program` (merge.Program) says what is merged and what things are called then."""

    def __init__(self, program, module):
        self.program, self.name = program, module
        self.merged = module in program.merged
        self.scopes, self.lazy = [], {}

    def module(self, tree):
        """Does it."""
        self.scopes = [bound(tree.body)]
        self.lazy = {part.name: lazy(part) for part in tree.body if lazy(part)}
        tree.body = [part for part in tree.body if not self._here(self._ours(lazy(part)))]
        tree.body = self._body(tree.body)

    def _find(self, name):
        """(depth of the scope that binds the name, its import or None); (None, None) for a builtin."""
        for depth in range(len(self.scopes) - 1, -1, -1):
            # what a class binds is seen in its own body, not by its methods
            if name in self.scopes[depth] and ("*class" not in self.scopes[depth] or depth == len(self.scopes) - 1):
                return depth, self.scopes[depth][name]
        return None, None

    def _ours(self, target):
        """The module of the tree that an import means, or None."""
        return target and self.program.module(target)

    def _here(self, module):
        """True for a module that lies in the same merged file."""
        return self.merged and module in self.program.merged and self.program.home[module] == self.program.home[self.name]

    def _module_of(self, node):
        """The module that an expression is: an imported name, or the call of a function that only imports and returns it."""
        if isinstance(node, ast.Name):
            return self._ours(self._find(node.id)[1])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and self._find(node.func.id) == (0, None):
            return self._ours(self.lazy.get(node.func.id))
        return None

    def visit_Attribute(self, node):
        module = self._module_of(node.value)
        if module not in self.program.merged:
            return self.generic_visit(node)
        made, name, new = self.program.look_up(module, node.attr)
        if not self._here(made):
            if self.program.home[made] != self.program.home[module]:  # handed on: what the file of `module` calls it
                new = self.program.names.get((module, node.attr), node.attr)
            return ast.Name(new, node.ctx) if self._here(module) else ast.Attribute(self.visit(node.value), new, node.ctx)
        if not isinstance(node.ctx, ast.Load):
            raise Cannot("%s sets %s.%s" % (self.name, module, name))
        return ast.Name(new, node.ctx)

    def visit_Name(self, node):
        depth, target = self._find(node.id)
        if depth is None:
            return node
        if self._here(self._ours(target)):
            raise Cannot("%s hands the module %s on (line %d)" % (self.name, node.id, node.lineno))
        if target and target[0] in self.program.trees and not self._ours(target):
            made, _, new = self.program.look_up(*target)
            if self._here(made):
                return ast.Name(new, node.ctx)
        return ast.Name(self._global(node.id), node.ctx) if depth == 0 else node

    def _global(self, name):
        return self.program.names.get((self.name, name), name)

    def visit_ImportFrom(self, node):
        top, out = len(self.scopes) == 1, []
        for alias in node.names:
            target, name = (node.module, alias.name), alias.asname or alias.name
            module, where, leaf = self._ours(target), node.module, alias.name
            if module:
                made = module
                where, _, leaf = self.program.home[module].rpartition(".")
            elif node.module in self.program.trees:
                made, _, leaf = self.program.look_up(*target)
                where = self.program.home[made]
            else:
                made = None
            if not self._here(made):
                name = self._global(name) if top else name
                out.append(ast.ImportFrom(where, [ast.alias(leaf, name if name != leaf else None)], 0))
        return out

    def visit_Global(self, node):
        node.names = [self._global(name) for name in node.names]
        return node

    def visit_ClassDef(self, node):
        node.name = self._global(node.name) if len(self.scopes) == 1 else node.name
        node.bases = [self.visit(base) for base in node.bases]
        self.scopes.append(dict(bound(node.body), **{"*class": None}))
        node.body = self._body(node.body)
        self.scopes.pop()
        return node

    def visit_FunctionDef(self, node):
        named = not isinstance(node, ast.Lambda)
        if named:
            node.name = self._global(node.name) if len(self.scopes) == 1 else node.name
            node.decorator_list = [self.visit(one) for one in node.decorator_list]
        a = node.args
        a.defaults = [self.visit(one) for one in a.defaults]
        a.kw_defaults = [one and self.visit(one) for one in a.kw_defaults]
        parameters = [p for p in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg) if p]
        self.scopes.append(bound([*parameters, *(node.body if named else [])]))
        node.body = self._body(node.body) if named else self.visit(node.body)
        self.scopes.pop()
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_ListComp(self, node):
        first = self.visit(node.generators[0].iter)  # belongs to the scope around it
        node.generators[0].iter = ast.Constant(None)
        self.scopes.append(bound([one.target for one in node.generators]))
        self.generic_visit(node)
        self.scopes.pop()
        node.generators[0].iter = first
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def _body(self, parts):
        """Statements, without the imports that are gone."""
        out = []
        for part in parts:
            found = self.visit(part)
            out += found if isinstance(found, list) else [found]
        return out or [ast.Pass()]
