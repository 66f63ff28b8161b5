#pragma once
// `metkactl apply FILE`: a description becomes a plan, and the plan, once agreed to, is carried out.

#include <span>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/description.h"
#include "cli/failure.h"
#include "cli/show.h"
#include "core/control/request.h"

namespace metka::metkactl {

// The exit status: 0, or 65 if anything was refused.
Outcome<int> apply(const CommandLine& line, const control::Envelope& envelope, Style style);

// How much goes into one request.
struct BatchLimits {
    std::size_t objects;
    std::size_t bytes; // of their JSON
};
using Batch = std::vector<const DescribedObject*>;
std::vector<Batch> batches(std::span<const DescribedObject* const> objects, BatchLimits limits);

// A dry run knows only what is there by now. A row that was refused though what its object stands on would be
// made by the same file says “created, after customer firma” instead: it is judged when it is carried out.
void plan_after_parents(control::JsonArray& rows, std::span<const DescribedObject> objects);

struct Tally {
    std::size_t created = 0, changed = 0, unchanged = 0, refused = 0;
};
Tally tally_of(const control::JsonArray& rows);
std::string sentence_of(const Tally& tally); // "12 created, 3 changed, 9,985 unchanged, 0 refused"

} // namespace metka::metkactl
