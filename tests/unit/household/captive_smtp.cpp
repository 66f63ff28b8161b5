// A metka-smtp that was taken over: what it can do to mail that is stored, with the real metka-store and the
// real confinement between them.

#include <array>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/confine.h"
#include "core/sys/file.h"
#include "daemon/smtp/posture.h"
#include "tests/unit/household/store_process.h"

using namespace metka;
using namespace metka::household;
using namespace metka::maildir;

namespace {

constexpr std::string_view text = "Subject: hello\n";

MessageId new_transaction()
{
    return MessageId::make(SystemClock().now());
}

CommitMessage commit_of(const MessageId& transaction, std::vector<InboxId> inboxes)
{
    return {
        .transaction = transaction, .inboxes = std::move(inboxes), .size = Bytes{text.size()}, .lines = 1};
}

// A message that is open for writing and has been written.
struct Begun {
    Begun(Peer& peer, const InboxId& inbox) : transaction(new_transaction())
    {
        auto opened = peer.ask(OpenMessage{.transaction = transaction, .first = inbox});
        if (!opened) return;
        file = std::move(opened->descriptors[0]);
        CHECK(sys::write_whole(file.get(), text, 0));
    }
    MessageId transaction;
    sys::Descriptor file;
};

} // namespace

TEST_CASE("a commit is refused while its writer keeps the message open, wherever it keeps it")
{
    StoreProcess store;
    auto smtp = store.smtp();
    std::array<int, 2> queue{};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, queue.data()) == 0);
    const sys::Descriptor sending(queue[0]);
    sys::Descriptor receiving(queue[1]);

    Begun open(smtp, store.mine());
    REQUIRE(open.file);
    CHECK_FALSE(smtp.ask(commit_of(open.transaction, {store.mine()})));

    Begun duplicated(smtp, store.mine());
    const auto kept = duplicated.file.duplicate();
    duplicated.file.reset();
    CHECK_FALSE(smtp.ask(commit_of(duplicated.transaction, {store.mine()})));

    Begun in_a_queue(smtp, store.mine());
    sys::Frame frame;
    frame.descriptors[0] = std::move(in_a_queue.file);
    REQUIRE(sys::send_frame(sending.get(), frame) == sys::Passed::whole);
    frame = {};
    CHECK_FALSE(smtp.ask(commit_of(in_a_queue.transaction, {store.mine()})));

    CHECK(store.names(store.mine()).empty());
}

TEST_CASE("a message that was refused once is not stored by asking again")
{
    StoreProcess store;
    auto smtp = store.smtp();
    Begun message(smtp, store.mine());
    CHECK_FALSE(smtp.ask(commit_of(message.transaction, {store.mine()})));
    message.file.reset();
    CHECK_FALSE(smtp.ask(commit_of(message.transaction, {store.mine()})));
    CHECK(store.names(store.mine()).empty());
}

TEST_CASE("what is written is neither read back nor mapped by its writer")
{
    StoreProcess store;
    auto smtp = store.smtp();
    const Begun message(smtp, store.mine());
    char byte = 0;
    CHECK(pread(message.file.get(), &byte, 1, 0) < 0);
    CHECK(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, message.file.get(), 0) == MAP_FAILED);
}

namespace {

// Every way back to a stored message that a process has which once wrote it. Returns those that worked.
std::string reach_again(int written, int by_path)
{
    std::string reached;
    for (const int fd : {written, by_path}) {
        const auto name = "/proc/self/fd/" + std::to_string(fd);
        for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND, O_RDONLY}) {
            const sys::Descriptor again(open(name.c_str(), flags | O_CLOEXEC));
            if (again) reached += "opened with flags " + std::to_string(flags) + "; ";
        }
        if (pwrite(fd, "X", 1, 0) == 1) reached += "written; ";
        if (ftruncate(fd, 0) == 0) reached += "truncated; ";
#ifndef METKA_SANITIZED // then nothing but the mode of the file stands in the way of its own user
        if (fchmod(fd, 0666) == 0) reached += "given another mode; ";
#endif
        const auto link = fmt::format("/tmp/metka-captive-{}", getpid()); // nobody else has made it
        if (linkat(AT_FDCWD, name.c_str(), AT_FDCWD, link.c_str(), AT_SYMLINK_FOLLOW) == 0)
            reached += "linked; ";
    }
    return reached;
}

// In its own process, as metka-smtp: a delivery by the rules, and then an attempt to change it.
std::string deliver_and_return(StoreProcess& store, Peer& smtp)
{
    const auto confined = sys::confine(smtp::posture(store.settings()));
    if (!confined) return confined.error().text;
    Begun message(smtp, store.mine());
    if (!message.file) return "no message was opened";
    const int number = message.file.get();
    const auto name = "/proc/self/fd/" + std::to_string(number);
    const sys::Descriptor second(open(name.c_str(), O_WRONLY | O_CLOEXEC));
    if (second) return "opened a second time while it was being written";
    const sys::Descriptor by_path(open(name.c_str(), O_PATH | O_CLOEXEC));
    message.file.reset();
    const auto committed = smtp.ask(commit_of(message.transaction, {store.mine()}));
    if (!committed) return committed.error().text;
    return "committed; " + reach_again(number, by_path.get());
}

} // namespace

