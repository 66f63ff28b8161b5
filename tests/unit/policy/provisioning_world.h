#pragma once
// A small world of provisioned things, and whether it is as DOMAIN.md wants it: slowly, by looking at all of
// it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/objects.h"

namespace metka::policy::test {

constexpr std::uint64_t plan_number = 3; // small, so that limits are met often
struct Shell {
    std::string login, customer;
    Capacity limit;
    Bytes used; // by home and inbox
    std::optional<std::string> free_domain;
    std::optional<std::uint64_t> own_free, own_aliases;
};
struct Place {
    std::string name, customer;
    DomainState state = DomainState::active;
    std::optional<std::uint64_t> own_free;
};
struct Box {
    std::string local, domain, customer, shell; // shell empty: paid
    Capacity capacity;
    Bytes used;
};
struct Lead {
    std::string local, domain, to; // a login, or local@domain of a box
    bool by_itself = false;
};

struct World {
    std::vector<Shell> shells;
    std::vector<Place> places;
    std::vector<Box> boxes;
    std::vector<Lead> leads;
};

const Place* place_named(const World& world, std::string_view name);
const Shell* shell_named(const World& world, std::string_view login);

std::uint64_t most_free(const World& world, const std::string& customer); // rule 4, with overridden numbers
// What `box`, free and in this world, counts for is exceeded: of its shell account or its domain; of its
// customer.
bool is_over_its_numbers(const World& world, const Box& box);
bool is_over_its_customers_number(const World& world, const Box& box);
bool is_over_its_disk(const World& world, const Shell& shell);
bool is_dangling(const World& world); // something lies in, or leads to, what is not there

} // namespace metka::policy::test
