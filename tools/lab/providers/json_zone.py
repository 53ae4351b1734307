# SPDX-License-Identifier: MIT
"""What the personalities with JSON APIs share: a zone with records of ours and of others, a table of
strict routes, and the rate limit.

A personality's routes are rows (method, regular expression of path and query, function(call) -> Reply or
None). What is no row is refused by the API's own 404 and filed as a finding; so is a body that holds other
keys than the API's document says."""

import copy
import json
import re
from urllib.parse import unquote

from ..messages import Reply, address, family
from .rules import Rules

JSON = {"Content-Type": "application/json"}
ZONE = "example.net"
#: A Hetzner or Cloudflare zone of some size: what a list without a filter has to be searched for.
PAD = 900


def rules(name, title, names, **more):
    return Rules(
        name=name,
        title=title,
        names=names,
        update_paths=("*",),
        methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        auth=("bearer",),
        header_auth=False,
        list_any=False,
        nochg_fault=False,
        **more,
    )


ACCOUNTS = {
    "zones": [ZONE],
    "accounts": [
        {
            "user": "demo",
            "password": "demo-secret",
            "tokens": ["demo-token"],
            "hosts": [
                "demo.example.net",
                "demo2.example.net",
                "new.example.net",
                "twin.example.net",
                "example.net",
            ],
        }
    ],
}


def _record(number, name, kind, content, ttl=300, **more):
    return {
        "id": "%032x" % (number * 7919),
        "number": 1000 + number,
        "name": name,
        "type": kind,
        "content": content,
        "ttl": ttl,
        "proxied": False,
        "comment": None,
        "tags": [],
        **more,
    }


def records(world):
    """The zone's records (dicts with the fields of `_record`), made when they are first asked for. `new` has
    none, `twin` two A."""
    if not hasattr(world, "zone_records"):
        rows = [
            ("www.example.net", "A", "198.51.100.80"),
            ("example.net", "MX", "mail.example.net"),
            ("example.net", "A", "198.51.100.7"),
            ("example.net", "AAAA", "2001:db8::7"),
            ("demo.example.net", "TXT", "v=spf1 -all"),
            ("demo.example.net", "A", "198.51.100.7"),
            ("demo.example.net", "AAAA", "2001:db8::7"),
            ("demo2.example.net", "A", "198.51.100.7"),
            ("demo2.example.net", "AAAA", "2001:db8::7"),
            ("xdemo.example.net", "A", "198.51.100.9"),
            ("twin.example.net", "A", "198.51.100.7"),
            ("twin.example.net", "A", "198.51.100.8"),
        ]
        world.zone_records = [_record(i, *row) for i, row in enumerate(rows)]
        for one in world.zone_records:
            if one["name"] == "demo.example.net":
                one.update(ttl=1800, proxied=True, comment="mine, please keep", tags=["home"])
    return world.zone_records


def pad(world, count=PAD):
    """Let the zone grow by `count` foreign records, so that a list of them has 100 KB and more."""
    rows = records(world)
    rows[:0] = [_record(5000 + i, "h%d.example.net" % i, "TXT", "x" * 40) for i in range(count)]


def foreign(world, *ours):
    """All there is but the contents of the records `ours` ((name, type) pairs): what no update may change."""
    out = []
    for one in copy.deepcopy(records(world)):
        if (one["name"], one["type"]) in ours:
            one["content"] = None
        out.append(one)
    return sorted(out, key=lambda one: (one["name"], one["type"], one["id"]))


