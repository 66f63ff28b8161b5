#include "daemon/auth/shadow.h"

#include <array>

#include <fcntl.h>

#include "core/base/bytes.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/sys/file.h"

namespace metka::auth {

namespace {

constexpr Bytes most_file = 16_MiB; // about 100,000 users

// The line of that user, without its end.
std::optional<std::string_view> line_of(std::string_view text, std::string_view login)
{
    if (login.empty() || login.find_first_of(":\n") != std::string_view::npos) return std::nullopt;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        if (line.size() > login.size() && line.starts_with(login) && line[login.size()] == ':') return line;
        if (end == std::string_view::npos) return std::nullopt;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

template <std::size_t count>
std::optional<std::array<std::string_view, count>> fields_of(std::string_view line)
{
    std::array<std::string_view, count> fields;
    for (std::size_t i = 0; i < count; ++i) {
        const auto end = line.find(':');
        if ((end == std::string_view::npos) != (i + 1 == count)) return std::nullopt;
        fields.at(i) = line.substr(0, end);
        if (end != std::string_view::npos) line.remove_prefix(end + 1);
    }
    return fields;
}

struct Days {
    bool is_right = true;
    std::optional<std::int64_t> days;
};

// Empty and -1 are no number there.
Days days_of(std::string_view field)
{
    if (field.empty() || field == "-1") return {};
    const auto number = parse_number(field);
    constexpr std::uint64_t most = 100'000'000; // far in the future; sums of them do not overflow
    if (!number) return {.is_right = false, .days = {}};
    return {.is_right = true, .days = static_cast<std::int64_t>(std::min(*number, most))};
}

class SystemUsers final : public UnixUsers {
  public:
    explicit SystemUsers(std::string folder) : folder_(std::move(folder)) {}

    Result<std::optional<ShadowEntry>> find(std::string_view login, std::uint32_t uid,
                                            Instant now) const override
    {
        const auto passwd = sys::read_file(folder_ + "/passwd", most_file);
        if (!passwd) return pass(passwd);
        const auto found = find_uid(*passwd, login);
        const bool is_person = uid >= first_person && uid != nobody;
        auto shadow = sys::read_file(folder_ + "/shadow", most_file);
        if (!shadow) return pass(shadow);
        auto entry = find_shadow(*shadow, login);
        wipe(*shadow);
        if (!found || *found != uid || !is_person || !entry || !is_open(*entry, day_of(now)))
            return std::optional<ShadowEntry>();
        return entry;
    }

  private:
    std::string folder_;
};

} // namespace

std::optional<ShadowEntry> find_shadow(std::string_view shadow, std::string_view login)
{
    const auto line = line_of(shadow, login);
    const auto fields = line ? fields_of<9>(*line) : std::nullopt;
    if (!fields) return std::nullopt;
    std::array<Days, 4> days;
    constexpr std::array<std::size_t, 4> places{2, 4, 6, 7};
    for (std::size_t i = 0; i < places.size(); ++i) {
        days.at(i) = days_of(fields->at(places.at(i)));
        if (!days.at(i).is_right) return std::nullopt;
    }
    return ShadowEntry{.line = std::string(*line),
                       .hash = std::string(fields->at(1)),
                       .last_change = days[0].days,
                       .most_days = days[1].days,
                       .inactive = days[2].days,
                       .expires = days[3].days};
}

std::optional<std::uint32_t> find_uid(std::string_view passwd, std::string_view login)
{
    const auto line = line_of(passwd, login);
    const auto fields = line ? fields_of<7>(*line) : std::nullopt;
    const auto number = fields ? parse_number(fields->at(2)) : std::nullopt;
    if (!number || *number >= UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

bool is_open(const ShadowEntry& entry, std::int64_t today)
{
    const bool has_no_password = entry.hash == "*";
    if (entry.hash.empty() || entry.hash.starts_with('!')) return false;
    if (entry.hash.starts_with('*') && !has_no_password) return false;
    if (entry.expires && today >= *entry.expires) return false;
    if (!entry.last_change) return true; // no ageing of its password
    if (*entry.last_change == 0) return false;
    if (!entry.most_days || !entry.inactive) return true; // old, and for login(1) to have it changed
    return today <= *entry.last_change + *entry.most_days + *entry.inactive;
}

std::int64_t day_of(Instant instant)
{
    return std::chrono::floor<std::chrono::days>(instant).time_since_epoch().count();
}

std::unique_ptr<UnixUsers> open_unix_users(const std::string& folder)
{
    const sys::Descriptor shadow(open((folder + "/shadow").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!shadow) return nullptr;
    return std::make_unique<SystemUsers>(folder);
}

} // namespace metka::auth
