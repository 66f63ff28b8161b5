#pragma once
// Every key of an instance in the order of the manual, as `metkactl config show` tells it.

#include <string>
#include <string_view>
#include <vector>

#include "core/settings/settings.h"

namespace metka::settings {

struct Shown {
    std::string key;      // “smtp.recipients”, “plans.firm.capacity”
    std::string value;    // as it stands in a YAML file
    std::string fallback; // what it is if nobody sets it: for a plan, what `plan` says; empty: it must be set
    std::string origin;   // “/etc/metka/metka.yaml:3”; empty: no file sets it
    std::string_view sentence;

    bool operator==(const Shown&) const = default;
};

std::vector<Shown> listing(const Settings&, const Origins&);

} // namespace metka::settings
