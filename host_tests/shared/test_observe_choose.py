# SPDX-License-Identifier: MIT
"""The chooser: who is asked, who is believed, and what is said when nobody can tell."""

import asyncio

from wanbeacon.app import stage
from wanbeacon.core import address
from wanbeacon.observe import choose, choosing
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN, Kit

A, B, C = [address.parse(one) for one in ("45.33.7.7", "45.33.7.8", "45.33.7.9")]
LAN, CGN = address.parse("192.168.77.50"), address.parse("100.64.1.2")
A6 = address.parse("2a02:8010:1::7")
SILENT = (UNKNOWN, None, ("x.silent",))
TOLD = ("x.told",)


class Fake:
    """A module with an Observer whose answers the test sets: {(name, family): (kind, packed, why)}."""

    answers = {}
    asked = []
    loaded = []

    def __init__(self, name, outside, families=(4, 6), hints=False):
        class Observer:
            OUTSIDE = outside
            FAMILIES = families

            def __init__(self, options, kit):
                Fake.loaded.append(name)
                if hints:
                    self.changed = self.hint

            async def hint(self):
                pass

            async def read(self, family):
                Fake.asked.append(name)
                answer = Fake.answers.get((name, family), SILENT)
                if isinstance(answer, Exception):
                    raise answer
                self.asked = answer[2] != ("x.look-up",)
                return answer

            def close(self):
                Fake.loaded.remove(name)

        self.Observer = Observer


class Clock:
    now = 1000
    set = 1793500000  # unix time at mono 0, or None

    def mono(self):
        return self.now

    def wall(self):
        return None if self.set is None else self.set + self.now


class Board:
    def __init__(self, auto):
        self.auto = auto

    def sources(self):
        return self.auto


def chooser(sources, cross_check=False, bind=None, auto=("netlink", "natpmp", "upnp"), outside=()):
    """A Chooser over stand-ins of the sources."""
    Fake.answers, Fake.asked, Fake.loaded = {}, [], []
    kit = Kit(Board(auto), Clock(), None, None, _FAKES.__getitem__, stage.run_async, outside)
    return choose.Chooser(sources, kit, cross_check, bind=bind)


_FAKES = {
    "netlink": Fake("netlink", False, hints=True),
    "ubus": Fake("ubus", False, hints=True),
    "natpmp": Fake("natpmp", False, (4,), hints=True),
    "upnp": Fake("upnp", False, (4,), hints=True),
    "push": Fake("push", False, hints=True),
    "stun": Fake("stun", True),
    "web": Fake("web", True),
}


def read(one, family=4, known=None):
    """One read(); returns its answer and who was asked, in order."""
    Fake.asked.clear()
    return asyncio.run(one.read(family, known)), list(Fake.asked)


def tell(**answers):
    for name in answers:
        Fake.answers[(name, 4)] = answers[name]


def found(packed, why=TOLD):
    return FOUND, packed, why


def codes(why):
    """All codes and data in a reason, flat."""
    out = []
    for one in why:
        out += codes(one) if isinstance(one, (tuple, list)) else [one]
    return out


def test_the_first_publishable_address_wins_and_the_rest_is_not_asked():
    one = chooser(["natpmp", "upnp", "stun"])
    tell(natpmp=found(A), upnp=found(B), stun=found(C))
    assert read(one) == ((FOUND, A, "natpmp", TOLD), ["natpmp"])


def test_could_not_tell_goes_on_and_is_never_none():
    one = chooser(["natpmp", "upnp"])
    tell(upnp=found(B))
    assert read(one)[0] == (FOUND, B, "upnp", TOLD)
    tell(upnp=(UNKNOWN, None, ("x.late", "r")))
    answer = read(one)[0]
    rows = [("source.row", "natpmp", ("x.silent",)), ("source.row", "upnp", ("x.late", "r"))]
    assert answer == (UNKNOWN, None, None, ("sources.all", rows))


def test_none_is_said_when_a_source_is_sure():
    one = chooser(["natpmp", "upnp"])
    tell(upnp=(NONE, None, ("x.down",)))
    assert read(one)[0] == (NONE, None, "upnp", ("x.down",))


def test_double_nat_is_shown_and_the_outside_asked():
    one = chooser(["upnp", "stun"])
    tell(upnp=found(CGN), stun=found(A))
    kind, text, source, why = read(one)[0]
    assert (kind, text, source) == (FOUND, A, "stun") and CGN in codes(why) and "address.cgnat" in codes(why)
    assert [row["kind"] for row in one.seen] == ["found", "found"]


