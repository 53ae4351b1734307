# SPDX-License-Identifier: MIT
# What tests of dyndns/rest.py share: an API played from a script, and a memory of ids.
import json

from wanbeacon.core import jsonpick, xmlpick
from wanbeacon.dyndns import rest, rest_sign, rows, share

FILE = "firmware/catalogue/providers.dat"
V4 = b"\x2d\x21\x07\x09"  # 45.33.7.9
V6 = b"\x26\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"  # 2600:3c00::9
ACCOUNT = {"user": "me", "password": "pw", "token": "tok"}
NOW = 1800000000  # 2027-01-15 08:00:00 UTC: when signed requests are made
_rows = {}


class Ids:
    """The memory of ids, in RAM."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, texts):
        self.kept[key] = texts

    def drop(self, key):
        self.kept.pop(key, None)


class Script:
    """Answers in their order: [(status, body, Retry-After)]; notes what was asked in `asked`: [(method, path,
    headers, body)]. Bodies arrive `step` bytes at a time; one that is longer than a heap is a tuple (begin,
    piece, how often, end) of texts."""

    def __init__(self, answers, step=7, name=None, account=None):
        self.name = name
        self.account = account
        self.answers = list(answers)
        self.asked = []
        self.step = step
        self.paused = 0

    def send(self, method, path, headers, body, sink):
        recipe = row_of(self.name)["calls"].get("sign") if self.name else None
        if recipe:
            headers["Host"] = row_of(self.name)["host"]
            origin = "https://" + headers["Host"]
            path = rest_sign.sign(recipe, self.account, NOW, method, origin, path, headers, body, "nonce")
        self.asked.append((method, path, headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer[1], tuple):
            begin, piece, count, end = [
                part.encode() if isinstance(part, str) else part for part in answer[1]
            ]
            sink.feed(begin)
            for _ in range(count):
                sink.feed(piece)
            sink.feed(end)
            return answer[0], answer[2] if len(answer) > 2 else None, False
        data = answer[1] if isinstance(answer[1], (str, bytes)) else json.dumps(answer[1])
        data = data.encode() if isinstance(data, str) else data
        for at in range(0, len(data), self.step):
            sink.feed(data[at : at + self.step])
        return answer[0], answer[2] if len(answer) > 2 else None, False

    def pause(self, ms):
        self.paused += ms


def row_of(name):
    """The whole row of a provider."""
    if name not in _rows:
        row = rows.find(FILE, name)
        row["calls"] = rows.calls(FILE, name)
        _rows[name] = row
    return _rows[name]


def picker_of(name):
    """The class that reads a provider's answers."""
    return (xmlpick if row_of(name)["calls"].get("xml") else jsonpick).Picker


def play(name, answers, sent=(V4, None), host=None, ids=None, account=None, step=7, hosts=None):
    """One exchange with provider `name`. Returns (script, [(class, word, reach)], Retry-After)."""
    account = account or ACCOUNT
    script = Script(answers, step, name, account)
    hosts = hosts or [host or {"name": "home.example.com"}]
    keys = [h["name"].encode()[:8] for h in hosts]
    ids, changes = Ids() if ids is None else ids, []
    described = []
    for i in range(len(hosts)):
        label, zone = share.zone_of(row_of(name), hosts[i])
        described.append(
            {
                "zone": zone,
                "fqdn": hosts[i]["name"],
                "host": label,
                "create": hosts[i].get("create"),
                "key": keys[i],
            }
        )
    kept = dict(ids.kept)
    status, head, outs, after = rest.exchange(
        row_of(name)["calls"],
        account,
        described,
        sent,
        kept,
        changes,
        script.send,
        script.pause,
        picker_of(name),
    )
    for key, texts in changes:
        ids.drop(key) if texts is None else ids.put(key, texts)
    assert ids.kept == kept
    return script, [(o.cls, o.word, o.reach) for o in outs], after
