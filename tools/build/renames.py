# SPDX-License-Identifier: MIT
"""What the names of a build for boards are called there, and back: applied to source texts, to a board's
traceback, written down and read again.

    modules      {"wanbeacon.core.policy": "aes"}
    everywhere   {name: new}, for attributes, parameters and globals alike
    attributes   {name: new}, for attributes alone
    globals      {"wanbeacon.core.policy": {name: new}}, for functions, classes and globals of one module"""

import ast
import re

from . import scopes

#: Modules that are loaded by a computed name: how that name begins, how it begins on a board, and which they
#: are (None: all that begin so). A name that is computed otherwise is a fault of the build.
COMPUTED = (("observe.", "", None), ("board.esp32.", "", ("wifi", "cable")), ("portal.page_", "_", None))


#: What a name may have been, at most, to be said in its place.
_MOST = 4


class Names:
    def __init__(self, modules=(), everywhere=(), attributes=(), inside=()):
        self.modules = dict(modules)
        self.everywhere = dict(everywhere)
        self.attributes = dict(attributes)
        self.globals = dict(inside)

    # ---- written down

    def text(self):
        """All of it, a line each: KIND NAME = NEW; globals stand under their module."""
        out = []
        for name, new in sorted(self.modules.items()):
            out.append("module %s = %s" % (name, new))
            out += [" global %s = %s" % row for row in sorted(self.globals.get(name, {}).items())]
        out += ["name %s = %s" % row for row in sorted(self.everywhere.items())]
        out += ["attribute %s = %s" % row for row in sorted(self.attributes.items())]
        return "\n".join(out) + "\n"

    @classmethod
    def read(cls, text):
        """What text() has written."""
        found, last = cls(), None
        kinds = {"name": found.everywhere, "attribute": found.attributes, "module": found.modules}
        for kind, name, new in re.findall(r"^ ?(\w+) (\S+) = (\S+)$", text, re.M):
            if kind == "module":
                last = name
            if kind == "global":
                found.globals.setdefault(last, {})[name] = new
            elif kind in kinds:
                kinds[kind][name] = new
        return found

    # ---- back

    def readable(self, text):
        """A text from a board in which tracebacks are as the sources would give them."""
        files = {new: name for name, new in self.modules.items()}
        back = {new: name for table in (self.attributes, self.everywhere) for name, new in table.items()}
        anywhere = {}
        for table in self.globals.values():
            for name, new in table.items():
                anywhere.setdefault(new, []).append(name)

        def frame(found):
            module = files.get(found[1])
            if not module:
                return found[0]
            inside = {new: name for name, new in self.globals.get(module, {}).items()}
            path = module.replace(".", "/") + ".py"
            return "%s%s%s" % (
                path.join(('File "', '"')),
                found[2],
                inside.get(found[3]) or back.get(found[3], found[3]),
            )

        def quoted(found):
            name = found[2]
            known = set([back[name]] if name in back else anywhere.get(name) or [files.get(name, name)])
            return "%s'%s'" % (found[1], " or ".join(sorted(known)) if len(known) <= _MOST else name)

        text = re.sub(r'File "(?:/?\w+/)*(\w+)(?:\.mpy)?"(, line \d+, in )(\S+)', frame, text)
        text = re.sub(r"((?:attribute|name|argument|module named|import name) )'(\w+)'", quoted, text)
        return re.sub(r"(^|[( ])'(\w+)'(?= object has no)", quoted, text)

    # ---- applied

    def apply(self, source, module=None):
        """A source text with the new names. module: which of ours it is; None: a stranger that uses them."""
        tree = ast.parse(source)
        self._rename(tree, module)
        return ast.unparse(tree)

    def _rename(self, tree, module):
        modules, own = self.modules, {**self.everywhere, **self.globals.get(module, {})}
        fields = {**self.attributes, **self.everywhere}
        if module is None:
            fields.update(self._strange(tree, fields))
        refers, members = scopes.references(tree, modules), scopes.members(tree)
        looked_up = scopes.looked_up(tree, modules)
        prefixes = {id(node) for node, _ in prefixed(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                of = refers.get(id(node.value))
                table = fields if of is None else {**self.everywhere, **self.globals.get(of, {})}
                if of != scopes.FOREIGN:
                    node.attr = table.get(node.attr, node.attr)
            elif isinstance(node, (*scopes.FUNCTIONS, ast.ClassDef)):
                node.name = (fields if id(node) in members else own).get(node.name, node.name)
            elif isinstance(node, ast.ExceptHandler):
                node.name = node.name and own.get(node.name, node.name)
            elif isinstance(node, ast.arg):
                node.arg = own.get(node.arg, node.arg)
            elif isinstance(node, ast.keyword):
                node.arg = node.arg and self.everywhere.get(node.arg, node.arg)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                node.names = [own.get(name, name) for name in node.names]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = self._text(node, looked_up, prefixes)
        # last: until here a Name node's own text says what it refers to
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = (fields if id(node) in members else own).get(node.id, node.id)
            for field in ("body", "orelse", "finalbody"):
                rows = getattr(node, field, None)
                if isinstance(rows, list):
                    rows[:] = [new for row in rows for new in self._imports(row, own, module is None)]

    def _strange(self, tree, fields):
        """{name: new} of attributes that a stranger makes and that are called as one of ours is now."""
        taken, members = set(fields.values()), scopes.members(tree)
        made = {
            getattr(n, "attr", None) or getattr(n, "name", None) or n.id
            for n in ast.walk(tree)
            if id(n) in members or (isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load))
        }
        return {name: name + "_" for name in made & taken - set(fields)}

    def _text(self, node, looked_up, prefixes):
        """What a text that is a name of ours is called now."""
        text = node.value
        if id(node) in prefixes:
            return next((new for begin, new, _ in COMPUTED if begin == text), text)
        if id(node) in looked_up:
            table = self.globals.get(looked_up[id(node)], {})
            return table.get(text) or self.everywhere.get(text) or self.attributes.get(text, text)
        if text == scopes.PACKAGE:
            return ""
        if text in self.modules and "." in text:
            return self.modules[text]
        return self.modules.get(scopes.PACKAGE + text, text) if "." in text else text

    def _imports(self, node, own, strange):
        """An import statement as several, one for each module of ours. What a stranger imports of another has
        the new names there too."""
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            return [node]
        found = scopes.imports(node, self.modules)
        bound = {name for name, _, _ in found}
        node.names = [one for one in node.names if (one.asname or one.name) not in bound]
        for one in node.names if isinstance(node, ast.ImportFrom) else ():
            name = one.asname or one.name
            if name in own:
                one.name = own[name] if strange and not one.asname else one.name
                one.asname = None if one.name == own[name] else own[name]
        out = [node] if node.names else []
        for name, module, of in found:
            new, name = self.modules[module], own.get(name, name)
            if of is None:
                out.append(ast.Import([ast.alias(new, None if name == new else name)]))
            else:
                of = {**self.everywhere, **self.globals.get(module, {})}.get(of, of)
                out.append(ast.ImportFrom(new, [ast.alias(of, None if name == of else name)], 0))
        return out


def prefixed(tree):
    """Texts that a computed name begins with: [(node, text)] of `"observe." + name`."""
    return [
        (node.left, node.left.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
    ]
