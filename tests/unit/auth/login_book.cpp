#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "daemon/auth/login_diary.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using login::Service;

namespace {

const auto noon = directory::noon;
const auto anna = InboxId::make(noon);
const auto biuro = InboxId::make(noon);
const Id main_password;
const auto phone = Id::make(noon);

std::unique_ptr<LoginMemory> open(const TestFolder& folder)
{
    auto memory = LoginMemory::open(folder.file("logins.db"));
    REQUIRE(memory);
    return std::move(*memory);
}

// A book that is read from the folder, as metka-auth does at its start.
struct Written {
    explicit Written(const TestFolder& folder) : diary(loop.get_executor(), book, open(folder)) {}
    asio::io_context loop;
    LoginBook book;
    LoginDiary diary;
};

} // namespace

TEST_CASE("the last log-in of an account is its newest by any password and service")
{
    LoginBook book;
    CHECK_FALSE(book.last(anna));
    book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    book.note(anna, phone, Service::submission, "192.0.2.2", noon + 1s);
    book.note(biuro, main_password, Service::pop3, "192.0.2.3", noon + 2s);
    CHECK(book.last(anna) == LastLogin{phone, Service::submission, noon + 1s, "192.0.2.2"});
    CHECK(book.last(anna, main_password) == LastLogin{main_password, Service::pop3, noon, "192.0.2.1"});
    CHECK(book.last(anna, Service::pop3)->peer == "192.0.2.1");
    CHECK_FALSE(book.last(biuro, phone));
    CHECK_FALSE(book.last(biuro, Service::submission));
}

TEST_CASE("what is forgotten of an account or of a password is gone, and the rest stays")
{
    LoginBook book;
    book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    book.note(anna, phone, Service::pop3, "192.0.2.2", noon + 1s);
    book.note(biuro, main_password, Service::pop3, "192.0.2.3", noon);
    book.forget(anna, phone);
    CHECK(book.last(anna)->peer == "192.0.2.1");
    book.forget(anna);
    CHECK_FALSE(book.last(anna));
    CHECK(book.last(biuro));
    CHECK(book.size() == 1);
}

TEST_CASE("each log-in is to be written down once, and again if that failed")
{
    LoginBook book;
    book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    book.note(anna, main_password, Service::pop3, "192.0.2.1", noon + 1s);
    auto taken = book.take_unsaved();
    REQUIRE(taken.noted.size() == 1);
    CHECK(taken.noted[0].login.at == noon + 1s);
    CHECK_FALSE(book.has_unsaved());
    book.give_back(std::move(taken));
    CHECK(book.take_unsaved().noted.size() == 1);
}

TEST_CASE("what could not be written down gives way to what came meanwhile, also to a removal")
{
    LoginBook book;
    book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    book.note(biuro, main_password, Service::pop3, "192.0.2.1", noon);
    auto taken = book.take_unsaved();
    book.note(anna, main_password, Service::pop3, "192.0.2.2", noon + 1s);
    book.forget(biuro);
    book.give_back(std::move(taken));
    const auto again = book.take_unsaved();
    REQUIRE(again.noted.size() == 1);
    CHECK(again.noted[0].login.peer == "192.0.2.2");
    CHECK(again.forgotten == std::vector<ForgottenLogins>{{.account = biuro, .key = std::nullopt}});
}

TEST_CASE("a full book forgets who was there longest ago")
{
    constexpr std::size_t most = 64;
    LoginBook book(most);
    std::vector<InboxId> accounts;
    for (std::size_t i = 0; i <= most; ++i) {
        accounts.push_back(InboxId::make(noon));
        book.note(accounts.back(), main_password, Service::pop3, "192.0.2.1", noon + i * 1s);
    }
    CHECK(book.size() <= most);
    CHECK_FALSE(book.last(accounts.front()));
    CHECK(book.last(accounts.back()));
    CHECK(book.last(accounts[most / 2]));
}

