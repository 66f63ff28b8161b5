#include "daemon/store/notices.h"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

#include "core/sys/log.h"

namespace metka::store {

using namespace maildir;

namespace {

constexpr std::uint64_t telling_percent = 90;
constexpr std::uint64_t rearming_percent = 85;
constexpr std::size_t most_rows = 100; // fit a frame: a log-in has at most 320 bytes
constexpr std::array<std::string_view, static_cast<std::size_t>(Notice::count_)> names{
    "near_expiry", "expired", "nearly_full", "certificate", "sending_limit", "sender_limited"};

// To the operator, of somebody or something else than the inbox it goes to.
bool is_to_operator(Notice notice)
{
    return notice == Notice::certificate || notice == Notice::sender_limited;
}

Bytes share(Bytes whole, std::uint64_t percent)
{
    return {whole.count / 100 * percent + whole.count % 100 * percent / 100};
}

// The letter's name in the inbox follows from what it says.
MessageId letter_id(const NoticeKey& key)
{
    const auto text = fmt::format("metka notice {} {} {} {} {}", key.inbox.hex(),
                                  static_cast<int>(key.notice), key.about, key.days, key.round);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(digest.begin(), bytes.size(), bytes.begin());
    return MessageId(Id::from_bytes(bytes));
}

NoticeKey key_of(const SendNotice& notice)
{
    return {.inbox = notice.inbox,
            .notice = notice.notice,
            .about = notice.of.empty() ? notice.about : notice.about + " " + notice.of,
            .days = notice.days};
}

// A letter to the operator goes to a person who reads the operator's language, whosever the inbox is.
Addressee in_language(Addressee to, std::string_view name_of_it)
{
    to.record.language = language_named(name_of_it).value_or(to.record.language);
    return to;
}

NoticeSent sent_at(Instant at, bool now)
{
    NoticeSent sent;
    sent.at = static_cast<std::uint64_t>(to_unix_ms(at));
    sent.now = now;
    return sent;
}

} // namespace

Result<Addressee> addressee_in(directory::Directory& directory, const InboxId& inbox)
{
    const auto record = directory.inbox(inbox);
    if (!record) return pass(record);
    if (!*record) return fail(Fault::not_found, "there is no inbox {}", inbox.hex());
    auto facts = facts_with_space_of(directory, **record);
    if (!facts) return pass(facts);
    return Addressee{.record = **record, .facts = std::move(*facts)};
}

void Notices::write_from(Operator from)
{
    from_ = std::make_shared<const Operator>(std::move(from));
}

Result<Addressee> open_addressee_in(directory::Directory& directory, const InboxId& inbox)
{
    auto to = addressee_in(directory, inbox);
    if (!to) return to;
    const auto open = must_be_open(to->facts);
    if (!open) return pass(open);
    return to;
}

Result<NoticeSent> Notices::send(const Addressee& to, const NoticeKey& key, Letter letter)
{
    letter.id = letter_id(key);
    letter.written = clock_.now();
    letter.account = to.record;
    letter.notice = key.notice;
    const auto put = store_.put(to.facts, letter.id, write(letter, *from_.load()));
    if (!put) return pass(put);
    const auto noted = memory_.add(key, to.record.login, letter.written);
    if (!noted) return pass(noted);
    sys::log(sys::Level::info, "store.notice_sent",
             {{"account", to.record.login},
              {"notice", names.at(static_cast<std::size_t>(key.notice))},
              {"about", key.about}});
    return sent_at(letter.written, true);
}

Result<NoticeSent> Notices::send(const Addressee& to, const SendNotice& notice)
{
    if (notice.notice == Notice::nearly_full)
        return fail(Fault::invalid, "the mail store itself sees when an inbox is nearly full");
    if (is_to_operator(notice.notice) == notice.of.empty())
        return fail(Fault::invalid, "a notice to the operator, and no other, names what it is of");
    const auto about = Date::parse(notice.about);
    if (!about) return pass(about);
    const std::scoped_lock lock(sending_);
    const auto key = key_of(notice);
    const auto before = memory_.find(key);
    if (!before) return pass(before);
    if (*before) return sent_at(**before, false);
    return send(in_language(to, notice.language), key,
                Letter{.about = *about,
                       .days = notice.left,
                       .of = notice.of,
                       .hours = notice.hours,
                       .is_over = notice.notice == Notice::certificate && notice.days == 0});
}

Result<NoticeSent> Notices::sent(const SendNotice& notice)
{
    const auto at = memory_.find(key_of(notice));
    if (!at) return pass(at);
    return *at ? sent_at(**at, false) : NoticeSent{};
}

Result<std::vector<NoticeRow>> Notices::list(const ListNotices& asked)
{
    return memory_.list(asked.inbox, asked.before, most_rows);
}

// A mailbox has its capacity; the inbox of a shell account speaks for the whole space.
Notices::Level Notices::own_level(const InboxFacts& facts, const MaildirStore::Fullness& fullness)
{
    const auto& inbox = facts.place;
    const bool is_shell = inbox.inbox_kind == directory::InboxKind::shell;
    if (is_shell && facts.space)
        return {.inbox = inbox.inbox, .used = fullness.space, .most = facts.space->limit};
    return {.inbox = inbox.inbox, .used = fullness.inbox.used, .most = facts.capacity};
}

bool Notices::wants_notice(const Level& level)
{
    if (!level.most || level.most->count == 0) return false;
    const bool is_told = memory_.filling(level.inbox).is_told;
    if (is_told && level.used < share(*level.most, rearming_percent)) {
        const auto ended = memory_.end_round(level.inbox);
        if (!ended)
            sys::log(sys::Level::warning, "store.notice_failed",
                     {{"inbox", level.inbox.hex()}, {"reason", ended.error().text}});
    }
    return !is_told && level.used >= share(*level.most, telling_percent);
}

Result<Checked> Notices::check(const Addressee& to)
{
    const auto fullness = store_.fullness(to.facts, UsageBook::Asked::anew);
    if (!fullness) return pass(fullness);
    Checked checked;
    checked.used = fullness->inbox.used;
    checked.messages = fullness->inbox.messages;
    checked.skipped = fullness->inbox.skipped;
    const bool is_shell = to.facts.place.inbox_kind == directory::InboxKind::shell;
    if (is_shell) checked.space = fullness->space;

    const auto level = own_level(to.facts, *fullness);
    const std::scoped_lock lock(sending_);
    if (!wants_notice(level)) return checked;
    const NoticeKey key{
        .inbox = level.inbox, .notice = Notice::nearly_full, .round = memory_.filling(level.inbox).round};
    const auto told = send(to, key, Letter{.used = level.used, .most = *level.most});
    checked.noticed = told.has_value();
    if (told) return checked;
    checked.untold = told.error().text; // a user can fill a home up to the kernel's fence
    sys::log(sys::Level::warning, "store.notice_failed",
             {{"inbox", level.inbox.hex()}, {"reason", checked.untold}});
    return checked;
}

std::vector<InboxId> Notices::to_be_told(const std::vector<InboxFacts>& changed)
{
    std::vector<InboxId> told;
    for (const auto& facts : changed) {
        const auto fullness = store_.fullness(facts);
        if (!fullness) continue; // whoever uses it next hears why
        if (wants_notice(own_level(facts, *fullness))) told.push_back(facts.place.inbox);
        const bool is_free = facts.space && facts.place.inbox_kind == directory::InboxKind::mailbox;
        if (!is_free) continue;
        const auto shell = facts.space->inbox.inbox;
        if (wants_notice({.inbox = shell, .used = fullness->space, .most = facts.space->limit}))
            told.push_back(shell);
    }
    std::ranges::sort(told);
    const auto twice = std::ranges::unique(told);
    told.erase(twice.begin(), twice.end());
    return told;
}

} // namespace metka::store
