"""How a session finds its user: what Django's session framework asks of a backend, and nothing more."""

from trunkline.control.users.models import User


class Backend:
    def get_user(self, user_id: int) -> User | None:
        """None ends the session."""
        return User.objects.select_related("account", "second_factor").filter(pk=user_id, enabled=True).first()