class Call:
    """One request on its way through a personality."""

    def __init__(self, request, world, groups):
        self.request, self.world, self.groups = request, world, groups
        self.records = records(world)
        self.findings = []
        self.outcomes = []
        self.effects = []

    @property
    def document(self):
        """The body as JSON; None when it is none or says to be none."""
        if not self.request.headers.get("content-type", "").startswith("application/json"):
            self.odd("a body without Content-Type: application/json")
            return None
        try:
            return json.loads(self.request.body)
        except ValueError:
            self.odd("a body that is no JSON")
            return None

    def odd(self, detail):
        self.findings.append(("malformed request", detail))

    def holds(self, document, *keys, maybe=()):
        """Whether `document` is an object with exactly these keys; anything else is a finding."""
        fine = isinstance(document, dict) and set(keys) <= set(document) <= set(keys) | set(maybe)
        if not fine:
            self.odd("a body with other keys than %s" % (keys,))
        return fine

    def find(self, name=None, kind=None, **fields):
        """The records of a name and type, or with other fields as given."""
        return [
            r
            for r in self.records
            if (name is None or r["name"] == name.lower().rstrip("."))
            and kind in (None, r["type"])
            and all(r[key] == value for key, value in fields.items())
        ]

    def address(self, text, kind):
        """The canonical text when `text` is an address of this type, else None."""
        value = address(str(text))
        return str(value) if value and family(value) == kind else None

    def store(self, record, text, **more):
        """Later, when the answer is certain: the record gets its content (and other fields)."""
        old = record["content"]
        self.effects.append(("call", record["name"], lambda: record.update(content=text, **more)))
        self._publish(record["name"], record["type"], text, old)

    def replace(self, name, kind, text, **fields):
        """What set-by-name services do: one record instead of all of that name and type; fields that are not
        told get defaults."""

        def act():
            same = self.find(name, kind)
            self.records[:] = [r for r in self.records if r not in same]
            keep = same[0] if same else _record(len(self.records), name, kind, text)
            self.records.append(
                {**_record(0, name, kind, text), "id": keep["id"], "number": keep["number"], **fields}
            )

        old = [r["content"] for r in self.find(name, kind)]
        self.effects.append(("call", name, act))
        self._publish(name, kind, text, old[0] if len(old) == 1 else None)

    def create(self, name, kind, text, **fields):
        """A new record beside what is there; returns it as it will be."""
        one = _record(len(self.records) + 400, name, kind, text, **fields)
        self.effects.append(("call", name, lambda: self.records.append(one)))
        self._publish(name, kind, text, None)
        return one

    def _publish(self, name, kind, text, old):
        self.request.wanted = {kind: text}
        if name in self.world.hosts:
            self.effects.append(("set", name, {kind: text}))
        self.outcomes = [(name, "nochg" if old == text else "good")]


def answer(call, document, status=200, headers=None):
    """A Reply with a JSON document (None: no body); what the call collected goes with it if it succeeded."""
    fine = status < 400
    noise = getattr(call.world, "noise", 0)  # bytes that an API might say besides
    if noise and isinstance(document, dict):
        document = {
            "noise": [
                {"id": "x%d" % i, "text": '\\" é' + "n" * 80, "list": [i, None, {"a": [True, 1.5e3]}]}
                for i in range(noise // 150)
            ],
            **document,
        }
    return Reply(
        "" if document is None else json.dumps(document),
        status,
        {**JSON, **(headers or {})},
        call.outcomes,
        call.effects if fine else [],
        call.findings,
    )


def serve(routes, error, login):
    """The function of ROUTES["*"]. error(call, kind) -> Reply for kind "auth", "path", "limit", "trouble",
    "body"; login(call) -> bool."""
    table = [(method, re.compile(path + r"$"), function) for method, path, function in routes]

    def handle(request, world):
        call = Call(request, world, {})
        wait = world.rules.burst and world.too_fast("account", *world.rules.burst)
        if world.outage:
            return error(call, "trouble")
        if wait:
            call.wait = wait
            return error(call, "limit")
        call.effects.append(("hit", "account", None))
        if not login(call):
            call.outcomes = [("*", "badauth")]
            return error(call, "auth")
        for method, path, function in table:
            match = path.match(request.target) if method == request.method else None
            if match:
                call.groups = {
                    key: unquote(value) for key, value in match.groupdict().items() if value is not None
                }
                return function(call) or error(call, "body")
        call.odd("no such call: %s %s" % (request.method, request.target))
        return error(call, "path")

    return handle


def bearer(call):
    """The usual login."""
    return call.request.headers.get("authorization") == "Bearer demo-token"


def full(label):
    """The full name of a label in the zone; "@" is the zone itself."""
    return ZONE if label in ("@", "") else "%s.%s" % (label, ZONE)


def label(name):
    """The other way round."""
    return "@" if name == ZONE else name[: -len(ZONE) - 1]


def signed(check, keys):
    """A login by signature: check of signatures.py, keys {id: secret}. What no client that knows the document
    would send is a finding; a wrong key is none."""

    def login(call):
        # who tests lets an agent's clock run ahead of the lab's
        now = getattr(call.world, "client_clock", None) or call.request.now
        wrong = check(call.request, keys, now)
        call.wrong = wrong or ""
        if wrong and not wrong.startswith(
            ("another signature", "another consumer", "no such", "a time that is ")
        ):
            call.odd(wrong)
        return wrong is None

    return login
