#pragma once
// passwd(5) and shadow(5) as metka-auth reads them, by itself: the C library would load whatever
// nsswitch.conf(5) names, which a confined program cannot. So only users that stand in the files have a Unix
// password here. Pure but for UnixUsers, and bounded: each is one pass over the text.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/sys/descriptor.h"

namespace metka::auth {

// Days since 1970, as shadow(5) counts them.
struct ShadowEntry {
    std::string line; // the whole of it: another line is another password, or another rule for it
    std::string hash; // as it stands there; begins with ! if it is locked
    std::optional<std::int64_t> last_change; // 0: to be changed at the next log-in
    std::optional<std::int64_t> most_days;   // a password must be changed after so many
    std::optional<std::int64_t> inactive;    // and is still good so many days after that
    std::optional<std::int64_t> expires;     // the day from which on the account is closed
};

// None: no such user, or a line that is not as shadow(5) says (a number that is none).
std::optional<ShadowEntry> find_shadow(std::string_view shadow, std::string_view login);
std::optional<std::uint32_t> find_uid(std::string_view passwd, std::string_view login);

// Whether anything opens the account on that day: its password if it has one (a hash that is “*” is none), or
// an app password. Locked with ! is locked for both, as sshd(8) has it for keys; so are an account whose last
// day is over, a password that is too old to be changed, and one that must be changed first.
bool is_open(const ShadowEntry& entry, std::int64_t today);
std::int64_t day_of(Instant instant);

constexpr std::uint32_t first_person = 1000;
constexpr std::uint32_t nobody = 65534;

// The two files, read anew at each log-in.
class UnixUsers {
  public:
    virtual ~UnixUsers() = default;
    // What opens the account of this user now. none: nothing does (no such user, another uid, a user of the
    // system, locked, expired). Faults: io, unavailable.
    virtual Result<std::optional<ShadowEntry>> find(std::string_view login, std::uint32_t uid,
                                                    Instant now) const = 0;
};

// `folder`: where passwd and shadow lie ("/etc"). None: shadow cannot be opened, because this instance is not
// root's.
std::unique_ptr<UnixUsers> open_unix_users(const std::string& folder);

} // namespace metka::auth
