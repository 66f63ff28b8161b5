// Random sequences of provisioning against a slow model: it makes the change, looks at the whole world
// afterwards, and says which rules of DOMAIN.md that would break. The rules, which see a few numbers only,
// must say the same.

#include "core/policy/provisioning.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/policy/provisioning_world.h"

namespace {

using namespace metka;
using namespace metka::policy;
using namespace metka::policy::test;

using Objections = std::set<Fault>;

template <class Rows, class Is>
std::uint64_t count(const Rows& rows, Is is)
{
    return static_cast<std::uint64_t>(std::ranges::count_if(rows, is));
}

bool is_reserved(const std::string& local)
{
    return local == "postmaster" || local == "root";
}

// --- what the rules are told

Address address(const std::string& local, const std::string& domain)
{
    return Address::parse(local + "@" + domain).value();
}

PlaceFacts place_facts(const World& world, const std::string& local, const std::string& domain,
                       const std::string& customer, Forced forced)
{
    const auto& place = *place_named(world, domain);
    return {.address = address(local, domain),
            .customer = customer,
            .domain_customer = place.customer,
            .domain_state = place.state,
            .forced = forced};
}

FreeMailboxFacts free_facts(const World& world, const Box& box)
{
    FreeMailboxFacts facts{.address = address(box.local, box.domain), .login = box.shell};
    facts.sum_of_shells = facts.sum_of_domains = 0;
    for (const auto& shell : world.shells) {
        if (shell.customer == box.customer) facts.sum_of_shells += shell.own_free.value_or(plan_number);
        if (shell.login != box.shell) continue;
        if (shell.free_domain) facts.free_domain = DomainName::parse(*shell.free_domain).value();
        facts.most_in_shell = shell.own_free.value_or(plan_number);
    }
    for (const auto& place : world.places) {
        if (place.customer == box.customer) facts.sum_of_domains += place.own_free.value_or(plan_number);
        if (place.name == box.domain) facts.most_in_domain = place.own_free.value_or(plan_number);
    }
    for (const auto& each : world.boxes) {
        if (each.shell.empty()) continue;
        facts.in_shell += each.shell == box.shell;
        facts.in_domain += each.domain == box.domain;
        facts.of_customer += each.customer == box.customer;
    }
    return facts;
}

DiskFacts disk_facts(const World& world, const Shell& shell)
{
    DiskFacts facts{.login = shell.login, .limit = shell.limit, .used = shell.used, .promised = {}};
    for (const auto& box : world.boxes)
        if (box.shell == shell.login) facts.promised.push_back(box.capacity);
    return facts;
}

// --- the two together

class Player {
  public:
    explicit Player(std::uint64_t seed) : random_(seed) {}

    void begin_anew() { world_ = {}; }

    void step()
    {
        const auto& deed = deeds.at(draw(deeds.size()));
        CAPTURE(deed.name);
        (this->*deed.act)(deed.name);
        check_whole();
    }

    std::map<std::string_view, std::array<int, 2>> seen; // refused, done
    int refused_by_customers_number = 0;

  private:
    struct Deed {
        std::string_view name;
        void (Player::*act)(std::string_view);
    };
    static const std::array<Deed, 18> deeds;

    std::size_t draw(std::size_t below) { return random_() % below; }
    bool one_in(std::size_t several) { return draw(several) == 0; }
    template <class Row>
    Row* any(std::vector<Row>& rows)
    {
        return rows.empty() ? nullptr : &rows[draw(rows.size())];
    }
    std::string customer() { return one_in(5) ? "inna" : "firma"; }
    std::string local() { return one_in(12) ? "root" : fmt::format("a{}", ++names_); }
    Bytes size() { return Bytes{draw(60)}; }
    Capacity capacity() { return one_in(10) ? Capacity() : Capacity(Bytes{draw(60)}); }
    std::optional<std::uint64_t> own_number()
    {
        return one_in(2) ? std::nullopt : std::optional<std::uint64_t>(draw(5));
    }

    // True: both say yes, and the deed is to be done.
    bool agree(std::string_view deed, const Result<void>& verdict, const Objections& objections)
    {
        CHECK_MESSAGE(verdict.has_value() == objections.empty(), (verdict ? "yes" : verdict.error().text));
        if (!verdict) CHECK_MESSAGE(objections.contains(verdict.error().fault), verdict.error().text);
        ++seen[deed].at(verdict ? 1 : 0);
        return verdict.has_value() && objections.empty();
    }

