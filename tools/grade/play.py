# SPDX-License-Identifier: MIT
"""Plays scenes with clients, many at once: with nuisances that every client has to take in its stride, again
without them when a rule is not met, and again more slowly where the machine was too slow to tell."""

import contextlib
import zlib
from concurrent.futures import ThreadPoolExecutor

from . import rules
from .run import Enough, Run, cut_short

#: What servers do every day: an answer in chunks, codes with a capital, an answer that takes a second.
NUISANCES = (("chunked",), ("title-case",), ("slow",), ("chunked", "title-case"), ("chunked", "slow"), ())


def nuisances_of(scene):
    """The nuisances of a scene: always the same ones, so that a verdict can be had again."""
    return NUISANCES[zlib.crc32(scene.name.encode()) % len(NUISANCES)]


def once(client, scene, speed, wire=False, nuisances=()):
    """One run of a scene, whatever comes of it; returns its record."""
    with Run(client, scene, speed, wire, nuisances) as run:
        with contextlib.suppress(Enough):
            scene.script(run)
        return run.result(scene)


def _held_up(record):
    """Whether the machine was too slow for this client: no fault explains what it did, or did late."""
    return bool(record["silent"] or record["slow"] or record["late"])


def _open(record):
    """Whether a record leaves something to be asked again: a rule that is not met, or one that a machine
    which held the client up may have met for it."""
    timed = any(rule.timed and record["scene"] in rule.scenes for rule in rules.RULES)
    return bool(unmet(record) or unmet(record, None) or (timed and _held_up(record)))


def _patiently(client, scene, speed, wire, nuisances):
    """A scene that leaves a rule unmet although the machine was too slow for a client whose deadlines run
    `speed` times as fast (no fault explains why it left without a request or without waiting for the answer,
    or why the answer or its first request was late) is run again at half the speed, then at a quarter."""
    for attempt in (speed, speed / 2, speed / 4):
        record = once(client, scene, attempt, wire, nuisances)
        if (
            wire
            or cut_short.is_set()
            or scene.options.get("broken")
            or not _held_up(record)
            or not _open(record)
        ):
            break
    return record


def unmet(record, verdict=False):
    """The rules that this record alone shows to be broken (False) or leaves open although it is their only
    one (None)."""
    return [
        rule.id
        for rule in rules.RULES
        if record["scene"] in rule.scenes
        and rule.judge(record)[0] is verdict
        and (verdict is False or len(rule.scenes) == 1)
    ]


def play(client, scene, speed=None, wire=False, strict=False, nuisances=True):
    """Runs one scene with one client; returns its record.

    A client that breaks a rule with nuisances gets the scene again without them, so that it is held against
    it in the rule for that nuisance and in no other; `strict` leaves it at the first."""
    speed = speed or client.speed
    with_them = nuisances_of(scene) if nuisances else ()
    if with_them and not strict:
        record = once(client, scene, speed, wire, with_them)
        if cut_short.is_set() or not _open(record):
            return record
        with_them = ()
    return _patiently(client, scene, speed, wire, with_them)


def play_all(clients, scenes, jobs=4, told=lambda record: None, **how):
    """{client name: {scene name: record}} of every client in every scene it has settings for; `told(record)`
    after each; `how`: see play."""
    table = {client.name: {} for client in clients}

    def one(client, scene):
        record = play(client, scene, **how)
        if cut_short.is_set():
            return  # cut short: nothing to report
        table[client.name][scene.name] = record
        told(record)

    with ThreadPoolExecutor(jobs) as pool:
        work = [
            pool.submit(one, client, scene)
            for scene in scenes
            for client in clients
            if not client.cannot.keys() & scene.options
        ]
        try:
            for item in work:
                item.result()
        except BaseException:
            cut_short.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return table
