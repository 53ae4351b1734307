# SPDX-License-Identifier: MIT
"""Virtual time: the fleet's vectorised schedule against decide's, what a provider sees of a million devices,
requests in a day after each answer, brown-outs, and the tool's scripts, tables and plots."""

import json
import random
import subprocess
import sys
from itertools import pairwise

import numpy
import pytest
from wanbeacon.core import journal, outcome, policy
from wanbeacon.core.record import Limits, Record

from tools import ROOT, UserError
from tools.simulate import bench, fleet, measures, oracle, plots, script, story, virtual
from tools.simulate.quick import quick

MILLION = 1000000


def tool(*args):
    """(exit status, output) of `python -m tools simulate ...`."""
    done = subprocess.run([sys.executable, "-m", "tools", "simulate", *map(str, args)], cwd=ROOT,
                          capture_output=True, text=True, timeout=100,
                          env={"COLUMNS": "150", "PATH": "/usr/bin:/bin", "HOME": "/tmp"})  # fmt: skip
    return done.returncode, done.stdout + done.stderr


# ---- the fleet


def test_the_vectorised_schedule_is_decides_own():
    chance = random.Random(4)
    for kind in policy.SCHEDULE:
        times = [chance.randrange(1, 256) for _ in range(2000)] + list(range(1, 20))
        rnd = [chance.randrange(65536) for _ in times]
        got = fleet.later(kind, numpy.array(times), numpy.array(rnd))
        assert list(got) == [policy.later(kind, t, r) for t, r in zip(times, rnd)], kind
    rnd = [0, 65535] + [chance.randrange(65536) for _ in range(2000)]
    waits = []
    for r in rnd:
        rec = Record(b"12345678")
        policy.line_returned(rec, 0, None, Limits(), r)
        waits.append(rec.hold)
    assert list(fleet.spread(numpy.array(rnd))) == waits
    assert list(fleet.age(28 * 86400, numpy.array(rnd))) == [Limits(seed=r).age() for r in rnd]


def test_after_an_outage_a_refused_connection_waits_as_a_timed_out_one_does():
    for nets in (1, 2, 3):
        for r in (0, 9000, 65535):
            rec, out = Record(b"12345678"), outcome.failed("connect")
            policy.line_returned(rec, 0, None, Limits(), r)
            for n in range(nets):
                policy.start(rec, 1000 * n, None, Limits(), (bytes(4), None))
            policy.answered(rec, out, 9000, None, Limits(), r, b"")
            assert rec.hold - 9000 - 1 == policy.CROWD_S + policy.later(outcome.NET, nets, r)


def test_real_agents_come_back_from_an_outage_as_the_fleet_does():
    begun = []
    with quick():
        for seed in range(60):
            chance = random.Random(seed)
            doc = {
                "accounts": [
                    {"provider": "dyn", "user": "u", "password": "secret", "hosts": ["a.example.org"]}
                ]
            }
            world = virtual.World(json.dumps(doc), lambda chance=chance: chance.randrange(256))
            world.boot()
            world.run(600)
            world.line[4] = None
            world.run(600)
            world.line[4], back = "45.33.1.2", world.time.now()
            world.run(200)
            assert len(world.provider.heard) == 2
            begun.append(world.provider.heard[1][0] - back)
    assert 0 < min(begun) < 20 and 85 < max(begun) <= policy.SPREAD + 2
    assert 35 < sorted(begun)[30] < 75


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_regional_outage_the_provider_sees_no_peak_and_the_names_are_soon_right(seed):
    run = fleet.regional(MILLION, seed)
    assert run.offered.sum() == run.done.sum() == MILLION
    assert run.peak() <= 0.01
    assert run.second(0.5) <= 60 and run.second(0.99) <= 180
    assert fleet.regional(MILLION, seed, jitter=False).peak() == 1, "the measure itself"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_overloaded_provider_is_asked_less_in_every_minute(seed):
    run = fleet.provider(MILLION, 2000, seed=seed)
    assert run.done.sum() == MILLION and run.done.max() == 2000 and not run.notes
    assert run.rises() == []
    rates = run.minutes()
    busy = rates > 50  # below that, a request more or less is chance
    assert all(numpy.diff(rates[busy]) < 0), rates
    assert len(run.offered) < 3600 and run.tries <= 4 and run.offered.sum() < 2.2 * MILLION


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_provider_that_refuses_connections_is_asked_less_in_every_minute_too(seed):
    run = fleet.refusing(MILLION, serves=2000, seed=seed)
    assert run.done.sum() == MILLION and run.done.max() == 2000 and not run.notes
    assert run.rises() == [] and run.peak() < 0.012
    assert len(run.offered) < 3600 and run.tries <= 4 and run.offered.sum() < 2.2 * MILLION


