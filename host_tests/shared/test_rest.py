# SPDX-License-Identifier: MIT
"""What holds for every JSON API: several calls in one exchange, ids, refusals, limits, hostile answers."""

import json

import rest_kit
from memory_slots import Slot
from rest_kit import V4, V6, Ids, Script, play, row_of
from wanbeacon.core import ids as core_ids
from wanbeacon.dyndns import rest, rest_call

ZONE = {"success": True, "result": [{"id": "z1", "name": "example.com"}]}
NO_RECORD = {"success": False, "errors": [{"code": 81044, "message": "Record does not exist."}]}
DONE = {"success": True, "errors": []}


def record(content="198.51.100.7", kind="A", name="home.example.com", **more):
    one = {"id": "r" + kind, "name": name, "type": kind, "content": content, "ttl": 1}
    one.update(more)
    return {"success": True, "result": [one]}


def test_both_families_are_one_exchange_and_the_zone_is_asked_for_once():
    script, outs, _ = play(
        "cloudflare",
        [(200, ZONE), (200, record()), (200, record(kind="AAAA", content="::9")), (200, DONE), (200, DONE)],
        (V4, V6),
    )
    assert [a[0] for a in script.asked] == ["GET", "GET", "GET", "PATCH", "PATCH"]
    assert [a[3] for a in script.asked[3:]] == [b'{"content":"45.33.7.9"}', b'{"content":"2600:3c00::9"}']
    assert outs == [("OK", "stored", 0)]


def test_of_two_families_the_one_that_failed_counts():
    both = record()["result"] + record("198.51.100.8")["result"]
    answers = [
        (200, ZONE),
        (200, {"success": True, "result": both}),
        (200, record(kind="AAAA", content="::9")),
        (200, DONE),
    ]
    script, outs, _ = play("cloudflare", answers, (V4, V6))
    assert outs == [("HOST", "several records", 0)] and len(script.asked) == 4


def test_a_look_that_finds_the_address_in_place_writes_nothing():
    for text in ("2600:3c00::9", "2600:3C00:0:0:0:0:0:9"):
        script, outs, _ = play(
            "cloudflare", [(200, ZONE), (200, record(kind="AAAA", content=text))], (None, V6)
        )
        assert outs == [("SAME", "unchanged", 0)] and len(script.asked) == 2


def test_remembered_ids_make_a_change_one_call_and_are_not_written_again():
    ids = Ids()
    play("cloudflare", [(200, ZONE), (200, record()), (200, DONE)], ids=ids)
    before = dict(ids.kept)
    script, outs, _ = play("cloudflare", [(200, DONE)], ids=ids)
    assert (
        outs[0][0] == "OK" and script.asked[0][1].endswith("/zones/z1/dns_records/rA") and ids.kept == before
    )


def test_an_id_that_is_gone_is_looked_up_once_and_not_again_and_again():
    ids = Ids()
    ids.put(b"home.exa4", ["z9", "r9", "1", "", ""])
    script, outs, _ = play(
        "cloudflare", [(404, NO_RECORD), (200, ZONE), (200, record()), (404, NO_RECORD)], ids=ids
    )
    assert len(script.asked) == 4 and outs == [("HOST", "no such record", 0)] and ids.kept == {}


def test_names_and_types_are_compared_here_not_there():
    loose = {"success": True, "result": []}
    for name, kind in (
        ("xhome.example.com", "A"),
        ("home.example.com", "TXT"),
        ("home.example.com.evil", "A"),
    ):
        loose["result"] += record(kind=kind, name=name)["result"]
    assert play("cloudflare", [(200, ZONE), (200, loose)])[1] == [("HOST", "no such record", 0)]
    loose["result"] += record(name="HOME.Example.com.")["result"]
    assert play("cloudflare", [(200, ZONE), (200, loose), (200, DONE)])[1][0][0] == "OK"


def test_a_zone_of_other_letters_may_be_named_by_them():
    zone = {"success": True, "result": [{"id": "z1", "name": "m\u00fcnchen.example"}]}
    host = {"name": "home.xn--mnchen-3ya.example"}
    assert (
        play("cloudflare", [(200, zone), (200, record(name=host["name"])), (200, DONE)], host=host)[1][0][0]
        == "OK"
    )
    zone["result"][0]["name"] = "muenchen.example"
    assert play("cloudflare", [(200, zone)], host=host)[1] == [("HOST", "no such zone", 0)]


