// How long the directory takes over many mailboxes: provisioning them in batches, what RCPT asks, what a
// sweep asks. Prints; asserts nothing but that the answers are right.
//
//     bench-directory [how many mailboxes, 100000]

#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>

#include "tests/bench/mailboxes.h"

using namespace metka;
using namespace metka::bench;
using namespace metka::directory;

namespace {

constexpr std::size_t rows_a_page = 500;
const Instant start = from_unix_ms(1'800'000'000'000);

// Runs `work` so many times and says how long one took.
template <class Work>
void timed(std::string_view what, std::size_t times, const Work& work)
{
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < times; ++i)
        work(i);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{:<52} {:>12.2f} µs each, {:>8} times\n", what, took.count() / static_cast<double>(times),
               times);
}

void fill(Registry& registry, std::size_t many)
{
    Mailboxes mailboxes(registry, start);
    timed("a mailbox added, in batches", many, [&](std::size_t number) { mailboxes.add(number); });
    mailboxes.finish();
}

void ask(Registry& registry, std::size_t many)
{
    timed("recipient, known", many, [&](std::size_t number) {
        if (!must(registry.recipient(address_of(number)))->inbox) std::abort();
    });
    timed("recipient, unknown in a domain of ours", many, [&](std::size_t number) {
        if (must(registry.recipient(address_of(number + many)))) return;
    });
    timed("mailboxes_ending, nothing due", 1000, [&](std::size_t) {
        if (!must(registry.mailboxes_ending(start, {}, rows_a_page)).empty()) std::abort();
    });
    timed("mailboxes_ending, all due, in pages", 1, [&](std::size_t) {
        Ending after;
        std::size_t met = 0;
        for (auto page = must(registry.mailboxes_ending(start + std::chrono::hours(1), after, rows_a_page));
             !page.empty();
             page = must(registry.mailboxes_ending(start + std::chrono::hours(1), after, rows_a_page))) {
            met += page.size();
            after = {.ends = page.back().validity->ends, .id = page.back().id};
        }
        if (met != many) std::abort();
    });
    timed("inboxes, all, in pages", 1, [&](std::size_t) {
        InboxId after;
        for (auto page = must(registry.inboxes(after, rows_a_page)); !page.empty();
             page = must(registry.inboxes(after, rows_a_page)))
            after = page.back().id;
    });
    timed("totals", 20, [&](std::size_t) {
        if (must(registry.totals()).mailboxes != many) std::abort();
    });
    timed("free_counts", 1000, [&](std::size_t) { (void)must(registry.free_counts({}, {}, {})); });
}

} // namespace

int main(int count, char** words)
{
    const std::size_t many = count > 1 ? std::strtoul(words[1], nullptr, 10) : 100'000;
    std::string folder = (std::filesystem::temp_directory_path() / "metka-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    {
        const auto registry = must(open_registry(folder + "/metka.db"));
        fill(*registry, many);
        ask(*registry, many);
    }
    std::filesystem::remove_all(folder);
    return 0;
}
