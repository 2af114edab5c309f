"""The flow of calls as a drawing in Mermaid, from the table itself."""

from collections.abc import Iterator

from services.notify.domain.call.states import (
    Check,
    Choice,
    End,
    Flow,
    LookUp,
    Say,
    State,
    Table,
    Transfer,
    leads_to,
)


def mermaid(table: Table, flow: Flow) -> str:
    """One kind of call. What can be said anywhere (``everywhere``) stands once, beside it."""
    return "\n".join(_lines(table, flow)) + "\n"


def _lines(table: Table, flow: Flow) -> Iterator[str]:
    yield "flowchart TD"
    begins = "we call" if flow.outbound else "somebody calls"
    yield f'    begin(("{begins}")) --> {flow.starts}'
    reached, todo = set[str](), [flow.starts]
    while todo:
        name = todo.pop(0)
        if name in reached:
            continue
        reached.add(name)
        state = table.states[name]
        yield f"    {_node(state)}"
        for then, why in leads_to(state):
            because = f'|"{why}"|' if why else ""
            yield f"    {name} -->{because} {then}"
            todo.append(then)
        if name == flow.starts:
            # They can be asked for from the first question on.
            todo += [each.then for each in table.everywhere if each.then]
    anywhere = [each for each in table.everywhere if each.then]
    yield '    anywhere(["at any question"])'
    for each in anywhere:
        yield f'    anywhere -.->|"{each.keys} {each.code}"| {each.then}'.replace('|" ', '|"')
    for why, then in (
        (f"not understood {table.limits.again + 1} times", table.limits.give_up),
        (f"silent {table.limits.again + 1} times", table.limits.silent),
        (f"after {table.limits.longest.seconds} s", table.limits.too_long),
    ):
        yield f'    anywhere -.->|"{why}"| {then}'
        if then not in reached:
            reached.add(then)
            yield f"    {_node(table.states[then])}"


def _node(state: State) -> str:
    name = state.name
    match state:
        case Say():
            does = "".join(f"<br/>{each}" for each in state.do)
            return f'{name}["{name}{does}"]'
        case Choice():
            doing = [each for each in state.answers if each.do]
            does = "".join(f"<br/>{each.code}: {', '.join(each.do)}" for each in doing)
            return f'{name}{{"{name}{does}"}}'
        case Check():
            return f'{name}{{{{"{name}: {state.digits} digits"}}}}'
        case LookUp():
            return f'{name}[/"{name}: {state.what}"/]'
        case Transfer():
            return f'{name}[["{name}: a person"]]'
        case End():
            return f'{name}(["{name}: {state.outcome}"])'
        case _:
            return f'{name}{{"{name}: {state.into}"}}'
