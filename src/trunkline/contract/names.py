"""Why a host name has no address, as others may know it: without the name."""

# How the problem of a resolution begins for which nobody gave an answer, and ends where nobody was asked yet
UNANSWERED, UNASKED = "no name server answers", "has not been resolved yet"


def unfound(problem: str) -> str:
    """`problem`: of a resolution, see contract.store. That there is no address is not that nobody answers."""
    if problem.startswith(UNANSWERED):
        return f"{UNANSWERED} for its host name"
    return f"its host name {UNASKED if problem.endswith(UNASKED) else 'does not resolve'}"
