"""The chooser: who is asked, who is believed, and what is said when nobody can tell."""

import asyncio

from wanbeacon.observe import FOUND, NONE, UNKNOWN, choose

A, B, C = "45.33.7.7", "45.33.7.8", "45.33.7.9"
LAN, CGN = "192.168.77.50", "100.64.1.2"
A6 = "2a02:8010:1::7"


class Fake:
    """A module with an Observer whose answers the test sets: {(name, family): (kind, text, why)}."""

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
                answer = Fake.answers.get((name, family), (UNKNOWN, None, "no answer"))
                if isinstance(answer, Exception):
                    raise answer
                self.asked = answer[2] != "look-up failed"
                return answer

            def close(self):
                Fake.loaded.remove(name)

        self.Observer = Observer


class Clock:
    now = 1000

    def mono(self):
        return self.now


class Kit:
    def __init__(self, auto=("netlink", "natpmp", "upnp"), outside=()):
        self.clock = Clock()
        self.outside = list(outside)
        self.board = Board()
        self.board.auto = auto


class Board:
    def sources(self):
        return self.auto


def chooser(sources, cross_check=False, bind=None, **kit):
    """A Chooser over stand-ins of the sources."""
    Fake.answers, Fake.asked, Fake.loaded = {}, [], []
    return with_fakes(lambda: choose.Chooser(sources, Kit(**kit), cross_check, bind=bind))


def with_fakes(what):
    """Call `what` while the chooser loads stand-ins; other tests of this process get the real ones again."""
    kept = choose.load
    choose.load = _FAKES.__getitem__
    try:
        return what()
    finally:
        choose.load = kept


_FAKES = {
    "netlink": Fake("netlink", False, hints=True),
    "ubus": Fake("ubus", False, hints=True),
    "natpmp": Fake("natpmp", False, (4,), hints=True),
    "upnp": Fake("upnp", False, (4,), hints=True),
    "stun": Fake("stun", True),
    "web": Fake("web", True),
}


def read(one, family=4, known=None):
    """One read(); returns its answer and who was asked, in order."""
    Fake.asked.clear()
    return with_fakes(lambda: asyncio.run(one.read(family, known))), list(Fake.asked)


def tell(**answers):
    for name in answers:
        Fake.answers[(name, 4)] = answers[name]


def found(text, why="told"):
    return FOUND, text, why


def test_the_first_publishable_address_wins_and_the_rest_is_not_asked():
    one = chooser(["natpmp", "upnp", "stun"])
    tell(natpmp=found(A), upnp=found(B), stun=found(C))
    assert read(one) == ((FOUND, A, "natpmp", "told"), ["natpmp"])


def test_could_not_tell_goes_on_and_is_never_none():
    one = chooser(["natpmp", "upnp"])
    tell(upnp=found(B))
    assert read(one)[0] == (FOUND, B, "upnp", "told")
    tell(upnp=(UNKNOWN, None, "timeout"))
    kind, text, source, why = read(one)[0]
    assert (kind, text, source) == (UNKNOWN, None, None) and "timeout" in why and "natpmp" in why


def test_none_is_said_when_a_source_is_sure():
    one = chooser(["natpmp", "upnp"])
    tell(upnp=(NONE, None, "the WAN is down"))
    assert read(one)[0] == (NONE, None, "upnp", "the WAN is down")


def test_double_nat_is_shown_and_the_outside_asked():
    one = chooser(["upnp", "stun"])
    tell(upnp=found(CGN), stun=found(A))
    kind, text, source, why = read(one)[0]
    assert (kind, text, source) == (FOUND, A, "stun") and CGN in why and "CGNAT" in why
    assert [row["kind"] for row in one.seen] == ["found", "found"]


def test_a_private_address_is_the_last_resort_and_comes_with_its_reason():
    one = chooser(["netlink"])
    tell(netlink=found(LAN))
    kind, text, source, why = read(one)[0]
    assert (kind, text, source) == (FOUND, LAN, "netlink") and "private" in why


def test_a_private_address_is_not_taken_while_another_source_could_not_tell():
    one = chooser(["netlink", "natpmp"])
    tell(netlink=found(LAN), natpmp=(UNKNOWN, None, "no answer"))
    kind, text, source, why = read(one)[0]
    assert (kind, text) == (UNKNOWN, None) and "private" in why and "no answer" in why


def test_outside_is_asked_once_in_ten_minutes():
    one = chooser(["natpmp", "stun"])
    tell(stun=found(A))
    assert read(one)[1] == ["natpmp", "stun"]
    tell(stun=found(B))
    for s in (1, 300, 598):
        one.kit.clock.now = 1000 + s
        answer, asked = read(one)
        assert answer[:3] == (FOUND, A, "stun") and asked == ["natpmp"] and "ago" in answer[3]
    one.kit.clock.now = 1600
    assert read(one) == ((FOUND, B, "stun", "told; the router (natpmp): no answer"), ["natpmp", "stun"])


def test_a_failed_outside_question_also_counts_but_a_failed_look_up_does_not():
    one = chooser(["stun", "web"])
    tell(stun=(UNKNOWN, None, "timeout"), web=(UNKNOWN, None, "look-up failed"))
    assert read(one)[1] == ["stun", "web"]
    one.kit.clock.now += 60
    assert read(one)[1] == ["web"]


