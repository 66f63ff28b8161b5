#include "core/maildir/listing.h"

#include <algorithm>
#include <tuple>

#include "core/maildir/message_name.h"

namespace metka::maildir {

std::size_t Listing::bytes() const
{
    return sizeof *this + rows_.capacity() * sizeof(Row) + names_.capacity() +
           numbers_.capacity() * sizeof(std::uint64_t);
}

std::string_view Listing::file(Index index) const
{
    return std::string_view(names_).substr(rows_[index].at, rows_[index].length);
}

std::string_view Listing::key(Index index) const
{
    return file(index).substr(0, rows_[index].key);
}

std::string Listing::uid(Index index) const
{
    return rows_[index].is_hashed ? hashed_uid(key(index))
                                  : std::string(parse_message_name(file(index)).base);
}

std::optional<std::uint64_t> Listing::number(Index index) const
{
    if (numbers_.empty()) return std::nullopt;
    return numbers_[index];
}

std::optional<Listing::Index> Listing::find(std::string_view wanted) const
{
    const auto age = [](std::string_view file) {
        const auto name = parse_message_name(file);
        return std::tuple(name.seconds, name.base, name.key);
    };
    const auto found = std::ranges::lower_bound(rows_, age(wanted), {}, [&](const Row& row) {
        return age(file(static_cast<Index>(&row - rows_.data())));
    });
    if (found == rows_.end()) return std::nullopt;
    const auto index = static_cast<Index>(found - rows_.begin());
    if (key(index) != wanted) return std::nullopt;
    return index;
}

} // namespace metka::maildir
