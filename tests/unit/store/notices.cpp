#include "daemon/store/notices.h"

#include "core/base/text.h"
#include "core/sys/frame.h"
#include "core/wire/base64.h"
#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
using store::Addressee;

namespace {

// A store that writes notices.
struct Office {
    Scratch scratch;
    std::unique_ptr<store::Notices> notices = open();

    std::unique_ptr<store::Notices> open()
    {
        auto memory = store::NoticeMemory::open(scratch.folder.path() / "memory.db");
        if (!memory) FAIL(memory.error().text);
        store::Operator from{.host = "mail.example",
                             .domain = *DomainName::parse("man.example"),
                             .inbox = *Address::parse("poczta@man.example")};
        return std::make_unique<store::Notices>(std::move(*memory), *scratch.store, scratch.clock, from);
    }
    Addressee mailbox(Capacity capacity, Language language = Language::polish, InboxId shell = {})
    {
        const auto facts = scratch.mailbox(capacity, shell);
        auto& record = scratch.directory.records[facts.place.inbox];
        record.login = "biuro@firma.example";
        record.language = language;
        return reread(facts.place.inbox);
    }
    Addressee reread(const InboxId& inbox)
    {
        auto to = store::addressee_in(scratch.directory, inbox);
        REQUIRE(to);
        return std::move(*to);
    }
    SendNotice notice(const Addressee& to, Notice kind = Notice::near_expiry, std::uint64_t days = 7)
    {
        SendNotice notice;
        notice.inbox = to.record.id;
        notice.notice = kind;
        notice.about = "2027-12-31";
        notice.days = days;
        notice.left = days;
        return notice;
    }
    std::string letter(const Addressee& to, std::size_t index = 0)
    {
        const auto inbox = scratch.store->inbox(to.facts);
        const auto opened = (*inbox)->open();
        REQUIRE(opened);
        REQUIRE(opened->messages > index);
        return scratch.content(**inbox, static_cast<MessageIndex>(index));
    }
    std::size_t letters(const Addressee& to) { return scratch.files(to.facts).size(); }
    Checked check(const Addressee& to)
    {
        auto checked = notices->check(reread(to.record.id));
        REQUIRE(checked);
        return *checked;
    }
    void fill(const Addressee& to, std::size_t size)
    {
        REQUIRE(scratch.deliver({to.facts}, std::string(size - 1, 'x') + "\n"));
    }
    void empty(const Addressee& to)
    {
        for (const auto& entry : std::filesystem::directory_iterator(scratch.maildir(to.facts) / "new"))
            std::filesystem::remove(entry.path());
    }
};

// The text of a header of encoded words.
std::string decoded(std::string_view header)
{
    std::string text;
    for (auto at = header.find("?B?"); at != std::string_view::npos; at = header.find("?B?", at)) {
        const auto end = header.find("?=", at);
        REQUIRE(end != std::string_view::npos);
        text += *wire::decode_base64(header.substr(at + 3, end - at - 3));
        at = end;
    }
    return text;
}

} // namespace

TEST_CASE("a notice is a whole message in the account's language")
{
    Office office;
    const auto to = office.mailbox({});
    const auto sent = office.notices->send(to, office.notice(to));
    REQUIRE(sent);
    CHECK(sent->now);
    const auto letter = office.letter(to);
    const auto head = letter.substr(0, letter.find("\n\n"));
    CHECK(head.starts_with("Return-Path: <>\nFrom: Administrator poczty <poczta@man.example>\n"
                           "To: <biuro@firma.example>\nSubject: =?UTF-8?B?"));
    for (const auto* const line :
         {"\nDate: Fri, 21 Nov 2025 22:43:20 +0000\n", "\nMessage-ID: <", "@mail.example>\n",
          "\nAuto-Submitted: auto-generated\n", "\nMIME-Version: 1.0\n",
          "\nContent-Type: text/plain; charset=UTF-8\n", "\nContent-Transfer-Encoding: 8bit\n"})
        CHECK(head.find(line) != std::string::npos);
    CHECK(decoded(head) == "Skrzynka biuro@firma.example jest ważna tylko do 31 grudnia 2027");
    CHECK(letter.find("jest ważna do 31 grudnia 2027 włącznie:\npozostało 7 dni.") != std::string::npos);
    CHECK(letter.find("poproś o jej przedłużenie: poczta@man.example") != std::string::npos);
    for (const auto line : std::views::split(letter, '\n'))
        CHECK(std::ranges::distance(line) < 160);

    const auto english = office.mailbox({}, Language::english);
    REQUIRE(office.notices->send(english, office.notice(english, Notice::expired, 1)));
    const auto other = office.letter(english);
    CHECK(other.find("\nSubject: The mailbox biuro@firma.example has expired\n") != std::string::npos);
    CHECK(other.find("For 1 more day what lies in it can be read") != std::string::npos);
    CHECK(other.find("From: Mail administrator <") != std::string::npos);
}

