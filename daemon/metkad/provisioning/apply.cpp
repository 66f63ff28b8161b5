// apply: many objects brought to what a description says. Each is whole or nothing; those that only write
// rows become durable together, after their trees and secrets, which is what makes thousands of them quick.

#include <algorithm>

#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::JsonObject;
using control::Verb;

// One object of the description: what it is, and what `add` or `set` would be told.
struct Described {
    std::string kind;
    std::string key;
    JsonObject params;
    Secret password_hash;
};

constexpr std::array<std::string_view, 5> kinds{"customer", "domain", "shell", "mailbox", "alias"};
constexpr std::array<std::string_view, 3> only_at_birth{"adopt", "force",
                                                        "owned"}; // no fault where it is there already

std::string title_of(const Described& object)
{
    return object.kind + " " + object.key;
}

Result<Described> read(const Json& json)
{
    Described object;
    const auto* const kind = json.member("kind");
    if (kind == nullptr || kind->text() == nullptr || std::ranges::find(kinds, *kind->text()) == kinds.end())
        return fail(Fault::invalid, "an object needs a “kind”: {}",
                    fmt::format("{}", fmt::join(kinds, ", ")));
    object.kind = *kind->text();
    const auto* const verb = control::verb_of(object.kind + ".add");
    for (const auto& [name, value] : *json.object()) {
        if (name == "kind") continue;
        if (name == "password_hash" && value.text() != nullptr)
            object.password_hash = Secret(*value.text());
        else
            object.params.push_back({name, value});
    }
    const Json params(object.params);
    const auto* const key = params.member(verb->key()->name);
    if (key == nullptr || key->text() == nullptr)
        return fail(Fault::invalid, "a {} needs “{}”: {}", object.kind, verb->key()->name, verb->key()->help);
    object.key = *key->text();
    return object;
}

// The row that `list` shows of it now; nothing if it is not there.
Result<std::optional<Json>> present(Office& office, const Described& object,
                                    const control::Arguments& arguments)
{
    const auto row = [&](const auto& found) -> Result<std::optional<Json>> {
        if (!found) return pass(found);
        if (!*found) return std::optional<Json>();
        auto record = record_of(office, **found);
        if (!record) return pass(record);
        return std::optional(Json(std::move(*record)));
    };
    auto& registry = office.registry;
    if (object.kind == "customer") return row(registry.customer(arguments.get<std::string>("name")));
    if (object.kind == "domain") return row(registry.domain(arguments.get<DomainName>("domain")));
    if (object.kind == "shell") return row(registry.shell_account(arguments.get<std::string>("login")));
    if (object.kind == "mailbox") return row(registry.mailbox(arguments.get<Address>("address")));
    return row(registry.alias(arguments.get<Address>("address")));
}

// What `set` can be told of it. conflict: something else is said that can only be said once, when it is
// added.
Result<JsonObject> params_of_set(const Described& object, const Verb& set, const Json& row)
{
    JsonObject params;
    for (const auto& [name, value] : object.params) {
        if (set.parameter(name) != nullptr) {
            params.push_back({name, value});
            continue;
        }
        const auto* const now = row.member(name);
        if (std::ranges::find(only_at_birth, name) != only_at_birth.end()) continue;
        if (now == nullptr || *now != value)
            return fail(Fault::conflict, "{} is there, and its {} cannot be changed", title_of(object), name);
    }
    return params;
}

// The space of a mailbox changes by carrying its mail, which is no matter of rows.
bool moves(const Described& object, const Json& row)
{
    if (object.kind != "mailbox") return false;
    const Json params(object.params);
    const auto* const shell = params.member("shell");
    const auto* const of_row = row.member("shell");
    return shell != nullptr ? *shell != *of_row : params.member("customer") != nullptr && !of_row->is_null();
}

class Application {
  public:
    Application(Order& order, Mode mode) : order_(order), office_(order.office), mode_(mode) {}

    asio::awaitable<Result<Json>> run(const control::JsonArray& objects)
    {
        for (const auto& json : objects) {
            auto object = read(json);
            if (!object) {
                note("?", "refused", object.error().text);
                continue;
            }
            auto done = co_await bring(*object);
            if (!done) note(title_of(*object), "refused", done.error().text);
        }
        const auto finished = co_await finish();
        (void)finished; // each row of what could not be finished says why
        const auto written = has_domains_ ? office_.write_zones() : Result<void>();
        if (!written) co_return pass(written);
        co_return Json(std::move(rows_));
    }

  private:
    void note(std::string object, std::string_view outcome, std::string why)
    {
        rows_.emplace_back(
            JsonObject{{"object", std::move(object)}, {"outcome", outcome}, {"why", std::move(why)}});
    }

