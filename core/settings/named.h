#pragma once
// The sections of named entries, `plans` and `certificates`: below each name stand a few words. The loader,
// `render`, the comparison and the listing walk this table, as they walk the rows for all other keys.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/settings/table.h"

namespace metka::settings {

// One entry, its words in the members of a Settings of its own: those of `plan` for a plan, those of `tls`
// for a certificate. Its other members mean nothing.
struct Entry {
    std::string name;
    Settings values;
};

struct NamedSection {
    std::string_view name;
    std::string_view sentence;
    std::string_view example;     // as it stands in a file
    std::string_view layout;      // what the section looks like, for who wrote something else
    std::string_view word_layout; // the same of an entry
    std::string_view no_such_word;
    std::span<const Row> (*words)();
    Result<std::string> (*read_name)(std::string_view); // the name as it is kept
    Settings (*unsaid)(const Settings&);                // the words of an entry that says none
    std::string_view inherits;                          // the section that gives them; empty: none does
    void (*add)(Settings&, Entry);
    void (*each)(const Settings&, const std::function<void(const Entry&)>&); // in their order
};
std::span<const NamedSection> named_sections();
bool is_for(const NamedSection& section, Reader reader); // whether any of its words is

std::string key_of(const NamedSection& section, std::string_view entry); // plans.firm
std::string key_of(const NamedSection& section, std::string_view entry,
                   std::string_view word); // and .capacity

} // namespace metka::settings
