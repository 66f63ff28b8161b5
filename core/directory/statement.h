#pragma once
// One prepared statement and the rows of one run of it. Values go in by $1, $2, … and come out by column,
// typed; text that is no UTF-8 or holds a NUL does not go in (Fault::invalid).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace metka::sqlite {

// The rows of one run of a statement. While it lives the reader holds its snapshot: keep it short.
class Rows {
  public:
    explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
    Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Rows& operator=(Rows&&) = delete;
    ~Rows();

    Result<bool> next(); // is there (another) row
    bool is_null(int column) const;
    std::int64_t number(int column) const;
    std::string text(int column) const;
    Id
    id(int column) const; // the schema's CHECK says that it has 16 bytes; anything else reads as an empty id

  private:
    sqlite3_stmt* statement_;
};

class Statement {
  public:
    explicit Statement(sqlite3_stmt* statement);

    template <class... Values>
    Result<Rows> ask(const Values&... values)
    {
        const auto bound = bind_all(values...);
        if (!bound) return pass(bound);
        return Rows(statement_.get());
    }
    // Runs a statement that gives no rows; the number of rows it changed.
    template <class... Values>
    Result<std::uint64_t> run(const Values&... values)
    {
        const auto bound = bind_all(values...);
        if (!bound) return pass(bound);
        return run_bound();
    }

  private:
    struct Finalized {
        void operator()(sqlite3_stmt* statement) const;
    };

    template <class... Values>
    Result<void> bind_all(const Values&... values)
    {
        Result<void> bound = has_parameters(sizeof...(Values));
        std::size_t place = 0;
        (void)((bound && (bound = bind(place++, values)).has_value()) && ...);
        return bound;
    }
    template <class Value>
    Result<void> bind(std::size_t place, const std::optional<Value>& value)
    {
        return value ? bind(place, *value) : bind_null(place);
    }
    Result<void> bind(std::size_t place, std::int64_t value);
    Result<void> bind(std::size_t place, std::uint32_t value) { return bind(place, std::int64_t{value}); }
    Result<void> bind(std::size_t place, std::uint64_t value);
    Result<void> bind(std::size_t place, std::string_view value);
    Result<void> bind(std::size_t place, const char* value) { return bind(place, std::string_view(value)); }
    Result<void> bind(std::size_t place, const std::string& value)
    {
        return bind(place, std::string_view(value));
    }
    Result<void> bind(std::size_t place, const Id& value);
    Result<void> bind(std::size_t place, Instant value) { return bind(place, to_unix_ms(value)); }
    Result<void> bind(std::size_t place, Bytes value);
    Result<void> bind_null(std::size_t place);
    Result<void> has_parameters(std::size_t count);
    Result<std::uint64_t> run_bound();

    std::unique_ptr<sqlite3_stmt, Finalized> statement_;
    std::vector<int> places_; // to SQLite $2 is a name, and its place is where the text first has it
};

std::unexpected<Error> fail_sqlite(sqlite3* database, int code); // what SQLite said, as one of our faults

} // namespace metka::sqlite
