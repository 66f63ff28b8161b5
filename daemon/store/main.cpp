// metka-store(8): the only program that touches Maildirs.

#include "core/directory/sqlite_directory.h"
#include "core/household/child.h"
#include "core/household/peers.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/store/posture.h"
#include "daemon/store/store_engine.h"

namespace metka::store {

namespace {

using household::Program;
using settings::Settings;

Operator operator_in(const Settings& settings)
{
    return {
        .host = settings.operator_host, .domain = settings.operator_domain, .inbox = settings.operator_inbox};
}

class StoreProgram final : public household::Resident {
  public:
    StoreProgram(asio::io_context& loop, const Clock& clock, std::unique_ptr<directory::Directory> directory,
                 std::unique_ptr<maildir::MaildirStore> store, std::unique_ptr<Notices> notices)
        : peers_(loop.get_executor()),
          directory_(std::move(directory)),
          store_(std::move(store)),
          notices_(std::move(notices)),
          engine_(loop.get_executor(),
                  {.store = *store_, .directory = *directory_, .notices = *notices_, .clock = clock}),
          housekeeping_(engine_.metkad_handler())
    {
        engine_.empty_trash();
    }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        const auto wire = peers_.meet(peer, std::move(descriptor));
        if (peer == Program::smtp) return engine_.serve_smtp(wire);
        if (peer == Program::auth) return engine_.serve_auth(wire);
        sys::log(sys::Level::warning, "household.unexpected", {{"peer", household::executable(peer)}});
        wire->close();
    }

    asio::awaitable<Result<net::Frame>> answer_metkad(net::Frame request) override
    {
        return housekeeping_(std::move(request));
    }

    Result<void> adopt(const Settings& settings) override
    {
        notices_->write_from(operator_in(settings));
        return {};
    }

    // Log-ins that came by way of a peer may last longer than its wire: it may have got another store.
    void drain(std::function<void()> done, net::Pace) override
    {
        peers_.drain([this, then = std::move(done)]() mutable { engine_.drain(std::move(then)); });
    }

  private:
    household::Peers peers_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<maildir::MaildirStore> store_;
    std::unique_ptr<Notices> notices_;
    StoreEngine engine_;
    net::Wire::Handler housekeeping_;
};

Result<std::unique_ptr<household::Resident>> open(asio::io_context& loop, const Settings& settings)
{
    static const SystemClock clock;
    static maildir::Disk disk;
    auto directory = directory::open_directory(settings.state_folder + "/directory/metka.db");
    if (!directory) return pass(directory);
    auto mail = sys::open_folder(settings.state_folder + "/mail");
    if (!mail) return pass(mail);
    auto store = maildir::MaildirStore::open(std::move(*mail), clock, disk);
    if (!store) return pass(store);
    auto memory = NoticeMemory::open(settings.state_folder + "/store/memory.db");
    if (!memory) return pass(memory);
    auto notices = std::make_unique<Notices>(std::move(*memory), **store, clock, operator_in(settings));
    return std::make_unique<StoreProgram>(loop, clock, std::move(*directory), std::move(*store),
                                          std::move(notices));
}

} // namespace

} // namespace metka::store

int main(int count, char** words)
{
    return metka::household::run({.program = metka::household::Program::store,
                                  .reader = metka::settings::Reader::store,
                                  .sentence = "Keeps the mail: the only program that touches Maildirs.",
                                  .posture = metka::store::posture,
                                  .rehearse = {},
                                  .open = metka::store::open},
                                 count, words);
}
