"""What a city has at the servers: a virtual host with users, databases with roles that own them.

Both are brought to what the city's folder says, and may be brought there again: after a password
was changed in it, after a restore, for a service that is new.
"""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

from palika import libpq
from palika.cities.folder import CityFolder
from palika.cities.servers import Servers
from palika.config import with_database
from palika.local.city import database_names, web_names
from palika.local.processes import LocalError

_CONNECTIONS: Final = 40
"""Of one role at PostgreSQL: twice what the pool of one process may have. More processes of one
service need more (`ALTER ROLE`)."""
_LIMITS: Final = {"max-connections": 400, "max-queues": 2_000}
"""Of one virtual host: no city can use up what the broker has for all."""
_ALL: Final = ".*"


def rights(service: str) -> tuple[str, str, str]:
    """What a service's user may configure, write and read (docs/operations.md#security)."""
    # In whose name answers to its calls come back; a web service only calls others.
    answers = "standalone_rpc_proxy" if service in web_names() else service
    mine = rf"{service}\..*"
    calls = rf"nameko-rpc|rpc-{service}|rpc\.reply-{answers}-.*"
    return (
        rf"^({mine}|[a-z]+\.events|{calls})$",
        rf"^({mine}|{calls}|amq\.default)$",
        rf"^({mine}|[a-z]+\.events|{calls})$",
    )


def provide(city: CityFolder, servers: Servers) -> None:
    """Make what the city has at the servers, as its folder says.

    Its users' passwords are in ``secrets/``, in the addresses; where there is none, one is made.

    Raises:
        LocalError: a server does not answer, or refuses.
    """
    _write_addresses(city, servers)
    servers.control("import_definitions", text=json.dumps(broker_definitions(city)))
    with _administrator(servers, "postgres") as cursor:
        for database in ("postgres", "template1"):
            # Whoever has a role may come into these otherwise.
            cursor.execute(
                sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(
                    sql.Identifier(database)
                )
            )
        for service in database_names():
            _provide_database(cursor, city, service)


def broker_definitions(city: CityFolder) -> dict[str, Any]:
    """Its virtual host, users and rights, as ``rabbitmqctl import_definitions`` takes them."""
    users = {None: (_ALL, _ALL, _ALL)} | {name: rights(name) for name in database_names()}
    return {
        "vhosts": [{"name": city.slug}],
        "users": [
            {
                "name": city.broker_user(service),
                "password_hash": _hashed(_password(city.secret(_uri_of(service)))),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            }
            for service in users
        ],
        "permissions": [
            {
                "user": city.broker_user(service),
                "vhost": city.slug,
                "configure": configure,
                "write": write,
                "read": read,
            }
            for service, (configure, write, read) in users.items()
        ],
        "parameters": [
            {
                "component": "vhost-limits",
                "name": "limits",
                "vhost": city.slug,
                "value": _LIMITS,
            }
        ],
    }


def withdraw(city: CityFolder, servers: Servers, *, data: bool) -> None:
    """Take the city's logins away from the servers; with ``data`` all it has there, for good.

    Raises:
        LocalError: a server does not answer, or refuses.
    """
    users = {city.broker_user(service) for service in (None, *database_names())}
    # One command, as each takes seconds: what is not there any more is passed over, and what is
    # there still afterwards is told.
    delete = "catch rabbit_auth_backend_internal:delete_user"
    gone = [f'{delete}(<<"{each}">>, <<"palika">>)' for each in sorted(users)]
    if data:
        gone.append(f'catch rabbit_vhost:delete(<<"{city.slug}">>, <<"palika">>)')
    servers.control("eval", f"{', '.join(gone)}, ok.")
    left = users & set(servers.control("list_users", "--no-table-headers").split())
    if data:
        vhosts = servers.control("list_vhosts", "name", "--no-table-headers").split()
        left |= {city.slug} & set(vhosts)
    if left:
        raise LocalError(f"the broker has still {', '.join(sorted(left))} of the city {city.slug}")
    with _administrator(servers, "postgres") as cursor:
        for service in database_names():
            _withdraw_database(cursor, city.database(service), data=data)


def _write_addresses(city: CityFolder, servers: Servers) -> None:
    """Where the city's parts are, with their passwords."""
    scheme, _, host = servers.broker.partition("://")
    at = urlsplit(servers.database)
    where = at.netloc.rpartition("@")[2]
    query = f"?{at.query}" if at.query else ""
    for service in (None, *database_names()):
        password = _password(city.secret(_uri_of(service))) or secrets.token_urlsafe(24)
        user = quote(city.broker_user(service))
        write_secret(city, _uri_of(service), f"{scheme}://{user}:{password}@{host}/{city.slug}")
    for service in database_names():
        name = f"{service.upper()}_DATABASE_URL"
        password = _password(city.secret(name)) or secrets.token_urlsafe(24)
        role = city.database(service)
        write_secret(city, name, f"postgresql://{role}:{password}@{where}/{role}{query}")


def write_secret(city: CityFolder, name: str, value: str) -> None:
    """A file of ``secrets/``, for its owner alone; nothing happens to one that says the same."""
    if city.secret(name) == value:
        return
    city.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = city.secrets / f".{name}.new"
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value + "\n")
    beside.replace(city.secrets / name)


def _provide_database(cursor: Any, city: CityFolder, service: str) -> None:
    name = city.database(service)
    password = _password(city.secret(f"{service.upper()}_DATABASE_URL"))
    # The server is told no password, only what proves one: neither does its log have it.
    verifier = encrypt_password(password, name, cursor.connection, "scram-sha-256")
    role, settings = (
        sql.Identifier(name),
        sql.SQL(
            "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
            "CONNECTION LIMIT {} PASSWORD {}"
        ).format(sql.Literal(_CONNECTIONS), sql.Literal(verifier)),
    )
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    verb = sql.SQL("ALTER ROLE" if cursor.fetchone() else "CREATE ROLE")
    cursor.execute(sql.SQL(" ").join([verb, role, settings]))
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone() is None:
        # An administrator who is no superuser gives a database away only to a role of his own.
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        cursor.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))


def _withdraw_database(cursor: Any, name: str, *, data: bool) -> None:
    role = sql.Identifier(name)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        return
    if not data:
        cursor.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
        return
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(role))
    cursor.execute(sql.SQL("DROP ROLE {}").format(role))


@contextmanager
def _administrator(servers: Servers, database: str) -> Iterator[Any]:
    url = with_database(servers.database, database)
    try:
        connection = psycopg2.connect(url, **libpq.options("cities"))
    except psycopg2.OperationalError as error:
        raise LocalError(f"PostgreSQL does not answer: {str(error).strip()}") from error
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise LocalError(f"PostgreSQL refuses: {str(error).strip()}") from error
    finally:
        connection.close()


def _uri_of(service: str | None) -> str:
    return f"{service.upper()}_AMQP_URI" if service else "AMQP_URI"


def _password(address: str) -> str:
    return urlsplit(address).password or ""


def _hashed(password: str) -> str:
    """As RabbitMQ keeps it, which is never told the password: four bytes of salt, then SHA-256."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
