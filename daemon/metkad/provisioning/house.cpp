// What there is and how it is: status, log, version, and names for completion.

#include <algorithm>

#include "core/base/version.h"
#include "core/settings/listing.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/moves.h"
#include "daemon/metkad/provisioning/own.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

constexpr std::uint64_t usual_log = 100;
constexpr std::uint64_t most_log = 10'000;
constexpr std::size_t most_names = 200;

Json row_of(const ProgramState& program)
{
    return Json(control::JsonObject{{"name", program.name},
                                    {"pid", program.pid > 0 ? Json(std::int64_t{program.pid}) : Json()},
                                    {"state", program.state},
                                    {"restarts", Json::count(program.restarts)},
                                    {"generation", Json::count(program.generation)},
                                    {"started", program.started ? show_instant(*program.started) : Json()},
                                    {"missing", fmt::format("{}", fmt::join(program.missing, ", "))}});
}

Json row_of(const CertificateRow& row)
{
    return Json(control::JsonObject{{"host", row.host},
                                    {"names", fmt::format("{}", fmt::join(row.names, ", "))},
                                    {"valid_from", show_instant(row.not_before)},
                                    {"valid_until", show_instant(row.not_after)},
                                    {"problem", row.problem}});
}

Result<Json> ended(Office& office, directory::Sweep sweep)
{
    const auto last = office.registry.last_sweep(sweep);
    if (!last) return pass(last);
    return *last ? show_instant(**last) : Json();
}

// A uid that somebody else has now ("When states meet"), a plan that is no more: for a person to mend.
Result<control::JsonArray> problems_of(Office& office)
{
    control::JsonArray problems;
    const auto shells = office.registry.shell_accounts();
    if (!shells) return pass(shells);
    for (const auto& shell : *shells) {
        const auto name = office.users.name_of(shell.uid);
        if (name == shell.login) continue;
        problems.emplace_back(
            fmt::format("shell account {} has uid {}, which is {} on this machine: its user is nobody here",
                        shell.login, shell.uid, name ? "the user " + *name : "nobody's"));
    }
    const auto customers = office.registry.customers();
    if (!customers) return pass(customers);
    for (const auto& customer : *customers)
        if (office.settings.plan(customer.plan).name != customer.plan)
            problems.emplace_back(
                fmt::format("customer {} has the plan {}, which metka.yaml no longer has: it counts as {}",
                            customer.name, customer.plan, standard_plan));
    for (const auto& program : office.programs())
        if (program.is_replaced_on_disk && program.state == "running")
            problems.emplace_back(
                fmt::format("{} was replaced on disk; `metkactl engine restart {}` starts the new one",
                            program.name, program.name.substr(program.name.find('-') + 1)));
    for (auto& problem : office.configuration.problems())
        problems.emplace_back(std::move(problem));
    const auto moves = office.registry.moves();
    if (!moves) return pass(moves);
    for (const auto& move : *moves) {
        const auto shown = show_move(office, move);
        if (!shown) return pass(shown);
        const bool is_under_way = office.moving.contains(move.mailbox);
        problems.emplace_back(*shown + (is_under_way ? "" : "; a quota sweep ends it"));
    }
    return problems;
}

} // namespace

Result<Json> status_show(Order& order)
{
    auto& office = order.office;
    const auto up = std::chrono::floor<std::chrono::seconds>(office.clock.now() - office.started);
    const auto totals = office.registry.totals();
    if (!totals) return pass(totals);
    auto expiry = ended(office, directory::Sweep::expiry);
    if (!expiry) return pass(expiry);
    auto quota = ended(office, directory::Sweep::quota);
    if (!quota) return pass(quota);
    auto problems = problems_of(office);
    if (!problems) return pass(problems);
    control::JsonArray certificates;
    for (const auto& row : office.configuration.certificates())
        certificates.push_back(row_of(row));
    control::JsonArray programs;
    for (const auto& program : office.programs())
        programs.push_back(row_of(program));
    return Json(control::JsonObject{{"version", version},
                                    {"instance", office.settings.state_folder},
                                    {"uptime", std::int64_t{up.count()}},
                                    {"customers", Json::count(totals->customers)},
                                    {"domains", Json::count(totals->domains)},
                                    {"shells", Json::count(totals->shells)},
                                    {"mailboxes", Json::count(totals->mailboxes)},
                                    {"aliases", Json::count(totals->aliases)},
                                    {"expiry_sweep", std::move(*expiry)},
                                    {"quota_sweep", std::move(*quota)},
                                    {"generation", Json::count(office.configuration.running())},
                                    {"problems", std::move(*problems)},
                                    {"programs", std::move(programs)},
                                    {"certificates", std::move(certificates)}});
}

Result<Json> version_show(Order&)
{
    return Json(control::JsonObject{{"version", version}});
}

