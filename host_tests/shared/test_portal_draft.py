# SPDX-License-Identifier: MIT
"""The portal's forms: what becomes of the settings that they show and of those that they do not show."""

from wanbeacon.portal.draft import Draft, host_names, mail


def test_an_empty_password_field_keeps_the_saved_secret_and_another_provider_forgets_it():
    d = Draft(
        '{"wifi": [{"ssid": "home", "password": "homehome1"}], "accounts": [{"provider": "dyn", "user": '
        '"anna",'
        ' "password": "geheim", "hosts": [{"name": "a.b", "ipv6": false}, "c.d"]}]}'
    )
    assert d.set_account(0, {"user": "anna", "password": "", "hosts": "a.b\ne.f"}) == []
    assert d.account(0) == {
        "provider": "dyn",
        "user": "anna",
        "password": "geheim",
        "hosts": [{"name": "a.b", "ipv6": False}, "e.f"],
    }
    assert d.set_wifi({"ssid": "home", "wifi_password": ""}) == []
    assert d.doc["wifi"] == [{"ssid": "home", "password": "homehome1"}]
    d.set_provider(0, "noip")
    assert "geheim" not in str(d.doc)
    assert d.set_account(0, {"user": "x", "password": "", "hosts": "a.b"}) == [("password", "no_password")]


def test_forms_are_answered_with_what_is_missing_and_nothing_typed_is_lost():
    d = Draft()
    assert d.set_wifi({}) == [("other", "wifi_none")]
    assert d.set_wifi({"ssid": "a", "wifi_password": "short"}) == [("wifi_password", "wifi_short")]
    assert d.set_wifi({"ssid": "a", "other": "b", "hidden": "1"}) == []
    assert d.doc["wifi"] == [{"ssid": "b", "hidden": True}], "what was typed wins"
    assert d.set_wifi({"ssid": "Cafe Net ", "other": " "}) == []
    assert d.doc["wifi"][0] == {"ssid": "Cafe Net "}, "what was heard is taken as it is"
    d.set_provider(0, "dyn")
    assert d.set_account(0, {"user": "anna", "password": "x", "hosts": " , "}) == [("hosts", "no_hosts")]
    assert d.account(0) == {"provider": "dyn", "user": "anna", "password": "x", "hosts": []}
    assert d.set_account(0, {"user": "anna", "password": "", "hosts": "a.b"}) == [], (
        "the password was not lost"
    )
    assert d.set_address({"source": "web"}) == [("page", "page_none")]
    assert d.set_address({"source": "auto", "page": "http://x"}) == [("page", "page_https")]
    assert d.set_finish({"new1": "longenough", "new2": "b"}) == [("new2", "differ")]
    assert d.set_finish({"new1": "short", "new2": "short", "contact": "x"}) == [
        ("contact", "no_mail"),
        ("new1", "too_short"),
    ]


def test_keys_that_no_settings_may_have_go_when_the_account_is_typed_again():
    d = Draft('{"accounts": [{"provider": "dyn", "pasword": "x", "hosts": ["a.b"], "server": "s:1"}]}')
    d.set_account(
        0, {"user": "u", "password": "p", "hosts": "a.b"}, ["provider", "user", "password", "hosts", "server"]
    )
    assert d.account(0) == {
        "provider": "dyn",
        "user": "u",
        "password": "p",
        "hosts": ["a.b"],
        "server": "s:1",
    }


def test_the_contact_is_the_user_if_that_is_a_mail_address():
    d = Draft(
        '{"accounts": [{"provider": "x", "user": "key"}, {"provider": "noip", "user": "anna@home.org"}]}'
    )
    assert d.contact() == "anna@home.org"
    assert d.set_finish({"contact": "other@home.org"}) == [] and d.contact() == "other@home.org"
    for bad in (
        "",
        "a",
        "a@b",
        "@b.c",
        "a@b.example",
        "a@b.test",
        "a b@c.de",
        "a@b@c.de",
        "a@.de",
        "support@wanbeacon.example",
    ):
        assert not mail(bad), bad


def test_a_backup_has_no_secret_and_brings_none_to_another_login():
    raw = (
        '{"accounts": [{"provider": "dyn", "user": "anna", "password": "geheim", "hosts": ["a.b"]}], '
        '"wifi": [{"ssid": "home", "password": "homehome1"}],'
        ' "portal": {"password": "longenough", "port": 81}}'
    )
    saved = Draft(raw).data(False).decode()
    for secret in ("geheim", "homehome1", "longenough"):
        assert secret not in saved
    d = Draft(raw)
    assert d.restore(saved) and Draft(d.data()).doc == Draft(raw).doc
    d = Draft(raw)
    assert d.restore(saved.replace("anna", "eve").replace("home", "away"))
    assert "geheim" not in str(d.doc) and "homehome1" not in str(d.doc)
    d = Draft(raw)
    assert d.restore(saved.replace('"anna"', '"anna", "server": "evil.example"')) and "geheim" not in str(
        d.doc
    )
    for bad in ("", "x", "[]", "1", '{"a": 1}', '{"accounts": []}', '{"accounts": [1]}', "\xff"):
        assert not d.restore(bad), bad


