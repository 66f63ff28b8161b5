#pragma once
// Who is calling, by the kernel's word alone (DESIGN §3).

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/control/verbs.h"
#include "core/directory/directory.h"

namespace metka::metkad {

struct Caller {
    enum class Is {
        administrator,
        shell_account,
        nobody, // also a uid that was reused: stored uid and name must both match
    };
    std::uint32_t uid = 0;
    std::string name; // of the Unix user; its number where it has no name
    Is is = Is::nobody;
    std::optional<ShellAccount> account = {}; // of a shell account, or of whom an administrator stands in for
    std::string acting_as = {};               // --as: the log-in of that account
};

// The machine's users and groups.
class UserDatabase {
  public:
    virtual ~UserDatabase() = default;
    virtual std::optional<std::string> name_of(std::uint32_t uid) const = 0;
    virtual bool is_member(const std::string& user, const std::string& group) const = 0;
};

class SystemUsers final : public UserDatabase { // getpwuid(3), getgrouplist(3)
  public:
    std::optional<std::string> name_of(std::uint32_t uid) const override;
    bool is_member(const std::string& user, const std::string& group) const override;
};

// Administrators are uid 0, the uid that metkad itself runs as, and the members of `admin_group`.
struct Administrators {
    std::uint32_t own_uid = 0;
    std::string group; // empty: none
};

Result<Caller> identify(std::uint32_t uid, const Administrators& administrators, const UserDatabase& users,
                        directory::Registry& registry);

// --as LOGIN: an administrator with the rights of that account and no others. denied to everybody else.
Result<Caller> in_place_of(Caller caller, const std::string& login, directory::Registry& registry);

// denied, with a sentence, unless the table lets this caller ask.
Result<void> may_ask(const Caller& caller, const control::Verb& verb);

} // namespace metka::metkad
