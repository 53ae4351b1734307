"""Why an address is not publishable, in words that follow the address; one letter each, which stands in ranges.py."""

_WORDS = """
n is the unspecified address
t is in the range 'this network', RFC 1122
p is a private (LAN) address, RFC 1918: it is reachable at home only
c is inside your provider's carrier-grade NAT (CGNAT, RFC 6598): a name cannot make you reachable; ask the provider \
for a public address or use IPv6
o is the loopback address of the device itself
l is a link-local address: it works on one cable only
a is reserved for protocol assignments (DS-Lite, NAT64), RFC 6890
d is reserved for documentation
s belongs to a shared service (AS112, AMT, 6to4 relay), not to your line
b is reserved for benchmarks, RFC 2544
m is a multicast address
r is reserved
u is a unique local (home) address, RFC 4193
x belongs to an automatic tunnel (6to4, Teredo, NAT64), not to your line
e is the discard prefix, RFC 6666
g is reserved for segment routing, RFC 9602
i is a site-local address (deprecated)
"""


def words(letter):
    """The reason of a letter."""
    at = _WORDS.find("\n%s " % letter) + 3
    return _WORDS[at : _WORDS.find("\n", at)]
