# SPDX-License-Identifier: MIT
"""The agent at a real Mosquitto, over verified TLS and with a password: what is said, heard, and never late.
Host only; packets and waits: shared/test_mqtt.py."""

import json
import os
import re
import time

import pytest

from host_tests.host import homeassistant_keys
from host_tests.host.mqtt_watch import Watch, Way
from tools import ROOT
from tools.lab import running
from tools.netlab import as_board
from tools.netlab import broker as brokers
from tools.netlab.agent_process import CPYTHON, EVERY, Agent, account, forms_of

pytestmark = pytest.mark.needs("mosquitto")
NAME, DEVICE = "demo.dyndns.org", "roof-3"
A, B, C, D = "45.33.7.9", "45.33.7.10", "45.33.7.11", "45.33.7.12"
#: CPython and the 32-bit MicroPython; all of them at night.
NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
BOTH = EVERY if NIGHTLY else (CPYTHON, "micropython-i386")
LATE = 1.0  # seconds that a broker may cost an update


@pytest.fixture(scope="module")
def lab():
    with running("dyn") as lab:
        yield lab


@pytest.fixture
def broker(tmp_path):
    with brokers.running(tmp_path) as broker:
        yield broker


def mqtt(broker, **more):
    doc = {
        "host": "localhost", "port": broker.tls_port, "ca": str(broker.ca_der), "user": brokers.USER,
        "password": brokers.PASSWORD, "name": DEVICE, "spread": 1,
    }  # fmt: skip
    return {**doc, **more}


def device(lab, interpreter, doc, **more):
    """An agent whose name leads to A from its first round on."""
    lab.reset()
    config = {"accounts": [account(lab, NAME, **more)], "mqtt": doc, "intervals": {"minimum": 1}}
    agent = Agent(interpreter, config, speed=20)  # the least second between two updates is 50 ms
    agent.set_address(A)
    return agent


def publish(lab, agent, address):
    """The line has another address: seconds until the provider has it."""
    time.sleep(0.2)
    agent.set_address(address)
    start = time.monotonic()
    agent.command("check")
    while lab.published(NAME)["A"] != address:
        assert time.monotonic() - start < 30, agent.output
        time.sleep(0.005)
    return time.monotonic() - start


@pytest.mark.parametrize("marks", ["-", "-6", "-u", "-6u"])
def test_the_rows_make_a_message_that_home_assistant_takes(marks):
    """Whatever the device keeps and can: each choice of rows is whole."""
    lines = (ROOT / "firmware/catalogue/homeassistant.txt").read_text().splitlines()
    message = json.loads("".join(line[2:] for line in lines if line[:1] in marks))
    assert homeassistant_keys.faults(message) == []
    assert ("ipv6" in message["cmps"]) == ("6" in marks)
    assert ("cmd_t" in message["cmps"]["update"]) == ("u" in marks)


@pytest.mark.parametrize("interpreter", BOTH)
def test_state_will_discovery_and_commands(lab, broker, interpreter):
    with Watch(broker) as watch, device(lab, interpreter, mqtt(broker, label="the roof")) as agent:
        # what an older day left behind is no command
        watch.send("wanbeacon/%s/set" % DEVICE, "pause", True)
        agent.start()
        watch.until(lambda: watch.state(DEVICE).get("state") == "ok")
        state = watch.state(DEVICE)
        assert (state["ipv4"], state["problem"], state["paused"], state["label"]) == (
            A,
            False,
            False,
            "the roof",
        )
        assert watch.last["wanbeacon/%s/online" % DEVICE] == b"online"
        topic = "homeassistant/device/%s/config" % DEVICE
        message = json.loads(watch.last[topic])
        assert homeassistant_keys.faults(message) == [] and len(watch.last[topic]) < 2500
        assert set(message["cmps"]) >= {
            "ipv4",
            "problem",
            "changed",
            "next",
            "check",
            "retry",
            "pause",
            "update",
        }
        for part in message["cmps"].values():  # what a template reads is in the state
            for key in re.findall(r"value_json\.(\w+)", part.get("val_tpl", "")):
                assert key in state, key
        with Watch(broker) as later:
            later.until(lambda: len(later.last) >= 4, "it is not retained")
            assert all(retained for _, _, retained in later.said)

        before = len(watch.said)
        time.sleep(1)
        agent.command("check")
        time.sleep(0.5)
        assert watch.said[before:] == [], "nothing changed"

        for part in ("pause", "resume"):
            watch.send(message["cmps"][part]["cmd_t"], message["cmps"][part]["pl_prs"])
            watch.until(lambda part=part: watch.state(DEVICE)["paused"] is (part == "pause"))
        answer = "wanbeacon/%s/answer" % DEVICE
        watch.send("wanbeacon/%s/set" % DEVICE, "offline " + NAME)
        watch.until(lambda: b"offline" in watch.last.get(answer, b""))
        assert json.loads(watch.last[answer])["ok"] is False and lab.published(NAME)["A"] == A
        agent.set_address(B)
        watch.send("wanbeacon/%s/set" % DEVICE, "check")
        watch.until(lambda: watch.state(DEVICE).get("ipv4") == B and lab.published(NAME)["A"] == B)

        agent.kill()
        watch.until(lambda: watch.last["wanbeacon/%s/online" % DEVICE] == b"offline", "no last will")
        every = b" ".join(topic.encode() + payload for topic, payload, _ in watch.said)
        for secret in (brokers.PASSWORD, "demo-key"):
            for form in forms_of(secret):
                assert form not in every and form not in agent.everything()