TEST_CASE("a stored message is not reached again by any descriptor that its writer ever had")
{
    StoreProcess store;
    auto smtp = store.smtp();
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const auto captive = fork();
    REQUIRE(captive >= 0);
    if (captive == 0) {
        const auto said = deliver_and_return(store, smtp);
        if (write(ends[1], said.data(), said.size()) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    std::array<char, 1024> room{};
    const auto got = read(ends[0], room.data(), room.size());
    close(ends[0]);
    waitpid(captive, nullptr, 0);
    CHECK(std::string(room.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))) == "committed; ");
    CHECK(store.texts(store.mine()) == std::vector<std::string>{std::string(text)});
}

TEST_CASE("a message is committed by who opened it, once, and to inboxes that there are")
{
    StoreProcess store;
    auto one = store.smtp();
    auto other = store.smtp();
    Begun message(one, store.mine());
    message.file.reset();
    CHECK_FALSE(other.ask(commit_of(message.transaction, {store.mine()})));
    CHECK_FALSE(other.ask(OpenMessage{.transaction = message.transaction, .first = store.mine()}));
    [[maybe_unused]] const auto abandoned = other.ask(AbandonMessage{message.transaction});
    CHECK_FALSE(one.ask(commit_of(new_transaction(), {store.mine()})));
    CHECK(store.names(store.mine()).empty());
    CHECK(one.ask(commit_of(message.transaction, {store.mine()})));
    CHECK_FALSE(one.ask(commit_of(message.transaction, {store.mine()})));
    CHECK(store.names(store.mine()).size() == 1);

    Begun for_nobody(one, store.mine());
    for_nobody.file.reset();
    CHECK_FALSE(
        one.ask(commit_of(for_nobody.transaction, {store.mine(), InboxId::make(SystemClock().now())})));
    CHECK(store.names(store.mine()).size() == 1);
    CHECK_FALSE(one.ask(OpenMessage{.transaction = new_transaction(), .first = InboxId{}}));
}

TEST_CASE("a size that is not the message's is refused")
{
    StoreProcess store;
    auto smtp = store.smtp();
    for (const std::size_t size : {std::size_t{0}, text.size() - 1, text.size() + 1, SIZE_MAX}) {
        CAPTURE(size);
        Begun message(smtp, store.mine());
        message.file.reset();
        auto commit = commit_of(message.transaction, {store.mine()});
        commit.size = Bytes{size};
        CHECK_FALSE(smtp.ask(commit));
    }
    CHECK(store.names(store.mine()).empty());
}

TEST_CASE("a delivery wire takes no other program's requests, and the mail stays as it was")
{
    StoreProcess store;
    store.deliver(store.other(), text);
    RemoveInbox remove;
    remove.inbox = store.other();
    AskUsage usage;
    usage.inbox = store.other();
    MakeInbox make;
    make.inbox = InboxId::make(SystemClock().now());

    CHECK_FALSE(store.smtp().ask(OpenInbox{}));
    CHECK_FALSE(store.smtp().ask(ListUids{.from = 0, .most = 1}));
    CHECK_FALSE(store.smtp().ask(ReadMessage{0}));
    CHECK_FALSE(store.smtp().ask(RemoveMessages{{0}}));
    CHECK_FALSE(store.smtp().ask(make));
    CHECK_FALSE(store.smtp().ask(remove));
    CHECK_FALSE(store.smtp().ask(usage));
    CHECK_FALSE(store.smtp().ask(GiveWire{.peer = Program::auth}));
    CHECK_FALSE(store.smtp().ask(Start{}));
    CHECK_FALSE(store.smtp().ask(Drain{}));

    auto pair = sys::make_wire();
    REQUIRE(pair);
    CHECK_FALSE(store.smtp().ask(GrantInbox{store.other()}, std::move(pair->other)));
    Peer ungranted(std::move(pair->one));
    CHECK_FALSE(ungranted.ask(OpenInbox{}));

    CHECK(store.texts(store.other()) == std::vector<std::string>{std::string(text)});
}

TEST_CASE("frames of nonsense end their own wire, and the store serves on")
{
    StoreProcess store;
    for (const std::uint16_t kind : {PromiseRoom::kind, DeliverMessage::kind, OpenMessage::kind,
                                     CommitMessage::kind, AbandonMessage::kind}) {
        auto smtp = store.smtp();
        sys::Frame frame;
        frame.kind = kind;
        frame.body = "l\xFF\xFF\xFF\xFF";
        CHECK_FALSE(smtp.ask(std::move(frame)));
    }
    auto smtp = store.smtp();
    REQUIRE(send(smtp.get(), "x", 1, MSG_NOSIGNAL) == 1);
    CHECK_FALSE(smtp.ask(OpenMessage{.transaction = new_transaction(), .first = store.mine()}));
    store.deliver(store.mine(), text);
    CHECK(store.names(store.mine()).size() == 1);
}
