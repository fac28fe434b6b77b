"""A call's INVITE: whose is it, may it be, where to? Then its first attempt."""

import secrets

from trunkline.contract import trial
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import inbound, legs, outbound
from trunkline.edge.attempts import Attempts
from trunkline.edge.authenticate import Challenge, Customer, DisabledCarrier
from trunkline.edge.dialog import name
from trunkline.edge.ksr import (
    awake,
    contacts,
    digests,
    hiding,
    message,
    notes,
    relaying,
    replies,
    routes,
    transactions,
)
from trunkline.edge.lookup import Account, Lookup
from trunkline.edge.outbound import Dialled, Permitted, Unreachable
from trunkline.edge.plan import MOST_ATTEMPTS, Plan
from trunkline.edge.records import Records
from trunkline.edge.senders import LONGEST_NAME, Senders
from trunkline.edge.trials import Trials
from trunkline.sip import refusal
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal


class Calls:
    """One per worker."""

    def __init__(
        self,
        config: EdgeConfig,
        lookup: Lookup,
        senders: Senders,
        relay: relaying.Relay,
        records: Records,
        attempts: Attempts,
        trials: Trials,
    ):
        self._config, self._lookup, self._senders, self._relay = config, lookup, senders, relay
        self._records, self._attempts, self._trials = records, attempts, trials

    def invite(self, source: message.Source) -> None:
        """An INVITE outside any dialog."""
        recipient = message.user_part("$rU")
        if self._trials.next_hop() is not None:
            self._from_network(recipient, {"source": trial.SOURCE, "call_id": message.get("$ci")})
            return
        sender = self._senders.identify(source, recipient)
        if isinstance(sender, Challenge):
            digests.challenge(self._config.domain, sender.stale, self._config.sha256, sender.wrong or sender.hint)
            return
        number = message.cseq()
        facts = {"source": str(source), "call_id": message.get("$ci"), "cseq": number and number[0]}
        if isinstance(sender, Customer):
            self._from_customer(sender, recipient, facts)
        else:
            refused = refusal.carrier_disabled() if isinstance(sender, DisabledCarrier) else None
            notes.note_carrier(sender.id)
            self._from_network(recipient, facts | {"carrier": sender.id}, refused)

    def _from_customer(self, sender: Customer, recipient: str, facts: dict) -> None:
        dialled = Dialled(recipient, message.user_part("$fU"), message.diversions())
        decision = outbound.decide(dialled, sender.account, self._lookup, self._config)
        facts |= {"account": sender.account.id, "key": sender.key or None}
        who = {"caller": dialled.caller, "called": recipient}
        if isinstance(decision, Refusal):
            self._reject(decision, "outbound", facts | who)
        elif isinstance(decision, Unreachable):
            self._reject(decision.why, "internal", facts | who | {"owner": decision.owner.id})
        else:
            self._begin(decision, sender.account, facts | {"contact": contacts.for_waiting() or None})

    def _from_network(self, recipient: str, facts: dict, refused: Refusal | None = None) -> None:
        caller = message.user_part("$fU")[:LONGEST_NAME]
        number = inbound.find(recipient, self._lookup)
        if isinstance(number, Refusal):
            self._reject(number, "inbound", facts | {"caller": caller, "called": recipient})
            return
        facts |= {"account": number.account.id}  # also of a refusal: its owner wants to know why nobody got through
        attempts = refused or inbound.attempts(number, self._lookup, self._config)
        if isinstance(attempts, Refusal):
            self._reject(attempts, "inbound", facts | {"caller": caller, "called": recipient})
            return
        permitted = Permitted("inbound", e164(caller) or caller, number.e164, attempts, owner=number.account)
        self._begin(permitted, number.account, facts)

    def _reject(self, reason: Refusal, direction: str, facts: dict) -> None:
        self._records.rejected(reason, direction, facts)
        replies.refuse(reason)

    def _begin(self, call: Permitted, payer: Account, facts: dict) -> None:
        """Make the transaction; then count the call, record it, and make the first attempt."""
        plan = Plan(secrets.token_hex(8), payer.id, call.direction, call.attempts[:MOST_ATTEMPTS])
        facts |= {"caller": call.caller, "called": call.called}
        self._dress(call)
        if not transactions.begin():  # another worker has this INVITE already: it came twice in a moment
            return
        # A response to both would show the proxy between them, and its audio would have to go from the relay to itself.
        leg = refusal.came_back() if routes.has_passed_here() else self._leg(call, payer)
        elsewhere = self._lookup.elsewhere(payer.id)
        refused = leg if isinstance(leg, Refusal) else self._records.admit(call, plan, payer, elsewhere)
        if refused:
            self._reject(refused, call.direction, facts)
            return
        try:
            notes.note_legs(leg + leg)
            self._relay.admit()
            if leg != legs.CARRIER:
                awake.note()
            self._start(call, plan, facts | {"media": legs.MEDIA[leg]})
        except Exception:
            self._records.abandoned(plan.call)
            raise

    def _leg(self, call: Permitted, payer: Account) -> str | Refusal:
        """The leg to the caller, see legs, or why its offer cannot be taken."""
        account = None if call.direction == "inbound" else payer
        if message.has_sdp():
            offer = self._relay.take_offer(believed=account is None, secure=legs.wanted(account))
            return offer if isinstance(offer, Refusal) else legs.of_caller(offer.sdp, account)
        return refusal.unknown_body(message.text("$cT")) if message.has_body() else legs.of_caller("", account)

    def _start(self, call: Permitted, plan: Plan, facts: dict) -> None:
        self._attempts.enter(plan, 0)
        if self._records.begun(call, plan, facts):
            self._attempts.make(plan)
        else:
            replies.final(refusal.records_unavailable())

    def _dress(self, call: Permitted) -> None:
        """Make the INVITE speak for us instead of for its sender."""
        domain = self._config.domain
        routes.forget_routes()
        plus = "+" if call.direction == "outbound" else ""
        if call.diversion:
            hiding.append_header(f"Diversion: <sip:{plus}{call.diversion}@{domain}>")
        hiding.hide(name(call.caller, plus, domain), name(call.called, plus, domain))
        if message.has_surplus():
            hiding.remove_body()
        contacts.lead_back()
        notes.note_offer(message.has_sdp())
        notes.note_contact()
