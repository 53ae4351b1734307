# SPDX-License-Identifier: MIT
# What a user says to the agent, with a provider, a line, flash and time in memory
# (tools/simulate/virtual.py).
from agent_world import TWO, YEAR, A, B, C, cfg, changed, heard, started


def test_what_the_user_says_between_two_accounts_holds_for_the_second():
    for line, sent in (("pause", 2), ("offline b.example.org", 3), ("retry b.example.org", 3)):
        world = started()
        if line[:5] == "retry":
            world.provider.say["bob"] = "badauth"
            changed(world, C, 100)
            world.provider.say.clear()
        heard_, agent = [], world.agent

        async def said():
            if not heard_:
                heard_.append(agent.command(line))

        agent._listen = said
        assert len(changed(world, B)) == sent and heard_[0]["ok"], line
        assert world.provider.stored["b.example.org"]["offline"] == (line[:3] == "off")


def test_commands_of_the_user():
    world = started()
    say = lambda text: world.command(text)  # noqa: E731
    assert say("pause")["ok"] and changed(world, B, 500) == []
    assert not say("update")["ok"]
    world.off(5)
    world.boot()
    world.run(500)
    assert heard(world) == [], "a pause outlives a reboot"
    assert say("resume")["ok"]
    world.run(5)
    assert len(heard(world)) == 3
    world.run(100)
    assert say("update a1.example.org")["ok"]
    world.run(5)
    assert heard(world) == [("a1.example.org", B)]
    again = say("update a1.example.org")
    assert not again["ok"] and "again in" in again["text"]
    assert not say("retry a1.example.org")["ok"] and not say("retry")["ok"] and not say("nonsense")["ok"]
    world.provider.say["ann"] = "badauth"
    assert changed(world, C, 500) == [("a2.example.org", C), ("b.example.org", C)]
    world.provider.say.clear()
    assert say("retry a2.example.org")["ok"], "ends the stop of the account"
    world.run(5)
    assert heard(world) == [("a1.example.org", C), ("a2.example.org", C)]


def test_an_update_that_was_granted_outlives_a_power_cut():
    world = started()
    world.run(100)
    world.provider.say["*"] = "911"
    assert world.command("update b.example.org")["ok"]
    world.run(5)
    world.provider.say.clear()
    heard(world)
    world.off(5)
    world.boot()
    world.run(86400)
    assert heard(world) == [("b.example.org", A)]


def test_a_year_of_refreshes_is_not_held_against_the_user():
    world = started(TWO.replace("{", '{"intervals": {"check": 3600}, ', 1))
    world.run(YEAR)
    assert len(heard(world)) >= 36, "a refresh of three hosts every month"
    assert world.command("offline b.example.org")["ok"]
    world.run(100)
    assert world.command("update b.example.org")["ok"], "taking it back needs no pause"
    world.run(1000)
    assert world.command("offline b.example.org")["ok"]


def test_a_host_goes_offline_also_while_the_line_has_no_address():
    world = started()
    world.line[4] = "100.64.1.1"
    world.run(100)
    assert world.command("offline b.example.org")["ok"]
    world.run(5)
    assert world.provider.stored["b.example.org"]["offline"]


def test_offline_is_refused_for_all_entries_of_a_name_or_done_for_none():
    rows = [
        ("ann", "secret", ["a.example.org"], {}),
        ("bob", "secret", ["a.example.org"], {"provider": "ovh"}),
    ]
    world = started(cfg(*rows))
    answer = world.command("offline a.example.org")
    assert not answer["ok"] and "ovh" in answer["text"]
    world.run(100)
    assert heard(world) == []


def test_a_command_that_the_journal_cannot_keep_says_so():
    world = started()
    world.provider.say["a1.example.org"] = "nohost"
    changed(world, B, 100)
    world.cut = "refuse"
    for line in ("update b.example.org", "offline a2.example.org", "retry a1.example.org", "pause", "resume"):
        answer = world.command(line)
        assert answer["ok"] and "forgotten at a restart: the journal cannot be written" in answer["text"], (
            line
        )
    world.cut = None
    answer = world.command("pause")
    assert answer == {"ok": True, "text": "paused: nothing is sent until resume"}


def test_offline_is_sent_until_it_is_done_and_update_brings_the_host_back():
    world = started()
    world.provider.say["*"] = "refuse"
    assert world.command("offline b.example.org")["ok"]
    world.run(100)
    heard(world)
    world.provider.say.clear()
    world.run(8000)
    assert heard(world) == [("b.example.org", A)] and world.provider.stored["b.example.org"]["offline"]
    assert changed(world, B, 1000) == [("a1.example.org", B), ("a2.example.org", B)]
    assert world.command("update b.example.org")["ok"]
    world.run(5)
    assert heard(world) == [("b.example.org", B)] and not world.provider.stored["b.example.org"]["offline"]
