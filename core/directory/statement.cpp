#include "core/directory/statement.h"

#include <algorithm>
#include <array>

#include <sqlite3.h>

#include "core/base/text.h"

namespace metka::sqlite {

namespace {

struct FaultRow {
    int code;
    Fault fault;
};

// Everything that is not here is our own mistake.
constexpr std::array<FaultRow, 12> faults{{
    {SQLITE_BUSY, Fault::unavailable},
    {SQLITE_LOCKED, Fault::unavailable},
    {SQLITE_PROTOCOL, Fault::unavailable},
    {SQLITE_NOMEM, Fault::unavailable},
    {SQLITE_FULL, Fault::unavailable},
    {SQLITE_CANTOPEN, Fault::unavailable},
    {SQLITE_CONSTRAINT, Fault::conflict},
    {SQLITE_IOERR, Fault::io},
    {SQLITE_CORRUPT, Fault::io},
    {SQLITE_NOTADB, Fault::io},
    {SQLITE_READONLY, Fault::io},
    {SQLITE_PERM, Fault::io},
}};

// Bindings are dropped too, so that no password hash outlives its use.
void reset(sqlite3_stmt* statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

Result<void> checked(sqlite3_stmt* statement, int code)
{
    if (code == SQLITE_OK) return {};
    return fail_sqlite(sqlite3_db_handle(statement), code);
}

} // namespace

std::unexpected<Error> fail_sqlite(sqlite3* database, int code)
{
    const auto row = std::ranges::find(faults, code & 0xFF, &FaultRow::code);
    const auto fault = row == faults.end() ? Fault::internal : row->fault;
    const auto* file = sqlite3_db_filename(database, "main");
    return fail(fault, "database {}: {}", file != nullptr ? file : "", sqlite3_errmsg(database));
}

Rows::~Rows()
{
    if (statement_ != nullptr) reset(statement_);
}

Result<bool> Rows::next()
{
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail_sqlite(sqlite3_db_handle(statement_), code);
}

bool Rows::is_null(int column) const
{
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Rows::number(int column) const
{
    return sqlite3_column_int64(statement_, column);
}

std::string Rows::text(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

Id Rows::id(int column) const
{
    std::array<std::uint8_t, 16> bytes{};
    const auto* blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    if (blob == nullptr || sqlite3_column_bytes(statement_, column) != static_cast<int>(bytes.size()))
        return {};
    std::copy_n(blob, bytes.size(), bytes.begin());
    return Id::from_bytes(bytes);
}

void Statement::Finalized::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

Statement::Statement(sqlite3_stmt* statement) : statement_(statement)
{
    const int count = sqlite3_bind_parameter_count(statement);
    for (int number = 1; number <= count; ++number)
        places_.push_back(sqlite3_bind_parameter_index(statement, fmt::format("${}", number).c_str()));
}

Result<void> Statement::has_parameters(std::size_t count)
{
    const bool named = std::ranges::find(places_, 0) == places_.end();
    if (named && places_.size() == count && sqlite3_stmt_busy(statement_.get()) == 0) return {};
    return fail(Fault::internal, "{} values where $1 to ${} belong, or still in use: {}", count,
                places_.size(), sqlite3_sql(statement_.get()));
}

Result<void> Statement::bind(std::size_t place, std::int64_t value)
{
    return checked(statement_.get(), sqlite3_bind_int64(statement_.get(), places_[place], value));
}

Result<void> Statement::bind(std::size_t place, std::uint64_t value)
{
    if (value > INT64_MAX) return fail(Fault::invalid, "{} is more than 63 bits hold", value);
    return bind(place, static_cast<std::int64_t>(value));
}

Result<void> Statement::bind(std::size_t place, std::string_view value)
{
    if (!is_utf8(value) || value.contains('\0'))
        return fail(Fault::invalid, "“{}” is not UTF-8 text, or holds a NUL", escaped(value, 80));
    // A null pointer would mean NULL; an empty view may have one.
    const auto* bytes = value.empty() ? "" : value.data();
    return checked(statement_.get(), sqlite3_bind_text64(statement_.get(), places_[place], bytes,
                                                         value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Result<void> Statement::bind(std::size_t place, const Id& value)
{
    return checked(statement_.get(),
                   sqlite3_bind_blob64(statement_.get(), places_[place], value.bytes().data(),
                                       value.bytes().size(), SQLITE_TRANSIENT));
}

Result<void> Statement::bind(std::size_t place, Bytes value)
{
    if (value.count > INT64_MAX)
        return fail(Fault::invalid, "{} bytes are more than 8 EiB less one", value.count);
    return bind(place, static_cast<std::int64_t>(value.count));
}

Result<void> Statement::bind_null(std::size_t place)
{
    return checked(statement_.get(), sqlite3_bind_null(statement_.get(), places_[place]));
}

Result<std::uint64_t> Statement::run_bound()
{
    Rows rows(statement_.get());
    const auto row = rows.next();
    if (!row) return pass(row);
    return static_cast<std::uint64_t>(sqlite3_changes64(sqlite3_db_handle(statement_.get())));
}

} // namespace metka::sqlite