def test_without_jitter_the_same_provider_drowns_in_waves():
    run = fleet.provider(MILLION, 2000, jitter=False, horizon=3600)
    assert len(run.rises()) >= 3 and run.offered.max() > 900000 and run.notes


def test_a_provider_that_was_down_for_an_hour_is_not_overrun_when_it_is_back():
    run = fleet.provider(MILLION, 2000, down=3600)
    assert not run.done[:3600].any() and run.done.sum() == MILLION
    assert run.offered[3600:].max() < 2000
    assert [minute for minute, _ in run.rises() if minute >= 60] == []


def test_a_common_refresh_date_is_spread_over_two_days():
    assert fleet.refresh(MILLION).offered.max() < 40
    assert fleet.refresh(MILLION, jitter=False).offered.max() > 250


# ---- what a provider sees of one device


@pytest.mark.parametrize("what", measures.DAY_LIMITS)
def test_requests_in_a_day_after_each_answer_with_five_reboots(what):
    counts = [measures.requests_in_a_day(what, seed=seed) for seed in range(10)]
    assert max(counts) <= measures.DAY_LIMITS[what]
    if what != "unchanged reboot":
        assert min(counts) >= 1, "the request that got the answer"
    if what == "911":
        assert min(counts) > 3


@pytest.mark.parametrize("clock", [True, False])
def test_a_thousand_brown_outs_around_a_pending_update_never_send_twice_in_one_hold(clock):
    for seed in range(4):
        count, gap = measures.brown_outs(1000, clock, seed)
        assert count >= 1 and (gap is None or gap >= 60), (seed, count, gap)
    count, gap = measures.brown_outs(1000, clock, 5, minimum=600)
    assert gap is None or gap >= 600


def test_brown_outs_find_out_a_device_that_forgets(monkeypatch):
    monkeypatch.setattr(journal, "resume", lambda rec, now, wall, newest, limits: setattr(rec, "hold", 0))
    assert measures.brown_outs(200)[1] < 60


def test_a_year_of_daily_changes_and_a_quiet_week(monkeypatch):
    told = story.tell("every 1d address", 365 * 86400)
    assert len(told.changes) == 364 and len(told.requests) == 365 and len(told.writes) == 730
    told = story.tell("", 10 * 86400)
    assert len(told.requests) == 1 and max(told.writes) < 10


def test_what_bench_prints():
    class Bench:
        def note(self, text):
            assert text

    assert bench.brown_out(Bench(), True) == 1 and bench.brown_out(Bench(), False) == 1
    assert (
        bench.region(Bench(), "peak") < 1
        and bench.region(Bench(), 0.5) <= 60
        and bench.region(Bench(), 0.99) <= 180
    )
    assert bench.overload(Bench()) == 0


# ---- the tool