TEST_CASE("what a program says about a peer is kept short")
{
    LoginBook book;
    book.note(anna, main_password, Service::pop3, std::string(1000, 'x'), noon);
    CHECK(book.last(anna)->peer.size() == LoginBook::most_peer_bytes);
}

TEST_CASE("a book that ended in good order is read back whole")
{
    const TestFolder folder;
    {
        Written before(folder);
        before.book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
        before.book.note(anna, phone, Service::submission, "2001:db8::1", noon + 1s);
        before.book.note(biuro, main_password, Service::pop3, "192.0.2.3", noon);
        before.diary.written().stop();
    }
    {
        Written after(folder);
        CHECK(after.book.last(anna) == LastLogin{phone, Service::submission, noon + 1s, "2001:db8::1"});
        CHECK(after.book.last(anna, main_password)->at == noon);
        CHECK_FALSE(after.book.has_unsaved());
        after.book.forget(anna, phone);
        after.book.forget(biuro);
        after.diary.written().stop();
    }
    const Written last(folder);
    CHECK_FALSE(last.book.last(anna, phone));
    CHECK(last.book.last(anna)->peer == "192.0.2.1");
    CHECK_FALSE(last.book.last(biuro));
}

TEST_CASE("of two that write at an upgrade the newer log-in stays")
{
    const TestFolder folder;
    Written older(folder);
    Written newer(folder);
    older.book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    newer.book.note(anna, main_password, Service::pop3, "192.0.2.2", noon + 1s);
    newer.diary.written().save_now();
    older.diary.written().stop();
    CHECK(Written(folder).book.last(anna)->peer == "192.0.2.2");
}

TEST_CASE("a log-in that is noted while the program ends is written down at once")
{
    const TestFolder folder;
    Written ending(folder);
    ending.diary.written().noted();
    ending.book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    ending.diary.written().noted();
    CHECK_FALSE(Written(folder).book.last(anna));
    ending.diary.written().stop();
    ending.book.note(biuro, main_password, Service::pop3, "192.0.2.1", noon);
    ending.diary.written().noted();
    CHECK(Written(folder).book.last(biuro));
}

TEST_CASE("what was forgotten is not read back before that is written down")
{
    const TestFolder folder;
    Written here(folder);
    here.book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    here.book.note(anna, phone, Service::pop3, "192.0.2.2", noon + 1s);
    here.book.note(biuro, main_password, Service::pop3, "192.0.2.3", noon);
    here.diary.written().save_now();
    here.book.forget(anna, phone);
    here.book.forget(biuro);
    here.diary.reread(anna);
    here.diary.reread(biuro);
    CHECK(here.book.last(anna)->peer == "192.0.2.1");
    CHECK_FALSE(here.book.last(biuro));
    here.diary.written().stop();
}

TEST_CASE("no more is read back than is asked for, and what is older goes")
{
    const TestFolder folder;
    const auto memory = open(folder);
    LoginBook::Unsaved unsaved;
    for (int i = 0; i < 5; ++i)
        unsaved.noted.push_back({InboxId::make(noon), {{}, Service::pop3, noon + i * 1s, "192.0.2.1"}});
    REQUIRE(memory->write(unsaved));
    const auto kept = memory->newest(2);
    REQUIRE(kept);
    REQUIRE(kept->size() == 2);
    CHECK((*kept)[0].login.at == noon + 4s);
    CHECK(memory->newest(5)->size() == 2);
}

TEST_CASE("nothing is written down while nothing has changed, and a moment later what has")
{
    const TestFolder folder;
    Written here(folder);
    net::spawn(here.loop.get_executor(), here.diary.written().run(), "last log-ins");
    here.loop.poll();
    here.book.note(anna, main_password, Service::pop3, "192.0.2.1", noon);
    here.loop.poll();
    CHECK_FALSE(Written(folder).book.last(anna));
    here.diary.written().stop();
    here.loop.run();
    CHECK(Written(folder).book.last(anna));
}
