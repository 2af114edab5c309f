"""The drawing of the flow is of the table itself."""

import re

from services.notify.domain.call.drawing import mermaid
from tests.unit.notify.call.test_engine import table

_NODE = re.compile(r"^    (\w+)[\[({]")
_EDGE = re.compile(r"^    (\w+)(?:\(.*\))? -[-.]+>(?:\|\"[^\"|]*\"\|)? (\w+)$")


def test_every_state_that_is_drawn_to_is_drawn_once():
    for flow in table().flows.values():
        lines = mermaid(table(), flow).splitlines()
        assert lines[0] == "flowchart TD"
        nodes = [found[1] for line in lines if (found := _NODE.match(line)) and "-->" not in line]
        edges = [found.groups() for line in lines if (found := _EDGE.match(line))]
        assert len(nodes) == len(set(nodes))
        assert len(nodes) + len(edges) + 1 == len(lines)
        assert {to for _, to in edges} <= set(nodes)
        assert {name for name, _ in edges} <= {*nodes, "begin"}


def test_each_flow_has_its_own_states():
    out, inside = (mermaid(table(), table().flows[name]) for name in ("reminder", "inbound"))
    assert "is_owner" in out
    assert "welcome" not in out
    assert "ask_grievance" in inside
