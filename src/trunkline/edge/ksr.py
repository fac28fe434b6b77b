"""The only module that touches Kamailio: it collects facts for the decisions and carries them out.

Every function speaks of the message that Kamailio is processing in this worker. Costs (measured): 0.1 to 0.5 us a
call, 2 us to enter Python at all. A missing header is None; header bytes that are not UTF-8 raise
UnicodeDecodeError, which `main` turns into 400.
"""

import re
import time
from dataclasses import dataclass
from urllib.parse import unquote

import KSR

from trunkline.edge.media import FLAGS, Step, anonymous
from trunkline.sip.refusal import Refusal

get = KSR.pv.get
put = KSR.pv.sets

# What passes from one side to the other; every other header stays behind, because it may name a host, a product
# or a person of that side (User-Agent, Server, P-Charging-Vector, Call-Info, Remote-Party-ID, Warning, ...).
# TH is the note that topoh leaves itself in a message; it takes it out when the message leaves.
_PASSING_NAMES = (
    "via v from f to t call-id i cseq contact m max-forwards route record-route content-type c content-length l"
    " content-disposition content-encoding e content-language mime-version accept accept-encoding accept-language"
    " allow supported k require proxy-require unsupported session-expires x min-se rack rseq reason privacy"
    " p-early-media retry-after event o subscription-state info-package recv-info th"
)
_PASSING = frozenset(_PASSING_NAMES.split())

_CONTACT_HOST = re.compile(r"sips?:(?:[^@>;]*@)?(\[[0-9a-fA-F:.]+\]|[^:;>?\s]+)", re.IGNORECASE)

# nat_uac_test's questions
_CONTACT_IS_PRIVATE, _VIA_DIFFERS_FROM_SOURCE, _PORT_DIFFERS_FROM_VIA = 1, 2, 16
_FIELD = re.compile(r'([a-z]+)\s*=\s*"?([^",]*)', re.ASCII)  # of a Digest
_MOST_CREDENTIALS = 5  # of one request that are looked at

_ONE_CONTACT = 4  # `save`: the newest Contact replaces the others, or those of a PBX whose port changes pile up

_BEHIND_NAT = 7  # the branch flag that kamailio.cfg names as usrloc's nat_bflag


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message came from, as Kamailio received it."""

    ip: str
    port: int
    transport: str

    def __str__(self) -> str:
        return f"{self.transport}:{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an Authorization header claims; nothing of it is verified yet."""

    username: str
    realm: str
    algorithm: str
    uri: str


class Counters:
    """`limits.Counters` over Kamailio's hash tables."""

    get = staticmethod(KSR.htable.sht_get)
    put = staticmethod(KSR.htable.sht_sets)
    add = staticmethod(KSR.htable.sht_inc)
    subtract = staticmethod(KSR.htable.sht_dec)

    @staticmethod
    def take(table: str, key: str) -> str | None:
        """Remove an entry and return it; of two workers that try, one gets it."""
        KSR.htable.sht_lock(table, key)
        try:
            entry = KSR.htable.sht_get(table, key)
            if entry is not None:
                KSR.htable.sht_rm(table, key)
        finally:
            KSR.htable.sht_unlock(table, key)
        return entry


def edge_config_path() -> str:
    return KSR.kx.get_def("EDGE_CONFIG").strip('"')


def source() -> Source:
    return Source(KSR.kx.get_srcip(), KSR.kx.get_srcport(), KSR.kx.get_proto().lower())


def method() -> str:
    return KSR.kx.get_method()


def text(variable: str) -> str:
    """What a far side wrote, where its bytes may be anything and must not cost the call; '' when not UTF-8."""
    try:
        return get(variable) or ""
    except UnicodeDecodeError:
        return ""


def user_part(variable: str) -> str:
    """A user part, unescaped; '' when there is none."""
    user = get(variable) or ""
    return unquote(user) if "%" in user else user


def diversions() -> tuple[str, ...]:
    """The user parts of the Diversion headers (RFC 5806), unescaped."""
    if not KSR.hdr.is_present("Diversion") > 0:
        return ()
    values = ",".join(KSR.hdr.get_idx("Diversion", i) or "" for i in range(4)).split(",")
    users = (value.partition("sip:")[2].partition("@")[0] for value in values)
    return tuple(unquote(user) for user in users if user)


