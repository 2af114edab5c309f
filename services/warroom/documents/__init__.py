"""Documents that the war room makes itself: briefing packs and minutes."""
