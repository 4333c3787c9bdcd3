"""Who may do what, and what vouches for versions."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.stores import Stores

if TYPE_CHECKING:
    from chalicelib.services.access import Access
    from chalicelib.services.attesting import Attesting
    from chalicelib.services.granting import Granting
    from chalicelib.services.logins import Logins
    from chalicelib.services.own_tokens import OwnTokens
    from chalicelib.services.signing import Signing


class AccessServices(Stores):
    """The services that know callers, keys and attestations."""

    @cached_property
    def access(self) -> "Access":
        """Knows callers by their tokens."""
        from chalicelib.domain.tokens import configured_digest
        from chalicelib.services.access import Access

        return Access(
            self.tokens,
            admin_digest=configured_digest(self.settings.admin_token),
            now=self._now,
            is_open=self.settings.access == "open",
        )

    @cached_property
    def granting(self) -> "Granting":
        """Changes who may do what."""
        from chalicelib.services.granting import Granting
        from chalicelib.stores.access import AuditLog

        return Granting(self.tokens, self.publishers, AuditLog(self.store, self.keys), now=self._now)

    @cached_property
    def logins(self) -> "Logins":
        """Gives users tokens of their own."""
        from chalicelib.services.logins import Logins
        from chalicelib.stores.access import Approvals

        return Logins(
            Approvals(self.store, self.keys),
            self.access,
            self.granting,
            is_open=self.settings.access == "open",
            now=self._now,
        )

    @cached_property
    def own_tokens(self) -> "OwnTokens":
        """Lets users list, make and revoke tokens of their own."""
        from chalicelib.services.own_tokens import OwnTokens

        return OwnTokens(self.tokens, self.granting, now=self._now)

    @cached_property
    def signing(self) -> "Signing":
        """Signs versions, and keeps the keys."""
        from chalicelib.services.auditing import Auditing
        from chalicelib.services.signing import Signing
        from chalicelib.stores.access import AuditLog, SigningKeys

        auditing = Auditing(AuditLog(self.store, self.keys), now=self._now)
        return Signing(SigningKeys(self.store, self.keys), auditing, now=self._now)

    @cached_property
    def attesting(self) -> "Attesting":
        """Verifies and keeps what comes with versions to say where they are from."""
        from chalicelib.services.attesting import Attesting
        from chalicelib.services.auditing import Auditing
        from chalicelib.stores.access import AuditLog, TrustSettings
        from chalicelib.stores.attestations import Attestations

        auditing = Auditing(AuditLog(self.store, self.keys), now=self._now)
        trust = TrustSettings(self.store, self.keys)
        return Attesting(Attestations(self.store, self.keys), self.heads, trust, auditing, now=self._now)
