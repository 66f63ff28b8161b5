#pragma once
// The parameters of one request, read once against the table: what a handler gets has the right type and
// passed its parser, and what the table requires is there.

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/secret.h"
#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/domain/address.h"
#include "core/domain/domain_name.h"
#include "core/domain/objects.h"

namespace metka::control {

// Of a new password, in bytes: what every service can carry. The shortest line is POP3's PASS. One that is
// there already may have been set by other means (passwd(1)), and be as long as crypt(3) takes.
constexpr std::size_t most_new_password = 505;
constexpr std::size_t most_current_password = 511;

// Type::inbox: a mailbox's address, or a shell account's login.
using InboxName = std::variant<Address, std::string>;

// Type::date: relative dates need today, which only metkad knows. “none”: no end.
struct DateText {
    std::string text;
};

// Type::override_*: what takes the place of the plan's number; nothing: the plan's again. Of a domain: none.
struct NumberOverride {
    std::optional<std::uint64_t> own;
};
struct DaysOverride {
    std::optional<NoticeDays> own;
};
struct DomainOverride {
    std::optional<DomainName> own;
};

// text, name, login, contact, choice, local_name, plan, receipt and password_name are std::string; number and
// percent std::uint64_t; objects are Json.
using Value = std::variant<bool, std::string, Address, DomainName, Capacity, InboxName, DateText, Secret,
                           std::uint64_t, NumberOverride, DaysOverride, DomainOverride, Json>;

// elsewhere: whoever reads knows of passwords by another way, and none is missing.
enum class Passwords { here, elsewhere };

class Arguments {
  public:
    // Takes the `params` of a request. Refused (invalid, with the field): a name the table does not have,
    // with the nearest it has; a value of another type; a value its parser refuses; a required one that is
    // missing.
    static Result<Arguments> read(const Verb& verb, Json params, Passwords passwords = Passwords::here);

    // By name and as the type that the table's Type becomes.
    template <class T>
    const T* find(std::string_view name) const
    {
        const auto found = values_.find(name);
        return found == values_.end() ? nullptr : std::get_if<T>(&found->second);
    }
    // Only for what the table requires.
    template <class T>
    const T& get(std::string_view name) const
    {
        return std::get<T>(values_.find(name)->second);
    }
    bool flag(std::string_view name) const;
    Secret take_secret(std::string_view name); // empty if not given
    void put(std::string name, Value value) { values_.insert_or_assign(std::move(name), std::move(value)); }
    bool has(std::string_view name) const { return values_.contains(name); }

  private:
    std::map<std::string, Value, std::less<>> values_;
};

} // namespace metka::control
