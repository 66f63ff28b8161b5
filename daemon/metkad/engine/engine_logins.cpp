#include "daemon/metkad/engine/engine_logins.h"

#include <utility>

namespace metka::metkad {

asio::awaitable<Result<std::optional<login::KnownLogin>>> EngineLogins::last(InboxId account)
{
    const login::AskLastLogin question{.account = account};
    auto answer = co_await household_.ask_for<login::LastLogin>(Program::auth, question);
    if (!answer) co_return pass(answer);
    if (answer->logins.empty()) co_return std::optional<login::KnownLogin>();
    co_return std::optional(std::move(answer->logins.front()));
}

asio::awaitable<Result<std::vector<login::HeldRow>>> EngineLogins::held_back(login::ListHeldBack question,
                                                                             std::size_t most)
{
    std::vector<login::HeldRow> rows;
    while (rows.size() < most) {
        auto page = co_await household_.ask_for<login::HeldBack>(Program::auth, question);
        if (!page) co_return pass(page);
        if (page->rows.empty()) break;
        question.after.assign(1, page->rows.back());
        rows.insert(rows.end(), std::move_iterator(page->rows.begin()), std::move_iterator(page->rows.end()));
    }
    if (rows.size() > most) rows.resize(most);
    co_return rows;
}

asio::awaitable<Result<login::Unblocked>> EngineLogins::unblock(login::Unblock wanted)
{
    auto answer = co_await household_.ask_for<login::Unblocked>(Program::auth, std::move(wanted));
    if (!answer) co_return pass(answer);
    if (answer->counters.size() != static_cast<std::size_t>(login::Held::count_))
        co_return fail(Fault::internal, "metka-auth answered {} numbers of counters",
                       answer->counters.size());
    co_return std::move(*answer);
}

asio::awaitable<Result<login::Sent>> EngineLogins::sent(InboxId account)
{
    const login::AskSent question{.account = account};
    co_return co_await household_.ask_for<login::Sent>(Program::auth, question);
}

} // namespace metka::metkad
