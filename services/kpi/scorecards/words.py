"""The fixed words of a review's papers."""

from typing import Final

from palika.text import Name

WORDS: Final = {
    "scorecard": Name("गुणपत्रक", "Scorecard"),
    "review": Name("आढावा", "Review"),
    "subject": Name("मूल्यमापन कोणाचे", "Assessed"),
    "as_of": Name("दिनांक", "As of"),
    "authority": Name("कार्यक्रम राबवणारी यंत्रणा", "Programme of"),
    "assessor": Name("त्रयस्थ मूल्यमापक", "Third-party assessor"),
    "criterion": Name("निकष", "Criterion"),
    "most": Name("कमाल गुण", "Maximum"),
    "own": Name("स्वमूल्यमापन", "Self-assessed"),
    "third_party": Name("त्रयस्थ मूल्यमापन", "Third party"),
    "difference": Name("फरक", "Difference"),
    "status": Name("स्थिती", "Status"),
    "none_yet": Name("अद्याप गुण नाहीत", "no marks yet"),
    "not_computed": Name(
        "अद्याप एकही गुण नोंदवलेला नाही; निर्देशांकांवरून येणारे गुण प्रथम काढा "
        "(palika kpi scorecard compute {}).",
        "No marks are recorded yet; compute first those that follow from KPIs "
        "(palika kpi scorecard compute {}).",
    ),
    "open": Name("गुण बाकी असलेले निकष", "criteria without marks"),
    "before": Name("मागील आढाव्यात", "at the last review"),
    "no_marks": Name("गुण नाहीत", "no marks"),
    "marks_by_criterion": Name("निकषनिहाय गुण", "Marks by criterion"),
    "changes": Name("मागील आढाव्यानंतरचे बदल", "What changed since the last review"),
    "since": Name("मागील आढावा:", "Last review:"),
    "no_review": Name("यापूर्वी आढाव्याची नोंद नाही.", "No review is recorded before this."),
    "no_changes": Name("कोणताही बदल नाही.", "Nothing changed."),
    "new_evidence": Name("नवीन पुरावा", "New evidence"),
    "missing": Name("काय बाकी आहे", "What is missing"),
    "nothing_missing": Name("काहीही बाकी नाही.", "Nothing is missing."),
    "what": Name("बाकी", "What"),
    "ranking": Name("क्रमवारी", "Ranking"),
    "no_ranking": Name(
        "क्रमवारीसाठी पुरेसे गुण नोंदवलेले नाहीत.", "There are not enough marks for a ranking."
    ),
    "rank": Name("क्रमांक", "Rank"),
    "name": Name("नाव", "Name"),
    "score": Name("गुण (टक्के)", "Score"),
    "remark": Name("शेरा", "Remark"),
    "departments": Name("विभाग", "Departments"),
    "corporations": Name("महानगरपालिका", "Corporations"),
    "incomplete": Name("काही निकषांचे गुण बाकी", "some criteria have no marks"),
    "illustrative_evaluation_days": Name("मूल्यमापनाचा कालावधी", "days for the evaluation"),
    "basis": Name("निर्देशांकांवरून काढलेले गुण", "Marks that follow from KPIs"),
    "kpi": Name("निर्देशांक", "KPI"),
    "period": Name("कालावधी", "Period"),
    "value": Name("मूल्य", "Value"),
    "share": Name("गुणांचा हिस्सा", "Share of the marks"),
    "rule": Name("नियम", "Rule"),
    "no_data": Name("माहिती उपलब्ध नाही", "no data"),
    "colours": Name("स्थितीचे रंग कमाल गुणांच्या टक्केवारीनुसार:", "Status, by per cent of the marks:"),
    "red": Name("लाल", "red"),
    "amber": Name("पिवळा", "amber"),
    "green_above": Name("त्यावर हिरवा", "green above"),
    "earlier": Name("आधी", "before"),
    "from": Name("{} पासून", "from {} on"),
    "computed": Name(
        "निर्देशांकांच्या मूल्यांवरून, नमूद केलेल्या नियमाने काढलेले गुण.",
        "Marks that follow from the values of KPIs by the rule that is stated.",
    ),
    "illustrative": Name(
        "स्रोत उपलब्ध नसल्याने उदाहरणादाखल:", "Illustrative, since no source gives them:"
    ),
    "illustrative_marks": Name("निकषनिहाय गुण", "marks of each criterion"),
    "illustrative_weights": Name("भार", "weights"),
    "illustrative_rules": Name("निर्देशांकांवरून गुण काढण्याचे नियम", "rules from KPIs to marks"),
    "illustrative_evidence": Name("आवश्यक पुरावे", "evidence that is asked for"),
    "illustrative_low": Name("कमी गुणांची मर्यादा", "where low marks begin"),
    "illustrative_start": Name("आरंभ दिनांक", "first day"),
    "illustrative_days": Name("कालावधी", "length"),
    "page": Name("पृष्ठ", "Page"),
}