    void add_shell(std::string_view deed)
    {
        if (world_.shells.size() >= 5) return;
        const auto login = one_in(4) ? std::string("postmaster") : fmt::format("s{}", ++names_);
        const Objections objections = is_reserved(login) ? Objections{Fault::invalid} : Objections{};
        if (!agree(deed, may_name_shell_account(login), objections)) return;
        world_.shells.push_back(
            {.login = login, .customer = customer(), .limit = Bytes{200 + draw(300)}, .used = size()});
    }

    void add_domain(std::string_view deed)
    {
        if (world_.places.size() >= 5) return;
        const auto label = fmt::format("d{}", ++names_);
        const std::array<std::string, 6> names{label + ".lublin.pl",   label + ".x.lublin.pl",
                                               label + ".example.org", "lublin.pl",
                                               "host.lublin.pl",       label + "lublin.pl"};
        const auto which = draw(names.size());
        const auto kind = kind_of_new_domain(DomainName::parse(names.at(which)).value(),
                                             {.host = DomainName::parse("host.lublin.pl").value(),
                                              .local_zones = {DomainName::parse("lublin.pl").value()}});
        const bool is_operators = which == 3 || which == 4;
        const Result<void> verdict = kind ? Result<void>() : Result<void>(std::unexpected(kind.error()));
        if (!agree(deed, verdict, is_operators ? Objections{Fault::invalid} : Objections{})) return;
        CHECK((*kind == DomainKind::local) == (which == 0));
        const auto state = *kind == DomainKind::local ? DomainState::active : DomainState::pending;
        world_.places.push_back({.name = names.at(which), .customer = customer(), .state = state});
    }

    void add_free_mailbox(std::string_view deed)
    {
        const auto* const shell = any(world_.shells);
        const auto* const place = any(world_.places);
        if (shell == nullptr || place == nullptr) return;
        const bool settled = shell->free_domain && !one_in(8);
        const Box box{.local = local(),
                      .domain = settled ? *shell->free_domain : place->name,
                      .customer = shell->customer,
                      .shell = shell->login,
                      .capacity = capacity(),
                      .used = {}};
        const auto forced = one_in(4) ? Forced::yes : Forced::no;

        auto after = world_;
        after.boxes.push_back(box);
        Objections objections;
        const auto& at = *place_named(after, box.domain);
        if (at.customer != box.customer) objections.insert(Fault::conflict);
        if (at.state == DomainState::pending && forced == Forced::no) objections.insert(Fault::conflict);
        if (is_reserved(box.local)) objections.insert(Fault::denied);
        if (shell->free_domain != box.domain) objections.insert(Fault::conflict);
        if (is_over_its_numbers(after, box)) objections.insert(Fault::limit);
        const bool by_customer_alone = objections.empty() && is_over_its_customers_number(after, box);
        if (by_customer_alone) objections.insert(Fault::limit);
        if (is_over_its_disk(after, *shell)) objections.insert(Fault::limit);

        auto verdict = may_place_address(place_facts(world_, box.local, box.domain, box.customer, forced));
        if (verdict) verdict = may_name_by_self_service(address(box.local, box.domain));
        if (verdict) verdict = may_add_free_mailbox(free_facts(world_, box));
        if (verdict) verdict = fits_disk_limit(disk_facts(after, *shell));
        if (by_customer_alone) ++refused_by_customers_number;
        if (agree(deed, verdict, objections)) world_ = after;
    }

    void add_paid_mailbox(std::string_view deed)
    {
        const auto* const place = any(world_.places);
        if (place == nullptr || world_.boxes.size() > 30) return;
        const Box box{.local = local(),
                      .domain = place->name,
                      .customer = customer(),
                      .shell = {},
                      .capacity = capacity(),
                      .used = {}};
        const bool fits = place->customer == box.customer && place->state != DomainState::pending;
        const auto verdict =
            may_place_address(place_facts(world_, box.local, box.domain, box.customer, Forced::no));
        if (agree(deed, verdict, fits ? Objections{} : Objections{Fault::conflict}))
            world_.boxes.push_back(box);
    }