def test_a_private_address_is_the_last_resort_and_comes_with_its_reason():
    one = chooser(["netlink"])
    tell(netlink=found(LAN))
    kind, text, source, why = read(one)[0]
    assert (kind, text, source) == (FOUND, LAN, "netlink") and why == (
        "address.unfit",
        LAN,
        ("address.private",),
    )


def test_a_private_address_is_not_taken_while_another_source_could_not_tell():
    one = chooser(["netlink", "natpmp"])
    tell(netlink=found(LAN), natpmp=SILENT)
    kind, text, source, why = read(one)[0]
    assert (kind, text) == (UNKNOWN, None) and "address.private" in codes(why) and "x.silent" in codes(why)


def test_outside_is_asked_once_in_ten_minutes():
    one = chooser(["natpmp", "stun"])
    tell(stun=found(A))
    assert read(one)[1] == ["natpmp", "stun"]
    tell(stun=found(B))
    for s in (1, 300, 598):
        one.kit.clock.now = 1000 + s
        answer, asked = read(one)
        assert (
            answer[:3] == (FOUND, A, "stun")
            and asked == ["natpmp"]
            and ("source.ago", TOLD, s) == answer[3][1]
        )
    one.kit.clock.now = 1600
    assert read(one) == (
        (FOUND, B, "stun", ("sources.beside", TOLD, [("sources.router", "natpmp", ("x.silent",))])),
        ["natpmp", "stun"],
    )


def test_a_failed_outside_question_also_counts_but_a_failed_look_up_does_not():
    one = chooser(["stun", "web"])
    tell(stun=SILENT, web=(UNKNOWN, None, ("x.look-up",)))
    assert read(one)[1] == ["stun", "web"]
    one.kit.clock.now += 60
    assert read(one)[1] == ["web"]


def test_outside_is_not_asked_while_the_router_tells_and_its_old_answer_is_forgotten():
    one = chooser(["natpmp", "stun"])
    tell(stun=found(A))
    read(one)
    tell(natpmp=found(B))
    one.kit.clock.now += 100
    assert read(one) == ((FOUND, B, "natpmp", TOLD), ["natpmp"])
    tell(natpmp=SILENT)
    answer, asked = read(one)
    assert answer[0] == UNKNOWN and asked == ["natpmp"], "A is older than B: not to be told again"
    one.kit.clock.now += 500
    assert read(one)[0][:3] == (FOUND, A, "stun")


def test_families_are_asked_apart():
    one = chooser(["natpmp", "stun"])
    tell(natpmp=found(A))
    Fake.answers[("stun", 6)] = found(A6)
    assert read(one, 6) == ((FOUND, A6, "stun", TOLD), ["stun"])
    assert read(one, 4)[0][:3] == (FOUND, A, "natpmp")
    assert sorted(row["family"] for row in one.seen) == [4, 6]
    assert read(chooser(["natpmp"]), 6)[0][:3] == (UNKNOWN, None, None)


def test_an_address_of_another_family_is_refused():
    one = chooser(["natpmp", "stun"])
    for said in (A6, b"", b"abc", bytearray(5)):
        tell(natpmp=found(said))
        assert read(one)[0][0] == UNKNOWN, said


def test_cross_check_wants_two_for_a_changed_address():
    one = chooser(["natpmp", "upnp", "stun"], cross_check=True)
    tell(natpmp=found(A), upnp=found(A), stun=found(A))
    assert read(one, known=A)[1] == ["natpmp"], "nothing changed: nothing to check"
    tell(natpmp=found(B), upnp=found(B))
    answer, asked = read(one, known=A)
    assert answer == (FOUND, B, "natpmp", ("sources.agree", "natpmp", "upnp")) and asked == ["natpmp", "upnp"]


def test_cross_check_shows_disagreement_and_sends_nothing():
    one = chooser(["natpmp", "upnp"], cross_check=True)
    tell(natpmp=found(B), upnp=found(A))
    kind, text, source, why = read(one, known=A)[0]
    assert (kind, text) == (UNKNOWN, None)
    assert why == ("sources.disagree", [("source.says", "natpmp", B), ("source.says", "upnp", A)])
    tell(upnp=SILENT)
    kind, text, source, why = read(one, known=A)[0]
    assert (kind, text) == (UNKNOWN, None) and why == ("sources.unconfirmed", "natpmp", B)