def credentials(realm: str) -> Credentials | None:
    """Those of the request for our realm."""
    username = get("$au")
    if not username:
        return None
    if get("$ar") == realm:
        return Credentials(username, realm, (get("$aa") or "MD5").upper(), get("$adu") or "")
    # RFC 3261 §22.3: beside ours there may be credentials for other proxies, and Kamailio shows the first ones.
    name = "Authorization" if method() == "REGISTER" else "Proxy-Authorization"
    for index in range(1, _MOST_CREDENTIALS):
        fields = dict(_FIELD.findall(KSR.hdr.get_idx(name, index) or ""))
        if fields.get("realm") == realm:
            algorithm = fields.get("algorithm", "MD5").upper()
            return Credentials(fields.get("username", ""), realm, algorithm, fields.get("uri", ""))
    return None


def verify(realm: str, ha1: str, algorithm: str) -> str:
    """'ok', 'stale' or 'wrong': is the digest of the request made with this HA1 and a nonce of ours?"""
    sha256 = algorithm == "SHA-256"
    if sha256:
        KSR.auth.auth_algorithm("SHA-256")
    try:
        result = KSR.auth.pv_auth_check(realm, ha1, 1, 0)
    finally:
        if sha256:
            KSR.auth.auth_algorithm("MD5")
    return {1: "ok", -4: "stale"}.get(result, "wrong")


def challenge(realm: str, stale: bool, sha256: bool, refusal: Refusal | None) -> None:
    """401 to a REGISTER, 407 to all else, MD5 first: old user agents take the first header or MD5."""
    register = method() == "REGISTER"
    flags = 17 if stale else 1  # 1: qop="auth"; 16: stale=true
    for algorithm in ("MD5", "SHA-256") if sha256 else ("MD5",):
        KSR.auth.auth_algorithm(algorithm)
        KSR.auth.auth_get_www_authenticate(realm, flags, "$var(challenge)")
        header = get("$var(challenge)")
        KSR.hdr.append_to_reply(header if register else header.replace("WWW-", "Proxy-", 1))
    KSR.auth.auth_algorithm("MD5")
    if refusal:
        _warn(refusal)
    if register:
        KSR.sl.send_reply(401, "Unauthorized")
    else:
        KSR.sl.send_reply(407, "Proxy Authentication Required")


def refuse(refusal: Refusal, headers: str = "") -> None:
    """The final response to the request, with its reason in plain words."""
    _warn(refusal)
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(refusal.code, refusal.reason)


def _warn(refusal: Refusal) -> None:
    text = refusal.warning.replace("\\", "").replace('"', "'")
    text = "".join(c if " " <= c <= "~" else "?" for c in text)[:400]
    KSR.hdr.append_to_reply(f'Warning: 399 trunkline "{text}"\r\n')


def reply(code: int, reason: str, headers: str = "") -> None:
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(code, reason)


def hide(from_uri: str, to_uri: str) -> None:
    """In a request, leave behind what belongs to its sender only, and name the parties as the far side knows them."""
    _leave_behind()
    _name(from_uri, to_uri)


def hide_response() -> None:
    """The same in a response, where From and To become again what the request had."""
    _leave_behind()
    _name(get("$T_req($fu)"), get("$T_req($tu)"))


def _leave_behind() -> None:
    # keep_hf_re would compile its expression for every message: a quarter of all the CPU time of a call (measured).
    KSR.textopsx.hf_iterator_start("field")
    while KSR.textopsx.hf_iterator_next("field") > 0:
        if text("$hfitname(field)").lower() not in _PASSING:
            KSR.textopsx.hf_iterator_rm("field")
    KSR.textopsx.hf_iterator_end("field")


def _name(from_uri: str, to_uri: str) -> None:
    if from_uri != get("$fu"):
        KSR.uac.uac_replace_from_uri(from_uri)
    if to_uri != get("$tu"):
        KSR.uac.uac_replace_to_uri(to_uri)


def symmetric_contact() -> None:
    """Have later requests sent to where this message came from, where its Contact would not lead there.

    A Contact in private space does not, nor does one of a party that came over a connection (that is the way back),
    nor a host name, which a worker would have to look up.
    """
    if not KSR.is_UDP() or KSR.nathelper.nat_uac_test(_CONTACT_IS_PRIVATE) > 0 or not _contact_is_ip():
        KSR.nathelper.set_contact_alias()


def _contact_is_ip() -> bool:
    match = _CONTACT_HOST.search(text("$ct"))
    return match is not None and (match[1].startswith("[") or match[1].replace(".", "").isdigit())


def append_header(line: str) -> None:
    KSR.hdr.append(line + "\r\n")


def note_offer(offered: bool) -> None:
    """Remember for the responses whether this request holds an offer."""
    put("$avp(offered)", "1" if offered else "0")


def request_offered() -> bool:
    return get("$avp(offered)") == "1"


def note_media_failure() -> None:
    put("$avp(media_failed)", "1")


def media_failed() -> bool:
    return get("$avp(media_failed)") is not None


