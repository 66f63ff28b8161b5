#pragma once
// The certificates of the engine: from the files that metka.yaml names to one piece of sealed memory.
// No other program opens a key file.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/settings/settings.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

// What is known of one certificate, for people.
struct CertificateRow {
    std::string host; // empty: the default, for whoever asks for no name or for an unknown one
    std::string file;
    std::vector<std::string> names; // the DNS names in it
    Instant not_before;
    Instant not_after;   // of whichever in the chain ends first: what clients look at
    std::string problem; // what a person must look at; empty: nothing

    // How it is called: its host, or the first name in it.
    std::string called() const;
};

// By what a change of a file is seen.
struct FileMark {
    std::array<std::uint64_t, 7> of_file{}; // all 0: it is not there

    bool operator==(const FileMark&) const = default;
};

// What was read, and from which files; without any key.
struct CertificateInventory {
    std::vector<CertificateRow> rows;
    std::vector<FileMark> marks;
    std::string fingerprint; // of all chains and keys
};

struct Certificates {
    sys::Descriptor memory; // sealed: a household::CertificateSet, for GiveCertificates
    CertificateInventory inventory;
};

// Reads all files anew, all or nothing. Each fault names the key of metka.yaml, the file and what is wrong:
// it is not there, larger than 1 MiB, no PEM; the key has a passphrase or belongs to another certificate; the
// certificate does not name the host it is for. Without `tls` and `certificates`: an empty set.
//
// A certificate that has expired, or is not yet valid, is taken: mail over TLS that a user must confirm, and
// that servers of others do not check at all, is better than none. A key that others can read is taken, too:
// to refuse it would stop the mail and unsay nothing; its row has the problem.
Result<Certificates> read_certificates(const settings::Settings& settings);

// The same fault for whoever asked for what metka.yaml says: it is wrong, and which setting it is.
Error of_settings(const Error& fault);

// The files as they are now, links followed, in the order of CertificateInventory::marks.
std::vector<FileMark> look_at_certificates(const settings::Settings& settings);

} // namespace metka::metkad
