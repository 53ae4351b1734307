# SPDX-License-Identifier: MIT
"""The stand-ins must not drift from real MicroPython: signatures against micropython-esp32-stubs (1.29),
names against what ESP32_GENERIC images 1.23 and 1.24 answered to dir(). Host only."""

import ast
import importlib
import inspect
import json
from importlib.metadata import files

import pytest

from tools import ROOT

# names that real images have and the stubs (made from the documentation) do not, or the other way round, with
# the reason
NOT_IN_IMAGES = {
    "machine.Pin.toggle": "came with 1.25",
    "network.WLAN.ipconfig": "came with 1.24",
    "network.ipconfig": "came with 1.24",
    "network.STAT_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD": "came with 1.24",
    "network.STAT_NO_AP_FOUND_IN_RSSI_THRESHOLD": "came with 1.24",
    "network.STAT_NO_AP_FOUND_W_COMPATIBLE_SECURITY": "came with 1.24",
    "network.LAN.*": "network.LAN is a function there, dir() shows nothing of its objects",
    "micropython.native": "a decorator known to the compiler",
    "micropython.viper": "a decorator known to the compiler",
}
STUB_IS_OF_OTHER_PORTS = {
    "machine.RTC.__init__": "datetime= at creation is not taken by the ESP32 port",
    "network.LAN.*": "the stub is of the generic class; the ESP32 port's keywords are in its quickref",
}
MODULES = ["machine", "network", "esp32", "micropython", "tls"]
IMAGES = {
    v: json.loads((ROOT / ("host_tests/board/data/surface-%s.json" % v)).read_text())
    for v in ("1.23.0", "1.24.0")
}


