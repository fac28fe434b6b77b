"""A zone for six endpoints, and how a test writes and reads it."""

import base64

import dns.message
import dns.query

from trunkline.dns import plan as plans
from trunkline.dns import zone

DOMAIN, ZONE = "sip.trunk.example", "trunk.example"
KEY, SECRET = "trunkline", base64.b64encode(b"x" * 32).decode()
START = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 7\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.80\n"
START += "shop CNAME www\nsub NS ns.elsewhere.example.\nsip MX 10 mail\nsip TXT hello\n"
TTL = 1  # s; so that the user agents ask again


def write(server, endpoints, **options):
    existing = server.existing(DOMAIN, zone.names(endpoints, DOMAIN, ZONE))
    desired = zone.records(endpoints, DOMAIN, ZONE, TTL, **options)
    server.update(plans.plan(existing, desired))
    return desired


def ask(name_server, name, kind):
    answer = dns.query.udp(dns.message.make_query(name, kind), name_server.address, 2, name_server.port)
    return sorted(str(record) for rrset in answer.answer for record in rrset)
