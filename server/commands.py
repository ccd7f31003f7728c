"""The commands of `complicity`.

Owns the commands, their options, what they print and their exit codes: 0 fine, 1 failed, 2 usage, 75 try
later, 78 settings wrong. Each failure is one sentence on standard error. Must not know how anything is done.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from moderation.connection import connect
from moderation.domain import ROLES, Role
from moderation.errors import NotFound, Problem, Unavailable, WrongSetting
from moderation.roster import Roster
from moderation.text import clean_name
from server.datafolder import DataBusy, keep_for
from server.engine import engine_for_command
from server.passwords import Passwords
from server.settings import Settings
from server.settings_file import declared_place, load

TOGETHER: Final = 64  # new screens written at once: one sync for all of them
FAILED: Final = 1
USAGE: Final = 2
TRY_LATER: Final = 75
WRONG_SETTINGS: Final = 78

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Where:
    """`--config` and `--data`, whether given before or after the subcommand."""

    config: Path | None = None
    data: Path | None = None
    source: str = ""  # for who is told that a setting, or what it declares, is not there

    def settings(self, usual: Path | None = Path("wall.toml")) -> Settings:
        read = self.config or (usual if usual and usual.exists() else None)
        if read:
            self.source = f"Settings: {read.resolve()}."
        elif usual:
            self.source = f"There is no {usual} in {Path.cwd()}: --config names one that is elsewhere."
        return load(read, os.environ)

    def folder(self) -> Path:
        return (self.data or Path("data")).resolve()


class Port(click.ParamType[int]):
    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        said = str(value)
        if not (said.isascii() and said.isdecimal() and len(said) < 6 and int(said) <= 65535):
            self.fail(f"a whole number from 0 to 65535 was expected, not {said}.", param, ctx)
        return int(said)


def where(command: F) -> F:
    def keep(context: click.Context, option: click.Parameter, value: Path | None) -> None:
        if value is not None:
            setattr(context.ensure_object(Where), str(option.name), value)

    path = click.Path(path_type=Path)
    for option, metavar, what in (
        ("--data", "DIR", "The data folder (data)."),
        ("--config", "FILE", "The settings (wall.toml, if there is one)."),
    ):
        command = click.option(
            option, type=path, metavar=metavar, help=what, callback=keep, expose_value=False
        )(command)
    return command


def run(arguments: list[str]) -> int:
    """Carry out one command; its exit code."""
    given = Where()
    try:
        status = complicity.main(arguments, prog_name="complicity", standalone_mode=False, obj=given)
        return status if isinstance(status, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:  # click's message would be the whole help
        path = error.ctx.command_path if error.ctx else "complicity"
        return _fail(USAGE, f"A command is missing; {path} --help lists them.")
    except click.UsageError as error:
        return _fail(USAGE, error.format_message())
    except click.ClickException as error:
        return _fail(FAILED, error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return _fail(FAILED, "Stopped.")
    except WrongSetting as problem:
        return _fail(WRONG_SETTINGS, f"{problem.title('en')} {given.source}")
    except (DataBusy, Unavailable) as problem:
        return _fail(TRY_LATER, problem.title("en"))
    except NotFound as problem:
        what = ", ".join(f"{kind} {name}" for kind, name in problem.params.items())
        return _fail(FAILED, f"{f'Not found: {what}.' if what else problem.title('en')} {given.source}")
    except Problem as problem:
        return _fail(FAILED, problem.title("en"))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _fail(
                TRY_LATER, "Another process is listening on this port: stop it, or choose another --port."
            )
        return _fail(FAILED, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")


def _fail(status: int, sentence: str) -> int:
    click.echo(" ".join(sentence.split()), err=True)
    return status


@asynccontextmanager
async def _roster(context: click.Context) -> AsyncIterator[Roster]:
    """The organisation's records, in a running server's engine or in one of the command's own."""
    given: Where = context.obj
    settings = given.settings()
    keep_for(given.folder(), settings.organisation.slug)
    async with engine_for_command(given.folder(), url=settings.engine.url) as url:
        connection = await connect(url)
        try:
            roster = Roster(connection, settings.organisation.slug)
            await roster.sync_places(settings.places)
            yield roster
        finally:
            await connection.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@where
