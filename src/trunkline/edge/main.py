"""The callbacks that Kamailio calls. Each is guarded: whatever goes wrong in our code costs one request at most."""

import functools
import gc
import traceback

from trunkline.contract import edge_config
from trunkline.contract.endings import COUNTED
from trunkline.contract.hidden import Mask
from trunkline.edge import failover, legs
from trunkline.edge.attempts import Attempts
from trunkline.edge.calls import Calls
from trunkline.edge.dialog import SHIFT
from trunkline.edge.failover import CANCELLED, Outcome
from trunkline.edge.in_dialog import InDialog
from trunkline.edge.injector import Injector
from trunkline.edge.journal import Journal
from trunkline.edge.ksr import awake, counters, hiding, message, notes, relaying, replies, routes, transactions
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Lookup
from trunkline.edge.media import Abilities
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.onward import Onward
from trunkline.edge.passing import Passing
from trunkline.edge.records import Records
from trunkline.edge.requests import Requests
from trunkline.edge.responses import Responses
from trunkline.edge.senders import Senders
from trunkline.edge.standing import Standing
from trunkline.edge.trials import Trials
from trunkline.sip import refusal

PROC_INIT = -127  # Kamailio's rank of the main process before it forks


def guarded(otherwise):
    """Kamailio would log an exception and go on as if there were none. `otherwise`, which gets the Edge, sees to what
    must not be left so: somebody waits for an answer, or what one side wrote would go on to the other as it came."""

    def decorate(callback):
        @functools.wraps(callback)
        def wrapper(self, *arguments):
            try:
                callback(self, *arguments)
            except Exception:  # noqa: BLE001 - the boundary to the engine
                message.log_error(f"{callback.__name__} failed:\n{traceback.format_exc()}")
                otherwise(self)
            return 1

        return wrapper

    return decorate


def _refuse(_edge) -> None:
    replies.fail_request(refusal.internal_error())


def _drop(_edge) -> None:
    transactions.drop()


def _pass_on(_edge) -> None:
    """It says nothing of its sender any more, or goes to a node of ours."""


def _pass_on_without_body(_edge) -> None:
    hiding.remove_body()


def _cut(edge) -> None:
    """A response goes on without its media, and with a final one the call is over."""
    hiding.remove_body()
    if message.reply_code() >= 200:
        edge.records.cut(notes.current_attempt()[0], refusal.internal_error().warning)


def _end_transaction(_edge) -> None:
    replies.final(refusal.internal_error())


def _end_call(edge) -> None:
    notes.note_over()
    replies.final(refusal.internal_error())
    edge.records.abandoned()


class Edge:
    """One per worker process; `child_init` runs after the fork."""

    def child_init(self, rank: int) -> int:
        if rank == PROC_INIT:
            return 0
        config = edge_config.read(message.edge_config_path())
        lookup, journal = Lookup(config.store), Journal(config.journal, config.node)
        limits = Limits(config, counters.Counters)
        self._standing = Standing(counters.Counters, config.ring_timeout / 1000)
        self.records = Records(journal, self._standing, Mask(config.mask))
        abilities = Abilities(config.transcodes, config.media_family)
        neighbours, onward = Neighbours(config, lookup), Onward(limits, config.fence)
        self._passing = Passing(config, neighbours, onward)
        self._relay = relaying.Relay(abilities, Injector(config.media_controls), neighbours)
        self._attempts = Attempts(config, lookup, self._relay, self.records, neighbours)
        senders = Senders(config, lookup, limits, self.records)
        trials = Trials(config, lookup, neighbours)
        calls = Calls(config, lookup, senders, self._relay, self.records, self._attempts, trials)
        self._in_dialog = InDialog(config, lookup, self._relay, self.records, onward)
        parts = (senders, calls, self._in_dialog, self.records, trials, neighbours, self._passing)
        self._requests = Requests(config, lookup, limits, *parts)
        self._responses = Responses(config, self._relay, self.records)
        gc.freeze()  # what is loaded now stays: no collection need ever look at it again
        return 0

    @guarded(_refuse)
    def ksr_request_route(self, _message):
        try:
            self._requests.handle()
        except UnicodeDecodeError:
            replies.fail_request(refusal.malformed("a header field is not UTF-8"))

    @guarded(_drop)
    def ksr_branch(self, _message):
        """The INVITE of one attempt is about to leave: its own media offer, afresh."""
        notes.note_branch()
        shift = notes.shift()
        routes.record_route((SHIFT.format(shift) if shift else "") + notes.noted_route())
        if not notes.request_offered():
            return
        near, far = notes.legs()
        flags = legs.flags("offer", far) + legs.branch("offer", far)
        if not self._relay.anchor("offer", flags, believed=near == legs.CARRIER):
            notes.note_media_failure()
            transactions.drop()

    @guarded(_cut)
    def ksr_reply(self, _message):
        """A response to the first INVITE of a call."""
        self._responses.first(message.reply_code())

    @guarded(_cut)
    def ksr_dialog_reply(self, _message):
        """A response to a re-INVITE, UPDATE or PRACK."""
        self._responses.later(message.reply_code())

    @guarded(_pass_on_without_body)
    def ksr_hidden_reply(self, _message):
        """A response that has no part in offer and answer."""
        self._responses.plain(message.reply_code())

    @guarded(_pass_on)
    def ksr_passed_reply(self, _message):
        """A response of a PBX whose flow we hold for another node."""
        self._passing.respond()

    @guarded(_drop)
    def ksr_stray_reply(self, _message, _event):
        """A response whose transaction is over, if there ever was one."""
        self._responses.repeated(message.reply_code())

    @guarded(_end_call)
    def ksr_failure(self, _message):
        """The current attempt of a call is over without an answer."""
        self._attempts.failed(_outcome())

    @guarded(_pass_on)
    def ksr_dialog_failure(self, _message):
        """A request within a call, no BYE, was refused, or not answered in time."""
        self._in_dialog.refused()

    @guarded(_pass_on)
    def ksr_bye_failure(self, _message):
        """A BYE was refused, or not answered in time."""
        self._in_dialog.bye_refused()

    @guarded(_end_transaction)
    def ksr_digit(self, _message):
        """A digit in an INFO has waited for audio of its sender."""
        self._in_dialog.dial_again()

    @guarded(_pass_on)
    def ksr_keep_awake(self, _message, *_event):
        awake.keep()

    @guarded(_pass_on)
    def ksr_htable_event(self, _message, event):
        if event == f"htable:expired:{COUNTED}":
            self._standing.expired(message.get("$shtrecord(value)"))


def _outcome() -> Outcome:
    if transactions.is_cancelled():
        return CANCELLED
    if not transactions.timed_out():
        return Outcome("reply", *transactions.failed_reply())
    return Outcome("silence", 0, failover.ONLY_TRYING if transactions.has_replied() else failover.NO_RESPONSE)