def test_cross_check_two_of_three_are_enough():
    one = chooser(["natpmp", "upnp", "stun"], cross_check=True)
    tell(natpmp=found(C), upnp=found(B), stun=found(B))
    assert read(one, known=A)[0][:3] == (FOUND, B, "upnp")


def test_cross_check_stays_settled_while_the_update_waits():
    one = chooser(["natpmp", "stun"], cross_check=True)
    tell(natpmp=found(B), stun=found(B))
    for s in (0, 2, 60, 300):
        one.kit.clock.now = 1000 + s
        answer, asked = read(one, known=A)
        assert answer[:2] == (FOUND, B), answer
        assert asked == (["natpmp", "stun"] if s == 0 else ["natpmp"])


def test_auto_on_linux_with_a_public_address_asks_the_kernel_only():
    one = chooser(["auto"], outside=[{"source": "stun"}])
    tell(netlink=found(A))
    assert read(one) == ((FOUND, A, "netlink", TOLD), ["netlink"])
    assert Fake.loaded == ["netlink"]
    assert len(one.watchers()) == 1


def test_auto_on_linux_behind_nat_goes_to_the_router_and_then_outside():
    one = chooser(["auto"], outside=[{"source": "stun"}])
    tell(netlink=found(LAN), natpmp=found(A))
    assert read(one) == ((FOUND, A, "natpmp", TOLD), ["netlink", "natpmp"])
    assert len(one.watchers()) == 2
    tell(natpmp=SILENT, upnp=found(CGN), stun=found(B))
    answer, asked = read(one)
    assert answer[:3] == (FOUND, B, "stun") and "address.cgnat" in codes(answer[3])
    assert asked == ["netlink", "natpmp", "upnp", "stun"]


def test_auto_asks_nobody_outside_unless_the_user_named_one():
    one = chooser(["auto"])
    tell(netlink=found(LAN))
    assert read(one)[1] == ["netlink", "natpmp", "upnp"]


def test_auto_asks_nobody_outside_when_the_line_is_down():
    one = chooser(["auto"], outside=[{"source": "stun"}])
    tell(netlink=found(LAN), upnp=(NONE, None, ("x.down",)), stun=found(A))
    answer, asked = read(one)
    assert answer == (NONE, None, "upnp", ("x.down",)) and "stun" not in asked


def test_auto_of_an_account_with_a_device_of_its_own_asks_nobody_about_the_default_line():
    one = chooser(
        ["auto"], auto=("ubus", "netlink", "natpmp", "upnp"), outside=[{"source": "stun"}], bind="wan2"
    )
    assert [slot.options for slot in one.slots] == [
        {"source": "netlink", "device": "wan2"},
        {"source": "stun"},
    ]


def test_auto_on_a_board_has_no_netlink_and_for_ipv6_no_router():
    one = chooser(["auto"], auto=("natpmp", "upnp"))
    tell(natpmp=found(A))
    assert read(one)[1] == ["natpmp"]
    assert read(one, 6) == ((UNKNOWN, None, None, ("sources.nobody", 6)), [])


def test_auto_prefers_ubus_where_it_is():
    one = chooser(["auto"], auto=("ubus", "netlink", "natpmp", "upnp"))
    tell(ubus=found(LAN), netlink=found(LAN), natpmp=found(A))
    assert read(one)[1] == ["ubus", "natpmp"]
    tell(ubus=SILENT, netlink=found(B))
    assert read(one)[1] == ["ubus", "netlink"]


def test_close_closes_what_was_loaded():
    one = chooser(["auto"])
    read(one)
    assert Fake.loaded
    one.close()
    assert Fake.loaded == []


def test_outside_is_left_in_peace_while_no_host_may_be_updated():
    """No-IP: after an error code its detection service is not to be used until the user acts."""
    one = chooser(["natpmp", "stun"])
    one.rest = True
    tell(stun=found(A))
    answer, asked = read(one)
    assert answer[0] == UNKNOWN and asked == ["natpmp"] and "source.resting" in codes(answer[3])
    one.rest = False
    assert read(one)[1] == ["natpmp", "stun"]
    one.rest = True
    one.kit.clock.now += 5000
    answer, asked = read(one)
    assert answer[:3] == (FOUND, A, "stun") and asked == ["natpmp"]  # what is known stays known


class Bare:
    """An argument that cannot be shown."""

    def __str__(self):
        raise ValueError


def recurse(n=0):
    return recurse(n + 1)


