"""Short names in .mpy files: what is renamed, what must not be, and that the firmware behaves the same."""

import ast
import sys
import types

from host_tests.on_micropython import run_compiled
from tools import ROOT
from tools.build import mpy, shrink

A = '''
import b
_SIZE = 3
_kept = "b sees it"
def _double(number):
    global _calls
    _calls += 1
    return 2 * number
_calls = 0
def twice(first, second=1):
    total = _double(first) + _double(number=second)
    return [first + n for n in (total, _SIZE)]
def add(amount):
    def inner(other):
        return other + amount
    return inner
def shadowed(value):
    return [value for value in (1, 2)], value
def handler(error):
    try:
        return int(error)
    except ValueError as error:
        return str(error)[:7]
class Box:
    _made = 0
    def __init__(self, content):
        self._content = content
        self._seen = self._look(content)
        Box._made += 1
    def _look(self, content):
        return (content, self._content)
class Lid(Box):
    def _look(self, content):
        return self._content, "lid"
class Alone:
    def __init__(self, name):
        self._name = name
        self.text = getattr(self, "_hidden", None)
    def _hidden(self):
        return self._name
'''
B = '''
def peep(module):
    return module._kept
def open_box(box):
    return box._content
'''


def load(texts):
    made = {}
    for name in texts:
        made[name] = sys.modules[name] = types.ModuleType(name)
    try:
        for name in sorted(texts, reverse=True):
            exec(compile(texts[name], name, "exec"), made[name].__dict__)
    finally:
        for name in texts:
            del sys.modules[name]
    return made["a"], made["b"]


def behaviour(a, b):
    return [a.twice(4), a.twice(4, second=2), a.add(1)(2), a.shadowed(7), a.handler("5"), a.handler("x"),
            b.open_box(a.Box(9)), a.Box(9)._seen if hasattr(a.Box(9), "_seen") else None, a.Lid(3).__class__.__name__,
            a.Alone("x").text()]


def test_programs_behave_the_same_with_short_names():
    texts = {"a": A, "b": B}
    tree = shrink.Tree(texts)
    short = {name: tree.shrink(name) for name in texts}
    before, after = behaviour(*load(texts)), behaviour(*load(short))
    assert [x for x in before if x != (9, 9)] == [x for x in after if x is not None]
    assert "_double" not in short["a"] and "_content" not in short["a"] + short["b"] and "content" not in short["a"]
    for name in ("twice", "first", "second", "number", "_hidden", "Box", "Lid"):
        assert (name in short["a"]) == (name not in ("first",)), name


def test_a_private_name_that_another_module_reads_stays():
    texts = {"a": "_kept = 1\n_lost = 2\ndef get():\n    return _kept + _lost\n", "b": "import a\nx = a._kept\n"}
    assert "_kept" in shrink.Tree(texts).shrink("a") and "_lost" not in shrink.Tree(texts).shrink("a")


def test_constants_the_compiler_removes_keep_their_form():
    assert "_A = const(5)" in shrink.Tree({"a": "from micropython import const\n_A = const(5)\n"}).shrink("a")


def test_public_names_of_the_firmware_are_all_there():
    files = {str(f.relative_to(ROOT)): f.read_text() for f in (ROOT / "firmware").rglob("*.py")}
    tree = shrink.Tree(files)
    for name, text in files.items():
        before, after = ({n.name for n in ast.walk(ast.parse(t)) if isinstance(n, (ast.ClassDef, ast.FunctionDef))
                          and n.name[0] != "_"} for t in (text, tree.shrink(name)))
        assert before == after, name


#: Shared tests that look at behaviour alone; the others read private names or constants, which short names take away.
BEHAVIOUR = ("address", "advice", "broken_scan", "broken_slots", "catalog", "import_ddns", "journal", "observe_choose", "observe_linux",
             "observe_upnp", "observe_web", "reply", "reply_rows", "request", "setup", "uci")


def test_shared_tests_pass_with_short_names(tmp_path):
    mpy.compile_tree(tmp_path / "mpy")
    assert run_compiled(BEHAVIOUR, tmp_path / "mpy") > 100
