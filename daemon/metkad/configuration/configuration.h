#pragma once
// The configuration of a running instance: what its files say, what is in force, and the way from the one to
// the other (DESIGN §5). Everything here happens in metkad's event loop; a switch takes the turn of a writer.

#include <cstdint>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/directory/directory.h"
#include "core/household/household.h"
#include "core/settings/settings.h"
#include "daemon/metkad/configuration/certificates.h"
#include "daemon/metkad/configuration/generations.h"

namespace metka::metkad {

// How one configuration differs from the generation that runs.
struct Comparison {
    std::uint64_t generation = 0; // the one that runs
    std::vector<std::string> meaning;
    std::vector<std::string> hand_edits; // of the running generation's files
    std::string text;                    // unified diffs of the generated files

    bool differs() const { return !text.empty() || !hand_edits.empty(); }
};

// Who wants a switch, and why: for the history.
struct SwitchOrder {
    std::uint32_t uid = 0;
    std::string actor;
    std::string acting_as;
    std::string cause; // "apply", "reload", "rollback"
    std::string reason;
    bool force = false;   // though files of the running generation were changed by hand
    bool dry_run = false; // up to where something would be changed
};

struct Switched {
    std::uint64_t generation = 0; // the one that runs now
    std::vector<std::string> steps;
};

class Configuration {
  public:
    virtual ~Configuration() = default;

    // What the files say now. invalid: all that is wrong with them, a line each.
    virtual Result<settings::Loaded> files() const = 0;
    virtual std::vector<std::string> file_names() const = 0;
    virtual std::uint64_t running() const = 0;
    virtual std::vector<std::uint64_t> generations() const = 0;
    virtual Result<settings::Settings> settings_of(std::uint64_t generation) const = 0;

    // The files, checked by every program, too.
    virtual asio::awaitable<Result<Comparison>> check() = 0;
    virtual Result<Comparison> compare_files() const = 0;
    virtual Result<Comparison> compare(std::uint64_t generation) const = 0;

    // Faults: invalid (the files, or what a program said of its own), conflict (changed by hand; a key that
    // takes a restart of metkad), unavailable (a program died or was silent). The old generation runs on.
    virtual asio::awaitable<Result<Switched>> apply(SwitchOrder order) = 0;
    virtual asio::awaitable<Result<Switched>> roll_back(std::uint64_t generation, SwitchOrder order) = 0;
    virtual Result<std::vector<directory::SwitchEntry>> history(std::size_t most) const = 0;

    // A program's upgrade: the process id of the new one.
    virtual asio::awaitable<Result<std::int64_t>> restart(household::Program program) = 0;

    virtual std::vector<CertificateRow> certificates() const = 0;
    virtual std::vector<std::string> problems() const = 0; // what a person must look at
};

} // namespace metka::metkad
