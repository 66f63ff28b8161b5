#include "tests/unit/smtp/world.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "core/net/spawn.h"
#include "core/sys/file.h"
#include "core/wire/base64.h"
#include "tests/dialogues/certificate.h"

namespace metka::smtp::test {

using asio::awaitable;

namespace {

constexpr std::string_view host = "poczta.platon.man.lublin.pl";
constexpr std::string_view domain = "moja-firma.lublin.pl";

struct MailboxRow {
    std::string_view local;
    std::string_view domain;
    std::string_view password;
    Bytes capacity;
    Standing standing = Standing::active;
    std::optional<std::string_view> valid_until = {};
    login::Verdict verdict = login::Verdict::right;
};

constexpr std::array<MailboxRow, 8> mailboxes{{
    {"biuro", domain, "sekret-biuro", 50_MiB},
    {"sklep", domain, "sekret-sklep", 1_GiB},
    {"pelna", domain, "sekret-pelna", 1_KiB},
    {"wstrzymana", domain, "sekret-wstrzymana", 50_MiB, Standing::suspended, {}, login::Verdict::suspended},
    {"wygasla", domain, "sekret-wygasla", 50_MiB, Standing::active, "2025-12-31", login::Verdict::expired},
    {"biuro", "xn--krasnobrd-d7a.pl", "sekret-biuro", 50_MiB},
    {"biuro", "czeka.lublin.pl", "sekret", 50_MiB},
    {"biuro", "stoi.lublin.pl", "sekret", 50_MiB, Standing::active, {}, login::Verdict::suspended},
}};

template <class T>
T must(Result<T> result)
{
    if (!result) throw std::logic_error(result.error().text);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Mailbox mailbox_of(const MailboxRow& row, const Customer& customer, Instant now)
{
    Mailbox mailbox{.id = InboxId::make(now),
                    .address = must(Address::parse(fmt::format("{}@{}", row.local, row.domain))),
                    .customer = customer.id,
                    .host_name = fmt::format("{}.{}", row.local, row.domain),
                    .capacity = row.capacity,
                    .standing = row.standing,
                    .created = now};
    if (row.valid_until) {
        const auto until = must(Date::parse(*row.valid_until));
        mailbox.validity = Validity{.until = until, .ends = until.plus_days(1).days()};
    }
    return mailbox;
}

void add_domain(directory::Changes& changes, const Customer& customer, std::string_view name,
                DomainState state)
{
    must(changes.add(Domain{.id = DomainId::make(customer.created),
                            .name = must(DomainName::parse(name)),
                            .customer = customer.id,
                            .kind = DomainKind::local,
                            .state = state,
                            .created = customer.created}));
}

void add_all(World& world, directory::Changes& changes)
{
    const auto now = world.clock.now();
    const Customer customer{.id = CustomerId::make(now), .name = "firma", .created = now};
    must(changes.add(customer));
    add_domain(changes, customer, domain, DomainState::active);
    add_domain(changes, customer, "xn--krasnobrd-d7a.pl", DomainState::active);
    add_domain(changes, customer, "czeka.lublin.pl", DomainState::pending);
    add_domain(changes, customer, "stoi.lublin.pl", DomainState::suspended);
    for (const auto& row : mailboxes) {
        const auto mailbox = mailbox_of(row, customer, now);
        must(changes.add(mailbox));
        world.sink.capacities[mailbox.id] = row.capacity;
        world.passwords.pages[mailbox.address.text()] = {
            .password = std::string(row.password), .verdict = row.verdict, .account = mailbox.id};
    }
    must(changes.add(Alias{.address = must(Address::parse("marketing@moja-firma.lublin.pl")),
                           .inbox = world.inbox("biuro@moja-firma.lublin.pl"),
                           .created = now}));
}

std::shared_ptr<net::TlsContext> certificate_for_all()
{
    const auto made = dialogues::make_certificate(std::string(host));
    return must(net::TlsContext::make(made.chain_pem, made.key_pem, "smtp"));
}

std::unexpected<Error> refuse(Fault fault)
{
    return fail(fault, "the test wants it so");
}

} // namespace

World::World()
{
    std::signal(SIGPIPE, SIG_IGN); // as every program of ours does: TLS writes to a client that has gone
    house = House{.host = std::string(host), .postmaster = std::nullopt, .limits = {}};
    house.limits.recipients = 100; // few, so that tests come to the limit
    house.limits.errors = 20;      // and enough for what dialogues provoke
    static const auto shared = certificate_for_all();
    certificate = shared;
    directory::AuditEntry entry;
    must(directory.change(entry, [this](directory::Changes& changes) -> Result<void> {
        add_all(*this, changes);
        return {};
    }));
}

void World::set_capacity(std::string_view login, Bytes capacity)
{
    const auto id = inbox(login);
    sink.capacities[id] = capacity;
    auto mailbox = must(directory.mailbox(id));
    mailbox->capacity = capacity;
    directory::AuditEntry entry;
    must(directory.change(entry, [&](directory::Changes& changes) { return changes.set(*mailbox); }));
}

void World::suspend(std::string_view login)
{
    auto mailbox = must(directory.mailbox(inbox(login)));
    mailbox->standing = Standing::suspended;
    directory::AuditEntry entry;
    must(directory.change(entry, [&](directory::Changes& changes) { return changes.set(*mailbox); }));
}

void World::provision_alias(std::string_view address, std::string_view to)
{
    const Alias alias{.address = must(Address::parse(address)), .inbox = inbox(to), .created = clock.now()};
    directory::AuditEntry entry;
    must(directory.change(entry, [&](directory::Changes& changes) { return changes.add(alias); }));
}

void World::protect_senders(std::string_view name)
{
    auto found = must(directory.domain(must(DomainName::parse(name))));
    found->protects_sender = true;
    directory::AuditEntry entry;
    must(directory.change(entry, [&](directory::Changes& changes) { return changes.set(*found); }));
}

namespace {

template <class Asked>
auto lend(bool away, Asked asked) -> decltype(asked())
{
    if (away) return refuse(Fault::unavailable);
    return asked();
}

} // namespace

Result<std::optional<directory::RecipientRecord>> LentDirectory::recipient(const Address& address)
{
    return lend(away, [&] { return lender_.recipient(address); });
}

Result<std::optional<directory::InboxRecord>> LentDirectory::inbox(const InboxId& id)
{
    return lend(away, [&] { return lender_.inbox(id); });
}

Result<std::optional<directory::InboxRecord>> LentDirectory::login(std::string_view name)
{
    return lend(away, [&] { return lender_.login(name); });
}

Result<bool> LentDirectory::may_send_as(const InboxId& id, const Address& address)
{
    return lend(away, [&] { return lender_.may_send_as(id, address); });
}

Result<bool> LentDirectory::protects_senders(const DomainName& name)
{
    return lend(away, [&] { return lender_.protects_senders(name); });
}

Result<std::optional<directory::SendingRecord>> LentDirectory::sending(const InboxId& id)
{
    return lend(away, [&] { return lender_.sending(id); });
}

Result<std::optional<directory::SpaceRecord>> LentDirectory::space(const InboxId& shell)
{
    return lend(away, [&] { return lender_.space(shell); });
}

Bytes MemorySink::room_taken(const InboxId& inbox, const maildir::MessageId& but_by) const
{
    Bytes taken;
    if (const auto found = used_.find(inbox); found != used_.end()) taken = found->second;
    for (const auto& [who, octets] : promises_)
        if (who.second == inbox && who.first != but_by) taken.count += octets.count;
    return taken;
}

maildir::Room MemorySink::promise(const maildir::MessageId& transaction, const InboxId& inbox, Bytes octets)
{
    if (failures.promise)
        return *failures.promise == Fault::limit ? maildir::Room::full : maildir::Room::not_now;
    const auto capacity = capacities.find(inbox);
    const auto taken = room_taken(inbox, transaction).count + octets.count;
    if (capacity != capacities.end() && taken > capacity->second.count) return maildir::Room::full;
    promises_[{transaction, inbox}] = octets;
    return maildir::Room::held;
}

awaitable<Result<std::vector<maildir::Room>>> MemorySink::promise(maildir::MessageId transaction,
                                                                  std::vector<InboxId> inboxes, Bytes octets)
{
    ++questions;
    std::vector<maildir::Room> rooms;
    rooms.reserve(inboxes.size());
    for (const auto& inbox : inboxes)
        rooms.push_back(promise(transaction, inbox, octets));
    co_return rooms;
}

awaitable<Result<maildir::NewMessage>> MemorySink::open(maildir::MessageId transaction, InboxId)
{
    if (failures.open) co_return refuse(*failures.open);
    sys::Descriptor file(memfd_create("message", MFD_CLOEXEC));
    const auto path = fmt::format("/proc/self/fd/{}", file.get());
    sys::Descriptor reading(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(reading);
    if (read_only) file = reading.duplicate();
    if (disk_full) file = sys::Descriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    files_[transaction] = std::move(reading);
    co_return maildir::NewMessage{.file = std::move(file)};
}

awaitable<Result<void>> MemorySink::commit(maildir::MessageId transaction, std::vector<InboxId> inboxes,
                                           maildir::Written written)
{
    if (failures.commit) co_return refuse(*failures.commit);
    const auto& file = files_.at(transaction);
    // The kernel grants this lease only while nobody can write to the file.
    CHECK(fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0);
    auto text = must(sys::read_whole(file.get(), 1_GiB));
    co_return keep(transaction, std::move(inboxes), std::move(text), written);
}

awaitable<Result<void>> MemorySink::deliver(maildir::MessageId transaction, std::vector<InboxId> inboxes,
                                            maildir::WholeMessage message)
{
    if (failures.commit) co_return refuse(*failures.commit);
    when_delivering();
    const auto written = message.written();
    CHECK(message.text.size() <= maildir::most_whole(inboxes.size()));
    co_return keep(transaction, std::move(inboxes), std::move(message.text), written);
}

Result<void> MemorySink::keep(const maildir::MessageId& transaction, std::vector<InboxId> inboxes,
                              std::string text, maildir::Written written)
{
    CHECK(text.size() == written.size.count);
    CHECK(static_cast<std::uint64_t>(std::ranges::count(text, '\n')) == written.lines);
    for (const auto& inbox : inboxes) {
        CHECK(promises_.contains({transaction, inbox}));
        const auto capacity = capacities.find(inbox);
        const auto taken = room_taken(inbox, transaction).count + written.size.count;
        if (capacity != capacities.end() && taken > capacity->second.count) return refuse(Fault::limit);
    }
    for (const auto& inbox : inboxes)
        used_[inbox].count += written.size.count;
    delivered.push_back({.inboxes = std::move(inboxes), .text = std::move(text), .written = written});
    abandon(transaction);
    return {};
}

void MemorySink::abandon(maildir::MessageId transaction)
{
    std::erase_if(promises_, [&](const auto& each) { return each.first.first == transaction; });
    files_.erase(transaction);
}

awaitable<Result<login::Answer>> PasswordBook::check(login::Attempt attempt)
{
    CHECK(attempt.service == login::Service::submission);
    if (away) co_return refuse(Fault::unavailable);
    login::Answer answer;
    const auto page = pages.find(attempt.name);
    if (page == pages.end() || !attempt.password.same_as(page->second.password)) co_return answer;
    answer.verdict = page->second.verdict;
    answer.login = attempt.name;
    if (answer.verdict == login::Verdict::right) answer.account = page->second.account;
    co_return answer;
}

Connection::Connection(World& world, std::string_view listener)
{
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::runtime_error("no sockets");
    client_ = sys::Descriptor(ends[0]);
    channel_ = std::make_unique<net::Channel>(loop_.get_executor(), sys::Descriptor(ends[1]), "192.0.2.7");
    net::spawn(loop_.get_executor(), serve(world, *listener_named(listener), world.certificate), "session");
}

// The client has gone: the session has nothing left to wait for.
Connection::~Connection()
{
    client_.reset();
    pump()();
    loop_.restart();
    if (!over_) loop_.run_for(std::chrono::seconds(10));
    CHECK(over_);
}

awaitable<void> Connection::serve(World& world, const Listener& listener,
                                  std::shared_ptr<net::TlsContext> certificate)
{
    Session session(*channel_, listener, world.collaborators, world.house, std::move(certificate));
    co_await session.run();
    over_ = true;
    channel_.reset();
}

std::function<void()> Connection::pump()
{
    return [this] {
        loop_.restart();
        while (loop_.poll() > 0) {
        }
    };
}

void Connection::drain()
{
    if (channel_) channel_->interrupt();
}

Talk::Talk(World& world, std::string_view listener)
    : connection_(world, listener), client_(connection_.take_client(), connection_.pump())
{
    hear();
}

std::string Talk::hear()
{
    for (;;) {
        auto line = client_.read_line();
        if (!line) return "";
        if (line->size() < 4 || (*line)[3] != '-') return *line;
    }
}

std::string Talk::say(std::string_view line)
{
    send(std::string(line) + "\r\n");
    return hear();
}

void Talk::greet()
{
    [[maybe_unused]] const auto heard = say("EHLO klient.example.org"); // fuzzing speaks, and checks nothing
    CHECK(heard.starts_with("250"));
}

void Talk::address(std::string_view mail_parameters)
{
    [[maybe_unused]] const auto mail = say(fmt::format("MAIL FROM:<jan@example.org>{}", mail_parameters));
    CHECK(mail.starts_with("250"));
    [[maybe_unused]] const auto recipient = say(fmt::format("RCPT TO:<{}>", biuro));
    CHECK(recipient.starts_with("250"));
}

void Talk::start_tls()
{
    CHECK(say("STARTTLS").starts_with("220"));
    REQUIRE(client_.start_tls());
    greet();
}

void Talk::log_in(std::string_view name, std::string_view password)
{
    const auto plain = std::string(1, '\0') + std::string(name) + '\0' + std::string(password);
    [[maybe_unused]] const bool is_in = say("AUTH PLAIN " + wire::encode_base64(plain)).starts_with("235");
    CHECK(is_in);
}

} // namespace metka::smtp::test
