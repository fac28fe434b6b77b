"""Whose request is this? Asked of Kamailio's digest check and the store, counted for and against its source."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import authenticate
from trunkline.edge.authenticate import Challenge, Customer, DisabledCarrier
from trunkline.edge.ksr import digests, message
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Carrier, Lookup
from trunkline.edge.records import Records
from trunkline.sip import refusal
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal

STRANGE = 3  # INVITEs without credentials: by then it is no PBX that has yet to answer its challenge
LONGEST_NAME = 64  # characters of a caller that is no number: what a stranger may have us keep


class Senders:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, limits: Limits, records: Records):
        self._domain, self._probe = config.domain, config.probe_ip
        self._lookup, self._limits, self._records = lookup, limits, records

    def identify(self, source: message.Source, recipient: str) -> Customer | Carrier | DisabledCarrier | Challenge:
        """Who sent the request. `recipient`: the user part of its Request-URI, unescaped."""
        claim = digests.credentials(self._domain)
        if claim is None:
            known = authenticate.by_address(source.ip, source.port, self._lookup)
            return known or Challenge(hint=self._hint(source, recipient))

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

    def _hint(self, source: message.Source, recipient: str) -> Refusal | None:
        """What a challenge says besides to whom it does not seem to help."""
        if digests.are_unreadable():
            return refusal.unreadable_credentials()
        if foreign := digests.foreign_realm():
            return refusal.other_realm(foreign, self._domain)
        if message.method() != "INVITE" or self._limits.stranger(source.ip) < STRANGE:
            return None
        why = refusal.unknown_sender()
        called = e164(recipient)
        if called and (number := self._lookup.number(called)) and self._limits.tells_of(source.ip):
            # A carrier that calls from another address than it said: nobody else would ever tell of it.
            facts = {"source": str(source), "call_id": message.get("$ci"), "account": number.account.id}
            caller = message.user_part("$fU")[:LONGEST_NAME]
            self._records.rejected(why, "inbound", facts | {"caller": caller, "called": called})
        return why
