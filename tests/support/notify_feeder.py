"""A process that feeds campaigns until it is killed: ``python -m tests.support.notify_feeder``.

The database is the settings' own.
"""

import time
from datetime import UTC, datetime

from palika.database import sessions
from services.notify.commands.campaign_feed import Feeder
from services.notify.reference import city_policy, city_templates

if __name__ == "__main__":
    begin = sessions("notify").begin
    # As fast as it can: what is killed is killed in the middle of it.
    feeder = Feeder(
        begin,
        city_templates(),
        city_policy(48),
        lambda: datetime.now(UTC),
        most_queued=10**6,
        chunk=7,
    )
    print("feeding", flush=True)
    while True:
        if not feeder.run():
            time.sleep(0.01)
