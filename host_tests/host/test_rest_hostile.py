# SPDX-License-Identifier: MIT
"""Whatever stands in the settings, or in an id that a provider hands out: it stays in its place, in path,
query, header, form, JSON and XML, and a signature is that of the request that leaves.

Each API's recorded exchange (host_tests/data/rest-exchanges.json) is played with hostile values; every
request must be the recorded one with nothing but those values changed, each of them whole."""

import base64
import json
import os
import re
import sys
from types import SimpleNamespace
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tools import ROOT
from tools.lab.providers import signatures

sys.path.insert(0, str(ROOT / "host_tests/shared"))
import rest_kit
from wanbeacon.core.text import printable

CASES = {}
for _case in json.loads((ROOT / "host_tests/data/rest-exchanges.json").read_text()):
    if _case["outcome"][0] == "OK" and _case["host"]["name"] == "home.example.com" and "ids" not in _case:
        CASES.setdefault(_case["provider"], _case)
EXAMPLES = 100000 if os.environ.get("WANBEACON_NIGHTLY") else 1000
NIGHT_S = 3600  # 100,000 examples take ten minutes on an idle machine
#: What the recorded exchanges were made with, longest first: a full name holds the others.
#: Headers that a signature makes: they are judged by checking it.
SIGNED = {"Authorization", "X-Amz-Date", "X-TC-Timestamp", "X-Date", "X-Content-Sha256", "X-Sdk-Date",
          "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256", "x-bce-date", "X-Ovh-Application",
          "X-Ovh-Consumer", "X-Ovh-Timestamp", "X-Ovh-Signature", "X-NFSN-Authentication"}  # fmt: skip
PLAIN = {"fqdn": "home.example.com", "zone": "example.com", "host": "home"}

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40
) | st.sampled_from(
    [
        "../..",
        "..",
        ".",
        "a/b",
        "?x=1",
        "#x",
        "%2e%2e",
        "a&b=c",
        '"',
        '"}',
        '\\"',
        "\\",
        "\\u0022",
        "{ip}",
        "{zone}",
        "<<x>>",
        ">>",
        "<<",
        "{#ttl}",
        "\r\nX-Evil: 1",
        "\r\n\r\n{}",
        "\0",
        "\x7f",
        "\u2028",
        "\u00e9",
        "\U0001f600",
        "'; --",
        "a b",
        " ",
        "@",
        "*",
        "x" * 300,
    ]
)
lower = words.map(str.lower).filter(lambda text: text == text.lower() and text.strip(".") == text != "@")


