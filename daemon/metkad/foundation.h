#pragma once
// Everything that must be there before anybody is let in: folders, locks, the directory, ports, certificates,
// and the generation to begin with.

#include <memory>
#include <optional>
#include <string>

#include "core/directory/directory.h"
#include "daemon/metkad/configuration/certificates.h"
#include "daemon/metkad/configuration/generations.h"
#include "daemon/metkad/configuration/opening.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

struct Foundation {
    sys::Descriptor own_lock;
    sys::Descriptor state;
    sys::Descriptor mail;
    std::unique_ptr<directory::Registry> registry;
    std::optional<Generations> generations;
    Chosen chosen;
    std::optional<directory::SwitchEntry> begun; // in the history, if the generation is not the one that ran
    CertificateInventory certificates;
    sys::Descriptor control_socket;
    Furnishing furnishing;
};

// `files` is what metka.yaml says. Where that cannot be begun with, and another generation ran before, it is
// that one which is laid, and the history says why.
// `instead`: what set_aside() gave, in a second round.
Result<Foundation> lay_foundation(const settings::Loaded& files, std::optional<settings::Settings> instead);

// The generation did not come up: noted, and the one before it is `current` again, with these settings. None:
// there is none before it.
std::optional<settings::Settings> set_aside(Foundation& foundation, const std::string& why);

} // namespace metka::metkad
