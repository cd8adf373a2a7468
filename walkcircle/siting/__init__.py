"""Siting: which sites help most, with a proof of how much better any other choice could be."""

from __future__ import annotations

from walkcircle.siting.answers import Site, Siting, ZoneServed
from walkcircle.siting.solving import solve_siting
from walkcircle.siting.terms import BundleTerms, SitingEffort, SitingTerms

__all__ = ["BundleTerms", "Site", "Siting", "SitingEffort", "SitingTerms", "ZoneServed", "solve_siting"]
