#include "core/policy/provisioning.h"

#include <algorithm>
#include <array>

namespace metka::policy {

namespace {

// Certificates are issued to whoever reads mail of some of these (CA/Browser Forum BR §3.2.2.4.4).
constexpr std::array<std::string_view, 9> reserved{"postmaster", "abuse",         "hostmaster",
                                                   "webmaster",  "admin",         "administrator",
                                                   "root",       "mailer-daemon", "metkad"};

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

Result<void> may_name_by_self_service(const Address& address)
{
    if (std::ranges::find(reserved, address.local()) == reserved.end()) return {};
    return fail(Fault::denied, "{} is a reserved address; only the administrator can make it",
                address.show());
}

Result<void> may_place_address(const PlaceFacts& facts)
{
    if (facts.domain_kind == DomainKind::host) return {};
    if (facts.customer != facts.domain_customer)
        return fail(
            Fault::conflict,
            "{} lies in a domain of customer {}, not of {}; an address stays within its customer's domains",
            facts.address.show(), facts.domain_customer, facts.customer);
    if (facts.domain_state == DomainState::pending && facts.forced == Forced::no)
        return fail(Fault::conflict,
                    "the domain {0} is pending: prove who owns it (`metkactl domain show {0}`), say "
                    "`metkactl domain set {0} --owned`, or say --force to prepare its addresses",
                    facts.address.domain().show());
    return {};
}

Result<void> may_take_freed(const Address& address, const std::optional<Quarantine>& quarantine,
                            const CustomerId& customer, Instant now)
{
    if (!quarantine || quarantine->customer == customer || quarantine->until <= now) return {};
    const auto days = std::chrono::ceil<std::chrono::days>(quarantine->until - now).count();
    return fail(
        Fault::conflict,
        "{} was another customer's and is in quarantine, so that nobody gets mail meant for its old owner; "
        "days until it is free: {}",
        address.show(), days);
}

Result<void> may_add_self_alias(const SelfAliasFacts& facts)
{
    const auto named = may_name_by_self_service(facts.address);
    if (!named) return named;
    if (!facts.own_domain)
        return fail(Fault::denied,
                    "{} lies in no domain of yours; an alias is made in a domain of your own customer",
                    facts.address.show());
    if (facts.domain_state != DomainState::active)
        return fail(Fault::conflict, "the domain {} is not active; ask the administrator",
                    facts.address.domain().show());
    if (facts.count >= facts.most)
        return fail(Fault::limit,
                    "you have made {} of {} aliases; remove one, or ask the administrator, who can add more",
                    facts.count, facts.most);
    return {};
}

namespace {

// What rule 4 says to whoever may only ask.
Result<void> refuse_owner(const FreeMailboxFacts& facts)
{
    const auto all = std::min(facts.sum_of_shells, facts.sum_of_domains);
    const auto domain = facts.address.domain().show();
    if (!facts.free_domain)
        return fail(Fault::conflict, "no domain for free mailboxes is agreed; ask the administrator for one");
    if (facts.address.domain() != *facts.free_domain)
        return fail(Fault::conflict, "your free mailboxes live in {}, not in {}", facts.free_domain->show(),
                    domain);
    if (facts.in_shell >= facts.most_in_shell)
        return fail(Fault::limit,
                    "you have {} of {} free mailboxes; remove one, or ask the administrator for more",
                    facts.in_shell, facts.most_in_shell);
    if (facts.in_domain >= facts.most_in_domain)
        return fail(
            Fault::limit,
            "the domain {} has {} of {} free mailboxes; remove one, or ask the administrator for more",
            domain, facts.in_domain, facts.most_in_domain);
    if (facts.of_customer >= all)
        return fail(
            Fault::limit,
            "all accounts of your customer have {} of {} free mailboxes together; remove one, or ask the "
            "administrator for more",
            facts.of_customer, all);
    return {};
}

Result<void> refuse_administrator(const FreeMailboxFacts& facts)
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
    if (facts.in_shell >= facts.most_in_shell)
        return fail(Fault::limit,
                    "shell account {} has {} of {} free mailboxes; remove one, or make it a paid "
                    "mailbox (--customer)",
                    facts.login, facts.in_shell, facts.most_in_shell);
    if (facts.in_domain >= facts.most_in_domain)
        return fail(Fault::limit,
                    "domain {} has {} of {} free mailboxes; remove one, or make it a paid mailbox "
                    "(--customer)",
                    domain, facts.in_domain, facts.most_in_domain);
    const auto all = std::min(facts.sum_of_shells, facts.sum_of_domains);
    if (facts.of_customer >= all)
        return fail(
            Fault::limit,
            "the customer has {} of {} free mailboxes: {} for its shell accounts, {} for its domains; "
            "another shell account or domain would raise that, or make it a paid mailbox "
            "(--customer)",
            facts.of_customer, all, facts.sum_of_shells, facts.sum_of_domains);
    return {};
}

Result<void> refuse_limit(const DiskFacts& facts, Bytes needed)
{
    if (facts.asker == Asker::owner)
        return fail(
            Fault::limit,
            "that would need {}: {} used by your home and inbox, and the rest promised to free mailboxes; "
            "your "
            "disk limit is {}; choose a smaller capacity, or ask the administrator to raise the disk limit",
            needed.show(), facts.used.show(), facts.limit->show());
    return fail(Fault::limit,
                "shell account {0} would need {1}: {2} used and the rest promised to free mailboxes; its "
                "disk limit is "
                "{3}; ask the administrator to raise the disk limit (`metkactl shell set {0} --disk-limit`), "
                "or choose "
                "a smaller capacity",
                facts.login, needed.show(), facts.used.show(), facts.limit->show());
}

Result<void> refuse_unlimited(const DiskFacts& facts)
{
    if (facts.asker == Asker::owner)
        return fail(Fault::limit,
                    "you have a disk limit of {}, so a free mailbox needs a capacity: say --capacity",
                    facts.limit->show());
    return fail(
        Fault::limit,
        "shell account {} has a disk limit of {}, so its free mailboxes need a capacity: say --capacity",
        facts.login, facts.limit->show());
}

Result<void> refuse_overfull(const DiskFacts& facts)
{
    if (facts.asker == Asker::owner)
        return fail(Fault::limit,
                    "your home and inbox take {}, which is more than your disk limit of {}; delete something",
                    facts.used.show(), facts.limit->show());
    return fail(Fault::limit, "shell account {} uses {}, which is more than a disk limit of {}", facts.login,
                facts.used.show(), facts.limit->show());
}

} // namespace

Result<void> may_add_free_mailbox(const FreeMailboxFacts& facts)
{
    return facts.asker == Asker::owner ? refuse_owner(facts) : refuse_administrator(facts);
}

Result<void> fits_disk_limit(const DiskFacts& facts)
{
    if (!facts.limit) return {};
    std::uint64_t room = facts.limit->count - std::min(facts.limit->count, facts.used.count);
    for (const auto& capacity : facts.promised) {
        if (!capacity) return refuse_unlimited(facts);
        if (capacity->count > room) {
            std::uint64_t sum = facts.used.count;
            for (const auto& each : facts.promised)
                sum += each ? std::min(each->count, UINT64_MAX - sum) : 0;
            return refuse_limit(facts, Bytes{sum});
        }
        room -= capacity->count;
    }
    return facts.used > *facts.limit ? refuse_overfull(facts) : Result<void>();
}

Result<void> may_set_capacity(const Address& address, Capacity capacity, Bytes used, Asker asker)
{
    if (!capacity || *capacity >= used) return {};
    if (asker == Asker::owner)
        return fail(Fault::limit,
                    "{} holds {}, which is more than {}; delete mail first, or give it at least that much",
                    address.show(), used.show(), capacity->show());
    return fail(
        Fault::limit,
        "{} holds {}, which is more than {}; remove mail first, give it at least that much, or say --force: "
        "delivery stops until there is room",
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
    std::string list;
    for (std::size_t i = 0; i < named; ++i)
        list += (i == 0 ? "" : ", ") + owned[i];
    if (owned.size() > named) list += fmt::format(" and {} more", owned.size() - named);
    return fail(Fault::conflict, "{} still owns {}; remove {} first, or say --recursive", subject, list,
                owned.size() == 1 ? "that" : "those");
}

} // namespace metka::policy
