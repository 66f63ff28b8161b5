#pragma once
// Generations on disk: `generations/<n>` holds what settings came to, one file a program, and a manifest with
// the SHA-256 of each; `generations/current` is a link to the one that runs.
//
//     generations/3/engine/metkad.yaml       every setting, with where it came from
//     generations/3/engine/metka-smtp.yaml   what metka-smtp may know, readable by it alone
//     generations/3/manifest                 as sha256sum(1) writes and checks it
//     generations/current -> 3
//
// A generation appears under its number by one rename, when all of it is on disk; and it is believed only as
// far as its manifest goes. What programs run on is what was read and verified here, handed over in memory:
// a file that is changed afterwards changes nothing.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/settings/settings.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

struct Generation {
    std::uint64_t number = 0;
    std::map<std::string, std::string> files; // path in its folder -> content; without the manifest

    const std::string& engine_file(settings::Reader) const;
    // SHA-256 of every setting with its origin: the same for the same input, whatever the number.
    std::string input() const;
};

// What `loaded` comes to under that number.
Generation make_generation(const settings::Loaded& loaded, std::uint64_t number);

class Generations {
  public:
    // Who may read the file of each program: its group, unless nobody is root here.
    using Groups = std::map<settings::Reader, std::uint32_t>;

    // `state`: the state folder. Removes what a daemon that was killed on the way left half made.
    static Result<Generations> open(int state, Groups groups);

    std::optional<std::uint64_t> current() const; // what the link says; the generation may still be bad
    std::vector<std::uint64_t> numbers() const;   // ascending
    std::uint64_t next() const;                   // above all that are there; see next_number()

    // not_found: there is none of that number. conflict: it is not what its manifest says, with the files.
    Result<Generation> read(std::uint64_t number) const;
    // Its files that are changed, missing or added, each with what is the matter; a generation that cannot
    // be read at all is such a sentence, too.
    std::vector<std::string> hand_edits(std::uint64_t number) const;

    Result<void> write(const Generation&);       // durable when it returns
    Result<void> point_to(std::uint64_t number); // the switch: one rename, durable when it returns
    std::string path_of(std::uint64_t number, settings::Reader) const; // below the state folder

    void remove(std::uint64_t number); // of one that was refused
    // Removes the oldest beyond `keep`; never the current one, never `besides`.
    void prune(std::uint64_t keep, std::uint64_t besides);

  private:
    Generations(sys::Descriptor folder, Groups groups)
        : folder_(std::move(folder)), groups_(std::move(groups))
    {
    }
    Result<void> write_files(int folder, const Generation&) const;

    sys::Descriptor folder_;
    Groups groups_;
};

} // namespace metka::metkad
