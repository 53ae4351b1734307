# SPDX-License-Identifier: MIT
"""`python -m tools push`: what it prints is for the settings' own port and key, and the URLs in it are ones
that the source takes."""

import json
import re
import subprocess
import sys

import pytest
from wanbeacon.observe import push as source

from tools import ROOT, push

KEY = {"source": "push", "user": "router", "password": "let-me-in", "port": 8245}


def run(tmp_path, *options, address=(KEY,), **more):
    file = tmp_path / "my.json"
    file.write_text(json.dumps({"address": list(address), "accounts": [
        {"provider": "dyn", "user": "ann", "password": "provider-secret",
         "hosts": ["home.example.org"]}], **more}))  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "tools", "push", str(file), *options], cwd=ROOT, capture_output=True, text=True
    )


def test_every_router_is_named_with_the_settings_of_the_file(tmp_path):
    done = run(tmp_path, "--at", "192.168.178.50")
    assert done.returncode == 0, done.stderr
    for word in (
        "FRITZ!Box",
        "UniFi",
        "MikroTik",
        "OpenWrt",
        "pfSense",
        "ASUS",
        "let-me-in",
        "192.168.178.50:8245",
        "TLS",
    ):
        assert word in done.stdout, word
    assert "provider-secret" not in done.stdout
    assert done.stdout.count("192.168.178.50:8245") >= 6
    one = run(tmp_path, "--at", "192.168.178.50", "--router", "pfsense").stdout
    assert one.startswith("pfSense") and "FRITZ" not in one


def test_a_board_is_pushed_at_its_pages_own_port(tmp_path):
    wifi = [{"ssid": "home", "password": "12345678"}]
    for portal, at in (({}, ":80/nic"), ({"port": 8080}, ":8080/nic"), ({"enabled": False}, ":8245/nic")):
        done = run(tmp_path, "--at", "192.168.178.50", "--router", "fritzbox", wifi=wifi, portal=portal)
        assert "192.168.178.50" + at in done.stdout, (portal, done.stdout, done.stderr)


@pytest.mark.parametrize("router", ["fritzbox", "mikrotik", "openwrt", "pfsense", "asus", "inadyn"])
def test_the_url_with_values_in_it_is_taken_and_answered_well(router):
    page = push.text(router, "192.168.178.50", KEY, "home.example.org")
    urls = re.findall(r"/nic/update[^\s\"'`]*", page.replace("\\", ""))
    assert urls
    for url in urls:
        for mark in ("<ipaddr>", "%i", "[IP]", "%IP%", "$1"):
            url = url.replace(mark, "45.33.7.7")
        url = (
            url.replace("<domain>", "home.example.org")
            .replace("[DOMAIN]", "home.example.org")
            .replace("%h", "home.example.org")
        )
        url = url.replace("<ip6addr>", "2003:d6:abbf:2220::1").replace(
            "<ip6lanprefix>", "2003:d6:abe2:1f00::/56"
        )
        if router == "mikrotik":
            url += "2003:d6:abe2:1f00::/56" if url.endswith("ip6lanprefix=") else "45.33.7.7/24"
        one = source.Observer(KEY, type("Kit", (), {"board": None}))
        status, said = one.answer(
            ("GET %s HTTP/1.1\r\nAuthorization: Basic cm91dGVyOmxldC1tZS1pbg==" % url).encode(),
            b"",
            "192.168.178.1",
        )
        assert status == 200 and said.startswith("good "), (url, said)
        assert one.found or one.networks


def test_mistakes_are_one_line(tmp_path):
    for options, address, word in (
        (("--at", "192.168.178.50"), ["auto"], "no source"),
        (("--at", "nas.fritz.box"), [KEY], "IPv4 address at home"),
        (("--at", "45.33.7.7"), [KEY], "IPv4 address at home"),
        (("--at", "192.168.178.50", "--router", "x"), [KEY], "no router"),
        (("--at", "192.168.178.50"), [{"source": "push"}], "user"),
    ):  # fmt: skip
        done = run(tmp_path, *options, address=address)
        assert done.returncode and word in done.stderr and done.stderr.count("\n") == 1, (
            options,
            done.stderr,
        )
    assert (
        "several routers do not escape"
        in run(tmp_path, "--at", "192.168.178.50", address=[dict(KEY, password="a&b c")]).stdout
    )
