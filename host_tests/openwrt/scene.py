# SPDX-License-Identifier: MIT
"""A running router in front of the provider lab: ubusd with the recorded netifd's answers, settings, the
agent.

`with Scene(box, net, lab) as scene`: scene.ubus, scene.box."""

import copy
import json
import shutil

from host_tests.openwrt import router, ubusd
from tools import ROOT
from tools.netlab import namespaces

DUMP = json.loads((ROOT / "host_tests/netlab/data/ubus-dump.json").read_text())["interface"]
ACL = json.loads((ROOT / "boards/openwrt/wanbeacon/files/usr/share/acl.d/wanbeacon_acl.json").read_text())
ACCOUNTS = {
    "zones": ["dyndns.org"],
    "accounts": [
        {"user": "home", "password": "home-key", "hosts": ["home.dyndns.org", "home2.dyndns.org"]},
        {"user": "office", "password": "office-key", "hosts": ["office.dyndns.org"]},
    ],
}


def recorded(name):
    """The recorded status of an interface, without its name."""
    row = copy.deepcopy(next(row for row in DUMP if row["interface"] == name))
    del row["interface"]
    return row


def uplink(number, address=None, up=True):
    """netifd's status of an uplink: the recorded `wan`, with this uplink's device and address."""
    device, usual, gateway = namespaces.Internet.UPLINKS[number]
    row = recorded("wan")
    row["device"] = device
    if up:
        row["l3_device"] = device
        row["ipv4-address"] = [{"address": address or usual, "mask": 24}]
        row["route"] = [
            {"target": "0.0.0.0", "mask": 0, "nexthop": gateway, "source": (address or usual) + "/32"}
        ]
    else:
        row["up"] = False
        for key in ("l3_device", "uptime"):
            row.pop(key, None)
        row["ipv4-address"] = row["route"] = []
    return row


class Scene:
    """See the file's head. interfaces: {name: status}; default: the recorded router."""

    def __init__(self, box, net, lab, interfaces=None):
        self.box, self.net, self.lab = box, net, lab
        found = interfaces or {"lan": recorded("lan"), "loopback": recorded("loopback"), "wan": uplink(0)}
        assert router.UID and ACL["user"] == "wanbeacon"
        rules = {"access": ACL["access"], "subscribe": ACL["subscribe"]}
        self.ubus = ubusd.Ubusd(
            box.path("/tmp/run/ubus/ubus.sock"), found, {router.UID: rules}, box.path("/tmp/dump.json")
        )

    def __enter__(self):
        shutil.copy(self.lab.ca_der, self.box.path("/etc/lab-ca.der"))
        self.ubus.start()
        return self

    def __exit__(self, *_):
        self.box.procd.stop()
        self.ubus.stop()

    def service(self, name, host, more="", key=None):
        """A `service` section for an account of the lab."""
        return (
            "config service '%s'\n\toption enabled '1'\n\toption service_name 'dyn'\n"
            "\toption username '%s'\n"
            "\toption password '%s'\n\toption domain '%s'\n\toption server '%s:%d'\n"
            "\toption cacert '/etc/lab-ca.der'\n%s\n"
            % (name, name, key or name + "-key", host, namespaces.PROVIDER, self.lab.https_port, more)
        )

    def start(self, *services):
        """These services, and the service started."""
        self.box.settings(
            "config wanbeacon 'main'\n\toption contact 'me@example.org'\n\toption min_interval '1'\n\n"
            + "\n".join(services)
        )
        done = self.box.procd.call("start")
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return self

    def published(self, host):
        """The A record the lab has for the name."""
        return (self.lab.published(host) or {}).get("A")

    def state(self, name):
        """The agent's record of that name in the status document, {} while there is none."""
        return next((host for host in self.box.status().get("hosts", ()) if host["name"] == name), {})

    def settled(self, name, seconds=10):
        """Waits until the agent says that the name is up to date."""
        return self.box.wait(lambda _: self.state(name).get("state") == "ok", seconds)
