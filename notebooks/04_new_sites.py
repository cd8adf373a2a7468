# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # New sites
#
# A suburb lacks places, and money is short: one new place a year, for three years. Which, and where? And how sure is it
# that nobody could choose better?
#
# The suburb is Karhula in Finland, read from the OpenStreetMap extract in `data/karhula` (© OpenStreetMap contributors,
# ODbL 1.0). Everything runs offline. Where a sentence below holds a number, the cell above it has worked it out.

# %%
import time
from dataclasses import replace
from pathlib import Path

import folium
import pandas as pd
from IPython.display import Markdown

import walkcircle as wc

root = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
study = wc.read_study(root / "data" / "karhula" / "study.toml")
study = replace(study, plan=replace(study.plan, years=3, projects_per_year=1, fair_share=0.2))
place = wc.read_place(study)
answer = wc.analyse(place, study)
answer

# %% [markdown]
# ## Who is certainly without?
#
# A plan builds for people whom the data show to be without. Where a place may well be there and nobody mapped it, the
# verdict is *check on the ground*: one goes and looks before one builds.

# %%
names = {kind.id: kind.en for kind in study.standard.kinds}
without = answer.gaps.pivot_table(index="kind", columns="verdict", values="residents_without", aggfunc="sum")
without = without.reindex(columns=["gap", "check on the ground"]).fillna(0).sort_values("gap", ascending=False)
without.rename(index=names).round().astype(int)

# %%
gap, check = without["gap"], without["check on the ground"]
worst = gap.idxmax()
Markdown(
    f"Of {answer.checkup['population'].sum():,.0f} people (estimated from buildings), {gap[worst]:,.0f} are certainly "
    f"without **{names[worst].lower()}** within {study.standard.kind(worst).limit_min:g} minutes. "
    f"Counted over all kinds these are {gap.sum():,.0f} people × kinds: who lacks two counts twice. "
    f"There are such gaps in {(gap > 0).sum()} of {len(names)} kinds. Of {check.sum():,.0f} more nobody can say from "
    f"the map alone."
)

# %% [markdown]
# ## What could be built
#
# This study has no list of idle land, so candidates stand along the public streets. Each kind at each site from which
# somebody without it can be reached in time is one *project*.

# %%
pool = wc.assemble_pool(answer)
pool.projects.groupby("kind")["candidate"].nunique().rename(index=names).rename(
    "sites where it would help somebody"
).to_frame()

# %%
Markdown(
    f"{len(pool):,} projects at {pool.projects['candidate'].nunique()} sites. Three of them can be chosen in "
    f"{len(pool) * (len(pool) - 1) * (len(pool) - 2) // 6:,} ways: too many to try by hand, and few enough to prove "
    "which is best."
)

# %% [markdown]
# ## The plan and its proof

# %%
plan = wc.propose_plan(answer)
plan.projects[["year", "kind", "candidate", "community", "newly_served", "alternative", "alternative_served"]].round()

# %%
plan.proofs.round(4)

# %%
best = plan.proofs.iloc[0]
first = plan.projects.iloc[0]
Markdown(
    f"These {best['sites']} projects serve **{best['objective']:,.0f} people × kinds**, "
    f"{best['objective'] / gap.sum():.0%} of all who are certainly without. No plan of {best['sites']} projects "
    f"serves more than {best['bound']:,.0f}: the gap to the best is {best['proven_gap']:.2%}, proven in "
    f"{best['seconds']:.1f} s.\n\n"
    f"The next best site matters as much, should the first be taken. In place of {first['candidate']}, which serves "
    f"{first['newly_served']:,.0f}, {first['alternative']} would serve {first['alternative_served']:,.0f}.\n\n"
    f"**The price of fairness.** If every community is to have {study.plan.fair_share:.0%} of its people served, "
    f"{plan.price_of_fairness:,.0f} people × kinds fewer are served in all, "
    f"{plan.price_of_fairness / best['objective']:.1%}. Whether that is worth it is for people to decide; here they "
    f"know what it costs."
)

# %% [markdown]
# ## What if?
#
# A council does not ask for the best plan. It asks: *what if we took the empty shop in our street? What if the
# kindergarten closed? What if that fence had a gate?* `measure_effect` answers in the numbers of a full analysis.

