"""``streetchief streets``: check, import, export, versions, show, template."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from streetchief.city import City, PropertyNames
from streetchief.cli.ground import city_database, the_city
from streetchief.cli.streetsfiles import Drawing, Tables, checked_file, imported, joined
from streetchief.errors import BadInput, NotFound
from streetchief.registry import service
from streetchief.registry.changes import compare
from streetchief.registry.exports import chief_rows, export, rule_rows, shown_chief
from streetchief.registry.files import read_segments
from streetchief.registry.model import Fault, Registry, Segment
from streetchief.registry.rules import check
from streetchief.registry.sheets import CHIEFS, RULES, write_template
from streetchief.words import both, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.streets"))

FEW = 5
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
SridOption = Annotated[int | None, typer.Option(help=both("cli.streets_srid"))]
LayerOption = Annotated[str | None, typer.Option(help=both("cli.streets_layer"))]
EncodingOption = Annotated[str | None, typer.Option(help=both("cli.streets_encoding"))]
NameOption = Annotated[str | None, typer.Option("--street-name", help=both("cli.streets_name"))]
ClassOption = Annotated[str | None, typer.Option("--street-class", help=both("cli.streets_class"))]
CodeOption = Annotated[str | None, typer.Option("--segment-code", help=both("cli.streets_code"))]
VersionOption = Annotated[int | None, typer.Option(help=both("cli.streets_version"))]


@app.command("check", help=both("cli.streets_check"))
def check_file(
    file: Annotated[Path, typer.Argument(help=both("cli.streets_file"))],
    srid: SridOption = None,
    layer: LayerOption = None,
    encoding: EncodingOption = None,
    street_name: NameOption = None,
    street_class: ClassOption = None,
    segment_code: CodeOption = None,
    everything: Annotated[bool, typer.Option("--all", help=both("cli.streets_all"))] = False,
) -> None:
    """List every fault; exit code 2 if one of them forbids publishing."""
    names = _names(PropertyNames(), street_name, street_class, segment_code)
    registry, faults = checked_file(file, properties=names, srid=srid, layer=layer, encoding=encoding)
    tell_faults(faults, everything=everything)
    blocking = sum(fault.blocking for fault in faults)
    _tell(
        "streets.checked",
        file=file.name,
        streets=len(registry.streets),
        segments=len(registry.segments),
        areas=len(registry.areas),
        blocking=blocking,
        warnings=len(faults) - blocking,
    )
    if blocking:
        raise typer.Exit(2)


@app.command("import", help=both("cli.streets_import"))
def import_files(
    files: Annotated[list[Path] | None, typer.Argument(help=both("cli.streets_file"))] = None,
    city: CityOption = None,
    srid: SridOption = None,
    layer: LayerOption = None,
    encoding: EncodingOption = None,
    street_name: NameOption = None,
    street_class: ClassOption = None,
    segment_code: CodeOption = None,
    areas: Annotated[Path | None, typer.Option(help=both("cli.streets_areas"))] = None,
    chiefs: Annotated[Path | None, typer.Option(help=both("cli.streets_chiefs"))] = None,
    rules: Annotated[Path | None, typer.Option(help=both("cli.streets_rules"))] = None,
    categories: Annotated[Path | None, typer.Option(help=both("cli.streets_categories"))] = None,
    attribution: Annotated[str | None, typer.Option(help=both("cli.streets_attribution"))] = None,
    geometry_source: Annotated[str, typer.Option(help=both("cli.streets_geometry_source"))] = "",
    fresh: Annotated[bool, typer.Option("--fresh-codes", help=both("cli.streets_fresh"))] = False,
    note: Annotated[str, typer.Option(help=both("cli.streets_note"))] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help=both("cli.streets_yes"))] = False,
) -> None:
    """Preview what the files change, then publish."""
    town = the_city(city)
    names = _names(town.seeds.streets_properties, street_name, street_class, segment_code)
    network = [read_segments(f, properties=names, srid=srid, layer=layer, encoding=encoding) for f in files or []]
    drawing = Drawing(joined(network), geometry_source, keep_codes=not fresh) if network else None
    with city_database(town) as engine:
        current = service.load(engine) if service.current_version(engine) is not None else None
        registry, faults = imported(town, current, drawing, Tables(areas, chiefs, rules, categories))
        if attribution is not None:
            registry = replace(registry, attribution=attribution)
        _preview(current, registry, (*faults, *check(registry, town)))
        if current is not None and registry == replace(current, version=None):
            _tell("streets.nothing")
        elif yes or (sys.stdin.isatty() and typer.confirm(both("streets.ask"), err=True)):
            _tell("streets.published", version=service.publish(engine, town, registry, note))
        else:
            _tell("streets.not_published")
            raise typer.Exit(1)


@app.command("export", help=both("cli.streets_export"))
def export_files(
    out: Annotated[Path, typer.Argument(help=both("cli.streets_out"))],
    city: CityOption = None,
    version: VersionOption = None,
) -> None:
    """Write the files of a version."""
    registry = _load(the_city(city), version)
    for path in export(registry, out):
        _tell("streets.wrote", file=path)


@app.command(help=both("cli.streets_versions"))
def versions(city: CityOption = None) -> None:
    """One line a version, newest first, tab-separated."""
    town = the_city(city)
    with city_database(town) as engine:
        found = service.list_versions(engine)
    for one in found:
        at = one.published_at.astimezone(town.zone).isoformat(timespec="seconds")
        typer.echo("\t".join(map(str, (one.version, at, one.city, one.segments, one.fingerprint, one.note))))


@app.command(help=both("cli.streets_show"))
def show(
    code: Annotated[str, typer.Argument(help=both("cli.streets_segment"))],
    on: Annotated[str | None, typer.Option(help=both("cli.streets_on"))] = None,
    city: CityOption = None,
    version: VersionOption = None,
) -> None:
    """The segments of a street, or one, with who was chief on that day."""
    town = the_city(city)
    day = _day(on) if on else datetime.now(town.zone).date()
    registry = _load(town, version)
    streets = {s.code for s in registry.streets if code in (s.code, s.name, *s.aliases)}
    found = [s for s in registry.segments if s.code == code or s.street in streets]
    if not found:
        raise NotFound("no_segment", segment=code)
    for segment in found:
        _show_segment(registry, segment, town, day)


@app.command(help=both("cli.streets_template"))
def template(
    kind: Annotated[str, typer.Argument(help="chiefs | rules")],
    out: Annotated[Path, typer.Argument(help="*.xlsx")],
    city: CityOption = None,
    version: VersionOption = None,
) -> None:
    """An Excel workbook to fill in."""
    if kind not in (CHIEFS, RULES):
        raise BadInput("unknown_table", kind=kind)
    registry = _load(the_city(city), version)
    rows = list(chief_rows(registry) if kind == CHIEFS else rule_rows(registry))
    write_template(out, kind, rows)
    _tell("streets.wrote", file=out)


def tell_faults(faults: Sequence[Fault], *, everything: bool = False) -> None:
    """Print faults by kind, blocking ones first, each with its place; of a warning only a few unless asked."""
    out = Console(highlight=False, soft_wrap=True)
    kinds = dict.fromkeys((not fault.blocking, fault.code) for fault in faults)
    for is_warning, code in sorted(kinds):
        found = [f for f in faults if f.code == code and f.blocking != is_warning]
        title, style = ("streets.may", "yellow") if is_warning else ("streets.must", "red")
        out.print(f"[{style}]{escape(both(title))}[/] {escape(both('fault.' + code))} ({code}) × {len(found)}")
        few = found if everything or not is_warning else found[:FEW]
        for fault in few:
            place = f"@ {fault.lonlat[0]:.7f},{fault.lonlat[1]:.7f}" if fault.lonlat else ""
            out.print("  " + escape(" ".join(filter(None, (fault.where, fault.detail, place)))))
        if len(found) > len(few):
            out.print("  " + escape(both("streets.more", count=len(found) - len(few))))


def _preview(current: Registry | None, registry: Registry, faults: tuple[Fault, ...]) -> None:
    """Faults and changes; raises BadInput if a fault forbids publishing."""
    tell_faults(faults)
    changes = compare(current, registry)
    sizes = {name: len(getattr(changes, name)) for name in ("added", "changed", "removed")}
    _tell("streets.preview", **sizes, kept=changes.kept)
    _tell("streets.preview_tables", **changes.tables)
    service.refuse_blocking(faults)


def _show_segment(registry: Registry, segment: Segment, city: City, on: date) -> None:
    titles = {tier.tier: tier.title for tier in city.tiers}
    street = registry.street_by_code[segment.street]
    area = next((a.name for a in registry.areas if a.code == segment.area), "-")
    typer.echo("\t".join((segment.code, street.name, area, segment.geometry_source or "-", on.isoformat())))
    chiefs = registry.chiefs_on(segment.code, on)
    if not chiefs:
        typer.echo("  " + both("streets.no_chief"))
    for chief in chiefs:
        title = titles.get(chief.tier)
        name = f"{title.zh} / {title.en}" if title else str(chief.tier)
        since = chief.on.from_on or "…"
        typer.echo(f"  {name}\t{shown_chief(chief)}\t{since} – {chief.on.to_on or '…'}")


def _names(names: PropertyNames, name: str | None, street_class: str | None, code: str | None) -> PropertyNames:
    return replace(
        names, name=name or names.name, street_class=street_class or names.street_class, code=code or names.code
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("bad_day", day=text) from fault


def _load(city: City, version: int | None) -> Registry:
    with city_database(city) as engine:
        return service.load(engine, version)


def _tell(key: str, **values: object) -> None:
    typer.echo(say(key, "zh", **values))
    typer.echo(say(key, "en", **values))
