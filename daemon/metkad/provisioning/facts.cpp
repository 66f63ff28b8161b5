#include "daemon/metkad/provisioning/facts.h"

#include <fmt/chrono.h>

#include "core/maildir/places.h"
#include "core/policy/provisioning.h"

namespace metka::metkad {

namespace {

using control::Json;
using control::JsonObject;

template <class T>
Result<T> present(Result<std::optional<T>> found, std::string_view what, std::string_view key)
{
    if (!found) return pass(found);
    if (!*found)
        return fail(Fault::not_found, "there is no {0} {1}; `metkactl {0} list` shows all", what, key);
    return std::move(**found);
}

Json or_null(const std::optional<DomainName>& name)
{
    return name ? Json(name->text()) : Json();
}

// Suspended by itself, or by what stands above it.
Result<bool> is_suspended(Office& office, const InboxId& id, Standing own)
{
    const auto record = office.registry.inbox(id);
    if (!record) return pass(record);
    return own == Standing::suspended || (*record && (*record)->suspended);
}

} // namespace

Result<Customer> find_customer(Office& office, const std::string& name)
{
    return present(office.registry.customer(name), "customer", name);
}

Result<Domain> find_domain(Office& office, const DomainName& name)
{
    return present(office.registry.domain(name), "domain", name.show());
}

Result<ShellAccount> find_shell(Office& office, const std::string& login)
{
    auto found = office.registry.shell_account(login);
    if (!found) return pass(found);
    if (!*found)
        return fail(Fault::not_found, "there is no shell account {}; `metkactl shell list` shows all", login);
    return std::move(**found);
}

Result<Mailbox> find_mailbox(Office& office, const Address& address)
{
    return present(office.registry.mailbox(address), "mailbox", address.show());
}

Result<Alias> find_alias(Office& office, const Address& address)
{
    return present(office.registry.alias(address), "alias", address.show());
}

Result<std::string> customer_name(Office& office, const CustomerId& id)
{
    const auto customer = office.registry.customer(id);
    if (!customer) return pass(customer);
    return *customer ? (*customer)->name : std::string();
}

Result<std::string> inbox_name(Office& office, const InboxId& id)
{
    const auto mailbox = office.registry.mailbox(id);
    if (!mailbox) return pass(mailbox);
    if (*mailbox) return (*mailbox)->address.text();
    const auto shell = office.registry.shell_account(id);
    if (!shell) return pass(shell);
    return *shell ? (*shell)->login : std::string();
}

Result<std::optional<DomainName>> domain_name(Office& office, const std::optional<DomainId>& id)
{
    if (!id) return std::optional<DomainName>();
    const auto domain = office.registry.domain(*id);
    if (!domain) return pass(domain);
    return *domain ? std::optional((*domain)->name) : std::nullopt;
}

Result<void> refuse_taken(Office& office, const Address& address)
{
    const auto mailbox = office.registry.mailbox(address);
    if (!mailbox) return pass(mailbox);
    if (*mailbox)
        return fail(Fault::conflict, "{0} is a mailbox already; `metkactl mailbox show {0}` shows it",
                    address.show());
    const auto alias = office.registry.alias(address);
    if (!alias) return pass(alias);
    if (*alias)
        return fail(Fault::conflict,
                    "{0} is an alias already; `metkactl alias show {0}` shows where it leads",
                    address.show());
    return {};
}

maildir::InboxPlace place_of(const Mailbox& mailbox)
{
    return {.inbox = mailbox.id,
            .inbox_kind = directory::InboxKind::mailbox,
            .shell = mailbox.shell.value_or(InboxId())};
}

maildir::InboxPlace place_of(const ShellAccount& shell)
{
    return {.inbox = shell.id, .inbox_kind = directory::InboxKind::shell, .shell = InboxId()};
}

Result<std::string> maildir_of(const maildir::InboxPlace& place)
{
    const auto path = maildir::path_of(place);
    if (!path) return pass(path);
    return "mail/" + *path;
}

Result<JsonObject> record_of(Office&, const Customer& customer)
{
    return JsonObject{{"name", customer.name},
                      {"title", customer.title},
                      {"contact", customer.contact},
                      {"state", name(customer.standing)}};
}

Result<JsonObject> record_of(Office& office, const Domain& domain)
{
    const auto customer = customer_name(office, domain.customer);
    if (!customer) return pass(customer);
    return JsonObject{{"domain", domain.name.text()},
                      {"customer", *customer},
                      {"kind", name(domain.kind)},
                      {"state", name(domain.state)}};
}

Result<JsonObject> record_of(Office& office, const ShellAccount& shell)
{
    const auto customer = customer_name(office, shell.customer);
    if (!customer) return pass(customer);
    const auto free_domain = domain_name(office, shell.free_domain);
    if (!free_domain) return pass(free_domain);
    const auto suspended = is_suspended(office, shell.id, shell.standing);
    if (!suspended) return pass(suspended);
    return JsonObject{{"login", shell.login},
                      {"customer", *customer},
                      {"state", *suspended ? "suspended" : "active"},
                      {"disk_limit", show_capacity(shell.disk_limit)},
                      {"free_domain", or_null(*free_domain)}};
}

Result<JsonObject> record_of(Office& office, const Mailbox& mailbox)
{
    const auto customer = customer_name(office, mailbox.customer);
    if (!customer) return pass(customer);
    const auto suspended = is_suspended(office, mailbox.id, mailbox.standing);
    if (!suspended) return pass(suspended);
    Json shell;
    if (mailbox.shell) {
        const auto login = inbox_name(office, *mailbox.shell);
        if (!login) return pass(login);
        shell = Json(*login);
    }
    const auto standing = *suspended ? Standing::suspended : Standing::active;
    return JsonObject{{"address", mailbox.address.text()},
                      {"state", policy::state_of(standing, mailbox.validity, office.clock.now())},
                      {"kind", mailbox.shell ? "free" : "paid"},
                      {"customer", *customer},
                      {"shell", shell},
                      {"capacity", show_capacity(mailbox.capacity)},
                      {"valid_until", mailbox.validity ? Json(mailbox.validity->until.text()) : Json()}};
}

Result<JsonObject> record_of(Office& office, const Alias& alias)
{
    const auto to = inbox_name(office, alias.inbox);
    if (!to) return pass(to);
    return JsonObject{{"address", alias.address.text()}, {"to", *to}, {"made_by", name(alias.made_by)}};
}

Json show_capacity(const Capacity& capacity)
{
    return capacity ? Json::count(capacity->count) : Json();
}

Json show_instant(Instant instant)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
    return Json(fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds))));
}

asio::awaitable<Holding> holding_of(Office& office, maildir::InboxPlace place)
{
    const auto usage = co_await office.trees.usage(place);
    Holding holding;
    if (usage) {
        holding.usage = Json::count(usage->used.count);
        holding.messages = Json::count(usage->messages);
    }
    co_return holding;
}

} // namespace metka::metkad
