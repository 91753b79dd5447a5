"""The laws of the house (docs/house.md), read from the source."""

import ast
import re

from tests.house import (
    ROOT,
    TOO_LONG_FILE,
    TOO_LONG_FUNCTION,
    Module,
    functions,
    imports,
    length_of,
    modules,
)

FLOORS = [
    # Rooms between commas may know each other; rooms in different brackets of a floor never do.
    [["clock", "errors", "languages", "links", "tokens", "sheets", "sqlite", "turns"]],
    [["advice"], ["intake"]],
    [["models"]],
    [
        [
            "db",
            "describing",
            "drafting",
            "joining",
            "answering",
            "asking",
            "telling",
            "noting",
            "moving",
            "naming",
            "placing",
            "posting",
            "promoting",
            "seating",
            "signing",
            "starring",
            "rows",
            "bulk",
            "pouring",
            "keeping",
            "tally",
            "prepared",
            "wire",
            "resting",
            "stops",
            "schema",
            "dialect",
        ]
    ],
    [["queries"]],
    [
        ["freezing", "frozen", "gathering"],
        ["reaching"],
        ["following"],
        ["roster", "journal", "details", "importing"],
        ["exporting"],
    ],
    [["actions"], ["delivery"]],
    [["jobs", "errands", "exports", "anew"], ["demo"]],
    [["web"], ["api"], ["cli"], ["config"]],
    [["app"]],
    [["clockwork", "start", "children", "wsgi", "engine"]],
    [["serving"]],
]
AUDIENCES = {"staff", "organiser", "invitee", "public", "hooks", "account"}
OPEN_BLUEPRINTS = {"account", "public"}
"""Pages for people who have not shown who they are: sign-in, and the conference's public pages."""

NO_FLASK = ("models", "advice", "intake", "queries", "actions")
VAGUE = {
    "user", "users", "contact", "contacts", "data", "manager", "managers", "helper", "helpers",
    "util", "utils", "service", "services", "handle", "handler", "process", "misc",
}  # fmt: skip


def room_of(name: str) -> str:
    """outreach.web.staff.door → web; wsgi → wsgi."""
    return name.removeprefix("outreach.").split(".")[0]


def floor_of(room: str) -> int:
    for floor, groups in enumerate(FLOORS):
        if any(room in group for group in groups):
            return floor
    raise AssertionError(f"{room} stands on no floor: give it one in tests/test_house.py")


def are_neighbours(room: str, other: str) -> bool:
    return any(room in group and other in group for groups in FLOORS for group in groups)


def ours() -> list[Module]:
    return [m for m in modules("outreach", "config", "wsgi") if m.name != "outreach"]


def in_rooms(*rooms: str) -> list[Module]:
    return [module for module in ours() if room_of(module.name) in rooms]


def is_ours(name: str) -> bool:
    return name in ("config", "wsgi") or name.startswith("outreach.")


def test_a_module_imports_downwards_only():
    wrong = [
        f"{module.at(node)} imports {name}, which stands on floor {floor_of(room_of(name))}"
        for module in ours()
        for name, node in imports(module)
        if is_ours(name)
        and floor_of(room_of(name)) >= floor_of(room_of(module.name))
        and not are_neighbours(room_of(module.name), room_of(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_actions_never_import_actions():
    """What two verbs share belongs to the noun, to a question, or on the ground."""
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in in_rooms("actions")
        for name, node in imports(module)
        if name.startswith("outreach.actions") and name != module.name
    ]
    assert not wrong, "\n".join(wrong)


def test_no_audience_of_the_web_knows_another():
    def audience_of(name: str) -> str | None:
        parts = name.split(".")
        known = len(parts) > 2 and parts[:2] == ["outreach", "web"] and parts[2] in AUDIENCES
        return parts[2] if known else None

    wrong = [
        f"{module.at(node)} imports {name}"
        for module in in_rooms("web")
        if module.name != "outreach.web"  # opens all the doors
        for name, node in imports(module)
        if (other := audience_of(name)) and other != audience_of(module.name)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_the_web_is_an_audience_with_a_door():
    folders = {m.name.split(".")[2] for m in in_rooms("web") if m.name.count(".") >= 3}
    assert folders <= AUDIENCES
    doors = {module.name for module in in_rooms("web")}
    assert {f"outreach.web.{folder}.door" for folder in folders} <= doors


def test_no_door_holds_the_session():
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in in_rooms("web", "api", "cli")
        for name, node in imports(module)
        if name.startswith(("outreach.db", "sqlalchemy.orm", "flask_sqlalchemy"))
    ]
    assert not wrong, "\n".join(wrong)


def test_only_db_commits():
    wrong = [
        module.at(call)
        for module in ours()
        if module.name != "outreach.db"
        for call in module.nodes(ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "begin_nested")
    ]
    assert not wrong, "\n".join(wrong)


def test_nouns_questions_verbs_and_reasoning_do_not_know_flask():
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in in_rooms(*NO_FLASK)
        for name, node in imports(module)
        if name.split(".")[0].startswith(("flask", "werkzeug"))
    ]
    assert not wrong, "\n".join(wrong)


def test_nouns_and_reasoning_hold_no_session_and_no_clock():
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in in_rooms("models", "advice", "intake")
        for name, node in imports(module)
        if name in ("outreach.clock", "outreach.db")
        or (isinstance(node, ast.ImportFrom) and any(a.name == "Session" for a in node.names))
    ]
    assert not wrong, "\n".join(wrong)


