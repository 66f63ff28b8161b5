#pragma once
// The file of `metkactl apply`: what should be there, in YAML (and so in JSON):
//
//     customers: [{name: firma, title: Moja Firma, contact: anna@example.org}]
//     mailboxes: [{address: biuro@firma.lublin.pl, customer: firma, capacity: 1G, password_hash: $6$…}]
//
// Five lists of maps – customers, domains, shells, mailboxes, aliases –, each map with the key and the
// parameters of the noun's `add`. Passwords are never in it, only their crypt(5) hashes.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/json.h"

namespace metka::metkactl {

struct DescribedObject {
    std::string name; // kind and key: "mailbox biuro@firma.lublin.pl"
    std::vector<std::string>
        parents;          // the names of what it stands on: "customer firma", "domain firma.lublin.pl"
    control::Json object; // for the method `apply`, with its `kind`
};

// In an order in which nothing comes before what it stands on. Values are read as metkad will read them, so
// that what is wrong with the file is said with its place, "FILE:3:7: …", before anything is done.
std::expected<std::vector<DescribedObject>, std::string> read_description(std::string_view text,
                                                                          std::string_view file);

} // namespace metka::metkactl