    asio::awaitable<Result<void>> bring(Described& object)
    {
        const auto& add = *control::verb_of(object.kind + ".add");
        auto arguments = control::Arguments::read(add, Json(object.params), control::Passwords::elsewhere);
        if (!arguments) co_return pass(arguments);
        const auto row = present(office_, object, *arguments);
        if (!row) co_return pass(row);
        if (!*row) {
            auto created = co_await carry_out(object, add, std::move(*arguments), "created");
            co_return created;
        }
        const auto& set = *control::verb_of(object.kind + ".set");
        auto params = params_of_set(object, set, **row);
        if (!params) co_return pass(params);
        if (params->size() == 1) { // its name alone
            note(title_of(object), "unchanged", fmt::format("{} is like that already", object.key));
            co_return Result<void>();
        }
        auto wanted = control::Arguments::read(set, Json(std::move(*params)), control::Passwords::elsewhere);
        if (!wanted) co_return pass(wanted);
        auto changed =
            co_await carry_out(object, set, std::move(*wanted), moves(object, **row) ? "moved" : "changed");
        co_return changed;
    }

    asio::awaitable<Result<void>> carry_out(Described& object, const Verb& verb, control::Arguments arguments,
                                            std::string_view outcome)
    {
        const bool is_alone = mode_ == Mode::batched && (outcome == "moved" || object.kind == "shell");
        auto prepared = open_batch();
        if (prepared && is_alone) prepared = co_await finish();
        if (!prepared) co_return prepared;
        Order part{office_, verb, order_.caller, std::move(arguments)};
        part.mode = is_alone ? Mode::real : mode_;
        part.furnishings = &furnishings_;
        part.writers = order_.writers;
        if (!object.password_hash.empty() && verb.verb == "add")
            part.arguments.put("password_hash", std::move(object.password_hash));
        const auto done = co_await handle(part);
        if (!done) co_return pass(done);
        has_domains_ = has_domains_ || (object.kind == "domain" && part.is_change && mode_ == Mode::batched);
        const auto* const steps = done->member("steps");
        const auto why =
            steps != nullptr && !steps->array()->empty() ? *steps->array()->front().text() : std::string();
        note(title_of(object), part.is_change ? (outcome == "moved" ? "changed" : outcome) : "unchanged",
             why);
        co_return Result<void>();
    }

    Result<void> open_batch()
    {
        if (batch_) return {};
        auto batch = office_.registry.batch();
        if (!batch) return pass(batch);
        batch_ = std::move(*batch);
        begin_of_batch_ = rows_.size();
        return {};
    }

    // What the batch would have brought is not there: its rows say so.
    asio::awaitable<Result<void>> finish()
    {
        if (!batch_ || mode_ == Mode::rehearsal) co_return Result<void>();
        const auto batch = std::move(batch_);
        const auto finished = co_await furnish_and_finish(*batch);
        if (finished) co_return finished;
        for (auto i = begin_of_batch_; i < rows_.size(); ++i) {
            auto& members = std::get<JsonObject>(rows_[i].value);
            if (members[1].value == Json("unchanged") || members[1].value == Json("refused")) continue;
            members[1].value = Json("refused");
            members[2].value = Json(finished.error().text);
        }
        co_return finished;
    }

    // Trees and secrets first, then the rows for good.
    asio::awaitable<Result<void>> furnish_and_finish(directory::Registry::Batch& batch)
    {
        auto places = std::exchange(furnishings_.places, {});
        auto hashes = std::exchange(furnishings_.hashes, {});
        if (!places.empty()) {
            const auto made = co_await office_.trees.make_all(std::move(places));
            if (!made) co_return made;
        }
        if (!hashes.empty()) {
            const auto kept = co_await office_.keys.set_hashes(std::move(hashes));
            if (!kept) co_return kept;
        }
        co_return batch.finish();
    }

    Order& order_;
    Office& office_;
    Mode mode_;
    std::unique_ptr<directory::Registry::Batch> batch_;
    Furnishings furnishings_;
    control::JsonArray rows_;
    std::size_t begin_of_batch_ = 0; // the row of its first object
    bool has_domains_ = false;
};

} // namespace

asio::awaitable<Result<Json>> apply(Order& order)
{
    const auto turn = co_await order.writers->enter();
    const auto& objects = order.arguments.get<Json>("objects");
    Application application(order, order.is_dry_run() ? Mode::rehearsal : Mode::batched);
    auto done = co_await application.run(*objects.array());
    co_return done;
}

} // namespace metka::metkad
