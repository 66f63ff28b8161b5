#pragma once
// What provisioning works with, without a machine: each takes notes of what it was asked, and keeps as much
// truth as its real counterpart promises.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad::test {

// What was asked of the programs, in order: "key.set", "tree.make", "key.remove", "tree.remove",
// "user.create", …
using Notes = std::vector<std::string>;

struct Killed {}; // thrown where metkad would have been killed

// Every call of a fake goes through here, and can be made to go wrong.
struct Troubles {
    Notes notes;
    std::function<void(const std::string&)> on_call = {}; // what happens elsewhere meanwhile
    std::optional<std::size_t> fails_at = {};             // the call of this number, from 0, is refused
    std::optional<std::size_t> dies_at = {};              // … is the last thing this metkad does

    Result<void> call(std::string note);
    std::size_t calls() const { return calls_; } // so far

  private:
    std::size_t calls_ = 0;
};

struct NotingKeys final : Keys {
    explicit NotingKeys(Troubles& t) : troubles(t) {}
    asio::awaitable<Result<void>> set_password(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> set_hashes(std::vector<login::KeptHash> hashes) override;
    asio::awaitable<Result<bool>> is_right(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> changed_elsewhere(InboxId account) override;
    asio::awaitable<Result<void>> remove(InboxId account) override;
    asio::awaitable<Result<Secret>> add_app_password(InboxId account, AppPassword wanted) override;
    asio::awaitable<Result<std::vector<KeptAppPassword>>> app_passwords(InboxId account) override;
    asio::awaitable<Result<void>> remove_app_password(InboxId account, std::string name) override;
    asio::awaitable<Result<void>> remove_app_passwords(InboxId account) override;
    Troubles& troubles;
    std::map<InboxId, std::string> passwords; // hashes too
    std::map<InboxId, std::vector<KeptAppPassword>> apps;
};

struct NotingTrees final : Trees {
    NotingTrees(Troubles& t, const Clock& c) : troubles(t), clock(c) {}
    asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) override;
    asio::awaitable<Result<std::optional<sys::Descriptor>>> remove(maildir::InboxPlace place) override;
    asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) override;
    asio::awaitable<Result<void>> make_all(std::vector<maildir::InboxPlace> places) override;
    asio::awaitable<Result<bool>> carry(maildir::CarryMessages order) override;
    asio::awaitable<Result<std::vector<Bytes>>> usages(std::vector<InboxId> inboxes) override;
    asio::awaitable<Result<maildir::NoticeSent>> send(maildir::SendNotice notice) override;
    asio::awaitable<Result<maildir::NoticeSent>> sent(maildir::AskNotice notice) override;
    asio::awaitable<Result<std::vector<maildir::NoticeRow>>> notices(InboxId inbox,
                                                                     std::size_t most) override;
    asio::awaitable<Result<maildir::Checked>> check(InboxId inbox) override;

    using Place = std::pair<InboxId, InboxId>; // the inbox, and the shell account in whose space it lies
    static Place key(const maildir::InboxPlace& place) { return {place.inbox, place.shell}; }
    const maildir::NoticeRow* find(const maildir::SendNotice& notice) const;

    Troubles& troubles;
    const Clock& clock;
    std::set<Place> made;
    bool out_of_order = false; // every call is refused as unavailable
    Bytes used;                // by each inbox of which `uses` says nothing
    std::map<InboxId, Bytes> uses;
    std::set<InboxId> in_session;
    std::map<Place, std::set<std::string>> mail; // what lies in each tree
    std::size_t mail_at_once = 100;              // that one step carries
    std::vector<maildir::NoticeRow> told;        // in order
    std::map<InboxId, maildir::Checked> checks;
    std::set<InboxId> uncountable;
};

struct KnownLogins final : Logins {
    explicit KnownLogins(Troubles& t) : troubles(t) {}
    asio::awaitable<Result<std::optional<login::KnownLogin>>> last(InboxId account) override;
    asio::awaitable<Result<std::vector<login::HeldRow>>> held_back(login::ListHeldBack question,
                                                                   std::size_t most) override;
    asio::awaitable<Result<login::Unblocked>> unblock(login::Unblock wanted) override;
    asio::awaitable<Result<login::Sent>> sent(InboxId account) override;
    Troubles& troubles;
    std::map<InboxId, login::KnownLogin> logins;
    std::vector<login::HeldRow> held;
    std::vector<login::Unblock> unblocked; // rehearsals too
    std::vector<std::uint64_t> counters{0, 0, 0, 1, 1, 0};
    bool out_of_order = false;
};

struct RememberedRefusals final : Refusals {
    asio::awaitable<Result<household::Refusal>> find(ReceiptCode code) override;
    std::map<std::string, household::Refusal> kept; // by their codes
    bool out_of_order = false;
};

struct NotingFences final : Fences {
    explicit NotingFences(Troubles& t) : troubles(t) {}
    Result<void> prepare(const ShellAccount& shell) override;
    Result<void> set(const ShellAccount& shell) override;
    Result<void> remove(const ShellAccount& shell) override;
    FenceReport look(const ShellAccount& shell) const override;
    Troubles& troubles;
    std::map<InboxId, Capacity> standing;
    FenceReport report{.kind = "none", .covers = "", .used = {}, .problems = {}};
};

struct ToldRecords final : Resolver { // DNS as the test tells it
    explicit ToldRecords(Troubles& t) : troubles(t) {}
    asio::awaitable<Result<policy::DomainRecords>> ask(DomainName domain) override;
    Troubles& troubles;
    policy::DomainRecords records;
};

struct NotingAccounts final : UnixAccounts {
    explicit NotingAccounts(Troubles& t) : troubles(t) {}
    Result<std::optional<UnixUser>> find(const std::string& login) const override;
    Result<void> may_create() const override { return {}; }
    Result<void> may_adopt(const UnixUser&) const override { return {}; }
    asio::awaitable<Result<UnixUser>> create(std::string login) override;
    asio::awaitable<Result<void>> remove(std::string login) override;
    asio::awaitable<Result<void>> rename(std::string login, std::string to) override;
    bool have_unix_passwords() const override { return unix_passwords; }
    asio::awaitable<Result<void>> set_password(std::string login, Secret password) override;
    asio::awaitable<Result<void>> link_maildir(UnixUser user, std::string maildir) override;
    asio::awaitable<Result<HomeMeasure>> measure_home(UnixUser user) override;
    asio::awaitable<Result<void>> clear_leftovers(UnixUser user, sys::Descriptor folder) override;
    Result<void> share(const UnixUser&, const sys::Descriptor&) const override { return {}; }
    Troubles& troubles;
    std::map<std::string, std::uint32_t> users;
    std::map<std::string, std::string> passwords;
    bool unix_passwords = false;
    HomeMeasure home;             // of everybody
    bool measures_unseen = false; // a new account's home is measured beside its order: no step of it
};

struct NamedUsers final : UserDatabase {
    std::optional<std::string> name_of(std::uint32_t uid) const override;
    bool is_member(const std::string& user, const std::string& group) const override;
    std::map<std::uint32_t, std::string> names{{0, "root"}, {500, "boss"}, {1001, "anna"}, {1002, "ewa"}};
    std::set<std::string> members{"boss"}; // of metka-admin
};

} // namespace metka::metkad::test
