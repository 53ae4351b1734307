# SPDX-License-Identifier: MIT
"""Hostile values in every field of every catalogue row: what is built is read back by parsers that are not
ours (urllib, yarl, http.client), and must say exactly what was put in, where it was put in. `WB_FUZZ=n`
multiplies the cases."""

import base64
import http.client
import io
import os
import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, unquote_to_bytes, urlsplit

import pytest
import yarl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from wanbeacon.dyndns import custom, request, share

from tools.build import catalogue

MORE = int(os.environ.get("WB_FUZZ", "1"))
ROWS = {row["id"]: row for row in catalogue.rows()}
V4, V6 = "203.0.114.7", "2a00:1450::7"
NASTY = ["&", "=", "%", "#", "?", "/", ";", "+", " ", '"', "'", "<", ">", "\\", "{", "}", "{ip}",
         "{password}", "\r\n", "\n", "\0", "\t", "\x7f", "%0d%0aX: y", "\r\nX-Evil: 1",
         "&hostname=evil.example", "?a=b", "#frag", "..", ".", "@", ":", "//", "ä", "ß", "漢",
         "\U0001f600", "\u2028", "\ufeff", "%", "%%", "%zz", "a" * 255, "[", "]", "|", "^", "`", "~", "*",
         "$", "!", "(", ")"]  # fmt: skip
text = st.one_of(
    st.lists(st.sampled_from(NASTY), min_size=1, max_size=6).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255),
    st.text(st.sampled_from("ab.&=%#\r\n\"' +/?;:@{}"), min_size=1, max_size=255),
).map(lambda value: value[:255])
# "," parts a list: config.py lets none stand in a name
names = text.map(lambda value: value.replace(",", ";"))
hosts = st.lists(st.one_of(names, st.just("home.example.org")), min_size=1, max_size=3, unique=True)
wants = st.sampled_from([(V4, None), (None, V6), (V4, V6)])
accounts = st.fixed_dictionaries(
    {"user": text, "password": text},
    optional={
        "token": text,
        "auth": st.sampled_from(["basic", "bearer", "query"]),
        "method": st.sampled_from(["GET", "POST"]),
    },
)
devices = st.dictionaries(st.sampled_from(["company", "name", "model", "contact"]), text)
options = st.fixed_dictionaries({}, optional={"mx": text, "system": text, "wildcard": text, "zone": text})


def parts_of(target):
    """(path, [(name, value)]) as urllib reads them, after a check against RFC 3986's alphabet and against
    yarl."""
    assert re.fullmatch(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*", target), (
        "signs that no request target may hold"
    )
    assert not re.search(r"%(?![0-9A-F]{2})", target), "a broken percent-encoding"
    split = urlsplit("https://place.example" + target)
    assert split.fragment == "" and split.netloc == "place.example"
    # a name without "=" has the value ""
    query = parse_qsl(split.query, keep_blank_values=True, max_num_fields=40)
    seen = yarl.URL("https://place.example" + target, encoded=True)
    assert seen.raw_path == (split.path or "/") and seen.fragment == ""
    assert list(seen.query.items()) == query
    return split.path, query


def expected(template, values):
    """[(name, value)] that a query template means, filled the slow way."""
    items = [item.partition("=") for item in template.split("&") if item]
    return [(fill(unquote(name), values), fill(value, values)) for name, _, value in items]


def fill(template, values):
    return re.sub(r"\{(\w+)\}", lambda place: values[place.group(1)], template)


def values_of(row, account, docs, sent):
    label, zone = share.labels_of(docs[0])
    user, password = request._login(row, account, docs[0]["name"])
    return {
        "hostname": ",".join(d["name"] for d in docs),
        "host": label,
        "domain": zone,
        "user": user,
        "password": password,
        "labels": ",".join(d["name"].split(".")[0] for d in docs),
        "ip": str(ip_address(sent[0])) if sent[0] else "",
        "ipv6": str(ip_address(sent[1])) if sent[1] else "",
    }


def packed(sent):
    return tuple(ip_address(one).packed if one else None for one in sent)