def drop() -> None:
    """In a branch callback, this INVITE does not leave; in one for a stray response, that goes no further."""
    KSR.set_drop()


def note_branch() -> None:
    """In a branch callback: this is the attempt that counts from now on."""
    KSR.pv.seti("$avp(branch)", get("$T_branch_idx"))


def is_late() -> bool:
    """Whether a response is to an attempt that was given up, or comes after the caller's final response."""
    return get("$avp(branch)") != get("$T_branch_idx") or get("$avp(over)") is not None


def note_over() -> None:
    """The caller has got its final refusal, or gets it now."""
    put("$avp(over)", "1")


def remove_body() -> None:
    KSR.textopsx.remove_body()


def keep_deadline() -> None:
    """A 100 has come: the engine would count the whole timeout once more from here."""
    left = max(1, int(get("$avp(due)")) - round(time.monotonic() * 1000))
    KSR.tm.t_set_fr(left, left)


def aims_at_us() -> bool:
    """Whether what `aim` or `find_registered` has set is a socket of this server."""
    return KSR.is_myself(get("$du") or get("$ru"))


def let_ring(timeout: int) -> None:
    """It rings: silence of `timeout` ms from here on ends the attempt."""
    KSR.tm.t_set_fr(timeout, timeout)


def find_registered(uri: str) -> bool:
    """Aim at the contact that last registered as the user of `uri`; False when there is none."""
    return KSR.registrar.lookup_uri("location", uri) > 0


def forget_routes() -> None:
    """A preloaded Route (an outbound proxy is one) has led here; followed further it would lead past our routing."""
    KSR.hdr.remove("Route")


def record_route(parameter: str) -> None:
    KSR.rr.add_rr_param(parameter)
    KSR.rr.record_route()


def keep_plan(text: str) -> None:
    put("$avp(plan)", text)


def kept_plan() -> str | None:
    return get("$avp(plan)")


def begin_transaction() -> bool:
    """Create the transaction, which answers 100 and absorbs retransmissions. False: it was one of those."""
    if KSR.tm.t_newtran() < 1:
        return False
    KSR.tm.t_set_disable_internal_reply(1)
    return True


def aim(uri: str, next_hop: str) -> None:
    """Where the next `send` goes. `next_hop` '' leaves what the location store has set."""
    put("$ru", uri)
    if next_hop:
        put("$du", next_hop)
    else:
        KSR.pv.unset("$du")


def send(timeout: int) -> bool:
    """Send the INVITE to where `aim` points; silence of `timeout` ms ends it. False: it could not be sent."""
    put("$avp(due)", str(round(time.monotonic() * 1000) + timeout))
    KSR.tm.t_set_fr(timeout, timeout)
    KSR.tm.t_on_branch("ksr_branch")
    KSR.tm.t_on_reply("ksr_reply")
    KSR.tm.t_on_failure("ksr_failure")
    return KSR.tm.t_relay() > 0


def answer_challenge(username: str, password: str) -> bool:
    """Add the carrier's credentials to the INVITE of the next `send`; False when the challenge is not usable."""
    put("$avp(carrier_username)", username)
    put("$avp(carrier_password)", password)  # without a realm of its own they serve for whatever realm is asked
    return KSR.uac.uac_auth() > 0


def shift_cseq(by: int) -> None:
    """Count the CSeq, and that in a PRACK's RAck, up or down."""
    number, _, name = get("$hdr(CSeq)").strip().partition(" ")
    KSR.hdr.remove("CSeq")
    append_header(f"CSeq: {int(number) + by} {name.strip()}")
    acknowledged = (get("$hdr(RAck)") or "").split()
    if len(acknowledged) == 3:
        KSR.hdr.remove("RAck")
        append_header(f"RAck: {acknowledged[0]} {int(acknowledged[1]) + by} {acknowledged[2]}")


def note_shift(shifted: bool) -> None:
    """Remember for the responses whether this transaction's CSeq is one above that of the sender."""
    put("$avp(shifted)", "1" if shifted else "0")


def is_shifted() -> bool:
    return get("$avp(shifted)") == "1"


def mark_route(mark: str, parameter: str) -> None:
    """In a response: put `mark` before a parameter of our Record-Route, for its receiver's later requests."""
    values = []
    while value := KSR.hdr.get_idx("Record-Route", len(values)):
        values.append(value)
    KSR.hdr.remove("Record-Route")
    for value in values:
        append_header("Record-Route: " + value.replace(parameter, mark + parameter))


def final(refusal: Refusal) -> None:
    """The transaction's final response."""
    _warn(refusal)
    KSR.tm.t_reply(refusal.code, refusal.reason)


def has_sdp() -> bool:
    return KSR.sdpops.sdp_content() > 0


