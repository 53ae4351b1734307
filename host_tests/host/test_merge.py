"""Several modules as one file: what programs do stays the same, and what cannot be merged is refused in words."""

import sys
import types

import pytest

from tools import merge, scopes

NUMBERS = '''
"""Numbers."""
from errno import ENOENT
LIMIT = 3
_seen = 0
class Wrong(ValueError):
    pass
class Box:
    size = 2
    LIMIT = size + 1
    def __init__(self, content=LIMIT):
        self.content = content
    def limit(self):
        return LIMIT, self.LIMIT, self.size
def count(n=1):
    global _seen
    _seen += n
    return _seen
def check(n):
    if n > LIMIT:
        raise Wrong("more than %d" % LIMIT)
    return [n for n in range(n)], (lambda LIMIT: LIMIT)(9), ENOENT
'''
WORDS = '''
import errno
from p import numbers
from p.numbers import count as often, Box
from q import far
LIMIT = numbers.LIMIT + 10
def _late():
    from p import late
    return late
class More(Box):
    def limit(self):
        return Box.limit(self), LIMIT
def told(numbers=numbers.LIMIT):
    return numbers
def all_of(word):
    from p import numbers as other
    from p.numbers import Wrong
    def inner(far):
        return far + LIMIT
    try:
        other.check(len(word))
    except Wrong as e:
        return str(e), inner(1), errno.ENOENT
    return _late().shout(word), often(), other.count(2), far, [LIMIT for LIMIT in (LIMIT, 1)]
'''
LATE = '''
from p import words
def shout(word):
    return word.upper(), words.LIMIT
'''
FAR = "far = 7\ndef near():\n    from p import words\n    from p.words import More, Box\n    return words.all_of('ab'), More().limit(), Box\n"
TREE = {"p/numbers.py": NUMBERS, "p/words.py": WORDS, "p/late.py": LATE, "q.py": FAR}
GROUP = {"p/one.py": ["p/words.py", "p/late.py", "p/numbers.py"]}


def behaviour(sources):
    """What the program says, its modules loaded from these sources."""
    before = dict(sys.modules)
    try:
        package = sys.modules["p"] = types.ModuleType("p")
        package.__path__ = []
        for path in ("q.py", "p/numbers.py", "p/words.py", "p/late.py", "p/one.py"):
            if path in sources:
                name = merge.dotted(path)
                module = sys.modules[name] = types.ModuleType(name)
                if "." in name:
                    setattr(package, name.split(".")[1], module)
                exec(compile(sources[path], path, "exec"), module.__dict__)
        first = sys.modules["q"].near()
        exec("from p.words import told, all_of" if "p/words.py" in sources else asked(sources, "told", "all_of"), got := {})
        return first[:2], got["told"](), got["told"](5), got["all_of"]("long"), got["all_of"]("a"), first[2].__name__ != ""
    finally:
        sys.modules.clear()
        sys.modules.update(before)


def asked(sources, *names):
    program = merge.Program(TREE, GROUP)
    return "from p.one import " + ", ".join("%s as %s" % (program.names["p.words", name], name) for name in names)


def test_a_merged_program_does_the_same():
    merged = merge.Program(TREE, GROUP).build()
    assert set(merged) == {"p/one.py", "q.py"}
    assert behaviour(merged) == behaviour(TREE)
    assert "import p" not in merged["p/one.py"] and "from p" not in merged["p/one.py"] and "def _late" not in merged["p/one.py"]
    assert merged["p/one.py"].count("import errno") == 1


def test_exceptions_keep_their_names_and_other_globals_have_their_own():
    program = merge.Program(TREE, GROUP)
    assert program.names["p.numbers", "Wrong"] == "Wrong"
    own = [new for (module, old), new in program.names.items() if program.tops[module][old] is None]
    assert len(own) == len(set(own)) and program.names["p.numbers", "LIMIT"] != program.names["p.words", "LIMIT"]


def test_constants_of_the_compiler_stay_constants():
    text = "from micropython import const\n_A = const(5)\ndef get():\n    return _A\n"
    merged = merge.Program({"p/a.py": text, "p/b.py": text}, {"p/one.py": ["p/a.py", "p/b.py"]}).build()["p/one.py"]
    lines = [line for line in merged.splitlines() if "= const(5)" in line]
    assert len(lines) == 2 and all(line.startswith("_") for line in lines) and merged.count("import const") == 1


@pytest.mark.parametrize(("a", "why"), [
    ("from p import b\ndef get():\n    return b\n", "hands the module b on"),
    ("from p import b\ndef put():\n    b.x = 2\n", "sets p.b.x"),
    ("from p import b\ndef get():\n    return b.y\n", "p.b has no y"),
    ("import json as x\n", "is something else in another module"),
])
def test_what_one_file_cannot_do_is_refused(a, why):
    tree = {"p/a.py": a, "p/b.py": "import struct as x\n" if "json" in a else "x = 1\n"}
    with pytest.raises(scopes.Cannot, match=why):
        merge.Program(tree, {"p/one.py": list(tree)}).build()


def test_a_module_outside_may_set_what_a_merged_one_holds():
    tree = {"p/a.py": "x = 1\ndef get():\n    return x\n", "p/b.py": "y = 2\n", "q.py": "from p import a\na.x = 5\nsaid = a.get()\n"}
    program = merge.Program(tree, {"p/one.py": ["p/a.py", "p/b.py"]})
    merged = program.build()
    one = types.ModuleType("p.one")
    exec(merged["p/one.py"], one.__dict__)
    exec(merged["q.py"].replace("from p import one as a", ""), space := {"a": one})
    assert space["said"] == 5
