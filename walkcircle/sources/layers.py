"""Layers: GeoPackage, GeoJSON, Shapefile and GeoParquet, their texts decoded for sure or not at all."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from walkcircle.errors import SourceError
from walkcircle.sources.sheets import SURE_SHARE, measure_common

LAYER_FILES = frozenset({".gpkg", ".geojson", ".json", ".shp", ".parquet", ".geoparquet"})


def read_layer(path: Path, *, encoding: str | None) -> tuple[gpd.GeoDataFrame, str | None]:
    """Read the only layer with shapes of a file; rows are counted from 1 on.

    Parameters
    ----------
    path
        ``.gpkg``, ``.geojson``, ``.json``, ``.shp``, ``.parquet`` or ``.geoparquet``.
    encoding
        Of a Shapefile; by its ``.cpg`` file, else found out by strict decoding, when None.

    Returns
    -------
    GeoDataFrame, str or None
        The layer, and the encoding where it had to be found out.

    Raises
    ------
    SourceError
        The file cannot be read, or holds no shapes or several layers of them.
    """
    ending = path.suffix.lower()
    try:
        # GDAL warns of rings that are turned and fields that are long, which changes nothing here
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            if ending in {".parquet", ".geoparquet"}:
                return _count(gpd.read_parquet(path)), None
            layer = _only_layer(path)
            if ending != ".shp":
                return _count(gpd.read_file(path, layer=layer)), None
            encoding = encoding or _stated_encoding(path)
            if encoding is None and not path.with_suffix(".cpg").exists():
                return _find_encoding(_count(gpd.read_file(path, layer=layer, encoding="ISO-8859-1")))
            # GDAL knows GBK as CP936
            named = "CP936" if (encoding or "").lower() in {"gbk", "gb2312", "cp936", "gb18030"} else encoding
            return _count(gpd.read_file(path, layer=layer, encoding=named)), None
    except UnicodeDecodeError:
        msg = (
            f"{path.name}: the text is not in the encoding that its .cpg file or the study says; declare it, as in "
            'encoding = "gbk", or save the layer as GeoPackage'
        )
        raise SourceError(msg) from None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError, LookupError,
            TypeError, AttributeError) as error:  # fmt: skip
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        msg = f"{path.name}: cannot be read ({reason}); open it in a GIS and save it again as GeoPackage"
        raise SourceError(msg) from None


def _only_layer(path: Path) -> str:
    layers = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    if len(layers) != 1:
        found = f"{len(layers)} layers with shapes ({', '.join(layers)})" if layers else "no shapes"
        msg = f"{path.name}: holds {found}; save the layer that is meant in a file of its own"
        raise SourceError(msg)
    return layers[0]


def _stated_encoding(path: Path) -> str | None:
    """Return UTF-8 where a .cpg file calls it by its Windows number, which GDAL does not know."""
    stated = path.with_suffix(".cpg")
    if stated.is_file() and stated.read_bytes().strip() == b"65001":
        return "UTF-8"
    return None


def _count(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = rows.rename_geometry("geometry") if rows.geometry.name != "geometry" else rows
    return rows.set_index(pd.RangeIndex(1, len(rows) + 1))


def _find_encoding(rows: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, str | None]:
    """Decode texts that were read byte by byte: as UTF-8, or as GBK where that is sure, else not at all."""
    names = [str(name) for name in rows.columns.drop("geometry")]
    columns = [name for name in names if pd.api.types.is_string_dtype(rows[name]) or rows[name].dtype == object]
    texts = [*names, *(text for name in columns for text in rows[name].dropna().unique() if isinstance(text, str))]
    odd = [text for text in texts if not text.isascii()]
    if not odd:
        return rows, None
    for encoding in ("utf-8", "gb18030"):
        try:
            meant = {text: text.encode("latin-1").decode(encoding) for text in odd}
        except UnicodeError:
            continue
        if encoding == "utf-8" or measure_common("".join(meant.values())) >= SURE_SHARE:
            decoded = rows.assign(**{name: rows[name].replace(meant).astype(object) for name in columns})
            return decoded.rename(columns=meant), encoding
    return rows, "unknown"
