"""Responses on their way back to the sender of a request: their media anchored, their side's names left behind."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.contract.endings import NO_RELAY, UNDESCRIBED, UNUSABLE_ANSWER
from trunkline.edge import legs, media
from trunkline.edge.dialog import Dialog, Dialogs
from trunkline.edge.ksr import contacts, hiding, message, notes, relaying, relays, replies, routes, transactions
from trunkline.edge.passing import is_passed_on
from trunkline.edge.records import Records
from trunkline.sip import refusal


class Responses:
    """One per worker."""

    def __init__(self, config: EdgeConfig, relay: relaying.Relay, records: Records):
        self._config, self._relay, self._records = config, relay, records
        self._dialogs = Dialogs(config.dialog_secret)

    def first(self, code: int) -> None:
        """A response to the first INVITE of a call."""
        if code == 100:
            self._trying(notes.current_attempt()[1])
            return
        if notes.answered() and code < 200:
            transactions.drop()  # behind the answer it says nothing, and of another callee it would take the media away
            return
        if notes.is_late():
            # No part of the call any more, and its SDP was not anchored; a 2xx goes on all the same (RFC 3261 §16.7).
            self._turn_away(code)
            return
        if 200 <= code < 300 and self._records.is_second(message.text("$tt")):
            self._turn_away(code)  # somebody forked, and the caller is talking already: it ends this one (§13.2.2.4)
            return
        readable = message.is_readable()
        usable = code >= 300 or (message.is_tagged() and _is_passable(code))
        # First, because nothing of the far side may go on as it came, whatever becomes of the record.
        fault = self._pass_back(code, attempt=True) if readable else ""
        if not readable or not usable:
            if readable:
                contacts.leave_behind_odd_routes()
            self._hold_back(code)
            return
        if 180 <= code < 300 and code != 199:  # which ends an early dialog (RFC 6228)
            self._records.progressed(code, self._config.ring_timeout)
        if fault and code >= 200:
            self._records.cut(notes.current_attempt()[0], fault)

    def _trying(self, attempt: int) -> None:
        """A carrier that is there may need long until it knows where the call rings: 11 s for one in twenty calls to
        other countries (ITU-T E.721). A URI of *Forward to SIP* has the time that its customer gave it."""
        if notes.rang(attempt):  # a 180 may overtake a 100, and has ended the timeout
            return
        if notes.legs()[1] != legs.CARRIER or notes.is_trying(attempt):
            transactions.keep_deadline()
            return
        notes.note_trying(attempt)
        transactions.put_off_deadline(self._config.trying_timeout)

    def later(self, code: int) -> None:
        """A response to a re-INVITE, UPDATE or PRACK."""
        fault = self._pass_back(code, attempt=False)
        if fault and code >= 200:
            self._records.cut(notes.current_attempt()[0], fault)

    def plain(self, code: int) -> None:
        """A response that has no part in offer and answer; some describe their media in it all the same (OPTIONS)."""
        contacts.leave_behind_odd()
        contacts.leave_behind_odd_routes()
        hiding.hide_response()
        if message.has_sdp() or message.is_longer_than_said():  # which would begin the next message on a connection
            hiding.remove_body()
        _unshift(notes.shift())

    def repeated(self, code: int) -> None:
        """A response whose transaction is over, or to nothing of ours: passed on, it would show one side to the other.

        But an answer is repeated for 32 s, until it is confirmed (RFC 3261 §13.3.1.4), and nobody confirms what he does
        not see (RFC 6026 §7.2). And Kamailio may have ended while the call rang: then its caller waits for this one.
        """
        shift = self._say_again(code) if 200 <= code < 300 and _is_to_invite() and contacts.is_usable() else None
        if shift is None:
            transactions.drop()
            return
        contacts.lead_back()
        hiding.leave_behind()
        _unshift(shift)

    def _say_again(self, code: int) -> int | None:
        """Describe the media of an answer whose transaction is over. By how much its CSeq is above that of the INVITE's
        sender; None for one that is of no call of ours."""
        dialog = self._answered()
        if dialog and self._may_resume(dialog):
            self._resume(dialog, code)
            return dialog.shift
        if dialog:
            self._records.repeated(dialog.call, message.text("$tt"))
        if said := self._relay.say_again():
            return said.shift
        if dialog is None:
            return None
        hiding.remove_body()  # whoever never got one ends the call, instead of waiting
        return dialog.shift

    def _may_resume(self, dialog: Dialog) -> bool:
        if not (self._records.may_resume(dialog) and message.is_tagged() and routes.returns_over_udp()):
            return False  # nothing is recorded of an answer that its caller does not get
        # What passes two nodes comes here at both, and is for one of them alone to take up.
        return not is_passed_on(routes.record_routes())

    def _resume(self, dialog: Dialog, code: int) -> None:
        """Take a call up of which all is forgotten but what the answer itself proves, and what the relay knows."""
        notes.note_legs(dialog.legs)
        fault = UNDESCRIBED
        if message.has_sdp():
            fault = self._anchor(code, media.reply_step(code, dialog.offered), attempt=True)
        elif message.has_body():
            hiding.remove_body()
        contacts.ensure()
        self._records.resumed(dialog, code)
        if fault:
            self._records.cut(dialog.call, fault)

    def _turn_away(self, code: int) -> None:
        """Pass on what is no part of the call: without media, and with a way to its sender, who is to get a BYE."""
        dialog = self._answered()
        contacts.lead_back() if code < 300 else contacts.leave_behind_odd()
        contacts.leave_behind_odd_routes()
        hiding.hide_response()
        hiding.remove_body()
        _unshift(dialog.shift if dialog else 0)

    def _answered(self) -> Dialog | None:
        """The dialog of the INVITE of ours that this 2xx answers, as our Record-Route in it proves."""
        proofs = (self._dialogs.verify(route, message.text("$ci")) for route in routes.record_routes())
        return next(filter(None, proofs), None)

    def _hold_back(self, code: int) -> None:
        """Its receiver could not tell what it is a response to. A provisional one is not missed, and of a refusal the
        caller gets one of ours; an answer, which tm passes on whatever we do, comes behind ours."""
        if code < 200:
            transactions.drop()
        elif code >= 300:
            notes.note_unreadable()
        else:
            why = refusal.unreadable(502)
            replies.final_from_response(why)
            notes.note_over()
            self._records.unreadable(why)
            relays.end_media()

    def _pass_back(self, code: int, *, attempt: bool) -> str:
        """Make it ours; returns why its media must not be, '' when it may."""
        if code == 100:
            return ""
        step = media.reply_step(code, notes.request_offered())
        fault = ""
        if step and message.has_sdp():
            fault = self._anchor(code, step, attempt)
            if attempt:
                notes.note_description(fault)
        elif message.has_body():  # of another kind, or where no offer or answer belongs: nothing reads it on the way
            hiding.remove_body()
        if attempt and step == "answer" and code >= 200:
            # A 18x may have said it all before. Otherwise nobody is heard, and the caller waits for nothing, and pays.
            fault = notes.description_fault(UNDESCRIBED)
        if attempt and 180 <= code < 300:
            contacts.ensure()
        contacts.lead_back() if code < 300 else contacts.leave_behind_odd()
        if not attempt or code >= 300:
            contacts.leave_behind_odd_routes()
        hiding.hide_response()
        _unshift(notes.shift())
        return fault

    def _anchor(self, code: int, step: media.Step, attempt: bool) -> str:
        if not attempt and self._records.is_closed():  # its media would be nobody's, and they would talk on unrecorded
            self._relay.refuse_audio()
            return ""
        near, far = notes.legs()
        if far in legs.ENCRYPTED and (fault := legs.fault(self._relay.carried(), far)):
            if code < 200:
                hiding.remove_body()  # no early media; the answer may be better
            else:
                self._relay.refuse_audio()
            return fault
        branch = legs.branch("answer", far) if attempt and step == "answer" else ""
        flags, again = legs.flags(step, near) + branch, legs.flags("offer", far) + branch
        if not self._relay.anchor(step, flags, believed=far == legs.CARRIER, again=again):
            message.log_error("no media relay took an answer: this call has no audio")
            return NO_RELAY if attempt else ""
        # Within a call the parties may well go on as they were.
        unusable = self._relay.unusable if attempt else ""
        return unusable and f"{UNUSABLE_ANSWER}: {unusable}"


def _unshift(shift: int) -> None:
    """The sender gets the CSeq that it sent."""
    if shift:
        hiding.shift_cseq(-shift)


def _is_to_invite() -> bool:
    cseq = message.cseq()
    return cseq is not None and cseq[1] == "INVITE"


def _is_passable(code: int) -> bool:
    """Behind a Contact that leads nowhere an answer gets no ACK, and nothing after it."""
    return contacts.is_usable() or (code < 200 and not contacts.route_fault())