def test_trouble_of_the_server_stops_nobody_whatever_its_text_says():
    for status in (500, 502, 503, 504, 522, 429, 408):
        body = {"success": False, "errors": [{"code": 6003, "message": "Invalid request headers"}]}
        _, outs, after = play("cloudflare", [(status, body, "77")])
        assert outs[0][0] == "LATER" and outs[0][2] == 1
        assert after == ("77" if status in (429, 503) else None)


def test_a_wait_that_comes_with_a_success_is_none():
    assert (
        play("gandi", [(200, {"rrset_values": ["198.51.100.7"], "rrset_ttl": 300}, "60"), (201, {}, "60")])[2]
        is None
    )


def test_what_is_no_json_is_no_answer():
    for status in (200, 201, 204, 400, 401, 403, 404, 422):
        for body in (
            "<!DOCTYPE html><html>success</html>",
            "good",
            "{",
            '{"success":true',
            "\x00\xff",
            '{"success":true}x',
        ):
            for ids in (None, ["z", "r", "1", "", ""]):
                memory = Ids()
                if ids:
                    memory.put(b"home.exa4", ids)
                _, outs, _ = play("cloudflare", [(status, body)], ids=memory)
                assert outs[0][0] == "ODD", (status, body, outs)


def test_an_empty_answer_with_a_refusals_status_is_a_refusal():
    assert play("cloudflare", [(401, "")])[1] == [("AUTH", "HTTP 401", 1)]
    assert play("cloudflare", [(200, "")])[1][0][0] == "ODD"


def test_an_id_that_is_none_is_never_used():
    for bad in ("../../x", "a b", "a\u00e9", "x" * 101, "a\nb", "\0"):
        script, outs, _ = play("cloudflare", [(200, ZONE), (200, record(id=bad)), (200, DONE)])
        if bad == "../../x":  # a text like others: it stays one part of the path
            assert script.asked[2][1].endswith("/dns_records/..%2F..%2Fx")
        else:
            assert outs == [("ODD", "odd id", 0)] and len(script.asked) == 2, bad


def test_a_comment_that_is_too_long_to_keep_is_not_cut():
    row = {
        "id": "1",
        "name": "home.example.com",
        "type": "A",
        "content": "198.51.100.7",
        "ttl": "600",
        "notes": "n" * 300,
    }
    script, outs, _ = play("porkbun", [(200, {"status": "SUCCESS", "records": [row]})])
    assert outs == [("HOST", "long comment", 0)] and len(script.asked) == 1
    row["notes"] = 'a "quoted" \\ \u00e9 comment'
    script, outs, _ = play(
        "porkbun", [(200, {"status": "SUCCESS", "records": [row]}), (200, {"status": "SUCCESS"})]
    )
    assert b'"notes":"a \\"quoted\\" \\\\ \xc3\xa9 comment"' in script.asked[1][3] and outs[0][0] == "OK"
    # a character beyond 16 bits, as most write it into JSON: in two halves
    text = json.dumps({"status": "SUCCESS", "records": [row]}).replace("comment", "\\ud83d\\ude00")
    script, outs, _ = play("porkbun", [(200, text), (200, {"status": "SUCCESS"})])
    assert b"\xc3\xa9 \xf0\x9f\x98\x80" in script.asked[1][3] and outs[0][0] == "OK"


def test_a_list_that_never_ends_is_left():
    page = {"records": [], "meta": {"links": {"next": "n"}}}
    script, outs, _ = play("vultr", [(200, page)] * 40)
    assert outs == [("ODD", "endless list", 0)] and len(script.asked) <= rest_call.PAGES
    pages = [(200, {"records": [], "meta": {"links": {"next": "n%d" % i}}}) for i in range(40)]
    script, outs, _ = play("vultr", pages)
    assert outs == [("ODD", "endless list", 0)] and len(script.asked) == rest_call.PAGES


def test_a_second_record_on_a_later_page_is_seen():
    one = {"id": "a", "type": "A", "name": "home", "data": "198.51.100.7", "ttl": 300}
    pages = [
        (200, {"records": [one], "meta": {"links": {"next": "n"}}}),
        (200, {"records": [one], "meta": {"links": {"next": ""}}}),
    ]
    assert play("vultr", pages)[1] == [("HOST", "several records", 0)]


def test_hosts_of_one_zone_share_a_call_where_the_api_has_one():
    hosts = [{"name": "a.example.com"}, {"name": "b.example.com"}, {"name": "c.example.com"}]
    one = {"records": ["198.51.100.7"], "ttl": 3600}
    script, outs, _ = play(
        "desec-rest", [(200, one), (404, {"detail": "Not found."}), (200, one), (200, [])], hosts=hosts
    )
    assert [o[0] for o in outs] == ["OK", "HOST", "OK"]
    assert script.asked[3][3].count(b'"subname"') == 2 and b'"b"' not in script.asked[3][3]


