"""The ledger of the property tax: double entry, append-only, integer paise.

Entries are values. What has happened is a list of them, in any order; what is owed on a day is a
sum over it. Nothing here changes an entry: what was wrong is taken back by another one.

Two dates are with each entry. Its *value date* is the day from which it counts, for interest too;
*posted at* is when the city wrote it down. A cheque that came back counts from the day of its
payment on (nothing was paid then), though the books learn of it later: "as of 31 March" goes by
value dates, "as the books of 31 March had it" by the moments of posting, and both can be asked.

Modules, each on those above it: ``accounts`` (where money can be), ``entries`` (what happens to
it), ``figures`` (rounding, percentages), ``book`` (sums over entries), ``order`` (which due a
payment settles), ``interest``, ``dues`` (demands, reassessments, fees), ``payments``, ``transfers``
(credit used for what is open), ``rewards`` (rebate and amnesty), ``refunds``, ``banking`` (money
between the city's own accounts, or back to who sent it), ``reworking``
(credit, when the past has changed), ``carrying`` (dues and credit that go to another property),
``undoing`` (a bounced cheque, a wrong entry), ``receiving`` (a
bill or a payment with all that follows from it), ``statement``, ``dcb``.

Tables to come: ``ledger_entry`` (id, property, kind, value date, posted at, reference, late from,
if paid to, undoes) and ``ledger_line`` (entry, number, account, half-year as 20261, head, paise),
both without update or delete.
"""
