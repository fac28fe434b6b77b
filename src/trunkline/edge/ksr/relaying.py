"""The media relay: the SDP of a message goes to it, and what it makes of that takes its place."""

import KSR

from trunkline.edge import digits, media
from trunkline.edge.failover import OfferMore
from trunkline.edge.injector import Injector
from trunkline.edge.ksr import message
from trunkline.edge.ksr.message import get, put
from trunkline.edge.media import FLAGS, Abilities, Offer, Step
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal
from trunkline.sip.sdp import SdpError

# What rtpengine reads in place of the body, and what it writes: kamailio.cfg names them.
_GIVEN, _MADE = "$avp(sdp_given)", "$avp(sdp_made)"


class Relay:
    """One per worker."""

    def __init__(self, abilities: Abilities, injector: Injector):
        self._abilities, self._injector = abilities, injector

    def take_offer(self) -> Refusal | None:
        """Read the offer of this request and keep it with its transaction, for `anchor`; or say why it is refused."""
        wide = KSR.htable.sht_get("wide", get("$ci")) is not None
        try:
            made = media.offer(message.sdp(), message.source().ip, self._abilities, wide=wide)
        except SdpError as error:
            return refusal.bad_sdp(error.code, error.words)
        put("$avp(offer)", made.dumps())
        if made.lacks_common and not wide:
            _offer_all_from_now_on()  # or the far side's next offer, a hold for one, might suit this side no more
        return None

    def after_refusal(self, *, repeatable: bool) -> OfferMore | Refusal | None:
        """What follows when the called side accepts none of the codecs it was offered; None when there was no offer."""
        kept = get("$avp(offer)")
        if not kept:
            return None
        if repeatable:
            _offer_all_from_now_on()  # also to the targets after this one
            self.take_offer()
            if get("$avp(offer)") != kept:
                return OfferMore()
        if not Offer.loads(kept).joined:
            return refusal.cannot_be_transcoded()
        return refusal.none_accepted(self._abilities.transcodes)

    def anchor(self, step: Step, extra: str = "") -> bool:
        """Have the relay's SDP take the place of this message's; False when no relay answers, and there is no audio.

        `extra`: more of rtpengine's flags, for this leg. What cannot be used in a message that cannot be refused goes
        on as a refusal of the audio: the SDP of one side never reaches the other as it came.
        """
        kept = get("$avp(offer)")
        offered = Offer.loads(kept) if kept and step != "late offer" else None
        try:
            relayed = self._relayed(step, offered, extra)
        except SdpError as error:
            message.log_error(f"{message.source().ip} sent an SDP that cannot be used: {error.words}")
            relayed = media.refused(offered.streams if offered else ())
        _describe(relayed or media.refused(offered.streams if offered else ()))
        return bool(relayed)

    def play_digit(self) -> bool:
        """Turn an INFO with a digit into a telephone-event toward the other side; False when it must go on as it is.

        It must where its sender has telephone-event: then it is a second way to say the same, or the far side's to
        read, and the relay, which passes such audio on as it comes, loses every other event put into it (measured).
        """
        if not message.text("$cT").lower().startswith(digits.KINDS):
            return False
        if KSR.htable.sht_get("toneless", get("$ci")) != get("$ft"):
            return False
        digit = digits.read(message.latin_1("$rb"))
        if digit:
            self._injector.play(get("$ci"), get("$ft"), *digit)
        return digit is not None

    def _relayed(self, step: Step, offered: Offer | None, extra: str) -> str:
        """Raises SdpError; '' when no relay answers."""
        if step == "answer":
            return self._answer(offered, extra)
        if step == "late offer":
            offered = media.offer(message.sdp(), message.source().ip, self._abilities, remembered=False)
        text = _ask("offer", offered.sdp, f"{offered.flags} {extra}")
        return text and media.relayed_offer(text, offered)

    def _answer(self, offered: Offer | None, extra: str) -> str:
        made = media.answer(message.sdp(), message.source().ip, self._abilities, offered)
        if offered and offered.lacks_events and made.has_events:
            KSR.htable.sht_sets("toneless", get("$ci"), get("$ft"))
        if not made.sdp:
            return media.refused(offered.streams if offered and offered.streams else made.streams)
        if made.again and not _ask("offer", made.again.sdp, f"{made.again.flags} {extra}"):
            return ""
        text = _ask("answer", made.sdp, f"{FLAGS} {extra}")
        return text and media.relayed_answer(text, made, offered)


def _ask(step: Step, sdp: str, flags: str) -> str:
    """What rtpengine makes of an SDP; '' when it does not answer."""
    put(_GIVEN, sdp)
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    # A relay that had failed is asked again during the first call that needs it, which serves the second (measured).
    if command(flags) < 0 and command(flags) < 0:
        return ""
    return get(_MADE)


def _offer_all_from_now_on() -> None:
    """In this call, every offer has all that can be transcoded."""
    KSR.htable.sht_sets("wide", get("$ci"), "1")


def _describe(sdp: str) -> None:
    KSR.textops.set_body(sdp, "application/sdp")


def end_media() -> None:
    KSR.rtpengine.rtpengine_delete0()