# %%
scenario = wc.Scenario(crs=place.network.crs).add_facility(first["kind"], first.geometry.x, first.geometry.y)
wc.measure_effect(answer, scenario)  # the first question prepares the network, every later one is quick
begun = time.perf_counter()
added = wc.measure_effect(answer, scenario)
spent_ms = 1000 * (time.perf_counter() - begun)
added[added["newly_served"] > 0].round(2)[
    ["community", "newly_served", "unsure", "nearer", "share_before", "share_after"]
]

# %%
firm = added["newly_served"].sum() - added["unsure"].sum()
Markdown(
    f"Answered in **{spent_ms:.0f} ms**. {added['newly_served'].sum():,.0f} people would newly be in time. Of them "
    f"{added['unsure'].sum():,.0f} may have one already that is on no map, which leaves {firm:,.0f} in homes that are "
    f"surely without. The plan counts {first['newly_served']:,.0f}."
)

# %% [markdown]
# Quick answers can be asked in many places. Here the first project stands at every third candidate in turn. How many of
# those who are surely without would it serve there?

# %%
sites = pool.projects.drop_duplicates("candidate").reset_index(drop=True)
begun = time.perf_counter()
effects = {}
for site in sites.iloc[::3].itertuples():
    there = wc.Scenario(crs=place.network.crs).add_facility(first["kind"], site.geometry.x, site.geometry.y)
    effects[site.candidate] = wc.measure_effect(answer, there)
served = pd.Series({site: (effect["newly_served"] - effect["unsure"]).sum() for site, effect in effects.items()})
spent_s = time.perf_counter() - begun
served.describe()[["min", "25%", "50%", "75%", "max"]].round().to_frame("people newly in time").T

# %%
Markdown(
    f"{len(served)} sites in {spent_s:.1f} s. Half of them serve fewer than {served.median():,.0f} people, the best "
    f"of them {served.max():,.0f}, the plan's own {first['newly_served']:,.0f}. *Where* is worth as much as *what*."
)

# %% [markdown]
# Now the other way round: one of the facilities of that kind closes.

# %%
existing = place.facilities[place.facilities["kind"] == first["kind"]]
rows = {}
for facility in existing["facility"]:
    closed = wc.measure_effect(answer, wc.Scenario(crs=place.network.crs).close_facility(facility))
    both = wc.measure_effect(answer, scenario.close_facility(facility))
    name = existing.set_index("facility")["name"].fillna("unnamed")[facility]
    rows[name] = {
        "lose it if it closes": closed["lost"].sum(),
        "lose it even with the first project built": both["lost"].sum(),
    }
pd.DataFrame(rows).T.round().astype(int)

# %% [markdown]
# And often the cheapest remedy: a way through. `find_links` looks for gates that could be opened, and for crossings,
# footbridges and paths that are missing. Of each sort the one that helps most, as an edit like any other:

# %%
ground = place.background
links = wc.find_links(
    answer.footing, bridged={"railway": ground.rail, "water": ground.water}, buildings=ground.buildings
)
links, _ = wc.measure_links(answer.standing, links, answer.clusters, study.standard.kinds)
rows = {}
for link in links.drop_duplicates("link_kind").itertuples():
    opened = wc.Scenario(crs=place.network.crs).join_edges(
        (link.first_edge, link.first_fraction), (link.last_edge, link.last_fraction), link_kind=link.link_kind
    )
    effect = wc.measure_effect(answer, opened)
    rows[link.link_kind] = {
        "metres to build": link.built_m,
        "way around today, m": link.around_m,
        "people × kinds newly in time": effect["newly_served"].sum(),
        "people × kinds with a shorter walk": effect["nearer"].sum(),
    }
ways = pd.DataFrame(rows).T.round().astype("Int64")  # no way around today: missing
ways

# %%
gain = ways["people × kinds newly in time"]
kind = gain.astype(int).idxmax()
gate = (
    f"A gate brings {gain['gate']:,}, and makes {ways.loc['gate', 'people × kinds with a shorter walk']:,} walks "
    f"shorter."
    if "gate" in ways.index
    else "No gate would shorten a walk here."
)
causes = (
    answer.causes[answer.causes["verdict"] == "gap"].groupby("cause")["residents"].sum().sort_values(ascending=False)
)
Markdown(
    f"The best {kind} brings {gain[kind]:,} people × kinds in time, with {ways.loc[kind, 'metres to build']:,} m of "
    f"way. {gate} No link does what a new place does, and the table of causes says why: *{causes.index[0]}* is what "
    f"{causes.iloc[0] / causes.sum():.0%} of those in a certain gap are up against."
)

