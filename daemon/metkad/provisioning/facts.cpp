#include "daemon/metkad/provisioning/facts.h"

#include <fmt/chrono.h>

#include "core/maildir/places.h"
#include "core/policy/lifetime.h"

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

template <class Key, class Value, class Look>
Result<Value> remembered(std::map<Key, Value>& known, const Key& key, const Look& look)
{
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    auto looked_up = look();
    if (looked_up) known.emplace(key, *looked_up);
    return looked_up;
}

} // namespace

Result<Customer> find_customer(Office& office, const std::string& name)
{
    return present(office.registry.customer(name), "customer", name);
}

Result<Customer> find_customer(Office& office, const CustomerId& id)
{
    const auto customer = office.registry.customer(id);
    if (!customer) return pass(customer);
    if (!*customer) return fail(Fault::internal, "there is no customer of the id {}", id.hex());
    return **customer;
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
    auto found = office.registry.mailbox(address);
    if (!found || *found) return present(std::move(found), "mailbox", address.show());
    const auto alias = office.registry.alias(address);
    if (!alias) return pass(alias);
    if (!*alias) return present(std::move(found), "mailbox", address.show());
    const auto inbox = inbox_name(office, (*alias)->inbox);
    if (!inbox) return pass(inbox);
    return fail(Fault::not_found, "there is no mailbox {}: it is an alias, which leads to {}", address.show(),
                *inbox);
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

const ShellAccount& self(const Order& order)
{
    return *order.caller.account;
}

policy::Asker asker_of(const Order& order)
{
    return order.verb.who == control::Who::self ? policy::Asker::owner : policy::Asker::administrator;
}

Result<void> refuse_taken(Office& office, const Address& address, policy::Asker asker)
{
    const bool is_owner = asker == policy::Asker::owner;
    const auto mailbox = office.registry.mailbox(address);
    if (!mailbox) return pass(mailbox);
    if (*mailbox && is_owner)
        return fail(Fault::conflict, "{} is a mailbox already; choose another address", address.show());
    if (*mailbox)
        return fail(Fault::conflict, "{0} is a mailbox already; `metkactl mailbox show {0}` shows it",
                    address.show());
    const auto alias = office.registry.alias(address);
    if (!alias) return pass(alias);
    if (*alias && is_owner)
        return fail(Fault::conflict, "{} is an alias already; choose another address", address.show());
    if (*alias)
        return fail(Fault::conflict,
                    "{0} is an alias already; `metkactl alias show {0}` shows where it leads",
                    address.show());
    return {};
}

maildir::InboxPlace place_in(const std::optional<InboxId>& shell, const InboxId& mailbox)
{
    return {
        .inbox = mailbox, .inbox_kind = directory::InboxKind::mailbox, .shell = shell.value_or(InboxId())};
}

maildir::InboxPlace place_of(const Mailbox& mailbox)
{
    return place_in(mailbox.shell, mailbox.id);
}

maildir::InboxPlace place_of(const ShellAccount& shell)
{
    return {.inbox = shell.id, .inbox_kind = directory::InboxKind::shell, .shell = InboxId()};
}

maildir::InboxPlace place_of(const Removed& removed)
{
    return {.inbox = removed.id,
            .inbox_kind = removed.is_shell ? directory::InboxKind::shell : directory::InboxKind::mailbox,
            .shell = removed.shell.value_or(InboxId())};
}

Result<std::string> maildir_of(const maildir::InboxPlace& place)
{
    const auto path = maildir::path_of(place);
    if (!path) return pass(path);
    return "mail/" + *path;
}

Result<Customer> Commons::customer(const CustomerId& id)
{
    return remembered(customers_, id, [&] { return find_customer(office_, id); });
}

Result<std::optional<ShellAccount>> Commons::shell(const InboxId& id)
{
    return remembered(shells_, id, [&] { return office_.registry.shell_account(id); });
}

Result<std::optional<Domain>> Commons::domain(const DomainName& name)
{
    return remembered(domains_, name, [&] { return office_.registry.domain(name); });
}

Result<JsonObject> record_of(Commons&, const Customer& customer)
{
    return JsonObject{{"name", customer.name},
                      {"title", customer.title},
                      {"contact", customer.contact},
                      {"plan", customer.plan},
                      {"language", name(customer.language)},
                      {"state", name(customer.standing)}};
}

Result<JsonObject> record_of(Commons& commons, const Domain& domain)
{
    const bool is_a_customers = domain.kind != DomainKind::host;
    const auto customer = is_a_customers ? commons.customer(domain.customer) : Result<Customer>(Customer{});
    if (!customer) return pass(customer);
    return JsonObject{{"domain", domain.name.text()},
                      {"customer", is_a_customers ? Json(customer->name) : Json()},
                      {"kind", name(domain.kind)},
                      {"state", name(domain.state)},
                      {"protect_sender", domain.protects_sender}};
}

Result<JsonObject> record_of(Commons& commons, const ShellAccount& shell)
{
    const auto customer = commons.customer(shell.customer);
    if (!customer) return pass(customer);
    const auto free_domain = domain_name(commons.office(), shell.free_domain);
    if (!free_domain) return pass(free_domain);
    const bool suspended = shell.standing == Standing::suspended || customer->standing == Standing::suspended;
    return JsonObject{{"login", shell.login},
                      {"customer", customer->name},
                      {"state", suspended ? "suspended" : "active"},
                      {"disk_limit", show_capacity(shell.disk_limit)},
                      {"free_domain", or_null(*free_domain)}};
}

Result<std::string> state_of(Commons& commons, const Mailbox& mailbox)
{
    const auto customer = commons.customer(mailbox.customer);
    if (!customer) return pass(customer);
    const auto domain = commons.domain(mailbox.address.domain());
    if (!domain) return pass(domain);
    bool suspended = mailbox.standing == Standing::suspended || customer->standing == Standing::suspended ||
                     (*domain && (*domain)->state == DomainState::suspended);
    if (mailbox.shell) {
        const auto shell = commons.shell(*mailbox.shell);
        if (!shell) return pass(shell);
        suspended = suspended || (*shell && (*shell)->standing == Standing::suspended);
    }
    const auto standing = suspended ? Standing::suspended : Standing::active;
    return std::string(policy::state_of(standing, mailbox.validity, commons.office().clock.now()));
}

Result<JsonObject> record_of(Commons& commons, const Mailbox& mailbox)
{
    const auto customer = commons.customer(mailbox.customer);
    if (!customer) return pass(customer);
    const auto state = state_of(commons, mailbox);
    if (!state) return pass(state);
    Json login;
    if (mailbox.shell) {
        const auto shell = commons.shell(*mailbox.shell);
        if (!shell) return pass(shell);
        if (*shell) login = Json((*shell)->login);
    }
    return JsonObject{{"address", mailbox.address.text()},
                      {"state", *state},
                      {"kind", mailbox.shell ? "free" : "paid"},
                      {"customer", customer->name},
                      {"shell", login},
                      {"capacity", show_capacity(mailbox.capacity)},
                      {"valid_until", mailbox.validity ? Json(mailbox.validity->until.text()) : Json()}};
}

Result<JsonObject> record_of(Commons& commons, const Alias& alias)
{
    const auto to = inbox_name(commons.office(), alias.inbox);
    if (!to) return pass(to);
    return JsonObject{{"address", alias.address.text()}, {"to", *to}, {"made_by", name(alias.made_by)}};
}

Result<Json> show_host_address(Office& office, const std::string& host_name)
{
    const auto host = office.registry.host_domain();
    if (!host) return pass(host);
    return *host ? Json(host_name + "@" + (*host)->name.text()) : Json();
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
