# SPDX-License-Identifier: MIT
"""What a UPnP router writes: announcements and descriptions, as sloppy as they are."""

from loopback import LO
from upnp_kit import GATEWAY, IGD, WAN, description, service, ssdp
from wanbeacon.observe import gena, igd, xml


def test_the_wan_service_of_either_version_and_kind_is_found():
    found = igd.services(description(WAN), 5000, "/rootDesc.xml")
    assert found == [(IGD + "WANIPConnection:2", (5000, "/ctl/IPConn"), (5000, "/evt/IPConn"))]
    both = description(
        service("WANPPPConnection:1", "ppp", "http://x:81/e"), service("WANIPConnection:1", "/ip", "")
    )
    found = igd.services(both, 80, "/upnp/desc.xml")
    assert [one[0][len(IGD) :] for one in found] == ["WANPPPConnection:1", "WANIPConnection:1"]
    assert found[0][1:] == ((80, "/upnp/ppp"), (81, "/e"))


def test_urlbase_moves_the_port_but_never_the_host():
    xml = description(WAN, base="<URLBase>http://203.0.113.9:49152/</URLBase>")
    assert igd.services(xml, 80, "/d")[0][1] == (49152, "/ctl/IPConn")
    xml = description(service("WANIPConnection:1", "http://evil.example:8080/x", "/e"))
    assert igd.services(xml, 80, "/d")[0][1] == (8080, "/x")


def test_descriptions_without_a_wan_or_damaged_ones_give_nothing_or_an_error():
    for data in (b"", b"<service>", description(), b"<service></service>" * 50, b"\xff" * 4000, b"<" * 16000):
        assert igd.services(data, 80, "/d") == [], data[:30]
    whole = description(WAN)
    for cut in range(0, len(whole), 7):
        try:
            igd.services(whole[:cut], 80, "/d")
        except ValueError:
            pass


def test_elements_as_sloppy_as_routers_write_them():
    for data in (
        b"<a><NewX xmlns:dt='x' dt:dt=\"string\"> 1.2.3.4 </NewX></a>", b"<NewX>1.2.3.4",
        b"<NewX\n>\r\n1.2.3.4\t</NewX>", b"<m:NewX>1.2.3.4</m:NewX>", b"<u:NewX dt='a/b'>1.2.3.4</u:NewX>",
        b"<NewX><![CDATA[ 1.2.3.4 ]]></NewX>", b"<NewXY>9.9.9.9</NewXY><NewX>1.2.3.4</NewX>",
        b"<OldNewX>9.9.9.9</OldNewX><NewX>1.2.3.4</NewX>", b"</NewX><NewX>1.2.3.4</NewX>",
        b"NewX <NewX>1.2.3.4</NewX>", b"<a:b:NewX/><NewX>1.2.3.4</NewX>"[9:],
    ):  # fmt: skip
        assert xml.text(data, b"NewX") == b"1.2.3.4", data
    for data in (
        b"<NewX/>",
        b"<NewX />",
        b"<NewX",
        b"<NewX ",
        b"no",
        b"",
        b"NewX>1",
        b"< NewX>1</NewX>",
        b"\xff\xfe" * 50,
        b"<NewX>",
    ):
        assert xml.text(data, b"NewX") == b"", data
    assert xml.text(b"<u>/a?b=1&amp;c=&quot;2&quot;</u>", b"u") == b'/a?b=1&c="2"'
    assert xml.text(b"<u>&#47;a&#x2F;b&#X3f;&#38;&#0;&#999;&#x;&#</u>", b"u") == b"/a/b?&&#0;&#999;&#x;&#"
    assert xml.text(b"<NewX>1.2.3.4\0</NewX>", b"NewX") == b"1.2.3.4"
    assert xml.without_comments(b"a<!-- <b> -->c<!----><!-- d") == b"ac"


def test_what_cannot_be_used_of_a_description_costs_no_more_than_itself():
    row = b"<serviceType>%sWANIPConnection:1</serviceType><controlURL>/c</controlURL>" % IGD.encode()
    events = b"<eventSubURL>/e</eventSubURL>"
    for base in (b"https://192.168.1.1/", b"ftp://x", b"http://a b/", b"http:///", b"192.168.1.1:5000"):
        data = b"<root><URLBase>%s</URLBase><service>%s%s</service></root>" % (base, row, events)
        assert igd.services(data, 5000, "/d") == [(IGD + "WANIPConnection:1", (5000, "/c"), (5000, "/e"))], (
            base
        )
    for bad in (b"<eventSubURL>https://x/</eventSubURL>", b"<eventSubURL>/\xff</eventSubURL>"):
        data = b"<root><service>%s%s</service></root>" % (row, bad)
        assert igd.services(data, 5000, "/d") == [(IGD + "WANIPConnection:1", (5000, "/c"), (5000, "/c"))], (
            bad
        )
    assert igd.answer(b"HTTP/1.1 200 OK\r\nLOCATION: http://:1900/d\r\n\r\n", LO, LO)[1:3] == (1900, "/d")


