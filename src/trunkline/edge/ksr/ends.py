"""The two ends of a call, as they wrote themselves."""

from trunkline.edge.ksr import notes
from trunkline.edge.ksr.message import latin_1, source, text
from trunkline.edge.ksr.routes import record_routes


def of_answer() -> dict[str, object]:
    """In a 2xx to an INVITE: what a later BYE to either party takes (contract.journal has the shape)."""
    return {
        "tags": [text("$ft"), text("$tt")],
        "contacts": [notes.noted_contact(), latin_1("$ct")],
        "source": str(source()),
        "routes": record_routes(),
    }
