#include "tests/unit/household/store_process.h"

#include <grp.h>

#include <doctest/doctest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/directory/sqlite_directory.h"
#include "core/sys/confine.h"
#include "core/sys/file.h"

namespace metka::household {

using namespace maildir;

namespace {

bool is_root()
{
    return getuid() == 0;
}

std::string me()
{
    return getpwuid(getuid())->pw_name;
}

std::string my_group()
{
    return getgrgid(getgid())->gr_name;
}

} // namespace

Result<sys::Frame> opened_inbox(Peer& session)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
        auto opened = session.ask(OpenInbox{});
        if (opened || opened.error().fault != Fault::conflict) return opened;
        if (std::chrono::steady_clock::now() > end) return opened;
    }
}

settings::Settings StoreProcess::settings() const
{
    settings::Settings made;
    made.state_folder = folder_.path();
    made.operator_host = "mail.test";
    made.users_store = is_root() ? "daemon" : me(); // two users that every Debian has
    made.users_smtp = made.users_access = made.users_auth = is_root() ? "nobody" : me();
    made.users_directory_group = is_root() ? "nogroup" : my_group();
    return made;
}

StoreProcess::StoreProcess()
{
    make_state();
    process_ = another();
    make_inbox(mine_);
    make_inbox(other_);
}

std::unique_ptr<ChildProcess> StoreProcess::another() const
{
    const auto file = settings::render(settings(), settings::Reader::store, 1);
    auto process = std::make_unique<ChildProcess>(METKA_STORE, file, path("instance.lock"));
    process->start();
    return process;
}

void StoreProcess::make_state()
{
    REQUIRE(chmod(folder_.path().c_str(), 0711) == 0);
    for (const auto* const name : {"directory", "mail", "store"})
        REQUIRE(mkdir(path(name).c_str(), 0700) == 0);
    sqlite::Ownership ownership{.mode = 0640};
    if (is_root()) {
        const auto store = sys::identity_of("daemon", {"nogroup"});
        REQUIRE(store);
        ownership.group = store->groups.front();
        for (const auto* const name : {"mail", "store"})
            REQUIRE(chown(path(name).c_str(), store->uid, store->gid) == 0);
        REQUIRE(chown(path("directory").c_str(), 0, store->groups.front()) == 0);
        REQUIRE(chmod(path("directory").c_str(), 0750) == 0);
    }
    auto registry = directory::open_registry(path("directory/metka.db"), ownership);
    REQUIRE(registry);
    registry_ = std::move(*registry);

    const directory::People people;
    REQUIRE(people.move_in(*registry_));
    auto second = people.sklep;
    second.id = InboxId::make(directory::noon);
    second.address = directory::address("drugi@moja-firma.lublin.pl");
    second.host_name = "drugi";
    auto entry = directory::by_root("mailbox add");
    REQUIRE(registry_->change(entry, [&](directory::Changes& changes) { return changes.add(second); }));
    mine_ = people.sklep.id;
    other_ = second.id;
}

void StoreProcess::make_inbox(const InboxId& inbox)
{
    MakeInbox request;
    request.inbox = inbox;
    const auto made = metkad().ask(request);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text));
}

Peer StoreProcess::session(const InboxId& inbox)
{
    auto pair = sys::make_wire();
    REQUIRE(pair);
    auto granting = auth();
    const auto granted = granting.ask(GrantInbox{inbox}, std::move(pair->other));
    REQUIRE_MESSAGE(granted, (granted ? "" : granted.error().text));
    return Peer(std::move(pair->one));
}

void StoreProcess::deliver(const InboxId& inbox, std::string_view text)
{
    auto wire = smtp();
    const auto transaction = MessageId::make(SystemClock().now());
    REQUIRE(
        wire.ask(PromiseRoom{.transaction = transaction, .inboxes = {inbox}, .octets = Bytes{text.size()}}));
    {
        const auto opened = wire.ask(OpenMessage{.transaction = transaction, .first = inbox});
        REQUIRE(opened);
        REQUIRE(sys::write_whole(opened->descriptors[0].get(), text, 0));
    }
    const auto committed = wire.ask(CommitMessage{
        .transaction = transaction, .inboxes = {inbox}, .size = Bytes{text.size()}, .lines = 1});
    REQUIRE_MESSAGE(committed, (committed ? "" : committed.error().text));
}

std::vector<std::string> StoreProcess::names(const InboxId& inbox)
{
    auto wire = session(inbox);
    const auto opened = opened_inbox(wire);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text));
    const auto answer = wire.ask(ListUids{.from = 0, .most = 1000});
    REQUIRE(answer);
    const auto uids = sys::decode<UidsListed>(*answer);
    REQUIRE(uids);
    std::vector<std::string> found;
    for (const auto uid : split(uids->lines, '\n'))
        if (!uid.empty()) found.emplace_back(uid);
    return found;
}

std::vector<std::string> StoreProcess::texts(const InboxId& inbox)
{
    auto wire = session(inbox);
    const auto answer = opened_inbox(wire);
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().text));
    const auto opened = sys::decode<InboxOpened>(*answer);
    REQUIRE(opened);
    std::vector<std::string> found;
    for (MessageIndex index = 0; index < opened->messages; ++index) {
        const auto message = wire.ask(ReadMessage{index});
        REQUIRE(message);
        const auto text = sys::read_whole(message->descriptors[0].get(), 1_MiB);
        REQUIRE(text);
        found.push_back(*text);
    }
    return found;
}

} // namespace metka::household
