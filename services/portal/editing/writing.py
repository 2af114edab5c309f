"""Somebody writes: a page is begun or changed, saved as it is, looked at, sent for review."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound as NoPage

from palika.errors import Conflict, Invalid, NotFound
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.commands import edit_page
from services.portal.commands.edit_page import Saved
from services.portal.commands.publish_page import hold_site, is_elsewhere
from services.portal.content import markdown
from services.portal.content.fields import SLUG
from services.portal.content.schemas import RESERVED
from services.portal.domain.editing import State
from services.portal.editing.checking import Errors
from services.portal.editing.common import (
    Page,
    department_by,
    hand,
    named,
    now,
    page_of,
    post,
    shown,
    spreader,
)
from services.portal.editing.controls import by_control, counted, options_of, words_of
from services.portal.editing.differences import differences, one_side
from services.portal.editing.inputs import inputs_of
from services.portal.editing.places import EDITED, LANGUAGES, SITES, Place, owner_by, place_of
from services.portal.editing.spreading import ELSEWHERE, TAKEN
from services.portal.editing.typed import TEXT, Typed, rows_in, sent
from services.portal.editing.uploads import file_of, put_in
from services.portal.models import SiteDraft
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext

_UPLOAD: Final = "upload:"
_WITHOUT: Final = "without:"
_MORE_ROWS: Final = 3
_FORM_BYTES: Final = 1_500_000
"""Two texts of the longest sort, in a form; what is too long is told beside its field."""
_NO_SLUG: Final = N_("must be small English letters, digits and hyphens")
_RESERVED: Final = N_("is a page of the site's own: choose another")
_NO_KIND: Final = N_("choose what it is to be")
_LONGEST_SLUG: Final = 80
_LARGER: Final = 3
"""A file of so many times the limit is read, to be refused at its field."""


def add_to(editing: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    editing.add_url_rule("/new", "new", new, methods=both)
    editing.add_url_rule("/<kind>/<slug>/edit", "edit", edit, methods=both)
    editing.add_url_rule("/<kind>/<slug>/preview", "preview", preview, methods=["POST"])
    editing.add_url_rule("/<kind>/<slug>/files/<name>", "upload", upload)


def widen(endpoint: str | None, _: Any) -> None:
    """Let texts and files come in where there are fields for them; before the form is read."""
    if endpoint in ("editing.edit", "editing.preview"):
        request.max_form_memory_size = _FORM_BYTES
        largest = spreader().rules.largest_file * _LARGER
        request.max_content_length = largest + _FORM_BYTES


@door("officer", "supervisor")
def new() -> Any:
    """What is to be made, and what it is called in its address."""
    content, acting, rules = spreader().content, post(), spreader().rules
    kinds = [
        kind for kind in EDITED if kind != SITES and (kind != "pages" or rules.publishes(acting))
    ]
    own = [
        site
        for site in content.sites.values()
        if rules.publishes(acting) or site.department == acting.department
    ]
    sites = [("", gettext("The whole city"))]
    sites += [(site.slug, site.name.in_(current())) for site in own]
    values: Mapping[str, str] = request.form
    if request.method == "GET":
        chosen = request.args.get("kind", "")
        values = {"kind": chosen if chosen in kinds else ""}
        return shown("new", kinds=kinds, sites=sites, values=values)
    kind, slug = values.get("kind", ""), values.get("slug", "").strip()[: _LONGEST_SLUG + 1]
    site = values.get("site", "")
    errors: Errors = {}
    if kind not in kinds:
        errors["kind"] = [_NO_KIND]
    if site not in dict(sites):
        site = ""
    if not SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG:
        errors["slug"] = [_NO_SLUG]
    elif slug in RESERVED:
        errors["slug"] = [_RESERVED]
    if not errors:
        try:
            _begin_new(Place(kind, slug, site or None))
            return redirect(url_for("editing.edit", kind=kind, slug=slug), 303)
        except Conflict as error:
            errors["slug"] = [ELSEWHERE if error.message == ELSEWHERE else TAKEN]
    return shown("new", 400, kinds=kinds, sites=sites, values=values, errors=errors)


def _begin_new(place: Place) -> None:
    """Raises Conflict: there is one of that name."""
    content, acting = spreader().content, post()
    department = None if place.kind == "pages" else acting.department
    if department not in content.city["departments"]:
        department = owner_by(content, place.site, None)
    typed: Typed = {"updated": _today()}
    if department and place.kind != "pages":
        typed["department"] = department
    with parts().store.begin() as session:
        # Of two who begin the same at once the second one is told.
        hold_site(session)
        if place_of(content, place.kind, place.slug) is not None:
            raise Conflict(TAKEN)
        if is_elsewhere(session, place.kind, place.slug, place.site):
            raise Conflict(ELSEWHERE)
        begun = edit_page.New(
            place.kind,
            place.slug,
            place.site,
            owner_by(content, place.site, department),
            typed,
            "",
        )
        edit_page.begin(session, begun, hand(), now())


def _today() -> str:
    from palika.india import day_of

    return day_of(now()).isoformat()


@door("officer", "supervisor")
def edit(kind: str, slug: str) -> Any:
    """The form of a page. What is typed is kept as it is, and checked when it is sent."""
    if request.method == "POST":
        return _posted(kind, slug)
    with parts().store.begin() as session:
        page = page_of(session, kind, slug)
        draft = page.draft
        if draft is not None and (draft.state != State.DRAFT or draft.removal):
            return redirect(url_for("editing.page", kind=kind, slug=slug), 303)
        if draft is None and not page.out:
            return redirect(url_for("editing.page", kind=kind, slug=slug), 303)
        typed, revision = _as_it_is(page)
        told = request.args.get("told", "")
        errors = _judged(session, page, typed)[0] if told == "saved" else {}
    return _form(page, typed, revision, errors=errors, told=told)


def _as_it_is(page: Page) -> tuple[Typed, int]:
    """What stands in the form: that of the draft, else that of the page, looked through today."""
    if page.draft is not None:
        return page.draft.typed, page.draft.revision
    return spreader().files(page.place).typed(page.place.kind) | {"updated": _today()}, 0


def _posted(kind: str, slug: str) -> Any:
    do = request.form.get("do", "save")
    form = MultiDict(request.form)
    revision = _number(form.get("revision", ""))
    try:
        with parts().store.begin() as session:
            page = _draft_for(session, kind, slug)
            wrong = _put_in(session, page, form)
            typed = sent(kind, form)
            saved, errors = _saved(session, page, typed, revision)
            if saved.saved and do == "send" and not errors and not wrong:
                errors = _sent(session, page, form)
                do = "note" if errors else do
    except Conflict as error:
        # It waits for review by now: what was typed stays on the page.
        if do == "autosave":
            raise
        with parts().store.begin() as session:
            page = page_of(session, kind, slug)
        errors = {"others": [error.message]}
        note = form.get("note")
        return _form(page, sent(kind, form), revision, status=409, errors=errors, note=note)
    return _answered(page, typed, saved, errors | wrong, do, form)


def _saved(session: Session, page: Page, typed: Typed, revision: int) -> tuple[Saved, Errors]:
    draft = has_draft(page)
    whose = partial(department_by, page.place)
    saved = edit_page.save(session, draft, revision, typed, whose, hand(), now())
    return saved, _judged(session, page, draft.typed)[0] if saved.saved else {}


def _sent(session: Session, page: Page, form: Mapping[str, str]) -> Errors:
    """Send it for review; what is wrong with the note."""
    try:
        edit_page.send(session, has_draft(page), form.get("note", ""), hand(), now())
    except Invalid as error:
        return dict(error.fields)
    return {}


def _answered(
    page: Page, typed: Typed, saved: Saved, errors: Errors, do: str, form: Mapping[str, str]
) -> Any:
    """What is shown after a form was sent, and what is told to the script that saves by itself."""
    place, draft = page.place, page.draft
    assert draft is not None
    if do == "autosave":
        return jsonify(
            saved=saved.saved,
            # Somebody else's words are put in by a page, not behind the back of who writes.
            revision=saved.revision if saved.merged is None else None,
            merged=saved.merged is not None,
        )
    here = {"kind": place.kind, "slug": place.slug}
    if not saved.saved:
        return _form(page, typed, saved.revision, status=409, clash=saved, note=form.get("note"))
    if draft.state == State.REVIEW:
        return redirect(url_for("editing.page", told="sent", **here), 303)
    if do in ("send", "note") or any(name.startswith(_UPLOAD) for name in errors):
        errors = {name.removeprefix(_UPLOAD): rules for name, rules in errors.items()}
        return _form(
            page, draft.typed, draft.revision, status=400, errors=errors, note=form.get("note")
        )
    told = "merged" if saved.merged is not None else "saved"
    more = form.get("add", "")
    if more in {each.name for each in inputs_of(place.kind)}:
        way = url_for("editing.edit", more=more, _anchor=more, **here)
        return redirect(way, 303)
    return redirect(url_for("editing.edit", told=told, **here), 303)


def _draft_for(session: Session, kind: str, slug: str) -> Page:
    """The page with a draft, which is begun if there is none. Raises NotFound, Forbidden."""
    page = page_of(session, kind, slug, lock=True)
    if page.draft is not None:
        return page
    if not page.out:
        raise NotFound(f"there is no draft of {kind}/{slug}")
    hold_site(session)
    page = page_of(session, kind, slug, lock=True)
    if page.draft is None:
        files = spreader().files(page.place)
        typed = files.typed(kind) | {"updated": _today()}
        begun = edit_page.New(kind, slug, page.place.site, page.owner, typed, files.digest)
        edit_page.begin(session, begun, hand(), now())
        page = page_of(session, kind, slug, lock=True)
    return page


def _put_in(session: Session, page: Page, form: MultiDict[str, str]) -> Errors:
    """Keep the files that were chosen; what may not be published, by its field."""
    wrong: Errors = {}
    if page.draft is not None and page.draft.state != State.DRAFT:
        return wrong
    for name in [each for each in form if each.startswith(_WITHOUT)]:
        form[name.removeprefix(_WITHOUT)] = ""
    largest = spreader().rules.largest_file
    for name, given in request.files.items():
        if not name.startswith(_UPLOAD) or not given.filename:
            continue
        content = given.stream.read(largest + 1)
        try:
            if len(content) > largest:
                told = gettext("the file is too large: 10 MB at most")
                raise Invalid("too large", {"file": [told]})
            form[name.removeprefix(_UPLOAD)] = put_in(
                session, page.place, given.filename, content, hand(), now()
            )
        except Invalid as error:
            wrong[name] = list(error.fields["file"])
    return wrong


def _judged(session: Session, page: Page, typed: Mapping[str, Any]) -> tuple[Errors, bool]:
    """What is wrong with a draft by its controls; and whether the page was changed underneath."""
    draft = page.draft
    if draft is None:
        return {}, False
    try:
        _, errors = spreader().judged(session, draft)
    except Conflict as error:
        return {"others": [error.message]}, True
    return by_control(page.place.kind, typed, errors)[0], False


def _form(
    page: Page,
    typed: Mapping[str, Any],
    revision: int,
    *,
    status: int = 200,
    errors: Errors | None = None,
    told: str = "",
    clash: Saved | None = None,
    note: str | None = None,
) -> Response:
    place, draft = page.place, page.draft
    content, kind = spreader().content, page.place.kind
    below = None
    if draft is not None:
        files = spreader().files(place)
        if files.digest != draft.based_on:
            below = differences(kind, typed, files.typed(kind), content)
    more = request.args.get("more", "")
    theirs = None
    if clash is not None and clash.merged is not None:
        theirs = one_side(kind, clash.merged.clashes, clash.theirs or {}, content)
        typed = {**clash.merged.values}
    labels = {**by_control(kind, typed, {})[1], "note": gettext("What was changed, and why")}
    return shown(
        "form",
        status,
        page=page,
        title=named(place, typed),
        inputs=inputs_of(kind),
        words=words_of(kind, typed, spare=_MORE_ROWS),
        rows={
            each.name: rows_in(each.name, typed) + (_MORE_ROWS if each.name == more else 1)
            for each in inputs_of(kind)
        },
        options=lambda each: options_of(each, content, kind),
        values={**typed, "note": note if note is not None else (draft.note if draft else "")},
        revision=revision,
        errors=errors or {},
        labels=labels,
        left=counted(errors) if errors else "",
        told=told,
        clash=clash,
        theirs=theirs,
        below=below,
        digest=spreader().files(place).digest,
        needs_text=EDITED[kind].text,
    )


@door("officer", "supervisor")
def preview(kind: str, slug: str) -> Response:
    """What is typed, as readers will see it, in both languages; nothing is kept."""
    with parts().store.begin() as session:
        page = page_of(session, kind, slug)
    typed = sent(kind, request.form)
    made = {each: markdown.html(typed.get(TEXT + each, ""), each) for each in LANGUAGES}
    if request.accept_mimetypes.best == "application/json":
        return jsonify(made)
    return shown("preview", page=page, typed=typed, made=made, title=named(page.place, typed))


@door("officer", "supervisor")
def upload(kind: str, slug: str, name: str) -> Response:
    """A file that was put in for a page, out already or not."""
    from services.portal.content import files

    with parts().store.begin() as session:
        page = page_of(session, kind, slug)
        content = file_of(session, page.place, name)
    if content is None:
        whose = page.place.slug if kind == SITES else page.place.site or "city"
        if f"{whose}/{name}" not in frame().shelf.content.files:
            raise NoPage
        return redirect(url_for("site.file", site=whose, name=name), 303)  # type: ignore[return-value]
    ending = "." + name.rpartition(".")[2]
    answer = Response(content, content_type=files.KINDS[ending])
    how = "inline" if ending in files.PICTURES else "attachment"
    answer.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    answer.headers["Content-Security-Policy"] = files.POLICY
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def has_draft(page: Page) -> SiteDraft:
    """The draft of a page. Raises NotFound: there is none."""
    if page.draft is None:
        raise NotFound("there is no draft of this page")
    return page.draft
