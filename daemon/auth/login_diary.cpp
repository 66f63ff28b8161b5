#include "daemon/auth/login_diary.h"

#include "core/sys/log.h"

namespace metka::auth {

LoginDiary::LoginDiary(asio::any_io_executor loop, LoginBook& book, std::unique_ptr<LoginMemory> memory)
    : book_(book), memory_(std::move(memory)), written_(std::move(loop), *this)
{
    read();
}

void LoginDiary::read()
{
    if (!memory_) return;
    const auto kept = memory_->newest(LoginBook::most_logins);
    if (kept)
        book_.add(*kept);
    else
        sys::log(sys::Level::error, "logins.forgotten", {{"why", kept.error().text}});
}

void LoginDiary::reread(const InboxId& account)
{
    if (!memory_ || !written_.is_catching_up()) return;
    written_.finish_writing();
    const auto kept = memory_->of(account);
    if (kept) book_.add(*kept);
}

WrittenBook::Page LoginDiary::take_unsaved()
{
    const auto unsaved = std::make_shared<LoginBook::Unsaved>(book_.take_unsaved());
    return {.write = [this, unsaved] { return memory_ ? memory_->write(*unsaved) : Result<void>(); },
            .give_back =
                [this, unsaved](const Error& error) {
                    book_.give_back(std::move(*unsaved));
                    sys::log(sys::Level::warning, "logins.unsaved", {{"why", error.text}});
                }};
}

std::function<void()> LoginDiary::read_again()
{
    if (!memory_) return [] {};
    return [this, kept = memory_->newest(LoginBook::most_logins)] {
        if (kept) book_.add(*kept);
    };
}

} // namespace metka::auth
