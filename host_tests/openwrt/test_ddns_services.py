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