# %% [markdown]
# ## The same with your own table of costs
#
# `solve_siting` knows nothing of maps. It takes a table, homes by sites, in any unit: here minutes of walking, measured
# with `measure_times`. They could be metres, euros, or the answer of another tool.

# %%
homes = answer.clusters.set_index("cluster")
candidates = sites.set_index("candidate")[["geometry"]]
there = existing.set_index("facility")[["geometry"]]
walks = wc.measure_times(place.network, homes, pd.concat([there, candidates]), study.walkers[0])
cost = walks.pivot_table(index="origin", columns="destination", values="minutes")
people = homes["population"].reindex(cost.index)
cost = cost[[*there.index, *candidates.index.intersection(cost.columns)]]
cost.iloc[:4, :5].round(1)

# %%
stay = list(there.index)  # these are open already: they stay, and count for nothing
limit = study.standard.kind(first["kind"]).limit_min
questions = {
    "most people within the limit (mclp)": {"model": "mclp", "p": 1, "limit": limit},
    "shortest mean walk (p-median)": {"model": "p-median", "p": 1},
    "shortest longest walk (p-center)": {"model": "p-center", "p": 1},
    "nobody far away (lscp)": {"model": "lscp", "limit": 20},
}
rows = {}
for question, asked in questions.items():
    found = wc.solve_siting(cost, people, existing=stay, **asked)
    walk = cost[[site.site for site in found.sites]].min(axis=1)
    rows[question] = {
        "new sites": len(found.opened),
        "where": ", ".join(found.opened),
        "proven gap": f"{found.gap:.2%}",
        "people in time": (people * (walk <= limit)).sum(),
        "mean walk": (people * walk).sum() / people.sum(),
        "longest walk": walk.max(),
    }
compared = pd.DataFrame(rows).T.infer_objects()
compared.round(1)

# %%
most, mean, everybody = (compared.iloc[row] for row in (0, 1, 3))
today = cost[stay].min(axis=1)
Markdown(
    f"Today {(people * (today <= limit)).sum():,.0f} people are in time, and the mean walk is "
    f"{(people * today).sum() / people.sum():.1f} minutes. One new site can answer three different wishes. The cover "
    f"has {most['people in time'] - mean['people in time']:,.0f} people more within {limit:g} minutes than the "
    f"p-median; the p-median has a mean walk that is {most['mean walk'] - mean['mean walk']:.1f} minutes shorter. To "
    f"leave nobody beyond {questions[everybody.name]['limit']} minutes takes {everybody['new sites']} new sites."
)

# %% [markdown]
# ## Before and after
#
# The plan was checked up once more as if everything stood: a whole analysis, not an addition of effects.

# %%
table = plan.before_after.groupby("kind")[["population", "covered_before", "covered_after"]].sum()
table["newly in time"] = table["covered_after"] - table["covered_before"]
table = table[table["newly in time"] > 0].rename(index=names)
shares = {f"in time, {when}": table[f"covered_{when}"] / table["population"] for when in ("before", "after")}
pd.DataFrame(shares | {"newly in time": table["newly in time"]}).style.format(
    {"in time, before": "{:.0%}", "in time, after": "{:.0%}", "newly in time": "{:,.0f}"}
)

# %%
change = plan.index_changes.set_index("name")
before, after = change["index_before"], change["index_after"]
top = (after - before).idxmax()
Markdown(
    f"The index of **{top}** rises most, from {before[top]:.0f} to {after[top]:.0f}. Only {before.count()} of "
    f"{len(change)} communities had one, and {after.count()} have one afterwards: where too much is unknown, there "
    "is none."
)

# %% [markdown]
# The map as it would be. The rings are the new places; move over one to read what it is.

# %%
walk_map = wc.draw_map(plan.after)
for project in plan.projects.to_crs(4326).itertuples():
    text = f"{project.year}: {names[project.kind]}, {project.newly_served:,.0f} people newly in time"
    folium.CircleMarker(
        (project.geometry.y, project.geometry.x), radius=12, color="#b3261e", weight=3, fill=False, tooltip=text
    ).add_to(walk_map)
walk_map

# %% [markdown]
# ## And now yours
#
# `walkcircle plan mycity/study.toml` does all this for a study of your own, and writes the plan as a page, a document
# and a workbook. With a list of idle land and buildings under `[siting]` it chooses among these, at their costs in your
# currency, and `budget` under `[plan]` says how much there is.
