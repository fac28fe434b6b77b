"""The media relay: the SDP of a message goes to it, and what it makes of that takes its place."""

import KSR

from trunkline.edge import answers, digits, offers, relayed
from trunkline.edge.failover import OfferMore
from trunkline.edge.injector import Fate, Injector
from trunkline.edge.ksr import agreed, awake, message, relays, told
from trunkline.edge.ksr.message import get, put
from trunkline.edge.media import Abilities, Step, Writer
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.offers import Offer
from trunkline.sip import refusal, sdp
from trunkline.sip.refusal import Refusal
from trunkline.sip.sdp import SdpError


class Relay:
    """One per worker."""

    def __init__(self, abilities: Abilities, injector: Injector, neighbours: Neighbours):
        self._abilities, self._injector, self._neighbours = abilities, injector, neighbours
        self._last: tuple[str | None, Offer | None] = (None, None)  # the offer kept last in this worker, as both
        self.unusable = ""  # why the SDP anchored last could not be; '' where it could

    def take_offer(self, *, believed: bool, secure: bool | None = None) -> Offer | Refusal:
        """Read the offer of this request and keep it with its transaction, for `anchor`; or say why it is refused.

        `believed`: see media.Writer, here and below. `secure`: see sdp.parse.
        """
        wide = KSR.htable.sht_get("wide", message.text("$ci")) is not None
        try:
            made = offers.read(message.sdp(), self._writer(believed), self._abilities, wide=wide, secure=secure)
        except SdpError as error:
            return refusal.bad_sdp(error.code, error.words)
        kept = made.dumps()
        put("$avp(offer)", kept)
        self._last = kept, made
        return made

    def admit(self) -> None:
        """The call of the offer taken may be made: what later offers of its other side must know is kept."""
        offered = self._kept()
        if offered and offered.lacks_common:
            _offer_all_from_now_on()  # or the far side's next offer, a hold for one, might suit this side no more

    def after_refusal(self, *, believed: bool, secure: bool) -> OfferMore | Refusal | None:
        """What follows when the called side accepts none of the codecs it was offered; None when there was no offer."""
        kept = get("$avp(offer)")
        if not kept:
            return None
        _offer_all_from_now_on()  # also to the targets after this one
        self.take_offer(believed=believed, secure=secure)
        if get("$avp(offer)") != kept:
            return OfferMore()
        if not Offer.loads(kept).joined:
            return refusal.cannot_be_transcoded()
        return refusal.none_accepted(self._abilities.transcodes)

    def anchor(self, step: Step, flags: str, *, believed: bool, again: str = "") -> bool:
        """Have the relay's SDP take the place of this message's; False when no relay answers, and there is no audio.

        `flags`: more of rtpengine's, for the leg that the message goes to; `again`: those of the offer, should it have
        to be made once more for this answer. What cannot be used in a message that cannot be refused goes on as a
        refusal of the audio, and `unusable` says why: the SDP of one side never reaches the other as it came.
        """
        self.unusable = ""
        if step != "offer" and self.say_again():
            return True
        offered = self._kept() if step != "late offer" else None
        try:
            text = self._relayed(step, offered, self._writer(believed), flags, again)
        except SdpError as error:
            message.log_error(f"{get('$si')} sent an SDP that cannot be used: {error.words}")
            self.unusable = error.fault
            text = _refused(offered)
        if text and step != "offer":
            told.note(text)
        _describe(text or _refused(offered))
        return bool(text)

    def say_again(self) -> told.Said | None:
        """Have this message say what an earlier copy of it went on with, if one did."""
        if said := told.recall():
            _describe(said.description)
        return said

    def restore(self) -> None:
        """The offer of this request was refused: have the relay do what was agreed on before."""
        if not (last := agreed.recall()):
            return
        between = f" directional from-tag={last.offerer} to-tag={last.answerer}"
        if not (
            relays.ask("offer", last.offer.sdp, last.offer.flags + between)
            and relays.ask("answer", last.answer.sdp, last.answer.flags + between)
        ):
            message.log_error("the media relay did not take back an offer that was refused")

    def carried(self) -> str:
        """The description as the relay would get it, so that what is judged of it is what is carried; '' for none."""
        try:
            description = sdp.parse(message.sdp())
        except SdpError:
            return ""
        return description.text(description.audio.payloads) if description.audio else ""

    def refuse_audio(self) -> None:
        """Refuse the audio in the place of a description that must not go on."""
        _describe(_refused(self._kept()))

    def digit(self) -> tuple[str, int] | None:
        """The digit (and its ms) of an INFO that is to become a telephone-event; None when it must go on as it is.

        It must where its sender has telephone-event: then it is a second way to say the same, or the far side's to
        read, and the relay, which passes such audio on as it comes, loses every other event put into it (measured).
        """
        if not message.text("$cT").lower().startswith(digits.KINDS):
            return None
        if KSR.htable.sht_get("toneless", message.text("$ci")) != message.text("$ft"):
            return None
        return digits.read(message.latin_1("$rb"))

    def play(self, digit: tuple[str, int]) -> Fate:
        """Have the sender of this message dial a digit."""
        return self._injector.play(message.text("$ci"), message.text("$ft"), *digit)

    def _writer(self, believed: bool) -> Writer:
        return Writer(self._neighbours.origin(), believed)

    def _relayed(self, step: Step, offered: Offer | None, writer: Writer, flags: str, again: str) -> str:
        """Raises SdpError; '' when no relay answers."""
        if step == "answer":
            return self._answer(offered, writer, flags, again)
        if step == "late offer":
            offered = offers.read(message.sdp(), writer, self._abilities, remembered=False)
        text = relays.ask("offer", offered.sdp, offered.flags + flags)
        if text and step == "late offer":
            agreed.note_offer(agreed.Half(offered.sdp, offered.flags + flags))
        return text and relayed.offer(text, offered)

    def _kept(self) -> Offer | None:
        """The offer of this transaction."""
        kept = get("$avp(offer)")
        if kept != self._last[0]:
            self._last = kept, Offer.loads(kept) if kept else None
        return self._last[1]

    def _answer(self, offered: Offer | None, writer: Writer, flags: str, again: str) -> str:
        made = answers.read(message.sdp(), writer, self._abilities, offered)
        if offered and (toneless := answers.toneless(offered, made, message.text("$ft"), message.text("$tt"))):
            KSR.htable.sht_sets("toneless", message.text("$ci"), toneless)
        if not made.sdp:
            self.unusable = made.fault
            return relayed.refused(offered.streams if offered and offered.streams else made.streams)
        if made.again and not relays.ask("offer", made.again.sdp, made.again.flags + again):
            return ""
        text = relays.ask("answer", made.sdp, made.flags + flags)
        if text:
            given, profile = made.again or offered, f" {again.split()[0]}"  # a later offer has no branch, see legs
            agreed.note(given and agreed.Half(given.sdp, given.flags + profile), agreed.Half(made.sdp, made.flags))
        return text and relayed.answer(text, made, offered)


def _refused(offered: Offer | None) -> str:
    return relayed.refused(offered.streams if offered else ())


def _offer_all_from_now_on() -> None:
    """In this call, every offer has all that can be transcoded."""
    KSR.htable.sht_sets("wide", message.text("$ci"), "1")


def _describe(sdp: str) -> None:
    KSR.textops.set_body(sdp, "application/sdp")
    # set_body takes away as much as Content-Length says. Over UDP there need be none (RFC 3261 §18.3 has the body end
    # with the datagram), and a response may say too little.
    if get("$cl") != get("$bs"):
        KSR.textopsx.remove_body()


def claim() -> bool:
    """Have the relay's name for a call, its Call-ID, for the call of this INVITE; False when one that is not over has
    it: whose media would be this one's too, and would end with it."""
    return KSR.htable.sht_inc("claimed", message.text("$ci")) == 1


def forget() -> None:
    """The call of this message is over: what was kept of it beyond a transaction goes."""
    for table in ("claimed", "wide", "toneless"):
        KSR.htable.sht_rm(table, message.text("$ci"))
    agreed.forget()
    awake.forget()
