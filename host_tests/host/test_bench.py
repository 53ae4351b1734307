# SPDX-License-Identifier: MIT
"""`python -m tools bench`: every row leads somewhere, what is missing is named, numbers are what was
measured."""

import json

import pytest

from tools.bench import cli, clients, compare, memory, rows
from tools.bench.measure import Bench, Missing, Result, Row


def number(bench, value):
    bench.note("as given")
    return value


def missing(bench):
    raise Missing("no such thing here")


def breaks(bench):
    raise RuntimeError("first line\nsecond line")


def row(name, function, *args, target=None):
    return Row(name, name, "ms", "%s:%s" % (__name__, function), target, args)


@pytest.fixture(autouse=True)
def this_module(monkeypatch):
    """importlib mode gives this file a name of its own; load() finds it by that."""
    monkeypatch.setattr(cli, "load", lambda where: globals()[where.partition(":")[2]])


def test_the_median_counts_and_is_held_against_the_target():
    result = cli.run(row("a", "number", [3, 1, 100], target=("<", 4)), Bench())
    assert (result.value, result.met, result.notes) == (3, True, ["as given"])
    assert cli.run(row("a", "number", [3, 1, 100], target=("<", 3)), Bench()).met is False
    assert cli.run(row("a", "number", 3, target=("<=", 3)), Bench()).met is True
    assert cli.run(row("a", "number", 3), Bench()).met is None


def test_what_is_missing_or_breaks_is_named_and_stops_nothing():
    assert cli.run(row("a", "missing"), Bench()).missing == "no such thing here"
    assert cli.run(row("a", "breaks"), Bench()).missing == "failed: first line"
    shown = [
        result.document()
        for result in (cli.run(row("a", "missing"), Bench()), Result(row("b", "number"), [1.5]))
    ]
    assert [one["missing"] for one in shown] == ["no such thing here", None]


def test_a_function_that_is_not_there_yet_is_named(monkeypatch):
    monkeypatch.undo()
    result = cli.run(Row("a", "a", "", "tools.no_such_room:x"), Bench())
    assert "not part of this checkout yet" in result.missing and result.value is None


def test_every_row_has_its_own_name_and_a_function_that_is_there_or_named(monkeypatch):
    monkeypatch.undo()
    names = [one.name for one in rows.ROWS]
    assert len(set(names)) == len(names)
    for one in rows.ROWS:
        try:
            assert callable(cli.load(one.where))
        except ImportError as error:
            assert error.name.startswith("tools.simulate"), "only another room's part may still be missing"


def test_numbers_are_written_for_people():
    assert [
        compare.shown(*one)
        for one in ((71.4, "ms"), (4200, "ms"), (57344, "B"), (900, "B"), (3, ""), (2.5, ""), (None, "B"))
    ] == ["71 ms", "4 s", "56.0 KB", "900 B", "3", "2.5", "-"]


def test_sizes_are_measured_and_written_as_json(tmp_path, monkeypatch, capsys):
    monkeypatch.undo()
    file = tmp_path / "out" / "bench.json"
    cli.app(
        only=["size"], quick=True, as_json=file, modules=True, names=False, into_readme=False, strict=False
    )
    document = json.loads(file.read_text())
    table = {one["name"]: one for one in document["rows"]}
    assert 30000 < table["size-board"]["value"] < 256000 and table["size-data"]["value"] > 10000
    assert "wanbeacon/app/agent.mpy" in capsys.readouterr().out


def test_a_folder_goes_when_a_bench_is_closed():
    bench = Bench()
    folder = bench.folder
    bench.close()
    assert not folder.exists()


@pytest.mark.parametrize("needed", [49, 63, 64, 65, 130, 199, 200, 201])
def test_the_smallest_heap_is_found_wherever_the_search_begins(needed, monkeypatch):
    tried = []
    monkeypatch.setattr(memory, "usable", lambda name: name)
    monkeypatch.setattr(memory.as_board, "compile_into", lambda *_: None)
    monkeypatch.setitem(
        memory.WAYS, "command line", lambda bench, name, heap: tried.append(heap) or int(heap[:-1]) >= needed
    )
    monkeypatch.setitem(memory.START, ("some", "command line"), 64)
    bench = Bench()
    bench.__dict__["compiled"] = None
    if needed > memory.HIGH:
        with pytest.raises(Missing, match="not even 200 KB"):
            memory.heap(bench, "some")
    else:
        assert memory.heap(bench, "some") == needed * 1024
    assert len(tried) == len(set(tried)) and (len(tried) <= 2 or needed not in (64, 65))


@pytest.mark.parametrize(
    "seen, requests", [((1, 4.0, False), 1), ((3, 4.0, False), 3), ((49, 4.0, True), 289)]
)
def test_who_goes_on_asking_is_taken_to_go_on_for_a_day(seen, requests, monkeypatch):
    monkeypatch.setattr(clients, "_wait", lambda *_: seen)
    assert clients.refused(Bench(), "any", "badauth") == requests
