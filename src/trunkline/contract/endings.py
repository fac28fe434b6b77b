"""Why a call ended, where its record's reader is to know whose fault it was: in the words of whoever notes it."""

# Of a callee that repeats its answer, and then hangs up
NO_ACK = "the answer was repeated, and no ACK of the caller's came for it"
LOST_ACK = "the answer was repeated, though the caller's ACK went on to where its Contact leads"
# Of a call whose BYE did not end it for the other party, which is hung up on by the node
UNHEARD = "the BYE that ended it did not reach the other party"
UNHEARD_TOO = f"; {UNHEARD}"  # behind what its sender said
# Of a call whose answer has a description that cannot be used; behind it stands what is wrong
UNUSABLE_ANSWER = "the SDP of the answer cannot be used"
UNDESCRIBED = f"{UNUSABLE_ANSWER}: there is none"
UNUSABLE_ACK = "the SDP of the caller's answer cannot be used"  # to the offer that came in the callee's response
# When somebody wants it ended; and the table of Kamailio in which the node notes that of a call nobody has answered
ORDERED = "whoever runs this service ended it"
UNWANTED = "unwanted"
# The tables of Kamailio that have the calls that count, by uid, and the PBXs that the way is kept open to, by Call-ID
COUNTED, AWAKE = "calls", "awake"
# When the media relay has lost a call, and when none took the description that would have begun its audio
LOST = "the media relay lost it"
NO_RELAY = "no media relay took the SDP of the answer"
