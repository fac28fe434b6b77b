"""The callbacks that Kamailio calls. Each is guarded: whatever goes wrong in our code costs one request at most."""

import functools
import gc
import traceback

from trunkline.contract import edge_config
from trunkline.edge import media
from trunkline.edge.calls import Calls
from trunkline.edge.dialog import PARAMETER, SHIFTED
from trunkline.edge.failover import Outcome
from trunkline.edge.injector import Injector
from trunkline.edge.journal import Journal
from trunkline.edge.ksr import counters, hiding, message, relaying, replies, routes, transactions
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Lookup
from trunkline.edge.media import Abilities
from trunkline.edge.requests import Requests
from trunkline.sip import refusal

PROC_INIT = -127  # Kamailio's rank of the main process before it forks


def guarded(callback):
    """Kamailio would log an exception and answer nothing; the sender of a request must get its answer."""

    @functools.wraps(callback)
    def wrapper(self, *arguments):
        try:
            callback(self, *arguments)
        except Exception:  # noqa: BLE001 - the boundary to the engine
            message.log_error(f"{callback.__name__} failed:\n{traceback.format_exc()}")
            if callback.__name__ == "ksr_request_route":
                replies.fail_request(refusal.internal_error())
            elif callback.__name__ == "ksr_branch":
                transactions.drop()  # or the INVITE would leave with its sender's own SDP
            elif callback.__name__ == "ksr_failure":
                transactions.note_over()
                replies.final(refusal.internal_error())
                self._calls.abandon()
        return 1

    return wrapper


class Edge:
    """One per worker process; `child_init` runs after the fork."""

    def child_init(self, rank: int) -> int:
        if rank == PROC_INIT:
            return 0
        config = edge_config.read(message.edge_config_path())
        lookup, journal = Lookup(config.store), Journal(config.journal, config.node)
        self._limits = Limits(config, counters.Counters)
        abilities = Abilities(config.transcodes, config.media_family)
        self._relay = relaying.Relay(abilities, Injector(config.media_controls))
        self._calls = Calls(config, lookup, journal, self._limits, self._relay)
        self._requests = Requests(config, lookup, self._limits, self._calls, self._relay)
        gc.freeze()  # what is loaded now stays: no collection need ever look at it again
        return 0

    @guarded
    def ksr_request_route(self, _message):
        try:
            self._requests.handle()
        except UnicodeDecodeError:
            replies.fail_request(refusal.malformed("a header field is not UTF-8"))

    @guarded
    def ksr_branch(self, _message):
        """The INVITE of one attempt is about to leave: its own media offer, afresh."""
        transactions.note_branch()
        if transactions.request_offered() and not self._relay.anchor("offer"):
            transactions.note_media_failure()
            transactions.drop()

    @guarded
    def ksr_reply(self, _message):
        """A response to the first INVITE of a call."""
        code = message.reply_code()
        if code == 100:
            transactions.keep_deadline()
            return
        if transactions.is_late():
            # No part of the call any more, and its SDP was not anchored; a 2xx goes on all the same (RFC 3261 §16.7).
            self._calls.late(code, message.text("$tt"))
            hiding.hide_response()
            hiding.remove_body()
            return
        # First, because nothing of the far side may go on as it came, whatever becomes of the record.
        self._pass_back(code)
        if 180 <= code < 300:
            self._calls.progressed(code, message.text("$rr"))

    @guarded
    def ksr_dialog_reply(self, _message):
        """A response to a re-INVITE, UPDATE or PRACK."""
        self._pass_back(message.reply_code())

    @guarded
    def ksr_hidden_reply(self, _message):
        """A response that has no part in offer and answer; some describe their media in it all the same (OPTIONS)."""
        hiding.hide_response()
        if message.has_sdp():
            hiding.remove_body()
        self._unshift(message.reply_code())

    def _pass_back(self, code: int) -> None:
        if code == 100:
            return
        step = media.reply_step(code, transactions.request_offered())
        if message.has_sdp() and step:
            if not self._relay.anchor(step):
                message.log_error("the media relay did not take an answer: this call has no audio")
        elif message.has_body():  # of another kind, or where no offer or answer belongs: nothing reads it on the way
            hiding.remove_body()
        routes.symmetric_contact()
        hiding.hide_response()
        self._unshift(code)

    def _unshift(self, code: int) -> None:
        """The sender gets the CSeq that it sent, and a Route that says what became of it."""
        if transactions.is_shifted():
            hiding.shift_cseq(-1)
            if 180 <= code < 300:
                routes.mark_route(SHIFTED, f";{PARAMETER}=")

    @guarded
    def ksr_stray_reply(self, _message, _event):
        """A response to nothing that is in progress: passed on, it would show one side to the other."""
        transactions.drop()

    @guarded
    def ksr_failure(self, _message):
        """The current attempt of a call is over without an answer."""
        self._calls.failed(_outcome())

    @guarded
    def ksr_htable_event(self, _message, event):
        if event == "htable:expired:calls":
            self._limits.expired(message.get("$shtrecord(value)"))


def _outcome() -> Outcome:
    if transactions.is_cancelled():
        return Outcome("cancel", 0, "")
    code, reason = transactions.failed_reply()
    if not transactions.timed_out():
        return Outcome("reply", code, reason)
    return Outcome("silence", 0, "no response in time")