TEST_CASE("a header of other letters is cut between characters into words of at most 75 bytes")
{
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += i % 2 == 0 ? "ąę" : "x€";
    const auto header = store::header_text(text);
    CHECK(decoded(header) == text);
    for (const auto part : std::views::split(header, '\n')) {
        const std::string word(part.begin(), part.end());
        CHECK(word.size() <= 76); // with the space in front
        CHECK(is_utf8(decoded(word)));
    }
    CHECK(store::header_text("plain") == "plain");
}

TEST_CASE("a notice is sent once for each inbox, kind, day and number of days")
{
    Office office;
    const auto to = office.mailbox(Bytes{1});
    const auto notice = office.notice(to);
    CHECK(office.notices->sent(notice)->at == 0);
    const auto first = office.notices->send(to, notice); // past any capacity
    REQUIRE(first);
    office.scratch.clock.advance(std::chrono::hours(1));
    const auto again = office.notices->send(to, notice);
    REQUIRE(again);
    CHECK_FALSE(again->now);
    CHECK(again->at == first->at);
    CHECK(office.notices->sent(notice)->at == first->at);
    CHECK(office.letters(to) == 1);
    CHECK(office.notices->send(to, office.notice(to, Notice::near_expiry, 1))->now);
    CHECK(office.notices->send(to, office.notice(to, Notice::expired, 7))->now);
    CHECK(office.letters(to) == 3);

    office.notices = office.open(); // restarted
    CHECK_FALSE(office.notices->send(to, notice)->now);
    CHECK(office.letters(to) == 3);
}

TEST_CASE("a notice about no day, or of a kind that the store itself sends, is refused")
{
    Office office;
    const auto to = office.mailbox({});
    auto notice = office.notice(to);
    notice.about = "soon";
    CHECK(fault_of(office.notices->send(to, notice)) == Fault::invalid);
    CHECK(fault_of(office.notices->send(to, office.notice(to, Notice::nearly_full))) == Fault::invalid);
    CHECK(office.letters(to) == 0);
}

TEST_CASE("whichever call fails while a notice is sent, sending it again leaves one letter")
{
    Office office;
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        const auto to = office.mailbox({});
        office.scratch.disk.fail_call(n, EIO);
        const auto sent = office.notices->send(to, office.notice(to));
        const bool fired = office.scratch.disk.has_failed();
        office.scratch.disk.work();
        CHECK(sent.has_value() == !fired);
        const auto again = office.notices->send(to, office.notice(to));
        REQUIRE(again);
        CHECK(again->now == fired);
        CHECK(office.letters(to) == 1);
        CHECK(office.notices->sent(office.notice(to))->at > 0);
        if (!fired) break;
    }
}

TEST_CASE("a crash between the letter and its row gives no second letter, wherever the first was moved")
{
    Office office;
    const auto to = office.mailbox({});
    REQUIRE(office.notices->send(to, office.notice(to)));
    const auto name = office.scratch.files(to.facts).at(0);
    const auto maildir = office.scratch.maildir(to.facts);
    std::filesystem::rename(maildir / "new" / name, maildir / "cur" / (name + ":2,S"));
    std::filesystem::remove(office.scratch.folder.path() / "memory.db"); // the row was never written
    for (const auto* const suffix : {"memory.db-wal", "memory.db-shm"})
        std::filesystem::remove(office.scratch.folder.path() / suffix);
    office.notices = office.open();
    office.scratch.clock.advance(std::chrono::hours(1));
    CHECK(office.notices->send(to, office.notice(to))->now);
    CHECK(office.letters(to) == 0);
    CHECK(office.scratch.files(to.facts, "cur").size() == 1);
}

