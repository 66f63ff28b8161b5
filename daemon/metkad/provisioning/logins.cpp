// login list and unblock; and the last log-in of an account.

#include "daemon/metkad/provisioning/logins.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/language/language.h"
#include "core/net/origin.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::JsonArray;
using control::JsonObject;
using login::Held;
using std::chrono::milliseconds;

struct HeldName {
    std::string_view word;
    std::string_view one;
    std::string_view more;
};
constexpr std::array<HeldName, static_cast<std::size_t>(Held::count_)> held_names{{
    {"account", "account", "accounts"},
    {"acquaintance", "account at an address that it knows", "accounts at addresses that they know"},
    {"neighbours", "address whose accounts know it", "addresses whose accounts know them"},
    {"network", "network", "networks"},
    {"address", "address", "addresses"},
    {"nobody", "name that nobody has", "names that nobody has"},
}};

const HeldName& name_of(Held held)
{
    return held_names.at(static_cast<std::size_t>(held));
}

milliseconds time_of(std::uint64_t count)
{
    constexpr std::uint64_t longest = 366ULL * 24 * 3600 * 1000;
    return milliseconds(static_cast<std::int64_t>(std::min(count, longest)));
}

std::string_view state_of(const login::HeldRow& row)
{
    if (row.left == 0) return "refused";
    return row.delay > 0 ? "delayed" : "counted";
}

struct Whence {
    Json from;
    InboxId account;
};
Whence whence_of(const login::HeldRow& row)
{
    const auto shell = login::account_of_shell(row.from);
    if (shell) return {.from = "metkactl my", .account = *shell};
    return {.from = row.from.empty() ? Json() : Json(row.from), .account = row.account};
}

Result<Json> show_held_row(Office& office, const login::HeldRow& row)
{
    const auto whence = whence_of(row);
    Json account;
    if (!whence.account.empty()) {
        const auto found = office.registry.inbox(whence.account);
        if (!found) return pass(found);
        if (*found) account = Json((*found)->login);
    }
    const auto now = office.clock.now();
    const bool is_held_back = row.left == 0 || row.delay > 0;
    return Json(JsonObject{
        {"what", name_of(row.held).word},
        {"from", whence.from},
        {"account", std::move(account)},
        {"names", row.held == Held::nobody ? Json::count(row.names) : Json()},
        {"state", state_of(row)},
        {"wrong", Json::count(row.wrong)},
        {"left", Json::count(row.left)},
        {"since", show_instant(now - time_of(row.since))},
        {"until", is_held_back ? Json(show_instant(now + time_of(row.free_in))) : Json()},
        {"delay", Json::count(static_cast<std::uint64_t>(
                      std::chrono::ceil<std::chrono::seconds>(time_of(row.delay)).count()))},
    });
}

Json card_of_login(Json at, Json service, Json from, Json app_password, Json problem)
{
    return Json(JsonObject{{"at", std::move(at)},
                           {"service", std::move(service)},
                           {"from", std::move(from)},
                           {"app_password", std::move(app_password)},
                           {"problem", std::move(problem)}});
}

// Null: the main password. Its id, where nobody can say now how it is called.
asio::awaitable<Json> name_of_key(Office& office, InboxId account, Id key)
{
    if (key.empty()) co_return Json();
    const auto kept = co_await office.keys.app_passwords(account);
    if (kept)
        for (const auto& each : *kept)
            if (each.password.id == key) co_return Json(each.password.name);
    co_return Json(key.hex());
}

// --- unblock

struct Target {
    login::Unblock wanted;
    std::string shown;
    std::string nobody = {}; // in its place where nothing is held
};

std::unexpected<Error> refuse_network(const std::string& text)
{
    return fail_field(
        "whom",
        {Fault::invalid, fmt::format("“{}” is not a network that guesses are counted by: these are IPv4 "
                                     "/24 and IPv6 /48 networks, and single addresses (IPv6: a /64)",
                                     escaped(text, 60))});
}

Result<Target> network_target(const std::string& text)
{
    const auto slash = text.find('/');
    const auto origin = net::origin_of(std::string_view(text).substr(0, slash));
    const auto length = std::string_view(text).substr(slash);
    const bool is_ipv4 = origin.family == net::Origin::Family::ipv4;
    if (origin.family == net::Origin::Family::other) return refuse_network(text);
    if (length == (is_ipv4 ? "/24" : "/48"))
        return Target{.wanted = {.whose = login::Pardoned::network, .network = origin.network},
                      .shown = origin.network};
    if (length == (is_ipv4 ? "/32" : "/64"))
        return Target{
            .wanted = {.whose = login::Pardoned::address, .source = origin.source, .network = origin.network},
            .shown = origin.source};
    return refuse_network(text);
}

