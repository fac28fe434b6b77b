"""A request within a dialog that its Route has proven: no lookup, no memory of the call."""

from trunkline.contract import clearing
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import legs, media
from trunkline.edge.dialog import Dialog, name
from trunkline.edge.ksr import hiding, message, relaying, replies, routes, transactions
from trunkline.edge.records import Records
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal


class InDialog:
    """One per worker."""

    def __init__(self, config: EdgeConfig, records: Records):
        self._config, self._records = config, records

    def forward(self, method: str, dialog: Dialog) -> None:
        routes.follow_contact()
        transactions.note_shift(dialog.shifted)
        if dialog.shifted:
            hiding.shift_cseq(1)
        if method == "BYE":
            self._bye(dialog)
        elif method in ("INVITE", "UPDATE"):
            routes.symmetric_contact()
        has_sdp = message.has_sdp()
        step = media.request_step(method, dialog.offered) if has_sdp else None
        if step == "offer" and self._records.is_over(dialog):
            replies.refuse(refusal.unknown_dialog())
            return
        if step == "offer" and message.offers_fax():
            # The media relay would take the fax stream in the place of the audio, also when the far side refuses it.
            replies.refuse(refusal.fax())
            return
        near, far = dialog.legs_from(message.get("$ft"))
        if step and (refused := self._take_media(step, dialog, near, far)) and method != "ACK":
            replies.refuse(refused)
            return
        domain = self._config.domain
        hiding.hide(
            name(message.user_part("$fU"), dialog.plus, domain), name(message.user_part("$tU"), dialog.plus, domain)
        )
        if method != "ACK":
            transactions.note_offer(has_sdp)
            transactions.note_legs(near + far)
            transactions.note_call(dialog.call)
        transactions.relay("ksr_dialog_reply" if method in ("INVITE", "UPDATE", "PRACK") else "ksr_hidden_reply")

    def _bye(self, dialog: Dialog) -> None:
        """The media is let go by the node, once it has read that the call is over (`node/clear.py`)."""
        reason, seal = message.text("$hdr(Reason)"), message.text(f"$hdr({clearing.HEADER})")
        if seal and clearing.is_sealed(self._config.dialog_secret, dialog.call, reason, seal):
            self._records.cleared(dialog, clearing.words(reason))
        else:
            self._records.ended(dialog, message.get("$ft"), message.get("$tt"), reason or None)

    def _take_media(self, step: media.Step, dialog: Dialog, near: str, far: str) -> Refusal | None:
        """Anchor the description of an in-dialog request from one leg to the other; each keeps its profile."""
        description = message.sdp()
        if step == "offer" and (refused := legs.later_offer(description, near)):
            return refused
        if step == "answer" and (fault := legs.fault(description, near)):
            relaying.refuse_media(legs.REFUSED)
            self._records.cut(dialog.call, fault, message.get("$tt"))
            return refusal.unusable_srtp(fault)
        flags = legs.flags(step, far) + legs.origin(description, message.get("$si"), near)
        return None if relaying.anchor(step, flags) else refusal.media_unavailable()