def test_a_refused_login_is_asked_once_for_all_hosts():
    script, outs, _ = play(
        "cloudflare", [(401, {"errors": []})], hosts=[{"name": "a.example.com"}, {"name": "b.example.com"}]
    )
    assert len(script.asked) == 1 and [o[0] for o in outs] == ["AUTH", "AUTH"]


def test_a_session_that_is_none_ends_the_exchange():
    script, outs, _ = play("netcup", [(200, {"status": "success", "responsedata": {}})])
    assert outs == [("ODD", "no session", 1)] and len(script.asked) == 1


def test_the_old_value_is_taken_away_only_when_the_new_one_is_there():
    ids = Ids()
    ids.put(b"home.exa4", ["", "", "300", "198.51.100.7", ""])
    script, outs, _ = play("spaceship", [(503, "")], ids=ids)
    assert [a[0] for a in script.asked] == ["PUT"] and outs[0][0] == "LATER"
    script, outs, _ = play("spaceship", [(204, ""), (500, "")], ids=ids)
    assert [a[0] for a in script.asked] == ["PUT", "DELETE"] and outs[0][0] == "LATER"
    assert ids.get(b"home.exa4")[3] == "198.51.100.7"
    script, outs, _ = play("spaceship", [(204, ""), (204, "")], ids=ids)
    assert outs[0][0] == "OK" and ids.get(b"home.exa4")[3] == "45.33.7.9"


def test_pauses_come_between_calls_and_not_before_the_first():
    row = {
        "id": "1",
        "name": "home.example.com",
        "type": "A",
        "content": "198.51.100.7",
        "ttl": "600",
        "notes": None,
    }
    script, _, _ = play(
        "porkbun", [(200, {"status": "SUCCESS", "records": [row]}), (200, {"status": "SUCCESS"})]
    )
    assert script.paused == 1200


def test_a_cut_answer_is_no_success():
    class Cut(Script):
        def send(self, *args):
            return Script.send(self, *args)[:2] + (True,)

    script = Cut([(200, ZONE)])
    host = {
        "zone": "example.com",
        "fqdn": "home.example.com",
        "host": "home",
        "create": False,
        "key": b"12345678",
    }
    outs = rest.exchange(
        row_of("cloudflare")["calls"],
        rest_kit.ACCOUNT,
        [host],
        (V4, None),
        {},
        [],
        script.send,
        script.pause,
        rest_kit.picker_of("cloudflare"),
    )[2]
    assert (outs[0].cls, outs[0].word) == ("ODD", "too long")


# ---- the file of ids


def test_ids_outlive_a_restart_and_are_written_only_when_they_changed():
    slot = Slot()
    store = core_ids.Ids(slot)
    store.put(b"12345678" + b"4", ["zone", "r\u00e9", "300", "", ""])
    store.put(b"12345678" + b"6", ["zone", "", "", "", ""])
    store.save()
    store = core_ids.Ids(slot)
    assert store.get(b"123456784") == ["zone", "r\u00e9", "300", "", ""] and store.get(b"123456786") == [
        "zone",
        "",
        "",
        "",
        "",
    ]
    assert store.get(b"xxxxxxxx4") is None
    store.put(b"123456784", ["zone", "r\u00e9", "300", "", ""])
    store.save()
    assert slot.writes == 1
    store.drop(b"123456784")
    store.save()
    assert core_ids.Ids(slot).get(b"123456784") is None and slot.writes == 2


def test_a_damaged_file_of_ids_is_an_empty_one():
    slot = Slot()
    store = core_ids.Ids(slot)
    store.put(b"123456784", ["zone", "r", "300", "", ""])
    store.save()
    whole = slot.data
    for i in range(len(whole)):
        for data in (whole[:i], whole[:i] + bytes((whole[i] ^ 1,)) + whole[i + 1 :]):
            assert core_ids.Ids(Slot(data)).get(b"123456784") is None
    assert core_ids.Ids(Slot(whole)).get(b"123456784")


def test_the_file_of_ids_has_a_bound():
    slot = Slot()
    store = core_ids.Ids(slot)
    for i in range(300):
        store.put(b"%08d4" % i, ["z" * 36, "r" * 36, "300", "", ""])
    store.put(b"toolong_4", ["z" * 260])
    store.save()
    assert len(slot.data) <= core_ids.SIZE_MAX
    store = core_ids.Ids(slot)
    assert store.get(b"000002994") and store.get(b"000000004") is None and store.get(b"toolong_4") is None
