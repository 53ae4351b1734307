# SPDX-License-Identifier: MIT
"""What modules and names are called on a board. Each different name is kept in its heap for ever, a module
costs three: so all of ours are renamed together, to names that MicroPython has in its program anyway
(tools/data/rom-names.txt), which take no heap.

Renamed is only what our sources define. What they do not: names that MicroPython has; what a text of the
program is (a key of the settings, a name for getattr()); names with two underscores; exceptions, which are
told. scopes.py says which texts are names of ours and are renamed with them. The tests run on what comes out
(host_tests/host/test_renamed.py); renames.py translates a board's traceback back."""

import ast
import builtins
import itertools
import keyword
from functools import cache
from pathlib import Path

from . import scopes
from .renames import COMPUTED, Names, prefixed

ROM = Path(__file__).resolve().parents[1] / "data/rom-names.txt"
# fmt: off
#: What MicroPython asks an object of ours for, or reads on it, by itself; and what it treats by itself.
_PROTOCOL = frozenset((
    "keys", "send", "throw", "close", "read", "readinto", "readline", "write", "ioctl", "mount", "umount",
    "stat", "ilistdir", "open", "chdir", "getcwd", "mkdir", "rmdir", "remove", "rename", "statvfs", "errno",
    "value", "args", "getter", "setter", "deleter", "const", "_",
))
#: Modules that a firmware or an interpreter of the tests has; with a "u" before it is one of them too.
_MODULES = (
    "array", "asyncio", "binascii", "bluetooth", "btree", "builtins", "cmath", "collections", "cryptolib",
    "deflate", "dht", "ds18x20", "errno", "esp", "esp32", "espnow", "ffi", "flashbdev", "framebuf", "gc",
    "hashlib", "heapq", "inisetup", "io", "jni", "json", "lwip", "machine", "marshal", "math", "micropython",
    "mip", "neopixel", "network", "ntptime", "onewire", "os", "platform", "random", "re", "requests",
    "select", "socket", "ssl", "string", "struct", "sys", "termios", "time", "tls", "uctypes", "upip",
    "upysh", "vfs", "webrepl", "webrepl_setup", "websocket", "zlib", "aioble", "apa106", "core", "event",
    "funcs", "lock", "stream", "main", "boot",
)
# fmt: on
#: Modules that look up names which they compute: of something that is not ours (cable: network, dnskey, tsig:
#: hashlib), or one that is a text of the program, which stays as it is.
_LOOKING = frozenset(
    (
        "app.stage",
        "board.esp32.cable",
        "dyndns.dnskey",
        "dyndns.tsig",
        "net.http",
        "net.talk",
        "portal.draft",
        "portal.guard",
        "portal.request",
        "portal.site",
    )
)  # fmt: skip
#: What would see names that it should not.
_SEEING = {"globals", "locals", "vars", "eval", "exec", "namedtuple", "__dict__", "__slots__"}
#: Copies the fields of an object to another one of its class, whatever they are called.
_COPYING = "wanbeacon.app.tidy"
_BUILT_IN = frozenset(_MODULES) | {"u" + name for name in _MODULES}
#: Its name and that of its function stay: main.py outlives the version that it starts.
START, START_FUNCTION = "wanbeacon.start", "main"


@cache
def rom():
    """(names that every MicroPython has, those and the rest of what one image has)."""
    parts = {}
    for line in ROM.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            part = parts.setdefault(line, [])
        elif not line.startswith("#"):
            part += line.split()
    everywhere, rest = parts.values()
    return frozenset(everywhere), frozenset(everywhere + rest)