def test_descriptions_as_sloppy_as_routers_write_them():
    want = [(IGD + "WANIPConnection:1", (5000, "/c"), (5000, "/e"))]
    row = (
        "<%sserviceType>%sWANIPConnection:1</%sserviceType><%scontrolURL>/c</%scontrolURL>"
        "<%seventSubURL>/e</%seventSubURL>"
    )
    for p in ("", "n:", "igd:"):
        for before, after in (
            ("<%sservice>" % p, "</%sservice>" % p),
            ("<%sservice a='b'>" % p, ""),
            ("<%sservice\n>" % p, "x"),
        ):
            block = before + row % (p, IGD, p, p, p, p, p) + after
            for data in (
                block,
                "<root><!-- <service> --><%sserviceList>" % p + block + "</root>",
                "\xef\xbb\xbf" + block,
            ):
                assert igd.services(data.encode(), 5000, "/d") == want, data
    cdata = (
        "<service><serviceType><![CDATA[%sWANIPConnection:1]]></serviceType><controlURL> /c </controlURL>"
        % IGD
    )
    assert igd.services((cdata + "<eventSubURL>\n/e</eventSubURL></service>").encode(), 5000, "/d") == want
    assert (
        igd.services(
            b"\xff\xfe\x80" + (cdata + "<eventSubURL>/e</eventSubURL>").encode() + b"\xff", 5000, "/d"
        )
        == want
    )


def test_what_could_break_a_request_is_left_out():
    for url in (
        "/c\nX-Evil: 1",
        "/c d",
        "/c\r\n\r\nGET /",
        "/\x00x",
        "http://192.168.1.1:5000/a\nb",
        "/\xe4",
        "http://h:x/",
    ):
        data = (
            "<service><serviceType>%sWANIPConnection:1</serviceType><controlURL>%s</controlURL></service>"
            % (IGD, url)
        )
        assert igd.services(data.encode(), 80, "/d") == [], url
    for kind in (
        'WANIPConnection:1"x',
        "WANIPConnection:1\nX: y",
        "WANIPConnection:1&quot;x",
        "WANIPConnection:1 x",
    ):
        data = "<service><serviceType>%s%s</serviceType><controlURL>/c</controlURL></service>" % (IGD, kind)
        for _, control, _ in igd.services(data.encode(), 80, "/d"):
            raise AssertionError(kind)


ROUTER = "192.168.77.1"


def test_of_a_location_only_port_and_path_count():
    for url, want in (
        ("http://192.168.77.1:5000/rootDesc.xml", (5000, "/rootDesc.xml")),
        ("http://[::1]:1900/rootDesc.xml", (1900, "/rootDesc.xml")),
        ("http://[fe80::1%25lan0]/d", (80, "/d")), ("http://0.0.0.0:80/d", (80, "/d")),
        ("http://router.lan:49152", (49152, "/")), ("HTTP://192.168.0.9:1/x?a=b", (1, "/x?a=b")),
    ):  # fmt: skip
        for end in ("\r\n", "\n"):
            assert igd.answer(ssdp(url, end=end), ROUTER, ROUTER)[1:3] == want, url
    for url in (
        "https://192.168.77.1/x", "http://192.168.77.1:0/x", "http://192.168.77.1:x/x", "",
        "http://192.168.77.1@evil.example/x", "http:///x", "http://r/a b", "http://r/a\tb", "http://r/\x01",
        "http://r/\x7f", "http://r:99999999999/", "http://[::1/x",
    ):  # fmt: skip
        assert igd.answer(ssdp(url), ROUTER, ROUTER) is None, url
    assert igd.answer(ssdp("http://r/a\nX-Evil: 1"), ROUTER, ROUTER)[1:3] == (80, "/a"), (
        "a bare LF ends the line"
    )
    assert igd.answer(b"", ROUTER, ROUTER) is None
    assert igd.answer(b"\xff\xfe" * 700, ROUTER, ROUTER) is None


def test_a_gateway_ranks_before_a_root_device_before_wps_before_another_address():
    order = [
        GATEWAY,
        "urn:schemas-upnp-org:service:WANIPConnection:1",
        "upnp:rootdevice",
        "urn:schemas-wifialliance-org:device:WFADevice:1",
    ]
    ranks = [igd.answer(ssdp("http://r/d", target), ROUTER, ROUTER)[0] for target in order]
    ranks += [igd.answer(ssdp("http://r/d", target), "192.168.77.2", ROUTER)[0] for target in order]
    assert ranks == sorted(ranks) and len(set(ranks)) == 8 and ranks[0] == 0


def test_renewal_is_due_at_half_the_time_and_every_five_minutes():
    for said, seconds in (
        ("Second-1800", 300), ("second-120", 60), ("Second-0", 5), ("infinite", 300), ("", 300),
        ("Second--9", 5), ("Second-99999999999", 300), ("Second-x", 300),
    ):  # fmt: skip
        assert gena.renew_s(("HTTP/1.1 200 OK\r\nTIMEOUT: %s\r\nSID: x" % said).encode()) == seconds, said
