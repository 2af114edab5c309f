"""The shipped catalogue: wide enough, and nothing in it is asked or measured twice."""

from services.kpi.reference import city_catalogue


def test_it_has_hundreds_of_kpis_and_events_feed_many():
    indicators = city_catalogue().indicators.values()
    assert len(indicators) >= 500
    assert sum(each.source != "manual" for each in indicators) >= 120


def test_the_population_of_the_city_is_entered_once_and_used_by_many():
    known = city_catalogue()
    # Who is served with water and by buses are other people: not all, and more than all.
    people = {code for code, each in known.measures.items() if each.name.en == "Population"}
    assert people == {"health.population"}
    others = {
        each.department
        for each in known.indicators.values()
        if "health.population" in each.formula.measures
    }
    assert len(others) >= 7


def test_payments_online_and_bounced_cheques_are_told_by_one_department():
    parts = {
        code: each
        for code, each in city_catalogue().measures.items()
        if each.of in ("tax.paid", "tax.payment_reversed")
    }
    online = [code for code, each in parts.items() if "upi" in each.where.get("mode", ())]
    assert online == ["property.online_paid"]
    reversed_ = {"tax.payment_reversed", "property.cheques_reversed"}
    bounced = [
        each.code
        for each in city_catalogue().indicators.values()
        if not each.formula.measures.isdisjoint(reversed_)
    ]
    assert bounced == ["tax-cheques-bounced"]