@click.version_option(package_name="complicite", prog_name="complicity")
@click.pass_context
def complicity(context: click.Context) -> None:
    """A real-time wall for stores: what customers say, approved by a person, shown to all."""
    context.ensure_object(Where)


@complicity.command()
@click.option("--host", help="Address to listen on (server.host).")
@click.option("--port", type=Port(), help="Port to listen on (server.port).")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON when ready.")
@where
@click.pass_obj
def serve(given: Where, host: str | None, port: int | None, as_json: bool) -> int:
    """Run the product."""
    from server import serving

    _log_to_standard_error()
    settings = _listening(given.settings(), host, port)
    return asyncio.run(serving.serve(settings, given.folder(), as_json=as_json))


@complicity.command()
@click.option("--port", type=Port(), help="Port to listen on (8000).")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON when ready.")
@click.option("--still", is_flag=True, help="No new messages arrive by themselves.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which messages arrive.")
@where
@click.pass_obj
def demo(given: Where, port: int | None, as_json: bool, still: bool, seed: int) -> int:
    """Run a living wall on this machine, to look at and to play with."""
    from server import serving

    settings = _listening(given.settings(None), None, port)  # never by accident with a store's own wall.toml
    return asyncio.run(
        serving.demonstrate(
            settings, given.data and given.data.resolve(), as_json=as_json, still=still, seed=seed
        )
    )


def _log_to_standard_error() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _listening(settings: Settings, host: str | None, port: int | None) -> Settings:
    server = settings.server
    server = replace(server, host=host or server.host, port=server.port if port is None else port)
    return replace(settings, server=server)


