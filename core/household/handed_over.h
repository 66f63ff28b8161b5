#pragma once
// What metkad hands over in sealed memory: the engine file of a generation, and certificates with their keys.
// Descriptors stay open here; what was read of a key is wiped.

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/household/household.h"
#include "core/net/tls.h"
#include "core/settings/settings.h"

namespace metka::household {

// invalid: metkad has not sealed it, or the settings are wrong; the text has every problem of the file.
Result<settings::Settings> read_engine_file(int memory, settings::Reader reader);

Result<std::vector<HostCertificate>> read_certificates(int memory);

// For the listeners of the program that these ticket keys are of. Null: there are no certificates, and so no
// TLS. Faults: TlsContext::make.
Result<std::shared_ptr<net::TlsContext>> tls_context(std::span<const HostCertificate> certificates,
                                                     std::shared_ptr<net::TicketKeys> tickets);

// invalid: a setting differs that a running program cannot change (where its state lies, whose rights it
// has); the text names it.
Result<void> check_adoptable(const settings::Settings& now, const settings::Settings& wanted);

} // namespace metka::household
