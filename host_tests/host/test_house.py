# SPDX-License-Identifier: MIT
"""The house's floors: which folder may import which, held against the imports as they are. A stage
(app/stage.py) counts as an import: it is one, only later."""

import ast
import re
from pathlib import Path

import pytest

from tools import ROOT

PACKAGE = ROOT / "firmware/wanbeacon"
#: Each folder imports only itself and those that stand before it. The list is design, not description.
FLOORS = ("core", "dyndns", "net", "observe", "board", "app", "portal", "openwrt")
#: A board's composition root starts its portal, Improv hands out a key to it, and the command line starts its
#: router's part: doors of their own, asked for by name and absent where they are not installed.
DOORS = {("app", "portal.server"), ("app", "portal.guard")}
#: Modules that `stage.run`, `run_async`, `resident`, `load` (and what hands them on) name as text.
_STAGE = re.compile(r'(?:stage\.(?:run|run_async|once|resident|load)|run_stage|kit\.run)\(\s*"([a-z_.0-9]+)"')
#: Calls whose first two texts are a module and a function of it.
_NAMING = ("run", "run_async", "once", "run_stage")
IMPORTS_INSIDE = 20  # functions that import: each has its reason beside it
FUNCTION_MAX = 60  # lines; how tangled one may be is lint's (C901, pyproject.toml)
FILE_MAX = 400  # lines
WAY_MAX = 9  # files from a kernel's event to what an answer leaves behind


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        if not name.startswith("board/cpython/") and "/" in name:
            yield name.removesuffix("/__init__"), path


def imported(path):
    """{module of ours, dotted, without the package} that a file imports, wherever in it."""
    text = path.read_text()
    found = set(_STAGE.findall(text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("wanbeacon"):
            base = node.module.removeprefix("wanbeacon").lstrip(".")
            for alias in node.names:
                full = (base + "." + alias.name).lstrip(".")
                found.add(full if (PACKAGE / (full.replace(".", "/") + ".py")).exists() else base)
        elif isinstance(node, ast.Import):
            found.update(
                alias.name.removeprefix("wanbeacon").lstrip(".")
                for alias in node.names
                if alias.name.startswith("wanbeacon")
            )
    return {name for name in found if name}


def test_every_folder_is_a_floor():
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(
        FLOORS
    )


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_point_downwards_only(folder):
    wrong = []
    for name, path in modules():
        if name.split("/")[0] == folder:
            for other in imported(path):
                floor = other.split(".")[0]
                if (
                    floor in FLOORS
                    and FLOORS.index(floor) > FLOORS.index(folder)
                    and (folder, other) not in DOORS
                ):
                    wrong.append("%s imports %s" % (name, other))
    assert not wrong


def test_there_is_no_circle():
    edges = {name.replace("/", "."): imported(path) for name, path in modules()}
    # what a stage loads is not there while its caller is loaded: only real imports make a circle
    real = {}
    for name, path in modules():
        text = path.read_text()
        real[name.replace("/", ".")] = {
            other for other in imported(path) if other not in _STAGE.findall(text)
        }
    done, way = set(), []

    def visit(name):
        if name in way:
            raise AssertionError("circle: %s" % " -> ".join([*way[way.index(name) :], name]))
        if name not in done and name in real:
            way.append(name)
            for other in sorted(real[name]):
                visit(other)
            way.pop()
            done.add(name)

    for name in edges:
        visit(name)


def test_every_stage_that_is_named_is_there():
    """`stage.run("net.http", "get", ...)` names a function as text: one that has moved is missed only when it
    runs."""
    seen = 0
    for name, path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in _NAMING:
                continue
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if len(texts) == 2 and all(isinstance(one, str) for one in texts) and "." in texts[0]:
                file = PACKAGE / (texts[0].replace(".", "/") + ".py")
                assert file.exists(), (name, texts)
                defined = set()
                for one in ast.parse(file.read_text()).body:
                    defined.add(getattr(one, "name", None))
                    defined.update(alias.asname or alias.name for alias in getattr(one, "names", ()))
                assert texts[1] in defined, (name, texts)
                seen += 1
    assert seen > 60, seen


@pytest.mark.parametrize("folder", ["firmware", "tools", "boards"])
def test_no_file_and_no_function_is_long(folder):
    long = []
    for path in sorted(Path(ROOT, folder).rglob("*.py")):
        text, name = path.read_text(), path.relative_to(ROOT)
        lines = text.count("\n") - text.startswith("# SPDX-")  # it is on top of what is read
        if lines > FILE_MAX:
            long.append("%s: %d lines" % (name, lines))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = node.end_lineno - node.lineno + 1
                if size > FUNCTION_MAX:
                    long.append("%s: %s has %d lines" % (name, node.name, size))
    assert not long, "\n".join(long)


def test_the_way_of_one_address_is_short_and_as_it_is_described():
    text = (ROOT / "docs/architecture.md").read_text()
    way = text[text.index("## The way of one address") :].split("\n## ")[0]
    files = re.findall(r"^\d+\. `([a-z_/]+\.py)`", way, re.M)
    assert 5 < len(files) <= WAY_MAX
    named = {path.rpartition("/")[2] for path in re.findall(r"`([a-z_/0-9]+\.py)`", way)}
    assert named == {path.rpartition("/")[2] for path in files}  # no tenth file on the way of a numbered one
    for step in re.split(r"^\d+\. ", way, flags=re.M)[1:]:
        places = [step.split("`")[1], *re.findall(r"`([a-z]+\.py)`", step)]
        known = [
            node.name
            for place in places
            for path in PACKAGE.rglob(place)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        named = re.findall(r"`(\w+)\(\)`", step)
        assert named and set(named) <= set(known), (step, named)


def test_few_functions_import_and_say_why():
    inside, bare = [], []
    for name, path in modules():
        source = path.read_text()
        lines, tree = source.split("\n"), ast.parse(source)
        # in a try: the module may be missing, and the except says what then
        tried = {id(one) for node in ast.walk(tree) if isinstance(node, ast.Try) for one in node.body}
        for node in ast.walk(tree):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            imports = [one for one in ast.walk(node) if isinstance(one, (ast.Import, ast.ImportFrom))]
            for one in imports:
                inside.append("%s: %s" % (name, ast.unparse(one)))
                near = "".join(lines[row] for row in (one.lineno - 2, one.lineno - 1))
                if "#" not in near and id(one) not in tried:
                    bare.append(inside[-1])
    assert len(inside) <= IMPORTS_INSIDE, "%d:\n%s" % (len(inside), "\n".join(inside))
    assert bare == []


def test_no_function_is_only_an_import():
    for name, path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = [
                    one
                    for one in node.body
                    if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
                ]
                only = (
                    len(body) == 2
                    and isinstance(body[0], (ast.Import, ast.ImportFrom))
                    and isinstance(body[1], ast.Return)
                )
                assert not (only and isinstance(body[1].value, ast.Name)), "%s.%s" % (name, node.name)


def test_the_product_does_not_import_tests_or_tools():
    for folder, barred in (
        ("firmware", ("tools", "host_tests")),
        ("tools", ("host_tests",)),
        ("boards", ("host_tests", "tools")),
    ):
        for path in sorted(Path(ROOT, folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                for name in names:
                    assert name.split(".")[0] not in barred, "%s imports %s" % (path, name)


def test_no_test_module_imports_another():
    for path in sorted((ROOT / "host_tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""] + ["%s.%s" % (node.module, alias.name) for alias in node.names]
                assert not any(
                    name.split(".")[-1].startswith("test_") for name in names if name.startswith("host_tests")
                ), path
