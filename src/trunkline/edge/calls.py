"""A call from its INVITE to its answer or refusal: carries out what the decisions say, attempt by attempt."""

import secrets
import time

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import authenticate, failover, inbound, outbound
from trunkline.edge.authenticate import Challenge, Customer
from trunkline.edge.dialog import Dialog, Dialogs, name
from trunkline.edge.failover import AnswerChallenge, OfferMore, Outcome, Relay
from trunkline.edge.journal import Journal
from trunkline.edge.ksr import digests, hiding, message, relaying, replies, routes, transactions
from trunkline.edge.limits import Limits
from trunkline.edge.lookup import Account, Carrier, Lookup
from trunkline.edge.outbound import Dialled, Permitted
from trunkline.edge.plan import Plan
from trunkline.sip import refusal
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal

LONGEST_NAME = 64  # characters of a caller that is no number: what a stranger may have us keep


class Calls:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, journal: Journal, limits: Limits, relay: relaying.Relay):
        self._config, self._lookup, self._journal, self._limits = config, lookup, journal, limits
        self._media = relay
        self._dialogs = Dialogs(config.dialog_secret)

    def invite(self, source: message.Source) -> None:
        """An INVITE outside any dialog."""
        recipient = message.user_part("$rU")
        sender = self.identify(source, recipient)
        if isinstance(sender, Challenge):
            digests.challenge(self._config.domain, sender.stale, self._config.sha256, sender.wrong)
            return
        facts = {"source": str(source), "call_id": message.get("$ci")}
        if isinstance(sender, Customer):
            self._from_customer(sender, recipient, facts)
        else:
            self._from_carrier(sender, recipient, facts)

    def identify(self, source: message.Source, recipient: str) -> Customer | Carrier | Challenge:
        """Whose request this is; counts for and against its source."""
        claim = digests.credentials(self._config.domain)
        if claim is None:
            return authenticate.by_address(source.ip, source.port, self._lookup) or Challenge()

        def verify(ha1: str, algorithm: str) -> str:
            return digests.verify(self._config.domain, ha1, algorithm)

        sender = authenticate.by_digest(claim, recipient, self._config.domain, self._lookup, verify)
        if isinstance(sender, Customer):
            self._limits.trust(source.ip)
        elif sender.wrong and self._limits.refused(source.ip):
            message.log_error(f"{source.ip} is banned: too many wrong credentials")
        return sender

    def _from_customer(self, sender: Customer, recipient: str, facts: dict) -> None:
        dialled = Dialled(recipient, message.user_part("$fU"), message.diversions())
        decision = outbound.decide(dialled, sender.account, self._lookup, self._config)
        facts |= {"account": sender.account.id, "key": sender.key or None}
        if isinstance(decision, Refusal):
            self._reject(decision, "outbound", facts | {"caller": dialled.caller, "called": recipient})
        else:
            self._begin(decision, sender.account, facts)

    def _from_carrier(self, sender: Carrier, recipient: str, facts: dict) -> None:
        caller = message.user_part("$fU")[:LONGEST_NAME]
        facts |= {"carrier": sender.id}
        number = inbound.find(recipient, self._lookup)
        if isinstance(number, Refusal):
            self._reject(number, "inbound", facts | {"caller": caller, "called": recipient})
            return
        facts |= {"account": number.account.id}  # also of a refusal: its owner wants to know why nobody got through
        attempts = inbound.attempts(number, self._lookup, self._config.domain)
        if isinstance(attempts, Refusal):
            self._reject(attempts, "inbound", facts | {"caller": caller, "called": recipient})
            return
        permitted = Permitted("inbound", e164(caller) or caller, number.e164, attempts, owner=number.account)
        self._begin(permitted, number.account, facts)

    def _reject(self, reason: Refusal, direction: str, facts: dict) -> None:
        self._journal.note(
            "reject",
            secrets.token_hex(8),
            direction=direction,
            code=reason.code,
            reason=reason.reason,
            warning=reason.warning,
            **facts,
        )
        self._journal.flush()
        replies.refuse(reason)

    def _begin(self, call: Permitted, payer: Account, facts: dict) -> None:
        """Make the transaction; then count the call, record it, and make the first attempt."""
        plan = Plan(secrets.token_hex(8), payer.id, call.direction, call.attempts)
        facts |= {"caller": call.caller, "called": call.called}
        self._dress(call, plan)
        if not transactions.begin():  # another worker has this INVITE already: it came twice in a moment
            return
        summary = f"{int(time.time())} {call.direction} {call.caller} {call.called}"
        refused = self._unplayable() or self._limits.admit(payer, plan.call, summary)
        if refused:
            self._reject(refused, call.direction, facts)
            return
        try:
            self._start(call, plan, facts)
        except Exception:
            self.abandon(plan.call)
            raise

    def _unplayable(self) -> Refusal | None:
        if message.has_sdp():
            return self._media.take_offer()
        return refusal.unknown_body(message.text("$cT")) if message.has_body() else None

    def _start(self, call: Permitted, plan: Plan, facts: dict) -> None:
        owner = call.owner.id if call.owner else None
        if not self._journal.require("setup", plan.call, direction=call.direction, owner=owner, **facts):
            self._limits.release(plan.call)
            replies.final(refusal.records_unavailable())
            return
        self._try(plan, 0)

    def _dress(self, call: Permitted, plan: Plan) -> None:
        """Make the INVITE speak for us instead of for its sender."""
        domain = self._config.domain
        routes.forget_routes()
        plus = "+" if call.direction == "outbound" else ""
        if call.diversion:
            hiding.append_header(f"Diversion: <sip:{plus}{call.diversion}@{domain}>")
        hiding.hide(name(call.caller, plus, domain), name(call.called, plus, domain))
        routes.symmetric_contact()
        offered = message.has_sdp()
        transactions.note_offer(offered)
        parameter = self._dialogs.parameter(
            plan.call, plan.account_id, offered, plus, message.get("$ci"), message.get("$ft")
        )
        routes.record_route(parameter)

    def _try(self, plan: Plan, index: int) -> None:
        """Make attempt `index`, or those after it when it cannot even be sent."""
        while True:
            failed = self._send(plan, index)
            if failed is None:  # from here on the plan belongs to whichever worker handles the reply
                break
            following = self._after(plan, failed)
            if not isinstance(following, int):
                self._finish(plan, failed, following)
                break
            index = following
        self._journal.flush()

    def _send(self, plan: Plan, index: int) -> Outcome | None:
        """Send the INVITE; None when it is on its way."""
        attempt = failover.enter(plan, index, time.time())
        note = {"n": index + 1, "kind": attempt.kind, "target": attempt.target, "address": attempt.address or None}
        self._journal.note("attempt", plan.call, **note)
        transactions.note_shift(False)
        if attempt.problem:
            return Outcome(attempt.cause, 0, attempt.problem)
        transactions.aim(attempt.uri, attempt.next_hop if attempt.ip else "")
        if attempt.kind == "registered" and not routes.find_registered(attempt.uri):
            return Outcome("transport", 0, "no PBX is registered with this key")
        if routes.aims_at_us():
            return Outcome("transport", 0, "it leads back to this service")
        # Plan and journal must stand before the message leaves: another worker may handle its reply at once.
        transactions.keep_plan(plan.dumps(), plan.call, plan.current + 1)
        self._journal.flush()
        return self._relay(plan)

    def _relay(self, plan: Plan) -> Outcome | None:
        if transactions.send(failover.budget(plan, time.time())):
            return None
        if transactions.media_failed():
            return Outcome("media", 0, "no media relay")
        return Outcome("transport", 0, "the connection was refused or failed")

    def _after(self, plan: Plan, outcome: Outcome):
        facts = {"code": outcome.code or None, "reason": outcome.reason, "cause": outcome.cause}
        self._journal.note("failed", plan.call, n=plan.current + 1, **facts)
        plan.failures.append(failover.words(outcome))
        carrier = self._lookup.carrier(plan.attempt.carrier_id) if plan.attempt.carrier_id else None
        following = failover.after(plan, outcome, bool(carrier and carrier.username), self._config.ring_timeout // 1000)
        if isinstance(following, Relay) and outcome.code in failover.NOT_ACCEPTABLE:
            return self._media.after_refusal(repeatable=not plan.authenticated) or following
        return following

    def failed(self, outcome: Outcome) -> None:
        """The current attempt of this transaction is over without an answer."""
        plan = Plan.loads(transactions.kept_plan())
        if outcome.cause == "silence" and transactions.rang(plan.current + 1):
            outcome = Outcome("ring", 0, "it rang without an answer")
        if outcome.cause == "cancel":
            facts = {"reason": "cancelled by the caller", "cause": "cancel"}
            self._journal.note("failed", plan.call, n=plan.current + 1, **facts)
            self._finish(plan, outcome, Relay())
        else:
            following = self._after(plan, outcome)
            if isinstance(following, AnswerChallenge):
                self._authenticate(plan, outcome)
            elif isinstance(following, int):
                self._try(plan, following)
            elif not isinstance(following, OfferMore):
                self._finish(plan, outcome, following)
            elif not self._repeated(plan):
                self._finish(plan, outcome, Relay())
        self._journal.flush()

    def _authenticate(self, plan: Plan, outcome: Outcome) -> None:
        """Repeat the attempt with the carrier's credentials."""
        carrier = self._lookup.carrier(plan.attempt.carrier_id)
        plan.authenticated = True
        answered = carrier and transactions.answer_challenge(carrier.username, carrier.password)
        if not answered or not self._repeated(plan):
            self._finish(plan, outcome, refusal.credentials_demanded())

    def _repeated(self, plan: Plan) -> bool:
        """Send the INVITE of the current attempt once more; False when that cannot be done."""
        transactions.keep_plan(plan.dumps(), plan.call, plan.current + 1)
        # RFC 3261 §22.2: or the far side may take this for the first INVITE, come by another way
        hiding.shift_cseq(1)
        transactions.note_shift(True)
        transactions.aim(plan.attempt.uri, plan.attempt.next_hop if plan.attempt.ip else "")
        if plan.attempt.kind == "registered" and not routes.find_registered(plan.attempt.uri):
            return False
        return self._relay(plan) is None

    def _finish(self, plan: Plan, outcome: Outcome, end: Relay | Refusal) -> None:
        """The caller gets its final response and the call's count, media and record end."""
        if isinstance(end, Refusal):
            replies.final(end)
            code, reason, warning = end.code, end.reason, end.warning
        elif outcome.cause == "cancel":
            code, reason, warning = 487, "Request Terminated", None
        else:
            code, reason, warning = outcome.code, outcome.reason, None
        transactions.note_over()
        self._close("finish", plan.call, code=code, reason=reason, warning=warning)
        relaying.end_media()

    def _close(self, event: str, call: str, **fields) -> None:
        """The one line that closes a call's record."""
        if self._limits.over(call):
            self._journal.note(event, call, **fields)
            self._limits.release(call)

    def catch_up(self) -> None:
        """Write the lines that a full disk has not taken yet."""
        self._journal.flush()

    def abandon(self, call: str = "") -> None:
        """Our own code failed and the caller got 500: the call's count and record end. '': the transaction's call."""
        call = call or transactions.current_attempt()[0]
        if call:
            failed = refusal.internal_error()
            self._close("finish", call, code=failed.code, reason=failed.reason, warning=failed.warning)
            self._journal.flush()

    def progressed(self, code: int, reason: str) -> None:
        """A provisional or successful response to the INVITE is about to be passed on."""
        call, n = transactions.current_attempt()
        if code >= 200:
            if not transactions.answered():
                transactions.note_answer()
                self._limits.answered(call, message.text("$tt"))
                self._journal.note("answer", call, n=n, code=code)
        elif not transactions.rang(n):
            transactions.let_ring(self._config.ring_timeout)
            transactions.note_ringing(n)
            self._journal.note("progress", call, n=n, code=code, reason=reason)
        self._journal.flush()

    def proven(self, route: str) -> Dialog | None:
        """The dialog that an in-dialog request proves with its Route, None when it proves none."""
        return self._dialogs.verify(route, message.get("$ci"))

    def late(self, code: int, callee_tag: str) -> None:
        """A response came to an attempt that was given up."""
        if 200 <= code < 300:
            self._limits.turn_away(transactions.current_attempt()[0], callee_tag)

    def is_over(self, dialog: Dialog) -> bool:
        """Whether the call's record is closed: then nobody talks on, unrecorded, by offering media once more."""
        return self._limits.is_over(dialog.call)

    def ended(self, dialog: Dialog, from_tag: str, to_tag: str, reason: str | None) -> None:
        """A BYE was seen. It ends the call only between those who talk: a target that was given up, or a fork whose
        answer came second, has a leg of its own, and a made-up tag would close the record and leave the call up."""
        by_caller = from_tag == dialog.caller_tag
        callee = to_tag if by_caller else from_tag
        if self._limits.callee(dialog.call) not in (callee, None) or self._limits.turned_away(dialog.call, callee):
            return
        self._close("end", dialog.call, by="caller" if by_caller else "callee", reason=reason)
        self._journal.flush()
        relaying.end_media()
