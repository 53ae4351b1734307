# SPDX-License-Identifier: MIT
# Hostile settings and hostile replies on every interpreter. The thorough search is
# host_tests/host/test_fuzz_*.py with hypothesis on CPython; here the same promises hold for MicroPython's own
# strings, in a second or two.
from wanbeacon.core import address
from wanbeacon.dyndns import catalog, reply, request, share

FILE = "firmware/catalogue/providers.dat"
V4, V6 = address.parse("203.0.114.7"), address.parse("2a00:1450::7")
NASTY = ("a&hostname=evil.example", "x=y&z", "50%", "%0d%0aX: y", "#frag", "a b", '"quoted"', "it's",
         "\r\nX-Evil: 1", "a\0b", "\t\x7f", "../..", "..", "?a=b", "user:pa:ss", "{ip}{password}",
         "\u00e4\u6f22\U0001f600", "+plus+", "a;b", "\\", "<tag>", "n" * 255)  # fmt: skip


def decode(text):
    """Percent-decoding written down once more."""
    out, i = bytearray(), 0
    data = text.encode()
    while i < len(data):
        if data[i] == 37:
            out.append(int(data[i + 1 : i + 3], 16))
            i += 3
        else:
            assert 0x21 <= data[i] <= 0x7E, text
            out.append(data[i])
            i += 1
    return bytes(out).decode()


def pairs(text):
    out = []
    for part in text.split("&") if text else ():
        name, _, value = part.partition("=")
        out.append((decode(name), decode(value)))
    return out


def fill(template, values):
    for name in values:
        template = template.replace("{%s}" % name, "\1%s\1" % name)
    parts = template.split("\1")  # in one pass: a value that looks like a place stays as it is
    return "".join([values[parts[i]] if i % 2 else parts[i] for i in range(len(parts))])


def test_hostile_settings_stay_in_their_place_in_every_row():
    """As many parameters as the template has, each with the value that was put in, and nothing else."""
    names = catalog.names(FILE)
    for j in range(len(names)):
        row = catalog.find(FILE, names[j])
        for i in range(j % 3, len(NASTY), 3):
            bad, other = NASTY[i], NASTY[i - 1]
            hosts = [{"name": bad, "mx": other, "zone": other}]
            account = {"user": other, "password": bad}
            if i % 2:
                account["auth"] = ("query", "basic")[i // 2 % 2]
            for want in ((V4, None), (None, V6), (V4, V6)):
                one(row, account, hosts, want, bad, other, i)


def one(row, account, hosts, want, bad, other, i):
    choice = share.pick(row, want, (None, None), i % 2 == 1, hosts[0])
    if not choice:
        return
    template, sent = choice
    agent = request.user_agent({"company": bad, "name": other, "model": bad, "contact": other}, row.get("ua"))
    r = request.build(row, account, hosts, template, sent, lambda style: agent, i % 4 == 0)
    where = row["id"], bad, r.path
    for key in r.headers:
        for c in r.headers[key]:
            assert " " <= c <= "~", where
    path, _, query = r.path.partition("?")
    assert len(path.split("/")) == len(row["path"].split("/")), where
    for part in path.split("/"):
        assert part not in (".", "..") and decode(part) is not None, where

    label, zone = share.labels_of(hosts[0])
    values = {"hostname": bad, "host": label, "labels": bad.split(".")[0], "domain": zone,
              "ip": sent[0] and address.text(sent[0]) or "", "ipv6": sent[1] and address.text(sent[1]) or "",
              "user": other, "password": bad}  # fmt: skip
    offline = i % 4 == 0
    text = row[template + "@"] if label == "@" and template + "@" in row else row[template]
    if offline and template + "-" in row:
        text = row[template + "-"]
        text = text[text.find("?") + 1 :]
    if request.auth_of(row, account) == "query":
        text += ("&" if text else "") + row["qa"]
    meant = []
    for part in text.split("&") if text else ():
        name, _, value = part.partition("=")
        meant.append((fill(decode(name), values), fill(value, values)))
    for option in row.get("opts") or ():
        name, _, value = option.partition("=")
        value = ("YES" if offline else "") if name == "offline" else hosts[0].get(name) or value
        if value:
            meant.append((name, value))
    assert pairs(r.body if r.post else query) == meant, where


PIECES = (b"good", b"nochg", b"good 203.0.114.7", b"badauth", b"911", b"\r\n", b"\n", b"\0", b" ",
          b"\xef\xbb\xbf", b"<html>", b"<", b">", b"\xff\xfe", b"\xc3\xa4", b"\xf0\x9f", b"OK", b"KO",
          b"success", b"w9h", b"2001:db8:911::1", b"1.2.3.4", b",", b"=", b"0", b"error", b"\x85\xa0",
          b"Updated 1", b"abuse@x", b"::", b"999999999999", b"!yours", b"\xc2\xb2", b"w\xc2\xb2h",
          b"\xe2\x80\xa8")  # fmt: skip


def test_hostile_replies_raise_nothing_on_any_row():
    seed = 12345
    for name in catalog.names(FILE):
        row = catalog.find(FILE, name)
        for i in range(30):
            body = b""
            for _ in range(1 + i % 7):
                seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
                body += PIECES[(seed >> 8) % len(PIECES)]
            status = (200, 200, 200, 401, 404, 429, 500, 204)[i % 8]
            count = 1 + i % 3
            outs = reply.read(
                row,
                status,
                body,
                ["h"] * count,
                (V4, None),
                ("60", "\u00b2", None, "Sun, 06 Nov 1994 08:49:37 GMT")[i % 4],
                784111000,
            )
            assert len(outs) == count, (name, body)
            for out in outs:
                assert out.word and len(out.word) <= 15 and 0 <= out.delay <= 86400, (name, body)
                if out.cls in ("OK", "SAME"):
                    assert b"\x7f\0\0\1" not in out.got and (
                        not out.got or V4 in out.got or row.get("conn")
                    ), (name, body)


def test_a_reply_of_random_bytes_is_never_a_success():
    row, seed = catalog.find(FILE, "dyn"), 99
    for i in range(200):
        body = bytearray()
        for _ in range(i % 60):
            seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
            body.append(seed >> 10 & 255)
        assert reply.read(row, 200, bytes(body), ["h"], (V4, None))[0].cls == "ODD"
