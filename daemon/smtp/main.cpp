// metka-smtp(8): takes mail from other servers on 25 and from clients on 587 and 465.

#include "core/directory/sqlite_directory.h"
#include "core/household/child.h"
#include "core/household/handed_over.h"
#include "core/login/wire_authenticator.h"
#include "core/maildir/store_client.h"
#include "core/mime/shown_text.h"
#include "daemon/smtp/engine.h"
#include "daemon/smtp/posture.h"

namespace metka::smtp {

namespace {

using household::Program;
using settings::Settings;

SmtpLimits limits(const Settings& settings)
{
    SmtpLimits limits;
    limits.message = settings.smtp_message_size;
    limits.commands = settings.smtp_commands;
    limits.errors = settings.smtp_errors;
    limits.recipients = settings.smtp_recipients;
    limits.command = settings.smtp_command_timeout;
    limits.data = settings.smtp_data_timeout;
    limits.message_total = settings.smtp_transfer_timeout;
    limits.slowest_rate = settings.smtp_slowest_rate;
    return limits;
}

net::ConnectionLimits connections(const Settings& settings)
{
    return {.total = settings.smtp_connections,
            .per_peer = settings.smtp_connections_per_address,
            .per_network = settings.smtp_connections_per_network,
            .per_minute = settings.smtp_connections_per_minute,
            .loopback = settings.smtp_limit_loopback ? net::Loopback::is_limited : net::Loopback::is_free};
}

House house(const Settings& settings)
{
    return {
        .host = settings.operator_host, .postmaster = settings.operator_inbox, .limits = limits(settings)};
}

class SmtpProgram final : public household::Resident {
  public:
    SmtpProgram(asio::io_context& loop, const Settings& settings,
                std::unique_ptr<directory::Directory> directory)
        : loop_(loop),
          directory_(std::move(directory)),
          engine_(loop.get_executor(), connections(settings),
                  {.directory = *directory_,
                   .sink = sink_,
                   .authenticator = authenticator_,
                   .receipts = receipts_,
                   .memory = memory_,
                   .clock = clock_,
                   .sending = &sending_},
                  house(settings))
    {
    }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        auto wire = net::Wire::open(loop_.get_executor(), std::move(descriptor), household::executable(peer));
        wire->serve(nullptr);
        (peer == Program::auth ? auth_ : store_).replace(std::move(wire));
    }

    Result<void> listen(const std::string& name, const std::string& address, sys::Descriptor socket) override
    {
        return engine_.listen(name, address, std::move(socket));
    }

    Result<void> close_listener(const std::string& name, const std::string& address) override
    {
        return engine_.close_listener(name, address);
    }

    Result<void> use_certificates(std::span<const household::HostCertificate> certificates) override
    {
        auto context = household::tls_context(certificates, tickets_);
        if (!context) return pass(context);
        if (*context)
            (*context)->speak({"smtp", "esmtp"}); // registered is neither; Exim offers and takes both
        engine_.use_certificate(std::move(*context));
        return {};
    }

    Result<void> adopt(const Settings& settings) override
    {
        engine_.adopt(house(settings), connections(settings));
        return {};
    }

    asio::awaitable<Result<net::Frame>> answer_metkad(net::Frame request) override
    {
        const auto asked = sys::decode<household::AskRefusal>(request);
        if (!asked) co_return pass(asked);
        const auto code = ReceiptCode::parse(asked->code);
        if (!code) co_return pass(code);
        const auto* const refusal = receipts_.find(*code);
        if (refusal == nullptr) co_return fail(Fault::not_found, "no refusal {} is remembered", code->text());
        co_return sys::encode(*refusal);
    }

    void drain(std::function<void()> done, net::Pace pace) override { engine_.drain(std::move(done), pace); }

  private:
    asio::io_context& loop_;
    const std::shared_ptr<net::TicketKeys> tickets_ = // for as long as the program runs: tls.h
        net::TicketKeys::kept_by(loop_.get_executor(), household::executable(Program::smtp));
    net::Link auth_;
    net::Link store_;
    SystemClock clock_;
    Receipts receipts_;
    Allowance memory_{kept_in_memory};
    std::unique_ptr<directory::Directory> directory_;
    maildir::WireSink sink_{store_};
    login::WireAuthenticator authenticator_{auth_};
    login::WireSendingCounter sending_{auth_};
    SmtpEngine engine_;
};

Result<std::unique_ptr<household::Resident>> open(asio::io_context& loop, const Settings& settings)
{
    auto directory = directory::open_directory(settings.state_folder + "/directory/metka.db");
    if (!directory) return pass(directory);
    return std::make_unique<SmtpProgram>(loop, settings, std::move(*directory));
}

// What is loaded late: for TLS, and the charsets of fields that are looked at.
std::string rehearse()
{
    return net::rehearse_tls() + ", " + mime::rehearse_charsets();
}

} // namespace

} // namespace metka::smtp

int main(int count, char** words)
{
    return metka::household::run(
        {.program = metka::household::Program::smtp,
         .reader = metka::settings::Reader::smtp,
         .sentence = "Takes mail for the domains of this machine, and from their users.",
         .posture = metka::smtp::posture,
         .rehearse = metka::smtp::rehearse,
         .open = metka::smtp::open},
        count, words);
}