    void add_self_alias(std::string_view deed)
    {
        const auto* const shell = any(world_.shells);
        const auto* const place = any(world_.places);
        if (shell == nullptr || place == nullptr) return;
        const Lead lead{.local = local(), .domain = place->name, .to = shell->login, .by_itself = true};
        const auto is_own = [&](const Lead& each) { return each.by_itself && each.to == shell->login; };
        const auto most = shell->own_aliases.value_or(plan_number);

        Objections objections;
        auto after = world_;
        after.leads.push_back(lead);
        if (place->customer != shell->customer || is_reserved(lead.local)) objections.insert(Fault::denied);
        if (place->state != DomainState::active) objections.insert(Fault::conflict);
        if (count(after.leads, is_own) > most) objections.insert(Fault::limit);
        const auto verdict = may_add_self_alias({.address = address(lead.local, lead.domain),
                                                 .own_domain = place->customer == shell->customer,
                                                 .domain_state = place->state,
                                                 .count = count(world_.leads, is_own),
                                                 .most = most});
        if (agree(deed, verdict, objections)) world_ = after;
    }

    void change_free_domain(std::string_view deed)
    {
        auto* const shell = any(world_.shells);
        const auto* const place = any(world_.places);
        if (shell == nullptr || place == nullptr || place->customer != shell->customer) return;
        const auto held = count(world_.boxes, [&](const Box& each) { return each.shell == shell->login; });
        auto after = world_;
        std::ranges::find(after.shells, shell->login, &Shell::login)->free_domain = place->name;
        const bool strands =
            std::ranges::any_of(after.boxes, [&](const Box& each) { return each.shell == shell->login; });
        const auto objections = strands ? Objections{Fault::conflict} : Objections{};
        if (agree(deed, may_change_free_domain(shell->login, held), objections)) world_ = after;
    }

    void change_disk_limit(std::string_view deed)
    {
        const auto* const shell = any(world_.shells);
        if (shell == nullptr) return;
        auto after = world_;
        auto& changed = *std::ranges::find(after.shells, shell->login, &Shell::login);
        changed.limit = one_in(8) ? Capacity() : Capacity(Bytes{draw(400)});
        const auto objections = is_over_its_disk(after, changed) ? Objections{Fault::limit} : Objections{};
        const bool agreed = agree(deed, fits_disk_limit(disk_facts(after, changed)), objections);
        if (agreed || one_in(6)) world_ = after; // forced
    }

    void change_capacity(std::string_view deed)
    {
        const auto* const box = any(world_.boxes);
        if (box == nullptr) return;
        auto after = world_;
        auto& changed = after.boxes[static_cast<std::size_t>(box - world_.boxes.data())];
        changed.capacity = capacity();
        Objections objections;
        if (changed.capacity && *changed.capacity < changed.used) objections.insert(Fault::limit);
        auto verdict = may_set_capacity(address(box->local, box->domain), changed.capacity, changed.used);
        if (!changed.shell.empty()) {
            const auto& shell = *shell_named(after, changed.shell);
            if (is_over_its_disk(after, shell)) objections.insert(Fault::limit);
            if (verdict) verdict = fits_disk_limit(disk_facts(after, shell));
        }
        if (agree(deed, verdict, objections)) world_ = after;
    }

    void remove_shell(std::string_view deed)
    {
        const auto* const shell = any(world_.shells);
        if (shell == nullptr || !one_in(3)) return;
        std::vector<std::string> owned;
        for (const auto& box : world_.boxes)
            if (box.shell == shell->login) owned.push_back("mailbox " + box.local);
        for (const auto& lead : world_.leads)
            if (lead.to == shell->login) owned.push_back("alias " + lead.local);
        auto after = world_;
        std::erase_if(after.shells, [&](const Shell& each) { return each.login == shell->login; });
        const auto objections = is_dangling(after) ? Objections{Fault::conflict} : Objections{};
        if (agree(deed, may_remove("shell account " + shell->login, owned), objections)) world_ = after;
    }

