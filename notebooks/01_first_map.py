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
# # A first map
#
# Who in Monaco can walk to daily life in fifteen minutes, and who cannot? Everything below runs offline, on the
# OpenStreetMap extract in `data/monaco` (© OpenStreetMap contributors, ODbL 1.0).

# %%
from pathlib import Path

import walkcircle as wc

root = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
study = wc.read_study(root / "data" / "monaco" / "study.toml")
study.standard.en, [walker.name for walker in study.walkers]

# %% [markdown]
# A **study** is the question. Reading it gives a **place**: streets, homes, facilities and communities.

# %%
place = wc.read_place(study)
place

# %% [markdown]
# What should one know before quoting a number?

# %%
print("data of", place.data_date, "· people:", place.population_source)
for note in place.notes:
    print("·", note)

# %% [markdown]
# Analysing a place gives the **answer**, a set of ordinary frames.

# %%
answer = wc.analyse(place, study)
answer

# %%
answer.checkup.drop(columns="geometry").sort_values("index").round(1)

# %% [markdown]
# The weakest quarter, and why: residents beyond fifteen minutes, by kind. "Check on the ground" is not a gap: there
# the data end on the way, so nobody can say.

# %%
names = answer.checkup.set_index("community")["name"]
answer.gaps.assign(community=answer.gaps["community"].map(names)).round(2)

# %% [markdown]
# ## How far is it, really?
#
# The two calls that one tries first: a network, and times between points. Walks start and end *along* streets, and the
# leg between a door and its street counts.

# %%
network = wc.read_network(root / "data" / "monaco" / "monaco.osm.pbf")
homes = place.residences.iloc[:3].set_index("residence")
clinics = place.facilities[place.facilities["kind"] == "health"].set_index("facility")
times = wc.measure_times(network, homes, clinics, wc.Walker(speed_kmh=4.8), limit_min=15)
times.sort_values("minutes").head()

# %% [markdown]
# ## What if?
#
# A museum in the weakest quarter: how many people would come within fifteen minutes of culture?

# %%
quarter = answer.checkup.set_index("name").geometry[answer.checkup.loc[answer.checkup["index"].idxmin(), "name"]]
proposals = wc.Proposals(place.network.crs)
proposals.add("culture", quarter.representative_point())
effect = wc.measure_effect(answer, proposals)
effect[effect["newly_served"] > 0].round(2)

# %% [markdown]
# ## The map
#
# It shows itself here, offline; `.save("index.html")` writes the one file that others can open.

# %%
wc.draw_map(answer)
