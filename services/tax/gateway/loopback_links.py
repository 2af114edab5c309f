"""The payment links of the gateway on this machine: what is kept of each, and what is refused."""

from collections.abc import Callable
from typing import Any, Final

Answer = tuple[int, Any]
"""Status and JSON."""

_AHEAD_S: Final = 15 * 60
"""A link is good for so long at the least."""
_OPEN: Final = ("created", "partially_paid")


class Links:
    """The links that were made, by their ids."""

    def __init__(
        self,
        new_id: Callable[[str], str],
        new_order: Callable[[int, str, str | None, Any], dict[str, Any]],
        now: Callable[[], float],
        pages: Callable[[], str],
    ) -> None:
        """Prepare.

        Args:
            new_id: an id of a kind, ``plink``.
            new_order: keeps an order of an amount, a currency, a receipt and notes.
            now: in Unix seconds.
            pages: where the pages are on which links are paid.
        """
        self._new_id, self._new_order, self._now, self._pages = new_id, new_order, now, pages
        self._made: dict[str, dict[str, Any]] = {}

    def make(self, asked: Any) -> Answer:
        """As ``POST /v1/payment_links``."""
        wrong = self._wrong(asked)
        if wrong is not None:
            return 400, refusal(wrong)
        key, now = self._new_id("plink"), int(self._now())
        link = {
            "accept_partial": bool(asked.get("accept_partial", False)),
            "amount": asked["amount"],
            "amount_paid": 0,
            "callback_method": asked.get("callback_method", ""),
            "callback_url": asked.get("callback_url", ""),
            "cancelled_at": 0,
            "created_at": now,
            "currency": asked.get("currency", "INR"),
            "customer": asked.get("customer", {}),
            "description": asked.get("description", ""),
            "expire_by": asked.get("expire_by", 0),
            "expired_at": 0,
            "first_min_partial_amount": 0,
            "id": key,
            "notes": asked.get("notes", {}),
            "notify": asked.get("notify", {"email": False, "sms": False}),
            "payments": [],
            "reference_id": asked.get("reference_id", ""),
            "reminder_enable": bool(asked.get("reminder_enable", False)),
            "reminders": [],
            "short_url": f"{self._pages()}/l/{key}",
            "status": "created",
            "updated_at": now,
            "user_id": "",
        }
        self._made[key] = link
        return 200, link

    def _wrong(self, asked: Any) -> str | None:
        reference = asked.get("reference_id") or ""
        by = asked.get("expire_by") or 0
        if type(asked.get("amount")) is not int or asked["amount"] < 100:
            return "The amount must be at least INR 1.00"
        if len(reference) > 40:
            return "The reference id may not be greater than 40 characters."
        if reference and any(each["reference_id"] == reference for each in self._made.values()):
            return f"payment link with reference_id {reference} already exists"
        if by and by < self._now() + _AHEAD_S:
            return "expire_by: timestamp must be atleast 15 minutes in future"
        return None

    def listed(self, reference: str | None) -> Answer:
        """As ``GET /v1/payment_links``."""
        found = [
            self.seen(key)
            for key, each in self._made.items()
            if reference in (None, each["reference_id"])
        ]
        return 200, {"payment_links": found}

    def one(self, key: str) -> Answer:
        """As ``GET /v1/payment_links/{id}``."""
        if key not in self._made:
            return 400, refusal("The id provided does not exist")
        return 200, self.seen(key)

    def seen(self, key: str) -> dict[str, Any]:
        """A link as it is now. Raises KeyError: there is none."""
        link = self._made[key]
        if link["status"] in _OPEN and 0 < link["expire_by"] <= self._now():
            link["status"], link["expired_at"] = "expired", link["expire_by"]
        return link

    def cancel(self, key: str) -> None:
        """A link is cancelled at the gateway's dashboard. Raises KeyError: there is none."""
        link = self.seen(key)
        if link["status"] in _OPEN:
            link["status"], link["cancelled_at"] = "cancelled", int(self._now())

    def order_of(self, key: str) -> str:
        """The order by which a link is paid: made when its page first asks for it.

        Raises:
            KeyError: there is no such link.
        """
        link = self.seen(key)
        if "order_id" not in link:
            made = self._new_order(
                link["amount"], link["currency"], link["reference_id"], link["notes"]
            )
            link["order_id"] = made["id"]
        return str(link["order_id"])

    def of_order(self, order_id: str) -> dict[str, Any] | None:
        """The link that an order is of, if it is of one."""
        return next(
            (each for each in self._made.values() if each.get("order_id") == order_id), None
        )

    def paid(self, payment: dict[str, Any]) -> None:
        """A payment was captured; of no link it is none of theirs."""
        link = self.of_order(payment["order_id"])
        if link is None:
            return
        link["amount_paid"] += payment["amount"]
        link["payments"] = [
            *link["payments"],
            {
                "amount": str(payment["amount"]),
                "created_at": payment["created_at"],
                "method": payment["method"],
                "payment_id": payment["id"],
                "status": "captured",
            },
        ]
        whole = link["amount_paid"] >= link["amount"]
        link["status"], link["updated_at"] = (
            "paid" if whole else "partially_paid",
            int(self._now()),
        )


def refusal(description: str, code: str = "BAD_REQUEST_ERROR", **more: Any) -> dict[str, Any]:
    """The body of a refusal."""
    told = {"code": code, "description": description, "source": "business", "step": None}
    return {"error": {**told, "reason": "input_validation_failed", "metadata": {}, **more}}