    void remove_domain(std::string_view deed)
    {
        const auto* const place = any(world_.places);
        if (place == nullptr || !one_in(3)) return;
        std::vector<std::string> owned;
        for (const auto& box : world_.boxes)
            if (box.domain == place->name) owned.push_back("mailbox " + box.local);
        for (const auto& lead : world_.leads)
            if (lead.domain == place->name) owned.push_back("alias " + lead.local);
        for (const auto& shell : world_.shells)
            if (shell.free_domain == place->name) owned.push_back("the place of " + shell.login);
        auto after = world_;
        std::erase_if(after.places, [&](const Place& each) { return each.name == place->name; });
        const auto objections = is_dangling(after) ? Objections{Fault::conflict} : Objections{};
        if (agree(deed, may_remove("domain " + place->name, owned), objections)) world_ = after;
    }

    // No rule stands against these.
    void remove_address(std::string_view /*deed*/)
    {
        if (one_in(5) && !world_.boxes.empty())
            world_.boxes.erase(world_.boxes.begin() + static_cast<std::ptrdiff_t>(draw(world_.boxes.size())));
        if (one_in(3) && !world_.leads.empty())
            world_.leads.erase(world_.leads.begin() + static_cast<std::ptrdiff_t>(draw(world_.leads.size())));
    }

    void change_numbers(std::string_view /*deed*/)
    {
        auto* const shell = any(world_.shells);
        auto* const place = any(world_.places);
        auto* const box = any(world_.boxes);
        if (shell != nullptr && one_in(3)) shell->own_free = own_number(), shell->own_aliases = own_number();
        if (shell != nullptr && one_in(3)) shell->used = size();
        if (place != nullptr && one_in(3)) place->own_free = own_number();
        if (place != nullptr && one_in(2))
            place->state = one_in(6) ? static_cast<DomainState>(draw(3)) : DomainState::active;
        if (box != nullptr) box->used = Bytes{draw(60)};
        if (one_in(4)) lower_numbers();
    }

    // What there is may then be more than the customer's number, while one shell account and its domain have
    // room.
    void lower_numbers()
    {
        for (auto& each : world_.shells)
            each.own_free = draw(2);
        auto* const shell = any(world_.shells);
        if (shell != nullptr) shell->own_free = 6;
        for (auto& each : world_.places)
            each.own_free = std::nullopt;
    }

    // What is true whatever was done, in whatever order.
    void check_whole() const
    {
        CHECK_FALSE(is_dangling(world_));
        for (const auto& box : world_.boxes) {
            CHECK(place_named(world_, box.domain)->customer == box.customer);
            if (!box.shell.empty()) CHECK(shell_named(world_, box.shell)->free_domain == box.domain);
        }
        for (const auto& lead : world_.leads)
            CHECK(place_named(world_, lead.domain)->customer == shell_named(world_, lead.to)->customer);
    }

    std::mt19937_64 random_;
    std::uint64_t names_ = 0;
    World world_;
};

const std::array<Player::Deed, 18> Player::deeds{{
    {"add shell", &Player::add_shell},
    {"add domain", &Player::add_domain},
    {"add free mailbox", &Player::add_free_mailbox},
    {"add free mailbox", &Player::add_free_mailbox},
    {"add free mailbox", &Player::add_free_mailbox},
    {"add free mailbox", &Player::add_free_mailbox},
    {"add free mailbox", &Player::add_free_mailbox},
    {"add free mailbox", &Player::add_free_mailbox},
    {"change free domain", &Player::change_free_domain},
    {"add paid mailbox", &Player::add_paid_mailbox},
    {"add alias by self-service", &Player::add_self_alias},
    {"change free domain", &Player::change_free_domain},
    {"change disk limit", &Player::change_disk_limit},
    {"change capacity", &Player::change_capacity},
    {"remove shell", &Player::remove_shell},
    {"remove domain", &Player::remove_domain},
    {"remove an address", &Player::remove_address},
    {"change numbers", &Player::change_numbers},
}};

} // namespace

TEST_CASE("in any order of provisioning, the rules refuse what would break the whole, and nothing else")
{
    int refused_by_customers_number = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Player player(seed);
        for (int step = 0; step < 5000; ++step) {
            CAPTURE(seed);
            CAPTURE(step);
            if (step % 250 == 0) player.begin_anew();
            player.step();
        }
        for (const auto& [deed, times] : player.seen) {
            CAPTURE(deed);
            CHECK(times[0] >= 10); // so that neither side was never tried
            CHECK(times[1] >= 10);
        }
        CHECK(player.seen.size() == 10);
        refused_by_customers_number += player.refused_by_customers_number;
    }
    CHECK(refused_by_customers_number >= 10);
}
