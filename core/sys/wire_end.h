#pragma once

namespace metka::sys {

// Whether a descriptor that was handed to us is what make_wire() makes two of (frame.h).
bool is_wire_end(int descriptor);

} // namespace metka::sys
