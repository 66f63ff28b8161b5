#pragma once
// Telling the service manager how we are: the protocol of sd_notify(3), a datagram to $NOTIFY_SOCKET. The
// manual page itself advises a few lines over a library for it, which would be one more in a program of root.
// Without a manager that listens nothing is said.

#include <string_view>

namespace metka::sys {

void notify_ready(std::string_view status);
void notify_reloading(); // with the time that systemd wants beside it; notify_ready() ends it
void notify_stopping();

} // namespace metka::sys
