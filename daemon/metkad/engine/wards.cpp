#include "daemon/metkad/engine/wards.h"

#include <utility>

#include "core/login/protocol.h"

namespace metka::metkad {

namespace {

// Lists go in parts that fit a frame (64 KiB): an id takes 17 bytes there, a place 43, an answered size 9.
constexpr std::size_t ids_in_frame = 3'000;
constexpr std::size_t places_in_frame = 1'200;
constexpr std::size_t hashes_in_frame =
    100; // of at most 511 bytes each; a longer one is refused by metka-auth

// The next `most` of a list, taken out of it.
template <class Value>
std::vector<Value> next_part(std::vector<Value>& list, std::size_t& at, std::size_t most)
{
    std::vector<Value> part;
    for (; at < list.size() && part.size() < most; ++at)
        part.push_back(std::move(list[at]));
    return part;
}

} // namespace

template <class Order>
asio::awaitable<Result<void>> EngineKeys::have_done(Order order)
{
    const auto done = co_await household_.ask_for<login::Stored>(Program::auth, std::move(order));
    if (!done) co_return pass(done);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> EngineKeys::set_password(InboxId account, Secret password)
{
    return have_done(login::SetPassword{.account = account, .password = std::move(password)});
}

asio::awaitable<Result<void>> EngineKeys::set_hashes(std::vector<login::KeptHash> hashes)
{
    for (const auto& each : hashes)
        if (each.hash.reveal().size() > login::most_hash_bytes)
            co_return fail(Fault::invalid, "a hash of a password has at most {} bytes",
                           login::most_hash_bytes);
    for (std::size_t at = 0; at < hashes.size();) {
        login::SetHashes request;
        request.hashes = next_part(hashes, at, hashes_in_frame);
        const auto stored = co_await have_done(std::move(request));
        if (!stored) co_return pass(stored);
    }
    co_return Result<void>{};
}

asio::awaitable<Result<bool>> EngineKeys::is_right(InboxId account, Secret password)
{
    login::VerifyPassword request{.account = account, .password = std::move(password)};
    const auto verified = co_await household_.ask_for<login::Verified>(Program::auth, std::move(request));
    if (!verified) co_return pass(verified);
    co_return verified->right;
}

asio::awaitable<Result<void>> EngineKeys::changed_elsewhere(InboxId account)
{
    return have_done(login::PasswordChanged{.account = account});
}

asio::awaitable<Result<void>> EngineKeys::remove(InboxId account)
{
    return have_done(login::RemoveSecrets{.account = account});
}

asio::awaitable<Result<Secret>> EngineKeys::add_app_password(InboxId account, AppPassword wanted)
{
    login::AddAppPassword request{.account = account, .name = std::move(wanted.name), .until = {}};
    if (wanted.validity) {
        request.until = wanted.validity->until.text();
        request.ends = static_cast<std::uint64_t>(to_unix_ms(wanted.validity->ends));
    }
    auto made = co_await household_.ask_for<login::AppPasswordMade>(Program::auth, std::move(request));
    if (!made) co_return pass(made);
    co_return std::move(made->password);
}

asio::awaitable<Result<std::vector<KeptAppPassword>>> EngineKeys::app_passwords(InboxId account)
{
    const login::ListAppPasswords request{.account = account};
    auto listed = co_await household_.ask_for<login::AppPasswords>(Program::auth, request);
    if (!listed) co_return pass(listed);
    std::vector<KeptAppPassword> all;
    all.reserve(listed->rows.size());
    for (auto& row : listed->rows) {
        AppPassword each{.id = row.id, .name = std::move(row.name), .validity = {}, .made = row.made};
        if (!row.until.empty()) {
            const auto until = Date::parse(row.until);
            if (!until) co_return pass(until);
            each.validity =
                Validity{.until = *until, .ends = from_unix_ms(static_cast<std::int64_t>(row.ends))};
        }
        KeptAppPassword kept{.password = std::move(each), .last = {}};
        if (row.used != Instant())
            kept.last = {.at = row.used, .service = row.service, .peer = std::move(row.peer)};
        all.push_back(std::move(kept));
    }
    co_return all;
}

asio::awaitable<Result<void>> EngineKeys::remove_app_password(InboxId account, std::string name)
{
    return have_done(login::RemoveAppPassword{.account = account, .name = std::move(name)});
}

asio::awaitable<Result<void>> EngineKeys::remove_app_passwords(InboxId account)
{
    return have_done(login::RemoveAppPasswords{.account = account});
}

asio::awaitable<Result<household::Refusal>> EngineRefusals::find(ReceiptCode code)
{
    household::AskRefusal request{.code = code.text()};
    co_return co_await household_.ask_for<household::Refusal>(Program::smtp, std::move(request));
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

asio::awaitable<Result<std::optional<sys::Descriptor>>> EngineTrees::remove(maildir::InboxPlace place)
{
    const maildir::RemoveInbox request{place};
    auto removed = co_await household_.ask(Program::store, sys::encode(request));
    if (!removed) co_return pass(removed);
    std::optional<sys::Descriptor> left;
    if (removed->descriptors[0]) left = std::move(removed->descriptors[0]);
    co_return left;
}

asio::awaitable<Result<maildir::Usage>> EngineTrees::usage(maildir::InboxPlace place)
{
    const maildir::AskUsage request{place};
    co_return co_await household_.ask_for<maildir::Usage>(Program::store, request);
}

asio::awaitable<Result<void>> EngineTrees::make_all(std::vector<maildir::InboxPlace> places)
{
    for (std::size_t at = 0; at < places.size();) {
        maildir::MakeInboxes request;
        request.places = next_part(places, at, places_in_frame);
        const auto made = co_await household_.ask_for<maildir::Done>(Program::store, std::move(request));
        if (!made) co_return pass(made);
    }
    co_return Result<void>{};
}

asio::awaitable<Result<bool>> EngineTrees::carry(maildir::CarryMessages order)
{
    const auto carried = co_await household_.ask_for<maildir::Carried>(Program::store, order);
    if (!carried) co_return pass(carried);
    co_return carried->all;
}

asio::awaitable<Result<std::vector<Bytes>>> EngineTrees::usages(std::vector<InboxId> inboxes)
{
    std::vector<Bytes> used;
    used.reserve(inboxes.size());
    for (std::size_t at = 0; at < inboxes.size();) {
        maildir::AskUsages request;
        request.inboxes = next_part(inboxes, at, ids_in_frame);
        const auto asked = request.inboxes.size();
        const auto part = co_await household_.ask_for<maildir::Usages>(Program::store, std::move(request));
        if (!part) co_return pass(part);
        if (part->used.size() != asked)
            co_return fail(Fault::internal, "metka-store answered {} sizes to {} questions",
                           part->used.size(), asked);
        used.insert(used.end(), part->used.begin(), part->used.end());
    }
    co_return used;
}

asio::awaitable<Result<maildir::NoticeSent>> EngineTrees::send(maildir::SendNotice notice)
{
    co_return co_await household_.ask_for<maildir::NoticeSent>(Program::store, std::move(notice));
}

asio::awaitable<Result<maildir::NoticeSent>> EngineTrees::sent(maildir::AskNotice notice)
{
    co_return co_await household_.ask_for<maildir::NoticeSent>(Program::store, std::move(notice));
}

asio::awaitable<Result<std::vector<maildir::NoticeRow>>> EngineTrees::notices(InboxId inbox, std::size_t most)
{
    std::vector<maildir::NoticeRow> rows;
    std::uint64_t before = 0;
    while (rows.size() < most) {
        const maildir::ListNotices request{.inbox = inbox, .before = before};
        auto page = co_await household_.ask_for<maildir::Notices>(Program::store, request);
        if (!page) co_return pass(page);
        if (page->rows.empty()) break;
        if (before != 0 && page->rows.back().place >= before)
            co_return fail(Fault::internal, "metka-store answered notices that it had answered before");
        before = page->rows.back().place;
        for (auto& each : page->rows)
            if (rows.size() < most) rows.push_back(std::move(each));
    }
    co_return rows;
}

asio::awaitable<Result<maildir::Checked>> EngineTrees::check(InboxId inbox)
{
    const maildir::CheckInbox request{.inbox = inbox};
    co_return co_await household_.ask_for<maildir::Checked>(Program::store, request);
}

} // namespace metka::metkad
