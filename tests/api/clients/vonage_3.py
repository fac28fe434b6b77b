"""Walks through the Number API with the public SDK `vonage` 3, as its users do: HOST KEY SECRET on the command line."""

import sys

import vonage
from vonage.errors import AuthenticationError, ClientError

host, key, secret = sys.argv[1:]
client = vonage.Client(key=key, secret=secret)
client.host(host)
numbers = client.numbers
DONE = {"error-code": "200", "error-code-label": "success"}
wanted = {"country": "GB", "msisdn": "442079460003"}


def refusal(call, *arguments):
    try:
        call(*arguments)
    except ClientError as error:
        return error
    raise AssertionError("it was not refused")


def owned():
    return {n["msisdn"]: n for n in numbers.get_account_numbers(size=100).get("numbers", [])}


assert wanted["msisdn"] not in owned()
found = numbers.get_available_numbers("GB", pattern="442079460003", search_pattern=0, features="VOICE")
assert [(n["msisdn"], n["cost"]) for n in found["numbers"]] == [("442079460003", "2.50")]
assert numbers.get_available_numbers("FR") == {}
assert numbers.buy_number(wanted) == numbers.buy_number(**wanted) == DONE
uris = "sip:1234@example.com;timeout=2000,sip:1234@example.net"
assert numbers.update_number(dict(wanted, voiceCallbackType="sip", voiceCallbackValue=uris)) == DONE
assert owned()[wanted["msisdn"]]["voiceCallbackValue"] == uris
wrong = refusal(numbers.update_number, dict(wanted, voiceCallbackType="tel", voiceCallbackValue="447700900000"))
assert wrong.args[0]["error-code"] == "420"
assert "not supported" in wrong.args[0]["error-code-label"]
assert "not for sale" in str(refusal(numbers.buy_number, {"country": "GB", "msisdn": "447700900999"}))
assert numbers.cancel_number(wanted) == numbers.cancel_number(**wanted) == DONE
assert wanted["msisdn"] not in owned()
assert "has no number" in str(refusal(numbers.cancel_number, {"country": "GB", "msisdn": "447700900999"}))
stranger = vonage.Client(key=key, secret="wrong")
stranger.host(host)
try:
    stranger.numbers.get_account_numbers()
except AuthenticationError:
    print("well")
