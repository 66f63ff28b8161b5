#include "core/directory/keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/directory/host_names.h"

namespace metka::directory {

namespace {

// `found` is a lookup's result: the fault of the lookup, or a refusal if the row is not there.
template <class Row>
Result<void> must_be(const Result<std::optional<Row>>& found, std::string_view what, std::string_view name)
{
    if (!found) return pass(found);
    if (!*found) return fail(Fault::not_found, "there is no {} {}", what, name);
    return {};
}

template <class Row>
Result<void> must_be_free(const Result<std::optional<Row>>& found, std::string_view what,
                          std::string_view name)
{
    if (!found) return pass(found);
    if (*found) return fail(Fault::conflict, "the {} {} is taken already", what, name);
    return {};
}

Result<void> first_fault(std::initializer_list<Result<void>> checks)
{
    for (const auto& each : checks)
        if (!each) return each;
    return {};
}

Result<void> address_is_free(Registry& registry, const Address& address)
{
    const auto as_mailbox = must_be_free(registry.mailbox(address), "address", address.show());
    if (!as_mailbox) return as_mailbox;
    const auto as_alias = must_be_free(registry.alias(address), "address", address.show());
    if (!as_alias) return as_alias;
    return must_be(registry.domain(address.domain()), "domain", address.domain().show());
}

Result<void> inbox_id_is_free(Registry& registry, const InboxId& id)
{
    const auto as_shell = must_be_free(registry.shell_account(id), "inbox id", id.hex());
    if (!as_shell) return as_shell;
    return must_be_free(registry.mailbox(id), "inbox id", id.hex());
}

Result<void> customer_is_there(Registry& registry, const CustomerId& id)
{
    return must_be(registry.customer(id), "customer", id.hex());
}

Result<void> inbox_is_there(Registry& registry, const InboxId& id)
{
    return must_be(registry.inbox(id), "inbox", id.hex());
}

Result<void> free_domain_is_there(Registry& registry, const std::optional<DomainId>& domain)
{
    return domain ? must_be(registry.domain(*domain), "domain", domain->hex()) : Result<void>();
}

Result<void> texts_of(const Customer& customer)
{
    return first_fault({check_text("name", customer.name), check_text("title", customer.title),
                        check_text("contact", customer.contact), check_text("plan", customer.plan)});
}

Result<void> refuse_moving(Registry& registry, const InboxId& id)
{
    const auto mailbox = registry.mailbox(id);
    if (!mailbox) return pass(mailbox);
    return fail(Fault::conflict, "{} is still on its way to another space; that has to end first",
                *mailbox ? (*mailbox)->address.show() : id.hex());
}

// No move of a mailbox, or out of or into a space, has to be ended yet.
Result<void> must_not_move(Registry& registry, const InboxId& id)
{
    const auto moves = registry.moves_of(id);
    if (!moves) return pass(moves);
    return moves->empty() ? Result<void>() : refuse_moving(registry, moves->front().mailbox);
}

Result<void> must_not_go_elsewhere(Registry& registry, const Move& move)
{
    const auto moves = registry.moves_of(move.mailbox);
    if (!moves) return pass(moves);
    const auto is_this_way = [&](const Move& other) {
        return other.from == move.from && other.to == move.to;
    };
    return std::ranges::all_of(*moves, is_this_way) ? Result<void>() : refuse_moving(registry, move.mailbox);
}

// A mailbox on its way lies where it comes from or where it goes.
Result<void> may_lie_in(Registry& registry, const InboxId& mailbox, const std::optional<InboxId>& shell)
{
    const auto moves = registry.moves_of(mailbox);
    if (!moves) return pass(moves);
    const auto is_of_it = [&](const Move& move) { return move.from == shell || move.to == shell; };
    return std::ranges::all_of(*moves, is_of_it) ? Result<void>() : refuse_moving(registry, mailbox);
}

struct Kept {
    std::size_t count;
    std::string_view one;
    std::string_view many;
};

Result<void> must_be_bare(std::string_view what, std::string_view name, const Belongings& of)
{
    const std::array<Kept, 4> kept{{{of.domains, "domain", "domains"},
                                    {of.shell_accounts, "shell account", "shell accounts"},
                                    {of.mailboxes, "mailbox", "mailboxes"},
                                    {of.aliases, "alias", "aliases"}}};
    std::string list;
    for (const auto& each : kept)
        if (each.count > 0)
            list += fmt::format("{}{} {}", list.empty() ? "" : ", ", each.count,
                                each.count == 1 ? each.one : each.many);
    if (list.empty()) return {};
    return fail(Fault::conflict, "the {} {} is still needed by {}; remove or move these first", what, name,
                list);
}

} // namespace

Result<void> shell_is_there(Registry& registry, const std::optional<InboxId>& shell)
{
    return shell ? must_be(registry.shell_account(*shell), "shell account", shell->hex()) : Result<void>();
}

Result<void> may_add(Registry& registry, const Customer& customer)
{
    return first_fault({texts_of(customer),
                        must_be_free(registry.customer(customer.id), "id", customer.id.hex()),
                        must_be_free(registry.customer(customer.name), "customer name", customer.name)});
}

Result<void> may_add(Registry& registry, const Domain& domain)
{
    const auto keys = first_fault({check_text("token", domain.token),
                                   must_be_free(registry.domain(domain.id), "id", domain.id.hex()),
                                   must_be_free(registry.domain(domain.name), "domain", domain.name.show())});
    if (!keys) return keys;
    return domain.kind == DomainKind::host ? may_add_host(registry, domain)
                                           : customer_is_there(registry, domain.customer);
}

Result<void> may_add(Registry& registry, const ShellAccount& shell)
{
    return first_fault({check_text("login", shell.login), inbox_id_is_free(registry, shell.id),
                        must_be_free(registry.shell_account(shell.login), "login", shell.login),
                        may_be_named(registry, shell.id, shell.login),
                        customer_is_there(registry, shell.customer),
                        free_domain_is_there(registry, shell.free_domain)});
}

Result<void> may_add(Registry& registry, const Mailbox& mailbox)
{
    return first_fault({inbox_id_is_free(registry, mailbox.id), address_is_free(registry, mailbox.address),
                        may_be_named(registry, mailbox), customer_is_there(registry, mailbox.customer),
                        shell_is_there(registry, mailbox.shell)});
}

Result<void> may_add(Registry& registry, const Alias& alias)
{
    return first_fault({address_is_free(registry, alias.address), inbox_is_there(registry, alias.inbox),
                        may_lead_to(registry, alias.address, alias.inbox)});
}

Result<void> may_add(Registry& registry, const Removed& removed)
{
    const auto text = check_text("login", removed.login);
    if (!text) return text;
    const auto now = registry.inbox(removed.id);
    if (!now) return pass(now);
    if (!*now) return {};
    return fail(Fault::conflict, "{} is still there; remove it first", (*now)->login);
}

Result<void> may_note(Registry& registry, const Move& move)
{
    const auto mailbox = registry.mailbox(move.mailbox);
    const auto keys =
        first_fault({must_be(mailbox, "mailbox", move.mailbox.hex()), must_not_go_elsewhere(registry, move),
                     shell_is_there(registry, move.from), shell_is_there(registry, move.to)});
    if (!keys) return keys;
    if ((*mailbox)->shell == move.from && move.from != move.to) return {};
    return fail(Fault::invalid, "{} does not move from where it lies to another place",
                (*mailbox)->address.show());
}

Result<void> must_not_wait(const std::optional<Removed>& removed)
{
    if (!removed) return {};
    return fail(Fault::conflict, "the mail of {} still waits under the inbox id {}; forget that first",
                removed->login, removed->id.hex());
}

Result<void> may_set(Registry& registry, const Customer& customer)
{
    const auto now = registry.customer(customer.id);
    const auto there = must_be(now, "customer", customer.name);
    if (!there) return there;
    const auto text = texts_of(customer);
    if (!text || (*now)->name == customer.name) return text;
    return must_be_free(registry.customer(customer.name), "customer name", customer.name);
}

Result<void> may_set(Registry& registry, const Domain& domain)
{
    const auto now = registry.domain(domain.id);
    const auto there = must_be(now, "domain", domain.name.show());
    if (!there) return there;
    const bool was_host = (*now)->kind == DomainKind::host;
    if (was_host != (domain.kind == DomainKind::host))
        return fail(Fault::invalid,
                    "the domain {} cannot become the host domain, nor the host domain another",
                    (*now)->name.show());
    const auto text = check_text("token", domain.token);
    if (!text || was_host) return text ? may_set_host(registry, **now, domain) : text;
    if ((*now)->name != domain.name)
        return fail(Fault::conflict, "the domain {} keeps its name; add {} beside it", (*now)->name.show(),
                    domain.name.show());
    return customer_is_there(registry, domain.customer);
}

Result<void> may_set(Registry& registry, const ShellAccount& shell)
{
    const auto now = registry.shell_account(shell.id);
    const auto there = must_be(now, "shell account", shell.login);
    if (!there) return there;
    const auto keys = first_fault(
        {check_text("login", shell.login), may_be_named(registry, shell.id, shell.login),
         customer_is_there(registry, shell.customer), free_domain_is_there(registry, shell.free_domain)});
    if (!keys || (*now)->login == shell.login) return keys;
    return must_be_free(registry.shell_account(shell.login), "login", shell.login);
}

Result<void> may_set(Registry& registry, const Mailbox& mailbox)
{
    const auto now = registry.mailbox(mailbox.id);
    const auto there = must_be(now, "mailbox", mailbox.address.show());
    if (!there) return there;
    if ((*now)->customer != mailbox.customer)
        return fail(Fault::conflict, "the mailbox {} stays with its customer", (*now)->address.show());
    const auto keys = first_fault({shell_is_there(registry, mailbox.shell), may_be_named(registry, mailbox),
                                   may_lie_in(registry, mailbox.id, mailbox.shell)});
    if (!keys || (*now)->address == mailbox.address) return keys;
    return address_is_free(registry, mailbox.address);
}

Result<void> may_set(Registry& registry, const Alias& alias)
{
    return first_fault({must_be(registry.alias(alias.address), "alias", alias.address.show()),
                        inbox_is_there(registry, alias.inbox),
                        may_lead_to(registry, alias.address, alias.inbox)});
}

Result<void> may_remove(Registry& registry, const CustomerId& id, const Belongings& kept)
{
    const auto now = registry.customer(id);
    const auto there = must_be(now, "customer", id.hex());
    return there ? must_be_bare("customer", (*now)->name, kept) : there;
}

Result<void> may_remove(Registry& registry, const DomainId& id, const Belongings& kept)
{
    const auto now = registry.domain(id);
    const auto there = must_be(now, "domain", id.hex());
    return there ? must_be_bare("domain", (*now)->name.show(), kept) : there;
}

Result<void> may_remove_inbox(Registry& registry, const InboxId& id, const Belongings& kept)
{
    const auto now = registry.inbox(id);
    const auto there = must_be(now, "inbox", id.hex());
    if (!there) return there;
    const auto still = must_not_move(registry, id);
    if (!still) return still;
    return must_be_bare((*now)->kind == InboxKind::shell ? "shell account" : "mailbox", (*now)->login, kept);
}

Result<void> may_remove_alias(Registry& registry, const Address& address)
{
    return must_be(registry.alias(address), "alias", address.show());
}

Result<void> check_text(std::string_view what, std::string_view text)
{
    if (is_utf8(text) && !text.contains('\0')) return {};
    return fail(Fault::invalid, "the {} “{}” is not UTF-8 text", what, escaped(text, 80));
}

Result<void> check(const AuditEntry& entry)
{
    return first_fault({check_text("actor", entry.actor), check_text("account acted for", entry.acting_as),
                        check_text("verb", entry.verb), check_text("subject", entry.subject),
                        check_text("state before", entry.before), check_text("state after", entry.after)});
}

Result<void> check(const SwitchEntry& entry)
{
    return first_fault({check_text("actor", entry.actor), check_text("account acted for", entry.acting_as),
                        check_text("cause", entry.cause), check_text("reason", entry.reason),
                        check_text("outcome", entry.outcome), check_text("message", entry.message),
                        check_text("sum of the settings", entry.input)});
}

LoginName LoginName::of(std::string_view name)
{
    const auto at = name.rfind('@');
    if (at == std::string_view::npos) {
        auto login = parse_name(lower(name), "shell account");
        return {.shell_login = login ? std::optional(std::move(*login)) : std::nullopt};
    }
    const auto local = name.substr(0, at);
    if (local.contains('+')) return {};
    return {.address = Address::of_recipient(local, name.substr(at + 1))};
}

} // namespace metka::directory
