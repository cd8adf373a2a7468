"""Fates: what became of each facility between two check-ups: opened, closed, relocated, or changed on the map alone.

A facility is the same where both have it under one identifier (a register may have that of the map), at most
:data:`~walkcircle.sources.merging.WITHIN_M` metres apart; else where kind, place and name fit as a register and the map
are merged; else under one identifier and like names farther away, which is relocated. What is left has come or gone,
unless something tells that only the map or the register changed: another tag, a place that was drawn twice, a day of
opening before the older check-up, a register that is only read now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.place import Place, assign_communities
from walkcircle.sources.merging import ALIKE, NAMELESS_WITHIN_M, WITHIN_M, compare_names
from walkcircle.study import Study
from walkcircle.tables import ChangedFacilities, Facilities
from walkcircle.unmapped import TRACKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: What may become of a facility, and the part that counts it; a place that is relocated closes here and opens there.
FATES: Final[Mapping[str, str]] = {
    "opened": "opened", "closed": "closed", "relocated": "closed and opened", "moved": "mapping", "redrawn": "mapping",
    "renamed": "mapping", "retagged": "mapping", "doubled": "mapping", "newly listed": "mapping",
    "no longer listed": "mapping",
}  # fmt: skip

#: Shapes that differ by less are the same: coordinates of a map are written to a centimetre, metres.
SAME_M = 0.02

#: What it rests on that two rows are one facility.
BY_ID: Final = "the same identifier"
BY_ALIAS: Final = "the identifier that the map has, in the register"
BY_PLACE: Final = "of one kind, near each other, of like names"

#: How evidence ends where only the map says that a facility came or went, and not when.
UNDATED = "no date is known"


class CheckedUp(Protocol):
    """What a comparison needs of a check-up; every :class:`~walkcircle.analysis.Analysis` has it."""

    @property
    def study(self) -> Study:
        """The question."""

    @property
    def place(self) -> Place:
        """The ground."""

    @property
    def clusters(self) -> gpd.GeoDataFrame:
        """Where walks start."""

    @property
    def communities(self) -> pd.DataFrame:
        """Of :class:`~walkcircle.tables.CommunityCoverage` at least the keys, population, unknown and covered."""


@dataclass(frozen=True, eq=False)
class Fates:
    """What became of each facility.

    Attributes
    ----------
    old, new
        :class:`~walkcircle.tables.Facilities` before and after, numbered from 0.
    rows
        One row per facility: its number before and after (-1 where it is not there), fate (empty where nothing
        changed), evidence, metres between the two places.
    """

    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame
    rows: pd.DataFrame

    def replace_facilities(self) -> tuple[gpd.GeoDataFrame | None, ...]:
        """Return the facilities after the parts mapping, closed and opened; None where a part changes no walk."""
        fate, walked_to = self.rows["fate_of"], [Facilities.facility, Facilities.kind, Facilities.geometry]
        old, new = self.old[walked_to], self.new[walked_to]
        before, after = (self.rows[side].to_numpy(dtype=np.int64) for side in ("was", "is"))
        going = fate.isin(["closed", "relocated"]).to_numpy()
        coming = fate.isin(["opened", "relocated"]).to_numpy()
        stay = new.iloc[after[~coming & (after >= 0)]]
        mapping = pd.concat([old.iloc[before[going]], stay], ignore_index=True)
        walked = ~fate.isin(["", "renamed"]).to_numpy()
        return (
            gpd.GeoDataFrame(mapping, crs=new.crs) if (walked & ~going & ~coming).any() else None,
            stay if going.any() else None,
            new if coming.any() else None,
        )

    def to_table(self, new: CheckedUp, key: pd.Series) -> gpd.GeoDataFrame:
        """Return :class:`~walkcircle.tables.ChangedFacilities`, in the order of fates and kinds.

        Parameters
        ----------
        new
            The newer check-up, in whose communities the facilities are located.
        key
            By what name a community of it is listed.
        """
        rows = self.rows[self.rows["fate_of"] != ""]
        # a row that is not there comes back without any value
        before, after = self.old.reindex(rows["was"]), self.new.reindex(rows["is"])
        gone = (rows["is"] < 0).to_numpy()
        shapes = np.where(gone, before.geometry.to_numpy(), after.geometry.to_numpy())
        kinds = np.where(gone, before[Facilities.kind].to_numpy(), after[Facilities.kind].to_numpy())
        frame = gpd.GeoDataFrame(
            {
                ChangedFacilities.facility_before: before[Facilities.facility].to_numpy(dtype=object),
                ChangedFacilities.facility_after: after[Facilities.facility].to_numpy(dtype=object),
                ChangedFacilities.kind: kinds,
                ChangedFacilities.name_before: before[Facilities.name].to_numpy(dtype=object),
                ChangedFacilities.name_after: after[Facilities.name].to_numpy(dtype=object),
                ChangedFacilities.fate: rows["fate_of"].to_numpy(),
                ChangedFacilities.part: rows["fate_of"].map(FATES).to_numpy(),
                ChangedFacilities.apart_m: rows["apart"].to_numpy(dtype=float),
                ChangedFacilities.evidence: rows["rests_on"].to_numpy(),
            },
            geometry=shapes,
            crs=self.new.crs,
        )
        frame[ChangedFacilities.community] = assign_communities(frame, new.place.communities).map(key)
        ids = frame[ChangedFacilities.facility_after].fillna(frame[ChangedFacilities.facility_before]).astype(str)
        fates = frame[ChangedFacilities.fate].map(list(FATES).index)
        order = np.lexsort((ids, frame[ChangedFacilities.kind].astype(str), fates))
        return frame.iloc[order].reset_index(drop=True)[[*map(str, ChangedFacilities.columns())]]


def compare_facilities(old: CheckedUp, new: CheckedUp) -> Fates:
    """Find out what became of each facility; the module's first lines say how.

    Parameters
    ----------
    old, new
        Two check-ups in one metric CRS. Days of opening count where the older one knows the date of its data.
    """
    before, after = (checked.place.facilities.reset_index(drop=True) for checked in (old, new))
    pairs, beside = _pair_facilities(before, after)
    days = tuple((checked.place.data_date or "")[:10] for checked in (old, new))
    retagged = _find_retagged(before, after)
    read_before, read_after = _find_origins(old), _find_origins(new)
    rows = []
    for was in np.setdiff1d(np.arange(len(before)), pairs["was"]).tolist():
        twin = _name_row(after, beside["was"].get(was))
        verdict = _judge_lost(before.iloc[was], retagged["was"].get(was), twin, days, read_after)
        rows.append((was, -1, np.nan, *verdict[::-1]))
    for is_ in np.setdiff1d(np.arange(len(after)), pairs["is"]).tolist():
        twin = _name_row(before, beside["is"].get(is_))
        verdict = _judge_found(after.iloc[is_], retagged["is"].get(is_), twin, days, read_before)
        rows.append((-1, is_, np.nan, *verdict[::-1]))
    alone = pd.DataFrame(rows, columns=["was", "is", "apart", "rests_on", "fate_of"])
    judged = _judge_pairs(before, after, pairs)
    return Fates(before, after, pd.concat([judged, alone], ignore_index=True) if rows else judged)


def _name_row(frame: gpd.GeoDataFrame, row: int | None) -> str | None:
    return None if row is None else str(frame[Facilities.facility].iloc[row])


def _pair_facilities(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, dict[str, dict[int, int]]]:
    """Pair the facilities that are the same before and after, each at most once, with the metres between them.

    By identifier or the map's identifier in a register where they are at most :data:`WITHIN_M` apart; then by place and
    name, as registers are merged with the map; then by identifier and name where they are farther apart. Beside the
    pairs: for each that has none, the row on the other side that it only doubles.
    """
    listed = _join_ids(before, after)
    near = listed[listed["apart"] <= WITHIN_M].sort_values(["alias", "apart", "was", "is"])
    pairs = _settle(near, near.iloc[:0])
    placed = _join_places(before, after, pairs)
    pairs = _settle(placed, pairs)
    far = listed[listed["apart"] > WITHIN_M]
    names = _compare_pairs(before, after, far)
    pairs = _settle(far[np.isnan(names) | (names >= ALIKE)].sort_values(["alias", "apart", "was", "is"]), pairs)
    beside = {
        side: dict(zip(placed[side][::-1].tolist(), placed[other][::-1].tolist(), strict=True))
        for side, other in (("was", "is"), ("is", "was"))
    }
    return pairs, beside


def _join_ids(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the rows of one kind that share an identifier: their own, or that of the map which a register's row has."""
    sides = [_list_ids(frame, side) for frame, side in ((before, "was"), (after, "is"))]
    joined = sides[0].merge(sides[1], on=["named", "of_kind"])
    joined["alias"] = joined["alias_x"] | joined["alias_y"]
    joined = joined.sort_values("alias").drop_duplicates(["was", "is"])
    joined["apart"] = _measure_apart(before, after, joined)
    joined["rests_on"] = np.where(joined["alias"], BY_ALIAS, BY_ID)
    return joined[["was", "is", "alias", "apart", "rests_on"]]


