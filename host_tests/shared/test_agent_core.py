# SPDX-License-Identifier: MIT
# The agent with a provider, a line, flash and time in memory (tools/simulate/virtual.py): what reaches beyond
# one host.
import json

from agent_world import TWO, YEAR, A, B, C, cfg, changed, heard, started, virtual

PLAIN = {"server": "http://dyn.test"}
HOSTS = ("a1.example.org", "a2.example.org", "b.example.org")


def settings(world, text):
    """The user edits the settings; the agent starts anew."""
    world.cfg = virtual.config.load(text)
    world.off(5)
    world.boot()


def stops(world):
    return [h.rec.stopped() for h in world.agent.hosts()]


def test_hosts_of_an_account_share_a_request_and_accounts_do_not():
    world = virtual.World(TWO)
    world.boot()
    world.run(5)
    assert [row[2] for row in world.provider.heard] == list(HOSTS)
    assert world.agent.counters["requests"] == 2
    world.run(YEAR // 24)
    assert world.agent.counters["requests"] == 2, "two weeks without a change"


def test_a_change_is_sent_at_once_and_the_minimum_interval_is_kept():
    world = started()
    assert changed(world, B) == [(h, B) for h in HOSTS]
    assert changed(world, C, 50) == []
    world.run(10)
    assert heard(world) == [(h, C) for h in HOSTS]
    for address in (A, B, A, B, C):
        assert changed(world, address, 5) == []
    world.run(100)
    assert heard(world) == [], "the address flapped and came back"


def test_an_event_during_an_exchange_ends_the_walk_and_the_next_account_is_sent_what_is_new():
    world = started()
    answer = world.provider.answer

    def meanwhile(*args):
        if world.line[4] == B:
            world.line[4] = C
            world.agent.event.set()
        return answer(*args)

    world.provider.answer = meanwhile
    assert changed(world, B, 10) == [("a1.example.org", B), ("a2.example.org", B), ("b.example.org", C)]
    world.run(60)
    assert heard(world) == [("a1.example.org", C), ("a2.example.org", C)]


def test_nohost_stops_one_host_and_no_other():
    world = started()
    world.provider.say["a1.example.org"] = "nohost"
    assert len(changed(world, B)) == 3
    assert stops(world) == [True, False, False]
    assert changed(world, C, 200) == [("a2.example.org", C), ("b.example.org", C)]


def test_badauth_stops_the_account_and_no_other():
    world = started()
    world.provider.say["ann"] = "badauth"
    changed(world, B)
    assert stops(world) == [True, True, False]
    assert changed(world, C, 86400) == [("b.example.org", C)]


def test_badauth_in_the_first_of_two_requests_holds_the_second_back():
    hosts = ["a1.example.org", {"name": "a2.example.org", "wildcard": "ON"}]
    world = started(cfg(("ann", "secret", hosts, {})))
    world.provider.say["ann"] = "badauth"
    assert changed(world, B) == [("a1.example.org", B)]
    assert stops(world) == [True, True]


def test_badagent_stops_every_host_at_that_provider():
    world = started(cfg(("ann", "secret", ["a1.example.org"], {}), ("bob", "secret", ["b.example.org"], {}),
                        ("eve", "secret", ["e.example.org"], PLAIN)))  # fmt: skip
    world.provider.say["ann"] = "badagent"
    assert changed(world, B) == [("a1.example.org", B), ("e.example.org", B)]
    assert stops(world) == [True, True, False]
    assert changed(world, C, 86400) == [("e.example.org", C)]


def test_a_stop_outlives_reboots_and_ends_when_its_settings_change():
    world = started()
    world.provider.say["ann"] = "badauth"
    changed(world, B)
    for _ in range(5):
        world.off(100)
        world.boot()
        world.run(20000)
    assert heard(world) == []
    world.provider.say.clear()
    settings(world, TWO.replace('"bob"', '"bert"'))
    world.run(100)
    assert [h for h, _ in heard(world)] == ["b.example.org"], "another account's settings"
    settings(world, TWO.replace("secret", "better", 1))
    world.run(100)
    assert heard(world)[:2] == [("a1.example.org", B), ("a2.example.org", B)]


def test_every_setting_that_shapes_a_request_or_its_answer_ends_the_stop_that_it_caused():
    custom = {"url": "https://dyn.test/nic/update?hostname={hostname}&myip={ip}"}
    for host, keys in (
        ({"zone": "example.org"}, {}), ({"ipv6": False}, {}), ({"wildcard": "ON"}, {}),
        ({}, {"auth": "query"}), ({}, {"method": "POST"}),
    ):  # fmt: skip
        before = cfg(("ann", "secret", ["a1.example.org"], {"provider": "certadns" if keys else "dyn"}))
        after = cfg(
            (
                "ann",
                "secret",
                [dict(host, name="a1.example.org")],
                dict(keys, provider="certadns" if keys else "dyn"),
            )
        )
        stop_and_edit(before, after, "nohost", (host, keys))
    for more in ({"ok": ["fine"]}, {"auth": "bearer"}, {"method": "POST"}):
        plain = {"provider": "custom", "custom": custom}
        both = {"provider": "custom", "custom": dict(custom, **more)}
        stop_and_edit(
            cfg(("ann", "secret", ["a1.example.org"], plain)),
            cfg(("ann", "secret", ["a1.example.org"], both)),
            "badauth",
            more,
        )


def stop_and_edit(before, after, say, what):
    world = started(before)
    world.provider.say["a1.example.org"] = say
    changed(world, B, 100)
    assert stops(world) == [True], what
    settings(world, before)
    world.run(1000)
    assert heard(world) == [], what
    settings(world, after)
    assert stops(world) == [False], what


def test_where_the_host_is_the_user_a_refusal_is_the_hosts_own():
    keys = {"provider": "mydns-se", "password": "secret"}
    rows = [dict(keys, hosts=["a1.example.org", "a2.example.org"]), dict(keys, hosts=["b.example.org"])]
    world = started(json.dumps({"accounts": rows}))
    world.provider.say["a1.example.org"] = "badauth"
    changed(world, B, 100)
    assert stops(world) == [True, False, False]


def test_a_stop_of_the_account_takes_no_host_its_own_reason():
    world = started()
    world.provider.say["a1.example.org"] = "abuse"
    changed(world, B, 100)
    world.provider.say["ann"] = "badauth"
    changed(world, C, 100)
    assert [h.rec.word for h in world.agent.hosts()] == ["abuse", "badauth", "good"]
    world.provider.say.clear()
    assert world.command("retry a2.example.org")["text"] == "a2.example.org: trying again"
    world.run(100)
    assert heard(world) == [("a2.example.org", C)], "the blocked one waits for a word about itself"


def test_a_new_host_in_a_stopped_account_is_stopped_too():
    world = started()
    world.provider.say["ann"] = "badauth"
    changed(world, B)
    settings(world, TWO.replace('"a2.example.org"', '"a2.example.org", "a3.example.org"'))
    world.run(86400)
    assert heard(world) == [] and stops(world) == [True, True, True, False]


def test_an_edit_of_the_settings_does_not_end_the_half_hour_of_911():
    world = started()
    world.provider.say["ann"] = "911"
    assert len(changed(world, B, 1)) == 3
    world.provider.say.clear()
    for password in ("other", "third"):
        settings(world, TWO.replace("secret", password, 1))
        world.run(800)
        assert heard(world) == [], password
    world.run(2000)
    assert heard(world) == [("a1.example.org", B), ("a2.example.org", B)]


def test_911_holds_the_whole_account_and_no_other():
    hosts = ["a1.example.org", {"name": "a2.example.org", "ipv6": False}]
    world = started(
        cfg(("ann", "secret", hosts, {}), ("bob", "secret", [{"name": "b.example.org", "ipv6": False}], {}))
    )
    world.provider.say["ann"] = "911"
    world.line[6] = "2600:77::1"
    world.run(60)
    assert heard(world) == [("a1.example.org", A)]
    world.provider.say.clear()
    assert changed(world, B, 1700) == [("b.example.org", B)], "a2 has met no trouble itself"
    world.run(2000)
    assert sorted(heard(world)) == [("a1.example.org", B), ("a2.example.org", B)]


def test_an_unchanged_reboot_sends_nothing_with_and_without_a_clock():
    for clock in (True, False):
        world = started(cfg(("ann", "secret", ["a1.example.org"], PLAIN)))
        for _ in range(5):
            world.off(1000)
            world.time_server = clock
            world.time.offset = virtual.START if clock else None
            world.boot()
            world.run(200)
        assert heard(world) == []


def test_no_password_leaves_before_the_clock_is_set():
    world = virtual.World(TWO)
    world.time.offset, world.time_server = None, False
    world.boot()
    world.run(400)
    assert heard(world) == [] and world.agent.hosts()[0].why == (("wait.clock",),)
    world.time_server = True
    world.run(60)
    assert len(heard(world)) == 3


def test_a_clock_that_leaps_by_years_neither_sends_nor_holds_back():
    for leap in (-30 * YEAR, -YEAR, YEAR, 30 * YEAR):
        for off in (False, True):
            world = started(cfg(("ann", "secret", ["a1.example.org"], PLAIN), intervals={"check": 300}))
            world.provider.say["*"] = "911"
            changed(world, B, 60)
            world.provider.say.clear()
            if off:
                world.off(60)
            world.time.offset += leap
            if off:
                world.boot()
            world.run(1500)
            assert heard(world) == [], (leap, off)
            world.run(5000)
            assert heard(world) == [("a1.example.org", B)], (leap, off)
            world.run(20 * 86400)
            assert heard(world) == [], "no early refresh"
            assert changed(world, C) == [("a1.example.org", C)]


def test_ticks_that_wrap_change_nothing():
    world = virtual.World(TWO, tick0=virtual.Time.WRAP - 30000)
    world.boot()
    world.run(100)
    heard(world)
    assert changed(world, B, 26 * 86400) == [(h, B) for h in HOSTS], "twice round the ticks of an ESP32"
    assert changed(world, C) == [(h, C) for h in HOSTS]


def test_a_journal_that_cannot_be_written_sends_nothing():
    world = started()
    world.cut = "refuse"
    assert changed(world, B, 400) == []
    assert world.agent.hosts()[0].why[0][0] == "wait.journal"
    world.cut = None
    world.run(100)
    assert len(heard(world)) == 3


def test_what_is_due_goes_as_soon_as_the_journal_can_be_written_again():
    text = cfg(("ann", "secret", ["a1.example.org"], {"provider": "noip"}), intervals={"check": 86400})
    for broken in (10, 30, 400, 4000):
        world = started(text)
        world.run(100)  # the minimum interval of this provider is 120 s
        world.cut = "refuse"
        assert changed(world, B, broken) == []
        world.cut = None
        world.run(61 - broken if broken < 60 else 61)
        assert heard(world) == [("a1.example.org", B)], (broken, world.agent.hosts()[0].why)
        assert world.record("a1.example.org").nets == 0
    world = started(text)
    world.run(100)
    for _ in range(6):  # flash that refuses every other time: what never left is no request without an answer
        world.cut = "refuse"
        changed(world, B, 50)
        world.cut, world.agent.save_after = None, 0
        world.agent.save()
        assert heard(world) == []
    assert world.record("a1.example.org").nets == 0
    world.run(60)
    assert heard(world) == [("a1.example.org", B)]


def test_a_damaged_journal_costs_one_request_a_host_and_is_said():
    world = started()
    world.off(5)
    for slot in world.slots:
        slot.data = b"\0" * 100
    world.boot()
    world.run(86400)
    assert heard(world) == [(h, A) for h in HOSTS]
    assert world.agent.journal.lost == "journal.lost"


def test_a_crowd_that_returns_together_is_spread_and_a_single_change_is_not():
    world = started(chance=lambda: 255)
    world.line[4] = None
    world.run(600)
    assert changed(world, B, 100) == [] and len(changed(world, B, 20)) == 3
    world.run(100)
    assert len(changed(world, C, 2)) == 3


def test_a_power_cut_on_the_way_holds_for_the_minimum_and_sends_once():
    for when in ("before", "after"):
        world = started()
        world.die = when
        world.line[4] = B
        try:
            world.run(5)
            assert False, "no power cut"
        except virtual.PowerCut:
            pass
        world.provider.heard.clear()
        for _ in range(10):
            world.off(0.1)
            world.boot()
            world.run(3)
        assert heard(world) == [("b.example.org", B)], "only the other account, which had not begun"
        world.run(70)
        assert heard(world) == [("a1.example.org", B), ("a2.example.org", B)]
        world.run(86400)
        assert heard(world) == []


def test_a_list_with_one_answer_finds_the_culprit():
    world = started()
    world.provider.say["a2.example.org"] = "one nohost"
    assert len(changed(world, B, 5)) == 3
    world.run(60)
    assert heard(world) == [("a1.example.org", B)], (
        "one after another: a provider counts requests of a minute"
    )
    world.run(60)
    assert heard(world) == [("a2.example.org", B)] and world.agent.counters["requests"] == 6
    assert stops(world) == [False, True, False]
    world.run(86400)
    assert heard(world) == []


def test_who_was_asked_alone_shares_requests_again():
    for provider in ("dyn", "noip"):
        world = started(
            cfg(
                (
                    "ann",
                    "secret",
                    ["a1.example.org", "a2.example.org", "a3.example.org"],
                    {"provider": provider},
                )
            )
        )
        world.run(1000)
        world.provider.say["a3.example.org"] = "one nohost"
        changed(world, B, 1000)
        before = world.agent.counters["requests"]
        assert changed(world, C, 1000) == [("a1.example.org", C), ("a2.example.org", C)], provider
        assert world.agent.counters["requests"] == before + 1, provider


def test_a_source_that_cannot_tell_for_a_while_is_no_trouble_yet():
    world = started()
    states = []
    for seconds in (0, 60, 600, 1500):
        if not seconds:
            world.off(5)
            world.boot()
            world.line[4] = -1
        world.run(seconds or 5)
        world.round()  # the slow timer
        states.append([h.state for h in world.agent.hosts()])
    assert states[:3] == [["ok"] * 3] * 3 and states[3] == ["waiting"] * 3
    assert heard(world) == []
    world.line[4] = A
    world.round()
    assert [h.state for h in world.agent.hosts()] == ["ok"] * 3 and heard(world) == []


def test_what_no_source_confirms_any_more_is_not_sent_when_a_wait_ends():
    """The line goes down during the half hour of a 911, and comes back with another address."""
    world = started(cfg(("ann", "secret", ["a1.example.org"], PLAIN)))
    world.provider.say["ann"] = "911"
    assert changed(world, B, 60) == [("a1.example.org", B)]
    world.provider.say.clear()
    world.line[4] = virtual.UNKNOWN
    world.run(6000)
    host = world.agent.hosts()[0]
    assert heard(world) == [] and host.state == "waiting" and host.why[0][0] != "ok"
    assert changed(world, C, 60) == [("a1.example.org", C)]


def test_a_short_silence_of_the_sources_does_not_hold_a_retry_back():
    world = started(cfg(("ann", "secret", ["a1.example.org"], PLAIN)))
    world.provider.say["ann"] = 503
    assert changed(world, B, 60) == [("a1.example.org", B)]
    world.provider.say.clear()
    wait = world.agent.hosts()[0].rec.hold - world.agent.clock.mono()
    world.run(wait - 60)
    world.line[4] = virtual.UNKNOWN
    world.round()
    world.run(100)
    assert heard(world) == [("a1.example.org", B)]


def test_only_the_accounts_own_provider_learns_whom_to_write_to():
    def names(world):
        return [world.agent.agent_name(None, a.doc) for a in world.agent.accounts] + [
            world.agent.agent_name()
        ]

    hosts = ["a.example.org"]
    world = virtual.World(
        cfg(("ann", "secret", hosts, {}), ("bob@example.com", "secret", ["b.example.org"], {}))
    )
    world.boot()
    ann, bob, page = names(world)
    assert ann == page and "@" not in page and bob == page + " bob@example.com"
    world = virtual.World(cfg(("bob@example.com", "secret", hosts, {}), device={"contact": "me@example.net"}))
    world.boot()
    bob, page = names(world)
    assert bob == page + " me@example.net" and "@" not in page


def test_a_fault_while_time_servers_are_asked_stops_nobody():
    world = virtual.World(cfg(("ann", "secret", ["a1.example.org"], PLAIN)))
    world.time.offset = None

    def broken():
        raise RuntimeError()

    world.ask_time, world.walls = broken, True
    world.boot()
    world.run(5)
    assert heard(world) == [("a1.example.org", A)]
    assert list(world.agent.faults) == ["the clock"]


def test_a_line_that_is_lost_is_looked_at_again_soon_and_then_less_and_less():
    world = started()
    world.line[4] = virtual.UNKNOWN
    world.round()
    assert 29 <= world.agent.pause_for() <= 30
    world.time.ms += 800 * 1000
    assert 99 <= world.agent.pause_for() <= 100
    world.time.ms += 86400 * 1000
    assert 299 <= world.agent.pause_for() <= 300
