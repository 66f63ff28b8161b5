#include "daemon/metkad/engine/wards.h"

#include "core/login/protocol.h"

namespace metka::metkad {

asio::awaitable<Result<void>> EngineKeys::set_password(InboxId account, Secret password)
{
    login::SetPassword request{.account = account, .password = std::move(password)};
    const auto stored = co_await household_.ask_for<login::Stored>(Program::auth, std::move(request));
    if (!stored) co_return pass(stored);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> EngineKeys::remove(InboxId account)
{
    const login::RemoveSecrets request{.account = account};
    const auto removed = co_await household_.ask_for<login::Stored>(Program::auth, request);
    if (!removed) co_return pass(removed);
    co_return Result<void>{};
}

asio::awaitable<Result<std::optional<sys::Descriptor>>> EngineTrees::make(maildir::InboxPlace place)
{
    const maildir::MakeInbox request{place};
    auto made = co_await household_.ask(Program::store, sys::encode(request));
    if (!made) co_return pass(made);
    std::optional<sys::Descriptor> maildir;
    if (made->descriptors[0]) maildir = std::move(made->descriptors[0]);
    co_return maildir;
}

asio::awaitable<Result<void>> EngineTrees::remove(maildir::InboxPlace place)
{
    const maildir::RemoveInbox request{place};
    const auto removed = co_await household_.ask_for<maildir::Done>(Program::store, request);
    if (!removed) co_return pass(removed);
    co_return Result<void>{};
}

asio::awaitable<Result<maildir::Usage>> EngineTrees::usage(maildir::InboxPlace place)
{
    const maildir::AskUsage request{place};
    co_return co_await household_.ask_for<maildir::Usage>(Program::store, request);
}

} // namespace metka::metkad
