# SPDX-License-Identifier: MIT
"""A UPnP router on loopback, and its descriptions and answers."""

IGD = "urn:schemas-upnp-org:service:"


def service(kind, control, events):
    return (
        "<service><serviceType>%s%s</serviceType><serviceId>x</serviceId><SCPDURL>/s.xml</SCPDURL>"
        "<controlURL>%s</controlURL><eventSubURL>%s</eventSubURL></service>" % (IGD, kind, control, events)
    )


def description(*services, base=""):
    head = '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">%s<device><serviceList>' % base
    tail = "</serviceList></device></root>"
    other = service("Layer3Forwarding:1", "/l3", "/l3e")
    return (head + other + "".join(services) + tail).encode()


WAN = service("WANIPConnection:2", "/ctl/IPConn", "/evt/IPConn")
GATEWAY = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"


def ssdp(url, target=GATEWAY, end="\r\n"):
    lines = (
        "HTTP/1.1 200 OK",
        "CACHE-CONTROL: max-age=120",
        "ST: " + target,
        "Location:  " + url,
        "SERVER: MiniUPnPd/2.3.1",
        "",
        "",
    )
    return end.join(lines).encode()