def shaped(value, change):
    """A JSON value with its texts replaced."""
    if isinstance(value, dict):
        return {key: shaped(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [shaped(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def shaped_xml(text, change):
    """An answer in XML with its texts replaced."""
    return re.sub(r">([^<>]+)<", lambda m: ">%s<" % escape("".join(map(in_xml, change(m.group(1))))), text)


def in_xml(char):
    """What becomes of a character in XML: it cannot hold all of them."""
    return "?" if ord(char) < 32 or char == "\x7f" else char


def told(body, change=lambda text: text):
    """(path, text) of all elements of an XML body."""
    out = []

    def walk(element, path):
        text = "".join(
            map(in_xml, change((element.text or "").strip() if len(element) else element.text or ""))
        )
        out.append((path + "/" + element.tag, text))
        for child in element:
            walk(child, path + "/" + element.tag)

    walk(ElementTree.fromstring(body), "")
    return out


def well_signed(provider, method, path, headers, body, user, password, token):
    """Whether the request that left has the signature of its own bytes."""
    recipe = rest_kit.row_of(provider)["calls"].get("sign", "").split()
    if not recipe or not re.fullmatch(r"[\w.:-]+", user, re.ASCII) or not token.isascii():
        return True  # a key that cannot be one: what matters is that it broke out of nothing
    low = {name.lower(): value for name, value in headers.items()}
    request = SimpleNamespace(method=method, target=path, headers=low, body=body)
    secret = password if recipe[0] != "ovh" else "%s+%s" % (password, token)
    if (recipe[0] == "ovh" and "+" in password) or token != printable(token):
        return True
    return getattr(signatures, recipe[0])(request, {user: secret}, rest_kit.NOW) is None


def names(values):
    """What a recorded text becomes when the host is another: a function."""
    known = {PLAIN[key] + dot: values[key] + dot for key in PLAIN for dot in ("", ".")}
    return lambda text: known.get(text, text)


def parts(target):
    """A path and query, taken apart where a server takes it apart."""
    path, mark, query = target.partition("?")
    return (
        [unquote(one) for one in path.split("/")],
        mark,
        [[unquote(one) for one in pair.split("=", 1)] for pair in query.split("&")] if mark else [],
    )


@pytest.mark.timeout(NIGHT_S)
@settings(max_examples=EXAMPLES)
@given(st.sampled_from(sorted(CASES)), lower, lower, words, words, words)
@example("cloudflare", "..", "..", "a", "b", "\r\nX: y")
@example("name-com", "a", "b.c", "us:er", "p\u00e4ss", "t")
def test_hostile_settings_stay_in_their_place(provider, label, zone, user, password, token):
    assume("." not in zone[:1] and label + "." + zone not in PLAIN.values())
    case, values = CASES[provider], {"fqdn": "%s.%s" % (label, zone), "zone": zone, "host": label}
    change = names(values)
    answers = [
        [a[0], shaped_xml(a[1], change) if isinstance(a[1], str) else shaped(a[1], change), *a[2:]]
        for a in (call["answer"] for call in case["calls"])
    ]
    account = {"user": user, "password": password, "token": token}
    sent = rest_kit.V4 if case["sent"][0] else None, rest_kit.V6 if case["sent"][1] else None
    script, _, _ = rest_kit.play(
        provider, answers, sent, {"name": values["fqdn"], "zone": zone}, None, account, 64
    )
    if len(script.asked) < len(case["calls"]):
        assume(False)  # an answer is compared by name: a dot or a case that makes no difference there
    secrets = {"me": user, "pw": password, "tok": token}
    for call, (method, path, headers, body) in zip(case["calls"], script.asked, strict=True):
        old_method, old_path, old_body, old_headers = call["ask"]
        assert method == old_method

        def now(text):
            return secrets.get(text, change(text))

        old = parts(old_path)
        assert parts(path) == (
            [now(one) for one in old[0]],
            old[1],
            [[now(one) for one in pair] for pair in old[2]],
        )
        assert path.isascii() and path.isprintable() and " " not in path
        assert not {".", ".."} & set(path.partition("?")[0].split("/"))
        assert well_signed(provider, method, path, headers, body, user, password, token)
        if old_body and old_body[0] == "<":
            assert told(body) == told(old_body, now)
        elif old_body and old_body[0] in "{[":
            assert json.loads(body) == shaped(json.loads(old_body), now)
        elif old_body:
            assert parts("?" + body.decode())[2] == [
                [now(one) for one in pair] for pair in parts("?" + old_body)[2]
            ]
        for name, value in headers.items():
            assert value.isascii() and all(32 <= ord(c) < 127 for c in value), name
            old_value = old_headers.get(name)
            if name in SIGNED and "sign" in rest_kit.row_of(provider)["calls"]:
                continue
            if name == "X-Filter":
                assert json.loads(value) == shaped(
                    json.loads(old_value), lambda text: "".join([c if c < "\x80" else "?" for c in now(text)])
                )
            elif old_value and old_value.startswith("Basic "):
                assert base64.b64decode(value[6:]) == ("%s:%s" % (user, password)).encode()
            elif old_value and name not in ("Content-Type", "Content-Length"):
                kind, space, rest = old_value.partition(" ")
                want = (
                    "%s:%s" % (user, password) if rest == "me:pw" else now(rest) if space else now(old_value)
                )
                assert value == printable((kind + " " if space else "") + want), name


ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=100)


@pytest.mark.timeout(NIGHT_S)
@settings(max_examples=EXAMPLES // 4)
@given(st.sampled_from(sorted(CASES)), ids, ids, words)
@example("cloudflare", "..", "../../x?y#z", "")
@example("bunny", "1", '1,"Type":1', "")
@example("njalla-rest", "0", "00", "0")
@example("njalla-rest", "0", "0" * 20, "0")
def test_a_hostile_id_stays_in_its_place(provider, zid, rid, note):
    """As from the file of ids, or from an answer: a text without blanks; and a comment that is to be sent
    back."""
    case, plain = CASES[provider], ["ZID", "77", "300", "198.51.100.7", "NOTE"]
    kept = [zid, rid, "300", "198.51.100.7", note]
    calls = rest_kit.row_of(provider)["calls"]
    answers = [call["answer"] for call in case["calls"]]
    late = sum(step in calls for step in ("write", "drop", "then"))
    answers = (answers[:1] if "login" in calls else []) + answers[-late:]
    count = len(answers)

    def run(texts):
        memory = rest_kit.Ids()
        memory.kept = {b"home.exa" + family: texts for family in (b"4", b"6")}
        return rest_kit.play(provider, answers, host={"name": PLAIN["fqdn"]}, ids=memory, step=64)

    script, outs, _ = run(kept)
    if outs[0][1] == "odd id":  # no number where a number is wanted: nothing was sent
        assert not re.fullmatch(r"0|[1-9]\d{0,18}", rid, re.ASCII) and len(script.asked) < count
        return
    model = run(plain)[0]
    assert len(script.asked) == len(model.asked) == count

    def now(text):
        return {"ZID": zid, "77": rid, "NOTE": note}.get(text, text)

    for (_, path, _, body), (_, old_path, _, old_body) in zip(script.asked, model.asked, strict=True):
        old = parts(old_path)
        assert parts(path) == (
            [now(one) for one in old[0]],
            old[1],
            [[now(one) for one in pair] for pair in old[2]],
        )
        if old_body and old_body[:1] == b"<":
            assert told(body) == told(old_body, now)
        elif old_body and old_body[:1] in b"{[":
            want, got = shaped(json.loads(old_body), now), json.loads(body)
            if "{#rid}" in str(rest_kit.row_of(provider)["calls"]["write"]):
                want = json.loads(json.dumps(want).replace(" 77", " %d" % int(rid)))
            if not note:
                want = json.loads(json.dumps(want).replace(', "comment": ""', ""))
            assert got == want
        elif old_body:
            assert parts("?" + body.decode())[2] == [
                [now(one) for one in pair] for pair in parts("?" + old_body.decode())[2]
            ]


def test_every_api_is_among_the_cases():
    from wanbeacon.dyndns import rows

    apis = {name for name in rows.names(rest_kit.FILE) if rows.find(rest_kit.FILE, name).get("rest")}
    assert apis == set(CASES)
