"""A small DDNS client that does everything right, or, named a flag, one thing wrong: what the grader's own test grades.

    python bad_client.py CONFIG SPEED [RULE]

RULE is the id of the rule to break. Knows the protocol as little as it can; its hours pass SPEED times as fast."""

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
from pathlib import Path

config = json.loads(Path(sys.argv[1]).read_text())
SPEED = float(sys.argv[2])
FLAG = sys.argv[3] if len(sys.argv) > 3 else ""
REFUSALS = ("badauth", "nohost", "notfqdn", "numhost", "abuse", "badagent", "!donator")
AGENTS = {"user-agent": "python-requests/2.31", "agent-dyn": "GoodClient/1.0 tester", "agent-noip": "Testers Ltd - Good - 1.0"}
BOGONS = {"private": "192.168.0.0/16", "cgnat": "100.64.0.0/10", "reserved": "203.0.113.0/24"}
hosts = config["hosts"].split(",")


def now():
    return time.time() * SPEED


def load():
    try:
        state = json.loads(Path(config["state"]).read_text())
    except FileNotFoundError:
        state = {"stored": {}, "stopped": {}, "hold": 0, "once": [], "checked": 0}
    if FLAG == "restart":
        state["stored"] = {}
    if FLAG == "refusal-kept":
        state["stopped"] = {}
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
    return value.is_global or (FLAG in BOGONS and value.version == 4 and value in ipaddress.ip_network(BOGONS[FLAG]))


def address():
    """"4", "4,6" or "": what may be published."""
    if config["source"] == "page":
        return page()
    try:
        found = Path(config["file"]).read_text().split()
    except FileNotFoundError:
        return ""
    found = found[:1] if FLAG == "dual" else found
    return ",".join(found) if all(map(usable, found)) else ""


def page():
    due = now() - state["checked"] > (300 if FLAG == "check-page" else 800)  # a busy machine delays a question by minutes of these
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
    good = {"dyn": "Testers Ltd - Good Client - 1.0", "noip": "Testers GoodClient-Model/1.0 tester@example.net"}
    return AGENTS.get(FLAG) or good[config["service"]]


def connect(scheme, host, port):
    limit = None if FLAG == "hang" else 4
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=limit)
    context = ssl.create_default_context(cafile=config["ca"])
    if FLAG in ("tls-name", "tls-authority"):
        context.check_hostname = False
    if FLAG == "tls-authority":
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
        answer, body = ask((where.scheme, where.hostname, where.port), "GET", where.path + "?" + where.query, headers)
    return answer.status, body.decode(), answer.headers


def ask(place, method, path, headers):
    connection = connect(*place)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def update(names, value):
    try:
        status, body, headers = exchange(names, value)
    except (OSError, http.client.HTTPException):
        if FLAG == "recovers-outage":
            stop(names, "dead")
        state["hold"] = now() + 100
        if FLAG == "gentle":
            for _ in range(30):  # at once, so that it shows on the slowest machine as well
                with contextlib.suppress(OSError):
                    socket.create_connection((config["host"], config["port"]), 4).close()
        return
    words = [line.split() for line in body.splitlines() if line.strip()]
    words = words * len(names) if len(words) == 1 else words
    if headers.get("Retry-After"):
        state["hold"] = now() + (300 if "retry-after-%d" % status == FLAG else int(headers["Retry-After"]) + 20)
        if "recovers-%d" % status == FLAG:
            stop(names, "dead")
        return
    if (FLAG == "html" and "good" in body and "<html" in body) or (FLAG == "empty" and not body):
        words = [["good"]] * len(names)
    if FLAG == "chunked" and headers.get("Transfer-Encoding"):
        words = [["5"]]
    if len(words) != len(names):
        words = [["?"]] * len(names)
    for name, word in zip(names, words, strict=True):
        learn(name, value, word, status)
    if FLAG == "well-hosts" and len(hosts) > 1 and once("well"):
        state["stored"].clear()
    if FLAG == "other-hosts" and state["stopped"]:
        stop(hosts, "badauth")


def learn(name, value, word, status):
    code = word[0].lower()
    if word[:2] == ["good", "127.0.0.1"] and FLAG != "loopback":
        code = "badagent"
    if code in ("good", "nochg"):
        state["stored"][name] = value
        if FLAG == "no-needless" and once("needless"):
            state["stored"][name], state["hold"] = "", now() + 200
    elif code in REFUSALS:
        again = ("stop-401" if status == 401 else "stop-" + code) == FLAG
        if FLAG == "refused-host" and len(hosts) > 1:
            state["stored"][name] = value
        elif again and once("again"):
            state["hold"] = now() + 200
        else:
            stop([name], code)
    elif code in ("911", "dnserr"):
        early = ("wait-911-500" if status == 500 else "wait-" + code) == FLAG
        state["hold"] = now() + (700 if early else 1900)
    else:
        state["hold"] = now() + 600


def stop(names, code):
    state["stopped"].update(dict.fromkeys(names, code))


def wants(value):
    """The hosts to be updated now."""
    frozen = FLAG == "follows-change" or (FLAG == "noip" and config["service"] == "noip")
    return [host for host in hosts if host not in state["stopped"] and state["stored"].get(host) != value
            and not (frozen and state["stored"].get(host))]


def due(value):
    """False while an update has to wait."""
    if FLAG == "first-update":
        state.setdefault("began", value)
        if value == state["began"]:
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
    time.sleep(20 / SPEED)