def offers_fax() -> bool:
    """Whether the SDP has a T.38 stream."""
    return KSR.sdpops.sdp_with_media("image") > 0


def anchor(step: Step) -> bool:
    """Have rtpengine rewrite this message's SDP to the media relay; False when it does not answer."""
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    # A relay that had failed is asked again during the first call that needs it, which serves the second (measured).
    if command(FLAGS) < 0 and command(FLAGS) < 0:
        return False
    KSR.textops.set_body(anonymous(_relayed_sdp()), "application/sdp")
    return True


def _relayed_sdp() -> str:
    try:
        return get("$avp(sdp)")
    except UnicodeDecodeError:  # a session name in Latin-1, say
        return bytes.fromhex(get("$(avp(sdp){s.encode.hexa})")).decode("latin-1")


def end_media() -> None:
    KSR.rtpengine.rtpengine_delete0()


def relay(on_reply: str) -> None:
    """Forward an in-dialog request to where its Request-URI and Route say."""
    if method() == "ACK":
        KSR.tm.t_relay()
        return
    KSR.tm.t_on_reply(on_reply)
    if KSR.tm.t_relay() < 0:
        KSR.sl.sl_reply_error()


def has_to_tag() -> bool:
    return KSR.siputils.has_totag() > 0


def is_sane() -> bool:
    """Kamailio's checks of syntax and mandatory headers; `refuse_malformed` says which one failed."""
    return KSR.sanity.sanity_check(17895, 7) > 0


def refuse_malformed(refusal: Refusal) -> None:
    """Answer what `is_sane` found, with its status and reason, and with words of ours."""
    _warn(refusal)
    KSR.sanity.sanity_reply()


def may_forward() -> bool:
    return KSR.maxfwd.process_maxfwd(70) > 0


def force_rport() -> None:
    KSR.force_rport()


def is_retransmission() -> bool:
    """Of a request whose transaction lives: its last response is sent again."""
    return KSR.tm.t_check_trans() == 0


def relay_cancel() -> bool:
    """Cancel what the CANCEL's INVITE has started; False when there is no such INVITE."""
    if KSR.tm.t_check_trans() < 0 or KSR.tm.t_lookup_cancel() < 0:
        return False
    KSR.tm.t_relay()
    return True


def absorb_ack() -> None:
    """An ACK to one of our own final responses ends here (RFC 3261 §17.2.1)."""
    KSR.tm.t_check_trans()


def follow_route() -> str | None:
    """Take our Route off and return its URI; None when the request does not come through us by one."""
    if KSR.hdr.is_present("Route") < 0:
        return None
    route = get("$route_uri")
    return route if KSR.rr.loose_route() > 0 else None


def follow_contact() -> None:
    """Send to where the far side's messages came from, when `symmetric_contact` said so."""
    if not KSR.isdsturiset():
        KSR.nathelper.handle_ruri_alias()


def save_contact(address_of_record: str) -> None:
    """Keep the Contacts of a REGISTER and answer it."""
    signs = _CONTACT_IS_PRIVATE | _VIA_DIFFERS_FROM_SOURCE | _PORT_DIFFERS_FROM_VIA
    if KSR.nathelper.nat_uac_test(signs) > 0 or not _contact_is_ip():
        KSR.nathelper.fix_nated_register()
        KSR.setbflag(_BEHIND_NAT)
    KSR.registrar.save_uri("location", _ONE_CONTACT, address_of_record)


def reply_code() -> int:
    return KSR.kx.get_status()


def is_cancelled() -> bool:
    return KSR.tm.t_is_canceled() > 0


def timed_out() -> bool:
    return KSR.tm.t_branch_timeout() > 0


def rang(attempt: int) -> bool:
    """Whether an attempt has rung."""
    return get("$avp(rang)") == str(attempt)


def answered() -> bool:
    """Whether a 2xx was here before: a callee repeats it until the ACK comes."""
    return get("$avp(answered)") is not None


def note_answer() -> None:
    put("$avp(answered)", "1")


def note_ringing(attempt: int) -> None:
    put("$avp(rang)", str(attempt))


def failed_reply() -> tuple[int, str]:
    return KSR.tm.t_get_status_code(), text("$T_reply_reason")


def fail_request(refusal: Refusal) -> None:
    """Answer a request after our own code failed, whether its transaction was begun or not."""
    if method() == "ACK":
        return
    _warn(refusal)
    if KSR.tm.t_exists() > 0:
        KSR.tm.t_reply(refusal.code, refusal.reason)
    else:
        KSR.sl.send_reply(refusal.code, refusal.reason)


def log_error(text: str) -> None:
    KSR.err(text + "\n")