def test_the_years_script_breaks_no_rule_and_loses_nothing():
    for seed in (1, 2):
        told = story.tell(script.YEAR, 365 * 86400, seed)
        assert told.broken is None
        # a connection that was refused is tried again at once, as no request has arrived
        arrived = [at for at, answer in told.requests if answer not in oracle.NOT_SENT]
        assert min(b - a for a, b in pairwise(arrived)) >= 60
        assert len(told.requests) < 1.3 * len(told.changes), (
            "one request per change, and some for the troubles"
        )
        answers = [answer for _, answer in told.requests]
        assert answers.count("badauth") == answers.count("abuse") == 1
        assert answers.count("page") == answers.count("other") == 3
        stopped = [text[1] for lane, _, _, text in told.spans if lane == "host" and text[0] == "stopped"]
        assert len(stopped) == 4


def test_a_rule_that_is_broken_is_told(monkeypatch):
    monkeypatch.setattr(policy, "hold", lambda rec, now, wall, seconds, why=None: None)
    assert "none before a hold's end" in story.tell(script.YEAR, 40 * 86400).broken


@pytest.mark.parametrize(("line", "said"), [
    ("3x address", "is no time"), ("address", "is no time"), ("3d fly", "verbs are"),
    ("3d", "is TIME VERB ARGS"), ("3d outage", "verbs are"), ("3d outage 1d 2d", "verbs are"),
    ("1d clock sideways", "+30y"), ("1d outage long", "no time"), ("1d cut sometimes", "torn"),
    ("1d user sings", "retry"),
])  # fmt: skip
def test_a_mistake_in_a_script_is_one_line(line, said):
    with pytest.raises(UserError) as error:
        story.tell("1d address\n" + line, 5 * 86400)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_events_come_in_order_and_end_by_themselves():
    events = script.parse("2d reboot\nevery 1d address  # daily\n\n1d12h outage 10m", 3 * 86400)
    assert [(at / 86400, verb) for at, verb, _ in events] == [
        (1, "address"),
        (1.5, "outage"),
        (2, "reboot"),
        (2, "address"),
    ]
    told = story.tell("1h outage 10m", 86400)
    assert [row[3] for row in told.spans if row[0] == "line"] == ["no line"]
    assert outcome.NET in policy.SCHEDULE and len(told.requests) == 2


def test_the_tool_prints_a_table_and_draws_a_timeline(tmp_path):
    (tmp_path / "week.txt").write_text(
        "every 1d address\n2d23h provider 911 6h\n3d23h provider badauth 2h\n4d3h user retry\n"
    )
    status, said = tool(
        "--script",
        tmp_path / "week.txt",
        "--days",
        7,
        "--plot",
        tmp_path / "week.svg",
        "--from",
        1,
        "--to",
        5,
    )
    assert status == 0, said
    assert (
        "flash writes" in said
        and "rules broken" in said
        and "retry home.example.org -> home.example.org: trying again" in said
    )
    assert (tmp_path / "week.svg").read_text().count("<path") > 20
    for args, problem in ((("--script", "/nowhere"), "cannot read the script"),
                          (("--plot", "x.gif"), "ends in .png"),
                          (("fleet", "--scene", "war"), "there is no scene")):  # fmt: skip
        status, said = tool(*args)
        assert status == 1 and problem in said and said.count("\n") == 1, said


@pytest.mark.parametrize("scene", fleet.SCENES)
def test_the_tool_draws_a_fleet(scene, tmp_path):
    status, said = tool(
        "fleet", "--scene", scene, "--devices", 20000, "--serves", 40, "--plot", tmp_path / "fleet.png"
    )
    assert status == 0, said
    assert "without our jitter" in said
    assert (tmp_path / "fleet.png").stat().st_size > 20000


def test_plots_of_nothing_are_plots_too(tmp_path):
    plots.timeline(story.tell("", 3600), tmp_path / "a.png")
    plots.rates([("none", numpy.zeros(5), "")], tmp_path / "b.png", "nothing")
    assert (tmp_path / "a.png").exists() and (tmp_path / "b.png").exists()