@pytest.mark.parametrize("interpreter", BOTH)
def test_a_refused_account_is_a_problem_with_its_reason_and_retry_is_a_button(lab, broker, interpreter):
    with Watch(broker) as watch, device(lab, interpreter, mqtt(broker), password="wrong-key") as agent:
        agent.start()
        watch.until(lambda: watch.state(DEVICE).get("state") == "stopped")
        state = watch.state(DEVICE)
        assert state["problem"] and state["code"] == "stop.AUTH" and state["answer"] == "badauth", state
        watch.send("wanbeacon/%s/set" % DEVICE, "retry")
        watch.until(lambda: json.loads(watch.last.get("wanbeacon/%s/answer" % DEVICE, b"{}")).get("ok"))


@pytest.mark.parametrize("interpreter", BOTH)
def test_a_broker_that_comes_back_hears_everything_again(lab, broker, interpreter):
    with device(lab, interpreter, mqtt(broker)) as agent:
        agent.start()
        agent.wait(lambda s: s["mqtt"]["state"] == "connected" or (agent.command("check") and False))
        broker.stop()
        assert publish(lab, agent, B) < LATE
        broker.start()  # it has kept nothing
        with Watch(broker) as watch:
            watch.until(lambda: watch.state(DEVICE).get("ipv4") == B)
            assert "homeassistant/device/%s/config" % DEVICE in watch.last
            assert watch.last["wanbeacon/%s/online" % DEVICE] == b"online"
        assert (
            agent.output.count("broker localhost:") == 1
            and agent.output.count("connected to the broker") == 2
        )


@pytest.mark.parametrize("interpreter", BOTH)
def test_a_broker_that_is_dead_mute_or_slow_makes_no_update_late(lab, broker, interpreter):
    took = {}
    with Way(broker.tls_port) as way, device(lab, interpreter, mqtt(broker, port=way.port)) as agent:
        agent.start()
        agent.wait(lambda s: s["mqtt"]["state"] == "connected" or (agent.command("check") and False))
        usual = publish(lab, agent, B)

        def bad(name, address, seconds=0.7):
            """Two updates while it is so, one of them while the agent tries to connect."""
            time.sleep(seconds)
            took[name] = publish(lab, agent, address)
            way.cut()
            time.sleep(seconds)
            took[name + ", connecting"] = publish(lab, agent, B if address != B else A)

        way.rate = 50  # a TLS handshake takes a minute, a state ten seconds
        bad("slow", C)
        way.rate = None
        if NIGHTLY:
            way.mute = True
            bad("mute", D)
            way.mute = False
        broker.freeze(True)
        bad("frozen", A)
        broker.freeze(False)
        broker.stop()
        bad("gone", C)
        broker.start()
        way.cut()
        address = agent.now()["hosts"][0]["ipv4"]
        if NIGHTLY:
            with Watch(broker) as watch:
                watch.until(lambda: watch.state(DEVICE).get("ipv4") == address, timeout=90)
    print("seconds from the change to the provider: usually %.3f, %s" % (usual, took))
    assert max(took.values()) < usual + LATE, took


@pytest.mark.parametrize("interpreter", BOTH)
def test_who_is_no_broker_of_ours_learns_no_password(lab, broker, interpreter):
    with Way(broker.tls_port) as way:
        for doc, word in (
            (mqtt(broker, port=way.port, ca=str(lab.ca_der)), "no known authority"),
            (mqtt(broker, port=lab.https_port, ca=str(lab.ca_der)), "MQTT"),
            (mqtt(broker, password="wrong-Pass-w0rd"), "refuses"),
        ):
            with device(lab, interpreter, doc) as agent:
                agent.start()
                agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
                end = time.monotonic() + 20
                while word not in agent.now()["mqtt"]["why"]:
                    assert time.monotonic() < end, (word, agent.now()["mqtt"], agent.output)
                    time.sleep(0.05)
                assert agent.now()["mqtt"]["state"] == "waiting" and doc["password"] not in agent.output


def test_a_second_device_of_the_same_name_does_not_make_a_storm(lab, broker):
    with device(lab, CPYTHON, mqtt(broker)) as one, device(lab, CPYTHON, mqtt(broker)) as two:
        for agent in (one, two):
            agent.start()
        time.sleep(3)
        connects = broker.log.count(" as %s " % DEVICE)
        assert 2 <= connects <= 8, connects


def test_what_it_costs_of_a_boards_heap_and_that_it_stays_so(lab, broker, tmp_path):
    """Compiled for a board, 32 bit, five hosts; 250 updates at night."""
    count = 250 if NIGHTLY else 24
    compiled = as_board.compile_board()
    lab.reset()
    without, _ = as_board.updates(lab, compiled, "160k", 3)
    doc = mqtt(broker, plain=True, port=broker.plain_port, spread=1)
    del doc["ca"]
    with Watch(broker) as watch:
        used, _ = as_board.updates(lab, compiled, "160k", count, third=8, more={"mqtt": doc})
        said = sum(topic == "wanbeacon/%s/state" % DEVICE for topic, _, _ in watch.said)
    print("heap in use: %d without, %d with a broker; after %d updates %d; %d states" % (
        without[-1], used[4], count, used[-1], said))  # fmt: skip
    assert said >= count // 3, "on a busy machine two changes may be one state"
    # the first ten fill what is kept of the past
    assert max(used[count // 2 :]) < max(used[10 : count // 2]) + 500, used
    assert used[4] < without[-1] + 12000, (without, used)