def check(row, account, docs, want, device, offline, own):
    """Build one request and read it back."""
    choice = share.pick(row, packed(want), (None, None), own, docs[0])
    if choice is None:
        return
    template, sent = choice
    req = request.build(
        row, account, docs, template, sent, lambda style=None: request.user_agent(device, style), offline
    )
    values = values_of(row, account, docs, sent)

    # the head of the request, as it goes over the wire, read by CPython's own parser
    head = io.BytesIO("".join("%s: %s\r\n" % item for item in req.headers.items()).encode() + b"\r\n")
    headers = http.client.parse_headers(head)
    assert not headers.defects and sorted(headers.keys()) == sorted(req.headers), (
        "a header that was not meant"
    )
    for name, value in req.headers.items():
        assert headers[name].strip() == value.strip() and re.fullmatch(r"[ -~]*", value), name
    assert headers["Host"] == req.host and headers["User-Agent"]

    # query or form
    path, query = parts_of(req.path)
    template_query = row[template]
    if offline and template + "-" in row:
        template_query = row[template + "-"]
    elif values["host"] == "@" and template + "@" in row:
        template_query = row[template + "@"]
    if template_query.startswith("/"):
        path_template, _, template_query = template_query.partition("?")
    else:
        path_template = row["path"]
    if req.post:
        assert query == []
        assert req.body == req.body.encode().decode("ascii") and int(headers["Content-Length"]) == len(
            req.body
        )
        _, query = parts_of("/?" + req.body)
    else:
        assert req.body is None and "Content-Length" not in headers
    wanted = expected(template_query, values)
    way = request.auth_of(row, account)
    if way == "query" and "qa" in row:
        wanted += expected(row["qa"], values)
    for option in row.get("opts") or ():
        option, _, default = option.partition("=")
        value = ("YES" if offline else "") if option == "offline" else docs[0].get(option) or default
        if value:
            wanted.append((option, value))
    assert query == wanted

    # path: part by part
    there, meant = path.split("/"), path_template.split("/")
    assert len(there) == len(meant)
    for got, one in zip(there, meant):
        assert unquote(got) == fill(one, values) and got not in (".", "..")

    # credentials: once, and in the header where there is one
    if way == "basic":
        word = base64.b64decode(headers["Authorization"].removeprefix("Basic "), validate=True).decode()
        user = values["user"].replace(":", "%3A").replace("#", "%23") if row.get("enc") else values["user"]
        assert word == user + ":" + values["password"]
        assert "{password}" not in template_query + path_template
    elif way == "bearer":
        assert headers["Authorization"].startswith("Bearer ")
    else:
        assert "Authorization" not in headers


@settings(max_examples=150 * MORE, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(accounts, hosts, options, wants, devices, st.booleans(), st.booleans())
def run(account, names, option, want, device, offline, own):
    """One draw serves all rows: 90 rows x 150 draws x 2 are some 27,000 requests."""
    for row in ROWS.values():
        count = row.get("max") or 20
        check(row, account, [{"name": n, **option} for n in names[:count]], want, device, offline, own)
        check(row, account, [{"name": n} for n in names[:1]], want, {}, not offline, own)
        run.cases += 2


def test_nothing_escapes_its_place_in_any_row():
    run.cases = 0
    run()
    assert run.cases >= 25000, run.cases


def url_of(draw_parts):
    return "https://d.example/%s?%s" % draw_parts


templates = st.tuples(
    st.lists(st.sampled_from(["{hostname}", "up", "{user}", "v1"]), max_size=3).map("/".join),
    st.lists(
        st.sampled_from(["h={hostname}", "u={user}", "p={password}", "x=1", "d={domain}", "l={host}"]),
        max_size=4,
        unique=True,
    ).map(lambda items: "&".join([*items, "ip={ip}"])),
)


@settings(max_examples=400 * MORE, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    templates,
    accounts,
    names,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["basic", "bearer", "none", "query"]),
)
def test_nothing_escapes_its_place_in_a_custom_url(template, account, name, method, auth):
    assume(auth != "query" or "{user}" in url_of(template) or "{password}" in url_of(template))
    row = custom.row({"url": url_of(template), "method": method, "auth": auth})
    account = {k: v for k, v in account.items() if k not in ("auth", "method")}
    check(row, account, [{"name": name}], (V4, None), {}, False, False)


@settings(max_examples=400 * MORE, deadline=None, derandomize=True)
@given(
    st.one_of(
        text,
        text.map(lambda t: "https://d.example/?ip={ip}&" + t),
        text.map(lambda t: "https://" + t + "/?ip={ip}"),
    )
)
def test_a_custom_url_works_or_is_refused_in_one_line(url):
    try:
        row = custom.row({"url": url})
    except ValueError as e:
        assert "\n" not in str(e) and "\r" not in str(e) and str(e)
        return
    if "q4" in row:
        req = request.build(
            row,
            {"user": "u", "password": "p"},
            [{"name": "h"}],
            "q4",
            (packed((V4, None))),
            lambda style=None: "x",
        )
        assert re.fullmatch(r"/[!-~]*", req.path) and re.fullmatch(r"[A-Za-z0-9._-]+", req.host)


@settings(max_examples=300 * MORE, deadline=None, derandomize=True)
@given(text)
def test_a_server_is_a_name_or_refused(server):
    account = {"user": "u", "password": "p", "server": server}
    try:
        req = request.build(
            ROWS["dyn"], account, [{"name": "h"}], "q4", (packed((V4, None))), lambda style=None: "x"
        )
    except ValueError:
        return
    assert re.fullmatch(r"[A-Za-z0-9._-]+(:[0-9]+)?", req.headers["Host"])


def test_quoting_is_that_of_rfc_3986():
    everything = "".join(map(chr, range(0x250))) + "\u20ac\U0001f600"
    assert unquote(request.quote(everything)) == everything
    assert unquote_to_bytes(request.quote("\u20ac")) == "\u20ac".encode()
    assert request.quote("-._~azAZ09") == "-._~azAZ09"


@pytest.mark.parametrize("name", ROWS)
def test_the_password_is_not_in_the_url_where_a_header_takes_it(name):
    row = ROWS[name]
    for want in ((V4, None), (None, V6), (V4, V6)):
        choice = share.pick(row, packed(want), (None, None))
        if choice:
            req = request.build(
                row,
                {"user": "u", "password": "sEcReT"},
                [{"name": "h.example.org"}],
                *choice,
                lambda style=None: "x",
            )
            in_url = "sEcReT" in req.path + (req.body or "")
            assert in_url == (row.get("auth") == ["none"]), "password in the URL although there is a header"