def test_whatever_a_source_raises_the_others_are_asked_in_the_same_read():
    one = chooser(["natpmp", "upnp"])
    wrong = [
        OSError(),
        OSError(5),
        OSError("x"),
        OSError(Bare()),
        ValueError(),
        UnicodeError(),
        IndexError(),
        KeyError("\n" * 900),
    ]
    wrong += [
        RuntimeError("maximum recursion depth exceeded"),
        MemoryError(),
        TypeError(Bare()),
        AttributeError("x"),
        Exception(),
    ]
    for error in wrong:
        tell(natpmp=error, upnp=found(B))
        answer, asked = read(one)
        assert answer == (FOUND, B, "upnp", TOLD) and asked == ["natpmp", "upnp"], error
        row = [row for row in one.seen if row["name"] == "natpmp"][0]
        assert row["kind"] == "unknown" and row["why"][0][:4] == "net." and len(str(row["why"])) < 150, row


def test_a_source_that_cannot_even_be_loaded_is_only_unknown():
    def load(name):
        if name == "natpmp":
            raise error
        return _FAKES[name]

    for error, code in (
        (ImportError("natpmp"), "source.missing"),
        (MemoryError(), "net.fault"),
        (SyntaxError(), "net.fault"),
    ):
        kit = Kit(Board(()), Clock(), None, None, load, stage.run_async)
        one = choose.Chooser(["natpmp", "upnp"], kit)
        tell(upnp=found(B))
        assert read(one)[0][:2] == (FOUND, B) and one.seen[0]["why"][0] == code, one.seen
        assert one.missing == ()


def test_sources_of_another_kind_of_machine_are_named_where_no_other_is_left():
    def load(name):
        if name in ("netlink", "ubus"):
            raise ImportError("no module named 'wanbeacon.observe.%s'" % name)
        return _FAKES[name]

    def missing(*sources):
        kit = Kit(Board(("natpmp",)), Clock(), None, None, load, stage.run_async)
        return list(choose.Chooser(sources, kit).missing)

    assert missing("netlink") == ["netlink"] and missing("ubus", {"source": "netlink"}) == ["ubus", "netlink"]
    assert (
        missing("netlink", "upnp") == missing("netlink", "auto") == missing("auto") == missing("upnp") == []
    )


def test_a_source_that_hangs_is_left_behind_and_its_task_ended():
    ended = []

    class Hangs:
        OUTSIDE = False
        FAMILIES = (4,)

        def __init__(self, options, kit):
            pass

        async def read(self, family):
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(1)

        def close(self):
            raise OSError(9)

    class Module:
        Observer = Hangs

    kit = Kit(
        Board(()),
        Clock(),
        None,
        None,
        lambda name: Module if name == "pcp" else _FAKES[name],
        stage.run_async,
    )
    kept, choosing.LIMIT_S = choosing.LIMIT_S, 0.05
    try:
        one = choose.Chooser(["pcp", "upnp"], kit)
        tell(upnp=found(B))
        assert read(one)[0] == (FOUND, B, "upnp", TOLD) and ended == [1]
        assert one.seen[0]["why"][0] == "source.slow"
        one.close()
    finally:
        choosing.LIMIT_S = kept


def test_an_outside_source_that_faults_was_asked_all_the_same():
    one = chooser(["stun"])
    tell(stun=RuntimeError("maximum recursion depth exceeded"))
    for s, asked in ((0, ["stun"]), (61, []), (599, []), (600, ["stun"])):
        one.kit.clock.now = 1000 + s
        assert read(one)[1] == asked, s


def test_it_is_noted_as_asked_before_the_answer_comes():
    one = chooser(["stun"])
    seen = []

    class Dies:
        OUTSIDE = True
        FAMILIES = (4,)

        async def read(self, family):
            seen.append(choosing.asked_at(one))
            raise asyncio.CancelledError  # the whole agent is stopped in the middle

        def close(self):
            pass

    one.slots[0].observer = Dies()
    try:
        read(one)
    except asyncio.CancelledError:
        pass
    assert seen == [{"stun4": 1793501000}] == [choosing.asked_at(one)]


