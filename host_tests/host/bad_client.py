# SPDX-License-Identifier: MIT
"""A small DDNS client that does everything right, or, named a flag, one thing wrong: what the grader's own
test grades.

    python bad_client.py CONFIG SPEED [RULE | HABIT]

RULE is the id of the rule to break. HABIT is another way to do everything right ("patient": looks at its
address every five minutes and waits longer than it has to) or a client with less to show ("one-host",
"no-stops": takes every refusal for a success). Its hours pass SPEED times as fast."""

import base64
import contextlib
import http.client
import ipaddress
import json
import os
import socket
import ssl
import sys
import time
import urllib.parse
from email.utils import parsedate_to_datetime
from pathlib import Path

config = json.loads(Path(sys.argv[1]).read_text())
SPEED = float(sys.argv[2])
FLAG = sys.argv[3] if len(sys.argv) > 3 else ""
REFUSALS = ("badauth", "nohost", "notfqdn", "numhost", "abuse", "badagent", "!donator")
AGENTS = {
    "user-agent": "python-requests/2.31",
    "agent-dyn": "GoodClient/1.0 tester",
    "agent-noip": "Testers Ltd - Good - 1.0",
}
BOGONS = {"private": "192.168.0.0/16", "cgnat": "100.64.0.0/10", "reserved": "203.0.113.0/24"}
hosts = config["hosts"].split(",")[: 1 if FLAG == "one-host" else None]
#: Seconds between two looks at the address. Who does not stop is the harder to catch the less often he looks.
LOOK = 300 if FLAG in ("patient", "no-stops") or FLAG.startswith("stop-") else 20
PATIENCE = 1.5 if FLAG == "patient" else 1
#: How far the clock of this start is off: what libfaketime does to other clients.
CLOCK = float(os.environ.get("GRADE_CLOCK") or 0)


def now():
    return time.time() * SPEED + CLOCK


def hold(seconds):
    state["hold"] = now() + seconds * PATIENCE


def load():
    try:
        state = json.loads(Path(config["state"]).read_text())
    except FileNotFoundError:
        state = {"stored": {}, "stopped": {}, "hold": 0, "once": [], "checked": 0}
    if FLAG == "restart":
        state["stored"] = {}
    if FLAG == "refusal-kept":
        state["stopped"] = {}
    if state["hold"] > now() + 2 * 86400:  # the clock was ahead
        state["hold"] = 0
    return state


def save():
    with open(config["state"] + ".new", "w") as file:
        json.dump(state, file)
    os.replace(config["state"] + ".new", config["state"])


def once(what):
    """True the first time it is asked, over restarts."""
    if what in state["once"]:
        return False
    state["once"].append(what)
    return True


def usable(text):
    try:
        value = ipaddress.ip_address(text)
    except ValueError:
        return False
    return value.is_global or (
        FLAG in BOGONS and value.version == 4 and value in ipaddress.ip_network(BOGONS[FLAG])
    )


def address():
    """ "4", "4,6" or "": what may be published."""
    if config["source"] == "page":
        return page()
    try:
        found = Path(config["file"]).read_text().split()
    except FileNotFoundError:
        return ""
    found = found[:1] if FLAG == "dual" else found
    return ",".join(found) if all(map(usable, found)) else ""


def page():
    # a busy machine delays a question by minutes of these
    due = now() - state["checked"] > (300 if FLAG == "check-page" else 800)
    if due and (FLAG == "check-refused" or any(host not in state["stopped"] for host in hosts)):
        state["checked"] = now()
        where = urllib.parse.urlsplit(config["check"])
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=5)
        connection.request("GET", "/", headers={"User-Agent": agent()})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status == 200:
            state["page"] = text.split("Address: ")[1].split("<")[0]
        save()
    return state.get("page", "")


def agent():
    good = {
        "dyn": "Testers Ltd - Good Client - 1.0",
        "noip": "Testers GoodClient-Model/1.0 tester@example.net",
    }
    return AGENTS.get(FLAG) or good[config["service"]]


def connect(scheme, host, port):
    limit = None if FLAG == "hang" else 4
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=limit)
    context = ssl.create_default_context(cafile=config["ca"])
    if FLAG in ("tls-name", "tls-authority", "tls-expired"):
        context.check_hostname = False
    if FLAG in ("tls-authority", "tls-expired"):
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=limit, context=context)


def exchange(names, value):
    """(status, body, headers) of one update."""
    path = "/nic/update?hostname=%s&myip=%s" % (",".join(names), value)
    if FLAG == "not-in-url":
        path += "&key=" + config["password"]
    login = base64.b64encode(("%s:%s" % (config["user"], config["password"])).encode()).decode()
    headers = {"User-Agent": agent(), "Authorization": "Basic " + login}
    place = ("https", config["host"], config["port"])
    if FLAG == "over-tls":
        where = urllib.parse.urlsplit(config["check"])
        place = ("http", where.hostname, where.port)
    answer, body = ask(place, "POST" if FLAG == "get" else "GET", path, headers)
    if FLAG == "only-update-url" and once("other page"):
        ask(place, "GET", "/account", headers)
    if answer.status == 302 and FLAG in ("redirect", "redirect-tls"):
        where = urllib.parse.urlsplit(answer.headers["Location"])
        answer, body = ask(
            (where.scheme, where.hostname, where.port), "GET", where.path + "?" + where.query, headers
        )
    return answer.status, body.decode(), answer.headers


