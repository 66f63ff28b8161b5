#include "daemon/metkad/provisioning/explain.h"

namespace metka::metkad {

using control::Json;
using control::JsonObject;

namespace {

Decider suspended(std::string_view title, std::string_view noun, const std::string& key)
{
    return {.object = fmt::format("{} {}", title, key),
            .remedy = fmt::format("metkactl {} resume {}", noun, key)};
}

Result<Decider> suspending_customer(Office& office, const CustomerId& id)
{
    const auto customer = find_customer(office, id);
    if (!customer) return pass(customer);
    return suspended("customer", "customer", customer->name);
}

Result<Decider> suspender_of(Office& office, const ShellAccount& shell)
{
    if (shell.standing == Standing::suspended) return suspended("shell account", "shell", shell.login);
    return suspending_customer(office, shell.customer);
}

Result<Decider> suspender_of(Office& office, const Mailbox& mailbox)
{
    if (mailbox.standing == Standing::suspended)
        return suspended("mailbox", "mailbox", mailbox.address.text());
    const auto domain = find_domain(office, mailbox.address.domain());
    if (!domain) return pass(domain);
    if (domain->state == DomainState::suspended) return suspended("domain", "domain", domain->name.text());
    if (!mailbox.shell) return suspending_customer(office, mailbox.customer);
    const auto shell = office.registry.shell_account(*mailbox.shell);
    if (!shell) return pass(shell);
    if (*shell && (*shell)->standing == Standing::suspended) return suspender_of(office, **shell);
    return suspending_customer(office, mailbox.customer);
}

} // namespace

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json() : Json(text);
}

void put(JsonObject& card, std::string_view rule, const Decider& by)
{
    card.push_back({"rule", rule});
    card.push_back({"decided_by", text_or_null(by.object)});
    card.push_back({"remedy", text_or_null(by.remedy)});
}

void put(JsonObject& card, const Decision& decision)
{
    card.push_back({"verdict", decision.verdict});
    card.push_back({"reply", decision.reply});
    put(card, decision.rule, decision.by);
}

std::string title_of(const directory::InboxRecord& inbox)
{
    const bool is_shell = inbox.kind == directory::InboxKind::shell;
    return fmt::format("{} {}", is_shell ? "shell account" : "mailbox", inbox.login);
}

Result<Decider> suspender_of(Office& office, const InboxId& inbox)
{
    const auto mailbox = office.registry.mailbox(inbox);
    if (!mailbox) return pass(mailbox);
    if (*mailbox) return suspender_of(office, **mailbox);
    const auto shell = office.registry.shell_account(inbox);
    if (!shell) return pass(shell);
    if (*shell) return suspender_of(office, **shell);
    return fail(Fault::internal, "there is no inbox of the id {}", inbox.hex());
}

Decider expired_mailbox(const directory::InboxRecord& inbox)
{
    return {.object = title_of(inbox), .remedy = fmt::format("metkactl mailbox renew {}", inbox.login)};
}

} // namespace metka::metkad