def test_only_clock_reads_the_machines_clock():
    def dotted(node: ast.AST) -> str:
        if isinstance(node, ast.Attribute):
            return f"{dotted(node.value)}.{node.attr}"
        return node.id if isinstance(node, ast.Name) else "?"

    reads = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns))$")
    wrong = [
        f"{module.at(call)} {dotted(call.func)}"
        for module in ours()
        if module.name != "outreach.clock"
        for call in module.nodes(ast.Call)
        if reads.search(dotted(call.func))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_name_is_vague():
    def words(name: str) -> set[str]:
        return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}

    wrong = []
    for module in modules("outreach", "config", "wsgi", "bench", "tests"):
        if words(module.name.rsplit(".", 1)[-1]) & VAGUE:
            wrong.append(f"{module.at(module.tree)} is called vaguely")
        wrong += [
            f"{module.at(node)} {node.name}"
            for node in module.tree.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
            if words(node.name) & VAGUE and not node.name.startswith("test_")
        ]
    assert not wrong, "\n".join(wrong)


def test_no_file_and_no_function_is_too_long():
    wrong = []
    for module in modules("outreach", "config", "wsgi", "bench", "tests"):
        if module.lines > TOO_LONG_FILE:
            wrong.append(f"{module.at(module.tree)} has {module.lines} lines")
        wrong += [
            f"{module.at(function)} {function.name} has {length_of(function)} lines"
            for function in functions(module)
            if length_of(function) > TOO_LONG_FUNCTION
        ]
    assert not wrong, "\n".join(wrong)


def test_every_setting_stands_in_the_readme_and_in_the_example():
    """A setting is a capital name that config.py reads, as text, from the environment."""
    (config,) = modules("config")
    settings = {
        node.value
        for call in ast.walk(config.tree)
        if isinstance(call, ast.Call | ast.Subscript)
        for node in (call.args if isinstance(call, ast.Call) else [call.slice])
        if isinstance(node, ast.Constant) and re.fullmatch(r"[A-Z][A-Z0-9_]+", str(node.value))
    }
    settings -= {"PYTHONTZPATH"}  # is Python's; we only set it
    assert {"DATABASE_URL", "PORT", "MAILER", "ENV"} <= settings
    for page in ("README.md", ".env.example"):
        text = (ROOT / page).read_text()
        assert not {name for name in settings if not re.search(rf"\b{name}\b", text)}, page


def test_every_blueprint_with_a_page_has_a_guard(bare_app):
    pages = {rule.endpoint.rpartition(".")[0] for rule in bare_app.url_map.iter_rules()} - {""}
    unguarded = {
        name
        for name in pages
        if name.split(".")[0] not in OPEN_BLUEPRINTS and not bare_app.before_request_funcs.get(name)
    }
    assert pages
    assert not unguarded


def test_every_page_stands_behind_a_door(bare_app):
    loose = {r.endpoint for r in bare_app.url_map.iter_rules() if "." not in r.endpoint}
    assert loose <= {"static"}


def test_migrations_import_nothing_of_ours():
    """A migration says what was true on its day; our modules go on changing."""
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in modules("migrations")
        if ".versions." in module.name
        for name, node in imports(module)
        if name.split(".")[0] in ("outreach", "config", "wsgi", "tests")
    ]
    assert not wrong, "\n".join(wrong)


def test_migrations_are_numbered_in_the_order_in_which_they_run():
    names = sorted(p.name for p in (ROOT / "migrations/versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{number:04d}_" for number in range(1, len(names) + 1)]