Result<Target> account_target(Office& office, const std::string& name)
{
    const auto found = office.registry.login(name);
    if (!found) return pass(found);
    if (!*found)
        return fail(Fault::not_found,
                    "“{}” is no IP address, no network like 192.0.2.0/24, and no name that anybody logs in "
                    "with; `metkactl login list` shows who is held back",
                    escaped(name, 60));
    return Target{.wanted = {.whose = login::Pardoned::account, .account = (*found)->id},
                  .shown = (*found)->login};
}

Result<Target> target_of(const Order& order)
{
    const auto* const whom = order.arguments.find<std::string>("whom");
    if ((whom == nullptr) != order.arguments.flag("all"))
        return fail_field("whom",
                          {Fault::invalid, "say either whose wrong guesses to forget (an account, an IP "
                                           "address, a network), or --all"});
    if (whom == nullptr)
        return Target{.wanted = {.whose = login::Pardoned::all}, .shown = "everybody", .nobody = "anybody"};
    if (whom->contains('/')) return network_target(*whom);
    const auto origin = net::origin_of(*whom);
    if (origin.family == net::Origin::Family::other) return account_target(order.office, *whom);
    return Target{
        .wanted = {.whose = login::Pardoned::address, .source = origin.source, .network = origin.network},
        .shown = origin.source};
}

// "1 address, 2 networks"
std::string show_counters(const std::vector<std::uint64_t>& counters)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < counters.size() && i < held_names.size(); ++i)
        if (counters[i] > 0)
            parts.push_back(fmt::format("{} {}", counters[i],
                                        counters[i] == 1 ? held_names.at(i).one : held_names.at(i).more));
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace

asio::awaitable<Json> last_login_of(const Order& order, InboxId account)
{
    const auto last = co_await order.office.logins.last(account);
    if (!last) {
        const auto language = order.verb.who == control::Who::self ? order.language : Language::english;
        auto problem = language::say(language, phrase("not known now: metka-auth does not answer"));
        co_return card_of_login({}, {}, {}, {}, Json(std::move(problem)));
    }
    if (!*last) co_return Json();
    const auto& login = **last;
    auto app_password = co_await name_of_key(order.office, account, login.key);
    co_return card_of_login(show_instant(login.at), Json(login::name_of(login.service)), Json(login.peer),
                            std::move(app_password), {});
}

Result<Json> show_held(Office& office, const std::vector<login::HeldRow>& rows)
{
    JsonArray list;
    list.reserve(rows.size());
    for (const auto& row : rows) {
        auto shown = show_held_row(office, row);
        if (!shown) return pass(shown);
        list.push_back(std::move(*shown));
    }
    return Json(std::move(list));
}

asio::awaitable<Result<Json>> login_list(Order& order)
{
    constexpr std::uint64_t usual = 1'000;
    constexpr std::uint64_t most_rows =
        10'000; // each page of them is a walk through all, in metka-auth's loop
    const auto* const most = order.arguments.find<std::uint64_t>("most");
    const bool is_all = order.arguments.flag("all");
    login::ListHeldBack question{.wanted = is_all ? login::Wanted::counted : login::Wanted::held_back};
    const auto rows = co_await order.office.logins.held_back(
        std::move(question), std::min(most != nullptr ? *most : usual, most_rows));
    if (!rows) co_return pass(rows);
    co_return show_held(order.office, *rows);
}

asio::awaitable<Result<Json>> login_unblock(Order& order)
{
    auto target = target_of(order);
    if (!target) co_return pass(target);
    auto& wanted = target->wanted;
    wanted.carrying = order.is_dry_run() ? login::Carrying::rehearsal : login::Carrying::out;
    const auto unblocked = co_await order.office.logins.unblock(wanted);
    if (!unblocked) co_return pass(unblocked);
    const auto counters = show_counters(unblocked->counters);
    if (counters.empty())
        co_return Json(JsonObject{{"done", !order.is_dry_run()},
                                  {"steps", JsonArray{Json(fmt::format(
                                                "nothing is held against {}",
                                                target->nobody.empty() ? target->shown : target->nobody))}}});
    Plan plan{.subject = target->shown, .steps = {}};
    plan.add("forget the wrong guesses held against {}: {}", target->shown, counters);
    co_return commit(order, plan, [](directory::Changes&) { return Result<void>(); });
}

} // namespace metka::metkad
