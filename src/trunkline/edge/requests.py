"""Every request: sane? banned? then to the part that knows its method."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import register
from trunkline.edge.calls import Calls
from trunkline.edge.dialog import Dialogs
from trunkline.edge.in_dialog import InDialog
from trunkline.edge.ksr import contacts, hiding, message, replies, routes, shape, transactions
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Lookup
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.passing import Passing
from trunkline.edge.records import Records
from trunkline.edge.senders import Senders
from trunkline.edge.trials import Trials
from trunkline.sip import refusal

ALLOWED = ", ".join((*hiding.WITHIN_CALLS, "REGISTER"))
IN_DIALOG = frozenset(hiding.WITHIN_CALLS) - {"CANCEL"}
NEW = frozenset(("INVITE", "OPTIONS", "REGISTER"))  # what a node that is drained takes no more of, outside dialogs
CAPABILITIES = f"Allow: {ALLOWED}\r\nAccept: application/sdp\r\nSupported: timer, 100rel\r\n"


# RFC 3261 §16.3: what a proxy must know. PBXs demand privacy (RFC 3323) of us, and no more than their number goes on.
FULFILLED = {"Require": ("timer", "100rel"), "Proxy-Require": ("privacy",)}


class Requests:
    """One per worker."""

    def __init__(
        self,
        config: EdgeConfig,
        lookup: Lookup,
        limits: Limits,
        senders: Senders,
        calls: Calls,
        in_dialog: InDialog,
        records: Records,
        trials: Trials,
        neighbours: Neighbours,
        passing: Passing,
    ):
        self._config, self._lookup, self._limits, self._senders = config, lookup, limits, senders
        self._calls, self._in_dialog, self._records, self._trials = calls, in_dialog, records, trials
        self._own = config.sip_ip
        self._neighbours, self._passing, self._dialogs = neighbours, passing, Dialogs(config.dialog_secret)

    def handle(self) -> None:
        source = message.source()
        if self._neighbours.exist and self._passing.take(message.method(), source.ip):
            return
        if self._limits.banned(source.ip):
            self._lookup.refresh()
            if self._listed(source):
                self._limits.pardon(source.ip)  # it was listed since
            elif not self._is_of_a_call():
                return
        self._records.catch_up()
        # Also where nobody asked for it (RFC 3581): a PBX behind NAT gets no response otherwise.
        routes.force_rport()
        method = message.method()
        if not shape.is_sane():
            if not self._hammers(source):
                replies.refuse_malformed()
        elif words := shape.body_fault():
            if not self._hammers(source):
                replies.refuse(refusal.malformed(words))
        elif message.has_to_tag():
            self._within(method, source)
        elif not self._hammers(source):
            self._out_of_dialog(method, source)

    def _is_of_a_call(self) -> bool:
        """Whether it brings the proof of a call. A PBX or carrier that is only ever called proves itself by nothing
        else: anybody could have it banned by forging its address over UDP, and it could hang up no more."""
        if not message.has_to_tag():
            return False
        route = routes.named_route()
        return self._dialogs.verify(route, message.text("$ci")) is not None or self._is_passed(route)

    def _is_passed(self, route: str) -> bool:
        return self._neighbours.exist and self._passing.has(route)

    def _hammers(self, source: message.Source) -> bool:
        """Count a request of an address that has not proven itself; True when that gets it banned."""
        if self._limits.trusted(source.ip):
            return False
        self._lookup.refresh()
        if source.ip in {self._own, *self._lookup.nodes()} or self._listed(source):
            # Forged requests in its name must not get it banned either: a node that asks in vain would have DNS lead
            # everybody away from us, and our own parts ask and end calls from our own address.
            self._limits.trust(source.ip)
            return False
        if not self._limits.seen(source.ip):
            return False
        message.log_error(f"{source.ip} is banned: too many requests from an address that has not proven itself")
        return True

    def _listed(self, source: message.Source) -> bool:
        """Whether it is a carrier's or an account's by its address."""
        sources = (self._lookup.source(source.ip, source.port, kind) for kind in ("carrier", "account"))
        return any(known is not None for known in sources)

    def _out_of_dialog(self, method: str, source: message.Source) -> None:
        self._lookup.refresh()
        if method == "OPTIONS" and (hop := self._trials.next_hop()) is not None:
            self._trials.pass_on(hop)
        elif method in NEW and self._lookup.draining():
            # Before any credentials: whoever asks shall go elsewhere at once (RFC 3261 §21.5.4, RFC 3263 §4.3). But not
            # for a copy of what was taken before, or the caller would leave a call that rings.
            if not message.is_retransmission():
                replies.refuse(refusal.draining())
        elif demand := _beyond_us(method):
            replies.refuse_extensions(*demand)
        elif method == "OPTIONS":
            # Before Max-Forwards: CUCM asks with 0, and the answer is for whoever asks (RFC 3261 §11.2).
            replies.reply(200, "OK", CAPABILITIES)
        elif not routes.may_forward():
            replies.refuse(refusal.too_many_hops())
        elif method == "CANCEL":
            self._cancel()
        elif method == "ACK":
            transactions.absorb_ack()
        elif message.is_retransmission():
            return
        elif method == "INVITE" and not message.get("$ft"):
            # RFC 3261 §8.1.1.3; without it no later request could prove that it belongs to this call.
            replies.refuse(refusal.malformed("From has no tag"))
        elif method == "INVITE" and (words := _fault()):
            replies.refuse(refusal.malformed(words))
        elif method == "INVITE":
            self._calls.invite(source)
        elif method == "REGISTER":
            register.handle(self._senders, source, self._config, self._neighbours)
        elif method in IN_DIALOG:
            replies.refuse(refusal.unknown_dialog())  # 405 would deny what Allow has (RFC 3261 §15.1.2, §21.4.6)
        else:
            replies.refuse(refusal.method_not_allowed(method), f"Allow: {ALLOWED}\r\n")

    def _cancel(self) -> None:
        if not transactions.relay_cancel(self._records.cancelled):
            self._records.cancelled_unknown()
            replies.refuse(refusal.unknown_dialog())

    def _within(self, method: str, source: message.Source) -> None:
        """No lookup: the Route that we recorded proves the call."""
        if method == "CANCEL":
            self._cancel()
            return
        route = routes.follow_route()
        dialog = self._dialogs.verify(route, message.get("$ci")) if route else None
        passed = dialog is None and route is not None and self._is_passed(route)
        if dialog is None and not passed:
            if method == "ACK":
                transactions.absorb_ack()
            elif not self._hammers(source):
                replies.refuse(refusal.unknown_dialog())
            return
        if method not in IN_DIALOG:
            replies.refuse(refusal.method_not_allowed(method), f"Allow: {ALLOWED}\r\n")
            return
        if not routes.may_forward():
            replies.refuse(refusal.too_many_hops())
            return
        if passed:
            self._passing.forward(method)
        else:
            self._in_dialog.forward(method, dialog)


def _fault() -> str:
    """What is wrong with what an INVITE says of its dialog, in words."""
    return message.too_long() or message.tag_fault() or message.contact_fault() or contacts.route_fault()


def _beyond_us(method: str) -> tuple[list[str], str] | None:
    """The extensions that a request demands of us and that we do not have, and the header that demands them."""
    asked = {"OPTIONS": ("Require", "Proxy-Require"), "INVITE": ("Proxy-Require",)}.get(method, ())
    for name in asked:
        if unknown := [option for option in message.demanded(name) if option not in FULFILLED[name]]:
            return unknown, name
    return None
