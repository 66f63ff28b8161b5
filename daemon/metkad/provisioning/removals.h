#pragma once
// Removing what may own something (rule 8): the object and, with --recursive, all that belongs to it go in
// one change. Mail stays where it is until its grace is over, and freed addresses wait in quarantine for
// their customer (DOMAIN "Life of a mailbox"): the expiry sweep ends both.

#include <set>

#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

using control::Json;

class Removal {
  public:
    Removal(Order& order, std::string subject) : order_(order) { plan_.subject = std::move(subject); }

    // What goes. A mailbox takes its aliases along; the others must own nothing, or be asked for --recursive.
    Result<void> take(const Customer& customer);
    Result<void> take(const Domain& domain);
    Result<void> take(const ShellAccount& shell);
    Result<void> take(const Mailbox& mailbox);
    Result<void> take(const Alias& alias);

    enum class Mail { keeps_its_grace, goes_at_once }; // at once: its grace is over
    void set(Mail mail) { mail_ = mail; }
    void also(Phrase step) { plan_.steps.push_back(std::move(step)); }

    // The change, then the secrets; what could not go is said in the answer, and is no fault.
    asio::awaitable<Result<Json>> carry_out();

  private:
    struct Grave { // of an inbox
        Removed removed;
        std::vector<Address> addresses;
        CustomerId customer;
        settings::Plan plan;
        bool is_covered = false; // by the removal of the shell account whose space it is in
    };
    Result<void> gather(const Customer& customer);
    Result<void> gather(const Domain& domain);
    Result<void> gather(const ShellAccount& shell);
    enum class Covered { no, yes };
    Result<void> gather(const Mailbox& mailbox, Covered covered);
    Result<void> gather(const Alias& alias, const CustomerId& customer);
    template <class Object>
    Result<void> take_owner(const Object& object, const std::string& named);
    Result<void> remember(const InboxId& inbox, const CustomerId& customer, Removed removed,
                          const std::string& host_name);
    Result<void> work(directory::Changes& changes);
    Result<void> bury(directory::Changes& changes, const Grave& grave);
    Result<void> free(directory::Changes& changes, const Address& address, const CustomerId& customer,
                      std::uint64_t days);
    asio::awaitable<Result<void>> finish_moves();
    asio::awaitable<Result<void>> clear_away(const Grave& grave);

    Order& order_;
    Plan plan_;
    Mail mail_ = Mail::keeps_its_grace;
    std::vector<std::string> owned_; // what besides the object itself goes, as people name it
    std::vector<std::pair<Alias, CustomerId>> aliases_;
    std::vector<Grave> graves_;
    std::vector<ShellAccount> without_free_domain_;
    std::vector<Domain> domains_;
    std::optional<CustomerId> customer_;
    std::set<Address> known_aliases_;
    std::set<InboxId> known_inboxes_;
};

} // namespace metka::metkad
