"""Schools: what sections 7 and 10 say of ways to school, and which crossings are to be made safe."""

from __future__ import annotations

from typing import Any, Final

from walkcircle.routes import SchoolWays
from walkcircle.tables import Crossings, SchoolRoutes
from walkcircle.views.findings import write_share
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import Listing, Sentence
from walkcircle.views.planning.scene import Scene
from walkcircle.views.planning.wording import translate_value
from walkcircle.views.profiles import LEAST_PERSON
from walkcircle.views.sheets import write_count

#: So many schools and crossings are shown, the worst; the workbook has all.
SHOWN: Final = 10


def tell_schools(scene: Scene) -> list[Sentence]:
    """Tell which share of the pupils has a safe way to school, from the least to the most that the map allows."""
    made = scene.plan.analysis.schools
    if made is None:
        return [scene.hush("schools_none")]
    told = [_tell_kind(scene, made, kind) for kind in made.routes[SchoolRoutes.kind].unique()]
    if made.routes[SchoolRoutes.stand_in].any():
        told.append(scene.hush("schools_stand_in"))
    return told


def _tell_kind(scene: Scene, made: SchoolWays, kind: str) -> Sentence:
    mine = made.routes[made.routes[SchoolRoutes.kind] == kind]
    pupils = float(mine[SchoolRoutes.pupils].sum())
    values: dict[str, object] = {"kind": scene.name_in_sentence(kind), "limit": f"{scene.kinds[kind].limit_min:g}",
                                 "pupils": write_count(pupils)}  # fmt: skip
    if pupils < LEAST_PERSON:
        return scene.tell("schools_nobody", values)
    low, high = (
        float(mine[column].sum()) / pupils
        for column in (SchoolRoutes.safe_if_unprotected, SchoolRoutes.safe_if_protected)
    )
    # rounding may lift a sum of parts a hair above the whole
    shares = {"low": write_share(min(low, 1.0)), "high": write_share(min(high, 1.0))}
    return scene.tell("schools_share" if shares["low"] != shares["high"] else "schools_sure", values | shares)


def list_schools(scene: Scene) -> tuple[Listing, ...]:
    """List the schools, those with the smallest share of pupils with a safe way first."""
    made = scene.plan.analysis.schools
    if made is None:
        return ()
    columns = (SchoolRoutes.name, SchoolRoutes.facility, SchoolRoutes.kind, SchoolRoutes.pupils, SchoolRoutes.minutes,
               SchoolRoutes.share_if_unprotected, SchoolRoutes.share_if_protected,
               SchoolRoutes.detour_min_if_unprotected, SchoolRoutes.no_way_if_unprotected)  # fmt: skip
    table = made.routes[made.routes[SchoolRoutes.pupils] >= LEAST_PERSON].sort_values(
        [SchoolRoutes.share_if_unprotected, SchoolRoutes.share_if_protected, SchoolRoutes.pupils],
        ascending=[True, True, False], kind="stable",
    )  # fmt: skip
    rows = [
        (scene.name_site(facility, name), scene.name_kind(kind), *rest, facility)
        for name, facility, kind, *rest in table[[*columns]].itertuples(index=False, name=None)
    ]
    heads = [
        scene.head("school"), scene.head("kind"), scene.head("pupils", "people", SchoolRoutes.pupils),
        scene.head("mean_min", "minutes", SchoolRoutes.minutes),
        scene.head("safe_low", "share", SchoolRoutes.share_if_unprotected),
        scene.head("safe_high", "share", SchoolRoutes.share_if_protected),
        scene.head("detour", "minutes", SchoolRoutes.detour_min_if_unprotected),
        scene.head("no_way", "people", SchoolRoutes.no_way_if_unprotected),
        scene.head("facility", is_inner=True),
    ]  # fmt: skip
    return scene.list("schools", heads, rows, note="schools_note", shown=SHOWN)


def list_crossings(scene: Scene) -> tuple[Listing, ...]:
    """List the crossings on ways to school that are not known to be protected, the most used first."""
    made = scene.plan.analysis.schools
    if made is None:
        return ()
    table = made.crossings.sort_values(Crossings.pupils, ascending=False, kind="stable")
    places = table.geometry.representative_point().to_crs(4326)
    columns = (Crossings.kind, Crossings.rank, Crossings.name, Crossings.road_class, Crossings.control,
               Crossings.protection, Crossings.pupils)  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (scene.name_kind(kind), rank, name, _translate(scene, street), _translate(scene, control),
         _translate(scene, protection), pupils, x, y)
        for (kind, rank, name, street, control, protection, pupils), x, y in zip(
            table[[*columns]].itertuples(index=False, name=None), places.x, places.y, strict=True
        )
    ]  # fmt: skip
    heads = [
        scene.head("kind"), scene.head("rank", "count", Crossings.rank), scene.head("road", spare=True),
        scene.head("road_class"), scene.head("control", spare=True), scene.head("protection"),
        scene.head("pupils", "people", Crossings.pupils), scene.head("lon", "degrees", "lon"),
        scene.head("lat", "degrees", "lat"),
    ]  # fmt: skip
    return scene.list("crossings", heads, rows, note="crossings_note", shown=SHOWN)


def _translate(scene: Scene, word: Any) -> str | None:
    """Return a word of the table in the reader's language; None where it is not known."""
    return translate_value(clean_name(word), scene.language) if isinstance(word, str) else None
