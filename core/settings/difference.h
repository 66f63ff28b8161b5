#pragma once
// Two configurations of one instance compared: key by key, in words, and as text.

#include <string>
#include <string_view>
#include <vector>

#include "core/settings/settings.h"

namespace metka::settings {

struct Change {
    std::string key;    // "smtp.recipients", "plans.firm.capacity", "certificates.mail.example.org.key"
    std::string before; // as a YAML file has it; empty: a named entry's, and it was not there
    std::string after;
    bool needs_restart = false; // it cannot change while metkad runs

    bool operator==(const Change&) const = default;
};

std::vector<Change> changes(const Settings& before, const Settings& after); // in the order of the table

// The same for people, the weightiest first: “2 listeners are removed: submission *:587, …”, “the certificate
// of every listener changes”, “smtp.recipients: 1000 becomes 500 (metka-smtp)”. Empty if nothing differs.
std::vector<std::string> meaning(const Settings& before, const Settings& after);

// A unified diff (three lines of context) of two texts; empty if they are the same.
std::string unified(std::string_view before, std::string_view after, std::string_view before_name,
                    std::string_view after_name);

} // namespace metka::settings
