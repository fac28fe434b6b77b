"""REGISTER: a PBX tells where it is. Its contacts are kept under its key, whatever To says."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.authenticate import Challenge, Customer
from trunkline.edge.ksr import digests, message, replies, routes
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.senders import Senders
from trunkline.sip import refusal

SUPPORTED = "path"  # RFC 3327


def handle(senders: Senders, source: message.Source, config: EdgeConfig, neighbours: Neighbours) -> None:
    """Authenticate and save; only a key's holder may register, so a source address alone is not enough."""
    sender = senders.identify(source, message.user_part("$rU"))
    if not isinstance(sender, Customer) or not sender.key:
        challenge = sender if isinstance(sender, Challenge) else Challenge()
        digests.challenge(config.domain, challenge.stale, config.sha256, challenge.wrong or challenge.hint)
    elif not sender.account.enabled:
        replies.refuse(refusal.account_disabled())
    elif words := message.registration_fault():
        replies.refuse(refusal.malformed(words))
    elif unknown := [option for option in message.demanded() if option != SUPPORTED]:
        replies.refuse_extensions(unknown, "Require")
    else:
        routes.save_contact(f"sip:{sender.key}@{config.domain}", neighbours.path(sender.key))
