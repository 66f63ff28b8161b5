#include "core/policy/provisioning.h"

#include <algorithm>
#include <array>

namespace metka::policy {

namespace {

// Certificates are issued to whoever reads mail of some of these (CA/Browser Forum BR §3.2.2.4.4).
constexpr std::array<std::string_view, 8> reserved{
    "postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "root", "mailer-daemon"};

constexpr std::size_t most_named = 10;

} // namespace

Result<DomainKind> kind_of_new_domain(const DomainName& name, const OperatorNames& operators)
{
    if (name == operators.host)
        return fail(Fault::invalid, "{} is the operator's host domain and belongs to no customer",
                    name.show());
    for (const auto& zone : operators.local_zones) {
        if (name == zone)
            return fail(Fault::invalid,
                        "{0} is a local zone of the operator; a customer can have a domain in it, "
                        "like name.{0}",
                        zone.show());
        if (name.is_direct_child_of(zone)) return DomainKind::local;
    }
    return DomainKind::foreign;
}

Result<void> may_name_shell_account(std::string_view login)
{
    if (std::ranges::find(reserved, login) == reserved.end()) return {};
    return fail(Fault::invalid, "{} is a reserved name; no shell account can have it", login);
}

Result<void> may_place_address(const PlaceFacts& facts)
{
    if (facts.customer != facts.domain_customer)
        return fail(
            Fault::conflict,
            "{} lies in a domain of customer {}, not of {}; an address stays within its customer's domains",
            facts.address.show(), facts.domain_customer, facts.customer);
    if (facts.domain_state == DomainState::pending)
        return fail(Fault::conflict,
                    "the domain {0} is pending: prove who owns it (`metkactl domain show {0}`) or say "
                    "`metkactl domain set {0} --owned`",
                    facts.address.domain().show());
    return {};
}

Result<void> may_add_free_mailbox(const FreeMailboxFacts& facts)
{
    const auto domain = facts.address.domain().show();
    if (!facts.free_domain)
        return fail(
            Fault::conflict,
            "shell account {0} has no domain for free mailboxes; `metkactl shell set {0} --free-domain "
            "{1}` agrees one",
            facts.login, domain);
    if (facts.address.domain() != *facts.free_domain)
        return fail(Fault::conflict,
                    "the free mailboxes of {} live in {}, not in {}; use that domain, or make it a "
                    "paid mailbox (--customer)",
                    facts.login, facts.free_domain->show(), domain);
    if (facts.in_shell >= facts.per_shell)
        return fail(Fault::limit,
                    "shell account {} has {} of {} free mailboxes; remove one, or make it a paid "
                    "mailbox (--customer)",
                    facts.login, facts.in_shell, facts.per_shell);
    if (facts.in_domain >= facts.per_domain)
        return fail(Fault::limit,
                    "domain {} has {} of {} free mailboxes; remove one, or make it a paid mailbox "
                    "(--customer)",
                    domain, facts.in_domain, facts.per_domain);
    const auto all = std::min(facts.shells * facts.per_shell, facts.domains * facts.per_domain);
    if (facts.of_customer >= all)
        return fail(Fault::limit,
                    "the customer has {} of {} free mailboxes, with {} shell accounts and {} domains; "
                    "another shell account or domain would raise that, or make it a paid mailbox "
                    "(--customer)",
                    facts.of_customer, all, facts.shells, facts.domains);
    return {};
}

Result<void> fits_disk_limit(const DiskFacts& facts)
{
    if (!facts.limit) return {};
    std::uint64_t room = facts.limit->count - std::min(facts.limit->count, facts.used.count);
    for (const auto& capacity : facts.promised) {
        if (!capacity)
            return fail(Fault::limit,
                        "shell account {} has a disk limit of {}, so its free mailboxes need a capacity: "
                        "say --capacity",
                        facts.login, facts.limit->show());
        if (capacity->count > room) {
            std::uint64_t sum = facts.used.count;
            for (const auto& each : facts.promised)
                sum += each ? std::min(each->count, UINT64_MAX - sum) : 0;
            return fail(
                Fault::limit,
                "shell account {0} would need {1}: {2} used and the rest promised to free mailboxes; its "
                "disk limit is {3}; `metkactl shell set {0} --disk-limit` raises it",
                facts.login, Bytes{sum}.show(), facts.used.show(), facts.limit->show());
        }
        room -= capacity->count;
    }
    if (facts.used > *facts.limit)
        return fail(Fault::limit, "shell account {} uses {}, which is more than a disk limit of {}",
                    facts.login, facts.used.show(), facts.limit->show());
    return {};
}

Result<void> may_set_capacity(const Address& address, Capacity capacity, Bytes used)
{
    if (!capacity || *capacity >= used) return {};
    return fail(Fault::limit,
                "{} holds {}, which is more than {}; remove mail first, or give it at least that much",
                address.show(), used.show(), capacity->show());
}

Result<void> may_change_free_domain(std::string_view login, std::uint64_t free_mailboxes)
{
    if (free_mailboxes == 0) return {};
    return fail(Fault::conflict,
                "shell account {} holds {} free mailbox{}; their domain can change only when there is none",
                login, free_mailboxes, free_mailboxes == 1 ? "" : "es");
}

Result<void> may_remove(std::string_view subject, const std::vector<std::string>& owned)
{
    if (owned.empty()) return {};
    const auto named = std::min(owned.size(), most_named);
    const std::vector<std::string> first(owned.begin(), owned.begin() + static_cast<std::ptrdiff_t>(named));
    const auto rest =
        owned.size() > named ? fmt::format(" and {} more", owned.size() - named) : std::string();
    return fail(Fault::conflict, "{} still owns {}{}; remove {} first", subject, fmt::join(first, ", "), rest,
                owned.size() == 1 ? "that" : "those");
}

std::string_view state_of(Standing standing, const std::optional<Validity>& validity, Instant now)
{
    if (standing == Standing::suspended) return "suspended";
    return validity && now >= validity->ends ? "expired" : "active";
}

} // namespace metka::policy