def test_the_drafts_result_is_what_the_agent_accepts():
    from wanbeacon.app import config

    d = Draft("not json")
    d.set_wifi({"ssid": "home", "wifi_password": "homehome1"})
    d.set_provider(0, "dyn")
    for_the_agent = lambda: config.load(d.data().decode())  # noqa: E731
    try:
        assert not for_the_agent(), "an account without password and hosts is no setting"
    except config.ConfigError:
        pass
    d.set_account(0, {"user": "u", "password": "p", "hosts": "a.b"})
    d.set_address({"source": "auto", "page": "https://ip.example/"})
    d.set_finish({"hostname": "beacon", "new1": "longenough", "new2": "longenough"})
    assert d.address_form() == ("auto", "https://ip.example/")
    assert for_the_agent()["portal"]["password"] == "longenough"


def test_settings_that_the_forms_cannot_show_are_kept():
    raw = '{"accounts": [], "address": [{"source": "stun", "servers": ["a:1", "b:2"]}], "cross_check": true}'
    d = Draft(raw)
    assert d.address_form()[0] == "keep"
    assert d.set_address({"source": "keep"}) == []
    assert (
        d.doc["address"] == [{"source": "stun", "servers": ["a:1", "b:2"]}] and d.doc["cross_check"] is True
    )


def test_another_host_at_home_is_its_suffix_or_mac_behind_the_name():
    form, kept = (
        {"user": "u", "password": "p"},
        b'{"name": "old.org", "subnet": 3, "mac": "02:11:22:33:44:55"}',
    )
    draft = Draft(b'{"accounts": [{"provider": "dyn", "hosts": [%s]}]}' % kept)
    assert draft.login(0)[2] == ["old.org 02:11:22:33:44:55"]
    for typed, want in (
        ("a.org nas.org ::1:2", ["a.org", {"name": "nas.org", "ipv4": False, "suffix": "::1:2"}]),
        ("nas.org ::1:2\nb.org 00:11:22:aa:bb:cc", [
            {"name": "nas.org", "ipv4": False, "suffix": "::1:2"},
            {"name": "b.org", "ipv4": False, "mac": "00:11:22:aa:bb:cc"}]),
        ("nas.org 00:11:22:aa:bb:cc", [{"name": "nas.org", "ipv4": False, "mac": "00:11:22:aa:bb:cc"}]),
        ("nas.org", ["nas.org"]),
        ("::1:2 https://x.org:80", ["::1:2", "https://x.org:80"]),
    ):  # fmt: skip
        draft.set_account(0, dict(form, hosts=typed))
        assert draft.account(0)["hosts"] == want, (typed, draft.account(0)["hosts"])
    draft = Draft(b'{"accounts": [{"provider": "dyn", "hosts": [%s]}]}' % kept)
    draft.set_account(0, dict(form, hosts="old.org ::5"))
    assert draft.account(0)["hosts"] == [{"name": "old.org", "subnet": 3, "suffix": "::5"}]
    draft.set_account(0, dict(form, hosts="old.org"))
    assert draft.account(0)["hosts"] == ["old.org"]


def test_odd_settings_files_do_not_break_the_draft():
    for raw in (
        None,
        "",
        "[]",
        "1",
        '{"accounts": 5, "wifi": {"a": 1}}',
        '{"accounts": [1, {"provider": "dyn", "hosts": null}]}',
    ):
        d = Draft(raw)
        host_names(d.account(0))
        d.contact()
        d.data()


def test_a_broker_is_set_changed_and_removed_and_its_password_goes_to_no_other():
    d = Draft(b'{"accounts": []}')
    form = {"broker": " 192.168.1.10 ", "broker_user": "wb", "broker_password": "pw", "plain": "1"}
    assert d.set_broker(form, True) == []
    assert d.doc["mqtt"] == {"host": "192.168.1.10", "user": "wb", "password": "pw", "plain": True}
    assert d.broker() == (
        {"broker": "192.168.1.10", "port": None, "broker_user": "wb", "plain": True},
        True,
        False,
    )
    d.doc["mqtt"]["prefix"] = "acme"  # what no form shows stays
    assert d.set_broker(dict(form, broker_password=""), True) == []
    assert d.doc["mqtt"]["password"] == "pw" and d.doc["mqtt"]["prefix"] == "acme"
    for change in ({"broker": "evil.example"}, {"port": "1884"}, {"broker_user": "eve"}):
        one = Draft(d.data())
        assert one.set_broker(dict(form, broker_password="", **change), True) == []
        assert "password" not in one.doc["mqtt"], change
    assert d.set_broker({"broker": ""}, True) == [] and "mqtt" not in d.doc


def test_what_is_wrong_with_a_broker_is_said_beside_its_field_and_nothing_changes():
    for form, must, faults in (
        ({"broker": "b", "plain": "1", "port": "0"}, True, ["port"]),
        ({"broker": "b", "plain": "1", "port": "65536"}, True, ["port"]),
        ({"broker": "b", "plain": "1", "port": "x"}, True, ["port"]),
        ({"broker": "b", "plain": "1", "broker_password": "p"}, True, ["broker_user"]),
        ({"broker": "b"}, True, ["ca"]),
        ({"broker": "b", "port": "-", "broker_password": "p"}, True, ["port", "broker_user", "ca"]),
        ({"broker": "b"}, False, []),
        ({"broker": "b", "ca_file": "/ca/x.der"}, True, []),
    ):
        for before in (b"{}", b'{"mqtt": {"host": "old"}}'):
            d = Draft(before)
            was = d.doc.get("mqtt")
            assert [field for field, _ in d.set_broker(form, must)] == faults, form
            assert (d.doc.get("mqtt") == was) == bool(faults), form
