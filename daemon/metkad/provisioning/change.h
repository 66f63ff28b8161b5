#pragma once
// What a writing order is going to do, in sentences; and doing it, with its audit row. A dry run comes this
// far through the same checks and stops here.

#include <functional>
#include <string>
#include <vector>

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

struct Plan {
    std::string subject; // the key of the object
    std::vector<std::string> steps;
    control::JsonObject before = {}; // for the audit; passwords are never in it
    control::JsonObject after = {};
};

// "title: “a” becomes “b”", unless nothing changes.
void plan_change(Plan& plan, std::string_view what, const std::string& before, const std::string& after);

// invalid: a `set` without anything to set. (Setting what is so already is no fault.)
Result<void> refuse_empty(const Order& order);

// The answer: `done` and the steps.
control::Json answer_to(const Order& order, const Plan& plan);

// Writes unless this is a dry run or nothing changes, and answers.
Result<control::Json> commit(Order& order, const Plan& plan,
                             const std::function<Result<void>(directory::Changes&)>& work);

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

// The Standing that --state asks for; `now` without one.
Standing wanted_standing(const Order& order, Standing now);

} // namespace metka::metkad
