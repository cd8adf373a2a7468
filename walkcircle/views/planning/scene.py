"""Scene: what all sections of a plan share: its words, and the names of places, kinds and sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from walkcircle.groups import name_group
from walkcircle.plan import Plan
from walkcircle.standards import Kind
from walkcircle.tables import BeforeAfter, Checkup, Projects
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import (
    LONGEST_SENTENCE,
    Form,
    Head,
    Listing,
    Sentence,
    Value,
    clean_value,
)
from walkcircle.views.planning.wording import WORDS, translate_doubt, translate_value
from walkcircle.views.text import Language


@dataclass(frozen=True, eq=False)
class Scene:
    """A plan and the language in which it is told."""

    plan: Plan
    language: Language

    def say(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return a text of ours with its values filled in."""
        words = WORDS[self.language][key]
        return words.format(**values) if values else words

    def tell(self, key: str, values: Mapping[str, object] | None = None) -> Sentence:
        """Return a sentence of ours."""
        return Sentence(self._cut(self.say(key, values)))

    def hush(self, key: str, values: Mapping[str, object] | None = None) -> Sentence:
        """Return a quiet sentence: what is not known."""
        return Sentence(self._cut(self.say(key, values)), "quiet")

    def join(self, texts: Iterable[str]) -> str:
        """Return texts as a list in a sentence or a cell."""
        return self.say("listed").join(texts)

    def join_kinds(self, names: Iterable[str]) -> str:
        """Return names of kinds as a list in a cell; the names themselves may be lists with commas."""
        return ("；" if self.language == "zh" else "; ").join(names)

    def _cut(self, text: str) -> str:
        return clean_name(text, longest=LONGEST_SENTENCE)

    @property
    def unit(self) -> str:
        """Currency of costs where there is one; else the word for projects, each of which counts as one."""
        return self.plan.unit or self.plan.analysis.study.siting.currency or self.say("money")

    @property
    def purse(self) -> str:
        """What budgets are counted in."""
        return self.plan.unit or self.say("each")

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the standard by their ids."""
        return {kind.id: kind for kind in self.plan.analysis.study.standard.kinds}

    @cached_property
    def walkers(self) -> dict[str, str]:
        """By whose walks each kind is scored."""
        table = self.plan.before_after
        return dict(zip(table[BeforeAfter.kind], table[BeforeAfter.walker], strict=True))

    @cached_property
    def communities(self) -> dict[str, str]:
        """Name of each community by its id; the id where it has none."""
        checkup = self.plan.analysis.checkup
        pairs = zip(checkup[Checkup.community], checkup[Checkup.name], strict=True)
        return {str(one): clean_name(name) or clean_name(one) for one, name in pairs}

    @cached_property
    def sites(self) -> dict[str, str]:
        """Name of each site by the id of a project there; the site's id where it has none."""
        pool = self.plan.pool.projects
        triples = zip(pool[Projects.project], pool[Projects.candidate], pool[Projects.name], strict=True)
        return {str(one): self.name_site(site, name) or clean_name(one) for one, site, name in triples}

    def name_site(self, site: Any, name: Any) -> str:
        """Name a site: its name, or its id."""
        named = "" if pd.isna(name) else clean_name(name)
        return named or ("" if pd.isna(site) else clean_name(site))

    def name_kind(self, kind: str) -> str:
        """Name a kind of facility, or of link."""
        found = self.kinds.get(kind)
        return clean_name(found.label(self.language)) if found else translate_value(clean_name(kind), self.language)

    def name_in_sentence(self, kind: str) -> str:
        """Name a kind in the middle of a sentence; an abbreviation keeps its capitals."""
        label = self.name_kind(kind)
        return label if label[1:2].isupper() else label[:1].lower() + label[1:]

    def name_kinds(self, kinds: Any) -> Value:
        """Name the kinds that a list of sites allows: ids parted by semicolons."""
        if pd.isna(kinds):
            return None
        names = [
            self.say("any") if one.strip() == "*" else self.name_kind(one.strip()) for one in str(kinds).split(";")
        ]
        return clean_name(self.join_kinds(names), longest=300)

    def name_walker(self, walker: str) -> str:
        """Name a walker."""
        found = {one.name: one for one in self.plan.analysis.study.walkers}.get(walker)
        return clean_name(found.label(self.language) if found else walker)

    def name_group(self, group: str) -> str:
        """Name a group of people."""
        return name_group(group, self.language)

    def name_community(self, community: Any) -> Value:
        """Name a community; None outside all."""
        return None if pd.isna(community) else self.communities.get(str(community), clean_name(community))

    def flag(self, value: Any) -> Value:
        """Return yes or no; None where it is not known."""
        return None if pd.isna(value) else self.say("yes" if value else "no")

    def mark(self, value: Any) -> Value:
        """Return yes, or nothing to read; for marks that few rows have."""
        return self.say("yes") if not pd.isna(value) and value else ""

    def doubt(self, value: Any) -> Value:
        """Return what is to be checked."""
        found = clean_value(value)
        return translate_doubt(found, self.language) if isinstance(found, str) else found

    def head(self, key: str, form: Form = "text", of: str = "", *, spare: bool = False, is_inner: bool = False) -> Head:
        """Return the head of a column, its unit filled in."""
        label = self.say(f"col_{key}").replace("{unit}", clean_name(self.unit))
        return Head(label, form, str(of), spare, is_inner)

    def purse_head(self, key: str, of: str = "") -> Head:
        """Return the head of a column that is counted as budgets are."""
        return Head(self.say(f"col_{key}").replace("{unit}", clean_name(self.purse)), "money", str(of))

    def list(
        self, key: str, heads: Sequence[Head], rows: Sequence[Sequence[Any]], *, note: str = "", shown: int = 60
    ) -> tuple[Listing, ...]:
        """Return a listing, none where there is no row: a heading is never empty."""
        values = tuple(tuple(clean_value(value) for value in row) for row in rows)
        told = self.say(note) if note in WORDS[self.language] else note
        return (Listing(key, self.say(key), tuple(heads), values, told, shown),) if values else ()