def test_ten_minutes_outlive_a_restart():
    one = chooser(["natpmp", "stun", "web", "web"])
    tell(stun=found(A))
    read(one)
    one.kit.clock.now += 100
    kept = choosing.asked_at(one)
    assert kept == {"stun4": 1793501000}
    tell(stun=SILENT)
    one.kit.clock.now += 900
    read(one)
    kept = choosing.asked_at(one)
    assert kept == {"stun4": 1793502000, "web4": 1793502000, "web4b": 1793502000}
    for restart in range(3):
        two = chooser(["natpmp", "stun", "web", "web"])
        two.before = dict(kept)
        two.kit.clock.set, two.kit.clock.now = 1793502000 + 100 * restart, 5
        tell(stun=found(A))
        answer, asked = read(two)
        assert asked == ["natpmp"] and answer[0] == UNKNOWN and "source.restarted" in codes(answer[3])
        assert choosing.asked_at(two) == kept
    two.kit.clock.now = 5 + 600
    assert read(two)[1] == ["natpmp", "stun"]


def test_a_clock_that_is_not_set_or_went_back_delays_by_ten_minutes_at_most():
    for set_ in (None, 1793400000, 1893400000):
        one = chooser(["stun"])
        one.kit.clock.set, one.kit.clock.now = set_, 3
        one.before = dict({"stun4": 1793502000})
        tell(stun=found(A))
        assert read(one)[1] == ([] if set_ != 1893400000 else ["stun"])
        one.kit.clock.now = 604
        assert choosing.asked_at(one) == {} if set_ is None else True
        assert read(one)[0][:2] == (FOUND, A)


class Ear:
    """What outlives an observer that rests."""

    open = True

    async def changed(self):
        await asyncio.sleep(3600)

    def close(self):
        self.open = False


class Rests:
    """An observer that lives for one read where memory is scarce."""

    OUTSIDE = False
    FAMILIES = (4,)
    made = []

    def __init__(self, options, kit):
        self.listener = Ear()
        self.reads, self.soap, self.later = 0, None, None
        Rests.made.append(self)

    async def read(self, family):
        self.reads += 1
        self.later = None if self.soap else ("observe.upnp", "services_of", self)
        return FOUND, A, TOLD

    def rest(self):
        return self.listener, self.reads, self.soap

    def resume(self, kept):
        self.listener, self.reads, self.soap = kept

    def found(self, soap):
        self.soap = soap

    def close(self):
        self.listener.close()


def test_where_memory_is_scarce_an_observer_rests_and_its_listener_stays():
    dismissed = []

    class Module:
        Observer = Rests

    async def run(name, function, *args):
        if name == "observe.choosing":
            return await getattr(choosing, function)(*args)
        assert (name, function) == ("observe.upnp", "services_of")
        return [args[0].reads]

    kit = Kit(Board(()), Clock(), None, None, lambda name: Module, run, (), dismissed.append, True)
    one = choose.Chooser(["natpmp"], kit)
    ear = one.watchers()[0]
    for reads in (1, 2, 3):
        assert asyncio.run(one.read(4))[:2] == (FOUND, A)
        one.tidy()
        assert not one.slots[0].observer and dismissed[-1] == "natpmp"
        asyncio.run(one.afterwards())
        assert one.slots[0].kept == (ear, reads, [1]) and not one.slots[0].later, "it was looked for once"
        assert one.watchers() == [ear] and ear.open
    assert len(Rests.made) == 5, "one at the start, for each read, and one that was told what was found"
    assert not one.rest_all(True), "nothing had to be closed for a page"
    one.close()
    assert not ear.open and one.watchers() == []


def test_a_push_never_comes_before_a_router_that_can_be_asked_whatever_the_order():
    for sources in (
        ["push", "natpmp", "upnp", "stun"],
        ["natpmp", "push", "upnp", "stun"],
        ["natpmp", "upnp", "push", "stun"],
    ):
        one = chooser(sources)
        tell(push=found(A), natpmp=found(B), stun=found(C))
        assert read(one) == ((FOUND, B, "natpmp", TOLD), ["natpmp"]), sources
        tell(push=found(A), natpmp=SILENT, stun=found(C))
        assert read(one)[0] == (FOUND, A, "push", TOLD), "nobody outside is asked while the router pushes"
        tell(push=found(A), natpmp=SILENT, upnp=(NONE, None, ("x.down",)), stun=SILENT)
        assert read(one)[0][:3] == (NONE, None, "upnp"), "the router says that the line is down"
        tell(push=found(A), natpmp=SILENT, upnp=found(bytes([100, 64, 1, 2])))
        answer, asked = read(one)
        assert answer[0] == UNKNOWN and "push" not in asked, (
            "the router is behind CGNAT: its push is another's word"
        )
    assert [slot.name for slot in chooser(["web", "push", "stun"]).slots] == ["push", "web", "stun"]
