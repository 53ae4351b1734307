"""Short texts of modules that a board loads once and drops, as parts of one long text. MicroPython keeps every text of up
to ten characters in a .mpy file for good; a longer one goes with its module. Knows nothing of what the program does."""

import ast

#: Modules that a small heap holds at the start or for one step only, and that hand none of these texts on to keep.
PASSING = ("cli", "config", "setup", "dyndns/advice", "dyndns/catalog", "dyndns/reply", "dyndns/request", "commands", "net/http")
#: The compiler keeps longer texts in the module (MICROPY_ALLOC_PARSE_INTERN_STRING_LEN).
LONGEST = 10
_TABLE = "_texts"


def passes(name):
    """True for the file name of a module that is dropped after the start."""
    return name.endswith(tuple("wanbeacon/%s.py" % module for module in PASSING))


def kept(trees):
    """Names, and texts of all modules but the passing ones, that a device keeps anyway. Pages and UCI are not for all."""
    found = set()
    for name, tree in trees.items():
        found |= _words(tree, not passes(name) and "/portal/" not in name and "/openwrt/" not in name)
    return found


def _words(tree, texts):
    found = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                found.update(value.split("."))
        if texts and isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


class _Fold(ast.NodeTransformer):
    """Replaces short texts inside functions by slices of the table; what is made while the module is loaded stays."""

    def __init__(self, kept):
        self.kept, self.table, self.inside = kept, "", False

    def visit_FunctionDef(self, node):
        before, self.inside = self.inside, True
        node.body = [self.visit(part) for part in node.body]
        self.inside = before
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Tuple(self, node):  # all texts: the compiler makes one object of it, which goes with the module
        return node if all(isinstance(e, ast.Constant) for e in node.elts) else self.generic_visit(node)

    def visit_JoinedStr(self, node):
        return node

    def visit_Expr(self, node):  # a docstring is not compiled
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Constant(self, node):
        text = node.value
        if not self.inside or not isinstance(text, str) or not 0 < len(text) <= LONGEST or text in self.kept:
            return node
        if text not in self.table:
            self.table += text
        at = self.table.index(text)
        return ast.parse("%s[%d:%d]" % (_TABLE, at, at + len(text)), mode="eval").body


def fold(tree, everywhere):
    """Changes a module's tree. everywhere: what `kept` found."""
    folding = _Fold(everywhere)
    folding.visit(tree)
    if folding.table:
        at = 1 if ast.get_docstring(tree) is not None else 0
        tree.body.insert(at, ast.parse("%s = %r" % (_TABLE, folding.table.ljust(LONGEST + 1))).body[0])
    return ast.fix_missing_locations(tree)
