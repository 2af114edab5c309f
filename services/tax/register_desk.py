"""The register's methods of the tax service, and those of objections and holds.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from palika.roles import HELPDESK, NOBODY, ROLES, STAFF
from palika.rpc import rpc
from palika.service import Service
from services.tax.commands.hold import hold, lift
from services.tax.commands.mutate import apply_mutation, end_mutation, order_mutation
from services.tax.commands.object import (
    adjourn,
    decide,
    file_objection,
    hear,
    set_hearing,
    withdraw_objection,
)
from services.tax.commands.reassess import claim, demolish, reassess
from services.tax.commands.revoke import revoke
from services.tax.commands.split import carry, merge, split
from services.tax.models import Objection
from services.tax.queries import estimate, lookup, objections, register
from services.tax.schemas.changing import (
    Carrying,
    Claiming,
    Demolishing,
    Merging,
    Reassessing,
    Revoking,
    Splitting,
    WhatIf,
)
from services.tax.schemas.looking import AsOf, Estimating, LookingUp
from services.tax.schemas.mutations import (
    Applying,
    EndingMutation,
    Mutations,
    OrderingMutation,
)
from services.tax.schemas.objecting import (
    Adjourning,
    Deciding,
    Hearing,
    Holding,
    Holds,
    Lifting,
    Objecting,
    Objections,
    OfObjection,
    SettingHearing,
    Withdrawing,
)

SUPERVISORS = frozenset({"supervisor"})
CLERKS = STAFF | {HELPDESK}
"""Who takes down what comes over the counter, and looks it up."""


class RegisterDesk(Service):
    """The methods that are about the register."""

    # ---- what a property is

    @rpc(Reassessing, roles=STAFF)
    def reassess(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say what a property is from one or several days on; what was billed is revised."""
        with self.db.begin() as session:
            return reassess(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(WhatIf, roles=STAFF)
    def what_if(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a reassessment would make of the tax; nothing is written."""
        with self.db.begin() as session:
            return register.what_if(session, args, datetime.now(UTC))

    @rpc(Claiming, roles=STAFF)
    def claim(self, args: dict[str, Any]) -> dict[str, Any]:
        """Grant concessions, or end them, from a day on."""
        with self.db.begin() as session:
            return claim(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Demolishing, roles=STAFF)
    def demolish(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that a property is demolished; an open plot may stay."""
        with self.db.begin() as session:
            return demolish(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Splitting, roles=STAFF)
    def split(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make several properties of one; what is owed and in credit is divided among them."""
        with self.db.begin() as session:
            return split(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Merging, roles=STAFF)
    def merge(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make one property of several; what is owed and in credit goes over."""
        with self.db.begin() as session:
            return merge(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Carrying, roles=STAFF)
    def carry(self, args: dict[str, Any]) -> dict[str, Any]:
        """Carry what has come to a property since it was split or merged to its successors."""
        with self.db.begin() as session:
            return carry(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Revoking, roles=SUPERVISORS)
    def revoke(self, args: dict[str, Any]) -> dict[str, Any]:
        """Undo a split, a merger or a demolition, while nothing rests on it."""
        with self.db.begin() as session:
            return revoke(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(AsOf, roles=CLERKS | {"citizen"})
    def register(self, args: dict[str, Any]) -> dict[str, Any]:
        """A property as of a day, as known at a moment, with all orders; owners are masked for all
        but the staff."""
        staff = self.caller.identity.has_any(STAFF)
        with self.db.begin() as session:
            return register.register(session, args, datetime.now(UTC), staff=staff)

    # ---- title

    @rpc(Applying, roles=CLERKS)
    def apply_mutation(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take an application to write down that title has passed."""
        staff = self.caller.identity.has_any(STAFF)
        with self.db.begin() as session:
            made = apply_mutation(session, self.caller.identity, args, datetime.now(UTC))
            return register.mutation_view(made, staff=staff)

    @rpc(OrderingMutation, roles=STAFF)
    def order_mutation(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down that title has passed."""
        with self.db.begin() as session:
            made, _ = order_mutation(session, self.caller.identity, args, datetime.now(UTC))
            return register.mutation_view(made, staff=True)

    @rpc(EndingMutation, roles=STAFF)
    def end_mutation(self, args: dict[str, Any]) -> dict[str, Any]:
        """Refuse an application, or take it back."""
        with self.db.begin() as session:
            made = end_mutation(session, self.caller.identity, args, datetime.now(UTC))
            return register.mutation_view(made, staff=True)

    @rpc(Mutations, roles=CLERKS)
    def mutations(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """A property's applications, the newest first; owners are masked for all but the staff."""
        staff = self.caller.identity.has_any(STAFF)
        with self.db.begin() as session:
            return register.mutations(session, args, staff=staff)

    # ---- objections

    def _objection(self, command: Callable[..., Objection], args: dict[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            made = command(session, self.caller.identity, args, datetime.now(UTC))
            return objections.objection_view(made)

    @rpc(Objecting, roles=CLERKS)
    def file_objection(self, args: dict[str, Any]) -> dict[str, Any]:
        """File an owner's objection to a bill, or to an order."""
        return self._objection(file_objection, args)

    @rpc(SettingHearing, roles=STAFF)
    def set_hearing(self, args: dict[str, Any]) -> dict[str, Any]:
        """Set the day of an objection's hearing."""
        return self._objection(set_hearing, args)

    @rpc(Adjourning, roles=STAFF)
    def adjourn_hearing(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put the hearing off."""
        return self._objection(adjourn, args)

    @rpc(Hearing, roles=STAFF)
    def hear_objection(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down that it was heard."""
        return self._objection(hear, args)

    @rpc(Deciding, roles=STAFF)
    def decide_objection(self, args: dict[str, Any]) -> dict[str, Any]:
        """Decide it; the property may be assessed anew by the decision."""
        with self.db.begin() as session:
            made, found = decide(session, self.caller.identity, args, datetime.now(UTC))
            shown = objections.objection_view(made)
        return shown if found is None else shown | {"revised": found.told()}

    @rpc(Withdrawing, roles=CLERKS)
    def withdraw_objection(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take it back."""
        return self._objection(withdraw_objection, args)

    @rpc(OfObjection, roles=CLERKS)
    def objection(self, args: dict[str, Any]) -> dict[str, Any]:
        """One objection with its timeline."""
        with self.db.begin() as session:
            return objections.objection(session, args)

    @rpc(Objections, roles=CLERKS)
    def objections(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """A property's objections, the newest first."""
        with self.db.begin() as session:
            return objections.objections(session, args)

    # ---- holds

    @rpc(Holding, roles=STAFF)
    def hold(self, args: dict[str, Any]) -> dict[str, Any]:
        """Record a court's stay, a case, a dispute, or that a village was merged."""
        with self.db.begin() as session:
            made = hold(session, self.caller.identity, args, datetime.now(UTC))
            return objections.hold_view(made)

    @rpc(Lifting, roles=STAFF)
    def lift_hold(self, args: dict[str, Any]) -> dict[str, Any]:
        """Record the end of a hold."""
        with self.db.begin() as session:
            found = lift(session, self.caller.identity, args, datetime.now(UTC))
            return objections.hold_view(found)

    @rpc(Holds, roles=STAFF)
    def holds(self, args: dict[str, Any]) -> dict[str, Any]:
        """What holds recovery from a property back."""
        with self.db.begin() as session:
            return objections.holds(session, args, datetime.now(UTC))

    # ---- for everybody

    @rpc(LookingUp, roles=CLERKS | {"citizen", NOBODY})
    def look_up(self, args: dict[str, Any]) -> dict[str, Any]:
        """Properties by number, an owner's telephone number or name; masked for all but the
        staff, and for strangers only what they know in whole."""
        identity = self.caller.identity
        with self.db.begin() as session:
            if not identity.has_any(CLERKS):
                return lookup.look_up_as_stranger(session, args)
            return lookup.look_up(session, args, staff=identity.has_any(STAFF))

    @rpc(None, roles=ROLES)
    def estimate_terms(self) -> dict[str, Any]:
        """What an estimate may be asked with: zones, classes, uses, concessions."""
        return estimate.terms(datetime.now(UTC))

    @rpc(Estimating, roles=ROLES)
    def estimate(self, args: dict[str, Any]) -> dict[str, Any]:
        """The tax of a property as it is described, explained; nothing is filed."""
        return estimate.estimate(args, datetime.now(UTC))
