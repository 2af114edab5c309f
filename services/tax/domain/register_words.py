"""The register in words, Marathi and English: what a property is, what an order changed, why."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from palika.text import Name
from services.tax.domain.explanation import USES
from services.tax.domain.property import Floor
from services.tax.domain.rates import Sheet
from services.tax.domain.register import Owner, State

ORDERS: Final[Mapping[str, Name]] = {
    "registration": Name("नोंदणी", "registration"),
    "reassessment": Name("फेरआकारणी", "reassessment"),
    "mutation": Name("मालकी हस्तांतर", "transfer of title"),
    "split": Name("विभाजन", "split"),
    "merger": Name("एकत्रीकरण", "merger"),
    "demolition": Name("पाडकाम", "demolition"),
    "objection": Name("आक्षेपावरील निर्णय", "decision of an objection"),
    "claim": Name("सवलत मंजुरी", "concession"),
    "revocation": Name("आदेश रद्द", "revocation of an order"),
    "rule": Name("नियमातील बदल", "change of a rule"),
}
"""Why an order was made."""
STATUSES: Final[Mapping[str, Name]] = {
    "active": Name("नोंदीवर", "on the roll"),
    "split": Name("विभागली", "split"),
    "merged": Name("एकत्र केली", "merged"),
    "annulled": Name("रद्द", "annulled"),
    "demolished": Name("पाडली", "demolished"),
}
OCCUPANCY_NAMES: Final[Mapping[str, Name]] = {
    "self": Name("स्वतःच्या वापरात", "self-occupied"),
    "let": Name("भाड्याने", "let"),
    "vacant": Name("रिकामे", "vacant"),
}
_FLOOR = Name(
    "{floor}: {area} चौ.मी., {use}{built}, {occupancy}",
    "{floor}: {area} sq m, {use}{built}, {occupancy}",
)
_BUILT = Name(", {construction}, बांधकाम {year}", ", {construction}, built in {year}")
_WARD = Name("प्रभाग {ward}, {zone}", "ward {ward}, {zone}")
_CLAIMS = Name("सवलती: {claims}", "concessions: {claims}")
_NO_FLOORS = Name("आकारणी नाही", "not assessed")
_CHANGED: Final[Mapping[str, Name]] = {
    "added": Name("नवीन: {what}", "new: {what}"),
    "removed": Name("वगळले: {what}", "no more: {what}"),
    "moved": Name("{before} ऐवजी {after}", "{after} instead of {before}"),
    "granted": Name("मंजूर: {what}", "granted: {what}"),
    "ended": Name("संपली: {what}", "ended: {what}"),
    "nothing": Name("कराच्या दृष्टीने बदल नाही", "nothing that its tax depends on"),
}
_WHOLE = Name("संपूर्ण", "the whole")


def state_in_words(state: State, sheet: Sheet, language: str) -> list[str]:
    """What a property is, a line each: where, each floor, the concessions.

    Args:
        state: of the register.
        sheet: with the names of zones, classes and claims.
        language: ``mr``, or any other for English.
    """
    lines = [
        STATUSES[state.status].in_(language),
        _WARD.in_(language).format(ward=state.ward, zone=_zone(state, sheet, language)),
        state.address,
    ]
    lines += [floor_in_words(each, sheet, language) for each in state.floors]
    if not state.floors:
        lines.append(_NO_FLOORS.in_(language))
    if state.claims:
        lines.append(_CLAIMS.in_(language).format(claims=_claims(state.claims, sheet, language)))
    return lines


def floor_in_words(floor: Floor, sheet: Sheet, language: str) -> str:
    """``Ground: 62.50 sq m, residential, RCC, built in 1998, self-occupied``."""
    built = ""
    if floor.construction is not None:
        known = sheet.classes.get(floor.construction)
        name = known.in_(language) if known else floor.construction
        built = _BUILT.in_(language).format(construction=name, year=floor.built_in)
    return _FLOOR.in_(language).format(
        floor=floor.label,
        area=f"{floor.area // 100}.{floor.area % 100:02}",
        use=USES[floor.use].in_(language),
        built=built,
        occupancy=OCCUPANCY_NAMES[floor.occupancy].in_(language),
    )


def changes_in_words(before: State | None, after: State, sheet: Sheet, language: str) -> list[str]:
    """What an order changed, a line each; of the first state all that it says."""
    if before is None:
        return state_in_words(after, sheet, language)

    def word(key: str, **values: str) -> str:
        return _CHANGED[key].in_(language).format(**values)

    lines = []
    if before.status != after.status:
        lines.append(STATUSES[after.status].in_(language))
    for name in ("ward", "address"):
        was, is_ = getattr(before, name), getattr(after, name)
        if was != is_:
            lines.append(word("moved", before=was, after=is_))
    if before.zone != after.zone:
        zones = _zone(before, sheet, language), _zone(after, sheet, language)
        lines.append(word("moved", before=zones[0], after=zones[1]))
    gone = [each for each in before.floors if each not in after.floors]
    come = [each for each in after.floors if each not in before.floors]
    for key, floors in (("removed", gone), ("added", come)):
        lines += [word(key, what=floor_in_words(each, sheet, language)) for each in floors]
    for key, claims in (
        ("granted", after.claims - before.claims),
        ("ended", before.claims - after.claims),
    ):
        if claims:
            lines.append(word(key, what=_claims(claims, sheet, language)))
    return lines or [word("nothing")]


def owners_in_words(owners: Sequence[Owner], names: Sequence[str], language: str) -> list[str]:
    """Each owner with their share: ``Asha Kulkarni: 1/3``; ``names`` are as they may be shown."""
    return [
        f"{name}: {share_in_words(each.share, language)}"
        for each, name in zip(owners, names, strict=True)
    ]


def share_in_words(share: Fraction, language: str) -> str:
    """``1/3``, or that it is the whole."""
    return _WHOLE.in_(language) if share == 1 else str(share)


def _zone(state: State, sheet: Sheet, language: str) -> str:
    known = sheet.zones.get(state.zone)
    return known.in_(language) if known else state.zone


def _claims(claims: frozenset[str], sheet: Sheet, language: str) -> str:
    names = {each.code: each.name for each in sheet.deductions}
    names |= {code: each.name for code, each in sheet.concessions.items()}
    return ", ".join(
        names[code].in_(language) if code in names else code for code in sorted(claims)
    )
