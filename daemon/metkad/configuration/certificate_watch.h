#pragma once
// Watches the certificate files while metkad runs: takes new ones into use without a new generation, keeps
// the old ones while the new are not whole, and tells the operator in time that one ends.
//
// It looks every 5 s instead of being told by inotify(7). certbot swaps links, so every folder and link on
// the way to every file would have to be watched, and watched anew after each swap; a network file system
// tells nothing at all; and looking would still be needed for what is lost when the kernel's queue overflows.
// Looking is right everywhere, and costs a stat(2) for each file.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/settings/settings.h"
#include "daemon/metkad/configuration/certificate_expiry.h"
#include "daemon/metkad/configuration/certificates.h"
#include "daemon/metkad/engine/trees.h"

namespace metka::metkad {

// What it works with; outlives it.
struct CertificateOffice {
    directory::Registry& registry;
    Trees& trees;
    const Clock& clock;
};

// One event loop. It blocks for as long as the files take to be read.
class CertificateWatch {
  public:
    using Steady = std::chrono::steady_clock;
    // Hands them to the programs; a fault says why those before stay in use.
    using OnChange = std::function<asio::awaitable<Result<void>>(Certificates)>;

    // Held while somebody else exchanges certificates: nothing is looked at meanwhile.
    class Hold {
      public:
        explicit Hold(CertificateWatch& watch) : watch_(watch) { ++watch_.holds_; }
        ~Hold() { --watch_.holds_; }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;

      private:
        CertificateWatch& watch_;
    };

    CertificateWatch(const asio::any_io_executor& loop, CertificateOffice office, OnChange on_change);

    // At the start, before run(), and with every generation: the settings, and what read_certificates() made
    // of them and is in use already. `on_change` is not called for these.
    void use(settings::Settings settings, CertificateInventory in_use);

    asio::awaitable<void> run(); // until stop(); the programs must have been started
    void stop();
    // For reload: reads all files now, changed or not. A fault says why the old ones stay.
    asio::awaitable<Result<void>> look_now(Steady::time_point now = Steady::now());

    // Whether these are other certificates than those in use.
    bool is_new(const CertificateInventory& others) const
    {
        return others.fingerprint != in_use_.fingerprint;
    }
    // For status: each with its problem of this moment.
    std::vector<CertificateRow> rows() const;
    // All that a person must look at, those of the rows too.
    std::vector<std::string> problems() const;

    // One round of run(), which happens at `now`.
    asio::awaitable<void> step(Steady::time_point now);

  private:
    // New files that cannot be used, or not yet.
    struct Trouble {
        Steady::time_point since;
        std::string why;
        bool is_told = false; // it has lasted too long to be a replacement half way
    };
    asio::awaitable<void> look(Steady::time_point now);
    asio::awaitable<Result<void>> take(Certificates fresh, Steady::time_point now);
    void refuse(const Error& error, Steady::time_point now);
    void end_trouble();
    asio::awaitable<void> tell_operator(Steady::time_point now);
    asio::awaitable<Result<void>> send_notices();
    asio::awaitable<Result<void>> tell(CertificateRow row);
    Result<InboxId> operator_inbox() const;

    CertificateOffice office_;
    OnChange on_change_;
    asio::steady_timer pause_;
    settings::Settings settings_;
    CertificateInventory in_use_;
    std::optional<Trouble> trouble_;
    std::optional<Steady::time_point> next_notices_; // none: at once
    std::string untold_;                             // why a notice that is due was not sent
    std::uint64_t uses_ = 0;                         // how often use() was called
    int holds_ = 0;
    bool stopping_ = false;
};

} // namespace metka::metkad