def stub_of(module):
    """{dotted name: [ast.arguments of each overload]} of a .pyi in the stubs package; plain names have []."""
    name = module + ".pyi"
    path = next(
        f.locate()
        for d in ("micropython-esp32-stubs", "micropython-stdlib-stubs")
        for f in files(d) or ()
        if str(f) == name
    )
    found = {}

    def walk(body, prefix):
        for node in body:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(prefix + node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                found.setdefault(prefix + node.name, [])
                walk(node.body, prefix + node.name + ".")
            elif isinstance(node, ast.AnnAssign):
                found.setdefault(prefix + node.target.id, [])
            elif isinstance(node, ast.Assign):
                found.update((prefix + t.id, []) for t in node.targets if isinstance(t, ast.Name))
            elif isinstance(node, ast.If):
                walk(node.body, prefix)

    walk(ast.parse(path.read_text()).body, "")
    return found


def public(module):
    """(dotted name, object) of what a stand-in offers, without names that start with _ and imported
    modules."""
    shim = importlib.import_module(module)
    assert "shims" in shim.__file__ or "board/cpython" in shim.__file__, (
        "the stand-in must come before any other %s" % module
    )
    for name, value in vars(shim).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        yield module + "." + name, value
        if inspect.isclass(value):
            yield module + "." + name + ".__init__", value
            for base in reversed(value.__mro__[:-1]):
                for attribute in vars(base):
                    if not attribute.startswith("_"):
                        yield "%s.%s.%s" % (module, name, attribute), inspect.getattr_static(value, attribute)


def calls(node):
    """Two ways to call what a stub describes: with all it must have, and with all it may have. (args,
    kwargs)."""
    a = node.args
    if a.vararg and a.kwarg:
        return  # "anything": the stub does not know
    positional = a.posonlyargs + a.args
    decorators = {getattr(d, "id", "") for d in node.decorator_list}
    if positional and positional[0].arg in ("self", "cls") and "staticmethod" not in decorators:
        positional = positional[1:]
    required = len(positional) - len(a.defaults)
    must = {k.arg: 0 for k, default in zip(a.kwonlyargs, a.kw_defaults) if default is None}
    yield [0] * max(required, 0), must
    yield [0] * len(positional), {k.arg: 0 for k in a.kwonlyargs}
    named = [p for p in positional if p not in a.posonlyargs]
    yield [0] * (len(positional) - len(named)), dict({p.arg: 0 for p in named}, **must)


def signature(value):
    """Signature without self, as a caller sees it; None for what cannot be called."""
    if isinstance(value, property):
        return None
    if isinstance(value, (staticmethod, classmethod)):
        function = value.__func__
        return drop_first(function) if isinstance(value, classmethod) else inspect.signature(function)
    try:
        return inspect.signature(value) if callable(value) else None
    except ValueError:  # a builtin of CPython under MicroPython's name
        return None


def drop_first(function):
    found = inspect.signature(function)
    return found.replace(parameters=list(found.parameters.values())[1:])


def excused(name, table):
    return name in table or name.rpartition(".")[0] + ".*" in table


@pytest.mark.parametrize("module", MODULES)
def test_every_call_the_stubs_allow_is_taken_by_the_stand_in(module):
    stub = stub_of(module)
    wrong = []
    for name, value in public(module):
        nodes = stub.get(name.partition(".")[2], [])
        if excused(name, STUB_IS_OF_OTHER_PORTS) or not nodes:
            continue
        method = inspect.isfunction(value) and name.count(".") == 2
        taken = drop_first(value) if method else signature(value)
        for node in nodes if taken else ():
            for args, kwargs in calls(node):
                try:
                    taken.bind(*args, **kwargs)
                except TypeError as error:
                    wrong.append("%s(%s): %s" % (name, ast.unparse(node.args), error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", MODULES)
def test_the_stand_in_takes_nothing_that_the_stubs_do_not_know(module):
    stub = stub_of(module)
    wrong = []
    for name, value in public(module):
        nodes = stub.get(name.partition(".")[2], [])
        if excused(name, STUB_IS_OF_OTHER_PORTS) or not nodes or isinstance(value, property):
            continue
        method = inspect.isfunction(value) and name.count(".") == 2
        taken = drop_first(value) if method else signature(value)
        known = {p.arg for n in nodes for p in n.args.args + n.args.kwonlyargs}
        most = max(len(n.args.posonlyargs + n.args.args) for n in nodes)
        if not taken or any(n.args.kwarg for n in nodes):
            continue
        kinds = [p.kind for p in taken.parameters.values() if p.default is p.empty]
        if kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD) > most:
            wrong.append("%s asks for more than %d arguments" % (name, most))
        wrong += [
            "%s: %s" % (name, p)
            for p in taken.parameters.values()
            if p.kind == p.KEYWORD_ONLY and p.name not in known
        ]
    assert not wrong, "\n".join(wrong)


# CPython's own functions: only the names can be checked
@pytest.mark.parametrize("module", MODULES + ["ubinascii"])
def test_every_name_of_a_stand_in_is_one_of_real_images(module):
    for name, _ in public(module):
        owner, _, last = name.rpartition(".")
        if last == "__init__" or excused(name, NOT_IN_IMAGES):
            continue
        for version, image in IMAGES.items():
            seen = image["modules"] if "." not in owner else image["classes"]
            if owner in seen:
                assert last in seen[owner], "%s is not in ESP32_GENERIC %s" % (name, version)


@pytest.mark.parametrize("version", IMAGES)
def test_classes_the_agent_uses_are_complete(version):
    for owner in (
        "machine.WDT",
        "machine.RTC",
        "machine.Pin",
        "network.WLAN",
        "esp32.NVS",
        "esp32.Partition",
    ):
        module, _, name = owner.partition(".")
        shim = getattr(importlib.import_module(module), name)
        lacking = [
            n for n in IMAGES[version]["classes"][owner] if not n.startswith("__") and not hasattr(shim, n)
        ]
        assert not lacking, (owner, lacking)


def test_ticks_wrap_where_an_esp32_wraps():
    import wanbeacon_cpython

    assert IMAGES["1.24.0"]["ticks_period_check"] == wanbeacon_cpython._PERIOD - 1
    assert wanbeacon_cpython.ticks_add(0, -1) == wanbeacon_cpython._PERIOD - 1


def test_requests_has_the_names_of_the_frozen_one():
    import requests

    assert not [
        n
        for n in IMAGES["1.24.0"]["modules"]["requests"]
        if not n.startswith("__") and not hasattr(requests, n)
    ]
