#pragma once
// Plays the dialogues of README.md against a session over a socket pair, without threads and without
// sleeping: while the client waits, the caller's event loop is pumped; a server that then has nothing to say
// will never say it.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/sys/descriptor.h"

namespace metka::dialogues {

struct Step {
    enum class Kind { send, expect, expect_match, skip_continued, skip_to_dot, start_tls, closed };

    Kind kind = Kind::send;
    std::string text;  // bytes to send, or what is expected
    unsigned line = 0; // in its file
    unsigned times = 1;
};

struct Dialogue {
    std::string name; // "auth.txt: a wrong password is told nothing more"
    std::map<std::string, std::string> headers;
    std::vector<Step> steps;

    std::string header(const std::string& key, const std::string& otherwise = "") const;
};

// Throws std::runtime_error that names file and line where a file breaks the format.
std::vector<Dialogue> read_dialogues(const std::filesystem::path& file);
std::vector<Dialogue>
read_all_dialogues(const std::filesystem::path& folder); // *.txt in order of their names

enum class Opening { clear, tls };

struct Outcome {
    std::string wrong; // empty: all went as written; otherwise what did not, and all that was said
    std::vector<std::string> heard; // the lines of the server, without CRLF
};

// Plays the client's side on `socket`.
Outcome play(const Dialogue& dialogue, sys::Descriptor socket, Opening opening, std::function<void()> pump);

} // namespace metka::dialogues
