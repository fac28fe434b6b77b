"""Walks through the Number API with the public SDK `vonage` 4, as its users do: HOST KEY SECRET on the command line."""

import sys

from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client.errors import AuthenticationError, HttpRequestError
from vonage_numbers import ListOwnedNumbersFilter, NumberParams, SearchAvailableNumbersFilter, UpdateNumberParams

host, key, secret = sys.argv[1:]
numbers = Vonage(Auth(api_key=key, api_secret=secret), HttpClientOptions(rest_host=host)).numbers
wanted = {"country": "GB", "msisdn": "442079460004"}


def refusal(call, arguments):
    try:
        call(arguments)
    except HttpRequestError as error:
        return f"{error} {error.response.text}"
    raise AssertionError("it was not refused")


def owned():
    filters = ListOwnedNumbersFilter(has_application=False, pattern="44", search_pattern=0, country="GB")
    found, _, _ = numbers.list_owned_numbers(filters)
    return {number.msisdn: number for number in found}


assert wanted["msisdn"] not in owned()
assert numbers.list_owned_numbers(ListOwnedNumbersFilter(has_application=True))[0] == []
search = SearchAvailableNumbersFilter(country="GB", type="landline", pattern="442079460", search_pattern=0, size=1)
found, count, following = numbers.search_available_numbers(search)
assert (len(found), following) == (1, 2)
assert count > 1
search = SearchAvailableNumbersFilter(country="GB", pattern=wanted["msisdn"], search_pattern=2)
[number] = numbers.search_available_numbers(search)[0]
assert (number.msisdn, number.cost, number.features) == (wanted["msisdn"], "2.50", ["VOICE"])
assert numbers.search_available_numbers(SearchAvailableNumbersFilter(country="FR"))[0] == []
for _ in range(2):
    assert numbers.buy_number(NumberParams(**wanted)).error_code == "200"
uris = "sip:1234@example.com;timeout=2000,sip:1234@example.net"
sip = UpdateNumberParams(**wanted, voice_callback_type="sip", voice_callback_value=uris)
assert numbers.update_number(sip).error_code_label == "success"
assert (owned()[wanted["msisdn"]].voice_callback_type, owned()[wanted["msisdn"]].voice_callback_value) == ("sip", uris)
tel = UpdateNumberParams(**wanted, voice_callback_type="tel", voice_callback_value="447700900000")
assert "not supported" in refusal(numbers.update_number, tel)
assert "not for sale" in refusal(numbers.buy_number, NumberParams(country="GB", msisdn="447700900999"))
for _ in range(2):
    assert numbers.cancel_number(NumberParams(**wanted)).error_code == "200"
assert wanted["msisdn"] not in owned()
assert "has no number" in refusal(numbers.cancel_number, NumberParams(country="GB", msisdn="447700900999"))
try:
    Vonage(Auth(api_key=key, api_secret="wrong"), HttpClientOptions(rest_host=host)).numbers.list_owned_numbers()
except AuthenticationError:
    print("well")
