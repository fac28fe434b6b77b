"""What a transaction remembers from one of its callbacks to the next, whichever worker runs that."""

import KSR

from trunkline.edge.ksr.message import get, latin_1, put, text


def keep_plan(text: str, call: str, attempt: int) -> None:
    """Carry the plan with the transaction; beside it what a response needs of it, which spares reading all of it."""
    put("$avp(plan)", text)
    put("$avp(attempt)", f"{call} {attempt}")


def current_attempt() -> tuple[str, int]:
    """The call's id and the number of its current attempt, from 1; ('', 0) before the first."""
    call, _, attempt = (get("$avp(attempt)") or " 0").partition(" ")
    return call, int(attempt)


def note_call(call: str) -> None:
    """Remember for the responses to an in-dialog request which call it belongs to."""
    put("$avp(attempt)", f"{call} 0")


def kept_plan() -> str | None:
    return get("$avp(plan)")


def note_branch() -> None:
    """In a branch callback: this is the attempt that counts from now on."""
    KSR.pv.seti("$avp(branch)", get("$T_branch_idx"))


def is_late() -> bool:
    """Whether a response is to an attempt that was given up, or comes after the caller's final response."""
    return get("$avp(branch)") != get("$T_branch_idx") or get("$avp(over)") is not None


def note_unreadable() -> None:
    """The final response of the current attempt cannot be passed on."""
    KSR.pv.seti("$avp(unreadable)", get("$T_branch_idx"))


def is_unreadable() -> bool:
    return get("$avp(unreadable)") == get("$avp(branch)")


def note_over() -> None:
    """The caller has got its final refusal, or gets it now."""
    put("$avp(over)", "1")


def note_carrier(carrier_id: int) -> None:
    """Remember the carrier of the call, which may ask for its credentials; 0: none, or no more."""
    put("$avp(carrier)", str(carrier_id))


def carrier() -> int:
    return int(get("$avp(carrier)") or 0)


def note_offer(offered: bool) -> None:
    """Remember for the responses whether this request holds an offer."""
    put("$avp(offered)", "1" if offered else "0")


def note_contact() -> None:
    """Remember the Contact of this request for its answer: for $T_req Kamailio would parse all of it once more."""
    put("$avp(contact)", latin_1("$ct"))


def noted_contact() -> str:
    return text("$avp(contact)")


def request_offered() -> bool:
    return get("$avp(offered)") == "1"


def note_legs(legs: str) -> None:
    """Remember for the responses the leg that this request came from, and that which it goes to (see edge.legs)."""
    put("$avp(legs)", legs)


def legs() -> str:
    return get("$avp(legs)")


def note_route(parameter: str) -> None:
    """Remember for the branch callback what our Record-Route shall hold."""
    put("$avp(route)", parameter)


def noted_route() -> str:
    return get("$avp(route)")


def note_media_failure() -> None:
    put("$avp(media_failed)", "1")


def media_failed() -> bool:
    return get("$avp(media_failed)") is not None


def note_shift(by: int) -> None:
    """Remember by how much this transaction's CSeq is above that of the sender."""
    put("$avp(shift)", str(by))


def shift() -> int:
    return int(get("$avp(shift)") or 0)


def note_demands(softened: bool) -> None:
    """Remember whether the current attempt goes without what the INVITE demands (Require)."""
    put("$avp(softened)", "1" if softened else "0")


def softened() -> bool:
    return get("$avp(softened)") == "1"


def note_direct(direct: bool) -> None:
    """Remember whether the current attempt passes the node by that holds its target's flow."""
    put("$avp(direct)", "1" if direct else "0")


def is_direct() -> bool:
    return get("$avp(direct)") == "1"


def rang(attempt: int) -> bool:
    """Whether an attempt has rung."""
    return get("$avp(rang)") == str(attempt)


def note_ringing(attempt: int) -> None:
    put("$avp(rang)", str(attempt))


def is_trying(attempt: int) -> bool:
    """Whether an attempt, of a carrier, has said 100."""
    return get("$avp(trying)") == str(attempt)


def note_trying(attempt: int) -> None:
    put("$avp(trying)", str(attempt))


def answered() -> bool:
    """Whether a 2xx was here before: a callee repeats it until the ACK comes."""
    return get("$avp(answered)") is not None


def note_answer() -> None:
    put("$avp(answered)", "1")


def note_description(fault: str) -> None:
    """The current attempt has described its media, with a fault that has it go nowhere, or with ''."""
    put("$avp(described)", f"{current_attempt()[1]} {fault}")


def description_fault(missing: str) -> str:
    """The fault of what the current attempt described last, '' for none; `missing` where it has described nothing."""
    attempt, _, fault = (get("$avp(described)") or "").partition(" ")
    return fault if attempt == str(current_attempt()[1]) else missing