Result<Json> log_show(Order& order)
{
    const auto* const most = order.arguments.find<std::uint64_t>("most");
    const auto* const subject = order.arguments.find<std::string>("subject");
    const auto rows =
        order.office.registry.audit({.most = std::min(most != nullptr ? *most : usual_log, most_log),
                                     .subject = subject != nullptr ? *subject : std::string()});
    if (!rows) return pass(rows);
    control::JsonArray list;
    for (const auto& entry : *rows)
        list.emplace_back(control::JsonObject{{"at", show_instant(entry.at)},
                                              {"actor", entry.actor},
                                              {"acting_as", entry.acting_as},
                                              {"verb", entry.verb},
                                              {"subject", entry.subject},
                                              {"before", entry.before},
                                              {"after", entry.after}});
    return Json(std::move(list));
}

// --- names

namespace {

// A list of names from objects; nothing where it could not be read, since completion has nobody to complain
// to.
template <class Object, class Name>
void collect(std::vector<std::string>& names, const Result<std::vector<Object>>& all, const Name& name)
{
    if (!all) return;
    for (const auto& each : *all)
        names.push_back(std::invoke(name, each));
}

std::string address_of(const Mailbox& mailbox)
{
    return mailbox.address.text();
}

std::string alias_address(const Alias& alias)
{
    return alias.address.text();
}

std::vector<std::string> names_for_administrator(Office& office, std::string_view of)
{
    auto& registry = office.registry;
    std::vector<std::string> names;
    if (of == "customer") collect(names, registry.customers(), &Customer::name);
    if (of == "domain")
        collect(names, registry.domains(), [](const Domain& each) { return each.name.text(); });
    if (of == "shell" || of == "inbox") collect(names, registry.shell_accounts(), &ShellAccount::login);
    if (of == "mailbox" || of == "inbox" || of == "address") collect(names, registry.mailboxes(), address_of);
    if (of == "alias" || of == "address") collect(names, registry.aliases(), alias_address);
    if (of == "setting")
        for (const auto& shown : settings::listing(office.settings, {}))
            names.push_back(shown.key);
    if (of == "generation" || of == "setting")
        for (const auto number : office.configuration.generations())
            names.push_back(std::to_string(number));
    if (of == "plan") {
        names.emplace_back(standard_plan);
        for (const auto& plan : office.settings.plans)
            names.push_back(plan.name);
    }
    return names;
}

std::vector<std::string> names_for(Office& office, const ShellAccount& shell, std::string_view of)
{
    std::vector<std::string> names;
    if (of == "domain")
        collect(names, office.registry.domains_of(shell.customer),
                [](const Domain& each) { return each.name.text(); });
    if (of == "mailbox" || of == "inbox" || of == "address")
        collect(names, office.registry.mailboxes_in(shell.id), address_of);
    if (of == "alias" || of == "address") collect(names, office.registry.aliases_of(shell.id), alias_address);
    return names;
}

// The account that is named, if the caller may know it.
std::optional<InboxId> account_named(const Order& order, const std::string& named)
{
    const auto address = Address::parse(named);
    if (order.caller.is == Caller::Is::administrator) {
        if (!address) {
            const auto shell = find_shell(order.office, named);
            return shell ? std::optional(shell->id) : std::nullopt;
        }
        const auto mailbox = find_mailbox(order.office, *address);
        return mailbox ? std::optional(mailbox->id) : std::nullopt;
    }
    if (!order.caller.account) return std::nullopt;
    if (!address) return order.caller.account->id;
    const auto mailbox = own_mailbox(order, *address);
    return mailbox ? std::optional(mailbox->id) : std::nullopt;
}

asio::awaitable<std::vector<std::string>> app_passwords_of(Order& order, std::optional<InboxId> account)
{
    std::vector<std::string> names;
    if (!account) co_return names;
    const auto all = co_await order.office.keys.app_passwords(*account);
    collect(names, all, [](const KeptAppPassword& each) { return each.password.name; });
    co_return names;
}

std::string shown_name(const std::string& name)
{
    if (const auto address = Address::parse(name)) return address->show();
    const auto domain = DomainName::parse(name);
    return domain ? domain->show() : name;
}

// As people read it, and as it is stored where that is what was begun.
std::optional<std::string> completed(std::string name, std::string_view begins, std::string_view of)
{
    auto shown = name.contains("xn--") && of != "app-password" ? shown_name(name) : name;
    if (shown.starts_with(begins)) return shown;
    return name.starts_with(begins) ? std::optional(std::move(name)) : std::nullopt;
}

} // namespace

asio::awaitable<Result<Json>> complete(Order& order)
{
    const auto& of = order.arguments.get<std::string>("of");
    const auto& begins = order.arguments.get<std::string>("begins");
    std::vector<std::string> names;
    if (of == "app-password") {
        const auto* const named = order.arguments.find<std::string>("account");
        const auto account = account_named(order, named != nullptr ? *named : "");
        names = co_await app_passwords_of(order, account);
    } else if (order.caller.is == Caller::Is::administrator)
        names = names_for_administrator(order.office, of);
    else if (order.caller.account)
        names = names_for(order.office, *order.caller.account, of);
    control::JsonArray rows;
    for (auto& name : names) {
        auto whole = completed(std::move(name), begins, of);
        if (!whole) continue;
        if (rows.size() == most_names) break;
        rows.emplace_back(control::JsonObject{{"name", std::move(*whole)}});
    }
    co_return Json(std::move(rows));
}

} // namespace metka::metkad
