"""Made-up e-mails: the same every time, different enough to filter, sort and label."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from dsops.emulator.uipath.instants import format_micros

MINUTE = 60_000_000

_PEOPLE = (
    ("Alice", "alice@northwind.example", "uk"),
    ("Bruno", "bruno@contoso.example", "de"),
    ("Chiara", "chiara@fabrikam.example", "it"),
    ("Daniel", "daniel@litware.example", "fr"),
    ("Elif", "elif@adatum.example", "de"),
    ("Farid", "farid@proseware.example", "uk"),
    ("Greta", "greta@tailspin.example", "se"),
    ("Hugo", "hugo@wingtip.example", "es"),
)
_DESKS = ("service@acme.example", "billing@acme.example", "claims@acme.example")
_TOPICS = (
    ("Invoice {number}", "please find attached our payment advice for invoice {number} over {amount} EUR."),
    ("Reminder: invoice {number} is overdue", "this is a reminder that {amount} EUR are overdue since last month."),
    ("Refund for order {number}", "we sent the goods back and wait for our refund of {amount} EUR."),
    ("Dispute of invoice {number}", "we dispute this invoice: {amount} EUR is a mismatch with the agreed price."),
    ("Margin call {number}", "we disagree with your margin call. The collateral we hold covers {amount} EUR."),
    (
        "Where is parcel {number}?",
        "the delivery was promised for Monday, and we are still waiting. It has not arrived.",
    ),
    ("Delivery {number} received", "the shipment came today, complete and in good order. Thank you!"),
    ("Contract {number}: renewal", "our contract ends in spring. Could you send us the terms of a renewal?"),
    ("Question about {number}", "could somebody call me back about case {number} tomorrow before noon?"),
    ("Thanks", "I appreciate how quickly you sorted out case {number} for us. Thanks to the whole team."),
)


def write_mails(count: int, begin: int) -> Iterator[dict[str, Any]]:
    """So many uploads, each as the checked fields of a comment, with `created_at` in microseconds beside them.

    They are uploaded seven minutes apart from `begin` on, each up to three days after it was written.
    """
    chance = random.Random("e-mails of the dsops emulator")  # noqa: S311 — meant to be the same every time
    for number in range(count):
        created_at = begin + (number + 1) * 7 * MINUTE
        yield {"created_at": created_at, **_mail(chance, number, created_at - chance.randrange(1, 4320) * MINUTE)}


def _mail(chance: random.Random, number: int, sent: int) -> Mapping[str, Any]:
    bits = chance.getrandbits(64)
    name, sender, country = _PEOPLE[bits & 7]
    subject, sentence = _TOPICS[(bits >> 8) % len(_TOPICS)]
    desk = _DESKS[(bits >> 16) % len(_DESKS)]
    amount = (bits >> 24) % 100_000
    case = 100_000 + number
    reply = (bits >> 48) % 4 == 0
    sent_at = format_micros(sent)
    return {
        "id": f"{bits:016x}",
        "timestamp": sent_at,
        "thread_id": f"{bits >> 32:08x}{number // 3:08x}",
        "messages": [
            {
                "from": sender,
                "to": [desk],
                "sent_at": sent_at,
                "subject": {"text": ("RE: " if reply else "") + subject.format(number=case)},
                "body": {"text": f"Dear colleagues,\n\n{sentence.format(number=case, amount=amount)}"},
                "signature": {"text": f"Kind regards,\n{name}"},
            }
        ],
        "user_properties": {
            "number:Position in Thread": 2 if reply else 1,
            "number:Spend": amount,
            "string:Country": country,
            "string:Folder": "Inbox",
            "string:Message ID": f"<{bits:016x}@{sender.partition('@')[2]}>",
            "string:Sender": sender,
            "string:Sender Domain": sender.partition("@")[2],
        },
    }
