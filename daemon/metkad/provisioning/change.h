#pragma once
// What a writing order is going to do, in sentences; and doing it, with its audit row. A dry run comes this
// far through the same checks and stops here.

#include <functional>
#include <string>
#include <vector>

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

using Work = std::function<Result<void>(directory::Changes&)>;

struct Plan {
    std::string subject; // the key of the object
    std::vector<Phrase> steps;
    control::JsonObject before = {}; // for the audit; passwords are never in it
    control::JsonObject after = {};

    template <class... Values>
    void add(fmt::format_string<Values...> step, Values&&... values)
    {
        steps.push_back(phrase(step, std::forward<Values>(values)...));
    }
};

// What an account has of its own in place of its plan's sending numbers.
struct SendingNumbers {
    std::optional<std::uint64_t> messages_per_hour;
    std::optional<std::uint64_t> messages_per_day;
};
template <class Account>
SendingNumbers sending_numbers(const Account& account)
{
    return {account.messages_per_hour, account.messages_per_day};
}

// "title: “a” becomes “b”", unless nothing changes.
void plan_change(Plan& plan, std::string_view what, const std::string& before, const std::string& after);

// invalid: a `set` without anything to set. (Setting what is so already is no fault.)
Result<void> refuse_empty(const Order& order);

// The answer: `done` and the steps, for `my` in the language of who asks.
control::Json answer_to(const Order& order, const Plan& plan);

// Writes unless this is a dry run or nothing changes, and answers.
Result<control::Json> commit(Order& order, const Plan& plan, const Work& work);

// Fills in `before` and `after` for a `set`.
template <class Object>
Result<void> record_change(Plan& plan, Office& office, const Object& before, const Object& after)
{
    auto was = record_of(office, before);
    if (!was) return pass(was);
    auto is = record_of(office, after);
    if (!is) return pass(is);
    plan.before = std::move(*was);
    plan.after = std::move(*is);
    return {};
}

// What --state asks for, or `suspend` and `resume`; `now` without them.
Standing wanted_standing(const Order& order, Standing now);
// What --language asks for.
Language wanted_language(const Order& order, Language now);
// What the order says in place of the plan's number.
std::optional<std::uint64_t> wanted_number(const Order& order, std::string_view parameter,
                                           std::optional<std::uint64_t> now);

// "messages an hour", "messages a day": what changes of the numbers that an account may send.
void plan_sending(Plan& plan, const SendingNumbers& before, const SendingNumbers& after,
                  const settings::Plan& of_plan);

// "plan: 5", "7": a number of an account's own, or the plan's.
std::string show_override(const std::optional<std::uint64_t>& own, std::uint64_t of_plan);

} // namespace metka::metkad