def test_outside_is_not_asked_while_the_router_tells_and_its_old_answer_is_forgotten():
    one = chooser(["natpmp", "stun"])
    tell(stun=found(A))
    read(one)
    tell(natpmp=found(B))
    one.kit.clock.now += 100
    assert read(one) == ((FOUND, B, "natpmp", "told"), ["natpmp"])
    tell(natpmp=(UNKNOWN, None, "silent"))
    answer, asked = read(one)
    assert answer[0] == UNKNOWN and asked == ["natpmp"], "A is older than B: not to be told again"
    one.kit.clock.now += 500
    assert read(one)[0][:3] == (FOUND, A, "stun")


def test_families_are_asked_apart():
    one = chooser(["natpmp", "stun"])
    tell(natpmp=found(A))
    Fake.answers[("stun", 6)] = found(A6)
    assert read(one, 6) == ((FOUND, A6, "stun", "told"), ["stun"])
    assert read(one, 4)[0][:3] == (FOUND, A, "natpmp")
    assert sorted(row["family"] for row in one.seen) == [4, 6]
    assert read(chooser(["natpmp"]), 6)[0][:3] == (UNKNOWN, None, None)


def test_what_a_source_says_is_made_canonical_or_refused():
    one = chooser(["natpmp", "stun"])
    for said, kind in (("045.033.007.007", FOUND), ("nonsense", UNKNOWN), ("", UNKNOWN), (A6, UNKNOWN)):
        tell(natpmp=found(said))
        answer = read(one)[0]
        assert answer[0] == kind, (said, answer)
    tell(natpmp=OSError(5))
    assert read(one)[0][0] == UNKNOWN


def test_cross_check_wants_two_for_a_changed_address():
    one = chooser(["natpmp", "upnp", "stun"], cross_check=True)
    tell(natpmp=found(A), upnp=found(A), stun=found(A))
    assert read(one, known=A)[1] == ["natpmp"], "nothing changed: nothing to check"
    tell(natpmp=found(B), upnp=found(B))
    answer, asked = read(one, known=A)
    assert answer == (FOUND, B, "natpmp", "natpmp and upnp agree") and asked == ["natpmp", "upnp"]


def test_cross_check_shows_disagreement_and_sends_nothing():
    one = chooser(["natpmp", "upnp"], cross_check=True)
    tell(natpmp=found(B), upnp=found(A))
    kind, text, source, why = read(one, known=A)[0]
    assert (kind, text) == (UNKNOWN, None) and B in why and A in why and "disagree" in why
    tell(upnp=(UNKNOWN, None, "silent"))
    kind, text, source, why = read(one, known=A)[0]
    assert (kind, text) == (UNKNOWN, None) and "no second source" in why


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
    assert read(one) == ((FOUND, A, "netlink", "told"), ["netlink"])
    assert Fake.loaded == ["netlink"]
    assert len(one.watchers()) == 1


def test_auto_on_linux_behind_nat_goes_to_the_router_and_then_outside():
    one = chooser(["auto"], outside=[{"source": "stun"}])
    tell(netlink=found(LAN), natpmp=found(A))
    assert read(one) == ((FOUND, A, "natpmp", "told"), ["netlink", "natpmp"])
    assert len(one.watchers()) == 2
    tell(natpmp=(UNKNOWN, None, "no public address"), upnp=found(CGN), stun=found(B))
    answer, asked = read(one)
    assert answer[:3] == (FOUND, B, "stun") and "CGNAT" in answer[3]
    assert asked == ["netlink", "natpmp", "upnp", "stun"]


def test_auto_asks_nobody_outside_unless_the_user_named_one():
    one = chooser(["auto"])
    tell(netlink=found(LAN))
    assert read(one)[1] == ["netlink", "natpmp", "upnp"]


def test_auto_asks_nobody_outside_when_the_line_is_down():
    one = chooser(["auto"], outside=[{"source": "stun"}])
    tell(netlink=found(LAN), upnp=(NONE, None, "the WAN is down"), stun=found(A))
    answer, asked = read(one)
    assert answer == (NONE, None, "upnp", "the WAN is down") and "stun" not in asked


def test_auto_of_an_account_with_a_device_of_its_own_asks_nobody_about_the_default_line():
    one = chooser(["auto"], auto=("ubus", "netlink", "natpmp", "upnp"), outside=[{"source": "stun"}], bind="wan2")
    assert [slot.options for slot in one.slots] == [{"source": "netlink", "device": "wan2"}, {"source": "stun"}]


def test_auto_on_a_board_has_no_netlink_and_for_ipv6_no_router():
    one = chooser(["auto"], auto=("natpmp", "upnp"))
    tell(natpmp=found(A))
    assert read(one)[1] == ["natpmp"]
    assert read(one, 6) == ((UNKNOWN, None, None, "no source tells an IPv6 address"), [])


def test_auto_prefers_ubus_where_it_is():
    one = chooser(["auto"], auto=("ubus", "netlink", "natpmp", "upnp"))
    tell(ubus=found(LAN), netlink=found(LAN), natpmp=found(A))
    assert read(one)[1] == ["ubus", "natpmp"]
    tell(ubus=(UNKNOWN, None, "not allowed"), netlink=found(B))
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
    assert answer[0] == UNKNOWN and asked == ["natpmp"] and "no host may be updated" in answer[3]
    one.rest = False
    assert read(one)[1] == ["natpmp", "stun"]
    one.rest = True
    one.kit.clock.now += 5000
    answer, asked = read(one)
    assert answer[:3] == (FOUND, A, "stun") and asked == ["natpmp"]  # what is known stays known
