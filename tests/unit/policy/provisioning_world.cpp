#include "tests/unit/policy/provisioning_world.h"

#include <algorithm>

namespace metka::policy::test {

namespace {

template <class Rows, class Is>
std::uint64_t count(const Rows& rows, Is is)
{
    return static_cast<std::uint64_t>(std::ranges::count_if(rows, is));
}

} // namespace

const Place* place_named(const World& world, std::string_view name)
{
    const auto found = std::ranges::find(world.places, name, &Place::name);
    return found == world.places.end() ? nullptr : &*found;
}

const Shell* shell_named(const World& world, std::string_view login)
{
    const auto found = std::ranges::find(world.shells, login, &Shell::login);
    return found == world.shells.end() ? nullptr : &*found;
}

std::uint64_t most_free(const World& world, const std::string& customer)
{
    std::uint64_t of_shells = 0, of_places = 0;
    for (const auto& shell : world.shells)
        if (shell.customer == customer) of_shells += shell.own_free.value_or(plan_number);
    for (const auto& place : world.places)
        if (place.customer == customer) of_places += place.own_free.value_or(plan_number);
    return std::min(of_shells, of_places);
}

bool is_over_its_customers_number(const World& world, const Box& box)
{
    const auto of_customer = count(
        world.boxes, [&](const Box& each) { return !each.shell.empty() && each.customer == box.customer; });
    return of_customer > most_free(world, box.customer);
}

bool is_over_its_numbers(const World& world, const Box& box)
{
    const auto& shell = *shell_named(world, box.shell);
    const auto& place = *place_named(world, box.domain);
    const auto in_shell = count(world.boxes, [&](const Box& each) { return each.shell == box.shell; });
    const auto in_place =
        count(world.boxes, [&](const Box& each) { return !each.shell.empty() && each.domain == box.domain; });
    return in_shell > shell.own_free.value_or(plan_number) || in_place > place.own_free.value_or(plan_number);
}

bool is_over_its_disk(const World& world, const Shell& shell)
{
    if (!shell.limit) return false;
    __extension__ unsigned __int128 sum = shell.used.count;
    for (const auto& box : world.boxes) {
        if (box.shell != shell.login) continue;
        if (!box.capacity) return true;
        sum += box.capacity->count;
    }
    return sum > shell.limit->count;
}

bool is_dangling(const World& world)
{
    const auto has_no_place = [&](const auto& each) { return place_named(world, each.domain) == nullptr; };
    const auto has_no_shell = [&](const Box& each) {
        return !each.shell.empty() && shell_named(world, each.shell) == nullptr;
    };
    const auto leads_nowhere = [&](const Lead& each) { return shell_named(world, each.to) == nullptr; };
    const auto lost_its_place = [&](const Shell& each) {
        return each.free_domain && place_named(world, *each.free_domain) == nullptr;
    };
    return std::ranges::any_of(world.boxes, has_no_place) || std::ranges::any_of(world.leads, has_no_place) ||
           std::ranges::any_of(world.boxes, has_no_shell) ||
           std::ranges::any_of(world.leads, leads_nowhere) ||
           std::ranges::any_of(world.shells, lost_its_place);
}

} // namespace metka::policy::test
