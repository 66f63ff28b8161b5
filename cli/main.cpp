// metkactl: turns words into one request to metkad, and the answer into text or JSON.

#include <clocale>
#include <csignal>
#include <exception>

#include <fmt/format.h>

#include "cli/run.h"

int main(int argc, char** argv)
{
    std::setlocale(LC_CTYPE, "C.UTF-8"); // tables measure what the terminal shows, which is always UTF-8
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return metka::metkactl::run({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& bug) {
        fmt::print(stderr, "metkactl: this is a bug: {}\n", bug.what());
        return 70;
    }
}
