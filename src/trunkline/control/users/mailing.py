"""Letters to users, and what became of the last one to each: who asked for it does not wait for the mail server."""

import logging
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage

from trunkline.control import database
from trunkline.control.users.models import ADDRESS, SERVER, Letter, User

TOLD = timedelta(days=1)  # for which a letter that did not go out is a problem of the service

log = logging.getLogger(__name__)


def post(user: User, subject: str, text: str) -> None:
    """Hand a letter to the mail server, and note what became of it. For a thread of its own."""
    try:
        fault, said = _hand_over(user.name, subject, text)
        if User.objects.filter(pk=user.pk).exists():  # it may have been removed meanwhile
            values = {"time": datetime.now(UTC), "fault": fault, "said": said}
            Letter.objects.update_or_create(user_id=user.pk, defaults=values)
    except Exception:
        log.exception("what became of the letter to %s was not noted", user.name)
    finally:
        database.drop()


def _hand_over(name: str, subject: str, text: str) -> tuple[str, str]:
    """Whose fault it is that it did not go out, '' where it did, and what the mail server said."""
    try:
        EmailMessage(subject, text, settings.TRUNKLINE.mail.sender, [name]).send()
    except Exception as error:
        log.exception("the letter to %s was not mailed", name)
        refused = isinstance(error, SMTPRecipientsRefused) and error.recipients.get(name, (0,))[0] >= 500
        return ADDRESS if refused else SERVER, _words(error, name)[:255]
    return "", ""


def _words(error: Exception, name: str) -> str:
    code, text = 0, str(error) or type(error).__name__
    if isinstance(error, SMTPRecipientsRefused):
        code, text = error.recipients.get(name, (0, text))
    elif isinstance(error, SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    text = " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())
    return f"{code} {text}" if code else text


def trouble() -> str:
    """What keeps letters from going out, for the operator; '' for nothing. An address that is refused does not."""
    mail = settings.TRUNKLINE.mail
    last = Letter.objects.exclude(fault=ADDRESS).select_related("user").order_by("-time").first() if mail.host else None
    if last is None or not last.fault or last.time < datetime.now(UTC) - TOLD:
        return ""
    return (
        f"the last letter, to {last.user.name} at {last.time:%Y-%m-%d %H:%M} UTC, did not go out: {mail.host} port "
        f"{mail.port}: {last.said}. Letters are not repeated: correct [mail] in the settings, then send another link"
    )
