"""Every request: sane? banned? then to the part that knows its method."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import media, register
from trunkline.edge.calls import Calls
from trunkline.edge.dialog import Dialog, name
from trunkline.edge.ksr import hiding, message, relaying, replies, routes, transactions
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Lookup
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal

ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REGISTER"
IN_DIALOG = frozenset(("INVITE", "ACK", "BYE", "PRACK", "UPDATE", "INFO", "OPTIONS"))
CAPABILITIES = f"Allow: {ALLOWED}\r\nAccept: application/sdp\r\nSupported: timer, 100rel\r\n"


class Requests:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, limits: Limits, calls: Calls, relay: relaying.Relay):
        self._config, self._lookup, self._limits, self._calls = config, lookup, limits, calls
        self._relay = relay

    def handle(self) -> None:
        source = message.source()
        if self._limits.banned(source.ip):
            return
        self._calls.catch_up()
        # Also where nobody asked for it (RFC 3581): a PBX behind NAT gets no response otherwise.
        routes.force_rport()
        method = message.method()
        if not message.is_sane():
            if not self._hammers(source):
                replies.refuse_malformed(refusal.malformed("the status line says what is missing or wrong"))
        elif message.has_to_tag():
            self._in_dialog(method, source)
        elif not self._hammers(source):
            self._out_of_dialog(method, source)

    def _hammers(self, source: message.Source) -> bool:
        """Count a request of an address that has not proven itself; True when that gets it banned."""
        self._lookup.refresh()
        if any(self._lookup.source(source.ip, source.port, kind) is not None for kind in ("carrier", "account")):
            # Forged requests in its name must not get it banned either.
            self._limits.trust(source.ip)
            return False
        if not self._limits.seen(source.ip):
            return False
        message.log_error(f"{source.ip} is banned: too many requests from an address that has not proven itself")
        return True

    def _out_of_dialog(self, method: str, source: message.Source) -> None:
        if method == "OPTIONS":
            # Before Max-Forwards: CUCM asks with 0, and the answer is for whoever asks (RFC 3261 §11.2).
            replies.reply(200, "OK", CAPABILITIES)
        elif not routes.may_forward():
            replies.refuse(refusal.too_many_hops())
        elif method == "CANCEL":
            if not transactions.relay_cancel():
                replies.refuse(refusal.unknown_dialog())
        elif method == "ACK":
            transactions.absorb_ack()
        elif message.is_retransmission():
            return
        elif method == "INVITE" and not message.get("$ft"):
            # RFC 3261 §8.1.1.3; without it no later request could prove that it belongs to this call.
            replies.refuse(refusal.malformed("From has no tag"))
        elif method == "INVITE":
            self._calls.invite(source)
        elif method == "REGISTER":
            register.handle(self._calls, source, self._config)
        else:
            replies.refuse(refusal.method_not_allowed(method), f"Allow: {ALLOWED}\r\n")

    def _in_dialog(self, method: str, source: message.Source) -> None:
        """No lookup: the Route that we recorded proves the call."""
        if method == "CANCEL":
            if not transactions.relay_cancel():
                replies.refuse(refusal.unknown_dialog())
            return
        route = routes.follow_route()
        dialog = self._calls.proven(route) if route else None
        if dialog is None:
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
        self._forward(method, dialog)

    def _forward(self, method: str, dialog: Dialog) -> None:
        routes.follow_contact()
        transactions.note_shift(dialog.shifted)
        if dialog.shifted:
            hiding.shift_cseq(1)
        if method == "BYE":
            reason = message.text("$hdr(Reason)") or None
            self._calls.ended(dialog, message.get("$ft"), message.get("$tt"), reason)
        elif method in ("INVITE", "UPDATE"):
            routes.symmetric_contact()
        elif method == "INFO" and self._relay.play_digit():
            replies.reply(200, "OK")
            return
        has_sdp = message.has_sdp()
        refused = self._carry_body(method, dialog, has_sdp)
        if refused:
            replies.refuse(refused)
            return
        domain = self._config.domain
        hiding.hide(
            name(message.user_part("$fU"), dialog.plus, domain), name(message.user_part("$tU"), dialog.plus, domain)
        )
        if method != "ACK":
            transactions.note_offer(has_sdp)
        transactions.relay("ksr_dialog_reply" if method in ("INVITE", "UPDATE", "PRACK") else "ksr_hidden_reply")

    def _carry_body(self, method: str, dialog: Dialog, has_sdp: bool) -> Refusal | None:
        """Have the body say what the far side may know, or say why it is refused. An ACK never is."""
        step = media.request_step(method, dialog.offered)
        if step and not has_sdp and message.has_body():
            if method != "ACK":
                return refusal.unknown_body(message.text("$cT"))
            hiding.remove_body()
        if not has_sdp:
            return None
        if step is None:  # nobody expects an SDP in this method, and it tells its sender's addresses
            hiding.remove_body()
            return None
        if step == "offer":
            refused = refusal.unknown_dialog() if self._calls.is_over(dialog) else self._relay.take_offer()
            if refused:
                return refused
        return None if self._relay.anchor(step) or method == "ACK" else refusal.media_unavailable()
