"""How a session finds its user: what Django's session framework asks of a backend, and nothing more."""

from trunkline.control.users.models import User


class Backend:
    def get_user(self, user_id: int) -> User | None:
        """None: the session is nobody's."""
        return User.objects.select_related("account", "second_factor").filter(pk=user_id, enabled=True).first()
