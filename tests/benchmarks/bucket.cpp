// A bounded bucket search over integer centimetres, as plain as C++ allows: what the engine is measured against.
//
//   bucket each    FOLDER LIMIT_CM    from each of sources.bin alone: microseconds of CPU each, nodes reached
//   bucket nearest FOLDER LIMIT_CM    from all of each kind (kinds.bin) at once: distances to nearest.bin
//
// FOLDER holds raw arrays of int32: start.bin (n + 1), arcs.bin (head and centimetres side by side), sources.bin;
// kinds.bin: number of kinds, then how many of each, then their nodes.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

using Number = std::uint32_t;
constexpr Number FAR = std::numeric_limits<Number>::max();
constexpr int SHIFT = 9;  // a bucket is 512 cm wide: a sixteenth of a minute at 4.8 km/h

struct Arc { Number head, cost; };
struct Wait { Number node, cost; };

template <typename T>
std::vector<T> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) { std::fprintf(stderr, "no %s\n", path.c_str()); std::exit(1); }
    std::vector<T> values(static_cast<std::size_t>(file.tellg()) / sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
    return values;
}

double cpu() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Search {
    const std::vector<Number>& start;
    const std::vector<Arc>& arcs;
    Number limit;
    std::vector<Number> reached;
    std::vector<Number> touched;
    std::vector<std::vector<Wait>> buckets;

    Search(const std::vector<Number>& start_, const std::vector<Arc>& arcs_, Number limit_)
        : start(start_), arcs(arcs_), limit(limit_), reached(start_.size() - 1, FAR), buckets((limit_ >> SHIFT) + 1) {}

    void run(const Number* first, const Number* last) {
        for (; first != last; ++first) {
            if (reached[*first] == 0) continue;
            reached[*first] = 0;
            touched.push_back(*first);
            buckets[0].push_back({*first, 0});
        }
        for (std::size_t b = 0; b < buckets.size(); ++b) {
            while (!buckets[b].empty()) {
                const Wait here = buckets[b].back();
                buckets[b].pop_back();
                if (reached[here.node] != here.cost) continue;
                for (Number a = start[here.node]; a != start[here.node + 1]; ++a) {
                    const Number cost = here.cost + arcs[a].cost, there = arcs[a].head;
                    if (cost > limit || cost >= reached[there]) continue;
                    if (reached[there] == FAR) touched.push_back(there);
                    reached[there] = cost;
                    buckets[cost >> SHIFT].push_back({there, cost});
                }
            }
        }
    }

    void clear() {
        for (const Number node : touched) reached[node] = FAR;
        touched.clear();
    }
};

int main(int count, char** words) {
    if (count != 4) return 2;
    const std::string mode = words[1], folder = std::string(words[2]) + "/";
    const auto limit = static_cast<Number>(std::atoi(words[3]));
    const auto start = load<Number>(folder + "start.bin");
    const auto arcs = load<Arc>(folder + "arcs.bin");
    Search search(start, arcs, limit);
    if (mode == "each") {
        const auto sources = load<Number>(folder + "sources.bin");
        std::size_t nodes = 0;
        for (int round = 0; round < 5; ++round) {
            const double begun = cpu();
            nodes = 0;
            for (const Number source : sources) {
                search.run(&source, &source + 1);
                nodes += search.touched.size();
                search.clear();
            }
            std::printf("%.4f\n", (cpu() - begun) / static_cast<double>(sources.size()) * 1e6);
        }
        std::printf("%zu\n", nodes);
        return 0;
    }
    const auto kinds = load<Number>(folder + "kinds.bin");
    std::ofstream out(folder + "nearest.bin", std::ios::binary);
    const Number* node = kinds.data() + 1 + kinds[0];
    double spent = 0;
    for (Number kind = 0; kind < kinds[0]; ++kind) {
        const double begun = cpu();
        search.run(node, node + kinds[1 + kind]);
        spent += cpu() - begun;
        node += kinds[1 + kind];
        out.write(reinterpret_cast<const char*>(search.reached.data()),
                  static_cast<std::streamsize>(search.reached.size() * sizeof(Number)));
        search.clear();
    }
    std::printf("%.6f\n", spent);
    return 0;
}