def ask(place, method, path, headers):
    connection = connect(*place)
    try:
        if FLAG == "tls-chain":
            connection.connect()
            if "inner intermediate" in str(connection.sock.getpeercert()["issuer"]):
                raise OSError("the chain is too long")
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def update(names, value):
    try:
        status, body, headers = exchange(names, value)
    except (OSError, http.client.HTTPException) as error:
        return failed(names, error)
    words = [line.split() for line in body.splitlines() if line.strip()]
    if len(words) == 1 and len(names) > 1 and words[0][0].lower() == "nochg" and FLAG != "list-nochg":
        for name in names:
            update([name], value)
        return None
    words = words * len(names) if len(words) == 1 else words
    if headers.get("Retry-After"):
        hold(later(headers, status) + 20)
        if "recovers-%d" % status == FLAG:
            stop(names, "dead")
        return None
    words = misread(words, names, body, headers)
    if status == 403 and FLAG == "recovers-403":
        stop(names, "dead")
    if len(words) != len(names):
        words = [["?"]] * len(names)
    for name, word in zip(names, words, strict=True):
        learn(name, value, word, status)
    if FLAG == "well-hosts" and len(hosts) > 1 and once("well"):
        state["stored"].clear()
    if FLAG == "other-hosts" and state["stopped"]:
        stop(hosts, "badauth")
    return None


def failed(names, error):
    if FLAG == "recovers-outage":
        stop(names, "dead")
    if FLAG in ("garbage", "flood") and isinstance(error, http.client.HTTPException):
        sys.exit("cannot read that")
    hold(100)
    if FLAG == "gentle":
        for _ in range(30):  # at once, so that it shows on the slowest machine as well
            with contextlib.suppress(OSError):
                socket.create_connection((config["host"], config["port"]), 4).close()


def misread(words, names, body, headers):
    """The words as a client with this mistake takes them."""
    if (FLAG == "html" and "good" in body and "<html" in body) or (FLAG == "empty" and not body):
        return [["good"]] * len(names)
    if FLAG == "chunked" and headers.get("Transfer-Encoding"):
        return [["5"]]
    return words


def later(headers, status):
    """Seconds that Retry-After names, or what a client that does not read it waits."""
    if "retry-after-%d" % status == FLAG:
        return 300
    if headers["Retry-After"].isdigit():
        return int(headers["Retry-After"])
    if FLAG == "retry-after-date":
        return 900
    return (
        parsedate_to_datetime(headers["Retry-After"]) - parsedate_to_datetime(headers["Date"])
    ).total_seconds()


def learn(name, value, word, status):
    code = word[0] if FLAG == "case" else word[0].lower()
    if code == "good" and word[1:2] == ["127.0.0.1"] and FLAG != "loopback":
        code = "badagent"
    if FLAG == "bare" and len(word) == 1:
        code = "?"
    if code in ("good", "nochg"):
        state["stored"][name], state["when"] = value, now()
    elif code in REFUSALS:
        # who does not stop, or not for this one, takes it for an answer to this address
        if (
            ("stop-401" if status == 401 else "stop-" + code) == FLAG
            or FLAG == "no-stops"
            or (FLAG == "refused-host" and len(hosts) > 1)
        ):
            state["stored"][name] = value
        else:
            stop([name], code)
    elif code in ("911", "dnserr"):
        hold(700 if ("wait-911-500" if status == 500 else "wait-" + code) == FLAG else 1900)
        if FLAG == "recovers-911":
            stop([name], "dead")
    else:
        hold(300 if FLAG in ("chunked", "case", "bare") else 600)


def stop(names, code):
    state["stopped"].update(dict.fromkeys(names, code))


def wants(value):
    """The hosts to be updated now."""
    frozen = FLAG == "follows-change" or (FLAG == "noip" and config["service"] == "noip")
    if FLAG == "renumber":
        frozen = value.split(",")[0] in (state["stored"].get(hosts[0]) or "")
    age = now() - state.get("when", now())
    again = (FLAG == "no-needless" and age > 1800) or (FLAG == "clock-ahead" and age > 86400)
    return [
        host
        for host in hosts
        if host not in state["stopped"]
        and (again or state["stored"].get(host) != value)
        and not (frozen and state["stored"].get(host))
    ]


def due(value):
    """False while an update has to wait."""
    if FLAG == "first-update":
        state.setdefault("began", value)
        if value == state["began"]:
            return False
    if FLAG == "clock-back" and state.get("when", 0) > now() + 3600:
        return False
    return now() >= state["hold"] and bool(value or (FLAG == "unknown" and once("empty")))


state = load()
while True:
    value = address()
    names = wants(value)
    if names and due(value):
        groups = [[name] for name in names] if FLAG == "grouped" else [names]
        values = value.split(",") if FLAG == "dual-once" else [value]
        for group in groups:
            for part in values:
                update(group, part)
            if len(values) > 1:
                state["stored"].update(dict.fromkeys(group, value))
        save()
    time.sleep(LOOK / SPEED)