def _list_ids(frame: gpd.GeoDataFrame, side: str) -> pd.DataFrame:
    own = pd.DataFrame(
        {
            side: np.arange(len(frame)),
            "named": frame[Facilities.facility].astype(str).to_numpy(),
            "of_kind": frame[Facilities.kind].astype(str).to_numpy(),
            "alias": False,
        }
    )
    if Facilities.also not in frame:
        return own
    also = own.assign(named=frame[Facilities.also].astype(object).str.split(";").to_numpy(), alias=True)
    return pd.concat([own, also.explode("named").dropna(subset="named")], ignore_index=True)


def _join_places(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Find the rows of one kind that are near each other and of like names, unless both have their pair already."""
    is_, was = shapely.STRtree(before.geometry.to_numpy()).query(
        after.geometry.to_numpy(), predicate="dwithin", distance=WITHIN_M
    )
    same = before[Facilities.kind].to_numpy()[was] == after[Facilities.kind].to_numpy()[is_]
    same &= ~(np.isin(was, pairs["was"]) & np.isin(is_, pairs["is"]))
    near = pd.DataFrame({"was": was[same], "is": is_[same]})
    near["apart"], near["likeness"] = _measure_apart(before, after, near), _compare_pairs(before, after, near)
    alike = (near["likeness"] >= ALIKE) | (near["likeness"].isna() & (near["apart"] <= NAMELESS_WITHIN_M))
    near["rests_on"] = BY_PLACE
    return near[alike].sort_values(["likeness", "apart", "was", "is"], ascending=[False, True, True, True])


def _settle(candidates: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Add the best candidates to the pairs, from the first on, each row at most once."""
    taken, had = set(pairs["was"]), set(pairs["is"])
    chosen = np.zeros(len(candidates), dtype=bool)
    for number, (was, is_) in enumerate(zip(candidates["was"], candidates["is"], strict=True)):
        if was not in taken and is_ not in had:
            taken.add(was)
            had.add(is_)
            chosen[number] = True
    columns = ["was", "is", "apart", "rests_on"]
    return pd.concat([pairs[columns], candidates[chosen][columns]], ignore_index=True)


def _measure_apart(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, pairs: pd.DataFrame) -> NDArray[np.float64]:
    shapes = before.geometry.to_numpy()[pairs["was"]], after.geometry.to_numpy()[pairs["is"]]
    return np.asarray(shapely.distance(*shapes), dtype=float)


def _compare_pairs(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, pairs: pd.DataFrame) -> NDArray[np.float64]:
    """Say how alike the names of pairs are; missing where one has none."""
    names = before[Facilities.name].to_numpy(dtype=object), after[Facilities.name].to_numpy(dtype=object)
    ours, theirs = names[0][pairs["was"]], names[1][pairs["is"]]
    return np.array([_compare_two(one, other) for one, other in zip(ours, theirs, strict=True)], dtype=float)


def _compare_two(one: object, other: object) -> float:
    if not isinstance(one, str) or not isinstance(other, str):
        return np.nan
    return 1.0 if one == other else compare_names(one, other)


def _find_retagged(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> dict[str, dict[int, str]]:
    """Find the places of the map that are of another kind on the other side, by row, with that kind.

    Of the map alone: a register that says another kind means another use.
    """
    sides = [
        pd.DataFrame({side: np.arange(len(frame)), "named": frame[Facilities.facility].astype(str).to_numpy()})[
            frame[Facilities.source].to_numpy() == "osm"
        ]
        for frame, side in ((before, "was"), (after, "is"))
    ]
    both = sides[0].merge(sides[1], on="named")
    kinds = [frame[Facilities.kind].astype(str).to_numpy() for frame in (before, after)]
    both = both[kinds[0][both["was"]] != kinds[1][both["is"]]]
    names = _compare_pairs(before, after, both)
    both = both[(np.isnan(names) | (names >= ALIKE)) & (_measure_apart(before, after, both) <= WITHIN_M)]
    return {
        "was": {int(was): str(kinds[1][is_]) for was, is_ in zip(both["was"], both["is"], strict=True)},
        "is": {int(is_): str(kinds[0][was]) for was, is_ in zip(both["was"], both["is"], strict=True)},
    }


def _find_origins(checked: CheckedUp) -> frozenset[tuple[str, bool]]:
    """Return from where a check-up reads each kind: pairs of kind and whether it is the map, else a register."""
    facilities, sections = checked.place.facilities, checked.study.facilities
    kinds = {kind.id for kind in checked.study.standard.kinds}
    mapped = (facilities[Facilities.source] == "osm").to_numpy()
    registered = {*facilities[Facilities.kind][~mapped & (facilities[Facilities.source] != TRACKED).to_numpy()]}
    complete: set[str] = set()
    files = [section for section in sections if section.source == "file"]
    if registered and not files:  # tables made by hand: whoever listed some kinds may have listed all
        registered |= kinds
    for section in files:
        named = {*section.kinds.values(), *filter(None, [section.only])}
        registered |= named or kinds
        if section.complete:
            own = facilities[Facilities.source] == (section.register or Path(section.file or "").name)
            complete |= named | {*facilities[Facilities.kind][own]}
    from_map = {*facilities[Facilities.kind][mapped]}
    if any(section.source == "osm" for section in sections):
        from_map |= kinds - complete
    return frozenset({(kind, False) for kind in registered} | {(kind, True) for kind in from_map})


#: Fate and evidence.
_Verdict = tuple[str, str]


def _judge_pairs(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Say what became of the facilities that are there before and after; nothing where one is the same."""
    was, is_, apart = pairs["was"].to_numpy(), pairs["is"].to_numpy(), pairs["apart"].to_numpy(dtype=float)
    ids = [frame[Facilities.facility].astype(str).to_numpy() for frame in (before, after)]
    names = [frame[Facilities.name].astype(object).fillna("").to_numpy() for frame in (before, after)]
    shapes = before.geometry.to_numpy()[was], after.geometry.to_numpy()[is_]
    same_id = ids[0][was] == ids[1][is_]
    same_shape = shapely.equals_exact(*shapes, tolerance=SAME_M)
    fates = {
        "relocated": apart > WITHIN_M,
        "moved": apart > SAME_M,
        "redrawn": ~(same_id & same_shape),
        "renamed": names[0][was] != names[1][is_],
    }
    return pairs.assign(
        fate_of=np.select(list(fates.values()), list(fates), default="").astype(object),
    )


def _judge_lost(
    row: pd.Series, tag: str | None, twin: str | None, days: tuple[str, ...], read: frozenset[tuple[str, bool]]
) -> _Verdict:
    """Say what became of a facility that is not there any more."""
    on_map = row[Facilities.source] == "osm"
    closed = _last_day(row.get(Facilities.closed))
    if tag is not None:
        return "retagged", f"the map calls it {tag} now"
    if twin is not None:
        return "doubled", f"the same place as {twin}, which is still there"
    if closed and days[1] and closed <= days[1]:
        return "closed", f"closed {row[Facilities.closed]}"
    if row[Facilities.source] == TRACKED:
        return "closed", "does not operate any more by the table of projects"
    if (str(row[Facilities.kind]), bool(on_map)) not in read:
        return "no longer listed", f"{'the map' if on_map else 'a register'} is not read for this kind any more"
    return "closed", f"not on the map any more; {UNDATED}" if on_map else "not in the register any more"


def _judge_found(
    row: pd.Series, tag: str | None, twin: str | None, days: tuple[str, ...], read: frozenset[tuple[str, bool]]
) -> _Verdict:
    """Say how a facility came that was not there before."""
    on_map = row[Facilities.source] == "osm"
    opened, closed = _last_day(row.get(Facilities.opened)), _last_day(row.get(Facilities.closed))
    if tag is not None:
        return "retagged", f"the map called it {tag} before"
    if twin is not None:
        return "doubled", f"the same place as {twin}, which was there before"
    if opened and days[0] and opened <= days[0] and not (closed and closed < days[0]):
        return "newly listed", f"open since {row[Facilities.opened]}, before the older check-up"
    if opened and days[0]:
        return "opened", f"open since {row[Facilities.opened]}"
    is_tracked = row[Facilities.source] == TRACKED
    if not is_tracked and (str(row[Facilities.kind]), bool(on_map)) not in read:
        return "newly listed", f"{'the map' if on_map else 'a register'} was not read for this kind before"
    before = "operates by the table of projects" if is_tracked else "not on the map before"
    return "opened", f"{before}; {UNDATED}" if on_map or is_tracked else "not in the register before"


def _last_day(text: object) -> str:
    """Return the last day that a year, a month or a day may mean; nothing where it is not known.

    Examples
    --------
    >>> _last_day("2019"), _last_day("2019-05"), _last_day("2019-05-03"), _last_day(None)
    ('2019-12-31', '2019-05-31', '2019-05-03', '')
    """
    return text + "-12-31"[len(text) - 4 :] if isinstance(text, str) else ""