@complicity.group()
@where
def user() -> None:
    """People."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option(
    "--place", "places", multiple=True, metavar="SLUG", help="Where they act; repeat it; none: everywhere."
)
@click.option("--password-env", metavar="VAR", required=True, help="The variable that holds the password.")
@where
@click.pass_context
def add_user(
    context: click.Context, name: str, role: Role, places: tuple[str, ...], password_env: str
) -> None:
    """Add a person who signs in with NAME and the password in VAR."""
    password = os.environ.get(password_env)
    if not password:
        raise click.UsageError(f"--password-env: the environment variable {password_env} is not set.")

    # As the pages clean it, and type it: a blank at its end, or an accent in two parts, and nobody could sign in.
    called, _ = clean_name(name)
    if called is None:
        raise click.UsageError("NAME: a name that can be read was expected.")

    async def add() -> None:
        hashed = await Passwords().hash(password)
        async with _roster(context) as roster:
            await roster.add_person(called, role, password=hashed, places=places or None)

    asyncio.run(add())
    click.echo(f"{called} is added.", err=True)


@complicity.group()
@where
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--place", metavar="SLUG", help="Where it acts; none: everywhere.")
@click.option("--user", "person", metavar="NAME", help="For whom it acts; none: a person named after it.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
@where
@click.pass_context
def create_token(
    context: click.Context, role: Role, place: str | None, person: str | None, days: int
) -> None:
    """Print a new token. It is shown once."""

    async def create() -> str:
        async with _roster(context) as roster:
            _, bare = await roster.create_token(role, place=place, person=person, days=days)
            return bare

    click.echo(asyncio.run(create()))


@token.command("list")
@where
@click.pass_context
def list_tokens(context: click.Context) -> None:
    """One line a token: id, role, places, person, end."""

    async def read() -> list[str]:
        async with _roster(context) as roster:
            return [
                "  ".join(
                    (
                        each.id,
                        f"{each.role:<9}",
                        ",".join(each.places or "*"),
                        each.person,
                        f"{each.expires_at:%Y-%m-%d}",
                    )
                )
                for each in await roster.tokens()
            ]

    for line in asyncio.run(read()):
        click.echo(line)


@token.command("revoke")
@click.argument("ident", metavar="ID")
@where
@click.pass_context
def revoke_token(context: click.Context, ident: str) -> None:
    """Make a token worthless at once."""

    async def revoke() -> None:
        async with _roster(context) as roster:
            await roster.revoke_token(ident)

    asyncio.run(revoke())


@complicity.group()
@where
def screen() -> None:
    """Screens."""


@screen.command("create")
@click.option("--place", required=True, metavar="SLUG")
@click.option("--name", default="", help="As people call it.")
@click.option("--count", type=click.IntRange(1, 100_000), default=1, show_default=True)
@where
@click.pass_context
def create_screen(context: click.Context, place: str, name: str, count: int) -> None:
    """Print device tokens, one a line. They are shown once."""

    async def create() -> list[str]:
        async with _roster(context) as roster:
            called = name or place
            names = [called] if count == 1 else [f"{called} {number}" for number in range(1, count + 1)]
            tokens = []
            for start in range(0, count, TOGETHER):
                several = (roster.create_screen(place, each) for each in names[start : start + TOGETHER])
                tokens += [bare for _, bare in await asyncio.gather(*several)]
            return tokens

    for bare in asyncio.run(create()):
        click.echo(bare)


@complicity.group()
@where
def place() -> None:
    """Places."""


@place.command("add")
@click.argument("slug")
@click.option("--name", help="As people read it (the slug).")
@click.option("--timezone", help="Such as Europe/Paris.")
@click.option("--lease-seconds", type=int)
@click.option("--wall-days", type=int)
@click.option("--wall-max", type=int)
@where
@click.pass_context
def add_place(context: click.Context, /, slug: str, name: str | None, **options: object) -> None:
    """Add a place; its settings are those of a [[place]]."""
    given = {key: value for key, value in options.items() if value is not None}
    try:
        added = declared_place({"slug": slug, "name": name or slug, **given})
    except WrongSetting as problem:
        raise click.UsageError(problem.title("en")) from None

    async def add() -> None:
        async with _roster(context) as roster:
            await roster.add_place(replace(added, declared=False))

    asyncio.run(add())
    click.echo(f"{slug} is added.", err=True)


@complicity.group("channel")
@where
def channel_group() -> None:
    """Channels."""


@channel_group.command("check")
@click.argument("slug")
@where
@click.pass_obj
def channel_check(given: Where, slug: str) -> None:
    """Say whether a channel's credentials work, and why not."""
    from connectors import registry

    found = next((each for each in given.settings().channels if each.slug == slug), None)
    if found is None:
        raise NotFound(channel=slug)
    asyncio.run(registry.build(found).check())
    click.echo(f"Channel {slug} works.")


@complicity.command()
@where
@click.pass_obj
def doctor(given: Where) -> int:
    """Say what is wrong with engine, durability, settings, address and disk."""
    from server.doctor import examine

    settings = given.settings()
    signs = {True: "ok", False: "WRONG", None: "note"}

    async def ask() -> int:
        wrong = 0
        click.echo(f"{signs[None]:<5}  {given.source}")
        async for finding in examine(settings, given.folder()):
            click.echo(f"{signs[finding.well]:<5}  {finding.about}: {finding.says}")
            wrong += finding.well is False
        return wrong

    if wrong := asyncio.run(ask()):
        return _fail(WRONG_SETTINGS, f"{wrong} of these must be put right.")
    return 0


@complicity.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@where
@click.pass_obj
def backup(given: Where, file: Path) -> None:
    """Write a copy of the data into one tar FILE, beside a running server or alone."""
    from server.backup import back_up

    settings = given.settings()
    if settings.engine.url:
        raise click.ClickException("The data is on an engine of your own (engine.url): back it up there.")

    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"There is no folder {file.parent} to write {file.name} into.")
    if file.exists():
        raise click.ClickException(
            f"{file} exists already, and a backup never replaces another: choose a new name."
        )

    async def copy() -> int:
        async with engine_for_command(given.folder()) as url:
            connection = await connect(url)
            try:
                return await back_up(connection, given.folder(), file.resolve())
            finally:
                await connection.close()

    size = asyncio.run(copy())
    click.echo(f"{file}: {size} bytes.", err=True)
