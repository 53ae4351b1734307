"""import-ddns against every service name of ddns-scripts: what a row can serve is taken over, and `check`
accepts it."""

from tools.build.openwrt import ddns_table

#: No row can serve these: another way to log in, an API without a row, or a service that is gone.
NOT_HERE = {
    "aliyun.com",
    "beget.com",
    "blazingfast.io",
    "cloud.google.com-v1",
    "cnkuai.cn",
    "dnsever.com",
    "dnsexit.com",
    "dnsmax.com",
    "dnspod.cn-v3",
    "freedns.42.pl",
    "huaweicloud.com",
    "mythic-beasts.com",
    "one.com",
    "route53-v1",
    "thatip.com",
    "transip.nl",
}


def test_every_service_that_a_row_can_serve_is_taken_over():
    from wanbeacon.openwrt import ddns, render

    found, known = ddns_table.table(), render.providers(ddns_table.CATALOGUE)
    assert len(found) == 100
    missing = {name for name, (ours, _) in found.items() if not ours} - NOT_HERE
    # those with a script of their own need the row of a JSON API, or RFC 2136, in this catalogue
    waiting = {
        pair.partition("=")[0]
        for pair in ddns._APIS.split()
        if pair.partition("=")[2].partition(":")[0] not in known
    }
    assert missing <= waiting, missing - waiting
    print(
        "%d of 100 are taken over, %d wait for a row"
        % (sum(1 for ours, _ in found.values() if ours), len(missing))
    )
    assert all(said.startswith("NOT taken over: ") for ours, said in found.values() if not ours)
