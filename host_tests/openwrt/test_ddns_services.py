# SPDX-License-Identifier: MIT
"""import-ddns against every service name of ddns-scripts: what a row can serve is taken over, and `check`
accepts it."""

from tools.build.openwrt import ddns_table

#: No row can serve these: no API, another key than the one that is there, RSA, or others' records are lost.
NOT_HERE = {
    "beget.com",
    "blazingfast.io",
    "cloud.google.com-v1",
    "cnkuai.cn",
    "freedns.42.pl",
    "mythic-beasts.com",
    "one.com",
    "transip.nl",
}


def test_every_service_that_a_row_can_serve_is_taken_over():
    found = ddns_table.table()
    assert len(found) == 100
    assert {name for name, (ours, _) in found.items() if not ours} == NOT_HERE
    print("%d of 100 are taken over" % sum(1 for ours, _ in found.values() if ours))


def test_every_other_one_says_why_in_a_line():
    from wanbeacon.openwrt import ddns

    found = ddns_table.table()
    for name in NOT_HERE:
        said = found[name][1]
        assert said == "NOT taken over: " + ddns.WHY_NOT[name] and len(ddns.WHY_NOT[name]) > 30, said


#: Of newer versions, with what their scripts want: (user name, domain, more) -> what is to come of it.
NEWER = {
    "dnsimple.com-v2": (("1234", "example.org", {}), ("dnsimple", "home.example.org", "example.org")),
    "spaceship.com-v1": (
        ("key", "example.org", {"param_opt": "home"}),
        ("spaceship", "home.example.org", "example.org"),
    ),
    "gandi.net-v2": (("home", "example.org", {}), ("gandi", "home.example.org", "example.org")),
}


def test_newer_services_keep_their_zone_apart_from_the_name():
    for name, ((user, domain, more), wanted) in NEWER.items():
        taken = taken_over(name, user, domain, more)
        assert [
            tuple(section.get(key)[1] for key in ("service_name", "domain", "zone"))
            for section in taken.sections
        ] == [wanted], name


def test_a_script_that_is_not_known_is_no_row_by_a_likeness_of_names():
    """Its zone would be taken for the name, and the zone's own address be replaced."""
    for name in ("vultr.com", "ionos.com", "linode.com-v9", "dnsimple.com-v3"):
        taken = taken_over(name, "u", "example.org", {})
        assert taken.sections == [] and taken.lost, name
        said = next(row[3] for row in taken.rows if row[1] == "service_name")
        assert said.startswith("NOT taken over: ") and "wanbeacon providers" in said, said


def taken_over(*one):
    known, rows = (
        ddns_table.render.providers(ddns_table.CATALOGUE),
        ddns_table.import_ddns.rows_of(ddns_table.CATALOGUE),
    )
    taken = ddns_table.importer.convert(ddns_table.uci.parse(ddns_table.settings(*one)), known, rows)
    ddns_table.import_ddns.judge(taken, [], ddns_table.CATALOGUE)
    return taken
