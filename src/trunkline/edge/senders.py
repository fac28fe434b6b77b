"""Whose request is this? Asked of Kamailio's digest check and the store, counted for and against its source."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import authenticate
from trunkline.edge.authenticate import Challenge, Customer
from trunkline.edge.ksr import digests, message
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Carrier, Lookup
from trunkline.edge.records import Records
from trunkline.sip import refusal


class Senders:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, limits: Limits, records: Records):
        self._domain, self._probe = config.domain, config.probe_ip
        self._lookup, self._limits, self._records = lookup, limits, records

    def identify(self, source: message.Source, recipient: str) -> Customer | Carrier | Challenge:
        """Who sent the request. `recipient`: the user part of its Request-URI, unescaped."""
        claim = digests.credentials(self._domain)
        if claim is None:
            foreign = digests.foreign_realm()
            hint = refusal.other_realm(foreign, self._domain) if foreign else None
            return authenticate.by_address(source.ip, source.port, self._lookup) or Challenge(hint=hint)

        def verify(ha1: str, algorithm: str) -> str:
            return digests.verify(self._domain, ha1, algorithm, claim.header)

        sender = authenticate.by_digest(claim, recipient, self._domain, self._lookup, verify)
        if isinstance(sender, Customer):
            self._limits.trust(source.ip)
            return sender
        if sender.key and source.ip != self._probe and self._limits.first_denial(sender.key):
            self._records.denied(sender.key, sender.denial, message.method(), str(source))
        if sender.wrong and self._limits.refused(source.ip):
            message.log_error(f"{source.ip} is banned: too many wrong credentials")
            if sender.key:
                self._records.denied(sender.key, "banned", message.method(), str(source))
        return sender