TEST_CASE("who is nearly full is told once, and again after it fell below 85 %")
{
    Office office;
    const auto to = office.mailbox(Bytes{10'000});
    office.fill(to, 8'999);
    CHECK_FALSE(office.check(to).noticed);
    office.fill(to, 1);
    CHECK(office.notices->to_be_told({to.facts}) == std::vector{to.record.id});
    office.scratch.clock.advance(std::chrono::seconds(1)); // within one second, letters lie in any order
    const auto checked = office.check(to);
    CHECK(checked.noticed);
    CHECK(checked.used == Bytes{9'000});
    CHECK(checked.messages == 2);
    CHECK(office.notices->to_be_told({to.facts}).empty());
    CHECK_FALSE(office.check(to).noticed);
    CHECK(office.letters(to) == 3);
    const auto letter = office.letter(to, 2);
    CHECK(decoded(letter.substr(0, letter.find("\n\n"))) == "Skrzynka biuro@firma.example jest prawie pełna");
    CHECK(letter.find("(90%)") != std::string::npos);

    office.notices = office.open(); // restarted
    CHECK_FALSE(office.check(to).noticed);
    office.empty(to);
    office.fill(to, 8'500); // not below 85 %
    CHECK_FALSE(office.check(to).noticed);
    office.fill(to, 600);
    CHECK_FALSE(office.check(to).noticed);
    office.empty(to);
    office.fill(to, 8'000);
    CHECK(office.notices->to_be_told({to.facts}).empty()); // armed again
    CHECK_FALSE(office.notices->is_told(to.record.id));
    office.fill(to, 1'100);
    CHECK(office.check(to).noticed);
    ListNotices all;
    CHECK(office.notices->list(all)->size() == 2);
}

TEST_CASE("whichever call fails while a user is told of a full inbox, the next look tells once")
{
    Office office;
    int counted_and_untold = 0;
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        const auto to = office.mailbox(Bytes{1'000});
        office.fill(to, 950);
        office.scratch.disk.fail_call(n, ENOSPC);
        const auto checked = office.notices->check(to);
        const bool fired = office.scratch.disk.has_failed();
        office.scratch.disk.work();
        if (checked) CHECK(checked->noticed == checked->untold.empty());
        if (checked && !checked->noticed) {
            CHECK(checked->used == Bytes{950}); // there was no room for the letter, and the count is right
            ++counted_and_untold;
        }
        (void)office.check(to);
        CHECK(office.notices->is_told(to.record.id));
        CHECK(office.letters(to) == 2);
        if (!fired) break;
    }
    CHECK(counted_and_untold > 0);
}

TEST_CASE("a space that is nearly full is told of in the shell inbox, whichever of its inboxes filled it")
{
    Office office;
    const auto shell = office.scratch.shell_inbox(4242).place.inbox;
    auto& record = office.scratch.directory.records[shell];
    record.login = "anna";
    record.language = Language::english;
    auto& space = office.scratch.directory.spaces[shell];
    space.limit = Bytes{10'000};
    space.home = Bytes{5'000};
    const auto box = office.mailbox(Bytes{9'000}, Language::polish, shell);
    space.boxes.push_back(box.record.id);
    office.fill(box, 4'000);
    const auto facts = office.reread(box.record.id).facts;
    CHECK(office.notices->to_be_told({facts}) == std::vector{shell});
    const auto to = office.reread(shell);
    const auto checked = office.check(to);
    CHECK(checked.noticed);
    CHECK(checked.used == Bytes{0});
    CHECK(checked.space == Bytes{9'000});
    CHECK(office.letters(box) == 1);
    CHECK(office.letters(to) == 1);
    const auto letter = office.letter(to);
    CHECK(letter.find("\nTo: <anna@man.example>\nSubject: The account anna is nearly full\n") !=
          std::string::npos);
    CHECK(letter.find("(90 %)") != std::string::npos);
    CHECK(office.check(office.reread(box.record.id)).space == Bytes{0});
}

TEST_CASE("notices are listed newest first, of one inbox or of everybody, page by page")
{
    Office office;
    const auto one = office.mailbox({}), other = office.mailbox({});
    for (std::uint64_t days = 1; days <= 120; ++days)
        REQUIRE(office.notices->send(days % 2 == 0 ? one : other,
                                     office.notice(days % 2 == 0 ? one : other, Notice::near_expiry, days)));
    ListNotices asked;
    std::vector<NoticeRow> all;
    for (;;) {
        const auto rows = office.notices->list(asked);
        REQUIRE(rows);
        if (rows->empty()) break;
        Notices page{.rows = *rows};
        CHECK(sys::encode(page).fits());
        all.insert(all.end(), rows->begin(), rows->end());
        asked.before = all.back().place;
    }
    REQUIRE(all.size() == 120);
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i].days == 120 - i);
    CHECK(all.front().login == "biuro@firma.example");
    CHECK(all.front().about == "2027-12-31");
    ListNotices own;
    own.inbox = one.record.id;
    const auto rows = office.notices->list(own);
    REQUIRE(rows->size() == 60);
    CHECK(std::ranges::all_of(*rows, [&](const auto& row) { return row.inbox == one.record.id; }));
    REQUIRE(office.scratch.store->remove(one.facts.place));
    CHECK(office.notices->list(own)->size() == 60); // history stays
}

TEST_CASE(
    "a notice in a shell inbox has the group and the mode of delivered mail (as root, which can make one)")
{
    if (geteuid() != 0) return;
    Office office;
    const auto shell = office.scratch.shell_inbox(4242);
    for (const auto* sub : {"new", "tmp"}) {
        REQUIRE(chown((office.scratch.maildir(shell) / sub).c_str(), 0, 4242) == 0);
        REQUIRE(chmod((office.scratch.maildir(shell) / sub).c_str(), 02770) == 0);
    }
    REQUIRE(office.scratch.store->put(shell, office.scratch.next_id(), "Subject: x\n\nx\n"));
    struct stat status{};
    const auto path = office.scratch.maildir(shell) / "new" / office.scratch.files(shell).at(0);
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK(status.st_gid == 4242);
    CHECK((status.st_mode & 07777) == 0440);
}

TEST_CASE("the operator is told of a certificate in the operator's language, once for each host and day")
{
    Office office;
    const auto to = office.mailbox(Bytes{1}, Language::english);
    auto notice = office.notice(to, Notice::certificate, 7);
    notice.left = 5;
    notice.of = "mail.example.org";
    notice.language = "pl";
    CHECK(office.notices->send(to, notice)->now); // past any capacity
    CHECK_FALSE(office.notices->send(to, notice)->now);
    const auto letter = office.letter(to);
    CHECK(letter.find("\nSubject: Certyfikat serwera mail.example.org wygasa dnia 31 grudnia 2027\n") !=
          std::string::npos);
    CHECK(letter.find(
              "Certyfikat TLS serwera mail.example.org wygasa dnia 31 grudnia 2027:\npozostało 5 dni.") !=
          std::string::npos);
    CHECK(letter.find("Metka sama zacznie") != std::string::npos);

    notice.of = "smtp.example.org";
    CHECK(office.notices->send(to, notice)->now);
    notice.days = 0;
    CHECK(office.notices->send(to, notice)->now);
    const auto rows = office.notices->list({});
    REQUIRE(rows);
    REQUIRE(rows->size() == 3);
    CHECK(rows->front().notice == Notice::certificate);
    CHECK(rows->front().about == "2027-12-31 smtp.example.org");
    CHECK(office.notices->sent(notice)->at != 0);
}

TEST_CASE("the letter of a certificate that has ended says so in English, too")
{
    Office office;
    const auto to = office.mailbox({});
    auto notice = office.notice(to, Notice::certificate, 0);
    notice.of = "mail.example.org";
    notice.language = "en";
    REQUIRE(office.notices->send(to, notice));
    const auto letter = office.letter(to);
    CHECK(letter.find("\nSubject: The server certificate of mail.example.org has expired\n") !=
          std::string::npos);
    CHECK(letter.find("expired on 31 December 2027.") != std::string::npos);
    CHECK(letter.find("without a restart.") != std::string::npos);
}

TEST_CASE("an owner is told of a sending limit once a day, the operator of each account's once a day")
{
    Office office;
    const auto to = office.mailbox({});
    auto notice = office.notice(to, Notice::sending_limit, 0);
    CHECK(office.notices->send(to, notice)->now);
    notice.hours = 24; // another limit of the same day
    CHECK_FALSE(office.notices->send(to, notice)->now);
    notice.about = "2028-01-01";
    CHECK(office.notices->send(to, notice)->now);
    notice.notice = Notice::sender_limited;
    CHECK(fault_of(office.notices->send(to, notice)) == Fault::invalid);
    for (const auto* const of : {"sklep@firma.example", "kadry@firma.example"}) {
        notice.of = of;
        CHECK(office.notices->send(to, notice)->now);
        CHECK_FALSE(office.notices->send(to, notice)->now);
    }
    CHECK(office.letters(to) == 4);
}

TEST_CASE("a notice of a certificate names its host, and no other notice does")
{
    Office office;
    const auto to = office.mailbox({});
    CHECK(fault_of(office.notices->send(to, office.notice(to, Notice::certificate))) == Fault::invalid);
    auto notice = office.notice(to);
    notice.of = "mail.example.org";
    CHECK(fault_of(office.notices->send(to, notice)) == Fault::invalid);
}
