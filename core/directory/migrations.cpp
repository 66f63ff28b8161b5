#include "core/directory/migrations.h"

namespace metka::sqlite {

namespace {

Result<std::uint64_t> version_of(Database& database)
{
    auto rows = database.ask("PRAGMA user_version");
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    return static_cast<std::uint64_t>(rows->number(0));
}

Result<void> refuse_newer(const Database& database, const Migrations& migrations, std::uint64_t version)
{
    if (version <= migrations.steps.size()) return {};
    return fail(
        Fault::invalid,
        "the {} database {} has version {}, and this Metka knows versions up to {}: install the newer Metka "
        "that wrote it, or restore a backup",
        migrations.what, database.path(), version, migrations.steps.size());
}

} // namespace

Result<void> migrate(Database& database, const Migrations& migrations)
{
    auto transaction = Transaction::begin(database);
    if (!transaction) return pass(transaction);
    const auto version = version_of(database);
    if (!version) return pass(version);
    const auto known = refuse_newer(database, migrations, *version);
    if (!known || *version == migrations.steps.size()) return known;
    for (const auto& step : migrations.steps.subspan(*version)) {
        const auto done = database.execute(step);
        if (!done) return done;
    }
    const auto reached = version_of(database);
    if (!reached) return pass(reached);
    if (*reached != migrations.steps.size())
        return fail(Fault::internal, "the steps of the {} database end at {}", migrations.what, *reached);
    return transaction->commit();
}

Result<void> check_version(Database& database, const Migrations& migrations)
{
    const auto version = version_of(database);
    if (!version) return pass(version);
    if (*version < migrations.steps.size())
        return fail(Fault::unavailable, "the {} database {} has version {} and waits to be brought to {}",
                    migrations.what, database.path(), *version, migrations.steps.size());
    return refuse_newer(database, migrations, *version);
}

} // namespace metka::sqlite
