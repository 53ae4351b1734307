# SPDX-License-Identifier: MIT
"""What people and their programs write, damaged in every way (noise.py): settings as JSON and as UCI, lines
of the control socket, bodies of forms, answers of APIs. Whatever comes, the announced exception or an answer;
the heap stays."""

import json

from agent_world import started
from noise import flood
from wanbeacon.app import config, control, json_fault
from wanbeacon.core import jsonpick
from wanbeacon.openwrt import ddns, settings, uci
from wanbeacon.portal import request

JSON = (
    b'{"accounts": [{"provider": "dyn", "user": "ann", "password": "geheim", "hosts": ["a.example.org", '
    b'{"name": "b.example.org", "ipv4": false, "suffix": "::1:2"}]}], "address": ["natpmp", {"source": "web",'
    b' "url": "https://check.example.net/?a=1", "pattern": "IP: *<"}], "intervals": {"check": 300}, '
    b'"cross_check": true, "wifi": [{"ssid": "home", "password": "homehome1"}]}'
)
UCI = b"""
config wanbeacon 'main'
	option enabled '1'
	list address 'netlink'
	option check_interval "300"
config service 'home'
	option service_name 'dyn'
	option username 'u'
	option password 'p w'\\''x'
	option domain 'home.dyndns.org'
	list domain b.example.org # why
	option use_ipv6 '1'
"""
KNOWN = ["dyn", "noip", "duckdns"]


def test_settings():
    """ConfigError with its problems, ValueError of what is no JSON, or a document; and where the JSON is
    wrong is said in one line."""

    def take(data):
        try:
            text = data.decode()
        except ValueError:
            return
        try:
            assert isinstance(config.load(text), dict)
        except config.ConfigError as error:
            assert error.problems and all(["\n" not in one and len(one) < 900 for one in error.problems])
        except ValueError:
            pass
        for line in json_fault.lines(text):
            assert "\n" not in line
            # whose key was damaged, or stands there twice, cannot be known
            named = '"password": "geheim"' in text and text.count("geheim") == 1
            assert "geheim" not in line or not named, text

    def good(data):
        assert config.load(data.decode())["accounts"][0]["hosts"][1]["ipv4"] is False

    flood(JSON, take, good)


def provider(name):
    return KNOWN if name is None else ddns.ours(name, KNOWN)


def test_uci():
    def take(data):
        try:
            text = data.decode()
        except ValueError:
            return
        try:
            settings.convert(uci.parse(text, "/etc/config/wanbeacon"), "/etc/config/wanbeacon", provider)
        except uci.UciError as error:
            assert "\n" not in str(error) and len(str(error)) < 900
        except ValueError as error:
            assert str(error)

    def good(data):
        sections = uci.parse(data.decode(), "/etc/config/wanbeacon")
        assert [one.name for one in sections] == ["main", "home"]
        assert sections[1].get("password")[1] == "p w'x" and len(sections[1].get("domain")[1]) == 2

    flood(UCI, take, good)


def test_control_lines():
    world = started()
    lines = [
        b"status",
        b"check",
        b"update a1.example.org",
        b"retry b.example.org",
        b"pause",
        b"resume",
        b"offline a2.example.org",
        b"update",
        b"notice test",
    ]

    def take(data):
        try:
            text = data.split(b"\n")[0].decode()
        except ValueError:
            return
        answer = world.agent.command(text)
        assert ("ok" in answer) != ("hosts" in answer)
        assert json.loads("".join(control._parts(answer))) is not None

    for line in lines * 3:
        take(line)
    flood(lines, take)


def test_form_bodies():
    form = (
        b"csrf=0123456789abcdef&user=a%40b.c&password=p%26w+x&hosts=a.example.org%0D%0Ab.example.org&n=%C3%A9"
    )

    def take(data):
        try:
            got = request.fields(data)
        except ValueError:
            return
        assert len(got) <= 40
        for key in got:
            assert isinstance(key, str) and isinstance(got[key], str)

    def good(data):
        assert request.fields(data)["hosts"] == "a.example.org\r\nb.example.org"

    flood(form, take, good)


def test_answers_of_apis():
    answer = (
        b'{"success": true, "errors": [], "result": [{"id": "0123abc", "name": "home.example.org", '
        b'"type": "A", "content": "45.33.7.7", "ttl": 60, "meta": {"x": [1, 2.5, null, "\\u00e9\\n"]}}]}'
    )

    def picked(data):
        got = []
        pick = jsonpick.Picker(
            "result[]", (".id", ".content", ".meta.x[]"), got.append, ("success", "errors[].code")
        )
        for at in range(0, len(data), 50):
            pick.feed(data[at : at + 50])
        return pick.end(), got, pick.said

    def take(data):
        _, got, said = picked(data)
        assert len(said) <= jsonpick.Picker.MOST
        for row in got:
            for one in row:
                assert one is None or isinstance(one[1], bytes) and len(one[1]) <= 256

    def good(data):
        assert picked(data)[1][0][1] == [1, b"45.33.7.7"]

    flood(answer, take, good)
