"""What a page says of a call, to an account or (None) to an operator."""

from trunkline.control.accounts.models import Account
from trunkline.control.calls import advice, ending, fault, quality, seen, services, timeline
from trunkline.control.calls.models import OPEN, Call

WHO = {"caller": "The caller", "callee": "The called party", timeline.US: "Trunkline"}
AUDIO = {"caller": "Audio from the caller", "callee": "Audio from the called party"}


def about(account: Account | None, call: Call) -> dict[str, object]:
    """All of it. Raises ValueError for a call that is not the account's."""
    its, attempts = seen.by(account, call, services.attempts(call))
    return {
        **in_brief(account, call),
        "steps": [_step(its, step) for step in timeline.steps(its, attempts)],
        "audio": [(label, said) for party, label in AUDIO.items() if (said := quality.in_words(its, party))],
        "open": its.outcome == OPEN,
        "advice": advice.of(its, attempts),
        "ending": ending.in_words(its),
        "unheard": ending.unheard(its),
        "silence": ending.silence(its),
    }


def in_brief(account: Account | None, call: Call) -> dict[str, object]:
    """What a list says. Raises ValueError for a call that is not the account's."""
    its, attempts = seen.by(account, call, services.attempts(call))
    return {
        "call": its,
        "direction": _direction(account, its),
        "fault": fault.of(its, attempts),
        "verdict": fault.in_words(its, attempts),
    }


def _step(call: Call, step: timeline.Step) -> dict[str, object]:
    after = (step.time - call.started).total_seconds()
    return {
        "after": f"+{after:.3f}" if after < 100 else f"+{after:.1f}",  # s
        "who": WHO.get(step.who, step.who),
        "ours": step.who == timeline.US,
        "what": step.what,
    }


def _direction(account: Account | None, call: Call) -> str:
    """As the account sees it: a call between two customers leaves one and reaches the other."""
    if account is None or call.direction != "internal":
        return call.direction
    return "outbound" if call.account_id == account.pk else "inbound"