class _Source:
    """What one module has: its tree, the names that it and its functions bind (made), what it reads of other
    modules and of unknown objects."""

    def __init__(self, text, modules):
        self.tree = tree = ast.parse(text)
        nodes = list(ast.walk(tree))
        refers, self.looked_up = scopes.references(tree, modules), scopes.looked_up(tree, modules)
        members = scopes.members(tree)
        self.words = {n.id for n in nodes if isinstance(n, ast.Name)} | {
            n.arg for n in nodes if isinstance(n, ast.arg)
        }
        self.parameters = {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.keywords = {n.arg for n in nodes if isinstance(n, ast.keyword) and n.arg}
        self.keywords |= {name for n in nodes if isinstance(n, scopes.FUNCTIONS) for name in _optional(n)}
        self.texts = {n.value for n in nodes if _is_text(n) and id(n) not in self.looked_up}
        self.imported = {name: (module, of) for n in nodes for name, module, of in scopes.imports(n, modules)}
        foreign = {
            (one.asname or one.name).split(".")[0]
            for n in nodes
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for one in n.names
        }
        defined = [n for n in nodes if isinstance(n, (*scopes.FUNCTIONS, ast.ClassDef))]
        self.fields = {getattr(n, "name", None) or n.id for n in nodes if id(n) in members}
        self.unclear = self.fields & scopes.names_read_in_class_bodies(tree)
        self.made = {n.name for n in defined if id(n) not in members} | self._globals(members)
        self.made -= foreign - set(self.imported)
        self.exceptions = {
            n.name: {getattr(b, "id", getattr(b, "attr", "")) for b in n.bases}
            for n in defined
            if hasattr(n, "bases")
        }
        unknown = [n for n in nodes if isinstance(n, ast.Attribute) and id(n.value) not in refers]
        self.attributes = {n.attr for n in unknown}
        self.all_attributes = {n.attr for n in nodes if isinstance(n, ast.Attribute)} | self.fields
        self.stored = {n.attr for n in unknown if not isinstance(n.ctx, ast.Load)} | self.fields
        # asked for by name, of a module or an object that is not known before
        self.asked = {n.value for n in nodes if _is_text(n) and self.looked_up.get(id(n), "") is None}
        self.prefixes = {text for _, text in prefixed(tree)}
        self.computing = scopes.computing(tree)

    def _globals(self, members):
        """Names that the module's statements bind, and those that its functions say are global."""
        found = set()
        for node in scopes.inside(self.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found.update((one.asname or one.name).split(".")[0] for one in node.names)
        found |= {name for n in ast.walk(self.tree) if isinstance(n, ast.Global) for name in n.names}
        return found - {n for n in found if _is_const(self.tree, n)}


class Tree:
    """All modules that run together on a board: {"wanbeacon/core/policy.py": source text}. others: modules
    that may run beside them, which get a short name and use those of the first (what Linux alone needs).

    .names: renames.Names. shrink(path): a module's text with the new names."""

    def __init__(self, sources, others=()):
        self.texts = {dotted(path): text for path, text in sources.items()}
        self.others = {dotted(path): text for path, text in dict(others).items()}
        self.modules = {*self.texts, *self.others}
        self.sources = {name: _Source(text, self.modules) for name, text in self.texts.items()}
        self._check()
        self.kept = self._kept()
        self.words = set().union(*(one.words | one.made for one in self.sources.values()))
        self.attributes = set().union(*(one.attributes | one.fields for one in self.sources.values()))
        self.names = self._plan()
        # parameters that keep their names
        self.parameters = self.kept | set(self.names.everywhere.values()) | self.keywords

    def shrink(self, path):
        """The module's source text with the new names."""
        name = path if path in self.modules else dotted(path)
        if name in self.others:
            return self.names.apply(self.others[name])
        tree = ast.parse(self.names.apply(self.texts[name], name))
        _unfold(tree)
        # not a global's name either: MicroPython's compiler takes one for the other where that is a const()
        taken = set(self.names.globals[name].values())
        for node in ast.walk(tree):
            if isinstance(node, (*scopes.FUNCTIONS, ast.Lambda)):
                _shrink_parameters(node, self.parameters, taken)
        return ast.unparse(tree)

    def translate(self, text):
        """A script of a stranger (a test, a snippet for a board's console) with the new names."""
        return self.names.apply(text)

    def _check(self):
        """Nothing looks up names in a way that renaming cannot follow."""
        known = {begin for begin, _, _ in COMPUTED}
        for name, one in self.sources.items():
            for text in one.prefixes - known:
                begins = scopes.PACKAGE + text
                if text[-1:] in (".", "_") and any(other.startswith(begins) for other in self.modules):
                    raise scopes.Unclear("%s computes a module's name from %r" % (name, text))
            if one.computing and name != _COPYING and name.removeprefix(scopes.PACKAGE) not in _LOOKING:
                raise scopes.Unclear("%s looks up a name that it computes" % name)
            seeing = (one.words | one.attributes) & _SEEING
            if seeing - ({"__dict__"} if name == _COPYING else set()):
                raise scopes.Unclear("%s uses %s" % (name, seeing))

    def _kept(self):
        """Names that must stay as they are."""
        found = set(rom()[1]) | set().union(*(one.texts for one in self.sources.values()))
        bases = {}
        for one in self.sources.values():
            for name, of in one.exceptions.items():
                bases.setdefault(name, set()).update(of)
        told, before = {"Exception"}, set()
        while told != before:
            before = set(told)
            told |= {name for name, of in bases.items() if of & told or "Error" in " ".join({name, *of})}
        every = set().union(*(one.made | one.stored | one.words for one in self.sources.values()))
        return found | told | {n for n in every if n.startswith("__")} | {"self", START_FUNCTION}

    def _plan(self):
        every = self.sources.values()
        union = lambda field: set().union(*(getattr(one, field) for one in every))  # noqa: E731
        made = union("made") - {name for one in every for name in one.imported}
        self.keywords = union("keywords")
        bound = made | union("stored")
        # one name for all that may be the same thing: what a call names, what a class reads in its body, what
        # is read of an unknown object, which may be a module
        everywhere = union("parameters") & self.keywords | union("unclear")
        everywhere |= made & (union("attributes") | union("asked"))
        everywhere -= self.kept
        attributes = union("stored") - everywhere - self.kept
        strict = self._strict(bound)
        modules = self._modules(strict)
        new = {name: next(strict) for name in sorted(everywhere)}
        taken = {*new.values(), *modules.values()}
        free = self._fresh(union("all_attributes") | union("texts") | self.keywords | taken)
        order = sorted(attributes, key=lambda name: (name[0] == "_", name))
        names = Names(modules, new, {name: next(free) for name in order})
        for name, one in self.sources.items():
            names.globals[name] = self._module(one, names, taken)
        return names

    def _strict(self, bound):
        """Names that nothing in the program is called, whatever it is."""
        texts = set().union(*(one.texts for one in self.sources.values()))
        outside = set().union(*(one.all_attributes for one in self.sources.values()))
        used = self.words | self.attributes | outside | self.keywords | bound | texts
        return self._fresh(used | set(dir(builtins)) | _BUILT_IN)

    def _modules(self, strict):
        """{module: its name on a board}."""
        found = {START: START}  # what main.py imports, whatever the version
        for name in sorted(self.modules - {START}):
            short = name.removeprefix(scopes.PACKAGE)
            for begin, new, which in COMPUTED:
                rest = short.removeprefix(begin)
                if short != rest and rest and (which is None or rest in which):
                    found[name] = new + rest
        if len(set(found.values())) < len(found) or set(found.values()) & _BUILT_IN:
            raise scopes.Unclear("two modules have one name on a board")
        # for "union" MicroPython looks for a built-in "nion" too, whose name then stays
        plain = (new for new in strict if new[0] != "u")
        for name in sorted(set(self.texts) - set(found)):
            found[name] = next(plain)
        found.update((name, name.replace(".", "_")) for name in set(self.others) - set(found))
        return found

    def _module(self, one, names, taken):
        """{global, or function in a function: its new name} of one module."""
        found = {}
        used = one.words | set(names.modules.values()) | taken | _BUILT_IN | set(dir(builtins)) | one.made
        # a frame of a traceback is a function's or a method's: which, the name must say
        used |= {names.attributes.get(field, field) for field in one.fields} | one.keywords
        free = self._fresh(used)
        for name in sorted(one.made - self.kept - set(names.everywhere)):
            module, of = one.imported.get(name, (None, None))
            if module and of is None and name not in self.keywords:
                found[name] = names.modules[module]
            elif name not in self.keywords:
                found[name] = next(free)
        return found

    def _fresh(self, taken):
        """Names not `taken`: those that MicroPython has, the shortest first, then a0, b0 and so on."""
        for name in sorted(rom()[0], key=lambda n: (len(n), n)):
            if not (name in taken or name in _PROTOCOL or name.startswith("__") or keyword.iskeyword(name)):
                yield name
        for number in itertools.count():
            for letter in "abcdefghijklmnopqrstuvwxyz":
                name = "%s%d" % (letter, number)
                if name not in taken:
                    yield name


def dotted(path):
    """ "wanbeacon/core/policy.py" as "wanbeacon.core.policy"; a package's __init__.py as the package."""
    return path[:-3].replace("/", ".").removesuffix(".__init__")


def words(texts):
    """Every identifier in some source texts."""
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            for field in ("id", "attr", "arg", "name", "asname", "module"):
                value = getattr(node, field, None)
                if isinstance(value, str):
                    found.add(value)
            found.update(getattr(node, "names", ()) if isinstance(node, (ast.Global, ast.Nonlocal)) else ())
    return found


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _unfold(tree):
    """`X = const(1)` of a public name becomes `X = 1`. MicroPython's compiler puts the number in place of the
    name wherever a file has it, and the short name that X gets may be there already: as a keyword of a call,
    as a local. A private one keeps its own name."""
    for part in tree.body:
        made = part.value if isinstance(part, ast.Assign) else None
        private = made and any(getattr(target, "id", "").startswith("_") for target in part.targets)
        if not private and getattr(getattr(made, "func", None), "id", "") == "const":
            part.value = made.args[0]


def _is_const(tree, name):
    """`_X = const(1)`: the compiler leaves no name of it."""
    return name.startswith("_") and any(
        isinstance(part, ast.Assign)
        and isinstance(part.value, ast.Call)
        and getattr(part.value.func, "id", "") == "const"
        and any(isinstance(target, ast.Name) and target.id == name for target in part.targets)
        for part in tree.body
    )


def _optional(function):
    """Parameters that a caller elsewhere may name, a test for one."""
    a = function.args
    last = (*a.posonlyargs, *a.args)[-len(a.defaults) :] if a.defaults else ()
    private = function.name.startswith("_") and not function.name.startswith("__")
    return () if private else [p.arg for p in (*last, *a.kwonlyargs)]


def _held(scope):
    """Names a nested scope, or a statement that holds its name as text, binds: those parameters are left
    alone."""
    found = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.ClassDef):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {node.name}
        elif isinstance(node, (ast.ExceptHandler, *scopes.FUNCTIONS)) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        if node is not scope and hasattr(node, "args") and isinstance(node.args, ast.arguments):
            found.update(p.arg for p in scopes.parameters(node))
        if isinstance(node, ast.comprehension):
            found |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    inner = [n for n in ast.walk(scope) if n is not scope and isinstance(n, (*scopes.FUNCTIONS, ast.Lambda))]
    return found | {
        n.id
        for s in inner
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }


@cache
def _parameter_names():
    """What parameters may be called, the shortest first."""
    barred = {*dir(builtins), *_PROTOCOL, *_BUILT_IN, *keyword.kwlist}
    found = [name for name in rom()[0] if name.islower() and name[0] != "_" and name not in barred]
    return sorted(found, key=lambda name: (len(name), name))


def _shrink_parameters(function, kept, taken):
    """Parameters that no call names get names of MicroPython's too, the same ones in each function; none of
    `taken`."""
    wanted = [p for p in scopes.parameters(function) if p.arg not in kept]
    if not wanted:
        return
    body = function.body if isinstance(function.body, list) else [function.body]
    held = _held(function)
    used = held | taken | {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    used |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    free, short = (name for name in _parameter_names() if name not in used), {}
    for parameter in wanted:
        if parameter.arg not in held:
            short[parameter.arg] = parameter.arg = next(free)
    for part in body if short else ():
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                node.id = short.get(node.id, node.id)
