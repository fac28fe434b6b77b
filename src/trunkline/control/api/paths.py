"""Which addresses are an API's. Imports nothing, for everybody has to know."""

ROOT = "/api/v1/"
NUMBER_API = frozenset(
    {"/account/numbers", "/number/search", "/number/buy", "/number/cancel", "/number/update"}
)  # as the clients of another service's Number API have them


def is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def is_number_api(path: str) -> bool:
    return path in NUMBER_API
